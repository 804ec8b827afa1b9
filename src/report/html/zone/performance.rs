//! What the time went into.

use maud::{Markup, html};

use crate::audit::zone::Summary;
use crate::audit::zone::summary::Performance;
use crate::report::html::figure::At;
use crate::report::html::latency::latencies;
use crate::report::html::page::Section;
use crate::report::html::plot::Name;
use crate::report::html::plot::bars::{Bar, Layout, Piece, bars};
use crate::report::html::table::{Cell, Column, Table};
use crate::report::words::{octets, rate, rate_of, took};

use super::root;

/// The run as a whole, its stages, and single verifications.
#[allow(clippy::cast_precision_loss)] // three digits are shown
pub(super) fn performance(summary: &Summary) -> Option<Section> {
    let at = root().member("performance");
    let facts = &summary.performance;
    let (input, wall) = (&summary.input, facts.wall_seconds);
    let tables = at.member("tables");
    let content = html! {
        p.lead {
            (at.took("wall_seconds", wall)) " on " (at.count("threads", facts.threads as u64)) " "
            @if facts.threads == 1 { "thread" } @else { "threads" }
            @if wall > 0.0 {
                ": " (rate_of(input.records, "records", wall)) " and "
                (rate_of(input.signatures, "signatures", wall)) ", "
                (octets(input.bytes as f64 / wall)) "/s of text"
            }
            "."
        }
        (stages(facts, &at.member("stages")))
        (latencies(&at.member("latency"), &facts.latency))
        @if facts.tables.key_bytes > 0 || facts.tables.base_point_bytes > 0 {
            p.remark {
                "Tables of multiples took " (tables.octets("key_bytes", facts.tables.key_bytes))
                " for keys and " (tables.octets("base_point_bytes", facts.tables.base_point_bytes))
                " for base points."
            }
        }
    };
    Some(Section { id: "performance", title: "Where the time went", lead: None, content })
}

#[allow(clippy::cast_precision_loss)] // three digits are shown
fn stages(facts: &Performance, at: &At) -> Markup {
    if facts.stages.is_empty() {
        return html! {};
    }
    let mut table = Table::new(
        "Stages: time is summed over threads, rates are those of one thread",
        &[
            Column::Words("stage"),
            Column::Numbers("busy"),
            Column::Numbers("share"),
            Column::Numbers("items"),
            Column::Words(""),
            Column::Numbers("items/s"),
            Column::Numbers("octets"),
            Column::Numbers("octets/s"),
        ],
    );
    let all: f64 = facts.stages.iter().map(|stage| stage.busy_seconds).sum();
    let most = facts.stages.iter().map(|stage| stage.busy_seconds).fold(0.0, f64::max);
    let part = |seconds: f64, whole: f64| if whole > 0.0 { seconds / whole } else { 0.0 };
    let mut plotted = Vec::new();
    for (index, stage) in facts.stages.iter().enumerate() {
        let at = at.item(index);
        let busy = stage.busy_seconds;
        let share = format!("{:.0} %", part(busy, all) * 100.0);
        let name = html! {
            (at.text("stage", stage.stage))
            @if let Some(kernel) = stage.kernel { " (" (at.text("kernel", kernel)) ")" }
        };
        table.row(vec![
            name.into(),
            at.took("busy_seconds", busy).into(),
            share.clone().into(),
            at.count("items", stage.items).into(),
            at.text("unit", stage.unit).into(),
            Cell::from(rate(stage.items, busy)).sorted_by(stage.items as f64 / busy),
            stage.bytes.map(|bytes| at.octets("bytes", bytes)).into(),
            match stage.bytes.filter(|_| busy > 0.0) {
                Some(bytes) => Cell::from(octets(bytes as f64 / busy) + "/s"),
                None => Cell::none(),
            },
        ]);
        plotted.push(Bar {
            label: stage.stage.to_owned(),
            figure: Some(at.took("busy_seconds", busy)),
            unit: String::new(),
            pieces: vec![Piece {
                class: "area",
                part: part(busy, most),
                hint: format!("{}: busy for {}, {share} of all", stage.stage, took(busy)),
            }],
            interval: None,
        });
    }
    let name = Name {
        id: "plot-stages".into(),
        title: "Busy time by stage".into(),
        description:
            "A bar for each stage of the audit: the time that all threads together spent in \
                      it. The table below has the numbers."
                .into(),
    };
    html! { (bars(&name, Layout::Beside, &plotted, &html! {})) (table.render()) }
}
