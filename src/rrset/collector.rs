//! A compact store of records, in the order in which they came.

use crate::dns::canonical::{append_sort_key, canonicalize_rdata};
use crate::dns::{Class, Name, RType};
use crate::zonefile::Record;

use super::Ordered;

/// Octets of a segment. Segments are never moved, so growth never copies.
const SEGMENT: usize = 4 << 20;

/// Records in canonical form, back to back, in *runs*: neighbours in the input that share an owner.
///
/// A run lies in one segment: the length of the owner's sort key (two octets) and the key, then the
/// records, each a header of 16 octets and its RDATA.
#[derive(Debug, Default)]
pub struct Collector {
    pub(super) segments: Vec<Vec<u8>>,
    pub(super) runs: Vec<Run>,
    /// The wire form of the owner that came last, as it was written, and its sort key.
    owner: Vec<u8>,
    key: Vec<u8>,
    soa_owners: Vec<(Name, Class)>,
    signatures: usize,
    shape: Shape,
    nsec3_parameters: Vec<Box<[u8]>>,
    signatures_by_tag: SignatureCounts,
}

/// RRSIG records by the tag of the key that they name.
#[derive(Clone, Debug, Default)]
pub struct SignatureCounts {
    /// One count for each tag; empty before the first signature.
    by_tag: Vec<u32>,
}

impl SignatureCounts {
    /// How many name a key with this tag.
    #[must_use]
    pub fn of(&self, tag: u16) -> usize {
        self.by_tag.get(usize::from(tag)).map_or(0, |&count| count as usize)
    }

    fn count(&mut self, rrsig: &[u8]) {
        // RFC 4034 §3.1: the tag is the last of the fixed fields.
        let Some(&[.., high, low]) = rrsig.first_chunk::<18>() else { return };
        self.by_tag.resize(usize::from(u16::MAX) + 1, 0);
        let count = &mut self.by_tag[usize::from(u16::from_be_bytes([high, low]))];
        *count = count.saturating_add(1);
    }
}

/// Neighbouring records that share an owner.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub segment: u32,
    pub offset: u32,
    pub records: u32,
    pub shape: Shape,
}

/// Which of the types that shape a zone an owner has, as bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Shape(u8);

impl Shape {
    /// An owner with none of them.
    pub const NONE: Self = Self(0);
    /// An NS record.
    pub const NS: Self = Self(1);
    /// A DNAME record.
    pub const DNAME: Self = Self(2);
    /// A SOA record.
    pub const SOA: Self = Self(4);
    /// An NSEC3 record.
    pub const NSEC3: Self = Self(8);
    /// An NSEC record.
    pub const NSEC: Self = Self(16);
    /// A DS record.
    pub const DS: Self = Self(32);
    /// A record that is neither NSEC nor NSEC3 nor RRSIG: without one an owner is no name of the
    /// zone, but a place where others are denied.
    pub const DATA: Self = Self(64);

    fn of(rtype: RType) -> Self {
        match rtype {
            RType::NS => Self(Self::NS.0 | Self::DATA.0),
            RType::DNAME => Self(Self::DNAME.0 | Self::DATA.0),
            RType::SOA => Self(Self::SOA.0 | Self::DATA.0),
            RType::DS => Self(Self::DS.0 | Self::DATA.0),
            RType::NSEC3 => Self::NSEC3,
            RType::NSEC => Self::NSEC,
            RType::RRSIG => Self::NONE,
            _ => Self::DATA,
        }
    }

    /// Both together.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is there.
    #[must_use]
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Octets before a record's RDATA: type, class, TTL, line, file, RDATA length.
pub(super) const HEADER: usize = 16;

impl Collector {
    /// An empty collector.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a record. Its RDATA may have up to 65,535 octets.
    pub fn push(&mut self, record: &Record<'_>) {
        let same_owner = self.owner == record.owner.as_wire();
        if !same_owner {
            self.owner.clear();
            self.owner.extend_from_slice(record.owner.as_wire());
            self.key.clear();
            append_sort_key(record.owner.as_wire(), &mut self.key);
        }
        if record.rtype == RType::SOA {
            let owner = (record.owner.to_lowercase(), record.class);
            if !self.soa_owners.contains(&owner) && self.soa_owners.len() < MAX_SOA_OWNERS {
                self.soa_owners.push(owner);
            }
        }
        if record.rtype == RType::RRSIG {
            self.signatures += 1;
            self.signatures_by_tag.count(record.rdata);
        }
        if record.rtype == RType::NSEC3 {
            self.remember_parameters(record.rdata);
        }
        self.shape = self.shape.union(Shape::of(record.rtype));
        let record_len = HEADER + record.rdata.len();
        if !self.continues_run(same_owner, record_len) {
            self.start_run(record_len);
        }
        let (Some(segment), Some(run)) = (self.segments.last_mut(), self.runs.last_mut()) else {
            return; // start_run has just made both
        };
        run.records += 1;
        run.shape = run.shape.union(Shape::of(record.rtype));
        // Lines beyond 2³² are shown as the last that fits; no zone has as many.
        let line = u32::try_from(record.line).unwrap_or(u32::MAX);
        let rdata_len = u16::try_from(record.rdata.len()).unwrap_or(u16::MAX);
        let mut header = [0; HEADER];
        header[..2].copy_from_slice(&record.rtype.0.to_be_bytes());
        header[2..4].copy_from_slice(&record.class.0.to_be_bytes());
        header[4..8].copy_from_slice(&record.ttl.to_be_bytes());
        header[8..12].copy_from_slice(&line.to_be_bytes());
        header[12..14].copy_from_slice(&record.file.to_be_bytes());
        header[14..].copy_from_slice(&rdata_len.to_be_bytes());
        segment.extend_from_slice(&header);
        let rdata_start = segment.len();
        segment.extend_from_slice(&record.rdata[..usize::from(rdata_len)]);
        canonicalize_rdata(record.rtype, &mut segment[rdata_start..]);
    }

    /// Whether a record of the owner in `self.key`, known to be that of the last run or else to be
    /// compared, belongs to that run and fits its segment.
    fn continues_run(&self, same_owner: bool, record_len: usize) -> bool {
        let (Some(segment), Some(run)) = (self.segments.last(), self.runs.last()) else {
            return false;
        };
        segment.len() + record_len <= segment.capacity()
            && run.records < u32::MAX
            && (same_owner || run_key(segment, run.offset) == self.key)
    }

    fn start_run(&mut self, record_len: usize) {
        let needed = 2 + self.key.len() + record_len;
        if self.segments.last().is_none_or(|last| last.len() + needed > last.capacity()) {
            self.segments.push(Vec::with_capacity(SEGMENT));
        }
        #[allow(clippy::cast_possible_truncation)] // a segment has 4 MiB, a key at most 510 octets
        if let Some(segment) = self.segments.last_mut() {
            let offset = segment.len() as u32;
            segment.extend_from_slice(&(self.key.len() as u16).to_be_bytes());
            segment.extend_from_slice(&self.key);
            let segment = self.segments.len() as u32 - 1;
            self.runs.push(Run { segment, offset, records: 0, shape: Shape::NONE });
        }
    }

    /// The owners of SOA records with their classes, lower-cased, in canonical order.
    ///
    /// Of a file with more than sixteen, only those that came first are here.
    #[must_use]
    pub fn soa_owners(&self) -> Vec<(Name, Class)> {
        let mut owners = self.soa_owners.clone();
        owners.sort_unstable();
        owners
    }

    /// How many RRSIG records there are.
    #[must_use]
    pub fn signatures(&self) -> usize {
        self.signatures
    }

    /// How many RRSIG records name a key with each tag.
    #[must_use]
    pub fn signatures_by_tag(&self) -> &SignatureCounts {
        &self.signatures_by_tag
    }

    /// Which of the types that shape a zone there are at any owner, occluded ones included.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The parameters with which NSEC3 records are made: the front of their RDATA up to the end of
    /// the salt, the flags as zero. Ordered; of more than sixteen only those that came first.
    #[must_use]
    pub fn nsec3_parameters(&self) -> Vec<Box<[u8]>> {
        let mut parameters = self.nsec3_parameters.clone();
        parameters.sort_unstable();
        parameters
    }

    fn remember_parameters(&mut self, rdata: &[u8]) {
        let Some(&salt_len) = rdata.get(4) else { return };
        let Some(front) = rdata.get(..5 + usize::from(salt_len)) else { return };
        let same = |known: &[u8]| known[0] == front[0] && known[2..] == front[2..];
        // Nearly always there is one set.
        if !self.nsec3_parameters.iter().any(|known| same(known))
            && self.nsec3_parameters.len() < MAX_NSEC3_PARAMETERS
        {
            let mut front = front.to_vec();
            front[1] = 0;
            self.nsec3_parameters.push(front.into());
        }
    }

    /// Whether there are no records.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// The least class that any record has.
    #[must_use]
    pub fn least_class(&self) -> Option<Class> {
        let classes = self.runs.iter().flat_map(|run| {
            let segment = &self.segments[run.segment as usize];
            let mut at = run.offset as usize + 2 + run_key(segment, run.offset).len();
            (0..run.records).map(move |_| {
                let rdata_len = u16::from_be_bytes([segment[at + 14], segment[at + 15]]);
                let class = u16::from_be_bytes([segment[at + 2], segment[at + 3]]);
                at += HEADER + usize::from(rdata_len);
                Class(class)
            })
        });
        classes.min()
    }

    /// Puts all records into canonical order of their owners.
    #[must_use]
    pub fn order(self, apex: &Name) -> Ordered {
        Ordered::new(self.segments, self.runs, apex)
    }
}

/// SOA owners remembered: a zone has one, and a file with many is not a zone.
const MAX_SOA_OWNERS: usize = 16;

/// Sets of NSEC3 parameters remembered: a zone has one, or two while it changes them.
const MAX_NSEC3_PARAMETERS: usize = 16;

/// The sort key of the run that begins at `offset`.
pub(super) fn run_key(segment: &[u8], offset: u32) -> &[u8] {
    let at = offset as usize;
    let len = usize::from(u16::from_be_bytes([segment[at], segment[at + 1]]));
    &segment[at + 2..at + 2 + len]
}
