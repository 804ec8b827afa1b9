//! Plots: small drawings in SVG that take their colours from the page's style sheet.
//!
//! Places along the page are percentages and sizes are pixels, so a plot is as wide as the page lets it
//! be and its letters keep their size. What a plot shows also stands in a table or in its texts: it is
//! one image to a screen reader, with a title and a description.

pub(super) mod bars;
pub(super) mod columns;
pub(super) mod lines;
pub(super) mod ranges;

use maud::{Markup, html};

/// Names a plot: what screen readers say of it.
#[derive(Clone, Debug)]
pub(super) struct Name {
    /// Different from that of every other plot of the page.
    pub(super) id: String,
    pub(super) title: String,
    /// How to read it.
    pub(super) description: String,
}

/// A drawing of this height in pixels, as wide as the page.
fn drawing(name: &Name, height: f64, content: &Markup) -> Markup {
    let Name { id, title, description } = name;
    html! {
        svg.plot role="img" aria-labelledby={ (id) "-t " (id) "-d" } width="100%" height=(height)
            focusable="false" {
            title id={ (id) "-t" } { (title) }
            desc id={ (id) "-d" } { (description) }
            (content)
        }
    }
}

/// A plot with its title above and what explains it below.
fn framed(name: &Name, plot: &Markup, legend: &Markup) -> Markup {
    html! {
        figure.plot-frame {
            figcaption { (name.title) }
            (plot)
            @if !legend.0.is_empty() { p.legend { (legend) } }
        }
    }
}

/// The key to classes of areas: a swatch and a word for each.
pub(super) fn swatches(classes: &[(&str, &str)]) -> Markup {
    html! {
        @for (class, word) in classes {
            span.key {
                svg width="12" height="12" aria-hidden="true" focusable="false" {
                    title { (word) }
                    desc { "How the plot shows it." }
                    rect class=(class) width="12" height="12" rx="2" {}
                }
                (word)
            }
        }
    }
}

/// A share of the width as SVG writes it, between 0 and 100.
fn percent(part: f64) -> String {
    format!("{:.3}%", if part.is_finite() { part.clamp(0.0, 1.0) * 100.0 } else { 0.0 })
}

/// A text that fits beside a figure on a narrow page: of a long one its beginning and its end.
fn shortened(text: &str) -> String {
    const MOST: usize = 36;
    const END: usize = 14;
    let letters: Vec<char> = text.chars().collect();
    if letters.len() <= MOST {
        return text.to_owned();
    }
    let (head, tail) = (&letters[..MOST - END - 1], &letters[letters.len() - END..]);
    head.iter().chain(&['…']).chain(tail).collect()
}

/// Which part of the whole; nothing of nothing.
#[allow(clippy::cast_precision_loss)] // of what is drawn in pixels
pub(super) fn part(number: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { number as f64 / whole as f64 }
}

/// A round number that is not below a number: where an axis ends.
fn round_up(number: f64) -> f64 {
    if number <= 0.0 || !number.is_finite() {
        return 1.0;
    }
    let decade = 10f64.powf(number.log10().floor());
    let steps = [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    steps
        .into_iter()
        .map(|step| step * decade)
        .find(|&end| end >= number * 0.999_999)
        .unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_at_round_numbers() {
        for (number, end) in
            [(0.0, 1.0), (1.0, 1.0), (1.1, 1.5), (37.0, 40.0), (210.0, 300.0), (81.0, 100.0)]
        {
            assert!((round_up(number) - end).abs() < 1e-9, "{number}");
        }
        assert!((round_up(f64::NAN) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(shortened("www.example. A"), "www.example. A");
        let long = format!("{}.example. CNAME", "x".repeat(63));
        let short = shortened(&long);
        assert_eq!(short.chars().count(), 36);
        assert!(short.starts_with("xxxx") && short.ends_with("…example. CNAME"), "{short}");
    }

    #[test]
    fn places_stay_within_the_plot() {
        assert_eq!(percent(0.5), "50.000%");
        assert_eq!(percent(7.0), "100.000%");
        assert_eq!(percent(f64::NAN), "0.000%");
        assert!((part(3, 0)).abs() < 1e-9);
    }
}
