//! Keys, signatures and times in a text report.

use std::io::{self, Write};

use crate::audit::zone::Summary;
use crate::audit::zone::summary::{KeyFacts, Role};
use crate::dns::rdata::Dnskey;
use crate::report::palette::Palette;
use crate::report::table::{Cell, GUTTER, Side, Table, WIDTH, write_paragraph};
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
        let role = match key.role {
            Role::KeySigning => "KSK",
            Role::ZoneSigning => "ZSK",
            Role::CombinedSigning => "CSK",
            Role::Unused => "-",
        };
        let fate = match (key.unusable, key.backend) {
            (Some(code), _) => Cell(palette.violation, code.to_string()),
            (None, backend) => backend.unwrap_or("-").into(),
        };
        table.row(vec![
            Cell(palette.strong, key.key.tag.to_string()),
            format!("{} {}", key.key.algorithm.0, key.key.algorithm.mnemonic().unwrap_or("?"))
                .into(),
            bits(key).into(),
            flags(key.flags).into(),
            role.into(),
            if key.anchored { Cell(palette.good, "yes".into()) } else { "-".into() },
            number(key.valid),
            fate,
        ]);
    }
    writeln!(out)?;
    table.write(palette, out)
}

/// The size, and for RSA an exponent that is not the usual one.
fn bits(key: &KeyFacts) -> String {
    let bits = key.bits.map_or_else(|| "-".to_owned(), |bits| bits.to_string());
    match key.exponent.as_deref() {
        None | Some("65537") => bits,
        Some(exponent) => match exponent.strip_prefix("0x") {
            // Up to a thousand digits that nobody reads.
            Some(digits) => format!("{bits}, e of {} bits", bits_of_hexadecimal(digits)),
            None => format!("{bits}, e={exponent}"),
        },
    }
}

/// Bits in a number without leading zeros.
fn bits_of_hexadecimal(digits: &str) -> usize {
    let first = digits.chars().next().and_then(|digit| digit.to_digit(16)).unwrap_or(0);
    let zeros = first.leading_zeros().saturating_sub(28) as usize;
    (digits.len() * 4).saturating_sub(zeros)
}

fn flags(flags: u16) -> String {
    let key = Dnskey { flags, protocol: 3, algorithm: crate::dns::Algorithm(0), key: &[] };
    let mut text = flags.to_string();
    let names =
        [(key.is_sep(), " SEP"), (key.is_revoked(), " REVOKE"), (!key.is_zone_key(), " no ZONE")];
    for (_, name) in names.iter().filter(|(set, _)| *set) {
        text += name;
    }
    text
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_of_long_exponents_are_counted_from_the_highest_one() {
        for (digits, bits) in [("1", 1), ("3", 2), ("f", 4), ("10001", 17), ("8000", 16), ("", 0)] {
            assert_eq!(bits_of_hexadecimal(digits), bits, "{digits}");
        }
    }
}
