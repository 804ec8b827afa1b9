//! Reports of comparisons of backends: one exporter a file, behind one trait.

mod answer;
mod csv;
mod hlog;
mod json;
mod markdown;
mod text;

use std::io::{self, Write};

use crate::bench::Comparison;

use super::html::BenchPage;
use super::{Palette, Verbosity};

pub(super) use answer::{answer, heading, is_best};
pub(super) use json::SCHEMA;

/// Writes one comparison in one format.
pub trait BenchExporter {
    /// Writes all of it.
    ///
    /// # Errors
    /// Those of `out`.
    fn write(&self, comparison: &Comparison, out: &mut dyn Write) -> io::Result<()>;
}

/// The formats of a report of a comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BenchFormat {
    /// For people.
    Text,
    /// One JSON document (`BENCH.md`).
    Json,
    /// A line for each row, with a head (`BENCH.md`).
    Csv,
    /// Tables for a document.
    Markdown,
    /// Histograms of each round, as HdrHistogram's tools read them.
    Hlog,
    /// One page for a browser, which needs no other file and no network.
    Html,
}

impl BenchFormat {
    /// All formats, each with the ending of its files.
    pub const ENDINGS: [(Self, &str); 6] = [
        (Self::Text, "txt"),
        (Self::Json, "json"),
        (Self::Csv, "csv"),
        (Self::Markdown, "md"),
        (Self::Hlog, "hlog"),
        (Self::Html, "html"),
    ];
}

/// How a text report is to look.
#[derive(Clone, Copy, Debug)]
pub struct BenchOptions {
    /// Columns of the terminal. Below 100 some columns of the tables are left out.
    pub width: usize,
    /// How much it says: the answer alone, the tables, or everything.
    pub verbosity: Verbosity,
    /// The styles.
    pub palette: Palette,
}

/// The exporter of a format.
#[must_use]
pub fn bench_exporter(format: BenchFormat, options: BenchOptions) -> Box<dyn BenchExporter> {
    match format {
        BenchFormat::Text => Box::new(text::BenchText::new(options)),
        BenchFormat::Json => Box::new(json::BenchJson),
        BenchFormat::Csv => Box::new(csv::BenchCsv),
        BenchFormat::Markdown => Box::new(markdown::BenchMarkdown),
        BenchFormat::Hlog => Box::new(hlog::BenchHlog),
        BenchFormat::Html => Box::new(BenchPage),
    }
}
