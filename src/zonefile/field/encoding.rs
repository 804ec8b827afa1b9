//! Octets as text: hexadecimal, base64 (RFC 4648 §4) and base32hex (RFC 4648 §7).
//!
//! Where the last digit holds bits beyond the last octet, those bits must be zero, in base64 and
//! in base32hex: RFC 4648 §3.5 leaves it to the reader, and BIND refuses others.

use super::bare;
use crate::zonefile::error::{SyntaxError, SyntaxErrorKind};
use crate::zonefile::scan::{Kernel, digits};
use crate::zonefile::words::Words;

pub(super) const EXPECT_HEX: &str = "hexadecimal";
pub(super) const EXPECT_HEX_PAIR: &str = "an even number of hexadecimal digits";
const EXPECT_HEX_LEN8: &str = "hexadecimal without blanks, or - for nothing";
const EXPECT_BASE32: &str = "base32hex without padding";
const EXPECT_BASE64: &str = "base64";
const EXPECT_BASE64_OR_DASH: &str = "base64, or - for nothing";
const EXPECT_BASE64_FULL: &str = "base64 padded with = to a multiple of four digits";
const EXPECT_BASE64_ZERO: &str = "base64 whose unused bits are zero";
const EXPECT_BASE64_END: &str = "nothing behind the padding of the base64";

/// What an octet that is no digit maps to in each table below.
const NO_DIGIT: u8 = 0xff;

/// Values of digits by octet: each digit of `digits`, and, if asked, its other case.
const fn digit_table(digits: &[u8], any_case: bool) -> [u8; 256] {
    let mut table = [NO_DIGIT; 256];
    let mut value = 0;
    while value < digits.len() {
        #[allow(clippy::cast_possible_truncation)] // at most 64 digits
        {
            table[digits[value] as usize] = value as u8;
            if any_case {
                table[digits[value].to_ascii_lowercase() as usize] = value as u8;
            }
        }
        value += 1;
    }
    table
}

static HEX: [u8; 256] = digit_table(b"0123456789ABCDEF", true);
static BASE32HEX: [u8; 256] = digit_table(b"0123456789ABCDEFGHIJKLMNOPQRSTUV", true);
const BASE64: [u8; 256] =
    digit_table(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", false);

/// The value of a hexadecimal digit.
#[must_use]
pub fn hex_digit(octet: u8) -> Option<u8> {
    Some(HEX[usize::from(octet)]).filter(|&value| value != NO_DIGIT)
}

/// Takes all words that are left: one or more octets.
pub(super) fn parse_hex(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
    let mut decoder = HexDecoder::default();
    loop {
        let word = bare(words, EXPECT_HEX)?;
        decoder.scan(word.text, out).ok_or_else(|| word.unexpected(EXPECT_HEX))?;
        if words.is_empty() {
            return match decoder.is_complete() {
                true => Ok(()),
                false => Err(word.unexpected(EXPECT_HEX_PAIR)),
            };
        }
    }
}

pub(super) fn parse_optional_hex(
    words: &mut Words<'_>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    if words.is_empty() { Ok(()) } else { parse_hex(words, out) }
}

/// NSEC3's salt (RFC 5155 §3.3).
pub(super) fn parse_hex_len8(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
    let word = bare(words, EXPECT_HEX_LEN8)?;
    let at = out.len();
    out.push(0);
    if word.text == b"-" {
        return Ok(());
    }
    let mut decoder = HexDecoder::default();
    decoder.scan(word.text, out).ok_or_else(|| word.unexpected(EXPECT_HEX_LEN8))?;
    if !decoder.is_complete() {
        return Err(word.unexpected(EXPECT_HEX_PAIR));
    }
    let too_long = SyntaxErrorKind::TooLong { what: "the salt", max: 255 };
    out[at] = u8::try_from(out.len() - at - 1).map_err(|_| word.error(too_long))?;
    Ok(())
}

/// The salt as a length octet and its octets; `None`, with `out` possibly longer, when it is none.
pub(super) fn scan_salt(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let at = out.len();
    out.push(0);
    if text != b"-" {
        let mut decoder = HexDecoder::default();
        decoder.scan(text, out)?;
        out[at] = u8::try_from(out.len() - at - 1).ok().filter(|_| decoder.is_complete())?;
    }
    Some(())
}

/// NSEC3's next hashed owner name (RFC 5155 §3.3).
pub(super) fn parse_base32_len8(
    words: &mut Words<'_>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    let word = bare(words, EXPECT_BASE32)?;
    let at = out.len();
    out.push(0);
    scan_base32hex(word.text, out).ok_or_else(|| word.unexpected(EXPECT_BASE32))?;
    let too_long = SyntaxErrorKind::TooLong { what: "the hash", max: 255 };
    out[at] = u8::try_from(out.len() - at - 1).map_err(|_| word.error(too_long))?;
    Ok(())
}

/// Takes all words that are left: one or more octets.
pub(super) fn parse_base64(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
    let mut decoder = Base64Decoder::default();
    loop {
        let word = bare(words, EXPECT_BASE64)?;
        decoder.scan(word.text, out).map_err(|expected| word.unexpected(expected))?;
        if words.is_empty() {
            return decoder.finish().map_err(|expected| word.unexpected(expected));
        }
    }
}

pub(super) fn parse_optional_base64(
    words: &mut Words<'_>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    if words.is_empty() { Ok(()) } else { parse_base64(words, out) }
}

pub(super) fn parse_base64_or_dash(
    words: &mut Words<'_>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    match words.peek() {
        None => words.next(EXPECT_BASE64_OR_DASH).map(drop),
        Some(word) if word.text == b"-" && !word.quoted => {
            words.take();
            Ok(())
        }
        Some(_) => parse_base64(words, out),
    }
}

/// Takes one word that is all of a base64 text (HIP's public key).
pub(super) fn parse_base64_word(
    words: &mut Words<'_>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    let word = bare(words, EXPECT_BASE64)?;
    scan_base64(word.text, out).map_err(|expected| word.unexpected(expected))
}

/// Hexadecimal in pieces that may end between the two digits of an octet.
#[derive(Clone, Copy, Default, Debug)]
pub struct HexDecoder {
    /// The first digit of an octet whose second is still to come.
    high: Option<u8>,
}

impl HexDecoder {
    /// Reads the next piece; `None` when an octet of it is no hexadecimal digit.
    pub fn scan(&mut self, mut text: &[u8], out: &mut Vec<u8>) -> Option<()> {
        if let (Some(high), Some((&first, rest))) = (self.high, text.split_first()) {
            out.push(high << 4 | hex_digit(first)?);
            self.high = None;
            text = rest;
        }
        let even = text.len() & !1;
        if digits::hexadecimal(Kernel::chosen(), &text[..even], out) {
            text = &text[even..];
        }
        let start = out.len();
        out.resize(start + text.len() / 2, 0);
        let (pairs, odd) = text.as_chunks::<2>();
        let mut seen = 0;
        for (octet, &[high, low]) in out[start..].iter_mut().zip(pairs) {
            let (high, low) = (HEX[usize::from(high)], HEX[usize::from(low)]);
            seen |= high | low;
            *octet = high << 4 | low;
        }
        if let &[last] = odd {
            self.high = Some(hex_digit(last)?);
        }
        (seen < 16).then_some(())
    }

    /// Whether every octet has both its digits.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.high.is_none()
    }
}

/// Reads base32hex without padding, digits in either case (RFC 5155 §3.3), and appends the octets.
///
/// `None`, with `out` possibly longer, when the text is empty, has another octet, a number of
/// digits that no number of octets has, or bits beyond the last octet that are not zero.
pub fn scan_base32hex(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    if digits::base32hex(Kernel::chosen(), text, out) {
        return Some(());
    }
    let (eights, rest) = text.as_chunks::<8>();
    let mut invalid = 0;
    let gather = |digits: &[u8], invalid: &mut u8| {
        digits.iter().fold(0u64, |bits, &octet| {
            let value = BASE32HEX[usize::from(octet)];
            *invalid |= value;
            bits << 5 | u64::from(value & 31)
        })
    };
    for eight in eights {
        let bits = gather(eight, &mut invalid) << 24;
        out.extend_from_slice(&bits.to_be_bytes()[..5]);
    }
    let (octets, spare) = match rest.len() {
        0 => (0, 0),
        2 => (1, 2),
        4 => (2, 4),
        5 => (3, 1),
        7 => (4, 3),
        _ => return None,
    };
    let bits = gather(rest, &mut invalid);
    out.extend_from_slice(&(bits >> spare).to_be_bytes()[8 - octets..]);
    let zero = bits & ((1 << spare) - 1) == 0;
    (!text.is_empty() && invalid < 32 && zero).then_some(())
}

/// Reads a whole base64 text with its padding and appends the octets.
///
/// # Errors
/// What was expected instead.
pub fn scan_base64(text: &[u8], out: &mut Vec<u8>) -> Result<(), &'static str> {
    let mut decoder = Base64Decoder::default();
    decoder.scan(text, out)?;
    decoder.finish()
}

/// Base64 in pieces that may end anywhere in a group of four digits.
#[derive(Clone, Copy, Default, Debug)]
pub struct Base64Decoder {
    /// The bits of the digits of an unfinished group.
    bits: u32,
    /// Digits in the unfinished group, 0 to 3.
    digits: u8,
    /// Padding behind them, 0 to 2.
    padding: u8,
    /// Whether padding has ended the text.
    ended: bool,
}

/// Above the 24 bits of a group: an octet is no digit.
const INVALID: u32 = 1 << 24;

/// For each place in a group of four digits, the digit's bits where they belong in the group's 24;
/// [`INVALID`] for an octet that is no digit.
static PLACED: [[u32; 256]; 4] = {
    let mut placed = [[0; 256]; 4];
    let mut octet = 0;
    while octet < 256 {
        let mut place = 0;
        while place < 4 {
            placed[place][octet] = match BASE64[octet] {
                NO_DIGIT => INVALID,
                value => (value as u32) << (18 - 6 * place),
            };
            place += 1;
        }
        octet += 1;
    }
    placed
};

impl Base64Decoder {
    /// Reads the next piece.
    ///
    /// # Errors
    /// What was expected instead.
    #[inline]
    pub fn scan(&mut self, text: &[u8], out: &mut Vec<u8>) -> Result<(), &'static str> {
        if self.digits == 0
            && !self.ended
            && let Some((groups, last)) = text.split_last_chunk()
        {
            if last[3] != b'=' && digits::base64(Kernel::chosen(), text, out) {
                return Ok(());
            }
            if digits::base64(Kernel::chosen(), groups, out) {
                return self.scan_last_group(last, out);
            }
        }
        self.scan_digits(text, out)
    }

    fn scan_digits(&mut self, mut text: &[u8], out: &mut Vec<u8>) -> Result<(), &'static str> {
        // Finish the group that the piece before left, then take whole groups, then what is left.
        while self.digits != 0 || self.ended {
            let Some((&first, rest)) = text.split_first() else { return Ok(()) };
            self.scan_digit(first, out)?;
            text = rest;
        }
        let taken = scan_groups(text, out);
        text[taken..].iter().try_for_each(|&octet| self.scan_digit(octet, out))
    }

    /// Reads a whole group, which may end in padding.
    #[inline]
    fn scan_last_group(&mut self, group: &[u8; 4], out: &mut Vec<u8>) -> Result<(), &'static str> {
        // Padding counts as the digit of value 0: the bits that it stands for must be zero, and so
        // must those that the digit in front of it has too many.
        let (digits, padding) = match *group {
            [a, b, b'=', b'='] => ([a, b, b'A', b'A'], 2),
            [a, b, c, b'='] => ([a, b, c, b'A'], 1),
            digits => (digits, 0),
        };
        let bits = group_bits(&digits);
        if bits >= INVALID || bits & ((1 << (8 * padding)) - 1) != 0 {
            return group.iter().try_for_each(|&octet| self.scan_digit(octet, out));
        }
        out.extend_from_slice(&bits.to_be_bytes()[1..]);
        out.truncate(out.len() - usize::from(padding));
        (self.padding, self.ended) = (padding, padding != 0);
        Ok(())
    }

    /// Ends the text.
    ///
    /// # Errors
    /// What was expected instead, when a group is unfinished.
    pub fn finish(self) -> Result<(), &'static str> {
        if self.digits == 0 || self.ended { Ok(()) } else { Err(EXPECT_BASE64_FULL) }
    }

    fn scan_digit(&mut self, octet: u8, out: &mut Vec<u8>) -> Result<(), &'static str> {
        if self.ended {
            return Err(EXPECT_BASE64_END);
        }
        if octet == b'=' {
            return self.scan_padding(out);
        }
        let value = BASE64[usize::from(octet)];
        if value == NO_DIGIT {
            return Err(EXPECT_BASE64);
        }
        if self.padding != 0 {
            return Err(EXPECT_BASE64_FULL);
        }
        self.bits = self.bits << 6 | u32::from(value);
        self.digits += 1;
        if self.digits == 4 {
            out.extend_from_slice(&self.bits.to_be_bytes()[1..]);
            *self = Self::default();
        }
        Ok(())
    }

    fn scan_padding(&mut self, out: &mut Vec<u8>) -> Result<(), &'static str> {
        if self.digits < 2 {
            return Err(EXPECT_BASE64_FULL);
        }
        self.padding += 1;
        self.ended = self.digits + self.padding == 4;
        if !self.ended {
            return Ok(());
        }
        // Two digits hold one octet and four bits, three hold two octets and two bits.
        let spare = if self.digits == 2 { 4 } else { 2 };
        if self.bits & ((1 << spare) - 1) != 0 {
            return Err(EXPECT_BASE64_ZERO);
        }
        let octets = (self.bits >> spare).to_be_bytes();
        out.extend_from_slice(&octets[5 - usize::from(self.digits)..]);
        Ok(())
    }
}

/// Reads groups of four digits as long as there are any, and says how much text that took.
fn scan_groups(text: &[u8], out: &mut Vec<u8>) -> usize {
    let (groups, _) = text.as_chunks::<4>();
    let (pairs, _) = groups.as_chunks::<2>();
    let start = out.len();
    // Two octets more, so that each pair of groups can be written as one word of eight octets.
    out.resize(start + groups.len() * 3 + 2, 0);
    let (mut taken, mut place) = (0, &mut out[start..]);
    for [first, second] in pairs {
        let (high, low) = (group_bits(first), group_bits(second));
        if (high | low) >= INVALID {
            break;
        }
        let Some(word) = place.first_chunk_mut::<8>() else { break };
        *word = ((u64::from(high) << 24 | u64::from(low)) << 16).to_be_bytes();
        place = &mut place[6..];
        taken += 2;
    }
    for group in &groups[taken..] {
        let [0, octets @ ..] = group_bits(group).to_be_bytes() else { break };
        place[..3].copy_from_slice(&octets);
        place = &mut place[3..];
        taken += 1;
    }
    out.truncate(start + taken * 3);
    taken * 4
}

/// The 24 bits of four digits; at least [`INVALID`] when one is no digit.
fn group_bits(&[a, b, c, d]: &[u8; 4]) -> u32 {
    let place = |place: usize, octet: u8| PLACED[place][usize::from(octet)];
    place(0, a) | place(1, b) | place(2, c) | place(3, d)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn base64(pieces: &[&str]) -> Result<Vec<u8>, &'static str> {
        let (mut decoder, mut out) = (Base64Decoder::default(), Vec::new());
        for piece in pieces {
            decoder.scan(piece.as_bytes(), &mut out)?;
        }
        decoder.finish().map(|()| out)
    }

    fn base32hex(text: &str) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        scan_base32hex(text.as_bytes(), &mut out).map(|()| out)
    }

    // RFC 4648 §10; there the base32hex has padding, which NSEC3 leaves out.
    #[test]
    fn the_vectors_of_rfc_4648_are_read() {
        let vectors = [
            ("f", "Zg==", "CO"),
            ("fo", "Zm8=", "CPNG"),
            ("foo", "Zm9v", "CPNMU"),
            ("foob", "Zm9vYg==", "CPNMUOG"),
            ("fooba", "Zm9vYmE=", "CPNMUOJ1"),
            ("foobar", "Zm9vYmFy", "CPNMUOJ1E8"),
        ];
        for (plain, in_64, in_32) in vectors {
            assert_eq!(base64(&[in_64]).as_deref(), Ok(plain.as_bytes()));
            assert_eq!(base32hex(in_32).as_deref(), Some(plain.as_bytes()));
            assert_eq!(base32hex(&in_32.to_lowercase()).as_deref(), Some(plain.as_bytes()));
        }
    }

    // RFC 4648 §3.2, §3.5; BIND refuses each of these.
    #[test]
    fn base64_that_is_wrong_is_refused_by_reason() {
        assert_eq!(base64(&["Zm9v-"]), Err(EXPECT_BASE64));
        assert_eq!(base64(&["Zm9vYmFy\u{e9}"]), Err(EXPECT_BASE64));
        assert_eq!(base64(&["Zm8"]), Err(EXPECT_BASE64_FULL));
        assert_eq!(base64(&["Zm9vYg="]), Err(EXPECT_BASE64_FULL));
        assert_eq!(base64(&["Z==="]), Err(EXPECT_BASE64_FULL));
        assert_eq!(base64(&["===="]), Err(EXPECT_BASE64_FULL));
        assert_eq!(base64(&["Zg=A"]), Err(EXPECT_BASE64_FULL));
        assert_eq!(base64(&["Zh=="]), Err(EXPECT_BASE64_ZERO));
        assert_eq!(base64(&["Zm9="]), Err(EXPECT_BASE64_ZERO));
        assert_eq!(base64(&["Zg==", "Zm9v"]), Err(EXPECT_BASE64_END));
        assert_eq!(base64(&["Zm8=="]), Err(EXPECT_BASE64_END));
    }

    #[test]
    fn base32hex_that_is_wrong_is_refused() {
        for wrong in ["", "C", "CPN", "CPNMUO", "CO======", "CW", "CP", "CPNH", "CPNMV", "W0000000"]
        {
            assert_eq!(base32hex(wrong), None, "{wrong}");
        }
    }

    proptest! {
        // RFC 4034 §3.2: "Whitespace is allowed within the Base64 text", so anywhere.
        #[test]
        fn base64_may_be_cut_anywhere(text in "[A-Za-z0-9+/]{0,40}(={0,3}|[^a]?)[A-Z]{0,1}", cuts: (usize, usize)) {
            let whole = base64(&[&text]);
            let cut = |at: usize| (0..=at % (text.len() + 1)).rev().find(|&at| text.is_char_boundary(at));
            let (a, b) = (cut(cuts.0).unwrap_or(0), cut(cuts.1).unwrap_or(0));
            let (a, b) = (a.min(b), a.max(b));
            prop_assert_eq!(base64(&[&text[..a], &text[a..b], &text[b..]]), whole);
        }

        #[test]
        fn hexadecimal_may_be_cut_anywhere(text in "[0-9a-fA-F]{0,20}g?", cut in 0usize..22) {
            let read = |pieces: &[&str]| {
                let (mut decoder, mut out) = (HexDecoder::default(), Vec::new());
                for piece in pieces {
                    decoder.scan(piece.as_bytes(), &mut out)?;
                }
                decoder.is_complete().then_some(out)
            };
            let plain = (text.len() % 2 == 0 && !text.ends_with('g')).then(|| {
                (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
            });
            let (a, b) = text.split_at(cut.min(text.len()));
            prop_assert_eq!(&read(&[&text]), &plain);
            prop_assert_eq!(read(&[a, b]), plain);
        }
    }
}
