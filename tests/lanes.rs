//! Our own batch arithmetic against the libraries: random signatures, good and mutated, in batches
//! of every size around its lanes and chunks, under tables of every width; and forgeries.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod signers;

use rsa::BigUint;
use sigmill::crypto::{Item, PreparedKey, PublicKey, backend};
use sigmill::dns::Algorithm;
use signers::Signer;

/// A small generator with a fixed seed (Vigna, "splitmix64"), so that a failure comes again.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }
}

/// A message and a signature of it that may have been spoilt.
type Question = (Vec<u8>, Vec<u8>);

/// Where good signatures come from.
struct Source {
    signer: Signer,
    /// What the signer has signed beforehand: RSA and Ed448 sign slowly. Empty where it signs fast.
    pool: Vec<Question>,
    /// The modulus of an RSA key.
    modulus: Option<BigUint>,
}

impl Source {
    fn new(signer: Signer, pool: usize) -> Self {
        let mut random = Random(3);
        let messages = (0..pool).map(|_| message(&mut random));
        let pool = messages.map(|message| (message.clone(), signer.sign(&message))).collect();
        let modulus = match signer.public_key() {
            PublicKey::Rsa(key) => Some(BigUint::from_bytes_be(key.modulus())),
            _ => None,
        };
        Self { signer, pool, modulus }
    }

    fn good(&self, random: &mut Random) -> Question {
        if self.pool.is_empty() {
            let message = message(random);
            let signature = self.signer.sign(&message);
            return (message, signature);
        }
        self.pool[random.below(self.pool.len())].clone()
    }
}

fn message(random: &mut Random) -> Vec<u8> {
    let mut message = vec![0; 20 + random.below(200)];
    message.iter_mut().for_each(|octet| *octet = random.next().to_le_bytes()[0]);
    message
}

/// Half of them good; the others with a bit, an octet or a half changed, of another message, or with
/// halves of zero, of all ones, or of the order; for RSA also around the modulus.
fn questions(source: &Source, random: &mut Random, count: usize) -> Vec<Question> {
    (0..count)
        .map(|_| {
            let (mut message, mut signature) = source.good(random);
            let (len, half) = (signature.len(), signature.len() / 2);
            let at = random.below(len);
            match random.below(16) {
                0 | 1 => signature[at] ^= 1 << random.below(8),
                2 => signature[at] = random.next().to_le_bytes()[0],
                3 => message[0] ^= 1,
                4 => signature.rotate_left(half),
                5 => signature[..half].fill([0, 0xff][random.below(2)]),
                6 => signature[half..].fill([0, 0xff][random.below(2)]),
                7 => signature.iter_mut().for_each(|octet| *octet = random.next().to_le_bytes()[0]),
                8 => {
                    if let Some(modulus) = &source.modulus {
                        signature = around(modulus, &signature, random);
                    }
                }
                _ => {}
            }
            (message, signature)
        })
        .collect()
}

/// A number that has to do with the modulus: minus the signature, the signature plus the modulus where
/// there is room, the modulus or one beside it.
fn around(modulus: &BigUint, signature: &[u8], random: &mut Random) -> Vec<u8> {
    let (number, one) = (BigUint::from_bytes_be(signature), BigUint::from(1_u32));
    let number = match random.below(5) {
        0 => modulus - number,
        1 if (&number + modulus).bits() <= 8 * signature.len() => number + modulus,
        2 => modulus.clone(),
        3 => modulus + one,
        _ => modulus - one,
    };
    let octets = number.to_bytes_be();
    [vec![0; signature.len() - octets.len()], octets].concat()
}

fn answers(key: &dyn PreparedKey, questions: &[Question]) -> Vec<bool> {
    let items: Vec<_> =
        questions.iter().map(|(message, signature)| Item { message, signature }).collect();
    let mut holds = vec![false; items.len()];
    key.verify_batch(&items, &mut holds);
    holds
}

fn prepare(name: &str, key: &PublicKey, signatures: usize) -> Box<dyn PreparedKey> {
    backend::by_name(name).unwrap().prepare(key, signatures).unwrap()
}

/// Every kind of key that our own arithmetic takes on this processor: RSA in all sizes only where it
/// has vectors.
fn sources() -> Vec<Source> {
    let rsa = |bits, exponent| signers::rsa(Algorithm::RSASHA256, bits, exponent);
    let mut sources = vec![
        Source::new(signers::p256(), 0),
        Source::new(signers::p384(), 0),
        Source::new(signers::ed25519(), 0),
        Source::new(signers::ed448(), 300),
        Source::new(signers::rsa(Algorithm::RSASHA1, 512, 3), 200),
        Source::new(rsa(1024, 65537), 200),
        Source::new(signers::rsa(Algorithm::RSASHA512, 1280, (1 << 32) + 1), 100),
        Source::new(rsa(2048, 65537), 60),
        Source::new(signers::rsa(Algorithm::RSASHA512, 4096, 65537), 20),
    ];
    let lanes = backend::by_name("lanes").unwrap();
    sources.retain(|source| lanes.prepare(&source.signer.public_key(), 100).is_ok());
    assert!(sources.len() >= 4);
    sources
}

/// The libraries that take a key, the fastest first.
fn libraries(key: &PublicKey) -> Vec<Box<dyn PreparedKey>> {
    let names = ["aws-lc", "ring", "rustcrypto"].into_iter();
    names.filter_map(|name| backend::by_name(name).unwrap().prepare(key, 700).ok()).collect()
}

#[test]
fn batches_of_all_sizes_and_tables_of_all_widths_agree_with_the_libraries() {
    for source in sources() {
        let key = source.signer.public_key();
        let questions = questions(&source, &mut Random(1), 700);
        let libraries = libraries(&key);
        let expected = answers(&*libraries[0], &questions);
        // The slowest looks at some only.
        for library in &libraries[1..] {
            assert_eq!(answers(&**library, &questions[..100]), expected[..100]);
        }
        let good = expected.iter().filter(|&&holds| holds).count();
        assert!((200..500).contains(&good), "{good} good ones");
        // RSA has no tables.
        let widths = if source.modulus.is_some() { &[5][..] } else { &[12, 100, 10_000, 100_000] };
        for &signatures in widths {
            let lanes = prepare("lanes", &key, signatures);
            assert_eq!(answers(&*lanes, &questions), expected, "{signatures}");
        }
        let lanes = prepare("lanes", &key, 1000);
        for size in (0..=20).chain([63, 64, 65, 127, 128, 129, 255, 256, 257]) {
            for start in [0, 17, 300] {
                let range = start..start + size;
                let found = answers(&*lanes, &questions[range.clone()]);
                assert_eq!(found, expected[range], "{size} from {start}");
            }
        }
    }
}

// A batch in which nothing holds, and one in which only one does, at every place.
#[test]
fn one_good_signature_among_bad_ones_is_found_and_one_bad_one_among_good() {
    for Source { signer, .. } in sources() {
        let lanes = prepare("lanes", &signer.public_key(), 100);
        let good = signer.sign(b"good");
        let mut bad = good.clone();
        bad[40] ^= 1;
        let zero = vec![0; good.len()];
        for odd in 0..19 {
            for (most, one) in [(&good, &bad), (&bad, &good), (&zero, &good), (&good, &zero)] {
                let question = |i| (b"good".to_vec(), if i == odd { one } else { most }.clone());
                let questions: Vec<_> = (0..19).map(question).collect();
                let expected: Vec<_> =
                    questions.iter().map(|(_, signature)| *signature == good).collect();
                assert_eq!(answers(&*lanes, &questions), expected);
            }
        }
    }
}

// Bleichenbacher at CRYPTO 2006, CVE-2006-4339: with exponent 3 a cube root that is right in its upper
// octets makes a block that begins well and ends in garbage, without any private key. And CVE-2006-4340
// and CVE-2014-1568: octets of the forger's choice inside DigestInfo.
#[test]
fn cube_roots_of_blocks_that_begin_well_do_not_hold() {
    for (algorithm, bits) in [
        (Algorithm::RSASHA1, 1024),
        (Algorithm::RSASHA256, 2048),
        (Algorithm::RSASHA256, 4096),
        (Algorithm::RSASHA512, 4096),
    ] {
        let signer = signers::rsa(algorithm, bits, 3);
        let key = signer.public_key();
        let block = signers::rsa_block(algorithm, bits, b"forged");
        let separator = block[2..].iter().position(|&octet| octet == 0).unwrap() + 2;
        let mut questions = vec![(b"forged".to_vec(), signer.sign(b"forged"))];
        for padding in [0, 1, 3] {
            let head = [&[0, 1][..], &vec![0xff; padding], &block[separator..]].concat();
            let garbage = vec![0xff; block.len() - head.len()];
            let root = cube_root(&BigUint::from_bytes_be(&[&head[..], &garbage].concat()));
            let cube = (&root * &root * &root).to_bytes_be();
            assert_eq!([&[0][..], &cube].concat()[..head.len()], head, "a block that begins well");
            let octets = root.to_bytes_be();
            let signature = [vec![0; block.len() - octets.len()], octets].concat();
            questions.extend(vec![(b"forged".to_vec(), signature); 5]);
        }
        for backend in backend::all() {
            let Ok(prepared) = backend.prepare(&key, 100) else { continue };
            let found = answers(&*prepared, &questions);
            assert!(found[0] && !found[1..].contains(&true), "{} {bits}", backend.name());
        }
    }
}

/// The largest number whose cube is not above this one.
fn cube_root(number: &BigUint) -> BigUint {
    let mut root = BigUint::from(0_u32);
    for bit in (0..=number.bits() / 3).rev() {
        let more = &root + (BigUint::from(1_u32) << bit);
        if &more * &more * &more <= *number {
            root = more;
        }
    }
    root
}

/// A million for each algorithm, or as many as `SIGMILL_SIGNATURES` says: `scripts/check-lanes`. Of Ed448
/// a fiftieth.
#[test]
#[ignore = "takes minutes"]
fn a_million_signatures_for_each_algorithm_agree_with_the_library() {
    let count: usize =
        std::env::var("SIGMILL_SIGNATURES").map_or(1_000_000, |text| text.parse().unwrap());
    for source in sources() {
        let key = source.signer.public_key();
        // The library takes a millisecond for each of Ed448's.
        let count = if key.algorithm() == Algorithm::ED448 { count.div_ceil(50) } else { count };
        let (lanes, library) = (prepare("lanes", &key, count), libraries(&key).swap_remove(0));
        let (mut random, mut done, mut good) = (Random(2), 0, 0);
        while done < count {
            let size = (1 + random.below(3000)).min(count - done);
            let questions = questions(&source, &mut random, size);
            let expected = answers(&*library, &questions);
            let found = answers(&*lanes, &questions);
            for ((question, found), expected) in questions.iter().zip(found).zip(&expected) {
                assert_eq!(found, *expected, "{} {question:x?}", source.signer.name);
            }
            good += expected.iter().filter(|&&holds| holds).count();
            done += size;
        }
        println!("{}: {done} signatures, {good} of them good: no difference", source.signer.name);
        assert!(good * 3 > count && good * 2 < count * 2);
    }
}
