//! `sigmill zone --previous`: two versions of a zone in one audit. What is found in which pair is in
//! `datasets/`; here is how the versions are read, compared and counted.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at what is not so

mod common;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::{Report, datasets, manifest, sigmill_zone};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A place for zone files.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

fn compare(new: &Path, old: &Path, more: &[&str]) -> Report {
    let at = ["--at", "2026-06-01", "--previous", old.to_str().unwrap()];
    sigmill_zone(new, &[&at, more].concat())
}

fn sigmill(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sigmill"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A run that ends with an error may not read it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn head(apex: &str, serial: u32) -> String {
    format!("{apex} 300 IN SOA ns.{apex} host.{apex} {serial} 2 3 4 5\n{apex} 300 IN NS ns.test.\n")
}

fn hosts(range: impl Iterator<Item = u32>) -> String {
    range.map(|host| format!("host{host}.example. 300 IN A 192.0.2.1\n")).collect()
}

fn codes(report: &Report) -> Vec<String> {
    report.facts().into_iter().map(|(code, ..)| code).collect()
}

#[test]
fn a_previous_version_that_cannot_be_used_is_an_error_that_names_it() {
    let files = Files::new();
    let new = files.write("new.zone", &head("example.", 2));
    let other = files.write("other.zone", &head("example.net.", 1));
    let chaos = files.write("chaos.zone", &head("example.", 1).replace(" IN ", " CH "));
    let empty = files.write("empty.zone", "; nothing\n");
    let no_soa = files.write("no-soa.zone", "example. 1 IN A 192.0.2.1\n");
    let missing = files.0.path().join("missing.zone");
    let cases: &[(&Path, &[&str], &[&str])] = &[
        (&other, &[], &["other.zone is of the zone example.net. IN", "new.zone of example. IN"]),
        (&other, &["--origin", "example"], &["other.zone is of the zone example.net. IN"]),
        (&chaos, &[], &["chaos.zone is of the zone example. CH"]),
        (&empty, &[], &["empty.zone holds no records"]),
        (&no_soa, &[], &["no-soa.zone has no SOA record"]),
        (&missing, &[], &["missing.zone"]),
        (files.0.path(), &[], &["directory"]),
    ];
    for (old, more, says) in cases {
        let report = compare(&new, old, more);
        assert_eq!((report.exit, &report.json), (3, &Value::Null), "{old:?}: {}", report.stderr);
        for part in *says {
            assert!(
                report.stderr.contains(part),
                "{old:?} does not say {part:?}: {}",
                report.stderr
            );
        }
    }
    // With the apex given a SOA record is not needed to know the zone.
    assert_eq!(compare(&new, &no_soa, &["--origin", "example"]).exit, 1);
}

// jdnssec#5: a slip on the command line must not look like a verdict, nor cost a zone.
#[test]
fn options_that_contradict_each_other_are_usage_errors() {
    let files = Files::new();
    let (new, old) = (head("example.", 2), head("example.", 1));
    let [new, old] = [files.write("new.zone", &new), files.write("old.zone", &old)];
    let [new, old] = [new.to_str().unwrap(), old.to_str().unwrap()];
    let cases: &[(&[&str], &str)] = &[
        (&["zone", "-", "--previous", "-"], "only one of the zone and --previous"),
        (&["zone", new, "--previous", old, "--output", old], "would overwrite"),
    ];
    for (arguments, says) in cases {
        let output = sigmill(arguments, "");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
        assert!(text.contains(says), "{arguments:?}: {text}");
    }
    assert!(!std::fs::read_to_string(old).unwrap().is_empty());
}

#[test]
fn the_previous_version_may_come_on_standard_input() {
    let files = Files::new();
    let new = files.write("new.zone", &head("example.", 1));
    let arguments = ["zone", new.to_str().unwrap(), "--previous", "-", "--format", "json"];
    let output = sigmill(&arguments, &head("example.", 2));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let codes: Vec<&str> =
        json["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["zone-unsigned", "serial-backwards"]);
    assert_eq!(json["summary"]["previous"]["files"], json!(["-"]));
}

// RFC 1982 §3.2: greater is what is ahead by less than half the circle.
#[test]
fn serials_are_compared_by_serial_arithmetic() {
    let files = Files::new();
    let half = 1 << 31;
    let cases = [
        (1, 2, "serial-unchanged", false),
        (1, 1, "serial-unchanged", true),
        (2, 1, "serial-backwards", true),
        (0, half - 1, "serial-backwards", false),
        (0, half, "serial-backwards", true),
        (half, 0, "serial-backwards", true),
        (0, half + 1, "serial-backwards", true),
        (u32::MAX, 0, "serial-backwards", false),
        (0, u32::MAX, "serial-backwards", true),
    ];
    for (before, now, code, is_found) in cases {
        // Data changed, so that equal serials are wrong.
        let new = files.write("new.zone", &(head("example.", now) + &hosts(0..1)));
        let old = files.write("old.zone", &head("example.", before));
        let found = codes(&compare(&new, &old, &[]));
        assert_eq!(found.contains(&code.to_owned()), is_found, "{before} to {now}: {found:?}");
    }
}

// Owners that only one version has come before, between and behind the others, in many lots.
#[test]
fn differences_are_counted_exactly_whatever_the_order_and_the_threads() {
    let files = Files::new();
    let new = head("example.", 2)
        + &hosts((0..9_000).filter(|host| host % 3 != 0))
        + "new.example. 300 IN TXT a\nhost1.example. 300 IN AAAA ::1\n0.example. 1 IN A 192.0.2.1\n"
        + "ttl.example. 300 IN TXT a\nelsewhere.test. 300 IN TXT a\n";
    let old = head("example.", 1)
        + &hosts((0..9_000).filter(|host| host % 5 != 0))
        + "ttl.example. 600 IN TXT a\nzz.zz.example. 1 IN A 192.0.2.1\nout.test. 300 IN TXT a\n"
        + "ttl.example. 600 IN TXT a\n";
    let reversed =
        |text: &str| text.lines().rev().map(|line| format!("{line}\n")).collect::<String>();
    let [new_reversed, old_reversed] = [reversed(&new), reversed(&old)];
    let path = |name: &str, text: &str| files.write(name, text);
    let (new, old) = (path("new.zone", &new), path("old.zone", &old));
    let (new_reversed, old_reversed) =
        (path("wen.zone", &new_reversed), path("dlo.zone", &old_reversed));
    let both = 9_000 - 3_000 - 1_800 + 600;
    let (only_new, only_old) = (6_000 - both, 7_200 - both);
    for (new, old) in [(&new, &old), (&new_reversed, &old), (&new, &old_reversed)] {
        for threads in ["1", "3"] {
            let report = compare(new, old, &["--threads", threads]);
            let mut facts = report.json["summary"]["previous"].clone();
            facts.as_object_mut().unwrap().remove("files");
            let expected = json!({
                "serial": 1,
                "unreadable": 0,
                // The SOA is another one.
                "records": { "added": only_new + 4, "removed": only_old + 2 },
                "rrsets": { "added": only_new + 3, "removed": only_old + 1, "changed": 2 },
                "signatures": { "kept": 0, "renewed": 0, "added": 0, "removed": 0 },
                "keys_added": [],
                "keys_removed": [],
            });
            assert_eq!(facts, expected, "{new:?} {old:?} {threads}: {}", report.stderr);
        }
    }
}

#[test]
fn signatures_and_keys_are_counted_by_what_became_of_them() {
    let facts = |name: &str| {
        let zones = manifest();
        let zone = zones.iter().find(|zone| zone.path.ends_with(format!("variants/{name}.zone")));
        common::judge(zone.unwrap()).json["summary"]["previous"].clone()
    };
    let counts = |name: &str| {
        let facts = facts(name);
        let count = |what: &str| facts["signatures"][what].as_u64().unwrap();
        [count("kept"), count("renewed"), count("added"), count("removed")]
    };
    let signatures = counts("versions-same")[0];
    assert!(signatures > 30);
    assert_eq!(counts("versions-same"), [signatures, 0, 0, 0]);
    // The SOA and one RRset.
    assert_eq!(counts("versions-changed"), [signatures - 2, 2, 0, 0]);
    assert_eq!(counts("signature-kept"), [signatures - 1, 1, 0, 0]);
    // The SOA, the DNSKEY RRset, and one more signature.
    assert_eq!(counts("versions-key-doubled"), [signatures - 2, 2, 1, 0]);
    // By another key is not in place of the old one.
    assert_eq!(counts("key-used-too-soon"), [signatures - 3, 2, 1, 1]);
    assert_eq!(counts("versions-unsigned"), [0, 0, 0, signatures]);
    let keys = |name: &str, fate: &str| facts(name)[fate].as_array().unwrap().len();
    assert_eq!(keys("key-used-too-soon", "keys_added"), 1);
    assert_eq!(keys("key-used-too-soon", "keys_removed"), 0);
    assert_eq!(keys("key-signers-replaced", "keys_removed"), 1);
    assert_eq!(keys("versions-unsigned", "keys_removed"), 2);
}

// What cannot be read in the old version is no fault of the new one, and is not passed over.
#[test]
fn unreadable_entries_of_the_previous_version_are_told_once() {
    let files = Files::new();
    let new = files.write("new.zone", &(head("example.", 1) + &hosts(0..3)));
    let broken = "host0.example. 300 IN A nothing\nhost1.example. 300 IN A 192.0.2.300\n";
    let old = files.write("old.zone", &(head("example.", 1) + broken));
    let report = compare(&new, &old, &[]);
    // The serial may be right: nobody knows what the entries were.
    assert_eq!(codes(&report), ["zone-unsigned", "previous-unreadable"]);
    assert_eq!(report.number("/previous/unreadable"), 2);
    let told = report.json["findings"][1]["detail"].as_str().unwrap();
    assert!(told.starts_with("2 entries, the first at ") && told.contains("old.zone:3:"), "{told}");
}

// RFC 4034 §3.1.8.1: a signature is over the data. That it was kept is the cause of its failing, and
// told only where it fails.
#[test]
fn a_kept_signature_is_told_beside_its_failure_with_its_line() {
    let new = datasets().join("variants/signature-kept.zone");
    let report = compare(&new, &datasets().join("zones/example.zone"), &[]);
    let findings = report.json["findings"].as_array().unwrap();
    assert_eq!(codes(&report), ["signature-invalid", "signature-kept"]);
    assert_eq!(findings[0]["place"], findings[1]["place"]);
    assert_eq!(findings[0]["key"], findings[1]["key"]);
}

// RFC 6781 §4.1.1: what is said of a key names it, and where to look.
#[test]
fn keys_that_came_or_went_too_soon_are_named_with_what_they_sign() {
    let zones = manifest();
    let of = |name: &str| {
        let zone = zones.iter().find(|zone| zone.path.ends_with(format!("variants/{name}.zone")));
        common::judge(zone.unwrap()).json
    };
    for (name, fate) in
        [("key-used-too-soon", "keys_added"), ("key-removed-too-soon", "keys_removed")]
    {
        let json = of(name);
        let finding = &json["findings"][0];
        assert_eq!(finding["key"], json["summary"]["previous"][fate][0], "{name}");
        assert_eq!(finding["detail"], "www.example. A", "{name}");
    }
}

// Times aside, whatever was signed may be in caches.
#[test]
fn without_a_time_expired_signatures_of_the_previous_version_count() {
    let new = datasets().join("variants/versions-key-removed-expired.zone");
    let old = datasets().join("variants/versions-key-used-expired.zone");
    let old = ["--previous", old.to_str().unwrap()];
    let report = sigmill_zone(&new, &[&old[..], &["--at", "none"]].concat());
    assert_eq!(codes(&report), ["key-removed-too-soon"]);
    let report = sigmill_zone(&new, &[&old[..], &["--at", "2026-08-01"]].concat());
    assert!(codes(&report).is_empty());
}

#[test]
fn without_a_previous_version_nothing_is_said_of_one() {
    let report = sigmill_zone(&datasets().join("zones/example.zone"), &["--at", "2026-06-01"]);
    assert!(report.json["summary"].get("previous").is_none());
    let stages = report.json["summary"]["performance"]["stages"].as_array().unwrap();
    assert!(stages.iter().all(|stage| stage["stage"] != "previous"));
}
