//! The kernel for every processor: 64-bit words, two lanes so that the processor has a second
//! product to work on while the first waits for its carries.

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

    #[inline(always)]
    fn each(&self, f: impl Fn(&[u64; N]) -> [u64; N]) -> Self {
        Self::new(std::array::from_fn(|lane| f(&self.lanes[lane])))
    }

    #[inline(always)]
    fn both(&self, other: &Self, f: impl Fn(&[u64; N], &[u64; N]) -> [u64; N]) -> Self {
        Self::new(std::array::from_fn(|lane| f(&self.lanes[lane], &other.lanes[lane])))
    }
}

impl<M: Modulus<N>, A: Products, const N: usize, const L: usize> Residues<M, N>
    for Portable<M, N, L, A>
{
    const LANES: usize = L;

    #[inline(always)]
    fn pack(number: impl FnMut(usize) -> [u64; N]) -> Self {
        Self::new(std::array::from_fn(number))
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
        self.both(other, M::add)
    }

    #[inline(always)]
    fn sub(&self, other: &Self) -> Self {
        self.both(other, M::sub)
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
        self.both(other, A::mul::<M, N>)
    }

    #[inline(always)]
    fn sqr(&self) -> Self {
        self.each(A::sqr::<M, N>)
    }

    #[inline(always)]
    fn reduce(&self) -> Self {
        let mut one = [0; N];
        one[0] = 1;
        self.each(|a| A::mul::<M, N>(a, &one))
    }

    #[inline(always)]
    fn expand(&self) -> Self {
        self.each(|a| A::mul::<M, N>(a, &M::R2))
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
        let one_or_value = |lane| if (mask >> lane) & 1 == 1 { M::R } else { self.lanes[lane] };
        Self::new(std::array::from_fn(one_or_value))
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
