//! edwards448, `x² + y² = 1 + d x² y²` with d = -39081, and the twisted curve on which its points are
//! added up, `-x² + y² = 1 + (d - 1) x² y²`.
//!
//! With a = -1 a mixed addition takes 7 products, where a = 1 takes 8. Isogenies of degree 4 lead to
//! the twisted curve and back (M. Hamburg, "Decaf: eliminating cofactors through point compression",
//! 2015, §4.1): φ there, φ̂ back, and `φ̂(φ(P)) = 4 P`. So the sum on the twisted curve is
//! `Q = (S/4) φ(B) - (k/4) φ(A)`, with quarters modulo the order, and `φ̂(Q) = S B - k A` but for a
//! part of small order of A, which φ loses.
//!
//! # Points of small order
//!
//! The cofactor is 4, and the points of small order are the multiples of (1, 0), which has order 4. φ
//! sends just these to the neutral element, as the equations show. Hence
//!
//! - all points on the twisted curve here, the sums of multiples of φ(B) and φ(A), are of odd order;
//! - the verdict is that of the equation times 4: R must be φ̂(Q) plus a point of small order. For
//!   φ̂(Q) = (x, y) these sums are (x, y), (y, -x), (-x, -y) and (-y, x), so that nothing is decoded or
//!   multiplied to find out.
//!
//! R with x = 0, which is (0, 1) or (0, -1), is refused, as are keys with it: OpenSSL does not decode
//! them, nor does [`rustcrypto`](crate::crypto).
//!
//! # No exceptions
//!
//! d - 1 is a square and -1 is none, so the addition on the twisted curve is not complete; but for points
//! P and Q of odd order it has no exceptions. Were `(d - 1) x1 x2 y1 y2 = ±1`, then with the equations
//! of both points `y2²` and `-x2²` would be the two roots of one quadratic equation, `-1 / ((d-1) y1²)`
//! and `1 / ((d-1) x1²)`. One order of them asks that -1/(d-1) be a square, which it is not. The other
//! makes Q plus or minus P one of the points at infinity of order 4 (D. J. Bernstein and T. Lange, "A
//! complete set of addition laws for incomplete Edwards curves", 2011). Of the denominators of φ̂ one is
//! 1 - (d - 1) x² y², and the other, y² + x², would make -1 a square.

use crate::crypto::Refusal;

use std::sync::LazyLock;

use super::super::edwards::Edwards;
use super::super::edwards::point::{self, number, words_of};
use super::super::edwards::verify::{self, Sum};
use super::super::field::Residues;
use super::super::modulus::Modulus;
use super::super::words;
use super::field::{BASE, HALF, MINUS_D, Order, P, QUARTER, TWISTED_D, TWISTED_D_INVERSE};
use super::words56::Words56;

/// A residue by itself.
type Number = Words56<1>;

/// A point of either curve by its coordinates, both below p.
pub type Affine = point::Affine<7>;

/// A signature and the hash that goes with it, as numbers.
pub type Signature = verify::Signature<Twisted448, 7>;

/// The twisted curve.
#[derive(Clone, Copy, Debug)]
pub struct Twisted448;

impl Edwards<7> for Twisted448 {
    type Base = P;
    type Order = Order;
    type Number = Number;
    type Encoded = Encoded;
    const D: [u64; 7] = TWISTED_D;
    const D_INVERSE: [u64; 7] = TWISTED_D_INVERSE;
    const HALF: [u64; 7] = HALF;
    const LOW: [u64; 7] = QUARTER;
    // A quarter of 2^448.
    const HIGH: [u64; 7] = super::super::modulus::power_of_two(&Order::VALUE, 446);

    /// φ̂: (2 x y / (y² + x²), (y² - x²) / (2 - y² + x²)), seven products.
    #[inline(always)]
    fn finish<F: Residues<P, 7>>(sum: Sum<F>) -> Sum<F> {
        let (xx, yy, zz) = (sum.x.sqr(), sum.y.sqr(), sum.z.sqr());
        let (more, less) = (yy.add(&xx), yy.sub_tight(&xx));
        let rest = zz.sub_tight(&less).add(&zz);
        let xy = sum.x.mul(&sum.y);
        Sum { x: xy.add(&xy).mul(&rest), y: less.mul(&more), z: more.mul(&rest) }
    }

    /// Whether R differs from the point by one of small order only, and its x is not zero.
    #[inline(always)]
    fn is_encoded(point: &Affine, r: &Encoded) -> bool {
        let Affine { x, y } = point;
        // The first is what every honest signature has.
        if Encoded::of(point) == *r {
            return !words::is_zero(x);
        }
        let minus = |a: &[u64; 7]| P::sub(&[0; 7], a);
        [(*y, minus(x)), (minus(x), minus(y)), (minus(y), *x)]
            .into_iter()
            .any(|(x, y)| Encoded::of(&Affine { x, y }) == *r && !words::is_zero(&x))
    }
}

/// The encoding of a point of edwards448 (RFC 8032 §5.2.2): 55 octets and the last bit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Encoded {
    /// y.
    pub y: [u64; 7],
    /// The lowest bit of x.
    pub sign: u64,
}

impl Encoded {
    /// Reads 57 octets; `None` where bits of the last one are set that no encoding has.
    pub fn read(octets: &[u8; 57]) -> Option<Self> {
        let (y, [last]) = octets.split_first_chunk::<56>()? else { return None };
        (last & 0x7f == 0).then_some(Self { y: words_from(y), sign: u64::from(last >> 7) })
    }

    /// Of the point with these coordinates.
    #[inline(always)]
    pub fn of(point: &Affine) -> Self {
        Self { y: point.y, sign: point.x[0] & 1 }
    }

    /// The point on edwards448 (RFC 8032 §5.2.3).
    ///
    /// # Errors
    /// [`Refusal::Unsupported`] for `y >= p`, which some libraries read; [`Refusal::Malformed`] when
    /// there is no such point.
    pub fn point(&self) -> Result<Affine, Refusal> {
        if !words::less(&self.y, &P::VALUE) {
            return Err(Refusal::Unsupported);
        }
        // x² = u / v with u = 1 - y² and v = 1 - d y², and x = u³ v (u⁵ v³)^((p-3)/4).
        let one = Number::one();
        let square = number::<Twisted448, 7>(&self.y).sqr();
        let u = one.sub_tight(&square);
        let minus_d = number::<Twisted448, 7>(&words::small(MINUS_D));
        let v = one.add(&square.mul(&minus_d)).mul(&one);
        let (uu, uv) = (u.sqr(), u.mul(&v));
        let u3v = uu.mul(&uv);
        let u5v3 = u3v.mul(&uv.sqr());
        let x = u3v.mul(&power_of_p_less_3_over_4(&u5v3));
        if v.mul(&x.sqr()).sub(&u).zeros() == 0 {
            return Err(Refusal::Malformed);
        }
        let mut x = words_of::<Twisted448, 7>(&x);
        if words::is_zero(&x) && self.sign == 1 {
            return Err(Refusal::Unsupported);
        }
        if x[0] & 1 != self.sign {
            x = P::sub(&[0; 7], &x);
        }
        Ok(Affine { x, y: self.y })
    }
}

/// Fifty-six octets as a number, least significant first.
pub fn words_from(octets: &[u8; 56]) -> [u64; 7] {
    let mut words = [0; 7];
    for (word, octets) in words.iter_mut().zip(octets.as_chunks::<8>().0) {
        *word = u64::from_le_bytes(*octets);
    }
    words
}

/// `a^((p-3)/4)`, where `(p - 3) / 4 = 2^446 - 2^222 - 1`: 223 ones, a zero and 222 ones.
fn power_of_p_less_3_over_4(a: &Number) -> Number {
    // runs is a^(2^k - 1), with k doubling or growing by one.
    let squared = |a: &Number, times| (0..times).fold(*a, |a, _| a.sqr());
    let mut runs = *a;
    let mut k = 1;
    // The bits of 222 after the first.
    for bit in [1, 0, 1, 1, 1, 1, 0] {
        runs = squared(&runs, k).mul(&runs);
        k *= 2;
        if bit == 1 {
            runs = runs.sqr().mul(a);
            k += 1;
        }
    }
    debug_assert_eq!(k, 222);
    squared(&runs.sqr().mul(a), 223).mul(&runs)
}

/// φ: (2 x y / (y² - x²), (y² + x²) / (2 - y² - x²)). None of the denominators is zero: were y² = x², φ
/// would lead to a point of even order, which it never does; and 2 - y² - x² is 1 - d x² y².
pub fn to_twisted(point: &Affine) -> Affine {
    let (x, y) = (number::<Twisted448, 7>(&point.x), number::<Twisted448, 7>(&point.y));
    let (xx, yy, xy) = (x.sqr(), y.sqr(), x.mul(&y));
    let two = number::<Twisted448, 7>(&words::small(2));
    let (less, more) = (yy.sub_tight(&xx), yy.add(&xx).mul(&Number::one()));
    let rest = two.sub_tight(&more);
    let inverse = less.mul(&rest).invert();
    let x = xy.add(&xy).mul(&rest).mul(&inverse);
    let y = more.mul(&less).mul(&inverse);
    Affine { x: words_of::<Twisted448, 7>(&x), y: words_of::<Twisted448, 7>(&y) }
}

/// φ of edwards448's base point.
pub fn base() -> Affine {
    static MAPPED: LazyLock<Affine> =
        LazyLock::new(|| to_twisted(&Affine { x: BASE[0], y: BASE[1] }));
    *MAPPED
}
