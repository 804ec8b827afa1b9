//! The recorded responses as text, as dig prints them: they must be judged as they are on the wire, and
//! can be changed here.

use std::fmt::Write as _;

use sigmill::audit::chain::{Config, Status};
use sigmill::audit::findings::Code;
use sigmill::capture::{self, Event, ReadOptions};
use sigmill::dns::RType;
use sigmill::dns::message::{Edns, Message, Section};
use sigmill::zonefile::print::write_rdata;

use super::{Judged, capture as judge_capture, source, text as judge_text, trusting};

const CAPTURE: &str = "datasets/captures/tree.pcapng";
const ANCHOR: &str = "datasets/captures/tree.anchor";

/// One response as dig would print it, and its time.
fn printed(message: &Message<'_>) -> String {
    let rcode = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN"][usize::from(message.rcode())];
    let flags: String = [
        (message.is_authoritative(), " aa"),
        (message.is_truncated(), " tc"),
        (message.recursion_desired(), " rd"),
        (message.recursion_available(), " ra"),
        (message.is_authenticated(), " ad"),
        (message.checking_disabled(), " cd"),
    ]
    .into_iter()
    .filter_map(|(set, name)| set.then_some(name))
    .collect();
    let (mut sections, mut edns) = ([const { String::new() }; 3], Edns::default());
    let mut records = message.records().unwrap();
    while let Some(record) = records.next_record().unwrap() {
        if record.rtype == RType::OPT {
            edns = Edns::new(record.ttl, record.rdata);
            continue;
        }
        let text = &mut sections[record.section as usize];
        write!(text, "{}\t{}\t{}\t{}\t", record.owner, record.ttl, record.class, record.rtype)
            .unwrap();
        write_rdata(text, record.rtype, record.rdata);
        text.push('\n');
    }
    let question = message.question().unwrap().unwrap();
    let mut text = format!(
        ";; ->>HEADER<<- opcode: QUERY, status: {rcode}, id: 1\n;; flags: qr{flags}; QUERY: 1\n"
    );
    let wants = if edns.wants_dnssec { " do" } else { "" };
    writeln!(text, "; EDNS: version: 0, flags:{wants}; udp: 1232").unwrap();
    for (code, reason) in &edns.errors {
        match reason.as_str() {
            "" => writeln!(text, "; EDE: {code} (its purpose)").unwrap(),
            reason => writeln!(text, "; EDE: {code} (its purpose): ({reason})").unwrap(),
        }
    }
    writeln!(
        text,
        ";; QUESTION SECTION:\n;{}\t\t{}\t{}\n",
        question.name, question.class, question.qtype
    )
    .unwrap();
    for (section, name) in [
        (Section::Answer, "ANSWER"),
        (Section::Authority, "AUTHORITY"),
        (Section::Additional, "ADDITIONAL"),
    ] {
        let records = &sections[section as usize];
        if !records.is_empty() {
            writeln!(text, ";; {name} SECTION:\n{records}").unwrap();
        }
    }
    text
}

/// All responses of the recorded capture, and the time of the first.
fn responses() -> (Vec<String>, i64) {
    let (mut texts, mut first) = (Vec::new(), None);
    capture::read(source(CAPTURE), &ReadOptions::default(), &mut |event| {
        let Event::Message(message) = event else { return };
        let time = message.time.unwrap().seconds;
        let octets = Message::new(message.octets).unwrap();
        if octets.is_response() {
            first.get_or_insert(time);
            texts.push(printed(&octets));
        }
    })
    .unwrap();
    (texts, first.unwrap())
}

fn judge(texts: &[String], at: i64) -> Judged {
    judge_text("answers", texts.concat().as_bytes(), at, &trusting(ANCHOR))
}

// The two ways in are twins: what dig printed is what was on the wire.
#[test]
fn the_same_answers_as_text_are_judged_alike() {
    let (texts, at) = responses();
    let from_text = judge(&texts, at);
    let from_wire = judge_capture(CAPTURE, &trusting(ANCHOR));
    assert_eq!(from_text.summary.responses, from_wire.summary.responses);
    assert_eq!(from_text.summary.kinds, from_wire.summary.kinds);
    assert_eq!(from_text.summary.not_judged, from_wire.summary.not_judged);
    let rows = |judged: &Judged| -> Vec<String> {
        let row = |row: &sigmill::audit::chain::ResponseRow| {
            format!(
                "{:?} {:?} {:?} {} {:?}",
                row.name, row.rtype, row.judgement, row.count, row.errors
            )
        };
        judged.responses.iter().map(row).collect()
    };
    for (text, wire) in rows(&from_text).into_iter().zip(rows(&from_wire)) {
        assert_eq!(text, wire);
    }
    assert_eq!(from_text.responses.len(), from_wire.responses.len());
}

/// The recorded answers, of which those that `is_meant` picks are changed by `change`; what is judged
/// otherwise then.
fn changed(is_meant: impl Fn(&str) -> bool, change: impl Fn(&str) -> String) -> (Judged, usize) {
    let (mut texts, at) = responses();
    let mut count = 0;
    for text in &mut texts {
        if is_meant(text) {
            *text = change(text);
            count += 1;
        }
    }
    assert!(count > 0);
    (judge(&texts, at), count)
}

fn responses_with(judged: &Judged, code: Code, status: Status) -> u64 {
    let rows = judged.summary.reasons.iter();
    rows.filter(|row| (row.status, row.code) == (status, code)).map(|row| row.responses).sum()
}

// RFC 6672 §5.3.1: the CNAME is synthesized, unsigned, and must follow from the DNAME.
#[test]
fn a_cname_that_does_not_follow_from_its_dname_is_bogus() {
    let has_both = |text: &str| {
        text.contains("\tDNAME\t")
            && text.contains("\tCNAME\t")
            && text.contains(" status: NOERROR")
    };
    let (judged, count) = changed(
        |text| has_both(text) && !text.contains("\tRRSIG\tCNAME ") && !text.contains(" tc"),
        |text| text.replacen("\tCNAME\t", "\tCNAME\tevil.", 1),
    );
    assert!(responses_with(&judged, Code::DnameMismatch, Status::Bogus) >= count as u64 / 2);
}

// RFC 4035 §3.2.3: a resolver that was asked for signatures sets AD on what is secure.
#[test]
fn secure_answers_of_a_resolver_without_ad_are_told() {
    let (judged, _) = changed(|text| text.contains(" ra ad"), |text| text.replace(" ra ad", " ra"));
    assert!(judged.findings.iter().any(|code| code == "ad-missing"));
    assert_eq!(judged.summary.ad.agreed, 0);
}

// RFC 4033 §5: an anchor for one zone says nothing of the others.
#[test]
fn what_no_anchor_covers_is_indeterminate() {
    let (texts, at) = responses();
    let keys: String = texts
        .iter()
        .flat_map(|text| text.lines())
        .filter(|line| line.starts_with("nsec.\t") && line.contains("\tDNSKEY\t257 "))
        .map(|line| format!("{line}\n"))
        .take(1)
        .collect();
    let anchors = sigmill::audit::anchors::read(keys.as_bytes(), "test").unwrap();
    let config = Config { anchors, ..Config::default() };
    let judged = judge_text("answers", texts.concat().as_bytes(), at, &config);
    assert!(responses_with(&judged, Code::ChainNoAnchor, Status::Indeterminate) > 0);
    let zone = |name: &str| {
        let row = judged.summary.zones.iter().find(|row| row.link.zone.to_string() == name);
        row.unwrap().link.judgement.status
    };
    assert_eq!((zone("nsec."), zone("p256.nsec.")), (Status::Secure, Status::Secure));
    assert_eq!(zone("hash."), Status::Indeterminate);
}

// Without the DS of a zone nobody can tell whether it is signed; the report names what is missing.
#[test]
fn a_missing_ds_is_named() {
    let (judged, _) = changed(
        |text| text.contains("p256.nsec.\t") && text.contains("\tDS\t"),
        |text| {
            let keep = |line: &&str| {
                !(line.starts_with("p256.nsec.\t")
                    && (line.contains("\tDS\t") || line.contains("\tDS ")))
            };
            text.lines().filter(keep).map(|line| format!("{line}\n")).collect()
        },
    );
    assert!(
        responses_with(&judged, Code::ChainDsNeeded, Status::Indeterminate) > 0
            || responses_with(&judged, Code::DenialUnproven, Status::Bogus) > 0
    );
    let zone = judged.summary.zones.iter().find(|row| row.link.zone.to_string() == "p256.nsec.");
    let reason = zone.unwrap().link.judgement.reason.clone().unwrap();
    assert_eq!((reason.owner.to_string(), reason.rtype), ("p256.nsec.".into(), Some(RType::DS)));
}

// CVE-2023-50387: what is above the limit is not tried, and told.
#[test]
fn signatures_above_the_limit_are_not_tried_and_told() {
    let (texts, at) = responses();
    let text = texts
        .iter()
        .find(|text| text.contains("\nwww.p256.nsec.\t") && text.contains("\tRRSIG\tA "));
    let text = text.unwrap();
    let line = text.lines().find(|line| line.contains("\tRRSIG\tA ")).unwrap();
    // The same signature under other key tags: 65 more.
    let fields: Vec<&str> = line.split(' ').collect();
    let more: String = (0..65)
        .map(|tag: u32| {
            let tag = tag.to_string();
            let mut fields = fields.clone();
            let place = fields.len() - 3;
            fields[place] = &tag;
            format!("{}\n", fields.join(" "))
        })
        .collect();
    let crowded = text.replacen(&format!("{line}\n"), &format!("{more}{line}\n"), 1);
    let mut texts = texts.clone();
    texts.insert(0, crowded);
    let judged = judge(&texts, at);
    assert!(judged.findings.iter().any(|code| code == "rrset-too-many-signatures"));
}
