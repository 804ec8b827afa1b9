//! The zones of the input, each with its place on the chain of trust.

use std::collections::{BTreeMap, HashMap};

use crate::audit::findings::Code;
use crate::dns::{Name, RType};

use super::bag::NameId;
use super::court::Court;
use super::explain::ZoneLink;
use super::status::{Judgement, Reason, Status};
use super::summary::{StatusCounts, Summary, ZoneRow};
use super::verify::SignatureCounts;

impl Court<'_> {
    /// Adds the zones to the summary, each as it is at a time, with what it decided.
    pub fn list_zones(&self, at: i64, summary: &mut Summary) {
        let mut judge = self.judge_at(self.config.at.unwrap_or(at));
        let mut signatures: HashMap<Name, SignatureCounts> = HashMap::new();
        for (id, signature) in self.verified.bag.signatures() {
            let checked = self.verified.checked(id);
            if self.verified.counts_for_nothing(signature.rrset, checked) {
                continue;
            }
            let signer = self.verified.bag.name(checked.signer);
            signatures.entry(signer).or_default().count(&checked.outcome);
        }
        let mut decided: BTreeMap<Name, StatusCounts> = std::mem::take(&mut summary.zones)
            .into_iter()
            .map(|row| (row.link.zone, row.responses))
            .collect();
        for &name in self.verified.zones.keys() {
            decided.entry(self.verified.bag.name(name)).or_default();
        }
        for (apex, responses) in decided {
            let position = judge.position(&apex);
            let chain = judge.chain(&position.zone);
            let Some(mut link) = chain.last().cloned() else { continue };
            let signatures = signatures.get(&apex).copied().unwrap_or_default();
            let is_here = link.zone == apex;
            let parent = match is_here {
                true => chain.iter().rev().nth(1).map(|above| above.zone),
                false => Some(link.zone),
            };
            if !is_here {
                // Trust ends above; what is missing is said of the zone itself.
                let judgement = match (position.unknown, link.judgement.status) {
                    (Some(unknown), Status::Secure) => Judgement::new(
                        Status::Indeterminate,
                        Reason::new(Code::ChainDsNeeded, unknown, RType::DS),
                    ),
                    _ => link.judgement.clone(),
                };
                link = ZoneLink::bare(apex, judgement);
            }
            let self_signed =
                self.verified.bag.find(&apex).is_some_and(|id| self.is_self_signed(id));
            let island = self_signed && link.judgement.status != Status::Secure;
            summary.zones.push(ZoneRow { link, parent, island, signatures, responses });
        }
    }

    /// Whether a DNSKEY RRset of a zone is signed by one of its own keys.
    fn is_self_signed(&self, apex: NameId) -> bool {
        let zone = self.verified.zones.get(&apex);
        zone.is_some_and(|zone| {
            zone.dnskeys.iter().any(|&rrset| {
                let stored = self.verified.bag.rrset(rrset);
                stored.signatures.iter().any(|&id| {
                    let checked = self.verified.checked(id);
                    checked.signer == apex && checked.outcome.is_ok()
                })
            })
        })
    }
}
