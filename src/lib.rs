//! `sigmill` verifies DNSSEC signatures in bulk.
pub mod audit;
pub mod crypto;
pub mod dns;
pub mod engine;
pub mod report;
pub mod rrset;
pub mod source;
pub mod zonefile;
