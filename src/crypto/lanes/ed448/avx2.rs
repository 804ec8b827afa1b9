//! The field for processors with AVX2: four lanes, sixteen digits of 28 bits.
//!
//! The multiplier takes 32 bits of each factor with their sign, so that differences need no multiple of
//! p beside them:
//!
//! - *tight* digits are from 0 to `2^28 + 2^10`: products, packed numbers, what is said to be tight; or
//!   from minus that to 0, `negate_where`;
//! - *differences* of two that are not negated are within that either way;
//! - *sums* are from 0 to twice that. Neither is carried.
//!
//! With digits in units of 2^28, a column of a product adds up at most 38 products of digits (see
//! [`product`]): from `-76` units of 2^56 when one factor is a sum and the other has a sign, to 152 when
//! both are sums. [`BIAS`] makes that 14 to 242, so that columns are never negative nor 2^64.
#![allow(unsafe_code, reason = "intrinsics for instructions that not every processor has")]
#![allow(clippy::needless_range_loop, reason = "iterators are not always inlined, see `each`")]

use std::arch::asm;

use super::super::avx2::word::{LANES, Word};
use super::super::field::{MAX_LANES, Mask, Residues, in_lanes};
use super::super::modulus::{self, Modulus};
use super::field::P;

const DIGITS: usize = 16;
/// The digits of a half, and the place of 2^224.
const HALF: usize = DIGITS / 2;
const BITS: usize = 28;
const MASK: u64 = (1 << BITS) - 1;

/// The digits of `p`.
const PRIME: [u64; DIGITS] = {
    let mut digits = [MASK; DIGITS];
    digits[HALF] -= 1;
    digits
};

/// `90 · 2^28 p`, as columns.
const BIAS: [u64; DIGITS] = {
    let (mut columns, mut i) = (PRIME, 0);
    while i < DIGITS {
        columns[i] *= 90 << BITS;
        i += 1;
    }
    columns
};

/// Four residues.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
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

    /// From the words 0 to 3 and 3 to 6 of each lane.
    #[inline(always)]
    fn from_rows(low: [Word; LANES], high: [Word; LANES]) -> Self {
        let ([a, b, c, d], [_, e, f, g]) = (Word::columns(low), Word::columns(high));
        let columns = [a, b, c, d, e, f, g];
        each!(i, {
            let (word, shift) = (i * BITS / 64, i * BITS % 64);
            let mut digit = columns[word].shr(shift);
            if shift + BITS > 64 {
                digit = digit.or(columns[word + 1].shl(64 - shift));
            }
            digit.and(Word::splat(MASK))
        })
    }

    /// Digit `i`, which is not negative, gives the next what is above its bits; the last gives it to the
    /// first and to that of 2^224.
    #[inline(always)]
    fn carry(digits: &mut [Word; DIGITS], i: usize) {
        let above = digits[i].shr(BITS);
        digits[i] = digits[i].and(Word::splat(MASK));
        if i + 1 < DIGITS {
            digits[i + 1] = digits[i + 1].plus(above);
        } else {
            digits[0] = digits[0].plus(above);
            digits[HALF] = digits[HALF].plus(above);
        }
    }

    /// Digits with 4 p added, none of them negative then.
    #[inline(always)]
    fn raised(&self) -> [Word; DIGITS] {
        let raised = each!(i, self.digits[i].plus(Word::splat(4 * PRIME[i])));
        raised.digits
    }

    /// Differences of all kinds made tight.
    #[inline(always)]
    fn tightened(&self) -> Self {
        // What is carried is small, so that each digit gives to the next but once.
        let raised = self.raised();
        let top = raised[DIGITS - 1].shr(BITS);
        let mut tight = each!(i, {
            let below = if i == 0 { top } else { raised[i - 1].shr(BITS) };
            raised[i].and(Word::splat(MASK)).plus(below)
        });
        tight.digits[HALF] = tight.digits[HALF].plus(top);
        tight
    }

    /// The words of the number below p in each lane.
    #[inline(always)]
    fn words(&self) -> [[u64; 7]; LANES] {
        let mut digits = self.raised();
        // After the first round the number is little above 2^448, after the second below it, but a
        // digit may have a bit too many.
        for _ in 0..3 {
            for i in 0..DIGITS {
                Self::carry(&mut digits, i);
            }
        }
        let mut columns = [Word::splat(0); 7];
        for i in 0..DIGITS {
            let (word, shift) = (i * BITS / 64, i * BITS % 64);
            columns[word] = columns[word].or(digits[i].shl(shift));
            if shift + BITS > 64 {
                columns[word + 1] = columns[word + 1].or(digits[i].shr(64 - shift));
            }
        }
        let columns = columns.map(Word::to_words);
        std::array::from_fn(|lane| {
            modulus::reduce_once(&columns.map(|column| column[lane]), 0, &P::VALUE)
        })
    }

    /// That the columns of a product have room.
    #[inline(always)]
    fn check_factors(&self, other: &Self) {
        if cfg!(debug_assertions) {
            let ([a, a_least], [b, b_least]) = (self.most_and_least(), other.most_and_least());
            let unit = (1 << BITS) + (1 << 11);
            assert!(a <= 2 * unit && b <= 2 * unit, "factors are tight or loose");
            assert!(a_least >= -unit && b_least >= -unit, "no sum is negative");
            let is_signed = a_least.min(b_least) < 0;
            assert!(!is_signed || a.min(b) <= unit, "of two sums none has a sign");
        }
    }

    /// The greatest digit and the least.
    fn most_and_least(&self) -> [i64; 2] {
        let words = |digit: &Word| digit.to_words();
        let digits = self.digits.iter().flat_map(words).map(u64::cast_signed);
        digits.fold([0; 2], |[most, least], digit| [most.max(digit), least.min(digit)])
    }
}

/// The fifteen columns of the product of two halves, one row after the other: eight columns stay in
/// registers, of which each row completes one. In assembly, since the compiler does not see that of the
/// factors 32 bits count, and so that one factor is read from memory.
///
/// # Safety
/// The processor has AVX2.
#[inline]
#[target_feature(enable = "avx2")]
fn school(a: &[Word; HALF], b: &[Word; HALF]) -> [Word; 2 * HALF] {
    let mut c = [Word::splat(0); 2 * HALF];
    /// Adds row `i` to the columns from `i` on.
    macro_rules! row {
        ($i:literal) => {
            // SAFETY: the processor has the instructions, as the caller promises; the eight digits of b
            // are read, nothing is written but the registers named.
            unsafe {
                asm!(
                    row!(@add 0), row!(@add 1), row!(@add 2), row!(@add 3),
                    row!(@add 4), row!(@add 5), row!(@add 6), row!(@add 7),
                    inout(ymm_reg) c[$i].0, inout(ymm_reg) c[$i + 1].0,
                    inout(ymm_reg) c[$i + 2].0, inout(ymm_reg) c[$i + 3].0,
                    inout(ymm_reg) c[$i + 4].0, inout(ymm_reg) c[$i + 5].0,
                    inout(ymm_reg) c[$i + 6].0, inout(ymm_reg) c[$i + 7].0,
                    product = out(ymm_reg) _,
                    digit = in(ymm_reg) a[$i].0,
                    b = in(reg) b.as_ptr(),
                    options(pure, readonly, nostack, preserves_flags),
                );
            }
        };
        (@add $k:literal) => {
            concat!(
                "vpmuldq {product}, {digit}, ymmword ptr [{b} + 32 * ", $k, "]\n",
                "vpaddq {", $k, "}, {", $k, "}, {product}",
            )
        };
    }
    row!(0);
    row!(1);
    row!(2);
    row!(3);
    row!(4);
    row!(5);
    row!(6);
    row!(7);
    c
}

/// `a b`, tight: 192 products of digits, by Karatsuba's way over φ = 2^224 as
/// [`words56`](super::words56) does it.
///
/// With L, H and S the products of the lower halves, of the upper ones and of the sums of both, column i
/// is `L + H` of column i and `S - L` of column i + 8, and that of φ is `S - L` of column i and `S + H` of
/// column i + 8. Multiplied out, `S - L` has three products of digits for each of a column's, and `S + H`
/// five in terms of those of whole numbers: at most 3 + 5 · 7 = 38.
///
/// # Safety
/// The processor has AVX2.
#[target_feature(enable = "avx2")]
fn product(a: &Avx2, b: &Avx2) -> Avx2 {
    let (mut a_low, mut b_low) = ([Word::splat(0); HALF], [Word::splat(0); HALF]);
    let (mut a_high, mut b_high) = (a_low, b_low);
    let (mut a_sum, mut b_sum) = (a_low, b_low);
    for i in 0..HALF {
        (a_low[i], a_high[i]) = (a.digits[i], a.digits[i + HALF]);
        (b_low[i], b_high[i]) = (b.digits[i], b.digits[i + HALF]);
        a_sum[i] = a_low[i].plus(a_high[i]);
        b_sum[i] = b_low[i].plus(b_high[i]);
    }
    let low = school(&a_low, &b_low);
    let high = school(&a_high, &b_high);
    let sum = school(&a_sum, &b_sum);
    let mut c = [Word::splat(0); DIGITS];
    for i in 0..HALF {
        // The last column is empty.
        let above = sum[i + HALF].minus(low[i + HALF]);
        c[i] = low[i].plus(high[i]).plus(above).plus(Word::splat(BIAS[i]));
        let above = sum[i + HALF].plus(high[i + HALF]);
        c[i + HALF] = sum[i].minus(low[i]).plus(above).plus(Word::splat(BIAS[i + HALF]));
    }
    // Two chains of carries at a time: each column gives the next up to 2^36.
    for i in 0..HALF {
        Avx2::carry(&mut c, i + HALF);
        Avx2::carry(&mut c, i);
    }
    // And once more, from both places that were given to from the top.
    Avx2::carry(&mut c, 0);
    Avx2::carry(&mut c, HALF);
    Avx2::carry(&mut c, 1);
    Avx2::carry(&mut c, HALF + 1);
    Avx2 { digits: c }
}

/// [`product`] as a function of its own, out of line: seven in one loop were seen to take a fifth longer
/// than their calls. The compiler heeds this attribute only without features beside it (Rust 1.95).
#[inline(never)]
fn call_product(a: &Avx2, b: &Avx2) -> Avx2 {
    // SAFETY: whoever got here holds `Available`.
    unsafe { product(a, b) }
}

impl Residues<P, 7> for Avx2 {
    const LANES: usize = LANES;

    #[inline(always)]
    fn pack(mut number: impl FnMut(usize) -> [u64; 7]) -> Self {
        let numbers = [number(0), number(1), number(2), number(3)];
        Self::gather(in_lanes!(LANES, lane => &numbers[lane]))
    }

    #[inline(always)]
    fn gather(numbers: [&[u64; 7]; MAX_LANES]) -> Self {
        let (mut low, mut high) = ([Word::splat(0); LANES], [Word::splat(0); LANES]);
        for lane in 0..LANES {
            let [a, b, c, d, e, f, g] = numbers[lane];
            low[lane] = Word::load(&[*a, *b, *c, *d]);
            high[lane] = Word::load(&[*d, *e, *f, *g]);
        }
        Self::from_rows(low, high)
    }

    #[inline(always)]
    fn unpack(&self, mut number: impl FnMut(usize, [u64; 7])) {
        let numbers = self.words();
        for lane in 0..LANES {
            number(lane, numbers[lane]);
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
        each!(i, self.digits[i].minus(other.digits[i]))
    }

    #[inline(always)]
    fn sub_tight(&self, other: &Self) -> Self {
        self.sub(other).tightened()
    }

    #[inline(always)]
    fn sub_both(&self, other: &Self, third: &Self) -> Self {
        self.sub(other).sub(third).tightened()
    }

    #[inline(always)]
    fn mul(&self, other: &Self) -> Self {
        self.check_factors(other);
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
        let lanes = Word::lanes(mask);
        each!(i, self.digits[i].xor(lanes).minus(lanes))
    }

    #[inline(always)]
    fn one_where(&self, mask: Mask) -> Self {
        let (lanes, one) = (Word::lanes(mask), Self::one());
        each!(i, self.digits[i].replace(lanes, one.digits[i]))
    }

    #[inline(always)]
    fn zeros(&self) -> Mask {
        let mut mask = 0;
        self.unpack(|lane, number| mask |= Mask::from(number == [0; 7]) << lane);
        mask
    }

    #[inline(always)]
    fn invert(&self) -> Self {
        let mut numbers = self.words();
        // `invert_all` gives R / (a R).
        modulus::invert_all::<P, 7>(&mut numbers, &P::R);
        Self::pack(|lane| numbers[lane])
    }
}
