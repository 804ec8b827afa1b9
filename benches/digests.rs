//! Time per message of the digests, by each kernel that this processor has, from the library's one
//! by one to vectors: messages of one length, of mixed lengths, and the names of NSEC3.
#![allow(missing_docs, reason = "criterion writes the functions")]
#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sigmill::crypto::digest::batch::{
    InVectors, Kernel, Sha1, Sha256, Sha384, Sha512, digests_by, nsec3_hashes_by,
};
use sigmill::crypto::nsec3_hash;

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(600));
    targets = digests
}
criterion_main!(benches);

/// Messages in a batch, as an algorithm's own batches are.
const BATCH: usize = 1024;

fn digests(criterion: &mut Criterion) {
    names(criterion, 0, &[]);
    names(criterion, 10, &[0xaa, 0xbb, 0xcc, 0xdd]);
    one::<Sha1>(criterion, "SHA-1");
    one::<Sha256>(criterion, "SHA-256");
    one::<Sha384>(criterion, "SHA-384");
    one::<Sha512>(criterion, "SHA-512");
}

fn one<H: InVectors>(criterion: &mut Criterion, name: &str) {
    for len in [64, 120, 200, 300] {
        let messages: Vec<_> = (0..BATCH).map(|i| octets(i, len)).collect();
        batch::<H>(criterion, &format!("{name} {len}"), &messages);
    }
    let messages: Vec<_> = (0..BATCH).map(|i| octets(i, 100 + i * 7919 % 201)).collect();
    batch::<H>(criterion, &format!("{name} 100-300"), &messages);
    // Groups that are not full: what is idle costs as much as what is not.
    for count in 1..=8 {
        let messages: Vec<_> = (0..count).map(|i| octets(i, 120)).collect();
        batch::<H>(criterion, &format!("{name} 120, {count} of them"), &messages);
    }
}

fn batch<H: InVectors>(criterion: &mut Criterion, name: &str, messages: &[Vec<u8>]) {
    let messages: Vec<_> = messages.iter().map(|message| [&message[..]]).collect();
    let expected: Vec<_> =
        messages.iter().map(|[message]| aws_lc_rs::digest::digest(H::library(), message)).collect();
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(messages.len() as u64));
    for kernel in Kernel::all() {
        // What is timed must be right.
        let found = digests_by::<H, 1>(kernel, &messages);
        assert!(found.iter().zip(&expected).all(|(found, right)| found.as_ref() == right.as_ref()));
        group.bench_function(kernel.name(), |bencher| {
            bencher.iter(|| digests_by::<H, 1>(kernel, &messages));
        });
    }
}

fn names(criterion: &mut Criterion, iterations: u16, salt: &[u8]) {
    let names: Vec<_> = (0..BATCH).map(|i| octets(i, 8 + i * 7919 % 32)).collect();
    let names: Vec<_> = names.iter().map(|name| &name[..]).collect();
    let one_by_one =
        || -> Vec<_> { names.iter().map(|name| nsec3_hash(name, iterations, salt)).collect() };
    let mut group = criterion.benchmark_group(format!("NSEC3, {iterations} iterations"));
    group.throughput(Throughput::Elements(BATCH as u64));
    group.bench_function("one by one", |bencher| bencher.iter(one_by_one));
    for kernel in Kernel::all() {
        assert_eq!(nsec3_hashes_by(kernel, &names, iterations, salt), one_by_one());
        group.bench_function(kernel.name(), |bencher| {
            bencher.iter(|| nsec3_hashes_by(kernel, &names, iterations, salt));
        });
    }
}

/// Octets that differ from message to message.
fn octets(i: usize, len: usize) -> Vec<u8> {
    (0..len).map(|at| (i * 31 + at * 7).to_le_bytes()[0]).collect()
}
