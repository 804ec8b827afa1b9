//! Keys that follow from the seed, and what signs with them. They are nobody's secret: whoever knows
//! the seed has them.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as AwsRsaKey;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512};
use clap::ValueEnum;
use ed448_goldilocks::elliptic_curve::array::Array;
use p256::elliptic_curve::NonZeroScalar;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::signature::{SignatureEncoding as _, Signer as _};
use rsa::traits::PublicKeyParts as _;
use sigmill::dns::rdata::key_tag;
use sigmill::dns::{Algorithm, RType};

use super::ecdsa::{Signer, Table};
use super::random::{Purpose, Random};

/// What signs, by the names that people use.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Scheme {
    /// RSASHA256, 1024 bits
    Rsa1024,
    /// RSASHA256, 1280 bits
    Rsa1280,
    /// RSASHA256, 2048 bits
    Rsa2048,
    /// RSASHA256, 3072 bits
    Rsa3072,
    /// RSASHA256, 4096 bits
    Rsa4096,
    /// RSASHA512, 2048 bits
    Rsasha512,
    /// ECDSAP256SHA256
    P256,
    /// ECDSAP384SHA384
    P384,
    /// ED25519
    Ed25519,
    /// ED448
    Ed448,
}

impl Scheme {
    /// The number in DNSKEY and RRSIG.
    pub fn algorithm(self) -> Algorithm {
        match self {
            Self::Rsa1024 | Self::Rsa1280 | Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096 => {
                Algorithm::RSASHA256
            }
            Self::Rsasha512 => Algorithm::RSASHA512,
            Self::P256 => Algorithm::ECDSAP256SHA256,
            Self::P384 => Algorithm::ECDSAP384SHA384,
            Self::Ed25519 => Algorithm::ED25519,
            Self::Ed448 => Algorithm::ED448,
        }
    }
}

/// The zone's keys.
pub struct Keys {
    /// Signs the keys.
    pub ksk: Key,
    /// Signs everything else; without one, the other does.
    pub zsk: Option<Key>,
}

/// One key.
pub struct Key {
    /// The RDATA of its DNSKEY.
    pub dnskey: Vec<u8>,
    /// Its tag.
    pub tag: u16,
    sign: Box<Sign>,
}

type Sign = dyn Fn(&[Vec<u8>]) -> Result<Vec<Vec<u8>>> + Send + Sync;

/// Flags of a key that signs keys, and of one that signs the zone's data (RFC 4034 §2.1.1).
const KSK_FLAGS: u16 = 257;
const ZSK_FLAGS: u16 = 256;

impl Keys {
    /// Both keys, or one that signs everything.
    pub fn new(seed: u64, scheme: Scheme, combined: bool) -> Result<Self> {
        let make = maker(scheme);
        let key = |number, flags| {
            let pair = make(&mut Random::new(seed, Purpose::Key, number))?;
            Ok::<_, anyhow::Error>(Key::new(scheme, flags, pair))
        };
        let ksk = key(0, KSK_FLAGS)?;
        if combined {
            return Ok(Self { ksk, zsk: None });
        }
        // Keys that share a tag are right, too, but would have validators try both.
        let mut number = 1;
        let mut zsk = key(number, ZSK_FLAGS)?;
        while zsk.tag == ksk.tag {
            number += 1;
            zsk = key(number, ZSK_FLAGS)?;
        }
        Ok(Self { ksk, zsk: Some(zsk) })
    }

    /// The key that signs RRsets of this type.
    pub fn signing(&self, rtype: RType) -> &Key {
        match &self.zsk {
            Some(zsk) if rtype != RType::DNSKEY => zsk,
            _ => &self.ksk,
        }
    }
}

impl Key {
    fn new(scheme: Scheme, flags: u16, (public, sign): Pair) -> Self {
        let mut dnskey = flags.to_be_bytes().to_vec();
        dnskey.extend_from_slice(&[3, scheme.algorithm().0]);
        dnskey.extend_from_slice(&public);
        Self { tag: key_tag(&dnskey), dnskey, sign }
    }

    /// The signatures over messages, as RRSIG carries them.
    pub fn sign(&self, messages: &[Vec<u8>]) -> Result<Vec<Vec<u8>>> {
        (self.sign)(messages)
    }
}

/// A public key as DNSKEY carries it, and what signs with the private one.
type Pair = (Vec<u8>, Box<Sign>);

type Maker = dyn Fn(&mut Random) -> Result<Pair>;

/// What makes pairs of a scheme; what all its keys share is made once.
fn maker(scheme: Scheme) -> Box<Maker> {
    let algorithm = scheme.algorithm();
    match scheme {
        Scheme::Rsa1024 => Box::new(|random| rsa_in_rust(random, 1024)),
        Scheme::Rsa1280 => Box::new(|random| rsa_in_rust(random, 1280)),
        Scheme::Rsa2048 | Scheme::Rsasha512 => Box::new(move |random| rsa(random, 2048, algorithm)),
        Scheme::Rsa3072 => Box::new(move |random| rsa(random, 3072, algorithm)),
        Scheme::Rsa4096 => Box::new(move |random| rsa(random, 4096, algorithm)),
        Scheme::P256 => {
            let table = Table::new();
            Box::new(move |random| Ok(p256(random, Arc::clone(&table))))
        }
        Scheme::P384 => {
            let table = Table::new();
            Box::new(move |random| Ok(p384(random, Arc::clone(&table))))
        }
        Scheme::Ed25519 => Box::new(ed25519),
        Scheme::Ed448 => Box::new(|random| Ok(ed448(random))),
    }
}

fn p256(random: &mut Random, table: Arc<Table<p256::NistP256>>) -> Pair {
    let secret = nonzero(|| NonZeroScalar::from_repr(random.octets::<32>().into()).into_option());
    let point = p256::PublicKey::from_secret_scalar(&secret).to_sec1_point(false);
    let signer = Signer::new(secret, table);
    (point.as_bytes()[1..].to_vec(), Box::new(move |messages| Ok(signer.sign(messages))))
}

fn p384(random: &mut Random, table: Arc<Table<p384::NistP384>>) -> Pair {
    let secret = nonzero(|| NonZeroScalar::from_repr(random.octets::<48>().into()).into_option());
    let point = p384::PublicKey::from_secret_scalar(&secret).to_sec1_point(false);
    let signer = Signer::new(secret, table);
    (point.as_bytes()[1..].to_vec(), Box::new(move |messages| Ok(signer.sign(messages))))
}

/// Draws until a number is one below the order and not zero.
fn nonzero<T>(mut draw: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(number) = draw() {
            return number;
        }
    }
}

fn ed25519(random: &mut Random) -> Result<Pair> {
    let key = Ed25519KeyPair::from_seed_unchecked(&random.octets::<32>())
        .ok()
        .context("the library refuses an Ed25519 key")?;
    let public = key.public_key().as_ref().to_vec();
    Ok((public, one_by_one(move |message| Ok(key.sign(message).as_ref().to_vec()))))
}

fn ed448(random: &mut Random) -> Pair {
    let seed: Array<u8, _> = random.octets::<57>().into();
    let key = ed448_goldilocks::SigningKey::from(seed);
    let public = key.verifying_key().to_bytes().to_vec();
    (public, one_by_one(move |message| Ok(key.sign_raw(message).to_bytes().to_vec())))
}

/// RSA of 2048 bits and more, by the fastest library.
fn rsa(random: &mut Random, bits: usize, algorithm: Algorithm) -> Result<Pair> {
    let key = rsa_key(random, bits)?;
    let document = key.to_pkcs1_der().context("cannot encode an RSA key")?;
    let signer =
        AwsRsaKey::from_der(document.as_bytes()).ok().context("the library refuses an RSA key")?;
    let padding =
        if algorithm == Algorithm::RSASHA512 { &RSA_PKCS1_SHA512 } else { &RSA_PKCS1_SHA256 };
    let sign = one_by_one(move |message| {
        let mut signature = vec![0; signer.public_modulus_len()];
        signer
            .sign(padding, &SystemRandom::new(), message, &mut signature)
            .ok()
            .context("the library does not sign with an RSA key")?;
        Ok(signature)
    });
    Ok((rsa_public(&key), sign))
}

/// RSA of fewer bits, which the fast libraries refuse; RSASHA256.
fn rsa_in_rust(random: &mut Random, bits: usize) -> Result<Pair> {
    let key = rsa_key(random, bits)?;
    let public = rsa_public(&key);
    let signer = rsa::pkcs1v15::SigningKey::<rsa::sha2::Sha256>::new(key);
    Ok((public, one_by_one(move |message| Ok(signer.try_sign(message)?.to_vec()))))
}

fn rsa_key(random: &mut Random, bits: usize) -> Result<rsa::RsaPrivateKey> {
    rsa::RsaPrivateKey::new(&mut random.0, bits).context("cannot make an RSA key")
}

/// Exponent, behind its length, and modulus (RFC 3110 §2).
fn rsa_public(key: &rsa::RsaPrivateKey) -> Vec<u8> {
    let exponent = key.e().to_bytes_be();
    // The exponent is 65537.
    let len = u8::try_from(exponent.len()).unwrap_or_default();
    [&[len][..], &exponent, &key.n().to_bytes_be()].concat()
}

fn one_by_one(sign: impl Fn(&[u8]) -> Result<Vec<u8>> + Send + Sync + 'static) -> Box<Sign> {
    Box::new(move |messages| messages.iter().map(|message| sign(message)).collect())
}
