//! The algorithm held to plain definitions: numbers against schoolbook arithmetic, the group against
//! all points of a tiny curve, batches against one point at a time.
#![allow(clippy::cast_possible_truncation, reason = "the numbers here are known to fit")]

use proptest::prelude::*;

use super::curve::Curve;
use super::doubling::{InWords, SideBySide};
use super::ecdsa::{self, Kernel, Outcome, Signature, Workspace};
use super::field::Residues;
use super::ifma::Ifma;
use super::ifma::vector::Emulated;
use super::kernels::{Scalar64, check};
use super::modulus::Modulus;
use super::p256::{self, P256};
use super::p384::{self, P384};
use super::plain::{self, Point};
use super::portable::Portable;
use super::recode::Windows;
use super::{inverse, words};

mod school;

/// Numbers with many bits alike, as carries like them, and any.
fn number<const N: usize>() -> impl Strategy<Value = [u64; N]> {
    let word = prop_oneof![
        any::<u64>(),
        Just(0),
        Just(1),
        Just(u64::MAX),
        Just(0xffff_ffff),
        Just(0xffff_ffff_0000_0000),
        Just(0xffff_ffff_0000_0001),
    ];
    proptest::collection::vec(word, N).prop_map(|words| words.try_into().unwrap())
}

/// A number below the modulus; often one of the least or greatest.
pub(super) fn residue<M: Modulus<N>, const N: usize>() -> impl Strategy<Value = [u64; N]> {
    (number::<N>(), 0_u64..4, any::<[bool; 2]>()).prop_map(|(number, small, [edge, high])| {
        let mut least = [0; N];
        least[0] = small;
        match (edge, high) {
            (true, true) if small > 0 => words::sub(&M::VALUE, &least).0,
            (true, _) => least,
            _ => school::to_words(&school::rem(&school::of(&number), &school::of(&M::VALUE))),
        }
    })
}

/// Checks all operations of a modulus and of a kernel's residues against school arithmetic.
pub(super) fn check_residues<M: Modulus<N>, F: Residues<M, N>, const N: usize>(
    a: [u64; N],
    b: [u64; N],
    mask: u32,
) {
    let m = school::of(&M::VALUE);
    let rem = |number: &school::Number| school::to_words::<N>(&school::rem(number, &m));
    let minus = |b: &[u64; N]| words::sub(&M::VALUE, b).0;
    let (x, y) = (school::of(&a), school::of(&b));
    let (sum, product) = (rem(&school::add(&x, &y)), rem(&school::mul(&x, &y)));
    let difference = rem(&school::add(&x, &school::of(&minus(&b))));
    // a in even lanes, b in odd ones.
    let pack = |even, odd| F::pack(|lane| if lane % 2 == 0 { even } else { odd }).expand();
    let check = |found: F, even: [u64; N], odd: [u64; N], what: &str| {
        found.reduce().unpack(|lane, number| {
            assert_eq!(number, if lane % 2 == 0 { even } else { odd }, "{what} lane {lane}");
        });
    };
    let (p, q) = (pack(a, b), pack(b, a));
    check(p, a, b, "there and back");
    check(p.mul(&q), product, product, "product");
    let square = |x: &school::Number| rem(&school::mul(x, x));
    check(p.sqr(), square(&x), square(&y), "square");
    check(p.add(&q), sum, sum, "sum");
    let negated = rem(&school::of(&minus(&difference)));
    check(p.sub(&q), difference, negated, "difference");
    check(p.sub_tight(&q), difference, negated, "tight difference");
    let product_less = p.mul(&q).sub_both(&p, &q);
    let less = rem(&school::add(&school::of(&product), &school::of(&minus(&sum))));
    check(product_less, less, less, "difference of three");
    // A second coordinate that sixteen additions have gone through, from a negated one on.
    let zero = F::pack(|_| [0; N]);
    let lanes = (1_u64 << F::LANES) as u32 - 1;
    let mut coordinate = p.negate_where(lanes);
    for _ in 0..15 {
        coordinate = p.mul_less(&q, &coordinate);
    }
    let plus = |a: &[u64; N]| rem(&school::add(&school::of(&product), &school::of(a)));
    check(coordinate.sub(&zero), plus(&a), plus(&b), "product less a coordinate");
    let [less_a, less_b] = [&a, &b].map(|number| rem(&school::of(&minus(number))));
    check(p.mul_less(&q, &coordinate).sub(&zero), less_a, less_b, "product less a sum");
    let both = school::of(&minus(&sum));
    let [even, odd] = [&x, &y].map(|x| rem(&school::add(&school::mul(x, x), &both)));
    check(p.sqr_less_both(&p, &q), even, odd, "square less two");
    let minus_of =
        |a: &[u64; N], b: &[u64; N]| rem(&school::add(&school::of(a), &school::of(&minus(b))));
    let (xx, yy) = (rem(&school::mul(&x, &x)), rem(&school::mul(&y, &y)));
    let loose = q.sub(&p).mul(&p.add(&q)).sub_tight(&p.sub_tight(&q));
    let even = minus_of(&minus_of(&yy, &xx), &difference);
    check(loose, even, minus_of(&minus_of(&xx, &yy), &negated), "product of loose ones");
    p.negate_where(mask).sub(&zero).reduce().unpack(|lane, number| {
        let value = if lane % 2 == 0 { a } else { b };
        let expected = if mask >> lane & 1 == 1 { rem(&school::of(&minus(&value))) } else { value };
        assert_eq!(number, expected, "negated lane {lane}");
    });
    p.one_where(mask).reduce().unpack(|lane, number| {
        let mut one = [0; N];
        one[0] = 1;
        let value = if lane % 2 == 0 { a } else { b };
        assert_eq!(number, if mask >> lane & 1 == 1 { one } else { value });
    });
    assert_eq!(p.sub(&p).zeros(), lanes, "a difference of equals is zero");
    let is_zero = |lane| words::is_zero(if lane % 2 == 0 { &a } else { &b });
    let zeros = (0..F::LANES).fold(0, |mask, lane| mask | u32::from(is_zero(lane)) << lane);
    assert_eq!(p.zeros(), zeros);
    if zeros == 0 {
        let one = rem(&vec![1]);
        check(p.invert().mul(&p), one, one, "inverse");
        check(p.invert().invert(), a, b, "inverse of the inverse");
    }
    // What gets multiplied only need not be reduced.
    let raw = F::pack(|_| [u64::MAX; N]).mul(&p);
    let max = rem(&school::mul(&vec![u32::MAX; 2 * N], &x));
    let raw_y = rem(&school::mul(&vec![u32::MAX; 2 * N], &y));
    raw.unpack(|lane, number| {
        assert_eq!(number, if lane % 2 == 0 { max } else { raw_y }, "unreduced factor");
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn portable_p256_agrees_with_school_arithmetic(
        (a, b) in (residue::<p256::P, 4>(), residue::<p256::P, 4>()),
        (c, d) in (residue::<p256::Order, 4>(), residue::<p256::Order, 4>()),
        mask in 0_u32..4,
    ) {
        check_residues::<p256::P, Portable<_, 4, 2>, 4>(a, b, mask);
        check_residues::<p256::Order, Portable<_, 4, 2>, 4>(c, d, mask);
        #[cfg(target_arch = "x86_64")]
        if super::portable::adx::Available::detect().is_some() {
            use super::portable::adx::Adx;
            check_residues::<p256::P, Portable<_, 4, 2, Adx>, 4>(a, b, mask);
            check_residues::<p256::Order, Portable<_, 4, 2, Adx>, 4>(c, d, mask);
        }
    }

    #[test]
    fn portable_p384_agrees_with_school_arithmetic(
        (a, b) in (residue::<p384::P, 6>(), residue::<p384::P, 6>()),
        (c, d) in (residue::<p384::Order, 6>(), residue::<p384::Order, 6>()),
        mask in 0_u32..4,
    ) {
        check_residues::<p384::P, Portable<_, 6, 2>, 6>(a, b, mask);
        check_residues::<p384::Order, Portable<_, 6, 2>, 6>(c, d, mask);
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn avx2_fields_agree_with_school_arithmetic(
        (a, b) in (residue::<p256::P, 4>(), residue::<p256::P, 4>()),
        (c, d) in (residue::<p384::P, 6>(), residue::<p384::P, 6>()),
        mask in 0_u32..16,
    ) {
        if super::avx2::word::Available::detect().is_some() {
            check_residues::<p256::P, super::avx2::Avx2<_, 4, 9>, 4>(a, b, mask);
            check_residues::<p384::P, super::avx2::Avx2<_, 6, 14>, 6>(c, d, mask);
        }
    }

    #[test]
    fn ifma_p256_agrees_with_school_arithmetic(
        (a, b) in (residue::<p256::P, 4>(), residue::<p256::P, 4>()),
        (c, d) in (residue::<p256::Order, 4>(), residue::<p256::Order, 4>()),
        mask in 0_u32..256,
    ) {
        check_residues::<p256::P, Ifma<Emulated, _, 4, 5>, 4>(a, b, mask);
        check_residues::<p256::Order, Ifma<Emulated, _, 4, 5>, 4>(c, d, mask);
    }

    #[test]
    fn ifma_p384_agrees_with_school_arithmetic(
        (a, b) in (residue::<p384::P, 6>(), residue::<p384::P, 6>()),
        (c, d) in (residue::<p384::Order, 6>(), residue::<p384::Order, 6>()),
        mask in 0_u32..256,
    ) {
        check_residues::<p384::P, Ifma<Emulated, _, 6, 8>, 6>(a, b, mask);
        check_residues::<p384::Order, Ifma<Emulated, _, 6, 8>, 6>(c, d, mask);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    // The product of all lanes is made crosswise, and so is what the others have for each.
    #[test]
    fn lanes_that_all_differ_are_inverted_together(
        numbers in proptest::collection::vec(residue::<p256::P, 4>(), 8),
        others in proptest::collection::vec(residue::<p384::Order, 6>(), 8),
    ) {
        check_inverses::<p256::P, Ifma<Emulated, _, 4, 5>, 4>(&numbers);
        check_inverses::<p384::Order, Ifma<Emulated, _, 6, 8>, 6>(&others);
        #[cfg(target_arch = "x86_64")]
        if super::ifma::avx512::Available::detect().is_some() {
            use super::ifma::avx512::Avx512;
            check_inverses::<p256::P, Ifma<Avx512, _, 4, 5>, 4>(&numbers);
            check_inverses::<p384::Order, Ifma<Avx512, _, 6, 8>, 6>(&others);
        }
    }
}

fn check_inverses<M: Modulus<N>, F: Residues<M, N>, const N: usize>(numbers: &[[u64; N]]) {
    let or_one = |number: &[u64; N]| if words::is_zero(number) { words::small(1) } else { *number };
    let numbers = F::pack(|lane| or_one(&numbers[lane])).expand();
    numbers.invert().mul(&numbers).reduce().unpack(|lane, number| {
        assert_eq!(number, words::small(1), "lane {lane}");
    });
}

// Every residue of a small prime, and numbers that have no inverse.
#[test]
fn inverses_are_found_just_where_they_are() {
    for m in [3_u64, 5, 7, 1009, 65521] {
        for a in 0..m.min(1100) {
            let inverse = inverse::invert::<1, 2>(&[a], &[m])[0];
            assert!((a == 0 && inverse == 0) || a * inverse % m == 1, "{a} modulo {m}");
        }
    }
    for a in [0_u64, 3, 5, 15, 30] {
        assert_eq!(inverse::invert::<1, 2>(&[a], &[45]), [0]);
    }
    let order = <p256::Order as Modulus<4>>::VALUE;
    let minus_one = words::sub(&order, &[1, 0, 0, 0]).0;
    assert_eq!(inverse::invert::<4, 5>(&minus_one, &order), minus_one);
}

/// A curve small enough to try all of it: y² = x³ - 3 x + 4 modulo 89, of prime order 79. Ten of
/// its first coordinates may be 79 or more.
#[derive(Clone, Copy, Debug)]
struct Tiny;

#[derive(Clone, Copy, Debug)]
struct TinyBase;

#[derive(Clone, Copy, Debug)]
struct TinyOrder;

impl Modulus<1> for TinyBase {
    const VALUE: [u64; 1] = [89];
    fn invert(a: &[u64; 1]) -> [u64; 1] {
        inverse::invert::<1, 2>(a, &Self::VALUE)
    }
}

impl Modulus<1> for TinyOrder {
    const VALUE: [u64; 1] = [79];
    fn invert(a: &[u64; 1]) -> [u64; 1] {
        inverse::invert::<1, 2>(a, &Self::VALUE)
    }
}

impl Curve<1> for Tiny {
    type Base = TinyBase;
    type Order = TinyOrder;
    const B: [u64; 1] = [4];
    const G: [[u64; 1]; 2] = [[0], [2]];
}

/// Points of the tiny curve by the definition of the group law; `None` is infinity.
type TinyPoint = Option<(u64, u64)>;

fn tiny_add(p: TinyPoint, q: TinyPoint) -> TinyPoint {
    let (Some((x1, y1)), Some((x2, y2))) = (p, q) else { return p.or(q) };
    let divide = |a: u64, b: u64| (0..89).find(|quotient| quotient * b % 89 == a % 89);
    let slope = if x1 == x2 {
        if (y1 + y2) % 89 == 0 {
            return None;
        }
        divide(3 * x1 * x1 + 89 - 3, 2 * y1)?
    } else {
        divide(y2 + 89 - y1, x2 + 89 - x1)?
    };
    let x = (slope * slope + 2 * 89 - x1 - x2) % 89;
    Some((x, (slope * (x1 + 89 - x) + 89 - y1) % 89))
}

/// The portable kernel with so many lanes and such chunks.
struct Any<const L: usize, const CHUNK: usize>;

impl<C: Curve<N>, const N: usize, const L: usize, const CHUNK: usize> Kernel<C, N>
    for Any<L, CHUNK>
{
    type Token = ();
    type Base = Portable<C::Base, N, L>;
    type Order = Portable<C::Order, N, L>;
    type Doublings = InWords;
    const CHUNK: usize = CHUNK;
}

/// What the batch says, and what `plain` says where the batch leaves it open; how many those were.
fn verdicts<K: Kernel<C, N, Token = ()>, C: Curve<N>, const N: usize>(
    key: &Point<C, N>,
    windows: [usize; 2],
    signatures: &[Signature<N>],
) -> (Vec<bool>, usize) {
    let base = Point::<C, N>::from_affine(C::G).unwrap();
    let [base_table, key_table] = [(&base, windows[0]), (key, windows[1])]
        .map(|(point, count)| K::table((), point, Windows::new(C::BITS, count)));
    let mut outcomes = vec![Outcome::Undecided; signatures.len()];
    let mut space = Workspace::<K, C, N>::default();
    ecdsa::verify([&base_table, &key_table], signatures, &mut outcomes, &mut space);
    let undecided = outcomes.iter().filter(|&&outcome| outcome == Outcome::Undecided).count();
    let verdict = |(outcome, signature): (&Outcome, &Signature<N>)| match outcome {
        Outcome::Holds => true,
        Outcome::Fails => false,
        Outcome::Undecided => plain::verify(key, &base, signature),
    };
    (outcomes.iter().zip(signatures).map(verdict).collect(), undecided)
}

// Every key, every u1 and u2: equal points, opposite points and infinity at every place, in windows
// of all widths, even and odd in number, and with lanes to spare.
#[test]
fn every_sum_on_a_tiny_curve_is_right_in_every_batch() {
    let multiples: Vec<TinyPoint> =
        std::iter::successors(Some(None), |&p| Some(tiny_add(p, Some((0, 2))))).take(79).collect();
    assert_eq!(tiny_add(multiples[78], Some((0, 2))), None, "the order is 79");
    for d in 1..79_u64 {
        let (x, y) = multiples[d as usize].unwrap();
        let key = Point::<Tiny, 1>::from_affine([[x], [y]]).unwrap();
        let (mut signatures, mut expected) = (Vec::new(), Vec::new());
        for u1 in 0..79 {
            for u2 in 1..79 {
                let sum = multiples[((u1 + u2 * d) % 79) as usize];
                // Of all r and s with this u2, one with the right r if there is one, and any other.
                let right = sum.map(|(x, _)| x % 79).filter(|&r| r != 0);
                let other = 1 + (u1 * 7 + u2 * 3 + d) % 78;
                for r in right.into_iter().chain([other]) {
                    let s = (1..79).find(|s| s * u2 % 79 == r).unwrap();
                    // A digest at or above the order counts modulo it.
                    let e = u1 * s % 79 + if u2 % 2 == 0 { 79 * 3 } else { 0 };
                    signatures.push(Signature { e: [e], r: [r], s: [s] });
                    expected.push(right == Some(r));
                }
            }
        }
        let windows = [2 + d as usize % 6, 2 + d as usize / 6 % 6];
        let (found, undecided) = if d % 2 == 0 {
            verdicts::<Any<2, 16>, Tiny, 1>(&key, windows, &signatures)
        } else {
            verdicts::<Any<3, 1000>, Tiny, 1>(&key, windows, &signatures)
        };
        assert!(undecided > 0 && undecided < signatures.len());
        assert_eq!(found, expected, "key {d}, windows {windows:?}");
    }
}

/// All rows of a table against multiples added up one by one.
fn check_table<K: Kernel<C, N>, C: Curve<N>, const N: usize>(
    token: K::Token,
    point: &Point<C, N>,
    count: usize,
) {
    let windows = Windows::new(C::BITS, count);
    let table = K::table(token, point, windows.clone());
    let plain = |number: [u64; N]| {
        let mut plain = number;
        K::Base::pack(|_| number).reduce().unpack(|_, number| plain = number);
        plain
    };
    let mut start = *point;
    for window in windows.iter() {
        let (mut multiple, twice) = (start, start.double());
        for j in 0..window.rows() {
            let row = table.row(window.row + j).map(plain);
            assert_eq!(Some(row), multiple.coordinates(), "{j} of {window:?}");
            multiple = multiple.plus(&twice);
        }
        start = (0..window.width).fold(start, |point, _| point.double());
    }
}

// Windows of two lengths in a group of lanes and apart, lanes to spare, and windows of one bit; those of
// 11 bits take more than one batch.
#[test]
fn table_rows_are_the_multiples_they_stand_for() {
    let tiny = Point::<Tiny, 1>::from_affine(Tiny::G).unwrap().multiple(&[5]);
    for count in 2..=7 {
        check_table::<Any<1, 1>, Tiny, 1>((), &tiny, count);
        check_table::<Any<2, 1>, Tiny, 1>((), &tiny, count);
        check_table::<Any<3, 1>, Tiny, 1>((), &tiny, count);
    }
    let key256 = Point::from_affine(P256::G).unwrap().multiple(&p256::Order::R2);
    let key384 = Point::from_affine(P384::G).unwrap().multiple(&p384::Order::R2);
    for count in [52, 100] {
        check_table::<Scalar64, P256, 4>((), &key256, count);
        check_table::<EmulatedIfma<5>, P256, 4>((), &key256, count);
        check_table::<EmulatedIfma<8>, P384, 6>((), &key384, count);
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(available) = super::avx2::word::Available::detect() {
        check_table::<super::kernels::FourLanes<9>, P256, 4>(available, &key256, 50);
        check_table::<super::kernels::FourLanes<14>, P384, 6>(available, &key384, 75);
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(available) = super::ifma::avx512::Available::detect() {
        check_table::<super::kernels::Ifma52<5>, P256, 4>(available, &key256, 24);
        check_table::<super::kernels::Ifma52<8>, P384, 6>(available, &key384, 75);
    }
}

fn scalar(number: u64) -> [u64; 4] {
    [number, 0, 0, 0]
}

type Order256 = p256::Order;

/// A product or quotient modulo P-256's order.
fn times(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    Order256::mul(&Order256::mul(a, b), &Order256::R2)
}

fn over(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    times(a, &Order256::invert(b))
}

fn multiple(k: &[u64; 4]) -> [[u64; 4]; 2] {
    let base = Point::<P256, 4>::from_affine(P256::G).unwrap();
    base.multiple(k).coordinates().unwrap()
}

/// A signature under the key `d` such that `u1` and `u2` are what is asked for.
fn crafted(d: &[u64; 4], u1: &[u64; 4], u2: &[u64; 4]) -> Option<Signature<4>> {
    let k = p256::Order::add(u1, &check::times::<P256, 4>(u2, d));
    let base = Point::<P256, 4>::from_affine(P256::G)?;
    check::with_sum(&base.multiple(&k), u1, u2)
}

// Whoever knows the key's logarithm can choose u1 and u2, and so make points meet in the first
// level (d such that a row of Q's table is one of G's), in later ones, and in the last.
#[test]
fn crafted_meetings_are_left_to_plain_arithmetic_and_spoil_nothing_else() {
    let n = Order256::VALUE;
    let one = scalar(1);
    let minus = |a: &[u64; 4]| words::sub(&n, a).0;
    let mut power = one;
    for _ in 0..133 {
        power = Order256::add(&power, &power);
    }
    let logarithms =
        [one, minus(&one), scalar(2), minus(&scalar(2)), over(&one, &scalar(2)), scalar(3), power];
    let mut met = 0;
    for d in logarithms {
        let key = Point::<P256, 4>::from_affine(multiple(&d)).unwrap();
        let (mut signatures, mut expected) = (Vec::new(), Vec::new());
        let numbers = [one, scalar(2), scalar(7), minus(&one), minus(&scalar(2)), power, d];
        let mut seed = scalar(0x9e37_79b9_7f4a_7c15);
        for u1 in numbers.iter().chain([&[0; 4]]) {
            for u2 in &numbers {
                seed = times(&seed, &[3, 5, 7, 11]);
                for (u1, u2) in [(*u1, *u2), (seed, times(&seed, u2)), (times(&seed, u1), seed)] {
                    let Some(signature) = crafted(&d, &u1, &u2) else { continue };
                    let e = Order256::add(&signature.e, &one);
                    signatures.extend([signature, Signature { e, ..signature }]);
                    expected.extend([true, false]);
                }
            }
        }
        for windows in [[43, 43], [24, 20], [17, 16]] {
            let (found, undecided) = verdicts::<Any<2, 64>, P256, 4>(&key, windows, &signatures);
            assert_eq!(found, expected, "logarithm {d:x?}, windows {windows:?}");
            met += undecided;
        }
    }
    assert!(met > 100, "only {met} met");
}

// x mod n = r for x = r + n < p happens once in 2^128 by chance, so the key is made for it: a point
// R with such an x is chosen, and Q = (s R - e G) / r (SEC 1 §4.1.6, key recovery).
#[test]
fn a_first_coordinate_above_the_order_is_seen() {
    let base = Point::<P256, 4>::from_affine(P256::G).unwrap();
    let mut found = 0;
    for r in 1..40 {
        let (x, _) = words::add(&scalar(r), &Order256::VALUE);
        let Some(point) = point_with_x(&x) else { continue };
        let (e, s) = (scalar(12345), scalar(67890 + r));
        let r = scalar(r);
        let minus_e = words::sub(&Order256::VALUE, &e).0;
        let u = over(&s, &r);
        let v = over(&minus_e, &r);
        let sum = point.multiple(&u).plus(&base.multiple(&v));
        let key = Point::from_affine(sum.coordinates().unwrap()).unwrap();
        let right = Signature { e, r, s };
        assert!(plain::verify(&key, &base, &right));
        let wrong = Signature { e: scalar(12346), ..right };
        let above = Signature { r: scalar(found + 1000), ..right };
        let (holds, _) = verdicts::<Any<2, 8>, P256, 4>(&key, [24, 24], &[wrong, right, above]);
        assert_eq!(holds, [false, true, false]);
        found += 1;
    }
    assert!(found > 10);
}

/// A point with this first coordinate, if there is one: p is 3 modulo 4, so that a square root is a
/// power (p + 1) / 4.
fn point_with_x(x: &[u64; 4]) -> Option<Point<P256, 4>> {
    type P = p256::P;
    let [mx, b] = [x, &P256::B].map(|number| P::mul(number, &P::R2));
    let cube = P::mul(&P::sqr(&mx), &mx);
    let square = P::add(&P::sub(&cube, &P::add(&P::add(&mx, &mx), &mx)), &b);
    let (exponent, _) = words::add(&P::VALUE, &scalar(1));
    let root = (2..256).rev().fold(P::R, |power, bit| {
        let power = P::sqr(&power);
        if words::bits(&exponent, bit, 1) == 1 { P::mul(&power, &square) } else { power }
    });
    Point::from_affine([*x, P::mul(&root, &scalar(1))])
}

// Every count around the lanes and chunks, with good, bad and meeting signatures at every place.
#[test]
fn batches_of_all_sizes_say_what_single_verification_says() {
    let d = [0x1234_5678_9abc_def0, 0xfedc, 77, 0x0102_0304_0506_0708];
    let key = Point::<P256, 4>::from_affine(multiple(&d)).unwrap();
    let mut u = ([1, 2, 3, 4], [5, 6, 7, 8]);
    let signatures: Vec<_> = (0..70)
        .map(|i| {
            u = (times(&u.0, &[9, 8, 7, 6]), times(&u.1, &[5, 4, 3, 2]));
            let right = crafted(&d, &u.0, &u.1).unwrap();
            let mut wrong = right;
            match i % 7 {
                1 => wrong.e[i % 4] ^= 1 << (i % 64),
                3 => wrong.r[i % 3] ^= 1 << (i % 64),
                5 => wrong.s[i % 3] ^= 1 << (i % 64),
                6 => wrong = crafted(&d, &times(&d, &u.1), &u.1).unwrap(),
                _ => {}
            }
            wrong
        })
        .collect();
    let expected: Vec<bool> = (0..70).map(|i| ![1, 3, 5].contains(&(i % 7))).collect();
    for count in 0..=70 {
        let start = 70 - count;
        let (found, _) = verdicts::<Any<4, 32>, P256, 4>(&key, [32, 24], &signatures[start..]);
        assert_eq!(found, expected[start..], "{count} signatures");
    }
}

/// The IFMA kernel on emulated vectors.
struct EmulatedIfma<const L: usize>;

impl<C: Curve<N>, const N: usize, const L: usize> Kernel<C, N> for EmulatedIfma<L> {
    type Token = ();
    type Base = Ifma<Emulated, C::Base, N, L>;
    type Order = Ifma<Emulated, C::Order, N, L>;
    type Doublings = SideBySide;
    const CHUNK: usize = 24;
}

#[test]
fn every_kernel_passes_the_trial_before_it_is_trusted() {
    assert!(check::agrees::<P256, Scalar64, 4>(()));
    assert!(check::agrees::<P384, Scalar64, 6>(()));
    assert!(check::agrees::<P256, EmulatedIfma<5>, 4>(()));
    assert!(check::agrees::<P384, EmulatedIfma<8>, 6>(()));
    #[cfg(target_arch = "x86_64")]
    if let Some(available) = super::portable::adx::Available::detect() {
        assert!(check::agrees::<P256, super::kernels::ScalarAdx, 4>(available));
        assert!(check::agrees::<P384, super::kernels::ScalarAdx, 6>(available));
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(available) = super::avx2::word::Available::detect() {
        assert!(check::agrees::<P256, super::kernels::FourLanes<9>, 4>(available));
        assert!(check::agrees::<P384, super::kernels::FourLanes<14>, 6>(available));
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(available) = super::ifma::avx512::Available::detect() {
        assert!(check::agrees::<P256, super::kernels::Ifma52<5>, 4>(available));
        assert!(check::agrees::<P384, super::kernels::Ifma52<8>, 6>(available));
    }
}

fn check_base_point<C: Curve<N>, const N: usize>() {
    let base = Point::<C, N>::from_affine(C::G).unwrap();
    let mut one = [0; N];
    one[0] = 1;
    let (minus_one, _) = words::sub(&C::Order::VALUE, &one);
    let [x, y] = base.multiple(&minus_one).coordinates().unwrap();
    assert_eq!([x, words::sub(&C::Base::VALUE, &y).0], C::G);
}

#[test]
fn base_points_are_on_their_curves_and_have_their_orders() {
    check_base_point::<P256, 4>();
    check_base_point::<P384, 6>();
}
