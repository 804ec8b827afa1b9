//! The RustCrypto libraries and dalek: every algorithm, every allowed size. What no other backend
//! takes ends here, and what others take can be checked here a second time.

use ed448_goldilocks::elliptic_curve::Group;
use ed448_goldilocks::{CompressedEdwardsY, EdwardsPoint, EdwardsScalar, WideEdwardsScalarBytes};
use p256::ecdsa::signature::Verifier;
use rsa::sha2::{Sha256, Sha512};
use rsa::{BigUint, RsaPublicKey, pkcs1v15};
use sha1::Sha1;

use super::backend::VerifyOne;
use super::digest::ed448_hash;
use super::{Backend, PreparedKey, PublicKey, Refusal, RsaHash, RsaKey};

/// The RustCrypto libraries and dalek.
///
/// RSA: any exponent. The library's own limits (33 bits) concern its constructors only.
///
/// Ed25519: the plain, cofactorless equation of `ed25519-dalek`'s `verify`, as OpenSSL: a key
/// whose y is 2^255-19 or more, whose x is a "negative" zero or whose order is small is taken; R
/// must be the encoding that the equation gives; S must be reduced.
///
/// Ed448: as OpenSSL, and as RFC 8032 §5.2.7 puts it first: the equation is compared up to points of
/// order 4. Keys and R must be encoded as §5.2.3 says and be neither (0, 1) nor (0, -1); a part of
/// order 4 in them is allowed, and so is a key of order 4; S must be reduced.
#[derive(Debug)]
pub(super) struct RustCrypto;

impl Backend for RustCrypto {
    fn name(&self) -> &'static str {
        "rustcrypto"
    }

    fn prepare(&self, key: &PublicKey, _: usize) -> Result<Box<dyn PreparedKey>, Refusal> {
        Ok(match key {
            PublicKey::Rsa(rsa) => prepare_rsa(rsa),
            PublicKey::EcdsaP256(point) => Box::new(p256_key(point)?),
            PublicKey::EcdsaP384(point) => Box::new(p384_key(point)?),
            PublicKey::Ed25519(point) => Box::new(ed25519_key(point)?),
            PublicKey::Ed448(point) => Box::new(ed448_key(point)?),
        })
    }
}

/// Whether the point of a key can be decoded and lies on its curve. RSA keys have none and pass.
pub(super) fn check_point(key: &PublicKey) -> Result<(), Refusal> {
    match key {
        PublicKey::Rsa(_) => Ok(()),
        PublicKey::EcdsaP256(point) => p256_key(point).map(drop),
        PublicKey::EcdsaP384(point) => p384_key(point).map(drop),
        PublicKey::Ed25519(point) => ed25519_key(point).map(drop),
        PublicKey::Ed448(point) => ed448_key(point).map(drop),
    }
}

/// Whether this encoding of a point is the only one that RFC 8032 §5.1.3 allows.
pub(super) fn is_canonical_ed25519(point: &[u8; 32]) -> bool {
    // Encoding the decoded point gives back the octets in just that case.
    ed25519_key(point).is_ok_and(|key| key.to_edwards().compress().as_bytes() == point)
}

fn prepare_rsa(rsa: &RsaKey) -> Box<dyn PreparedKey> {
    let [n, e] = [rsa.modulus(), rsa.exponent()].map(BigUint::from_bytes_be);
    // `RsaKey` has made all checks that the checking constructors make, bar their limits.
    let key = RsaPublicKey::new_unchecked(n, e);
    match rsa.hash() {
        RsaHash::Sha1 => Box::new(pkcs1v15::VerifyingKey::<Sha1>::new(key)),
        RsaHash::Sha256 => Box::new(pkcs1v15::VerifyingKey::<Sha256>::new(key)),
        RsaHash::Sha512 => Box::new(pkcs1v15::VerifyingKey::<Sha512>::new(key)),
    }
}

fn p256_key(point: &[u8; 64]) -> Result<p256::ecdsa::VerifyingKey, Refusal> {
    let point = p256::Sec1Point::from_untagged_bytes(point.into());
    p256::ecdsa::VerifyingKey::from_sec1_point(&point).map_err(|_| Refusal::Malformed)
}

fn p384_key(point: &[u8; 96]) -> Result<p384::ecdsa::VerifyingKey, Refusal> {
    let point = p384::Sec1Point::from_untagged_bytes(point.into());
    p384::ecdsa::VerifyingKey::from_sec1_point(&point).map_err(|_| Refusal::Malformed)
}

fn ed25519_key(point: &[u8; 32]) -> Result<ed25519_dalek::VerifyingKey, Refusal> {
    ed25519_dalek::VerifyingKey::from_bytes(point).map_err(|_| Refusal::Malformed)
}

fn ed448_key(octets: &[u8; 57]) -> Result<Ed448Key, Refusal> {
    let point = decode_ed448(octets).ok_or(Refusal::Malformed)?;
    Ok(Ed448Key { octets: *octets, minus_point: -point })
}

/// RFC 8032 §5.2.3, less the two points with x = 0, which OpenSSL does not decode either.
fn decode_ed448(octets: &[u8; 57]) -> Option<EdwardsPoint> {
    let point = CompressedEdwardsY(*octets).decompress_unchecked().into_option()?.to_edwards();
    // The library reads encodings that it would not write: y of p or more, and anything in the low
    // bits of the last octet.
    let has_x: bool = (!point.double().is_identity()).into();
    (has_x && encode_ed448(&point) == *octets).then_some(point)
}

fn encode_ed448(point: &EdwardsPoint) -> [u8; 57] {
    point.to_affine().compress().to_bytes()
}

/// Our own equation over the library's points: the library's `verify_raw` takes several encodings
/// of R, refuses any part of order 4, and decodes R to test its order for each signature.
#[derive(Debug)]
struct Ed448Key {
    octets: [u8; 57],
    minus_point: EdwardsPoint,
}

impl VerifyOne for Ed448Key {
    /// RFC 8032 §5.2.7.
    fn holds(&self, message: &[u8], signature: &[u8]) -> bool {
        let Some((r, s)) = signature.split_first_chunk::<57>() else { return false };
        // The library's "canonical" lets a last octet other than zero pass.
        let Ok(s @ [.., 0]) = <&[u8; 57]>::try_from(s) else { return false };
        let Some(s) = EdwardsScalar::from_canonical_bytes(s.into()).into_option() else {
            return false;
        };
        let k = WideEdwardsScalarBytes::from(ed448_hash([r, &self.octets, message]));
        let k = EdwardsScalar::from_bytes_mod_order_wide(&k);

        // The library multiplies by way of an isogeny and back, which is to say by k/4 and then by
        // 4. So what `point` lacks is only a part of order 4, of the key or of R.
        let point = EdwardsPoint::GENERATOR * s + self.minus_point * k;
        // Every honest R is encoded like this, which saves decoding it.
        if encode_ed448(&point) == *r {
            return !bool::from(point.is_identity());
        }
        decode_ed448(r).is_some_and(|r| (point - r).double().double().is_identity().into())
    }
}

impl VerifyOne for p256::ecdsa::VerifyingKey {
    fn holds(&self, message: &[u8], signature: &[u8]) -> bool {
        p256::ecdsa::Signature::from_slice(signature)
            .is_ok_and(|signature| self.verify(message, &signature).is_ok())
    }
}

impl VerifyOne for p384::ecdsa::VerifyingKey {
    fn holds(&self, message: &[u8], signature: &[u8]) -> bool {
        p384::ecdsa::Signature::from_slice(signature)
            .is_ok_and(|signature| self.verify(message, &signature).is_ok())
    }
}

impl VerifyOne for ed25519_dalek::VerifyingKey {
    fn holds(&self, message: &[u8], signature: &[u8]) -> bool {
        ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|signature| self.verify(message, &signature).is_ok())
    }
}

impl<D> VerifyOne for pkcs1v15::VerifyingKey<D>
where
    D: rsa::sha2::Digest + Send + Sync + std::fmt::Debug,
{
    fn holds(&self, message: &[u8], signature: &[u8]) -> bool {
        use rsa::signature::Verifier;
        pkcs1v15::Signature::try_from(signature)
            .is_ok_and(|signature| self.verify(message, &signature).is_ok())
    }
}
