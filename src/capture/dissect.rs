//! A packet on its way through the layers.

use std::net::IpAddr;

use etherparse::ip_number::{ICMP, IPV6_ICMP, TCP, UDP};
use etherparse::{IpNumber, TcpSlice, err};

use super::fragments::Fragments;
use super::ip::{self, IpPacket};
use super::link::{self, Network};
use super::options::Limits;
use super::sink::{At, Sink};
use super::tcp::{Segment, Streams};
use super::time::PacketTime;
use super::totals::{Cause, Place};
use super::udp;

/// A packet as the file has it.
pub(super) struct Packet<'a> {
    pub(super) place: Place,
    pub(super) time: Option<PacketTime>,
    /// The number of its link type.
    pub(super) link_type: u16,
    /// What was captured of it.
    pub(super) octets: &'a [u8],
    /// Octets it had on the wire.
    pub(super) wire_len: usize,
}

/// What an IP packet carries, put together from its fragments if it came in several.
#[derive(Clone, Copy)]
pub(super) struct Datagram<'a> {
    pub(super) from: IpAddr,
    pub(super) to: IpAddr,
    pub(super) protocol: IpNumber,
    pub(super) payload: &'a [u8],
    /// Octets that followed on the wire and were not captured.
    pub(super) missing: usize,
    pub(super) at: At,
    /// Whether the link type is one that only loopback interfaces have.
    pub(super) over_loopback: bool,
}

impl Datagram<'_> {
    /// Whether it never left the machine.
    pub(super) fn is_local(&self) -> bool {
        self.over_loopback || self.from.is_loopback() || self.to.is_loopback()
    }
}

/// All that is remembered from one packet to the next.
pub(super) struct Dissector {
    fragments: Fragments,
    streams: Streams,
}

impl Dissector {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { fragments: Fragments::new(limits), streams: Streams::new(limits) }
    }

    pub(super) fn packet(&mut self, packet: &Packet<'_>, sink: &mut Sink<'_>) {
        let totals = &mut sink.totals;
        totals.packets += 1;
        totals.octets += packet.octets.len() as u64;
        let is_cut = packet.octets.len() < packet.wire_len;
        totals.packets_cut += u64::from(is_cut);
        *totals.link_types.entry(packet.link_type).or_default() += 1;
        totals.add_time(packet.time);
        let parsed = match link::network(packet.link_type, packet.octets) {
            Ok(Network::Ip(octets)) => ip::parse(octets),
            Ok(Network::Other) => {
                totals.not_ip += 1;
                return;
            }
            Err(cause) => Err(cause),
        };
        match parsed {
            Ok(parsed) => self.ip(&parsed, is_cut, packet, sink),
            Err(Cause::LinkTypeUnknown) => sink.fault(Cause::LinkTypeUnknown, packet.place),
            Err(cause) => {
                sink.fault(if is_cut { Cause::HeadersCut } else { cause }, packet.place);
            }
        }
    }

    /// The file is at its end: what is incomplete will not become complete.
    pub(super) fn finish(&mut self, sink: &mut Sink<'_>) {
        self.fragments.finish(sink);
        self.streams.finish(sink);
    }

    fn ip(&mut self, ip: &IpPacket<'_>, is_cut: bool, packet: &Packet<'_>, sink: &mut Sink<'_>) {
        let at = At { place: packet.place, time: packet.time };
        if ip.odd_length || ip.missing > 0 && !is_cut {
            sink.fault(Cause::IpLength, at.place);
        }
        let &IpPacket { from, to, protocol, payload, missing, fragment, .. } = ip;
        let over_loopback = link::is_loopback(packet.link_type);
        let part = Datagram { from, to, protocol, payload, missing, at, over_loopback };
        let Some(fragment) = fragment else {
            self.transport(&part, sink);
            return;
        };
        let Some(whole) = self.fragments.add(&part, fragment, sink) else { return };
        // Extension headers may be among what was fragmented.
        match ip::extensions(from, whole.protocol, &whole.octets) {
            Ok(ip::Upper { protocol, payload, fragment: None }) => {
                let datagram = Datagram { protocol, payload, missing: whole.missing, ..part };
                self.transport(&datagram, sink);
            }
            _ => sink.fault(Cause::ExtensionHeader, at.place),
        }
    }

    fn transport(&mut self, datagram: &Datagram<'_>, sink: &mut Sink<'_>) {
        match datagram.protocol {
            UDP => udp::datagram(datagram, sink),
            TCP => self.tcp(datagram, sink),
            ICMP | IPV6_ICMP => sink.totals.icmp_quotes += u64::from(quotes(datagram, sink)),
            _ => sink.totals.other_transport += 1,
        }
    }

    fn tcp(&mut self, datagram: &Datagram<'_>, sink: &mut Sink<'_>) {
        let place = datagram.at.place;
        let tcp = match TcpSlice::from_slice(datagram.payload) {
            Ok(tcp) => tcp,
            Err(err::tcp::HeaderSliceError::Len(_)) if datagram.missing > 0 => {
                return sink.fault(Cause::HeadersCut, place);
            }
            Err(_) => return sink.fault(Cause::TcpHeader, place),
        };
        if !sink.wants([tcp.source_port(), tcp.destination_port()]) {
            sink.totals.other_port += 1;
            return;
        }
        let segment = Segment {
            from: (datagram.from, tcp.source_port()).into(),
            to: (datagram.to, tcp.destination_port()).into(),
            sequence: tcp.sequence_number(),
            syn: tcp.syn(),
            fin: tcp.fin(),
            rst: tcp.rst(),
            payload: tcp.payload(),
            missing: datagram.missing,
            at: datagram.at,
        };
        self.streams.segment(&segment, sink);
    }
}

/// Whether an ICMP error (RFC 792, RFC 4443 §3) quotes a packet to or from one of the ports.
fn quotes(datagram: &Datagram<'_>, sink: &Sink<'_>) -> bool {
    /// Octets of an ICMP header, in either version.
    const HEADER: usize = 8;
    let is_error = match (datagram.protocol, datagram.payload.first()) {
        // Destination unreachable, source quench, redirect, time exceeded, parameter problem.
        (ICMP, Some(kind)) => matches!(kind, 3 | 4 | 5 | 11 | 12),
        // Destination unreachable, packet too big, time exceeded, parameter problem.
        (_, Some(kind)) => matches!(kind, 1..=4),
        (_, None) => false,
    };
    let quoted = datagram.payload.get(HEADER..).filter(|_| is_error);
    let Some(Ok(quoted)) = quoted.map(ip::parse) else { return false };
    let has_ports = matches!(quoted.protocol, UDP | TCP)
        && quoted.fragment.is_none_or(|fragment| fragment.offset == 0);
    udp::ports(quoted.payload).is_some_and(|ports| has_ports && sink.wants(ports))
}
