//! The metrics of a zone.

use std::io::{self, Write};

use crate::audit::zone::Summary;
use crate::audit::zone::summary::TrustKind;
use crate::report::{Judgement, Status};

use super::family::{Families, Labels};
use super::{Run, write_findings};

/// Writes the metrics of an audit of a zone. Of several times of judgement they tell the first.
///
/// # Errors
/// Those of `out`.
pub fn write_zone_metrics(
    summary: &Summary,
    run: Run,
    labels: &Labels,
    mut out: impl Write,
) -> io::Result<()> {
    let apex = summary.input.apex.to_string();
    let mut families = Families::new(&mut out, "sigmill_zone", &[("zone", &apex)], labels);
    let status = Judgement::of(summary).status;
    families.gauge("status", "The judgement on the zone: 1 at the status that it has.")?;
    for other in [Status::Secure, Status::Insecure, Status::Bogus] {
        families.row(&[("status", &other.to_string())], u8::from(other == status))?;
    }
    run.write(&mut families)?;
    families.gauge("trust", "From where the zone's keys are trusted.")?;
    families.row(&[("trust", trust(summary.trust.kind))], 1)?;
    if let Some(serial) = summary.input.serial {
        families.gauge("serial", "The serial of the SOA record.")?;
        families.row(&[], serial)?;
    }
    if let Some(earliest) = &summary.lifetime.earliest {
        families.gauge(
            "earliest_expiry_timestamp_seconds",
            "The earliest expiration of a signature that holds.",
        )?;
        families.row(&[], earliest.at)?;
    }
    families.gauge("signatures", "Signatures by algorithm, and whether they hold, times aside.")?;
    for row in &summary.algorithms {
        let algorithm = ("algorithm", &*row.mnemonic);
        families.row(&[algorithm, ("verdict", "holds")], row.valid)?;
        let failing = row.signatures.saturating_sub(row.valid);
        families.row(&[algorithm, ("verdict", "fails")], failing)?;
    }
    write_times(summary, &mut families)?;
    let findings = summary.findings.iter().map(|row| (row.code, row.severity, row.count));
    write_findings(&findings.collect::<Vec<_>>(), &mut families)?;
    families.gauge("records", "Records of the zone.")?;
    families.row(&[], summary.input.records)
}

fn write_times<W: Write>(summary: &Summary, families: &mut Families<'_, W>) -> io::Result<()> {
    let Some(first) = summary.times.first() else { return Ok(()) };
    families.gauge("rrsets", "RRsets that must be signed, by status.")?;
    let rrsets = first.rrsets;
    for (status, count) in
        [("secure", rrsets.secure), ("insecure", rrsets.insecure), ("bogus", rrsets.bogus)]
    {
        families.row(&[("status", status)], count)?;
    }
    families
        .gauge("timely_signatures", "Signatures that hold, by what their times make of them.")?;
    for (verdict, count) in [
        ("valid", first.signatures_valid),
        ("expired", first.signatures_expired),
        ("not-yet-valid", first.signatures_not_yet_valid),
    ] {
        families.row(&[("verdict", verdict)], count)?;
    }
    if let Some(at) = first.at {
        families.gauge("judged_timestamp_seconds", "The time that the zone was judged for.")?;
        families.row(&[], at)?;
    }
    Ok(())
}

fn trust(kind: TrustKind) -> &'static str {
    match kind {
        TrustKind::Anchored => "anchored",
        TrustKind::NotAnchored => "not-anchored",
        TrustKind::Island => "island",
        TrustKind::Unsupported => "unsupported",
        TrustKind::Unsigned => "unsigned",
    }
}
