//! The names of a bag, each once, in lower case.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::dns::Name;

use super::bag::{NameId, number};
use super::memory::in_table;

/// Names without repetition, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Names {
    octets: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
    ids: HashTable<NameId>,
    hasher: DefaultHashBuilder,
}

impl Names {
    /// What a name takes besides its octets.
    pub const COST: usize = size_of::<usize>() + in_table::<NameId>();

    /// The number of a name in wire form and lower case, and whether it is new.
    pub fn intern(&mut self, wire: &[u8]) -> (NameId, bool) {
        let hash = self.hasher.hash_one(wire);
        if let Some(&id) = self.ids.find(hash, |&id| at(&self.octets, &self.ends, id) == wire) {
            return (id, false);
        }
        let id = NameId(number(self.ends.len()));
        self.octets.extend_from_slice(wire);
        self.ends.push(self.octets.len());
        let (octets, ends, hasher) = (&self.octets, &self.ends, &self.hasher);
        self.ids.insert_unique(hash, id, |&id| hasher.hash_one(at(octets, ends, id)));
        (id, true)
    }

    /// The number of a name in wire form and lower case.
    pub fn find(&self, wire: &[u8]) -> Option<NameId> {
        let is_it = |&id: &NameId| at(&self.octets, &self.ends, id) == wire;
        self.ids.find(self.hasher.hash_one(wire), is_it).copied()
    }

    /// A name that was given a number.
    pub fn name(&self, id: NameId) -> Name {
        // Only names are ever interned.
        Name::from_wire(at(&self.octets, &self.ends, id)).unwrap_or(Name::root())
    }
}

fn at<'o>(octets: &'o [u8], ends: &[usize], id: NameId) -> &'o [u8] {
    let place = id.0 as usize;
    let begin = place.checked_sub(1).map_or(0, |before| ends[before]);
    &octets[begin..ends[place]]
}
