//! Which types a bitmap must show (RFC 4034 §4.1.2, RFC 5155 §7.1), and how it differs from that.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::dns::bitmap::TypeBitmapBuilder;
use crate::dns::{RType, TypeBitmap};

/// Whether a bitmap must show RRSIG.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::audit) enum Presence {
    /// Something that must be signed is signed.
    Must,
    /// Nothing is signed, and nothing has to be.
    MustNot,
    /// A signature is missing or surplus, which is said elsewhere: the bitmap may follow either.
    May,
}

/// The types that a bitmap must show.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::audit) struct ExpectedTypes {
    /// In wire form; RRSIG is among them when it must be.
    bitmap: Arc<[u8]>,
    rrsig: Presence,
    /// Whether KEY may be shown besides.
    key: bool,
}

impl ExpectedTypes {
    /// No types at all: what an empty non-terminal has.
    pub(in crate::audit) fn none() -> Self {
        Self { bitmap: Arc::default(), rrsig: Presence::MustNot, key: false }
    }

    /// These types, in any order and without RRSIG, and RRSIG as `rrsig` says.
    pub(in crate::audit) fn new(
        types: impl Iterator<Item = RType>,
        rrsig: Presence,
        interner: &mut Interner,
    ) -> Self {
        let mut builder = TypeBitmapBuilder::default();
        types.for_each(|rtype| builder.insert(rtype));
        if rrsig == Presence::Must {
            builder.insert(RType::RRSIG);
        }
        let mut octets = std::mem::take(&mut interner.octets);
        octets.clear();
        builder.append_to(&mut octets);
        let bitmap = interner.share(&octets);
        interner.octets = octets;
        Self { bitmap, rrsig, key: false }
    }

    /// The same of types below 64, given as bits.
    pub(in crate::audit) fn of_bits(types: u64, rrsig: Presence, interner: &mut Interner) -> Self {
        let known = interner.expected.iter().find(|known| (known.0, known.1) == (types, rrsig));
        if let Some((_, _, bitmap)) = known {
            return Self { bitmap: Arc::clone(bitmap), rrsig, key: false };
        }
        let listed = (0..64).filter(|bit| types >> bit & 1 == 1).map(RType);
        let expected = Self::new(listed, rrsig, interner);
        if interner.expected.len() < Interner::MOST_EXPECTED {
            interner.expected.push((types, rrsig, Arc::clone(&expected.bitmap)));
        }
        expected
    }

    /// The same, with KEY if the bitmap likes.
    pub(in crate::audit) fn with_key(self) -> Self {
        Self { key: true, ..self }
    }

    /// Whether there are none, as at an empty non-terminal.
    pub(in crate::audit) fn is_empty(&self) -> bool {
        self.bitmap.is_empty()
    }

    /// Whether they are those of a delegation: NS without SOA.
    pub(in crate::audit) fn are_of_a_cut(&self) -> bool {
        TypeBitmap::new(&self.bitmap)
            .is_some_and(|types| types.contains(RType::NS) && !types.contains(RType::SOA))
    }

    /// How a bitmap differs from what it must show; `None` when it does not.
    pub(in crate::audit) fn compare(&self, found: TypeBitmap<'_>) -> Option<Difference> {
        // Bitmaps have one proper form, so nearly always the octets are equal.
        if found.as_wire() == &*self.bitmap {
            return None;
        }
        let expected: Vec<RType> = TypeBitmap::new(&self.bitmap)?.types().collect();
        let found: Vec<RType> = found.types().collect();
        let absent = |from: &[RType], rtype: RType| {
            from.binary_search(&rtype).is_err()
                && !(rtype == RType::RRSIG && self.rrsig == Presence::May)
                && !(rtype == RType::KEY && self.key)
        };
        let difference = Difference {
            missing: expected.iter().copied().filter(|&rtype| absent(&found, rtype)).collect(),
            surplus: found.iter().copied().filter(|&rtype| absent(&expected, rtype)).collect(),
        };
        (!difference.is_empty()).then_some(difference)
    }
}

/// How a bitmap differs from the types that are there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::audit) struct Difference {
    /// Types that are there and that the bitmap does not show.
    pub missing: Vec<RType>,
    /// Types that the bitmap shows and that are not there.
    pub surplus: Vec<RType>,
}

impl Difference {
    fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.surplus.is_empty()
    }

    /// A list of types for people; of very many the first few.
    pub(in crate::audit) fn list(types: &[RType]) -> String {
        const SHOWN: usize = 8;
        let mut text = String::new();
        for (index, rtype) in types.iter().take(SHOWN).enumerate() {
            let blank = if index == 0 { "" } else { " " };
            let _ = write!(text, "{blank}{rtype}"); // writing to a String cannot fail
        }
        if types.len() > SHOWN {
            let _ = write!(text, " and {} more", types.len() - SHOWN);
        }
        text
    }
}

/// Keeps each bitmap once: a zone has few different ones, however many names.
#[derive(Debug, Default)]
pub(in crate::audit) struct Interner {
    known: HashSet<Arc<[u8]>>,
    /// The one that was asked for last.
    last: Option<Arc<[u8]>>,
    /// The first that were expected: nearly all that ever are.
    expected: Vec<(u64, Presence, Arc<[u8]>)>,
    octets: Vec<u8>,
}

impl Interner {
    /// A zone that has more different bitmaps than this is not served by keeping them.
    const MOST: usize = 4096;
    /// Bitmaps that are looked for one by one.
    const MOST_EXPECTED: usize = 16;

    /// A bitmap in wire form, as one that is shared.
    pub(in crate::audit) fn share(&mut self, bitmap: &[u8]) -> Arc<[u8]> {
        if let Some(last) = self.last.as_ref().filter(|last| ***last == *bitmap) {
            return Arc::clone(last);
        }
        let shared = self.look_up(bitmap);
        self.last = Some(Arc::clone(&shared));
        shared
    }

    fn look_up(&mut self, bitmap: &[u8]) -> Arc<[u8]> {
        if let Some(known) = self.known.get(bitmap) {
            return Arc::clone(known);
        }
        if self.known.len() == Self::MOST {
            self.known.clear();
        }
        let bitmap: Arc<[u8]> = bitmap.into();
        self.known.insert(Arc::clone(&bitmap));
        bitmap
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bitmap(types: &[RType]) -> Vec<u8> {
        let mut builder = TypeBitmapBuilder::default();
        types.iter().for_each(|&rtype| builder.insert(rtype));
        let mut octets = Vec::new();
        builder.append_to(&mut octets);
        octets
    }

    fn difference(rrsig: Presence, found: &[RType]) -> Option<(Vec<RType>, Vec<RType>)> {
        let types = [RType::A, RType::MX].into_iter();
        let expected = ExpectedTypes::new(types, rrsig, &mut Interner::default());
        let found = bitmap(found);
        let difference = expected.compare(TypeBitmap::new(&found).unwrap())?;
        Some((difference.missing, difference.surplus))
    }

    // Bits are a short way to the bitmap that the list of types gives.
    #[test]
    fn types_as_bits_make_the_bitmap_that_they_make_one_by_one() {
        let (mut one, mut other) = (Interner::default(), Interner::default());
        for round in 0..40u64 {
            for rrsig in [Presence::Must, Presence::MustNot, Presence::May] {
                let bits = 1 << (round * 7 % 46) | 1 << (round / 3);
                let types = (0..64).filter(|bit| bits >> bit & 1 == 1).map(RType);
                let listed = ExpectedTypes::new(types, rrsig, &mut one);
                for _ in 0..2 {
                    let found = ExpectedTypes::of_bits(bits, rrsig, &mut other);
                    assert_eq!((&found.bitmap, found.rrsig), (&listed.bitmap, rrsig));
                }
            }
        }
    }

    // RFC 4034 §4.1.2: the bitmap identifies the RRset types present, no more and no less.
    #[test]
    fn a_bitmap_must_show_what_is_there_and_nothing_else() {
        use Presence::{Must, MustNot};
        assert_eq!(difference(Must, &[RType::A, RType::MX, RType::RRSIG]), None);
        assert_eq!(difference(MustNot, &[RType::A, RType::MX]), None);
        let missing = Some((vec![RType::MX], vec![]));
        assert_eq!(difference(Must, &[RType::A, RType::RRSIG]), missing);
        let surplus = Some((vec![], vec![RType::RRSIG, RType(1234)]));
        assert_eq!(difference(MustNot, &[RType::A, RType::MX, RType::RRSIG, RType(1234)]), surplus);
    }

    #[test]
    fn rrsig_may_be_shown_or_not_where_a_signature_is_missing_or_surplus() {
        assert_eq!(difference(Presence::May, &[RType::A, RType::MX, RType::RRSIG]), None);
        assert_eq!(difference(Presence::May, &[RType::A, RType::MX]), None);
    }

    // BIND's signer shows the KEY of a delegation, ldns and Knot do not.
    #[test]
    fn key_may_be_shown_where_that_is_left_open_and_nowhere_else() {
        let types = [RType::NS].into_iter();
        let closed = ExpectedTypes::new(types, Presence::MustNot, &mut Interner::default());
        let mut builder = TypeBitmapBuilder::default();
        [RType::NS, RType::KEY].iter().for_each(|&rtype| builder.insert(rtype));
        let mut octets = Vec::new();
        builder.append_to(&mut octets);
        let shown = TypeBitmap::new(&octets).unwrap();
        assert_eq!(closed.compare(shown).unwrap().surplus, [RType::KEY]);
        assert_eq!(closed.with_key().compare(shown), None);
    }

    // Trailing zero octets are against RFC 4034 §4.1.2, but they change no type.
    #[test]
    fn a_bitmap_in_another_form_is_compared_by_its_types() {
        let expected =
            ExpectedTypes::new([RType::A].into_iter(), Presence::MustNot, &mut Interner::default());
        assert_eq!(expected.compare(TypeBitmap::new(&[0, 2, 0x40, 0]).unwrap()), None);
    }
}
