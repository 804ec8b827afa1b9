//! What a browser makes of the pages: it runs `browser.py`, which drives Chromium.

use std::path::Path;
use std::process::Command;

use super::common::{datasets, has_program, python_with};
use super::{bench, captured, escaping, of_bench, of_chain, of_zone, scratch, zone};

/// Runs the script's part of a name on pages.
fn drive(part: &str, pages: &[(&str, String)]) {
    let Some(mut python) = python_with("selenium") else { return };
    if !has_program("chromium") || !has_program("chromedriver") {
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/html/browser.py");
    python.arg(script).arg(part);
    for (name, html) in pages {
        let path = scratch(&format!("{part}-{name}.html"));
        std::fs::write(&path, html).unwrap();
        python.arg(path);
    }
    let output = python.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complained}");
}

/// The page of a zone of datasets/, made by the program itself.
fn page_of(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_sigmill"))
        .args(arguments)
        .args(["--format", "html"])
        .current_dir(datasets())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn all_kinds() -> Vec<(&'static str, String)> {
    let (summary, events) = captured("tree.pcapng");
    let times = ["--at", "2026-06-01", "--at", "2036-06-01", "--at", "none"];
    vec![
        ("good", of_zone(&(zone::good(), vec![]), None).html),
        ("bad", of_zone(&zone::bad(), None).html),
        ("times", of_zone(&zone::island_over_time(), None).html),
        ("unsigned", of_zone(&zone::unsigned(), None).html),
        ("real", page_of(&[&["zone", "variants/expired.zone"][..], &times].concat())),
        ("capture", of_chain(&summary, &events, None).html),
        ("matrix", of_bench(&bench::matrix()).html),
        ("audit", of_bench(&bench::audit()).html),
    ]
}

#[test]
fn pages_are_whole_on_every_screen_and_on_paper() {
    drive("layout", &all_kinds());
}

#[test]
fn tables_are_sorted_and_filtered_as_said() {
    drive("tables", &[("bad", of_zone(&zone::bad(), None).html)]);
}

#[test]
fn pages_say_everything_without_scripts() {
    drive("plain", &all_kinds());
}

#[test]
fn nothing_from_outside_runs_in_a_browser() {
    let pages = [
        ("zone", of_zone(&escaping::hostile_zone(), None).html),
        ("capture", escaping::hostile_capture().html),
        ("bench", escaping::hostile_bench().html),
    ];
    drive("hostile", &pages);
}
