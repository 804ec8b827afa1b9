//! Character-strings and free text (RFC 1035 §5.1).

use crate::dns::name::unescape;
use crate::zonefile::error::{SyntaxError, SyntaxErrorKind};
use crate::zonefile::words::{Word, Words};

const EXPECT_STRING: &str = "a character-string";
const EXPECT_ESCAPE: &str = "a character-string whose escapes are \\DDD up to 255 or \\X";
const EXPECT_TEXT: &str = "a quoted text";
const EXPECT_TAG: &str = "a property tag of letters and digits such as issue";

/// Most octets of a character-string (RFC 1035 §3.3).
const MAX_STRING: usize = 255;

pub(super) fn parse_char_string(
    words: &mut Words<'_>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    let word = words.next(EXPECT_STRING)?;
    append_char_string(&word, out)
}

pub(super) fn parse_optional_char_string(
    words: &mut Words<'_>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    words.take().map_or(Ok(()), |word| append_char_string(&word, out))
}

pub(super) fn parse_char_strings(
    words: &mut Words<'_>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    parse_char_string(words, out)?;
    while let Some(word) = words.take() {
        append_char_string(&word, out)?;
    }
    Ok(())
}

/// CAA's tag (RFC 8659 §4.1): letters and digits, its case kept.
pub(super) fn parse_tag(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
    let word = words.next(EXPECT_TAG)?;
    if !is_tag(word.text) {
        return Err(word.unexpected(EXPECT_TAG));
    }
    append_char_string(&word, out)
}

/// Whether octets can stand as a tag.
pub(in crate::zonefile) fn is_tag(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_alphanumeric)
}

/// One word of any length, quoted or not.
pub(super) fn parse_text(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
    let word = words.next(EXPECT_TEXT)?;
    scan_text(word.text, out).ok_or_else(|| word.unexpected(EXPECT_ESCAPE))
}

fn append_char_string(word: &Word<'_>, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
    let at = out.len();
    out.push(0);
    scan_text(word.text, out).ok_or_else(|| word.unexpected(EXPECT_ESCAPE))?;
    let too_long = SyntaxErrorKind::TooLong { what: "the character-string", max: MAX_STRING };
    out[at] = u8::try_from(out.len() - at - 1).map_err(|_| word.error(too_long))?;
    Ok(())
}

/// Appends a text with its escapes undone; `None`, with `out` possibly longer, at a wrong escape.
pub fn scan_text(mut text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    while let Some(at) = text.iter().position(|&octet| octet == b'\\') {
        out.extend_from_slice(&text[..at]);
        let (octet, took) = unescape(&text[at..])?;
        out.push(octet);
        text = &text[at + took..];
    }
    out.extend_from_slice(text);
    Some(())
}
