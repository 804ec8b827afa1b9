//! Points one at a time, in plain steps: what tables begin with, and what the tests hold them to.

use std::marker::PhantomData;

use super::super::field::{Residues, in_lanes};
#[cfg(any(target_arch = "x86_64", test))]
use super::super::modulus;
use super::super::modulus::Modulus;
#[cfg(any(target_arch = "x86_64", test))]
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
    #[cfg(any(target_arch = "x86_64", test))]
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

/// Points as X/Z, Y/Z and T/Z = X Y / Z² (H. Hisil, K. K.-H. Wong, G. Carter and E. Dawson, "Twisted
/// Edwards curves revisited", 2008, §3), each tight, one in each lane.
#[derive(Clone, Copy, Debug)]
pub struct Points<C, F, const N: usize> {
    /// X.
    pub x: F,
    /// Y.
    pub y: F,
    /// Z.
    pub z: F,
    /// T.
    pub t: F,
    curve: PhantomData<C>,
}

/// A point by itself.
pub type Extended<C, const N: usize> = Points<C, <C as Edwards<N>>::Number, N>;

impl<C: Edwards<N>, const N: usize> From<Affine<N>> for Extended<C, N> {
    fn from(point: Affine<N>) -> Self {
        let (x, y) = (number::<C, N>(&point.x), number::<C, N>(&point.y));
        Self::new(x, y, C::Number::one(), x.mul(&y))
    }
}

impl<C: Edwards<N>, F: Residues<C::Base, N>, const N: usize> Points<C, F, N> {
    #[inline(always)]
    fn new(x: F, y: F, z: F, t: F) -> Self {
        Self { x, y, z, t, curve: PhantomData }
    }

    /// Of points by themselves, one for each lane; of the last again where there are no more.
    #[inline(always)]
    pub fn of(points: &[[[u64; N]; 4]]) -> Self {
        let (x, y) = (Self::coordinate(points, 0), Self::coordinate(points, 1));
        let (z, t) = (Self::coordinate(points, 2), Self::coordinate(points, 3));
        Self::new(x, y, z, t)
    }

    #[inline(always)]
    fn coordinate(points: &[[[u64; N]; 4]], which: usize) -> F {
        let last = points.len() - 1;
        F::gather(in_lanes!(F::LANES, lane => &points[lane.min(last)][which]))
    }

    /// `P + Q` for any two points that [`Edwards`] promises, equal and opposite ones too (ibid., §3.1
    /// with a = -1).
    #[inline(always)]
    pub fn plus(&self, other: &Self) -> Self {
        let (half, d) = (F::pack(|_| C::HALF), F::pack(|_| C::D));
        let a = self.y.sub(&self.x).mul(&other.y.sub(&other.x)).mul(&half);
        let b = self.y.add(&self.x).mul(&other.y.add(&other.x)).mul(&half);
        let c = self.t.mul(&other.t).mul(&d);
        let d = self.z.mul(&other.z);
        let [e, f, g, h] = [b.sub(&a), d.sub(&c), d.add(&c), b.add(&a)];
        Self::new(e.mul(&f), g.mul(&h), f.mul(&g), e.mul(&h))
    }

    /// `2 P`: 5 products, 3 squares (ibid., §3.3 with a = -1, all four with the sign changed).
    #[inline(always)]
    pub fn doubled(&self) -> Self {
        let (a, b, zz) = (self.x.sqr(), self.y.sqr(), self.z.sqr());
        let xy = self.x.mul(&self.y);
        let g = b.sub_tight(&a);
        let [e, f, h] = [xy.add(&xy), zz.sub_tight(&g).add(&zz), a.add(&b)];
        Self::new(e.mul(&f), g.mul(&h), f.mul(&g), e.mul(&h))
    }
}

impl<C: Edwards<N>, const N: usize> Extended<C, N> {
    /// X, Y, Z and T as numbers below p.
    pub fn words(&self) -> [[u64; N]; 4] {
        [self.x, self.y, self.z, self.t].map(|number| words_of::<C, N>(&number))
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
    #[cfg(any(target_arch = "x86_64", test))]
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
