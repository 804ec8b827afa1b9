//! What a link of the chain of trust rests on: anchors, DS, keys, signatures.

use maud::{Markup, html};

use crate::audit::chain::Judgement;
use crate::audit::chain::explain::{KeyFacts, SignatureFacts, ZoneLink};
use crate::audit::findings::KeyRef;
use crate::dns::Name;
use crate::report::html::figure::At;
use crate::report::html::marks;

/// A list of what vouches for a zone, and of its keys.
pub(super) fn evidence(at: &At, link: &ZoneLink) -> Markup {
    if link.anchors.is_empty() && link.ds.is_empty() && link.dnskeys.is_empty() {
        return html! {};
    }
    html! {
        ul.evidence {
            @for (index, anchor) in link.anchors.iter().enumerate() {
                @let at = at.member("anchors").item(index);
                li { "Trust anchor " (key(&at.member("key"), anchor.key)) " (" (at.text("origin", &anchor.origin)) ")" }
            }
            @for (index, ds) in link.ds.iter().enumerate() {
                @let at = at.member("ds").item(index);
                @for (index, record) in ds.records.iter().enumerate() {
                    @let at = at.member("records").item(index);
                    li { "DS " (key(&at, record.key)) " " (at.text("digest", &record.digest)) }
                }
                li { (signature(&at.member("signature"), &ds.signature)) }
            }
            @for (index, dnskey) in link.dnskeys.iter().enumerate() {
                @let at = at.member("dnskeys").item(index);
                @for (index, facts) in dnskey.keys.iter().enumerate() {
                    li { (key_line(&at.member("keys").item(index), facts)) }
                }
                li { (signature(&at.member("signature"), &dnskey.signature)) }
            }
        }
    }
}

/// A key as `tag/algorithm`.
pub(super) fn key(at: &At, key: KeyRef) -> Markup {
    html! { (at.number("tag", key.tag)) "/" (at.number("algorithm", key.algorithm.0)) }
}

fn key_line(at: &At, facts: &KeyFacts) -> Markup {
    html! {
        "DNSKEY " (key(at, facts.key)) ", flags " (at.number("flags", facts.flags)) ", "
        (at.text("role", facts.role))
        (at.flag("entry", facts.entry, ", trusted from above", ""))
        (at.flag("revoked", facts.revoked, ", revoked", ""))
    }
}

/// A signature, and whether it holds.
pub(super) fn signature(at: &At, facts: &SignatureFacts) -> Markup {
    html! {
        "RRSIG by " (at.text("signer", &facts.signer.to_string())) " " (key(at, facts.key)) ", "
        (at.text("inception", &facts.inception)) " to " (at.text("expiration", &facts.expiration)) ": "
        @match &facts.fault {
            None => span.good { "holds" },
            Some(fault) => {
                @let at = at.member("fault");
                span.bad {
                    (at.text("code", fault.code.entry().code))
                    @if let Some(detail) = &fault.detail { ": " (at.text("detail", detail)) }
                }
            }
        }
    }
}

/// A status with its reason. Of a reason at `own` the name is not repeated.
pub(super) fn judgement(at: &At, judgement: &Judgement, own: &Name) -> Markup {
    let reason = judgement.reason.as_ref();
    let why = at.member("reason");
    html! {
        (marks::of_data(judgement.status, &at.text("status", judgement.status.name())))
        @if let Some(reason) = reason {
            " " span.why {
                (why.text("code", reason.code.entry().code))
                @let owner = reason.owner.to_string();
                @let is_own = reason.owner == *own;
                @if is_own { (why.words("owner", &owner, "")) } @else { " " (why.text("owner", &owner)) }
                @if let Some(rtype) = reason.rtype { " " (why.text("type", &rtype.to_string())) }
                @if let Some(named) = reason.key { ", key " (key(&why.member("key"), named)) }
                @if let Some(detail) = &reason.detail { ": " (why.text("detail", detail)) }
            }
        }
    }
}
