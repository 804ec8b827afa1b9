//! The page of a chain audit: what share of the responses is secure, what is not and why, and the chain
//! of trust behind it.

mod evidence;
mod input;
mod performance;
mod responses;
mod signatures;
mod timeline;
mod trust;
mod zones;

use std::cmp::Reverse;
use std::io::{self, Write};

use maud::{Markup, html};

use crate::audit::chain::summary::StatusCounts;
use crate::audit::chain::{Event, ResponseRow, Status, Summary};
use crate::audit::findings::{Code, Severity};
use crate::report::chain::{ChainReporter, SCHEMA};
use crate::report::selection::{Findings, Selection};
use crate::report::terms;
use crate::report::words::{count, grouped, rate_of, three_digits};

use super::figure::At;
use super::findings::{self, Context, Group};
use super::marks;
use super::page::{Page, Section, Tile};
use super::plot::part;

/// Responses that are not secure, the worst first, with a fair share for each reason.
type NotSecure = Selection<(Reverse<Status>, Option<Code>), ResponseRow>;

/// Holds back a selection of findings and of responses that are not secure, because the totals come
/// first.
#[derive(Debug)]
pub(crate) struct ChainPage {
    findings: Findings,
    responses: NotSecure,
    /// Distinct responses that are not secure, held or not.
    not_secure: u64,
    /// The heaviest finding.
    worst: Option<Severity>,
    events: u64,
}

impl ChainPage {
    pub(crate) fn new(max_findings: Option<u64>) -> Self {
        Self {
            findings: Findings::new(max_findings),
            responses: NotSecure::new(max_findings),
            not_secure: 0,
            worst: None,
            events: 0,
        }
    }

    /// The rows of the JSON report.
    fn rows() -> At {
        At::root().member("rows")
    }
}

impl ChainReporter for ChainPage {
    fn event(&mut self, event: &Event, _: &mut dyn Write) -> io::Result<()> {
        match event {
            Event::Response(row) => {
                if let Some(judgement) = row.judgement.as_ref()
                    && judgement.status != Status::Secure
                {
                    let code = judgement.reason.as_ref().map(|reason| reason.code);
                    self.responses.offer((Reverse(judgement.status), code), row, self.events);
                    self.not_secure += 1;
                }
            }
            Event::Rrset(_) => {}
            // They are no rows of the JSON report.
            Event::Signature(_) => return Ok(()),
            Event::Finding(finding) => {
                self.findings.offer_finding(finding, self.events);
                self.worst = self.worst.max(Some(finding.severity));
            }
        }
        self.events += 1;
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        let at = Self::rows().item(self.events);
        let file = terms::file_names(&summary.input.files);
        let counts = judged(summary);
        let sections = [
            responses::outcomes(&at, summary),
            timeline::timeline(&at, summary),
            responses::reasons(&at, summary),
            responses::bogus_names(&at, summary),
            responses::not_secure(
                &Self::rows(),
                &self.responses,
                self.not_secure,
                &summary.input.files,
            ),
            zones::explanations(&at, summary),
            zones::missing(&at, summary),
            zones::zones(&at, summary),
            signatures::signatures(&at, summary),
            self.findings_section(&at, summary),
            trust::trust_changes(&at, summary),
            trust::resolvers(&at, summary),
            Some(input::input(&at, summary)),
            Some(performance::performance(&at, summary)),
        ];
        let words: Vec<String> = Status::ALL
            .into_iter()
            .filter(|&status| counts.of(status) > 0)
            .map(|status| format!("{} {status}", grouped(counts.of(status))))
            .collect();
        Page {
            schema: SCHEMA,
            title: match words.is_empty() {
                true => format!("{file}: sigmill"),
                false => format!("{file}: {}: sigmill", words.join(", ")),
            },
            kind: html! { b { "DNSSEC audit of answers" } " · " (file) },
            mark: None,
            headline: headline(&at, summary),
            notes: input::notes(&at, summary),
            tiles: self.tiles(&at, summary),
            sections: sections.into_iter().flatten().collect(),
        }
        .write(out)
    }
}

/// What the verdict is on: responses, or RRsets where there are none.
fn judged(summary: &Summary) -> &StatusCounts {
    if is_of_rrsets(summary) { &summary.rrsets } else { &summary.responses }
}

fn is_of_rrsets(summary: &Summary) -> bool {
    summary.responses.total() == 0
}

/// The counts' place, and what is counted.
fn judged_at(at: &At, summary: &Summary) -> (At, &'static str) {
    match is_of_rrsets(summary) {
        true => (at.member("rrsets"), "RRset"),
        false => (at.member("responses"), "response"),
    }
}

fn headline(at: &At, summary: &Summary) -> Markup {
    let counts = judged(summary);
    let (at, noun) = judged_at(at, summary);
    if counts.total() == 0 {
        return html! { "Nothing to judge" };
    }
    let statuses: Vec<Status> =
        Status::ALL.into_iter().filter(|&status| counts.of(status) > 0).collect();
    html! {
        "Of " (count(counts.total(), noun)) " "
        @for (index, &status) in statuses.iter().enumerate() {
            @if index > 0 { @if index + 1 == statuses.len() { " and " } @else { ", " } }
            (at.count(status.name(), counts.of(status)))
            @if index == 0 { @if counts.of(status) == 1 { " is" } @else { " are" } }
            " " (status.name())
        }
    }
}

impl ChainPage {
    #[allow(clippy::cast_precision_loss)] // percents are shown
    fn tiles(&self, at: &At, summary: &Summary) -> Vec<Tile> {
        let counts = judged(summary);
        let (rows, noun) = judged_at(at, summary);
        let labels = ["Secure", "Insecure", "Indeterminate", "Bogus"];
        let mut tiles: Vec<Tile> = Status::ALL
            .into_iter()
            .zip(labels)
            .map(|(status, label)| {
                let number = counts.of(status);
                let figure = rows.count(status.name(), number);
                let is_bad = status == Status::Bogus && number > 0;
                let share = part(number, counts.total()) * 100.0;
                Tile {
                    label,
                    figure: html! { span.bad[is_bad] { (figure) } },
                    note: Some(html! { (format!("{share:.1} %")) " of " (noun) "s" }),
                }
            })
            .collect();
        let input = at.member("input");
        if summary.responses.total() > 0 {
            let all = summary.input.responses;
            tiles.push(Tile {
                label: "Distinct responses",
                figure: html! { (at.count("distinct_responses", summary.distinct_responses)) },
                note: Some(html! {
                    "of " (input.count("responses", all)) ": "
                    @if all > summary.distinct_responses {
                        "each was seen " (three_digits(all as f64 / summary.distinct_responses.max(1) as f64))
                        " times"
                    } @else { "no two are the same" }
                }),
            });
        }
        let total: u64 = summary.findings.values().sum();
        tiles.push(Tile {
            label: "Findings",
            figure: html! { span.bad[self.worst == Some(Severity::Bogus)] { (grouped(total)) } },
            note: Some(html! {
                @if total == 0 { "nothing to report" }
                @else { "of " (count(summary.findings.len() as u64, "code")) }
            }),
        });
        tiles.push(Tile {
            label: "Zones",
            figure: html! { (grouped(summary.zones.len() as u64)) },
            note: Some(html! {
                (grouped(summary.zones.iter().filter(|row| row.link.judgement.status == Status::Secure)
                    .count() as u64)) " of them secure"
            }),
        });
        if summary.input.messages > 0 {
            let seconds = performance::all_seconds(summary);
            tiles.push(Tile {
                label: "Messages",
                figure: html! { (input.count("messages", summary.input.messages)) },
                note: Some(html! { (rate_of(summary.input.messages, "messages", seconds)) }),
            });
        }
        tiles
    }

    fn findings_section(&self, at: &At, summary: &Summary) -> Option<Section> {
        let counts = at.member("findings");
        let known = summary.findings.iter().filter_map(|(text, &number)| {
            let code = Code::ALL.iter().copied().find(|code| code.entry().code == text)?;
            // What it weighed here, where a finding of it is held.
            let held = self.findings.all().find(|(_, finding)| finding.code == code);
            let severity = held.map_or(code.entry().severity, |(_, finding)| finding.severity);
            Some((severity, code, number))
        });
        let mut known: Vec<(Severity, Code, u64)> = known.collect();
        known.sort_by_key(|&(severity, code, _)| (Reverse(severity), code));
        if known.is_empty() {
            return None;
        }
        let total = summary.findings.values().sum();
        let groups: Vec<Group<'_>> = known
            .iter()
            .map(|&(severity, code, number)| Group {
                severity,
                mark: marks::plain(severity),
                number: html! { (counts.count(code.entry().code, number)) },
                code: html! { (code.entry().code) },
                entry: code.entry(),
                catalogue: None,
            })
            .collect();
        let context = Context { file: None, several_times: true };
        let content = html! {
            (findings::groups(&groups, self.findings.held() > 0))
            h3 { "One by one" }
            (findings::list(&Self::rows(), &self.findings, total, &context))
        };
        Some(Section { id: "findings", title: "Findings", lead: None, content })
    }
}
