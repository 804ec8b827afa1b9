//! Ed25519 (RFC 8032, RFC 8080): one key against thousands of signatures.
//!
//! The algorithm and its tables are those of [`edwards`](super::edwards).
//!
//! - [`words64`] is the field in 64-bit words, [`adx`] its product in assembly, [`ifma`] the field in
//!   vectors; [`kernels`] puts them together.
//! - [`point`] reads points, [`field`] has the numbers.
//! - [`key`] reads keys and signatures.
//!
//! # Exactness
//!
//! The verdict is that of the equation without the cofactor, for every input: scalars are integers,
//! additions know no exceptions, and R is compared with the only encoding of the point that the
//! equation gives. So say aws-lc, ring and dalek.

#[cfg(target_arch = "x86_64")]
mod adx;
#[cfg(target_arch = "x86_64")]
pub(super) mod avx2;
mod field;
mod ifma;
mod kernels;
mod key;
mod point;
mod words64;

#[cfg(test)]
mod tests;

#[cfg(target_arch = "x86_64")]
pub(super) use kernels::{Adx, Avx, Ifma, check};
pub(super) use key::prepare;
