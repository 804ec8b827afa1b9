//! One JSON document, or one object a line: every distinct response and RRset, findings, and the
//! summary (`REPORT.md`).

use std::io::{self, Write};

use serde::Serialize;

use crate::audit::chain::{Event, ResponseRow, RrsetRow, Summary};
use crate::report::entry::{FindingEntry, Schema, VERSION};

use super::ChainReporter;

/// What marks the format and its version.
pub(in crate::report) const SCHEMA: Schema = Schema { name: "sigmill-chain-report", version: 1 };

/// Writes events as they come, so that their number costs no memory.
#[derive(Debug)]
pub(super) struct ChainJson {
    /// Whether it is all one document.
    document: bool,
    any: bool,
}

/// An event as an object that says what it is.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Row<'e> {
    Response(&'e ResponseRow),
    Rrset(&'e RrsetRow),
    Finding(FindingEntry<'e>),
    Summary {
        schema: Schema,
        sigmill: &'static str,
        #[serde(flatten)]
        summary: &'e Summary,
    },
}

impl ChainJson {
    pub(super) fn new(document: bool) -> Self {
        Self { document, any: false }
    }

    fn write(&mut self, row: &Row<'_>, out: &mut dyn Write) -> io::Result<()> {
        let first = !std::mem::replace(&mut self.any, true);
        match (self.document, first) {
            (true, true) => {
                write!(out, "{{\n  \"schema\": ")?;
                serde_json::to_writer(&mut *out, &SCHEMA)?;
                write!(out, ",\n  \"sigmill\": \"{VERSION}\",\n  \"rows\": [\n    ")?;
            }
            (true, false) => write!(out, ",\n    ")?,
            (false, _) => {}
        }
        serde_json::to_writer(&mut *out, row)?;
        if self.document { Ok(()) } else { writeln!(out) }
    }
}

impl ChainReporter for ChainJson {
    fn event(&mut self, event: &Event, out: &mut dyn Write) -> io::Result<()> {
        let row = match event {
            Event::Response(row) => Row::Response(row),
            Event::Rrset(row) => Row::Rrset(row),
            Event::Finding(finding) => Row::Finding(FindingEntry::from(finding)),
            // There may be many of them, and few ask: they have a table of their own.
            Event::Signature(_) => return Ok(()),
        };
        self.write(&row, out)
    }

    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        self.write(&Row::Summary { schema: SCHEMA, sigmill: VERSION, summary }, out)?;
        if self.document { writeln!(out, "\n  ]\n}}") } else { Ok(()) }
    }
}
