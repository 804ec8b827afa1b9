//! Bars from left to right, each with its name above it and its figures at the other end.

use maud::{Markup, html};

use crate::report::html::figure::Figure;

use super::{Name, drawing, framed, percent};

/// A part of a bar.
#[derive(Clone, Debug)]
pub(in crate::report::html) struct Piece {
    /// The style sheet's name of what it means.
    pub(in crate::report::html) class: &'static str,
    /// Which part of the plot's width it takes, from 0 to 1.
    pub(in crate::report::html) part: f64,
    /// What a pointer that rests on it is told.
    pub(in crate::report::html) hint: String,
}

/// A bar.
#[derive(Clone, Debug)]
pub(in crate::report::html) struct Bar {
    pub(in crate::report::html) label: String,
    /// What stands at the right: the figure, and words behind it.
    pub(in crate::report::html) figure: Option<Figure>,
    pub(in crate::report::html) unit: String,
    pub(in crate::report::html) pieces: Vec<Piece>,
    /// Where the true value lies, as parts of the width.
    pub(in crate::report::html) interval: Option<(f64, f64)>,
}

/// Pixels that a bar and its label take.
const ROW: f64 = 38.0;
/// Pixels from a row's top to the line that letters stand on, and to the bar.
const LETTERS: f64 = 14.0;
const BAR_TOP: f64 = 20.0;
const BAR_HEIGHT: f64 = 10.0;
/// What is not nothing shows: so much of the width.
const LEAST: f64 = 0.003;

/// Bars under a title.
pub(in crate::report::html) fn bars(name: &Name, bars: &[Bar], legend: &Markup) -> Markup {
    #[allow(clippy::cast_precision_loss)] // pixels
    let height = bars.len() as f64 * ROW - (ROW - BAR_TOP - BAR_HEIGHT) + 2.0;
    let content = html! {
        @for (at, bar) in bars.iter().enumerate() { (row(bar, at)) }
    };
    framed(name, &drawing(name, height, &content), legend)
}

#[allow(clippy::cast_precision_loss)] // pixels
fn row(bar: &Bar, at: usize) -> Markup {
    let top = at as f64 * ROW;
    let middle = top + BAR_TOP + BAR_HEIGHT / 2.0;
    html! {
        text x="0" y=(top + LETTERS) { (bar.label) }
        text.end x="100%" y=(top + LETTERS) {
            @if let Some(figure) = &bar.figure { (figure.in_plot()) " " }
            tspan.faint { (bar.unit) }
        }
        rect.track x="0" y=(top + BAR_TOP) width="100%" height=(BAR_HEIGHT) rx="2" {}
        (pieces(&bar.pieces, top + BAR_TOP))
        @if let Some((low, high)) = bar.interval {
            line.interval x1=(percent(low)) x2=(percent(high)) y1=(middle) y2=(middle) {}
        }
    }
}

fn pieces(pieces: &[Piece], top: f64) -> Markup {
    let mut from = 0.0;
    html! {
        @for piece in pieces {
            @if piece.part > 0.0 {
                @let start = from;
                @let width = piece.part.max(LEAST);
                @let _moved = { from += width; };
                rect class=(piece.class) x=(percent(start)) y=(top) width=(percent(width.min(1.0 - start)))
                    height=(BAR_HEIGHT) { title { (piece.hint) } }
            }
        }
    }
}
