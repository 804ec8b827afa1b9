//! How long it took.

use maud::html;

use crate::audit::chain::Summary;
use crate::report::html::figure::{At, Figure};
use crate::report::html::latency::latencies;
use crate::report::html::page::Section;
use crate::report::html::plot::Name;
use crate::report::html::plot::bars::{Bar, Layout, Piece, bars};
use crate::report::words::{rate_of, took};

/// Seconds of the whole audit.
pub(super) fn all_seconds(summary: &Summary) -> f64 {
    let times = &summary.performance;
    times.reading_seconds + times.verifying_seconds + times.judging_seconds
}

/// Stages and single verifications.
pub(super) fn performance(at: &At, summary: &Summary) -> Section {
    let at = at.member("performance");
    let times = &summary.performance;
    let all = all_seconds(summary);
    let stage = |label: &str, seconds: f64, figure: Figure| Bar {
        label: label.to_owned(),
        figure: Some(figure),
        unit: String::new(),
        pieces: vec![Piece {
            class: "area",
            part: if all > 0.0 { seconds / all } else { 0.0 },
            hint: format!("{label}: {}", took(seconds)),
        }],
        interval: None,
    };
    let took_for = |name: &str, seconds: f64| at.took(name, seconds);
    let stages = [
        stage("reading", times.reading_seconds, took_for("reading_seconds", times.reading_seconds)),
        stage(
            "verifying",
            times.verifying_seconds,
            took_for("verifying_seconds", times.verifying_seconds),
        ),
        stage("judging", times.judging_seconds, took_for("judging_seconds", times.judging_seconds)),
    ];
    let name = Name {
        id: "plot-stages".into(),
        title: format!("{} in all, by stage", took(all)),
        description: "A bar for reading, verifying and judging: its part of the time.".into(),
    };
    let messages = summary.input.messages;
    let content = html! {
        @if messages > 0 { p.lead { (rate_of(messages, "messages", all)) "." } }
        (bars(&name, Layout::Beside, &stages, &html! {}))
        (latencies(&at.member("latency"), &times.latency))
    };
    Section { id: "performance", title: "Where the time went", lead: None, content }
}
