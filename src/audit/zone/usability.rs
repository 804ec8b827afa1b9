//! Which keys of the apex may verify what (RFC 4034 §2.1, RFC 5011 §2.1).

use crate::audit::findings::{Code, Finding, KeyRef};
use crate::crypto::{KeyError, PublicKey};
use crate::dns::{Name, RType};
use crate::engine::keys::KeyProblem;
use crate::engine::{Key, KeyIndex, KeyTable};

/// For each key of a table, what it may do.
#[derive(Debug)]
pub(super) struct Usability {
    keys: Vec<Use>,
}

/// What a key may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Use {
    /// Verify any RRset of the zone.
    Any,
    /// Prove its own revocation, by signing the DNSKEY RRset, and nothing else.
    Revoked,
    /// Nothing: the code is what signatures by this key are reported under.
    Nothing(Code),
}

impl Usability {
    /// `exponent_bits` is the most that the exponent of an RSA key may have.
    pub(super) fn new(table: &KeyTable, exponent_bits: u32) -> Self {
        Self { keys: table.iter().map(|(_, key)| use_of(key, exponent_bits)).collect() }
    }

    /// What a key may do.
    pub(super) fn of(&self, key: KeyIndex) -> Use {
        self.keys[usize::from(key.0)]
    }

    /// Whether a signature by this key makes an RRset secure.
    pub(super) fn secures(&self, key: KeyIndex) -> bool {
        self.of(key) == Use::Any
    }

    /// Whether the backend is to try this key for a signature over a type.
    pub(super) fn may_verify(&self, key: KeyIndex, covered: RType) -> bool {
        match self.of(key) {
            Use::Any => true,
            Use::Revoked => covered == RType::DNSKEY,
            Use::Nothing(_) => false,
        }
    }

    /// Why a signature by this key proves nothing, when it does not.
    pub(super) fn problem(&self, key: KeyIndex) -> Option<Code> {
        match self.of(key) {
            Use::Any => None,
            Use::Revoked => Some(Code::SignatureKeyRevoked),
            Use::Nothing(code) => Some(code),
        }
    }
}

fn use_of(key: &Key, exponent_bits: u32) -> Use {
    let dnskey = key.dnskey();
    if !dnskey.is_zone_key() {
        Use::Nothing(Code::SignatureKeyNotZoneKey)
    } else if dnskey.protocol != 3 {
        Use::Nothing(Code::SignatureKeyBadProtocol)
    } else if !key.algorithm.is_supported() {
        Use::Nothing(Code::SignatureUnsupportedAlgorithm)
    } else if key.prepared().is_none() {
        Use::Nothing(Code::SignatureKeyMalformed)
    } else if exponent_above(key, exponent_bits).is_some() {
        Use::Nothing(Code::SignatureKeyExponentTooLong)
    } else if dnskey.is_revoked() {
        Use::Revoked
    } else {
        Use::Any
    }
}

/// Bits in the exponent of an RSA key, when they are above the limit.
fn exponent_above(key: &Key, limit: u32) -> Option<u32> {
    match &key.public {
        Ok(PublicKey::Rsa(rsa)) => Some(rsa.exponent_bits()).filter(|&bits| bits > limit),
        _ => None,
    }
}

/// What is to be said of the keys themselves, whether or not anything is signed with them.
pub(super) fn key_findings(apex: &Name, table: &KeyTable, exponent_bits: u32) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (_, key) in table.iter() {
        let mut report = |code: Code, detail: Option<String>| {
            findings.push(Finding {
                owner: Some(*apex),
                rtype: Some(RType::DNSKEY),
                key: Some(KeyRef { tag: key.tag, algorithm: key.algorithm }),
                detail,
                ..Finding::new(code)
            });
        };
        let dnskey = key.dnskey();
        if !dnskey.is_zone_key() {
            let detail = format!("flags {}", dnskey.flags);
            report(Code::KeyNotZoneKey, Some(detail));
        }
        if dnskey.protocol != 3 {
            let detail = format!("protocol {}", dnskey.protocol);
            report(Code::KeyBadProtocol, Some(detail));
        }
        if let Some(bits) = exponent_above(key, exponent_bits) {
            let detail = format!("{bits} bits, the limit is {exponent_bits}");
            report(Code::KeyExponentTooLong, Some(detail));
        }
        match &key.public {
            Err(KeyProblem::Key(KeyError::Unsupported { .. })) => {
                let detail = key.algorithm.to_string();
                report(Code::KeyUnsupportedAlgorithm, Some(detail));
            }
            Err(problem) => {
                report(Code::KeyMalformed, Some(problem.to_string()));
            }
            Ok(_) if key.algorithm.uses_sha1() => {
                report(Code::KeySha1, Some(key.algorithm.to_string()));
            }
            Ok(_) => {}
        }
    }
    findings
}
