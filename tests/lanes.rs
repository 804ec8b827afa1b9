//! Our own batch arithmetic against the libraries: random signatures, good and mutated, in batches
//! of every size around its lanes and chunks, under tables of every width.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod signers;

use sigmill::crypto::{Item, PreparedKey, PublicKey, backend};
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

/// Half of them good; the others with a bit, an octet or a half changed, of another message, or with
/// halves of zero, of all ones, or of the order.
fn questions(signer: &Signer, random: &mut Random, count: usize) -> Vec<Question> {
    (0..count)
        .map(|_| {
            let mut message = vec![0; 20 + random.below(200)];
            message.iter_mut().for_each(|octet| *octet = random.next().to_le_bytes()[0]);
            let mut signature = signer.sign(&message);
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
                _ => {}
            }
            (message, signature)
        })
        .collect()
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

fn signers() -> Vec<Signer> {
    vec![signers::p256(), signers::p384(), signers::ed25519()]
}

#[test]
fn batches_of_all_sizes_and_tables_of_all_widths_agree_with_the_libraries() {
    for signer in signers() {
        let key = signer.public_key();
        let questions = questions(&signer, &mut Random(1), 700);
        let expected = answers(&*prepare("aws-lc", &key, 700), &questions);
        assert_eq!(expected, answers(&*prepare("ring", &key, 700), &questions));
        let good = expected.iter().filter(|&&holds| holds).count();
        assert!((200..500).contains(&good), "{good} good ones");
        for signatures in [5, 100, 1000, 10_000, 100_000] {
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
    for signer in signers() {
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

/// A million for each algorithm, or as many as `SIGMILL_SIGNATURES` says: `scripts/check-lanes`.
#[test]
#[ignore = "takes minutes"]
fn a_million_signatures_for_each_algorithm_agree_with_the_library() {
    let count = std::env::var("SIGMILL_SIGNATURES").map_or(1_000_000, |text| text.parse().unwrap());
    for signer in signers() {
        let key = signer.public_key();
        let [lanes, library] = ["lanes", "aws-lc"].map(|name| prepare(name, &key, count));
        let (mut random, mut done, mut good) = (Random(2), 0, 0);
        while done < count {
            let size = (1 + random.below(3000)).min(count - done);
            let questions = questions(&signer, &mut random, size);
            let expected = answers(&*library, &questions);
            let found = answers(&*lanes, &questions);
            for ((question, found), expected) in questions.iter().zip(found).zip(&expected) {
                assert_eq!(found, *expected, "{} {question:x?}", signer.name);
            }
            good += expected.iter().filter(|&&holds| holds).count();
            done += size;
        }
        println!("{}: {done} signatures, {good} of them good: no difference", signer.name);
        assert!(good * 3 > count && good * 2 < count * 2);
    }
}
