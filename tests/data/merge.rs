//! `sigmill merge`: sums, and what must not be summed.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::Value;
use sigmill::report::merge::{Adder, Merged, read_report};

use super::{path, run, sigmill, stderr};

const ZONES: [&str; 6] = [
    "zones/example.zone",
    "variants/rdata-octet.zone",
    "variants/unsigned.zone",
    "variants/algorithm-missing.zone",
    "zones/keys/three-algorithms.zone",
    "variants/all-unsupported.zone",
];
const CAPTURES: [&str; 2] = ["captures/tree.pcapng", "captures/stub.pcapng"];

/// Reports of zones and captures, with the names that they are given.
static REPORTS: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
    let zones = ZONES.iter().map(|zone| report(zone, "json"));
    let captures = CAPTURES.iter().map(|capture| report(capture, "json"));
    let names = ZONES.iter().chain(&CAPTURES).map(|file| format!("{file}.json"));
    names.zip(zones.chain(captures)).collect()
});

fn report(file: &str, format: &str) -> Vec<u8> {
    let file = path("datasets").join(file);
    let mut command = match file.extension().unwrap().to_str() {
        Some("zone") => sigmill(["zone", "--at", "2026-06-01"]),
        _ => sigmill(["capture", "--anchor", "datasets/captures/tree.anchor"]),
    };
    let output = command.args(["--format", format]).arg(&file).output().unwrap();
    assert!(!output.stdout.is_empty(), "{file:?}: {}", stderr(&output));
    output.stdout
}

/// Puts the reports into files of a directory.
fn on_disk(directory: &Path) -> Vec<PathBuf> {
    let write = |(name, text): &(String, Vec<u8>)| {
        let file = directory.join(name.replace('/', "-"));
        fs::write(&file, text).unwrap();
        file
    };
    REPORTS.iter().map(write).collect()
}

fn merge(files: &[PathBuf], arguments: &[&str]) -> Output {
    sigmill(["merge"]).args(files).args(arguments).output().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(output)))
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn sums_are_those_of_the_reports() {
    let folder = tempfile::tempdir().unwrap();
    let output = merge(&on_disk(folder.path()), &["--format", "json"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let merged = json(&output);
    let summary = &merged["summary"];
    let parse = |(_, text): &(String, Vec<u8>)| serde_json::from_slice(text).unwrap();
    let reports: Vec<Value> = REPORTS.iter().map(parse).collect();
    let (zones, captures) = reports.split_at(ZONES.len());
    let captures: Vec<&Value> =
        captures.iter().map(|report| report["rows"].as_array().unwrap().last().unwrap()).collect();
    let sum = |of: &str, from: &[&Value]| -> u64 {
        from.iter().map(|report| number(report.pointer(of).unwrap())).sum()
    };
    let zones: Vec<&Value> = zones.iter().collect();
    assert_eq!(number(&summary["reports"]), 8);
    for status in ["secure", "insecure", "bogus"] {
        let count = zones.iter().filter(|zone| zone["judgement"]["status"] == status).count();
        assert_eq!(number(&summary["zones"][status]), count as u64);
        let of = format!("/summary/times/0/rrsets/{status}");
        assert_eq!(number(&summary["zone_rrsets"][status]), sum(&of, &zones));
    }
    for member in ["records", "rrsets", "delegations", "signatures"] {
        let of = format!("/summary/input/{member}");
        assert_eq!(number(&summary["zone_contents"][member]), sum(&of, &zones));
    }
    for status in ["secure", "insecure", "indeterminate", "bogus"] {
        let (responses, rrsets) = (format!("/responses/{status}"), format!("/rrsets/{status}"));
        assert_eq!(number(&summary["responses"][status]), sum(&responses, &captures));
        assert_eq!(number(&summary["capture_rrsets"][status]), sum(&rrsets, &captures));
    }
    assert_eq!(number(&summary["captures"]["bogus"]), 2);
    let messages = number(&summary["capture_contents"]["messages"]);
    assert_eq!(messages, sum("/input/messages", &captures));
    // Every finding that any of them tells, by code and severity.
    let of_zones = zones.iter().flat_map(|zone| zone["findings"].as_array().unwrap());
    let rows = reports[ZONES.len()..].iter().flat_map(|report| report["rows"].as_array().unwrap());
    let told: Vec<&Value> = of_zones.chain(rows.filter(|row| row["kind"] == "finding")).collect();
    let mut counted = 0;
    for row in summary["findings"].as_array().unwrap() {
        let same =
            |told: &&&Value| told["code"] == row["code"] && told["severity"] == row["severity"];
        assert_eq!(number(&row["count"]), told.iter().filter(same).count() as u64, "{row}");
        counted += number(&row["count"]);
    }
    assert_eq!(counted, told.len() as u64);
    for row in summary["algorithms"].as_array().unwrap() {
        let algorithm = number(&row["algorithm"]);
        let in_zones =
            zones.iter().flat_map(|zone| zone["summary"]["algorithms"].as_array().unwrap());
        let here = in_zones.filter(|row| number(&row["algorithm"]) == algorithm);
        let here: Vec<(u64, u64)> =
            here.map(|row| (number(&row["signatures"]), number(&row["valid"]))).collect();
        let there = captures.iter().filter_map(|capture| {
            let counts = capture["signatures"].get(algorithm.to_string())?.as_object()?;
            Some((counts.values().map(number).sum(), number(&counts["hold"])))
        });
        let all: Vec<(u64, u64)> = here.into_iter().chain(there).collect();
        let sums = all.iter().fold((0, 0), |sum, row| (sum.0 + row.0, sum.1 + row.1));
        assert_eq!((number(&row["signatures"]), number(&row["holding"])), sums, "{row}");
        assert_eq!(number(&row["reports"]), all.len() as u64, "{row}");
    }
    let earliest = zones.iter().map(|zone| &zone["summary"]["lifetime"]["earliest"]["at"]);
    let next = captures.iter().map(|capture| &capture["next_expiry"]["at"]);
    let first = earliest.chain(next).filter_map(Value::as_u64).min();
    assert_eq!(summary["earliest"]["at"].as_u64(), first);
    for (place, row) in summary["remaining"].as_array().unwrap().iter().enumerate() {
        let rows = zones.iter().map(|zone| &zone["summary"]["lifetime"]["remaining"][place]);
        let signatures = rows.filter_map(|row| row["signatures"].as_u64()).sum::<u64>();
        assert_eq!(number(&row["signatures"]), signatures);
    }
}

#[test]
fn ndjson_and_compressed_reports_come_to_the_same() {
    let folder = tempfile::tempdir().unwrap();
    for file in [ZONES[1], CAPTURES[0]] {
        let mut seen = Vec::new();
        for format in ["json", "ndjson"] {
            let text = report(file, format);
            let plain = folder.path().join("report");
            fs::write(&plain, &text).unwrap();
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            gzip.write_all(&text).unwrap();
            let packed = folder.path().join("report.gz");
            fs::write(&packed, gzip.finish().unwrap()).unwrap();
            for file in [plain, packed] {
                let mut merged = json(&merge(&[file], &["--format", "json"]));
                for row in merged["reports"].as_array_mut().unwrap() {
                    row["file"] = Value::Null;
                    row["sha256"] = Value::Null;
                }
                merged["summary"]["earliest"]["file"] = Value::Null;
                seen.push(merged);
            }
        }
        assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{file}: {seen:#?}");
    }
}

fn written(merged: &Merged) -> Vec<u8> {
    let mut out = Vec::new();
    merged.write_json(&mut out).unwrap();
    out
}

fn read(name: &str, text: &[u8]) -> Merged {
    read_report(name, text).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    // Merged reports may be merged again: in any groups, in any order, to the same octets.
    #[test]
    fn merging_is_associative_and_the_same_in_any_order(
        order in Just((0..8usize).collect::<Vec<_>>()).prop_shuffle(),
        groups in prop::collection::vec(0..3usize, 8),
    ) {
        let mut flat = Adder::default();
        for (name, text) in REPORTS.iter() {
            flat.add(read(name, text), name).unwrap();
        }
        let flat = written(&flat.finish());
        let mut parts = [Adder::default(), Adder::default(), Adder::default()];
        for (place, group) in order.iter().zip(groups) {
            let (name, text) = &REPORTS[*place];
            parts[group].add(read(name, text), name).unwrap();
        }
        let mut whole = Adder::default();
        for (number, part) in parts.into_iter().enumerate().rev() {
            let name = format!("part {number}");
            let text = written(&part.finish());
            whole.add(read(&name, &text), &name).unwrap();
        }
        prop_assert_eq!(String::from_utf8(written(&whole.finish())), String::from_utf8(flat));
    }

    // A report that another program still writes, or of which a disk has kept a part.
    #[test]
    fn a_part_of_a_report_is_never_taken_for_a_whole_one(
        which in 0..8usize,
        part in any::<prop::sample::Index>(),
    ) {
        let (name, text) = &REPORTS[which];
        let whole = text.trim_ascii_end().len();
        let end = part.index(whole);
        let error = read_report(name, &text[..end]).unwrap_err().to_string();
        let says = if end == 0 { "it is empty" } else { "cut short" };
        prop_assert!(error.contains(says), "{} at {}: {}", name, end, error);
    }
}

// The parser calls that no end but a wrong number.
#[test]
fn a_report_that_is_cut_behind_a_decimal_point_is_cut_short() {
    let (name, text) = &REPORTS[0];
    let points = text.windows(3).enumerate().filter(|(_, octets)| {
        octets[0].is_ascii_digit() && octets[1] == b'.' && octets[2].is_ascii_digit()
    });
    let mut seen = 0;
    for (at, _) in points {
        // Most are in strings, where a cut is an end like any other.
        let error = read_report(name, &text[..at + 2]).unwrap_err().to_string();
        assert!(error.contains("cut short"), "at {at}: {error}");
        seen += 1;
    }
    assert!(seen > 0);
}

#[test]
fn a_stream_without_its_last_line_is_cut_short() {
    for file in [ZONES[1], CAPTURES[0]] {
        let text = String::from_utf8(report(file, "ndjson")).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let kept = lines[..lines.len() - 1].join("\n");
        let error = read_report(file, kept.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("cut short before its summary"), "{error}");
    }
}

#[test]
fn what_is_no_report_is_told_and_costs_the_others_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good.json");
    fs::write(&good, &REPORTS[0].1).unwrap();
    let newer = String::from_utf8(REPORTS[0].1.clone()).unwrap();
    let newer = newer.replacen("\"version\":1", "\"version\":9", 1);
    let twice = [&REPORTS[0].1[..], &REPORTS[1].1[..]].concat();
    let ds = run(["ds", "datasets/zones/example.zone", "--format", "json"]).stdout;
    let cases: [(&str, &[u8], &str); 8] = [
        ("empty", b"", "it is empty"),
        ("text", b"example. is secure\n", "it is no JSON report of sigmill"),
        ("array", b"[1, 2]", "it is no JSON report of sigmill"),
        ("other", b"{\"a\": {\"b\": []}}", "it names no schema"),
        (
            "newer",
            newer.as_bytes(),
            "version 9 of sigmill-zone-report; this sigmill knows version 1",
        ),
        ("ds", &ds, "it is a sigmill-ds-records"),
        ("cut", &REPORTS[0].1[..900], "it is cut short"),
        ("several", &twice, "it holds several reports"),
    ];
    for (name, text, says) in cases {
        let bad = folder.path().join(name);
        fs::write(&bad, text).unwrap();
        let alone = merge(std::slice::from_ref(&bad), &[]);
        assert_eq!(alone.status.code(), Some(3), "{name}");
        assert!(alone.stdout.is_empty(), "{name}");
        assert!(stderr(&alone).contains(says), "{name}: {}", stderr(&alone));
        assert!(stderr(&alone).contains(name), "{name}: {}", stderr(&alone));
        let beside = merge(&[bad, good.clone()], &["--format", "json"]);
        assert_eq!(beside.status.code(), Some(3), "{name}");
        assert!(stderr(&beside).contains("1 of 2 reports were left out"), "{}", stderr(&beside));
        assert_eq!(number(&json(&beside)["summary"]["reports"]), 1);
    }
    let missing = merge(&[folder.path().join("missing"), good], &["-q"]);
    assert_eq!(missing.status.code(), Some(3));
    assert!(stderr(&missing).contains("missing"), "{}", stderr(&missing));
}

// It would count twice: under its own name, that of a copy, or within a merged report.
#[test]
fn a_report_that_is_given_twice_is_told_by_both_names() {
    let folder = tempfile::tempdir().unwrap();
    let files = on_disk(folder.path());
    let copy = folder.path().join("copy.json");
    fs::copy(&files[0], &copy).unwrap();
    let day = folder.path().join("day.json");
    let made = merge(&files[..3], &["--format", "json", "-o", day.to_str().unwrap()]);
    assert_eq!(made.status.code(), Some(1), "{}", stderr(&made));
    for again in [&files[0], &copy, &day] {
        let output = merge(&[files[0].clone(), again.clone()], &["--format", "json"]);
        assert_eq!(output.status.code(), Some(3));
        let said = stderr(&output);
        assert!(said.contains("is the same report as"), "{said}");
        assert!(said.contains("zones-example.zone.json"), "{said}");
        // All of what is merged or nothing of it.
        assert_eq!(number(&json(&output)["summary"]["reports"]), 1);
    }
}

#[test]
fn the_exit_status_is_that_of_the_worst() {
    let folder = tempfile::tempdir().unwrap();
    let files = on_disk(folder.path());
    let (good, bogus, violation) = (&files[0], &files[1], &files[3]);
    let status = |files: &[&PathBuf], fail_on| {
        let files: Vec<PathBuf> = files.iter().map(|&file| file.clone()).collect();
        merge(&files, &["-qq", "--fail-on", fail_on]).status.code()
    };
    assert_eq!(status(&[good], "advice"), Some(0));
    assert_eq!(status(&[good, violation], "bogus"), Some(0));
    assert_eq!(status(&[good, violation], "violation"), Some(1));
    assert_eq!(status(&[good, bogus], "bogus"), Some(1));
    assert_eq!(status(&[good, bogus], "never"), Some(0));
}

#[test]
fn a_person_sees_first_what_is_not_good() {
    let folder = tempfile::tempdir().unwrap();
    on_disk(folder.path());
    let output = sigmill(["merge"]).arg(folder.path()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "8 reports: of 6 zones 3 secure, 2 insecure, 1 bogus; of 2 captures 2 bogus"
    );
    assert!(lines[2].starts_with("not good    of"), "{text}");
    // The most bogus responses or RRsets, then what only breaks rules.
    assert!(lines[3].contains(" bogus ") && lines[3].contains("captures/tree.pcapng"), "{text}");
    assert!(lines[5].contains(" bogus ") && lines[5].contains("rdata-octet.zone"), "{text}");
    assert!(lines[6].contains("algorithm-missing.zone"), "{text}");
    let labels = ["\nexpiry ", "\nzones ", "\ncaptures ", "\nsignatures ", "\nfindings "];
    let places: Vec<usize> = labels.iter().map(|label| text.find(label).unwrap()).collect();
    assert!(places.is_sorted(), "{text}");
    assert!(lines.iter().all(|line| *line == line.trim_end()), "{text}");
    let output = sigmill(["merge", "--max-reports", "1"]).arg(folder.path()).output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("and 4 more"), "{text}");
}

#[test]
fn merge_md_describes_exactly_the_fields_there_are() {
    fn fields(path: &str, value: &Value, out: &mut BTreeSet<String>) {
        for item in value.as_array().into_iter().flatten() {
            fields(&format!("{path}[]"), item, out);
        }
        for (name, value) in value.as_object().into_iter().flatten() {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            fields(&path, value, out);
            out.insert(path);
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let mut emitted = BTreeSet::new();
    fields("", &json(&merge(&on_disk(folder.path()), &["--format", "json"])), &mut emitted);
    let text = include_str!("../../MERGE.md");
    let rows = text.lines().filter_map(|line| line.strip_prefix("- `")?.split_once("`:"));
    let documented: BTreeSet<String> = rows.map(|(field, _)| field.to_owned()).collect();
    let missing: Vec<_> = emitted.difference(&documented).collect();
    let stale: Vec<_> = documented.difference(&emitted).collect();
    assert!(missing.is_empty() && stale.is_empty(), "missing: {missing:#?}, stale: {stale:#?}");
}
