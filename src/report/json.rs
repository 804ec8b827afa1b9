//! One JSON document, written as the findings come, so that its size costs no memory
//! (`REPORT.md`). Findings stand one on a line; the rest is indented.

use std::io::{self, Write};

use serde::Serialize;

use crate::audit::findings::Finding;
use crate::audit::zone::Summary;

use super::entry::{Allowance, FindingEntry, SCHEMA, VERSION, catalogue};
use super::{Judgement, Reporter};

/// Writes one document. Nothing is written before the first finding or the end, so that an input
/// that cannot be read leaves no half of one.
#[derive(Debug)]
pub(crate) struct JsonReporter {
    allowance: Allowance,
    begun: bool,
    any: bool,
}

impl JsonReporter {
    pub(crate) fn new(max_findings: Option<u64>) -> Self {
        Self { allowance: Allowance::new(max_findings), begun: false, any: false }
    }

    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        write!(out, "{{\n  \"schema\": ")?;
        serde_json::to_writer(&mut *out, &SCHEMA)?;
        write!(out, ",\n  \"sigmill\": \"{VERSION}\",\n  \"findings\": [")
    }
}

impl Reporter for JsonReporter {
    fn finding(&mut self, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
        self.begin(out)?;
        if !self.allowance.take() {
            return Ok(());
        }
        let comma = if std::mem::replace(&mut self.any, true) { "," } else { "" };
        write!(out, "{comma}\n    ")?;
        Ok(serde_json::to_writer(out, &FindingEntry::from(finding))?)
    }

    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        self.begin(out)?;
        out.write_all(if self.any { b"\n  ]" } else { b"]" })?;
        write_member("findings_left_out", &self.allowance.left_out(summary), out)?;
        write_member("catalogue", &catalogue(summary), out)?;
        write_member("judgement", &Judgement::of(summary), out)?;
        write_member("summary", summary, out)?;
        out.write_all(b"\n}\n")
    }
}

/// Writes one more member of the document's object, indented as it stands there.
fn write_member(name: &str, value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    // Strings hold no line breaks in JSON, so every break is one of the layout.
    let text = serde_json::to_string_pretty(value)?.replace('\n', "\n  ");
    write!(out, ",\n  \"{name}\": {text}")
}
