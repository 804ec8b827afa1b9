//! What a comparison comes to: the data behind every report of it.
//!
//! The JSON report is the serialized form of [`Comparison`]; `BENCH.md` documents it. Durations are in
//! the unit that the field's name ends in.

use serde::Serialize;

use crate::dns::Algorithm;
use crate::engine::Distribution;
use crate::engine::histogram::PackedHistogram;

use super::Kind;
use super::machine::Machine;
use super::statistics::Estimate;

/// A comparison.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// When it began, in Unix seconds.
    pub started: i64,
    /// How long it took, preparation included.
    pub seconds: f64,
    /// Where it ran.
    pub machine: Machine,
    /// How it was measured.
    pub settings: Settings,
    /// The input whose signatures were verified; absent when they were made on the spot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Input>,
    /// The measurements: by work, then by threads, in the order in which backends were named.
    pub rows: Vec<Row>,
    /// Backends that gave wrong answers. They have no row.
    pub failures: Vec<Failure>,
    /// What a backend cannot do. It has no row either.
    pub refusals: Vec<Refused>,
    /// What to know before the numbers are believed.
    pub warnings: Vec<Warning>,
}

/// How it was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Settings {
    /// How long each row was measured, about.
    pub time_seconds: f64,
    /// Rounds in which all rows took turns.
    pub rounds: usize,
    /// The backend that ratios are to.
    pub baseline: &'static str,
    /// The numbers of threads.
    pub threads: Vec<usize>,
}

/// What is done with a signature.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Only the hash of what was signed.
    Hash,
    /// The verification of a signature over octets: hash and arithmetic.
    Verify,
    /// From RRset and RRSIG to a verdict: what was signed is written out, the key is found, the
    /// signature is verified.
    Rrset,
    /// All that an audit verifies of an input, keys included.
    Audit,
}

impl Stage {
    /// Its name in reports and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hash => "hash",
            Self::Verify => "verify",
            Self::Rrset => "rrset",
            Self::Audit => "audit",
        }
    }
}

/// When keys are prepared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyUse {
    /// Once, before the clock runs.
    Ready,
    /// Under the clock: read from the DNSKEY and prepared anew for every so many signatures.
    Fresh,
}

impl KeyUse {
    /// Its name in reports and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Fresh => "fresh",
        }
    }
}

/// A work that backends are compared by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct Work {
    /// What is done.
    pub stage: Stage,
    /// The kind of keys; absent for the work of an audit, which has its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// When keys are prepared; absent where none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<KeyUse>,
    /// Signatures that a key is prepared for; absent where none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signatures_per_key: Option<usize>,
    /// Signatures in a call, where that was asked for; else each backend has its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<usize>,
}

/// A measurement.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// What was done.
    pub work: Work,
    /// Who did it: `auto`, or a backend's name.
    pub contender: &'static str,
    /// The backend that did it, which is another name for `auto`, and absent for the work of an
    /// audit, of which several may do parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backend: Option<&'static str>,
    /// Which of its kernels, when it has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel: Option<&'static str>,
    /// Signatures in a call; absent for the work of an audit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<usize>,
    /// How many threads did it.
    pub threads: usize,
    /// Signatures that were verified.
    pub signatures: u64,
    /// Seconds that this took.
    pub seconds: f64,
    /// Signatures a second. Time in which threads were ready to run and others ran is left out, where
    /// the system tells it.
    pub per_second: Estimate,
    /// The median with that time.
    pub wall_per_second: f64,
    /// How many times as fast as the baseline at the same work with as many threads: the median over
    /// the rounds. Absent when the baseline cannot do it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// What so many threads achieve of what they should, if each did as much as those of the row with
    /// the fewest threads; absent for that one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scaling: Option<f64>,
    /// Nanoseconds a signature: one value for each call, divided by its signatures. For the work of
    /// an audit one value for each signature.
    pub nanoseconds: Distribution,
    /// The part of the threads' time in which they were ready to run and others ran; absent where the
    /// system does not tell it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<f64>,
    /// Rounds that lie far from the others.
    pub outliers: u64,
    /// Of the work of an audit only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit: Option<AuditRow>,
    /// The rounds one by one.
    pub rounds: Vec<Round>,
}

impl Row {
    /// The backend with its kernel, as people read it: `lanes (avx2)`.
    #[must_use]
    pub fn label(&self) -> String {
        match (self.backend, self.kernel) {
            (Some(backend), Some(kernel)) if backend == self.contender => {
                format!("{backend} ({kernel})")
            }
            (Some(backend), _) if backend != self.contender => {
                format!("{} ({backend})", self.contender)
            }
            _ => self.contender.to_owned(),
        }
    }
}

/// One round of a row.
#[derive(Clone, Debug, Serialize)]
pub struct Round {
    /// Which round of the whole comparison, from 0.
    pub number: usize,
    /// When it began, in seconds after the comparison began.
    pub start_seconds: f64,
    /// How long it took.
    pub seconds: f64,
    /// Signatures that were verified.
    pub signatures: u64,
    /// Signatures a second, without time in which others ran.
    pub per_second: f64,
    /// Nanoseconds a signature, for logs of intervals.
    #[serde(skip)]
    pub nanoseconds: PackedHistogram,
}

/// What the work of an audit comes to.
#[derive(Clone, Debug, Serialize)]
pub struct AuditRow {
    /// Seconds for all of it, without time in which others ran.
    pub seconds: Estimate,
    /// Of these for the preparation of keys.
    pub preparing_seconds: f64,
    /// Which part of the signatures a round verified; below 1 `seconds` is extrapolated.
    pub part: f64,
    /// How long single verifications took, by algorithm and backend.
    pub latency: Vec<AuditLatency>,
}

/// How long verifications under keys of an algorithm took with a backend.
#[derive(Clone, Debug, Serialize)]
pub struct AuditLatency {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// The backend.
    pub backend: &'static str,
    /// Which of its kernels, when it has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel: Option<&'static str>,
    /// Nanoseconds a signature.
    pub nanoseconds: Distribution,
}

/// The input whose signatures were verified.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Input {
    /// The files, as they were named.
    pub files: Vec<String>,
    /// What they are: `zone`, `capture`, `records`, or `capture and records`.
    pub form: &'static str,
    /// The apex, of a zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apex: Option<String>,
    /// Signatures that an audit verifies.
    pub signatures: u64,
    /// Of these so many are not verified here, because they did not fit the memory that they may take.
    pub left_out: u64,
    /// Of those that are verified so many do not hold.
    pub failing: u64,
    /// Zones with keys or signatures.
    pub zones: u64,
    /// Keys that verify something, by kind.
    pub kinds: Vec<InputKind>,
    /// Octets of signed data.
    pub signed_octets: Distribution,
}

/// Signatures under keys of one kind.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct InputKind {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// The size that tools print.
    pub bits: u32,
    /// For RSA the public exponent in decimal, above 64 bits in hexadecimal from `0x`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exponent: Option<String>,
    /// Keys.
    pub keys: u64,
    /// Signatures under them.
    pub signatures: u64,
}

/// A backend that gave wrong answers.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// What it was asked to do.
    pub work: Work,
    /// Who: `auto`, or a backend's name.
    pub contender: &'static str,
    /// Good signatures that it was asked about.
    pub good: u64,
    /// Of these so many did not hold, it said.
    pub rejected: u64,
    /// Corrupted signatures that it was asked about.
    pub corrupted: u64,
    /// Of these so many hold, it said.
    pub accepted: u64,
}

/// What a backend cannot do.
#[derive(Clone, Debug, Serialize)]
pub struct Refused {
    /// The work.
    pub work: Work,
    /// Who: `auto`, or a backend's name.
    pub contender: &'static str,
    /// Why.
    pub reason: String,
}

/// What to know before the numbers are believed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Warning {
    /// Which fact.
    pub code: &'static str,
    /// The fact, as a sentence.
    pub message: String,
}
