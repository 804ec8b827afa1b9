//! When a signature expires, and which.

use maud::{Markup, html};

use crate::audit::zone::summary::Expiry;
use crate::report::words::span;

use super::figure::At;

/// Seen from a time, as in `in 12 d 4 h (2020-11-01T00:00:00Z): ./SOA by 26116/8`.
pub(super) fn expiry(at: &At, expiry: &Expiry, from: Option<i64>) -> Markup {
    let left = from.map(|from| expiry.at.saturating_sub(from));
    let time = at.time("at", expiry.at);
    html! {
        @match left {
            Some(left) if left < 0 => { strong.bad { (span(left)) " ago" } " (" (time) ")" }
            Some(left) => { strong { "in " (span(left)) } " (" (time) ")" }
            None => (time),
        }
        ": " span.name {
            (at.text("owner", &expiry.owner.to_string())) "/" (at.text("type", &expiry.rtype.to_string()))
        }
        " by " (at.number("tag", expiry.key.tag)) "/" (at.number("algorithm", expiry.key.algorithm.0))
    }
}
