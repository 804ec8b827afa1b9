//! Figures: numbers and words of a report, each with the place in the JSON report that says the same.
//!
//! Whoever reads the page can go on to the data: the attribute `data-path` of a figure is a JSON pointer
//! (RFC 6901) into the JSON report of the same run, `value` is what stands there, and `data-as` says in
//! which form it is shown when that is another one.

use std::fmt::Display;

use maud::{Markup, Render, html};

use crate::report::words::{grouped, octets, printable, span, three_digits, took, utc};

/// An object or array of the JSON report: where it lies.
#[derive(Clone, Debug)]
pub(super) struct At(String);

/// A value of the JSON report as a person reads it.
#[derive(Clone, Debug)]
pub(super) struct Figure {
    path: String,
    /// The value, for programs; left out where the text is the value.
    value: Option<String>,
    /// The form in which it is shown.
    form: Option<&'static str>,
    shown: String,
}

impl At {
    /// The whole document.
    pub(super) fn root() -> Self {
        Self(String::new())
    }

    /// A member of this object.
    pub(super) fn member(&self, name: &str) -> Self {
        Self(self.path(name))
    }

    /// An item of this array, counted from 0.
    pub(super) fn item(&self, index: impl Display) -> Self {
        Self(format!("{}/{index}", self.0))
    }

    fn path(&self, name: &str) -> String {
        // RFC 6901 §3. HTML cannot hold control characters.
        let name = printable(name).replace('~', "~0").replace('/', "~1");
        format!("{}/{name}", self.0)
    }

    fn figure(
        &self,
        name: &str,
        value: Option<String>,
        form: &'static str,
        shown: String,
    ) -> Figure {
        Figure { path: self.path(name), value, form: Some(form), shown }
    }

    /// How many there are: `2,884`.
    pub(super) fn count(&self, name: &str, number: u64) -> Figure {
        self.figure(name, Some(number.to_string()), "count", grouped(number))
    }

    /// A number that is a name, such as a key tag: `20326`.
    pub(super) fn number(&self, name: &str, number: impl Display) -> Figure {
        Figure { path: self.path(name), value: None, form: None, shown: number.to_string() }
    }

    /// Text, some of which may come from outside.
    pub(super) fn text(&self, name: &str, text: &str) -> Figure {
        let shown = printable(text).into_owned();
        Figure { path: self.path(name), value: None, form: None, shown }
    }

    /// What a value means, in words of the report's own.
    pub(super) fn words(&self, name: &str, value: impl Display, words: &str) -> Figure {
        let value = printable(&value.to_string()).into_owned();
        self.figure(name, Some(value), "words", printable(words).into_owned())
    }

    /// A point in time, of Unix seconds.
    pub(super) fn time(&self, name: &str, seconds: i64) -> Figure {
        self.figure(name, Some(seconds.to_string()), "utc", utc(seconds))
    }

    /// A span of whole seconds.
    pub(super) fn span(&self, name: &str, seconds: i64) -> Figure {
        self.figure(name, Some(seconds.to_string()), "span", span(seconds))
    }

    /// A number of octets.
    #[allow(clippy::cast_precision_loss)] // three digits are shown
    pub(super) fn octets(&self, name: &str, number: u64) -> Figure {
        self.figure(name, Some(number.to_string()), "octets", octets(number as f64))
    }

    /// How long something took, of seconds.
    pub(super) fn took(&self, name: &str, seconds: f64) -> Figure {
        self.figure(name, Some(seconds.to_string()), "took", took(seconds))
    }

    /// How long something took, of nanoseconds.
    #[allow(clippy::cast_precision_loss)] // three digits are shown
    pub(super) fn nanoseconds(&self, name: &str, number: u64) -> Figure {
        self.figure(name, Some(number.to_string()), "nanoseconds", took(number as f64 / 1e9))
    }

    /// The mean of something counted or measured, as its other figures are shown.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a mean of u64, rounded
    pub(super) fn mean(&self, name: &str, mean: f64, is_time: bool) -> Figure {
        match is_time {
            true => self.figure(name, Some(mean.to_string()), "nanoseconds", took(mean / 1e9)),
            false => {
                let shown = grouped(mean.round() as u64);
                self.figure(name, Some(mean.to_string()), "rounded", shown)
            }
        }
    }

    /// A measure to three digits.
    pub(super) fn measure(&self, name: &str, number: f64) -> Figure {
        self.figure(name, Some(number.to_string()), "measure", three_digits(number))
    }

    /// How many times as much: `5.12×`.
    pub(super) fn times(&self, name: &str, number: f64) -> Figure {
        let shown = format!("{}×", three_digits(number));
        self.figure(name, Some(number.to_string()), "times", shown)
    }

    /// A part of a whole in percent.
    pub(super) fn percent(&self, name: &str, part: f64) -> Figure {
        self.figure(name, Some(part.to_string()), "percent", format!("{:.0} %", part * 100.0))
    }

    /// Yes or no, in a word for each.
    pub(super) fn flag(&self, name: &str, is_set: bool, yes: &str, no: &str) -> Figure {
        self.words(name, is_set, if is_set { yes } else { no })
    }
}

impl Figure {
    /// Whether it is the number nought, which tables show faintly.
    pub(super) fn is_nought(&self) -> bool {
        self.shown == "0"
    }

    /// By what a column with it is sorted, when its text does not tell.
    pub(super) fn sort_key(&self) -> Option<&str> {
        self.form.filter(|&form| form != "words").and(self.value.as_deref())
    }

    /// A part of a text in a plot.
    pub(super) fn in_plot(&self) -> Markup {
        html! {
            tspan.strong data-path=(self.path) data-as=[self.form] data-value=[self.value.as_deref()] {
                (self.shown)
            }
        }
    }
}

impl Render for Figure {
    fn render(&self) -> Markup {
        let Self { path, value, form, shown } = self;
        html! {
            @match (form, value) {
                (Some("utc"), Some(value)) => {
                    time datetime=(shown) data-path=(path) data-as="utc" data-value=(value) { (shown) }
                }
                (_, Some(value)) => {
                    data value=(value) data-path=(path) data-as=[form] { (shown) }
                }
                (_, None) => span data-path=(path) { (shown) },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 6901 §3: `~` and `/` in names.
    #[test]
    fn pointers_hold_whatever_stands_in_a_name() {
        let figure = At::root().member("a/b").item(3).count("~c", 1200);
        assert_eq!(
            figure.render().0,
            "<data value=\"1200\" data-path=\"/a~1b/3/~0c\" data-as=\"count\">1,200</data>"
        );
    }

    #[test]
    fn text_from_outside_stays_text() {
        let figure = At::root().text("name", "\"><script>\u{202e}");
        assert_eq!(
            figure.render().0,
            "<span data-path=\"/name\">&quot;&gt;&lt;script&gt;\\u{202e}</span>"
        );
    }
}
