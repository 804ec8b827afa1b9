//! The metrics of captures and answers.

use std::io::{self, Write};

use crate::audit::chain::summary::StatusCounts;
use crate::audit::chain::{Status, Summary};
use crate::audit::findings::{Code, Severity};
use crate::dns::Algorithm;

use super::family::{Families, Labels};
use super::{Run, write_findings};

/// Writes the metrics of an audit along the chain of trust, with its findings by code and severity.
/// Names and files are no labels: there is no end to them.
///
/// # Errors
/// Those of `out`.
pub fn write_chain_metrics(
    summary: &Summary,
    findings: &[(Code, Severity, u64)],
    run: Run,
    labels: &Labels,
    mut out: impl Write,
) -> io::Result<()> {
    let mut families = Families::new(&mut out, "sigmill_capture", &[], labels);
    run.write(&mut families)?;
    families.gauge("responses", "Responses by status.")?;
    write_counts(&summary.responses, &[], &mut families)?;
    families.gauge("outcome_responses", "Responses by what they are and status.")?;
    for (kind, counts) in &summary.kinds {
        write_counts(counts, &[("outcome", kind.name())], &mut families)?;
    }
    families.gauge("not_judged_responses", "Responses with nothing to judge, such as SERVFAIL.")?;
    families.row(&[], summary.not_judged.values().sum::<u64>())?;
    families.gauge("reason_responses", "Responses that are not secure, by reason.")?;
    for row in &summary.reasons {
        let labels = [("status", row.status.name()), ("code", row.code.entry().code)];
        families.row(&labels, row.responses)?;
    }
    families.gauge("rrsets", "Distinct RRsets by status.")?;
    write_counts(&summary.rrsets, &[], &mut families)?;
    families.gauge("signatures", "Distinct signatures by algorithm and what became of them.")?;
    for (&number, counts) in &summary.signatures {
        let name = Algorithm(number).to_string();
        for (verdict, count) in [
            ("holds", counts.hold),
            ("fails", counts.fail),
            ("without-key", counts.without_key),
            ("untried", counts.untried),
        ] {
            families.row(&[("algorithm", &name), ("verdict", verdict)], count)?;
        }
    }
    if let Some(next) = &summary.next_expiry {
        families.gauge(
            "earliest_expiry_timestamp_seconds",
            "The earliest expiration of a signature that holds and was valid when it was seen last.",
        )?;
        families.row(&[], next.at)?;
    }
    write_findings(findings, &mut families)?;
    families.gauge("messages", "DNS messages of the input.")?;
    families.row(&[], summary.input.messages)?;
    families.gauge("faults", "What could not be read.")?;
    families.row(&[], summary.input.faults.values().sum::<u64>())?;
    families.gauge("not_kept_responses", "Responses left out because of a limit of memory.")?;
    families.row(&[], summary.input.not_kept)?;
    if let Some(seen) = summary.input.seen {
        families.gauge("first_seen_timestamp_seconds", "When the first message was seen.")?;
        families.row(&[], seen.first)?;
        families.gauge("last_seen_timestamp_seconds", "When the last message was seen.")?;
        families.row(&[], seen.last)?;
    }
    Ok(())
}

fn write_counts<W: Write>(
    counts: &StatusCounts,
    labels: &[(&str, &str)],
    families: &mut Families<'_, W>,
) -> io::Result<()> {
    for status in Status::ALL {
        let labels = [labels, &[("status", status.name())]].concat();
        families.row(&labels, counts.of(status))?;
    }
    Ok(())
}
