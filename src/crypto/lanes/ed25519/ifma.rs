//! The field for processors with AVX-512 IFMA: eight lanes, five digits of 51 bits.
//!
//! The multiplier reads 52 bits of a factor and drops the others. Two digits of 51 bits would just fit
//! when added, but a product's digits are a little longer, below `2^51 + 2^16`: so sums are carried as
//! differences and products are, all digits at the same time and once, and everything is *tight*. To a
//! difference 2 p is added digit by digit first. A sum or difference of two products is carried instead
//! of the two, 1024 p being added to the difference. Only packed numbers of 2^255 or more, and negated
//! ones, have digits of 52 bits; they serve as factors. Digits of weight 2^255 come back as 19 at the
//! lowest.
#![allow(clippy::needless_range_loop, reason = "iterators are not always inlined, see `each`")]

use super::super::field::{MAX_LANES, Mask, Residues};
use super::super::ifma::vector::{DIGIT_BITS, LANES, Vector};
use super::super::modulus::{self, Modulus};
use super::field::P;

const DIGITS: usize = 5;
const BITS: usize = 51;
const MASK: u64 = (1 << BITS) - 1;

/// Digits of 2 p, each as large as can be, and none less than a tight digit.
const P2: [u64; DIGITS] = [2 * (MASK - 18), 2 * MASK, 2 * MASK, 2 * MASK, 2 * MASK];

/// Digits of 1024 p, none less than a column of a product.
const P1024: [u64; DIGITS] = [(MASK - 18) << 10, MASK << 10, MASK << 10, MASK << 10, MASK << 10];

/// Eight residues, in vectors `V`.
#[derive(Clone, Copy, Debug)]
pub struct Ifma51<V> {
    digits: [V; DIGITS],
}

/// Each digit by an expression of its place. A loop and no closure, so that all is inlined where the
/// processor's instructions may be used.
macro_rules! each {
    ($i:ident, $digit:expr) => {{
        let mut digits = [V::splat(0); DIGITS];
        for $i in 0..DIGITS {
            digits[$i] = $digit;
        }
        Self { digits }
    }};
}

impl<V: Vector> Ifma51<V> {
    #[inline(always)]
    fn splat(number: u64) -> Self {
        let mut digits = [V::splat(0); DIGITS];
        digits[0] = V::splat(number);
        Self { digits }
    }

    /// From vectors of words: tight if the number is below 2^255.
    #[inline(always)]
    fn from_columns(columns: [V; 4]) -> Self {
        let mask = V::splat(MASK);
        each!(i, {
            let (word, shift) = (i * BITS / 64, i * BITS % 64);
            let low = columns[word].shr(shift);
            let digit = if shift > 64 - BITS && word + 1 < 4 {
                low.or(columns[word + 1].shl(64 - shift))
            } else {
                low
            };
            if i + 1 == DIGITS { digit } else { digit.and(mask) }
        })
    }

    /// Each digit, below 2^62, gives what is above 51 bits to the next, once, all at the same time.
    #[inline(always)]
    fn carried(&self) -> Self {
        let mask = V::splat(MASK);
        each!(i, {
            let above = self.digits[(i + DIGITS - 1) % DIGITS].shr(BITS);
            let below = self.digits[i].and(mask);
            // Of 11 bits, so that the multiplier's low half is all of the product.
            if i == 0 { below.madd_low(above, V::splat(19)) } else { below.add(above) }
        })
    }

    /// The product, not carried: 50 multiply-adds.
    ///
    /// A product's low half belongs to the column of its digits, its upper half, beginning at bit 52,
    /// counts twice in the next: so upper halves are added up and doubled before the lower ones come in.
    /// A column below 2^255 is what the ten terms of either half make that belong to one digit, some of
    /// them 19 times: at most 95 · 2^52 and 95 · 2 · 2^52, which is below 2^61.
    #[inline(always)]
    fn columns(&self, other: &Self) -> Self {
        const { assert!(DIGIT_BITS == BITS + 1) }
        let mut columns = [V::splat(0); 2 * DIGITS];
        for i in 0..DIGITS {
            for j in 0..DIGITS {
                columns[i + j + 1] = columns[i + j + 1].madd_high(self.digits[i], other.digits[j]);
            }
        }
        for i in 1..2 * DIGITS {
            columns[i] = columns[i].add(columns[i]);
        }
        for i in 0..DIGITS {
            for j in 0..DIGITS {
                columns[i + j] = columns[i + j].madd_low(self.digits[i], other.digits[j]);
            }
        }
        each!(i, columns[i].add(columns[i + DIGITS].times(19)))
    }

    /// `a + 2 p - b`, not carried: digits below 2^53.
    #[inline(always)]
    fn difference(&self, other: &Self) -> Self {
        each!(i, self.digits[i].add(V::splat(P2[i])).sub(other.digits[i]))
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
            digits[0] = digits[0].add(top.times(19));
        }
        // p fits exactly if 19 more reaches 2^255; its multiple is then dropped with that bit.
        let mut carry = digits[0].add(V::splat(19)).shr(BITS);
        for i in 1..DIGITS {
            carry = digits[i].add(carry).shr(BITS);
        }
        digits[0] = digits[0].add(carry.times(19));
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
        for i in 0..4 {
            vectors[i] = V::from_words(columns[i]);
        }
        Self::from_columns(vectors)
    }

    #[inline(always)]
    fn gather(numbers: [&[u64; 4]; MAX_LANES]) -> Self {
        Self::from_columns(V::gather(numbers))
    }

    #[inline(always)]
    fn unpack(&self, mut number: impl FnMut(usize, [u64; 4])) {
        let digits = self.canonical().digits;
        let mut columns = [[0; LANES]; 4];
        for i in 0..4 {
            let (digit, shift) = (64 * i / BITS, 64 * i % BITS);
            // Words begin at the bits 0, 13, 26 and 39 of digits: two digits fill each.
            let word = digits[digit].shr(shift).or(digits[digit + 1].shl(BITS - shift));
            columns[i] = word.to_words();
        }
        for lane in 0..LANES {
            let [a, b, c, d] = &columns;
            number(lane, [a[lane], b[lane], c[lane], d[lane]]);
        }
    }

    #[inline(always)]
    fn one() -> Self {
        Self::splat(1)
    }

    #[inline(always)]
    fn add(&self, other: &Self) -> Self {
        let sum: Self = each!(i, self.digits[i].add(other.digits[i]));
        sum.carried()
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

    #[inline(always)]
    fn mul(&self, other: &Self) -> Self {
        self.columns(other).carried()
    }

    #[inline(always)]
    fn mul_both([a, b]: [&Self; 2], [c, d]: [&Self; 2]) -> [Self; 2] {
        let (first, second) = (a.columns(b), c.columns(d));
        let sum: Self = each!(i, first.digits[i].add(second.digits[i]));
        let difference: Self =
            each!(i, first.digits[i].add(V::splat(P1024[i])).sub(second.digits[i]));
        [sum.carried(), difference.carried()]
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
        // Not carried: no digit of 2 p has more than the 52 bits that are read.
        each!(i, self.digits[i].replace_where(mask, V::splat(P2[i]).sub(self.digits[i])))
    }

    #[inline(always)]
    fn one_where(&self, mask: Mask) -> Self {
        let one = Self::one();
        each!(i, self.digits[i].replace_where(mask, one.digits[i]))
    }

    #[inline(always)]
    fn zeros(&self) -> Mask {
        let digits = self.canonical().digits;
        let mut any = V::splat(0);
        for i in 0..DIGITS {
            any = any.or(digits[i]);
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
