//! One RRSIG of a zone: everything that is to be checked about it (RFC 4035 §5.3.1).
//!
//! Checks that need no arithmetic come first; what passes them becomes a task for the engine. The
//! times of judgement are looked at last, when it is known whether the signature holds.

use std::cmp::Ordering;

use crate::audit::findings::{Code, KeyRef};
use crate::dns::rdata::Rrsig;
use crate::dns::{Name, RType, Timestamp};
use crate::engine::{KeyIndex, KeyTable, TaskList, Verdict};
use crate::rrset::signed::append_signed_data;
use crate::rrset::{RrRef, Rrset};

use super::compare::Past;
use super::config::{JudgementTime, Limits, Sha1};
use super::usability::Usability;

/// What is wrong with a signature, and what is particular about it.
pub(super) type Fault = (Code, Option<String>);

/// An RRSIG on its way through the engine.
#[derive(Debug)]
pub(super) struct Signature {
    /// The key it names.
    pub key: KeyRef,
    /// Where it stands.
    pub place: (u16, u32),
    /// The first second of validity.
    pub inception: Timestamp,
    /// The last second of validity.
    pub expiration: Timestamp,
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
    pub table: &'z KeyTable,
    pub usability: &'z Usability,
    pub limits: Limits,
    pub sha1: Sha1,
}

impl Signature {
    /// Checks all that needs no arithmetic, and adds a task for the rest.
    pub(super) fn check<'a>(
        context: &Context<'_>,
        owner: &Name,
        rrset: &Rrset<'_, 'a>,
        record: &RrRef<'a>,
        rrsig: &Rrsig<'a>,
        tasks: &mut TaskList<'a>,
    ) -> Self {
        let mut signature = Self {
            key: KeyRef { tag: rrsig.key_tag, algorithm: rrsig.algorithm },
            place: record.place(),
            inception: rrsig.inception,
            expiration: rrsig.expiration,
            faults: Vec::new(),
            blemishes: Vec::new(),
            task: None,
            has_key: !context.table.matching(rrsig.algorithm, rrsig.key_tag).is_empty(),
            key_left_out: false,
            surplus_keys: None,
            past: Past::default(),
        };
        signature.check_frame(context, owner, rrsig);
        signature.check_ttls(rrset, record, rrsig);
        let candidates = signature.check_key(context, rrset.rtype(), rrsig);
        let arithmetic_can_tell = signature
            .faults
            .iter()
            .all(|(code, _)| *code == Code::SignatureInceptionAfterExpiration);
        if arithmetic_can_tell {
            let write = |out: &mut Vec<u8>| append_signed_data(owner, rrset, rrsig, out);
            signature.task = Some(tasks.push(write, rrsig.signature, &candidates));
        }
        signature
    }

    /// Signer, labels, and the order of the two times.
    fn check_frame(&mut self, context: &Context<'_>, owner: &Name, rrsig: &Rrsig<'_>) {
        if rrsig.signer != *context.apex {
            self.fault(Code::SignatureSignerNotApex, Some(format!("signer {}", rrsig.signer)));
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
        if rrsig.inception.serial_cmp(rrsig.expiration) == Ordering::Greater {
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
    fn check_key(
        &mut self,
        context: &Context<'_>,
        covered: RType,
        rrsig: &Rrsig<'_>,
    ) -> Vec<KeyIndex> {
        if !context.sha1.supports(rrsig.algorithm) {
            self.fault(Code::SignatureUnsupportedAlgorithm, Some(rrsig.algorithm.to_string()));
            return Vec::new();
        }
        let named = context.table.matching(rrsig.algorithm, rrsig.key_tag);
        let Some(&first) = named.first() else {
            self.fault(Code::SignatureNoKey, None);
            return Vec::new();
        };
        let problem = |&key: &KeyIndex| context.usability.problem(key);
        self.key_left_out =
            named.iter().any(|key| problem(key) == Some(Code::SignatureKeyExponentTooLong));
        let usable = |key: &KeyIndex| context.usability.may_verify(*key, covered);
        let mut candidates: Vec<KeyIndex> = named.iter().copied().filter(usable).collect();
        if candidates.is_empty() {
            let code = match self.key_left_out {
                true => Code::SignatureKeyExponentTooLong,
                false => problem(&first).unwrap_or(Code::SignatureNoKey),
            };
            self.fault(code, None);
            return candidates;
        }
        let limit = context.limits.keys_per_signature;
        if candidates.len() > limit {
            self.surplus_keys = Some(candidates.len());
            candidates.truncate(limit);
        }
        // Keys that share a tag may differ in size: the ones that cannot have made it drop out.
        let mut misfit = None;
        candidates.retain(|&key| {
            let public = context.table.get(key).public.as_ref();
            let fits = public.map(|public| public.check_signature(rrsig.signature));
            match fits {
                Ok(Ok(())) => true,
                Ok(Err(error)) => {
                    misfit = Some(error.to_string());
                    false
                }
                Err(_) => false,
            }
        });
        if candidates.is_empty() && self.key_left_out {
            self.fault(Code::SignatureKeyExponentTooLong, None);
        } else if candidates.is_empty() {
            self.fault(Code::SignatureMalformed, misfit);
        }
        candidates
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
                let code = match self.key_left_out {
                    true => Code::SignatureKeyExponentTooLong,
                    false => Code::SignatureInvalid,
                };
                let untried = |keys| format!("not all of the {keys} keys with its tag were tried");
                self.fault(code, self.surplus_keys.map(untried));
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
        let now = Timestamp::from_unix(at);
        if now.serial_cmp(self.expiration) == Ordering::Greater {
            let detail = format!("expiration {}", self.expiration);
            return Some((Code::SignatureExpired, Some(detail)));
        }
        if now.serial_cmp(self.inception) == Ordering::Less {
            let detail = format!("inception {}", self.inception);
            return Some((Code::SignatureNotYetValid, Some(detail)));
        }
        None
    }
}
