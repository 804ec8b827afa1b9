//! What the room promises as a whole: any order in, canonical order out.

use crate::dns::rdata::Rrsig;
use crate::dns::{Class, Name, RType};
use crate::source::Source;
use crate::zonefile::{Event, ReadOptions, read};

use super::signed::append_signed_data;
use super::{Collector, Ordered, OwnerRecords};

fn name(text: &str) -> Name {
    Name::from_text(text.as_bytes(), Some(&Name::root())).unwrap()
}

fn ordered(text: &str, apex: &str) -> Ordered {
    let mut collector = Collector::new();
    read(
        Source::from_bytes("test", text.into()),
        &ReadOptions::default(),
        &mut |event| match event {
            Event::Record(record) => collector.push(&record),
            Event::Fault(fault) => panic!("{}", fault.error),
            Event::Progress { .. } => {}
        },
    )
    .unwrap();
    collector.order(&name(apex))
}

fn load<'a>(ordered: &'a Ordered, owner: &str) -> OwnerRecords<'a> {
    let mut records = OwnerRecords::new();
    records.load(ordered, &ordered.find(&name(owner)).unwrap(), Class::IN);
    records
}

// RFC 4034 §6.1: the example list, shuffled; owners outside the zone before and behind it.
#[test]
fn owners_come_in_canonical_order_however_they_came_in() {
    let text: String = [
        "z.example.",
        "*.z.example.",
        "fzz.",
        "zABC.a.EXAMPLE.",
        "a.example.",
        "example.",
        "Z.a.example.",
        "\\200.z.example.",
        "a.",
        "yljkjljk.a.example.",
        "\\001.z.example.",
        "a.example.",
        "badexample.",
    ]
    .map(|owner| format!("{owner} 5 IN A 192.0.2.1\n"))
    .concat();
    let ordered = ordered(&text, "example.");
    let mut records = OwnerRecords::new();
    let names: Vec<(String, bool)> = ordered
        .owners()
        .map(|owner| {
            records.load(&ordered, &owner, Class::IN);
            (records.name.to_string(), owner.in_zone)
        })
        .collect();
    let inside = [
        "example.",
        "a.example.",
        "yljkjljk.a.example.",
        "z.a.example.",
        "zabc.a.example.",
        "z.example.",
        "\\001.z.example.",
        "*.z.example.",
        "\\200.z.example.",
    ];
    let expected = [("a.", false), ("badexample.", false)]
        .into_iter()
        .chain(inside.map(|name| (name, true)))
        .chain([("fzz.", false)]);
    assert!(names.iter().map(|(name, inside)| (name.as_str(), *inside)).eq(expected), "{names:?}");
    assert!(ordered.find(&name("nowhere.example.")).is_none());
}

// RFC 4034 §6.3: by octets, not by length first (hickory, miekg/dns and others had it wrong), and
// each record once; numa#391, dnsext#129, dnssec-js#71.
#[test]
fn records_of_an_rrset_are_sorted_by_octets_and_come_once() {
    let text = "a. 5 TYPE65280 \\# 1 02\nb. 5 A 192.0.2.1\na. 5 TYPE65280 \\# 2 0100\n\
                a. 5 TYPE65280 \\# 1 01\na. 5 TYPE65280 \\# 0\na. 7 TYPE65280 \\# 1 02\n";
    let ordered = ordered(text, "a.");
    let owner = load(&ordered, "a.");
    let rrset = owner.rrset(RType(65280)).unwrap();
    let rdata: Vec<&[u8]> = rrset.distinct().map(|record| record.rdata).collect();
    assert_eq!(rdata, [&b""[..], b"\x01", b"\x01\x00", b"\x02"]);
    assert_eq!(rrset.duplicates().map(|record| record.line).collect::<Vec<_>>(), [6]);
    assert_eq!(rrset.ttls(), (5, 7));
    assert_eq!(rrset.first_in_input().line, 1);
}

// RFC 4034 §6.2: records that differ in the case of a listed name are the same record.
#[test]
fn names_in_rdata_are_lower_cased_before_records_are_compared() {
    let ordered = ordered("a. 5 NS B.\na. 5 NS b.\na. 5 NSEC B. A\n", "a.");
    let owner = load(&ordered, "a.");
    assert_eq!(owner.rrset(RType::NS).unwrap().distinct().count(), 1);
    let nsec = owner.rrset(RType::NSEC).unwrap();
    assert!(nsec.first_in_input().rdata.starts_with(b"\x01B\0"));
}

#[test]
fn records_of_another_class_are_set_aside() {
    let ordered = ordered("a. 5 IN A 192.0.2.1\na. 5 CH TXT x\n", "a.");
    let owner = load(&ordered, "a.");
    assert_eq!((owner.records().len(), owner.other_class().len()), (1, 1));
}

// RFC 4034 §3.1.8.1 and RFC 4035 §5.3.2: original TTL, and the wildcard's name for the owner's.
#[test]
fn signed_data_is_the_prefix_and_the_records_in_canonical_form() {
    let rrsig = |labels: u8| format!("RRSIG A 13 {labels} 9 20260102000000 20260101000000 258 E.");
    let signed = |owner: &str, labels| {
        let text = format!("{owner} 5 A 192.0.2.2\n 5 A 192.0.2.1\n 5 {} AAAA\n", rrsig(labels));
        let ordered = ordered(&text, "e.");
        let records = load(&ordered, owner);
        let record = records.rrsigs_covering(RType::A).next().unwrap();
        let rrsig = Rrsig::from_rdata(record.rdata).unwrap();
        let mut out = Vec::new();
        let rrset = records.rrset(RType::A).unwrap();
        append_signed_data(&records.name, &rrset, &rrsig, &mut out);
        out
    };
    let expected = |labels: u8, owner: &[u8]| {
        let times = [0x69, 0x57, 0x0a, 0x80, 0x69, 0x55, 0xb9, 0x00];
        let mut all = [&[0, 1, 13, labels, 0, 0, 0, 9][..], &times, &[1, 2], b"\x01e\0"].concat();
        for host in [1, 2] {
            all.extend_from_slice(owner);
            all.extend_from_slice(&[0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, host]);
        }
        all
    };
    assert_eq!(signed("B.E.", 2), expected(2, b"\x01b\x01e\0"));
    assert_eq!(signed("c.B.E.", 1), expected(1, b"\x01*\x01e\0"));
    assert_eq!(signed("*.B.E.", 2), expected(2, b"\x01*\x01b\x01e\0"));
    assert_eq!(signed("*.B.E.", 1), expected(1, b"\x01*\x01e\0"));
}

// A name with very many types and signatures must not take the square of their number.
#[test]
fn signatures_are_found_by_the_type_they_cover() {
    let rrsig = |covered: &str, tag: u16| {
        format!("a. 5 RRSIG {covered} 13 1 5 20360101000000 20260101000000 {tag} a. AAAA\n")
    };
    let text = [
        "a. 5 A 192.0.2.1\n".to_owned(),
        rrsig("TYPE65535", 1),
        rrsig("A", 2),
        rrsig("TYPE256", 3),
        rrsig("A", 4),
        rrsig("A", 2),
        rrsig("NS", 5),
    ]
    .concat();
    let ordered = ordered(&text, "a.");
    let owner = load(&ordered, "a.");
    let tags = |rtype| -> Vec<u16> {
        let covering = owner.rrsigs_covering(rtype);
        covering.map(|record| Rrsig::from_rdata(record.rdata).unwrap().key_tag).collect()
    };
    assert_eq!(tags(RType::A), [2, 4]);
    assert_eq!(tags(RType::NS), [5]);
    assert_eq!(tags(RType(256)), [3]);
    assert_eq!(tags(RType(65535)), [1]);
    assert!(tags(RType::MX).is_empty());
}
