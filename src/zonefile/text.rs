//! A text whose records can be read again: so that what was read once need not be kept.

use std::ops::Range;

use crate::dns::{Class, Name, RType};
use crate::source::Whole;

use super::parse::{Head, State};
use super::scan::{Entry, Kernel, Scan, Work, first_word, next_entry, next_entry_in};
use super::stretch::{Stretch, Stretches};
use super::words::{Token, Words};

/// A zone file that was read once and is there as a whole.
#[derive(Debug)]
pub struct ZoneText {
    whole: Whole,
    stretches: Stretches,
    /// Offsets at which entries begin, and the lines before them, in the order of the text.
    marks: Vec<(u64, u64)>,
    entry_octets: usize,
}

/// A record that was read again.
#[derive(Clone, Copy, Debug)]
pub struct RecordAgain<'a> {
    /// The owner.
    pub owner: &'a Name,
    /// The type.
    pub rtype: RType,
    /// The class.
    pub class: Class,
    /// The TTL in seconds.
    pub ttl: u32,
    /// Where its RDATA begins in the octets that it was appended to; it ends where they end.
    pub rdata: usize,
    /// The octet of the text with which its entry begins.
    pub offset: u64,
}

impl ZoneText {
    pub(super) fn new(
        whole: Whole,
        stretches: Stretches,
        marks: Vec<(u64, u64)>,
        entry_octets: usize,
    ) -> Self {
        Self { whole, stretches, marks, entry_octets }
    }

    /// The line, from 1, in which an octet of the text stands.
    #[must_use]
    pub fn line(&self, offset: u64) -> u64 {
        let behind = self.marks.partition_point(|mark| mark.0 <= offset);
        let (mark, lines) = behind.checked_sub(1).map_or((0, 0), |at| self.marks[at]);
        lines + memchr::memchr_iter(b'\n', self.slice(mark..offset)).count() as u64 + 1
    }

    /// Octets of memory that it takes, the text aside.
    #[must_use]
    pub fn octets(&self) -> usize {
        self.marks.capacity() * size_of::<(u64, u64)>() + self.stretches.octets()
    }

    /// Gives the memory behind a part of a mapped file back to the system.
    pub fn release(&self, part: Range<u64>) {
        let octet = |offset| usize::try_from(offset).unwrap_or(usize::MAX);
        self.whole.release(octet(part.start)..octet(part.end));
    }

    /// The octet of the text in some place.
    #[must_use]
    pub fn octet(&self, offset: u64) -> Option<u8> {
        self.whole.text().get(usize::try_from(offset).ok()?).copied()
    }

    /// A reader of its records.
    #[must_use]
    pub fn reader(&self) -> RecordReader<'_> {
        let state = State::new(None, None);
        RecordReader { text: self, stretch: None, state, tokens: Vec::with_capacity(64) }
    }

    fn slice(&self, part: Range<u64>) -> &[u8] {
        let octet = |offset| usize::try_from(offset).unwrap_or(usize::MAX);
        self.whole.text().get(octet(part.start)..octet(part.end)).unwrap_or_default()
    }

    fn from(&self, offset: u64) -> &[u8] {
        self.slice(offset..self.whole.text().len() as u64)
    }
}

/// Reads records again, one place after the other.
#[derive(Debug)]
pub struct RecordReader<'t> {
    text: &'t ZoneText,
    /// The stretch that `state` is of.
    stretch: Option<Stretch>,
    state: State,
    tokens: Vec<Token>,
}

impl RecordReader<'_> {
    /// The owner that the entry at `offset` states.
    pub fn owner(&mut self, offset: u64) -> Option<Name> {
        self.enter_stretch(offset);
        let text = self.text.from(offset);
        if let Some(word) = first_word(text) {
            return Name::from_text(word, self.state.origin()).ok();
        }
        let limit = self.text.entry_octets;
        let Scan::Entry(entry) = next_entry(text, true, limit, &mut self.tokens) else {
            return None;
        };
        let word = Words::new(&text[entry.start..entry.end], &self.tokens).take()?;
        Name::from_text(word.text, self.state.origin()).ok()
    }

    /// Reads `count` records, the first of which begins at `offset` and states its owner: neighbours
    /// that are plain. What cannot be read among them is passed over, as it was before.
    /// The RDATA of each, in wire form, is appended to `out` before it is handed to `on_record`, which
    /// may change it and append more.
    #[inline]
    pub fn records(
        &mut self,
        offset: u64,
        count: u32,
        out: &mut Vec<u8>,
        on_record: impl FnMut(RecordAgain<'_>, &mut Vec<u8>),
    ) {
        Kernel::chosen().run(Records { reader: self, offset, count, out, on_record });
    }

    #[inline(always)]
    fn records_with(
        &mut self,
        kernel: Kernel,
        offset: u64,
        mut count: u32,
        out: &mut Vec<u8>,
        mut on_record: impl FnMut(RecordAgain<'_>, &mut Vec<u8>),
    ) {
        self.enter_stretch(offset);
        let whole = self.text;
        let text = whole.from(offset);
        let mut at = 0;
        while count > 0 {
            let rest = &text[at..];
            // Field by field: an entry that is copied as a whole makes the processor wait until all
            // that was just written of it is in the cache.
            let (start, end, owner_omitted) =
                match next_entry_in(kernel, rest, true, self.text.entry_octets, &mut self.tokens) {
                    Scan::Entry(Entry { start, end, owner_omitted, .. }) => {
                        (start, end, owner_omitted)
                    }
                    Scan::Faulty(entry, _) => {
                        at += entry.end;
                        continue;
                    }
                    Scan::Endless(..) | Scan::Incomplete { .. } | Scan::End { .. } => return,
                };
            let words = Words::new(&rest[start..end], &self.tokens);
            let is_directive = !owner_omitted
                && words.peek().is_some_and(|word| !word.quoted && word.text.starts_with(b"$"));
            if is_directive {
                // BIND writes a `$TTL` among an owner's records.
                self.enter_stretch(offset + (at + start) as u64);
            } else {
                let rdata = out.len();
                if let Ok(head) = self.state.record(kernel, words, owner_omitted, out)
                    && let Some(owner) = self.state.owner()
                {
                    count -= 1;
                    let Head { rtype, class, ttl, .. } = head;
                    let offset = offset + (at + start) as u64;
                    on_record(RecordAgain { owner, rtype, class, ttl, rdata, offset }, out);
                }
            }
            at += end;
        }
    }

    fn enter_stretch(&mut self, offset: u64) {
        if !self.stretch.is_some_and(|stretch| stretch.holds(offset)) {
            let stretches = &self.text.stretches;
            let left = self.stretch;
            self.stretch = stretches.find(offset, left.as_ref());
            if let Some(Stretch { rule, .. }) = self.stretch
                && left.is_none_or(|left| !stretches.same_origin(&left.rule, &rule))
            {
                self.state.set_origin(stretches.origin(&rule));
            }
        }
        // Records that were read since may have been of another class.
        if let Some(stretch) = &self.stretch {
            self.state.enter_stretch(&stretch.rule);
        }
    }
}

/// The work of [`RecordReader::records`].
struct Records<'w, 't, F> {
    reader: &'w mut RecordReader<'t>,
    offset: u64,
    count: u32,
    out: &'w mut Vec<u8>,
    on_record: F,
}

impl<F: FnMut(RecordAgain<'_>, &mut Vec<u8>)> Work for Records<'_, '_, F> {
    type Outcome = ();

    #[inline(always)]
    fn run(self, kernel: Kernel) {
        let Self { reader, offset, count, out, on_record } = self;
        reader.records_with(kernel, offset, count, out, on_record);
    }
}
