//! Time per signature, under a key that is already prepared: each backend, each algorithm.
#![allow(missing_docs, reason = "criterion writes the functions")]
#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

#[path = "../tests/signers/mod.rs"]
mod signers;

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sigmill::crypto::{Item, PreparedKey, backend};

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = verification
}
criterion_main!(benches);

/// Signatures in a batch: enough to drown the cost of a call, few enough for short samples.
const BATCH: usize = 16;

fn verification(criterion: &mut Criterion) {
    for signer in signers::for_benchmarks() {
        // About what an RRset of a delegation with one DS comes to.
        let messages: Vec<_> = (0..BATCH).map(|i| vec![u8::try_from(i).unwrap(); 120]).collect();
        let signatures: Vec<_> = messages.iter().map(|message| signer.sign(message)).collect();
        let mut group = criterion.benchmark_group(&signer.name);
        group.throughput(Throughput::Elements(BATCH as u64));
        for backend in backend::all() {
            let Ok(key) = backend.prepare(&signer.public_key(), BATCH) else { continue };
            let items: Vec<_> = messages
                .iter()
                .zip(&signatures)
                .map(|(message, signature)| Item { message, signature })
                .collect();
            check(&*key, &items);
            let mut holds = [false; BATCH];
            group.bench_function(backend.name(), |bencher| {
                bencher.iter(|| key.verify_batch(&items, &mut holds));
            });
            assert_eq!(holds, [true; BATCH]);
        }
    }
}

/// What is timed must be right: all good signatures hold, a corrupted one does not.
fn check(key: &dyn PreparedKey, items: &[Item<'_>]) {
    let mut corrupted = items[1].signature.to_vec();
    corrupted[20] ^= 1;
    let mut items = items.to_vec();
    items[1].signature = &corrupted;
    let mut holds = [true; BATCH];
    key.verify_batch(&items, &mut holds);
    let mut expected = [true; BATCH];
    expected[1] = false;
    assert_eq!(holds, expected);
}
