//! `scripts/make-capture`, which repeats real traffic so that speed can be measured on large files: what
//! it makes must be traffic like that which it repeats, or the measurements say nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use sigmill::audit::chain::{Summary, summary::StatusCounts};
use sigmill::dns::RType;

use super::made::{Answer, BEGIN, Key, Record, Signing, name, query};
use super::packets::{Pcap, address, udp};
use super::{Judged, path, trusting};

const CAPTURE: &str = "datasets/captures/tree.pcapng";
const ANCHOR: &str = "datasets/captures/tree.anchor";

/// How often the recording is repeated.
const TIMES: u64 = 3;

/// Whether a program is there; in CI it must be.
fn has(program: &str) -> bool {
    let there = Command::new(program).arg("--version").output().is_ok();
    assert!(
        there || std::env::var_os("SIGMILL_REQUIRE_PEERS").is_none(),
        "{program} is not installed"
    );
    if !there {
        println!("skipped: {program} is not installed");
    }
    there
}

/// The recording so many times, its names varied in a way.
fn make(large: &Path, names: &str) {
    make_of(&path(CAPTURE), large, names);
}

fn make_of(small: &Path, large: &Path, names: &str) {
    let octets = std::fs::metadata(small).unwrap().len();
    // A little less than what is wanted: whole repetitions are written.
    let size = octets * TIMES * 8 / 10;
    let output = Command::new(path("scripts/make-capture"))
        .arg(small)
        .args(["--names", names, "--size", &size.to_string()])
        .stdout(std::fs::File::create(large).unwrap())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(said.starts_with(&format!("{TIMES} repetitions")), "{said}");
}

fn judged(file: &Path) -> Judged {
    super::capture(file.to_str().unwrap(), &trusting(ANCHOR))
}

fn times(counts: StatusCounts, factor: u64) -> [u64; 4] {
    let StatusCounts { secure, insecure, indeterminate, bogus } = counts;
    [secure, insecure, indeterminate, bogus].map(|count| count * factor)
}

/// What does not depend on names: all that was read, and how queries and responses belong together.
fn read(summary: &Summary, factor: u64) -> (Vec<u64>, BTreeMap<String, u64>) {
    let input = &summary.input;
    let exchanges = input.exchanges.unwrap();
    let counts = [
        input.packets,
        input.messages,
        input.queries,
        input.responses,
        input.signatures,
        input.over.tcp,
        input.checksums_unfinished,
        exchanges.answered,
        exchanges.unanswered,
        exchanges.unasked,
    ];
    let faults = input.faults.iter().map(|(cause, count)| (cause.clone(), count * factor));
    (counts.map(|count| count * factor).into(), faults.collect())
}

// Lengths and places stay, checksums are mended on every layer, and both sides of a connection change
// alike; so the reader finds the same as in the recording, as often as it is repeated.
#[test]
fn repeated_traffic_is_read_like_that_which_it_repeats() {
    if !has("python3") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let once = super::capture(CAPTURE, &trusting(ANCHOR)).summary;
    for names in ["asked", "all"] {
        let file = directory.path().join(names);
        make(&file, names);
        let made = judged(&file).summary;
        assert_eq!(read(&made, 1), read(&once, TIMES), "{names}");
        // The recording took ten seconds, and each repetition begins behind the last.
        let [before, after] = [&once, &made].map(|summary| summary.input.seen.unwrap());
        assert_eq!(after.first, before.first);
        let length = before.last - before.first + 1;
        assert_eq!(after.last - after.first + 1, length * i64::try_from(TIMES).unwrap());
    }
}

/// What a root server says: its keys, a referral to a signed zone, and that a name does not exist.
fn root_server(key: &Key) -> Vec<u8> {
    let root = Signing { apex: ".", key, days: (-10, 10) };
    let ns = Record::new("example.", RType::NS, name("ns.example.").as_wire().to_vec());
    let referral = [vec![ns], root.ds("example.", key)].concat();
    let denial = [
        root.soa(),
        root.nsec(".", "example.", &[RType::NS, RType::SOA, RType::NSEC]),
        root.nsec("example.", ".", &[RType::NS, RType::DS, RType::NSEC]),
    ]
    .concat();
    let answers = [
        Answer::new(".", RType::DNSKEY, root.dnskey(&[key])),
        Answer { authority: referral, ..Answer::new("www.shop.example.", RType::A, Vec::new()) },
        Answer {
            rcode: 3,
            authority: denial,
            ..Answer::new("mail.Office.nosuch.", RType::A, Vec::new())
        },
    ];
    let [server, client] = ["192.0.2.53:53", "198.51.100.7:4711"].map(address);
    let mut pcap = Pcap::of(101);
    pcap.at(u32::try_from(BEGIN).unwrap(), 0);
    for (id, answer) in (7..).zip(&answers) {
        let asked = query(id, answer.name, answer.rtype, Some(true), false);
        let mut octets = answer.message(id, true, Some(true));
        // Neither AA nor RA, or it would be no referral.
        if answer.rtype == RType::A && answer.rcode == 0 {
            octets[2..4].copy_from_slice(&[0x80, 0]);
        }
        pcap.packet(&udp(client, server, &asked)).packet(&udp(server, client, &octets));
    }
    std::mem::take(&mut pcap.octets)
}

// Names vary only where nothing that is signed depends on them: every verdict is the same, the distinct
// RRsets too, and the responses are others. Of `www.shop.example.` the zone stays, of
// `mail.Office.nosuch.` what does not exist.
#[test]
fn names_that_were_asked_vary_without_another_verdict() {
    if !has("python3") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let [recording, made_up] = ["recording", "made-up"].map(|name| directory.path().join(name));
    std::fs::copy(path(CAPTURE), &recording).unwrap();
    let key = Key::p256();
    std::fs::write(&made_up, root_server(&key)).unwrap();
    for (file, config) in [(recording, trusting(ANCHOR)), (made_up, key.as_anchor())] {
        let judge = |file: &Path| super::capture(file.to_str().unwrap(), &config);
        let large = directory.path().join("large");
        make_of(&file, &large, "asked");
        let (once, made) = (judge(&file).summary, judge(&large));
        assert_eq!(times(made.summary.responses, 1), times(once.responses, TIMES));
        assert_eq!(times(made.summary.rrsets, 1), times(once.rrsets, 1));
        assert_eq!(made.summary.signatures, once.signatures);
        if file.ends_with("made-up") {
            let names: BTreeSet<String> =
                made.responses.iter().filter_map(|row| Some(row.name?.to_string())).collect();
            let below = |suffix: &str| names.iter().filter(|name| name.ends_with(suffix)).count();
            assert_eq!(
                (names.len(), below(".example."), below(".nosuch.")),
                (7, 3, 3),
                "{names:?}"
            );
            assert_eq!(times(once.responses, 1), [3, 0, 0, 0]);
        }
    }
}

// Where all names vary, every repetition has RRsets of its own, whose signatures cannot hold.
#[test]
fn names_of_records_vary_and_their_signatures_fail() {
    if !has("python3") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("all");
    make(&file, "all");
    let (once, made) = (super::capture(CAPTURE, &trusting(ANCHOR)).summary, judged(&file).summary);
    assert!(made.rrsets.total() > 2 * once.rrsets.total(), "{:?}", made.rrsets);
    assert!(made.responses.bogus > once.responses.bogus + once.responses.secure);
    let hold =
        |summary: &Summary| summary.signatures.values().map(|counts| counts.hold).sum::<u64>();
    assert!(hold(&made) >= hold(&once));
}

// An independent reader finds no checksum wrong that was right before, and as many messages.
#[test]
fn tshark_finds_repeated_traffic_intact() {
    if !has("python3") || !has("tshark") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let census = |file: &Path, factor: usize| {
        let output = Command::new("tshark")
            .args(["-n", "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"])
            .args(["-o", "tcp.check_checksum:TRUE", "-r"])
            .arg(file)
            .args(["-T", "fields", "-e", "ip.checksum.status", "-e", "udp.checksum.status"])
            .args(["-e", "tcp.checksum.status", "-e", "dns.flags.response"])
            .output()
            .unwrap();
        let mut rows: BTreeMap<String, usize> = BTreeMap::new();
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            *rows.entry(line.to_owned()).or_default() += factor;
        }
        assert!(rows.len() > 1, "{rows:?}");
        rows
    };
    let once = census(&path(CAPTURE), usize::try_from(TIMES).unwrap());
    for names in ["asked", "all"] {
        let file = directory.path().join(names);
        make(&file, names);
        assert_eq!(census(&file, 1), once, "{names}");
    }
}
