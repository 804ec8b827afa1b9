//! Which parts of the text some records fill, so that its memory can be given back.

use std::ops::Range;

use super::run::Run;

/// A part of the text in which records were met close to each other.
#[derive(Clone, Copy, Debug)]
struct Place {
    least: u64,
    greatest: u64,
    records: u64,
}

/// Octets between records that still lie together.
const APART: u64 = 64 << 10;

/// Octets for each record, up to which little else is between them.
const RECORD_OCTETS: u64 = 1024;

/// Places that are told apart. Neighbours of a zone come from one, or from two where all NSEC3 records stand
/// behind all others; where they come from anywhere nothing is to be given back.
const MOST: usize = 4;

/// The parts of the text that the records of some runs fill, with little else in between: at most four,
/// each from its first record to the beginning of its last run.
pub(super) fn filled(runs: impl Iterator<Item = Run>) -> impl Iterator<Item = Range<u64>> {
    let mut places: Vec<Place> = Vec::with_capacity(MOST);
    for run in runs.filter(|run| !run.is_kept()) {
        let (at, records) = (run.position(), u64::from(run.records()));
        let is_near = |place: &Place| {
            at.saturating_add(APART) >= place.least && at <= place.greatest.saturating_add(APART)
        };
        if let Some(near) = places.iter().position(is_near) {
            let place = &mut places[near];
            place.least = place.least.min(at);
            place.greatest = place.greatest.max(at);
            place.records += records;
        } else if places.len() < MOST {
            places.push(Place { least: at, greatest: at, records });
        }
    }
    let is_filled = |place: &Place| place.greatest - place.least < place.records * RECORD_OCTETS;
    places.into_iter().filter(is_filled).map(|place| place.least..place.greatest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rrset::Shape;

    /// Where places begin and end.
    fn of(positions: impl Iterator<Item = u64>) -> Vec<(u64, u64)> {
        let places = filled(positions.map(|position| Run::new(position, Shape::NONE)));
        places.map(|place| (place.start, place.end)).collect()
    }

    #[test]
    fn neighbours_fill_the_text_between_them() {
        assert_eq!(of((0..500).map(|n| 7000 + 900 * n)), [(7000, 7000 + 900 * 499)]);
        assert!(of((0..500).map(|n| 7000 + 2000 * n)).is_empty());
        assert!(of(std::iter::empty()).is_empty());
    }

    // BIND writes all NSEC3 records behind all others; hashes sort among names.
    #[test]
    fn two_places_in_turns_are_told_apart() {
        let far = 1 << 30;
        let places = of((0..100).map(|n| 300 * n + if n % 3 == 0 { far } else { 0 }));
        assert_eq!(places, [(far, far + 300 * 99), (300, 300 * 98)]);
    }

    #[test]
    fn records_from_anywhere_fill_nothing() {
        assert!(
            of((0..3000).map(|n| (n * 7919 % 3001) << 20)).iter().all(|(start, end)| start == end)
        );
    }

    #[test]
    fn what_is_kept_is_not_in_the_text() {
        let kept = |n: u64| Run::new(n, Shape::NONE).kept(true);
        assert_eq!(filled((0..9).map(kept)).count(), 0);
    }
}
