//! Two copies of the root zone, which are no part of this repository: tests that need them say so
//! and pass when they are not there.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at what is not so

mod common;

use std::path::{Path, PathBuf};

use common::{Fact, Report, sigmill_zone};

const ROOT_2017: &str = "root-20170821.zone";
const ROOT_2020: &str = "root-20201019.zone";
/// Within the validity of all signatures of the two zones.
const IN_2017: &str = "2017-08-25T00:00:00Z";
const IN_2020: &str = "2020-10-25T00:00:00Z";

/// No finding but the advice that the zone deserves.
const NONE: [Fact; 0] = [];

/// Delegations with no DS but SHA-1 ones, in 2017 and, of these, in 2020. `grep "IN DS" | grep -v
/// " 2 "` tells the same.
const SHA1_IN_2017: [&str; 10] =
    ["firmdale.", "gdn.", "globo.", "lidl.", "mm.", "na.", "pr.", "rio.", "schwarz.", "uol."];
const SHA1_IN_2020: [&str; 4] = ["firmdale.", "gdn.", "na.", "pr."];

/// The file, or `None` with a word about it.
fn root_zone(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/zones").join(name);
    if path.is_file() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

fn fact(code: &str, owner: &str, rtype: &str) -> Fact {
    (code.into(), Some(owner.into()), Some(rtype.into()), None)
}

/// Findings without their lines, sorted, and without the advice that is due: KSK 20326 stood by in
/// 2017, and some delegations had SHA-1 digests only.
fn facts(report: &Report) -> Vec<Fact> {
    let mut facts = common::comparable(&report.facts(), &[]);
    let mut due: Vec<Fact> = SHA1_IN_2020.map(|owner| fact("ds-sha1", owner, "DS")).to_vec();
    if report.number("/input/signatures") == 2950 {
        due = SHA1_IN_2017.map(|owner| fact("ds-sha1", owner, "DS")).to_vec();
        due.push(fact("key-unused", ".", "DNSKEY"));
    }
    for advice in due {
        let place = facts.iter().position(|fact| *fact == advice);
        facts.remove(place.unwrap_or_else(|| panic!("{advice:?} is due")));
    }
    facts
}

// The root's KSK 20326 is built in; it signed the DNSKEY RRset of 2020.
#[test]
fn the_root_of_2020_is_secure_by_the_built_in_anchor() {
    let Some(zone) = root_zone(ROOT_2020) else { return };
    let report = sigmill_zone(&zone, &["--at", IN_2020]);
    assert_eq!(facts(&report), NONE);
    assert_eq!(report.exit, 0);
    assert_eq!(report.text("/trust/kind"), "anchored");
    assert_eq!(report.number("/input/signatures"), 2884);
    assert_eq!(report.number("/times/0/signatures_valid"), 2884);
    assert_eq!(report.number("/times/0/rrsets/bogus"), 0);
}

// KSK 19036 is built in with the dates between which it was an anchor (RFC 9718 §2.1.1).
#[test]
fn the_root_of_2017_is_secure_by_the_built_in_anchor_of_its_time() {
    let Some(zone) = root_zone(ROOT_2017) else { return };
    let report = sigmill_zone(&zone, &["--at", IN_2017]);
    assert_eq!(facts(&report), NONE);
    assert_eq!(report.exit, 0);
    assert_eq!(report.text("/trust/kind"), "anchored");
    assert_eq!(report.number("/times/0/signatures_valid"), 2950);
}

// In August 2017 the DNSKEY RRset held KSK 20326 but was signed by KSK 19036 only: the anchor
// matches a key, and that key does not sign.
#[test]
fn the_root_of_2017_is_not_anchored_by_a_key_that_did_not_sign_yet() {
    let Some(zone) = root_zone(ROOT_2017) else { return };
    let ds = "20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D";
    let report = sigmill_zone(&zone, &["--at", IN_2017, "--ds", ds]);
    assert_eq!(facts(&report), [fact("dnskey-not-anchored", ".", "DNSKEY")]);
    assert_eq!(report.exit, 1);
    assert_eq!(report.text("/trust/kind"), "not-anchored");
    assert_eq!(report.number("/times/0/signatures_valid"), 2950);
}

// The DS of KSK 19036 as IANA published it from 2010 (root-anchors.xml, RFC 7958).
#[test]
fn the_root_of_2017_is_secure_by_the_key_of_its_time() {
    let Some(zone) = root_zone(ROOT_2017) else { return };
    let ds = "19036 8 2 49AAC11D7B6F6446702E54A1607371607A1A41855200FD2CE1CDDE32F24E8FB5";
    let report = sigmill_zone(&zone, &["--at", IN_2017, "--ds", ds]);
    assert_eq!(facts(&report), NONE);
    assert_eq!(report.exit, 0);
    assert_eq!(report.text("/trust/kind"), "anchored");
    assert_eq!(report.number("/input/signatures"), 2950);
}

#[test]
fn every_signature_of_the_root_expires() {
    let Some(zone) = root_zone(ROOT_2020) else { return };
    let report = sigmill_zone(&zone, &["--at", "2020-12-01T00:00:00Z", "--max-findings", "10"]);
    assert_eq!(report.exit, 1);
    assert_eq!(report.number("/times/0/signatures_expired"), 2884);
    assert_eq!(report.number("/times/0/signatures_valid"), 0);
}

/// Changes the first record of a type at an owner, judges the zone, and returns the findings.
fn changed(owner: &str, rtype: &str, change: impl Fn(&str) -> String) -> Option<Vec<Fact>> {
    let zone = root_zone(ROOT_2020)?;
    let text = std::fs::read_to_string(zone).expect("the root zone");
    let mut done = false;
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let is_it = !done
                && words.first().is_some_and(|word| word.eq_ignore_ascii_case(owner))
                && words[1..].join(" ").contains(&format!("IN {rtype} "));
            if !is_it {
                return line.to_owned();
            }
            done = true;
            change(line)
        })
        .collect();
    assert!(done, "{owner} has no {rtype}");
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), lines.join("\n") + "\n").expect("write");
    let report = sigmill_zone(file.path(), &["--at", IN_2020]);
    Some(facts(&report))
}

/// Replaces the last character with another of the same alphabet.
fn last_digit_changed(line: &str) -> String {
    let (rest, last) = line.trim_end().split_at(line.trim_end().len() - 1);
    format!("{rest}{}", if last == "1" { "2" } else { "1" })
}

/// Changes one character of the base64 at the end, some way from its end.
fn base64_changed(line: &str) -> String {
    let line = line.trim_end();
    let (rest, tail) = line.split_at(line.len() - 20);
    let first = if tail.starts_with('A') { "B" } else { "A" };
    format!("{rest}{first}{}", &tail[1..])
}

// RFC 4035 §2.2: glue is not signed, so what it says is no matter of signatures.
#[test]
fn a_changed_glue_address_is_no_finding() {
    let Some(found) = changed("a.root-servers.net.", "A", last_digit_changed) else { return };
    assert_eq!(found, NONE);
}

#[test]
fn a_changed_ds_makes_its_signature_invalid() {
    let Some(found) = changed("com.", "DS", last_digit_changed) else { return };
    assert_eq!(found, [fact("signature-invalid", "com.", "DS")]);
}

#[test]
fn a_changed_signature_is_invalid() {
    let Some(found) = changed("com.", "RRSIG DS", base64_changed) else { return };
    assert_eq!(found, [fact("signature-invalid", "com.", "DS")]);
}

// A changed ZSK has another tag: what it signed has no key, and the KSK's signature over the DNSKEY
// RRset does not hold, so neither does the anchor.
#[test]
fn a_changed_zsk_leaves_its_signatures_without_a_key() {
    let Some(found) = changed(".", "DNSKEY 256", base64_changed) else { return };
    let count = |code: &str| found.iter().filter(|fact| fact.0 == code).count();
    assert_eq!(count("signature-no-key"), 2883);
    assert!(found.contains(&fact("signature-invalid", ".", "DNSKEY")));
    assert!(found.contains(&fact("dnskey-not-anchored", ".", "DNSKEY")));
    assert!(found.contains(&fact("key-unused", ".", "DNSKEY")));
    assert_eq!(found.len(), 2886);
}
