//! Bytes in: files, standard input and readers, plain or compressed, as one window over the text.
//!
//! A [`Source`] is an input that was opened and recognised; [`Blocks`] is its text. A plain regular
//! file is mapped and is there at once; anything else is read and decompressed ahead, in a thread.
//! What is compressed is told by its first octets, whatever its name. Where memory is short,
//! [`Source::spooled`] puts the text of the latter into a file, to be mapped.
//!
//! ```
//! use sigmill::source::Source;
//!
//! let source = Source::from_bytes("example", b"example. 0 IN A 192.0.2.1\n".to_vec());
//! let mut blocks = source.into_blocks();
//! let mut lines = 0;
//! while !blocks.is_complete() || !blocks.window().is_empty() {
//!     match blocks.window().iter().position(|octet| *octet == b'\n') {
//!         Some(end) => {
//!             lines += 1;
//!             blocks.consume(end + 1);
//!         }
//!         None if blocks.more()? => {}
//!         None => break, // text behind the last line's end
//!     }
//! }
//! blocks.check()?;
//! assert_eq!((lines, blocks.consumed()), (1, 26));
//! # Ok::<(), sigmill::source::SourceError>(())
//! ```

pub mod decompress;
pub mod error;
pub mod map;
mod spool;
mod stdin;
mod stream;
mod whole;

use std::fmt;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use decompress::Format;
pub use error::SourceError;
pub use whole::Whole;

use decompress::Guess;
use map::{MapOutcome, Mapping};
use stream::{Input, Pace, Stream};

/// An input, opened and recognised, of which nothing was consumed yet.
pub struct Source {
    name: Arc<str>,
    path: Option<PathBuf>,
    stored_len: Option<u64>,
    body: Body,
}

enum Body {
    Mapped(Arc<Mapping>),
    Bytes(Arc<Vec<u8>>),
    Stream(Input),
}

/// How files are opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpenOptions {
    /// Map plain regular files into memory, which is faster; what happens when such a file is cut
    /// short meanwhile is told in [`map`].
    pub map: bool,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { map: true }
    }
}

/// The way the octets come.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Transport {
    /// A plain regular file, mapped into memory.
    Mapped,
    /// Plain text, read block by block or given as octets.
    Read,
    /// Decompressed while it is read.
    Compressed(Format),
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mapped => f.pad("mapped"),
            Self::Read => f.pad("read"),
            Self::Compressed(format) => format.fmt(f),
        }
    }
}

impl Source {
    /// Opens a file: a regular one, or anything else that can be read, such as a FIFO (this waits
    /// for its writer) or `/dev/stdin`. The path `-` is a file of that name: see [`Self::stdin`].
    ///
    /// # Errors
    /// [`SourceError::NotFound`], [`SourceError::IsDirectory`], [`SourceError::Permission`],
    /// [`SourceError::Io`] when the file cannot be opened or its first octets not be read;
    /// [`SourceError::Shrunk`] when it became shorter while it was being mapped.
    pub fn open(path: &Path, options: &OpenOptions) -> Result<Self, SourceError> {
        let name: Arc<str> = Arc::from(path.to_string_lossy());
        let failed = |error| SourceError::from_io(&name, 0, Arc::new(error));
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(SourceError::IsDirectory { name });
        }
        let len = metadata.is_file().then_some(metadata.len());
        Ok(Self { path: Some(path.into()), ..Self::from_file(name, file, len, options.map)? })
    }

    /// Standard input, under the name `-`. It is read past the standard library's buffer: nothing
    /// else should read from it. A regular file that it is redirected from, and of which nothing was read
    /// before, is mapped as one that is [opened](Self::open), where the system allows for that.
    ///
    /// # Errors
    /// [`SourceError::Io`], or its siblings, when the first octets cannot be read;
    /// [`SourceError::Shrunk`] when a file became shorter while it was being mapped.
    pub fn stdin(options: &OpenOptions) -> Result<Self, SourceError> {
        stdin::open(options)
    }

    /// A file that is at its beginning. A regular one has so many octets.
    fn from_file(
        name: Arc<str>,
        mut file: File,
        len: Option<u64>,
        map: bool,
    ) -> Result<Self, SourceError> {
        let failed = |error| SourceError::from_io(&name, 0, Arc::new(error));
        let (head, format) = sniff(&mut file).map_err(failed)?;

        // Files in /proc say that they are empty: they are read, and so are those that really are.
        let mappable = len.filter(|&len| map && format.is_none() && len > 0);
        let file = match mappable {
            None => file,
            Some(len) => match Mapping::attempt(file, len, Arc::clone(&name))? {
                MapOutcome::Not(file) => file,
                MapOutcome::Mapped(mapping) => {
                    let body = Body::Mapped(Arc::new(mapping));
                    return Ok(Self { name, path: None, stored_len: Some(len), body });
                }
            },
        };
        Ok(Self::stream(name, head, Box::new(file), format, len))
    }

    /// Octets that are in memory, plain or compressed.
    pub fn from_bytes(name: impl Into<Arc<str>>, bytes: Vec<u8>) -> Self {
        let name = name.into();
        let stored_len = Some(bytes.len() as u64);
        match decompress::guess(&bytes, true) {
            Guess::Compressed(format) => {
                let reader = Box::new(Cursor::new(bytes));
                Self::stream(name, Vec::new(), reader, Some(format), stored_len)
            }
            Guess::Plain | Guess::Undecided => {
                Self { name, path: None, stored_len, body: Body::Bytes(Arc::new(bytes)) }
            }
        }
    }

    /// Anything that can be read in another thread, plain or compressed.
    ///
    /// # Errors
    /// [`SourceError::Io`], or its siblings, when the first octets cannot be read.
    pub fn from_reader(
        name: impl Into<Arc<str>>,
        mut reader: impl Read + Send + 'static,
    ) -> Result<Self, SourceError> {
        let name = name.into();
        let (head, format) =
            sniff(&mut reader).map_err(|error| SourceError::from_io(&name, 0, Arc::new(error)))?;
        Ok(Self::stream(name, head, Box::new(reader), format, None))
    }

    fn stream(
        name: Arc<str>,
        head: Vec<u8>,
        rest: Box<dyn Read + Send>,
        format: Option<Format>,
        stored_len: Option<u64>,
    ) -> Self {
        let reader = Box::new(Cursor::new(head).chain(rest));
        let input = Input { name: Arc::clone(&name), reader, format, expected: stored_len };
        Self { name, path: None, stored_len, body: Body::Stream(input) }
    }

    /// The input as the user typed it; `-` for standard input. Octets of a path that are not UTF-8
    /// are replaced.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The path that was opened, against whose directory a relative `$INCLUDE` is resolved. `None`
    /// for standard input, octets and readers.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The way the octets come.
    #[must_use]
    pub fn transport(&self) -> Transport {
        match &self.body {
            Body::Mapped(_) => Transport::Mapped,
            Body::Bytes(_) => Transport::Read,
            Body::Stream(input) => input.format.map_or(Transport::Read, Transport::Compressed),
        }
    }

    /// Whether its text comes bit by bit, and not as a whole.
    #[must_use]
    pub fn is_stream(&self) -> bool {
        matches!(self.body, Body::Stream(_))
    }

    /// Octets as stored, that is before decompression; `None` when nobody can know.
    #[must_use]
    pub fn stored_len(&self) -> Option<u64> {
        self.stored_len
    }

    /// The text, from its beginning. Input that is not mapped starts to be read ahead.
    #[must_use]
    pub fn into_blocks(self) -> Blocks {
        self.start(Pace::Full)
    }

    /// The same, with a window that grows by whatever one read of the input gives, so that nothing
    /// that came in waits for what comes after it: for pipes that somebody writes to now and then.
    #[must_use]
    pub fn into_live_blocks(self) -> Blocks {
        self.start(Pace::AsItComes)
    }

    fn start(self, pace: Pace) -> Blocks {
        let body = match self.body {
            Body::Mapped(mapping) => Text::Mapped(mapping),
            Body::Bytes(bytes) => Text::Bytes(bytes),
            Body::Stream(input) => Text::Stream(Stream::start(input, pace)),
        };
        Blocks { body, consumed: 0 }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("name", &self.name)
            .field("transport", &self.transport())
            .field("stored_len", &self.stored_len)
            .finish_non_exhaustive()
    }
}

/// The (decompressed) text of an input as a window: octets that came in and were not yet consumed.
///
/// The window only ever grows by [`more`](Self::more) and only shrinks, from the front, by
/// [`consume`](Self::consume). How long it may grow is the caller's decision. Dropping this ends
/// the thread that reads ahead; but while that waits for a pipe or a terminal on which nothing
/// comes, it goes on to wait, with the input open, until something comes or the process ends.
pub struct Blocks {
    body: Text,
    consumed: u64,
}

/// For readers that take octets as they come.
impl Read for Blocks {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.window().is_empty() && !out.is_empty() {
            self.more().map_err(io::Error::other)?;
        }
        let len = self.window().len().min(out.len());
        out[..len].copy_from_slice(&self.window()[..len]);
        self.consume(len);
        Ok(len)
    }
}

enum Text {
    Mapped(Arc<Mapping>),
    Bytes(Arc<Vec<u8>>),
    Stream(Stream),
}

impl Blocks {
    /// The octets that came in and were not yet consumed. For mapped files, and for octets given in
    /// memory, all the rest at once.
    #[must_use]
    pub fn window(&self) -> &[u8] {
        match &self.body {
            Text::Mapped(mapping) => behind(mapping.bytes(), self.consumed),
            Text::Bytes(bytes) => behind(bytes, self.consumed),
            Text::Stream(stream) => stream.window(),
        }
    }

    /// Takes `n` octets from the front of the window; all of it when it has fewer.
    pub fn consume(&mut self, n: usize) {
        let n = n.min(self.window().len());
        self.consumed += n as u64;
        match &mut self.body {
            Text::Mapped(mapping) => {
                mapping.release(usize::try_from(self.consumed).unwrap_or(usize::MAX));
            }
            Text::Bytes(_) => {}
            Text::Stream(stream) => stream.consume(n),
        }
    }

    /// Makes the window longer, by 1 MiB or the rest of the input, or by at least one octet where
    /// the input is taken live; `false` when it already reached the end of the input. Waits for the input where it must. What is in the window stays there.
    ///
    /// # Errors
    /// Whatever stops the reading. The window still holds what was read before, and every further
    /// call gives the same error.
    pub fn more(&mut self) -> Result<bool, SourceError> {
        match &mut self.body {
            Text::Mapped(mapping) => mapping.check().map(|()| false),
            Text::Bytes(_) => Ok(false),
            Text::Stream(stream) => stream.more(),
        }
    }

    /// Whether the window is known to reach the end of the input. Where this is `false`, there may
    /// still be nothing left: only [`more`](Self::more) can tell.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        match &self.body {
            Text::Mapped(_) | Text::Bytes(_) => true,
            Text::Stream(stream) => stream.is_complete(),
        }
    }

    /// Octets of text consumed.
    #[must_use]
    pub fn consumed(&self) -> u64 {
        self.consumed
    }

    /// Octets of the input as stored that were used up: a little ahead of what was consumed when
    /// the input is read or decompressed. For progress, beside [`Source::stored_len`].
    #[must_use]
    pub fn stored_consumed(&self) -> u64 {
        match &self.body {
            Text::Mapped(_) | Text::Bytes(_) => self.consumed,
            Text::Stream(stream) => stream.stored_consumed(),
        }
    }

    /// Whether a mapped file still has all the octets it had: to be asked once its text was used,
    /// and before what follows from it is reported. Other inputs need no such question.
    ///
    /// # Errors
    /// [`SourceError::Shrunk`]; [`SourceError::Io`] when the file's length cannot be had.
    pub fn check(&self) -> Result<(), SourceError> {
        match &self.body {
            Text::Mapped(mapping) => mapping.check(),
            Text::Bytes(_) | Text::Stream(_) => Ok(()),
        }
    }
}

impl fmt::Debug for Blocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blocks")
            .field("consumed", &self.consumed)
            .field("window", &self.window().len())
            .field("is_complete", &self.is_complete())
            .finish_non_exhaustive()
    }
}

fn behind(bytes: &[u8], consumed: u64) -> &[u8] {
    usize::try_from(consumed).ok().and_then(|start| bytes.get(start..)).unwrap_or_default()
}

/// Reads just as many octets as it takes to tell the format, so that a slow pipe is not waited for
/// longer than necessary.
fn sniff(reader: &mut impl Read) -> io::Result<(Vec<u8>, Option<Format>)> {
    let mut head = [0; decompress::LONGEST_SIGNATURE];
    let mut known = 0;
    let mut at_end = false;
    loop {
        let seen = head.get(..known).unwrap_or_default();
        match decompress::guess(seen, at_end) {
            Guess::Compressed(format) => return Ok((seen.to_vec(), Some(format))),
            Guess::Undecided if !at_end => {}
            Guess::Plain | Guess::Undecided => return Ok((seen.to_vec(), None)),
        }
        let space = head.get_mut(known..).unwrap_or_default();
        match reader.read(space) {
            Ok(0) => at_end = true,
            Ok(n) => known += n.min(space.len()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
