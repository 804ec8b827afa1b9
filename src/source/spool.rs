//! Text that would have to be kept in memory, put into a file without a name first: a file can be
//! mapped, read by many threads, and read again.

use std::io::{Seek, Write};
use std::path::Path;
use std::sync::Arc;

use super::error::SourceError;
use super::map::{MapOutcome, Mapping};
use super::stream::{Input, Pace, Stream};
use super::{Blocks, Body, Source, Text};

impl Source {
    /// The same input with its text in a file in `directory`, where it is not there as a whole: it is
    /// read and decompressed to its end, and then mapped. The file has no name (or, on systems without
    /// such files, loses it at once), so that nothing is left of it when the source is dropped or
    /// the process ends.
    ///
    /// `go_on` is told now and then how many octets of the stored input were read, and may say `false`:
    /// then the text ends there. [`stored_len`](Self::stored_len) is that of the text from now on.
    ///
    /// # Errors
    /// [`SourceError::Spool`] when the file cannot be made or written, for want of space perhaps;
    /// whatever stops the reading of the input.
    pub fn spooled(
        self,
        directory: &Path,
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Result<Self, SourceError> {
        let input = match self.body {
            Body::Mapped(_) | Body::Bytes(_) => return Ok(self),
            Body::Stream(input) => input,
        };
        let name = &self.name;
        let failed = |after_bytes, error| SourceError::Spool {
            name: Arc::clone(name),
            directory: Arc::from(directory.to_string_lossy()),
            after_bytes,
            source: Arc::new(error),
        };
        let mut file = tempfile::tempfile_in(directory).map_err(|error| failed(0, error))?;
        let mut blocks =
            Blocks { body: Text::Stream(Stream::start(input, Pace::Full)), consumed: 0 };
        while blocks.more()? {
            file.write_all(blocks.window()).map_err(|error| failed(blocks.consumed(), error))?;
            blocks.consume(blocks.window().len());
            if !go_on(blocks.stored_consumed()) {
                break;
            }
        }
        let len = blocks.consumed();
        let body = if len == 0 {
            Body::Bytes(Arc::default()) // POSIX has no empty maps
        } else {
            match Mapping::attempt(file, len, Arc::clone(name))? {
                MapOutcome::Mapped(mapping) => Body::Mapped(Arc::new(mapping)),
                MapOutcome::Not(mut file) => {
                    file.rewind().map_err(|error| failed(len, error))?;
                    let name = Arc::clone(name);
                    let reader = Box::new(file);
                    Body::Stream(Input { name, reader, format: None, expected: Some(len) })
                }
            }
        };
        Ok(Self { stored_len: Some(len), body, ..self })
    }
}
