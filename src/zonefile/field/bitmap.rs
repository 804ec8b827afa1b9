//! Sets of RR types: windows of bits (RFC 4034 §4.1.2), and NXT's one short bitmap (RFC 2535 §5.2).

use super::bare;
use crate::dns::RType;
use crate::dns::bitmap::TypeBitmapBuilder;
use crate::zonefile::error::SyntaxError;
use crate::zonefile::words::{Word, Words};

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
