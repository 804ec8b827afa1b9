//! The chains that deny, and the digest of the zone.

use std::io::{self, Write};

use crate::audit::zone::Summary;
use crate::audit::zone::summary::{DenialFacts, ZonemdFacts, ZonemdStatus};

use super::super::palette::{Painted, Palette};
use super::super::table::{write_label, write_paragraph};
use super::super::terms;
use super::super::words::{count, grouped, printable, tied};

pub(super) fn write_denial(
    summary: &Summary,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    if !summary.denial.is_empty() {
        let chains: Vec<String> = summary.denial.iter().map(chain).collect();
        write_paragraph("denial", &chains.join("; "), palette, out)?;
    }
    summary.zonemd.as_ref().map_or(Ok(()), |zonemd| write_digest(zonemd, palette, out))
}

fn chain(facts: &DenialFacts) -> String {
    match facts {
        DenialFacts::Nsec { records } => format!("NSEC, {}", tied(&count(*records, "record"))),
        DenialFacts::Nsec3 { records, opt_out, empty_non_terminals, iterations, salt } => {
            let mut text = format!("NSEC3, {}", tied(&count(*records, "record")));
            if *opt_out > 0 {
                text += &format!(", {}", tied(&format!("{} with opt-out", grouped(*opt_out))));
            }
            if *empty_non_terminals > 0 {
                let names = count(*empty_non_terminals, "empty non-terminal");
                text += &format!(", {}", tied(&names));
            }
            let iterations = count(u64::from(*iterations), "iteration");
            text += &format!(", {}, salt {}", tied(&iterations), printable(salt));
            text
        }
    }
}

fn write_digest(zonemd: &ZonemdFacts, palette: &Palette, out: &mut dyn Write) -> io::Result<()> {
    let style = match zonemd.status {
        ZonemdStatus::Verified => palette.good,
        ZonemdStatus::Failed | ZonemdStatus::Missing => palette.violation,
        ZonemdStatus::Unsupported => palette.faint,
    };
    let fate = terms::zonemd(zonemd.status);
    let held: Vec<&str> = zonemd
        .records
        .iter()
        .filter(|row| row.holds)
        .map(|row| if row.hash == 1 { "SHA-384" } else { "SHA-512" })
        .collect();
    let by = if held.is_empty() { String::new() } else { format!(" ({})", held.join(", ")) };
    write_label("digest", palette, out)?;
    writeln!(out, "ZONEMD {}{by}", Painted(style, fate))
}
