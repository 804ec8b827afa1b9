//! Kinds of keys by the names that users type: `p256`, `rsa2048`, `rsa1024-e3-sha1`.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::crypto::KeyShape;
use crate::dns::Algorithm;

/// The exponent of nearly all RSA keys.
const USUAL_EXPONENT: u64 = 65537;

/// A kind of keys: an algorithm, and for RSA a size and an exponent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Kind {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// Size and exponent.
    pub shape: KeyShape,
}

/// Why a word names no kind of keys.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KindError {
    /// It is none of the names.
    #[error(
        "expected p256, p384, ed25519, ed448, rsa with its bits such as rsa2048 or rsa1024-e3-sha1, \
         or one of the lists usual, curves, rsa and all"
    )]
    Unknown,
    /// RSA without a size.
    #[error("RSA needs its bits: rsa1024, rsa2048, …")]
    NoBits,
    /// An RSA size that no validator takes (RFC 3110 §2, RFC 5702 §2).
    #[error("{algorithm} takes moduli of {least} to 4096 bits")]
    Bits {
        /// The algorithm.
        algorithm: Algorithm,
        /// Fewest bits.
        least: u32,
    },
    /// An exponent that no key has (RFC 8017 §3.1).
    #[error("an RSA exponent is odd and at least 3, below 2^64")]
    Exponent,
}

impl Kind {
    /// ECDSA on P-256.
    pub const P256: Self = Self::curve(Algorithm::ECDSAP256SHA256);
    /// ECDSA on P-384.
    pub const P384: Self = Self::curve(Algorithm::ECDSAP384SHA384);
    /// Ed25519.
    pub const ED25519: Self = Self::curve(Algorithm::ED25519);
    /// Ed448.
    pub const ED448: Self = Self::curve(Algorithm::ED448);

    const fn curve(algorithm: Algorithm) -> Self {
        Self { algorithm, shape: KeyShape::Curve }
    }

    /// RSA with SHA-256.
    #[must_use]
    pub const fn rsa(bits: u32, exponent: u64) -> Self {
        Self { algorithm: Algorithm::RSASHA256, shape: KeyShape::Rsa { bits, exponent } }
    }

    /// The kinds that a word stands for: one, or those of a list. `usual` is what most zones have,
    /// `curves` and `rsa` are its parts, and `all` adds the exponents 3 and 2^32+1.
    ///
    /// # Errors
    /// When it stands for none.
    pub fn named(word: &str) -> Result<Vec<Self>, KindError> {
        const SIZES: [u32; 4] = [1024, 1280, 2048, 4096];
        let rsa = |exponent| SIZES.map(|bits| Self::rsa(bits, exponent));
        let curves = [Self::P256, Self::P384, Self::ED25519, Self::ED448];
        match word.to_ascii_lowercase().as_str() {
            "usual" => Ok([curves, rsa(USUAL_EXPONENT)].concat()),
            "curves" => Ok(curves.into()),
            "rsa" => Ok(rsa(USUAL_EXPONENT).into()),
            "all" => {
                let exponents = [3, USUAL_EXPONENT, (1 << 32) + 1];
                Ok(curves.into_iter().chain(exponents.into_iter().flat_map(rsa)).collect())
            }
            word => word.parse().map(|kind| vec![kind]),
        }
    }

    /// The size that tools print.
    #[must_use]
    pub fn bits(self) -> u32 {
        match (self.shape, self.algorithm) {
            (KeyShape::Rsa { bits, .. }, _) => bits,
            (KeyShape::Curve, Algorithm::ECDSAP384SHA384) => 384,
            (KeyShape::Curve, Algorithm::ED448) => 456,
            (KeyShape::Curve, _) => 256,
        }
    }

    /// The public exponent of RSA.
    #[must_use]
    pub fn exponent(self) -> Option<u64> {
        match self.shape {
            KeyShape::Rsa { exponent, .. } => Some(exponent),
            KeyShape::Curve => None,
        }
    }
}

impl FromStr for Kind {
    type Err = KindError;

    fn from_str(word: &str) -> Result<Self, KindError> {
        let word = word.to_ascii_lowercase();
        let kind = match word.as_str() {
            "p256" | "ecdsap256sha256" | "13" => Some(Self::P256),
            "p384" | "ecdsap384sha384" | "14" => Some(Self::P384),
            "ed25519" | "15" => Some(Self::ED25519),
            "ed448" | "16" => Some(Self::ED448),
            _ => None,
        };
        if let Some(kind) = kind {
            return Ok(kind);
        }
        let is_rsa = |algorithm: Algorithm| {
            algorithm.is_supported()
                && algorithm.mnemonic().is_some_and(|name| name.starts_with("RSA"))
        };
        if Algorithm::from_text(word.as_bytes()).is_some_and(is_rsa) {
            return Err(KindError::NoBits);
        }
        let mut parts = word.strip_prefix("rsa").ok_or(KindError::Unknown)?.split('-');
        let bits = parts.next().filter(|bits| is_number(bits)).ok_or(KindError::NoBits)?;
        let (mut algorithm, mut exponent) = (Algorithm::RSASHA256, USUAL_EXPONENT);
        for part in parts {
            match part {
                "sha1" => algorithm = Algorithm::RSASHA1,
                "sha256" => algorithm = Algorithm::RSASHA256,
                "sha512" => algorithm = Algorithm::RSASHA512,
                _ => {
                    let digits = part.strip_prefix('e').filter(|digits| is_number(digits));
                    let digits = digits.ok_or(KindError::Unknown)?;
                    exponent = digits.parse().map_err(|_| KindError::Exponent)?;
                }
            }
        }
        if exponent < 3 || exponent.is_multiple_of(2) {
            return Err(KindError::Exponent);
        }
        let least = if algorithm == Algorithm::RSASHA512 { 1024 } else { 512 };
        let bits = bits.parse().ok().filter(|bits| (least..=4096).contains(bits));
        let bits = bits.ok_or(KindError::Bits { algorithm, least })?;
        Ok(Self { algorithm, shape: KeyShape::Rsa { bits, exponent } })
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit())
}

/// The name by which it is read, without what is usual.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bits, exponent) = match (self.shape, self.algorithm) {
            (KeyShape::Rsa { bits, exponent }, _) => (bits, exponent),
            (KeyShape::Curve, Algorithm::ECDSAP384SHA384) => return f.pad("p384"),
            (KeyShape::Curve, Algorithm::ED25519) => return f.pad("ed25519"),
            (KeyShape::Curve, Algorithm::ED448) => return f.pad("ed448"),
            (KeyShape::Curve, _) => return f.pad("p256"),
        };
        let mut name = format!("rsa{bits}");
        if exponent != USUAL_EXPONENT {
            name += &format!("-e{exponent}");
        }
        name += match self.algorithm {
            Algorithm::RSASHA1 | Algorithm::RSASHA1_NSEC3_SHA1 => "-sha1",
            Algorithm::RSASHA512 => "-sha512",
            _ => "",
        };
        f.pad(&name)
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        let names = ["p256", "p384", "ed25519", "ed448", "rsa1024", "rsa2048-e3", "rsa512-sha1"];
        let more = ["rsa4096-e4294967297", "rsa1280-e3-sha512", "rsa4096-e18446744073709551615"];
        for name in names.into_iter().chain(more) {
            assert_eq!(name.parse::<Kind>().unwrap().to_string(), name);
        }
        for (name, other) in [
            ("13", "p256"),
            ("ECDSAP384SHA384", "p384"),
            ("RSA2048-E65537", "rsa2048"),
            ("rsa1024-sha256-e3", "rsa1024-e3"),
        ] {
            assert_eq!(name.parse::<Kind>().unwrap().to_string(), other);
        }
    }

    #[test]
    fn what_is_no_kind_is_told_from_one_that_cannot_be() {
        let bits = |algorithm, least| KindError::Bits { algorithm, least };
        let cases = [
            ("", KindError::Unknown),
            ("p521", KindError::Unknown),
            ("17", KindError::Unknown),
            ("rsa", KindError::NoBits),
            ("8", KindError::NoBits),
            ("RSASHA256", KindError::NoBits),
            ("rsa-2048", KindError::NoBits),
            ("rsa511", bits(Algorithm::RSASHA256, 512)),
            ("rsa4097", bits(Algorithm::RSASHA256, 512)),
            ("rsa99999999999", bits(Algorithm::RSASHA256, 512)),
            ("rsa768-sha512", bits(Algorithm::RSASHA512, 1024)),
            ("rsa2048-e2", KindError::Exponent),
            ("rsa2048-e1", KindError::Exponent),
            ("rsa2048-e18446744073709551616", KindError::Exponent),
            ("rsa2048-e", KindError::Unknown),
            ("rsa2048-e+3", KindError::Unknown),
            ("rsa2048-md5", KindError::Unknown),
        ];
        for (word, error) in cases {
            assert_eq!(word.parse::<Kind>(), Err(error), "{word}");
        }
    }

    // RFC 3110 §2; .lv and com.my have lived with 2^32+1 (miekg/dns#788, #1125).
    #[test]
    fn lists_hold_what_zones_have() {
        let names =
            |word| Kind::named(word).unwrap().iter().map(Kind::to_string).collect::<Vec<_>>();
        assert_eq!(names("rsa"), ["rsa1024", "rsa1280", "rsa2048", "rsa4096"]);
        assert_eq!(names("usual").len(), 8);
        let all = names("all");
        assert_eq!(all.len(), 16);
        assert!(all.contains(&"rsa1280-e3".into()) && all.contains(&"rsa4096-e4294967297".into()));
        assert_eq!(names("Ed25519"), ["ed25519"]);
    }
}
