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
    let mut command = sigmill(&TREE);
    command.args(["--explain", "www.p256.nsec", "--explain", "www.sigoctet.nsec"]);
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
