//! TTL, class and type of records: a zone has few different ones, which follow each other in turn, so
//! that their text is read once.

use super::words::Token;
use crate::dns::RType;

/// The text of a TTL, a class and a type that have one octet between them, of at most sixteen octets
/// in all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct WholeHead(
    /// The octets, the last in the highest eight bits.
    u128,
);

impl WholeHead {
    /// The words that it has.
    pub const WORDS: usize = 3;

    /// The first three words of these, if they may be such a text.
    #[inline(always)]
    pub fn new(text: &[u8], tokens: &[Token]) -> Option<Self> {
        let [ttl, class, rtype, ..] = *tokens else { return None };
        let [ttl, class, rtype] = [ttl, class, rtype].map(Token::bare_range);
        // A word in quotes ends where no text does. Words that are bare and apart by one octet are the
        // same wherever their octets are.
        if ttl.end + 1 != class.start || class.end + 1 != rtype.start {
            return None;
        }
        let len @ 1..=16 = rtype.end.wrapping_sub(ttl.start) else { return None };
        let octets: &[u8; 16] = text.get(ttl.start..)?.first_chunk()?;
        // A zero octet in front would make a number that a shorter text has.
        (octets[0] != 0).then(|| Self(u128::from_le_bytes(*octets) << (8 * (16 - len))))
    }
}

/// Heads that were read: class IN, and each with its TTL and type.
#[derive(Clone, Debug)]
pub(super) struct Heads([(WholeHead, RType, u32); Heads::PLACES]);

impl Default for Heads {
    fn default() -> Self {
        // No text has this number.
        Self([(WholeHead(0), RType(0), 0); Self::PLACES])
    }
}

impl Heads {
    const PLACES: usize = 16;

    /// Where a head is remembered: mostly another place for each that a zone has.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // four bits are left
    fn place(whole: WholeHead) -> usize {
        let mixed = (whole.0 >> 64) as u64 ^ whole.0 as u64;
        (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60) as usize
    }

    /// The type and the TTL of a head that was read before.
    #[inline(always)]
    pub fn find(&self, whole: WholeHead) -> Option<(RType, u32)> {
        let (known, rtype, ttl) = self.0[Self::place(whole)];
        (known == whole).then_some((rtype, ttl))
    }

    /// Remembers what a head was read as.
    #[inline(never)]
    pub fn remember(&mut self, whole: WholeHead, rtype: RType, ttl: u32) {
        self.0[Self::place(whole)] = (whole, rtype, ttl);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Event, ReadOptions, read};
    use crate::source::Source;
    use proptest::prelude::*;

    /// The records and faults of a text, lines aside.
    fn outcome(text: &str) -> Vec<String> {
        let mut outcome = Vec::new();
        let source = Source::from_bytes("test", text.into());
        read(source, &ReadOptions::default(), &mut |event| match event {
            Event::Record(record) => outcome.push(format!(
                "{} {} {} {} {:?}",
                record.owner, record.ttl, record.class, record.rtype, record.rdata
            )),
            Event::Fault(fault) => outcome.push(format!("{} {}", fault.column, fault.error)),
            Event::Progress { .. } => {}
        })
        .unwrap();
        outcome
    }

    proptest! {
        // What is remembered of one head must not change how the next is read.
        #[test]
        fn records_in_a_row_are_read_as_each_by_itself(
            heads in prop::collection::vec(
                prop_oneof![
                    "(60|3600|4294967295)[ \t]IN[ \t](A|AAAA|TXT)",
                    "\\x00?(60|3600)[ ;\t]{1,2}(IN|CH|in)[ \t]{1,2}(A|TXT|a)",
                    "(60|\"60\") (IN|\"IN\") (A|\"A\")",
                    "(60|3600) ?\\([ \n]?IN[ \n]?\\)A",
                    "(60|0060|3600|1h)( |\\\\ )?(IN|IN IN|)( |\t|)(A|TXT)",
                    "(IN 60|60|IN|) A",
                ],
                1..12,
            ),
            order in prop::collection::vec(0usize..12, 0..24),
        ) {
            let entry = |head: &String| format!("a.example. {head} 192.0.2.1 ; )\n");
            let before = "b.example. 7 CH A 192.0.2.2\n";
            let (mut text, mut each) = (String::new(), Vec::new());
            let again = order.iter().filter_map(|&at| heads.get(at));
            for head in heads.iter().chain(again) {
                let alone = outcome(&entry(head));
                // What takes over a TTL or a class depends on the entries before it.
                if outcome(&format!("{before}{}", entry(head)))[1..] == alone[..] {
                    text.push_str(&entry(head));
                    each.extend(alone);
                }
            }
            prop_assert_eq!(outcome(&text), each);
        }
    }
}
