//! Lines over the number of threads.

use maud::{Markup, html};

use crate::report::words::three_digits;

use super::{Name, drawing, framed, percent, round_up};

/// A line: its name, and a value for each number of threads that it was measured with.
#[derive(Clone, Debug)]
pub(in crate::report::html) struct Line {
    pub(in crate::report::html) label: String,
    /// From 1: which of the style sheet's lines it is.
    pub(in crate::report::html) style: usize,
    pub(in crate::report::html) points: Vec<(usize, f64)>,
}

/// Pixels of the plot's parts.
const TOP: f64 = 20.0;
const HEIGHT: f64 = 150.0;
const BOTTOM: f64 = 24.0;
/// Parts of the width that are left free beside the points.
const MARGIN: f64 = 0.03;

/// Lines under a title; `unit` is what is counted.
pub(in crate::report::html) fn lines(name: &Name, lines: &[Line], unit: &str) -> Markup {
    let points = || lines.iter().flat_map(|line| &line.points);
    let end = round_up(points().map(|point| point.1).fold(0.0, f64::max));
    let mut threads: Vec<usize> = points().map(|point| point.0).collect();
    threads.sort_unstable();
    threads.dedup();
    let (Some(&least), Some(&most)) = (threads.first(), threads.last()) else { return html! {} };
    #[allow(clippy::cast_precision_loss)] // pixels
    let x = |threads: usize| {
        let part = (threads - least) as f64 / (most - least).max(1) as f64;
        MARGIN + part * (1.0 - 2.0 * MARGIN)
    };
    let y = |value: f64| TOP + HEIGHT * (1.0 - value / end);
    let base = TOP + HEIGHT;
    let content = html! {
        @for (tick, words) in [(end, format!("{} {unit}", three_digits(end))), (end / 2.0, three_digits(end / 2.0))] {
            line.grid x1="0" x2="100%" y1=(y(tick)) y2=(y(tick)) {}
            text.faint x="0" y=(y(tick) - 4.0) { (words) }
        }
        line.axis x1="0" x2="100%" y1=(base) y2=(base) {}
        @for &number in &threads {
            text class={ "faint " (anchor(number, least, most)) } x=(percent(x(number))) y=(base + 17.0) {
                (number) @if number == most { " threads" }
            }
        }
        @for line in lines {
            @let class = format!("series-{}", line.style);
            g {
                title { (line.label) }
                @for pair in line.points.windows(2) {
                    @if let [(from, low), (to, high)] = pair {
                        line class={ "series " (class) } x1=(percent(x(*from))) y1=(format!("{:.2}", y(*low)))
                            x2=(percent(x(*to))) y2=(format!("{:.2}", y(*high))) {}
                    }
                }
                @for (threads, value) in &line.points {
                    circle class={ "point " (class) } cx=(percent(x(*threads))) cy=(format!("{:.2}", y(*value))) r="4" {}
                }
            }
        }
    };
    let legend = html! {
        @for line in lines {
            span.key {
                svg width="28" height="12" aria-hidden="true" focusable="false" {
                    title { (line.label) }
                    desc { "How the plot shows it." }
                    line class={ "series series-" (line.style) } x1="0" x2="28" y1="6" y2="6" {}
                    circle class={ "point series-" (line.style) } cx="14" cy="6" r="4" {}
                }
                (line.label)
            }
        }
    };
    framed(name, &drawing(name, base + BOTTOM, &content), &legend)
}

fn anchor(number: usize, least: usize, most: usize) -> &'static str {
    match number {
        _ if number == most && most > least => "end",
        _ if number == least => "start",
        _ => "middle",
    }
}
