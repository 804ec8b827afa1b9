//! Marks of status and severity: a sign, a word and a colour, so that none of them is needed alone.

use maud::{Markup, html};

use crate::audit::chain;
use crate::audit::findings::Severity;
use crate::report::judgement;

use super::figure::Figure;

/// The sign and the class of a word.
fn sign(word: &str) -> &'static str {
    match word {
        "secure" => "✓",
        "insecure" => "○",
        "indeterminate" => "?",
        "bogus" => "✕",
        "violation" => "▲",
        _ => "•",
    }
}

/// A mark of a word that is a figure of the report.
fn mark(word: &str, figure: &Figure) -> Markup {
    html! {
        span class={ "mark " (word) } { span aria-hidden="true" { (sign(word)) } (figure) }
    }
}

/// A severity that is no figure of its own.
pub(super) fn plain(severity: Severity) -> Markup {
    let word = severity.to_string();
    html! { span class={ "mark " (word) } { span aria-hidden="true" { (sign(&word)) } (word) } }
}

/// The status of a zone.
pub(super) fn of_zone(status: judgement::Status, figure: &Figure) -> Markup {
    mark(&status.to_string(), figure)
}

/// The status of data.
pub(super) fn of_data(status: chain::Status, figure: &Figure) -> Markup {
    mark(status.name(), figure)
}

/// A severity.
pub(super) fn of_severity(severity: Severity, figure: &Figure) -> Markup {
    mark(&severity.to_string(), figure)
}

/// The style sheet's name of areas of a status in plots.
pub(super) fn area(status: chain::Status) -> &'static str {
    match status {
        chain::Status::Secure => "area-secure",
        chain::Status::Insecure => "area-insecure",
        chain::Status::Indeterminate => "area-indeterminate",
        chain::Status::Bogus => "area-bogus",
    }
}
