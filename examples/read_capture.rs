//! Reads captures to their end and says what is in them: the messages by the way they came, and every
//! record of every message, its names expanded, by type. Nothing is verified: `sigmill capture` does
//! that. `scripts/compare-captures` measures this as the reading alone.
//!
//!     read_capture FILE…                 a table of what is there
//!     read_capture --messages FILE…      messages only, whatever is in them
//!     read_capture --port 5300 -         DNS on another port, from a pipe

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;
use sigmill::capture::{self, Event, ReadOptions};
use sigmill::dns::RType;
use sigmill::dns::message::{Message, MessageError};
use sigmill::source::{OpenOptions, Source};

#[derive(Parser)]
struct Options {
    /// Captures: pcap, pcapng or dnstap, compressed or not; - is standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Ports of DNS
    #[arg(long, default_values_t = [53])]
    port: Vec<u16>,
    /// Do not look into messages
    #[arg(long)]
    messages: bool,
}

/// What was found.
#[derive(Default)]
struct Found {
    packets: u64,
    /// Messages over UDP and TCP, and of dnstap.
    ways: [u64; 3],
    /// Octets of the messages.
    octets: u64,
    responses: u64,
    /// Messages that cannot be read to their end, or are not all there.
    unread: u64,
    /// ICMP errors that quote DNS; what they quote is not counted with the messages.
    icmp_quotes: u64,
    /// Records by type.
    records: BTreeMap<RType, u64>,
    /// Octets of RDATA, names in it expanded.
    rdata: u64,
}

impl Found {
    /// Takes up the records of all sections.
    fn message(&mut self, octets: &[u8]) -> Result<(), MessageError> {
        let message = Message::new(octets)?;
        self.responses += u64::from(message.is_response());
        message.question()?;
        let mut records = message.records()?;
        while let Some(record) = records.next_record()? {
            *self.records.entry(record.rtype).or_default() += 1;
            self.rdata += record.rdata.len() as u64;
        }
        Ok(())
    }
}

fn main() -> Result<()> {
    let options = Options::parse();
    let read_options = ReadOptions { ports: options.port, ..ReadOptions::default() };
    let mut found = Found::default();
    for file in &options.files {
        let source = Source::open(file, &OpenOptions::default())?;
        let totals = capture::read(source, &read_options, &mut |event| {
            let Event::Message(message) = event else { return };
            let is_read = options.messages || found.message(message.octets).is_ok();
            found.unread += u64::from(!is_read || !message.whole);
        })?;
        found.packets += totals.packets;
        found.ways[0] += totals.messages.udp;
        found.ways[1] += totals.messages.tcp;
        found.ways[2] += totals.messages.dnstap;
        found.octets += totals.messages.octets;
        found.icmp_quotes += totals.icmp_quotes;
    }
    let [udp, tcp, dnstap] = found.ways;
    let line = |what: &str, count: u64| println!("{what:<16}{count:>16}");
    line("packets", found.packets);
    line("messages", udp + tcp + dnstap);
    line("  UDP", udp);
    line("  TCP", tcp);
    line("  dnstap", dnstap);
    line("  not readable", found.unread);
    line("  octets", found.octets);
    line("ICMP quotes", found.icmp_quotes);
    if options.messages {
        return Ok(());
    }
    line("responses", found.responses);
    line("records", found.records.values().sum());
    line("  RDATA octets", found.rdata);
    for (rtype, count) in &found.records {
        line(&format!("  {rtype}"), *count);
    }
    Ok(())
}
