//! The zones of the input as a tree, what the chain lacks, and chains that were asked for.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use crate::audit::chain::explain::Explanation;
use crate::audit::chain::summary::ZoneRow;
use crate::audit::chain::{Status, Summary};
use crate::dns::Name;
use crate::report::html::figure::At;
use crate::report::html::marks;
use crate::report::html::page::Section;
use crate::report::html::table::{Cell, Column, Table};
use crate::report::terms;
use crate::report::words::{count, grouped};

use super::evidence::{evidence, judgement, signature};
use super::responses::{STATUSES, status_cells};

/// Zones that are shown at most, but for those above them. The others are in the JSON report.
const ZONES: usize = 400;

/// The tree of trust and the table of zones.
pub(super) fn zones(at: &At, summary: &Summary) -> Option<Section> {
    if summary.zones.is_empty() {
        return None;
    }
    let at = at.member("zones");
    let tree = Tree::of(&summary.zones);
    let left_out = (summary.zones.len() - tree.shown.len()) as u64;
    let content = html! {
        (tree.render(&at))
        @if left_out > 0 {
            p.remark {
                (count(left_out, "more zone")) " with fewer responses: " code { "--format json" }
                " has all of them."
            }
        }
        details.plain {
            summary { "Zones as a table, with signatures and responses" }
            (table(&at, summary, &tree.shown))
        }
    };
    let lead = html! {
        "From the trust anchors down, as it was when it was last seen. A zone opens to what vouches for it."
    };
    Some(Section { id: "zones", title: "Chain of trust", lead: Some(lead), content })
}

/// Zones by the zone above them.
struct Tree<'z> {
    zones: &'z [ZoneRow],
    /// Which of them are shown.
    shown: BTreeSet<usize>,
    children: BTreeMap<Option<usize>, Vec<usize>>,
}

impl<'z> Tree<'z> {
    fn of(zones: &'z [ZoneRow]) -> Self {
        let places: BTreeMap<Name, usize> =
            zones.iter().enumerate().map(|(place, row)| (row.link.zone, place)).collect();
        let above = |place: usize| -> Option<usize> {
            let parent = zones.get(place)?.parent.as_ref()?;
            places.get(parent).copied().filter(|&parent| parent != place)
        };
        let mut order: Vec<usize> = (0..zones.len()).collect();
        order.sort_by_key(|&place| {
            let responses = &zones[place].responses;
            Reverse((responses.bogus, responses.total()))
        });
        let mut shown = BTreeSet::new();
        for place in order.into_iter().take(ZONES) {
            // Those above a zone come with it.
            let mut next = Some(place);
            while let Some(place) = next.filter(|place| shown.insert(*place)) {
                next = above(place);
            }
        }
        let mut children: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
        for &place in &shown {
            children.entry(above(place)).or_default().push(place);
        }
        Self { zones, shown, children }
    }

    fn render(&self, at: &At) -> Markup {
        html! { ul.tree { (self.below(None, at, 0)) } }
    }

    /// The zones below one, or those at the top.
    fn below(&self, above: Option<usize>, zones: &At, depth: usize) -> Markup {
        // A name has at most 127 labels, so a chain of zones ends.
        if depth > 128 {
            return html! {};
        }
        html! {
            @for &place in self.children.get(&above).into_iter().flatten() {
                @let row = &self.zones[place];
                @let at = zones.item(place);
                @let evidence = evidence(&at, &row.link);
                @let children = self.children.contains_key(&Some(place));
                li {
                    @if evidence.0.is_empty() {
                        div.leaf { (line(&at, row)) }
                    } @else {
                        details { summary { (line(&at, row)) } (evidence) }
                    }
                    @if children { ul { (self.below(Some(place), zones, depth + 1)) } }
                }
            }
        }
    }
}

fn line(at: &At, row: &ZoneRow) -> Markup {
    html! {
        b.name { (at.text("zone", &row.link.zone.to_string())) } " "
        (judgement(at, &row.link.judgement, &row.link.zone))
        span.why { (at.flag("island", row.island, " signed island", "")) }
        @if row.responses.total() > 0 {
            span.why { " · " (count(row.responses.total(), "response")) }
            @if row.responses.bogus > 0 {
                span.why { ", " span.bad { (grouped(row.responses.bogus)) " bogus" } }
            }
        }
    }
}

fn table(at: &At, summary: &Summary, shown: &BTreeSet<usize>) -> Markup {
    let columns = [
        &[
            Column::Names("zone"),
            Column::Words("status"),
            Column::Names("zone above"),
            Column::Words("by"),
            Column::Numbers("signatures hold"),
            Column::Numbers("fail"),
            Column::Numbers("key not seen"),
            Column::Numbers("not tried"),
        ][..],
        &STATUSES,
    ];
    let mut table = Table::new(
        "Signatures that name a zone as signer, and responses that it decided",
        &columns.concat(),
    )
    .sortable("zones-list");
    for &place in shown {
        let row = &summary.zones[place];
        let at = at.item(place);
        let status = row.link.judgement.status;
        let signatures = at.member("signatures");
        let cells = vec![
            at.text("zone", &row.link.zone.to_string()).into(),
            Cell::of(marks::of_data(status, &at.text("status", status.name())))
                .sorted_by(status as u8),
            row.parent.as_ref().map(|parent| at.text("parent", &parent.to_string())).into(),
            terms::vouched(row).into(),
            signatures.count("hold", row.signatures.hold).into(),
            signatures.count("fail", row.signatures.fail).into(),
            signatures.count("without_key", row.signatures.without_key).into(),
            signatures.count("untried", row.signatures.untried).into(),
        ];
        table.row([cells, status_cells(&at.member("responses"), &row.responses)].concat());
    }
    table.render()
}

/// Zones whose chain the input does not tell, and what is missing of it.
pub(super) fn missing(at: &At, summary: &Summary) -> Option<Section> {
    let lacking = |row: &ZoneRow| {
        row.link.judgement.status == Status::Indeterminate && row.link.judgement.reason.is_some()
    };
    let mut rows: Vec<(usize, &ZoneRow)> =
        summary.zones.iter().enumerate().filter(|(_, row)| lacking(row)).collect();
    if rows.is_empty() {
        return None;
    }
    let all = rows.len();
    rows.sort_by_key(|(_, row)| Reverse(row.responses.indeterminate));
    rows.truncate(ZONES);
    let mut table = Table::new(
        "What the input lacks",
        &[
            Column::Names("RRset that is missing"),
            Column::Codes("why"),
            Column::Names("for zone"),
            Column::Numbers("indeterminate responses"),
        ],
    )
    .sortable("missing-list");
    for (place, row) in rows {
        let Some(reason) = &row.link.judgement.reason else { continue };
        let at = at.member("zones").item(place);
        let why = at.member("reason");
        table.row(vec![
            html! {
                (why.text("owner", &reason.owner.to_string()))
                @if let Some(rtype) = reason.rtype { " " (why.text("type", &rtype.to_string())) }
            }
            .into(),
            why.text("code", reason.code.entry().code).into(),
            at.text("zone", &row.link.zone.to_string()).into(),
            at.member("responses").count("indeterminate", row.responses.indeterminate).into(),
        ]);
    }
    let content = html! {
        (table.render())
        @if all > ZONES { p.remark { (count((all - ZONES) as u64, "more zone")) "." } }
    };
    let lead = html! {
        "Records that the input does not hold; with them in a file for " code { "--keys" }
        " these zones can be judged."
    };
    Some(Section { id: "missing", title: "What is missing", lead: Some(lead), content })
}

/// The chains that `--explain` asked for.
pub(super) fn explanations(at: &At, summary: &Summary) -> Option<Section> {
    if summary.explanations.is_empty() {
        return None;
    }
    let content = html! {
        @for (index, facts) in summary.explanations.iter().enumerate() {
            (explanation(&at.member("explanations").item(index), facts))
        }
    };
    Some(Section { id: "explained", title: "Chains that were asked for", lead: None, content })
}

fn explanation(at: &At, facts: &Explanation) -> Markup {
    let Explanation { owner, rtype, judgement: told, wildcard, records, .. } = facts;
    html! {
        h3 {
            span.name { (at.text("owner", &owner.to_string())) " " (at.text("type", &rtype.to_string())) } " "
            (judgement(at, told, owner))
        }
        p.lead {
            "At " (at.time("at", facts.at)) ", " (at.count("records", *records as u64))
            @if *records == 1 { " record" } @else { " records" }
            @if let Some(wildcard) = wildcard {
                ", made from " (at.text("wildcard", &wildcard.to_string()))
            }
            "."
        }
        ul.tree { (steps(at, facts, 0)) }
    }
}

/// The zones from one on, each below the one that vouches for it, and the RRset itself at the end.
fn steps(at: &At, facts: &Explanation, from: usize) -> Markup {
    let Explanation { owner, rtype, signatures, chain, .. } = facts;
    let Some(link) = chain.get(from) else {
        return html! {
            li {
                div.leaf { b.name { (owner) " " (rtype) } }
                ul.evidence {
                    @for (index, facts) in signatures.iter().enumerate() {
                        li { (signature(&at.member("signatures").item(index), facts)) }
                    }
                    @if signatures.is_empty() { li { "no RRSIG" } }
                }
            }
        };
    };
    let place = at.member("chain").item(from);
    html! {
        li {
            details open {
                summary {
                    b.name { (place.text("zone", &link.zone.to_string())) } " "
                    (judgement(&place, &link.judgement, &link.zone))
                }
                (evidence(&place, link))
            }
            ul { (steps(at, facts, from + 1)) }
        }
    }
}
