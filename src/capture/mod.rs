//! Packet captures and dnstap files to DNS messages, each with the time of its packet.
//!
//! The road inside: `file` takes a file apart into packets (pcap, pcapng) or messages (dnstap),
//! `link` finds the IP packet in a frame, `ip` its payload, `fragments` puts datagrams together,
//! `udp` and `tcp` find the messages in them. What is wrong with one packet is a [`Fault`] and is
//! counted by its [`Cause`]; reading goes on behind it. The octets of a message are handed on as
//! they were sent: nothing here parses a DNS message, except to find the beginning of one in a TCP
//! stream that was joined midway.
//!
//! Memory is bounded by [`Limits`], whatever the length of the capture, and what a limit costs is
//! counted. Input that comes through a pipe is taken live: a message is handed on as soon as the
//! last packet that it needs came in.
//!
//! ```
//! use sigmill::capture::{Event, ReadOptions, read};
//! use sigmill::source::Source;
//!
//! // A pcap file of one packet: raw IPv4, UDP from port 53 of 192.0.2.1, twelve octets.
//! let mut file = Vec::new();
//! for field in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65535, 101, 1_500_000_000, 250_000, 40, 40] {
//!     file.extend(field.to_le_bytes());
//! }
//! file.extend([0x45, 0, 0, 40, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
//! file.extend([0, 53, 0x30, 0x39, 0, 20, 0, 0]);
//! file.extend([0xab, 0xcd, 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
//!
//! let source = Source::from_bytes("example.pcap", file);
//! let mut times = Vec::new();
//! let totals = read(source, &ReadOptions::default(), &mut |event| {
//!     if let Event::Message(message) = event {
//!         times.extend(message.time.map(|time| time.to_string()));
//!     }
//! })?;
//! assert_eq!(times, ["1500000000.250000000"]);
//! assert_eq!((totals.packets, totals.messages.udp), (1, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod error;
pub mod message;
pub mod options;
pub mod time;
pub mod totals;

mod dissect;
mod file;
mod fragments;
mod ip;
mod link;
mod reader;
mod shape;
mod sink;
mod tcp;
mod udp;

pub use error::{CaptureError, Seems, Stopped};
pub use message::{DnstapKind, DnstapTransport, Message, Transport};
pub use options::{Limits, ReadOptions};
pub use reader::{Recognised, read, recognise};
pub use sink::Event;
pub use time::PacketTime;
pub use totals::{Cause, Fault, FileFormat, MessageCounts, Place, Tally, Totals};
