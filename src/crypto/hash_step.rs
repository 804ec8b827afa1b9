//! The hash over what was signed, by itself, as each backend computes it: what of a verification is
//! not arithmetic.

use aws_lc_rs::digest as aws_lc;
use ring::digest as ring;
use rsa::sha2;

use crate::dns::Algorithm;

use super::digest::batch::{InVectors, Sha1, Sha256, Sha384, Sha512, digests};
use super::digest::ed448_hash;
use super::{Item, RsaHash};

/// The hash of an algorithm, computed as a backend does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HashStep {
    library: Library,
    hash: Hash,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Library {
    Lanes,
    Ring,
    AwsLc,
    RustCrypto,
}

/// Which hash, and of what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
    /// SHA-512 of R, key and message (RFC 8032 §5.1.7).
    Ed25519,
    /// SHAKE256 of the prefix, R, key and message (RFC 8032 §5.2.7).
    Ed448,
}

impl HashStep {
    /// The hash of an algorithm by the backend of this name; `None` when that backend does not have
    /// it.
    #[must_use]
    pub fn of(backend: &str, algorithm: Algorithm) -> Option<Self> {
        let library = match backend {
            "lanes" => Library::Lanes,
            "ring" => Library::Ring,
            "aws-lc" => Library::AwsLc,
            "rustcrypto" => Library::RustCrypto,
            _ => return None,
        };
        let hash = match algorithm {
            Algorithm::ECDSAP256SHA256 => Hash::Sha256,
            Algorithm::ECDSAP384SHA384 => Hash::Sha384,
            Algorithm::ED25519 => Hash::Ed25519,
            Algorithm::ED448 if matches!(library, Library::Lanes | Library::RustCrypto) => {
                Hash::Ed448
            }
            _ => match RsaHash::of(algorithm)? {
                RsaHash::Sha1 => Hash::Sha1,
                RsaHash::Sha256 => Hash::Sha256,
                RsaHash::Sha512 => Hash::Sha512,
            },
        };
        Some(Self { library, hash })
    }

    /// Appends the hash of each item's message, back to back; `key` are the octets of the key as
    /// DNSKEY carries them. A signature that is too short for its algorithm counts as zeros.
    pub fn hash(self, items: &[Item<'_>], key: &[u8], out: &mut Vec<u8>) {
        match (self.library, self.hash) {
            (_, Hash::Ed448) => items.iter().for_each(|item| {
                let r = item.signature.get(..57).unwrap_or(&[0; 57]);
                out.extend_from_slice(&ed448_hash([r, key, item.message]));
            }),
            (Library::Lanes, Hash::Sha1) => lanes::<Sha1>(items, out),
            (Library::Lanes, Hash::Sha256) => lanes::<Sha256>(items, out),
            (Library::Lanes, Hash::Sha384) => lanes::<Sha384>(items, out),
            (Library::Lanes, Hash::Sha512) => lanes::<Sha512>(items, out),
            (Library::Lanes, Hash::Ed25519) => {
                let parts: Vec<_> = items.iter().map(|item| eddsa_parts(item, key)).collect();
                append(&digests::<Sha512, 3>(&parts), out);
            }
            (Library::Ring, hash) => self.one_by_one(items, key, |parts| {
                let mut context = ring::Context::new(match hash {
                    Hash::Sha1 => &ring::SHA1_FOR_LEGACY_USE_ONLY,
                    Hash::Sha256 => &ring::SHA256,
                    Hash::Sha384 => &ring::SHA384,
                    _ => &ring::SHA512,
                });
                parts.iter().for_each(|part| context.update(part));
                out.extend_from_slice(context.finish().as_ref());
            }),
            (Library::AwsLc, hash) => self.one_by_one(items, key, |parts| {
                let mut context = aws_lc::Context::new(match hash {
                    Hash::Sha1 => &aws_lc::SHA1_FOR_LEGACY_USE_ONLY,
                    Hash::Sha256 => &aws_lc::SHA256,
                    Hash::Sha384 => &aws_lc::SHA384,
                    _ => &aws_lc::SHA512,
                });
                parts.iter().for_each(|part| context.update(part));
                out.extend_from_slice(context.finish().as_ref());
            }),
            (Library::RustCrypto, hash) => self.one_by_one(items, key, |parts| match hash {
                Hash::Sha1 => rustcrypto::<sha1::Sha1>(parts, out),
                Hash::Sha256 => rustcrypto::<sha2::Sha256>(parts, out),
                Hash::Sha384 => rustcrypto::<sha2::Sha384>(parts, out),
                _ => rustcrypto::<sha2::Sha512>(parts, out),
            }),
        }
    }

    fn one_by_one<'i>(self, items: &[Item<'i>], key: &'i [u8], mut hash: impl FnMut(&[&'i [u8]])) {
        for item in items {
            match self.hash {
                Hash::Ed25519 => hash(&eddsa_parts(item, key)),
                _ => hash(&[item.message]),
            }
        }
    }
}

fn eddsa_parts<'i>(item: &Item<'i>, key: &'i [u8]) -> [&'i [u8]; 3] {
    [item.signature.get(..32).unwrap_or(&[0; 32]), key, item.message]
}

fn lanes<H: InVectors>(items: &[Item<'_>], out: &mut Vec<u8>) {
    let messages: Vec<_> = items.iter().map(|item| [item.message]).collect();
    append(&digests::<H, 1>(&messages), out);
}

fn append(digests: &[impl AsRef<[u8]>], out: &mut Vec<u8>) {
    digests.iter().for_each(|digest| out.extend_from_slice(digest.as_ref()));
}

fn rustcrypto<D: sha1::Digest>(parts: &[&[u8]], out: &mut Vec<u8>) {
    let mut digest = D::new();
    parts.iter().for_each(|part| digest.update(part));
    out.extend_from_slice(&digest.finalize());
}

#[cfg(test)]
mod tests {
    use super::*;

    // FIPS 180-4's "abc", and the same of RFC 8032's three parts, whoever computes it.
    #[test]
    fn all_backends_hash_alike_and_as_the_standard_says() {
        let abc = |algorithm, octets: usize, digest: &str| {
            for backend in ["lanes", "ring", "aws-lc", "rustcrypto"] {
                let step = HashStep::of(backend, algorithm).unwrap();
                let item = Item { message: b"abc", signature: &[] };
                let mut out = Vec::new();
                step.hash(&[item; 9], &[], &mut out);
                assert_eq!(out.len(), 9 * octets);
                for digest_of_one in out.chunks(octets) {
                    let text = data_encoding::HEXLOWER.encode(digest_of_one);
                    assert!(text.starts_with(digest), "{backend} {algorithm}: {text}");
                }
            }
        };
        abc(Algorithm::RSASHA1, 20, "a9993e364706816aba3e25717850c26c9cd0d89d");
        abc(Algorithm::RSASHA256, 32, "ba7816bf8f01cfea414140de5dae2223");
        abc(Algorithm::ECDSAP384SHA384, 48, "cb00753f45a35e8bb5a03d699ac65007");
        abc(Algorithm::RSASHA512, 64, "ddaf35a193617abacc417349ae204131");
    }

    #[test]
    fn eddsa_hashes_all_three_parts() {
        let item = Item { message: b"message", signature: &[3; 64] };
        let parts = [&[3; 32][..], b"key", b"message"].concat();
        let expected = aws_lc::digest(&aws_lc::SHA512, &parts);
        for backend in ["lanes", "ring", "aws-lc", "rustcrypto"] {
            let mut out = Vec::new();
            HashStep::of(backend, Algorithm::ED25519).unwrap().hash(&[item; 5], b"key", &mut out);
            assert!(out.chunks(64).all(|digest| digest == expected.as_ref()), "{backend}");
        }
        assert_eq!(HashStep::of("ring", Algorithm::ED448), None);
        assert_eq!(HashStep::of("openssl", Algorithm::ED25519), None);
        for backend in ["lanes", "rustcrypto"] {
            let mut out = Vec::new();
            HashStep::of(backend, Algorithm::ED448).unwrap().hash(&[item], b"key", &mut out);
            assert_eq!(out.len(), 114);
        }
    }
}
