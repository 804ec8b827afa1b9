//! Reads a text in parts, by many threads at once, as if one had read it from its beginning.
//!
//! A text that is there as a whole is cut where an entry seems to begin. What an entry takes over
//! from the text before it (origin, TTL, class, owner, an open parenthesis) is not known at a cut, so
//! it is assumed, and each part remembers what it used of that. The parts are joined in their order:
//! one whose assumptions were right is taken as it is, and text for which they were not is read
//! again in sequence. So the outcome does not depend on the cuts.

use std::ops::Range;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rayon::ThreadPoolBuildError;

use crate::pipeline;
use crate::source::{Source, SourceError, Whole};

use super::feed::Section;
use super::parse::{Carried, Record, State};
use super::reader::{Event, Fault, PartNotes, ReadFacts, ReadOptions, Reader};
use super::stretch::Stretches;
use super::text::ZoneText;

/// Takes up the records of a part of a text, in their order.
pub trait Sink: Send {
    /// The next record.
    fn record(&mut self, record: &Record<'_>);

    /// All records of the part have come. This is still done by the thread that read them.
    fn end(&mut self) {}
}

/// What reading in parts yields, in the order of the text.
#[derive(Debug)]
pub enum PartEvent<S> {
    /// The records of the part that follows.
    Part {
        /// What took them up.
        sink: S,
        /// Lines of the text before those that its records count: see [`Record::line`].
        lines_before: u64,
    },
    /// An entry that could not be read, and was skipped.
    Fault(Fault),
    /// Reading has come so far: see [`Event::Progress`].
    Progress {
        /// Octets of the stored input consumed.
        stored: u64,
        /// Records read.
        records: u64,
    },
}

/// Why a text could not be read in parts.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The input could not be read to its end.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The worker threads could not be started.
    #[error("cannot start the worker threads")]
    Threads(#[from] ThreadPoolBuildError),
}

/// Octets that are read before the text is cut: directives stand at its beginning.
const HEAD: usize = 64 << 10;

impl ReadOptions {
    /// Octets of a text that is there as a whole that make its first part, which is read before any other is
    /// begun.
    #[must_use]
    pub fn first_part_octets(&self) -> usize {
        self.head_octets.unwrap_or(HEAD.min(self.part_octets))
    }
}

/// Octets of a mapped file after which its memory is given back.
const RELEASE_STEP: usize = 16 << 20;

/// Reads a zone file to its end with `threads` threads (0 is one for each processor). Each part of
/// the text fills a sink of its own, made by `sink`; sinks and faults go to `on_event` in the order
/// of the text, on the calling thread.
///
/// What is read does not depend on the number of threads, nor on where the text is cut. An input
/// whose text is not there as a whole is one part, read by the calling thread. Otherwise the text
/// comes back, so that its records can be read again.
///
/// # Errors
/// As [`read`](super::read), and when the threads cannot be started.
pub fn read_parts<S: Sink>(
    source: Source,
    options: &ReadOptions,
    threads: usize,
    sink: &(impl Fn() -> S + Sync),
    on_event: &mut dyn FnMut(PartEvent<S>),
) -> Result<(ReadFacts, Option<ZoneText>), ReadError> {
    match source.into_whole() {
        Ok(whole) => read_whole(whole, options, threads, sink, on_event),
        Err(source) => read_stream(source, options, sink, on_event),
    }
}

fn read_stream<S: Sink>(
    source: Source,
    options: &ReadOptions,
    sink: &impl Fn() -> S,
    on_event: &mut dyn FnMut(PartEvent<S>),
) -> Result<(ReadFacts, Option<ZoneText>), ReadError> {
    let mut part = sink();
    let begun = Instant::now();
    let mut facts = super::read(source, options, &mut |event| match event {
        Event::Record(ref record) => part.record(record),
        Event::Fault(fault) => on_event(PartEvent::Fault(fault)),
        Event::Progress { stored, records } => on_event(PartEvent::Progress { stored, records }),
    })?;
    facts.busy = begun.elapsed();
    part.end();
    on_event(PartEvent::Part { sink: part, lines_before: 0 });
    Ok((facts, None))
}

fn read_whole<S: Sink>(
    whole: Whole,
    options: &ReadOptions,
    threads: usize,
    sink: &(impl Fn() -> S + Sync),
    on_event: &mut dyn FnMut(PartEvent<S>),
) -> Result<(ReadFacts, Option<ZoneText>), ReadError> {
    let begun = Instant::now();
    let mut sequence = Sequence::new(&whole, options);
    let text = whole.text();
    let mut ended = sequence.read(text.len().min(options.first_part_octets()), sink, on_event);
    let mut busy = begun.elapsed();
    if ended.is_ok() && sequence.at < text.len() {
        // The state behind the last part that was joined is what the next ones are likely to find.
        let likely = Mutex::new(Arc::new(sequence.carried.clone()));
        let lock = || likely.lock().unwrap_or_else(PoisonError::into_inner);
        let parts = cuts(text, sequence.at, options.part_octets);
        let parts = parts.map(|part| (part, Arc::clone(&lock())));
        let read = |(part, assumed)| Ahead::read(&whole, part, assumed, options, sink());
        let join = |ahead: Ahead<S>| {
            let begun = Instant::now();
            busy += ahead.busy;
            if ended.is_ok() {
                ended = sequence.join(ahead, sink, on_event);
                let mut likely = lock();
                if **likely != sequence.carried {
                    *likely = Arc::new(sequence.carried.clone());
                }
            }
            busy += begun.elapsed();
        };
        if threads == 1 {
            // Nothing to hand from one thread to another, which is no cheaper than to read a page.
            parts.map(read).for_each(join);
        } else {
            pipeline::run(threads, parts, read, join)?;
        }
    }
    ended?;
    let Sequence { mut facts, lines, at, stretches, marks, .. } = sequence;
    facts.lines += lines;
    facts.bytes += at as u64;
    facts.busy = busy;
    whole.check()?;
    Ok((facts, Some(ZoneText::new(whole, stretches, marks, options.entry_octets))))
}

/// A part that was read without knowing what stands before it.
struct Ahead<S> {
    part: Range<usize>,
    /// Up to where entries were whole.
    reached: usize,
    assumed: Arc<Carried>,
    state: State,
    notes: PartNotes,
    sink: S,
    faults: Vec<Fault>,
    /// Lines are those of the part, files those that any text has.
    facts: ReadFacts,
    busy: Duration,
}

impl<S: Sink> Ahead<S> {
    fn read(
        whole: &Whole,
        part: Range<usize>,
        assumed: Arc<Carried>,
        options: &ReadOptions,
        mut sink: S,
    ) -> Self {
        let begun = Instant::now();
        let assumed = look_back(whole.text(), part.start, assumed, options);
        let mut faults = Vec::new();
        // Taken by reference: a record that is moved is read again as soon as it is written.
        let mut on_event = |event: Event<'_>| match event {
            Event::Record(ref record) => sink.record(record),
            Event::Fault(fault) => faults.push(fault),
            Event::Progress { .. } => {}
        };
        let mut state = State::assuming(&assumed, options.default_ttl);
        let notes = PartNotes::new(part.start as u64, &mut state, true);
        let facts = ReadFacts { files: vec![Arc::clone(whole.name())], ..ReadFacts::default() };
        let mut reader = Reader::new(options, &mut on_event, facts, state);
        reader.whole = Some(notes);
        let mut section = Section::bounded(whole.text(), part.start, part.end);
        // A section of a text that is there cannot fail.
        let lines = reader.read_feed(&mut section, 0, 0).unwrap_or_default();
        let Reader { state, mut facts, whole, .. } = reader;
        facts.lines = lines;
        let notes = whole.unwrap_or_default();
        let (reached, busy) = (section.at(), begun.elapsed());
        sink.end();
        Self { part, reached, assumed, state, notes, sink, faults, facts, busy }
    }
}

/// The text as it is known from its beginning.
struct Sequence<'t> {
    whole: &'t Whole,
    options: &'t ReadOptions,
    /// Up to where it is known.
    at: usize,
    /// Lines up to there.
    lines: u64,
    /// What it leaves to the text behind it.
    carried: Carried,
    facts: ReadFacts,
    stretches: Stretches,
    /// Offsets at which entries begin, and the lines before them.
    marks: Vec<(u64, u64)>,
    /// Up to where memory was given back.
    released: usize,
}

impl<'t> Sequence<'t> {
    fn new(whole: &'t Whole, options: &'t ReadOptions) -> Self {
        let start = State::new(options.origin, options.default_ttl);
        Self {
            whole,
            options,
            at: 0,
            lines: 0,
            carried: start.carried(),
            facts: ReadFacts { files: vec![Arc::clone(whole.name())], ..ReadFacts::default() },
            stretches: Stretches::default(),
            marks: Vec::new(),
            released: 0,
        }
    }

    /// Takes in the part that follows, or reads anew what of it cannot be taken.
    fn join<S: Sink>(
        &mut self,
        ahead: Ahead<S>,
        sink: &impl Fn() -> S,
        on_event: &mut dyn FnMut(PartEvent<S>),
    ) -> Result<(), SourceError> {
        if self.options.stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        let end = ahead.part.end;
        let holds = ahead.part.start == self.at
            && !ahead.notes.gave_up
            && ahead.state.fits(&ahead.assumed, &self.carried);
        if holds {
            self.mark();
            self.at = ahead.reached;
            self.carried = ahead.state.leave(&self.carried);
            self.stretches.append(ahead.notes.stretches);
            for fault in ahead.faults {
                on_event(PartEvent::Fault(Fault { line: self.lines + fault.line, ..fault }));
            }
            on_event(PartEvent::Part { sink: ahead.sink, lines_before: self.lines });
            self.lines += ahead.facts.lines;
            self.facts.records += ahead.facts.records;
            self.facts.faults += ahead.facts.faults;
        }
        if self.at < end {
            self.read(end, sink, on_event)?;
        }
        on_event(PartEvent::Progress { stored: self.at as u64, records: self.facts.records });
        let target = self.at / RELEASE_STEP * RELEASE_STEP;
        if target > self.released {
            self.whole.release(self.released..target);
            self.released = target;
        }
        Ok(())
    }

    /// Reads in sequence, until an entry ends at `until` or behind.
    fn read<S: Sink>(
        &mut self,
        until: usize,
        sink: &impl Fn() -> S,
        on_event: &mut dyn FnMut(PartEvent<S>),
    ) -> Result<(), SourceError> {
        self.mark();
        let mut part = sink();
        let mut state = State::after(&self.carried, self.options.default_ttl);
        let notes = PartNotes::new(self.at as u64, &mut state, false);
        let mut on_record_or_fault = |event: Event<'_>| match event {
            Event::Record(ref record) => part.record(record),
            Event::Fault(fault) => on_event(PartEvent::Fault(fault)),
            Event::Progress { .. } => {}
        };
        let facts = std::mem::take(&mut self.facts);
        let mut reader = Reader::new(self.options, &mut on_record_or_fault, facts, state);
        reader.open.push(self.whole.path().map(Path::to_path_buf));
        reader.whole = Some(notes);
        let mut section = Section::entries(self.whole.text(), self.at, until);
        let lines = reader.read_feed(&mut section, 0, self.lines);
        let Reader { state, facts, whole, .. } = reader;
        self.facts = facts;
        self.lines = lines?;
        self.at = section.at();
        self.carried = state.carried();
        self.stretches.append(whole.unwrap_or_default().stretches);
        part.end();
        on_event(PartEvent::Part { sink: part, lines_before: 0 });
        Ok(())
    }

    fn mark(&mut self) {
        self.marks.push((self.at as u64, self.lines));
    }
}

/// Cuts the text from `start` on into parts of about so many octets, each of which seems to begin
/// with an entry that states its owner.
fn cuts(text: &[u8], mut start: usize, octets: usize) -> impl Iterator<Item = Range<usize>> {
    std::iter::from_fn(move || {
        if start >= text.len() {
            return None;
        }
        let mut end = start.saturating_add(octets.max(1));
        loop {
            let rest = text.get(end - 1..).unwrap_or_default();
            let Some(newline) = memchr::memchr(b'\n', rest) else {
                end = text.len();
                break;
            };
            end += newline;
            if text.get(end).is_none_or(|&octet| begins_entry(octet)) {
                break;
            }
            end += 1;
        }
        let part = start..end;
        start = end;
        Some(part)
    })
}

/// Octets before a cut in which directives are looked for. BIND writes one every few records where
/// TTLs vary, others one or two in a whole zone.
const LOOK_BACK: usize = 16 << 10;

/// The directives that say what entries take over.
const DIRECTIVES: [&[u8]; 2] = [b"$ORIGIN", b"$TTL"];

/// What a text is likely to leave at a cut: what is known of an earlier place, and what the last
/// directives before the cut say. They may be no directives, as words in parentheses or comments: it
/// is an assumption like any other.
fn look_back(text: &[u8], cut: usize, known: Arc<Carried>, options: &ReadOptions) -> Arc<Carried> {
    let from = cut.saturating_sub(LOOK_BACK);
    let near = &text[from..cut];
    let mut last = [None; 2];
    for at in memchr::memrchr_iter(b'$', near) {
        let begins = at.checked_sub(1).is_some_and(|before| near[before] == b'\n');
        let directive = DIRECTIVES.iter().position(|name| begins && near[at..].starts_with(name));
        if let Some(directive) = directive {
            last[directive] = last[directive].max(Some(from + at));
            if last.iter().all(Option::is_some) {
                break;
            }
        }
    }
    if last == [None; 2] {
        return known;
    }
    last.sort_unstable();
    let mut state = State::after(&known, options.default_ttl);
    for start in last.into_iter().flatten() {
        let end = memchr::memchr(b'\n', &text[start..cut]).map_or(cut, |len| start + len + 1);
        let mut ignore = |_: Event<'_>| {};
        let facts = ReadFacts { files: vec![Arc::default()], ..ReadFacts::default() };
        let mut reader = Reader::new(options, &mut ignore, facts, state);
        // A section of a text that is there cannot fail.
        let _ = reader.read_feed(&mut Section::bounded(text, start, end), 0, 0);
        state = reader.state;
    }
    Arc::new(Carried { owner: known.owner, ..state.carried() })
}

/// Whether a line that begins with this octet is likely to be the first of an entry that states its
/// owner: behind a directive comes one that may not.
fn begins_entry(octet: u8) -> bool {
    !matches!(octet, b' ' | b'\t' | b'\r' | b'\n' | b';' | b'(' | b')' | b'"' | b'$')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Records and faults as text, lines of records aside.
    #[derive(Debug, Default)]
    struct Seen(Vec<String>);

    impl Sink for Seen {
        fn record(&mut self, record: &Record<'_>) {
            let Record { owner, rtype, class, ttl, rdata, file, .. } = record;
            self.0.push(format!("{owner} {ttl} {class} {rtype} {rdata:?} {file}"));
        }
    }

    fn fault(fault: &Fault) -> String {
        let Fault { file, line, column, error, excerpt } = fault;
        format!("{file}:{line}:{column}: {error} {excerpt:?}")
    }

    /// Records and faults, each in their order, and what was counted.
    type Outcome = (Vec<String>, Vec<String>, [u64; 4]);

    fn counts(facts: &ReadFacts) -> [u64; 4] {
        [facts.bytes, facts.lines, facts.records, facts.faults]
    }

    fn in_parts(text: &str, threads: usize, part_octets: usize) -> Outcome {
        let options = ReadOptions { part_octets, entry_octets: 200, ..ReadOptions::default() };
        let (mut records, mut faults) = (Vec::new(), Vec::new());
        let mut on_event = |event: PartEvent<Seen>| match event {
            PartEvent::Part { sink, .. } => records.extend(sink.0),
            PartEvent::Fault(found) => faults.push(fault(&found)),
            PartEvent::Progress { .. } => {}
        };
        let source = Source::from_bytes("test", text.into());
        let read = read_parts(source, &options, threads, &Seen::default, &mut on_event);
        (records, faults, counts(&read.unwrap().0))
    }

    fn in_sequence(text: &str) -> Outcome {
        let options = ReadOptions { entry_octets: 200, ..ReadOptions::default() };
        let (mut records, mut faults) = (Seen::default(), Vec::new());
        let source = Source::from_bytes("test", text.into());
        let facts = crate::zonefile::read(source, &options, &mut |event| match event {
            Event::Record(record) => records.record(&record),
            Event::Fault(found) => faults.push(fault(&found)),
            Event::Progress { .. } => {}
        });
        (records.0, faults, counts(&facts.unwrap()))
    }

    #[test]
    fn a_part_begins_where_an_entry_seems_to_begin() {
        let text = "a A 1\n b\n\n; c\nd A (\n 1\n)\ne A 1\n";
        let parts: Vec<&str> = cuts(text.as_bytes(), 0, 1).map(|part| &text[part]).collect();
        assert_eq!(parts, ["a A 1\n b\n\n; c\n", "d A (\n 1\n)\n", "e A 1\n"]);
        assert_eq!(cuts(text.as_bytes(), 0, usize::MAX).count(), 1);
        assert_eq!(cuts(b"", 0, 1).count(), 0);
    }

    // BIND writes a $TTL wherever the TTL changes, which may be at every other record.
    #[test]
    fn directives_before_a_cut_are_seen_in_time() {
        let text: String = (0..40)
            .map(|number| {
                format!(
                    "$ORIGIN {}.\n$TTL {number}\na\tA 192.0.2.1\n\tA 192.0.2.2\nb TXT c\n",
                    number / 3
                )
            })
            .collect();
        let made = std::sync::atomic::AtomicUsize::new(0);
        let sink = || {
            made.fetch_add(1, Ordering::Relaxed);
            Seen::default()
        };
        let mut taken = 0;
        let options = ReadOptions { part_octets: 30, ..ReadOptions::default() };
        let source = Source::from_bytes("test", text.as_str().into());
        let mut on_event = |event| taken += usize::from(matches!(event, PartEvent::Part { .. }));
        read_parts(source, &options, 1, &sink, &mut on_event).unwrap();
        // A part that is read again leaves the sink of its first reading unused. That is the one behind
        // the head of the text, which ends with any entry.
        assert!(taken > 40, "{taken}");
        assert!(made.into_inner() <= taken + 1);
        assert_eq!(in_parts(&text, 2, 30), in_sequence(&text));
    }

    // What a directive says holds for parts that were read before it was known.
    #[test]
    fn parts_take_over_what_the_parts_before_them_leave() {
        let text = "$ORIGIN a.\n$TTL 5\nb A 192.0.2.1\n$ORIGIN c.\nd A 192.0.2.2\n$TTL 6\n\
                    e A 192.0.2.3\nf CH A 192.0.2.4\ng A 192.0.2.5\nh 7 A 192.0.2.6\n";
        let (records, faults, _) = in_parts(text, 3, 1);
        let heads: Vec<String> =
            records.iter().map(|record| record.split(" A ").next().unwrap().to_owned()).collect();
        let expected =
            ["b.a. 5 IN", "d.c. 5 IN", "e.c. 6 IN", "f.c. 6 CH", "g.c. 6 CH", "h.c. 7 CH"];
        assert_eq!((heads.as_slice(), faults.len()), (&expected.map(str::to_owned)[..], 0));
    }

    proptest! {
        // Wherever a text is cut, and by however many threads it is read: the same records, faults
        // and lines.
        #[test]
        fn cuts_change_nothing(
            lines in prop::collection::vec(
                prop_oneof![
                    Just("a.e. 5 IN A 192.0.2.1\n".to_owned()),
                    "[ab@\t\"]{0,2}[ ]( 5| IN| CH|)( A| MX 1| TXT| NS)( [(]|)( b| \"c\"| 192.0.2.1|)( [)]|)( ;x|)\r?\n",
                    "[$](ORIGIN|TTL|GENERATE 1-2|INCLUDE)( a| e\\.| 7|)( b A 192.0.2.[$]|)\n",
                    "[ ()\";a-c\\\\\r\n]{0,9}",
                ],
                0..30,
            ),
            head in prop::sample::select(vec!["", "$ORIGIN e.\n", "$ORIGIN e.\n$TTL 5\n"]),
            threads in 1usize..4,
            part_octets in 1usize..200,
        ) {
            let text = format!("{head}{}", lines.concat());
            prop_assert_eq!(in_parts(&text, threads, part_octets), in_sequence(&text));
        }
    }
}
