//! Comparisons with every field that there is, made by hand so that reports of them stay the same.

use std::collections::BTreeMap;

use sigmill::bench::machine::Machine;
use sigmill::bench::result::{
    AuditLatency, AuditRow, Failure, Input, InputKind, Refused, Round, Settings, Warning,
};
use sigmill::bench::{Comparison, Estimate, KeyUse, Kind, Row, Stage, Work};
use sigmill::dns::Algorithm;
use sigmill::engine::Distribution;
use sigmill::engine::histogram::{PackedHistogram, new_histogram};

fn machine() -> Machine {
    let versions = [
        ("aws-lc-rs", "1.19.0"),
        ("p256", "0.14.0"),
        ("ring", "0.17.14"),
        ("sha2", "0.10.9, 0.11.1"),
        ("sigmill", "0.1.0"),
    ];
    let versions = versions.map(|(name, version)| (name.to_owned(), version.to_owned()));
    Machine {
        processor: Some("Example CPU 3000 | 2.0 GHz".into()),
        model: Some("family 25, model 1, stepping 1".into()),
        features: vec!["avx2", "bmi2"],
        processors: 8,
        smt: Some(true),
        is_virtual: Some(true),
        kernel: Some("Linux 6.1.0".into()),
        governor: Some("powersave".into()),
        boost: Some(false),
        load: Some(0.25),
        clock_nanoseconds: 25,
        target: "x86_64-linux".into(),
        optimized: true,
        lanes_kernels: vec!["avx2", "adx", "portable"],
        versions: BTreeMap::from(versions),
    }
}

fn settings() -> Settings {
    Settings { time_seconds: 1.0, rounds: 20, baseline: "aws-lc", threads: vec![1, 8] }
}

fn verify(kind: Kind, keys: KeyUse, signatures: usize) -> Work {
    Work {
        stage: Stage::Verify,
        kind: Some(kind),
        keys: Some(keys),
        signatures_per_key: Some(signatures),
        batch: None,
    }
}

/// A row of rounds that take so many nanoseconds a signature, and a little more each time.
fn row(work: Work, contender: &'static str, threads: usize, nanoseconds: u64) -> Row {
    let batch = if contender == "lanes" { 1024 } else { 1 };
    let mut all = new_histogram();
    let rounds: Vec<Round> = (0..4_u32)
        .map(|number| {
            let mut histogram = new_histogram();
            for call in 0..50 {
                let value = nanoseconds + u64::from(number) * 10 + call * nanoseconds / 1000;
                histogram.record(value).unwrap();
            }
            all.add(&histogram).unwrap();
            Round {
                number: number as usize,
                start_seconds: f64::from(number) * 0.5 + threads as f64 * 0.01,
                seconds: 0.05,
                signatures: 50 * batch,
                per_second: 1e9 / (nanoseconds + u64::from(number) * 10) as f64 * threads as f64,
                nanoseconds: PackedHistogram::pack(&histogram),
            }
        })
        .collect();
    let median = 1e9 / nanoseconds as f64 * threads as f64;
    Row {
        work,
        contender,
        backend: Some(if contender == "auto" { "lanes" } else { contender }),
        kernel: (contender == "lanes").then_some("adx"),
        batch: usize::try_from(batch).ok(),
        threads,
        signatures: 200 * batch,
        seconds: 0.2,
        per_second: Estimate { median, low: median * 0.98, high: median * 1.03 },
        wall_per_second: median * 0.75,
        ratio: Some(60_000.0 / nanoseconds as f64),
        scaling: (threads > 1).then_some(0.914_321),
        nanoseconds: Distribution::of(&all),
        waiting: Some(0.25),
        outliers: 1,
        audit: None,
        rounds,
    }
}

/// Generated work, all kinds of notes included.
pub fn matrix() -> Comparison {
    let p256 = verify(Kind::P256, KeyUse::Ready, 10_000);
    let ed448 = verify(Kind::ED448, KeyUse::Fresh, 1);
    let hash = Work {
        stage: Stage::Hash,
        kind: Some(Kind::rsa(2048, 3)),
        keys: None,
        signatures_per_key: None,
        batch: Some(64),
    };
    let uncertain = {
        let mut row = row(ed448, "rustcrypto", 1, 1_300_000);
        row.per_second.low *= 0.8;
        row.ratio = None;
        row
    };
    Comparison {
        started: 1_780_272_000,
        seconds: 12.5,
        machine: machine(),
        settings: settings(),
        input: None,
        rows: vec![
            row(p256, "lanes", 1, 11_700),
            row(p256, "aws-lc", 1, 60_000),
            row(p256, "lanes", 8, 11_900),
            row(p256, "aws-lc", 8, 60_100),
            uncertain,
            row(hash, "aws-lc", 1, 130),
            row(hash, "ring", 1, 131),
        ],
        failures: vec![Failure {
            work: p256,
            contender: "ring",
            good: 96,
            rejected: 0,
            corrupted: 64,
            accepted: 64,
        }],
        refusals: vec![Refused {
            work: ed448,
            contender: "aws-lc",
            reason: "this backend cannot verify under keys of this kind".into(),
        }],
        warnings: vec![
            Warning { code: "busy", message: "the machine was busy before this began".into() },
            Warning {
                code: "governor",
                message: "the governor is powersave: the clock rate follows the load, and not at \
                          once"
                    .into(),
            },
        ],
    }
}

/// The work of a zone.
pub fn audit() -> Comparison {
    let work =
        Work { stage: Stage::Audit, kind: None, keys: None, signatures_per_key: None, batch: None };
    let audited = |contender: &'static str, threads, nanoseconds, part| {
        let seconds = 2884.0 * nanoseconds as f64 / 1e9 / threads as f64;
        let latency = AuditLatency {
            algorithm: Algorithm::RSASHA256,
            backend: if contender == "aws-lc" { "aws-lc" } else { "lanes" },
            kernel: (contender != "aws-lc").then_some("avx2"),
            nanoseconds: row(work, contender, 1, nanoseconds).nanoseconds,
        };
        Row {
            backend: None,
            kernel: None,
            batch: None,
            audit: Some(AuditRow {
                seconds: Estimate { median: seconds, low: seconds, high: seconds * 1.01 },
                preparing_seconds: 0.001,
                part,
                latency: vec![latency],
            }),
            ..row(work, contender, threads, nanoseconds)
        }
    };
    let kind = |bits, exponent: Option<&str>, keys, signatures| InputKind {
        algorithm: if exponent.is_some() { Algorithm::RSASHA256 } else { Algorithm::ED25519 },
        bits,
        exponent: exponent.map(str::to_owned),
        keys,
        signatures,
    };
    Comparison {
        input: Some(Input {
            files: vec!["root.zone".into()],
            form: "zone",
            apex: Some(".".into()),
            signatures: 2884,
            left_out: 0,
            failing: 3,
            zones: 1,
            kinds: vec![kind(2048, Some("65537"), 2, 2880), kind(256, None, 1, 4)],
            signed_octets: Distribution { count: 2884, p50: 65, max: 569, ..Default::default() },
        }),
        rows: vec![
            audited("auto", 1, 9_000, 1.0),
            audited("lanes", 1, 8_900, 1.0),
            audited("aws-lc", 1, 17_000, 0.4),
            audited("auto", 8, 9_000, 1.0),
            audited("lanes", 8, 8_900, 1.0),
            audited("aws-lc", 8, 17_000, 1.0),
        ],
        failures: vec![],
        refusals: vec![],
        warnings: vec![],
        ..matrix()
    }
}
