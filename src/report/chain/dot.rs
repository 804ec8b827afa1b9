//! The chains that were asked for as a graph for Graphviz: zones as boxes with their keys, RRsets as
//! ellipses, coloured by status.

use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::audit::chain::explain::{AnchorLink, ZoneLink};
use crate::audit::chain::{Event, Status, Summary};

use super::ChainReporter;
use super::tree::key;

#[derive(Debug)]
pub(super) struct ChainDot;

impl ChainReporter for ChainDot {
    fn event(&mut self, _: &Event, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "digraph chain {{")?;
        writeln!(out, "  node [fontname=\"Helvetica\", style=filled, fillcolor=white];")?;
        writeln!(out, "  edge [fontname=\"Helvetica\", fontsize=10];")?;
        // Chains share their upper parts: each line is written once.
        let mut lines = BTreeSet::new();
        for explanation in &summary.explanations {
            let mut above: Option<&ZoneLink> = None;
            for link in &explanation.chain {
                lines.insert(zone_node(link));
                lines.insert(zone_edge(above, link));
                above = Some(link);
            }
            let leaf = format!("{} {}", explanation.owner, explanation.rtype);
            let status = explanation.judgement.status;
            lines.insert(format!(
                "  {} [label={}, color=\"{}\", penwidth=2];",
                quoted(&leaf),
                quoted(&format!("{leaf}\n{status}")),
                colour(status)
            ));
            if let Some(zone) = above {
                let signatures: Vec<String> = explanation
                    .signatures
                    .iter()
                    .map(|facts| match &facts.fault {
                        None => format!("RRSIG {}", key(facts.key)),
                        Some(fault) => format!("RRSIG {} {}", key(facts.key), fault.code),
                    })
                    .collect();
                lines.insert(format!(
                    "  {} -> {} [label={}, color=\"{}\"];",
                    quoted(&format!("zone {}", zone.zone)),
                    quoted(&leaf),
                    quoted(&signatures.join("\n")),
                    colour(status)
                ));
            }
        }
        for line in lines.iter().filter(|line| !line.is_empty()) {
            writeln!(out, "{line}")?;
        }
        writeln!(out, "}}")
    }
}

fn zone_node(link: &ZoneLink) -> String {
    let mut label = format!("{} {}", link.zone, link.judgement.status);
    if let Some(reason) = &link.judgement.reason {
        label.push_str(&format!("\n{}", reason.code));
    }
    for facts in link.dnskeys.iter().flat_map(|dnskey| &dnskey.keys) {
        let line = format!("\nDNSKEY {} {}", key(facts.key), facts.role);
        // So do two DNSKEY RRsets.
        if !label.contains(&line) {
            label.push_str(&line);
        }
    }
    format!(
        "  {} [shape=box, label={}, color=\"{}\", penwidth=2];",
        quoted(&format!("zone {}", link.zone)),
        quoted(&label),
        colour(link.judgement.status)
    )
}

fn zone_edge(above: Option<&ZoneLink>, link: &ZoneLink) -> String {
    let to = quoted(&format!("zone {}", link.zone));
    let style = colour(link.judgement.status);
    if !link.anchors.is_empty() {
        let edge = |anchor: &AnchorLink| {
            let from = quoted(&format!("anchor {}", key(anchor.key)));
            let origin = quoted(&format!("trust anchor\n{}\n{}", key(anchor.key), anchor.origin));
            format!("  {from} [shape=note, label={origin}];\n  {from} -> {to} [color=\"{style}\"];")
        };
        return link.anchors.iter().map(edge).collect::<Vec<_>>().join("\n");
    }
    let Some(above) = above else { return String::new() };
    let mut label: Vec<String> = Vec::new();
    for record in link.ds.iter().flat_map(|ds| &ds.records) {
        let line = format!("DS {} {}", key(record.key), record.digest);
        // Two DS RRsets of a rollover share records.
        if !label.contains(&line) {
            label.push(line);
        }
    }
    let from = quoted(&format!("zone {}", above.zone));
    format!("  {from} -> {to} [label={}, color=\"{style}\"];", quoted(&label.join("\n")))
}

fn colour(status: Status) -> &'static str {
    match status {
        Status::Secure => "#2e7d32",
        Status::Insecure => "#b26a00",
        Status::Indeterminate => "#546e7a",
        Status::Bogus => "#c62828",
    }
}

/// A string of the DOT language: names may hold backslashes and quotes.
fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{text}\"")
}
