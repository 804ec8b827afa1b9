//! DNSKEY and DS RRsets that are signed for another time than the one judged for: seen badly signed they
//! make a zone bogus, and otherwise nobody knows what was served (RFC 4033 §5).

use sigmill::audit::chain::{self, Config, Intake, Status};
use sigmill::dns::RType;
use sigmill::source::Source;

use super::judge;
use super::made::{Answer, Key, Record, Signing, day};

/// Answers by day, and records without a time.
struct Seen {
    root: Key,
    zone: Key,
    answers: String,
    keys: String,
}

/// Signs from day -1 to 60.
const LONG: (i64, i64) = (-1, 60);
/// Expires on day 10.
const EARLY: (i64, i64) = (-1, 10);
/// Begins on day 10.
const LATE: (i64, i64) = (10, 60);

fn plain(records: &[Record]) -> String {
    records.iter().map(ToString::to_string).collect()
}

impl Seen {
    /// The keys of the root.
    fn new() -> Self {
        let (root, zone) = (Key::p384(), Key::p256());
        let dnskey = Signing { apex: ".", key: &root, days: LONG }.dnskey(&[&root]);
        let keys = plain(&dnskey);
        Self { root, zone, answers: String::new(), keys }
    }

    fn root(&self, days: (i64, i64)) -> Signing<'_> {
        Signing { apex: ".", key: &self.root, days }
    }

    fn zone(&self, days: (i64, i64)) -> Signing<'_> {
        Signing { apex: "zone.", key: &self.zone, days }
    }

    fn ds(&self, days: (i64, i64)) -> Vec<Record> {
        self.root(days).ds("zone.", &self.zone)
    }

    fn dnskey(&self, days: (i64, i64)) -> Vec<Record> {
        self.zone(days).dnskey(&[&self.zone])
    }

    fn give(mut self, records: &[Record]) -> Self {
        self.keys += &plain(records);
        self
    }

    fn see(mut self, day: i64, name: &'static str, rtype: RType, records: Vec<Record>) -> Self {
        self.answers += &Answer::new(name, rtype, records).text(Some(day));
        self
    }

    fn see_address(self, day: i64) -> Self {
        let address = self.zone(LONG).address("www.zone.");
        self.see(day, "www.zone.", RType::A, address)
    }

    fn judge(&self, at: Option<i64>) -> super::Judged {
        let mut intake = Intake::new(1 << 20);
        let text = |text: &str| Source::from_bytes("text", text.as_bytes().to_vec());
        chain::read_text(&mut intake, text(&self.answers), 1 << 20, 0).unwrap();
        chain::read_material(&mut intake, text(&self.keys), 1 << 20, 0).unwrap();
        judge(intake, &Config { at: at.map(day), ..self.root.as_anchor() })
    }

    /// What is said of the address, the last time that it was seen.
    fn address(&self, at: Option<i64>) -> (Status, String) {
        let judged = self.judge(at);
        let row = judged.responses.iter().rfind(|row| row.rtype == Some(RType::A)).unwrap();
        let judgement = row.judgement.clone().unwrap();
        (judgement.status, judgement.reason.map_or_else(String::new, |reason| reason.to_string()))
    }
}

fn indeterminate(reason: &str) -> (Status, String) {
    (Status::Indeterminate, reason.to_owned())
}

fn bogus(reason: &str) -> (Status, String) {
    (Status::Bogus, reason.to_owned())
}

fn secure() -> (Status, String) {
    (Status::Secure, String::new())
}

const DNSKEY_OF_BEFORE: &str = "chain-dnskey-needed zone. DNSKEY: \
    the one at hand is signed for another time, expiration 20231125000000";
const DNSKEY_OF_LATER: &str = "chain-dnskey-needed zone. DNSKEY: \
    the one at hand is signed for another time, inception 20231125000000";
const DS_OF_BEFORE: &str = "chain-ds-needed zone. DS: \
    the one at hand is signed for another time, expiration 20231125000000";

#[test]
fn a_dnskey_rrset_that_was_seen_only_while_it_was_good_does_not_make_later_answers_bogus() {
    let seen = Seen::new();
    let (ds, dnskey) = (seen.ds(LONG), seen.dnskey(EARLY));
    let seen = seen.give(&ds).see(3, "zone.", RType::DNSKEY, dnskey).see_address(5);
    assert_eq!(seen.address(None), secure());
    let seen = seen.see_address(20);
    assert_eq!(seen.address(None), indeterminate(DNSKEY_OF_BEFORE));
    // The zone is listed as of the last time.
    let zones = seen.judge(None).summary.zones;
    let zone = zones.iter().find(|row| row.link.zone.to_string() == "zone.").unwrap();
    assert_eq!(zone.link.judgement.status, Status::Indeterminate);
}

#[test]
fn a_dnskey_rrset_that_was_seen_expired_makes_the_zone_bogus() {
    let seen = Seen::new();
    let (ds, dnskey) = (seen.ds(LONG), seen.dnskey(EARLY));
    let seen = seen.give(&ds).see(11, "zone.", RType::DNSKEY, dnskey).see_address(20);
    let expired = bogus("signature-expired zone. DNSKEY: expiration 20231125000000");
    assert_eq!(seen.address(None), expired);
}

#[test]
fn a_dnskey_rrset_that_begins_later_counts_only_if_it_was_seen_before() {
    let seen = Seen::new();
    let (ds, dnskey) = (seen.ds(LONG), seen.dnskey(LATE));
    let seen = seen.give(&ds).see(12, "zone.", RType::DNSKEY, dnskey.clone()).see_address(5);
    assert_eq!(seen.address(None), indeterminate(DNSKEY_OF_LATER));
    let seen = seen.see(4, "zone.", RType::DNSKEY, dnskey);
    let early = bogus("signature-not-yet-valid zone. DNSKEY: inception 20231125000000");
    assert_eq!(seen.address(None), early);
}

// What --keys names has no time: that it was served when it had expired, nobody has seen.
#[test]
fn keys_that_are_given_without_a_time_make_nothing_bogus_by_their_time() {
    let seen = Seen::new();
    let (ds, dnskey) = (seen.ds(LONG), seen.dnskey(EARLY));
    let seen = seen.give(&ds).give(&dnskey).see_address(20);
    assert_eq!(seen.address(None), indeterminate(DNSKEY_OF_BEFORE));
    let judged = seen.judge(None);
    assert_eq!((judged.summary.rrsets.bogus, judged.summary.rrsets.indeterminate), (0, 2));
    // Whoever names a time asks what a validator would say of all this then.
    let expired = bogus("signature-expired zone. DNSKEY: expiration 20231125000000");
    assert_eq!(seen.address(Some(20)), expired);
    assert_eq!(seen.address(Some(5)), secure());
}

#[test]
fn a_ds_rrset_is_held_to_its_time_in_the_same_way() {
    let seen = Seen::new();
    let (ds, dnskey) = (seen.ds(EARLY), seen.dnskey(LONG));
    let seen = seen.give(&dnskey).see(3, "zone.", RType::DS, ds.clone()).see_address(5);
    assert_eq!(seen.address(None), secure());
    let seen = seen.see_address(20);
    assert_eq!(seen.address(None), indeterminate(DS_OF_BEFORE));
    let expired = bogus("signature-expired zone. DS: expiration 20231125000000");
    assert_eq!(seen.address(Some(20)), expired);
    let seen = seen.see(11, "zone.", RType::DS, ds);
    assert_eq!(seen.address(None), expired);
}

// What is wrong with another signature counts if it was seen when the good one had expired.
#[test]
fn a_signature_that_fails_counts_beside_one_of_another_time_only_if_it_was_seen_then() {
    let seen = Seen::new();
    let (ds, good, mut bad) = (seen.ds(LONG), seen.dnskey(EARLY), seen.dnskey(LONG));
    *bad[1].rdata.last_mut().unwrap() ^= 1;
    let seen = seen.give(&ds).see(3, "zone.", RType::DNSKEY, good);
    let seen = seen.see(4, "zone.", RType::DNSKEY, bad.clone()).see_address(20);
    assert_eq!(seen.address(None), indeterminate(DNSKEY_OF_BEFORE));
    let seen = seen.see(15, "zone.", RType::DNSKEY, bad);
    assert_eq!(seen.address(None), bogus("signature-invalid zone. DNSKEY"));
}

// RFC 6781 §4.1.1: the next DNSKEY RRset may be signed long before it is published.
#[test]
fn a_key_of_a_dnskey_rrset_of_before_may_still_be_there() {
    let seen = Seen::new();
    let other = Key::ed25519();
    let (ds, before) = (seen.ds(LONG), seen.zone(EARLY).dnskey(&[&seen.zone, &other]));
    let (after, by_other) = (seen.dnskey((9, 60)), Signing { key: &other, ..seen.zone(LONG) });
    let address = by_other.address("www.zone.");
    let stranger = Signing { key: &Key::p384(), ..seen.zone(LONG) }.address("www.zone.");
    let seen = seen.give(&ds).see(3, "zone.", RType::DNSKEY, before);
    let seen = seen.see(30, "zone.", RType::DNSKEY, after);
    let seen = seen.see(12, "www.zone.", RType::A, address);
    let lapsed = "chain-dnskey-needed zone. DNSKEY: \
        the one that has the key is signed for another time";
    assert_eq!(seen.address(None), indeterminate(lapsed));
    let seen = seen.see(13, "www.zone.", RType::A, stranger);
    assert_eq!(seen.address(None).0, Status::Bogus);
}

// RFC 4035 §5.2: a proof that there is no DS has its time, too.
#[test]
fn a_denial_of_ds_whose_proof_was_good_makes_later_answers_indeterminate() {
    let seen = Seen::new();
    let nsec = seen.root(EARLY).nsec("zone.", ".", &[RType::NS, RType::RRSIG, RType::NSEC]);
    let soa = seen.root(EARLY).soa();
    let unsigned = vec![Record::new("www.zone.", RType::A, vec![192, 0, 2, 1])];
    let denial = |authority| Answer { authority, ..Answer::new("zone.", RType::DS, Vec::new()) };
    let mut proven = seen.see(20, "www.zone.", RType::A, unsigned);
    let without = proven.answers.clone() + &denial(soa.clone()).text(Some(3));
    proven.answers += &denial([soa, nsec].concat()).text(Some(3));
    let lapsed =
        "chain-ds-needed zone. DS: the proof that there is none is signed for another time";
    assert_eq!(proven.address(None), indeterminate(lapsed));
    assert_eq!(proven.address(Some(5)).0, Status::Insecure);
    let unproven = Seen { answers: without, ..proven };
    assert_eq!(unproven.address(None).0, Status::Bogus);
}
