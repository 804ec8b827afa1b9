//! Rates, latencies and scaling, work by work.

use maud::{Markup, html};

use crate::bench::{Comparison, Row, Work};
use crate::report::bench::{heading, is_best};
use crate::report::html::figure::At;
use crate::report::html::page::Section;
use crate::report::html::plot::Name;
use crate::report::html::plot::bars::{Bar, Layout, Piece, bars};
use crate::report::html::plot::lines::{Line, lines};
use crate::report::html::plot::ranges::{Range, legend, ranges};
use crate::report::words::three_digits;

use super::{label, section, works};

/// A work as the title of its plot.
fn title(work: &Work) -> String {
    let (name, what) = heading(work);
    format!("{name}: {what}")
}

/// Signatures a second.
pub(super) fn rates(comparison: &Comparison) -> Option<Section> {
    if comparison.rows.is_empty() {
        return None;
    }
    let content = html! {
        div.pair {
            @for (index, rows) in works(comparison).iter().enumerate() {
                (rates_of(comparison, rows, index))
            }
        }
        p.legend {
            "Signatures a second, and how many times the baseline that is: longer is faster. The thin line is the interval that holds the true median "
            "with a chance of 95 %. The fastest of each number of threads is green and bears a star."
        }
    };
    Some(Section {
        lead: Some(html! {
            "Medians of rounds in which all took turns; time that other programs took is left out."
        }),
        ..section("rates", "Signatures a second", content)
    })
}

fn rates_of(comparison: &Comparison, rows: &[(usize, &Row)], index: usize) -> Markup {
    let [(_, first), ..] = rows else { return html! {} };
    let most = rows.iter().map(|(_, row)| row.per_second.high).fold(0.0, f64::max);
    let part = |number: f64| if most > 0.0 { number / most } else { 0.0 };
    let bar = |&(place, row): &(usize, &Row)| {
        let at = At::root().member("rows").item(place);
        let best = is_best(comparison, row) && rows.len() > 1;
        let star = if best { " ★" } else { "" };
        let name = label(comparison, row);
        let is_baseline = row.contender == comparison.settings.baseline;
        let ratio = row.ratio.filter(|_| !is_baseline);
        let unit = ratio.map_or_else(String::new, |ratio| format!("{}×", three_digits(ratio)));
        Bar {
            label: format!("{name}{star}"),
            figure: Some(at.member("per_second").measure("median", row.per_second.median)),
            unit,
            pieces: vec![Piece {
                class: if best { "area-best" } else { "area" },
                part: part(row.per_second.median),
                hint: format!(
                    "{name}: {} signatures/s, between {} and {}",
                    three_digits(row.per_second.median),
                    three_digits(row.per_second.low),
                    three_digits(row.per_second.high)
                ),
            }],
            interval: Some((part(row.per_second.low), part(row.per_second.high))),
        }
    };
    let name = Name {
        id: format!("plot-rate-{index}"),
        title: title(&first.work),
        description:
            "A bar for each backend and number of threads: signatures a second. The table of all \
                      numbers has them."
                .into(),
    };
    bars(&name, Layout::Above, &rows.iter().map(bar).collect::<Vec<_>>(), &html! {})
}

/// How long single signatures take, with the fewest threads.
pub(super) fn latencies(comparison: &Comparison) -> Option<Section> {
    let fewest = comparison.rows.iter().map(|row| row.threads).min()?;
    let plots = works(comparison).into_iter().enumerate().map(|(index, rows)| {
        let ranges_of = rows
            .iter()
            .filter(|(_, row)| row.threads == fewest)
            .map(|&(place, row)| Range {
                label: row.label(),
                at: At::root().member("rows").item(place).member("nanoseconds"),
                nanoseconds: row.nanoseconds,
            })
            .collect::<Vec<_>>();
        let name = Name {
            id: format!("plot-latency-{index}"),
            title: rows.first().map(|(_, row)| title(&row.work)).unwrap_or_default(),
            description:
                "For each backend a line from the least to the greatest time of a signature, on \
                          a logarithmic axis, with the median and percentiles."
                    .into(),
        };
        ranges(&name, &ranges_of)
    });
    let content = html! { div.pair { @for plot in plots { (plot) } } (legend()) };
    let lead = html! {
        "With the fewest threads. Of a call with several signatures each has an equal part."
    };
    Some(Section { lead: Some(lead), ..section("latency", "Time of one signature", content) })
}

/// What more threads bring.
pub(super) fn scaling(comparison: &Comparison) -> Option<Section> {
    let plots: Vec<Markup> = works(comparison)
        .iter()
        .enumerate()
        .filter_map(|(index, rows)| scaling_of(rows, index))
        .collect();
    if plots.is_empty() {
        return None;
    }
    let content = html! {
        div.pair { @for plot in &plots { (plot) } }
        (table(comparison))
    };
    Some(section("scaling", "With more threads", content))
}

fn scaling_of(rows: &[(usize, &Row)], index: usize) -> Option<Markup> {
    let mut all: Vec<Line> = Vec::new();
    for (_, row) in rows {
        let point = (row.threads, row.per_second.median);
        match all.iter_mut().find(|line| line.label == row.contender) {
            Some(line) => line.points.push(point),
            None => all.push(Line {
                label: row.contender.to_owned(),
                style: all.len() % 5 + 1,
                points: vec![point],
            }),
        }
    }
    all.retain(|line| line.points.len() > 1);
    let (_, first) = rows.first().filter(|_| !all.is_empty())?;
    all.iter_mut().for_each(|line| line.points.sort_by_key(|point| point.0));
    let name = Name {
        id: format!("plot-scaling-{index}"),
        title: title(&first.work),
        description: "A line for each backend: signatures a second by the number of threads."
            .into(),
    };
    Some(lines(&name, &all, "signatures/s"))
}

fn table(comparison: &Comparison) -> Markup {
    use crate::report::html::table::{Column, Table};
    let columns = [
        Column::Words("work"),
        Column::Words("backend"),
        Column::Numbers("threads"),
        Column::Numbers("of what they should"),
    ];
    let mut table = Table::new("What threads achieve of so many times the fewest", &columns);
    for (place, row) in comparison.rows.iter().enumerate() {
        let Some(scaling) = row.scaling else { continue };
        let at = At::root().member("rows").item(place);
        table.row(vec![
            title(&row.work).into(),
            row.label().into(),
            at.number("threads", row.threads).into(),
            at.percent("scaling", scaling).into(),
        ]);
    }
    if table.len() == 0 {
        html! {}
    } else {
        table.render()
    }
}
