//! Responses that RFCs print, and saved answers.

use sigmill::audit::anchors;
use sigmill::audit::chain::{Config, Kind, Status};

use super::{Judged, text};

/// Inside the validity of all signatures.
const IN_2012: i64 = 1_334_966_399;

/// The key-signing key of RFC 5155 Appendix A.
const ANCHOR: &str = "example. DNSKEY 257 3 7 AwEAAcUlFV1vhmqx6NSOUOq2R/dsR7Xm3upJj7IommWSpJABVfW8Q0rO\
    vXdM6kzt+TAu92L9AbsUdblMFin8CVF3n4s=";

const RFC_5155: &str = include_str!("rfc5155.txt");

fn judge(answers: &str, at: i64) -> Judged {
    let anchors = anchors::read(ANCHOR.as_bytes(), "test").unwrap();
    text("answers", answers.as_bytes(), at, &Config { anchors, ..Config::default() })
}

fn statuses(judged: &Judged) -> Vec<(String, Kind, Status)> {
    let row = |row: &sigmill::audit::chain::ResponseRow| {
        let judgement = row.judgement.as_ref().unwrap();
        (format!("{} {}", row.name.unwrap(), row.rtype.unwrap()), row.kind, judgement.status)
    };
    judged.responses.iter().map(row).collect()
}

// RFC 5155 Appendix B.1 to B.5, with the signatures that it prints. Its zone is opt-out, so where a
// next closer name is denied an insecure delegation may be: no AD there (§9.2).
#[test]
fn the_responses_of_rfc_5155_are_judged_as_it_says() {
    let expected = [
        ("example. DNSKEY", Kind::Answer, Status::Secure),
        ("a.c.x.w.example. A", Kind::NameError, Status::Insecure),
        ("ns1.example. MX", Kind::NoData, Status::Secure),
        ("y.w.example. A", Kind::NoData, Status::Secure),
        ("mc.c.example. MX", Kind::Referral, Status::Insecure),
        ("a.z.w.example. MX", Kind::Answer, Status::Insecure),
        ("a.z.w.example. AAAA", Kind::NoData, Status::Insecure),
    ];
    let expected = expected.map(|(name, kind, status)| (name.to_owned(), kind, status));
    assert_eq!(statuses(&judge(RFC_5155, IN_2012)), expected);
}

/// The key-signing key of RFC 4035 Appendix A.
const ANCHOR_OF_2004: &str = "example. DNSKEY 257 3 5 AQOeX7+baTmvpVHb2CcLnL1dMRWbuscRvHXlLnXwDzvqp4tZVK\
    p1sZMepFb8MvxhhW3y/0QZsyCjczGJ1qk8vJe52iOhInKROVLRwxGpMfzPRLMlGybr51bOV/1se0ODacj3DomyB4QB5gKTYot/\
    K9alk5/j8vfd4jWCWD+E1Sze0Q==";

const RFC_4035: &str = include_str!("rfc4035.txt");

/// 2004-05-01, inside the validity of its signatures.
const IN_2004: i64 = 1_083_412_800;

// RFC 4035 Appendix B.1 to B.8, with the signatures that it prints. The last one denies the DS of the
// zone's own apex, which only the parent can: it is no proof (Appendix C.8).
#[test]
fn the_responses_of_rfc_4035_are_judged_as_it_says() {
    let anchors = anchors::read(ANCHOR_OF_2004.as_bytes(), "test").unwrap();
    let config = Config { anchors, ..Config::default() };
    let judge = |answers: &str| text("answers", answers.as_bytes(), IN_2004, &config);
    let expected = [
        ("example. DNSKEY", Kind::Answer, Status::Secure),
        ("x.w.example. MX", Kind::Answer, Status::Secure),
        ("ml.example. A", Kind::NameError, Status::Secure),
        ("ns1.example. MX", Kind::NoData, Status::Secure),
        ("mc.a.example. MX", Kind::Referral, Status::Secure),
        ("mc.b.example. MX", Kind::Referral, Status::Insecure),
        ("a.z.w.example. MX", Kind::Answer, Status::Secure),
        ("a.z.w.example. AAAA", Kind::NoData, Status::Secure),
        ("example. DS", Kind::NoData, Status::Bogus),
    ];
    let expected = expected.map(|(name, kind, status)| (name.to_owned(), kind, status));
    let whole = judge(RFC_4035);
    assert_eq!(statuses(&whole), expected);
    // Each NSEC of a proof is needed.
    let proofs = RFC_4035.lines().position(|line| line.starts_with("; B.2")).unwrap();
    let mut removed = 0;
    for (number, line) in RFC_4035.lines().enumerate().skip(proofs) {
        if !line.contains(" IN NSEC ") {
            continue;
        }
        let kept = RFC_4035.lines().enumerate().filter(|(other, _)| *other != number);
        let text: String = kept.map(|(_, line)| format!("{line}\n")).collect();
        let judged = statuses(&judge(&text));
        let worse = judged.iter().zip(&expected).filter(|(now, before)| now.2 > before.2);
        // The last response is bogus as it is.
        let due = usize::from(!line.starts_with("example. ") || removed < 7);
        assert_eq!(worse.count(), due, "{line}");
        removed += 1;
    }
    assert_eq!(removed, 8);
}

// Each NSEC3 record of a proof is needed: without any one of them the response is bogus
// (RFC 5155 §8.4–§8.9).
#[test]
fn without_any_of_its_records_a_proof_proves_nothing() {
    let whole = judge(RFC_5155, IN_2012);
    let mut removed = 0;
    for (number, line) in RFC_5155.lines().enumerate() {
        if !line.contains(" IN NSEC3 ") {
            continue;
        }
        let text: String = RFC_5155
            .lines()
            .enumerate()
            .filter(|(other, _)| *other != number)
            .map(|(_, line)| format!("{line}\n"))
            .collect();
        let worse: Vec<_> = statuses(&judge(&text, IN_2012))
            .into_iter()
            .zip(statuses(&whole))
            .filter(|(now, before)| now != before)
            .collect();
        if line.starts_with("r53bq7cc2uvmubfu5ocmm6pers9tk9en") {
            // Of the wildcard: without it the record that covers the next closer name, with opt-out,
            // still leaves room for an empty non-terminal of insecure delegations (§7.1, §9.2).
            assert!(worse.is_empty(), "{worse:?}");
            removed += 1;
            continue;
        }
        assert_eq!(worse.len(), 1, "{line}: {worse:?}");
        assert_eq!(worse[0].0.2, Status::Bogus, "{line}");
        removed += 1;
    }
    assert_eq!(removed, 11);
}

// RFC 4035 §5.3.1: the chain's own signatures have their time as well.
#[test]
fn after_the_signatures_have_expired_everything_is_bogus() {
    let judged = judge(RFC_5155, 1_500_000_000);
    assert!(statuses(&judged).iter().all(|(.., status)| *status == Status::Bogus));
}

// RFC 4033 §5: what is missing is named.
#[test]
fn without_the_keys_the_report_names_what_is_missing() {
    let begin = RFC_5155.find("; B.1").unwrap();
    let judged = judge(&RFC_5155[begin..], IN_2012);
    for row in &judged.responses {
        let judgement = row.judgement.as_ref().unwrap();
        let reason = judgement.reason.as_ref().unwrap();
        assert_eq!(judgement.status, Status::Indeterminate);
        assert_eq!(reason.to_string(), "chain-dnskey-needed example. DNSKEY");
    }
}

// Records of many zones without any comment are RRsets, each judged by itself.
#[test]
fn a_bag_of_records_is_judged_rrset_by_rrset() {
    let records: String =
        RFC_5155.lines().filter(|line| !line.starts_with(';')).map(|l| format!("{l}\n")).collect();
    let judged = judge(&records, IN_2012);
    assert!(judged.responses.is_empty());
    // All but the delegation's NS.
    let rrsets = judged.summary.rrsets;
    assert_eq!((rrsets.bogus, rrsets.indeterminate, rrsets.insecure), (0, 0, 1));
    assert!(rrsets.secure > 10);
}

// An entry that cannot be read is a finding with its line, and the rest is judged.
#[test]
fn a_line_that_cannot_be_read_is_told_and_the_rest_is_judged() {
    let text = RFC_5155.replacen(
        "example. 3600 IN SOA",
        "example. 3600 IN SOA only\nexample. 3600 IN SOA",
        1,
    );
    let judged = judge(&text, IN_2012);
    assert_eq!(judged.findings, ["record-unreadable"]);
    assert_eq!(statuses(&judged), statuses(&judge(RFC_5155, IN_2012)));
}
