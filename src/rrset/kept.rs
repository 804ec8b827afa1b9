//! Records that are kept: in canonical form, back to back, in segments.

use crate::dns::canonical::canonicalize_rdata;
use crate::dns::{Class, RType};
use crate::zonefile::Record;

use super::owner::{Position, RrRef};

/// Most octets of a segment, so that growing it never copies much. A run lies in one segment.
const SEGMENT: usize = 1 << SEGMENT_BITS;
const SEGMENT_BITS: u32 = 22;

/// Octets before a record's RDATA: type, class, TTL, position, RDATA length.
const HEADER: usize = 18;

/// Runs of records: the length of the owner's sort key (two octets) and the key, then the records,
/// each a header and its RDATA.
#[derive(Debug, Default)]
pub(super) struct Kept {
    segments: Vec<Vec<u8>>,
}

impl Kept {
    /// Begins a run with its first record, and says where it is.
    pub fn begin(&mut self, key: &[u8], record: &Record<'_>, place: Position) -> u64 {
        let needed = 2 + key.len() + HEADER + record.rdata.len();
        if self.segments.last().is_none_or(|last| last.len() + needed > SEGMENT) {
            self.segments.push(Vec::new());
        }
        let position = (self.segments.len() as u64 - 1) << SEGMENT_BITS;
        let Some(segment) = self.segments.last_mut() else { return 0 }; // there is one now
        let offset = segment.len() as u64;
        #[allow(clippy::cast_possible_truncation)] // a sort key has at most 510 octets
        segment.extend_from_slice(&(key.len() as u16).to_be_bytes());
        segment.extend_from_slice(key);
        append(record, place, segment);
        position | offset
    }

    /// Adds a record to the run that was begun last, if the segment has room for it.
    pub fn append(&mut self, record: &Record<'_>, place: Position) -> bool {
        let needed = HEADER + record.rdata.len();
        let segment = self.segments.last_mut().filter(|last| last.len() + needed <= SEGMENT);
        segment.map(|segment| append(record, place, segment)).is_some()
    }

    /// Takes in the runs of another store; their positions move on by what is returned.
    pub fn take_in(&mut self, mut other: Self) -> u64 {
        let base = (self.segments.len() as u64) << SEGMENT_BITS;
        self.segments.append(&mut other.segments);
        base
    }

    /// The sort key of the run at `position`, and its records as [`RrRef::first`] reads them.
    pub fn run(&self, position: u64) -> (&[u8], &[u8]) {
        #[allow(clippy::cast_possible_truncation)] // positions are made from indices into memory
        let (segment, offset) =
            ((position >> SEGMENT_BITS) as usize, (position as usize) & (SEGMENT - 1));
        let run = &self.segments[segment][offset..];
        let (len, run) = run.split_at(2);
        run.split_at(usize::from(u16::from_be_bytes([len[0], len[1]])))
    }
}

/// Appends a record in the form in which runs hold them, its RDATA canonical.
fn append(record: &Record<'_>, place: Position, out: &mut Vec<u8>) {
    let &Record { rtype, class, ttl, rdata, .. } = record;
    let rdata_len = u16::try_from(rdata.len()).unwrap_or(u16::MAX);
    let mut header = [0; HEADER];
    header[..2].copy_from_slice(&rtype.0.to_be_bytes());
    header[2..4].copy_from_slice(&class.0.to_be_bytes());
    header[4..8].copy_from_slice(&ttl.to_be_bytes());
    header[8..16].copy_from_slice(&place.0.to_be_bytes());
    header[16..].copy_from_slice(&rdata_len.to_be_bytes());
    out.extend_from_slice(&header);
    let start = out.len();
    out.extend_from_slice(&rdata[..usize::from(rdata_len)]);
    canonicalize_rdata(rtype, &mut out[start..]);
}

impl<'a> RrRef<'a> {
    /// The first of some records, and the others.
    pub(super) fn first(records: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (header, rest) = records.split_first_chunk::<HEADER>()?;
        let u16_at = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
        let u32_at = |at: usize| u32::from(u16_at(at)) << 16 | u32::from(u16_at(at + 2));
        let (rdata, rest) = rest.split_at_checked(usize::from(u16_at(16)))?;
        let position = Position(u64::from(u32_at(8)) << 32 | u64::from(u32_at(12)));
        let record = Self {
            rtype: RType(u16_at(0)),
            class: Class(u16_at(2)),
            ttl: u32_at(4),
            position,
            rdata,
        };
        Some((record, rest))
    }
}
