//! Reading zone text: words alone, records, and records collected to ordered RRsets, in octets of
//! text a second.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at what is not so

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

use sigmill::dns::Name;
use sigmill::rrset::Collector;
use sigmill::source::Source;
use sigmill::zonefile::scan::{Scan, next_entry};
use sigmill::zonefile::{Event, ReadOptions, read};

const DELEGATIONS: usize = 10_000;

/// Text like that of a signed top-level domain: delegations, three in ten with a signed DS, all
/// with a signed NSEC.
fn tld_text() -> String {
    let signature =
        "VGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5IGRvZyBhbmQgdGhlbiBzb21lIG1vcmU9PQ==";
    let mut text =
        String::from("bench. 3600 IN SOA ns.bench. host.bench. 1 7200 3600 1209600 3600\n");
    for index in 0..DELEGATIONS {
        let owner = format!("delegation-{:05}.bench.", (index * 7919) % DELEGATIONS);
        let rrsig = |covered: &str| {
            format!(
                "{owner} 3600 IN RRSIG {covered} 13 2 3600 20360101000000 20260101000000 12345 bench. {signature}\n"
            )
        };
        for server in 1..=2 {
            let _ = writeln!(text, "{owner} 3600 IN NS ns{server}.hoster-{}.example.", index % 97);
        }
        if index % 10 < 3 {
            let digest = "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D";
            let _ = writeln!(text, "{owner} 3600 IN DS {} 13 2 {digest}", index % 65536);
            text.push_str(&rrsig("DS"));
        }
        let _ = writeln!(text, "{owner} 3600 IN NSEC delegation-next.bench. NS DS RRSIG NSEC");
        text.push_str(&rrsig("NSEC"));
    }
    text
}

fn scan_all(text: &[u8]) -> usize {
    let (mut rest, mut tokens, mut words) = (text, Vec::new(), 0);
    loop {
        match next_entry(rest, true, 1 << 20, &mut tokens) {
            Scan::Entry(entry) => {
                words += tokens.len();
                rest = &rest[entry.end..];
            }
            Scan::End { .. } => return words,
            other => panic!("{other:?}"),
        }
    }
}

fn read_all(text: &str, mut on_event: impl FnMut(Event<'_>)) -> u64 {
    let source = Source::from_bytes("bench", text.into());
    let facts =
        read(source, &ReadOptions::default(), &mut on_event).expect("the text is in memory");
    assert_eq!(facts.faults, 0);
    facts.records
}

fn parsing(criterion: &mut Criterion) {
    let text = tld_text();
    let records = text.lines().count() as u64;
    // Answers first, time after.
    assert!(scan_all(text.as_bytes()) > 8 * usize::try_from(records).expect("fits"));
    assert_eq!(read_all(&text, |_| {}), records);

    let mut group = criterion.benchmark_group("parsing");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("scan", |bencher| bencher.iter(|| scan_all(black_box(text.as_bytes()))));
    group.bench_function("read", |bencher| bencher.iter(|| read_all(black_box(&text), |_| {})));
    group.bench_function("collect and order", |bencher| {
        bencher.iter(|| {
            let mut collector = Collector::new();
            read_all(black_box(&text), |event| {
                if let Event::Record(record) = event {
                    collector.push(&record);
                }
            });
            let apex = Name::from_text(b"bench.", None).expect("a name");
            let ordered = collector.order(&apex, None);
            assert_eq!(ordered.owners().count(), DELEGATIONS + 1);
        });
    });
    group.finish();
}

// Given here, they can be overruled on the command line.
criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = parsing
}
criterion_main!(benches);
