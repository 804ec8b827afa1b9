//! Where the dots of a name are.
#![cfg_attr(target_arch = "x86_64", allow(unsafe_code, reason = "loads of vectors"))]

/// The longest text that [`dots`] looks at.
pub const MAX_TEXT: usize = 64;

/// The dots of a text as bits, that of the first octet the lowest. `None` if it has a backslash or
/// more than [`MAX_TEXT`] octets.
#[inline]
pub fn dots(text: &[u8]) -> Option<u64> {
    #[cfg(target_arch = "x86_64")]
    if (8..=MAX_TEXT).contains(&text.len()) {
        return sse2::dots(text);
    }
    plain_dots(text)
}

fn plain_dots(text: &[u8]) -> Option<u64> {
    if text.len() > MAX_TEXT || text.contains(&b'\\') {
        return None;
    }
    Some((0..).zip(text).fold(0, |dots, (at, &octet)| dots | u64::from(octet == b'.') << at))
}

/// With SSE2, which every x86-64 processor has.
#[cfg(target_arch = "x86_64")]
mod sse2 {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_set_epi64x, _mm_set1_epi8,
    };

    /// As [`super::dots`], of 8 to 64 octets.
    ///
    /// The last vector ends where the text ends, and looks once more at octets of the one before.
    #[inline]
    pub fn dots(text: &[u8]) -> Option<u64> {
        let len = text.len();
        if len < 16 {
            let (first, last) = (text.first_chunk()?, text.last_chunk()?);
            let word = |eight: &[u8; 8]| i64::from_le_bytes(*eight);
            // SAFETY: SSE2 is part of x86-64.
            let both = unsafe { _mm_set_epi64x(word(last), word(first)) };
            let (dots, escapes) = masks(both);
            let dots = dots & 0xff | dots >> 8 << (len - 8);
            return (escapes == 0).then_some(dots);
        }
        let (mut all, mut escapes, mut at) = (0, 0, 0);
        loop {
            let sixteen: &[u8; 16] = text.get(at..)?.first_chunk()?;
            // SAFETY: there are 16 octets, and the load wants no alignment.
            let (dots, seen) = masks(unsafe { _mm_loadu_si128(sixteen.as_ptr().cast()) });
            all |= dots << at;
            escapes |= seen;
            if at + 16 == len {
                return (escapes == 0).then_some(all);
            }
            at = (at + 16).min(len - 16);
        }
    }

    /// Dots and backslashes, as bits.
    #[inline]
    fn masks(octets: __m128i) -> (u64, u64) {
        let places = |octet: u8| {
            // SAFETY: SSE2 is part of x86-64.
            let mask = unsafe {
                _mm_movemask_epi8(_mm_cmpeq_epi8(octets, _mm_set1_epi8(octet.cast_signed())))
            };
            u64::from(mask.cast_unsigned())
        };
        (places(b'.'), places(b'\\'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_seen_in_every_place_and_backslashes_too() {
        for len in 0..=MAX_TEXT + 3 {
            let mut text = vec![b'a'; len];
            assert_eq!(dots(&text), plain_dots(&text));
            for place in 0..len {
                for octet in 0..=255 {
                    text[place] = octet;
                    text[len / 2] = if octet % 2 == 0 { b'.' } else { text[len / 2] };
                    assert_eq!(dots(&text), plain_dots(&text), "{text:?}");
                }
                text.fill(b'a');
            }
        }
    }
}
