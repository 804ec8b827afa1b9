//! Why a capture cannot be read, or not to its end.

use std::fmt;
use std::sync::Arc;

use crate::source::{Format, SourceError};

use super::totals::Totals;

/// Reading that ended before the file did, and what was read until then.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{error}")]
pub struct Stopped {
    /// What ended it.
    #[source]
    pub error: CaptureError,
    /// What was read before. All of it was handed on.
    pub totals: Totals,
}

/// What ends the reading of a capture. Every variant names the input as the user typed it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CaptureError {
    /// The input itself cannot be read on.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The file is none that is read here.
    #[error(
        "{name}: not a packet capture: this seems to be {}{seems}; expected pcap, pcapng or dnstap",
        Wrapping(*compressed)
    )]
    NotACapture {
        /// The input.
        name: Arc<str>,
        /// What it seems to be.
        seems: Seems,
        /// How that is compressed.
        compressed: Option<Format>,
    },
    /// A frame stream of something other than dnstap.
    #[error("{name}: a frame stream of \"{found}\": expected \"protobuf:dnstap.Dnstap\"")]
    ContentType {
        /// The input.
        name: Arc<str>,
        /// The content type that it states; what is not printable ASCII is escaped.
        found: String,
    },
    /// The file breaks its format in a way after which nothing tells where the next packet begins.
    #[error("{name}: damaged at octet {offset}: expected {expected}, found {found}")]
    Damaged {
        /// The input.
        name: Arc<str>,
        /// Where, in the (decompressed) file, in octets from 0.
        offset: u64,
        /// What should stand there.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
}

impl CaptureError {
    /// The input concerned, as the user typed it; `-` for standard input.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Source(error) => error.name(),
            Self::NotACapture { name, .. }
            | Self::ContentType { name, .. }
            | Self::Damaged { name, .. } => name,
        }
    }
}

struct Wrapping(Option<Format>);

impl fmt::Display for Wrapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |format| write!(f, "{format} of "))
    }
}

/// What a file that is no capture seems to be, by its first octets.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Seems {
    /// There is nothing in it.
    Empty,
    /// Text that looks like a zone's.
    ZoneFile,
    /// Other text.
    Text,
    /// Compressed data: more than once, since one layer is taken off.
    Compressed(Format),
    /// A format that has a name.
    Named(&'static str),
    /// Octets that say nothing.
    Unknown,
}

impl fmt::Display for Seems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("an empty file"),
            Self::ZoneFile => f.write_str("a zone file"),
            Self::Text => f.write_str("text"),
            Self::Compressed(format) => write!(f, "{format} data"),
            Self::Named(name) => f.write_str(name),
            Self::Unknown => f.write_str("binary data of another kind"),
        }
    }
}
