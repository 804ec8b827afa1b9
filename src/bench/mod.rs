//! The comparison of backends on the work that a validator does: how many signatures a second, by
//! which library, on how many threads, at which latency.
//!
//! The work is made on the spot ([`Matrix`]: kinds of keys × stages × backends), or it is what an
//! audit of a real zone or capture verifies ([`InputConfig`]), written down by that audit itself.
//! Every backend must first tell good signatures from corrupted ones. Then all take turns in rounds;
//! what is told of each is the median of its rounds, and how sure that is.
//!
//! ```
//! use std::time::Duration;
//! use sigmill::bench::{Config, Contender, Kind, Matrix, WorkConfig, compare};
//!
//! let matrix = Matrix { kinds: vec![Kind::ED25519], ..Matrix::default() };
//! let config = Config {
//!     contenders: Contender::all_backends(),
//!     threads: vec![1],
//!     time: Duration::from_millis(5),
//!     ..Config::new(WorkConfig::Generated(matrix))
//! };
//! let comparison = compare(&config)?;
//! for row in &comparison.rows {
//!     println!("{}: {:.0} signatures/s", row.label(), row.per_second.median);
//! }
//! assert!(comparison.failures.is_empty());
//! # Ok::<(), sigmill::bench::Error>(())
//! ```

pub mod kind;
pub mod machine;
pub mod result;

mod conclude;
mod contender;
mod generated;
mod input;
mod material;
mod progress;
mod replay;
mod schedule;
mod slice;
mod statistics;
mod warnings;

#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::crypto::SignerError;
use crate::engine::Recording;

pub use contender::Contender;
pub use input::{InputConfig, InputError, InputForm};
pub use kind::{Kind, KindError};
pub use machine::Machine;
pub use progress::{Phase, Progress};
pub use result::{Comparison, KeyUse, Row, Stage, Work};
pub use statistics::Estimate;

use conclude::{Measured, rows};
use generated::Request;
use material::Material;
use replay::Replay;
use result::{Failure, Input, Refused, Settings};
use schedule::{Cell, Rounds};
use slice::Workload;
use warnings::Around;

/// What is to be compared, and how.
#[derive(Clone, Debug)]
pub struct Config {
    /// Who is compared.
    pub contenders: Vec<Contender>,
    /// The name of the one that ratios are to. Where it is not compared, the first one is.
    pub baseline: &'static str,
    /// Numbers of threads, each at least 1.
    pub threads: Vec<usize>,
    /// How long each measurement takes, about.
    pub time: Duration,
    /// The work.
    pub work: WorkConfig,
    /// Counters that another thread may watch.
    pub progress: Arc<Progress>,
    /// Set by another thread, this ends the comparison soon, with [`Error::Stopped`].
    pub stop: Arc<AtomicBool>,
}

impl Config {
    /// All backends at this work, on one thread and on all processors, a second each, with ratios to
    /// aws-lc.
    #[must_use]
    pub fn new(work: WorkConfig) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let mut threads = vec![1, processors];
        threads.dedup();
        Self {
            contenders: Contender::all_backends(),
            baseline: "aws-lc",
            threads,
            time: Duration::from_secs(1),
            work,
            progress: Arc::default(),
            stop: Arc::default(),
        }
    }
}

/// Where the work comes from.
#[derive(Clone, Debug)]
pub enum WorkConfig {
    /// Keys and signatures are made on the spot.
    Generated(Matrix),
    /// It is what an audit of an input verifies.
    Input(InputConfig),
}

/// Works over keys and signatures that are made on the spot: each combination of these.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// Kinds of keys.
    pub kinds: Vec<Kind>,
    /// What is done.
    pub stages: Vec<Stage>,
    /// When keys are prepared.
    pub keys: Vec<KeyUse>,
    /// Signatures that each key is prepared for, at least 1.
    pub signatures_per_key: Vec<usize>,
    /// Signatures in a call, at least 1; `None` is as many as the backend likes.
    pub batches: Vec<Option<usize>>,
    /// How long primes are searched for.
    pub key_search: Duration,
}

impl Default for Matrix {
    /// Verification under prepared keys that have ten thousand signatures, of the kinds that most
    /// zones have.
    fn default() -> Self {
        let curves = [Kind::P256, Kind::P384, Kind::ED25519, Kind::ED448];
        let rsa = [1024, 1280, 2048, 4096].map(|bits| Kind::rsa(bits, 65537));
        Self {
            kinds: [curves, rsa].concat(),
            stages: vec![Stage::Verify],
            keys: vec![KeyUse::Ready],
            signatures_per_key: vec![10_000],
            batches: vec![None],
            key_search: Duration::from_secs(120),
        }
    }
}

/// Why nothing was compared. Wrong answers of a backend are a [`Failure`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Keys could not be made.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The input gives no work.
    #[error(transparent)]
    Input(#[from] InputError),
    /// Threads could not be started.
    #[error("cannot start the threads")]
    Threads(#[source] io::Error),
    /// More combinations than anybody waits for.
    #[error("{count} measurements are more than {most}: ask for fewer combinations")]
    TooMany {
        /// How many were asked for.
        count: usize,
        /// How many there may be.
        most: usize,
    },
    /// [`Config::stop`] was set.
    #[error("stopped before the end")]
    Stopped,
}

/// Measurements in one comparison: at a tenth of a second each more than half an hour.
pub const MOST_MEASUREMENTS: usize = 20_000;

/// Compares.
///
/// # Errors
/// When there is no work, or threads cannot be started.
pub fn compare(config: &Config) -> Result<Comparison, Error> {
    let begun = Begun::now();
    match &config.work {
        WorkConfig::Generated(matrix) => {
            let requests = requests(config, matrix)?;
            config.progress.enter(Phase::Making);
            let material = Material::make(&matrix.kinds, matrix.key_search)?;
            config.progress.enter(Phase::Checking);
            let mut entrants = Entrants::default();
            for material in &material {
                for request in &requests {
                    entrants.generated(material, *request);
                }
            }
            measure(config, begun, entrants, None)
        }
        WorkConfig::Input(input) => {
            config.progress.enter(Phase::Reading);
            let (recording, facts) = input::record(input)?;
            config.progress.enter(Phase::Checking);
            let mut entrants = Entrants::default();
            for contender in &config.contenders {
                entrants.replayed(&recording, *contender);
            }
            measure(config, begun, entrants, Some(facts))
        }
    }
}

/// What was the case at the beginning.
struct Begun {
    at: Instant,
    unix: i64,
    machine: Machine,
    ticks: Option<(u64, u64)>,
}

impl Begun {
    fn now() -> Self {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            at: Instant::now(),
            unix: i64::try_from(unix.as_secs()).unwrap_or(i64::MAX),
            machine: Machine::look(),
            ticks: machine::stolen_ticks(),
        }
    }

    /// The part of the processors' time that the machine below took since then.
    #[allow(clippy::cast_precision_loss)] // a part
    fn stolen(&self) -> Option<f64> {
        let ((all, stolen), (all_now, stolen_now)) = self.ticks.zip(machine::stolen_ticks())?;
        let all = all_now.checked_sub(all).filter(|&all| all > 0)?;
        Some(stolen_now.saturating_sub(stolen) as f64 / all as f64)
    }
}

/// Signatures that keys are prepared for which only hash: enough for each backend to take them.
const HASHED: usize = 1000;

/// Every combination but that of kinds; hashing knows no keys.
fn requests(config: &Config, matrix: &Matrix) -> Result<Vec<Request>, Error> {
    let mut requests = Vec::new();
    for &stage in &matrix.stages {
        let hashes = stage == Stage::Hash;
        for &keys in if hashes { &[KeyUse::Ready][..] } else { &matrix.keys } {
            for &signatures_per_key in
                if hashes { &[HASHED][..] } else { &matrix.signatures_per_key }
            {
                for &batch in &matrix.batches {
                    for &contender in &config.contenders {
                        requests.push(Request {
                            stage,
                            contender,
                            keys,
                            signatures_per_key,
                            batch,
                        });
                    }
                }
            }
        }
    }
    let count = requests.len() * matrix.kinds.len() * config.threads.len();
    if count > MOST_MEASUREMENTS {
        return Err(Error::TooMany { count, most: MOST_MEASUREMENTS });
    }
    Ok(requests)
}

/// Those that passed the check, and those that did not.
#[derive(Default)]
struct Entrants<'w> {
    passed: Vec<Entrant<'w>>,
    failures: Vec<Failure>,
    refusals: Vec<Refused>,
}

/// A workload that is to be measured.
pub(in crate::bench) struct Entrant<'w> {
    work: Work,
    contender: Contender,
    backend: Option<&'static str>,
    kernel: Option<&'static str>,
    batch: Option<usize>,
    workload: Entered<'w>,
}

/// A workload of either origin.
enum Entered<'w> {
    Generated(Box<dyn Workload + 'w>),
    Replay(Replay<'w>),
}

impl Entered<'_> {
    fn workload(&self) -> &dyn Workload {
        match self {
            Self::Generated(workload) => &**workload,
            Self::Replay(replay) => replay,
        }
    }
}

impl<'w> Entrants<'w> {
    fn generated(&mut self, material: &'w Material, request: Request) {
        let hashes = request.stage == Stage::Hash;
        let work = Work {
            stage: request.stage,
            kind: Some(material.kind),
            keys: (!hashes).then_some(request.keys),
            signatures_per_key: (!hashes).then_some(request.signatures_per_key),
            batch: request.batch,
        };
        match generated::prepare(material, request) {
            Err(refusal) => self.refusals.push(Refused {
                work,
                contender: request.contender.name(),
                reason: refusal.to_string(),
            }),
            Ok(prepared) => self.enter(Entrant {
                work,
                contender: request.contender,
                backend: Some(prepared.backend),
                kernel: prepared.kernel,
                batch: Some(prepared.batch),
                workload: Entered::Generated(prepared.workload),
            }),
        }
    }

    fn replayed(&mut self, recording: &'w Recording, contender: Contender) {
        let stage = Stage::Audit;
        let work = Work { stage, kind: None, keys: None, signatures_per_key: None, batch: None };
        self.enter(Entrant {
            work,
            contender,
            backend: None,
            kernel: None,
            batch: None,
            workload: Entered::Replay(Replay::new(recording, contender.choice())),
        });
    }

    /// Lets in who gives right answers.
    fn enter(&mut self, entrant: Entrant<'w>) {
        let check = entrant.workload.workload().check();
        if check.wrong() == 0 {
            self.passed.push(entrant);
            return;
        }
        self.failures.push(Failure {
            work: entrant.work,
            contender: entrant.contender.name(),
            good: check.good,
            rejected: check.rejected,
            corrupted: check.corrupted,
            accepted: check.accepted,
        });
    }
}

fn measure(
    config: &Config,
    begun: Begun,
    entrants: Entrants<'_>,
    input: Option<Input>,
) -> Result<Comparison, Error> {
    let rounds = Rounds::of(config.time, input.is_some());
    let mut threads = config.threads.clone();
    threads.sort_unstable();
    threads.dedup();
    let count = threads.len();
    let Entrants { passed, mut failures, refusals } = entrants;
    let mut cells: Vec<Cell<'_>> = Vec::new();
    for entrant in &passed {
        let cell = |&threads| Cell::new(entrant.workload.workload(), threads);
        cells.extend(threads.iter().map(cell));
    }
    schedule::run(&mut cells, rounds, begun.at, &config.progress, &config.stop)?;
    let mut measured = Vec::new();
    for (place, Cell { threads, slices, .. }) in cells.into_iter().enumerate() {
        // Each entrant has a cell for each number of threads.
        let entrant = &passed[place / count];
        let wrong: u64 = slices.iter().map(|(_, _, slice)| slice.wrong).sum();
        if wrong == 0 {
            measured.push(Measured { entrant, threads, slices });
            continue;
        }
        failures.push(Failure {
            work: entrant.work,
            contender: entrant.contender.name(),
            good: slices.iter().map(|(_, _, slice)| slice.signatures).sum(),
            rejected: wrong,
            corrupted: 0,
            accepted: 0,
        });
    }
    let names: Vec<_> = config.contenders.iter().map(|contender| contender.name()).collect();
    let baseline = names.iter().find(|name| **name == config.baseline).or(names.first());
    let baseline = baseline.copied().unwrap_or(config.baseline);
    let rows = rows(measured, baseline);
    let around = Around { stolen: begun.stolen(), threads: threads.last().copied().unwrap_or(1) };
    Ok(Comparison {
        started: begun.unix,
        seconds: begun.at.elapsed().as_secs_f64(),
        warnings: warnings::warnings(&begun.machine, around, &rows, input.as_ref()),
        machine: begun.machine,
        settings: Settings {
            time_seconds: config.time.as_secs_f64(),
            rounds: rounds.count,
            baseline,
            threads,
        },
        input,
        rows,
        failures,
        refusals,
    })
}
