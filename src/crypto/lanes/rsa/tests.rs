//! Every kernel held to the powers of another library's big numbers, on numbers of every length and
//! on those that carries like.
#![allow(clippy::cast_possible_truncation, reason = "the numbers here are known to fit")]

use proptest::prelude::*;
use rsa::BigUint;

use super::columns::{Group, Modulus, Product, multiply};
use super::digits::{Digits, Eight, Four};
use super::kernels::{self, Kernel, Words};
use super::numbers::{self, Numbers};
use super::power::{self, Constants, Question};
use super::scalar::{Compiled, Scalar};
use super::{encoding, scalar};
use crate::crypto::RsaHash;
use crate::crypto::lanes::ifma::vector::Emulated;

/// The kernel of AVX2 in plain words.
struct FourInWords;

/// The kernel of IFMA in plain words.
struct EightInWords;

macro_rules! emulated {
    ($kernel:ty, $digits:ty, $block:literal) => {
        impl Kernel for $kernel {
            type Token = ();

            fn constants((): (), numbers: &Numbers) -> Constants {
                power::constants::<$digits, $block>(numbers)
            }

            fn verify((): (), key: &Constants, questions: &[Question<'_>], holds: &mut [bool]) {
                power::verify::<$digits, $block>(key, kernels::GROUPS, questions, holds);
            }
        }
    };
}

emulated!(FourInWords, Four, 4);
emulated!(EightInWords, Eight<Emulated>, 5);

/// Octets of the hash in these tests.
const HASH: usize = 32;

/// A kernel's answers for signatures and hashes, under a key whose block is `block` without its hash.
type Answers = fn(&Numbers, &[(Vec<u8>, Vec<u8>)]) -> Vec<bool>;

fn answers<K: Kernel>(
    token: K::Token,
    numbers: &Numbers,
    cases: &[(Vec<u8>, Vec<u8>)],
) -> Vec<bool> {
    let questions: Vec<_> =
        cases.iter().map(|(signature, hash)| Question { signature, hash }).collect();
    let mut holds = vec![false; cases.len()];
    K::verify(token, &K::constants(token, numbers), &questions, &mut holds);
    holds
}

/// All kernels that can run here.
fn all_kernels() -> Vec<(&'static str, Answers)> {
    #[cfg_attr(not(target_arch = "x86_64"), allow(unused_mut, reason = "no others are there"))]
    let mut kernels: Vec<(&'static str, Answers)> = vec![
        ("words", |numbers, cases| answers::<Words>((), numbers, cases)),
        ("avx2 in words", |numbers, cases| answers::<FourInWords>((), numbers, cases)),
        ("ifma in words", |numbers, cases| answers::<EightInWords>((), numbers, cases)),
    ];
    #[cfg(target_arch = "x86_64")]
    {
        use crate::crypto::lanes::ifma::avx512;
        if super::avx2::Available::detect().is_some() {
            kernels.push(("avx2", |numbers, cases| {
                let available = super::avx2::Available::detect().unwrap();
                answers::<kernels::FourLanes>(available, numbers, cases)
            }));
        }
        if avx512::Available::detect().is_some() {
            kernels.push(("ifma", |numbers, cases| {
                let available = avx512::Available::detect().unwrap();
                answers::<kernels::EightLanes>(available, numbers, cases)
            }));
        }
    }
    kernels
}

fn words_of(number: &BigUint, count: usize) -> Box<[u64]> {
    let mut words = numbers::from_octets(&number.to_bytes_be());
    words.resize(count, 0);
    words.into()
}

fn octets_of(number: &BigUint, len: usize) -> Vec<u8> {
    let octets = number.to_bytes_be();
    [vec![0; len - octets.len()], octets].concat()
}

/// Signatures of every kind among each other, in a batch that is no multiple of any lanes: for each
/// of the `bases`, the block is made so that this one holds, and the library says which others do.
fn check_powers(modulus: &BigUint, exponent: &BigUint, bases: &[BigUint]) {
    let len = modulus.bits().div_ceil(8);
    let words = modulus.bits().div_ceil(64);
    let hash_bits = BigUint::from(1_u32) << (8 * HASH);
    let powers: Vec<_> = bases.iter().map(|base| base.modpow(exponent, modulus)).collect();
    for good in &powers {
        let hash = good % &hash_bits;
        let block = good - &hash;
        let numbers = Numbers {
            modulus: words_of(modulus, words),
            exponent: exponent.to_bytes_be().into(),
            block: words_of(&block, words),
        };
        let mut cases = Vec::new();
        let mut expected = Vec::new();
        for (base, power) in bases.iter().zip(&powers) {
            // The right hash, a wrong one, and that of this power if it is another.
            for number in [hash.clone(), &hash ^ BigUint::from(1_u32), power % &hash_bits] {
                cases.push((octets_of(base, len), octets_of(&number, HASH)));
                // A true block is below the modulus; what is made up here need not be.
                expected.push((&block + number) % modulus == *power);
            }
        }
        assert!(expected.contains(&true) && expected.contains(&false));
        for (name, answers) in all_kernels() {
            let found = answers(&numbers, &cases);
            assert_eq!(found, expected, "{name}: {bases:x?}^{exponent} mod {modulus:x}");
        }
    }
}

/// 0, 1, 2, the modulus less 1 and less 2, half of it, a power of two and all ones below it.
fn edges(modulus: &BigUint) -> Vec<BigUint> {
    let [zero, one, two] = [0_u32, 1, 2].map(BigUint::from);
    let top = &one << (modulus.bits() - 1);
    let below_top = &top - &one;
    vec![zero, modulus - &one, one, modulus - &two, two, modulus >> 1, top % modulus, below_top]
}

/// Odd numbers of exactly so many bits: least, greatest, one off in the middle, with long runs.
fn edge_moduli(bits: usize) -> Vec<BigUint> {
    let one = BigUint::from(1_u32);
    let top = &one << (bits - 1);
    vec![
        &top + &one,
        (&one << bits) - &one,
        &top + (&one << (bits / 2)) + &one,
        (&one << bits) - (&one << (bits / 2)) + &one,
        (&one << bits) - (&one << (bits / 3)) - &one,
    ]
}

// Lengths around whole words, whole digits and whole blocks of digits of either kernel.
#[test]
fn edge_numbers_modulo_edge_moduli_of_many_lengths_give_the_libraries_powers() {
    let mut lengths =
        vec![512, 513, 522, 523, 575, 576, 577, 1024, 1025, 1042, 1043, 2048, 4095, 4096];
    lengths.extend((514..1400).step_by(83));
    for bits in lengths {
        for (i, modulus) in edge_moduli(bits).iter().enumerate() {
            let bases = edges(modulus);
            let bases = &bases[if bits > 1500 { i % 3..i % 3 + 3 } else { 0..8 }];
            check_powers(modulus, &BigUint::from(3_u32), &bases[..bases.len().min(4)]);
            if bits < 1200 {
                check_powers(modulus, &BigUint::from(23_u32), &bases[bases.len() - 3..]);
            }
        }
    }
}

fn random_number(octets: &[u8], bits: usize) -> BigUint {
    BigUint::from_bytes_be(octets) % (BigUint::from(1_u32) << bits)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn random_numbers_give_the_libraries_powers(
        bits in prop_oneof![512_usize..=1300, 512_usize..=4096],
        octets in proptest::collection::vec(any::<u8>(), 3 * 513),
        exponent in prop_oneof![Just(3_u64), Just(17), Just(65537), Just((1 << 32) + 1), 2..1_u64 << 40],
    ) {
        let one = BigUint::from(1_u32);
        let (modulus, bases) = octets.split_at(513);
        let modulus = random_number(modulus, bits) | &one | (&one << (bits - 1));
        let bases: Vec<_> =
            bases.chunks(513).map(|base| random_number(base, 8 * 513) % &modulus).collect();
        check_powers(&modulus, &BigUint::from(exponent | 1), &bases);
    }

    #[test]
    fn products_agree_with_the_library_and_stay_below_twice_the_modulus(
        bits in 512_usize..=4096,
        octets in proptest::collection::vec(any::<u8>(), 3 * 513),
        edge in 0_usize..8,
    ) {
        let one = BigUint::from(1_u32);
        let (modulus, factors) = octets.split_at(513);
        let mut modulus = random_number(modulus, bits) | &one | (&one << (bits - 1));
        if let Some(edge) = edge_moduli(bits).get(edge) {
            modulus = edge.clone();
        }
        let most = (&modulus << 1) - &one;
        let mut factors: Vec<_> =
            factors.chunks(513).map(|factor| random_number(factor, 8 * 513) % (&modulus << 1)).collect();
        factors.extend([most, modulus.clone(), &modulus - &one, BigUint::from(0_u32)]);
        check_products::<Four, 4>(&modulus, &factors);
        check_products::<Four, 3>(&modulus, &factors);
        check_products::<Eight<Emulated>, 5>(&modulus, &factors);
        check_words(&modulus, &factors);
    }
}

/// `a a / R` and `a b / R` for all the factors, the next one for b.
fn check_products<V: Digits, const B: usize>(modulus: &BigUint, factors: &[BigUint]) {
    let blocks = (modulus.bits() + 2).div_ceil(V::BITS * B);
    let radix = BigUint::from(1_u32) << (V::BITS * B * blocks);
    let in_blocks = |number: &dyn Fn(usize) -> BigUint| -> Vec<[V; B]> {
        let words: Vec<_> =
            (0..V::LANES).map(|lane| numbers::from_octets(&number(lane).to_bytes_be())).collect();
        let place = |i| V::from_lanes(|lane| numbers::digit(&words[lane], i, V::BITS));
        (0..blocks).map(|k| std::array::from_fn(|i| place(k * B + i))).collect()
    };
    let words = numbers::from_octets(&modulus.to_bytes_be());
    let minus_inverse = V::splat(numbers::minus_inverse(&words, V::BITS));
    let all = Modulus { blocks: in_blocks(&|_| modulus.clone()), minus_inverse };
    let factor = |i: usize| factors[i % factors.len()].clone();
    for product in [Product::Square, Product::TimesBase] {
        let mut groups = [Group::<V, B>::new(blocks), Group::<V, B>::new(blocks)];
        for (g, group) in groups.iter_mut().enumerate() {
            group.base = in_blocks(&|lane| factor(g * V::LANES + lane));
            group.begin();
            group.base = in_blocks(&|lane| factor(g * V::LANES + lane + 1));
        }
        multiply(&mut groups, &all, product);
        for (i, (group, lane)) in
            groups.iter().flat_map(|group| (0..V::LANES).map(move |lane| (group, lane))).enumerate()
        {
            let digits = group.value.iter().flatten().map(|digit| digit.to_lanes()[lane]);
            assert!(digits.clone().all(|digit| digit >> V::BITS == 0), "a digit is too large");
            let number = digits.rev().fold(BigUint::from(0_u32), |number, digit| {
                (number << V::BITS) + BigUint::from(digit)
            });
            let other = if matches!(product, Product::Square) { factor(i) } else { factor(i + 1) };
            assert!(number < modulus << 1);
            assert_eq!(number * &radix % modulus, factor(i) * other % modulus, "lane {lane}");
        }
    }
}

/// The same word by word, where factors may be anything below R.
fn check_words(modulus: &BigUint, factors: &[BigUint]) {
    let count = modulus.bits().div_ceil(64);
    let radix = BigUint::from(1_u32) << (64 * count);
    let words = words_of(modulus, count);
    let montgomery = Scalar::<Compiled>::new(&words);
    let number = |words: &[u64]| {
        let octets: Vec<_> = words.iter().rev().flat_map(|word| word.to_be_bytes()).collect();
        BigUint::from_bytes_be(&octets)
    };
    let all_ones = &radix - BigUint::from(1_u32);
    for (a, b) in factors.iter().chain([&all_ones]).zip(factors.iter().skip(1)) {
        let [a, b] = [a % &radix, b % &radix];
        let (mut square, mut product) = (words_of(&a, count), words_of(&a, count));
        montgomery.square(&mut square, &mut Vec::new());
        montgomery.multiply(&mut product, &words_of(&b, count));
        assert_eq!(number(&square) * &radix % modulus, &a * &a % modulus);
        assert_eq!(number(&product) * &radix % modulus, &a * &b % modulus);
    }
}

// The exponent may be nearly as long as the modulus; every bit of it counts.
#[test]
fn a_long_exponent_gives_the_libraries_powers() {
    let one = BigUint::from(1_u32);
    let modulus = (&one << 520) - (&one << 260) - &one;
    let exponent = (&one << 519) - (&one << 100) + &one;
    check_powers(&modulus, &exponent, &[BigUint::from(2_u32), &modulus - BigUint::from(5_u32)]);
}

// The trial that stands before a kernel must let the good ones pass and no other.
#[test]
fn kernels_that_answer_wrong_are_seen() {
    struct Broken<const KIND: usize>;
    impl<const KIND: usize> Kernel for Broken<KIND> {
        type Token = ();
        fn constants((): (), numbers: &Numbers) -> Constants {
            scalar::constants::<Compiled>(numbers)
        }
        fn verify((): (), key: &Constants, questions: &[Question<'_>], holds: &mut [bool]) {
            scalar::verify::<Compiled>(key, questions, holds);
            match KIND {
                0 => holds.fill(true),
                1 => holds.fill(false),
                _ => holds[questions.len() - 1] ^= true,
            }
        }
    }
    assert!(kernels::agrees::<Words>(()));
    assert!(kernels::agrees::<FourInWords>(()));
    assert!(kernels::agrees::<EightInWords>(()));
    assert!(!kernels::agrees::<Broken<0>>(()));
    assert!(!kernels::agrees::<Broken<1>>(()));
    assert!(!kernels::agrees::<Broken<2>>(()));
}

// RFC 8017 §9.2 note 1, the octets before the hash.
#[test]
fn blocks_are_those_of_the_rfc() {
    let hex = |digits: &str| data_encoding::HEXLOWER.decode(digits.as_bytes()).unwrap();
    for (hash, info) in [
        (RsaHash::Sha1, "3021300906052b0e03021a05000414"),
        (RsaHash::Sha256, "3031300d060960864801650304020105000420"),
        (RsaHash::Sha512, "3051300d060960864801650304020305000440"),
    ] {
        let info = hex(info);
        for len in [128, 129, 512] {
            let block = encoding::block_without_hash(hash, len);
            let padding = len - 3 - info.len() - encoding::hash_len(hash);
            let head = [&[0, 1][..], &vec![0xff; padding], &[0], &info].concat();
            assert_eq!(block.len(), len);
            assert_eq!(block[..head.len()], head);
            assert!(padding >= 8 && block[head.len()..].iter().all(|&octet| octet == 0));
            let digest = encoding::digests(hash, &[&b"abc"[..]]).remove(0);
            assert_eq!(digest.len(), len - head.len());
        }
    }
}

#[test]
fn digits_of_any_width_make_the_number_again() {
    let octets: Vec<u8> = (1..=97).collect();
    let words = numbers::from_octets(&octets);
    for bits in [1, 8, 29, 51, 52, 63, 64] {
        let digits = (0..(8 * 97_usize).div_ceil(bits)).map(|i| numbers::digit(&words, i, bits));
        let back = numbers::from_digits(digits, bits, words.len());
        assert_eq!((&back[..words.len()], back[words.len()]), (&words[..], 0));
        assert_eq!(numbers::digit(&words, 8 * 104 / bits + 1, bits), 0);
    }
}
