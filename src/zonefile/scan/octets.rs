//! Octets compared and copied: few at a time, so that a function for any number takes longer to be
//! called than to do it.
#![cfg_attr(target_arch = "x86_64", allow(unsafe_code, reason = "loads and stores of vectors"))]

use super::Kernel;

/// Whether two texts are the same.
#[inline(always)]
pub fn equal(kernel: Kernel, one: &[u8], other: &[u8]) -> bool {
    match kernel {
        #[cfg(target_arch = "x86_64")]
        Kernel::Avx512(available) if one.len() <= avx512::MOST => {
            one.len() == other.len() && avx512::equal(available, one, other)
        }
        _ => one == other,
    }
}

/// Appends octets to a vector.
#[inline(always)]
pub fn append(kernel: Kernel, octets: &[u8], out: &mut Vec<u8>) {
    match kernel {
        #[cfg(target_arch = "x86_64")]
        Kernel::Avx512(available) if octets.len() <= avx512::MOST => {
            avx512::append(available, octets, out);
        }
        _ => out.extend_from_slice(octets),
    }
}

/// With AVX-512: one register, of which a mask says how much is there.
#[cfg(target_arch = "x86_64")]
mod avx512 {
    use std::arch::x86_64::{
        __m512i, _mm512_cmpneq_epi8_mask, _mm512_maskz_loadu_epi8, _mm512_storeu_si512,
    };

    use crate::zonefile::scan::avx512::Available;

    /// Octets of a register.
    pub const MOST: usize = 64;

    // None of these is itself compiled for the instructions, so that it can be inlined wherever work
    // has them.

    /// The octets, at most [`MOST`], and zeros behind them.
    #[inline(always)]
    fn load(_: Available, octets: &[u8]) -> __m512i {
        debug_assert!(octets.len() <= MOST);
        let mask = u64::MAX.unbounded_shr(64 - u32::try_from(octets.len()).unwrap_or(64));
        // SAFETY: `Available` proves that the processor has the instructions. Only octets of the mask
        // are read: no others are touched, so that none can fault.
        unsafe { _mm512_maskz_loadu_epi8(mask, octets.as_ptr().cast()) }
    }

    #[inline(always)]
    pub fn equal(available: Available, one: &[u8], other: &[u8]) -> bool {
        let (one, other) = (load(available, one), load(available, other));
        // SAFETY: `Available` proves that the processor has the instructions.
        unsafe { _mm512_cmpneq_epi8_mask(one, other) == 0 }
    }

    #[inline(always)]
    pub fn append(available: Available, octets: &[u8], out: &mut Vec<u8>) {
        let len = out.len();
        out.reserve(MOST);
        // SAFETY: `Available` proves that the processor has the instructions. A register's octets
        // were reserved behind the length; those that count are written when it moves on. The store
        // wants no alignment.
        unsafe {
            _mm512_storeu_si512(out.as_mut_ptr().add(len).cast(), load(available, octets));
            out.set_len(len + octets.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn all_kernels_compare_and_copy_alike(
            text in prop::collection::vec(any::<u8>(), 0..140),
            wrong: Option<(usize, u8)>,
            cut in 0usize..4,
        ) {
            let mut other = text[..text.len() - cut.min(text.len())].to_vec();
            if let Some((place, octet)) = wrong && !other.is_empty() {
                let place = place % other.len();
                other[place] = octet;
            }
            for kernel in Kernel::all() {
                prop_assert_eq!(equal(kernel, &text, &other), text == other);
                prop_assert!(equal(kernel, &text, &text.clone()));
                let mut out = b"before".to_vec();
                out.shrink_to_fit();
                append(kernel, &text, &mut out);
                prop_assert_eq!(out, [b"before", &text[..]].concat());
            }
        }
    }
}
