//! What becomes of each RRset and each signature, for whoever wants to know it one by one.
//!
//! Outcomes are made by the workers and handed out in the order of the audit, lot by lot, so that
//! their number costs no memory. Nothing is made when nobody asks for it.

use std::sync::Arc;

use crate::audit::findings::{Code, Finding, KeyRef};
use crate::audit::rrsig::fault_at;
use crate::dns::rdata::Rrsig;
use crate::dns::{Class, Name, RType, Timestamp};
use crate::engine::KeyIndex;
use crate::rrset::Position;

use super::config::JudgementTime;
use super::judge::{Case, Court};
use super::signature::Signature;
use super::trust::ZoneKind;

/// Who is told of an audit while it runs, on the thread that called it.
pub trait Listener {
    /// The next finding. Some come before the zone is known: those about what cannot be read.
    fn finding(&mut self, finding: &Finding);

    /// Whether [`Listener::outcome`] is to be called.
    fn wants_outcomes(&self) -> bool {
        false
    }

    /// The zone, once, before the first outcome.
    fn zone(&mut self, _zone: &ZoneAtHand<'_>) {}

    /// What became of the next RRset that must be signed, or of a signature over nothing that must.
    fn outcome(&mut self, _outcome: &Outcome) {}
}

/// Takes findings alone.
pub(super) struct FindingsOnly<'f>(pub &'f mut dyn FnMut(&Finding));

impl Listener for FindingsOnly<'_> {
    fn finding(&mut self, finding: &Finding) {
        (self.0)(finding);
    }
}

/// What all outcomes of an audit have in common.
#[derive(Clone, Copy, Debug)]
pub struct ZoneAtHand<'z> {
    /// The apex, in lower case.
    pub apex: &'z Name,
    /// The class.
    pub class: Class,
    /// The times of judgement: verdicts of RRsets are in this order.
    pub times: &'z [JudgementTime],
    /// The files, as they were named; places give the index.
    pub files: &'z [Arc<str>],
}

/// What became of something.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// An RRset that must be signed, with all signatures over it.
    Rrset(RrsetOutcome),
    /// A signature over nothing that is to be signed.
    Stray(StraySignature),
}

/// What became of an RRset that must be signed.
#[derive(Clone, Debug)]
pub struct RrsetOutcome {
    owner: Box<[u8]>,
    /// Its type.
    pub rtype: RType,
    /// Where its first record stands.
    pub place: LinePlace,
    /// What is in it.
    pub size: RrsetSize,
    /// The signatures over it, in canonical order, those that were not tried behind the others.
    pub signatures: Vec<SignatureOutcome>,
    /// For each time of judgement what it is.
    pub verdicts: Box<[RrsetVerdict]>,
}

impl RrsetOutcome {
    /// The owner, as the zone writes it.
    #[must_use]
    pub fn owner(&self) -> Name {
        name(&self.owner)
    }
}

/// What an RRset holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RrsetSize {
    /// The least TTL of its records.
    pub ttl: u32,
    /// Its records, duplicates once.
    pub records: u32,
    /// Octets of the records as they are signed, without the RRSIG's prefix.
    pub octets: u64,
}

/// What an RRset is at a time (RFC 4033 §5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RrsetVerdict {
    /// The word.
    pub status: RrsetStatus,
    /// Why it is not secure: the code of its first signature that could have made it so, or
    /// [`Code::RrsetUnsigned`]. `None` when it is secure, and in an unsigned zone.
    pub code: Option<Code>,
    /// The last second at which one of the signatures that hold now still does, in Unix seconds.
    pub secure_until: Option<i64>,
}

/// The statuses that an RRset of a zone may have. An island's are judged as if its keys were trusted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum RrsetStatus {
    /// A signature holds.
    Secure,
    /// Signed only by what validators ignore, or in an unsigned zone.
    Insecure,
    /// No signature holds.
    Bogus,
}

impl RrsetStatus {
    /// All of them, the best first.
    pub const ALL: [Self; 3] = [Self::Secure, Self::Insecure, Self::Bogus];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Secure => "secure",
            Self::Insecure => "insecure",
            Self::Bogus => "bogus",
        }
    }
}

/// An RRSIG record that covers nothing which is to be signed where it stands.
#[derive(Clone, Debug)]
pub struct StraySignature {
    owner: Box<[u8]>,
    /// The type covered; `None` when the RDATA is cut short.
    pub covered: Option<RType>,
    /// The signature.
    pub signature: SignatureOutcome,
}

impl StraySignature {
    /// The owner, as the zone writes it.
    #[must_use]
    pub fn owner(&self) -> Name {
        name(&self.owner)
    }
}

/// What became of a signature.
#[derive(Clone, Debug)]
pub struct SignatureOutcome {
    /// Where it stands.
    pub place: LinePlace,
    /// Its TTL.
    pub ttl: u32,
    /// What it says; `None` when the RDATA is cut short.
    pub fields: Option<SignatureFields>,
    /// The key under which it holds, times aside.
    pub holds: Option<HoldingKey>,
    /// What verified it; `None` when there was nothing to compute.
    pub backend: Option<&'static str>,
    /// What keeps it from securing its RRset, times aside: what is wrong with it, or, when it holds,
    /// with the key.
    pub code: Option<Code>,
}

/// The fields of an RRSIG (RFC 4034 §3.1).
#[derive(Clone, Debug)]
pub struct SignatureFields {
    /// The key it names.
    pub key: KeyRef,
    /// The signer in wire form; `None` when it is the apex.
    signer: Option<Box<[u8]>>,
    /// The labels field.
    pub labels: u8,
    /// The original TTL.
    pub original_ttl: u32,
    /// The first second of validity.
    pub inception: Timestamp,
    /// The last second of validity.
    pub expiration: Timestamp,
}

impl SignatureFields {
    /// The signer, unless it is the zone's apex.
    #[must_use]
    pub fn other_signer(&self) -> Option<Name> {
        self.signer.as_deref().map(name)
    }
}

/// The key under which a signature holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HoldingKey {
    /// The flags of its DNSKEY.
    pub flags: u16,
}

/// Where in the input something stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LinePlace {
    /// The file's place in [`ZoneAtHand::files`].
    pub file: u16,
    /// The line, from 1.
    pub line: u64,
}

impl SignatureOutcome {
    /// Whether it is right and within its validity at a time, and what keeps it from securing its
    /// RRset then.
    #[must_use]
    pub fn verdict_at(&self, time: JudgementTime) -> (bool, Option<Code>) {
        if self.holds.is_none() {
            return (false, self.code);
        }
        match (time, &self.fields) {
            (JudgementTime::At(at), Some(fields)) => {
                match fault_at(fields.inception, fields.expiration, at) {
                    Some((code, _)) => (false, Some(code)),
                    None => (true, self.code),
                }
            }
            _ => (true, self.code),
        }
    }
}

/// What an RRSIG says, with the apex understood as the signer.
pub(super) fn fields(rrsig: &Rrsig<'_>, apex: &Name) -> SignatureFields {
    SignatureFields {
        key: KeyRef { tag: rrsig.key_tag, algorithm: rrsig.algorithm },
        signer: (!rrsig.is_by(apex)).then(|| rrsig.signer_wire.into()),
        labels: rrsig.labels,
        original_ttl: rrsig.original_ttl,
        inception: rrsig.inception,
        expiration: rrsig.expiration,
    }
}

fn name(wire: &[u8]) -> Name {
    // Only names are put there.
    Name::from_wire(wire).unwrap_or(Name::root())
}

impl Court<'_> {
    /// A signature that was not tried, and why.
    pub(super) fn not_tried(
        &self,
        position: Position,
        ttl: u32,
        rrsig: Option<&Rrsig<'_>>,
        code: Code,
    ) -> SignatureOutcome {
        SignatureOutcome {
            place: self.line_place(position),
            ttl,
            fields: rrsig.map(|rrsig| fields(rrsig, self.context.apex)),
            holds: None,
            backend: None,
            code: Some(code),
        }
    }

    /// A stray signature at an owner.
    pub(super) fn stray(
        owner: &Name,
        covered: Option<RType>,
        signature: SignatureOutcome,
    ) -> StraySignature {
        StraySignature { owner: owner.as_wire().into(), covered, signature }
    }

    /// What became of an RRset, given the keys under which its signatures hold, times aside, and the
    /// times at which one makes it secure.
    pub(super) fn rrset_outcome(
        &self,
        case: &Case<'_>,
        holding: &[Option<KeyIndex>],
        secured: &[bool],
    ) -> RrsetOutcome {
        let Case { rrset, signatures, .. } = case;
        let tried = signatures.iter().zip(holding);
        let mut signatures: Vec<SignatureOutcome> =
            tried.map(|(signature, &key)| self.signature_outcome(signature, key)).collect();
        signatures.extend_from_slice(&rrset.untried_outcomes);
        let verdict = |(&time, &secured)| self.rrset_verdict(&signatures, time, secured);
        let verdicts = self.times.iter().zip(secured).map(verdict).collect();
        let (owner, place) = (case.owner.into(), self.line_place(rrset.place));
        RrsetOutcome { owner, rtype: rrset.rtype, place, size: rrset.size, signatures, verdicts }
    }

    fn signature_outcome(&self, signature: &Signature, key: Option<KeyIndex>) -> SignatureOutcome {
        let table = self.context.keys.table;
        let problem = key.and_then(|key| self.context.keys.usability.problem(key));
        let fields = SignatureFields {
            key: signature.key,
            signer: signature.other_signer.clone(),
            labels: signature.labels,
            original_ttl: signature.original_ttl,
            inception: signature.inception,
            expiration: signature.expiration,
        };
        let KeyRef { tag, algorithm } = signature.key;
        let computed = || key.or_else(|| table.matching(algorithm, tag).first().copied());
        let by = signature.task.and_then(|_| computed());
        SignatureOutcome {
            place: self.line_place(signature.place),
            ttl: signature.ttl,
            fields: Some(fields),
            holds: key.map(|key| HoldingKey { flags: table.get(key).dnskey().flags }),
            backend: by.and_then(|key| table.get(key).prepared()).map(|form| form.backend),
            code: signature.faults.first().map(|&(code, _)| code).or(problem),
        }
    }

    fn rrset_verdict(
        &self,
        signatures: &[SignatureOutcome],
        time: JudgementTime,
        secured: bool,
    ) -> RrsetVerdict {
        if secured {
            let secures = |made: &&SignatureOutcome| made.verdict_at(time) == (true, None);
            let expirations = signatures
                .iter()
                .filter(secures)
                .filter_map(|made| Some(unix(made.fields.as_ref()?.expiration, time)));
            let secure_until = expirations.max();
            return RrsetVerdict { status: RrsetStatus::Secure, code: None, secure_until };
        }
        let status = match self.kind {
            ZoneKind::Signed => RrsetStatus::Bogus,
            ZoneKind::Unsigned | ZoneKind::Unsupported => RrsetStatus::Insecure,
        };
        let unsigned = (self.kind != ZoneKind::Unsigned).then_some(Code::RrsetUnsigned);
        let code = match signatures {
            [] => unsigned,
            signatures => signatures.iter().find_map(|made| made.verdict_at(time).1),
        };
        RrsetVerdict { status, code, secure_until: None }
    }

    fn line_place(&self, position: Position) -> LinePlace {
        let (file, line) = self.ordered.line(position);
        LinePlace { file, line }
    }
}

/// The Unix time that an RRSIG's time means near a time of judgement (RFC 4034 §3.1.5). Where there is
/// none, it is one of the years up to 2106.
#[must_use]
pub fn unix(timestamp: Timestamp, time: JudgementTime) -> i64 {
    match time {
        JudgementTime::At(at) => timestamp.to_unix_near(at),
        JudgementTime::Ignored => i64::from(timestamp.0),
    }
}
