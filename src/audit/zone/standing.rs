//! Which data of a zone are its own: authoritative, at a delegation, or occluded
//! (RFC 1034 §4.2, RFC 4035 §2.2, RFC 6672 §2.4).

use crate::dns::RType;
use crate::rrset::{Ordered, OwnerSpan, Shape};

/// What an owner is to the zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Standing {
    /// The zone speaks for it.
    Authoritative,
    /// It has NS records and is not the apex: the zone speaks for its DS and NSEC only.
    Delegation,
    /// It lies below a delegation: glue, or hidden data.
    BelowDelegation,
    /// It lies below a DNAME, which hides it.
    BelowDname,
    /// It is not in the zone.
    Outside,
}

impl Standing {
    /// Whether an RRset of this type must be signed.
    pub(super) fn is_signed(self, rtype: RType) -> bool {
        match self {
            Self::Authoritative => true,
            Self::Delegation => matches!(rtype, RType::DS | RType::NSEC),
            Self::BelowDelegation | Self::BelowDname | Self::Outside => false,
        }
    }

    /// Whether it is in the zone and cannot be seen there.
    pub(super) fn is_occluded(self) -> bool {
        matches!(self, Self::BelowDelegation | Self::BelowDname)
    }
}

/// Gives each owner its standing, in canonical order: whatever lies below a cut follows it
/// directly, so the last cut is all that needs to be remembered.
pub(super) fn standings(
    ordered: &Ordered,
    apex_key_len: usize,
) -> impl Iterator<Item = (OwnerSpan, Standing)> {
    let mut cut: Option<(&[u8], Standing)> = None;
    ordered.owners().map(move |owner| {
        let key = ordered.key(&owner);
        if !owner.in_zone {
            return (owner, Standing::Outside);
        }
        let is_apex = key.len() == apex_key_len;
        // A sort key is a prefix of those of all names below, and the cut itself is not below.
        let below = cut.filter(|(cut, _)| key.len() > cut.len() && key.starts_with(cut));
        if let Some((cut, below)) = below {
            // A DNAME at the apex hides all names but the hashed ones of the denial chain
            // (RFC 6672 §5.3.4).
            let hashed = cut.len() == apex_key_len && owner.shape.has(Shape::NSEC3);
            return (owner, if hashed { Standing::Authoritative } else { below });
        }
        let is_delegation = owner.shape.has(Shape::NS) && !is_apex;
        if is_delegation {
            cut = Some((key, Standing::BelowDelegation));
        } else if owner.shape.has(Shape::DNAME) {
            cut = Some((key, Standing::BelowDname));
        }
        let standing = if is_delegation { Standing::Delegation } else { Standing::Authoritative };
        (owner, standing)
    })
}
