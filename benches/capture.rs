//! Captures to messages: octets of file and messages a second, for each kind of file and traffic.
//!
//! `cargo bench --bench capture`. The files are made up: answers of 60 to 1400 octets, about what a
//! signed zone's servers send, from a few hundred clients. Every case asserts how many messages come
//! out, and how many octets. They are in memory: this measures taking apart, not the disk.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)] // helpers of a benchmark

#[allow(dead_code)] // a part of it is used here
#[path = "../tests/common/packets.rs"]
mod packets;

use std::net::SocketAddr;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sigmill::capture::{Event, ReadOptions, read};
use sigmill::source::Source;

use packets::{
    ACK, Dnstap, Order, Pcap, Pcapng, SYN, UDP, address, fragments, frame, framed, message, tcp,
    udp, udp_segment,
};

const MESSAGES: usize = 20_000;

fn server() -> SocketAddr {
    address("192.0.2.53:53")
}

fn client(at: usize) -> SocketAddr {
    let [high, low] = u16::try_from(at % 400).unwrap().to_be_bytes();
    ([10, 0, high, low], 20_000 + u16::try_from(at % 31).unwrap()).into()
}

fn answer(at: usize) -> Vec<u8> {
    message(u16::try_from(at).unwrap(), 60 + at * 7919 % 1340)
}

fn datagrams() -> Vec<Vec<u8>> {
    (0..MESSAGES).map(|at| frame(1, &udp(server(), client(at), &answer(at)))).collect()
}

fn fragmented() -> Vec<Vec<u8>> {
    let parts = |at| {
        let (from, to) = (server(), client(at));
        let id = u16::try_from(at).unwrap();
        fragments(from.ip(), to.ip(), UDP, id, &udp_segment(from, to, &answer(at)), 512)
    };
    (0..MESSAGES).flat_map(parts).map(|packet| frame(1, &packet)).collect()
}

/// Streams of 50 messages each, in segments of 1400 octets that take turns.
fn segments() -> Vec<Vec<u8>> {
    const STREAMS: usize = MESSAGES / 50;
    let streams: Vec<Vec<u8>> = (0..STREAMS)
        .map(|stream| (0..50).flat_map(|at| framed(&answer(stream * 50 + at))).collect())
        .collect();
    let segment = |stream: usize, sequence: usize, flags, octets: &[u8]| {
        let sequence = u32::try_from(sequence).unwrap();
        frame(1, &tcp(server(), client(stream), sequence, flags, octets))
    };
    let mut packets: Vec<_> = (0..STREAMS).map(|stream| segment(stream, 0, SYN, &[])).collect();
    let longest = streams.iter().map(Vec::len).max().unwrap();
    for start in (0..longest).step_by(1400) {
        for (at, octets) in streams.iter().enumerate() {
            if let Some(rest) = octets.get(start..) {
                let part = &rest[..rest.len().min(1400)];
                packets.push(segment(at, 1 + start, ACK, part));
            }
        }
    }
    packets
}

fn pcap(packets: &[Vec<u8>]) -> Vec<u8> {
    std::mem::take(&mut Pcap::of(1).packets(packets).octets)
}

fn pcapng(packets: &[Vec<u8>]) -> Vec<u8> {
    let mut file = Pcapng::new(Order::Little);
    file.interface(1, 0, &[]);
    for packet in packets {
        file.enhanced(0, 1_500_000_000_000_000, packet, packet.len());
    }
    file.octets
}

fn dnstap() -> Vec<u8> {
    let mut file = Dnstap::unidirectional();
    for at in 0..MESSAGES {
        file.message(6, (client(at), server()), 1_500_000_000, None, Some(&answer(at)));
    }
    file.octets
}

/// Messages, and octets of them.
fn count(source: Source) -> (usize, usize) {
    let (mut messages, mut octets) = (0, 0);
    let totals = read(source, &ReadOptions::default(), &mut |event| {
        if let Event::Message(message) = event {
            messages += 1;
            octets += message.octets.len();
        }
    });
    assert!(totals.unwrap().faults.is_empty());
    (messages, octets)
}

fn capture(criterion: &mut Criterion) {
    let expected = (MESSAGES, (0..MESSAGES).map(|at| answer(at).len()).sum());
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("capture");
    for (name, file) in [
        ("pcap, UDP", pcap(&datagrams())),
        ("pcapng, UDP", pcapng(&datagrams())),
        ("pcap, UDP in fragments", pcap(&fragmented())),
        ("pcap, TCP", pcap(&segments())),
        ("dnstap", dnstap()),
    ] {
        std::fs::write(&path, &file).unwrap();
        let open = || Source::open(&path, &Default::default()).unwrap();
        assert_eq!(count(open()), expected, "{name}");
        for (unit, throughput) in [
            ("octets", Throughput::Bytes(file.len() as u64)),
            ("messages", Throughput::Elements(MESSAGES as u64)),
        ] {
            let mut group = criterion.benchmark_group(format!("capture, {unit}"));
            group.throughput(throughput);
            group.bench_function(name, |bencher| {
                bencher.iter(|| assert_eq!(count(open()), expected));
            });
        }
    }

    let file = pcap(&datagrams());
    let compressed = zstd::encode_all(&*file, 3).unwrap();
    let mut group = criterion.benchmark_group("capture, octets");
    group.throughput(Throughput::Bytes(file.len() as u64));
    group.bench_function("pcap, UDP, zstd", |bencher| {
        bencher.iter(|| assert_eq!(count(Source::from_bytes("zst", compressed.clone())), expected));
    });
    group.bench_function("pcap, UDP, through a reader", |bencher| {
        bencher.iter(|| {
            let reader = std::io::Cursor::new(file.clone());
            assert_eq!(count(Source::from_reader("reader", reader).unwrap()), expected);
        });
    });
}

// Given here, they can be overruled on the command line.
criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2));
    targets = capture
}
criterion_main!(benches);
