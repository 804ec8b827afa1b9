//! The kernel for processors with AVX-512 IFMA: eight lanes, digits of 52 bits.
//!
//! A residue is `L` vectors of digits, each below 2^52, in Montgomery form with `R = 2^(52 L)`. The
//! radix leaves room above the modulus, `R >= 16 p`, so that hardly anything is ever reduced:
//!
//! - *tight*, below `2 p`: products, packed numbers, `sub_tight` and `sub_both`;
//! - *loose*, below `4 p`: sums and differences of tight ones.
//!
//! A product of loose ones is tight: `(a b + k p) / R < 16 p² / R + p <= 2 p` for `k < R`.

use std::marker::PhantomData;

use super::field::{Mask, Residues};
use super::modulus::{self, Modulus};
use vector::{DIGIT_BITS, DIGIT_MASK, LANES, Vector};

#[cfg(target_arch = "x86_64")]
pub mod avx512;
pub mod vector;

/// Eight residues of `L` digits, in vectors `V`.
#[derive(Clone, Copy, Debug)]
pub struct Ifma<V, M, const N: usize, const L: usize> {
    digits: [V; L],
    modulus: PhantomData<M>,
}

/// The digits of a number of words.
const fn digits<const N: usize, const L: usize>(number: &[u64; N]) -> [u64; L] {
    let (mut digits, mut i) = ([0; L], 0);
    while i < L {
        digits[i] = super::words::bits(number, i * DIGIT_BITS, DIGIT_BITS);
        i += 1;
    }
    digits
}

/// Twice a number of digits, which has room for it.
const fn doubled<const L: usize>(digits: &[u64; L]) -> [u64; L] {
    let (mut double, mut carry, mut i) = ([0; L], 0, 0);
    while i < L {
        double[i] = (2 * digits[i] + carry) & DIGIT_MASK;
        carry = (2 * digits[i] + carry) >> DIGIT_BITS;
        i += 1;
    }
    double
}

impl<V: Vector, M: Modulus<N>, const N: usize, const L: usize> Ifma<V, M, N, L> {
    const RADIX_BITS: usize = DIGIT_BITS * L;
    const P: [u64; L] = digits(&M::VALUE);
    const P2: [u64; L] = doubled(&Self::P);
    const P4: [u64; L] = doubled(&Self::P2);
    /// Packed, that is plain, powers of this kernel's R modulo p.
    const ONE: [u64; N] = modulus::power_of_two(&M::VALUE, Self::RADIX_BITS);
    const R2: [u64; N] = modulus::power_of_two(&M::VALUE, 2 * Self::RADIX_BITS);
    /// R² in the Montgomery form of whole words.
    const INVERSION: [u64; N] = modulus::power_of_two(&M::VALUE, 2 * Self::RADIX_BITS + 64 * N);

    #[inline(always)]
    fn new(digits: [V; L]) -> Self {
        const { assert!(Self::RADIX_BITS >= 64 * N + 4, "the radix leaves room") }
        Self { digits, modulus: PhantomData }
    }

    /// Each digit by a function of its place. A loop and no closure of the standard library's, so that
    /// all is inlined where the processor's instructions may be used.
    #[inline(always)]
    fn each(digit: impl Fn(usize) -> V) -> [V; L] {
        let mut digits = [V::splat(0); L];
        for (i, place) in digits.iter_mut().enumerate() {
            *place = digit(i);
        }
        digits
    }

    #[inline(always)]
    fn splat(number: &[u64; N]) -> Self {
        let number = digits::<N, L>(number);
        Self::new(Self::each(|i| V::splat(number[i])))
    }

    /// From vectors of words.
    #[inline(always)]
    fn from_columns(columns: [V; N]) -> Self {
        let mask = V::splat(DIGIT_MASK);
        let mut digits = [V::splat(0); L];
        for (i, digit) in digits.iter_mut().enumerate() {
            let (word, shift) = (i * DIGIT_BITS / 64, i * DIGIT_BITS % 64);
            if word < N {
                *digit = columns[word].shr(shift);
            }
            if shift > 64 - DIGIT_BITS && word + 1 < N {
                *digit = digit.or(columns[word + 1].shl(64 - shift));
            }
            *digit = digit.and(mask);
        }
        Self::new(digits)
    }

    /// Brings digits that are less than 2^63 from zero into range; the number is not negative, or its
    /// last digit will tell.
    #[inline(always)]
    fn carried(mut digits: [V; L]) -> [V; L] {
        let mask = V::splat(DIGIT_MASK);
        for i in 1..L {
            digits[i] = digits[i].add(digits[i - 1].sar(DIGIT_BITS));
            digits[i - 1] = digits[i - 1].and(mask);
        }
        digits
    }

    /// A number below `8 p`, its digits not carried yet, made tight.
    ///
    /// With p = 2^(64 N) - c for a c that is a sum of few powers of two, q times p is subtracted as
    /// q times 2^(64 N) less q times c, where q comes from the last digit. The digits below may still
    /// take or give a few units of the last one, so q is taken from 8 less, and never too large;
    /// what is left is below 2^(64 N) and some 2^(64 N - 20), hence below `2 p`.
    #[inline(always)]
    fn fold(mut digits: [V; L]) -> [V; L] {
        let above = 64 * N - DIGIT_BITS * (L - 1);
        let quotient = digits[L - 1].sub(V::splat(8)).sar(above);
        digits[L - 1] = digits[L - 1].sub(quotient.shl(above));
        for &(power, negative) in M::COMPLEMENT {
            let (i, shift) = (power / DIGIT_BITS, power % DIGIT_BITS);
            let term = quotient.shl(shift);
            digits[i] = if negative { digits[i].sub(term) } else { digits[i].add(term) };
        }
        Self::carried(digits)
    }

    /// Subtracts a constant number of digits where it fits.
    #[inline(always)]
    fn less(self, constant: &[u64; L]) -> Self {
        let mut difference = self.digits;
        for (digit, &constant) in difference.iter_mut().zip(constant) {
            *digit = digit.sub(V::splat(constant));
        }
        let difference = Self::carried(difference);
        let below = difference[L - 1].negative();
        let mut digits = difference;
        for (digit, kept) in digits.iter_mut().zip(self.digits) {
            *digit = digit.replace_where(below, kept);
        }
        Self::new(digits)
    }

    /// A loose number as the one below p.
    #[inline(always)]
    fn reduced(self) -> Self {
        self.less(&Self::P2).less(&Self::P)
    }
}

impl<V: Vector, M: Modulus<N>, const N: usize, const L: usize> Residues<M, N> for Ifma<V, M, N, L> {
    const LANES: usize = LANES;

    #[inline(always)]
    fn pack(mut number: impl FnMut(usize) -> [u64; N]) -> Self {
        let mut columns = [[0; LANES]; N];
        for lane in 0..LANES {
            let number = number(lane);
            for (column, word) in columns.iter_mut().zip(number) {
                column[lane] = word;
            }
        }
        let mut vectors = [V::splat(0); N];
        for (vector, column) in vectors.iter_mut().zip(columns) {
            *vector = V::from_words(column);
        }
        Self::from_columns(vectors)
    }

    #[inline(always)]
    fn gather<'n>(mut number: impl FnMut(usize) -> &'n [u64; N]) -> Self {
        // Loops, as in `each`.
        let mut rows = [number(0); LANES];
        for (lane, row) in rows.iter_mut().enumerate().skip(1) {
            *row = number(lane);
        }
        let mut columns = [V::splat(0); N];
        // In fours; the last four overlap those before where N is no multiple of four.
        for start in (0..N).step_by(4).map(|start| start.min(N.saturating_sub(4))) {
            let Some(first) = rows[0][start..].first_chunk::<4>() else {
                return Self::pack(|lane| *rows[lane]);
            };
            let mut fours = [first; LANES];
            for (four, row) in fours.iter_mut().zip(rows) {
                if let Some(words) = row[start..].first_chunk::<4>() {
                    *four = words;
                }
            }
            columns[start..start + 4].copy_from_slice(&V::gather(fours));
        }
        Self::from_columns(columns)
    }

    #[inline(always)]
    fn unpack(&self, mut number: impl FnMut(usize, [u64; N])) {
        let digits = self.reduced().digits;
        let mut columns = [[0; LANES]; N];
        for (i, column) in columns.iter_mut().enumerate() {
            let (first, shift) = (64 * i / DIGIT_BITS, 64 * i % DIGIT_BITS);
            let mut word = digits[first].shr(shift);
            let mut filled = DIGIT_BITS - shift;
            for digit in &digits[first + 1..] {
                if filled < 64 {
                    word = word.or(digit.shl(filled));
                    filled += DIGIT_BITS;
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
        let sum = Self::each(|i| self.digits[i].add(other.digits[i]));
        Self::new(Self::carried(sum))
    }

    #[inline(always)]
    fn sub(&self, other: &Self) -> Self {
        Self::new(Self::carried(Self::each(|i| {
            self.digits[i].add(V::splat(Self::P2[i])).sub(other.digits[i])
        })))
    }

    #[inline(always)]
    fn sub_tight(&self, other: &Self) -> Self {
        if M::COMPLEMENT.is_empty() {
            return self.sub(other).less(&Self::P2);
        }
        Self::new(Self::fold(Self::each(|i| {
            self.digits[i].add(V::splat(Self::P2[i])).sub(other.digits[i])
        })))
    }

    #[inline(always)]
    fn sub_both(&self, other: &Self, third: &Self) -> Self {
        if M::COMPLEMENT.is_empty() {
            return self.sub_tight(other).sub_tight(third);
        }
        Self::new(Self::fold(Self::each(|i| {
            self.digits[i].add(V::splat(Self::P4[i])).sub(other.digits[i]).sub(third.digits[i])
        })))
    }

    /// Montgomery's product, digit by digit: 2 L² + 2 L² multiply-adds less those by digits of p that
    /// are zero or, for the lowest, all ones. No digit of the sum collects more than 4 L terms of 52
    /// bits before it is carried.
    #[inline(always)]
    fn mul(&self, other: &Self) -> Self {
        let (a, zero, mask) = (&self.digits, V::splat(0), V::splat(DIGIT_MASK));
        let mut t = [zero; L];
        for &b in &other.digits {
            t[0] = t[0].madd_low(a[0], b);
            for j in 1..L {
                t[j] = t[j].madd_low(a[j], b).madd_high(a[j - 1], b);
            }
            let mut top = zero.madd_high(a[L - 1], b);
            // The multiple of p that clears the lowest digit.
            let low = t[0].and(mask);
            let factor = M::MINUS_INVERSE & DIGIT_MASK;
            let multiple = if factor == 1 { low } else { zero.madd_low(low, V::splat(factor)) };
            if Self::P[0] == DIGIT_MASK {
                // t0 + multiple (2^52 - 1), where the multiple is t0 modulo 2^52.
                t[1] = t[1].add(t[0].shr(DIGIT_BITS)).add(multiple);
            } else {
                let p = V::splat(Self::P[0]);
                t[1] = t[1].add(t[0].madd_low(multiple, p).shr(DIGIT_BITS));
                t[1] = t[1].madd_high(multiple, p);
            }
            for j in 1..L {
                if Self::P[j] != 0 {
                    let p = V::splat(Self::P[j]);
                    t[j] = t[j].madd_low(multiple, p);
                    let next = if j + 1 < L { &mut t[j + 1] } else { &mut top };
                    *next = next.madd_high(multiple, p);
                }
            }
            for j in 1..L {
                t[j - 1] = t[j];
            }
            t[L - 1] = top;
        }
        Self::new(Self::carried(t))
    }

    #[inline(always)]
    fn sqr(&self) -> Self {
        self.mul(self)
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
        let negated = Self::each(|i| V::splat(Self::P2[i]).sub(self.digits[i]));
        let negated = Self::carried(negated);
        Self::new(Self::each(|i| self.digits[i].replace_where(mask, negated[i])))
    }

    #[inline(always)]
    fn one_where(&self, mask: Mask) -> Self {
        let one = Self::one();
        Self::new(Self::each(|i| self.digits[i].replace_where(mask, one.digits[i])))
    }

    #[inline(always)]
    fn zeros(&self) -> Mask {
        let digits = self.reduced().digits;
        let mut any = V::splat(0);
        for digit in digits {
            any = any.or(digit);
        }
        any.zeros()
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
