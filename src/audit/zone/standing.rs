//! Which data of a zone are its own: authoritative, at a delegation, or occluded
//! (RFC 1034 §4.2, RFC 4035 §2.2, RFC 6672 §2.4).

use crate::dns::RType;
use crate::rrset::{Ordered, OwnerId, OwnerSpan, Shape};

/// What an owner is to the zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Standing {
    /// The zone speaks for it.
    Authoritative,
    /// It has NS records and is not the apex: the zone speaks for its DS and NSEC only, and for the
    /// NSEC3 of another name whose hash is this one.
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
            Self::Delegation => matches!(rtype, RType::DS | RType::NSEC | RType::NSEC3),
            Self::BelowDelegation | Self::BelowDname | Self::Outside => false,
        }
    }

    /// Whether it is in the zone and cannot be seen there.
    pub(super) fn is_occluded(self) -> bool {
        matches!(self, Self::BelowDelegation | Self::BelowDname)
    }
}

/// An owner that what is below it is hidden by.
struct Cut {
    owner: OwnerId,
    /// Its sort key, once it was needed.
    key: Option<Vec<u8>>,
    is_apex: bool,
    /// What that makes of the owners below.
    below: Standing,
}

/// Gives each owner its standing, in canonical order: whatever lies below a cut follows it
/// directly, so the last cut is all that needs to be remembered.
pub(super) fn standings(ordered: &Ordered) -> impl Iterator<Item = (OwnerSpan, Standing)> {
    let (mut keys, mut cut): (_, Option<Cut>) = (ordered.keys(), None);
    let mut before_apex = true;
    ordered.owners().map(move |owner| {
        if !owner.in_zone {
            return (owner, Standing::Outside);
        }
        // Of the owners in the zone only the first can be the apex.
        let is_apex = std::mem::take(&mut before_apex)
            && keys.of(owner.id()).len() == ordered.apex_key().len();
        // What is directly below the apex is below no other name of the zone.
        if let Some(cut) = &mut cut
            && (cut.is_apex || !owner.below_apex)
            && keys.may_be_below(owner.id(), cut.owner)
        {
            let cut_key = cut.key.get_or_insert_with(|| keys.of(cut.owner).to_vec());
            let key = keys.of(owner.id());
            // A sort key is a prefix of those of all names below, and the cut itself is not below.
            if key.len() > cut_key.len() && key.starts_with(cut_key) {
                // A DNAME at the apex hides all names but the hashed ones of the denial chain
                // (RFC 6672 §5.3.4).
                let hashed = cut.is_apex && owner.shape.has(Shape::NSEC3);
                return (owner, if hashed { Standing::Authoritative } else { cut.below });
            }
        }
        let is_delegation = owner.shape.has(Shape::NS) && !is_apex;
        let below = match is_delegation {
            true => Some(Standing::BelowDelegation),
            false => owner.shape.has(Shape::DNAME).then_some(Standing::BelowDname),
        };
        if let Some(below) = below {
            cut = Some(Cut { owner: owner.id(), key: None, is_apex, below });
        }
        let standing = if is_delegation { Standing::Delegation } else { Standing::Authoritative };
        (owner, standing)
    })
}
