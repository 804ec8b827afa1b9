//! The binary as its users meet it: usage, exit codes, colours, pipes.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at what is not so

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use sigmill::crypto::backend;

fn sigmill(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("sigmill"));
    command.args(arguments).stdin(Stdio::null());
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM", "CI", "SIGMILL_KERNEL"] {
        command.env_remove(variable);
    }
    command
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn assert_fails(arguments: &[&str], code: i32, says: &[&str]) {
    let output = sigmill(arguments);
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
    assert!(output.stdout.is_empty(), "{arguments:?} wrote to standard output");
    for part in says {
        assert!(text.contains(part), "{arguments:?} does not say {part:?}: {text}");
    }
}

// jdnssec#5: a hook decides by the exit code, so usage errors must not look like verdicts.
#[test]
fn usage_errors_exit_with_2_and_say_what_is_wrong() {
    let cases: &[(&[&str], &[&str])] = &[
        (&["zone"], &["<FILE>"]),
        (&["zone", "x", "--at", "tomorrow"], &["--at <TIME>", "RFC 3339"]),
        (&["zone", "x", "--at", "2020-10-20T00:00:00"], &["add Z for UTC"]),
        (&["zone", "x", "--at", "+7"], &["7 has no unit: write 7d"]),
        (&["zone", "x", "--expire-within", "7"], &["7 has no unit"]),
        (&["zone", "x", "--backend", "openssl"], &["rustcrypto", "aws-lc"]),
        (&["zone", "x", "--kernel", "turbo"], &["no kernel 'turbo'; this machine has", "portable"]),
        (&["zone", "x", "--threads", "0"], &["--threads"]),
        (&["zone", "x", "--max-entry", "4MB"], &["powers of 1024"]),
        (&["zone", "x", "--max-findings", "-1"], &[]),
        (&["zone", "x", "--origin", "a..b"], &["a label is empty"]),
        (&["zone", "x", "--ds", "20326 8 2 ABCD"], &["a SHA-256 digest has 32 octets", "hint:"]),
        (&["zone", "x", "-q", "-v"], &["cannot be used with"]),
        (&["codes", "signature-expird"], &["signature-expired"]),
        (&["completions", "cobol"], &["bash"]),
        (&["man", "nothing"], &["there is no command \"nothing\""]),
        (&["frobnicate"], &["unrecognized subcommand"]),
    ];
    for (arguments, says) in cases {
        assert_fails(arguments, 2, says);
    }
    assert_fails(&["zone", "-", "--max-entry", "2G"], 2, &["--max-entry", "too large"]);
    assert_eq!(sigmill(&[]).status.code(), Some(2));
}

// A kernel that was asked for and cannot run must not give way to another in silence.
#[test]
fn a_kernel_runs_that_this_machine_has_and_no_other_is_taken_for_one() {
    let zone = "datasets/zones/example.zone";
    let here = backend::kernels();
    assert!(here.contains(&"portable"));
    for name in ["portable", "adx", "avx2", "ifma"] {
        let by_flag = sigmill(&["zone", zone, "-q", "--kernel", name]);
        let by_variable = command(&["zone", zone, "-q"]).env("SIGMILL_KERNEL", name).output();
        let by_variable = by_variable.unwrap();
        if here.contains(&name) {
            assert!(matches!(by_flag.status.code(), Some(0 | 1)), "{name}");
            assert_eq!(stderr(&by_variable), "");
        } else {
            assert_eq!(by_flag.status.code(), Some(2), "{name}");
            assert!(stderr(&by_flag).contains("this processor cannot run the kernel"));
            assert!(stderr(&by_variable).contains("SIGMILL_KERNEL is not heeded: this processor"));
        }
        assert!(matches!(by_variable.status.code(), Some(0 | 1)), "{name}");
    }
    let unknown = command(&["zone", zone, "-q"]).env("SIGMILL_KERNEL", "turbo").output().unwrap();
    let says = "note: SIGMILL_KERNEL is not heeded: there is no kernel 'turbo'; this machine has ";
    assert!(stderr(&unknown).contains(says), "{}", stderr(&unknown));
    // The flag wins, so what the variable says does not matter.
    let mut both = command(&["zone", zone, "-q", "--kernel", "auto"]);
    both.env("SIGMILL_KERNEL", "turbo");
    assert_eq!(stderr(&both.output().unwrap()), "");
}

// The report says which kernel ran for an algorithm, and what the tables that it made take.
#[test]
fn the_kernel_that_ran_and_the_memory_of_its_tables_are_reported() {
    let zone = ["zone", "datasets/zones/example.zone", "--at", "none", "--backend", "lanes"];
    for (name, ran) in [("portable", "portable"), ("auto", backend::lanes_kernel())] {
        let output = sigmill(&[&zone[..], &["--format", "json", "--kernel", name]].concat());
        let json: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
        let performance = &json["summary"]["performance"];
        for latency in performance["latency"].as_array().unwrap() {
            let lanes = latency["backend"] == "lanes";
            assert_eq!(latency["kernel"].as_str(), lanes.then_some(ran), "{latency}");
        }
        assert!(performance["latency"].to_string().contains("lanes"));
        // At least the rows of 64 windows of 4 bits: 8 points of 64 octets each.
        for tables in ["key_bytes", "base_point_bytes"] {
            assert!(performance["tables"][tables].as_u64().unwrap() >= 64 * 8 * 64);
        }
        let text = stdout(&sigmill(&[&zone[..], &["-v", "--kernel", name]].concat()));
        assert!(text.contains(&format!("lanes ({ran})")), "{text}");
        assert!(text.contains("of base points"), "{text}");
    }
    let library = sigmill(&["zone", zone[1], "--at", "none", "--backend", "ring", "-v"]);
    assert!(!stdout(&library).contains("of base points"));
}

#[test]
fn input_that_cannot_be_read_exits_with_3() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing.zone");
    let missing = missing.to_str().unwrap();
    let here = directory.path().to_str().unwrap();
    assert_fails(&["zone", missing], 3, &["sigmill: error: ", missing]);
    assert_fails(&["zone", here], 3, &["sigmill: error: ", here, "directory"]);
    assert_fails(&["zone", "-", "--anchor", missing], 3, &["trust anchors", missing]);
    let file = directory.path().join("no.anchors");
    std::fs::write(&file, "\nhello\n").unwrap();
    assert_fails(&["zone", "-", "--anchor", file.to_str().unwrap()], 3, &["line 2: expected a DS"]);
    let nowhere = directory.path().join("no/such/report.json");
    assert_fails(&["zone", "-", "-o", nowhere.to_str().unwrap()], 3, &["cannot write"]);
}

// The output takes the place of what was there: a slip of the hand must not cost the zone.
#[test]
fn the_input_is_never_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let zone = directory.path().join("a.zone");
    std::fs::write(&zone, "example. 1 IN SOA a. b. 1 2 3 4 5\n").unwrap();
    let name = zone.to_str().unwrap();
    assert_fails(&["zone", name, "--output", name], 2, &["would overwrite"]);
    assert!(Path::new(&zone).metadata().unwrap().len() > 0);
}

#[test]
fn help_teaches_and_short_help_is_compact() {
    let long = sigmill(&["zone", "--help"]);
    assert!(long.status.success());
    for part in ["Exit status:", "Severities of findings:", "Examples:", "dig +short"] {
        assert!(stdout(&long).contains(part), "{part}");
    }
    let short = stdout(&sigmill(&["zone", "-h"]));
    assert!(!short.contains("Exit status:") && short.len() * 2 < stdout(&long).len());
    assert!(stdout(&sigmill(&["--version"])).starts_with("sigmill "));
}

#[test]
fn completions_and_manual_pages_are_made_for_every_shell_and_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = sigmill(&["completions", shell]);
        assert!(output.status.success(), "{shell}");
        assert!(stdout(&output).contains("expire-within"), "{shell}");
    }
    let page = stdout(&sigmill(&["man"]));
    assert!(page.contains(".TH sigmill 1") && page.contains("sigmill\\-zone(1)"), "{page}");
    let page = stdout(&sigmill(&["man", "zone"]));
    assert!(page.contains(".TH sigmill-zone 1") && page.contains("Exit status"), "{page}");
}

#[test]
fn codes_are_listed_and_explained() {
    let list = stdout(&sigmill(&["codes"]));
    let json: serde_json::Value =
        serde_json::from_slice(&sigmill(&["codes", "--format", "json"]).stdout).unwrap();
    let rows = json.as_array().unwrap();
    assert!(rows.iter().all(|row| list.contains(row["code"].as_str().unwrap())));
    assert_eq!(rows.len(), sigmill::audit::findings::Code::ALL.len());
    let one = stdout(&sigmill(&["codes", "signature-expired"]));
    assert!(one.starts_with("signature-expired (bogus, RFC 4035 §5.3.1)"), "{one}");
}

// https://no-color.org: set and not empty, it wins over what the terminal can do.
#[test]
fn colours_are_for_terminals_unless_forced() {
    let coloured = |command: &mut Command| command.output().unwrap().stdout.contains(&0x1b);
    assert!(!coloured(&mut command(&["codes"])), "a pipe is no terminal");
    assert!(coloured(&mut command(&["codes", "--color", "always"])));
    assert!(coloured(command(&["codes"]).env("CLICOLOR_FORCE", "1")));
    assert!(!coloured(command(&["codes"]).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1")));
    assert!(!coloured(&mut command(&["codes", "--color", "never"])));
}

// `sigmill … | head -1` is no failure, and nothing to complain of.
#[test]
fn a_reader_that_goes_away_is_no_failure() {
    // Rust hides SIGPIPE from the program, so a closed pipe shows as an error of the write.
    let mut child = command(&["codes", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut complaint = String::new();
    child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
    assert_eq!((child.wait().unwrap().code(), complaint.as_str()), (Some(0), ""));
}

/// A zone that is read and not signed.
const UNSIGNED: &str = "example. 1 IN SOA a. b. 1 2 3 4 5\nexample. 1 IN NS a.\n";

#[test]
fn a_failed_run_leaves_the_old_report_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let [zone, report] = ["a.zone", "report.json"].map(|name| directory.path().join(name));
    let run = |zone: &Path| {
        let (zone, report) = (zone.to_str().unwrap(), report.to_str().unwrap());
        sigmill(&["zone", zone, "--format", "json", "--output", report])
    };
    std::fs::write(&zone, UNSIGNED).unwrap();
    std::fs::write(&report, "the old report").unwrap();
    assert_eq!(run(&directory.path().join("missing.zone")).status.code(), Some(3));
    assert_eq!(std::fs::read_to_string(&report).unwrap(), "the old report");
    let names = || std::fs::read_dir(&directory).unwrap().count();
    assert_eq!(names(), 2);

    assert_eq!(run(&zone).status.code(), Some(1));
    let text = std::fs::read_to_string(&report).unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(&text).unwrap().is_object());
    assert_eq!(names(), 2);
}

#[cfg(unix)]
#[test]
fn a_report_keeps_the_permissions_and_the_links_of_the_file_it_replaces() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    std::fs::write(path("a.zone"), UNSIGNED).unwrap();
    std::fs::write(path("report"), "").unwrap();
    std::fs::set_permissions(path("report"), std::fs::Permissions::from_mode(0o640)).unwrap();
    symlink("report", path("link")).unwrap();
    symlink("later", path("dangling")).unwrap();
    for output in ["link", "dangling", "new"] {
        let run = command(&["zone", "a.zone", "-o", output]).current_dir(&directory).output();
        assert_eq!(run.unwrap().status.code(), Some(1), "{output}");
    }
    for file in ["report", "later", "new"] {
        assert!(std::fs::read_to_string(path(file)).unwrap().contains("not signed"), "{file}");
    }
    assert!(path("link").is_symlink() && path("dangling").is_symlink());
    assert_eq!(mode(&path("report")), 0o640);
    // A new file's are those of any file that is created.
    assert_eq!(mode(&path("new")), mode(&path("a.zone")));
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_goes_to_pipes_and_devices_as_it_is_written() {
    let run = |output: &str| {
        let mut child = command(&["zone", "-", "-o", output]);
        let child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = child.spawn().unwrap();
        child.stdin.take().unwrap().write_all(UNSIGNED.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    for output in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
        assert!(stdout(&run(output)).contains("not signed"), "{output}");
    }
    assert_eq!(run("/dev/null").status.code(), Some(1));
    let full = run("/dev/full");
    assert_eq!(full.status.code(), Some(3));
    assert!(stderr(&full).contains("cannot write the output"), "{}", stderr(&full));
}

// With nobody to read the report, the rest of a great zone is not read either.
#[test]
fn a_reader_that_goes_away_ends_the_audit() {
    let mut child = command(&["zone", "-", "--format", "ndjson"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut zone = child.stdin.take().unwrap();
    let unreadable = "x\n".repeat(1 << 15);
    let accepted = (0..4096).take_while(|_| zone.write_all(unreadable.as_bytes()).is_ok()).count();
    assert!(accepted < 4096, "256 MiB were read for nobody");
    drop(zone);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}
