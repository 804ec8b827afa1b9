//! The vector in one AVX-512 register, with IFMA's multiplier.
//!
//! Nothing here may run on a processor without these instructions. The kernel that is made of this
//! vector asks for an [`Available`] wherever it is entered, which only [`Available::detect`] makes.
#![allow(unsafe_code, reason = "intrinsics for instructions that not every processor has")]

use std::arch::x86_64::{
    __m256i, __m512i, _mm256_loadu_si256, _mm512_add_epi64, _mm512_and_si512,
    _mm512_castsi256_si512, _mm512_cmpeq_epi64_mask, _mm512_cmplt_epi64_mask, _mm512_inserti64x4,
    _mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_mask_blend_epi64, _mm512_mullo_epi64,
    _mm512_or_si512, _mm512_permutex2var_epi64, _mm512_permutexvar_epi64, _mm512_set_epi64,
    _mm512_set1_epi64, _mm512_setzero_si512, _mm512_sllv_epi64, _mm512_srav_epi64,
    _mm512_srlv_epi64, _mm512_sub_epi64, _mm512_unpackhi_epi64, _mm512_unpacklo_epi64,
};

use super::vector::{LANES, Vector};
use crate::crypto::lanes::field::Mask;

/// Proof that the processor has the instructions.
#[derive(Clone, Copy, Debug)]
pub struct Available(());

impl Available {
    /// Looks.
    pub fn detect() -> Option<Self> {
        // No processor has the last without the second, which `times` is of.
        let has = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512ifma");
        has.then_some(Self(()))
    }
}

/// Eight words in a register.
#[derive(Clone, Copy, Debug)]
pub struct Avx512(__m512i);

/// An intrinsic that takes and gives values only.
macro_rules! intrinsic {
    ($call:expr) => {
        // SAFETY: the instruction touches registers only, and whoever got here holds `Available`.
        unsafe { $call }
    };
}

/// Of each of the places the word of `a`, which has the first eight, or of `b`.
#[inline(always)]
fn pick([a, b]: [__m512i; 2], places: __m512i) -> Avx512 {
    Avx512(intrinsic!(_mm512_permutex2var_epi64(a, places, b)))
}

impl Vector for Avx512 {
    #[inline(always)]
    fn splat(word: u64) -> Self {
        Self(intrinsic!(_mm512_set1_epi64(word.cast_signed())))
    }

    #[inline(always)]
    fn from_words(words: [u64; LANES]) -> Self {
        // SAFETY: both are 64 octets without a meaning of their own.
        Self(unsafe { std::mem::transmute::<[u64; LANES], __m512i>(words) })
    }

    #[inline(always)]
    fn to_words(self) -> [u64; LANES] {
        // SAFETY: both are 64 octets without a meaning of their own.
        unsafe { std::mem::transmute::<__m512i, [u64; LANES]>(self.0) }
    }

    #[inline(always)]
    fn pair(low: &[u64; 4], high: &[u64; 4]) -> Self {
        let [low, high] = [std::ptr::from_ref(low), std::ptr::from_ref(high)];
        // SAFETY: there are 32 octets each, the loads want no alignment, and whoever got here holds
        // `Available`.
        Self(unsafe {
            let low = _mm512_castsi256_si512(_mm256_loadu_si256(low.cast::<__m256i>()));
            _mm512_inserti64x4::<1>(low, _mm256_loadu_si256(high.cast::<__m256i>()))
        })
    }

    #[inline(always)]
    fn columns(pairs: [Self; 4]) -> [Self; 4] {
        let [Self(z04), Self(z15), Self(z26), Self(z37)] = pairs;
        // Words 0 and 2, and 1 and 3, of the rows 0, 1, 4, 5 and of the rows 2, 3, 6, 7.
        let even = intrinsic!([_mm512_unpacklo_epi64(z04, z15), _mm512_unpacklo_epi64(z26, z37)]);
        let odd = intrinsic!([_mm512_unpackhi_epi64(z04, z15), _mm512_unpackhi_epi64(z26, z37)]);
        let first = intrinsic!(_mm512_set_epi64(13, 12, 5, 4, 9, 8, 1, 0));
        let second = intrinsic!(_mm512_set_epi64(15, 14, 7, 6, 11, 10, 3, 2));
        [pick(even, first), pick(odd, first), pick(even, second), pick(odd, second)]
    }

    #[inline(always)]
    fn permuted(self, lanes: [usize; LANES]) -> Self {
        let mut places = [0; LANES];
        for (place, lane) in places.iter_mut().zip(lanes) {
            *place = lane as u64;
        }
        Self(intrinsic!(_mm512_permutexvar_epi64(Self::from_words(places).0, self.0)))
    }

    #[inline(always)]
    fn as_factor(self) -> Self {
        self
    }

    #[inline(always)]
    fn madd_low(self, a: Self, b: Self) -> Self {
        Self(intrinsic!(_mm512_madd52lo_epu64(self.0, a.0, b.0)))
    }

    #[inline(always)]
    fn madd_high(self, a: Self, b: Self) -> Self {
        Self(intrinsic!(_mm512_madd52hi_epu64(self.0, a.0, b.0)))
    }

    #[inline(always)]
    fn times(self, factor: u64) -> Self {
        Self(intrinsic!(_mm512_mullo_epi64(self.0, _mm512_set1_epi64(factor.cast_signed()))))
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(intrinsic!(_mm512_add_epi64(self.0, other.0)))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(intrinsic!(_mm512_sub_epi64(self.0, other.0)))
    }

    #[inline(always)]
    fn and(self, other: Self) -> Self {
        Self(intrinsic!(_mm512_and_si512(self.0, other.0)))
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        Self(intrinsic!(_mm512_or_si512(self.0, other.0)))
    }

    #[inline(always)]
    fn shl(self, bits: usize) -> Self {
        Self(intrinsic!(_mm512_sllv_epi64(self.0, _mm512_set1_epi64(bits as i64))))
    }

    #[inline(always)]
    fn shr(self, bits: usize) -> Self {
        Self(intrinsic!(_mm512_srlv_epi64(self.0, _mm512_set1_epi64(bits as i64))))
    }

    #[inline(always)]
    fn sar(self, bits: usize) -> Self {
        Self(intrinsic!(_mm512_srav_epi64(self.0, _mm512_set1_epi64(bits as i64))))
    }

    #[inline(always)]
    fn negative(self) -> Mask {
        Mask::from(intrinsic!(_mm512_cmplt_epi64_mask(self.0, _mm512_setzero_si512())))
    }

    #[inline(always)]
    fn zeros(self) -> Mask {
        Mask::from(intrinsic!(_mm512_cmpeq_epi64_mask(self.0, _mm512_setzero_si512())))
    }

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation, reason = "a mask has a bit for each of eight lanes")]
    fn replace_where(self, mask: Mask, other: Self) -> Self {
        Self(intrinsic!(_mm512_mask_blend_epi64(mask as u8, self.0, other.0)))
    }
}
