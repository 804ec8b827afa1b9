//! A chain of trust as an indented tree.

use std::io::{self, Write};

use crate::audit::chain::explain::{Explanation, FaultFacts, KeyFacts, SignatureFacts, ZoneLink};
use crate::audit::chain::{Judgement, Status};
use crate::audit::findings::KeyRef;
use crate::report::palette::{Painted, Palette};

/// Writes one explanation: what was asked first, then the chain from the anchor down to it.
pub(super) fn write_tree(
    explanation: &Explanation,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Explanation { owner, rtype, judgement, records, wildcard, .. } = explanation;
    let title = format!("{owner} {rtype}");
    writeln!(out, "{} is {}", Painted(palette.strong, title), status(judgement, palette))?;
    for (depth, link) in explanation.chain.iter().enumerate() {
        write_zone(link, depth, palette, out)?;
    }
    let depth = explanation.chain.len();
    let plural = if *records == 1 { "" } else { "s" };
    let source = match wildcard {
        Some(wildcard) => format!(" made from {wildcard}"),
        None => String::new(),
    };
    let line = format!("{owner} {rtype}, {records} record{plural}{source}");
    writeln!(out, "{}{line}: {}", branch(depth), status(judgement, palette))?;
    for signature in &explanation.signatures {
        writeln!(out, "{}{}", indent(depth), signature_line(signature, palette))?;
    }
    if explanation.signatures.is_empty() {
        writeln!(out, "{}{}", indent(depth), Painted(palette.faint, "no RRSIG"))?;
    }
    Ok(())
}

fn write_zone(
    link: &ZoneLink,
    depth: usize,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    let zone = Painted(palette.strong, &link.zone);
    writeln!(out, "{}{zone} {}", branch(depth), status(&link.judgement, palette))?;
    let indent = indent(depth);
    for anchor in &link.anchors {
        writeln!(out, "{indent}trust anchor {} ({})", key(anchor.key), anchor.origin)?;
    }
    for ds in &link.ds {
        for record in &ds.records {
            writeln!(out, "{indent}DS {} {}", key(record.key), record.digest)?;
        }
        writeln!(out, "{indent}{}", signature_line(&ds.signature, palette))?;
    }
    for dnskey in &link.dnskeys {
        for facts in &dnskey.keys {
            writeln!(out, "{indent}{}", key_line(facts))?;
        }
        writeln!(out, "{indent}{}", signature_line(&dnskey.signature, palette))?;
    }
    Ok(())
}

fn branch(depth: usize) -> String {
    match depth {
        0 => String::new(),
        _ => format!("{}└─ ", "   ".repeat(depth - 1)),
    }
}

fn indent(depth: usize) -> String {
    format!("{}   ", "   ".repeat(depth))
}

/// A key as `tag/algorithm`.
pub(super) fn key(key: KeyRef) -> String {
    format!("{}/{}", key.tag, key.algorithm)
}

fn key_line(facts: &KeyFacts) -> String {
    let entry = if facts.entry { ", trusted from above" } else { "" };
    let revoked = if facts.revoked { ", revoked" } else { "" };
    format!("DNSKEY {} {} {}{entry}{revoked}", key(facts.key), facts.flags, facts.role)
}

fn signature_line(facts: &SignatureFacts, palette: &Palette) -> String {
    let SignatureFacts { signer, key: named, inception, expiration, fault } = facts;
    let verdict = match fault {
        None => Painted(palette.good, "holds".to_owned()).to_string(),
        Some(FaultFacts { code, detail }) => {
            let detail = detail.as_ref().map_or_else(String::new, |detail| format!(": {detail}"));
            Painted(palette.bogus, format!("{code}{detail}")).to_string()
        }
    };
    format!("RRSIG by {signer} {}, {inception} to {expiration}: {verdict}", key(*named))
}

/// The status and its reason.
fn status(judgement: &Judgement, palette: &Palette) -> String {
    let style = match judgement.status {
        Status::Secure => palette.good,
        Status::Insecure => palette.violation,
        Status::Indeterminate => palette.advice,
        Status::Bogus => palette.bogus,
    };
    let status = Painted(style, judgement.status);
    match &judgement.reason {
        None => status.to_string(),
        Some(reason) => format!("{status}: {reason}"),
    }
}
