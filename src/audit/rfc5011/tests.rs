use proptest::prelude::*;

use super::machine::{ADD_HOLD_DOWN, REMOVE_HOLD_DOWN};
use super::*;
use crate::audit::anchors::{self, AnchorError};
use crate::audit::zone::{Anchor, AnchorForm};
use crate::dns::rdata::key_tag;

const DAY: i64 = 86_400;
/// When the stories begin.
const BEGIN: i64 = 1_700_000_000;

/// RDATA of the key with this number, which is a zone's entry point unless told otherwise.
fn rdata(number: u8) -> Vec<u8> {
    let mut rdata = vec![1, 1, 3, 15];
    rdata.extend([number; 32]);
    rdata
}

fn tracked(number: u8, state: State, since: i64) -> TrackedKey {
    let is_revoked = matches!(state, State::Revoked | State::Removed);
    let rdata = if is_revoked { revoked(&rdata(number)) } else { rdata(number) };
    TrackedKey { rdata, ttl: 3600, state, pending_count: 1, since }
}

fn point(keys: Vec<TrackedKey>) -> TrustPoint {
    TrustPoint {
        owner: Name::root(),
        keys,
        last_queried: 0,
        last_success: 0,
        next_probe_time: 0,
        query_failed: 0,
        query_interval: 0,
        retry_time: 0,
    }
}

/// A key in a set: its number, whether it has the REVOKE flag, and whether it signs.
type InSet = (u8, bool, bool);

fn seen(at: i64, keys: &[InSet]) -> Observation {
    let keys = keys.iter().map(|&(number, is_revoked, signs)| {
        let rdata = if is_revoked { revoked(&rdata(number)) } else { rdata(number) };
        SeenKey { rdata, signs, usable: !is_revoked }
    });
    Observation { at, keys: keys.collect(), original_ttl: 3600, expires: at + 10 * DAY }
}

fn state(point: &TrustPoint, number: u8) -> State {
    let meant = point.keys.iter().find(|key| key.identity() == rdata(number));
    meant.map_or(State::Start, |key| key.state)
}

const PRESENT: &[InSet] = &[(0, false, true), (1, false, false)];
const ABSENT: &[InSet] = &[(0, false, true)];
const REVOKES: &[InSet] = &[(0, false, true), (1, true, true)];
/// With the REVOKE flag, but nobody has proved that it is the key's owner who set it.
const CLAIMED: &[InSet] = &[(0, false, true), (1, true, false)];
/// Nobody who is trusted has signed the set.
const UNTRUSTED: &[InSet] = &[(1, false, false), (2, false, true)];

// RFC 5011 §4.1: the table of events, each edge and each place where there is none. Key 0 is valid and
// signs; key 1 is looked at.
#[test]
fn every_edge_of_the_state_table_and_no_other() {
    use State::{AddPend, Missing, Removed, Revoked, Start, Valid};
    let short = ADD_HOLD_DOWN - 1;
    let cases: [(State, i64, &[InSet], State); 32] = [
        // NewKey
        (Start, 0, PRESENT, AddPend),
        (Start, 0, ABSENT, Start),
        (Start, 0, REVOKES, Start),
        (Start, 0, UNTRUSTED, Start),
        // KeyRem, AddTime; a revoked key is not the one that is pending
        (AddPend, short, PRESENT, AddPend),
        (AddPend, ADD_HOLD_DOWN, PRESENT, Valid),
        (AddPend, short, ABSENT, Start),
        (AddPend, ADD_HOLD_DOWN, ABSENT, Start),
        (AddPend, ADD_HOLD_DOWN, REVOKES, Start),
        (AddPend, ADD_HOLD_DOWN, CLAIMED, Start),
        (AddPend, ADD_HOLD_DOWN, UNTRUSTED, AddPend),
        // KeyRem, RevBit
        (Valid, DAY, PRESENT, Valid),
        (Valid, DAY, ABSENT, Missing),
        (Valid, DAY, REVOKES, Revoked),
        (Valid, DAY, CLAIMED, Missing),
        (Valid, DAY, UNTRUSTED, Valid),
        (Valid, DAY, &[(1, true, true)], Revoked),
        (Valid, DAY, &[(1, true, false)], Valid),
        // KeyPres, RevBit; nothing that time alone changes
        (Missing, DAY, PRESENT, Valid),
        (Missing, DAY, ABSENT, Missing),
        (Missing, 3650 * DAY, ABSENT, Missing),
        (Missing, DAY, REVOKES, Revoked),
        (Missing, DAY, CLAIMED, Missing),
        (Missing, DAY, UNTRUSTED, Missing),
        // RemTime
        (Revoked, REMOVE_HOLD_DOWN - 1, ABSENT, Revoked),
        (Revoked, REMOVE_HOLD_DOWN, ABSENT, Removed),
        (Revoked, REMOVE_HOLD_DOWN, UNTRUSTED, Removed),
        (Revoked, REMOVE_HOLD_DOWN, REVOKES, Revoked),
        (Revoked, DAY, PRESENT, Revoked),
        (Revoked, REMOVE_HOLD_DOWN, PRESENT, Removed),
        // No way back
        (Removed, 3650 * DAY, PRESENT, Removed),
        (Removed, 3650 * DAY, REVOKES, Removed),
    ];
    for (from, after, set, to) in cases {
        let mut keys = vec![tracked(0, Valid, BEGIN)];
        if from != Start {
            keys.push(tracked(1, from, BEGIN));
        }
        let mut point = point(keys);
        let at = BEGIN + after;
        let changes = point.advance(&[seen(at, set)], at);
        let case = format!("{from} after {after} s and {set:?}");
        assert_eq!(state(&point, 1), to, "{case}");
        let told = changes.iter().find(|change| change.rdata == rdata(1));
        let told = told.map(|change| (change.at, change.from, change.to));
        assert_eq!(told, (from != to).then_some((at, from, to)), "{case}");
    }
}

// RFC 5011 §2.4.1: the original TTL of the first set with the key, if that is longer.
#[test]
fn a_ttl_of_more_than_thirty_days_is_the_hold_down_time() {
    let mut point = point(vec![tracked(0, State::Valid, BEGIN)]);
    let ttl = 40 * DAY;
    let long = |at| Observation { original_ttl: ttl.try_into().unwrap(), ..seen(at, PRESENT) };
    point.advance(&[long(BEGIN), seen(BEGIN + ttl - 1, PRESENT)], BEGIN + ttl - 1);
    assert_eq!(state(&point, 1), State::AddPend);
    point.advance(&[seen(BEGIN + ttl, PRESENT)], BEGIN + ttl);
    assert_eq!(state(&point, 1), State::Valid);
}

// RFC 5011 §2.2: the hold-down time starts anew when a set lacks the key.
#[test]
fn a_pending_key_that_is_gone_once_waits_all_over() {
    let mut point = point(vec![tracked(0, State::Valid, BEGIN)]);
    let sets: [(i64, &[InSet]); 4] = [(0, PRESENT), (20, ABSENT), (21, PRESENT), (50, PRESENT)];
    let sets = sets.map(|(day, set)| seen(BEGIN + day * DAY, set));
    point.advance(&sets, sets[3].at);
    assert_eq!(state(&point, 1), State::AddPend);
    point.advance(&[seen(BEGIN + 51 * DAY, PRESENT)], BEGIN + 51 * DAY);
    assert_eq!(state(&point, 1), State::Valid);
}

// RFC 5011 §2.1: a revoked key says nothing any more, not even in the set by which it is revoked.
#[test]
fn the_last_key_revoked_ends_the_trust_point() {
    let mut point = point(vec![tracked(1, State::Valid, BEGIN)]);
    let set = [(1, true, true), (2, false, true)];
    point.advance(&[seen(BEGIN + DAY, &set)], BEGIN + DAY);
    assert_eq!((state(&point, 1), state(&point, 2)), (State::Revoked, State::Start));
    assert_eq!((point.query_failed, point.last_success), (1, 0));
    assert!(point.is_revoked());
    let text = point.to_string();
    assert!(text.starts_with("; autotrust trust anchor file\n;;REVOKED\n"), "{text}");
    let error = AnchorError { line: 2, kind: AnchorErrorKind::PointRevoked };
    assert_eq!(TrustPoint::read(text.as_bytes()), Err(error.clone()));
    assert_eq!(anchors::read(text.as_bytes(), "test"), Err(error));
}

// RFC 5011 §3, RFC 4034 §2.1.1: only entry points are followed, and only keys of use.
#[test]
fn keys_of_no_use_and_those_without_the_sep_flag_are_no_new_keys() {
    let mut set = seen(BEGIN, &[(0, false, true), (1, false, false), (2, false, false)]);
    set.keys[1].rdata[1] = 0;
    set.keys[2].usable = false;
    let mut point = point(vec![tracked(0, State::Valid, BEGIN)]);
    assert_eq!(point.advance(&[set], BEGIN), []);
    assert_eq!(point.keys.len(), 1);
}

// RFC 5011 §2.3: half the TTL or signature's life, from an hour to 15 days; a tenth after failure.
#[test]
fn the_next_probe_follows_ttl_and_signatures() {
    let cases = [
        (3600, 100, 3600, 3600),
        (172_800, 100, 86_400, 17_280),
        (2_000_000, 100, 1_000_000, 86_400),
        (9_000_000, 100, 15 * DAY, 86_400),
        (9_000_000, 2, DAY, 17_280),
    ];
    for (ttl, days, interval, retry) in cases {
        let set =
            Observation { original_ttl: ttl, expires: BEGIN + days * DAY, ..seen(BEGIN, ABSENT) };
        let mut point = point(vec![tracked(0, State::Valid, 0)]);
        point.advance(&[set], BEGIN);
        assert_eq!((point.query_interval, point.retry_time), (interval, retry), "{ttl} {days}");
        assert_eq!(point.next_probe_time, BEGIN + interval);
        assert_eq!(point.keys[0].since, BEGIN, "seen for the first time");
    }
}

#[test]
fn keys_are_anchors_from_the_change_that_makes_them_one_to_the_change_that_ends_it() {
    let before = point(vec![tracked(0, State::Valid, BEGIN), tracked(1, State::AddPend, BEGIN)]);
    let [valid, revoked] = [BEGIN + 31 * DAY, BEGIN + 40 * DAY];
    let sets = [seen(valid, PRESENT), seen(revoked, &[(0, true, true), (1, false, true)])];
    let changes = before.clone().advance(&sets, revoked);
    let spans = [
        TrustSpan { rdata: rdata(0), from: None, until: Some(revoked) },
        TrustSpan { rdata: rdata(1), from: Some(valid), until: None },
    ];
    assert_eq!(before.spans(&changes), spans);
}

// --- Random stories against the definitions ---

/// A set after some days: its keys, by whether they are there, revoked and signing.
type Step = (i64, [(bool, bool, bool); 4]);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = (prop::bool::weighted(0.8), prop::bool::weighted(0.05), prop::bool::weighted(0.6));
    let gap = prop_oneof![Just(0_i64), 1..20_i64, Just(30_i64), 30..50_i64];
    prop::collection::vec((gap, [key; 4]), 1..25)
}

fn story(steps: &[Step]) -> Vec<Observation> {
    let mut at = BEGIN;
    let set = |&(days, keys): &Step| {
        at += days * DAY;
        let keys: Vec<InSet> = (0..)
            .zip(keys)
            .filter(|(_, (is_here, ..))| *is_here)
            .map(|(number, (_, is_revoked, signs))| (number, is_revoked, signs))
            .collect();
        seen(at, &keys)
    };
    steps.iter().map(set).collect()
}

/// Which keys are trusted after each set, by what RFC 5011 demands of a whole history: no states.
fn trusted_by_definition(sets: &[Observation], first: u8) -> Vec<[bool; 4]> {
    let numbers = [0_u8, 1, 2, 3];
    let has = |set: &Observation, rdata: &[u8]| set.keys.iter().any(|key| key.rdata == rdata);
    let signs = |set: &Observation, rdata: &[u8]| {
        set.keys.iter().any(|key| key.rdata == rdata && key.signs)
    };
    let (mut trusted, mut authentic) = (Vec::<[bool; 4]>::new(), Vec::<bool>::new());
    let mut ever_revoked = [false; 4];
    for (place, set) in sets.iter().enumerate() {
        let before = trusted.last().copied().unwrap_or(numbers.map(|number| number == first));
        // §2.1: revoked by its own signature, at once and for good.
        let mut still = before;
        for number in numbers {
            if before[usize::from(number)] && signs(set, &revoked(&rdata(number))) {
                ever_revoked[usize::from(number)] = true;
                still[usize::from(number)] = false;
            }
        }
        // §2.2: signed by a trust anchor that is in it.
        authentic.push(
            numbers.iter().any(|&number| still[usize::from(number)] && signs(set, &rdata(number))),
        );
        let now = numbers.map(|number| {
            let index = usize::from(number);
            // In every authentic set for the hold-down time before, and in this one.
            let held = authentic[place]
                && !ever_revoked[index]
                && (0..=place)
                    .rev()
                    .filter(|&earlier| authentic[earlier])
                    .take_while(|&earlier| has(&sets[earlier], &rdata(number)))
                    .any(|earlier| set.at - sets[earlier].at >= ADD_HOLD_DOWN);
            still[index] || held
        });
        trusted.push(now);
    }
    trusted
}

proptest! {
    // RFC 5011 §2: whatever is seen, the machine trusts exactly the keys that the rules on a whole
    // history name: none that trusted keys have not signed into every set for the hold-down time,
    // none that is revoked.
    #[test]
    fn a_key_is_trusted_if_and_only_if_its_history_earns_it(steps in steps()) {
        let sets = story(&steps);
        let expected = trusted_by_definition(&sets, 0);
        let mut point = point(vec![tracked(0, State::Valid, BEGIN - DAY)]);
        let before = point.clone();
        for (place, set) in sets.iter().enumerate() {
            // One at a time, as if each was a run; sets of one second belong to one run.
            point.last_success = point.last_success.min(set.at - 1);
            point.advance([set], set.at);
            let found = [0, 1, 2, 3].map(|number| state(&point, number).is_trusted());
            prop_assert_eq!(found, expected[place], "after set {} of {:?}", place, sets);
        }
        // All at once gives the same, and the spans say so for every time.
        let mut at_once = before.clone();
        let end = sets.last().map_or(BEGIN, |set| set.at);
        let changes = at_once.advance(&sets, end);
        prop_assert_eq!(&at_once.keys, &point.keys);
        let spans = before.spans(&changes);
        for (place, set) in sets.iter().enumerate() {
            if sets.get(place + 1).is_some_and(|next| next.at == set.at) {
                continue;
            }
            for number in [0, 1, 2, 3] {
                let holds = spans.iter().any(|span| {
                    span.rdata == rdata(number)
                        && span.from.is_none_or(|from| from <= set.at)
                        && span.until.is_none_or(|until| set.at < until)
                });
                prop_assert_eq!(holds, expected[place][usize::from(number)]);
            }
        }
    }

    // A state holds all that was seen: the same input again, or a part of it, changes nothing.
    #[test]
    fn what_is_in_the_state_already_is_passed_over(steps in steps()) {
        let sets = story(&steps);
        let end = sets.last().map_or(BEGIN, |set| set.at);
        let mut point = point(vec![tracked(0, State::Valid, BEGIN - DAY)]);
        point.advance(&sets, end);
        let after = point.clone();
        let success = point.last_success;
        point.advance(sets.iter().filter(|set| set.at <= success), end);
        prop_assert_eq!(point, after);
    }

    #[test]
    fn a_state_file_reads_back_as_it_was_written(steps in steps()) {
        let mut point = point(vec![tracked(0, State::Valid, BEGIN - DAY)]);
        let sets = story(&steps);
        point.advance(&sets, BEGIN);
        let read = TrustPoint::read(point.to_string().as_bytes());
        match point.is_revoked() {
            true => prop_assert!(read.is_err()),
            false => prop_assert_eq!(read, Ok(point)),
        }
    }

    #[test]
    fn no_text_makes_reading_panic(text in "[;:=.a-zA-Z0-9 \n()]{0,200}") {
        let _ = TrustPoint::read(text.as_bytes());
        let _ = anchors::read(text.as_bytes(), "test");
    }
}

// --- Files ---

/// A state file as Unbound writes it, in the middle of the root's rollover of 2017 but for the keys.
fn unbound(states: &[(u8, &str)]) -> String {
    let mut text = String::from(
        "; autotrust trust anchor file\n\
         ;;id: . 1\n\
         ;;last_queried: 1502438400 ;;Fri Aug 11 08:00:00 2017\n\
         ;;last_success: 1502438400 ;;Fri Aug 11 08:00:00 2017\n\
         ;;next_probe_time: 1502478000 ;;Fri Aug 11 19:00:00 2017\n\
         ;;query_failed: 0\n\
         ;;query_interval: 43200\n\
         ;;retry_time: 8640\n",
    );
    for (number, state) in states {
        let key = data_encoding::BASE64.encode(&[*number; 32]);
        text += &format!(
            ".\t172800\tIN\tDNSKEY\t257 3 15 {key} ;{{id = 1 (ksk), size = 256b}} ;;{state} \
             ;;count=2 ;;lastchange=1499846400 ;;Wed Jul 12 08:00:00 2017\n"
        );
    }
    text
}

fn trusted_keys(text: &str) -> Result<Vec<Vec<u8>>, AnchorError> {
    let key = |anchor: Anchor| match anchor.form {
        AnchorForm::Dnskey(rdata) => rdata,
        AnchorForm::Ds(_) => panic!("no DS is in the file"),
    };
    anchors::read(text.as_bytes(), "test").map(|anchors| anchors.into_iter().map(key).collect())
}

// RFC 5011 §4.2: in the states ADDPEND, REVOKED, REMOVED and START a key is no trust anchor.
#[test]
fn of_a_resolvers_state_file_only_valid_and_missing_keys_are_anchors() {
    let text = unbound(&[
        (0, "state=0 [  START  ]"),
        (1, "state=1 [ ADDPEND ]"),
        (2, "state=2 [  VALID  ]"),
        (3, "state=3 [ MISSING ]"),
        (4, "state=4 [ REVOKED ]"),
        (5, "state=5 [ REMOVED ]"),
    ]);
    assert_eq!(trusted_keys(&text), Ok(vec![rdata(2), rdata(3)]));
    let anchors = anchors::read(text.as_bytes(), "root.key").unwrap();
    assert!(anchors.iter().all(|anchor| anchor.origin == "root.key"));
    let pending = unbound(&[(1, "state=1 [ ADDPEND ]")]);
    let error = AnchorError { line: 9, kind: AnchorErrorKind::NoneValid };
    assert_eq!(trusted_keys(&pending), Err(error));
    let unknown = unbound(&[(1, "state=7 [ UNKNOWN ]")]);
    let error = trusted_keys(&unknown).unwrap_err().to_string();
    assert_eq!(error, "line 9: expected state= and a number from 0 to 5");
}

#[test]
fn a_state_file_of_unbound_is_read_in_full_and_written_in_its_form() {
    let text = unbound(&[(2, "state=2 [  VALID  ]"), (1, "state=1 [ ADDPEND ]")]);
    let point = TrustPoint::read(text.as_bytes()).unwrap();
    let key = |number, state| TrackedKey {
        rdata: rdata(number),
        ttl: 172_800,
        state,
        pending_count: 2,
        since: 1_499_846_400,
    };
    let expected = TrustPoint {
        owner: Name::root(),
        keys: vec![key(2, State::Valid), key(1, State::AddPend)],
        last_queried: 1_502_438_400,
        last_success: 1_502_438_400,
        next_probe_time: 1_502_478_000,
        query_failed: 0,
        query_interval: 43_200,
        retry_time: 8640,
    };
    assert_eq!(point, expected);
    // But for the key tags, which are made up above.
    let written = point.to_string();
    let tags = written.replace(&format!("{{id = {} ", key_tag(&rdata(2))), "{id = 1 ");
    let tags = tags.replace(&format!("{{id = {} ", key_tag(&rdata(1))), "{id = 1 ");
    assert_eq!(tags, text);
}

#[test]
fn what_is_wrong_in_a_state_file_is_told_with_its_line() {
    let cases = [
        (";;id: . 3\n", "line 1: expected a zone and its class, which is 1"),
        ("\n;;id: a..b 1\n", "line 2: expected an owner, but "),
        (";;last_queried: soon\n", "line 1: expected the time in Unix seconds"),
        ("; nothing\n", "line 1: expected a DS or DNSKEY record, but there is none"),
        (". DS 1 8 9 AA\n", "line 1: expected DNSKEY records: a DS has no state"),
        (". A 192.0.2.1\n", "line 1: expected a DNSKEY record"),
        (". DNSKEY 257 3 15 AAAA ;;state=2 ;;lastchange=x", "line 1: expected lastchange= and"),
        (". DNSKEY 257 3 15 AAAA ;;state=2 ;;count=-1", "line 1: expected count= and"),
        (". DNSKEY 385 3 15 AAAA ;;state=2", "line 1: expected state=4 or state=5 for a key with"),
        (
            ". DNSKEY 257 3 15 AAAA\n. DNSKEY 385 3 15 AAAA ;;state=4",
            "line 2: expected each key once",
        ),
        (". DNSKEY 257 3 15 AAAA\na. DNSKEY 257 3 15 AAAB", "line 2: expected keys of one zone"),
        (";;id: a. 1\n. DNSKEY 257 3 15 AAAA\n", "line 2: expected keys of one zone"),
        (". KEYDATA 1 1 0 257 3 15 AAAA", "line 1: expected DNSKEY records with states"),
    ];
    for (text, expected) in cases {
        let error = TrustPoint::read(text.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
    // What a resolver is given to begin with has no states.
    let plain = TrustPoint::read(b"example. DNSKEY 257 3 15 AAAA ; KSK\n").unwrap();
    assert_eq!((plain.keys[0].state, plain.owner.to_string()), (State::Valid, "example.".into()));
}

// BIND 9, lib/dns/rdata/generic/keydata_65533.c and load_secroots() of lib/dns/zone.c: refresh, add
// and remove hold-down time, then a DNSKEY. Trusted is what has been added and is not being removed.
#[test]
fn of_the_managed_keys_of_bind_those_are_anchors_whose_hold_down_time_is_over() {
    let key = |number: u8| data_encoding::BASE64.encode(&[number; 32]);
    let text = format!(
        "$ORIGIN .\n$TTL 0\t; 0 seconds\n\
         @\t\t\tIN SOA\t. . (\n\t\t\t\t2          ; serial\n\t\t\t\t0 ; refresh\n\
         \t\t\t\t0 ; retry\n\t\t\t\t0 ; expire\n\t\t\t\t0 ; minimum\n\t\t\t\t)\n\
         \t\t\tKEYDATA\t20170812000000 20160302000000 19700101000000 257 3 15 (\n\
         \t\t\t\t{}\n\t\t\t\t) ; KSK; alg = ED25519; key id = 1\n\
         \t\t\t\t; next refresh: Sat, 12 Aug 2017 00:00:00 GMT\n\
         \t\t\t\t; trusted since: Wed, 02 Mar 2016 00:00:00 GMT\n\
         \t\t\tKEYDATA\t20170812000000 20170811000000 20170911000000 385 3 15 {}\n\
         \t\t\tKEYDATA\t20170812000000 19700101000000 19700101000000 257 3 15 {}\n\
         example.\tKEYDATA\t20170812000000 19700101000000 19700101000000 0 0 0\n\
         example.\tTYPE65533 \\# 48 598E4400 59B5D300 00000000 0101030F {}\n",
        key(1),
        key(2),
        key(3),
        "04".repeat(32)
    );
    let anchors = anchors::read(text.as_bytes(), "managed-keys.bind").unwrap();
    let found: Vec<_> = anchors
        .iter()
        .map(|anchor| (anchor.owner.unwrap().to_string(), anchor.form.clone(), anchor.valid_from))
        .collect();
    let expected = [
        (".".to_owned(), AnchorForm::Dnskey(rdata(1)), Some(1_456_876_800)),
        ("example.".to_owned(), AnchorForm::Dnskey(rdata(4)), Some(0x59b5_d300)),
    ];
    assert_eq!(found, expected);
    for (text, expected) in [
        (". KEYDATA 2017 x 0 257 3 15 AAAA", "line 1: expected the end of the hold-down time"),
        (". KEYDATA 2017", "line 1: expected the end of the hold-down time"),
        (". KEYDATA \\# 3 010203", "line 1: expected three times and a key"),
        (". KEYDATA 1 0 0 257 3 15 AAAA", "line 1: expected a key in the state VALID"),
    ] {
        let error = anchors::read(text.as_bytes(), "test").unwrap_err().to_string();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
}
