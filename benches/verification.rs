//! Time per signature, under a key that is already prepared: each backend, each algorithm.
#![allow(missing_docs, reason = "criterion writes the functions")]
#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

#[path = "../tests/signers/mod.rs"]
mod signers;

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sigmill::crypto::{Item, PreparedKey, backend};
use signers::Signer;

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = verification
}
criterion_main!(benches);

/// Signatures in a batch of a library: enough to drown the cost of a call, few enough for short
/// samples.
const BATCH: usize = 16;

/// Signatures in a batch of our own, which gains from many, and signatures that its tables are for.
const LANES_BATCH: usize = 4096;
const LANES_SIGNATURES: usize = 10_000;

fn verification(criterion: &mut Criterion) {
    for signer in signers::for_benchmarks() {
        // About what an RRset of a delegation with one DS comes to.
        let messages: Vec<_> = (0..LANES_BATCH as u64)
            .map(|i| [&[7; 112][..], &i.to_be_bytes()].concat())
            .take(if lanes_take(&signer) { LANES_BATCH } else { BATCH })
            .collect();
        // RSA signs slowly: a few of its own again and again.
        let different = if signer.name.starts_with("RSA") { 64 } else { LANES_BATCH };
        let messages = &messages[..messages.len().min(different)];
        let signatures: Vec<_> = messages.iter().map(|message| signer.sign(message)).collect();
        let mut group = criterion.benchmark_group(&signer.name);
        for backend in backend::all() {
            let Ok(key) = backend.prepare(&signer.public_key(), LANES_SIGNATURES) else { continue };
            let batch = if backend.name() == "lanes" { LANES_BATCH } else { BATCH };
            group.throughput(Throughput::Elements(batch as u64));
            let items: Vec<_> = messages
                .iter()
                .zip(&signatures)
                .map(|(message, signature)| Item { message, signature })
                .cycle()
                .take(batch)
                .collect();
            check(&*key, &items);
            let mut holds = vec![true; batch];
            group.bench_function(backend.name(), |bencher| {
                bencher.iter(|| key.verify_batch(&items, &mut holds));
            });
            assert!(holds.iter().all(|&holds| holds));
        }
    }
}

fn lanes_take(signer: &Signer) -> bool {
    let lanes = backend::by_name("lanes").unwrap();
    lanes.prepare(&signer.public_key(), LANES_SIGNATURES).is_ok()
}

/// What is timed must be right: all good signatures hold, a corrupted one does not.
fn check(key: &dyn PreparedKey, items: &[Item<'_>]) {
    let mut corrupted = items[1].signature.to_vec();
    corrupted[20] ^= 1;
    let mut items = items.to_vec();
    items[1].signature = &corrupted;
    let mut holds = vec![true; items.len()];
    key.verify_batch(&items, &mut holds);
    let mut expected = vec![true; items.len()];
    expected[1] = false;
    assert_eq!(holds, expected);
}
