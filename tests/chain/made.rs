//! Zones made and signed by hand, in answers as dig prints them and in messages as they are sent.

use std::fmt::Write as _;

use sigmill::audit::anchors;
use sigmill::audit::chain::Config;
use sigmill::crypto::ds_digest;
use sigmill::dns::rdata::{Rrsig, key_tag};
use sigmill::dns::{Class, DigestType, Name, RType};
use sigmill::rrset::signed::append_signed_records;
use sigmill::zonefile::print::write_rdata;

use super::signers::{self, Signer};

pub const DAY: i64 = 86_400;
/// Midnight in November 2023.
pub const BEGIN: i64 = 1_700_006_400;
pub const TTL: u32 = 3600;

/// The beginning of a day.
pub fn day(number: i64) -> i64 {
    BEGIN + number * DAY
}

pub fn name(text: &str) -> Name {
    Name::from_text(text.as_bytes(), Some(&Name::root())).unwrap()
}

/// A key that signs everything in its zone.
pub struct Key {
    signer: Signer,
}

impl Key {
    pub fn p256() -> Self {
        Self { signer: signers::p256() }
    }

    pub fn p384() -> Self {
        Self { signer: signers::p384() }
    }

    pub fn ed25519() -> Self {
        Self { signer: signers::ed25519() }
    }

    pub fn rdata(&self) -> Vec<u8> {
        [&257_u16.to_be_bytes()[..], &[3, self.signer.algorithm.0], &self.signer.dnskey].concat()
    }

    pub fn tag(&self) -> u16 {
        key_tag(&self.rdata())
    }

    /// The DS that means it at the apex of a zone.
    pub fn ds(&self, apex: &str, digest_type: DigestType) -> Vec<u8> {
        let digest = ds_digest(digest_type, &name(apex), &self.rdata()).unwrap();
        let fixed = [self.signer.algorithm.0, digest_type.0];
        [&self.tag().to_be_bytes()[..], &fixed, &digest].concat()
    }

    /// Trusts it as the root's.
    pub fn as_anchor(&self) -> Config {
        let line = Record::new(".", RType::DNSKEY, self.rdata()).to_string();
        let anchors = anchors::read(line.as_bytes(), "test").unwrap();
        Config { anchors, ..Config::default() }
    }
}

/// A record with the TTL that all have here.
#[derive(Clone, Debug)]
pub struct Record {
    pub owner: Name,
    pub rtype: RType,
    pub rdata: Vec<u8>,
}

impl Record {
    pub fn new(owner: &str, rtype: RType, rdata: Vec<u8>) -> Self {
        Self { owner: name(owner), rtype, rdata }
    }
}

/// As a line of text.
impl std::fmt::Display for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut rdata = String::new();
        write_rdata(&mut rdata, self.rtype, &self.rdata);
        writeln!(f, "{} {TTL} IN {} {rdata}", self.owner, self.rtype)
    }
}

/// Signs as a zone, from one day to another.
pub struct Signing<'k> {
    pub apex: &'static str,
    pub key: &'k Key,
    pub days: (i64, i64),
}

impl Signing<'_> {
    /// An RRset with its signature.
    pub fn rrset(&self, owner: &str, rtype: RType, rdata: &[Vec<u8>]) -> Vec<Record> {
        self.expanded(owner, owner, rtype, rdata)
    }

    /// An RRset with the signature of the wildcard that it is expanded from.
    pub fn expanded(
        &self,
        source: &str,
        owner: &str,
        rtype: RType,
        rdata: &[Vec<u8>],
    ) -> Vec<Record> {
        let mut sorted = rdata.to_vec();
        sorted.sort();
        let time = |at: i64| u32::try_from(at).unwrap().to_be_bytes();
        let labels = name(source).rrsig_labels();
        let mut rrsig = rtype.0.to_be_bytes().to_vec();
        rrsig.extend([self.key.signer.algorithm.0, labels]);
        rrsig.extend(TTL.to_be_bytes());
        rrsig.extend([time(day(self.days.1)), time(day(self.days.0))].concat());
        rrsig.extend(self.key.tag().to_be_bytes());
        rrsig.extend(name(self.apex).as_wire());
        let mut message = Vec::new();
        let fields = Rrsig::from_rdata(&rrsig).unwrap();
        let records = sorted.iter().map(Vec::as_slice);
        append_signed_records(&name(owner), Class::IN, rtype, records, &fields, &mut message);
        rrsig.extend(self.key.signer.sign(&message));
        let mut records: Vec<Record> =
            sorted.into_iter().map(|rdata| Record::new(owner, rtype, rdata)).collect();
        records.push(Record::new(owner, RType::RRSIG, rrsig));
        records
    }

    /// The address of a name.
    pub fn address(&self, owner: &str) -> Vec<Record> {
        self.rrset(owner, RType::A, &[vec![192, 0, 2, 1]])
    }

    /// A DNSKEY RRset.
    pub fn dnskey(&self, keys: &[&Key]) -> Vec<Record> {
        let rdata: Vec<_> = keys.iter().map(|key| key.rdata()).collect();
        self.rrset(self.apex, RType::DNSKEY, &rdata)
    }

    /// The DS RRset of a zone below with one DS by SHA-256.
    pub fn ds(&self, apex: &str, key: &Key) -> Vec<Record> {
        self.rrset(apex, RType::DS, &[key.ds(apex, DigestType::SHA256)])
    }

    /// An NSEC record.
    pub fn nsec(&self, owner: &str, next: &str, types: &[RType]) -> Vec<Record> {
        let rdata = [name(next).as_wire(), &bitmap(types)].concat();
        self.rrset(owner, RType::NSEC, &[rdata])
    }

    /// An NSEC3 record without iterations, salt and opt-out: whose it is and which is next, hashed.
    pub fn nsec3(&self, owner: &str, next: [u8; 20], types: &[RType]) -> Vec<Record> {
        self.nsec3_with(0, owner, next, types)
    }

    /// The same with flags: 1 is opt-out.
    pub fn nsec3_with(
        &self,
        flags: u8,
        owner: &str,
        next: [u8; 20],
        types: &[RType],
    ) -> Vec<Record> {
        let rdata = [&[1, flags, 0, 0, 0, 20][..], &next, &bitmap(types)].concat();
        self.rrset(owner, RType::NSEC3, &[rdata])
    }

    /// The SOA of the zone.
    pub fn soa(&self) -> Vec<Record> {
        let apex = name(self.apex);
        let numbers = [1, TTL, TTL, TTL, TTL].map(u32::to_be_bytes).concat();
        let rdata = [apex.as_wire(), apex.as_wire(), &numbers].concat();
        self.rrset(self.apex, RType::SOA, &[rdata])
    }
}

/// A type bitmap (RFC 4034 §4.1.2) of types that are all of the first window.
fn bitmap(types: &[RType]) -> Vec<u8> {
    let mut bitmap = [0_u8; 32];
    for rtype in types {
        bitmap[usize::from(rtype.0 / 8)] |= 0x80 >> (rtype.0 % 8);
    }
    let len = bitmap.iter().rposition(|&octet| octet != 0).unwrap() + 1;
    [&[0, u8::try_from(len).unwrap()][..], &bitmap[..len]].concat()
}

/// A response.
#[derive(Clone, Debug)]
pub struct Answer {
    pub name: &'static str,
    pub rtype: RType,
    pub rcode: u8,
    /// AA; else RA.
    pub authoritative: bool,
    pub answer: Vec<Record>,
    pub authority: Vec<Record>,
}

impl Answer {
    pub fn new(name: &'static str, rtype: RType, answer: Vec<Record>) -> Self {
        Self { name, rtype, rcode: 0, authoritative: true, answer, authority: Vec::new() }
    }

    /// As dig prints it, received at the beginning of a day; without a day it does not say when.
    pub fn text(&self, at: Option<i64>) -> String {
        let status = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN"][usize::from(self.rcode)];
        let flag = if self.authoritative { "aa" } else { "ra" };
        let mut text = format!(
            ";; ->>HEADER<<- opcode: QUERY, status: {status}, id: 1\n;; flags: qr {flag}; QUERY: 1\n\
             ; EDNS: version: 0, flags: do; udp: 1232\n\
             ;; QUESTION SECTION:\n;{} IN {}\n\n",
            self.name, self.rtype
        );
        for (title, records) in [("ANSWER", &self.answer), ("AUTHORITY", &self.authority)] {
            writeln!(text, ";; {title} SECTION:").unwrap();
            records.iter().for_each(|record| write!(text, "{record}").unwrap());
        }
        if let Some(at) = at {
            let time = jiff::Timestamp::from_second(day(at)).unwrap();
            writeln!(text, ";; WHEN: {}", time.strftime("%a %b %d %H:%M:%S UTC %Y")).unwrap();
        }
        text + "\n"
    }
}

/// The octets of a message: header with these flags, one question or none, records without compression,
/// and OPT with or without DO if it is to be there.
fn message(
    (id, flags): (u16, u16),
    question: Option<(&str, RType)>,
    sections: [&[Record]; 2],
    edns: Option<bool>,
) -> Vec<u8> {
    let count = |len: usize| u16::try_from(len).unwrap();
    let [answer, authority] = sections.map(|records| count(records.len()));
    let counts = [u16::from(question.is_some()), answer, authority, u16::from(edns.is_some())];
    let mut octets = [&[id, flags][..], &counts].concat();
    let mut octets: Vec<u8> = octets.drain(..).flat_map(u16::to_be_bytes).collect();
    if let Some((owner, rtype)) = question {
        octets.extend(name(owner).as_wire());
        octets.extend([rtype.0, 1].map(u16::to_be_bytes).concat());
    }
    for record in sections.concat() {
        octets.extend(record.owner.as_wire());
        octets.extend([record.rtype.0, 1].map(u16::to_be_bytes).concat());
        octets.extend(TTL.to_be_bytes());
        octets.extend(count(record.rdata.len()).to_be_bytes());
        octets.extend(&record.rdata);
    }
    if let Some(wants_dnssec) = edns {
        let flags = if wants_dnssec { 0x80 } else { 0 };
        octets.extend([0, 0, 41, 0x04, 0xd0, 0, 0, flags, 0, 0, 0]);
    }
    octets
}

impl Answer {
    /// As it is sent.
    pub fn message(&self, id: u16, repeats_question: bool, edns: Option<bool>) -> Vec<u8> {
        let flags = if self.authoritative { 0x8400 } else { 0x8080 };
        let question = repeats_question.then_some((self.name, self.rtype));
        let sections = [&*self.answer, &*self.authority];
        message((id, flags | u16::from(self.rcode)), question, sections, edns)
    }
}

/// A query as it is sent.
pub fn query(id: u16, name: &str, rtype: RType, edns: Option<bool>, cd: bool) -> Vec<u8> {
    message((id, 0x0100 | u16::from(cd) << 4), Some((name, rtype)), [&[], &[]], edns)
}
