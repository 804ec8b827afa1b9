//! What each stage of an audit has taken.

use std::time::Instant;

use crate::crypto::backend;
use crate::engine::{Distribution, KeyTable, Latencies, Stopwatch};
use crate::zonefile::scan;

use super::judge::Bench;
use super::summary::{LatencyFacts, Performance, StageFacts, TableFacts};

/// Time spent in each stage.
#[derive(Default)]
pub(super) struct Stages {
    pub in_passing: bool,
    pub spool: Stopwatch,
    pub read: Stopwatch,
    pub previous: Stopwatch,
    pub order: Stopwatch,
    load: Stopwatch,
    canonicalize: Stopwatch,
    verify: Stopwatch,
    judge: Stopwatch,
    pub deny: Stopwatch,
    latencies: Latencies,
}

impl Stages {
    /// Takes in what a worker measured.
    pub(super) fn add(&mut self, bench: &Bench) {
        self.order.merge(&bench.order);
        self.load.merge(&bench.load);
        self.canonicalize.merge(&bench.canonicalize);
        self.verify.merge(&bench.verify);
        self.judge.merge(&bench.judge);
        self.latencies.merge(&bench.latencies);
    }

    pub(super) fn performance(
        &self,
        start: Instant,
        threads: usize,
        table: &KeyTable,
    ) -> Performance {
        let stage = |stage, unit, watch: &Stopwatch| StageFacts {
            stage,
            kernel: None,
            busy_seconds: watch.busy.as_secs_f64(),
            items: watch.items,
            unit,
            bytes: (watch.bytes > 0).then_some(watch.bytes),
        };
        let reader = |stage| StageFacts { kernel: Some(scan::Kernel::chosen().name()), ..stage };
        let latency = |(algorithm, backend, histogram)| LatencyFacts {
            algorithm,
            backend,
            kernel: table.kernel(algorithm, backend),
            nanoseconds: Distribution::of(histogram),
        };
        Performance {
            threads: workers(threads),
            wall_seconds: start.elapsed().as_secs_f64(),
            in_passing: self.in_passing,
            stages: [
                (self.spool.items > 0).then(|| stage("spool", "octets", &self.spool)),
                Some(reader(stage("read", "records", &self.read))),
                (self.previous.items > 0)
                    .then(|| reader(stage("previous", "records", &self.previous))),
                Some(stage("order", "records", &self.order)),
                Some(reader(stage("load", "records", &self.load))),
                Some(stage("canonicalize", "rrsets", &self.canonicalize)),
                Some(stage("verify", "signatures", &self.verify)),
                Some(stage("judge", "rrsets", &self.judge)),
                Some(stage("deny", "records", &self.deny)),
            ]
            .into_iter()
            .flatten()
            .collect(),
            latency: self.latencies.rows().map(latency).collect(),
            tables: TableFacts {
                key_bytes: table.table_octets() as u64,
                base_point_bytes: backend::base_table_octets() as u64,
            },
        }
    }
}

/// How many work at a time with so many threads; 0 is one for each processor.
pub(super) fn workers(threads: usize) -> usize {
    if threads == 0 { std::thread::available_parallelism().map_or(1, usize::from) } else { threads }
}
