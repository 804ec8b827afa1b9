//! Every signature in Wycheproof's sets for DNSSEC's algorithms, from DNSKEY octets to verdict,
//! through each backend.
//!
//! What the answers mean here:
//! - *valid* must hold, *invalid* must not, in every backend that takes the key. There are no
//!   exceptions.
//! - *acceptable* is given to one kind only, RSA signatures whose DigestInfo lacks the NULL
//!   parameter (flag `MissingNull`). RFC 3110 §3 and RFC 5702 §3 give the octets of DigestInfo
//!   with the NULL, and OpenSSL compares whole blocks, so these must not hold.
//! - A signature of a length that the key's signatures never have is refused by
//!   `PublicKey::check_signature`, reaches no backend, and counts as one that does not hold.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use sigmill::crypto::{Backend, Item, KeyError, PublicKey, backend};
use sigmill::dns::Algorithm;
use wycheproof::{TestResult, ecdsa, eddsa, rsa_pkcs1_verify as rsa};

const ALL: &[&str] = &["ring", "aws-lc", "rustcrypto"];
const ALL_AND_OURS: &[&str] = &["lanes", "ring", "aws-lc", "rustcrypto"];

/// Our own arithmetic is faster than the libraries where it has vectors, and takes RSA only there.
fn rsa_takers() -> &'static [&'static str] {
    // A kernel that is asked for is a bound: nothing above it runs.
    let asked = std::env::var("SIGMILL_KERNEL").unwrap_or_default();
    let has_vectors = backend::kernels().iter().any(|kernel| ["avx2", "ifma"].contains(kernel));
    match has_vectors && !["adx", "portable"].contains(&asked.as_str()) {
        true => ALL_AND_OURS,
        false => ALL,
    }
}

#[test]
fn ecdsa_p256_with_sha256() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256P1363).unwrap();
    let mut count = Count::default();
    for group in &set.test_groups {
        // Less the 04 that says "uncompressed" (RFC 6605 §4).
        let tests = group.tests.iter().map(|t| Vector::new(t.tc_id, &t.msg, &t.sig, t.result));
        count.add(Algorithm::ECDSAP256SHA256, &group.key.key[1..], tests, ALL_AND_OURS);
    }
    assert_eq!(count, Count { groups: 112, vectors: 262, held: 173, wrong_length: 21 });
}

#[test]
fn ecdsa_p384_with_sha384() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp384r1Sha384P1363).unwrap();
    let mut count = Count::default();
    for group in &set.test_groups {
        let tests = group.tests.iter().map(|t| Vector::new(t.tc_id, &t.msg, &t.sig, t.result));
        count.add(Algorithm::ECDSAP384SHA384, &group.key.key[1..], tests, ALL_AND_OURS);
    }
    assert_eq!(count, Count { groups: 104, vectors: 280, held: 193, wrong_length: 19 });
}

#[test]
fn ed25519() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let mut count = Count::default();
    for group in &set.test_groups {
        let tests = group.tests.iter().map(|t| Vector::new(t.tc_id, &t.msg, &t.sig, t.result));
        count.add(Algorithm::ED25519, &group.key.pk, tests, ALL_AND_OURS);
    }
    assert_eq!(count, Count { groups: 78, vectors: 151, held: 88, wrong_length: 12 });
}

#[test]
fn ed448() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed448).unwrap();
    let mut count = Count::default();
    for group in &set.test_groups {
        let tests = group.tests.iter().map(|t| Vector::new(t.tc_id, &t.msg, &t.sig, t.result));
        count.add(Algorithm::ED448, &group.key.pk, tests, &["lanes", "rustcrypto"]);
    }
    assert_eq!(count, Count { groups: 15, vectors: 87, held: 17, wrong_length: 12 });
}

/// There are no sets with SHA-1. Exponents are 65537 and 3.
#[test]
fn rsa_with_sha256_and_sha512() {
    use rsa::TestName as Set;
    let sets = [
        (Set::Rsa2048Sha256, Algorithm::RSASHA256, (3, 259, 9)),
        (Set::Rsa3072Sha256, Algorithm::RSASHA256, (2, 259, 8)),
        (Set::Rsa4096Sha256, Algorithm::RSASHA256, (1, 258, 7)),
        (Set::Rsa2048Sha512, Algorithm::RSASHA512, (2, 259, 8)),
        (Set::Rsa3072Sha512, Algorithm::RSASHA512, (2, 260, 8)),
        (Set::Rsa4096Sha512, Algorithm::RSASHA512, (1, 259, 7)),
    ];
    let mut wrong_length = 0;
    for (name, algorithm, (groups, vectors, held)) in sets {
        let mut count = Count::default();
        for group in &rsa::TestSet::load(name).unwrap().test_groups {
            let dnskey = rsa_dnskey(&group.key);
            let tests = group.tests.iter().map(|t| {
                let acceptable = t.result == TestResult::Acceptable;
                assert!(!acceptable || t.flags == [rsa::TestFlag::MissingNull], "{}", t.tc_id);
                Vector::new(t.tc_id, &t.msg, &t.sig, t.result)
            });
            count.add(algorithm, &dnskey, tests, rsa_takers());
        }
        wrong_length += count.wrong_length;
        assert_eq!((count.groups, count.vectors, count.held), (groups, vectors, held), "{name:?}");
    }
    assert_eq!(wrong_length, 12);
}

/// RFC 5702 §2: no key above 4096 bits.
#[test]
fn rsa_keys_of_8192_bits_are_refused() {
    for (name, algorithm) in [
        (rsa::TestName::Rsa8192Sha256, Algorithm::RSASHA256),
        (rsa::TestName::Rsa8192Sha512, Algorithm::RSASHA512),
    ] {
        for group in &rsa::TestSet::load(name).unwrap().test_groups {
            let error = PublicKey::from_dnskey(algorithm, &rsa_dnskey(&group.key)).unwrap_err();
            assert!(matches!(error, KeyError::RsaModulusSize { bits: 8192, .. }), "{error}");
        }
    }
}

/// RFC 3110 §2. Wycheproof writes numbers as ASN.1 does, with a zero before a high bit.
fn rsa_dnskey(key: &wycheproof::RsaPublic) -> Vec<u8> {
    let modulus = key.n.strip_prefix(&[0]).unwrap_or(&key.n);
    [&[u8::try_from(key.e.len()).unwrap()], &key.e[..], modulus].concat()
}

struct Vector {
    id: usize,
    message: Vec<u8>,
    signature: Vec<u8>,
    must_hold: bool,
}

impl Vector {
    fn new(id: usize, message: &[u8], signature: &[u8], result: TestResult) -> Self {
        let must_hold = result == TestResult::Valid;
        Self { id, message: message.into(), signature: signature.into(), must_hold }
    }
}

/// What went by, so that a vector left out is noticed.
#[derive(Default, PartialEq, Eq, Debug)]
struct Count {
    groups: usize,
    vectors: usize,
    held: usize,
    wrong_length: usize,
}

impl Count {
    /// Verifies a group under its key with each backend: all in one batch, then one by one.
    fn add(
        &mut self,
        algorithm: Algorithm,
        dnskey: &[u8],
        vectors: impl Iterator<Item = Vector>,
        takers: &[&str],
    ) {
        let key = PublicKey::from_dnskey(algorithm, dnskey).unwrap();
        let (fitting, misfits): (Vec<_>, Vec<_>) =
            vectors.partition(|vector| key.check_signature(&vector.signature).is_ok());
        for misfit in &misfits {
            assert!(!misfit.must_hold, "#{} is valid, its length is not", misfit.id);
        }
        self.groups += 1;
        self.vectors += fitting.len() + misfits.len();
        self.wrong_length += misfits.len();
        self.held += fitting.iter().filter(|vector| vector.must_hold).count();

        let mut took = Vec::new();
        for backend in backend::all() {
            if check(*backend, &key, &fitting) {
                took.push(backend.name());
            }
        }
        assert_eq!(took, takers);
    }
}

/// Whether the backend takes the key; if so, it must answer right.
fn check(backend: &dyn Backend, key: &PublicKey, vectors: &[Vector]) -> bool {
    // As for a key with many signatures, so that our own backend takes it.
    let Ok(prepared) = backend.prepare(key, 1000) else { return false };
    let items: Vec<_> = vectors
        .iter()
        .map(|vector| Item { message: &vector.message, signature: &vector.signature })
        .collect();
    let mut together = vec![false; items.len()];
    prepared.verify_batch(&items, &mut together);
    for ((vector, item), together) in vectors.iter().zip(&items).zip(together) {
        let mut alone = [!vector.must_hold];
        prepared.verify_batch(std::slice::from_ref(item), &mut alone);
        let answers = [together, alone[0]];
        assert_eq!(answers, [vector.must_hold; 2], "{} #{}", backend.name(), vector.id);
    }
    true
}
