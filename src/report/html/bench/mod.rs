//! The page of a comparison of backends: who is the fastest, how sure that is, and all numbers.

mod machine;
mod plots;
mod tables;

use std::io::{self, Write};

use maud::{Markup, html};

use crate::bench::{Comparison, Row};
use crate::report::bench::{BenchExporter, SCHEMA, answer};
use crate::report::terms;
use crate::report::words::count;

use super::figure::At;
use super::page::{Page, Section, Tile};

/// The page.
#[derive(Debug)]
pub(crate) struct BenchPage;

impl BenchExporter for BenchPage {
    fn write(&self, comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
        let answer = sentence(&answer(comparison, &str::to_owned));
        let of = comparison.input.as_ref().map(|input| terms::file_names(&input.files));
        let sections = [
            plots::rates(comparison),
            tables::whole(comparison),
            plots::latencies(comparison),
            plots::scaling(comparison),
            tables::all_numbers(comparison),
            tables::parts(comparison),
            machine::input(comparison),
            machine::refusals(comparison),
            Some(machine::machine(comparison)),
        ];
        Page {
            schema: SCHEMA,
            title: format!("{answer}: sigmill bench"),
            kind: html! {
                b { "Comparison of backends" }
                @if let Some(of) = of { " · " (of) }
            },
            mark: None,
            headline: html! { (answer) },
            notes: notes(comparison),
            tiles: tiles(comparison),
            sections: sections.into_iter().flatten().collect(),
        }
        .write(out)
    }
}

/// Names of backends stay as they are at the beginning of a sentence; words do not.
fn sentence(answer: &str) -> String {
    match answer.strip_prefix("of ") {
        Some(rest) => format!("Of {rest}"),
        None => answer.to_owned(),
    }
}

/// The rows, cut where another work begins, each with its place in the JSON report.
fn works(comparison: &Comparison) -> Vec<Vec<(usize, &Row)>> {
    let rows: Vec<(usize, &Row)> = comparison.rows.iter().enumerate().collect();
    rows.chunk_by(|a, b| a.1.work == b.1.work).map(<[_]>::to_vec).collect()
}

/// What a row is called in a plot: the backend, and the threads where there are several numbers of them.
fn label(comparison: &Comparison, row: &Row) -> String {
    match comparison.settings.threads.as_slice() {
        [_] => row.label(),
        _ => format!("{}, {}", row.label(), count(row.threads as u64, "thread")),
    }
}

/// Wrong answers and warnings come before any number.
fn notes(comparison: &Comparison) -> Option<Markup> {
    let (failures, warnings) = (&comparison.failures, &comparison.warnings);
    (!failures.is_empty() || !warnings.is_empty()).then(|| {
        html! {
            @if !failures.is_empty() {
                div.notice.bogus role="note" { ul {
                    @for (index, failure) in failures.iter().enumerate() {
                        @let at = At::root().member("failures").item(index);
                        li {
                            strong { (at.text("contender", failure.contender)) " gives wrong answers" } " ("
                            (machine::work(&at.member("work"), &failure.work)) "): of "
                            (at.count("good", failure.good)) " good signatures it rejects "
                            (at.count("rejected", failure.rejected)) ", of "
                            (at.count("corrupted", failure.corrupted)) " corrupted ones it accepts "
                            (at.count("accepted", failure.accepted)) ". It is not measured."
                        }
                    }
                } }
            }
            @if !warnings.is_empty() {
                div.notice role="note" { ul {
                    @for (index, warning) in warnings.iter().enumerate() {
                        @let at = At::root().member("warnings").item(index);
                        li {
                            b.code { (at.text("code", warning.code)) } ": "
                            (at.text("message", &warning.message)) "."
                        }
                    }
                } }
            }
        }
    })
}

fn tiles(comparison: &Comparison) -> Vec<Tile> {
    let at = At::root();
    let (settings, machine) = (&comparison.settings, &comparison.machine);
    let mut tiles = vec![
        Tile {
            label: "Measured",
            figure: html! { (at.took("seconds", comparison.seconds)) },
            note: Some(html! {
                (at.member("settings").took("time_seconds", settings.time_seconds)) " each, in "
                (at.member("settings").count("rounds", settings.rounds as u64)) " rounds"
            }),
        },
        Tile {
            label: "Measurements",
            figure: html! { (comparison.rows.len()) },
            note: Some(html! { "on " (count(works(comparison).len() as u64, "kind")) " of work" }),
        },
        Tile {
            label: "Processors",
            figure: html! { (at.member("machine").number("processors", machine.processors)) },
            note: machine.processor.as_ref().map(|name| {
                html! { (at.member("machine").text("processor", name)) }
            }),
        },
        Tile {
            label: "Ratios are to",
            figure: html! { (at.member("settings").text("baseline", settings.baseline)) },
            note: Some(html! { "at the same work, round by round" }),
        },
    ];
    if let Some(input) = &comparison.input {
        let at = at.member("input");
        tiles.insert(
            0,
            Tile {
                label: "Signatures",
                figure: html! { (at.count("signatures", input.signatures)) },
                note: Some(html! { (at.count("failing", input.failing)) " of them do not hold" }),
            },
        );
    }
    tiles
}

/// A section without a lead.
fn section(id: &'static str, title: &'static str, content: Markup) -> Section {
    Section { id, title, lead: None, content }
}
