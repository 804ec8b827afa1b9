//! The kernel for processors with AVX-512 IFMA: eight lanes, digits of 52 bits.
//!
//! A residue is `L` vectors of digits, each below 2^52, in Montgomery form with `R = 2^(52 L)`. The
//! radix leaves room above the modulus, `R >= 16 p`, so that hardly anything is ever reduced:
//!
//! - *tight*, below `2 p`: products, packed numbers, `sub_tight` and `sub_both`;
//! - *loose*, below `4 p`: sums and differences of tight ones.
//!
//! The digits of what `mul_less` and `negate_where` give are not carried, and may be negative: whoever
//! subtracts it carries the difference. A column of a product is below 2^57, what [`Ifma::folded`] adds to it
//! below 2^56, and no point is the sum of more than sixteen, one added upon the other (a row of a table): so
//! these digits are less than 2^62 from zero.
//!
//! A product of loose ones is tight: `(a b + k p) / R < 16 p² / R + p <= 2 p` for `k < R`.

use std::marker::PhantomData;

use super::field::{Crosswise, MAX_LANES, Mask, Points, Residues, Rows};
use super::modulus::{self, Modulus};
use super::unrolled::unrolled;
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

/// The first of the words that are loaded as the four number `i`. The last four overlap those before where
/// the count of words is no multiple of four.
const fn first_of_four(i: usize, words: usize) -> usize {
    if 4 * i + 4 > words { words - 4 } else { 4 * i }
}

/// A pair for [`Vector::columns`], of two numbers' words from there on.
#[inline(always)]
fn pair<V: Vector, const N: usize>(low: &[u64; N], high: &[u64; N], i: usize) -> V {
    let first = first_of_four(i, N);
    match (low[first..].first_chunk(), high[first..].first_chunk()) {
        (Some(low), Some(high)) => V::pair(low, high),
        _ => unreachable!("there are four words"),
    }
}

/// Each digit by an expression of its place. No closure, which the compiler does not always inline, and
/// outside of the kernel's functions it has none of their instructions.
macro_rules! each {
    ($i:ident, $digit:expr) => {{
        let mut digits = [V::splat(0); L];
        for $i in 0..L {
            digits[$i] = $digit;
        }
        digits
    }};
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

/// The same number with -1 for digits of ones only, where a subtraction takes the place of two
/// multiply-adds: so a run of ones becomes -1, zeros, and a one in the digit where it ends.
const fn factors<const L: usize>(digits: &[u64; L]) -> [i64; L] {
    let (mut factors, mut carry, mut i) = ([0; L], 0, 0);
    while i < L {
        let digit = digits[i] + carry;
        carry = (digit >= DIGIT_MASK) as u64;
        factors[i] = digit.cast_signed() - (carry << DIGIT_BITS).cast_signed();
        i += 1;
    }
    assert!(carry == 0, "the last digit is not full");
    factors
}

/// The columns of a product of `L` digits by `L` digits, not carried.
trait Columns<V> {
    /// The sum of what belongs to the digit `k` of the product, for `k` below `2 L`.
    fn column(&self, k: usize) -> V;
}

/// A product of two numbers: 2 L² multiply-adds.
struct Pair<'d, V, const L: usize>(&'d [V; L], &'d [V; L]);

impl<V: Vector, const L: usize> Columns<V> for Pair<'_, V, L> {
    #[inline(always)]
    fn column(&self, k: usize) -> V {
        // One sum, to which nothing must be added in the end: there are other columns and another
        // product to go on with while an addition waits for the one before.
        let mut sum = V::splat(0);
        unrolled!(i < L, {
            if i <= k && k - i < L {
                sum = sum.madd_low(self.0[i], self.1[k - i]);
            }
            if i < k && k - 1 - i < L {
                sum = sum.madd_high(self.0[i], self.1[k - 1 - i]);
            }
        });
        sum
    }
}

/// A square: L² + L multiply-adds.
struct Square<'d, V, const L: usize>(&'d [V; L]);

impl<V: Vector, const L: usize> Columns<V> for Square<'_, V, L> {
    #[inline(always)]
    fn column(&self, k: usize) -> V {
        let (mut low, mut high) = (V::splat(0), V::splat(0));
        // Products of different digits, which are there twice. A digit has no room to be doubled.
        unrolled!(i < L, {
            if 2 * i < k && k - i < L {
                low = low.madd_low(self.0[i], self.0[k - i]);
            }
            if 2 * i + 1 < k && k - 1 - i < L {
                high = high.madd_high(self.0[i], self.0[k - 1 - i]);
            }
        });
        let sum = low.add(high);
        let twice = sum.add(sum);
        let middle = self.0[k / 2];
        if k.is_multiple_of(2) {
            twice.madd_low(middle, middle)
        } else {
            twice.madd_high(middle, middle)
        }
    }
}

impl<V: Vector, M: Modulus<N>, const N: usize, const L: usize> Ifma<V, M, N, L> {
    const RADIX_BITS: usize = DIGIT_BITS * L;
    const P: [u64; L] = digits(&M::VALUE);
    const P2: [u64; L] = doubled(&Self::P);
    const P4: [u64; L] = doubled(&Self::P2);
    const FACTORS: [i64; L] = factors(&Self::P);
    /// Packed, that is plain, powers of this kernel's R modulo p.
    const ONE: [u64; N] = modulus::power_of_two(&M::VALUE, Self::RADIX_BITS);
    const R2: [u64; N] = modulus::power_of_two(&M::VALUE, 2 * Self::RADIX_BITS);
    const R3: [u64; N] = modulus::power_of_two(&M::VALUE, 3 * Self::RADIX_BITS);

    #[inline(always)]
    fn new(digits: [V; L]) -> Self {
        const { assert!(Self::RADIX_BITS >= 64 * N + 4, "the radix leaves room") }
        Self { digits, modulus: PhantomData }
    }

    #[inline(always)]
    fn splat(number: &[u64; N]) -> Self {
        let number = digits::<N, L>(number);
        Self::new(each!(i, V::splat(number[i])))
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

    /// From pairs of numbers, see [`Vector::columns`]: all their words, four by four.
    #[inline(always)]
    fn from_fours(fours: &[[V; 4]; N]) -> Self {
        let mut columns = [V::splat(0); N];
        for (i, four) in fours.iter().enumerate().take(N.div_ceil(4)) {
            let first = first_of_four(i, N);
            columns[first..first + 4].copy_from_slice(&V::columns(*four));
        }
        Self::from_columns(columns)
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

    /// Montgomery's product, column by column: a product of two loose numbers divided by R.
    ///
    /// A column takes in what the factors give, the multiples of p that cleared the columns before, and
    /// the carry; the lower half of the columns is cleared. Multiples take 2 L² - L multiply-adds less
    /// those by digits of p that are zero or minus one. The multiplier does not read what is above a digit, so
    /// that a sum can be a factor as it is. No column collects more than 4 L terms of 52 bits.
    #[inline(always)]
    fn divided(product: &impl Columns<V>) -> Self {
        Self::new(Self::carried(Self::divided_columns(product)))
    }

    /// The upper half of the columns, which are the digits, not carried.
    #[inline(always)]
    #[allow(unused_assignments, reason = "in the last of the places that `unrolled` writes out")]
    fn divided_columns(product: &impl Columns<V>) -> [V; L] {
        let zero = V::splat(0);
        let (mut multiples, mut digits, mut sum) = ([zero; L], [zero; L], zero);
        unrolled!(k < 2 * L, {
            let carry = sum.sar(DIGIT_BITS);
            sum = product.column(k);
            // The last one, which is the last to be known, comes last.
            unrolled!(i < L, {
                if i < k && k - i < L {
                    sum = Self::add_multiple(sum, multiples[i], k - i);
                }
                if i < k && k - 1 - i < L && !matches!(Self::FACTORS[k - 1 - i], 0 | -1) {
                    let digit = V::splat(Self::FACTORS[k - 1 - i].cast_unsigned());
                    sum = sum.madd_high(multiples[i], digit);
                }
            });
            // The columns that are cleared give all that is above a digit to the next.
            if 0 < k && k <= L {
                sum = sum.add(carry);
            }
            if k >= L {
                digits[k - L] = sum;
            } else {
                multiples[k] = Self::multiple(sum);
                // It fills the digit up, to none or to the next one above: that takes no product. With
                // p = -1 nothing is left of the digit, and what is above it stays.
                if Self::FACTORS[0] != -1 {
                    sum = sum.add(V::splat(DIGIT_MASK));
                }
            }
        });
        digits
    }

    /// The multiple of p that clears a column, the lowest: `-sum / p` modulo a digit.
    #[inline(always)]
    fn multiple(sum: V) -> V {
        let factor = M::MINUS_INVERSE & DIGIT_MASK;
        let multiple = match factor - 1 {
            0 => sum,
            power if power.is_power_of_two() => sum.add(sum.shl(power.trailing_zeros() as usize)),
            _ => V::splat(0).madd_low(sum.as_factor(), V::splat(factor)),
        };
        multiple.as_factor()
    }

    /// Adds the low digit of a multiple's product with the digit `place` of p.
    #[inline(always)]
    fn add_multiple(sum: V, multiple: V, place: usize) -> V {
        match Self::FACTORS[place] {
            0 => sum,
            -1 => sum.sub(multiple.and(V::splat(DIGIT_MASK))),
            digit => sum.madd_low(multiple, V::splat(digit.cast_unsigned())),
        }
    }

    /// A number below `8 p`, its digits less than 2^63 from zero, made tight. The digits stay uncarried.
    ///
    /// With p = 2^(64 N) - c for a c that is a sum of few powers of two, q times p is subtracted as
    /// q times 2^(64 N) less q times c, where q comes from the last digit. The digits below may still
    /// take or give 2^11 and a few units of the last one, so q is taken from 2064 less, and never too
    /// large; what is left is below 2^(64 N) and some 2^(64 N - 8), hence below `2 p`.
    #[inline(always)]
    fn folded(mut digits: [V; L]) -> [V; L] {
        let above = 64 * N - DIGIT_BITS * (L - 1);
        let quotient = digits[L - 1].sub(V::splat(2064)).sar(above);
        digits[L - 1] = digits[L - 1].sub(quotient.shl(above));
        for &(power, negative) in M::COMPLEMENT {
            let (i, shift) = (power / DIGIT_BITS, power % DIGIT_BITS);
            let term = quotient.shl(shift);
            digits[i] = if negative { digits[i].sub(term) } else { digits[i].add(term) };
        }
        digits
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
    fn gather(numbers: [&[u64; N]; MAX_LANES]) -> Self {
        if N < 4 {
            return Self::pack(|lane| *numbers[lane]);
        }
        let mut fours = [[V::splat(0); 4]; N];
        for lane in 0..LANES / 2 {
            for (i, four) in fours.iter_mut().enumerate().take(N.div_ceil(4)) {
                four[lane] = pair(numbers[lane], numbers[lane + LANES / 2], i);
            }
        }
        Self::from_fours(&fours)
    }

    /// Row by row, so that the place of each is forgotten when its words were loaded.
    #[inline(always)]
    fn gather_points(rows: &impl Rows<N>) -> Points<Self> {
        if N < 4 {
            return Points {
                x: Self::pack(|lane| rows.row(lane)[0]),
                y: Self::pack(|lane| rows.row(lane)[1]),
            };
        }
        let [mut xs, mut ys] = [[[V::splat(0); 4]; N]; 2];
        for lane in 0..LANES / 2 {
            let (low, high) = (rows.row(lane), rows.row(lane + LANES / 2));
            for i in 0..N.div_ceil(4) {
                xs[i][lane] = pair(&low[0], &high[0], i);
                ys[i][lane] = pair(&low[1], &high[1], i);
            }
        }
        Points { x: Self::from_fours(&xs), y: Self::from_fours(&ys) }
    }

    #[inline(always)]
    fn unpack(&self, mut number: impl FnMut(usize, [u64; N])) {
        let columns = self.to_columns();
        (0..LANES).for_each(|lane| number(lane, columns.map(|column| column[lane])));
    }

    #[inline(always)]
    fn to_columns(&self) -> [[u64; MAX_LANES]; N] {
        const { assert!(LANES == MAX_LANES) }
        let digits = Self::new(Self::carried(self.digits)).reduced().digits;
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
        columns
    }

    #[inline(always)]
    fn one() -> Self {
        Self::splat(&Self::ONE)
    }

    #[inline(always)]
    fn add(&self, other: &Self) -> Self {
        let sum = each!(i, self.digits[i].add(other.digits[i]));
        Self::new(Self::carried(sum))
    }

    #[inline(always)]
    fn sub(&self, other: &Self) -> Self {
        Self::new(Self::carried(each!(i, {
            self.digits[i].add(V::splat(Self::P2[i])).sub(other.digits[i])
        })))
    }

    #[inline(always)]
    fn sub_tight(&self, other: &Self) -> Self {
        if M::COMPLEMENT.is_empty() {
            return self.sub(other).less(&Self::P2);
        }
        Self::new(Self::carried(Self::folded(each!(i, {
            self.digits[i].add(V::splat(Self::P2[i])).sub(other.digits[i])
        }))))
    }

    #[inline(always)]
    fn sub_both(&self, other: &Self, third: &Self) -> Self {
        if M::COMPLEMENT.is_empty() {
            return self.sub_tight(other).sub_tight(third);
        }
        Self::new(Self::carried(Self::folded(each!(i, {
            self.digits[i].add(V::splat(Self::P4[i])).sub(other.digits[i]).sub(third.digits[i])
        }))))
    }

    #[inline(always)]
    fn mul(&self, other: &Self) -> Self {
        Self::divided(&Pair(&self.digits, &other.digits))
    }

    #[inline(always)]
    fn mul_less(&self, other: &Self, third: &Self) -> Self {
        if M::COMPLEMENT.is_empty() {
            return self.mul(other).sub_tight(third);
        }
        let product = Self::divided_columns(&Pair(&self.digits, &other.digits));
        Self::new(Self::folded(each!(i, {
            product[i].add(V::splat(Self::P2[i])).sub(third.digits[i])
        })))
    }

    #[inline(always)]
    fn sqr(&self) -> Self {
        Self::divided(&Square(&self.digits))
    }

    #[inline(always)]
    fn sqr_less_both(&self, other: &Self, third: &Self) -> Self {
        if M::COMPLEMENT.is_empty() {
            return self.sqr().sub_both(other, third);
        }
        let square = Self::divided_columns(&Square(&self.digits));
        Self::new(Self::carried(Self::folded(each!(i, {
            square[i].add(V::splat(Self::P4[i])).sub(other.digits[i]).sub(third.digits[i])
        }))))
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
        let negated = each!(i, V::splat(Self::P2[i]).sub(self.digits[i]));
        Self::new(each!(i, self.digits[i].replace_where(mask, negated[i])))
    }

    #[inline(always)]
    fn one_where(&self, mask: Mask) -> Self {
        let one = Self::one();
        Self::new(each!(i, self.digits[i].replace_where(mask, one.digits[i])))
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

    /// All lanes with one inversion: the product of all of them is made crosswise, and so is that of the
    /// seven others for each.
    #[inline(always)]
    fn invert(&self) -> Self {
        let other = self.permuted([4, 5, 6, 7, 0, 1, 2, 3]);
        let pairs = self.mul(&other);
        let other_pair = pairs.permuted([2, 3, 0, 1, 6, 7, 4, 5]);
        let fours = pairs.mul(&other_pair);
        let other_four = fours.permuted([1, 0, 3, 2, 5, 4, 7, 6]);
        let product = fours.mul(&other_four).to_columns();
        // With a R in the lanes: 1 / (a R) times R³, divided by R, is 1 / a in Montgomery form.
        let inverse = Self::splat(&M::invert(&product.map(|column| column[0])));
        let others = other.mul(&other_pair).mul(&other_four);
        inverse.mul(&Self::splat(&Self::R3)).mul(&others)
    }
}

impl<V: Vector, M: Modulus<N>, const N: usize, const L: usize> Crosswise<M, N>
    for Ifma<V, M, N, L>
{
    /// No carry goes further than to the next digit.
    #[inline(always)]
    fn twice(&self) -> Self {
        let mut double = each!(i, self.digits[i].shl(1));
        for i in 0..L - 1 {
            double[i + 1] = double[i + 1].or(double[i].shr(DIGIT_BITS));
            double[i] = double[i].and(V::splat(DIGIT_MASK));
        }
        Self::new(double)
    }

    #[inline(always)]
    fn permuted(&self, lanes: [usize; MAX_LANES]) -> Self {
        Self::new(each!(i, self.digits[i].permuted(lanes)))
    }

    #[inline(always)]
    fn replace_where(&self, mask: Mask, other: &Self) -> Self {
        Self::new(each!(i, self.digits[i].replace_where(mask, other.digits[i])))
    }
}
