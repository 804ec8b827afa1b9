//! Where and on what it was measured, and what could not be.

use maud::{Markup, html};

use crate::bench::{Comparison, Work};
use crate::report::html::figure::At;
use crate::report::html::latency::{DISTRIBUTION, distribution};
use crate::report::html::page::Section;
use crate::report::html::table::{Cell, Column, Table};
use crate::report::terms;
use crate::report::words::printable;

use super::section;

/// What was done, in a few words.
pub(super) fn work(at: &At, work: &Work) -> Markup {
    html! {
        (at.text("stage", work.stage.name()))
        @if let Some(kind) = work.kind { " " (at.text("kind", &kind.to_string())) }
        @if let Some(keys) = work.keys { ", " (at.text("keys", keys.name())) " keys" }
        @if let Some(signatures) = work.signatures_per_key {
            " for " (at.count("signatures_per_key", signatures as u64))
        }
        @if let Some(batch) = work.batch { ", batches of " (at.count("batch", batch as u64)) }
    }
}

/// The machine, the program, and how it was measured.
pub(super) fn machine(comparison: &Comparison) -> Section {
    let at = At::root().member("machine");
    let machine = &comparison.machine;
    let list = |name: &str, words: &[&str]| {
        let at = at.member(name);
        html! {
            @if words.is_empty() { "none" }
            @for (index, word) in words.iter().enumerate() {
                @if index > 0 { " " }
                (at.text(&index.to_string(), word))
            }
        }
    };
    let threads = At::root().member("settings").member("threads");
    let content = html! {
        dl.facts {
            @if let Some(name) = &machine.processor {
                dt { "Processor" }
                dd {
                    (at.text("processor", name))
                    @if let Some(model) = &machine.model { br; (at.text("model", model)) }
                }
            }
            dt { "Processors" }
            dd {
                (at.number("processors", machine.processors))
                @if let Some(smt) = machine.smt {
                    ", " (at.flag("smt", smt, "several threads on a core (SMT)", "one thread on a core"))
                }
                @if let Some(is_virtual) = machine.is_virtual {
                    ", " (at.flag("is_virtual", is_virtual, "a virtual machine", "no virtual machine"))
                }
            }
            dt { "Instructions" } dd { (list("features", &machine.features)) }
            dt { "Kernels of lanes" } dd { (list("lanes_kernels", &machine.lanes_kernels)) }
            @if let Some(kernel) = &machine.kernel { dt { "System" } dd { (at.text("kernel", kernel)) } }
            @if let Some(governor) = &machine.governor {
                dt { "Governor" } dd { (at.text("governor", governor)) }
            }
            @if let Some(boost) = machine.boost {
                dt { "Boost" } dd { (at.flag("boost", boost, "the clock may exceed its rate", "off")) }
            }
            @if let Some(load) = machine.load {
                dt { "Load before" } dd { (at.measure("load", load)) }
            }
            dt { "Clock" } dd { (at.nanoseconds("clock_nanoseconds", machine.clock_nanoseconds)) " a reading" }
            dt { "Built for" }
            dd {
                (at.text("target", &machine.target)) ", "
                (at.flag("optimized", machine.optimized, "optimized", "not optimized"))
            }
            dt { "Began" } dd { (At::root().time("started", comparison.started)) }
            dt { "Threads" }
            dd { @for (index, number) in comparison.settings.threads.iter().enumerate() {
                @if index > 0 { ", " }
                (threads.number(&index.to_string(), number))
            } }
        }
        details.plain {
            summary { "Versions of libraries" }
            dl.facts { @for (name, version) in &machine.versions {
                dt { (printable(name)) } dd { (at.member("versions").text(name, version)) }
            } }
        }
    };
    section("machine", "Machine", content)
}

/// What was verified, of the work of an input.
pub(super) fn input(comparison: &Comparison) -> Option<Section> {
    let input = comparison.input.as_ref()?;
    let at = At::root().member("input");
    let mut kinds = Table::new(
        "Signatures by kind of key",
        &[
            Column::Words("algorithm"),
            Column::Numbers("bits"),
            Column::Words("exponent"),
            Column::Numbers("keys"),
            Column::Numbers("signatures"),
        ],
    );
    for (index, kind) in input.kinds.iter().enumerate() {
        let at = at.member("kinds").item(index);
        let algorithm = at.words("algorithm", kind.algorithm.0, &terms::algorithm(kind.algorithm));
        let exponent = kind.exponent.as_ref();
        kinds.row(vec![
            Cell::from(algorithm).sorted_by(kind.algorithm.0),
            at.number("bits", kind.bits).into(),
            exponent.map(|text| at.words("exponent", text, &terms::exponent(text))).into(),
            at.count("keys", kind.keys).into(),
            at.count("signatures", kind.signatures).into(),
        ]);
    }
    let mut octets = Table::new(
        "Octets of signed data, a signature",
        &[&[Column::Words("")][..], &DISTRIBUTION].concat(),
    );
    let cells = distribution(&at.member("signed_octets"), &input.signed_octets, false);
    octets.row([vec!["signed data".into()], cells].concat());
    let content = html! {
        dl.facts {
            dt { "Files" }
            dd { @for (index, file) in input.files.iter().enumerate() {
                @if index > 0 { br; }
                span.place { @match file.as_str() {
                    "-" => (at.member("files").words(&index.to_string(), "-", "standard input")),
                    name => (at.member("files").text(&index.to_string(), name)),
                } }
            } }
            dt { "Form" }
            dd {
                (at.text("form", input.form))
                @if let Some(apex) = &input.apex { " " (at.text("apex", apex)) }
                ", " (at.count("zones", input.zones)) @if input.zones == 1 { " zone" } @else { " zones" }
                " with keys or signatures"
            }
            dt { "Signatures" }
            dd {
                (at.count("signatures", input.signatures)) ", of which " (at.count("failing", input.failing))
                " do not hold and " (at.count("left_out", input.left_out)) " did not fit " code { "--max-held" }
            }
        }
        (kinds.render())
        (octets.render())
    };
    Some(section("input", "What was verified", content))
}

/// What a backend cannot do.
pub(super) fn refusals(comparison: &Comparison) -> Option<Section> {
    if comparison.refusals.is_empty() {
        return None;
    }
    let mut table = Table::new(
        "Works that a backend cannot do",
        &[Column::Words("backend"), Column::Words("work"), Column::Words("why")],
    );
    for (index, refused) in comparison.refusals.iter().enumerate() {
        let at = At::root().member("refusals").item(index);
        table.row(vec![
            at.text("contender", refused.contender).into(),
            work(&at.member("work"), &refused.work).into(),
            at.text("reason", &refused.reason).into(),
        ]);
    }
    Some(section("refusals", "What cannot be done", table.render()))
}
