//! Our own arithmetic: one public key against thousands of signatures at once.
//!
//! A zone has a handful of keys and millions of signatures. A library treats each verification as
//! if the key were new; with the key fixed, both scalar multiplications of ECDSA are sums of rows
//! from tables, all additions are affine, and one inversion serves a whole level of them.
//!
//! - [`ecdsa`] is the algorithm, [`chain`] its additions, [`table`] and [`recode`] its tables and
//!   digits. They are written once, generic over the curve ([`curve`], [`p256`], [`p384`]) and over the
//!   kernel ([`field`]).
//! - [`edwards`] is the same for Edwards curves, whose additions are others; [`ed25519`] and [`ed448`] are
//!   the curves with their kernels.
//! - [`portable`] is the kernel for every processor, `avx2` the one for AVX2, [`ifma`] the one for
//!   AVX-512 IFMA.
//! - [`doubling`] has the points that tables begin with.
//! - [`plain`] handles one point at a time and every exceptional case; [`modulus`], [`inverse`] and
//!   [`words`] are what it and the kernels stand on.
//! - [`digest`] hashes what is signed, many messages side by side.
//! - [`sizes`] says how large tables are, [`key_tables`] keeps those of a key, and [`base`] those of the
//!   base points.
//! - [`pages`] is memory for tables, and [`unrolled`] a loop that stays in registers.
//! - [`kernels`] chooses one when the program runs, which [`wanted`] may narrow down, and [`backend`] makes a
//!   [`Backend`](super::Backend) of it.
//!
//! # Exactness
//!
//! The verdict is that of FIPS 186-5 for every input. A zone's owner knows his key's logarithm and
//! can make points meet on the way; such a signature is taken out of its batch and judged by
//! [`plain`]. Beyond that, the engine asks a library about every signature that is said to fail.

#![cfg_attr(
    not(target_arch = "x86_64"),
    allow(dead_code, reason = "what only the kernels for x86-64 use is tested everywhere")
)]

#[cfg(target_arch = "x86_64")]
mod avx2;
mod backend;
mod base;
mod chain;
mod curve;
pub(super) mod digest;
mod doubling;
mod ecdsa;
mod ed25519;
mod ed448;
mod edwards;
mod field;
mod ifma;
mod inverse;
mod kernels;
mod key_tables;
mod modulus;
mod p256;
mod p384;
mod pages;
mod plain;
mod portable;
mod recode;
mod rsa;
mod sizes;
mod spaces;
mod table;
mod unrolled;
mod wanted;
mod words;

#[cfg(test)]
mod tests;

pub(super) use backend::Lanes;
pub(super) use base::octets as base_table_octets;
pub(super) use kernels::name as kernel_name;
pub use wanted::KernelError;
pub(super) use wanted::{
    check, force, from_environment, may_run_named as may_run, names as kernel_names,
};

/// A cache that rows of tables are asked for.
#[derive(Clone, Copy)]
enum Cache {
    /// For rows that are asked for one by one, with work between them.
    FirstLevel,
    /// For many rows at a time: the first level keeps account of some two dozen requests and has others
    /// wait, among them the loads that are needed now.
    SecondLevel,
}

/// Asks the processor to bring all of a row near; nothing else happens.
#[inline(always)]
#[allow(unsafe_code, reason = "prefetching has no safe form")]
fn prefetch<T>(row: &T, cache: Cache) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _MM_HINT_T1, _mm_prefetch};
        const LINE: usize = 64;
        let (octets, align) = (size_of::<T>(), align_of::<T>().min(LINE));
        for line in 0..(octets + LINE - align).div_ceil(LINE) {
            let octet = (line * LINE).min(octets - 1);
            // SAFETY: the octet is in the row. A prefetch neither reads nor writes as far as the program
            // can tell, and SSE, which has it, is part of x86-64.
            unsafe {
                let place = std::ptr::from_ref(row).cast::<i8>().add(octet);
                match cache {
                    Cache::FirstLevel => _mm_prefetch::<_MM_HINT_T0>(place),
                    Cache::SecondLevel => _mm_prefetch::<_MM_HINT_T1>(place),
                }
            }
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (row, cache);
}
