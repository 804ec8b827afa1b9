//! Reading zone text, stage by stage, in octets of text a second: words alone, records, and records
//! collected to ordered RRsets; the first two with every kernel that the processor has.
//!
//! `SIGMILL_BENCH_ZONE=FILE` reads that zone file, one without faults, instead of a made one.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at what is not so

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use data_encoding::{BASE64, HEXUPPER};

use sigmill::rrset::Collector;
use sigmill::source::{OpenOptions, Source};
use sigmill::zonefile::scan::{Kernel, Scan, next_entry_with};
use sigmill::zonefile::{Event, ReadOptions, read};

const DELEGATIONS: u64 = 10_000;

/// Octets and numbers that look like chance and are the same each time (Marsaglia's xorshift).
struct Chance(u64);

impl Chance {
    fn number(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }

    fn octets<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.number(256).to_be_bytes()[7])
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[usize::try_from(self.number(all.len() as u64)).expect("below a length")]
    }

    fn label(&mut self) -> String {
        let len = 3 + self.number(12);
        (0..len)
            .map(|_| char::from(*self.one_of(b"abcdefghijklmnopqrstuvwxyz0123456789-")))
            .collect()
    }
}

/// Text like that of a signed top-level domain, one record a line: delegations, three in ten with a
/// signed DS, all with a signed NSEC, some with glue.
fn tld_text() -> String {
    let mut chance = Chance(0x5eed);
    let mut text =
        String::from("bench. 3600 IN SOA ns.bench. host.bench. 1 7200 3600 1209600 3600\n");
    let hosters: Vec<String> = (0..500).map(|_| chance.label()).collect();
    for index in 0..DELEGATIONS {
        let owner = format!("{}{index}.bench.", chance.label());
        let rrsig = |chance: &mut Chance, covered: &str, ttl: u32| {
            let (day, time) = (10 + chance.number(18), 100_000 + chance.number(50_000));
            let signature = BASE64.encode(&chance.octets::<64>());
            format!(
                "{owner} {ttl} IN RRSIG {covered} 13 2 {ttl} 203601{day}{time} 202512{day}{time} 12345 bench. {signature}\n"
            )
        };
        let hoster = chance.one_of(&hosters);
        for server in 1..=2 {
            let _ = writeln!(text, "{owner} 86400 IN NS ns{server}.{hoster}.example.");
        }
        if index % 10 < 3 {
            let digest = HEXUPPER.encode(&chance.octets::<32>());
            let _ = writeln!(text, "{owner} 3600 IN DS {} 13 2 {digest}", chance.number(65536));
            text.push_str(&rrsig(&mut chance, "DS", 3600));
        }
        let next = chance.label();
        let types = if index % 10 < 3 { "NS DS RRSIG NSEC" } else { "NS RRSIG NSEC" };
        let _ = writeln!(text, "{owner} 900 IN NSEC {next}.bench. {types}");
        text.push_str(&rrsig(&mut chance, "NSEC", 900));
        if index % 20 == 0 {
            let [a, b] = chance.octets::<2>();
            let _ = writeln!(text, "ns.{owner} 86400 IN A 192.0.{a}.{b}");
            let _ = writeln!(text, "ns.{owner} 86400 IN AAAA 2001:db8:{a:x}::{b:x}");
        }
    }
    text
}

/// The zone file that the environment names, or made text.
fn zone_text() -> String {
    match std::env::var_os("SIGMILL_BENCH_ZONE") {
        Some(file) => std::fs::read_to_string(file).expect("the zone file can be read"),
        None => tld_text(),
    }
}

fn scan_all(kernel: Kernel, text: &[u8]) -> usize {
    let (mut rest, mut tokens, mut words) = (text, Vec::new(), 0);
    loop {
        match next_entry_with(kernel, rest, true, 1 << 20, &mut tokens) {
            Scan::Entry(entry) => {
                words += tokens.len();
                rest = &rest[entry.end..];
            }
            Scan::End { .. } => return words,
            other => panic!("{other:?}"),
        }
    }
}

fn read_all(file: &Path, mut on_event: impl FnMut(Event<'_>)) -> u64 {
    let source = Source::open(file, &OpenOptions::default()).expect("the file can be opened");
    let facts = read(source, &ReadOptions::default(), &mut on_event).expect("the file can be read");
    assert_eq!(facts.faults, 0);
    facts.records
}

fn parsing(criterion: &mut Criterion) {
    let text = zone_text();
    // A file is mapped, so that it need not be copied each time.
    let mut file = tempfile::NamedTempFile::new().expect("there is room for a file");
    file.write_all(text.as_bytes()).expect("there is room for the text");
    // Answers first, time after.
    let words = scan_all(Kernel::Plain, text.as_bytes());
    Kernel::Plain.put_in_use();
    let records = read_all(file.path(), |_| {});
    assert!(records > 0 && words as u64 > 4 * records);

    let mut group = criterion.benchmark_group("parsing");
    group.throughput(Throughput::Bytes(text.len() as u64));
    // The fastest is in use when the loop ends.
    for kernel in Kernel::all().into_iter().rev() {
        kernel.put_in_use();
        assert_eq!(scan_all(kernel, text.as_bytes()), words);
        assert_eq!(read_all(file.path(), |_| {}), records);
        group.bench_function(format!("scan/{}", kernel.name()), |bencher| {
            bencher.iter(|| scan_all(kernel, black_box(text.as_bytes())));
        });
        group.bench_function(format!("read/{}", kernel.name()), |bencher| {
            bencher.iter(|| read_all(black_box(file.path()), |_| {}));
        });
    }
    group.bench_function("collect and order", |bencher| {
        bencher.iter(|| {
            let mut collector = Collector::new();
            read_all(black_box(file.path()), |event| {
                if let Event::Record(record) = event {
                    collector.push(&record);
                }
            });
            let apex = collector.soa_owners()[0].0;
            let ordered = collector.order(&apex, None);
            assert!(ordered.owners().count() > 1);
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
