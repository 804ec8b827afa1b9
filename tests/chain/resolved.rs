//! Answers as a resolver gives them: whole chains of aliases, with what is denied at their ends, through
//! zones that are signed and zones that are not.

use sigmill::audit::chain::Status;
use sigmill::crypto::nsec3_hash;
use sigmill::dns::RType;
use sigmill::dns::denial::label_of_hash;

use super::made::{Answer, Key, Record, Signing, name};
use super::text;

/// What is not signed in `b.`, a delegation from `.` without DS; `x.` is a name of `.` with a TXT record.
struct Setting {
    key: Key,
}

impl Setting {
    fn new() -> Self {
        Self { key: Key::p384() }
    }

    fn root(&self) -> Signing<'_> {
        Signing { apex: ".", key: &self.key, days: (-1, 60) }
    }

    /// What an answer is to a stub, which has seen the keys and what is delegated.
    fn judged(&self, answer: &Answer) -> Status {
        let root = self.root();
        let cut = root.nsec("b.", "d.", &[RType::NS, RType::RRSIG, RType::NSEC]);
        let authority = [root.soa(), cut].concat();
        let answers = [
            Answer::new(".", RType::DNSKEY, root.dnskey(&[&self.key])),
            Answer { authority, ..Answer::new("b.", RType::DS, Vec::new()) },
            Answer::new("x.", RType::TXT, root.rrset("x.", RType::TXT, &[vec![1, b'x']])),
            Answer { authoritative: false, ..answer.clone() },
        ];
        let answers: String = answers.iter().map(|answer| answer.text(Some(0))).collect();
        let judged = text("answers", answers.as_bytes(), 0, &self.key.as_anchor());
        judged.responses.last().unwrap().judgement.clone().unwrap().status
    }
}

/// The SOA of a zone that is not signed.
fn unsigned_soa(apex: &str) -> Vec<Record> {
    let key = Key::p384();
    let mut records = Signing { apex: ".", key: &key, days: (-1, 60) }.soa();
    records.retain(|record| record.rtype == RType::SOA);
    records.iter_mut().for_each(|record| record.owner = name(apex));
    records
}

fn alias(owner: &str, rtype: RType, target: &str) -> Record {
    Record::new(owner, rtype, name(target).as_wire().to_vec())
}

// RFC 2308 §2, RFC 4035 §5.4: the SOA is that of the zone in which something is denied. With one of a zone that
// is not signed anybody could deny the names of all others.
#[test]
fn the_soa_of_an_unsigned_zone_denies_nothing_in_a_signed_one() {
    let setting = Setting::new();
    let denied = |name, rtype, authority: Vec<Record>| {
        let answer = Answer { authority, ..Answer::new(name, rtype, Vec::new()) };
        let no_data = setting.judged(&answer);
        assert_eq!(setting.judged(&Answer { rcode: 3, ..answer }), no_data, "{name} {rtype}");
        no_data
    };
    assert_eq!(denied("x.", RType::A, unsigned_soa("b.")), Status::Bogus);
    assert_eq!(denied("w.b.", RType::A, unsigned_soa("b.")), Status::Insecure);
    // Nothing tells whether this name lies in a signed zone.
    assert_eq!(denied("v.", RType::A, unsigned_soa("b.")), Status::Indeterminate);
    // In an unsigned zone nothing is denied wrongly.
    assert_eq!(denied("w.b.", RType::A, unsigned_soa("c.b.")), Status::Insecure);
    let of_parent = setting.root().soa();
    assert_eq!(denied("w.b.", RType::A, of_parent), Status::Insecure);
}

// RFC 4035 §3.1.4.1: the DS of a delegation is the upper zone's, which must prove that there is none.
#[test]
fn the_soa_of_an_unsigned_zone_does_not_deny_its_ds() {
    let setting = Setting::new();
    let ds = Answer::new("b.", RType::DS, Vec::new());
    let by_child = Answer { authority: unsigned_soa("b."), ..ds.clone() };
    assert_eq!(setting.judged(&by_child), Status::Bogus);
    let cut = setting.root().nsec("b.", "d.", &[RType::NS, RType::RRSIG, RType::NSEC]);
    let authority = [setting.root().soa(), cut].concat();
    assert_eq!(setting.judged(&Answer { authority, ..ds }), Status::Secure);
}

// RFC 4035 §5: each RRset and each denial on the way counts. An alias that is not signed may lead to a name
// whose zone is, and what that lacks must be proven.
#[test]
fn what_is_denied_behind_an_unsigned_alias_must_be_proven() {
    let setting = Setting::new();
    let root = setting.root();
    let proof = |name| [root.soa(), root.nsec(name, "z.", &[RType::TXT, RType::RRSIG])].concat();
    for answer in [
        vec![alias("w.b.", RType::CNAME, "x.")],
        vec![alias("e.b.", RType::DNAME, "."), alias("x.e.b.", RType::CNAME, "x.")],
    ] {
        let asked = if answer.len() == 1 { "w.b." } else { "x.e.b." };
        let judged = |authority| {
            setting.judged(&Answer { authority, ..Answer::new(asked, RType::A, answer.clone()) })
        };
        assert_eq!(judged(proof("x.")), Status::Insecure, "{asked}");
        assert_eq!(judged(proof("y.")), Status::Bogus, "{asked}");
    }
    // The code denies a name that has what was asked for.
    let found = [vec![alias("w.b.", RType::CNAME, "x.")], root.address("x.")].concat();
    let answer = Answer::new("w.b.", RType::A, found);
    assert_eq!(setting.judged(&answer), Status::Insecure);
    assert_eq!(setting.judged(&Answer { rcode: 3, ..answer }), Status::Bogus);
    // Nor does an unsigned RRset that nobody asked for take the place of a proof.
    let more = vec![Record::new("w.b.", RType::A, vec![192, 0, 2, 1])];
    let answer = Answer { authority: root.soa(), ..Answer::new("x.", RType::A, more) };
    assert_eq!(setting.judged(&answer), Status::Bogus);
}

// RFC 2308 §2.2: with an SOA an answer says that the end of its aliases has nothing, whatever else is in it.
#[test]
fn an_rrset_that_nothing_leads_to_does_not_hide_a_denial() {
    let setting = Setting::new();
    let root = setting.root();
    let cname = root.rrset("y.", RType::CNAME, &[name("x.").as_wire().to_vec()]);
    for more in [Vec::new(), root.address("w.")] {
        let answer = Answer::new("y.", RType::A, [cname.clone(), more].concat());
        let judged = |authority| setting.judged(&Answer { authority, ..answer.clone() });
        let proof = root.nsec("x.", "z.", &[RType::TXT, RType::RRSIG]);
        assert_eq!(judged([root.soa(), proof].concat()), Status::Secure);
        assert_eq!(judged(root.soa()), Status::Bogus);
        // Without one it only leads on.
        assert_eq!(judged(Vec::new()), Status::Secure);
    }
}

// RFC 8482 §4: an answer to ANY has at least one RRset of the name. One of other names only, all signed, leaves
// the question open; a DNAME above the name answers it as it does any other.
#[test]
fn an_answer_to_any_is_of_the_name_that_was_asked_for() {
    let setting = Setting::new();
    let root = setting.root();
    let judged = |name, answer| setting.judged(&Answer::new(name, RType::ANY, answer));
    assert_eq!(judged("x.", root.address("x.")), Status::Secure);
    assert_eq!(judged("x.", root.address("y.")), Status::Bogus);
    let dname = root.rrset("y.", RType::DNAME, &[name("x.").as_wire().to_vec()]);
    let made = alias("w.y.", RType::CNAME, "w.x.");
    assert_eq!(judged("w.y.", [dname.clone(), vec![made]].concat()), Status::Secure);
    let other = alias("w.y.", RType::CNAME, "w.z.");
    assert_eq!(judged("w.y.", [dname, vec![other]].concat()), Status::Bogus);
}

// RFC 6672 §5.3.1: what a DNAME says can be held against a CNAME only where the DNAME itself is signed.
#[test]
fn a_cname_that_does_not_follow_from_an_unsigned_dname_is_insecure() {
    let setting = Setting::new();
    let judged = |target| {
        let answer =
            vec![alias("e.b.", RType::DNAME, "c.b."), alias("w.e.b.", RType::CNAME, target)];
        setting.judged(&Answer::new("w.e.b.", RType::A, answer))
    };
    assert_eq!([judged("w.c.b."), judged("v.c.b.")], [Status::Insecure; 2]);
}

// RFC 6672 §2.4: nothing exists below a DNAME, so that nothing is delegated there. Elsewhere an NSEC3 record with
// opt-out leaves open whether an unsigned zone begins (RFC 5155 §6).
#[test]
fn opt_out_leaves_nothing_open_below_a_dname() {
    let setting = Setting::new();
    let root = setting.root();
    let hashed = |owner: &str| label_of_hash(&nsec3_hash(name(owner).as_wire(), 0, &[]));
    // It covers all names but that of the DNAME.
    let of_dname = nsec3_hash(name("e.").as_wire(), 0, &[]);
    let types = [RType::DNAME, RType::RRSIG];
    let covering = root.nsec3_with(1, &hashed("e."), of_dname, &types);
    let target = [name("x.").as_wire().to_vec()];
    let dname = root.rrset("e.", RType::DNAME, &target);
    let forged = |owner| vec![Record::new(owner, RType::A, vec![192, 0, 2, 1])];
    let judged = |asked, seen: Vec<Record>, authority| {
        let answer = [seen, forged(asked)].concat();
        setting.judged(&Answer { authority, ..Answer::new(asked, RType::A, answer) })
    };
    assert_eq!(judged("w.f.", Vec::new(), covering.clone()), Status::Insecure);
    assert_eq!(judged("w.e.", Vec::new(), covering), Status::Bogus);
    // Or it covers that too, and the DNAME itself was seen.
    let covering = root.nsec3_with(1, &hashed("none."), nsec3_hash(b"\0", 0, &[]), &[RType::A]);
    assert_eq!(judged("w.e.", Vec::new(), covering.clone()), Status::Insecure);
    assert_eq!(judged("w.e.", dname, covering), Status::Bogus);
}

// RFC 6672 §3.3: what a DNAME made from a wildcard means for the names below it is not defined. By itself it is
// data as any other (RFC 4592 §3.3.1).
#[test]
fn a_dname_made_from_a_wildcard_is_data_and_no_alias() {
    let setting = Setting::new();
    let root = setting.root();
    let target = [name("x.").as_wire().to_vec()];
    let made = root.expanded("*.", "f.", RType::DNAME, &target);
    let authority = root.nsec("e.", "g.", &[RType::TXT, RType::RRSIG, RType::NSEC]);
    let judged = |name, rtype, answer| {
        let authority = authority.clone();
        setting.judged(&Answer { authority, ..Answer::new(name, rtype, answer) })
    };
    for rtype in [RType::DNAME, RType::ANY] {
        assert_eq!(judged("f.", rtype, made.clone()), Status::Secure, "{rtype}");
    }
    let answer = [made, vec![alias("w.f.", RType::CNAME, "w.x.")]].concat();
    assert_eq!(judged("w.f.", RType::A, answer), Status::Bogus);
}

// RFC 4035 §3.1.4.1: but for the DS all types at a delegation are asked of the zone below it, also NSEC.
#[test]
fn an_nsec_denied_at_an_unsigned_delegation_is_insecure() {
    let setting = Setting::new();
    let root = setting.root();
    let cut = root.nsec("b.", "d.", &[RType::NS, RType::RRSIG]);
    let authority = [root.soa(), cut].concat();
    let answer = Answer { authority, ..Answer::new("b.", RType::NSEC, Vec::new()) };
    assert_eq!(setting.judged(&answer), Status::Insecure);
}

// RFC 4035 §3.1.4.1: so an NSEC that nobody has signed is the lower zone's, and not signed any more than
// the rest of it. That of the zone above is signed, and does not hold with any other signature.
#[test]
fn an_nsec_without_signatures_at_an_unsigned_delegation_is_insecure() {
    let setting = Setting::new();
    let root = setting.root();
    let judged = |records| setting.judged(&Answer::new("b.", RType::NSEC, records));
    let records = |signing: &Signing<'_>| signing.nsec("b.", "a.b.", &[RType::NS, RType::SOA]);
    let mut unsigned = records(&root);
    unsigned.retain(|record| record.rtype == RType::NSEC);
    assert_eq!(judged(unsigned), Status::Insecure);
    let expired = Signing { days: (-60, -1), ..root };
    assert_eq!(judged(records(&expired)), Status::Bogus);
    // Where the zone above has signed the name, there is no zone below that it could be of.
    let mut at_data = root.nsec("x.", ".", &[RType::TXT]);
    at_data.retain(|record| record.rtype == RType::NSEC);
    assert_eq!(setting.judged(&Answer::new("x.", RType::NSEC, at_data)), Status::Bogus);
}
