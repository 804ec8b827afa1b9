//! Every zone of `datasets/` gets exactly the findings that its manifest lists, and no other.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at what is not so

mod common;

use common::{comparable, judge, manifest};
use sigmill::audit::findings::Code;

// The manifest says what was done to each zone, so it says what must be found: no more, no less.
#[test]
fn every_zone_has_exactly_the_findings_of_the_manifest() {
    let mut wrong = Vec::new();
    for zone in manifest() {
        let report = judge(&zone);
        if report.json.is_null() {
            wrong.push(format!("{}: no report: {}", zone.label, report.stderr));
            continue;
        }
        let expected = comparable(&zone.expected, &zone.expected);
        let found = comparable(&report.facts(), &zone.expected);
        if found != expected {
            let extra: Vec<_> = surplus(&found, &expected);
            let missing: Vec<_> = surplus(&expected, &found);
            wrong.push(format!("{}: unexpected {extra:?}, missing {missing:?}", zone.label));
        } else if report.exit != zone.exit {
            wrong.push(format!("{}: exit {} and not {}", zone.label, report.exit, zone.exit));
        }
    }
    assert!(wrong.is_empty(), "{} zones:\n{}", wrong.len(), wrong.join("\n"));
}

/// What is in `these` more often than in `those`.
fn surplus<T: PartialEq + Clone>(these: &[T], those: &[T]) -> Vec<T> {
    let mut rest = those.to_vec();
    let mut surplus = Vec::new();
    for item in these {
        match rest.iter().position(|other| other == item) {
            Some(place) => drop(rest.swap_remove(place)),
            None => surplus.push(item.clone()),
        }
    }
    surplus
}

// RFC 4035 §5: a DS of the zone's KSK at the parent makes it secure; findings stay the same.
#[test]
fn a_ds_of_its_key_anchors_every_zone_as_signed() {
    let mut wrong = Vec::new();
    for mut zone in manifest().into_iter().filter(|zone| zone.as_signed && zone.exit == 0) {
        let anchor = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(anchor.path(), zone.ds.join("\n") + "\n").expect("an anchor file");
        zone.args = vec!["--anchor".into(), anchor.path().to_str().expect("UTF-8").into()];
        let report = judge(&zone);
        let kind = report.json["summary"]["trust"]["kind"].as_str();
        if report.exit != 0 || kind != Some("anchored") {
            wrong.push(format!("{}: exit {}, {kind:?}", zone.label, report.exit));
        }
    }
    assert!(wrong.is_empty(), "{} zones:\n{}", wrong.len(), wrong.join("\n"));
}

// The manifest is a catalogue of cases: one that lost its zones must not pass unseen.
#[test]
fn the_manifest_covers_signers_algorithms_denials_and_codes() {
    let zones = manifest();
    let text = std::fs::read_to_string(common::datasets().join("manifest.json")).expect("read");
    for signer in ["bind", "ldns", "knot"] {
        for algorithm in [5, 7, 8, 10, 13, 14, 15, 16] {
            let made = zones.iter().any(|zone| {
                zone.as_signed
                    && zone.path.components().any(|part| part.as_os_str() == signer)
                    && zone
                        .ds
                        .iter()
                        .any(|ds| ds.split(' ').nth(5).is_some_and(|n| n == algorithm.to_string()))
            });
            assert!(made, "no zone of {signer} with algorithm {algorithm}");
        }
    }
    for denial in ["nsec", "nsec3", "nsec3-optout"] {
        assert!(text.contains(&format!("\"denial\": \"{denial}\"")), "no zone with {denial}");
    }
    // It takes a defect of a library, not an input.
    let not_by_input = ["backends-disagree"];
    let of_zones = |code: &&Code| !Code::OF_ANSWERS.contains(code);
    for code in Code::ALL.iter().filter(of_zones) {
        let code = code.entry().code;
        let covered = zones.iter().any(|zone| zone.expected.iter().any(|fact| fact.0 == code));
        assert!(covered || not_by_input.contains(&code), "no zone has {code}");
    }
}
