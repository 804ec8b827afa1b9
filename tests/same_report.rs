//! One zone, one report: however its lines are ordered, its octets arrive, and its work is shared.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at what is not so

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::Command;

use proptest::prelude::*;
use sigmill::audit::findings::Finding;
use sigmill::audit::zone::{Config, Error, JudgementTime, Limits, audit};
use sigmill::source::{OpenOptions, Source};

/// 2026-06-01T00:00:00Z, when the zones of datasets/ are valid.
const AT: i64 = 1_780_272_000;

fn dataset(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("datasets").join(file)
}

/// Zones with one record a line: good ones, and some with findings of several kinds.
const ZONES: [&str; 7] = [
    "zones/example.zone",
    "zones/ldns/rsasha256-nsec3.zone",
    "variants/rdata-octet-ed448.zone",
    "variants/duplicate.zone",
    "variants/ttls-differ.zone",
    "variants/other-class.zone",
    "variants/soa-twice.zone",
];

/// The report without what may differ: time spent, names of files, how the octets came in.
fn report(source: Source, config: &Config, with_places: bool) -> String {
    let mut findings = Vec::new();
    let mut summary = audit(source, config, &mut |finding: &Finding| {
        let mut finding = finding.clone();
        if !with_places {
            finding.place = None;
        }
        findings.push(serde_json::to_string(&finding).unwrap());
    })
    .unwrap();
    summary.performance = Default::default();
    summary.input.transport = String::new();
    if !with_places {
        // Where duplicates and comments are decides how many octets the text has.
        (summary.input.bytes, summary.input.lines) = (0, 0);
    }
    findings.push(serde_json::to_string(&summary).unwrap());
    findings.join("\n")
}

fn config(threads: usize) -> Config {
    Config { times: vec![JudgementTime::At(AT)], threads, ..Config::default() }
}

/// The records of a zone, one a line, each with its owner, so that lines can be put in any order.
fn flat_lines(file: &str) -> Vec<String> {
    let source = Source::open(&dataset(file), &OpenOptions::default()).unwrap();
    let mut lines = Vec::new();
    sigmill::zonefile::read(source, &Default::default(), &mut |event| {
        if let sigmill::zonefile::Event::Record(record) = event {
            let mut rdata = String::new();
            sigmill::zonefile::print::write_rdata(&mut rdata, record.rtype, record.rdata);
            let (owner, ttl, class) = (record.owner, record.ttl, record.class);
            lines.push(format!("{owner} {ttl} {class} {} {rdata}\n", record.rtype));
        }
    })
    .unwrap();
    assert!(lines.len() > 20, "{file}");
    lines
}

fn of_text(text: &str, threads: usize, with_places: bool) -> String {
    report(Source::from_bytes("zone", text.into()), &config(threads), with_places)
}

/// The words of a record's line: a quoted one is one word, blanks in it and all.
fn words(line: &str) -> Vec<&str> {
    let (mut words, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, octet) in line.bytes().enumerate() {
        match octet {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b' ' | b'\n' if !quoted => {
                words.push(&line[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The same records, written as a number chooses at each place where RFC 1035 §5.1 leaves a choice.
fn laid_out(lines: &[String], origin: &str, choices: &[u8]) -> String {
    let mut choices = choices.iter().cycle();
    let mut choose = |of: u8| choices.next().map_or(0, |choice| choice % of);
    let relative = |name: &str| match name.strip_suffix(origin) {
        Some("") => "@".to_owned(),
        Some(labels) => labels.trim_end_matches('.').to_owned(),
        None => name.to_owned(),
    };
    let mut text = format!("$ORIGIN {origin}\n");
    let mut last_owner = None;
    for line in lines {
        let words = words(line);
        let [owner, ttl, class, rest @ ..] = words.as_slice() else { panic!("{line:?}") };
        match choose(4) {
            0 if last_owner == Some(*owner) => text.push('\t'),
            1 => text.push_str(&format!("{} ", relative(owner))),
            2 => text.push_str(&format!("{}  ", owner.to_ascii_uppercase())),
            _ => text.push_str(&format!("{owner} ")),
        }
        last_owner = Some(*owner);
        match choose(2) {
            0 => text.push_str(&format!("{class} {ttl}")),
            _ => text.push_str(&format!("{ttl}\t{}", class.to_ascii_lowercase())),
        }
        let open = choose(3);
        text.push_str(if open == 0 { " (" } else { "" });
        for word in rest {
            text.push_str(match choose(5) {
                0 if open == 0 => "\n\t",
                1 if open == 0 => " ; \" ( said\n ",
                2 => "\t\t",
                _ => " ",
            });
            text.push_str(word);
        }
        text.push_str(if open == 0 { " )" } else { "" });
        text.push_str(["\n", "\r\n", "\n\n", " ; end (\n", "\n; \\\" (\n"][usize::from(choose(5))]);
    }
    text
}

/// Gives out its octets in pieces of the sizes of a list, again and again.
struct Trickle {
    octets: std::io::Cursor<Vec<u8>>,
    sizes: Vec<usize>,
    turn: usize,
}

impl Read for Trickle {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let size = self.sizes[self.turn % self.sizes.len()].clamp(1, buffer.len());
        self.turn += 1;
        self.octets.read(&mut buffer[..size])
    }
}

fn compressed(text: &str, kind: usize) -> Vec<u8> {
    let octets = text.as_bytes();
    match kind {
        0 => octets.to_vec(),
        1 => {
            let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            writer.write_all(octets).unwrap();
            writer.finish().unwrap()
        }
        2 => zstd::encode_all(octets, 1).unwrap(),
        3 => {
            let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            writer.write_all(octets).unwrap();
            writer.finish().unwrap()
        }
        _ => {
            let mut writer = liblzma::write::XzEncoder::new(Vec::new(), 1);
            writer.write_all(octets).unwrap();
            writer.finish().unwrap()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    // FORMAT.md, "What real dumps hold": lines in any order, RRsets apart from their signatures.
    #[test]
    fn any_order_of_lines_gives_the_same_report(
        zone in 0..ZONES.len(),
        keys in proptest::collection::vec(any::<u32>(), 1000),
        threads in 1usize..5,
    ) {
        let lines = flat_lines(ZONES[zone]);
        let mut shuffled: Vec<_> = lines.iter().zip(keys).collect();
        shuffled.sort_by_key(|(_, key)| *key);
        prop_assert_eq!(shuffled.len(), lines.len());
        let text: String = shuffled.into_iter().map(|(line, _)| line.as_str()).collect();
        prop_assert_eq!(of_text(&text, threads, false), of_text(&lines.concat(), 1, false));
    }

    // RFC 1035 §5.1: what the text leaves to its writer. Names keep their case in RDATA that canonical
    // form does not lower-case, so only owners change theirs.
    #[test]
    fn any_layout_and_any_parts_give_the_same_report(
        zone in 0..ZONES.len(),
        choices in proptest::collection::vec(any::<u8>(), 1..2000),
        part_octets in 1usize..3000,
        threads in 1usize..4,
    ) {
        let lines = flat_lines(ZONES[zone]);
        let apex = lines.iter().find(|line| line.contains(" SOA ")).unwrap();
        let origin = apex.split(' ').next().unwrap();
        let text = laid_out(&lines, origin, &choices);
        let limits = Limits { part_octets, ..Limits::default() };
        let in_parts = Config { limits, ..config(threads) };
        let source = Source::from_bytes("zone", text.clone().into());
        prop_assert_eq!(report(source, &in_parts, false), of_text(&lines.concat(), 1, false));
        // Lines and columns too are those of the text, wherever it is cut.
        let source = Source::from_bytes("zone", text.clone().into());
        prop_assert_eq!(report(source, &in_parts, true), of_text(&text, 1, true));
    }

    #[test]
    fn any_cut_and_any_compression_gives_the_same_report(
        zone in 0..ZONES.len(),
        sizes in proptest::collection::vec(1usize..5000, 1..20),
        kind in 0usize..5,
        spool: bool,
    ) {
        let text = std::fs::read_to_string(dataset(ZONES[zone])).unwrap();
        let octets = std::io::Cursor::new(compressed(&text, kind));
        let source = Source::from_reader("zone", Trickle { octets, sizes, turn: 0 }).unwrap();
        let spool = spool.then(std::env::temp_dir);
        let config = Config { spool, ..config(2) };
        prop_assert_eq!(report(source, &config, true), of_text(&text, 1, true));
    }
}

#[test]
fn any_number_of_threads_and_any_backend_gives_the_same_report() {
    for zone in ZONES {
        let open = |map| Source::open(&dataset(zone), &OpenOptions { map }).unwrap();
        let expected = report(open(true), &config(1), true);
        for threads in [2, 3, 8] {
            assert_eq!(report(open(true), &config(threads), true), expected, "{zone}");
            assert_eq!(report(open(false), &config(threads), true), expected, "{zone}");
        }
        let checked = Config { cross_check: true, ..config(2) };
        assert_eq!(report(open(true), &checked, true), expected, "{zone}");
    }
}

// However little signed data is held at once, and an RRset is the least, the verdicts are the same.
#[test]
fn any_portion_of_signed_data_gives_the_same_report() {
    for zone in ZONES {
        let source = || Source::open(&dataset(zone), &OpenOptions::default()).unwrap();
        let expected = report(source(), &config(2), true);
        for signed_octets_at_once in [0, 1, 500, 10_000] {
            let limits = Limits { signed_octets_at_once, ..Limits::default() };
            assert_eq!(report(source(), &Config { limits, ..config(2) }, true), expected, "{zone}");
        }
    }
}

// CVE-2023-50387: what a hostile zone can cost is bounded, and the bound is never silent.
#[test]
fn signatures_beyond_the_limit_on_signed_octets_are_not_tried_and_a_finding_says_so() {
    let file = dataset("variants/expired-beside-good.zone");
    let codes = |signed_octets_per_rrset| {
        let limits = Limits { signed_octets_per_rrset, ..Limits::default() };
        let source = Source::open(&file, &OpenOptions::default()).unwrap();
        let mut codes = Vec::new();
        let config = Config { limits, ..config(1) };
        audit(source, &config, &mut |finding| codes.push(finding.code.to_string())).unwrap();
        codes
    };
    assert_eq!(codes(1 << 20), ["signature-expired"]);
    assert!(codes(1).contains(&"rrset-too-many-signatures".to_owned()));
}

// A host that lost interest gets its threads back, whichever finding it was that decided it.
#[test]
fn an_audit_that_is_told_to_stop_ends_as_stopped() {
    let file = dataset("variants/unreadable-and-signed.zone");
    for findings in [1, 2] {
        let (config, mut seen) = (config(2), 0);
        let source = Source::open(&file, &OpenOptions::default()).unwrap();
        let outcome = audit(source, &config, &mut |_| {
            seen += 1;
            config.stop.store(seen == findings, std::sync::atomic::Ordering::Relaxed);
        });
        assert!(matches!(outcome, Err(Error::Stopped)), "{outcome:?}");
        assert_eq!(seen, findings);
    }
}

// Every kernel of the scanner and of the arithmetic has a plain twin that says the same.
#[test]
fn any_kernel_gives_the_same_report() {
    let judged = |zone: &str, kernel: Option<&str>| {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("sigmill"));
        command.env_remove("SIGMILL_KERNEL").args(["zone", "--at", "2026-06-01T00:00:00Z"]);
        command.args(["--format", "json", "--quiet"]).arg(dataset(zone));
        command.args(kernel.map(|kernel| ["--kernel", kernel]).into_iter().flatten());
        let output = command.output().unwrap();
        let mut report: serde_json::Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{zone} {kernel:?}: {error}"));
        report["summary"].as_object_mut().unwrap().remove("performance").unwrap();
        // Where a kernel is no faster than a library, the library has the work.
        for key in report["summary"]["keys"].as_array_mut().unwrap() {
            key.as_object_mut().unwrap().remove("backend");
        }
        (output.status.code(), report)
    };
    let offered = ["portable", "adx", "ifma", "avx2", "avx512"];
    let runs_here = |kernel: &&str| {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("sigmill"));
        command.args(["zone", "--kernel", kernel]).arg(dataset(ZONES[0]));
        command.output().unwrap().status.code() != Some(2)
    };
    let kernels: Vec<&str> = offered.into_iter().filter(runs_here).collect();
    assert!(kernels.contains(&"portable"));
    let unreadable = ["variants/unreadable-and-signed.zone"];
    for zone in ZONES.into_iter().chain(unreadable) {
        let chosen = judged(zone, None);
        for kernel in &kernels {
            assert_eq!(judged(zone, Some(kernel)), chosen, "{zone} with {kernel}");
        }
    }
}
