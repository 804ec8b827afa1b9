//! DNS messages: header, question, and the records of all sections, compression expanded
//! (RFC 1035 §4.1, RFC 6891 §6.1).
//!
//! ```
//! use sigmill::dns::message::{Message, Section};
//!
//! let octets = b"\x12\x34\x84\x00\0\x01\0\x01\0\0\0\0\x01a\0\0\x01\0\x01\xc0\x0c\0\x01\0\x01\0\0\0\x05\0\x04\xc0\0\x02\x01";
//! let message = Message::new(octets)?;
//! let question = message.question()?;
//! assert_eq!(question.map(|question| question.name.to_string()).as_deref(), Some("a."));
//! let mut records = message.records()?;
//! let record = records.next_record()?.expect("there is one");
//! assert_eq!((record.section, record.rdata), (Section::Answer, &[192, 0, 2, 1][..]));
//! # Ok::<(), sigmill::dns::message::MessageError>(())
//! ```

use std::ops::Range;

use super::name::{MAX_LABEL, MAX_NAME, wire_len};
use super::schema::{Field, field_len, fields};
use super::{Class, Name, RType};

/// Why octets are not a DNS message, or cannot be read further.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MessageError {
    /// Fewer than twelve octets.
    #[error("a message has at least 12 octets, but {0} are here")]
    Header(usize),
    /// The message ends inside what is named.
    #[error("the message ends within {part}, which begins at octet {at}")]
    Short {
        /// A name, a question or a record.
        part: &'static str,
        /// Where it begins.
        at: usize,
    },
    /// A compression pointer does not lead backwards, a label's type is unknown, or the name is
    /// longer than 255 octets (RFC 1035 §4.1.4).
    #[error("the name at octet {at} is none")]
    Name {
        /// Where the name begins.
        at: usize,
    },
}

impl MessageError {
    /// What is wrong, whatever the place: for counting.
    #[must_use]
    pub fn cause(self) -> &'static str {
        match self {
            Self::Header(_) => "a message is shorter than its header",
            Self::Short { part: "a question", .. } => "a message ends within its question",
            Self::Short { part: "a record", .. } => "a message ends within a record",
            Self::Short { .. } => "a message ends within a name",
            Self::Name { .. } => "a message has octets for a name that are none",
        }
    }

    /// Where what is wrong begins in the message.
    #[must_use]
    pub fn at(self) -> usize {
        match self {
            Self::Header(_) => 0,
            Self::Short { at, .. } | Self::Name { at } => at,
        }
    }
}

/// A DNS message, of which the header has been read.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    octets: &'a [u8],
}

/// A part of a message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Section {
    /// What was asked for.
    Answer,
    /// Where to ask, and proofs that something does not exist.
    Authority,
    /// What may help.
    Additional,
}

/// What was asked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Question {
    /// The name, in the case in which it was asked.
    pub name: Name,
    /// The type.
    pub qtype: RType,
    /// The class.
    pub class: Class,
}

/// A record of a message.
#[derive(Clone, Copy, Debug)]
pub struct MessageRecord<'r> {
    /// The section it stands in.
    pub section: Section,
    /// Its owner.
    pub owner: &'r Name,
    /// Its type.
    pub rtype: RType,
    /// Its class; of OPT the sender's UDP payload size.
    pub class: Class,
    /// Its TTL; of OPT flags and more.
    pub ttl: u32,
    /// Its RDATA without compression, in the case in which it was sent.
    pub rdata: &'r [u8],
    /// Whether the RDATA fits its type. Where it does not, it is as it was sent.
    pub fits: bool,
    /// Where the record lies in the message.
    pub at: usize,
}

impl<'a> Message<'a> {
    /// Takes octets for a message. Octets behind the last record are no error.
    ///
    /// # Errors
    /// [`MessageError::Header`] when there is no header.
    pub fn new(octets: &'a [u8]) -> Result<Self, MessageError> {
        if octets.len() < 12 {
            return Err(MessageError::Header(octets.len()));
        }
        Ok(Self { octets })
    }

    fn word(&self, at: usize) -> u16 {
        u16::from_be_bytes([self.octets[at], self.octets[at + 1]])
    }

    /// The number by which query and response know each other.
    #[must_use]
    pub fn id(&self) -> u16 {
        self.word(0)
    }

    fn has_flag(&self, flag: u16) -> bool {
        self.word(2) & flag != 0
    }

    /// Whether it is a response.
    #[must_use]
    pub fn is_response(&self) -> bool {
        self.has_flag(0x8000)
    }

    /// The kind of query: 0 is the usual one.
    #[must_use]
    pub fn opcode(&self) -> u8 {
        self.octets[2] >> 3 & 15
    }

    /// AA: the server is authoritative for the name.
    #[must_use]
    pub fn is_authoritative(&self) -> bool {
        self.has_flag(0x0400)
    }

    /// TC: something did not fit.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.has_flag(0x0200)
    }

    /// RD: the server shall ask others.
    #[must_use]
    pub fn recursion_desired(&self) -> bool {
        self.has_flag(0x0100)
    }

    /// RA: the server asks others.
    #[must_use]
    pub fn recursion_available(&self) -> bool {
        self.has_flag(0x0080)
    }

    /// AD: the resolver has verified the answer (RFC 4035 §3.2.3).
    #[must_use]
    pub fn is_authenticated(&self) -> bool {
        self.has_flag(0x0020)
    }

    /// CD: the resolver shall not verify (RFC 4035 §3.2.2).
    #[must_use]
    pub fn checking_disabled(&self) -> bool {
        self.has_flag(0x0010)
    }

    /// The lower four bits of the response code; OPT has the others.
    #[must_use]
    pub fn rcode(&self) -> u8 {
        self.octets[3] & 15
    }

    /// How many questions, and records of each section, the header announces.
    #[must_use]
    pub fn counts(&self) -> [u16; 4] {
        [4, 6, 8, 10].map(|at| self.word(at))
    }

    /// The first question; `None` when there is none.
    ///
    /// # Errors
    /// When the message ends within it or its name is none.
    pub fn question(&self) -> Result<Option<Question>, MessageError> {
        if self.word(4) == 0 {
            return Ok(None);
        }
        let (name, at) = self.name(12)?;
        let fixed = self.octets.get(at..at + 4);
        let fixed = fixed.ok_or(MessageError::Short { part: "a question", at: 12 })?;
        let qtype = RType(u16::from_be_bytes([fixed[0], fixed[1]]));
        let class = Class(u16::from_be_bytes([fixed[2], fixed[3]]));
        Ok(Some(Question { name, qtype, class }))
    }

    /// The records of all sections.
    ///
    /// # Errors
    /// When a question cannot be passed over.
    pub fn records(&self) -> Result<Records<'a>, MessageError> {
        let mut at = 12;
        for _ in 0..self.word(4) {
            let question = at;
            at = self.name_end(at)? + 4;
            if at > self.octets.len() {
                return Err(MessageError::Short { part: "a question", at: question });
            }
        }
        let [_, answer, authority, additional] = self.counts();
        let left = [answer, authority, additional];
        let owner = Name::root();
        Ok(Records { message: *self, at, left, owner, pointer: None, rdata: Vec::new() })
    }

    /// The name at a place, and the place behind it.
    fn name(&self, at: usize) -> Result<(Name, usize), MessageError> {
        let mut name = Name::root();
        let end = name.write_with(|wire| self.expand(at, wire))?;
        Ok((name, end))
    }

    /// Writes the name at a place without compression; its octets, and the place behind it.
    ///
    /// A pointer must lead before the labels that were read last, so that each step goes backwards and
    /// the reading ends.
    fn expand(
        &self,
        begin: usize,
        wire: &mut [u8; MAX_NAME],
    ) -> Result<(usize, usize), MessageError> {
        let bad = MessageError::Name { at: begin };
        let short = MessageError::Short { part: "a name", at: begin };
        let (mut at, mut floor, mut end, mut len) = (begin, begin, None, 0);
        loop {
            let first = usize::from(*self.octets.get(at).ok_or(short)?);
            match first {
                0..=MAX_LABEL => {
                    // Most labels are short, and a copy of known length is not worth a call; what it
                    // writes too much is written over, or lies behind the name.
                    let few = self.octets.get(at..).and_then(<[u8]>::first_chunk::<FEW>);
                    let room = wire.get_mut(len..).and_then(<[u8]>::first_chunk_mut::<FEW>);
                    if let (true, Some(few), Some(room)) = (first < FEW, few, room) {
                        *room = *few;
                    } else {
                        let label = self.octets.get(at..=at + first).ok_or(short)?;
                        let place = wire.get_mut(len..=len + first).ok_or(bad)?;
                        place.copy_from_slice(label);
                    }
                    at += first + 1;
                    len += first + 1;
                    if first == 0 {
                        return Ok((len, end.unwrap_or(at)));
                    }
                }
                0xc0.. => {
                    let second = usize::from(*self.octets.get(at + 1).ok_or(short)?);
                    end = end.or(Some(at + 2));
                    at = (first & 0x3f) << 8 | second;
                    if at >= floor {
                        return Err(bad);
                    }
                    floor = at;
                }
                _ => return Err(bad),
            }
        }
    }

    /// The place behind the name at a place, which need not be a good one.
    fn name_end(&self, begin: usize) -> Result<usize, MessageError> {
        let mut at = begin;
        loop {
            let first = self.octets.get(at);
            match usize::from(*first.ok_or(MessageError::Short { part: "a name", at: begin })?) {
                0 => return Ok(at + 1),
                len @ 1..=MAX_LABEL => at += len + 1,
                0xc0.. => return Ok(at + 2),
                _ => return Err(MessageError::Name { at: begin }),
            }
        }
    }
}

/// Octets of a label, its length included, that are copied at once.
const FEW: usize = 16;

/// Goes through the records of a message.
#[derive(Debug)]
pub struct Records<'a> {
    message: Message<'a>,
    at: usize,
    /// Records that are left in each section.
    left: [u16; 3],
    /// The owner of the last record.
    owner: Name,
    /// The pointer that this owner was written as.
    pointer: Option<[u8; 2]>,
    /// The RDATA of the last record whose RDATA is compressed, without compression.
    rdata: Vec<u8>,
}

impl Records<'_> {
    /// The next record; `None` behind the last.
    ///
    /// # Errors
    /// When the record cannot be read: then none that follows can.
    pub fn next_record(&mut self) -> Result<Option<MessageRecord<'_>>, MessageError> {
        let Some(index) = self.left.iter().position(|&left| left > 0) else { return Ok(None) };
        let section = [Section::Answer, Section::Authority, Section::Additional][index];
        let begin = self.at;
        let short = MessageError::Short { part: "a record", at: begin };
        let at = self.owner(begin)?;
        let fixed = self.message.octets.get(at..at + 10).ok_or(short)?;
        let rtype = RType(u16::from_be_bytes([fixed[0], fixed[1]]));
        let class = Class(u16::from_be_bytes([fixed[2], fixed[3]]));
        let ttl = u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]);
        let len = usize::from(u16::from_be_bytes([fixed[8], fixed[9]]));
        let rdata = at + 10..at + 10 + len;
        let sent = self.message.octets.get(rdata.clone()).ok_or(short)?;
        self.at = rdata.end;
        self.left[index] -= 1;
        let (rdata, fits) = match self.expand_rdata(rtype, rdata) {
            Some(Expanded::AsSent) => (sent, true),
            Some(Expanded::Written) => (&*self.rdata, true),
            None => (sent, false),
        };
        let owner = &self.owner;
        Ok(Some(MessageRecord { section, owner, rtype, class, ttl, rdata, fits, at: begin }))
    }

    /// Reads the owner of a record, and gives the place behind it. Many records have the same as the one
    /// before, by the same pointer.
    fn owner(&mut self, begin: usize) -> Result<usize, MessageError> {
        let octets = self.message.octets;
        let first = octets.get(begin..).and_then(<[u8]>::first_chunk::<2>).copied();
        let pointer = first.filter(|[high, _]| *high >= 0xc0);
        // It leads backwards from where it stood before, all the more so from here.
        if pointer.is_some() && pointer == self.pointer {
            return Ok(begin + 2);
        }
        self.pointer = None;
        let message = self.message;
        let end = self.owner.write_with(|wire| message.expand(begin, wire))?;
        self.pointer = pointer;
        Ok(end)
    }

    /// Whether all records have been read.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.left == [0; 3]
    }

    /// Writes RDATA with its names expanded, if any is compressed; `None` where it does not fit its type.
    /// Only types of RFC 1035 may be sent compressed (RFC 3597 §4), but a pointer cannot be taken for
    /// anything else in the others.
    fn expand_rdata(&mut self, rtype: RType, range: Range<usize>) -> Option<Expanded> {
        let octets = &self.message.octets[..range.end];
        let Some(fields) = fields(rtype) else { return Some(Expanded::AsSent) };
        // What of it has been written: nothing before a name is compressed.
        let mut written = None;
        let mut at = range.start;
        for &field in fields {
            let rest = octets.get(at..)?;
            let is_name = matches!(field, Field::LowerName | Field::Name);
            let plain = if is_name { wire_len(rest) } else { Some(field_len(field, rest)?) };
            if let Some(len) = plain {
                at += len;
                continue;
            }
            let mut wire = [0; MAX_NAME];
            let (len, end) = Message { octets }.expand(at, &mut wire).ok()?;
            if written.is_none() {
                self.rdata.clear();
            }
            self.rdata.extend_from_slice(octets.get(written.unwrap_or(range.start)..at)?);
            self.rdata.extend_from_slice(&wire[..len]);
            written = Some(end);
            at = end;
        }
        if at != range.end {
            return None;
        }
        let Some(written) = written else { return Some(Expanded::AsSent) };
        self.rdata.extend_from_slice(&octets[written..]);
        Some(Expanded::Written)
    }
}

/// Where RDATA stands without compression.
enum Expanded {
    /// In the message: it was not compressed.
    AsSent,
    /// In octets of its own.
    Written,
}

/// What the OPT record of a message says (RFC 6891 §6.1, RFC 3225, RFC 8914).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Edns {
    /// The upper eight bits of the response code.
    pub upper_rcode: u8,
    /// DO: signatures are wanted, or a query wanted them.
    pub wants_dnssec: bool,
    /// Extended errors: codes, and texts as far as they are UTF-8.
    pub errors: Vec<(u16, String)>,
}

impl Edns {
    /// Reads an OPT record. What follows an option that is cut short is left out.
    #[must_use]
    pub fn new(ttl: u32, rdata: &[u8]) -> Self {
        const EXTENDED_ERROR: u16 = 15;
        let mut errors = Vec::new();
        let mut rest = rdata;
        while let [c0, c1, l0, l1, tail @ ..] = rest {
            let len = usize::from(u16::from_be_bytes([*l0, *l1]));
            let Some((option, tail)) = tail.split_at_checked(len) else { break };
            if u16::from_be_bytes([*c0, *c1]) == EXTENDED_ERROR
                && let [high, low, text @ ..] = option
            {
                let text = String::from_utf8_lossy(text).trim_end_matches('\0').to_owned();
                errors.push((u16::from_be_bytes([*high, *low]), text));
            }
            rest = tail;
        }
        let [upper_rcode, _, flags, _] = ttl.to_be_bytes();
        Self { upper_rcode, wants_dnssec: flags & 0x80 != 0, errors }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Header with these counts, and a body.
    fn message(counts: [u8; 4], body: &[u8]) -> Vec<u8> {
        let counts = counts.map(|count| [0, count]).concat();
        [&[0, 7, 0x84, 0][..], &counts, body].concat()
    }

    type Row = (Section, String, RType, Vec<u8>, bool);

    fn rows(octets: &[u8]) -> Result<Vec<Row>, MessageError> {
        let message = Message::new(octets)?;
        let mut records = message.records()?;
        let mut rows = Vec::new();
        while let Some(record) = records.next_record()? {
            let MessageRecord { section, owner, rtype, rdata, fits, .. } = record;
            rows.push((section, owner.to_string(), rtype, rdata.to_vec(), fits));
        }
        assert!(records.is_at_end());
        Ok(rows)
    }

    // RFC 1035 §4.1.4: pointers to the whole of a name, to its end, and in RDATA.
    #[test]
    fn compressed_names_are_expanded_in_owners_and_in_rdata() {
        let body = [
            &b"\x03www\x07example\0\0\x0f\0\x01"[..],
            b"\xc0\x0c\0\x0f\0\x01\0\0\0\x05\0\x09\0\x0a\x04mail\xc0\x10",
            b"\xc0\x10\0\x02\0\x01\0\0\0\x05\0\x02\xc0\x29",
        ]
        .concat();
        let octets = message([1, 1, 1, 0], &body);
        let found = rows(&octets).unwrap();
        let mx = b"\0\x0a\x04mail\x07example\0".to_vec();
        assert_eq!(found[0], (Section::Answer, "www.example.".into(), RType::MX, mx, true));
        let (section, owner, ..) = &found[1];
        assert_eq!((*section, owner.as_str()), (Section::Authority, "example."));
    }

    #[test]
    fn pointers_that_lead_nowhere_end_the_reading() {
        for body in
            [&b"\xc0\x0c\0\x01\0\x01"[..], b"\x01a\xc0\x0c\0\x01\0\x01", b"\xc0\x20\0\x01\0\x01"]
        {
            let octets = message([1, 0, 0, 0], body);
            let error = Message::new(&octets).unwrap().question().unwrap_err();
            assert_eq!(error, MessageError::Name { at: 12 });
        }
        assert!(matches!(Message::new(&[0; 11]), Err(MessageError::Header(11))));
        let octets = message([0, 1, 0, 0], b"\0\0\x01\0\x01\0\0\0\x05\0\x05abcd");
        let error = rows(&octets).unwrap_err();
        assert_eq!(error, MessageError::Short { part: "a record", at: 12 });
    }

    // RFC 3597 §5: what does not fit its type is octets all the same, and the rest can be read.
    #[test]
    fn rdata_that_does_not_fit_its_type_is_kept_as_sent() {
        let body = b"\0\0\x01\0\x01\0\0\0\x05\0\x03abc\0\0\x01\0\x01\0\0\0\x05\0\x04abcd";
        let found = rows(&message([0, 2, 0, 0], body)).unwrap();
        assert_eq!((&found[0].3[..], found[0].4), (&b"abc"[..], false));
        assert_eq!((&found[1].3[..], found[1].4), (&b"abcd"[..], true));
    }

    // RFC 6891 §6.1.3, RFC 8914 §2.
    #[test]
    fn edns_has_flags_and_extended_errors() {
        let edns = Edns::new(
            0x0100_8000,
            b"\0\x0a\0\x02xy\0\x0f\0\x07\0\x06bogus\0\x0f\0\x02\0\x07\0\x0f\0\x09",
        );
        let errors = vec![(6, "bogus".to_owned()), (7, String::new())];
        assert_eq!(edns, Edns { upper_rcode: 1, wants_dnssec: true, errors });
    }

    #[test]
    fn the_flags_are_where_the_rfcs_put_them() {
        let octets = [&[0, 7, 0x86, 0xb3][..], &[0; 8]].concat();
        let message = Message::new(&octets).unwrap();
        assert!(message.is_response() && message.is_authoritative() && message.is_truncated());
        assert!(!message.recursion_desired() && message.recursion_available());
        assert!(message.is_authenticated() && message.checking_disabled());
        assert_eq!((message.id(), message.opcode(), message.rcode()), (7, 0, 3));
    }

    proptest! {
        // Whatever comes from the network is read to an end or to an error.
        #[test]
        fn random_octets_never_panic_and_always_end(
            counts in proptest::array::uniform4(0u8..4),
            body in proptest::collection::vec(prop_oneof![0u8..8, 0xc0u8..0xc2, any::<u8>()], 0..120),
        ) {
            let octets = message(counts, &body);
            let _ = Message::new(&octets).unwrap().question();
            let _ = rows(&octets);
        }
    }
}
