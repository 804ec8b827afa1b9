//! What the tests that drive the built binary share: the manifest of `datasets/`, runs of
//! `sigmill zone` and of the public verifiers.

#![allow(dead_code)] // each test uses a part of it

pub mod packets;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Set when a verifier that is not installed is a failure and not a reason to skip.
const REQUIRE_PEERS: &str = "SIGMILL_REQUIRE_PEERS";

/// The time at which nearly all zones of the manifest are judged.
pub const STANDARD_TIME: &str = "2026-06-01T00:00:00Z";

/// `datasets/` of this repository.
pub fn datasets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets")
}

/// A zone of the manifest, at one time of judgement.
#[derive(Clone, Debug)]
pub struct Zone {
    /// Its file.
    pub path: PathBuf,
    /// File, time and arguments: what a failed assertion names.
    pub label: String,
    /// The same as `datasets/MATRIX.md` writes it: the usual time is left out.
    pub title: String,
    /// What is particular about it.
    pub what: String,
    /// The zone's name.
    pub origin: String,
    /// `YYYY-MM-DDTHH:MM:SSZ`.
    pub at: String,
    /// Further arguments of `sigmill zone`, with paths made absolute.
    pub args: Vec<String>,
    /// DS records of its keys with the SEP flag, as zone text.
    pub ds: Vec<String>,
    /// What must be found.
    pub expected: Vec<Fact>,
    /// The exit status that follows.
    pub exit: i32,
    /// What each peer was seen to say: `pass`, `fail`, `crash` or `hang`.
    pub peers: BTreeMap<String, String>,
    /// Whether it is signed as a signer left it, and not a variant.
    pub as_signed: bool,
    /// Whether a DNSKEY without the SEP flag signs the data.
    pub has_zsk: bool,
}

/// What of a finding the manifest states: its code, and owner, type or line where it names them.
pub type Fact = (String, Option<String>, Option<String>, Option<u64>);

/// Every zone of the manifest that its signer could make.
pub fn manifest() -> Vec<Zone> {
    let text = std::fs::read(datasets().join("manifest.json")).expect("datasets/manifest.json");
    let manifest: Value = serde_json::from_slice(&text).expect("the manifest is JSON");
    let zones = manifest["zones"].as_array().expect("the manifest lists zones");
    zones.iter().filter(|zone| zone.get("refused").is_none()).map(read_zone).collect()
}

fn read_zone(zone: &Value) -> Zone {
    let text = |name: &str| zone[name].as_str().expect(name).to_owned();
    let texts = |name: &str| -> Vec<String> {
        let items = zone[name].as_array().expect(name);
        items.iter().map(|item| item.as_str().expect(name).to_owned()).collect()
    };
    let path = datasets().join(text("file"));
    let content = std::fs::read_to_string(&path).expect("a zone file of the manifest");
    let is_zsk = |line: &str| line.contains("DNSKEY") && line.contains(" 256 3 ");
    let peers = zone["peers"].as_object().expect("peers");
    let at = Some(text("at")).filter(|at| at != STANDARD_TIME);
    let said = at.map(|at| format!("at {at}")).into_iter().chain(texts("args"));
    Zone {
        title: std::iter::once(text("file")).chain(said).collect::<Vec<_>>().join(" "),
        what: text("what"),
        label: format!("{} at {} {:?}", text("file"), text("at"), texts("args")),
        path,
        origin: text("origin"),
        at: text("at"),
        args: texts("args").into_iter().flat_map(resolve_argument).collect(),
        ds: texts("ds"),
        expected: zone["findings"].as_array().expect("findings").iter().map(fact).collect(),
        exit: i32::try_from(zone["exit"].as_i64().expect("exit")).expect("an exit status"),
        peers: peers
            .iter()
            .map(|(name, verdict)| (name.clone(), verdict.as_str().expect("verdict").to_owned()))
            .collect(),
        as_signed: zone["base"].is_null(),
        has_zsk: content.lines().any(is_zsk),
    }
}

/// The zone `variants/NAME.zone` of the manifest.
pub fn variant(name: &str) -> Zone {
    zone(&format!("variants/{name}.zone"))
}

/// The first zone of the manifest with this file.
pub fn zone(file: &str) -> Zone {
    let path = datasets().join(file);
    let zones = manifest();
    let found = zones.into_iter().find(|zone| zone.path == path);
    found.unwrap_or_else(|| panic!("the manifest has no {file}"))
}

/// `anchor:FILE` stands for `--anchor` and the file's path in `datasets/`; `previous:FILE` likewise.
fn resolve_argument(argument: String) -> Vec<String> {
    for (prefix, option) in [("anchor:", "--anchor"), ("previous:", "--previous")] {
        if let Some(file) = argument.strip_prefix(prefix) {
            let path = datasets().join(file);
            return vec![option.into(), path.to_str().expect("a path in UTF-8").into()];
        }
    }
    vec![argument]
}

/// A finding as the report or the manifest writes it. Owners are compared without regard to case.
pub fn fact(finding: &Value) -> Fact {
    let text = |name: &str| finding[name].as_str().map(str::to_owned);
    let line = finding["line"].as_u64().or_else(|| finding["place"]["line"].as_u64());
    let owner = text("owner").map(|owner| owner.to_ascii_lowercase());
    (text("code").expect("a finding has a code"), owner, text("type"), line)
}

/// Leaves in `found` only what `expected` speaks of: a code's line where a line is expected for it,
/// and else its owner and type.
pub fn comparable(found: &[Fact], expected: &[Fact]) -> Vec<Fact> {
    let with_line = |code: &str| expected.iter().any(|fact| fact.0 == code && fact.3.is_some());
    let mut facts: Vec<Fact> = found
        .iter()
        .map(|(code, owner, rtype, line)| {
            if with_line(code) {
                (code.clone(), None, None, *line)
            } else {
                (code.clone(), owner.clone(), rtype.clone(), None)
            }
        })
        .collect();
    facts.sort();
    facts
}

/// What `sigmill zone --format json` said.
#[derive(Debug)]
pub struct Report {
    /// The exit status.
    pub exit: i32,
    /// The document; null when there is none.
    pub json: Value,
    /// What went to standard error.
    pub stderr: String,
}

impl Report {
    /// The findings, in the order of the report.
    pub fn facts(&self) -> Vec<Fact> {
        let findings = self.json["findings"].as_array();
        findings.unwrap_or_else(|| panic!("no report: {}", self.stderr)).iter().map(fact).collect()
    }

    /// How many findings there are of each code.
    pub fn codes(&self) -> BTreeMap<String, usize> {
        let mut codes = BTreeMap::new();
        for (code, ..) in self.facts() {
            *codes.entry(code).or_default() += 1;
        }
        codes
    }

    /// A number of the summary, by its JSON pointer.
    pub fn number(&self, pointer: &str) -> u64 {
        let value = self.json["summary"].pointer(pointer).and_then(Value::as_u64);
        value.unwrap_or_else(|| panic!("summary{pointer} is no number: {}", self.stderr))
    }

    /// A text of the summary, by its JSON pointer.
    pub fn text(&self, pointer: &str) -> &str {
        let value = self.json["summary"].pointer(pointer).and_then(Value::as_str);
        value.unwrap_or_else(|| panic!("summary{pointer} is no text: {}", self.stderr))
    }
}

/// Runs `sigmill zone FILE --format json` with further arguments.
pub fn sigmill_zone<S: AsRef<std::ffi::OsStr>>(file: &Path, args: &[S]) -> Report {
    let output = Command::new(env!("CARGO_BIN_EXE_sigmill"))
        .args(["zone", "--format", "json"])
        .args(args)
        .arg(file)
        .stdin(Stdio::null())
        .output()
        .expect("sigmill runs");
    Report {
        exit: output.status.code().expect("sigmill ends by itself"),
        json: serde_json::from_slice(&output.stdout).unwrap_or(Value::Null),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Runs sigmill on a zone of the manifest as the manifest says.
pub fn judge(zone: &Zone) -> Report {
    let mut args = vec!["--at".to_owned(), zone.at.clone()];
    // A zone named `.` would else be judged by the root's built-in anchors.
    let anchor = tempfile::NamedTempFile::new().expect("a temporary file");
    if zone.origin == "." {
        std::fs::write(anchor.path(), zone.ds.join("\n") + "\n").expect("an anchor file");
        args.extend(["--anchor".into(), anchor.path().to_str().expect("UTF-8").into()]);
    }
    args.extend(zone.args.iter().cloned());
    sigmill_zone(&zone.path, &args)
}

/// A public verifier of zones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Peer {
    /// BIND's `dnssec-verify`: judges at the present only.
    DnssecVerify,
    /// `ldns-verify-zone`.
    LdnsVerifyZone,
}

impl Peer {
    /// The program's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::DnssecVerify => "dnssec-verify",
            Self::LdnsVerifyZone => "ldns-verify-zone",
        }
    }

    /// Whether the program is there. When it is not, says so, and fails where peers are required.
    pub fn is_installed(self) -> bool {
        // Each of them answers an option it does not know with a usage text, and exits.
        let found = Command::new(self.name()).arg("-h").stdin(Stdio::null()).output().is_ok();
        if !found {
            println!("skipped: {} is not installed", self.name());
            assert!(std::env::var_os(REQUIRE_PEERS).is_none(), "{} is required", self.name());
        }
        found
    }

    /// Runs it on a zone.
    pub fn judge(self, zone: &Zone) -> Output {
        let mut command = Command::new(self.name());
        match self {
            Self::DnssecVerify => {
                command.args(["-q", "-o", &zone.origin]);
                if !zone.has_zsk {
                    command.arg("-z");
                }
            }
            Self::LdnsVerifyZone => {
                let digits: String = zone.at.chars().filter(char::is_ascii_digit).collect();
                command.args(["-V", "1", "-t", &digits]);
            }
        }
        command.arg(&zone.path).stdin(Stdio::null()).output().expect("a peer runs")
    }
}

/// Whether a program of a peer is there, by its name or path. When it is not, says so, and fails
/// where peers are required.
pub fn has_program(program: &str) -> bool {
    let found = Command::new(program).arg("-h").stdin(Stdio::null()).output().is_ok();
    if !found {
        println!("skipped: {program} is not installed");
        assert!(std::env::var_os(REQUIRE_PEERS).is_none(), "{program} is required");
    }
    found
}

/// A Python that has a package, if there is one: the one of `target/python`, into which `.ci/run`
/// installs what `tests/python/requirements.txt` lists, or the one of the machine. When neither has
/// it, says so, and fails where peers are required.
pub fn python_with(package: &str) -> Option<Command> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/python/bin/python3");
    let has_it = |python: &PathBuf| {
        let tried = Command::new(python).args(["-c", &format!("import {package}")]).output();
        tried.is_ok_and(|output| output.status.success())
    };
    let found = [own, PathBuf::from("python3")].into_iter().find(has_it);
    if found.is_none() {
        println!("skipped: the Python package {package} is not installed");
        assert!(std::env::var_os(REQUIRE_PEERS).is_none(), "Python's {package} is required");
    }
    found.map(Command::new)
}
