//! The workloads over keys and signatures that were made on the spot: hashing alone, verifying, and
//! the whole way from an RRset to a verdict.

use std::hint::black_box;
use std::io;
use std::time::Duration;

use crate::crypto::{Backend, BackendChoice, HashStep, Item, PreparedKey, PublicKey, Refusal};
use crate::dns::rdata::Rrsig;
use crate::dns::{Class, RType};
use crate::engine::{KeyTable, Latencies, Preparation, TaskList, Verdict};
use crate::rrset::signed::append_signed_records;

use super::contender::Contender;
use super::material::{Material, Question};
use super::result::{KeyUse, Stage};
use super::slice::{Check, Slice, Worker, Workload, repeat};

/// Items of one call that hashes alone: enough to drown the cost of a call.
const HASH_BATCH: usize = 64;

/// Good signatures that are checked, and corrupted ones: what the clock runs over is looked at, too.
const CHECKED: usize = 64;
const CORRUPTED: usize = 32;

/// What of a generated workload can be asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    pub stage: Stage,
    pub contender: Contender,
    pub keys: KeyUse,
    pub signatures_per_key: usize,
    /// Items in a call; `None` for as many as the backend likes.
    pub batch: Option<usize>,
}

/// A workload, and what is to be told of it.
pub(super) struct Prepared<'m> {
    pub workload: Box<dyn Workload + 'm>,
    /// The backend that verifies, which `auto` has chosen.
    pub backend: &'static str,
    pub kernel: Option<&'static str>,
    pub batch: usize,
}

/// Prepares a workload.
///
/// # Errors
/// When the backend does not take the key.
pub(super) fn prepare(material: &Material, request: Request) -> Result<Prepared<'_>, Refusal> {
    let Request { stage, contender, keys, signatures_per_key: signatures, .. } = request;
    let (backend, key) = contender.prepare(&material.public, signatures)?;
    let name = backend.name();
    let kernel = key.kernel();
    let batch = match (request.batch, stage) {
        (Some(batch), _) => batch,
        (None, Stage::Hash) => HASH_BATCH,
        (None, _) => key.batch_size().max(1),
    };
    // A key that is made anew for fewer signatures than a call has is made for each call.
    let batch = if keys == KeyUse::Fresh { batch.min(signatures) } else { batch };
    let questions = Questions::new(material, batch);
    let workload: Box<dyn Workload + '_> = match (stage, keys) {
        (Stage::Hash, _) => {
            let step = HashStep::of(name, material.kind.algorithm).ok_or(Refusal::Unsupported)?;
            Box::new(Hashing { step, key: material.key_octets(), questions })
        }
        (Stage::Verify, KeyUse::Ready) => Box::new(Ready { key, questions }),
        (Stage::Verify, KeyUse::Fresh) => {
            Box::new(Fresh { backend, material, signatures, questions })
        }
        (Stage::Rrset | Stage::Audit, _) => {
            let how = Rrsets { choice: contender.choice(), material, signatures, questions };
            let table = how.table();
            let prepared = table.iter().next().and_then(|(_, key)| key.prepared());
            // Where an audit would take another backend there is nothing to be told of this one.
            if prepared.is_none_or(|prepared| prepared.backend != name) {
                return Err(Refusal::Unsupported);
            }
            match keys {
                KeyUse::Ready => Box::new(ReadyRrsets { how, table }),
                KeyUse::Fresh => Box::new(FreshRrsets { how }),
            }
        }
    };
    Ok(Prepared { workload, backend: name, kernel, batch })
}

/// The questions in the order in which they are asked, and corrupted ones.
struct Questions<'m> {
    good: Vec<&'m Question>,
    corrupted: Vec<Question>,
    batch: usize,
}

impl<'m> Questions<'m> {
    fn new(material: &'m Material, batch: usize) -> Self {
        let all = &material.questions;
        // A whole number of calls, so that each call has as many items as any other.
        let calls = all.len().div_ceil(batch);
        let good = all.iter().cycle().take(calls * batch).collect();
        let most = all.len().min(CORRUPTED);
        let corrupted = all[..most].iter().enumerate().map(|(n, one)| one.corrupted(n)).collect();
        Self { good, corrupted, batch }
    }

    fn items(&self) -> Vec<Item<'_>> {
        self.good.iter().map(|question| question.item()).collect()
    }

    /// Asks `holds` about the good ones and the corrupted ones, apart and mixed.
    fn check(&self, mut holds: impl FnMut(&[&Question]) -> Vec<bool>) -> Check {
        let mut check = Check::default();
        let good = |check: &mut Check, answers: &[bool]| {
            check.good += answers.len() as u64;
            check.rejected += answers.iter().filter(|&&holds| !holds).count() as u64;
        };
        let bad = |check: &mut Check, answers: &[bool]| {
            check.corrupted += answers.len() as u64;
            check.accepted += answers.iter().filter(|&&holds| holds).count() as u64;
        };
        let corrupted: Vec<&Question> = self.corrupted.iter().collect();
        let calls = CHECKED.div_ceil(self.batch);
        for questions in self.good.chunks(self.batch).take(calls) {
            good(&mut check, &holds(questions));
        }
        for questions in corrupted.chunks(self.batch) {
            bad(&mut check, &holds(questions));
        }
        let pairs = self.good.iter().zip(&corrupted);
        let mixed: Vec<&Question> = pairs.flat_map(|(good, bad)| [*good, *bad]).collect();
        let mut is_good = true;
        for questions in mixed.chunks(self.batch.max(2)) {
            for answer in holds(questions) {
                if is_good {
                    good(&mut check, &[answer])
                } else {
                    bad(&mut check, &[answer])
                }
                is_good = !is_good;
            }
        }
        check
    }
}

/// Where a thread begins, so that threads do not all read the same at the same time.
fn begin(thread: usize, batch: usize, all: usize) -> usize {
    thread * 7 % (all / batch).max(1) * batch
}

fn verify(key: &dyn PreparedKey, questions: &[&Question]) -> Vec<bool> {
    let items: Vec<Item<'_>> = questions.iter().map(|question| question.item()).collect();
    let mut holds = vec![false; items.len()];
    key.verify_batch(&items, &mut holds);
    holds
}

fn failures(holds: &[bool]) -> u64 {
    holds.iter().filter(|&&holds| !holds).count() as u64
}

/// Verifies under a key that was prepared before.
struct Ready<'m> {
    key: Box<dyn PreparedKey>,
    questions: Questions<'m>,
}

impl Workload for Ready<'_> {
    fn check(&self) -> Check {
        self.questions.check(|questions| verify(&*self.key, questions))
    }

    fn slice(&self, threads: usize, duration: Duration) -> io::Result<Slice> {
        let items = self.questions.items();
        let batch = self.questions.batch;
        repeat(threads, duration, |thread| {
            let place = begin(thread, batch, items.len());
            Box::new(ReadyWorker {
                key: &*self.key,
                items: &items,
                place,
                holds: vec![false; batch],
            })
        })
    }
}

struct ReadyWorker<'w> {
    key: &'w dyn PreparedKey,
    items: &'w [Item<'w>],
    place: usize,
    holds: Vec<bool>,
}

impl Worker for ReadyWorker<'_> {
    fn call(&mut self) -> (u64, u64) {
        let batch = self.holds.len();
        let items = &self.items[self.place..self.place + batch];
        self.key.verify_batch(items, &mut self.holds);
        self.place = (self.place + batch) % self.items.len();
        (batch as u64, failures(&self.holds))
    }
}

/// Verifies under keys that are read and prepared anew for every so many signatures.
struct Fresh<'m> {
    backend: &'static dyn Backend,
    material: &'m Material,
    signatures: usize,
    questions: Questions<'m>,
}

impl Fresh<'_> {
    fn key(&self) -> Option<Box<dyn PreparedKey>> {
        let octets = self.material.key_octets();
        let public = PublicKey::from_dnskey(self.material.kind.algorithm, octets).ok()?;
        self.backend.prepare(&public, self.signatures).ok()
    }
}

impl Workload for Fresh<'_> {
    fn check(&self) -> Check {
        self.questions.check(|questions| match self.key() {
            Some(key) => verify(&*key, questions),
            None => vec![false; questions.len()],
        })
    }

    fn slice(&self, threads: usize, duration: Duration) -> io::Result<Slice> {
        let items = self.questions.items();
        let batch = self.questions.batch;
        repeat(threads, duration, |thread| {
            let place = begin(thread, batch, items.len());
            let holds = vec![false; batch];
            Box::new(FreshWorker { how: self, items: &items, place, holds, key: None, used: 0 })
        })
    }
}

struct FreshWorker<'w> {
    how: &'w Fresh<'w>,
    items: &'w [Item<'w>],
    place: usize,
    holds: Vec<bool>,
    key: Option<Box<dyn PreparedKey>>,
    /// Signatures that were verified under this key.
    used: usize,
}

impl Worker for FreshWorker<'_> {
    fn call(&mut self) -> (u64, u64) {
        let batch = self.holds.len();
        if self.key.is_none() || self.used + batch > self.how.signatures {
            self.key = self.how.key();
            self.used = 0;
        }
        self.used += batch;
        let items = &self.items[self.place..self.place + batch];
        self.holds.fill(false);
        if let Some(key) = &self.key {
            key.verify_batch(items, &mut self.holds);
        }
        self.place = (self.place + batch) % self.items.len();
        (batch as u64, failures(&self.holds))
    }
}

/// Hashes what was signed, and no more.
struct Hashing<'m> {
    step: HashStep,
    key: &'m [u8],
    questions: Questions<'m>,
}

impl Workload for Hashing<'_> {
    /// An answer is right when it is that of another backend; of one bit more or less it must differ.
    fn check(&self) -> Check {
        let reference = |item: Item<'_>| {
            let algorithm = self.algorithm();
            let step =
                ["aws-lc", "rustcrypto"].into_iter().find_map(|name| HashStep::of(name, algorithm));
            let mut hash = Vec::new();
            if let Some(step) = step {
                step.hash(&[item], self.key, &mut hash);
            }
            hash
        };
        let hash = |items: &[Item<'_>]| {
            let mut hashes = Vec::new();
            self.step.hash(items, self.key, &mut hashes);
            hashes
        };
        let mut check = Check::default();
        let good = self.questions.items();
        for items in good.chunks(self.questions.batch).take(CHECKED.div_ceil(self.questions.batch))
        {
            let hashes = hash(items);
            let octets = (hashes.len() / items.len()).max(1);
            check.good += items.len() as u64;
            let wrong = |(item, hash): &(&Item<'_>, &[u8])| reference(**item) != *hash;
            check.rejected += items.iter().zip(hashes.chunks(octets)).filter(wrong).count() as u64;
        }
        // Of messages that differ in a bit; a changed signature is only hashed by EdDSA, in part.
        let of_message = |(number, _): &(usize, &Question)| number % 2 == 1;
        for (number, corrupted) in self.questions.corrupted.iter().enumerate().filter(of_message) {
            check.corrupted += 1;
            let same = hash(&[corrupted.item()]) == hash(&[self.questions.good[number].item()]);
            check.accepted += u64::from(same);
        }
        check
    }

    fn slice(&self, threads: usize, duration: Duration) -> io::Result<Slice> {
        let items = self.questions.items();
        let batch = self.questions.batch;
        repeat(threads, duration, |thread| {
            let place = begin(thread, batch, items.len());
            Box::new(HashingWorker { how: self, items: &items, place, batch, out: Vec::new() })
        })
    }
}

impl Hashing<'_> {
    fn algorithm(&self) -> crate::dns::Algorithm {
        self.questions
            .good
            .first()
            .and_then(|question| Rrsig::from_rdata(&question.rrsig))
            .map_or(crate::dns::Algorithm(0), |rrsig| rrsig.algorithm)
    }
}

struct HashingWorker<'w> {
    how: &'w Hashing<'w>,
    items: &'w [Item<'w>],
    place: usize,
    batch: usize,
    out: Vec<u8>,
}

impl Worker for HashingWorker<'_> {
    fn call(&mut self) -> (u64, u64) {
        self.out.clear();
        let items = &self.items[self.place..self.place + self.batch];
        self.how.step.hash(items, self.how.key, &mut self.out);
        black_box(&mut self.out);
        self.place = (self.place + self.batch) % self.items.len();
        (self.batch as u64, 0)
    }
}

/// The way that an audit goes with an RRset: the RRSIG is read, its key is found by tag, the signed
/// data is written, the engine verifies.
struct Rrsets<'m> {
    choice: BackendChoice,
    material: &'m Material,
    signatures: usize,
    questions: Questions<'m>,
}

impl<'m> Rrsets<'m> {
    fn table(&self) -> KeyTable {
        let how = Preparation { backend: self.choice, ..Preparation::default() };
        KeyTable::new([&self.material.dnskey[..]].into_iter(), &how, |_| self.signatures)
    }

    fn check(&self, table: &KeyTable) -> Check {
        self.questions.check(|questions| {
            let mut state = RrsetState::default();
            state.verify(table, questions.iter().copied());
            state.verdicts.iter().map(|verdict| matches!(verdict, Verdict::Holds(_))).collect()
        })
    }
}

/// What a thread keeps from call to call.
#[derive(Default)]
struct RrsetState {
    tasks: TaskList,
    verdicts: Vec<Verdict>,
    latencies: Latencies,
}

impl RrsetState {
    fn verify<'q>(
        &mut self,
        table: &KeyTable,
        questions: impl Iterator<Item = &'q Question>,
    ) -> u64 {
        self.tasks.clear();
        for question in questions {
            let Some(rrsig) = Rrsig::from_rdata(&question.rrsig) else { continue };
            let keys = table.matching(rrsig.algorithm, rrsig.key_tag);
            let write = |out: &mut Vec<u8>| {
                let records = std::iter::once(&question.ds[..]);
                append_signed_records(&question.owner, Class::IN, RType::DS, records, &rrsig, out);
            };
            self.tasks.push(write, rrsig.signature, keys);
        }
        let mut disagreements = Vec::new();
        self.tasks.verify(table, &mut self.verdicts, &mut disagreements, &mut self.latencies);
        self.verdicts.iter().filter(|verdict| **verdict == Verdict::Fails).count() as u64
    }
}

struct ReadyRrsets<'m> {
    how: Rrsets<'m>,
    table: KeyTable,
}

impl Workload for ReadyRrsets<'_> {
    fn check(&self) -> Check {
        self.how.check(&self.table)
    }

    fn slice(&self, threads: usize, duration: Duration) -> io::Result<Slice> {
        repeat(threads, duration, |thread| {
            let questions = &self.how.questions;
            let place = begin(thread, questions.batch, questions.good.len());
            let (key, state) = (Key::Ready(&self.table), RrsetState::default());
            Box::new(RrsetWorker { questions, key, place, state })
        })
    }
}

struct FreshRrsets<'m> {
    how: Rrsets<'m>,
}

impl Workload for FreshRrsets<'_> {
    fn check(&self) -> Check {
        self.how.check(&self.how.table())
    }

    fn slice(&self, threads: usize, duration: Duration) -> io::Result<Slice> {
        repeat(threads, duration, |thread| {
            let questions = &self.how.questions;
            let place = begin(thread, questions.batch, questions.good.len());
            let key = Key::Fresh { how: &self.how, table: None, used: 0 };
            Box::new(RrsetWorker { questions, key, place, state: RrsetState::default() })
        })
    }
}

/// Under which keys a thread verifies.
enum Key<'w> {
    Ready(&'w KeyTable),
    Fresh { how: &'w Rrsets<'w>, table: Option<KeyTable>, used: usize },
}

struct RrsetWorker<'w> {
    questions: &'w Questions<'w>,
    key: Key<'w>,
    place: usize,
    state: RrsetState,
}

impl Worker for RrsetWorker<'_> {
    fn call(&mut self) -> (u64, u64) {
        let Questions { good, batch, .. } = self.questions;
        let questions = good[self.place..self.place + batch].iter().copied();
        self.place = (self.place + batch) % good.len();
        let table = match &mut self.key {
            Key::Ready(table) => table,
            Key::Fresh { how, table, used } => {
                if *used + batch > how.signatures {
                    *table = None;
                    *used = 0;
                }
                *used += batch;
                &*table.get_or_insert_with(|| how.table())
            }
        };
        (*batch as u64, self.state.verify(table, questions))
    }
}
