//! Four lanes of 29-bit digits in one AVX2 register.
//!
//! A processor with two vector multipliers makes eight products of 29 bits with it while the 64-bit
//! multiplier makes one: half as many bits again.
//!
//! Nothing here may run on a processor without these instructions. The kernel that is made of these
//! digits asks for an [`Available`] wherever it is entered, which only [`Available::detect`] makes.
#![allow(unsafe_code, reason = "intrinsics for instructions that not every processor has")]

use std::arch::x86_64::{
    __m256i, _mm256_add_epi64, _mm256_and_si256, _mm256_mul_epu32, _mm256_set1_epi64x,
    _mm256_srli_epi64,
};

use super::digits::Digits;

/// Proof that the processor has the instructions.
#[derive(Clone, Copy, Debug)]
pub struct Available(());

impl Available {
    /// Looks.
    pub fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(()))
    }
}

/// Four 64-bit words in a register, of which a multiplication reads the low halves.
#[derive(Clone, Copy, Debug)]
pub struct Avx2(__m256i);

/// Bits of a digit: 30 would leave a sum room for 16 products only.
const DIGIT_BITS: usize = 29;

/// The bits of a digit.
const DIGIT_MASK: u64 = (1 << DIGIT_BITS) - 1;

/// Products of two digits below 2^64, less one for carries.
const ROOM: usize = (1 << (64 - 2 * DIGIT_BITS)) - 1;

/// An intrinsic that takes and gives values only.
macro_rules! intrinsic {
    ($call:expr) => {
        // SAFETY: the instruction touches registers only, and whoever got here holds `Available`.
        unsafe { $call }
    };
}

impl Digits for Avx2 {
    const LANES: usize = 4;
    const BITS: usize = DIGIT_BITS;
    const IN_PARTS: bool = false;
    const DOUBLES: bool = true;
    const ROOM: usize = ROOM;

    #[inline(always)]
    fn splat(word: u64) -> Self {
        Self(intrinsic!(_mm256_set1_epi64x(word.cast_signed())))
    }

    #[inline(always)]
    fn from_lanes(mut word: impl FnMut(usize) -> u64) -> Self {
        let words = [word(0), word(1), word(2), word(3)];
        // SAFETY: both are 32 octets without a meaning of their own.
        Self(unsafe { std::mem::transmute::<[u64; 4], __m256i>(words) })
    }

    #[inline(always)]
    fn to_lanes(self) -> [u64; 8] {
        // SAFETY: both are 32 octets without a meaning of their own.
        let [a, b, c, d] = unsafe { std::mem::transmute::<__m256i, [u64; 4]>(self.0) };
        [a, b, c, d, 0, 0, 0, 0]
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(intrinsic!(_mm256_add_epi64(self.0, other.0)))
    }

    #[inline(always)]
    fn digit(self) -> Self {
        Self(intrinsic!(_mm256_and_si256(self.0, Self::splat(DIGIT_MASK).0)))
    }

    #[inline(always)]
    fn carry(self) -> Self {
        const { assert!(DIGIT_BITS == 29, "the shift below") }
        Self(intrinsic!(_mm256_srli_epi64::<29>(self.0)))
    }

    #[inline(always)]
    fn add_product(self, a: Self, b: Self) -> Self {
        self.add(Self(intrinsic!(_mm256_mul_epu32(a.0, b.0))))
    }

    #[inline(always)]
    fn add_high(self, _: Self, _: Self) -> Self {
        self
    }

    #[inline(always)]
    fn low_product(self, digit: Self) -> Self {
        Self(intrinsic!(_mm256_mul_epu32(self.0, digit.0))).digit()
    }
}
