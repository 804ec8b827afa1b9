//! Sets of RR types: windows of bits (RFC 4034 §4.1.2), and NXT's one short bitmap (RFC 2535 §5.2).

use super::bare;
use crate::dns::RType;
use crate::zonefile::error::SyntaxError;
use crate::zonefile::words::{Word, Words};

const EXPECT_TYPE: &str = "an RR type such as AAAA or TYPE28";
const EXPECT_NXT_TYPE: &str = "an RR type from TYPE1 to TYPE127, all that NXT can hold";

/// Takes all words that are left: types in any order, each as often as it likes, or none.
pub(super) fn parse_type_bitmap(
    words: &mut Words<'_>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    let mut low = Window::default();
    // Types above 255 are rare: only they are worth an allocation.
    let mut high = Vec::new();
    while !words.is_empty() {
        let (rtype, _) = take_type(words, EXPECT_TYPE)?;
        match u8::try_from(rtype.0) {
            Ok(number) => low.insert(number),
            Err(_) => high.push(rtype.0),
        }
    }
    low.append(0, out);
    high.sort_unstable();
    for types in high.chunk_by(|a, b| a >> 8 == b >> 8) {
        let mut window = Window::default();
        types.iter().for_each(|number| window.insert(number.to_be_bytes()[1]));
        window.append(types[0].to_be_bytes()[0], out);
    }
    Ok(())
}

/// Takes all words that are left: types up to 127, or none.
pub(super) fn parse_nxt_bitmap(
    words: &mut Words<'_>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    let mut window = Window::default();
    while !words.is_empty() {
        let (rtype, word) = take_type(words, EXPECT_NXT_TYPE)?;
        match u8::try_from(rtype.0) {
            Ok(number @ 1..=127) => window.insert(number),
            _ => return Err(word.unexpected(EXPECT_NXT_TYPE)),
        }
    }
    out.extend_from_slice(&window.bits[..window.len]);
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

/// One window of 256 types.
#[derive(Default)]
struct Window {
    bits: [u8; 32],
    /// Octets up to the last that is not zero.
    len: usize,
}

impl Window {
    fn insert(&mut self, number: u8) {
        let at = usize::from(number / 8);
        self.bits[at] |= 0x80 >> (number % 8);
        self.len = self.len.max(at + 1);
    }

    fn append(&self, window: u8, out: &mut Vec<u8>) {
        if let Ok(len @ 1..) = u8::try_from(self.len) {
            out.extend_from_slice(&[window, len]);
            out.extend_from_slice(&self.bits[..self.len]);
        }
    }
}
