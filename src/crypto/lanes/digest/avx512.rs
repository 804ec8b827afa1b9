//! Sixteen words of 32 bits, or eight of 64, in an AVX-512 register. A rotation and any function of
//! three bits is one instruction, and a block is put together of its parts without being written.
//!
//! Nothing here may run on a processor without these instructions. The kernels that are made of these
//! vectors ask for an [`Available`] wherever they are entered, which only [`Available::detect`] makes.
#![allow(unsafe_code, reason = "intrinsics for instructions that not every processor has")]

use std::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_add_epi64, _mm512_loadu_si512, _mm512_rorv_epi32,
    _mm512_rorv_epi64, _mm512_set1_epi32, _mm512_set1_epi64, _mm512_srlv_epi32, _mm512_srlv_epi64,
    _mm512_storeu_si512, _mm512_ternarylogic_epi64, _mm512_xor_si512,
};

use super::groups::Messages;
use super::vector::{MOST_LANES, Vector, Word};

/// Proof that the processor has the instructions.
#[derive(Clone, Copy, Debug)]
pub struct Available(());

impl Available {
    /// Looks.
    pub fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("bmi2");
        has.then_some(Self(()))
    }
}

/// Sixteen words of 32 bits.
#[derive(Clone, Copy, Debug)]
pub struct Avx512x32(__m512i);

/// Eight words of 64 bits.
#[derive(Clone, Copy, Debug)]
pub struct Avx512x64(__m512i);

/// An intrinsic that takes and gives values only.
macro_rules! intrinsic {
    ($call:expr) => {
        // SAFETY: the instruction touches registers only, and whoever got here holds `Available`.
        unsafe { $call }
    };
}

mod turn;

/// What differs between the two vectors. The numbers of the functions of three bits are their tables
/// of eight answers, that for three ones first.
macro_rules! vector {
    (
        $vector:ident, $word:ty, $lanes:literal, $read:ident, $write:ident,
        $splat:ident, $add:ident, $rotate:ident, $shift:ident
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
                // SAFETY: there are 64 octets, and the load wants no alignment.
                Self(unsafe { _mm512_loadu_si512(words.as_ptr().cast::<__m512i>()) })
            }

            #[inline(always)]
            fn write(self, words: &mut [$word]) {
                let words = &mut words[..$lanes];
                // SAFETY: there are 64 octets, and the store wants no alignment.
                unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast::<__m512i>(), self.0) }
            }

            #[inline(always)]
            fn read<const P: usize>(
                messages: &impl Messages<P>,
                places: &[u32],
                number: usize,
            ) -> [Self; 16] {
                let columns = turn::$read(messages, places, number);
                let mut words = [Self(columns[0]); 16];
                for (word, column) in words.iter_mut().zip(columns) {
                    word.0 = column;
                }
                words
            }

            #[inline(always)]
            fn write_lines(words: [Self; 8], lines: &mut [<$word as Word>::Line; MOST_LANES]) {
                let mut all = [words[0].0; 8];
                for (all, word) in all.iter_mut().zip(words) {
                    *all = word.0;
                }
                turn::$write(all, lines);
            }

            #[inline(always)]
            fn add(self, other: Self) -> Self {
                Self(intrinsic!($add(self.0, other.0)))
            }

            #[inline(always)]
            fn xor(self, other: Self) -> Self {
                Self(intrinsic!(_mm512_xor_si512(self.0, other.0)))
            }

            #[inline(always)]
            fn rotate_right(self, bits: u32) -> Self {
                let bits = <$word>::from(bits).cast_signed();
                Self(intrinsic!($rotate(self.0, $splat(bits))))
            }

            #[inline(always)]
            fn shift_right(self, bits: u32) -> Self {
                let bits = <$word>::from(bits).cast_signed();
                Self(intrinsic!($shift(self.0, $splat(bits))))
            }

            #[inline(always)]
            fn choose(self, a: Self, b: Self) -> Self {
                Self(intrinsic!(_mm512_ternarylogic_epi64::<0xca>(self.0, a.0, b.0)))
            }

            #[inline(always)]
            fn majority(self, a: Self, b: Self) -> Self {
                Self(intrinsic!(_mm512_ternarylogic_epi64::<0xe8>(self.0, a.0, b.0)))
            }

            #[inline(always)]
            fn parity(self, a: Self, b: Self) -> Self {
                Self(intrinsic!(_mm512_ternarylogic_epi64::<0x96>(self.0, a.0, b.0)))
            }
        }
    };
}

vector!(
    Avx512x32,
    u32,
    16,
    read_32,
    write_32,
    _mm512_set1_epi32,
    _mm512_add_epi32,
    _mm512_rorv_epi32,
    _mm512_srlv_epi32
);
vector!(
    Avx512x64,
    u64,
    8,
    read_64,
    write_64,
    _mm512_set1_epi64,
    _mm512_add_epi64,
    _mm512_rorv_epi64,
    _mm512_srlv_epi64
);
