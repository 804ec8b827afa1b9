//! What the scanner hands to the parser: the words of one entry, and the parser's cursor on them.

use super::error::{SyntaxError, SyntaxErrorKind};

/// One word of an entry, as offsets into the entry's text. Blanks, comments, parentheses and quotes
/// are not part of it; escapes still are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token {
    /// The first octet; of a quoted word the one behind the quote.
    pub start: u32,
    /// One past the last octet.
    pub end: u32,
    /// Whether it stood in double quotes.
    pub quoted: bool,
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
    pub fn peek(&self) -> Option<Word<'a>> {
        let token = self.tokens.first()?;
        let text = &self.text[token.start as usize..token.end as usize];
        Some(Word { text, quoted: token.quoted, start: token.start })
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
