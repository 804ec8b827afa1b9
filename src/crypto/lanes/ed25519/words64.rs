//! The field for every processor: 64-bit words, any number of lanes.
//!
//! A residue is any number below 2^256. *Tight* ones are below `2^255 + 2^12`: then neither the carry
//! of a sum nor the borrow of a difference, worth 38, can give another.

use std::marker::PhantomData;

use super::super::field::{Mask, Residues};
use super::super::modulus::{self, Modulus};
use super::super::words::{self, add_carry, mul_add, sub_borrow};
use super::field::P;

/// How products are made.
pub trait Product: Copy + Send + Sync + 'static {
    /// `a b`, tight, for any numbers of four words.
    fn mul(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4];
    /// `a a`, tight.
    fn sqr(a: &[u64; 4]) -> [u64; 4] {
        Self::mul(a, a)
    }
}

/// As the compiler makes them.
#[derive(Clone, Copy, Debug)]
pub struct Compiled;

impl Product for Compiled {
    #[inline(always)]
    fn mul(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
        let mut wide = [0; 8];
        for (i, &a) in a.iter().enumerate() {
            let mut carry = 0;
            for (j, &b) in b.iter().enumerate() {
                (wide[i + j], carry) = mul_add(wide[i + j], a, b, carry);
            }
            wide[i + 4] = carry;
        }
        fold(&wide)
    }
}

/// Eight words made four, tight: 2^256 is 38, and then 2^255 is 19.
#[inline(always)]
fn fold(wide: &[u64; 8]) -> [u64; 4] {
    let (mut sum, mut carry) = ([0; 4], 0);
    for i in 0..4 {
        (sum[i], carry) = mul_add(wide[i], wide[i + 4], 38, carry);
    }
    fold_top(sum, carry)
}

/// A number below `39 2^256`, its carry beside it, made tight: below `2^255 + 19 · 79`.
#[inline(always)]
fn fold_top(mut number: [u64; 4], carry: u64) -> [u64; 4] {
    debug_assert!(carry < 39);
    let top = carry << 1 | number[3] >> 63;
    number[3] &= u64::MAX >> 1;
    let mut carry;
    (number[0], carry) = add_carry(number[0], 19 * top, 0);
    for word in &mut number[1..] {
        (*word, carry) = add_carry(*word, 0, carry);
    }
    debug_assert!(carry == 0 && is_tight(&number));
    number
}

/// Whether the number is below `2^255 + 2^12`.
fn is_tight(number: &[u64; 4]) -> bool {
    words::less(number, &[1 << 12, 0, 0, 1 << 63])
}

/// `a + b`, for tight ones.
#[inline(always)]
fn add(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    debug_assert!(is_tight(a) && is_tight(b));
    let (mut sum, mut carry) = ([0; 4], 0);
    for i in 0..4 {
        (sum[i], carry) = add_carry(a[i], b[i], carry);
    }
    // With a carry, what is left is below 2^13.
    sum[0] += carry.wrapping_neg() & 38;
    sum
}

/// `a - b`, for tight ones.
#[inline(always)]
fn sub(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    debug_assert!(is_tight(a) && is_tight(b));
    let (mut difference, mut borrow) = ([0; 4], 0);
    for i in 0..4 {
        (difference[i], borrow) = sub_borrow(a[i], b[i], borrow);
    }
    // With a borrow, what is left is at least 2^256 - 2^255 - 2^12.
    (difference[0], borrow) = sub_borrow(difference[0], borrow.wrapping_neg() & 38, 0);
    for word in &mut difference[1..] {
        (*word, borrow) = sub_borrow(*word, 0, borrow);
    }
    debug_assert!(borrow == 0);
    difference
}

/// The one below p, of any number of four words.
#[inline(always)]
pub fn canonical(number: &[u64; 4]) -> [u64; 4] {
    // Below 2^255 + 38, which is less than 2 p.
    modulus::reduce_once(&fold_top(*number, 0), 0, &P::VALUE)
}

/// `L` residues.
#[derive(Clone, Copy, Debug)]
pub struct Words64<A, const L: usize> {
    lanes: [[u64; 4]; L],
    product: PhantomData<A>,
}

impl<A: Product, const L: usize> Words64<A, L> {
    #[inline(always)]
    fn each(&self, f: impl Fn(&[u64; 4]) -> [u64; 4]) -> Self {
        let mut lanes = self.lanes;
        for lane in &mut lanes {
            *lane = f(lane);
        }
        Self { lanes, product: PhantomData }
    }

    #[inline(always)]
    fn both(&self, other: &Self, f: impl Fn(&[u64; 4], &[u64; 4]) -> [u64; 4]) -> Self {
        let mut lanes = self.lanes;
        for (lane, other) in lanes.iter_mut().zip(&other.lanes) {
            *lane = f(lane, other);
        }
        Self { lanes, product: PhantomData }
    }
}

impl<A: Product, const L: usize> Residues<P, 4> for Words64<A, L> {
    const LANES: usize = L;

    #[inline(always)]
    fn pack(number: impl FnMut(usize) -> [u64; 4]) -> Self {
        Self { lanes: std::array::from_fn(number), product: PhantomData }
    }

    #[inline(always)]
    fn unpack(&self, mut number: impl FnMut(usize, [u64; 4])) {
        for (lane, value) in self.lanes.iter().enumerate() {
            number(lane, canonical(value));
        }
    }

    #[inline(always)]
    fn one() -> Self {
        Self::pack(|_| [1, 0, 0, 0])
    }

    #[inline(always)]
    fn add(&self, other: &Self) -> Self {
        self.both(other, add)
    }

    #[inline(always)]
    fn sub(&self, other: &Self) -> Self {
        self.both(other, sub)
    }

    #[inline(always)]
    fn sub_tight(&self, other: &Self) -> Self {
        self.both(other, |a, b| fold_top(sub(a, b), 0))
    }

    #[inline(always)]
    fn sub_both(&self, other: &Self, third: &Self) -> Self {
        self.sub_tight(other).sub_tight(third)
    }

    #[inline(always)]
    fn mul(&self, other: &Self) -> Self {
        self.both(other, A::mul)
    }

    #[inline(always)]
    fn sqr(&self) -> Self {
        self.each(A::sqr)
    }

    #[inline(always)]
    fn reduce(&self) -> Self {
        *self
    }

    #[inline(always)]
    fn expand(&self) -> Self {
        *self
    }

    #[inline(always)]
    fn negate_where(&self, mask: Mask) -> Self {
        let mut lanes = self.lanes;
        for (lane, value) in lanes.iter_mut().enumerate() {
            let negated = fold_top(sub(&[0; 4], value), 0);
            let all = u64::from((mask >> lane) & 1).wrapping_neg();
            for (word, negated) in value.iter_mut().zip(negated) {
                *word ^= (*word ^ negated) & all;
            }
        }
        Self { lanes, product: PhantomData }
    }

    #[inline(always)]
    fn one_where(&self, mask: Mask) -> Self {
        let one_or_value =
            |lane| if (mask >> lane) & 1 == 1 { [1, 0, 0, 0] } else { self.lanes[lane] };
        Self::pack(one_or_value)
    }

    #[inline(always)]
    fn zeros(&self) -> Mask {
        let lanes = self.lanes.iter().enumerate();
        lanes.fold(0, |mask, (lane, value)| {
            mask | Mask::from(words::is_zero(&canonical(value))) << lane
        })
    }

    fn invert(&self) -> Self {
        let mut lanes = self.lanes.map(|lane| canonical(&lane));
        // `invert_all` gives R / (a R).
        modulus::invert_all::<P, 4>(&mut lanes, &P::R);
        Self { lanes, product: PhantomData }
    }
}
