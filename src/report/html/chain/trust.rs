//! What became of followed keys (RFC 5011), and what resolvers said.

use maud::html;

use crate::audit::chain::Summary;
use crate::report::html::figure::At;
use crate::report::html::page::Section;
use crate::report::html::table::{Column, Table};
use crate::report::terms;

/// Keys whose state changed.
pub(super) fn trust_changes(at: &At, summary: &Summary) -> Option<Section> {
    if summary.trust_changes.is_empty() {
        return None;
    }
    let mut table = Table::new(
        "States of the keys that were followed (RFC 5011 §4)",
        &[
            Column::Words("key"),
            Column::Words("algorithm"),
            Column::Words("from"),
            Column::Words("to"),
            Column::Words("time"),
        ],
    );
    for (index, change) in summary.trust_changes.iter().enumerate() {
        let at = at.member("trust_changes").item(index);
        let state = |name: &str, state: crate::audit::rfc5011::State| {
            let value = serde_json::to_value(state).ok();
            let value =
                value.as_ref().and_then(|value| value.as_str()).unwrap_or_default().to_owned();
            at.words(name, value, &state.to_string())
        };
        table.row(vec![
            at.number("tag", change.key.tag).into(),
            at.words("algorithm", change.key.algorithm.0, &terms::algorithm(change.key.algorithm))
                .into(),
            state("from", change.from).into(),
            state("to", change.to).into(),
            at.time("at", change.at).into(),
        ]);
    }
    Some(Section {
        id: "anchors",
        title: "Trust anchors over time",
        lead: None,
        content: table.render(),
    })
}

/// The flag AD beside our own verdicts, and extended errors.
pub(super) fn resolvers(at: &At, summary: &Summary) -> Option<Section> {
    let ad = &summary.ad;
    if ad.agreed + ad.without_security + ad.unknown + ad.missing == 0
        && summary.extended_errors.is_empty()
    {
        return None;
    }
    let of = at.member("ad");
    let errors = at.member("extended_errors");
    let mut table = Table::new(
        "Extended errors (RFC 8914)",
        &[Column::Numbers("code"), Column::Words("meaning"), Column::Numbers("responses")],
    );
    for (code, number) in &summary.extended_errors {
        table.row(vec![
            code.to_string().into(),
            terms::extended_error(*code).into(),
            errors.count(&code.to_string(), *number).into(),
        ]);
    }
    let content = html! {
        dl.facts {
            dt { (of.count("agreed", ad.agreed)) } dd { "with the flag AD, and secure here" }
            dt { (of.count("without_security", ad.without_security)) }
            dd { "with the flag AD, and not secure here" }
            dt { (of.count("unknown", ad.unknown)) } dd { "with the flag AD, which the input cannot confirm" }
            dt { (of.count("missing", ad.missing)) } dd { "secure here, signatures wanted, without the flag AD" }
        }
        @if table.len() > 0 { (table.render()) }
    };
    Some(Section { id: "resolvers", title: "What resolvers said", lead: None, content })
}
