//! All records of a zone, owners in canonical order.

use rayon::prelude::*;

use crate::dns::Name;
use crate::dns::canonical::{append_sort_key, name_from_sort_key, sort_key};
use crate::dns::name::MAX_NAME;
use crate::zonefile::{Record, RecordReader, ZoneText};

use super::kept::Kept;
use super::owner::{Position, RrRef};
use super::places;
use super::run::{Mark, Run, may_be_below};
use super::{Collector, HashedOwners, Shape};

/// Collected records whose owners are in canonical order (RFC 4034 §6.1).
///
/// Owners outside the zone are there too, in their places before and behind it: see
/// [`Ordered::owners`].
#[derive(Debug)]
pub struct Ordered {
    pub(super) kept: Kept,
    pub(super) runs: Vec<Run>,
    /// What the records can be read from that were not kept.
    pub(super) text: Option<ZoneText>,
    pub(super) hashed: HashedOwners,
    apex_key: Vec<u8>,
}

/// The runs of one owner: indices into the ordered runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OwnerSpan {
    pub(super) first: usize,
    pub(super) last: usize,
    /// Which of the types that shape a zone the owner has.
    pub shape: Shape,
    /// Whether the owner is the apex or below it.
    pub in_zone: bool,
    /// Whether the owner is the apex's child: one label longer.
    pub below_apex: bool,
    /// Records of the owner, duplicates counted.
    pub records: usize,
}

/// An owner, for as long as its [`Ordered`] lives. Ordered as the owners are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct OwnerId(usize);

impl OwnerSpan {
    /// The owner, without what is known of it.
    #[must_use]
    pub fn id(&self) -> OwnerId {
        OwnerId(self.first)
    }
}

impl Ordered {
    pub(super) fn new(kept: Kept, runs: Vec<Run>, text: Option<ZoneText>, apex: &Name) -> Self {
        Self { kept, runs, text, hashed: HashedOwners::default(), apex_key: sort_key(apex) }
    }

    /// The sort key of the apex.
    #[must_use]
    pub fn apex_key(&self) -> &[u8] {
        &self.apex_key
    }

    /// What is known of the NSEC3 records, when all of them are of one chain.
    #[must_use]
    pub fn hashed_owners(&self) -> &HashedOwners {
        &self.hashed
    }

    /// Marks the runs by where they lie from the apex.
    pub(super) fn mark(&mut self) {
        let mut runs = std::mem::take(&mut self.runs);
        let mark = |runs: &mut [Run]| {
            let mut keys = self.keys();
            for run in runs {
                *run = run.marked(Mark::new(keys.of_run(*run), &self.apex_key));
            }
        };
        // A small zone does without threads, which take longer to start.
        if runs.len() <= CHUNK {
            mark(&mut runs);
        } else {
            runs.par_chunks_mut(CHUNK).for_each(mark);
        }
        self.runs = runs;
    }

    /// Sorts the runs, those of one owner in the order of the input.
    ///
    /// The mark decides nearly always, and needs no look at the records. Where it does not, each
    /// key is looked up once.
    pub(super) fn sort(&mut self) {
        let mut runs = std::mem::take(&mut self.runs);
        let order = |run: &Run| (run.prefix(), run.position());
        if runs.len() <= CHUNK {
            runs.sort_unstable_by_key(order);
        } else {
            runs.par_sort_unstable_by_key(order);
        }
        let sort_groups = |lot: &mut [Run]| {
            let (mut keys, mut start, mut fetched) = (self.keys(), 0, 0);
            while let Some(first) = lot.get(start) {
                let alike = lot[start..].iter().take_while(|run| run.prefix() == first.prefix());
                let end = start + alike.count();
                self.fetch(lot, end, &mut fetched);
                sort_group(&mut lot[start..end], &mut keys);
                start = end;
            }
        };
        let lots = lots_of_groups(&mut runs);
        if lots.len() <= 1 {
            lots.into_iter().for_each(sort_groups);
        } else {
            lots.into_par_iter().for_each(sort_groups);
        }
        self.runs = runs;
    }

    /// Has the processor load where the text of runs begins: of those before `next`, and of some behind, but
    /// not of the first `fetched`, which are counted on. Where records are in no order they are anywhere, so
    /// that each by itself would wait for memory; here they wait together.
    pub(super) fn fetch(&self, runs: &[Run], next: usize, fetched: &mut usize) {
        let Some(text) = &self.text else { return };
        if next < *fetched {
            return;
        }
        let end = runs.len().min(next + FETCHED_AHEAD);
        let runs = runs[*fetched..end].iter().filter(|run| !run.is_kept());
        let octets = runs.map(|run| text.octet(run.position()).unwrap_or_default());
        std::hint::black_box(octets.fold(0, |all, octet| all ^ octet));
        *fetched = end;
    }

    /// Looks up the sort keys of owners.
    #[must_use]
    pub fn keys(&self) -> Keys<'_> {
        let reader = self.text.as_ref().map(ZoneText::reader);
        Keys { ordered: self, reader, key: Vec::new() }
    }

    /// The owners in canonical order, those outside the zone included.
    pub fn owners(&self) -> impl Iterator<Item = OwnerSpan> {
        self.owners_from(0)
    }

    fn owners_from(&self, mut first: usize) -> impl Iterator<Item = OwnerSpan> {
        std::iter::from_fn(move || {
            let start = self.runs.get(first)?;
            let mut span = OwnerSpan {
                first,
                last: first,
                shape: Shape::NONE,
                in_zone: start.in_zone(),
                below_apex: start.below_apex(),
                records: 0,
            };
            while let Some(run) = self.runs.get(span.last)
                && (span.last == first || run.is_joined())
            {
                span.shape = span.shape.union(run.shape());
                span.records += run.records() as usize;
                span.last += 1;
            }
            first = span.last;
            Some(span)
        })
    }

    /// The owner of a name, if it has records.
    #[must_use]
    pub fn find(&self, name: &Name) -> Option<OwnerSpan> {
        let prefix = Mark::new(&sort_key(name), &self.apex_key).prefix;
        let start = self.runs.partition_point(|run| run.prefix() < prefix);
        self.keys().find_behind(start, name)
    }

    /// Where the runs from `from` on no longer go before, which is thought to be near.
    fn partition_point_from(&self, from: usize, goes_before: impl Fn(&Run) -> bool) -> usize {
        let runs = self.runs.get(from..).unwrap_or_default();
        let mut reach = 4;
        while runs.get(reach).is_some_and(&goes_before) {
            reach *= 2;
        }
        from + runs[..runs.len().min(reach + 1)].partition_point(goes_before)
    }

    /// Gives back the memory of the text that some owners' records fill. What little of it others are about
    /// to read comes back when they do.
    pub fn release<'o>(&self, owners: impl Iterator<Item = &'o OwnerSpan>) {
        let Some(text) = &self.text else { return };
        let runs = owners.flat_map(|owner| &self.runs[owner.first..owner.last]).copied();
        places::filled(runs).for_each(|place| text.release(place));
    }

    /// Adds the records of some owners to those of a collector, where they come so many lines later. Only
    /// what was kept is added.
    pub fn copy<'o>(
        &self,
        owners: impl Iterator<Item = &'o OwnerSpan>,
        lines_before: u64,
        collector: &mut Collector,
    ) {
        for owner in owners {
            for run in self.runs[owner.first..owner.last].iter().filter(|run| run.is_kept()) {
                let (key, _) = self.kept.run(run.position());
                // A sort key is only ever made from a name, so it gives one back.
                let name = Name::from_wire(name_from_sort_key(key, &mut [0; MAX_NAME]));
                let name = name.unwrap_or(Name::root());
                for record in self.kept_records(*run) {
                    let RrRef { rtype, class, ttl, position, rdata } = record;
                    let (file, line) = position.parts();
                    let (owner, line) = (&name, line + lines_before);
                    let (again, same_owner) = (None, false);
                    collector.push(&Record {
                        owner,
                        rtype,
                        class,
                        ttl,
                        rdata,
                        file,
                        line,
                        again,
                        same_owner,
                    });
                }
            }
        }
    }

    fn kept_records(&self, run: Run) -> impl Iterator<Item = RrRef<'_>> {
        let (_, mut rest) = self.kept.run(run.position());
        let next = move |_| {
            let (record, others) = RrRef::first(rest)?;
            rest = others;
            Some(record)
        };
        (0..run.records()).map_while(next)
    }

    /// The lines on which the records of an owner stand that were kept, the least and the greatest.
    #[must_use]
    pub fn lines(&self, owner: &OwnerSpan) -> Option<(u64, u64)> {
        let runs = self.runs[owner.first..owner.last].iter().filter(|run| run.is_kept());
        let lines = runs.flat_map(|run| self.kept_records(*run));
        let lines = lines.map(|record| record.position.parts().1);
        lines.map(|line| (line, line)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// Where a record stands: the index of its file, and the line.
    #[must_use]
    pub fn line(&self, position: Position) -> (u16, u64) {
        let (file, at) = position.parts();
        match &self.text {
            Some(text) if file == 0 => (file, text.line(at)),
            _ => (file, at),
        }
    }
}

/// Runs whose text is loaded at once.
const FETCHED_AHEAD: usize = 32;

/// Runs that a thread sorts or marks at a time, and of which, as of hashed owners, fewer are sorted
/// without others.
pub(super) const CHUNK: usize = 1 << 14;

/// Cuts sorted runs into lots of about [`CHUNK`], none of them between two whose marks are alike.
fn lots_of_groups(mut runs: &mut [Run]) -> Vec<&mut [Run]> {
    let mut lots = Vec::with_capacity(runs.len() / CHUNK + 1);
    while !runs.is_empty() {
        let mut end = runs.len().min(CHUNK);
        while end < runs.len() && runs[end].prefix() == runs[end - 1].prefix() {
            end += 1;
        }
        let (lot, rest) = runs.split_at_mut(end);
        lots.push(lot);
        runs = rest;
    }
    lots
}

/// Sorts runs whose marks are alike, and joins those of one owner. They are in the order of the input.
fn sort_group(group: &mut [Run], keys: &mut Keys<'_>) {
    let [first, rest @ ..] = &mut *group else { return };
    *first = first.joined(false);
    if rest.is_empty() {
        return;
    }
    // Mostly they are of one owner, and in order already.
    let key = keys.of_run(*first).to_vec();
    if rest.iter().all(|run| keys.of_run(*run) == key) {
        rest.iter_mut().for_each(|run| *run = run.joined(true));
        return;
    }
    let mut keyed: Vec<(Box<[u8]>, u64, Run)> =
        group.iter().map(|run| (keys.of_run(*run).into(), run.position(), *run)).collect();
    keyed.sort_unstable_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    let mut before: Option<&[u8]> = None;
    for (place, (key, _, run)) in group.iter_mut().zip(&keyed) {
        *place = run.joined(before == Some(key));
        before = Some(key);
    }
}

/// Looks up the sort keys of owners, one after the other.
#[derive(Debug)]
pub struct Keys<'a> {
    ordered: &'a Ordered,
    reader: Option<RecordReader<'a>>,
    key: Vec<u8>,
}

impl Keys<'_> {
    /// The sort key of an owner.
    pub fn of(&mut self, owner: OwnerId) -> &[u8] {
        self.ordered.runs.get(owner.0).copied().map_or(&[], |run| self.of_run(run))
    }

    /// Whether an owner may be below another one, as far as that can be told without a look at the
    /// text.
    #[must_use]
    pub fn may_be_below(&self, owner: OwnerId, above: OwnerId) -> bool {
        let prefix_of = |id: OwnerId| self.ordered.runs.get(id.0).map_or(0, Run::prefix);
        may_be_below(prefix_of(owner), prefix_of(above))
    }

    /// The owner of a name, if it has records: of one that comes closely behind another owner, or
    /// that owner itself.
    #[must_use]
    pub fn find_from(&mut self, owner: &OwnerSpan, name: &Name) -> Option<OwnerSpan> {
        self.find_behind(owner.first, name)
    }

    /// The owner of a name, if it has records, none of which come before this run.
    fn find_behind(&mut self, from: usize, name: &Name) -> Option<OwnerSpan> {
        let key = sort_key(name);
        let ordered = self.ordered;
        let prefix = Mark::new(&key, &ordered.apex_key).prefix;
        let start = ordered.partition_point_from(from, |run| run.prefix() < prefix);
        let end = ordered.partition_point_from(start, |run| run.prefix() == prefix);
        let alike = &ordered.runs[start..end];
        let first = start + alike.partition_point(|run| self.of_run(*run) < key.as_slice());
        ordered.owners_from(first).next().filter(|owner| self.of(owner.id()) == key)
    }

    pub(super) fn of_run(&mut self, run: Run) -> &[u8] {
        if run.is_kept() {
            return self.ordered.kept.run(run.position()).0;
        }
        self.key.clear();
        let owner = self.reader.as_mut().and_then(|reader| reader.owner(run.position()));
        if let Some(owner) = owner {
            append_sort_key(owner.as_wire(), &mut self.key);
        }
        &self.key
    }
}
