//! What other programs were reported to get wrong, from their trackers: crashes and hangs, right
//! zones called wrong, wrong zones called right, messages that do not help. Where a zone of
//! `datasets/` has the case, it is that zone which is judged.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at what is not so

mod common;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::{Report, STANDARD_TIME, Zone, datasets, manifest, sigmill_zone, variant, zone};

/// Judges text, without regard to time, and sees that it does not take long.
fn judge_text(text: &str, args: &[&str]) -> Report {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), text).expect("write");
    let start = Instant::now();
    let report = sigmill_zone(file.path(), &[&["--at", STANDARD_TIME], args].concat());
    assert!(start.elapsed() < Duration::from_secs(30), "it took {:?}", start.elapsed());
    report
}

fn judge(zone: &Zone) -> Report {
    common::judge(zone)
}

/// The zone is good, and nothing is found in it but what is named.
#[track_caller]
fn assert_good(zone: &Zone, advice: &[&str]) {
    let report = judge(zone);
    assert_eq!(report.exit, 0, "{}: {:?}", zone.label, report.codes());
    assert_eq!(codes(&report), advice, "{}", zone.label);
    assert_eq!(report.number("/times/0/rrsets/bogus"), 0, "{}", zone.label);
}

/// The zone is bad, and this is why.
#[track_caller]
fn assert_bad(zone: &Zone, findings: &[&str]) {
    let report = judge(zone);
    assert_eq!(report.exit, 1, "{}", zone.label);
    assert_eq!(codes(&report), findings, "{}", zone.label);
}

fn codes(report: &Report) -> Vec<String> {
    report.codes().into_keys().collect()
}

fn text_of(file: &str) -> String {
    std::fs::read_to_string(datasets().join(file)).expect("read")
}

/// The example zone with the line that begins so replaced; words are compared.
fn example_with(owner: &str, rtype: &str, line: &str) -> String {
    let mut done = false;
    let lines: Vec<String> = text_of("zones/example.zone")
        .lines()
        .map(|old| {
            let words: Vec<&str> = old.split_whitespace().collect();
            let is_it = words.first() == Some(&owner) && words.get(3) == Some(&rtype);
            done |= is_it;
            if is_it { line.to_owned() } else { old.to_owned() }
        })
        .collect();
    assert!(done, "{owner} has no {rtype}");
    lines.join("\n") + "\n"
}

// ---- Crash or hang ----

// https://github.com/NLnetLabs/ldns/issues/287: a SOA, a ZONEMD of 87 digits, and an NSEC3 hang
// ldns-verify-zone 1.8.4.
#[test]
fn ldns_287_three_lines_are_judged_and_refused() {
    let digits = "0".repeat(87);
    let text = format!(
        "test. soa ns.test. roy.test 1 7200 900 86400 3600\n\
         test. zonemd 1 1 1 {digits}\n\
         5u2i2h5co0ebb4r9hipbku7pea6ggpsw.test. IN nsec3 1 1 0 - 5u2i2h5co0ebb4r9hipbku7pea6ggpsu\n"
    );
    let report = judge_text(&text, &["--origin", "test."]);
    assert_eq!(report.exit, 1);
    let told = codes(&report);
    assert!(told.contains(&"record-unreadable".to_owned()), "{told:?}");
    assert!(told.contains(&"zone-unsigned".to_owned()), "{told:?}");
}

// BIND GL#5834: a bitmap of many windows.
#[test]
fn bind_5834_bitmaps_of_all_windows_are_read_and_compared() {
    // A type of each window, and then all types that there can be.
    let one_each: Vec<String> =
        (0..256).map(|window| format!("TYPE{}", window * 256 + 1)).collect();
    let all: Vec<String> = (1..=65535).map(|number| format!("TYPE{number}")).collect();
    for types in [one_each, all] {
        let types = types.join(" ");
        let nsec = format!("www.example. 900 IN NSEC example. {types}");
        let report = judge_text(&example_with("www.example.", "NSEC", &nsec), &[]);
        let told = report.codes();
        assert_eq!(told.get("nsec-type-surplus"), Some(&1), "{told:?}");
        assert_eq!(told.get("signature-invalid"), Some(&1), "{told:?}");
        let findings = report.json["findings"].as_array().expect("findings");
        let detail = |finding: &serde_json::Value| finding["detail"].as_str().map(str::len);
        assert!(findings.iter().filter_map(detail).all(|len| len < 200), "a detail for people");
    }
}

// OPENDNSSEC-193: empty non-terminals. They have NSEC3 records, and no others; with opt-out they may
// have none if they are there for insecure delegations only.
#[test]
fn opendnssec_193_empty_non_terminals_are_judged() {
    assert_good(&variant("nsec3-renewed"), &[]);
    assert_good(&variant("nsec-renewed"), &[]);
    assert_bad(&variant("nsec3-missing-at-empty-non-terminal"), &["nsec3-missing"]);
    assert_bad(&variant("nsec3-empty-non-terminal-with-types"), &["nsec3-type-surplus"]);
    // So many of them that a walk from each name up to the apex would never end.
    let deep = "a.".repeat(120);
    let mut text = text_of("variants/nsec3-renewed.zone");
    for number in 0..500 {
        text += &format!("n{number}.{deep}example. 3600 IN TXT x\n");
    }
    let told = judge_text(&text, &[]).codes();
    assert_eq!(told.get("nsec3-missing"), Some(&(500 + 120)), "{told:?}");
}

// https://github.com/hickory-dns/hickory-dns/pull/3130: the signature of an NSEC record that claims
// to come from a wildcard asks for another denial, and so on without end.
#[test]
fn hickory_3130_nsec_records_do_not_come_from_wildcards() {
    assert_bad(&variant("nsec-signed-as-wildcard"), &["signature-labels-too-few"]);
}

// https://github.com/NLnetLabs/ldns/issues/307: NSEC3 of an unknown hash algorithm.
#[test]
fn ldns_307_unknown_nsec3_hash_algorithms_are_told() {
    for algorithm in [0, 2, 255] {
        let text = text_of("variants/nsec3-renewed.zone");
        let text = text.replace("NSEC3\t1 0 0", &format!("NSEC3\t{algorithm} 0 0"));
        let report = judge_text(&text, &[]);
        assert_eq!(report.exit, 1);
        let told = report.codes();
        assert_eq!(told.get("nsec3-unannounced"), Some(&1), "{algorithm}: {told:?}");
        assert!(told.contains_key("nsec3-missing"), "{algorithm}: {told:?}");
    }
}

// validns 0.8 (see datasets/MATRIX.md): crashes on names with escapes, on a zone without SOA and on a
// second SOA below the apex, hangs on an NSEC chain that is not closed, and knows no EdDSA.
#[test]
fn validns_zones_that_crash_or_hang_it_are_judged() {
    for file in ["names-bind", "names-ldns", "names-knot", "names-nsec3"] {
        assert_good(&zone(&format!("zones/text/{file}.zone")), &[]);
    }
    for file in ["bind/ed25519-nsec", "ldns/ed25519-nsec3", "knot/ed448-nsec3-optout"] {
        assert_good(&zone(&format!("zones/{file}.zone")), &[]);
    }
    assert_bad(&variant("nsec-chain-open"), &["nsec-next-wrong"]);
    assert_bad(&variant("soa-missing"), &["nsec-type-surplus", "soa-missing"]);
    assert_bad(&variant("soa-not-at-apex"), &["soa-not-at-apex"]);
    let no_keys = ["dnskey-missing", "nsec-type-surplus", "signature-no-key"];
    assert_bad(&variant("dnskey-missing"), &no_keys);
    // The SOA record comes last.
    assert_good(&variant("shuffled"), &[]);
}

// Knot 3.2.6's kzonecheck crashes on it (see datasets/MATRIX.md).
#[test]
fn knot_a_chain_without_nsec3param_is_judged() {
    assert_bad(&variant("nsec3param-missing"), &["nsec3param-missing"]);
}

// The manifest records who crashed or hung: sigmill must come to a verdict on each of these.
#[test]
fn zones_that_crash_or_hang_a_peer_get_a_verdict() {
    let hard = |zone: &Zone| zone.peers.values().any(|said| said == "crash" || said == "hang");
    let zones: Vec<Zone> = manifest().into_iter().filter(hard).collect();
    assert!(zones.len() >= 8, "the manifest lost its crashes: {}", zones.len());
    for zone in zones {
        let report = judge(&zone);
        assert_eq!(report.exit, zone.exit, "{}: {}", zone.label, report.stderr);
    }
}

// ---- Right zones called wrong ----

// cascade#593: zones with one key that signs everything.
#[test]
fn cascade_593_single_key_zones_are_good() {
    let is_csk = |zone: &Zone| zone.path.to_str().is_some_and(|path| path.contains("-csk"));
    let zones: Vec<Zone> = manifest().into_iter().filter(is_csk).collect();
    assert!(zones.len() >= 9, "{}", zones.len());
    for zone in zones {
        let report = judge(&zone);
        assert_eq!(report.exit, 0, "{}", zone.label);
        assert_eq!(report.text("/keys/0/role"), "CSK", "{}", zone.label);
    }
}

// https://github.com/dblacka/jdnssec-tools/issues/2: with opt-out, an empty non-terminal that is
// there only for an insecure delegation needs no NSEC3.
#[test]
fn jdnssec_2_empty_non_terminals_of_insecure_delegations_need_no_nsec3_with_opt_out() {
    assert_good(&variant("nsec3-opt-out"), &[]);
    assert_good(&variant("nsec3-opt-out-some"), &[]);
}

// jdnssec-tools#14, https://github.com/rthalley/dnspython/pull/26: two keys with one tag.
#[test]
fn dnspython_26_keys_may_share_a_tag() {
    for name in ["tag-shared-by-zsks", "tag-shared-each-signs-half", "tag-shared-by-ksk-and-zsk"] {
        assert_good(&variant(name), &["key-tag-collision"]);
    }
}

// https://github.com/rthalley/dnspython/pull/634: one of two keys with the tag is malformed, and
// comes first.
#[test]
fn dnspython_634_a_malformed_key_does_not_end_the_search() {
    let report = judge(&variant("tag-shared-with-malformed-key"));
    assert_eq!(codes(&report), ["key-malformed", "key-tag-collision"]);
    assert_eq!(report.number("/times/0/rrsets/bogus"), 0);
    assert_eq!(report.number("/times/0/rrsets/secure"), 32);
}

// https://github.com/NLnetLabs/ldns/issues/277: records out of the zone, be they before it in
// canonical order, are neither signed nor denied.
#[test]
fn ldns_277_records_out_of_the_zone_are_left_out() {
    assert_good(&variant("out-of-zone"), &["record-out-of-zone"]);
    let early =
        "earlier-sorting.aaa. 240 IN A 192.0.2.7\n".to_owned() + &text_of("zones/example.zone");
    let report = judge_text(&early, &["--origin", "example."]);
    assert_eq!((report.exit, codes(&report)), (0, vec!["record-out-of-zone".to_owned()]));
}

// https://github.com/NLnetLabs/ldns/issues/145: what a DNAME hides is not glue.
#[test]
fn ldns_145_data_below_a_dname_is_called_so() {
    assert_good(&variant("data-below-dname"), &["data-below-dname"]);
    let both = ["data-below-dname", "signature-not-authoritative"];
    assert_bad(&variant("signed-below-dname"), &both);
}

// https://github.com/miekg/dns/issues/1106 (bitmaps in the order of the alphabet, as all zones of
// CZDS have them) and https://github.com/miekg/dns/pull/475 (next hashes in lower case).
#[test]
fn miekg_1106_and_475_bitmaps_and_hashes_may_be_written_otherwise() {
    assert_good(&variant("nsec3-mixed-case"), &[]);
}

// https://github.com/razvandimescu/numa/pull/391, https://github.com/iijlab/dnsext/pull/129,
// https://github.com/relaycorp/dnssec-js/pull/71: RDATA is sorted by its octets, not by its length
// first; seen on ai., whose ZSKs have 1024 and 2048 bits.
#[test]
fn numa_391_rdata_is_not_sorted_by_its_length() {
    for signer in ["bind", "ldns", "knot"] {
        assert_good(&zone(&format!("zones/text/order-{signer}.zone")), &[]);
    }
    assert_good(&zone("zones/rsa/bits-mixed.zone"), &["key-rsa-short"]);
}

// https://github.com/hickory-dns/hickory-dns/pull/3847: the first bad signature of several decides.
#[test]
fn hickory_3847_one_good_signature_is_enough_wherever_it_stands() {
    for (name, code) in [
        ("invalid-beside-good", "signature-invalid"),
        ("expired-beside-good", "signature-expired"),
        ("no-key-beside-good", "signature-no-key"),
        ("key-unsupported-algorithm-beside-good", "signature-unsupported-algorithm"),
    ] {
        let report = judge(&variant(name));
        assert_eq!(report.codes().get(code), Some(&1), "{name}");
        assert_eq!(report.number("/times/0/rrsets/bogus"), 0, "{name}");
    }
}

// ring#870, numa#390: RSA keys below 2048 bits are in use.
#[test]
fn ring_870_short_rsa_keys_verify() {
    for file in ["bits-1024", "bits-1280", "bits-2047", "sha512-1024"] {
        let report = judge(&zone(&format!("zones/rsa/{file}.zone")));
        assert_eq!(report.exit, 0, "{file}: {:?}", report.codes());
        assert!(report.codes().contains_key("key-rsa-short"), "{file}");
        assert_eq!(report.number("/times/0/rrsets/insecure"), 0, "{file}");
    }
}

// miekg/dns#788, https://github.com/miekg/dns/issues/1125: exponents of 33 bits, as com.my has.
#[test]
fn miekg_788_exponents_above_32_bits_verify() {
    assert_good(&zone("zones/rsa/exponent-f5.zone"), &[]);
    assert_good(&zone("zones/rsa/exponent-3.zone"), &[]);
    assert_good(&zone("zones/rsa/exponent-f5-1024.zone"), &["key-rsa-short"]);
}

// https://github.com/DNS-OARC/validns/issues/66 (CAA), validns#59 (SSHFP), PowerDNS#5092 (CDS):
// types that a verifier did not know.
#[test]
fn validns_66_and_59_every_type_verifies() {
    assert_good(&zone("zones/text/types.zone"), &["zonemd-misplaced"]);
    let text = text_of("zones/text/types.zone");
    for rtype in ["CAA", "SSHFP", "SVCB", "TLSA"] {
        assert!(text.contains(&format!(" IN {rtype}\t")), "types.zone has no {rtype}");
    }
    let report = judge(&zone("zones/text/types.zone"));
    let signatures = report.number("/input/signatures");
    assert_eq!(report.number("/times/0/signatures_valid"), signatures);
    assert_good(&variant("cds-good"), &[]);
}

// ---- Wrong zones called right ----

// BIND GL#6063: an NSEC3 record is missing.
#[test]
fn bind_6063_missing_nsec3_records_are_told() {
    assert_bad(&variant("nsec3-missing"), &["nsec3-missing"]);
    assert_bad(&variant("nsec3-missing-in-opt-out"), &["nsec3-missing"]);
    assert_bad(&variant("nsec3-opt-out-not-at-cover"), &["nsec3-missing"]);
}

// BIND GL#6136: no NSEC3PARAM that a server can use.
#[test]
fn bind_6136_unusable_nsec3params_are_told() {
    let both = ["nsec3param-ignored", "nsec3param-missing"];
    assert_bad(&variant("nsec3param-flags"), &both);
    assert_bad(&variant("nsec3param-unknown-hash"), &both);
    assert_good(&variant("nsec3param-ignored-beside-good"), &["nsec3param-ignored"]);
}

// https://github.com/DNS-OARC/validns/issues/42: salt and iterations of NSEC3PARAM and NSEC3 differ.
#[test]
fn validns_42_mismatches_of_nsec3_parameters_are_told() {
    let one = ["nsec3-missing", "nsec3-unannounced"];
    assert_bad(&variant("nsec3-one-record-with-other-salt"), &one);
    let all = ["nsec3-missing", "nsec3-salt", "nsec3-unannounced"];
    assert_bad(&variant("nsec3param-other-salt"), &all);
    let text = text_of("variants/nsec3-renewed.zone");
    let other = text.replace("NSEC3PARAM\t1 0 0 -", "NSEC3PARAM\t1 0 1 -");
    assert_ne!(text, other);
    let told = judge_text(&other, &[]).codes();
    for code in ["nsec3-missing", "nsec3-unannounced", "nsec3-iterations", "signature-invalid"] {
        assert!(told.contains_key(code), "{code}: {told:?}");
    }
}

// https://github.com/dnsviz/dnsviz/issues/160: NSEC3 records that overlap.
#[test]
fn dnsviz_160_overlapping_nsec3_records_are_told() {
    assert_bad(&variant("nsec3-next-skips"), &["nsec3-next-wrong"]);
    assert_bad(&variant("nsec3-chain-open"), &["nsec3-next-wrong"]);
}

// https://github.com/semihalev/sdns/pull/512: a wildcard's signature replayed on a name that exists.
#[test]
fn sdns_512_a_wildcards_signature_on_a_real_name_is_told() {
    assert_bad(&variant("wildcard-replayed"), &["signature-labels-too-few"]);
}

// RUSTSEC-2025-0006: every key of a set was trusted because an anchor meant one of them.
#[test]
fn rustsec_2025_0006_a_trusted_key_that_does_not_sign_the_set_is_no_anchor_of_it() {
    let by = |anchor: &str| {
        let wanted = format!("anchors/{anchor}.ds");
        let has = |zone: &Zone| zone.args.iter().any(|argument| argument.ends_with(&wanted));
        manifest().into_iter().find(has).expect("a zone with that anchor")
    };
    assert_bad(&by("example-zsk"), &["dnskey-not-anchored"]);
    assert_bad(&by("example-wrong"), &["dnskey-not-anchored"]);
    assert_good(&by("example-right"), &[]);
    assert_good(&by("example-right-and-wrong"), &[]);
}

// sdns#582: the signature over ZONEMD is no part of what is digested.
#[test]
fn sdns_582_the_signature_over_zonemd_is_not_digested() {
    let zone = variant("zonemd-sha384");
    assert_good(&zone, &[]);
    // Nor is a signature over it that does not hold: the digest does.
    let text = std::fs::read_to_string(&zone.path).expect("read");
    let lines: Vec<String> = text
        .lines()
        .map(|line| match line.contains("RRSIG\tZONEMD") {
            true => line.replace("20360101000000", "20350101000000"),
            false => line.to_owned(),
        })
        .collect();
    let report = judge_text(&(lines.join("\n") + "\n"), &["--zonemd", "required"]);
    assert_eq!(codes(&report), ["signature-invalid"]);
    assert_eq!(report.text("/zonemd/status"), "verified");
}

// https://github.com/rthalley/dnspython/pull/946: the labels field counts the asterisk.
#[test]
fn dnspython_946_the_asterisk_is_no_label() {
    assert_bad(&variant("wildcard-counted-as-label"), &["signature-labels-too-many"]);
    assert_bad(&variant("labels-too-many"), &["signature-labels-too-many"]);
    assert_bad(&variant("labels-too-few"), &["signature-labels-too-few"]);
}

// https://github.com/NLnetLabs/nsd/issues/205, https://github.com/NLnetLabs/simdzone/pull/226:
// digests of another length than their type has.
#[test]
fn nsd_205_digests_of_another_length_are_told() {
    assert_bad(&variant("ds-digest-short"), &["ds-malformed"]);
    assert_bad(&variant("zonemd-short"), &["zonemd-malformed"]);
    assert_bad(&variant("cds-malformed"), &["cds-malformed"]);
}

// ---- Messages ----

// https://github.com/NLnetLabs/cascade/issues/193: "Something went wrong". Every finding has a source
// and advice, and the text report shows them.
#[test]
fn cascade_193_a_finding_says_what_is_wrong_where_and_what_to_do() {
    let path = datasets().join("variants/expired.zone");
    let text = run_text(&path, &["--at", STANDARD_TIME]);
    for part in
        ["signature-expired", "www.example./A", "RFC 4035", "→", "expiration 20260101000000"]
    {
        assert!(text.contains(part), "no {part:?} in: {text}");
    }
}

/// What `sigmill zone` writes for people.
fn run_text(path: &PathBuf, args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_sigmill"))
        .arg("zone")
        .args(args)
        .arg(path)
        .stdin(Stdio::null())
        .output()
        .expect("sigmill runs");
    String::from_utf8(output.stdout).expect("UTF-8")
}

// https://github.com/NLnetLabs/ldns/pull/299: a malformed signature was a "general memory error".
#[test]
fn ldns_299_a_malformed_signature_is_called_so() {
    for (name, length) in [("signature-short", "63"), ("signature-long", "65")] {
        let report = judge(&variant(name));
        assert_eq!(codes(&report), ["signature-malformed"]);
        let detail = report.json["findings"][0]["detail"].as_str().expect("a detail");
        assert!(detail.contains("64") && detail.contains(length), "{detail}");
    }
}

// https://github.com/rthalley/dnspython/pull/632: a reason for each signature that does not hold.
#[test]
fn dnspython_632_each_signature_has_its_own_reason() {
    let report = judge(&variant("expired-beside-good"));
    let finding = &report.json["findings"][0];
    assert_eq!(finding["code"], "signature-expired");
    assert!(finding["key"]["tag"].is_u64() && finding["place"]["line"].is_u64(), "{finding}");
    assert!(finding["detail"].as_str().is_some_and(|detail| detail.contains("2026")), "{finding}");
    let report = judge(&zone("zones/short.zone"));
    assert_eq!(codes(&report), [""; 0]);
}

// validns#78: signatures were counted more than once when keys share a tag.
#[test]
fn validns_78_signatures_are_counted_once_when_tags_collide() {
    let zone = variant("tag-shared-by-zsks");
    let text = std::fs::read_to_string(&zone.path).expect("read");
    let written = text.lines().filter(|line| line.contains("RRSIG\t"));
    let report = judge(&zone);
    assert_eq!(report.number("/input/signatures"), written.count() as u64);
    assert_eq!(report.number("/times/0/signatures_valid"), report.number("/input/signatures"));
}

// https://github.com/dblacka/jdnssec-tools/pull/5: the exit status tells, also from standard input.
#[test]
fn jdnssec_5_the_exit_status_is_the_verdict() {
    for (file, due) in [("zones/example.zone", 0), ("variants/expired.zone", 1)] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sigmill"))
            .args(["zone", "-qq", "--at", STANDARD_TIME, "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sigmill runs");
        let mut input = child.stdin.take().expect("a pipe");
        input.write_all(text_of(file).as_bytes()).expect("write");
        drop(input);
        let output = child.wait_with_output().expect("an end");
        assert_eq!(output.status.code(), Some(due), "{file}");
        assert!(output.stdout.is_empty(), "{file}");
    }
}

// https://github.com/dnsviz/dnsviz/issues/91: TTLs of NSEC3PARAM that some servers rewrite were an
// error that nobody could tune.
#[test]
fn dnsviz_91_severities_can_be_changed() {
    let policy = tempfile::NamedTempFile::new().expect("a temporary file");
    let text = "[severity]\nsignature-ttl = \"off\"\nsignature-original-ttl = \"advice\"\n";
    std::fs::write(policy.path(), text).expect("write");
    let path = datasets().join("variants/rrset-ttl.zone");
    let policy = policy.path().to_str().expect("UTF-8");
    let report = sigmill_zone(&path, &["--at", STANDARD_TIME, "--policy", policy]);
    assert_eq!((report.exit, codes(&report)), (0, vec!["signature-original-ttl".to_owned()]));
}
