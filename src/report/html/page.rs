//! The frame of a page: one file that needs no other, and asks the network for nothing.
//!
//! The content security policy allows the one style sheet and the one script that are in the page, by
//! their hashes: text from outside that should get past the escaping could still not run.

use std::io::{self, Write};

use data_encoding::BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::crypto::digest::sha256;
use crate::report::entry::{Schema, VERSION};

use super::figure::At;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// A part of a report under a heading of its own.
#[derive(Debug)]
pub(super) struct Section {
    /// Its anchor.
    pub(super) id: &'static str,
    /// Its heading.
    pub(super) title: &'static str,
    /// A sentence below the heading, if one helps.
    pub(super) lead: Option<Markup>,
    pub(super) content: Markup,
}

/// A figure that is seen at once.
#[derive(Debug)]
pub(super) struct Tile {
    pub(super) label: &'static str,
    pub(super) figure: Markup,
    /// What stands below it.
    pub(super) note: Option<Markup>,
}

/// All of a report.
pub(super) struct Page {
    pub(super) schema: Schema,
    /// What the browser shows as the title.
    pub(super) title: String,
    /// What kind of report of what it is.
    pub(super) kind: Markup,
    /// A mark of the status, if the report has one.
    pub(super) mark: Option<Markup>,
    /// The answer.
    pub(super) headline: Markup,
    /// What to know before anything else.
    pub(super) notes: Option<Markup>,
    pub(super) tiles: Vec<Tile>,
    pub(super) sections: Vec<Section>,
}

impl Page {
    pub(super) fn write(self, out: &mut dyn Write) -> io::Result<()> {
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; \
             base-uri 'none'; form-action 'none'",
            BASE64.encode(&sha256(STYLE.as_bytes())),
            BASE64.encode(&sha256(SCRIPT.as_bytes())),
        );
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(policy);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="generator" content=(format!("sigmill {VERSION}"));
                    title { (self.title) }
                    link rel="icon" href="data:,";
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    a.skip href="#report" { "Skip to the report" }
                    (patterns())
                    header.top {
                        p.kind { (self.kind) }
                        button #theme type="button" hidden { "Theme: automatic" }
                    }
                    div.frame {
                        (contents(&self.sections))
                        main #report { (self.body()) }
                    }
                    (foot(self.schema))
                    script { (PreEscaped(SCRIPT)) }
                }
            }
        };
        writeln!(out, "{}", page.0)
    }

    fn body(&self) -> Markup {
        html! {
            div.verdict {
                @if let Some(mark) = &self.mark { (mark) }
                h1 { (self.headline) }
            }
            @if let Some(notes) = &self.notes { (notes) }
            @if !self.tiles.is_empty() {
                dl.tiles { @for tile in &self.tiles {
                    div {
                        dt { (tile.label) }
                        dd.figure { (tile.figure) }
                        @if let Some(note) = &tile.note { dd.note { (note) } }
                    }
                } }
            }
            @for Section { id, title, lead, content } in &self.sections {
                section id=(id) aria-labelledby={ (id) "-title" } {
                    h2 id={ (id) "-title" } { (title) }
                    @if let Some(lead) = lead { p.lead { (lead) } }
                    (content)
                }
            }
        }
    }
}

fn contents(sections: &[Section]) -> Markup {
    html! {
        nav aria-label="Sections" {
            ul { @for section in sections {
                li { a href={ "#" (section.id) } { (section.title) } }
            } }
        }
    }
}

fn foot(schema: Schema) -> Markup {
    let at = At::root();
    html! {
        footer { p {
            "Made by sigmill " (at.text("sigmill", VERSION)) ". Programs find the same figures with "
            code { "--format json" } " (" (at.member("schema").text("name", schema.name)) ", version "
            (at.member("schema").number("version", schema.version))
            "): each figure here has its JSON pointer in " code { "data-path" } "."
        } }
    }
}

/// Hatchings for what must not be told by colour alone, once for all plots of a page.
fn patterns() -> Markup {
    html! {
        svg.defs width="0" height="0" aria-hidden="true" focusable="false" {
            title { "Hatchings" }
            desc { "Patterns that the plots below use." }
            defs {
                pattern #hatch-bogus width="6" height="6" patternUnits="userSpaceOnUse"
                    patternTransform="rotate(45)" {
                    rect.ground-bogus width="6" height="6" {}
                    rect.stroke width="2" height="6" {}
                }
                pattern #hatch-insecure width="6" height="6" patternUnits="userSpaceOnUse" {
                    rect.ground-insecure width="6" height="6" {}
                    rect.stroke width="6" height="1.5" {}
                }
                pattern #hatch-indeterminate width="6" height="6" patternUnits="userSpaceOnUse" {
                    rect.ground-indeterminate width="6" height="6" {}
                    circle.stroke cx="3" cy="3" r="1.3" {}
                }
            }
        }
    }
}
