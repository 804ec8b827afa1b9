//! Is this data right? The rules, on top of what the engine found about single signatures.

pub mod anchors;
pub mod chain;
pub mod delegation;
mod denial;
mod finding;
pub mod findings;
pub mod policy;
pub mod rfc5011;
mod rrsig;
mod usability;
pub mod zone;
