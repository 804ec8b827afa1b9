//! Tables beside the report: the options, and the files behind them.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PathBufValueParser, TypedValueParser as _};
use sigmill::report::columns::{ChainTables, TableFormat, ZoneTables};

use super::exit::Failure;
use super::output::{self, FileOutput};

/// Tables of any audit.
#[derive(Debug, Args)]
#[command(next_help_heading = "Tables")]
pub(crate) struct TableArgs {
    /// Write a table of findings to this file: .parquet, .arrow, .feather or .arrows
    ///
    /// The ending decides the format: Parquet, Arrow's file format (.arrow or .feather), or Arrow's
    /// stream format (.arrows). Tables are written in the same run as the report and have all rows,
    /// whatever the report leaves out. DATA.md describes the columns. A file that exists is replaced
    /// when the table is complete.
    #[arg(long, value_name = "FILE", value_parser = table_parser())]
    findings: Option<TablePath>,

    /// Write a table of RRsets to this file
    ///
    /// Of a zone, those that must be signed, each once for every time of judgement.
    #[arg(long, value_name = "FILE", value_parser = table_parser())]
    rrsets: Option<TablePath>,

    /// Write a table of signatures to this file
    ///
    /// Of a zone, all RRSIG records, each once for every time of judgement.
    #[arg(long, value_name = "FILE", value_parser = table_parser())]
    signatures: Option<TablePath>,
}

/// Tables of an audit along the chain of trust.
#[derive(Debug, Args)]
#[command(next_help_heading = "Tables")]
pub(crate) struct ChainTableArgs {
    #[command(flatten)]
    tables: TableArgs,

    /// Write a table of responses to this file
    #[arg(long, value_name = "FILE", value_parser = table_parser())]
    responses: Option<TablePath>,
}

/// Where a table goes, and in which format.
#[derive(Clone, Debug)]
struct TablePath {
    path: PathBuf,
    format: TableFormat,
}

fn table_parser() -> impl clap::builder::TypedValueParser<Value = TablePath> {
    PathBufValueParser::new().try_map(|path| match TableFormat::of(&path) {
        Some(format) => Ok(TablePath { path, format }),
        None => {
            Err("a table's format is told by the ending of its file: .parquet (Parquet), .arrow \
                     or .feather (Arrow file), .arrows (Arrow stream)")
        }
    })
}

impl TableArgs {
    /// The files that are asked for.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        [&self.findings, &self.rrsets, &self.signatures].into_iter().flatten().map(|t| &*t.path)
    }

    /// Opens the tables of a zone audit.
    pub(crate) fn open_for_zone(&self) -> Result<ZoneTables<FileOutput>, Failure> {
        let Self { findings, rrsets, signatures } = self;
        ZoneTables::new(open(findings)?, open(rrsets)?, open(signatures)?).map_err(unwritten)
    }
}

impl ChainTableArgs {
    /// The files that are asked for.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.tables.paths().chain(self.responses.iter().map(|table| &*table.path))
    }

    /// Whether there is a table of signatures.
    pub(crate) fn has_signatures(&self) -> bool {
        self.tables.signatures.is_some()
    }

    /// Opens the tables of a chain audit.
    pub(crate) fn open(&self) -> Result<ChainTables<FileOutput>, Failure> {
        let TableArgs { findings, rrsets, signatures } = &self.tables;
        let [findings, rrsets, signatures, responses] =
            [open(findings)?, open(rrsets)?, open(signatures)?, open(&self.responses)?];
        ChainTables::new(findings, rrsets, signatures, responses).map_err(unwritten)
    }
}

fn open(table: &Option<TablePath>) -> Result<Option<(TableFormat, FileOutput)>, Failure> {
    let open = |table: &TablePath| Ok((table.format, FileOutput::open(&table.path)?));
    table.as_ref().map(open).transpose()
}

/// Puts finished tables in their places.
pub(crate) fn complete<const N: usize>(
    finished: io::Result<[Option<FileOutput>; N]>,
) -> Result<(), Failure> {
    let finished = finished.map_err(unwritten)?;
    finished.into_iter().flatten().try_for_each(FileOutput::complete)
}

/// What becomes of a table that cannot be written.
pub(crate) fn unwritten(error: io::Error) -> Failure {
    Failure::input(anyhow::Error::new(error).context("cannot write a table"))
}

/// Refuses to write one file twice, or over an input.
pub(crate) fn refuse_collisions<'p>(
    inputs: &[&Path],
    outputs: impl Iterator<Item = &'p Path>,
) -> Result<(), Failure> {
    let outputs: Vec<&Path> = outputs.collect();
    for input in inputs {
        for output in &outputs {
            output::refuse_to_overwrite(input, output)?;
        }
    }
    output::refuse_twice(&outputs)
}
