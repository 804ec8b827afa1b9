//! Blocks and digests turned on their side: the words of a message beside each other are one in each
//! of as many vectors. Parts of messages are loaded where they stand, with masks, and padded in the
//! register, so that no block is written.

use std::arch::x86_64::{
    __m512i, _bzhi_u64, _mm512_cmple_epu32_mask, _mm512_cmple_epu64_mask, _mm512_loadu_si512,
    _mm512_mask_loadu_epi8, _mm512_maskz_slli_epi32, _mm512_maskz_slli_epi64, _mm512_or_si512,
    _mm512_set_epi64, _mm512_setzero_si512, _mm512_shuffle_epi8, _mm512_shuffle_i32x4,
    _mm512_storeu_si512, _mm512_unpackhi_epi32, _mm512_unpackhi_epi64, _mm512_unpacklo_epi32,
    _mm512_unpacklo_epi64,
};

use super::super::groups::{Message, Messages, len};
use super::super::vector::{MOST_LANES, Vector};
use super::{Avx512x32, Avx512x64};

/// 64 octets of a message and its padding, from an offset on, but for the number of its bits.
#[inline(always)]
fn row<const P: usize>(message: &Message<'_, P>, start: usize) -> __m512i {
    let mut row = intrinsic!(_mm512_setzero_si512());
    let mut from = 0;
    for part in message {
        let to = from + part.len();
        let mask = first(to.saturating_sub(start)) & !first(from.saturating_sub(start));
        // Without this question the answer would be the same, but a processor takes long to find
        // out that there is no memory which it need not read.
        if mask != 0 {
            let octets = part.as_ptr().wrapping_add(start).wrapping_sub(from);
            // SAFETY: the octets that the mask names are in the part. The others are not read, and
            // there need be no memory where they would be.
            row = unsafe { _mm512_mask_loadu_epi8(row, mask, octets.cast()) };
        }
        from = to;
    }
    let end = &END[64 - from.wrapping_sub(start).min(64)..][..64];
    // SAFETY: there are 64 octets, and the load wants no alignment.
    let end = unsafe { _mm512_loadu_si512(end.as_ptr().cast::<__m512i>()) };
    intrinsic!(_mm512_or_si512(row, end))
}

/// The bit behind a message in the middle of zeros.
static END: [u8; 128] = {
    let mut end = [0; 128];
    end[64] = 0x80;
    end
};

/// A mask of so many octets, 64 at most.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "64 is not much")]
fn first(count: usize) -> u64 {
    intrinsic!(_bzhi_u64(u64::MAX, count.min(64) as u32))
}

/// The octets of each word in reverse; a word has `LEN`, 4 or 8.
#[inline(always)]
fn reversed<const LEN: usize>(words: __m512i) -> __m512i {
    let (low, high) = if LEN == 4 {
        (0x0405_0607_0001_0203, 0x0c0d_0e0f_0809_0a0b)
    } else {
        (0x0001_0203_0405_0607, 0x0809_0a0b_0c0d_0e0f)
    };
    let order = intrinsic!(_mm512_set_epi64(high, low, high, low, high, low, high, low));
    intrinsic!(_mm512_shuffle_epi8(words, order))
}

/// Two registers' words of 64 bits, the even ones and the odd ones of each quarter.
#[inline(always)]
fn unpack_64(a: __m512i, b: __m512i) -> [__m512i; 2] {
    intrinsic!([_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b)])
}

/// Of four registers each quarter, which has four words of 32 bits of each, turned on its side.
#[inline(always)]
fn unpack_32([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    let low = intrinsic!([_mm512_unpacklo_epi32(a, b), _mm512_unpacklo_epi32(c, d)]);
    let high = intrinsic!([_mm512_unpackhi_epi32(a, b), _mm512_unpackhi_epi32(c, d)]);
    let ([w, x], [y, z]) = (unpack_64(low[0], low[1]), unpack_64(high[0], high[1]));
    [w, x, y, z]
}

/// The quarters of four registers, turned on their side.
#[inline(always)]
fn quarters([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    let even = intrinsic!([_mm512_shuffle_i32x4::<0x88>(a, b), _mm512_shuffle_i32x4::<0x88>(c, d)]);
    let odd = intrinsic!([_mm512_shuffle_i32x4::<0xdd>(a, b), _mm512_shuffle_i32x4::<0xdd>(c, d)]);
    intrinsic!([
        _mm512_shuffle_i32x4::<0x88>(even[0], even[1]),
        _mm512_shuffle_i32x4::<0x88>(odd[0], odd[1]),
        _mm512_shuffle_i32x4::<0xdd>(even[0], even[1]),
        _mm512_shuffle_i32x4::<0xdd>(odd[0], odd[1]),
    ])
}

/// The sixteen words of each of sixteen rows, turned on their side.
#[inline(always)]
fn turned_32(r: [__m512i; 16]) -> [__m512i; 16] {
    let a = unpack_32([r[0], r[1], r[2], r[3]]);
    let b = unpack_32([r[4], r[5], r[6], r[7]]);
    let c = unpack_32([r[8], r[9], r[10], r[11]]);
    let d = unpack_32([r[12], r[13], r[14], r[15]]);
    let mut columns = r;
    for i in 0..4 {
        let [w, x, y, z] = quarters([a[i], b[i], c[i], d[i]]);
        [columns[i], columns[4 + i], columns[8 + i], columns[12 + i]] = [w, x, y, z];
    }
    columns
}

/// The eight words of each of eight rows, turned on their side.
#[inline(always)]
fn turned_64(r: [__m512i; 8]) -> [__m512i; 8] {
    let (a, b) = (unpack_64(r[0], r[1]), unpack_64(r[2], r[3]));
    let (c, d) = (unpack_64(r[4], r[5]), unpack_64(r[6], r[7]));
    let mut columns = r;
    for i in 0..2 {
        let [w, x, y, z] = quarters([a[i], b[i], c[i], d[i]]);
        [columns[i], columns[2 + i], columns[4 + i], columns[6 + i]] = [w, x, y, z];
    }
    columns
}

/// A place for each lane: a lane without a message does what the first one does.
#[inline(always)]
fn whole<const LANES: usize>(places: &[u32]) -> [u32; LANES] {
    if let Some(whole) = places.first_chunk() {
        return *whole;
    }
    let mut whole = [places[0]; LANES];
    for (lane, &place) in whole.iter_mut().zip(places) {
        *lane = place;
    }
    whole
}

/// What the body is for each lane, written out so that it is not kept in memory.
macro_rules! lanes {
    ($lane:ident in [$($value:literal)*] $body:block) => {
        [$({
            const $lane: usize = $value;
            $body
        }),*]
    };
}

/// Both read a block of each message, and its number of bits into the last word where that is due: a
/// message of few enough octets has no other block behind this one. No number of bits needs more than
/// a word, since messages have few blocks here.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "messages have few blocks here")]
pub fn read_32<const P: usize>(
    messages: &impl Messages<P>,
    places: &[u32],
    number: usize,
) -> [__m512i; 16] {
    let places = whole::<16>(places);
    let mut lens = [0; 16];
    let rows = lanes!(LANE in [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15] {
        let message = messages.at(places[LANE] as usize);
        lens[LANE] = len(&message) as u32;
        reversed::<4>(row(&message, 64 * number))
    });
    let mut columns = turned_32(rows);
    let (lens, most) =
        (Avx512x32::from_words(&lens).0, Avx512x32::splat(64 * number as u32 + 55).0);
    let bits = intrinsic!(_mm512_maskz_slli_epi32::<3>(_mm512_cmple_epu32_mask(lens, most), lens));
    columns[15] = intrinsic!(_mm512_or_si512(columns[15], bits));
    columns
}

#[inline(always)]
pub fn read_64<const P: usize>(
    messages: &impl Messages<P>,
    places: &[u32],
    number: usize,
) -> [__m512i; 16] {
    let places = whole::<8>(places);
    let mut lens = [0; 8];
    let rows = lanes!(LANE in [0 1 2 3 4 5 6 7] {
        let message = messages.at(places[LANE] as usize);
        lens[LANE] = len(&message) as u64;
        [row(&message, 128 * number), row(&message, 128 * number + 64)]
    });
    let mut columns = [rows[0][0]; 16];
    for half in 0..2 {
        let rows = lanes!(LANE in [0 1 2 3 4 5 6 7] { reversed::<8>(rows[LANE][half]) });
        columns[8 * half..8 * half + 8].copy_from_slice(&turned_64(rows));
    }
    let (lens, most) =
        (Avx512x64::from_words(&lens).0, Avx512x64::splat(128 * number as u64 + 111).0);
    let bits = intrinsic!(_mm512_maskz_slli_epi64::<3>(_mm512_cmple_epu64_mask(lens, most), lens));
    columns[15] = intrinsic!(_mm512_or_si512(columns[15], bits));
    columns
}

/// Writes 64 octets.
#[inline(always)]
fn store(words: __m512i, octets: &mut [u8]) {
    let octets = &mut octets[..64];
    // SAFETY: there are 64 octets, and the store wants no alignment.
    unsafe { _mm512_storeu_si512(octets.as_mut_ptr().cast::<__m512i>(), words) }
}

/// Writes eight words of each lane behind each other.
#[inline(always)]
pub fn write_32(words: [__m512i; 8], lines: &mut [[u8; 32]; MOST_LANES]) {
    let w = lanes!(WORD in [0 1 2 3 4 5 6 7] { reversed::<4>(words[WORD]) });
    let (low, high) = (unpack_32([w[0], w[1], w[2], w[3]]), unpack_32([w[4], w[5], w[6], w[7]]));
    for i in [0, 2] {
        // Of every fourth lane the words of it and of the next.
        let pairs = quarters([low[i], high[i], low[i + 1], high[i + 1]]);
        for (lines, pair) in lines.chunks_exact_mut(4).zip(pairs) {
            store(pair, lines[i..i + 2].as_flattened_mut());
        }
    }
}

#[inline(always)]
pub fn write_64(words: [__m512i; 8], lines: &mut [[u8; 64]; MOST_LANES]) {
    for (line, words) in lines.iter_mut().zip(turned_64(words)) {
        store(reversed::<8>(words), line);
    }
}
