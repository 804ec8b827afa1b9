//! A power of each signature of a batch under one key, held against the encoded block.
//!
//! Dividing by R at each product takes R's out of the number, and no product is spent to put them in:
//! with `x = s^k / R^(k-1)`, a square is `s^2k / R^(2k-1)` and a product with `s` is
//! `s^(k+1) / R^k`, so every product keeps that shape, beginning with `x = s`. The last product is
//! with `s`, since the exponent e is odd, and before its reduction it is `s^e / R^(e-2)`. That is to
//! be the encoded block times `c = R^(2-e)`. The block is `p + h`, where `p` is the same for all
//! signatures and h is the hash, so
//!
//! `x s + h (n - c) + (n - p c mod n)`
//!
//! must be a multiple of the modulus n. The one reduction that ends the last product makes n of it
//! if so, and never of anything else: the sum is not zero, and below `R n` by far.
//!
//! The block begins with a zero octet and is below n, so that what is congruent to it is the block.
//!
//! For e = 65537 that makes 16 squares, one product, and `h (n - c)`, which is a twelfth of one for
//! 2048 bits. c comes from the same steps with `s = 1`.

use super::columns::{Block, Group, Modulus, Product, multiply};
use super::digits::Digits;
use super::numbers::{self, Numbers};

/// A signature, below the modulus and as long as it in octets, and the hash of its message.
pub struct Question<'a> {
    /// Most significant octet first.
    pub signature: &'a [u8],
    /// Most significant octet first; equally long in all questions, and no longer than the modulus.
    pub hash: &'a [u8],
}

/// A key in digits of a kernel.
#[derive(Debug)]
pub struct Constants {
    /// The modulus.
    pub modulus: Vec<u64>,
    /// `n - c`.
    pub factor: Vec<u64>,
    /// `n - p c mod n`.
    pub term: Vec<u64>,
    /// What leads to the power.
    pub steps: Vec<Step>,
    /// The lowest digit of `-1 / n`.
    minus_inverse: u64,
}

impl Constants {
    /// For so many digits of so many bits, with c or c plus the modulus.
    pub fn new(numbers: &Numbers, c: Vec<u64>, digits: usize, bits: usize) -> Self {
        let [factor, term] = numbers.minus_products(c);
        let in_digits = |words: &[u64]| -> Vec<u64> {
            (0..digits).map(|i| numbers::digit(words, i, bits)).collect()
        };
        Self {
            modulus: in_digits(&numbers.modulus),
            factor: in_digits(&factor),
            term: in_digits(&term),
            steps: steps(&numbers.exponent),
            minus_inverse: numbers::minus_inverse(&numbers.modulus, bits),
        }
    }
}

/// What is to be done with a power on its way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Squared.
    Square,
    /// Multiplied by the base.
    TimesBase,
}

/// The steps from the first power to that with an odd exponent, less 1: bit by bit from the top.
pub fn steps(exponent: &[u8]) -> Vec<Step> {
    let bits = exponent.iter().flat_map(|octet| (0..8).rev().map(move |i| octet >> i & 1 == 1));
    let mut steps = Vec::new();
    for bit in bits.skip_while(|bit| !bit).skip(1) {
        steps.push(Step::Square);
        if bit {
            steps.push(Step::TimesBase);
        }
    }
    // The last bit is set, and its product is not among them.
    steps.pop();
    steps
}

/// Blocks of `B` digits for a modulus of so many bits, so that R is at least four times as large.
fn blocks<V: Digits, const B: usize>(bits: usize) -> usize {
    (bits + 2).div_ceil(V::BITS * B)
}

#[inline(always)]
fn splat<V: Digits, const B: usize>(digits: &[u64]) -> Vec<Block<V, B>> {
    let mut blocks = Vec::with_capacity(digits.len() / B);
    for digits in digits.as_chunks::<B>().0 {
        let mut block = [V::splat(0); B];
        for (place, &digit) in block.iter_mut().zip(digits) {
            *place = V::splat(digit);
        }
        blocks.push(block);
    }
    blocks
}

/// Packs numbers in words, one for each lane, into so many blocks.
#[inline(always)]
fn pack<V: Digits, const B: usize>(numbers: &[Vec<u64>], blocks: &mut [Block<V, B>]) {
    for (i, block) in blocks.iter_mut().enumerate() {
        for (j, place) in block.iter_mut().enumerate() {
            *place = V::from_lanes(|lane| {
                // Lanes past the last number repeat it.
                let number = &numbers[lane.min(numbers.len() - 1)];
                numbers::digit(number, i * B + j, V::BITS)
            });
        }
    }
}

/// All steps but the last product.
#[inline(always)]
fn raise<V: Digits, const B: usize>(
    groups: &mut [Group<V, B>],
    modulus: &Modulus<V, B>,
    steps: &[Step],
) {
    for group in groups.iter_mut() {
        group.begin();
    }
    for step in steps {
        match step {
            Step::Square => multiply(groups, modulus, Product::Square),
            Step::TimesBase => multiply(groups, modulus, Product::TimesBase),
        }
    }
}

/// The key in the digits of `V`.
#[inline(always)]
pub fn constants<V: Digits, const B: usize>(numbers: &Numbers) -> Constants {
    let blocks = blocks::<V, B>(numbers.bits());
    let digits: Vec<_> =
        (0..blocks * B).map(|i| numbers::digit(&numbers.modulus, i, V::BITS)).collect();
    let minus_inverse = V::splat(numbers::minus_inverse(&numbers.modulus, V::BITS));
    let modulus = Modulus { blocks: splat(&digits), minus_inverse };
    let mut groups = [Group::<V, B>::new(blocks)];
    groups[0].base[0][0] = V::splat(1);
    raise(&mut groups, &modulus, &steps(&numbers.exponent));
    let c = groups[0].value.iter().flatten().map(|digit| digit.to_lanes()[0]);
    let c = numbers::from_digits(c, V::BITS, numbers.modulus.len());
    Constants::new(numbers, c, blocks * B, V::BITS)
}

/// Judges signatures, so many groups of lanes at a time.
#[inline(always)]
pub fn verify<V: Digits, const B: usize>(
    constants: &Constants,
    at_a_time: usize,
    questions: &[Question<'_>],
    holds: &mut [bool],
) {
    let blocks = constants.modulus.len() / B;
    let minus_inverse = V::splat(constants.minus_inverse);
    let modulus = Modulus { blocks: splat(&constants.modulus), minus_inverse };
    let (factor, term) = (splat(&constants.factor), splat(&constants.term));
    let groups_needed = questions.len().div_ceil(V::LANES).min(at_a_time);
    let mut groups = Vec::with_capacity(groups_needed);
    let mut hashes = Vec::with_capacity(groups_needed);
    let hash_blocks =
        questions.first().map_or(0, |question| (8 * question.hash.len()).div_ceil(V::BITS * B));
    for _ in 0..groups_needed {
        groups.push(Group::<V, B>::new(blocks));
        hashes.push(vec![[V::splat(0); B]; hash_blocks]);
    }
    let chunk = V::LANES * at_a_time;
    for (questions, holds) in questions.chunks(chunk).zip(holds.chunks_mut(chunk)) {
        let in_lanes = questions.chunks(V::LANES);
        let count = in_lanes.len();
        for ((questions, group), hash) in in_lanes.zip(&mut groups).zip(&mut hashes) {
            let words = |octets: fn(&Question<'_>) -> Vec<u64>| -> Vec<_> {
                questions.iter().map(octets).collect()
            };
            pack(&words(|question| numbers::from_octets(question.signature)), &mut group.base);
            pack(&words(|question| numbers::from_octets(question.hash)), hash);
        }
        let groups = &mut groups[..count];
        raise(groups, &modulus, &constants.steps);
        let last = Product::Last { short: &hashes, factor: &factor, term: &term };
        multiply(groups, &modulus, last);
        for (holds, group) in holds.chunks_mut(V::LANES).zip(groups) {
            compare(&group.value, &constants.modulus, holds);
        }
    }
}

/// Sets for each lane whether its number is this one.
#[inline(always)]
fn compare<V: Digits, const B: usize>(value: &[Block<V, B>], number: &[u64], holds: &mut [bool]) {
    let mut different = [0; 8];
    for (block, digits) in value.iter().zip(number.as_chunks::<B>().0) {
        for (place, digit) in block.iter().zip(digits) {
            for (different, word) in different.iter_mut().zip(place.to_lanes()) {
                *different |= word ^ digit;
            }
        }
    }
    for (holds, different) in holds.iter_mut().zip(different) {
        *holds = different == 0;
    }
}
