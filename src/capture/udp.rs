//! UDP datagrams (RFC 768): each of them is a message.

use std::net::IpAddr;

use etherparse::UdpHeaderSlice;
use etherparse::checksum::Sum16BitWords;

use super::dissect::Datagram;
use super::message::{Message, Transport};
use super::sink::Sink;
use super::totals::Cause;

/// Octets of a UDP header.
const HEADER: usize = 8;

/// The ports that a UDP or TCP header begins with.
pub(super) fn ports(payload: &[u8]) -> Option<[u16; 2]> {
    let [a, b, c, d] = *payload.first_chunk::<4>()?;
    Some([u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])])
}

/// Hands on what a datagram of the ports carries, even where its length or checksum is wrong.
pub(super) fn datagram(datagram: &Datagram<'_>, sink: &mut Sink<'_>) {
    let &Datagram { payload, missing, .. } = datagram;
    let place = datagram.at.place;
    let Ok(header) = UdpHeaderSlice::from_slice(payload) else {
        let cause = if missing > 0 { Cause::HeadersCut } else { Cause::UdpHeader };
        return sink.fault(cause, place);
    };
    let (source, destination) = (header.source_port(), header.destination_port());
    if !sink.wants([source, destination]) {
        sink.totals.other_port += 1;
        return;
    }
    // Less than the IP payload is no fault: RFC 9868 puts options behind the datagram.
    let stated = usize::from(header.length());
    let is_possible = (HEADER..=payload.len() + missing).contains(&stated);
    let end = if is_possible { stated } else { payload.len() };
    if !is_possible {
        sink.fault(Cause::UdpLength, place);
    }
    let is_whole = if is_possible { end <= payload.len() } else { missing == 0 && stated < HEADER };
    let segment = payload.get(..end).unwrap_or(payload);
    if is_possible && is_whole && header.checksum() != 0 {
        match sum(datagram, segment, header.checksum()) {
            Sum::Intact => {}
            Sum::Unfinished => sink.totals.checksums_unfinished += 1,
            Sum::Wrong if datagram.is_local() => sink.totals.checksums_unfinished += 1,
            Sum::Wrong => sink.fault(Cause::UdpChecksum, place),
        }
    }
    sink.message(Message {
        time: datagram.at.time,
        transport: Transport::Udp,
        from: Some((datagram.from, source).into()),
        to: Some((datagram.to, destination).into()),
        packet: place.packet,
        offset: place.offset,
        octets: segment.get(HEADER..).unwrap_or_default(),
        whole: is_whole,
    });
}

/// What a checksum says.
enum Sum {
    Intact,
    /// It is that of the pseudo header alone: whoever sent the packet left the rest to the network card,
    /// and it was captured before that.
    Unfinished,
    Wrong,
}

fn sum(datagram: &Datagram<'_>, segment: &[u8], stated: u16) -> Sum {
    let mut sum = Sum16BitWords::new();
    for address in [datagram.from, datagram.to] {
        sum = match address {
            IpAddr::V4(address) => sum.add_4bytes(address.octets()),
            IpAddr::V6(address) => sum.add_16bytes(address.octets()),
        };
    }
    // The length is that of the header's field, which has sixteen bits.
    let len = u16::try_from(segment.len()).unwrap_or_default();
    let pseudo = sum.add_2bytes([0, datagram.protocol.0]).add_2bytes(len.to_be_bytes());
    let of_pseudo = u16::from_be(!pseudo.ones_complement());
    // Pseudo header and datagram, its checksum included, add up to zero (RFC 768).
    if pseudo.add_slice(segment).ones_complement() == 0 {
        Sum::Intact
    } else if of_pseudo == stated {
        Sum::Unfinished
    } else {
        Sum::Wrong
    }
}
