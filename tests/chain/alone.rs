//! RRsets and aliases that nothing in the input completes.

use sigmill::audit::chain::{Kind, Status};
use sigmill::dns::RType;

use super::made::{Answer, Key, Signing, name};
use super::{Config, text};

// RFC 6604 §3: the code is that of the end of the chain, of which a server for the alias alone may know
// nothing. No name error is proven then, so that none is called secure.
#[test]
fn an_alias_that_leads_out_of_the_zone_is_an_answer_whatever_the_code_says() {
    let key = Key::p384();
    let root = Signing { apex: ".", key: &key, days: (-1, 60) };
    let cname = root.rrset("www.", RType::CNAME, &[name("elsewhere.").as_wire().to_vec()]);
    let dnskey = Answer::new(".", RType::DNSKEY, root.dnskey(&[&key])).text(Some(0));
    let judged = |answer: &Answer| {
        let text_of = dnskey.clone() + &answer.text(Some(0));
        let judged = text("answers", text_of.as_bytes(), 0, &key.as_anchor());
        let row = judged.responses.iter().find(|row| row.rtype == Some(RType::A)).unwrap();
        (row.kind, row.judgement.clone().unwrap().status)
    };
    let left = Answer { rcode: 3, ..Answer::new("www.", RType::A, cname) };
    assert_eq!(judged(&left), (Kind::Answer, Status::Secure));
    assert_eq!(judged(&Answer { rcode: 0, ..left.clone() }), (Kind::Answer, Status::Secure));
    // With an SOA, or from a resolver, the end is told, and must be proven.
    let with_soa = Answer { authority: root.soa(), ..left.clone() };
    assert_eq!(judged(&with_soa), (Kind::NameError, Status::Bogus));
    // In which zone it lies is not told here.
    let resolved = Answer { authoritative: false, ..left.clone() };
    assert_eq!(judged(&resolved), (Kind::NameError, Status::Indeterminate));
    // Without an alias it is a name error.
    let none = Answer { answer: Vec::new(), authority: root.soa(), ..left };
    assert_eq!(judged(&none), (Kind::NameError, Status::Bogus));
}

// RFC 2308 §2: the SOA is that of the zone in which something is denied. One of another zone, which the server
// has, says nothing of an alias' end; what a resolver says is the whole answer, and must be proven.
#[test]
fn an_soa_of_a_zone_that_an_alias_leads_out_of_denies_nothing() {
    let (key, below) = (Key::p384(), Key::p256());
    let root = Signing { apex: ".", key: &key, days: (-1, 60) };
    let zone = Signing { apex: "zone.", key: &below, days: (-1, 60) };
    let target = name("elsewhere.").as_wire().to_vec();
    let cname = zone.rrset("www.zone.", RType::CNAME, &[target]);
    let chain = [
        Answer::new(".", RType::DNSKEY, root.dnskey(&[&key])),
        Answer::new("zone.", RType::DS, root.ds("zone.", &below)),
        Answer::new("zone.", RType::DNSKEY, zone.dnskey(&[&below])),
    ];
    let chain: String = chain.iter().map(|answer| answer.text(Some(0))).collect();
    let judged = |answer: &Answer| {
        let text_of = chain.clone() + &answer.text(Some(0));
        let judged = text("answers", text_of.as_bytes(), 0, &key.as_anchor());
        let row = judged.responses.iter().find(|row| row.rtype == Some(RType::A)).unwrap();
        (row.kind, row.judgement.clone().unwrap().status)
    };
    for (rcode, denied) in [(0, Kind::NoData), (3, Kind::NameError)] {
        let answer = Answer::new("www.zone.", RType::A, cname.clone());
        let answer = Answer { rcode, authority: zone.soa(), ..answer };
        assert_eq!(judged(&answer), (Kind::Answer, Status::Secure));
        let resolved = Answer { authoritative: false, ..answer };
        // Whether the end must be proven not to exist is not told here.
        assert_eq!(judged(&resolved), (denied, Status::Indeterminate));
    }
}

// The code is not signed, and whoever asked believes it before he looks at records: BIND and Unbound reject
// such an answer.
#[test]
fn an_answer_is_not_secure_whose_code_says_that_there_is_no_such_name() {
    let key = Key::p384();
    let root = Signing { apex: ".", key: &key, days: (-1, 60) };
    let dnskey = Answer::new(".", RType::DNSKEY, root.dnskey(&[&key])).text(Some(0));
    for rtype in [RType::A, RType::ANY] {
        let answer = Answer::new("www.", rtype, root.address("www."));
        for (rcode, expected) in
            [(0, (Kind::Answer, Status::Secure)), (3, (Kind::NameError, Status::Bogus))]
        {
            let text_of = dnskey.clone() + &Answer { rcode, ..answer.clone() }.text(Some(0));
            let judged = text("answers", text_of.as_bytes(), 0, &key.as_anchor());
            let row = judged.responses.iter().find(|row| row.rtype == Some(rtype)).unwrap();
            assert_eq!((row.kind, row.judgement.clone().unwrap().status), expected, "{rtype}");
        }
    }
}

// RFC 4035 §5.3.4: that nothing closer exists only a response can prove, so an RRset by itself says what it
// was made from.
#[test]
fn an_rrset_that_was_made_from_a_wildcard_says_so() {
    let key = Key::p384();
    let root = Signing { apex: ".", key: &key, days: (-1, 60) };
    let address = [vec![192, 0, 2, 1]];
    let expanded = root.expanded("*.zone.", "a.b.zone.", RType::A, &address);
    let records =
        [root.dnskey(&[&key]), expanded, root.address("*.zone."), root.address("c.zone.")];
    let lines: String = records.iter().flatten().map(ToString::to_string).collect();
    let explain = vec![(name("a.b.zone."), None), (name("c.zone."), None)];
    let at = Some(super::made::day(0));
    let config = Config { explain, at, ..key.as_anchor() };
    let judged = text("records", lines.as_bytes(), 0, &config);
    let source = |owner: &str| {
        let row = judged.rrsets.iter().find(|row| row.owner == name(owner)).unwrap();
        assert_eq!(row.judgement.status, Status::Secure, "{owner}");
        row.wildcard.as_deref().copied()
    };
    assert_eq!(source("a.b.zone."), Some(name("*.zone.")));
    assert_eq!((source("*.zone."), source("c.zone.")), (None, None));
    let told: Vec<_> = judged.summary.explanations.iter().map(|chain| chain.wildcard).collect();
    assert_eq!(told, [Some(name("*.zone.")), None]);
}

// RFC 5155 §7.1: anybody may register the name that an NSEC3 record of the zone has, and sign it. The
// record belongs to the zone above all the same.
#[test]
fn an_nsec3_record_belongs_to_the_zone_above_even_where_a_signed_zone_begins() {
    /// The hash of `www.`, without salt.
    const HASH: &str = "rrjb82en16h26k1oshp2enh5qollrraa.";
    let (key, below) = (Key::p384(), Key::p256());
    let root = Signing { apex: ".", key: &key, days: (-1, 60) };
    let zone = Signing { apex: HASH, key: &below, days: (-1, 60) };
    let proof = root.nsec3(HASH, [255; 20], &[RType::A, RType::RRSIG]);
    let denial = Answer {
        authority: [root.soa(), proof].concat(),
        ..Answer::new("www.", RType::AAAA, Vec::new())
    };
    let answers = [
        Answer::new(".", RType::DNSKEY, root.dnskey(&[&key])),
        Answer::new(HASH, RType::DS, root.ds(HASH, &below)),
        Answer::new(HASH, RType::DNSKEY, zone.dnskey(&[&below])),
        Answer::new(HASH, RType::A, zone.address(HASH)),
        denial,
    ];
    let answers: String = answers.iter().map(|answer| answer.text(Some(0))).collect();
    let judged = text("answers", answers.as_bytes(), 0, &key.as_anchor());
    let statuses: Vec<_> =
        judged.responses.iter().map(|row| row.judgement.clone().unwrap().status).collect();
    assert_eq!(statuses, [Status::Secure; 5]);
    assert!(judged.rrsets.iter().all(|row| row.judgement.status == Status::Secure));
}
