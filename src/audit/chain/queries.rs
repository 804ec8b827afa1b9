//! Queries that wait for their responses: what was asked, where the response does not repeat it, and how
//! many were never answered.
//!
//! A response belongs to the query with its addresses, ports and ID that was seen up to half a minute
//! before it. A query asked again with the same ID is the same query (RFC 5452 §4.3 makes others unlikely
//! to share it); one that asks for something else has taken the ID over.

use std::collections::VecDeque;
use std::net::SocketAddr;

use hashbrown::HashMap;

use crate::capture::Transport;
use crate::dns::message::{Edns, Message, Question};
use crate::dns::{Class, Name, RType};

use super::intake::Sighting;
use super::memory::{allocated, in_table};
use super::summary::ExchangeFacts;

/// By what a response is known to belong to a query.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Exchange {
    client: SocketAddr,
    server: SocketAddr,
    way: Way,
    id: u16,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Way {
    Udp,
    Tcp,
    Dnstap,
}

impl Exchange {
    /// The exchange that a message belongs to; `None` where there is no other party to it: multicast, or
    /// addresses that a dnstap file does not tell.
    pub fn of(seen: &Sighting, message: &Message<'_>) -> Option<Self> {
        let (client, server) = match message.is_response() {
            true => (seen.to, seen.from),
            false => (seen.from, seen.to),
        };
        /// Multicast DNS (RFC 6762 §5.2): one question, answers by anybody.
        const MDNS: u16 = 5353;
        let by_multicast = client.ip().is_multicast() || server.ip().is_multicast();
        if by_multicast || client.port() == MDNS || client.port() == 0 {
            return None;
        }
        let way = match seen.transport {
            Transport::Udp => Way::Udp,
            Transport::Tcp => Way::Tcp,
            Transport::Dnstap { .. } => Way::Dnstap,
        };
        Some(Self { client, server, way, id: message.id() })
    }
}

/// What a query asked.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// The name in the octets of the wire, in the case in which it was asked; type and class.
    question: Option<(Box<[u8]>, RType, Class)>,
    /// DO: signatures are wanted (RFC 3225 §3).
    pub signatures_wanted: bool,
    /// CD: the resolver shall not verify.
    pub checking_disabled: bool,
}

impl Asked {
    /// Reads a query as far as it can be read.
    pub fn new(message: &Message<'_>) -> Self {
        let mut signatures_wanted = false;
        if let Ok(mut records) = message.records() {
            while let Ok(Some(record)) = records.next_record() {
                if record.rtype == RType::OPT {
                    signatures_wanted = Edns::new(record.ttl, record.rdata).wants_dnssec;
                }
            }
        }
        let question = message.question().ok().flatten();
        Self {
            question: question.map(|asked| (asked.name.as_wire().into(), asked.qtype, asked.class)),
            signatures_wanted,
            checking_disabled: message.checking_disabled(),
        }
    }

    /// The question.
    pub fn question(&self) -> Option<Question> {
        let (name, qtype, class) = self.question.as_ref()?;
        Some(Question { name: Name::from_wire(name).ok()?, qtype: *qtype, class: *class })
    }

    /// Whether it may have been about this; a question that is not there contradicts nothing.
    fn fits(&self, other: Option<(&[u8], RType, Class)>) -> bool {
        let (Some((name, qtype, class)), Some(other)) = (&self.question, other) else {
            return true;
        };
        name.eq_ignore_ascii_case(other.0) && (*qtype, *class) == (other.1, other.2)
    }
}

/// A query that waits, or was answered a short time ago.
#[derive(Debug)]
struct Waiting {
    asked: Asked,
    /// When it, or the last response to it, was seen.
    at: i64,
    answered: bool,
    /// Its place in the order in which queries came.
    serial: u64,
}

/// Seconds that a response may come behind its query.
pub(super) const PATIENCE: i64 = 30;

/// Octets of queries that wait, by default.
pub(super) const MOST_WAITING: usize = 64 << 20;

/// What a query takes besides its name.
const COST: usize = in_table::<(Exchange, Waiting)>();

/// What a place in the order takes.
const PLACE_COST: usize = size_of::<Place>();

/// The queries of the last half minute.
#[derive(Debug)]
pub(super) struct Queries {
    waiting: HashMap<Exchange, Waiting>,
    order: VecDeque<Place>,
    serial: u64,
    /// Octets of what waits.
    octets: usize,
    most: usize,
    facts: ExchangeFacts,
}

/// A query's place in the order in which they are forgotten.
#[derive(Clone, Copy, Debug)]
struct Place {
    serial: u64,
    at: i64,
    exchange: Exchange,
}

impl Queries {
    /// None yet; so many octets at most.
    pub fn new(most: usize) -> Self {
        Self {
            waiting: HashMap::new(),
            order: VecDeque::new(),
            serial: 0,
            octets: 0,
            most,
            facts: ExchangeFacts::default(),
        }
    }

    /// Octets that they take.
    pub fn octets(&self) -> usize {
        self.octets + self.order.len() * PLACE_COST
    }

    /// Takes a query.
    pub fn ask(&mut self, exchange: Exchange, asked: Asked, at: i64) {
        self.forget_before(at);
        let question = asked.question.as_ref();
        let question = question.map(|(name, qtype, class)| (&**name, *qtype, *class));
        if let Some(before) = self.waiting.get_mut(&exchange)
            && !before.answered
            && before.is_near(at)
            && before.asked.fits(question)
        {
            self.facts.repeated += 1;
            // It may ask otherwise the second time: a stub that leaves EDNS out, say.
            before.asked.signatures_wanted |= asked.signatures_wanted;
            before.asked.checking_disabled |= asked.checking_disabled;
            before.at = at;
            return;
        }
        if let Some(before) = self.waiting.remove(&exchange) {
            self.end(&before);
        }
        self.octets += cost(&asked);
        let serial = self.place(exchange, at);
        self.waiting.insert(exchange, Waiting { asked, at, answered: false, serial });
        while self.octets() > self.most {
            let Some(oldest) = self.order.pop_front() else { break };
            match self.take(&oldest) {
                Some(waiting) if waiting.answered => self.end(&waiting),
                Some(waiting) => {
                    self.octets -= cost(&waiting.asked);
                    self.facts.given_up += 1;
                }
                None => {}
            }
        }
    }

    /// The query that a response belongs to.
    pub fn answer(
        &mut self,
        exchange: &Exchange,
        question: Option<&Question>,
        at: i64,
    ) -> Option<&Asked> {
        let waiting = self.waiting.get_mut(exchange)?;
        let question = question.map(|asked| (asked.name.as_wire(), asked.qtype, asked.class));
        if !waiting.is_near(at) || !waiting.asked.fits(question) {
            return None;
        }
        waiting.answered = true;
        // The messages of a zone transfer may go on for longer than the first one is waited for.
        waiting.at = waiting.at.max(at);
        Some(&waiting.asked)
    }

    /// Counts a response that belongs to no query.
    pub fn count_unasked(&mut self) {
        self.facts.unasked += 1;
    }

    /// Ends all that wait. Where no query was ever answered, only one direction was captured, and nothing
    /// can be said.
    pub fn finish(&mut self) -> Option<ExchangeFacts> {
        self.order.clear();
        for waiting in std::mem::take(&mut self.waiting).into_values() {
            self.end(&waiting);
        }
        (self.facts.answered > 0).then_some(self.facts)
    }

    fn forget_before(&mut self, now: i64) {
        while let Some(&oldest) = self.order.front()
            && oldest.at.saturating_add(PATIENCE) < now
        {
            self.order.pop_front();
            let Some(mut waiting) = self.take(&oldest) else { continue };
            if waiting.is_near(now) {
                waiting.serial = self.place(oldest.exchange, waiting.at);
                self.waiting.insert(oldest.exchange, waiting);
            } else {
                self.end(&waiting);
            }
        }
    }

    /// Puts a query at the end of the order.
    fn place(&mut self, exchange: Exchange, at: i64) -> u64 {
        self.serial += 1;
        self.order.push_back(Place { serial: self.serial, at, exchange });
        self.serial
    }

    /// Takes out the query at a place, unless another has taken its ID over.
    fn take(&mut self, place: &Place) -> Option<Waiting> {
        let is_its = self.waiting.get(&place.exchange)?.serial == place.serial;
        if is_its { self.waiting.remove(&place.exchange) } else { None }
    }

    fn end(&mut self, waiting: &Waiting) {
        self.octets -= cost(&waiting.asked);
        match waiting.answered {
            true => self.facts.answered += 1,
            false => self.facts.unanswered += 1,
        }
    }
}

impl Waiting {
    fn is_near(&self, at: i64) -> bool {
        self.at.abs_diff(at) <= PATIENCE.unsigned_abs()
    }
}

fn cost(asked: &Asked) -> usize {
    COST + asked.question.as_ref().map_or(0, |(name, ..)| allocated(name.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(id: u16) -> Exchange {
        let [client, server] =
            ["192.0.2.1:4711", "192.0.2.53:53"].map(|text| text.parse().unwrap());
        Exchange { client, server, way: Way::Udp, id }
    }

    fn asked(name: &[u8]) -> Asked {
        let question = Some((name.into(), RType::A, Class::IN));
        Asked { question, signatures_wanted: false, checking_disabled: false }
    }

    fn facts(queries: &mut Queries) -> [u64; 5] {
        let facts = queries.finish().unwrap_or_default();
        let ExchangeFacts { answered, unanswered, repeated, unasked, given_up } = facts;
        [answered, unanswered, repeated, unasked, given_up]
    }

    #[test]
    fn a_query_waits_for_half_a_minute() {
        let mut queries = Queries::new(MOST_WAITING);
        for id in 0..4 {
            queries.ask(exchange(id), asked(b"\x01a\0"), 100);
        }
        assert!(queries.answer(&exchange(0), None, 130).is_some());
        assert!(queries.answer(&exchange(1), None, 131).is_none());
        // A second response to the same, as long after the first one.
        assert!(queries.answer(&exchange(0), None, 160).is_some());
        queries.ask(exchange(9), asked(b"\x01b\0"), 161);
        assert_eq!(queries.waiting.len(), 2, "the other three are forgotten");
        assert_eq!(facts(&mut queries), [1, 4, 0, 0, 0]);
        assert_eq!(queries.octets(), 0);
    }

    #[test]
    fn an_id_that_is_used_again_belongs_to_the_later_question() {
        let mut queries = Queries::new(MOST_WAITING);
        let question = |name: &[u8]| Question {
            name: Name::from_wire(name).unwrap(),
            qtype: RType::A,
            class: Class::IN,
        };
        queries.ask(exchange(1), asked(b"\x01a\0"), 0);
        queries.ask(exchange(1), asked(b"\x01A\0"), 1);
        queries.ask(exchange(1), asked(b"\x01b\0"), 2);
        assert!(queries.answer(&exchange(1), Some(&question(b"\x01a\0")), 3).is_none());
        assert!(queries.answer(&exchange(1), Some(&question(b"\x01B\0")), 3).is_some());
        // The same question after it was answered is another query.
        queries.ask(exchange(1), asked(b"\x01b\0"), 4);
        assert_eq!(facts(&mut queries), [1, 2, 1, 0, 0]);
    }

    #[test]
    fn above_the_bound_the_oldest_query_gives_way_and_is_counted() {
        let most = 100 * (COST + PLACE_COST + allocated(3));
        let mut queries = Queries::new(most);
        for id in 0..1000 {
            queries.ask(exchange(id), asked(b"\x01a\0"), 0);
            assert!(queries.octets() <= most);
            if id % 2 == 0 {
                queries.answer(&exchange(id), None, 0);
            }
        }
        assert_eq!(facts(&mut queries), [500, 50, 0, 0, 450]);
        // Neither do places that are not needed any more pile up.
        for number in 0..1000_u16 {
            queries.ask(exchange(1), asked(&[2, number.to_be_bytes()[0] | 1, 7, 0]), 0);
            queries.answer(&exchange(1), None, 0);
            assert!(queries.octets() <= most);
        }
    }
}
