//! Eight words of 32 bits, or four of 64, in an AVX2 register.
//!
//! Nothing here may run on a processor without these instructions. The kernels that are made of these
//! vectors ask for an [`Available`] wherever they are entered, which only [`Available::detect`] makes.
#![allow(unsafe_code, reason = "intrinsics for instructions that not every processor has")]

use std::arch::x86_64::{
    __m256i, _mm256_add_epi32, _mm256_add_epi64, _mm256_and_si256, _mm256_loadu_si256,
    _mm256_or_si256, _mm256_permute2x128_si256, _mm256_set1_epi32, _mm256_set1_epi64x,
    _mm256_setr_epi8, _mm256_shuffle_epi8, _mm256_sllv_epi32, _mm256_sllv_epi64, _mm256_srlv_epi32,
    _mm256_srlv_epi64, _mm256_storeu_si256, _mm256_unpackhi_epi32, _mm256_unpackhi_epi64,
    _mm256_unpacklo_epi32, _mm256_unpacklo_epi64, _mm256_xor_si256,
};

use super::groups::{Messages, blocks};
use super::vector::Vector;

/// Proof that the processor has the instructions.
#[derive(Clone, Copy, Debug)]
pub struct Available(());

impl Available {
    /// Looks.
    pub fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(()))
    }
}

/// Eight words of 32 bits.
#[derive(Clone, Copy, Debug)]
pub struct Avx2x32(__m256i);

/// Four words of 64 bits.
#[derive(Clone, Copy, Debug)]
pub struct Avx2x64(__m256i);

/// An intrinsic that takes and gives values only.
macro_rules! intrinsic {
    ($call:expr) => {
        // SAFETY: the instruction touches registers only, and whoever got here holds `Available`.
        unsafe { $call }
    };
}

/// 32 octets of a block from an offset on, those of each word in reverse.
#[inline(always)]
fn row<const N: usize>(block: &[u8; N], offset: usize, reverse: __m256i) -> __m256i {
    let octets: &[u8] = &block[offset..offset + 32];
    // SAFETY: there are 32 octets, and the load wants no alignment.
    let row = unsafe { _mm256_loadu_si256(octets.as_ptr().cast::<__m256i>()) };
    intrinsic!(_mm256_shuffle_epi8(row, reverse))
}

/// The lower and the upper halves of two registers.
#[inline(always)]
fn halves(a: __m256i, b: __m256i) -> [__m256i; 2] {
    intrinsic!([_mm256_permute2x128_si256::<0x20>(a, b), _mm256_permute2x128_si256::<0x31>(a, b)])
}

/// Two registers' words of 64 bits, the even ones and the odd ones of each half.
#[inline(always)]
fn unpack_64(a: __m256i, b: __m256i) -> [__m256i; 2] {
    intrinsic!([_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b)])
}

/// Two registers' words of 32 bits, the lower two and the upper two of each half.
#[inline(always)]
fn unpack_32(a: __m256i, b: __m256i) -> [__m256i; 2] {
    intrinsic!([_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b)])
}

/// The sixteen words of each of eight blocks, turned on their side.
#[inline(always)]
pub fn columns_32(blocks: &[[u8; 64]]) -> [__m256i; 16] {
    let reverse = intrinsic!(_mm256_setr_epi8(
        3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8,
        15, 14, 13, 12
    ));
    let mut columns = [reverse; 16];
    for half in 0..2 {
        let row = |lane: usize| row(&blocks[lane], 32 * half, reverse);
        let ([a0, a1], [b0, b1]) = (unpack_32(row(0), row(1)), unpack_32(row(2), row(3)));
        let ([c0, c1], [d0, d1]) = (unpack_32(row(4), row(5)), unpack_32(row(6), row(7)));
        // Words 0 and 4, 1 and 5, and so on, of the first four lanes and of the last four.
        let ([w0, w1], [w2, w3]) = (unpack_64(a0, b0), unpack_64(a1, b1));
        let ([x0, x1], [x2, x3]) = (unpack_64(c0, d0), unpack_64(c1, d1));
        for (i, (w, x)) in [(w0, x0), (w1, x1), (w2, x2), (w3, x3)].into_iter().enumerate() {
            [columns[8 * half + i], columns[8 * half + 4 + i]] = halves(w, x);
        }
    }
    columns
}

/// The sixteen words of each of four blocks, turned on their side.
#[inline(always)]
pub fn columns_64(blocks: &[[u8; 128]]) -> [__m256i; 16] {
    let reverse = intrinsic!(_mm256_setr_epi8(
        7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13,
        12, 11, 10, 9, 8
    ));
    let mut columns = [reverse; 16];
    for quarter in 0..4 {
        let row = |lane: usize| row(&blocks[lane], 32 * quarter, reverse);
        let ([a0, a1], [b0, b1]) = (unpack_64(row(0), row(1)), unpack_64(row(2), row(3)));
        let first = 4 * quarter;
        [columns[first], columns[first + 2]] = halves(a0, b0);
        [columns[first + 1], columns[first + 3]] = halves(a1, b1);
    }
    columns
}

/// What differs between the two vectors.
macro_rules! vector {
    (
        $vector:ident, $word:ty, $lanes:literal, $columns:ident,
        $splat:ident, $add:ident, $left:ident, $right:ident
    ) => {
        impl Vector for $vector {
            type Word = $word;
            const LANES: usize = $lanes;

            #[inline(always)]
            fn splat(word: $word) -> Self {
                Self(intrinsic!($splat(word.cast_signed())))
            }

            #[inline(always)]
            fn from_words(words: &[$word]) -> Self {
                let words = &words[..$lanes];
                // SAFETY: there are 32 octets, and the load wants no alignment.
                Self(unsafe { _mm256_loadu_si256(words.as_ptr().cast::<__m256i>()) })
            }

            #[inline(always)]
            fn write(self, words: &mut [$word]) {
                let words = &mut words[..$lanes];
                // SAFETY: there are 32 octets, and the store wants no alignment.
                unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast::<__m256i>(), self.0) }
            }

            #[inline(always)]
            fn read<const P: usize>(
                messages: &impl Messages<P>,
                places: &[u32],
                number: usize,
            ) -> [Self; 16] {
                let columns = $columns(&blocks::<$word, P>(messages, places, number)[..$lanes]);
                let mut words = [Self(columns[0]); 16];
                for (word, column) in words.iter_mut().zip(columns) {
                    word.0 = column;
                }
                words
            }

            #[inline(always)]
            fn add(self, other: Self) -> Self {
                Self(intrinsic!($add(self.0, other.0)))
            }

            #[inline(always)]
            fn xor(self, other: Self) -> Self {
                Self(intrinsic!(_mm256_xor_si256(self.0, other.0)))
            }

            #[inline(always)]
            fn rotate_right(self, bits: u32) -> Self {
                let right = self.shift_right(bits).0;
                let left = <$word>::from(<$word>::BITS - bits).cast_signed();
                Self(intrinsic!(_mm256_or_si256(right, $left(self.0, $splat(left)))))
            }

            #[inline(always)]
            fn shift_right(self, bits: u32) -> Self {
                Self(intrinsic!($right(self.0, $splat(<$word>::from(bits).cast_signed()))))
            }

            #[inline(always)]
            fn choose(self, a: Self, b: Self) -> Self {
                Self(intrinsic!(_mm256_and_si256(self.0, a.xor(b).0))).xor(b)
            }

            /// Where `self` and `a` are alike it is theirs, and else that of `b`. The exclusive or
            /// of `a` and `b` is that of the round before.
            #[inline(always)]
            fn majority(self, a: Self, b: Self) -> Self {
                Self(intrinsic!(_mm256_and_si256(self.xor(a).0, a.xor(b).0))).xor(a)
            }
        }
    };
}

vector!(
    Avx2x32,
    u32,
    8,
    columns_32,
    _mm256_set1_epi32,
    _mm256_add_epi32,
    _mm256_sllv_epi32,
    _mm256_srlv_epi32
);
vector!(
    Avx2x64,
    u64,
    4,
    columns_64,
    _mm256_set1_epi64x,
    _mm256_add_epi64,
    _mm256_sllv_epi64,
    _mm256_srlv_epi64
);
