//! One direction of a TCP connection: octets in order, and the messages among them.
//!
//! Octets have *positions*: sequence numbers of 64 bits that do not wrap around. Those below `next`
//! were taken up; segments beyond it wait in `ahead`. When what is missing before them is given up,
//! the stream stays in step if the length of the message that the gap falls into is known and the
//! gap ends within it: the next message begins where this one would have ended. Otherwise, and in a
//! stream that was joined midway, a message is looked for at the beginning of each segment, and
//! taken for one only if it is laid out as one from its header to its last octet.

use std::collections::{BTreeMap, VecDeque};

use super::super::message::{Message, Transport};
use super::super::options::Limits;
use super::super::shape::{Shape, framed};
use super::super::sink::{At, HEADER, Sink};
use super::super::time::PacketTime;
use super::super::totals::Cause;
use super::{Flow, Segment};

/// Octets of the length before each message.
const LENGTH: usize = 2;

/// Octets that a waiting segment costs besides its content, roughly.
const OVERHEAD: usize = 96;

/// How far from the octet that is awaited a segment may be and still belong to the stream. No
/// window that DNS is spoken with is larger; what is farther away belongs to another connection
/// with the same ports, or follows a gap that nothing would be kept for.
const REACH: u64 = 1 << 24;

/// Where the first octet of a stream stands.
#[derive(Clone, Copy)]
pub(super) struct Origin {
    /// The sequence number of its first octet.
    sequence: u32,
    /// Whether that is known to be the first one, by a SYN.
    is_start: bool,
}

impl Origin {
    pub(super) fn of(segment: &Segment<'_>) -> Self {
        // A SYN counts as one octet before the first.
        let sequence = segment.sequence.wrapping_add(segment.syn.into());
        Self { sequence, is_start: segment.syn }
    }

    /// Positions begin where none can become negative.
    fn position(self) -> u64 {
        (1 << 32) + u64::from(self.sequence)
    }
}

pub(super) struct Stream {
    flow: Flow,
    origin: Origin,
    /// The position of the octet that is awaited.
    next: u64,
    framing: Framing,
    /// Octets before `next` that are not used up: the beginning of a message with its length, or
    /// whatever is looked through for one.
    buffer: Vec<u8>,
    /// Segments that begin beyond `next`, by position.
    ahead: BTreeMap<u64, Piece>,
    /// Octets of those, and what they cost.
    ahead_held: usize,
    /// Since when they wait.
    ahead_since: Option<PacketTime>,
    last: At,
}

enum Framing {
    /// The buffer begins with the length of a message.
    InStep,
    /// So many octets are left of a message that lacks some.
    Skipping(u64),
    /// Positions at which a message may begin, in ascending order, none before the buffer.
    Searching(VecDeque<u64>),
}

struct Piece {
    octets: Vec<u8>,
    /// Octets that followed on the wire and were not captured.
    missing: usize,
}

impl Stream {
    pub(super) fn new(flow: Flow, origin: Origin, at: At) -> Self {
        let framing =
            if origin.is_start { Framing::InStep } else { Framing::Searching(VecDeque::new()) };
        Self {
            flow,
            origin,
            next: origin.position(),
            framing,
            buffer: Vec::new(),
            ahead: BTreeMap::new(),
            ahead_held: 0,
            ahead_since: None,
            last: at,
        }
    }

    /// Octets of memory that its content takes.
    pub(super) fn held(&self) -> usize {
        self.buffer.capacity() + self.ahead_held
    }

    /// Its last packet.
    pub(super) fn last(&self) -> At {
        self.last
    }

    /// Takes up a segment.
    pub(super) fn segment(&mut self, segment: &Segment<'_>, limits: &Limits, sink: &mut Sink<'_>) {
        let origin = Origin::of(segment);
        let position = self.position(origin.sequence);
        if segment.syn && origin.sequence != self.origin.sequence
            || position.is_none_or(|position| self.next.abs_diff(position) > REACH)
        {
            self.finish(sink);
            *self = Self::new(self.flow, origin, segment.at);
        } else if segment.syn {
            self.confirm_start(sink);
        }
        let position = self.position(origin.sequence).unwrap_or(self.next);
        self.last = segment.at;
        self.take_up(position, segment.payload, segment.missing, sink);
        if self.ahead.is_empty() {
            self.ahead_since = None;
        } else if self.ahead_since.is_none() {
            self.ahead_since = segment.at.time;
        }
        self.lose_patience(limits, sink);
        let end = position + (segment.payload.len() + segment.missing) as u64;
        if segment.rst || segment.fin && end <= self.next {
            self.finish(sink);
        }
    }

    /// Gives up what is missing, and what is incomplete. The stream may still go on.
    pub(super) fn finish(&mut self, sink: &mut Sink<'_>) {
        while !self.ahead.is_empty() {
            self.give_up_gap(sink);
        }
        while let Framing::Searching(candidates) = &mut self.framing
            && candidates.pop_front().is_some()
        {
            self.search(sink);
        }
        if matches!(self.framing, Framing::InStep) && !self.buffer.is_empty() {
            sink.fault(Cause::TcpUnfinished, self.last.place);
            self.deliver_beginning(sink);
            self.framing = Framing::Searching(VecDeque::new());
        }
    }

    /// The position nearest to `next` that has this sequence number; none before the first one.
    fn position(&self, sequence: u32) -> Option<u64> {
        // The lower half of `next` is its sequence number.
        let distance = sequence.wrapping_sub(self.next as u32) as i32;
        self.next.checked_add_signed(distance.into())
    }

    /// A SYN that came after segments that follow it: they were the beginning after all.
    fn confirm_start(&mut self, sink: &mut Sink<'_>) {
        self.origin.is_start = true;
        let start = self.next - self.buffer.len() as u64;
        if matches!(self.framing, Framing::Searching(_)) && start == self.origin.position() {
            self.restart(sink);
        }
    }

    /// Takes what the buffer has for the beginning of a message, and those that follow.
    fn restart(&mut self, sink: &mut Sink<'_>) {
        self.framing = Framing::InStep;
        let octets = std::mem::take(&mut self.buffer);
        self.in_step(&octets, sink);
    }

    fn take_up(&mut self, position: u64, octets: &[u8], missing: usize, sink: &mut Sink<'_>) {
        if position > self.next {
            self.keep(position, octets, missing);
            return;
        }
        self.follow(position, octets, missing, sink);
        while let Some(entry) = self.ahead.first_entry().filter(|first| *first.key() <= self.next) {
            let (position, piece) = entry.remove_entry();
            self.ahead_held -= piece.cost();
            self.follow(position, &piece.octets, piece.missing, sink);
        }
    }

    /// Keeps a segment for later; of two at the same place, the longer one.
    fn keep(&mut self, position: u64, octets: &[u8], missing: usize) {
        if octets.is_empty() && missing == 0 {
            return;
        }
        if let Some(known) = self.ahead.get(&position) {
            if known.octets.len() >= octets.len() {
                return;
            }
            self.ahead_held -= known.cost();
        }
        let piece = Piece { octets: octets.to_vec(), missing };
        self.ahead_held += piece.cost();
        self.ahead.insert(position, piece);
    }

    /// Takes up a segment that leaves no gap, without what was there before.
    fn follow(&mut self, position: u64, octets: &[u8], missing: usize, sink: &mut Sink<'_>) {
        let known = usize::try_from(self.next - position).unwrap_or(usize::MAX);
        if let Some(new) = octets.get(known..).filter(|new| !new.is_empty()) {
            if let (Framing::Searching(candidates), 0) = (&mut self.framing, known) {
                candidates.push_back(position);
            }
            self.accept(new, sink);
        }
        let end = position + (octets.len() + missing) as u64;
        if end > self.next {
            self.lose(end, sink);
        }
    }

    fn accept(&mut self, octets: &[u8], sink: &mut Sink<'_>) {
        self.next += octets.len() as u64;
        match self.framing {
            Framing::InStep => self.in_step(octets, sink),
            Framing::Skipping(left) => {
                let skipped = left.min(octets.len() as u64);
                sink.totals.tcp_octets_lost += skipped;
                match left - skipped {
                    0 => self.framing = Framing::InStep,
                    left => self.framing = Framing::Skipping(left),
                }
                let rest = octets.get(usize::try_from(skipped).unwrap_or(usize::MAX)..);
                self.in_step(rest.unwrap_or_default(), sink);
            }
            Framing::Searching(_) => {
                self.buffer.extend_from_slice(octets);
                self.search(sink);
            }
        }
    }

    /// Hands on the messages that the buffer and `octets` hold, and keeps the rest.
    fn in_step(&mut self, mut octets: &[u8], sink: &mut Sink<'_>) {
        while !octets.is_empty() {
            if self.buffer.is_empty() {
                let Some((message, rest)) = split_message(octets) else { break };
                self.deliver(message, true, sink);
                octets = rest;
                continue;
            }
            // No more than the rest of this message, so that nothing is moved twice.
            let wanted = wanted(&self.buffer).min(octets.len());
            let (part, rest) = octets.split_at(wanted);
            self.buffer.extend_from_slice(part);
            octets = rest;
            if wanted_is_none(&self.buffer) {
                let buffer = std::mem::take(&mut self.buffer);
                self.deliver(buffer.get(LENGTH..).unwrap_or_default(), true, sink);
            }
        }
        self.buffer.extend_from_slice(octets);
    }

    /// Looks for a message at the candidates, as far as octets are there to tell.
    fn search(&mut self, sink: &mut Sink<'_>) {
        let Framing::Searching(candidates) = &mut self.framing else { return };
        let start = self.next - self.buffer.len() as u64;
        let mut shape = Shape::Other;
        let mut at = self.buffer.len();
        while let Some(candidate) = candidates.front() {
            at = usize::try_from(candidate - start).unwrap_or(usize::MAX);
            shape = framed(self.buffer.get(at..).unwrap_or_default());
            if shape != Shape::Other {
                break;
            }
            candidates.pop_front();
            at = self.buffer.len();
        }
        if at > 0 {
            sink.fault(Cause::TcpUnsynchronised, self.last.place);
            sink.totals.tcp_octets_lost += at as u64;
            self.buffer.drain(..at.min(self.buffer.len()));
        }
        if self.buffer.is_empty() {
            self.buffer = Vec::new();
        }
        if shape == Shape::Message {
            self.restart(sink);
        }
    }

    /// Bounds what is kept, and how long, for the sake of what is missing.
    fn lose_patience(&mut self, limits: &Limits, sink: &mut Sink<'_>) {
        let patience = i64::from(limits.tcp_gap_seconds);
        if let (Some(now), Some(since)) = (self.last.time, self.ahead_since)
            && now.seconds_since(since) > patience
        {
            self.give_up_gap(sink);
            self.ahead_since = self.last.time.filter(|_| !self.ahead.is_empty());
        }
        if self.ahead_held > limits.tcp_stream_octets {
            sink.fault(Cause::TcpStreamLimit, self.last.place);
        }
        while self.ahead_held > limits.tcp_stream_octets {
            self.give_up_gap(sink);
        }
    }

    /// Goes on behind what is missing before the first segment that waits.
    fn give_up_gap(&mut self, sink: &mut Sink<'_>) {
        let Some(first) = self.ahead.first_entry() else { return };
        let (position, piece) = first.remove_entry();
        self.ahead_held -= piece.cost();
        if position > self.next {
            self.lose(position, sink);
        }
        self.take_up(position, &piece.octets, piece.missing, sink);
    }

    /// The octets up to a position were not captured.
    fn lose(&mut self, position: u64, sink: &mut Sink<'_>) {
        sink.fault(Cause::TcpGap, self.last.place);
        let missing = position - self.next;
        // What is left of the message that the gap begins in.
        let left = match &self.framing {
            Framing::InStep if self.buffer.len() >= LENGTH => wanted(&self.buffer) as u64,
            Framing::InStep | Framing::Searching(_) => 0,
            Framing::Skipping(left) => *left,
        };
        if matches!(self.framing, Framing::InStep) {
            self.deliver_beginning(sink);
        }
        sink.totals.tcp_octets_lost += self.buffer.len() as u64;
        self.buffer = Vec::new();
        self.next = position;
        self.framing = match left.checked_sub(missing) {
            Some(0) => Framing::InStep,
            Some(left) => Framing::Skipping(left),
            None => Framing::Searching(VecDeque::new()),
        };
    }

    /// Hands on what there is of a message whose rest is missing, if that is at least a header.
    fn deliver_beginning(&mut self, sink: &mut Sink<'_>) {
        let buffer = std::mem::take(&mut self.buffer);
        match buffer.get(LENGTH..) {
            Some(octets) if octets.len() >= HEADER => self.deliver(octets, false, sink),
            _ => sink.totals.tcp_octets_lost += buffer.len() as u64,
        }
    }

    fn deliver(&self, octets: &[u8], whole: bool, sink: &mut Sink<'_>) {
        let At { place, time } = self.last;
        sink.message(Message {
            time,
            transport: Transport::Tcp,
            from: Some(self.flow.from),
            to: Some(self.flow.to),
            packet: place.packet,
            offset: place.offset,
            octets,
            whole,
        });
    }
}

impl Piece {
    fn cost(&self) -> usize {
        self.octets.len() + OVERHEAD
    }
}

/// A whole message at the front, without its length, and what follows it.
fn split_message(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = octets.split_first_chunk::<LENGTH>()?;
    rest.split_at_checked(u16::from_be_bytes(*length).into())
}

/// Octets that are wanting of a message's length, or of the message.
fn wanted(buffer: &[u8]) -> usize {
    match buffer.split_first_chunk::<LENGTH>() {
        None => LENGTH - buffer.len(),
        Some((length, rest)) => usize::from(u16::from_be_bytes(*length)) - rest.len(),
    }
}

fn wanted_is_none(buffer: &[u8]) -> bool {
    buffer.len() >= LENGTH && wanted(buffer) == 0
}
