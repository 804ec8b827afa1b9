//! Time to make a DNSKEY's octets ready for verification: each backend, each algorithm.
#![allow(missing_docs, reason = "criterion writes the functions")]
#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

#[path = "../tests/signers/mod.rs"]
mod signers;

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sigmill::crypto::{Item, PreparedKey, PublicKey, backend};
use signers::Signer;

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(500));
    targets = key_preparation
}
criterion_main!(benches);

fn key_preparation(criterion: &mut Criterion) {
    for signer in signers::for_benchmarks() {
        // Not the bare name, under which `verification` keeps its results.
        let mut group = criterion.benchmark_group(format!("key preparation, {}", signer.name));
        group.throughput(Throughput::Elements(1));
        for backend in backend::all() {
            let prepare = || {
                let octets = black_box(&signer.dnskey);
                backend.prepare(&PublicKey::from_dnskey(signer.algorithm, octets).ok()?, 1000).ok()
            };
            let Some(key) = prepare() else { continue };
            check(&*key, &signer);
            group.bench_function(backend.name(), |bencher| bencher.iter(prepare));
        }
    }
}

/// The key that comes out must tell a good signature from a corrupted one.
fn check(key: &dyn PreparedKey, signer: &Signer) {
    let message = b"example.";
    let good = signer.sign(message);
    let mut corrupted = good.clone();
    corrupted[20] ^= 1;
    let items = [&good, &corrupted].map(|signature| Item { message, signature });
    let mut holds = [false, true];
    key.verify_batch(&items, &mut holds);
    assert_eq!(holds, [true, false]);
}
