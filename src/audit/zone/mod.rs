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
pub mod summary;
pub mod trust;

mod judge;
mod signature;
mod standing;
mod tally;
mod usability;

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use hdrhistogram::Histogram;

use crate::audit::findings::{Code, Finding, KeyRef, Place};
use crate::dns::rdata::Soa;
use crate::dns::{Class, Name, RType};
use crate::engine::{KeyTable, Latencies, Stopwatch, pipeline};
use crate::rrset::{Collector, OwnerRecords, Rrset, SignatureCounts};
use crate::source::{OpenOptions, Source, SourceError};
use crate::zonefile::{Event, ReadFacts, ReadOptions, read};

pub use config::{Config, JudgementTime, Limits, Progress};
pub use summary::Summary;
pub use trust::{Anchor, AnchorForm};

use judge::{Bench, Court, Lot};
use signature::Context;
use standing::standings;
use summary::{
    AlgorithmFacts, Distribution, InputFacts, KeyFacts, LatencyFacts, Performance, Role,
    StageFacts, Trust, TypeCount,
};
use tally::{KeyTally, Tally, code_counts};
use trust::{Anchoring, ZoneKind};
use usability::{Usability, Use, key_findings};

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
    /// The worker threads could not be started.
    #[error("cannot start the worker threads")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

/// Entries that could not be read: how many, and the first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Unreadable {
    /// How many.
    pub count: u64,
    /// Place and fault of the first.
    pub first: Option<String>,
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
    let start = Instant::now();
    let times = judgement_times(config);
    let mut tally = Tally::new(times.len());
    let mut report = |tally: &mut Tally, finding: &Finding| {
        tally.count_finding(finding);
        Progress::add(&config.progress.findings, 1);
        on_finding(finding);
    };
    let transport = source.transport().to_string();
    let name = source.name().to_owned();

    let mut stages = Stages::default();
    let mut unreadable = Unreadable::default();
    let mut on_unreadable = |finding: Finding| {
        unreadable.count += 1;
        unreadable.first.get_or_insert_with(|| {
            let place = finding.place.as_ref().map_or_else(String::new, Place::to_string);
            format!("{place}: {}", finding.detail.as_deref().unwrap_or_default())
        });
        report(&mut tally, &finding);
    };
    let (collector, facts) = collect(source, config, &mut stages.read, &mut on_unreadable)?;
    let (apex, class) = find_apex(&collector, config, name, unreadable)?;
    let signatures = collector.signatures();
    config.progress.signatures_total.store(signatures as u64, Ordering::Relaxed);
    stages.order.items = facts.records;
    let signatures_by_tag = collector.signatures_by_tag().clone();
    let ordered = stages.order.time(|| collector.order(&apex));

    let mut apex_records = OwnerRecords::new();
    if let Some(span) = ordered.find(&apex) {
        apex_records.load(&ordered, &span, class);
    }
    let table = key_table(&apex_records, config, &signatures_by_tag);
    let usability = Usability::new(&table);
    let kind = zone_kind(&table, signatures);
    let anchoring = Anchoring::new(config, &times, &apex, &table, &usability);
    let serial = soa_serial(&apex_records);
    let zone_findings = zone_findings(&apex, &apex_records, kind, &table, &facts.files);
    for finding in zone_findings.into_iter().chain(key_findings(&apex, &table)) {
        report(&mut tally, &finding);
    }

    let court = Court {
        ordered: &ordered,
        class,
        kind,
        context: Context {
            apex: &apex,
            table: &table,
            usability: &usability,
            limits: config.limits,
        },
        times: &times,
        expire_within: config.expire_within.map(|margin| margin.as_secs().cast_signed()),
        files: &facts.files,
        progress: &config.progress,
    };
    judge_lots(&court, config.threads, signatures, &mut stages, |judged| {
        tally.merge(&judged.tally);
        judged.findings.iter().for_each(&mut *on_finding);
    })?;

    let anchored: Vec<bool> = table.iter().map(|(index, _)| anchoring.anchors(index)).collect();
    let (trust_kind, anchors) = anchoring.judge(kind, &tally.dnskey_signers);
    if trust_kind == summary::TrustKind::NotAnchored {
        let finding = Finding {
            owner: Some(apex),
            rtype: Some(RType::DNSKEY),
            ..Finding::new(Code::DnskeyNotAnchored)
        };
        tally.count_finding(&finding);
        on_finding(&finding);
    }
    Ok(Summary {
        input: input_facts(&facts, transport, apex, class, serial, &tally),
        trust: Trust { kind: trust_kind, anchors },
        keys: key_facts(&table, &usability, &anchored, &tally),
        times: tally.time_facts(&times),
        algorithms: algorithm_facts(&tally),
        reasons: code_counts(&tally.reasons),
        findings: code_counts(&tally.findings),
        lifetime: tally.lifetime.facts(),
        rrset_octets: distribution(&tally.rrset_octets),
        performance: stages.performance(start, config.threads),
    })
}

/// The times asked for; the present if none was.
fn judgement_times(config: &Config) -> Vec<JudgementTime> {
    if !config.times.is_empty() {
        return config.times.clone();
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    vec![JudgementTime::At(now.as_secs().cast_signed())]
}

/// Reads all records. Unreadable entries are findings.
fn collect(
    source: Source,
    config: &Config,
    watch: &mut Stopwatch,
    on_finding: &mut dyn FnMut(Finding),
) -> Result<(Collector, ReadFacts), SourceError> {
    let options = ReadOptions {
        origin: config.origin,
        allow_include: config.allow_include,
        open: OpenOptions { map: config.map },
        entry_octets: config.limits.entry_octets,
        include_depth: config.limits.include_depth,
        generate_records: config.limits.generate_records,
    };
    let progress = &config.progress;
    progress.bytes_total.store(source.stored_len().unwrap_or(0), Ordering::Relaxed);
    let mut collector = Collector::new();
    let mut on_event = |event: Event<'_>| match event {
        Event::Record(record) => collector.push(&record),
        Event::Progress { stored, records } => {
            progress.bytes_read.store(stored, Ordering::Relaxed);
            progress.records.store(records, Ordering::Relaxed);
        }
        Event::Fault(fault) => on_finding(Finding {
            detail: Some(fault.error.to_string()),
            place: Some(Place { file: fault.file, line: fault.line, column: Some(fault.column) }),
            excerpt: Some(fault.excerpt),
            ..Finding::new(Code::RecordUnreadable)
        }),
    };
    let facts = watch.time(|| read(source, &options, &mut on_event))?;
    watch.items = facts.records;
    watch.bytes = facts.bytes;
    Ok((collector, facts))
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
    KeyTable::new(rdata, config.backend, config.cross_check, |tag| signatures.of(tag))
}

fn zone_kind(table: &KeyTable, signatures: usize) -> ZoneKind {
    if table.is_empty() && signatures == 0 {
        ZoneKind::Unsigned
    } else if table.is_empty() || table.iter().any(|(_, key)| key.algorithm.is_supported()) {
        ZoneKind::Signed
    } else {
        ZoneKind::Unsupported
    }
}

fn soa_serial(apex: &OwnerRecords<'_>) -> Option<u32> {
    let soas = apex.rrset(RType::SOA)?;
    let mut distinct = soas.distinct();
    let soa = Soa::from_rdata(distinct.next()?.rdata)?;
    distinct.next().is_none().then_some(soa.serial)
}

/// What concerns the zone as a whole and is known before anything is verified.
fn zone_findings(
    apex: &Name,
    records: &OwnerRecords<'_>,
    kind: ZoneKind,
    table: &KeyTable,
    files: &[Arc<str>],
) -> Vec<Finding> {
    let at_apex =
        |code, rtype| Finding { owner: Some(*apex), rtype: Some(rtype), ..Finding::new(code) };
    let mut findings = Vec::new();
    match records.rrset(RType::SOA) {
        None => findings.push(at_apex(Code::SoaMissing, RType::SOA)),
        Some(soas) if soas.distinct().count() > 1 => {
            let last = soas.distinct().max_by_key(|record| record.place());
            let place = last.and_then(|record| {
                let file = Arc::clone(files.get(usize::from(record.file))?);
                Some(Place { file, line: u64::from(record.line), column: None })
            });
            let detail = Some(format!("{} SOA records", soas.distinct().count()));
            findings.push(Finding { place, detail, ..at_apex(Code::SoaDiffer, RType::SOA) });
        }
        Some(_) => {}
    }
    if kind == ZoneKind::Unsigned {
        findings.push(Finding { owner: Some(*apex), ..Finding::new(Code::ZoneUnsigned) });
    } else if table.is_empty() {
        findings.push(at_apex(Code::DnskeyMissing, RType::DNSKEY));
    }
    findings
}

/// Sends the zone through the pipeline, lot by lot.
fn judge_lots<'z>(
    court: &Court<'z>,
    threads: usize,
    signatures: usize,
    stages: &mut Stages,
    deliver: impl FnMut(judge::Judged),
) -> Result<(), Error> {
    let apex_key_len = crate::dns::canonical::sort_key(court.context.apex).len();
    let owners = standings(court.ordered, apex_key_len);
    let benches: Mutex<Vec<Bench<'z>>> = Mutex::new(Vec::new());
    let lock = || benches.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let work = |lot: Lot| {
        let mut bench = lock().pop().unwrap_or_default();
        let judged = court.judge(&lot, &mut bench);
        lock().push(bench);
        judged
    };
    pipeline::run(threads, lots(owners, lot_records(signatures)), work, deliver)?;
    for bench in lock().iter() {
        stages.canonicalize.merge(&bench.canonicalize);
        stages.verify.merge(&bench.verify);
        stages.judge.merge(&bench.judge);
        stages.latencies.merge(&bench.latencies);
    }
    Ok(())
}

/// Records in a lot: enough for whole batches under one key, few enough that a small zone keeps all
/// workers busy.
fn lot_records(signatures: usize) -> usize {
    (signatures / 16).clamp(256, 8192)
}

/// Cuts the owners into lots of about so many records.
fn lots(
    mut owners: impl Iterator<Item = (crate::rrset::OwnerSpan, standing::Standing)>,
    records: usize,
) -> impl Iterator<Item = Lot> {
    std::iter::from_fn(move || {
        let (mut lot, mut filled) = (Lot::new(), 0);
        while filled < records
            && let Some(owner) = owners.next()
        {
            filled += owner.0.records;
            lot.push(owner);
        }
        (!lot.is_empty()).then_some(lot)
    })
}

/// Time spent in each stage.
#[derive(Default)]
struct Stages {
    read: Stopwatch,
    order: Stopwatch,
    canonicalize: Stopwatch,
    verify: Stopwatch,
    judge: Stopwatch,
    latencies: Latencies,
}

impl Stages {
    fn performance(&self, start: Instant, threads: usize) -> Performance {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let stage = |stage, unit, watch: &Stopwatch| StageFacts {
            stage,
            busy_seconds: watch.busy.as_secs_f64(),
            items: watch.items,
            unit,
            bytes: (watch.bytes > 0).then_some(watch.bytes),
        };
        let latency = |(algorithm, backend, histogram)| LatencyFacts {
            algorithm,
            backend,
            nanoseconds: distribution(histogram),
        };
        Performance {
            threads: if threads == 0 { processors } else { threads },
            wall_seconds: start.elapsed().as_secs_f64(),
            stages: vec![
                stage("read", "records", &self.read),
                stage("order", "records", &self.order),
                stage("canonicalize", "rrsets", &self.canonicalize),
                stage("verify", "signatures", &self.verify),
                stage("judge", "rrsets", &self.judge),
            ],
            latency: self.latencies.rows().map(latency).collect(),
        }
    }
}

fn input_facts(
    facts: &ReadFacts,
    transport: String,
    apex: Name,
    class: Class,
    serial: Option<u32>,
    tally: &Tally,
) -> InputFacts {
    let type_count = |(&rtype, &records)| TypeCount { rtype, records };
    InputFacts {
        files: facts.files.iter().map(|file| file.to_string()).collect(),
        transport,
        bytes: facts.bytes,
        lines: facts.lines,
        apex,
        class,
        serial,
        records: tally.records,
        rrsets: tally.rrsets,
        owners: tally.owners,
        delegations: tally.delegations,
        signatures: tally.signatures,
        types: tally.types.iter().map(type_count).collect(),
    }
}

fn key_facts(
    table: &KeyTable,
    usability: &Usability,
    anchored: &[bool],
    tally: &Tally,
) -> Vec<KeyFacts> {
    let mut rows: Vec<KeyFacts> = table
        .iter()
        .zip(anchored)
        .map(|((index, key), &anchored)| {
            let made = tally.keys.get(&index).copied().unwrap_or_default();
            let public = key.public.as_ref().ok();
            KeyFacts {
                key: KeyRef { tag: key.tag, algorithm: key.algorithm },
                flags: key.dnskey().flags,
                bits: public.map(|public| public.bits()),
                exponent: public.and_then(|public| public.exponent()),
                role: role(made),
                anchored,
                unusable: match usability.of(index) {
                    Use::Any => None,
                    Use::Revoked => Some(Code::SignatureKeyRevoked),
                    Use::Nothing(code) => Some(code),
                },
                backend: key.prepared().map(|prepared| prepared.backend),
                valid: made.over_keys + made.over_data,
            }
        })
        .collect();
    // The table is in canonical order of RDATA, so keys that share tag and algorithm stay so.
    rows.sort_by_key(|row| row.key);
    rows
}

fn role(made: KeyTally) -> Role {
    match (made.over_keys, made.over_data) {
        (0, 0) => Role::Unused,
        (_, 0) => Role::KeySigning,
        (0, _) => Role::ZoneSigning,
        (_, _) => Role::CombinedSigning,
    }
}

fn algorithm_facts(tally: &Tally) -> Vec<AlgorithmFacts> {
    let row =
        |(&algorithm, tally): (&crate::dns::Algorithm, &tally::AlgorithmTally)| AlgorithmFacts {
            algorithm,
            mnemonic: algorithm.to_string(),
            signatures: tally.signatures,
            valid: tally.valid,
        };
    tally.algorithms.iter().map(row).collect()
}

fn distribution(histogram: &Histogram<u64>) -> Distribution {
    if histogram.is_empty() {
        return Distribution::default();
    }
    let at = |percentile| histogram.value_at_percentile(percentile);
    Distribution {
        count: histogram.len(),
        min: histogram.min(),
        mean: histogram.mean(),
        p50: at(50.0),
        p90: at(90.0),
        p99: at(99.0),
        p99_9: at(99.9),
        p99_99: at(99.99),
        max: histogram.max(),
    }
}
