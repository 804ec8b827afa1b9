//! What a chain audit found, as reports print it.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::Serialize;

use crate::audit::findings::{Code, KeyRef};
use crate::audit::rfc5011::{Change, TrustPoint};
use crate::audit::zone::summary::{Expiry, LatencyFacts};
use crate::dns::{Name, RType};

use super::explain::{Explanation, ZoneLink};
use super::judge::Kind;
use super::status::{Judgement, Status};
use super::verify::SignatureCounts;

/// How many have each status.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct StatusCounts {
    /// Secure ones.
    pub secure: u64,
    /// Insecure ones.
    pub insecure: u64,
    /// Indeterminate ones.
    pub indeterminate: u64,
    /// Bogus ones.
    pub bogus: u64,
}

impl StatusCounts {
    /// Counts.
    pub fn add(&mut self, status: Status, count: u64) {
        *match status {
            Status::Secure => &mut self.secure,
            Status::Insecure => &mut self.insecure,
            Status::Indeterminate => &mut self.indeterminate,
            Status::Bogus => &mut self.bogus,
        } += count;
    }

    /// How many have a status.
    #[must_use]
    pub fn of(&self, status: Status) -> u64 {
        match status {
            Status::Secure => self.secure,
            Status::Insecure => self.insecure,
            Status::Indeterminate => self.indeterminate,
            Status::Bogus => self.bogus,
        }
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.secure + self.insecure + self.indeterminate + self.bogus
    }
}

impl AddAssign for StatusCounts {
    fn add_assign(&mut self, other: Self) {
        Status::ALL.into_iter().for_each(|status| self.add(status, other.of(status)));
    }
}

/// What came in.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct InputFacts {
    /// The files, as they were named.
    pub files: Vec<String>,
    /// Packets, or frames of dnstap.
    pub packets: u64,
    /// Octets of the files, decompressed.
    pub octets: u64,
    /// DNS messages.
    pub messages: u64,
    /// The messages by the way they went.
    pub over: TransportCounts,
    /// ICMP errors that quote DNS: no messages.
    pub icmp_quotes: u64,
    /// Octets of TCP streams that could not be followed.
    pub tcp_octets_lost: u64,
    /// UDP checksums left to the network card, or on the loopback to nobody: no faults.
    pub checksums_unfinished: u64,
    /// Of the messages, queries.
    pub queries: u64,
    /// Responses to queries.
    pub responses: u64,
    /// Messages that are neither: notifications, updates.
    pub others: u64,
    /// RRSIG records in all messages.
    pub signatures: u64,
    /// Signatures over nothing that came with them.
    pub orphan_signatures: u64,
    /// Records whose RDATA does not fit their type.
    pub misfit_records: u64,
    /// Records read from text.
    pub records: u64,
    /// What could not be read, by cause.
    pub faults: BTreeMap<String, u64>,
    /// The first places of what could not be read.
    pub fault_places: Vec<String>,
    /// Responses that were not kept, because the limit of memory was reached.
    pub not_kept: u64,
    /// Queries and the responses to them; none where only one direction was captured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchanges: Option<ExchangeFacts>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<Times>,
}

/// Queries and the responses to them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct ExchangeFacts {
    /// Queries with a response, however often either came.
    pub answered: u64,
    /// Queries without one within half a minute.
    pub unanswered: u64,
    /// Times that a query was sent again before its response.
    pub repeated: u64,
    /// Responses that belong to no query.
    pub unasked: u64,
    /// Queries that gave way to others before their response, because of the limit of memory: each may
    /// have made a response one without a query.
    pub given_up: u64,
}

/// The first and the last time at which something was seen, in Unix seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Times {
    /// The first.
    pub first: i64,
    /// The last.
    pub last: i64,
}

impl Times {
    /// Seen once.
    #[must_use]
    pub fn once(at: i64) -> Self {
        Self { first: at, last: at }
    }

    /// Seen at this time as well.
    #[must_use]
    pub fn and(self, at: i64) -> Self {
        Self { first: self.first.min(at), last: self.last.max(at) }
    }
}

/// An extended error of a response (RFC 8914).
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ExtendedError {
    /// Its code.
    pub code: u16,
    /// What the server says of it.
    pub text: String,
}

/// Messages by the way they went.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct TransportCounts {
    /// In UDP datagrams.
    pub udp: u64,
    /// In TCP streams.
    pub tcp: u64,
    /// In dnstap files.
    pub dnstap: u64,
}

/// One distinct response, as often as it was seen with one judgement.
#[derive(Clone, Debug, Serialize)]
pub struct ResponseRow {
    /// The name that was asked for.
    pub name: Option<Name>,
    /// The type.
    #[serde(rename = "type")]
    pub rtype: Option<RType>,
    /// The response code.
    pub rcode: u16,
    /// What it is.
    #[serde(rename = "outcome")]
    pub kind: Kind,
    /// The status and the reason; none when there is nothing to judge.
    #[serde(flatten)]
    pub judgement: Option<Judgement>,
    /// The zone whose keys decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<Name>,
    /// A resolver sent it (RA).
    pub recursive: bool,
    /// AD.
    pub ad: bool,
    /// CD.
    pub cd: bool,
    /// DO.
    #[serde(rename = "do")]
    pub signatures_wanted: bool,
    /// Extended errors.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub errors: Vec<ExtendedError>,
    /// How often it was seen.
    pub count: u64,
    /// When.
    pub seen: Times,
    /// Where it was seen first: file and packet, or line.
    pub place: String,
}

/// One distinct RRset.
#[derive(Clone, Debug, Serialize)]
pub struct RrsetRow {
    /// The owner.
    pub owner: Name,
    /// The type.
    #[serde(rename = "type")]
    pub rtype: RType,
    /// The wildcard that it was made from, by the signature that makes it secure. Whether it may stand
    /// at its owner only a response can prove (RFC 4035 §5.3.4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wildcard: Option<Box<Name>>,
    /// The status when it was first seen.
    #[serde(flatten)]
    pub judgement: Judgement,
    /// The zone it lies in, as far as is known.
    pub zone: Name,
    /// Signatures over it.
    pub signatures: u64,
    /// How often it was seen.
    pub count: u64,
    /// When.
    pub seen: Times,
}

/// One distinct signature over one distinct RRset.
#[derive(Clone, Debug)]
pub struct SignatureRow {
    /// The owner.
    pub owner: Name,
    /// The type covered.
    pub rtype: RType,
    /// The zone that signed.
    pub signer: Name,
    /// The key it names.
    pub key: KeyRef,
    /// The labels field.
    pub labels: u8,
    /// The original TTL.
    pub original_ttl: u32,
    /// The first second of validity, in Unix seconds.
    pub inception: i64,
    /// The last second of validity, in Unix seconds.
    pub expiration: i64,
    /// The flags of the key under which it holds, times aside; `None` when it holds under none that
    /// was seen. A key that holds need not be trusted.
    pub holds: Option<u16>,
    /// What verified it; `None` when there was nothing to compute.
    pub backend: Option<&'static str>,
    /// The time it is judged for: when it was first seen, unless another was asked for. `None` when it
    /// was only given to help with the rest.
    pub at: Option<i64>,
    /// Whether it holds and is within its validity then.
    pub valid: bool,
    /// Why not.
    pub code: Option<Code>,
    /// How often it was seen.
    pub count: u64,
    /// When.
    pub seen: Option<Times>,
}

/// A zone of the input.
#[derive(Clone, Debug, Serialize)]
pub struct ZoneRow {
    /// Its place on the chain of trust, at the last time that was seen.
    #[serde(flatten)]
    pub link: ZoneLink,
    /// The zone above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<Name>,
    /// It is signed by a key of its own, but no chain leads to it.
    pub island: bool,
    /// Distinct signatures that name it as the signer.
    pub signatures: SignatureCounts,
    /// Responses that it decided.
    pub responses: StatusCounts,
}

/// What resolvers said (AD), and what is found here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct AdFacts {
    /// AD is set and the response is secure here.
    pub agreed: u64,
    /// AD is set and it is not secure here, though it could be judged.
    pub without_security: u64,
    /// AD is set, and the input does not hold what would tell.
    pub unknown: u64,
    /// It is secure here, and a resolver that was asked for signatures does not say AD.
    pub missing: u64,
}

/// What a chain audit found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    /// What came in.
    pub input: InputFacts,
    /// Responses by status.
    pub responses: StatusCounts,
    /// Responses by what they are and status.
    #[serde(rename = "outcomes")]
    pub kinds: BTreeMap<Kind, StatusCounts>,
    /// Responses with nothing to judge, by response code.
    pub not_judged: BTreeMap<u16, u64>,
    /// Distinct responses.
    pub distinct_responses: u64,
    /// Distinct RRsets by status when they were first seen.
    pub rrsets: StatusCounts,
    /// Distinct signatures by algorithm.
    pub signatures: BTreeMap<u8, SignatureCounts>,
    /// The earliest expiration of a signature that holds and was valid when it was seen last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_expiry: Option<Expiry>,
    /// The zones.
    pub zones: Vec<ZoneRow>,
    /// Why responses are not secure.
    pub reasons: Vec<ReasonRow>,
    /// The names with the most bogus responses.
    pub bogus_names: Vec<BogusName>,
    /// Responses by the time at which they were seen.
    pub timeline: Vec<TimelineRow>,
    /// Seconds of a span of the time line.
    pub timeline_span_seconds: i64,
    /// What resolvers said.
    pub ad: AdFacts,
    /// Extended errors by code.
    pub extended_errors: BTreeMap<u16, u64>,
    /// Chains that were asked for.
    pub explanations: Vec<Explanation>,
    /// Findings by code.
    pub findings: BTreeMap<String, u64>,
    /// What became of the keys that were followed (RFC 5011), in the order of time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trust_changes: Vec<Change>,
    /// Their trust point as it is after the input.
    #[serde(skip)]
    pub trust_point: Option<TrustPoint>,
    /// How long it took.
    pub performance: Performance,
}

/// A reason for which responses are not secure.
#[derive(Clone, Debug, Serialize)]
pub struct ReasonRow {
    /// Their status.
    pub status: Status,
    /// The fact.
    pub code: Code,
    /// How many.
    pub responses: u64,
    /// The first, and where it was seen.
    pub first: String,
}

/// A question whose responses are bogus.
#[derive(Clone, Debug, Serialize)]
pub struct BogusName {
    /// The name, in lower case.
    pub name: Name,
    /// The type.
    #[serde(rename = "type")]
    pub rtype: RType,
    /// How many.
    pub responses: u64,
}

/// A span of the time line.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct TimelineRow {
    /// Its beginning, in Unix seconds.
    pub from: i64,
    /// The responses in it.
    #[serde(flatten)]
    pub responses: StatusCounts,
}

/// How long it took.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Performance {
    /// Seconds of reading.
    pub reading_seconds: f64,
    /// Seconds of verifying.
    pub verifying_seconds: f64,
    /// Seconds of judging.
    pub judging_seconds: f64,
    /// Nanoseconds a verification took, by algorithm and backend.
    pub latency: Vec<LatencyFacts>,
}
