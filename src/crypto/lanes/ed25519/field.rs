//! The numbers of edwards25519: the field's prime, the order of the base point, and what the curve
//! is made of (RFC 8032 §5.1).

use super::super::edwards::Edwards;
use super::super::edwards::verify::{self, Sum};
use super::super::field::Residues;
use super::super::inverse;
use super::super::modulus::Modulus;
use super::point::{Affine, Number};

/// The prime p = 2^255 - 19.
#[derive(Clone, Copy, Debug)]
pub struct P;

impl Modulus<4> for P {
    const VALUE: [u64; 4] = [u64::MAX - 18, u64::MAX, u64::MAX, u64::MAX >> 1];

    fn invert(a: &[u64; 4]) -> [u64; 4] {
        inverse::invert::<4, 5>(a, &Self::VALUE)
    }
}

/// The order L = 2^252 + 27742317777372353535851937790883648493 of the base point, a prime.
#[derive(Clone, Copy, Debug)]
pub struct Order;

impl Modulus<4> for Order {
    const VALUE: [u64; 4] = [0x5812_631a_5cf5_d3ed, 0x14de_f9de_a2f7_9cd6, 0, 1 << 60];

    fn invert(a: &[u64; 4]) -> [u64; 4] {
        inverse::invert::<4, 5>(a, &Self::VALUE)
    }
}

/// The curve. -1 is a square modulo p and d is none, so that its group law knows no exceptions.
#[derive(Clone, Copy, Debug)]
pub struct Edwards25519;

/// A signature and the hash that goes with it, as numbers.
pub type Signature = verify::Signature<Edwards25519, 4>;

impl Edwards<4> for Edwards25519 {
    type Base = P;
    type Order = Order;
    type Number = Number;
    /// All octets as a number.
    type Encoded = [u64; 4];
    const D: [u64; 4] = D;
    const D_INVERSE: [u64; 4] = D_INVERSE;
    const HALF: [u64; 4] = HALF;
    const LOW: [u64; 4] = [1, 0, 0, 0];
    const HIGH: [u64; 4] = Order::R;

    #[inline(always)]
    fn finish<F: Residues<P, 4>>(sum: Sum<F>) -> Sum<F> {
        sum
    }

    #[inline(always)]
    fn is_encoded(point: &Affine, r: &[u64; 4]) -> bool {
        point.encoded() == *r
    }
}

/// The curve's d = -121665/121666, which is no square: so no denominator of the group law is ever
/// zero.
pub const D: [u64; 4] =
    [0x75eb_4dca_1359_78a3, 0x0070_0a4d_4141_d8ab, 0x8cc7_4079_7779_e898, 0x5203_6cee_2b6f_fe73];

/// 1 / d.
pub const D_INVERSE: [u64; 4] =
    [0x25e0_f276_cdc9_f843, 0x0b5d_d698_4279_542e, 0x2b16_2114_cdb9_cf66, 0x4090_7ed2_14d5_ce43];

/// 1 / 2.
pub const HALF: [u64; 4] = [u64::MAX - 8, u64::MAX, u64::MAX, u64::MAX >> 2];

/// A square root of -1: 2^((p-1)/4).
pub const ROOT_OF_MINUS_ONE: [u64; 4] =
    [0xc4ee_1b27_4a0e_a0b0, 0x2f43_1806_ad2f_e478, 0x2b4d_0099_3dfb_d7a7, 0x2b83_2480_4fc1_df0b];

/// The base point's x and y; y is 4/5.
pub const BASE: [[u64; 4]; 2] = [
    [0xc956_2d60_8f25_d51a, 0x692c_c760_9525_a7b2, 0xc0a4_e231_fdd6_dc5c, 0x2169_36d3_cd6e_53fe],
    [0x6666_6666_6666_6658, 0x6666_6666_6666_6666, 0x6666_6666_6666_6666, 0x6666_6666_6666_6666],
];
