//! Encodings of points.

use crate::crypto::Refusal;

use super::super::edwards::point::{self, number};
use super::super::field::Residues;
use super::super::modulus::Modulus;
use super::super::words;
use super::field::{BASE, D, Edwards25519, P, ROOT_OF_MINUS_ONE};
use super::words64::{Compiled, Words64};

/// A residue by itself.
pub type Number = Words64<Compiled, 1>;

/// A point by its coordinates, both below p.
pub type Affine = point::Affine<4>;

/// A point in extended coordinates.
#[cfg(any(target_arch = "x86_64", test))]
pub type Extended = point::Extended<Edwards25519, 4>;

impl Affine {
    /// The base point B.
    pub const BASE: Self = Self { x: BASE[0], y: BASE[1] };

    /// Decodes a point (RFC 8032 §5.1.3).
    ///
    /// # Errors
    /// [`Refusal::Unsupported`] for what §5.1.3 forbids and some libraries read: `y >= p`, and
    /// `x = 0` with the sign set. [`Refusal::Malformed`] when there is no such point.
    pub fn decode(octets: &[u8; 32]) -> Result<Self, Refusal> {
        let mut y = words_from(octets);
        let negative = y[3] >> 63;
        y[3] &= u64::MAX >> 1;
        if !words::less(&y, &P::VALUE) {
            return Err(Refusal::Unsupported);
        }
        // x² = u / v, and x = u v³ (u v⁷)^((p-5)/8) up to the root of -1.
        let one = Number::one();
        let square = number::<Edwards25519, 4>(&y).sqr();
        let [d, root] = [D, ROOT_OF_MINUS_ONE].map(|words| number::<Edwards25519, 4>(&words));
        let u = square.sub_tight(&one);
        let v = square.mul(&d).add(&one);
        let v3 = v.sqr().mul(&v);
        let mut x = power_of_p_less_5_over_8(&v3.sqr().mul(&v).mul(&u)).mul(&v3).mul(&u);
        let found = v.mul(&x.sqr());
        if found.sub(&u).zeros() == 0 {
            if found.add(&u).zeros() == 0 {
                return Err(Refusal::Malformed);
            }
            x = x.mul(&root);
        }
        let mut x = point::words_of::<Edwards25519, 4>(&x);
        if words::is_zero(&x) && negative == 1 {
            return Err(Refusal::Unsupported);
        }
        if x[0] & 1 != negative {
            x = words::sub(&P::VALUE, &x).0;
        }
        Ok(Self { x, y })
    }

    /// The encoding (RFC 8032 §5.1.2) as a number of four words.
    pub fn encoded(&self) -> [u64; 4] {
        let [y0, y1, y2, y3] = self.y;
        [y0, y1, y2, y3 | self.x[0] << 63]
    }

    /// `-P`.
    pub fn negated(&self) -> Self {
        self.negated_modulo::<P>()
    }
}

/// Thirty-two octets as a number, least significant first.
pub fn words_from(octets: &[u8; 32]) -> [u64; 4] {
    let mut words = [0; 4];
    for (word, octets) in words.iter_mut().zip(octets.as_chunks::<8>().0) {
        *word = u64::from_le_bytes(*octets);
    }
    words
}

/// `a^((p-5)/8)`, where `(p - 5) / 8 = 2^252 - 3`.
fn power_of_p_less_5_over_8(a: &Number) -> Number {
    // runs is a^(2^k - 1), with k doubling or growing by one.
    let squared = |a: &Number, times| (0..times).fold(*a, |a, _| a.sqr());
    let mut runs = *a;
    let mut k = 1;
    // The bits of 250 after the first.
    for bit in [1, 1, 1, 1, 0, 1, 0] {
        runs = squared(&runs, k).mul(&runs);
        k *= 2;
        if bit == 1 {
            runs = runs.sqr().mul(a);
            k += 1;
        }
    }
    debug_assert_eq!(k, 250);
    squared(&runs, 2).mul(a)
}
