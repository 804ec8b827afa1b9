//! The field for processors with AVX2: four lanes, ten digits of 26 and 25 bits by turns (the radix
//! 2^25.5 of D. J. Bernstein, "Curve25519: new Diffie-Hellman speed records", 2006, §4).
//!
//! The multiplier takes 32 bits of each factor, so that digits have bits to spare:
//!
//! - *tight* digits are at most 2^26, or below `2^25 + 2^16` at odd places: products, packed numbers;
//! - *loose* ones are below `3 2^26` and `3 2^25 + 2^16`: sums, and differences, to which 2 p is
//!   added digit by digit.
//!
//! Nothing is carried but in a product, whose columns stay below 2^63: at most
//! `(1 + 4 · 19) (3 2^26)² + 5 · 38 (3 2^25 + 2^16)²`. And `19 · 3 2^26` is below 2^32.
#![allow(unsafe_code, reason = "intrinsics for instructions that not every processor has")]
#![allow(clippy::needless_range_loop, reason = "iterators are not always inlined, see `each`")]

use std::arch::asm;
use std::arch::x86_64::{
    __m256i, _mm_cvtsi64_si128, _mm256_add_epi64, _mm256_and_si256, _mm256_blendv_epi8,
    _mm256_loadu_si256, _mm256_or_si256, _mm256_permute2x128_si256, _mm256_set1_epi64x,
    _mm256_sll_epi64, _mm256_srl_epi64, _mm256_sub_epi64, _mm256_unpackhi_epi64,
    _mm256_unpacklo_epi64,
};

use super::super::field::{Mask, Residues};
use super::super::modulus::{self, Modulus};
use super::field::P;

/// Proof that the processor has the instructions.
#[derive(Clone, Copy, Debug)]
pub struct Available(());

impl Available {
    /// Looks.
    pub fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi2");
        has.then_some(Self(()))
    }
}

const LANES: usize = 4;
const DIGITS: usize = 10;

/// Bits of the digit at a place.
const fn bits(place: usize) -> usize {
    26 - place % 2
}

/// The place of its lowest bit.
const fn position(place: usize) -> usize {
    (51 * place).div_ceil(2)
}

/// A word for each lane.
#[derive(Clone, Copy, Debug)]
struct Word(__m256i);

/// An intrinsic that takes and gives values only.
macro_rules! intrinsic {
    ($call:expr) => {
        // SAFETY: the instruction touches registers only, and whoever got here holds `Available`.
        unsafe { $call }
    };
}

impl Word {
    #[inline(always)]
    fn splat(word: u64) -> Self {
        Self(intrinsic!(_mm256_set1_epi64x(word.cast_signed())))
    }

    #[inline(always)]
    fn load(words: &[u64; 4]) -> Self {
        // SAFETY: four words have 32 octets, the load wants no alignment, and whoever got here holds
        // `Available`.
        Self(unsafe { _mm256_loadu_si256(std::ptr::from_ref(words).cast::<__m256i>()) })
    }

    #[inline(always)]
    fn to_words(self) -> [u64; LANES] {
        // SAFETY: both are 32 octets without a meaning of their own.
        unsafe { std::mem::transmute::<__m256i, [u64; LANES]>(self.0) }
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Self(intrinsic!(_mm256_add_epi64(self.0, other.0)))
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        Self(intrinsic!(_mm256_sub_epi64(self.0, other.0)))
    }

    #[inline(always)]
    fn and(self, other: Self) -> Self {
        Self(intrinsic!(_mm256_and_si256(self.0, other.0)))
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        Self(intrinsic!(_mm256_or_si256(self.0, other.0)))
    }

    /// By fewer than 64 bits. With a constant count this is one instruction.
    #[inline(always)]
    fn shl(self, count: usize) -> Self {
        Self(intrinsic!(_mm256_sll_epi64(self.0, _mm_cvtsi64_si128(count as i64))))
    }

    #[inline(always)]
    fn shr(self, count: usize) -> Self {
        Self(intrinsic!(_mm256_srl_epi64(self.0, _mm_cvtsi64_si128(count as i64))))
    }

    /// `19 a`, for `a` below 2^59.
    #[inline(always)]
    fn times_19(self) -> Self {
        self.shl(4).plus(self.shl(1)).plus(self)
    }

    /// All ones in the lanes of the mask.
    #[inline(always)]
    fn lanes(mask: Mask) -> Self {
        let mut lanes = [0; LANES];
        for (lane, word) in lanes.iter_mut().enumerate() {
            *word = u64::from((mask >> lane) & 1).wrapping_neg();
        }
        Self::load(&lanes)
    }

    /// `other` where `lanes` has ones.
    #[inline(always)]
    fn replace(self, lanes: Self, other: Self) -> Self {
        Self(intrinsic!(_mm256_blendv_epi8(self.0, other.0, lanes.0)))
    }

    /// From rows to columns: result `i` has the word `i` of all rows.
    #[inline(always)]
    fn columns(rows: [Self; 4]) -> [Self; 4] {
        let [Self(a), Self(b), Self(c), Self(d)] = rows;
        let (ab, cd) = intrinsic!((_mm256_unpacklo_epi64(a, b), _mm256_unpacklo_epi64(c, d)));
        let (ef, gh) = intrinsic!((_mm256_unpackhi_epi64(a, b), _mm256_unpackhi_epi64(c, d)));
        [
            Self(intrinsic!(_mm256_permute2x128_si256::<0x20>(ab, cd))),
            Self(intrinsic!(_mm256_permute2x128_si256::<0x20>(ef, gh))),
            Self(intrinsic!(_mm256_permute2x128_si256::<0x31>(ab, cd))),
            Self(intrinsic!(_mm256_permute2x128_si256::<0x31>(ef, gh))),
        ]
    }
}

/// Four residues.
#[derive(Clone, Copy, Debug)]
pub struct Avx2 {
    digits: [Word; DIGITS],
}

/// Each digit by an expression of its place. A loop and no closure, so that all is inlined where the
/// processor's instructions may be used.
macro_rules! each {
    ($i:ident, $digit:expr) => {{
        let mut digits = [Word::splat(0); DIGITS];
        for $i in 0..DIGITS {
            digits[$i] = $digit;
        }
        Self { digits }
    }};
}

impl Avx2 {
    #[inline(always)]
    fn splat(number: u64) -> Self {
        let mut digits = [Word::splat(0); DIGITS];
        digits[0] = Word::splat(number);
        Self { digits }
    }

    /// The digits of 2 p, each as large as can be, and none less than a tight digit.
    #[inline(always)]
    fn twice_p() -> Self {
        each!(i, Word::splat(2 * ((1 << bits(i)) - if i == 0 { 19 } else { 1 })))
    }

    /// From vectors of words: tight if the number is below 2^255, else loose.
    #[inline(always)]
    fn from_columns(columns: [Word; 4]) -> Self {
        each!(i, {
            let (word, shift) = (position(i) / 64, position(i) % 64);
            let mut digit = columns[word].shr(shift);
            if shift + bits(i) > 64 {
                digit = digit.or(columns[word + 1].shl(64 - shift));
            }
            if i + 1 == DIGITS || shift + bits(i) == 64 {
                digit
            } else {
                digit.and(Word::splat((1 << bits(i)) - 1))
            }
        })
    }

    /// Digit `i` gives the next what is above its bits; the last gives 19 times that to the first.
    #[inline(always)]
    fn carry(digits: &mut [Word; DIGITS], i: usize) {
        let above = digits[i].shr(bits(i));
        digits[i] = digits[i].and(Word::splat((1 << bits(i)) - 1));
        if i + 1 < DIGITS {
            digits[i + 1] = digits[i + 1].plus(above);
        } else {
            digits[0] = digits[0].plus(above.times_19());
        }
    }

    /// The digits of the number below p.
    #[inline(always)]
    fn canonical(&self) -> Self {
        let mut digits = self.digits;
        for _ in 0..2 {
            for i in 0..DIGITS {
                Self::carry(&mut digits, i);
            }
        }
        // Now all but the first, which may be larger by 19, have their bits. p fits exactly if 19 more
        // reaches 2^255; its multiple is then dropped with that bit.
        let mut carry = Word::splat(19);
        for i in 0..DIGITS {
            carry = digits[i].plus(carry).shr(bits(i));
        }
        digits[0] = digits[0].plus(carry.times_19());
        for i in 0..DIGITS - 1 {
            Self::carry(&mut digits, i);
        }
        let last = DIGITS - 1;
        digits[last] = digits[last].and(Word::splat((1 << bits(last)) - 1));
        Self { digits }
    }
}

/// `a b`: 100 products of digits and 9 by 19. Two odd places make a column that is half a bit short, so
/// that their products count twice. All is written out, since loops would not be unrolled in time for
/// the digits to stay in registers.
///
/// # Safety
/// The processor has AVX2.
#[inline(never)]
#[target_feature(enable = "avx2")]
#[rustfmt::skip]
fn product(a: &Avx2, b: &Avx2) -> Avx2 {
    /// The low 32 bits of both multiplied. In assembly, since the compiler takes the intrinsic for a
    /// product of 64 bits, moves doublings out of it, and then needs three instructions for one.
    macro_rules! times {
        ($a:expr, $b:expr) => {{
            let product;
            // SAFETY: the instruction touches registers only, and the processor has it, as the caller
            // promises.
            unsafe {
                asm!(
                    "vpmuludq {product}, {a}, {b}",
                    product = lateout(ymm_reg) product,
                    a = in(ymm_reg) $a.0,
                    b = in(ymm_reg) $b.0,
                    options(pure, nomem, nostack, preserves_flags),
                );
            }
            Word(product)
        }};
    }
    /// A column: the sum of products.
    macro_rules! sum {
        ($a:ident $b:ident $(, $c:ident $d:ident)*) => { times!($a, $b)$(.plus(times!($c, $d)))* };
    }
    let [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9] = a.digits;
    let [b0, b1, b2, b3, b4, b5, b6, b7, b8, b9] = b.digits;
    let n = Word::splat(19);
    let (m1, m2, m3) = (times!(b1, n), times!(b2, n), times!(b3, n));
    let (m4, m5, m6) = (times!(b4, n), times!(b5, n), times!(b6, n));
    let (m7, m8, m9) = (times!(b7, n), times!(b8, n), times!(b9, n));
    let (d1, d3, d5) = (a1.plus(a1), a3.plus(a3), a5.plus(a5));
    let (d7, d9) = (a7.plus(a7), a9.plus(a9));
    let mut columns = [
        sum!(a0 b0, d1 m9, a2 m8, d3 m7, a4 m6, d5 m5, a6 m4, d7 m3, a8 m2, d9 m1),
        sum!(a0 b1, a1 b0, a2 m9, a3 m8, a4 m7, a5 m6, a6 m5, a7 m4, a8 m3, a9 m2),
        sum!(a0 b2, d1 b1, a2 b0, d3 m9, a4 m8, d5 m7, a6 m6, d7 m5, a8 m4, d9 m3),
        sum!(a0 b3, a1 b2, a2 b1, a3 b0, a4 m9, a5 m8, a6 m7, a7 m6, a8 m5, a9 m4),
        sum!(a0 b4, d1 b3, a2 b2, d3 b1, a4 b0, d5 m9, a6 m8, d7 m7, a8 m6, d9 m5),
        sum!(a0 b5, a1 b4, a2 b3, a3 b2, a4 b1, a5 b0, a6 m9, a7 m8, a8 m7, a9 m6),
        sum!(a0 b6, d1 b5, a2 b4, d3 b3, a4 b2, d5 b1, a6 b0, d7 m9, a8 m8, d9 m7),
        sum!(a0 b7, a1 b6, a2 b5, a3 b4, a4 b3, a5 b2, a6 b1, a7 b0, a8 m9, a9 m8),
        sum!(a0 b8, d1 b7, a2 b6, d3 b5, a4 b4, d5 b3, a6 b2, d7 b1, a8 b0, d9 m9),
        sum!(a0 b9, a1 b8, a2 b7, a3 b6, a4 b5, a5 b4, a6 b3, a7 b2, a8 b1, a9 b0),
    ];
    // Two chains at a time.
    Avx2::carry(&mut columns, 0);
    Avx2::carry(&mut columns, 4);
    Avx2::carry(&mut columns, 1);
    Avx2::carry(&mut columns, 5);
    Avx2::carry(&mut columns, 2);
    Avx2::carry(&mut columns, 6);
    Avx2::carry(&mut columns, 3);
    Avx2::carry(&mut columns, 7);
    Avx2::carry(&mut columns, 4);
    Avx2::carry(&mut columns, 8);
    Avx2::carry(&mut columns, 9);
    Avx2::carry(&mut columns, 0);
    Avx2 { digits: columns }
}

impl Residues<P, 4> for Avx2 {
    const LANES: usize = LANES;

    #[inline(always)]
    fn pack(mut number: impl FnMut(usize) -> [u64; 4]) -> Self {
        let mut rows = [Word::splat(0); LANES];
        for (lane, row) in rows.iter_mut().enumerate() {
            *row = Word::load(&number(lane));
        }
        Self::from_columns(Word::columns(rows))
    }

    #[inline(always)]
    fn gather<'n>(mut number: impl FnMut(usize) -> &'n [u64; 4]) -> Self {
        let mut rows = [Word::splat(0); LANES];
        for (lane, row) in rows.iter_mut().enumerate() {
            *row = Word::load(number(lane));
        }
        Self::from_columns(Word::columns(rows))
    }

    #[inline(always)]
    fn unpack(&self, mut number: impl FnMut(usize, [u64; 4])) {
        let digits = self.canonical().digits;
        let mut columns = [Word::splat(0); 4];
        for i in 0..DIGITS {
            let digit = digits[i];
            let (word, shift) = (position(i) / 64, position(i) % 64);
            columns[word] = columns[word].or(digit.shl(shift));
            if shift + bits(i) > 64 {
                columns[word + 1] = columns[word + 1].or(digit.shr(64 - shift));
            }
        }
        let rows = Word::columns(columns);
        for lane in 0..LANES {
            number(lane, rows[lane].to_words());
        }
    }

    #[inline(always)]
    fn one() -> Self {
        Self::splat(1)
    }

    #[inline(always)]
    fn add(&self, other: &Self) -> Self {
        each!(i, self.digits[i].plus(other.digits[i]))
    }

    #[inline(always)]
    fn sub(&self, other: &Self) -> Self {
        let above = Self::twice_p();
        each!(i, self.digits[i].plus(above.digits[i]).minus(other.digits[i]))
    }

    #[inline(always)]
    fn sub_tight(&self, other: &Self) -> Self {
        let mut digits = self.sub(other).digits;
        for i in 0..DIGITS {
            Self::carry(&mut digits, i);
        }
        Self::carry(&mut digits, 0);
        Self { digits }
    }

    #[inline(always)]
    fn sub_both(&self, other: &Self, third: &Self) -> Self {
        self.sub_tight(other).sub_tight(third)
    }

    #[inline(always)]
    fn mul(&self, other: &Self) -> Self {
        // SAFETY: whoever got here holds `Available`.
        unsafe { product(self, other) }
    }

    #[inline(always)]
    fn reduce(&self) -> Self {
        *self
    }

    #[inline(always)]
    fn expand(&self) -> Self {
        *self
    }

    #[inline(always)]
    fn negate_where(&self, mask: Mask) -> Self {
        let (lanes, negated) = (Word::lanes(mask), Self::splat(0).sub(self));
        each!(i, self.digits[i].replace(lanes, negated.digits[i]))
    }

    #[inline(always)]
    fn one_where(&self, mask: Mask) -> Self {
        let (lanes, one) = (Word::lanes(mask), Self::one());
        each!(i, self.digits[i].replace(lanes, one.digits[i]))
    }

    #[inline(always)]
    fn zeros(&self) -> Mask {
        let mut mask = 0;
        self.unpack(|lane, number| mask |= Mask::from(number == [0; 4]) << lane);
        mask
    }

    #[inline(always)]
    fn invert(&self) -> Self {
        let mut numbers = [[0; 4]; LANES];
        self.unpack(|lane, number| numbers[lane] = number);
        // `invert_all` gives R / (a R).
        modulus::invert_all::<P, 4>(&mut numbers, &P::R);
        Self::pack(|lane| numbers[lane])
    }
}
