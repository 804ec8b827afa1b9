//! Text to words: finds the next entry of a zone file and where its words lie.
//!
//! An entry is a record or a directive: a line, or several that parentheses join. A scanner knows
//! nothing of types; it says where each word begins and ends, so that nothing above it looks at the
//! same octet twice to find that out.
//!
//! `plain` reads octet by octet, everywhere. `blocks` reads 64 octets at once as bit masks, which
//! `avx512` or `avx2` makes; it gives up on an entry with quotes or escapes, with a fault, or whose
//! end the text does not hold, and `plain` begins that entry anew. What comes out is the same.
//! [`digits`] turns the long words of signed zones, in base64, base32hex and hexadecimal, into
//! octets; [`labels`] and [`octets`] are for names and other short text. [`kernels`] chooses when the
//! program runs, and has all work on a text compiled for what was chosen.
//!
//! Text is a plain slice: nothing is read in front of it or behind it.

#[cfg(any(target_arch = "x86_64", test))]
mod blocks;
mod plain;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
pub mod digits;
pub mod kernels;
pub mod labels;
pub mod octets;

#[cfg(test)]
mod tests;
#[cfg(any(test, target_arch = "x86_64"))]
mod trial;

pub use kernels::{Kernel, Work};
pub(super) use plain::first_word;

use super::error::SyntaxError;
use super::words::Token;

/// The longest entry there can be, whatever limit is asked for: tokens hold 32-bit offsets.
pub const MAX_ENTRY: usize = 1 << 30;

/// An entry found by [`next_entry`], as offsets into the text that was scanned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The start of its first line. Tokens are relative to this.
    pub start: usize,
    /// One past its final newline, or the end of the text: where scanning goes on.
    pub end: usize,
    /// Newlines before `start`, of blank lines and comments that were skipped.
    pub lines_before: u64,
    /// Newlines in `start..end`.
    pub lines: u64,
    /// Whether its first line begins with a blank, so that the owner is the one before.
    pub owner_omitted: bool,
}

/// What [`next_entry`] found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Scan {
    /// An entry; its words are in the tokens.
    Entry(Entry),
    /// An entry that has no well-formed words; `end` is where reading can go on.
    Faulty(Entry, SyntaxError),
    /// The text ends within an entry and more text may follow. The first `blank` octets hold
    /// nothing but blank lines and comments with `lines` newlines, and can be dropped.
    Incomplete {
        /// Octets that can be dropped.
        blank: usize,
        /// Newlines in them.
        lines: u64,
    },
    /// A faulty entry whose line exceeds the limit and does not end in the text: what follows up to
    /// the next newline belongs to it.
    Endless(Entry, SyntaxError),
    /// Nothing but blank lines and comments, with so many newlines, up to the end of the input.
    End {
        /// Newlines in the rest.
        lines: u64,
    },
}

/// Finds the first entry of `text` that has words, and fills `tokens` with them.
///
/// `complete` says that no text follows. An entry of more than `limit` octets is faulty; a limit
/// above [`MAX_ENTRY`] is taken for that.
#[inline]
pub fn next_entry(text: &[u8], complete: bool, limit: usize, tokens: &mut Vec<Token>) -> Scan {
    next_entry_with(Kernel::chosen(), text, complete, limit, tokens)
}

/// [`next_entry`] with a kernel of the caller's choice: all find the same.
#[inline]
pub fn next_entry_with(
    kernel: Kernel,
    text: &[u8],
    complete: bool,
    limit: usize,
    tokens: &mut Vec<Token>,
) -> Scan {
    kernel.run(FirstEntry { text, complete, limit, tokens })
}

/// The work of [`next_entry`].
struct FirstEntry<'t> {
    text: &'t [u8],
    complete: bool,
    limit: usize,
    tokens: &'t mut Vec<Token>,
}

impl Work for FirstEntry<'_> {
    type Outcome = Scan;

    #[inline(always)]
    fn run(self, kernel: Kernel) -> Scan {
        next_entry_in(kernel, self.text, self.complete, self.limit, self.tokens)
    }
}

/// [`next_entry`] within [`Work`] that has this kernel.
#[inline(always)]
pub(super) fn next_entry_in(
    kernel: Kernel,
    text: &[u8],
    complete: bool,
    limit: usize,
    tokens: &mut Vec<Token>,
) -> Scan {
    match kernel {
        Kernel::Plain => plain::next_entry(text, complete, limit, tokens),
        #[cfg(target_arch = "x86_64")]
        Kernel::Avx2(available) => avx2::next_entry(available, text, complete, limit, tokens),
        #[cfg(target_arch = "x86_64")]
        Kernel::Avx512(available) => avx512::next_entry(available, text, complete, limit, tokens),
    }
}
