//! All numbers, in tables that can be sorted.

use maud::html;

use crate::bench::{Comparison, Row};
use crate::report::html::figure::At;
use crate::report::html::latency::{DISTRIBUTION, distribution};
use crate::report::html::page::Section;
use crate::report::html::table::{Cell, Column, Table};
use crate::report::terms;

use super::{machine, section};

/// Every measurement.
pub(super) fn all_numbers(comparison: &Comparison) -> Option<Section> {
    if comparison.rows.is_empty() {
        return None;
    }
    let heads = [
        Column::Words("work"),
        Column::Words("backend"),
        Column::Numbers("threads"),
        Column::Numbers("batch"),
        Column::Numbers("signatures/s"),
        Column::Numbers("at least"),
        Column::Numbers("at most"),
        Column::Numbers("with waits"),
        Column::Numbers("ratio"),
        Column::Numbers("scaling"),
        Column::Numbers("signatures"),
        Column::Numbers("measured for"),
        Column::Numbers("waiting"),
        Column::Numbers("outliers"),
    ];
    let mut rates = Table::new("Rates", &heads).sortable("rates-list");
    let columns = [
        &[Column::Words("work"), Column::Words("backend"), Column::Numbers("threads")][..],
        &DISTRIBUTION,
    ];
    let mut times = Table::new("Time of one signature", &columns.concat()).sortable("times-list");
    for (index, row) in comparison.rows.iter().enumerate() {
        let at = At::root().member("rows").item(index);
        rates.row(rate(&at, row));
        let cells = vec![
            machine::work(&at.member("work"), &row.work).into(),
            backend(&at, row),
            at.number("threads", row.threads).into(),
        ];
        let spread = distribution(&at.member("nanoseconds"), &row.nanoseconds, true);
        times.row([cells, spread].concat());
    }
    let content = html! { (rates.render()) (times.render()) };
    Some(section("numbers", "All numbers", content))
}

fn backend(at: &At, row: &Row) -> Cell {
    Cell::of(html! {
        (at.text("contender", row.contender))
        @if let Some(backend) = row.backend {
            @if backend == row.contender { (at.words("backend", backend, "")) }
            @else { ": " (at.text("backend", backend)) }
        }
        @if let Some(kernel) = row.kernel { " (" (at.text("kernel", kernel)) ")" }
    })
}

fn rate(at: &At, row: &Row) -> Vec<Cell> {
    let rates = at.member("per_second");
    vec![
        machine::work(&at.member("work"), &row.work).into(),
        backend(at, row),
        at.number("threads", row.threads).into(),
        row.batch.map(|batch| at.count("batch", batch as u64)).into(),
        rates.measure("median", row.per_second.median).into(),
        rates.measure("low", row.per_second.low).into(),
        rates.measure("high", row.per_second.high).into(),
        at.measure("wall_per_second", row.wall_per_second).into(),
        row.ratio.map(|ratio| at.times("ratio", ratio)).into(),
        row.scaling.map(|scaling| at.percent("scaling", scaling)).into(),
        at.count("signatures", row.signatures).into(),
        at.took("seconds", row.seconds).into(),
        row.waiting.map(|waiting| at.percent("waiting", waiting)).into(),
        at.count("outliers", row.outliers).into(),
    ]
}

/// What the work of an audit takes as a whole.
pub(super) fn whole(comparison: &Comparison) -> Option<Section> {
    let columns = [
        Column::Words("backend"),
        Column::Numbers("threads"),
        Column::Numbers("time"),
        Column::Numbers("at least"),
        Column::Numbers("at most"),
        Column::Numbers("of it for keys"),
        Column::Numbers("verified in a round"),
    ];
    let caption =
        "All keys and signatures of the input; extrapolated where a round verified a part";
    let mut table = Table::new(caption, &columns).sortable("whole-list");
    for (index, row) in comparison.rows.iter().enumerate() {
        let Some(audit) = &row.audit else { continue };
        let at = At::root().member("rows").item(index);
        let of = at.member("audit");
        let seconds = of.member("seconds");
        table.row(vec![
            backend(&at, row),
            at.number("threads", row.threads).into(),
            seconds.took("median", audit.seconds.median).into(),
            seconds.took("low", audit.seconds.low).into(),
            seconds.took("high", audit.seconds.high).into(),
            of.took("preparing_seconds", audit.preparing_seconds).into(),
            of.percent("part", audit.part).into(),
        ]);
    }
    (table.len() > 0).then(|| section("whole", "The whole work", table.render()))
}

/// Single verifications of the work of an audit, by algorithm.
pub(super) fn parts(comparison: &Comparison) -> Option<Section> {
    let columns = [
        &[
            Column::Words("backend"),
            Column::Numbers("threads"),
            Column::Words("algorithm"),
            Column::Words("verified by"),
        ][..],
        &DISTRIBUTION,
    ];
    let mut table = Table::new("Time of one verification by algorithm", &columns.concat())
        .sortable("parts-list");
    for (index, row) in comparison.rows.iter().enumerate() {
        let at = At::root().member("rows").item(index);
        let parts = row.audit.iter().flat_map(|audit| &audit.latency).enumerate();
        for (index, part) in parts {
            let of = at.member("audit").member("latency").item(index);
            let algorithm =
                of.words("algorithm", part.algorithm.0, &terms::algorithm(part.algorithm));
            let cells = vec![
                at.text("contender", row.contender).into(),
                at.number("threads", row.threads).into(),
                Cell::from(algorithm).sorted_by(part.algorithm.0),
                Cell::of(html! {
                    (of.text("backend", part.backend))
                    @if let Some(kernel) = part.kernel { " (" (of.text("kernel", kernel)) ")" }
                }),
            ];
            let spread = distribution(&of.member("nanoseconds"), &part.nanoseconds, true);
            table.row([cells, spread].concat());
        }
    }
    (table.len() > 0).then(|| section("parts", "By algorithm", table.render()))
}
