//! What was read, and what changed since the previous version.

use std::cmp::Reverse;

use maud::{Markup, html};

use crate::audit::findings::KeyRef;
use crate::audit::zone::Summary;
use crate::report::html::figure::At;
use crate::report::html::latency::{DISTRIBUTION, distribution};
use crate::report::html::page::Section;
use crate::report::html::plot::bars::{Bar, Layout, Piece, bars};
use crate::report::html::plot::{Name, part};
use crate::report::html::table::{Column, Table};
use crate::report::words::count;

use super::root;

/// Bars of the plot of types; the table has all.
const TYPES: usize = 8;

/// What the zone holds.
pub(super) fn input(summary: &Summary) -> Section {
    let input = &summary.input;
    let at = root().member("input");
    let content = html! {
        div.pair {
            dl.facts {
                dt { "Zone" }
                dd { (at.text("apex", &input.apex.to_string())) " " (at.text("class", &input.class.to_string())) }
                dt { "Serial" }
                dd { @match input.serial {
                    Some(serial) => (at.number("serial", serial)),
                    None => (at.words("serial", "null", "none: there is not one SOA")),
                } }
                dt { "Files" }
                dd { @for (index, file) in input.files.iter().enumerate() {
                    @if index > 0 { br; }
                    span.place { (files(&at, index, file)) }
                } }
                dt { "Text" }
                dd {
                    (at.octets("bytes", input.bytes)) " in " (at.count("lines", input.lines)) " lines, "
                    (at.text("transport", &input.transport))
                }
                dt { "Records" } dd { (at.count("records", input.records)) }
                dt { "RRsets" } dd { (at.count("rrsets", input.rrsets)) }
                dt { "Owners" } dd { (at.count("owners", input.owners)) }
                dt { "Delegations" } dd { (at.count("delegations", input.delegations)) }
                dt { "Signatures" } dd { (at.count("signatures", input.signatures)) }
            }
            div { (types(summary, &at.member("types"))) }
        }
        (sizes(summary))
    };
    Section { id: "input", title: "What was read", lead: None, content }
}

fn files(at: &At, index: usize, file: &str) -> Markup {
    let at = at.member("files");
    match file {
        "-" => html! { (at.words(&index.to_string(), "-", "standard input")) },
        file => html! { (at.text(&index.to_string(), file)) },
    }
}

fn types(summary: &Summary, at: &At) -> Markup {
    let mut rows: Vec<_> = summary.input.types.iter().enumerate().collect();
    rows.sort_by_key(|(_, row)| (Reverse(row.records), row.rtype));
    let most = rows.first().map_or(0, |(_, row)| row.records);
    let mut table =
        Table::new("Records by type", &[Column::Words("type"), Column::Numbers("records")]);
    let mut plotted = Vec::new();
    for &(index, row) in &rows {
        let at = at.item(index);
        let label = row.rtype.to_string();
        if plotted.len() < TYPES {
            plotted.push(Bar {
                figure: Some(at.count("records", row.records)),
                unit: String::new(),
                pieces: vec![Piece {
                    class: "area",
                    part: part(row.records, most),
                    hint: format!("{label}: {}", count(row.records, "record")),
                }],
                label: label.clone(),
                interval: None,
            });
        }
        table.row(vec![at.text("type", &label).into(), at.count("records", row.records).into()]);
    }
    let name = Name {
        id: "plot-types".into(),
        title: "Records by type".into(),
        description: "A bar for each of the most frequent types, with its number of records."
            .into(),
    };
    html! {
        (bars(&name, Layout::Beside, &plotted, &html! {}))
        details.plain { summary { "All " (count(rows.len() as u64, "type")) } (table.render()) }
    }
}

/// Octets of RRsets as they are signed.
fn sizes(summary: &Summary) -> Markup {
    let values = &summary.rrset_octets;
    if values.count == 0 {
        return html! {};
    }
    let mut table = Table::new(
        "Octets of RRsets as they are signed, without the RRSIG's own",
        &[&[Column::Words("")][..], &DISTRIBUTION].concat(),
    );
    let cells = distribution(&root().member("rrset_octets"), values, false);
    table.row([vec!["RRsets".into()], cells].concat());
    table.render()
}

/// What changed since the previous version, when there is one.
pub(super) fn changes(summary: &Summary) -> Option<Section> {
    let facts = summary.previous.as_ref()?;
    let at = root().member("previous");
    let (records, rrsets, signatures) =
        (at.member("records"), at.member("rrsets"), at.member("signatures"));
    let mut table = Table::new(
        "Changes since the previous version",
        &[
            Column::Words(""),
            Column::Numbers("added"),
            Column::Numbers("removed"),
            Column::Numbers("changed or renewed"),
            Column::Numbers("kept"),
        ],
    );
    table.row(vec![
        "Records".into(),
        records.count("added", facts.records.added).into(),
        records.count("removed", facts.records.removed).into(),
        "".into(),
        "".into(),
    ]);
    table.row(vec![
        "RRsets".into(),
        rrsets.count("added", facts.rrsets.added).into(),
        rrsets.count("removed", facts.rrsets.removed).into(),
        rrsets.count("changed", facts.rrsets.changed).into(),
        "".into(),
    ]);
    table.row(vec![
        "Signatures".into(),
        signatures.count("added", facts.signatures.added).into(),
        signatures.count("removed", facts.signatures.removed).into(),
        signatures.count("renewed", facts.signatures.renewed).into(),
        signatures.count("kept", facts.signatures.kept).into(),
    ]);
    let content = html! {
        dl.facts {
            dt { "Previous version" }
            dd {
                @match facts.serial {
                    Some(serial) => { "serial " (at.number("serial", serial)) }
                    None => (at.words("serial", "null", "no serial")),
                }
                @for (index, file) in facts.files.iter().enumerate() {
                    ", " span.place { (files(&at, index, file)) }
                }
            }
            dt { "Entries that could not be read" }
            dd { (at.count("unreadable", facts.unreadable)) }
            (keys("Keys added", &at.member("keys_added"), &facts.keys_added))
            (keys("Keys removed", &at.member("keys_removed"), &facts.keys_removed))
        }
        (table.render())
    };
    Some(Section { id: "changes", title: "Since the previous version", lead: None, content })
}

fn keys(label: &str, at: &At, keys: &[KeyRef]) -> Markup {
    html! {
        dt { (label) }
        dd {
            @if keys.is_empty() { "none" }
            @for (index, key) in keys.iter().enumerate() {
                @let at = at.item(index);
                @if index > 0 { ", " }
                (at.number("tag", key.tag)) "/" (at.number("algorithm", key.algorithm.0))
            }
        }
    }
}
