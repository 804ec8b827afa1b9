//! Zone audit: one zone, authoritative and complete.

pub mod config;
pub mod summary;
pub mod trust;

pub use config::{Config, JudgementTime, Limits, Progress};
pub use summary::Summary;
pub use trust::{Anchor, AnchorForm};
