//! Collects records to RRsets with their signatures, in whatever order they come.
//!
//! Records flow into a [`Collector`], which keeps them compactly in canonical form. When all have
//! come, [`Collector::order`] puts the owners into canonical order (RFC 4034 §6.1), and
//! [`OwnerRecords`] presents one owner at a time: its RRsets sorted by type, each with its records
//! in canonical order and without duplicates (§6.3). [`signed`] writes what was signed (§3.1.8.1).

mod collector;
mod ordered;
mod owner;
pub mod signed;

pub use collector::{Collector, Shape, SignatureCounts};
pub use ordered::{Ordered, OwnerId, OwnerSpan};
pub use owner::{OwnerRecords, RrRef, Rrset};

#[cfg(test)]
mod tests;
