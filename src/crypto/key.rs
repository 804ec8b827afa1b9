//! Public keys as DNSKEY carries them: RSA (RFC 3110, 5702), ECDSA (RFC 6605), EdDSA (RFC 8080).
//!
//! This file knows the shape of keys and signatures only. Whether a point lies on its curve is the
//! backends' business.

use std::fmt;

use crate::dns::Algorithm;

/// A public key, split into its parts but not yet prepared by any backend.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum PublicKey {
    /// RSA with PKCS #1 v1.5 padding: algorithms 5, 7, 8 and 10.
    Rsa(RsaKey),
    /// Algorithm 13: x and y, big-endian (RFC 6605 §4).
    EcdsaP256([u8; 64]),
    /// Algorithm 14: x and y, big-endian (RFC 6605 §4).
    EcdsaP384([u8; 96]),
    /// Algorithm 15: the encoded point (RFC 8080 §3, RFC 8032 §5.1.5).
    Ed25519([u8; 32]),
    /// Algorithm 16: the encoded point (RFC 8080 §3, RFC 8032 §5.2.5).
    Ed448([u8; 57]),
}

impl PublicKey {
    /// Reads the public key field of a DNSKEY, or of a KEY or CDNSKEY, of this algorithm.
    ///
    /// # Errors
    /// [`KeyError`] when the algorithm is none that sigmill verifies, or the octets cannot be a
    /// key of it. Points are not decoded here, so a key that passes may still be
    /// [`Refusal::Malformed`](super::Refusal::Malformed).
    pub fn from_dnskey(algorithm: Algorithm, key: &[u8]) -> Result<Self, KeyError> {
        match algorithm {
            Algorithm::ECDSAP256SHA256 => exactly(algorithm, key).map(Self::EcdsaP256),
            Algorithm::ECDSAP384SHA384 => exactly(algorithm, key).map(Self::EcdsaP384),
            Algorithm::ED25519 => exactly(algorithm, key).map(Self::Ed25519),
            Algorithm::ED448 => exactly(algorithm, key).map(Self::Ed448),
            _ => match RsaHash::of(algorithm) {
                Some(hash) => RsaKey::from_dnskey(algorithm, hash, key).map(Self::Rsa),
                None => Err(KeyError::Unsupported { algorithm }),
            },
        }
    }

    /// The DNSSEC algorithm that the DNSKEY named.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match self {
            Self::Rsa(rsa) => rsa.algorithm,
            Self::EcdsaP256(_) => Algorithm::ECDSAP256SHA256,
            Self::EcdsaP384(_) => Algorithm::ECDSAP384SHA384,
            Self::Ed25519(_) => Algorithm::ED25519,
            Self::Ed448(_) => Algorithm::ED448,
        }
    }

    /// The size that tools print: bits of the RSA modulus, of a curve's coordinate, or of an
    /// encoded Edwards point (256 and 456, as BIND counts them).
    #[must_use]
    pub fn bits(&self) -> u32 {
        match self {
            Self::Rsa(rsa) => rsa.modulus_bits(),
            Self::EcdsaP256(_) | Self::Ed25519(_) => 256,
            Self::EcdsaP384(_) => 384,
            Self::Ed448(_) => 456,
        }
    }

    /// The public exponent of an RSA key: decimal up to 64 bits, `0x` and hexadecimal beyond.
    #[must_use]
    pub fn exponent(&self) -> Option<String> {
        let Self::Rsa(rsa) = self else { return None };
        Some(match rsa.exponent_u64() {
            Some(exponent) => exponent.to_string(),
            None => {
                let digits: String =
                    rsa.exponent.iter().map(|octet| format!("{octet:02x}")).collect();
                format!("0x{}", digits.trim_start_matches('0'))
            }
        })
    }

    /// Whether an RSA exponent or modulus was padded with zero octets.
    ///
    /// RFC 3110 §2 forbids them; validators drop them (BIND reads the numbers with OpenSSL's
    /// `BN_bin2bn`) and so do we. The key tag is computed over the padded octets all the same.
    #[must_use]
    pub fn has_leading_zeros(&self) -> bool {
        matches!(self, Self::Rsa(rsa) if rsa.leading_zeros)
    }

    /// Octets in every signature under this key.
    #[must_use]
    pub fn signature_len(&self) -> usize {
        match self {
            Self::Rsa(rsa) => rsa.modulus.len(),
            Self::EcdsaP256(_) | Self::Ed25519(_) => 64,
            Self::EcdsaP384(_) => 96,
            Self::Ed448(_) => 114,
        }
    }

    /// Checks that a signature has the length that this key's signatures have.
    ///
    /// RSA: exactly as many octets as the modulus without leading zeros (RFC 8017 §8.2.2 step 1).
    /// RFC 3110 §3 lets the number start with zero octets *within* that length. A signature whose
    /// leading zero octets were cut off, or that carries more of them, stands for the same number;
    /// OpenSSL's `RSA_verify` refuses both ("wrong signature length"), and with it BIND and
    /// Unbound. We do the same.
    ///
    /// # Errors
    /// [`SignatureError::Length`] when it has not.
    pub fn check_signature(&self, signature: &[u8]) -> Result<(), SignatureError> {
        let (expected, found) = (self.signature_len(), signature.len());
        if expected == found {
            return Ok(());
        }
        Err(SignatureError::Length { algorithm: self.algorithm(), expected, found })
    }
}

fn exactly<const N: usize>(algorithm: Algorithm, key: &[u8]) -> Result<[u8; N], KeyError> {
    key.try_into().map_err(|_| KeyError::Length { algorithm, expected: N, found: key.len() })
}

/// An RSA public key: odd modulus of an allowed size, odd exponent of at least 3 and below it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RsaKey {
    algorithm: Algorithm,
    hash: RsaHash,
    modulus: Box<[u8]>,
    exponent: Box<[u8]>,
    leading_zeros: bool,
}

impl RsaKey {
    /// Splits the octets (RFC 3110 §2): exponent length, exponent, modulus.
    fn from_dnskey(algorithm: Algorithm, hash: RsaHash, key: &[u8]) -> Result<Self, KeyError> {
        // One octet of length, or a zero octet and two octets of length. The long form may name a
        // length below 256: no validator minds.
        let (header, exponent_len) = match *key {
            [0, high, low, ..] => (3, usize::from(u16::from_be_bytes([high, low]))),
            [0, ..] | [] => return Err(KeyError::RsaTruncated { needed: 4, found: key.len() }),
            [len, ..] => (1, usize::from(len)),
        };
        let modulus_at = header + exponent_len;
        let truncated = KeyError::RsaTruncated { needed: modulus_at + 1, found: key.len() };
        let exponent = key.get(header..modulus_at).ok_or(truncated)?;
        let modulus =
            key.get(modulus_at..).filter(|modulus| !modulus.is_empty()).ok_or(truncated)?;

        let rsa = Self {
            algorithm,
            hash,
            modulus: without_leading_zeros(modulus).into(),
            exponent: without_leading_zeros(exponent).into(),
            leading_zeros: exponent.first() == Some(&0) || modulus.first() == Some(&0),
        };
        rsa.check()?;
        Ok(rsa)
    }

    fn check(&self) -> Result<(), KeyError> {
        let (bits, min, max) = (self.modulus_bits(), self.hash.min_modulus_bits(), 4096);
        if !(min..=max).contains(&bits) {
            let algorithm = self.algorithm;
            return Err(KeyError::RsaModulusSize { algorithm, bits, min, max });
        }
        if is_even(&self.modulus) {
            return Err(KeyError::RsaModulusEven);
        }
        if let Some(exponent @ 0..=1) = self.exponent_u64() {
            return Err(KeyError::RsaExponentTooSmall { exponent });
        }
        if is_even(&self.exponent) {
            return Err(KeyError::RsaExponentEven);
        }
        // Neither has leading zeros, so that the longer one is the larger one.
        if (self.exponent.len(), &self.exponent) >= (self.modulus.len(), &self.modulus) {
            let (exponent_bits, modulus_bits) = (self.exponent_bits(), bits);
            return Err(KeyError::RsaExponentTooLarge { exponent_bits, modulus_bits });
        }
        Ok(())
    }

    /// The hash that signatures under this key use.
    #[must_use]
    pub fn hash(&self) -> RsaHash {
        self.hash
    }

    /// The modulus, big-endian without leading zeros: 64 to 512 octets.
    #[must_use]
    pub fn modulus(&self) -> &[u8] {
        &self.modulus
    }

    /// The exponent, big-endian without leading zeros: at least one octet, below the modulus.
    #[must_use]
    pub fn exponent(&self) -> &[u8] {
        &self.exponent
    }

    /// The exponent as a number when it has at most 64 bits.
    #[must_use]
    pub fn exponent_u64(&self) -> Option<u64> {
        if self.exponent.len() > 8 {
            return None;
        }
        Some(self.exponent.iter().fold(0, |value, &octet| (value << 8) | u64::from(octet)))
    }

    /// Bits in the modulus.
    #[must_use]
    pub fn modulus_bits(&self) -> u32 {
        bit_len(&self.modulus)
    }

    /// Bits in the exponent. The work per signature grows with it.
    #[must_use]
    pub fn exponent_bits(&self) -> u32 {
        bit_len(&self.exponent)
    }
}

/// The hash of an RSA algorithm.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RsaHash {
    /// Algorithms 5 and 7.
    Sha1,
    /// Algorithm 8.
    Sha256,
    /// Algorithm 10.
    Sha512,
}

impl RsaHash {
    /// The hash of an algorithm, if it is one of RSA's.
    pub(super) fn of(algorithm: Algorithm) -> Option<Self> {
        match algorithm {
            Algorithm::RSASHA1 | Algorithm::RSASHA1_NSEC3_SHA1 => Some(Self::Sha1),
            Algorithm::RSASHA256 => Some(Self::Sha256),
            Algorithm::RSASHA512 => Some(Self::Sha512),
            _ => None,
        }
    }

    /// RFC 3110 §2 and RFC 5702 §2: 512 bits, or 1024 with SHA-512, whose hash needs the room.
    pub(super) fn min_modulus_bits(self) -> u32 {
        match self {
            Self::Sha1 | Self::Sha256 => 512,
            Self::Sha512 => 1024,
        }
    }
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|&&octet| octet == 0).count();
    number.get(zeros..).unwrap_or_default()
}

fn bit_len(number: &[u8]) -> u32 {
    // A DNSKEY has at most 65535 octets, hence fewer than 2^32 bits.
    let octets = u32::try_from(number.len()).unwrap_or(u32::MAX / 8);
    octets * 8 - number.first().map_or(0, |octet| octet.leading_zeros())
}

fn is_even(number: &[u8]) -> bool {
    number.last().is_none_or(|octet| octet % 2 == 0)
}

/// Why the key field of a DNSKEY is no public key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyError {
    /// Not an algorithm that sigmill verifies: what it signs is insecure, not bogus (RFC 4035 §5.2).
    #[error("{algorithm} is not verified")]
    Unsupported {
        /// The algorithm in the DNSKEY.
        algorithm: Algorithm,
    },
    /// A key of fixed length with another length (RFC 6605 §4, RFC 8080 §3).
    #[error("{} key has {expected} octets, this one has {found}", Indefinite(*.algorithm))]
    Length {
        /// The algorithm in the DNSKEY.
        algorithm: Algorithm,
        /// Octets in every key of this algorithm.
        expected: usize,
        /// Octets in this one.
        found: usize,
    },
    /// The RSA key ends before its modulus (RFC 3110 §2).
    #[error("this RSA key needs at least {needed} octets by its exponent length, it has {found}")]
    RsaTruncated {
        /// Octets in the shortest key with this exponent length.
        needed: usize,
        /// Octets in this one.
        found: usize,
    },
    /// An RSA modulus of a size outside the algorithm's limits (RFC 3110 §2, RFC 5702 §2).
    #[error("{algorithm} takes moduli of {min} to {max} bits, this one has {bits}")]
    RsaModulusSize {
        /// The algorithm in the DNSKEY.
        algorithm: Algorithm,
        /// Bits in this modulus.
        bits: u32,
        /// Fewest bits allowed.
        min: u32,
        /// Most bits allowed.
        max: u32,
    },
    /// The modulus is no product of odd primes.
    #[error("the RSA modulus is even")]
    RsaModulusEven,
    /// With exponent 0 or 1 a signature proves nothing (RFC 8017 §3.1 asks for 3 at least).
    #[error("the RSA exponent is {exponent}, it must be 3 or more")]
    RsaExponentTooSmall {
        /// 0 or 1.
        exponent: u64,
    },
    /// An even exponent has no inverse, so that nobody can have signed with this key.
    #[error("the RSA exponent is even")]
    RsaExponentEven,
    /// The exponent is not below the modulus (RFC 8017 §3.1); OpenSSL refuses it as well.
    #[error(
        "the RSA exponent, {exponent_bits} bits, is not below the modulus, {modulus_bits} bits"
    )]
    RsaExponentTooLarge {
        /// Bits in the exponent.
        exponent_bits: u32,
        /// Bits in the modulus.
        modulus_bits: u32,
    },
}

/// Why octets cannot be a signature under a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SignatureError {
    /// The signature has another length than every signature under this key.
    #[error("{} signature under this key has {expected} octets, this one has {found}", Indefinite(*.algorithm))]
    Length {
        /// The key's algorithm.
        algorithm: Algorithm,
        /// Octets in every signature under this key.
        expected: usize,
        /// Octets in this one.
        found: usize,
    },
}

/// The everyday name of an algorithm with its article.
struct Indefinite(Algorithm);

impl fmt::Display for Indefinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Algorithm::ECDSAP256SHA256 => "a P-256",
            Algorithm::ECDSAP384SHA384 => "a P-384",
            Algorithm::ED25519 => "an Ed25519",
            Algorithm::ED448 => "an Ed448",
            _ => "an RSA",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rsa(algorithm: Algorithm, exponent: &[u8], modulus: &[u8]) -> Result<PublicKey, KeyError> {
        let mut key = match u8::try_from(exponent.len()) {
            Ok(len @ 1..) => vec![len],
            _ => [&[0][..], &u16::try_from(exponent.len()).unwrap().to_be_bytes()].concat(),
        };
        key.extend_from_slice(exponent);
        key.extend_from_slice(modulus);
        PublicKey::from_dnskey(algorithm, &key)
    }

    fn modulus(bits: u32) -> Vec<u8> {
        let mut modulus = vec![0; bits.div_ceil(8) as usize];
        modulus[0] = 1 << ((bits - 1) % 8);
        *modulus.last_mut().unwrap() |= 1;
        modulus
    }

    // RFC 6605 §4, RFC 8080 §3: keys of fixed length. The message says what was found.
    #[test]
    fn a_key_of_fixed_length_is_refused_at_every_other_length() {
        let lengths = [
            (Algorithm::ECDSAP256SHA256, 64, 64, 256),
            (Algorithm::ECDSAP384SHA384, 96, 96, 384),
            (Algorithm::ED25519, 32, 64, 256),
            (Algorithm::ED448, 57, 114, 456),
        ];
        for (algorithm, expected, signature, bits) in lengths {
            for found in 0..130 {
                match PublicKey::from_dnskey(algorithm, &vec![1; found]) {
                    Ok(key) => {
                        assert_eq!((found, key.algorithm()), (expected, algorithm));
                        assert_eq!((key.signature_len(), key.bits()), (signature, bits));
                        assert_eq!((key.exponent(), key.has_leading_zeros()), (None, false));
                    }
                    Err(error) => {
                        assert_ne!(found, expected);
                        assert_eq!(error, KeyError::Length { algorithm, expected, found });
                    }
                }
            }
        }
        let error = PublicKey::from_dnskey(Algorithm::ED25519, &[1; 31]).unwrap_err();
        assert_eq!(error.to_string(), "an Ed25519 key has 32 octets, this one has 31");
        let error = PublicKey::from_dnskey(Algorithm::ECDSAP256SHA256, &[]).unwrap_err();
        assert_eq!(error.to_string(), "a P-256 key has 64 octets, this one has 0");
    }

    // RFC 4035 §5.2: algorithms that are not verified are told from malformed keys.
    #[test]
    fn exactly_the_supported_algorithms_are_parsed() {
        for number in 0..=255 {
            let algorithm = Algorithm(number);
            let error = PublicKey::from_dnskey(algorithm, &[]).unwrap_err();
            let unsupported = error == KeyError::Unsupported { algorithm };
            assert_ne!(unsupported, algorithm.is_supported(), "{algorithm}: {error}");
        }
    }

    // RFC 3110 §2: the exponent's length is one octet, or a zero octet and two octets.
    #[test]
    fn both_forms_of_the_exponent_length_are_read() {
        let short = rsa(Algorithm::RSASHA256, &[1, 0, 1], &modulus(2048)).unwrap();
        assert_eq!(short.exponent().as_deref(), Some("65537"));
        assert_eq!((short.bits(), short.signature_len()), (2048, 256));

        let long = [&[0, 0, 3, 1, 0, 1][..], &modulus(2048)].concat();
        assert_eq!(PublicKey::from_dnskey(Algorithm::RSASHA256, &long), Ok(short));

        let exponent = [&[0x0a][..], &[0xff; 255]].concat();
        let key = rsa(Algorithm::RSASHA256, &exponent, &modulus(4096)).unwrap();
        let text = key.exponent().unwrap();
        assert!(text.starts_with("0xafff") && text.len() == 2 + 511, "{text}");
        let PublicKey::Rsa(key) = key else { panic!("{key:?}") };
        assert_eq!((key.exponent_bits(), key.exponent_u64()), (2044, None));
    }

    // .lv and com.my have lived with 2^32+1 (miekg/dns#788, #1125).
    #[test]
    fn exponents_up_to_64_bits_are_printed_in_decimal() {
        let cases: [(&[u8], &str); 4] = [
            (&[3], "3"),
            (&[1, 0, 0, 0, 1], "4294967297"),
            (&[0xff; 8], "18446744073709551615"),
            (&[1, 0, 0, 0, 0, 0, 0, 0, 1], "0x10000000000000001"),
        ];
        for (exponent, text) in cases {
            let key = rsa(Algorithm::RSASHA1, exponent, &modulus(1024)).unwrap();
            assert_eq!(key.exponent().as_deref(), Some(text));
        }
    }

    // RFC 3110 §2 forbids leading zeros; validators ignore them and an audit reports them.
    #[test]
    fn leading_zeros_are_dropped_and_remembered() {
        let plain = rsa(Algorithm::RSASHA256, &[1, 0, 1], &modulus(1024)).unwrap();
        let padded = [&[0, 0][..], &modulus(1024)].concat();
        for key in [
            rsa(Algorithm::RSASHA256, &[0, 1, 0, 1], &modulus(1024)).unwrap(),
            rsa(Algorithm::RSASHA256, &[1, 0, 1], &padded).unwrap(),
        ] {
            assert!(key.has_leading_zeros() && !plain.has_leading_zeros());
            assert_eq!((key.bits(), key.exponent()), (1024, plain.exponent()));
            assert_eq!(key.signature_len(), plain.signature_len());
        }
    }

    // RFC 3110 §2 and RFC 5702 §2.
    #[test]
    fn the_modulus_keeps_to_the_limits_of_its_algorithm() {
        for (algorithm, min) in [
            (Algorithm::RSASHA1, 512),
            (Algorithm::RSASHA1_NSEC3_SHA1, 512),
            (Algorithm::RSASHA256, 512),
            (Algorithm::RSASHA512, 1024),
        ] {
            let max = 4096;
            for bits in [min, 1280, max] {
                assert_eq!(rsa(algorithm, &[3], &modulus(bits)).unwrap().bits(), bits);
            }
            for bits in [min - 1, max + 1] {
                let error = rsa(algorithm, &[3], &modulus(bits)).unwrap_err();
                assert_eq!(error, KeyError::RsaModulusSize { algorithm, bits, min, max });
            }
        }
        let error = rsa(Algorithm::RSASHA512, &[3], &modulus(768)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "RSASHA512 takes moduli of 1024 to 4096 bits, this one has 768"
        );
        let zero = rsa(Algorithm::RSASHA256, &[3], &[0; 64]).unwrap_err();
        assert!(matches!(zero, KeyError::RsaModulusSize { bits: 0, .. }));
    }

    // RFC 8017 §3.1: n odd, 3 <= e < n, e odd.
    #[test]
    fn numbers_that_are_no_rsa_key_are_refused() {
        let algorithm = Algorithm::RSASHA256;
        let good = modulus(1024);
        let even = [&good[..127], &[2]].concat();
        assert_eq!(rsa(algorithm, &[3], &even), Err(KeyError::RsaModulusEven));
        for (exponent, value) in [(&[][..], 0), (&[0], 0), (&[1], 1), (&[0, 0, 1], 1)] {
            let error = KeyError::RsaExponentTooSmall { exponent: value };
            assert_eq!(rsa(algorithm, exponent, &good), Err(error));
        }
        assert_eq!(rsa(algorithm, &[1, 0], &good), Err(KeyError::RsaExponentEven));
        let error = KeyError::RsaExponentTooLarge { exponent_bits: 1024, modulus_bits: 1024 };
        assert_eq!(rsa(algorithm, &good, &good), Err(error));
        let below = [&good[..127], &[0xff]].concat();
        assert!(rsa(algorithm, &good, &below).is_ok());
    }

    #[test]
    fn a_key_cut_off_before_its_modulus_is_refused() {
        let whole = [&[3, 1, 0, 1][..], &modulus(512)].concat();
        for found in 0..=4 {
            let error = PublicKey::from_dnskey(Algorithm::RSASHA256, &whole[..found]).unwrap_err();
            let needed = if found == 0 { 4 } else { 5 };
            assert_eq!(error, KeyError::RsaTruncated { needed, found });
        }
        for cut in [&[0][..], &[0, 1], &[0, 0xff, 0xff], &[0, 1, 0, 7]] {
            let error = PublicKey::from_dnskey(Algorithm::RSASHA256, cut).unwrap_err();
            assert!(matches!(error, KeyError::RsaTruncated { .. }), "{error}");
        }
    }

    // RFC 8017 §8.2.2 step 1; what OpenSSL, hence BIND and Unbound, do.
    #[test]
    fn a_signature_has_one_length_only() {
        let key = rsa(Algorithm::RSASHA256, &[3], &modulus(1280)).unwrap();
        assert_eq!(key.check_signature(&[1; 160]), Ok(()));
        for found in [0, 159, 161] {
            let error = key.check_signature(&vec![0; found]).unwrap_err();
            let algorithm = Algorithm::RSASHA256;
            assert_eq!(error, SignatureError::Length { algorithm, expected: 160, found });
        }
        assert_eq!(
            key.check_signature(&[1]).unwrap_err().to_string(),
            "an RSA signature under this key has 160 octets, this one has 1"
        );
    }
}
