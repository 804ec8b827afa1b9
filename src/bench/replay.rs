//! The work of an audit, done again: the keys that it prepared and the signatures that it verified.

use std::collections::BTreeMap;
use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::crypto::BackendChoice;
use crate::dns::Algorithm;
use crate::engine::{KeyIndex, KeyTable, Latencies, Recording, TaskList, Verdict};

use super::schedule::Random;
use super::slice::{AuditSlice, Check, Slice, Workload, on_threads, rate, waited_so_far};

/// Corrupted signatures that are checked, at most: a slow backend needs a second for them.
const MOST_CORRUPTED: usize = 4096;
/// Corrupted signatures of one lot.
const CORRUPTED_OF_LOT: usize = 64;
/// From so many signatures on a key's first use, which makes its tables, is timed with its
/// preparation, so that it can be told apart from what each signature costs.
const MANY: usize = 200;

/// A recording with what is needed to do it again in part.
pub(super) struct Replay<'r> {
    recording: &'r Recording,
    choice: BackendChoice,
    /// Lots, and tables without any, in an order in which any part stands for the whole.
    steps: Vec<Step>,
    /// For each table a task under each of its keys that have many.
    openings: Vec<TaskList>,
    /// Tasks that the audit verified, those that were not recorded included.
    tasks: u64,
    /// Where the next pass begins, so that parts differ.
    next: AtomicUsize,
    kernels: OnceLock<BTreeMap<(Algorithm, &'static str), &'static str>>,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Lot(usize),
    Table(usize),
}

impl<'r> Replay<'r> {
    pub(super) fn new(recording: &'r Recording, choice: BackendChoice) -> Self {
        let mut has_lot = vec![false; recording.tables.len()];
        for lot in &recording.lots {
            has_lot[lot.table.0] = true;
        }
        let bare = (0..has_lot.len()).filter(|&table| !has_lot[table]).map(Step::Table);
        let mut steps: Vec<Step> = (0..recording.lots.len()).map(Step::Lot).chain(bare).collect();
        Random(0x2545_f491_4f6c_dd1d).shuffle(&mut steps);
        Self {
            recording,
            choice,
            steps,
            openings: openings(recording),
            tasks: recording.tasks() + recording.left_out,
            next: AtomicUsize::new(0),
            kernels: OnceLock::new(),
        }
    }

    /// Which of its kernels a backend verifies with under keys of an algorithm, when it has several.
    pub(super) fn kernel(
        &self,
        algorithm: Algorithm,
        backend: &'static str,
    ) -> Option<&'static str> {
        self.kernels.get()?.get(&(algorithm, backend)).copied()
    }

    /// Prepares a table and makes what its keys make at their first use.
    fn open(&self, table: usize) -> KeyTable {
        let prepared = self.recording.tables[table].prepare(self.choice);
        let opening = &self.openings[table];
        if !opening.is_empty() {
            let (mut verdicts, mut disagreements) = (Vec::new(), Vec::new());
            opening.verify(&prepared, &mut verdicts, &mut disagreements, &mut Latencies::default());
        }
        prepared
    }

    /// Does all of it once, or as much as there is time for, with fresh keys.
    fn pass(&self, threads: usize, deadline: Instant) -> io::Result<Pass> {
        let first = self.next.load(Ordering::Relaxed);
        let cursor = AtomicUsize::new(0);
        let tables: Vec<OnceLock<KeyTable>> =
            self.recording.tables.iter().map(|_| OnceLock::new()).collect();
        let started = Instant::now();
        let parts = on_threads(threads, |_| {
            let mut part = Part::default();
            // A wait between the questions about waits and the clock must not count as measured.
            let begun = Instant::now();
            let waited = waited_so_far();
            loop {
                let number = cursor.fetch_add(1, Ordering::Relaxed);
                if number >= self.steps.len() {
                    break;
                }
                self.step(self.steps[(first + number) % self.steps.len()], &tables, &mut part);
                if Instant::now() >= deadline {
                    break;
                }
            }
            part.waited = waited.zip(waited_so_far()).map(|(then, now)| now.saturating_sub(then));
            part.seconds = begun.elapsed().as_secs_f64();
            part
        })?;
        let seconds = started.elapsed().as_secs_f64();
        let mut pass = Pass { seconds, ..Pass::default() };
        pass.waiting = Some(0.0);
        for part in parts {
            pass.add(&part);
        }
        let done = pass.steps;
        self.next.store((first + done) % self.steps.len().max(1), Ordering::Relaxed);
        pass.is_whole = done == self.steps.len();
        pass.keys = tables.iter().filter_map(OnceLock::get).map(KeyTable::len).sum();
        Ok(pass)
    }

    fn step(&self, step: Step, tables: &[OnceLock<KeyTable>], part: &mut Part) {
        part.steps += 1;
        let number = match step {
            Step::Lot(lot) => self.recording.lots[lot].table.0,
            Step::Table(table) => table,
        };
        let begun = Instant::now();
        let table = tables[number].get_or_init(|| self.open(number));
        part.preparing += begun.elapsed();
        let Step::Lot(lot) = step else { return };
        let lot = &self.recording.lots[lot];
        let begun = Instant::now();
        let mut disagreements = Vec::new();
        lot.tasks.verify(table, &mut part.verdicts, &mut disagreements, &mut part.latencies);
        part.verifying += begun.elapsed();
        part.signatures += lot.tasks.len() as u64;
        part.wrong += differences(&part.verdicts, &lot.verdicts);
    }

    /// The seconds for all of it, and those for keys, as a pass that did a part of it tells them.
    #[allow(clippy::cast_precision_loss)] // an extrapolation
    fn extrapolate(&self, pass: &Pass, threads: usize) -> (f64, f64) {
        let keys: usize = self.recording.tables.iter().map(|table| table.keys.len()).sum();
        let times = |all: f64, done: f64| if done > 0.0 { all / done } else { 1.0 };
        let of_keys = times(keys as f64, pass.keys as f64);
        let of_tasks = times(self.tasks as f64, pass.signatures as f64);
        let preparing = pass.preparing * of_keys / threads as f64;
        if pass.is_whole {
            let verifying = (pass.seconds - preparing).max(0.0);
            return (preparing + verifying * of_tasks, preparing);
        }
        (preparing + pass.verifying * of_tasks / threads as f64, preparing)
    }
}

/// Verdicts that are not the same. A signature that fails under one key is right under another only
/// when a tag is shared, and then both say which.
fn differences(these: &[Verdict], those: &[Verdict]) -> u64 {
    these.iter().zip(those).filter(|(this, that)| this != that).count() as u64
}

/// For each table the first task under each of its keys that verify many.
fn openings(recording: &Recording) -> Vec<TaskList> {
    let mut under: BTreeMap<(usize, KeyIndex), (usize, usize, usize)> = BTreeMap::new();
    for (number, lot) in recording.lots.iter().enumerate() {
        for task in 0..lot.tasks.len() {
            if let Some(&key) = lot.tasks.candidates(task).first() {
                under.entry((lot.table.0, key)).or_insert((0, number, task)).0 += 1;
            }
        }
    }
    let mut openings: Vec<TaskList> = Vec::new();
    openings.resize_with(recording.tables.len(), TaskList::new);
    for ((table, _), (count, lot, task)) in under {
        if count >= MANY {
            openings[table].append(&recording.lots[lot].tasks, task);
        }
    }
    openings
}

/// What one thread did in a pass.
#[derive(Default)]
struct Part {
    steps: usize,
    signatures: u64,
    wrong: u64,
    preparing: Duration,
    verifying: Duration,
    seconds: f64,
    waited: Option<Duration>,
    latencies: Latencies,
    verdicts: Vec<Verdict>,
}

/// What all threads did in a pass.
#[derive(Default)]
struct Pass {
    seconds: f64,
    is_whole: bool,
    steps: usize,
    keys: usize,
    signatures: u64,
    wrong: u64,
    /// Seconds of all threads together.
    preparing: f64,
    verifying: f64,
    thread_seconds: f64,
    waiting: Option<f64>,
    latencies: Latencies,
}

impl Pass {
    fn add(&mut self, part: &Part) {
        self.steps += part.steps;
        self.signatures += part.signatures;
        self.wrong += part.wrong;
        self.preparing += part.preparing.as_secs_f64();
        self.verifying += part.verifying.as_secs_f64();
        self.thread_seconds += part.seconds;
        self.waiting = self.waiting.zip(part.waited).map(|(all, one)| all + one.as_secs_f64());
        self.latencies.merge(&part.latencies);
    }
}

impl Workload for Replay<'_> {
    /// Corrupted copies of what holds, some of each lot. What is recorded is compared in each slice.
    fn check(&self) -> Check {
        let mut check = Check::default();
        let mut kernels = BTreeMap::new();
        let lots = self.steps.iter().filter_map(|step| match *step {
            Step::Lot(lot) => Some(&self.recording.lots[lot]),
            Step::Table(_) => None,
        });
        let mut left = MOST_CORRUPTED;
        let mut tables: BTreeMap<usize, KeyTable> = BTreeMap::new();
        for lot in lots {
            let holds = |&task: &usize| matches!(lot.verdicts[task], Verdict::Holds(_));
            let most = CORRUPTED_OF_LOT.min(left);
            let corrupted = lot.tasks.corrupted((0..lot.tasks.len()).filter(holds).take(most));
            let number = lot.table.0;
            let table = &*tables.entry(number).or_insert_with(|| self.open(number));
            let (mut verdicts, mut disagreements) = (Vec::new(), Vec::new());
            let mut latencies = Latencies::default();
            corrupted.verify(table, &mut verdicts, &mut disagreements, &mut latencies);
            check.corrupted += verdicts.len() as u64;
            check.accepted +=
                verdicts.iter().filter(|verdict| **verdict != Verdict::Fails).count() as u64;
            for (algorithm, backend, _) in latencies.rows() {
                let kernel = table.kernel(algorithm, backend);
                kernels.extend(kernel.map(|kernel| ((algorithm, backend), kernel)));
            }
            left -= corrupted.len();
            if left == 0 {
                break;
            }
        }
        // Only the first check tells, and there is only one.
        let _ = self.kernels.set(kernels);
        check
    }

    fn slice(&self, threads: usize, duration: Duration) -> io::Result<Slice> {
        let started = Instant::now();
        let deadline = started + duration;
        let mut slice = Slice::empty();
        let (mut all, mut preparing, mut passes) = (0.0, 0.0, 0.0);
        let mut latencies = Latencies::default();
        let mut part = 1.0;
        loop {
            let pass = self.pass(threads, deadline)?;
            let (seconds, of_keys) = self.extrapolate(&pass, threads);
            (all, preparing, passes) = (all + seconds, preparing + of_keys, passes + 1.0);
            slice.seconds += pass.seconds;
            slice.signatures += pass.signatures;
            slice.wrong += pass.wrong;
            slice.thread_seconds += pass.thread_seconds;
            slice.waiting = slice.waiting.zip(pass.waiting).map(|(sum, one)| sum + one);
            latencies.merge(&pass.latencies);
            #[allow(clippy::cast_precision_loss)] // a part
            if self.tasks > 0 {
                part = pass.signatures as f64 / self.tasks as f64;
            }
            // Another pass only if it will be whole.
            let enough = Duration::from_secs_f64(pass.seconds.min(1e6));
            if !pass.is_whole || Instant::now() + enough > deadline {
                break;
            }
        }
        for (_, _, histogram) in latencies.rows() {
            // Both grow as needed, so adding cannot fail.
            let _ = slice.nanoseconds.add(histogram);
        }
        // What others took of the processors' time is left out.
        let waited = slice.waiting.filter(|_| slice.thread_seconds > 0.0);
        let ran = 1.0 - waited.map_or(0.0, |waited| waited / slice.thread_seconds);
        let seconds = all / passes * ran;
        slice.per_second = rate(self.tasks, seconds);
        slice.wall_per_second = rate(self.tasks, all / passes);
        let preparing = preparing / passes * ran;
        slice.audit = Some(AuditSlice { seconds, preparing, part, latencies });
        Ok(slice)
    }
}
