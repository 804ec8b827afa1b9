//! Any octets, given as a DNS message: no panic, no endless loop, and what was read of it, written
//! without compression, reads the same. What an audit takes in of it stays in bounded memory.
#![no_main]

use std::net::SocketAddr;

use libfuzzer_sys::fuzz_target;
use sigmill::audit::chain::{Intake, Sighting};
use sigmill::capture::Transport;
use sigmill::dns::message::{Message, Question, Section};
use sigmill::dns::{Class, Name, RType};

type Row = (Section, Name, RType, Class, u32, Vec<u8>);

/// The records as far as they can be read, whether that is to the end, and whether all RDATA fits.
fn rows(message: &Message<'_>) -> (Vec<Row>, bool) {
    let mut rows = Vec::new();
    let Ok(mut records) = message.records() else { return (rows, false) };
    loop {
        match records.next_record() {
            Err(_) => return (rows, false),
            Ok(None) => {
                assert!(records.is_at_end());
                return (rows, true);
            }
            Ok(Some(record)) if !record.fits => return (rows, false),
            Ok(Some(record)) => {
                let rdata = record.rdata.to_vec();
                let owner = *record.owner;
                rows.push((record.section, owner, record.rtype, record.class, record.ttl, rdata));
            }
        }
    }
}

/// The same without compression, with the first question only; `None` where RDATA gets too long.
fn written(header: &[u8], question: Option<&Question>, rows: &[Row]) -> Option<Vec<u8>> {
    let mut octets = header[..4].to_vec();
    octets.extend(u16::from(question.is_some()).to_be_bytes());
    for section in [Section::Answer, Section::Authority, Section::Additional] {
        let count = rows.iter().filter(|row| row.0 == section).count();
        octets.extend(u16::try_from(count).expect("as many were read").to_be_bytes());
    }
    if let Some(question) = question {
        octets.extend(question.name.as_wire());
        octets.extend(question.qtype.0.to_be_bytes());
        octets.extend(question.class.0.to_be_bytes());
    }
    for (_, owner, rtype, class, ttl, rdata) in rows {
        octets.extend(owner.as_wire());
        octets.extend(rtype.0.to_be_bytes());
        octets.extend(class.0.to_be_bytes());
        octets.extend(ttl.to_be_bytes());
        octets.extend(u16::try_from(rdata.len()).ok()?.to_be_bytes());
        octets.extend(rdata);
    }
    Some(octets)
}

fuzz_target!(|octets: &[u8]| {
    let address: SocketAddr = "192.0.2.1:53".parse().expect("this is one");
    let seen = Sighting {
        at: 1_500_000_000,
        file: 0,
        packet: 1,
        from: address,
        to: address,
        transport: Transport::Udp,
        whole: true,
    };
    let mut intake = Intake::new(1 << 20);
    intake.message(&seen, octets);
    // What is held already costs nothing but its times.
    intake.message(&seen, octets);

    let Ok(message) = Message::new(octets) else { return };
    let Ok(question) = message.question() else { return };
    let (first, whole) = rows(&message);
    if !whole {
        return;
    }
    let Some(plain) = written(octets, question.as_ref(), &first) else { return };
    let again = Message::new(&plain).expect("it has a header");
    let same = again.question().expect("a question that was read");
    // Names are compared octet by octet: their case stays.
    let wire = |question: &Question| question.name.as_wire().to_vec();
    assert_eq!(question.as_ref().map(wire), same.as_ref().map(wire));
    assert_eq!(question, same);
    let (second, whole) = rows(&again);
    assert!(whole);
    assert_eq!(first.len(), second.len());
    for (one, other) in first.iter().zip(&second) {
        assert_eq!(one, other);
        assert_eq!(one.1.as_wire(), other.1.as_wire());
    }
});
