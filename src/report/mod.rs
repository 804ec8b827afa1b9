//! What people and programs see of an audit: one exporter a file, behind one trait.
//!
//! A reporter is given findings one by one while the audit runs and the [`Summary`] at its end. It
//! knows nothing of terminals, files and exit codes; it writes to whatever it is handed.

pub mod bench;
pub mod chain;
pub mod columns;
pub mod judgement;
pub mod merge;
pub mod metrics;
pub mod palette;
pub mod words;

mod entry;
mod html;
mod json;
mod ndjson;
mod selection;
mod table;
mod terms;
mod text;

use std::io::{self, Write};

use crate::audit::findings::Finding;
use crate::audit::zone::Summary;

pub use judgement::{Judgement, Status};
pub use palette::Palette;

/// Turns one audit into one report.
pub trait Reporter {
    /// Takes the next finding, in the order of the audit. A streaming format writes it at once.
    ///
    /// # Errors
    /// Those of `out`.
    fn finding(&mut self, finding: &Finding, out: &mut dyn Write) -> io::Result<()>;

    /// Takes the summary and writes what is left of the report. Called once, after all findings.
    ///
    /// # Errors
    /// Those of `out`.
    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()>;
}

/// The formats of a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON document (`REPORT.md`).
    Json,
    /// One JSON object a line, findings as they come (`REPORT.md`).
    Ndjson,
    /// One page for a browser, which needs no other file and no network.
    Html,
}

/// How much a text report says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Verbosity {
    /// Nothing at all.
    Silent,
    /// The judgement, on one line.
    Judgement,
    /// What an operator acts on: trust, keys, verdicts, findings, expiry.
    Normal,
    /// Everything that was measured.
    Detailed,
}

/// How a report is to look.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many findings are written out; `None` for all. Findings are always all counted.
    ///
    /// Text and HTML hold as many in memory, the others hold none.
    pub max_findings: Option<u64>,
    /// How much a text report says.
    pub verbosity: Verbosity,
    /// The styles of a text report.
    pub palette: Palette,
}

/// The reporter of a format.
#[must_use]
pub fn reporter(format: Format, options: Options) -> Box<dyn Reporter> {
    match format {
        Format::Text => Box::new(text::TextReporter::new(options)),
        Format::Json => Box::new(json::JsonReporter::new(options.max_findings)),
        Format::Ndjson => Box::new(ndjson::NdjsonReporter::new(options.max_findings)),
        Format::Html => Box::new(html::ZonePage::new(options.max_findings)),
    }
}
