//! From where the zone is trusted, its keys, and how it denies what is not there.

use maud::{Markup, html};

use crate::audit::zone::Summary;
use crate::audit::zone::summary::{DenialFacts, KeyFacts, TrustKind, ZonemdFacts, ZonemdStatus};
use crate::report::html::figure::At;
use crate::report::html::page::Section;
use crate::report::html::table::{Cell, Column, Table};
use crate::report::terms;

use super::root;

/// The kind of trust, the anchors and the keys.
pub(super) fn trust_and_keys(summary: &Summary) -> Section {
    let at = root().member("trust");
    let trust = &summary.trust;
    // The word of the JSON report, to be told by.
    let kind = serde_json::to_value(trust.kind).ok();
    let kind = kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or_default().to_owned();
    let class = match trust.kind {
        TrustKind::Anchored => "good",
        TrustKind::NotAnchored => "bad",
        _ => "",
    };
    let content = html! {
        p { strong class=(class) { (at.words("kind", kind, &sentence(terms::trust(trust.kind)))) } }
        (anchors(summary, &at.member("anchors")))
        (keys(summary))
    };
    Section { id: "trust", title: "Trust and keys", lead: None, content }
}

/// Text as a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    format!("{}{}.", first.into_iter().flatten().collect::<String>(), letters.as_str())
}

fn anchors(summary: &Summary, at: &At) -> Markup {
    if summary.trust.anchors.is_empty() {
        return html! {};
    }
    let mut table = Table::new(
        "Trust anchors for this zone",
        &[
            Column::Words("tag"),
            Column::Words("algorithm"),
            Column::Words("form"),
            Column::Words("digest"),
            Column::Words("from"),
            Column::Words("matches a key"),
            Column::Words("that signs the DNSKEY RRset"),
            Column::Words("set aside"),
        ],
    );
    for (index, anchor) in summary.trust.anchors.iter().enumerate() {
        let at = at.item(index);
        table.row(vec![
            html! { strong { (at.number("tag", anchor.key.tag)) } }.into(),
            at.words("algorithm", anchor.key.algorithm.0, &terms::algorithm(anchor.key.algorithm))
                .into(),
            at.text("form", anchor.form).into(),
            anchor.digest.as_ref().map(|digest| at.text("digest", digest)).into(),
            at.text("origin", &anchor.origin).into(),
            at.flag("matches", anchor.matches, "yes", "no").into(),
            at.flag("signs", anchor.signs, "yes", "no").into(),
            anchor.ignored.as_ref().map(|why| at.text("ignored", why)).into(),
        ]);
    }
    table.render()
}

fn keys(summary: &Summary) -> Markup {
    if summary.keys.is_empty() {
        return html! {};
    }
    let rows = root().member("keys");
    let mut table = Table::new(
        "Keys of the DNSKEY RRset at the apex",
        &[
            Column::Words("tag"),
            Column::Words("algorithm"),
            Column::Numbers("bits"),
            Column::Words("flags"),
            Column::Words("role"),
            Column::Words("anchored"),
            Column::Numbers("right signatures"),
            Column::Words("verified by"),
        ],
    );
    for (index, key) in summary.keys.iter().enumerate() {
        let at = rows.item(index);
        let role = match terms::role(key.role) {
            role @ "-" => at.words("role", role, "signs nothing"),
            role => at.text("role", role),
        };
        let backend: Cell = match (key.unusable, key.backend) {
            (Some(code), _) => {
                html! { "not usable: " span.code { (at.text("unusable", code.entry().code)) } }
                    .into()
            }
            (None, backend) => backend.map(|backend| at.text("backend", backend)).into(),
        };
        table.row(vec![
            html! { strong { (at.number("tag", key.key.tag)) } }.into(),
            at.words("algorithm", key.key.algorithm.0, &terms::algorithm(key.key.algorithm)).into(),
            bits(&at, key),
            at.words("flags", key.flags, &terms::flags(key.flags)).into(),
            role.into(),
            at.flag("anchored", key.anchored, "yes", "no").into(),
            at.count("valid", key.valid).into(),
            backend,
        ]);
    }
    html! {
        (table.render())
        p.remark {
            "KSK: signs the DNSKEY RRset only. ZSK: signs other RRsets. CSK: signs both. Signatures count "
            "as right when they verify, times aside."
        }
    }
}

fn bits(at: &At, key: &KeyFacts) -> Cell {
    let Some(bits) = key.bits else { return Cell::none() };
    Cell::of(html! {
        (at.number("bits", bits))
        @if let Some(exponent) = &key.exponent {
            ", " (at.words("exponent", exponent, &terms::exponent(exponent)))
        }
    })
    .sorted_by(bits)
}

/// The chains that deny, and the zone's digest.
pub(super) fn denial(summary: &Summary) -> Option<Section> {
    if summary.denial.is_empty() && summary.zonemd.is_none() {
        return None;
    }
    let rows = root().member("denial");
    let content = html! {
        dl.facts {
            @for (index, facts) in summary.denial.iter().enumerate() { (chain(&rows.item(index), facts)) }
            @if let Some(zonemd) = &summary.zonemd { (digest(&root().member("zonemd"), zonemd)) }
        }
    };
    Some(Section { id: "denial", title: "Denial of existence and digest", lead: None, content })
}

fn chain(at: &At, facts: &DenialFacts) -> Markup {
    match facts {
        DenialFacts::Nsec { records } => html! {
            dt { (at.words("chain", "nsec", "NSEC")) }
            dd { (at.count("records", *records)) " records" }
        },
        DenialFacts::Nsec3 { records, opt_out, empty_non_terminals, iterations, salt } => html! {
            dt { (at.words("chain", "nsec3", "NSEC3")) }
            dd {
                (at.count("records", *records)) " records, " (at.count("opt_out", *opt_out))
                " with opt-out, " (at.count("empty_non_terminals", *empty_non_terminals))
                " for empty non-terminals; " (at.number("iterations", iterations))
                " additional iterations, salt " code { (at.text("salt", salt)) }
            }
        },
    }
}

fn digest(at: &At, zonemd: &ZonemdFacts) -> Markup {
    let kind = serde_json::to_value(zonemd.status).ok();
    let kind = kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or_default().to_owned();
    let class = match zonemd.status {
        ZonemdStatus::Verified => "good",
        ZonemdStatus::Failed | ZonemdStatus::Missing => "bad",
        ZonemdStatus::Unsupported => "",
    };
    let rows = at.member("records");
    html! {
        dt { "ZONEMD" }
        dd {
            "The digest " strong class=(class) { (at.words("status", kind, terms::zonemd(zonemd.status))) } "."
            @for (index, row) in zonemd.records.iter().enumerate() {
                @let at = rows.item(index);
                br;
                "Scheme " (at.number("scheme", row.scheme)) ", hash " (at.number("hash", row.hash))
                @match row.hash { 1 => " (SHA-384)", 2 => " (SHA-512)", _ => "" }
                ": " (at.flag("holds", row.holds, "holds", "does not hold"))
            }
        }
    }
}
