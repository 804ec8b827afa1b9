//! A key's numbers in 64-bit words, and arithmetic with them one number at a time: for what is
//! computed once for a key.

use super::encoding;
use super::scalar::{Compiled, Scalar};
use crate::crypto::RsaKey;
use crate::crypto::lanes::modulus;
use crate::crypto::lanes::words;

/// A key.
#[derive(Clone, Debug)]
pub struct Numbers {
    /// The modulus, least significant word first; the last word is not zero.
    pub modulus: Box<[u64]>,
    /// The exponent, most significant octet first: odd, at least 3.
    pub exponent: Box<[u8]>,
    /// The encoded block of a hash of all zeros, in as many words as the modulus.
    pub block: Box<[u64]>,
}

impl Numbers {
    /// Of a key for which [`crate::crypto::key`] has checked what is said above.
    pub fn new(key: &RsaKey) -> Self {
        let block = encoding::block_without_hash(key.hash(), key.modulus().len());
        let [modulus, block] = [key.modulus(), &block].map(|octets| from_octets(octets).into());
        Self { modulus, exponent: key.exponent().into(), block }
    }

    /// Bits of the modulus.
    pub fn bits(&self) -> usize {
        let zeros = self.modulus.last().map_or(0, |word| word.leading_zeros());
        64 * self.modulus.len() - zeros as usize
    }

    /// For a `c` of few times the modulus: minus c, and minus c times the block without its hash, both
    /// modulo the modulus and from 1 to the modulus.
    pub fn minus_products(&self, mut c: Vec<u64>) -> [Vec<u64>; 2] {
        reduce(&mut c, &self.modulus);
        c.truncate(self.modulus.len());
        let montgomery = Scalar::<Compiled>::new(&self.modulus);
        let mut product = self.square_of_radix();
        montgomery.multiply(&mut product, &c);
        montgomery.multiply(&mut product, &self.block);
        // The block is below the modulus, so the product is below twice that.
        reduce(&mut product, &self.modulus);
        [c, product].map(|number| {
            let mut difference = self.modulus.to_vec();
            subtract(&mut difference, &number);
            difference
        })
    }

    /// `2^(128 N)` modulo the modulus of `N` words, below `2^(64 N)`: some doublings, then squares.
    fn square_of_radix(&self) -> Vec<u64> {
        let words = self.modulus.len();
        // 2^(bits - 1) is below the modulus.
        let mut power = vec![0; words];
        power[(self.bits() - 1) / 64] = 1 << ((self.bits() - 1) % 64);
        let doublings = 64 * words - (self.bits() - 1) + words;
        for _ in 0..doublings {
            let mut carry = 0;
            for word in &mut power {
                (*word, carry) = (*word << 1 | carry, *word >> 63);
            }
            if carry != 0 || !is_less(&power, &self.modulus) {
                subtract(&mut power, &self.modulus);
            }
        }
        // From R 2^N six squares lead to R 2^(64 N).
        let montgomery = Scalar::<Compiled>::new(&self.modulus);
        let mut space = Vec::new();
        for _ in 0..6 {
            montgomery.square(&mut power, &mut space);
        }
        power
    }
}

/// Octets, most significant first, as words.
pub fn from_octets(octets: &[u8]) -> Vec<u64> {
    let (rest, chunks) = octets.as_rchunks::<8>();
    let mut words: Vec<_> = chunks.iter().rev().map(|chunk| u64::from_be_bytes(*chunk)).collect();
    if !rest.is_empty() {
        words.push(rest.iter().fold(0, |word, &octet| word << 8 | u64::from(octet)));
    }
    words
}

/// Digit `i` of a number in words, where digits have so many bits: at most 64. Digits past the last
/// word are zero.
#[inline(always)]
pub fn digit(words: &[u64], i: usize, bits: usize) -> u64 {
    let (word, shift) = (i * bits / 64, i * bits % 64);
    let at = |word: usize| words.get(word).copied().unwrap_or(0);
    let low = at(word) >> shift;
    let high = if shift == 0 { 0 } else { at(word + 1) << (64 - shift) };
    (low | high) & (u64::MAX >> (64 - bits))
}

/// A number of digits of so many bits, as so many words. It fits.
pub fn from_digits(digits: impl Iterator<Item = u64>, bits: usize, words: usize) -> Vec<u64> {
    let mut number = vec![0; words + 1];
    for (i, digit) in digits.enumerate() {
        let (word, shift) = (i * bits / 64, i * bits % 64);
        if digit == 0 {
            continue;
        }
        number[word] |= digit << shift;
        if shift + bits > 64 && digit >> (64 - shift) != 0 {
            number[word + 1] |= digit >> (64 - shift);
        }
    }
    number
}

/// Whether `a < b`. Numbers may differ in length.
pub fn is_less(a: &[u64], b: &[u64]) -> bool {
    let at = |words: &[u64], i: usize| words.get(i).copied().unwrap_or(0);
    let mut places = (0..a.len().max(b.len())).rev();
    places.find(|&i| at(a, i) != at(b, i)).is_some_and(|i| at(a, i) < at(b, i))
}

/// `a - b`, wrapping at the length of `a`; `b` is no longer. The borrow: 0 or 1.
pub fn subtract(a: &mut [u64], b: &[u64]) -> u64 {
    let mut borrow = 0;
    for (i, word) in a.iter_mut().enumerate() {
        (*word, borrow) = words::sub_borrow(*word, b.get(i).copied().unwrap_or(0), borrow);
    }
    borrow
}

/// Makes a number of few times the modulus less than it.
pub fn reduce(number: &mut [u64], modulus: &[u64]) {
    while !is_less(number, modulus) {
        subtract(number, modulus);
    }
}

/// `-1 / modulus mod 2^bits`.
pub fn minus_inverse(modulus: &[u64], bits: usize) -> u64 {
    modulus::minus_inverse(modulus.first().copied().unwrap_or(1)) & (u64::MAX >> (64 - bits))
}
