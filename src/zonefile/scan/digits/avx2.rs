//! 32 digits at once, or 16, with AVX2.
//!
//! A run is read in vectors from its front; the last vector ends where the run ends, and may read
//! and write again some of what the one before has. So nothing outside the run is read, and no run
//! needs digits one by one, as long as it fills one vector.
#![allow(unsafe_code, reason = "intrinsics for instructions that not every processor has")]

use std::arch::x86_64::{
    __m128i, __m256i, _mm_loadu_si128, _mm_storeu_si128, _mm256_add_epi8, _mm256_and_si256,
    _mm256_blendv_epi8, _mm256_broadcastsi128_si256, _mm256_castsi256_si128, _mm256_cmpeq_epi8,
    _mm256_extracti128_si256, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16,
    _mm256_min_epu8, _mm256_movemask_epi8, _mm256_or_si256, _mm256_packus_epi16,
    _mm256_permute4x64_epi64, _mm256_permutevar8x32_epi32, _mm256_set1_epi8, _mm256_set1_epi16,
    _mm256_set1_epi32, _mm256_setr_epi8, _mm256_setr_epi32, _mm256_setzero_si256,
    _mm256_shuffle_epi8, _mm256_slli_epi64, _mm256_srli_epi16, _mm256_srli_epi64,
    _mm256_storeu_si256, _mm256_sub_epi8, _mm256_testz_si256,
};

use crate::zonefile::scan::avx2::Available;

/// Octets that a vector's store may write behind those that count.
const SLACK: usize = 32;

/// A kind of digits, and how 32 of them become octets.
trait Digits {
    /// Digits of a group.
    const GROUP: usize;
    /// Octets that a group stands for.
    const OCTETS: usize;

    /// The octets of 32 digits in the front of a register; `None` if one is no digit.
    ///
    /// # Safety
    /// The processor must have AVX2.
    unsafe fn decode(digits: __m256i) -> Option<__m256i>;

    /// Writes the octets of 32 digits, as [`Digits::decode`] gives them.
    ///
    /// # Safety
    /// The processor must have AVX2, and 32 octets must be there to be written.
    #[target_feature(enable = "avx2")]
    #[inline]
    unsafe fn store(place: *mut u8, decoded: __m256i) {
        // SAFETY: there are 32 octets, and the store wants no alignment.
        unsafe { _mm256_storeu_si256(place.cast::<__m256i>(), decoded) }
    }
}

macro_rules! ways_in {
    ($($(#[$doc:meta])* $name:ident $digits:ty;)*) => {$(
        $(#[$doc])*
        #[inline]
        pub fn $name(_: Available, text: &[u8], out: &mut Vec<u8>) -> bool {
            #[target_feature(enable = "avx2")]
            fn inside(text: &[u8], out: &mut Vec<u8>) -> bool {
                // SAFETY: this function has the feature.
                unsafe { run::<$digits>(text, out) }
            }
            // SAFETY: `Available` proves that the processor has the feature.
            unsafe { inside(text, out) }
        }
    )*};
}

ways_in! {
    /// Base64 digits; see [`super::base64`].
    base64 Base64;
    /// Base32hex digits; see [`super::base32hex`].
    base32hex Base32Hex;
    /// Hexadecimal digits; see [`super::hexadecimal`].
    hexadecimal Hexadecimal;
}

/// Reads a run, as the functions of [`super`] do.
///
/// # Safety
/// The processor must have AVX2.
#[inline(always)]
unsafe fn run<D: Digits>(text: &[u8], out: &mut Vec<u8>) -> bool {
    if text.len() < 16 || !text.len().is_multiple_of(D::GROUP) {
        return false;
    }
    let (start, octets) = (out.len(), text.len() / D::GROUP * D::OCTETS);
    out.reserve(octets + SLACK);
    // SAFETY: `octets + SLACK` are reserved behind `start`. A vector of digits from `at` on lies
    // wholly in the text; its octets begin at `at / GROUP * OCTETS`, which is below `octets`, and
    // its store writes at most SLACK. Those before `octets` are all written when the vectors have
    // covered the text.
    unsafe {
        let place = out.as_mut_ptr().add(start);
        if text.len() < 32 {
            let last = text.len() - 16;
            for at in [0, last] {
                let digits = _mm_loadu_si128(text.as_ptr().add(at).cast::<__m128i>());
                // The upper half repeats the lower, so that it has no other faults.
                let Some(decoded) = D::decode(_mm256_broadcastsi128_si256(digits)) else {
                    return false;
                };
                let place = place.add(at / D::GROUP * D::OCTETS);
                _mm_storeu_si128(place.cast::<__m128i>(), _mm256_castsi256_si128(decoded));
            }
        } else {
            let last = text.len() - 32;
            let mut at = 0;
            loop {
                let digits = _mm256_loadu_si256(text.as_ptr().add(at).cast::<__m256i>());
                let Some(decoded) = D::decode(digits) else { return false };
                let place = place.add(at / D::GROUP * D::OCTETS);
                D::store(place, decoded);
                if at == last {
                    break;
                }
                at = (at + 32).min(last);
            }
        }
        out.set_len(start + octets);
    }
    true
}

/// A table of 16 octets in both halves of a register.
#[target_feature(enable = "avx2")]
#[inline]
fn table(octets: &[u8; 16]) -> __m256i {
    // SAFETY: there are 16 octets, and the load wants no alignment.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(octets.as_ptr().cast()) })
}

/// An octet in all places.
#[target_feature(enable = "avx2")]
#[inline]
fn all(octet: u8) -> __m256i {
    _mm256_set1_epi8(octet.cast_signed())
}

/// Base64 (RFC 4648 §4), after Muła and Lemire, "Faster Base64 Encoding and Decoding Using AVX2
/// Instructions" (ACM Transactions on the Web 12, 2018, §3.2, §3.3): an octet's two halves look up
/// whether it is a digit, and the upper one what is to be added to make it the digit's value.
enum Base64 {}

/// What the tables of [`Base64`] are made from.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// By the upper half of an octet, one bit for the set of lower halves that make it a digit; upper
/// halves with the same set share the bit.
static UPPER: [u8; 16] = base64_tables().0;
/// By the lower half, the bits of the sets that it is not in: where both have a bit in common, the
/// octet is no digit.
static LOWER: [u8; 16] = base64_tables().1;
/// By the upper half, what leads from a digit to its value. `/` shares its upper half with `+`, and
/// is looked up one place before.
static OFFSETS: [u8; 16] = {
    let mut offsets = [0u8; 16];
    let mut value = 0u8;
    while value < 64 {
        let octet = ALPHABET[value as usize];
        let place = (octet >> 4) - (octet == b'/') as u8;
        offsets[place as usize] = value.wrapping_sub(octet);
        value += 1;
    }
    offsets
};

const fn base64_tables() -> ([u8; 16], [u8; 16]) {
    // For each upper half the lower halves of its digits, as bits.
    let mut sets = [0u16; 16];
    let mut value = 0;
    while value < 64 {
        let octet = ALPHABET[value];
        sets[(octet >> 4) as usize] |= 1 << (octet & 15);
        value += 1;
    }
    let (mut upper, mut lower) = ([0u8; 16], [0u8; 16]);
    let (mut half, mut bit) = (0, 1u8);
    while half < 16 {
        let mut same = 0;
        while sets[same] != sets[half] {
            same += 1;
        }
        if same < half {
            upper[half] = upper[same];
        } else {
            upper[half] = bit;
            let mut low = 0;
            while low < 16 {
                if sets[half] >> low & 1 == 0 {
                    lower[low] |= bit;
                }
                low += 1;
            }
            bit = bit.wrapping_shl(1);
        }
        half += 1;
    }
    (upper, lower)
}

impl Digits for Base64 {
    const GROUP: usize = 4;
    const OCTETS: usize = 3;

    #[target_feature(enable = "avx2")]
    #[inline]
    unsafe fn decode(digits: __m256i) -> Option<__m256i> {
        let half = all(15);
        let lower = _mm256_and_si256(digits, half);
        let upper = _mm256_and_si256(_mm256_srli_epi16::<4>(digits), half);
        let wrong = _mm256_and_si256(
            _mm256_shuffle_epi8(table(&LOWER), lower),
            _mm256_shuffle_epi8(table(&UPPER), upper),
        );
        if _mm256_testz_si256(wrong, wrong) == 0 {
            return None;
        }
        // A comparison that holds gives -1.
        let place = _mm256_add_epi8(upper, _mm256_cmpeq_epi8(digits, all(b'/')));
        let values = _mm256_add_epi8(digits, _mm256_shuffle_epi8(table(&OFFSETS), place));
        // Neighbours are joined: 6 bits to 12, 12 to 24, three octets in each word of 32 bits.
        let twelve = _mm256_maddubs_epi16(values, _mm256_set1_epi16(0x0140));
        let words = _mm256_madd_epi16(twelve, _mm256_set1_epi32(0x0001_1000));
        // The three octets of each word, highest first, side by side in each half, and then halves.
        let order = _mm256_setr_epi8(
            2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1, //
            2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1,
        );
        let packed = _mm256_shuffle_epi8(words, order);
        let halves = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7);
        Some(_mm256_permutevar8x32_epi32(packed, halves))
    }
}

/// The values of digits that are decimals and the first `letters` letters, in either case; `None`
/// if one is neither.
#[target_feature(enable = "avx2")]
#[inline]
fn digit_values(digits: __m256i, letters: u8) -> Option<__m256i> {
    let decimal = _mm256_sub_epi8(digits, all(b'0'));
    let is_decimal = _mm256_cmpeq_epi8(_mm256_min_epu8(decimal, all(9)), decimal);
    let letter = _mm256_sub_epi8(_mm256_or_si256(digits, all(0x20)), all(b'a'));
    let is_letter = _mm256_cmpeq_epi8(_mm256_min_epu8(letter, all(letters - 1)), letter);
    if _mm256_movemask_epi8(_mm256_or_si256(is_decimal, is_letter)) != -1 {
        return None;
    }
    Some(_mm256_blendv_epi8(_mm256_add_epi8(letter, all(10)), decimal, is_decimal))
}

/// Base32hex (RFC 4648 §7).
enum Base32Hex {}

impl Digits for Base32Hex {
    const GROUP: usize = 8;
    const OCTETS: usize = 5;

    #[target_feature(enable = "avx2")]
    #[inline]
    unsafe fn decode(digits: __m256i) -> Option<__m256i> {
        let values = digit_values(digits, 22)?;
        // Neighbours are joined: 5 bits to 10, 10 to 20, and 20 to the 40 of a group.
        let ten = _mm256_maddubs_epi16(values, _mm256_set1_epi16(0x0120));
        let twenty = _mm256_madd_epi16(ten, _mm256_set1_epi32(0x0001_0400));
        let first = _mm256_srli_epi64::<24>(_mm256_slli_epi64::<44>(twenty));
        let forty = _mm256_or_si256(first, _mm256_srli_epi64::<32>(twenty));
        // The five octets of each word, highest first: ten in the front of each half.
        let order = _mm256_setr_epi8(
            4, 3, 2, 1, 0, 12, 11, 10, 9, 8, -1, -1, -1, -1, -1, -1, //
            4, 3, 2, 1, 0, 12, 11, 10, 9, 8, -1, -1, -1, -1, -1, -1,
        );
        Some(_mm256_shuffle_epi8(forty, order))
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    unsafe fn store(place: *mut u8, decoded: __m256i) {
        let upper = _mm256_extracti128_si256::<1>(decoded);
        // SAFETY: two times 16 octets, the second ten octets on, are within 32.
        unsafe {
            _mm_storeu_si128(place.cast::<__m128i>(), _mm256_castsi256_si128(decoded));
            _mm_storeu_si128(place.add(10).cast::<__m128i>(), upper);
        }
    }
}

/// Hexadecimal (RFC 4648 §8).
enum Hexadecimal {}

impl Digits for Hexadecimal {
    const GROUP: usize = 2;
    const OCTETS: usize = 1;

    #[target_feature(enable = "avx2")]
    #[inline]
    unsafe fn decode(digits: __m256i) -> Option<__m256i> {
        let values = digit_values(digits, 6)?;
        let pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi16(0x0110));
        let packed = _mm256_packus_epi16(pairs, _mm256_setzero_si256());
        Some(_mm256_permute4x64_epi64::<0b11_01_10_00>(packed))
    }
}
