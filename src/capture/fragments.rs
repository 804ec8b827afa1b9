//! IP datagrams put together from their fragments (RFC 791 §3.2, RFC 8200 §4.5).
//!
//! Fragments may come in any order. Where two overlap, their datagram is dropped, with all that
//! still comes of it (RFC 5722 §3, here for IPv4, too: nobody fragments that way in good faith);
//! an exact duplicate is no overlap (RFC 8200 §4.5). The library that slices the headers has a pool
//! for fragments as well, but lets them overlap and has no bound.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use etherparse::IpNumber;
use etherparse::ip_number::{AUTH, TCP, UDP};

use super::dissect::Datagram;
use super::ip::Fragment;
use super::options::Limits;
use super::sink::{At, Sink};
use super::time::PacketTime;
use super::totals::Cause;
use super::udp;

/// Octets of a datagram at most: its length has sixteen bits.
const LONGEST: usize = 65_535;

/// Octets that a pending datagram costs besides its content, roughly.
const OVERHEAD: usize = 256;

/// A datagram that is complete.
pub(super) struct Whole {
    pub(super) protocol: IpNumber,
    pub(super) octets: Vec<u8>,
    /// Octets that followed on the wire and were not captured.
    pub(super) missing: usize,
}

/// The datagrams of which some fragments came.
pub(super) struct Fragments {
    limits: Limits,
    pending: HashMap<Key, Pending>,
    /// Their keys by age.
    order: BTreeMap<u64, Key>,
    serial: u64,
    /// Octets they take.
    held: usize,
}

/// What the fragments of a datagram have in common. IPv6 does without the protocol.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    from: IpAddr,
    to: IpAddr,
    id: u32,
    protocol: Option<u8>,
}

struct Pending {
    serial: u64,
    since: Option<PacketTime>,
    last: At,
    state: State,
}

enum State {
    Collecting(Parts),
    /// Fragments overlapped, or it goes to another port: whatever comes is dropped.
    Dropped,
}

#[derive(Default)]
struct Parts {
    octets: Vec<u8>,
    /// What came, as ranges of octets in ascending order.
    ranges: Vec<(usize, usize)>,
    /// Octets in them.
    covered: usize,
    /// What the first fragment says that this is.
    protocol: Option<IpNumber>,
    /// The datagram's length, once its last fragment came.
    end: Option<usize>,
    /// The first octet that came and was not captured.
    cut: Option<usize>,
}

enum Added {
    Yes,
    Duplicate,
    Overlap,
}

impl Fragments {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            limits: *limits,
            pending: HashMap::new(),
            order: BTreeMap::new(),
            serial: 0,
            held: 0,
        }
    }

    /// Takes up a fragment; gives the datagram that it completes.
    pub(super) fn add(
        &mut self,
        part: &Datagram<'_>,
        fragment: Fragment,
        sink: &mut Sink<'_>,
    ) -> Option<Whole> {
        let place = part.at.place;
        let is_v4 = part.from.is_ipv4();
        if is_v4 && ![UDP, TCP, AUTH].contains(&part.protocol) {
            sink.totals.other_transport += 1;
            return None;
        }
        let len = part.payload.len() + part.missing;
        let is_aligned = !fragment.more || len.is_multiple_of(8);
        if !is_aligned || len == 0 || fragment.offset + len > LONGEST {
            sink.fault(Cause::FragmentMalformed, place);
            return None;
        }
        self.expire(part.at.time, sink);
        let key = Key {
            from: part.from,
            to: part.to,
            id: fragment.id,
            protocol: is_v4.then_some(part.protocol.0),
        };
        let pending = self.pending.entry(key).or_insert_with(|| {
            self.serial += 1;
            self.order.insert(self.serial, key);
            self.held += OVERHEAD;
            let state = State::Collecting(Parts::default());
            Pending { serial: self.serial, since: part.at.time, last: part.at, state }
        });
        pending.last = part.at;
        let State::Collecting(parts) = &mut pending.state else { return None };
        let before = parts.octets.capacity();
        let dropped = match parts.add(part, fragment) {
            Added::Overlap => Some(Cause::FragmentOverlap),
            Added::Yes | Added::Duplicate if parts.is_for_others(sink) => None,
            Added::Yes | Added::Duplicate => {
                self.held = self.held + parts.octets.capacity() - before;
                if parts.is_complete() {
                    return self.take(&key);
                }
                self.make_room(sink);
                return None;
            }
        };
        match dropped {
            Some(cause) => sink.fault(cause, place),
            None => sink.totals.other_port += 1,
        }
        self.held -= before;
        pending.state = State::Dropped;
        self.make_room(sink);
        None
    }

    /// No more will come.
    pub(super) fn finish(&mut self, sink: &mut Sink<'_>) {
        while let Some((_, key)) = self.order.first_key_value() {
            self.give_up(*key, Cause::FragmentsMissing, sink);
        }
    }

    fn take(&mut self, key: &Key) -> Option<Whole> {
        let State::Collecting(parts) = self.remove(key)?.state else { return None };
        let Parts { mut octets, protocol, end, cut, .. } = parts;
        let end = end?;
        octets.truncate(cut.unwrap_or(end));
        let missing = end - octets.len();
        Some(Whole { protocol: protocol?, octets, missing })
    }

    fn remove(&mut self, key: &Key) -> Option<Pending> {
        let pending = self.pending.remove(key)?;
        self.order.remove(&pending.serial);
        self.held -= OVERHEAD;
        if let State::Collecting(parts) = &pending.state {
            self.held -= parts.octets.capacity();
        }
        Some(pending)
    }

    fn give_up(&mut self, key: Key, cause: Cause, sink: &mut Sink<'_>) {
        if let Some(Pending { state: State::Collecting(_), last, .. }) = self.remove(&key) {
            sink.fault(cause, last.place);
        }
    }

    fn make_room(&mut self, sink: &mut Sink<'_>) {
        while self.held > self.limits.fragment_octets
            || self.pending.len() > self.limits.fragmented_datagrams
        {
            let Some((_, key)) = self.order.first_key_value() else { return };
            self.give_up(*key, Cause::FragmentsLimit, sink);
        }
    }

    fn expire(&mut self, now: Option<PacketTime>, sink: &mut Sink<'_>) {
        let patience = i64::from(self.limits.fragment_seconds);
        while let Some((_, key)) = self.order.first_key_value() {
            let since = self.pending.get(key).and_then(|pending| pending.since);
            match (now, since) {
                (Some(now), Some(since)) if now.seconds_since(since) > patience => {
                    self.give_up(*key, Cause::FragmentsMissing, sink);
                }
                _ => return,
            }
        }
    }
}

impl Parts {
    fn add(&mut self, part: &Datagram<'_>, fragment: Fragment) -> Added {
        let Fragment { offset, more, .. } = fragment;
        let end = offset + part.payload.len() + part.missing;
        let captured = offset + part.payload.len();
        let at = self.ranges.partition_point(|(start, _)| *start < offset);
        if self.ranges.get(at) == Some(&(offset, end)) {
            let same = self.octets.get(offset..captured) == Some(part.payload)
                && self.end.is_none_or(|known| (known == end) != more);
            return if same { Added::Duplicate } else { Added::Overlap };
        }
        let overlaps_before = at > 0 && self.ranges.get(at - 1).is_some_and(|r| r.1 > offset);
        let overlaps_behind = self.ranges.get(at).is_some_and(|(start, _)| *start < end);
        let beyond = self.end.is_some_and(|known| end > known || !more);
        let last = self.ranges.last().map_or(0, |(_, last)| *last);
        if overlaps_before || overlaps_behind || beyond || !more && end < last {
            return Added::Overlap;
        }
        self.ranges.insert(at, (offset, end));
        self.covered += end - offset;
        if self.octets.len() < end {
            self.octets.resize(end, 0);
        }
        if let Some(space) = self.octets.get_mut(offset..captured) {
            space.copy_from_slice(part.payload);
        }
        if part.missing > 0 {
            self.cut = Some(self.cut.map_or(captured, |cut| cut.min(captured)));
        }
        if !more {
            self.end = Some(end);
        }
        if offset == 0 {
            self.protocol = Some(part.protocol);
        }
        Added::Yes
    }

    /// The ranges do not overlap and do not reach beyond the end.
    fn is_complete(&self) -> bool {
        self.end == Some(self.covered)
    }

    /// Whether the first fragment came and has ports that nobody asked about.
    fn is_for_others(&self, sink: &Sink<'_>) -> bool {
        let has_ports = matches!(self.protocol, Some(UDP | TCP)) && self.cut.is_none_or(|c| c >= 4);
        has_ports && udp::ports(&self.octets).is_some_and(|ports| !sink.wants(ports))
    }
}
