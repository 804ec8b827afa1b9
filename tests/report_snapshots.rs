//! What reports look like, and that `REPORT.md` describes all of what machines are given.
//!
//! Snapshots lie in `tests/snapshots`. After a wanted change: `INSTA_UPDATE=always cargo test`, and
//! read the difference.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at what is not so

#[path = "report_snapshots/sample.rs"]
mod sample;

use std::collections::BTreeSet;

use serde_json::Value;
use sigmill::audit::findings::{Code, Finding, Severity};
use sigmill::audit::zone::Summary;
use sigmill::audit::zone::summary::{CodeCount, TrustKind};
use sigmill::report::{Format, Judgement, Options, Palette, Verbosity, reporter};

fn options() -> Options {
    Options { max_findings: Some(50), verbosity: Verbosity::Normal, palette: Palette::plain() }
}

fn render(
    format: Format,
    options: Options,
    (summary, findings): &(Summary, Vec<Finding>),
) -> String {
    let mut reporter = reporter(format, options);
    let mut out = Vec::new();
    for finding in findings {
        reporter.finding(finding, &mut out).unwrap();
    }
    reporter.finish(summary, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn text(options: Options, audited: &(Summary, Vec<Finding>)) -> String {
    let text = render(Format::Text, options, audited);
    for line in text.lines() {
        assert_eq!(line, line.trim_end(), "a line ends in blanks");
    }
    text
}

fn good() -> (Summary, Vec<Finding>) {
    (sample::good(), vec![])
}

#[test]
fn text_of_a_good_zone() {
    insta::assert_snapshot!(text(options(), &good()));
}

#[test]
fn text_of_a_good_zone_in_detail() {
    let options = Options { verbosity: Verbosity::Detailed, ..options() };
    insta::assert_snapshot!(text(options, &good()));
}

#[test]
fn text_of_a_zone_with_many_findings() {
    let options = Options { max_findings: Some(12), ..options() };
    insta::assert_snapshot!(text(options, &sample::bad()));
}

#[test]
fn text_of_a_zone_with_many_findings_in_detail_and_colour() {
    let options = Options {
        max_findings: Some(12),
        verbosity: Verbosity::Detailed,
        palette: Palette::coloured(),
    };
    // Escape sequences are shown as what they are, so that the snapshot can be read.
    insta::assert_snapshot!(text(options, &sample::bad()).replace('\x1b', "␛"));
}

#[test]
fn text_of_an_island_at_several_times() {
    insta::assert_snapshot!(text(options(), &sample::island_over_time()));
}

#[test]
fn text_of_an_unsigned_zone() {
    insta::assert_snapshot!(text(options(), &sample::unsigned()));
}

#[test]
fn json_of_a_zone_with_many_findings() {
    insta::assert_snapshot!(render(Format::Json, options(), &sample::bad()));
}

#[test]
fn json_of_a_good_zone() {
    insta::assert_snapshot!(render(Format::Json, options(), &good()));
}

#[test]
fn ndjson_of_an_island_at_several_times() {
    insta::assert_snapshot!(render(Format::Ndjson, options(), &sample::island_over_time()));
}

#[test]
fn quiet_is_one_line_and_twice_quiet_is_none() {
    let quiet = |verbosity| text(Options { verbosity, ..options() }, &sample::bad());
    insta::assert_snapshot!(
        quiet(Verbosity::Judgement),
        @"example.zone: example. is bogus: no trust anchor leads to its keys; 23 of 312 signatures do not hold; 23 RRsets bogus; 3 violations"
    );
    assert_eq!(quiet(Verbosity::Silent), "");
}

// cascade#193: "Something went wrong. But what?" Each judgement says why in one sentence.
#[test]
fn judgements_say_why() {
    let island = sample::island_over_time().0;
    let at = |times: &[usize]| {
        let times = times.iter().map(|&at| island.times[at].clone()).collect();
        Summary { times, findings: vec![], ..island.clone() }
    };
    let one_bad = {
        let mut summary = sample::good();
        summary.times[0].signatures_valid -= 1;
        summary.findings = vec![
            CodeCount { code: Code::SignatureInvalid, severity: Severity::Violation, count: 1 },
            CodeCount { code: Code::KeySha1, severity: Severity::Advice, count: 2 },
        ];
        summary
    };
    let no_soa = {
        let mut summary = sample::good();
        summary.findings =
            vec![CodeCount { code: Code::SoaMissing, severity: Severity::Bogus, count: 1 }];
        summary
    };
    let unsupported = {
        let mut summary = sample::good();
        summary.trust.kind = TrustKind::Unsupported;
        summary.times = vec![sample::time(Some(sample::NOW), [0, 1_369, 0], [0, 0, 0])];
        summary
    };
    let sentences: Vec<String> = [
        sample::good(),
        one_bad,
        no_soa,
        unsupported,
        sample::bad().0,
        sample::unsigned().0,
        island.clone(),
        at(&[0]),
        at(&[3]),
        at(&[0, 3]),
        at(&[2]),
        at(&[1, 2]),
    ]
    .iter()
    .map(|summary| Judgement::of(summary).to_string())
    .collect();
    insta::assert_snapshot!(sentences.join("\n"), @"
    . is secure: all 2,884 signatures hold
    . is secure: 1 of 2,884 signatures does not hold, but every RRset has one that does; 1 violation
    . is bogus: soa-missing
    . is insecure: validators ignore the algorithms of its 2,884 signatures
    example. is bogus: no trust anchor leads to its keys; 23 of 312 signatures do not hold; 23 RRsets bogus; 3 violations
    plain.test. is insecure: it is not signed; 1 violation
    example. is bogus at 2 of 4 times, worst at 2019-12-25T00:00:00Z: none of 12 signatures holds; 12 RRsets bogus
    example. is secure as an island: all 12 signatures hold
    example. is secure as an island, times aside: all 12 signatures hold
    example. is secure as an island at both times: all 12 signatures hold
    example. is bogus: none of 12 signatures holds; 12 RRsets bogus
    example. is bogus at both times, worst at 2019-12-25T00:00:00Z: none of 12 signatures holds; 12 RRsets bogus
    ");
}

#[test]
fn json_counts_what_it_leaves_out() {
    let audited = sample::bad();
    for max in [Some(0), Some(3), None] {
        let options = Options { max_findings: max, ..options() };
        let json: Value = serde_json::from_str(&render(Format::Json, options, &audited)).unwrap();
        let shown = max.unwrap_or(27).min(27);
        assert_eq!(json["findings"].as_array().unwrap().len() as u64, shown);
        assert_eq!(json["findings_left_out"].as_u64(), Some(27 - shown));
    }
}

#[test]
fn each_line_of_ndjson_is_an_object_of_a_known_kind() {
    let audited = sample::bad();
    let text = render(Format::Ndjson, Options { max_findings: None, ..options() }, &audited);
    let kinds: Vec<String> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["kind"].as_str().unwrap().into())
        .collect();
    assert_eq!(kinds.len(), audited.1.len() + 2);
    assert_eq!((kinds[0].as_str(), kinds[kinds.len() - 1].as_str()), ("report", "summary"));
    assert!(kinds[1..kinds.len() - 1].iter().all(|kind| kind == "finding"));
}

// A plain report must not carry what only a terminal understands, whatever the zone is named.
#[test]
fn nothing_of_the_input_reaches_the_terminal_as_a_control_character() {
    let (mut summary, mut findings) = sample::bad();
    summary.input.files = vec!["evil\x1b[2J\r.zone".into()];
    for finding in &mut findings {
        finding.detail = Some("\x1b]0;title\x07".into());
        if let Some(place) = &mut finding.place {
            place.file = "a\nb\x1b".into();
        }
    }
    let text = text(options(), &(summary, findings));
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
}

/// `REPORT.md` names every field that a report can have, and no other.
#[test]
fn report_md_describes_exactly_the_fields_there_are() {
    let mut emitted = BTreeSet::new();
    for audited in [good(), sample::bad(), sample::island_over_time(), sample::unsigned()] {
        let json = render(Format::Json, options(), &audited);
        fields("", &serde_json::from_str(&json).unwrap(), &mut emitted);
        // The lines of NDJSON have the same fields, and a kind.
        let mut lines = BTreeSet::new();
        for line in render(Format::Ndjson, options(), &audited).lines() {
            let value: Value = serde_json::from_str(line).unwrap();
            let prefix = if value["kind"] == "finding" { "findings[]" } else { "" };
            fields(prefix, &value, &mut lines);
        }
        lines.retain(|field| !field.ends_with("kind") || field.starts_with("summary"));
        assert!(lines.is_subset(&emitted), "{:?}", lines.difference(&emitted));
    }
    let documented: BTreeSet<String> = include_str!("../REPORT.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"))
        .map(|(field, _)| field.to_owned())
        .collect();
    let missing: Vec<_> = emitted.difference(&documented).collect();
    let stale: Vec<_> = documented.difference(&emitted).collect();
    assert!(missing.is_empty() && stale.is_empty(), "missing: {missing:#?}, stale: {stale:#?}");
}

/// Collects the paths of all fields: `summary.keys[].tag`.
fn fields(path: &str, value: &Value, out: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                out.insert(path.clone());
                fields(&path, value, out);
            }
        }
        Value::Array(items) => {
            for item in items {
                fields(&format!("{path}[]"), item, out);
            }
        }
        _ => {}
    }
}
