//! `sigmill` verifies DNSSEC signatures in bulk.
pub mod audit;
pub mod crypto;
pub mod dns;
pub mod report;
pub mod zonefile;
