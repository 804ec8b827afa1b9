//! Signatures to be checked, and checking them: batched by key, one verdict each.

use std::ops::Range;
use std::time::Instant;

use crate::crypto::Item;
use crate::crypto::backend::Prepared;

use super::histogram::Latencies;
use super::keys::{Key, KeyIndex, KeyTable, Second};

/// Signatures to be checked. Reused from lot to lot, so that nothing is allocated in between.
#[derive(Clone, Debug, Default)]
pub struct TaskList {
    /// The signed data and the signature of each task, back to back.
    octets: Vec<u8>,
    /// Octets of signed data in there.
    message_octets: usize,
    /// The keys to try, back to back.
    candidates: Vec<KeyIndex>,
    tasks: Vec<Task>,
}

#[derive(Clone, Debug)]
struct Task {
    message: Range<usize>,
    signature: Range<usize>,
    candidates: Range<usize>,
}

/// The outcome of a task.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The signature is right under this key.
    Holds(KeyIndex),
    /// It is wrong under every key that it can mean.
    Fails,
}

/// Two backends that judged the same signature differently.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Disagreement {
    /// The task, as [`TaskList::push`] numbered it.
    pub task: usize,
    /// The key.
    pub key: KeyIndex,
    /// The backend that says it holds.
    pub holds: &'static str,
    /// The backend that says it does not.
    pub fails: &'static str,
}

impl TaskList {
    /// No tasks.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets all tasks but keeps the memory.
    pub fn clear(&mut self) {
        self.octets.clear();
        self.message_octets = 0;
        self.candidates.clear();
        self.tasks.clear();
    }

    /// Adds a task: `write_message` appends what was signed; `candidates` are tried in their order.
    /// Returns its number, counted from 0.
    pub fn push(
        &mut self,
        write_message: impl FnOnce(&mut Vec<u8>),
        signature: &[u8],
        candidates: &[KeyIndex],
    ) -> usize {
        let start = self.octets.len();
        write_message(&mut self.octets);
        let message = start..self.octets.len();
        self.message_octets += message.len();
        self.octets.extend_from_slice(signature);
        let first = self.candidates.len();
        self.candidates.extend_from_slice(candidates);
        self.tasks.push(Task {
            signature: message.end..self.octets.len(),
            message,
            candidates: first..self.candidates.len(),
        });
        self.tasks.len() - 1
    }

    fn append_signed(&mut self, other: &Self, task: usize, signature: &[u8]) {
        let message = other.question(task).message;
        let write = |out: &mut Vec<u8>| out.extend_from_slice(message);
        self.push(write, signature, other.candidates(task));
    }

    /// How many tasks there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether there are no tasks.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Adds a copy of a task of another list.
    pub fn append(&mut self, other: &Self, task: usize) {
        self.append_signed(other, task, other.question(task).signature);
    }

    /// Some of these tasks, each with one bit of its signature changed, so that it must fail. An empty
    /// signature has no bit to change: its task is left out.
    #[must_use]
    pub fn corrupted(&self, tasks: impl IntoIterator<Item = usize>) -> Self {
        let mut corrupted = TaskList::new();
        for (number, task) in tasks.into_iter().enumerate() {
            let mut signature = self.question(task).signature.to_vec();
            if !signature.is_empty() {
                // Another octet and another bit each time.
                let octet = number * 7 % signature.len();
                signature[octet] ^= 1 << (number % 8);
                corrupted.append_signed(self, task, &signature);
            }
        }
        corrupted
    }

    /// The keys that a task tries, in their order.
    #[must_use]
    pub fn candidates(&self, task: usize) -> &[KeyIndex] {
        &self.candidates[self.tasks[task].candidates.clone()]
    }

    /// What a task asks: the octets that were signed, and the signature.
    #[must_use]
    pub fn question(&self, task: usize) -> Item<'_> {
        self.item(task)
    }

    /// Octets of signed data.
    #[must_use]
    pub fn message_octets(&self) -> usize {
        self.message_octets
    }

    /// Octets of memory that the tasks take, about.
    #[must_use]
    pub fn octets(&self) -> usize {
        let each = size_of::<Task>() + size_of::<KeyIndex>() + size_of::<Verdict>();
        self.octets.len() + each * self.tasks.len()
    }

    /// Checks every task; `verdicts[i]` is set to the outcome of task `i`. Disagreements of the
    /// two backends, if the table has two, are appended. A table that keeps a journal has it written.
    pub fn verify(
        &self,
        table: &KeyTable,
        verdicts: &mut Vec<Verdict>,
        disagreements: &mut Vec<Disagreement>,
        latencies: &mut Latencies,
    ) {
        verdicts.clear();
        verdicts.resize(self.tasks.len(), Verdict::Fails);
        let mut holds = Vec::new();
        // Each round tries the next candidate of the tasks that have not succeeded: nearly always
        // there is one round, because tags seldom collide.
        for round in 0.. {
            let mut pending: Vec<(KeyIndex, usize)> = (0..self.tasks.len())
                .filter(|&task| verdicts[task] == Verdict::Fails)
                .filter_map(|task| Some((self.candidate(task, round)?, task)))
                .collect();
            if pending.is_empty() {
                break;
            }
            pending.sort_unstable();
            for group in pending.chunk_by(|a, b| a.0 == b.0) {
                let key_index = group[0].0;
                let key = table.get(key_index);
                let Some(prepared) = key.prepared() else { continue };
                let items: Vec<Item<'_>> = group.iter().map(|&(_, task)| self.item(task)).collect();
                verify_items(key, prepared, &items, &mut holds, latencies);
                if let Some(second) = key.second() {
                    let mut differ = |place: usize, holds, fails| {
                        let task = group[place].1;
                        disagreements.push(Disagreement { task, key: key_index, holds, fails });
                    };
                    ask_second(key, prepared, second, &items, &mut holds, latencies, &mut differ);
                }
                for (&(_, task), &held) in group.iter().zip(&holds) {
                    if held {
                        verdicts[task] = Verdict::Holds(key_index);
                    }
                }
            }
        }
        disagreements.sort_unstable_by_key(|disagreement| (disagreement.task, disagreement.key));
        if let Some((journal, place)) = table.journal() {
            journal.enter_lot(place, self, verdicts);
        }
    }

    fn candidate(&self, task: usize, round: usize) -> Option<KeyIndex> {
        self.candidates(task).get(round).copied()
    }

    fn item(&self, task: usize) -> Item<'_> {
        let task = &self.tasks[task];
        let octets = |part: &Range<usize>| &self.octets[part.clone()];
        Item { message: octets(&task.message), signature: octets(&task.signature) }
    }
}

/// Shows the second backend what it is there for. `holds` comes with what the first one said and
/// leaves with what counts; `differ` is told the place of each item that the two see differently,
/// the backend that says it holds, and the one that says it does not.
fn ask_second(
    key: &Key,
    first: &Prepared,
    second: &Second,
    items: &[Item<'_>],
    holds: &mut [bool],
    latencies: &mut Latencies,
    differ: &mut impl FnMut(usize, &'static str, &'static str),
) {
    let places: Vec<usize> =
        (0..items.len()).filter(|&place| second.verifies_all || !holds[place]).collect();
    let asked: Vec<Item<'_>> = places.iter().map(|&place| items[place]).collect();
    let mut answers = Vec::new();
    verify_items(key, &second.prepared, &asked, &mut answers, latencies);
    for (place, answer) in places.into_iter().zip(answers) {
        match (holds[place], answer) {
            (true, false) => differ(place, first.backend, second.prepared.backend),
            (false, true) => {
                differ(place, second.prepared.backend, first.backend);
                holds[place] = second.decides;
            }
            _ => {}
        }
    }
}

/// Verifies items under one key in batches of the size its backend likes, and times each call.
fn verify_items(
    key: &Key,
    prepared: &Prepared,
    items: &[Item<'_>],
    holds: &mut Vec<bool>,
    latencies: &mut Latencies,
) {
    holds.clear();
    holds.resize(items.len(), false);
    let batch = prepared.key.batch_size().max(1);
    for (items, holds) in items.chunks(batch).zip(holds.chunks_mut(batch)) {
        let start = Instant::now();
        prepared.key.verify_batch(items, holds);
        let count = items.len() as u64;
        latencies.record(key.algorithm, prepared.backend, start.elapsed(), count);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Letters;
    use super::*;

    type Outcome = (Vec<Verdict>, Vec<Disagreement>, Latencies);

    /// Verifies messages that are their own signatures, but for those with a `!`, under all keys.
    fn verify(table: &KeyTable, messages: &[&'static str]) -> Outcome {
        let candidates: Vec<KeyIndex> = table.iter().map(|(index, _)| index).collect();
        let (mut tasks, mut verdicts) = (TaskList::new(), Vec::new());
        let (mut disagreements, mut latencies) = (Vec::new(), Latencies::default());
        for message in messages {
            let signature = message.trim_end_matches('!').as_bytes();
            tasks.push(|out| out.extend_from_slice(message.as_bytes()), signature, &candidates);
        }
        tasks.verify(table, &mut verdicts, &mut disagreements, &mut latencies);
        (verdicts, disagreements, latencies)
    }

    // RFC 4034 §8: the key tag is a hint, so every key that shares it is tried.
    #[test]
    fn each_task_gets_the_key_that_it_holds_under_whatever_the_batches() {
        for batch in [1, 2, 3, 100] {
            let table = KeyTable::of_backends(vec![
                (Letters::prepared("one", b"ab", batch), None),
                (Letters::prepared("two", b"bc", batch), None),
            ]);
            let (verdicts, disagreements, latencies) =
                verify(&table, &["a1", "b1", "c1", "d1", "a2!", "c2", "a3"]);
            let (one, two) = (Verdict::Holds(KeyIndex(0)), Verdict::Holds(KeyIndex(1)));
            let fails = Verdict::Fails;
            assert_eq!(verdicts, [one, one, two, fails, fails, two, one]);
            assert!(disagreements.is_empty());
            // Seven under the first key, and the four that failed there under the second.
            let counts: Vec<_> = latencies.rows().map(|row| (row.1, row.2.len())).collect();
            assert_eq!(counts, [("one", 7), ("two", 4)]);
        }
    }

    // A disagreement of two libraries is never silent, whichever of them accepts.
    #[test]
    fn backends_that_disagree_are_named_with_what_they_said() {
        let table = KeyTable::of_backends(vec![(
            Letters::prepared("one", b"ab", 1),
            Some(Second {
                prepared: Letters::prepared("two", b"bc", 8),
                verifies_all: true,
                decides: false,
            }),
        )]);
        let (verdicts, disagreements, _) = verify(&table, &["a", "b", "c", "d"]);
        let holds = Verdict::Holds(KeyIndex(0));
        assert_eq!(verdicts, [holds, holds, Verdict::Fails, Verdict::Fails]);
        let key = KeyIndex(0);
        let expected = [
            Disagreement { task: 0, key, holds: "one", fails: "two" },
            Disagreement { task: 2, key, holds: "two", fails: "one" },
        ];
        assert_eq!(disagreements, expected);
    }

    // Arithmetic of our own is never believed when it rejects, and always when it accepts.
    #[test]
    fn what_a_second_backend_confirms_or_overrules_counts() {
        let second = Second {
            prepared: Letters::prepared("library", b"bc", 2),
            verifies_all: false,
            decides: true,
        };
        let table =
            KeyTable::of_backends(vec![(Letters::prepared("ours", b"ab", 3), Some(second))]);
        let (verdicts, disagreements, latencies) = verify(&table, &["a", "b!", "c", "d", "c!"]);
        let (holds, fails) = (Verdict::Holds(KeyIndex(0)), Verdict::Fails);
        assert_eq!(verdicts, [holds, fails, holds, fails, fails]);
        let (key, task) = (KeyIndex(0), 2);
        let expected = [Disagreement { task, key, holds: "library", fails: "ours" }];
        assert_eq!(disagreements, expected);
        let counts: Vec<_> = latencies.rows().map(|row| (row.1, row.2.len())).collect();
        assert_eq!(counts, [("library", 4), ("ours", 5)]);
    }
}
