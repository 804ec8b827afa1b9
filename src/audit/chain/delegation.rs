//! What a secure zone says of a name below its apex: that a zone with keys begins there, one without,
//! or none (RFC 4035 §5.2, RFC 5155 §8.9).

use std::ops::Bound;

use crate::audit::findings::Code;
use crate::dns::canonical::sort_key;
use crate::dns::denial::{Nsec, Nsec3};
use crate::dns::{Name, RType};
use crate::engine::KeyIndex;

use super::bag::{NameId, RrsetId, SignatureId};
use super::denial::{covers_hash, covers_name};
use super::status::Reason;
use super::trust::{Judge, Trust};
use super::verify::Zone;

/// What is said of a name by the zone above.
pub(super) enum Delegation {
    /// A zone with keys begins there, by these DS RRsets and a signature over each: more than one while
    /// the parent changes them (RFC 6781 §4.1.2).
    Signed(Vec<(RrsetId, SignatureId)>),
    /// It ought to, but its DS cannot be trusted.
    Broken(Reason),
    /// A zone without keys begins there.
    Unsigned(Reason),
    /// No zone begins there, nor at names above it in the zone: something at or below is the zone's.
    None,
    /// No zone begins there, for the name does not exist.
    NotHere,
    /// Nothing is said.
    Unknown,
}

impl Judge<'_> {
    /// What a secure zone says of a name below its apex.
    pub(super) fn delegation(&mut self, name: &Name, zone: &Trust) -> Delegation {
        let verified = self.verified;
        let Some(apex) = verified.bag.find(&zone.apex) else { return Delegation::Unknown };
        let Some(signer) = verified.zones.get(&apex) else { return Delegation::Unknown };
        let (mut fault, mut secure) = (None, Vec::new());
        let seen = verified.bag.find(name).map_or(&[][..], |id| verified.ds(id));
        for &rrset in seen {
            match self.secured_by(rrset, apex, zone) {
                Some(Ok(signature)) => secure.push((rrset, signature)),
                Some(Err(one)) => fault = Some(one),
                None => {}
            }
        }
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
        if let Some(found) = self.nsec_on(name, &key, apex, signer, zone) {
            return found;
        }
        if let Some(found) = self.nsec3_on(name, apex, signer, zone) {
            return found;
        }
        match fault {
            Some((code, detail)) => {
                Delegation::Broken(Reason { detail, ..Reason::new(code, *name, RType::DS) })
            }
            None if verified.bag.is_denied(name, RType::DS) => {
                let detail =
                    Some("a response says that there is none, and nothing proves it".into());
                let reason = Reason::new(Code::DenialUnproven, *name, RType::DS);
                Delegation::Broken(Reason { detail, ..reason })
            }
            None => Delegation::Unknown,
        }
    }

    fn nsec_on(
        &self,
        name: &Name,
        key: &[u8],
        apex: NameId,
        signer: &Zone,
        zone: &Trust,
    ) -> Option<Delegation> {
        let bag = &self.verified.bag;
        let secure = |id: &&RrsetId| matches!(self.secured_by(**id, apex, zone), Some(Ok(_)));
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
                    return Some(Delegation::Unsigned(reason));
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

    fn nsec3_on(
        &mut self,
        name: &Name,
        apex: NameId,
        signer: &Zone,
        zone: &Trust,
    ) -> Option<Delegation> {
        for ((iterations, salt), chain) in &signer.nsec3 {
            if *iterations > self.how.limits.nsec3_iterations {
                let secure = |id: &RrsetId| matches!(self.secured_by(*id, apex, zone), Some(Ok(_)));
                if !chain.values().flatten().any(secure) {
                    continue;
                }
                let reason = Reason {
                    detail: Some(format!("{iterations} iterations")),
                    ..Reason::new(Code::Nsec3IterationsTooMany, zone.apex, RType::NSEC3)
                };
                return Some(Delegation::Unsigned(reason));
            }
            let hash = self.hashes.of(name, *iterations, salt);
            let bag = &self.verified.bag;
            let secure = |id: &&RrsetId| matches!(self.secured_by(**id, apex, zone), Some(Ok(_)));
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
                        return Some(Delegation::Unsigned(reason));
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
                    if !nsec3.is_opt_out() {
                        return Some(Delegation::NotHere);
                    }
                    // The name above exists, or is itself hidden: with opt-out in between, a
                    // delegation may be here and would be insecure (RFC 5155 §6).
                    let reason = Reason::new(Code::DelegationOptOut, *name, RType::DS);
                    return Some(Delegation::Unsigned(reason));
                }
            }
        }
        None
    }
}
