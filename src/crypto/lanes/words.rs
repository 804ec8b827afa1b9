//! Plain numbers of a fixed count of 64-bit words, least significant word first.
//!
//! What is written here once is used by every kernel; nothing here is on a hot path.

/// A number of one word.
pub const fn small<const N: usize>(word: u64) -> [u64; N] {
    let mut number = [0; N];
    number[0] = word;
    number
}

/// Whether `a < b`.
pub const fn less<const N: usize>(a: &[u64; N], b: &[u64; N]) -> bool {
    sub(a, b).1
}

/// Whether the number is zero.
pub const fn is_zero<const N: usize>(a: &[u64; N]) -> bool {
    let (mut any, mut i) = (0, 0);
    while i < N {
        any |= a[i];
        i += 1;
    }
    any == 0
}

/// `a + b`, and whether it overflowed.
pub const fn add<const N: usize>(a: &[u64; N], b: &[u64; N]) -> ([u64; N], bool) {
    let (mut sum, mut carry, mut i) = ([0; N], 0, 0);
    while i < N {
        (sum[i], carry) = add_carry(a[i], b[i], carry);
        i += 1;
    }
    (sum, carry != 0)
}

/// `a - b`, and whether it was below zero.
pub const fn sub<const N: usize>(a: &[u64; N], b: &[u64; N]) -> ([u64; N], bool) {
    let (mut difference, mut borrow, mut i) = ([0; N], 0, 0);
    while i < N {
        (difference[i], borrow) = sub_borrow(a[i], b[i], borrow);
        i += 1;
    }
    (difference, borrow != 0)
}

/// The low word and the carry (0 or 1) of `a + b + carry`.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "the two halves are what is wanted")]
pub const fn add_carry(a: u64, b: u64, carry: u64) -> (u64, u64) {
    let wide = a as u128 + b as u128 + carry as u128;
    (wide as u64, (wide >> 64) as u64)
}

/// The low word and the borrow (0 or 1) of `a - b - borrow`.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "the two halves are what is wanted")]
pub const fn sub_borrow(a: u64, b: u64, borrow: u64) -> (u64, u64) {
    let wide = (a as u128).wrapping_sub(b as u128).wrapping_sub(borrow as u128);
    (wide as u64, (wide >> 64) as u64 & 1)
}

/// The low and the high word of `sum + a * b + carry`, which always fit.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "the two halves are what is wanted")]
pub const fn mul_add(sum: u64, a: u64, b: u64, carry: u64) -> (u64, u64) {
    let wide = a as u128 * b as u128 + sum as u128 + carry as u128;
    (wide as u64, (wide >> 64) as u64)
}

/// The `width` bits from bit `position` on; bits past the last word are zero. `width` is below 64.
#[inline(always)]
pub const fn bits<const N: usize>(a: &[u64; N], position: usize, width: usize) -> u64 {
    let (word, shift) = (position / 64, position % 64);
    let low = if word < N { a[word] >> shift } else { 0 };
    let high = if shift > 0 && word + 1 < N { a[word + 1] << (64 - shift) } else { 0 };
    (low | high) & ((1 << width) - 1)
}

/// Bits of the number without leading zeros.
pub const fn bit_len<const N: usize>(a: &[u64; N]) -> usize {
    let mut i = N;
    while i > 0 {
        i -= 1;
        if a[i] != 0 {
            return 64 * (i + 1) - a[i].leading_zeros() as usize;
        }
    }
    0
}

/// Reads `8 * N` octets, most significant first; `None` for any other count.
pub fn from_be_bytes<const N: usize>(octets: &[u8]) -> Option<[u64; N]> {
    let (chunks, rest) = octets.as_chunks::<8>();
    if chunks.len() != N || !rest.is_empty() {
        return None;
    }
    let mut words = [0; N];
    for (word, chunk) in words.iter_mut().rev().zip(chunks) {
        *word = u64::from_be_bytes(*chunk);
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_differences_carry_through_all_words() {
        let (max, one) = ([u64::MAX; 3], [1, 0, 0]);
        assert_eq!(add(&max, &one), ([0; 3], true));
        assert_eq!(sub(&[0; 3], &one), (max, true));
        assert_eq!(add(&[u64::MAX, 5, 0], &one), ([0, 6, 0], false));
        assert!(less(&one, &max) && !less(&max, &max) && !less(&[0, 1, 0], &one));
        assert_eq!(mul_add(u64::MAX, u64::MAX, u64::MAX, u64::MAX), (u64::MAX, u64::MAX));
    }

    #[test]
    fn bits_are_read_across_words_and_past_the_end() {
        let number = [0xf000_0000_0000_0000, 0x9];
        assert_eq!(bits(&number, 60, 8), 0x9f);
        assert_eq!(bits(&number, 64, 4), 9);
        assert_eq!(bits(&number, 126, 10), 0);
        assert_eq!((bit_len(&number), bit_len(&[0; 2])), (68, 0));
    }

    #[test]
    fn octets_are_read_most_significant_first() {
        let octets: Vec<u8> = (1..=16).collect();
        let words = [0x090a_0b0c_0d0e_0f10, 0x0102_0304_0506_0708];
        assert_eq!(from_be_bytes(&octets), Some(words));
        assert_eq!(from_be_bytes::<2>(&octets[1..]), None);
    }
}
