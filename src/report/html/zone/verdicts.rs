//! The judgement for each time, and signatures by algorithm.

use maud::{Markup, html};

use crate::audit::zone::Summary;
use crate::report::html::marks;
use crate::report::html::page::Section;
use crate::report::html::plot::bars::{Bar, Layout, Piece, bars};
use crate::report::html::plot::{Name, part, swatches};
use crate::report::html::table::{Cell, Column, Table};
use crate::report::words::{count, utc};

use super::root;

/// RRsets and signatures at each time of judgement.
pub(super) fn times(summary: &Summary) -> Option<Section> {
    if summary.times.is_empty() {
        return None;
    }
    let rows = root().member("times");
    let mut table = Table::new(
        "RRsets that must be signed, and signatures, at each time of judgement",
        &[
            Column::Words("at"),
            Column::Numbers("RRsets secure"),
            Column::Numbers("insecure"),
            Column::Numbers("bogus"),
            Column::Numbers("signatures valid"),
            Column::Numbers("expired"),
            Column::Numbers("not yet valid"),
        ],
    );
    let mut plotted = Vec::new();
    for (index, time) in summary.times.iter().enumerate() {
        let at = rows.item(index);
        let when = match time.at {
            Some(seconds) => html! { (at.time("at", seconds)) },
            None => html! { (at.words("at", "null", "any time")) },
        };
        let counts = time.rrsets;
        let of = at.member("rrsets");
        table.row(vec![
            when.into(),
            of.count("secure", counts.secure).into(),
            of.count("insecure", counts.insecure).into(),
            of.count("bogus", counts.bogus).into(),
            at.count("signatures_valid", time.signatures_valid).into(),
            at.count("signatures_expired", time.signatures_expired).into(),
            at.count("signatures_not_yet_valid", time.signatures_not_yet_valid).into(),
        ]);
        let all = counts.secure + counts.insecure + counts.bogus;
        let label = time.at.map_or_else(|| "any time".to_owned(), utc);
        let pieces = [
            ("area-secure", "secure", counts.secure),
            ("area-insecure", "insecure", counts.insecure),
            ("area-bogus", "bogus", counts.bogus),
        ];
        plotted.push(Bar {
            figure: None,
            unit: count(all, "RRset"),
            pieces: pieces
                .map(|(class, word, number)| Piece {
                    class,
                    part: part(number, all),
                    hint: format!("{label}: {} {word}", count(number, "RRset")),
                })
                .to_vec(),
            label,
            interval: None,
        });
    }
    let name = Name {
        id: "plot-times".into(),
        title: "RRsets by status".into(),
        description:
            "For each time of judgement a bar with its secure, insecure and bogus parts. The \
                      table below has the numbers."
                .into(),
    };
    let legend = swatches(&[
        ("area-secure", "secure"),
        ("area-insecure", "insecure"),
        ("area-bogus", "bogus"),
    ]);
    let title = if summary.times.len() > 1 { "Verdicts over time" } else { "Verdict" };
    Some(Section {
        id: "verdict",
        title,
        lead: None,
        content: html! { (bars(&name, Layout::Above, &plotted, &legend)) (table.render()) },
    })
}

/// Signatures by algorithm, and what is wrong with them.
pub(super) fn signatures(summary: &Summary) -> Option<Section> {
    if summary.algorithms.is_empty() {
        return None;
    }
    let rows = root().member("algorithms");
    let mut table = Table::new(
        "Signatures by algorithm, times aside",
        &[
            Column::Words("algorithm"),
            Column::Numbers("signatures"),
            Column::Numbers("right"),
            Column::Numbers("wrong"),
        ],
    );
    let most = summary.algorithms.iter().map(|row| row.signatures).max().unwrap_or(0);
    let mut plotted = Vec::new();
    for (index, row) in summary.algorithms.iter().enumerate() {
        let at = rows.item(index);
        let label = format!("{} {}", row.algorithm.0, row.mnemonic);
        let bad = row.signatures.saturating_sub(row.valid);
        table.row(vec![
            Cell::of(html! {
                (at.number("algorithm", row.algorithm.0)) " " (at.text("mnemonic", &row.mnemonic))
            })
            .sorted_by(row.algorithm.0),
            at.count("signatures", row.signatures).into(),
            at.count("valid", row.valid).into(),
            Cell::number(bad),
        ]);
        plotted.push(Bar {
            figure: Some(at.count("signatures", row.signatures)),
            unit: if row.signatures == 1 { "signature" } else { "signatures" }.into(),
            pieces: vec![
                Piece {
                    class: "area-good",
                    part: part(row.valid, most),
                    hint: format!("{label}: {} right", count(row.valid, "signature")),
                },
                Piece {
                    class: "area-bad",
                    part: part(bad, most),
                    hint: format!("{label}: {} wrong", count(bad, "signature")),
                },
            ],
            label,
            interval: None,
        });
    }
    let name = Name {
        id: "plot-algorithms".into(),
        title: "Signatures by algorithm".into(),
        description:
            "For each algorithm a bar with its right and wrong signatures, times aside. The \
                      table beside it has the numbers."
                .into(),
    };
    let legend = swatches(&[("area-good", "right"), ("area-bad", "wrong")]);
    let content = html! {
        div.pair {
            div { (bars(&name, Layout::Above, &plotted, &legend)) }
            div { (table.render()) (reasons(summary)) }
        }
    };
    Some(Section { id: "signatures", title: "Signatures", lead: None, content })
}

fn reasons(summary: &Summary) -> Markup {
    if summary.reasons.is_empty() {
        return html! {};
    }
    let rows = root().member("reasons");
    let mut table = Table::new(
        "What is wrong with signatures, times aside",
        &[Column::Codes("code"), Column::Words("severity"), Column::Numbers("signatures")],
    );
    for (index, row) in summary.reasons.iter().enumerate() {
        let at = rows.item(index);
        let severity = at.text("severity", &row.severity.to_string());
        table.row(vec![
            at.text("code", row.code.entry().code).into(),
            marks::of_severity(row.severity, &severity).into(),
            at.count("count", row.count).into(),
        ]);
    }
    table.render()
}
