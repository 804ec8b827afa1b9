//! A parent that changes the DS of a zone while the answers are gathered (RFC 6781 §4.1.2).

use sigmill::audit::chain::{Config, Status};
use sigmill::audit::findings::Code;
use sigmill::dns::{DigestType, RType};

use super::made::{Answer, Key, Record, Signing, name};
use super::text;

/// What was seen on which day.
struct Rollover {
    root: Key,
    answers: String,
}

impl Rollover {
    /// The root and its keys, which stay.
    fn new() -> Self {
        let root = Key::p384();
        let dnskey = Signing { apex: ".", key: &root, days: (-1, 60) }.dnskey(&[&root]);
        let answers = Answer::new(".", RType::DNSKEY, dnskey).text(Some(0));
        Self { root, answers }
    }

    fn see(&mut self, day: i64, name: &'static str, rtype: RType, records: Vec<Record>) {
        self.answers += &Answer::new(name, rtype, records).text(Some(day));
    }

    /// The DS of `roll.`, signed by the root.
    fn ds(&self, days: (i64, i64), rdata: &[Vec<u8>]) -> Vec<Record> {
        Signing { apex: ".", key: &self.root, days }.rrset("roll.", RType::DS, rdata)
    }

    /// The statuses of all addresses in the order in which they were seen, and the reasons.
    fn addresses(&self) -> Vec<(Status, Option<Code>)> {
        let judged = text("answers", self.answers.as_bytes(), 0, &self.root.as_anchor());
        let addresses = judged.responses.iter().filter(|row| row.rtype == Some(RType::A));
        addresses
            .map(|row| {
                let judgement = row.judgement.clone().unwrap();
                (judgement.status, judgement.reason.map(|reason| reason.code))
            })
            .collect()
    }
}

/// The old key until day 30, the new one from day 9.
fn rollover(old: &Key, new: &Key, old_ds: &[Vec<u8>], new_ds: &[Vec<u8>]) -> Rollover {
    let mut seen = Rollover::new();
    let by_old = Signing { apex: "roll.", key: old, days: (-1, 30) };
    let by_new = Signing { apex: "roll.", key: new, days: (9, 40) };
    seen.see(0, "roll.", RType::DS, seen.ds((-1, 30), old_ds));
    seen.see(0, "roll.", RType::DNSKEY, by_old.dnskey(&[old]));
    seen.see(0, "www.roll.", RType::A, by_old.address("www.roll."));
    seen.see(10, "roll.", RType::DS, seen.ds((9, 40), new_ds));
    seen.see(10, "roll.", RType::DNSKEY, by_new.dnskey(&[new]));
    seen.see(11, "www.roll.", RType::A, by_new.address("www.roll."));
    // From a cache that has the old keys still.
    seen.see(12, "mail.roll.", RType::A, by_old.address("mail.roll."));
    seen.see(35, "www.roll.", RType::A, by_new.address("www.roll."));
    seen
}

// RFC 6781 §4.1.2: before, while and after the parent changes the DS.
#[test]
fn every_ds_rrset_that_the_parent_signed_leads_on() {
    let (old, new) = (Key::ed25519(), Key::p256());
    let ds = |key: &Key| [key.ds("roll.", DigestType::SHA256)];
    let mut seen = rollover(&old, &new, &ds(&old), &ds(&new));
    assert_eq!(seen.addresses(), [(Status::Secure, None); 4]);
    // A key that no DS ever meant signs nothing that counts.
    let other = Key::p384();
    let by_other = Signing { apex: "roll.", key: &other, days: (-1, 60) };
    seen.see(13, "roll.", RType::DNSKEY, by_other.dnskey(&[&other]));
    seen.see(13, "ftp.roll.", RType::A, by_other.address("ftp.roll."));
    assert_eq!(seen.addresses().last(), Some(&(Status::Bogus, Some(Code::SignatureNoKey))));
}

// The chain that is told shows each of them, with the DNSKEY RRset that it leads to.
#[test]
fn the_chain_shows_every_ds_rrset_and_every_dnskey_rrset() {
    let (old, new) = (Key::ed25519(), Key::p256());
    let ds = |key: &Key| [key.ds("roll.", DigestType::SHA256)];
    let seen = rollover(&old, &new, &ds(&old), &ds(&new));
    let explain = vec![(name("mail.roll."), Some(RType::A))];
    // Only on some days do both hold.
    for (at, tags) in [(20, vec![old.tag(), new.tag()]), (35, vec![new.tag()])] {
        let at = Some(super::made::day(at));
        let config = Config { explain: explain.clone(), at, ..seen.root.as_anchor() };
        let judged = text("answers", seen.answers.as_bytes(), 0, &config);
        let link = judged.summary.explanations[0].chain.last().unwrap();
        let ds: Vec<u16> = link.ds.iter().map(|ds| ds.records[0].key.tag).collect();
        let dnskeys: Vec<u16> = link.dnskeys.iter().map(|set| set.keys[0].key.tag).collect();
        assert_eq!((&ds, &dnskeys), (&tags, &tags));
        assert!(link.ds.iter().all(|ds| ds.signature.fault.is_none()));
        let mut entries = link.dnskeys.iter().flat_map(|set| &set.keys);
        assert!(entries.all(|key| key.entry));
    }
}

// RFC 4509 §3: SHA-1 gives way to SHA-2 within one DS RRset. Of another nobody who holds this one knows.
#[test]
fn sha1_in_an_old_ds_rrset_is_not_ignored_for_sha2_in_a_new_one() {
    let (old, new) = (Key::ed25519(), Key::p256());
    let old_ds = [old.ds("roll.", DigestType::SHA1)];
    let new_ds = [new.ds("roll.", DigestType::SHA256)];
    assert_eq!(rollover(&old, &new, &old_ds, &new_ds).addresses(), [(Status::Secure, None); 4]);
    // In one RRset it is.
    let both = [old_ds, new_ds.clone()].concat();
    let statuses = rollover(&old, &new, &both, &new_ds).addresses();
    assert_eq!(statuses[0], (Status::Bogus, Some(Code::DnskeyNotAnchored)));
}

// RFC 4035 §5.2: with a DS RRset of unknown algorithms only, a zone is as if unsigned; so it is for
// whoever holds that one beside another that leads nowhere.
#[test]
fn an_unsupported_ds_rrset_beside_another_leaves_the_zone_insecure_unless_the_other_leads_on() {
    let (old, new) = (Key::ed25519(), Key::p256());
    let mut unknown = old.ds("roll.", DigestType::SHA256);
    unknown[2] = 200;
    let new_ds = [new.ds("roll.", DigestType::SHA256)];
    let insecure = (Status::Insecure, Some(Code::DsUnsupported));
    let mut seen = Rollover::new();
    let by_old = Signing { apex: "roll.", key: &old, days: (-1, 30) };
    seen.see(0, "roll.", RType::DS, seen.ds((-1, 30), &[unknown.clone()]));
    seen.see(0, "roll.", RType::DNSKEY, by_old.dnskey(&[&old]));
    seen.see(0, "www.roll.", RType::A, by_old.address("www.roll."));
    seen.see(10, "roll.", RType::DS, seen.ds((-1, 30), &new_ds));
    assert_eq!(seen.addresses(), [insecure]);
    let by_new = Signing { apex: "roll.", key: &new, days: (-1, 30) };
    seen.see(10, "roll.", RType::DNSKEY, by_new.dnskey(&[&new]));
    seen.see(10, "mail.roll.", RType::A, by_new.address("mail.roll."));
    assert_eq!(seen.addresses()[1], (Status::Secure, None));
}
