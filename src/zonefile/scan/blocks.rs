//! Text in blocks of 64 octets, each as masks of one bit an octet, and entries from those.
//!
//! The road to words is that of Langdale and Lemire, "Parsing Gigabytes of JSON per Second"
//! (VLDB Journal 28, 2019, §3.1), with zone files' characters: an octet is inside a word or not,
//! and words begin and end where that changes. What differs is that blocks are counted from the
//! start of the entry, so nothing is carried from one entry to the next, and that the ends of words
//! are noted beside their starts.
#![allow(unsafe_code, reason = "tokens are written beyond a vector's end before they are counted")]

use super::Entry;
use crate::zonefile::words::Token;

/// Octets of a block.
pub const BLOCK: usize = 64;

/// What the octets of a block are, one bit each, the first in the lowest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Classes {
    /// Blanks, tabs, carriage returns and newlines.
    pub gap: u64,
    /// Newlines.
    pub newline: u64,
    /// Quotes, parentheses, semicolons and backslashes.
    pub special: u64,
}

/// Tells what the octets of a block are.
pub trait Classify: Copy {
    /// The masks of a block.
    fn classes(self, block: &[u8; BLOCK]) -> Classes;
}

/// Finds the first entry that has words or parentheses and fills `tokens`, if the text holds its
/// end within `limit` octets and it has neither quote nor backslash nor fault; else `None`, with
/// any `tokens`.
///
/// Where this finds an entry, the plain scanner finds the same.
#[inline(always)]
pub fn closed_entry<C: Classify>(
    classify: C,
    text: &[u8],
    limit: usize,
    tokens: &mut Vec<Token>,
) -> Option<Entry> {
    let (mut start, mut lines_before) = (0, 0);
    // Blank lines and comments first, so that an entry begins with the line of its first word.
    let first = loop {
        let first = load(classify, text, start)?;
        let content = !first.gap | first.newline;
        if content == 0 {
            return None;
        }
        let at = content.trailing_zeros();
        let comment = text.get(start + at as usize) == Some(&b';');
        let newlines = first.newline & (u64::MAX << at);
        if !comment && newlines & (1 << at) == 0 {
            break first;
        }
        start += match newlines {
            0 => BLOCK + memchr::memchr(b'\n', text.get(start + BLOCK..)?)?,
            _ => newlines.trailing_zeros() as usize,
        } + 1;
        lines_before += 1;
    };
    tokens.clear();
    let mut walk = Walk::new(text, start, tokens);
    let (mut at, mut classes) = (start, first);
    let end = loop {
        match walk.block(at, classes) {
            Step::Ends { newline } => break newline + 1,
            Step::GoesOn => {}
            Step::GivesUp => return None,
        }
        at += BLOCK;
        if at - start > limit {
            return None;
        }
        classes = load(classify, text, at)?;
    };
    let lines = walk.lines;
    let owner_omitted = first.gap & 1 != 0;
    (end - start <= limit).then_some(Entry { start, end, lines_before, lines, owner_omitted })
}

/// The masks of the block at `at`; what lies behind the text counts as blanks.
#[inline(always)]
fn load<C: Classify>(classify: C, text: &[u8], at: usize) -> Option<Classes> {
    let rest = text.get(at..)?;
    if let Some(block) = rest.first_chunk() {
        return Some(classify.classes(block));
    }
    if rest.is_empty() {
        return None;
    }
    let mut block = [b' '; BLOCK];
    block[..rest.len()].copy_from_slice(rest);
    Some(classify.classes(&block))
}

/// What is known of an entry in front of a block.
struct Walk<'t> {
    tokens: &'t mut Vec<Token>,
    text: &'t [u8],
    /// Where the entry begins.
    entry: usize,
    /// Newlines so far.
    lines: u64,
    /// The start of the word that the last octet belongs to, if it belongs to one.
    open: Option<u32>,
    /// Whether it belongs to a comment.
    comment: bool,
    /// Whether a parenthesis is open. A second one within is rare, and left to the plain scanner.
    nested: bool,
}

/// What a block leads to.
enum Step {
    /// The entry ends with the newline at this place of the text.
    Ends { newline: usize },
    /// The entry goes on behind the block.
    GoesOn,
    /// The entry is for the plain scanner.
    GivesUp,
}

impl<'t> Walk<'t> {
    fn new(text: &'t [u8], entry: usize, tokens: &'t mut Vec<Token>) -> Self {
        Self { tokens, text, entry, lines: 0, open: None, comment: false, nested: false }
    }

    /// Takes the words of the block at `at` of the text.
    #[inline(always)]
    fn block(&mut self, at: usize, classes: Classes) -> Step {
        let Classes { gap, newline, special } = classes;
        // Up to the first newline and with it; all if there is none.
        let line = newline ^ newline.wrapping_sub(1);
        if self.nested || self.comment || special & line != 0 {
            return self.special_block(at, classes);
        }
        self.emit(at, !gap, line);
        if newline == 0 {
            return Step::GoesOn;
        }
        self.lines += 1;
        Step::Ends { newline: at + newline.trailing_zeros() as usize }
    }

    /// A block with comments or parentheses, or within them.
    #[inline(never)]
    fn special_block(&mut self, at: usize, classes: Classes) -> Step {
        let Classes { gap, newline, special } = classes;
        // Octets of comments, and parentheses: what is not part of any word.
        let mut apart = 0;
        let mut turns = special | newline;
        if self.comment {
            // All is comment up to the newline, which is still to be looked at.
            apart = newline.wrapping_sub(1) & !newline;
            turns &= !apart;
            self.comment = newline == 0;
        }
        let mut end = None;
        while turns != 0 {
            let place = turns.trailing_zeros();
            turns &= turns - 1;
            match self.text.get(at + place as usize) {
                Some(b'\n') => {
                    self.lines += 1;
                    if !self.nested {
                        end = Some(place);
                        break;
                    }
                }
                Some(b';') => {
                    let newlines = newline & (u64::MAX << place);
                    let comment = newlines.wrapping_sub(1) & !newlines & (u64::MAX << place);
                    apart |= comment;
                    turns &= !comment;
                    self.comment = newlines == 0;
                }
                Some(b'(') if !self.nested => {
                    self.nested = true;
                    apart |= 1 << place;
                }
                Some(b')') if self.nested => {
                    self.nested = false;
                    apart |= 1 << place;
                }
                _ => return Step::GivesUp,
            }
        }
        self.emit(at, !(gap | apart), end.map_or(u64::MAX, |place| u64::MAX >> (63 - place)));
        end.map_or(Step::GoesOn, |place| Step::Ends { newline: at + place as usize })
    }

    /// Notes the words of a block, given as the octets that belong to any, as far as `seen` goes.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // an entry is bounded far below 4 GiB
    fn emit(&mut self, at: usize, word: u64, seen: u64) {
        /// Edges written at once, whether there are as many or not: fewer branches to foresee.
        const STEP: usize = 8;
        let base = (at - self.entry) as u32;
        let inside = self.open.is_some();
        let mut edges = (word ^ (word << 1 | u64::from(inside))) & seen;
        let found = edges.count_ones() as usize + usize::from(inside);
        self.tokens.reserve((BLOCK + 2 + STEP) / 2);
        let len = self.tokens.len();
        // SAFETY: a token is a start and an end, of 32 bits each. With the start of a word that the
        // block before left open there are at most 65 edges; they take at most 8 whole steps and
        // one more number, and so fit what was reserved behind `len`. The first `found` are
        // written when the loop ends, an even number of which makes whole tokens.
        self.open = unsafe {
            let first = self.tokens.as_mut_ptr().add(len).cast::<u32>();
            first.write(self.open.unwrap_or_default());
            let mut place = first.add(usize::from(inside));
            while edges != 0 {
                for _ in 0..STEP {
                    place.write(base + edges.trailing_zeros());
                    edges &= edges.wrapping_sub(1);
                    place = place.add(1);
                }
            }
            self.tokens.set_len(len + found / 2);
            (found % 2 != 0).then(|| first.add(found - 1).read())
        };
    }
}
