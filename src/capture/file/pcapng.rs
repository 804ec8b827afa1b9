//! pcapng files (draft-ietf-opsawg-pcapng): sections of either byte order, each with interfaces of
//! its own link types and resolutions.
//!
//! A block states its length at both ends. Where they agree, a block whose content is malformed is
//! skipped; where they do not, reading goes on only if a sound block follows.

use pcap_parser::pcapng::{Block, parse_block_be, parse_block_le};
use pcap_parser::{EnhancedPacketBlock, InterfaceDescriptionBlock, SimplePacketBlock};

use crate::source::SourceError;

use super::super::dissect::{Dissector, Packet};
use super::super::error::CaptureError;
use super::super::sink::Sink;
use super::super::time::{PacketTime, Resolution};
use super::super::totals::{Cause, Place};
use super::input::Input;

/// Types of blocks (§10.1 of the draft).
const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;
const JOURNAL_ENTRY: u32 = 9;
/// Those that exist besides: name resolution, statistics, secrets, custom ones.
const OTHER_BLOCKS: [u32; 6] = [4, 5, JOURNAL_ENTRY, 10, 0xbad, 0x4000_0bad];

/// Octets that every block has: its type, and its length twice.
const FRAMING: usize = 12;

/// Options of interfaces (§4.2 of the draft).
const IF_TSRESOL: u16 = 9;
const IF_TSOFFSET: u16 = 14;

#[derive(Clone, Copy)]
enum Order {
    Little,
    Big,
}

impl Order {
    fn u16(self, octets: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(octets),
            Self::Big => u16::from_be_bytes(octets),
        }
    }

    fn u32(self, octets: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(octets),
            Self::Big => u32::from_be_bytes(octets),
        }
    }

    fn i64(self, octets: [u8; 8]) -> i64 {
        match self {
            Self::Little => i64::from_le_bytes(octets),
            Self::Big => i64::from_be_bytes(octets),
        }
    }
}

struct Interface {
    link_type: u16,
    /// Octets of a packet that are captured at most; 0 for no limit.
    snaplen: usize,
    resolution: Resolution,
    /// Seconds to add to each time.
    offset: i64,
}

/// A section and its interfaces.
struct Section {
    order: Order,
    interfaces: Vec<Interface>,
}

pub(in crate::capture) fn read(
    input: &mut Input,
    dissector: &mut Dissector,
    sink: &mut Sink<'_>,
) -> Result<(), CaptureError> {
    let mut section = Section { order: Order::Little, interfaces: Vec::new() };
    while input.goes_on(sink) {
        let place = Place { packet: sink.totals.packets + 1, offset: input.offset() };
        let Some(head) = input.peek_array::<FRAMING>()? else {
            if !input.window().is_empty() {
                sink.fault(Cause::FileCutShort, place);
            }
            return Ok(());
        };
        if head.starts_with(&SECTION_HEADER.to_le_bytes()) {
            section = Section { order: byte_order(input, &head)?, interfaces: Vec::new() };
        }
        let (kind, len) = framing(section.order, &head);
        if len < FRAMING {
            let expected = "the length of a block, at least 12";
            return Err(input.damaged(place.offset + 4, expected, len.to_string()));
        }
        if len > sink.options.limits.block_octets {
            if !skip_long(input, section.order, len, place, sink)? {
                return Ok(());
            }
            continue;
        }
        if !input.have(len)? {
            sink.fault(Cause::FileCutShort, place);
            return Ok(());
        }
        if closing_length(section.order, input.window(), len) == Some(len) {
            let block = input.window().get(..len).unwrap_or_default();
            section.block(kind, block, place, dissector, sink);
            if kind == SECTION_HEADER && block.get(12..14) != Some(&section.version()[..]) {
                return Err(input.damaged(place.offset + 12, "version 1 of the format", "another"));
            }
        } else {
            pass_unclosed(input, section.order, len, place, sink)?;
        }
        input.consume(len);
    }
    Ok(())
}

/// The byte order of a section, from the third word of its header.
fn byte_order(input: &Input, head: &[u8; FRAMING]) -> Result<Order, CaptureError> {
    match head {
        [.., 0x4d, 0x3c, 0x2b, 0x1a] => Ok(Order::Little),
        [.., 0x1a, 0x2b, 0x3c, 0x4d] => Ok(Order::Big),
        [.., a, b, c, d] => {
            let found = format!("{a:02x}{b:02x}{c:02x}{d:02x}");
            Err(input.damaged(input.offset() + 8, "the byte-order magic 1a2b3c4d", found))
        }
    }
}

fn framing(order: Order, head: &[u8; FRAMING]) -> (u32, usize) {
    let [a, b, c, d, e, f, g, h, ..] = *head;
    (order.u32([a, b, c, d]), order.u32([e, f, g, h]) as usize)
}

/// The length at the end of a block of `len` octets at the front of the window.
fn closing_length(order: Order, window: &[u8], len: usize) -> Option<usize> {
    let closing = window.get(..len)?.last_chunk().copied()?;
    Some(order.u32(closing) as usize)
}

/// Goes past a block that is longer than the limit; `false` when the file ends in it.
fn skip_long(
    input: &mut Input,
    order: Order,
    len: usize,
    place: Place,
    sink: &mut Sink<'_>,
) -> Result<bool, CaptureError> {
    sink.fault(Cause::BlockTooLong, place);
    let closing = match input.skip(len as u64 - 4)? {
        true => input.peek_array::<4>()?,
        false => None,
    };
    let Some(closing) = closing.map(|octets| order.u32(octets) as usize) else {
        sink.fault(Cause::FileCutShort, place);
        return Ok(false);
    };
    if closing != len {
        return Err(unclosed(input, place, len, closing));
    }
    input.consume(4);
    Ok(true)
}

/// A block that does not end with its length: only its closing may be damaged, which the block
/// behind it tells.
fn pass_unclosed(
    input: &mut Input,
    order: Order,
    len: usize,
    place: Place,
    sink: &mut Sink<'_>,
) -> Result<(), CaptureError> {
    if !is_followed_by_block(input, order, len, sink.options.limits.block_octets)? {
        let closing = closing_length(order, input.window(), len).unwrap_or_default();
        return Err(unclosed(input, place, len, closing));
    }
    sink.fault(Cause::BlockMalformed, place);
    Ok(())
}

fn unclosed(input: &Input, place: Place, len: usize, closing: usize) -> CaptureError {
    let offset = place.offset + len as u64 - 4;
    let found = format!("{closing} where it began with {len}");
    input.damaged(offset, "a block that ends with the length it began with", found)
}

/// Whether a block of a known type that has the same length at both ends, or the end of the file,
/// stands `at` octets into the window.
fn is_followed_by_block(
    input: &mut Input,
    order: Order,
    at: usize,
    limit: usize,
) -> Result<bool, SourceError> {
    if !input.have(at + FRAMING)? {
        return Ok(input.window().len() == at);
    }
    let head = input.window().get(at..).and_then(|rest| rest.first_chunk::<FRAMING>().copied());
    let Some(head) = head else { return Ok(false) };
    let (kind, len) = framing(order, &head);
    let is_known = matches!(
        kind,
        SECTION_HEADER | INTERFACE_DESCRIPTION | PACKET | SIMPLE_PACKET | ENHANCED_PACKET
    ) || OTHER_BLOCKS.contains(&kind);
    if !is_known || len < FRAMING || len > limit || !input.have(at + len)? {
        return Ok(false);
    }
    let rest = input.window().get(at..).unwrap_or_default();
    Ok(closing_length(order, rest, len) == Some(len))
}

impl Section {
    /// The major version that is read, in this section's byte order.
    fn version(&self) -> [u8; 2] {
        match self.order {
            Order::Little => [1, 0],
            Order::Big => [0, 1],
        }
    }

    /// Takes up one block whose framing is sound.
    fn block(
        &mut self,
        kind: u32,
        block: &[u8],
        place: Place,
        dissector: &mut Dissector,
        sink: &mut Sink<'_>,
    ) {
        let is_read = matches!(kind, SECTION_HEADER | INTERFACE_DESCRIPTION)
            || matches!(kind, SIMPLE_PACKET | ENHANCED_PACKET);
        if kind == PACKET {
            return self.obsolete_packet(block, place, dissector, sink);
        }
        // Wireshark gives log entries a number among the packets.
        sink.totals.packets += u64::from(kind == JOURNAL_ENTRY);
        if !is_read {
            return;
        }
        let parsed = match self.order {
            Order::Little => parse_block_le(block),
            Order::Big => parse_block_be(block),
        };
        match parsed.map(|(_, block)| block) {
            Ok(Block::SectionHeader(_)) => sink.totals.sections += 1,
            Ok(Block::InterfaceDescription(described)) => self.interface(&described, place, sink),
            Ok(Block::EnhancedPacket(packet)) => {
                self.enhanced_packet(&packet, place, dissector, sink);
            }
            Ok(Block::SimplePacket(packet)) => self.simple_packet(&packet, place, dissector, sink),
            // A packet that cannot be made out is still one, and is counted as Wireshark does.
            _ => {
                let is_packet = matches!(kind, SIMPLE_PACKET | ENHANCED_PACKET);
                sink.totals.packets += u64::from(is_packet);
                sink.fault(Cause::BlockMalformed, place);
            }
        }
    }

    fn interface(
        &mut self,
        described: &InterfaceDescriptionBlock<'_>,
        place: Place,
        sink: &mut Sink<'_>,
    ) {
        if self.interfaces.len() >= sink.options.limits.interfaces {
            sink.fault(Cause::InterfacesLimit, place);
            return;
        }
        sink.totals.interfaces += 1;
        // The parser reads `if_tsoffset` as little-endian always: both are read here.
        let option = |code: u16| {
            let mut options = described.options.iter();
            options.find(|option| option.code.0 == code).and_then(|option| option.as_bytes().ok())
        };
        let resolution = match option(IF_TSRESOL) {
            Some(&[octet, ..]) => Resolution::from_option(octet),
            _ => Resolution::DEFAULT,
        };
        let offset = option(IF_TSOFFSET).and_then(|octets| octets.first_chunk().copied());
        self.interfaces.push(Interface {
            link_type: (described.linktype.0 & 0xffff) as u16,
            snaplen: described.snaplen as usize,
            resolution,
            offset: offset.map_or(0, |octets| self.order.i64(octets)),
        });
    }

    fn enhanced_packet(
        &self,
        block: &EnhancedPacketBlock<'_>,
        place: Place,
        dissector: &mut Dissector,
        sink: &mut Sink<'_>,
    ) {
        let captured = Captured {
            interface: block.if_id as usize,
            time: Some((block.ts_high, block.ts_low)),
            octets: block.data.get(..block.caplen as usize),
            wire_len: block.origlen as usize,
        };
        self.packet(&captured, place, dissector, sink);
    }

    /// Its length is not stated but follows from that on the wire and the interface's limit (§4.4).
    fn simple_packet(
        &self,
        block: &SimplePacketBlock<'_>,
        place: Place,
        dissector: &mut Dissector,
        sink: &mut Sink<'_>,
    ) {
        let wire_len = block.origlen as usize;
        let snaplen = self.interfaces.first().map_or(0, |interface| interface.snaplen);
        let snaplen = if snaplen == 0 { usize::MAX } else { snaplen };
        let octets = block.data.get(..wire_len.min(snaplen).min(block.data.len()));
        let captured = Captured { interface: 0, time: None, octets, wire_len };
        self.packet(&captured, place, dissector, sink);
    }

    /// The packet block (appendix A of the draft): interface and drop count of 16 bits each, time,
    /// captured and original length, the packet.
    fn obsolete_packet(
        &self,
        block: &[u8],
        place: Place,
        dissector: &mut Dissector,
        sink: &mut Sink<'_>,
    ) {
        let word = |at: usize| {
            let octets = block.get(at..).and_then(|rest| rest.first_chunk().copied());
            octets.map_or(0, |octets| self.order.u32(octets))
        };
        let interface = block.get(8..).and_then(|rest| rest.first_chunk().copied());
        let end = 28usize.saturating_add(word(20) as usize);
        let within = block.len().saturating_sub(4);
        let captured = Captured {
            interface: interface.map_or(usize::MAX, |octets| self.order.u16(octets).into()),
            time: Some((word(12), word(16))),
            octets: block.get(..within).and_then(|block| block.get(28..end)),
            wire_len: word(24) as usize,
        };
        self.packet(&captured, place, dissector, sink);
    }

    fn packet(
        &self,
        captured: &Captured<'_>,
        place: Place,
        dissector: &mut Dissector,
        sink: &mut Sink<'_>,
    ) {
        let (interface, octets) = (self.interfaces.get(captured.interface), captured.octets);
        let (Some(interface), Some(octets)) = (interface, octets) else {
            sink.totals.packets += 1;
            let malformed = captured.octets.is_none();
            let cause = if malformed { Cause::BlockMalformed } else { Cause::InterfaceUnknown };
            sink.fault(cause, place);
            return;
        };
        let packet = Packet {
            place,
            time: captured.time.map(|units| interface.time(units)),
            link_type: interface.link_type,
            octets,
            wire_len: captured.wire_len,
        };
        dissector.packet(&packet, sink);
    }
}

impl Interface {
    fn time(&self, (high, low): (u32, u32)) -> PacketTime {
        self.resolution.time(u64::from(high) << 32 | u64::from(low), self.offset)
    }
}

/// A packet as its block has it.
struct Captured<'a> {
    interface: usize,
    /// The upper and the lower half of the time, in the interface's units.
    time: Option<(u32, u32)>,
    /// `None` where the block is shorter than the packet that it claims to hold.
    octets: Option<&'a [u8]>,
    wire_len: usize,
}
