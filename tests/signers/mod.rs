//! Signers of every algorithm with fixed keys, so that tests and benchmarks have the same signatures
//! to verify each time. Shared by `tests/` and `benches/`.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each user takes a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "all that is read here is fixed")]

use sigmill::crypto::signer::rsa::{RsaPrivateKey, block};
use sigmill::crypto::{PublicKey, RsaHash};
use sigmill::dns::Algorithm;

/// A signer with its name, and what its DNSKEY says.
pub struct Signer {
    pub name: String,
    pub algorithm: Algorithm,
    pub dnskey: Vec<u8>,
    signer: sigmill::crypto::Signer,
}

impl Signer {
    /// The signature as RRSIG carries it.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.signer.sign(message)
    }

    pub fn public_key(&self) -> PublicKey {
        self.signer.public_key().unwrap()
    }

    fn new(name: &str, signer: sigmill::crypto::Signer) -> Self {
        let (algorithm, dnskey) = (signer.algorithm(), signer.dnskey().into());
        Self { name: name.into(), algorithm, dnskey, signer }
    }
}

/// What benchmarks measure: each algorithm with the sizes that most zones have.
pub fn for_benchmarks() -> [Signer; 6] {
    [
        p256(),
        p384(),
        ed25519(),
        ed448(),
        rsa(Algorithm::RSASHA256, 1024, 65537),
        rsa(Algorithm::RSASHA256, 2048, 65537),
    ]
}

/// Algorithm 13.
pub fn p256() -> Signer {
    Signer::new("P-256", sigmill::crypto::Signer::p256(&[0x13; 32]).unwrap())
}

/// Algorithm 14.
pub fn p384() -> Signer {
    Signer::new("P-384", sigmill::crypto::Signer::p384(&[0x14; 48]).unwrap())
}

/// Algorithm 15.
pub fn ed25519() -> Signer {
    Signer::new("Ed25519", sigmill::crypto::Signer::ed25519(&[0x15; 32]))
}

/// Algorithm 16.
pub fn ed448() -> Signer {
    Signer::new("Ed448", sigmill::crypto::Signer::ed448(&[0x16; 57]))
}

/// RSA with a modulus of 512, 1024, 1280, 2048 or 4096 bits and an exponent of 3, 65537, 2^32+1 or
/// 2^40+15.
pub fn rsa(algorithm: Algorithm, bits: usize, exponent: u64) -> Signer {
    let key = rsa_key(bits, &exponent.to_be_bytes());
    let signer = sigmill::crypto::Signer::rsa(algorithm, key).unwrap();
    Signer::new(&format!("RSA-{bits} e={exponent}"), signer)
}

/// RSA whose public exponent is as long as its modulus.
pub fn rsa_with_longest_exponent(algorithm: Algorithm, bits: usize) -> Signer {
    let exponent = rsa_key(bits, &[1, 0, 1]).private_exponent();
    let signer = sigmill::crypto::Signer::rsa(algorithm, rsa_key(bits, &exponent)).unwrap();
    Signer::new(&format!("RSA-{bits} e={} bits", exponent.len() * 8), signer)
}

/// What RSA signing turns into a signature (RFC 8017 §9.2): 00 01 ff … 00 DigestInfo.
pub fn rsa_block(algorithm: Algorithm, bits: usize, message: &[u8]) -> Vec<u8> {
    let hash = match algorithm {
        Algorithm::RSASHA1 | Algorithm::RSASHA1_NSEC3_SHA1 => RsaHash::Sha1,
        Algorithm::RSASHA256 => RsaHash::Sha256,
        Algorithm::RSASHA512 => RsaHash::Sha512,
        _ => panic!("{algorithm} is not RSA"),
    };
    block(hash, bits.div_ceil(8), message)
}

/// `block` to the private exponent of the key that [`rsa`] makes: a signature over any block.
pub fn rsa_raw(bits: usize, exponent: u64, block: &[u8]) -> Vec<u8> {
    rsa_key(bits, &exponent.to_be_bytes()).sign_block(block)
}

fn rsa_key(bits: usize, exponent: &[u8]) -> RsaPrivateKey {
    let (_, p, q) = RSA_PRIMES.iter().find(|primes| primes.0 == bits).unwrap();
    let [p, q] = [p, q].map(|prime| hex(prime));
    RsaPrivateKey::new([&p, &q], exponent).unwrap()
}

pub fn hex(digits: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(digits.as_bytes()).unwrap()
}

/// Modulus size and primes, drawn with a fixed seed so that no exponent above divides a prime less
/// one. Nothing but tests uses them.
#[rustfmt::skip]
const RSA_PRIMES: [(usize, &str, &str); 5] = [
    (
        512,
        "dc9afebdd4ba638f9ea522981e7f989e35db5ff9ab62f3a143a3145d08314403",
        "f0a9cfdd81efd22f184891b6d9492fb37af602ade3ee851884be7ed5f1077257",
    ),
    (
        1024,
        "d066c7c2821f7d89fde524766c0e50c61896a69804438ef6df5ae5df1d590225880f881526b3d104fe9c08ad\
         4ad25b2a83822bd16484c1444e3c8c20abd2949b",
        "e609152d65d8fbe6aedb14d61e9fc5f0543f8dcbed352d3ab56a032795a5678ef7d47df8915718342131ba80\
         26609200d8462df98d1e1c34b12794dca32dea49",
    ),
    (
        1280,
        "f01dc2ce65f9613d71275231ee5d80a2309738cddbbc40b623c3e5b8863dd9da5a1d2d3eb66df2b7a2a5bf52\
         e4fc72ec5023bb89805c20819b9e02e45cf6060a7c9ab6487be25a31c9785580ae16b401",
        "dbe8c3e8cebfe30fcebc75a8364bd9a28a9d9838d2f237639bd7c1852e478554e6d802080375d63c3c8c51f7\
         080d857ec8cb574337fa5efb0ab8b58ddc7f3895288030f3869b4de00af6a4c01c8a61f3",
    ),
    (
        2048,
        "c6ef6675f23b8f483d7a31b0d4738664934a1cea64277190eca209eaa5bcf09aaef04cb6e2e19e34f26e708d\
         462e11388c117a72f3be5b70f222d83cd925642f48ca73f741dea9913d8ed49edcd4c6f99b37386554003625\
         a06c8d4eae0d5bc4f6197a56c8fd453717a7cd7bb4681b649f8c88f99973877f5996196bbe14a5cd",
        "db499b78002faf076055483b01ce36eeea358d07265a9e41ccd47786f25eeab1743b6b5eb54906404e2eaeec\
         83e5ea7b80a4a26a532f89d3609ae532403612edd64cb3ad1375af8bcaf504798a9621ad90402a0519985dc0\
         b94f5a8a58e7fbaf22e8552a0e52571f3e6038700e6ba199fb969718acb9fd57b63038a79f3f4923",
    ),
    (
        4096,
        "d7afb21929aae20d97c07f01a50bc231a2d14f89ba6fd9819630706bd64db8d6116705aa3dc7a45e6435f628\
         9ee89c34c56d526edc2e6ba84db7b50347bed565bfba88fde3c185829f668420172f223d6b8a1ee5d6e15b07\
         0ab2d0c99c73282add213e28e22241b9e3968b072556d53d3ea2e602bafc7cc6159ece63608dd6e9502b5fb6\
         3f18e68fcc4f2c74c43b2495e19c1ddf9a361df9ab554920abb8fae601dfc41f94e81775dbdf86bd1254d4cf\
         e40e9a571b820e5d6fc56a1a2c5cbe26bbbc28de47e7f3dcae9243ca9633b9d1a1c149e8541b0566356703d3\
         5b4dd7483e2712f0780ef26a860e7d233ddde0c0742b79c36c43aace33557f047e655d7b",
        "fb882b480bf0ec8b86ede1fe83e11ce688a2c75c3fda57b236690ea7a056d5e8557bbd55f4e424dc863a6e1a\
         338bc0df7dcaef71b8c00ecf6f608f7a92057e6ddf0c13c76d7bf4b82f62965e4e3eb84acf7168f984dddbd7\
         f354e6978cbc9a7f63b8e4eda79b480179d71c60fb1a4a6adc30f8d3563b3e7b212ba13b21c625ce61ba3906\
         856302e7be30f827503c29e8dd5a55d42741c6395df0d0e61e044351126b71822e6e31588e2ba599bd6da0b5\
         fa572630e35c2f1acfc27eef4f70f03000a7362c8dfd7f6f140df726b4445bd333b693925da398e6169340c1\
         0942a07464255a512fe0fb2e4d9dca110960ec996ad7fe3facfe3a3b1c471649a95ac393",
    ),
];
