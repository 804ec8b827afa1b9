//! Takes in messages and records until all that will be judged is there: the keys and DS of a chain
//! may come behind the data they vouch for.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::audit::findings::{Code, Finding, Place};
use crate::capture::Transport;
use crate::dns::RType;
use crate::dns::message::{Message, MessageError, Question};

use super::bag::{Bag, SeenHow};
use super::early::{Early, EarlyResponse};
use super::groups::Groups;
use super::queries::{Asked, Exchange, MOST_WAITING, Queries};
use super::response::{Flags, Incomplete, ReadMessage, Response, Responses, read_message};
use super::summary::{InputFacts, Times};
use super::transfers::{Step, Transfers};

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
    /// How it travelled.
    pub transport: Transport,
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
    transfers: Transfers,
    queries: Queries,
    early: Early,
    /// Those of the message that is read.
    groups: Groups,
    /// Octets that may be held.
    octets: usize,
    files: Vec<Arc<str>>,
}

/// What the query of a response says.
#[derive(Debug, Default)]
struct Asking {
    /// The question, where the response does not repeat it.
    question: Option<Question>,
    signatures_wanted: bool,
    checking_disabled: bool,
}

/// Places of faults that are kept.
const MOST_PLACES: usize = 10;
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
            transfers: Transfers::default(),
            queries: Queries::new(MOST_WAITING),
            early: Early::default(),
            groups: Groups::default(),
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
        while let Some(early) = self.early.next_due(seen.at) {
            self.unasked(&early);
        }
        let message = match Message::new(octets) {
            Ok(message) => message,
            Err(error) => {
                let place = self.place((seen.file, seen.packet));
                return self.fault(error.cause(), &place);
            }
        };
        let is_usual = message.opcode() == 0;
        let exchange = Exchange::of(seen, &message).filter(|_| is_usual);
        if !message.is_response() {
            self.facts.queries += 1;
            if let Some(exchange) = exchange {
                self.queries.ask(exchange, Asked::new(&message), seen.at);
                if let Some(early) = self.early.take(&exchange) {
                    self.late(&early);
                }
            }
            return;
        }
        if !is_usual {
            self.facts.others += 1;
            return;
        }
        self.facts.responses += 1;
        let question = message.question();
        match exchange {
            None => self.response(seen, &message, &question, &Asking::default()),
            Some(exchange) => match self.asking(&exchange, seen, &question) {
                Some(asking) => self.response(seen, &message, &question, &asking),
                None => {
                    let early = EarlyResponse { exchange, seen: *seen, octets: octets.into() };
                    if let Some(before) = self.early.put(early) {
                        self.unasked(&before);
                    }
                }
            },
        }
    }

    /// What the query of a response says, if it was seen.
    fn asking(
        &mut self,
        exchange: &Exchange,
        seen: &Sighting,
        question: &Result<Option<Question>, MessageError>,
    ) -> Option<Asking> {
        let question = question.as_ref().ok().and_then(Option::as_ref);
        let asked = self.queries.answer(exchange, question, seen.at)?;
        Some(Asking {
            question: if question.is_none() { asked.question() } else { None },
            signatures_wanted: asked.signatures_wanted,
            checking_disabled: asked.checking_disabled,
        })
    }

    /// Takes a response whose query came behind it.
    fn late(&mut self, early: &EarlyResponse) {
        let Ok(message) = Message::new(&early.octets) else { return };
        let question = message.question();
        match self.asking(&early.exchange, &early.seen, &question) {
            Some(asking) => self.response(&early.seen, &message, &question, &asking),
            None => self.unasked(early),
        }
    }

    /// Takes a response whose query did not come.
    fn unasked(&mut self, early: &EarlyResponse) {
        let Ok(message) = Message::new(&early.octets) else { return };
        self.queries.count_unasked();
        self.response(&early.seen, &message, &message.question(), &Asking::default());
    }

    fn response(
        &mut self,
        seen: &Sighting,
        message: &Message<'_>,
        question: &Result<Option<Question>, MessageError>,
        asking: &Asking,
    ) {
        self.groups.clear();
        let read = read_message(message, question, &mut self.groups);
        self.facts.signatures += self.groups.signatures;
        self.facts.misfit_records += read.misfits;
        if let Some(error) = read.error.filter(|_| seen.whole) {
            let place = self.place((seen.file, seen.packet));
            self.fault(error.cause(), &format!("{place}, octet {}", error.at()));
        }
        let question = question.as_ref().ok().and_then(Option::as_ref).or(asking.question.as_ref());
        let between = (seen.from, seen.to);
        let qtype = question.map(|question| question.qtype);
        let is_transferred = qtype.is_none() && self.transfers.is_under_way(&between);
        if qtype == Some(AXFR) || is_transferred {
            return self.transferred(seen, message, read.soa_records);
        }
        if qtype == Some(IXFR) {
            self.facts.others += 1;
            return;
        }
        if self.is_full() {
            self.facts.not_kept += 1;
            return;
        }
        self.keep_message(seen, message, question, read, asking);
    }

    fn keep_message(
        &mut self,
        seen: &Sighting,
        message: &Message<'_>,
        question: Option<&Question>,
        read: ReadMessage,
        asking: &Asking,
    ) {
        let incomplete = match (seen.whole, message.is_truncated(), read.error.is_some()) {
            (false, ..) => Some(Incomplete::CutShort),
            (_, true, _) => Some(Incomplete::Truncated),
            (.., true) => Some(Incomplete::Malformed),
            _ => None,
        };
        let signatures_wanted =
            asking.signatures_wanted || read.edns.wants_dnssec || self.groups.signatures > 0;
        let question =
            question.map(|asked| (self.bag.intern(&asked.name), asked.qtype, asked.class));
        // An RRset of which records are missing would look forged, so such a response is not judged,
        // and of its RRsets only what holds counts.
        let how = SeenHow { signatures_wanted, whole: incomplete.is_none(), dated: true };
        let settled = self.groups.settle(&mut self.bag, seen.at, how);
        self.facts.orphan_signatures += settled.orphans;
        let response = Response {
            question,
            rcode: u16::from(read.edns.upper_rcode) << 4 | u16::from(message.rcode()),
            flags: Flags {
                authoritative: message.is_authoritative(),
                recursive: message.recursion_available(),
                authenticated: message.is_authenticated(),
                checking_disabled: asking.checking_disabled || message.checking_disabled(),
            },
            signatures_wanted,
            incomplete,
            answer: settled.answer,
            authority: settled.authority,
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
    pub(super) fn is_full(&self) -> bool {
        self.room() == 0
    }

    /// Octets that may still be held.
    pub(super) fn room(&self) -> usize {
        let kept = self.bag.octets() + self.responses.octets();
        let waiting = self.transfers.octets() + self.queries.octets() + self.early.octets();
        self.octets.saturating_sub(kept + waiting)
    }

    /// Gathers a message of a zone transfer, which ends with the SOA it began with.
    fn transferred(&mut self, seen: &Sighting, message: &Message<'_>, soa_records: usize) {
        let room = self.room() + self.transfers.octets();
        let between = (seen.from, seen.to);
        match self.transfers.take(seen, between, message, soa_records, room) {
            Step::GoesOn => {}
            Step::NotTaken => self.facts.not_kept += 1,
            Step::Ended(transfer) => match transfer.groups {
                None => self.facts.not_kept += 1,
                Some(mut groups) => {
                    let settled = groups.settle(&mut self.bag, transfer.begun.at, PLAIN);
                    self.facts.orphan_signatures += settled.orphans;
                }
            },
        }
    }

    /// Takes RRsets from text: what belongs together came together. `dated` says that it came at that
    /// time, and is not there only to help with the rest.
    pub fn records(&mut self, mut groups: Groups, at: i64, dated: bool) {
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
        while !self.early.is_empty() {
            if let Some(early) = self.early.next() {
                self.unasked(&early);
            }
        }
        // RRsets of a transfer that is not all there would look forged.
        self.facts.not_kept += self.transfers.close() as u64;
        self.facts.exchanges = self.queries.finish();
        self.responses.sort();
    }
}
