//! pcap files (draft-ietf-opsawg-pcap), in either byte order, with micro- or nanoseconds.

use pcap_parser::{
    LegacyPcapBlock, PcapHeader, parse_pcap_frame, parse_pcap_frame_be, parse_pcap_frame_modified,
    parse_pcap_header,
};

use super::super::dissect::{Dissector, Packet};
use super::super::error::CaptureError;
use super::super::sink::Sink;
use super::super::time::PacketTime;
use super::super::totals::{Cause, Place};
use super::input::Input;

/// Octets of the file's header.
const HEADER: usize = 24;

pub(in crate::capture) fn read(
    input: &mut Input,
    dissector: &mut Dissector,
    sink: &mut Sink<'_>,
) -> Result<(), CaptureError> {
    let header = read_header(input)?;
    // The lower half is the link type, the upper one may tell the length of frame checksums.
    let link_type = (header.network.0 & 0xffff) as u16;
    sink.totals.sections = 1;
    sink.totals.interfaces = 1;
    let record_header: usize = if header.is_modified_format() { 24 } else { 16 };
    while input.goes_on(sink) {
        let offset = input.offset();
        let place = Place { packet: sink.totals.packets + 1, offset };
        let Some(head) = input.peek_array::<16>()? else {
            if !input.window().is_empty() {
                sink.fault(Cause::FileCutShort, place);
            }
            return Ok(());
        };
        let caplen = captured_length(&header, &head);
        if caplen > sink.options.limits.block_octets {
            let expected = "the captured length of a packet, within the limit";
            return Err(input.damaged(offset + 8, expected, caplen.to_string()));
        }
        let len = record_header + caplen;
        let Some(record) = input.peek(len)? else {
            sink.fault(Cause::FileCutShort, place);
            return Ok(());
        };
        // Complete and within bounds: the parser has no reason to fail.
        let Some(block) = parse_record(&header, record) else {
            return Err(input.damaged(offset, "a packet record", "something else"));
        };
        let packet = Packet {
            place,
            time: Some(time(&header, &block)),
            link_type,
            octets: block.data,
            wire_len: block.origlen as usize,
        };
        dissector.packet(&packet, sink);
        input.consume(len);
    }
    Ok(())
}

fn read_header(input: &mut Input) -> Result<PcapHeader, CaptureError> {
    const EXPECTED: &str = "the 24 octets of a pcap header";
    let Some(octets) = input.peek(HEADER)? else {
        let found = format!("{} octets", input.window().len());
        return Err(input.damaged(0, EXPECTED, found));
    };
    let Ok((_, header)) = parse_pcap_header(octets) else {
        return Err(input.damaged(0, EXPECTED, "something else"));
    };
    if header.version_major != 2 {
        let found = format!("{}.{}", header.version_major, header.version_minor);
        return Err(input.damaged(4, "version 2 of the pcap format", found));
    }
    input.consume(HEADER);
    Ok(header)
}

fn captured_length(header: &PcapHeader, head: &[u8; 16]) -> usize {
    let [.., a, b, c, d, _, _, _, _] = *head;
    let octets = [a, b, c, d];
    let len =
        if header.is_bigendian() { u32::from_be_bytes(octets) } else { u32::from_le_bytes(octets) };
    len as usize
}

fn parse_record<'a>(header: &PcapHeader, record: &'a [u8]) -> Option<LegacyPcapBlock<'a>> {
    let parsed = if header.is_modified_format() {
        parse_pcap_frame_modified(record)
    } else if header.is_bigendian() {
        parse_pcap_frame_be(record)
    } else {
        parse_pcap_frame(record)
    };
    parsed.ok().map(|(_, block)| block)
}

/// Seconds are unsigned: until 2106.
fn time(header: &PcapHeader, block: &LegacyPcapBlock<'_>) -> PacketTime {
    let seconds = i64::from(block.ts_sec);
    if header.is_nanosecond_precision() {
        return PacketTime::new(seconds, block.ts_usec);
    }
    let (whole, micros) = (block.ts_usec / 1_000_000, block.ts_usec % 1_000_000);
    PacketTime::new(seconds + i64::from(whole), micros * 1000)
}
