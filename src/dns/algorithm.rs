//! DNSSEC algorithm numbers (IANA "DNS Security Algorithm Numbers") and what RFC 9904 says of them.

use std::fmt;

/// A DNSSEC signing algorithm: the number in DNSKEY, DS and RRSIG.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Algorithm(pub u8);

/// What a validator is asked to do with an algorithm (RFC 9904, "Implement for DNSSEC validation").
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValidationStatus {
    /// Every validator implements it.
    Must,
    /// Validators are asked to implement it.
    Recommended,
    /// A validator may implement it; sigmill does not.
    May,
    /// Broken or withdrawn: treated as unknown, hence insecure and never bogus (RFC 4035 §5.2).
    MustNot,
    /// Unassigned, reserved, private or unknown.
    Unknown,
}

/// What a signer is asked to do with an algorithm (RFC 9904, "Use for DNSSEC signing").
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SigningStatus {
    /// Zones are asked to use it.
    Recommended,
    /// A zone may use it.
    May,
    /// A zone had better not use it.
    NotRecommended,
    /// A zone must not use it.
    MustNot,
    /// Unassigned, reserved, private or unknown.
    Unknown,
}

impl Algorithm {
    /// RSA/SHA-1 (RFC 3110); deprecated by RFC 9905.
    pub const RSASHA1: Self = Self(5);
    /// RSA/SHA-1 in zones with NSEC3 (RFC 5155); deprecated by RFC 9905.
    pub const RSASHA1_NSEC3_SHA1: Self = Self(7);
    /// RSA/SHA-256 (RFC 5702).
    pub const RSASHA256: Self = Self(8);
    /// RSA/SHA-512 (RFC 5702).
    pub const RSASHA512: Self = Self(10);
    /// ECDSA on P-256 with SHA-256 (RFC 6605).
    pub const ECDSAP256SHA256: Self = Self(13);
    /// ECDSA on P-384 with SHA-384 (RFC 6605).
    pub const ECDSAP384SHA384: Self = Self(14);
    /// Ed25519 (RFC 8080).
    pub const ED25519: Self = Self(15);
    /// Ed448 (RFC 8080).
    pub const ED448: Self = Self(16);

    /// Every algorithm that sigmill verifies.
    pub const SUPPORTED: [Self; 8] = [
        Self::RSASHA1,
        Self::RSASHA1_NSEC3_SHA1,
        Self::RSASHA256,
        Self::RSASHA512,
        Self::ECDSAP256SHA256,
        Self::ECDSAP384SHA384,
        Self::ED25519,
        Self::ED448,
    ];

    /// Whether sigmill verifies signatures of this algorithm.
    #[must_use]
    pub fn is_supported(self) -> bool {
        Self::SUPPORTED.contains(&self)
    }

    /// Whether the signature hashes with SHA-1 (RFC 9905).
    #[must_use]
    pub fn uses_sha1(self) -> bool {
        matches!(self, Self::RSASHA1 | Self::RSASHA1_NSEC3_SHA1)
    }

    /// The IANA mnemonic, when the number has one.
    #[must_use]
    pub fn mnemonic(self) -> Option<&'static str> {
        TABLE.iter().find(|row| row.0 == self.0).map(|row| row.1)
    }

    /// What validators are asked to do with it, as of RFC 9904 (2025-11).
    #[must_use]
    pub fn validation_status(self) -> ValidationStatus {
        TABLE.iter().find(|row| row.0 == self.0).map_or(ValidationStatus::Unknown, |row| row.2)
    }

    /// What signers are asked to do with it, as of RFC 9904 and RFC 9905 (2025-11).
    #[must_use]
    pub fn signing_status(self) -> SigningStatus {
        TABLE.iter().find(|row| row.0 == self.0).map_or(SigningStatus::Unknown, |row| row.3)
    }

    /// Reads a decimal number or an IANA mnemonic, in any case (RFC 4034 Appendix A.1).
    #[must_use]
    pub fn from_text(text: &[u8]) -> Option<Self> {
        if text.first().is_some_and(u8::is_ascii_digit) {
            let number = super::rtype::decimal_u16(text)?;
            return u8::try_from(number).ok().map(Self);
        }
        let row = TABLE.iter().find(|row| text.eq_ignore_ascii_case(row.1.as_bytes()));
        row.map(|row| Self(row.0))
    }
}

/// Number, mnemonic, status for validation and for signing. Source: the IANA registry and RFC 9904 §3, 2025-11.
const TABLE: [(u8, &str, ValidationStatus, SigningStatus); 18] = [
    (0, "DELETE", ValidationStatus::Unknown, SigningStatus::Unknown),
    (1, "RSAMD5", ValidationStatus::MustNot, SigningStatus::MustNot),
    (2, "DH", ValidationStatus::Unknown, SigningStatus::Unknown),
    (3, "DSA", ValidationStatus::MustNot, SigningStatus::MustNot),
    (5, "RSASHA1", ValidationStatus::Must, SigningStatus::MustNot),
    (6, "DSA-NSEC3-SHA1", ValidationStatus::MustNot, SigningStatus::MustNot),
    (7, "RSASHA1-NSEC3-SHA1", ValidationStatus::Must, SigningStatus::MustNot),
    (8, "RSASHA256", ValidationStatus::Must, SigningStatus::Recommended),
    (10, "RSASHA512", ValidationStatus::Must, SigningStatus::NotRecommended),
    (12, "ECC-GOST", ValidationStatus::MustNot, SigningStatus::MustNot),
    (13, "ECDSAP256SHA256", ValidationStatus::Must, SigningStatus::Recommended),
    (14, "ECDSAP384SHA384", ValidationStatus::Recommended, SigningStatus::May),
    (15, "ED25519", ValidationStatus::Recommended, SigningStatus::Recommended),
    (16, "ED448", ValidationStatus::Recommended, SigningStatus::May),
    (17, "SM2SM3", ValidationStatus::May, SigningStatus::May),
    (23, "ECC-GOST12", ValidationStatus::May, SigningStatus::May),
    (253, "PRIVATEDNS", ValidationStatus::Unknown, SigningStatus::Unknown),
    (254, "PRIVATEOID", ValidationStatus::Unknown, SigningStatus::Unknown),
];

/// Writes the mnemonic, or `algorithm N` for a number without one.
impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mnemonic() {
            Some(mnemonic) => f.pad(mnemonic),
            None => f.pad(&format!("algorithm {}", self.0)),
        }
    }
}

/// As its number: the stable form for machines.
impl serde::Serialize for Algorithm {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 4034 Appendix A.1: mnemonic or number in presentation form.
    #[test]
    fn algorithms_are_read_as_numbers_and_mnemonics() {
        assert_eq!(Algorithm::from_text(b"13"), Some(Algorithm::ECDSAP256SHA256));
        assert_eq!(Algorithm::from_text(b"ecdsap256sha256"), Some(Algorithm::ECDSAP256SHA256));
        assert_eq!(Algorithm::from_text(b"256"), None);
        assert_eq!(Algorithm::from_text(b"RSA"), None);
    }

    // RFC 9904: 5, 7, 8, 10, 13 must; 14, 15, 16 recommended; 1, 3, 6, 12 must not; 17, 23 may.
    #[test]
    fn every_must_and_recommended_algorithm_is_supported_and_nothing_else() {
        for number in 0..=255 {
            let algorithm = Algorithm(number);
            let asked_for = matches!(
                algorithm.validation_status(),
                ValidationStatus::Must | ValidationStatus::Recommended
            );
            assert_eq!(algorithm.is_supported(), asked_for, "{algorithm}");
        }
    }
}
