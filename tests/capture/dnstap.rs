//! dnstap files: frame streams of protocol buffers.

use sigmill::capture::{Cause, DnstapKind, DnstapTransport, FileFormat, Limits, Transport};

use crate::common::packets::{DNSTAP, Dnstap, address, message};
use crate::{read_limited, read_octets};

const V4: [&str; 2] = ["192.0.2.7:4711", "198.51.100.53:53"];
const V6: [&str; 2] = ["[2001:db8::7]:4711", "[2001:db8::53]:53"];

fn pair([querier, responder]: [&str; 2]) -> (std::net::SocketAddr, std::net::SocketAddr) {
    (address(querier), address(responder))
}

// dnstap.proto: odd types are queries, even ones responses, which may come with their query.
#[test]
fn queries_and_responses_have_directions_and_times_of_their_own() {
    for mut file in [Dnstap::unidirectional(), Dnstap::bidirectional()] {
        file.message(5, pair(V4), 1000, Some(&message(1, 60)), None);
        file.message(6, pair(V4), 2000, Some(&message(1, 60)), Some(&message(2, 400)));
        file.message(2, pair(V6), 3000, None, Some(&message(3, 70))).control(3, None);
        let outcome = read_octets(&file.octets);
        assert_eq!(outcome.totals.format, Some(FileFormat::Dnstap));
        assert_eq!((outcome.totals.packets, outcome.totals.sections), (3, 1));
        assert_eq!(outcome.totals.messages.dnstap, 4);
        let got = outcome.sound();
        let kind = |got: &crate::Got| match got.transport {
            Transport::Dnstap { kind, over: Some(DnstapTransport::Udp) } => kind.to_string(),
            _ => panic!(),
        };
        let seen: Vec<_> =
            got.iter().map(|got| (kind(got), got.time.clone().unwrap(), got.packet)).collect();
        let expected = [
            ("CLIENT_QUERY", "1000.000000005", 1),
            ("CLIENT_QUERY", "2000.000000005", 2),
            ("CLIENT_RESPONSE", "2001.000000007", 2),
            ("AUTH_RESPONSE", "3001.000000007", 3),
        ];
        let expected = expected.map(|(kind, time, packet)| (kind.into(), time.into(), packet));
        assert_eq!(seen, expected);
        assert_eq!((got[0].from, got[0].to), (Some(address(V4[0])), Some(address(V4[1]))));
        assert_eq!((got[2].from, got[2].to), (Some(address(V4[1])), Some(address(V4[0]))));
        assert_eq!(got[3].from, Some(address(V6[1])));
        assert_eq!(got[2].octets, message(2, 400));
    }
}

#[test]
fn streams_one_behind_the_other_are_read() {
    let mut file = Dnstap::unidirectional();
    file.message(6, pair(V4), 1, None, Some(&message(1, 60))).control(3, None);
    let twice = [&file.octets[..], &file.octets].concat();
    let outcome = read_octets(&twice);
    assert_eq!((outcome.totals.sections, outcome.sound().len()), (2, 2));
}

#[test]
fn what_follows_the_end_of_a_stream_is_a_fault() {
    let mut file = Dnstap::unidirectional();
    file.message(6, pair(V4), 1, None, Some(&message(1, 60))).control(3, None);
    file.octets.extend(b"more");
    let outcome = read_octets(&file.octets);
    assert_eq!((outcome.causes(), outcome.messages.len()), (vec![Cause::DnstapTrailing], 1));
}

#[test]
fn a_frame_that_is_no_dnstap_is_a_fault_and_the_next_is_read() {
    let mut file = Dnstap::unidirectional();
    // No protocol buffer; one without a message; one of an unknown type.
    file.frame(&[0xff; 9]).frame(&[0x78, 1]);
    file.message(15, pair(V4), 1, None, Some(&message(1, 60)));
    file.message(6, pair(V4), 1, None, Some(&message(2, 60)));
    file.message(6, pair(V4), 1, None, Some(&[0; 11]));
    let outcome = read_octets(&file.octets);
    let causes =
        [Cause::DnstapMalformed, Cause::DnstapOther, Cause::DnstapOther, Cause::MessageShort];
    assert_eq!(outcome.causes(), causes);
    assert_eq!(outcome.octets(), [message(1, 60), message(2, 60)]);
    let Transport::Dnstap { kind, .. } = outcome.messages[0].transport else { panic!() };
    assert_eq!(kind, DnstapKind(16));
}

#[test]
fn other_frame_streams_are_refused_by_their_content_type() {
    let mut file = Dnstap { octets: Vec::new() };
    file.control(2, Some(b"protobuf:other\n"));
    let expected =
        "test: a frame stream of \"protobuf:other\\n\": expected \"protobuf:dnstap.Dnstap\"";
    assert_eq!(read_octets(&file.octets).error(), expected);

    // A content type need not be stated.
    let mut file = Dnstap { octets: Vec::new() };
    file.control(2, None).message(6, pair(V4), 1, None, Some(&message(1, 60)));
    assert_eq!(read_octets(&file.octets).sound().len(), 1);
}

#[test]
fn damage_to_the_frames_is_an_error_with_its_place() {
    let mut file = Dnstap { octets: Vec::new() };
    file.control(4, Some(DNSTAP)).frame(b"too early");
    let at = file.octets.len() - 13;
    let expected = format!(
        "test: damaged at octet {at}: expected the control frame START before any data, \
         found a data frame"
    );
    assert_eq!(read_octets(&file.octets).error(), expected);

    let mut file = Dnstap::unidirectional();
    let at = file.octets.len() + 4;
    file.octets.extend([0, 0, 0, 0, 0, 0, 2, 1]);
    let expected = format!(
        "test: damaged at octet {at}: expected the length of a control frame, 4 to 512, found 513"
    );
    assert_eq!(read_octets(&file.octets).error(), expected);
}

#[test]
fn a_file_cut_anywhere_yields_what_came_before() {
    let mut file = Dnstap::unidirectional();
    let mut ends = vec![file.octets.len()];
    for id in 1..3 {
        file.message(6, pair(V6), 1, None, Some(&message(id, 60)));
        ends.push(file.octets.len());
    }
    file.control(3, None);
    for len in ends[0]..=file.octets.len() {
        let outcome = read_octets(&file.octets[..len]);
        let whole = ends.iter().filter(|end| **end <= len).count() - 1;
        let is_clean = ends.contains(&len) || len == file.octets.len();
        let expected = if is_clean { vec![] } else { vec![Cause::FileCutShort] };
        assert_eq!((outcome.messages.len(), outcome.causes()), (whole, expected), "cut at {len}");
        assert_eq!(outcome.totals.packets, whole as u64);
    }
}

#[test]
fn a_frame_longer_than_the_limit_is_skipped() {
    let mut file = Dnstap::unidirectional();
    file.frame(&[1; 3000]).message(6, pair(V4), 1, None, Some(&message(1, 60)));
    let outcome = read_limited(&file.octets, Limits { block_octets: 2000, ..Limits::default() });
    assert_eq!((outcome.causes(), outcome.messages.len()), (vec![Cause::BlockTooLong], 1));
}
