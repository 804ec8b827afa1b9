//! Tells signatures one by one.

use crate::audit::rrsig::fault_at;
use crate::audit::zone::summary::Expiry;

use super::Event;
use super::bag::StoredSignature;
use super::court::{Court, Telling};
use super::summary::SignatureRow;
use super::verify::Checked;

impl Court<'_> {
    /// Tells every distinct signature that [`Summary::signatures`](super::Summary::signatures) counts,
    /// in the order in which they were seen first. Where nothing says when, times are read near `near`.
    pub(super) fn tell_signatures(&self, near: i64, out: &mut Telling<'_>) {
        for (id, stored) in self.verified.bag.signatures() {
            let checked = self.verified.checked(id);
            if !self.verified.counts_for_nothing(stored.rrset, checked) {
                (out.on_event)(Event::Signature(self.signature_row(stored, checked, near)));
            }
        }
    }

    /// The earliest expiration of a signature that holds and was valid when it was seen last; of those
    /// that expire together, that of the first name and type.
    pub(super) fn next_expiry(&self) -> Option<Expiry> {
        let bag = &self.verified.bag;
        let mut first: Option<Expiry> = None;
        for (id, stored) in bag.signatures() {
            let checked = self.verified.checked(id);
            let Some(seen) = stored.times.filter(|_| checked.outcome.is_ok()) else { continue };
            let at = checked.expiration.to_unix_near(seen.last);
            let is_late = first.as_ref().is_some_and(|first| first.at < at);
            if is_late || fault_at(checked.inception, checked.expiration, seen.last).is_some() {
                continue;
            }
            let rrset = bag.rrset(stored.rrset);
            let (owner, rtype) = (bag.name(rrset.owner), rrset.rtype);
            let next = Expiry { at, owner, rtype, key: checked.key };
            let order = |expiry: &Expiry| (expiry.at, expiry.owner, expiry.rtype, expiry.key);
            if first.as_ref().is_none_or(|first| order(&next) < order(first)) {
                first = Some(next);
            }
        }
        first
    }

    fn signature_row(
        &self,
        stored: &StoredSignature,
        checked: &Checked,
        near: i64,
    ) -> SignatureRow {
        let bag = &self.verified.bag;
        let rrset = bag.rrset(stored.rrset);
        let at = self.config.at.or(stored.times.map(|seen| seen.first));
        let lapsed = at.and_then(|at| fault_at(checked.inception, checked.expiration, at));
        let fault = match &checked.outcome {
            Ok(_) => lapsed.map(|(code, _)| code),
            Err((code, _)) => Some(*code),
        };
        let table = self.verified.zones.get(&checked.signer).map(|zone| &zone.table);
        let key = checked.outcome.as_ref().ok().copied().or(checked.revokes);
        let by = match key {
            Some(key) => table.map(|table| table.get(key)),
            None if checked.was_computed() => table.and_then(|table| {
                let named = table.matching(checked.key.algorithm, checked.key.tag).first();
                named.map(|&key| table.get(key))
            }),
            None => None,
        };
        let near = at.unwrap_or(near);
        SignatureRow {
            owner: bag.name(rrset.owner),
            rtype: rrset.rtype,
            signer: bag.name(stored.signer),
            key: checked.key,
            labels: checked.labels,
            original_ttl: checked.original_ttl,
            inception: checked.inception.to_unix_near(near),
            expiration: checked.expiration.to_unix_near(near),
            holds: checked.outcome.is_ok().then(|| by.map(|key| key.dnskey().flags)).flatten(),
            backend: by.and_then(|key| key.prepared()).map(|form| form.backend),
            at,
            valid: fault.is_none(),
            code: fault,
            count: stored.seen,
            seen: stored.times,
        }
    }
}
