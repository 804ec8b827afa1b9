//! Bars from left to right, each with its name above it and its figures at the other end.

use maud::{Markup, html};

use crate::report::html::figure::Figure;

use super::{Name, drawing, framed, percent, shortened};

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

/// Where names and figures stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::report::html) enum Layout {
    /// Above their bars: for long names.
    Above,
    /// Beside their bars: for names of a word or two, and figures of a few digits.
    Beside,
}

/// The measures of a layout: pixels downwards, parts of the width across.
struct Measures {
    /// From one row to the next.
    row: f64,
    /// From a row's top to the line that letters stand on.
    letters: f64,
    /// From a row's top to the bar.
    bar: f64,
    /// Where bars begin and how wide the widest is.
    from: f64,
    width: f64,
}

impl Layout {
    fn measures(self) -> Measures {
        match self {
            Self::Above => Measures { row: 38.0, letters: 14.0, bar: 21.0, from: 0.0, width: 1.0 },
            Self::Beside => {
                Measures { row: 25.0, letters: 13.0, bar: 4.0, from: 0.27, width: 0.53 }
            }
        }
    }
}

/// Pixels of a bar.
const HEIGHT: f64 = 10.0;
/// What is not nothing shows: so much of the width.
const LEAST: f64 = 0.003;

/// Bars under a title.
pub(in crate::report::html) fn bars(
    name: &Name,
    layout: Layout,
    bars: &[Bar],
    legend: &Markup,
) -> Markup {
    let measures = layout.measures();
    #[allow(clippy::cast_precision_loss)] // pixels
    let height = bars.len() as f64 * measures.row - (measures.row - measures.bar - HEIGHT) + 4.0;
    let content = html! {
        @for (at, bar) in bars.iter().enumerate() { (row(bar, at, &measures)) }
    };
    framed(name, &drawing(name, height, &content), legend)
}

fn row(bar: &Bar, at: usize, measures: &Measures) -> Markup {
    let Measures { row, letters, bar: bar_top, from, width } = *measures;
    #[allow(clippy::cast_precision_loss)] // pixels
    let top = at as f64 * row;
    let middle = top + bar_top + HEIGHT / 2.0;
    let place = |part: f64| percent(from + width * part.clamp(0.0, 1.0));
    html! {
        text x="0" y=(top + letters) { (shortened(&bar.label)) }
        text.end x="100%" y=(top + letters) {
            @if let Some(figure) = &bar.figure { (figure.in_plot()) " " }
            tspan.faint { (bar.unit) }
        }
        rect.track x=(percent(from)) y=(top + bar_top) width=(percent(width)) height=(HEIGHT) rx="2" {}
        (pieces(&bar.pieces, top + bar_top, measures))
        @if let Some((low, high)) = bar.interval {
            line.interval x1=(place(low)) x2=(place(high)) y1=(middle) y2=(middle) {}
        }
    }
}

fn pieces(pieces: &[Piece], top: f64, measures: &Measures) -> Markup {
    let mut at = 0.0;
    html! {
        @for piece in pieces {
            @if piece.part > 0.0 {
                @let start = at;
                @let part = piece.part.max(LEAST).min(1.0 - start);
                @let () = at += part;
                rect class=(piece.class) x=(percent(measures.from + measures.width * start)) y=(top)
                    width=(percent(measures.width * part)) height=(HEIGHT) { title { (piece.hint) } }
            }
        }
    }
}
