//! `examples/make_tld`, which makes zones like those of top-level domains: what it writes is held to
//! the public verifiers, to RFC 6979's vectors, and to sigmill itself.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at what is not so

mod common;

#[path = "../examples/make_tld/tld/mod.rs"]
mod tld;

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Parser as _;
use common::{Report, has_program, sigmill_zone};
use p256::ecdsa::signature::Signer as _;
use tempfile::TempDir;
use tld::ecdsa::{Signer, Table};

const DENIALS: [&str; 3] = ["nsec", "nsec3", "opt-out"];
const LAYOUTS: [&str; 2] = ["one-line", "bind"];

/// A folder for the files of a test.
struct Bench(TempDir);

impl Bench {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Makes a zone with options as typed.
    fn make(&self, name: &str, options: &str) -> PathBuf {
        self.try_make(name, options).unwrap_or_else(|error| panic!("{options}: {error:#}"))
    }

    fn try_make(&self, name: &str, options: &str) -> anyhow::Result<PathBuf> {
        let path = self.path(name);
        let output = format!("--output={}", path.display());
        let words = ["make-tld", &output].into_iter().chain(options.split_whitespace());
        tld::run(&tld::Options::try_parse_from(words)?)?;
        Ok(path)
    }
}

/// What sigmill says, at a time when the zones' signatures are valid.
fn judge(zone: &Path, further: &[&str]) -> Report {
    sigmill_zone(zone, &[&["--at", "2026-06-01T00:00:00Z"], further].concat())
}

/// Nothing is found but what is said of some algorithms' keys.
fn assert_good(zone: &Path, what: &str) {
    let report = judge(zone, &[]);
    let mut facts = report.facts();
    facts.retain(|(code, ..)| !code.starts_with("key-"));
    assert_eq!((report.exit, facts), (0, vec![]), "{what}");
}

/// Whether a peer accepts the zone; it judges at the present, which must be between 2026 and 2036.
fn assert_accepted(peer: &str, arguments: &[&str], zone: &Path, what: &str) {
    let output =
        Command::new(peer).args(arguments).arg(zone).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{what}: {peer} says {said}");
}

// RFC 4034, 4035, 5155: four verifiers that nobody here wrote, and sigmill with its strictest rules.
fn every_denial_and_layout_is_accepted(algorithm: &str) {
    let bench = Bench::new();
    let bind = has_program("dnssec-verify");
    let ldns = has_program("ldns-verify-zone");
    let knot = has_program("kzonecheck");
    // validns knows RSA only.
    let validns = algorithm.starts_with("rsa") && has_program("validns");
    for denial in DENIALS {
        for layout in LAYOUTS {
            for (keys, csk) in [("", &[][..]), ("--csk", &["-z"])] {
                // The second key costs RSA a long search for primes.
                if keys.is_empty() && algorithm.starts_with("rsa") && denial != "nsec" {
                    continue;
                }
                let what = format!(
                    "-n 60 --glue 0.1 --hosters 12 --algorithm {algorithm} --denial {denial} \
                     --layout {layout} {keys}"
                );
                let zone = bench.make("tld.zone", &what);
                assert_good(&zone, &what);
                if bind {
                    let arguments = [csk, &["-q", "-o", "tld."]].concat();
                    assert_accepted("dnssec-verify", &arguments, &zone, &what);
                }
                if ldns {
                    let arguments = ["-V", "1", "-t", "20260601000000"];
                    assert_accepted("ldns-verify-zone", &arguments, &zone, &what);
                }
                if knot {
                    let arguments = ["-d", "on", "-o", "tld.", "-t", "1780272000"];
                    assert_accepted("kzonecheck", &arguments, &zone, &what);
                }
                if validns {
                    let arguments = ["-q", "-z", "tld.", "-t", "1780272000"];
                    assert_accepted("validns", &arguments, &zone, &what);
                }
            }
        }
    }
}

macro_rules! accepted {
    ($($name:ident $algorithm:literal)*) => {$(
        #[test]
        fn $name() {
            every_denial_and_layout_is_accepted($algorithm);
        }
    )*};
}

accepted! {
    zones_signed_with_rsa_1024_are_accepted "rsa1024"
    zones_signed_with_rsa_1280_are_accepted "rsa1280"
    zones_signed_with_rsa_2048_are_accepted "rsa2048"
    zones_signed_with_rsa_and_sha_512_are_accepted "rsasha512"
    zones_signed_with_p_256_are_accepted "p256"
    zones_signed_with_p_384_are_accepted "p384"
    zones_signed_with_ed25519_are_accepted "ed25519"
    zones_signed_with_ed448_are_accepted "ed448"
}

// RFC 9276 advises against both, but zones have them: RFC 5155 §5.
#[test]
fn zones_with_salt_and_iterations_are_accepted() {
    let bench = Bench::new();
    let what = "-n 100 --denial nsec3 --salt AABBCCDD --iterations 12";
    let zone = bench.make("tld.zone", what);
    let text = fs::read_to_string(&zone).unwrap();
    assert!(text.contains("NSEC3PARAM\t1 0 12 AABBCCDD\n"));
    let codes = judge(&zone, &[]).codes();
    assert!(codes.keys().all(|code| code.starts_with("nsec3-")), "{codes:?}");
    if has_program("dnssec-verify") {
        assert_accepted("dnssec-verify", &["-q", "-o", "tld."], &zone, what);
    }
}

#[test]
fn zones_with_little_in_them_and_with_longer_names_are_accepted() {
    let bench = Bench::new();
    let ldns = has_program("ldns-verify-zone");
    let extremes = [
        "-n 0",
        "-n 1 --ds 1",
        "-n 3 --hosters 1",
        "-n 50 --ds 0 --glue 0",
        "-n 50 --ds 1 --glue 1",
        "-n 50 --origin co.example",
        "-n 50 --origin COM.",
    ];
    for denial in DENIALS {
        for layout in LAYOUTS {
            for extreme in extremes {
                let what = format!("{extreme} --denial {denial} --layout {layout}");
                let zone = bench.make("tld.zone", &what);
                assert_good(&zone, &what);
                if ldns {
                    assert_accepted("ldns-verify-zone", &["-V", "1"], &zone, &what);
                }
            }
        }
    }
}

#[test]
fn the_same_options_give_the_same_octets_on_any_number_of_threads() {
    let bench = Bench::new();
    for options in ["", "--layout bind", "--denial nsec --shuffle --gzip", "--gzip --csk"] {
        let make = |threads: usize| {
            let options = format!("-n 9000 --threads {threads} {options}");
            fs::read(bench.make("tld.zone", &options)).unwrap()
        };
        let one = make(1);
        assert!(one == make(2) && one == make(7), "{options}");
        assert!(one != fs::read(bench.make("other", "-n 9000 --seed 3")).unwrap());
    }
}

// RFC 1035 §5.1: what BIND reads is the same zone, record by record.
#[test]
fn both_layouts_mean_the_same_records() {
    if !has_program("named-compilezone") {
        return;
    }
    let bench = Bench::new();
    for denial in DENIALS {
        let [one_line, bind] = LAYOUTS.map(|layout| {
            let options = format!("-n 3000 --denial {denial} --layout {layout}");
            let zone = bench.make(layout, &options);
            let compiled = bench.path("compiled");
            let done = Command::new("named-compilezone")
                .args(["-q", "-i", "none", "-k", "ignore", "-s", "full", "-o"])
                .args([&compiled, Path::new("tld."), &zone])
                .output()
                .unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
            fs::read_to_string(compiled).unwrap().to_lowercase()
        });
        assert!(one_line.lines().count() > 9000);
        assert!(one_line == bind, "{denial}");
    }
}

#[test]
fn broken_signatures_are_exactly_those_that_are_listed() {
    let bench = Bench::new();
    let list = bench.path("bad");
    for denial in DENIALS {
        for layout in ["one-line", "bind", "one-line --shuffle"] {
            let what = format!(
                "-n 3000 --denial {denial} --layout {layout} --bad 40 --bad-list {}",
                list.display()
            );
            let zone = bench.make("tld.zone", &what);
            let listed: BTreeSet<[String; 3]> = fs::read_to_string(&list)
                .unwrap()
                .lines()
                .map(|line| {
                    let words: Vec<String> = line.split('\t').map(str::to_owned).collect();
                    words.try_into().unwrap()
                })
                .collect();
            assert_eq!(listed.len(), 40, "{what}");
            let report = judge(&zone, &[]);
            assert_eq!(report.exit, 1);
            let found: BTreeSet<[String; 3]> = report
                .facts()
                .into_iter()
                .map(|(code, owner, rtype, line)| {
                    assert_eq!(code, "signature-invalid", "{what}");
                    let line = match what.contains("shuffle") {
                        true => "-".into(),
                        false => line.unwrap().to_string(),
                    };
                    [line, owner.unwrap(), rtype.unwrap()]
                })
                .collect();
            assert_eq!(found, listed, "{what}");
            for rtype in ["DS", if denial == "nsec" { "NSEC" } else { "NSEC3" }] {
                assert!(listed.iter().any(|bad| bad[2] == rtype), "{what}: no {rtype}");
            }
        }
    }
    let all = "-n 10 --ds 1 --denial nsec --bad 20 --bad-list /dev/null";
    assert_eq!(judge(&bench.make("tld.zone", all), &[]).codes()["signature-invalid"], 20);
}

#[test]
fn shuffled_lines_are_the_same_lines_in_another_order() {
    let bench = Bench::new();
    let plain = fs::read_to_string(bench.make("plain", "-n 9000")).unwrap();
    let shuffled = bench.make("shuffled", "-n 9000 --shuffle");
    assert_good(&shuffled, "shuffled");
    let shuffled = fs::read_to_string(&shuffled).unwrap();
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (mut ours, mut theirs) = (lines(&plain), lines(&shuffled));
    // Neighbours that stay neighbours would mean that only parts were shuffled.
    let places: std::collections::HashMap<&String, usize> = ours.iter().zip(0..).collect();
    let near = theirs.windows(2).filter(|pair| places[&pair[0]].abs_diff(places[&pair[1]]) < 100);
    assert!(near.count() < ours.len() / 50);
    ours.sort_unstable();
    theirs.sort_unstable();
    assert!(ours == theirs);
}

// RFC 1952 §2.2: a file may have several members.
#[test]
fn compressed_zones_are_the_same_text() {
    let bench = Bench::new();
    let plain = fs::read(bench.make("plain", "-n 9000")).unwrap();
    let compressed = bench.make("tld.zone.gz", "-n 9000");
    assert_good(&compressed, "compressed");
    let mut text = Vec::new();
    let file = fs::File::open(&compressed).unwrap();
    flate2::read::MultiGzDecoder::new(file).read_to_end(&mut text).unwrap();
    assert!(text == plain);
    let by_option = fs::read(bench.make("compressed", "-n 9000 --gzip")).unwrap();
    assert!(by_option == fs::read(&compressed).unwrap());
}

#[test]
fn shares_and_numbers_are_those_that_were_asked_for() {
    let bench = Bench::new();
    let zone = bench.make("tld.zone", "-n 20000 --ds 0.4 --glue 0.05 --hosters 500 --denial nsec");
    let report = judge(&zone, &[]);
    assert_eq!(report.number("/input/delegations"), 20_000);
    let text = fs::read_to_string(&zone).unwrap();
    let fields: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    let owners = |rtype: &str| {
        let of_type = fields.iter().filter(|record| record[3] == rtype);
        of_type.map(|record| record[0]).collect::<BTreeSet<&str>>()
    };
    let near = |number: usize, expected: usize| number.abs_diff(expected) < expected / 10;
    assert!(near(owners("DS").len(), 8000));
    let below = |host: &&str| host.split_once('.').unwrap().1.to_owned();
    let with_glue: BTreeSet<String> = owners("A").iter().map(below).collect();
    // Those that drew it, and a quarter of the hosters.
    assert!(near(with_glue.len(), 1000 + 125), "{}", with_glue.len());
    // Zipf's law (G. K. Zipf, 1949): the first of 500 has one in 1 + 1/2 + … + 1/500 = 6.8.
    let mut customers = std::collections::HashMap::new();
    for record in fields.iter().filter(|record| record[3] == "NS") {
        *customers.entry(record[4]).or_insert(0_usize) += 1;
    }
    assert!(near(customers.into_values().max().unwrap(), 19_000 * 10 / 68));
}

// RFC 4509: the anchor is of the key that signs the keys, and sigmill trusts the zone by it.
#[test]
fn the_anchor_is_of_the_zone() {
    let bench = Bench::new();
    let anchor = bench.path("anchor");
    for keys in ["", "--csk"] {
        let options = format!("-n 10 {keys} --anchor {}", anchor.display());
        let zone = bench.make("tld.zone", &options);
        let report = judge(&zone, &["--anchor", anchor.to_str().unwrap()]);
        assert_eq!((report.exit, report.text("/trust/kind")), (0, "anchored"));
    }
}

// RFC 6979 Appendix A.2.5 and A.2.6, with SHA-256 and SHA-384, message "sample".
#[test]
fn batches_of_ecdsa_give_the_signatures_of_rfc_6979() {
    let hex = |text: &str| data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).unwrap();
    let secret = hex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721");
    let secret = p256::SecretKey::from_slice(&secret).unwrap();
    let signer = Signer::<p256::NistP256>::new(secret.to_nonzero_scalar(), Table::new());
    let expected = "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716\
                    F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8";
    assert_eq!(signer.sign(&[b"sample".to_vec()]), [hex(expected)]);
    let secret = hex("6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D8\
                      96D5724E4C70A825F872C9EA60D2EDF5");
    let secret = p384::SecretKey::from_slice(&secret).unwrap();
    let signer = Signer::<p384::NistP384>::new(secret.to_nonzero_scalar(), Table::new());
    let expected = "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C\
                    81A648152E44ACF96E36DD1E80FABE4699EF4AEB15F178CEA1FE40DB2603138F\
                    130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8";
    assert_eq!(signer.sign(&[b"sample".to_vec()]), [hex(expected)]);
}

#[test]
fn batches_of_ecdsa_are_the_signatures_that_a_library_makes() {
    let messages: Vec<Vec<u8>> = (0..300_u32).map(|i| i.to_be_bytes().repeat(30)).collect();
    let key = p256::ecdsa::SigningKey::from_slice(&[0x31; 32]).unwrap();
    let signer = Signer::<p256::NistP256>::new(*key.as_nonzero_scalar(), Table::new());
    for (message, signature) in messages.iter().zip(signer.sign(&messages)) {
        let theirs: p256::ecdsa::Signature = key.sign(message);
        assert_eq!(signature, theirs.to_bytes().as_slice());
    }
    let key = p384::ecdsa::SigningKey::from_slice(&[0x32; 48]).unwrap();
    let signer = Signer::<p384::NistP384>::new(*key.as_nonzero_scalar(), Table::new());
    for (message, signature) in messages.iter().zip(signer.sign(&messages)) {
        let theirs: p384::ecdsa::Signature = key.sign(message);
        assert_eq!(signature, theirs.to_bytes().as_slice());
    }
    assert!(signer.sign(&[]).is_empty());
}

#[test]
fn options_that_cannot_be_done_are_refused_and_leave_what_was_there() {
    let bench = Bench::new();
    let file = bench.path("tld.zone");
    fs::write(&file, "old").unwrap();
    let refused = [
        ("--origin .", "the root is no top-level domain"),
        ("--origin a..b", "a label is empty"),
        ("--ds 1.5", "expected a number from 0 to 1"),
        ("--glue NaN", "expected a number from 0 to 1"),
        ("--salt 0", "expected 1 to 255 octets"),
        ("--hosters 0", "is not in"),
        ("--inception yesterday", "expected YYYYMMDDHHMMSS"),
        ("--expiration 20250101000000", "is not later than --inception"),
        ("--shuffle --layout bind", "--shuffle needs --layout one-line"),
        ("-n 10 --ds 0 --bad 100", "the zone has only"),
        ("-n 10 --bad-list /nonexistent/list", "cannot write /nonexistent/list"),
    ];
    for (options, reason) in refused {
        let error = bench.try_make("tld.zone", options).unwrap_err();
        assert!(format!("{error:#}").contains(reason), "{options}: {error:#}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "old");
    }
    let left: Vec<_> = fs::read_dir(bench.0.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing half done stays: {left:?}");
}
