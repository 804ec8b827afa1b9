//! One RRSIG of a zone: everything that is to be checked about it (RFC 4035 §5.3.1).
//!
//! Checks that need no arithmetic come first; what passes them becomes a task for the engine. The
//! times of judgement are looked at last, when it is known whether the signature holds.

use std::cmp::Ordering;

use crate::audit::findings::{Code, KeyRef};
use crate::audit::rrsig::{Candidates, Fault, Keys, LastCandidates, fault_at, is_never_valid};
use crate::dns::rdata::Rrsig;
use crate::dns::{Name, Timestamp};
use crate::engine::{KeyIndex, TaskList, Verdict};
use crate::rrset::signed::append_signed_data;
use crate::rrset::{Position, RrRef, Rrset};

use super::compare::Past;
use super::config::JudgementTime;

/// An RRSIG on its way through the engine.
#[derive(Debug)]
pub(super) struct Signature {
    /// The key it names.
    pub key: KeyRef,
    /// Where it stands.
    pub place: Position,
    /// The first second of validity.
    pub inception: Timestamp,
    /// The last second of validity.
    pub expiration: Timestamp,
    /// Its TTL.
    pub ttl: u32,
    /// The TTL as signed.
    pub original_ttl: u32,
    /// Labels of the owner as signed.
    pub labels: u8,
    /// The signer in wire form, where it is not the apex.
    pub other_signer: Option<Box<[u8]>>,
    /// What keeps it from proving anything, times aside. Empty when nothing does.
    pub faults: Vec<Fault>,
    /// What is wrong with it though it may hold.
    pub blemishes: Vec<Fault>,
    /// Its number among the engine's tasks, when there is something to compute.
    pub task: Option<usize>,
    /// A published key has its algorithm and tag.
    pub has_key: bool,
    /// It may be by a key that is left alone because of its exponent, so that it may be right even
    /// though it holds under no other key.
    pub key_left_out: bool,
    /// The keys it may be by were more than the limit; so many there are.
    pub surplus_keys: Option<usize>,
    /// What the previous version says of it.
    pub past: Past,
}

/// What all signatures of a zone are checked against.
#[derive(Clone, Copy)]
pub(super) struct Context<'z> {
    pub apex: &'z Name,
    pub keys: Keys<'z>,
}

impl Signature {
    /// Checks all that needs no arithmetic, and adds a task for the rest.
    pub(super) fn check<'a>(
        context: &Context<'_>,
        owner: &Name,
        rrset: &Rrset<'_, 'a>,
        record: &RrRef<'a>,
        rrsig: &Rrsig<'a>,
        candidates: &mut LastCandidates,
        tasks: &mut TaskList,
    ) -> Self {
        let mut signature = Self {
            key: KeyRef { tag: rrsig.key_tag, algorithm: rrsig.algorithm },
            place: record.position,
            inception: rrsig.inception,
            expiration: rrsig.expiration,
            ttl: record.ttl,
            original_ttl: rrsig.original_ttl,
            labels: rrsig.labels,
            other_signer: None,
            faults: Vec::new(),
            blemishes: Vec::new(),
            task: None,
            has_key: false,
            key_left_out: false,
            surplus_keys: None,
            past: Past::default(),
        };
        signature.check_frame(context, owner, rrsig);
        signature.check_ttls(rrset, record, rrsig);
        let candidates = candidates.find(&context.keys, rrset.rtype(), rrsig);
        signature.note_keys(candidates);
        let arithmetic_can_tell = signature
            .faults
            .iter()
            .all(|(code, _)| *code == Code::SignatureInceptionAfterExpiration);
        if arithmetic_can_tell {
            let write = |out: &mut Vec<u8>| append_signed_data(owner, rrset, rrsig, out);
            signature.task = Some(tasks.push(write, rrsig.signature, &candidates.keys));
        }
        signature
    }

    /// Signer, labels, and the order of the two times.
    fn check_frame(&mut self, context: &Context<'_>, owner: &Name, rrsig: &Rrsig<'_>) {
        if !rrsig.is_by(context.apex) {
            self.other_signer = Some(rrsig.signer_wire.into());
            self.fault(Code::SignatureSignerNotApex, Some(format!("signer {}", rrsig.signer())));
        }
        let labels = owner.rrsig_labels();
        match rrsig.labels.cmp(&labels) {
            Ordering::Equal => {}
            Ordering::Greater => self.fault(
                Code::SignatureLabelsTooMany,
                Some(format!("labels {}, the owner has {labels}", rrsig.labels)),
            ),
            Ordering::Less => self.fault(
                Code::SignatureLabelsTooFew,
                Some(format!("labels {}, the owner has {labels}", rrsig.labels)),
            ),
        }
        if is_never_valid(rrsig.inception, rrsig.expiration) {
            let detail = format!("inception {}, expiration {}", rrsig.inception, rrsig.expiration);
            self.fault(Code::SignatureInceptionAfterExpiration, Some(detail));
        }
    }

    /// RFC 4035 §2.2: the RRset's TTL, the RRSIG's TTL and the original TTL are one.
    fn check_ttls(&mut self, rrset: &Rrset<'_, '_>, record: &RrRef<'_>, rrsig: &Rrsig<'_>) {
        let (least, greatest) = rrset.ttls();
        let differs = |ttl: u32| ttl < least || ttl > greatest;
        if differs(rrsig.original_ttl) {
            let detail = format!("original TTL {}, TTL {least}", rrsig.original_ttl);
            self.blemishes.push((Code::SignatureOriginalTtl, Some(detail)));
        }
        if differs(record.ttl) {
            let detail = format!("RRSIG TTL {}, TTL {least}", record.ttl);
            self.blemishes.push((Code::SignatureTtl, Some(detail)));
        }
    }

    /// The keys that the signature may be by, and whether it can be a signature under them.
    fn note_keys(&mut self, found: &Candidates) {
        self.faults.extend(found.fault.clone());
        self.has_key = found.has_key;
        self.key_left_out = found.left_out;
        self.surplus_keys = found.surplus;
    }

    fn fault(&mut self, code: Code, detail: Option<String>) {
        self.faults.push((code, detail));
    }

    /// Takes in what the engine found. Returns the key under which the signature holds, if it does
    /// and nothing else is wrong with it, times aside.
    pub(super) fn conclude(&mut self, verdicts: &[Verdict]) -> Option<KeyIndex> {
        let verdict = self.task.map(|task| verdicts[task]);
        match verdict {
            Some(Verdict::Holds(key)) => self.faults.is_empty().then_some(key),
            Some(Verdict::Fails) => {
                self.faults.push(Candidates::failure(self.key_left_out, self.surplus_keys));
                None
            }
            None => None,
        }
    }

    /// What is wrong with it at a time (RFC 4034 §3.1.5).
    pub(super) fn fault_at(&self, time: JudgementTime) -> Option<Fault> {
        let JudgementTime::At(at) = time else { return None };
        if self.faults.iter().any(|(code, _)| *code == Code::SignatureInceptionAfterExpiration) {
            return None; // Said already, and true at any time.
        }
        fault_at(self.inception, self.expiration, at)
    }
}
