//! DS digest types (IANA "DNSSEC Delegation Signer (DS) Resource Record (RR) Type Digest Algorithms").

use std::fmt;

/// A DS digest type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DigestType(pub u8);

impl DigestType {
    /// SHA-1 (RFC 3658).
    pub const SHA1: Self = Self(1);
    /// SHA-256 (RFC 4509).
    pub const SHA256: Self = Self(2);
    /// SHA-384 (RFC 6605).
    pub const SHA384: Self = Self(4);

    /// Octets in a digest of this type, for the types that sigmill computes.
    #[must_use]
    pub fn digest_len(self) -> Option<usize> {
        match self {
            Self::SHA1 => Some(20),
            Self::SHA256 => Some(32),
            Self::SHA384 => Some(48),
            _ => None,
        }
    }
}

impl fmt::Display for DigestType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::SHA1 => f.pad("SHA-1"),
            Self::SHA256 => f.pad("SHA-256"),
            Self(3) => f.pad("GOST R 34.11-94"),
            Self::SHA384 => f.pad("SHA-384"),
            Self(5) => f.pad("GOST R 34.11-2012"),
            Self(6) => f.pad("SM3"),
            Self(other) => f.pad(&format!("digest type {other}")),
        }
    }
}
