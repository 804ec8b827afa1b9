//! Points one at a time, every case handled: for what a batch must leave out, and to begin tables.
//!
//! Jacobian coordinates: `(X, Y, Z)` stands for `(X / Z², Y / Z³)`, and `Z = 0` for infinity.

use std::marker::PhantomData;

use super::curve::Curve;
use super::ecdsa::Signature;
use super::modulus::Modulus;
use super::words;

/// A point in Jacobian coordinates, in Montgomery form.
#[derive(Clone, Copy, Debug)]
pub struct Point<C, const N: usize> {
    x: [u64; N],
    y: [u64; N],
    z: [u64; N],
    curve: PhantomData<C>,
}

impl<C: Curve<N>, const N: usize> Point<C, N> {
    /// The point with these coordinates; `None` when they are not below p or not on the curve.
    pub fn from_affine([x, y]: [[u64; N]; 2]) -> Option<Self> {
        let p = &C::Base::VALUE;
        if !words::less(&x, p) || !words::less(&y, p) {
            return None;
        }
        let [x, y, b] = [x, y, C::B].map(|number| C::Base::mul(&number, &C::Base::R2));
        // x³ - 3 x + b
        let cube = C::Base::mul(&C::Base::sqr(&x), &x);
        let three_x = C::Base::add(&C::Base::add(&x, &x), &x);
        let right = C::Base::add(&C::Base::sub(&cube, &three_x), &b);
        (C::Base::sqr(&y) == right).then_some(Self::new(x, y, C::Base::R))
    }

    fn new(x: [u64; N], y: [u64; N], z: [u64; N]) -> Self {
        Self { x, y, z, curve: PhantomData }
    }

    fn infinity() -> Self {
        Self::new(C::Base::R, C::Base::R, [0; N])
    }

    /// Twice the point: 3 products, 5 squares (EFD, Jacobian coordinates with a = -3,
    /// `dbl-2001-b`). Infinity stays infinity; there are no points of order 2.
    pub fn double(&self) -> Self {
        let (add, sub, mul, sqr) = (C::Base::add, C::Base::sub, C::Base::mul, C::Base::sqr);
        let delta = sqr(&self.z);
        let gamma = sqr(&self.y);
        let beta = mul(&self.x, &gamma);
        let alpha = mul(&sub(&self.x, &delta), &add(&self.x, &delta));
        let alpha = add(&add(&alpha, &alpha), &alpha);
        let two_beta = add(&beta, &beta);
        let four_beta = add(&two_beta, &two_beta);
        let x = sub(&sub(&sqr(&alpha), &four_beta), &four_beta);
        let z = sub(&sub(&sqr(&add(&self.y, &self.z)), &gamma), &delta);
        let two_gamma = add(&gamma, &gamma);
        let square = sqr(&two_gamma);
        let eight = add(&square, &square);
        let y = sub(&mul(&alpha, &sub(&four_beta, &x)), &eight);
        Self::new(x, y, z)
    }

    /// The sum: 12 products, 4 squares (EFD, Jacobian coordinates, `add-1998-cmo-2`), after the
    /// cases that the formula does not know.
    fn add(&self, other: &Self) -> Self {
        if words::is_zero(&self.z) {
            return *other;
        }
        if words::is_zero(&other.z) {
            return *self;
        }
        let (sub, mul, sqr) = (C::Base::sub, C::Base::mul, C::Base::sqr);
        let [z1z1, z2z2] = [sqr(&self.z), sqr(&other.z)];
        let [u1, u2] = [mul(&self.x, &z2z2), mul(&other.x, &z1z1)];
        let s1 = mul(&mul(&self.y, &other.z), &z2z2);
        let s2 = mul(&mul(&other.y, &self.z), &z1z1);
        let [h, r] = [sub(&u2, &u1), sub(&s2, &s1)];
        if words::is_zero(&h) {
            return if words::is_zero(&r) { self.double() } else { Self::infinity() };
        }
        let hh = sqr(&h);
        let hhh = mul(&h, &hh);
        let v = mul(&u1, &hh);
        let x = sub(&sub(&sub(&sqr(&r), &hhh), &v), &v);
        let y = sub(&mul(&r, &sub(&v, &x)), &mul(&s1, &hhh));
        let z = mul(&mul(&self.z, &other.z), &h);
        Self::new(x, y, z)
    }

    /// `u P + v Q`, bit by bit ("Shamir's trick").
    fn sum_of_multiples(u: &[u64; N], p: &Self, v: &[u64; N], q: &Self) -> Self {
        let both = p.add(q);
        (0..64 * N).rev().fold(Self::infinity(), |sum, bit| {
            let sum = sum.double();
            match (words::bits(u, bit, 1), words::bits(v, bit, 1)) {
                (0, 0) => sum,
                (_, 0) => sum.add(p),
                (0, _) => sum.add(q),
                _ => sum.add(&both),
            }
        })
    }

    /// `u P`.
    pub fn multiple(&self, u: &[u64; N]) -> Self {
        Self::sum_of_multiples(u, self, &[0; N], self)
    }

    /// `P + Q`.
    #[cfg(test)]
    pub fn plus(&self, other: &Self) -> Self {
        self.add(other)
    }

    /// X, Y and Z.
    pub fn jacobian(&self) -> [[u64; N]; 3] {
        [self.x, self.y, self.z]
    }

    /// The coordinates, not in Montgomery form; `None` for infinity.
    pub fn coordinates(&self) -> Option<[[u64; N]; 2]> {
        if words::is_zero(&self.z) {
            return None;
        }
        let (mul, sqr) = (C::Base::mul, C::Base::sqr);
        // 1 / Z in Montgomery form from Z R: 1 / (Z R) times R².
        let inverse = mul(&C::Base::invert(&self.z), &C::Base::R3);
        let square = sqr(&inverse);
        let mut one = [0; N];
        one[0] = 1;
        let [x, y] = [mul(&self.x, &square), mul(&self.y, &mul(&square, &inverse))];
        Some([x, y].map(|number| mul(&number, &one)))
    }
}

/// ECDSA verification as FIPS 186-5 §6.4.2 says, whatever the points do on the way. `r` and `s` are
/// in range.
pub fn verify<C: Curve<N>, const N: usize>(
    key: &Point<C, N>,
    base: &Point<C, N>,
    signature: &Signature<N>,
) -> bool {
    let Signature { e, r, s } = signature;
    // 1 / s in Montgomery form, so that the products with plain numbers are plain.
    let w = C::Order::mul(&C::Order::invert(s), &C::Order::R2);
    let [u1, u2] = [C::Order::mul(e, &w), C::Order::mul(r, &w)];
    let sum = Point::sum_of_multiples(&u1, base, &u2, key);
    let Some([x, _]) = sum.coordinates() else { return false };
    // x mod n = r, where x < p < 2 n.
    x == *r || words::sub(&x, &C::Order::VALUE) == (*r, false)
}
