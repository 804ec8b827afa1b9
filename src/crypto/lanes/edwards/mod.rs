//! Twisted Edwards curves with a = -1: `S B - k A` for one key A and thousands of signatures, without
//! doublings, as sums of rows from two tables.
//!
//! - [`verify`] is the algorithm, [`table`] its tables: written once, over the curve ([`Edwards`]) and
//!   over the trait [`Residues`].
//! - [`point`] handles one point at a time.
//! - [`key`] makes a prepared key of it.
//!
//! No residue here is in Montgomery form. In the words of [`Residues`]: every kernel of these curves has
//! the radix `R = 1`, because their primes make other reductions cheaper than Montgomery's.

use super::field::Residues;
use super::modulus::Modulus;
use super::words;

pub mod key;
pub mod point;
pub mod table;
pub mod verify;

use point::Affine;
use verify::Sum;

/// A curve `-x² + y² = 1 + d x² y²`, and what becomes of a sum on it.
///
/// For all points that are added, `d x1 x2 y1 y2` is neither 1 nor -1, so that no denominator of the
/// group law is ever zero: because -1 is a square and d is none, or because all are of odd order.
pub trait Edwards<const N: usize>: Copy + std::fmt::Debug + Send + Sync + 'static {
    /// The field's prime.
    type Base: Modulus<N>;
    /// The order of the base point, a prime.
    type Order: Modulus<N>;
    /// A residue by itself.
    type Number: Residues<Self::Base, N> + std::fmt::Debug;
    /// A point's encoding.
    type Encoded: Copy + std::fmt::Debug + Send + Sync;
    /// The curve's d.
    const D: [u64; N];
    /// 1 / d.
    const D_INVERSE: [u64; N];
    /// 1 / 2.
    const HALF: [u64; N];
    /// What scalars are multiplied by, modulo the order: the factor of a hash's lower half.
    const LOW: [u64; N];
    /// [`Edwards::LOW`] times `2^(64 N)`, modulo the order: the factor of a hash's upper half.
    const HIGH: [u64; N];
    /// Bits that the windows of scalars cover: one more than the order has, for the sign.
    const SCALAR_BITS: usize = words::bit_len(&Self::Order::VALUE) + 1;

    /// The point that is compared with R, as X/Z and Y/Z.
    fn finish<F: Residues<Self::Base, N>>(sum: Sum<F>) -> Sum<F>;

    /// Whether R is an encoding of that point.
    fn is_encoded(point: &Affine<N>, r: &Self::Encoded) -> bool;
}
