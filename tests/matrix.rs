//! `datasets/MATRIX.md` says what the manifest says and what is true: sigmill is right on all zones.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at what is not so

mod common;

use std::collections::BTreeMap;

use common::{Zone, datasets, judge, manifest};

/// The programs, in the order of the columns.
const PROGRAMS: [&str; 5] =
    ["sigmill", "dnssec-verify", "ldns-verify-zone", "kzonecheck", "validns"];

/// Findings that tell of a limit of sigmill's own.
const LIMITS: [&str; 4] = [
    "key-exponent-too-long",
    "signature-key-exponent-too-long",
    "rrset-too-many-signatures",
    "nsec3-too-many-chains",
];

/// A row of the table.
#[derive(Debug)]
struct Row {
    title: String,
    what: String,
    right: String,
    validators: String,
    /// For each program its verdict, and whether it is marked as wrong.
    said: Vec<(String, bool)>,
}

fn matrix() -> String {
    std::fs::read_to_string(datasets().join("MATRIX.md")).expect("datasets/MATRIX.md")
}

/// The cells of a line of a table.
fn cells(line: &str) -> Option<Vec<String>> {
    let inner = line.strip_prefix("| ")?.strip_suffix(" |")?;
    Some(inner.split(" | ").map(|cell| cell.replace("\\|", "|")).collect())
}

fn rows() -> Vec<Row> {
    let row = |cells: Vec<String>| -> Row {
        let [title, what, right, validators, said @ ..] = cells.as_slice() else {
            panic!("too few cells: {cells:?}");
        };
        let mark = |cell: &String| {
            let bare = cell.trim_matches('*').to_owned();
            let marked = bare != *cell;
            (bare, marked)
        };
        Row {
            title: title.trim_matches('`').to_owned(),
            what: what.clone(),
            right: right.clone(),
            validators: validators.clone(),
            said: said.iter().map(mark).collect(),
        }
    };
    let text = matrix();
    let lines = text.lines().filter(|line| line.starts_with("| `"));
    lines.map(|line| row(cells(line).expect("cells"))).collect()
}

/// The word of the table for a verdict of the manifest.
fn word(verdict: Option<&String>) -> &'static str {
    match verdict.map(String::as_str) {
        None => "-",
        Some("pass") => "good",
        Some("fail") => "bad",
        Some("crash") => "crash",
        Some("hang") => "hang",
        Some(other) => panic!("the manifest says {other:?}"),
    }
}

fn right(zone: &Zone) -> &'static str {
    if zone.exit == 0 { "good" } else { "bad" }
}

fn kind(zone: &Zone) -> &'static str {
    let at_limit = zone.expected.iter().any(|fact| LIMITS.contains(&fact.0.as_str()));
    if zone.exit != 0 && at_limit { "limit" } else { right(zone) }
}

/// Whether a verdict is to be marked as wrong.
fn is_wrong(verdict: &str, zone: &Zone) -> bool {
    match verdict {
        "-" => false,
        "crash" | "hang" => true,
        verdict => verdict != right(zone) && kind(zone) != "limit",
    }
}

// A table that lags behind the manifest would go on to be quoted: scripts/judge-matrix makes it anew.
#[test]
fn the_matrix_says_what_the_manifest_says() {
    let (zones, rows) = (manifest(), rows());
    assert_eq!(rows.len(), zones.len(), "run scripts/judge-matrix");
    for (zone, row) in zones.iter().zip(&rows) {
        assert_eq!(row.title, zone.title, "run scripts/judge-matrix");
        assert_eq!(row.what, zone.what, "{}", zone.title);
        assert_eq!(row.right, kind(zone), "{}", zone.title);
        assert_eq!(row.said.len(), PROGRAMS.len(), "{}", zone.title);
        for (program, (verdict, marked)) in PROGRAMS.iter().zip(&row.said) {
            if *program != "sigmill" {
                assert_eq!(verdict, word(zone.peers.get(*program)), "{program}: {}", zone.title);
            }
            assert_eq!(*marked, is_wrong(verdict, zone), "{program}: {}", zone.title);
        }
    }
}

#[test]
fn sigmill_is_right_on_every_zone_of_the_matrix() {
    let mut wrong = Vec::new();
    for (zone, row) in manifest().iter().zip(rows()) {
        let report = judge(zone);
        let verdict = match report.exit {
            0 => "good",
            1 => "bad",
            other => panic!("{}: exit {other}: {}", zone.title, report.stderr),
        };
        let findings = report.json["findings"].as_array().expect("findings");
        let bogus = findings.iter().any(|finding| finding["severity"] == "bogus");
        let validators = if bogus { "rejects" } else { "accepts" };
        let told = (row.said[0].0.as_str(), row.validators.as_str());
        if verdict != right(zone) || told != (verdict, validators) {
            wrong.push(format!("{}: {verdict}, validators {validators}; {told:?}", zone.title));
        }
    }
    assert!(wrong.is_empty(), "{} zones:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_totals_of_the_matrix_are_those_of_its_rows() {
    let rows = rows();
    let mut due: BTreeMap<&str, [usize; 8]> = BTreeMap::new();
    for (place, program) in PROGRAMS.iter().enumerate() {
        let [mut good, mut rejected, mut bad, mut passed] = [0; 4];
        let [mut bogus, mut bogus_passed, mut crashes, mut hangs] = [0; 4];
        for row in &rows {
            let verdict = row.said[place].0.as_str();
            let is_good = row.right == "good";
            // sigmill is held to limits of its own.
            if verdict == "-" || (row.right == "limit" && *program != "sigmill") {
                continue;
            }
            crashes += usize::from(verdict == "crash");
            hangs += usize::from(verdict == "hang");
            good += usize::from(is_good);
            rejected += usize::from(is_good && verdict == "bad");
            bad += usize::from(!is_good);
            passed += usize::from(!is_good && verdict == "good");
            let is_bogus = !is_good && row.validators == "rejects";
            bogus += usize::from(is_bogus);
            bogus_passed += usize::from(is_bogus && verdict == "good");
        }
        due.insert(program, [good, rejected, bad, passed, bogus, bogus_passed, crashes, hangs]);
    }
    let text = matrix();
    for program in PROGRAMS {
        let line = text.lines().find(|line| line.starts_with(&format!("| {program} |")));
        let told = cells(line.expect("a row of totals")).expect("cells");
        let told: Vec<usize> = told[1..].iter().map(|cell| cell.parse().unwrap()).collect();
        assert_eq!(told, due[program], "{program}");
    }
    let ours = due["sigmill"];
    assert_eq!([ours[1], ours[3], ours[6], ours[7]], [0; 4], "sigmill errs");
    assert!(ours[0] > 100 && ours[2] > 100, "the matrix lost its zones");
}
