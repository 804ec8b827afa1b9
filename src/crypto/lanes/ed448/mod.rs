//! Ed448 (RFC 8032, RFC 8080): one key against thousands of signatures.
//!
//! The algorithm and its tables are those of [`edwards`](super::edwards), on a curve with a = -1 that
//! edwards448 has an isogeny of degree 4 to.
//!
//! - [`words56`] is the field in 56-bit digits, `avx2` the one in vectors; [`kernels`] makes kernels of
//!   them.
//! - [`field`] has the numbers, [`curve`] both curves and the ways between them.
//! - [`key`] reads keys and signatures.
//!
//! # Exactness
//!
//! The verdict is that of the equation `4 S B = 4 R + 4 k A` for every input (RFC 8032 §5.2.7), as
//! OpenSSL judges and the library that has the last word: see [`curve`].

#[cfg(target_arch = "x86_64")]
mod avx2;
mod curve;
mod field;
mod kernels;
mod key;
mod words56;

#[cfg(test)]
mod tests;

#[cfg(target_arch = "x86_64")]
pub(super) use kernels::{Adx, Avx, check};
pub(super) use key::prepare;
