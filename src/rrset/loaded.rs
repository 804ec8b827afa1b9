//! Owners whose records are at hand for a while.

use std::ops::Range;

use crate::dns::canonical::name_from_sort_key;
use crate::dns::name::MAX_NAME;

use super::kept::append_record;
use super::ordered::{Ordered, OwnerSpan};
use super::owner::{Position, RrRef};
use super::run::Run;

/// The records of some owners, in canonical form.
#[derive(Debug, Default)]
pub struct Loaded {
    /// For each owner its name in lower case, in wire form, and its records.
    octets: Vec<u8>,
    owners: Vec<Spot>,
}

/// Where an owner is.
#[derive(Clone, Debug)]
struct Spot {
    name: Range<usize>,
    records: Range<usize>,
}

impl Loaded {
    /// How many owners were loaded.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // nobody asks
    pub fn len(&self) -> usize {
        self.owners.len()
    }

    /// The name of the owner that was loaded as the n-th, from 0: in lower case, in wire form.
    #[must_use]
    pub fn name(&self, owner: usize) -> &[u8] {
        &self.octets[self.owners[owner].name.clone()]
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
            let mut name_end = None;
            for run in &self.runs[owner.first..owner.last] {
                if run.is_kept() {
                    self.copy_kept(*run, &mut loaded.octets, &mut name_end);
                    continue;
                }
                let Some(reader) = &mut reader else { continue };
                let octets = &mut loaded.octets;
                reader.records(run.position(), run.records(), &mut |record| {
                    if name_end.is_none() {
                        octets.extend_from_slice(record.owner.as_wire());
                        // Length octets are below 'A'.
                        octets[start..].make_ascii_lowercase();
                        name_end = Some(octets.len());
                    }
                    let position = Position::in_text(record.offset);
                    let (rtype, class, ttl) = (record.rtype, record.class, record.ttl);
                    append_record(rtype, class, ttl, position, record.rdata, octets);
                });
            }
            let name_end = name_end.unwrap_or(start);
            let records = name_end..loaded.octets.len();
            loaded.owners.push(Spot { name: start..name_end, records });
        }
        loaded
    }

    fn copy_kept(&self, run: Run, out: &mut Vec<u8>, name_end: &mut Option<usize>) {
        let (key, records) = self.kept.run(run.position());
        if name_end.is_none() {
            out.extend_from_slice(name_from_sort_key(key, &mut [0; MAX_NAME]));
            *name_end = Some(out.len());
        }
        let mut rest = records;
        for _ in 0..run.records() {
            let Some((_, others)) = RrRef::first(rest) else { break };
            rest = others;
        }
        out.extend_from_slice(&records[..records.len() - rest.len()]);
    }
}
