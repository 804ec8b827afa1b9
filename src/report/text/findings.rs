//! The findings in a text report: a fair selection of them, grouped by severity and code.

use std::cmp::Reverse;
use std::io::{self, Write};

use crate::audit::findings::{Code, Excerpt, Finding, Severity};
use crate::audit::zone::Summary;
use crate::audit::zone::summary::CodeCount;
use crate::report::palette::{Painted, Palette};
use crate::report::selection::Findings;
use crate::report::table::{GUTTER, WIDTH, write_label};
use crate::report::terms;
use crate::report::words::{grouped, printable, tied, utc, wrap};

/// Writes one paragraph for each severity and code that occurred.
pub(super) fn write_findings(
    summary: &Summary,
    selection: &Findings,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut rows = summary.findings.clone();
    rows.retain(|row| row.count > 0);
    rows.sort_by_key(|row| (Reverse(row.severity), row.code));
    writeln!(out)?;
    write_label("findings", palette, out)?;
    if rows.is_empty() {
        return writeln!(out, "{}", Painted(palette.good, "none"));
    }
    writeln!(out, "{}", overview(&rows, selection.held()))?;
    let context = Context {
        zone_file: summary.input.files.first().map(String::as_str),
        several_times: summary.times.len() > 1,
    };
    for row in rows {
        writeln!(out)?;
        let shown = selection.of(row.severity, row.code);
        write_head(row.severity, row.code, row.count, palette, out)?;
        write_cases(&shown, &context, palette, out)?;
        let more = row.count.saturating_sub(shown.len() as u64);
        if more > 0 && !shown.is_empty() {
            let text = format!("… and {} more", grouped(more));
            writeln!(out, "{:GUTTER$}{}", "", Painted(palette.faint, text))?;
        }
        write_advice(row.code, palette, out)?;
    }
    Ok(())
}

/// As in `22 bogus, 3 violations, 2 advice (12 shown: --max-findings all shows the rest)`.
fn overview(rows: &[CodeCount], shown: u64) -> String {
    let parts = terms::severities(rows);
    let all: u64 = rows.iter().map(|row| row.count).sum();
    if shown >= all {
        return parts;
    }
    format!("{parts} ({} shown: --max-findings all shows the rest)", grouped(shown))
}

fn write_head(
    severity: Severity,
    code: Code,
    number: u64,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    let style = palette.of_severity(severity);
    let pad = GUTTER - severity.to_string().len();
    write!(out, "{}{:pad$}", Painted(style, severity), "")?;
    let times = if number == 1 { String::new() } else { format!(" ×{}", grouped(number)) };
    let code = code.entry();
    write!(out, "{}{}", Painted(palette.strong, code.code), Painted(style, &times))?;
    // The meaning begins behind the code, and may go on below it.
    let taken = code.code.len() + times.chars().count() + 2;
    let lines = wrap(code.meaning, taken, WIDTH - GUTTER);
    for (at, line) in lines.iter().enumerate() {
        let indent = if at == 0 { 2 } else { GUTTER };
        writeln!(out, "{:indent$}{line}", "")?;
    }
    Ok(())
}

fn write_advice(code: Code, palette: &Palette, out: &mut dyn Write) -> io::Result<()> {
    let entry = code.entry();
    // Of a list of references each stays on one line: `RFC 4035 §2.2`.
    let references: Vec<_> = entry.reference.split(", ").map(tied).collect();
    let text = format!("{} ({})", entry.advice, references.join(", "));
    for (at, line) in wrap(&text, 0, WIDTH - GUTTER - 2).iter().enumerate() {
        let mark = if at == 0 { "→" } else { " " };
        writeln!(out, "{:GUTTER$}{mark} {}", "", Painted(palette.faint, line))?;
    }
    Ok(())
}

/// A column grows with what stands in it up to here; a longer text pushes only its own line.
const WIDEST: usize = 44;

fn write_cases(
    findings: &[&Finding],
    context: &Context<'_>,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    let cases: Vec<[String; 3]> = findings.iter().map(|f| columns(f, context)).collect();
    let width = |column: usize| {
        let lengths = cases.iter().map(|case| case[column].chars().count());
        lengths.filter(|&long| long <= WIDEST).max().unwrap_or(0)
    };
    let widths = [width(0), width(1), 0];
    for (case, finding) in cases.iter().zip(findings) {
        let mut line = String::new();
        for (text, width) in case.iter().zip(widths) {
            // A column that is empty in the whole group takes no room.
            if width > 0 || !text.is_empty() {
                line.push_str(&format!("{text:width$}  "));
            }
        }
        if !line.trim_end().is_empty() {
            writeln!(out, "{:GUTTER$}{}", "", line.trim_end())?;
        }
        if let Some(excerpt) = &finding.excerpt {
            write_excerpt(excerpt, finding.place.as_ref().map(|p| p.line), palette, out)?;
        }
    }
    Ok(())
}

/// What all findings of a report have in common, so that it need not be said with each.
struct Context<'a> {
    /// The judgement names this file: places in it are told by their line.
    zone_file: Option<&'a str>,
    /// Whether a finding must say for which time it holds.
    several_times: bool,
}

/// Where it is, what it is about, and what is particular about it.
fn columns(finding: &Finding, context: &Context<'_>) -> [String; 3] {
    let place = finding.place.as_ref().map_or_else(String::new, |place| {
        if context.zone_file != Some(&*place.file) {
            return place.to_string();
        }
        let column = place.column.map_or_else(String::new, |column| format!(":{column}"));
        format!("line {}{column}", place.line)
    });
    let mut subject = match (&finding.owner, finding.rtype) {
        (Some(owner), Some(rtype)) => format!("{owner}/{rtype}"),
        (Some(owner), None) => owner.to_string(),
        (None, Some(rtype)) => rtype.to_string(),
        (None, None) => String::new(),
    };
    if let Some(key) = finding.key {
        let between = if subject.is_empty() { "" } else { " " };
        subject += &format!("{between}by {}/{}", key.tag, key.algorithm.0);
    }
    let mut detail = printable(finding.detail.as_deref().unwrap_or_default()).into_owned();
    if let Some(at) = finding.at.filter(|_| context.several_times) {
        let between = if detail.is_empty() { "" } else { ", " };
        detail += &format!("{between}at {}", utc(at));
    }
    [printable(&place).into_owned(), subject, detail]
}

/// The line of input, and under it a mark below what is wrong.
fn write_excerpt(
    excerpt: &Excerpt,
    line: Option<u64>,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    // What is made printable becomes longer, so the mark is measured on the text as shown.
    let shown = |from: usize, len: usize| {
        let part: String = excerpt.line.chars().skip(from).take(len).collect();
        printable(&part).into_owned()
    };
    let before = shown(0, excerpt.caret).chars().count();
    let under = shown(excerpt.caret, excerpt.len).chars().count().max(1);
    let number = line.map(|line| line.to_string()).unwrap_or_default();
    let margin = number.len() + 2;
    writeln!(
        out,
        "{:GUTTER$}  {} {}",
        "",
        Painted(palette.faint, format!("{number} |")),
        printable(&excerpt.line)
    )?;
    writeln!(
        out,
        "{:GUTTER$}  {} {:before$}{}",
        "",
        Painted(palette.faint, format!("{:>margin$}", "|")),
        "",
        Painted(palette.bogus, "^".repeat(under))
    )
}
