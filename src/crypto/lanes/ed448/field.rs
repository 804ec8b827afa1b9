//! The numbers of edwards448: the field's prime, the order of the base point, and what the curve and its
//! twisted sister are made of (RFC 8032 §5.2).

use super::super::inverse;
use super::super::modulus::Modulus;

/// The prime p = 2^448 - 2^224 - 1.
#[derive(Clone, Copy, Debug)]
pub struct P;

impl Modulus<7> for P {
    const VALUE: [u64; 7] =
        [u64::MAX, u64::MAX, u64::MAX, u64::MAX - (1 << 32), u64::MAX, u64::MAX, u64::MAX];

    fn invert(a: &[u64; 7]) -> [u64; 7] {
        inverse::invert::<7, 8>(a, &Self::VALUE)
    }
}

/// The order L = 2^446 - 13818066809895115352007386748515426880336692474882178609894547503885 of the
/// base point, a prime.
#[derive(Clone, Copy, Debug)]
pub struct Order;

impl Modulus<7> for Order {
    const VALUE: [u64; 7] = [
        0x2378_c292_ab58_44f3,
        0x216c_c272_8dc5_8f55,
        0xc44e_db49_aed6_3690,
        0xffff_ffff_7cca_23e9,
        u64::MAX,
        u64::MAX,
        u64::MAX >> 2,
    ];

    fn invert(a: &[u64; 7]) -> [u64; 7] {
        inverse::invert::<7, 8>(a, &Self::VALUE)
    }
}

/// -d of edwards448, where d is no square.
pub const MINUS_D: u64 = 39081;

/// d of the twisted curve: one less than that of edwards448.
pub const TWISTED_D: [u64; 7] =
    [u64::MAX - 39082, u64::MAX, u64::MAX, u64::MAX - (1 << 32), u64::MAX, u64::MAX, u64::MAX];

/// One divided by that.
pub const TWISTED_D_INVERSE: [u64; 7] = [
    0xa137_7b36_328a_d73e,
    0x5bed_65a5_e4c6_de36,
    0xb16c_17f2_b092_193b,
    0xd833_3ff1_5265_87b5,
    0x5764_fe34_889d_1a65,
    0x4c7b_4dac_7f13_8f2d,
    0x6cb3_e5f4_b50d_166a,
];

/// 1 / 2.
pub const HALF: [u64; 7] = [0, 0, 0, 0xffff_ffff_8000_0000, u64::MAX, u64::MAX, u64::MAX >> 1];

/// 1 / 4 modulo the order.
pub const QUARTER: [u64; 7] = [
    0x48de_30a4_aad6_113d,
    0x085b_309c_a371_63d5,
    0x7113_b6d2_6bb5_8da4,
    0xffff_ffff_df32_88fa,
    u64::MAX,
    u64::MAX,
    u64::MAX >> 4,
];

/// The x and y of edwards448's base point.
pub const BASE: [[u64; 7]; 2] = [
    [
        0x2626_a82b_c70c_c05e,
        0x433b_80e1_8b00_938e,
        0x12ae_1af7_2ab6_6511,
        0xea6d_e324_a3d3_a464,
        0x9e14_6570_470f_1767,
        0x221d_15a6_22bf_36da,
        0x4f19_70c6_6bed_0ded,
    ],
    [
        0x9808_795b_f230_fa14,
        0xfdbd_132c_4ed7_c8ad,
        0x3ad3_ff1c_e67c_39c4,
        0x8778_9c1e_05a0_c2d7,
        0x4bea_7373_6ca3_9840,
        0x8876_2037_56c9_c762,
        0x693f_4671_6eb6_bc24,
    ],
];
