//! The text of a name, copied to where its wire form will be, and where its dots are; or the wire form
//! itself.
#![cfg_attr(target_arch = "x86_64", allow(unsafe_code, reason = "loads and stores of vectors"))]

use super::Kernel;

/// The longest text that [`append`] takes.
pub const MAX_TEXT: usize = 64;

/// Appends a zero octet and then a text to `out`. Returns the dots of the text as bits, that of the
/// first octet the lowest; `None`, with nothing appended, if the text has a backslash or more than
/// [`MAX_TEXT`] octets.
#[inline]
pub fn append(text: &[u8], out: &mut Vec<u8>) -> Option<u64> {
    #[cfg(target_arch = "x86_64")]
    if (4..=MAX_TEXT).contains(&text.len()) {
        return sse2::append(text, out);
    }
    plain_append(text, out)
}

/// Appends the wire form of a name's labels, that of the root if the text ends in a dot. Returns
/// whether it does; `None`, with nothing appended, if the text has a backslash or an empty label, is
/// empty or longer than the kernel can take, or the kernel cannot do this.
///
/// The plain reader is that of the field.
#[inline(always)]
pub fn append_wire(kernel: Kernel, text: &[u8], out: &mut Vec<u8>) -> Option<bool> {
    match kernel {
        #[cfg(target_arch = "x86_64")]
        Kernel::Avx512(available) => avx512::append_wire(available, text, out),
        _ => {
            let _ = (text, out);
            None
        }
    }
}

fn plain_append(text: &[u8], out: &mut Vec<u8>) -> Option<u64> {
    if text.len() > MAX_TEXT || text.contains(&b'\\') {
        return None;
    }
    out.push(0);
    out.extend_from_slice(text);
    Some((0..).zip(text).fold(0, |dots, (at, &octet)| dots | u64::from(octet == b'.') << at))
}

/// With SSE2, which every x86-64 processor has.
#[cfg(target_arch = "x86_64")]
mod sse2 {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_cvtsi64_si128, _mm_loadu_si128, _mm_movemask_epi8,
        _mm_or_si128, _mm_set1_epi8, _mm_storeu_si128,
    };

    use super::MAX_TEXT;

    /// As [`super::append`], of 4 to 64 octets.
    ///
    /// The last vector, or word, ends where the text ends, and has once more what the one before
    /// had.
    #[inline]
    pub fn append(text: &[u8], out: &mut Vec<u8>) -> Option<u64> {
        let (start, len) = (out.len(), text.len());
        out.reserve(1 + MAX_TEXT);
        let (mut all, mut escapes) = (0, 0);
        // SAFETY: what is written is one octet and the text's behind it, which were reserved; of a
        // text below eight octets it is eight. Loads and stores want no alignment.
        unsafe {
            let place = out.as_mut_ptr().add(start);
            place.write(0);
            let place = place.add(1);
            if len > 32 {
                let mut at = 0;
                loop {
                    let sixteen = text.get(at..)?.first_chunk::<16>()?;
                    let octets = _mm_loadu_si128(sixteen.as_ptr().cast());
                    _mm_storeu_si128(place.add(at).cast::<__m128i>(), octets);
                    let (dots, seen) = masks(octets);
                    all |= dots << at;
                    escapes |= seen;
                    if at + 16 == len {
                        break;
                    }
                    at = (at + 16).min(len - 16);
                }
            } else if len >= 16 {
                // Straight on, since most names are so long.
                let (first, last) = (text.first_chunk::<16>()?, text.last_chunk::<16>()?);
                let [first, last] =
                    [first, last].map(|octets| _mm_loadu_si128(octets.as_ptr().cast::<__m128i>()));
                _mm_storeu_si128(place.cast::<__m128i>(), first);
                _mm_storeu_si128(place.add(len - 16).cast::<__m128i>(), last);
                all = places(first, b'.') | places(last, b'.') << (len - 16);
                let backslash = _mm_set1_epi8(b'\\'.cast_signed());
                escapes = u64::from(
                    _mm_movemask_epi8(_mm_or_si128(
                        _mm_cmpeq_epi8(first, backslash),
                        _mm_cmpeq_epi8(last, backslash),
                    )) != 0,
                );
            } else if len >= 8 {
                for at in [0, len - 8] {
                    let eight = u64::from_le_bytes(*text.get(at..)?.first_chunk()?);
                    place.add(at).cast::<u64>().write_unaligned(eight);
                    let (dots, seen) = masks(_mm_cvtsi64_si128(eight.cast_signed()));
                    all |= dots << at;
                    escapes |= seen;
                }
            } else {
                let half = |four: &[u8; 4]| u64::from(u32::from_le_bytes(*four));
                let (first, last) = (half(text.first_chunk()?), half(text.last_chunk()?));
                let eight = first | last << (8 * (len - 4));
                place.cast::<u64>().write_unaligned(eight);
                (all, escapes) = masks(_mm_cvtsi64_si128(eight.cast_signed()));
            }
            if escapes != 0 {
                return None;
            }
            out.set_len(start + 1 + len);
        }
        Some(all)
    }

    /// Dots and backslashes, as bits.
    #[inline]
    fn masks(octets: __m128i) -> (u64, u64) {
        (places(octets, b'.'), places(octets, b'\\'))
    }

    #[inline]
    fn places(octets: __m128i, octet: u8) -> u64 {
        // SAFETY: SSE2 is part of x86-64.
        let mask = unsafe {
            _mm_movemask_epi8(_mm_cmpeq_epi8(octets, _mm_set1_epi8(octet.cast_signed())))
        };
        u64::from(mask.cast_unsigned())
    }
}

/// With AVX-512: all lengths of labels at once.
#[cfg(target_arch = "x86_64")]
mod avx512 {
    use std::arch::x86_64::{
        _mm512_cmpeq_epi8_mask, _mm512_loadu_si512, _mm512_mask_expand_epi8,
        _mm512_maskz_compress_epi8, _mm512_maskz_loadu_epi8, _mm512_set1_epi8, _mm512_storeu_si512,
        _mm512_sub_epi8,
    };

    use crate::zonefile::scan::avx512::{Available, PLACES};

    /// Octets of a register.
    const VECTOR: usize = 64;

    /// The longest text: with an octet in front and one behind it fills a register, and no label of it
    /// is too long.
    const MAX_TEXT: usize = VECTOR - 2;

    // Itself not compiled for the instructions, so that it can be inlined wherever work has them.
    #[inline(always)]
    pub fn append_wire(_: Available, text: &[u8], out: &mut Vec<u8>) -> Option<bool> {
        let len = text.len();
        if !(1..=MAX_TEXT).contains(&len) {
            return None;
        }
        // The octet in front is where the first label's length will be.
        let end = 1u64 << (len + 1);
        // SAFETY: `Available` proves that the processor has the instructions. Of the octets from the
        // one in front of the text on, those of the text are read: no others are touched, so that
        // none can fault. There are 64 places. No load or store wants alignment. A register's octets
        // are reserved behind the vector's length, and the text's, with one more, are written before
        // it moves on.
        unsafe {
            let octets = _mm512_maskz_loadu_epi8(end - 2, text.as_ptr().wrapping_sub(1).cast());
            let dots = _mm512_cmpeq_epi8_mask(octets, _mm512_set1_epi8(b'.'.cast_signed()));
            let escapes = _mm512_cmpeq_epi8_mask(octets, _mm512_set1_epi8(b'\\'.cast_signed()));
            let lengths = dots | 1;
            if escapes | dots & (lengths << 1) != 0 {
                return None;
            }
            // Each label goes from its length to the dot behind it, or to the end.
            let places = _mm512_loadu_si512(PLACES.as_ptr().cast());
            let from = _mm512_maskz_compress_epi8(lengths, places);
            let to = _mm512_maskz_compress_epi8(dots | end, places);
            let each = _mm512_sub_epi8(_mm512_sub_epi8(to, from), _mm512_set1_epi8(1));
            let wire = _mm512_mask_expand_epi8(octets, lengths, each);
            let start = out.len();
            out.reserve(VECTOR);
            _mm512_storeu_si512(out.as_mut_ptr().add(start).cast(), wire);
            out.set_len(start + 1 + len);
            Some(dots & (end >> 1) != 0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &[u8]) {
        let (mut fast, mut plain) = (b"before".to_vec(), b"before".to_vec());
        fast.shrink_to_fit();
        assert_eq!(append(text, &mut fast), plain_append(text, &mut plain), "{text:?}");
        assert_eq!(fast, plain);
    }

    #[test]
    fn dots_are_seen_in_every_place_and_backslashes_too() {
        for len in 0..=MAX_TEXT + 3 {
            let mut text = vec![b'a'; len];
            check(&text);
            for place in 0..len {
                for octet in 0..=255 {
                    text[place] = octet;
                    text[len / 2] = if octet % 2 == 0 { b'.' } else { text[len / 2] };
                    check(&text);
                }
                text.fill(b'a');
            }
        }
    }
}
