//! Zone audit: one zone, authoritative and complete.
//!
//! [`audit`] is the road in one function: read, order, prepare keys, judge lots in parallel, sum up.
//!
//! ```
//! use sigmill::audit::zone::{Config, JudgementTime, audit};
//! use sigmill::source::Source;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let zone = "example. 3600 IN SOA ns. host. 1 2 3 4 5\nexample. 3600 IN NS ns.\n";
//! let source = Source::from_bytes("example.zone", zone.into());
//! let config = Config { times: vec![JudgementTime::At(1_800_000_000)], ..Config::default() };
//! let summary = audit(source, &config, &mut |finding| println!("{}", finding.code))?;
//! assert_eq!(summary.input.records, 2);
//! # Ok(())
//! # }
//! ```

pub mod config;
pub mod outcome;
pub mod summary;
pub mod trust;

mod cds;
mod chains;
mod charter;
mod compare;
mod conclude;
mod delegation;
mod denial;
mod facts;
mod judge;
mod keys;
mod lots;
mod passing;
mod placement;
mod signature;
mod stages;
mod standing;
mod tally;
mod versions;
mod whole;
mod zonemd;

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::audit::denial::EmptyNonTerminals;
use crate::audit::findings::{Code, Finding, Place};
use crate::dns::{Class, Name, RType};
use crate::engine::{Distribution, Stopwatch};
use crate::pipeline;
use crate::rrset::{Collector, OwnerId, OwnerRecords, Position};
use crate::source::{OpenOptions, Source, SourceError};
use crate::zonefile::{Fault, PartEvent, ReadError, ReadFacts, ReadOptions, ZoneText, read_parts};

pub use config::{Config, JudgementTime, Limits, PreviousInput, Progress, Sha1, ZonemdPolicy};
pub use outcome::Listener;
pub use summary::Summary;
pub use trust::{Anchor, AnchorForm};

use chains::Chains;
use charter::{Census, Charter, Setting};
use denial::named;
use facts::{algorithm_facts, input_facts, key_facts};
use judge::{Bench, Court};
use lots::{Lot, lot_records, lots};
use outcome::{FindingsOnly, ZoneAtHand};
use stages::{Stages, workers};
use standing::standings;
use summary::{DenialFacts, Trust};
use tally::{Tally, code_counts};
use trust::Anchoring;
use versions::{Now, Previous, Versions};

/// Why a zone could not be audited at all. What is wrong with the zone itself is a finding.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input could not be read to its end.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// There is nothing that can be read as a record.
    #[error("{file} holds no records{unreadable}")]
    NoRecords {
        /// The file, as it was named.
        file: String,
        /// Entries that could not be read.
        unreadable: Unreadable,
    },
    /// Without a SOA record the apex is not known.
    #[error(
        "{file} has no SOA record, so the zone's apex is not known (name it with \
         --origin){unreadable}"
    )]
    NoApex {
        /// The file, as it was named.
        file: String,
        /// Entries that could not be read.
        unreadable: Unreadable,
    },
    /// The previous version is of another zone.
    #[error(
        "{previous} is of the zone {previous_zone}, and {file} of {zone}: they are not two versions \
         of one zone"
    )]
    OtherZone {
        /// The zone's file, as it was named.
        file: String,
        /// Its apex and class.
        zone: String,
        /// The file of the previous version, as it was named.
        previous: String,
        /// Its apex and class.
        previous_zone: String,
    },
    /// [`Config::stop`] was set.
    #[error("stopped before the end")]
    Stopped,
    /// The worker threads could not be started.
    #[error("cannot start the worker threads")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Source(error) => Self::Source(error),
            ReadError::Threads(error) => Self::Threads(error),
        }
    }
}

/// Entries that could not be read: how many, and the first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Unreadable {
    /// How many.
    pub count: u64,
    /// Place and fault of the first.
    pub first: Option<String>,
}

impl Unreadable {
    /// Counts an entry by the finding about it.
    fn count_in(&mut self, finding: &Finding) {
        self.count += 1;
        self.first.get_or_insert_with(|| {
            let place = finding.place.as_ref().map_or_else(String::new, Place::to_string);
            format!("{place}: {}", finding.detail.as_deref().unwrap_or_default())
        });
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.count, &self.first) {
            (0, _) | (_, None) => Ok(()),
            (1, Some(first)) => write!(f, "; one entry could not be read, {first}"),
            (count, Some(first)) => {
                write!(f, "; {count} entries could not be read, the first at {first}")
            }
        }
    }
}

/// Audits the zone that `source` holds. Findings go to `on_finding` as they are made, on the calling
/// thread and in an order that depends on the input alone: unreadable entries in the order of the
/// text, then the zone, its keys, its RRsets in canonical order, and its trust.
///
/// # Errors
/// When the input cannot be read to its end, or holds no zone.
pub fn audit(
    source: Source,
    config: &Config,
    on_finding: &mut dyn FnMut(&Finding),
) -> Result<Summary, Error> {
    audit_with(source, config, &mut FindingsOnly(on_finding))
}

/// The same with somebody who may want to know more than findings: what became of each RRset and
/// each signature, in the order of the audit.
///
/// # Errors
/// When the input cannot be read to its end, or holds no zone.
pub fn audit_with(
    source: Source,
    config: &Config,
    listener: &mut dyn Listener,
) -> Result<Summary, Error> {
    let mut audit = Audit::new(&source, config, listener);
    let previous = versions::open(config)?;
    let source = spool(source, config, &config.progress, &mut audit.stages.spool)?;
    if passing::may_be_tried(&source, &audit)
        && let Some(again) = source.again(&OpenOptions { map: config.map })?
    {
        match passing::attempt(again, &mut audit)? {
            Ok(passed) => return audit.pass(passed),
            Err(_irregular) => audit.begin_again(),
        }
    }
    let mut unreadable = Unreadable::default();
    let mut on_unreadable = |finding: Finding| {
        unreadable.count_in(&finding);
        audit.sink.report(&mut audit.tally, finding);
    };
    let name = source.name().to_owned();
    let (collector, facts, text) =
        collect(source, config, &config.progress, &mut audit.stages.read, &mut on_unreadable)?;
    stopped(config)?;
    let (apex, class) = find_apex(&collector, config, name.clone(), unreadable)?;
    let signatures = collector.signatures();
    config.progress.signatures_total.store(signatures as u64, Ordering::Relaxed);
    audit.stages.order.items = facts.records;
    let (shape, made_with) = (collector.shape(), collector.nsec3_parameters());
    let signatures_by_tag = collector.signatures_by_tag().clone();
    let ordered = audit.stages.order.time(|| collector.order(&apex, text));
    let zone = (name.as_str(), &apex, class);
    let Stages { spool: spool_watch, previous: previous_watch, .. } = &mut audit.stages;
    let read = |previous| {
        let previous = spool(previous, config, &Progress::default(), spool_watch)?;
        Previous::read(previous, config, zone, previous_watch)
    };
    let previous = previous.map(read).transpose()?;
    stopped(config)?;

    let at_apex = ordered.load(&ordered.find(&apex));
    let apex_records = OwnerRecords::first(&at_apex, class);
    let (signatures_by_tag, made_with) = (&signatures_by_tag, made_with.as_slice());
    let census = Census { signatures, signatures_by_tag, shape, made_with };
    let charter = Charter::new(apex, class, &apex_records, &census, config);
    let times = audit.times.clone();
    let versions = previous
        .as_ref()
        .map(|previous| Versions::new(previous, &charter.apex, &charter.table, times[0]));
    let setting = Setting {
        config,
        times: &times,
        versions: versions.as_ref(),
        files: &facts.files,
        wants_outcomes: audit.sink.listener.wants_outcomes(),
        stop: &config.stop,
    };
    let court = charter.court(&ordered, &setting);
    audit.open(&charter, &court, &apex_records);
    let zonemd_hashes = zonemd::hashes(config.zonemd, &apex_records, charter.serial);
    let (denial, digests) = std::thread::scope(|scope| {
        let digests =
            scope.spawn(|| zonemd::digest(&ordered, class, &charter.apex, &zonemd_hashes));
        let denial = audit.judge_lots(&court);
        let digests = digests.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        denial.map(|denial| (denial, digests))
    })?;
    Ok(audit.close(&charter, &court, &apex_records, &facts, denial, &digests))
}

/// An audit that is under way: what came of it so far, and where that goes.
struct Audit<'a> {
    start: Instant,
    config: &'a Config,
    times: Vec<JudgementTime>,
    /// The way the octets come.
    transport: String,
    tally: Tally,
    stages: Stages,
    sink: Sink<'a>,
}

impl<'a> Audit<'a> {
    fn new(source: &Source, config: &'a Config, listener: &'a mut dyn Listener) -> Self {
        let times = judgement_times(config);
        Self {
            start: Instant::now(),
            config,
            transport: source.transport().to_string(),
            tally: Tally::new(times.len()),
            times,
            stages: Stages::default(),
            sink: Sink { config, listener },
        }
    }

    fn report(&mut self, finding: Finding) {
        self.sink.report(&mut self.tally, finding);
    }

    /// Forgets what an attempt found, but not the time that it took.
    fn begin_again(&mut self) {
        let progress = &self.config.progress;
        for counter in [&progress.records, &progress.signatures, &progress.findings] {
            counter.store(0, Ordering::Relaxed);
        }
        self.tally = Tally::new(self.times.len());
        let spool = std::mem::take(&mut self.stages).spool;
        self.stages.spool = spool;
    }

    /// Tells of a zone that was judged in passing.
    fn pass(mut self, passed: passing::Passed) -> Result<Summary, Error> {
        let passing::Passed { charter, apex, facts, faults, findings, denial } = passed;
        for fault in faults {
            stopped(self.config)?;
            self.report(fault);
        }
        stopped(self.config)?;
        let times = self.times.clone();
        let setting = Setting {
            config: self.config,
            times: &times,
            versions: None,
            files: &facts.files,
            wants_outcomes: false,
            stop: &self.config.stop,
        };
        let court = charter.court(&apex, &setting);
        let at_apex = apex.load(&apex.find(&charter.apex));
        let apex_records = OwnerRecords::first(&at_apex, charter.class);
        self.open(&charter, &court, &apex_records);
        for finding in &findings {
            stopped(self.config)?;
            self.sink.listener.finding(finding);
        }
        stopped(self.config)?;
        let digests = zonemd::Digests::new();
        Ok(self.close(&charter, &court, &apex_records, &facts, denial, &digests))
    }

    /// Tells what is known of a zone before anything of it is judged.
    fn open(&mut self, charter: &Charter, court: &Court<'_>, apex: &OwnerRecords<'_>) {
        let Charter { apex: name, class, plan_findings, .. } = charter;
        let (times, files) = (court.times, court.files);
        self.sink.listener.zone(&ZoneAtHand { apex: name, class: *class, times, files });
        for finding in whole::known_before(court, apex, plan_findings.clone()) {
            self.report(finding);
        }
    }

    /// Tells what follows when all has been judged, and sums up.
    fn close(
        mut self,
        charter: &Charter,
        court: &Court<'_>,
        apex_records: &OwnerRecords<'_>,
        facts: &ReadFacts,
        denial: Vec<DenialFacts>,
        digests: &zonemd::Digests,
    ) -> Summary {
        let &Charter { apex, class, ref table, ref usability, kind, serial, .. } = charter;
        let (config, times) = (self.config, court.times);
        let anchoring = Anchoring::new(config, times, &apex, table, usability);
        let anchored: Vec<bool> = table.iter().map(|(index, _)| anchoring.anchors(index)).collect();
        for finding in whole::known_after(court, apex_records, &anchoring, &self.tally) {
            self.report(finding);
        }
        let mut on_zonemd = |finding: Finding, place: Option<Position>| {
            let place = place.map(|place| court.place(place));
            self.report(Finding { place, ..finding });
        };
        let zonemd = zonemd::judge(config.zonemd, apex_records, serial, digests, &mut on_zonemd);
        let (trust_kind, anchors) = anchoring.judge(kind, &self.tally.dnskey_signers);
        if trust_kind == summary::TrustKind::NotAnchored {
            let finding = Finding::new(Code::DnskeyNotAnchored);
            let rtype = Some(RType::DNSKEY);
            self.report(Finding { owner: Some(apex), rtype, ..finding });
        }
        if let Some(versions) = court.versions {
            let signers = &self.tally.dnskey_signers;
            let now = Now { apex: &apex, serial, table, signers, trust: trust_kind };
            for finding in versions.findings(&now, &self.tally.versions) {
                self.report(finding);
            }
        }
        let Self { tally, transport, .. } = self;
        Summary {
            input: input_facts(facts, transport, apex, class, serial, &tally),
            trust: Trust { kind: trust_kind, anchors },
            keys: key_facts(table, usability, &anchored, &tally),
            zonemd,
            previous: court.versions.map(|versions| versions.facts(&tally.versions)),
            denial,
            times: tally.time_facts(times),
            algorithms: algorithm_facts(&tally),
            reasons: code_counts(&tally.reasons),
            findings: code_counts(&tally.findings),
            lifetime: tally.lifetime.facts(),
            rrset_octets: Distribution::of(&tally.rrset_octets),
            performance: self.stages.performance(self.start, config.threads, table),
        }
    }

    /// Sends the zone through the pipeline, lot by lot, and then along its chains.
    fn judge_lots(&mut self, court: &Court<'_>) -> Result<Vec<DenialFacts>, Error> {
        let threads = self.config.threads;
        let Self { stages, tally, sink, .. } = self;
        let mut empty: EmptyNonTerminals<OwnerId> =
            EmptyNonTerminals::new(court.ordered.apex_key());
        let hashes = !court.plan.sets.is_empty();
        let mut keys = court.ordered.keys();
        let owners = standings(court.ordered).inspect(|(owner, standing)| {
            let named = named(*standing, owner.shape);
            if hashes && owner.below_apex {
                empty.pass_below_apex(owner.id(), named);
            } else if hashes {
                let append_key = |id, out: &mut Vec<u8>| out.extend_from_slice(keys.of(id));
                empty.pass(owner.id(), named, append_key);
            }
        });
        let benches: Mutex<Vec<Bench>> = Mutex::new(Vec::new());
        let lock = || benches.lock().unwrap_or_else(PoisonError::into_inner);
        let work = |lot: Lot| {
            let mut bench = lock().pop().unwrap_or_default();
            let judged = court.judge(&lot, &mut bench);
            lock().push(bench);
            judged
        };
        let mut chains = Chains::new(court.plan);
        let before = court.versions.map(Versions::ordered);
        let records = lot_records(stages.read.items + stages.previous.items, workers(threads));
        let lots = lots(court.ordered, owners, before, records, court.stop);
        pipeline::run(threads, lots, work, |judged| {
            tally.merge(&judged.tally);
            judged.findings.iter().for_each(|finding| sink.listener.finding(finding));
            judged.outcomes.iter().for_each(|outcome| sink.listener.outcome(outcome));
            let mut report = |finding| sink.report(tally, court.weigh(finding));
            stages.deny.time(|| chains.add(court, judged.denial, &mut report));
        })?;
        stopped(sink.config)?;
        lock().iter().for_each(|bench| stages.add(bench));
        let mut report = |finding| sink.report(tally, court.weigh(finding));
        let denial = stages.deny.time(|| chains.finish(court, empty, threads, &mut report))?;
        stages.deny.items = denial.iter().map(DenialFacts::records).sum();
        Ok(denial)
    }
}

fn stopped(config: &Config) -> Result<(), Error> {
    if config.stop.load(Ordering::Relaxed) { Err(Error::Stopped) } else { Ok(()) }
}

/// Where findings go: weighed, counted, handed to the caller.
struct Sink<'s> {
    config: &'s Config,
    listener: &'s mut dyn Listener,
}

impl Sink<'_> {
    fn report(&mut self, tally: &mut Tally, mut finding: Finding) {
        if self.config.policy.weigh(&mut finding) {
            tally.count_finding(&finding);
            Progress::add(&self.config.progress.findings, 1);
            self.listener.finding(&finding);
        }
    }
}

/// The times asked for; the present if none was.
fn judgement_times(config: &Config) -> Vec<JudgementTime> {
    if !config.times.is_empty() {
        return config.times.clone();
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    vec![JudgementTime::At(now.as_secs().cast_signed())]
}

/// Puts the text into a file, where that is wanted and it is not there as a whole.
fn spool(
    source: Source,
    config: &Config,
    progress: &Progress,
    watch: &mut Stopwatch,
) -> Result<Source, SourceError> {
    let Some(directory) = config.spool.as_ref().filter(|_| source.is_stream()) else {
        return Ok(source);
    };
    progress.bytes_total.store(source.stored_len().unwrap_or(0), Ordering::Relaxed);
    let mut go_on = |stored| {
        progress.bytes_read.store(stored, Ordering::Relaxed);
        !config.stop.load(Ordering::Relaxed)
    };
    let spooled = watch.time(|| source.spooled(directory, &mut go_on))?;
    watch.items += spooled.stored_len().unwrap_or(0);
    Ok(spooled)
}

fn read_options(config: &Config) -> ReadOptions {
    ReadOptions {
        origin: config.origin,
        allow_include: config.allow_include,
        open: OpenOptions { map: config.map },
        entry_octets: config.limits.entry_octets,
        part_octets: config.limits.part_octets,
        head_octets: config.limits.head_octets,
        include_depth: config.limits.include_depth,
        generate_records: config.limits.generate_records,
        stop: Arc::clone(&config.stop),
        ..ReadOptions::default()
    }
}

/// An entry that could not be read, as a finding.
fn unreadable(fault: Fault) -> Finding {
    let Fault { file, line, column, error, excerpt } = fault;
    Finding {
        detail: Some(error.to_string()),
        place: Some(Place { file, line, column: Some(column) }),
        excerpt: Some(excerpt),
        ..Finding::new(Code::RecordUnreadable)
    }
}

/// Reads all records. Unreadable entries are findings.
fn collect(
    source: Source,
    config: &Config,
    progress: &Progress,
    watch: &mut Stopwatch,
    on_finding: &mut dyn FnMut(Finding),
) -> Result<(Collector, ReadFacts, Option<ZoneText>), ReadError> {
    let options = read_options(config);
    progress.bytes_total.store(source.stored_len().unwrap_or(0), Ordering::Relaxed);
    // A part takes the apex that was found so far for the zone's.
    let collected = Mutex::new(Collector::new());
    let lock = || collected.lock().unwrap_or_else(PoisonError::into_inner);
    let mut on_event = |event: PartEvent<Collector>| match event {
        PartEvent::Part { sink, .. } => lock().append(sink),
        PartEvent::Progress { stored, records } => {
            progress.bytes_read.store(stored, Ordering::Relaxed);
            progress.records.store(records, Ordering::Relaxed);
        }
        PartEvent::Fault(fault) => on_finding(unreadable(fault)),
    };
    let new_part = || lock().behind();
    let (facts, text) = read_parts(source, &options, config.threads, &new_part, &mut on_event)?;
    watch.busy += facts.busy;
    watch.items = facts.records;
    watch.bytes = facts.bytes;
    Ok((collected.into_inner().unwrap_or_else(PoisonError::into_inner), facts, text))
}

/// The apex and the class: the SOA's, unless the apex is given. Of several SOA owners the highest
/// in the tree, which is the first in canonical order.
fn find_apex(
    collector: &Collector,
    config: &Config,
    file: String,
    unreadable: Unreadable,
) -> Result<(Name, Class), Error> {
    if collector.is_empty() {
        return Err(Error::NoRecords { file, unreadable });
    }
    let soa_owners = collector.soa_owners();
    let Some(origin) = config.origin else {
        let first = soa_owners.first().copied();
        return first.ok_or(Error::NoApex { file, unreadable });
    };
    let class = soa_owners.iter().find(|(owner, _)| *owner == origin).map(|&(_, class)| class);
    let class = class.or_else(|| collector.least_class()).unwrap_or(Class::IN);
    Ok((origin.to_lowercase(), class))
}
