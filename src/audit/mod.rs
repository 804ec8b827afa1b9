//! Is this data right? The rules, on top of what the engine found about single signatures.

pub mod anchors;
pub mod delegation;
pub mod findings;
pub mod zone;
