//! Columns over time: how many of each kind in each span.

use maud::{Markup, html};

use crate::report::words::grouped;

use super::{Name, drawing, framed, part, percent, round_up};

/// One column: its parts from the bottom up, and what a pointer that rests on it is told.
#[derive(Clone, Debug)]
pub(in crate::report::html) struct Stack {
    pub(in crate::report::html) parts: Vec<(&'static str, u64)>,
    pub(in crate::report::html) hint: String,
}

/// Pixels of the plot's parts.
const TOP: f64 = 18.0;
const HEIGHT: f64 = 140.0;
const BOTTOM: f64 = 22.0;

/// Columns under a title; `ends` are the words below the first and behind the last of them, `unit` is
/// what is counted.
pub(in crate::report::html) fn columns(
    name: &Name,
    stacks: &[Stack],
    ends: [&str; 2],
    unit: &str,
    legend: &Markup,
) -> Markup {
    let totals = stacks.iter().map(|stack| stack.parts.iter().map(|part| part.1).sum::<u64>());
    let most = totals.max().unwrap_or(0);
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let end = round_up(most as f64).ceil() as u64;
    let each = part(1, stacks.len() as u64);
    // Few columns are no wider than many would be.
    let wide = (each * 0.88).min(0.06);
    let base = TOP + HEIGHT;
    let content = html! {
        @for (tick, words) in [(end, format!("{} {unit}", grouped(end))), (end / 2, grouped(end / 2))] {
            @if tick > 0 {
                @let y = base - HEIGHT * part(tick, end);
                line.grid x1="0" x2="100%" y1=(y) y2=(y) {}
                text.faint x="0" y=(y - 4.0) { (words) }
            }
        }
        @for (at, stack) in stacks.iter().enumerate() {
            (column(stack, (at as f64 + 0.5) * each - wide / 2.0, wide, end, base))
        }
        line.axis x1="0" x2="100%" y1=(base) y2=(base) {}
        text.faint x="0" y=(base + 16.0) { (ends[0]) }
        text.faint.end x="100%" y=(base + 16.0) { (ends[1]) }
    };
    framed(name, &drawing(name, base + BOTTOM, &content), legend)
}

fn column(stack: &Stack, from: f64, width: f64, end: u64, base: f64) -> Markup {
    let mut top = base;
    html! {
        g {
            title { (stack.hint) }
            @for &(class, number) in &stack.parts {
                @if number > 0 {
                    // Whatever is there shows.
                    @let height = (HEIGHT * part(number, end)).max(1.0);
                    @let y = { top -= height; top };
                    rect class=(class) x=(percent(from)) y=(format!("{y:.2}"))
                        width=(percent(width)) height=(format!("{height:.2}")) {}
                }
            }
        }
    }
}
