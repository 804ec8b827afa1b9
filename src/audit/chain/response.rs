//! Responses: what was asked, what was answered, each kept once however often it is seen.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::dns::message::{Edns, Message, MessageError, MessageRecord, Question, Section};
use crate::dns::{Class, RType};

use super::bag::{HeldId, NameId, number};
use super::groups::Groups;
use super::memory::{allocated, in_table};
use super::seen::Seen;

/// What a response says; two that say the same are one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Response {
    /// The name, type and class that were asked for, if the response repeats them.
    pub question: Option<(NameId, RType, Class)>,
    /// The response code with its upper bits (RFC 6891 §6.1.3).
    pub rcode: u16,
    /// AA, RA, AD and CD.
    pub flags: Flags,
    /// DO was set, or a signature came along: whoever asked wanted signatures.
    pub signatures_wanted: bool,
    /// The server left something out (TC), or the capture did: no verdict can be had of it.
    pub incomplete: Option<Incomplete>,
    /// The RRsets of the answer section, in the order in which they came.
    pub answer: Box<[HeldId]>,
    /// The RRsets of the authority section, likewise.
    pub authority: Box<[HeldId]>,
    /// Extended errors (RFC 8914).
    pub errors: Box<[(u16, String)]>,
}

/// Flags of a response.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Flags {
    /// AA: the server is authoritative.
    pub authoritative: bool,
    /// RA: the server is a resolver.
    pub recursive: bool,
    /// AD: the resolver has verified it.
    pub authenticated: bool,
    /// CD: the resolver was not to verify it.
    pub checking_disabled: bool,
}

/// Why a response is not all there.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Incomplete {
    /// TC is set: the server had more to say.
    Truncated,
    /// The capture has not all octets of it.
    CutShort,
    /// A record of it cannot be read.
    Malformed,
}

/// A response with what was seen of it.
#[derive(Debug)]
pub struct SeenResponse {
    /// What it says.
    pub response: Response,
    /// When it was seen.
    pub seen: Seen,
    /// Where it was seen first: the file's number and the number of the packet, or the line.
    pub place: (u16, u64),
}

/// Responses without repetition.
#[derive(Debug, Default)]
pub struct Responses {
    list: Vec<SeenResponse>,
    ids: HashTable<u32>,
    hasher: DefaultHashBuilder,
    octets: usize,
}

impl Responses {
    /// Puts in a response that was seen; whether it is a new one.
    pub fn add(&mut self, response: Response, at: i64, place: (u16, u64)) -> bool {
        let hash = self.hasher.hash_one(&response);
        let is_it = |&id: &u32| self.list[id as usize].response == response;
        if let Some(&id) = self.ids.find(hash, is_it) {
            let seen = &mut self.list[id as usize].seen;
            self.octets -= seen.octets();
            seen.add(at);
            self.octets += seen.octets();
            return false;
        }
        let seen = Seen::once(at);
        self.octets += cost(&response) + seen.octets();
        let id = number(self.list.len());
        self.list.push(SeenResponse { response, seen, place });
        let (list, hasher) = (&self.list, &self.hasher);
        self.ids.insert_unique(hash, id, |&id| hasher.hash_one(&list[id as usize].response));
        true
    }

    /// Puts them in the order in which they were first seen. No more are put in then.
    pub fn sort(&mut self) {
        self.ids = HashTable::new();
        self.list.sort_by_key(|response| response.place);
    }

    /// Octets that they take.
    pub fn octets(&self) -> usize {
        self.octets
    }

    /// All of them, in the order in which they were first seen.
    pub fn list(&self) -> &[SeenResponse] {
        &self.list
    }
}

/// What a response takes besides its lists: its place in the list and in the index, and when it is judged
/// its places in two more.
const COST: usize = size_of::<SeenResponse>() + in_table::<u32>() + 2 * 112;

/// Octets that a response takes.
fn cost(response: &Response) -> usize {
    let list = |held: &[HeldId]| if held.is_empty() { 0 } else { allocated(size_of_val(held)) };
    let errors: usize = response.errors.iter().map(|(_, text)| 32 + allocated(text.len())).sum();
    COST + list(&response.answer) + list(&response.authority) + errors
}

/// A message that has been read, but for its question and records.
#[derive(Debug, Default)]
pub struct ReadMessage {
    /// What its OPT record says.
    pub edns: Edns,
    /// Why it ends before its end, if it does.
    pub error: Option<MessageError>,
    /// Records whose RDATA does not fit their type.
    pub misfits: u64,
    /// Records of the answer section that are SOA records: a zone transfer has one at each end.
    pub soa_records: usize,
}

/// Reads a message as far as it can be read, its records into groups; its question has been read.
pub fn read_message(
    message: &Message<'_>,
    question: &Result<Option<Question>, MessageError>,
    groups: &mut Groups,
) -> ReadMessage {
    let mut read = ReadMessage { error: question.as_ref().err().copied(), ..Default::default() };
    let mut take = |record: MessageRecord<'_>| {
        if record.rtype == RType::OPT {
            read.edns = Edns::new(record.ttl, record.rdata);
            return;
        }
        read.misfits += u64::from(!record.fits);
        let in_answer = record.section == Section::Answer;
        read.soa_records += usize::from(in_answer && record.rtype == RType::SOA);
        let MessageRecord { section, owner, class, rtype, ttl, rdata, .. } = record;
        groups.push(section, owner, class, rtype, ttl, rdata);
    };
    let all = message.records().and_then(|mut records| {
        while let Some(record) = records.next_record()? {
            take(record);
        }
        Ok(())
    });
    read.error = read.error.or(all.err());
    read
}
