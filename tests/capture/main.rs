//! The room `capture` from outside: files to messages, with everything that networks and tools do
//! to packets on the way.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)] // of tests
#![allow(missing_docs)]

#[path = "../common/mod.rs"]
mod common;

mod dnstap;
mod files;
mod fragments;
mod hostile;
mod links;
mod live;
mod peers;
mod tcp;
mod udp;

use std::net::SocketAddr;

use sigmill::capture::{
    CaptureError, Cause, Event, Fault, Limits, Message, ReadOptions, Totals, Transport, read,
};
use sigmill::source::Source;

/// A message, kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Got {
    pub time: Option<String>,
    pub transport: Transport,
    pub from: Option<SocketAddr>,
    pub to: Option<SocketAddr>,
    pub packet: u64,
    pub offset: u64,
    pub octets: Vec<u8>,
    pub whole: bool,
}

impl Got {
    fn keep(message: &Message<'_>) -> Self {
        Self {
            time: message.time.map(|time| time.to_string()),
            transport: message.transport,
            from: message.from,
            to: message.to,
            packet: message.packet,
            offset: message.offset,
            octets: message.octets.to_vec(),
            whole: message.whole,
        }
    }
}

/// All that reading gives.
#[derive(Debug)]
pub struct Outcome {
    pub messages: Vec<Got>,
    pub faults: Vec<Fault>,
    pub totals: Totals,
    pub error: Option<CaptureError>,
}

impl Outcome {
    pub fn octets(&self) -> Vec<&[u8]> {
        self.messages.iter().map(|got| &*got.octets).collect()
    }

    pub fn causes(&self) -> Vec<Cause> {
        self.faults.iter().map(|fault| fault.cause).collect()
    }

    /// The messages of a file in which nothing is wrong.
    #[track_caller]
    pub fn sound(self) -> Vec<Got> {
        assert!(self.error.is_none(), "{:?}", self.error);
        assert_eq!(self.faults, [], "{:?}", self.totals);
        assert!(self.messages.iter().all(|got| got.whole));
        self.messages
    }

    #[track_caller]
    pub fn error(&self) -> String {
        self.error.as_ref().expect("an error").to_string()
    }
}

pub fn read_source(source: Source, options: &ReadOptions) -> Outcome {
    let (mut messages, mut faults) = (Vec::new(), Vec::new());
    let read = read(source, options, &mut |event| match event {
        Event::Message(message) => messages.push(Got::keep(&message)),
        Event::Fault(fault) => faults.push(fault),
        Event::Progress { .. } => {}
    });
    let (totals, error) = match read {
        Ok(totals) => (totals, None),
        Err(stopped) => (stopped.totals, Some(stopped.error)),
    };
    // What the totals say is what was handed on.
    assert_eq!(totals.messages.all(), messages.len() as u64);
    assert_eq!(totals.messages.cut, messages.iter().filter(|got| !got.whole).count() as u64);
    assert_eq!(totals.faults.values().map(|tally| tally.count).sum::<u64>(), faults.len() as u64);
    assert!(messages.iter().all(|got| got.octets.len() >= 12));
    Outcome { messages, faults, totals, error }
}

pub fn read_octets(octets: &[u8]) -> Outcome {
    read_source(Source::from_bytes("test", octets.to_vec()), &ReadOptions::default())
}

pub fn read_limited(octets: &[u8], limits: Limits) -> Outcome {
    let options = ReadOptions { limits, ..ReadOptions::default() };
    read_source(Source::from_bytes("test", octets.to_vec()), &options)
}
