//! Sets of RR types: windows of bits (RFC 4034 §4.1.2), and NXT's one short bitmap (RFC 2535 §5.2).

use super::bare;
use super::short::Short;
use crate::dns::RType;
use crate::dns::bitmap::TypeBitmapBuilder;
use crate::zonefile::error::SyntaxError;
use crate::zonefile::words::{Token, Word, Words};

const EXPECT_TYPE: &str = "an RR type such as AAAA or TYPE28";
const EXPECT_NXT_TYPE: &str = "an RR type from TYPE1 to TYPE127, all that NXT can hold";

/// Takes all words that are left: types in any order, each as often as it likes, or none.
pub(super) fn parse_type_bitmap(
    words: &mut Words<'_>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    let mut bitmap = TypeBitmapBuilder::default();
    while !words.is_empty() {
        bitmap.insert(take_type(words, EXPECT_TYPE)?.0);
    }
    bitmap.append_to(out);
    Ok(())
}

/// Reads types below 64, which nearly all are, by their mnemonics in upper case; `None`, with `out`
/// as it was, for all else.
pub(super) fn parse_low_types(text: &[u8], tokens: &[Token], out: &mut Vec<u8>) -> Option<()> {
    // Type 0 is the highest bit, as it is in the first octet of a window.
    let mut bits = 0u64;
    for &token in tokens {
        let rtype = RType::from_key(Short::new(text, token)?.key())?;
        bits |= 1u64.checked_shl(63u32.checked_sub(rtype.0.into())?)?;
    }
    if bits != 0 {
        let len = 8 - bits.trailing_zeros() / 8;
        #[allow(clippy::cast_possible_truncation)] // at most 8
        out.extend_from_slice(&[0, len as u8]);
        out.extend_from_slice(&bits.to_be_bytes()[..len as usize]);
    }
    Some(())
}

/// Takes all words that are left: types up to 127, or none.
pub(super) fn parse_nxt_bitmap(
    words: &mut Words<'_>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    let mut bits = Vec::new();
    while !words.is_empty() {
        let (rtype, word) = take_type(words, EXPECT_NXT_TYPE)?;
        let number @ 1..=127 = usize::from(rtype.0) else {
            return Err(word.unexpected(EXPECT_NXT_TYPE));
        };
        if bits.len() <= number / 8 {
            bits.resize(number / 8 + 1, 0);
        }
        bits[number / 8] |= 0x80 >> (number % 8);
    }
    out.extend_from_slice(&bits);
    Ok(())
}

fn take_type<'a>(
    words: &mut Words<'a>,
    expected: &'static str,
) -> Result<(RType, Word<'a>), SyntaxError> {
    let word = bare(words, expected)?;
    let rtype = RType::from_text(word.text).ok_or_else(|| word.unexpected(expected))?;
    Ok((rtype, word))
}
