//! Brings the names of the zone and the records of its chains to the rules of
//! [`audit::denial`](crate::audit::denial), and turns what they say into findings.

use std::collections::BTreeMap;

use crate::audit::denial::{
    ExpectedTypes, Hash, HashedName, Interner, Named, Nsec3Step, NsecLink, NsecStep, ParameterSet,
    Plan, Presence,
};
use crate::audit::findings::{Code, Finding, Severity};
use crate::crypto::nsec3_hashes;
use crate::dns::canonical::append_sort_key;
use crate::dns::denial::{Nsec, Nsec3, hash_of_label};
use crate::dns::{Name, RType};
use crate::rrset::{
    HashedOwners, OwnerId, OwnerRecords, OwnerSpan, Position, RrRef, Rrset, Shape, TypeMask,
};

use super::chains::{Checked, NameId, type_findings};
use super::judge::Court;
use super::standing::Standing;

/// What a lot leaves for the walk along the chains.
#[derive(Debug, Default)]
pub(super) struct LotDenial {
    pub nsec: Vec<(OwnerId, NsecStep)>,
    /// The sort keys of those owners, one behind the other, and where each ends.
    pub nsec_keys: (Vec<u8>, Vec<usize>),
    /// For each NSEC3 chain the names, once the lot is [`hashed`](Self::hash).
    pub names: Vec<Vec<HashedName<NameId>>>,
    /// What is to be hashed for each of them: their wire forms, one behind the other.
    wires: Wires,
    /// For each NSEC3 chain its records.
    pub records: Vec<Vec<Nsec3Step>>,
    pub strays: BTreeMap<Stray, (u64, Position)>,
    pub checked: Checked,
}
impl LotDenial {
    fn push_nsec(&mut self, span: &OwnerSpan, name: &Name, step: NsecStep) {
        self.nsec.push((span.id(), step));
        append_sort_key(name.as_wire(), &mut self.nsec_keys.0);
        self.nsec_keys.1.push(self.nsec_keys.0.len());
    }

    /// Hashes the names of the lot, all together, for each chain. `owners` is the only chain, when it
    /// is known beforehand: then names and records are checked at once.
    pub(super) fn hash(&mut self, plan: &Plan, owners: Option<&HashedOwners>) {
        let wires = std::mem::take(&mut self.wires);
        for (set, names) in plan.sets.iter().zip(&mut self.names) {
            for (name, hash) in names.iter_mut().zip(wires.hashes(set)) {
                name.hash = hash;
            }
            if let Some(owners) = owners {
                for names in names.chunks(HashedOwners::FETCHED_AT_ONCE) {
                    owners.fetch(names.iter().map(|name| &name.hash));
                    names.iter().for_each(|name| self.checked.hashed_name(name, owners));
                }
                names.clear();
            }
        }
        if let (Some(owners), Some(records)) = (owners, self.records.first_mut()) {
            let mut near = 0;
            records.drain(..).for_each(|record| self.checked.record(&record, owners, &mut near));
        }
    }
}
/// Names in wire form, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Wires {
    octets: Vec<u8>,
    ends: Vec<usize>,
}

impl Wires {
    pub(super) fn push(&mut self, name: &Name) {
        self.octets.extend_from_slice(name.as_wire());
        self.ends.push(self.octets.len());
    }

    /// Their hashes, in their order.
    pub(super) fn hashes(&self, set: &ParameterSet) -> Vec<Hash> {
        let starts = std::iter::once(&0).chain(&self.ends);
        let names: Vec<_> =
            starts.zip(&self.ends).map(|(&start, &end)| &self.octets[start..end]).collect();
        nsec3_hashes(&names, set.iterations, &set.salt)
    }
}
/// Hash algorithm, iterations and salt of records that belong to no chain that the zone claims.
pub(super) type Stray = (u8, u16, Vec<u8>);
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

/// What a bitmap must show of an owner.
fn expected(
    owner: &OwnerRecords<'_>,
    standing: Standing,
    rrsig: Presence,
    interner: &mut Interner,
) -> ExpectedTypes {
    // The same as bits, which is what nearly all types have.
    let bits = match standing {
        Standing::Authoritative => owner.types().without(NEVER_SHOWN).bits(),
        Standing::Delegation => owner.types().intersection(SHOWN_AT_CUT).bits(),
        _ => None,
    };
    let types = match bits {
        Some(bits) => ExpectedTypes::of_bits(bits, rrsig, interner),
        None => ExpectedTypes::new(shown(owner, standing), rrsig, interner),
    };
    // A delegation's KEY was the parent's (RFC 2535 §2.3.4), and is nobody's now: BIND shows it with
    // its NSEC, the others do not, and no validator minds.
    match standing == Standing::Delegation && owner.rrset(RType::KEY).is_some() {
        true => types.with_key(),
        false => types,
    }
}

/// Types that [`shown`] leaves out.
const NEVER_SHOWN: TypeMask = TypeMask::of(&[RType::NSEC3, RType::RRSIG]);

/// Types that [`shown`] has at a delegation.
const SHOWN_AT_CUT: TypeMask = TypeMask::of(&[RType::NS, RType::DS, RType::NSEC]);

fn signatures_shown(owner: &OwnerRecords<'_>, standing: Standing) -> Presence {
    if !owner.types().may_have(RType::RRSIG) {
        let unsigned = shown(owner, standing).any(|rtype| standing.is_signed(rtype));
        return if unsigned { Presence::May } else { Presence::MustNot };
    }
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
            let types = expected(owner, standing, rrsig, interner);
            let id = NameId::of_owner(span.id());
            lot.wires.push(&owner.name);
            if let Some((last, others)) = lot.names.split_last_mut() {
                for names in others {
                    names.push(HashedName { hash: [0; 20], id, named, types: types.clone() });
                }
                last.push(HashedName { hash: [0; 20], id, named, types });
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
        let expected = expected(owner, standing, rrsig, interner);
        if let Some(difference) = expected.compare(nsec.types) {
            let codes = (Code::NsecTypeMissing, Code::NsecTypeSurplus);
            let at_delegation = standing == Standing::Delegation;
            type_findings(&difference, at_delegation, codes, |code, severity, detail| {
                report(Finding { severity, detail: Some(detail), ..on_record(code) });
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
}
