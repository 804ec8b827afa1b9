//! Eight 64-bit words side by side, and the few operations on them that the arithmetic needs.
//!
//! The arithmetic is written once over this trait. [`Emulated`] carries it out word by word, so that
//! it is tested on every machine; `avx512.rs` does it with one instruction each.

use crate::crypto::lanes::field::Mask;

/// Lanes of a vector.
pub const LANES: usize = 8;

/// Bits of a factor that the multiplier reads; it drops the others without a word.
pub const DIGIT_BITS: usize = 52;

/// The bits that are read.
pub const DIGIT_MASK: u64 = (1 << DIGIT_BITS) - 1;

/// Eight 64-bit words.
pub trait Vector: Copy + Send + Sync {
    /// The same word in all lanes.
    fn splat(word: u64) -> Self;
    /// A word for each lane.
    fn from_words(words: [u64; LANES]) -> Self;
    /// The word of each lane.
    fn to_words(self) -> [u64; LANES];
    /// Two times four words beside each other.
    fn pair(low: &[u64; 4], high: &[u64; 4]) -> Self;
    /// Of the pairs of the rows 0 and 4, 1 and 5, 2 and 6, 3 and 7: result `i` has the word `i` of all
    /// rows.
    fn columns(pairs: [Self; 4]) -> [Self; 4];
    /// Four words for each lane, from where they lie: result `i` has the word `i` of all lanes.
    #[inline(always)]
    fn gather(rows: [&[u64; 4]; LANES]) -> [Self; 4] {
        let [a, b, c, d, e, f, g, h] = rows;
        Self::columns([Self::pair(a, e), Self::pair(b, f), Self::pair(c, g), Self::pair(d, h)])
    }
    /// For each lane the word of the lane that is named for it.
    fn permuted(self, lanes: [usize; LANES]) -> Self;
    /// The same as a factor: bits above 52 are not read.
    fn as_factor(self) -> Self;
    /// `self` plus the low 52 bits of the 104-bit product of the low 52 bits of `a` and `b`.
    fn madd_low(self, a: Self, b: Self) -> Self;
    /// `self` plus the high 52 bits of that product.
    fn madd_high(self, a: Self, b: Self) -> Self;
    /// `self` times a small constant, wrapping.
    fn times(self, factor: u64) -> Self;
    /// `self + other`, wrapping.
    fn add(self, other: Self) -> Self;
    /// `self - other`, wrapping.
    fn sub(self, other: Self) -> Self;
    /// Bits that both have.
    fn and(self, other: Self) -> Self;
    /// Bits that either has.
    fn or(self, other: Self) -> Self;
    /// Shifted to the left by less than 64.
    fn shl(self, bits: usize) -> Self;
    /// Shifted to the right by less than 64, zeros coming in.
    fn shr(self, bits: usize) -> Self;
    /// Shifted to the right by less than 64, the sign coming in.
    fn sar(self, bits: usize) -> Self;
    /// The lanes below zero, as signed words.
    fn negative(self) -> Mask;
    /// The lanes that are zero.
    fn zeros(self) -> Mask;
    /// `other` in the lanes of the mask, `self` in the others.
    fn replace_where(self, mask: Mask, other: Self) -> Self;
}

/// Word by word.
#[cfg(test)]
#[derive(Clone, Copy, Debug)]
pub struct Emulated([u64; LANES]);

#[cfg(test)]
impl Emulated {
    fn each(self, f: impl Fn(u64) -> u64) -> Self {
        Self(self.0.map(f))
    }

    fn both(self, other: Self, f: impl Fn(u64, u64) -> u64) -> Self {
        Self(std::array::from_fn(|lane| f(self.0[lane], other.0[lane])))
    }

    fn mask(self, f: impl Fn(u64) -> bool) -> Mask {
        self.0.iter().enumerate().fold(0, |mask, (lane, &word)| mask | Mask::from(f(word)) << lane)
    }

    /// The low and the high 52 bits of a product of digits.
    #[allow(clippy::cast_possible_truncation, reason = "the two halves are what is wanted")]
    fn product(a: u64, b: u64) -> (u64, u64) {
        // The instruction would drop the upper bits; arithmetic that has some there is wrong.
        debug_assert!(a <= DIGIT_MASK && b <= DIGIT_MASK, "{a:x} times {b:x} would be cut");
        let product = u128::from(a & DIGIT_MASK) * u128::from(b & DIGIT_MASK);
        (product as u64 & DIGIT_MASK, (product >> DIGIT_BITS) as u64)
    }
}

#[cfg(test)]
impl Vector for Emulated {
    fn splat(word: u64) -> Self {
        Self([word; LANES])
    }

    fn from_words(words: [u64; LANES]) -> Self {
        Self(words)
    }

    fn to_words(self) -> [u64; LANES] {
        self.0
    }

    fn pair(low: &[u64; 4], high: &[u64; 4]) -> Self {
        let (mut words, halves) = ([0; LANES], [low, high]);
        for (words, half) in words.chunks_exact_mut(4).zip(halves) {
            words.copy_from_slice(half);
        }
        Self(words)
    }

    fn columns(pairs: [Self; 4]) -> [Self; 4] {
        std::array::from_fn(|i| Self(std::array::from_fn(|row| pairs[row % 4].0[row / 4 * 4 + i])))
    }

    fn permuted(self, lanes: [usize; LANES]) -> Self {
        Self(lanes.map(|lane| self.0[lane]))
    }

    fn as_factor(self) -> Self {
        self.and(Self::splat(DIGIT_MASK))
    }

    fn madd_low(self, a: Self, b: Self) -> Self {
        self.add(a.both(b, |a, b| Self::product(a, b).0))
    }

    fn madd_high(self, a: Self, b: Self) -> Self {
        self.add(a.both(b, |a, b| Self::product(a, b).1))
    }

    fn times(self, factor: u64) -> Self {
        // Whoever multiplies a column by a constant counts on there being room.
        self.each(|word| word.checked_mul(factor).expect("it would be cut"))
    }

    fn add(self, other: Self) -> Self {
        self.both(other, u64::wrapping_add)
    }

    fn sub(self, other: Self) -> Self {
        self.both(other, u64::wrapping_sub)
    }

    fn and(self, other: Self) -> Self {
        self.both(other, |a, b| a & b)
    }

    fn or(self, other: Self) -> Self {
        self.both(other, |a, b| a | b)
    }

    fn shl(self, bits: usize) -> Self {
        self.each(|word| word << bits)
    }

    fn shr(self, bits: usize) -> Self {
        self.each(|word| word >> bits)
    }

    fn sar(self, bits: usize) -> Self {
        self.each(|word| (word.cast_signed() >> bits).cast_unsigned())
    }

    fn negative(self) -> Mask {
        self.mask(|word| word.cast_signed() < 0)
    }

    fn zeros(self) -> Mask {
        self.mask(|word| word == 0)
    }

    fn replace_where(self, mask: Mask, other: Self) -> Self {
        Self(std::array::from_fn(|lane| {
            if (mask >> lane) & 1 == 1 { other.0[lane] } else { self.0[lane] }
        }))
    }
}
