//! dnstap files: frame streams (the `fstrm` library's format) of protocol buffers (dnstap.info).
//!
//! A data frame is its length (32 bits, big-endian) and its octets. A length of zero introduces a
//! control frame: its length, its type, and fields of the same make. A file begins with START, or
//! with READY and ACCEPT where both directions of a conversation were kept, and ends with STOP.

use std::net::{IpAddr, SocketAddr};

use prost::Message as _;

use super::super::error::CaptureError;
use super::super::message::{DnstapKind, DnstapTransport, Message, Transport};
use super::super::sink::Sink;
use super::super::time::PacketTime;
use super::super::totals::{Cause, Place};
use super::input::Input;

/// What introduces a control frame.
pub(super) const ESCAPE: [u8; 4] = [0; 4];

const CONTENT_TYPE: &[u8] = b"protobuf:dnstap.Dnstap";

/// Octets of a control frame at most (`FSTRM_CONTROL_FRAME_LENGTH_MAX`).
const LONGEST_CONTROL: usize = 512;

/// Types of control frames, and of their only field.
const ACCEPT: u32 = 1;
const START: u32 = 2;
const STOP: u32 = 3;
const READY: u32 = 4;
const FINISH: u32 = 5;
const FIELD_CONTENT_TYPE: u32 = 1;

/// Whether these are the escape and a control frame with which a file can begin.
pub(super) fn is_beginning(head: &[u8; 12]) -> bool {
    let [_, _, _, _, a, b, c, d, e, f, g, h] = *head;
    let len = u32::from_be_bytes([a, b, c, d]) as usize;
    let kind = u32::from_be_bytes([e, f, g, h]);
    (4..=LONGEST_CONTROL).contains(&len) && matches!(kind, ACCEPT | START | READY)
}

pub(in crate::capture) fn read(input: &mut Input, sink: &mut Sink<'_>) -> Result<(), CaptureError> {
    let mut started = false;
    while input.goes_on(sink) {
        let place = Place { packet: sink.totals.packets + 1, offset: input.offset() };
        let Some(len) = input.peek_array::<4>()? else {
            if !input.window().is_empty() {
                sink.fault(Cause::FileCutShort, place);
            }
            return Ok(());
        };
        if len == ESCAPE {
            match read_control(input)? {
                Some(START) => {
                    started = true;
                    sink.totals.sections += 1;
                }
                Some(STOP | FINISH) => started = false,
                Some(ACCEPT | READY) => {}
                Some(_) => sink.fault(Cause::BlockMalformed, place),
                None => {
                    sink.fault(Cause::FileCutShort, place);
                    return Ok(());
                }
            }
            continue;
        }
        if !started {
            if sink.totals.sections == 0 {
                let expected = "the control frame START before any data";
                return Err(input.damaged(place.offset, expected, "a data frame"));
            }
            sink.fault(Cause::DnstapTrailing, place);
            return Ok(());
        }
        sink.totals.packets += 1;
        let len = u32::from_be_bytes(len) as usize;
        if len > sink.options.limits.block_octets {
            sink.fault(Cause::BlockTooLong, place);
            if !input.skip(4 + len as u64)? {
                sink.fault(Cause::FileCutShort, place);
                return Ok(());
            }
            continue;
        }
        let Some(frame) = input.peek(4 + len)? else {
            sink.totals.packets -= 1;
            sink.fault(Cause::FileCutShort, place);
            return Ok(());
        };
        sink.totals.octets += len as u64;
        deliver(frame.get(4..).unwrap_or_default(), place, sink);
        input.consume(4 + len);
    }
    Ok(())
}

/// Goes past a control frame and gives its type; `None` where the input ends in it.
fn read_control(input: &mut Input) -> Result<Option<u32>, CaptureError> {
    let offset = input.offset();
    let Some([_, _, _, _, a, b, c, d]) = input.peek_array::<8>()? else { return Ok(None) };
    let len = u32::from_be_bytes([a, b, c, d]) as usize;
    if !(4..=LONGEST_CONTROL).contains(&len) {
        let expected = "the length of a control frame, 4 to 512";
        return Err(input.damaged(offset + 4, expected, len.to_string()));
    }
    let Some(frame) = input.peek(8 + len)? else { return Ok(None) };
    let mut fields = Fields(frame.get(8..).unwrap_or_default());
    let kind = fields.word();
    if matches!(kind, Some(START | READY | ACCEPT)) {
        let offered: Vec<&[u8]> = fields.content_types().collect();
        // A stream need not state what it holds, and who is ready may offer several things.
        if let Some(first) = offered.first().filter(|_| !offered.contains(&CONTENT_TYPE)) {
            let found = first.escape_ascii().to_string();
            return Err(CaptureError::ContentType { name: input.name(), found });
        }
    }
    input.consume(8 + len);
    Ok(kind)
}

/// What a control frame consists of behind its length.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn word(&mut self) -> Option<u32> {
        let (word, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*word))
    }

    fn content_types(mut self) -> impl Iterator<Item = &'a [u8]> {
        std::iter::from_fn(move || {
            let (kind, len) = (self.word()?, self.word()? as usize);
            let (value, rest) = self.0.split_at_checked(len)?;
            self.0 = rest;
            (kind == FIELD_CONTENT_TYPE).then_some(value)
        })
    }
}

fn deliver(frame: &[u8], place: Place, sink: &mut Sink<'_>) {
    let Ok(tapped) = Dnstap::decode(frame) else {
        return sink.fault(Cause::DnstapMalformed, place);
    };
    let Some(message) = tapped.message else {
        return sink.fault(Cause::DnstapOther, place);
    };
    let number = u32::try_from(message.r#type).unwrap_or_default();
    if !DnstapKind(number).is_known() {
        sink.fault(Cause::DnstapOther, place);
    }
    let over = message.socket_protocol.and_then(DnstapTransport::from_number);
    let querier = address(message.query_address.as_deref(), message.query_port);
    let responder = address(message.response_address.as_deref(), message.response_port);
    let query_time = time(message.query_time_sec, message.query_time_nsec);
    let response_time = time(message.response_time_sec, message.response_time_nsec);
    let response = number.next_multiple_of(2);
    // A response may come with its query; each has the direction of its own.
    for (octets, kind, from, to, time) in [
        (&message.query_message, response.saturating_sub(1), querier, responder, query_time),
        (&message.response_message, response, responder, querier, response_time),
    ] {
        let Some(octets) = octets else { continue };
        sink.totals.add_time(time);
        let transport = Transport::Dnstap { kind: DnstapKind(kind), over };
        let Place { packet, offset } = place;
        sink.message(Message { time, transport, from, to, packet, offset, octets, whole: true });
    }
}

fn address(octets: Option<&[u8]>, port: Option<u32>) -> Option<SocketAddr> {
    let octets = octets?;
    let address = match (<[u8; 4]>::try_from(octets), <[u8; 16]>::try_from(octets)) {
        (Ok(four), _) => IpAddr::from(four),
        (_, Ok(sixteen)) => IpAddr::from(sixteen),
        _ => return None,
    };
    let port = port.and_then(|port| u16::try_from(port).ok()).unwrap_or_default();
    Some(SocketAddr::new(address, port))
}

fn time(seconds: Option<u64>, nanoseconds: Option<u32>) -> Option<PacketTime> {
    let seconds = i64::try_from(seconds?).unwrap_or(i64::MAX);
    Some(PacketTime::new(seconds, nanoseconds.unwrap_or_default()))
}

/// `dnstap.proto`, as much as is used.
#[derive(Clone, PartialEq, prost::Message)]
struct Dnstap {
    #[prost(message, optional, tag = "14")]
    message: Option<Tapped>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Tapped {
    #[prost(int32, required, tag = "1")]
    r#type: i32,
    #[prost(int32, optional, tag = "3")]
    socket_protocol: Option<i32>,
    #[prost(bytes = "vec", optional, tag = "4")]
    query_address: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "5")]
    response_address: Option<Vec<u8>>,
    #[prost(uint32, optional, tag = "6")]
    query_port: Option<u32>,
    #[prost(uint32, optional, tag = "7")]
    response_port: Option<u32>,
    #[prost(uint64, optional, tag = "8")]
    query_time_sec: Option<u64>,
    #[prost(fixed32, optional, tag = "9")]
    query_time_nsec: Option<u32>,
    #[prost(bytes = "vec", optional, tag = "10")]
    query_message: Option<Vec<u8>>,
    #[prost(uint64, optional, tag = "12")]
    response_time_sec: Option<u64>,
    #[prost(fixed32, optional, tag = "13")]
    response_time_nsec: Option<u32>,
    #[prost(bytes = "vec", optional, tag = "14")]
    response_message: Option<Vec<u8>>,
}
