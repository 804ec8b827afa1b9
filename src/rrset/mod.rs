//! Collects records to RRsets with their signatures, in whatever order they come.
//!
//! Records flow into a [`Collector`], which keeps where in the input's text they stand or, where they
//! cannot be read again, the records themselves. When all have come, [`Collector::order`] puts the
//! owners into canonical order (RFC 4034 §6.1). [`Ordered::load`] takes the records of some owners
//! out for a while, and [`OwnerRecords`] presents one of them at a time: its RRsets sorted by type, each with its records
//! in canonical order and without duplicates (§6.3). [`signed`] writes what was signed (§3.1.8.1).

mod collector;
mod hashed;
mod kept;
mod loaded;
mod ordered;
mod owner;
mod places;
mod run;
pub mod signed;

pub use collector::{Collector, Shape, SignatureCounts};
pub use hashed::{HashFound, HashedOwners};
pub use loaded::Loaded;
pub use ordered::{Keys, Ordered, OwnerId, OwnerSpan};
pub use owner::{OwnerRecords, Position, RrRef, Rrset, TypeMask};

#[cfg(test)]
mod tests;
