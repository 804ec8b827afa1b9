//! Four 64-bit words in an AVX2 register, and the few operations on them that fields need.
//!
//! Nothing here may run on a processor without these instructions. A kernel that is made of these words
//! asks for an [`Available`] wherever it is entered, which only [`Available::detect`] makes.
#![allow(unsafe_code, reason = "intrinsics for instructions that not every processor has")]

use std::arch::x86_64::{
    __m256i, _mm_cvtsi64_si128, _mm256_add_epi64, _mm256_and_si256, _mm256_blendv_epi8,
    _mm256_loadu_si256, _mm256_mul_epu32, _mm256_or_si256, _mm256_permute2x128_si256,
    _mm256_set1_epi64x, _mm256_sll_epi64, _mm256_srl_epi64, _mm256_sub_epi64,
    _mm256_unpackhi_epi64, _mm256_unpacklo_epi64, _mm256_xor_si256,
};

use super::super::field::Mask;

/// Proof that the processor has the instructions, and BMI2's for the numbers beside the vectors.
#[derive(Clone, Copy, Debug)]
pub struct Available(());

impl Available {
    /// Looks.
    pub fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi2");
        has.then_some(Self(()))
    }
}

/// Lanes of a vector.
pub const LANES: usize = 4;

/// A word for each lane.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Word(pub __m256i);

/// An intrinsic that takes and gives values only.
macro_rules! intrinsic {
    ($call:expr) => {
        // SAFETY: the instruction touches registers only, and whoever got here holds `Available`.
        unsafe { $call }
    };
}

impl Word {
    /// The same word in all lanes.
    #[inline(always)]
    pub fn splat(word: u64) -> Self {
        Self(intrinsic!(_mm256_set1_epi64x(word.cast_signed())))
    }

    /// A word for each lane, from where they lie.
    #[inline(always)]
    pub fn load(words: &[u64; LANES]) -> Self {
        // SAFETY: four words have 32 octets, the load wants no alignment, and whoever got here holds
        // `Available`.
        Self(unsafe { _mm256_loadu_si256(std::ptr::from_ref(words).cast::<__m256i>()) })
    }

    /// The word of each lane.
    #[inline(always)]
    pub fn to_words(self) -> [u64; LANES] {
        // SAFETY: both are 32 octets without a meaning of their own.
        unsafe { std::mem::transmute::<__m256i, [u64; LANES]>(self.0) }
    }

    /// `self + other`, wrapping.
    #[inline(always)]
    pub fn plus(self, other: Self) -> Self {
        Self(intrinsic!(_mm256_add_epi64(self.0, other.0)))
    }

    /// The product of the low halves.
    #[inline(always)]
    pub fn times(self, other: Self) -> Self {
        Self(intrinsic!(_mm256_mul_epu32(self.0, other.0)))
    }

    /// `self - other`, wrapping.
    #[inline(always)]
    pub fn minus(self, other: Self) -> Self {
        Self(intrinsic!(_mm256_sub_epi64(self.0, other.0)))
    }

    /// Bits that both have.
    #[inline(always)]
    pub fn and(self, other: Self) -> Self {
        Self(intrinsic!(_mm256_and_si256(self.0, other.0)))
    }

    /// Bits that either has.
    #[inline(always)]
    pub fn or(self, other: Self) -> Self {
        Self(intrinsic!(_mm256_or_si256(self.0, other.0)))
    }

    /// Bits that one of them has.
    #[inline(always)]
    pub fn xor(self, other: Self) -> Self {
        Self(intrinsic!(_mm256_xor_si256(self.0, other.0)))
    }

    /// Shifted to the left by fewer than 64 bits. With a constant count this is one instruction.
    #[inline(always)]
    pub fn shl(self, count: usize) -> Self {
        Self(intrinsic!(_mm256_sll_epi64(self.0, _mm_cvtsi64_si128(count as i64))))
    }

    /// Shifted to the right by fewer than 64 bits, zeros coming in.
    #[inline(always)]
    pub fn shr(self, count: usize) -> Self {
        Self(intrinsic!(_mm256_srl_epi64(self.0, _mm_cvtsi64_si128(count as i64))))
    }

    /// All ones in the lanes of the mask.
    #[inline(always)]
    pub fn lanes(mask: Mask) -> Self {
        let mut lanes = [0; LANES];
        for (lane, word) in lanes.iter_mut().enumerate() {
            *word = u64::from((mask >> lane) & 1).wrapping_neg();
        }
        Self::load(&lanes)
    }

    /// `other` where `lanes` has ones.
    #[inline(always)]
    pub fn replace(self, lanes: Self, other: Self) -> Self {
        Self(intrinsic!(_mm256_blendv_epi8(self.0, other.0, lanes.0)))
    }

    /// From rows to columns: result `i` has the word `i` of all rows.
    #[inline(always)]
    pub fn columns(rows: [Self; 4]) -> [Self; 4] {
        let [Self(a), Self(b), Self(c), Self(d)] = rows;
        let (ab, cd) = intrinsic!((_mm256_unpacklo_epi64(a, b), _mm256_unpacklo_epi64(c, d)));
        let (ef, gh) = intrinsic!((_mm256_unpackhi_epi64(a, b), _mm256_unpackhi_epi64(c, d)));
        [
            Self(intrinsic!(_mm256_permute2x128_si256::<0x20>(ab, cd))),
            Self(intrinsic!(_mm256_permute2x128_si256::<0x20>(ef, gh))),
            Self(intrinsic!(_mm256_permute2x128_si256::<0x31>(ab, cd))),
            Self(intrinsic!(_mm256_permute2x128_si256::<0x31>(ef, gh))),
        ]
    }
}
