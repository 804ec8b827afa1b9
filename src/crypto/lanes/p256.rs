//! P-256 (NIST SP 800-186 §3.2.1.3; FIPS 186-4 §D.1.2.3), and arithmetic modulo its prime.

use super::curve::Curve;
use super::inverse;
use super::modulus::{self, Modulus};
use super::words::{add_carry, mul_add};

/// The curve P-256.
#[derive(Clone, Copy, Debug)]
pub struct P256;

impl Curve<4> for P256 {
    type Base = P;
    type Order = Order;
    const B: [u64; 4] = [
        0x3bce_3c3e_27d2_604b,
        0x651d_06b0_cc53_b0f6,
        0xb3eb_bd55_7698_86bc,
        0x5ac6_35d8_aa3a_93e7,
    ];
    const G: [[u64; 4]; 2] = [
        [
            0xf4a1_3945_d898_c296,
            0x7703_7d81_2deb_33a0,
            0xf8bc_e6e5_63a4_40f2,
            0x6b17_d1f2_e12c_4247,
        ],
        [
            0xcbb6_4068_37bf_51f5,
            0x2bce_3357_6b31_5ece,
            0x8ee7_eb4a_7c0f_9e16,
            0x4fe3_42e2_fe1a_7f9b,
        ],
    ];
}

/// The order n.
#[derive(Clone, Copy, Debug)]
pub struct Order;

impl Modulus<4> for Order {
    const VALUE: [u64; 4] =
        [0xf3b9_cac2_fc63_2551, 0xbce6_faad_a717_9e84, u64::MAX, 0xffff_ffff_0000_0000];

    fn invert(a: &[u64; 4]) -> [u64; 4] {
        inverse::invert::<4, 5>(a, &Self::VALUE)
    }
}

/// The prime p = 2^256 - 2^224 + 2^192 + 2^96 - 1.
#[derive(Clone, Copy, Debug)]
pub struct P;

impl Modulus<4> for P {
    const VALUE: [u64; 4] = [u64::MAX, 0xffff_ffff, 0, 0xffff_ffff_0000_0001];
    const COMPLEMENT: &'static [(usize, bool)] =
        &[(224, false), (192, true), (96, true), (0, false)];

    #[inline(always)]
    fn mul(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
        let (mut t, mut top) = ([0; 4], 0);
        for &b in b {
            let mut carry = 0;
            for j in 0..4 {
                (t[j], carry) = mul_add(t[j], a[j], b, carry);
            }
            (t, top) = reduce_word([t[0], t[1], t[2], t[3], carry], top);
        }
        modulus::reduce_once(&t, top, &Self::VALUE)
    }

    #[inline(always)]
    fn sqr(a: &[u64; 4]) -> [u64; 4] {
        let square = square(a);
        let [t0, t1, t2, t3, t4, t5, t6, t7] = square;
        let mut top = 0;
        let mut t = [t0, t1, t2, t3];
        for next in [t4, t5, t6, t7] {
            (t, top) = reduce_word([t[0], t[1], t[2], t[3], next], top);
        }
        modulus::reduce_once(&t, top, &Self::VALUE)
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    #[allow(unsafe_code, reason = "assembly")]
    unsafe fn mul_adx(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
        // SAFETY: the caller promises what is asked for.
        unsafe { super::portable::adx::p256_mul(a, b) }
    }

    fn invert(a: &[u64; 4]) -> [u64; 4] {
        inverse::invert::<4, 5>(a, &Self::VALUE)
    }
}

/// Adds to `t`, whose word 4 carries `top` beside it, the multiple of p that makes its lowest word
/// zero, and drops that word. p is -1 modulo 2^64, so the multiple is the word itself, and
/// t0 p = t0 (2^256 - 2^224 + 2^192) + t0 2^96 - t0: one word product.
#[inline(always)]
fn reduce_word(t: [u64; 5], top: u64) -> ([u64; 4], u64) {
    let [t0, t1, t2, t3, t4] = t;
    let (low, high) = mul_add(0, t0, 0xffff_ffff_0000_0001, 0);
    let (r0, carry) = add_carry(t1, t0 << 32, 0);
    let (r1, carry) = add_carry(t2, t0 >> 32, carry);
    let (r2, carry) = add_carry(t3, low, carry);
    // t0 * 0xffffffff00000001 leaves room for the carry and the word above.
    let (r3, carry) = add_carry(t4, high, carry);
    let (r3, more) = add_carry(r3, top, 0);
    ([r0, r1, r2, r3], carry + more)
}

/// The square in eight words: ten word products.
#[inline(always)]
fn square(a: &[u64; 4]) -> [u64; 8] {
    let [a0, a1, a2, a3] = *a;
    // The products of different words, once.
    let (t1, c) = mul_add(0, a0, a1, 0);
    let (t2, c) = mul_add(0, a0, a2, c);
    let (t3, t4) = mul_add(0, a0, a3, c);
    let (t3, c) = mul_add(t3, a1, a2, 0);
    let (t4, t5) = mul_add(t4, a1, a3, c);
    let (t5, t6) = mul_add(t5, a2, a3, 0);
    // Twice that.
    let t7 = t6 >> 63;
    let t6 = (t6 << 1) | (t5 >> 63);
    let t5 = (t5 << 1) | (t4 >> 63);
    let t4 = (t4 << 1) | (t3 >> 63);
    let t3 = (t3 << 1) | (t2 >> 63);
    let t2 = (t2 << 1) | (t1 >> 63);
    let t1 = t1 << 1;
    // And the squares of words.
    let (r0, h0) = mul_add(0, a0, a0, 0);
    let (l1, h1) = mul_add(0, a1, a1, 0);
    let (l2, h2) = mul_add(0, a2, a2, 0);
    let (l3, h3) = mul_add(0, a3, a3, 0);
    let (r1, c) = add_carry(t1, h0, 0);
    let (r2, c) = add_carry(t2, l1, c);
    let (r3, c) = add_carry(t3, h1, c);
    let (r4, c) = add_carry(t4, l2, c);
    let (r5, c) = add_carry(t5, h2, c);
    let (r6, c) = add_carry(t6, l3, c);
    let (r7, _) = add_carry(t7, h3, c);
    [r0, r1, r2, r3, r4, r5, r6, r7]
}
