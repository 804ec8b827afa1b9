//! Tables beside the report: the same facts, the right types, and nothing half done.

use std::fs;
use std::path::Path;

use super::common::{self, python_with};
use super::{inside, path, run, said, sigmill, stderr};

/// The arguments that write all tables of a zone into a directory.
fn zone_tables(directory: &Path, ending: &str) -> Vec<String> {
    tables(directory, ending, &["findings", "rrsets", "signatures"])
}

fn tables(directory: &Path, ending: &str, names: &[&str]) -> Vec<String> {
    let option = |name: &&str| {
        let file = directory.join(format!("{name}.{ending}"));
        [format!("--{name}"), file.to_str().unwrap().to_owned()]
    };
    names.iter().flat_map(option).collect()
}

// Each of the zones with which the findings are tested, at its time, or at two.
#[test]
fn tables_of_zones_have_the_facts_of_the_report_and_of_the_text() {
    let Some(mut python) = python_with("pyarrow") else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut directories = Vec::new();
    for (number, zone) in common::manifest().into_iter().enumerate() {
        let directory = folder.path().join(number.to_string());
        fs::create_dir(&directory).unwrap();
        let report = directory.join("report.json");
        let mut arguments = vec!["zone", "--format", "json", "--at", &zone.at];
        // Seen from afar, too, when all have lapsed, and without a time.
        match number % 3 {
            0 => arguments.extend(["--at", "2029-01-01"]),
            1 => arguments.extend(["--at", "none"]),
            _ => {}
        }
        arguments.extend(["--output", report.to_str().unwrap()]);
        arguments.extend([zone.path.to_str().unwrap()]);
        let mut command = sigmill(arguments);
        let output = command.args(zone_tables(&directory, "parquet")).args(&zone.args).output();
        let output = output.unwrap();
        // What has no apex or no records has no report either.
        if report.exists() {
            assert_eq!(inside(&directory).len(), 4, "{}: {}", zone.label, stderr(&output));
            directories.push(directory);
        } else {
            assert_eq!(inside(&directory), Vec::<String>::new(), "{}", zone.label);
        }
    }
    assert!(directories.len() > 300, "{}", directories.len());
    said(python.arg(path("tests/python/tables.py")).arg("zone").args(directories));
}

#[test]
fn tables_of_captures_and_answers_have_the_rows_of_the_report() {
    let Some(mut python) = python_with("pyarrow") else { return };
    let folder = tempfile::tempdir().unwrap();
    let anchor = ["--anchor", "datasets/captures/tree.anchor"];
    let tree = "datasets/captures/tree.pcapng";
    let stub = "datasets/captures/stub.pcapng";
    let answers = "datasets/zones/example.zone";
    let runs: [&[&str]; 5] = [
        &["capture", tree],
        &["capture", stub],
        &["capture", stub, tree, "--at", "2036-01-01"],
        &["capture", stub, "--keys", "datasets/zones/bind/ed448-nsec.zone", "--sha1", "insecure"],
        &["records", answers, "--at", "2026-06-01"],
    ];
    let mut directories = Vec::new();
    for (number, run) in runs.iter().enumerate() {
        let directory = folder.path().join(number.to_string());
        fs::create_dir(&directory).unwrap();
        let report = directory.join("report.json");
        let names = ["findings", "rrsets", "signatures", "responses"];
        let output = sigmill(*run)
            .args(anchor)
            .args(["--format", "json", "--output"])
            .arg(&report)
            .args(tables(&directory, "parquet", &names))
            .output()
            .unwrap();
        assert!(matches!(output.status.code(), Some(0 | 1)), "{run:?}: {}", stderr(&output));
        directories.push(directory);
    }
    said(python.arg(path("tests/python/tables.py")).arg("chain").args(directories));
}

/// A zone of more RRsets than a row group of Parquet and several batches of Arrow have rows, most of
/// them unsigned, of types that come late, and with an entry that cannot be read.
fn large_zone() -> String {
    let mut zone = fs::read_to_string(path("datasets/zones/example.zone")).unwrap();
    for number in 0..70_000 {
        zone += &format!("host{number:05}.example. 300 IN A 192.0.2.1\n");
    }
    for number in 0..300 {
        zone += &format!("x{number}.zz.example. 300 IN TYPE{} \\# 1 00\n", 60_000 + number);
    }
    zone + "odd.example. 300 IN A 192.0.2.256\n"
}

const SAME: &str = "
import sys
import pyarrow.feather as feather, pyarrow.ipc as ipc, pyarrow.parquet as parquet
folder = sys.argv[1]
for name in ['findings', 'rrsets', 'signatures']:
    table = parquet.read_table(f'{folder}/{name}.parquet')
    file = feather.read_table(f'{folder}/{name}.feather')
    stream = ipc.open_stream(f'{folder}/{name}.arrows').read_all()
    assert table.schema.equals(file.schema, check_metadata=True), (table.schema, file.schema)
    assert file.schema.equals(stream.schema, check_metadata=True)
    assert table.to_pylist() == file.to_pylist() == stream.to_pylist(), name
    print(name, table.num_rows, parquet.ParquetFile(f'{folder}/{name}.parquet').num_row_groups)
types = table = parquet.read_table(f'{folder}/rrsets.parquet')['type'].to_pylist()
print(types[-1], len(set(types)) > 300)
";

#[test]
fn all_formats_hold_the_same_rows_in_batches_of_a_fixed_number() {
    let Some(mut python) = python_with("pyarrow") else { return };
    let folder = tempfile::tempdir().unwrap();
    let zone = folder.path().join("large.zone");
    fs::write(&zone, large_zone()).unwrap();
    for ending in ["parquet", "feather", "arrows"] {
        let output = sigmill(["zone", "-qq", "--at", "2026-06-01"])
            .arg(&zone)
            .args(zone_tables(folder.path(), ending))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    }
    let said = said(python.args(["-c", SAME]).arg(folder.path()));
    let lines: Vec<Vec<&str>> = said.lines().map(|line| line.split(' ').collect()).collect();
    // RRSIG records of example.zone; RRsets that must be signed; a finding each, and more.
    assert_eq!(lines[2], ["signatures", "32", "1"], "{said}");
    assert_eq!(lines[1], ["rrsets", "70332", "2"], "{said}");
    assert_eq!((lines[0][0], lines[0][2]), ("findings", "3"), "{said}");
    assert_eq!(lines[3], ["TYPE60099", "True"], "{said}");
}

#[test]
fn tables_do_not_depend_on_threads() {
    let folder = tempfile::tempdir().unwrap();
    let zone = folder.path().join("large.zone");
    let lines = large_zone();
    fs::write(&zone, lines.lines().take(4000).collect::<Vec<_>>().join("\n")).unwrap();
    let mut seen: Vec<Vec<Vec<u8>>> = Vec::new();
    for threads in ["1", "2", "7"] {
        let output = sigmill(["zone", "-qq", "--at", "2026-06-01", "--threads", threads])
            .arg(&zone)
            .args(zone_tables(folder.path(), "parquet"))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        let tables = ["findings", "rrsets", "signatures"];
        let read = |name| fs::read(folder.path().join(name).with_extension("parquet")).unwrap();
        seen.push(tables.map(read).into());
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn an_ending_without_a_format_is_a_usage_error_that_lists_them() {
    for command in ["zone", "capture", "records"] {
        for file in ["findings.csv", "parquet", "-"] {
            let output = run([command, "x", "--findings", file]);
            assert_eq!(output.status.code(), Some(2), "{command} {file}");
            for ending in [".parquet", ".arrow", ".feather", ".arrows"] {
                assert!(stderr(&output).contains(ending), "{}", stderr(&output));
            }
        }
    }
    assert_eq!(run(["zone", "x", "--responses", "r.parquet"]).status.code(), Some(2));
}

#[test]
fn no_file_is_written_twice_or_over_an_input() {
    let folder = tempfile::tempdir().unwrap();
    let zone = folder.path().join("zone.parquet");
    fs::copy(path("datasets/zones/example.zone"), &zone).unwrap();
    let zone = zone.to_str().unwrap();
    let table = folder.path().join("t.parquet");
    let table = table.to_str().unwrap();
    let dotted = folder.path().join(".").join("t.parquet");
    let dotted = dotted.to_str().unwrap();
    let cases: [(&[&str], &str); 4] = [
        (&["--findings", table, "--rrsets", table], "would be written twice"),
        (&["--findings", table, "--signatures", dotted], "would be written twice"),
        (&["--findings", table, "--output", table], "would be written twice"),
        (&["--findings", zone], "would overwrite"),
    ];
    for (arguments, says) in cases {
        let output = sigmill(["zone", zone]).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(says), "{arguments:?}: {}", stderr(&output));
        let output = sigmill(["capture", zone]).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    assert_eq!(inside(folder.path()), ["zone.parquet"]);
}

#[test]
fn a_run_that_fails_leaves_the_tables_of_before_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("findings.parquet");
    fs::write(&old, "old").unwrap();
    let arguments = zone_tables(folder.path(), "parquet");
    for (command, input) in [("zone", "no-such-file"), ("capture", "datasets/README.md")] {
        let output = sigmill([command, input]).args(&arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        assert_eq!(fs::read(&old).unwrap(), b"old");
        assert_eq!(inside(folder.path()), ["findings.parquet"]);
    }
    let missing = folder.path().join("none/t.arrow");
    let output = sigmill(["zone", "x", "--rrsets"]).arg(&missing).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("none/t.arrow"), "{}", stderr(&output));
}

// A table that does not fit the disk must not look like one that does.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_that_leaves_no_table() {
    let folder = tempfile::tempdir().unwrap();
    for ending in ["parquet", "arrow", "arrows"] {
        let full = folder.path().join("full").with_extension(ending);
        std::os::unix::fs::symlink("/dev/full", &full).unwrap();
        for arguments in [
            ["zone", "datasets/zones/example.zone", "--signatures"],
            ["capture", "datasets/captures/stub.pcapng", "--signatures"],
        ] {
            let output = sigmill(arguments).arg(&full).output().unwrap();
            assert_eq!(output.status.code(), Some(3), "{ending}");
            assert!(stderr(&output).contains("cannot write"), "{}", stderr(&output));
        }
    }
}

// `sigmill zone … --signatures s.parquet | head`: the reader of the report is not that of the table.
#[test]
fn tables_are_complete_though_nobody_reads_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let zone = folder.path().join("large.zone");
    fs::write(&zone, large_zone()).unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = sigmill(["zone", "--at", "2026-06-01", "--format", "ndjson"]);
    command.arg(&zone).args(zone_tables(folder.path(), "arrow")).stdout(writer);
    let status = command.status().unwrap();
    assert_eq!(status.code(), Some(0));
    assert_eq!(
        inside(folder.path()),
        ["findings.arrow", "large.zone", "rrsets.arrow", "signatures.arrow"]
    );
}
