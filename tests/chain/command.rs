//! `sigmill capture` and `sigmill records` as they are typed.

use std::collections::BTreeSet;

use assert_cmd::Command;

use super::path;

fn sigmill(args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("sigmill").unwrap();
    command.current_dir(path(".")).args(args);
    command
}

const TREE: [&str; 4] =
    ["capture", "datasets/captures/tree.pcapng", "--anchor", "datasets/captures/tree.anchor"];

fn stdout(command: &mut Command) -> String {
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

#[test]
fn the_exit_status_follows_fail_on() {
    for (fail_on, code) in [("never", 0), ("bogus", 1), ("violation", 1), ("insecure", 1)] {
        sigmill(&TREE).args(["--fail-on", fail_on, "-qq"]).assert().code(code).stdout("");
    }
    sigmill(&["capture"]).assert().code(2);
    sigmill(&["capture", "datasets/zones/example.zone"]).assert().code(3);
    sigmill(&["capture", "no-such-file"]).assert().code(3);
    sigmill(&TREE).args(["--format", "dot"]).assert().code(2);
    sigmill(&TREE).args(["--at", "none"]).assert().code(2);
}

#[test]
fn a_chain_is_told_from_the_anchor_down_to_the_rrset() {
    let mut command = sigmill(&TREE);
    let text = stdout(command.args(["--explain", "www.p256.nsec/A", "--fail-on", "never"]));
    let tree: Vec<&str> =
        text.lines().skip_while(|line| !line.starts_with("www.p256.nsec. A is")).collect();
    assert_eq!(tree[0], "www.p256.nsec. A is secure");
    let order = [
        ". secure",
        "trust anchor",
        "└─ nsec. secure",
        "└─ p256.nsec. secure",
        "└─ www.p256.nsec. A",
    ];
    let mut places = order.map(|part| tree.iter().position(|line| line.contains(part)).unwrap());
    assert!(places.is_sorted(), "{places:?}");
    places.sort_unstable();
    assert!(
        tree.iter().filter(|line| line.contains("RRSIG by") && line.ends_with(": holds")).count()
            >= 6
    );
}

#[test]
fn graphviz_gets_a_graph_of_the_chain() {
    let mut command = sigmill(&TREE);
    let text = stdout(command.args(["--explain", "www.expired.nsec", "--format", "dot"]));
    assert!(text.starts_with("digraph chain {\n") && text.ends_with("}\n"), "{text}");
    for part in ["\"zone expired.nsec.\"", "signature-expired", "trust anchor", "DS "] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(text.matches('{').count(), text.matches('}').count());
}

#[test]
fn ndjson_and_json_hold_the_same_rows() {
    let ndjson = stdout(sigmill(&TREE).args(["--format", "ndjson"]));
    let json = stdout(sigmill(&TREE).args(["--format", "json"]));
    let lines: Vec<serde_json::Value> =
        ndjson.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let document: serde_json::Value = serde_json::from_str(&json).unwrap();
    let rows = document["rows"].as_array().unwrap();
    assert_eq!(rows.len(), lines.len());
    // Times of the run are in the summary, which comes last.
    assert_eq!(rows[..rows.len() - 1], lines[..lines.len() - 1]);
    assert_eq!(lines.last().unwrap()["kind"], "summary");
    assert_eq!(document["schema"]["name"], "sigmill-chain-report");
}

// dig prints the response; the keys come from a file of their own.
#[test]
fn saved_answers_are_read_from_standard_input_with_keys_beside_them() {
    let text = include_str!("rfc5155.txt");
    let (keys, answers) = text.split_at(text.find("; B.1").unwrap());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys");
    std::fs::write(&file, keys).unwrap();
    let ds = "example. DNSKEY 257 3 7 AwEAAcUlFV1vhmqx6NSOUOq2R/dsR7Xm3upJj7IommWSpJABVfW8Q0rOvXdM6kzt+TAu92L9AbsUdblMFin8CVF3n4s=";
    let anchor = folder.path().join("anchor");
    std::fs::write(&anchor, ds).unwrap();
    let mut command = sigmill(&["records", "-", "--at", "2012-04-20", "-q"]);
    command.arg("--keys").arg(&file).arg("--anchor").arg(&anchor).write_stdin(answers);
    command.assert().code(0).stdout("standard input: of 6 responses 2 secure, 4 insecure\n");
}

// ripgrep and others: a file that is not there is told, and costs no other.
#[test]
fn an_input_that_cannot_be_opened_is_told_and_the_others_are_judged() {
    let anchor = ["--anchor", "datasets/captures/tree.anchor", "-q"];
    let stub = "datasets/captures/stub.pcapng";
    let run = |files: &[&str]| {
        let output = sigmill(&["capture"]).args(files).args(anchor).output().unwrap();
        let [out, err] =
            [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        (output.status.code(), out, err)
    };
    let (code, alone, _) = run(&[stub]);
    assert_eq!(code, Some(1));
    let empty = tempfile::tempdir().unwrap();
    let empty = empty.path().to_str().unwrap();
    let (code, out, err) = run(&["no-such-file", stub, empty]);
    assert_eq!(code, Some(3));
    let counts = |text: &str| text.split_once(": ").unwrap().1.to_owned();
    assert_eq!(counts(&out), counts(&alone));
    for words in ["no-such-file", "holds no captures", "error: 2 of 3 inputs could not be read"] {
        assert!(err.contains(words), "{words}: {err}");
    }
    // Of one input its own error is all there is to say.
    let (code, out, err) = run(&["no-such-file"]);
    assert_eq!((code, out.as_str(), err.lines().count()), (Some(3), "", 1));
    assert!(err.starts_with("sigmill: error: ") && err.contains("no-such-file"), "{err}");
    let (code, out, err) = run(&["no-such-file", empty]);
    assert_eq!((code, out.as_str()), (Some(3), ""));
    assert!(err.ends_with("error: none of 2 inputs could be read\n"), "{err}");
    // Keys that were asked for and are not there leave nothing to judge by.
    let mut command = sigmill(&["capture", stub, "--keys", "no-such-file"]);
    command.assert().code(3).stdout("");
}

// Anchors, notes and reports lie beside captures: they are no reason for a failure, unless they are named.
#[test]
fn of_a_directory_captures_are_read_and_the_rest_is_passed_over() {
    let anchor = ["--anchor", "datasets/captures/tree.anchor"];
    let run = |files: &[&str]| {
        let output = sigmill(&["capture", "--format", "json"]).args(files).args(anchor).output();
        let output = output.unwrap();
        let report = serde_json::from_slice::<serde_json::Value>(&output.stdout);
        let err = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), report.ok().map(|report| report["summary"].clone()), err)
    };
    let files = ["datasets/captures/stub.pcapng", "datasets/captures/tree.pcapng"];
    let (code, named, _) = run(&files);
    let (named, found) = match run(&["datasets/captures"]) {
        (found_code, Some(found), err) => {
            assert_eq!(found_code, code);
            assert!(err.contains("passed over what is no capture: README.md"), "{err}");
            (named.unwrap(), found)
        }
        (code, None, err) => panic!("{code:?}: {err}"),
    };
    assert_eq!(found["input"], named["input"]);
    assert_eq!(found["responses"], named["responses"]);
    // One that is damaged from its beginning, or has nothing in it, may have been a capture.
    let directory = tempfile::tempdir().unwrap();
    std::fs::copy(path(files[0]), directory.path().join("a.pcapng")).unwrap();
    std::fs::write(directory.path().join("b.pcap"), b"").unwrap();
    let (code, _, err) = run(&[directory.path().to_str().unwrap()]);
    assert_eq!(code, Some(3));
    assert!(err.contains("b.pcap") && err.contains("an empty file"), "{err}");
    std::fs::remove_file(directory.path().join("a.pcapng")).unwrap();
    std::fs::write(directory.path().join("b.pcap"), b"a. 5 IN A 192.0.2.1\n").unwrap();
    let (code, _, err) = run(&[directory.path().to_str().unwrap()]);
    assert_eq!(code, Some(3));
    assert!(err.contains("holds no captures"), "{err}");
}

// A policy weighs findings, and says what fails; what is bogus stays bogus.
#[test]
fn a_policy_weighs_the_findings_of_answers() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.toml");
    let off = "fail-on = \"never\"\n[severity]\nttl-above-original = \"off\"\n\
        ad-without-security = \"bogus\"\n[limits]\nnsec3-iterations = 500\n";
    std::fs::write(&file, off).unwrap();
    let file = file.to_str().unwrap();
    let findings = |args: &[&str]| {
        let text = stdout(sigmill(&TREE).args(args).args(["--format", "ndjson"]));
        let rows = text.lines().map(|line| serde_json::from_str(line).unwrap());
        let rows: Vec<serde_json::Value> = rows.collect();
        let severity = |code: &str| {
            let row = rows.iter().find(|row| row["code"] == code)?;
            Some(row["severity"].as_str().unwrap().to_owned())
        };
        let severities = ["ttl-above-original", "ad-without-security"].map(severity);
        (severities, rows.last().unwrap()["responses"].clone())
    };
    let some = |words: [&str; 2]| words.map(|word| Some(word.to_owned()));
    let (severities, usual) = findings(&[]);
    assert_eq!(severities, some(["violation", "violation"]));
    let (severities, responses) = findings(&["--policy", "validator"]);
    assert_eq!((severities, &responses), (some(["advice", "advice"]), &usual));
    let (severities, responses) = findings(&["--policy", file]);
    assert_eq!(severities, [None, Some("bogus".to_owned())]);
    // 200 iterations are within the limit of the file, so that those zones are judged.
    assert!(responses["secure"].as_u64() > usual["secure"].as_u64());
    sigmill(&TREE).args(["--policy", file, "-qq"]).assert().code(0);
    sigmill(&TREE).args(["--policy", file, "--fail-on", "bogus", "-qq"]).assert().code(1);
    sigmill(&TREE).args(["--policy", "no-such-policy"]).assert().code(2);
}

// What is damaged is told, and what came before it is judged all the same.
#[test]
fn a_damaged_capture_is_judged_as_far_as_it_goes() {
    let whole = std::fs::read(path("datasets/captures/stub.pcapng")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cut.pcapng");
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let output = sigmill(&["capture", "--anchor", "datasets/captures/tree.anchor"])
        .arg(&file)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("secure") && text.contains("the file ends inside a record"), "{text}");
}

/// `REPORT.md` names every field, and no other.
#[test]
fn report_md_describes_exactly_the_fields_there_are() {
    // A file that ends inside a record is a fault, of which the tree has none.
    let stub = std::fs::read(path("datasets/captures/stub.pcapng")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let cut = folder.path().join("cut.pcapng");
    std::fs::write(&cut, &stub[..stub.len() - 3]).unwrap();
    let mut command = sigmill(&TREE);
    command.arg(&cut);
    command.args(["--explain", "www.p256.nsec", "--explain", "www.sigoctet.nsec"]);
    command.args(["--explain", "x.wild.p256.nsec"]);
    let text = stdout(command.args(["--format", "ndjson"]));
    let mut emitted = BTreeSet::new();
    for line in text.lines() {
        let mut row: serde_json::Value = serde_json::from_str(line).unwrap();
        let kind = row.as_object_mut().unwrap().remove("kind").unwrap();
        emitted.insert(kind.as_str().unwrap().to_owned());
        fields(kind.as_str().unwrap(), &row, &mut emitted);
    }
    let (_, section) =
        include_str!("../../REPORT.md").split_once("## What `sigmill capture` and").unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("- `")?.split_once("`:"));
    let documented: BTreeSet<String> = rows.map(|(field, _)| field.to_owned()).collect();
    let missing: Vec<_> = emitted.difference(&documented).collect();
    let stale: Vec<_> = documented.difference(&emitted).collect();
    assert!(missing.is_empty() && stale.is_empty(), "missing: {missing:#?}, stale: {stale:#?}");
}

/// Collects the paths of all fields; `*` for members whose names depend on the input.
fn fields(path: &str, value: &serde_json::Value, out: &mut BTreeSet<String>) {
    const BY_INPUT: [&str; 6] = [
        "summary.outcomes",
        "summary.not_judged",
        "summary.signatures",
        "summary.extended_errors",
        "summary.findings",
        "summary.input.faults",
    ];
    if let Some(items) = value.as_array() {
        items.iter().for_each(|item| fields(&format!("{path}[]"), item, out));
    }
    for (name, value) in value.as_object().into_iter().flatten() {
        let name = if BY_INPUT.contains(&path) { "*" } else { name };
        let path = format!("{path}.{name}");
        fields(&path, value, out);
        out.insert(path);
    }
}
