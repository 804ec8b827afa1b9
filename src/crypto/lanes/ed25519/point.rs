//! Points one at a time, in plain steps: what tables begin with, and what the tests hold them to.

use crate::crypto::Refusal;

use super::super::field::Residues;
use super::super::modulus::{self, Modulus};
use super::super::words;
use super::field::{BASE, D, HALF, P, ROOT_OF_MINUS_ONE};
use super::words64::{Compiled, Words64};

/// A residue by itself.
type Number = Words64<Compiled, 1>;

fn number(words: &[u64; 4]) -> Number {
    Number::pack(|_| *words)
}

fn words_of(number: &Number) -> [u64; 4] {
    let mut words = [0; 4];
    number.unpack(|_, number| words = number);
    words
}

/// A point by its coordinates, both below p.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Affine {
    /// The first coordinate.
    pub x: [u64; 4],
    /// The second coordinate.
    pub y: [u64; 4],
}

impl Affine {
    /// The neutral element.
    pub const IDENTITY: Self = Self { x: [0; 4], y: [1, 0, 0, 0] };
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
        let square = number(&y).sqr();
        let u = square.sub_tight(&one);
        let v = square.mul(&number(&D)).add(&one);
        let v3 = v.sqr().mul(&v);
        let mut x = power_of_p_less_5_over_8(&v3.sqr().mul(&v).mul(&u)).mul(&v3).mul(&u);
        let found = v.mul(&x.sqr());
        if found.sub(&u).zeros() == 0 {
            if found.add(&u).zeros() == 0 {
                return Err(Refusal::Malformed);
            }
            x = x.mul(&number(&ROOT_OF_MINUS_ONE));
        }
        let mut x = words_of(&x);
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
        let x = if words::is_zero(&self.x) { self.x } else { words::sub(&P::VALUE, &self.x).0 };
        Self { x, y: self.y }
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

/// A point as X/Z, Y/Z and T/Z = X Y / Z² (H. Hisil, K. K.-H. Wong, G. Carter and E. Dawson, "Twisted
/// Edwards curves revisited", 2008, §3), each tight.
#[derive(Clone, Copy, Debug)]
pub struct Extended {
    x: Number,
    y: Number,
    z: Number,
    t: Number,
}

impl From<Affine> for Extended {
    fn from(point: Affine) -> Self {
        let (x, y) = (number(&point.x), number(&point.y));
        Self { x, y, z: Number::one(), t: x.mul(&y) }
    }
}

impl Extended {
    /// `P + Q` for any two points, equal and opposite ones too (ibid., §3.1 with a = -1; complete,
    /// since d is no square).
    pub fn plus(&self, other: &Self) -> Self {
        let half = number(&HALF);
        let a = self.y.sub(&self.x).mul(&other.y.sub(&other.x)).mul(&half);
        let b = self.y.add(&self.x).mul(&other.y.add(&other.x)).mul(&half);
        let c = self.t.mul(&other.t).mul(&number(&D));
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
    pub fn multiple(&self, k: &[u64; 4]) -> Self {
        (0..words::bit_len(k)).rev().fold(Affine::IDENTITY.into(), |sum: Self, bit| {
            let sum = sum.doubled();
            if words::bits(k, bit, 1) == 1 { sum.plus(self) } else { sum }
        })
    }

    /// The coordinates of many points, with one inversion.
    pub fn to_affine(points: &[Self]) -> Vec<Affine> {
        let mut inverses: Vec<_> = points.iter().map(|point| words_of(&point.z)).collect();
        // `invert_all` gives R / (z R).
        modulus::invert_all::<P, 4>(&mut inverses, &P::R);
        let affine = |(point, inverse): (&Self, &[u64; 4])| {
            let inverse = number(inverse);
            let [x, y] = [point.x, point.y].map(|number| words_of(&number.mul(&inverse)));
            Affine { x, y }
        };
        points.iter().zip(&inverses).map(affine).collect()
    }
}
