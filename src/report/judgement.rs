//! One word and one sentence on a whole zone.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::audit::findings::Severity;
use crate::audit::zone::Summary;
use crate::audit::zone::summary::{TimeFacts, TrustKind};

use super::words::{count, grouped, utc};

/// What a zone is, as a whole, in the words of RFC 4033 §5.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Every RRset that must be signed has a signature that holds, at each time asked for. An
    /// island is judged as if its keys were trusted.
    Secure,
    /// Not signed, or only by what validators ignore.
    Insecure,
    /// A validator would reject some of it, at one of the times at least.
    Bogus,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Secure => "secure",
            Self::Insecure => "insecure",
            Self::Bogus => "bogus",
        })
    }
}

/// The judgement on a whole zone. Its [`Display`](fmt::Display) form is one sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Judgement {
    /// The word.
    pub status: Status,
    /// What comes before the word: `example. is`.
    pub subject: String,
    /// What comes behind it: ` as an island: all 12 signatures hold`.
    pub reason: String,
}

impl Judgement {
    /// Judges by a summary alone.
    #[must_use]
    pub fn of(summary: &Summary) -> Self {
        let status = status(summary);
        let reason = match (status, summary.trust.kind) {
            (_, TrustKind::Unsigned) => ": it is not signed".to_owned(),
            (Status::Insecure, _) => insecure_reason(summary),
            (Status::Bogus, _) => bogus_reason(summary),
            (Status::Secure, _) => secure_reason(summary),
        };
        let violations = violations(summary);
        let tail = if violations == 0 {
            String::new()
        } else {
            format!("; {}", count(violations, "violation"))
        };
        Self {
            status,
            subject: format!("{} is", summary.input.apex),
            reason: format!("{reason}{tail}"),
        }
    }
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.subject, self.status, self.reason)
    }
}

/// As `status` and the whole `sentence`.
impl Serialize for Judgement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let mut object = serializer.serialize_struct("Judgement", 2)?;
        object.serialize_field("status", &self.status)?;
        object.serialize_field("sentence", &self.to_string())?;
        object.end()
    }
}

fn status(summary: &Summary) -> Status {
    let bogus = summary.times.iter().any(|time| time.rrsets.bogus > 0)
        || summary.findings_at_least(Severity::Bogus) > 0
        || summary.trust.kind == TrustKind::NotAnchored;
    if bogus {
        return Status::Bogus;
    }
    match summary.trust.kind {
        TrustKind::Unsigned | TrustKind::Unsupported => Status::Insecure,
        _ if summary.times.iter().all(|time| time.rrsets.secure == 0) => Status::Insecure,
        _ => Status::Secure,
    }
}

fn violations(summary: &Summary) -> u64 {
    let rows = summary.findings.iter().filter(|row| row.severity == Severity::Violation);
    rows.map(|row| row.count).sum()
}

fn insecure_reason(summary: &Summary) -> String {
    match summary.input.signatures {
        0 => ": it has no signatures".to_owned(),
        n => format!(": validators ignore the algorithms of its {}", count(n, "signature")),
    }
}

fn secure_reason(summary: &Summary) -> String {
    let island = if summary.trust.kind == TrustKind::Island { " as an island" } else { "" };
    let when = match summary.times.as_slice() {
        [TimeFacts { at: None, .. }] => ", times aside".to_owned(),
        [] | [_] => String::new(),
        [_, _] => " at both times".to_owned(),
        several => format!(" at all {} times", several.len()),
    };
    let total = summary.input.signatures;
    // The time with the fewest speaks for all.
    let holding = summary.times.iter().map(|time| time.signatures_valid).min().unwrap_or(0);
    let signatures = match (total, total.saturating_sub(holding)) {
        (1, 0) => "its one signature holds".to_owned(),
        (_, 0) => format!("all {} signatures hold", grouped(total)),
        (_, failed) => format!(
            "{} of {} {} not hold, but every RRset has one that does",
            grouped(failed),
            count(total, "signature"),
            if failed == 1 { "does" } else { "do" },
        ),
    };
    format!("{island}{when}: {signatures}")
}

fn bogus_reason(summary: &Summary) -> String {
    let mut clauses = Vec::new();
    if summary.trust.kind == TrustKind::NotAnchored {
        clauses.push("no trust anchor leads to its keys".to_owned());
    }
    // The worst time speaks, the first of equals.
    let worst = summary.times.iter().rev().max_by_key(|time| time.rrsets.bogus);
    let total = summary.input.signatures;
    if let Some(worst) = worst {
        match total.saturating_sub(worst.signatures_valid) {
            0 => {}
            failed if failed == total && total > 1 => {
                clauses.push(format!("none of {} signatures holds", grouped(total)));
            }
            failed => clauses.push(format!(
                "{} of {} {} not hold",
                grouped(failed),
                count(total, "signature"),
                if failed == 1 { "does" } else { "do" },
            )),
        }
        if worst.rrsets.bogus > 0 {
            clauses.push(format!("{} bogus", count(worst.rrsets.bogus, "RRset")));
        }
    }
    if clauses.is_empty() {
        // Every signature holds, so it is the zone itself: `soa-missing`.
        let bogus = summary.findings.iter().filter(|row| row.severity == Severity::Bogus);
        clauses.extend(bogus.map(|row| row.code.to_string()));
    }
    format!("{}: {}", bogus_when(summary, worst), clauses.join("; "))
}

/// With several times: at how many, and which one the numbers are of.
fn bogus_when(summary: &Summary, worst: Option<&TimeFacts>) -> String {
    let times = summary.times.len();
    let bogus = summary.times.iter().filter(|time| time.rrsets.bogus > 0).count();
    let Some(worst) = worst.filter(|_| times > 1 && bogus > 0) else { return String::new() };
    let which = worst.at.map_or_else(|| "times aside".to_owned(), utc);
    match bogus {
        2 if times == 2 => format!(" at both times, worst at {which}"),
        _ if bogus == times => format!(" at all {times} times, worst at {which}"),
        1 => format!(" at 1 of {times} times ({which})"),
        _ => format!(" at {bogus} of {times} times, worst at {which}"),
    }
}
