//! `sigmill ds`: DS records of a zone's keys, and those of a parent checked against them.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at what is not so

mod common;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use common::{datasets, has_program, manifest};

/// RFC 8080 §6.1: tag 3613.
const KSK: &str =
    "example.com. 3600 IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=\n";
const KSK_DIGEST: &str = "3AA5AB37EFCE57F737FC1627013FEE07BDF241BD10F3B1964AB55C78E79A304B";
const KSK_SHA1: &str = "B2C63605467C4A40942B47A953E9C0D38F81083A";
/// Another key of the same kind without the SEP flag.
const ZSK: &str =
    "example.com. 3600 IN DNSKEY 256 3 15 zPnZ/QwEe7S8C5SPz2OfS5RR40ATk2/rYnE9xHIEijs=\n";

struct Said {
    exit: i32,
    out: String,
    err: String,
}

impl Said {
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{} {}", self.out, self.err))
    }
}

/// Runs `sigmill ds` with `input` on standard input.
fn ds(arguments: &[&str], input: &str) -> Said {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sigmill"))
        .arg("ds")
        .args(arguments)
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command line that is wrong ends the program before it reads.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Said {
        exit: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The records that are made, without a note.
fn made(arguments: &[&str], input: &str) -> String {
    let said = ds(arguments, input);
    assert_eq!((said.exit, said.err.as_str()), (0, ""), "{arguments:?}");
    said.out
}

// --- Records ---

// Key, digest option, what the RFC prints for it.
#[rustfmt::skip]
const EXAMPLES: [(&str, &str, &str); 6] = [
    // RFC 4509 §2.3; the key has no SEP flag.
    ("dskey.example.com. 86400 IN DNSKEY 256 3 5 ( AQOeiiR0GOMYkDshWoSKz9Xz
                                             fwJr1AYtsmx3TGkJaNXVbfi/
                                             2pHm822aJ5iI9BMzNXxeYCmZ
                                             DRD99WYwYqUSdjMmmAphXdvx
                                             egXd/M5+X7OrzKBaMbCVdFLU
                                             Uh6DhweJBjEVv5f2wwjM9Xzc
                                             nOf+EPbtG9DMBmADjFDc2w/r
                                             ljwvFw==
                                             ) ;  key id = 60485", "sha256",
     "dskey.example.com. IN DS 60485 5 2 \
      D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A"),
    // RFC 6605 §6.1 and §6.2.
    ("example.net. 3600 IN DNSKEY 257 3 13 (
           GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edb
           krSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA== )", "sha256",
     "example.net. IN DS 55648 13 2 \
      B4C8C1FE2E7477127B27115656AD6256F424625BF5C1E2770CE6D6E37DF61D17"),
    ("example.net. 3600 IN DNSKEY 257 3 14 (
           xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1
           w/egsXvSADtNJhyem5RCOpgQ6K8X1DRSEkrbYQ+OB+v8
           /uX45NBwY8rp65F6Glur8I/mlVNgF6W/qTI37m40 )", "sha384",
     "example.net. IN DS 10771 14 4 \
      72D7B62976CE06438E9C0BF319013CF801F09ECC84B8D7E9495F27E305C6A9B0563A9B5F4D288405C3008A946DF983D6"),
    // RFC 8080 §6.1 and §6.2.
    (KSK, "sha256", "example.com. IN DS 3613 15 2 \
      3AA5AB37EFCE57F737FC1627013FEE07BDF241BD10F3B1964AB55C78E79A304B"),
    ("example.com. 3600 IN DNSKEY 257 3 15 zPnZ/QwEe7S8C5SPz2OfS5RR40ATk2/rYnE9xHIEijs=", "sha256",
     "example.com. IN DS 35217 15 2 \
      401781B934E392DE492EC77AE2E15D70F6575A1C0BC59C5275C04EBE80C6614C"),
    ("example.com. 3600 IN DNSKEY 257 3 16 (
           3kgROaDjrh0H2iuixWBrc8g2EpBBLCdGzHmn+G2MpTPhpj/OiBVHHSfP
           odx1FYYUcJKm1MDpJtIA )", "sha256",
     "example.com. IN DS 9713 16 2 \
      6CCF18D5BC5D7FC2FCEB1D59D17321402F2AA8D368048DB93DD811F5CB2B19C7"),
];

#[test]
fn the_examples_of_the_rfcs_come_out() {
    for (key, digest, record) in EXAMPLES {
        let said = ds(&["-", "--digest", digest], key);
        assert_eq!(said.out, format!("{record}\n"), "{}", said.err);
    }
}

/// The root's KSK of 2017 as `dig +multi` prints it.
const ROOT: &str = "
; <<>> DiG 9.18.49 <<>> +multi . DNSKEY
;; global options: +cmd
;; Got answer:
;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1

;; ANSWER SECTION:
.\t\t\t172800 IN DNSKEY 257 3 8 (
\t\t\t\tAwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTO
\t\t\t\tiW1vkIbzxeF3+/4RgWOq7HrxRixHlFlExOLAJr5emLvN
\t\t\t\t7SWXgnLh4+B5xQlNVz8Og8kvArMtNROxVQuCaSnIDdD5
\t\t\t\tLKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0jLHwVN8
\t\t\t\tefS3rCj/EWgvIWgb9tarpVUDK/b58Da+sqqls3eNbuv7
\t\t\t\tpr+eoZG+SrDK6nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLY
\t\t\t\tA4/ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws
\t\t\t\t9555KrUB5qihylGa8subX2Nn6UwNR1AkUTV74bU=
\t\t\t\t) ; KSK; alg = RSASHA256 ; key id = 20326

;; Query time: 0 msec
";

// IANA's root-anchors.xml.
#[test]
fn the_roots_key_of_2017_has_the_published_ds() {
    let digest = "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D";
    assert_eq!(made(&["-"], ROOT), format!(". IN DS 20326 8 2 {digest}\n"));
    let given = format!("{} {}", &digest[..56], &digest[56..]);
    assert_eq!(ds(&["-", "--check", &format!("20326 8 2 {given}")], ROOT).exit, 0);
}

// What BIND's dnssec-dsfromkey prints, octet for octet, for every algorithm and digest.
#[test]
fn records_are_those_of_dnssec_dsfromkey() {
    if !has_program("dnssec-dsfromkey") {
        return;
    }
    let (mut compared, mut algorithms) = (0, BTreeSet::new());
    for zone in manifest().iter().filter(|zone| zone.as_signed) {
        let file = zone.path.to_str().unwrap();
        for (ours, theirs) in
            [(&["--all-keys"][..], &["-A"][..]), (&["--cds", "--ttl", "300"], &["-C", "-T", "300"])]
        {
            let digests = ["-a", "SHA-1", "-a", "SHA-256", "-a", "SHA-384"];
            let output = Command::new("dnssec-dsfromkey")
                .args(digests)
                .args(theirs)
                .args(["-f", file, &zone.origin])
                .stdin(Stdio::null())
                .output()
                .unwrap();
            let theirs = lines(&String::from_utf8(output.stdout).unwrap());
            let options = ["--digest", "sha1", "--digest", "sha256", "--digest", "sha384", file];
            let said = ds(&[ours, &options].concat(), "");
            let ours = lines(&said.out.replace("CDNSKEY", "; CDNSKEY"));
            if theirs.is_empty() {
                continue; // no key has the SEP flag, and BIND makes nothing of the others
            }
            assert_eq!(ours, theirs, "{}: {}", zone.label, said.err);
            compared += theirs.len();
            let algorithm = |line: &String| line.split(' ').rev().nth(2).unwrap().to_owned();
            algorithms.extend(theirs.iter().map(algorithm));
        }
    }
    assert!(compared > 500, "only {compared} records were compared");
    let all = ["10", "13", "14", "15", "16", "5", "7", "8"];
    assert_eq!(algorithms.iter().map(String::as_str).collect::<Vec<_>>(), all);
}

/// The lines that are no comments, without regard to their order.
fn lines(text: &str) -> BTreeSet<String> {
    let records = text.lines().filter(|line| !line.contains(';'));
    records.map(str::to_ascii_lowercase).collect()
}

// --- What is read ---

#[test]
fn key_files_zone_files_and_compressed_input_are_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    // As dnssec-keygen writes it: no TTL.
    let key =
        "; This is a key-signing key, keyid 3613, for example.com.\n; Created: 20261122012523\n"
            .to_owned()
            + &KSK.replace(" 3600", "");
    std::fs::write(path("Kexample.com.+015+03613.key"), &key).unwrap();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(format!("{KSK}{ZSK}").as_bytes()).unwrap();
    std::fs::write(path("keys.gz"), gz.finish().unwrap()).unwrap();
    let including = "$TTL 1h\n@ SOA a. b. 1 2 3 4 5\n$INCLUDE Kexample.com.+015+03613.key\n";
    std::fs::write(path("zone"), including).unwrap();

    let record = format!("example.com. IN DS 3613 15 2 {KSK_DIGEST}\n");
    let key_file = path("Kexample.com.+015+03613.key");
    assert_eq!(made(&[&key_file], ""), record);
    assert_eq!(made(&[&path("keys.gz")], ""), record);
    assert_eq!(made(&[&key_file, &path("keys.gz"), "-"], KSK), record, "one key is one key");
    let zone = ["--origin", "example.com", &path("zone")];
    let forbidden = ds(&zone, "");
    assert_eq!(forbidden.exit, 3);
    assert!(forbidden.err.contains("use --allow-include"), "{}", forbidden.err);
    assert_eq!(made(&[&zone[..], &["--allow-include"]].concat(), ""), record);
}

#[test]
fn keys_elsewhere_than_at_the_apex_are_left_out_and_told() {
    let child = KSK.replace("example.com", "child.example.com");
    let zone = format!("example.com. 3600 IN SOA a. b. 1 2 3 4 5\n{KSK}{child}");
    let said = ds(&["-"], &zone);
    assert_eq!(said.out.lines().count(), 1);
    assert!(said.err.contains("note: left out 1 DNSKEY of other zones"), "{}", said.err);
    // Without a SOA the file is not of one zone, unless the zone is named.
    assert_eq!(made(&["-"], &format!("{KSK}{child}")).lines().count(), 2);
    let said = ds(&["-", "--origin", "child.example.com"], &format!("{KSK}{child}"));
    assert!(said.out.starts_with("child.example.com. IN DS ") && said.exit == 0, "{}", said.out);
}

// RFC 7344: what a zone asks of its parent need not be among its keys.
#[test]
fn cds_and_cdnskey_are_no_keys() {
    let requests = KSK.replace("DNSKEY", "CDNSKEY")
        + &format!("example.com. 3600 IN CDS 3613 15 2 {KSK_DIGEST}\n");
    let said = ds(&["-"], &requests);
    assert_eq!((said.exit, said.out.as_str()), (3, ""));
    assert!(said.err.contains("CDS and CDNSKEY are requests to the parent"), "{}", said.err);
    assert_eq!(made(&["-"], &format!("{requests}{ZSK}{KSK}")).lines().count(), 1);
}

#[test]
fn input_without_keys_and_input_that_cannot_be_read_exit_with_3() {
    let cases: [(&[&str], &str, &str); 6] = [
        (&["-"], "", "standard input has no DNSKEY"),
        (&["-", "--origin", "example.org"], KSK, "no DNSKEY of example.org., only of example.com."),
        (&["-"], "example.com. DNSKEY 257 3 15 AQ=\n", "-:1:"),
        (
            &["-"],
            "257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=\n",
            "the output of dig +short lacks",
        ),
        (&["-"], "example.com DNSKEY 257 3 15 AQ==\n", "--origin"),
        (&["/no/such/file"], "", "/no/such/file"),
    ];
    for (arguments, input, says) in cases {
        let said = ds(arguments, input);
        assert_eq!((said.exit, said.out.as_str()), (3, ""), "{input}: {}", said.err);
        assert!(said.err.contains(says), "{input}: {}", said.err);
    }
    // A key that cannot be read might be the one that is needed.
    let said = ds(&["-"], &format!("{KSK}example.com. 1 IN DNSKEY \\# 2 0101\n"));
    assert_eq!((said.exit, said.out.as_str()), (3, ""), "{}", said.err);
}

#[test]
fn usage_errors_exit_with_2() {
    let cases: [&[&str]; 10] = [
        &[],
        &["-", "--digest", "md5"],
        &["-", "--tag", "65536"],
        &["-", "--ttl", "soon"],
        &["-", "--all-keys", "--tag", "1"],
        &["-", "--cds", "--cds-delete"],
        &["-", "--check", "1 2 3 4", "--cds"],
        &["-", "-"],
        &["-", "--check", "-"],
        &["--cds-delete"],
    ];
    for arguments in cases {
        let said = ds(arguments, KSK);
        assert_eq!((said.exit, said.out.as_str()), (2, ""), "{arguments:?}: {}", said.err);
    }
    let said = ds(&["-", "--check", "hello world"], KSK);
    assert_eq!(said.exit, 2, "{}", said.err);
    assert!(said.err.contains("a DS reads like"), "{}", said.err);
    let two_zones = format!("{KSK}{}", KSK.replace("example.com", "example.org"));
    let said = ds(&["-", "--check", &format!("3613 15 2 {KSK_DIGEST}")], &two_zones);
    assert_eq!(said.exit, 2, "{}", said.err);
    assert!(
        said.err.contains("there are keys of example.com. and of example.org."),
        "{}",
        said.err
    );
    let said = ds(&["-", "--format", "line", "--check", &format!("3613 15 2 {KSK_DIGEST}")], KSK);
    assert_eq!(said.exit, 2, "{}", said.err);
}

// --- Which keys ---

#[test]
fn sep_keys_are_taken_or_all_when_no_key_has_the_flag() {
    let both = format!("{ZSK}{KSK}");
    assert_eq!(made(&["-"], &both).lines().count(), 1);
    assert_eq!(made(&["-", "--all-keys"], &both).lines().count(), 2);
    let said = ds(&["-"], ZSK);
    assert_eq!((said.exit, said.out.lines().count()), (0, 1));
    assert!(said.err.contains("no key of example.com. has the SEP flag"), "{}", said.err);
    let said = ds(&["-", "--tag", "3613", "--tag", "1"], &both);
    assert_eq!((said.exit, said.out.as_str()), (3, ""));
    assert!(said.err.contains("no key has the tag 1") && said.err.contains("35216, 3613"));
}

// RFC 4034 §2.1.1 and §2.1.2, RFC 5011 §2.1: no validator uses such keys.
#[test]
fn unfit_keys_are_left_out_unless_their_tag_is_named() {
    let cases = [
        (KSK.replace("257 3", "385 3"), "it is revoked", "3741"),
        (KSK.replace("257 3", "1 3"), "its ZONE flag is not set", "3357"),
        (KSK.replace("257 3", "257 2"), "its protocol is 2, it must be 3", "3357"),
        (KSK.replace("ZJA4=", "Z"), "an Ed25519 key has 32 octets, this one has 30", "59918"),
    ];
    for (key, reason, tag) in cases {
        let said = ds(&["-", "--all-keys"], &format!("{key}{ZSK}"));
        assert_eq!((said.exit, said.out.lines().count()), (0, 1), "{reason}: {}", said.err);
        assert!(
            said.err.contains("note: left out key ") && said.err.contains(reason),
            "{}",
            said.err
        );
        let alone = ds(&["-"], &key);
        assert_eq!((alone.exit, alone.out.as_str()), (3, ""), "{reason}");
        let asked = ds(&["-", "--tag", tag], &key);
        assert_eq!((asked.exit, asked.out.lines().count()), (0, 1), "{reason}: {}", asked.err);
        assert!(asked.err.contains("no validator will use it"), "{}", asked.err);
    }
}

// --- Forms ---

#[test]
fn a_table_has_each_field_of_a_registrars_form() {
    let table = made(&["-", "--format", "table", "--digest", "sha256", "--digest", "4"], KSK);
    for line in [
        "zone         example.com.",
        "record       DS",
        "key tag      3613",
        "algorithm    15 ED25519",
        "digest type  2 SHA-256",
        &format!("digest       {KSK_DIGEST}"),
        "digest type  4 SHA-384",
        "flags        257 SEP",
        "protocol     3",
        "bits         256",
        "public key   l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=",
    ] {
        assert!(table.lines().any(|have| have == line), "{line}\n{table}");
    }
}

#[test]
fn json_has_the_same_for_programs() {
    let json = ds(&["-", "--format", "json", "--ttl", "1h"], KSK).json();
    assert_eq!(json["schema"]["name"], "sigmill-ds-records");
    let record = &json["records"][0];
    assert_eq!(record["text"], format!("example.com. 3600 IN DS 3613 15 2 {KSK_DIGEST}"));
    assert_eq!((&record["type"], &record["ttl"]), (&"DS".into(), &3600.into()));
    assert_eq!((&record["key_tag"], &record["algorithm"]), (&3613.into(), &15.into()));
    assert_eq!(record["algorithm_name"], "ED25519");
    assert_eq!(
        (&record["digest_type"], &record["digest_type_name"]),
        (&2.into(), &"SHA-256".into())
    );
    assert_eq!(record["digest"], KSK_DIGEST);
    let key = &record["key"];
    assert_eq!(
        (&key["flags"], &key["sep"], &key["bits"]),
        (&257.into(), &true.into(), &256.into())
    );
    assert_eq!(key["public_key"], "l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=");
}

// RFC 7344 §3 and RFC 8078 §4.
#[test]
fn cds_and_cdnskey_are_written_and_so_is_their_delete_form() {
    let records = made(&["-", "--cds", "--ttl", "60"], KSK);
    let cds = format!("example.com. 60 IN CDS 3613 15 2 {KSK_DIGEST}\n");
    assert_eq!(records, cds + &KSK.replace("3600 IN DNSKEY", "60 IN CDNSKEY"));
    let delete = "example.com. IN CDS 0 0 0 00\nexample.com. IN CDNSKEY 0 3 0 AA==\n";
    assert_eq!(made(&["-", "--cds-delete"], KSK), delete);
    assert_eq!(made(&["--cds-delete", "--origin", "example.com"], ""), delete);
    let json = ds(&["--cds-delete", "--origin", "example.com", "--format", "json"], "").json();
    assert_eq!(json["records"][1]["text"], "example.com. IN CDNSKEY 0 3 0 AA==");
}

// RFC 9905 §2.
#[test]
fn sha1_is_made_with_a_warning() {
    let said = ds(&["-", "--digest", "sha1"], KSK);
    assert_eq!(said.out, format!("example.com. IN DS 3613 15 1 {KSK_SHA1}\n"));
    assert!(said.err.contains("SHA-1 must not be used for new DS records"), "{}", said.err);
}

// --- Check ---

/// What a check of `given` against the two keys says: standing, verdicts, and the exit status.
fn checked(given: &str) -> (String, Vec<String>, i32) {
    let said = ds(&["-", "--format", "json", "--check", given], &format!("{ZSK}{KSK}"));
    let json = said.json();
    let verdicts = json["ds"].as_array().unwrap().iter().map(|ds| {
        let ignored = if ds["ignored"] == true { " ignored" } else { "" };
        format!("{}{ignored}", ds["verdict"].as_str().unwrap())
    });
    (json["standing"].as_str().unwrap().to_owned(), verdicts.collect(), said.exit)
}

#[test]
fn every_ds_is_told_to_match_or_why_it_does_not() {
    let good = format!("3613 15 2 {KSK_DIGEST}");
    let other = KSK_DIGEST.replace("3AA5", "3AA6");
    let sha1 = format!("3613 15 1 {KSK_SHA1}");
    let cases: Vec<(String, &str, &[&str], i32)> = vec![
        (good.clone(), "holds", &["matches"], 0),
        (good.to_lowercase(), "holds", &["matches"], 0),
        (format!("example.com. IN CDS {good}"), "holds", &["matches"], 0),
        (format!("3614 15 2 {KSK_DIGEST}"), "breaks", &["no-such-key"], 1),
        (format!("3613 13 2 {KSK_DIGEST}"), "breaks", &["no-such-key"], 1),
        (format!("3613 15 2 {other}"), "breaks", &["digest-differs"], 1),
        (format!("3613 15 2 {}", &KSK_DIGEST[2..]), "breaks", &["digest-length"], 1),
        // RFC 4035 §5.2: what nobody knows leaves a zone insecure.
        ("3613 15 9 ABCD".to_owned(), "insecure", &["digest-unknown"], 1),
        (format!("3613 99 2 {KSK_DIGEST}"), "insecure", &["no-such-key"], 1),
        (format!("{good}\n3613 15 9 ABCD"), "holds", &["matches", "digest-unknown"], 0),
        // A standby key's DS leads nowhere and does no harm.
        (format!("{good}\n1 15 2 {other}"), "holds", &["matches", "no-such-key"], 0),
        // RFC 4035 §2.2: the zone owes a key of each algorithm; RFC 6840 §5.11: few insist.
        (format!("{good}\n1 13 2 {other}"), "incomplete", &["matches", "no-such-key"], 1),
        // RFC 4509 §3.
        (sha1.clone(), "holds", &["matches"], 0),
        (format!("{good}\n{sha1}"), "holds", &["matches", "matches ignored"], 0),
        (format!("3613 15 2 {other}\n{sha1}"), "breaks", &["digest-differs", "matches ignored"], 1),
    ];
    for (given, standing, verdicts, exit) in cases {
        let (found, said, code) = checked(&given);
        assert_eq!((found.as_str(), code), (standing, exit), "{given}");
        assert_eq!(said, verdicts, "{given}");
    }
}

// RFC 5011 §2.1: a DS of a key that has been revoked since.
#[test]
fn a_ds_of_a_revoked_key_does_not_hold() {
    let revoked = KSK.replace("257 3", "385 3");
    let record = ds(&["-", "--tag", "3741"], &revoked).out;
    let said = ds(&["-", "--check", &record], &revoked);
    assert_eq!(said.exit, 1);
    assert!(said.out.contains("which no validator uses: it is revoked"), "{}", said.out);
}

#[test]
fn the_text_of_a_check_says_what_is_right() {
    let keys = format!("{ZSK}{KSK}");
    let said = ds(&["-", "--check", &format!("3613 15 2 {KSK_DIGEST}")], &keys);
    assert_eq!(
        said.out,
        "example.com.: the delegation holds\n\n\
         DS 3613 15 2 3AA5AB37EFCE57F7…\n  means key 3613/15 (257 SEP)\n"
    );
    let said = ds(&["-", "--check", &format!("3631 15 2 {KSK_DIGEST}")], &keys);
    let part = "tag or algorithm is wrong, the digest is of key 3613/15 (257 SEP)";
    assert!(said.out.contains(part), "{}", said.out);
    assert!(said.out.contains("without DS: key 3613/15 (257 SEP)"), "{}", said.out);
    let said = ds(&["-", "--check", &format!("3613 15 2 {}", KSK_DIGEST.replace('3', "4"))], &keys);
    let part = format!("the DS of key 3613/15 (257 SEP) is 3613 15 2 {KSK_DIGEST}");
    assert!(said.out.contains(&part), "{}", said.out);
}

#[test]
fn ds_records_come_from_text_files_and_standard_input() {
    let directory = tempfile::tempdir().unwrap();
    let keys = directory.path().join("keys");
    std::fs::write(&keys, KSK).unwrap();
    let keys = keys.to_str().unwrap();
    let spaced = format!("{} {}", &KSK_DIGEST[..56], &KSK_DIGEST[56..]);
    let dig = format!(
        "; <<>> DiG 9.18 <<>> example.com DS +multi\n\n;; ANSWER SECTION:\n\
         example.com.\t\t86400 IN DS 3613 15 2 (\n\t\t\t\t{} \n\t\t\t\t{} )\n;; Query time: 1 msec\n",
        &KSK_DIGEST[..40],
        &KSK_DIGEST[40..]
    );
    for text in [format!("3613 15 2 {spaced}\n"), dig] {
        assert_eq!(ds(&[keys, "--check", &text], "").exit, 0, "{text}");
        assert_eq!(ds(&[keys, "--check", "-"], &text).exit, 0, "{text}");
        let file = directory.path().join("ds records");
        std::fs::write(&file, &text).unwrap();
        assert_eq!(ds(&[keys, "--check", file.to_str().unwrap()], "").exit, 0, "{text}");
    }
    // The parent's whole zone: other children do not count.
    let parent = format!(
        "$ORIGIN com.\n$TTL 1d\n@ SOA a. b. 1 2 3 4 5\nother DS 1 13 2 {KSK_DIGEST}\n\
         example NS ns.example\n\tDS 3613 15 2 {KSK_DIGEST}\n"
    );
    let said = ds(&[keys, "--check", "-"], &parent);
    assert_eq!((said.exit, said.out.contains("holds")), (0, true), "{}", said.err);
    assert!(said.err.contains("left out 1 DS record of other zones"), "{}", said.err);

    let nothing: [(&str, &str); 4] = [
        ("", "there is no DS record"), // what `dig +short` prints where there is no DS
        ("; no answer\n", "there is no DS record"),
        (
            &format!("example.org. DS 1 13 2 {KSK_DIGEST}"),
            "no DS for example.com., only 1 for other",
        ),
        ("/no/such/file", "cannot read the DS records in /no/such/file"),
    ];
    for (given, says) in nothing {
        let said = ds(&[keys, "--check", given], "");
        assert_eq!((said.exit, said.out.as_str()), (3, ""), "{given}");
        assert!(said.err.contains(says), "{given}: {}", said.err);
    }
}

// Every zone of the manifest states the DS records of its keys.
#[test]
fn the_ds_records_of_the_datasets_hold() {
    let mut checked = 0;
    for zone in manifest().iter().filter(|zone| zone.as_signed && !zone.ds.is_empty()) {
        let file = zone.path.to_str().unwrap();
        let said = ds(&[file, "--check", &zone.ds.join("\n")], "");
        assert_eq!(said.exit, 0, "{}: {}{}", zone.label, said.out, said.err);
        checked += 1;
    }
    assert!(checked > 50, "only {checked} zones were checked");
}

#[test]
fn help_teaches_and_the_manual_page_has_the_same() {
    for command in [&["help", "ds"][..], &["man", "ds"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_sigmill")).args(command).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap().replace("\\-", "-");
        for part in ["Exit status", "Examples", "dig +short example.com DS", "--cds-delete"] {
            assert!(text.contains(part), "{command:?}: {part}");
        }
    }
}

/// `REPORT.md` names every field of both documents, and no other.
#[test]
fn report_md_describes_exactly_the_fields_there_are() {
    let keys = KSK.to_owned() + &KSK.replace("ZJA4=", "Z");
    let given = format!("3613 15 2 {KSK_DIGEST}");
    let documents = [
        ds(&["-", "--format", "json", "--ttl", "1", "--tag", "3613", "--tag", "59918"], &keys)
            .json(),
        ds(&["-", "--format", "json", "--check", &given], &keys).json(),
    ];
    let text = include_str!("../REPORT.md");
    let (_, text) = text.split_once("## What `sigmill ds --format json` writes").unwrap();
    for (document, heading) in documents.iter().zip(["### Records", "### A check"]) {
        let mut emitted = BTreeSet::new();
        fields("", document, &mut emitted);
        let section = text.split_once(heading).unwrap().1.split("\n#").next().unwrap();
        let rows = section.lines().filter_map(|line| line.strip_prefix("- `")?.split_once("`:"));
        let documented: BTreeSet<String> = rows.map(|(field, _)| field.to_owned()).collect();
        assert_eq!(emitted, documented, "{heading}");
    }
}

/// Collects the paths of all fields: `records[].key.tag`.
fn fields(path: &str, value: &serde_json::Value, out: &mut BTreeSet<String>) {
    if let Some(items) = value.as_array() {
        items.iter().for_each(|item| fields(&format!("{path}[]"), item, out));
    }
    for (name, value) in value.as_object().into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        fields(&path, value, out);
        out.insert(path);
    }
}

#[test]
fn the_first_example_of_the_help_works() {
    let zone = datasets().join("zones/example.zone");
    let table = made(&[zone.to_str().unwrap(), "--format", "table"], "");
    assert!(table.contains("key tag      55546\n"), "{table}");
}
