//! Responses: what was asked, what was answered, each kept once however often it is seen.

use std::collections::HashMap;
use std::sync::Arc;

use crate::dns::message::{Edns, Message, MessageError, MessageRecord, Question, Section};
use crate::dns::rdata::Rrsig;
use crate::dns::{Class, Name, RType};

use super::bag::{Bag, Held, NameId, SeenHow};
use super::memory::{allocated, in_table, shared};
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
    pub answer: Box<[Held]>,
    /// The RRsets of the authority section, likewise.
    pub authority: Box<[Held]>,
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
    pub response: Arc<Response>,
    /// When it was seen.
    pub seen: Seen,
    /// Where it was seen first: the file's number and the number of the packet, or the line.
    pub place: (u16, u64),
}

/// Responses without repetition.
#[derive(Debug, Default)]
pub struct Responses {
    list: Vec<SeenResponse>,
    ids: HashMap<Arc<Response>, usize>,
    octets: usize,
}

impl Responses {
    /// Puts in a response that was seen; whether it is a new one.
    pub fn add(&mut self, response: Response, at: i64, place: (u16, u64)) -> bool {
        if let Some(&id) = self.ids.get(&response) {
            let seen = &mut self.list[id].seen;
            self.octets -= seen.octets();
            seen.add(at);
            self.octets += seen.octets();
            return false;
        }
        self.octets += cost(&response) + Seen::once(at).octets();
        let response = Arc::new(response);
        self.ids.insert(Arc::clone(&response), self.list.len());
        self.list.push(SeenResponse { response, seen: Seen::once(at), place });
        true
    }

    /// Puts them in the order in which they were first seen. No more are put in then.
    pub fn sort(&mut self) {
        self.ids = HashMap::new();
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

/// What a response takes besides its lists: itself, shared, its entry in the index, its place in the list,
/// and when it is judged its places in two more.
const COST: usize = shared(size_of::<Response>())
    + in_table::<(Arc<Response>, usize)>()
    + size_of::<SeenResponse>()
    + 2 * 112;

/// Octets that a response takes.
fn cost(response: &Response) -> usize {
    let held = response.answer.iter().chain(&response.authority);
    let lists =
        allocated(size_of_val(&*response.answer)) + allocated(size_of_val(&*response.authority));
    let signatures: usize = held.map(|held| allocated(size_of_val(&*held.signatures))).sum();
    let errors: usize = response.errors.iter().map(|(_, text)| 32 + allocated(text.len())).sum();
    COST + lists + signatures + errors
}

/// The records of one section that share owner, class and type, and the signatures over them.
#[derive(Debug)]
struct Group {
    section: Section,
    owner: Name,
    class: Class,
    rtype: RType,
    ttl: u32,
    records: Vec<Vec<u8>>,
    signatures: Vec<Vec<u8>>,
}

/// Records on their way to RRsets.
#[derive(Debug, Default)]
pub struct Groups {
    groups: Vec<Group>,
    /// Their places, once there are more than [`FEW`].
    index: HashMap<(Section, Name, Class, RType), usize>,
    /// RRSIG records that came, whatever became of them.
    pub signatures: u64,
    octets: usize,
}

/// Groups that are looked through one by one: most messages have no more, and looking is faster than hashing.
const FEW: usize = 16;

/// What a group takes besides its records: itself, and its entry in the index.
const GROUP_COST: usize = size_of::<Group>() + in_table::<((Section, Name, Class, RType), usize)>();

impl Groups {
    /// Whether no record came.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Octets that they take.
    pub fn octets(&self) -> usize {
        self.octets
    }

    /// Takes a record. OPT and TSIG are no data.
    pub fn push(
        &mut self,
        section: Section,
        owner: &Name,
        class: Class,
        rtype: RType,
        ttl: u32,
        rdata: &[u8],
    ) {
        const TSIG: RType = RType(250);
        const TKEY: RType = RType(249);
        if matches!(rtype, RType::OPT | TSIG | TKEY) {
            return;
        }
        let covered = match rtype {
            RType::RRSIG => {
                self.signatures += 1;
                match Rrsig::from_rdata(rdata) {
                    Some(rrsig) => rrsig.type_covered,
                    None => return,
                }
            }
            _ => rtype,
        };
        let place = self.place(section, owner, class, covered);
        let group = &mut self.groups[place];
        self.octets += size_of::<Vec<u8>>() + allocated(rdata.len());
        if rtype == RType::RRSIG {
            group.signatures.push(rdata.to_vec());
        } else {
            group.ttl = group.ttl.max(ttl);
            group.records.push(rdata.to_vec());
        }
    }

    /// The place of a group, which is made if it is not there.
    fn place(&mut self, section: Section, owner: &Name, class: Class, rtype: RType) -> usize {
        let found = match self.groups.len() {
            // The record before is most often of the same.
            ..=FEW => self.groups.iter().rposition(|group| {
                (group.section, group.class, group.rtype) == (section, class, rtype)
                    && group.owner == *owner
            }),
            _ => self.index.get(&(section, *owner, class, rtype)).copied(),
        };
        if let Some(place) = found {
            return place;
        }
        let place = self.groups.len();
        self.octets += GROUP_COST;
        self.groups.push(Group {
            section,
            owner: *owner,
            class,
            rtype,
            ttl: 0,
            records: Vec::new(),
            signatures: Vec::new(),
        });
        // All of them when there are too many to look through, and then each.
        if place >= FEW {
            let from = if place == FEW { 0 } else { place };
            for (place, group) in self.groups.iter().enumerate().skip(from) {
                let key = (group.section, group.owner, group.class, group.rtype);
                self.index.insert(key, place);
            }
        }
        place
    }

    /// Puts the RRsets into the bag, and tells of those of each section, and how many signatures
    /// cover nothing that came with them.
    pub fn settle(mut self, bag: &mut Bag, at: i64, how: SeenHow) -> Settled {
        let mut settled = Settled::default();
        // Signatures belong into the section of what they cover (RFC 4035 §3.1.1), but validators
        // take them from anywhere in the message.
        let mut elsewhere: HashMap<_, Vec<Vec<u8>>> = HashMap::new();
        for group in self.groups.iter_mut().filter(|group| group.records.is_empty()) {
            let key = (group.owner, group.class, group.rtype);
            elsewhere.entry(key).or_default().append(&mut group.signatures);
        }
        for mut group in self.groups.into_iter().filter(|group| !group.records.is_empty()) {
            if group.signatures.is_empty() && !elsewhere.is_empty() {
                let key = (group.owner, group.class, group.rtype);
                group.signatures.extend(elsewhere.remove(&key).unwrap_or_default());
            }
            let rrset = bag.add_rrset(&group.owner, group.class, group.rtype, &mut group.records);
            let mut signatures: Vec<_> = group
                .signatures
                .into_iter()
                .filter_map(|rdata| bag.add_signature(rrset, rdata))
                .collect();
            signatures.sort_unstable();
            signatures.dedup();
            let held = Held { rrset, signatures: signatures.into() };
            let in_answer = group.section == Section::Answer;
            let signatures_wanted = how.signatures_wanted && in_answer;
            bag.count(&held, group.ttl, at, SeenHow { signatures_wanted, ..how });
            settled.sections[group.section as usize].push(held);
        }
        settled.orphans = elsewhere.values().map(|signatures| signatures.len() as u64).sum();
        settled
    }
}

/// What became of the records of a message.
#[derive(Debug, Default)]
pub struct Settled {
    /// The RRsets of each section.
    pub sections: [Vec<Held>; 3],
    /// Signatures over RRsets that did not come with them.
    pub orphans: u64,
}

/// A message that has been read.
pub struct ReadMessage {
    /// Its records.
    pub groups: Groups,
    /// What was asked.
    pub question: Option<Question>,
    /// What its OPT record says.
    pub edns: Edns,
    /// Why it ends before its end, if it does.
    pub error: Option<MessageError>,
    /// Records whose RDATA does not fit their type.
    pub misfits: u64,
    /// Records of the answer section that are SOA records: a zone transfer has one at each end.
    pub soa_records: usize,
}

/// Reads a message as far as it can be read; its question has been read.
pub fn read_message(
    message: &Message<'_>,
    question: Result<Option<Question>, MessageError>,
) -> ReadMessage {
    let mut read = ReadMessage {
        groups: Groups::default(),
        question: None,
        edns: Edns::default(),
        error: None,
        misfits: 0,
        soa_records: 0,
    };
    match question {
        Ok(question) => read.question = question,
        Err(error) => read.error = Some(error),
    }
    let mut take = |record: MessageRecord<'_>| {
        if record.rtype == RType::OPT {
            read.edns = Edns::new(record.ttl, record.rdata);
            return;
        }
        read.misfits += u64::from(!record.fits);
        let in_answer = record.section == Section::Answer;
        read.soa_records += usize::from(in_answer && record.rtype == RType::SOA);
        let MessageRecord { section, owner, class, rtype, ttl, rdata, .. } = record;
        read.groups.push(section, owner, class, rtype, ttl, rdata);
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
