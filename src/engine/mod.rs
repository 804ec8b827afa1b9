//! Verifies signatures in bulk: the key table, tasks batched by key, the pool of workers, and how
//! long it all took.
//!
//! The engine knows octets, keys and signatures. What a failed signature means for a zone or an
//! answer is for the audits above it to say.

pub mod histogram;
pub mod keys;
pub mod tasks;

#[cfg(test)]
mod testing;

pub use histogram::{Latencies, Stopwatch};
pub use keys::{Key, KeyIndex, KeyTable, Second};
pub use tasks::{Disagreement, TaskList, Verdict};
