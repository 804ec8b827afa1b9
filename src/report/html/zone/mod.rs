//! The page of a zone audit: the judgement first, then what explains it.

mod input;
mod lifetime;
mod performance;
mod trust;
mod verdicts;

use std::io::{self, Write};

use maud::{Markup, html};

use crate::audit::findings::{Finding, Severity};
use crate::audit::zone::Summary;
use crate::audit::zone::summary::{TimeFacts, TrustKind};
use crate::report::entry::{SCHEMA, catalogue};
use crate::report::selection::Findings;
use crate::report::terms;
use crate::report::words::{count, grouped, span, utc};
use crate::report::{Judgement, Reporter};

use super::figure::At;
use super::findings::{self, Context, Group};
use super::marks;
use super::page::{Page, Section, Tile};

/// Holds back a selection of the findings, because the judgement comes first.
#[derive(Debug)]
pub(crate) struct ZonePage {
    selection: Findings,
    seen: u64,
}

impl ZonePage {
    pub(crate) fn new(max_findings: Option<u64>) -> Self {
        Self { selection: Findings::new(max_findings), seen: 0 }
    }
}

impl Reporter for ZonePage {
    fn finding(&mut self, finding: &Finding, _: &mut dyn Write) -> io::Result<()> {
        self.selection.offer_finding(finding, self.seen);
        self.seen += 1;
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        let judgement = Judgement::of(summary);
        let file = terms::file_name(&summary.input.files);
        let at = At::root();
        let told = at.member("judgement");
        let status = told.text("status", &judgement.status.to_string());
        let sections = [
            verdicts::times(summary),
            Some(findings_section(summary, &self.selection)),
            Some(trust::trust_and_keys(summary)),
            verdicts::signatures(summary),
            lifetime::lifetime(summary),
            trust::denial(summary),
            input::changes(summary),
            Some(input::input(summary)),
            performance::performance(summary),
        ];
        Page {
            schema: SCHEMA,
            title: format!("{} {}: sigmill zone", summary.input.apex, judgement.status),
            kind: html! { b { "DNSSEC audit of a zone" } " · " (file) },
            mark: Some(marks::of_zone(judgement.status, &status)),
            headline: html! { (told.text("sentence", &judgement.to_string())) },
            notes: None,
            tiles: tiles(summary),
            sections: sections.into_iter().flatten().collect(),
        }
        .write(out)
    }
}

/// The summary's place in the JSON report.
fn root() -> At {
    At::root().member("summary")
}

fn tiles(summary: &Summary) -> Vec<Tile> {
    let at = root();
    let several = summary.times.len() > 1;
    let mut tiles = Vec::new();
    // The worst time speaks, the first of equals, as it does in the judgement.
    let worst = summary.times.iter().enumerate().rev().max_by_key(|(_, time)| time.rrsets.bogus);
    if let Some((index, TimeFacts { at: at_time, rrsets, signatures_valid, .. })) = worst {
        let place = at.member("times").item(index);
        let rows = place.member("rrsets");
        let time = at_time.map_or_else(|| "any time".to_owned(), utc);
        let when = if several { format!(" at {time}") } else { String::new() };
        let (label, figure) = match (rrsets.bogus, rrsets.secure) {
            (0, 0) => ("RRsets insecure", rows.count("insecure", rrsets.insecure)),
            (0, _) => ("RRsets secure", rows.count("secure", rrsets.secure)),
            _ => ("RRsets bogus", rows.count("bogus", rrsets.bogus)),
        };
        let all = rrsets.secure + rrsets.insecure + rrsets.bogus;
        tiles.push(Tile {
            label,
            figure: html! { span.bad[rrsets.bogus > 0] { (figure) } },
            note: Some(html! { "of " (grouped(all)) " that must be signed" (when) }),
        });
        tiles.push(Tile {
            label: "Signatures that hold",
            figure: html! { (place.count("signatures_valid", *signatures_valid)) },
            note: Some(html! {
                "of " (at.member("input").count("signatures", summary.input.signatures)) (when)
            }),
        });
    }
    if let Some(earliest) = &summary.lifetime.earliest {
        let from = summary.times.iter().find_map(|time| time.at);
        let left = from.map(|from| earliest.at.saturating_sub(from));
        let time = at.member("lifetime").member("earliest").time("at", earliest.at);
        tiles.push(Tile {
            label: "First signature expires",
            figure: match left {
                Some(left) if left < 0 => html! { span.bad { (span(left)) " ago" } },
                Some(left) => html! { "in " (span(left)) },
                None => html! { (time) },
            },
            note: left.is_some().then(|| html! { (time) }),
        });
    }
    let all: u64 = summary.findings.iter().map(|row| row.count).sum();
    tiles.push(Tile {
        label: "Findings",
        figure: html! {
            span.bad[summary.findings_at_least(Severity::Bogus) > 0] { (grouped(all)) }
        },
        note: Some(html! {
            @if all == 0 { "nothing to report" } @else { (terms::severities(&summary.findings)) }
        }),
    });
    tiles.push(Tile {
        label: "Trust",
        figure: html! { (trust_in_a_word(summary.trust.kind)) },
        note: Some(html! { (count(summary.keys.len() as u64, "key")) " at the apex" }),
    });
    let input = at.member("input");
    tiles.push(Tile {
        label: "Records",
        figure: html! { (input.count("records", summary.input.records)) },
        note: Some(html! {
            @if let Some(serial) = summary.input.serial {
                "serial " (input.number("serial", serial)) ", "
            }
            (input.octets("bytes", summary.input.bytes))
        }),
    });
    tiles
}

fn trust_in_a_word(kind: TrustKind) -> &'static str {
    match kind {
        TrustKind::Anchored => "anchored",
        TrustKind::NotAnchored => "not anchored",
        TrustKind::Island => "island",
        TrustKind::Unsupported | TrustKind::Unsigned => "none",
    }
}

fn findings_section(summary: &Summary, selection: &Findings) -> Section {
    let rows = root().member("findings");
    let catalogue = catalogue(summary);
    let mut counts: Vec<_> = summary.findings.iter().enumerate().collect();
    counts.retain(|(_, row)| row.count > 0);
    counts.sort_by_key(|(_, row)| (std::cmp::Reverse(row.severity), row.code));
    let total: u64 = counts.iter().map(|(_, row)| row.count).sum();
    let groups: Vec<Group<'_>> = counts
        .iter()
        .map(|&(index, row)| {
            let at = rows.item(index);
            let entry = row.code.entry();
            let place = catalogue.iter().position(|other| other.code == entry.code);
            Group {
                severity: row.severity,
                mark: marks::of_severity(
                    row.severity,
                    &at.text("severity", &row.severity.to_string()),
                ),
                number: html! { (at.count("count", row.count)) },
                code: html! { (at.text("code", entry.code)) },
                entry,
                catalogue: place.map(|place| At::root().member("catalogue").item(place)),
            }
        })
        .collect();
    let context = Context {
        file: summary.input.files.first().map(String::as_str),
        several_times: summary.times.len() > 1,
    };
    let content: Markup = html! {
        @if groups.is_empty() {
            p { "None." }
        } @else {
            (findings::groups(&groups, selection.held() > 0))
            h3 { "One by one" }
            (findings::list(&At::root().member("findings"), selection, total, &context))
        }
    };
    let lead = (total > 0).then(|| {
        html! {
            "Bogus: a validator would reject the data. Violation: a rule is broken, though a validator "
            "may still accept the data. Advice: within the rules, but unwise."
        }
    });
    Section { id: "findings", title: "Findings", lead, content }
}
