//! One JSON document: all that was measured, round by round (`BENCH.md`).

use std::io::{self, Write};

use serde::Serialize;

use crate::bench::Comparison;
use crate::report::entry::{Schema, VERSION};

use super::BenchExporter;

/// What marks the format and its version.
pub(in crate::report) const SCHEMA: Schema = Schema { name: "sigmill-bench-report", version: 1 };

/// The whole document.
#[derive(Debug)]
pub(super) struct BenchJson;

#[derive(Serialize)]
struct Document<'c> {
    schema: Schema,
    sigmill: &'static str,
    #[serde(flatten)]
    comparison: &'c Comparison,
}

impl BenchExporter for BenchJson {
    fn write(&self, comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
        let document = Document { schema: SCHEMA, sigmill: VERSION, comparison };
        serde_json::to_writer_pretty(&mut *out, &document)?;
        writeln!(out)
    }
}
