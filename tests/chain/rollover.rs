//! A rollover of a zone's key-signing key as RFC 5011 has it, in saved answers of two and a half months.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;
use sigmill::audit::rfc5011::{State, TrackedKey, TrustPoint};
use sigmill::dns::rdata::{Rrsig, key_tag};
use sigmill::dns::{Class, Name, RType};
use sigmill::rrset::signed::append_signed_records;
use sigmill::zonefile::print::write_rdata;

use super::signers::{self, Signer};

const DAY: i64 = 86_400;
/// Midnight in November 2023.
const BEGIN: i64 = 1_700_006_400;
const TTL: u32 = 3600;

/// A key-signing key.
struct Key {
    signer: Signer,
    revoked: bool,
}

impl Key {
    fn old() -> Self {
        Self { signer: signers::ed25519(), revoked: false }
    }

    fn new() -> Self {
        Self { signer: signers::p256(), revoked: false }
    }

    fn revoked(self) -> Self {
        Self { revoked: true, ..self }
    }

    fn rdata(&self) -> Vec<u8> {
        let flags: u16 = if self.revoked { 385 } else { 257 };
        let fixed = [&flags.to_be_bytes()[..], &[3, self.signer.algorithm.0]].concat();
        [&fixed[..], &self.signer.dnskey].concat()
    }
}

fn apex() -> Name {
    Name::from_text(b"roll.", None).unwrap()
}

fn line(rtype: RType, rdata: &[u8]) -> String {
    let mut text = String::new();
    write_rdata(&mut text, rtype, rdata);
    format!("roll. {TTL} IN {rtype} {text}\n")
}

/// A DNSKEY RRset with signatures that hold on one day only, as records.
fn set(day: i64, keys: &[&Key], signed_by: &[&Key]) -> String {
    let mut records: Vec<Vec<u8>> = keys.iter().map(|key| key.rdata()).collect();
    records.sort();
    let mut text: String = records.iter().map(|rdata| line(RType::DNSKEY, rdata)).collect();
    let time = |at: i64| u32::try_from(at).unwrap().to_be_bytes();
    let middle = BEGIN + day * DAY;
    for key in signed_by {
        let mut rdata = RType::DNSKEY.0.to_be_bytes().to_vec();
        rdata.extend([key.signer.algorithm.0, 1]);
        rdata.extend(TTL.to_be_bytes());
        rdata.extend([time(middle + DAY / 2), time(middle - DAY / 2)].concat());
        rdata.extend(key_tag(&key.rdata()).to_be_bytes());
        rdata.extend(apex().as_wire());
        let mut message = Vec::new();
        let rrsig = Rrsig::from_rdata(&rdata).unwrap();
        let records = records.iter().map(Vec::as_slice);
        append_signed_records(&apex(), Class::IN, RType::DNSKEY, records, &rrsig, &mut message);
        rdata.extend(key.signer.sign(&message));
        text += &line(RType::RRSIG, &rdata);
    }
    text
}

/// An answer as dig prints it.
fn answer(day: i64, records: &str) -> String {
    let time = jiff::Timestamp::from_second(BEGIN + day * DAY).unwrap();
    let when = time.strftime("%a %b %d %H:%M:%S UTC %Y");
    format!(
        ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n\
         ;; flags: qr aa; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1\n\
         ; EDNS: version: 0, flags: do; udp: 1232\n\
         ;; QUESTION SECTION:\n;roll. IN DNSKEY\n\n\
         ;; ANSWER SECTION:\n{records}\n;; WHEN: {when}\n\n"
    )
}

/// The answers of the rollover, by day.
fn rollover() -> String {
    let (old, new, revoked) = (&Key::old(), &Key::new(), &Key::old().revoked());
    let days: [(i64, &[&Key], &[&Key]); 7] = [
        (0, &[old, new], &[old]),
        // Before its time.
        (20, &[old, new], &[new]),
        (31, &[old, new], &[old]),
        (33, &[old, new], &[new]),
        (40, &[revoked, new], &[revoked, new]),
        // By whoever has stolen the old key.
        (41, &[old, new], &[old]),
        (75, &[new], &[new]),
    ];
    days.map(|(day, keys, signed_by)| answer(day, &set(day, keys, signed_by))).concat()
}

/// A folder with the answers and the state of a resolver before them.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new(answers: &str, keys: Vec<TrackedKey>) -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        let point = TrustPoint {
            owner: apex(),
            keys,
            last_queried: 0,
            last_success: 0,
            next_probe_time: 0,
            query_failed: 0,
            query_interval: 0,
            retry_time: 0,
        };
        std::fs::write(place.path("answers"), answers).unwrap();
        std::fs::write(place.path("state"), point.to_string()).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> TrustPoint {
        TrustPoint::read(&std::fs::read(self.path(name)).unwrap()).unwrap()
    }

    /// `sigmill records answers`, run in the folder.
    fn records(&self, args: &[&str]) -> Command {
        let mut command = Command::cargo_bin("sigmill").unwrap();
        command.current_dir(self.folder.path()).args(["records", "answers"]).args(args);
        command
    }

    /// The rows of the report.
    fn rows(&self, args: &[&str]) -> Vec<Value> {
        let output = self.records(args).args(["--format", "ndjson"]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn tracked(key: &Key, state: State, since: i64) -> TrackedKey {
    TrackedKey { rdata: key.rdata(), ttl: TTL, state, pending_count: 0, since }
}

fn before() -> Vec<TrackedKey> {
    vec![tracked(&Key::old(), State::Valid, BEGIN - 100 * DAY)]
}

/// Each day of an answer, and whether it is secure.
fn secure_days(rows: &[Value]) -> Vec<(i64, bool)> {
    let responses = rows.iter().filter(|row| row["kind"] == "response");
    let day = |row: &Value| (row["seen"]["first"].as_i64().unwrap() - BEGIN) / DAY;
    let mut days: Vec<(i64, bool)> =
        responses.map(|row| (day(row), row["status"] == "secure")).collect();
    days.sort_unstable();
    days
}

fn state_of(point: &TrustPoint, key: &Key) -> State {
    point.keys.iter().find(|tracked| tracked.rdata == key.rdata()).unwrap().state
}

// RFC 5011 §2: each answer is judged with the anchors of its own time.
#[test]
fn answers_before_and_after_a_rollover_are_judged_with_the_anchors_of_their_time() {
    let place = Place::new(&rollover(), before());
    let rows = place.rows(&["--rfc5011", "state", "--rfc5011-output", "after"]);
    let expected =
        [(0, true), (20, false), (31, true), (33, true), (40, true), (41, false), (75, true)];
    assert_eq!(secure_days(&rows), expected);
    // Without following the keys, only those in the file are trusted, and for ever.
    let still = place.rows(&["--anchor", "state"]);
    let expected =
        [(0, true), (20, false), (31, true), (33, false), (40, false), (41, true), (75, false)];
    assert_eq!(secure_days(&still), expected);

    let after = place.read("after");
    assert_eq!(state_of(&after, &Key::new()), State::Valid);
    assert_eq!(state_of(&after, &Key::old().revoked()), State::Removed);
    let last = BEGIN + 75 * DAY;
    assert_eq!((after.last_queried, after.last_success, after.query_failed), (last, last, 0));
    assert_eq!(place.read("state").keys, before(), "the file that was read stays as it was");

    let changes = rows.last().unwrap()["trust_changes"].as_array().unwrap();
    let told: Vec<_> = changes
        .iter()
        .map(|change| {
            let day = (change["at"].as_i64().unwrap() - BEGIN) / DAY;
            (day, change["tag"].as_u64().unwrap(), change["to"].as_str().unwrap())
        })
        .collect();
    let [old, new] = [Key::old(), Key::new()].map(|key| u64::from(key_tag(&key.rdata())));
    assert_eq!(
        told,
        [(0, new, "ADDPEND"), (31, new, "VALID"), (40, old, "REVOKED"), (75, old, "REMOVED")]
    );
}

#[test]
fn the_state_may_take_the_place_of_the_one_before_and_then_stays_the_same() {
    let place = Place::new(&rollover(), before());
    let run = ["--rfc5011", "state", "--rfc5011-output", "state", "--fail-on", "never"];
    let text = place.records(&run).args(["--explain", "roll/DNSKEY"]).output().unwrap().stdout;
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("ADDPEND") && text.contains("REVOKED"), "{text}");
    let anchored =
        text.lines().any(|line| line.contains("trust anchor") && line.contains("(state)"));
    assert!(anchored, "the report names the file: {text}");
    let first = std::fs::read(place.path("state")).unwrap();
    assert_eq!(state_of(&place.read("state"), &Key::new()), State::Valid);
    place.records(&run).arg("-qq").assert().code(0).stdout("");
    assert_eq!(std::fs::read(place.path("state")).unwrap(), first);
}

// What --keys names has no time of its own: it helps to judge, and lets no hold-down time pass.
#[test]
fn keys_that_are_only_given_are_not_seen() {
    let (old, new) = (Key::old(), Key::new());
    let mut keys = before();
    keys.push(tracked(&new, State::AddPend, BEGIN - 40 * DAY));
    let keys_of_day = set(0, &[&old, &new], &[&old]);
    let run = ["--rfc5011", "state", "--rfc5011-output", "after"];
    let place = Place::new(&answer(0, ""), keys.clone());
    std::fs::write(place.path("given"), &keys_of_day).unwrap();
    place.records(&run).args(["--keys", "given", "--fail-on", "never"]).assert().code(0);
    assert_eq!(place.read("after").keys, keys);
    // Seen, they are.
    let place = Place::new(&answer(0, &keys_of_day), keys);
    place.records(&run).args(["--fail-on", "never"]).assert().code(0);
    assert_eq!(state_of(&place.read("after"), &new), State::Valid);
}

#[test]
fn a_state_that_cannot_be_read_or_written_is_told() {
    let place = Place::new(&rollover(), before());
    let state = std::fs::read(place.path("state")).unwrap();
    let failure = |args: &[&str], code: i32, words: &str| {
        let output = place.records(args).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {text}");
        assert!(text.contains(words), "{args:?}: {text}");
    };
    failure(&["--rfc5011-output", "after"], 2, "--rfc5011");
    failure(&["--rfc5011", "state", "--rfc5011-output", "-"], 2, "standard output");
    failure(&["--rfc5011", "no-such-file"], 3, "no-such-file");
    failure(&["--rfc5011", "state", "--rfc5011-output", "no/such/folder"], 3, "no/such/folder");
    let broken = |text: &str| std::fs::write(place.path("broken"), text).unwrap();
    broken(";;id: roll. 1\nroll. DNSKEY 257 3 15 AAAA ;;state=9\n");
    failure(&["--rfc5011", "broken"], 3, "line 2: expected state= and a number from 0 to 5");
    failure(&["--anchor", "broken"], 3, "line 2: expected state= and a number from 0 to 5");
    broken("roll. DNSKEY 257 3 15 AAAA ;;state=1 [ ADDPEND ]\n");
    failure(&["--anchor", "broken"], 3, "line 1: expected a key in the state VALID or MISSING");
    // A run that fails leaves the state alone.
    let run = ["no-such-input", "--rfc5011", "state", "--rfc5011-output", "state"];
    failure(&run, 3, "no-such-input");
    assert_eq!(std::fs::read(place.path("state")).unwrap(), state);
    assert!(!Path::new(&place.path("after")).exists());
}
