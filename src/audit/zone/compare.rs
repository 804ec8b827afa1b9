//! What differs between two versions of a zone, owner by owner, and what the caches that hold the
//! previous one make of it.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::audit::findings::{Code, KeyRef};
use crate::dns::rdata::Rrsig;
use crate::dns::{Algorithm, Name, RType, Timestamp};
use crate::engine::KeyIndex;
use crate::rrset::{OwnerRecords, RrRef, Rrset};

use super::config::JudgementTime;
use super::judge::Case;
use super::signature::Signature;
use super::summary::{RecordChanges, RrsetChanges, SignatureChanges};
use super::versions::Versions;
use crate::audit::rrsig::Fault;
use crate::audit::usability::Usability;

/// Counts of a lot, or of a whole zone.
#[derive(Clone, Debug, Default)]
pub(super) struct VersionTally {
    pub records: RecordChanges,
    pub rrsets: RrsetChanges,
    pub signatures: SignatureChanges,
    /// RRsets that only keys secure which the previous version did not publish, by key.
    pub used_too_soon: BTreeMap<KeyRef, Cases>,
    /// RRsets of the previous version that only keys sign which are gone, by key.
    pub removed_too_soon: BTreeMap<KeyRef, Cases>,
    /// RRsets of the previous version without a signature of an algorithm that is new.
    pub without_added: BTreeMap<Algorithm, Cases>,
    /// RRsets of this version without a signature of an algorithm that was there before.
    pub without_removed: BTreeMap<Algorithm, Cases>,
}

/// RRsets to which something applies: how many, and the first in canonical order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cases {
    rrsets: u64,
    first: (Name, RType),
}

impl fmt::Display for Cases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rrsets, first: (owner, rtype) } = self;
        match rrsets {
            1 => write!(f, "{owner} {rtype}"),
            _ => write!(f, "{rrsets} RRsets, the first is {owner} {rtype}"),
        }
    }
}

impl VersionTally {
    /// Adds the tally of the lot that follows in canonical order.
    pub(super) fn merge(&mut self, next: &Self) {
        self.records.added += next.records.added;
        self.records.removed += next.records.removed;
        self.rrsets.added += next.rrsets.added;
        self.rrsets.removed += next.rrsets.removed;
        self.rrsets.changed += next.rrsets.changed;
        self.signatures.kept += next.signatures.kept;
        self.signatures.renewed += next.signatures.renewed;
        self.signatures.added += next.signatures.added;
        self.signatures.removed += next.signatures.removed;
        merge_cases(&mut self.used_too_soon, &next.used_too_soon);
        merge_cases(&mut self.removed_too_soon, &next.removed_too_soon);
        merge_cases(&mut self.without_added, &next.without_added);
        merge_cases(&mut self.without_removed, &next.without_removed);
    }

    /// Whether anything in the zone is not as it was.
    pub(super) fn any_change(&self) -> bool {
        let Self { records, rrsets, signatures, .. } = self;
        let kinds = [
            records.added,
            records.removed,
            rrsets.changed,
            signatures.renewed,
            signatures.added,
            signatures.removed,
        ];
        kinds.iter().any(|&count| count > 0)
    }
}

fn merge_cases<K: Ord + Copy>(mine: &mut BTreeMap<K, Cases>, theirs: &BTreeMap<K, Cases>) {
    for (&key, &cases) in theirs {
        mine.entry(key).and_modify(|mine| mine.rrsets += cases.rrsets).or_insert(cases);
    }
}

fn count_case<K: Ord>(cases: &mut BTreeMap<K, Cases>, key: K, owner: &Name, rtype: RType) {
    let first = Cases { rrsets: 1, first: (*owner, rtype) };
    cases.entry(key).and_modify(|cases| cases.rrsets += 1).or_insert(first);
}

/// What the previous version says of a signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Past {
    /// Nothing of note.
    #[default]
    Unremarkable,
    /// It was there already, and its RRset was another.
    KeptOverChange,
    /// It begins and ends before the one by the same key that it replaces, which begins then.
    Older(Timestamp),
}

impl Past {
    fn of(
        rrset: &Rrset<'_, '_>,
        record: &RrRef<'_>,
        rrsig: &Rrsig<'_>,
        old: &OwnerRecords<'_>,
    ) -> Self {
        let covered = rrset.rtype();
        if old.rrsigs_covering(covered).any(|before| before.rdata == record.rdata) {
            let changed = |before: Rrset<'_, '_>| {
                let (before, now) = (before.distinct(), rrset.distinct());
                !before.map(|record| record.rdata).eq(now.map(|record| record.rdata))
            };
            let changed = old.rrset(covered).is_some_and(changed);
            return if changed { Self::KeptOverChange } else { Self::Unremarkable };
        }
        let by_same_key = |before: &Rrsig<'_>| {
            (before.algorithm, before.key_tag, before.signer())
                == (rrsig.algorithm, rrsig.key_tag, rrsig.signer())
        };
        let is_later = |before: &Rrsig<'_>| {
            before.inception.serial_cmp(rrsig.inception) == Ordering::Greater
                && before.expiration.serial_cmp(rrsig.expiration) == Ordering::Greater
        };
        let before = old.rrsigs_covering(covered);
        let before = before.filter_map(|record| Rrsig::from_rdata(record.rdata));
        let mut latest = None;
        for before in before.filter(by_same_key) {
            if !is_later(&before) {
                return Self::Unremarkable;
            }
            latest = latest.or(Some(before.inception));
        }
        latest.map_or(Self::Unremarkable, Self::Older)
    }

    /// What is to be said of it. A signature that was kept and holds all the same is right again.
    pub(super) fn finding(self, signature: &Signature) -> Option<Fault> {
        match self {
            Self::Unremarkable => None,
            Self::KeptOverChange => {
                let fails = |(code, _): &Fault| *code == Code::SignatureInvalid;
                signature.faults.iter().any(fails).then_some((Code::SignatureKept, None))
            }
            Self::Older(before) => {
                let inception = signature.inception;
                let detail = format!("inception {inception}, before it was {before}");
                Some((Code::SignatureOlder, Some(detail)))
            }
        }
    }
}

/// Whether a signature of the previous version may be in use at a time.
pub(super) fn in_use(rrsig: &Rrsig<'_>, time: JudgementTime) -> bool {
    let JudgementTime::At(at) = time else { return true };
    let now = Timestamp::from_unix(at);
    now.serial_cmp(rrsig.expiration) != Ordering::Greater
        && now.serial_cmp(rrsig.inception) != Ordering::Less
}

impl Versions<'_> {
    /// Looks for a signature's past. `old` is the owner in the previous version.
    pub(super) fn past(
        &self,
        rrset: &Rrset<'_, '_>,
        record: &RrRef<'_>,
        rrsig: &Rrsig<'_>,
        old: &OwnerRecords<'_>,
    ) -> Past {
        match Past::of(rrset, record, rrsig, old) {
            // What could not be read may be all that has changed.
            Past::KeptOverChange if !self.complete => Past::Unremarkable,
            past => past,
        }
    }

    /// Compares an owner's records; either version may be without it.
    pub(super) fn compare(
        &self,
        new: Option<&OwnerRecords<'_>>,
        old: Option<&OwnerRecords<'_>>,
        tally: &mut VersionTally,
    ) {
        compare_rrsets(new, old, tally);
        compare_signatures(new, old, &mut tally.signatures);
        if let Some(old) = old {
            self.previous_signatures(old, tally);
        }
    }

    /// What caches may hold of the previous version, and whether they can use it with the keys of
    /// this one.
    fn previous_signatures(&self, old: &OwnerRecords<'_>, tally: &mut VersionTally) {
        if self.vanished.is_empty() && self.algorithms_added.is_empty() {
            return;
        }
        let rrsigs = old.rrsigs().into_iter().flat_map(Rrset::distinct);
        let rrsigs: Vec<Rrsig<'_>> =
            rrsigs.filter_map(|record| Rrsig::from_rdata(record.rdata)).collect();
        for made in rrsigs.chunk_by(|a, b| a.type_covered == b.type_covered) {
            let rtype = made[0].type_covered;
            // The keys vouch for themselves. What has no TTL is in no cache.
            let cacheable =
                rtype != RType::DNSKEY && old.rrset(rtype).is_some_and(|rrset| rrset.ttls().0 > 0);
            if !cacheable {
                continue;
            }
            let key = |made: &Rrsig<'_>| KeyRef { tag: made.key_tag, algorithm: made.algorithm };
            let usable = made.iter().filter(|made| in_use(made, self.time)).map(key);
            let signers: BTreeSet<KeyRef> =
                usable.filter(|key| self.keys_before.contains(key)).collect();
            if signers.is_empty() {
                continue;
            }
            if signers.is_subset(&self.vanished) {
                for key in signers {
                    count_case(&mut tally.removed_too_soon, key, &old.name, rtype);
                }
            }
            for &algorithm in &self.algorithms_added {
                if !made.iter().any(|made| made.algorithm == algorithm) {
                    count_case(&mut tally.without_added, algorithm, &old.name, rtype);
                }
            }
        }
    }

    /// What caches that hold the previous DNSKEY RRset make of an RRset of this version. `holding`
    /// is, for each signature, the key under which it holds.
    pub(super) fn note(
        &self,
        case: &Case<'_>,
        holding: &[Option<KeyIndex>],
        usability: &Usability,
        tally: &mut VersionTally,
    ) {
        let Case { rrset, signatures, .. } = case;
        if rrset.rtype == RType::DNSKEY
            || (self.new_keys.is_empty() && self.algorithms_removed.is_empty())
        {
            return;
        }
        let (mut by_known, mut by_new) = (false, BTreeSet::new());
        for (signature, key) in signatures.iter().zip(holding) {
            let Some(key) = key.filter(|&key| usability.secures(key)) else { continue };
            if signature.fault_at(self.time).is_some() {
                continue;
            }
            if self.new_keys.contains(&key) {
                by_new.insert(signature.key);
            } else {
                by_known = true;
            }
        }
        if !by_known && by_new.is_empty() {
            return; // what is bogus for all is told by itself
        }
        if !by_known {
            for key in by_new {
                count_case(&mut tally.used_too_soon, key, &case.owner(), rrset.rtype);
            }
        }
        for &algorithm in &self.algorithms_removed {
            let signs = signatures.iter().any(|made| made.key.algorithm == algorithm);
            if !signs && rrset.untried == 0 {
                count_case(&mut tally.without_removed, algorithm, &case.owner(), rrset.rtype);
            }
        }
    }
}

/// Records and RRsets, those of signatures aside.
fn compare_rrsets(
    new: Option<&OwnerRecords<'_>>,
    old: Option<&OwnerRecords<'_>>,
    tally: &mut VersionTally,
) {
    let VersionTally { records, rrsets, .. } = tally;
    let (new, old) = (new.into_iter(), old.into_iter());
    let new = new.flat_map(|owner| owner.rrsets());
    let old = old.flat_map(|owner| owner.rrsets());
    let by_type = |a: &Rrset<'_, '_>, b: &Rrset<'_, '_>| a.rtype().cmp(&b.rtype());
    merge(new, old, by_type, |pair| match pair {
        Pair::New(rrset) => {
            rrsets.added += 1;
            records.added += rrset.distinct().count() as u64;
        }
        Pair::Old(rrset) => {
            rrsets.removed += 1;
            records.removed += rrset.distinct().count() as u64;
        }
        Pair::Both(new, old) => {
            let mut changed = new.ttls() != old.ttls();
            merge(new.distinct(), old.distinct(), by_rdata, |pair| match pair {
                Pair::New(_) => (records.added, changed) = (records.added + 1, true),
                Pair::Old(_) => (records.removed, changed) = (records.removed + 1, true),
                Pair::Both(..) => {}
            });
            rrsets.changed += u64::from(changed);
        }
    });
}

fn compare_signatures(
    new: Option<&OwnerRecords<'_>>,
    old: Option<&OwnerRecords<'_>>,
    changes: &mut SignatureChanges,
) {
    let new = new.and_then(OwnerRecords::rrsigs).into_iter().flat_map(Rrset::distinct);
    let old = old.and_then(OwnerRecords::rrsigs).into_iter().flat_map(Rrset::distinct);
    let (mut fresh, mut gone) = (Vec::new(), Vec::new());
    merge(new, old, by_rdata, |pair| match pair {
        Pair::New(record) => fresh.push(purpose(record.rdata)),
        Pair::Old(record) => gone.push(purpose(record.rdata)),
        Pair::Both(..) => changes.kept += 1,
    });
    fresh.sort_unstable();
    gone.sort_unstable();
    merge(fresh.into_iter(), gone.into_iter(), Ord::cmp, |pair| match pair {
        Pair::New(_) => changes.added += 1,
        Pair::Old(_) => changes.removed += 1,
        Pair::Both(..) => changes.renewed += 1,
    });
}

fn by_rdata(a: &&RrRef<'_>, b: &&RrRef<'_>) -> Ordering {
    a.rdata.cmp(b.rdata)
}

/// What an RRSIG is for: the type covered and the algorithm, and the key tag.
fn purpose(rdata: &[u8]) -> (Option<&[u8]>, Option<&[u8]>) {
    (rdata.get(..3), rdata.get(16..18))
}

/// What two ordered sequences have, in one of them or in both.
enum Pair<T> {
    New(T),
    Old(T),
    Both(T, T),
}

/// Walks along two ordered sequences at once.
fn merge<T>(
    new: impl Iterator<Item = T>,
    old: impl Iterator<Item = T>,
    order: impl Fn(&T, &T) -> Ordering,
    mut each: impl FnMut(Pair<T>),
) {
    let (mut new, mut old) = (new.peekable(), old.peekable());
    loop {
        let first = match (new.peek(), old.peek()) {
            (None, None) => return,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(new), Some(old)) => order(new, old),
        };
        let new = if first == Ordering::Greater { None } else { new.next() };
        let old = if first == Ordering::Less { None } else { old.next() };
        match (new, old) {
            (Some(new), Some(old)) => each(Pair::Both(new, old)),
            (Some(new), None) => each(Pair::New(new)),
            (None, Some(old)) => each(Pair::Old(old)),
            (None, None) => return,
        }
    }
}
