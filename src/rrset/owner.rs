//! One owner at a time: its records grouped to RRsets, sorted, duplicates set aside.

use std::cmp::Ordering;

use crate::dns::name::wire_len;
use crate::dns::{Class, Name, RType};

use crate::zonefile::Record;

use super::loaded::Loaded;

/// Where a record stands in the input: comparing positions compares places.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Position(
    /// The index of the file (16 bits); then the octet with which the entry begins, where the main
    /// file is there as a whole, or else the line.
    pub(super) u64,
);

const PLACE_BITS: u32 = 48;

impl Position {
    pub(super) fn of(record: &Record<'_>) -> Self {
        Self::at(record.file, record.again.map_or(record.line, |again| again.offset))
    }

    pub(super) fn of_line(record: &Record<'_>) -> Self {
        Self::at(record.file, record.line)
    }

    fn at(file: u16, at: u64) -> Self {
        // Lines beyond 2⁴⁸ are shown as the last that fits; no file has as many.
        Self(u64::from(file) << PLACE_BITS | at.min((1 << PLACE_BITS) - 1))
    }

    pub(super) fn in_text(offset: u64) -> Self {
        Self(offset)
    }

    #[allow(clippy::cast_possible_truncation)] // 16 bits are left
    pub(super) fn parts(self) -> (u16, u64) {
        ((self.0 >> PLACE_BITS) as u16, self.0 & ((1 << PLACE_BITS) - 1))
    }
}

/// A record in the store.
#[derive(Clone, Copy, Debug)]
pub struct RrRef<'a> {
    /// The type.
    pub rtype: RType,
    /// The class.
    pub class: Class,
    /// The TTL in seconds.
    pub ttl: u32,
    /// Where it stands; see [`Ordered::line`](super::Ordered::line).
    pub position: Position,
    /// RDATA in canonical form.
    pub rdata: &'a [u8],
}

/// An RRset: the records of one owner, class and type.
#[derive(Clone, Copy, Debug)]
pub struct Rrset<'o, 'a> {
    /// Its records, sorted by RDATA; equal ones are neighbours, in order of place.
    records: &'o [RrRef<'a>],
    /// Whether some may be equal.
    may_repeat: bool,
}

impl<'o, 'a> Rrset<'o, 'a> {
    /// The type.
    #[must_use]
    pub fn rtype(&self) -> RType {
        self.records[0].rtype
    }

    /// The records in canonical order, each once.
    pub fn distinct(self) -> impl Iterator<Item = &'o RrRef<'a>> {
        let Self { records, may_repeat } = self;
        records.iter().enumerate().filter_map(move |(index, record)| {
            let repeats = may_repeat && index > 0 && records[index - 1].rdata == record.rdata;
            (!repeats).then_some(record)
        })
    }

    /// Whether records may repeat each other; when not, none do.
    #[must_use]
    pub fn may_repeat(&self) -> bool {
        self.may_repeat
    }

    /// The records that repeat another one.
    pub fn duplicates(self) -> impl Iterator<Item = &'o RrRef<'a>> {
        let may_repeat = if self.may_repeat { self.records } else { &[] };
        let pairs = may_repeat.windows(2);
        pairs.filter(|pair| pair[0].rdata == pair[1].rdata).map(|pair| &pair[1])
    }

    /// The least TTL and the greatest.
    #[must_use]
    pub fn ttls(&self) -> (u32, u32) {
        let ttls = self.records.iter().map(|record| record.ttl);
        ttls.fold((u32::MAX, 0), |(least, greatest), ttl| (least.min(ttl), greatest.max(ttl)))
    }

    /// The record that stands first in the input.
    #[must_use]
    pub fn first_in_input(&self) -> &'o RrRef<'a> {
        let mut first = &self.records[0];
        for record in self.records {
            if record.position < first.position {
                first = record;
            }
        }
        first
    }
}

/// The records of one owner, grouped. Reused from owner to owner.
#[derive(Debug)]
pub struct OwnerRecords<'a> {
    /// The owner, in lower case.
    pub name: Name,
    records: Vec<RrRef<'a>>,
    other_class: Vec<RrRef<'a>>,
    /// The types that there are: most questions are for types that are not there.
    types: TypeMask,
    /// Whether some records may be equal.
    may_repeat: bool,
}

impl<'a> OwnerRecords<'a> {
    /// No records yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            name: Name::root(),
            records: Vec::new(),
            other_class: Vec::new(),
            types: TypeMask::NONE,
            may_repeat: false,
        }
    }

    /// The records of the owner that was loaded first; none if there is no owner.
    #[must_use]
    pub fn first(loaded: &'a Loaded, class: Class) -> Self {
        let mut records = Self::new();
        if loaded.len() > 0 {
            records.take(loaded, 0, class);
        }
        records
    }

    /// Takes up the records of the owner that was loaded as the n-th. Those of another class than the
    /// zone's are set aside.
    pub fn take(&mut self, loaded: &'a Loaded, owner: usize, class: Class) {
        // Only names are ever loaded; an owner whose records cannot be found again has none.
        if self.name.set_wire(loaded.name(owner)).is_err() {
            self.name = Name::root();
        }
        self.records.clear();
        self.other_class.clear();
        let mut types = TypeMask::NONE;
        for record in loaded.records(owner) {
            if record.class == class {
                types = types.with(record.rtype);
                self.records.push(record);
            } else {
                self.other_class.push(record);
            }
        }
        self.types = types;
        // Nearly always they are in order, and each is there once.
        self.may_repeat = !self.records.is_sorted_by(|a, b| rdata_cmp(a, b) == Ordering::Less);
        if self.may_repeat {
            self.records.sort_unstable_by(canonical_cmp);
        }
        self.other_class.sort_unstable_by(canonical_cmp);
    }

    /// The types that there are.
    #[must_use]
    pub fn types(&self) -> TypeMask {
        self.types
    }

    /// Records of another class than the zone's.
    #[must_use]
    pub fn other_class(&self) -> &[RrRef<'a>] {
        &self.other_class
    }

    /// All records of the zone's class, by type, covered type and RDATA.
    #[must_use]
    pub fn records(&self) -> &[RrRef<'a>] {
        &self.records
    }

    /// The RRsets in order of their types, RRSIG records left out.
    pub fn rrsets(&self) -> impl Iterator<Item = Rrset<'_, 'a>> {
        let groups = self.records.chunk_by(|a, b| a.rtype == b.rtype);
        let may_repeat = self.may_repeat;
        groups
            .map(move |records| Rrset { records, may_repeat })
            .filter(|rrset| rrset.rtype() != RType::RRSIG)
    }

    /// The RRset of one type.
    #[must_use]
    pub fn rrset(&self, rtype: RType) -> Option<Rrset<'_, 'a>> {
        self.of_type(rtype)
    }

    /// The RRSIG records as a set, if there are any: for their duplicates.
    #[must_use]
    pub fn rrsigs(&self) -> Option<Rrset<'_, 'a>> {
        self.of_type(RType::RRSIG)
    }

    /// The records of a type. They are sorted by type, so that an owner with very many types takes
    /// no longer than one with few.
    fn of_type(&self, rtype: RType) -> Option<Rrset<'_, 'a>> {
        if !self.types.may_have(rtype) {
            return None;
        }
        let start = self.records.partition_point(|record| record.rtype < rtype);
        let end = self.records.partition_point(|record| record.rtype <= rtype);
        let may_repeat = self.may_repeat;
        (start < end).then(|| Rrset { records: &self.records[start..end], may_repeat })
    }

    /// The RRSIG records that cover a type, each once, in canonical order. RDATA that is cut short
    /// before the signature covers nothing.
    pub fn rrsigs_covering(&self, rtype: RType) -> impl Iterator<Item = &RrRef<'a>> {
        let rrsigs = self.rrsigs();
        let records = rrsigs.map_or(&[][..], |rrsigs| rrsigs.records);
        // RRSIG's RDATA begins with the type covered, and the records are sorted by RDATA.
        let covered = rtype.0.to_be_bytes();
        let head =
            |record: &RrRef<'_>| [record.rdata.first().copied(), record.rdata.get(1).copied()];
        let start = records.partition_point(|record| head(record) < covered.map(Some));
        let end = records.partition_point(|record| head(record) <= covered.map(Some));
        let records = &records[start..end];
        let may_repeat = self.may_repeat;
        Rrset { records, may_repeat }
            .distinct()
            .filter(move |record| type_covered(record.rdata) == rtype)
    }
}

impl Default for OwnerRecords<'_> {
    fn default() -> Self {
        Self::new()
    }
}

/// A set of types: those below 64, and whether there are others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TypeMask {
    low: u64,
    others: bool,
}

impl TypeMask {
    /// No types.
    pub const NONE: Self = Self { low: 0, others: false };

    /// Some types.
    #[must_use]
    pub const fn of(types: &[RType]) -> Self {
        let (mut mask, mut at) = (Self::NONE, 0);
        while at < types.len() {
            mask = mask.with(types[at]);
            at += 1;
        }
        mask
    }

    /// The same with another type.
    #[must_use]
    pub const fn with(self, rtype: RType) -> Self {
        match 1u64.checked_shl(rtype.0 as u32) {
            Some(bit) => Self { low: self.low | bit, ..self },
            None => Self { others: true, ..self },
        }
    }

    /// Whether the type is among them, or may be.
    #[must_use]
    pub fn may_have(self, rtype: RType) -> bool {
        1u64.checked_shl(u32::from(rtype.0)).map_or(self.others, |bit| self.low & bit != 0)
    }

    /// Whether all of these are certainly among those.
    #[must_use]
    pub fn is_within(self, those: Self) -> bool {
        self.low & !those.low == 0 && !self.others
    }

    /// Whether one of those below 64 is among them.
    #[must_use]
    pub fn has_any(self, those: Self) -> bool {
        self.low & those.low != 0
    }

    /// The types that are here and there.
    #[must_use]
    pub fn intersection(self, those: Self) -> Self {
        Self { low: self.low & those.low, others: self.others && those.others }
    }

    /// The types that are here and, as far as they are below 64, not there.
    #[must_use]
    pub fn without(self, those: Self) -> Self {
        Self { low: self.low & !those.low, ..self }
    }

    /// The types as bits, that of type 0 the lowest, if all are below 64.
    #[must_use]
    pub fn bits(self) -> Option<u64> {
        (!self.others).then_some(self.low)
    }
}

/// The type that an RRSIG covers; 0 when its RDATA is cut short before the signature.
fn type_covered(rdata: &[u8]) -> RType {
    match rdata {
        [high, low, rest @ ..] if rest.get(16..).and_then(wire_len).is_some() => {
            RType(u16::from_be_bytes([*high, *low]))
        }
        _ => RType(0),
    }
}

/// By type, then as RFC 4034 §6.3: RDATA as unsigned octets, absence before zero. Equal records
/// come in order of their places, so that the report does not depend on how they were collected.
fn canonical_cmp(a: &RrRef<'_>, b: &RrRef<'_>) -> Ordering {
    rdata_cmp(a, b).then_with(|| a.position.cmp(&b.position))
}

fn rdata_cmp(a: &RrRef<'_>, b: &RrRef<'_>) -> Ordering {
    a.rtype.cmp(&b.rtype).then_with(|| a.rdata.cmp(b.rdata))
}
