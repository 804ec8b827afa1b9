//! The report of a chain audit that a person reads.

use std::io::{self, Write};

use crate::audit::chain::summary::{BogusName, ReasonRow, StatusCounts, ZoneRow};
use crate::audit::chain::{Event, Status, Summary};
use crate::audit::findings::Finding;
use crate::dns::Algorithm;
use crate::report::palette::{Painted, Palette};
use crate::report::table::{Cell, Side, Table, write_paragraph};
use crate::report::terms;
use crate::report::words::{count, grouped, printable, rate_of, took, utc};

use super::input::write_input;
use super::tree::write_tree;
use super::{ChainReporter, Options, Verbosity};

/// Holds back the first findings, because the judgement comes first.
#[derive(Debug)]
pub(super) struct ChainText {
    findings: Vec<Finding>,
    most: usize,
    verbosity: Verbosity,
    palette: Palette,
}

/// Zones in the table, unless all are asked for.
const ZONES: usize = 40;

impl ChainText {
    pub(super) fn new(options: Options) -> Self {
        let Options { max_findings, verbosity, palette } = options;
        let most = max_findings.map_or(usize::MAX, |most| most.try_into().unwrap_or(usize::MAX));
        Self { findings: Vec::new(), most, verbosity, palette }
    }
}

impl ChainReporter for ChainText {
    fn event(&mut self, event: &Event, _: &mut dyn Write) -> io::Result<()> {
        if let Event::Finding(finding) = event
            && self.findings.len() < self.most
        {
            self.findings.push(finding.clone());
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
        write_input(summary, palette, out)?;
        write_responses(summary, palette, out)?;
        write_signatures(summary, palette, out)?;
        write_zones(summary, detailed, palette, out)?;
        write_trust_changes(summary, palette, out)?;
        write_reasons(summary, palette, out)?;
        write_bogus(summary, palette, out)?;
        write_timeline(summary, palette, out)?;
        write_resolvers(summary, palette, out)?;
        self.write_findings(summary, out)?;
        for explanation in &summary.explanations {
            writeln!(out)?;
            write_tree(explanation, palette, out)?;
        }
        write_time(summary, detailed, palette, out)
    }
}

fn write_judgement(summary: &Summary, palette: &Palette, out: &mut dyn Write) -> io::Result<()> {
    let name = terms::file_names(&summary.input.files);
    let (counts, noun) = match summary.responses.total() {
        0 => (&summary.rrsets, "RRset"),
        _ => (&summary.responses, "response"),
    };
    write!(out, "{name}: ")?;
    if counts.total() == 0 {
        return writeln!(out, "nothing to judge");
    }
    write!(out, "of {} ", count(counts.total(), noun))?;
    let parts: Vec<String> = Status::ALL
        .into_iter()
        .filter(|&status| counts.of(status) > 0)
        .map(|status| format!("{} {}", grouped(counts.of(status)), painted(status, palette)))
        .collect();
    writeln!(out, "{}", parts.join(", "))
}

fn painted(status: Status, palette: &Palette) -> String {
    Painted(style(status, palette), status).to_string()
}

fn style(status: Status, palette: &Palette) -> anstyle::Style {
    match status {
        Status::Secure => palette.good,
        Status::Insecure => palette.violation,
        Status::Indeterminate => palette.advice,
        Status::Bogus => palette.bogus,
    }
}

/// A number, or a dash for none.
fn number(number: u64) -> Cell {
    if number == 0 { "-".into() } else { grouped(number).into() }
}

fn status_cells(counts: &StatusCounts, palette: &Palette) -> Vec<Cell> {
    let cell = |status| {
        let Cell(_, text) = number(counts.of(status));
        match counts.of(status) {
            0 => text.into(),
            _ if status == Status::Bogus => Cell(palette.bogus, text),
            _ => text.into(),
        }
    };
    Status::ALL.into_iter().map(cell).collect()
}

const STATUS_HEADS: [(&str, Side); 4] = [
    ("secure", Side::Right),
    ("insecure", Side::Right),
    ("indeterminate", Side::Right),
    ("bogus", Side::Right),
];

fn write_responses(summary: &Summary, palette: &Palette, out: &mut dyn Write) -> io::Result<()> {
    let heads = [&[("", Side::Left)][..], &STATUS_HEADS].concat();
    let mut table = Table::new("verdicts", &heads);
    for (kind, counts) in &summary.kinds {
        let Some(kind) = terms::outcome(*kind) else { continue };
        table.row([vec![kind.into()], status_cells(counts, palette)].concat());
    }
    let rrsets = [vec!["distinct RRsets".into()], status_cells(&summary.rrsets, palette)];
    table.row(rrsets.concat());
    writeln!(out)?;
    table.write(palette, out)?;
    if !summary.not_judged.is_empty() {
        let codes: Vec<String> = summary
            .not_judged
            .iter()
            .map(|(&code, &number)| format!("{} {}", grouped(number), terms::rcode(code)))
            .collect();
        write_paragraph("no answer", &codes.join(", "), palette, out)?;
    }
    Ok(())
}

fn write_signatures(summary: &Summary, palette: &Palette, out: &mut dyn Write) -> io::Result<()> {
    if summary.signatures.is_empty() {
        return Ok(());
    }
    let columns = [
        ("algorithm", Side::Left),
        ("hold", Side::Right),
        ("fail", Side::Right),
        ("key not seen", Side::Right),
        ("not tried", Side::Right),
    ];
    let mut table = Table::new("signatures", &columns);
    for (&algorithm, counts) in &summary.signatures {
        let fail = match counts.fail {
            0 => number(0),
            fail => Cell(palette.bogus, grouped(fail)),
        };
        table.row(vec![
            terms::algorithm(Algorithm(algorithm)).into(),
            number(counts.hold),
            fail,
            number(counts.without_key),
            number(counts.untried),
        ]);
    }
    writeln!(out)?;
    table.write(palette, out)
}

fn write_zones(
    summary: &Summary,
    all: bool,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    if summary.zones.is_empty() {
        return Ok(());
    }
    let columns = [
        ("zone", Side::Left),
        ("status", Side::Left),
        ("by", Side::Left),
        ("signatures", Side::Right),
        ("responses", Side::Right),
        ("bogus", Side::Right),
        ("why", Side::Left),
    ];
    let mut table = Table::new("zones", &columns);
    let mut rows: Vec<&ZoneRow> = summary.zones.iter().collect();
    let more = rows.len().saturating_sub(ZONES);
    if more > 0 && !all {
        // Those that matter most, in their order in the tree.
        rows.sort_by_key(|row| std::cmp::Reverse((row.responses.bogus, row.responses.total())));
        rows.truncate(ZONES);
        rows.sort_by_key(|row| row.link.zone);
    }
    for row in rows {
        let signatures = row.signatures.hold
            + row.signatures.fail
            + row.signatures.without_key
            + row.signatures.untried;
        let why = match &row.link.judgement.reason {
            Some(reason) if reason.owner == row.link.zone => reason.code.to_string(),
            Some(reason) => format!("{} {}", reason.code, reason.owner),
            None => String::new(),
        };
        let why = if row.island { format!("{why}, signed island") } else { why };
        let status = row.link.judgement.status;
        let bogus = match row.responses.bogus {
            0 => number(0),
            bogus => Cell(palette.bogus, grouped(bogus)),
        };
        table.row(vec![
            Cell(palette.strong, row.link.zone.to_string()),
            Cell(style(status, palette), status.to_string()),
            terms::vouched(row).into(),
            number(signatures),
            number(row.responses.total()),
            bogus,
            why.trim_start_matches(", ").to_owned().into(),
        ]);
    }
    writeln!(out)?;
    table.write(palette, out)?;
    if more > 0 && !all {
        let text = format!("and {} (-v shows all)", count(more as u64, "more zone"));
        write_paragraph("", &text, palette, out)?;
    }
    Ok(())
}

/// What became of followed keys (RFC 5011).
fn write_trust_changes(
    summary: &Summary,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    if summary.trust_changes.is_empty() {
        return Ok(());
    }
    let columns = [
        ("key", Side::Right),
        ("algorithm", Side::Left),
        ("from", Side::Left),
        ("to", Side::Left),
        ("time", Side::Left),
    ];
    let mut table = Table::new("anchors", &columns);
    for change in &summary.trust_changes {
        table.row(vec![
            Cell(palette.strong, change.key.tag.to_string()),
            change.key.algorithm.to_string().into(),
            change.from.to_string().into(),
            change.to.to_string().into(),
            utc(change.at).into(),
        ]);
    }
    writeln!(out)?;
    table.write(palette, out)
}

fn write_reasons(summary: &Summary, palette: &Palette, out: &mut dyn Write) -> io::Result<()> {
    if summary.reasons.is_empty() {
        return Ok(());
    }
    let columns = [
        ("status", Side::Left),
        ("responses", Side::Right),
        ("code", Side::Left),
        ("first", Side::Left),
    ];
    let mut table = Table::new("reasons", &columns);
    for row in &summary.reasons {
        let ReasonRow { status, code, responses, first } = row;
        let first = first.strip_prefix(code.entry().code).unwrap_or(first).trim_start();
        table.row(vec![
            Cell(style(*status, palette), status.to_string()),
            grouped(*responses).into(),
            Cell(palette.strong, code.to_string()),
            printable(first).into_owned().into(),
        ]);
    }
    writeln!(out)?;
    table.write(palette, out)
}

fn write_bogus(summary: &Summary, palette: &Palette, out: &mut dyn Write) -> io::Result<()> {
    if summary.bogus_names.is_empty() {
        return Ok(());
    }
    let columns = [("name", Side::Left), ("type", Side::Left), ("bogus", Side::Right)];
    let mut table = Table::new("bogus", &columns);
    for BogusName { name, rtype, responses } in &summary.bogus_names {
        table.row(vec![
            name.to_string().into(),
            rtype.to_string().into(),
            Cell(palette.bogus, grouped(*responses)),
        ]);
    }
    writeln!(out)?;
    table.write(palette, out)
}

fn write_timeline(summary: &Summary, palette: &Palette, out: &mut dyn Write) -> io::Result<()> {
    if summary.timeline.len() < 2 {
        return Ok(());
    }
    let heads = [&[("from", Side::Left)][..], &STATUS_HEADS].concat();
    let mut table = Table::new("time", &heads);
    // As many rows as a screen has room for.
    let each = summary.timeline.len().div_ceil(12);
    for spans in summary.timeline.chunks(each) {
        let mut counts = StatusCounts::default();
        spans.iter().for_each(|row| counts += row.responses);
        let begin = spans.first().map_or(0, |row| row.from);
        table.row([vec![utc(begin).into()], status_cells(&counts, palette)].concat());
    }
    writeln!(out)?;
    table.write(palette, out)
}

fn write_resolvers(summary: &Summary, palette: &Palette, out: &mut dyn Write) -> io::Result<()> {
    let ad = &summary.ad;
    let mut parts = Vec::new();
    let mut note = |number: u64, what: &str| {
        if number > 0 {
            parts.push(format!("{} {what}", grouped(number)));
        }
    };
    note(ad.agreed, "with AD and secure here");
    note(ad.without_security, "with AD and not secure here");
    note(ad.unknown, "with AD that the input cannot confirm");
    note(ad.missing, "secure here, without AD");
    if !parts.is_empty() {
        writeln!(out)?;
        write_paragraph("resolvers", &parts.join(", "), palette, out)?;
    }
    if !summary.extended_errors.is_empty() {
        let errors: Vec<String> = summary
            .extended_errors
            .iter()
            .map(|(code, number)| {
                format!("{} {code} {}", grouped(*number), terms::extended_error(*code))
            })
            .collect();
        write_paragraph("EDE", &errors.join(", "), palette, out)?;
    }
    Ok(())
}

impl ChainText {
    fn write_findings(&self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        if self.findings.is_empty() {
            return Ok(());
        }
        let palette = &self.palette;
        let columns = [
            ("severity", Side::Left),
            ("code", Side::Left),
            ("name", Side::Left),
            ("detail", Side::Left),
        ];
        let mut table = Table::new("findings", &columns);
        for finding in &self.findings {
            let name = match (&finding.owner, finding.rtype) {
                (Some(owner), Some(rtype)) => format!("{owner} {rtype}"),
                (Some(owner), None) => owner.to_string(),
                _ => finding.place.as_ref().map_or_else(String::new, ToString::to_string),
            };
            let detail = finding.detail.as_deref().unwrap_or_default();
            table.row(vec![
                Cell(palette.of_severity(finding.severity), finding.severity.to_string()),
                Cell(palette.strong, finding.code.to_string()),
                name.into(),
                printable(detail).into_owned().into(),
            ]);
        }
        writeln!(out)?;
        table.write(palette, out)?;
        let all: u64 = summary.findings.values().sum();
        let more = all - self.findings.len() as u64;
        if more > 0 {
            let text = format!("and {} more (--max-findings)", grouped(more));
            write_paragraph("", &text, palette, out)?;
        }
        Ok(())
    }
}

fn write_time(
    summary: &Summary,
    detailed: bool,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    let times = &summary.performance;
    let mut line = format!(
        "reading {}, verifying {}, judging {}",
        took(times.reading_seconds),
        took(times.verifying_seconds),
        took(times.judging_seconds)
    );
    let (messages, distinct) = (summary.input.messages, summary.distinct_responses);
    if messages > 0 {
        let all = times.reading_seconds + times.verifying_seconds + times.judging_seconds;
        let rate = rate_of(messages, "messages", all);
        line.push_str(&format!("; {rate}, {}", count(distinct, "distinct response")));
    }
    writeln!(out)?;
    if detailed {
        let columns = [
            ("algorithm", Side::Left),
            ("backend", Side::Left),
            ("verified", Side::Right),
            ("median ns", Side::Right),
            ("99 %", Side::Right),
            ("most", Side::Right),
        ];
        let mut table = Table::new("latency", &columns);
        for row in &times.latency {
            let spread = &row.nanoseconds;
            table.row(vec![
                row.algorithm.to_string().into(),
                row.backend.into(),
                grouped(spread.count).into(),
                grouped(spread.p50).into(),
                grouped(spread.p99).into(),
                grouped(spread.max).into(),
            ]);
        }
        table.write(palette, out)?;
    }
    write_paragraph("time", &line, palette, out)
}
