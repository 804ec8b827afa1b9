//! A merged report that a person reads: what is not good comes first, then what expires next.

use std::io::{self, Write};

use crate::report::palette::Palette;
use crate::report::table::{Cell, Side, Table, write_paragraph};
use crate::report::words::{count, grouped, printable, span, utc};
use crate::report::{Options, Verbosity};

use super::{Counts, Merged, MergedExpiry, ReportRow};

/// Writes what reports come to, seen at a time (Unix seconds). Lists of reports have as many rows as
/// findings may be written out.
///
/// # Errors
/// Those of `out`.
pub fn write_merged_text(
    merged: &Merged,
    now: i64,
    options: Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let palette = &options.palette;
    if options.verbosity >= Verbosity::Judgement {
        writeln!(out, "{}", judgement(merged))?;
    }
    if options.verbosity < Verbosity::Normal || merged.reports.is_empty() {
        return Ok(());
    }
    let most = options.max_findings.and_then(|most| usize::try_from(most).ok());
    let most = most.unwrap_or(usize::MAX);
    write_worst(merged, most, palette, out)?;
    write_expiry(merged, now, most, palette, out)?;
    write_contents(merged, palette, out)?;
    write_algorithms(merged, palette, out)?;
    write_findings(merged, palette, out)
}

/// As in `1,500 reports: of 1,498 zones 1,490 secure, 8 bogus; of 2 captures 2 secure`.
fn judgement(merged: &Merged) -> String {
    let summary = &merged.summary;
    let of = |counts: &Counts, noun| {
        let parts = [
            (counts.secure, "secure"),
            (counts.insecure, "insecure"),
            (counts.indeterminate, "indeterminate"),
            (counts.bogus, "bogus"),
        ];
        let parts = parts.into_iter().filter(|part| part.0 > 0);
        let parts: Vec<String> =
            parts.map(|(number, word)| format!("{} {word}", grouped(number))).collect();
        let total = counts.total();
        (total > 0).then(|| format!("of {} {}", count(total, noun), parts.join(", ")))
    };
    let parts: Vec<String> =
        of(&summary.zones, "zone").into_iter().chain(of(&summary.captures, "capture")).collect();
    match parts.is_empty() {
        true => "no reports".to_owned(),
        false => format!("{}: {}", count(summary.reports, "report"), parts.join("; ")),
    }
}

/// How bad a report is: the worst first.
fn badness(row: &ReportRow) -> [u64; 4] {
    [u64::from(row.status == "bogus"), row.bogus_data, row.bogus, row.violations]
}

/// The reports with something that is not right.
fn write_worst(
    merged: &Merged,
    most: usize,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    let is_bad = |row: &&ReportRow| badness(row) != [0; 4];
    let mut bad: Vec<&ReportRow> = merged.reports.iter().filter(is_bad).collect();
    writeln!(out)?;
    if bad.is_empty() {
        return write_paragraph("not good", "none", palette, out);
    }
    bad.sort_by_key(|row| std::cmp::Reverse(badness(row)));
    let mut table = Table::new(
        "not good",
        &[
            ("of", Side::Left),
            ("status", Side::Left),
            ("bogus data", Side::Right),
            ("bogus findings", Side::Right),
            ("violations", Side::Right),
            ("report", Side::Left),
        ],
    );
    for row in bad.iter().take(most) {
        table.row(vec![
            printable(&row.subject).into_owned().into(),
            status(row, palette),
            number(row.bogus_data),
            number(row.bogus),
            number(row.violations),
            printable(&row.file).into_owned().into(),
        ]);
    }
    table.write(palette, out)?;
    write_more(bad.len(), most, palette, out)
}

fn status(row: &ReportRow, palette: &Palette) -> Cell {
    let style = match row.status.as_str() {
        "bogus" => palette.bogus,
        "secure" => palette.good,
        _ => palette.violation,
    };
    Cell(style, printable(&row.status).into_owned())
}

/// The reports whose signatures expire first.
fn write_expiry(
    merged: &Merged,
    now: i64,
    most: usize,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    let expiring = |row| -> Option<(&MergedExpiry, &ReportRow)> {
        let row: &ReportRow = row;
        Some((row.earliest.as_ref()?, row))
    };
    let mut rows: Vec<_> = merged.reports.iter().filter_map(expiring).collect();
    if rows.is_empty() {
        return Ok(());
    }
    rows.sort_by_key(|(expiry, _)| *expiry);
    let columns = [
        ("in", Side::Right),
        ("at", Side::Left),
        ("signature", Side::Left),
        ("key", Side::Right),
        ("of", Side::Left),
    ];
    let mut table = Table::new("expiry", &columns);
    for (expiry, row) in rows.iter().take(most.min(MOST_EXPIRING)) {
        let left = expiry.at.saturating_sub(now);
        table.row(vec![
            match left {
                ..0 => Cell(palette.bogus, format!("{} ago", span(left))),
                _ => span(left).into(),
            },
            utc(expiry.at).into(),
            format!("{}/{}", printable(&expiry.owner), printable(&expiry.rtype)).into(),
            format!("{}/{}", expiry.tag, expiry.algorithm).into(),
            printable(&row.subject).into_owned().into(),
        ]);
    }
    writeln!(out)?;
    table.write(palette, out)?;
    write_more(rows.len(), most.min(MOST_EXPIRING), palette, out)
}

/// Reports in the list of those that expire first.
const MOST_EXPIRING: usize = 10;

fn write_contents(merged: &Merged, palette: &Palette, out: &mut dyn Write) -> io::Result<()> {
    let summary = &merged.summary;
    writeln!(out)?;
    if summary.zones.total() > 0 {
        let contents = summary.zone_contents;
        let rrsets = summary.zone_rrsets;
        let text = format!(
            "{}, {}, {}; RRsets that must be signed: {} secure, {} insecure, {} bogus",
            count(contents.records, "record"),
            count(contents.delegations, "delegation"),
            count(contents.signatures, "signature"),
            grouped(rrsets.secure),
            grouped(rrsets.insecure),
            grouped(rrsets.bogus),
        );
        write_paragraph("zones", &text, palette, out)?;
    }
    if summary.captures.total() > 0 {
        let contents = summary.capture_contents;
        let responses = summary.responses;
        let mut text = format!(
            "{}; responses: {} secure, {} insecure, {} indeterminate, {} bogus",
            count(contents.messages, "message"),
            grouped(responses.secure),
            grouped(responses.insecure),
            grouped(responses.indeterminate),
            grouped(responses.bogus),
        );
        if let (Some(first), Some(last)) = (contents.first_seen, contents.last_seen) {
            text += &format!("; {} to {}", utc(first), utc(last));
        }
        if contents.not_kept > 0 {
            text += &format!("; {} left out for want of memory", grouped(contents.not_kept));
        }
        write_paragraph("captures", &text, palette, out)?;
    }
    Ok(())
}

fn write_algorithms(merged: &Merged, palette: &Palette, out: &mut dyn Write) -> io::Result<()> {
    let columns = [
        ("algorithm", Side::Left),
        ("signatures", Side::Right),
        ("hold", Side::Right),
        ("others", Side::Right),
        ("reports", Side::Right),
    ];
    if merged.summary.algorithms.is_empty() {
        return Ok(());
    }
    let mut table = Table::new("signatures", &columns);
    for row in &merged.summary.algorithms {
        table.row(vec![
            format!("{} {}", row.algorithm, printable(&row.mnemonic)).into(),
            number(row.signatures),
            number(row.holding),
            number(row.signatures.saturating_sub(row.holding)),
            number(row.reports),
        ]);
    }
    writeln!(out)?;
    table.write(palette, out)
}

fn write_findings(merged: &Merged, palette: &Palette, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out)?;
    if merged.summary.findings.is_empty() {
        return write_paragraph("findings", "none", palette, out);
    }
    let columns = [
        ("code", Side::Left),
        ("severity", Side::Left),
        ("findings", Side::Right),
        ("reports", Side::Right),
    ];
    let mut table = Table::new("findings", &columns);
    let mut rows: Vec<_> = merged.summary.findings.iter().collect();
    let weight = |severity: &str| match severity {
        "bogus" => 0,
        "violation" => 1,
        _ => 2,
    };
    rows.sort_by_key(|row| (weight(&row.severity), std::cmp::Reverse(row.count)));
    for row in rows {
        table.row(vec![
            printable(&row.code).into_owned().into(),
            printable(&row.severity).into_owned().into(),
            number(row.count),
            number(row.reports),
        ]);
    }
    table.write(palette, out)
}

fn write_more(all: usize, most: usize, palette: &Palette, out: &mut dyn Write) -> io::Result<()> {
    match all.saturating_sub(most) {
        0 => Ok(()),
        more => write_paragraph("", &format!("and {} more", grouped(more as u64)), palette, out),
    }
}

/// A number, or a dash for none.
fn number(number: u64) -> Cell {
    if number == 0 { "-".into() } else { grouped(number).into() }
}
