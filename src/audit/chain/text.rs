//! Saved answers as `dig`, `kdig` and `drill` print them, and bags of records.
//!
//! A block of such output is a response again: header, question and sections are read from the comments
//! that the tools write. Text without any is a bag of RRsets.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::dns::message::Section;
use crate::dns::{Class, Name, RType};
use crate::source::{Source, SourceError};
use crate::zonefile::{Event, ReadOptions, read};

use super::bag::SeenHow;
use super::groups::Groups;
use super::intake::Intake;
use super::response::{Flags, Response};

/// Reads text and takes in what it holds. `now` is the time of what says none.
///
/// A response, or the records without one, for which there is no room is left out as a whole and counted.
///
/// # Errors
/// When the source cannot be read to its end, or has more text than `octets` or than may still be held. An
/// entry that cannot be read is a finding.
pub fn read_text(
    intake: &mut Intake,
    source: Source,
    octets: usize,
    now: i64,
) -> Result<(), TextError> {
    read_blocks(intake, source, octets, Purpose::Judge { now })
}

/// Reads text that only helps to judge the rest, such as the keys of a chain. What it holds counts as
/// seen when the last of the rest was.
///
/// # Errors
/// As [`read_text`].
pub fn read_material(
    intake: &mut Intake,
    source: Source,
    octets: usize,
    now: i64,
) -> Result<(), TextError> {
    let at = intake.last_time().unwrap_or(now);
    read_blocks(intake, source, octets, Purpose::Help { at })
}

/// What text is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Purpose {
    /// It is judged, for now unless it says when it was received.
    Judge {
        /// Unix seconds.
        now: i64,
    },
    /// It helps to judge other input.
    Help {
        /// Unix seconds.
        at: i64,
    },
}

/// Octets that text which helps may take in any case: without keys nothing else that is held can be judged.
const HELP: usize = 64 << 20;

impl Purpose {
    /// Octets that text for it may take.
    fn room(self, intake: &Intake) -> usize {
        match self {
            Self::Judge { .. } => intake.room(),
            Self::Help { .. } => intake.room().max(HELP),
        }
    }
}

fn read_blocks(
    intake: &mut Intake,
    source: Source,
    octets: usize,
    purpose: Purpose,
) -> Result<(), TextError> {
    let file = source.name().to_owned();
    let number = match purpose {
        Purpose::Judge { .. } => intake.file(&file),
        Purpose::Help { .. } => intake.helping_file(&file),
    };
    let text = whole(source, octets.min(purpose.room(intake)))?;
    intake.facts().octets += text.len() as u64;
    // The text itself, and the piece of it that is read.
    let text_octets = 2 * text.len();
    let mut blocks = Blocks { intake, file, number, purpose, text_octets, block: Block::default() };
    let (mut line, mut begin) = (1, (1, 0));
    let mut at = 0;
    for text_line in text.split_inclusive(|&octet| octet == b'\n') {
        if let Some(marker) = Marker::of(text_line) {
            blocks.records(&text[begin.1..at], begin.0);
            blocks.mark(marker, line);
            begin = (line + 1, at + text_line.len());
        }
        at += text_line.len();
        line += 1;
    }
    blocks.records(&text[begin.1..], begin.0);
    blocks.end();
    Ok(())
}

/// Why text cannot be taken in.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// The input ended before its end.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// More than is held in memory.
    #[error("{file}: there is no room for more than {octets} octets of its text (--max-held)")]
    TooLong {
        /// The file, as it was named.
        file: String,
        /// The limit.
        octets: usize,
    },
}

/// All of a source. What `dig` prints is read in blocks, each of which must be seen as a whole.
fn whole(source: Source, octets: usize) -> Result<Vec<u8>, TextError> {
    let file = source.name().to_owned();
    let mut blocks = source.into_blocks();
    let mut text = Vec::new();
    loop {
        let window = blocks.window();
        let len = window.len();
        if text.len() + len > octets {
            return Err(TextError::TooLong { file, octets });
        }
        text.extend_from_slice(window);
        blocks.consume(len);
        if !blocks.more()? && blocks.window().is_empty() {
            break;
        }
    }
    blocks.check()?;
    Ok(text)
}

/// A comment of `dig`, `kdig` or `drill` that says where a response begins or what comes next.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Marker {
    /// A response begins, with this code.
    Header(u16),
    Flags(Vec<String>),
    DnssecOk,
    Error(u16, String),
    Question,
    /// The question itself.
    Asked(Box<Name>, Class, RType),
    Section(Section),
    /// When it was received, in Unix seconds.
    Time(i64),
}

impl Marker {
    fn of(line: &[u8]) -> Option<Self> {
        let line = line.trim_ascii_end();
        if !line.starts_with(b";") {
            return None;
        }
        let text = String::from_utf8_lossy(line);
        let words = text.trim_start_matches([';', ' ']);
        let lower = words.to_ascii_lowercase();
        if lower.starts_with("->>header<<-") {
            return Some(Self::Header(rcode_of(&lower)));
        }
        if let Some(flags) = lower.strip_prefix("flags:") {
            let flags = flags.split(';').next().unwrap_or_default();
            let flags = flags.split_ascii_whitespace().map(str::to_owned).collect();
            return Some(Self::Flags(flags));
        }
        // dig: `; EDNS: version: 0, flags: do; udp: 1232`; kdig: `;; Version: 0; flags: do; …`.
        if lower.starts_with("edns: version") || lower.starts_with("version: 0;") {
            let flags = lower.split("flags:").nth(1).unwrap_or_default();
            let set = flags.split(';').next().unwrap_or_default();
            return set.split_ascii_whitespace().any(|flag| flag == "do").then_some(Self::DnssecOk);
        }
        if let Some(error) = words.strip_prefix("EDE:") {
            let number: String =
                error.trim_start().chars().take_while(char::is_ascii_digit).collect();
            // dig: `6 (DNSSEC Bogus): (what the server says)`; kdig: `6 (DNSSEC Bogus): "…"`.
            let said = error.split_once("): ").map_or("", |(_, said)| said.trim());
            let said = said
                .strip_prefix(['(', '"'])
                .map_or(said, |said| said.strip_suffix([')', '"']).unwrap_or(said));
            return Some(Self::Error(number.parse().ok()?, said.to_owned()));
        }
        match lower.as_str() {
            "question section:" => return Some(Self::Question),
            "answer section:" => return Some(Self::Section(Section::Answer)),
            "authority section:" => return Some(Self::Section(Section::Authority)),
            "additional section:" => return Some(Self::Section(Section::Additional)),
            _ => {}
        }
        if let Some(time) = words.strip_prefix("WHEN: ").or_else(|| words.strip_prefix("Time ")) {
            return time_of(time).map(Self::Time);
        }
        let fields: Vec<&str> = words.split_ascii_whitespace().collect();
        if let [name, class, rtype] = fields[..] {
            let name = Name::from_text(name.as_bytes(), None).ok()?;
            let class = Class::from_text(class.as_bytes())?;
            let rtype = RType::from_text(rtype.as_bytes())?;
            return Some(Self::Asked(Box::new(name), class, rtype));
        }
        None
    }
}

/// The code behind `status:` or `rcode:`. A name that is not known gives SERVFAIL: nothing is judged.
fn rcode_of(lower: &str) -> u16 {
    let words: Vec<&str> = lower.split([' ', ',', ';']).filter(|word| !word.is_empty()).collect();
    let place = words.iter().position(|word| matches!(*word, "status:" | "rcode:"));
    let name = place.and_then(|place| words.get(place + 1)).copied().unwrap_or("noerror");
    match name {
        "noerror" => 0,
        "formerr" => 1,
        "nxdomain" => 3,
        "notimp" | "notimpl" => 4,
        "refused" => 5,
        _ => 2,
    }
}

/// A time in UTC; the names of other zones mean different things in different places.
fn time_of(text: &str) -> Option<i64> {
    let formats = ["%a %b %d %H:%M:%S UTC %Y", "%Y-%m-%d %H:%M:%S UTC"];
    let text = text.trim().replace(" GMT", " UTC");
    let read = |format: &str| jiff::civil::DateTime::strptime(format, &text).ok();
    let time = formats.into_iter().find_map(read)?;
    Some(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

/// A response as far as it has been read.
#[derive(Default)]
struct Block {
    header: Option<u16>,
    flags: Vec<String>,
    dnssec_ok: bool,
    errors: Vec<(u16, String)>,
    in_question: bool,
    asked: Option<(Name, Class, RType)>,
    section: Option<Section>,
    time: Option<i64>,
    line: u64,
    groups: Groups,
    /// Memory was full before its end.
    is_cut: bool,
}

struct Blocks<'i> {
    intake: &'i mut Intake,
    file: String,
    number: u16,
    purpose: Purpose,
    /// Octets that the text takes while it is read.
    text_octets: usize,
    block: Block,
}

impl Blocks<'_> {
    fn mark(&mut self, marker: Marker, line: u64) {
        match marker {
            Marker::Header(rcode) => {
                self.end();
                self.block.header = Some(rcode);
                self.block.line = line;
            }
            Marker::Flags(flags) => self.block.flags = flags,
            Marker::DnssecOk => self.block.dnssec_ok = true,
            Marker::Error(code, text) => self.block.errors.push((code, text)),
            Marker::Question => self.block.in_question = true,
            Marker::Asked(name, class, rtype) => {
                if self.block.in_question {
                    self.block.asked = Some((*name, class, rtype));
                }
            }
            Marker::Section(section) => {
                self.block.in_question = false;
                self.block.section = Some(section);
            }
            Marker::Time(time) => self.block.time = Some(time),
        }
    }

    /// Takes the records of a piece of text, which begins at a line.
    fn records(&mut self, text: &[u8], first_line: u64) {
        if text.trim_ascii().is_empty() {
            return;
        }
        // Ends the reading when memory is full.
        let stop: Arc<AtomicBool> = Arc::default();
        let options = ReadOptions {
            origin: Some(Name::root()),
            default_ttl: Some(0),
            stop: Arc::clone(&stop),
            ..ReadOptions::default()
        };
        let room = self.purpose.room(self.intake).saturating_sub(self.text_octets);
        let section = self.block.section.unwrap_or(Section::Answer);
        let source = Source::from_bytes(self.file.as_str(), text.to_vec());
        let (groups, mut count, mut faults) = (&mut self.block.groups, 0, Vec::new());
        let read = read(source, &options, &mut |event| match event {
            Event::Record(record) => {
                count += 1;
                let (owner, class) = (record.owner, record.class);
                if groups.octets() < room {
                    groups.push(section, owner, class, record.rtype, record.ttl, record.rdata);
                } else {
                    stop.store(true, Ordering::Relaxed);
                }
            }
            Event::Fault(fault) => {
                faults.push((first_line + fault.line - 1, fault.error.to_string()));
            }
            Event::Progress { .. } => {}
        });
        self.intake.facts().records += count;
        self.block.is_cut |= stop.load(Ordering::Relaxed);
        if let Err(error) = read {
            faults.push((first_line, error.to_string()));
        }
        for (line, detail) in faults {
            self.intake.unreadable(&self.file, line, detail);
        }
    }

    /// Ends a response, or a bag.
    fn end(&mut self) {
        let mut block = std::mem::take(&mut self.block);
        let at = match self.purpose {
            Purpose::Judge { now } => block.time.unwrap_or(now),
            Purpose::Help { at } => at,
        };
        if block.header.is_some() && !matches!(self.purpose, Purpose::Help { .. }) {
            self.intake.facts().messages += 1;
            self.intake.facts().responses += 1;
        }
        // An RRset of which records are missing would look forged.
        if block.is_cut {
            self.intake.note_time(at);
            self.intake.facts().not_kept += 1;
            return;
        }
        let header = block.header.filter(|_| matches!(self.purpose, Purpose::Judge { .. }));
        let Some(rcode) = header else {
            let dated = matches!(self.purpose, Purpose::Judge { .. });
            self.intake.records(block.groups, at, dated);
            return;
        };
        let has = |flag: &str| block.flags.iter().any(|set| set == flag);
        let signatures_wanted = block.dnssec_ok || block.groups.signatures > 0;
        self.intake.facts().signatures += block.groups.signatures;
        self.intake.note_time(at);
        let how = SeenHow { signatures_wanted, whole: !has("tc"), dated: true };
        let settled = block.groups.settle(&mut self.intake.bag, at, how);
        let question =
            block.asked.map(|(name, class, rtype)| (self.intake.bag.intern(&name), rtype, class));
        let response = Response {
            question,
            rcode,
            flags: Flags {
                authoritative: has("aa"),
                recursive: has("ra"),
                authenticated: has("ad"),
                checking_disabled: has("cd"),
            },
            signatures_wanted,
            incomplete: has("tc").then_some(super::response::Incomplete::Truncated),
            answer: settled.answer,
            authority: settled.authority,
            errors: block.errors.into(),
        };
        self.intake.response_from_text(response, at, (self.number, block.line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_dig_kdig_and_drill_print_is_recognised() {
        let of = |line: &str| Marker::of(line.as_bytes());
        assert_eq!(
            of(";; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 1"),
            Some(Marker::Header(3))
        );
        assert_eq!(
            of(";; ->>HEADER<<- opcode: QUERY; status: NOERROR; id: 1"),
            Some(Marker::Header(0))
        );
        assert_eq!(
            of(";; ->>HEADER<<- opcode: QUERY, rcode: SERVFAIL, id: 1"),
            Some(Marker::Header(2))
        );
        let flags = |flags: &[&str]| Some(Marker::Flags(flags.iter().map(|&f| f.into()).collect()));
        assert_eq!(
            of(";; flags: qr rd ra ad; QUERY: 1, ANSWER: 2"),
            flags(&["qr", "rd", "ra", "ad"])
        );
        assert_eq!(of(";; Flags: qr aa; QUERY: 1; ANSWER: 2"), flags(&["qr", "aa"]));
        assert_eq!(of("; EDNS: version: 0, flags: do; udp: 1232"), Some(Marker::DnssecOk));
        assert_eq!(
            of(";; Version: 0; flags: do; UDP size: 1232 B; ext-rcode: NOERROR"),
            Some(Marker::DnssecOk)
        );
        assert_eq!(of("; EDNS: version: 0, flags:; udp: 1232"), None);
        let asked =
            Marker::Asked(Box::new(Name::from_text(b"a.", None).unwrap()), Class::IN, RType::MX);
        assert_eq!(of(";a.\t\t\tIN\tMX"), Some(asked.clone()));
        assert_eq!(of(";; a. \tIN\tMX"), Some(asked));
        assert_eq!(of(";; ANSWER SECTION:"), Some(Marker::Section(Section::Answer)));
        assert_eq!(of("; EDE: 7 (Signature Expired)"), Some(Marker::Error(7, String::new())));
        assert_eq!(of(";; WHEN: Sun Nov 22 03:53:49 UTC 2026"), Some(Marker::Time(1_795_319_629)));
        assert_eq!(of(";; WHEN: Sun Nov 22 03:53:49 CET 2026"), None);
        assert_eq!(of("a. 5 IN A 192.0.2.1 ; ANSWER SECTION:"), None);
    }
}
