//! VALIDATION.md says what is true: every row has its tests, and its zones are judged as it says.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at what is not so

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use common::{Report, Zone, datasets, judge, manifest};
use sigmill::audit::findings::{Code, Finding, Severity};
use sigmill::audit::policy::Policy;
use sigmill::dns::algorithm::{SigningStatus, ValidationStatus};
use sigmill::dns::{Algorithm, DigestType};

fn text() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("VALIDATION.md");
    std::fs::read_to_string(path).expect("VALIDATION.md")
}

/// A row of one of the tables of edges.
#[derive(Debug)]
struct Row {
    edge: String,
    verdict: String,
    code: Option<String>,
    source: String,
    tests: Vec<String>,
}

const COLUMNS: &str = "| edge | verdict | finding | source | tests |";

fn rows() -> Vec<Row> {
    let text = text();
    let mut rows = Vec::new();
    let mut in_table = false;
    for line in text.lines() {
        in_table = line == COLUMNS || (in_table && line.starts_with('|'));
        if !in_table || line == COLUMNS || line.starts_with("|---") {
            continue;
        }
        let inner = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |"));
        let cells: Vec<&str> = inner.expect("a row").split('|').map(str::trim).collect();
        let [edge, verdict, code, source, tests] = cells.as_slice() else {
            panic!("not five cells: {line}");
        };
        rows.push(Row {
            edge: (*edge).to_owned(),
            verdict: (*verdict).to_owned(),
            code: quoted(code).pop(),
            source: (*source).to_owned(),
            tests: quoted(tests),
        });
    }
    assert!(rows.len() > 100, "only {} rows were found", rows.len());
    rows
}

/// What stands between backticks.
fn quoted(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// What stands between `<!-- name -->` and `<!-- /name -->`.
fn section(name: &str) -> String {
    let text = text();
    let (_, rest) = text.split_once(&format!("<!-- {name} -->")).expect(name);
    rest.split_once(&format!("<!-- /{name} -->")).expect(name).0.to_owned()
}

fn table(name: &str) -> Vec<Vec<String>> {
    let section = section(name);
    let rows = section.lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.map(|line| line.trim_matches('|').split('|').map(|c| c.trim().to_owned()).collect())
        .collect()
}

fn is_rust_test(name: &str) -> bool {
    name.contains('_')
}

/// The names of all functions in the sources and the tests.
fn functions() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = BTreeSet::new();
    let mut directories = vec![root.join("src"), root.join("tests")];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = std::fs::read_to_string(path).expect("read");
                let words = source.split("fn ").skip(1);
                let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
                names.extend(
                    words.map(|rest| rest.split(|c| !is_name(c)).next().unwrap_or("").to_owned()),
                );
            }
        }
    }
    names
}

/// The judgements of the manifest that a name of VALIDATION.md means.
fn zones_of<'m>(name: &str, manifest: &'m [Zone]) -> Vec<&'m Zone> {
    let exact: Vec<&Zone> = manifest.iter().filter(|zone| zone.title == name).collect();
    if !exact.is_empty() {
        return exact;
    }
    let directory = if name.starts_with("zones/") { "" } else { "variants/" };
    let path = datasets().join(format!("{directory}{name}.zone"));
    // A good zone is in the manifest more than once: the first time as it is.
    manifest.iter().filter(|zone| zone.path == path).take(1).collect()
}

#[test]
fn every_test_that_is_named_exists() {
    let (functions, manifest) = (functions(), manifest());
    let brackets = text();
    let prose = brackets.split('[').skip(1).filter_map(|rest| rest.split_once(']'));
    let mut names: Vec<String> = prose.flat_map(|(inside, _)| quoted(inside)).collect();
    names.retain(|name| is_rust_test(name));
    assert!(names.len() >= 5, "{names:?}");
    names.extend(rows().into_iter().flat_map(|row| row.tests));
    let missing = |name: &&String| match is_rust_test(name) {
        true => !functions.contains(*name),
        false => zones_of(name, &manifest).is_empty(),
    };
    let missing: Vec<&String> = names.iter().filter(missing).collect();
    assert!(missing.is_empty(), "there are no such tests or zones: {missing:?}");
}

#[test]
fn every_row_has_a_source_a_test_and_a_known_verdict() {
    let known: BTreeSet<&str> = Code::ALL.iter().map(|code| code.entry().code).collect();
    let sources = ["RFC ", "CVE-", "RUSTSEC-", "GL#", "#", "sigmill `--"];
    for row in rows() {
        let verdicts =
            ["accepted", "advice", "violation", "bogus", "insecure", "indeterminate", "refused"];
        assert!(verdicts.contains(&row.verdict.as_str()), "{row:?}");
        assert!(sources.iter().any(|source| row.source.contains(source)), "{row:?}");
        assert!(!row.tests.is_empty(), "{row:?}");
        if let Some(code) = &row.code {
            assert!(known.contains(code.as_str()), "{row:?}");
        }
        let needs_code = ["advice", "violation", "bogus"].contains(&row.verdict.as_str());
        assert!(row.code.is_some() || !needs_code, "{row:?}");
    }
}

#[test]
fn every_code_of_the_catalogue_has_a_row() {
    let told: BTreeSet<String> = rows().into_iter().filter_map(|row| row.code).collect();
    let missing = |code: &&Code| !told.contains(code.entry().code);
    let missing: Vec<&Code> = Code::ALL.iter().filter(missing).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// The greatest weight that a code has in a report.
fn weight<'r>(report: &'r Report, code: &str) -> Option<&'r str> {
    let findings = report.json["findings"].as_array().expect("findings");
    let of_code = findings.iter().filter(|finding| finding["code"] == code);
    let weights: Vec<&str> = of_code.filter_map(|finding| finding["severity"].as_str()).collect();
    let order = ["bogus", "violation", "advice"];
    order.into_iter().find_map(|word| weights.iter().find(|weight| **weight == word).copied())
}

#[test]
fn zones_are_judged_as_the_rows_say() {
    let manifest = manifest();
    let mut reports: BTreeMap<String, Report> = BTreeMap::new();
    let mut wrong = Vec::new();
    for row in rows() {
        for name in row.tests.iter().filter(|name| !is_rust_test(name)) {
            for zone in zones_of(name, &manifest) {
                let report = reports.entry(zone.title.clone()).or_insert_with(|| judge(zone));
                let is_bad = ["violation", "bogus"].contains(&row.verdict.as_str());
                // A row about one finding may name a zone that has a graver one.
                if is_bad && report.exit != 1 || row.verdict == "accepted" && report.exit != 0 {
                    wrong.push(format!("{name}: exit {}: {}", report.exit, row.edge));
                }
                if row.verdict == "insecure" && report.text("/trust/kind") != "unsupported" {
                    wrong.push(format!("{name} is not insecure: {}", row.edge));
                }
                let Some(code) = &row.code else { continue };
                let due = if row.verdict == "insecure" { "advice" } else { &row.verdict };
                let weight = weight(report, code);
                if weight != Some(due) {
                    wrong.push(format!("{name}: {code} is {weight:?} and not {due}: {}", row.edge));
                }
            }
        }
    }
    assert!(reports.len() > 150, "only {} zones were judged", reports.len());
    assert!(wrong.is_empty(), "{} times:\n{}", wrong.len(), wrong.join("\n"));
}

// A zone that nobody explains may as well not be there.
#[test]
fn every_variant_is_named() {
    let named: BTreeSet<String> = rows().into_iter().flat_map(|row| row.tests).collect();
    let manifest = manifest();
    let variants = manifest.iter().filter_map(|zone| {
        let name = zone.path.strip_prefix(datasets().join("variants")).ok()?.to_str()?;
        name.strip_suffix(".zone")
    });
    // One octet of the data of each algorithm: the signature's octets are named.
    let others = |name: &&str| !name.starts_with("rdata-octet-");
    let missing: Vec<&str> =
        variants.filter(others).filter(|name| !named.contains(*name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Weighs a finding of a code alone.
fn weighed(policy: &Policy, code: Code) -> Option<Severity> {
    let mut finding = Finding::new(code);
    policy.weigh(&mut finding).then_some(finding.severity)
}

#[test]
fn presets_change_what_is_written_and_nothing_else() {
    let [strict, validator, bind] = [Policy::strict(), Policy::validator(), Policy::bind()];
    let mut changed = BTreeSet::new();
    for &code in Code::ALL {
        let severity = code.entry().severity;
        assert_eq!(weighed(&strict, code), Some(severity), "{code}");
        let due = if severity == Severity::Bogus { severity } else { Severity::Advice };
        assert_eq!(weighed(&validator, code), Some(due), "{code}");
        if weighed(&bind, code) != Some(severity) {
            assert_eq!(weighed(&bind, code), Some(Severity::Advice), "{code}");
            changed.insert(code.entry().code.to_owned());
        }
    }
    assert_eq!(changed, quoted(&section("bind")).into_iter().collect());
}

#[test]
fn the_tables_of_algorithms_are_those_of_the_program() {
    let mut due = Vec::new();
    for number in 0..=255 {
        let algorithm = Algorithm(number);
        let Some(mnemonic) = algorithm.mnemonic() else {
            assert_eq!(algorithm.validation_status(), ValidationStatus::Unknown, "{number}");
            continue;
        };
        let validation = match algorithm.validation_status() {
            ValidationStatus::Must => "must",
            ValidationStatus::Recommended => "recommended",
            ValidationStatus::May => "may",
            ValidationStatus::MustNot => "must not",
            ValidationStatus::Unknown => "-",
        };
        let signing = match algorithm.signing_status() {
            SigningStatus::Recommended => "recommended",
            SigningStatus::May => "may",
            SigningStatus::NotRecommended => "not recommended",
            SigningStatus::MustNot => "must not",
            SigningStatus::Unknown => "-",
        };
        let verified = if algorithm.is_supported() { "yes" } else { "no" };
        let number = number.to_string();
        let row = [&number, mnemonic, validation, signing, verified];
        due.push(row.map(str::to_owned).to_vec());
    }
    assert_eq!(table("algorithms"), due);
    for row in table("digests") {
        let digest_type = DigestType(row[0].parse().expect("a number"));
        assert_eq!(row[1], digest_type.to_string());
        let octets = digest_type.digest_len().map_or("-".to_owned(), |len| len.to_string());
        assert_eq!(row[2], octets, "{digest_type}");
    }
    assert_eq!(table("digests").len(), 6);
}
