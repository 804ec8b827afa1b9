//! How captures are read, and how much memory that may take.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// How a capture is to be read.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// The ports on which DNS is spoken: 53 by default. A packet counts when it goes to or comes
    /// from one of them. 5353 and 5355 are multicast DNS and LLMNR, which DNSSEC knows nothing of.
    /// Messages in dnstap files are not chosen by port.
    pub ports: Vec<u16>,
    /// What may be kept at once.
    pub limits: Limits,
    /// Set by anybody, this ends the reading with the packet that is read, as if the file ended
    /// there.
    pub stop: Arc<AtomicBool>,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { ports: vec![53], limits: Limits::default(), stop: Arc::default() }
    }
}

/// Bounds on memory and patience. What each costs when it is reached is a fault of its own
/// [`Cause`](super::Cause).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Octets of one record, block or frame of the file. A pcapng block or a dnstap frame that is
    /// longer is skipped; a pcap record that is longer ends the reading, for nothing tells where
    /// the next one begins.
    pub block_octets: usize,
    /// Interfaces that one section of a pcapng file may describe. Packets of further ones are not
    /// read.
    pub interfaces: usize,
    /// Directions of TCP connections that are remembered, with or without octets. The one that was
    /// silent for longest gives way.
    pub tcp_streams: usize,
    /// Octets kept for one of them until what is missing before them comes in. Then what is missing
    /// is given up.
    pub tcp_stream_octets: usize,
    /// Octets kept for all of them. The one that was silent for longest gives way.
    pub tcp_octets: usize,
    /// Seconds, by the packets' times, that what is missing in a stream is waited for.
    pub tcp_gap_seconds: u32,
    /// Seconds, by the packets' times, after which a silent stream is forgotten.
    pub tcp_idle_seconds: u32,
    /// IP datagrams of which some fragments are kept. The oldest gives way.
    pub fragmented_datagrams: usize,
    /// Octets of fragments that are kept. The oldest datagram gives way.
    pub fragment_octets: usize,
    /// Seconds, by the packets' times, within which all fragments of a datagram must come: 60 by
    /// RFC 8200 §4.5.
    pub fragment_seconds: u32,
    /// For each cause, how many of the first places are kept in [`Totals`](super::Totals).
    pub places: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            block_octets: 16 << 20,
            interfaces: 1 << 16,
            tcp_streams: 1 << 16,
            tcp_stream_octets: 1 << 20,
            tcp_octets: 256 << 20,
            tcp_gap_seconds: 10,
            tcp_idle_seconds: 300,
            fragmented_datagrams: 1 << 14,
            fragment_octets: 64 << 20,
            fragment_seconds: 60,
            places: 5,
        }
    }
}
