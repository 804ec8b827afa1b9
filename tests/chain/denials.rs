//! What responses deny, and what they say beside the answer.

use sigmill::audit::chain::{Kind, Status};
use sigmill::dns::RType;

use super::made::{Answer, Key, Record, Signing};
use super::text;

/// What an answer about `.` is, that zone being signed with a key that is trusted.
fn judged(key: &Key, root: &Signing<'_>, answer: &Answer) -> (Kind, Status) {
    let dnskey = Answer::new(".", RType::DNSKEY, root.dnskey(&[key]));
    let text_of = dnskey.text(Some(0)) + &answer.text(Some(0));
    let judged = text("answers", text_of.as_bytes(), 0, &key.as_anchor());
    let row = judged.responses.iter().find(|row| row.rtype == Some(answer.rtype)).unwrap();
    (row.kind, row.judgement.clone().unwrap().status)
}

// RFC 4592 §2.2.3: `*.e.` exists because `c.*.e.` does, and what is made from it has no records. BIND and
// Unbound take the same two NSEC records for the proof.
#[test]
fn a_wildcard_that_is_an_empty_non_terminal_has_no_type_and_exists() {
    let key = Key::p384();
    let root = Signing { apex: ".", key: &key, days: (-1, 60) };
    let types = [RType::A, RType::RRSIG, RType::NSEC];
    let above = root.nsec("e.", "c.*.e.", &types);
    let beside = root.nsec("c.*.e.", "w.e.", &types);
    let answer = |rcode, proof: &[Vec<Record>]| {
        let authority = [root.soa(), proof.concat()].concat();
        Answer { rcode, authority, ..Answer::new("b.e.", RType::SRV, Vec::new()) }
    };
    let both = [above.clone(), beside.clone()];
    assert_eq!(judged(&key, &root, &answer(0, &both)), (Kind::NoData, Status::Secure));
    assert_eq!(judged(&key, &root, &answer(3, &both)), (Kind::NameError, Status::Bogus));
    for one in [above, beside] {
        assert_eq!(judged(&key, &root, &answer(0, &[one])), (Kind::NoData, Status::Bogus));
    }
    // Where nothing is below it the wildcard does not exist.
    let none = [root.nsec("e.", "a.e.", &types), root.nsec("a.e.", "w.e.", &types)];
    assert_eq!(judged(&key, &root, &answer(3, &none)), (Kind::NameError, Status::Secure));
    assert_eq!(judged(&key, &root, &answer(0, &none)), (Kind::NoData, Status::Bogus));
}

// RFC 4034 §4.1.1: the last record of a chain leads to the apex. One that leads back to another name denies
// nothing in between: BIND and Unbound reject it.
#[test]
fn a_record_that_leads_back_to_a_name_below_the_apex_is_not_the_last_of_its_chain() {
    let key = Key::p384();
    let root = Signing { apex: ".", key: &key, days: (-1, 60) };
    let types = [RType::A, RType::RRSIG, RType::NSEC];
    for (owner, next, expected) in
        [("c.", ".", Status::Secure), ("c.", "b.", Status::Bogus), ("c.", "c.", Status::Bogus)]
    {
        let proof = [root.nsec(".", "a.", &types), root.nsec(owner, next, &types)].concat();
        let authority = [root.soa(), proof].concat();
        let answer = Answer { rcode: 3, authority, ..Answer::new("x.", RType::A, Vec::new()) };
        assert_eq!(judged(&key, &root, &answer), (Kind::NameError, expected), "{owner} to {next}");
    }
}

// RFC 4035 §5.2: nothing below an unsigned delegation is signed, so that a server of the zone above, which
// should not speak of it, cannot be caught in a lie there. BIND and Unbound find it insecure.
#[test]
fn what_is_denied_below_an_unsigned_delegation_is_insecure_whoever_denies_it() {
    let key = Key::p384();
    let root = Signing { apex: ".", key: &key, days: (-1, 60) };
    let cut = |types: &[RType]| {
        let authority = [root.soa(), root.nsec("b.", "d.", types)].concat();
        Answer { rcode: 3, authority, ..Answer::new("x.b.", RType::MX, Vec::new()) }
    };
    let unsigned = cut(&[RType::NS, RType::RRSIG, RType::NSEC]);
    assert_eq!(judged(&key, &root, &unsigned), (Kind::NameError, Status::Insecure));
    let no_data = Answer { rcode: 0, ..unsigned.clone() };
    assert_eq!(judged(&key, &root, &no_data), (Kind::NoData, Status::Insecure));
    // The DS of the delegation itself is the upper zone's to deny, rightly.
    let ds = Answer { name: "b.", rtype: RType::DS, ..unsigned };
    assert_eq!(judged(&key, &root, &ds), (Kind::NameError, Status::Bogus));
    assert_eq!(judged(&key, &root, &Answer { rcode: 0, ..ds }), (Kind::NoData, Status::Secure));
    let signed = cut(&[RType::NS, RType::DS, RType::RRSIG, RType::NSEC]);
    assert_eq!(judged(&key, &root, &signed), (Kind::NameError, Status::Bogus));
    let none = cut(&[RType::A, RType::RRSIG, RType::NSEC]);
    assert_eq!(judged(&key, &root, &none), (Kind::NameError, Status::Secure));
}

// RFC 4035 §3.2.3: a resolver sets AD only when all RRsets of the answer are authentic. From other servers it
// takes what was asked for and leaves out the rest; BIND and Unbound reject an answer with nothing else.
#[test]
fn every_rrset_of_an_answer_must_be_good_unless_resolvers_leave_it_out() {
    let key = Key::p384();
    let root = Signing { apex: ".", key: &key, days: (-1, 60) };
    let nsec = root.nsec("www.", "x.", &[RType::TXT, RType::RRSIG, RType::NSEC]);
    let given = (root.address("www."), Vec::new(), Status::Secure);
    let denied = (Vec::new(), [root.soa(), nsec].concat(), Status::Bogus);
    let unsigned = vec![Record::new("www.", RType::AAAA, vec![0; 16])];
    for (answer, authority, as_authoritative) in [given, denied] {
        let with = |more: &[Record], authoritative| {
            let answer = Answer::new("www.", RType::A, [&answer, more].concat());
            let answer = Answer { authority: authority.clone(), authoritative, ..answer };
            judged(&key, &root, &answer)
        };
        assert_eq!(with(&root.address("other."), true), (Kind::Answer, Status::Secure));
        assert_eq!(with(&root.address("other."), false), (Kind::Answer, Status::Secure));
        assert_eq!(with(&unsigned, true), (Kind::Answer, as_authoritative));
        assert_eq!(with(&unsigned, false), (Kind::Answer, Status::Bogus));
    }
}
