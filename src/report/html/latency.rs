//! Distributions, as plots and tables: how long verifications took, and how large things are.

use maud::{Markup, html};

use crate::audit::zone::summary::LatencyFacts;
use crate::engine::Distribution;
use crate::report::terms;

use super::figure::At;
use super::plot::Name;
use super::plot::ranges::{Range, legend, ranges};
use super::table::{Cell, Column, Table};

/// Heads of the columns that [`distribution`] fills.
pub(super) const DISTRIBUTION: [Column; 9] = [
    Column::Numbers("count"),
    Column::Numbers("least"),
    Column::Numbers("mean"),
    Column::Numbers("median"),
    Column::Numbers("90 %"),
    Column::Numbers("99 %"),
    Column::Numbers("99.9 %"),
    Column::Numbers("99.99 %"),
    Column::Numbers("greatest"),
];

/// The cells of a distribution, of nanoseconds or of plain numbers.
pub(super) fn distribution(at: &At, values: &Distribution, is_time: bool) -> Vec<Cell> {
    let Distribution { count, min, mean, p50, p90, p99, p99_9, p99_99, max } = *values;
    let figure = |name, value| match is_time {
        true => at.nanoseconds(name, value),
        false => at.count(name, value),
    };
    vec![
        at.count("count", count).into(),
        figure("min", min).into(),
        at.mean("mean", mean, is_time).into(),
        figure("p50", p50).into(),
        figure("p90", p90).into(),
        figure("p99", p99).into(),
        figure("p99_9", p99_9).into(),
        figure("p99_99", p99_99).into(),
        figure("max", max).into(),
    ]
}

/// How long single verifications took, by algorithm and backend; `at` is the array of the rows.
pub(super) fn latencies(at: &At, rows: &[LatencyFacts]) -> Markup {
    if rows.is_empty() {
        return html! {};
    }
    let name = Name {
        id: "plot-latency".into(),
        title: "Time of one verification".into(),
        description: "For each algorithm and backend a line from the least to the greatest time, on a \
                      logarithmic axis, with the median and percentiles. The table below has the numbers."
            .into(),
    };
    let columns = [&[Column::Words("algorithm"), Column::Words("backend")][..], &DISTRIBUTION];
    let mut table = Table::new("Time of one verification", &columns.concat());
    let mut plotted = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let at = at.item(index);
        let backend = html! {
            (at.text("backend", row.backend))
            @if let Some(kernel) = row.kernel { " (" (at.text("kernel", kernel)) ")" }
        };
        let algorithm = at.words("algorithm", row.algorithm.0, &terms::algorithm(row.algorithm));
        let at = at.member("nanoseconds");
        let cells = [Cell::from(algorithm).sorted_by(row.algorithm.0), backend.into()];
        table.row([cells.to_vec(), distribution(&at, &row.nanoseconds, true)].concat());
        plotted.push(Range {
            label: format!("{}, {}", terms::algorithm(row.algorithm), terms::backend_of(row)),
            at,
            nanoseconds: row.nanoseconds,
        });
    }
    html! { (ranges(&name, &plotted)) (legend()) (table.render()) }
}
