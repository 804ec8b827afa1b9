//! Real captures, whose verdicts dnspython and ldns gave (`../shared/data`, which is not part of the
//! project).

use super::{Config, Judged, capture, path};

/// The file; distinct signatures that hold, fail, and name keys that were not seen.
const FACTS: [(&str, u64, u64, u64); 11] = [
    ("rootserver-nsd-20161006.pcapng", 837, 0, 4),
    ("ndpi-dns_fragmented-v4v6.pcap", 9, 0, 4),
    ("sidn-multiple-dns-msg-over-tcp.pcap", 13, 0, 0),
    ("zeek-ed25519.no.pcap", 1, 0, 0),
    ("zeek-ed448.no.pcap", 1, 0, 0),
    ("zeek-dns-edns-ecs.pcap", 18, 0, 11),
    ("zeek-dnskey.pcap", 0, 1, 1),
    ("nmsg-correct_root-any-v4.pcap", 4, 0, 0),
    ("nmsg-incorrect_root-any-v4.pcap", 2, 2, 0),
    ("zeek-nsec3.pcap", 0, 0, 3),
    ("ndpi-badpackets-gov.pcap", 0, 0, 0),
];

fn sums(judged: &Judged) -> (u64, u64, u64) {
    let counts = judged.summary.signatures.values();
    counts.fold((0, 0, 0), |(hold, fail, without), counts| {
        (hold + counts.hold, fail + counts.fail, without + counts.without_key)
    })
}

#[test]
fn signatures_of_real_captures_hold_and_fail_as_other_validators_say() {
    if !path("../shared/data/captures").is_dir() {
        println!("skipped: the real captures are not here");
        return;
    }
    for (name, hold, fail, without_key) in FACTS {
        let judged = capture(&format!("../shared/data/captures/{name}"), &Config::default());
        assert_eq!(sums(&judged), (hold, fail, without_key), "{name}");
    }
}

// 15,577 RRSIG by tshark, which also counts the seven that ICMP errors quote.
#[test]
fn a_minute_of_a_root_server_is_judged_from_the_anchor_of_its_time() {
    let name = "../shared/data/captures/rootserver-nsd-20161006.pcapng";
    if !path(name).is_file() {
        println!("skipped: the real captures are not here");
        return;
    }
    let judged = capture(name, &Config::default());
    assert_eq!(judged.summary.input.signatures, 15_570);
    assert_eq!(judged.summary.responses.bogus, 0);
    assert!(judged.summary.responses.secure > 7000);
    let arpa = judged.summary.zones.iter().find(|row| row.link.zone.to_string() == "arpa.");
    let reason = arpa.unwrap().link.judgement.reason.as_ref().unwrap();
    assert_eq!(reason.to_string(), "chain-dnskey-needed arpa. DNSKEY");
}

/// RRSIG records that tshark sees in DNS messages, those that ICMP errors quote left out.
fn tshark_counts(name: &str) -> Option<u64> {
    let output = std::process::Command::new("tshark")
        .args([
            "-r",
            path(name).to_str()?,
            "-o",
            "ip.defragment:TRUE",
            "-o",
            "tcp.desegment_tcp_streams:TRUE",
        ])
        .args([
            "-Y",
            "dns && !icmp && !icmpv6",
            "-T",
            "fields",
            "-E",
            "occurrence=a",
            "-e",
            "dns.rrsig.type_covered",
        ])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    // Of each RRSIG what it covers: the types of bitmaps share a field with those of records.
    let covered = text.lines().flat_map(|line| line.split(','));
    Some(covered.filter(|covered| !covered.trim().is_empty()).count() as u64)
}

// Issue "Verify packet captures": tshark counts as many RRSIG records as we do.
#[test]
fn tshark_counts_as_many_signatures() {
    if std::process::Command::new("tshark").arg("--version").output().is_err() {
        assert!(std::env::var_os("SIGMILL_REQUIRE_PEERS").is_none(), "tshark is not installed");
        println!("skipped: tshark is not installed");
        return;
    }
    let mut names =
        vec!["datasets/captures/tree.pcapng".into(), "datasets/captures/stub.pcapng".into()];
    if path("../shared/data/captures").is_dir() {
        // tshark shows what is in lone first fragments; no message is whole there.
        let of_messages = FACTS.iter().filter(|fact| fact.0 != "ndpi-badpackets-gov.pcap");
        names.extend(of_messages.map(|fact| format!("../shared/data/captures/{}", fact.0)));
    } else {
        println!("skipped in part: the real captures are not here");
    }
    for name in names {
        let ours = capture(&name, &Config::default()).summary.input.signatures;
        assert_eq!(Some(ours), tshark_counts(&name), "{name}");
    }
}
