//! The field for processors with AVX-512 IFMA: eight lanes, five digits of 51 bits.
//!
//! The multiplier reads 52 bits of a factor, so that a digit has a bit to spare:
//!
//! - *tight* digits are below `2^51 + 2^15`: products, differences, packed numbers;
//! - *loose* ones are below 2^52: sums of two tight ones.
//!
//! Nothing is carried after a sum. Only a difference, to which 2 p is added digit by digit, has to be.
//! Digits of weight 2^255 come back as 19 at the lowest.

use super::super::field::{Mask, Residues};
use super::super::ifma::vector::{DIGIT_BITS, LANES, Vector};
use super::super::modulus::{self, Modulus};
use super::field::P;

const DIGITS: usize = 5;
const BITS: usize = 51;
const MASK: u64 = (1 << BITS) - 1;

/// Digits of 2 p, each as large as can be, and none less than a tight digit.
const P2: [u64; DIGITS] = [2 * (MASK - 18), 2 * MASK, 2 * MASK, 2 * MASK, 2 * MASK];

/// Eight residues, in vectors `V`.
#[derive(Clone, Copy, Debug)]
pub struct Ifma51<V> {
    digits: [V; DIGITS],
}

impl<V: Vector> Ifma51<V> {
    /// Each digit by a function of its place. A loop and no closure of the standard library's, so that
    /// all is inlined where the processor's instructions may be used.
    #[inline(always)]
    fn each(digit: impl Fn(usize) -> V) -> Self {
        let mut digits = [V::splat(0); DIGITS];
        for (i, place) in digits.iter_mut().enumerate() {
            *place = digit(i);
        }
        Self { digits }
    }

    #[inline(always)]
    fn splat(number: u64) -> Self {
        Self::each(|i| V::splat(if i == 0 { number } else { 0 }))
    }

    /// From vectors of words, of a number below 2^255.
    #[inline(always)]
    fn from_columns(columns: [V; 4]) -> Self {
        let mask = V::splat(MASK);
        Self::each(|i| {
            let (word, shift) = (i * BITS / 64, i * BITS % 64);
            let low = columns[word].shr(shift);
            let digit = if shift > 64 - BITS && word + 1 < 4 {
                low.or(columns[word + 1].shl(64 - shift))
            } else {
                low
            };
            digit.and(mask)
        })
    }

    /// `19 a`, for `a` below 2^59.
    #[inline(always)]
    fn times_19(a: V) -> V {
        a.shl(4).add(a.shl(1)).add(a)
    }

    /// Each digit, below 2^62, gives what is above 51 bits to the next, once, all at the same time.
    #[inline(always)]
    fn carried(&self) -> Self {
        let mask = V::splat(MASK);
        let carry = |i: usize| self.digits[i].shr(BITS);
        Self::each(|i| {
            let from_below =
                if i == 0 { Self::times_19(carry(DIGITS - 1)) } else { carry(i - 1) };
            self.digits[i].and(mask).add(from_below)
        })
    }

    /// `a + 2 p - b`, not carried: digits below 2^53.
    #[inline(always)]
    fn difference(&self, other: &Self) -> Self {
        Self::each(|i| self.digits[i].add(V::splat(P2[i])).sub(other.digits[i]))
    }

    /// The digits of the number below p.
    #[inline(always)]
    fn canonical(&self) -> Self {
        let mask = V::splat(MASK);
        // One after the other, so that all but the first have 51 bits, and the top comes back once
        // more: then the number is below 2^255 + 2^20.
        let mut digits = self.digits;
        for _ in 0..2 {
            for i in 1..DIGITS {
                digits[i] = digits[i].add(digits[i - 1].shr(BITS));
                digits[i - 1] = digits[i - 1].and(mask);
            }
            let top = digits[DIGITS - 1].shr(BITS);
            digits[DIGITS - 1] = digits[DIGITS - 1].and(mask);
            digits[0] = digits[0].add(Self::times_19(top));
        }
        // p fits exactly if 19 more reaches 2^255; its multiple is then dropped with that bit.
        let mut carry = digits[0].add(V::splat(19)).shr(BITS);
        for digit in &digits[1..] {
            carry = digit.add(carry).shr(BITS);
        }
        digits[0] = digits[0].add(Self::times_19(carry));
        for i in 1..DIGITS {
            digits[i] = digits[i].add(digits[i - 1].shr(BITS));
            digits[i - 1] = digits[i - 1].and(mask);
        }
        digits[DIGITS - 1] = digits[DIGITS - 1].and(mask);
        Self { digits }
    }
}

impl<V: Vector> Residues<P, 4> for Ifma51<V> {
    const LANES: usize = LANES;

    #[inline(always)]
    fn pack(mut number: impl FnMut(usize) -> [u64; 4]) -> Self {
        let mut columns = [[0; LANES]; 4];
        for lane in 0..LANES {
            let number = number(lane);
            for (column, word) in columns.iter_mut().zip(number) {
                column[lane] = word;
            }
        }
        let mut vectors = [V::splat(0); 4];
        for (vector, column) in vectors.iter_mut().zip(columns) {
            *vector = V::from_words(column);
        }
        Self::from_columns(vectors)
    }

    #[inline(always)]
    fn gather<'n>(number: impl FnMut(usize) -> &'n [u64; 4]) -> Self {
        Self::from_columns(V::gather(std::array::from_fn(number)))
    }

    #[inline(always)]
    fn unpack(&self, mut number: impl FnMut(usize, [u64; 4])) {
        let digits = self.canonical().digits;
        let mut columns = [[0; LANES]; 4];
        for (i, column) in columns.iter_mut().enumerate() {
            let (digit, shift) = (64 * i / BITS, 64 * i % BITS);
            // Words begin at the bits 0, 13, 26 and 39 of digits: two digits fill each.
            let word = digits[digit].shr(shift).or(digits[digit + 1].shl(BITS - shift));
            *column = word.to_words();
        }
        (0..LANES).for_each(|lane| number(lane, columns.map(|column| column[lane])));
    }

    #[inline(always)]
    fn one() -> Self {
        Self::splat(1)
    }

    #[inline(always)]
    fn add(&self, other: &Self) -> Self {
        Self::each(|i| self.digits[i].add(other.digits[i]))
    }

    #[inline(always)]
    fn sub(&self, other: &Self) -> Self {
        self.difference(other).carried()
    }

    #[inline(always)]
    fn sub_tight(&self, other: &Self) -> Self {
        self.sub(other)
    }

    #[inline(always)]
    fn sub_both(&self, other: &Self, third: &Self) -> Self {
        self.sub(other).sub(third)
    }

    /// 50 multiply-adds. A product's low half belongs to the column of its digits, its upper half,
    /// beginning at bit 52, counts twice in the next. Ten terms of either make at most
    /// 5 · 2^52 + 10 · 2^52 in a column, so that with 19 times another a column is below 2^61.
    #[inline(always)]
    fn mul(&self, other: &Self) -> Self {
        const { assert!(DIGIT_BITS == BITS + 1) }
        let zero = V::splat(0);
        let (mut low, mut high) = ([zero; 2 * DIGITS], [zero; 2 * DIGITS]);
        for i in 0..DIGITS {
            for j in 0..DIGITS {
                let (a, b) = (self.digits[i], other.digits[j]);
                low[i + j] = low[i + j].madd_low(a, b);
                high[i + j + 1] = high[i + j + 1].madd_high(a, b);
            }
        }
        let column = |i: usize| low[i].add(high[i].add(high[i]));
        Self::each(|i| column(i).add(Self::times_19(column(i + DIGITS)))).carried()
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
        let negated = Self::splat(0).sub(self);
        Self::each(|i| self.digits[i].replace_where(mask, negated.digits[i]))
    }

    #[inline(always)]
    fn one_where(&self, mask: Mask) -> Self {
        let one = Self::one();
        Self::each(|i| self.digits[i].replace_where(mask, one.digits[i]))
    }

    #[inline(always)]
    fn zeros(&self) -> Mask {
        let digits = self.canonical().digits;
        let mut any = V::splat(0);
        for digit in digits {
            any = any.or(digit);
        }
        any.zeros()
    }

    #[inline(always)]
    fn invert(&self) -> Self {
        let mut numbers = [[0; 4]; LANES];
        self.unpack(|lane, number| numbers[lane] = number);
        // `invert_all` gives R / (a R).
        modulus::invert_all::<P, 4>(&mut numbers, &P::R);
        Self::pack(|lane| numbers[lane])
    }
}
