//! A log of intervals in the format of HdrHistogram: one histogram of nanoseconds a signature for each
//! round of each row, with the row's name as its tag. HistogramLogProcessor and its like read it.

use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{
    IntervalLogWriterBuilder, IntervalLogWriterError, Tag,
};

use crate::bench::{Comparison, Row};
use crate::report::entry::VERSION;

use super::BenchExporter;

/// The log.
#[derive(Debug)]
pub(super) struct BenchHlog;

/// The maximum of an interval, which is for people, is told in milliseconds.
const NANOSECONDS_IN_MILLISECOND: f64 = 1e6;

impl BenchExporter for BenchHlog {
    fn write(&self, comparison: &Comparison, mut out: &mut dyn Write) -> io::Result<()> {
        let started = u64::try_from(comparison.started).unwrap_or(0);
        let started = SystemTime::UNIX_EPOCH + Duration::from_secs(started);
        let mut serializer = V2DeflateSerializer::new();
        let mut log = IntervalLogWriterBuilder::new()
            .add_comment("[Histogram log format version 1.3]")
            .add_comment(&format!("[sigmill {VERSION}: nanoseconds a signature]"))
            .with_start_time(started)
            .with_base_time(started)
            .with_max_value_divisor(NANOSECONDS_IN_MILLISECOND)
            .begin_log_with(&mut out, &mut serializer)?;
        // Intervals are to be in the order in which they began.
        let rounds =
            comparison.rows.iter().flat_map(|row| row.rounds.iter().map(move |r| (row, r)));
        let mut rounds: Vec<_> = rounds.collect();
        rounds.sort_by(|a, b| a.1.start_seconds.total_cmp(&b.1.start_seconds));
        for (row, round) in rounds {
            let start = Duration::try_from_secs_f64(round.start_seconds).unwrap_or_default();
            let length = Duration::try_from_secs_f64(round.seconds).unwrap_or_default();
            let tag = tag(row);
            log.write_histogram(&round.nanoseconds.unpack(), start, length, Tag::new(&tag))
                .map_err(|error| match error {
                    IntervalLogWriterError::IoError(error) => error,
                    IntervalLogWriterError::SerializeError(error) => io::Error::other(error),
                })?;
        }
        Ok(())
    }
}

/// The work, the contender and the threads, without commas and blanks: `verify/p256/lanes/2`.
fn tag(row: &Row) -> String {
    let work = &row.work;
    let mut tag = work.stage.name().to_owned();
    if let Some(kind) = work.kind {
        tag += &format!("/{kind}");
    }
    if let (Some(keys), Some(signatures)) = (work.keys, work.signatures_per_key) {
        tag += &format!("/{}-{signatures}", keys.name());
    }
    if let Some(batch) = work.batch {
        tag += &format!("/batch-{batch}");
    }
    format!("{tag}/{}/{}", row.contender, row.threads)
}
