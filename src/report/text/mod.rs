//! The report that a person reads: the judgement first, then what explains it.
//!
//! Every section has its label in a gutter on the left and its content beside it. Zeros in tables
//! are a dash, so that what is there stands out.

mod denial;
mod findings;
mod lifetime;
mod performance;
mod verdicts;
mod versions;

use std::io::{self, Write};

use crate::audit::findings::Finding;
use crate::audit::zone::Summary;
use crate::audit::zone::summary::{AnchorFacts, InputFacts, TrustKind};

use super::palette::{Painted, Palette};
use super::selection::Findings;
use super::table::{Cell, GUTTER, Side, write_label, write_paragraph};
use super::terms;
use super::words::{count, grouped, octets, printable, tied};
use super::{Judgement, Options, Reporter, Verbosity};

/// Holds back a selection of the findings, because the judgement comes first.
#[derive(Debug)]
pub(crate) struct TextReporter {
    selection: Findings,
    verbosity: Verbosity,
    palette: Palette,
}

impl TextReporter {
    pub(crate) fn new(options: Options) -> Self {
        let Options { max_findings, verbosity, palette } = options;
        Self { selection: Findings::new(max_findings), verbosity, palette }
    }
}

impl Reporter for TextReporter {
    fn finding(&mut self, finding: &Finding, _: &mut dyn Write) -> io::Result<()> {
        if self.verbosity >= Verbosity::Normal {
            self.selection.offer_finding(finding, 0);
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        let palette = &self.palette;
        if self.verbosity >= Verbosity::Judgement {
            write_judgement(summary, palette, out)?;
        }
        if self.verbosity < Verbosity::Normal {
            return Ok(());
        }
        let detailed = self.verbosity >= Verbosity::Detailed;
        writeln!(out)?;
        write_zone(&summary.input, detailed, palette, out)?;
        write_trust(summary, detailed, palette, out)?;
        denial::write_denial(summary, palette, out)?;
        versions::write_changes(summary, palette, out)?;
        verdicts::write_keys(summary, palette, out)?;
        verdicts::write_signatures(summary, palette, out)?;
        verdicts::write_times(summary, palette, out)?;
        findings::write_findings(summary, &self.selection, palette, out)?;
        lifetime::write_expiry(summary, detailed, palette, out)?;
        if detailed {
            performance::write_rrset_sizes(summary, palette, out)?;
            performance::write_stages(&summary.performance, palette, out)?;
            performance::write_latency(&summary.performance, palette, out)?;
            performance::write_tables(&summary.performance, palette, out)?;
        }
        performance::write_time(summary, palette, out)
    }
}

fn write_judgement(summary: &Summary, palette: &Palette, out: &mut dyn Write) -> io::Result<()> {
    let file = terms::file_name(&summary.input.files);
    let Judgement { status, subject, reason } = Judgement::of(summary);
    let word = Painted(palette.of_status(status), status);
    writeln!(out, "{file}: {subject} {word}{reason}")
}

fn write_zone(
    input: &InputFacts,
    detailed: bool,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    let serial = input.serial.map_or_else(|| "no serial".to_owned(), |n| format!("serial {n}"));
    let line = format!(
        "{} {}, {serial}: {}, {}, {}, {}",
        input.apex,
        input.class,
        tied(&count(input.records, "record")),
        tied(&count(input.rrsets, "RRset")),
        tied(&count(input.owners, "owner")),
        tied(&count(input.delegations, "delegation")),
    );
    write_paragraph("zone", &line, palette, out)?;
    #[allow(clippy::cast_precision_loss)] // three digits are printed
    let size = octets(input.bytes as f64);
    let transport = match input.transport.as_str() {
        way @ ("mapped" | "read") => format!(", {way}"),
        compression => format!(", from {compression}"),
    };
    if detailed || input.files.len() > 1 {
        let files: Vec<_> = input.files.iter().map(|file| printable(file)).collect();
        let line = format!(
            "{}{transport}: {}",
            format_args!("{size} in {}", count(input.lines, "line")),
            files.join(", ")
        );
        write_paragraph("input", &line, palette, out)?;
    }
    if detailed {
        let mut types: Vec<_> = input.types.iter().collect();
        types.sort_by_key(|row| (std::cmp::Reverse(row.records), row.rtype));
        let types: Vec<_> = types
            .iter()
            .map(|row| tied(&format!("{} {}", row.rtype, grouped(row.records))))
            .collect();
        write_paragraph("types", &types.join(", "), palette, out)?;
    }
    Ok(())
}

fn write_trust(
    summary: &Summary,
    detailed: bool,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    let trust = &summary.trust;
    // Once one anchor leads to the keys, the others are of interest only to the curious.
    let settled = trust.kind == TrustKind::Anchored && !detailed;
    let anchors: Vec<_> = trust.anchors.iter().filter(|a| a.signs || !settled).collect();
    let style = match trust.kind {
        TrustKind::Anchored => palette.good,
        TrustKind::NotAnchored => palette.bogus,
        TrustKind::Island | TrustKind::Unsupported | TrustKind::Unsigned => palette.violation,
    };
    let text = terms::trust(trust.kind);
    write_label("trust", palette, out)?;
    if let (TrustKind::Anchored, [anchor]) = (trust.kind, anchors.as_slice()) {
        return writeln!(out, "{} by {}", Painted(style, text), terms::anchor(anchor));
    }
    writeln!(out, "{}", Painted(style, text))?;
    for anchor in anchors {
        let style = match anchor {
            AnchorFacts { ignored: Some(_), .. } => palette.faint,
            AnchorFacts { signs: true, .. } => palette.good,
            AnchorFacts { matches: true, .. } => palette.violation,
            _ => palette.faint,
        };
        let fate = terms::fate_of_anchor(anchor);
        writeln!(out, "{:GUTTER$}{}: {}", "", terms::anchor(anchor), Painted(style, fate))?;
    }
    Ok(())
}

/// A number in a table, nothing as a dash.
fn number(value: u64) -> Cell {
    if value == 0 { "-".into() } else { grouped(value).into() }
}

/// A number that means trouble when it is not zero.
fn trouble(value: u64, style: anstyle::Style) -> Cell {
    if value == 0 { number(0) } else { Cell(style, grouped(value)) }
}

/// Heads of the columns of percentiles; the cells come from `distribution`.
const DISTRIBUTION: [(&str, Side); 9] = [
    ("count", Side::Right),
    ("min", Side::Right),
    ("mean", Side::Right),
    ("p50", Side::Right),
    ("p90", Side::Right),
    ("p99", Side::Right),
    ("p99.9", Side::Right),
    ("p99.99", Side::Right),
    ("max", Side::Right),
];
