//! What the JSON formats have in common: the schema's name, a finding, the catalogue's rows.

use serde::Serialize;

use crate::audit::findings::{CatalogueEntry, Finding};
use crate::audit::zone::Summary;

use super::words::utc;

/// Which schema a document follows. The version grows when a field is removed or changes its
/// meaning; new fields may come at any time.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Schema {
    pub(crate) name: &'static str,
    pub(crate) version: u32,
}

pub(crate) const SCHEMA: Schema = Schema { name: "sigmill-zone-report", version: 1 };
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A finding with its time in words as well.
#[derive(Debug, Serialize)]
pub(crate) struct FindingEntry<'a> {
    #[serde(flatten)]
    finding: &'a Finding,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_utc: Option<String>,
}

impl<'a> From<&'a Finding> for FindingEntry<'a> {
    fn from(finding: &'a Finding) -> Self {
        Self { finding, at_utc: finding.at.map(utc) }
    }
}

/// The catalogue's rows of the codes that occurred, each once, in the order of the catalogue.
pub(crate) fn catalogue(summary: &Summary) -> Vec<&'static CatalogueEntry> {
    let mut codes: Vec<_> = summary.findings.iter().map(|row| row.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes.into_iter().map(|code| code.entry()).collect()
}

/// Decides which findings are written out: the first so many.
#[derive(Debug)]
pub(crate) struct Allowance {
    max: Option<u64>,
    written: u64,
}

impl Allowance {
    pub(crate) fn new(max: Option<u64>) -> Self {
        Self { max, written: 0 }
    }

    /// Whether one more is written out; counts it when so.
    pub(crate) fn take(&mut self) -> bool {
        let leave = self.max.is_none_or(|max| self.written < max);
        self.written += u64::from(leave);
        leave
    }

    /// How many of the findings that a summary counts were not written out.
    pub(crate) fn left_out(&self, summary: &Summary) -> u64 {
        let all: u64 = summary.findings.iter().map(|row| row.count).sum();
        all.saturating_sub(self.written)
    }
}
