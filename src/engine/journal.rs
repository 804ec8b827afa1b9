//! Writes down what an audit verifies, key by key and lot by lot, so that the same work can be done
//! again: by other backends, and under a clock.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::crypto::BackendChoice;

use super::keys::{KeyTable, Preparation};
use super::tasks::{TaskList, Verdict};

/// A table's place in a [`Recording`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TableNumber(pub usize);

/// A journal that several threads write. What goes beyond its limit is counted but not kept.
pub struct Journal {
    octets: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    recording: Recording,
    octets: usize,
}

/// What was verified.
#[derive(Debug, Default)]
pub struct Recording {
    /// The key tables, in the order in which they were made.
    pub tables: Vec<RecordedTable>,
    /// The calls of [`TaskList::verify`], in the order in which they ended.
    pub lots: Vec<RecordedLot>,
    /// Tasks that were verified and are not in `lots`, because the journal was full.
    pub left_out: u64,
}

/// What a key table was made of.
#[derive(Clone, Debug)]
pub struct RecordedTable {
    /// The DNSKEY RDATA of each key, and how many signatures were announced for it.
    pub keys: Vec<(Vec<u8>, usize)>,
}

/// Tasks that were verified by one call, and what came of them.
#[derive(Clone, Debug)]
pub struct RecordedLot {
    /// The table they were verified with.
    pub table: TableNumber,
    /// The tasks.
    pub tasks: TaskList,
    /// The outcome of each.
    pub verdicts: Vec<Verdict>,
}

impl Journal {
    /// An empty journal that keeps about so many octets.
    #[must_use]
    pub fn new(octets: usize) -> Self {
        Self { octets, kept: Mutex::default() }
    }

    /// Takes out what was written so far.
    #[must_use]
    pub fn take(&self) -> Recording {
        std::mem::take(&mut *self.lock()).recording
    }

    pub(super) fn enter_table<'k>(
        &self,
        keys: impl Iterator<Item = (&'k [u8], usize)>,
    ) -> TableNumber {
        let keys = keys.map(|(rdata, signatures)| (rdata.to_vec(), signatures)).collect();
        let mut kept = self.lock();
        kept.recording.tables.push(RecordedTable { keys });
        TableNumber(kept.recording.tables.len() - 1)
    }

    pub(super) fn enter_lot(&self, table: TableNumber, tasks: &TaskList, verdicts: &[Verdict]) {
        if tasks.is_empty() {
            return;
        }
        let octets = tasks.octets();
        let mut kept = self.lock();
        if kept.octets.saturating_add(octets) > self.octets {
            kept.recording.left_out += tasks.len() as u64;
            return;
        }
        kept.octets += octets;
        drop(kept);
        let lot = RecordedLot { table, tasks: tasks.clone(), verdicts: verdicts.to_vec() };
        self.lock().recording.lots.push(lot);
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Not all that it holds.
impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("octets", &self.octets).finish_non_exhaustive()
    }
}

impl Recording {
    /// Tasks that are in it.
    #[must_use]
    pub fn tasks(&self) -> u64 {
        self.lots.iter().map(|lot| lot.tasks.len() as u64).sum()
    }
}

impl RecordedTable {
    /// Prepares the keys again, with a backend of choice.
    #[must_use]
    pub fn prepare(&self, backend: BackendChoice) -> KeyTable {
        let how = Preparation { backend, ..Preparation::default() };
        // Keys that share a tag were announced the same number.
        let signatures = |tag| {
            let of_tag = |(rdata, _): &&(Vec<u8>, usize)| crate::dns::rdata::key_tag(rdata) == tag;
            self.keys.iter().find(of_tag).map_or(0, |&(_, signatures)| signatures)
        };
        KeyTable::new(self.keys.iter().map(|(rdata, _)| &rdata[..]), &how, signatures)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::crypto::Signer;
    use crate::engine::{KeyIndex, Latencies};

    fn verify(tasks: &TaskList, table: &KeyTable) -> Vec<Verdict> {
        let (mut verdicts, mut disagreements) = (Vec::new(), Vec::new());
        tasks.verify(table, &mut verdicts, &mut disagreements, &mut Latencies::default());
        assert!(disagreements.is_empty());
        verdicts
    }

    /// A table of one P-256 key with a journal, and tasks under it, the second of which fails.
    fn record(octets: usize) -> (Recording, Vec<Verdict>) {
        let signer = Signer::p256(&[5; 32]).unwrap();
        let rdata = [&[1, 0, 3, 13][..], signer.dnskey()].concat();
        let journal = Arc::new(Journal::new(octets));
        let how = Preparation { journal: Some(Arc::clone(&journal)), ..Preparation::default() };
        let table = KeyTable::new([&rdata[..]].into_iter(), &how, |_| 3);
        let (one, two) = (signer.sign(b"one"), signer.sign(b"two"));
        let mut tasks = TaskList::new();
        for (message, signature) in [("one", &one), ("one", &two), ("two", &two)] {
            tasks.push(|out| out.extend(message.as_bytes()), signature, &[KeyIndex(0)]);
        }
        let verdicts = verify(&tasks, &table);
        verify(&TaskList::new(), &table); // leaves no trace
        (journal.take(), verdicts)
    }

    #[test]
    fn what_was_verified_comes_to_the_same_when_it_is_verified_again() {
        let (recording, verdicts) = record(1 << 20);
        let holds = Verdict::Holds(KeyIndex(0));
        assert_eq!(verdicts, [holds, Verdict::Fails, holds]);
        assert_eq!((recording.tasks(), recording.left_out), (3, 0));
        assert_eq!((recording.lots.len(), recording.tables.len()), (1, 1));
        let lot = &recording.lots[0];
        assert_eq!(lot.verdicts, verdicts);
        for backend in ["aws-lc", "ring", "rustcrypto"] {
            let table = recording.tables[lot.table.0].prepare(BackendChoice::Named(backend));
            assert_eq!(table.get(KeyIndex(0)).prepared().unwrap().backend, backend);
            assert_eq!(verify(&lot.tasks, &table), verdicts);
            let corrupted = lot.tasks.corrupted([0, 2]);
            assert_eq!(verify(&corrupted, &table), [Verdict::Fails; 2]);
            // Nothing else than one bit of the signature has changed.
            for (place, task) in [0, 2].into_iter().enumerate() {
                let (before, after) = (lot.tasks.question(task), corrupted.question(place));
                assert_eq!(before.message, after.message);
                let changed = before.signature.iter().zip(after.signature);
                let bits: u32 = changed.map(|(a, b)| (a ^ b).count_ones()).sum();
                assert_eq!(bits, 1);
            }
        }
    }

    // No input may take memory without bound.
    #[test]
    fn a_full_journal_counts_what_it_leaves_out() {
        let (recording, verdicts) = record(100);
        assert_eq!((recording.tasks(), recording.left_out), (0, verdicts.len() as u64));
        assert!(recording.lots.is_empty());
    }
}
