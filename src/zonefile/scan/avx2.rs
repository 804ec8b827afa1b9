//! The classes of 64 octets with AVX2, two registers side by side.
#![allow(unsafe_code, reason = "intrinsics for instructions that not every processor has")]

use std::arch::asm;
use std::arch::x86_64::{
    __m256i, _mm_loadu_si128, _mm256_broadcastsi128_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256,
    _mm256_movemask_epi8, _mm256_set1_epi8, _mm256_shuffle_epi8,
};

use super::blocks::{self, BLOCK, Classes, Classify, Edges, scanner};
use super::kernels::{Kernel, Work};
use super::{MAX_ENTRY, Scan, plain};
use crate::zonefile::words::Token;

/// Proof that the processor has the instructions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Available(());

impl Available {
    /// Looks.
    #[must_use]
    pub fn detect() -> Option<Self> {
        let here = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt");
        here.then_some(Self(()))
    }

    /// Says so without looking.
    ///
    /// # Safety
    /// [`Self::detect`] has found the instructions before.
    pub(super) const unsafe fn detected_before() -> Self {
        Self(())
    }
}

impl From<Available> for Kernel {
    #[inline(always)]
    fn from(available: Available) -> Self {
        Self::Avx2(available)
    }
}

scanner!("avx2,bmi1,bmi2,lzcnt,popcnt");

/// For each value of an octet's lower half the one octet of a set that has it; where the set has
/// none, an octet with another lower half, which therefore equals no octet looked up by this one.
const fn by_lower_half(set: &[u8]) -> [u8; 16] {
    // 1 in place 0 and 0 in all others: never equal to an octet of that lower half.
    let mut table = [0; 16];
    table[0] = 1;
    let mut at = 0;
    while at < set.len() {
        table[(set[at] & 15) as usize] = set[at];
        at += 1;
    }
    table
}

pub(super) static GAPS: [u8; 16] = by_lower_half(b" \t\r\n");
pub(super) static SPECIALS: [u8; 16] = by_lower_half(b"\"();\\");

impl Classify for Available {
    #[inline(always)]
    fn classes(self, block: &[u8; BLOCK]) -> Classes {
        // SAFETY: `Available` proves that the processor has the features.
        unsafe { classes(block) }
    }
}

#[target_feature(enable = "avx2")]
#[inline]
fn classes(block: &[u8; BLOCK]) -> Classes {
    // SAFETY: a block has two times 32 octets, and the loads want no alignment.
    let [low, high] = unsafe {
        let halves = block.as_ptr().cast::<__m256i>();
        [_mm256_loadu_si256(halves), _mm256_loadu_si256(halves.add(1))]
    };
    let (gaps, specials) = (table(&GAPS), table(&SPECIALS));
    let newline = _mm256_set1_epi8(b'\n'.cast_signed());
    Classes {
        gap: mask(within(gaps, low), within(gaps, high)),
        newline: mask(_mm256_cmpeq_epi8(low, newline), _mm256_cmpeq_epi8(high, newline)),
        special: mask(within(specials, low), within(specials, high)),
    }
}

/// A table in both halves of a register.
#[target_feature(enable = "avx2")]
#[inline]
fn table(octets: &[u8; 16]) -> __m256i {
    // SAFETY: there are 16 octets, and the load wants no alignment.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(octets.as_ptr().cast()) })
}

/// Which octets are of the set that the table was made of. An octet above 127 is looked up as 0,
/// which it is not.
#[target_feature(enable = "avx2")]
#[inline]
fn within(table: __m256i, octets: __m256i) -> __m256i {
    _mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, octets), octets)
}

/// The highest bit of each octet of two registers, the first register's in the lower half.
#[target_feature(enable = "avx2")]
#[inline]
fn mask(low: __m256i, high: __m256i) -> u64 {
    let (low, high) = (_mm256_movemask_epi8(low), _mm256_movemask_epi8(high));
    opaque(u64::from(low.cast_unsigned()) | u64::from(high.cast_unsigned()) << 32)
}

/// The same number, of which the compiler no longer knows that it came from a vector: else it
/// takes the arithmetic that follows for one on 64 vectors of one bit, and takes it apart.
#[inline(always)]
pub(super) fn opaque(mut mask: u64) -> u64 {
    // SAFETY: there is no instruction.
    unsafe { asm!("/* {0} */", inout(reg) mask, options(pure, nomem, nostack, preserves_flags)) };
    mask
}
