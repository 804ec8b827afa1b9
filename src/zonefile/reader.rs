//! Drives a file and what it includes through scanner and parser.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::dns::Name;
use crate::source::{Blocks, OpenOptions, Source, SourceError};

use super::error::{SyntaxError, SyntaxErrorKind};
use super::excerpt::Excerpt;
use super::feed::Feed;
use super::field::MAX_RDATA;
use super::field::short::Short;
use super::generate;
use super::parse::{Again, Record, State, read_ttl};
use super::scan::{Entry, Kernel, Scan, Work, next_entry, next_entry_in};
use super::stretch::Stretches;
use super::words::{Token, Word, Words};

/// How a zone file is to be read.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// What relative names are relative to before the first `$ORIGIN`.
    pub origin: Option<Name>,
    /// The TTL of records that state none where no record before did and no `$TTL` is given: files
    /// of keys have none. `None` makes such records faults.
    pub default_ttl: Option<u32>,
    /// Whether `$INCLUDE` may open files.
    pub allow_include: bool,
    /// How included files are opened.
    pub open: OpenOptions,
    /// Octets of text in one entry, comments included.
    pub entry_octets: usize,
    /// Files open at once through `$INCLUDE`.
    pub include_depth: usize,
    /// Records that one `$GENERATE` may make.
    pub generate_records: u64,
    /// Octets of the parts into which [`read_parts`](super::read_parts) cuts a text.
    pub part_octets: usize,
    /// Octets that are read before a text is cut, for directives and the apex stand at its beginning; `None`
    /// is as many as a part has, but no more than 64 KiB.
    pub head_octets: Option<usize>,
    /// Set by anybody, this ends the reading with the entry that is read, as if the text ended
    /// there.
    pub stop: Arc<AtomicBool>,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            origin: None,
            default_ttl: None,
            allow_include: false,
            open: OpenOptions::default(),
            entry_octets: 4 << 20,
            include_depth: 16,
            generate_records: 1 << 20,
            part_octets: 256 << 10,
            head_octets: None,
            stop: Arc::default(),
        }
    }
}

/// What reading yields, in the order of the text.
#[derive(Debug)]
pub enum Event<'a> {
    /// A record.
    Record(Record<'a>),
    /// An entry that could not be read, and was skipped.
    Fault(Fault),
    /// Reading has come so far.
    Progress {
        /// Octets of the stored input (compressed, if it is) consumed.
        stored: u64,
        /// Records read.
        records: u64,
    },
}

/// An entry that could not be read.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The file, as it was named.
    pub file: Arc<str>,
    /// The line of the fault, from 1.
    pub line: u64,
    /// Its column in octets, from 1.
    pub column: u32,
    /// What is wrong.
    pub error: SyntaxErrorKind,
    /// The line it stands in.
    pub excerpt: Excerpt,
}

/// What was read, when all has been.
#[derive(Clone, Debug, Default)]
pub struct ReadFacts {
    /// The files in the order in which they were opened; [`Record::file`] is an index into it.
    pub files: Vec<Arc<str>>,
    /// Octets of text, after decompression.
    pub bytes: u64,
    /// Lines of text.
    pub lines: u64,
    /// Records.
    pub records: u64,
    /// Entries that could not be read.
    pub faults: u64,
    /// Time that it took, that of all threads together.
    pub busy: Duration,
}

/// Files that one zone may consist of: [`Record::file`] has 16 bits.
const MAX_FILES: usize = 1 << 16;

/// Octets between two [`Event::Progress`].
const PROGRESS_STEP: u64 = 1 << 20;

/// Reads a zone file to its end and hands each record and each fault to `on_event`.
///
/// # Errors
/// When the source, or a file that it includes, cannot be read to its end. What is wrong with the
/// text is not an error but a fault, and so is an included file that cannot be opened.
pub fn read(
    source: Source,
    options: &ReadOptions,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<ReadFacts, SourceError> {
    let state = State::new(options.origin, options.default_ttl);
    let mut reader = Reader::new(options, on_event, ReadFacts::default(), state);
    reader.read_source(source)?;
    Ok(reader.facts)
}

pub(super) struct Reader<'r> {
    options: &'r ReadOptions,
    on_event: &'r mut dyn FnMut(Event<'_>),
    pub facts: ReadFacts,
    pub state: State,
    rdata: Vec<u8>,
    /// The files that are being read, outermost first; `None` for standard input and the like.
    pub open: Vec<Option<PathBuf>>,
    /// What stopped the reading of an included file midway: then the zone is not known whole.
    failed: Option<SourceError>,
    /// Whether records come out of a `$GENERATE`.
    generates: bool,
    /// When a text is read that is there as a whole: what can be said of its entries.
    pub whole: Option<PartNotes>,
}

/// What is noted of a part of a text that is there as a whole.
#[derive(Debug, Default)]
pub(super) struct PartNotes {
    pub stretches: Stretches,
    /// There are more than can be told apart: records of the others cannot be read again.
    surplus: bool,
    /// Whether directives that open files, and too many faults, end the reading: for a part that is
    /// read ahead of the parts before it.
    ahead: bool,
    /// Whether one of them did.
    pub gave_up: bool,
}

impl PartNotes {
    /// Stretches that a part may have.
    const MOST: usize = 1024;

    /// Those of a part that begins here.
    pub fn new(offset: u64, state: &mut State, ahead: bool) -> Self {
        let mut notes = Self { ahead, ..Self::default() };
        notes.begin_stretch(offset, state);
        notes
    }

    fn begin_stretch(&mut self, offset: u64, state: &mut State) {
        let has_room = self.stretches.len() < Self::MOST;
        self.surplus |= !(has_room && state.begin_stretch(offset, &mut self.stretches));
    }

    #[inline(always)]
    fn again(&self, offset: u64, plain: bool, owner_stated: bool) -> Again {
        Again { offset, plain: plain && !self.surplus, owner_stated }
    }
}

/// Faults that a part may have that is read ahead.
const MAX_FAULTS_AHEAD: u64 = 256;

/// Where an entry stands: enough to report a fault in it.
#[derive(Clone, Copy)]
struct Location<'a> {
    /// The whole entry.
    text: &'a [u8],
    /// The octet of its text with which it begins.
    offset: u64,
    /// The line on which it begins.
    line: u64,
    /// Index of its file.
    file: u16,
}

/// The work of [`Reader::read_feed`].
struct ReadFeed<'w, 'r, F> {
    reader: &'w mut Reader<'r>,
    feed: &'w mut F,
    file: u16,
    lines: u64,
}

impl<F: Feed> Work for ReadFeed<'_, '_, F> {
    type Outcome = Result<u64, SourceError>;

    #[inline(always)]
    fn run(self, kernel: Kernel) -> Self::Outcome {
        self.reader.read_feed_with(kernel, self.feed, self.file, self.lines)
    }
}

impl<'r> Reader<'r> {
    pub fn new(
        options: &'r ReadOptions,
        on_event: &'r mut dyn FnMut(Event<'_>),
        facts: ReadFacts,
        state: State,
    ) -> Self {
        let rdata = Vec::with_capacity(1024);
        Self {
            options,
            on_event,
            facts,
            state,
            rdata,
            open: Vec::new(),
            failed: None,
            generates: false,
            whole: None,
        }
    }

    /// Reads one file to its end. Faults are reported; only the source itself can fail.
    fn read_source(&mut self, source: Source) -> Result<(), SourceError> {
        // MAX_FILES is checked before every opening, so the index fits.
        let file = u16::try_from(self.facts.files.len()).unwrap_or(u16::MAX);
        self.facts.files.push(source.name().into());
        self.open.push(source.path().map(Path::to_path_buf));
        let result = self.read_blocks(&mut source.into_blocks(), file);
        self.open.pop();
        result
    }

    fn read_blocks(&mut self, blocks: &mut Blocks, file: u16) -> Result<(), SourceError> {
        self.facts.lines += self.read_feed(blocks, file, 0)?;
        self.facts.bytes += blocks.consumed();
        blocks.check()
    }

    /// Reads what a feed gives, `lines` having gone before, and counts the lines with these.
    pub fn read_feed(
        &mut self,
        feed: &mut impl Feed,
        file: u16,
        lines: u64,
    ) -> Result<u64, SourceError> {
        Kernel::chosen().run(ReadFeed { reader: self, feed, file, lines })
    }

    #[inline(always)]
    fn read_feed_with(
        &mut self,
        kernel: Kernel,
        feed: &mut impl Feed,
        file: u16,
        mut lines: u64,
    ) -> Result<u64, SourceError> {
        let limit = self.options.entry_octets;
        let mut tokens: Vec<Token> = Vec::with_capacity(64);
        let mut reported = 0;
        loop {
            if self.options.stop.load(Ordering::Relaxed) || self.has_given_up() {
                return Ok(lines);
            }
            let window = feed.window();
            match next_entry_in(kernel, window, feed.is_complete(), limit, &mut tokens) {
                Scan::Entry(entry) => {
                    lines += entry.lines_before;
                    let text = &window[entry.start..entry.end];
                    let offset = feed.consumed() + entry.start as u64;
                    let location = Location { text, offset, line: lines + 1, file };
                    if let Err(error) = self.entry(kernel, &location, &tokens, entry.owner_omitted)
                    {
                        self.fault(&location, error);
                    }
                    if let Some(error) = self.failed.take() {
                        return Err(error);
                    }
                    lines += entry.lines;
                    feed.consume(entry.end);
                }
                Scan::Faulty(entry, error) => {
                    lines += entry.lines_before;
                    self.faulty(window, entry, lines, file, error);
                    lines += entry.lines;
                    feed.consume(entry.end);
                }
                Scan::Endless(entry, error) => {
                    lines += entry.lines_before;
                    self.faulty(window, entry, lines, file, error);
                    feed.consume(entry.end);
                    lines += u64::from(skip_line(feed)?);
                }
                Scan::Incomplete { blank, lines: blank_lines } => {
                    lines += blank_lines;
                    feed.consume(blank);
                    if !feed.more()? && !feed.is_complete() {
                        return Ok(lines);
                    }
                }
                Scan::End { lines: blank_lines } => {
                    lines += blank_lines;
                    // A last line without a newline is a line too.
                    let unfinished = window.last().is_some_and(|&octet| octet != b'\n');
                    lines += u64::from(unfinished);
                    let rest = window.len();
                    feed.consume(rest);
                    self.progress(feed);
                    return Ok(lines);
                }
            }
            if self.open.len() == 1 && feed.consumed() >= reported + PROGRESS_STEP {
                reported = feed.consumed();
                self.progress(feed);
            }
        }
    }

    fn has_given_up(&self) -> bool {
        self.whole.as_ref().is_some_and(|whole| whole.gave_up)
    }

    /// Ends the reading of a part that is read ahead.
    fn gives_up(&mut self) -> bool {
        let ahead = self.whole.as_mut().filter(|whole| whole.ahead);
        ahead.map(|whole| whole.gave_up = true).is_some()
    }

    fn progress(&mut self, feed: &impl Feed) {
        let (stored, records) = (feed.stored_consumed(), self.facts.records);
        (self.on_event)(Event::Progress { stored, records });
    }

    /// Reports an entry that the scanner could not split into words.
    fn faulty(&mut self, window: &[u8], entry: Entry, lines: u64, file: u16, error: SyntaxError) {
        let text = &window[entry.start..entry.end];
        self.fault(&Location { text, offset: 0, line: lines + 1, file }, error);
    }

    fn fault(&mut self, location: &Location<'_>, error: SyntaxError) {
        if self.facts.faults >= MAX_FAULTS_AHEAD && self.gives_up() {
            return;
        }
        let Location { text, line, file, .. } = *location;
        let start = (error.start as usize).min(text.len());
        let line_start = memchr::memrchr(b'\n', &text[..start]).map_or(0, |newline| newline + 1);
        let rest = &text[line_start..];
        let shown = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
        let end = (error.end as usize).saturating_sub(line_start);
        self.facts.faults += 1;
        (self.on_event)(Event::Fault(Fault {
            file: Arc::clone(&self.facts.files[usize::from(file)]),
            line: line + memchr::memchr_iter(b'\n', &text[..line_start]).count() as u64,
            column: u32::try_from(start - line_start + 1).unwrap_or(u32::MAX),
            error: error.kind,
            excerpt: Excerpt::new(shown, start - line_start, end),
        }));
    }

    // With what it calls for a record in one place, so that what goes from hand to hand does so in
    // registers: a value that is stored in pieces and loaded as a whole makes the processor wait.
    #[inline(always)]
    fn entry(
        &mut self,
        kernel: Kernel,
        location: &Location<'_>,
        tokens: &[Token],
        owner_omitted: bool,
    ) -> Result<(), SyntaxError> {
        let words = Words::new(location.text, tokens);
        if !owner_omitted
            && let Some(word) = words.peek()
            && !word.quoted
            && word.text.first() == Some(&b'$')
        {
            return self.directive(location, words);
        }
        self.record(kernel, words, owner_omitted, location)
    }

    #[inline(always)]
    fn record(
        &mut self,
        kernel: Kernel,
        words: Words<'_>,
        owner_omitted: bool,
        location: &Location<'_>,
    ) -> Result<(), SyntaxError> {
        self.rdata.clear();
        let head = self.state.record(kernel, words, owner_omitted, &mut self.rdata)?;
        if let Some(owner) = self.state.owner() {
            // What another file holds is not to be found again, nor what a directive makes.
            let whole = self.whole.as_ref();
            let again = whole.filter(|_| self.open.len() <= 1).map(|whole| {
                whole.again(location.offset, head.plain && !self.generates, !owner_omitted)
            });
            self.facts.records += 1;
            (self.on_event)(Event::Record(Record {
                owner,
                rtype: head.rtype,
                class: head.class,
                ttl: head.ttl,
                rdata: just_written(&self.rdata),
                file: location.file,
                line: location.line,
                again,
                same_owner: head.same_owner,
            }));
        }
        Ok(())
    }

    fn directive(
        &mut self,
        location: &Location<'_>,
        mut words: Words<'_>,
    ) -> Result<(), SyntaxError> {
        if let Some(ttl) = usual_ttl(&words) {
            self.state.set_default_ttl(ttl);
            self.begin_stretch(location);
            return Ok(());
        }
        let directive = words.next("a directive")?;
        let is = |name: &str| directive.text.eq_ignore_ascii_case(name.as_bytes());
        if is("$TTL") {
            let ttl = read_ttl(&words.next("a TTL")?)?;
            expect_end(&words)?;
            self.state.set_default_ttl(ttl);
            self.begin_stretch(location);
            Ok(())
        } else if is("$ORIGIN") {
            let word = words.next("a domain name")?;
            let origin = self.name(&word)?;
            expect_end(&words)?;
            self.state.set_origin(Some(origin));
            self.begin_stretch(location);
            Ok(())
        } else if is("$INCLUDE") {
            if self.gives_up() {
                return Ok(());
            }
            let included = self.include(&directive, words);
            self.begin_stretch(location);
            included
        } else if is("$GENERATE") {
            self.generates = true;
            let generated = self.generate(location, words);
            self.generates = false;
            generated
        } else {
            Err(directive.error(SyntaxErrorKind::UnknownDirective))
        }
    }

    fn begin_stretch(&mut self, location: &Location<'_>) {
        if self.open.len() <= 1
            && let Some(whole) = &mut self.whole
        {
            whole.begin_stretch(location.offset, &mut self.state);
        }
    }

    fn name(&mut self, word: &Word<'_>) -> Result<Name, SyntaxError> {
        let name = Name::from_text(word.text, self.state.origin());
        name.map_err(|error| word.error(error.into()))
    }

    /// `$INCLUDE file [origin]` (RFC 1035 §5.1): origin and last owner are as before afterwards.
    fn include(&mut self, directive: &Word<'_>, mut words: Words<'_>) -> Result<(), SyntaxError> {
        let file = words.next("a file name")?;
        let origin = words.take().map(|word| self.name(&word)).transpose()?;
        expect_end(&words)?;
        if !self.options.allow_include {
            return Err(directive.error(SyntaxErrorKind::IncludeForbidden));
        }
        let max = self.options.include_depth;
        if self.open.len() > max {
            return Err(file.error(SyntaxErrorKind::IncludeTooDeep { max }));
        }
        if self.facts.files.len() >= MAX_FILES {
            return Err(file.error(SyntaxErrorKind::IncludeTooMany { max: MAX_FILES }));
        }
        let path = self.include_path(&file);
        let is_open = |open: &Option<PathBuf>| {
            open.as_deref().is_some_and(|open| open.canonicalize().ok() == path.canonicalize().ok())
        };
        if path.exists() && self.open.iter().any(is_open) {
            return Err(file.error(SyntaxErrorKind::IncludeLoop));
        }
        let before = (self.state.origin().copied(), self.state.owner().copied());
        let unreadable = |error: &SourceError| {
            file.error(SyntaxErrorKind::IncludeUnreadable { reason: error.to_string() })
        };
        let source = Source::open(&path, &self.options.open).map_err(|error| unreadable(&error))?;
        self.state.set_origin(origin.or(before.0));
        let result = self.read_source(source);
        self.state.set_origin(before.0);
        self.state.set_owner(before.1);
        self.failed = result.err();
        Ok(())
    }

    /// The included file, relative to the directory of the file that includes it.
    fn include_path(&self, word: &Word<'_>) -> PathBuf {
        let name = PathBuf::from(String::from_utf8_lossy(word.text).into_owned());
        let including = self.open.last().and_then(|open| open.as_deref()).and_then(Path::parent);
        including.map_or_else(|| name.clone(), |directory| directory.join(&name))
    }

    fn generate(
        &mut self,
        location: &Location<'_>,
        mut words: Words<'_>,
    ) -> Result<(), SyntaxError> {
        let range_word = words.next("a range")?;
        let range = generate::Range::parse(&range_word, self.options.generate_records)?;
        let template = generate::Template::parse(&mut words)?;
        let (mut text, mut tokens) = (Vec::new(), Vec::new());
        for iteration in range.values() {
            template.expand(iteration, &mut text)?;
            let limit = self.options.entry_octets;
            let generated = match next_entry(&text, true, limit, &mut tokens) {
                Scan::Entry(_) => {
                    self.record(Kernel::Plain, Words::new(&text, &tokens), false, location)
                }
                Scan::Faulty(_, error) | Scan::Endless(_, error) => Err(error),
                Scan::Incomplete { .. } | Scan::End { .. } => Ok(()),
            };
            // The text that is wrong stands nowhere in the file: the fault is the template's.
            generated.map_err(|error| SyntaxError {
                kind: SyntaxErrorKind::Generated { iteration, reason: Box::new(error.kind) },
                start: range_word.start,
                end: range_word.end(),
            })?;
        }
        Ok(())
    }
}

/// What a vector holds to which octets were appended a moment ago.
///
/// A slice takes the vector's pointer and its length, which lie side by side, in one load, and of the
/// two the length has only just been stored: the processor waits until both are in the cache. That
/// the length is compared has it loaded by itself.
#[inline(always)]
fn just_written(octets: &[u8]) -> &[u8] {
    &octets[..octets.len().min(MAX_RDATA)]
}

/// The seconds of a `$TTL` in its usual form: BIND writes one wherever TTLs change.
#[inline]
fn usual_ttl(words: &Words<'_>) -> Option<u32> {
    const TTL: u64 = u32::from_le_bytes(*b"$TTL") as u64;
    let (text, &[directive, ttl]) = words.parts() else { return None };
    Short::new(text, directive).filter(|directive| directive.key() == TTL)?;
    Short::new(text, ttl)?.decimal()
}

/// Directives end after their arguments.
fn expect_end(words: &Words<'_>) -> Result<(), SyntaxError> {
    words.peek().map_or(Ok(()), |word| Err(word.unexpected("the end of the directive")))
}

/// Drops what is left of a line whose beginning has been given up; whether a newline ended it.
fn skip_line(feed: &mut impl Feed) -> Result<bool, SourceError> {
    loop {
        let window = feed.window();
        if let Some(newline) = memchr::memchr(b'\n', window) {
            feed.consume(newline + 1);
            return Ok(true);
        }
        let all = window.len();
        feed.consume(all);
        if !feed.more()? {
            return Ok(false);
        }
    }
}
