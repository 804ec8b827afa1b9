//! The command as it is typed, on work that is done in no time.

use std::collections::BTreeSet;

use super::{bench, json, path, rows, stderr, stdout};

const SHORT: [&str; 2] = ["--time", "5ms"];

// Every backend that can, on each number of threads, has a rate and gives right answers.
#[test]
fn each_kind_has_a_row_for_each_backend_and_number_of_threads() {
    let report = json(&[&SHORT[..], &["--algorithm", "ed25519,rsa1024-e3", "-j", "1,2"]].concat());
    let named = |row: &serde_json::Value| {
        let text = |field: &serde_json::Value| field.as_str().unwrap().to_owned();
        let threads = row["threads"].as_u64().unwrap();
        (text(&row["work"]["kind"]), text(&row["contender"]), threads)
    };
    let found: BTreeSet<_> = rows(&report).iter().map(named).collect();
    for kind in ["ed25519", "rsa1024-e3"] {
        for contender in ["aws-lc", "ring", "rustcrypto"] {
            for threads in [1, 2] {
                let expected = (kind.to_owned(), contender.to_owned(), threads);
                assert!(found.contains(&expected), "{expected:?}");
            }
        }
    }
    for row in rows(&report) {
        assert!(row["per_second"]["median"].as_f64().unwrap() > 0.0, "{row}");
        assert_eq!(row["scaling"].is_null(), row["threads"] == 1, "{row}");
        assert!(row["ratio"].as_f64().unwrap() > 0.0, "{row}");
    }
    assert_eq!(report["failures"].as_array().unwrap().len(), 0);
    assert_eq!(report["settings"]["baseline"], "aws-lc");
    // A reader must know where it ran.
    let machine = &report["machine"];
    assert!(machine["processors"].as_u64().unwrap() >= 1);
    assert!(machine["versions"]["aws-lc-rs"].is_string() && machine["features"].is_array());
}

#[test]
fn the_work_of_a_zone_is_as_much_as_its_audit_verifies() {
    let zone = "datasets/zones/example.zone";
    let report =
        json(&[&SHORT[..], &["--from", zone, "--backend", "auto,ring", "-j", "1"]].concat());
    let audit = std::process::Command::new(assert_cmd::cargo::cargo_bin!("sigmill"))
        .current_dir(path("."))
        .args(["zone", zone, "--format", "json"])
        .output()
        .unwrap();
    let audit: serde_json::Value = serde_json::from_slice(&audit.stdout).unwrap();
    let stages = audit["summary"]["performance"]["stages"].as_array().unwrap();
    let verify = stages.iter().find(|stage| stage["stage"] == "verify").unwrap();
    assert_eq!(report["input"]["signatures"], verify["items"]);
    assert_eq!(report["input"]["form"], "zone");
    let contenders: Vec<_> = rows(&report).iter().map(|row| row["contender"].as_str()).collect();
    assert_eq!(contenders, [Some("auto"), Some("ring")]);
    for row in rows(&report) {
        assert!(row["audit"]["seconds"]["median"].as_f64().unwrap() > 0.0);
    }
}

#[test]
fn captures_and_answers_go_together_and_a_zone_stands_alone() {
    let capture = "datasets/captures/tree.pcapng";
    let answers = "tests/chain/rfc5155.txt";
    let short = [&SHORT[..], &["--backend", "aws-lc", "-j", "1"]].concat();
    let of = |files: &[&str]| {
        let from = files.iter().flat_map(|file| ["--from", file]);
        let report = json(&short.iter().copied().chain(from).collect::<Vec<_>>());
        let input = &report["input"];
        (input["form"].as_str().unwrap().to_owned(), input["signatures"].as_u64().unwrap())
    };
    let (capture_form, of_capture) = of(&[capture]);
    let (answers_form, of_answers) = of(&[answers]);
    assert_eq!((capture_form.as_str(), answers_form.as_str()), ("capture", "records"));
    // The two have no zone in common.
    let both = of(&[capture, answers]);
    assert_eq!(both, ("capture and records".into(), of_capture + of_answers));
    let zone = "datasets/zones/example.zone";
    let output = bench(&["--from", zone, "--from", capture, "--time", "1ms"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("is a zone, whose work stands alone"), "{}", stderr(&output));
}

#[test]
fn usage_errors_exit_with_2_and_say_what_is_wrong() {
    let cases: &[(&[&str], &[&str])] = &[
        (&["--algorithm", "p521"], &["--algorithm <KIND,…>", "p256, p384"]),
        (&["--algorithm", "8"], &["RSA needs its bits"]),
        (&["--algorithm", "rsa300"], &["512 to 4096 bits"]),
        (&["--algorithm", "rsa2048-e4"], &["odd and at least 3"]),
        (&["--backend", "openssl"], &["rustcrypto", "aws-lc"]),
        (&["--baseline", "openssl"], &["aws-lc"]),
        (&["--threads", "0"], &["a number from 1 to 1024"]),
        (&["--threads", "1,2000"], &["a number from 1 to 1024"]),
        (&["--batch", "0"], &["from 1 to 65536"]),
        (&["--signatures-per-key", "-1"], &[]),
        (&["--time", "2"], &["ms, s or m, such as 500ms"]),
        (&["--time", "2h"], &["ms, s or m"]),
        (&["--time", "90m"], &["longer than an hour"]),
        (&["--work", "sign"], &["hash", "verify", "rrset"]),
        (&["--keys", "warm"], &["ready", "fresh"]),
        (&["--export", "report.pdf"], &["expected one of .txt, .json, .csv, .md, .hlog, .html"]),
        (&["--format", "pdf"], &["hlog", "html"]),
        (&["--from", "x", "--algorithm", "p256"], &["cannot be used with"]),
        (&["--form", "zone"], &["--from"]),
        (&["--kernel", "turbo"], &["no kernel 'turbo'"]),
    ];
    for (arguments, says) in cases {
        let output = bench(arguments);
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        for part in *says {
            assert!(text.contains(part), "{arguments:?} does not say {part:?}: {text}");
        }
    }
    let many: Vec<String> = (1..=700).map(|number| number.to_string()).collect();
    let output = bench(&["--algorithm", "all", "--signatures-per-key", &many.join(",")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("ask for fewer combinations"), "{}", stderr(&output));
}

#[test]
fn inputs_that_give_no_work_exit_with_3() {
    let folder = tempfile::tempdir().unwrap();
    let unsigned = folder.path().join("unsigned.zone");
    let text = "example. 3600 IN SOA ns. host. 1 2 3 4 5\nexample. 3600 IN NS ns.\n";
    std::fs::write(&unsigned, text).unwrap();
    let unsigned = unsigned.to_str().unwrap();
    for (file, says) in [
        ("no-such-file", "no-such-file"),
        ("datasets/zones", "directory"),
        (unsigned, "is verified: it has no signatures under keys that it holds"),
        ("target/debug/sigmill", "seems to be a program"),
    ] {
        if !path(file).exists() && file.starts_with("target") {
            continue; // built elsewhere
        }
        let output = bench(&["--from", file, "--time", "1ms"]);
        let error = stderr(&output);
        assert_eq!(output.status.code(), Some(3), "{file}: {error}");
        assert!(error.contains(says) && output.stdout.is_empty(), "{file}: {error}");
    }
}

// A run takes minutes: one gives all reports that are wanted, and none is there if it fails.
#[test]
fn one_run_fills_several_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (json, csv, hlog) = (file("a.json"), file("a.csv"), file("a.hlog"));
    let exports = ["--export", &json, "--export", &csv, "--export", &hlog];
    let output = bench(
        &[&SHORT[..], &exports, &["--algorithm", "p256", "--backend", "aws-lc", "-j", "1"]]
            .concat(),
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("aws-lc"));
    let read = |file: &str| std::fs::read_to_string(file).unwrap();
    let report: serde_json::Value = serde_json::from_str(&read(&json)).unwrap();
    let signatures = rows(&report)[0]["signatures"].as_u64().unwrap();
    assert!(read(&csv).lines().nth(1).unwrap().contains(&format!(",{signatures},")));
    assert!(read(&hlog).contains("Tag=verify/p256/ready-10000/aws-lc/1,"));
    // The input must not be overwritten by what is said of it.
    let zone = file("zone.txt");
    std::fs::copy(path("datasets/zones/example.zone"), &zone).unwrap();
    let output = bench(&["--from", &zone, "--export", &zone, "--time", "1ms"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(read(&zone).contains("SOA"));
}

#[test]
fn quiet_is_the_answer_alone() {
    let arguments =
        [&SHORT[..], &["--algorithm", "ed448", "--backend", "rustcrypto", "-j", "1"]].concat();
    let once = bench(&[&arguments[..], &["-q"]].concat());
    assert_eq!(stdout(&once), "rustcrypto is the fastest\n");
    assert_eq!(stdout(&bench(&[&arguments[..], &["-qq"]].concat())), "");
}
