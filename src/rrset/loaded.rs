//! Owners whose records are at hand for a while.

use std::ops::Range;

use crate::dns::canonical::append_sort_key;

use super::kept::append_record;
use super::ordered::{Ordered, OwnerSpan};
use super::owner::{Position, RrRef};
use super::run::Run;

/// The records of some owners, in canonical form.
#[derive(Debug, Default)]
pub struct Loaded {
    /// For each owner its sort key and its records.
    octets: Vec<u8>,
    owners: Vec<Spot>,
}

/// Where an owner is.
#[derive(Clone, Debug)]
struct Spot {
    key: Range<usize>,
    records: Range<usize>,
}

impl Loaded {
    /// How many owners were loaded.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // nobody asks
    pub fn len(&self) -> usize {
        self.owners.len()
    }

    /// The sort key of the owner that was loaded as the n-th, from 0.
    #[must_use]
    pub fn key(&self, owner: usize) -> &[u8] {
        &self.octets[self.owners[owner].key.clone()]
    }

    /// Its records, in the order of the runs.
    pub(super) fn records(&self, owner: usize) -> impl Iterator<Item = RrRef<'_>> {
        let mut rest = &self.octets[self.owners[owner].records.clone()];
        std::iter::from_fn(move || {
            let (record, others) = RrRef::first(rest)?;
            rest = others;
            Some(record)
        })
    }
}

impl Ordered {
    /// Takes out the records of owners, in this order.
    #[must_use]
    pub fn load<'o>(&self, owners: impl IntoIterator<Item = &'o OwnerSpan>) -> Loaded {
        let mut loaded = Loaded::default();
        let mut reader = self.text.as_ref().map(crate::zonefile::ZoneText::reader);
        for owner in owners {
            let start = loaded.octets.len();
            let mut key_end = None;
            for run in &self.runs[owner.first..owner.last] {
                if run.is_kept() {
                    self.copy_kept(*run, &mut loaded.octets, &mut key_end);
                    continue;
                }
                let Some(reader) = &mut reader else { continue };
                let octets = &mut loaded.octets;
                reader.records(run.position(), run.records(), &mut |record| {
                    if key_end.is_none() {
                        append_sort_key(record.owner.as_wire(), octets);
                        key_end = Some(octets.len());
                    }
                    let position = Position::in_text(record.offset);
                    let (rtype, class, ttl) = (record.rtype, record.class, record.ttl);
                    append_record(rtype, class, ttl, position, record.rdata, octets);
                });
            }
            let key_end = key_end.unwrap_or(start);
            loaded.owners.push(Spot { key: start..key_end, records: key_end..loaded.octets.len() });
        }
        loaded
    }

    fn copy_kept(&self, run: Run, out: &mut Vec<u8>, key_end: &mut Option<usize>) {
        let (key, records) = self.kept.run(run.position());
        if key_end.is_none() {
            out.extend_from_slice(key);
            *key_end = Some(out.len());
        }
        let mut rest = records;
        for _ in 0..run.records() {
            let Some((_, others)) = RrRef::first(rest) else { break };
            rest = others;
        }
        out.extend_from_slice(&records[..records.len() - rest.len()]);
    }
}
