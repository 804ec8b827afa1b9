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

/// What a processor's instructions are wanted for.
pub trait Classify: Copy {
    /// The masks of a block.
    fn classes(self, block: &[u8; BLOCK]) -> Classes;

    /// Writes the places of a mask's ones, `base` added to each, one behind the other; behind them
    /// it may write anything.
    ///
    /// # Safety
    /// At `to` is room for 64 numbers.
    #[inline(always)]
    unsafe fn write_places(self, mut mask: u64, base: u32, mut to: *mut u32) {
        while mask != 0 {
            for _ in 0..AT_ONCE {
                // SAFETY: whole steps of a mask's 64 are no more than 64. Volatile keeps the
                // compiler from gathering the numbers in a vector, which takes longer than to
                // store them.
                unsafe {
                    to.write_volatile(base + mask.trailing_zeros());
                    to = to.add(1);
                }
                mask &= mask.wrapping_sub(1);
            }
        }
    }
}

/// Makes `run` and `next_entry` of a module whose `Available` has these features.
#[cfg(target_arch = "x86_64")]
macro_rules! scanner {
    ($features:literal) => {
        /// Does some work with the features: all of it that is inlined is compiled for them.
        #[inline]
        pub fn run<W: Work>(available: Available, work: W) -> W::Outcome {
            #[target_feature(enable = $features)]
            fn inside<W: Work>(available: Available, work: W) -> W::Outcome {
                work.run(available.into())
            }
            // SAFETY: `Available` proves that the processor has the features.
            unsafe { inside(available, work) }
        }

        /// What [`next_entry`](crate::zonefile::scan::next_entry) finds, with this kernel: for work
        /// that `run` does. What is rarer is compiled by itself.
        #[inline(always)]
        pub fn next_entry(
            available: Available,
            text: &[u8],
            complete: bool,
            limit: usize,
            tokens: &mut Vec<Token>,
        ) -> Scan {
            #[target_feature(enable = $features)]
            #[inline(never)]
            fn go_on<'t>(
                available: Available,
                text: &'t [u8],
                edges: Edges<'t, Available>,
                at: usize,
                classes: Classes,
            ) -> Option<(usize, u64)> {
                blocks::special_entry(available, text, edges, at, classes)
            }

            let limited = limit.min(MAX_ENTRY);
            let go_on = |text, edges, at, classes| {
                // SAFETY: `Available` proves that the processor has the features.
                unsafe { go_on(available, text, edges, at, classes) }
            };
            match blocks::closed_entry(available, text, limited, tokens, go_on) {
                Some(entry) => Scan::Entry(entry),
                None => plain::next_entry(text, complete, limit, tokens),
            }
        }
    };
}
#[cfg(target_arch = "x86_64")]
pub(super) use scanner;

/// Finds the first entry that has words or parentheses and fills `tokens`, if the text holds its
/// end within `limit` octets, at most [`MAX_ENTRY`](super::MAX_ENTRY), and it has neither quote nor
/// backslash nor fault; else `None`, with any `tokens`.
///
/// Where this finds an entry, the plain scanner finds the same.
///
/// `go_on` is [`special_entry`], as a function that has the instructions. What it takes is handed over
/// in registers: a value that is stored in pieces and loaded as a whole makes the processor wait.
#[inline(always)]
pub fn closed_entry<'t, C: Classify>(
    classify: C,
    text: &'t [u8],
    limit: usize,
    tokens: &'t mut Vec<Token>,
    go_on: impl FnOnce(&'t [u8], Edges<'t, C>, usize, Classes) -> Option<(usize, u64)>,
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
    let owner_omitted = first.gap & 1 != 0;
    // The entry must end in here.
    let text = &text[start..text.len().min(start.saturating_add(limit))];
    let mut edges = Edges::new(classify, tokens);
    let (mut at, mut classes) = (0, first);
    let (len, lines) = loop {
        let Classes { gap, newline, special } = classes;
        // Up to the first newline and with it; all if there is none.
        let line = newline ^ newline.wrapping_sub(1);
        if special & line != 0 {
            break go_on(text, edges, at, classes)?;
        }
        edges.note(at, !gap, line);
        if newline != 0 {
            edges.end();
            break (at + newline.trailing_zeros() as usize + 1, 1);
        }
        at += BLOCK;
        classes = load(classify, text, at)?;
    };
    // In a block that the limit cuts, the newline may lie behind it.
    let end = start + len;
    (len <= limit).then_some(Entry { start, end, lines_before, lines, owner_omitted })
}

/// The masks of the block at `at`; what lies behind the text counts as blanks.
#[inline(always)]
fn load<C: Classify>(classify: C, text: &[u8], at: usize) -> Option<Classes> {
    let rest = text.get(at..)?;
    let padded;
    let block = match rest.first_chunk() {
        Some(block) => block,
        None => {
            padded = pad(rest)?;
            &padded
        }
    };
    Some(classify.classes(block))
}

#[cold]
#[inline(never)]
fn pad(rest: &[u8]) -> Option<[u8; BLOCK]> {
    let mut block = [b' '; BLOCK];
    block.get_mut(..rest.len())?.copy_from_slice(rest);
    (!rest.is_empty()).then_some(block)
}

/// Goes on with an entry from the block at `at` of its text, which has its first parenthesis, comment
/// or other special octet; returns its length, and its newlines. `edges` has those in front.
#[inline(always)]
pub fn special_entry<'t, C: Classify>(
    classify: C,
    text: &'t [u8],
    edges: Edges<'t, C>,
    mut at: usize,
    mut classes: Classes,
) -> Option<(usize, u64)> {
    let mut walk = Walk { edges, text, lines: 0, comment: false, nested: false };
    loop {
        match walk.block(at, classes) {
            Step::Ends { newline } => {
                let Walk { edges, lines, .. } = walk;
                edges.end();
                return Some((newline + 1, lines));
            }
            Step::GoesOn => {}
            Step::GivesUp => return None,
        }
        at += BLOCK;
        classes = load(classify, text, at)?;
    }
}

/// What is known of an entry in front of a block.
struct Walk<'t, C> {
    edges: Edges<'t, C>,
    /// The entry's text and more.
    text: &'t [u8],
    /// Newlines so far.
    lines: u64,
    /// Whether the last octet belongs to a comment.
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

impl<C: Classify> Walk<'_, C> {
    /// Takes the words of the block at `at` of the text.
    #[inline(always)]
    fn block(&mut self, at: usize, classes: Classes) -> Step {
        let Classes { gap, newline, special } = classes;
        // Octets of comments, and parentheses: what is not part of any word.
        let mut apart = 0;
        // Newlines that end the entry, if they stand in front of the next special octet.
        let mut ends = if self.nested { 0 } else { newline };
        let mut turns = special;
        if self.comment {
            // All is comment up to the newline.
            apart = newline.wrapping_sub(1) & !newline;
            turns &= !apart;
            self.comment = newline == 0;
        }
        while turns != 0 {
            let place = turns.trailing_zeros();
            let onwards = u64::MAX << place;
            if ends & !onwards != 0 {
                break;
            }
            turns &= turns - 1;
            match self.text.get(at + place as usize) {
                Some(b';') => {
                    let newlines = newline & onwards;
                    let comment = newlines.wrapping_sub(1) & !newlines & onwards;
                    apart |= comment;
                    turns &= !comment;
                    self.comment = newlines == 0;
                }
                Some(b'(') if !self.nested => {
                    self.nested = true;
                    ends = 0;
                    apart |= 1 << place;
                }
                Some(b')') if self.nested => {
                    self.nested = false;
                    ends = newline & onwards;
                    apart |= 1 << place;
                }
                _ => return Step::GivesUp,
            }
        }
        // Up to the end and with it; all if it is not here.
        let seen = ends ^ ends.wrapping_sub(1);
        self.lines += u64::from((newline & seen).count_ones());
        self.edges.note(at, !(gap | apart), seen);
        match ends {
            0 => Step::GoesOn,
            _ => Step::Ends { newline: at + ends.trailing_zeros() as usize },
        }
    }
}

/// The starts and ends of an entry's words, which take turns: written over the tokens of a vector,
/// each of which is a start and an end of 32 bits.
#[derive(Debug)]
pub struct Edges<'t, C> {
    classify: C,
    tokens: &'t mut Vec<Token>,
    /// How many are written. The vector's length lags behind.
    count: usize,
}

/// Edges written at once, whether there are as many or not: fewer branches to foresee.
const AT_ONCE: usize = 8;

/// Tokens that the edges of a block fit in, written so, with one more.
const ROOM: usize = (BLOCK + AT_ONCE) / 2;

impl<'t, C: Classify> Edges<'t, C> {
    #[inline(always)]
    fn new(classify: C, tokens: &'t mut Vec<Token>) -> Self {
        tokens.clear();
        Self { classify, tokens, count: 0 }
    }

    /// Notes the words of the block at `at` of the entry, given as the octets that belong to any,
    /// as far as `seen` goes.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // an entry is bounded far below 4 GiB
    fn note(&mut self, at: usize, word: u64, seen: u64) {
        // With a start as the last edge, the octet in front of the block is inside a word.
        let inside = (self.count % 2) as u64;
        let edges = (word ^ (word << 1 | inside)) & seen;
        if self.tokens.capacity() < self.count / 2 + 1 + ROOM {
            self.grow();
        }
        // SAFETY: `count` edges are written, and tokens that take ROOM times two more edges are
        // allocated behind them, of which a block needs no more than 64. After it has written
        // its edges, `count` of them are.
        unsafe {
            let to = self.tokens.as_mut_ptr().cast::<u32>().add(self.count);
            self.classify.write_places(edges, at as u32, to);
        }
        self.count += edges.count_ones() as usize;
    }

    /// Makes room for the edges of one more block.
    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        // SAFETY: `count` edges are written, and behind them was room for one more, at least: it
        // closes the last token if that lacks its end. So all tokens counted are whole.
        unsafe {
            if !self.count.is_multiple_of(2) {
                self.tokens.as_mut_ptr().cast::<u32>().add(self.count).write(0);
            }
            self.tokens.set_len(self.count.div_ceil(2));
        }
        self.tokens.reserve(1 + ROOM);
    }

    /// Makes tokens of the edges of a whole entry, which ends outside of words.
    #[inline(always)]
    fn end(self) {
        debug_assert!(self.count.is_multiple_of(2));
        // SAFETY: `count` edges are written, two for each token.
        unsafe { self.tokens.set_len(self.count / 2) };
    }
}
