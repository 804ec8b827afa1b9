//! What faults of signatures tell at a time: that a validator would have rejected what was served, or
//! only that what was served then was not seen.
//!
//! A signature that has expired shows that its RRset was served badly only if it was seen after that.
//! Seen before, or given without a time, it shows nothing: by then the zone may have signed anew.

use crate::audit::findings::Code;
use crate::audit::rrsig::Fault;

use super::bag::SignatureId;
use super::trust::Judge;

/// Signatures that could have secured something, and what is wrong with each.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<(SignatureId, Fault)>);

/// What faults tell together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Told {
    /// It was served so that a validator rejects it.
    Rejected(Fault),
    /// What was served at the time was not seen, only something that is signed for another time.
    Unseen(Fault),
}

impl Faults {
    pub fn push(&mut self, signature: SignatureId, fault: Fault) {
        self.0.push((signature, fault));
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Judge<'_> {
    /// What faults tell at the time; `None` when there are none.
    pub fn weigh(&self, faults: &Faults) -> Option<Told> {
        let (unseen, served): (Vec<_>, Vec<_>) =
            faults.0.iter().partition(|(signature, fault)| self.is_unseen(*signature, fault));
        // What is wrong otherwise counts if it was seen while what was not seen had its fault: seen
        // at another time, it may have had a good one beside it at this.
        let counts = |(signature, _): &&&(SignatureId, Fault)| {
            self.sightings(*signature).any(|at| {
                unseen.iter().all(|(signature, fault)| self.has_fault_at(*signature, fault, at))
            })
        };
        let served: Vec<_> = match unseen.is_empty() {
            true => served,
            false => served.iter().filter(counts).copied().collect(),
        };
        // A signature by a key that is meant tells more than one by another.
        let meant = served.iter().rfind(|(_, (code, _))| *code != Code::DnskeyNotAnchored);
        match (meant.or(served.first()), unseen.first()) {
            (Some((_, fault)), _) => Some(Told::Rejected(fault.clone())),
            (None, Some((_, fault))) => Some(Told::Unseen(fault.clone())),
            (None, None) => None,
        }
    }

    /// Whether a fault comes of the time alone, and the signature was not seen while it had it. When the
    /// user names the time, everything counts as seen then.
    pub fn is_unseen(&self, signature: SignatureId, fault: &Fault) -> bool {
        match fault.0 {
            Code::ChainDnskeyNeeded => true,
            Code::SignatureExpired | Code::SignatureNotYetValid => {
                let with_fault = |at| self.has_fault_at(signature, fault, at);
                !self.is_fixed && !self.sightings(signature).any(with_fault)
            }
            _ => false,
        }
    }

    /// The first and the last time at which a signature was seen.
    fn sightings(&self, signature: SignatureId) -> impl Iterator<Item = i64> {
        let times = self.verified.bag.signature(signature).times;
        times.into_iter().flat_map(|times| [times.first, times.last])
    }

    fn has_fault_at(&self, signature: SignatureId, fault: &Fault, at: i64) -> bool {
        let found = self.verified.checked(signature).fault_of_time(at);
        found.is_some_and(|(code, _)| code == fault.0)
    }
}

/// What is particular about something that was not seen.
pub(super) fn signed_for_another_time((_, detail): Fault) -> Option<String> {
    Some(match detail {
        Some(detail) => format!("the one at hand is signed for another time, {detail}"),
        None => "the one at hand is signed for another time".into(),
    })
}
