//! The library `aws-lc-rs`: RSA from 1024 bits with exponents to 33 bits, P-256, P-384, Ed25519.
//!
//! It keeps parsed keys: the decoded point, and for RSA the Montgomery constant.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey,
    RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY, RsaPublicKeyComponents, VerificationAlgorithm,
};

use super::backend::VerifyOne;
use super::rustcrypto;
use super::{Backend, PreparedKey, PublicKey, Refusal, RsaHash, RsaKey};

/// The library `aws-lc-rs`.
///
/// Ed25519 keys: on most processors it refuses the 26 encodings that RFC 8032 §5.1.3 forbids and
/// that OpenSSL, ring and rustcrypto read (y of 2^255-19 or more, x a "negative" zero), so they
/// go to another backend. Keys of small order are taken. Signatures: as OpenSSL and ring; R must
/// be the encoding that the equation without cofactor gives, S must be reduced.
#[derive(Debug)]
pub(super) struct AwsLc;

impl Backend for AwsLc {
    fn name(&self) -> &'static str {
        "aws-lc"
    }

    fn prepare(&self, key: &PublicKey, _: usize) -> Result<Box<dyn PreparedKey>, Refusal> {
        match key {
            PublicKey::Rsa(rsa) => prepare_rsa(rsa),
            PublicKey::EcdsaP256(point) => {
                parsed(&ECDSA_P256_SHA256_FIXED, &[&[0x04], &point[..]].concat())
            }
            PublicKey::EcdsaP384(point) => {
                parsed(&ECDSA_P384_SHA384_FIXED, &[&[0x04], &point[..]].concat())
            }
            PublicKey::Ed25519(point) => {
                // The library decodes the point only when it verifies.
                rustcrypto::check_point(key)?;
                if !rustcrypto::is_canonical_ed25519(point) {
                    return Err(Refusal::Unsupported);
                }
                parsed(&ED25519, point)
            }
            PublicKey::Ed448(_) => Err(Refusal::Unsupported),
        }
    }
}

fn prepare_rsa(rsa: &RsaKey) -> Result<Box<dyn PreparedKey>, Refusal> {
    if rsa.modulus_bits() < 1024 || rsa.exponent_bits() > 33 {
        return Err(Refusal::Unsupported);
    }
    let parameters = match rsa.hash() {
        RsaHash::Sha1 => &RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        RsaHash::Sha256 => &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        RsaHash::Sha512 => &RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
    };
    let numbers = RsaPublicKeyComponents { n: rsa.modulus(), e: rsa.exponent() };
    let key = numbers.to_parsed_public_key(parameters).map_err(|_| Refusal::Malformed)?;
    Ok(Box::new(key))
}

fn parsed(
    algorithm: &'static dyn VerificationAlgorithm,
    octets: &[u8],
) -> Result<Box<dyn PreparedKey>, Refusal> {
    let key = ParsedPublicKey::new(algorithm, octets).map_err(|_| Refusal::Malformed)?;
    Ok(Box::new(key))
}

impl VerifyOne for ParsedPublicKey {
    fn holds(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verify_sig(message, signature).is_ok()
    }
}
