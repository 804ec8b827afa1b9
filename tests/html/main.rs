//! Reports as HTML: that their figures are those of the JSON report, that what comes from outside stays
//! text, that they stay small, and what a browser makes of them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

#[allow(dead_code)] // tests of bench take more of it
#[path = "../bench/sample.rs"]
mod bench;
mod bounds;
mod browser;
#[path = "../common/mod.rs"]
mod common;
mod escaping;
mod figures;
#[allow(dead_code)] // tests of text take more of it
#[path = "../report_snapshots/sample.rs"]
mod zone;

use std::path::{Path, PathBuf};

use serde_json::Value;
use sigmill::audit::anchors;
use sigmill::audit::chain::{self, Config, Event, Intake, Summary as ChainSummary};
use sigmill::audit::findings::Finding;
use sigmill::audit::zone::Summary;
use sigmill::bench::Comparison;
use sigmill::capture::ReadOptions;
use sigmill::report::bench::{BenchFormat, BenchOptions, bench_exporter};
use sigmill::report::chain::{ChainFormat, chain_reporter};
use sigmill::report::{Format, Options, Palette, Verbosity, reporter};
use sigmill::source::{OpenOptions, Source};

/// A page, and the JSON report of the same run.
struct Both {
    html: String,
    json: Value,
}

fn options(max_findings: Option<u64>) -> Options {
    Options { max_findings, verbosity: Verbosity::Normal, palette: Palette::plain() }
}

fn both(html: Vec<u8>, json: &[u8]) -> Both {
    Both { html: String::from_utf8(html).unwrap(), json: serde_json::from_slice(json).unwrap() }
}

/// Of a zone audit. The JSON report has all findings.
fn of_zone((summary, findings): &(Summary, Vec<Finding>), max_findings: Option<u64>) -> Both {
    let render = |format, max_findings| {
        let mut out = Vec::new();
        let mut reporter = reporter(format, options(max_findings));
        for finding in findings {
            reporter.finding(finding, &mut out).unwrap();
        }
        reporter.finish(summary, &mut out).unwrap();
        out
    };
    both(render(Format::Html, max_findings), &render(Format::Json, None))
}

/// Of a chain audit as it went.
fn of_chain(summary: &ChainSummary, events: &[Event], max_findings: Option<u64>) -> Both {
    let render = |format| {
        let mut out = Vec::new();
        let mut reporter = chain_reporter(format, options(max_findings));
        for event in events {
            reporter.event(event, &mut out).unwrap();
        }
        reporter.finish(summary, &mut out).unwrap();
        out
    };
    both(render(ChainFormat::Html), &render(ChainFormat::Json))
}

/// Of a capture of datasets/captures, with the chain of a name.
fn captured(name: &str) -> (ChainSummary, Vec<Event>) {
    let file = |name: &str| common::datasets().join("captures").join(name);
    let trusted = std::fs::read(file("tree.anchor")).unwrap();
    let config = Config {
        anchors: anchors::read(&trusted, "tree.anchor").unwrap(),
        explain: vec![(zone::name("www.expired.nsec."), None)],
        ..Config::default()
    };
    let mut intake = Intake::new(1 << 30);
    let source = Source::open(&file(name), &OpenOptions::default()).unwrap();
    chain::read_capture(&mut intake, source, &ReadOptions::default(), 0, &mut |_| {}).unwrap();
    let mut events = Vec::new();
    let summary = chain::audit(intake, &config, &mut |event| events.push(event)).unwrap();
    (summary, events)
}

/// Of a comparison.
fn of_bench(comparison: &Comparison) -> Both {
    let options =
        BenchOptions { width: 100, verbosity: Verbosity::Normal, palette: Palette::plain() };
    let render = |format| {
        let mut out = Vec::new();
        bench_exporter(format, options).write(comparison, &mut out).unwrap();
        out
    };
    both(render(BenchFormat::Html), &render(BenchFormat::Json))
}

/// Where tests may write pages.
fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("html");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}
