//! Ed25519 held to plain definitions: residues to school arithmetic, points to the group law as it is
//! written in books, tables to multiples one at a time, batches to signatures whose key's logarithm is
//! known.
#![allow(clippy::cast_possible_truncation, reason = "the numbers here are known to fit")]

use proptest::prelude::*;

use super::super::edwards::Edwards;
use super::super::edwards::table::Table;
use super::super::edwards::verify::{Kernel, Workspace};
use super::super::field::{Mask, Residues};
use super::super::ifma::Ifma;
use super::super::ifma::vector::Emulated;
use super::super::modulus::Modulus;
use super::super::recode::Windows;
use super::super::tests::{check_residues, residue};
use super::super::words;
use super::field::{
    BASE, D, D_INVERSE, Edwards25519, HALF, Order, P, ROOT_OF_MINUS_ONE, Signature,
};
use super::ifma::Ifma51;
use super::kernels::{Portable, check};
use super::point::{Affine, Extended};
use super::words64::{Compiled, Words64};
use crate::crypto::Refusal;

const SCALAR_BITS: usize = Edwards25519::SCALAR_BITS;

/// The IFMA kernel on emulated vectors.
struct EmulatedIfma;

impl Kernel<Edwards25519, 4> for EmulatedIfma {
    type Token = ();
    type Base = Ifma51<Emulated>;
    type Order = Ifma<Emulated, Order, 4, 5>;
    const CHUNK: usize = 24;
}

/// Calls a macro with each kernel that can run here and its token.
macro_rules! for_each_kernel {
    ($do:ident) => {
        $do!(Portable, ());
        $do!(EmulatedIfma, ());
        #[cfg(target_arch = "x86_64")]
        {
            if let Some(available) = super::super::portable::adx::Available::detect() {
                $do!(super::Adx, available);
            }
            if let Some(available) = super::super::avx2::word::Available::detect() {
                $do!(super::Avx, available);
            }
            if let Some(available) = super::super::ifma::avx512::Available::detect() {
                $do!(super::Ifma, available);
            }
        }
    };
}

#[test]
fn every_kernel_passes_the_trial_before_it_is_trusted() {
    macro_rules! trial {
        ($kernel:ty, $token:expr) => {
            assert!(check::agrees::<$kernel>($token), stringify!($kernel));
        };
    }
    for_each_kernel!(trial);
}

/// `a b` modulo p, by the modulus' own arithmetic for Montgomery form.
fn times(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    P::mul(&P::mul(a, b), &P::R2)
}

fn small(number: u64) -> [u64; 4] {
    [number, 0, 0, 0]
}

// RFC 8032 §5.1.
#[test]
fn the_numbers_are_what_they_are_said_to_be() {
    let one = small(1);
    let minus_one = words::sub(&P::VALUE, &one).0;
    assert_eq!(words::add(&P::VALUE, &small(19)).0, [0, 0, 0, 1 << 63]);
    let minus_121665 = words::sub(&P::VALUE, &small(121_665)).0;
    assert_eq!(times(&D, &small(121_666)), minus_121665);
    assert_eq!((times(&D, &D_INVERSE), times(&HALF, &small(2))), (one, one));
    assert_eq!(times(&ROOT_OF_MINUS_ONE, &ROOT_OF_MINUS_ONE), minus_one);
    assert_eq!(times(&BASE[1], &small(5)), small(4));
    assert_eq!(BASE[0][0] & 1, 0);
    assert_eq!(Affine::decode(&octets(&Affine::BASE.encoded())), Ok(Affine::BASE));
    let [below, at] = [words::sub(&Order::VALUE, &one).0, Order::VALUE];
    let base = Extended::from(Affine::BASE);
    let points = Extended::to_affine(&[base.multiple(&below), base.multiple(&at)]);
    assert_eq!(points, [Affine::BASE.negated(), Affine::IDENTITY]);
}

fn octets(words: &[u64; 4]) -> [u8; 32] {
    let octets: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    octets.try_into().unwrap()
}

/// Calls `check_residues` for every field that can run here; all kernels leave Montgomery form alone.
fn check_fields(a: [u64; 4], b: [u64; 4], mask: u32) {
    check_residues::<P, Words64<Compiled, 1>, 4>(a, b, mask & 1);
    macro_rules! check {
        ($kernel:ty, $token:expr) => {{
            let _ = $token;
            type F = <$kernel as Kernel<Edwards25519, 4>>::Base;
            let lanes = <F as Residues<P, 4>>::LANES;
            check_residues::<P, F, 4>(a, b, mask & ((1 << lanes) - 1));
            check_loose::<F>(a, b);
        }};
    }
    for_each_kernel!(check);
}

/// Products of loose factors, where columns are fullest.
fn check_loose<F: Residues<P, 4>>(a: [u64; 4], b: [u64; 4]) {
    // By way of pointers, so that nothing is compiled into this place over and over.
    let [add, sub, mul]: [fn(&F, &F) -> F; 3] = [F::add, F::sub, F::mul];
    let (p, q) = (F::pack(|_| a), F::pack(|_| b));
    let check = |found: F, expected: [u64; 4]| {
        found.unpack(|lane, number| assert_eq!(number, expected, "lane {lane}"));
    };
    let (sum, difference) = (P::add(&a, &b), P::sub(&a, &b));
    check(mul(&add(&p, &q), &sub(&p, &q)), times(&sum, &difference));
    check(mul(&sub(&p, &q), &sub(&q, &p)), times(&difference, &P::sub(&b, &a)));
    check(mul(&add(&p, &q), &add(&p, &q)), times(&sum, &sum));
    // Tight ones as products leave them, not as packed numbers are.
    let (pq, pp) = (mul(&p, &q), mul(&p, &p));
    let (ab, aa) = (times(&a, &b), times(&a, &a));
    let (less, more) = (P::sub(&ab, &aa), P::add(&ab, &aa));
    check(mul(&sub(&pq, &pp), &add(&pq, &pp)), times(&less, &more));
    check(sub(&pq, &pp), less);
    // Sums and differences of products, of packed numbers and of loose factors.
    let mul_both: fn([&F; 2], [&F; 2]) -> [F; 2] = F::mul_both;
    let [both, apart] = mul_both([&p, &q], [&p, &p]);
    check(both, more);
    check(apart, less);
    check(mul(&both, &apart), times(&more, &less));
    let [x, y] = [add(&p, &q), sub(&p, &q)];
    let (first, second) = (times(&sum, &difference), times(&difference, &P::sub(&b, &a)));
    for ([both, apart], [first, second]) in [
        (mul_both([&x, &y], [&y, &sub(&q, &p)]), [first, second]),
        (mul_both([&y, &sub(&q, &p)], [&x, &y]), [second, first]),
    ] {
        check(mul(&apart, &both), times(&P::sub(&first, &second), &P::add(&first, &second)));
        check(both, P::add(&first, &second));
        check(apart, P::sub(&first, &second));
    }
    // A negated number is a factor as it is.
    let negated = p.negate_where(Mask::MAX);
    check(mul(&negated, &q), P::sub(&small(0), &ab));
    check(mul(&negated, &x), P::sub(&small(0), &times(&a, &sum)));
    check(add(&pq, &pp), more);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_field_agrees_with_school_arithmetic(
        (a, b) in (residue::<P, 4>(), residue::<P, 4>()),
        mask in 0_u32..256,
    ) {
        check_fields(a, b, mask);
    }

    // Decoding against a library's: every encoding that either reads. Half of all y have no x.
    #[test]
    fn points_are_decoded_as_a_library_decodes_them(encoded in any::<[u8; 32]>()) {
        let library = ed25519_dalek::VerifyingKey::from_bytes(&encoded).ok();
        match Affine::decode(&encoded) {
            Ok(point) => {
                prop_assert_eq!(octets(&point.encoded()), encoded);
                prop_assert!(library.is_some());
            }
            Err(refusal) => {
                prop_assert_eq!(refusal, Refusal::Malformed);
                prop_assert!(library.is_none());
            }
        }
    }
}

// p - 1 - k for small k, and small numbers: what products reduce to last.
#[test]
fn residues_at_the_edges_are_right_in_every_field() {
    let minus = |k: u64| words::sub(&P::VALUE, &small(k)).0;
    let top = [u64::MAX, u64::MAX, u64::MAX, (u64::MAX >> 1) - 1];
    let digits = [1 << 51, 1 << 26, (1 << 51) - 1, 1 << 38].map(small);
    let mut numbers = vec![top, [0, 0, 0, 1 << 62], [u64::MAX, 0, 0, 0], [0, u64::MAX, 0, 1 << 61]];
    numbers.extend(digits);
    numbers.extend([0, 1, 2, 18, 19, 20, 37, 38].map(small));
    numbers.extend([1, 2, 18, 19, 20].map(minus));
    for a in &numbers {
        for b in &numbers {
            check_fields(*a, *b, 0b1010_0101);
        }
    }
}

/// The group law by its definition (RFC 8032 §5.1.4 in affine coordinates).
fn plus(p: &Affine, q: &Affine) -> Affine {
    let (xy, yx) = (times(&p.x, &q.y), times(&p.y, &q.x));
    let (yy, xx) = (times(&p.y, &q.y), times(&p.x, &q.x));
    let e = times(&D, &times(&xx, &yy));
    let over = |a: [u64; 4], b: [u64; 4]| times(&a, &P::invert(&b));
    let one = small(1);
    let x = over(P::add(&xy, &yx), P::add(&one, &e));
    Affine { x, y: over(P::add(&yy, &xx), P::sub(&one, &e)) }
}

/// The eight points of small order: multiples of one of order 8, whose encoding RFC 8032 readers know.
fn small_order() -> [Affine; 8] {
    let encoded = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a";
    let point = Affine::decode(&hex(encoded)).unwrap();
    let mut points = [Affine::IDENTITY; 8];
    for i in 1..8 {
        points[i] = plus(&points[i - 1], &point);
    }
    assert_eq!(plus(&points[7], &point), Affine::IDENTITY);
    assert!(points[1..].iter().all(|&point| point != Affine::IDENTITY));
    points
}

fn hex(digits: &str) -> [u8; 32] {
    data_encoding::HEXLOWER.decode(digits.as_bytes()).unwrap().try_into().unwrap()
}

// Equal, opposite and neutral points and those of small order are no exceptions.
#[test]
fn the_group_law_is_complete() {
    let mut points: Vec<_> = small_order().to_vec();
    let [a, b] = [check::multiples(&[small(77)])[0], check::multiples(&[small(1234)])[0]];
    points.extend([a, b, a.negated(), plus(&a, &a), plus(&points[1], &a), plus(&points[5], &b)]);
    for p in &points {
        assert_eq!(plus(p, &p.negated()), Affine::IDENTITY);
        assert_eq!(Extended::to_affine(&[Extended::from(*p).doubled()])[0], plus(p, p));
        for q in &points {
            let sum = Extended::from(*p).plus(&Extended::from(*q));
            assert_eq!(Extended::to_affine(&[sum])[0], plus(p, q));
        }
    }
}

/// All rows of a table, as points, against multiples added up one by one.
fn check_table<K: Kernel<Edwards25519, 4>>(token: K::Token, point: &Affine, windows: &Windows) {
    let table = K::table(token, point, windows.clone());
    let mut start = *point;
    for (first, window) in windows.signed() {
        let mut multiple = Affine::IDENTITY;
        for j in 0..=1 << (window.width - 1) {
            let [half_sum, half_difference, product] = table.row(first + j);
            let Affine { x, y } = multiple;
            assert_eq!(P::add(&half_sum, &half_difference), y, "{j} of {window:?}");
            assert_eq!(P::sub(&half_sum, &half_difference), x, "{j} of {window:?}");
            assert_eq!(times(&product, &D_INVERSE), times(&x, &y), "{j} of {window:?}");
            multiple = plus(&multiple, &start);
        }
        start = (0..window.width).fold(start, |point, _| plus(&point, &point));
    }
}

// Points of small order too: there sums are the same point, opposite ones and the neutral one.
#[test]
fn table_rows_are_the_multiples_they_stand_for() {
    let torsion = small_order();
    let a = check::multiples(&[Order::R3])[0];
    let points = [a, plus(&a, &torsion[1]), torsion[0], torsion[1], torsion[2], torsion[4]];
    for (point, (bits, count)) in
        points.iter().zip([(20, 3), (23, 4), (18, 2), (21, 3), (14, 5), (9, 9)])
    {
        let windows = Windows::new(bits, count);
        macro_rules! table {
            ($kernel:ty, $token:expr) => {
                check_table::<$kernel>($token, point, &windows);
            };
        }
        for_each_kernel!(table);
    }
}

/// Signatures with parts of small order in A and in R, under a key with a known logarithm, and whether
/// they hold: R is exactly what the equation gives, or differs from it by a point of small order.
fn crafted(
    logarithm: &[u64; 4],
    part: usize,
    torsion: &[Affine; 8],
) -> (Affine, Vec<(Signature, bool)>) {
    let key = plus(&check::multiples(&[*logarithm])[0], &torsion[part]);
    let mut secret = Order::R2;
    let mut next = || {
        secret = Order::mul(&secret, &Order::R3);
        secret
    };
    let special = [small(0), small(1), words::sub(&Order::VALUE, &small(1)).0, *logarithm];
    let mut signatures = Vec::new();
    for i in 0..24 {
        let (secret, k) = if i < 16 { (special[i % 4], special[i / 4]) } else { (next(), next()) };
        let r = check::multiples(&[secret])[0];
        // S B - k A = r B - k T for a key A = a B + T.
        let order_8 = (8 - part * (k[0] % 8) as usize % 8) % 8;
        for other in [0, 1 + i % 7] {
            let r = plus(&r, &torsion[(order_8 + other) % 8]);
            let signature = check::signed(logarithm, &secret, &k, &r);
            signatures.push((signature, other == 0));
            // Another multiple of the order in the hash changes nothing.
            let mut more = signature;
            let (low, carry) = words::add(&k, &Order::VALUE);
            assert!(!carry);
            more.hash[0] = low;
            signatures.push((more, other == 0));
        }
    }
    (key, signatures)
}

// Whoever makes a key can give it a part of small order, and R likewise: scalars count as integers, and
// nothing is multiplied by the cofactor. Points meet on the way, as logarithms are known.
#[test]
fn parts_of_small_order_count_in_every_kernel() {
    let torsion = small_order();
    let logarithms =
        [small(0), small(1), small(2), words::sub(&Order::VALUE, &small(1)).0, Order::R3];
    for (i, logarithm) in logarithms.iter().enumerate() {
        for part in 0..8 {
            let (key, cases) = crafted(logarithm, part, &torsion);
            let (signatures, expected): (Vec<_>, Vec<_>) = cases.into_iter().unzip();
            macro_rules! verdicts {
                ($kernel:ty, $token:expr) => {{
                    let counts = [[64, 51], [51, 64], [64, 43]][(i + part) % 3];
                    let tables = [(Affine::BASE, counts[0]), (key.negated(), counts[1])].map(
                        |(point, count)| {
                            let windows = Windows::new(SCALAR_BITS, count);
                            <$kernel as Kernel<Edwards25519, 4>>::table($token, &point, windows)
                        },
                    );
                    assert_eq!(verdicts::<$kernel>($token, &tables, &signatures), expected);
                }};
            }
            for_each_kernel!(verdicts);
        }
    }
}

fn verdicts<K: Kernel<Edwards25519, 4>>(
    token: K::Token,
    [base, key]: &[Table<4>; 2],
    signatures: &[Signature],
) -> Vec<bool> {
    let mut holds = vec![false; signatures.len()];
    let mut space = Workspace::<K, Edwards25519, 4>::default();
    K::verify(token, [base, key], signatures, &mut holds, &mut space);
    holds
}

// Every count around the lanes and chunks, right and wrong ones at every place.
#[test]
fn batches_of_all_sizes_say_what_each_signature_says_alone() {
    let torsion = small_order();
    let (key, cases) = crafted(&Order::R3, 3, &torsion);
    let (signatures, expected): (Vec<_>, Vec<_>) = cases.into_iter().unzip();
    macro_rules! batches {
        ($kernel:ty, $token:expr) => {{
            let tables = [Affine::BASE, key.negated()].map(|point| {
                <$kernel as Kernel<Edwards25519, 4>>::table(
                    $token,
                    &point,
                    Windows::new(SCALAR_BITS, 43),
                )
            });
            for count in 0..50 {
                let start = signatures.len() - count;
                let found = verdicts::<$kernel>($token, &tables, &signatures[start..]);
                assert_eq!(found, expected[start..], "{count} signatures");
            }
        }};
    }
    for_each_kernel!(batches);
}

// RFC 8032 §5.1.3, and what is left to libraries.
#[test]
fn encodings_that_the_rfc_forbids_are_left_to_others() {
    let with_sign = |mut encoded: [u64; 4]| {
        encoded[3] |= 1 << 63;
        octets(&encoded)
    };
    for k in 0..19 {
        let (above, _) = words::add(&P::VALUE, &small(k));
        assert_eq!(Affine::decode(&octets(&above)), Err(Refusal::Unsupported));
        assert_eq!(Affine::decode(&with_sign(above)), Err(Refusal::Unsupported));
    }
    let minus_one = words::sub(&P::VALUE, &small(1)).0;
    for y in [small(1), minus_one] {
        assert_eq!(Affine::decode(&octets(&y)), Ok(Affine { x: [0; 4], y }));
        assert_eq!(Affine::decode(&with_sign(y)), Err(Refusal::Unsupported));
    }
    assert_eq!(Affine::decode(&octets(&small(2))), Err(Refusal::Malformed));
}
