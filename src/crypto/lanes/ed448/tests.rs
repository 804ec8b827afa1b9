//! Ed448 held to plain definitions: residues to school arithmetic, points to the group law of RFC 8032,
//! tables to multiples one at a time, batches to signatures whose key's logarithm is known, and whole
//! signatures to a library.
#![allow(clippy::cast_possible_truncation, reason = "the numbers here are known to fit")]

use ed448_goldilocks::CompressedEdwardsY;
use proptest::prelude::*;
use rsa::BigUint;

use super::super::edwards::Edwards;
use super::super::edwards::key::Scheme;
use super::super::edwards::point::Extended;
use super::super::edwards::table::Table;
use super::super::edwards::verify::{Kernel, Sum, Workspace};
use super::super::field::Residues;
use super::super::modulus::{self, Modulus};
use super::super::recode::Windows;
use super::super::tests::{check_residues, residue};
use super::super::words::{self, small};
use super::curve::{Affine, Encoded, Signature, Twisted448, base, to_twisted};
use super::field::{BASE, HALF, MINUS_D, Order, P, QUARTER, TWISTED_D, TWISTED_D_INVERSE};
use super::kernels::{Portable, check};
use super::key::{halves, quarter};
use super::words56::Words56;
use crate::crypto::digest::ed448_hash;
use crate::crypto::{Item, PreparedKey, PublicKey, Refusal, backend};

const SCALAR_BITS: usize = Twisted448::SCALAR_BITS;

/// Calls a macro with each kernel that can run here and its token.
macro_rules! for_each_kernel {
    ($do:ident) => {
        $do!(Portable, ());
        #[cfg(target_arch = "x86_64")]
        {
            if let Some(available) = super::super::portable::adx::Available::detect() {
                $do!(super::Adx, available);
            }
            if let Some(available) = super::super::avx2::word::Available::detect() {
                $do!(super::Avx, available);
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
fn times(a: &[u64; 7], b: &[u64; 7]) -> [u64; 7] {
    P::mul(&P::mul(a, b), &P::R2)
}

fn over(a: &[u64; 7], b: &[u64; 7]) -> [u64; 7] {
    times(a, &P::invert(b))
}

fn minus(a: &[u64; 7]) -> [u64; 7] {
    P::sub(&[0; 7], a)
}

const ONE: [u64; 7] = small(1);

/// A number as the RFC prints it.
fn decimal(digits: &str) -> BigUint {
    BigUint::parse_bytes(digits.as_bytes(), 10).unwrap()
}

fn big(words: &[u64]) -> BigUint {
    BigUint::from_bytes_le(&words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>())
}

// RFC 8032 §5.2.
#[test]
fn the_numbers_are_what_they_are_said_to_be() {
    let power = |exponent: usize| BigUint::from(1_u8) << exponent;
    assert_eq!(big(&P::VALUE), power(448) - power(224) - BigUint::from(1_u8));
    let less = "13818066809895115352007386748515426880336692474882178609894547503885";
    assert_eq!(big(&Order::VALUE), power(446) - decimal(less));
    let x = "2245800402959243001876043340998960362467896416325641342461254616869504154674060329090291\
             92869357953282578032075146446173674602635247710";
    let y = "2988192100784814926760179304439306734375440401540802420959282413723315061898358760035368\
             78655418784733982303233503462500531545062832660";
    assert_eq!([big(&BASE[0]), big(&BASE[1])], [decimal(x), decimal(y)]);
    let d = minus(&small(MINUS_D));
    assert_eq!(P::sub(&d, &ONE), TWISTED_D);
    assert_eq!((times(&TWISTED_D, &TWISTED_D_INVERSE), times(&HALF, &small(2))), (ONE, ONE));
    assert_eq!(check::times(&QUARTER, &small(4)), ONE);
    assert_eq!(
        Twisted448::HIGH,
        check::times(&QUARTER, &modulus::power_of_two(&Order::VALUE, 448))
    );
    // What says that there are no exceptions: d and -1 are no squares modulo p, d - 1 is one.
    let half = (big(&P::VALUE) - BigUint::from(1_u8)) >> 1;
    let is_square = |number: &[u64; 7]| big(number).modpow(&half, &big(&P::VALUE)) == power(0);
    assert_eq!([d, minus(&ONE), TWISTED_D].map(|number| is_square(&number)), [false, false, true]);
}

#[test]
fn the_base_point_is_on_its_curve_and_has_its_order() {
    let [x, y] = BASE;
    let (xx, yy) = (times(&x, &x), times(&y, &y));
    let d = minus(&small(MINUS_D));
    assert_eq!(P::add(&xx, &yy), P::add(&ONE, &times(&d, &times(&xx, &yy))));
    let base = Extended::<Twisted448, 7>::from(base());
    let [below, at] = [words::sub(&Order::VALUE, &ONE).0, Order::VALUE];
    let points = Extended::to_affine(&[base, base.multiple(&below), base.multiple(&at)]);
    assert_eq!(points[1..], [points[0].negated_modulo::<P>(), Affine::IDENTITY]);
    assert_eq!(check::multiple(&ONE), Affine { x, y });
}

/// Calls `check_residues` for every field that can run here; all kernels leave Montgomery form alone.
fn check_fields(a: [u64; 7], b: [u64; 7], mask: u32) {
    check_residues::<P, Words56<3>, 7>(a, b, mask & 7);
    macro_rules! check {
        ($kernel:ty, $token:expr) => {{
            let _ = $token;
            type F = <$kernel as Kernel<Twisted448, 7>>::Base;
            let lanes = <F as Residues<P, 7>>::LANES;
            check_residues::<P, F, 7>(a, b, mask & ((1 << lanes) - 1));
            check_loose::<F>(a, b);
        }};
    }
    for_each_kernel!(check);
}

/// Products of loose factors, where columns are fullest.
fn check_loose<F: Residues<P, 7>>(a: [u64; 7], b: [u64; 7]) {
    // By way of pointers, so that nothing is compiled into this place over and over.
    let [add, sub, mul]: [fn(&F, &F) -> F; 3] = [F::add, F::sub, F::mul];
    let (p, q) = (F::pack(|_| a), F::pack(|_| b));
    let check = |found: F, expected: [u64; 7]| {
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
    check(add(&pq, &pp), more);
    // φ̂, whatever is put in: its factors are sums of products.
    let finished = Twisted448::finish(Sum { x: pq, y: pp, z: p });
    let (xx, yy) = (times(&ab, &ab), times(&aa, &aa));
    let (more, less) = (P::add(&yy, &xx), P::sub(&yy, &xx));
    let rest = P::sub(&P::add(&aa, &aa), &less);
    check(finished.x, times(&times(&small(2), &times(&ab, &aa)), &rest));
    check(finished.y, times(&more, &less));
    check(finished.z, times(&more, &rest));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn every_field_agrees_with_school_arithmetic(
        (a, b) in (residue::<P, 7>(), residue::<P, 7>()),
        mask in 0_u32..256,
    ) {
        check_fields(a, b, mask);
    }

    #[test]
    fn the_order_s_residues_agree_with_school_arithmetic(
        (a, b) in (residue::<Order, 7>(), residue::<Order, 7>()),
    ) {
        check_residues::<Order, <Portable as Kernel<Twisted448, 7>>::Order, 7>(a, b, 1);
        let four = BigUint::from(4_u8);
        prop_assert!(words::less(&quarter(&a), &Order::VALUE));
        prop_assert_eq!(big(&quarter(&a)) * four % big(&Order::VALUE), big(&a));
    }

    // Of 114 octets, the last two beyond both halves.
    #[test]
    fn hashes_are_folded_to_two_halves(
        words in proptest::collection::vec(prop_oneof![any::<u64>(), Just(u64::MAX), Just(0)], 15),
    ) {
        let octets: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).take(114).collect();
        let halves = halves(&octets.clone().try_into().unwrap());
        let order = big(&Order::VALUE);
        prop_assert_eq!(big(halves.as_flattened()) % &order, BigUint::from_bytes_le(&octets) % &order);
    }

    // Decoding against a library's: every encoding that either reads. Half of all y have no x.
    #[test]
    fn points_are_decoded_as_a_library_decodes_them(y in residue::<P, 7>(), sign in 0_u64..2) {
        let encoded = Encoded { y, sign };
        let library = CompressedEdwardsY(octets(&encoded)).decompress_unchecked();
        let library = library.into_option().map(|point| point.to_edwards().to_affine().compress().0);
        match encoded.point() {
            Ok(point) => {
                prop_assert_eq!(Encoded::of(&point), encoded);
                prop_assert_eq!(library, Some(octets(&encoded)));
            }
            Err(Refusal::Malformed) => prop_assert_eq!(library, None),
            // (0, 1) and (0, -1) with the sign set.
            Err(Refusal::Unsupported) => {
                prop_assert!(sign == 1 && [ONE, minus(&ONE)].contains(&y));
            }
        }
    }
}

fn octets(encoded: &Encoded) -> [u8; 57] {
    let mut octets = [0; 57];
    for (place, word) in octets.chunks_mut(8).zip(encoded.y) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    octets[56] = (encoded.sign as u8) << 7;
    octets
}

// p - 1 - k for small k, and small numbers: what products reduce to last.
#[test]
fn residues_at_the_edges_are_right_in_every_field() {
    let less = |k: u64| words::sub(&P::VALUE, &small(k)).0;
    let power = |bit: usize| {
        let mut number = [0; 7];
        number[bit / 64] = 1 << (bit % 64);
        number
    };
    let mut numbers: Vec<_> = [56, 112, 168, 223, 224, 225, 280, 392, 447].map(power).into();
    numbers.push(words::sub(&power(224), &ONE).0);
    numbers.push(words::sub(&power(447), &ONE).0);
    numbers.push([u64::MAX, u64::MAX, u64::MAX, u64::MAX >> 32, 0, 0, 0]);
    numbers.extend([0, 1, 2, 3].map(small));
    numbers.extend([1, 2, 3].map(less));
    for a in &numbers {
        for b in &numbers {
            check_fields(*a, *b, 0b1010_0101);
        }
    }
}

/// The group law by its definition (RFC 8032 §5.2.4 in affine coordinates), for a x² + y² = 1 + d x² y².
fn sum(a: &[u64; 7], d: &[u64; 7], p: &Affine, q: &Affine) -> Affine {
    let (xy, yx) = (times(&p.x, &q.y), times(&p.y, &q.x));
    let (yy, xx) = (times(&p.y, &q.y), times(&p.x, &q.x));
    let e = times(d, &times(&xx, &yy));
    let x = over(&P::add(&xy, &yx), &P::add(&ONE, &e));
    Affine { x, y: over(&P::sub(&yy, &times(a, &xx)), &P::sub(&ONE, &e)) }
}

/// On edwards448.
fn plus(p: &Affine, q: &Affine) -> Affine {
    sum(&ONE, &minus(&small(MINUS_D)), p, q)
}

/// On the twisted curve.
fn twisted_plus(p: &Affine, q: &Affine) -> Affine {
    sum(&minus(&ONE), &TWISTED_D, p, q)
}

/// The four points of small order: multiples of (1, 0).
fn small_order() -> [Affine; 4] {
    let point = Affine { x: ONE, y: [0; 7] };
    let mut points = [Affine::IDENTITY; 4];
    for i in 1..4 {
        points[i] = plus(&points[i - 1], &point);
    }
    assert_eq!(plus(&points[3], &point), Affine::IDENTITY);
    assert_eq!(points[2], Affine { x: [0; 7], y: minus(&ONE) });
    points
}

/// φ̂ by its definition.
fn from_twisted(point: &Affine) -> Affine {
    let Affine { x, y } = point;
    let (xx, yy, xy) = (times(x, x), times(y, y), times(x, y));
    let less = P::sub(&yy, &xx);
    Affine {
        x: over(&P::add(&xy, &xy), &P::add(&yy, &xx)),
        y: over(&less, &P::sub(&small(2), &less)),
    }
}

// Hamburg 2015, §4.1; and that multiples by way of the twisted curve are those of the definition.
#[test]
fn there_and_back_is_four_times_the_point_and_small_orders_are_lost() {
    let base = Affine { x: BASE[0], y: BASE[1] };
    let mut point = base;
    for k in 1..30 {
        assert_eq!(check::multiple(&small(k)), point, "{k}");
        let twice = plus(&point, &point);
        for part in &small_order() {
            let twisted = to_twisted(&plus(&point, part));
            assert_eq!(twisted, to_twisted(&point));
            assert_eq!(from_twisted(&twisted), plus(&twice, &twice));
        }
        point = plus(&point, &base);
    }
    for point in &small_order() {
        // x or y is zero: φ's denominators are not.
        assert_eq!(to_twisted(point), Affine::IDENTITY);
    }
}

// Equal, opposite and neutral points are no exceptions where all have odd orders.
#[test]
fn the_group_law_on_the_twisted_curve_has_no_exceptions() {
    let [b, two] = [base(), twisted_plus(&base(), &base())];
    let other = to_twisted(&check::multiple(&Order::R3));
    let mut points = vec![Affine::IDENTITY, b, two, other, twisted_plus(&b, &two)];
    points.extend([b, other].map(|point| point.negated_modulo::<P>()));
    for p in &points {
        assert_eq!(twisted_plus(p, &p.negated_modulo::<P>()), Affine::IDENTITY);
        let double = Extended::<Twisted448, 7>::from(*p).doubled();
        assert_eq!(Extended::to_affine(&[double])[0], twisted_plus(p, p));
        for q in &points {
            let sum = Extended::<Twisted448, 7>::from(*p).plus(&Extended::from(*q));
            assert_eq!(Extended::to_affine(&[sum])[0], twisted_plus(p, q));
        }
    }
}

/// All rows of a table, as points, against multiples added up one by one.
fn check_table<K: Kernel<Twisted448, 7>>(token: K::Token, point: &Affine, windows: &Windows) {
    let table = K::table(token, point, windows.clone());
    let mut start = *point;
    for (first, window) in windows.signed() {
        let mut multiple = Affine::IDENTITY;
        for j in 0..=1 << (window.width - 1) {
            let [half_sum, half_difference, product] = table.row(first + j);
            let Affine { x, y } = multiple;
            assert_eq!(P::add(&half_sum, &half_difference), y, "{j} of {window:?}");
            assert_eq!(P::sub(&half_sum, &half_difference), x, "{j} of {window:?}");
            assert_eq!(times(&product, &TWISTED_D_INVERSE), times(&x, &y), "{j} of {window:?}");
            multiple = twisted_plus(&multiple, &start);
        }
        start = (0..window.width).fold(start, |point, _| twisted_plus(&point, &point));
    }
}

// A key of small order has the neutral element everywhere.
#[test]
fn table_rows_are_the_multiples_they_stand_for() {
    let a = to_twisted(&check::multiple(&Order::R3));
    let points = [a, base(), Affine::IDENTITY, a.negated_modulo::<P>()];
    for (point, (bits, count)) in points.iter().zip([(20, 3), (17, 4), (14, 5), (9, 9)]) {
        let windows = Windows::new(bits, count);
        macro_rules! table {
            ($kernel:ty, $token:expr) => {
                check_table::<$kernel>($token, point, &windows);
            };
        }
        for_each_kernel!(table);
    }
}

/// Signatures with parts of small order in R, under a key with a known logarithm, and whether they hold:
/// R is what the equation gives but for such a part, or is not; and its x is not zero.
fn crafted(logarithm: &[u64; 7]) -> Vec<(Signature, bool)> {
    let torsion = small_order();
    let base = Affine { x: BASE[0], y: BASE[1] };
    let mut secret = Order::R2;
    let mut next = || {
        secret = Order::mul(&secret, &Order::R3);
        secret
    };
    let special = [small(0), small(1), words::sub(&Order::VALUE, &small(1)).0, *logarithm];
    let mut signatures = Vec::new();
    for i in 0..20 {
        let (secret, k) = if i < 16 { (special[i % 4], special[i / 4]) } else { (next(), next()) };
        let r = check::multiple(&secret);
        for part in [0, 1 + i % 3] {
            let r = plus(&r, &torsion[part]);
            let signature = check::signed(logarithm, &secret, &k, &r);
            let holds = !words::is_zero(&r.x);
            signatures.push((signature, holds));
            // Another multiple of the order in the hash changes nothing.
            let mut more = signature;
            let (low, carry) = words::add(&k, &Order::VALUE);
            assert!(!carry);
            more.hash[0] = low;
            signatures.push((more, holds));
        }
        let wrong = plus(&plus(&r, &base), &torsion[i % 4]);
        signatures.push((check::signed(logarithm, &secret, &k, &wrong), false));
        let mut other_sign = check::signed(logarithm, &secret, &k, &r);
        other_sign.r.sign ^= 1;
        signatures.push((other_sign, false));
    }
    signatures
}

fn key_of(logarithm: &[u64; 7]) -> Affine {
    to_twisted(&check::multiple(logarithm)).negated_modulo::<P>()
}

// Points meet on the way, as logarithms are known.
#[test]
fn parts_of_small_order_do_not_count_in_any_kernel() {
    let logarithms =
        [small(0), small(1), small(2), words::sub(&Order::VALUE, &small(1)).0, Order::R3];
    for (i, logarithm) in logarithms.iter().enumerate() {
        let (signatures, expected): (Vec<_>, Vec<_>) = crafted(logarithm).into_iter().unzip();
        macro_rules! verdicts {
            ($kernel:ty, $token:expr) => {{
                let counts = [[112, 75], [75, 112], [90, 64]][i % 3];
                let tables =
                    [(base(), counts[0]), (key_of(logarithm), counts[1])].map(|(point, count)| {
                        let windows = Windows::new(SCALAR_BITS, count);
                        <$kernel as Kernel<Twisted448, 7>>::table($token, &point, windows)
                    });
                assert_eq!(verdicts::<$kernel>($token, &tables, &signatures), expected);
            }};
        }
        for_each_kernel!(verdicts);
    }
}

fn verdicts<K: Kernel<Twisted448, 7>>(
    token: K::Token,
    [base, key]: &[Table<7>; 2],
    signatures: &[Signature],
) -> Vec<bool> {
    let mut holds = vec![false; signatures.len()];
    let mut space = Workspace::<K, Twisted448, 7>::default();
    K::verify(token, [base, key], signatures, &mut holds, &mut space);
    holds
}

// Every count around the lanes, right and wrong ones at every place.
#[test]
fn batches_of_all_sizes_say_what_each_signature_says_alone() {
    let (signatures, expected): (Vec<_>, Vec<_>) = crafted(&Order::R3).into_iter().unzip();
    macro_rules! batches {
        ($kernel:ty, $token:expr) => {{
            let tables = [base(), key_of(&Order::R3)].map(|point| {
                <$kernel as Kernel<Twisted448, 7>>::table(
                    $token,
                    &point,
                    Windows::new(SCALAR_BITS, 75),
                )
            });
            for count in 0..30 {
                let start = signatures.len() - count;
                let found = verdicts::<$kernel>($token, &tables, &signatures[start..]);
                assert_eq!(found, expected[start..], "{count} signatures");
            }
        }};
    }
    for_each_kernel!(batches);
}

/// What the backend of this name says about whole signatures under a key.
fn answers(name: &str, key: &[u8; 57], items: &[Item<'_>]) -> Vec<bool> {
    let prepared: Box<dyn PreparedKey> =
        backend::by_name(name).unwrap().prepare(&PublicKey::Ed448(*key), 1000).unwrap();
    let mut holds = vec![false; items.len()];
    prepared.verify_batch(items, &mut holds);
    holds
}

// RFC 8032 §5.2.7, octets and hashes included: parts of small order in A and in R, against the library
// that has the last word; and S plus the order, which §5.2.7 forbids.
#[test]
fn signatures_with_parts_of_small_order_are_judged_as_the_library_judges() {
    let torsion = small_order();
    let mut secret = Order::R2;
    for logarithm in [small(0), small(5), Order::R3] {
        for in_key in 0..4 {
            let point = plus(&check::multiple(&logarithm), &torsion[in_key]);
            let key = octets(&Encoded::of(&point));
            if words::is_zero(&point.x) {
                let refused =
                    backend::by_name("lanes").unwrap().prepare(&PublicKey::Ed448(key), 100);
                assert_eq!(refused.err(), Some(Refusal::Unsupported));
                continue;
            }
            let mut signatures = Vec::new();
            for i in 0..24_usize {
                secret = Order::mul(&secret, &Order::R3);
                let secret = if i < 4 { small(0) } else { secret };
                let r = plus(&check::multiple(&secret), &torsion[i % 4]);
                let r = octets(&Encoded::of(&r));
                let hash = halves(&ed448_hash([&r, &key, b"message"]));
                let k = big(hash.as_flattened()) % big(&Order::VALUE);
                let mut s = big(&secret) + k * big(&logarithm);
                s %= big(&Order::VALUE);
                match i % 12 {
                    8 => s += big(&Order::VALUE),
                    9 => s += BigUint::from(1_u8),
                    10 => s += big(&Order::VALUE) * BigUint::from(3_u8),
                    _ => {}
                }
                let mut s = s.to_bytes_le();
                s.resize(57, 0);
                signatures.push([&r[..], &s].concat());
            }
            let items: Vec<_> = signatures
                .iter()
                .map(|signature| Item { message: b"message", signature })
                .collect();
            let found = answers("lanes", &key, &items);
            assert_eq!(found, answers("rustcrypto", &key, &items));
            let good = found.iter().filter(|&&holds| holds).count();
            // Not those with another S, nor those whose R is (0, 1) or (0, -1).
            assert_eq!(good, 24 - 6 - 2);
        }
    }
}

// RFC 8032 §5.2.3, and what is left to libraries.
#[test]
fn encodings_that_the_rfc_forbids_are_left_to_others() {
    let refusal = |octets: &[u8; 57]| Twisted448::opposite(octets).err();
    let good = octets(&Encoded::of(&check::multiple(&small(3))));
    assert_eq!(refusal(&good), None);
    for bit in 0..7 {
        let mut octets = good;
        octets[56] |= 1 << bit;
        assert_eq!(refusal(&octets), Some(Refusal::Unsupported), "bit {bit} of the last octet");
    }
    for k in [0, 1, 2, 3, 1 << 40] {
        for sign in [0, 1] {
            let (y, _) = words::add(&P::VALUE, &small(k));
            assert_eq!(refusal(&octets(&Encoded { y, sign })), Some(Refusal::Unsupported));
        }
    }
    for y in [ONE, minus(&ONE)] {
        for sign in [0, 1] {
            assert_eq!(refusal(&octets(&Encoded { y, sign })), Some(Refusal::Unsupported));
        }
    }
    // Some small y have no x.
    let without = (2..20).find(|&y| refusal(&octets(&Encoded { y: small(y), sign: 0 })).is_some());
    let y = small(without.unwrap());
    assert_eq!(refusal(&octets(&Encoded { y, sign: 1 })), Some(Refusal::Malformed));
}
