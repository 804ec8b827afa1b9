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

use super::super::avx2::word::{LANES, Word};
use super::super::field::{MAX_LANES, Mask, Residues};
use super::super::modulus::{self, Modulus};
use super::field::P;

const DIGITS: usize = 10;

/// Bits of the digit at a place.
const fn bits(place: usize) -> usize {
    26 - place % 2
}

/// The place of its lowest bit.
const fn position(place: usize) -> usize {
    (51 * place).div_ceil(2)
}

/// `19 a`, for `a` below 2^59.
#[inline(always)]
fn times_19(a: Word) -> Word {
    a.shl(4).plus(a.shl(1)).plus(a)
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
            digits[0] = digits[0].plus(times_19(above));
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
        digits[0] = digits[0].plus(times_19(carry));
        for i in 0..DIGITS - 1 {
            Self::carry(&mut digits, i);
        }
        let last = DIGITS - 1;
        digits[last] = digits[last].and(Word::splat((1 << bits(last)) - 1));
        Self { digits }
    }
}

/// `a b`: 100 products of digits and 9 by 19. Two odd places make a column that is half a bit short, so
/// that their products count twice.
///
/// Row by row, all ten columns staying in registers: a digit of `a` times the digits of `b`, and times 19
/// those that come round from above. In assembly, since the compiler takes the intrinsic for a product
/// of 64 bits, moves doublings out of it, and then needs three instructions for one; and so that one
/// factor is read from memory.
///
/// # Safety
/// The processor has AVX2.
#[target_feature(enable = "avx2")]
fn product(a: &Avx2, b: &Avx2) -> Avx2 {
    let mut c = [Word::splat(0); DIGITS];
    // For row i, the factors of the columns lie from place 10 - i on.
    let mut factors = [Word::splat(0); 2 * DIGITS];
    let nineteen = Word::splat(19);
    factors[DIGITS] = b.digits[0];
    // Nothing comes round to the lowest place of the lowest row.
    for i in 1..DIGITS {
        factors[i] = b.digits[i].times(nineteen);
        factors[DIGITS + i] = b.digits[i];
    }
    /// Adds row `i`: the digit to even columns, and to odd ones.
    macro_rules! row {
        ($i:literal, $even:expr, $odd:expr) => {
            // SAFETY: the processor has the instructions, as the caller promises; only ten of the
            // factors are read, nothing is written but the registers named.
            unsafe {
                asm!(
                    row!(@add "even" 0), row!(@add "odd" 1), row!(@add "even" 2), row!(@add "odd" 3),
                    row!(@add "even" 4), row!(@add "odd" 5), row!(@add "even" 6), row!(@add "odd" 7),
                    row!(@add "even" 8), row!(@add "odd" 9),
                    inout(ymm_reg) c[0].0, inout(ymm_reg) c[1].0, inout(ymm_reg) c[2].0,
                    inout(ymm_reg) c[3].0, inout(ymm_reg) c[4].0, inout(ymm_reg) c[5].0,
                    inout(ymm_reg) c[6].0, inout(ymm_reg) c[7].0, inout(ymm_reg) c[8].0,
                    inout(ymm_reg) c[9].0,
                    product = out(ymm_reg) _,
                    even = in(ymm_reg) $even.0,
                    odd = in(ymm_reg) $odd.0,
                    b = in(reg) factors[DIGITS - $i..].as_ptr(),
                    options(pure, readonly, nostack, preserves_flags),
                );
            }
        };
        (@add $digit:literal $k:literal) => {
            concat!(
                "vpmuludq {product}, {", $digit, "}, ymmword ptr [{b} + 32 * ", $k, "]\n",
                "vpaddq {", $k, "}, {", $k, "}, {product}",
            )
        };
        // Of an odd row, the even columns come from odd places.
        ($i:literal odd) => { row!($i, a.digits[$i].plus(a.digits[$i]), a.digits[$i]) };
        ($i:literal) => { row!($i, a.digits[$i], a.digits[$i]) };
    }
    row!(0);
    row!(1 odd);
    row!(2);
    row!(3 odd);
    row!(4);
    row!(5 odd);
    row!(6);
    row!(7 odd);
    row!(8);
    row!(9 odd);
    // Two chains of carries at a time.
    Avx2::carry(&mut c, 0);
    Avx2::carry(&mut c, 4);
    Avx2::carry(&mut c, 1);
    Avx2::carry(&mut c, 5);
    Avx2::carry(&mut c, 2);
    Avx2::carry(&mut c, 6);
    Avx2::carry(&mut c, 3);
    Avx2::carry(&mut c, 7);
    Avx2::carry(&mut c, 4);
    Avx2::carry(&mut c, 8);
    Avx2::carry(&mut c, 9);
    Avx2::carry(&mut c, 0);
    Avx2 { digits: c }
}

/// [`product`] as a function of its own, out of line: seven in one loop were seen to take a fifth longer
/// than their calls. The compiler heeds this attribute only without features beside it (Rust 1.95).
#[inline(never)]
fn call_product(a: &Avx2, b: &Avx2) -> Avx2 {
    // SAFETY: whoever got here holds `Available`.
    unsafe { product(a, b) }
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
    fn gather(numbers: [&[u64; 4]; MAX_LANES]) -> Self {
        let mut rows = [Word::splat(0); LANES];
        for (lane, row) in rows.iter_mut().enumerate() {
            *row = Word::load(numbers[lane]);
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
        call_product(self, other)
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
