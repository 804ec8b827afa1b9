//! Captures that are still being written: a message is delivered before the next packet comes.

use std::io::Write;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use sigmill::capture::{Event, ReadOptions, read};
use sigmill::source::Source;

use crate::common::packets::{Dnstap, Order, Pcap, Pcapng, address, message, udp};

/// Long enough that only a reader that waits for more octets takes it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Writes piece by piece; each must come out as a message before the next one is written.
fn deliver_one_by_one(head: &[u8], pieces: &[Vec<u8>]) {
    let (pipe, mut writer) = std::io::pipe().unwrap();
    let (sender, receiver) = mpsc::channel();
    let reader = thread::spawn(move || {
        let source = Source::from_reader("pipe", pipe).unwrap();
        read(source, &ReadOptions::default(), &mut |event| {
            if let Event::Message(message) = event {
                sender.send(message.packet).unwrap();
            }
        })
    });
    writer.write_all(head).unwrap();
    for (at, piece) in pieces.iter().enumerate() {
        writer.write_all(piece).unwrap();
        assert_eq!(receiver.recv_timeout(PATIENCE), Ok(at as u64 + 1));
    }
    drop(writer);
    assert_eq!(reader.join().unwrap().unwrap().messages.all(), pieces.len() as u64);
}

fn answer(id: u16) -> Vec<u8> {
    udp(address("192.0.2.53:53"), address("198.51.100.7:4711"), &message(id, 300))
}

/// What writing to a file adds to it, step by step.
fn pieces(mut octets: impl FnMut(u16) -> Vec<u8>, head: usize) -> Vec<Vec<u8>> {
    let mut written = head;
    let whole: Vec<_> = (1..20).map(&mut octets).collect();
    let piece = |file: Vec<u8>| {
        let new = file[written..].to_vec();
        written = file.len();
        new
    };
    whole.into_iter().map(piece).collect()
}

#[test]
fn messages_of_a_pcap_pipe_come_as_they_are_written() {
    let mut file = Pcap::of(101);
    let head = file.octets.clone();
    let pieces = pieces(|id| file.packet(&answer(id)).octets.clone(), head.len());
    deliver_one_by_one(&head, &pieces);
}

#[test]
fn messages_of_a_pcapng_pipe_come_as_they_are_written() {
    let mut file = Pcapng::new(Order::Little);
    file.interface(101, 0, &[]);
    let head = file.octets.clone();
    let enhanced = |id| file.enhanced(0, 0, &answer(id), answer(id).len()).octets.clone();
    let pieces = pieces(enhanced, head.len());
    deliver_one_by_one(&head, &pieces);
}

#[test]
fn messages_of_a_dnstap_pipe_come_as_they_are_written() {
    let mut file = Dnstap::unidirectional();
    let head = file.octets.clone();
    let pair = (address("192.0.2.7:4711"), address("198.51.100.53:53"));
    let octets = |id| file.message(6, pair, 1, None, Some(&message(id, 80))).octets.clone();
    let pieces = pieces(octets, head.len());
    deliver_one_by_one(&head, &pieces);
}
