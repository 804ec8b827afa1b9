//! P-384 (NIST SP 800-186 §3.2.1.4; FIPS 186-4 §D.1.2.4), and arithmetic modulo its prime.

use super::curve::Curve;
use super::inverse;
use super::modulus::{self, Modulus};
use super::words::{add_carry, mul_add, sub_borrow};

/// The curve P-384.
#[derive(Clone, Copy, Debug)]
pub struct P384;

#[rustfmt::skip]
impl Curve<6> for P384 {
    type Base = P;
    type Order = Order;
    const B: [u64; 6] = [
        0x2a85_c8ed_d3ec_2aef, 0xc656_398d_8a2e_d19d, 0x0314_088f_5013_875a,
        0x181d_9c6e_fe81_4112, 0x988e_056b_e3f8_2d19, 0xb331_2fa7_e23e_e7e4,
    ];
    const G: [[u64; 6]; 2] = [
        [
            0x3a54_5e38_7276_0ab7, 0x5502_f25d_bf55_296c, 0x59f7_41e0_8254_2a38,
            0x6e1d_3b62_8ba7_9b98, 0x8eb1_c71e_f320_ad74, 0xaa87_ca22_be8b_0537,
        ],
        [
            0x7a43_1d7c_90ea_0e5f, 0x0a60_b1ce_1d7e_819d, 0xe9da_3113_b5f0_b8c0,
            0xf8f4_1dbd_289a_147c, 0x5d9e_98bf_9292_dc29, 0x3617_de4a_9626_2c6f,
        ],
    ];
}

/// The order n.
#[derive(Clone, Copy, Debug)]
pub struct Order;

impl Modulus<6> for Order {
    #[rustfmt::skip]
    const VALUE: [u64; 6] = [
        0xecec_196a_ccc5_2973, 0x581a_0db2_48b0_a77a, 0xc763_4d81_f437_2ddf,
        u64::MAX, u64::MAX, u64::MAX,
    ];

    fn invert(a: &[u64; 6]) -> [u64; 6] {
        inverse::invert::<6, 7>(a, &Self::VALUE)
    }
}

/// The prime p = 2^384 - 2^128 - 2^96 + 2^32 - 1.
#[derive(Clone, Copy, Debug)]
pub struct P;

impl Modulus<6> for P {
    #[rustfmt::skip]
    const VALUE: [u64; 6] = [
        0xffff_ffff, 0xffff_ffff_0000_0000, 0xffff_ffff_ffff_fffe, u64::MAX, u64::MAX, u64::MAX,
    ];
    const COMPLEMENT: &'static [(usize, bool)] =
        &[(128, false), (96, false), (32, true), (0, false)];

    #[inline(always)]
    fn mul(a: &[u64; 6], b: &[u64; 6]) -> [u64; 6] {
        // Written out, because the compiler does not unroll it.
        let sum = step(&([0; 6], 0), a, b[0]);
        let sum = step(&sum, a, b[1]);
        let sum = step(&sum, a, b[2]);
        let sum = step(&sum, a, b[3]);
        let sum = step(&sum, a, b[4]);
        let (sum, top) = step(&sum, a, b[5]);
        modulus::reduce_once(&sum, top, &Self::VALUE)
    }

    fn invert(a: &[u64; 6]) -> [u64; 6] {
        inverse::invert::<6, 7>(a, &Self::VALUE)
    }
}

/// Adds a word times a to a sum with a carry, and divides by 2^64 modulo p.
#[inline(always)]
fn step((sum, top): &([u64; 6], u64), a: &[u64; 6], word: u64) -> ([u64; 6], u64) {
    let [t0, t1, t2, t3, t4, t5] = *sum;
    let (t0, carry) = mul_add(t0, a[0], word, 0);
    let (t1, carry) = mul_add(t1, a[1], word, carry);
    let (t2, carry) = mul_add(t2, a[2], word, carry);
    let (t3, carry) = mul_add(t3, a[3], word, carry);
    let (t4, carry) = mul_add(t4, a[4], word, carry);
    let (t5, carry) = mul_add(t5, a[5], word, carry);
    reduce_word(&[t0, t1, t2, t3, t4, t5], carry, *top)
}

/// Adds to `t`, with `t6` and `top` above it, the multiple k of p that makes its lowest word zero,
/// and drops that word. p is 2^32 - 1 modulo 2^64, so k = t0 (2^32 + 1); and
/// k p = k 2^384 - k (2^128 + 2^96 - 2^32 + 1), which takes no word product.
#[inline(always)]
fn reduce_word(t: &[u64; 6], t6: u64, top: u64) -> ([u64; 6], u64) {
    let [t0, t1, t2, t3, t4, t5] = *t;
    let k = t0.wrapping_add(t0 << 32);
    // k (2^128 + 2^96 - 2^32 + 1), of which the lowest word is t0 and cancels.
    let (low, high) = (k << 32, k >> 32);
    let (_, borrow) = sub_borrow(k, low, 0);
    let (v1, borrow) = sub_borrow(low, high, borrow);
    let (v2, v3) = add_carry(k, high, 0);
    let (v2, borrow) = sub_borrow(v2, 0, borrow);
    let v3 = v3 - borrow;
    let (r0, borrow) = sub_borrow(t1, v1, 0);
    let (r1, borrow) = sub_borrow(t2, v2, borrow);
    let (r2, borrow) = sub_borrow(t3, v3, borrow);
    let (r3, borrow) = sub_borrow(t4, 0, borrow);
    let (r4, borrow) = sub_borrow(t5, 0, borrow);
    let (r5, carry) = add_carry(t6, k, 0);
    let (r5, more) = add_carry(r5, top, 0);
    let (r5, less) = sub_borrow(r5, 0, borrow);
    ([r0, r1, r2, r3, r4, r5], (carry + more).wrapping_sub(less))
}
