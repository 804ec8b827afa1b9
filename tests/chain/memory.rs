//! The bound on what is held in memory: what does not fit is left out as a whole, and counted.

use sigmill::audit::chain::{self, Intake};
use sigmill::capture::ReadOptions;
use sigmill::dns::RType;
use sigmill::source::Source;

use super::made::{Answer, Record, query};
use super::packets::{Pcap, address, udp};
use super::{Config, Judged, judge};

const CLIENT: &str = "192.0.2.1:4711";
const SERVER: &str = "192.0.2.53:53";

fn record(number: u16) -> Record {
    let [high, low] = number.to_be_bytes();
    Record::new("www.", RType::A, vec![192, 0, high, low])
}

fn soa() -> Record {
    Record::new("www.", RType::SOA, [&[0; 2][..], &[0; 20]].concat())
}

fn captured(octets: usize, messages: &[Vec<u8>]) -> Judged {
    let mut pcap = Pcap::of(101);
    pcap.packet(&udp(address(CLIENT), address(SERVER), &query(1, "www.", RType(252), None, false)));
    for message in messages {
        pcap.packet(&udp(address(SERVER), address(CLIENT), message));
    }
    let mut intake = Intake::new(octets);
    let source = Source::from_bytes("pcap", pcap.octets);
    chain::read_capture(&mut intake, source, &ReadOptions::default(), 0, &mut |_| {}).unwrap();
    judge(intake, &Config::default())
}

fn read(octets: usize, text: &str) -> Judged {
    let mut intake = Intake::new(octets);
    let source = Source::from_bytes("text", text.as_bytes().to_vec());
    chain::read_text(&mut intake, source, 1 << 30, 0).unwrap();
    judge(intake, &Config::default())
}

#[test]
fn responses_beyond_the_bound_are_counted_and_those_before_it_judged() {
    let responses = (0..1000).map(|number| {
        Answer::new("www.", RType::A, vec![record(number)]).message(number, true, None)
    });
    let responses: Vec<_> = responses.collect();
    let all = captured(1 << 24, &responses).summary;
    assert_eq!((all.responses.total(), all.input.not_kept), (1000, 0));
    let some = captured(1 << 17, &responses).summary;
    assert!((10..500).contains(&some.responses.total()), "{:?}", some.responses);
    assert_eq!(some.responses.total() + some.input.not_kept, 1000);
}

// RFC 5936 §2.2: a transfer in 21 messages, between its first SOA and its last.
#[test]
fn a_transfer_beyond_the_bound_is_left_out_as_a_whole() {
    let axfr = |records| Answer::new("www.", RType(252), records).message(1, true, None);
    let body = (0..20).map(|part| axfr((0..50).map(|number| record(part * 50 + number)).collect()));
    let messages: Vec<_> =
        [axfr(vec![soa()])].into_iter().chain(body).chain([axfr(vec![soa()])]).collect();
    let kept = captured(1 << 20, &messages);
    assert_eq!((kept.rrsets.len(), kept.summary.input.not_kept), (2, 0));
    let left_out = captured(1 << 14, &messages);
    assert_eq!((left_out.rrsets.len(), left_out.summary.input.not_kept), (0, 1));
    // One that does not end is left out as well.
    let cut = captured(1 << 20, &messages[..20]);
    assert_eq!((cut.rrsets.len(), cut.summary.input.not_kept), (0, 1));
}

#[test]
fn text_beyond_the_bound_is_left_out_by_responses_or_as_a_whole() {
    let bag: String = (0..1000).map(|number| record(number).to_string()).collect();
    assert_eq!(read(1 << 20, &bag).rrsets.len(), 1);
    let left_out = read(bag.len() * 2 + 4096, &bag);
    assert_eq!((left_out.rrsets.len(), left_out.summary.input.not_kept), (0, 1));
    let answers: String = (0..200)
        .map(|number| Answer::new("www.", RType::A, vec![record(number)]).text(Some(0)))
        .collect();
    let all = read(1 << 22, &answers).summary;
    assert_eq!((all.responses.total(), all.input.not_kept), (200, 0));
    let some = read(answers.len() * 2 + (1 << 16), &answers).summary;
    assert!((10..150).contains(&some.responses.total()), "{:?}", some.responses);
    assert_eq!(some.responses.total() + some.input.not_kept, 200);
}

#[test]
fn a_text_that_is_longer_than_the_bound_is_an_error_that_names_it() {
    let mut intake = Intake::new(1000);
    let source = Source::from_bytes("text", vec![b'\n'; 1001]);
    let error = chain::read_text(&mut intake, source, 1 << 30, 0).unwrap_err().to_string();
    assert_eq!(error, "text: there is no room for more than 1000 octets of its text (--max-held)");
    // What helps to judge the rest is read even when that has filled the memory.
    let keys = Source::from_bytes("keys", record(1).to_string().into_bytes());
    let mut intake = Intake::new(0);
    chain::read_material(&mut intake, keys, 1 << 30, 0).unwrap();
    assert_eq!(judge(intake, &Config::default()).rrsets.len(), 1);
}
