//! How far a comparison has come, for another thread to look at.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

/// What a comparison is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// The input is read and verified once.
    Reading,
    /// Keys and signatures are made.
    Making,
    /// Answers are checked without a clock.
    Checking,
    /// The clock runs.
    Measuring,
}

/// Counters that grow while a comparison runs; relaxed, for display only.
#[derive(Debug, Default)]
pub struct Progress {
    phase: AtomicU8,
    expected: AtomicU64,
    done: AtomicU64,
}

impl Progress {
    /// What is being done.
    #[must_use]
    pub fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Relaxed) {
            0 => Phase::Reading,
            1 => Phase::Making,
            2 => Phase::Checking,
            _ => Phase::Measuring,
        }
    }

    /// How long the clock will run in all, about; zero until that is known.
    #[must_use]
    pub fn expected(&self) -> Duration {
        Duration::from_millis(self.expected.load(Ordering::Relaxed))
    }

    /// How long it has run.
    #[must_use]
    pub fn done(&self) -> Duration {
        Duration::from_millis(self.done.load(Ordering::Relaxed) / 1000)
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    pub(super) fn expect(&self, time: Duration) {
        self.enter(Phase::Measuring);
        self.expected.store(millis(time), Ordering::Relaxed);
    }

    pub(super) fn add(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.done.fetch_add(micros, Ordering::Relaxed);
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
