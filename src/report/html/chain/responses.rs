//! Responses by outcome and status, and those that are not secure.

use std::collections::BTreeSet;

use maud::{Markup, html};

use crate::audit::chain::summary::StatusCounts;
use crate::audit::chain::{Kind, Status, Summary};
use crate::report::html::figure::At;
use crate::report::html::marks;
use crate::report::html::page::Section;
use crate::report::html::plot::bars::{Bar, Layout, Piece, bars};
use crate::report::html::plot::{Name, part, swatches};
use crate::report::html::table::{Cell, Column, Table};
use crate::report::terms;
use crate::report::words::{count, grouped};

use super::NotSecure;

/// Heads of the columns that [`status_cells`] fills.
pub(super) const STATUSES: [Column; 4] = [
    Column::Numbers("secure"),
    Column::Numbers("insecure"),
    Column::Numbers("indeterminate"),
    Column::Numbers("bogus"),
];

/// A cell for each status.
pub(super) fn status_cells(at: &At, counts: &StatusCounts) -> Vec<Cell> {
    let cell = |status: Status| at.count(status.name(), counts.of(status)).into();
    Status::ALL.into_iter().map(cell).collect()
}

/// The key to the areas of statuses.
pub(super) fn status_legend() -> Markup {
    swatches(&Status::ALL.map(|status| (marks::area(status), status.name())))
}

/// A bar of all statuses over its whole width.
fn status_bar(label: &str, counts: &StatusCounts, noun: &str) -> Bar {
    let total = counts.total();
    let piece = |status: Status| Piece {
        class: marks::area(status),
        part: part(counts.of(status), total),
        hint: format!("{label}: {} {status}", grouped(counts.of(status))),
    };
    Bar {
        label: label.to_owned(),
        figure: None,
        unit: count(total, noun),
        pieces: Status::ALL.map(piece).to_vec(),
        interval: None,
    }
}

/// The member of the JSON report's `outcomes`.
fn member(kind: Kind) -> &'static str {
    match kind {
        Kind::Answer => "answer",
        Kind::NoData => "no-data",
        Kind::NameError => "name-error",
        Kind::Referral => "referral",
        Kind::NoAnswer => "no-answer",
    }
}

/// Responses by what they are, and distinct RRsets.
pub(super) fn outcomes(at: &At, summary: &Summary) -> Option<Section> {
    let columns = [&[Column::Words("")][..], &STATUSES].concat();
    let mut table =
        Table::new("Responses by outcome, repetitions counted, and distinct RRsets", &columns);
    let mut plotted = Vec::new();
    for (&kind, counts) in &summary.kinds {
        let Some(label) = terms::outcome(kind) else { continue };
        let at = at.member("outcomes").member(member(kind));
        table.row([vec![label.into()], status_cells(&at, counts)].concat());
        plotted.push(status_bar(label, counts, "response"));
    }
    let label = "distinct RRsets";
    table.row([vec![label.into()], status_cells(&at.member("rrsets"), &summary.rrsets)].concat());
    plotted.push(status_bar(label, &summary.rrsets, "RRset"));
    plotted.retain(|bar| bar.pieces.iter().any(|piece| piece.part > 0.0));
    if plotted.is_empty() && summary.not_judged.is_empty() {
        return None;
    }
    let name = Name {
        id: "plot-outcomes".into(),
        title: "Status by outcome".into(),
        description:
            "A bar for each kind of response, and one for distinct RRsets, with the shares of \
                      the four statuses. The table below has the numbers."
                .into(),
    };
    let not_judged = at.member("not_judged");
    let content = html! {
        @if !plotted.is_empty() {
            (bars(&name, Layout::Above, &plotted, &status_legend()))
            (table.render())
        }
        @if !summary.not_judged.is_empty() {
            p.remark {
                "Nothing to judge: "
                @for (index, (code, number)) in summary.not_judged.iter().enumerate() {
                    @if index > 0 { ", " }
                    (not_judged.count(&code.to_string(), *number)) " " (terms::rcode(*code))
                }
                "."
            }
        }
    };
    Some(Section { id: "verdicts", title: "Verdicts", lead: None, content })
}

/// Why responses are not secure.
pub(super) fn reasons(at: &At, summary: &Summary) -> Option<Section> {
    if summary.reasons.is_empty() {
        return None;
    }
    let columns = [
        Column::Words("status"),
        Column::Numbers("responses"),
        Column::Words("reason"),
        Column::Words("first"),
    ];
    let mut table =
        Table::new("Reasons, and the first response of each", &columns).sortable("reasons-list");
    for (index, row) in summary.reasons.iter().enumerate() {
        let at = at.member("reasons").item(index);
        let entry = row.code.entry();
        let status = marks::of_data(row.status, &at.text("status", row.status.name()));
        table.row(vec![
            Cell::of(status).sorted_by(row.status as u8),
            at.count("responses", row.responses).into(),
            html! { b.code { (at.text("code", entry.code)) } span.detail { (entry.meaning) } }
                .into(),
            html! { span.detail { (at.text("first", &row.first)) } }.into(),
        ]);
    }
    Some(Section {
        id: "reasons",
        title: "Why responses are not secure",
        lead: None,
        content: table.render_as("list"),
    })
}

/// The questions with the most bogus responses.
pub(super) fn bogus_names(at: &At, summary: &Summary) -> Option<Section> {
    let most = summary.bogus_names.iter().map(|row| row.responses).max()?;
    let rows: Vec<Bar> = summary
        .bogus_names
        .iter()
        .enumerate()
        .map(|(index, row)| {
            let label = format!("{} {}", row.name, row.rtype);
            Bar {
                figure: Some(
                    at.member("bogus_names").item(index).count("responses", row.responses),
                ),
                unit: String::new(),
                pieces: vec![Piece {
                    class: "area-bogus",
                    part: part(row.responses, most),
                    hint: format!("{label}: {}", count(row.responses, "bogus response")),
                }],
                label,
                interval: None,
            }
        })
        .collect();
    let mut table = Table::new(
        "The same as a table",
        &[Column::Names("name"), Column::Words("type"), Column::Numbers("bogus")],
    );
    for (index, row) in summary.bogus_names.iter().enumerate() {
        let at = at.member("bogus_names").item(index);
        table.row(vec![
            at.text("name", &row.name.to_string()).into(),
            at.text("type", &row.rtype.to_string()).into(),
            at.count("responses", row.responses).into(),
        ]);
    }
    let name = Name {
        id: "plot-bogus".into(),
        title: "Questions with the most bogus responses".into(),
        description: "A bar for each question, with its number of bogus responses.".into(),
    };
    let content = html! {
        (bars(&name, Layout::Above, &rows, &html! {}))
        details.plain { summary { "As a table" } (table.render()) }
    };
    Some(Section { id: "bogus", title: "Bogus names", lead: None, content })
}

/// Distinct responses that are not secure, one by one; `rows` is the array in which they lie.
pub(super) fn not_secure(
    rows: &At,
    selection: &NotSecure,
    total: u64,
    files: &[String],
) -> Option<Section> {
    if selection.held() == 0 {
        return None;
    }
    let columns = [
        Column::Words("status"),
        Column::Names("name"),
        Column::Words("type"),
        Column::Words("reason"),
        Column::Numbers("seen"),
        Column::Words("first"),
        Column::Words("place"),
    ];
    let held = selection.held();
    let caption = match total.saturating_sub(held) {
        0 => format!("All {}", count(total, "distinct response")),
        _ => format!("{} of {}", grouped(held), count(total, "distinct response")),
    };
    let mut table = Table::new(caption, &columns).sortable("responses-list");
    let (mut codes, mut statuses) = (BTreeSet::new(), BTreeSet::new());
    for (place, row) in selection.all() {
        let at = rows.item(place);
        let Some(judgement) = &row.judgement else { continue };
        let reason = judgement.reason.as_ref();
        let code = reason.map_or("", |reason| reason.code.entry().code);
        let status = judgement.status;
        codes.extend(reason.map(|reason| reason.code.entry().code));
        statuses.insert(status);
        let mark = marks::of_data(status, &at.text("status", status.name()));
        let why = at.member("reason");
        let reason = reason.map(|reason| {
            html! {
                span.detail {
                    b.code { (why.text("code", code)) } " " (why.text("owner", &reason.owner.to_string()))
                    @if let Some(rtype) = reason.rtype { " " (why.text("type", &rtype.to_string())) }
                    @if let Some(key) = reason.key {
                        @let at = why.member("key");
                        " key " (at.number("tag", key.tag)) "/" (at.number("algorithm", key.algorithm.0))
                    }
                    @if let Some(detail) = &reason.detail { ": " (why.text("detail", detail)) }
                }
            }
        });
        let name = row.name.as_ref().map(|name| at.text("name", &name.to_string()));
        let rtype = row.rtype.as_ref().map(|rtype| at.text("type", &rtype.to_string()));
        table.marked_row(
            &[("code", code), ("severity", status.name())],
            vec![
                Cell::of(mark).sorted_by(status as u8),
                name.into(),
                rtype.into(),
                reason.map_or_else(Cell::none, Cell::from),
                at.count("count", row.count).into(),
                at.member("seen").time("first", row.seen.first).into(),
                place_of(&at, &row.place, files),
            ],
        );
    }
    let left_out = total.saturating_sub(held);
    let content = html! {
        (filters(&codes, &statuses))
        (table.render_as("list"))
        @if left_out > 0 {
            p.remark {
                (grouped(left_out)) " more are not listed; each reason has its fair share of the list. "
                code { "--max-findings" } " sets its length, and " code { "--format json" } " or "
                code { "ndjson" } " has all of them."
            }
        }
    };
    Some(Section { id: "responses", title: "Responses that are not secure", lead: None, content })
}

/// Where a response was seen first. Of one input its name need not be said.
fn place_of(at: &At, place: &str, files: &[String]) -> Cell {
    let number = match files {
        [file] => place.strip_prefix(file.as_str()).and_then(|rest| rest.strip_prefix(':')),
        _ => None,
    };
    match number {
        Some(number) => Cell::of(html! { (at.words("place", place, number)) }).sorted_by(number),
        None => html! { span.place { (at.text("place", place)) } }.into(),
    }
}

fn filters(codes: &BTreeSet<&'static str>, statuses: &BTreeSet<Status>) -> Markup {
    let statuses: Vec<&str> = statuses.iter().rev().map(|status| status.name()).collect();
    let codes: Vec<&str> = codes.iter().copied().collect();
    crate::report::html::findings::filters("responses-list", "Status", &statuses, &codes)
}
