//! The classes of 64 octets, and the places of ones in a mask, with AVX-512.
//!
//! The first processors with AVX-512 slow down their clock for it, and are left to AVX2: those after
//! them are known by VBMI, and nearly all have VBMI2 as well.
#![allow(unsafe_code, reason = "intrinsics for instructions that not every processor has")]

use std::arch::x86_64::{
    __m512i, _mm_loadu_si128, _mm512_add_epi32, _mm512_broadcast_i32x4, _mm512_castsi512_si128,
    _mm512_cmpeq_epi8_mask, _mm512_cvtepu8_epi32, _mm512_extracti32x4_epi32, _mm512_loadu_si512,
    _mm512_maskz_compress_epi8, _mm512_set1_epi8, _mm512_set1_epi32, _mm512_shuffle_epi8,
    _mm512_storeu_si512,
};

use super::avx2::{self, GAPS, SPECIALS, opaque};
use super::blocks::{self, BLOCK, Classes, Classify, Edges, scanner};
use super::kernels::{Kernel, Work};
use super::{MAX_ENTRY, Scan, plain};
use crate::zonefile::words::Token;

/// Proof that the processor has the instructions, and those of AVX2.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Available(avx2::Available);

impl Available {
    /// Looks.
    #[must_use]
    pub fn detect() -> Option<Self> {
        let here = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vbmi")
            && is_x86_feature_detected!("avx512vbmi2");
        avx2::Available::detect().filter(|_| here).map(Self)
    }

    /// Says so without looking.
    ///
    /// # Safety
    /// [`Self::detect`] has found the instructions before.
    pub(super) const unsafe fn detected_before() -> Self {
        // SAFETY: it has found those of AVX2 then, too.
        Self(unsafe { avx2::Available::detected_before() })
    }

    /// The proof for AVX2 alone, whose kernel reads digits here as well.
    #[inline]
    #[must_use]
    pub fn avx2(self) -> avx2::Available {
        self.0
    }
}

impl From<Available> for Kernel {
    #[inline(always)]
    fn from(available: Available) -> Self {
        Self::Avx512(available)
    }
}

scanner!("avx512f,avx512bw,avx512vbmi,avx512vbmi2,avx2,bmi1,bmi2,lzcnt,popcnt");

impl Classify for Available {
    #[inline(always)]
    fn classes(self, block: &[u8; BLOCK]) -> Classes {
        // SAFETY: `Available` proves that the processor has the features.
        unsafe { classes(block) }
    }

    #[inline(always)]
    unsafe fn write_places(self, mask: u64, base: u32, to: *mut u32) {
        // SAFETY: `Available` proves that the processor has the features, and there is room.
        unsafe { write_places(mask, base, to) }
    }
}

#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn classes(block: &[u8; BLOCK]) -> Classes {
    // SAFETY: a block has 64 octets, and the load wants no alignment.
    let octets = unsafe { _mm512_loadu_si512(block.as_ptr().cast()) };
    let newline = _mm512_set1_epi8(b'\n'.cast_signed());
    Classes {
        gap: opaque(within(&GAPS, octets)),
        newline: opaque(_mm512_cmpeq_epi8_mask(octets, newline)),
        special: opaque(within(&SPECIALS, octets)),
    }
}

/// Which octets are of the set that a table by lower halves was made of. An octet above 127 is
/// looked up as 0, which it is not.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn within(table: &[u8; 16], octets: __m512i) -> u64 {
    // SAFETY: there are 16 octets, and the load wants no alignment.
    let table = _mm512_broadcast_i32x4(unsafe { _mm_loadu_si128(table.as_ptr().cast()) });
    _mm512_cmpeq_epi8_mask(_mm512_shuffle_epi8(table, octets), octets)
}

/// What [`Classify::write_places`] says: the places are moved together as octets, and sixteen of them
/// become numbers at once.
///
/// # Safety
/// At `to` is room for 64 numbers.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,popcnt")]
#[inline]
unsafe fn write_places(mask: u64, base: u32, to: *mut u32) {
    // SAFETY: there are 64 octets, and the load wants no alignment.
    let all = unsafe { _mm512_loadu_si512(PLACES.as_ptr().cast()) };
    let places = _mm512_maskz_compress_epi8(mask, all);
    let base = _mm512_set1_epi32(base.cast_signed());
    // SAFETY: four times sixteen numbers have room, and the stores want no alignment.
    let write = |sixteen, at| unsafe {
        let numbers = _mm512_add_epi32(_mm512_cvtepu8_epi32(sixteen), base);
        _mm512_storeu_si512(to.add(at).cast(), numbers);
    };
    // Text has a word for every four octets at most, nearly always: this is foreseen.
    write(_mm512_castsi512_si128(places), 0);
    write(_mm512_extracti32x4_epi32::<1>(places), 16);
    if mask.count_ones() > 32 {
        write(_mm512_extracti32x4_epi32::<2>(places), 32);
        write(_mm512_extracti32x4_epi32::<3>(places), 48);
    }
}

/// The places of a block.
pub(super) static PLACES: [u8; BLOCK] = {
    let mut places = [0; BLOCK];
    let mut place = 0;
    while place < BLOCK {
        #[allow(clippy::cast_possible_truncation)] // below 64
        {
            places[place] = place as u8;
        }
        place += 1;
    }
    places
};
