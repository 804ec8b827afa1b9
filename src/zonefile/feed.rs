//! Where the reader takes its text from: an input as it comes, or a section of a text that is there
//! as a whole.

use crate::source::{Blocks, SourceError};

/// Text as a window that grows at its end and is consumed from its front: see [`Blocks`].
pub(super) trait Feed {
    /// What is there and was not consumed.
    fn window(&self) -> &[u8];
    /// Takes so many octets from the front.
    fn consume(&mut self, n: usize);
    /// Makes the window longer; whether there was more.
    fn more(&mut self) -> Result<bool, SourceError>;
    /// Whether the window reaches the end of the text.
    fn is_complete(&self) -> bool;
    /// Octets of the text before the window.
    fn consumed(&self) -> u64;
    /// The same in octets of the input as it is stored.
    fn stored_consumed(&self) -> u64;
}

impl Feed for Blocks {
    fn window(&self) -> &[u8] {
        self.window()
    }

    fn consume(&mut self, n: usize) {
        self.consume(n);
    }

    fn more(&mut self) -> Result<bool, SourceError> {
        self.more()
    }

    fn is_complete(&self) -> bool {
        self.is_complete()
    }

    fn consumed(&self) -> u64 {
        self.consumed()
    }

    fn stored_consumed(&self) -> u64 {
        self.stored_consumed()
    }
}

/// A section of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section<'t> {
    text: &'t [u8],
    /// Where the window begins.
    at: usize,
    /// Where the window ends.
    end: usize,
    /// Where it may grow no more once it begins there or behind; the end of the text if it never
    /// grows.
    until: usize,
}

impl<'t> Section<'t> {
    /// Text from `at` to `end` and no more: an entry that is open there stays unread.
    pub fn bounded(text: &'t [u8], at: usize, end: usize) -> Self {
        Self { text, at, end, until: end }
    }

    /// Whole entries from `at` on, until one ends at `until` or behind.
    pub fn entries(text: &'t [u8], at: usize, until: usize) -> Self {
        Self { text, at, end: text.len(), until }
    }

    /// Where the window begins.
    pub fn at(&self) -> usize {
        self.at
    }
}

impl Feed for Section<'_> {
    #[inline(always)]
    fn window(&self) -> &[u8] {
        // Behind the last entry that is wanted there is nothing to be seen.
        if self.at >= self.until { &[] } else { &self.text[self.at..self.end] }
    }

    #[inline(always)]
    fn consume(&mut self, n: usize) {
        self.at = (self.at + n).min(self.text.len());
    }

    #[inline(always)]
    fn more(&mut self) -> Result<bool, SourceError> {
        Ok(false)
    }

    #[inline(always)]
    fn is_complete(&self) -> bool {
        self.end == self.text.len() && (self.at < self.until || self.until == self.end)
    }

    #[inline(always)]
    fn consumed(&self) -> u64 {
        self.at as u64
    }

    #[inline(always)]
    fn stored_consumed(&self) -> u64 {
        self.at as u64
    }
}
