//! Findings: what each code means, and a list that can be sorted and filtered.

use std::collections::BTreeSet;

use maud::{Markup, html};

use crate::audit::findings::{CatalogueEntry, Excerpt, Finding, Severity};
use crate::report::selection::Findings;
use crate::report::words::{grouped, printable};

use super::figure::At;
use super::marks;
use super::table::{Cell, Column, Table};

/// Findings of one code and severity, for the overview.
pub(super) struct Group<'g> {
    pub(super) severity: Severity,
    /// The severity, the count and the code, as figures where the report has them.
    pub(super) mark: Markup,
    pub(super) number: Markup,
    pub(super) code: Markup,
    pub(super) entry: &'g CatalogueEntry,
    /// The code's row of the report's catalogue, where it has one.
    pub(super) catalogue: Option<At>,
}

/// The groups, each of which opens to what it means and what can be done about it.
pub(super) fn groups(groups: &[Group<'_>], are_listed: bool) -> Markup {
    html! {
        @for group in groups {
            @let entry = group.entry;
            @let text = |name: &str, text: &str| match &group.catalogue {
                Some(at) => html! { (at.text(name, text)) },
                None => html! { (text) },
            };
            details open[group.severity >= Severity::Violation] {
                summary {
                    (group.mark) " " b.code { (group.code) }
                    " " span.times { "× " (group.number) } " "
                    span.meaning { (text("meaning", entry.meaning)) }
                }
                p {
                    (text("advice", entry.advice)) " (" (text("reference", entry.reference)) ") "
                    @if are_listed {
                        a href="#list" hidden data-filter="list" data-code=(entry.code) {
                            "Show them in the list"
                        }
                    }
                }
            }
        }
    }
}

/// What all findings of a report have in common, so that it need not be said with each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context<'a> {
    /// The page names this file: places in it are told by their line.
    pub(super) file: Option<&'a str>,
    /// Whether a finding must say for which time it holds.
    pub(super) several_times: bool,
}

/// The list of the findings that are held, of which there are `total` in all. `rows` is the array of the
/// JSON report in which they lie.
pub(super) fn list(rows: &At, selection: &Findings, total: u64, context: &Context<'_>) -> Markup {
    let columns = [
        Column::Words("severity"),
        Column::Codes("code"),
        Column::Names("owner"),
        Column::Words("type"),
        Column::Words("key"),
        Column::Words("detail"),
        Column::Words("place"),
    ];
    let left_out = total.saturating_sub(selection.held());
    let caption = match left_out {
        0 => format!("All {} findings", grouped(total)),
        _ => format!("{} of {} findings", grouped(selection.held()), grouped(total)),
    };
    let mut table = Table::new(caption, &columns).sortable("list");
    let (mut codes, mut severities) = (BTreeSet::new(), BTreeSet::new());
    for (place, finding) in selection.all() {
        let at = rows.item(place);
        let (code, severity) = (finding.code.entry().code, finding.severity.to_string());
        table.marked_row(&[("code", code), ("severity", &severity)], cells(&at, finding, context));
        codes.insert(code);
        severities.insert(finding.severity);
    }
    if table.len() == 0 {
        return left_out_remark(left_out);
    }
    let severities: Vec<String> = severities.iter().rev().map(ToString::to_string).collect();
    let severities: Vec<&str> = severities.iter().map(String::as_str).collect();
    let codes: Vec<&str> = codes.into_iter().collect();
    html! {
        (filters("list", "Severity", &severities, &codes))
        (table.render_as("list"))
        (left_out_remark(left_out))
    }
}

fn left_out_remark(left_out: u64) -> Markup {
    html! {
        @if left_out > 0 {
            p.remark {
                (grouped(left_out)) " more are counted above and not listed; each code has its fair share of "
                "the list. " code { "--max-findings" } " sets its length, and " code { "--format json" }
                " or " code { "ndjson" } " has all of them."
            }
        }
    }
}

fn cells(at: &At, finding: &Finding, context: &Context<'_>) -> Vec<Cell> {
    let Finding { code, severity, owner, rtype, key, at: time, detail, place, excerpt } = finding;
    // Severities in their order, not in that of their letters.
    let mark = marks::of_severity(*severity, &at.text("severity", &severity.to_string()));
    let rank = *severity as u8;
    let owner = owner.as_ref().map(|owner| at.text("owner", &owner.to_string()));
    let key = key.map(|key| {
        let at = at.member("key");
        html! { (at.number("tag", key.tag)) "/" (at.number("algorithm", key.algorithm.0)) }
    });
    let time = time.filter(|_| context.several_times);
    let has_detail = detail.is_some() || time.is_some() || excerpt.is_some();
    let detail = html! {
        @if has_detail {
            span.detail {
                @if let Some(detail) = detail { (at.text("detail", detail)) }
                @if let Some(time) = time {
                    @if detail.is_some() { ", " }
                    "at " (at.time("at", time))
                }
                @if let Some(excerpt) = excerpt { (shown(&at.member("excerpt"), excerpt)) }
            }
        }
    };
    let optional = |content: Option<Markup>| content.map_or_else(|| "".into(), Cell::from);
    let shown_place = place.as_ref().map(|place| {
        let at = at.member("place");
        html! {
            span.place {
                @if context.file == Some(&*place.file) {
                    (at.words("file", &place.file, "line")) " "
                } @else {
                    (at.text("file", &place.file)) ":"
                }
                (at.number("line", place.line))
                @if let Some(column) = place.column { ":" (at.number("column", column)) }
            }
        }
    });
    let order = place.as_ref().map_or(0, |place| place.line);
    vec![
        Cell::of(mark).sorted_by(rank),
        html! { (at.text("code", code.entry().code)) }.into(),
        optional(owner.map(|owner| html! { (owner) })),
        optional(rtype.map(|rtype| html! { (at.text("type", &rtype.to_string())) })),
        optional(key),
        Cell::of(detail),
        optional(shown_place).sorted_by(order),
    ]
}

/// The line of input with what is wrong in it.
fn shown(at: &At, excerpt: &Excerpt) -> Markup {
    let part = |from: usize, len: usize| {
        let part: String = excerpt.line.chars().skip(from).take(len).collect();
        printable(&part).into_owned()
    };
    let end = excerpt.caret.saturating_add(excerpt.len);
    let whole = at.words("line", &excerpt.line, "");
    html! {
        span.excerpt {
            (whole) (part(0, excerpt.caret)) mark { (part(excerpt.caret, excerpt.len)) }
            (part(end, usize::MAX))
        }
    }
}

/// The form that filters a table by a word that `label` names, by code, and by text: shown by the
/// script, for it does nothing without.
pub(super) fn filters(table: &str, label: &str, words: &[&str], codes: &[&str]) -> Markup {
    html! {
        form.filters hidden data-table=(table) {
            label { (label)
                select name="severity" {
                    option value="" { "any" }
                    @for word in words { option value=(word) { (word) } }
                }
            }
            label { "Code"
                select name="code" {
                    option value="" { "any" }
                    @for code in codes { option value=(code) { (code) } }
                }
            }
            label.wide { "Text"
                input name="words" type="search" autocomplete="off" placeholder="name, type, detail …";
            }
            button type="reset" { "Reset" }
            output aria-live="polite" {}
        }
    }
}
