//! An input whose text is at hand all at once, so that many threads may read it, anywhere and again.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::SourceError;
use super::map::Mapping;
use super::{Body, OpenOptions, Source};

/// A mapped file, or octets in memory.
pub struct Whole {
    name: Arc<str>,
    path: Option<PathBuf>,
    text: Text,
}

enum Text {
    Mapped(Arc<Mapping>),
    Bytes(Arc<Vec<u8>>),
}

impl Whole {
    /// All of the text.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        match &self.text {
            Text::Mapped(mapping) => mapping.bytes(),
            Text::Bytes(bytes) => bytes,
        }
    }

    /// The input as the user typed it: see [`Source::name`].
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The path that was opened: see [`Source::path`].
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Gives the memory behind a part of a mapped file back to the system, so that reading through a
    /// huge file keeps the process small. The text stays readable.
    pub fn release(&self, part: Range<usize>) {
        if let Text::Mapped(mapping) = &self.text {
            mapping.release_range(part);
        }
    }

    /// Whether a mapped file still has all the octets it had: see [`Blocks::check`].
    ///
    /// # Errors
    /// [`SourceError::Shrunk`]; [`SourceError::Io`] when the file's length cannot be had.
    ///
    /// [`Blocks::check`]: super::Blocks::check
    pub fn check(&self) -> Result<(), SourceError> {
        match &self.text {
            Text::Mapped(mapping) => mapping.check(),
            Text::Bytes(_) => Ok(()),
        }
    }
}

impl fmt::Debug for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Whole")
            .field("name", &self.name)
            .field("len", &self.text().len())
            .finish_non_exhaustive()
    }
}

impl Source {
    /// The same input from its beginning once more, if its text is there as a whole or can be opened again:
    /// not that of a pipe.
    ///
    /// # Errors
    /// As [`open`](Self::open), for a file that is to be read.
    pub fn again(&self, options: &OpenOptions) -> Result<Option<Self>, SourceError> {
        let body = match &self.body {
            Body::Mapped(mapping) => Body::Mapped(Arc::clone(mapping)),
            Body::Bytes(bytes) => Body::Bytes(Arc::clone(bytes)),
            Body::Stream(_) => {
                let path = self.path.as_deref().filter(|path| path.is_file());
                return path.map(|path| Self::open(path, options)).transpose();
            }
        };
        let (name, path) = (Arc::clone(&self.name), self.path.clone());
        Ok(Some(Self { name, path, stored_len: self.stored_len, body }))
    }

    /// The text all at once, if it is there: of a mapped file, or of octets in memory.
    ///
    /// # Errors
    /// The source as it was, when its text has to be read or decompressed bit by bit.
    #[allow(clippy::result_large_err)] // the source itself comes back
    pub fn into_whole(self) -> Result<Whole, Self> {
        let text = match self.body {
            Body::Mapped(mapping) => Text::Mapped(mapping),
            Body::Bytes(bytes) => Text::Bytes(bytes),
            Body::Stream(_) => return Err(self),
        };
        Ok(Whole { name: self.name, path: self.path, text })
    }
}
