//! What is counted while a zone is judged. Tallies of lots add up in any order to the same sums.

use std::collections::{BTreeMap, BTreeSet};

use hdrhistogram::Histogram;

use crate::audit::findings::{Code, Finding, Severity};
use crate::dns::{Algorithm, Name, RType};
use crate::engine::KeyIndex;
use crate::engine::histogram::new_histogram;

use super::compare::VersionTally;
use super::config::JudgementTime;
use super::signature::Signature;
use super::summary::{
    CodeCount, Expiry, LIFETIME_BOUNDS, LifetimeBucket, LifetimeFacts, StatusCounts, TimeFacts,
};

/// Counts of a lot, or of a whole zone.
#[derive(Debug)]
pub(super) struct Tally {
    pub records: u64,
    pub rrsets: u64,
    pub owners: u64,
    pub delegations: u64,
    pub signatures: u64,
    pub types: TypeCounts,
    pub algorithms: BTreeMap<Algorithm, AlgorithmTally>,
    pub reasons: BTreeMap<(Code, Severity), u64>,
    pub findings: BTreeMap<(Code, Severity), u64>,
    pub keys: BTreeMap<KeyIndex, KeyTally>,
    /// One for each time of judgement, in their order.
    pub times: Vec<TimeTally>,
    pub lifetime: LifetimeTally,
    pub rrset_octets: Histogram<u64>,
    /// Keys that may secure data and under which a signature over the DNSKEY RRset holds, times
    /// aside.
    pub dnskey_signers: BTreeSet<KeyIndex>,
    /// Keys that a signature names which does not hold.
    pub failing: BTreeSet<KeyIndex>,
    /// The same as `dnskey_signers`, revoked keys included.
    pub over_dnskey: BTreeSet<KeyIndex>,
    /// Keys under which a signature over the apex's CDS or CDNSKEY RRset holds.
    pub request_signers: BTreeSet<(RType, KeyIndex)>,
    /// What differs from the previous version.
    pub versions: VersionTally,
}

/// Records by type.
#[derive(Clone, Debug)]
pub(super) struct TypeCounts {
    /// Those of the types below 64, which are nearly all.
    low: [u64; 64],
    others: BTreeMap<RType, u64>,
}

impl Default for TypeCounts {
    fn default() -> Self {
        Self { low: [0; 64], others: BTreeMap::new() }
    }
}

impl TypeCounts {
    /// Counts so many records of a type.
    pub(super) fn add(&mut self, rtype: RType, records: u64) {
        match self.low.get_mut(usize::from(rtype.0)) {
            Some(low) => *low += records,
            None => *self.others.entry(rtype).or_default() += records,
        }
    }

    fn merge(&mut self, next: &Self) {
        for (rtype, records) in next.iter() {
            self.add(rtype, records);
        }
    }

    /// The types of which there are records, ascending, and how many.
    pub(super) fn iter(&self) -> impl Iterator<Item = (RType, u64)> {
        let low = (0..).map(RType).zip(self.low).filter(|&(_, records)| records > 0);
        low.chain(self.others.iter().map(|(&rtype, &records)| (rtype, records)))
    }
}

/// Signatures of an algorithm.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AlgorithmTally {
    pub signatures: u64,
    pub valid: u64,
}

/// Signatures that hold under a key.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct KeyTally {
    /// Those over DNSKEY, CDS and CDNSKEY RRsets.
    pub over_keys: u64,
    /// Those over everything else.
    pub over_data: u64,
}

/// Judgements for one time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TimeTally {
    pub rrsets: StatusCounts,
    pub valid: u64,
    pub expired: u64,
    pub not_yet_valid: u64,
}

/// Remaining lifetimes of signatures that hold.
#[derive(Clone, Debug, Default)]
pub(super) struct LifetimeTally {
    earliest: Option<Expiry>,
    latest: Option<Expiry>,
    buckets: [u64; LIFETIME_BOUNDS.len() + 1],
}

impl Tally {
    pub(super) fn new(times: usize) -> Self {
        Self {
            records: 0,
            rrsets: 0,
            owners: 0,
            delegations: 0,
            signatures: 0,
            types: TypeCounts::default(),
            algorithms: BTreeMap::new(),
            reasons: BTreeMap::new(),
            findings: BTreeMap::new(),
            keys: BTreeMap::new(),
            times: vec![TimeTally::default(); times],
            lifetime: LifetimeTally::default(),
            rrset_octets: new_histogram(),
            dnskey_signers: BTreeSet::new(),
            failing: BTreeSet::new(),
            over_dnskey: BTreeSet::new(),
            request_signers: BTreeSet::new(),
            versions: VersionTally::default(),
        }
    }

    /// Counts a finding that is about to be reported.
    pub(super) fn count_finding(&mut self, finding: &Finding) {
        *self.findings.entry((finding.code, finding.severity)).or_default() += 1;
    }

    /// Adds the tally of another lot.
    pub(super) fn merge(&mut self, next: &Self) {
        self.records += next.records;
        self.rrsets += next.rrsets;
        self.owners += next.owners;
        self.delegations += next.delegations;
        self.signatures += next.signatures;
        self.types.merge(&next.types);
        add(&mut self.reasons, &next.reasons, |mine, theirs| *mine += theirs);
        add(&mut self.findings, &next.findings, |mine, theirs| *mine += theirs);
        add(&mut self.algorithms, &next.algorithms, |mine, theirs| {
            mine.signatures += theirs.signatures;
            mine.valid += theirs.valid;
        });
        add(&mut self.keys, &next.keys, |mine, theirs| {
            mine.over_keys += theirs.over_keys;
            mine.over_data += theirs.over_data;
        });
        for (mine, theirs) in self.times.iter_mut().zip(&next.times) {
            mine.rrsets.secure += theirs.rrsets.secure;
            mine.rrsets.insecure += theirs.rrsets.insecure;
            mine.rrsets.bogus += theirs.rrsets.bogus;
            mine.valid += theirs.valid;
            mine.expired += theirs.expired;
            mine.not_yet_valid += theirs.not_yet_valid;
        }
        self.lifetime.merge(&next.lifetime);
        // Both histograms grow as needed, so adding cannot fail.
        let _ = self.rrset_octets.add(&next.rrset_octets);
        self.dnskey_signers.extend(&next.dnskey_signers);
        self.failing.extend(&next.failing);
        self.over_dnskey.extend(&next.over_dnskey);
        self.request_signers.extend(&next.request_signers);
        self.versions.merge(&next.versions);
    }

    pub(super) fn time_facts(&self, times: &[JudgementTime]) -> Vec<TimeFacts> {
        let facts = |(time, tally): (&JudgementTime, &TimeTally)| TimeFacts {
            at: match time {
                JudgementTime::At(at) => Some(*at),
                JudgementTime::Ignored => None,
            },
            rrsets: tally.rrsets,
            signatures_valid: tally.valid,
            signatures_expired: tally.expired,
            signatures_not_yet_valid: tally.not_yet_valid,
        };
        times.iter().zip(&self.times).map(facts).collect()
    }
}

/// Counts by code as rows of the report.
pub(super) fn code_counts(counts: &BTreeMap<(Code, Severity), u64>) -> Vec<CodeCount> {
    let row = |(&(code, severity), &count)| CodeCount { code, severity, count };
    counts.iter().map(row).collect()
}

fn add<K: Ord + Copy, V: Default>(
    mine: &mut BTreeMap<K, V>,
    theirs: &BTreeMap<K, V>,
    add_value: impl Fn(&mut V, &V),
) {
    for (key, value) in theirs {
        add_value(mine.entry(*key).or_default(), value);
    }
}

/// Whether a signature's RRset is the first of two in canonical order.
fn comes_before(one: &Expiry, other: &Expiry) -> bool {
    one.owner.cmp(&other.owner).then(one.rtype.cmp(&other.rtype)).is_lt()
}

impl LifetimeTally {
    /// Counts a signature that holds, seen from `now`.
    pub(super) fn count(&mut self, now: i64, signature: &Signature, owner: &[u8], rtype: RType) {
        let at = signature.expiration.to_unix_near(now);
        let left = at - now;
        let bucket = LIFETIME_BOUNDS.partition_point(|&bound| bound < left);
        self.buckets[bucket] += 1;
        // Owners are only ever names.
        let owner = || Name::from_wire(owner).unwrap_or(Name::root());
        let expiry = || Some(Expiry { at, owner: owner(), rtype, key: signature.key });
        // Ties go to the first in canonical order, which is the order of counting.
        if self.earliest.as_ref().is_none_or(|earliest| at < earliest.at) {
            self.earliest = expiry();
        }
        if self.latest.as_ref().is_none_or(|latest| at > latest.at) {
            self.latest = expiry();
        }
    }

    fn merge(&mut self, next: &Self) {
        if let Some(theirs) = &next.earliest
            && self.earliest.as_ref().is_none_or(|mine| {
                theirs.at < mine.at || theirs.at == mine.at && comes_before(theirs, mine)
            })
        {
            self.earliest = Some(theirs.clone());
        }
        if let Some(theirs) = &next.latest
            && self.latest.as_ref().is_none_or(|mine| {
                theirs.at > mine.at || theirs.at == mine.at && comes_before(theirs, mine)
            })
        {
            self.latest = Some(theirs.clone());
        }
        for (mine, theirs) in self.buckets.iter_mut().zip(next.buckets) {
            *mine += theirs;
        }
    }

    pub(super) fn facts(&self) -> LifetimeFacts {
        if self.earliest.is_none() {
            return LifetimeFacts::default();
        }
        let bounds = LIFETIME_BOUNDS.iter().copied().map(Some).chain([None]);
        let row = |(up_to_seconds, &signatures)| LifetimeBucket { up_to_seconds, signatures };
        LifetimeFacts {
            earliest: self.earliest.clone(),
            latest: self.latest.clone(),
            remaining: bounds.zip(&self.buckets).map(row).collect(),
        }
    }
}
