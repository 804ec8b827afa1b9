//! What is known of neighbouring records that share an owner, in sixteen octets.

use super::Shape;

/// Neighbouring records that share an owner: where they are, how many, and how they sort.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Run {
    /// See [`Mark::prefix`].
    prefix: u64,
    /// From the top: shape (7 bits), below the apex, in the zone, joined, kept, records (13 bits),
    /// position (40).
    word: u64,
}

const POSITION_BITS: u32 = 40;
const RECORDS_BITS: u32 = 13;
const KEPT: u64 = 1 << (POSITION_BITS + RECORDS_BITS);
const JOINED: u64 = KEPT << 1;
const IN_ZONE: u64 = JOINED << 1;
const BELOW_APEX: u64 = IN_ZONE << 1;
const SHAPE_AT: u32 = POSITION_BITS + RECORDS_BITS + 4;
const ONE_RECORD: u64 = 1 << POSITION_BITS;
const MAX_RECORDS: u32 = (1 << RECORDS_BITS) - 1;

impl Run {
    /// Positions are below this: a text of 1 TiB.
    pub const MAX_POSITION: u64 = 1 << POSITION_BITS;

    /// A run of one record.
    pub fn new(position: u64, shape: Shape) -> Self {
        debug_assert!(position < Self::MAX_POSITION);
        Self { prefix: 0, word: u64::from(shape.0) << SHAPE_AT | ONE_RECORD | position }
    }

    pub fn kept(self, kept: bool) -> Self {
        self.with(KEPT, kept)
    }

    /// The same, as a run of the owner that the run before it has, or not.
    pub fn joined(self, joined: bool) -> Self {
        self.with(JOINED, joined)
    }

    /// The same with another mark.
    pub fn marked(self, mark: Mark) -> Self {
        let Mark { prefix, in_zone, below_apex } = mark;
        let marked = self.with(IN_ZONE, in_zone).with(BELOW_APEX, below_apex);
        Self { prefix, ..marked }
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

    #[allow(clippy::cast_possible_truncation)] // masked to 13 bits
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

    pub fn below_apex(&self) -> bool {
        self.word & BELOW_APEX != 0
    }

    #[allow(clippy::cast_possible_truncation)] // seven bits are left
    pub fn shape(&self) -> Shape {
        Shape((self.word >> SHAPE_AT) as u8)
    }
}

/// Where an owner lies from the apex.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Mark {
    /// A number that orders sort keys as far as it tells them apart: the eight octets behind the
    /// apex's key, 0 for what sorts before the zone, the maximum for what sorts behind it.
    pub prefix: u64,
    /// It is the apex or below it.
    pub in_zone: bool,
    /// It has one label more than the apex.
    pub below_apex: bool,
}

impl Mark {
    /// That of a sort key.
    pub fn new(key: &[u8], apex_key: &[u8]) -> Self {
        let Some(rest) = key.strip_prefix(apex_key) else {
            let prefix = if key < apex_key { 0 } else { u64::MAX };
            return Self { prefix, in_zone: false, below_apex: false };
        };
        let mut octets = [0; 8];
        match rest.first_chunk() {
            Some(eight) => octets = *eight,
            None => octets[..rest.len()].copy_from_slice(rest),
        }
        // A zero octet closes each label. There are fewer than 256.
        let labels = rest.iter().fold(0u8, |labels, &octet| labels + u8::from(octet == 0));
        let below_apex = labels == 1;
        Self { prefix: u64::from_be_bytes(octets), in_zone: true, below_apex }
    }
}

/// Whether an owner may be below another one in the zone, as far as their prefixes tell.
pub(super) fn may_be_below(owner: u64, above: u64) -> bool {
    // The key of what is above is the beginning of the other. Its own end is the first of the zeros
    // that its prefix ends with, if it does; behind that the prefix is filled up. The prefix of the
    // apex is nothing else.
    let filled = match above.trailing_zeros() / 8 {
        octets @ 1..8 => (octets - 1) * 8,
        octets => octets * 8,
    };
    owner.checked_shr(filled) == above.checked_shr(filled)
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
        let mut run = Run::new(Run::MAX_POSITION - 3, shape).kept(true).joined(true);
        run.grow(Shape::DS);
        for _ in 2..MAX_RECORDS {
            assert!(run.has_room());
            run.grow(Shape::NONE);
        }
        assert!(!run.has_room() && run.is_kept() && run.is_joined());
        assert!(!run.in_zone() && !run.below_apex());
        assert_eq!((run.records(), run.prefix()), (MAX_RECORDS, 0));
        assert_eq!(run.position(), Run::MAX_POSITION - 3);
        assert_eq!(run.shape(), shape.union(Shape::DS));
        let mark = Mark { prefix: 9, in_zone: true, below_apex: false };
        let run = run.joined(false).marked(mark).moved(2);
        assert!(!run.is_joined() && run.in_zone() && !run.below_apex());
        assert_eq!((run.prefix(), run.position()), (9, Run::MAX_POSITION - 1));
        let mark = Mark { prefix: 0, in_zone: false, below_apex: true };
        assert!(!run.marked(mark).in_zone() && run.marked(mark).below_apex());
        assert_eq!(run.marked(mark).shape(), run.shape());
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
            let (mark_a, mark_b) = (Mark::new(&a, &apex).prefix, Mark::new(&b, &apex).prefix);
            prop_assert!(mark_a == mark_b || mark_a.cmp(&mark_b) == a.cmp(&b));
        }

        // What is below is never taken for something that cannot be; what is not below is, only where
        // the first eight octets leave it open.
        #[test]
        fn marks_tell_what_is_below_what(
            below in r"((a|b|\\000|\\001){1,3}\.){0,3}",
            a in r"([ab]{1,9}\.){0,3}",
            b in r"([ab]{1,9}\.){0,3}",
        ) {
            let name = |text: &str| Name::from_text(format!("{text}x.").as_bytes(), None);
            let apex = name("").unwrap();
            let mark = |name: &Name| Mark::new(&sort_key(name), &sort_key(&apex));
            let (above, other) = (name(&a).unwrap(), name(&b).unwrap());
            if let Ok(owner) = name(&format!("{below}{a}")) {
                prop_assert!(may_be_below(mark(&owner).prefix, mark(&above).prefix));
            }
            let key_len = sort_key(&above).len() - sort_key(&apex).len();
            if key_len <= 8 && !other.is_at_or_below(&above) {
                prop_assert!(!may_be_below(mark(&other).prefix, mark(&above).prefix));
            }
            let labels = other.labels().count();
            prop_assert_eq!(mark(&other).below_apex, labels == 2);
        }
    }
}
