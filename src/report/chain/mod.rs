//! Reports of chain audits: captures and saved answers.

mod dot;
mod input;
mod json;
mod text;
mod tree;

use std::io::{self, Write};

use crate::audit::chain::{Event, Summary};

use super::html::ChainPage;
use super::{Options, Verbosity};

pub(super) use json::SCHEMA;

/// Turns one chain audit into one report.
pub trait ChainReporter {
    /// Takes the next event, in the order of the audit.
    ///
    /// # Errors
    /// Those of `out`.
    fn event(&mut self, event: &Event, out: &mut dyn Write) -> io::Result<()>;

    /// Takes the summary and writes what is left of the report. Called once, after all events.
    ///
    /// # Errors
    /// Those of `out`.
    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()>;
}

/// The formats of a report of a chain audit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChainFormat {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// The chains that were asked for, for Graphviz.
    Dot,
    /// One page for a browser, which needs no other file and no network.
    Html,
}

/// The reporter of a format.
#[must_use]
pub fn chain_reporter(format: ChainFormat, options: Options) -> Box<dyn ChainReporter> {
    match format {
        ChainFormat::Text => Box::new(text::ChainText::new(options)),
        ChainFormat::Json => Box::new(json::ChainJson::new(true)),
        ChainFormat::Ndjson => Box::new(json::ChainJson::new(false)),
        ChainFormat::Dot => Box::new(dot::ChainDot),
        ChainFormat::Html => Box::new(ChainPage::new(options.max_findings)),
    }
}
