//! Follows the keys of a trust point through the DNSKEY RRsets of the input (RFC 5011).

use crate::audit::rfc5011::{Change, Observation, SeenKey, TrustPoint, TrustSpan};
use crate::audit::zone::{Anchor, AnchorForm};
use crate::dns::{Class, Name};

use super::bag::RrsetId;
use super::verify::{Verified, Zone};

/// A trust point after the input, and how it got there.
#[derive(Debug)]
pub(super) struct Followed {
    /// Its state at the end.
    pub point: TrustPoint,
    /// What changed.
    pub changes: Vec<Change>,
    spans: Vec<TrustSpan>,
}

/// Advances a trust point over the input, which was seen between two times.
pub(super) fn follow(verified: &Verified, point: &TrustPoint, (_, end): (i64, i64)) -> Followed {
    let observations = observations(verified, &point.owner);
    let mut after = point.clone();
    let changes = after.advance(&observations, end);
    let spans = point.spans(&changes);
    Followed { point: after, changes, spans }
}

impl Followed {
    /// The anchors, each for the time in which its key is one.
    pub fn anchors(&self, origin: &str) -> impl Iterator<Item = Anchor> {
        self.spans.iter().map(|span| Anchor {
            owner: Some(self.point.owner),
            form: AnchorForm::Dnskey(span.rdata.clone()),
            origin: origin.to_owned(),
            valid_from: span.from,
            valid_until: span.until,
        })
    }
}

/// The DNSKEY RRsets of a zone, each at the times at which it was seen, in the order of the times. Of
/// times beyond 256 the first in each of as many spans is left, which can only delay a new key.
fn observations(verified: &Verified, owner: &Name) -> Vec<Observation> {
    let bag = &verified.bag;
    let Some(apex) = bag.find(owner) else { return Vec::new() };
    let Some(zone) = verified.zones.get(&apex) else { return Vec::new() };
    let mut seen: Vec<(i64, RrsetId)> = zone
        .dnskeys
        .iter()
        .filter(|&&rrset| bag.rrset(rrset).class == Class::IN)
        .flat_map(|&rrset| bag.dnskey_times(rrset).map(move |at| (at, rrset)))
        .collect();
    seen.sort_unstable();
    seen.into_iter().map(|(at, rrset)| observe(verified, zone, rrset, at)).collect()
}

fn observe(verified: &Verified, zone: &Zone, rrset: RrsetId, at: i64) -> Observation {
    let stored = verified.bag.rrset(rrset);
    let keys: Vec<_> = stored.records().map(|rdata| (rdata, zone.key_of(rdata))).collect();
    let (mut signers, mut original_ttl, mut expires) = (Vec::new(), 0, i64::MAX);
    for &signature in &stored.signatures {
        let checked = verified.checked(signature);
        if checked.signer != stored.owner {
            continue;
        }
        // Only a key in the set has a say in it: whoever holds another may sign what he likes.
        let inside = |key| keys.iter().any(|&(_, inside)| inside == Some(key));
        if let Some(key) = checked.key_at(at).filter(|&key| inside(key)) {
            signers.push(key);
            original_ttl = original_ttl.max(checked.original_ttl);
            expires = expires.min(checked.expiration.to_unix_near(at));
        }
    }
    let keys = keys.into_iter().map(|(rdata, key)| SeenKey {
        rdata: rdata.to_vec(),
        signs: key.is_some_and(|key| signers.contains(&key)),
        usable: key.is_some_and(|key| zone.usability.secures(key)),
    });
    Observation { at, keys: keys.collect(), original_ttl, expires }
}
