//! Digits of several numbers side by side, and the few operations on them that the arithmetic needs.
//!
//! The arithmetic is written once over this trait. `avx2.rs` has four lanes with digits of 29 bits;
//! [`Eight`] makes eight lanes with digits of 52 bits of the vectors that ECDSA uses.

use crate::crypto::lanes::ifma::vector::{DIGIT_BITS, DIGIT_MASK, LANES, Vector};

/// A digit of each number, or a sum of products of digits.
pub trait Digits: Copy {
    /// How many numbers lie side by side.
    const LANES: usize;
    /// Bits of a digit.
    const BITS: usize;
    /// Whether a product comes in two parts: [`Digits::add_product`] takes the low digit of it only.
    const IN_PARTS: bool;
    /// Whether twice a digit can be a factor.
    const DOUBLES: bool;
    /// Products, or parts of products, that a sum has room for beside some carries.
    const ROOM: usize;

    /// The same word in all lanes.
    fn splat(word: u64) -> Self;
    /// A word for each lane.
    fn from_lanes(word: impl FnMut(usize) -> u64) -> Self;
    /// The word of each lane; those past the last are zero.
    fn to_lanes(self) -> [u64; 8];
    /// `self + other`, wrapping.
    fn add(self, other: Self) -> Self;
    /// The lowest digit of a sum.
    fn digit(self) -> Self;
    /// What is above the lowest digit of a sum.
    fn carry(self) -> Self;
    /// `self` plus the product of two digits, or plus its low digit.
    fn add_product(self, a: Self, b: Self) -> Self;
    /// `self` plus the high digit of a product, where it comes in two parts.
    fn add_high(self, a: Self, b: Self) -> Self;
    /// The lowest digit of a product of a sum and a digit.
    fn low_product(self, digit: Self) -> Self;
}

/// Eight lanes of 52-bit digits, as AVX-512 IFMA multiplies them.
#[derive(Clone, Copy, Debug)]
pub struct Eight<V>(V);

impl<V: Vector> Digits for Eight<V> {
    const LANES: usize = LANES;
    const BITS: usize = DIGIT_BITS;
    const IN_PARTS: bool = true;
    // The multiplier reads no more than a digit has.
    const DOUBLES: bool = false;
    const ROOM: usize = (1 << (64 - DIGIT_BITS)) - 4;

    #[inline(always)]
    fn splat(word: u64) -> Self {
        Self(V::splat(word))
    }

    #[inline(always)]
    fn from_lanes(mut word: impl FnMut(usize) -> u64) -> Self {
        let mut words = [0; LANES];
        for (lane, place) in words.iter_mut().enumerate() {
            *place = word(lane);
        }
        Self(V::from_words(words))
    }

    #[inline(always)]
    fn to_lanes(self) -> [u64; 8] {
        self.0.to_words()
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0.add(other.0))
    }

    #[inline(always)]
    fn digit(self) -> Self {
        Self(self.0.and(V::splat(DIGIT_MASK)))
    }

    #[inline(always)]
    fn carry(self) -> Self {
        Self(self.0.shr(DIGIT_BITS))
    }

    #[inline(always)]
    fn add_product(self, a: Self, b: Self) -> Self {
        Self(self.0.madd_low(a.0, b.0))
    }

    #[inline(always)]
    fn add_high(self, a: Self, b: Self) -> Self {
        Self(self.0.madd_high(a.0, b.0))
    }

    #[inline(always)]
    fn low_product(self, digit: Self) -> Self {
        Self(V::splat(0).madd_low(self.digit().0, digit.0))
    }
}

/// Four lanes of 29-bit digits in plain words, which sees every sum that overflows.
#[cfg(test)]
#[derive(Clone, Copy, Debug)]
pub struct Four([u64; 4]);

#[cfg(test)]
impl Four {
    const MASK: u64 = (1 << Self::BITS) - 1;

    fn both(self, other: Self, f: impl Fn(u64, u64) -> u64) -> Self {
        Self(std::array::from_fn(|lane| f(self.0[lane], other.0[lane])))
    }

    fn product(a: u64, b: u64) -> u64 {
        // The instruction would drop the upper halves; arithmetic that has something there is wrong.
        assert!(a >> 32 == 0 && b >> 32 == 0, "{a:x} times {b:x} would be cut");
        a * b
    }
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "an overflow is what the tests look for")]
impl Digits for Four {
    const LANES: usize = 4;
    const BITS: usize = 29;
    const IN_PARTS: bool = false;
    const DOUBLES: bool = true;
    const ROOM: usize = (1 << (64 - 2 * Self::BITS)) - 1;

    fn splat(word: u64) -> Self {
        Self([word; 4])
    }

    fn from_lanes(word: impl FnMut(usize) -> u64) -> Self {
        Self(std::array::from_fn(word))
    }

    fn to_lanes(self) -> [u64; 8] {
        let [a, b, c, d] = self.0;
        [a, b, c, d, 0, 0, 0, 0]
    }

    fn add(self, other: Self) -> Self {
        self.both(other, |a, b| a.checked_add(b).expect("a sum has room"))
    }

    fn digit(self) -> Self {
        Self(self.0.map(|word| word & Self::MASK))
    }

    fn carry(self) -> Self {
        Self(self.0.map(|word| word >> Self::BITS))
    }

    fn add_product(self, a: Self, b: Self) -> Self {
        self.add(a.both(b, Self::product))
    }

    fn add_high(self, _: Self, _: Self) -> Self {
        self
    }

    fn low_product(self, digit: Self) -> Self {
        let low_half = Self(self.0.map(|word| word & 0xffff_ffff));
        low_half.both(digit, Self::product).digit()
    }
}
