//! Brings the names of the zone and the records of its chains to the rules of
//! [`audit::denial`](crate::audit::denial), and turns what they say into findings.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::audit::denial::{
    Difference, EmptyNonTerminal, EmptyNonTerminals, ExpectedTypes, Hash, HashedName, Interner,
    Named, Nsec3Fault, Nsec3Step, NsecBroken, NsecLink, NsecStep, NsecWalk, ParameterSet, Plan,
    Presence, judge_chain,
};
use crate::audit::findings::{Code, Finding, Severity};
use crate::crypto::nsec3_hashes;
use crate::dns::canonical::{append_sort_key, name_from_sort_key};
use crate::dns::denial::{Nsec, Nsec3, hash_of_label, label_of_hash};
use crate::dns::name::MAX_NAME;
use crate::dns::{Name, RType};
use crate::rrset::{Keys, OwnerId, OwnerRecords, OwnerSpan, Position, RrRef, Rrset, Shape};

use super::judge::Court;
use super::standing::Standing;
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

    fn of_owner(owner: OwnerId) -> Self {
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

/// What a lot leaves for the walk along the chains.
#[derive(Debug, Default)]
pub(super) struct LotDenial {
    nsec: Vec<(OwnerId, NsecStep)>,
    /// The sort keys of those owners, one behind the other, and where each ends.
    nsec_keys: (Vec<u8>, Vec<usize>),
    /// For each NSEC3 chain the names, once the lot is [`hashed`](Self::hash).
    names: Vec<Vec<HashedName<NameId>>>,
    /// What is to be hashed for each of them: their wire forms, one behind the other.
    wires: Wires,
    /// For each NSEC3 chain its records.
    records: Vec<Vec<Nsec3Step>>,
    strays: BTreeMap<Stray, (u64, Position)>,
}

impl LotDenial {
    fn push_nsec(&mut self, span: &OwnerSpan, name: &Name, step: NsecStep) {
        self.nsec.push((span.id(), step));
        append_sort_key(name.as_wire(), &mut self.nsec_keys.0);
        self.nsec_keys.1.push(self.nsec_keys.0.len());
    }

    /// Hashes the names of the lot, all together, for each chain.
    pub(super) fn hash(&mut self, plan: &Plan) {
        let wires = std::mem::take(&mut self.wires);
        for (set, names) in plan.sets.iter().zip(&mut self.names) {
            for (name, hash) in names.iter_mut().zip(wires.hashes(set)) {
                name.hash = hash;
            }
        }
    }
}

/// Names in wire form, one behind the other.
#[derive(Debug, Default)]
struct Wires {
    octets: Vec<u8>,
    ends: Vec<usize>,
}

impl Wires {
    fn push(&mut self, name: &Name) {
        self.octets.extend_from_slice(name.as_wire());
        self.ends.push(self.octets.len());
    }

    /// Their hashes, in their order.
    fn hashes(&self, set: &ParameterSet) -> Vec<Hash> {
        let starts = std::iter::once(&0).chain(&self.ends);
        let names: Vec<_> =
            starts.zip(&self.ends).map(|(&start, &end)| &self.octets[start..end]).collect();
        nsec3_hashes(&names, set.iterations, &set.salt)
    }
}

/// Hash algorithm, iterations and salt of records that belong to no chain that the zone claims.
type Stray = (u8, u16, Vec<u8>);

/// The SOA's word on the TTL of NSEC and NSEC3 records.
#[derive(Clone, Copy, Debug)]
pub(super) struct DenialTtl {
    /// The TTL of the SOA.
    pub soa: u32,
    /// The SOA's MINIMUM field.
    pub minimum: u32,
}

impl DenialTtl {
    /// What is to be said of a TTL (RFC 9077 §3): it must be the lesser of the two. Signers from
    /// before that RFC took MINIMUM alone (RFC 4034 §4), which is advised against, and so is less.
    pub(super) fn judge(self, ttl: u32) -> Option<(Severity, String)> {
        let due = self.soa.min(self.minimum);
        let severity = match ttl {
            _ if ttl == due => return None,
            _ if ttl < due || ttl == self.minimum => Severity::Advice,
            _ => Severity::Violation,
        };
        Some((severity, format!("TTL {ttl}, the SOA says {due}")))
    }
}

/// What an owner is to the chains.
pub(super) fn named(standing: Standing, shape: Shape) -> Named {
    match standing {
        Standing::Authoritative if shape.has(Shape::DATA) => Named::Required,
        Standing::Delegation if shape.has(Shape::DS) => Named::Required,
        Standing::Delegation => Named::InsecureDelegation,
        _ => Named::Not,
    }
}

/// The types at an owner that the zone's chains must show, RRSIG aside.
fn shown<'o>(owner: &'o OwnerRecords<'_>, standing: Standing) -> impl Iterator<Item = RType> + 'o {
    owner.rrsets().map(|rrset| rrset.rtype()).filter(move |&rtype| match standing {
        // RFC 5155 §7.1: all types but those that are there only through NSEC3 itself.
        Standing::Authoritative => rtype != RType::NSEC3,
        // RFC 4035 §2.3: at a cut only what the parent speaks for.
        Standing::Delegation => matches!(rtype, RType::NS | RType::DS | RType::NSEC),
        _ => false,
    })
}

fn signatures_shown(owner: &OwnerRecords<'_>, standing: Standing) -> Presence {
    let mut unsigned = false;
    for rtype in shown(owner, standing).filter(|&rtype| standing.is_signed(rtype)) {
        if owner.rrsigs_covering(rtype).next().is_some() {
            return Presence::Must;
        }
        unsigned = true;
    }
    let only_of_nsec3 = || {
        let rrsigs = owner.rrsigs().into_iter().flat_map(Rrset::distinct);
        rrsigs.count() == owner.rrsigs_covering(RType::NSEC3).count()
    };
    if unsigned || !only_of_nsec3() { Presence::May } else { Presence::MustNot }
}

/// Where findings of an owner go.
pub(super) type Report<'r> = &'r mut dyn FnMut(Finding);

impl<'z> Court<'z> {
    /// What an owner says of the chains, and they of it.
    pub(super) fn deny(
        &self,
        span: &OwnerSpan,
        standing: Standing,
        owner: &OwnerRecords<'_>,
        interner: &mut Interner,
        lot: &mut LotDenial,
        report: Report<'_>,
    ) {
        let named = named(standing, span.shape);
        let nsec = owner.rrset(RType::NSEC);
        if self.plan.nsec {
            self.deny_by_nsec(span, standing, owner, interner, lot, report);
        } else if let Some(nsec) = nsec {
            report(self.on(owner, RType::NSEC, nsec.first_in_input(), Code::NsecSurplus));
        }
        if let Some(nsec3) = owner.rrset(RType::NSEC3) {
            self.take_nsec3(owner, nsec3, interner, lot, report);
        }
        if named != Named::Not && !self.plan.sets.is_empty() {
            lot.names.resize_with(self.plan.sets.len(), Vec::new);
            let rrsig = signatures_shown(owner, standing);
            let types = ExpectedTypes::new(shown(owner, standing), rrsig, interner);
            let id = NameId::of_owner(span.id());
            lot.wires.push(&owner.name);
            for names in &mut lot.names {
                names.push(HashedName { hash: [0; 20], id, named, types: types.clone() });
            }
        }
    }

    fn deny_by_nsec(
        &self,
        span: &OwnerSpan,
        standing: Standing,
        owner: &OwnerRecords<'_>,
        interner: &mut Interner,
        lot: &mut LotDenial,
        report: Report<'_>,
    ) {
        let required = named(standing, span.shape) != Named::Not;
        // What cannot be read is not there; the reader of zone files lets no such record through.
        let readable = |record: &&RrRef<'_>| Nsec::from_rdata(record.rdata).is_some();
        let records = owner.rrset(RType::NSEC).into_iter().flat_map(Rrset::distinct);
        let mut records = records.filter(readable);
        let Some(record) = records.next() else {
            if required {
                lot.push_nsec(span, &owner.name, NsecStep::Missing);
                let finding = Finding::new(Code::NsecMissing);
                report(Finding { owner: Some(owner.name), rtype: Some(RType::NSEC), ..finding });
            }
            return;
        };
        let Some(nsec) = Nsec::from_rdata(record.rdata) else { return };
        let on_record = |code| self.on(owner, RType::NSEC, record, code);
        let surplus = records.count();
        if surplus > 0 {
            let detail = Some(format!("{} records", surplus + 1));
            report(Finding { detail, ..on_record(Code::NsecSeveral) });
        }
        let link = NsecLink { next: nsec.next, place: record.position };
        if !required {
            lot.push_nsec(span, &owner.name, NsecStep::Surplus(link));
            report(on_record(Code::NsecSurplus));
            return;
        }
        lot.push_nsec(span, &owner.name, NsecStep::Link(link));
        let rrsig = match signatures_shown(owner, standing) {
            Presence::Must => Presence::Must,
            // The NSEC itself is to be signed.
            Presence::May | Presence::MustNot => Presence::May,
        };
        let expected = ExpectedTypes::new(shown(owner, standing), rrsig, interner);
        if let Some(difference) = expected.compare(nsec.types) {
            let codes = (Code::NsecTypeMissing, Code::NsecTypeSurplus);
            type_findings(&difference, standing == Standing::Delegation, codes, |code, detail| {
                report(Finding { detail: Some(detail), ..on_record(code) });
            });
        }
    }

    /// NSEC3 records are kept for their chain.
    fn take_nsec3(
        &self,
        owner: &OwnerRecords<'_>,
        rrset: Rrset<'_, '_>,
        interner: &mut Interner,
        lot: &mut LotDenial,
        report: Report<'_>,
    ) {
        lot.records.resize_with(self.plan.sets.len(), Vec::new);
        let below_apex = owner.name.parent().is_some_and(|parent| parent == *self.context.apex);
        let hash = owner.name.labels().next().filter(|_| below_apex).and_then(hash_of_label);
        for record in rrset.distinct() {
            let mut malformed = |what: &str| {
                let finding = self.on(owner, RType::NSEC3, record, Code::Nsec3Malformed);
                report(Finding { detail: Some(what.into()), ..finding });
            };
            let Some(nsec3) = Nsec3::from_rdata(record.rdata) else {
                malformed("the RDATA cannot be read");
                continue;
            };
            let parameters = &nsec3.parameters;
            let Some(set) = self.plan.sets.iter().position(|set| set.is(parameters)) else {
                if !self.plan.claims(parameters) {
                    let stray =
                        (parameters.algorithm, parameters.iterations, parameters.salt.to_vec());
                    let (count, first) = lot.strays.entry(stray).or_insert((0, record.position));
                    *count += 1;
                    *first = record.position.min(*first);
                }
                continue;
            };
            let Some(hash) = hash else {
                malformed("the owner is not a SHA-1 hash directly below the apex");
                continue;
            };
            if nsec3.next.len() != hash.len() {
                malformed(&format!("the next hash has {} octets and not 20", nsec3.next.len()));
            }
            if nsec3.flags & !Nsec3::OPT_OUT != 0 {
                let finding = self.on(owner, RType::NSEC3, record, Code::Nsec3UnknownFlags);
                report(Finding { detail: Some(format!("flags {}", nsec3.flags)), ..finding });
            }
            lot.records[set].push(Nsec3Step {
                hash,
                next: nsec3.next.try_into().ok(),
                opt_out: nsec3.is_opt_out(),
                types: interner.share(nsec3.types.as_wire()),
                place: record.position,
            });
        }
    }

    fn on(
        &self,
        owner: &OwnerRecords<'_>,
        rtype: RType,
        record: &RrRef<'_>,
        code: Code,
    ) -> Finding {
        Finding {
            owner: Some(owner.name),
            rtype: Some(rtype),
            place: Some(self.place(record.position)),
            ..Finding::new(code)
        }
    }

    fn name_of(&self, id: NameId) -> Name {
        name_of_key(id.key(&mut self.ordered.keys()))
    }

    fn name_of_owner(&self, owner: OwnerId) -> Name {
        name_of_key(self.ordered.keys().of(owner))
    }
}

fn name_of_key(key: &[u8]) -> Name {
    let mut wire = [0; MAX_NAME];
    // A sort key is only ever made from a name, so it gives one back.
    Name::from_wire(name_from_sort_key(key, &mut wire)).unwrap_or(Name::root())
}

/// A bitmap that differs is told by what it shows too much and too little. `report` is given the
/// code and the detail.
fn type_findings(
    difference: &Difference,
    at_delegation: bool,
    (missing, surplus): (Code, Code),
    mut report: impl FnMut(Code, String),
) {
    if !difference.missing.is_empty() {
        // RFC 6840 §4.4: without its NS bit a delegation is denied, not proven insecure. That is
        // told with the weight of what cannot be proven.
        let no_cut = at_delegation && difference.missing.contains(&RType::NS);
        let types = Difference::list(&difference.missing);
        report(if no_cut { surplus } else { missing }, format!("{types} not shown"));
    }
    if !difference.surplus.is_empty() {
        report(surplus, format!("{} shown", Difference::list(&difference.surplus)));
    }
}

/// A salt as zone files show it (RFC 5155 §3.3).
fn salt_text(salt: &[u8]) -> String {
    if salt.is_empty() {
        return "-".into();
    }
    salt.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Empty non-terminals that are hashed together.
const EMPTY_AT_ONCE: usize = 256;

/// The chains of a zone, as the lots bring them in canonical order.
pub(super) struct Chains {
    nsec: NsecWalk<OwnerId>,
    nsec_records: u64,
    names: Vec<Vec<HashedName<NameId>>>,
    records: Vec<Vec<Nsec3Step>>,
    strays: BTreeMap<Stray, (u64, Position)>,
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
    pub(super) fn finish(
        self,
        court: &Court<'_>,
        empty: EmptyNonTerminals<OwnerId>,
        report: Report<'_>,
    ) -> Vec<DenialFacts> {
        let mut facts = Vec::new();
        if court.plan.nsec {
            facts.push(DenialFacts::Nsec { records: self.nsec_records });
        }
        if let Some(broken) = self.nsec.finish(court.ordered.apex_key()) {
            report(court.nsec_broken(&broken));
        }
        let empty = empty.finish();
        let chains = court.plan.sets.iter().zip(self.names).zip(self.records);
        for ((set, mut names), mut records) in chains {
            names.par_extend(empty.par_chunks(EMPTY_AT_ONCE).flat_map_iter(|empty| {
                let mut wires = Wires::default();
                empty.iter().for_each(|empty| wires.push(&court.name_of(NameId::of_empty(empty))));
                empty.iter().zip(wires.hashes(set)).map(move |(empty, hash)| HashedName {
                    hash,
                    id: NameId::of_empty(empty),
                    named: empty.named,
                    types: ExpectedTypes::none(),
                })
            }));
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
        facts
    }
}

impl Court<'_> {
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
                type_findings(difference, name.types.are_of_a_cut(), codes, |code, types| {
                    let detail = Some(format!("of {}: {types}", self.name_of(name.id)));
                    report(Finding { detail, ..on_record(code, step) });
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
