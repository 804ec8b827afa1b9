//! Judges what a response says is not there: names, types, what is closer than a wildcard, and the DS of a
//! delegation.

use std::rc::Rc;

use crate::audit::findings::Code;
use crate::dns::denial::{Nsec, Nsec3, hash_of_label};
use crate::dns::{Name, RType};

use super::bag::{RrsetId, SignatureId};
use super::proof::{Absence, Bounds, Evidence, Proof};
use super::response::Response;
use super::status::{Judgement, Reason, Status};
use super::trust::{Judge, Trust};
use super::verify::Verified;

impl<'v> Judge<'v> {
    /// Whether an RRset that was made from a wildcard may have been (RFC 4035 §5.3.4), in an answer for a
    /// name at or below it.
    pub fn expansion(
        &mut self,
        response: &Response,
        name: &Name,
        owner: &Name,
        signature: SignatureId,
        zone: &Trust,
    ) -> Judgement {
        let Some(wildcard) = self.verified.wildcard(signature) else { return Judgement::SECURE };
        let encloser = wildcard.parent().unwrap_or(Name::root());
        let signed = self.verified.bag.signature(signature).rrset;
        let stored_type = self.verified.bag.rrset(signed).rtype;
        if stored_type == RType::DNAME && name != owner {
            // What a DNAME made from a wildcard would mean for the names below is not defined
            // (RFC 6672 §3.3); validators reject it.
            let reason = Reason {
                detail: Some("a DNAME made from a wildcard".into()),
                ..Reason::new(Code::WildcardUnproven, *owner, RType::DNAME)
            };
            return Judgement::new(Status::Bogus, reason);
        }
        let held = self.held_evidence(response, &zone.apex);
        let evidence = self.evidence(&held, &zone.apex);
        let iterations = self.how.limits.nsec3_iterations;
        let mut hashes = std::mem::take(&mut self.hashes);
        let mut bounds = Bounds::new(iterations, &mut hashes);
        let proof = evidence.admits_wildcard(owner, &encloser, &mut bounds);
        let reached = bounds.are_reached();
        self.hashes = hashes;
        judge_proof(proof, Code::WildcardUnproven, *owner, None, &zone.apex, reached)
    }

    /// Whether a response to a question for `asked` proves that something does not exist; and the zone in
    /// which.
    pub fn absence(
        &mut self,
        response: &Response,
        name: &Name,
        absence: Absence,
        asked: RType,
    ) -> (Judgement, Name) {
        let rtype = match absence {
            Absence::Type(rtype) => Some(rtype),
            Absence::Name => None,
        };
        // The SOA says whose denial it is (RFC 2308 §3).
        if let Some(soa) = self.soa(response) {
            let owner = self.owner(soa);
            let judged = self.rrset(soa, response.signatures_wanted);
            let status = judged.judgement.status;
            // The zone below a delegation has no say in its DS (RFC 4035 §3.1.4.1). Where it is secure its
            // proof shows from where it is.
            let is_below = asked == RType::DS && owner == *name && status != Status::Secure;
            let is_elsewhere = is_below || !name.is_at_or_below(&owner);
            if is_elsewhere || status == Status::Insecure {
                return self.denied_elsewhere(response, name, rtype, asked, &owner);
            }
            if status != Status::Secure {
                return (judged.judgement, judged.zone.apex);
            }
            let proof = self.proof(response, name, absence, rtype, &owner);
            if proof.status == Status::Bogus
                && let Some(zone) = self.unsigned_below(name, asked, &owner)
            {
                return (zone.judgement.clone(), zone.apex);
            }
            return (proof, owner);
        }
        // Without one the zone is the one that signs the proofs, or the one the name lies in.
        let bag = &self.verified.bag;
        let signer = bag.held(&response.authority).find_map(|held| {
            let rtype = self.verified.bag.rrset(held.rrset).rtype;
            let is_proof = matches!(rtype, RType::NSEC | RType::NSEC3);
            let signature = held.signatures.first().filter(|_| is_proof)?;
            Some(self.verified.bag.name(self.verified.checked(*signature).signer))
        });
        let at = signer.filter(|signer| name.is_at_or_below(signer)).unwrap_or(*name);
        let at = match rtype {
            Some(RType::DS) if at == *name => name.parent().unwrap_or(Name::root()),
            _ => at,
        };
        let (unprovable, apex) = self.unprovable(response, name, rtype, &at);
        (unprovable.unwrap_or_else(|| self.proof(response, name, absence, rtype, &apex)), apex)
    }

    /// What becomes of a denial in the zone at a name, if a response cannot be held to a proof there; and the
    /// apex of that zone.
    fn unprovable(
        &mut self,
        response: &Response,
        denied: &Name,
        rtype: Option<RType>,
        at: &Name,
    ) -> (Option<Judgement>, Name) {
        let position = self.position(at);
        let apex = position.zone.apex;
        if position.zone.judgement.status != Status::Secure {
            return (Some(position.zone.judgement.clone()), apex);
        }
        let reason = match position.unknown {
            Some(unknown) => Reason::new(Code::ChainDsNeeded, unknown, RType::DS),
            None if !response.signatures_wanted => {
                Reason::new(Code::ChainSignaturesNeeded, *denied, rtype)
            }
            None => return (None, apex),
        };
        (Some(Judgement::new(Status::Indeterminate, reason)), apex)
    }

    /// What becomes of a denial with the SOA of a zone that is not the name's, or is not signed: where the
    /// name lies in a signed one it proves nothing, whatever becomes of the SOA.
    fn denied_elsewhere(
        &mut self,
        response: &Response,
        name: &Name,
        rtype: Option<RType>,
        asked: RType,
        soa: &Name,
    ) -> (Judgement, Name) {
        let at = asked_of(name, asked);
        let (unprovable, apex) = self.unprovable(response, name, rtype, &at);
        let reason = Reason {
            detail: Some(format!("the SOA is that of {soa}")),
            ..Reason::new(Code::DenialUnproven, *name, rtype)
        };
        (unprovable.unwrap_or_else(|| Judgement::new(Status::Bogus, reason)), apex)
    }

    /// The zone that an RRset would lie in, where a delegation below a signed zone leads to it that is proven
    /// to have no DS: whatever the servers of the zone above say of what is below it, nothing is signed there.
    fn unsigned_below(&mut self, name: &Name, rtype: RType, signed: &Name) -> Option<Rc<Trust>> {
        let zone = self.position(&asked_of(name, rtype)).zone;
        let reason = zone.judgement.reason.as_ref()?;
        // With opt-out there need be no delegation, and then the name is the signed zone's.
        let is_unsigned = zone.judgement.status == Status::Insecure
            && reason.code != Code::DelegationOptOut
            && zone.apex != *signed;
        is_unsigned.then_some(zone)
    }

    fn proof(
        &mut self,
        response: &Response,
        name: &Name,
        absence: Absence,
        rtype: Option<RType>,
        apex: &Name,
    ) -> Judgement {
        let held = self.held_evidence(response, apex);
        let evidence = self.evidence(&held, apex);
        let iterations = self.how.limits.nsec3_iterations;
        let mut hashes = std::mem::take(&mut self.hashes);
        let mut bounds = Bounds::new(iterations, &mut hashes);
        let proof = match evidence.is_empty() {
            true => Proof::Lacking("it has no NSEC or NSEC3 record that counts".into()),
            false => evidence.denies(name, absence, apex, &mut bounds),
        };
        let reached = bounds.are_reached();
        self.hashes = hashes;
        judge_proof(proof, Code::DenialUnproven, *name, rtype, apex, reached)
    }

    /// A referral is as good as what it says of the delegation (RFC 4035 §5.2).
    pub fn referral(&mut self, response: &Response) -> (Judgement, Name) {
        let bag = &self.verified.bag;
        let delegated = bag.held(&response.authority).find_map(|held| {
            let stored = self.verified.bag.rrset(held.rrset);
            (stored.rtype == RType::NS).then(|| self.verified.bag.name(stored.owner))
        });
        let name = delegated.unwrap_or(Name::root());
        if let Some(ds) = self.find(&response.authority, &name, RType::DS) {
            let judged = self.rrset(ds, response.signatures_wanted);
            return (judged.judgement, judged.zone.apex);
        }
        let (judgement, apex) = self.absence(response, &name, Absence::Type(RType::DS), RType::DS);
        if judgement.status == Status::Secure {
            // What is proven is that the zone below is not signed.
            let reason = Reason::new(Code::DelegationInsecure, name, RType::DS);
            return (Judgement::new(Status::Insecure, reason), apex);
        }
        (judgement, apex)
    }

    /// The NSEC and NSEC3 RRsets of a response that a zone has signed under their own name.
    fn held_evidence(&mut self, response: &Response, apex: &Name) -> Vec<RrsetId> {
        let mut found = Vec::new();
        for held in self.verified.bag.held(&response.authority) {
            let stored = self.verified.bag.rrset(held.rrset);
            if !matches!(stored.rtype, RType::NSEC | RType::NSEC3) {
                continue;
            }
            let owner = self.verified.bag.name(stored.owner);
            let judged = self.rrset(held, true);
            let whole = judged.signature.is_some_and(|signature| {
                self.verified.checked(signature).labels == owner.rrsig_labels()
            });
            if judged.judgement.status == Status::Secure && judged.zone.apex == *apex && whole {
                found.push(held.rrset);
            }
        }
        found
    }

    fn evidence(&self, rrsets: &[RrsetId], apex: &Name) -> Evidence<'v> {
        let verified: &'v Verified = self.verified;
        let mut evidence = Evidence::default();
        for &id in rrsets {
            let stored = verified.bag.rrset(id);
            let owner = verified.bag.name(stored.owner);
            if stored.rtype == RType::NSEC {
                // What leads out of the zone is not for this zone to deny.
                let records = stored.records().filter_map(Nsec::from_rdata);
                let records = records.filter(|nsec| nsec.next.is_at_or_below(apex));
                evidence.nsec.extend(records.map(|nsec| (owner, nsec)));
            } else if let Some(hash) = owner.labels().next().and_then(hash_of_label) {
                let records = stored.records().filter_map(Nsec3::from_rdata);
                // RFC 5155 §8.1, §8.2: unknown algorithms and flags are left aside.
                let known = records.filter(|nsec3| {
                    nsec3.parameters.algorithm == 1 && nsec3.flags & !Nsec3::OPT_OUT == 0
                });
                evidence.nsec3.extend(known.map(|nsec3| (hash, nsec3)));
            }
        }
        // RFC 5155 §8.2: records of two chains prove nothing together.
        let first = evidence.nsec3.first().map(|(_, nsec3)| nsec3.parameters);
        if evidence.nsec3.iter().any(|(_, nsec3)| Some(nsec3.parameters) != first) {
            evidence.nsec3.clear();
        }
        evidence
    }
}

/// Where the zone lies whose servers are asked for a type at a name: above a delegation for its DS
/// (RFC 4035 §3.1.4.1), below it for all else.
fn asked_of(name: &Name, rtype: RType) -> Name {
    name.parent().filter(|_| rtype == RType::DS).unwrap_or(*name)
}

/// What a proof makes of what it should prove.
fn judge_proof(
    proof: Proof,
    code: Code,
    name: Name,
    rtype: Option<RType>,
    apex: &Name,
    reached: bool,
) -> Judgement {
    match proof {
        Proof::Proven => Judgement::SECURE,
        Proof::OptOut => {
            Judgement::new(Status::Insecure, Reason::new(Code::DelegationOptOut, name, rtype))
        }
        Proof::Lacking(_) if reached => {
            let reason = Reason::new(Code::ResponseTooMuchHashing, name, rtype);
            Judgement::new(Status::Indeterminate, reason)
        }
        Proof::Lacking(detail) => {
            let reason = Reason { detail: Some(detail), ..Reason::new(code, name, rtype) };
            Judgement::new(Status::Bogus, reason)
        }
        Proof::TooManyIterations(iterations) => {
            let reason = Reason {
                detail: Some(format!("{iterations} iterations")),
                ..Reason::new(Code::Nsec3IterationsTooMany, *apex, RType::NSEC3)
            };
            Judgement::new(Status::Insecure, reason)
        }
    }
}
