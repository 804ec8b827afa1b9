//! What an audit of a zone found, in numbers: the data behind every report format.
//!
//! The JSON report is the serialized form of these types and of [`Finding`]; `REPORT.md` documents
//! it. Times are Unix seconds, durations are in the unit that the field's name ends in.
//!
//! [`Finding`]: crate::audit::findings::Finding

use serde::Serialize;

use crate::audit::findings::{Code, KeyRef, Severity};
use crate::dns::{Algorithm, Class, Name, RType};

pub use crate::engine::Distribution;

/// The outcome of an audit. Apart from [`Summary::performance`] it depends on the input and the
/// configuration only: not on threads, input order, or how the bytes arrived.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// What the input contained.
    pub input: InputFacts,
    /// From where the zone's keys are trusted.
    pub trust: Trust,
    /// The keys of the apex DNSKEY RRset, by tag, algorithm and key.
    pub keys: Vec<KeyFacts>,
    /// What became of the zone's digest; absent when it has none or none was looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zonemd: Option<ZonemdFacts>,
    /// What changed since the previous version; absent when none was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<PreviousFacts>,
    /// The chains that deny what is not there.
    pub denial: Vec<DenialFacts>,
    /// The judgement for each time that was asked for, in the order asked.
    pub times: Vec<TimeFacts>,
    /// Signatures by algorithm, by number; times do not matter here.
    pub algorithms: Vec<AlgorithmFacts>,
    /// Signatures by what was wrong with them, time aside; the good ones are not here.
    pub reasons: Vec<CodeCount>,
    /// Findings by code, in the order of the catalogue: all of them, whatever was printed.
    pub findings: Vec<CodeCount>,
    /// How long the good signatures last.
    pub lifetime: LifetimeFacts,
    /// RRset sizes: octets of the RRs as signed, without the RRSIG's prefix.
    pub rrset_octets: Distribution,
    /// Time spent.
    pub performance: Performance,
}

impl Summary {
    /// How many findings weigh at least `severity`.
    #[must_use]
    pub fn findings_at_least(&self, severity: Severity) -> u64 {
        self.findings.iter().filter(|row| row.severity >= severity).map(|row| row.count).sum()
    }
}

/// What the input contained.
#[derive(Clone, Debug, Serialize)]
pub struct InputFacts {
    /// The files read, as they were named: the zone first, then what it included.
    pub files: Vec<String>,
    /// How the zone's bytes came in: `mapped`, `read`, `gzip`, `zstd`, `xz`, `bzip2`.
    pub transport: String,
    /// Octets of zone text, after decompression.
    pub bytes: u64,
    /// Lines of zone text.
    pub lines: u64,
    /// The zone's apex.
    pub apex: Name,
    /// The zone's class, as text.
    #[serde(serialize_with = "as_text")]
    pub class: Class,
    /// The SOA's serial, when there is one SOA.
    pub serial: Option<u32>,
    /// Records in the zone, each duplicate once, those left out of the audit not counted.
    pub records: u64,
    /// RRsets in the zone, RRSIG records not counted as RRsets.
    pub rrsets: u64,
    /// Owners in the zone.
    pub owners: u64,
    /// Delegations in the zone.
    pub delegations: u64,
    /// RRSIG records in the zone.
    pub signatures: u64,
    /// Records by type, by type number.
    pub types: Vec<TypeCount>,
}

fn as_text<S: serde::Serializer>(value: &Class, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// Records of one type.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct TypeCount {
    /// The type.
    #[serde(rename = "type")]
    pub rtype: RType,
    /// How many records.
    pub records: u64,
}

/// From where the zone's keys are trusted.
#[derive(Clone, Debug, Serialize)]
pub struct Trust {
    /// The kind of trust.
    pub kind: TrustKind,
    /// What was matched or tried: one line each, as in `DS 20326 8 2 (built in)`.
    pub anchors: Vec<AnchorFacts>,
}

/// The kinds of trust.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrustKind {
    /// An anchor or DS matches a key that signs the DNSKEY RRset.
    Anchored,
    /// Anchors were given for this zone and none leads to its keys.
    NotAnchored,
    /// No anchor was given for this zone: its own keys vouch for themselves.
    Island,
    /// The zone has signatures only of algorithms that validators ignore: insecure.
    Unsupported,
    /// The zone is not signed.
    Unsigned,
}

/// A trust anchor for this zone and what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct AnchorFacts {
    /// Where it came from: `built in`, `--ds`, or a file's name.
    pub origin: String,
    /// `DS` or `DNSKEY`.
    pub form: &'static str,
    /// The key it means.
    #[serde(flatten)]
    pub key: KeyRef,
    /// For a DS its digest type by name.
    pub digest: Option<String>,
    /// Whether a key at the apex matches it.
    pub matches: bool,
    /// Whether a key that matches it signs the DNSKEY RRset, time aside.
    pub signs: bool,
    /// Why it was set aside, when it was: its validity time, a SHA-1 DS beside a SHA-2 one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignored: Option<String>,
}

/// The digest of the zone (RFC 8976).
#[derive(Clone, Debug, Serialize)]
pub struct ZonemdFacts {
    /// What the records come to.
    pub status: ZonemdStatus,
    /// The ZONEMD records at the apex, in canonical order.
    pub records: Vec<ZonemdRow>,
}

/// What the ZONEMD records of a zone come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ZonemdStatus {
    /// One of them holds, which is enough.
    Verified,
    /// None holds.
    Failed,
    /// None has a scheme and hash algorithm that is defined.
    Unsupported,
    /// There is none, and one is required.
    Missing,
}

/// A ZONEMD record.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ZonemdRow {
    /// The scheme's number.
    pub scheme: u8,
    /// The hash algorithm's number.
    pub hash: u8,
    /// Whether the digest is that of the zone.
    pub holds: bool,
}

/// The previous version, and what changed since.
#[derive(Clone, Debug, Serialize)]
pub struct PreviousFacts {
    /// The files read, as they were named: the zone first, then what it included.
    pub files: Vec<String>,
    /// The SOA's serial, when there was one SOA.
    pub serial: Option<u32>,
    /// Entries that could not be read. They count as absent.
    pub unreadable: u64,
    /// Records, RRSIG records not counted.
    pub records: RecordChanges,
    /// RRsets, RRSIG records not counted as RRsets.
    pub rrsets: RrsetChanges,
    /// RRSIG records.
    pub signatures: SignatureChanges,
    /// Keys of the apex DNSKEY RRset that were not there, by tag and algorithm.
    pub keys_added: Vec<KeyRef>,
    /// Keys that are there no more, by tag and algorithm.
    pub keys_removed: Vec<KeyRef>,
}

/// Records that only one version has. A record whose TTL alone changed is neither.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize)]
pub struct RecordChanges {
    /// In this version only.
    pub added: u64,
    /// In the previous version only.
    pub removed: u64,
}

/// RRsets by what became of them.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize)]
pub struct RrsetChanges {
    /// In this version only.
    pub added: u64,
    /// In the previous version only.
    pub removed: u64,
    /// In both, with other records or another TTL.
    pub changed: u64,
}

/// Signatures by what became of them.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize)]
pub struct SignatureChanges {
    /// The same in both versions.
    pub kept: u64,
    /// In place of another one over the same RRset by the same key.
    pub renewed: u64,
    /// In this version only, and in place of none.
    pub added: u64,
    /// In the previous version only, and replaced by none.
    pub removed: u64,
}

/// A chain that denies what is not there.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "chain", rename_all = "kebab-case")]
pub enum DenialFacts {
    /// By names in the clear.
    Nsec {
        /// NSEC records of the chain.
        records: u64,
    },
    /// By hashed names.
    Nsec3 {
        /// NSEC3 records of the chain.
        records: u64,
        /// Those of them with opt-out.
        opt_out: u64,
        /// Empty non-terminals, which have records though nothing is there.
        empty_non_terminals: u64,
        /// Additional iterations of the hash.
        iterations: u16,
        /// The salt in hexadecimal, `-` for none.
        salt: String,
    },
}

impl DenialFacts {
    /// Records of the chain.
    #[must_use]
    pub fn records(&self) -> u64 {
        match self {
            Self::Nsec { records } | Self::Nsec3 { records, .. } => *records,
        }
    }
}

/// One key of the apex DNSKEY RRset.
#[derive(Clone, Debug, Serialize)]
pub struct KeyFacts {
    /// Tag and algorithm.
    #[serde(flatten)]
    pub key: KeyRef,
    /// The flags field.
    pub flags: u16,
    /// The size: modulus bits for RSA, field bits for the curves. `None` when malformed or unknown.
    pub bits: Option<u32>,
    /// For RSA the public exponent, in decimal, or in hexadecimal from `0x` when above 64 bits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exponent: Option<String>,
    /// What the key signs here: `KSK`, `ZSK`, `CSK`, or `-` when it signs nothing.
    pub role: Role,
    /// Whether a trust anchor or DS matches it.
    pub anchored: bool,
    /// Why it cannot verify, when it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unusable: Option<Code>,
    /// Backend that verified with it. With `auto` the one that was picked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backend: Option<&'static str>,
    /// Signatures of this tag and algorithm that verify under it, time aside.
    pub valid: u64,
}

/// What a key signs in this zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub enum Role {
    /// Only the DNSKEY RRset (and CDS, CDNSKEY).
    #[serde(rename = "KSK")]
    KeySigning,
    /// Only other RRsets.
    #[serde(rename = "ZSK")]
    ZoneSigning,
    /// Both.
    #[serde(rename = "CSK")]
    CombinedSigning,
    /// Nothing.
    #[serde(rename = "-")]
    Unused,
}

/// The judgement for one time.
#[derive(Clone, Debug, Serialize)]
pub struct TimeFacts {
    /// Unix seconds; `None` when times are not looked at.
    pub at: Option<i64>,
    /// RRsets that must be signed, by status.
    pub rrsets: StatusCounts,
    /// Signatures that hold at this time: cryptographically right and within their validity.
    pub signatures_valid: u64,
    /// Signatures whose expiration has passed.
    pub signatures_expired: u64,
    /// Signatures whose inception has not come.
    pub signatures_not_yet_valid: u64,
}

/// RRsets by status (RFC 4033 §5). An island's are judged as if its keys were trusted.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize)]
pub struct StatusCounts {
    /// At least one signature holds.
    pub secure: u64,
    /// Signed only by what validators ignore, or in an unsigned zone.
    pub insecure: u64,
    /// No signature holds.
    pub bogus: u64,
}

/// Signatures of one algorithm, times aside.
#[derive(Clone, Debug, Serialize)]
pub struct AlgorithmFacts {
    /// The algorithm's number.
    pub algorithm: Algorithm,
    /// Its mnemonic.
    pub mnemonic: String,
    /// Signatures in the zone.
    pub signatures: u64,
    /// Those that are right, times aside.
    pub valid: u64,
}

/// How often a code occurred with a severity.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CodeCount {
    /// The code.
    pub code: Code,
    /// The severity it had.
    pub severity: Severity,
    /// How often.
    pub count: u64,
}

/// How long the good signatures last, seen from the first time of judgement; absent with
/// `--at none`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LifetimeFacts {
    /// The earliest expiration of a good signature.
    pub earliest: Option<Expiry>,
    /// The latest expiration of a good signature.
    pub latest: Option<Expiry>,
    /// Remaining lifetime of good signatures: counts by upper bound in seconds, ascending. The
    /// bounds are those of [`LIFETIME_BOUNDS`]; the last row has none.
    pub remaining: Vec<LifetimeBucket>,
}

/// Upper bounds of the histogram of remaining lifetimes, in seconds: expired, an hour, a day,
/// three days, one to four weeks, a quarter, a year.
pub const LIFETIME_BOUNDS: [i64; 10] = [
    0,
    3_600,
    86_400,
    3 * 86_400,
    7 * 86_400,
    14 * 86_400,
    21 * 86_400,
    28 * 86_400,
    91 * 86_400,
    365 * 86_400,
];

/// One expiration and what it is of.
#[derive(Clone, Debug, Serialize)]
pub struct Expiry {
    /// Unix seconds.
    pub at: i64,
    /// The owner; the first in canonical order of those that expire then.
    pub owner: Name,
    /// The type covered.
    #[serde(rename = "type")]
    pub rtype: RType,
    /// The key.
    #[serde(flatten)]
    pub key: KeyRef,
}

/// Signatures with at most so much lifetime left, and more than the bucket before.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct LifetimeBucket {
    /// Upper bound in seconds; `None` in the last bucket.
    pub up_to_seconds: Option<i64>,
    /// Signatures.
    pub signatures: u64,
}

/// Time spent. The only part of a summary that differs between two runs on the same input.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Performance {
    /// Worker threads.
    pub threads: usize,
    /// Wall time of the audit.
    pub wall_seconds: f64,
    /// Whether the zone was judged while it was read, and not after.
    pub in_passing: bool,
    /// The stages in the order of the road.
    pub stages: Vec<StageFacts>,
    /// Latency of single verifications in nanoseconds, by algorithm and backend.
    pub latency: Vec<LatencyFacts>,
    /// Memory that the backend `lanes` took for its tables.
    pub tables: TableFacts,
}

/// Octets of tables of multiples, which the backend `lanes` makes before it verifies.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct TableFacts {
    /// Those of this zone's keys, together.
    pub key_bytes: u64,
    /// Those of the curves' base points, which are kept for all zones that this process audits.
    pub base_point_bytes: u64,
}

/// One stage of the road.
#[derive(Clone, Debug, Serialize)]
pub struct StageFacts {
    /// `spool`, `read`, `previous`, `order`, `load`, `canonicalize`, `verify`, `judge`, `deny`.
    pub stage: &'static str,
    /// For those that read text: which kernel read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel: Option<&'static str>,
    /// Time spent in it, summed over threads.
    pub busy_seconds: f64,
    /// What it worked on: how many …
    pub items: u64,
    /// … of what: `octets`, `records`, `rrsets`, `signatures`.
    pub unit: &'static str,
    /// Octets it worked on, where that means something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// Latency of verification by algorithm and backend.
#[derive(Clone, Debug, Serialize)]
pub struct LatencyFacts {
    /// The algorithm's number.
    pub algorithm: Algorithm,
    /// The backend's name.
    pub backend: &'static str,
    /// Which of its kernels ran, when it has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel: Option<&'static str>,
    /// Nanoseconds a signature.
    pub nanoseconds: Distribution,
}
