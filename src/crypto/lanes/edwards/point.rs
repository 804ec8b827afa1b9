//! Points one at a time, in plain steps: what tables begin with, and what the tests hold them to.

use super::super::field::Residues;
use super::super::modulus::{self, Modulus};
use super::super::words;
use super::Edwards;

/// A point by its coordinates, both below p.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Affine<const N: usize> {
    /// The first coordinate.
    pub x: [u64; N],
    /// The second coordinate.
    pub y: [u64; N],
}

impl<const N: usize> Affine<N> {
    /// The neutral element.
    pub const IDENTITY: Self = Self { x: [0; N], y: words::small(1) };

    /// `-P` over the field with this prime.
    pub fn negated_modulo<P: Modulus<N>>(&self) -> Self {
        Self { x: P::sub(&[0; N], &self.x), y: self.y }
    }
}

/// The residue with this number.
pub fn number<C: Edwards<N>, const N: usize>(words: &[u64; N]) -> C::Number {
    C::Number::pack(|_| *words)
}

/// The number below p of a residue.
pub fn words_of<C: Edwards<N>, const N: usize>(number: &C::Number) -> [u64; N] {
    let mut words = [0; N];
    number.unpack(|_, number| words = number);
    words
}

/// A point as X/Z, Y/Z and T/Z = X Y / Z² (H. Hisil, K. K.-H. Wong, G. Carter and E. Dawson, "Twisted
/// Edwards curves revisited", 2008, §3), each tight.
#[derive(Clone, Copy, Debug)]
pub struct Extended<C: Edwards<N>, const N: usize> {
    x: C::Number,
    y: C::Number,
    z: C::Number,
    t: C::Number,
}

impl<C: Edwards<N>, const N: usize> From<Affine<N>> for Extended<C, N> {
    fn from(point: Affine<N>) -> Self {
        let (x, y) = (number::<C, N>(&point.x), number::<C, N>(&point.y));
        Self { x, y, z: C::Number::one(), t: x.mul(&y) }
    }
}

impl<C: Edwards<N>, const N: usize> Extended<C, N> {
    /// `P + Q` for any two points that [`Edwards`] promises, equal and opposite ones too (ibid., §3.1
    /// with a = -1).
    pub fn plus(&self, other: &Self) -> Self {
        let half = number::<C, N>(&C::HALF);
        let a = self.y.sub(&self.x).mul(&other.y.sub(&other.x)).mul(&half);
        let b = self.y.add(&self.x).mul(&other.y.add(&other.x)).mul(&half);
        let c = self.t.mul(&other.t).mul(&number::<C, N>(&C::D));
        let d = self.z.mul(&other.z);
        let [e, f, g, h] = [b.sub(&a), d.sub(&c), d.add(&c), b.add(&a)];
        Self { x: e.mul(&f), y: g.mul(&h), z: f.mul(&g), t: e.mul(&h) }
    }

    /// `2 P`.
    pub fn doubled(&self) -> Self {
        self.plus(self)
    }

    /// `k P`, bit by bit.
    #[cfg(any(target_arch = "x86_64", test))]
    pub fn multiple(&self, k: &[u64; N]) -> Self {
        (0..words::bit_len(k)).rev().fold(Affine::IDENTITY.into(), |sum: Self, bit| {
            let sum = sum.doubled();
            if words::bits(k, bit, 1) == 1 { sum.plus(self) } else { sum }
        })
    }

    /// The coordinates of many points, with one inversion.
    pub fn to_affine(points: &[Self]) -> Vec<Affine<N>> {
        let mut inverses: Vec<_> = points.iter().map(|point| words_of::<C, N>(&point.z)).collect();
        // `invert_all` gives R / (z R).
        modulus::invert_all::<C::Base, N>(&mut inverses, &C::Base::R);
        let affine = |(point, inverse): (&Self, &[u64; N])| {
            let inverse = number::<C, N>(inverse);
            let [x, y] = [point.x, point.y].map(|number| words_of::<C, N>(&number.mul(&inverse)));
            Affine { x, y }
        };
        points.iter().zip(&inverses).map(affine).collect()
    }
}
