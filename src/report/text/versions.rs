//! What changed since the previous version.

use std::io::{self, Write};

use crate::audit::findings::KeyRef;
use crate::audit::zone::Summary;
use crate::audit::zone::summary::PreviousFacts;

use super::super::palette::Palette;
use super::super::terms;
use super::super::words::{count, grouped, tied};
use crate::report::table::write_paragraph;

pub(super) fn write_changes(
    summary: &Summary,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Some(facts) = &summary.previous else { return Ok(()) };
    write_paragraph("changes", &changes(facts), palette, out)
}

/// As in `since serial 7 (old.zone): 2 records added, 1 removed; 1 RRset changed; …`.
fn changes(facts: &PreviousFacts) -> String {
    let PreviousFacts { serial, records, rrsets, signatures, keys_added, keys_removed, .. } = facts;
    let file = terms::file_name(&facts.files);
    let since = match serial {
        Some(serial) => format!("since serial {serial} ({file})"),
        None => format!("since {file}"),
    };
    let kinds = [
        row("record", &[(records.added, "added"), (records.removed, "removed")]),
        row(
            "RRset",
            &[(rrsets.added, "added"), (rrsets.removed, "removed"), (rrsets.changed, "changed")],
        ),
        row(
            "signature",
            &[
                (signatures.kept, "kept"),
                (signatures.renewed, "renewed"),
                (signatures.added, "added"),
                (signatures.removed, "removed"),
            ],
        ),
        keys("added", keys_added),
        keys("removed", keys_removed),
    ];
    let mut parts: Vec<String> = kinds.into_iter().flatten().collect();
    if facts.unreadable > 0 {
        let entries = match facts.unreadable {
            1 => "one old entry".to_owned(),
            number => format!("{} old entries", grouped(number)),
        };
        parts.push(tied(&format!("{entries} could not be read")));
    }
    if parts.is_empty() {
        return format!("{since}: none");
    }
    format!("{since}: {}", parts.join("; "))
}

/// As in `2 records added, 1 removed`: what is not there is left out.
fn row(noun: &str, counts: &[(u64, &str)]) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    for &(number, fate) in counts.iter().filter(|(number, _)| *number > 0) {
        let what = if parts.is_empty() { count(number, noun) } else { grouped(number) };
        parts.push(tied(&format!("{what} {fate}")));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Keys that are named one by one, at most.
const KEYS: usize = 8;

/// As in `keys 2371/13, 4711/8 added`.
fn keys(fate: &str, keys: &[KeyRef]) -> Option<String> {
    if keys.len() > KEYS {
        return Some(tied(&format!("{} {fate}", count(keys.len() as u64, "key"))));
    }
    let names: Vec<String> =
        keys.iter().map(|key| format!("{}/{}", key.tag, key.algorithm.0)).collect();
    let noun = if names.len() == 1 { "key" } else { "keys" };
    (!names.is_empty()).then(|| tied(&format!("{noun} {} {fate}", names.join(", "))))
}
