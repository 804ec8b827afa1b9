//! The kernel for processors with AVX2: four lanes, digits of 29 bits for P-256 and of 28 for P-384.
//!
//! A residue is `D` vectors of signed digits in Montgomery form with `R = 2^(BITS D)`, which leaves
//! room above the modulus, `R >= 32 p`. With digits of `W` bits,
//!
//! - *tight* digits are from `-2^(W-5)` to `2^W + 2^(W-4)`, of numbers from 0 to `2.7 p`: products,
//!   packed numbers, `sub_tight`, `sub_both`; or the negative of that, `negate_where`;
//! - *differences* of two tight ones are below `1.13 2^W` and `2.7 p`;
//! - *sums* below `2.13 2^W` and `5.4 p`: those of two tight ones, and differences of a negated one.
//!   Neither is ever carried.
//!
//! The columns of a product collect `D` products of digits and stay below 2^63 for all factors but two
//! sums: `9 · 1.13 · 2.13 · 2^58 < 2^63`, and much less for P-384. Such a product is from
//! `p - |a b| / R` to `2 p + |a b| / R`, where `|a b| <= 5.4 · 2.7 p² < 0.46 p R`.
#![allow(unsafe_code, reason = "products are made by instructions that not every processor has")]
#![allow(clippy::needless_range_loop, reason = "iterators are not always inlined, see `each`")]

use std::marker::PhantomData;
use std::mem::MaybeUninit;

use super::field::{MAX_LANES, Mask, Residues, in_lanes};
use super::modulus;
use super::words;
pub use product::Digits;
use word::{LANES, Word};

mod product;
#[cfg(test)]
mod tests;
pub mod word;

/// Four residues of `D` digits.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Avx2<M, const N: usize, const D: usize> {
    digits: [Word; D],
    modulus: PhantomData<M>,
}

/// Each digit by an expression of its place. A loop and no closure, so that all is inlined where the
/// processor's instructions may be used.
macro_rules! each {
    ($i:ident, $digit:expr) => {{
        let mut digits = [Word::splat(0); D];
        for $i in 0..D {
            digits[$i] = $digit;
        }
        digits
    }};
}

impl<M: Digits<N, D>, const N: usize, const D: usize> Avx2<M, N, D> {
    const RADIX_BITS: usize = M::BITS * D;
    const MASK: u64 = (1 << M::BITS) - 1;
    /// Bits of the last digit in a number below 2^(64 N).
    const LAST_BITS: usize = 64 * N - M::BITS * (D - 1);
    /// Powers of R modulo p, as numbers.
    const ONE: [u64; N] = modulus::power_of_two(&M::VALUE, Self::RADIX_BITS);
    const R2: [u64; N] = modulus::power_of_two(&M::VALUE, 2 * Self::RADIX_BITS);
    /// R² in the Montgomery form of whole words.
    const INVERSION: [u64; N] = modulus::power_of_two(&M::VALUE, 2 * Self::RADIX_BITS + 64 * N);
    /// `2^(64 N) - p`.
    const COMPLEMENT: [u64; D] = digits_of(&words::sub(&[0; N], &M::VALUE).0, M::BITS);
    /// `8 p`, each digit but the last with eight units of the next.
    const EIGHT_P: [u64; D] = {
        let (mut digits, mut i) = (digits_of::<N, D>(&M::VALUE, M::BITS), 0);
        while i < D {
            digits[i] *= 8;
            if i + 1 < D {
                digits[i] += 8 << M::BITS;
            }
            if i > 0 {
                digits[i] -= 8;
            }
            i += 1;
        }
        digits
    };

    #[inline(always)]
    fn new(digits: [Word; D]) -> Self {
        const {
            assert!(Self::RADIX_BITS >= 64 * N + 5, "the radix leaves room");
            assert!(Self::LAST_BITS < M::BITS && !M::COMPLEMENT.is_empty(), "p can be folded");
        }
        Self { digits, modulus: PhantomData }
    }

    #[inline(always)]
    fn splat(number: &[u64; N]) -> Self {
        let number = digits_of::<N, D>(number, M::BITS);
        Self::new(each!(i, Word::splat(number[i])))
    }

    /// From vectors of words.
    #[inline(always)]
    fn from_columns(columns: &[Word; N]) -> Self {
        Self::new(each!(i, {
            let (word, shift) = (i * M::BITS / 64, i * M::BITS % 64);
            let mut digit = columns[word].shr(shift);
            if shift + M::BITS > 64 && word + 1 < N {
                digit = digit.or(columns[word + 1].shl(64 - shift));
            }
            if i + 1 == D { digit } else { digit.and(Word::splat(Self::MASK)) }
        }))
    }

    /// Digits that are not negative brought into range, but for the last.
    #[inline(always)]
    fn carried(mut digits: [Word; D]) -> [Word; D] {
        for i in 1..D {
            digits[i] = digits[i].plus(digits[i - 1].shr(M::BITS));
            digits[i - 1] = digits[i - 1].and(Word::splat(Self::MASK));
        }
        digits
    }

    /// A number from `-8 p` to `8 p`, of digits below `2^(W+3)` either way, made tight and less than
    /// `2^(64 N) + 16 (2^(64 N) - p)`.
    ///
    /// With p = 2^(64 N) - c for a c that is a sum of few powers of two, q times p is subtracted as
    /// q times 2^(64 N) less q times c, where q is what is above 2^(64 N): at most 15.
    #[inline(always)]
    fn tightened(digits: [Word; D]) -> Self {
        let mut digits = Self::carried(each!(i, digits[i].plus(Word::splat(Self::EIGHT_P[i]))));
        let quotient = digits[D - 1].shr(Self::LAST_BITS);
        digits[D - 1] = digits[D - 1].and(Word::splat((1 << Self::LAST_BITS) - 1));
        for &(power, negative) in M::COMPLEMENT {
            let (i, shift) = (power / M::BITS, power % M::BITS);
            let term = quotient.shl(shift);
            digits[i] = if negative { digits[i].minus(term) } else { digits[i].plus(term) };
        }
        Self::new(digits)
    }

    /// The digits of the number below p that is meant.
    #[inline(always)]
    fn canonical(&self) -> [Word; D] {
        let folded = Self::tightened(self.digits).digits;
        // Some digits may be below zero, and the number somewhat above 2^(64 N). A unit of each next
        // digit makes them positive.
        let digits = Self::carried(each!(i, {
            let lent = if i + 1 < D { Self::MASK + 1 } else { 0 };
            let owed = u64::from(i > 0);
            folded[i].plus(Word::splat(lent.wrapping_sub(owed)))
        }));
        // The number is below 2 p. With c = 2^(64 N) - p added it reaches 2^(64 N) exactly if p fits.
        let mut less = Self::carried(each!(i, digits[i].plus(Word::splat(Self::COMPLEMENT[i]))));
        let fits = Word::splat(0).minus(less[D - 1].shr(Self::LAST_BITS));
        less[D - 1] = less[D - 1].and(Word::splat((1 << Self::LAST_BITS) - 1));
        each!(i, digits[i].replace(fits, less[i]))
    }

    /// That the digits of a product's columns have room.
    #[inline(always)]
    fn check_factors(&self, other: &Self) {
        debug_assert!(self.is_below(2) && other.is_below(2), "factors are tight or loose");
        debug_assert!(self.is_below(1) || other.is_below(1), "not both are sums");
    }

    /// Whether no digit is `2^(W+k)` or more either way.
    fn is_below(&self, k: usize) -> bool {
        let bound = 1_u64 << (M::BITS + k);
        let words = |digit: &Word| digit.to_words();
        self.digits.iter().flat_map(words).all(|word| word.cast_signed().unsigned_abs() < bound)
    }
}

/// The digits of a number of words.
const fn digits_of<const N: usize, const D: usize>(number: &[u64; N], bits: usize) -> [u64; D] {
    let (mut digits, mut i) = ([0; D], 0);
    while i < D {
        digits[i] = words::bits(number, i * bits, bits);
        i += 1;
    }
    digits
}

impl<M: Digits<N, D>, const N: usize, const D: usize> Residues<M, N> for Avx2<M, N, D> {
    const LANES: usize = LANES;

    #[inline(always)]
    fn pack(mut number: impl FnMut(usize) -> [u64; N]) -> Self {
        let numbers = [number(0), number(1), number(2), number(3)];
        Self::gather(in_lanes!(LANES, lane => &numbers[lane]))
    }

    #[inline(always)]
    fn gather(numbers: [&[u64; N]; MAX_LANES]) -> Self {
        const { assert!(N >= 4, "numbers of fewer words have kernels enough") }
        let mut columns = [Word::splat(0); N];
        // In fours; the last four overlap those before where N is no multiple of four.
        for start in (0..N).step_by(4).map(|start| start.min(N - 4)) {
            let mut four = [Word::splat(0); 4];
            for (lane, row) in numbers[..LANES].iter().enumerate() {
                if let Some(words) = row[start..].first_chunk::<4>() {
                    four[lane] = Word::load(words);
                }
            }
            columns[start..start + 4].copy_from_slice(&Word::columns(four));
        }
        Self::from_columns(&columns)
    }

    #[inline(always)]
    fn unpack(&self, mut number: impl FnMut(usize, [u64; N])) {
        let digits = self.canonical();
        let mut columns = [[0; LANES]; N];
        for (i, column) in columns.iter_mut().enumerate() {
            let (first, shift) = (64 * i / M::BITS, 64 * i % M::BITS);
            let mut word = digits[first].shr(shift);
            let mut filled = M::BITS - shift;
            for digit in &digits[first + 1..] {
                if filled < 64 {
                    word = word.or(digit.shl(filled));
                    filled += M::BITS;
                }
            }
            *column = word.to_words();
        }
        (0..LANES).for_each(|lane| number(lane, columns.map(|column| column[lane])));
    }

    #[inline(always)]
    fn one() -> Self {
        Self::splat(&Self::ONE)
    }

    #[inline(always)]
    fn add(&self, other: &Self) -> Self {
        Self::new(each!(i, self.digits[i].plus(other.digits[i])))
    }

    #[inline(always)]
    fn sub(&self, other: &Self) -> Self {
        Self::new(each!(i, self.digits[i].minus(other.digits[i])))
    }

    #[inline(always)]
    fn sub_tight(&self, other: &Self) -> Self {
        Self::tightened(self.sub(other).digits)
    }

    #[inline(always)]
    fn sub_both(&self, other: &Self, third: &Self) -> Self {
        Self::tightened(self.sub(other).sub(third).digits)
    }

    #[inline(always)]
    fn mul(&self, other: &Self) -> Self {
        self.check_factors(other);
        let mut product = MaybeUninit::<Self>::uninit();
        // SAFETY: whoever got here holds `Available`; a residue is its digits, and all are written.
        unsafe {
            M::product(
                product.as_mut_ptr().cast(),
                &raw const self.digits,
                &raw const other.digits,
            );
            product.assume_init()
        }
    }

    #[inline(always)]
    fn mul_assign(&mut self, other: &Self) {
        self.check_factors(other);
        let digits = &raw mut self.digits;
        // SAFETY: whoever got here holds `Available`; the product may be in the place of a factor.
        unsafe { M::product(digits, digits, &raw const other.digits) };
    }

    #[inline(always)]
    fn mul_to(&self, other: &Self, product: &mut Self) {
        self.check_factors(other);
        let (a, b) = (&raw const self.digits, &raw const other.digits);
        // SAFETY: whoever got here holds `Available`.
        unsafe { M::product(&raw mut product.digits, a, b) };
    }

    #[inline(always)]
    fn sqr(&self) -> Self {
        debug_assert!(self.is_below(1), "no sum is squared");
        let mut square = MaybeUninit::<Self>::uninit();
        // SAFETY: whoever got here holds `Available`; a residue is its digits, and all are written.
        unsafe {
            M::square(square.as_mut_ptr().cast(), &raw const self.digits);
            square.assume_init()
        }
    }

    #[inline(always)]
    fn reduce(&self) -> Self {
        let mut one = [0; N];
        one[0] = 1;
        self.mul(&Self::splat(&one))
    }

    #[inline(always)]
    fn expand(&self) -> Self {
        self.mul(&Self::splat(&Self::R2))
    }

    #[inline(always)]
    fn negate_where(&self, mask: Mask) -> Self {
        let lanes = Word::lanes(mask);
        Self::new(each!(i, self.digits[i].xor(lanes).minus(lanes)))
    }

    #[inline(always)]
    fn one_where(&self, mask: Mask) -> Self {
        let (lanes, one) = (Word::lanes(mask), Self::one());
        Self::new(each!(i, self.digits[i].replace(lanes, one.digits[i])))
    }

    #[inline(always)]
    fn zeros(&self) -> Mask {
        let digits = self.canonical();
        let mut any = Word::splat(0);
        for digit in digits {
            any = any.or(digit);
        }
        let words = any.to_words();
        words.iter().enumerate().fold(0, |mask, (lane, &word)| mask | Mask::from(word == 0) << lane)
    }

    #[inline(always)]
    fn invert(&self) -> Self {
        let mut numbers = [[0; N]; LANES];
        self.unpack(|lane, number| numbers[lane] = number);
        // With a R in the lanes: 1 / (a R) times R² is 1 / a in Montgomery form.
        modulus::invert_all::<M, N>(&mut numbers, &Self::INVERSION);
        Self::pack(|lane| numbers[lane])
    }
}
