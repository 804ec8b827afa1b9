//! Cuts a zone into lots: neighbouring owners that travel together. With a previous version at hand
//! each owner is met by its own records of then, in one merge of the two orders.

use std::cmp::Ordering;
use std::sync::atomic::{self, AtomicBool};

use crate::rrset::{Ordered, OwnerSpan};

use super::standing::Standing;

/// Neighbouring owners that travel together.
pub(super) type Lot = Vec<Entry>;

/// An owner of either version, or of both.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Its records in the zone that is audited.
    pub current: Option<(OwnerSpan, Standing)>,
    /// Its records in the previous version.
    pub previous: Option<OwnerSpan>,
}

/// Lots that each worker has of a small zone: the last of them leaves the others idle for no longer than
/// it takes.
const LOTS_FOR_EACH: u64 = 12;

/// Records in a lot, of so many in all: enough for whole batches under one key, few enough that a small
/// zone keeps all workers busy and that a large one takes little memory.
pub(super) fn lot_records(records: u64, workers: usize) -> usize {
    let share = records / (LOTS_FOR_EACH * workers.max(1) as u64);
    usize::try_from(share).unwrap_or(usize::MAX).clamp(256, 4096)
}

/// Cuts the owners into lots of about so many records, those of both versions together, until it is
/// told to stop.
pub(super) fn lots<'z>(
    ordered: &'z Ordered,
    owners: impl Iterator<Item = (OwnerSpan, Standing)>,
    previous: Option<&'z Ordered>,
    records: usize,
    stop: &AtomicBool,
) -> impl Iterator<Item = Lot> {
    let mut entries = entries(ordered, owners, previous);
    let mut last_len = 0;
    std::iter::from_fn(move || {
        let (mut lot, mut filled) = (Lot::with_capacity(last_len), 0);
        while filled < records
            && !stop.load(atomic::Ordering::Relaxed)
            && let Some(entry) = entries.next()
        {
            filled += entry.current.map_or(0, |(span, _)| span.records);
            filled += entry.previous.map_or(0, |span| span.records);
            lot.push(entry);
        }
        last_len = lot.len();
        (!lot.is_empty()).then_some(lot)
    })
}

/// The owners of the zone and of its previous version, if there is one, in canonical order, each once.
/// What was outside the zone before is left out.
fn entries<'z>(
    ordered: &'z Ordered,
    owners: impl Iterator<Item = (OwnerSpan, Standing)>,
    previous: Option<&'z Ordered>,
) -> impl Iterator<Item = Entry> {
    let mut owners = owners.peekable();
    let mut keys = ordered.keys();
    let before = previous.into_iter().flat_map(|previous| {
        let mut keys = previous.keys();
        let inside = previous.owners().filter(|owner| owner.in_zone);
        inside.map(move |owner| (keys.of(owner.id()).to_vec(), owner))
    });
    let mut before = before.peekable();
    std::iter::from_fn(move || {
        let first = match (owners.peek(), before.peek()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((current, _)), Some((key, _))) => keys.of(current.id()).cmp(key),
        };
        let current = if first == Ordering::Greater { None } else { owners.next() };
        let previous = if first == Ordering::Less { None } else { before.next() };
        Some(Entry { current, previous: previous.map(|(_, owner)| owner) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_zone_is_cut_for_all_workers_and_a_large_one_for_whole_batches() {
        // 40,000 records for 2: twelve lots for each, so some 265 signatures of a zone of delegations.
        assert_eq!(lot_records(40_000, 2), 1666);
        assert_eq!(lot_records(40_000, 16), 256);
        assert_eq!(lot_records(0, 2), 256);
        assert_eq!(lot_records(40_000_000, 2), 4096);
        assert_eq!(lot_records(40_000, 0), 3333);
    }
}
