//! One direction of a TCP connection: octets in order, and the messages among them.
//!
//! Octets have *positions*: sequence numbers of 64 bits, of which segments state the lower half. Those below `next`
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

pub(super) struct Stream {
    flow: Flow,
    /// The position of the first octet.
    start: u64,
    /// Whether that is known to be the connection's first one, by a SYN.
    is_start: bool,
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
    /// The beginning of a message is looked for.
    Searching(Search),
}

#[derive(Default)]
struct Search {
    /// Positions at which a message may begin, in ascending order, none before the buffer.
    candidates: VecDeque<u64>,
    /// The position to be reached before it is worth looking at the first of them again.
    look_at: u64,
}

struct Piece {
    octets: Vec<u8>,
    /// Octets that followed on the wire and were not captured.
    missing: usize,
}

impl Stream {
    /// A stream that begins with this segment, which is not taken up yet.
    pub(super) fn new(flow: Flow, segment: &Segment<'_>) -> Self {
        let framing =
            if segment.syn { Framing::InStep } else { Framing::Searching(Search::default()) };
        // Positions begin where none can become negative.
        let start = (1 << 32) + u64::from(first_octet(segment));
        Self {
            flow,
            start,
            is_start: segment.syn,
            next: start,
            framing,
            buffer: Vec::new(),
            ahead: BTreeMap::new(),
            ahead_held: 0,
            ahead_since: None,
            last: segment.at,
        }
    }

    /// Octets of memory that its content takes.
    pub(super) fn held(&self) -> usize {
        let candidates = match &self.framing {
            Framing::Searching(search) => search.candidates.capacity() * size_of::<u64>(),
            Framing::InStep | Framing::Skipping(_) => 0,
        };
        self.buffer.capacity() + self.ahead_held + candidates
    }

    /// Its last packet.
    pub(super) fn last(&self) -> At {
        self.last
    }

    /// Takes up a segment.
    pub(super) fn segment(&mut self, segment: &Segment<'_>, limits: &Limits, sink: &mut Sink<'_>) {
        let len = (segment.payload.len() + segment.missing) as u64;
        let sequence = first_octet(segment);
        let is_near = |position: &u64| self.next.abs_diff(*position) <= REACH;
        let position = self.position(sequence).filter(is_near);
        if len == 0 && !segment.syn && position.is_none() {
            return;
        }
        let same = if segment.syn { self.take_start(segment, sink) } else { position.is_some() };
        if !same {
            self.finish(sink);
            *self = Self::new(self.flow, segment);
        }
        self.last = segment.at;
        let position = self.position(sequence).unwrap_or(self.next);
        self.take_up(position, segment.payload, segment.missing, sink);
        if self.ahead.is_empty() {
            self.ahead_since = None;
        } else if self.ahead_since.is_none() {
            self.ahead_since = segment.at.time;
        }
        self.lose_patience(limits, sink);
        if segment.rst || segment.fin && position + len <= self.next {
            self.finish(sink);
        }
    }

    /// Gives up what is missing, and what is incomplete. The stream may still go on.
    pub(super) fn finish(&mut self, sink: &mut Sink<'_>) {
        while !self.ahead.is_empty() {
            self.give_up_gap(sink);
        }
        while let Framing::Searching(search) = &mut self.framing
            && search.candidates.pop_front().is_some()
        {
            search.look_at = 0;
            self.search(sink);
        }
        if matches!(self.framing, Framing::InStep) && !self.buffer.is_empty() {
            sink.fault(Cause::TcpUnfinished, self.last.place);
            self.deliver_beginning(sink);
            self.framing = Framing::Searching(Search::default());
        }
    }

    /// The position nearest to `next` that has this sequence number; none before the first one.
    fn position(&self, sequence: u32) -> Option<u64> {
        let distance = sequence.wrapping_sub(sequence_number(self.next)) as i32;
        self.next.checked_add_signed(distance.into())
    }

    /// Takes up where a SYN says that the stream begins; `false` where that is another stream's
    /// beginning. Segments may have come before it: they are put behind it then.
    fn take_start(&mut self, segment: &Segment<'_>, sink: &mut Sink<'_>) -> bool {
        let before = u64::from(sequence_number(self.start).wrapping_sub(first_octet(segment)));
        let is_untouched = matches!(self.framing, Framing::Searching(_))
            && self.next - self.buffer.len() as u64 == self.start;
        if self.is_start || !is_untouched {
            return before == 0;
        }
        if before > REACH {
            return false;
        }
        let (came_at, octets) = (self.start, std::mem::take(&mut self.buffer));
        self.is_start = true;
        self.start -= before;
        self.next = self.start;
        self.framing = Framing::InStep;
        self.last = segment.at;
        self.take_up(came_at, &octets, 0, sink);
        true
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
            if let (Framing::Searching(search), 0) = (&mut self.framing, known) {
                search.candidates.push_back(position);
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
            let (part, rest) = octets.split_at(missing(&self.buffer).min(octets.len()));
            self.buffer.extend_from_slice(part);
            octets = rest;
            if is_message(&self.buffer) {
                let buffer = std::mem::take(&mut self.buffer);
                self.deliver(buffer.get(LENGTH..).unwrap_or_default(), true, sink);
            }
        }
        self.buffer.extend_from_slice(octets);
    }

    /// Looks for a message at the candidates, as far as octets are there to tell.
    fn search(&mut self, sink: &mut Sink<'_>) {
        let Framing::Searching(search) = &mut self.framing else { return };
        if self.next < search.look_at {
            return;
        }
        let start = self.next - self.buffer.len() as u64;
        let mut found = None;
        while let Some(candidate) = search.candidates.front() {
            let at = usize::try_from(candidate - start).unwrap_or(usize::MAX);
            let octets = self.buffer.get(at..).unwrap_or_default();
            match framed(octets) {
                Shape::Other => search.candidates.pop_front(),
                shape => {
                    // Only so often that looking costs no more than the octets that came.
                    let more = missing(octets).min(octets.len()).max(1);
                    search.look_at = self.next + more as u64;
                    found = Some((at, shape));
                    break;
                }
            };
        }
        let (at, shape) = found.unwrap_or((self.buffer.len(), Shape::Other));
        if at > 0 {
            sink.fault(Cause::TcpUnsynchronised, self.last.place);
            sink.totals.tcp_octets_lost += at as u64;
            self.buffer.drain(..at);
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
        let lost = position - self.next;
        // What is left of the message that the gap begins in.
        let left = match &self.framing {
            Framing::InStep if self.buffer.len() >= LENGTH => missing(&self.buffer) as u64,
            Framing::InStep | Framing::Searching(_) => 0,
            Framing::Skipping(left) => *left,
        };
        if matches!(self.framing, Framing::InStep) {
            self.deliver_beginning(sink);
        }
        sink.totals.tcp_octets_lost += self.buffer.len() as u64;
        self.buffer = Vec::new();
        self.next = position;
        self.framing = match left.checked_sub(lost) {
            Some(0) => Framing::InStep,
            Some(left) => Framing::Skipping(left),
            None => Framing::Searching(Search::default()),
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

/// Octets that are missing of a message's length, or of the message.
fn missing(buffer: &[u8]) -> usize {
    match buffer.split_first_chunk::<LENGTH>() {
        None => LENGTH - buffer.len(),
        Some((length, rest)) => usize::from(u16::from_be_bytes(*length)).saturating_sub(rest.len()),
    }
}

fn is_message(buffer: &[u8]) -> bool {
    buffer.len() >= LENGTH && missing(buffer) == 0
}

/// The sequence number of a segment's first octet: a SYN counts as one before it.
fn first_octet(segment: &Segment<'_>) -> u32 {
    segment.sequence.wrapping_add(segment.syn.into())
}

fn sequence_number(position: u64) -> u32 {
    (position & 0xffff_ffff) as u32
}
