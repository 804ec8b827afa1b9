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
