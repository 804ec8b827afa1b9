//! Where everything goes that is found: to the caller, and into the totals.

use super::message::{Message, Transport};
use super::options::ReadOptions;
use super::time::PacketTime;
use super::totals::{Cause, Fault, Place, Totals};

/// Octets of a DNS header (RFC 1035 §4.1.1): the least a message can have.
pub(super) const HEADER: usize = 12;

/// What reading yields, in the order of the file.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A message.
    Message(Message<'a>),
    /// Something that is wrong, or that was given up.
    Fault(Fault),
    /// Reading has come so far.
    Progress {
        /// Octets of the stored input (compressed, if it is) consumed.
        stored: u64,
        /// Packets read.
        packets: u64,
    },
}

/// Where in the file something stands, and when that was.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct At {
    pub(super) place: Place,
    pub(super) time: Option<PacketTime>,
}

pub(super) struct Sink<'s> {
    pub(super) options: &'s ReadOptions,
    pub(super) totals: Totals,
    on_event: &'s mut dyn FnMut(Event<'_>),
}

impl<'s> Sink<'s> {
    pub(super) fn new(options: &'s ReadOptions, on_event: &'s mut dyn FnMut(Event<'_>)) -> Self {
        Self { options, totals: Totals::default(), on_event }
    }

    /// Hands a message on; one that lacks a part of its header is a fault instead.
    pub(super) fn message(&mut self, message: Message<'_>) {
        let place = Place { packet: message.packet, offset: message.offset };
        if message.octets.len() < HEADER {
            let cause = if message.whole { Cause::MessageShort } else { Cause::HeadersCut };
            self.fault(cause, place);
            return;
        }
        let counts = &mut self.totals.messages;
        *match message.transport {
            Transport::Udp => &mut counts.udp,
            Transport::Tcp => &mut counts.tcp,
            Transport::Dnstap { .. } => &mut counts.dnstap,
        } += 1;
        counts.cut += u64::from(!message.whole);
        counts.octets += message.octets.len() as u64;
        (self.on_event)(Event::Message(message));
    }

    pub(super) fn fault(&mut self, cause: Cause, place: Place) {
        let fault = Fault { cause, place };
        self.totals.add_fault(fault, self.options.limits.places);
        (self.on_event)(Event::Fault(fault));
    }

    pub(super) fn progress(&mut self, stored: u64) {
        (self.on_event)(Event::Progress { stored, packets: self.totals.packets });
    }

    /// Whether DNS is spoken on one of these ports.
    pub(super) fn wants(&self, ports: [u16; 2]) -> bool {
        ports.iter().any(|port| self.options.ports.contains(port))
    }
}
