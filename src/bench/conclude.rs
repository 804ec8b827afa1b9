//! From slices to rows: medians, ratios round by round, scaling.

use crate::engine::Distribution;
use crate::engine::Latencies;
use crate::engine::histogram::{PackedHistogram, new_histogram};

use super::result::{AuditLatency, AuditRow, Round, Row};
use super::slice::Slice;
use super::statistics::{Estimate, median, outliers};
use super::{Entered, Entrant};

/// An entrant with so many threads, and its slices: the round, when it began, what it came to.
pub(super) struct Measured<'e, 'w> {
    pub entrant: &'e Entrant<'w>,
    pub threads: usize,
    pub slices: Vec<(usize, f64, Slice)>,
}

/// The rows, by work and threads, with ratios to the baseline of this name.
pub(super) fn rows(measured: Vec<Measured<'_, '_>>, baseline: &str) -> Vec<Row> {
    let mut rows: Vec<Row> = measured.into_iter().map(row).collect();
    let ratios: Vec<Option<f64>> = rows
        .iter()
        .map(|row| {
            let other = rows.iter().find(|other| {
                other.contender == baseline
                    && other.work == row.work
                    && other.threads == row.threads
            })?;
            ratio(row, other)
        })
        .collect();
    let scalings: Vec<Option<f64>> = rows
        .iter()
        .map(|row| {
            let same = |other: &&Row| other.contender == row.contender && other.work == row.work;
            let fewest = rows.iter().filter(same).min_by_key(|other| other.threads)?;
            if fewest.threads == row.threads {
                return None;
            }
            #[allow(clippy::cast_precision_loss)] // numbers of threads
            let due = row.threads as f64 / fewest.threads as f64;
            ratio(row, fewest).map(|ratio| ratio / due)
        })
        .collect();
    for ((row, ratio), scaling) in rows.iter_mut().zip(ratios).zip(scalings) {
        (row.ratio, row.scaling) = (ratio, scaling);
    }
    // By work in the order in which it was asked for, and there by threads.
    let mut works = Vec::new();
    for row in &rows {
        if !works.contains(&row.work) {
            works.push(row.work);
        }
    }
    let place = |row: &Row| works.iter().position(|work| *work == row.work);
    rows.sort_by_key(|row| (place(row), row.threads));
    rows
}

/// How many times as fast a row is as another, in the median of the rounds that both were in: what
/// slows the machine down in one of them slows down both.
fn ratio(row: &Row, other: &Row) -> Option<f64> {
    let pairs = row.rounds.iter().filter_map(|round| {
        let same = other.rounds.iter().find(|same| same.number == round.number)?;
        (same.per_second > 0.0).then(|| round.per_second / same.per_second)
    });
    median(pairs)
}

fn row(measured: Measured<'_, '_>) -> Row {
    let Measured { entrant, threads, slices } = measured;
    let sum =
        |of: &dyn Fn(&Slice) -> f64| slices.iter().map(|(_, _, slice)| of(slice)).sum::<f64>();
    let (seconds, thread_seconds) =
        (sum(&|slice| slice.seconds), sum(&|slice| slice.thread_seconds));
    let waited: Option<f64> = slices.iter().map(|(_, _, slice)| slice.waiting).sum();
    let signatures: u64 = slices.iter().map(|(_, _, slice)| slice.signatures).sum();
    let mut nanoseconds = new_histogram();
    for (_, _, slice) in &slices {
        // Both grow as needed, so adding cannot fail.
        let _ = nanoseconds.add(&slice.nanoseconds);
    }
    let rates = || slices.iter().map(|(_, _, slice)| slice.per_second);
    Row {
        work: entrant.work,
        contender: entrant.contender.name(),
        backend: entrant.backend,
        kernel: entrant.kernel,
        batch: entrant.batch,
        threads,
        signatures,
        seconds,
        per_second: Estimate::of(rates()).unwrap_or_default(),
        wall_per_second: median(slices.iter().map(|(_, _, slice)| slice.wall_per_second))
            .unwrap_or_default(),
        ratio: None,
        scaling: None,
        nanoseconds: Distribution::of(&nanoseconds),
        waiting: waited.filter(|_| thread_seconds > 0.0).map(|waited| waited / thread_seconds),
        outliers: outliers(rates()),
        audit: audit(entrant, &slices),
        rounds: slices
            .iter()
            .map(|(number, start, slice)| Round {
                number: *number,
                start_seconds: *start,
                seconds: slice.seconds,
                signatures: slice.signatures,
                per_second: slice.per_second,
                nanoseconds: PackedHistogram::pack(&slice.nanoseconds),
            })
            .collect(),
    }
}

fn audit(entrant: &Entrant<'_>, slices: &[(usize, f64, Slice)]) -> Option<AuditRow> {
    let Entered::Replay(replay) = &entrant.workload else { return None };
    let audits = || slices.iter().filter_map(|(_, _, slice)| slice.audit.as_ref());
    let mut latencies = Latencies::default();
    audits().for_each(|audit| latencies.merge(&audit.latencies));
    Some(AuditRow {
        seconds: Estimate::of(audits().map(|audit| audit.seconds)).unwrap_or_default(),
        preparing_seconds: median(audits().map(|audit| audit.preparing)).unwrap_or_default(),
        part: median(audits().map(|audit| audit.part)).unwrap_or_default(),
        latency: latencies
            .rows()
            .map(|(algorithm, backend, histogram)| AuditLatency {
                algorithm,
                backend,
                kernel: replay.kernel(algorithm, backend),
                nanoseconds: Distribution::of(histogram),
            })
            .collect(),
    })
}
