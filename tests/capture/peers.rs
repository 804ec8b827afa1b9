//! Agreement with Wireshark's dissectors, and with BIND's reader of dnstap: the same messages, by
//! packet and transaction.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sigmill::capture::{ReadOptions, Transport};
use sigmill::source::{OpenOptions, Source};

use crate::common::has_program;
use crate::common::packets::{
    ACK, Dnstap, FIN, LINK_TYPES, Order, Pcap, Pcapng, SYN, UDP, address, fragments, frame, framed,
    message, tcp, udp, udp_segment,
};
use crate::{Outcome, read_source};

/// Messages by packet, transport and the identifier in their header, and how many there are.
type Census = BTreeMap<(u64, &'static str, u16), usize>;

fn census(items: impl IntoIterator<Item = (u64, &'static str, u16)>) -> Census {
    let mut census = Census::new();
    for item in items {
        *census.entry(item).or_default() += 1;
    }
    census
}

/// What tshark finds, less what ICMP errors quote. It joins fragments and segments by itself, and
/// those out of order when it is told to.
fn tshark(file: &Path) -> Census {
    let output = Command::new("tshark")
        .args(["-n", "-2", "-o", "tcp.reassemble_out_of_order:TRUE", "-r"])
        .arg(file)
        .args(["-Y", "dns && !icmp && !icmpv6", "-T", "fields", "-E", "occurrence=a"])
        .args(["-e", "frame.number", "-e", "udp.port", "-e", "dns.id"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut found = Vec::new();
    for line in text.lines() {
        let fields: Vec<_> = line.split('\t').collect();
        let transport = if fields[1].is_empty() { "tcp" } else { "udp" };
        for id in fields[2].split(',').filter(|id| !id.is_empty()) {
            let id = u16::from_str_radix(id.trim_start_matches("0x"), 16).unwrap();
            found.push((fields[0].parse().unwrap(), transport, id));
        }
    }
    census(found)
}

fn ours(outcome: &Outcome) -> Census {
    census(outcome.messages.iter().map(|got| {
        let transport = if got.transport == Transport::Udp { "udp" } else { "tcp" };
        (got.packet, transport, u16::from_be_bytes([got.octets[0], got.octets[1]]))
    }))
}

fn open(file: &Path) -> Outcome {
    let source = Source::open(file, &OpenOptions::default()).unwrap();
    read_source(source, &ReadOptions::default())
}

/// What only one of the two has.
fn differences(ours: &Census, theirs: &Census) -> Vec<String> {
    let mut found = Vec::new();
    for (item, count) in ours {
        let other = theirs.get(item).copied().unwrap_or(0);
        if other != *count {
            found.push(format!("{item:x?}: {count} here, {other} there"));
        }
    }
    let only = theirs.keys().filter(|item| !ours.contains_key(item));
    found.extend(only.map(|item| format!("{item:x?}: only there")));
    found
}

#[track_caller]
fn agree(label: &str, octets: &[u8]) -> usize {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("capture");
    fs::write(&file, octets).unwrap();
    let (ours, theirs) = (ours(&open(&file)), tshark(&file));
    assert_eq!(differences(&ours, &theirs), [""; 0], "{label}");
    ours.values().sum()
}

#[test]
fn tshark_finds_the_same_messages_in_every_format_and_link_type() {
    if !has_program("tshark") {
        return;
    }
    let packets: Vec<_> =
        [["192.0.2.53:53", "198.51.100.7:4711"], ["[2001:db8::53]:53", "[2001:db8::7]:4711"]]
            .iter()
            .enumerate()
            .map(|(id, pair)| udp(address(pair[0]), address(pair[1]), &message(id as u16, 99)))
            .collect();
    // Wireshark gives it a number as if it were a packet.
    let journal = b"__REALTIME_TIMESTAMP=1500000000000000\nMESSAGE=x\n";
    // It does not know the number that raw IP has in OpenBSD's files.
    let known = LINK_TYPES.into_iter().filter(|link_type| *link_type != 14);
    for (turn, link_type) in known.enumerate() {
        let (order, nano) = [(Order::Little, false), (Order::Big, true)][turn % 2];
        // Under the number of IPv6, it reads nothing else.
        let kinds = if link_type == 229 { [1, 1] } else { [0, 1] };
        let framed = kinds.map(|at: usize| frame(link_type, &packets[at]));
        let mut pcap = Pcap::new(order, nano, link_type);
        pcap.packet(&framed[0]).packet(&framed[1]);
        assert_eq!(agree(&format!("pcap {link_type} {order:?}"), &pcap.octets), 2);
        let mut pcapng = Pcapng::new(order);
        pcapng.interface(link_type, 0, &[]);
        pcapng.enhanced(0, 7, &framed[0], framed[0].len()).block(9, journal);
        pcapng.obsolete(0, 9, &framed[1]).simple(&framed[0], framed[0].len());
        assert_eq!(agree(&format!("pcapng {link_type} {order:?}"), &pcapng.octets), 3);
    }
}

#[test]
fn tshark_puts_the_same_fragments_and_segments_together() {
    if !has_program("tshark") {
        return;
    }
    for pair in [["192.0.2.53:53", "198.51.100.7:4711"], ["[2001:db8::53]:53", "[2001:db8::7]:9"]] {
        let [from, to] = pair.map(address);
        let mut file = Pcap::of(101);
        for (id, order) in [(1, [0, 1, 2]), (2, [2, 0, 1]), (3, [1, 2, 0])] {
            let segment = udp_segment(from, to, &message(id, 2000));
            let parts = fragments(from.ip(), to.ip(), UDP, id, &segment, 800);
            file.packets(order.iter().map(|at| &parts[*at]));
        }
        assert_eq!(agree("fragments", &file.octets), 3);

        let octets: Vec<u8> =
            (1..8).flat_map(|id| framed(&message(id, 100 * usize::from(id)))).collect();
        // In order, with segments that are not the messages; in disorder; with retransmissions;
        // the sequence numbers wrap around.
        for (port, order) in [(1, [0, 1, 2, 3, 4]), (2, [0, 2, 1, 4, 3]), (3, [0, 0, 1, 3, 2])] {
            let to = (to.ip(), port).into();
            let first = u32::MAX - 1000;
            let mut file = Pcap::of(101);
            file.packet(&tcp(from, to, first, SYN, &[]));
            let mut starts: Vec<_> = order.iter().map(|at| at * 600).collect();
            starts.extend((3000..octets.len()).step_by(600));
            if port == 3 {
                starts.push(2400);
            }
            for start in starts {
                let part = &octets[start..octets.len().min(start + 600)];
                file.packet(&tcp(from, to, first.wrapping_add(1 + start as u32), ACK, part));
            }
            let end = first.wrapping_add(1 + octets.len() as u32);
            file.packet(&tcp(from, to, end, FIN | ACK, &[]));
            assert_eq!(agree(&format!("segments {order:?}"), &file.octets), 7);
        }
    }
}

/// Recorded captures, and real ones where they are: these are not part of this repository.
fn captures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files =
        ["stub", "tree"].map(|name| root.join(format!("datasets/captures/{name}.pcapng"))).to_vec();
    let directory = root.join("../shared/data/captures");
    match fs::read_dir(&directory) {
        Ok(entries) => files.extend(entries.map(|entry| entry.unwrap().path())),
        Err(_) => println!("skipped: there is no {}", directory.display()),
    }
    files.sort();
    files
}

#[test]
fn tshark_finds_the_same_messages_in_recorded_and_real_captures() {
    if !has_program("tshark") {
        return;
    }
    for file in captures() {
        // First fragments whose packets lack octets and whose others are not there: tshark shows what
        // there is of the messages, of which none is whole.
        if file.ends_with("ndpi-badpackets-gov.pcap") {
            continue;
        }
        let outcome = open(&file);
        assert!(outcome.error.is_none(), "{outcome:?}");
        let (ours, theirs) = (ours(&outcome), tshark(&file));
        println!("{}: {:?}", file.display(), outcome.totals);
        assert_eq!(differences(&ours, &theirs), [""; 0], "{}", file.display());
    }
}

#[test]
fn dnstap_read_finds_the_same_messages() {
    if !has_program("dnstap-read") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("dnstap");
    let pair = (address("192.0.2.7:4711"), address("198.51.100.53:53"));
    let mut file = Dnstap::unidirectional();
    for kind in 1..=14u8 {
        let octets = message(kind.into(), 80);
        let (query, response) =
            if kind % 2 == 1 { (Some(&octets), None) } else { (None, Some(&octets)) };
        file.message(kind, pair, 1000, query.map(|q| &**q), response.map(|r| &**r));
    }
    fs::write(&path, &file.control(3, None).octets).unwrap();
    let output = Command::new("dnstap-read").arg(&path).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let outcome = open(&path);
    assert_eq!(text.lines().count(), outcome.messages.len(), "{text}");
    for (line, got) in text.lines().zip(&outcome.messages) {
        // The querier stands left, and the arrow tells the direction.
        let arrow = if got.from == Some(pair.0) { "->" } else { "<-" };
        let expected = format!("{} {arrow} {} UDP 80b", pair.0, pair.1);
        assert!(line.contains(&expected), "{line}: {expected}");
    }
}
