//! What came in, and what was left of it.

use maud::{Markup, html};

use crate::audit::chain::Summary;
use crate::report::html::figure::At;
use crate::report::html::page::Section;
use crate::report::html::table::{Column, Table};
use crate::report::words::printable;

/// Files that are named at most; the JSON report names all.
const FILES: usize = 50;

/// What stands above everything else: that something was not judged because of a limit.
pub(super) fn notes(at: &At, summary: &Summary) -> Option<Markup> {
    let input = at.member("input");
    (summary.input.not_kept > 0).then(|| {
        html! {
            div.notice { p {
                strong { (input.count("not_kept", summary.input.not_kept)) }
                " responses, transfers or pieces of text were not kept and not judged: the limit "
                code { "--max-held" } " was reached."
            } }
        }
    })
}

/// Everything that was counted while reading.
pub(super) fn input(at: &At, summary: &Summary) -> Section {
    let facts = &summary.input;
    let at = at.member("input");
    let over = at.member("over");
    let content = html! {
        dl.facts {
            dt { "Files" }
            dd {
                @for (index, file) in facts.files.iter().take(FILES).enumerate() {
                    @if index > 0 { br; }
                    span.place {
                        @match file.as_str() {
                            "-" => (at.member("files").words(&index.to_string(), "-", "standard input")),
                            name => (at.member("files").text(&index.to_string(), name)),
                        }
                    }
                }
                @if facts.files.len() > FILES { br; "and " (facts.files.len() - FILES) " more" }
            }
            @if let Some(seen) = facts.seen {
                dt { "Seen" }
                dd {
                    (at.member("seen").time("first", seen.first)) " to "
                    (at.member("seen").time("last", seen.last))
                }
            }
            dt { "Packets" }
            dd { (at.count("packets", facts.packets)) ", " (at.octets("octets", facts.octets)) }
            dt { "Messages" }
            dd {
                (at.count("messages", facts.messages)) ": " (over.count("udp", facts.over.udp)) " UDP, "
                (over.count("tcp", facts.over.tcp)) " TCP, " (over.count("dnstap", facts.over.dnstap))
                " dnstap"
            }
            dt { "Of these" }
            dd {
                (at.count("queries", facts.queries)) " queries, " (at.count("responses", facts.responses))
                " responses, " (at.count("others", facts.others))
                " others (notifications, updates, incremental transfers)"
            }
            @if let Some(exchanges) = facts.exchanges {
                @let at = at.member("exchanges");
                dt { "Exchanges" }
                dd {
                    (at.count("answered", exchanges.answered)) " queries answered, "
                    (at.count("unanswered", exchanges.unanswered)) " unanswered, "
                    (at.count("repeated", exchanges.repeated)) " sent again, "
                    (at.count("given_up", exchanges.given_up)) " not followed (limits); "
                    (at.count("unasked", exchanges.unasked)) " responses without a query"
                }
            }
            dt { "Records of text" } dd { (at.count("records", facts.records)) }
            dt { "RRSIG records" }
            dd {
                (at.count("signatures", facts.signatures)) ", of which "
                (at.count("orphan_signatures", facts.orphan_signatures))
                " over nothing that came with them"
            }
            dt { "Left out" }
            dd {
                (at.count("not_kept", facts.not_kept)) " not kept (limits), "
                (at.count("icmp_quotes", facts.icmp_quotes)) " quoted in ICMP errors, "
                (at.octets("tcp_octets_lost", facts.tcp_octets_lost)) " of TCP lost, "
                (at.count("misfit_records", facts.misfit_records)) " records that do not fit their type, "
                (at.count("checksums_unfinished", facts.checksums_unfinished))
                " checksums left to the network card"
            }
        }
        (faults(&at, summary))
    };
    Section { id: "input", title: "What was read", lead: None, content }
}

fn faults(at: &At, summary: &Summary) -> Markup {
    let facts = &summary.input;
    if facts.faults.is_empty() {
        return html! {};
    }
    let mut table =
        Table::new("What could not be read", &[Column::Numbers("times"), Column::Words("cause")]);
    for (cause, number) in &facts.faults {
        let figure = at.member("faults").count(cause, *number);
        table.row(vec![figure.into(), printable(cause).into_owned().into()]);
    }
    html! {
        (table.render())
        @if !facts.fault_places.is_empty() {
            details.plain {
                summary { "The first places" }
                ul { @for (index, place) in facts.fault_places.iter().enumerate() {
                    li.place { (at.member("fault_places").text(&index.to_string(), place)) }
                } }
            }
        }
    }
}
