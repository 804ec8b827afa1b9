//! Tables in Markdown, for documents and pull requests.

use std::io::{self, Write};

use crate::bench::{Comparison, Row, Stage};
use crate::report::words::{count, printable};

use super::BenchExporter;

/// One table for each work, under the machine and above what to know.
#[derive(Debug)]
pub(super) struct BenchMarkdown;

impl BenchExporter for BenchMarkdown {
    fn write(&self, comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
        let machine = &comparison.machine;
        let processor = machine.processor.as_deref().unwrap_or("a processor without a name");
        writeln!(
            out,
            "{}, {}, sigmill {}. {} s each in {}; ratios are to {}.",
            escaped(processor),
            count(machine.processors as u64, "processor"),
            machine.versions.get("sigmill").map_or("?", String::as_str),
            comparison.settings.time_seconds,
            count(comparison.settings.rounds as u64, "round"),
            comparison.settings.baseline,
        )?;
        if let Some(input) = &comparison.input {
            let files: Vec<String> = input.files.iter().map(|file| escaped(file)).collect();
            writeln!(out, "\n{}: {}.", files.join(", "), count(input.signatures, "signature"))?;
        }
        for rows in comparison.rows.chunk_by(|a, b| a.work == b.work) {
            write_table(rows, out)?;
        }
        let failures = comparison.failures.iter().map(|failure| {
            format!(
                "**{} gives wrong answers** ({}): it rejects {} of {} good signatures and accepts {} \
                 of {} corrupted ones.",
                failure.contender,
                name(&failure.work),
                failure.rejected,
                failure.good,
                failure.accepted,
                failure.corrupted,
            )
        });
        let refusals = comparison.refusals.iter().map(|refused| {
            format!("{} cannot do {}: {}.", refused.contender, name(&refused.work), refused.reason)
        });
        let warnings = comparison.warnings.iter().map(|warning| format!("{}.", warning.message));
        let notes: Vec<String> = failures.chain(refusals).chain(warnings).collect();
        if !notes.is_empty() {
            writeln!(out)?;
        }
        for note in notes {
            writeln!(out, "- {}", escaped(&note))?;
        }
        Ok(())
    }
}

/// The columns; numbers are to the right.
const COLUMNS: [&str; 12] = [
    "backend",
    "threads",
    "batch",
    "signatures/s",
    "±",
    "ratio",
    "scaling",
    "ns p50",
    "ns p90",
    "ns p99",
    "ns p99.9",
    "ns max",
];

fn write_table(rows: &[Row], out: &mut dyn Write) -> io::Result<()> {
    let [first, ..] = rows else { return Ok(()) };
    let is_audit = first.work.stage == Stage::Audit;
    let seconds = if is_audit { " seconds |" } else { "" };
    writeln!(out, "\n### {}\n", escaped(&name(&first.work)))?;
    writeln!(out, "| {} |{seconds}", COLUMNS.join(" | "))?;
    let rule = if is_audit { "--:|" } else { "" };
    writeln!(out, "|---|{}{rule}", "--:|".repeat(COLUMNS.len() - 1))?;
    for row in rows {
        let optional = |value: Option<String>| value.unwrap_or_else(|| "-".into());
        let times = &row.nanoseconds;
        let cells = [
            row.label(),
            row.threads.to_string(),
            optional(row.batch.map(|batch| batch.to_string())),
            format!("{:.0}", row.per_second.median),
            format!("{:.1} %", row.per_second.uncertainty() * 100.0),
            optional(row.ratio.map(|ratio| format!("{ratio:.3}"))),
            optional(row.scaling.map(|scaling| format!("{scaling:.3}"))),
            times.p50.to_string(),
            times.p90.to_string(),
            times.p99.to_string(),
            times.p99_9.to_string(),
            times.max.to_string(),
        ];
        let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
        write!(out, "| {} |", cells.join(" | "))?;
        if let Some(audit) = &row.audit {
            write!(out, " {:.6} |", audit.seconds.median)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// What is done, in a few words.
fn name(work: &crate::bench::Work) -> String {
    let mut name = work.stage.name().to_owned();
    if let Some(kind) = work.kind {
        name += &format!(" {kind}");
    }
    if let (Some(keys), Some(signatures)) = (work.keys, work.signatures_per_key) {
        name += &format!(", {} keys for {}", keys.name(), count(signatures as u64, "signature"));
    }
    if let Some(batch) = work.batch {
        name += &format!(", batches of {batch}");
    }
    name
}

/// Text that cannot end a cell or begin anything else in Markdown.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in printable(text).chars() {
        if matches!(c, '|' | '\\' | '`' | '<' | '>' | '[' | ']') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
