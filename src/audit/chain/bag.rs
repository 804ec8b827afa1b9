//! A bag of RRsets and their signatures, each kept once however often it is seen.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::dns::rdata::Rrsig;
use crate::dns::{Class, Name, RType};

use super::memory::{allocated, in_table};
use super::names::Names;
use super::seen::Seen;
use super::summary::Times;
use super::verify::Checked;

/// A name of the bag, in lower case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NameId(pub(super) u32);

/// An RRset of the bag.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RrsetId(pub(super) u32);

/// An RRSIG over one RRset of the bag: the same RRSIG over another RRset is another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SignatureId(pub(super) u32);

/// An RRset with signatures that came with it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HeldId(u32);

/// RRsets and signatures without repetition.
#[derive(Debug, Default)]
pub struct Bag {
    names: Names,
    rrsets: Vec<StoredRrset>,
    rrset_ids: HashTable<RrsetId>,
    signatures: Vec<StoredSignature>,
    signature_ids: HashTable<SignatureId>,
    held: Vec<Held>,
    held_ids: HashTable<HeldId>,
    hasher: DefaultHashBuilder,
    /// Names and types, of DNSKEY and DS, of which a whole response said that there are none.
    denied: HashSet<(NameId, RType)>,
    /// When DNSKEY RRsets were seen.
    dnskey_times: HashMap<RrsetId, Seen>,
    octets: usize,
}

/// An RRset, and what was seen of it.
#[derive(Debug)]
pub struct StoredRrset {
    /// Its owner.
    pub owner: NameId,
    /// Its class.
    pub class: Class,
    /// Its type.
    pub rtype: RType,
    /// Each record's RDATA in canonical form and order, behind its length in two octets.
    rdata: Box<[u8]>,
    /// The greatest TTL that was seen.
    pub greatest_ttl: u32,
    /// How often it was seen.
    pub seen: u64,
    /// When it was seen first and last, in Unix seconds.
    pub times: (i64, i64),
    /// Signatures over it.
    pub signatures: Vec<SignatureId>,
    /// It was seen without a signature in a response to somebody who wanted them.
    pub seen_bare: bool,
    /// It was seen in a message that is all there. Of one that is not, the last RRsets may lack records.
    pub whole: bool,
}

/// An RRSIG over an RRset.
#[derive(Debug)]
pub struct StoredSignature {
    /// What it covers.
    pub rrset: RrsetId,
    /// The zone that made it.
    pub signer: NameId,
    /// Its RDATA in canonical form.
    pub rdata: Box<[u8]>,
    /// How often it was seen.
    pub seen: u64,
    /// When it was seen; `None` if it was only given to help with the rest.
    pub times: Option<Times>,
}

/// An RRset with the signatures that came with it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Held {
    /// The RRset.
    pub rrset: RrsetId,
    /// Its signatures, ascending.
    pub signatures: Box<[SignatureId]>,
}

/// How RRsets were seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SeenHow {
    /// Whoever asked wanted signatures.
    pub signatures_wanted: bool,
    /// The message is all there.
    pub whole: bool,
    /// It was seen at the time that is told, and not only given to help with the rest.
    pub dated: bool,
}

/// What an RRset takes besides its records: its place in the list and in the indexes by content, owner
/// and canonical order.
const RRSET_COST: usize = size_of::<StoredRrset>() + in_table::<RrsetId>() + 256;

/// What a signature takes besides its octets: its place in the lists and the index, twice what is known of
/// it when it has been verified, and its task until then.
const SIGNATURE_COST: usize = size_of::<StoredSignature>()
    + in_table::<SignatureId>()
    + allocated(4 * size_of::<SignatureId>())
    + 2 * size_of::<Checked>()
    + 96;

/// What an RRset with signatures takes besides their list.
const HELD_COST: usize = size_of::<Held>() + in_table::<HeldId>();

/// What a key takes when it is made ready to verify.
const KEY_COST: usize = 2048;

impl StoredRrset {
    fn key(&self) -> (NameId, Class, RType, &[u8]) {
        (self.owner, self.class, self.rtype, &self.rdata)
    }

    /// The records in canonical order, each once.
    pub fn records(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = &*self.rdata;
        std::iter::from_fn(move || {
            let [high, low, tail @ ..] = rest else { return None };
            let (rdata, tail) = tail.split_at(usize::from(u16::from_be_bytes([*high, *low])));
            rest = tail;
            Some(rdata)
        })
    }
}

impl Held {
    fn key(&self) -> (RrsetId, &[SignatureId]) {
        (self.rrset, &self.signatures)
    }
}

impl StoredSignature {
    fn key(&self) -> (RrsetId, &[u8]) {
        (self.rrset, &self.rdata)
    }

    /// The fields of the RDATA: only RDATA that has them is stored.
    pub fn rrsig(&self) -> Option<Rrsig<'_>> {
        Rrsig::from_rdata(&self.rdata)
    }
}

impl Bag {
    /// Octets that are held, and that judging will need in proportion to them.
    pub fn octets(&self) -> usize {
        self.octets
    }

    /// The number of a name.
    pub fn intern(&mut self, name: &Name) -> NameId {
        self.intern_wire(name.to_lowercase().as_wire())
    }

    fn intern_wire(&mut self, wire: &[u8]) -> NameId {
        let (id, is_new) = self.names.intern(wire);
        if is_new {
            self.octets += Names::COST + wire.len();
        }
        id
    }

    /// The number of a name that the bag has.
    pub fn find(&self, name: &Name) -> Option<NameId> {
        self.names.find(name.to_lowercase().as_wire())
    }

    /// A name of the bag.
    pub fn name(&self, id: NameId) -> Name {
        self.names.name(id)
    }

    /// Puts in an RRset. The owner is in wire form and lower case; `rdata` is each record's RDATA, in
    /// canonical form and order and each once, behind its length in two octets.
    pub fn add_rrset(&mut self, owner: &[u8], class: Class, rtype: RType, rdata: &[u8]) -> RrsetId {
        let owner = self.intern_wire(owner);
        let hash = self.hasher.hash_one((owner, class, rtype, rdata));
        let is_it =
            |&id: &RrsetId| self.rrsets[id.0 as usize].key() == (owner, class, rtype, rdata);
        if let Some(&id) = self.rrset_ids.find(hash, is_it) {
            return id;
        }
        let id = RrsetId(number(self.rrsets.len()));
        let stored = StoredRrset {
            owner,
            class,
            rtype,
            rdata: rdata.into(),
            greatest_ttl: 0,
            seen: 0,
            times: (i64::MAX, i64::MIN),
            signatures: Vec::new(),
            seen_bare: false,
            whole: false,
        };
        self.octets += RRSET_COST + allocated(rdata.len());
        if rtype == RType::DNSKEY {
            self.octets += KEY_COST * stored.records().count();
        }
        self.rrsets.push(stored);
        let (rrsets, hasher) = (&self.rrsets, &self.hasher);
        let hash_of = |&id: &RrsetId| hasher.hash_one(rrsets[id.0 as usize].key());
        self.rrset_ids.insert_unique(hash, id, hash_of);
        id
    }

    /// Puts in an RRSIG over an RRset, its RDATA in canonical form; `None` when that is cut short before
    /// the signature.
    pub fn add_signature(&mut self, rrset: RrsetId, rdata: &[u8]) -> Option<SignatureId> {
        let hash = self.hasher.hash_one((rrset, rdata));
        let is_it = |&id: &SignatureId| self.signatures[id.0 as usize].key() == (rrset, rdata);
        if let Some(&id) = self.signature_ids.find(hash, is_it) {
            return Some(id);
        }
        let signer = self.intern(&Rrsig::from_rdata(rdata)?.signer());
        let id = SignatureId(number(self.signatures.len()));
        self.octets += SIGNATURE_COST + allocated(rdata.len());
        let rdata = rdata.into();
        self.signatures.push(StoredSignature { rrset, signer, rdata, seen: 0, times: None });
        self.rrsets[rrset.0 as usize].signatures.push(id);
        let (signatures, hasher) = (&self.signatures, &self.hasher);
        let hash_of = |&id: &SignatureId| hasher.hash_one(signatures[id.0 as usize].key());
        self.signature_ids.insert_unique(hash, id, hash_of);
        Some(id)
    }

    /// The number of an RRset together with signatures over it, which ascend.
    pub fn hold(&mut self, rrset: RrsetId, signatures: &[SignatureId]) -> HeldId {
        let hash = self.hasher.hash_one((rrset, signatures));
        let is_it = |&id: &HeldId| self.held[id.0 as usize].key() == (rrset, signatures);
        if let Some(&id) = self.held_ids.find(hash, is_it) {
            return id;
        }
        let id = HeldId(number(self.held.len()));
        self.octets += HELD_COST + allocated(size_of_val(signatures));
        self.held.push(Held { rrset, signatures: signatures.into() });
        let (held, hasher) = (&self.held, &self.hasher);
        let hash_of = |&id: &HeldId| hasher.hash_one(held[id.0 as usize].key());
        self.held_ids.insert_unique(hash, id, hash_of);
        id
    }

    /// RRsets with signatures, by their numbers.
    pub fn held<'b>(&'b self, ids: &'b [HeldId]) -> impl Iterator<Item = &'b Held> {
        ids.iter().map(|id| &self.held[id.0 as usize])
    }

    /// Counts an RRset that was seen with these signatures.
    pub fn count(&mut self, held: HeldId, ttl: u32, at: i64, how: SeenHow) {
        let held = &self.held[held.0 as usize];
        let rrset = &mut self.rrsets[held.rrset.0 as usize];
        rrset.whole |= how.whole;
        rrset.seen += 1;
        rrset.times = (rrset.times.0.min(at), rrset.times.1.max(at));
        rrset.greatest_ttl = rrset.greatest_ttl.max(ttl);
        rrset.seen_bare |= how.signatures_wanted && held.signatures.is_empty();
        if rrset.rtype == RType::DNSKEY && how.dated {
            match self.dnskey_times.entry(held.rrset) {
                Entry::Occupied(mut times) => {
                    let times = times.get_mut();
                    self.octets -= times.octets();
                    times.add(at);
                    self.octets += times.octets();
                }
                Entry::Vacant(place) => {
                    let times = place.insert(Seen::once(at));
                    self.octets += in_table::<(RrsetId, Seen)>() + times.octets();
                }
            }
        }
        for id in &held.signatures {
            let signature = &mut self.signatures[id.0 as usize];
            signature.seen += 1;
            if how.dated {
                signature.times =
                    Some(signature.times.map_or(Times::once(at), |seen| seen.and(at)));
            }
        }
    }

    /// When a DNSKEY RRset was seen, in Unix seconds, ascending: the first time of each span that
    /// [`Seen`] keeps.
    pub fn dnskey_times(&self, id: RrsetId) -> impl Iterator<Item = i64> {
        let spans = self.dnskey_times.get(&id).map_or(&[][..], Seen::spans);
        spans.iter().map(|&(first, _)| first)
    }

    /// Notes that a response said that a name has no RRset of a type.
    pub fn note_denied(&mut self, name: NameId, rtype: RType) {
        if self.denied.insert((name, rtype)) {
            self.octets += in_table::<(NameId, RType)>();
        }
    }

    /// Whether a response said so. It is for others to prove.
    pub fn is_denied(&self, name: &Name, rtype: RType) -> bool {
        self.find(name).is_some_and(|id| self.denied.contains(&(id, rtype)))
    }

    /// An RRset.
    pub fn rrset(&self, id: RrsetId) -> &StoredRrset {
        &self.rrsets[id.0 as usize]
    }

    /// A signature.
    pub fn signature(&self, id: SignatureId) -> &StoredSignature {
        &self.signatures[id.0 as usize]
    }

    /// All RRsets.
    pub fn rrsets(&self) -> impl Iterator<Item = (RrsetId, &StoredRrset)> {
        (0..).map(RrsetId).zip(&self.rrsets)
    }

    /// All signatures.
    pub fn signatures(&self) -> impl Iterator<Item = (SignatureId, &StoredSignature)> {
        (0..).map(SignatureId).zip(&self.signatures)
    }
}

/// A place in one of the lists. The bound on octets keeps them far below 2³² entries.
pub(super) fn number(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_signature_over_two_rrsets_is_two() {
        let mut bag = Bag::default();
        let [one, two] = [[1; 4], [2; 4]].map(|address: [u8; 4]| {
            let rdata = [&[0, 4][..], &address].concat();
            bag.add_rrset(b"\x01a\0", Class::IN, RType::A, &rdata)
        });
        assert_ne!(one, two);
        let rdata = [&[0; 18][..], b"\x01e\0sig"].concat();
        let first = bag.add_signature(one, &rdata);
        assert_eq!(bag.add_signature(one, &rdata), first);
        assert_ne!(bag.add_signature(two, &rdata), first);
        assert_eq!(bag.add_signature(one, &[0; 18]), None);
    }

    // Tables that grow hash what they have again: everything must be found all the same.
    #[test]
    fn what_is_the_same_has_one_number_however_much_there_is() {
        let mut bag = Bag::default();
        let mut add = |number: u16| {
            let rdata = [&[0, 2][..], &number.to_be_bytes()].concat();
            let owner = [&[2][..], &number.to_be_bytes(), &[0]].concat();
            let rrset = bag.add_rrset(&owner, Class::IN, RType(65_280), &rdata);
            let rrsig = [&[0; 18][..], b"\0", &rdata].concat();
            let signature = bag.add_signature(rrset, &rrsig).unwrap();
            (rrset, signature, bag.hold(rrset, &[signature]), bag.hold(rrset, &[]))
        };
        let numbers = (0x0101..0x1000).filter(|number| number & 0xff > 0);
        let first: Vec<_> = numbers.clone().map(&mut add).collect();
        let again: Vec<_> = numbers.map(&mut add).collect();
        assert_eq!(first, again);
        let distinct: HashSet<_> = first.iter().collect();
        assert_eq!(distinct.len(), first.len());
    }
}
