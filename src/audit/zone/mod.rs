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
mod compare;
mod conclude;
mod delegation;
mod denial;
mod facts;
mod judge;
mod keys;
mod lots;
mod placement;
mod signature;
mod standing;
mod tally;
mod versions;
mod whole;
mod zonemd;

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::audit::denial::{Bounds, EmptyNonTerminals, Plan};
use crate::audit::findings::{Code, Finding, Place};
use crate::audit::rrsig::Keys;
use crate::audit::usability::Usability;
use crate::crypto::backend;
use crate::dns::rdata::Soa;
use crate::dns::{Class, Name, RType};
use crate::engine::{Distribution, KeyTable, Latencies, Preparation, Stopwatch};
use crate::pipeline;
use crate::rrset::{Collector, OwnerId, OwnerRecords, Position, Rrset, SignatureCounts};
use crate::source::{OpenOptions, Source, SourceError};
use crate::zonefile::scan;
use crate::zonefile::{PartEvent, ReadError, ReadFacts, ReadOptions, ZoneText, read_parts};

pub use config::{Config, JudgementTime, Limits, PreviousInput, Progress, Sha1, ZonemdPolicy};
pub use outcome::Listener;
pub use summary::Summary;
pub use trust::{Anchor, AnchorForm};

use chains::Chains;
use denial::{DenialTtl, named};
use facts::{algorithm_facts, input_facts, key_facts};
use judge::{Bench, Court};
use keys::promised_algorithms;
use lots::{Lot, lot_records, lots};
use outcome::{FindingsOnly, ZoneAtHand};
use signature::Context;
use standing::standings;
use summary::{DenialFacts, LatencyFacts, Performance, StageFacts, TableFacts, Trust};
use tally::{Tally, code_counts};
use trust::{Anchoring, ZoneKind};

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
    let start = Instant::now();
    let times = judgement_times(config);
    let mut tally = Tally::new(times.len());
    let mut sink = Sink { config, listener };
    let transport = source.transport().to_string();
    let name = source.name().to_owned();

    let mut stages = Stages::default();
    let mut unreadable = Unreadable::default();
    let mut on_unreadable = |finding: Finding| {
        unreadable.count_in(&finding);
        sink.report(&mut tally, finding);
    };
    let previous = versions::open(config)?;
    let source = spool(source, config, &config.progress, &mut stages.spool)?;
    let (collector, facts, text) =
        collect(source, config, &config.progress, &mut stages.read, &mut on_unreadable)?;
    stopped(config)?;
    let (apex, class) = find_apex(&collector, config, name.clone(), unreadable)?;
    let signatures = collector.signatures();
    config.progress.signatures_total.store(signatures as u64, Ordering::Relaxed);
    stages.order.items = facts.records;
    let (shape, made_with) = (collector.shape(), collector.nsec3_parameters());
    let signatures_by_tag = collector.signatures_by_tag().clone();
    let ordered = stages.order.time(|| collector.order(&apex, text));
    let zone = (name.as_str(), &apex, class);
    let read = |previous| {
        let previous = spool(previous, config, &Progress::default(), &mut stages.spool)?;
        Previous::read(previous, config, zone, &mut stages.previous)
    };
    let previous = previous.map(read).transpose()?;
    stopped(config)?;

    let at_apex = ordered.load(&ordered.find(&apex));
    let apex_records = OwnerRecords::first(&at_apex, class);
    let table = key_table(&apex_records, config, &signatures_by_tag);
    let usability = Usability::new(&table, config.sha1, config.limits.rsa_exponent_bits);
    let kind = zone_kind(&table, signatures, config.sha1);
    let anchoring = Anchoring::new(config, &times, &apex, &table, &usability);
    let versions = previous.as_ref();
    let versions = versions.map(|previous| Versions::new(previous, &apex, &table, times[0]));
    let soa = single_soa(&apex_records);
    let serial = soa.map(|(soa, _)| soa.serial);
    let bounds =
        Bounds { iterations: config.limits.nsec3_iterations, chains: config.limits.nsec3_chains };
    let (plan, plan_findings) = match kind {
        ZoneKind::Unsigned => (Plan::default(), Vec::new()),
        _ => Plan::new(&apex, &apex_records, shape, &made_with, bounds),
    };
    let court = Court {
        ordered: &ordered,
        class,
        kind,
        context: Context {
            apex: &apex,
            keys: Keys {
                table: &table,
                usability: &usability,
                limits: config.limits,
                sha1: config.sha1,
            },
        },
        plan: &plan,
        one_chain: plan.is_made_with(&made_with),
        denial_ttl: soa.map(|(soa, ttl)| DenialTtl { soa: ttl, minimum: soa.minimum }),
        promised: &promised_algorithms(&table),
        times: &times,
        versions: versions.as_ref(),
        expire_within: config.expire_within.map(|margin| margin.as_secs().cast_signed()),
        files: &facts.files,
        policy: &config.policy,
        wants_outcomes: sink.listener.wants_outcomes(),
        progress: &config.progress,
        stop: &config.stop,
    };
    let (files, times) = (&facts.files, &times);
    sink.listener.zone(&ZoneAtHand { apex: &apex, class, times, files });
    for finding in whole::known_before(&court, &apex_records, plan_findings) {
        sink.report(&mut tally, finding);
    }
    let zonemd_hashes = zonemd::hashes(config.zonemd, &apex_records, serial);
    let (denial, digests) = std::thread::scope(|scope| {
        let digests = scope.spawn(|| zonemd::digest(&ordered, class, &apex, &zonemd_hashes));
        let denial = judge_lots(&court, config.threads, &mut stages, &mut tally, &mut sink);
        let digests = digests.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        denial.map(|denial| (denial, digests))
    })?;

    let anchored: Vec<bool> = table.iter().map(|(index, _)| anchoring.anchors(index)).collect();
    for finding in whole::known_after(&court, &apex_records, &anchoring, &tally) {
        sink.report(&mut tally, finding);
    }
    let mut on_zonemd = |finding: Finding, place: Option<Position>| {
        let place = place.map(|place| court.place(place));
        sink.report(&mut tally, Finding { place, ..finding });
    };
    let zonemd = zonemd::judge(config.zonemd, &apex_records, serial, &digests, &mut on_zonemd);
    let (trust_kind, anchors) = anchoring.judge(kind, &tally.dnskey_signers);
    if trust_kind == summary::TrustKind::NotAnchored {
        let finding = Finding::new(Code::DnskeyNotAnchored);
        let rtype = Some(RType::DNSKEY);
        sink.report(&mut tally, Finding { owner: Some(apex), rtype, ..finding });
    }
    if let Some(versions) = &versions {
        let signers = &tally.dnskey_signers;
        let now = Now { apex: &apex, serial, table: &table, signers, trust: trust_kind };
        for finding in versions.findings(&now, &tally.versions) {
            sink.report(&mut tally, finding);
        }
    }
    Ok(Summary {
        input: input_facts(&facts, transport, apex, class, serial, &tally),
        trust: Trust { kind: trust_kind, anchors },
        keys: key_facts(&table, &usability, &anchored, &tally),
        zonemd,
        previous: versions.map(|versions| versions.facts(&tally.versions)),
        denial,
        times: tally.time_facts(times),
        algorithms: algorithm_facts(&tally),
        reasons: code_counts(&tally.reasons),
        findings: code_counts(&tally.findings),
        lifetime: tally.lifetime.facts(),
        rrset_octets: Distribution::of(&tally.rrset_octets),
        performance: stages.performance(start, config.threads, &table),
    })
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

/// Reads all records. Unreadable entries are findings.
fn collect(
    source: Source,
    config: &Config,
    progress: &Progress,
    watch: &mut Stopwatch,
    on_finding: &mut dyn FnMut(Finding),
) -> Result<(Collector, ReadFacts, Option<ZoneText>), ReadError> {
    let options = ReadOptions {
        origin: config.origin,
        allow_include: config.allow_include,
        open: OpenOptions { map: config.map },
        entry_octets: config.limits.entry_octets,
        part_octets: config.limits.part_octets,
        include_depth: config.limits.include_depth,
        generate_records: config.limits.generate_records,
        stop: Arc::clone(&config.stop),
        ..ReadOptions::default()
    };
    progress.bytes_total.store(source.stored_len().unwrap_or(0), Ordering::Relaxed);
    // A part takes the apex that was found so far for the zone's.
    let collected = Mutex::new(Collector::new());
    let lock = || collected.lock().unwrap_or_else(PoisonError::into_inner);
    let mut on_event = |event: PartEvent<Collector>| match event {
        PartEvent::Part(part) => lock().append(part),
        PartEvent::Progress { stored, records } => {
            progress.bytes_read.store(stored, Ordering::Relaxed);
            progress.records.store(records, Ordering::Relaxed);
        }
        PartEvent::Fault(fault) => on_finding(Finding {
            detail: Some(fault.error.to_string()),
            place: Some(Place { file: fault.file, line: fault.line, column: Some(fault.column) }),
            excerpt: Some(fault.excerpt),
            ..Finding::new(Code::RecordUnreadable)
        }),
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

fn key_table(apex: &OwnerRecords<'_>, config: &Config, signatures: &SignatureCounts) -> KeyTable {
    let dnskeys = apex.rrset(RType::DNSKEY);
    let rdata = dnskeys.iter().flat_map(|rrset| Rrset::distinct(*rrset)).map(|record| record.rdata);
    let how = Preparation {
        backend: config.backend,
        cross_check: config.cross_check,
        journal: config.journal.clone(),
    };
    KeyTable::new(rdata, &how, |tag| signatures.of(tag))
}

fn zone_kind(table: &KeyTable, signatures: usize, sha1: Sha1) -> ZoneKind {
    if table.is_empty() && signatures == 0 {
        ZoneKind::Unsigned
    } else if table.is_empty() || table.iter().any(|(_, key)| sha1.supports(key.algorithm)) {
        ZoneKind::Signed
    } else {
        ZoneKind::Unsupported
    }
}

/// The SOA and its TTL, when there is one SOA.
fn single_soa(apex: &OwnerRecords<'_>) -> Option<(Soa, u32)> {
    let soas = apex.rrset(RType::SOA)?;
    let mut distinct = soas.distinct();
    let soa = Soa::from_rdata(distinct.next()?.rdata)?;
    distinct.next().is_none().then_some((soa, soas.ttls().0))
}

/// Sends the zone through the pipeline, lot by lot, and then along its chains.
fn judge_lots(
    court: &Court<'_>,
    threads: usize,
    stages: &mut Stages,
    tally: &mut Tally,
    sink: &mut Sink<'_>,
) -> Result<Vec<DenialFacts>, Error> {
    let mut empty: EmptyNonTerminals<OwnerId> = EmptyNonTerminals::new(court.ordered.apex_key());
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
    for bench in lock().iter() {
        stages.load.merge(&bench.load);
        stages.canonicalize.merge(&bench.canonicalize);
        stages.verify.merge(&bench.verify);
        stages.judge.merge(&bench.judge);
        stages.latencies.merge(&bench.latencies);
    }
    let mut report = |finding| sink.report(tally, court.weigh(finding));
    let denial = stages.deny.time(|| chains.finish(court, empty, threads, &mut report))?;
    stages.deny.items = denial.iter().map(DenialFacts::records).sum();
    Ok(denial)
}

/// How many work at a time with so many threads; 0 is one for each processor.
fn workers(threads: usize) -> usize {
    if threads == 0 { std::thread::available_parallelism().map_or(1, usize::from) } else { threads }
}

/// Time spent in each stage.
#[derive(Default)]
struct Stages {
    spool: Stopwatch,
    read: Stopwatch,
    previous: Stopwatch,
    order: Stopwatch,
    load: Stopwatch,
    canonicalize: Stopwatch,
    verify: Stopwatch,
    judge: Stopwatch,
    deny: Stopwatch,
    latencies: Latencies,
}

impl Stages {
    fn performance(&self, start: Instant, threads: usize, table: &KeyTable) -> Performance {
        let stage = |stage, unit, watch: &Stopwatch| StageFacts {
            stage,
            kernel: None,
            busy_seconds: watch.busy.as_secs_f64(),
            items: watch.items,
            unit,
            bytes: (watch.bytes > 0).then_some(watch.bytes),
        };
        let reader = |stage| StageFacts { kernel: Some(scan::Kernel::chosen().name()), ..stage };
        let latency = |(algorithm, backend, histogram)| LatencyFacts {
            algorithm,
            backend,
            kernel: table.kernel(algorithm, backend),
            nanoseconds: Distribution::of(histogram),
        };
        Performance {
            threads: workers(threads),
            wall_seconds: start.elapsed().as_secs_f64(),
            stages: [
                (self.spool.items > 0).then(|| stage("spool", "octets", &self.spool)),
                Some(reader(stage("read", "records", &self.read))),
                (self.previous.items > 0)
                    .then(|| reader(stage("previous", "records", &self.previous))),
                Some(stage("order", "records", &self.order)),
                Some(reader(stage("load", "records", &self.load))),
                Some(stage("canonicalize", "rrsets", &self.canonicalize)),
                Some(stage("verify", "signatures", &self.verify)),
                Some(stage("judge", "rrsets", &self.judge)),
                Some(stage("deny", "records", &self.deny)),
            ]
            .into_iter()
            .flatten()
            .collect(),
            latency: self.latencies.rows().map(latency).collect(),
            tables: TableFacts {
                key_bytes: table.table_octets() as u64,
                base_point_bytes: backend::base_table_octets() as u64,
            },
        }
    }
}
