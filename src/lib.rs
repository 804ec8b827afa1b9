//! `sigmill` verifies DNSSEC signatures in bulk.
pub mod dns;
