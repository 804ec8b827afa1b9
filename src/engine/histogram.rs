//! How long verifications took, and stages.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::dns::Algorithm;

/// Nanoseconds a verification took, by algorithm and backend.
#[derive(Clone, Debug, Default)]
pub struct Latencies {
    rows: BTreeMap<(Algorithm, &'static str), Histogram<u64>>,
}

impl Latencies {
    /// Counts a call that verified `signatures` in `elapsed`: each took an equal part.
    pub fn record(
        &mut self,
        algorithm: Algorithm,
        backend: &'static str,
        elapsed: Duration,
        signatures: u64,
    ) {
        let nanoseconds = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX);
        let histogram = self.rows.entry((algorithm, backend)).or_insert_with(new_histogram);
        // The histogram grows as needed, so recording cannot fail.
        let _ = histogram.record_n(nanoseconds / signatures.max(1), signatures);
    }

    /// Adds another worker's counts.
    pub fn merge(&mut self, other: &Self) {
        for (&key, histogram) in &other.rows {
            let mine = self.rows.entry(key).or_insert_with(new_histogram);
            // Both grow as needed, so adding cannot fail.
            let _ = mine.add(histogram);
        }
    }

    /// The histograms, by algorithm and backend.
    pub fn rows(&self) -> impl Iterator<Item = (Algorithm, &'static str, &Histogram<u64>)> {
        self.rows.iter().map(|(&(algorithm, backend), histogram)| (algorithm, backend, histogram))
    }
}

/// A histogram of three significant digits that grows with its values.
#[must_use]
pub fn new_histogram() -> Histogram<u64> {
    // `new` only fails for more than five significant digits.
    #[allow(clippy::expect_used)]
    let mut histogram = Histogram::new(3).expect("three digits are allowed");
    histogram.auto(true);
    histogram
}

/// Sums the time spent in a stage.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stopwatch {
    /// Time spent so far.
    pub busy: Duration,
    /// What was worked on, counted.
    pub items: u64,
    /// Octets worked on.
    pub bytes: u64,
}

impl Stopwatch {
    /// Runs `work` and adds the time it took.
    pub fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.busy += start.elapsed();
        result
    }

    /// Adds another worker's time.
    pub fn merge(&mut self, other: &Self) {
        self.busy += other.busy;
        self.items += other.items;
        self.bytes += other.bytes;
    }
}
