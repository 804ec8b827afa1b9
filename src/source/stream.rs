//! Input that cannot be mapped: a thread reads (and decompresses) ahead, block by block, and the
//! consumer sees the blocks as one window that slides over the text.
//!
//! ```text
//! reader ─► Tap (counts) ─► decompressor ─► blocks of 1 MiB ─► bounded channel ─► window
//!                                              ▲                                   │
//!                                              └────── spent blocks come back ◄────┘
//! ```
//!
//! Memory is the window plus at most [`BLOCKS_AHEAD`] + 2 blocks. When the consumer is dropped the
//! channel closes and the thread ends with the block it is filling; only a read that the operating
//! system holds up (a pipe that nobody writes to) can delay it, and nothing waits for it.

use std::io::{self, BufReader, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use crossbeam::channel::{Receiver, Sender, bounded};

use super::decompress::{self, Format};
use super::error::SourceError;

/// Octets by which the window grows at once, unless the input ends before.
pub(super) const BLOCK: usize = 1 << 20;

/// Blocks that may wait between the thread and the consumer.
const BLOCKS_AHEAD: usize = 4;

/// Octets of compressed input read at once.
const READ_AHEAD: usize = 256 << 10;

/// The consumer's end.
pub(super) struct Stream {
    name: Arc<str>,
    blocks: Receiver<Message>,
    spent: Sender<Vec<u8>>,
    buffer: Vec<u8>,
    /// Where in `buffer` the window starts.
    start: usize,
    /// Octets received in all.
    received: u64,
    state: State,
    tap: Arc<TapState>,
}

enum State {
    Flowing,
    Complete,
    Failed(SourceError),
}

/// An input on its way to become a [`Stream`].
pub(super) struct Input {
    pub(super) name: Arc<str>,
    pub(super) reader: Box<dyn Read + Send>,
    pub(super) format: Option<Format>,
    /// Octets a regular file holds: fewer mean that it was cut short meanwhile.
    pub(super) expected: Option<u64>,
}

/// When a block is sent on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// Once it is full: the fewest hand-overs.
    Full,
    /// After every read that gave something.
    AsItComes,
}

impl Stream {
    /// Starts the thread. Should there be none to be had, the first [`more`](Self::more) says so.
    pub(super) fn start(input: Input, pace: Pace) -> Self {
        let (block_sender, blocks) = bounded(BLOCKS_AHEAD);
        let (spent, spent_receiver) = bounded(BLOCKS_AHEAD + 2);
        let tap = Arc::new(TapState::default());
        let name = Arc::clone(&input.name);
        let producer =
            Producer { tap: Arc::clone(&tap), pace, blocks: block_sender, spent: spent_receiver };
        let started = thread::Builder::new()
            .name("reader".into())
            .spawn(move || producer.run(input))
            .map_err(|error| SourceError::from_io(&name, 0, Arc::new(error)));
        let state = match started {
            Ok(_detached) => State::Flowing,
            Err(error) => State::Failed(error),
        };
        Self { name, blocks, spent, buffer: Vec::new(), start: 0, received: 0, state, tap }
    }

    pub(super) fn window(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    pub(super) fn consume(&mut self, n: usize) {
        self.start = self.start.saturating_add(n).min(self.buffer.len());
    }

    pub(super) fn is_complete(&self) -> bool {
        matches!(self.state, State::Complete)
    }

    pub(super) fn stored_consumed(&self) -> u64 {
        self.tap.count.load(Ordering::Relaxed)
    }

    pub(super) fn more(&mut self) -> Result<bool, SourceError> {
        match &self.state {
            State::Flowing => {}
            State::Complete => return Ok(false),
            State::Failed(error) => return Err(error.clone()),
        }
        let failure = match self.blocks.recv() {
            Ok(Message::Block(block)) => {
                if block.last {
                    self.state = State::Complete;
                }
                let grew = self.append(block);
                // A failure may follow a block without text, but never the end.
                return if grew || self.is_complete() { Ok(grew) } else { self.more() };
            }
            Ok(Message::Failed(error)) => error,
            Err(_hung_up) => {
                SourceError::Stopped { name: Arc::clone(&self.name), after_bytes: self.received }
            }
        };
        self.state = State::Failed(failure.clone());
        Err(failure)
    }

    /// Puts a block behind the window; whether that made it longer.
    fn append(&mut self, block: Block) -> bool {
        let text = block.bytes.get(..block.filled).unwrap_or_default();
        self.make_room();
        self.buffer.extend_from_slice(text);
        self.received += text.len() as u64;
        let grew = !text.is_empty();
        // The thread may be gone, or have all the spare blocks it can use.
        let _ = self.spent.try_send(block.bytes);
        grew
    }

    /// Moves the unread tail to the front, once that moves no more octets than were consumed: the
    /// cost of all moves is then bounded by the length of the text, whatever the caller's steps.
    fn make_room(&mut self) {
        let unread = self.buffer.len() - self.start;
        if unread <= self.start {
            self.buffer.copy_within(self.start.., 0);
            self.buffer.truncate(unread);
            self.start = 0;
        }
    }
}

enum Message {
    Block(Block),
    Failed(SourceError),
}

struct Block {
    /// Always of length [`BLOCK`]: blocks are reused, and need not be cleared again.
    bytes: Vec<u8>,
    /// Octets of it that are text.
    filled: usize,
    /// No block follows.
    last: bool,
}

/// The thread's end.
struct Producer {
    tap: Arc<TapState>,
    pace: Pace,
    blocks: Sender<Message>,
    spent: Receiver<Vec<u8>>,
}

impl Producer {
    fn run(self, input: Input) {
        let Input { name, reader, format, expected } = input;
        let tap = Tap { inner: reader, state: Arc::clone(&self.tap) };
        let mut delivered = 0;
        let outcome = match format {
            None => self.pump(tap, &mut delivered),
            Some(format) => decompress::decoder(format, BufReader::with_capacity(READ_AHEAD, tap))
                .map_err(Fault::Read)
                .and_then(|decoder| self.pump(decoder, &mut delivered)),
        };
        let failure = match outcome {
            Ok(rest) => {
                let found = self.tap.count.load(Ordering::Relaxed);
                let shrunk = expected.filter(|&expected| found < expected);
                self.send(Message::Block(Block { last: shrunk.is_none(), ..rest }));
                let Some(expected) = shrunk else { return };
                SourceError::Shrunk { name, expected, found }
            }
            Err(Fault::Unwanted) => return,
            Err(Fault::Read(error)) => self.explain(&name, format, delivered, error),
        };
        self.send(Message::Failed(failure));
    }

    /// Sends blocks, full ones unless the pace is another, until the input ends, and returns the
    /// last one, which is not full.
    ///
    /// `delivered` counts the octets of text, also when this fails.
    fn pump(&self, mut reader: impl Read, delivered: &mut u64) -> Result<Block, Fault> {
        loop {
            let mut bytes = self.spent.try_recv().unwrap_or_else(|_| vec![0; BLOCK]);
            let (filled, end) = fill(&mut reader, &mut bytes, self.pace);
            *delivered += filled as u64;
            let block = Block { bytes, filled, last: false };
            if let Some(Ok(())) = end {
                return Ok(block);
            }
            // What was read before a failure is good, and is delivered.
            if !self.send(Message::Block(block)) {
                return Err(Fault::Unwanted);
            }
            if let Some(Err(error)) = end {
                return Err(Fault::Read(error));
            }
        }
    }

    /// Whether somebody still listens.
    fn send(&self, message: Message) -> bool {
        self.blocks.send(message).is_ok()
    }

    /// Tells a failing reader from failing decompression: the tap remembers the former.
    fn explain(
        &self,
        name: &Arc<str>,
        format: Option<Format>,
        delivered: u64,
        error: io::Error,
    ) -> SourceError {
        match (self.tap.failure.get(), format) {
            (None, Some(format)) => decompress::fault(name, format, delivered, Arc::new(error)),
            (Some(below), _) => SourceError::from_io(name, delivered, Arc::clone(below)),
            (None, None) => SourceError::from_io(name, delivered, Arc::new(error)),
        }
    }
}

enum Fault {
    /// The consumer is gone.
    Unwanted,
    Read(io::Error),
}

/// Fills a block; with it the end of the input, or the failure, that kept it from being full.
fn fill(reader: &mut impl Read, block: &mut [u8], pace: Pace) -> (usize, Option<io::Result<()>>) {
    let mut filled = 0;
    while let Some(space) = block.get_mut(filled..).filter(|space| !space.is_empty()) {
        match reader.read(space) {
            Ok(0) => return (filled, Some(Ok(()))),
            // A reader that claims more than there is room for is not believed.
            Ok(n) => {
                filled += n.min(space.len());
                if pace == Pace::AsItComes {
                    break;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (filled, Some(Err(error))),
        }
    }
    (filled, None)
}

/// Counts the stored octets on their way to the decompressor, and remembers a failure below it.
struct Tap<R> {
    inner: R,
    state: Arc<TapState>,
}

#[derive(Default)]
struct TapState {
    count: AtomicU64,
    failure: OnceLock<Arc<io::Error>>,
}

impl<R: Read> Read for Tap<R> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.inner.read(space) {
                Ok(n) => {
                    let n = n.min(space.len());
                    self.state.count.fetch_add(n as u64, Ordering::Relaxed);
                    return Ok(n);
                }
                // Not every decompressor can be asked again.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let kind = error.kind();
                    let _ = self.state.failure.set(Arc::new(error));
                    return Err(kind.into());
                }
            }
        }
    }
}
