//! Takes in the messages of a capture.

use std::net::{Ipv4Addr, SocketAddr};

use crate::capture::{self, CaptureError, Event, ReadOptions, Totals};
use crate::source::Source;

use super::intake::{Intake, Sighting};

/// Reads a capture and takes in its messages; `now` is the time of packets that have none.
/// `on_progress` is told how many octets of the stored input have been read.
///
/// # Errors
/// When the capture cannot be read, or not to its end. What was read before has been taken in.
pub fn read_capture(
    intake: &mut Intake,
    source: Source,
    options: &ReadOptions,
    now: i64,
    on_progress: &mut dyn FnMut(u64),
) -> Result<(), CaptureError> {
    let nowhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    let file = intake.file(source.name());
    let read = capture::read(source, options, &mut |event| match event {
        Event::Message(message) => {
            let seen = Sighting {
                at: message.time.map_or(now, |time| time.seconds),
                file,
                packet: message.packet,
                from: message.from.unwrap_or(nowhere),
                to: message.to.unwrap_or(nowhere),
                transport: message.transport,
                whole: message.whole,
            };
            intake.message(&seen, message.octets);
        }
        Event::Fault(fault) => {
            let place = intake.place((file, fault.place.packet));
            intake.fault(&fault.cause.to_string(), &place);
        }
        Event::Progress { stored, .. } => on_progress(stored),
    });
    let (totals, error) = match read {
        Ok(totals) => (totals, None),
        Err(stopped) => (stopped.totals, Some(stopped.error)),
    };
    add(intake, &totals);
    error.map_or(Ok(()), Err)
}

fn add(intake: &mut Intake, totals: &Totals) {
    let facts = intake.facts();
    facts.packets += totals.packets;
    facts.octets += totals.octets;
    facts.icmp_quotes += totals.icmp_quotes;
    facts.tcp_octets_lost += totals.tcp_octets_lost;
    facts.checksums_unfinished += totals.checksums_unfinished;
    facts.over.udp += totals.messages.udp;
    facts.over.tcp += totals.messages.tcp;
    facts.over.dnstap += totals.messages.dnstap;
}
