//! Drives a capture from its first octet to its last.

use std::sync::Arc;

use crate::source::{Source, SourceError, Transport};

use super::dissect::Dissector;
use super::error::{CaptureError, Seems, Stopped};
use super::file::guess::{self, Guess};
use super::file::input::Input;
use super::file::{dnstap, pcap, pcapng};
use super::options::ReadOptions;
use super::sink::{Event, Sink};
use super::totals::{FileFormat, Totals};

/// What an input is by its first octets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Recognised {
    /// A capture that [`read`] reads.
    Capture(FileFormat),
    /// Something else.
    Other(Seems),
}

/// Tells by its first octets what an input is. They are gone then: what can be opened again should be.
///
/// # Errors
/// When they cannot be read.
pub fn recognise(source: Source) -> Result<Recognised, SourceError> {
    let name: Arc<str> = source.name().into();
    let mut input = Input::new(name, source.into_live_blocks());
    Ok(match guess::guess(&mut input)? {
        Guess::Capture(format) => Recognised::Capture(format),
        Guess::Other(seems) => Recognised::Other(seems),
    })
}

/// Reads a capture to its end and hands each message and each fault to `on_event`.
///
/// Messages come in the order of the packets that complete them. A file that is cut short in the
/// middle of a packet is read as far as it goes, and that is a fault.
///
/// # Errors
/// When the input is no capture, cannot be read on, or is damaged so that the next packet cannot be
/// found. What was read before was handed on, and is in [`Stopped::totals`].
pub fn read(
    source: Source,
    options: &ReadOptions,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Totals, Box<Stopped>> {
    let name: Arc<str> = source.name().into();
    let transport = source.transport();
    let mut input = Input::new(name, source.into_live_blocks());
    let mut sink = Sink::new(options, on_event);
    let mut dissector = Dissector::new(&options.limits);
    let read = read_file(&mut input, transport, &mut dissector, &mut sink);
    dissector.finish(&mut sink);
    // A mapped file that was cut short meanwhile shows zeros, or less than it had.
    let read = input.check().map_err(CaptureError::from).and(read);
    match read {
        Ok(()) => Ok(sink.totals),
        Err(error) => Err(Box::new(Stopped { error, totals: sink.totals })),
    }
}

fn read_file(
    input: &mut Input,
    transport: Transport,
    dissector: &mut Dissector,
    sink: &mut Sink<'_>,
) -> Result<(), CaptureError> {
    let guess = guess::guess(input)?;
    let format = match guess {
        Guess::Capture(format) => format,
        Guess::Other(seems) => {
            let compressed = match transport {
                Transport::Compressed(format) => Some(format),
                Transport::Mapped | Transport::Read => None,
            };
            return Err(CaptureError::NotACapture { name: input.name(), seems, compressed });
        }
    };
    sink.totals.format = Some(format);
    match format {
        FileFormat::Pcap => pcap::read(input, dissector, sink),
        FileFormat::Pcapng => pcapng::read(input, dissector, sink),
        FileFormat::Dnstap => dnstap::read(input, sink),
    }
}
