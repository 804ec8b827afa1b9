//! Denial of existence: whether the NSEC and NSEC3 chains of a zone deny what is not there, and
//! nothing that is (RFC 4034 §4, RFC 5155).
//!
//! The zone audit brings the names of the zone in canonical order, each with what it is to the
//! chains ([`Named`]), and the records of the chains as it meets them. What one owner tells by
//! itself is judged at once: whether it has the record it must have, and whether the record's
//! bitmap is true. The links of a chain are walked when all of its records are known.

mod empty;
mod nsec;
mod nsec3;
mod plan;
mod types;

pub(super) use empty::{EmptyNonTerminal, EmptyNonTerminals};
pub(super) use nsec::{Broken as NsecBroken, Link as NsecLink, NsecStep, NsecWalk};
pub(super) use nsec3::{Fault as Nsec3Fault, Hash, HashedName, Nsec3Step, judge_chain};
pub(super) use plan::{Bounds, ParameterSet, Plan};
pub(super) use types::{Difference, ExpectedTypes, Interner, Presence};

/// What an owner is to the chains of its zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Named {
    /// It must have its record in every chain.
    Required,
    /// A delegation without DS: an NSEC3 chain with opt-out may leave it out (RFC 5155 §6).
    InsecureDelegation,
    /// It is no name of the zone's own: occluded, or nothing is there but records that deny.
    Not,
}
