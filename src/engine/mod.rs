//! Verifies signatures in bulk: the key table, tasks batched by key, the pool of workers, and how
//! long it all took. A journal keeps what was verified, so that it can be verified again.
//!
//! The engine knows octets, keys and signatures. What a failed signature means for a zone or an
//! answer is for the audits above it to say.

pub mod histogram;
pub mod journal;
pub mod keys;
pub mod tasks;

#[cfg(test)]
mod testing;

pub use histogram::{Distribution, Latencies, PackedHistogram, Stopwatch};
pub use journal::{Journal, Recording};
pub use keys::{Key, KeyIndex, KeyTable, Preparation, Second};
pub use tasks::{Disagreement, TaskList, Verdict};
