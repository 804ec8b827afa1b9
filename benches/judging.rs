//! Whole audits on one thread, from text in memory to a summary, in signatures a second: of zones with
//! NSEC and with NSEC3, and of each zone file that `SIGMILL_BENCH_ZONE` names, with commas between.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a benchmark may stop at what is not so

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

use sigmill::audit::zone::{Config, JudgementTime, audit};
use sigmill::source::Source;

/// 2026-06-01T00:00:00Z, when the zones of datasets/ are valid.
const AT: i64 = 1_780_272_000;

/// Each with the RRsets that must be found secure, and no others.
const ZONES: [(&str, u64); 2] =
    [("zones/example.zone", 32), ("zones/ldns/rsasha256-nsec3.zone", 22)];

/// Audits a zone; RRsets that are secure, and those that are not.
fn judge(name: &str, text: &[u8]) -> (u64, u64) {
    let config = Config { times: vec![JudgementTime::At(AT)], threads: 1, ..Config::default() };
    let summary = audit(Source::from_bytes(name, text.into()), &config, &mut |_| {}).unwrap();
    let rrsets = &summary.times[0].rrsets;
    (rrsets.secure, rrsets.insecure + rrsets.bogus)
}

fn judging(criterion: &mut Criterion) {
    let datasets = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets");
    let ours = ZONES.iter().map(|(file, secure)| (datasets.join(file), Some(*secure)));
    let named = std::env::var("SIGMILL_BENCH_ZONE").unwrap_or_default();
    let named = named.split(',').filter(|file| !file.is_empty());
    let named = named.map(|file| (PathBuf::from(file), None));

    let mut group = criterion.benchmark_group("judging");
    for (file, expected) in ours.chain(named) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read(&file).expect("the zone file can be read");
        // Answers first, time after.
        let answer = judge(&name, &text);
        assert!(answer.0 > 0, "nothing in {name} is secure");
        if let Some(secure) = expected {
            assert_eq!(answer, (secure, 0), "{name}");
        }
        group.throughput(Throughput::Elements(answer.0 + answer.1));
        group.bench_function(&name, |bencher| {
            bencher.iter(|| assert_eq!(judge(&name, black_box(&text)), answer));
        });
    }
    group.finish();
}

// Given here, they can be overruled on the command line.
criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = judging
}
criterion_main!(benches);
