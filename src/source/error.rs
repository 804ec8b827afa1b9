//! Why an input cannot be opened, or not be read to its end.

use std::io;
use std::sync::Arc;

use super::decompress::Format;

/// What stops the reading of an input. Every variant names the input as the user typed it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SourceError {
    /// There is no such file.
    #[error("{name}: no such file")]
    NotFound {
        /// The input.
        name: Arc<str>,
    },
    /// The path is that of a directory.
    #[error("{name}: this is a directory, not a file")]
    IsDirectory {
        /// The input.
        name: Arc<str>,
    },
    /// The file may not be read by this user.
    #[error("{name}: permission denied")]
    Permission {
        /// The input.
        name: Arc<str>,
    },
    /// The operating system, or the reader that was handed in, failed.
    #[error("{name}: reading failed after {after_bytes} octets of text: {source}")]
    Io {
        /// The input.
        name: Arc<str>,
        /// Octets of (decompressed) text that had come out before.
        after_bytes: u64,
        /// What was reported.
        source: Arc<io::Error>,
    },
    /// Compressed input that ends inside a member, frame or stream.
    #[error(
        "{name}: the {format} data ends too early, after {after_bytes} octets of text came out"
    )]
    Truncated {
        /// The input.
        name: Arc<str>,
        /// How it is compressed.
        format: Format,
        /// Octets of text that had come out before. A decompressor holds the last ones back, so
        /// that this can be less than the stored octets would yield.
        after_bytes: u64,
    },
    /// Compressed input that breaks its format, fails its checksum, or is followed by something
    /// that is not compressed.
    #[error("{name}: the {format} data is damaged after {after_bytes} octets of text: {source}")]
    Corrupt {
        /// The input.
        name: Arc<str>,
        /// How it is compressed.
        format: Format,
        /// Octets of text that had come out before.
        after_bytes: u64,
        /// What the decompressor says.
        source: Arc<io::Error>,
    },
    /// Compressed input whose header asks for more memory than
    /// [`MEMORY_LIMIT`](super::decompress::MEMORY_LIMIT).
    #[error("{name}: decompressing this {format} data takes more than {limit} octets of memory")]
    NeedsMemory {
        /// The input.
        name: Arc<str>,
        /// How it is compressed.
        format: Format,
        /// Octets a decompressor may use.
        limit: u64,
    },
    /// A regular file that was cut short while it was being read.
    #[error("{name}: the file shrank from {expected} to {found} octets while it was being read")]
    Shrunk {
        /// The input.
        name: Arc<str>,
        /// Its length in octets when it was opened.
        expected: u64,
        /// Octets there are now, or that could be read.
        found: u64,
    },
    /// The text could not be written to a file: see [`Source::spooled`](super::Source::spooled).
    #[error(
        "{name}: its text cannot be put into a file in {directory}, after {after_bytes} octets of it: \
         {source}"
    )]
    Spool {
        /// The input.
        name: Arc<str>,
        /// Where the file was to be.
        directory: Arc<str>,
        /// Octets of text that were written before, or nearly.
        after_bytes: u64,
        /// What the operating system says.
        source: Arc<io::Error>,
    },
    /// The thread that reads ahead ended without saying why: a defect of a decompressor, or a panic
    /// in the reader that was handed in.
    #[error("{name}: the reading thread stopped after {after_bytes} octets of text")]
    Stopped {
        /// The input.
        name: Arc<str>,
        /// Octets of text that had come out before.
        after_bytes: u64,
    },
}

impl SourceError {
    /// Sorts a failure of the operating system into the variants that people ask about.
    pub(super) fn from_io(name: &Arc<str>, after_bytes: u64, error: Arc<io::Error>) -> Self {
        let name = Arc::clone(name);
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound { name },
            io::ErrorKind::IsADirectory => Self::IsDirectory { name },
            io::ErrorKind::PermissionDenied => Self::Permission { name },
            _ => Self::Io { name, after_bytes, source: error },
        }
    }

    /// The input concerned, as the user typed it; `-` for standard input.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::NotFound { name }
            | Self::IsDirectory { name }
            | Self::Permission { name }
            | Self::Io { name, .. }
            | Self::Truncated { name, .. }
            | Self::Corrupt { name, .. }
            | Self::NeedsMemory { name, .. }
            | Self::Shrunk { name, .. }
            | Self::Spool { name, .. }
            | Self::Stopped { name, .. } => name,
        }
    }
}
