//! Distinct signatures by algorithm.

use maud::html;

use crate::audit::chain::Summary;
use crate::dns::Algorithm;
use crate::report::html::expiry::expiry;
use crate::report::html::figure::At;
use crate::report::html::page::Section;
use crate::report::html::plot::bars::{Bar, Layout, Piece, bars};
use crate::report::html::plot::{Name, part, swatches};
use crate::report::html::table::{Cell, Column, Table};
use crate::report::terms;
use crate::report::words::count;

/// What becomes of signatures, in the order of a bar: member, word, area.
const FATES: [(&str, &str, &str); 4] = [
    ("hold", "hold", "area-good"),
    ("untried", "not tried", "area-insecure"),
    ("without_key", "key not seen", "area-indeterminate"),
    ("fail", "fail", "area-bad"),
];

/// Bars and a table of signatures.
pub(super) fn signatures(at: &At, summary: &Summary) -> Option<Section> {
    if summary.signatures.is_empty() {
        return None;
    }
    let columns = FATES.map(|(_, word, _)| Column::Numbers(word));
    let mut table = Table::new(
        "Distinct signatures by algorithm",
        &[&[Column::Words("algorithm")][..], &columns].concat(),
    );
    let rows: Vec<(u8, [u64; 4])> = summary
        .signatures
        .iter()
        .map(|(&number, counts)| {
            (number, [counts.hold, counts.untried, counts.without_key, counts.fail])
        })
        .collect();
    let most = rows.iter().map(|(_, numbers)| numbers.iter().sum::<u64>()).max().unwrap_or(0);
    let mut plotted = Vec::new();
    for (number, numbers) in rows {
        let label = terms::algorithm(Algorithm(number));
        let at = at.member("signatures").member(&number.to_string());
        let mut cells = vec![Cell::from(label.clone()).sorted_by(number)];
        cells.extend(
            FATES.iter().zip(numbers).map(|((name, ..), number)| at.count(name, number).into()),
        );
        table.row(cells);
        plotted.push(Bar {
            figure: None,
            unit: count(numbers.iter().sum(), "signature"),
            pieces: FATES
                .iter()
                .zip(numbers)
                .map(|(&(_, word, class), number)| Piece {
                    class,
                    part: part(number, most),
                    hint: format!("{label}: {} {word}", count(number, "signature")),
                })
                .collect(),
            label,
            interval: None,
        });
    }
    let name = Name {
        id: "plot-signatures".into(),
        title: "Distinct signatures by algorithm".into(),
        description:
            "For each algorithm a bar with the signatures that hold, that were not tried, whose \
                      key was not seen, and that fail. The table beside it has the numbers."
                .into(),
    };
    let legend = swatches(&FATES.map(|(_, word, class)| (class, word)));
    let seen = summary.input.seen.as_ref().map(|seen| seen.last);
    let content = html! {
        div.pair { div { (bars(&name, Layout::Above, &plotted, &legend)) } div { (table.render()) } }
        @if let Some(next) = &summary.next_expiry {
            dl.facts {
                dt { "Next to expire" } dd { (expiry(&at.member("next_expiry"), next, seen)) }
            }
        }
    };
    Some(Section { id: "signatures", title: "Signatures", lead: None, content })
}
