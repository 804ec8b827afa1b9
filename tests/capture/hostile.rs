//! Any octets at all: no panic, no hang, and the same outcome however they come.

use std::io::Read;

use proptest::prelude::*;
use sigmill::capture::{CaptureError, Limits, ReadOptions};
use sigmill::source::Source;

use crate::common::packets::{
    ACK, Dnstap, FIN, Order, Pcap, Pcapng, SYN, UDP, address, fragments, frame, framed, message,
    tcp, udp, udp_segment,
};
use crate::{Outcome, read_source};

/// Gives out its octets so many at a time.
struct Pieces(Vec<u8>, usize);

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = self.1.min(self.0.len()).min(buffer.len());
        buffer[..len].copy_from_slice(&self.0[..len]);
        self.0.drain(..len);
        Ok(len)
    }
}

/// A bit of everything that a packet can be.
fn packets() -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    for pair in [["192.0.2.53:53", "198.51.100.7:4711"], ["[2001:db8::53]:53", "[2001:db8::7]:9"]] {
        let [from, to] = pair.map(address);
        packets.push(udp(from, to, &message(1, 100)));
        let large = udp_segment(from, to, &message(2, 1500));
        packets.extend(fragments(from.ip(), to.ip(), UDP, 3, &large, 600));
        let octets = [framed(&message(4, 400)), framed(&message(5, 70))].concat();
        packets.push(tcp(from, to, 10, SYN, &[]));
        packets.push(tcp(from, to, 11, ACK, &octets[..300]));
        packets.push(tcp(from, to, 411, ACK, &octets[400..]));
        packets.push(tcp(from, to, 311, ACK, &octets[300..400]));
        packets.push(tcp(from, to, 11 + octets.len() as u32, FIN | ACK, &[]));
        packets.push(tcp(to, from, 5, ACK, &octets));
    }
    packets
}

fn files() -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for (order, link_type) in [(Order::Little, 1), (Order::Big, 113), (Order::Little, 101)] {
        let mut pcap = Pcap::new(order, false, link_type);
        let mut pcapng = Pcapng::new(order);
        pcapng.interface(link_type, 0, &[pcapng.option(9, &[9])]);
        for (at, packet) in packets().iter().enumerate() {
            let packet = frame(link_type, packet);
            pcap.at(1000 + 20 * at as u32, 0).packet(&packet);
            match at % 4 {
                0 => pcapng.simple(&packet, packet.len()),
                1 => pcapng.obsolete(0, at as u64, &packet),
                _ => pcapng.enhanced(0, at as u64, &packet, packet.len()),
            };
        }
        files.extend([pcap.octets, pcapng.octets]);
    }
    let mut dnstap = Dnstap::bidirectional();
    let pair = (address("192.0.2.7:4711"), address("198.51.100.53:53"));
    for kind in 1..=14 {
        dnstap.message(kind, pair, 1, Some(&message(1, 60)), Some(&message(2, 90)));
    }
    files.push(dnstap.control(3, None).octets.clone());
    files
}

/// How a file is changed.
#[derive(Clone, Debug)]
enum Change {
    Set(usize, u8),
    Flip(usize, u8),
    Remove(usize, usize),
    Insert(usize, Vec<u8>),
    Repeat(usize, usize, usize),
    Cut(usize),
}

fn change() -> impl Strategy<Value = Change> {
    let octet = prop_oneof![Just(0u8), Just(0xff), any::<u8>()];
    prop_oneof![
        4 => (any::<usize>(), octet).prop_map(|(at, octet)| Change::Set(at, octet)),
        4 => (any::<usize>(), 0u8..8).prop_map(|(at, bit)| Change::Flip(at, 1 << bit)),
        1 => (any::<usize>(), 1usize..40).prop_map(|(at, len)| Change::Remove(at, len)),
        1 => (any::<usize>(), prop::collection::vec(any::<u8>(), 1..20))
            .prop_map(|(at, octets)| Change::Insert(at, octets)),
        1 => (any::<usize>(), any::<usize>(), 1usize..500)
            .prop_map(|(from, to, len)| Change::Repeat(from, to, len)),
        1 => any::<usize>().prop_map(Change::Cut),
    ]
}

fn apply(octets: &mut Vec<u8>, change: &Change) {
    if octets.is_empty() {
        return;
    }
    let len = octets.len();
    match change {
        Change::Set(at, octet) => octets[at % len] = *octet,
        Change::Flip(at, bit) => octets[at % len] ^= bit,
        Change::Remove(at, n) => drop(octets.drain(at % len..len.min(at % len + n))),
        Change::Insert(at, new) => drop(octets.splice(at % len..at % len, new.iter().copied())),
        Change::Repeat(from, to, n) => {
            let part = octets[from % len..len.min(from % len + n)].to_vec();
            octets.splice(to % len..to % len, part);
        }
        Change::Cut(at) => octets.truncate(at % len),
    }
}

/// Limits so low that all of them are met.
fn tight() -> Limits {
    Limits {
        block_octets: 1600,
        interfaces: 2,
        tcp_streams: 3,
        tcp_stream_octets: 300,
        tcp_octets: 700,
        tcp_gap_seconds: 5,
        tcp_idle_seconds: 30,
        fragmented_datagrams: 2,
        fragment_octets: 3000,
        fragment_seconds: 30,
        places: 2,
    }
}

fn outcomes(octets: &[u8], piece: usize, limits: Limits) -> [Outcome; 2] {
    let options = ReadOptions { limits, ..ReadOptions::default() };
    let pieces = Source::from_reader("test", Pieces(octets.to_vec(), piece)).unwrap();
    [Source::from_bytes("test", octets.to_vec()), pieces]
        .map(|source| read_source(source, &options))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn changed_captures_are_read_without_panic_and_the_same_whole_and_in_pieces(
        which in 0usize..7,
        changes in prop::collection::vec(change(), 0..12),
        piece in prop_oneof![1usize..40, 40usize..5000],
        is_tight in any::<bool>(),
    ) {
        let mut octets = files()[which].clone();
        for change in &changes {
            apply(&mut octets, change);
        }
        let limits = if is_tight { tight() } else { Limits::default() };
        let [whole, pieces] = outcomes(&octets, piece, limits);
        prop_assert_eq!(whole.messages, pieces.messages);
        prop_assert_eq!(whole.faults, pieces.faults);
        prop_assert_eq!(whole.totals, pieces.totals);
        let text = |error: &Option<CaptureError>| error.as_ref().map(ToString::to_string);
        prop_assert_eq!(text(&whole.error), text(&pieces.error));
    }

    #[test]
    fn noise_behind_a_beginning_is_read_without_panic(
        which in 0usize..7,
        head in 0usize..200,
        noise in prop::collection::vec(any::<u8>(), 0..2000),
    ) {
        let file = &files()[which];
        let octets = [&file[..head.min(file.len())], &noise].concat();
        let [whole, pieces] = outcomes(&octets, 100, tight());
        prop_assert_eq!(whole.totals, pieces.totals);
    }
}

#[test]
fn the_unchanged_files_are_sound() {
    for octets in files() {
        let [whole, _] = outcomes(&octets, 1, Limits::default());
        assert_eq!(whole.causes(), []);
        assert!(whole.messages.len() >= 12);
    }
}

/// Where `fuzz/README.md` says so, the files are written out for the fuzz target to start from: each
/// with ordinary limits and with tight ones.
#[test]
fn the_corpus_for_fuzzing_is_written_on_demand() {
    let Some(directory) = std::env::var_os("SIGMILL_WRITE_CORPUS") else { return };
    let directory = std::path::Path::new(&directory);
    std::fs::create_dir_all(directory).unwrap();
    for (at, octets) in files().iter().enumerate() {
        for first in [0x40, 0x41] {
            let octets = [&[first], &octets[..]].concat();
            std::fs::write(directory.join(format!("{at}-{first:x}")), octets).unwrap();
        }
    }
}
