//! The zones of a bag with their keys, and the verification of every signature once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rayon::prelude::*;

use crate::audit::findings::{Code, KeyRef};
use crate::audit::rrsig::{Candidates, Fault, Keys, fault_at, is_never_valid};
use crate::audit::usability::Usability;
use crate::audit::zone::{Limits, Sha1};
use crate::dns::canonical::sort_key;
use crate::dns::denial::{Nsec3, hash_of_label};
use crate::dns::{Algorithm, Class, Name, RType, Timestamp};
use crate::engine::{Disagreement, KeyIndex, KeyTable, Latencies, Preparation, TaskList, Verdict};
use crate::rrset::signed::append_signed_records;

use super::bag::{Bag, NameId, RrsetId, SignatureId, StoredRrset};
use super::proof::wildcard;

/// A zone of the bag: a name that has keys or signs.
#[derive(Debug)]
pub struct Zone {
    /// Every DNSKEY that was seen at its apex.
    pub table: KeyTable,
    pub(super) usability: Usability,
    /// The DNSKEY RRsets that were seen.
    pub dnskeys: Vec<RrsetId>,
    /// For each key the sort keys of owners whose data it signs, DS and denial aside. If the key is
    /// one of the zone's, neither they nor anything between them and the apex is delegated.
    pub(super) signed: BTreeMap<KeyIndex, BTreeSet<Vec<u8>>>,
    /// Likewise of the owners of DNAME records, which hide all that is below them (RFC 6672 §2.4).
    pub(super) renamed: BTreeMap<KeyIndex, BTreeSet<Vec<u8>>>,
    /// Its NSEC RRsets, by the sort key of their owner.
    pub(super) nsec: BTreeMap<Vec<u8>, Vec<RrsetId>>,
    /// Its NSEC3 RRsets by hashed owner, for each set of parameters: iterations and salt.
    pub(super) nsec3: BTreeMap<(u16, Box<[u8]>), Nsec3Chain>,
}

/// NSEC3 RRsets by hashed owner.
pub(super) type Nsec3Chain = BTreeMap<[u8; 20], Vec<RrsetId>>;

/// What is known of a signature whatever the time.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The zone that signed.
    pub signer: NameId,
    /// The key it names.
    pub key: KeyRef,
    /// The first second of validity.
    pub inception: Timestamp,
    /// The last second of validity.
    pub expiration: Timestamp,
    /// Labels of the owner as signed.
    pub labels: u8,
    /// The TTL as signed.
    pub original_ttl: u32,
    /// The key of the zone's table under which it holds, or why there is none.
    pub outcome: Result<KeyIndex, Fault>,
    /// The revoked key under which it holds: it secures nothing, and proves that the key is revoked
    /// (RFC 5011 §2.1).
    pub revokes: Option<KeyIndex>,
}

impl Checked {
    /// Whether its arithmetic was done, under the keys that it may be by.
    pub(super) fn was_computed(&self) -> bool {
        match self.outcome {
            Ok(_) => true,
            Err((code, _)) => code == Code::SignatureInvalid || self.revokes.is_some(),
        }
    }

    /// A signature of which nothing is known: it does not hold.
    const UNKNOWN: Self = Self {
        signer: NameId(0),
        key: KeyRef { tag: 0, algorithm: Algorithm(0) },
        inception: Timestamp(0),
        expiration: Timestamp(0),
        labels: 0,
        original_ttl: 0,
        outcome: Err((Code::SignatureInvalid, None)),
        revokes: None,
    };

    /// The key under which it holds at a time, or why it does not.
    pub fn at(&self, at: i64) -> Result<KeyIndex, Fault> {
        let key = self.outcome.clone()?;
        self.fault_of_time(at).map_or(Ok(key), Err)
    }

    /// What is wrong with it at a time and not at all times.
    pub fn fault_of_time(&self, at: i64) -> Option<Fault> {
        fault_at(self.inception, self.expiration, at)
    }

    /// The key under which it holds at a time, be it revoked or not.
    pub fn key_at(&self, at: i64) -> Option<KeyIndex> {
        let key = self.outcome.as_ref().ok().copied().or(self.revokes)?;
        self.fault_of_time(at).is_none().then_some(key)
    }
}

/// A bag of which every signature has been verified.
#[derive(Debug)]
pub struct Verified {
    /// RRsets and signatures.
    pub bag: Bag,
    /// The zones.
    pub zones: HashMap<NameId, Zone>,
    /// What was found of each signature, by its number.
    checked: Vec<Checked>,
    /// DS RRsets by owner.
    ds: HashMap<NameId, Vec<RrsetId>>,
    /// How long verification took.
    pub latencies: Latencies,
    /// Signatures that two backends judged differently: the signature and the detail.
    pub disagreements: Vec<(SignatureId, String)>,
}

/// How signatures are verified.
#[derive(Clone, Debug)]
pub struct How {
    /// How keys are prepared.
    pub preparation: Preparation,
    /// What becomes of SHA-1.
    pub sha1: Sha1,
    /// Bounds on work.
    pub limits: Limits,
}

/// Signatures that one worker takes at once.
const LOT: usize = 2048;

impl Verified {
    /// Verifies every signature of a bag, on the threads of the current rayon pool.
    pub fn new(bag: Bag, how: &How) -> Self {
        let mut by_signer: BTreeMap<NameId, Vec<SignatureId>> = BTreeMap::new();
        for (id, signature) in bag.signatures() {
            by_signer.entry(signature.signer).or_default().push(id);
        }
        let mut dnskeys: BTreeMap<NameId, Vec<RrsetId>> = BTreeMap::new();
        let mut ds: HashMap<NameId, Vec<RrsetId>> = HashMap::new();
        for (id, rrset) in bag.rrsets() {
            // Only the Internet's names have a chain of trust.
            match rrset.rtype {
                _ if rrset.class != Class::IN => {}
                RType::DNSKEY => dnskeys.entry(rrset.owner).or_default().push(id),
                RType::DS => ds.entry(rrset.owner).or_default().push(id),
                _ => {}
            }
        }
        let mut names: Vec<NameId> = by_signer.keys().chain(dnskeys.keys()).copied().collect();
        names.sort_unstable();
        names.dedup();
        let no_signatures = Vec::new();
        let zones: HashMap<NameId, Zone> = names
            .into_par_iter()
            .map(|name| {
                let signatures = by_signer.get(&name).unwrap_or(&no_signatures);
                let dnskeys = dnskeys.get(&name).cloned().unwrap_or_default();
                (name, Zone::new(&bag, dnskeys, signatures, how))
            })
            .collect();
        let lots: Vec<(NameId, &[SignatureId])> = by_signer
            .iter()
            .flat_map(|(&name, list)| list.chunks(LOT).map(move |lot| (name, lot)))
            .collect();
        let outcomes: Vec<Outcome> = lots
            .into_par_iter()
            .map(|(name, lot)| verify_lot(&bag, &zones[&name], name, lot, how))
            .collect();
        // Every stored signature is in some lot, so that none of these is left.
        let mut checked = vec![Checked::UNKNOWN; bag.signatures().count()];
        let (mut latencies, mut disagreements) = (Latencies::default(), Vec::new());
        for outcome in outcomes {
            latencies.merge(&outcome.latencies);
            disagreements.extend(outcome.disagreements);
            for (id, found) in outcome.checked {
                checked[id.0 as usize] = found;
            }
        }
        let mut verified = Self { bag, zones, checked, ds, latencies, disagreements };
        verified.index();
        verified
    }

    /// What is known of a signature whatever the time.
    pub fn checked(&self, id: SignatureId) -> &Checked {
        &self.checked[id.0 as usize]
    }

    /// The wildcard that an RRset was made from, by a signature over it; `None` when it was made from
    /// none (RFC 4035 §5.3.2).
    pub(super) fn wildcard(&self, id: SignatureId) -> Option<Name> {
        let labels = self.checked(id).labels;
        let owner = self.bag.name(self.bag.rrset(self.bag.signature(id).rrset).owner);
        if owner.rrsig_labels() <= labels {
            return None;
        }
        let mut encloser = owner;
        while encloser.labels().count() > usize::from(labels) {
            encloser = encloser.parent()?;
        }
        wildcard(&encloser)
    }

    /// Which of its kernels a backend verifies with under keys of an algorithm, when it has several.
    pub(super) fn kernel(&self, algorithm: Algorithm, backend: &str) -> Option<&'static str> {
        self.zones.values().find_map(|zone| zone.table.kernel(algorithm, backend))
    }

    /// The DS RRsets that were seen at a name.
    pub(super) fn ds(&self, owner: NameId) -> &[RrsetId] {
        self.ds.get(&owner).map_or(&[], Vec::as_slice)
    }

    /// Enters what holds into the lists of its zone.
    fn index(&mut self) {
        let of_internet = |(_, rrset): &(RrsetId, &StoredRrset)| rrset.class == Class::IN;
        for (id, rrset) in self.bag.rrsets().filter(of_internet) {
            let owner = self.bag.name(rrset.owner);
            let key = sort_key(&owner);
            for &signature in &rrset.signatures {
                let checked = &self.checked[signature.0 as usize];
                let Some(zone) = self.zones.get_mut(&checked.signer) else { continue };
                let Ok(signed_by) = checked.outcome else { continue };
                // What was made from a wildcard proves nothing about the name (RFC 4035 §5.4, RFC 6840
                // §4.1): anyone can put a wildcard's signature below a delegation.
                if checked.labels != owner.rrsig_labels() {
                    continue;
                }
                match rrset.rtype {
                    RType::DS => {}
                    RType::NSEC => {
                        let list = zone.nsec.entry(key.clone()).or_default();
                        if !list.contains(&id) {
                            list.push(id);
                        }
                    }
                    RType::NSEC3 => zone.index_nsec3(&owner, id, rrset.records()),
                    rtype => {
                        if rtype == RType::DNAME {
                            zone.renamed.entry(signed_by).or_default().insert(key.clone());
                        }
                        zone.signed.entry(signed_by).or_default().insert(key.clone());
                    }
                }
            }
        }
    }
}

impl Zone {
    fn new(bag: &Bag, dnskeys: Vec<RrsetId>, signatures: &[SignatureId], how: &How) -> Self {
        let rdata: BTreeSet<&[u8]> =
            dnskeys.iter().flat_map(|&id| bag.rrset(id).records()).collect();
        let mut by_tag: HashMap<u16, usize> = HashMap::new();
        for &id in signatures {
            let tag = bag.signature(id).rrsig().map_or(0, |rrsig| rrsig.key_tag);
            *by_tag.entry(tag).or_default() += 1;
        }
        let count = |tag: u16| by_tag.get(&tag).copied().unwrap_or(0);
        let table = KeyTable::new(rdata.into_iter(), &how.preparation, count);
        let usability = Usability::new(&table, how.sha1, how.limits.rsa_exponent_bits);
        Self {
            table,
            usability,
            dnskeys,
            signed: BTreeMap::new(),
            renamed: BTreeMap::new(),
            nsec: BTreeMap::new(),
            nsec3: BTreeMap::new(),
        }
    }

    fn index_nsec3<'r>(
        &mut self,
        owner: &Name,
        id: RrsetId,
        records: impl Iterator<Item = &'r [u8]>,
    ) {
        let Some(hash) = owner.labels().next().and_then(hash_of_label) else { return };
        for record in records {
            let Some(nsec3) = Nsec3::from_rdata(record) else { continue };
            let parameters = nsec3.parameters;
            let chain = self.nsec3.entry((parameters.iterations, parameters.salt.into()));
            let list = chain.or_default().entry(hash).or_default();
            if !list.contains(&id) {
                list.push(id);
            }
        }
    }

    /// The place of a key in the table.
    pub(super) fn key_of(&self, rdata: &[u8]) -> Option<KeyIndex> {
        self.table.iter().find(|(_, key)| key.rdata == rdata).map(|(index, _)| index)
    }
}

struct Outcome {
    checked: Vec<(SignatureId, Checked)>,
    latencies: Latencies,
    disagreements: Vec<(SignatureId, String)>,
}

fn verify_lot(bag: &Bag, zone: &Zone, name: NameId, lot: &[SignatureId], how: &How) -> Outcome {
    let keys =
        Keys { table: &zone.table, usability: &zone.usability, limits: how.limits, sha1: how.sha1 };
    let apex = bag.name(name);
    let (mut tasks, mut latencies) = (TaskList::new(), Latencies::default());
    let mut outcome = Outcome {
        checked: Vec::with_capacity(lot.len()),
        latencies: Latencies::default(),
        disagreements: Vec::new(),
    };
    // In portions, so that the signed data of large RRsets does not pile up.
    let mut waiting: Vec<(usize, SignatureId, bool, Option<usize>)> = Vec::new();
    for &id in lot {
        let signature = bag.signature(id);
        let Some(rrsig) = signature.rrsig() else { continue };
        let rrset = bag.rrset(signature.rrset);
        let owner = bag.name(rrset.owner);
        let mut checked = Checked {
            signer: name,
            key: KeyRef { tag: rrsig.key_tag, algorithm: rrsig.algorithm },
            inception: rrsig.inception,
            expiration: rrsig.expiration,
            labels: rrsig.labels,
            original_ttl: rrsig.original_ttl,
            outcome: Err((Code::SignatureInvalid, None)),
            revokes: None,
        };
        let candidates = Candidates::find(&keys, rrset.rtype, &rrsig);
        if let Some(fault) = frame_fault(&owner, rrset.rtype, &apex, &checked) {
            checked.outcome = Err(fault);
        } else if rrset.signatures.partition_point(|&other| other < id)
            >= how.limits.signatures_per_rrset
        {
            // CVE-2023-50387: the first ones in the order in which they were seen are tried.
            checked.outcome = Err((Code::RrsetTooManySignatures, None));
        } else if let Some(fault) = candidates.fault {
            checked.outcome = Err(fault);
        } else {
            let write = |out: &mut Vec<u8>| {
                let (class, rtype) = (rrset.class, rrset.rtype);
                append_signed_records(&owner, class, rtype, rrset.records(), &rrsig, out);
            };
            tasks.push(write, rrsig.signature, &candidates.keys);
            let place = outcome.checked.len();
            waiting.push((place, id, candidates.left_out, candidates.surplus));
        }
        outcome.checked.push((id, checked));
        if tasks.message_octets() >= how.limits.signed_octets_at_once {
            settle(zone, &mut tasks, &mut waiting, &mut outcome, &mut latencies);
        }
    }
    settle(zone, &mut tasks, &mut waiting, &mut outcome, &mut latencies);
    outcome.latencies = latencies;
    outcome
}

fn settle(
    zone: &Zone,
    tasks: &mut TaskList,
    waiting: &mut Vec<(usize, SignatureId, bool, Option<usize>)>,
    outcome: &mut Outcome,
    latencies: &mut Latencies,
) {
    let (mut verdicts, mut disagreements) = (Vec::new(), Vec::new());
    tasks.verify(&zone.table, &mut verdicts, &mut disagreements, latencies);
    for disagreement in disagreements {
        let Disagreement { task, key, holds, fails } = disagreement;
        let id = waiting[task].1;
        let tag = zone.table.get(key).tag;
        let detail = format!("key {tag}: {holds} says that it holds, {fails} that it does not");
        outcome.disagreements.push((id, detail));
    }
    for ((place, _, left_out, surplus), verdict) in waiting.drain(..).zip(verdicts) {
        let checked = &mut outcome.checked[place].1;
        checked.outcome = match verdict {
            Verdict::Holds(key) => match zone.usability.problem(key) {
                Some(code @ Code::SignatureKeyRevoked) => {
                    checked.revokes = Some(key);
                    Err((code, None))
                }
                None => Ok(key),
                Some(code) => Err((code, None)),
            },
            Verdict::Fails => Err(Candidates::failure(left_out, surplus)),
        };
    }
    tasks.clear();
}

/// Signer, labels and the order of the two times (RFC 4035 §5.3.1). Fewer labels than the owner has
/// are right here: they tell of a wildcard.
fn frame_fault(owner: &Name, rtype: RType, apex: &Name, checked: &Checked) -> Option<Fault> {
    let is_parents = rtype == RType::DS && owner == apex && !apex.is_root();
    if !owner.is_at_or_below(apex) || is_parents {
        return Some((Code::SignatureSignerNotApex, Some(format!("signer {apex}"))));
    }
    let labels = owner.rrsig_labels();
    if checked.labels > labels {
        let detail = format!("labels {}, the owner has {labels}", checked.labels);
        return Some((Code::SignatureLabelsTooMany, Some(detail)));
    }
    if checked.labels < apex.rrsig_labels() {
        let detail = format!("labels {}, the signer has {}", checked.labels, apex.rrsig_labels());
        return Some((Code::SignatureLabelsTooFew, Some(detail)));
    }
    if is_never_valid(checked.inception, checked.expiration) {
        let detail = format!("inception {}, expiration {}", checked.inception, checked.expiration);
        return Some((Code::SignatureInceptionAfterExpiration, Some(detail)));
    }
    None
}

/// How many signatures of each algorithm hold and fail, and how many could not be tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct SignatureCounts {
    /// They hold under a key that was seen.
    pub hold: u64,
    /// They hold under no key that they can mean.
    pub fail: u64,
    /// The key that they name was not seen.
    pub without_key: u64,
    /// They were not tried: malformed, of an unknown algorithm, by a key that must not be used.
    pub untried: u64,
}

impl SignatureCounts {
    pub(super) fn count(&mut self, outcome: &Result<KeyIndex, Fault>) {
        let counter = match outcome {
            Ok(_) => &mut self.hold,
            Err((Code::SignatureInvalid, _)) => &mut self.fail,
            Err((Code::SignatureNoKey, _)) => &mut self.without_key,
            Err(_) => &mut self.untried,
        };
        *counter += 1;
    }
}

impl Verified {
    /// Whether a signature fails because the RRset was never seen as a whole, as far as anyone can
    /// tell.
    pub(super) fn counts_for_nothing(&self, rrset: RrsetId, checked: &Checked) -> bool {
        let fails = matches!(checked.outcome, Err((Code::SignatureInvalid, _)));
        fails && !self.bag.rrset(rrset).whole
    }

    /// The counts by algorithm.
    pub fn counts(&self) -> BTreeMap<Algorithm, SignatureCounts> {
        let mut counts: BTreeMap<Algorithm, SignatureCounts> = BTreeMap::new();
        for (signature, checked) in self.bag.signatures().map(|(_, one)| one).zip(&self.checked) {
            if self.counts_for_nothing(signature.rrset, checked) {
                continue;
            }
            counts.entry(checked.key.algorithm).or_default().count(&checked.outcome);
        }
        counts
    }
}
