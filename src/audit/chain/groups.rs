//! Records on their way to RRsets: those of a message, of a zone transfer or of a piece of text, put
//! together by section, owner, class and type.
//!
//! Everything lies in a few lists, which serve one message after the other: nothing is allocated for a
//! record.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::ops::Range;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::dns::canonical::canonicalize_rdata;
use crate::dns::message::Section;
use crate::dns::name::wire_len;
use crate::dns::{Class, Name, RType};

use super::bag::{Bag, HeldId, SeenHow, SignatureId, number};
use super::memory::in_table;

/// Records on their way to RRsets.
#[derive(Debug, Default)]
pub struct Groups {
    /// Owners in lower case, and RDATA.
    octets: Vec<u8>,
    groups: Vec<Group>,
    pieces: Vec<Piece>,
    /// The places of groups, once there are more than [`FEW`].
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// RRSIG records that came, whatever became of them.
    pub signatures: u64,
    scratch: Scratch,
}

/// The records of one section that share owner, class and type, and the signatures over them.
#[derive(Debug)]
struct Group {
    hash: u64,
    section: Section,
    class: Class,
    rtype: RType,
    ttl: u32,
    owner: Range<usize>,
    records: Chain,
    signatures: Chain,
}

/// RDATA of a group, and what follows it there.
#[derive(Debug)]
struct Piece {
    octets: Range<usize>,
    /// The place of the next piece; [`NONE`] behind the last.
    next: u32,
}

/// Pieces in the order in which they came.
#[derive(Clone, Copy, Debug)]
struct Chain {
    first: u32,
    last: u32,
    len: u32,
}

/// No piece.
const NONE: u32 = u32::MAX;

/// What settling needs and leaves behind empty.
#[derive(Debug, Default)]
struct Scratch {
    records: Vec<Range<usize>>,
    rdata: Vec<u8>,
    signatures: Vec<SignatureId>,
    sections: [Vec<HeldId>; 3],
}

/// What became of the records of a message.
#[derive(Debug, Default)]
pub struct Settled {
    /// The RRsets of the answer section, in the order in which they came.
    pub answer: Box<[HeldId]>,
    /// The RRsets of the authority section, likewise.
    pub authority: Box<[HeldId]>,
    /// Signatures over RRsets that did not come with them.
    pub orphans: u64,
}

/// Groups that are looked through one by one: most messages have no more, and looking is faster than an
/// index.
const FEW: usize = 32;

/// Octets of a list above which it is given back when it has served.
const LARGE: usize = 1 << 20;

impl Groups {
    /// Whether no record came.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Octets that they take.
    pub fn octets(&self) -> usize {
        let indexed = if self.groups.len() > FEW { self.groups.len() } else { 0 };
        self.octets.capacity()
            + self.groups.capacity() * size_of::<Group>()
            + self.pieces.capacity() * size_of::<Piece>()
            + indexed * in_table::<u32>()
    }

    /// Forgets all records.
    pub fn clear(&mut self) {
        if self.octets() > LARGE {
            *self = Self::default();
        }
        self.octets.clear();
        self.groups.clear();
        self.pieces.clear();
        self.index.clear();
        self.signatures = 0;
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
        let is_signature = rtype == RType::RRSIG;
        self.signatures += u64::from(is_signature);
        let covered = if is_signature { covered(rdata) } else { Some(rtype) };
        let Some(covered) = covered else { return };
        let place = self.place(section, owner, class, covered);
        let begin = self.octets.len();
        self.octets.extend_from_slice(rdata);
        let piece = number(self.pieces.len());
        self.pieces.push(Piece { octets: begin..self.octets.len(), next: NONE });
        let group = &mut self.groups[place];
        let chain = if is_signature {
            &mut group.signatures
        } else {
            group.ttl = group.ttl.max(ttl);
            &mut group.records
        };
        match chain.len {
            0 => chain.first = piece,
            _ => self.pieces[chain.last as usize].next = piece,
        }
        (chain.last, chain.len) = (piece, chain.len + 1);
    }

    /// The place of a group, which is made if it is not there.
    fn place(&mut self, section: Section, owner: &Name, class: Class, rtype: RType) -> usize {
        let octets = &self.octets;
        let is_it = |group: &Group| {
            (group.section, group.class, group.rtype) == (section, class, rtype)
                && octets[group.owner.clone()].eq_ignore_ascii_case(owner.as_wire())
        };
        // The record before is most often of the same.
        let last = self.groups.len().wrapping_sub(1);
        if self.groups.last().is_some_and(is_it) {
            return last;
        }
        let owner = owner.to_lowercase();
        let hash = self.hasher.hash_one((section, class, rtype, owner.as_wire()));
        let same = |group: &Group| group.hash == hash && is_it(group);
        let found = match self.groups.len() {
            ..=FEW => self.groups.iter().rposition(same),
            _ => {
                let same = |&place: &u32| same(&self.groups[place as usize]);
                self.index.find(hash, same).map(|&place| place as usize)
            }
        };
        if let Some(place) = found {
            return place;
        }
        let place = self.groups.len();
        let begin = self.octets.len();
        self.octets.extend_from_slice(owner.as_wire());
        let chain = Chain { first: NONE, last: NONE, len: 0 };
        self.groups.push(Group {
            hash,
            section,
            class,
            rtype,
            ttl: 0,
            owner: begin..self.octets.len(),
            records: chain,
            signatures: chain,
        });
        // All of them when there are too many to look through, and then each.
        if place >= FEW {
            let from = if place == FEW { 0 } else { place };
            let groups = &self.groups;
            for place in from..groups.len() {
                let hash_of = |&place: &u32| groups[place as usize].hash;
                self.index.insert_unique(groups[place].hash, number(place), hash_of);
            }
        }
        place
    }

    /// Puts the RRsets into the bag, and tells of those of each section, and how many signatures
    /// cover nothing that came with them. No record is left.
    pub fn settle(&mut self, bag: &mut Bag, at: i64, how: SeenHow) -> Settled {
        let mut scratch = std::mem::take(&mut self.scratch);
        self.canonicalize();
        // Signatures belong into the section of what they cover (RFC 4035 §3.1.1), but validators
        // take them from anywhere in the message.
        let mut elsewhere: HashMap<_, Vec<Chain>> = HashMap::new();
        for group in self.groups.iter().filter(|group| group.records.len == 0) {
            let key = (self.owner(group), group.class, group.rtype);
            elsewhere.entry(key).or_default().push(group.signatures);
        }
        for group in self.groups.iter().filter(|group| group.records.len > 0) {
            let owner = self.owner(group);
            self.canonical_rdata(group, &mut scratch);
            let rrset = bag.add_rrset(owner, group.class, group.rtype, &scratch.rdata);
            let mut take = |chain| {
                let added = self.chain(chain).filter_map(|piece| {
                    bag.add_signature(rrset, &self.octets[piece.octets.clone()])
                });
                scratch.signatures.extend(added);
            };
            take(group.signatures);
            if group.signatures.len == 0 && !elsewhere.is_empty() {
                let found = elsewhere.remove(&(owner, group.class, group.rtype));
                found.unwrap_or_default().into_iter().for_each(take);
            }
            scratch.signatures.sort_unstable();
            scratch.signatures.dedup();
            let held = bag.hold(rrset, &scratch.signatures);
            scratch.signatures.clear();
            let in_answer = group.section == Section::Answer;
            let signatures_wanted = how.signatures_wanted && in_answer;
            bag.count(held, group.ttl, at, SeenHow { signatures_wanted, ..how });
            scratch.sections[group.section as usize].push(held);
        }
        let orphans = elsewhere.values().flatten().map(|chain| u64::from(chain.len)).sum();
        let [answer, authority, _] = &scratch.sections;
        let settled =
            Settled { answer: answer[..].into(), authority: authority[..].into(), orphans };
        scratch.sections.iter_mut().for_each(Vec::clear);
        self.scratch = scratch;
        self.clear();
        settled
    }

    /// Puts RDATA into canonical form (RFC 4034 §6.2).
    fn canonicalize(&mut self) {
        for group in &self.groups {
            for (chain, rtype) in [(group.records, group.rtype), (group.signatures, RType::RRSIG)] {
                let mut next = chain.first;
                while let Some(piece) = self.pieces.get(next as usize) {
                    canonicalize_rdata(rtype, &mut self.octets[piece.octets.clone()]);
                    next = piece.next;
                }
            }
        }
    }

    /// Writes the records of a group in canonical order, each once, as [`Bag::add_rrset`] takes them.
    fn canonical_rdata(&self, group: &Group, scratch: &mut Scratch) {
        let Scratch { records, rdata, .. } = scratch;
        records.clear();
        records.extend(self.chain(group.records).map(|piece| piece.octets.clone()));
        if records.len() > 1 {
            records.sort_unstable_by(|one, other| {
                self.octets[one.clone()].cmp(&self.octets[other.clone()])
            });
            records.dedup_by(|one, other| self.octets[one.clone()] == self.octets[other.clone()]);
        }
        rdata.clear();
        for record in records.drain(..) {
            let record = &self.octets[record];
            let len = u16::try_from(record.len()).unwrap_or(u16::MAX);
            rdata.extend_from_slice(&len.to_be_bytes());
            rdata.extend_from_slice(&record[..usize::from(len)]);
        }
    }

    fn owner(&self, group: &Group) -> &[u8] {
        &self.octets[group.owner.clone()]
    }

    fn chain(&self, chain: Chain) -> impl Iterator<Item = &Piece> {
        let mut next = chain.first;
        std::iter::from_fn(move || {
            let piece = self.pieces.get(next as usize)?;
            next = piece.next;
            Some(piece)
        })
    }
}

/// The type that an RRSIG covers; `None` when its RDATA is cut short before the signature.
fn covered(rdata: &[u8]) -> Option<RType> {
    wire_len(rdata.get(18..)?)?;
    let [high, low] = *rdata.first_chunk()?;
    Some(RType(u16::from_be_bytes([high, low])))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: SeenHow = SeenHow { signatures_wanted: false, whole: true, dated: true };

    fn name(text: &str) -> Name {
        Name::from_text(text.as_bytes(), Some(&Name::root())).unwrap()
    }

    fn push(groups: &mut Groups, section: Section, owner: &str, rtype: RType, rdata: &[u8]) {
        groups.push(section, &name(owner), Class::IN, rtype, 5, rdata);
    }

    // RFC 4034 §6: order, repetition and the case of names make no other RRset.
    #[test]
    fn an_rrset_is_the_same_in_any_order_and_case() {
        let (mut bag, mut groups) = (Bag::default(), Groups::default());
        let mut add = |owner: &str, records: &[&[u8]]| {
            for rdata in records {
                push(&mut groups, Section::Answer, owner, RType::NS, rdata);
            }
            let settled = groups.settle(&mut bag, 0, PLAIN);
            let &[held] = &*settled.answer else { panic!("{settled:?}") };
            (held, bag.rrset(bag.held(&[held]).next().unwrap().rrset).records().count())
        };
        let first = add("a.example.", &[b"\x01a\0", b"\x01b\0"]);
        assert_eq!(first.1, 2);
        assert_eq!(add("A.Example.", &[b"\x01B\0", b"\x01a\0", b"\x01b\0"]), first);
        assert_ne!(add("a.example.", &[b"\x01a\0"]), first);
    }

    // RFC 4035 §3.1.1: whatever the section that a signature stands in.
    #[test]
    fn a_signature_is_found_in_another_section() {
        let (mut bag, mut groups) = (Bag::default(), Groups::default());
        let rrsig = [&[0, 1][..], &[0; 16], b"\0sig"].concat();
        push(&mut groups, Section::Answer, "a.", RType::A, &[1; 4]);
        push(&mut groups, Section::Additional, "A.", RType::RRSIG, &rrsig);
        push(&mut groups, Section::Authority, "b.", RType::RRSIG, &rrsig);
        push(&mut groups, Section::Authority, "b.", RType::RRSIG, &rrsig[..18]);
        assert_eq!(groups.signatures, 3);
        let settled = groups.settle(&mut bag, 0, PLAIN);
        assert_eq!((settled.orphans, settled.authority.len()), (1, 0));
        let held: Vec<_> = bag.held(&settled.answer).collect();
        assert_eq!(held[0].signatures.len(), 1);
        assert!(groups.is_empty() && groups.signatures == 0);
    }

    // Above so many groups they are found by an index, whose entries are those of all groups.
    #[test]
    fn many_groups_are_told_apart() {
        let (mut bag, mut groups) = (Bag::default(), Groups::default());
        for round in 0..2 {
            for number in 0..3 * FEW {
                let owner = format!("n{number}.");
                push(&mut groups, Section::Answer, &owner, RType::A, &[round; 4]);
            }
        }
        let settled = groups.settle(&mut bag, 0, PLAIN);
        assert_eq!(settled.answer.len(), 3 * FEW);
        let two_each =
            |held: &super::super::bag::Held| bag.rrset(held.rrset).records().count() == 2;
        assert!(bag.held(&settled.answer).all(two_each));
    }
}
