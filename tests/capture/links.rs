//! Link layers: every type that is read, with tags, and frames that are something else.

use sigmill::capture::Cause;

use crate::common::packets::{LINK_TYPES, Order, Pcap, address, frame, message, udp};
use crate::read_octets;

fn v4() -> Vec<u8> {
    udp(address("192.0.2.53:53"), address("198.51.100.7:4711"), &message(4, 99))
}

fn v6() -> Vec<u8> {
    udp(address("[2001:db8::53]:53"), address("[2001:db8::7]:4711"), &message(6, 98))
}

// tcpdump.org/linktypes.html
#[test]
fn every_link_type_is_read_with_both_versions_of_ip_in_both_byte_orders() {
    for link_type in LINK_TYPES {
        for order in [Order::Little, Order::Big] {
            let mut file = Pcap::new(order, false, link_type);
            file.packet(&frame(link_type, &v4())).packet(&frame(link_type, &v6()));
            let got = read_octets(&file.octets).sound();
            let octets: Vec<_> = got.iter().map(|got| got.octets.clone()).collect();
            assert_eq!(octets, [message(4, 99), message(6, 98)], "link type {link_type}");
            assert_eq!(got[1].from, Some(address("[2001:db8::53]:53")));
        }
    }
}

// LINKTYPE_NULL is in the byte order of the machine that captured; the number of AF_INET6 differs.
#[test]
fn the_null_header_is_read_in_either_order_with_every_number_of_ipv6() {
    let mut file = Pcap::of(0);
    for family in [10, 24, 28, 30] {
        file.packet(&[&[family, 0, 0, 0], &v6()[..]].concat());
        file.packet(&[&[0, 0, 0, family], &v6()[..]].concat());
    }
    file.packet(&[&[0, 0, 0, 2], &v4()[..]].concat());
    file.packet(&[&[7, 0, 0, 0], &v4()[..]].concat());
    let outcome = read_octets(&file.octets);
    assert_eq!((outcome.totals.messages.udp, outcome.totals.not_ip), (9, 1));
}

// IEEE 802.1Q, 802.1ad, and what was used before.
#[test]
fn vlan_tags_are_passed_at_any_depth() {
    for tags in [
        &[0x8100u16][..],
        &[0x88a8, 0x8100],
        &[0x9100, 0x8100],
        &[0x8100; 3],
        &[0x88a8, 0x88a8, 0x8100, 0x8100, 0x8100, 0x8100, 0x8100],
    ] {
        let mut ethernet = vec![2; 12];
        let mut cooked = vec![0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 2, 0, 0];
        let mut tail = Vec::new();
        for tag in tags {
            tail.extend(tag.to_be_bytes());
            tail.extend([0, 100]);
        }
        tail.extend([0x08, 0x00]);
        tail.extend(v4());
        ethernet.extend(&tail);
        cooked.extend(&tail);
        for (link_type, octets) in [(1, ethernet), (113, cooked)] {
            let mut file = Pcap::of(link_type);
            file.packet(&octets);
            assert_eq!(read_octets(&file.octets).sound().len(), 1, "{tags:x?}");
        }
    }
}

// RFC 1042: an LLC header and SNAP where the type would be is a length.
#[test]
fn snap_headers_are_passed() {
    let mut file = Pcap::of(1);
    let header = [&[2; 12][..], &[0, 150, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0]].concat();
    file.packet(&[&header, &v4()[..]].concat());
    assert_eq!(read_octets(&file.octets).sound().len(), 1);
}

#[test]
fn what_pads_a_frame_is_no_part_of_the_message() {
    let mut file = Pcap::of(1);
    file.packet(&[&frame(1, &v4())[..], &[0xee; 30]].concat());
    file.packet(&[&frame(1, &v6())[..], &[0xee; 30]].concat());
    let got = read_octets(&file.octets).sound();
    assert_eq!((got[0].octets.len(), got[1].octets.len()), (99, 98));
}

#[test]
fn frames_that_carry_something_else_are_counted() {
    let mut file = Pcap::of(1);
    let arp = [&[2; 12][..], &[8, 6], &[0; 28]].concat();
    let llc = [&[2; 12][..], &[0, 38, 0x42, 0x42, 3], &[0; 35]].concat();
    file.packet(&arp).packet(&llc);
    let outcome = read_octets(&file.octets);
    assert_eq!((outcome.totals.not_ip, outcome.causes()), (2, vec![]));
}

#[test]
fn a_link_type_that_is_not_read_is_a_fault_of_each_packet() {
    let mut file = Pcap::of(195);
    file.packet(&v4()).packet(&v4());
    assert_eq!(read_octets(&file.octets).causes(), [Cause::LinkTypeUnknown; 2]);
}

#[test]
fn a_frame_that_ends_in_its_header_is_a_fault_unless_it_was_cut() {
    for link_type in [0, 1, 108, 113, 276] {
        let whole = frame(link_type, &v4());
        let header = whole.len() - v4().len();
        for len in 0..header {
            let mut file = Pcap::of(link_type);
            file.packet(&whole[..len]).snap(len).packet(&whole);
            let causes = read_octets(&file.octets).causes();
            assert_eq!(causes, [Cause::LinkHeader, Cause::HeadersCut], "{link_type}: {len}");
        }
    }
}
