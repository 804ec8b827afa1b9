//! Which keys of the apex may verify what (RFC 4034 §2.1, RFC 5011 §2.1).

use super::findings::Code;
use crate::crypto::PublicKey;
use crate::dns::RType;
use crate::engine::{Key, KeyIndex, KeyTable};

use super::zone::Sha1;

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
    pub(super) fn new(table: &KeyTable, sha1: Sha1, exponent_bits: u32) -> Self {
        Self { keys: table.iter().map(|(_, key)| use_of(key, sha1, exponent_bits)).collect() }
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

fn use_of(key: &Key, sha1: Sha1, exponent_bits: u32) -> Use {
    let dnskey = key.dnskey();
    if !dnskey.is_zone_key() {
        Use::Nothing(Code::SignatureKeyNotZoneKey)
    } else if dnskey.protocol != 3 {
        Use::Nothing(Code::SignatureKeyBadProtocol)
    } else if !sha1.supports(key.algorithm) {
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
pub(super) fn exponent_above(key: &Key, limit: u32) -> Option<u32> {
    match &key.public {
        Ok(PublicKey::Rsa(rsa)) => Some(rsa.exponent_bits()).filter(|&bits| bits > limit),
        _ => None,
    }
}
