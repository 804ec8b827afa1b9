//! Words of at most eight octets as one number: mnemonics and decimal numbers without a loop.

use crate::zonefile::words::Token;

/// A bare word of one to eight octets.
#[derive(Clone, Copy, Debug)]
pub(in crate::zonefile) struct Short {
    /// The eight octets that end with the word's last, which is in the highest eight bits.
    eight: u64,
    /// Bits in front of the word.
    before: u32,
}

impl Short {
    /// Takes a word of an entry's text. `None` if it is quoted, longer or ends in a zero octet, or if
    /// neither eight octets of text end with it nor begin with it.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // at most eight octets
    pub(in crate::zonefile) fn new(text: &[u8], token: Token) -> Option<Self> {
        let range = token.bare_range();
        let octets = text.get(..range.end)?;
        let len @ 1..=8 = range.end.wrapping_sub(range.start) else { return None };
        let before = 64 - 8 * len as u32;
        let eight = match octets.last_chunk() {
            Some(eight) => u64::from_le_bytes(*eight),
            // A type behind an owner that is omitted.
            None => u64::from_le_bytes(*text.get(range.start..)?.first_chunk()?) << before,
        };
        // A zero octet at the end would make a key that a shorter word has, too.
        (eight >> 56 != 0).then_some(Self { eight, before })
    }

    /// The word as a number, its first octet in the lowest eight bits: see
    /// [`RType::from_key`](crate::dns::RType::from_key).
    #[inline(always)]
    pub(in crate::zonefile) fn key(self) -> u64 {
        self.eight >> self.before
    }

    /// The word's value if it is a decimal number.
    #[inline(always)]
    pub(in crate::zonefile) fn decimal(self) -> Option<u32> {
        const EACH: u64 = 0x0101_0101_0101_0101;
        // Digits as their values; in front of them zeros, which change nothing.
        let digits = (self.eight ^ (EACH * 0x30)) >> self.before << self.before;
        // An octet above 9 has its highest bit set, or has it when 118 is added. A carry comes only
        // from octets that fail the first test.
        if (digits | digits.wrapping_add(EACH * 0x76)) & (EACH * 0x80) != 0 {
            return None;
        }
        // The first digit is in the lowest octet. Neighbours are joined: to 2 digits, to 4, to 8.
        let two = (digits * 10 + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
        let four = (two * 100 + (two >> 16)) & 0x0000_ffff_0000_ffff;
        let eight = four.wrapping_mul(10_000).wrapping_add(four >> 32);
        #[allow(clippy::cast_possible_truncation)] // the value is in the lower half
        Some(eight as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(before: &[u8], word: &[u8], behind: &[u8]) {
        let text = [before, word, behind].concat();
        let (start, end) = (before.len(), before.len() + word.len());
        let offset = |at: usize| u32::try_from(at).unwrap();
        let found = Short::new(&text, Token::new(offset(start), offset(end), false));
        let is_short = (1..=8).contains(&word.len()) && word.last() != Some(&0);
        let has_room = end >= 8 || text.len() - start >= 8;
        assert_eq!(found.is_some(), is_short && has_room);
        let Some(found) = found else { return };
        let key = word.iter().rev().fold(0, |key, &octet| key << 8 | u64::from(octet));
        assert_eq!(found.key(), key);
        let decimal = word.iter().all(u8::is_ascii_digit);
        let value = decimal.then(|| str::from_utf8(word).unwrap().parse().unwrap());
        assert_eq!(found.decimal(), value, "{word:?}");
    }

    #[test]
    fn quoted_words_and_words_beyond_the_text_are_not_short() {
        assert!(Short::new(b"a TXT \"b\" ", Token::new(7, 8, true)).is_none());
        assert!(Short::new(b"a TXT ", Token::new(6, 9, false)).is_none());
        assert!(Short::new(b"a TXT b c d ", Token::new(9, 8, false)).is_none());
    }

    proptest! {
        #[test]
        fn short_words_are_their_octets_and_decimals_their_value(
            before in prop::collection::vec(any::<u8>(), 0..12),
            word in "[0-9]{0,10}",
            wrong: Option<(usize, u8)>,
            any: Vec<u8>,
            behind in prop::collection::vec(any::<u8>(), 0..12),
        ) {
            let mut word = word.into_bytes();
            if let Some((place, octet)) = wrong && !word.is_empty() {
                let place = place % word.len();
                word[place] = octet;
            }
            check(&before, &word, &behind);
            check(&before, &any, &behind);
        }
    }
}
