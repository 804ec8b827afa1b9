//! How long signatures last.

use maud::{Markup, html};

use crate::audit::zone::Summary;
use crate::report::html::expiry::expiry;
use crate::report::html::figure::At;
use crate::report::html::page::Section;
use crate::report::html::plot::bars::{Bar, Layout, Piece, bars};
use crate::report::html::plot::{Name, part};
use crate::report::terms;
use crate::report::words::count;

use super::root;

/// The first and the last expiration, and a histogram between them.
pub(super) fn lifetime(summary: &Summary) -> Option<Section> {
    let lifetime = &summary.lifetime;
    let earliest = lifetime.earliest.as_ref()?;
    let at = root().member("lifetime");
    let from = summary.times.iter().find_map(|time| time.at);
    let content = html! {
        dl.facts {
            dt { "Earliest" } dd { (expiry(&at.member("earliest"), earliest, from)) }
            @if let Some(latest) = &lifetime.latest {
                dt { "Latest" } dd { (expiry(&at.member("latest"), latest, from)) }
            }
        }
        (histogram(summary, &at.member("remaining")))
    };
    Some(Section { id: "lifetime", title: "How long signatures last", lead: None, content })
}

fn histogram(summary: &Summary, at: &At) -> Markup {
    let buckets = &summary.lifetime.remaining;
    let most = buckets.iter().map(|bucket| bucket.signatures).max().unwrap_or(0);
    if most == 0 {
        return html! {};
    }
    let rows: Vec<Bar> = buckets
        .iter()
        .enumerate()
        .map(|(index, bucket)| {
            let label = terms::lifetime(buckets, index);
            let is_expired = bucket.up_to_seconds == Some(0);
            Bar {
                figure: Some(at.item(index).count("signatures", bucket.signatures)),
                unit: String::new(),
                pieces: vec![Piece {
                    class: if is_expired { "area-bad" } else { "area" },
                    part: part(bucket.signatures, most),
                    hint: format!("{label}: {}", count(bucket.signatures, "signature")),
                }],
                label,
                interval: None,
            }
        })
        .collect();
    let name = Name {
        id: "plot-lifetime".into(),
        title: "Right signatures by the lifetime that is left".into(),
        description:
            "A bar for each span of remaining lifetime, from expired to more than a year; its \
                      length is the number of signatures, which stands at its right."
                .into(),
    };
    let legend = match summary.times.len() {
        0 | 1 => html! { "Counted from the time of judgement." },
        _ => html! { "Counted from the first time of judgement." },
    };
    bars(&name, Layout::Beside, &rows, &legend)
}
