//! Chain audits: what was secure, insecure, bogus or indeterminate when it was seen.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod alone;
mod as_text;
mod command;
mod denials;
mod ds_rollover;
mod examples;
mod exchanges;
mod lapsed;
mod made;
mod memory;
#[allow(dead_code)] // captures take more of it
#[path = "../common/packets.rs"]
mod packets;
mod real;
mod recorded;
mod repeated;
mod resolved;
mod rollover;
#[path = "../signers/mod.rs"]
mod signers;

use std::path::{Path, PathBuf};

use sigmill::audit::anchors;
use sigmill::audit::chain::{self, Config, Event, Intake, ResponseRow, RrsetRow, Summary};
use sigmill::capture::ReadOptions;
use sigmill::source::{OpenOptions, Source};

/// A file of this project, or of the data beside it.
fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn source(name: &str) -> Source {
    Source::open(&path(name), &OpenOptions::default()).unwrap()
}

/// What a chain audit tells.
struct Judged {
    summary: Summary,
    responses: Vec<ResponseRow>,
    findings: Vec<String>,
    rrsets: Vec<RrsetRow>,
}

/// Trusts the keys in a file.
fn trusting(anchor: &str) -> Config {
    let text = std::fs::read(path(anchor)).unwrap();
    Config { anchors: anchors::read(&text, anchor).unwrap(), ..Config::default() }
}

fn judge(intake: Intake, config: &Config) -> Judged {
    let (mut responses, mut findings, mut rrsets) = (Vec::new(), Vec::new(), Vec::new());
    let summary = chain::audit(intake, config, &mut |event| match event {
        Event::Response(row) => responses.push(row),
        Event::Finding(finding) => findings.push(finding.code.to_string()),
        Event::Rrset(row) => rrsets.push(row),
        Event::Signature(_) => panic!("nobody has asked for signatures"),
    });
    Judged { summary: summary.unwrap(), responses, findings, rrsets }
}

fn capture(name: &str, config: &Config) -> Judged {
    let mut intake = Intake::new(1 << 30);
    let options = ReadOptions::default();
    chain::read_capture(&mut intake, source(name), &options, 0, &mut |_| {}).unwrap();
    judge(intake, config)
}

fn text(name: &str, octets: &[u8], at: i64, config: &Config) -> Judged {
    let mut intake = Intake::new(1 << 30);
    let source = Source::from_bytes(name, octets.to_vec());
    chain::read_text(&mut intake, source, 1 << 30, at).unwrap();
    judge(intake, config)
}
