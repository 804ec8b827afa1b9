//! `--policy` and the options that stand for parts of it.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at what is not so

mod common;

use std::collections::BTreeMap;

use common::{Report, STANDARD_TIME, datasets, sigmill_zone};

/// Judges a zone of `datasets/` at the usual time.
fn judge(file: &str, args: &[&str]) -> Report {
    sigmill_zone(&datasets().join(file), &[&["--at", STANDARD_TIME], args].concat())
}

/// How many findings there are of each code and severity.
fn weights(report: &Report) -> BTreeMap<(String, String), usize> {
    let findings = report.json["findings"].as_array();
    let findings = findings.unwrap_or_else(|| panic!("no report: {}", report.stderr));
    let mut weights = BTreeMap::new();
    for finding in findings {
        let word = |name: &str| finding[name].as_str().expect(name).to_owned();
        *weights.entry((word("code"), word("severity"))).or_default() += 1;
    }
    weights
}

fn weight_of(report: &Report, code: &str) -> Option<String> {
    let weights = weights(report);
    let mut of_code = weights.keys().filter(|key| key.0 == code).map(|key| key.1.clone());
    let weight = of_code.next();
    assert!(of_code.next().is_none(), "{code} weighs this and that: {weights:?}");
    weight
}

struct PolicyFile {
    file: tempfile::NamedTempFile,
}

impl PolicyFile {
    fn new(text: &str) -> Self {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), text).expect("write");
        Self { file }
    }

    fn path(&self) -> &str {
        self.file.path().to_str().expect("UTF-8")
    }
}

/// Judges with a policy file, and further arguments.
fn judge_by(policy: &str, file: &str, args: &[&str]) -> Report {
    let policy = PolicyFile::new(policy);
    judge(file, &[&["--policy", policy.path()], args].concat())
}

/// A violation that BIND tells, too, and that no validator minds.
const ALGORITHM: &str = "variants/algorithm-missing-once.zone";
const SALTED: &str = "variants/nsec3-two-chains.zone";

#[test]
fn presets_are_known_by_name() {
    for (preset, exit) in [("strict", 1), ("validator", 0), ("bind", 1)] {
        assert_eq!(judge(ALGORITHM, &["--policy", preset]).exit, exit, "{preset}");
    }
    // dnssec-verify does not look at the digest of the zone; a validator does not need it.
    for (preset, exit) in [("strict", 1), ("validator", 0), ("bind", 0)] {
        assert_eq!(
            judge("variants/zonemd-wrong.zone", &["--policy", preset]).exit,
            exit,
            "{preset}"
        );
    }
    // What a validator rejects, no preset lets pass.
    for preset in ["strict", "validator", "bind"] {
        assert_eq!(judge("variants/expired.zone", &["--policy", preset]).exit, 1, "{preset}");
    }
}

#[test]
fn a_policy_file_sets_the_severity_of_any_code() {
    let report = judge_by("[severity]\nnsec3-salt = \"violation\"\n", SALTED, &[]);
    assert_eq!(weight_of(&report, "nsec3-salt").as_deref(), Some("violation"));
    assert_eq!(report.exit, 1);
    let report = judge_by("[severity]\nnsec3-salt = \"off\"\n", SALTED, &[]);
    assert_eq!((weights(&report).len(), report.exit), (0, 0));
    let text = "[severity]\nsignature-expired = \"advice\"\n";
    let report = judge_by(text, "variants/expired.zone", &[]);
    assert_eq!(weight_of(&report, "signature-expired").as_deref(), Some("advice"));
    assert_eq!(report.exit, 0);
    assert_eq!(report.number("/times/0/rrsets/bogus"), 1, "a weight changes no verdict");
}

// A preset is what the rest of the file changes.
#[test]
fn a_policy_file_begins_with_a_preset() {
    let text = "preset = \"validator\"\n[severity]\nzonemd-digest = \"bogus\"\n";
    assert_eq!(judge_by(text, "variants/zonemd-wrong.zone", &[]).exit, 1);
    assert_eq!(judge_by(text, ALGORITHM, &[]).exit, 0);
}

#[test]
fn a_policy_file_says_what_is_required_and_from_when_on_to_fail() {
    let example = "zones/example.zone";
    let required = "zonemd = \"required\"\n";
    assert_eq!(judge_by(required, example, &[]).codes(), [("zonemd-missing".into(), 1)].into());
    assert_eq!(judge_by("fail-on = \"advice\"\n", SALTED, &[]).exit, 1);
    assert_eq!(judge_by("fail-on = \"never\"\n", "variants/expired.zone", &[]).exit, 0);
    let soon = judge_by("expire-within = \"5000d\"\n", example, &[]);
    assert_eq!(soon.codes(), [("signature-expires-soon".into(), 32)].into());
    let old = "zones/bind/rsasha1-nsec.zone";
    let insecure = judge_by("sha1 = \"insecure\"\n", old, &[]);
    assert_eq!(insecure.text("/trust/kind"), "unsupported");
    let limits = "[limits]\nnsec3-iterations = 0\n";
    let report = judge_by(limits, "variants/nsec3-iterations-150.zone", &[]);
    assert_eq!(report.codes(), [("nsec3-iterations-too-many".into(), 1)].into());
    let limits = "[limits]\nsignatures-per-rrset = 65\n";
    assert_eq!(judge_by(limits, "variants/too-many-signatures.zone", &[]).exit, 0);
    let limits = "[limits]\nrsa-exponent-bits = 65\n";
    assert_eq!(judge_by(limits, "variants/key-exponent-too-long.zone", &[]).exit, 0);
    let limits = "[limits]\nnsec3-chains = 5\n";
    assert_eq!(judge_by(limits, "variants/nsec3-too-many-chains.zone", &[]).exit, 0);
}

#[test]
fn options_win_over_the_policy_file() {
    let example = "zones/example.zone";
    let required = "zonemd = \"required\"\n";
    assert_eq!(judge_by(required, example, &["--zonemd", "if-present"]).exit, 0);
    assert_eq!(judge_by("fail-on = \"never\"\n", ALGORITHM, &["--fail-on", "violation"]).exit, 1);
    let sha1 = "sha1 = \"fail\"\n";
    let old = "zones/bind/rsasha1-nsec.zone";
    assert_eq!(judge_by(sha1, old, &[]).exit, 1);
    assert_eq!(judge_by(sha1, old, &["--sha1", "accept"]).exit, 0);
    let limits = "[limits]\nnsec3-iterations = 0\n";
    let unwise = "variants/nsec3-iterations-150.zone";
    assert_eq!(judge_by(limits, unwise, &["--max-nsec3-iterations", "150"]).exit, 0);
}

/// What `--policy` with a file of this text says on standard error; it must exit with 2.
fn refusal(text: &str) -> String {
    let policy = PolicyFile::new(text);
    let report = judge("zones/example.zone", &["--policy", policy.path()]);
    assert_eq!(report.exit, 2, "{text:?}: {}", report.stderr);
    assert!(report.json.is_null(), "{text:?}: a report all the same");
    assert!(report.stderr.contains(policy.path()), "{text:?}: which file? {}", report.stderr);
    assert!(!report.stderr.contains("\\u{"), "{text:?}: {}", report.stderr);
    assert_eq!(report.stderr.lines().count(), 1, "{text:?}: {}", report.stderr);
    report.stderr
}

// cascade#193: what went wrong, and where. A policy that is half understood would be half applied.
#[test]
fn a_policy_that_is_wrong_is_a_usage_error_that_says_what_and_where() {
    let cases = [
        ("[severity]\nnsec3-slat = \"off\"\n", &["nsec3-slat", "sigmill codes"][..]),
        ("[severity]\nnsec3-salt = \"loud\"\n", &["line 2", "loud", "`advice`"]),
        ("colour = \"red\"\n", &["line 1", "colour", "`fail-on`"]),
        ("\n\nzonemd = \"maybe\"\n", &["line 3", "maybe", "`required`"]),
        ("preset = \"lax\"\n", &["line 1", "lax", "`validator`"]),
        ("fail-on = \"advice\n", &["line 1"]),
        ("expire-within = \"3\"\n", &["expire-within", "3d"]),
        ("[limits]\nsalt = 1\n", &["line 2", "salt", "`nsec3-chains`"]),
        ("[limits]\nnsec3-chains = 0\n", &["nsec3-chains", "1 or more"]),
        ("[limits]\nnsec3-iterations = 70000\n", &["line 2", "70000"]),
    ];
    for (text, parts) in cases {
        let said = refusal(text);
        for part in parts {
            assert!(said.contains(part), "{text:?} does not say {part:?}: {said}");
        }
    }
}

#[test]
fn a_policy_that_cannot_be_read_is_a_usage_error() {
    for (policy, said) in [("nowhere.toml", "no preset"), ("/", "cannot be read")] {
        let report = judge("zones/example.zone", &["--policy", policy]);
        assert_eq!(report.exit, 2, "{policy}: {}", report.stderr);
        assert!(
            report.stderr.contains(said) && report.stderr.contains(policy),
            "{}",
            report.stderr
        );
    }
}

// RFC 9905 §2: validators must implement SHA-1 and may treat it as insecure.
#[test]
fn sha1_is_accepted_insecure_or_a_reason_to_fail() {
    let old = "zones/bind/rsasha1-nsec.zone";
    let accepted = judge(old, &["--sha1", "accept"]);
    assert_eq!((accepted.exit, accepted.text("/trust/kind")), (0, "island"));
    assert_eq!(weight_of(&accepted, "key-sha1").as_deref(), Some("advice"));
    let insecure = judge(old, &["--sha1", "insecure"]);
    assert_eq!((insecure.exit, insecure.text("/trust/kind")), (0, "unsupported"));
    assert_eq!(insecure.number("/times/0/rrsets/secure"), 0);
    assert_eq!(insecure.number("/times/0/rrsets/bogus"), 0);
    assert!(weight_of(&insecure, "signature-unsupported-algorithm").is_some());
    let failed = judge(old, &["--sha1", "fail"]);
    assert_eq!(failed.exit, 1);
    assert_eq!(weight_of(&failed, "key-sha1").as_deref(), Some("bogus"));
    // A signature that does not hold is found out unless it counts as unknown.
    let broken = "variants/signature-octet-rsasha1.zone";
    assert_eq!(judge(broken, &["--sha1", "accept"]).exit, 1);
    assert_eq!(judge(broken, &["--sha1", "insecure"]).exit, 0);
}

#[test]
fn a_ds_of_sha1_alone_is_advised_against_or_unknown() {
    let file = "variants/ds-sha1.zone";
    assert_eq!(judge(file, &["--sha1", "accept"]).codes(), [("ds-sha1".into(), 1)].into());
    assert_eq!(judge(file, &["--sha1", "insecure"]).codes(), [("ds-unsupported".into(), 1)].into());
}

// RFC 8976 §4.
#[test]
fn zonemd_is_required_looked_at_or_not_looked_at() {
    for (file, required, if_present, off) in [
        ("zones/example.zone", 1, 0, 0),
        ("variants/zonemd-sha384.zone", 0, 0, 0),
        ("variants/zonemd-wrong.zone", 1, 1, 0),
        ("variants/zonemd-unsupported.zone", 1, 0, 0),
    ] {
        assert_eq!(judge(file, &["--zonemd", "required"]).exit, required, "{file}");
        assert_eq!(judge(file, &["--zonemd", "if-present"]).exit, if_present, "{file}");
        assert_eq!(judge(file, &["--zonemd", "off"]).exit, off, "{file}");
        assert_eq!(judge(file, &[]).exit, if_present, "{file}");
    }
}

#[test]
fn nsec3_chains_beyond_the_limit_are_not_judged_and_told() {
    let file = "variants/nsec3-second-chain-broken.zone";
    let all = judge(file, &[]);
    assert_eq!(all.codes().get("nsec3-missing"), Some(&1));
    let one = judge(file, &["--max-nsec3-chains", "1"]);
    assert_eq!(one.codes(), [("nsec3-too-many-chains".into(), 1)].into());
    assert_eq!(one.exit, 1, "what was not judged is not good");
    assert_eq!(judge("variants/nsec3-too-many-chains.zone", &["--max-nsec3-chains", "5"]).exit, 0);
}

// CVE-2023-50387: keys that share a tag are tried one after another.
#[test]
fn keys_beyond_the_limit_are_not_tried_and_told() {
    let file = "variants/tag-shared-by-zsks.zone";
    assert_eq!(judge(file, &["--max-keys-per-signature", "2"]).exit, 0);
    let one = judge(file, &["--max-keys-per-signature", "1"]);
    assert_eq!(one.exit, 1);
    assert_eq!(one.codes().get("rrset-too-many-signatures"), Some(&31));
    assert_eq!(one.number("/times/0/rrsets/bogus"), 0, "each has a signature by the other key");
    let findings = one.json["findings"].to_string();
    assert!(findings.contains("not all of the 2 keys with its tag were tried"), "{findings}");
}

// RFC 9276 §3.2: resolvers differ in what they bear.
#[test]
fn nsec3_iterations_are_advised_against_and_a_violation_above_the_limit() {
    for (file, limit, code, exit) in [
        ("variants/nsec3-iterations-150.zone", "0", "nsec3-iterations-too-many", 1),
        ("variants/nsec3-iterations-150.zone", "149", "nsec3-iterations-too-many", 1),
        ("variants/nsec3-iterations-150.zone", "150", "nsec3-iterations", 0),
        ("variants/nsec3-iterations-too-many.zone", "65535", "nsec3-iterations", 0),
    ] {
        let report = judge(file, &["--max-nsec3-iterations", limit]);
        assert_eq!(report.codes(), [(code.to_owned(), 1)].into(), "{file} {limit}");
        assert_eq!(report.exit, exit, "{file} {limit}");
    }
    // Hashing a zone's names can be made to cost any time by iterations; there is an end to it.
    let report = with_iterations(2501, &["--max-nsec3-iterations", "65535"]);
    let detail = report.json["findings"].to_string();
    assert!(detail.contains("the chain is not judged"), "{detail}");
}

/// A zone whose NSEC3PARAM and chain say that there are so many iterations, which is not so.
fn with_iterations(iterations: u16, args: &[&str]) -> Report {
    let path = datasets().join("variants/nsec3-iterations-150.zone");
    let text = std::fs::read_to_string(path).expect("read");
    let text = text.replace("1 0 150 -", &format!("1 0 {iterations} -"));
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), text).expect("write");
    sigmill_zone(file.path(), &[&["--at", STANDARD_TIME], args].concat())
}

#[test]
fn limits_and_words_out_of_range_are_usage_errors() {
    for args in [
        ["--zonemd", "maybe"],
        ["--sha1", "never"],
        ["--max-nsec3-chains", "0"],
        ["--max-nsec3-chains", "17"],
        ["--max-nsec3-iterations", "65536"],
    ] {
        let report = judge("zones/example.zone", &args);
        assert_eq!(report.exit, 2, "{args:?}: {}", report.stderr);
        assert!(report.stderr.contains(args[0]), "{args:?}: {}", report.stderr);
    }
}
