//! The chains of a zone as a whole: what the lots found of them is put together, and what is wrong
//! becomes findings.
//!
//! A zone with one NSEC3 chain, which is nearly always so, has its names and records checked while
//! they pass, and nothing is kept of them. Only when something is not as it should be are they
//! collected, to walk along the chain and tell what.

use std::collections::BTreeMap;

use rayon::ThreadPoolBuildError;
use rayon::prelude::*;

use crate::audit::denial::{
    Difference, EmptyNonTerminal, EmptyNonTerminals, ExpectedTypes, Hash, HashedName, Interner,
    Named, Nsec3Fault, Nsec3Step, NsecBroken, NsecStep, NsecWalk, ParameterSet, Plan, judge_chain,
};
use crate::audit::findings::{Code, Finding, Severity};
use crate::dns::canonical::name_from_sort_key;
use crate::dns::denial::label_of_hash;
use crate::dns::name::MAX_NAME;
use crate::dns::{Name, RType, TypeBitmap};
use crate::pipeline;
use crate::rrset::{HashFound, HashedOwners, Keys, OwnerId, OwnerRecords, Position};

use super::denial::{LotDenial, Report, Stray, Wires};
use super::judge::Court;
use super::lots::{Lot, lots};
use super::standing::{Standing, standings};
use super::summary::DenialFacts;

/// A name of the zone: so many octets of an owner's sort key, for an empty non-terminal; for an owner
/// all of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct NameId {
    owner: OwnerId,
    key_len: u16,
}

impl NameId {
    const ALL: u16 = u16::MAX;

    pub(super) fn of_owner(owner: OwnerId) -> Self {
        Self { owner, key_len: Self::ALL }
    }

    fn of_empty(empty: &EmptyNonTerminal<OwnerId>) -> Self {
        // A sort key has at most 510 octets.
        let key_len = u16::try_from(empty.key_len).unwrap_or(Self::ALL);
        Self { owner: empty.descendant, key_len }
    }

    /// Its part of the owner's sort key.
    fn key<'k>(&self, keys: &'k mut Keys<'_>) -> &'k [u8] {
        let key = keys.of(self.owner);
        &key[..key.len().min(usize::from(self.key_len))]
    }
}
/// What was found of the only NSEC3 chain, of which everything is known beforehand: so that nothing
/// needs to be kept of a name or a record that is as it should be.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Checked {
    /// Records.
    records: u64,
    /// Those of them with opt-out.
    opt_out: u64,
    /// Names that have a record.
    names: u64,
    /// Those of them that are insecure delegations.
    insecure: u64,
    /// Something is not as it should be: what, only a walk along the chain tells.
    irregular: bool,
}

impl Checked {
    pub(super) fn add(&mut self, other: &Self) {
        self.records += other.records;
        self.opt_out += other.opt_out;
        self.names += other.names;
        self.insecure += other.insecure;
        self.irregular |= other.irregular;
    }

    pub(super) fn hashed_name(&mut self, name: &HashedName<NameId>, owners: &HashedOwners) {
        self.name(&name.hash, name.named, &name.types, owners);
    }

    /// A name with this hash, which must show these types.
    pub(super) fn name(
        &mut self,
        hash: &Hash,
        named: Named,
        expected: &ExpectedTypes,
        owners: &HashedOwners,
    ) {
        let insecure = named == Named::InsecureDelegation;
        match owners.find(hash) {
            HashFound::Record { types } => {
                let types = TypeBitmap::new(types);
                self.irregular |= types.is_none_or(|types| expected.compare(types).is_some());
                self.names += 1;
                self.insecure += u64::from(insecure && !expected.is_empty());
            }
            HashFound::OptedOut if insecure => {
                // An empty non-terminal may be left out only with all delegations below it.
                self.irregular |= expected.is_empty() && self.insecure > 0;
            }
            HashFound::OptedOut | HashFound::Denied => self.irregular = true,
        }
    }

    /// So many records that are known to be a ring, some of them with opt-out.
    pub(super) fn count_records(&mut self, records: u64, opt_out: u64) {
        self.records += records;
        self.opt_out += opt_out;
    }

    /// `near` is where the record before it was found to lead: records mostly come in order.
    pub(super) fn record(&mut self, step: &Nsec3Step, owners: &HashedOwners, near: &mut usize) {
        self.records += 1;
        self.opt_out += u64::from(step.opt_out);
        self.irregular |= step.next.as_ref() != owners.next(&step.hash, near);
    }

    /// Whether all names and records were as they should be, and each record is of a name.
    pub(super) fn is_whole(&self, owners: &HashedOwners) -> bool {
        let records = owners.len() as u64;
        !self.irregular && self.records == records && self.names == records
    }
}
/// Records of owners that are looked at together.
const OWNERS_AT_ONCE: usize = 8192;

/// Empty non-terminals that are hashed together.
const EMPTY_AT_ONCE: usize = 256;

/// The chains of a zone, as the lots bring them in canonical order.
pub(super) struct Chains {
    nsec: NsecWalk<OwnerId>,
    nsec_records: u64,
    names: Vec<Vec<HashedName<NameId>>>,
    records: Vec<Vec<Nsec3Step>>,
    strays: BTreeMap<Stray, (u64, Position)>,
    checked: Checked,
}

impl Chains {
    pub(super) fn new(plan: &Plan) -> Self {
        let chains = plan.sets.len();
        Self {
            nsec: NsecWalk::new(),
            nsec_records: 0,
            names: (0..chains).map(|_| Vec::new()).collect(),
            records: (0..chains).map(|_| Vec::new()).collect(),
            strays: BTreeMap::new(),
            checked: Checked::default(),
        }
    }

    /// Takes in the lot that follows.
    pub(super) fn add(&mut self, court: &Court<'_>, mut lot: LotDenial, report: Report<'_>) {
        let (keys, ends) = &lot.nsec_keys;
        let starts = std::iter::once(&0).chain(ends);
        for ((owner, step), (&start, &end)) in lot.nsec.iter().zip(starts.zip(ends)) {
            self.nsec_records += u64::from(!matches!(step, NsecStep::Missing));
            let broken = self.nsec.pass(&keys[start..end], *owner, step);
            if let Some(broken) = broken {
                report(court.nsec_broken(&broken));
            }
        }
        self.checked.add(&lot.checked);
        for (mine, theirs) in self.names.iter_mut().zip(&mut lot.names) {
            mine.append(theirs);
        }
        for (mine, theirs) in self.records.iter_mut().zip(&mut lot.records) {
            mine.append(theirs);
        }
        for (stray, (count, first)) in lot.strays {
            let known = self.strays.entry(stray).or_insert((0, first));
            known.0 += count;
            known.1 = first.min(known.1);
        }
    }

    /// Judges the chains when all lots have come.
    ///
    /// # Errors
    /// When worker threads cannot be started, which happens only if something is wrong.
    pub(super) fn finish(
        mut self,
        court: &Court<'_>,
        empty: EmptyNonTerminals<OwnerId>,
        threads: usize,
        report: Report<'_>,
    ) -> Result<Vec<DenialFacts>, ThreadPoolBuildError> {
        let mut facts = Vec::new();
        if court.plan.nsec {
            facts.push(DenialFacts::Nsec { records: self.nsec_records });
        }
        let nsec = std::mem::replace(&mut self.nsec, NsecWalk::new());
        if let Some(broken) = nsec.finish(court.ordered.apex_key()) {
            report(court.nsec_broken(&broken));
        }
        let empty = empty.finish();
        if let Some(owners) = court.only_chain()
            && let Some(set) = court.plan.sets.first()
        {
            let names = court.hash_empty(&empty, set);
            names.iter().for_each(|name| self.checked.hashed_name(name, owners));
            if self.checked.is_whole(owners) {
                facts.push(DenialFacts::Nsec3 {
                    records: self.checked.records,
                    opt_out: self.checked.opt_out,
                    empty_non_terminals: empty.len() as u64,
                    iterations: set.iterations,
                    salt: salt_text(&set.salt),
                });
                return Ok(facts);
            }
            self.collect(court, threads)?;
        }
        let chains = court.plan.sets.iter().zip(self.names).zip(self.records);
        for ((set, mut names), mut records) in chains {
            names.extend(court.hash_empty(&empty, set));
            facts.push(DenialFacts::Nsec3 {
                records: records.len() as u64,
                opt_out: records.iter().filter(|step| step.opt_out).count() as u64,
                empty_non_terminals: empty.len() as u64,
                iterations: set.iterations,
                salt: salt_text(&set.salt),
            });
            let is_below = |name: NameId, empty: NameId| {
                let mut keys = court.ordered.keys();
                let above = empty.key(&mut keys).to_vec();
                name.key(&mut keys).starts_with(&above)
            };
            judge_chain(&mut names, &mut records, is_below, &mut |fault| {
                court.nsec3_fault(&fault, report);
            });
        }
        for ((algorithm, iterations, salt), (count, place)) in self.strays {
            let salt_len = salt.len();
            let detail = format!(
                "{count} records with hash algorithm {algorithm}, {iterations} iterations, \
                 {salt_len} octets of salt"
            );
            report(Finding {
                owner: Some(*court.context.apex),
                rtype: Some(RType::NSEC3),
                detail: Some(detail),
                place: Some(court.place(place)),
                ..Finding::new(Code::Nsec3Unannounced)
            });
        }
        Ok(facts)
    }

    /// Collects the names and records of a chain that was only checked, to walk along it.
    fn collect(&mut self, court: &Court<'_>, threads: usize) -> Result<(), ThreadPoolBuildError> {
        let work = |lot: Lot| {
            let spans: Vec<_> = lot.iter().filter_map(|entry| entry.current).collect();
            let loaded = court.ordered.load(spans.iter().map(|(span, _)| span));
            let (mut owner, mut interner) = (OwnerRecords::new(), Interner::default());
            let mut found = LotDenial::default();
            for (index, (span, standing)) in spans.iter().enumerate() {
                owner.take(&loaded, index, court.class);
                if *standing != Standing::Outside && !owner.records().is_empty() {
                    // What there is to be said of each by itself was said before.
                    court.deny(span, *standing, &owner, &mut interner, &mut found, &mut |_| {});
                }
            }
            found.hash(court.plan, None);
            (found.names, found.records)
        };
        let owners = standings(court.ordered);
        let lots = lots(court.ordered, owners, None, OWNERS_AT_ONCE, court.stop);
        pipeline::run(threads, lots, work, |(mut names, mut records)| {
            for (mine, theirs) in self.names.iter_mut().zip(&mut names) {
                mine.append(theirs);
            }
            for (mine, theirs) in self.records.iter_mut().zip(&mut records) {
                mine.append(theirs);
            }
        })
    }
}

impl Court<'_> {
    /// Empty non-terminals as names of a chain.
    fn hash_empty(
        &self,
        empty: &[EmptyNonTerminal<OwnerId>],
        set: &ParameterSet,
    ) -> Vec<HashedName<NameId>> {
        let lots = empty.par_chunks(EMPTY_AT_ONCE);
        let names = lots.flat_map_iter(|empty| {
            let mut wires = Wires::default();
            empty.iter().for_each(|empty| wires.push(&self.name_of(NameId::of_empty(empty))));
            empty.iter().zip(wires.hashes(set)).map(move |(empty, hash)| HashedName {
                hash,
                id: NameId::of_empty(empty),
                named: empty.named,
                types: ExpectedTypes::none(),
            })
        });
        names.collect()
    }

    fn name_of(&self, id: NameId) -> Name {
        name_of_key(id.key(&mut self.ordered.keys()))
    }

    fn name_of_owner(&self, owner: OwnerId) -> Name {
        name_of_key(self.ordered.keys().of(owner))
    }

    fn nsec_broken(&self, broken: &NsecBroken<OwnerId>) -> Finding {
        let next = broken.link.next;
        let detail = match broken.follows {
            Some(owner) => format!("leads to {next}, {} follows", self.name_of_owner(owner)),
            None => format!("leads to {next}, and not to the apex from the last name"),
        };
        Finding {
            owner: Some(self.name_of_owner(broken.owner)),
            rtype: Some(RType::NSEC),
            detail: Some(detail),
            place: Some(self.place(broken.link.place)),
            ..Finding::new(Code::NsecNextWrong)
        }
    }

    fn nsec3_fault(&self, fault: &Nsec3Fault<'_, NameId>, report: Report<'_>) {
        let hashed_owner = |hash: &[u8; 20]| {
            let label = label_of_hash(hash);
            Name::from_text(label.as_bytes(), Some(self.context.apex)).ok()
        };
        let on_record = |code, step: &Nsec3Step| Finding {
            owner: hashed_owner(&step.hash),
            rtype: Some(RType::NSEC3),
            place: Some(self.place(step.place)),
            ..Finding::new(code)
        };
        match fault {
            Nsec3Fault::Missing(name, covering) => {
                let hash = label_of_hash(&name.hash);
                let detail = match covering {
                    None => format!("hash {hash}"),
                    Some(step) => {
                        let covering = label_of_hash(&step.hash);
                        format!("hash {hash}; {covering}, which covers it, has no opt-out")
                    }
                };
                report(Finding {
                    owner: Some(self.name_of(name.id)),
                    rtype: Some(RType::NSEC3),
                    detail: Some(detail),
                    ..Finding::new(Code::Nsec3Missing)
                });
            }
            Nsec3Fault::Surplus(step) => report(on_record(Code::Nsec3Surplus, step)),
            Nsec3Fault::Repeated(step) => report(on_record(Code::Nsec3Several, step)),
            Nsec3Fault::Types(step, name, difference) => {
                let codes = (Code::Nsec3TypeMissing, Code::Nsec3TypeSurplus);
                let at_delegation = name.types.are_of_a_cut();
                type_findings(difference, at_delegation, codes, |code, severity, types| {
                    let detail = Some(format!("of {}: {types}", self.name_of(name.id)));
                    report(Finding { severity, detail, ..on_record(code, step) });
                });
            }
            Nsec3Fault::Link(from, to) => {
                // A next hash of another length is malformed, which is told already.
                let Some(next) = &from.next else { return };
                let (next, follows) = (label_of_hash(next), label_of_hash(&to.hash));
                let detail = format!("leads to {next}, {follows} follows");
                report(Finding { detail: Some(detail), ..on_record(Code::Nsec3NextWrong, from) });
            }
        }
    }
}

fn name_of_key(key: &[u8]) -> Name {
    let mut wire = [0; MAX_NAME];
    // A sort key is only ever made from a name, so it gives one back.
    Name::from_wire(name_from_sort_key(key, &mut wire)).unwrap_or(Name::root())
}

/// A bitmap that differs is told by what it shows too much and too little. `report` is given the
/// code, its weight and the detail.
pub(super) fn type_findings(
    difference: &Difference,
    at_delegation: bool,
    (missing, surplus): (Code, Code),
    mut report: impl FnMut(Code, Severity, String),
) {
    if !difference.missing.is_empty() {
        // RFC 6840 §4.4: without its NS bit a delegation is denied, not proven insecure. That is
        // told with the weight of what cannot be proven.
        let no_cut = at_delegation && difference.missing.contains(&RType::NS);
        let types = Difference::list(&difference.missing);
        let code = if no_cut { surplus } else { missing };
        report(code, code.entry().severity, format!("{types} not shown"));
    }
    if !difference.surplus.is_empty() {
        // Of a delegation a validator only asks whether it has no DS; these would be against it
        // (RFC 4035 §5.2, RFC 6840 §4.1, §4.3).
        let looked_at = |rtype: &RType| matches!(*rtype, RType::DS | RType::SOA | RType::CNAME);
        let harmless = at_delegation && !difference.surplus.iter().any(looked_at);
        let severity = if harmless { Severity::Violation } else { surplus.entry().severity };
        report(surplus, severity, format!("{} shown", Difference::list(&difference.surplus)));
    }
}

/// A salt as zone files show it (RFC 5155 §3.3).
pub(super) fn salt_text(salt: &[u8]) -> String {
    if salt.is_empty() {
        return "-".into();
    }
    salt.iter().map(|octet| format!("{octet:02x}")).collect()
}
