//! Any octets, given as a capture: no panic, no endless loop, bounded memory, and the same outcome
//! whole and in pieces.
//!
//! The input's first octet decides in what portions a reader hands out the rest, and whether the
//! limits are so low that they are met.
#![no_main]

use std::io::Read;

use libfuzzer_sys::fuzz_target;
use sigmill::capture::{Event, Limits, ReadOptions, Totals, read};
use sigmill::source::Source;

/// Gives out its octets so many at a time.
struct Pieces(Vec<u8>, usize);

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = self.1.min(self.0.len()).min(buffer.len());
        buffer[..len].copy_from_slice(&self.0[..len]);
        self.0.drain(..len);
        Ok(len)
    }
}

type Outcome = (Vec<(u64, bool, Vec<u8>)>, Totals, Option<String>);

fn outcome(source: Source, limits: Limits) -> Outcome {
    let options = ReadOptions { limits, ..ReadOptions::default() };
    let (mut messages, mut faults) = (Vec::new(), 0);
    let read = read(source, &options, &mut |event| match event {
        Event::Message(message) => {
            assert!(message.octets.len() >= 12);
            messages.push((message.packet, message.whole, message.octets.to_vec()));
        }
        Event::Fault(_) => faults += 1,
        Event::Progress { .. } => {}
    });
    let (totals, error) = match read {
        Ok(totals) => (totals, None),
        Err(stopped) => (stopped.totals, Some(stopped.error.to_string())),
    };
    assert_eq!(totals.messages.all(), messages.len() as u64);
    assert_eq!(totals.faults.values().map(|tally| tally.count).sum::<u64>(), faults);
    (messages, totals, error)
}

/// Limits that small inputs meet.
const TIGHT: Limits = Limits {
    block_octets: 1600,
    interfaces: 2,
    tcp_streams: 3,
    tcp_stream_octets: 300,
    tcp_octets: 700,
    tcp_gap_seconds: 5,
    tcp_idle_seconds: 30,
    fragmented_datagrams: 2,
    fragment_octets: 3000,
    fragment_seconds: 30,
    places: 2,
};

fuzz_target!(|input: &[u8]| {
    let Some((&first, octets)) = input.split_first() else { return };
    // Compressed input is the business of another target, and can be large.
    let source = Source::from_bytes("same", octets.to_vec());
    if source.transport() != sigmill::source::Transport::Read {
        return;
    }
    let limits = if first & 1 == 0 { Limits::default() } else { TIGHT };
    let whole = outcome(source, limits);
    let pieces = Pieces(octets.to_vec(), usize::from(first >> 1) * 4 + 1);
    let source = Source::from_reader("same", pieces).expect("this reader does not fail");
    assert_eq!(whole, outcome(source, limits));
});
