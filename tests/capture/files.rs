//! Containers: pcap and pcapng in all their byte orders and resolutions, cut and damaged ones.

use sigmill::capture::{CaptureError, Cause, FileFormat, Limits, Place, ReadOptions, Seems};
use sigmill::source::{Format, Source};

use crate::common::packets::{Order, Pcap, Pcapng, address, frame, message, raw, udp};
use crate::{read_limited, read_octets, read_source};

const ORDERS: [Order; 2] = [Order::Little, Order::Big];

fn answer(id: u16) -> Vec<u8> {
    udp(address("192.0.2.53:53"), address("198.51.100.7:4711"), &message(id, 100 + usize::from(id)))
}

/// Octets of a record with its header.
fn record_len(packet: &[u8]) -> u64 {
    16 + packet.len() as u64
}

// draft-ietf-opsawg-pcap: the magic number tells byte order and unit of the fraction.
#[test]
fn pcap_is_read_in_both_byte_orders_with_micro_and_nanoseconds() {
    for order in ORDERS {
        for nano in [false, true] {
            let mut file = Pcap::new(order, nano, 1);
            let (first, second) = (frame(1, &answer(1)), frame(1, &answer(2)));
            file.at(1_234_567_890, 5).packet(&first).at(u32::MAX, 999_999).packet(&second);
            let outcome = read_octets(&file.octets);
            assert_eq!(outcome.totals.format, Some(FileFormat::Pcap));
            assert_eq!((outcome.totals.packets, outcome.totals.link_types[&1]), (2, 2));
            let got = outcome.sound();
            let times: Vec<_> = got.iter().map(|got| got.time.clone().unwrap()).collect();
            match nano {
                false => assert_eq!(times, ["1234567890.000005000", "4294967295.999999000"]),
                true => assert_eq!(times, ["1234567890.000000005", "4294967295.000999999"]),
            }
            assert_eq!((got[0].packet, got[0].offset), (1, 24));
            assert_eq!((got[1].packet, got[1].offset), (2, 24 + record_len(&first)));
            assert_eq!(got[1].octets, message(2, 102));
            assert_eq!(got[1].from, Some(address("192.0.2.53:53")));
            assert_eq!(got[1].to, Some(address("198.51.100.7:4711")));
        }
    }
}

#[test]
fn a_pcap_fraction_of_more_than_a_second_is_carried() {
    let mut file = Pcap::of(101);
    file.at(10, 2_000_001).packet(&answer(1));
    assert_eq!(read_octets(&file.octets).sound()[0].time.as_deref(), Some("12.000001000"));
}

// The upper bits of the link type field tell about frame checksums (draft-ietf-opsawg-pcap §4).
#[test]
fn the_upper_half_of_the_link_type_is_no_part_of_it() {
    let mut file = Pcap::of(1);
    file.octets[20..24].copy_from_slice(&[1, 0, 0, 0x24]);
    file.packet(&frame(1, &answer(1)));
    assert_eq!(read_octets(&file.octets).sound().len(), 1);
}

// draft-ietf-opsawg-pcapng §4.1-4.4, appendix A.
#[test]
fn pcapng_blocks_of_all_kinds_are_read_in_both_byte_orders() {
    for order in ORDERS {
        let mut file = Pcapng::new(order);
        file.interface(101, 0, &[]);
        let time = 1_234_567_890_000_005;
        file.enhanced(0, time, &answer(1), answer(1).len());
        file.block(5, &[0; 12]).block(0x7777, b"nobody knows").block(4, &[0; 4]);
        file.obsolete(0, time, &answer(2)).simple(&answer(3), answer(3).len());
        let outcome = read_octets(&file.octets);
        assert_eq!(outcome.totals.format, Some(FileFormat::Pcapng));
        assert_eq!((outcome.totals.sections, outcome.totals.interfaces), (1, 1));
        let got = outcome.sound();
        let times: Vec<_> = got.iter().map(|got| got.time.as_deref()).collect();
        // Simple packet blocks have no time.
        let stated = Some("1234567890.000005000");
        assert_eq!(times, [stated, stated, None]);
        let octets: Vec<_> = got.iter().map(|got| got.octets.clone()).collect();
        assert_eq!(octets, [message(1, 101), message(2, 102), message(3, 103)]);
    }
}

#[test]
fn a_simple_packet_is_as_long_as_the_interface_captures() {
    let mut file = Pcapng::new(Order::Little);
    file.interface(101, 77, &[]);
    let packet = answer(1);
    // 77 octets and three of padding, which are not part of it.
    file.simple(&packet, 77);
    let outcome = read_octets(&file.octets);
    assert_eq!(outcome.messages[0].octets, message(1, 101)[..77 - 28]);
    assert!(!outcome.messages[0].whole);
    assert_eq!(outcome.causes(), []);
}

// draft-ietf-opsawg-pcapng §4.2: if_tsresol (9) and if_tsoffset (14) hold for one interface.
#[test]
fn interfaces_have_resolutions_offsets_and_link_types_of_their_own() {
    for order in ORDERS {
        let mut file = Pcapng::new(order);
        let offset = |seconds: i64| match order {
            Order::Little => seconds.to_le_bytes(),
            Order::Big => seconds.to_be_bytes(),
        };
        let nano = file.option(9, &[9]);
        file.interface(101, 0, &[nano]);
        let (binary, later) = (file.option(9, &[0x80 | 20]), file.option(14, &offset(1000)));
        file.interface(1, 0, &[binary, later]);
        let (seconds, earlier) = (file.option(9, &[0]), file.option(14, &offset(-7)));
        file.interface(113, 0, &[seconds, earlier]);
        let framed = |link_type| frame(link_type, &answer(1));
        file.enhanced(0, 1_000_000_001, &framed(101), framed(101).len());
        file.enhanced(1, (5 << 20) + (1 << 19), &framed(1), framed(1).len());
        file.enhanced(2, 100, &framed(113), framed(113).len());
        let outcome = read_octets(&file.octets);
        assert_eq!(outcome.totals.interfaces, 3);
        assert_eq!(outcome.totals.link_types.keys().collect::<Vec<_>>(), [&1, &101, &113]);
        let times: Vec<_> = outcome.sound().into_iter().map(|got| got.time.unwrap()).collect();
        assert_eq!(times, ["1.000000001", "1005.500000000", "93.000000000"]);
    }
}

#[test]
fn a_section_begins_with_no_interfaces_and_a_byte_order_of_its_own() {
    let mut file = Pcapng::new(Order::Little);
    file.interface(101, 0, &[]).enhanced(0, 1_000_000, &answer(1), answer(1).len());
    file.section(Order::Big).enhanced(0, 2_000_000, &answer(2), answer(2).len());
    file.interface(101, 0, &[]).enhanced(0, 3_000_000, &answer(3), answer(3).len());
    let outcome = read_octets(&file.octets);
    assert_eq!(outcome.totals.sections, 2);
    assert_eq!(outcome.causes(), [Cause::InterfaceUnknown]);
    assert_eq!(outcome.faults[0].place.packet, 2);
    let numbers: Vec<_> = outcome.messages.iter().map(|got| got.packet).collect();
    assert_eq!(numbers, [1, 3]);
    assert_eq!(outcome.messages[1].time.as_deref(), Some("3.000000000"));
}

#[test]
fn interfaces_beyond_the_limit_are_counted_and_their_packets_too() {
    let mut file = Pcapng::new(Order::Little);
    file.interface(101, 0, &[]).interface(101, 0, &[]);
    file.enhanced(1, 0, &answer(1), answer(1).len());
    let outcome = read_limited(&file.octets, Limits { interfaces: 1, ..Limits::default() });
    assert_eq!(outcome.causes(), [Cause::InterfacesLimit, Cause::InterfaceUnknown]);
}

#[test]
fn a_pcapng_block_with_a_malformed_content_is_skipped() {
    let mut file = Pcapng::new(Order::Little);
    file.interface(101, 0, &[]);
    // A packet that is longer than its block; one too short for its fields; an obsolete one.
    let claim = [0u32, 0, 0, 5000, 5000].map(u32::to_le_bytes).concat();
    file.block(6, &claim).block(6, &[0; 8]).block(2, &[0xff; 24]);
    file.enhanced(0, 0, &answer(1), answer(1).len());
    let outcome = read_octets(&file.octets);
    assert!(outcome.error.is_none());
    assert_eq!(outcome.causes(), [Cause::BlockMalformed; 3]);
    assert_eq!(outcome.messages[0].packet, 4);
}

#[test]
fn a_pcapng_block_whose_closing_is_damaged_is_passed_if_a_sound_one_follows() {
    let mut file = Pcapng::new(Order::Little);
    file.interface(101, 0, &[]);
    file.enhanced(0, 0, &answer(1), answer(1).len());
    let damaged = file.octets.len() - 2;
    file.octets[damaged] ^= 0x40;
    let block = file.octets.len();
    file.enhanced(0, 0, &answer(2), answer(2).len());
    let outcome = read_octets(&file.octets);
    assert!(outcome.error.is_none());
    assert_eq!(outcome.causes(), [Cause::BlockMalformed]);
    assert_eq!(outcome.octets(), [message(2, 102)]);

    // The block behind it is damaged as well: nothing tells where to go on.
    let last = file.octets.len() - 2;
    file.octets[last] ^= 0x40;
    let outcome = read_octets(&file.octets);
    let expected = "test: damaged at octet ";
    assert!(outcome.error().starts_with(expected), "{}", outcome.error());
    let Some(CaptureError::Damaged { offset, .. }) = outcome.error else { panic!() };
    assert_eq!(offset, block as u64 - 4);
}

#[test]
fn what_was_read_before_damage_is_kept_and_the_error_names_the_place() {
    let mut file = Pcapng::new(Order::Little);
    file.interface(101, 0, &[]);
    file.enhanced(0, 0, &answer(1), answer(1).len());
    let at = file.octets.len();
    file.octets.extend([6, 0, 0, 0, 7, 0, 0, 0, 1, 2, 3, 4]);
    let outcome = read_octets(&file.octets);
    assert_eq!(outcome.octets(), [message(1, 101)]);
    assert_eq!(outcome.totals.messages.udp, 1);
    let expected = format!(
        "test: damaged at octet {}: expected the length of a block, at least 12, found 7",
        at + 4
    );
    assert_eq!(outcome.error(), expected);

    let mut file = Pcap::of(101);
    file.packet(&answer(1));
    let at = file.octets.len();
    file.octets.extend([0u32, 0, 0x7fff_ffff, 0x7fff_ffff].map(u32::to_le_bytes).concat());
    let outcome = read_octets(&file.octets);
    assert_eq!(outcome.octets(), [message(1, 101)]);
    let expected = format!(
        "test: damaged at octet {}: expected the captured length of a packet, within the limit, \
         found 2147483647",
        at + 8
    );
    assert_eq!(outcome.error(), expected);
}

#[test]
fn headers_that_cannot_be_are_errors() {
    let mut versions = Pcap::of(1);
    versions.octets[4] = 3;
    let mut magic = Pcapng::new(Order::Little);
    magic.octets[8] = 0;
    let mut section = Pcapng::new(Order::Big);
    section.octets[13] = 2;
    let cut = Pcap::of(1).octets[..20].to_vec();
    let cases = [
        (versions.octets, "octet 4: expected version 2 of the pcap format, found 3.4"),
        (magic.octets, "octet 8: expected the byte-order magic 1a2b3c4d, found 003c2b1a"),
        (section.octets, "octet 12: expected version 1 of the format, found another"),
        (cut, "octet 0: expected the 24 octets of a pcap header, found 20 octets"),
    ];
    for (octets, expected) in cases {
        assert_eq!(read_octets(&octets).error(), format!("test: damaged at {expected}"));
    }
}

// A capture whose writer was killed ends anywhere: tshark, too, reads up to there.
#[test]
fn a_file_cut_anywhere_yields_what_came_before() {
    let packets = [answer(1), answer(2)];
    let pcap = raw(&packets);
    let mut pcapng = Pcapng::new(Order::Big);
    pcapng.interface(101, 0, &[]);
    let mut ends = vec![pcapng.octets.len()];
    for packet in &packets {
        pcapng.enhanced(0, 0, packet, packet.len());
        ends.push(pcapng.octets.len());
    }
    let pcap_ends = vec![24, 24 + 16 + packets[0].len(), pcap.len()];
    for (octets, ends) in [(pcap, pcap_ends), (pcapng.octets, ends)] {
        for len in ends[0]..=octets.len() {
            let outcome = read_octets(&octets[..len]);
            let whole = ends.iter().filter(|end| **end <= len).count() - 1;
            assert_eq!(outcome.messages.len(), whole, "cut at {len}");
            assert!(outcome.error.is_none());
            let is_clean = ends.contains(&len);
            let expected = if is_clean { vec![] } else { vec![Cause::FileCutShort] };
            assert_eq!(outcome.causes(), expected, "cut at {len}");
            if let Some(fault) = outcome.faults.first() {
                let place = Place { packet: whole as u64 + 1, offset: ends[whole] as u64 };
                assert_eq!(fault.place, place);
            }
        }
    }
}

#[test]
fn a_block_longer_than_the_limit_is_skipped() {
    let mut file = Pcapng::new(Order::Little);
    file.interface(101, 0, &[]).block(0xbad, &[7; 5000]);
    file.enhanced(0, 0, &answer(1), answer(1).len());
    let limits = Limits { block_octets: 4096, ..Limits::default() };
    let outcome = read_limited(&file.octets, limits);
    assert_eq!(outcome.causes(), [Cause::BlockTooLong]);
    assert_eq!(outcome.messages.len(), 1);
}

#[test]
fn captures_are_read_compressed() {
    let file = raw(&[answer(1)]);
    let compressed = zstd::encode_all(&*file, 1).unwrap();
    assert_eq!(read_octets(&compressed).sound().len(), 1);

    // Cut within the compressed data: what came out is used, and then it is an error.
    let many: Vec<_> = (0..2000).map(|at| answer(at % 500)).collect();
    let mut compressed = zstd::encode_all(&*raw(&many), 1).unwrap();
    compressed.truncate(compressed.len() / 10 * 9);
    let outcome = read_octets(&compressed);
    assert!(matches!(outcome.error, Some(CaptureError::Source(_))));
    assert!(outcome.messages.len() > 100);
}

#[test]
fn a_file_that_is_no_capture_is_named_for_what_it_seems_to_be() {
    let zone = b"$ORIGIN example.\n@ 3600 IN SOA a. b. 1 2 3 4 5\n";
    let zipped = zstd::encode_all(&zone[..], 1).unwrap();
    let twice = zstd::encode_all(&*zstd::encode_all(&*raw(&[answer(1)]), 1).unwrap(), 1).unwrap();
    let cases: [(&[u8], Seems, Option<Format>, &str); 5] = [
        (b"", Seems::Empty, None, "an empty file"),
        (zone, Seems::ZoneFile, None, "a zone file"),
        (&zipped, Seems::ZoneFile, Some(Format::Zstd), "zstd of a zone file"),
        (&twice, Seems::Compressed(Format::Zstd), Some(Format::Zstd), "zstd of zstd data"),
        (b"\x7fELF\x02", Seems::Named("a program"), None, "a program"),
    ];
    for (octets, expected, packing, words) in cases {
        let outcome = read_octets(octets);
        let text = outcome.error();
        let Some(CaptureError::NotACapture { seems, compressed, .. }) = outcome.error else {
            panic!("{text}");
        };
        assert_eq!((seems, compressed), (expected, packing));
        let expected = format!(
            "test: not a packet capture: this seems to be {words}; expected pcap, pcapng or dnstap"
        );
        assert_eq!(text, expected);
    }
}

#[test]
fn only_the_first_places_of_a_cause_are_kept() {
    let mut file = Pcap::of(147);
    for _ in 0..10 {
        file.packet(&answer(1));
    }
    let outcome = read_limited(&file.octets, Limits { places: 3, ..Limits::default() });
    let tally = &outcome.totals.faults[&Cause::LinkTypeUnknown];
    assert_eq!((tally.count, tally.first.len()), (10, 3));
    assert_eq!(tally.first[2].packet, 3);
}

#[test]
fn reading_stops_when_it_is_asked_to() {
    let file = raw(&vec![answer(1); 100]);
    let options = ReadOptions::default();
    let mut seen = 0;
    let source = Source::from_bytes("test", file);
    let totals = sigmill::capture::read(source, &options, &mut |event| {
        if let sigmill::capture::Event::Message(_) = event {
            seen += 1;
            options.stop.store(seen == 7, std::sync::atomic::Ordering::Relaxed);
        }
    });
    assert_eq!(totals.unwrap().packets, 7);
}

#[test]
fn times_of_the_first_and_last_packet_are_those_of_the_clock_and_not_of_the_order() {
    let mut file = Pcap::of(101);
    for seconds in [50, 10, 99, 60] {
        file.at(seconds, 0).packet(&answer(1));
    }
    let outcome = read_source(Source::from_bytes("t", file.octets), &ReadOptions::default());
    let seconds = [outcome.totals.first, outcome.totals.last].map(|time| time.unwrap().seconds);
    assert_eq!(seconds, [10, 99]);
}
