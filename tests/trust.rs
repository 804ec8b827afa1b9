//! What anchors make of a zone, beyond what `datasets/` pins: digests that do not count, keys in
//! full, zones without signatures.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at what is not so

mod common;

use common::{Report, STANDARD_TIME, datasets, sigmill_zone};
use sigmill::crypto::ds_digest;
use sigmill::dns::rdata::{Dnskey, key_tag};
use sigmill::dns::{DigestType, Name, RType};
use sigmill::source::{OpenOptions, Source};
use sigmill::zonefile::{Event, read};

/// The RDATA of the example zone's KSK.
fn ksk() -> Vec<u8> {
    let path = datasets().join("zones/example.zone");
    let source = Source::open(&path, &OpenOptions::default()).expect("open");
    let mut keys = Vec::new();
    read(source, &Default::default(), &mut |event| {
        if let Event::Record(record) = event
            && record.rtype == RType::DNSKEY
        {
            keys.push(record.rdata.to_vec());
        }
    })
    .expect("read");
    let is_ksk = |rdata: &Vec<u8>| Dnskey::from_rdata(rdata).expect("a DNSKEY").is_sep();
    keys.into_iter().find(is_ksk).expect("a KSK")
}

/// The DS of a key, with the last octet of its digest changed if it is to be wrong.
fn ds(digest_type: DigestType, is_right: bool) -> String {
    let rdata = ksk();
    let apex = Name::from_text(b"example.", None).expect("a name");
    let mut digest = ds_digest(digest_type, &apex, &rdata).expect("a digest").to_vec();
    if !is_right {
        *digest.last_mut().expect("octets") ^= 1;
    }
    let digits: String = digest.iter().map(|octet| format!("{octet:02X}")).collect();
    format!("{} 13 {} {digits}", key_tag(&rdata), digest_type.0)
}

fn judge(file: &str, anchors: &[&str]) -> Report {
    let given = anchors.iter().flat_map(|ds| ["--ds", *ds]);
    let args: Vec<&str> = ["--at", STANDARD_TIME].into_iter().chain(given).collect();
    sigmill_zone(&datasets().join(file), &args)
}

const EXAMPLE: &str = "zones/example.zone";

// RFC 4509 §3.
#[test]
fn a_sha1_ds_counts_only_where_there_is_no_sha2_ds() {
    let right = ds(DigestType::SHA1, true);
    let alone = judge(EXAMPLE, &[&right]);
    assert_eq!((alone.exit, alone.text("/trust/kind")), (0, "anchored"));
    let wrong = ds(DigestType::SHA256, false);
    let beside = judge(EXAMPLE, &[&right, &wrong]);
    assert_eq!((beside.exit, beside.text("/trust/kind")), (1, "not-anchored"));
    assert_eq!(beside.codes(), [("dnskey-not-anchored".into(), 1)].into());
    // One that is unknown does not make it invisible.
    let unknown = format!("1 13 5 {}", "AB".repeat(32));
    assert_eq!(judge(EXAMPLE, &[&right, &unknown]).exit, 0);
}

#[test]
fn every_digest_type_anchors() {
    for digest_type in [DigestType::SHA1, DigestType::SHA256, DigestType::SHA384] {
        assert_eq!(judge(EXAMPLE, &[&ds(digest_type, true)]).exit, 0, "{digest_type}");
        assert_eq!(judge(EXAMPLE, &[&ds(digest_type, false)]).exit, 1, "{digest_type}");
    }
}

// RFC 4035 §5.2, RFC 6840 §5.2: nothing that a validator knows leads here.
#[test]
fn only_unknown_ds_make_the_zone_insecure() {
    let digest = format!("1 13 5 {}", "AB".repeat(32));
    let algorithm = format!("1 253 2 {}", "AB".repeat(32));
    for file in [EXAMPLE, "variants/unsigned.zone"] {
        let report = judge(file, &[&digest, &algorithm]);
        assert_ne!(report.text("/trust/kind"), "not-anchored", "{file}");
        assert_eq!(report.codes().get("dnskey-not-anchored"), None, "{file}");
    }
    assert_eq!(judge(EXAMPLE, &[&digest]).text("/trust/kind"), "unsupported");
}

#[test]
fn a_ds_for_an_unsigned_zone_makes_it_bogus() {
    let report = judge("variants/unsigned.zone", &[&ds(DigestType::SHA256, true)]);
    assert_eq!((report.exit, report.text("/trust/kind")), (1, "not-anchored"));
    assert!(report.codes().contains_key("dnskey-not-anchored"));
}

#[test]
fn a_dnskey_given_in_full_is_an_anchor() {
    let zone = std::fs::read_to_string(datasets().join(EXAMPLE)).expect("read");
    let lines = |flags: &str| -> Vec<String> {
        let wanted = format!("DNSKEY\t{flags} 3 13 ");
        zone.lines().filter(|line| line.contains(&wanted)).map(str::to_owned).collect()
    };
    for (flags, kind) in [("257", "anchored"), ("256", "not-anchored")] {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let keys = lines(flags);
        assert_eq!(keys.len(), 1, "{flags}");
        std::fs::write(file.path(), keys.join("\n") + "\n").expect("write");
        let anchor = file.path().to_str().expect("UTF-8");
        let args = ["--at", STANDARD_TIME, "--anchor", anchor];
        let report = sigmill_zone(&datasets().join(EXAMPLE), &args);
        assert_eq!(report.text("/trust/kind"), kind, "{flags}");
    }
}
