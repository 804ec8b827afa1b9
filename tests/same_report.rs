//! One zone, one report: however its lines are ordered, its octets arrive, and its work is shared.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at what is not so

use std::io::{Read, Write};
use std::path::PathBuf;

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

    #[test]
    fn any_cut_and_any_compression_gives_the_same_report(
        zone in 0..ZONES.len(),
        sizes in proptest::collection::vec(1usize..5000, 1..20),
        kind in 0usize..5,
    ) {
        let text = std::fs::read_to_string(dataset(ZONES[zone])).unwrap();
        let octets = std::io::Cursor::new(compressed(&text, kind));
        let source = Source::from_reader("zone", Trickle { octets, sizes, turn: 0 }).unwrap();
        prop_assert_eq!(report(source, &config(2), true), of_text(&text, 1, true));
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
