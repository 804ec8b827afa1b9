//! Many reports as one: what `sigmill merge` adds up.
//!
//! Reports are read as they come and forgotten when they are added: what stays is a row for each, and
//! sums. Adding is associative and commutative, so that merged reports can be merged again in any order.

mod add;
mod read;
mod text;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::audit::findings::Severity;

use super::entry::{Schema, VERSION};

pub use add::{Adder, MergeError};
pub use read::{ReadError, read_report};
pub use text::write_merged_text;

/// Which schema a merged document follows.
const SCHEMA: Schema = Schema { name: "sigmill-merged-report", version: 1 };

/// Reports, added up.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Merged {
    /// The sums.
    pub summary: MergedSummary,
    /// The reports, by file and digest.
    pub reports: Vec<ReportRow>,
}

/// One report that was added.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReportRow {
    /// The file, as it was named.
    pub file: String,
    /// SHA-256 of its text, in hexadecimal: what tells it from the others.
    pub sha256: String,
    /// What it is of.
    pub kind: ReportKind,
    /// The zone, or the first of the files that the capture was in.
    pub subject: String,
    /// The zone's status; of captures the worst of the responses, or of the RRsets where there are none.
    pub status: String,
    /// The serial of a zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<u32>,
    /// The first time of judgement; of captures when they begin. Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<i64>,
    /// Signatures: of a zone its RRSIG records, of captures distinct ones.
    pub signatures: u64,
    /// Those of them that hold, times aside.
    pub holding: u64,
    /// What is bogus: of a zone RRsets, of captures responses, or RRsets where there are no responses.
    pub bogus_data: u64,
    /// Findings that are bogus.
    pub bogus: u64,
    /// Findings that are violations.
    pub violations: u64,
    /// Findings that are advice.
    pub advice: u64,
    /// The signature that expires first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earliest: Option<MergedExpiry>,
}

/// What reports are of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReportKind {
    /// A zone.
    Zone,
    /// Captures, or saved answers.
    Capture,
}

/// An expiration and what it is of.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct MergedExpiry {
    /// Unix seconds.
    pub at: i64,
    /// The owner.
    pub owner: String,
    /// The type covered.
    #[serde(rename = "type")]
    pub rtype: String,
    /// The key's tag.
    pub tag: u16,
    /// The key's algorithm.
    pub algorithm: u8,
}

/// The sums of reports.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct MergedSummary {
    /// How many reports.
    pub reports: u64,
    /// Zones by status.
    pub zones: Counts,
    /// What zones hold.
    pub zone_contents: ZoneContents,
    /// RRsets of zones that must be signed, by status at the first time of judgement.
    pub zone_rrsets: Counts,
    /// Captures by status.
    pub captures: Counts,
    /// What captures hold.
    pub capture_contents: CaptureContents,
    /// Responses of captures by status.
    pub responses: Counts,
    /// Distinct RRsets of captures by status. Those of two captures may be the same ones.
    pub capture_rrsets: Counts,
    /// Signatures by algorithm, by number.
    pub algorithms: Vec<AlgorithmRow>,
    /// Findings by code and severity, by code.
    pub findings: Vec<FindingRow>,
    /// The signature that expires first of all.
    pub earliest: Option<Earliest>,
    /// Good signatures of zones by the lifetime that they had left when they were judged.
    pub remaining: Vec<RemainingRow>,
}

/// Whose signature expires first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Earliest {
    /// The report's file.
    pub file: String,
    /// The zone, or the first of the files that the capture was in.
    pub subject: String,
    /// What expires.
    #[serde(flatten)]
    pub expiry: MergedExpiry,
}

/// How many have each status.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Secure.
    pub secure: u64,
    /// Insecure.
    pub insecure: u64,
    /// Indeterminate, which only captures can be.
    pub indeterminate: u64,
    /// Bogus.
    pub bogus: u64,
}

/// What zones hold together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ZoneContents {
    /// Records.
    pub records: u64,
    /// RRsets, RRSIG records not counted as RRsets.
    pub rrsets: u64,
    /// Delegations.
    pub delegations: u64,
    /// RRSIG records.
    pub signatures: u64,
}

/// What captures hold together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CaptureContents {
    /// Packets.
    pub packets: u64,
    /// DNS messages.
    pub messages: u64,
    /// Responses left out because of a limit of memory.
    pub not_kept: u64,
    /// When the first message was seen. Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<i64>,
    /// When the last message was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<i64>,
}

/// Signatures of an algorithm.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AlgorithmRow {
    /// The algorithm's number.
    pub algorithm: u8,
    /// Its mnemonic.
    pub mnemonic: String,
    /// Signatures.
    pub signatures: u64,
    /// Those that hold, times aside.
    pub holding: u64,
    /// Reports that have any.
    pub reports: u64,
}

/// Findings of a code and severity.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FindingRow {
    /// The code.
    pub code: String,
    /// The severity.
    pub severity: String,
    /// How often.
    pub count: u64,
    /// Reports that have any.
    pub reports: u64,
}

/// Good signatures with at most so much lifetime left, and more than the row before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RemainingRow {
    /// Upper bound in seconds; `None` in the last row.
    pub up_to_seconds: Option<i64>,
    /// Signatures.
    pub signatures: u64,
}

impl Counts {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        [self.insecure, self.indeterminate, self.bogus]
            .into_iter()
            .fold(self.secure, u64::saturating_add)
    }

    /// The number of a status by its name.
    fn of_mut(&mut self, status: &str) -> Option<&mut u64> {
        match status {
            "secure" => Some(&mut self.secure),
            "insecure" => Some(&mut self.insecure),
            "indeterminate" => Some(&mut self.indeterminate),
            "bogus" => Some(&mut self.bogus),
            _ => None,
        }
    }

    /// The worst status that any has.
    fn worst(&self) -> &'static str {
        match self {
            Self { bogus: 1.., .. } => "bogus",
            Self { indeterminate: 1.., .. } => "indeterminate",
            Self { insecure: 1.., .. } => "insecure",
            _ => "secure",
        }
    }
}

impl Merged {
    /// Whether a report has findings that weigh at least so much, or a capture bogus responses.
    #[must_use]
    pub fn has_findings_at_least(&self, severity: Severity) -> bool {
        let bogus_responses = self.summary.captures.bogus > 0;
        let weighs = |row: &ReportRow| match severity {
            Severity::Bogus => row.bogus > 0,
            Severity::Violation => row.bogus > 0 || row.violations > 0,
            Severity::Advice => row.bogus > 0 || row.violations > 0 || row.advice > 0,
        };
        bogus_responses || self.reports.iter().any(weighs)
    }

    /// Writes it as one JSON document.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_json(&self, mut out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{{\n  \"schema\": ")?;
        serde_json::to_writer(&mut out, &SCHEMA)?;
        let summary = serde_json::to_string_pretty(&self.summary)?.replace('\n', "\n  ");
        write!(
            out,
            ",\n  \"sigmill\": \"{VERSION}\",\n  \"summary\": {summary},\n  \"reports\": ["
        )?;
        for (number, row) in self.reports.iter().enumerate() {
            write!(out, "{}\n    ", if number == 0 { "" } else { "," })?;
            serde_json::to_writer(&mut out, row)?;
        }
        out.write_all(if self.reports.is_empty() { b"]\n}\n" } else { b"\n  ]\n}\n" })
    }
}

/// Counts under keys, in the order of the keys.
type Map<K, V> = BTreeMap<K, V>;
