//! Prometheus' text format, version 0.0.4: `# HELP`, `# TYPE`, and a line for each set of labels.

use std::fmt::Display;
use std::io::{self, Write};

/// Writes metrics, each with its name's prefix and the labels that all have.
pub(super) struct Families<'f, W: Write> {
    out: &'f mut W,
    prefix: &'static str,
    name: String,
    /// As they stand in a line, without braces.
    common: String,
}

/// Labels that every metric gets: names and values.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Labels(Vec<(String, String)>);

/// Why a label cannot be given.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LabelError {
    /// There is no `=`.
    #[error("a label is NAME=VALUE")]
    NoValue,
    /// Letters, digits and `_` only, no digit first, not `__` at the beginning.
    #[error(
        "{0:?} is no name of a label: letters, digits and _ only, no digit first, no leading __"
    )]
    BadName(String),
    /// The metrics have a label of this name.
    #[error("the metrics have a label {0} of their own")]
    Taken(String),
    /// Given before.
    #[error("the label {0} is given twice")]
    Twice(String),
}

/// Names of labels that metrics have of their own.
const TAKEN: [&str; 9] =
    ["zone", "severity", "code", "algorithm", "verdict", "status", "outcome", "version", "trust"];

impl Labels {
    /// Adds a label, given as `NAME=VALUE`.
    ///
    /// # Errors
    /// When it is none, or there is one of its name.
    pub fn add(&mut self, label: &str) -> Result<(), LabelError> {
        let (name, value) = label.split_once('=').ok_or(LabelError::NoValue)?;
        let mut letters = name.bytes();
        let begins =
            letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_');
        let goes_on = letters.all(|next| next.is_ascii_alphanumeric() || next == b'_');
        if !begins || !goes_on || name.starts_with("__") {
            return Err(LabelError::BadName(name.to_owned()));
        }
        if TAKEN.contains(&name) {
            return Err(LabelError::Taken(name.to_owned()));
        }
        if self.0.iter().any(|(other, _)| other == name) {
            return Err(LabelError::Twice(name.to_owned()));
        }
        self.0.push((name.to_owned(), value.to_owned()));
        Ok(())
    }
}

impl<'f, W: Write> Families<'f, W> {
    /// Writes to `out` metrics whose names begin with `prefix`, with the labels of `own` and of
    /// `given`.
    pub fn new(out: &'f mut W, prefix: &'static str, own: &[(&str, &str)], given: &Labels) -> Self {
        let given = given.0.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let labels: Vec<String> =
            own.iter().copied().chain(given).map(|(name, value)| label(name, value)).collect();
        Self { out, prefix, name: String::new(), common: labels.join(",") }
    }

    /// Begins a metric that goes up and down. All metrics of a file that is written anew each time are
    /// of this type: a counter would have to grow from one file to the next.
    pub fn gauge(&mut self, name: &str, help: &str) -> io::Result<()> {
        self.name = format!("{}_{name}", self.prefix);
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        writeln!(self.out, "# HELP {} {help}\n# TYPE {} gauge", self.name, self.name)
    }

    /// Writes a value of the metric that was begun.
    pub fn row(&mut self, labels: &[(&str, &str)], value: impl Display) -> io::Result<()> {
        let common = Some(self.common.clone()).filter(|common| !common.is_empty());
        let labels = labels.iter().map(|(name, value)| label(name, value));
        let labels: Vec<String> = common.into_iter().chain(labels).collect();
        match labels.is_empty() {
            true => writeln!(self.out, "{} {value}", self.name),
            false => writeln!(self.out, "{}{{{}}} {value}", self.name, labels.join(",")),
        }
    }
}

fn label(name: &str, value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("{name}=\"{value}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_labels_are_escaped() {
        let mut labels = Labels::default();
        labels.add("view=a\\b \"c\"\nd=e").unwrap();
        let mut out = Vec::new();
        let mut families = Families::new(&mut out, "x", &[("zone", "\\032.")], &labels);
        families.gauge("y", "Back\\slash.").unwrap();
        families.row(&[("code", "z")], 1.5).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            "# HELP x_y Back\\\\slash.\n# TYPE x_y gauge\n\
             x_y{zone=\"\\\\032.\",view=\"a\\\\b \\\"c\\\"\\nd=e\",code=\"z\"} 1.5\n"
        );
    }

    #[test]
    fn a_label_has_a_name_of_its_own() {
        let add = |label: &str| Labels::default().add(label);
        assert_eq!(add("view"), Err(LabelError::NoValue));
        assert_eq!(add("1=x"), Err(LabelError::BadName("1".into())));
        assert_eq!(add("=x"), Err(LabelError::BadName(String::new())));
        assert_eq!(add("__name__=x"), Err(LabelError::BadName("__name__".into())));
        assert_eq!(add("a-b=x"), Err(LabelError::BadName("a-b".into())));
        assert_eq!(add("zone=x"), Err(LabelError::Taken("zone".into())));
        let mut labels = Labels::default();
        labels.add("view=").unwrap();
        assert_eq!(labels.add("view=x"), Err(LabelError::Twice("view".into())));
    }
}
