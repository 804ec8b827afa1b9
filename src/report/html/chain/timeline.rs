//! When responses were seen, and with which status.

use maud::html;

use crate::audit::chain::summary::{StatusCounts, TimelineRow};
use crate::audit::chain::{Status, Summary};
use crate::report::html::figure::At;
use crate::report::html::marks;
use crate::report::html::page::Section;
use crate::report::html::plot::Name;
use crate::report::html::plot::columns::{Stack, columns};
use crate::report::html::table::{Column, Table};
use crate::report::words::{grouped, span, utc};

use super::responses::{STATUSES, status_cells, status_legend};

/// Columns that are drawn at most. The audit makes no more than some sixty.
const MOST: i64 = 400;

/// The time line, where the input spans more than one step of it.
pub(super) fn timeline(at: &At, summary: &Summary) -> Option<Section> {
    let rows = &summary.timeline;
    let ([first, ..], [.., last]) = (rows.as_slice(), rows.as_slice()) else { return None };
    if rows.len() < 2 {
        return None;
    }
    let step = summary.timeline_span_seconds.max(1);
    let mut table = Table::new(
        "Responses by the time at which they were seen",
        &[&[Column::Words("from")][..], &STATUSES].concat(),
    );
    for (index, row) in rows.iter().enumerate() {
        let at = at.member("timeline").item(index);
        let cells = status_cells(&at, &row.responses);
        table.row([vec![at.time("from", row.from).into()], cells].concat());
    }
    let end = last.from.saturating_add(step);
    let name = Name {
        id: "plot-timeline".into(),
        title: format!("Responses in each {}", span(step)),
        description: format!(
            "Columns from {} to {}, one for each {}, with the number of responses of each status. The \
             table below has the numbers.",
            utc(first.from),
            utc(end),
            span(step)
        ),
    };
    let ends = [utc(first.from), utc(end)];
    let ends = [ends[0].as_str(), ends[1].as_str()];
    let content = html! {
        (columns(&name, &stacks(rows, first.from, step), ends, "responses", &status_legend()))
        details.plain {
            summary { "As a table, in steps of " (at.span("timeline_span_seconds", step)) }
            (table.render())
        }
    };
    Some(Section { id: "timeline", title: "Over time", lead: None, content })
}

/// A column for each step; where nothing was seen there is no row, but room.
fn stacks(rows: &[TimelineRow], first: i64, step: i64) -> Vec<Stack> {
    let place = |row: &TimelineRow| row.from.saturating_sub(first) / step;
    let steps = rows.last().map_or(0, place).saturating_add(1);
    // Several steps in a column where they would be too many.
    let each = (steps / MOST).saturating_add(i64::from(steps % MOST > 0)).max(1);
    let mut stacks = Vec::new();
    let mut rows = rows.iter().peekable();
    let mut begin = 0;
    while begin < steps {
        let mut counts = StatusCounts::default();
        while let Some(row) = rows.next_if(|row| place(row) < begin.saturating_add(each)) {
            counts += row.responses;
        }
        let from = utc(first.saturating_add(begin.saturating_mul(step)));
        let words: Vec<String> = Status::ALL
            .into_iter()
            .map(|status| format!("{} {status}", grouped(counts.of(status))))
            .collect();
        stacks.push(Stack {
            parts: Status::ALL.map(|status| (marks::area(status), counts.of(status))).to_vec(),
            hint: format!("from {from}: {}", words.join(", ")),
        });
        begin = begin.saturating_add(each);
    }
    stacks
}

#[cfg(test)]
mod tests {
    use super::*;

    // The audit leaves out what it saw nothing in, and two packets may be a century apart.
    #[test]
    fn gaps_are_drawn_and_no_span_makes_columns_without_end() {
        let row = |from, bogus| TimelineRow {
            from,
            responses: StatusCounts { bogus, ..StatusCounts::default() },
        };
        let total = |stacks: &[Stack]| -> u64 {
            stacks.iter().flat_map(|stack| &stack.parts).map(|part| part.1).sum()
        };
        let few = stacks(&[row(100, 1), row(130, 2)], 100, 10);
        assert_eq!(few.len(), 4);
        assert_eq!(total(&few), 3);
        let many = stacks(&[row(0, 1), row(i64::MAX - 1, 2)], 0, 1);
        assert!(many.len() <= 401, "{}", many.len());
        assert_eq!(total(&many), 3);
    }
}
