//! The curves: `y² = x³ - 3x + b` over a prime field, of prime order.

use super::modulus::Modulus;

/// A curve with `a = -3` whose points, all but infinity, have the same prime order; coordinates
/// and scalars fit `N` words.
pub trait Curve<const N: usize>: Copy + Send + Sync + 'static {
    /// Residues modulo the field's prime p.
    type Base: Modulus<N>;
    /// Residues modulo the order n, which has as many bits as p.
    type Order: Modulus<N>;
    /// The coefficient b, not in Montgomery form.
    const B: [u64; N];
    /// The base point's coordinates, not in Montgomery form.
    const G: [[u64; N]; 2];
    /// Bits of the order.
    const BITS: usize = super::words::bit_len(&<Self::Order as Modulus<N>>::VALUE);
}
