//! Judges a zone in passing: what is read is judged at once, and nothing of it is kept.
//!
//! That takes a file as signers and servers write it: the apex first, then the names in canonical order,
//! with the NSEC3 records among them or all behind them. Each part of the text is judged by the thread that
//! has read it (`part`), but for the names at its ends, which may have more records in the parts beside it:
//! they meet in the [`seam`]. Of the rest there remain the findings, the counts, and what is to be known
//! of each name for the chains (`links`, `names`).
//!
//! Whatever is out of the ordinary (owners in another order, a chain with a gap, a zone that wants a digest)
//! ends the attempt: then the zone is read [once more](super), to be put into order first. The report is the
//! same on either road, for which there is a property test.

mod links;
mod names;
mod part;
mod seam;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::audit::findings::{Finding, Place};
use crate::dns::{Class, Name, RType};
use crate::rrset::{Ordered, OwnerRecords, OwnerSpan, Shape, SignatureCounts};
use crate::source::Source;
use crate::zonefile::{PartEvent, ReadFacts, ReadOptions, read_parts};

use super::charter::{Census, Charter, Setting};
use super::config::{Config, JudgementTime};
use super::judge::{Bench, Judged};
use super::lots::Entry;
use super::standing::Standing;
use super::summary::DenialFacts;
use super::{Audit, Error, stopped, unreadable, zonemd};

use names::Chains;
use part::Part;
use seam::Seam;

/// Parts of a text, below which it is no use.
const FEWEST_PARTS: u64 = 8;

/// Entries that cannot be read, and findings, that wait for the end. A zone with more is told of as it is
/// judged.
const MOST_WAITING: usize = 1 << 16;

/// What is out of the ordinary, for which the zone has to be put into order first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Irregular {
    /// The first part does not hold an apex that says all that there is to be known of a zone.
    Apex,
    /// Owners are in another order, or out of the zone.
    Order,
    /// Records come from other files, or more of them belong together than are kept.
    Records,
    /// There is more to be told than waits for the end.
    Findings,
    /// A chain is not whole.
    Chain,
}

/// A zone that was judged in passing, and what there is to be told of it.
pub(super) struct Passed {
    pub charter: Charter,
    /// The records of the apex.
    pub apex: Ordered,
    pub facts: ReadFacts,
    /// Entries that could not be read.
    pub faults: Vec<Finding>,
    /// What was found at RRsets, in canonical order.
    pub findings: Vec<Finding>,
    pub denial: Vec<DenialFacts>,
}

/// What all parts have in common.
struct Road<'a> {
    config: &'a Config,
    times: &'a [JudgementTime],
    /// The only file.
    files: [Arc<str>; 1],
    /// What the apex lays down, once it was read.
    charter: OnceLock<Charter>,
    benches: Mutex<Vec<Bench>>,
    /// Ends the attempt.
    stop: Arc<AtomicBool>,
}

impl Road<'_> {
    fn setting(&self) -> Setting<'_> {
        Setting {
            config: self.config,
            times: self.times,
            versions: None,
            files: &self.files,
            wants_outcomes: false,
            stop: &self.stop,
        }
    }

    fn is_given_up(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn with_bench<T>(&self, work: impl FnOnce(&mut Bench) -> T) -> T {
        let lock = || self.benches.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bench = lock().pop().unwrap_or_default();
        let outcome = work(&mut bench);
        lock().push(bench);
        outcome
    }

    /// Judges owners that are there with all their records, and with all that is below them.
    fn judge(
        &self,
        charter: &Charter,
        ordered: &Ordered,
        owners: &[(OwnerSpan, Standing)],
        bench: &mut Bench,
    ) -> (Judged, Chains) {
        let court = charter.court(ordered, &self.setting());
        let entry = |&owner| Entry { current: Some(owner), previous: None };
        let lot = owners.iter().map(entry).collect();
        let mut judged = court.judge(&lot, bench);
        let denial = std::mem::take(&mut judged.denial);
        let chains = Chains::of(&court, owners, denial);
        (judged, chains)
    }
}

/// Whether a source may be judged in passing as far as can be told before it is read.
pub(super) fn may_be_tried(source: &Source, audit: &Audit<'_>) -> bool {
    let config = audit.config;
    let is_long = source.stored_len().is_some_and(|len| len / FEWEST_PARTS >= part_octets(config));
    config.in_passing
        && is_long
        && !source.is_stream()
        && config.previous.is_none()
        && config.journal.is_none()
        && !audit.sink.listener.wants_outcomes()
}

fn part_octets(config: &Config) -> u64 {
    config.limits.part_octets as u64
}

/// Judges a zone in passing.
///
/// # Errors
/// When the input cannot be read to its end, or the audit was stopped. That something is out of the ordinary
/// is no error of the input.
pub(super) fn attempt(
    source: Source,
    audit: &mut Audit<'_>,
) -> Result<Result<Passed, Irregular>, Error> {
    let Audit { config, times, tally, stages, .. } = audit;
    let config = *config;
    let road = Road {
        config,
        times,
        files: [source.name().into()],
        charter: OnceLock::new(),
        benches: Mutex::default(),
        stop: Arc::default(),
    };
    let options = ReadOptions { stop: Arc::clone(&road.stop), ..super::read_options(config) };
    let octets = source.stored_len().unwrap_or(0);
    config.progress.bytes_total.store(octets, Ordering::Relaxed);
    let heads = usize::try_from(octets).unwrap_or(usize::MAX) / options.first_part_octets().max(1);
    let mut seam: Option<Seam<'_>> = None;
    let (mut faults, mut irregular) = (Vec::new(), None);
    let mut on_event = |event: PartEvent<Part<'_>>| {
        if config.stop.load(Ordering::Relaxed) {
            road.stop.store(true, Ordering::Relaxed);
        }
        if road.is_given_up() {
            return;
        }
        let outcome = match event {
            PartEvent::Part { sink, lines_before } => match &mut seam {
                None => Seam::begin(&road, sink, heads, tally).map(|begun| seam = Some(begun)),
                Some(seam) => seam.join(sink, lines_before, tally),
            },
            PartEvent::Progress { stored, records } => {
                config.progress.bytes_read.store(stored, Ordering::Relaxed);
                config.progress.records.store(records, Ordering::Relaxed);
                Ok(())
            }
            PartEvent::Fault(_) if faults.len() == MOST_WAITING => Err(Irregular::Findings),
            PartEvent::Fault(fault) => {
                faults.push(unreadable(fault));
                Ok(())
            }
        };
        if let Err(found) = outcome {
            irregular = Some(found);
            road.stop.store(true, Ordering::Relaxed);
        }
    };
    let new_part = || Part::new(&road);
    let read = read_parts(source, &options, config.threads, &new_part, &mut on_event);
    stopped(config)?;
    if let Some(irregular) = irregular {
        return Ok(Err(irregular));
    }
    let (facts, _) = read?;
    stages.in_passing = true;
    stages.read.busy += facts.busy;
    stages.order.items = facts.records;
    stages.read.items = facts.records;
    stages.read.bytes = facts.bytes;
    let Some(seam) = seam else { return Ok(Err(Irregular::Apex)) };
    let ended = seam.end(tally, stages);
    let benches = std::mem::take(&mut *road.benches.lock().unwrap_or_else(PoisonError::into_inner));
    benches.iter().for_each(|bench| stages.add(bench));
    let Some(charter) = road.charter.into_inner() else { return Ok(Err(Irregular::Apex)) };
    stopped(config)?;
    Ok(ended.map(|ended| {
        let seam::Ended { apex, findings, denial } = ended;
        Passed { charter, apex, facts, faults, findings, denial }
    }))
}

/// What the apex lays down, if that is enough to judge by.
fn charter(
    apex: Name,
    class: Class,
    records: &OwnerRecords<'_>,
    signatures: &SignatureCounts,
    config: &Config,
) -> Result<Charter, Irregular> {
    // Which chains there are must not depend on what comes behind: so nothing is said of it.
    let census =
        Census { signatures: 0, signatures_by_tag: signatures, shape: Shape::NONE, made_with: &[] };
    let charter = Charter::new(apex, class, records, &census, config);
    let has_chain = charter.plan.nsec || charter.plan.sets.len() == 1;
    let hashes = zonemd::hashes(config.zonemd, records, charter.serial);
    let is_usual = charter.serial.is_some()
        && !charter.table.is_empty()
        && records.rrset(RType::DNAME).is_none()
        && has_chain
        && charter.plan.sets.len() <= 1
        && hashes.is_empty();
    if is_usual { Ok(charter) } else { Err(Irregular::Apex) }
}

/// Moves the place of a finding by some lines.
fn moved(finding: Finding, lines: u64) -> Finding {
    let place = finding.place.map(|place| Place { line: place.line + lines, ..place });
    Finding { place, ..finding }
}
