//! Octets per second of text through each transport of `source`: what the parser can be fed with.
//!
//! `cargo bench --bench reading`. The text is a made-up signed zone of 32 MiB, about as
//! compressible as a real one (half of it is base64); the consumer counts lines, which costs next
//! to nothing, and asserts its count. Files are in the page cache: this measures copying, faulting
//! and decompressing, not the disk. Throughput is always that of the *text*.
#![allow(clippy::unwrap_used, missing_docs)] // helpers of a benchmark

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sigmill::source::{Blocks, OpenOptions, Source};

const TEXT_LEN: usize = 32 << 20;

fn reading(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().unwrap();
    let text = zone();
    let lines = count(&text);
    let path = |name: &str| directory.path().join(name);
    fs::write(path("zone"), &text).unwrap();
    for (name, compress) in COMPRESSORS {
        let stored = compress(&text);
        eprintln!("{name}: {} octets of text stored as {}", text.len(), stored.len());
        fs::write(path(name), stored).unwrap();
    }

    let mut group = criterion.benchmark_group("reading");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("baseline: fs::read of everything", |bencher| {
        bencher.iter(|| assert_eq!(count(&fs::read(path("zone")).unwrap()), lines));
    });
    let cases: [(&str, PathBuf, bool); 6] = [
        ("mapped", path("zone"), true),
        ("read", path("zone"), false),
        ("gzip", path("gz"), true),
        ("zstd", path("zst"), true),
        ("xz", path("xz"), true),
        ("bzip2", path("bz2"), true),
    ];
    for (name, path, map) in cases {
        group.bench_function(name, |bencher| {
            let options = OpenOptions { map };
            assert_eq!(Source::open(&path, &options).unwrap().transport().to_string(), name);
            bencher.iter(|| {
                assert_eq!(drain(Source::open(&path, &options).unwrap().into_blocks()), lines);
            });
        });
    }
    group.bench_function("read through a pipe", |bencher| {
        bencher.iter(|| {
            let source = Source::from_reader("pipe", pipe_from(&path("zone"))).unwrap();
            assert_eq!(drain(source.into_blocks()), lines);
        });
    });
}

/// What the reader of zone files does: take whole lines, ask for more behind the last one.
fn drain(mut blocks: Blocks) -> usize {
    let mut lines = 0;
    loop {
        let window = blocks.window();
        let whole = window.iter().rposition(|octet| *octet == b'\n').map_or(0, |at| at + 1);
        lines += count(&window[..whole]);
        blocks.consume(whole);
        if blocks.is_complete() || !blocks.more().unwrap() {
            break;
        }
    }
    lines += count(blocks.window());
    blocks.check().unwrap();
    lines
}

fn count(text: &[u8]) -> usize {
    text.chunks(128)
        .map(|chunk| chunk.iter().map(|o| u8::from(*o == b'\n')).sum::<u8>())
        .map(usize::from)
        .sum()
}

fn pipe_from(path: &Path) -> impl Read + Send + use<> {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let mut file = File::open(path).unwrap();
    std::thread::spawn(move || std::io::copy(&mut file, &mut writer));
    reader
}

/// Delegations of which every second one is signed.
fn zone() -> Vec<u8> {
    let mut state = 1u64;
    let mut random = move || {
        // SplitMix64 (Steele, Lea, Flood 2014).
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(TEXT_LEN + 1024);
    while text.len() < TEXT_LEN {
        let owner = format!("{:x}.example.", random() >> 24);
        for server in 1..=2 {
            let host = random() % 5000;
            let _ = writeln!(text, "{owner}\t172800\tin\tns\tns{server}.host{host}.example.");
        }
        let _ = write!(
            text,
            "{owner}\t86400\tin\tds\t{} 13 2 {:016x}{:016x}{:016x}{:016x}\n\
             {owner}\t86400\tin\trrsig\tDS 13 2 86400 20260901000000 20260825000000 4711 example. ",
            random() % 65536,
            random(),
            random(),
            random(),
            random()
        );
        for _ in 0..86 {
            text.push(char::from(BASE64[(random() % 64) as usize]));
        }
        text.push_str("==\n");
    }
    text.into_bytes()
}

type Compressor = fn(&[u8]) -> Vec<u8>;

const COMPRESSORS: [(&str, Compressor); 4] =
    [("gz", gzip), ("zst", |text| zstd::encode_all(text, 3).unwrap()), ("xz", xz), ("bz2", bz2)];

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn xz(text: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn bz2(text: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::new(9));
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

// Given here, they can be overruled on the command line.
criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2));
    targets = reading
}
criterion_main!(benches);
