//! Sizes, stages and latencies in a text report.

use std::io::{self, Write};

use crate::audit::zone::Summary;
use crate::audit::zone::summary::{Distribution, Performance, TableFacts};
use crate::report::palette::Palette;
use crate::report::table::{Cell, Side, Table, write_paragraph};
use crate::report::terms;
use crate::report::words::{count, grouped, octets, rate, rate_of, tied, took};

use super::{DISTRIBUTION, number};

/// One line: how long it took and how fast that was.
#[allow(clippy::cast_precision_loss)] // three digits are printed
pub(super) fn write_time(
    summary: &Summary,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Performance { threads, wall_seconds: wall, .. } = summary.performance;
    let input = &summary.input;
    let mut line = format!("{} on {}", took(wall), count(threads as u64, "thread"));
    if wall > 0.0 {
        line += &format!(
            ": {} and {}, {}/s of text",
            tied(&rate_of(input.records, "records", wall)),
            tied(&rate_of(input.signatures, "signatures", wall)),
            tied(&octets(input.bytes as f64 / wall)),
        );
    }
    writeln!(out)?;
    write_paragraph("time", &line, palette, out)
}

/// Octets of the RRsets, as signed.
pub(super) fn write_rrset_sizes(
    summary: &Summary,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    if summary.rrset_octets.count == 0 {
        return Ok(());
    }
    let mut table = Table::new("RRset sizes", &DISTRIBUTION);
    table.row(distribution(&summary.rrset_octets, grouped));
    writeln!(out)?;
    table.write(palette, out)
}

/// What the time went into.
#[allow(clippy::cast_precision_loss)] // three digits are printed
pub(super) fn write_stages(
    performance: &Performance,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    if performance.stages.is_empty() {
        return Ok(());
    }
    let columns = [
        ("stage", Side::Left),
        ("busy", Side::Right),
        ("share", Side::Right),
        ("items", Side::Right),
        ("", Side::Left),
        ("each thread", Side::Right),
        ("", Side::Right),
    ];
    let mut table = Table::new("stages", &columns);
    let all: f64 = performance.stages.iter().map(|stage| stage.busy_seconds).sum();
    for stage in &performance.stages {
        let busy = stage.busy_seconds;
        let share = if all > 0.0 { busy / all * 100.0 } else { 0.0 };
        let bytes = stage.bytes.filter(|_| busy > 0.0);
        table.row(vec![
            terms::with_kernel(stage.stage, stage.kernel).into(),
            took(busy).into(),
            format!("{share:.0} %").into(),
            number(stage.items),
            stage.unit.into(),
            rate(stage.items, busy).into(),
            bytes.map_or_else(String::new, |n| octets(n as f64 / busy) + "/s").into(),
        ]);
    }
    writeln!(out)?;
    table.write(palette, out)
}

/// Percentiles of single verifications, in microseconds.
pub(super) fn write_latency(
    performance: &Performance,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    if performance.latency.is_empty() {
        return Ok(());
    }
    let columns = [&[("µs by algorithm", Side::Left), ("backend", Side::Left)][..], &DISTRIBUTION];
    let mut table = Table::new("latency", &columns.concat());
    for row in &performance.latency {
        let cells = distribution(&row.nanoseconds, microseconds);
        let name = [terms::algorithm(row.algorithm).into(), terms::backend_of(row).into()];
        table.row([name.to_vec(), cells].concat());
    }
    writeln!(out)?;
    table.write(palette, out)
}

/// What the tables of our own arithmetic take.
#[allow(clippy::cast_precision_loss)] // three digits are printed
pub(super) fn write_tables(
    performance: &Performance,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    let TableFacts { key_bytes, base_point_bytes } = performance.tables;
    if key_bytes == 0 && base_point_bytes == 0 {
        return Ok(());
    }
    let mut table = Table::new("memory", &[("tables", Side::Left), ("", Side::Right)]);
    for (of, bytes) in [("of keys", key_bytes), ("of base points", base_point_bytes)] {
        table.row(vec![of.into(), octets(bytes as f64).into()]);
    }
    writeln!(out)?;
    table.write(palette, out)
}

/// The cells of [`DISTRIBUTION`].
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a mean of u64, rounded
fn distribution(values: &Distribution, show: impl Fn(u64) -> String) -> Vec<Cell> {
    let Distribution { count, min, mean, p50, p90, p99, p99_9, p99_99, max } = *values;
    let mean = mean.round() as u64;
    let shown = [min, mean, p50, p90, p99, p99_9, p99_99, max].map(|value| show(value).into());
    [vec![number(count)], shown.to_vec()].concat()
}

/// Nanoseconds as microseconds with one decimal.
#[allow(clippy::cast_precision_loss)] // one decimal is printed
fn microseconds(nanoseconds: u64) -> String {
    if nanoseconds >= 100_000 {
        return grouped((nanoseconds + 500) / 1000);
    }
    format!("{:.1}", nanoseconds as f64 / 1000.0)
}
