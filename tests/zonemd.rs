//! ZONEMD against the digests that RFC 8976 Appendix A publishes.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at what is not so

mod common;

use common::{Fact, Report, comparable, sigmill_zone};

/// What the zones of Appendix A.1 to A.3 begin with.
const FRONT: &str = "$ORIGIN example.\n\
    @ 86400 IN SOA ns1 admin 2018031900 1800 900 604800 86400\n\
    @ 86400 IN NS ns1\n\
    @ 86400 IN NS ns2\n\
    ns1 3600 IN A 203.0.113.63\n";

const SIMPLE: &str = "c68090d90a7aed716bc459f9340e3d7c1370d4d24b7e2fc3\
    a1ddc0b9a87153b9a9713b3c9ae5cc27777f98b8e730044c";
const COMPLEX: &str = "a3b69bad980a3504e1cffcb0fd6397f93848071c93151f55\
    2ae2f6b1711d4bd2d8b39808226d7b9db71e34b72077f8fe";
const SEVERAL_SHA384: &str = "62e6cf51b02e54b9b5f967d547ce43136792901f9f88e637\
    493daaf401c92c279dd10f0edb1c56f8080211f8480ee306";
const SEVERAL_SHA512: &str = "08cfa1115c7b948c4163a901270395ea226a930cd2cbcf2f\
    a9a5e6eb85f37c8a4e114d884e66f176eab121cb02db7d652e0cc4827e7a3204\
    f166b47e5613fd27";

fn simple(digest: &str) -> String {
    format!("{FRONT}ns2 3600 IN AAAA 2001:db8::63\n@ 86400 IN ZONEMD 2018031900 1 1 {digest}\n")
}

fn complex() -> String {
    format!(
        "{FRONT}@ 86400 IN ZONEMD 2018031900 1 1 {COMPLEX}\n\
         NS2 3600 IN AAAA 2001:db8::63\n\
         occluded.sub 7200 IN TXT \"I'm occluded but must be digested\"\n\
         sub 7200 IN NS ns1\n\
         duplicate 300 IN TXT \"I must be digested just once\"\n\
         duplicate 300 IN TXT \"I must be digested just once\"\n\
         foo.test. 555 IN TXT \"out-of-zone data must be excluded\"\n\
         UPPERCASE 3600 IN TXT \"canonicalize uppercase owner names\"\n\
         * 777 IN PTR dont-forget-about-wildcards\n\
         mail 3600 IN MX 20 MAIL1\n\
         mail 3600 IN MX 10 Mail2.Example.\n\
         sortme 3600 IN AAAA 2001:db8::5:61\n\
         sortme 3600 IN AAAA 2001:db8::3:62\n\
         sortme 3600 IN AAAA 2001:db8::4:63\n\
         sortme 3600 IN AAAA 2001:db8::1:65\n\
         sortme 3600 IN AAAA 2001:db8::2:64\n\
         non-apex 900 IN ZONEMD 2018031900 1 1 \
         616c6c6f776564206275742069676e6f7265642e20616c6c\
         6f776564206275742069676e6f7265642e20616c6c6f7765\n"
    )
}

fn several() -> String {
    format!(
        "{FRONT}@ 86400 IN ZONEMD 2018031900 1 1 {SEVERAL_SHA384}\n\
         @ 86400 IN ZONEMD 2018031900 1 2 {SEVERAL_SHA512}\n\
         @ 86400 IN ZONEMD 2018031900 1 240 e2d523f654b9422a96c5a8f44607bbee\n\
         @ 86400 IN ZONEMD 2018031900 241 1 e1846540e33a9e4189792d18d5d131f605fc283e\n\
         ns2 86400 IN TXT \"This example has multiple digests\"\n\
         NS2.EXAMPLE. 3600 IN AAAA 2001:db8::63\n"
    )
}

fn judge(text: &str, args: &[&str]) -> Report {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), text).expect("write");
    sigmill_zone(file.path(), &[&["--at", "none"], args].concat())
}

/// Findings but for the one that the zone is not signed, which is due.
fn besides_unsigned(report: &Report) -> Vec<(String, Option<String>)> {
    let facts: Vec<Fact> = comparable(&report.facts(), &[]);
    assert!(facts.iter().any(|fact| fact.0 == "zone-unsigned"), "{facts:?}");
    let others = facts.into_iter().filter(|fact| fact.0 != "zone-unsigned");
    others.map(|(code, owner, ..)| (code, owner)).collect()
}

fn told(code: &str, owner: &str) -> (String, Option<String>) {
    (code.into(), Some(owner.into()))
}

// RFC 8976 §4: without DNSSEC a digest guards against accidents, and is verified all the same.
#[test]
fn the_simple_zone_of_rfc_8976_is_verified_though_it_is_not_signed() {
    let report = judge(&simple(SIMPLE), &["--zonemd", "required"]);
    assert_eq!(besides_unsigned(&report), []);
    assert_eq!(report.text("/zonemd/status"), "verified");
    assert_eq!(report.exit, 1, "it is not signed");
}

#[test]
fn a_policy_that_asks_for_the_digest_alone_passes_an_unsigned_zone() {
    let policy = tempfile::NamedTempFile::new().expect("a temporary file");
    let text = "zonemd = \"required\"\n[severity]\nzone-unsigned = \"advice\"\n";
    std::fs::write(policy.path(), text).expect("write");
    let args = ["--policy", policy.path().to_str().expect("UTF-8")];
    assert_eq!(judge(&simple(SIMPLE), &args).exit, 0);
    assert_eq!(judge(&simple(COMPLEX), &args).exit, 1);
}

#[test]
fn a_digest_of_another_zone_does_not_hold() {
    let report = judge(&simple(COMPLEX), &[]);
    assert_eq!(besides_unsigned(&report), [told("zonemd-digest", "example.")]);
    assert_eq!(report.text("/zonemd/status"), "failed");
}

// RFC 8976 Appendix A.2: what is digested, and what is not.
// RFC 8976 §4: the serial is compared with that of the SOA, of which there must be one.
#[test]
fn without_one_soa_there_is_no_serial_to_compare_with() {
    let second = "@ 86400 IN SOA ns1 admin 2018031901 1800 900 604800 86400\n";
    let report = judge(&(simple(SIMPLE) + second), &[]);
    let expected = [told("soa-differ", "example."), told("zonemd-serial", "example.")];
    assert_eq!(besides_unsigned(&report), expected);
}

#[test]
fn the_complex_zone_of_rfc_8976_is_verified() {
    let report = judge(&complex(), &["--zonemd", "required"]);
    assert_eq!(
        besides_unsigned(&report),
        [
            told("data-occluded", "occluded.sub.example."),
            told("record-duplicate", "duplicate.example."),
            told("record-out-of-zone", "foo.test."),
            told("zonemd-misplaced", "non-apex.example."),
        ]
    );
    assert_eq!(report.text("/zonemd/status"), "verified");
}

// RFC 8976 Appendix A.3: two digests hold, two are of a private scheme and a private algorithm.
#[test]
fn the_zone_of_rfc_8976_with_several_digests_is_verified() {
    let report = judge(&several(), &["--zonemd", "required"]);
    let unsupported = || told("zonemd-unsupported", "example.");
    assert_eq!(besides_unsigned(&report), [unsupported(), unsupported()]);
    assert_eq!(report.text("/zonemd/status"), "verified");
    let holds: Vec<bool> = report.json["summary"]["zonemd"]["records"]
        .as_array()
        .expect("records")
        .iter()
        .map(|record| record["holds"].as_bool().expect("holds"))
        .collect();
    assert_eq!(holds.iter().filter(|&&holds| holds).count(), 2);
    assert_eq!(holds.len(), 4);
}

#[test]
fn a_required_digest_that_is_missing_is_told() {
    let text = simple(SIMPLE).replace("ZONEMD", "TYPE65280 \\# 0 ;");
    let report = judge(&text, &["--zonemd", "required"]);
    assert_eq!(besides_unsigned(&report), [told("zonemd-missing", "example.")]);
    assert_eq!(besides_unsigned(&judge(&text, &[])), []);
}
