//! The product at the bounds that [`super`] states, which few numbers reach by chance.

use proptest::prelude::*;

use super::super::field::Residues;
use super::super::modulus;
use super::super::{p256, p384};
use super::word::{Available, Word};
use super::{Avx2, Digits, LANES};

/// Digits of which each is a bound, zero, or in between, as shares of the bound.
fn digits() -> impl Strategy<Value = Vec<i64>> {
    let digit = prop_oneof![Just(-1000_i64), Just(1000), Just(0), -1000..1000_i64];
    proptest::collection::vec(digit, 14)
}

/// The number that signed digits stand for, modulo p.
fn value<M: Digits<N, D>, const N: usize, const D: usize>(digits: &[i64; D]) -> [u64; N] {
    let mut sum = [0; N];
    for &digit in digits.iter().rev() {
        for _ in 0..M::BITS {
            sum = M::add(&sum, &sum);
        }
        let mut size = [0; N];
        size[0] = digit.unsigned_abs();
        sum = if digit < 0 { M::sub(&sum, &size) } else { M::add(&sum, &size) };
    }
    sum
}

/// Checks a product, and the square of the second factor, in all lanes: each has the digits of the one
/// before it, turned by a place. Bounds are in thousandths of the digits' radix.
fn check<M: Digits<N, D>, const N: usize, const D: usize>(
    a: [&[i64]; 2],
    [bound_a, bound_b]: [i64; 2],
) {
    let last_bits = 64 * N - M::BITS * (D - 1);
    let lane_digits = |shares: &[i64], bound: i64, lane: usize| -> [i64; D] {
        // The last digit has the bits that it has in a number not much above p.
        std::array::from_fn(|i| {
            let digit = ((shares[(i + lane) % D] * bound) << M::BITS) / 1_000_000;
            digit >> if i + 1 == D { M::BITS - last_bits } else { 0 }
        })
    };
    let lanes: [[[i64; D]; 2]; LANES] = std::array::from_fn(|lane| {
        [lane_digits(a[0], bound_a, lane), lane_digits(a[1], bound_b, lane)]
    });
    let packed = |which: usize| -> Avx2<M, N, D> {
        let word = |i: usize| {
            Word::load(&std::array::from_fn(|lane| lanes[lane][which][i].cast_unsigned()))
        };
        Avx2::new(std::array::from_fn(word))
    };
    let times = |a: &[u64; N], b: &[u64; N]| M::mul(&M::mul(a, b), &M::R2);
    let radix = modulus::power_of_two(&M::VALUE, M::BITS * D);
    let [x, y] = [packed(0), packed(1)];
    x.mul(&y).unpack(|lane, product| {
        let [x, y] = lanes[lane].map(|digits| value::<M, N, D>(&digits));
        assert_eq!(times(&product, &radix), times(&x, &y), "lane {lane}");
    });
    y.sqr().unpack(|lane, square| {
        let y = value::<M, N, D>(&lanes[lane][1]);
        assert_eq!(times(&square, &radix), times(&y, &y), "lane {lane}");
    });
    y.sub_both(&x, &y.sub_tight(&x)).unpack(|_, difference| assert_eq!(difference, [0; N]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    // A sum times a difference is the largest product that is allowed.
    #[test]
    fn products_of_the_largest_digits_are_right(a in digits(), b in digits()) {
        if Available::detect().is_some() {
            check::<p256::P, 4, 9>([&a, &b], [2125, 1125]);
            check::<p384::P, 6, 14>([&a, &b], [2125, 1125]);
        }
    }
}

#[test]
fn all_digits_at_their_bounds_are_multiplied_right() {
    if Available::detect().is_none() {
        return;
    }
    for signs in [[1, 1], [1, -1], [-1, -1]] {
        let [a, b] = signs.map(|sign| [1000 * sign; 14]);
        check::<p256::P, 4, 9>([&a, &b], [2125, 1125]);
        check::<p384::P, 6, 14>([&a, &b], [2125, 1125]);
    }
}
