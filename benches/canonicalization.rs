//! From ordered records to the octets that were signed, one owner after the other, in octets of
//! signed data a second.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a benchmark may stop at what is not so

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

use sigmill::dns::rdata::Rrsig;
use sigmill::dns::{Class, Name};
use sigmill::rrset::signed::append_signed_data;
use sigmill::rrset::{Collector, Ordered, OwnerRecords};
use sigmill::source::Source;
use sigmill::zonefile::{Event, ReadOptions, read};

const OWNERS: usize = 5_000;

/// Owners with four addresses, an MX of mixed case, and a signature over each RRset.
fn zone() -> Ordered {
    let mut text = String::new();
    for index in 0..OWNERS {
        let _ = writeln!(text, "Host-{index}.bench. 60 IN MX 10 Mail-{index}.Bench.");
        for address in [9, 2, 7, 4] {
            let _ = writeln!(text, " 60 IN A 192.0.2.{address}");
        }
        for covered in ["A", "MX"] {
            let _ = writeln!(
                text,
                " 60 IN RRSIG {covered} 13 2 60 20360101000000 20260101000000 1 bench. AAAA"
            );
        }
    }
    let mut collector = Collector::new();
    let source = Source::from_bytes("bench", text.into());
    read(source, &ReadOptions::default(), &mut |event| {
        if let Event::Record(record) = event {
            collector.push(&record);
        }
    })
    .unwrap();
    collector.order(&Name::from_text(b"bench.", None).unwrap(), None)
}

/// Writes the signed data of every signature to `out`; how many there were.
fn canonicalize(zone: &Ordered, out: &mut Vec<u8>) -> usize {
    let (mut records, mut signatures) = (OwnerRecords::new(), 0);
    out.clear();
    let spans: Vec<_> = zone.owners().collect();
    let loaded = zone.load(&spans);
    for index in 0..spans.len() {
        records.take(&loaded, index, Class::IN);
        for rrset in records.rrsets() {
            for record in records.rrsigs_covering(rrset.rtype()) {
                let rrsig = Rrsig::from_rdata(record.rdata).unwrap();
                append_signed_data(&records.name, &rrset, &rrsig, out);
                signatures += 1;
            }
        }
    }
    signatures
}

fn canonicalization(criterion: &mut Criterion) {
    let zone = zone();
    let mut out = Vec::new();
    assert_eq!(canonicalize(&zone, &mut out), 2 * OWNERS);
    assert!(!out.contains(&b'M'), "names are in lower case");

    let mut group = criterion.benchmark_group("canonicalization");
    group.throughput(Throughput::Bytes(out.len() as u64));
    group.bench_function("signed data", |bencher| {
        bencher.iter(|| canonicalize(black_box(&zone), &mut out));
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
    targets = canonicalization
}
criterion_main!(benches);
