//! Signatures under one key by the chunk: tables for both multiplications, complete mixed additions,
//! and one inversion for a chunk.
//!
//! With `g` windows for B and `q` for -A, what `S B - k A` is made of is the sum of `g + q` rows:
//! `7 (g + q) - 2` products and two modulo the order.
//!
//! The addition is that of H. Hisil, K. K.-H. Wong, G. Carter and E. Dawson, "Twisted Edwards curves
//! revisited", 2008, §3.1, for a = -1: for the points that [`Edwards`] promises, equal, opposite and
//! neutral ones are no exceptions, so nothing is ever left undecided.

use super::super::field::{MAX_LANES, Residues};
use super::super::recode::{Digit, Windows};
use super::Edwards;
use super::point::Affine;
use super::table::{Multiples, Table};

/// A signature and the hash that goes with it, as numbers.
#[derive(Clone, Copy, Debug)]
pub struct Signature<C: Edwards<N>, const N: usize> {
    /// R: any.
    pub r: C::Encoded,
    /// S times the curve's [`Edwards::LOW`], below the order.
    pub s: [u64; N],
    /// The lower and the upper half of the hash that k is, not reduced.
    pub hash: [[u64; N]; 2],
}

/// Residues of both moduli, with equally many lanes, and the way in.
pub trait Kernel<C: Edwards<N>, const N: usize>: Sized {
    /// Proof that the processor has what the kernel needs.
    type Token: Copy + Send + Sync + 'static;
    /// Modulo the field's prime.
    type Base: Residues<C::Base, N>;
    /// Modulo the order.
    type Order: Residues<C::Order, N>;
    /// Signatures in a chunk: enough to drown the inversion, few enough for the nearest caches.
    const CHUNK: usize;

    /// [`Table::new`], compiled for the kernel's instructions.
    fn table(_: Self::Token, point: &Affine<N>, windows: Windows) -> Table<N> {
        Table::new::<C, Self::Base>(point, windows)
    }

    /// [`verify`], compiled for the kernel's instructions.
    fn verify(
        _: Self::Token,
        tables: [&Table<N>; 2],
        signatures: &[Signature<C, N>],
        holds: &mut [bool],
        space: &mut Workspace<Self, C, N>,
    ) {
        verify::<Self, C, N>(tables, signatures, holds, space);
    }
}

/// Working space, to be reused: a call leaves nothing there that the next one looks at.
#[derive(Debug)]
pub struct Workspace<K: Kernel<C, N>, C: Edwards<N>, const N: usize> {
    /// For each group of lanes, for each window of B and then of A, the digits of the lanes.
    digits: Vec<Digit>,
    sums: Vec<Sum<K::Base>>,
    products: Vec<K::Base>,
}

impl<K: Kernel<C, N>, C: Edwards<N>, const N: usize> Default for Workspace<K, C, N> {
    /// Empty.
    fn default() -> Self {
        Self { digits: Vec::new(), sums: Vec::new(), products: Vec::new() }
    }
}

/// Points as X/Z and Y/Z.
#[derive(Clone, Copy, Debug)]
pub struct Sum<F> {
    /// X.
    pub x: F,
    /// Y.
    pub y: F,
    /// Z, tight.
    pub z: F,
}

/// Judges signatures whose S is below the order, with the tables of B and of -A: `holds[i]` is set
/// to whether `signatures[i]` does.
#[inline(always)]
pub fn verify<K: Kernel<C, N>, C: Edwards<N>, const N: usize>(
    [base, key]: [&Table<N>; 2],
    signatures: &[Signature<C, N>],
    holds: &mut [bool],
    space: &mut Workspace<K, C, N>,
) {
    for (signatures, holds) in signatures.chunks(K::CHUNK).zip(holds.chunks_mut(K::CHUNK)) {
        recode_all::<K, C, N>(base, key, signatures, &mut space.digits);
        add_up::<K, C, N>(base, key, signatures.len(), space);
        compare::<K, C, N>(signatures, holds, space);
    }
}

/// The signature in a lane of a group. Lanes past the last signature repeat it.
#[inline(always)]
fn at<S>(signatures: &[S], group: usize, lanes: usize, lane: usize) -> &S {
    &signatures[(group * lanes + lane).min(signatures.len() - 1)]
}

/// Reduces the hashes, two products each, and writes the digits of all S and k.
#[inline(always)]
fn recode_all<K: Kernel<C, N>, C: Edwards<N>, const N: usize>(
    base: &Table<N>,
    key: &Table<N>,
    signatures: &[Signature<C, N>],
    digits: &mut Vec<Digit>,
) {
    let lanes = K::Order::LANES;
    let groups = signatures.len().div_ceil(lanes);
    let (in_base, in_key) = (base.windows().len(), key.windows().len());
    let count = in_base + in_key;
    digits.clear();
    digits.resize(groups * count * lanes, Digit::default());
    // Factors in Montgomery form, whose 1/R the products take away.
    let low = K::Order::pack(|_| C::LOW).expand();
    let high = K::Order::pack(|_| C::HIGH).expand();
    for group in 0..groups {
        let half =
            |which: usize| K::Order::pack(|lane| at(signatures, group, lanes, lane).hash[which]);
        let k = half(0).mul(&low).add(&half(1).mul(&high));
        let digits = &mut digits[group * count * lanes..][..count * lanes];
        let (base_digits, key_digits) = digits.split_at_mut(in_base * lanes);
        key.windows().recode_signed(lanes, &k.to_columns(), key_digits, lanes);
        let mut s = [[0; MAX_LANES]; N];
        for lane in 0..lanes {
            for (column, word) in s.iter_mut().zip(at(signatures, group, lanes, lane).s) {
                column[lane] = word;
            }
        }
        base.windows().recode_signed(lanes, &s, base_digits, lanes);
    }
}

/// How many additions ahead rows are asked for.
const AHEAD: usize = 4;

/// Adds up the rows of each signature.
#[inline(always)]
fn add_up<K: Kernel<C, N>, C: Edwards<N>, const N: usize>(
    base: &Table<N>,
    key: &Table<N>,
    signatures: usize,
    space: &mut Workspace<K, C, N>,
) {
    let lanes = K::Base::LANES;
    let in_base = base.windows().len();
    let count = in_base + key.windows().len();
    space.sums.clear();
    let d_inverse = K::Base::pack(|_| C::D_INVERSE);
    for group in 0..signatures.div_ceil(lanes) {
        let digits = &space.digits[group * count * lanes..];
        let rows = Rows { base, key, in_base, count, digits };
        let first = rows.multiples::<K, C>(0);
        let mut point = Completed::<K, C, N>::new(&first, &d_inverse, &rows.multiples::<K, C>(1));
        for i in 2..count {
            point = point.plus(&rows.multiples::<K, C>(i));
        }
        space.sums.push(C::finish(point.sum()));
    }
}

/// The rows that the digits of a group of lanes stand for.
#[derive(Clone, Copy)]
struct Rows<'t, const N: usize> {
    base: &'t Table<N>,
    key: &'t Table<N>,
    /// How many there are from the base point's table, and in all.
    in_base: usize,
    count: usize,
    /// The digits of the group, and of those that follow.
    digits: &'t [Digit],
}

impl<const N: usize> Rows<'_, N> {
    #[inline(always)]
    fn table(&self, i: usize) -> &Table<N> {
        if i < self.in_base { self.base } else { self.key }
    }

    /// The multiples of a window; asks for those of a later one, of the next group if need be.
    #[inline(always)]
    fn multiples<K: Kernel<C, N>, C: Edwards<N>>(&self, i: usize) -> Multiples<K::Base> {
        let lanes = K::Base::LANES;
        let later = i + AHEAD;
        if let Some(digits) = self.digits.get(later * lanes..(later + 1) * lanes) {
            self.table(if later < self.count { later } else { later - self.count })
                .prefetch(digits);
        }
        let digits = &self.digits[i * lanes..(i + 1) * lanes];
        self.table(i).multiples::<C::Base, K::Base>(digits)
    }
}

/// A point on its way: the four factors, loose, of which X = E F, Y = G H, Z = F G and T = X Y / Z = E H
/// are products. No product is made before an addition asks for it, so that kernels may add and subtract
/// two of them before they are carried: see [`Residues::mul_both`].
struct Completed<K: Kernel<C, N>, C: Edwards<N>, const N: usize> {
    e: K::Base,
    f: K::Base,
    g: K::Base,
    h: K::Base,
}

impl<K: Kernel<C, N>, C: Edwards<N>, const N: usize> Completed<K, C, N> {
    /// The first two rows, with Z = 1 for the first alone: four products.
    #[inline(always)]
    fn new(first: &Multiples<K::Base>, d_inverse: &K::Base, row: &Multiples<K::Base>) -> Self {
        let sum = first.half_sum.add(&first.half_sum);
        let difference = first.half_difference.add(&first.half_difference);
        let t = first.product.mul(d_inverse);
        let c = t.mul(&row.product);
        let one = K::Base::one();
        let [h, e] = K::Base::mul_both([&sum, &row.half_sum], [&difference, &row.half_difference]);
        Self { e, f: one.sub(&c), g: one.add(&c), h }
    }

    /// The row added: seven products.
    #[inline(always)]
    fn plus(&self, row: &Multiples<K::Base>) -> Self {
        let Self { e, f, g, h } = self;
        let [sum, difference] = K::Base::mul_both([g, h], [e, f]);
        let t = e.mul(h);
        let [h, e] = K::Base::mul_both([&sum, &row.half_sum], [&difference, &row.half_difference]);
        let [g, f] = K::Base::mul_both([f, g], [&t, &row.product]);
        Self { e, f, g, h }
    }

    #[inline(always)]
    fn sum(&self) -> Sum<K::Base> {
        Sum { x: self.e.mul(&self.f), y: self.g.mul(&self.h), z: self.f.mul(&self.g) }
    }
}

/// Encodes the sums, with one inversion for all of them, 5 products each, and compares with R.
#[inline(always)]
fn compare<K: Kernel<C, N>, C: Edwards<N>, const N: usize>(
    signatures: &[Signature<C, N>],
    holds: &mut [bool],
    space: &mut Workspace<K, C, N>,
) {
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
        let (mut x, mut y) = ([[0; N]; 32], [[0; N]; 32]);
        sum.x.mul(&reciprocal).unpack(|lane, number| x[lane] = number);
        sum.y.mul(&reciprocal).unpack(|lane, number| y[lane] = number);
        let start = group * lanes;
        let judged = holds.iter_mut().zip(signatures).skip(start).take(lanes);
        for ((holds, signature), (x, y)) in judged.zip(x.into_iter().zip(y)) {
            *holds = C::is_encoded(&Affine { x, y }, &signature.r);
        }
    }
}
