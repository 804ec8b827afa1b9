//! Packets and capture files, built octet by octet: what the tests and benchmarks of `capture` read.

#![allow(clippy::cast_possible_truncation)] // numbers that this file chose itself

use std::net::{IpAddr, SocketAddr};

pub const UDP: u8 = 17;
pub const TCP: u8 = 6;

/// TCP flags.
pub const FIN: u8 = 1;
pub const SYN: u8 = 2;
pub const RST: u8 = 4;
pub const ACK: u8 = 16;

/// The link types that are read.
pub const LINK_TYPES: [u16; 10] = [0, 1, 12, 14, 101, 108, 113, 228, 229, 276];

pub fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address and a port")
}

/// An answer of about `len` octets, 60 or more: one question, and a TXT record that fills it.
pub fn message(id: u16, len: usize) -> Vec<u8> {
    let mut octets = id.to_be_bytes().to_vec();
    octets.extend([0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0]);
    octets.extend(b"\x07example\x04test\0\0\x10\0\x01");
    octets.extend(b"\xc0\x0c\0\x10\0\x01\0\0\x0e\x10");
    let mut text = Vec::new();
    let mut left = len.saturating_sub(octets.len() + 2).max(2);
    while left > 1 {
        let part = (left - 1).min(255);
        text.push(u8::try_from(part).expect("at most 255"));
        // Digits that differ from place to place, so that a misplaced octet shows.
        text.extend((0..part).map(|at| b'0' + ((text_len(id) + at * 7 + left) % 75) as u8));
        left -= part + 1;
    }
    octets.extend(u16::try_from(text.len()).expect("RDATA").to_be_bytes());
    octets.extend(text);
    octets
}

fn text_len(id: u16) -> usize {
    usize::from(id)
}

/// A message with its length before it, as in a TCP stream.
pub fn framed(message: &[u8]) -> Vec<u8> {
    let len = u16::try_from(message.len()).expect("at most 65535");
    [&len.to_be_bytes(), message].concat()
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

fn be16(number: usize) -> [u8; 2] {
    u16::try_from(number).expect("sixteen bits").to_be_bytes()
}

/// RFC 1071.
fn checksum(octets: &[u8]) -> u16 {
    let words = octets.chunks(2).map(|pair| match *pair {
        [high, low] => u32::from(u16::from_be_bytes([high, low])),
        _ => u32::from(pair[0]) << 8,
    });
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).expect("sixteen bits")
}

fn pseudo_header(from: IpAddr, to: IpAddr, protocol: u8, len: usize) -> Vec<u8> {
    [&octets(from)[..], &octets(to), &[0, protocol], &be16(len)].concat()
}

/// An IP packet of the addresses' version.
pub fn ip(from: IpAddr, to: IpAddr, protocol: u8, payload: &[u8]) -> Vec<u8> {
    if from.is_ipv6() {
        let mut packet = vec![0x60, 0, 0, 0];
        packet.extend(be16(payload.len()));
        packet.extend([protocol, 64]);
        packet.extend([octets(from), octets(to)].concat());
        packet.extend(payload);
        return packet;
    }
    ipv4(from, to, protocol, 0, 0, payload)
}

/// An IPv4 packet with an identification, and the field of flags and fragment offset.
pub fn ipv4(
    from: IpAddr,
    to: IpAddr,
    protocol: u8,
    id: u16,
    place: u16,
    payload: &[u8],
) -> Vec<u8> {
    let mut packet = vec![0x45, 0];
    packet.extend(be16(20 + payload.len()));
    packet.extend([id.to_be_bytes(), place.to_be_bytes()].concat());
    packet.extend([64, protocol, 0, 0]);
    packet.extend([octets(from), octets(to)].concat());
    let sum = checksum(&packet);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet.extend(payload);
    packet
}

/// A UDP header and payload, to be put into IP.
pub fn udp_segment(from: SocketAddr, to: SocketAddr, payload: &[u8]) -> Vec<u8> {
    let mut segment = [from.port().to_be_bytes(), to.port().to_be_bytes()].concat();
    segment.extend(be16(8 + payload.len()));
    segment.extend([0, 0]);
    segment.extend(payload);
    let pseudo = pseudo_header(from.ip(), to.ip(), UDP, segment.len());
    let sum = match checksum(&[pseudo, segment.clone()].concat()) {
        0 => 0xffff,
        sum => sum,
    };
    segment[6..8].copy_from_slice(&sum.to_be_bytes());
    segment
}

/// An IP packet with a UDP datagram.
pub fn udp(from: SocketAddr, to: SocketAddr, payload: &[u8]) -> Vec<u8> {
    ip(from.ip(), to.ip(), UDP, &udp_segment(from, to, payload))
}

/// An IP packet with a TCP segment.
pub fn tcp(from: SocketAddr, to: SocketAddr, sequence: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut segment = [from.port().to_be_bytes(), to.port().to_be_bytes()].concat();
    segment.extend(sequence.to_be_bytes());
    segment.extend([0, 0, 0, 1, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    segment.extend(payload);
    let pseudo = pseudo_header(from.ip(), to.ip(), TCP, segment.len());
    let sum = checksum(&[pseudo, segment.clone()].concat());
    segment[16..18].copy_from_slice(&sum.to_be_bytes());
    ip(from.ip(), to.ip(), TCP, &segment)
}

/// One fragment of an IP payload: its octets from `start` to `end`.
pub fn fragment(
    from: IpAddr,
    to: IpAddr,
    protocol: u8,
    id: u16,
    payload: &[u8],
    (start, end): (usize, usize),
) -> Vec<u8> {
    let place = u16::try_from(start).expect("an offset");
    let more = end < payload.len();
    let part = &payload[start..end];
    if from.is_ipv4() {
        return ipv4(from, to, protocol, id, (place / 8) | (u16::from(more) << 13), part);
    }
    let mut header = vec![protocol, 0];
    header.extend((place | u16::from(more)).to_be_bytes());
    header.extend(u32::from(id).to_be_bytes());
    header.extend(part);
    ip(from, to, 44, &header)
}

/// A payload in fragments of `size` octets, a multiple of eight.
pub fn fragments(
    from: IpAddr,
    to: IpAddr,
    protocol: u8,
    id: u16,
    payload: &[u8],
    size: usize,
) -> Vec<Vec<u8>> {
    let starts = (0..payload.len()).step_by(size);
    let part = |start| (start, payload.len().min(start + size));
    starts.map(|start| fragment(from, to, protocol, id, payload, part(start))).collect()
}

/// An IP packet in a frame of a link type.
pub fn frame(link_type: u16, packet: &[u8]) -> Vec<u8> {
    let is_v6 = packet[0] >> 4 == 6;
    let ether_type: [u8; 2] = if is_v6 { [0x86, 0xdd] } else { [0x08, 0x00] };
    let family: u8 = if is_v6 { 30 } else { 2 };
    let header: Vec<u8> = match link_type {
        0 => vec![family, 0, 0, 0],
        1 => [&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2], &ether_type[..]].concat(),
        108 => vec![0, 0, 0, if is_v6 { 24 } else { 2 }],
        113 => [&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 2, 0, 0], &ether_type[..]].concat(),
        276 => {
            let rest = [0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 2, 0, 0];
            [&ether_type[..], &rest].concat()
        }
        _ => Vec::new(),
    };
    [&header[..], packet].concat()
}

/// The byte order of a file's fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    Little,
    Big,
}

impl Order {
    pub fn u16(self, number: u16) -> [u8; 2] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }

    pub fn u32(self, number: u32) -> [u8; 4] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }
}

/// A pcap file in the making.
pub struct Pcap {
    pub order: Order,
    pub octets: Vec<u8>,
    snaplen: usize,
    time: (u32, u32),
}

impl Pcap {
    /// With microseconds, unless `nano`.
    pub fn new(order: Order, nano: bool, link_type: u16) -> Self {
        let magic = if nano { 0xa1b2_3c4d } else { 0xa1b2_c3d4 };
        let mut octets = order.u32(magic).to_vec();
        octets.extend([order.u16(2), order.u16(4)].concat());
        octets.extend([0, 0, 262_144, u32::from(link_type)].map(|word| order.u32(word)).concat());
        Self { order, octets, snaplen: usize::MAX, time: (1_500_000_000, 0) }
    }

    /// The usual kind: little-endian, microseconds.
    pub fn of(link_type: u16) -> Self {
        Self::new(Order::Little, false, link_type)
    }

    /// Octets that are captured of the packets that follow.
    pub fn snap(&mut self, snaplen: usize) -> &mut Self {
        self.snaplen = snaplen;
        self
    }

    /// The time of the packets that follow.
    pub fn at(&mut self, seconds: u32, fraction: u32) -> &mut Self {
        self.time = (seconds, fraction);
        self
    }

    pub fn packet(&mut self, octets: &[u8]) -> &mut Self {
        let captured = &octets[..octets.len().min(self.snaplen)];
        let [caplen, len] = [captured.len(), octets.len()].map(|len| len as u32);
        let words = [self.time.0, self.time.1, caplen, len];
        self.octets.extend(words.map(|word| self.order.u32(word)).concat());
        self.octets.extend(captured);
        self
    }

    pub fn packets<'a>(&mut self, packets: impl IntoIterator<Item = &'a Vec<u8>>) -> &mut Self {
        for packet in packets {
            self.packet(packet);
        }
        self
    }
}

/// A file of raw IP packets.
pub fn raw<'a>(packets: impl IntoIterator<Item = &'a Vec<u8>>) -> Vec<u8> {
    std::mem::take(&mut Pcap::of(101).packets(packets).octets)
}

/// A pcapng file in the making.
pub struct Pcapng {
    pub order: Order,
    pub octets: Vec<u8>,
}

impl Pcapng {
    pub fn new(order: Order) -> Self {
        let mut file = Self { order, octets: Vec::new() };
        file.section(order);
        file
    }

    pub fn block(&mut self, kind: u32, body: &[u8]) -> &mut Self {
        let padding = body.len().next_multiple_of(4) - body.len();
        let len = self.order.u32((12 + body.len() + padding) as u32);
        let parts = [&self.order.u32(kind), &len, body, &[0; 3][..padding], &len];
        self.octets.extend(parts.concat());
        self
    }

    /// Begins a section.
    pub fn section(&mut self, order: Order) -> &mut Self {
        self.order = order;
        let mut body = order.u32(0x1a2b_3c4d).to_vec();
        body.extend([order.u16(1), order.u16(0)].concat());
        body.extend([0xff; 8]);
        self.block(0x0a0d_0d0a, &body)
    }

    pub fn option(&self, code: u16, value: &[u8]) -> Vec<u8> {
        let padding = value.len().next_multiple_of(4) - value.len();
        let head = [self.order.u16(code), self.order.u16(value.len() as u16)].concat();
        [&head, value, &[0; 3][..padding]].concat()
    }

    pub fn interface(&mut self, link_type: u16, snaplen: u32, options: &[Vec<u8>]) -> &mut Self {
        let mut body = [self.order.u16(link_type), [0, 0]].concat();
        body.extend(self.order.u32(snaplen));
        body.extend(options.concat());
        if !options.is_empty() {
            body.extend([0; 4]);
        }
        self.block(1, &body)
    }

    /// An enhanced packet block, of which `captured` octets are kept.
    pub fn enhanced(
        &mut self,
        interface: u32,
        time: u64,
        packet: &[u8],
        captured: usize,
    ) -> &mut Self {
        let (high, low) = ((time >> 32) as u32, time as u32);
        let words = [interface, high, low, captured as u32, packet.len() as u32];
        let body = [&words.map(|word| self.order.u32(word)).concat(), &packet[..captured]].concat();
        self.block(6, &body)
    }

    /// A simple packet block.
    pub fn simple(&mut self, packet: &[u8], captured: usize) -> &mut Self {
        let len = self.order.u32(packet.len() as u32);
        self.block(3, &[&len, &packet[..captured]].concat())
    }

    /// The obsolete packet block.
    pub fn obsolete(&mut self, interface: u16, time: u64, packet: &[u8]) -> &mut Self {
        let (high, low) = ((time >> 32) as u32, time as u32);
        let words = [high, low, packet.len() as u32, packet.len() as u32];
        let head = [self.order.u16(interface), self.order.u16(0)].concat();
        let body = [&head, &words.map(|word| self.order.u32(word)).concat(), packet].concat();
        self.block(2, &body)
    }
}

/// A dnstap file in the making.
pub struct Dnstap {
    pub octets: Vec<u8>,
}

pub const DNSTAP: &[u8] = b"protobuf:dnstap.Dnstap";

impl Dnstap {
    /// What a server writes to a file: it begins with START.
    pub fn unidirectional() -> Self {
        let mut file = Self { octets: Vec::new() };
        file.control(2, Some(DNSTAP));
        file
    }

    /// What comes through a socket: READY and ACCEPT before that.
    pub fn bidirectional() -> Self {
        let mut file = Self { octets: Vec::new() };
        file.control(4, Some(DNSTAP)).control(1, Some(DNSTAP)).control(2, Some(DNSTAP));
        file
    }

    pub fn control(&mut self, kind: u32, content_type: Option<&[u8]>) -> &mut Self {
        let mut body = kind.to_be_bytes().to_vec();
        if let Some(content_type) = content_type {
            body.extend(1u32.to_be_bytes());
            body.extend((content_type.len() as u32).to_be_bytes());
            body.extend(content_type);
        }
        self.octets.extend([0; 4]);
        self.octets.extend((body.len() as u32).to_be_bytes());
        self.octets.extend(body);
        self
    }

    pub fn frame(&mut self, octets: &[u8]) -> &mut Self {
        self.octets.extend((octets.len() as u32).to_be_bytes());
        self.octets.extend(octets);
        self
    }

    /// A message of a type, by UDP from `querier` to `responder` or back, at a second.
    pub fn message(
        &mut self,
        kind: u8,
        (querier, responder): (SocketAddr, SocketAddr),
        seconds: u64,
        query: Option<&[u8]>,
        response: Option<&[u8]>,
    ) -> &mut Self {
        let family = if querier.is_ipv4() { 1 } else { 2 };
        let mut inner = [field(1, kind.into()), field(2, family), field(3, 1)].concat();
        inner.extend(bytes(4, &octets(querier.ip())));
        inner.extend(bytes(5, &octets(responder.ip())));
        inner.extend(field(6, querier.port().into()));
        inner.extend(field(7, responder.port().into()));
        if let Some(query) = query {
            inner.extend(field(8, seconds));
            inner.extend(fixed(9, 5));
            inner.extend(bytes(10, query));
        }
        if let Some(response) = response {
            inner.extend(field(12, seconds + 1));
            inner.extend(fixed(13, 7));
            inner.extend(bytes(14, response));
        }
        let frame = [bytes(1, b"server"), bytes(2, b"1.0"), bytes(14, &inner), field(15, 1)];
        self.frame(&frame.concat())
    }
}

/// Protocol buffers: a number, an octet string, a number of four octets.
fn field(tag: u64, value: u64) -> Vec<u8> {
    [varint(tag << 3), varint(value)].concat()
}

fn bytes(tag: u64, value: &[u8]) -> Vec<u8> {
    [varint(tag << 3 | 2), varint(value.len() as u64), value.to_vec()].concat()
}

fn fixed(tag: u64, value: u32) -> Vec<u8> {
    [varint(tag << 3 | 5), value.to_le_bytes().to_vec()].concat()
}

fn varint(mut number: u64) -> Vec<u8> {
    let mut octets = Vec::new();
    while number >= 0x80 {
        octets.push(number as u8 | 0x80);
        number >>= 7;
    }
    octets.push(number as u8);
    octets
}
