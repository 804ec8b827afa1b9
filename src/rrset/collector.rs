//! A compact store of records, in the order in which they came: as what they are, or as the place
//! where they can be read again.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::dns::canonical::{SortKeys, sort_key};
use crate::dns::{Class, Name, RType};
use crate::zonefile::{Record, Sink, ZoneText};

use super::Ordered;
use super::hashed::HashedOwners;
use super::kept::Kept;
use super::owner::Position;
use super::run::{Mark, Run};

/// Records in *runs*: neighbours in the input that share an owner.
///
/// Of records that can be read again from the input's text only the place is kept. The others are
/// kept in canonical form.
#[derive(Debug, Default)]
pub struct Collector {
    kept: Kept,
    runs: Vec<Run>,
    /// The sort key of the owner that came last.
    key: Vec<u8>,
    keys: SortKeys,
    /// The sort key before it; here to be reused.
    last_key: Vec<u8>,
    /// The sort key of the owner that came first.
    first_key: Vec<u8>,
    /// Owners came out of canonical order.
    disordered: bool,
    /// What is taken for the apex: its sort key. Runs are marked by what follows it in theirs.
    apex_key: Option<Box<[u8]>>,
    /// Some runs were marked before the apex was known, or for another one.
    mismarked: bool,
    soa_owners: Vec<(Name, Class)>,
    least_class: Option<Class>,
    signatures: usize,
    shape: Shape,
    nsec3_parameters: Vec<Box<[u8]>>,
    hashed: HashedOwners,
    signatures_by_tag: SignatureCounts,
    /// All records are kept, with their lines.
    keeps_all: bool,
}

/// RRSIG records by the tag of the key that they name.
#[derive(Clone, Debug, Default)]
pub struct SignatureCounts {
    by_tag: BTreeMap<u16, usize>,
}

impl SignatureCounts {
    /// How many name a key with this tag.
    #[must_use]
    pub fn of(&self, tag: u16) -> usize {
        self.by_tag.get(&tag).copied().unwrap_or_default()
    }

    /// The same for so many times as many.
    #[must_use]
    pub fn scaled(mut self, by: usize) -> Self {
        self.by_tag.values_mut().for_each(|count| *count = count.saturating_mul(by));
        self
    }

    /// Adds those of other records.
    pub fn add(&mut self, other: &Self) {
        for (&tag, count) in &other.by_tag {
            *self.by_tag.entry(tag).or_default() += count;
        }
    }

    fn count(&mut self, rrsig: &[u8]) {
        // RFC 4034 §3.1: the tag is the last of the fixed fields.
        let Some(&[.., high, low]) = rrsig.first_chunk::<18>() else { return };
        *self.by_tag.entry(u16::from_be_bytes([high, low])).or_default() += 1;
    }
}

/// Which of the types that shape a zone an owner has, as bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Shape(pub(super) u8);

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

impl Collector {
    /// An empty collector.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty collector for records that come behind those of another one: of the same text, or
    /// of the part of it that follows.
    #[must_use]
    pub fn behind(&self) -> Self {
        Self { apex_key: self.apex_key.clone(), ..Self::default() }
    }

    /// An empty collector for records that are not to be read again: it keeps them all. The apex may be
    /// known already.
    #[must_use]
    pub fn keeping(apex: Option<&Name>) -> Self {
        let apex_key = apex.map(|apex| sort_key(apex).into());
        Self { apex_key, keeps_all: true, ..Self::default() }
    }

    /// Adds a record. Its RDATA may have up to 65,535 octets.
    pub fn push(&mut self, record: &Record<'_>) {
        debug_assert!(!record.same_owner || self.key == sort_key(record.owner));
        let same_owner = record.same_owner || !self.enter_owner(record.owner);
        self.count(record);
        let again = record.again.filter(|_| !self.keeps_all);
        let plain = again.filter(|again| again.plain && again.offset < Run::MAX_POSITION);
        let follows = self.runs.last().filter(|_| same_owner);
        let shape = Shape::of(record.rtype);
        self.shape = self.shape.union(shape);
        if let Some(again) = plain
            && (again.owner_stated || follows.is_some_and(|run| !run.is_kept()))
        {
            if follows.is_some_and(|run| !run.is_kept() && run.has_room()) {
                self.grow_run(shape);
                return;
            }
            if again.owner_stated {
                self.start_run(again.offset, false, same_owner, shape);
                return;
            }
        }
        let follows = follows.is_some_and(|run| run.is_kept() && run.has_room());
        let place = if self.keeps_all { Position::of_line(record) } else { Position::of(record) };
        if follows && self.kept.append(record, place) {
            self.grow_run(shape);
        } else {
            let position = self.kept.begin(&self.key, record, place);
            self.start_run(position, true, same_owner, shape);
        }
    }

    /// Takes up an owner that may be another one than the one before; whether it is.
    fn enter_owner(&mut self, owner: &Name) -> bool {
        std::mem::swap(&mut self.key, &mut self.last_key);
        self.key.clear();
        self.keys.append(owner.as_wire(), &mut self.key);
        if self.runs.is_empty() {
            self.first_key.clone_from(&self.key);
            return true;
        }
        let order = self.key.cmp(&self.last_key);
        self.disordered |= order == Ordering::Less;
        order != Ordering::Equal
    }

    fn grow_run(&mut self, shape: Shape) {
        if let Some(run) = self.runs.last_mut() {
            run.grow(shape);
        }
    }

    fn start_run(&mut self, position: u64, kept: bool, joined: bool, shape: Shape) {
        let joined = joined && !self.runs.is_empty();
        let mark = match &self.apex_key {
            Some(apex) => Mark::new(&self.key, apex),
            None => {
                self.mismarked = true;
                Mark::default()
            }
        };
        self.runs.push(Run::new(position, shape).kept(kept).joined(joined).marked(mark));
    }

    /// Takes note of what the zone as a whole is told by.
    fn count(&mut self, record: &Record<'_>) {
        self.least_class =
            Some(self.least_class.map_or(record.class, |least| least.min(record.class)));
        match record.rtype {
            RType::SOA => {
                let owner = (record.owner.to_lowercase(), record.class);
                if !self.soa_owners.contains(&owner) && self.soa_owners.len() < MAX_SOA_OWNERS {
                    self.soa_owners.push(owner);
                }
                // Nearly always it is the apex. Should it not be, marks are made anew.
                self.apex_key.get_or_insert_with(|| self.key.as_slice().into());
            }
            RType::RRSIG => {
                self.signatures += 1;
                self.signatures_by_tag.count(record.rdata);
            }
            RType::NSEC3 => {
                self.remember_parameters(record.rdata);
                self.hashed.push(record, &self.key);
            }
            _ => {}
        }
    }

    /// Takes in the records of another collector, which come behind these.
    pub fn append(&mut self, mut other: Self) {
        let Some(first) = other.runs.first_mut() else { return };
        if self.runs.is_empty() {
            *self = other;
            return;
        }
        let order = other.first_key.cmp(&self.key);
        *first = first.joined(order == Ordering::Equal);
        self.disordered |= other.disordered || order == Ordering::Less;
        self.mismarked |= other.mismarked || self.apex_key != other.apex_key;
        let base = self.kept.take_in(other.kept);
        if base > 0 {
            other.runs.iter_mut().for_each(|run| *run = run.moved(base));
        }
        self.runs.append(&mut other.runs);
        self.key = other.key;
        for owner in other.soa_owners {
            if !self.soa_owners.contains(&owner) && self.soa_owners.len() < MAX_SOA_OWNERS {
                self.soa_owners.push(owner);
            }
        }
        self.least_class = self.least_class.min(other.least_class);
        self.signatures += other.signatures;
        self.shape = self.shape.union(other.shape);
        for parameters in other.nsec3_parameters {
            if !self.nsec3_parameters.contains(&parameters)
                && self.nsec3_parameters.len() < MAX_NSEC3_PARAMETERS
            {
                self.nsec3_parameters.push(parameters);
            }
        }
        self.signatures_by_tag.add(&other.signatures_by_tag);
        self.hashed.append(other.hashed);
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

    /// Whether owners came out of canonical order.
    #[must_use]
    pub fn is_disordered(&self) -> bool {
        self.disordered
    }

    /// The sort keys of the owners that came first and last; empty if there are no records.
    #[must_use]
    pub fn end_keys(&self) -> (&[u8], &[u8]) {
        (&self.first_key, &self.key)
    }

    /// Takes out what is known of the NSEC3 records by themselves.
    pub fn take_hashed(&mut self) -> HashedOwners {
        std::mem::take(&mut self.hashed)
    }

    /// Whether there are no records.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// The least class that any record has.
    #[must_use]
    pub fn least_class(&self) -> Option<Class> {
        self.least_class
    }

    /// Puts all records into canonical order of their owners. `text` is what those can be read from
    /// again that were not kept.
    #[must_use]
    pub fn order(self, apex: &Name, text: Option<ZoneText>) -> Ordered {
        let one_chain = self.nsec3_parameters.len() == 1;
        let Self { kept, runs, disordered, apex_key, mismarked, mut hashed, .. } = self;
        let mut ordered = Ordered::new(kept, runs, text, apex);
        if mismarked || apex_key.as_deref() != Some(ordered.apex_key()) {
            ordered.mark();
        }
        if one_chain {
            hashed.sort(ordered.apex_key());
            ordered.hashed = hashed;
        }
        if disordered {
            ordered.sort();
        }
        ordered
    }
}

impl Sink for Collector {
    fn record(&mut self, record: &Record<'_>) {
        self.push(record);
    }
}

/// SOA owners remembered: a zone has one, and a file with many is not a zone.
const MAX_SOA_OWNERS: usize = 16;

/// Sets of NSEC3 parameters remembered: a zone has one, or two while it changes them.
const MAX_NSEC3_PARAMETERS: usize = 16;
