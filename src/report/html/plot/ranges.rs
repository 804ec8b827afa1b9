//! Distributions beside each other on an axis of powers of ten: from the least to the greatest value,
//! with the median and percentiles.

use maud::{Markup, html};

use crate::engine::Distribution;
use crate::report::html::figure::At;
use crate::report::words::took;

use super::{Name, drawing, framed, percent};

/// A distribution of nanoseconds.
#[derive(Clone, Debug)]
pub(in crate::report::html) struct Range {
    pub(in crate::report::html) label: String,
    /// Where its figures lie.
    pub(in crate::report::html) at: At,
    pub(in crate::report::html) nanoseconds: Distribution,
}

/// Pixels of a row, and within it to the letters and to the middle of the drawing.
const ROW: f64 = 44.0;
const LETTERS: f64 = 14.0;
const MIDDLE: f64 = 27.0;
/// Pixels above the first row, for the axis.
const AXIS: f64 = 24.0;

/// Distributions under a title; none where nothing was measured.
pub(in crate::report::html) fn ranges(name: &Name, ranges: &[Range]) -> Markup {
    let ranges: Vec<&Range> = ranges.iter().filter(|range| range.nanoseconds.count > 0).collect();
    let Some(axis) = Axis::of(&ranges) else { return html! {} };
    #[allow(clippy::cast_precision_loss)] // pixels
    let height = AXIS + ranges.len() as f64 * ROW;
    let content = html! {
        @for (words, place, anchor) in axis.ticks() {
            @if anchor == "middle" {
                line.grid x1=(percent(place)) x2=(percent(place)) y1=(AXIS - 6.0) y2=(height) {}
            }
            text class={ "faint " (anchor) } x=(percent(place)) y="13" { (words) }
        }
        @for (at, range) in ranges.iter().enumerate() { (row(range, at, &axis)) }
    };
    framed(name, &drawing(name, height, &content), &html! {})
}

/// How to read such plots, once below all of a section.
pub(in crate::report::html) fn legend() -> Markup {
    html! {
        p.legend {
            "Line: from the least to the greatest. Box: from the median to the 99th percentile, with a mark "
            "at the 90th. Dot and figure: median. The axis is logarithmic."
        }
    }
}

#[allow(clippy::cast_precision_loss)] // pixels
fn row(range: &Range, at: usize, axis: &Axis) -> Markup {
    let Distribution { min, p50, p90, p99, max, .. } = range.nanoseconds;
    let top = AXIS + at as f64 * ROW;
    let middle = top + MIDDLE;
    let place = |value| axis.place(value);
    let hint = format!(
        "{}: least {}, median {}, 90 % within {}, 99 % within {}, greatest {}",
        range.label,
        tell(min),
        tell(p50),
        tell(p90),
        tell(p99),
        tell(max)
    );
    html! {
        g {
            title { (hint) }
            text.halo x="0" y=(top + LETTERS) { (range.label) }
            text.end.halo x="100%" y=(top + LETTERS) {
                (range.at.nanoseconds("p50", p50).in_plot())
            }
            line.whisker x1=(percent(place(min))) x2=(percent(place(max))) y1=(middle) y2=(middle) {}
            rect.box x=(percent(place(p50))) width=(percent(place(p99) - place(p50)))
                y=(middle - 5.0) height="10" {}
            line.mark-line x1=(percent(place(p90))) x2=(percent(place(p90))) y1=(middle - 5.0) y2=(middle + 5.0) {}
            line.whisker x1=(percent(place(max))) x2=(percent(place(max))) y1=(middle - 4.0) y2=(middle + 4.0) {}
            circle.dot cx=(percent(place(p50))) cy=(middle) r="4.5" {}
        }
    }
}

#[allow(clippy::cast_precision_loss)] // three digits are shown
fn tell(nanoseconds: u64) -> String {
    took(nanoseconds as f64 / 1e9)
}

/// A logarithmic axis over whole steps of 1, 2 and 5.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Axis {
    from: f64,
    to: f64,
}

impl Axis {
    #[allow(clippy::cast_precision_loss)] // pixels
    fn of(ranges: &[&Range]) -> Option<Self> {
        let least = ranges.iter().map(|range| range.nanoseconds.min).min()?.max(1) as f64;
        let most = ranges.iter().map(|range| range.nanoseconds.max).max()?.max(1) as f64;
        let from = 10f64.powf(least.log10().floor());
        let to = 10f64.powf((most * 1.05).log10().ceil());
        // Within one decade the rest of it would be empty.
        Some(Self { from, to: if to <= from { from * 10.0 } else { to } })
    }

    #[allow(clippy::cast_precision_loss)] // pixels
    fn place(&self, value: u64) -> f64 {
        let value = (value.max(1) as f64).log10();
        let (from, to) = (self.from.log10(), self.to.log10());
        ((value - from) / (to - from)).clamp(0.0, 1.0)
    }

    /// Powers of ten: their words, their places, and how the words stand to them. Never more than fit
    /// a narrow page.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // decades of u64
    fn ticks(&self) -> Vec<(String, f64, &'static str)> {
        let (from, to) = (self.from.log10().round() as i32, self.to.log10().round() as i32);
        let each = (to - from + 4) / 5;
        let decades = (from..=to).step_by(each.max(1) as usize);
        decades
            .map(|decade| {
                let place = f64::from(decade - from) / f64::from(to - from);
                let anchor = match decade {
                    _ if decade == from => "start",
                    _ if decade == to => "end",
                    _ => "middle",
                };
                (round_time(decade), place, anchor)
            })
            .collect()
    }
}

/// A power of ten of nanoseconds, such as `100 µs`.
fn round_time(decade: i32) -> String {
    const UNITS: [&str; 4] = ["ns", "µs", "ms", "s"];
    let unit = decade.div_euclid(3).clamp(0, 3);
    let number = 10f64.powi(decade - unit * 3);
    format!("{number} {}", UNITS[usize::try_from(unit).unwrap_or(0)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_ten_are_told_in_the_unit_that_suits_them() {
        let words: Vec<String> = (0..=11).map(round_time).collect();
        assert_eq!(
            words,
            [
                "1 ns", "10 ns", "100 ns", "1 µs", "10 µs", "100 µs", "1 ms", "10 ms", "100 ms",
                "1 s", "10 s", "100 s"
            ]
        );
    }

    #[test]
    fn an_axis_has_few_ticks_whatever_it_spans() {
        for most in [1, 9, 10, 99, 12_345, u64::MAX] {
            let nanoseconds = Distribution { count: 1, min: 1, max: most, ..Default::default() };
            let range = Range { label: String::new(), at: At::root(), nanoseconds };
            let axis = Axis::of(&[&range]).unwrap();
            let ticks = axis.ticks();
            assert!((2..=6).contains(&ticks.len()), "{most}: {ticks:?}");
            assert!(axis.place(most) <= 1.0 && axis.place(1) >= 0.0);
        }
    }
}
