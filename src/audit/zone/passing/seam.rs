//! Where the parts of a text meet: the names that may have records on both sides, and whether the owners go
//! on in order.

use std::mem;

use crate::audit::findings::Finding;
use crate::dns::RType;
use crate::dns::canonical::sort_key;
use crate::rrset::{Collector, HashedOwners, Ordered, OwnerRecords, OwnerSpan};
use crate::zonefile::Record;

use super::super::charter::Charter;
use super::super::judge::Judged;
use super::super::stages::Stages;
use super::super::standing::{Standing, standings};
use super::super::summary::DenialFacts;
use super::super::tally::Tally;
use super::names::Chains;
use super::part::{Course, Late, Part, Sorted, sort};
use super::{Irregular, MOST_WAITING, Road, charter, moved};

/// Records at the ends of parts that are judged at once, where families are whole.
const AT_ONCE: usize = 4096;

/// Records of one family that are kept until it is whole.
const MOST_KEPT: usize = 1 << 18;

/// A zone up to the part that was joined last.
pub(super) struct Seam<'r> {
    road: &'r Road<'r>,
    charter: &'r Charter,
    apex: Collector,
    /// The TTL of the SOA and its RDATA.
    soa: (u32, Box<[u8]>),
    /// The records of families at the ends of parts.
    kept: Collector,
    kept_records: usize,
    /// NSEC3 records come behind all names.
    behind_names: bool,
    /// Some name so far looks like a hash.
    like_hash: bool,
    /// The sort key of the owner that came last.
    last: Vec<u8>,
    findings: Vec<Finding>,
    chains: Chains,
    hashed: HashedOwners,
}

/// A zone that was joined to its end.
pub(super) struct Ended {
    pub apex: Ordered,
    pub findings: Vec<Finding>,
    pub denial: Vec<DenialFacts>,
}

impl<'r> Seam<'r> {
    /// Takes up the first part, of which there may be `heads` in all as to its length.
    pub fn begin(
        road: &'r Road<'r>,
        head: Part<'_>,
        heads: usize,
        tally: &mut Tally,
    ) -> Result<Self, Irregular> {
        head.irregular.map_or(Ok(()), Err)?;
        let config = road.config;
        let records = head.records;
        let named = records.soa_owners();
        let &[(apex, class)] = named.as_slice() else { return Err(Irregular::Apex) };
        if records.is_disordered() || config.origin.is_some_and(|origin| origin != apex) {
            return Err(Irregular::Apex);
        }
        let (first, last) = records.end_keys();
        let is_first = first == sort_key(&apex) && last != first;
        let ordered = records.order(&apex, None);
        let owners: Vec<_> = ordered.owners().collect();
        let [at_apex, others @ ..] = owners.as_slice() else { return Err(Irregular::Apex) };
        if !is_first {
            return Err(Irregular::Apex);
        }
        let mut apex_records = Collector::keeping(Some(&apex));
        ordered.copy([at_apex].into_iter(), 0, &mut apex_records);
        let mut rest = Collector::keeping(Some(&apex));
        ordered.copy(others.iter(), 0, &mut rest);
        // What other owners have here is taken for what they have everywhere.
        let mut signatures = rest.signatures_by_tag().clone().scaled(heads);
        signatures.add(apex_records.signatures_by_tag());
        let loaded = ordered.load([at_apex]);
        let owner = OwnerRecords::first(&loaded, class);
        let soa = owner.rrset(RType::SOA).and_then(|soas| soas.distinct().next());
        let soa = soa.map(|soa| (soa.ttl, Box::from(soa.rdata))).ok_or(Irregular::Apex)?;
        let charter = charter(apex, class, &owner, &signatures, config)?;
        let charter = road.charter.get_or_init(|| charter);
        let mut seam = Self {
            road,
            charter,
            apex: apex_records,
            soa,
            kept: Collector::keeping(Some(&apex)),
            kept_records: 0,
            behind_names: false,
            like_hash: false,
            last: sort_key(&apex),
            findings: Vec::new(),
            chains: Chains::default(),
            hashed: HashedOwners::default(),
        };
        let sorted = road.with_bench(|bench| sort(road, charter, rest, bench))?;
        seam.add(sorted, 0, tally)?;
        Ok(seam)
    }

    /// Joins the part that follows.
    pub fn join(
        &mut self,
        part: Part<'_>,
        lines_before: u64,
        tally: &mut Tally,
    ) -> Result<(), Irregular> {
        part.irregular.map_or(Ok(()), Err)?;
        for late in &part.late {
            self.add_late(late, lines_before)?;
        }
        part.sorted.map_or(Ok(()), |sorted| self.add(sorted, lines_before, tally))
    }

    /// The SOA once more is what a zone transfer ends with. All else belongs to the apex.
    fn add_late(&mut self, late: &Late, lines_before: u64) -> Result<(), Irregular> {
        let &Late { rtype, class, ttl, ref rdata, line } = late;
        let (soa_ttl, soa_rdata) = &self.soa;
        if rtype != RType::SOA
            || class != self.charter.class
            || (ttl, rdata) != (*soa_ttl, soa_rdata)
        {
            return Err(Irregular::Order);
        }
        let (owner, line) = (&self.charter.apex, line + lines_before);
        let (file, again, same_owner) = (0, None, false);
        self.apex.push(&Record { owner, rtype, class, ttl, rdata, file, line, again, same_owner });
        Ok(())
    }

    fn add(&mut self, part: Sorted, lines_before: u64, tally: &mut Tally) -> Result<(), Irregular> {
        let Sorted { ordered, owners, within, judged, hashed, course } = part;
        self.follow(course)?;
        self.hashed.append(hashed);
        let (lead, trail) = match &within {
            Some(within) => (&owners[..within.start], &owners[within.end..]),
            None => (&owners[..], &owners[..0]),
        };
        self.keep(&ordered, lead, lines_before);
        // The last family that is kept is whole, for another one comes behind it.
        if within.is_some() && self.kept_records >= AT_ONCE {
            self.settle(tally)?;
        }
        if let Some((mut judged, chains)) = judged {
            let findings = mem::take(&mut judged.findings).into_iter();
            judged.findings = findings.map(|finding| moved(finding, lines_before)).collect();
            self.take(judged, chains, tally)?;
        }
        self.keep(&ordered, trail, lines_before);
        if self.kept_records > MOST_KEPT { Err(Irregular::Records) } else { Ok(()) }
    }

    /// Whether the owners of a part follow those before.
    fn follow(&mut self, course: Course) -> Result<(), Irregular> {
        let Course { first, last, turns, hashed, first_hashed, like_hash } = course;
        let follows = match (self.behind_names, turns, first >= self.last) {
            (false, false, true) => {
                self.like_hash |= like_hash;
                true
            }
            (false, false, false) => hashed && first_hashed && !self.like_hash,
            (false, true, true) => !self.like_hash && !like_hash,
            (true, false, true) => hashed && (first_hashed || first == self.last),
            (true, ..) | (false, true, false) => false,
        };
        self.behind_names |= turns || first < self.last;
        self.last = last;
        if follows { Ok(()) } else { Err(Irregular::Order) }
    }

    fn keep(&mut self, ordered: &Ordered, owners: &[(OwnerSpan, Standing)], lines_before: u64) {
        let owners = owners.iter().map(|(owner, _)| owner);
        self.kept_records += owners.clone().map(|owner| owner.records).sum::<usize>();
        ordered.copy(owners, lines_before, &mut self.kept);
    }

    /// Judges the families that were kept.
    fn settle(&mut self, tally: &mut Tally) -> Result<(), Irregular> {
        let empty = Collector::keeping(Some(&self.charter.apex));
        self.kept_records = 0;
        let kept = mem::replace(&mut self.kept, empty);
        self.judge(kept, tally).map(|_| ())
    }

    fn judge(&mut self, records: Collector, tally: &mut Tally) -> Result<Ordered, Irregular> {
        let (road, charter) = (self.road, self.charter);
        let ordered = records.order(&charter.apex, None);
        let owners: Vec<_> = standings(&ordered).collect();
        let judged = road.with_bench(|bench| road.judge(charter, &ordered, &owners, bench));
        self.take(judged.0, judged.1, tally)?;
        Ok(ordered)
    }

    fn take(&mut self, judged: Judged, chains: Chains, tally: &mut Tally) -> Result<(), Irregular> {
        tally.merge(&judged.tally);
        self.chains.append(chains);
        self.findings.extend(judged.findings);
        if self.findings.len() > MOST_WAITING { Err(Irregular::Findings) } else { Ok(()) }
    }

    /// Judges what was kept until the end, and the chains as a whole.
    pub fn end(mut self, tally: &mut Tally, stages: &mut Stages) -> Result<Ended, Irregular> {
        self.settle(tally)?;
        let apex = mem::take(&mut self.apex);
        let apex = self.judge(apex, tally)?;
        let Self { charter, mut findings, chains, hashed, .. } = self;
        let denial = stages.deny.time(|| chains.judge(charter, hashed)).ok_or(Irregular::Chain)?;
        stages.deny.items = denial.iter().map(DenialFacts::records).sum();
        // Those of one owner are in order.
        findings.sort_by_cached_key(|finding| finding.owner.map(|owner| sort_key(&owner)));
        Ok(Ended { apex, findings, denial })
    }
}
