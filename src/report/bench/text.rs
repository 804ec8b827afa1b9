//! The report of a comparison that a person reads: what is fastest first, then the tables.

use std::io::{self, Write};

use crate::bench::result::{AuditRow, Failure, Input, Work};
use crate::bench::{Comparison, Machine, Row, Stage};
use crate::report::palette::{Painted, Palette};
use crate::report::table::{Cell, Side, Table, write_wrapped};
use crate::report::terms;
use crate::report::words::{count, grouped, printable, three_digits, tied, took};

use super::answer::{answer, heading, is_best, wins};
use super::{BenchExporter, BenchOptions, Verbosity};

/// From so many columns on tables are wide.
const WIDE: usize = 100;
/// A median that is known no better than this is marked.
const UNCERTAINTY: f64 = 0.05;

/// Text in a style, for so many columns.
#[derive(Debug)]
pub(super) struct BenchText {
    options: BenchOptions,
}

impl BenchText {
    pub(super) fn new(options: BenchOptions) -> Self {
        Self { options: BenchOptions { width: options.width.clamp(60, 120), ..options } }
    }
}

impl BenchExporter for BenchText {
    fn write(&self, comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
        let BenchOptions { verbosity, palette, width } = self.options;
        let page = Page {
            comparison,
            palette: &palette,
            width,
            detailed: verbosity >= Verbosity::Detailed,
        };
        if verbosity >= Verbosity::Judgement {
            page.write_answer(out)?;
        }
        if verbosity < Verbosity::Normal {
            return Ok(());
        }
        writeln!(out)?;
        page.write_machine(out)?;
        if let Some(input) = &comparison.input {
            page.write_input(input, out)?;
        }
        for rows in comparison.rows.chunk_by(|a, b| a.work == b.work) {
            page.write_rows(rows, out)?;
        }
        if page.detailed {
            page.write_parts(out)?;
        }
        page.write_fastest(out)?;
        page.write_refusals(out)?;
        page.write_failures(out)?;
        page.write_warnings(out)
    }
}

struct Page<'p> {
    comparison: &'p Comparison,
    palette: &'p Palette,
    width: usize,
    detailed: bool,
}

impl Page<'_> {
    /// One line: what the numbers come to.
    fn write_answer(&self, out: &mut dyn Write) -> io::Result<()> {
        let palette = self.palette;
        let wrong = self.comparison.failures.first().map(|failure| {
            let message = format!("{} gives wrong answers; ", failure.contender);
            Painted(palette.bogus, message).to_string()
        });
        write!(out, "{}", wrong.unwrap_or_default())?;
        let paint = |name: &str| Painted(palette.good, name).to_string();
        writeln!(out, "{}", answer(self.comparison, &paint))
    }

    fn write_machine(&self, out: &mut dyn Write) -> io::Result<()> {
        let machine = &self.comparison.machine;
        let mut parts = vec![machine.processor.as_deref().map_or("processor".into(), printable)];
        parts.push(count(machine.processors as u64, "processor").into());
        if machine.smt == Some(true) {
            parts.push("SMT".into());
        }
        if machine.is_virtual == Some(true) {
            parts.push("virtual".into());
        }
        parts.extend(machine.kernel.as_deref().map(printable));
        parts.extend(
            machine.governor.as_deref().map(|name| format!("governor {}", printable(name)).into()),
        );
        let parts: Vec<String> = parts.iter().map(|part| tied(part)).collect();
        self.paragraph("machine", &parts.join(", "), out)?;
        if self.detailed {
            if let Some(model) = &machine.model {
                self.paragraph("", &printable(model), out)?;
            }
            self.paragraph("", &machine.features.join(" "), out)?;
        }
        self.paragraph("libraries", &libraries(machine, self.detailed), out)?;
        let settings = &self.comparison.settings;
        let line = format!(
            "{} each in {}, ratios to {}, in all {}",
            took(settings.time_seconds),
            tied(&count(settings.rounds as u64, "round")),
            settings.baseline,
            tied(&took(self.comparison.seconds)),
        );
        self.paragraph("measured", &line, out)
    }

    fn write_input(&self, input: &Input, out: &mut dyn Write) -> io::Result<()> {
        let mut line = match &input.apex {
            Some(apex) => format!("zone {}", printable(apex)),
            None => format!("{} of {}", input.form, tied(&count(input.zones, "zone"))),
        };
        line += &format!(": {}", tied(&count(input.signatures, "signature")));
        if input.failing > 0 {
            line += &format!(", of which {} do not hold", grouped(input.failing));
        }
        let octets = &input.signed_octets;
        line += &format!(
            ", over {} octets in the median and {} at most",
            grouped(octets.p50),
            grouped(octets.max)
        );
        self.paragraph("input", &line, out)?;
        let columns = [
            ("kind of keys", Side::Left),
            ("keys", Side::Right),
            ("signatures", Side::Right),
            ("a key", Side::Right),
        ];
        let mut table = Table::new("", &columns);
        for kind in &input.kinds {
            let exponent = kind.exponent.as_ref().map(|exponent| format!(" e={exponent}"));
            let name = format!("{}, {} bits", kind.algorithm, kind.bits);
            table.row(vec![
                (name + &exponent.unwrap_or_default()).into(),
                grouped(kind.keys).into(),
                grouped(kind.signatures).into(),
                grouped(kind.signatures / kind.keys.max(1)).into(),
            ]);
        }
        writeln!(out)?;
        table.write(self.palette, out)
    }

    /// The rows of one work.
    fn write_rows(&self, rows: &[Row], out: &mut dyn Write) -> io::Result<()> {
        let [first, ..] = rows else { return Ok(()) };
        writeln!(out)?;
        let (name, what) = heading(&first.work);
        writeln!(out, "{}  {what}", Painted(self.palette.label, name))?;
        let wide = self.width >= WIDE;
        let unit = Unit::of(rows);
        let is_audit = first.work.stage == Stage::Audit;
        let threads = if wide { "threads" } else { "thr" };
        let mut columns = vec![("backend", Side::Left), (threads, Side::Right)];
        if wide && !is_audit {
            columns.push(("batch", Side::Right));
        }
        if is_audit {
            columns.push(("time", Side::Right));
        }
        if wide || !is_audit {
            columns.push(("sigs/s", Side::Right));
        }
        if wide {
            columns.push(("±", Side::Right));
        }
        let scaling = if wide { "scaling" } else { "scal" };
        columns.extend([("ratio", Side::Right), (scaling, Side::Right)]);
        columns.extend([unit.head(), "p90", "p99", "p99.9", "max"].map(|head| (head, Side::Right)));
        let mut table = Table::indented(2, &columns);
        let mut threads = first.threads;
        for row in rows {
            if row.threads != threads {
                threads = row.threads;
                table.row(vec!["".into(); columns.len()]);
            }
            table.row(self.row(row, unit, wide));
        }
        table.write(self.palette, out)
    }

    fn row(&self, row: &Row, unit: Unit, wide: bool) -> Vec<Cell> {
        let best = is_best(self.comparison, row);
        let style = if best { self.palette.good } else { anstyle::Style::new() };
        let uncertain = row.per_second.uncertainty() > UNCERTAINTY;
        // Without the column that says how sure a number is, a mark says that it is not.
        let mark = if uncertain && !wide { "~" } else { "" };
        let is_audit = row.audit.is_some();
        let mut cells = vec![Cell(style, row.label()), row.threads.to_string().into()];
        if wide && !is_audit {
            cells.push(row.batch.map_or("-".into(), |batch| grouped(batch as u64).into()));
        }
        if let Some(AuditRow { seconds, part, .. }) = &row.audit {
            // What was extrapolated is told as such.
            let about = if *part < 0.995 { "≈" } else { mark };
            cells.push(Cell(style, format!("{about}{}", took(seconds.median))));
        }
        if wide || !is_audit {
            let style = if is_audit { anstyle::Style::new() } else { style };
            cells.push(Cell(
                style,
                format!("{mark}{}", three_digits(row.per_second.median).trim_end_matches(".00")),
            ));
        }
        if wide {
            let text = format!("{:.1} %", row.per_second.uncertainty() * 100.0);
            let style = if uncertain { self.palette.violation } else { self.palette.faint };
            cells.push(Cell(style, text));
        }
        cells
            .push(row.ratio.map_or("-".into(), |ratio| format!("{}x", three_digits(ratio)).into()));
        let scaling = row.scaling.map(|scaling| format!("{:.0} %", scaling * 100.0).into());
        cells.push(scaling.unwrap_or_else(|| "-".into()));
        let times = &row.nanoseconds;
        let times = [times.p50, times.p90, times.p99, times.p99_9, times.max];
        cells.extend(times.map(|nanoseconds| unit.show(nanoseconds).into()));
        cells
    }

    /// How long single verifications of an audit took.
    fn write_parts(&self, out: &mut dyn Write) -> io::Result<()> {
        let columns = [
            ("contender", Side::Left),
            ("algorithm", Side::Left),
            ("backend", Side::Left),
            ("count", Side::Right),
            ("µs p50", Side::Right),
            ("p99", Side::Right),
            ("max", Side::Right),
        ];
        let mut table = Table::indented(2, &columns);
        let fewest = self.comparison.rows.iter().map(|row| row.threads).min();
        let rows = self.comparison.rows.iter().filter(|row| Some(row.threads) == fewest);
        let mut any = false;
        for row in rows {
            for part in row.audit.iter().flat_map(|audit| &audit.latency) {
                any = true;
                let times = &part.nanoseconds;
                table.row(vec![
                    row.contender.into(),
                    terms::algorithm(part.algorithm).into(),
                    terms::with_kernel(part.backend, part.kernel).into(),
                    grouped(times.count).into(),
                    Unit::Micro.show(times.p50).into(),
                    Unit::Micro.show(times.p99).into(),
                    Unit::Micro.show(times.max).into(),
                ]);
            }
        }
        if !any {
            return Ok(());
        }
        writeln!(out)?;
        writeln!(out, "{}  with the fewest threads", Painted(self.palette.label, "algorithms"))?;
        table.write(self.palette, out)
    }

    fn write_fastest(&self, out: &mut dyn Write) -> io::Result<()> {
        let wins = wins(self.comparison);
        if wins.is_empty() || self.comparison.input.is_some() {
            return Ok(());
        }
        let several_stages = wins.iter().any(|(work, _)| work.stage != wins[0].0.stage);
        let part = |(work, row): &(Work, &Row)| {
            let kind = work.kind.map_or_else(String::new, |kind| kind.to_string());
            let stage =
                if several_stages { format!("{} ", work.stage.name()) } else { String::new() };
            let ratio = match row.ratio {
                Some(ratio) if row.contender != self.comparison.settings.baseline => {
                    format!(" {}x", three_digits(ratio))
                }
                _ => String::new(),
            };
            tied(&format!("{stage}{kind} {}{ratio}", row.contender))
        };
        let parts: Vec<String> = wins.iter().map(part).collect();
        writeln!(out)?;
        self.paragraph("fastest", &parts.join(", "), out)
    }

    /// Kinds by who cannot verify them.
    fn write_refusals(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut by_contender: Vec<(&str, Vec<String>)> = Vec::new();
        for refused in &self.comparison.refusals {
            let work = &refused.work;
            let mut kind = work.kind.map_or_else(String::new, |kind| kind.to_string());
            // What it can do with more signatures is not its lack of the kind.
            let can_otherwise =
                |row: &Row| row.contender == refused.contender && row.work.kind == work.kind;
            if let Some(signatures) = work.signatures_per_key
                && self.comparison.rows.iter().any(can_otherwise)
            {
                kind += &format!(" with {}", count(signatures as u64, "signature"));
            }
            let kind = tied(&kind);
            match by_contender.iter_mut().find(|(name, _)| *name == refused.contender) {
                Some((_, kinds)) if kinds.contains(&kind) => {}
                Some((_, kinds)) => kinds.push(kind),
                None => by_contender.push((refused.contender, vec![kind])),
            }
        }
        if by_contender.is_empty() {
            return Ok(());
        }
        let parts: Vec<String> = by_contender
            .iter()
            .map(|(name, kinds)| format!("{name} {}", kinds.join(", ")))
            .collect();
        self.paragraph("cannot", &parts.join("; "), out)
    }

    fn write_failures(&self, out: &mut dyn Write) -> io::Result<()> {
        for failure in &self.comparison.failures {
            let Failure { work, contender, good, rejected, corrupted, accepted } = failure;
            let kind = work.kind.map_or_else(String::new, |kind| format!(" {kind}"));
            let text = format!(
                "{contender}, {}{kind}: of {} good signatures it rejects {}, of {} corrupted ones it \
                 accepts {}",
                work.stage.name(),
                grouped(*good),
                grouped(*rejected),
                grouped(*corrupted),
                grouped(*accepted),
            );
            let style = Palette { label: self.palette.bogus, ..*self.palette };
            write_wrapped("wrong", &text, self.width, &style, out)?;
        }
        Ok(())
    }

    fn write_warnings(&self, out: &mut dyn Write) -> io::Result<()> {
        let marked = self.width < WIDE
            && self.comparison.rows.iter().any(|row| row.per_second.uncertainty() > UNCERTAINTY);
        if self.comparison.warnings.is_empty() && !marked {
            return Ok(());
        }
        writeln!(out)?;
        for warning in &self.comparison.warnings {
            let style = Palette { label: self.palette.violation, ..*self.palette };
            write_wrapped("warning", &printable(&warning.message), self.width, &style, out)?;
        }
        if marked {
            self.paragraph("~", "known to no better than ±5 %", out)?;
        }
        Ok(())
    }

    fn paragraph(&self, label: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
        write_wrapped(label, text, self.width, self.palette, out)
    }
}

fn libraries(machine: &Machine, all: bool) -> String {
    const FIRST: [&str; 8] = [
        "sigmill",
        "aws-lc-rs",
        "ring",
        "p256",
        "p384",
        "ed25519-dalek",
        "ed448-goldilocks",
        "rsa",
    ];
    let is_shown = |name: &&String| all || FIRST.contains(&name.as_str());
    let names = machine.versions.keys().filter(is_shown);
    let part = |name: &String| tied(&format!("{name} {}", machine.versions[name]));
    names.map(part).collect::<Vec<_>>().join(", ")
}

/// In what times are told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Unit {
    Nano,
    Micro,
}

impl Unit {
    /// Microseconds, unless that would leave too few digits.
    fn of(rows: &[Row]) -> Self {
        let least = rows.iter().map(|row| row.nanoseconds.p50).min().unwrap_or(0);
        if least < 1000 { Self::Nano } else { Self::Micro }
    }

    fn head(self) -> &'static str {
        match self {
            Self::Nano => "ns p50",
            Self::Micro => "µs p50",
        }
    }

    #[allow(clippy::cast_precision_loss)] // three digits are printed
    fn show(self, nanoseconds: u64) -> String {
        match self {
            Self::Nano => grouped(nanoseconds),
            Self::Micro => match nanoseconds as f64 / 1000.0 {
                micro if micro < 99.95 => three_digits(micro),
                _ => grouped(nanoseconds.saturating_add(500) / 1000),
            },
        }
    }
}
