//! A catalogued fact about the input, as it is told: what it concerns, and where it lies.

use std::fmt;

use serde::Serialize;

use crate::dns::{Algorithm, Name, RType};

use super::findings::{Code, Severity};

pub use crate::zonefile::Excerpt;

/// Where in the input a finding lies.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct Place {
    /// The file as it was named, `-` for standard input.
    pub file: std::sync::Arc<str>,
    /// Line, counted from 1.
    pub line: u64,
    /// Column in octets, counted from 1, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        self.column.map_or(Ok(()), |column| write!(f, ":{column}"))
    }
}

/// One catalogued fact about the input.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// Which fact.
    pub code: Code,
    /// What it weighs here.
    pub severity: Severity,
    /// The owner it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Name>,
    /// The type of the RRset it concerns; for a signature the type it covers.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub rtype: Option<RType>,
    /// The key it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyRef>,
    /// The time of judgement for which it holds (Unix seconds), when it depends on time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<i64>,
    /// What is particular about this case: numbers, times, lengths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Where in the input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The line of text that could not be read, for [`Code::RecordUnreadable`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<Excerpt>,
}

impl Finding {
    /// A finding with the severity that its code has by itself, and nothing else said.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self {
            code,
            severity: code.entry().severity,
            owner: None,
            rtype: None,
            key: None,
            at: None,
            detail: None,
            place: None,
            excerpt: None,
        }
    }
}

/// A key as signatures refer to it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct KeyRef {
    /// Key tag.
    pub tag: u16,
    /// Algorithm number.
    pub algorithm: Algorithm,
}
