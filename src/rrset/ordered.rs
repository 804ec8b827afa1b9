//! All records of a zone, owners in canonical order.

use rayon::prelude::*;

use crate::dns::Name;
use crate::dns::canonical::sort_key;

use super::collector::{Run, Shape, run_key};

/// Collected records whose owners are in canonical order (RFC 4034 §6.1).
///
/// Owners outside the zone are there too, in their places before and behind it: see
/// [`Ordered::owners`].
#[derive(Debug)]
pub struct Ordered {
    segments: Vec<Vec<u8>>,
    runs: Vec<Run>,
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
    pub(super) fn new(segments: Vec<Vec<u8>>, runs: Vec<Run>, apex: &Name) -> Self {
        let apex_key = sort_key(apex);
        let mut ordered = Self { segments, runs, apex_key };
        if !ordered.is_sorted() {
            ordered.sort();
        }
        ordered
    }

    fn is_sorted(&self) -> bool {
        self.runs.is_sorted_by(|a, b| self.key_of(a) <= self.key_of(b))
    }

    /// Sorts by the eight octets that follow the apex first, which decide nearly always and need no
    /// look into the segments.
    fn sort(&mut self) {
        let mut indexed: Vec<(u64, Run)> =
            self.runs.par_iter().map(|run| (self.prefix(self.key_of(run)), *run)).collect();
        indexed.par_sort_by(|(prefix_a, a), (prefix_b, b)| {
            prefix_a.cmp(prefix_b).then_with(|| self.key_of(a).cmp(self.key_of(b)))
        });
        self.runs = indexed.into_iter().map(|(_, run)| run).collect();
    }

    /// A number that orders keys as far as it tells them apart: 0 for what sorts before the zone,
    /// the maximum for what sorts behind it.
    fn prefix(&self, key: &[u8]) -> u64 {
        let Some(rest) = key.strip_prefix(self.apex_key.as_slice()) else {
            return if *key < *self.apex_key { 0 } else { u64::MAX };
        };
        let mut octets = [0; 8];
        let len = rest.len().min(8);
        octets[..len].copy_from_slice(&rest[..len]);
        u64::from_be_bytes(octets)
    }

    fn key_of(&self, run: &Run) -> &[u8] {
        run_key(&self.segments[run.segment as usize], run.offset)
    }

    /// The sort key of an owner.
    #[must_use]
    pub fn key(&self, owner: &OwnerSpan) -> &[u8] {
        self.key_of(&self.runs[owner.first])
    }

    /// The sort key of an owner.
    #[must_use]
    pub fn key_of_id(&self, owner: OwnerId) -> &[u8] {
        self.key_of(&self.runs[owner.0])
    }

    /// The owners in canonical order, those outside the zone included.
    pub fn owners(&self) -> impl Iterator<Item = OwnerSpan> {
        self.owners_from(0)
    }

    fn owners_from(&self, mut first: usize) -> impl Iterator<Item = OwnerSpan> {
        std::iter::from_fn(move || {
            let start = self.runs.get(first)?;
            let key = self.key_of(start);
            let mut span = OwnerSpan {
                first,
                last: first,
                shape: Shape::NONE,
                in_zone: key.starts_with(&self.apex_key),
                records: 0,
            };
            while let Some(run) = self.runs.get(span.last)
                && (span.last == first || self.key_of(run) == key)
            {
                span.shape = span.shape.union(run.shape);
                span.records += run.records as usize;
                span.last += 1;
            }
            first = span.last;
            Some(span)
        })
    }

    /// The owner of a name, if it has records.
    #[must_use]
    pub fn find(&self, name: &Name) -> Option<OwnerSpan> {
        let key = sort_key(name);
        let first = self.runs.partition_point(|run| self.key_of(run) < key.as_slice());
        self.owners_from(first).next().filter(|owner| self.key(owner) == key)
    }

    /// The records of an owner: segment and offset of the first of each run, and how many.
    pub(super) fn runs_of(&self, owner: &OwnerSpan) -> impl Iterator<Item = (&[u8], usize, u32)> {
        self.runs[owner.first..owner.last].iter().map(|run| {
            let segment = self.segments[run.segment as usize].as_slice();
            let key_len = run_key(segment, run.offset).len();
            (segment, run.offset as usize + 2 + key_len, run.records)
        })
    }
}
