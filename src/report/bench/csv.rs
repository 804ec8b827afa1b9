//! A line for each row (RFC 4180), with every number that the JSON report has of it.

use std::io::{self, Write};

use serde::Serialize;

use crate::bench::{Comparison, KeyUse, Row};

use super::BenchExporter;

/// The rows. Failures, refusals and warnings are not in it.
#[derive(Debug)]
pub(super) struct BenchCsv;

/// A row, flat. The names are those of the JSON report, with an underscore for each dot.
#[derive(Serialize)]
struct Line<'r> {
    work_stage: &'static str,
    work_kind: Option<String>,
    work_keys: Option<&'static str>,
    work_signatures_per_key: Option<usize>,
    work_batch: Option<usize>,
    contender: &'r str,
    backend: Option<&'r str>,
    kernel: Option<&'r str>,
    batch: Option<usize>,
    threads: usize,
    signatures: u64,
    seconds: f64,
    per_second_median: f64,
    per_second_low: f64,
    per_second_high: f64,
    wall_per_second: f64,
    ratio: Option<f64>,
    scaling: Option<f64>,
    nanoseconds_count: u64,
    nanoseconds_min: u64,
    nanoseconds_mean: f64,
    nanoseconds_p50: u64,
    nanoseconds_p90: u64,
    nanoseconds_p99: u64,
    nanoseconds_p99_9: u64,
    nanoseconds_p99_99: u64,
    nanoseconds_max: u64,
    waiting: Option<f64>,
    outliers: u64,
    rounds: usize,
    audit_seconds_median: Option<f64>,
    audit_seconds_low: Option<f64>,
    audit_seconds_high: Option<f64>,
    audit_preparing_seconds: Option<f64>,
    audit_part: Option<f64>,
}

impl BenchExporter for BenchCsv {
    fn write(&self, comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(out);
        for row in &comparison.rows {
            writer.serialize(Line::of(row)).map_err(io::Error::other)?;
        }
        writer.flush()
    }
}

impl<'r> Line<'r> {
    fn of(row: &'r Row) -> Self {
        let Row { work, nanoseconds, per_second, audit, .. } = row;
        let audit = audit.as_ref();
        Self {
            work_stage: work.stage.name(),
            work_kind: work.kind.map(|kind| kind.to_string()),
            work_keys: work.keys.map(KeyUse::name),
            work_signatures_per_key: work.signatures_per_key,
            work_batch: work.batch,
            contender: row.contender,
            backend: row.backend,
            kernel: row.kernel,
            batch: row.batch,
            threads: row.threads,
            signatures: row.signatures,
            seconds: row.seconds,
            per_second_median: per_second.median,
            per_second_low: per_second.low,
            per_second_high: per_second.high,
            wall_per_second: row.wall_per_second,
            ratio: row.ratio,
            scaling: row.scaling,
            nanoseconds_count: nanoseconds.count,
            nanoseconds_min: nanoseconds.min,
            nanoseconds_mean: nanoseconds.mean,
            nanoseconds_p50: nanoseconds.p50,
            nanoseconds_p90: nanoseconds.p90,
            nanoseconds_p99: nanoseconds.p99,
            nanoseconds_p99_9: nanoseconds.p99_9,
            nanoseconds_p99_99: nanoseconds.p99_99,
            nanoseconds_max: nanoseconds.max,
            waiting: row.waiting,
            outliers: row.outliers,
            rounds: row.rounds.len(),
            audit_seconds_median: audit.map(|audit| audit.seconds.median),
            audit_seconds_low: audit.map(|audit| audit.seconds.low),
            audit_seconds_high: audit.map(|audit| audit.seconds.high),
            audit_preparing_seconds: audit.map(|audit| audit.preparing_seconds),
            audit_part: audit.map(|audit| audit.part),
        }
    }
}
