//! Private RSA keys: PKCS #1 v1.5 with the hash of a DNSSEC algorithm (RFC 3110, RFC 5702).

use aws_lc_rs::digest;
use num_bigint_dig::{BigUint, ModInverse};
use num_traits::One;

use crate::crypto::{KeyError, RsaHash};
use crate::dns::Algorithm;

use super::SignerError;

/// A private key, ready to sign by the Chinese remainder theorem (RFC 8017 §5.1.2).
#[derive(Clone)]
pub struct RsaPrivateKey {
    modulus: BigUint,
    exponent: BigUint,
    private_exponent: BigUint,
    p: BigUint,
    q: BigUint,
    /// The inverse of q modulo p.
    coefficient: BigUint,
}

impl RsaPrivateKey {
    /// The key of two primes and a public exponent, all big-endian.
    ///
    /// # Errors
    /// When the exponent has no inverse.
    pub fn new(primes: [&[u8]; 2], exponent: &[u8]) -> Result<Self, SignerError> {
        let [p, q] = primes.map(BigUint::from_bytes_be);
        Self::from_primes(p, q, BigUint::from_bytes_be(exponent))
    }

    pub(super) fn from_primes(
        p: BigUint,
        q: BigUint,
        exponent: BigUint,
    ) -> Result<Self, SignerError> {
        let none = || SignerError::Exponent { exponent: exponent.to_string() };
        let one = BigUint::one();
        if p <= one || q <= one || exponent <= one {
            return Err(none());
        }
        let totient = (&p - &one) * (&q - &one);
        let inverse = |number: &BigUint, modulus: &BigUint| {
            number.mod_inverse(modulus).and_then(|inverse| inverse.to_biguint())
        };
        let private_exponent = inverse(&exponent, &totient).ok_or_else(none)?;
        let coefficient = inverse(&q, &p).ok_or_else(none)?;
        Ok(Self { modulus: &p * &q, exponent, private_exponent, p, q, coefficient })
    }

    /// The public key as DNSKEY carries it (RFC 3110 §2).
    #[must_use]
    pub fn dnskey(&self) -> Vec<u8> {
        let exponent = self.exponent.to_bytes_be();
        let mut dnskey = match u8::try_from(exponent.len()) {
            Ok(len) => vec![len],
            // An exponent below a modulus of 4096 bits has a length that two octets can tell.
            Err(_) => {
                let len = u16::try_from(exponent.len()).unwrap_or(u16::MAX);
                [&[0][..], &len.to_be_bytes()].concat()
            }
        };
        dnskey.extend_from_slice(&exponent);
        dnskey.extend_from_slice(&self.modulus.to_bytes_be());
        dnskey
    }

    /// The private exponent, big-endian.
    #[must_use]
    pub fn private_exponent(&self) -> Vec<u8> {
        self.private_exponent.to_bytes_be()
    }

    /// Octets of the modulus, which are those of a signature.
    fn len(&self) -> usize {
        self.modulus.bits().div_ceil(8)
    }

    pub(super) fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
        // A signer is only made of an algorithm of RSA.
        let hash = RsaHash::of(algorithm).unwrap_or(RsaHash::Sha256);
        self.sign_block(&block(hash, self.len(), message))
    }

    /// What signing makes of any block, as long as the modulus: a signature over something else than
    /// RFC 8017 allows, for tests of verifiers.
    #[must_use]
    pub fn sign_block(&self, block: &[u8]) -> Vec<u8> {
        let block = BigUint::from_bytes_be(block);
        let power = |prime: &BigUint| {
            let exponent = &self.private_exponent % (prime - 1_u32);
            (&block % prime).modpow(&exponent, prime)
        };
        let (of_p, of_q) = (power(&self.p), power(&self.q));
        // Adding a multiple of p keeps the difference from falling below zero.
        let lift = &self.p * (&of_q / &self.p + 1_u32);
        let difference = (of_p + lift - &of_q) % &self.p;
        let number = of_q + (difference * &self.coefficient % &self.p) * &self.q;
        let number = number.to_bytes_be();
        [vec![0; self.len() - number.len()], number].concat()
    }
}

/// The block that is signed: 00 01 ff … ff 00 and the hash in its DigestInfo (RFC 8017 §9.2).
///
/// # Panics
/// When it does not fit so many octets, 73 for the longest: no key is so small.
#[must_use]
pub fn block(hash: RsaHash, octets: usize, message: &[u8]) -> Vec<u8> {
    // DER of the algorithm and the length of the hash (RFC 8017 §9.2 note 1).
    let (algorithm, prefix): (_, &[u8]) = match hash {
        RsaHash::Sha1 => (
            &digest::SHA1_FOR_LEGACY_USE_ONLY,
            b"\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14",
        ),
        RsaHash::Sha256 => (
            &digest::SHA256,
            b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
        ),
        RsaHash::Sha512 => (
            &digest::SHA512,
            b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40",
        ),
    };
    let digest = digest::digest(algorithm, message);
    let padding = octets - prefix.len() - digest.as_ref().len() - 3;
    [&[0, 1][..], &vec![0xff; padding], &[0], prefix, digest.as_ref()].concat()
}

/// Whether an algorithm takes keys of this size and exponent, before primes are searched for.
pub(super) fn check_shape(
    algorithm: Algorithm,
    bits: u32,
    exponent: u64,
) -> Result<(), SignerError> {
    let hash = RsaHash::of(algorithm).ok_or(SignerError::Shape { algorithm })?;
    let (min, max) = (hash.min_modulus_bits(), 4096);
    if !(min..=max).contains(&bits) {
        return Err(KeyError::RsaModulusSize { algorithm, bits, min, max }.into());
    }
    if exponent < 3 || exponent.is_multiple_of(2) {
        return Err(SignerError::Exponent { exponent: exponent.to_string() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rsa::signature::{SignatureEncoding, Signer as _};
    use rsa::traits::PrivateKeyParts;

    use super::super::{KeyShape, Signer, prime};
    use super::*;

    // PKCS #1 v1.5 leaves nothing to choose, so another library's signatures are the same.
    #[test]
    fn signatures_are_those_that_the_rsa_crate_makes() {
        for (bits, exponent) in [(1024, 3), (1025, 65537), (1280, (1 << 32) + 1)] {
            let [p, q] = prime::pair(bits, exponent, Duration::from_secs(60)).unwrap();
            let ours = RsaPrivateKey::from_primes(p.clone(), q.clone(), exponent.into()).unwrap();
            let theirs = rsa::RsaPrivateKey::from_components(
                ours.modulus.clone(),
                exponent.into(),
                ours.private_exponent.clone(),
                vec![p, q],
            )
            .unwrap();
            assert_eq!(theirs.d(), &ours.private_exponent);
            let sha256 = rsa::pkcs1v15::SigningKey::<rsa::sha2::Sha256>::new(theirs.clone());
            let sha512 = rsa::pkcs1v15::SigningKey::<rsa::sha2::Sha512>::new(theirs.clone());
            let sha1 = rsa::pkcs1v15::SigningKey::<sha1::Sha1>::new(theirs);
            for message in [&b""[..], b"example."] {
                let same = |algorithm, signature: Vec<u8>| {
                    let signer = Signer::rsa(algorithm, ours.clone()).unwrap();
                    assert_eq!(signer.sign(message), signature);
                };
                same(Algorithm::RSASHA1, sha1.sign(message).to_vec());
                same(Algorithm::RSASHA1_NSEC3_SHA1, sha1.sign(message).to_vec());
                same(Algorithm::RSASHA256, sha256.sign(message).to_vec());
                same(Algorithm::RSASHA512, sha512.sign(message).to_vec());
            }
        }
    }

    // The exponents of the TLDs: 3, 65537, and 2^32+1 (miekg/dns#788).
    #[test]
    fn keys_have_the_size_and_exponent_that_were_asked_for() {
        for (bits, exponent) in [(512, 3), (1280, (1 << 32) + 1), (1024, u64::MAX)] {
            let shape = KeyShape::Rsa { bits, exponent };
            let within = Duration::from_secs(60);
            let signer = Signer::generate(Algorithm::RSASHA256, shape, within).unwrap();
            let key = signer.public_key().unwrap();
            assert_eq!((key.bits(), key.exponent()), (bits, Some(exponent.to_string())));
            assert_eq!(signer.sign(b"m").len(), key.signature_len());
        }
    }
}
