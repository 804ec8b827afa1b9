//! IP headers and UDP datagrams, right and wrong.

use sigmill::capture::{Cause, ReadOptions};
use sigmill::source::Source;

use crate::common::packets::{Pcap, UDP, address, frame, ip, message, raw, udp, udp_segment};
use crate::{read_octets, read_source};

const V4: [&str; 2] = ["192.0.2.53:53", "198.51.100.7:4711"];
const V6: [&str; 2] = ["[2001:db8::53]:53", "[2001:db8::7]:4711"];

fn datagram([from, to]: [&str; 2]) -> Vec<u8> {
    udp(address(from), address(to), &message(1, 120))
}

/// Octets of IP header.
fn header(packet: &[u8]) -> usize {
    if packet[0] >> 4 == 4 { 20 } else { 40 }
}

#[test]
fn a_wrong_checksum_is_counted_and_the_message_delivered() {
    for addresses in [V4, V6] {
        let mut packet = datagram(addresses);
        let at = header(&packet) + 7;
        packet[at] ^= 1;
        let outcome = read_octets(&raw(&[packet]));
        assert_eq!(outcome.causes(), [Cause::UdpChecksum]);
        assert_eq!(outcome.octets(), [message(1, 120)]);
        assert!(outcome.messages[0].whole);
    }
}

// Whoever sends leaves the sum of the pseudo header for the network card to finish; on the loopback nobody
// does. tshark checks none by default, and tells such a sum as partial if it shall.
#[test]
fn a_checksum_that_is_left_to_the_network_card_is_no_fault() {
    for addresses in [V4, V6] {
        let mut packet = datagram(addresses);
        let at = header(&packet);
        let len = packet.len() - at;
        let octets = |range: std::ops::Range<usize>| packet[range].to_vec();
        let pseudo = if at == 20 { octets(12..20) } else { octets(8..40) };
        let words = pseudo.chunks(2).map(|word| u32::from(word[0]) << 8 | u32::from(word[1]));
        let mut sum = words.sum::<u32>() + u32::from(UDP) + u32::try_from(len).unwrap();
        while sum > 0xffff {
            sum = (sum >> 16) + (sum & 0xffff);
        }
        packet[at + 6..at + 8].copy_from_slice(&u16::try_from(sum).unwrap().to_be_bytes());
        let outcome = read_octets(&raw(&[packet.clone()]));
        assert_eq!((outcome.causes(), outcome.totals.checksums_unfinished), (vec![], 1));
        assert_eq!(outcome.octets(), [message(1, 120)]);
        packet[at + 7] ^= 1;
        assert_eq!(read_octets(&raw(&[packet])).causes(), [Cause::UdpChecksum]);
    }
}

// BSD and macOS leave any octets there, under link types of their own; 127/8 and ::1 leave no machine.
#[test]
fn checksums_on_the_loopback_are_no_faults() {
    let local = [["127.0.0.1:53", "127.0.0.9:4711"], ["[::1]:53", "[::1]:4711"]];
    let cases = local.map(|addresses| (101, addresses)).into_iter();
    let of_links = [0, 108].into_iter().flat_map(|link| [(link, V4), (link, V6)]);
    for (link, addresses) in cases.chain(of_links) {
        let mut packet = datagram(addresses);
        let at = header(&packet) + 7;
        packet[at] ^= 1;
        let mut file = Pcap::of(link);
        file.packet(&frame(link, &packet));
        let outcome = read_octets(&file.octets);
        assert_eq!((outcome.causes(), outcome.totals.checksums_unfinished), (vec![], 1), "{link}");
        assert_eq!(outcome.octets(), [message(1, 120)]);
    }
}

// RFC 768: zero stands for no checksum.
#[test]
fn no_checksum_is_no_fault() {
    let mut packet = datagram(V4);
    packet[26..28].copy_from_slice(&[0, 0]);
    assert_eq!(read_octets(&raw(&[packet])).sound().len(), 1);
}

#[test]
fn a_wrong_length_is_counted_and_what_there_is_delivered() {
    for addresses in [V4, V6] {
        for stated in [0u16, 7, 129, 65535] {
            let mut packet = datagram(addresses);
            let at = header(&packet) + 4;
            packet[at..at + 2].copy_from_slice(&stated.to_be_bytes());
            let outcome = read_octets(&raw(&[packet]));
            assert_eq!(outcome.causes(), [Cause::UdpLength], "{stated}");
            assert_eq!(outcome.octets(), [message(1, 120)]);
            // Where more was announced than there is, the message may lack something.
            assert_eq!(outcome.messages[0].whole, stated < 8);
        }
    }
}

// RFC 9868 puts options between the end of the datagram and that of the packet.
#[test]
fn what_follows_the_datagram_in_its_packet_is_no_part_of_it() {
    let [from, to] = V4.map(address);
    let segment = [&udp_segment(from, to, &message(1, 120))[..], b"options!"].concat();
    let outcome = read_octets(&raw(&[ip(from.ip(), to.ip(), UDP, &segment)]));
    assert_eq!(outcome.sound()[0].octets, message(1, 120));
}

#[test]
fn a_message_that_was_captured_in_part_says_so() {
    let packet = datagram(V4);
    let headers = 28;
    for snap in 20..packet.len() {
        let mut file = Pcap::of(101);
        file.snap(snap).packet(&packet);
        let outcome = read_octets(&file.octets);
        assert_eq!(outcome.totals.packets_cut, 1);
        if snap < headers + 12 {
            assert_eq!(outcome.causes(), [Cause::HeadersCut], "{snap}");
            continue;
        }
        assert_eq!(outcome.causes(), [], "{snap}");
        assert_eq!(outcome.octets(), [&message(1, 120)[..snap - headers]]);
        assert!(!outcome.messages[0].whole);
    }
}

#[test]
fn a_packet_that_was_shorter_on_the_wire_than_it_says_is_a_fault() {
    for addresses in [V4, V6] {
        let packet = datagram(addresses);
        let outcome = read_octets(&raw(&[packet[..packet.len() - 5].to_vec()]));
        assert_eq!(outcome.causes(), [Cause::IpLength]);
        assert!(!outcome.messages[0].whole);
    }
}

// Segments on their way to a network card that splits them have a length of zero.
#[test]
fn an_ip_length_of_zero_means_all_that_is_there() {
    let mut v4 = datagram(V4);
    v4[2..4].copy_from_slice(&[0, 0]);
    let mut v6 = datagram(V6);
    v6[4..6].copy_from_slice(&[0, 0]);
    assert_eq!(read_octets(&raw(&[v4.clone(), v6])).sound().len(), 2);
    v4[2..4].copy_from_slice(&[0, 19]);
    let outcome = read_octets(&raw(&[v4]));
    assert_eq!((outcome.causes(), outcome.messages.len()), (vec![Cause::IpLength], 1));
}

#[test]
fn headers_that_cannot_be_are_faults() {
    let good = datagram(V4);
    let mut version = good.clone();
    version[0] = 0x55;
    let mut ihl = good.clone();
    ihl[0] = 0x44;
    let [from, to] = V4.map(|text| address(text).ip());
    let short_udp = ip(from, to, UDP, &[0, 53, 0, 53, 0, 8]);
    let cases = [
        (version, Cause::IpHeader),
        (ihl, Cause::IpHeader),
        (good[..19].to_vec(), Cause::IpHeader),
        (datagram(V6)[..39].to_vec(), Cause::IpHeader),
        (short_udp, Cause::UdpHeader),
        (udp(address(V4[0]), address(V4[1]), &[0; 11]), Cause::MessageShort),
        (udp(address(V4[0]), address(V4[1]), &[]), Cause::MessageShort),
    ];
    for (packet, cause) in cases {
        assert_eq!(read_octets(&raw(&[packet])).causes(), [cause]);
    }
}

// RFC 8200 §4: hop-by-hop (0), routing (43), destination options (60), an atomic fragment
// (RFC 6946, 44), authentication (51, RFC 4302), mobility (135), HIP (139), shim6 (140).
#[test]
fn extension_headers_are_passed() {
    let [from, to] = V6.map(address);
    let mut payload = udp_segment(from, to, &message(1, 120));
    let mut next = UDP;
    for header in [60, 44, 51, 43, 135, 139, 140, 0] {
        let mut octets = match header {
            44 => vec![next, 0, 0, 0, 0, 0, 0, 9],
            51 => vec![next, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3],
            _ => vec![next, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        };
        octets.extend(payload);
        payload = octets;
        next = header;
    }
    let got = read_octets(&raw(&[ip(from.ip(), to.ip(), next, &payload)])).sound();
    assert_eq!(got[0].octets, message(1, 120));

    let cut = ip(from.ip(), to.ip(), 0, &[60, 7, 1, 12, 0, 0, 0, 0]);
    assert_eq!(read_octets(&raw(&[cut])).causes(), [Cause::ExtensionHeader]);

    // IPv4 knows the authentication header, and none of the others.
    let [from, to] = V4.map(address);
    let segment = udp_segment(from, to, &message(1, 120));
    let auth = [&[UDP, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1][..], &[7; 12], &segment].concat();
    assert_eq!(read_octets(&raw(&[ip(from.ip(), to.ip(), 51, &auth)])).sound().len(), 1);
    let outcome = read_octets(&raw(&[ip(from.ip(), to.ip(), 60, &auth)]));
    assert_eq!(outcome.totals.other_transport, 1);
}

#[test]
fn ports_are_chosen_by_either_side() {
    let packet = |from: u16, to: u16| {
        let address = |port| ([192, 0, 2, 1], port).into();
        udp(address(from), address(to), &message(1, 120))
    };
    let file = raw(&[packet(53, 4000), packet(4000, 53), packet(5300, 4000), packet(1, 2)]);
    let outcome = read_octets(&file);
    assert_eq!((outcome.totals.messages.udp, outcome.totals.other_port), (2, 2));
    let options = ReadOptions { ports: vec![5300, 5301], ..ReadOptions::default() };
    let outcome = read_source(Source::from_bytes("test", file), &options);
    assert_eq!((outcome.totals.messages.udp, outcome.totals.other_port), (1, 3));
}

// RFC 792, RFC 4443: an error quotes the packet that it is about.
#[test]
fn icmp_errors_that_quote_dns_are_counted_and_not_delivered() {
    let [from, to] = V4.map(|text| address(text).ip());
    let quoting = |kind: u8, quoted: &[u8]| [&[kind, 4, 0, 0, 0, 0, 0, 0], quoted].concat();
    let other = udp(address("192.0.2.1:1000"), address("192.0.2.2:2000"), &message(1, 120));
    let packets = [
        ip(from, to, 1, &quoting(3, &datagram(V4))),
        ip(from, to, 1, &quoting(11, &datagram(V4)[..28])),
        ip(from, to, 1, &quoting(8, &datagram(V4))),
        ip(from, to, 1, &quoting(3, &other)),
        ip(from, to, 1, &quoting(3, &[])),
    ];
    let outcome = read_octets(&raw(&packets));
    assert_eq!((outcome.totals.icmp_quotes, outcome.messages.len()), (2, 0));
    let [from, to] = V6.map(|text| address(text).ip());
    let packets = [
        ip(from, to, 58, &quoting(2, &datagram(V6))),
        ip(from, to, 58, &quoting(128, &datagram(V6))),
    ];
    assert_eq!(read_octets(&raw(&packets)).totals.icmp_quotes, 1);
}
