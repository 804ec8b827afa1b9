//! The NSEC3 records of a chain by the hashes that they stand at, known before their zone is judged.

use super::ordered::CHUNK;
use crate::dns::Class;
use crate::dns::denial::{Nsec3, hash_of_label};
use crate::zonefile::Record;

/// A SHA-1 hash of an owner.
type Hash = [u8; 20];

/// The NSEC3 records of a zone, each as the hash that its owner spells, what it says of opt-out, and
/// the bitmap that it shows. There is nothing in it unless all of them stand directly below one name,
/// are of one class, and differ in their owners: then it is as good as the chain, if that name is the
/// apex.
#[derive(Debug, Default)]
pub struct HashedOwners {
    owners: Vec<Owner>,
    /// The different bitmaps, in wire form: a zone has few.
    bitmaps: Vec<Box<[u8]>>,
    class: Option<Class>,
    /// The sort key of the name that they stand below. Which one is the apex may be told behind them.
    above: Option<Box<[u8]>>,
    /// Some record is out of the ordinary.
    odd: bool,
    /// Where those begin whose hashes begin with each number of so many bits.
    starts: Vec<u32>,
    bucket_bits: u32,
}

/// The hash, and in two octets the number of the bitmap, the highest bit being opt-out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Owner {
    hash: Hash,
    shown: [u8; 2],
}

const OPT_OUT: u16 = 1 << 15;

impl Owner {
    fn new(hash: Hash, opt_out: bool, bitmap: u16) -> Self {
        let shown = bitmap | if opt_out { OPT_OUT } else { 0 };
        Self { hash, shown: shown.to_be_bytes() }
    }

    fn is_opt_out(&self) -> bool {
        u16::from_be_bytes(self.shown) & OPT_OUT != 0
    }

    fn bitmap(&self) -> u16 {
        u16::from_be_bytes(self.shown) & !OPT_OUT
    }
}

/// What an NSEC3 chain has for a hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HashFound<'a> {
    /// A record stands there.
    Record {
        /// The bitmap that it shows, in wire form.
        types: &'a [u8],
    },
    /// A record with opt-out covers it.
    OptedOut,
    /// Neither.
    Denied,
}

impl HashedOwners {
    /// Different bitmaps above which a zone is out of the ordinary.
    const MOST_BITMAPS: usize = 4096;

    /// Takes note of an NSEC3 record, whose owner has this sort key.
    pub(super) fn push(&mut self, record: &Record<'_>, key: &[u8]) {
        if self.odd {
            return;
        }
        let above = self.above.get_or_insert_with(|| above(key).into());
        let label = key.strip_prefix(&**above).and_then(|label| label.strip_suffix(&[0]));
        let (hash, nsec3) = (label.and_then(hash_of_label), Nsec3::from_rdata(record.rdata));
        match (hash, nsec3) {
            (Some(hash), Some(nsec3)) if self.class.is_none_or(|class| class == record.class) => {
                self.class = Some(record.class);
                let Some(bitmap) = self.number(nsec3.types.as_wire()) else { return };
                self.owners.push(Owner::new(hash, nsec3.is_opt_out(), bitmap));
            }
            _ => self.spoil(),
        }
    }

    /// The number of a bitmap.
    fn number(&mut self, bitmap: &[u8]) -> Option<u16> {
        let known = self.bitmaps.iter().position(|known| **known == *bitmap);
        let number = known.unwrap_or(self.bitmaps.len());
        if number == Self::MOST_BITMAPS {
            self.spoil();
            return None;
        }
        if known.is_none() {
            self.bitmaps.push(bitmap.into());
        }
        u16::try_from(number).ok()
    }

    /// Takes in those of another part of the zone.
    pub fn append(&mut self, mut other: Self) {
        let differ = matches!((self.class, other.class), (Some(a), Some(b)) if a != b)
            || matches!((&self.above, &other.above), (Some(a), Some(b)) if a != b);
        if self.odd || other.odd || differ {
            return self.spoil();
        }
        self.class = self.class.or(other.class);
        self.above = self.above.take().or(other.above);
        let mut numbers = Vec::with_capacity(other.bitmaps.len());
        for bitmap in &other.bitmaps {
            let Some(number) = self.number(bitmap) else { return };
            numbers.push(number);
        }
        // The first bitmaps of one part are mostly those of all.
        let renumbered = (0..).zip(&numbers).any(|(own, number)| own != *number);
        for owner in other.owners.iter_mut().filter(|_| renumbered) {
            let number = numbers.get(usize::from(owner.bitmap())).copied().unwrap_or_default();
            *owner = Owner::new(owner.hash, owner.is_opt_out(), number);
        }
        self.owners.append(&mut other.owners);
    }

    fn spoil(&mut self) {
        *self = Self { odd: true, ..Self::default() };
    }

    /// Puts them in order, now that it is known which name is the apex.
    pub fn sort(&mut self, apex_key: &[u8]) {
        use rayon::slice::ParallelSliceMut;
        if self.owners.len() <= CHUNK {
            self.owners.sort_unstable();
        } else {
            self.owners.par_sort_unstable();
        }
        let elsewhere = self.above.as_ref().is_some_and(|above| **above != *apex_key);
        let repeats = self.owners.windows(2).any(|pair| pair[0].hash == pair[1].hash);
        if elsewhere || repeats || u32::try_from(self.owners.len()).is_err() {
            return self.spoil();
        }
        self.fill_buckets();
    }

    /// The class of the records, if there are any.
    #[must_use]
    pub fn class(&self) -> Option<Class> {
        self.class
    }

    /// How many records there are.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // nobody asks
    pub fn len(&self) -> usize {
        self.owners.len()
    }

    /// What the chain has for a hash.
    #[must_use]
    pub fn find(&self, hash: &Hash) -> HashFound<'_> {
        let before = self.behind(hash).checked_sub(1).or(self.owners.len().checked_sub(1));
        match before.map(|before| &self.owners[before]) {
            Some(owner) if owner.hash == *hash => HashFound::Record {
                types: self.bitmaps.get(usize::from(owner.bitmap())).map_or(&[], |types| types),
            },
            Some(owner) if owner.is_opt_out() => HashFound::OptedOut,
            _ => HashFound::Denied,
        }
    }

    /// Hashes that [`Self::fetch`] takes at once.
    pub const FETCHED_AT_ONCE: usize = 32;

    /// Has the processor load what looking for some hashes will need. They are anywhere, so that each
    /// by itself would wait for memory; here they wait together.
    pub fn fetch<'h>(&self, hashes: impl Iterator<Item = &'h Hash>) {
        let (mut starts, mut count) = ([0; Self::FETCHED_AT_ONCE], 0);
        for (place, hash) in starts.iter_mut().zip(hashes) {
            let start = self.starts.get(self.bucket(head(hash)));
            *place = start.map_or(self.owners.len(), |&start| start as usize);
            count += 1;
        }
        let octet = |at: usize| self.owners.get(at).map_or(0, |owner| owner.hash[0]);
        let octets = starts[..count].iter().map(|&at| octet(at) ^ octet(at + OWNERS_PER_BUCKET));
        std::hint::black_box(octets.fold(0, |all, octet| all ^ octet));
    }

    /// The hash of the record that follows the one of this hash, or a place where there is none;
    /// behind the last comes the first. It is looked for at `near` first, which is left where the
    /// hash that is returned will be found.
    #[must_use]
    pub fn next(&self, hash: &Hash, near: &mut usize) -> Option<&Hash> {
        let is_there = self.owners.get(*near).is_some_and(|owner| owner.hash == *hash);
        *near = if is_there { *near + 1 } else { self.behind(hash) };
        let next = self.owners.get(*near).or(self.owners.first())?;
        Some(&next.hash)
    }

    /// How many owners are not behind this hash.
    fn behind(&self, hash: &Hash) -> usize {
        let sought = head(hash);
        let bucket = self.bucket(sought);
        let start = |bucket: usize| {
            self.starts.get(bucket).map_or(self.owners.len(), |&start| start as usize)
        };
        let (low, high) = (start(bucket), start(bucket + 1));
        let bucket = &self.owners[low..high];
        // Only labels that are no hashes at all crowd a bucket.
        if bucket.len() > MOST_COUNTED {
            return low + bucket.partition_point(|owner| owner.hash <= *hash);
        }
        // Where the hash lies in a short one is a toss-up: counting is faster than a search, for the
        // processor need not guess. Eight octets tell nearly always.
        let before = bucket.iter().map(|owner| usize::from(head(&owner.hash) < sought)).sum();
        let alike = bucket[before..].iter().take_while(|owner| head(&owner.hash) == sought);
        low + before + alike.take_while(|owner| owner.hash <= *hash).count()
    }

    /// The bucket of hashes that begin like this.
    #[allow(clippy::cast_possible_truncation)] // at most as many as there are buckets
    fn bucket(&self, head: u64) -> usize {
        head.checked_shr(u64::BITS - self.bucket_bits).unwrap_or(0) as usize
    }

    /// Notes where each bucket begins.
    fn fill_buckets(&mut self) {
        self.bucket_bits = (self.owners.len() / OWNERS_PER_BUCKET).checked_ilog2().unwrap_or(0);
        self.starts = Vec::with_capacity(1 << self.bucket_bits);
        for (at, owner) in (0..).zip(&self.owners) {
            let bucket = self.bucket(head(&owner.hash));
            self.starts.resize(self.starts.len().max(bucket + 1), at);
        }
    }
}

/// What a sort key has but for the first label of its name: the key of the name above.
fn above(key: &[u8]) -> &[u8] {
    // A zero octet closes each label, and is in none.
    let labels = key.strip_suffix(&[0]).unwrap_or(key);
    let close = labels.iter().rposition(|&octet| octet == 0);
    close.map_or(&[], |close| &key[..=close])
}

/// Hashes are spread evenly, so that about so many begin alike.
const OWNERS_PER_BUCKET: usize = 4;

/// Owners of a bucket that are looked at one by one.
const MOST_COUNTED: usize = 64;

/// The first octets of a hash, as a number that orders hashes as far as it goes.
fn head(hash: &Hash) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *hash;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hash(octet: u8, at: usize) -> Hash {
        let mut hash = [0; 20];
        hash[at] = octet;
        hash
    }

    fn of(owners: impl Iterator<Item = (u8, bool)>, at: usize) -> HashedOwners {
        let owners = owners.map(|(octet, opt_out)| Owner::new(hash(octet, at), opt_out, 0));
        let mut hashed = HashedOwners {
            owners: owners.collect(),
            bitmaps: vec![(*b"types").into()],
            ..HashedOwners::default()
        };
        hashed.sort(b"");
        hashed
    }

    proptest! {
        // RFC 5155 §7.1: the record that covers a hash decides; behind the last comes the first.
        #[test]
        fn a_hash_is_found_or_covered_by_the_record_before_it(
            owners in prop::collection::btree_map(any::<u8>(), any::<bool>(), 0..200),
            sought: u8,
            at in prop::sample::select(vec![0usize, 3, 19]),
        ) {
            let hashed = of(owners.clone().into_iter(), at);
            let before = owners.range(..=sought).next_back().or(owners.iter().next_back());
            let expected = match before {
                Some((&octet, _)) if octet == sought => HashFound::Record { types: b"types" },
                Some((_, true)) => HashFound::OptedOut,
                _ => HashFound::Denied,
            };
            prop_assert_eq!(hashed.find(&hash(sought, at)), expected);
            use std::ops::Bound::{Excluded, Unbounded};
            let next = owners.range((Excluded(sought), Unbounded)).next().or(owners.iter().next());
            let next = next.map(|(&octet, _)| hash(octet, at));
            for mut near in 0..owners.len() + 2 {
                prop_assert_eq!(hashed.next(&hash(sought, at), &mut near).copied(), next);
            }
            // Fetching is of no consequence, whatever is fetched.
            let anything: Vec<Hash> = (0..=u8::MAX).map(|octet| hash(octet, at)).collect();
            hashed.fetch(anything.iter());
        }
    }

    #[test]
    fn two_records_at_one_hash_are_out_of_the_ordinary() {
        assert_eq!(of([(3, true), (4, true)].into_iter(), 0).len(), 2);
        assert_eq!(of([(3, true), (3, false)].into_iter(), 0).len(), 0);
        assert_eq!(of([(3, true), (3, true)].into_iter(), 0).len(), 0);
    }
}
