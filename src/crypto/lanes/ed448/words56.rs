//! The field for every processor: digits of 56 bits in 64-bit words, any number of lanes.
//!
//! *Tight* digits are below `2^56 + 2^10`: products, packed numbers, what is said to be tight. *Loose*
//! ones are below `3 · 2^56 + 2^11`: sums and differences of two tight ones, which are not carried.
//! All factors may be loose.

use super::super::field::{MAX_LANES, Mask, Residues};
use super::super::modulus::{self, Modulus};
use super::super::words;
use super::field::P;

/// Bits of a digit.
const BITS: usize = 56;
const MASK: u64 = (1 << BITS) - 1;

/// A residue.
type Digits = [u64; 8];

/// The bounds named above.
const TIGHT: u64 = (1 << BITS) + (1 << 10);
const LOOSE: u64 = (3 << BITS) + (1 << 11);

/// `2 p`, each digit of which is above a tight one.
const TWICE_P: Digits = {
    let mut digits = [2 * MASK; 8];
    digits[4] -= 2;
    digits
};

fn are_below(digits: &Digits, bound: u64) -> bool {
    digits.iter().all(|&digit| digit < bound)
}

/// `a b`, tight, for loose ones.
///
/// With φ = 2^224, halves of four digits and `φ² = φ + 1` modulo p, by Karatsuba's way (M. Hamburg,
/// "Ed448-Goldilocks, a new elliptic curve", 2015, §3.2):
/// `(a0 + a1 φ)(b0 + b1 φ) = a0 b0 + a1 b1 + φ ((a0 + a1)(b0 + b1) - a0 b0)`, 48 products of digits.
/// What of a product of halves lies above φ is folded once more. Columns are below `173 · 2^112`, the
/// carry above each below 2^64.
#[inline(always)]
fn mul(a: &Digits, b: &Digits) -> Digits {
    debug_assert!(are_below(a, LOOSE) && are_below(b, LOOSE));
    let wide = |a: u64, b: u64| u128::from(a) * u128::from(b);
    let (mut sum_a, mut sum_b) = ([0; 4], [0; 4]);
    for i in 0..4 {
        (sum_a[i], sum_b[i]) = (a[i] + a[i + 4], b[i] + b[i + 4]);
    }
    let mut columns = [0_u128; 8];
    for i in 0..4 {
        // Columns i and i + 4 of the three products of halves.
        let (mut low, mut high, mut sum) = (0_u128, 0_u128, 0_u128);
        for j in 0..=i {
            low += wide(a[j], b[i - j]);
            high += wide(a[4 + j], b[4 + i - j]);
            sum += wide(sum_a[j], sum_b[i - j]);
        }
        let (mut low_above, mut high_above, mut sum_above) = (0_u128, 0_u128, 0_u128);
        for j in i + 1..4 {
            low_above += wide(a[j], b[i + 4 - j]);
            high_above += wide(a[4 + j], b[8 + i - j]);
            sum_above += wide(sum_a[j], sum_b[i + 4 - j]);
        }
        columns[i] = low + high + sum_above - low_above;
        columns[i + 4] = sum - low + sum_above + high_above;
    }
    carried(columns)
}

/// Columns below `173 · 2^112` carried: both halves side by side, and what leaves the upper one goes to
/// both, since `2^448 = 2^224 + 1`.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "masked, or bounded as said")]
fn carried(mut columns: [u128; 8]) -> Digits {
    debug_assert!(columns.iter().all(|&column| column < 173 << 112));
    let mut digits = [0; 8];
    for i in 0..3 {
        columns[i + 1] += columns[i] >> BITS;
        columns[i + 5] += columns[i + 4] >> BITS;
    }
    for i in 0..8 {
        digits[i] = columns[i] as u64 & MASK;
    }
    let (middle, top) = (columns[3] >> BITS, columns[7] >> BITS);
    let first = u128::from(digits[0]) + top;
    let fifth = u128::from(digits[4]) + top + middle;
    digits[0] = first as u64 & MASK;
    digits[1] += (first >> BITS) as u64;
    digits[4] = fifth as u64 & MASK;
    digits[5] += (fifth >> BITS) as u64;
    debug_assert!(are_below(&digits, TIGHT));
    digits
}

/// Any digits below 2^64 made tight.
#[inline(always)]
fn tightened(digits: &Digits) -> Digits {
    let top = digits[7] >> BITS;
    let mut tight = [0; 8];
    for i in 0..8 {
        let below = if i == 0 { top } else { digits[i - 1] >> BITS };
        tight[i] = (digits[i] & MASK) + below;
    }
    tight[4] += top;
    debug_assert!(are_below(&tight, TIGHT));
    tight
}

#[inline(always)]
fn add(a: &Digits, b: &Digits) -> Digits {
    debug_assert!(are_below(a, TIGHT) && are_below(b, TIGHT));
    let mut sum = [0; 8];
    for i in 0..8 {
        sum[i] = a[i] + b[i];
    }
    sum
}

#[inline(always)]
fn sub(a: &Digits, b: &Digits) -> Digits {
    debug_assert!(are_below(a, TIGHT) && are_below(b, TIGHT));
    let mut difference = [0; 8];
    for i in 0..8 {
        difference[i] = a[i] + TWICE_P[i] - b[i];
    }
    difference
}

#[inline(always)]
fn from_words(number: &[u64; 7]) -> Digits {
    let mut digits = [0; 8];
    for (i, digit) in digits.iter_mut().enumerate() {
        *digit = words::bits(number, i * BITS, BITS);
    }
    digits
}

/// The number below p, of any digits below 2^63.
#[inline(always)]
fn to_words(digits: &Digits) -> [u64; 7] {
    // After the first round the number is below 2^448 + 2^232, after the second below 2^448: a carry
    // from the top leaves little below it.
    let mut digits = *digits;
    for _ in 0..3 {
        for i in 0..7 {
            digits[i + 1] += digits[i] >> BITS;
            digits[i] &= MASK;
        }
        let top = digits[7] >> BITS;
        digits[7] &= MASK;
        digits[0] += top;
        digits[4] += top;
    }
    debug_assert!(are_below(&digits, MASK + 1));
    let mut number = [0; 7];
    for (i, word) in number.iter_mut().enumerate() {
        // Word i begins in digit i, 8 i bits above its end.
        *word = digits[i] >> (8 * i) | digits[i + 1] << (BITS - 8 * i);
    }
    modulus::reduce_once(&number, 0, &P::VALUE)
}

/// `L` residues.
#[derive(Clone, Copy, Debug)]
pub struct Words56<const L: usize> {
    lanes: [Digits; L],
}

impl<const L: usize> Words56<L> {
    #[inline(always)]
    fn both(&self, other: &Self, f: impl Fn(&Digits, &Digits) -> Digits) -> Self {
        let mut lanes = self.lanes;
        for (lane, other) in lanes.iter_mut().zip(&other.lanes) {
            *lane = f(lane, other);
        }
        Self { lanes }
    }
}

impl<const L: usize> Residues<P, 7> for Words56<L> {
    const LANES: usize = L;

    #[inline(always)]
    fn pack(mut number: impl FnMut(usize) -> [u64; 7]) -> Self {
        let mut lanes = [[0; 8]; L];
        for (lane, digits) in lanes.iter_mut().enumerate() {
            *digits = from_words(&number(lane));
        }
        Self { lanes }
    }

    #[inline(always)]
    fn gather(numbers: [&[u64; 7]; MAX_LANES]) -> Self {
        let mut lanes = [[0; 8]; L];
        for (lane, digits) in lanes.iter_mut().enumerate() {
            *digits = from_words(numbers[lane]);
        }
        Self { lanes }
    }

    #[inline(always)]
    fn unpack(&self, mut number: impl FnMut(usize, [u64; 7])) {
        for (lane, value) in self.lanes.iter().enumerate() {
            number(lane, to_words(value));
        }
    }

    #[inline(always)]
    fn one() -> Self {
        Self { lanes: [[1, 0, 0, 0, 0, 0, 0, 0]; L] }
    }

    #[inline(always)]
    fn add(&self, other: &Self) -> Self {
        self.both(other, add)
    }

    #[inline(always)]
    fn sub(&self, other: &Self) -> Self {
        self.both(other, sub)
    }

    #[inline(always)]
    fn sub_tight(&self, other: &Self) -> Self {
        self.both(other, |a, b| tightened(&sub(a, b)))
    }

    #[inline(always)]
    fn sub_both(&self, other: &Self, third: &Self) -> Self {
        self.sub_tight(other).sub_tight(third)
    }

    #[inline(always)]
    fn mul(&self, other: &Self) -> Self {
        self.both(other, mul)
    }

    #[inline(always)]
    fn reduce(&self) -> Self {
        *self
    }

    #[inline(always)]
    fn expand(&self) -> Self {
        *self
    }

    #[inline(always)]
    fn negate_where(&self, mask: Mask) -> Self {
        let mut lanes = self.lanes;
        for (lane, value) in lanes.iter_mut().enumerate() {
            let negated = tightened(&sub(&[0; 8], value));
            let all = u64::from((mask >> lane) & 1).wrapping_neg();
            for (digit, negated) in value.iter_mut().zip(negated) {
                *digit ^= (*digit ^ negated) & all;
            }
        }
        Self { lanes }
    }

    #[inline(always)]
    fn one_where(&self, mask: Mask) -> Self {
        let mut lanes = self.lanes;
        for (lane, value) in lanes.iter_mut().enumerate() {
            if (mask >> lane) & 1 == 1 {
                *value = [1, 0, 0, 0, 0, 0, 0, 0];
            }
        }
        Self { lanes }
    }

    #[inline(always)]
    fn zeros(&self) -> Mask {
        let lanes = self.lanes.iter().enumerate();
        lanes.fold(0, |mask, (lane, value)| {
            mask | Mask::from(words::is_zero(&to_words(value))) << lane
        })
    }

    fn invert(&self) -> Self {
        let mut numbers = self.lanes.map(|lane| to_words(&lane));
        // `invert_all` gives R / (a R).
        modulus::invert_all::<P, 7>(&mut numbers, &P::R);
        Self::pack(|lane| numbers[lane])
    }
}
