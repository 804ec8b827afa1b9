//! What a comparison must never get wrong, whatever the machine.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::crypto::{Backend, Item, PreparedKey, PublicKey, Refusal, backend};

fn quick(matrix: Matrix) -> Config {
    Config {
        threads: vec![1],
        time: Duration::from_millis(5),
        ..Config::new(WorkConfig::Generated(matrix))
    }
}

/// A backend that says of each signature what a function says of how many it has seen.
#[derive(Debug)]
struct Liar {
    name: &'static str,
    says: fn(u64) -> bool,
}

#[derive(Debug)]
struct LyingKey {
    seen: AtomicU64,
    says: fn(u64) -> bool,
}

impl Backend for Liar {
    fn name(&self) -> &'static str {
        self.name
    }

    fn prepare(&self, _: &PublicKey, _: usize) -> Result<Box<dyn PreparedKey>, Refusal> {
        Ok(Box::new(LyingKey { seen: AtomicU64::new(0), says: self.says }))
    }
}

impl PreparedKey for LyingKey {
    fn verify_batch(&self, items: &[Item<'_>], holds: &mut [bool]) {
        assert_eq!(items.len(), holds.len());
        holds.fill_with(|| (self.says)(self.seen.fetch_add(1, Ordering::Relaxed)));
    }
}

static YES: Liar = Liar { name: "yes", says: |_| true };
static NO: Liar = Liar { name: "no", says: |_| false };

/// A backend that verifies with another one until it has answered often enough to be trusted.
#[derive(Debug)]
struct Turncoat;

#[derive(Debug)]
struct TurncoatKey(Box<dyn PreparedKey>, Mutex<u64>);

impl Backend for Turncoat {
    fn name(&self) -> &'static str {
        "turncoat"
    }

    fn prepare(&self, key: &PublicKey, count: usize) -> Result<Box<dyn PreparedKey>, Refusal> {
        let honest = backend::by_name("aws-lc").unwrap().prepare(key, count)?;
        Ok(Box::new(TurncoatKey(honest, Mutex::new(0))))
    }
}

impl PreparedKey for TurncoatKey {
    fn verify_batch(&self, items: &[Item<'_>], holds: &mut [bool]) {
        let mut seen = self.1.lock().unwrap();
        *seen += items.len() as u64;
        self.0.verify_batch(items, holds);
        // The check asks for the signatures, for corrupted ones, and for both mixed.
        if *seen > 200 {
            holds[0] = !holds[0];
        }
    }
}

static TURNCOAT: Turncoat = Turncoat;

// A benchmark that does not look at the answers would crown a backend that says yes to all.
#[test]
fn a_backend_that_lies_has_no_row() {
    let matrix = Matrix { kinds: vec![Kind::ED25519], ..Matrix::default() };
    let liars: [&'static dyn Backend; 3] = [&YES, &NO, &TURNCOAT];
    let honest = backend::by_name("aws-lc").unwrap();
    let contenders: Vec<Contender> =
        liars.into_iter().chain([honest]).map(Contender::Backend).collect();
    let comparison = compare(&Config { contenders, ..quick(matrix) }).unwrap();
    let rows: Vec<_> = comparison.rows.iter().map(|row| row.contender).collect();
    assert_eq!(rows, ["aws-lc"]);
    let [yes, no, turncoat] = &comparison.failures[..] else { panic!("{comparison:?}") };
    assert_eq!((yes.contender, yes.rejected), ("yes", 0));
    assert_eq!(yes.accepted, yes.corrupted);
    assert!(yes.corrupted >= 64 && yes.good >= 96);
    assert_eq!((no.contender, no.accepted), ("no", 0));
    assert_eq!(no.rejected, no.good);
    // It was found out under the clock.
    assert_eq!((turncoat.contender, turncoat.corrupted), ("turncoat", 0));
    assert!(turncoat.rejected > 0);
}

/// One that all take, one that only the slowest library and our own arithmetic take, and RSA.
const KINDS: [Kind; 3] = [Kind::P256, Kind::ED448, Kind::rsa(1024, 3)];

// Each stage, with keys that are ready and fresh, by every backend that can.
#[test]
fn every_backend_has_a_rate_for_each_work_that_it_can_do() {
    let matrix = Matrix {
        kinds: KINDS.into(),
        stages: vec![Stage::Hash, Stage::Verify, Stage::Rrset],
        keys: vec![KeyUse::Ready, KeyUse::Fresh],
        signatures_per_key: vec![1, 100],
        batches: vec![None, Some(7)],
        ..Matrix::default()
    };
    let contenders = [vec![Contender::Auto], Contender::all_backends()].concat();
    let config = Config { contenders, time: Duration::ZERO, ..quick(matrix) };
    let comparison = compare(&config).unwrap();
    assert!(comparison.failures.is_empty(), "{:?}", comparison.failures.first());
    let has = |contender: &str, kind: Kind, stage, keys, signatures_per_key| {
        let work = |batch| Work { stage, kind: Some(kind), keys, signatures_per_key, batch };
        [None, Some(7)].map(|batch| {
            let is_it = |row: &&Row| row.contender == contender && row.work == work(batch);
            comparison.rows.iter().any(|row| is_it(&row))
        })
    };
    for kind in KINDS {
        for contender in ["auto", "lanes", "aws-lc", "ring", "rustcrypto"] {
            let takes_not = kind == Kind::ED448 && ["aws-lc", "ring"].contains(&contender);
            for stage in [Stage::Verify, Stage::Rrset] {
                for keys in [KeyUse::Ready, KeyUse::Fresh] {
                    for per_key in [1, 100] {
                        // Our own arithmetic leaves keys with few signatures to libraries, and RSA
                        // where it has no fast kernel.
                        let takes = contender != "lanes"
                            || backend::by_name("lanes")
                                .unwrap()
                                .prepare(&key_of(kind), per_key)
                                .is_ok();
                        let expected = [takes && !takes_not; 2];
                        let found = has(contender, kind, stage, Some(keys), Some(per_key));
                        assert_eq!(
                            found, expected,
                            "{contender} {kind} {stage:?} {keys:?} {per_key}"
                        );
                    }
                }
            }
        }
        assert_eq!(has("rustcrypto", kind, Stage::Hash, None, None), [true; 2]);
    }
    for row in &comparison.rows {
        let label = format!("{} {:?}", row.contender, row.work);
        assert!(row.per_second.median > 0.0 && row.signatures > 0, "{label}");
        assert!(row.per_second.low <= row.per_second.median, "{label}");
        assert!(row.per_second.median <= row.per_second.high, "{label}");
        assert!(row.nanoseconds.p50 > 0 && row.nanoseconds.p50 <= row.nanoseconds.max, "{label}");
        assert!(row.rounds.len() >= 5, "{label}");
        assert_eq!(row.rounds.iter().map(|round| round.signatures).sum::<u64>(), row.signatures);
        assert!(row.ratio.is_some() || row.work.kind == Some(Kind::ED448), "{label}");
        if row.contender == "aws-lc" {
            assert_eq!(row.ratio, Some(1.0), "{label}");
        }
        let batch = row.batch.unwrap() as u64;
        assert_eq!(row.signatures % batch, 0, "{label}");
        // What is not verified under the clock would show as time that nothing was done in.
        let calls: u64 = row.rounds.iter().map(|round| round.nanoseconds.unpack().len()).sum();
        assert_eq!(calls * batch, row.signatures, "{label}");
    }
}

fn key_of(kind: Kind) -> PublicKey {
    let signer =
        crate::crypto::Signer::generate(kind.algorithm, kind.shape, Duration::from_secs(60));
    signer.unwrap().public_key().unwrap()
}

#[test]
fn more_threads_have_a_scaling_and_one_has_none() {
    let matrix = Matrix { kinds: vec![Kind::P256], ..Matrix::default() };
    let contenders = vec![Contender::by_name("ring").unwrap()];
    let comparison = compare(&Config {
        contenders,
        threads: vec![3, 1, 3],
        time: Duration::from_millis(20),
        ..quick(matrix)
    })
    .unwrap();
    let rows: Vec<_> =
        comparison.rows.iter().map(|row| (row.threads, row.scaling.is_some(), row.ratio)).collect();
    // The baseline is not compared, so the first contender is.
    assert_eq!(comparison.settings.baseline, "ring");
    assert_eq!(rows, [(1, false, Some(1.0)), (3, true, Some(1.0))]);
    assert!(comparison.rows[1].scaling.unwrap() > 0.0);
}

#[test]
fn what_would_take_for_ever_is_refused() {
    let matrix = Matrix {
        kinds: Kind::named("all").unwrap(),
        signatures_per_key: (1..=2000).collect(),
        ..Matrix::default()
    };
    let error = compare(&quick(matrix)).unwrap_err();
    assert!(matches!(error, Error::TooMany { count: 128_000, .. }), "{error}");
}

fn input(files: &[&str]) -> InputConfig {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = files.iter().map(|file| root.join(file)).collect();
    InputConfig { files, form: None, origin: None, octets: 1 << 30 }
}

fn replay(input: InputConfig, time: Duration) -> Result<Comparison, Error> {
    let contenders = [vec![Contender::Auto], Contender::all_backends()].concat();
    let config = Config::new(WorkConfig::Input(input));
    compare(&Config { contenders, threads: vec![1, 2], time, ..config })
}

// A good zone, one with a signature that fails, and one with two keys that sign all: the verdicts of all
// backends are those of the audit.
#[test]
fn the_work_of_a_zone_is_what_its_audit_verifies() {
    let zones = [
        ("zones/example.zone", false),
        ("variants/rdata-octet.zone", true),
        ("zones/keys/two-zsks.zone", false),
    ];
    for (zone, failing) in zones {
        let file = format!("datasets/{zone}");
        let comparison = replay(input(&[&file]), Duration::from_millis(20)).unwrap();
        let source = crate::source::Source::open(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join(&file),
            &crate::source::OpenOptions::default(),
        );
        let audit = crate::audit::zone::audit(
            source.unwrap(),
            &crate::audit::zone::Config::default(),
            &mut |_| {},
        )
        .unwrap();
        let verified = audit.performance.stages.iter().find(|stage| stage.stage == "verify");
        let facts = comparison.input.as_ref().unwrap();
        assert_eq!(facts.signatures, verified.unwrap().items);
        assert_eq!((facts.form, facts.left_out), ("zone", 0));
        assert_eq!(facts.failing > 0, failing, "{zone}");
        assert_eq!(facts.kinds.iter().map(|kind| kind.signatures).sum::<u64>(), facts.signatures);
        assert!(comparison.failures.is_empty(), "{:?}", comparison.failures);
        assert_eq!(comparison.rows.len(), 10);
        for row in &comparison.rows {
            let audit = row.audit.as_ref().unwrap();
            assert!(audit.seconds.median > 0.0 && audit.preparing_seconds > 0.0);
            assert!(audit.preparing_seconds < audit.seconds.high * 1.5);
            // Whole passes: each signature as often as any other.
            assert!((audit.part - 1.0).abs() < 1e-9, "{}", row.contender);
            assert_eq!(row.signatures % facts.signatures, 0, "{}", row.contender);
            let of_seconds = facts.signatures as f64 / audit.seconds.median;
            assert!((row.per_second.median / of_seconds - 1.0).abs() < 0.5);
        }
    }
}

// The same for a capture with many zones and algorithms, and bogus answers among them.
#[test]
fn the_work_of_a_capture_is_what_its_audit_verifies() {
    let comparison =
        replay(input(&["datasets/captures/tree.pcapng"]), Duration::from_millis(40)).unwrap();
    let facts = comparison.input.as_ref().unwrap();
    assert_eq!((facts.form, facts.left_out), ("capture", 0));
    assert!(facts.zones > 10 && facts.kinds.len() >= 4, "{facts:?}");
    assert!(comparison.failures.is_empty(), "{:?}", comparison.failures);
    // An audit by libraries alone, which ask no second one, times each signature that it verifies once.
    let mut intake = crate::audit::chain::Intake::new(1 << 30);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/captures/tree.pcapng");
    let source = crate::source::Source::open(&file, &crate::source::OpenOptions::default());
    let options = crate::capture::ReadOptions::default();
    crate::audit::chain::read_capture(&mut intake, source.unwrap(), &options, 0, &mut |_| {})
        .unwrap();
    let backend = crate::crypto::BackendChoice::Named("aws-lc");
    let config = crate::audit::chain::Config { backend, ..crate::audit::chain::Config::default() };
    let audit = crate::audit::chain::audit(intake, &config, &mut |_| {}).unwrap();
    let latency = audit.performance.latency.iter();
    assert_eq!(facts.signatures, latency.map(|row| row.nanoseconds.count).sum::<u64>());
    for row in &comparison.rows {
        assert!(row.signatures > 0 && row.audit.as_ref().unwrap().part > 0.0, "{}", row.contender);
    }
}

#[test]
fn what_does_not_fit_the_memory_is_counted_and_extrapolated() {
    let small = InputConfig { octets: 2000, ..input(&["datasets/zones/example.zone"]) };
    // A zone of one lot does not fit at all.
    let comparison = replay(small, Duration::from_millis(5)).unwrap();
    let facts = comparison.input.as_ref().unwrap();
    assert_eq!((facts.left_out, facts.signatures), (32, 32));
    assert!(comparison.warnings.iter().any(|warning| warning.code == "left-out"));
}

#[test]
fn inputs_that_give_no_work_say_why() {
    let error = |files: &[&str]| replay(input(files), Duration::ZERO).unwrap_err().to_string();
    assert!(error(&["no-such-file"]).contains("no-such-file"));
    let zone = "datasets/zones/example.zone";
    assert!(error(&[zone, zone]).contains("is a zone, whose work stands alone"));
    assert!(error(&["datasets/zones"]).contains("directory"));
    let text = error(&["tests/bad_input.rs"]);
    assert!(text.contains("no SOA record") || text.contains("no records"), "{text}");
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, octets: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, octets).unwrap();
        InputConfig { files: vec![path], ..input(&[]) }
    };
    let unsigned = b"example. 3600 IN SOA ns. host. 1 2 3 4 5\nexample. 3600 IN NS ns.\n";
    let unsigned = replay(write("unsigned", unsigned), Duration::ZERO).unwrap_err().to_string();
    assert!(unsigned.contains("nothing in") && unsigned.contains("is verified"), "{unsigned}");
    let archive = replay(write("zip", b"PK\x03\x04"), Duration::ZERO).unwrap_err().to_string();
    assert!(archive.contains("this seems to be a zip archive"), "{archive}");
}

// The output of dig is told from a zone by its headers.
#[test]
fn saved_answers_are_told_from_zones() {
    let comparison = replay(input(&["tests/chain/rfc4035.txt"]), Duration::ZERO);
    match comparison {
        Ok(comparison) => assert_eq!(comparison.input.unwrap().form, "records"),
        Err(error) => assert!(matches!(error, Error::Input(InputError::Nothing { .. })), "{error}"),
    }
}
