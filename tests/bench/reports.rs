//! What reports of comparisons look like, that all formats say the same, and that `BENCH.md` describes
//! what machines are given.

use std::collections::{BTreeMap, BTreeSet};

use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use serde_json::Value;
use sigmill::bench::Comparison;
use sigmill::report::bench::{BenchFormat, BenchOptions, bench_exporter};
use sigmill::report::{Palette, Verbosity};

use super::common::python_with;
use super::{json, path, rows, sample};

fn options(width: usize) -> BenchOptions {
    BenchOptions { width, verbosity: Verbosity::Normal, palette: Palette::plain() }
}

fn render(format: BenchFormat, options: BenchOptions, comparison: &Comparison) -> String {
    let mut out = Vec::new();
    bench_exporter(format, options).write(comparison, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn text(width: usize, comparison: &Comparison) -> String {
    let text = render(BenchFormat::Text, options(width), comparison);
    for line in text.lines().skip(1) {
        assert_eq!(line, line.trim_end(), "a line ends in blanks");
        assert!(line.chars().count() <= width, "{line:?} is longer than {width}");
    }
    text
}

#[test]
fn text_on_a_narrow_terminal() {
    insta::assert_snapshot!(text(80, &sample::matrix()));
}

#[test]
fn text_on_a_wide_terminal() {
    insta::assert_snapshot!(text(120, &sample::matrix()));
}

#[test]
fn text_of_an_audit_on_a_narrow_terminal() {
    insta::assert_snapshot!(text(80, &sample::audit()));
}

#[test]
fn text_of_an_audit_in_detail() {
    let options = BenchOptions { verbosity: Verbosity::Detailed, ..options(100) };
    insta::assert_snapshot!(render(BenchFormat::Text, options, &sample::audit()));
}

#[test]
fn markdown_of_both() {
    let both = [sample::matrix(), sample::audit()];
    let both = both.map(|comparison| render(BenchFormat::Markdown, options(80), &comparison));
    insta::assert_snapshot!(both.join("\n---\n\n"));
}

// What comes from outside (a file's name, a processor's) must not steer the terminal.
#[test]
fn nothing_from_outside_reaches_the_terminal_as_a_control_character() {
    let mut comparison = sample::audit();
    comparison.machine.processor = Some("\x1b[2Jevil".into());
    comparison.input.as_mut().unwrap().files = vec!["a\rb\x1b.zone".into()];
    comparison.input.as_mut().unwrap().apex = Some("\x07.".into());
    for format in [BenchFormat::Text, BenchFormat::Markdown] {
        let text = render(format, options(100), &comparison);
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    }
}

/// The number of a CSV column in a row of the JSON report: `per_second_low` is `per_second.low`.
fn in_json<'r>(row: &'r Value, column: &str) -> &'r Value {
    for group in ["work", "per_second", "nanoseconds", "audit_seconds", "audit"] {
        let Some(rest) = column.strip_prefix(group).and_then(|rest| rest.strip_prefix('_')) else {
            continue;
        };
        let member = if group == "audit_seconds" { &row["audit"]["seconds"] } else { &row[group] };
        if !member[rest].is_null() || group == "work" {
            return &member[rest];
        }
    }
    &row[column]
}

// The numbers must be the same to the last digit, whatever the format.
#[test]
fn csv_and_json_hold_the_same_numbers() {
    for comparison in [sample::matrix(), sample::audit()] {
        let json: Value =
            serde_json::from_str(&render(BenchFormat::Json, options(80), &comparison)).unwrap();
        let csv = render(BenchFormat::Csv, options(80), &comparison);
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let columns = reader.headers().unwrap().clone();
        assert_eq!(columns.len(), 35);
        let lines: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(lines.len(), rows(&json).len());
        for (line, row) in lines.iter().zip(rows(&json)) {
            for (column, cell) in columns.iter().zip(line) {
                let expected = match (column, in_json(row, column)) {
                    ("rounds", rounds) => rounds.as_array().unwrap().len().into(),
                    (_, value) => value.clone(),
                };
                match expected {
                    Value::Null => assert_eq!(cell, "", "{column}"),
                    Value::String(text) => assert_eq!(cell, text, "{column}"),
                    Value::Number(number) => {
                        // serde_json may be off in the last bit when it reads a number.
                        let (csv, json): (f64, _) =
                            (cell.parse().unwrap(), number.as_f64().unwrap());
                        assert!(
                            (csv - json).abs() <= 1e-15 * json,
                            "{column}: {cell} and {number}"
                        );
                    }
                    other => panic!("{column}: {other}"),
                }
            }
        }
    }
}

#[test]
fn markdown_tables_hold_the_numbers_of_the_json_report() {
    for comparison in [sample::matrix(), sample::audit()] {
        let json: Value =
            serde_json::from_str(&render(BenchFormat::Json, options(80), &comparison)).unwrap();
        let markdown = render(BenchFormat::Markdown, options(80), &comparison);
        let is_row = |line: &&str| {
            line.starts_with("| ") && !line.starts_with("| backend") && !line.starts_with("|--")
        };
        let lines: Vec<Vec<&str>> = markdown
            .lines()
            .filter(is_row)
            .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
            .collect();
        assert_eq!(lines.len(), rows(&json).len());
        for (cells, row) in lines.iter().zip(rows(&json)) {
            let number = |cell: &str| cell.trim_end_matches(" %").parse::<f64>().unwrap();
            let same = |cell: &str, value: &Value, digits: i32| match value.as_f64() {
                None => assert_eq!(cell, "-"),
                Some(value) => {
                    let half = 0.5 * 10_f64.powi(-digits) + 1e-9;
                    assert!((number(cell) - value).abs() <= half, "{cell} and {value}");
                }
            };
            assert!(cells[0].starts_with(row["contender"].as_str().unwrap()));
            same(cells[1], &row["threads"], 0);
            same(cells[2], &row["batch"], 0);
            same(cells[3], &row["per_second"]["median"], 0);
            same(cells[5], &row["ratio"], 3);
            same(cells[6], &row["scaling"], 3);
            for (cell, name) in cells[7..12].iter().zip(["p50", "p90", "p99", "p99_9", "max"]) {
                same(cell, &row["nanoseconds"][name], 0);
            }
            if let Some(cell) = cells.get(12) {
                same(cell, &row["audit"]["seconds"]["median"], 6);
            }
        }
    }
}

/// Tag, start and count of each interval of a log, as the reader of the hdrhistogram crate has them.
fn intervals(log: &str) -> Vec<(String, f64, u64)> {
    let mut deserializer = Deserializer::new();
    IntervalLogIterator::new(log.as_bytes())
        .filter_map(|entry| match entry.unwrap() {
            LogEntry::Interval(interval) => Some(interval),
            _ => None,
        })
        .map(|interval| {
            let octets =
                data_encoding::BASE64.decode(interval.encoded_histogram().as_bytes()).unwrap();
            let histogram: hdrhistogram::Histogram<u64> =
                deserializer.deserialize(&mut &octets[..]).unwrap();
            let tag = interval.tag().unwrap().as_str().to_owned();
            (tag, interval.start_timestamp().as_secs_f64(), histogram.len())
        })
        .collect()
}

// A log has one interval for each round, in the order of time, and no call is missing.
#[test]
fn logs_of_intervals_hold_every_call_of_every_round() {
    let comparison = sample::matrix();
    let log = render(BenchFormat::Hlog, options(80), &comparison);
    assert!(log.starts_with("#[Histogram log format version 1.3]\n"));
    assert!(log.contains("#[StartTime: 1780272000.000 (seconds since epoch)]\n"));
    assert!(log.contains("#[BaseTime: 1780272000.000 (seconds since epoch)]\n"));
    let intervals = intervals(&log);
    let rounds: usize = comparison.rows.iter().map(|row| row.rounds.len()).sum();
    assert_eq!(intervals.len(), rounds);
    assert!(intervals.is_sorted_by(|a, b| a.1 <= b.1));
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (tag, _, count) in &intervals {
        *counts.entry(tag).or_default() += count;
    }
    assert_eq!(counts["verify/p256/ready-10000/lanes/8"], 200);
    assert_eq!(counts["verify/ed448/fresh-1/rustcrypto/1"], 200);
    assert_eq!(counts["hash/rsa2048-e3/batch-64/ring/1"], 200);
    assert_eq!(counts.len(), comparison.rows.len());
}

/// Reads a log with HdrHistogram's Python port and prints, for each tag, how many values there are and
/// the greatest.
const READ_LOG: &str = "
import sys
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader
reader = HistogramLogReader(sys.argv[1], HdrHistogram(1, 3600 * 10**9, 3))
while True:
    histogram = reader.get_next_interval_histogram()
    if histogram is None:
        break
    print(histogram.get_tag(), histogram.get_total_count(), histogram.get_max_value())
";

// The package hdrhistogram of PyPI, which others wrote, reads the same.
#[test]
fn another_implementation_reads_the_same_log() {
    let Some(mut python) = python_with("hdrh") else { return };
    let comparison = sample::matrix();
    let log = render(BenchFormat::Hlog, options(80), &comparison);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sample.hlog");
    std::fs::write(&file, &log).unwrap();
    let output = python.args(["-c", READ_LOG]).arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs = String::from_utf8(output.stdout).unwrap();
    let mut theirs: Vec<Vec<&str>> = theirs.lines().map(|line| line.split(' ').collect()).collect();
    let mut ours: Vec<Vec<String>> = comparison
        .rows
        .iter()
        .zip([
            "verify/p256/ready-10000/lanes/1",
            "verify/p256/ready-10000/aws-lc/1",
            "verify/p256/ready-10000/lanes/8",
            "verify/p256/ready-10000/aws-lc/8",
            "verify/ed448/fresh-1/rustcrypto/1",
            "hash/rsa2048-e3/batch-64/aws-lc/1",
            "hash/rsa2048-e3/batch-64/ring/1",
        ])
        .flat_map(|(row, tag)| {
            row.rounds.iter().map(move |round| {
                let histogram = round.nanoseconds.unpack();
                vec![tag.to_owned(), histogram.len().to_string(), histogram.max().to_string()]
            })
        })
        .collect();
    theirs.sort();
    ours.sort();
    assert_eq!(theirs, ours);
}

/// Collects the paths of all fields: `rows[].work.kind`; `*` for the names of libraries.
fn fields(path: &str, value: &Value, out: &mut BTreeSet<String>) {
    if let Some(items) = value.as_array() {
        items.iter().for_each(|item| fields(&format!("{path}[]"), item, out));
    }
    for (name, value) in value.as_object().into_iter().flatten() {
        let name = if path == "machine.versions" { "*" } else { name };
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        fields(&path, value, out);
        out.insert(path);
    }
}

/// `BENCH.md` names every field that a report can have, and no other.
#[test]
fn bench_md_describes_exactly_the_fields_there_are() {
    let mut emitted = BTreeSet::new();
    for comparison in [sample::matrix(), sample::audit()] {
        let json = render(BenchFormat::Json, options(80), &comparison);
        fields("", &serde_json::from_str(&json).unwrap(), &mut emitted);
    }
    let documented: BTreeSet<String> = std::fs::read_to_string(path("BENCH.md"))
        .unwrap()
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"))
        .map(|(field, _)| field.to_owned())
        .collect();
    let missing: Vec<_> = emitted.difference(&documented).collect();
    let stale: Vec<_> = documented.difference(&emitted).collect();
    assert!(missing.is_empty() && stale.is_empty(), "missing: {missing:#?}, stale: {stale:#?}");
    // The samples have all that a real run has.
    let mut real = BTreeSet::new();
    let zone = "datasets/zones/example.zone";
    fields("", &json(&["--from", zone, "--time", "1ms", "-j", "1,2"]), &mut real);
    assert!(real.is_subset(&documented), "{:?}", real.difference(&documented));
}

// `BENCH.md` lists every warning.
#[test]
fn bench_md_explains_every_warning() {
    let source = std::fs::read_to_string(path("src/bench/warnings.rs")).unwrap();
    let documented = std::fs::read_to_string(path("BENCH.md")).unwrap();
    let mut codes = 0;
    for (at, _) in source.match_indices("warn(") {
        let code = source[at..].split('"').nth(1).unwrap();
        if code.chars().all(|c| c.is_ascii_lowercase() || c == '-') {
            codes += 1;
            assert!(documented.contains(&format!("- `{code}`:")), "{code}");
        }
    }
    assert!(codes >= 10, "only {codes} codes were found");
}
