//! One JSON object a line, so that a consumer need not wait for the end (`REPORT.md`).

use std::io::{self, Write};

use serde::Serialize;

use crate::audit::findings::{CatalogueEntry, Finding};
use crate::audit::zone::Summary;

use super::entry::{Allowance, FindingEntry, SCHEMA, Schema, VERSION, catalogue};
use super::{Judgement, Reporter};

/// Writes `report`, then each `finding` as it comes, then `summary`.
#[derive(Debug)]
pub(crate) struct NdjsonReporter {
    allowance: Allowance,
    begun: bool,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Line<'a> {
    Report {
        schema: Schema,
        sigmill: &'static str,
    },
    Finding(FindingEntry<'a>),
    Summary {
        judgement: Judgement,
        findings_left_out: u64,
        catalogue: Vec<&'static CatalogueEntry>,
        summary: &'a Summary,
    },
}

impl NdjsonReporter {
    pub(crate) fn new(max_findings: Option<u64>) -> Self {
        Self { allowance: Allowance::new(max_findings), begun: false }
    }

    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        write_line(&Line::Report { schema: SCHEMA, sigmill: VERSION }, out)
    }
}

impl Reporter for NdjsonReporter {
    fn finding(&mut self, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
        self.begin(out)?;
        if self.allowance.take() { write_line(&Line::Finding(finding.into()), out) } else { Ok(()) }
    }

    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        self.begin(out)?;
        let line = Line::Summary {
            judgement: Judgement::of(summary),
            findings_left_out: self.allowance.left_out(summary),
            catalogue: catalogue(summary),
            summary,
        };
        write_line(&line, out)
    }
}

fn write_line(line: &Line<'_>, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    writeln!(out)
}
