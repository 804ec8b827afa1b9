//! How long verifications took, and stages.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer};
use serde::Serialize;

use crate::dns::Algorithm;

/// Nanoseconds a verification took, by algorithm and backend.
#[derive(Clone, Debug, Default)]
pub struct Latencies {
    rows: BTreeMap<(Algorithm, &'static str), Histogram<u64>>,
}

impl Latencies {
    /// Counts a call that verified `signatures` in `elapsed`: each took an equal part.
    pub fn record(
        &mut self,
        algorithm: Algorithm,
        backend: &'static str,
        elapsed: Duration,
        signatures: u64,
    ) {
        let nanoseconds = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX);
        let histogram = self.rows.entry((algorithm, backend)).or_insert_with(new_histogram);
        // The histogram grows as needed, so recording cannot fail.
        let _ = histogram.record_n(nanoseconds / signatures.max(1), signatures);
    }

    /// Adds another worker's counts.
    pub fn merge(&mut self, other: &Self) {
        for (&key, histogram) in &other.rows {
            let mine = self.rows.entry(key).or_insert_with(new_histogram);
            // Both grow as needed, so adding cannot fail.
            let _ = mine.add(histogram);
        }
    }

    /// The histograms, by algorithm and backend.
    pub fn rows(&self) -> impl Iterator<Item = (Algorithm, &'static str, &Histogram<u64>)> {
        self.rows.iter().map(|(&(algorithm, backend), histogram)| (algorithm, backend, histogram))
    }
}

/// A histogram of three significant digits that grows with its values.
#[must_use]
pub fn new_histogram() -> Histogram<u64> {
    // `new` only fails for more than five significant digits.
    #[allow(clippy::expect_used)]
    let mut histogram = Histogram::new(3).expect("three digits are allowed");
    histogram.auto(true);
    histogram
}

/// Percentiles of a measured quantity.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Distribution {
    /// How many values.
    pub count: u64,
    /// The least.
    pub min: u64,
    /// The mean.
    pub mean: f64,
    /// Median.
    pub p50: u64,
    /// 90th percentile.
    pub p90: u64,
    /// 99th percentile.
    pub p99: u64,
    /// 99.9th percentile.
    pub p99_9: u64,
    /// 99.99th percentile.
    pub p99_99: u64,
    /// The greatest.
    pub max: u64,
}

impl Distribution {
    /// The percentiles of what a histogram counted; all zero when that is nothing.
    #[must_use]
    pub fn of(histogram: &Histogram<u64>) -> Self {
        if histogram.is_empty() {
            return Self::default();
        }
        let at = |percentile| histogram.value_at_percentile(percentile);
        Self {
            count: histogram.len(),
            min: histogram.min(),
            mean: histogram.mean(),
            p50: at(50.0),
            p90: at(90.0),
            p99: at(99.0),
            p99_9: at(99.9),
            p99_99: at(99.99),
            max: histogram.max(),
        }
    }
}

/// A histogram in the compressed form that HdrHistogram's tools exchange (V2 with deflate): some
/// hundred octets instead of tens of thousands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PackedHistogram(Vec<u8>);

impl PackedHistogram {
    /// Packs a histogram.
    #[must_use]
    pub fn pack(histogram: &Histogram<u64>) -> Self {
        let mut octets = Vec::new();
        match V2DeflateSerializer::new().serialize(histogram, &mut octets) {
            Ok(_) => Self(octets),
            // Memory takes all that is written.
            Err(_) => Self::default(),
        }
    }

    /// The histogram; one that is empty if this is none.
    #[must_use]
    pub fn unpack(&self) -> Histogram<u64> {
        Deserializer::new().deserialize(&mut &self.0[..]).unwrap_or_else(|_| new_histogram())
    }
}

/// Sums the time spent in a stage.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stopwatch {
    /// Time spent so far.
    pub busy: Duration,
    /// What was worked on, counted.
    pub items: u64,
    /// Octets worked on.
    pub bytes: u64,
}

impl Stopwatch {
    /// Runs `work` and adds the time it took.
    pub fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.busy += start.elapsed();
        result
    }

    /// Adds another worker's time.
    pub fn merge(&mut self, other: &Self) {
        self.busy += other.busy;
        self.items += other.items;
        self.bytes += other.bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_histogram_is_the_same_when_unpacked() {
        let mut histogram = new_histogram();
        for value in [1, 999, 1_000, 123_456_789] {
            histogram.record_n(value, 3).unwrap();
        }
        let packed = PackedHistogram::pack(&histogram);
        assert_eq!(packed.unpack(), histogram);
        assert!(packed.0.len() < 200, "{}", packed.0.len());
        assert!(PackedHistogram::default().unpack().is_empty());
    }

    #[test]
    fn a_distribution_of_nothing_is_zero() {
        assert_eq!(Distribution::of(&new_histogram()).max, 0);
        let mut histogram = new_histogram();
        (1..=1000).for_each(|value| histogram.record(value).unwrap());
        let Distribution { count, min, p50, p99, max, .. } = Distribution::of(&histogram);
        assert_eq!((count, min, p50, p99, max), (1000, 1, 500, 990, 1000));
    }
}
