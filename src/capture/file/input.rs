//! The window over a file, and how far it was consumed.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::source::{Blocks, SourceError};

use super::super::error::CaptureError;
use super::super::sink::Sink;

/// Octets of stored input between two reports of progress.
const PROGRESS_STEP: u64 = 1 << 20;

pub(in crate::capture) struct Input {
    name: Arc<str>,
    blocks: Blocks,
    reported: u64,
}

impl Input {
    pub(in crate::capture) fn new(name: Arc<str>, blocks: Blocks) -> Self {
        Self { name, blocks, reported: 0 }
    }

    pub(in crate::capture) fn name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    /// Whether a mapped file still has all its octets.
    pub(in crate::capture) fn check(&self) -> Result<(), SourceError> {
        self.blocks.check()
    }

    /// Where in the file the window begins, in octets.
    pub(super) fn offset(&self) -> u64 {
        self.blocks.consumed()
    }

    pub(super) fn window(&self) -> &[u8] {
        self.blocks.window()
    }

    /// Waits until the window has `n` octets; `false` when the input ends before.
    pub(super) fn have(&mut self, n: usize) -> Result<bool, SourceError> {
        while self.window().len() < n {
            if !self.blocks.more()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The next `n` octets; `None` when the input ends before.
    pub(super) fn peek(&mut self, n: usize) -> Result<Option<&[u8]>, SourceError> {
        self.have(n)?;
        Ok(self.window().get(..n))
    }

    /// The next `N` octets; `None` when the input ends before.
    pub(super) fn peek_array<const N: usize>(&mut self) -> Result<Option<[u8; N]>, SourceError> {
        self.have(N)?;
        Ok(self.window().first_chunk().copied())
    }

    pub(super) fn consume(&mut self, n: usize) {
        self.blocks.consume(n);
    }

    /// Goes past `n` octets without having them in the window all at once; `false` when the input
    /// ends before.
    pub(super) fn skip(&mut self, mut n: u64) -> Result<bool, SourceError> {
        loop {
            let step = n.min(self.window().len() as u64);
            self.blocks.consume(usize::try_from(step).unwrap_or(usize::MAX));
            n -= step;
            if n == 0 {
                return Ok(true);
            }
            if !self.blocks.more()? {
                return Ok(false);
            }
        }
    }

    /// Between two packets: reports progress; `false` when somebody asked to stop.
    pub(super) fn goes_on(&mut self, sink: &mut Sink<'_>) -> bool {
        let stored = self.blocks.stored_consumed();
        if stored >= self.reported.saturating_add(PROGRESS_STEP) {
            self.reported = stored;
            sink.progress(stored);
        }
        !sink.options.stop.load(Ordering::Relaxed)
    }

    pub(super) fn damaged(
        &self,
        offset: u64,
        expected: &'static str,
        found: impl Into<String>,
    ) -> CaptureError {
        CaptureError::Damaged { name: self.name(), offset, expected, found: found.into() }
    }
}
