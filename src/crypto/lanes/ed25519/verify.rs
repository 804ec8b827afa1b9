//! Ed25519 under one key, signatures by the chunk: tables for both multiplications, complete mixed
//! additions, and one inversion for a chunk.
//!
//! A signature (R, S) over a message holds if the encoding of `S B - k A` is R, octet by octet, with
//! `k = SHA-512(R ‖ A ‖ M)` modulo the order (RFC 8032 §5.1.7 without the cofactor). With `g` windows
//! for B and `q` for -A that point is the sum of `g + q` rows: `7 (g + q) - 2` products and two
//! modulo the order.
//!
//! The addition is complete (H. Hisil, K. K.-H. Wong, G. Carter and E. Dawson, "Twisted Edwards curves
//! revisited", 2008, §3.1): equal, opposite and neutral points and those of small order are no
//! exceptions, so nothing is ever left undecided.

use super::super::field::Residues;
use super::super::modulus::Modulus;
use super::super::recode::{Digit, Windows};
use super::super::words;
use super::field::{D_INVERSE, Order, P};
use super::point::Affine;
use super::table::{Multiples, Table};

/// A signature and the hash that goes with it, as numbers.
#[derive(Clone, Copy, Debug)]
pub struct Signature {
    /// The octets R: any.
    pub r: [u64; 4],
    /// S, below the order.
    pub s: [u64; 4],
    /// SHA-512(R ‖ A ‖ M), not reduced.
    pub hash: [u64; 8],
}

/// Bits that the windows of scalars cover: one more than the order has, for the sign.
pub const SCALAR_BITS: usize = words::bit_len(&<Order as Modulus<4>>::VALUE) + 1;

/// Residues of both moduli, with equally many lanes, and the way in.
pub trait Kernel: Sized {
    /// Proof that the processor has what the kernel needs.
    type Token: Copy + Send + Sync + 'static;
    /// Modulo the field's prime.
    type Base: Residues<P, 4>;
    /// Modulo the order.
    type Order: Residues<Order, 4>;
    /// Signatures in a chunk: enough to drown the inversion, few enough for the nearest caches.
    const CHUNK: usize;

    /// [`Table::new`], compiled for the kernel's instructions.
    fn table(_: Self::Token, point: &Affine, windows: Windows) -> Table {
        Table::new::<Self::Base>(point, windows)
    }

    /// [`verify`], compiled for the kernel's instructions.
    fn verify(
        _: Self::Token,
        tables: [&Table; 2],
        signatures: &[Signature],
        holds: &mut [bool],
        space: &mut Workspace<Self>,
    ) {
        verify::<Self>(tables, signatures, holds, space);
    }
}

/// Working space, to be reused.
#[derive(Debug)]
pub struct Workspace<K: Kernel> {
    /// For each group of lanes, for each window of B and then of A, the digits of the lanes.
    digits: Vec<Digit>,
    sums: Vec<Sum<K::Base>>,
    products: Vec<K::Base>,
}

impl<K: Kernel> Workspace<K> {
    /// Empty.
    pub fn new() -> Self {
        Self { digits: Vec::new(), sums: Vec::new(), products: Vec::new() }
    }
}

/// Points as X/Z and Y/Z.
#[derive(Clone, Copy, Debug)]
struct Sum<F> {
    x: F,
    y: F,
    z: F,
}

/// Judges signatures whose S is below the order, with the tables of B and of -A: `holds[i]` is set
/// to whether `signatures[i]` does.
#[inline(always)]
pub fn verify<K: Kernel>(
    [base, key]: [&Table; 2],
    signatures: &[Signature],
    holds: &mut [bool],
    space: &mut Workspace<K>,
) {
    for (signatures, holds) in signatures.chunks(K::CHUNK).zip(holds.chunks_mut(K::CHUNK)) {
        recode_all::<K>(base, key, signatures, &mut space.digits);
        add_up::<K>(base, key, signatures.len(), space);
        compare::<K>(signatures, holds, space);
    }
}

/// The signature in a lane of a group. Lanes past the last signature repeat it.
#[inline(always)]
fn at(signatures: &[Signature], group: usize, lanes: usize, lane: usize) -> &Signature {
    &signatures[(group * lanes + lane).min(signatures.len() - 1)]
}

/// Reduces the hashes, two products each, and writes the digits of all S and k.
#[inline(always)]
fn recode_all<K: Kernel>(
    base: &Table,
    key: &Table,
    signatures: &[Signature],
    digits: &mut Vec<Digit>,
) {
    let lanes = K::Order::LANES;
    let groups = signatures.len().div_ceil(lanes);
    let (in_base, in_key) = (base.windows().len(), key.windows().len());
    let count = in_base + in_key;
    digits.clear();
    digits.resize(groups * count * lanes, Digit::default());
    // One in Montgomery form takes a product's 1/R away, 2^256 moves the upper half up.
    let one = K::Order::one();
    let shift = K::Order::pack(|_| Order::R).expand();
    for group in 0..groups {
        let half = |start: usize| {
            K::Order::pack(|lane| {
                let hash = &at(signatures, group, lanes, lane).hash;
                std::array::from_fn(|i| hash[start + i])
            })
        };
        let k = half(0).mul(&one).add(&half(4).mul(&shift));
        let digits = &mut digits[group * count * lanes..][..count * lanes];
        k.unpack(|lane, k| {
            key.windows()
                .recode_signed(&k, |i, digit| digits[(in_base + i) * lanes + lane] = digit);
        });
        for lane in 0..lanes {
            let s = &at(signatures, group, lanes, lane).s;
            base.windows().recode_signed(s, |i, digit| digits[i * lanes + lane] = digit);
        }
    }
}

/// How many additions ahead rows are asked for.
const AHEAD: usize = 4;

/// Adds up the rows of each signature.
#[inline(always)]
fn add_up<K: Kernel>(base: &Table, key: &Table, signatures: usize, space: &mut Workspace<K>) {
    let lanes = K::Base::LANES;
    let in_base = base.windows().len();
    let count = in_base + key.windows().len();
    space.sums.clear();
    let d_inverse = K::Base::pack(|_| D_INVERSE);
    for group in 0..signatures.div_ceil(lanes) {
        let digits = &space.digits[group * count * lanes..];
        let rows = Rows { base, key, in_base, count, digits };
        let mut point = Accumulator::new(&rows.multiples(0), &d_inverse);
        for i in 1..count - 1 {
            point = point.plus(&rows.multiples(i));
        }
        space.sums.push(point.completed(&rows.multiples(count - 1)).sum());
    }
}

/// The rows that the digits of a group of lanes stand for.
#[derive(Clone, Copy)]
struct Rows<'t> {
    base: &'t Table,
    key: &'t Table,
    /// How many there are from the base point's table, and in all.
    in_base: usize,
    count: usize,
    /// The digits of the group, and of those that follow.
    digits: &'t [Digit],
}

impl Rows<'_> {
    #[inline(always)]
    fn table(&self, i: usize) -> &Table {
        if i < self.in_base { self.base } else { self.key }
    }

    /// The multiples of a window; asks for those of a later one, of the next group if need be.
    #[inline(always)]
    fn multiples<F: Residues<P, 4>>(&self, i: usize) -> Multiples<F> {
        let later = i + AHEAD;
        if let Some(digits) = self.digits.get(later * F::LANES..(later + 1) * F::LANES) {
            self.table(if later < self.count { later } else { later - self.count })
                .prefetch(digits);
        }
        self.table(i).multiples(&self.digits[i * F::LANES..(i + 1) * F::LANES])
    }
}

/// A point on its way: X, Y, Z and T = X Y / Z (extended coordinates), as an addition wants them.
#[derive(Clone, Copy, Debug)]
struct Accumulator<F> {
    /// Y + X, loose.
    sum: F,
    /// Y - X, loose.
    difference: F,
    /// Z, tight.
    z: F,
    /// T, tight.
    t: F,
}

/// The four factors of which an addition's X, Y, Z and T are products, loose.
#[derive(Clone, Copy, Debug)]
struct Completed<F> {
    e: F,
    f: F,
    g: F,
    h: F,
}

impl<F: Residues<P, 4>> Accumulator<F> {
    /// One row by itself: a product.
    #[inline(always)]
    fn new(row: &Multiples<F>, d_inverse: &F) -> Self {
        Self {
            sum: row.half_sum.add(&row.half_sum),
            difference: row.half_difference.add(&row.half_difference),
            z: F::one(),
            t: row.product.mul(d_inverse),
        }
    }

    /// The row added, but for the last products: three products.
    #[inline(always)]
    fn completed(&self, row: &Multiples<F>) -> Completed<F> {
        let a = self.difference.mul(&row.half_difference);
        let b = self.sum.mul(&row.half_sum);
        let c = self.t.mul(&row.product);
        Completed { e: b.sub(&a), f: self.z.sub(&c), g: self.z.add(&c), h: b.add(&a) }
    }

    /// The row added: seven products.
    #[inline(always)]
    fn plus(&self, row: &Multiples<F>) -> Self {
        let next = self.completed(row);
        let Sum { x, y, z } = next.sum();
        Self { sum: y.add(&x), difference: y.sub(&x), z, t: next.e.mul(&next.h) }
    }
}

impl<F: Residues<P, 4>> Completed<F> {
    #[inline(always)]
    fn sum(&self) -> Sum<F> {
        Sum { x: self.e.mul(&self.f), y: self.g.mul(&self.h), z: self.f.mul(&self.g) }
    }
}

/// Encodes the sums, with one inversion for all of them, 5 products each, and compares with R.
#[inline(always)]
fn compare<K: Kernel>(signatures: &[Signature], holds: &mut [bool], space: &mut Workspace<K>) {
    let lanes = K::Base::LANES;
    let mut product = K::Base::one();
    space.products.clear();
    for sum in &space.sums {
        space.products.push(product);
        product = product.mul(&sum.z);
    }
    let mut inverse = product.invert();
    for (group, (sum, before)) in space.sums.iter().zip(&space.products).enumerate().rev() {
        let reciprocal = inverse.mul(before);
        inverse = inverse.mul(&sum.z);
        let (mut x, mut y) = ([[0; 4]; 32], [[0; 4]; 32]);
        sum.x.mul(&reciprocal).unpack(|lane, number| x[lane] = number);
        sum.y.mul(&reciprocal).unpack(|lane, number| y[lane] = number);
        let start = group * lanes;
        let judged = holds.iter_mut().zip(signatures).skip(start).take(lanes);
        for ((holds, signature), (x, y)) in judged.zip(x.into_iter().zip(y)) {
            *holds = Affine { x, y }.encoded() == signature.r;
        }
    }
}
