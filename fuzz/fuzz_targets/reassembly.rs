//! Messages over TCP and in IP fragments, cut anywhere and sent in any order, some of it twice: all of them
//! come out, in the order of the stream, and nothing else does.
//!
//! The input's first 32 octets say how everything is cut and in which order it is sent; the rest is what is
//! in the messages.
#![no_main]

#[allow(dead_code)] // a part of it is used here
#[path = "../../tests/common/packets.rs"]
mod packets;

use libfuzzer_sys::fuzz_target;
use packets::{ACK, Pcap, SYN, UDP, address, fragment, framed, tcp, udp_segment};
use sigmill::capture::{Cause, Event, Limits, ReadOptions, read};
use sigmill::source::Source;

/// A header, so that it is long enough, and what the input has for it.
fn message(number: usize, octets: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(number).expect("there are few").to_be_bytes();
    [&[high, low, 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], octets].concat()
}

/// Cuts octets into pieces, as ranges, and puts them into an order, some of them twice.
fn shuffled(len: usize, unit: usize, plan: &[u8]) -> Vec<(usize, usize)> {
    let (mut pieces, mut start) = (Vec::new(), 0);
    for step in plan.iter().cycle() {
        if start >= len {
            break;
        }
        let end = len.min(start + (usize::from(*step) % 64 + 1) * unit);
        pieces.push((start, end));
        start = end;
    }
    let mut keyed: Vec<(u8, (usize, usize))> = Vec::new();
    for (number, piece) in pieces.into_iter().enumerate() {
        let key = plan[number * 7 % plan.len()];
        keyed.push((key, piece));
        if key & 3 == 3 {
            keyed.push((key.wrapping_mul(31), piece));
        }
    }
    keyed.sort_by_key(|&(key, _)| key);
    keyed.into_iter().map(|(_, piece)| piece).collect()
}

/// The messages of a capture, which must have no fault, but that the last fragments may be the second copies
/// of some, the others of which did not come twice.
fn messages(capture: Vec<u8>, limits: Limits) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let options = ReadOptions { limits, ..ReadOptions::default() };
    let source = Source::from_bytes("made", capture);
    read(source, &options, &mut |event| match event {
        Event::Message(message) => {
            assert!(message.whole);
            found.push(message.octets.to_vec());
        }
        Event::Fault(fault) if matches!(fault.cause, Cause::FragmentsMissing) => {}
        Event::Fault(fault) => panic!("{fault:?}"),
        Event::Progress { .. } => {}
    })
    .expect("a capture that was made here");
    found
}

fuzz_target!(|input: &[u8]| {
    let Some((plan, content)) = input.split_first_chunk::<32>() else { return };
    let content = &content[..content.len().min(8192)];
    let sent: Vec<_> = content
        .chunks(usize::from(plan[0]) * 4 + 1)
        .enumerate()
        .map(|(number, octets)| message(number, octets))
        .collect();
    let versions =
        [["192.0.2.53:53", "198.51.100.7:4711"], ["[2001:db8::53]:53", "[2001:db8::7]:4711"]];
    let [from, to] = versions[usize::from(plan[1] & 1)].map(address);

    // Sequence numbers may wrap on the way.
    let first = u32::from_be_bytes([plan[2], plan[3], plan[4], plan[5]]) | u32::from(plan[6]) << 24;
    let stream: Vec<u8> = sent.iter().flat_map(|message| framed(message)).collect();
    let mut file = Pcap::of(101);
    file.packet(&tcp(from, to, first, SYN, &[]));
    for (start, end) in shuffled(stream.len(), 1 + usize::from(plan[7]) % 32, &plan[8..]) {
        let place = u32::try_from(start).expect("little is sent");
        let sequence = first.wrapping_add(1).wrapping_add(place);
        file.packet(&tcp(from, to, sequence, ACK, &stream[start..end]));
    }
    assert_eq!(messages(file.octets, Limits::default()), sent);

    // The datagrams take turns, a fragment each, so that several are incomplete at once.
    let mut file = Pcap::of(101);
    let datagrams: Vec<_> =
        sent.iter().take(40).map(|message| udp_segment(from, to, message)).collect();
    let mut pieces = Vec::new();
    for (number, datagram) in datagrams.iter().enumerate() {
        let of_it = shuffled(datagram.len(), 8, &plan[8..]);
        pieces.extend(of_it.into_iter().enumerate().map(|(turn, piece)| (turn, number, piece)));
    }
    pieces.sort_by_key(|&(turn, ..)| turn);
    for (_, number, piece) in pieces {
        let id = u16::try_from(number).expect("there are few");
        file.packet(&fragment(from.ip(), to.ip(), UDP, id, &datagrams[number], piece));
    }
    let mut found = messages(file.octets, Limits::default());
    // Each comes when it is complete, and again if all of its pieces came twice.
    found.sort();
    found.dedup();
    let mut expected: Vec<_> = sent.into_iter().take(40).collect();
    expected.sort();
    assert_eq!(found, expected);
});
