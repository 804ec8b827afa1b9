//! Metrics: what others' parsers make of them, against the report of the same run.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::common::{self, has_program, python_with};
use super::{inside, path, run, said, sigmill, stderr};

/// Reads metrics with the parser of Prometheus' client for Python.
const READ: &str = "
import json, sys
from prometheus_client.parser import text_string_to_metric_families as parse
rows = []
for family in parse(open(sys.argv[1], encoding='utf-8').read()):
    assert family.type == 'gauge' and family.documentation, family
    rows += [[s.name, s.labels, s.value] for s in family.samples]
print(json.dumps(rows))
";

/// Metrics as another program read them.
struct Samples(Vec<Value>);

impl Samples {
    fn read(file: &Path) -> Option<Self> {
        let mut python = python_with("prometheus_client")?;
        let text = said(python.args(["-c", READ]).arg(file));
        let Value::Array(rows) = serde_json::from_str(&text).unwrap() else { panic!("{text}") };
        Some(Self(rows))
    }

    /// The value of a metric with labels that include these.
    fn of(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let fits = |row: &&Value| {
            row[0] == name && labels.iter().all(|(label, value)| row[1][*label] == *value)
        };
        let found: Vec<&Value> = self.0.iter().filter(fits).collect();
        assert_eq!(found.len(), 1, "{name} {labels:?}: {found:?}");
        found[0][2].as_f64().unwrap()
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|row| row[0] == name)
    }
}

/// promtool, from the path or from `target/promtool`, where `.ci/run` puts it.
fn promtool() -> Option<Command> {
    let own = path("target/promtool/promtool");
    let program = if own.exists() { own.to_str().unwrap().to_owned() } else { "promtool".into() };
    has_program(&program).then(|| Command::new(program))
}

fn check_metrics(file: &Path) {
    let Some(mut promtool) = promtool() else { return };
    let input = fs::File::open(file).unwrap();
    let output = promtool.args(["check", "metrics"]).stdin(Stdio::from(input)).output().unwrap();
    let said = stderr(&output) + &String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.is_empty(), "{said}");
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

// Whatever the zone has: an odd name, no signature, none that holds, no serial.
#[test]
fn metrics_of_zones_are_those_of_the_report() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "zones/example.zone",
        "variants/rdata-octet.zone",
        "variants/unsigned.zone",
        "variants/soa-twice.zone",
        "variants/all-unsupported.zone",
        "variants/algorithm-missing.zone",
    ] {
        let zone = common::zone(name);
        let (metrics, report) = (folder.path().join("z.prom"), folder.path().join("z.json"));
        let mut command = sigmill(["zone", "--format", "json", "--at", &zone.at, "--metrics"]);
        command.arg(&metrics).arg("--output").arg(&report).arg(&zone.path).args(&zone.args);
        let output = command.output().unwrap();
        let good = output.status.code() == Some(0);
        check_metrics(&metrics);
        let Some(samples) = Samples::read(&metrics) else { return };
        let report: Value = serde_json::from_slice(&fs::read(&report).unwrap()).unwrap();
        let summary = &report["summary"];
        let zone = ("zone", summary["input"]["apex"].as_str().unwrap());
        for status in ["secure", "insecure", "bogus"] {
            let is_it = f64::from(u8::from(report["judgement"]["status"] == status));
            assert_eq!(samples.of("sigmill_zone_status", &[zone, ("status", status)]), is_it);
            let rrsets = number(&summary["times"][0]["rrsets"][status]);
            assert_eq!(samples.of("sigmill_zone_rrsets", &[zone, ("status", status)]), rrsets);
        }
        assert_eq!(samples.of("sigmill_zone_good", &[zone]), f64::from(u8::from(good)), "{name}");
        let earliest = &summary["lifetime"]["earliest"]["at"];
        let metric = "sigmill_zone_earliest_expiry_timestamp_seconds";
        assert_eq!(samples.has(metric), !earliest.is_null(), "{name}");
        if !earliest.is_null() {
            assert_eq!(samples.of(metric, &[zone]), number(earliest));
        }
        assert_eq!(samples.has("sigmill_zone_serial"), summary["input"]["serial"].is_number());
        for row in summary["algorithms"].as_array().unwrap() {
            let algorithm = ("algorithm", row["mnemonic"].as_str().unwrap());
            let of = |verdict| {
                samples.of("sigmill_zone_signatures", &[zone, algorithm, ("verdict", verdict)])
            };
            assert_eq!(of("holds"), number(&row["valid"]));
            assert_eq!(of("holds") + of("fails"), number(&row["signatures"]));
        }
        let findings = summary["findings"].as_array().unwrap();
        for severity in ["bogus", "violation", "advice"] {
            let of_it = findings.iter().filter(|row| row["severity"] == severity);
            let count: f64 = of_it.map(|row| number(&row["count"])).sum();
            assert_eq!(samples.of("sigmill_zone_findings", &[("severity", severity)]), count);
        }
        for row in findings {
            let labels = ["code", "severity"].map(|label| (label, row[label].as_str().unwrap()));
            assert_eq!(samples.of("sigmill_zone_code_findings", &labels), number(&row["count"]));
        }
        let at = number(&summary["times"][0]["at"]);
        assert_eq!(samples.of("sigmill_zone_judged_timestamp_seconds", &[zone]), at);
        assert!(samples.of("sigmill_zone_last_run_timestamp_seconds", &[zone]) > 1.7e9);
        assert!(samples.of("sigmill_zone_duration_seconds", &[zone]) > 0.0);
    }
}

#[test]
fn metrics_of_captures_are_those_of_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let (metrics, report) = (folder.path().join("c.prom"), folder.path().join("c.json"));
    let output = sigmill(["capture", "datasets/captures/tree.pcapng", "--format", "json"])
        .args(["--anchor", "datasets/captures/tree.anchor", "--metrics-label", "site=a \"b\"\\c"])
        .arg("--metrics")
        .arg(&metrics)
        .arg("--output")
        .arg(&report)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    check_metrics(&metrics);
    let Some(samples) = Samples::read(&metrics) else { return };
    assert!(samples.0.iter().all(|row| row[1]["site"] == "a \"b\"\\c"));
    let report: Value = serde_json::from_slice(&fs::read(&report).unwrap()).unwrap();
    let rows = report["rows"].as_array().unwrap();
    let summary = rows.last().unwrap();
    for status in ["secure", "insecure", "indeterminate", "bogus"] {
        let of = |name| samples.of(name, &[("status", status)]);
        assert_eq!(of("sigmill_capture_responses"), number(&summary["responses"][status]));
        assert_eq!(of("sigmill_capture_rrsets"), number(&summary["rrsets"][status]));
    }
    for severity in ["bogus", "violation", "advice"] {
        let of_it =
            rows.iter().filter(|row| row["kind"] == "finding" && row["severity"] == severity);
        let metric = samples.of("sigmill_capture_findings", &[("severity", severity)]);
        assert_eq!(metric, f64::from(u32::try_from(of_it.count()).unwrap()));
    }
    let p256 = &summary["signatures"]["13"];
    for (verdict, member) in [("holds", "hold"), ("fails", "fail"), ("untried", "untried")] {
        let labels = [("algorithm", "ECDSAP256SHA256"), ("verdict", verdict)];
        assert_eq!(samples.of("sigmill_capture_signatures", &labels), number(&p256[member]));
    }
    let next = number(&summary["next_expiry"]["at"]);
    assert_eq!(samples.of("sigmill_capture_earliest_expiry_timestamp_seconds", &[]), next);
    assert!(next >= number(&summary["input"]["seen"]["first"]));
    assert_eq!(samples.of("sigmill_capture_good", &[]), 0.0);
}

// node_exporter reads at any time, as another user.
#[test]
fn the_file_is_replaced_at_once_and_everybody_may_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let metrics = folder.path().join("z.prom");
    let audit = |zone: &str| {
        let output = sigmill(["zone", zone, "-qq", "--metrics"]).arg(&metrics).output().unwrap();
        output.status.code()
    };
    assert_eq!(audit("datasets/zones/example.zone"), Some(0));
    let mode = fs::metadata(&metrics).unwrap().permissions().mode();
    assert_eq!(mode & 0o444, 0o444 & mode | 0o400, "{mode:o}");
    let before = fs::read(&metrics).unwrap();
    // What cannot be read leaves the metrics of before, so that their age tells.
    assert_eq!(audit("datasets/README.md"), Some(3));
    assert_eq!(fs::read(&metrics).unwrap(), before);
    assert_eq!(audit("datasets/variants/rdata-octet.zone"), Some(1));
    assert_ne!(fs::read(&metrics).unwrap(), before);
    assert_eq!(inside(folder.path()), ["z.prom"]);
}

#[test]
fn odd_names_and_labels_are_usage_errors() {
    let cases: [(&[&str], &str); 5] = [
        (&["--metrics", "z.txt"], ".prom"),
        (&["--metrics", "-"], ".prom"),
        (&["--metrics-label", "a=b"], "--metrics"),
        (&["--metrics", "z.prom", "--metrics-label", "zone=b"], "label zone of their own"),
        (&["--metrics", "z.prom", "--metrics-label", "a-b=b"], "is no name of a label"),
    ];
    for (arguments, says) in cases {
        for command in ["zone", "capture"] {
            let output = run([&[command, "datasets/zones/example.zone"], arguments].concat());
            assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
            assert!(stderr(&output).contains(says), "{arguments:?}: {}", stderr(&output));
        }
    }
}

#[test]
fn the_rules_for_alerts_do_what_they_say() {
    for arguments in
        [["check", "rules", "sigmill.rules.yml"], ["test", "rules", "sigmill.test.yml"]]
    {
        let Some(mut promtool) = promtool() else { return };
        promtool.current_dir(path("examples/prometheus"));
        said(promtool.args(arguments));
    }
}

// The document, the rules and the program name the same metrics.
#[test]
fn every_metric_is_documented_and_rules_use_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (zone, capture) = (folder.path().join("z.prom"), folder.path().join("c.prom"));
    run(["zone", "datasets/zones/example.zone", "-qq", "--metrics", zone.to_str().unwrap()]);
    let capture_path = capture.to_str().unwrap();
    run(["capture", "datasets/captures/tree.pcapng", "-qq", "--metrics", capture_path]);
    let text = fs::read_to_string(zone).unwrap() + &fs::read_to_string(capture).unwrap();
    let of_line = |line: &str| line.strip_prefix("# TYPE ")?.split(' ').next().map(str::to_owned);
    let mut written: Vec<String> = text.lines().filter_map(of_line).collect();
    written.sort();
    let names = |text: &str| -> Vec<String> {
        let word = |c: char| !c.is_ascii_alphanumeric() && c != '_';
        let words = text.split(word).filter(|word| word.starts_with("sigmill_"));
        words.map(str::to_owned).collect()
    };
    let document = fs::read_to_string(path("MONITORING.md")).unwrap();
    let rows = document.lines().filter(|line| line.starts_with("| `sigmill_"));
    let mut told: Vec<String> = rows.filter_map(|row| names(row).first().cloned()).collect();
    told.sort();
    assert_eq!(told, written);
    let rules = fs::read_to_string(path("examples/prometheus/sigmill.rules.yml")).unwrap();
    for name in names(&rules) {
        assert!(written.contains(&name), "{name}");
    }
}
