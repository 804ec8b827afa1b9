//! One slice of a measurement: some work done by some threads for a short while, under a clock.

use std::fs;
use std::io;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::engine::Latencies;
use crate::engine::histogram::new_histogram;

/// Work that can be measured.
pub(super) trait Workload {
    /// Does the work with good and with corrupted signatures, without a clock: whether the answers are
    /// right. It also makes whatever is made at the first use, such as tables.
    fn check(&self) -> Check;

    /// Does the work for so long with so many threads, and at least once.
    ///
    /// # Errors
    /// When a thread cannot be started.
    fn slice(&self, threads: usize, duration: Duration) -> io::Result<Slice>;
}

/// Answers that were checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Check {
    /// Signatures that hold, and how often it was said that they do not.
    pub good: u64,
    pub rejected: u64,
    /// Corrupted signatures, and how often it was said that they hold.
    pub corrupted: u64,
    pub accepted: u64,
}

impl Check {
    pub(super) fn wrong(self) -> u64 {
        self.rejected + self.accepted
    }
}

/// What one slice came to.
#[derive(Clone, Debug)]
pub(super) struct Slice {
    /// Wall time.
    pub seconds: f64,
    /// Signatures verified, by all threads together.
    pub signatures: u64,
    /// Of these so many got a wrong answer.
    pub wrong: u64,
    /// Signatures a second, of all threads together. Time in which a thread waited for a processor is
    /// left out.
    pub per_second: f64,
    /// The same with that time.
    pub wall_per_second: f64,
    /// Seconds that the threads were ready to run and did not, because others ran; `None` when the
    /// system does not say.
    pub waiting: Option<f64>,
    /// Seconds of all threads together.
    pub thread_seconds: f64,
    /// Nanoseconds a signature: one entry for each call, divided by its signatures.
    pub nanoseconds: Histogram<u64>,
    /// Of the work of an audit only.
    pub audit: Option<AuditSlice>,
}

impl Slice {
    /// Nothing done yet, to be added to.
    pub(super) fn empty() -> Self {
        Self {
            seconds: 0.0,
            signatures: 0,
            wrong: 0,
            per_second: 0.0,
            wall_per_second: 0.0,
            waiting: Some(0.0),
            thread_seconds: 0.0,
            nanoseconds: new_histogram(),
            audit: None,
        }
    }
}

/// What a slice of an audit's work comes to besides.
#[derive(Clone, Debug)]
pub(super) struct AuditSlice {
    /// Seconds for all of it, measured or extrapolated.
    pub seconds: f64,
    /// Of these for the preparation of keys.
    pub preparing: f64,
    /// Which part of the signatures was verified; 1 when all were.
    pub part: f64,
    /// Nanoseconds by algorithm and backend.
    pub latencies: Latencies,
}

/// A thread's part of the work, done call by call.
pub(super) trait Worker {
    /// Verifies some signatures: how many, and how many answers were wrong.
    fn call(&mut self) -> (u64, u64);
}

/// Makes a worker for each thread and lets them all work for so long.
pub(super) fn repeat<'w>(
    threads: usize,
    duration: Duration,
    worker: impl Fn(usize) -> Box<dyn Worker + 'w> + Sync,
) -> io::Result<Slice> {
    let tallies = on_threads(threads, |thread| {
        let mut worker = worker(thread);
        let mut tally = ThreadTally::begin();
        loop {
            let (signatures, wrong) = worker.call();
            if tally.count(signatures, wrong) >= duration {
                break;
            }
        }
        tally.end()
    })?;
    let mut slice = Slice::empty();
    for tally in tallies {
        let seconds = tally.elapsed.as_secs_f64();
        slice.seconds = slice.seconds.max(seconds);
        slice.thread_seconds += tally.lived.as_secs_f64();
        slice.signatures += tally.signatures;
        slice.wrong += tally.wrong;
        slice.per_second += rate(tally.signatures, tally.ran().as_secs_f64());
        slice.wall_per_second += rate(tally.signatures, seconds);
        let waited = tally.waited.map(|waited| waited.as_secs_f64());
        slice.waiting = slice.waiting.zip(waited).map(|(all, one)| all + one);
        // Both grow as needed, so adding cannot fail.
        let _ = slice.nanoseconds.add(&tally.nanoseconds);
    }
    Ok(slice)
}

/// So many a second; 0 of no time.
#[allow(clippy::cast_precision_loss)] // a rate
pub(super) fn rate(signatures: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { signatures as f64 / seconds } else { 0.0 }
}

/// What one thread did.
struct ThreadTally {
    /// Before the system was asked how long the thread had waited.
    born: Instant,
    start: Instant,
    last: Instant,
    /// Until the system had been asked again.
    lived: Duration,
    elapsed: Duration,
    signatures: u64,
    wrong: u64,
    waited: Option<Duration>,
    nanoseconds: Histogram<u64>,
}

impl ThreadTally {
    fn begin() -> Self {
        let born = Instant::now();
        let (waited, nanoseconds) = (waited_so_far(), new_histogram());
        let start = Instant::now();
        Self {
            born,
            lived: Duration::ZERO,
            start,
            last: start,
            elapsed: Duration::ZERO,
            signatures: 0,
            wrong: 0,
            waited,
            nanoseconds,
        }
    }

    /// Counts a call that ended just now; how long all calls took together.
    fn count(&mut self, signatures: u64, wrong: u64) -> Duration {
        let now = Instant::now();
        let call = u64::try_from((now - self.last).as_nanos()).unwrap_or(u64::MAX);
        self.last = now;
        self.elapsed = now - self.start;
        self.signatures += signatures;
        self.wrong += wrong;
        let each = signatures.max(1);
        // The histogram grows as needed, so recording cannot fail.
        let _ = self.nanoseconds.record((call + each / 2) / each);
        self.elapsed
    }

    fn end(mut self) -> Self {
        self.waited = self.waited.zip(waited_so_far()).map(|(then, now)| now.saturating_sub(then));
        self.lived = self.born.elapsed();
        self
    }

    /// How long it ran: its time without that in which it waited. The questions about that are part of
    /// it, lest a wait between them and the clock count as one that was measured.
    fn ran(&self) -> Duration {
        self.waited.map_or(self.elapsed, |waited| self.lived.saturating_sub(waited))
    }
}

/// How long this thread has waited for a processor so far (Linux, Documentation/scheduler/sched-stats).
pub(super) fn waited_so_far() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_ascii_whitespace().nth(1)?.parse().ok().map(Duration::from_nanos)
}

/// Runs `work` on so many threads that begin together; one is the calling thread itself.
///
/// # Errors
/// When a thread cannot be started. Nothing was run then.
pub(super) fn on_threads<T: Send>(
    threads: usize,
    work: impl Fn(usize) -> T + Sync,
) -> io::Result<Vec<T>> {
    if threads <= 1 {
        return Ok(vec![work(0)]);
    }
    let (gate, work) = (Gate::default(), &work);
    std::thread::scope(|scope| {
        let mut handles = Vec::with_capacity(threads);
        for thread in 0..threads {
            let gate = &gate;
            let body = move || gate.passes().then(|| work(thread));
            match std::thread::Builder::new().spawn_scoped(scope, body) {
                Ok(handle) => handles.push(handle),
                Err(error) => {
                    gate.open(false);
                    return Err(error);
                }
            }
        }
        gate.open(true);
        let join = |handle: std::thread::ScopedJoinHandle<'_, Option<T>>| {
            handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        Ok(handles.into_iter().filter_map(join).collect())
    })
}

/// Holds threads back until all are there, or sends them home.
#[derive(Default)]
struct Gate {
    verdict: Mutex<Option<bool>>,
    opened: Condvar,
}

impl Gate {
    fn open(&self, pass: bool) {
        *self.verdict.lock().unwrap_or_else(PoisonError::into_inner) = Some(pass);
        self.opened.notify_all();
    }

    fn passes(&self) -> bool {
        let mut verdict = self.verdict.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(pass) = *verdict {
                return pass;
            }
            verdict = self.opened.wait(verdict).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sleeper(u64);

    impl Worker for Sleeper {
        fn call(&mut self) -> (u64, u64) {
            std::thread::sleep(Duration::from_millis(1));
            (self.0, u64::from(self.0 > 4))
        }
    }

    #[test]
    fn a_slice_adds_up_what_its_threads_did() {
        let slice = repeat(3, Duration::from_millis(5), |thread| {
            Box::new(Sleeper(thread as u64 + 3)) // 3, 4 and 5 signatures a call
        })
        .unwrap();
        let calls = slice.nanoseconds.len();
        assert!(calls >= 3 && slice.signatures >= 12 && slice.signatures <= 5 * calls);
        assert!(slice.wrong >= 1 && slice.wrong < calls);
        assert!(slice.thread_seconds >= slice.seconds && slice.seconds >= 0.001);
        // A millisecond was slept for at most five signatures.
        assert!(slice.nanoseconds.min() >= 199_000, "{}", slice.nanoseconds.min());
    }

    #[test]
    fn even_no_time_is_enough_for_one_call() {
        let slice = repeat(1, Duration::ZERO, |_| Box::new(Sleeper(2))).unwrap();
        assert_eq!((slice.signatures, slice.nanoseconds.len()), (2, 1));
    }
}
