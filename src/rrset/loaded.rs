//! Owners whose records are at hand for a while.

use std::ops::Range;

use crate::dns::canonical::{append_lowercase, canonicalize_rdata, name_from_sort_key};
use crate::dns::name::MAX_NAME;
use crate::dns::{Class, RType};
use crate::zonefile::{RecordAgain, ZoneText};

use super::ordered::{Ordered, OwnerSpan};
use super::owner::{Position, RrRef};
use super::run::Run;

/// The records of some owners, in canonical form.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The names of owners, in lower case and wire form, and the RDATA of their records.
    octets: Vec<u8>,
    /// The records of all owners, one behind the other.
    records: Vec<Spot>,
    owners: Vec<LoadedOwner>,
}

/// An owner: where its name is, and where its records end.
#[derive(Clone, Debug)]
struct LoadedOwner {
    name: Range<usize>,
    records_end: usize,
}

/// A record, its RDATA being among the octets.
#[derive(Clone, Copy, Debug)]
struct Spot {
    position: Position,
    rdata: usize,
    ttl: u32,
    rdata_len: u16,
    rtype: RType,
    class: Class,
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
        let start = owner.checked_sub(1).map_or(0, |before| self.owners[before].records_end);
        let records = &self.records[start..self.owners[owner].records_end];
        records.iter().map(|&Spot { position, rdata, ttl, rdata_len, rtype, class }| {
            let rdata = &self.octets[rdata..rdata + usize::from(rdata_len)];
            RrRef { rtype, class, ttl, position, rdata }
        })
    }

    /// Takes in a record that was read again, its RDATA being the last of `octets` and not yet in
    /// canonical form.
    #[inline]
    fn take_in(records: &mut Vec<Spot>, record: &RecordAgain<'_>, octets: &mut Vec<u8>) {
        let &RecordAgain { rtype, class, ttl, rdata, offset, .. } = record;
        // The reader lets no RDATA through that is longer.
        let rdata_len = u16::try_from(octets.len() - rdata).unwrap_or(u16::MAX);
        octets.truncate(rdata + usize::from(rdata_len));
        let position = Position::in_text(offset);
        records.push(Spot { position, rdata, ttl, rdata_len, rtype, class });
    }

    /// Brings the RDATA of some records into canonical form.
    fn canonicalize(&mut self, records: Range<usize>) {
        for record in &self.records[records] {
            let rdata = record.rdata..record.rdata + usize::from(record.rdata_len);
            canonicalize_rdata(record.rtype, &mut self.octets[rdata]);
        }
    }

    /// Takes in a run that was kept.
    fn take_in_kept(&mut self, kept: &[u8], count: u32) {
        let mut rest = kept;
        for _ in 0..count {
            let Some((record, others)) = RrRef::first(rest) else { break };
            rest = others;
            let RrRef { rtype, class, ttl, position, rdata } = record;
            // RDATA is kept with a length of 16 bits.
            let rdata_len = u16::try_from(rdata.len()).unwrap_or(u16::MAX);
            let place = self.octets.len();
            self.octets.extend_from_slice(rdata);
            self.records.push(Spot { position, rdata: place, ttl, rdata_len, rtype, class });
        }
    }
}

impl Ordered {
    /// Takes out the records of owners, in this order.
    #[must_use]
    pub fn load<'o>(&self, owners: impl IntoIterator<Item = &'o OwnerSpan>) -> Loaded {
        let mut loaded = Loaded::default();
        self.load_into(owners, &mut loaded);
        loaded
    }

    /// The same, in place of what was loaded before: the memory is used again.
    pub fn load_into<'o>(
        &self,
        owners: impl IntoIterator<Item = &'o OwnerSpan>,
        loaded: &mut Loaded,
    ) {
        loaded.octets.clear();
        loaded.records.clear();
        loaded.owners.clear();
        let mut reader = self.text.as_ref().map(ZoneText::reader);
        // An owner behind, so that the processor is done with storing what it loads.
        let mut canonical = 0;
        let mut fetched = 0;
        for owner in owners {
            let mut name = None;
            // Owners that are loaded together are mostly neighbours; of others nothing in between is wanted.
            fetched = owner.first.max(fetched);
            self.fetch(&self.runs, owner.last, &mut fetched);
            for run in &self.runs[owner.first..owner.last] {
                if run.is_kept() {
                    self.load_kept(*run, loaded, &mut name);
                    continue;
                }
                let Some(reader) = &mut reader else { continue };
                let Loaded { octets, records, .. } = loaded;
                reader.records(run.position(), run.records(), octets, |record, octets| {
                    Loaded::take_in(records, &record, octets);
                    name.get_or_insert_with(|| append_lower(record.owner.as_wire(), octets));
                });
            }
            let (name, records_end) = (name.unwrap_or(0..0), loaded.records.len());
            let before = loaded.owners.last().map_or(0, |before| before.records_end);
            loaded.owners.push(LoadedOwner { name, records_end });
            loaded.canonicalize(canonical..before);
            canonical = before;
        }
        loaded.canonicalize(canonical..loaded.records.len());
    }

    fn load_kept(&self, run: Run, loaded: &mut Loaded, name: &mut Option<Range<usize>>) {
        let (key, records) = self.kept.run(run.position());
        name.get_or_insert_with(|| {
            append_lower(name_from_sort_key(key, &mut [0; MAX_NAME]), &mut loaded.octets)
        });
        loaded.take_in_kept(records, run.records());
    }
}

/// Appends a name in lower case, and says where it is.
fn append_lower(name: &[u8], octets: &mut Vec<u8>) -> Range<usize> {
    let start = octets.len();
    // Length octets are below 'A'.
    append_lowercase(name, octets);
    start..octets.len()
}
