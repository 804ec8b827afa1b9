//! The backends against each other: which keys each takes, that all give the same answers, and
//! which odd keys and signatures they accept.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod signers;

use std::sync::LazyLock;

use aws_lc_rs::digest;
use proptest::prelude::*;
use proptest::sample::Index;
use sigmill::crypto::{Backend, BackendChoice, Item, PreparedKey, PublicKey, Refusal, backend};
use sigmill::dns::Algorithm;
use signers::{Signer, hex};

const LIBRARIES: [&str; 3] = ["ring", "aws-lc", "rustcrypto"];

/// All backends but our own, which takes few kinds of keys.
fn libraries() -> impl Iterator<Item = &'static dyn Backend> {
    backend::all().iter().copied().filter(|backend| LIBRARIES.contains(&backend.name()))
}

/// Enough signatures for our own backend to take a key of its kinds.
const MANY: usize = 1000;

const LONG: u64 = (1 << 40) + 15;
const LV: u64 = (1 << 32) + 1;

// ring and aws-lc: RSA from 1024 bits, exponents to 33 bits, no Ed448. rustcrypto: everything.
#[test]
fn every_key_finds_its_backends_and_each_of_them_verifies() {
    use Algorithm as A;
    let all = &LIBRARIES[..];
    let alone = &LIBRARIES[2..];
    let mut cases = vec![
        (signers::p256(), all),
        (signers::p384(), all),
        (signers::ed25519(), all),
        (signers::ed448(), alone),
        (signers::rsa(A::RSASHA512, 1024, 65537), all),
        (signers::rsa(A::RSASHA1, 2048, LV), all),
        (signers::rsa(A::RSASHA256, 4096, 3), all),
        (signers::rsa(A::RSASHA512, 4096, LONG), alone),
        (signers::rsa_with_longest_exponent(A::RSASHA256, 1024), alone),
        (signers::rsa_with_longest_exponent(A::RSASHA1, 512), alone),
    ];
    for algorithm in [A::RSASHA1, A::RSASHA1_NSEC3_SHA1, A::RSASHA256] {
        for exponent in [3, 65537, LV, LONG] {
            cases.push((signers::rsa(algorithm, 512, exponent), alone));
            let takers = if exponent == LONG { alone } else { all };
            cases.push((signers::rsa(algorithm, 1024, exponent), takers));
            cases.push((signers::rsa(algorithm, 1280, exponent), takers));
        }
    }
    for (signer, takers) in cases {
        let key = signer.public_key();
        let message = b"example. IN DNSKEY";
        let signature = signer.sign(message);
        let mut took = Vec::new();
        for backend in libraries() {
            match backend.prepare(&key, 1) {
                Ok(prepared) => {
                    took.push(backend.name());
                    let answers = [message, b"example. IN DNSKEz"]
                        .map(|message| holds(&*prepared, message, &signature));
                    assert_eq!(answers, [true, false], "{} {}", backend.name(), signer.name);
                }
                Err(refusal) => assert_eq!(refusal, Refusal::Unsupported, "{}", signer.name),
            }
        }
        assert_eq!(took, takers, "{} {}", signer.algorithm, signer.name);
    }
}

#[test]
fn backends_are_found_by_name_and_fill_in_for_each_other() {
    assert_eq!(libraries().map(Backend::name).collect::<Vec<_>>(), LIBRARIES);
    assert_eq!(backend::all().len(), 1 + LIBRARIES.len());
    for name in LIBRARIES {
        assert_eq!(backend::by_name(name).map(Backend::name), Some(name));
        let choice = BackendChoice::Named(name);
        let prepared = backend::prepare(choice, &signers::p256().public_key(), 1).unwrap();
        assert_eq!(prepared.backend, name);
        let prepared = backend::prepare(choice, &signers::ed448().public_key(), 1).unwrap();
        assert_eq!(prepared.backend, "rustcrypto");
    }
    assert!(backend::by_name("Ring").is_none());
}

// A table for one key costs as much as a few verifications.
#[test]
fn our_own_arithmetic_takes_keys_with_many_signatures_and_leaves_others_to_libraries() {
    let [p256, p384, ed25519, ed448] =
        [signers::p256(), signers::p384(), signers::ed25519(), signers::ed448()]
            .map(|signer| signer.public_key());
    // Keys that the fast libraries do not take; where there are vectors, lanes take others as well.
    let rsa = [(512, 3), (1024, LONG), (2048, LONG)]
        .map(|(bits, e)| signers::rsa(Algorithm::RSASHA256, bits, e).public_key());
    let backend = |choice, key, signatures| {
        backend::prepare(choice, key, signatures).map(|prepared| prepared.backend)
    };
    for choice in [BackendChoice::Auto, BackendChoice::Named("lanes")] {
        for signatures in [5, 10, 100, 1000, 10_000, 100_000, 1_000_000, usize::MAX] {
            assert_eq!(backend(choice, &p256, signatures), Ok("lanes"), "{signatures}");
            assert_eq!(backend(choice, &p384, signatures), Ok("lanes"), "{signatures}");
            let expected = if signatures < 12 { "rustcrypto" } else { "lanes" };
            assert_eq!(backend(choice, &ed25519, signatures), Ok(expected), "{signatures}");
            assert_eq!(backend(choice, &ed448, signatures), Ok("lanes"), "{signatures}");
        }
        assert_eq!(backend(choice, &p256, 4), Ok("aws-lc"));
        assert_eq!(backend(choice, &ed448, 2), Ok("lanes"));
        assert_eq!(backend(choice, &ed448, 1), Ok("rustcrypto"));
        for key in &rsa {
            assert_eq!(backend(choice, key, 5), Ok("lanes"));
            assert_eq!(backend(choice, key, 4), Ok("rustcrypto"));
        }
    }
    assert!(backend::wants_confirmation("lanes"));
    assert!(!LIBRARIES.into_iter().any(backend::wants_confirmation));
}

// The base point's table is made for the signatures of all keys, a key's for its own: they differ in their
// windows, and in the rows that stand for the same digits.
#[test]
fn keys_with_few_signatures_share_a_large_table_of_the_base_point() {
    let ours = backend::by_name("lanes").unwrap();
    let curves = [signers::p256(), signers::p384(), signers::ed25519(), signers::ed448()];
    for signer in curves {
        let key = signer.public_key();
        drop(ours.prepare(&key, 300_000).unwrap());
        let few = ours.prepare(&key, 20).unwrap();
        let messages: Vec<_> = (0..20_u8).map(|i| vec![i; 30]).collect();
        let signatures: Vec<_> = messages.iter().map(|message| signer.sign(message)).collect();
        for wrong in 0..20 {
            let items: Vec<_> = (0..20)
                .map(|i| Item {
                    message: &messages[if i == wrong { (i + 1) % 20 } else { i }],
                    signature: &signatures[i],
                })
                .collect();
            let mut holds = [false; 20];
            few.verify_batch(&items, &mut holds);
            let expected: [bool; 20] = std::array::from_fn(|i| i != wrong);
            assert_eq!(holds, expected, "{}", signer.name);
        }
        assert!(few.table_octets() < 1 << 20, "{}", signer.name);
    }
}

// ring and aws-lc share ancestors, so that neither confirms the other.
#[test]
fn a_second_opinion_comes_from_other_code() {
    let p256 = signers::p256().public_key();
    let second = |first, key: &PublicKey| backend::prepare_second(first, key, 1).map(|p| p.backend);
    assert_eq!(second("ring", &p256), Some("rustcrypto"));
    assert_eq!(second("aws-lc", &p256), Some("rustcrypto"));
    assert!(matches!(second("rustcrypto", &p256), Some("aws-lc" | "ring")));
    assert_eq!(second("lanes", &p256), Some("aws-lc"));
    let ed448 = signers::ed448().public_key();
    assert_eq!((second("rustcrypto", &ed448), second("ours", &ed448)), (None, Some("rustcrypto")));
}

/// A signer and its key in every backend that takes it.
struct Bench {
    signer: Signer,
    keys: Vec<(&'static str, Box<dyn PreparedKey>)>,
}

static BENCHES: LazyLock<Vec<Bench>> = LazyLock::new(|| {
    let signers = [
        signers::p256(),
        signers::p384(),
        signers::ed25519(),
        signers::ed448(),
        signers::rsa(Algorithm::RSASHA1, 512, 3),
        signers::rsa(Algorithm::RSASHA256, 1024, 65537),
        signers::rsa(Algorithm::RSASHA512, 1024, LV),
        signers::rsa(Algorithm::RSASHA256, 1280, LONG),
    ];
    let prepared = |key| {
        let prepare = |b: &&'static dyn Backend| Some((b.name(), b.prepare(&key, MANY).ok()?));
        backend::all().iter().filter_map(prepare).collect()
    };
    signers.map(|signer| Bench { keys: prepared(signer.public_key()), signer }).into()
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    // Five kinds of signature in one batch: right, a bit wrong, for another message, noise, right.
    #[test]
    fn all_backends_give_the_right_answers(
        message in proptest::collection::vec(any::<u8>(), 0..300),
        flip in any::<Index>(),
        noise in proptest::collection::vec(any::<u8>(), 512),
    ) {
        for Bench { signer, keys } in BENCHES.iter() {
            let right = signer.sign(&message);
            let mut wrong = right.clone();
            let bit = flip.index(right.len() * 8);
            wrong[bit / 8] ^= 1 << (bit % 8);
            let other = signer.sign(&[&message[..], b"."].concat());
            let noise = &noise[..right.len()];
            let items = [&right[..], &wrong, &other, noise, &right]
                .map(|signature| Item { message: &message, signature });
            for (name, key) in keys {
                let mut holds = [false, true, true, true, false];
                key.verify_batch(&items, &mut holds);
                prop_assert_eq!(holds, [true, false, false, false, true], "{} {}", name, signer.name);
            }
        }
    }

    // Whatever the key octets are: no panic, and backends that take the key agree on it.
    #[test]
    fn all_backends_agree_on_random_keys(
        algorithm in proptest::sample::select(&Algorithm::SUPPORTED[..]),
        octets in proptest::collection::vec(any::<u8>(), 64 + 4..200),
        signature in proptest::collection::vec(any::<u8>(), 200),
    ) {
        let len = match algorithm {
            Algorithm::ECDSAP256SHA256 => 64,
            Algorithm::ECDSAP384SHA384 => 96.min(octets.len()),
            Algorithm::ED25519 => 32,
            Algorithm::ED448 => 57,
            _ => octets.len(),
        };
        if let Ok(key) = PublicKey::from_dnskey(algorithm, &octets[..len]) {
            prop_assert!(key.signature_len() <= 200);
            let signature = &signature[..key.signature_len()];
            for backend in backend::all() {
                if let Ok(prepared) = backend.prepare(&key, MANY) {
                    prop_assert!(!holds(&*prepared, b"", signature), "{}", backend.name());
                }
            }
        }
    }
}

// check_signature stands before the backends; should a caller forget it, nothing holds or panics.
#[test]
fn a_signature_of_another_length_never_holds() {
    for Bench { signer, keys } in BENCHES.iter() {
        let right = signer.sign(b"");
        let longer = [&[0], &right[..]].concat();
        let padded = [&right[..], &[0]].concat();
        for wrong in [&[][..], &right[1..], &right[..right.len() - 1], &longer, &padded] {
            assert!(signer.public_key().check_signature(wrong).is_err());
            for (name, key) in keys {
                assert!(!holds(&**key, b"", wrong), "{name} {}", signer.name);
            }
        }
    }
}

// RFC 8017 §8.2.2: the whole block is compared. Each of these is a true e-th root of its block.
#[test]
fn rsa_blocks_other_than_the_one_of_the_rfc_do_not_hold() {
    let algorithm = Algorithm::RSASHA256;
    for (bits, exponent) in [(512, 3), (512, LONG), (1024, 3), (1024, 65537)] {
        let signer = signers::rsa(algorithm, bits, exponent);
        let good = signers::rsa_block(algorithm, bits, b"m");
        let info = good.len() - 51;
        let hash = digest::digest(&digest::SHA256, b"m");
        let without_null = [&hex("302f300b06096086480165030402010420")[..], hash.as_ref()].concat();
        let padding = |to: usize| [&[0, 1][..], &vec![0xff; to - 3], &[0]].concat();
        let mut blocks = vec![
            // Padding type 2 and 0, a gap in the padding, a changed end of the padding.
            [&[0, 2], &good[2..]].concat(),
            [&[0, 0], &good[2..]].concat(),
            [&good[..3], &[0], &good[4..]].concat(),
            [&good[..info - 1], &[1], &good[info..]].concat(),
            // DigestInfo without NULL, and the hash without DigestInfo.
            [&padding(good.len() - 49)[..], &without_null].concat(),
            [&padding(good.len() - 32)[..], hash.as_ref()].concat(),
            // Another message's hash.
            signers::rsa_block(algorithm, bits, b"n"),
        ];
        if bits == 1024 {
            // Short padding and garbage at the end: what exponent 3 lets anyone forge.
            let short = [&padding(11)[..], &good[info..], &[7; 128 - 11 - 51]].concat();
            blocks.push(short);
        }
        let key = signer.public_key();
        for backend in backend::all() {
            let Ok(prepared) = backend.prepare(&key, MANY) else { continue };
            let signature = signers::rsa_raw(bits, exponent, &good);
            assert!(holds(&*prepared, b"m", &signature), "{} {}", backend.name(), signer.name);
            for block in &blocks {
                let signature = signers::rsa_raw(bits, exponent, block);
                assert!(!holds(&*prepared, b"m", &signature), "{} {block:x?}", backend.name());
            }
        }
    }
}

// RFC 8017 §5.2.2: a signature that is not below the modulus is out of range, even where adding
// the modulus leaves the length and the residue alone.
#[test]
fn an_rsa_signature_at_or_above_the_modulus_does_not_hold() {
    for bits in [512, 1024] {
        let signer = signers::rsa(Algorithm::RSASHA256, bits, 3);
        let PublicKey::Rsa(key) = signer.public_key() else { panic!() };
        let modulus = rsa::BigUint::from_bytes_be(key.modulus());
        let sum = (0..200_u8).find_map(|i| {
            let sum = rsa::BigUint::from_bytes_be(&signer.sign(&[i])) + &modulus;
            (sum.bits() <= bits).then(|| (i, sum.to_bytes_be()))
        });
        let (message, above) = sum.expect("one signature in some is small enough");
        let zero = vec![0; bits / 8];
        for backend in backend::all() {
            let Ok(prepared) = backend.prepare(&signer.public_key(), MANY) else { continue };
            assert!(holds(&*prepared, &[message], &signer.sign(&[message])));
            for wrong in [&above[..], key.modulus(), &zero] {
                assert!(!holds(&*prepared, &[message], wrong), "{}", backend.name());
            }
        }
    }
}

// RFC 6605 §4: the octets are coordinates of a point on the curve. (0, 0) would be infinity.
#[test]
fn a_point_off_its_curve_is_malformed_in_every_backend() {
    for signer in [signers::p256(), signers::p384(), signers::ed25519()] {
        let mut octets = signer.dnskey.clone();
        octets[0] ^= 1;
        let mut keys = vec![octets];
        if signer.algorithm == Algorithm::ED25519 {
            keys = vec![[&[2][..], &[0; 31]].concat()]; // y = 2 has no x.
        } else {
            keys.push(vec![0; signer.dnskey.len()]);
            keys.push(vec![0xff; signer.dnskey.len()]);
        }
        for octets in keys {
            let key = PublicKey::from_dnskey(signer.algorithm, &octets).unwrap();
            for backend in backend::all() {
                let refusal = backend.prepare(&key, MANY).unwrap_err();
                assert_eq!(refusal, Refusal::Malformed, "{} {}", backend.name(), signer.name);
            }
            let refusal = backend::prepare(BackendChoice::Auto, &key, 1).unwrap_err();
            assert_eq!(refusal, Refusal::Malformed);
        }
    }
}

/// Little-endian y and the sign of x.
fn edwards25519(y: u8, above_p: bool, negative: bool) -> [u8; 32] {
    let mut octets = [0; 32];
    octets[0] = y;
    if above_p {
        octets = [0xff; 32];
        octets[0] = 0xed + y; // p = 2^255 - 19
        octets[31] = 0x7f;
    }
    octets[31] |= u8::from(negative) << 7;
    octets
}

// RFC 8032 §5.1.3 forbids y >= p and a negative zero; OpenSSL (checked with 3.0 and 4.0), hence
// BIND and Unbound, reads them, as do ring and dalek. aws-lc does not and hands them on.
#[test]
fn ed25519_keys_are_decoded_as_openssl_decodes_them() {
    // Under the key (0, 1) with R = B and S = 1 the equation S·B = R + k·A holds for any message.
    let base = [&[0x58][..], &[0x66; 31]].concat();
    let one = [&[1][..], &[0; 31]].concat();
    let signature = [base, one].concat();
    for (above_p, negative) in [(false, false), (true, false), (false, true), (true, true)] {
        let octets = edwards25519(1, above_p, negative);
        let key = PublicKey::from_dnskey(Algorithm::ED25519, &octets).unwrap();
        for backend in libraries() {
            let canonical = !above_p && !negative;
            match backend.prepare(&key, 1) {
                Ok(prepared) => assert!(holds(&*prepared, b"any", &signature)),
                Err(refusal) => {
                    let expected = ("aws-lc", Refusal::Unsupported, false);
                    assert_eq!((backend.name(), refusal, canonical), expected);
                }
            }
        }
        assert!(backend::prepare(BackendChoice::Named("aws-lc"), &key, 1).is_ok());
    }
}

// The encodings that aws-lc refuses, counted: y from p to 2^255-1, and x = 0 with its sign set.
#[test]
fn ring_and_rustcrypto_read_the_same_encodings_beyond_the_rfc() {
    let mut beyond: Vec<_> = (0..19).map(|y| edwards25519(y, true, false)).collect();
    beyond.extend((0..19).map(|y| edwards25519(y, true, true)));
    let mut minus_one = edwards25519(0, true, true); // y = p - 1
    minus_one[0] -= 1;
    beyond.extend([edwards25519(1, false, true), minus_one]);
    let readable = |name: &str| -> Vec<_> {
        let backend = backend::by_name(name).unwrap();
        let key = |octets: &[u8; 32]| PublicKey::Ed25519(*octets);
        beyond.iter().filter(|octets| backend.prepare(&key(octets), 1).is_ok()).collect()
    };
    assert_eq!(readable("ring"), readable("rustcrypto"));
    assert_eq!(readable("rustcrypto").len(), 26);
    assert_eq!(readable("aws-lc").len(), 0);
    let lanes = backend::by_name("lanes").unwrap();
    for octets in beyond {
        let refusal = lanes.prepare(&PublicKey::Ed25519(octets), MANY).unwrap_err();
        assert_eq!(refusal, Refusal::Unsupported, "{octets:x?}");
    }
}

// RFC 8032 §5.1.7, without cofactor: R is compared as octets, S must be below the order. Any other
// choice would accept what resolvers refuse. (A batch equation would accept the parts of order 8.)
#[test]
fn ed25519_signatures_have_one_encoding() {
    let identity = edwards25519(1, false, false);
    let key = PublicKey::from_dnskey(Algorithm::ED25519, &identity).unwrap();
    let base = [&[0x58][..], &[0x66; 31]].concat();
    // The order plus 1: 2^252 + 27742317777372353535851937790883648494.
    let order_plus_1 = hex("eed3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let cases = [
        ("S = 0", [identity, [0; 32]].concat(), true),
        ("R with y above p", [edwards25519(1, true, false), [0; 32]].concat(), false),
        ("R with a negative zero", [edwards25519(1, false, true), [0; 32]].concat(), false),
        ("S not reduced", [base, order_plus_1].concat(), false),
    ];
    for backend in backend::all() {
        let prepared = backend.prepare(&key, MANY).unwrap();
        for (what, signature, expected) in &cases {
            assert_eq!(
                holds(&*prepared, b"any", signature),
                *expected,
                "{} {what}",
                backend.name()
            );
        }
    }
}

/// A message, a key, a signature, and whether it holds.
type Vector = (&'static str, &'static str, &'static str, bool);

/// Judges each in every backend that takes its key; returns who took it.
fn check_ed25519(vectors: &[Vector]) -> Vec<Vec<&'static str>> {
    let mut takers = Vec::new();
    for (i, (message, key, signature, expected)) in vectors.iter().enumerate() {
        let key = PublicKey::from_dnskey(Algorithm::ED25519, &hex(key)).unwrap();
        let mut took = Vec::new();
        for backend in backend::all() {
            let Ok(prepared) = backend.prepare(&key, MANY) else { continue };
            let found = holds(&*prepared, &hex(message), &hex(signature));
            assert_eq!(found, *expected, "{} #{i}", backend.name());
            took.push(backend.name());
        }
        takers.push(took);
    }
    takers
}

// RFC 8032 §7.1, tests 1, 2, 3 and SHA(abc), each also with a bit of its signature changed.
#[test]
#[rustfmt::skip]
fn ed25519_vectors_of_the_rfc_hold() {
    let sha_abc = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c2\
                   3a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
    let vectors: [Vector; 8] = [
        ("", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701c\
          f9b46bd25bf5f0595bbe24655141438e7a100b", true),
        ("", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901d55fb8821590a33bacc61e39701c\
          f9b46bd25bf5f0595bbe24655141438e7a100b", false),
        ("72", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0\
          f11d8c387b2eaeb4302aeeb00d291612bb0c00", true),
        ("72", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0\
          f11d8c387b2eaeb4302aeeb00d291612bb0c01", false),
        ("af82", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f76098\
          4dc6594a7c15e9716ed28dc027beceea1ec40a", true),
        ("af83", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f76098\
          4dc6594a7c15e9716ed28dc027beceea1ec40a", false),
        (sha_abc, "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
         "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c664\
          31e0303dca179c138ac17ad9bef1177331a704", true),
        (sha_abc, "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
         "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58908351fc9ac90b3ecfdfbc7c664\
          31e0303dca179c138ac17ad9bef1177331a704", false),
    ];
    assert_eq!(check_ed25519(&vectors), vec![vec!["lanes", "ring", "aws-lc", "rustcrypto"]; 8]);
}

// K. Chalkias, F. Garillot, V. Nikolaenko, "Taming the many EdDSAs" (2020), table 6c, all twelve: small
// and mixed orders of A and R (0 to 3 satisfy the equation without cofactor), equations with cofactor
// only (4, 5), S not reduced (6, 7), R not canonical (8, 9), A a negative zero (10 would hold only if it
// were hashed in its other encoding, 11 holds as it stands). OpenSSL answers the same.
#[test]
#[rustfmt::skip]
fn ed25519_edge_cases_are_judged_as_openssl_judges_them() {
    let [a, b, c, d, e] = [
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ];
    let vectors: [Vector; 12] = [
        ("8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6", a,
         "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a00000000000000000000000000\
          00000000000000000000000000000000000000", true),
        ("9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79", a,
         "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43a5bb704786be79fc476f91d3f3\
          f89b03984d8068dcf1bb7dfc6637b45450ac04", true),
        ("aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab", b,
         "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa8c4bd45aecaca5b24fb97bc10a\
          c27ac8751a7dfe1baff8b953ec9f5833ca260e", true),
        ("9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79", c,
         "9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f87909e14428a7a1d62e9f22f3d\
          3ad7802db02eb2e688b6c52fcd6648a98bd009", true),
        ("e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c", c,
         "160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed5125ec6bc982a269b723e0668e540\
          911a9a6a58921d6925e434ab10aa7940551a09", false),
        ("e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c", c,
         "21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7e40bc836dac0f71076f9abe3a5\
          3f9c03c1ceeeddb658d0030494ace586687405", false),
        ("85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40", d,
         "e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e547f7690a0e2ddcd04d87dbc34\
          90dc19b3b3052f7ff0538cb68afb369ba3a514", false),
        ("85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40", d,
         "8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa19427e71f98a473474f2f13f06f97c\
          20d58cc3f54b8bd0d272f42b695dd7e89a8c22", false),
        ("9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41", b,
         "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff03be9678ac102edcd92b0210bb\
          34d7428d12ffc5df5f37e359941266a4e35f0f", false),
        ("9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41", b,
         "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffca8c5b64cd208982aa38d49366\
          21a4775aa233aa0505711d8fdcfdaa943d4908", false),
        ("e96b7021eb39c1a163b6da4e3093dcd3f21387da4cc4572be588fafae23c155b", e,
         "a9d55260f765261eb9b84e106f665e00b867287a761990d7135963ee0a7d59dca5bb704786be79fc476f91d3f3\
          f89b03984d8068dcf1bb7dfc6637b45450ac04", false),
        ("39a591f5321bbe07fd5a23dc2f39d025d74526615746727ceefd6e82ae65c06f", e,
         "a9d55260f765261eb9b84e106f665e00b867287a761990d7135963ee0a7d59dca5bb704786be79fc476f91d3f3\
          f89b03984d8068dcf1bb7dfc6637b45450ac04", true),
    ];
    let takers = check_ed25519(&vectors);
    assert!(takers[..10].iter().all(|took| *took == ["lanes", "ring", "aws-lc", "rustcrypto"]));
    assert!(takers[10..].iter().all(|took| *took == ["ring", "rustcrypto"]));
}

// RFC 8032 §5.2.7, with cofactor, as OpenSSL 4.0 answered on these very octets. The private key is
// 123456789, r is 987654321, the message one zero octet.
#[test]
fn ed448_answers_as_openssl_does() {
    let a = "501d755fd74e96795a7fe157625940e1c5a63427cf23f9484bcd72cee00819e8a772a210c2b3d83c56a29c\
             32662497074b05c7d0c190e7f700";
    let a_plus_order_2 = "afe28aa028b16986a5801ea89da6bf1e3a59cbd830dc06b7b4328d311ef7e617588d5def\
                          3d4c27c3a95d63cd99db68f8b4fa382f3e6f180880";
    let r = "e39d5503e4b710263008f78a22cbe2e4bf4ebc52958e503f4a7883768648a5597f6fc3638dd3f54fd0a86b\
             2d149b8989d19529f944d4c25380";
    let order_4 = format!("{}80", "00".repeat(56));
    // Under a key of order 4, S = r serves for any message.
    let just_r = format!("{r}b168de3a{}", "00".repeat(53));
    let one = format!("01{}", "00".repeat(56));
    let cases = [
        ("an honest signature", a, format!("{r}34072fa47e6fae4a0ecd38395ac7d0a35f4f93860124dcb2eb84a\
          4dd1b62cdbe7956d0a0c92a9dc9bf1449a87663cab4f951da85b4a7dd2800"), true),
        ("a key with a part of order 2", a_plus_order_2, format!("{r}75a8a6153d7c00202eea050efed9926\
          a201a3b952ac7c857e41385f973d0a3a73fcbe9b281882c42a8a98c52704f72b1ef4b92bfaf1bd60d00"), true),
        ("R with a part of order 2", a, "1c62aafc1b48efd9cff70875dd341d1b40b143ad6a71afc0b5877c8978b\
          75aa680903c9c722c0ab02f5794d2eb6476762e6ad606bb2b3dac000bbc177ace878784ccb897015d7920ec6a4\
          1bed798807823fe22a2f6ae025c3e801e4d76612a2312ce64ad0b21fdbf87fb2c6673271cf71900".into(), true),
        ("R with a part of order 4", a, "feddbd1ac3f14f5268546bb62a9638f661b0abf5491a36566bcf943b3b5\
          bc8ed0c5d1730f9b7a263b8bee99b5fed6e894c01d80ad65c870a800b6ecd3c455fb06c3d16020271117a1ca8d\
          c6ec43e1e4e225799dad00313fc41ec5982e83622fdfb8fe97d693d4724d8df4d60e153f5f62b00".into(), true),
        ("R of order 4", a, format!("{order_4}556d491924468206b90c078c990a469e2ea2b23d77d3a13ea0a5\
          c46e1456b7ba77f6c4ad4c97cc277f72c6b8e3d31c1509ad5bca8eff843700"), true),
        ("R the identity", a, format!("{one}02280ad30939120ccbed36525f14ef1954ea6434d9a1e90432897f3d\
          74d62e5de1f4b8ed6c1bcc4dc0cb59c9ee932e3cd03aabd3685dd22600"), false),
        ("R with a low bit in its last octet", a, format!("{}8181f0a59b30163482e4c852f3ca18dbf82710f68\
          4c99d0ef15aef1b1f55dc58b56dfbcafccb890eff2b31f1cd4807b078e284c20b7f8a223300",
          &r[..112]), false),
        ("a key of order 4", &order_4, just_r, true),
    ];
    for (what, key, signature, expected) in &cases {
        let key = PublicKey::from_dnskey(Algorithm::ED448, &hex(key)).unwrap();
        let signature = hex(signature);
        assert_eq!(key.check_signature(&signature), Ok(()), "{what}");
        for name in ["lanes", "rustcrypto"] {
            let prepared = backend::by_name(name).unwrap().prepare(&key, MANY).unwrap();
            assert_eq!(holds(&*prepared, &[0], &signature), *expected, "{name}: {what}");
        }
    }
}

// RFC 8032 §5.2.3; OpenSSL decodes neither (0, 1) nor (0, -1) either.
#[test]
fn ed448_keys_have_one_encoding_and_an_x() {
    let good = signers::ed448().dnskey;
    let mut low_bits = good;
    low_bits[56] |= 1;
    let p = |least: u8| [&[least][..], &[0xff; 27], &[0xfe], &[0xff; 27], &[0]].concat();
    let identity = [&[1][..], &[0; 56]].concat();
    for octets in [low_bits, p(0xff), p(0xfe), identity] {
        let key = PublicKey::from_dnskey(Algorithm::ED448, &octets).unwrap();
        for signatures in [1, MANY] {
            let refusal = backend::prepare(BackendChoice::Auto, &key, signatures).unwrap_err();
            assert_eq!(refusal, Refusal::Malformed, "{octets:x?}");
        }
        let lanes = backend::by_name("lanes").unwrap().prepare(&key, MANY);
        assert_eq!(lanes.err(), Some(Refusal::Unsupported), "{octets:x?}");
    }
}

// RFC 8032 §7.4: blank, 1 octet, 11 octets and 64 octets, each also with a bit of its signature and of
// its message changed. And 1 octet with a context, which DNSSEC has none of (RFC 8080 §2).
#[test]
#[rustfmt::skip]
fn ed448_vectors_of_the_rfc_hold() {
    let one_octet = "43ba28f430cdff456ae531545f7ecd0ac834a55d9358c0372bfa0c6c6798c0866aea01eb00742802b\
                     8438ea4cb82169c235160627b4c3a9480";
    let vectors: [Vector; 5] = [
        ("", "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778edf124769b46c7061bd6783df\
              1e50f6cd1fa1abeafe8256180",
         "533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f2b233f034f628281f2fd7a22ddd47\
          d7828c59bd0a21bfd3980ff0d2028d4b18a9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7cdda8530a113\
          a0f4dbb61149f05a7363268c71d95808ff2e652600", true),
        ("03", one_octet,
         "26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810f4352541b143c4b981b7e18f62de8ccdf\
          633fc1bf037ab7cd779805e0dbcc0aae1cbcee1afb2e027df36bc04dcecbf154336c19f0af7e0a6472905e799f195\
          3d2a0ff3348ab21aa4adafd1d234441cf807c03a00", true),
        ("03", one_octet,
         "d4f8f6131770dd46f40867d6fd5d5055de43541f8c5e35abbcd001b32a89f7d2151f7647f11d8ca2ae279fb842d60\
          7217fce6e042f6815ea000c85741de5c8da1144a6a1aba7f96de42505d7a7298524fda538fccbbb754f578c1cad10\
          d54d0d5428407e85dcbc98a49155c13764e66c3c00", false),
        ("0c3e544074ec63b0265e0c", "dcea9e78f35a1bf3499a831b10b86c90aac01cd84b67a0109b55a36e9328b1e365f\
                                    ce161d71ce7131a543ea4cb5f7e9f1d8b00696447001400",
         "1f0a8888ce25e8d458a21130879b840a9089d999aaba039eaf3e3afa090a09d389dba82c4ff2ae8ac5cdfb7c55e94\
          d5d961a29fe0109941e00b8dbdeea6d3b051068df7254c0cdc129cbe62db2dc957dbb47b51fd3f213fb8698f06477\
          4250a5028961c9bf8ffd973fe5d5c206492b140e00", true),
        ("bd0f6a3747cd561bdddf4640a332461a4a30a12a434cd0bf40d766d9c6d458e5512204a30c17d1f50b5079631f64e\
          b3112182da3005835461113718d1a5ef944",
         "df9705f58edbab802c7f8363cfe5560ab1c6132c20a9f1dd163483a26f8ac53a39d6808bf4a1dfbd261b099bb03b3\
          fb50906cb28bd8a081f00",
         "554bc2480860b49eab8532d2a533b7d578ef473eeb58c98bb2d0e1ce488a98b18dfde9b9b90775e67f47d4a1c3482\
          058efc9f40d2ca033a0801b63d45b3b722ef552bad3b4ccb667da350192b61c508cf7b6b5adadc2c8d9a446ef003f\
          b05cba5f30e88e36ec2703b349ca229c2670833900", true),
    ];
    for (message, key, signature, expected) in vectors {
        let key = PublicKey::from_dnskey(Algorithm::ED448, &hex(key)).unwrap();
        let (message, signature) = (hex(message), hex(signature));
        for name in ["lanes", "rustcrypto"] {
            let prepared = backend::by_name(name).unwrap().prepare(&key, MANY).unwrap();
            assert_eq!(holds(&*prepared, &message, &signature), expected, "{name}");
            for place in [0, 56, 57, 112, 113] {
                let mut wrong = signature.clone();
                wrong[place] ^= 0x80;
                assert!(!holds(&*prepared, &message, &wrong), "{name} {place}");
            }
            assert!(!holds(&*prepared, &[&message[..], &[0]].concat(), &signature), "{name}");
        }
    }
}

fn holds(key: &dyn PreparedKey, message: &[u8], signature: &[u8]) -> bool {
    let mut holds = [false];
    key.verify_batch(&[Item { message, signature }], &mut holds);
    holds[0]
}
