//! The captures of real servers and a validating resolver in `datasets/captures`: what Unbound said of
//! each question, and what whoever built the zones knows.

use serde::Deserialize;
use sigmill::audit::chain::{ResponseRow, Status};

use super::{Judged, capture, path, trusting};

#[derive(Deserialize)]
struct Recording {
    questions: Vec<Question>,
}

/// A question that was asked, and what came of it.
#[derive(Deserialize, Debug)]
struct Question {
    name: String,
    #[serde(rename = "type")]
    rtype: String,
    #[serde(rename = "do")]
    signatures_wanted: bool,
    cd: bool,
    rcode: String,
    ad: bool,
    /// `secure`, `insecure` or `bogus`, as the resolver said; with CD it says nothing.
    unbound: Option<String>,
    /// Likewise, as the zones were built.
    expected: String,
    why: String,
    /// Why the two differ, where they do.
    difference: Option<String>,
}

fn questions(name: &str) -> Vec<Question> {
    let text = std::fs::read(path(name)).unwrap();
    serde_json::from_slice::<Recording>(&text).unwrap().questions
}

/// The responses to a question that hold something to judge.
fn about<'j>(judged: &'j Judged, question: &Question) -> Vec<&'j ResponseRow> {
    let is_meant = |row: &&ResponseRow| {
        row.name.is_some_and(|name| name.to_string().eq_ignore_ascii_case(&question.name))
            && row.rtype.is_some_and(|rtype| rtype.to_string() == question.rtype)
            && row.judgement.is_some()
    };
    judged.responses.iter().filter(is_meant).collect()
}

fn status(row: &ResponseRow) -> Status {
    row.judgement.as_ref().unwrap().status
}

fn rcode(name: &str) -> u16 {
    match name {
        "NOERROR" => 0,
        "SERVFAIL" => 2,
        "NXDOMAIN" => 3,
        other => panic!("no such code was recorded: {other}"),
    }
}

/// Compares every question; how many were.
fn compare(judged: &Judged, questions: &[Question]) -> usize {
    let mut compared = 0;
    for question in questions {
        let rows = about(judged, question);
        if question.rcode == "SERVFAIL" {
            // The resolver kept the data to itself; it is in what the servers said, or in the answer
            // to the same question with CD, or what an alias leads to is bogus.
            let bogus = rows.iter().any(|row| status(row) == Status::Bogus);
            assert!(bogus || question.why.contains("CNAME to a bogus"), "{question:?}");
            assert_eq!(question.unbound.as_deref(), Some("bogus"));
            compared += 1;
            continue;
        }
        let answers: Vec<&ResponseRow> = rows
            .iter()
            .copied()
            .filter(|row| {
                let flags = (row.recursive, row.cd, row.ad, row.rcode);
                flags == (true, question.cd, question.ad, rcode(&question.rcode))
                    && row.signatures_wanted == question.signatures_wanted
                    && !is_incomplete(row)
            })
            .collect();
        if answers.is_empty() {
            // It did not fit, and was not asked again over TCP.
            let cut = rows.iter().any(|row| row.recursive && is_incomplete(row));
            assert!(cut, "no answer was seen: {question:?}");
            continue;
        }
        for row in answers {
            let found = status(row);
            if found == Status::Indeterminate && !question.signatures_wanted {
                continue; // nothing to judge by was asked for
            }
            assert_eq!(found.name(), question.expected, "{question:?} {row:?}");
            let agrees = question.unbound.as_ref().is_none_or(|unbound| unbound == found.name());
            assert!(agrees || question.difference.is_some(), "{question:?}");
            compared += 1;
        }
    }
    compared
}

fn is_incomplete(row: &ResponseRow) -> bool {
    let reason = row.judgement.as_ref().and_then(|judgement| judgement.reason.as_ref());
    reason.is_some_and(|reason| reason.code.entry().code == "response-incomplete")
}

// Issue "Verify packet captures": agreement with Unbound on every response.
#[test]
fn every_question_of_the_recorded_tree_is_judged_as_unbound_and_its_builder_say() {
    let judged =
        capture("datasets/captures/tree.pcapng", &trusting("datasets/captures/tree.anchor"));
    let questions = questions("datasets/captures/tree.json");
    let differences = questions.iter().filter(|question| question.difference.is_some()).count();
    assert!(differences <= 3, "{differences} differences are documented");
    let compared = compare(&judged, &questions);
    assert!(compared > 300, "{compared} of {} were compared", questions.len());
    // Every kind of failure that was built is explained by its own code.
    let codes: Vec<String> =
        judged.summary.reasons.iter().map(|row| row.code.to_string()).collect();
    for code in [
        "delegation-insecure",
        "delegation-opt-out",
        "ds-unsupported",
        "nsec3-iterations-too-many",
        "response-incomplete",
        "chain-signatures-needed",
        "denial-unproven",
        "wildcard-unproven",
        "signature-invalid",
        "signature-expired",
        "signature-not-yet-valid",
        "signature-no-key",
        "signature-key-not-zone-key",
        "signature-key-revoked",
        "signature-labels-too-many",
        "signature-signer-not-apex",
        "rrset-unsigned",
        "dnskey-not-anchored",
        "dnskey-missing",
    ] {
        assert!(codes.iter().any(|found| found == code), "{code} is missing: {codes:?}");
    }
    assert!(judged.findings.iter().any(|code| code == "ttl-above-original"));
    assert!(judged.findings.iter().any(|code| code == "ad-without-security"));
}

// A capture between a stub and its resolver, in which the chain was asked for after the answers.
#[test]
fn a_stub_that_asks_for_the_chain_afterwards_lets_everything_be_judged() {
    let judged =
        capture("datasets/captures/stub.pcapng", &trusting("datasets/captures/tree.anchor"));
    let questions = questions("datasets/captures/stub.json");
    assert!(compare(&judged, &questions) > 50);
    assert_eq!(judged.summary.ad.without_security, 0);
}

// RFC 4033 §5: with other anchors the same data is bogus or indeterminate, never secure.
#[test]
fn nothing_is_secure_without_the_right_anchor() {
    let judged = capture("datasets/captures/tree.pcapng", &super::Config::default());
    assert_eq!(judged.summary.responses.secure, 0);
    let root = judged.summary.zones.iter().find(|row| row.link.zone.is_root()).unwrap();
    assert_eq!(root.link.judgement.status, Status::Bogus);
    assert!(root.island);
}

// The order in which messages come, and how many threads there are, change nothing.
#[test]
fn threads_change_nothing() {
    let anchored = trusting("datasets/captures/tree.anchor");
    let rows = |threads| {
        let config = super::Config { threads, ..anchored.clone() };
        let judged = capture("datasets/captures/tree.pcapng", &config);
        serde_json::to_string(&judged.responses).unwrap()
    };
    assert_eq!(rows(1), rows(5));
}
