//! What is known of neighbouring records that share an owner, in sixteen octets.

use super::Shape;

/// Neighbouring records that share an owner: where they are, how many, and how they sort.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Run {
    /// See [`prefix`].
    prefix: u64,
    /// From the top: shape (7 bits), in the zone, joined, kept, records (14 bits), position (40).
    word: u64,
}

const POSITION_BITS: u32 = 40;
const RECORDS_BITS: u32 = 14;
const KEPT: u64 = 1 << (POSITION_BITS + RECORDS_BITS);
const JOINED: u64 = KEPT << 1;
const IN_ZONE: u64 = JOINED << 1;
const SHAPE_AT: u32 = POSITION_BITS + RECORDS_BITS + 3;
const ONE_RECORD: u64 = 1 << POSITION_BITS;
const MAX_RECORDS: u32 = (1 << RECORDS_BITS) - 1;

impl Run {
    /// Positions are below this: a text of 1 TiB.
    pub const MAX_POSITION: u64 = 1 << POSITION_BITS;

    /// A run of one record.
    pub fn new(prefix: u64, position: u64, shape: Shape) -> Self {
        debug_assert!(position < Self::MAX_POSITION);
        Self { prefix, word: u64::from(shape.0) << SHAPE_AT | ONE_RECORD | position }
    }

    pub fn kept(self, kept: bool) -> Self {
        self.with(KEPT, kept)
    }

    /// The same, as a run of the owner that the run before it has, or not.
    pub fn joined(self, joined: bool) -> Self {
        self.with(JOINED, joined)
    }

    /// The same, marked as one of the zone, or not.
    pub fn marked(self, in_zone: bool) -> Self {
        self.with(IN_ZONE, in_zone)
    }

    /// The same with another prefix.
    pub fn with_prefix(self, prefix: u64) -> Self {
        Self { prefix, ..self }
    }

    /// The same, its records moved on by so much if they are kept.
    pub fn moved(self, by: u64) -> Self {
        if self.is_kept() { Self { word: self.word + by, ..self } } else { self }
    }

    fn with(self, flag: u64, set: bool) -> Self {
        Self { word: if set { self.word | flag } else { self.word & !flag }, ..self }
    }

    /// Adds a record with this shape.
    pub fn grow(&mut self, shape: Shape) {
        debug_assert!(self.has_room());
        self.word = (self.word + ONE_RECORD) | u64::from(shape.0) << SHAPE_AT;
    }

    pub fn prefix(&self) -> u64 {
        self.prefix
    }

    pub fn position(&self) -> u64 {
        self.word & (Self::MAX_POSITION - 1)
    }

    #[allow(clippy::cast_possible_truncation)] // masked to 14 bits
    pub fn records(&self) -> u32 {
        (self.word >> POSITION_BITS) as u32 & MAX_RECORDS
    }

    pub fn has_room(&self) -> bool {
        self.records() < MAX_RECORDS
    }

    pub fn is_kept(&self) -> bool {
        self.word & KEPT != 0
    }

    pub fn is_joined(&self) -> bool {
        self.word & JOINED != 0
    }

    pub fn in_zone(&self) -> bool {
        self.word & IN_ZONE != 0
    }

    #[allow(clippy::cast_possible_truncation)] // seven bits are left
    pub fn shape(&self) -> Shape {
        Shape((self.word >> SHAPE_AT) as u8)
    }
}

/// A number that orders sort keys as far as it tells them apart, and whether the key is the apex's or
/// that of a name below: the eight octets behind the apex's key, 0 for what sorts before the zone,
/// the maximum for what sorts behind it.
pub(super) fn prefix(key: &[u8], apex_key: &[u8]) -> (u64, bool) {
    let Some(rest) = key.strip_prefix(apex_key) else {
        return (if key < apex_key { 0 } else { u64::MAX }, false);
    };
    let mut octets = [0; 8];
    let len = rest.len().min(8);
    octets[..len].copy_from_slice(&rest[..len]);
    (u64::from_be_bytes(octets), true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::Name;
    use crate::dns::canonical::sort_key;
    use proptest::prelude::*;

    #[test]
    fn a_run_holds_what_was_put_into_it() {
        let shape = Shape::NS.union(Shape::DATA);
        let mut run = Run::new(7, Run::MAX_POSITION - 3, shape).kept(true).joined(true);
        run.grow(Shape::DS);
        for _ in 2..MAX_RECORDS {
            assert!(run.has_room());
            run.grow(Shape::NONE);
        }
        assert!(!run.has_room() && run.is_kept() && run.is_joined() && !run.in_zone());
        assert_eq!((run.records(), run.prefix()), (MAX_RECORDS, 7));
        assert_eq!(run.position(), Run::MAX_POSITION - 3);
        assert_eq!(run.shape(), shape.union(Shape::DS));
        let run = run.joined(false).marked(true).moved(2).with_prefix(9);
        assert!(!run.is_joined() && run.in_zone());
        assert_eq!((run.prefix(), run.position()), (9, Run::MAX_POSITION - 1));
    }

    proptest! {
        // RFC 4034 §6.1: whatever the prefix tells apart is in canonical order.
        #[test]
        fn prefixes_are_ordered_as_names_are(
            a in r"([a-c]{1,9}\.){0,3}",
            b in r"([a-c]{1,9}\.){0,3}",
        ) {
            let key = |text: &str| {
                sort_key(&Name::from_text(format!("{text}b.").as_bytes(), None).unwrap())
            };
            let (a, b, apex) = (key(&a), key(&b), key(""));
            let (prefix_a, prefix_b) = (prefix(&a, &apex).0, prefix(&b, &apex).0);
            prop_assert!(prefix_a == prefix_b || prefix_a.cmp(&prefix_b) == a.cmp(&b));
        }
    }
}
