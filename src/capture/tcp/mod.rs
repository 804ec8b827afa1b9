//! TCP streams (RFC 9293): segments in any order to the messages they carry (RFC 1035 §4.2.2,
//! RFC 7766 §8).
//!
//! Each direction of a connection is a stream of its own, told by addresses and ports. This is the
//! table of them; [`stream`] is what happens in one.

mod stream;

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;

use super::options::Limits;
use super::sink::{At, Sink};
use super::time::PacketTime;
use super::totals::Cause;

use stream::Stream;

/// A segment as it was captured.
pub(super) struct Segment<'a> {
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    pub(super) sequence: u32,
    pub(super) syn: bool,
    pub(super) fin: bool,
    pub(super) rst: bool,
    pub(super) payload: &'a [u8],
    /// Octets that followed on the wire and were not captured.
    pub(super) missing: usize,
    pub(super) at: At,
}

/// One direction of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Flow {
    from: SocketAddr,
    to: SocketAddr,
}

/// The streams that are remembered: also those that ended, so that a segment sent again is not taken
/// for the beginning of another.
pub(super) struct Streams {
    limits: Limits,
    streams: HashMap<Flow, Entry>,
    /// The streams by the last use of each.
    order: BTreeMap<u64, Flow>,
    clock: u64,
    /// Octets that all of them keep.
    held: usize,
}

struct Entry {
    used: u64,
    stream: Stream,
}

impl Streams {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { limits: *limits, streams: HashMap::new(), order: BTreeMap::new(), clock: 0, held: 0 }
    }

    /// Takes up a segment, and hands on the messages that it completes.
    pub(super) fn segment(&mut self, segment: &Segment<'_>, sink: &mut Sink<'_>) {
        self.expire(segment.at.time, sink);
        let flow = Flow { from: segment.from, to: segment.to };
        let is_empty = segment.payload.is_empty() && segment.missing == 0;
        if !self.streams.contains_key(&flow) && is_empty && !segment.syn {
            return;
        }
        self.clock += 1;
        let new = || Entry { used: 0, stream: Stream::new(flow, segment) };
        let entry = self.streams.entry(flow).or_insert_with(new);
        self.order.remove(&entry.used);
        entry.used = self.clock;
        self.order.insert(self.clock, flow);
        let before = entry.stream.held();
        entry.stream.segment(segment, &self.limits, sink);
        self.held = self.held + entry.stream.held() - before;
        while self.held > self.limits.tcp_octets || self.streams.len() > self.limits.tcp_streams {
            let Some((_, flow)) = self.order.first_key_value() else { return };
            self.forget(*flow, Some(Cause::TcpLimit), sink);
        }
    }

    /// No more will come.
    pub(super) fn finish(&mut self, sink: &mut Sink<'_>) {
        while let Some((_, flow)) = self.order.first_key_value() {
            self.forget(*flow, None, sink);
        }
    }

    /// Ends a stream; `cause` is reported where that loses something.
    fn forget(&mut self, flow: Flow, cause: Option<Cause>, sink: &mut Sink<'_>) {
        let Some(Entry { used, mut stream }) = self.streams.remove(&flow) else { return };
        self.order.remove(&used);
        let held = stream.held();
        self.held -= held;
        if let Some(cause) = cause.filter(|_| held > 0) {
            sink.fault(cause, stream.last().place);
        }
        stream.finish(sink);
    }

    fn expire(&mut self, now: Option<PacketTime>, sink: &mut Sink<'_>) {
        let patience = i64::from(self.limits.tcp_idle_seconds);
        while let Some((_, flow)) = self.order.first_key_value() {
            let last = self.streams.get(flow).and_then(|entry| entry.stream.last().time);
            match (now, last) {
                (Some(now), Some(last)) if now.seconds_since(last) > patience => {
                    self.forget(*flow, None, sink);
                }
                _ => return,
            }
        }
    }
}
