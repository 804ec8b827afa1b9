//! Signs as DNSSEC does, so that there is something to verify: for benchmarks and tests.
//!
//! Nothing here is fit for the keys of a zone: it runs in variable time, and secrets are not wiped.
//!
//! ```
//! use sigmill::crypto::{BackendChoice, Item, Signer, backend};
//!
//! let signer = Signer::ed25519(&[7; 32]);
//! let signature = signer.sign(b"what was signed");
//! let prepared = backend::prepare(BackendChoice::Auto, &signer.public_key()?, 1)?;
//! let mut holds = [false];
//! let item = Item { message: b"what was signed", signature: &signature };
//! prepared.key.verify_batch(&[item], &mut holds);
//! assert!(holds[0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod prime;
pub mod rsa;

use std::fmt;
use std::time::Duration;

use ed448_goldilocks::elliptic_curve::array::Array;
use p256::ecdsa::signature::Signer as _;

use crate::dns::Algorithm;

use super::{KeyError, PublicKey};
use rsa::RsaPrivateKey;

/// A private key, and what its DNSKEY says.
pub struct Signer {
    algorithm: Algorithm,
    dnskey: Vec<u8>,
    secret: Secret,
}

enum Secret {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    Ed25519(ed25519_dalek::SigningKey),
    Ed448(Box<ed448_goldilocks::SigningKey>),
    Rsa(RsaPrivateKey),
}

/// Which key is to be made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum KeyShape {
    /// The only shape that keys of algorithms 13, 14, 15 and 16 have.
    Curve,
    /// RSA.
    Rsa {
        /// Bits of the modulus.
        bits: u32,
        /// The public exponent, odd and at least 3.
        exponent: u64,
    },
}

/// Why there is no such key.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SignerError {
    /// The numbers are the secret of no key: zero, or not below the order of the curve.
    #[error("these octets are no private key of {algorithm}")]
    Secret {
        /// The algorithm.
        algorithm: Algorithm,
    },
    /// An RSA exponent that is even, below 3, or has no inverse with these primes.
    #[error("the RSA exponent {exponent} has no inverse with these primes")]
    Exponent {
        /// The exponent, in decimal.
        exponent: String,
    },
    /// The search for primes took too long.
    #[error("no RSA key of {bits} bits was found within {} s", .within.as_secs_f64())]
    TooSlow {
        /// Bits of the modulus.
        bits: u32,
        /// How long was searched.
        within: Duration,
    },
    /// No key of this kind is verified, so none is made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// An algorithm and a shape that do not go together.
    #[error("{algorithm} has no keys of this shape")]
    Shape {
        /// The algorithm.
        algorithm: Algorithm,
    },
    /// The system gave no random octets.
    #[error("the system gives no random numbers")]
    Random,
}

impl Signer {
    /// A new key of an algorithm. RSA primes are searched for with two threads, for so long at most.
    ///
    /// # Errors
    /// When sigmill verifies no such keys, or no primes were found in time.
    pub fn generate(
        algorithm: Algorithm,
        shape: KeyShape,
        within: Duration,
    ) -> Result<Self, SignerError> {
        match (algorithm, shape) {
            (Algorithm::ECDSAP256SHA256, KeyShape::Curve) => retry(Self::p256),
            (Algorithm::ECDSAP384SHA384, KeyShape::Curve) => retry(Self::p384),
            (Algorithm::ED25519, KeyShape::Curve) => Ok(Self::ed25519(&random()?)),
            (Algorithm::ED448, KeyShape::Curve) => Ok(Self::ed448(&random()?)),
            (_, KeyShape::Rsa { bits, exponent }) => {
                rsa::check_shape(algorithm, bits, exponent)?;
                let [p, q] = prime::pair(bits, exponent, within)?;
                Self::rsa(algorithm, RsaPrivateKey::from_primes(p, q, exponent.into())?)
            }
            (_, KeyShape::Curve) => Err(SignerError::Shape { algorithm }),
        }
    }

    /// Algorithm 13 with this secret, big-endian; signatures are those of RFC 6979.
    ///
    /// # Errors
    /// When the secret is zero or not below the order.
    pub fn p256(secret: &[u8; 32]) -> Result<Self, SignerError> {
        let algorithm = Algorithm::ECDSAP256SHA256;
        let key = p256::ecdsa::SigningKey::from_slice(secret)
            .map_err(|_| SignerError::Secret { algorithm })?;
        let point = key.verifying_key().to_sec1_point(false);
        // Without the octet that says uncompressed (RFC 6605 §4).
        Ok(Self { algorithm, dnskey: point.as_bytes()[1..].into(), secret: Secret::P256(key) })
    }

    /// Algorithm 14 with this secret, big-endian; signatures are those of RFC 6979.
    ///
    /// # Errors
    /// When the secret is zero or not below the order.
    pub fn p384(secret: &[u8; 48]) -> Result<Self, SignerError> {
        let algorithm = Algorithm::ECDSAP384SHA384;
        let key = p384::ecdsa::SigningKey::from_slice(secret)
            .map_err(|_| SignerError::Secret { algorithm })?;
        let point = key.verifying_key().to_sec1_point(false);
        Ok(Self { algorithm, dnskey: point.as_bytes()[1..].into(), secret: Secret::P384(key) })
    }

    /// Algorithm 15 with this seed (RFC 8032 §5.1.5).
    #[must_use]
    pub fn ed25519(seed: &[u8; 32]) -> Self {
        let key = ed25519_dalek::SigningKey::from_bytes(seed);
        let dnskey = key.verifying_key().to_bytes().into();
        Self { algorithm: Algorithm::ED25519, dnskey, secret: Secret::Ed25519(key) }
    }

    /// Algorithm 16 with this seed (RFC 8032 §5.2.5).
    #[must_use]
    pub fn ed448(seed: &[u8; 57]) -> Self {
        let seed: Array<u8, _> = (*seed).into();
        let key = ed448_goldilocks::SigningKey::from(seed);
        let dnskey = key.verifying_key().to_bytes().into();
        Self { algorithm: Algorithm::ED448, dnskey, secret: Secret::Ed448(Box::new(key)) }
    }

    /// Algorithm 5, 7, 8 or 10 with this key.
    ///
    /// # Errors
    /// When the algorithm is none of RSA's, or takes no modulus of this size.
    pub fn rsa(algorithm: Algorithm, key: RsaPrivateKey) -> Result<Self, SignerError> {
        let dnskey = key.dnskey();
        PublicKey::from_dnskey(algorithm, &dnskey)?;
        Ok(Self { algorithm, dnskey, secret: Secret::Rsa(key) })
    }

    /// The algorithm.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The public key as DNSKEY carries it.
    #[must_use]
    pub fn dnskey(&self) -> &[u8] {
        &self.dnskey
    }

    /// The public key.
    ///
    /// # Errors
    /// None that a constructor has not told of before.
    pub fn public_key(&self) -> Result<PublicKey, KeyError> {
        PublicKey::from_dnskey(self.algorithm, &self.dnskey)
    }

    /// The signature over these octets, as RRSIG carries it.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.secret {
            Secret::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_bytes().to_vec()
            }
            Secret::P384(key) => {
                let signature: p384::ecdsa::Signature = key.sign(message);
                signature.to_bytes().to_vec()
            }
            Secret::Ed25519(key) => key.sign(message).to_bytes().to_vec(),
            Secret::Ed448(key) => key.sign_raw(message).to_bytes().to_vec(),
            Secret::Rsa(key) => key.sign(self.algorithm, message),
        }
    }
}

/// The secret stays out of logs.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// Random octets are nearly always below the order of a curve, so a few attempts suffice.
fn retry<const N: usize>(
    make: impl Fn(&[u8; N]) -> Result<Signer, SignerError>,
) -> Result<Signer, SignerError> {
    let mut made = make(&random()?);
    for _ in 0..16 {
        if made.is_ok() {
            break;
        }
        made = make(&random()?);
    }
    made
}

fn random<const N: usize>() -> Result<[u8; N], SignerError> {
    let mut octets = [0; N];
    aws_lc_rs::rand::fill(&mut octets).map_err(|_| SignerError::Random)?;
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unhex<const N: usize>(digits: &str) -> [u8; N] {
        data_encoding::HEXUPPER_PERMISSIVE.decode(digits.as_bytes()).unwrap().try_into().unwrap()
    }

    // RFC 6979 §A.2.5 and §A.2.6: "sample" with SHA-256 and SHA-384.
    #[test]
    fn ecdsa_signatures_are_those_of_rfc_6979() {
        let p256 = "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721";
        let signer = Signer::p256(&unhex(p256)).unwrap();
        let public = "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6\
                      7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299";
        assert_eq!(signer.dnskey(), unhex::<64>(public));
        let signature = "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716\
                         F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8";
        assert_eq!(signer.sign(b"sample"), unhex::<64>(signature));

        let p384 = "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D8\
                    96D5724E4C70A825F872C9EA60D2EDF5";
        let signature = "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C\
                         81A648152E44ACF96E36DD1E80FABE4699EF4AEB15F178CEA1FE40DB2603138F\
                         130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8";
        assert_eq!(Signer::p384(&unhex(p384)).unwrap().sign(b"sample"), unhex::<96>(signature));
    }

    // RFC 8032 §7.1 test 3 and §7.4 "1 octet".
    #[test]
    fn eddsa_signatures_are_those_of_rfc_8032() {
        let seed = "C5AA8DF43F9F837BEDB7442F31DCB7B166D38535076F094B85CE3A2E0B4458F7";
        let signer = Signer::ed25519(&unhex(seed));
        let public = "FC51CD8E6218A1A38DA47ED00230F0580816ED13BA3303AC5DEB911548908025";
        assert_eq!(signer.dnskey(), unhex::<32>(public));
        let signature = "6291D657DEEC24024827E69C3ABE01A30CE548A284743A445E3680D7DB5AC3AC\
                         18FF9B538D16F290AE67F760984DC6594A7C15E9716ED28DC027BECEEA1EC40A";
        assert_eq!(signer.sign(&[0xaf, 0x82]), unhex::<64>(signature));

        let seed = "C4EAB05D357007C632F3DBB48489924D552B08FE0C353A0D4A1F00ACDA2C463A\
                    FBEA67C5E8D2877C5E3BC397A659949EF8021E954E0A12274E";
        let signature = "26B8F91727BD62897AF15E41EB43C377EFB9C610D48F2335CB0BD0087810F435\
                         2541B143C4B981B7E18F62DE8CCDF633FC1BF037AB7CD779805E0DBCC0AAE1CB\
                         CEE1AFB2E027DF36BC04DCECBF154336C19F0AF7E0A6472905E799F1953D2A0F\
                         F3348AB21AA4ADAFD1D234441CF807C03A00";
        assert_eq!(Signer::ed448(&unhex(seed)).sign(&[3]), unhex::<114>(signature));
    }

    #[test]
    fn what_is_no_key_is_not_made() {
        let algorithm = Algorithm::ECDSAP256SHA256;
        assert_eq!(Signer::p256(&[0; 32]).unwrap_err(), SignerError::Secret { algorithm });
        let algorithm = Algorithm::ECDSAP384SHA384;
        assert_eq!(Signer::p384(&[0xff; 48]).unwrap_err(), SignerError::Secret { algorithm });
        let within = Duration::from_secs(60);
        let make = |algorithm, shape| Signer::generate(algorithm, shape, within).unwrap_err();
        let algorithm = Algorithm::RSASHA256;
        assert_eq!(make(algorithm, KeyShape::Curve), SignerError::Shape { algorithm });
        let rsa = |bits, exponent| KeyShape::Rsa { bits, exponent };
        let message = make(algorithm, rsa(4097, 3)).to_string();
        assert_eq!(message, "RSASHA256 takes moduli of 512 to 4096 bits, this one has 4097");
        let even = make(algorithm, rsa(1024, 4)).to_string();
        assert_eq!(even, "the RSA exponent 4 has no inverse with these primes");
        let algorithm = Algorithm::ED25519;
        assert_eq!(make(algorithm, rsa(1024, 3)), SignerError::Shape { algorithm });
    }
}
