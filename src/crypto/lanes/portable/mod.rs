//! The kernel for every processor: 64-bit words, two lanes so that the processor has a second
//! product to work on while the first waits for its carries.
#![allow(clippy::needless_range_loop, reason = "iterators are not always inlined, see `each`")]

use std::marker::PhantomData;

use super::field::{Mask, Residues};
use super::modulus::{self, Modulus};

#[cfg(target_arch = "x86_64")]
pub mod adx;

/// How products are made.
pub trait Products: Copy + Send + Sync {
    /// `a b / R mod VALUE`, for any `a` and a `b` below the modulus.
    fn mul<M: Modulus<N>, const N: usize>(a: &[u64; N], b: &[u64; N]) -> [u64; N];
    /// `a a / R mod VALUE`.
    fn sqr<M: Modulus<N>, const N: usize>(a: &[u64; N]) -> [u64; N];
}

/// As the compiler makes them.
#[derive(Clone, Copy, Debug)]
pub struct Compiled;

impl Products for Compiled {
    #[inline(always)]
    fn mul<M: Modulus<N>, const N: usize>(a: &[u64; N], b: &[u64; N]) -> [u64; N] {
        M::mul(a, b)
    }

    #[inline(always)]
    fn sqr<M: Modulus<N>, const N: usize>(a: &[u64; N]) -> [u64; N] {
        M::sqr(a)
    }
}

/// `L` residues of `N` words, each below the modulus, in Montgomery form with `R = 2^(64 N)`.
#[derive(Clone, Copy, Debug)]
pub struct Portable<M, const N: usize, const L: usize, A = Compiled> {
    lanes: [[u64; N]; L],
    kind: PhantomData<(M, A)>,
}

impl<M: Modulus<N>, A: Products, const N: usize, const L: usize> Portable<M, N, L, A> {
    #[inline(always)]
    fn new(lanes: [[u64; N]; L]) -> Self {
        Self { lanes, kind: PhantomData }
    }
}

/// Each lane by an expression of its number. A loop and no closure, so that all is inlined where the
/// processor's instructions may be used.
macro_rules! each {
    ($lane:ident, $value:expr) => {{
        let mut lanes = [[0; N]; L];
        for $lane in 0..L {
            lanes[$lane] = $value;
        }
        Self::new(lanes)
    }};
}

impl<M: Modulus<N>, A: Products, const N: usize, const L: usize> Residues<M, N>
    for Portable<M, N, L, A>
{
    const LANES: usize = L;

    #[inline(always)]
    fn pack(mut number: impl FnMut(usize) -> [u64; N]) -> Self {
        each!(lane, number(lane))
    }

    #[inline(always)]
    fn unpack(&self, mut number: impl FnMut(usize, [u64; N])) {
        for (lane, value) in self.lanes.iter().enumerate() {
            number(lane, *value);
        }
    }

    #[inline(always)]
    fn one() -> Self {
        Self::new([M::R; L])
    }

    #[inline(always)]
    fn add(&self, other: &Self) -> Self {
        each!(lane, M::add(&self.lanes[lane], &other.lanes[lane]))
    }

    #[inline(always)]
    fn sub(&self, other: &Self) -> Self {
        each!(lane, M::sub(&self.lanes[lane], &other.lanes[lane]))
    }

    #[inline(always)]
    fn sub_tight(&self, other: &Self) -> Self {
        self.sub(other)
    }

    #[inline(always)]
    fn sub_both(&self, other: &Self, third: &Self) -> Self {
        self.sub(other).sub(third)
    }

    #[inline(always)]
    fn mul(&self, other: &Self) -> Self {
        each!(lane, A::mul::<M, N>(&self.lanes[lane], &other.lanes[lane]))
    }

    #[inline(always)]
    fn sqr(&self) -> Self {
        each!(lane, A::sqr::<M, N>(&self.lanes[lane]))
    }

    #[inline(always)]
    fn reduce(&self) -> Self {
        let mut one = [0; N];
        one[0] = 1;
        each!(lane, A::mul::<M, N>(&self.lanes[lane], &one))
    }

    #[inline(always)]
    fn expand(&self) -> Self {
        each!(lane, A::mul::<M, N>(&self.lanes[lane], &M::R2))
    }

    #[inline(always)]
    fn negate_where(&self, mask: Mask) -> Self {
        let mut lanes = self.lanes;
        for (lane, value) in lanes.iter_mut().enumerate() {
            let negated = M::sub(&[0; N], value);
            let all = u64::from((mask >> lane) & 1).wrapping_neg();
            for (word, negated) in value.iter_mut().zip(negated) {
                *word ^= (*word ^ negated) & all;
            }
        }
        Self::new(lanes)
    }

    #[inline(always)]
    fn one_where(&self, mask: Mask) -> Self {
        each!(lane, if (mask >> lane) & 1 == 1 { M::R } else { self.lanes[lane] })
    }

    #[inline(always)]
    fn zeros(&self) -> Mask {
        let is_zero = |value: &[u64; N]| value.iter().fold(0, |any, word| any | word) == 0;
        let lanes = self.lanes.iter().enumerate();
        lanes.fold(0, |mask, (lane, value)| mask | (Mask::from(is_zero(value)) << lane))
    }

    fn invert(&self) -> Self {
        let mut lanes = self.lanes;
        // With a R in the lanes: 1 / (a R) times R² is 1 / a in Montgomery form.
        modulus::invert_all::<M, N>(&mut lanes, &M::R3);
        Self::new(lanes)
    }
}
