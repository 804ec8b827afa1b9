//! IP fragments: RFC 791 §3.2, RFC 8200 §4.5, RFC 5722, RFC 6946.

use std::net::{IpAddr, SocketAddr};

use sigmill::capture::{Cause, Limits, Transport};

use crate::common::packets::{
    ACK, Pcap, SYN, TCP, UDP, address, fragment, fragments, framed, message, raw, tcp, udp_segment,
};
use crate::{read_limited, read_octets};

const PAIRS: [[&str; 2]; 2] =
    [["192.0.2.53:53", "198.51.100.7:4711"], ["[2001:db8::53]:53", "[2001:db8::7]:4711"]];

struct Sample {
    from: IpAddr,
    to: IpAddr,
    segment: Vec<u8>,
}

impl Sample {
    fn new([from, to]: [&str; 2]) -> Self {
        let (from, to): (SocketAddr, SocketAddr) = (address(from), address(to));
        let segment = udp_segment(from, to, &message(9, 3000));
        Self { from: from.ip(), to: to.ip(), segment }
    }

    fn fragments(&self, id: u16, size: usize) -> Vec<Vec<u8>> {
        fragments(self.from, self.to, UDP, id, &self.segment, size)
    }

    fn part(&self, id: u16, start: usize, end: usize) -> Vec<u8> {
        fragment(self.from, self.to, UDP, id, &self.segment, (start, end))
    }
}

fn samples() -> [Sample; 2] {
    PAIRS.map(Sample::new)
}

#[test]
fn fragments_in_any_order_make_a_message() {
    for sample in samples() {
        let parts = sample.fragments(7, 1000);
        assert_eq!(parts.len(), 4);
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]] {
            let shuffled: Vec<_> = order.iter().map(|at| parts[*at].clone()).collect();
            let got = read_octets(&raw(&shuffled)).sound();
            assert_eq!(got[0].octets, message(9, 3000));
            // The packet that completed it.
            assert_eq!((got.len(), got[0].packet), (1, 4));
            assert_eq!(got[0].from.map(|from| from.ip()), Some(sample.from));
        }
    }
}

#[test]
fn datagrams_between_each_other_are_told_apart() {
    let [v4, v6] = samples();
    let mut packets = Vec::new();
    for at in 0..4 {
        for sample in [&v4, &v6] {
            for id in [1, 2, 3] {
                packets.push(sample.fragments(id, 1000)[at].clone());
            }
        }
    }
    assert_eq!(read_octets(&raw(&packets)).sound().len(), 6);
}

// RFC 5722 §3: "the entire datagram (and any constituent fragments, including those not yet
// received) MUST be silently discarded".
#[test]
fn overlapping_fragments_drop_their_datagram() {
    for sample in samples() {
        let whole = sample.segment.len();
        for (start, end) in [(992, 2000), (496, 504), (0, 1008), (8, 1000)] {
            let packets = [
                sample.part(7, 0, 1000),
                sample.part(7, start, end),
                sample.part(7, 1000, 2000),
                sample.part(7, 2000, whole),
            ];
            let outcome = read_octets(&raw(&packets));
            assert_eq!(outcome.causes(), [Cause::FragmentOverlap], "{start}-{end}");
            assert_eq!(outcome.messages.len(), 0);
        }
    }
}

// RFC 8200 §4.5 lets exact duplicates be ignored; one with other content is an overlap.
#[test]
fn exact_duplicates_are_no_overlap() {
    for sample in samples() {
        let parts = sample.fragments(7, 1000);
        let doubled: Vec<_> = parts.iter().flat_map(|part| [part.clone(), part.clone()]).collect();
        let outcome = read_octets(&raw(&doubled));
        assert_eq!(outcome.octets(), [message(9, 3000)]);
        // The duplicate of the last one comes behind the end of its datagram.
        assert_eq!(outcome.causes(), [Cause::FragmentsMissing]);

        let mut other = parts[1].clone();
        *other.last_mut().unwrap() ^= 1;
        let outcome = read_octets(&raw(&[parts[1].clone(), other, parts[0].clone()]));
        assert_eq!(outcome.causes(), [Cause::FragmentOverlap]);
    }
}

#[test]
fn fragments_behind_the_last_one_are_an_overlap() {
    for sample in samples() {
        let mut shorter = Sample { segment: sample.segment[..2000].to_vec(), ..sample };
        let last = shorter.part(7, 1000, 2000);
        shorter.segment = vec![0; 3000];
        let behind = shorter.part(7, 2000, 2800);
        for packets in [[last.clone(), behind.clone()], [behind, last]] {
            assert_eq!(read_octets(&raw(&packets)).causes(), [Cause::FragmentOverlap]);
        }
    }
}

#[test]
fn fragments_that_cannot_be_are_faults() {
    for sample in samples() {
        let sample = Sample { segment: vec![0; 65600], ..sample };
        // No multiple of eight though others follow; none at all; beyond what a length can say.
        for (start, end) in [(0, 1001), (8, 8), (65528, 65536)] {
            let outcome = read_octets(&raw(&[sample.part(7, start, end)]));
            assert_eq!(outcome.causes(), [Cause::FragmentMalformed], "{start}-{end}");
        }
    }
}

// RFC 8200 §4.5: 60 seconds after the first fragment.
#[test]
fn fragments_are_waited_for_for_a_minute_of_packet_time() {
    for sample in samples() {
        let parts = sample.fragments(7, 2000);
        for (later, complete) in [(60, true), (61, false)] {
            let mut file = Pcap::of(101);
            file.at(1000, 0).packet(&parts[0]).at(1000 + later, 0).packet(&parts[1]);
            let outcome = read_octets(&file.octets);
            assert_eq!(outcome.messages.len(), usize::from(complete));
            let missing = outcome.totals.count(Cause::FragmentsMissing);
            assert_eq!(missing, if complete { 0 } else { 2 });
        }
    }
}

#[test]
fn a_datagram_that_stays_incomplete_is_a_fault_at_its_last_packet() {
    for sample in samples() {
        let mut parts = sample.fragments(7, 1000);
        parts.remove(1);
        let outcome = read_octets(&raw(&parts));
        assert_eq!(outcome.causes(), [Cause::FragmentsMissing]);
        assert_eq!(outcome.faults[0].place.packet, 3);
    }
}

#[test]
fn the_number_of_pending_datagrams_is_bounded_and_the_oldest_gives_way() {
    for sample in samples() {
        let mut packets: Vec<_> = (0..10).map(|id| sample.part(id, 0, 1000)).collect();
        packets.push(sample.part(9, 1000, sample.segment.len()));
        packets.push(sample.part(0, 1000, sample.segment.len()));
        let limits = Limits { fragmented_datagrams: 4, ..Limits::default() };
        let outcome = read_limited(&raw(&packets), limits);
        assert_eq!(outcome.totals.count(Cause::FragmentsLimit), 6);
        assert_eq!((outcome.messages.len(), outcome.messages[0].packet), (1, 11));
        // The remaining three, and the end of the one that gave way.
        assert_eq!(outcome.totals.count(Cause::FragmentsMissing), 4);

        let limits = Limits { fragment_octets: 5000, ..Limits::default() };
        let outcome = read_limited(&raw(&packets), limits);
        assert!(outcome.totals.count(Cause::FragmentsLimit) >= 6);
    }
}

#[test]
fn a_fragment_captured_in_part_cuts_the_message() {
    for sample in samples() {
        let parts = sample.fragments(7, 1000);
        let headers = parts[0].len() - 1000;
        let mut file = Pcap::of(101);
        file.packet(&parts[0]).packet(&parts[1]).snap(headers + 300).packet(&parts[2]);
        file.snap(usize::MAX).packet(&parts[3]);
        let outcome = read_octets(&file.octets);
        assert_eq!(outcome.causes(), []);
        assert_eq!(outcome.octets(), [&message(9, 3000)[..2300 - 8]]);
        assert!(!outcome.messages[0].whole);
    }
}

#[test]
fn fragments_of_other_ports_and_protocols_are_not_kept() {
    for [from, to] in [["192.0.2.1:1", "192.0.2.2:2"], ["[2001:db8::1]:1", "[2001:db8::2]:2"]] {
        let sample = Sample::new([from, to]);
        let outcome = read_octets(&raw(&sample.fragments(7, 1000)));
        assert_eq!((outcome.causes(), outcome.totals.other_port), (vec![], 1));
    }
    let [v4, _] = samples();
    let packets = fragments(v4.from, v4.to, 47, 7, &v4.segment, 1000);
    let outcome = read_octets(&raw(&packets));
    assert_eq!((outcome.causes(), outcome.totals.other_transport), (vec![], 4));
}

#[test]
fn a_tcp_segment_may_come_in_fragments() {
    for [from, to] in PAIRS.map(|pair| pair.map(address)) {
        let syn = tcp(from, to, 100, SYN, &[]);
        let data = tcp(from, to, 101, ACK, &framed(&message(3, 2500)));
        let header = data.len() - 20 - 2 - 2500;
        let mut packets = vec![syn];
        packets.extend(fragments(from.ip(), to.ip(), TCP, 7, &data[header..], 800));
        let got = read_octets(&raw(&packets)).sound();
        assert_eq!((got[0].octets.clone(), got[0].transport), (message(3, 2500), Transport::Tcp));
    }
}

// RFC 8200 §4.5: headers behind the fragment header are part of what is fragmented.
#[test]
fn extension_headers_inside_the_fragmented_part_are_passed() {
    let [_, v6] = samples();
    let payload = [&[UDP, 0, 1, 4, 0, 0, 0, 0][..], &v6.segment].concat();
    let packets = fragments(v6.from, v6.to, 60, 7, &payload, 1000);
    assert_eq!(read_octets(&raw(&packets)).sound()[0].octets, message(9, 3000));
    let nested = [&[UDP, 0, 0, 1, 0, 0, 0, 0][..], &v6.segment].concat();
    let packets = fragments(v6.from, v6.to, 44, 7, &nested, 1000);
    assert_eq!(read_octets(&raw(&packets)).causes(), [Cause::ExtensionHeader]);
}
