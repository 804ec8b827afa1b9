//! The library `ring`: RSA from 1024 bits with exponents to 33 bits, P-256, P-384, Ed25519.
//!
//! ring keeps no parsed keys: it decodes the point, or derives RSA's Montgomery constant, anew for
//! each signature. Preparing a key here means choosing the algorithm and laying out the octets.

use std::fmt;

use ::ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519,
    RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY, RsaParameters, RsaPublicKeyComponents,
    UnparsedPublicKey, VerificationAlgorithm,
};

use super::backend::VerifyOne;
use super::rustcrypto;
use super::{Backend, PreparedKey, PublicKey, Refusal, RsaHash, RsaKey};

/// The library `ring`.
///
/// Ed25519 keys and signatures: as OpenSSL. A key whose y is 2^255-19 or more, whose x is a
/// "negative" zero or whose order is small is taken; R must be the encoding that the equation
/// without cofactor gives; S must be reduced.
#[derive(Debug)]
pub(super) struct Ring;

impl Backend for Ring {
    fn name(&self) -> &'static str {
        "ring"
    }

    fn prepare(&self, key: &PublicKey, _: usize) -> Result<Box<dyn PreparedKey>, Refusal> {
        // ring looks at points only when it verifies; then a key off its curve would pass for a
        // key under which every signature is bad.
        rustcrypto::check_point(key)?;
        match key {
            PublicKey::Rsa(rsa) => prepare_rsa(rsa),
            PublicKey::EcdsaP256(point) => ecdsa(&ECDSA_P256_SHA256_FIXED, point),
            PublicKey::EcdsaP384(point) => ecdsa(&ECDSA_P384_SHA384_FIXED, point),
            PublicKey::Ed25519(point) => Ok(Box::new(UnparsedPublicKey::new(&ED25519, *point))),
            PublicKey::Ed448(_) => Err(Refusal::Unsupported),
        }
    }
}

/// ring counts a modulus in whole octets, so that 1017 bits pass for 1024.
fn prepare_rsa(rsa: &RsaKey) -> Result<Box<dyn PreparedKey>, Refusal> {
    if rsa.modulus().len() < 1024 / 8 || rsa.exponent_bits() > 33 {
        return Err(Refusal::Unsupported);
    }
    let parameters = match rsa.hash() {
        RsaHash::Sha1 => &RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        RsaHash::Sha256 => &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        RsaHash::Sha512 => &RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
    };
    let numbers = RsaPublicKeyComponents { n: rsa.modulus().into(), e: rsa.exponent().into() };
    Ok(Box::new(Rsa { numbers, parameters }))
}

fn ecdsa(
    algorithm: &'static dyn VerificationAlgorithm,
    point: &[u8],
) -> Result<Box<dyn PreparedKey>, Refusal> {
    Ok(Box::new(UnparsedPublicKey::new(algorithm, [&[0x04], point].concat())))
}

#[derive(Debug)]
struct Rsa {
    numbers: RsaPublicKeyComponents<Box<[u8]>>,
    parameters: &'static RsaParameters,
}

impl VerifyOne for Rsa {
    fn holds(&self, message: &[u8], signature: &[u8]) -> bool {
        self.numbers.verify(self.parameters, message, signature).is_ok()
    }
}

impl<B: AsRef<[u8]> + Send + Sync + fmt::Debug> VerifyOne for UnparsedPublicKey<B> {
    fn holds(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verify(message, signature).is_ok()
    }
}
