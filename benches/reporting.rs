//! Reports of a zone with very many findings in each format, in findings a second.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a benchmark may stop at what is not so

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

use sigmill::audit::findings::Finding;
use sigmill::audit::zone::{Config, JudgementTime, Summary, audit};
use sigmill::report::{Format, Options, Palette, Verbosity, reporter};
use sigmill::source::Source;

/// 2026-06-01T00:00:00Z, when the zones of datasets/ are valid.
const AT: i64 = 1_780_272_000;
const FINDINGS: usize = 20_000;

/// The audit of a zone with as many names that are not the zone's.
fn audited() -> (Vec<Finding>, Summary) {
    let mut text = include_str!("../datasets/zones/example.zone").to_owned();
    for number in 0..FINDINGS {
        let _ = writeln!(text, "host-{number}.elsewhere. 60 IN A 192.0.2.1");
    }
    let config = Config { times: vec![JudgementTime::At(AT)], threads: 1, ..Config::default() };
    let mut findings = Vec::new();
    let source = Source::from_bytes("bench", text.into());
    let summary = audit(source, &config, &mut |finding| findings.push(finding.clone())).unwrap();
    assert_eq!(findings.len(), FINDINGS);
    (findings, summary)
}

/// Writes a report, all findings but as many as its format leaves out by itself.
fn report(format: Format, findings: &[Finding], summary: &Summary, out: &mut Vec<u8>) {
    out.clear();
    let max_findings = match format {
        Format::Text | Format::Html => Some(1000),
        Format::Json | Format::Ndjson => None,
    };
    let (verbosity, palette) = (Verbosity::Normal, Palette::plain());
    let mut reporter = reporter(format, Options { max_findings, verbosity, palette });
    for finding in findings {
        reporter.finding(finding, out).unwrap();
    }
    reporter.finish(summary, out).unwrap();
}

fn reporting(criterion: &mut Criterion) {
    let (findings, summary) = audited();
    let mut out = Vec::new();
    report(Format::Json, &findings, &summary, &mut out);
    let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(json["findings"].as_array().unwrap().len(), FINDINGS);

    let mut group = criterion.benchmark_group("reporting");
    group.throughput(Throughput::Elements(FINDINGS as u64));
    let formats = [
        ("text", Format::Text),
        ("json", Format::Json),
        ("ndjson", Format::Ndjson),
        ("html", Format::Html),
    ];
    for (name, format) in formats {
        report(format, &findings, &summary, &mut out);
        let octets = out.len();
        assert!(octets > 10_000, "{name}: {octets} octets");
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                report(format, black_box(&findings), &summary, &mut out);
                assert_eq!(out.len(), octets);
            });
        });
    }
    group.finish();
}

// Given here, they can be overruled on the command line.
criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = reporting
}
criterion_main!(benches);
