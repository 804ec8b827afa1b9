//! Keys, signatures and times in a text report.

use std::io::{self, Write};

use crate::audit::zone::Summary;
use crate::report::palette::Palette;
use crate::report::table::{Cell, GUTTER, Side, Table, WIDTH, write_paragraph};
use crate::report::terms;
use crate::report::words::{grouped, tied, utc, wrap};

use super::{number, trouble};

/// One row for each key of the apex.
pub(super) fn write_keys(
    summary: &Summary,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    if summary.keys.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(
        "keys",
        &[
            ("tag", Side::Right),
            ("algorithm", Side::Left),
            ("bits", Side::Right),
            ("flags", Side::Left),
            ("role", Side::Left),
            ("anchored", Side::Left),
            ("signatures", Side::Right),
            ("backend", Side::Left),
        ],
    );
    for key in &summary.keys {
        let fate = match (key.unusable, key.backend) {
            (Some(code), _) => Cell(palette.violation, code.to_string()),
            (None, backend) => backend.unwrap_or("-").into(),
        };
        table.row(vec![
            Cell(palette.strong, key.key.tag.to_string()),
            terms::algorithm(key.key.algorithm).into(),
            terms::bits(key).into(),
            terms::flags(key.flags).into(),
            terms::role(key.role).into(),
            if key.anchored { Cell(palette.good, "yes".into()) } else { "-".into() },
            number(key.valid),
            fate,
        ]);
    }
    writeln!(out)?;
    table.write(palette, out)
}

/// Signatures by algorithm, and what is wrong with those that are.
pub(super) fn write_signatures(
    summary: &Summary,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    if summary.algorithms.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(
        "signatures",
        &[
            ("algorithm", Side::Left),
            ("total", Side::Right),
            ("good", Side::Right),
            ("bad", Side::Right),
        ],
    );
    for row in &summary.algorithms {
        table.row(vec![
            format!("{} {}", row.algorithm.0, row.mnemonic).into(),
            number(row.signatures),
            number(row.valid),
            trouble(row.signatures.saturating_sub(row.valid), palette.bogus),
        ]);
    }
    writeln!(out)?;
    table.write(palette, out)?;
    if summary.reasons.is_empty() {
        return Ok(());
    }
    let reasons: Vec<_> = summary
        .reasons
        .iter()
        .map(|row| tied(&format!("{} ×{}", row.code, grouped(row.count))))
        .collect();
    for line in wrap(&reasons.join(", "), 0, WIDTH - GUTTER) {
        writeln!(out, "{:GUTTER$}{line}", "")?;
    }
    Ok(())
}

/// The judgement for each time.
pub(super) fn write_times(
    summary: &Summary,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out)?;
    if summary.times.is_empty() {
        return write_paragraph("judged", "for no time", palette, out);
    }
    let mut table = Table::new(
        "judged",
        &[
            ("at", Side::Left),
            ("RRsets secure", Side::Right),
            ("insecure", Side::Right),
            ("bogus", Side::Right),
            ("signatures valid", Side::Right),
            ("expired", Side::Right),
            ("not yet", Side::Right),
        ],
    );
    for time in &summary.times {
        table.row(vec![
            time.at.map_or_else(|| "any time".to_owned(), utc).into(),
            number(time.rrsets.secure),
            trouble(time.rrsets.insecure, palette.violation),
            trouble(time.rrsets.bogus, palette.bogus),
            number(time.signatures_valid),
            trouble(time.signatures_expired, palette.bogus),
            trouble(time.signatures_not_yet_valid, palette.bogus),
        ]);
    }
    table.write(palette, out)
}
