//! Captures with queries: what they say that their responses do not, and which of both are alone.

use std::process::Command;

use sigmill::audit::chain::summary::ExchangeFacts;
use sigmill::audit::chain::{self, Intake, Status};
use sigmill::audit::findings::Code;
use sigmill::capture::ReadOptions;
use sigmill::dns::RType;
use sigmill::source::Source;

use super::made::{Answer, Key, Record, Signing, day, query};
use super::packets::{Pcap, address, udp};
use super::{Judged, capture, judge, path, trusting};

const CLIENT: &str = "192.0.2.1:4711";
const SERVER: &str = "192.0.2.53:53";

/// A capture of day 0, second by second.
struct Traffic {
    key: Key,
    pcap: Pcap,
}

impl Traffic {
    fn new() -> Self {
        Self { key: Key::p384(), pcap: Pcap::of(101) }.at(0)
    }

    fn at(mut self, second: i64) -> Self {
        self.pcap.at(u32::try_from(day(0) + second).unwrap(), 0);
        self
    }

    fn ask(mut self, query: &[u8]) -> Self {
        self.pcap.packet(&udp(address(CLIENT), address(SERVER), query));
        self
    }

    fn respond(mut self, response: &[u8]) -> Self {
        self.pcap.packet(&udp(address(SERVER), address(CLIENT), response));
        self
    }

    /// Judges with the keys of the root, and with data that shows that `www.` is no zone of its own.
    fn judge(&self) -> Judged {
        let root = Signing { apex: ".", key: &self.key, days: (-1, 60) };
        let known =
            [root.dnskey(&[&self.key]), root.rrset("www.", RType::TXT, &[b"\x01x".to_vec()])];
        let known: String = known.iter().flatten().map(ToString::to_string).collect();
        let mut intake = Intake::new(1 << 20);
        let source = Source::from_bytes("pcap", self.pcap.octets.clone());
        let options = ReadOptions::default();
        chain::read_capture(&mut intake, source, &options, 0, &mut |_| {}).unwrap();
        let keys = Source::from_bytes("keys", known.into_bytes());
        chain::read_material(&mut intake, keys, 1 << 20, 0).unwrap();
        judge(intake, &self.key.as_anchor())
    }

    /// The status of each response, and the reason.
    fn statuses(&self) -> Vec<Option<(Status, Option<Code>)>> {
        let judged = self.judge();
        let rows = judged.responses.iter();
        rows.map(|row| {
            let judgement = row.judgement.clone()?;
            Some((judgement.status, judgement.reason.map(|reason| reason.code)))
        })
        .collect()
    }

    fn exchanges(&self) -> Option<ExchangeFacts> {
        self.judge().summary.input.exchanges
    }
}

/// An address without signature in a zone that is signed.
fn unsigned() -> Answer {
    Answer::new("www.", RType::A, vec![Record::new("www.", RType::A, vec![192, 0, 2, 1])])
}

fn ask(id: u16, edns: Option<bool>) -> Vec<u8> {
    query(id, "www.", RType::A, edns, false)
}

const UNSIGNED: Option<(Status, Option<Code>)> = Some((Status::Bogus, Some(Code::RrsetUnsigned)));
const NOT_ASKED: Option<(Status, Option<Code>)> =
    Some((Status::Indeterminate, Some(Code::ChainSignaturesNeeded)));

// RFC 3225 §3, RFC 4035 §3.1: signatures must come with a response if the query has DO. Servers that know
// no EDNS leave OPT out of the response, others clear the flag.
#[test]
fn a_query_tells_whether_missing_signatures_are_a_fault() {
    for response_edns in [None, Some(false)] {
        let response = unsigned().message(1, true, response_edns);
        let with = |edns| Traffic::new().ask(&ask(1, edns)).respond(&response).statuses();
        assert_eq!(with(Some(true)), [UNSIGNED]);
        assert_eq!(with(Some(false)), [NOT_ASKED]);
        assert_eq!(with(None), [NOT_ASKED]);
        assert_eq!(Traffic::new().respond(&response).statuses(), [NOT_ASKED]);
        // A query of somebody else, or with another ID, says nothing.
        let other = Traffic::new().ask(&ask(2, Some(true))).respond(&response);
        assert_eq!(other.statuses(), [NOT_ASKED]);
    }
    let response = unsigned().message(1, true, Some(true));
    assert_eq!(Traffic::new().respond(&response).statuses(), [UNSIGNED]);
}

// RFC 1035 §4.1.2 does not require a response to repeat the question.
#[test]
fn a_query_tells_what_was_asked_where_the_response_does_not() {
    let response = unsigned().message(1, false, Some(true));
    assert_eq!(Traffic::new().respond(&response).statuses(), [None]);
    let asked = Traffic::new().ask(&ask(1, Some(true))).respond(&response);
    assert_eq!(asked.statuses(), [UNSIGNED]);
    let row = &asked.judge().responses[0];
    assert_eq!((row.name.unwrap().to_string().as_str(), row.rtype), ("www.", Some(RType::A)));
}

// Network cards with several queues, and captures of several interfaces put together.
#[test]
fn a_query_may_stand_behind_its_response_by_a_second() {
    let response = unsigned().message(1, true, None);
    let late = |seconds| {
        let traffic = Traffic::new().at(0).respond(&response);
        traffic.at(seconds).ask(&ask(1, Some(true)))
    };
    assert_eq!(late(0).statuses(), [UNSIGNED]);
    assert_eq!(late(1).statuses(), [UNSIGNED]);
    assert_eq!(late(2).statuses(), [NOT_ASKED]);
    let facts = late(1).exchanges().unwrap();
    assert_eq!((facts.answered, facts.unanswered, facts.unasked), (1, 0, 0));
    // Responses are listed as they were seen, those that were held back as well.
    let other = Answer { rcode: 2, ..unsigned() }.message(2, true, None);
    let traffic = Traffic::new().at(0).ask(&ask(2, None)).respond(&response).respond(&other);
    let places: Vec<String> =
        traffic.judge().responses.iter().map(|row| row.place.clone()).collect();
    assert_eq!(places, ["pcap:2", "pcap:3"]);
}

#[test]
fn an_id_that_is_used_again_belongs_to_the_question_that_the_response_repeats() {
    let response = unsigned().message(1, true, None);
    let other = query(1, "other.", RType::A, Some(true), false);
    let seen = Traffic::new().ask(&other).respond(&response);
    assert_eq!(seen.statuses(), [NOT_ASKED]);
    // The case of letters may differ: some servers lower it.
    let cased = query(1, "wWw.", RType::A, Some(true), false);
    let seen = Traffic::new().ask(&other).ask(&cased).respond(&response);
    assert_eq!(seen.statuses(), [UNSIGNED]);
    let facts = seen.exchanges().unwrap();
    assert_eq!((facts.answered, facts.unanswered, facts.unasked), (1, 1, 0));
}

#[test]
fn queries_and_responses_that_are_alone_are_counted() {
    let response = |id| unsigned().message(id, true, None);
    let mut traffic = Traffic::new().at(0).ask(&ask(1, None)).respond(&response(1));
    // A duplicate of a response, and a query sent three times, belong to one exchange each.
    traffic = traffic.respond(&response(1)).ask(&ask(2, None)).at(5).ask(&ask(2, None));
    traffic = traffic.at(10).ask(&ask(2, None)).respond(&response(2));
    // Never answered; answered too late; never asked.
    traffic = traffic.ask(&ask(3, None)).ask(&ask(4, None)).at(50).respond(&response(4));
    traffic = traffic.respond(&response(5));
    let expected =
        ExchangeFacts { answered: 2, unanswered: 2, repeated: 2, unasked: 2, given_up: 0 };
    assert_eq!(traffic.exchanges(), Some(expected));
    // Of one direction alone nothing can be said.
    assert_eq!(Traffic::new().respond(&response(1)).exchanges(), None);
    assert_eq!(Traffic::new().ask(&ask(1, None)).exchanges(), None);
}

// RFC 6840 §5.9: a stub that checks for itself sets CD, and need not get AD. Not every resolver repeats CD.
#[test]
fn a_query_with_cd_asks_for_no_ad() {
    let key = Key::p384();
    let signed = Signing { apex: ".", key: &key, days: (-1, 60) }.address("www.");
    let answer = Answer { authoritative: false, ..Answer::new("www.", RType::A, signed) };
    let findings = |cd| {
        let query = query(1, "www.", RType::A, Some(true), cd);
        let traffic =
            Traffic::new().at(0).ask(&query).respond(&answer.message(1, true, Some(true)));
        traffic.judge().findings
    };
    assert_eq!(findings(false), ["ad-missing"]);
    assert!(findings(true).is_empty());
}

// RFC 5936 §2.2.1, RFC 1995: all but the first message of a transfer may lack the question.
#[test]
fn messages_of_an_incremental_transfer_without_a_question_are_known_by_their_query() {
    let ixfr = query(1, "www.", RType(251), None, false);
    let response = unsigned().message(1, false, None);
    let judged = Traffic::new().ask(&ixfr).respond(&response).judge();
    assert_eq!((judged.summary.input.others, judged.responses.len()), (1, 0));
}

/// How many messages of a capture tshark sees that a filter picks.
fn tshark_counts(name: &str, filter: &str) -> u64 {
    let output = Command::new("tshark")
        .args(["-2", "-r", path(name).to_str().unwrap(), "-Y", filter, "-T", "fields"])
        .args(["-e", "dns.id"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().flat_map(|line| line.split(',')).filter(|id| !id.trim().is_empty()).count() as u64
}

// Wireshark finds the response to each query as well.
#[test]
fn tshark_finds_as_many_exchanges() {
    if Command::new("tshark").arg("--version").output().is_err() {
        assert!(std::env::var_os("SIGMILL_REQUIRE_PEERS").is_none(), "tshark is not installed");
        println!("skipped: tshark is not installed");
        return;
    }
    for name in ["datasets/captures/tree.pcapng", "datasets/captures/stub.pcapng"] {
        let facts =
            capture(name, &trusting("datasets/captures/tree.anchor")).summary.input.exchanges;
        let facts = facts.unwrap();
        let answered = tshark_counts(name, "dns.flags.response == 0 && dns.response_in");
        let unasked = tshark_counts(name, "dns.flags.response == 1 && !dns.response_to");
        let alone = tshark_counts(name, "dns.flags.response == 0 && !dns.response_in");
        assert_eq!((facts.answered, facts.unasked), (answered, unasked), "{name}");
        assert_eq!(facts.unanswered + facts.repeated, alone, "{name}");
    }
}
