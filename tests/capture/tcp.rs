//! TCP streams (RFC 9293; DNS in them: RFC 1035 §4.2.2, RFC 7766): whole, in disorder, with gaps,
//! joined midway, and within their limits.

use std::net::SocketAddr;

use proptest::prelude::*;
use sigmill::capture::{Cause, Limits, Transport};

use crate::common::packets::{ACK, FIN, Pcap, RST, SYN, address, framed, message, raw, tcp};
use crate::{Outcome, read_limited, read_octets};

/// A server's stream in the making: its packets, in the order of capture.
struct Stream {
    from: SocketAddr,
    to: SocketAddr,
    first: u32,
    packets: Vec<Vec<u8>>,
}

impl Stream {
    /// With a SYN, after which the octets begin at `first`.
    fn new(first: u32) -> Self {
        let mut stream = Self::midway(first);
        stream.packets.push(tcp(stream.from, stream.to, first.wrapping_sub(1), SYN | ACK, &[]));
        stream
    }

    fn midway(first: u32) -> Self {
        let [from, to] = ["192.0.2.53:53", "198.51.100.7:4711"].map(address);
        Self { from, to, first, packets: Vec::new() }
    }

    fn send(&mut self, at: usize, flags: u8, octets: &[u8]) -> &mut Self {
        let sequence = self.first.wrapping_add(at as u32);
        self.packets.push(tcp(self.from, self.to, sequence, ACK | flags, octets));
        self
    }

    /// Those of `octets` from `start` to `end`.
    fn part(&mut self, octets: &[u8], start: usize, end: usize) -> &mut Self {
        self.send(start, 0, &octets[start..end])
    }

    fn read(&self) -> Outcome {
        read_octets(&raw(&self.packets))
    }
}

/// Messages of these lengths, and the octets of a stream of them.
fn messages(lens: &[usize]) -> (Vec<Vec<u8>>, Vec<u8>) {
    let messages: Vec<_> =
        lens.iter().enumerate().map(|(id, len)| message(id as u16 + 1, *len)).collect();
    let octets = messages.iter().flat_map(|message| framed(message)).collect();
    (messages, octets)
}

#[test]
fn several_messages_in_a_segment_and_one_over_many() {
    let (messages, octets) = messages(&[80, 90, 4000, 70]);
    let mut stream = Stream::new(1000);
    for start in (0..octets.len()).step_by(500) {
        stream.part(&octets, start, octets.len().min(start + 500));
    }
    stream.send(octets.len(), FIN, &[]);
    let got = stream.read().sound();
    assert_eq!(got.iter().map(|got| got.octets.clone()).collect::<Vec<_>>(), messages);
    // The packet that completes each, and that one's offset: raw IP with 56 octets of headers.
    assert_eq!(got.iter().map(|got| got.packet).collect::<Vec<_>>(), [2, 2, 10, 10]);
    assert_eq!(got[0].offset, 24 + 56);
    assert_eq!(got[0].transport, Transport::Tcp);
    assert_eq!((got[0].from, got[0].to), (Some(stream.from), Some(stream.to)));
}

#[test]
fn every_way_to_cut_a_stream_gives_the_same_messages() {
    let (messages, octets) = messages(&[60, 61]);
    for size in 1..octets.len() {
        let mut stream = Stream::new(u32::MAX - 30);
        for start in (0..octets.len()).step_by(size) {
            stream.part(&octets, start, octets.len().min(start + size));
        }
        let outcome = stream.read();
        assert_eq!(outcome.octets(), messages, "{size}");
        outcome.sound();
    }
}

#[test]
fn both_directions_are_streams_of_their_own() {
    let (query, answer) = (framed(&message(1, 60)), framed(&message(2, 600)));
    let [client, server] = ["[2001:db8::7]:4711", "[2001:db8::53]:53"].map(address);
    let packets = [
        tcp(client, server, 10, SYN, &[]),
        tcp(server, client, 90, SYN | ACK, &[]),
        tcp(client, server, 11, ACK, &query[..20]),
        tcp(server, client, 91, ACK, &answer[..300]),
        tcp(client, server, 31, ACK | FIN, &query[20..]),
        tcp(server, client, 391, ACK | FIN, &answer[300..]),
    ];
    let got = read_octets(&raw(&packets)).sound();
    assert_eq!(got.iter().map(|got| got.from.unwrap()).collect::<Vec<_>>(), [client, server]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever the network does but lose the last copy, the messages are those that were sent.
    #[test]
    fn disorder_and_retransmission_change_nothing(
        lens in prop::collection::vec(60usize..3000, 1..8),
        cuts in prop::collection::vec(1usize..900, 1..12),
        first in prop_oneof![any::<u32>(), (u32::MAX - 5000)..=u32::MAX],
        seed in any::<u64>(),
        syn_at in 0usize..3,
    ) {
        let (messages, octets) = messages(&lens);
        let mut stream = Stream::midway(first);
        let (mut start, mut turn) = (0, 0);
        while start < octets.len() {
            let end = octets.len().min(start + cuts[turn % cuts.len()]);
            stream.part(&octets, start, end);
            // Sent again later, with other bounds.
            if turn % 3 == 0 {
                stream.part(&octets, start.saturating_sub(100), octets.len().min(end + 50));
            }
            (start, turn) = (end, turn + 1);
        }
        // Neighbours change places, over and over.
        let mut state = seed;
        for at in 1..stream.packets.len() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let back = (state >> 33) as usize % 4;
            stream.packets.swap(at, at.saturating_sub(back));
        }
        let syn = tcp(stream.from, stream.to, first.wrapping_sub(1), SYN, &[]);
        stream.packets.insert(0, syn.clone());
        if syn_at > 0 && syn_at < stream.packets.len() {
            // A SYN that was sent again.
            stream.packets.insert(syn_at, syn);
        }
        let outcome = stream.read();
        prop_assert_eq!(outcome.octets(), messages);
        prop_assert_eq!(outcome.causes(), []);
    }
}

#[test]
fn segments_before_their_syn_belong_to_it() {
    let (messages, octets) = messages(&[300, 80]);
    for first in [1000, 5, u32::MAX - 100] {
        let mut stream = Stream::new(first);
        stream.part(&octets, 0, 150).part(&octets, 150, 384);
        for order in [[1, 0, 2], [1, 2, 0]] {
            let shuffled: Vec<_> = order.iter().map(|at| stream.packets[*at].clone()).collect();
            let outcome = read_octets(&raw(&shuffled));
            assert_eq!(outcome.octets(), messages, "{order:?}");
        }
    }
}

#[test]
fn a_message_with_a_gap_is_delivered_up_to_it_and_the_next_ones_whole() {
    let (messages, octets) = messages(&[1000, 90, 80]);
    let mut stream = Stream::new(1);
    stream.part(&octets, 0, 400).part(&octets, 600, 1002).part(&octets, 1002, octets.len());
    let outcome = stream.read();
    // The length of the first one tells where the second begins.
    assert_eq!(outcome.octets(), [&messages[0][..398], &messages[1], &messages[2]]);
    let whole: Vec<_> = outcome.messages.iter().map(|got| got.whole).collect();
    assert_eq!(whole, [false, true, true]);
    assert_eq!(outcome.causes(), [Cause::TcpGap]);
    assert_eq!(outcome.totals.tcp_octets_lost, 402);
}

#[test]
fn a_gap_over_the_beginning_of_a_message_is_overcome_at_the_beginning_of_a_segment() {
    let (messages, octets) = messages(&[500, 600, 700, 80]);
    let mut stream = Stream::new(1);
    // The third message begins a segment, behind a gap that spans the second one's beginning.
    stream.part(&octets, 0, 300).part(&octets, 700, 1104).part(&octets, 1104, 1500);
    stream.part(&octets, 1500, octets.len());
    let outcome = stream.read();
    assert_eq!(outcome.octets(), [&messages[0][..298], &messages[2], &messages[3]]);
    assert_eq!(outcome.causes(), [Cause::TcpGap, Cause::TcpUnsynchronised]);
    assert_eq!(outcome.totals.tcp_octets_lost, 404);
}

#[test]
fn a_stream_joined_midway_is_read_from_the_first_segment_that_begins_with_a_message() {
    let (messages, octets) = messages(&[900, 800, 70]);
    let mut stream = Stream::midway(77);
    stream.part(&octets, 300, 600).part(&octets, 600, 902);
    stream.part(&octets, 902, 1500).part(&octets, 1500, octets.len());
    let outcome = stream.read();
    assert_eq!(outcome.octets(), [&*messages[1], &*messages[2]]);
    assert_eq!(outcome.causes(), [Cause::TcpUnsynchronised; 2]);
    assert_eq!(outcome.totals.tcp_octets_lost, 602);

    // From its beginning, nothing is lost for the lack of a SYN.
    let mut stream = Stream::midway(77);
    stream.part(&octets, 0, 600).part(&octets, 600, octets.len());
    assert_eq!(stream.read().sound().len(), 3);
}

#[test]
fn octets_that_are_laid_out_otherwise_are_never_taken_for_a_message() {
    // A length, and what could be the beginning of a header; then text.
    let noise: Vec<u8> = (0..30_000u32).map(|at| b"\0\x40 IN TXT 0123"[at as usize % 14]).collect();
    let mut stream = Stream::midway(0);
    for start in (0..noise.len()).step_by(700) {
        stream.part(&noise, start, noise.len().min(start + 700));
    }
    let outcome = stream.read();
    assert_eq!(outcome.messages.len(), 0);
    assert_eq!(outcome.totals.tcp_octets_lost, 30_000);
}

#[test]
fn the_end_of_a_stream_inside_a_message_delivers_its_beginning() {
    let (messages, octets) = messages(&[500]);
    for (flags, at) in [(FIN, 200), (RST, 200)] {
        let mut stream = Stream::new(1);
        stream.part(&octets, 0, 200).send(at, flags, &[]);
        // Sent again behind the end: nothing new.
        stream.part(&octets, 0, 200);
        let outcome = stream.read();
        assert_eq!(outcome.octets(), [&messages[0][..198]]);
        assert!(!outcome.messages[0].whole);
        assert_eq!(outcome.causes(), [Cause::TcpUnfinished]);
        assert_eq!(outcome.faults[0].place.packet, 3);
    }
    // The end of the file.
    let mut stream = Stream::new(1);
    stream.part(&octets, 0, 13);
    let outcome = stream.read();
    assert_eq!((outcome.causes(), outcome.messages.len()), (vec![Cause::TcpUnfinished], 0));
    assert_eq!(outcome.totals.tcp_octets_lost, 13);
}

#[test]
fn segments_sent_again_after_the_end_are_no_new_stream() {
    let (messages, octets) = messages(&[100, 100]);
    let mut stream = Stream::new(1);
    stream.part(&octets, 0, 204).send(204, FIN, &[]).part(&octets, 0, 204).part(&octets, 102, 204);
    stream.send(204, RST, &[]);
    let outcome = stream.read();
    assert_eq!(outcome.octets(), messages);
    outcome.sound();
}

#[test]
fn a_syn_with_another_number_begins_a_new_connection() {
    let (messages, octets) = messages(&[100]);
    let mut stream = Stream::new(1);
    stream.part(&octets, 0, 102);
    let mut again = Stream::new(50_000);
    again.part(&octets, 0, 102);
    stream.packets.extend(again.packets);
    let outcome = stream.read();
    assert_eq!(outcome.octets(), [&*messages[0], &*messages[0]]);
    outcome.sound();
}

// RFC 7413: data may come with the SYN.
#[test]
fn data_in_a_syn_is_read() {
    let (messages, octets) = messages(&[100]);
    let mut stream = Stream::midway(1);
    stream.send(usize::MAX, SYN, &octets[..40]).part(&octets, 40, 102);
    assert_eq!(stream.read().octets(), messages);
}

// RFC 9293 §3.8.4: a keep-alive repeats the octet before the next one.
#[test]
fn keep_alives_change_nothing() {
    let (messages, octets) = messages(&[100, 100]);
    let mut stream = Stream::new(1);
    stream.part(&octets, 0, 102).send(101, 0, &[0]).send(101, 0, &[]).part(&octets, 102, 204);
    let outcome = stream.read();
    assert_eq!(outcome.octets(), messages);
    outcome.sound();
}

#[test]
fn another_connection_with_the_same_ports_is_told_by_distant_numbers() {
    let (messages, octets) = messages(&[100]);
    let mut stream = Stream::new(1);
    stream.part(&octets, 0, 102);
    stream.first = 3_000_000_000;
    // A reset with any number does not disturb it, and a distant segment begins another.
    stream.send(500_000_000, RST, &[]).part(&octets, 0, 102);
    let outcome = stream.read();
    assert_eq!(outcome.octets(), [&*messages[0], &*messages[0]]);
    outcome.sound();
}

#[test]
fn messages_without_a_header_are_faults_and_the_next_one_is_found() {
    let octets = [&[0, 0, 0, 5, 1, 2, 3, 4, 5][..], &framed(&message(1, 70))].concat();
    for size in [1, 2, 3, 200] {
        let mut stream = Stream::new(1);
        for start in (0..octets.len()).step_by(size) {
            stream.part(&octets, start, octets.len().min(start + size));
        }
        let outcome = stream.read();
        assert_eq!(outcome.causes(), [Cause::MessageShort; 2]);
        assert_eq!(outcome.octets(), [message(1, 70)]);
    }
}

#[test]
fn segments_captured_in_part_cut_the_message_and_keep_the_stream_in_step() {
    let (messages, octets) = messages(&[1000, 90]);
    let mut stream = Stream::new(1);
    stream.part(&octets, 0, 600).part(&octets, 600, 1002).part(&octets, 1002, octets.len());
    let mut file = Pcap::of(101);
    file.snap(40 + 200).packets(&stream.packets);
    let outcome = read_octets(&file.octets);
    assert_eq!(outcome.octets(), [&messages[0][..198], &messages[1]]);
    assert_eq!(outcome.messages.iter().map(|got| got.whole).collect::<Vec<_>>(), [false, true]);
    // What is left of the first message is passed over, though the second segment was cut, too.
    assert_eq!(outcome.causes(), [Cause::TcpGap; 2]);
    assert_eq!(outcome.totals.packets_cut, 2);

    file = Pcap::of(101);
    file.snap(39).packets(&stream.packets);
    assert_eq!(read_octets(&file.octets).causes(), [Cause::HeadersCut; 4]);
}

#[test]
fn a_gap_is_waited_for_only_so_long() {
    let (messages, octets) = messages(&[1000, 90]);
    let mut stream = Stream::new(1);
    stream.part(&octets, 0, 400).part(&octets, 600, octets.len()).part(&octets, 400, 600);
    stream.send(octets.len(), 0, &[0]);
    for (seconds, complete) in [(10, true), (11, false)] {
        let mut file = Pcap::of(101);
        file.at(100, 0).packets(&stream.packets[..3]);
        if complete {
            file.at(100 + seconds, 0).packet(&stream.packets[3]);
        }
        file.at(100 + seconds, 0).packet(&stream.packets[4]);
        let outcome = read_octets(&file.octets);
        assert_eq!(outcome.messages[0].whole, complete);
        assert_eq!(outcome.messages[1].octets, messages[1]);
        assert_eq!(outcome.messages[1].packet, 4);
    }
}

#[test]
fn a_silent_stream_is_forgotten() {
    let (_, octets) = messages(&[100]);
    let mut stream = Stream::new(1);
    stream.part(&octets, 0, 50);
    let other = tcp(address("192.0.2.9:53"), address("192.0.2.8:99"), 0, SYN, &[]);
    for (seconds, causes) in [(300, 0), (301, 1)] {
        let mut file = Pcap::of(101);
        file.at(100, 0).packets(&stream.packets).at(100 + seconds, 0).packet(&other);
        file.packet(&tcp(stream.from, stream.to, 51, ACK, &octets[50..]));
        let outcome = read_octets(&file.octets);
        assert_eq!(outcome.totals.count(Cause::TcpUnfinished), causes);
        assert_eq!(outcome.messages[0].whole, causes == 0);
    }
}

#[test]
fn octets_behind_a_gap_are_bounded_for_a_stream() {
    let (messages, octets) = messages(&[500; 40]);
    let mut stream = Stream::new(1);
    stream.part(&octets, 0, 10);
    for start in (502..octets.len()).step_by(502) {
        stream.part(&octets, start, start + 502);
    }
    let limits = Limits { tcp_stream_octets: 5000, ..Limits::default() };
    let outcome = read_limited(&raw(&stream.packets), limits);
    assert_eq!(outcome.causes(), [Cause::TcpStreamLimit, Cause::TcpGap]);
    // The first octets are less than a header; all that follows is found as it comes.
    assert_eq!(outcome.octets(), messages[1..]);
    assert!(outcome.messages[0].packet < 14, "{}", outcome.messages[0].packet);
}

#[test]
fn streams_beyond_the_limit_give_way_by_age() {
    let (messages, octets) = messages(&[500]);
    let mut packets = Vec::new();
    for (start, end) in [(0, 250), (250, 502)] {
        for port in 1..=8u16 {
            let [from, to] = [([192, 0, 2, 53], 53).into(), ([192, 0, 2, 7], port).into()];
            if start == 0 {
                packets.push(tcp(from, to, 0, SYN, &[]));
            }
            packets.push(tcp(from, to, 1 + start as u32, ACK, &octets[start..end]));
        }
    }
    let whole = |outcome: &Outcome| outcome.messages.iter().filter(|got| got.whole).count();
    let outcome = read_octets(&raw(&packets));
    assert_eq!(whole(&outcome), 8);
    assert!(outcome.octets().iter().all(|octets| *octets == messages[0]));

    let limits = Limits { tcp_streams: 5, ..Limits::default() };
    let outcome = read_limited(&raw(&packets), limits);
    assert!(outcome.totals.count(Cause::TcpLimit) >= 3);
    assert!(outcome.messages.iter().filter(|got| !got.whole).count() >= 3);

    let limits = Limits { tcp_octets: 1200, ..Limits::default() };
    let outcome = read_limited(&raw(&packets), limits);
    assert!(outcome.totals.count(Cause::TcpLimit) >= 3);
    assert!(whole(&outcome) < 8);
}

#[test]
fn tcp_headers_that_cannot_be_are_faults() {
    let [from, to] = ["192.0.2.53:53", "198.51.100.7:4711"].map(address);
    let mut offset = tcp(from, to, 1, ACK, &[0; 20]);
    offset[20 + 12] = 0x40;
    let mut long = tcp(from, to, 1, ACK, &[]);
    long[20 + 12] = 0xf0;
    for packet in [offset, long] {
        assert_eq!(read_octets(&raw(&[packet])).causes(), [Cause::TcpHeader]);
    }
}
