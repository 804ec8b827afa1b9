//! Takes in messages and records until all that will be judged is there: the keys and DS of a chain
//! may come behind the data they vouch for.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::audit::findings::{Code, Finding, Place};
use crate::dns::RType;
use crate::dns::message::{Message, Section};

use super::bag::{Bag, SeenHow};
use super::response::{Flags, Groups, Incomplete, ReadMessage, Response, Responses, read_message};
use super::summary::{InputFacts, Times};

/// Where and when a message was seen.
#[derive(Clone, Copy, Debug)]
pub struct Sighting {
    /// Unix seconds.
    pub at: i64,
    /// The file's place in the list of files.
    pub file: u16,
    /// The number of the packet, from 1, or the line.
    pub packet: u64,
    /// Sender.
    pub from: SocketAddr,
    /// Receiver.
    pub to: SocketAddr,
    /// Whether all octets of the message are there.
    pub whole: bool,
}

/// What has come in.
#[derive(Debug)]
pub struct Intake {
    pub(super) bag: Bag,
    pub(super) responses: Responses,
    pub(super) facts: InputFacts,
    pub(super) findings: Vec<Finding>,
    /// Zone transfers under way, by sender and receiver.
    transfers: HashMap<(SocketAddr, SocketAddr), Transfer>,
    /// Octets that may be held.
    octets: usize,
    files: Vec<Arc<str>>,
}

/// The records of a zone transfer, whose RRsets may lie in several messages (RFC 5936 §2.2).
#[derive(Debug)]
struct Transfer {
    groups: Groups,
    soa_records: usize,
    records: usize,
    begun: Sighting,
}

/// Places of faults that are kept.
const MOST_PLACES: usize = 10;
/// Zone transfers under way at once.
const MOST_TRANSFERS: usize = 64;
/// Records of one zone transfer.
const MOST_TRANSFERRED: usize = 1 << 20;
/// Of what comes otherwise than as an answer.
const PLAIN: SeenHow = SeenHow { signatures_wanted: false, whole: true, dated: true };
const AXFR: RType = RType(252);
const IXFR: RType = RType(251);

impl Intake {
    /// Nothing yet. At most so many octets of RRsets and responses are kept.
    #[must_use]
    pub fn new(octets: usize) -> Self {
        Self {
            bag: Bag::default(),
            responses: Responses::default(),
            facts: InputFacts::default(),
            findings: Vec::new(),
            transfers: HashMap::new(),
            octets,
            files: Vec::new(),
        }
    }

    /// Whether nothing has come in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.facts.messages == 0 && self.facts.records == 0
    }

    /// Names a file that is judged; its number is for [`Sighting::file`].
    pub fn file(&mut self, name: &str) -> u16 {
        self.facts.files.push(name.to_owned());
        self.helping_file(name)
    }

    /// Names a file that helps to judge others.
    pub(super) fn helping_file(&mut self, name: &str) -> u16 {
        self.files.push(name.into());
        u16::try_from(self.files.len() - 1).unwrap_or(u16::MAX)
    }

    /// What was counted so far, for the caller to add to.
    pub fn facts(&mut self) -> &mut InputFacts {
        &mut self.facts
    }

    /// Counts something that could not be read, and keeps its place if it is one of the first.
    pub fn fault(&mut self, cause: &str, place: &str) {
        *self.facts.faults.entry(cause.to_owned()).or_default() += 1;
        if self.facts.fault_places.len() < MOST_PLACES {
            self.facts.fault_places.push(format!("{place}: {cause}"));
        }
    }

    /// Where something was seen, for people.
    pub(super) fn place(&self, (file, number): (u16, u64)) -> String {
        let name = self.files.get(usize::from(file)).map_or("?", |name| name);
        format!("{name}:{number}")
    }

    /// Takes a DNS message.
    pub fn message(&mut self, seen: &Sighting, octets: &[u8]) {
        self.facts.messages += 1;
        self.note_time(seen.at);
        let message = match Message::new(octets) {
            Ok(message) => message,
            Err(error) => {
                let place = self.place((seen.file, seen.packet));
                return self.fault(error.cause(), &place);
            }
        };
        if !message.is_response() {
            self.facts.queries += 1;
            return;
        }
        if message.opcode() != 0 {
            self.facts.others += 1;
            return;
        }
        self.facts.responses += 1;
        let read = read_message(&message);
        self.facts.signatures += read.groups.signatures;
        self.facts.misfit_records += read.misfits;
        if let Some(error) = read.error.filter(|_| seen.whole) {
            let place = self.place((seen.file, seen.packet));
            self.fault(error.cause(), &format!("{place}, octet {}", error.at()));
        }
        let between = (seen.from, seen.to);
        let qtype = read.question.map(|question| question.qtype);
        if qtype == Some(AXFR) || (qtype.is_none() && self.transfers.contains_key(&between)) {
            return self.transferred(seen, between, octets, &read);
        }
        if qtype == Some(IXFR) {
            self.facts.others += 1;
            return;
        }
        self.response(seen, &message, read);
    }

    fn response(&mut self, seen: &Sighting, message: &Message<'_>, read: ReadMessage) {
        if self.is_full() {
            self.facts.not_kept += 1;
            return;
        }
        let incomplete = match (seen.whole, message.is_truncated(), read.error.is_some()) {
            (false, ..) => Some(Incomplete::CutShort),
            (_, true, _) => Some(Incomplete::Truncated),
            (.., true) => Some(Incomplete::Malformed),
            _ => None,
        };
        let signatures_wanted = read.edns.wants_dnssec || read.groups.signatures > 0;
        let question =
            read.question.map(|asked| (self.bag.intern(&asked.name), asked.qtype, asked.class));
        // An RRset of which records are missing would look forged, so such a response is not judged,
        // and of its RRsets only what holds counts.
        let how = SeenHow { signatures_wanted, whole: incomplete.is_none(), dated: true };
        let settled = read.groups.settle(&mut self.bag, seen.at, how);
        self.facts.orphan_signatures += settled.orphans;
        let [answer, authority, _] = settled.sections;
        let response = Response {
            question,
            rcode: u16::from(read.edns.upper_rcode) << 4 | u16::from(message.rcode()),
            flags: Flags {
                authoritative: message.is_authoritative(),
                recursive: message.recursion_available(),
                authenticated: message.is_authenticated(),
                checking_disabled: message.checking_disabled(),
            },
            signatures_wanted,
            incomplete,
            answer: answer.into(),
            authority: authority.into(),
            errors: read.edns.errors.into(),
        };
        self.keep(response, seen.at, (seen.file, seen.packet));
    }

    /// Keeps a response, and notes what it says of the chain of trust.
    fn keep(&mut self, response: Response, at: i64, place: (u16, u64)) {
        if let Some((name, rtype @ (RType::DS | RType::DNSKEY), _)) = response.question
            && response.rcode == 0
            && response.incomplete.is_none()
            && response.signatures_wanted
            && response.answer.is_empty()
            && (response.flags.authoritative || response.flags.recursive)
        {
            self.bag.note_denied(name, rtype);
        }
        self.responses.add(response, at, place);
    }

    /// Whether no more is kept.
    fn is_full(&self) -> bool {
        self.bag.octets() + self.responses.octets() > self.octets
    }

    /// Gathers a message of a zone transfer, which ends with the SOA it began with.
    fn transferred(
        &mut self,
        seen: &Sighting,
        between: (SocketAddr, SocketAddr),
        octets: &[u8],
        read: &ReadMessage,
    ) {
        if self.transfers.len() >= MOST_TRANSFERS && !self.transfers.contains_key(&between) {
            self.facts.not_kept += 1;
            return;
        }
        let transfer = self.transfers.entry(between).or_insert_with(|| Transfer {
            groups: Groups::default(),
            soa_records: 0,
            records: 0,
            begun: *seen,
        });
        transfer.soa_records += read.soa_records;
        let Ok(message) = Message::new(octets) else { return };
        if let Ok(mut records) = message.records() {
            while let Ok(Some(record)) = records.next_record() {
                transfer.records += 1;
                if record.section == Section::Answer && transfer.records <= MOST_TRANSFERRED {
                    let (owner, class) = (record.owner, record.class);
                    let (rtype, ttl) = (record.rtype, record.ttl);
                    transfer.groups.push(Section::Answer, &owner, class, rtype, ttl, record.rdata);
                }
            }
        }
        if transfer.soa_records >= 2
            && let Some(transfer) = self.transfers.remove(&between)
        {
            self.end_transfer(transfer);
        }
    }

    fn end_transfer(&mut self, transfer: Transfer) {
        // RRsets of a transfer that is not all there would look forged.
        if transfer.soa_records < 2 || transfer.records > MOST_TRANSFERRED || self.is_full() {
            self.facts.not_kept += 1;
            return;
        }
        let settled = transfer.groups.settle(&mut self.bag, transfer.begun.at, PLAIN);
        self.facts.orphan_signatures += settled.orphans;
    }

    /// Takes RRsets from text: what belongs together came together. `dated` says that it came at that
    /// time, and is not there only to help with the rest.
    pub fn records(&mut self, groups: Groups, at: i64, dated: bool) {
        // What stands before the first answer of dig is no bag of now.
        if groups.is_empty() {
            return;
        }
        self.note_time(at);
        self.facts.signatures += groups.signatures;
        let settled = groups.settle(&mut self.bag, at, SeenHow { dated, ..PLAIN });
        self.facts.orphan_signatures += settled.orphans;
    }

    /// Takes a response that was read from text.
    pub(super) fn response_from_text(&mut self, response: Response, at: i64, place: (u16, u64)) {
        self.note_time(at);
        self.facts.messages += 1;
        self.facts.responses += 1;
        self.keep(response, at, place);
    }

    /// When the last of all was seen.
    pub(super) fn last_time(&self) -> Option<i64> {
        self.facts.seen.map(|seen| seen.last)
    }

    pub(super) fn note_time(&mut self, at: i64) {
        self.facts.seen = Some(self.facts.seen.map_or(Times::once(at), |seen| seen.and(at)));
    }

    /// An entry of text that cannot be read.
    pub(super) fn unreadable(&mut self, file: &str, line: u64, detail: String) {
        let place = Place { file: file.into(), line, column: None };
        let detail = Some(detail);
        let place = Some(place);
        self.findings.push(Finding { detail, place, ..Finding::new(Code::RecordUnreadable) });
    }

    /// Ends what is under way.
    pub(super) fn close(&mut self) {
        let transfers: Vec<_> = std::mem::take(&mut self.transfers).into_values().collect();
        transfers.into_iter().for_each(|transfer| self.end_transfer(transfer));
    }
}
