//! Input that is no zone: a clear message, the right exit status, bounded memory; never a panic.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at what is not so

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const SIGMILL: &str = env!("CARGO_BIN_EXE_sigmill");

fn zone(file: &Path, arguments: &[&str]) -> Output {
    Command::new(SIGMILL).arg("zone").arg(file).args(arguments).output().unwrap()
}

/// Writes a file and audits it.
fn zone_of(octets: &[u8], arguments: &[&str]) -> Output {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(octets).unwrap();
    zone(file.path(), arguments)
}

#[track_caller]
fn assert_unreadable(output: &Output, says: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(stderr.starts_with("sigmill: error: ") && stderr.contains(says), "{stderr}");
}

#[track_caller]
fn assert_finds(output: &Output, says: &[&str]) {
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{stdout}{output:?}");
    for says in says {
        assert!(stdout.contains(says), "{says}: {stdout}");
    }
}

#[test]
fn an_empty_file_holds_no_records() {
    assert_unreadable(&zone_of(b"", &[]), "holds no records");
    assert_unreadable(&zone_of(b"; only a comment\n\n", &[]), "holds no records");
    let html = zone_of(b"<html>\n<body>\n", &[]);
    assert_unreadable(&html, "2 entries could not be read, the first at");
}

#[test]
fn a_directory_and_a_missing_file_are_named() {
    let directory = tempfile::tempdir().unwrap();
    assert_unreadable(&zone(directory.path(), &[]), "this is a directory");
    assert_unreadable(&zone(&directory.path().join("none.zone"), &[]), "none.zone: no such file");
}

#[test]
fn binary_noise_is_counted_and_refused() {
    let mut state = 1u32;
    let noise: Vec<u8> = (0..300_000)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .collect();
    for arguments in [&[][..], &["--no-mmap"], &["--format", "json"]] {
        assert_unreadable(&zone_of(&noise, arguments), "entries could not be read");
    }
}

#[test]
fn truncated_gzip_is_an_error_however_much_was_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/zones/example.zone");
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(&std::fs::read(path).unwrap()).unwrap();
    let whole = writer.finish().unwrap();
    assert_eq!(zone_of(&whole, &["--at", "20260601000000"]).status.code(), Some(0));
    for len in [3, 20, whole.len() / 2, whole.len() - 1] {
        for more in [&[][..], &["--spool", "."]] {
            let arguments = [&["--at", "20260601000000"], more].concat();
            let output = zone_of(&whole[..len], &arguments);
            assert_unreadable(&output, "gzip data ends too early");
        }
    }
}

#[test]
fn a_directory_that_nothing_can_be_put_into_is_an_error() {
    let arguments = ["--no-mmap", "--spool", "no/such/directory"];
    let output = zone_of(b"example. 5 IN SOA a. b. 1 2 3 4 5\n", &arguments);
    assert_unreadable(&output, "cannot be put into a file in no/such/directory");
    // The cause is told once, though each error of the chain knows it.
    assert_eq!(String::from_utf8_lossy(&output.stderr).matches("os error").count(), 1);
}

// FORMAT.md, "Directives": a part of the zone is missing, and nobody knows which.
#[test]
fn an_included_file_that_is_cut_short_gives_no_verdict() {
    let directory = tempfile::tempdir().unwrap();
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(b"example. 5 IN SOA a. b. 1 2 3 4 5\nexample. 5 NS a.\n").unwrap();
    let whole = writer.finish().unwrap();
    std::fs::write(directory.path().join("whole.gz"), &whole).unwrap();
    std::fs::write(directory.path().join("cut.gz"), &whole[..whole.len() - 4]).unwrap();
    for (file, status) in [("whole.gz", 1), ("cut.gz", 3)] {
        let path = directory.path().join("zone");
        std::fs::write(&path, format!("$INCLUDE {file}\n")).unwrap();
        let output = zone(&path, &["--allow-include"]);
        assert_eq!(output.status.code(), Some(status), "{output:?}");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(
            stderr.contains("cut.gz: the gzip data ends too early"),
            status == 3,
            "{stderr}"
        );
    }
}

#[test]
fn a_zone_without_soa_needs_its_origin() {
    let text = b"a.example. 5 IN A 192.0.2.1\n";
    assert_unreadable(&zone_of(text, &[]), "no SOA record");
    assert_finds(&zone_of(text, &["--origin", "example."]), &["soa-missing", "zone-unsigned"]);
}

#[test]
fn unreadable_entries_are_shown_with_a_caret_and_the_rest_is_audited() {
    let text =
        b"example. 5 IN SOA a. b. 1 2 3 4 5\nexample. 5 IN A 192.0.2.300\nexample. 5 NS a.\n";
    let output = zone_of(text, &[]);
    assert_finds(&output, &["record-unreadable", "example. 5 IN A 192.0.2.300", "^^^^^^^^^^^"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("2 records"), "{output:?}");
}

/// Runs with no more than so many KiB of address space, so that growth without bound fails.
fn zone_within(kib: u32, file: &Path, stdin: Stdio, arguments: &str) -> Output {
    let command = format!("ulimit -v {kib}; exec {SIGMILL} zone {} {arguments}", file.display());
    Command::new("sh").arg("-c").arg(command).stdin(stdin).output().unwrap()
}

// A line of a gigabyte: NULs, as in a file that was preallocated and never written.
#[test]
#[cfg(unix)]
fn a_line_of_a_gigabyte_is_skipped_in_bounded_memory() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let zone = b"example. 5 IN SOA a. b. 1 2 3 4 5\n";
    file.write_all(zone).unwrap();
    file.as_file().set_len(1 << 30).unwrap();
    let mut end = file.reopen().unwrap();
    std::io::Seek::seek(&mut end, std::io::SeekFrom::End(0)).unwrap();
    end.write_all(b"\nexample. 5 NS a.\n").unwrap();
    // The threads' stacks and arenas are address space too, the map of a gigabyte is not here.
    let stdin = Stdio::from(File::open(file.path()).unwrap());
    let streamed = zone_within(900_000, Path::new("-"), stdin, "--threads 2");
    let read = zone_within(900_000, file.path(), Stdio::null(), "--threads 2 --no-mmap");
    let mapped = self::zone(file.path(), &[]);
    for output in [streamed, read, mapped] {
        assert_finds(&output, &["the entry is longer than 4194304 octets", "2 records"]);
    }
}
