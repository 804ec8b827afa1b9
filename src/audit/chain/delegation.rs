//! What a secure zone says of a name below its apex: that a zone with keys begins there, one without,
//! or none (RFC 4035 §5.2, RFC 5155 §8.9).

use std::ops::Bound;

use crate::audit::findings::Code;
use crate::dns::canonical::sort_key;
use crate::dns::denial::{Nsec, Nsec3};
use crate::dns::{Name, RType};
use crate::engine::KeyIndex;

use super::bag::{NameId, RrsetId, SignatureId};
use super::faults::{Faults, Told, signed_for_another_time};
use super::proof::{covers_hash, covers_name};
use super::status::{Judgement, Reason, Status};
use super::trust::{Judge, Trust};
use super::verify::Zone;

/// What is said of a name by the zone above.
pub(super) enum Delegation {
    /// A zone with keys begins there, by these DS RRsets and a signature over each: more than one while
    /// the parent changes them (RFC 6781 §4.1.2).
    Signed(Vec<(RrsetId, SignatureId)>),
    /// Trust ends there: a zone without keys begins, or its DS cannot be trusted, or that is not told.
    Ended(Box<Judgement>),
    /// No zone begins there, nor at names above it in the zone: something at or below is the zone's.
    None,
    /// No zone begins there, for the name does not exist.
    NotHere,
    /// Nothing is said.
    Unknown,
}

/// A zone that speaks of what is below it.
#[derive(Clone, Copy)]
struct Speaker<'z> {
    apex: NameId,
    signer: &'z Zone,
    zone: &'z Trust,
    /// Whether it is asked what it said at other times, too, when that was all that was seen.
    lapsed: bool,
}

fn ended(status: Status, reason: Reason) -> Delegation {
    Delegation::Ended(Box::new(Judgement::new(status, reason)))
}

fn unsigned(reason: Reason) -> Delegation {
    ended(Status::Insecure, reason)
}

impl Judge<'_> {
    /// What a secure zone says of a name below its apex.
    pub(super) fn delegation(&mut self, name: &Name, zone: &Trust) -> Delegation {
        let verified = self.verified;
        let Some(apex) = verified.bag.find(&zone.apex) else { return Delegation::Unknown };
        let Some(signer) = verified.zones.get(&apex) else { return Delegation::Unknown };
        let mut faults = Faults::default();
        let seen = verified.bag.find(name).map_or(&[][..], |id| verified.ds(id)).iter();
        let secure: Vec<_> = seen
            .filter_map(|&rrset| Some((rrset, self.secured_by(rrset, apex, zone, &mut faults)?)))
            .collect();
        if !secure.is_empty() {
            return Delegation::Signed(secure);
        }
        let key = sort_key(name);
        let signs_below = |trusted: &KeyIndex| {
            let owners = signer.signed.get(trusted);
            let below = owners.and_then(|owners| owners.range(key.clone()..).next());
            below.is_some_and(|owner| owner.starts_with(&key))
        };
        if zone.keys.iter().any(signs_below) {
            return Delegation::None;
        }
        let speaker = Speaker { apex, signer, zone, lapsed: false };
        if let Some(found) = self.denial_of(name, &key, &speaker) {
            return found;
        }
        let reason = |code, detail| Reason { detail, ..Reason::new(code, *name, RType::DS) };
        let unseen = |reason| ended(Status::Indeterminate, reason);
        let broken = |reason| ended(Status::Bogus, reason);
        match self.weigh(&faults) {
            Some(Told::Rejected((code, detail))) => return broken(reason(code, detail)),
            Some(Told::Unseen((code @ Code::ChainDnskeyNeeded, detail))) => {
                return unseen(Reason { detail, ..Reason::new(code, zone.apex, RType::DNSKEY) });
            }
            Some(Told::Unseen(fault)) => {
                return unseen(reason(Code::ChainDsNeeded, signed_for_another_time(fault)));
            }
            None if !verified.bag.is_denied(name, RType::DS) => return Delegation::Unknown,
            None => {}
        }
        // Whoever asked for the DS was told that there is none. A proof may have come with it, and been
        // good then.
        let lapsed = Speaker { lapsed: true, ..speaker };
        if self.denial_of(name, &key, &lapsed).is_some() {
            let detail = "the proof that there is none is signed for another time";
            return unseen(reason(Code::ChainDsNeeded, Some(detail.into())));
        }
        let detail = "a response says that there is none, and nothing proves it";
        broken(reason(Code::DenialUnproven, Some(detail.into())))
    }

    /// What the NSEC and NSEC3 records of a zone say of a name.
    fn denial_of(&mut self, name: &Name, key: &[u8], speaker: &Speaker<'_>) -> Option<Delegation> {
        let by_nsec = self.nsec_on(name, key, speaker);
        by_nsec.or_else(|| self.nsec3_on(name, speaker))
    }

    /// Whether an RRset may speak for its zone.
    fn speaks(&self, rrset: RrsetId, speaker: &Speaker<'_>) -> bool {
        let mut faults = Faults::default();
        let secured = self.secured_by(rrset, speaker.apex, speaker.zone, &mut faults).is_some();
        secured || speaker.lapsed && matches!(self.weigh(&faults), Some(Told::Unseen(_)))
    }

    fn nsec_on(&self, name: &Name, key: &[u8], speaker: &Speaker<'_>) -> Option<Delegation> {
        let bag = &self.verified.bag;
        let &Speaker { signer, zone, .. } = speaker;
        let secure = |id: &&RrsetId| self.speaks(**id, speaker);
        let here = signer.nsec.get(key).into_iter().flatten();
        for &id in here.filter(secure) {
            for nsec in bag.rrset(id).records().filter_map(Nsec::from_rdata) {
                let has = |rtype| nsec.types.contains(rtype);
                if has(RType::SOA) && !name.is_root() {
                    continue; // of the zone that begins here
                }
                if !has(RType::NS) {
                    return Some(Delegation::None);
                }
                if !has(RType::DS) {
                    let reason = Reason::new(Code::DelegationInsecure, *name, RType::DS);
                    return Some(unsigned(reason));
                }
            }
        }
        // The record before the name may deny it: then nothing is delegated there.
        let (_, before) =
            signer.nsec.range::<[u8], _>((Bound::Unbounded, Bound::Excluded(key))).next_back()?;
        for &id in before.iter().filter(secure) {
            let stored = bag.rrset(id);
            let owner = bag.name(stored.owner);
            for nsec in stored.records().filter_map(Nsec::from_rdata) {
                let cut = nsec.types.contains(RType::NS) && !nsec.types.contains(RType::SOA);
                let inside = nsec.next.is_at_or_below(&zone.apex);
                if inside
                    && covers_name(&owner, &nsec.next, name)
                    && !(cut && name.is_at_or_below(&owner))
                {
                    return Some(Delegation::NotHere);
                }
            }
        }
        None
    }

    fn nsec3_on(&mut self, name: &Name, speaker: &Speaker<'_>) -> Option<Delegation> {
        let &Speaker { signer, zone, .. } = speaker;
        for ((iterations, salt), chain) in &signer.nsec3 {
            if *iterations > self.how.limits.nsec3_iterations {
                if !chain.values().flatten().any(|&id| self.speaks(id, speaker)) {
                    continue;
                }
                let reason = Reason {
                    detail: Some(format!("{iterations} iterations")),
                    ..Reason::new(Code::Nsec3IterationsTooMany, zone.apex, RType::NSEC3)
                };
                return Some(unsigned(reason));
            }
            let hash = self.hashes.of(name, *iterations, salt);
            let bag = &self.verified.bag;
            let secure = |id: &&RrsetId| self.speaks(**id, speaker);
            for &id in chain.get(&hash).into_iter().flatten().filter(secure) {
                for nsec3 in bag.rrset(id).records().filter_map(Nsec3::from_rdata) {
                    let has = |rtype| nsec3.types.contains(rtype);
                    if has(RType::SOA) && !name.is_root() {
                        continue;
                    }
                    if !has(RType::NS) {
                        return Some(Delegation::None);
                    }
                    if !has(RType::DS) {
                        let reason = Reason::new(Code::DelegationInsecure, *name, RType::DS);
                        return Some(unsigned(reason));
                    }
                }
            }
            let before = chain.range(..hash).next_back().or_else(|| chain.iter().next_back());
            let Some((owner, ids)) = before else { continue };
            for &id in ids.iter().filter(secure) {
                for nsec3 in bag.rrset(id).records().filter_map(Nsec3::from_rdata) {
                    if !covers_hash(owner, nsec3.next, &hash) {
                        continue;
                    }
                    if !nsec3.is_opt_out() || self.is_below_dname(name, speaker) {
                        return Some(Delegation::NotHere);
                    }
                    // The name above exists, or is itself hidden: with opt-out in between, a
                    // delegation may be here and would be insecure (RFC 5155 §6).
                    let reason = Reason::new(Code::DelegationOptOut, *name, RType::DS);
                    return Some(unsigned(reason));
                }
            }
        }
        None
    }

    /// Whether a zone is known to have a DNAME above a name, by that itself or by an NSEC3 record: then
    /// nothing is delegated below (RFC 6672 §2.4).
    fn is_below_dname(&mut self, name: &Name, speaker: &Speaker<'_>) -> bool {
        let &Speaker { signer, zone, .. } = speaker;
        let mut above = name.parent();
        while let Some(owner) = above.filter(|owner| owner.is_at_or_below(&zone.apex)) {
            let key = sort_key(&owner);
            let signs =
                |trusted| signer.renamed.get(trusted).is_some_and(|owners| owners.contains(&key));
            if zone.keys.iter().any(signs) || self.shows_dname(&owner, speaker) {
                return true;
            }
            above = owner.parent();
        }
        false
    }

    /// Whether an NSEC3 record shows a DNAME at a name.
    fn shows_dname(&mut self, owner: &Name, speaker: &Speaker<'_>) -> bool {
        let bag = &self.verified.bag;
        let most = self.how.limits.nsec3_iterations;
        let chains = speaker.signer.nsec3.iter().filter(|((iterations, _), _)| *iterations <= most);
        chains.into_iter().any(|((iterations, salt), chain)| {
            let hash = self.hashes.of(owner, *iterations, salt);
            let mut here = chain.get(&hash).into_iter().flatten();
            here.any(|&id| {
                let mut records = bag.rrset(id).records().filter_map(Nsec3::from_rdata);
                records.any(|nsec3| nsec3.types.contains(RType::DNAME)) && self.speaks(id, speaker)
            })
        })
    }
}
