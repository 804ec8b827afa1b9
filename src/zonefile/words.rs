//! What the scanner hands to the parser: the words of one entry, and the parser's cursor on them.

use std::fmt;
use std::ops::Range;

use super::error::{SyntaxError, SyntaxErrorKind};

/// One word of an entry, as offsets into the entry's text. Blanks, comments, parentheses and quotes
/// are not part of it; escapes still are.
///
/// Two numbers of 32 bits, in this order: scanners write them one after the other.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Token {
    start: u32,
    /// One past the last octet, and [`QUOTED`] for a word in quotes.
    end: u32,
}

/// Above all offsets that a word can have.
const QUOTED: u32 = 1 << 31;

impl Token {
    /// A word that begins at `start` and ends in front of `end`, an offset below 2³¹.
    #[must_use]
    pub const fn new(start: u32, end: u32, quoted: bool) -> Self {
        Self { start, end: if quoted { end | QUOTED } else { end } }
    }

    /// The first octet; of a quoted word the one behind the quote.
    #[must_use]
    pub const fn start(self) -> u32 {
        self.start
    }

    /// One past the last octet.
    #[must_use]
    pub const fn end(self) -> u32 {
        self.end & !QUOTED
    }

    /// Whether it stood in double quotes.
    #[must_use]
    pub const fn quoted(self) -> bool {
        self.end & QUOTED != 0
    }

    /// Where its octets lie, if it is a bare word: a range that no text has if it is not.
    #[inline]
    pub(super) const fn bare_range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quotes = if self.quoted() { "\"" } else { "" };
        write!(f, "{quotes}{}..{}{quotes}", self.start(), self.end())
    }
}

/// A word that the parser has taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Word<'a> {
    /// Its octets, escapes and all.
    pub text: &'a [u8],
    /// Whether it stood in double quotes.
    pub quoted: bool,
    /// Where it begins in the entry's text.
    pub start: u32,
}

impl Word<'_> {
    /// One past its last octet in the entry's text.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)] // entries are bounded far below 4 GiB
    pub fn end(&self) -> u32 {
        self.start + self.text.len() as u32
    }

    /// An error about this whole word.
    #[must_use]
    pub fn error(&self, kind: SyntaxErrorKind) -> SyntaxError {
        SyntaxError { kind, start: self.start, end: self.end() }
    }

    /// The error that this word is not what was expected here.
    #[must_use]
    pub fn unexpected(&self, expected: &'static str) -> SyntaxError {
        self.error(SyntaxErrorKind::Unexpected { expected })
    }
}

/// A cursor over the words of an entry.
#[derive(Clone, Debug)]
pub struct Words<'a> {
    text: &'a [u8],
    tokens: &'a [Token],
}

impl<'a> Words<'a> {
    /// A cursor over all words of an entry.
    #[must_use]
    pub fn new(text: &'a [u8], tokens: &'a [Token]) -> Self {
        Self { text, tokens }
    }

    /// The word that comes next, without taking it.
    #[must_use]
    #[inline]
    pub fn peek(&self) -> Option<Word<'a>> {
        let token = self.tokens.first()?;
        let text = &self.text[token.start() as usize..token.end() as usize];
        Some(Word { text, quoted: token.quoted(), start: token.start() })
    }

    /// Takes the next word, or says what the record ended before.
    ///
    /// # Errors
    /// [`SyntaxErrorKind::Missing`] at the end of the entry.
    pub fn next(&mut self, expected: &'static str) -> Result<Word<'a>, SyntaxError> {
        let Some(word) = self.peek() else {
            let end = u32::try_from(self.text.trim_ascii_end().len()).unwrap_or(u32::MAX);
            let kind = SyntaxErrorKind::Missing { expected };
            return Err(SyntaxError { kind, start: end, end: end.saturating_add(1) });
        };
        self.tokens = &self.tokens[1..];
        Ok(word)
    }

    /// Takes the next word if there is one.
    pub fn take(&mut self) -> Option<Word<'a>> {
        let word = self.peek()?;
        self.tokens = &self.tokens[1..];
        Some(word)
    }

    /// The entry's text and the words that are left.
    #[inline]
    pub(super) fn parts(&self) -> (&'a [u8], &'a [Token]) {
        (self.text, self.tokens)
    }

    /// Takes this many words, or all.
    #[inline]
    pub(super) fn skip(&mut self, count: usize) {
        self.tokens = self.tokens.get(count..).unwrap_or_default();
    }

    /// How many words are left.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether no word is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }
}
