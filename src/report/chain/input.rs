//! What came in, and what was left of it, for people.

use std::io::{self, Write};

use crate::audit::chain::Summary;
use crate::audit::chain::summary::{ExchangeFacts, Times};
use crate::report::palette::Palette;
use crate::report::table::write_paragraph;
use crate::report::words::{count, grouped, tied, utc};

/// Writes what came in, what could not be read, and what no other half was found for.
pub(super) fn write_input(
    summary: &Summary,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    let input = &summary.input;
    let mut parts = Vec::new();
    if input.packets > 0 {
        parts.push(count(input.packets, "packet"));
    }
    if input.records > 0 {
        parts.push(count(input.records, "record"));
    }
    if input.messages > 0 {
        let over = &input.over;
        let ways = [(over.udp, "UDP"), (over.tcp, "TCP"), (over.dnstap, "dnstap")];
        let ways: Vec<String> = ways
            .into_iter()
            .filter(|&(number, _)| number > 0)
            .map(|(number, way)| format!("{} {way}", grouped(number)))
            .collect();
        let ways = match ways.is_empty() {
            true => String::new(),
            false => format!(" ({})", ways.join(", ")),
        };
        parts.push(format!("{}{ways}", count(input.messages, "message")));
        parts.push(count(input.responses, "response"));
    }
    parts.push(count(input.signatures, "RRSIG record"));
    if let Some(Times { first, last }) = input.seen {
        parts.push(match first == last {
            true => utc(first),
            false => format!("{} to {}", utc(first), utc(last)),
        });
    }
    let parts: Vec<String> = parts.iter().map(|part| tied(part)).collect();
    write_paragraph("input", &parts.join(", "), palette, out)?;
    let mut lost = Vec::new();
    let mut note = |number: u64, what: &str| {
        if number > 0 {
            lost.push(format!("{} {what}", grouped(number)));
        }
    };
    note(input.not_kept, "not kept (limits)");
    note(input.others, "not queries (notifications, updates, incremental transfers)");
    note(input.icmp_quotes, "quoted in ICMP errors");
    note(input.tcp_octets_lost, "octets of TCP lost");
    note(input.misfit_records, "records that do not fit their type");
    if let Some(exchanges) = input.exchanges {
        write_exchanges(&exchanges, palette, out)?;
    }
    if !lost.is_empty() {
        write_paragraph("left out", &lost.join(", "), palette, out)?;
    }
    for (index, (cause, number)) in input.faults.iter().enumerate() {
        let label = if index == 0 { "faults" } else { "" };
        let at = format!(": {cause}");
        let first = input.fault_places.iter().find_map(|place| place.strip_suffix(&at));
        let first = first.map_or_else(String::new, |place| format!(", first at {place}"));
        write_paragraph(label, &format!("{} {cause}{first}", grouped(*number)), palette, out)?;
    }
    Ok(())
}

/// Queries and responses that have no other half. Where each has one, there is nothing to say.
fn write_exchanges(
    facts: &ExchangeFacts,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    let ExchangeFacts { answered, unanswered, repeated, unasked, given_up } = *facts;
    if (unanswered, unasked, given_up) == (0, 0, 0) {
        return Ok(());
    }
    let mut parts = vec![format!("{} answered", grouped(answered))];
    for (number, what) in [
        (unanswered, "unanswered"),
        (repeated, "sent again"),
        (given_up, "not followed (limits)"),
        (unasked, "responses without a query"),
    ] {
        if number > 0 {
            parts.push(format!("{} {what}", grouped(number)));
        }
    }
    let parts: Vec<String> = parts.iter().map(|part| tied(part)).collect();
    write_paragraph("queries", &parts.join(", "), palette, out)
}
