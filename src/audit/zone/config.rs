//! How a zone is to be audited: the arguments as resolved.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::audit::policy::Policy;
use crate::crypto::BackendChoice;
use crate::dns::{Algorithm, DigestType, Name};
use crate::engine::Journal;

use super::trust::Anchor;

/// How a zone is to be audited. The default judges at the present time, as an island unless it is
/// the root, on all processors, with the fastest backends.
#[derive(Clone, Debug)]
pub struct Config {
    /// The apex; `None` takes the owner of the SOA.
    pub origin: Option<Name>,
    /// The times to judge for, at least one. Empty means the present.
    pub times: Vec<JudgementTime>,
    /// The version of the zone that is published now, to be compared with the one that is audited. It
    /// is held in memory beside that.
    pub previous: Option<PreviousInput>,
    /// Trust anchors, of this zone or of others (which are ignored).
    pub anchors: Vec<Anchor>,
    /// Whether the root's built-in anchors are used when the zone is the root and no anchor for it
    /// is given.
    pub built_in_anchors: bool,
    /// Report signatures that expire within this time after a time of judgement.
    pub expire_within: Option<Duration>,
    /// Which backend verifies.
    pub backend: BackendChoice,
    /// Whether a second backend verifies everything too, and disagreement is a finding.
    pub cross_check: bool,
    /// Where keys and signatures are written down as they are verified, so that they can be verified
    /// again; nowhere by default.
    pub journal: Option<Arc<Journal>>,
    /// Worker threads; 0 is one for each processor.
    pub threads: usize,
    /// Whether `$INCLUDE` may open files.
    pub allow_include: bool,
    /// Whether included files may be memory-mapped; the zone itself is opened by the caller.
    pub map: bool,
    /// The directory in which the text of what is not mapped is put into a file without a name, to be
    /// mapped: its records need not be kept in memory then. `None` keeps them.
    pub spool: Option<PathBuf>,
    /// Whether a zone that comes in order is judged while it is read, which takes one reading where there
    /// would be two. Nothing that is reported depends on it but the time that was spent.
    pub in_passing: bool,
    /// What becomes of SHA-1 (RFC 9905).
    pub sha1: Sha1,
    /// What becomes of the zone's digest (RFC 8976).
    pub zonemd: ZonemdPolicy,
    /// How much each fact weighs.
    pub policy: Policy,
    /// Bounds on work and memory.
    pub limits: Limits,
    /// Counters that another thread may watch.
    pub progress: Arc<Progress>,
    /// Set by `on_finding` or another thread, this ends the audit soon, with
    /// [`Error::Stopped`](super::Error::Stopped): with the entry that is read, or the lots that are
    /// worked on.
    pub stop: Arc<AtomicBool>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            origin: None,
            times: Vec::new(),
            previous: None,
            anchors: Vec::new(),
            built_in_anchors: true,
            expire_within: None,
            backend: BackendChoice::Auto,
            cross_check: false,
            journal: None,
            threads: 0,
            allow_include: false,
            map: true,
            spool: None,
            in_passing: true,
            sha1: Sha1::default(),
            zonemd: ZonemdPolicy::default(),
            policy: Policy::default(),
            limits: Limits::default(),
            progress: Arc::default(),
            stop: Arc::default(),
        }
    }
}

/// What becomes of keys, signatures and DS with SHA-1, which validators must still know and may
/// treat as unknown (RFC 9905 §2).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Sha1 {
    /// They count; using them is advised against.
    #[default]
    Accept,
    /// They count as unknown, so that what they alone secure is insecure.
    Insecure,
    /// They count, and a key of such an algorithm is bogus.
    Fail,
}

impl Sha1 {
    /// Whether signatures of an algorithm count.
    #[must_use]
    pub fn supports(self, algorithm: Algorithm) -> bool {
        algorithm.is_supported() && !(self == Self::Insecure && algorithm.uses_sha1())
    }

    /// Whether DS with digests of a type count.
    #[must_use]
    pub fn supports_digest(self, digest_type: DigestType) -> bool {
        digest_type.digest_len().is_some()
            && !(self == Self::Insecure && digest_type == DigestType::SHA1)
    }
}

/// What becomes of ZONEMD records (RFC 8976 §4).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ZonemdPolicy {
    /// They are verified if there are any.
    #[default]
    IfPresent,
    /// They are verified, and there must be one.
    Required,
    /// They are not looked at.
    Off,
}

/// From where the previous version of a zone is read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PreviousInput {
    /// A file.
    File(PathBuf),
    /// Standard input, when the zone itself is not read from there.
    StandardInput,
}

/// A time for which the zone is judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JudgementTime {
    /// Unix seconds.
    At(i64),
    /// Inception and expiration are not looked at.
    Ignored,
}

/// Bounds on work and memory. Reaching one is a finding or an error, never silence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Octets of text in one entry of a zone file, comments included.
    pub entry_octets: usize,
    /// Octets of the parts that a text is cut into which is there as a whole, for threads to read at
    /// once. Nothing that is reported depends on it.
    pub part_octets: usize,
    /// Octets of such a text that are read before it is cut; `None` is as many as a part has, but no more
    /// than 64 KiB. Nothing that is reported depends on it.
    pub head_octets: Option<usize>,
    /// Files open at once through `$INCLUDE`.
    pub include_depth: usize,
    /// Records that one `$GENERATE` may make.
    pub generate_records: u64,
    /// Signatures tried for one RRset (CVE-2023-50387).
    pub signatures_per_rrset: usize,
    /// Octets of signed data written out for one RRset, all its signatures together: each is made
    /// over a copy of the whole RRset. One signature is tried in any case.
    pub signed_octets_per_rrset: usize,
    /// Octets of signed data that a worker writes out before it verifies them, with what the RRset
    /// that reaches this number adds to it. Bounds memory, and no verdict depends on it.
    pub signed_octets_at_once: usize,
    /// Bits in the exponent of an RSA key: each costs a multiplication for every signature. A longer
    /// one is not used, and what only it signs counts as bogus; both are findings.
    ///
    /// OpenSSL, and so BIND and Unbound, refuse exponents above 64 bits for moduli above 3072 bits
    /// and take any that is below the modulus for shorter ones.
    pub rsa_exponent_bits: u32,
    /// Keys tried for one signature: those that share its tag and algorithm (CVE-2023-50387).
    pub keys_per_signature: usize,
    /// NSEC3 chains judged: each costs a hash of every name.
    pub nsec3_chains: usize,
    /// NSEC3 iterations above which validators take a zone for insecure or bogus (RFC 9276 §3.2).
    pub nsec3_iterations: u16,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entry_octets: 4 << 20,
            part_octets: 256 << 10,
            head_octets: None,
            include_depth: 16,
            generate_records: 1 << 20,
            signatures_per_rrset: 64,
            signed_octets_per_rrset: 64 << 20,
            signed_octets_at_once: 4 << 20,
            rsa_exponent_bits: 64,
            keys_per_signature: 8,
            nsec3_chains: 4,
            nsec3_iterations: 150,
        }
    }
}

/// Counters that grow while an audit runs; relaxed, for display only.
#[derive(Debug, Default)]
pub struct Progress {
    /// Octets of input in all, as stored (compressed, if it is); 0 when not known.
    pub bytes_total: AtomicU64,
    /// Octets of input consumed so far, as stored.
    pub bytes_read: AtomicU64,
    /// Records read so far.
    pub records: AtomicU64,
    /// Signatures that will be verified; 0 until reading is done.
    pub signatures_total: AtomicU64,
    /// Signatures verified so far.
    pub signatures: AtomicU64,
    /// Findings so far.
    pub findings: AtomicU64,
}

impl Progress {
    /// Adds to a counter.
    pub fn add(counter: &AtomicU64, by: u64) {
        counter.fetch_add(by, Ordering::Relaxed);
    }
}
