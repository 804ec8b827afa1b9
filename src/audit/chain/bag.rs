//! A bag of RRsets and their signatures, each kept once however often it is seen.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::dns::canonical::canonicalize_rdata;
use crate::dns::rdata::Rrsig;
use crate::dns::{Class, Name, RType};

use super::memory::{allocated, in_table, shared};
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

/// RRsets and signatures without repetition.
#[derive(Debug, Default)]
pub struct Bag {
    names: Vec<Arc<[u8]>>,
    name_ids: HashMap<Arc<[u8]>, NameId>,
    rrsets: Vec<StoredRrset>,
    rrset_ids: HashMap<RrsetKey, RrsetId>,
    signatures: Vec<StoredSignature>,
    signature_ids: HashMap<(RrsetId, Arc<[u8]>), SignatureId>,
    /// Names and types, of DNSKEY and DS, of which a whole response said that there are none.
    denied: HashSet<(NameId, RType)>,
    /// When DNSKEY RRsets were seen.
    dnskey_times: HashMap<RrsetId, Seen>,
    octets: usize,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct RrsetKey {
    owner: NameId,
    class: Class,
    rtype: RType,
    rdata: Arc<[u8]>,
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
    rdata: Arc<[u8]>,
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
    pub rdata: Arc<[u8]>,
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

/// What a name takes besides its octets.
const NAME_COST: usize = size_of::<Arc<[u8]>>() + in_table::<(Arc<[u8]>, NameId)>();

/// What an RRset takes besides its records: its place in the list and in the indexes by content, owner
/// and canonical order.
const RRSET_COST: usize = size_of::<StoredRrset>() + in_table::<(RrsetKey, RrsetId)>() + 160;

/// What a signature takes besides its octets: its place in the lists and the index, and twice what is known
/// of it when it has been verified.
const SIGNATURE_COST: usize = size_of::<StoredSignature>()
    + in_table::<((RrsetId, Arc<[u8]>), SignatureId)>()
    + allocated(4 * size_of::<SignatureId>())
    + 2 * size_of::<Checked>()
    + 2 * size_of::<SignatureId>();

/// What a key takes when it is made ready to verify.
const KEY_COST: usize = 2048;

impl StoredRrset {
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

impl StoredSignature {
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
        let name = name.to_lowercase();
        if let Some(&id) = self.name_ids.get(name.as_wire()) {
            return id;
        }
        let id = NameId(number(self.names.len()));
        let wire: Arc<[u8]> = name.as_wire().into();
        self.octets += NAME_COST + shared(wire.len());
        self.names.push(Arc::clone(&wire));
        self.name_ids.insert(wire, id);
        id
    }

    /// The number of a name that the bag has.
    pub fn find(&self, name: &Name) -> Option<NameId> {
        self.name_ids.get(name.to_lowercase().as_wire()).copied()
    }

    /// A name of the bag.
    pub fn name(&self, id: NameId) -> Name {
        // Only names are ever interned.
        Name::from_wire(&self.names[id.0 as usize]).unwrap_or(Name::root())
    }

    /// Puts in an RRset, whose records come in any order and as often as they like.
    pub fn add_rrset(
        &mut self,
        owner: &Name,
        class: Class,
        rtype: RType,
        records: &mut Vec<Vec<u8>>,
    ) -> RrsetId {
        for rdata in records.iter_mut() {
            canonicalize_rdata(rtype, rdata);
        }
        records.sort_unstable();
        records.dedup();
        let mut rdata = Vec::with_capacity(records.iter().map(|record| record.len() + 2).sum());
        for record in records.iter() {
            let len = u16::try_from(record.len()).unwrap_or(u16::MAX);
            rdata.extend_from_slice(&len.to_be_bytes());
            rdata.extend_from_slice(&record[..usize::from(len)]);
        }
        let key = RrsetKey { owner: self.intern(owner), class, rtype, rdata: rdata.into() };
        if let Some(&id) = self.rrset_ids.get(&key) {
            return id;
        }
        let id = RrsetId(number(self.rrsets.len()));
        self.octets += RRSET_COST + shared(key.rdata.len());
        if rtype == RType::DNSKEY {
            self.octets += KEY_COST * records.len();
        }
        self.rrsets.push(StoredRrset {
            owner: key.owner,
            class,
            rtype,
            rdata: Arc::clone(&key.rdata),
            greatest_ttl: 0,
            seen: 0,
            times: (i64::MAX, i64::MIN),
            signatures: Vec::new(),
            seen_bare: false,
            whole: false,
        });
        self.rrset_ids.insert(key, id);
        id
    }

    /// Puts in an RRSIG over an RRset; `None` when its RDATA is cut short before the signature.
    pub fn add_signature(&mut self, rrset: RrsetId, mut rdata: Vec<u8>) -> Option<SignatureId> {
        canonicalize_rdata(RType::RRSIG, &mut rdata);
        let signer = Rrsig::from_rdata(&rdata)?.signer();
        let key = (rrset, rdata.into());
        if let Some(&id) = self.signature_ids.get(&key) {
            return Some(id);
        }
        let id = SignatureId(number(self.signatures.len()));
        self.octets += SIGNATURE_COST + shared(key.1.len());
        let signer = self.intern(&signer);
        let rdata = Arc::clone(&key.1);
        self.signatures.push(StoredSignature { rrset, signer, rdata, seen: 0, times: None });
        self.rrsets[rrset.0 as usize].signatures.push(id);
        self.signature_ids.insert(key, id);
        Some(id)
    }

    /// Counts an RRset that was seen with these signatures.
    pub fn count(&mut self, held: &Held, ttl: u32, at: i64, how: SeenHow) {
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
fn number(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::from_text(text.as_bytes(), Some(&Name::root())).unwrap()
    }

    // RFC 4034 §6: order, repetition and the case of names make no other RRset.
    #[test]
    fn an_rrset_is_the_same_in_any_order_and_case() {
        let mut bag = Bag::default();
        let mut add = |owner: &str, records: &[&[u8]]| {
            let mut records = records.iter().map(|rdata| rdata.to_vec()).collect();
            bag.add_rrset(&name(owner), Class::IN, RType::NS, &mut records)
        };
        let first = add("a.example.", &[b"\x01a\0", b"\x01b\0"]);
        assert_eq!(add("A.Example.", &[b"\x01B\0", b"\x01a\0", b"\x01b\0"]), first);
        assert_ne!(add("a.example.", &[b"\x01a\0"]), first);
        assert!(bag.rrset(first).records().eq([&b"\x01a\0"[..], b"\x01b\0"]));
    }

    #[test]
    fn the_same_signature_over_two_rrsets_is_two() {
        let mut bag = Bag::default();
        let mut add = |rdata: &[u8]| {
            bag.add_rrset(&name("a."), Class::IN, RType::A, &mut vec![rdata.to_vec()])
        };
        let [one, two] = [add(&[1; 4]), add(&[2; 4])];
        let rdata = [&[0; 18][..], b"\x01E\0sig"].concat();
        let first = bag.add_signature(one, rdata.clone());
        assert_eq!(bag.add_signature(one, rdata.to_ascii_lowercase()), first);
        assert_ne!(bag.add_signature(two, rdata), first);
        assert_eq!(bag.add_signature(one, vec![0; 18]), None);
    }
}
