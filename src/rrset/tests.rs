//! What the room promises as a whole: any order in, canonical order out.

use proptest::prelude::*;

use crate::dns::canonical::sort_key;
use crate::dns::rdata::Rrsig;
use crate::dns::{Class, Name, RType};
use crate::source::Source;
use crate::zonefile::{Event, PartEvent, ReadOptions, read, read_parts};

use super::signed::append_signed_data;
use super::{Collector, Loaded, Ordered, OwnerRecords};

fn name(text: &str) -> Name {
    Name::from_text(text.as_bytes(), Some(&Name::root())).unwrap()
}

/// The records of a text that is there as a whole, read in parts of so many octets.
fn read_again(text: &str, apex: &str, part_octets: usize) -> Ordered {
    let options = ReadOptions { part_octets, ..ReadOptions::default() };
    let collected = std::sync::Mutex::new(Collector::new());
    let new_part = || collected.lock().unwrap().behind();
    let mut on_event = |event| {
        if let PartEvent::Part { sink: part, .. } = event {
            collected.lock().unwrap().append(part);
        }
    };
    let source = Source::from_bytes("test", text.into());
    let (_, text) = read_parts(source, &options, 2, &new_part, &mut on_event).unwrap();
    assert!(text.is_some());
    collected.into_inner().unwrap().order(&name(apex), text)
}

/// The records of a text that cannot be read again.
fn kept(text: &str, apex: &str) -> Ordered {
    let mut collector = Collector::new();
    let source = Source::from_bytes("test", text.into());
    read(source, &ReadOptions::default(), &mut |event| {
        if let Event::Record(record) = event {
            collector.push(&record);
        }
    })
    .unwrap();
    collector.order(&name(apex), None)
}

fn ordered(text: &str, apex: &str) -> Ordered {
    let ordered = read_again(text, apex, 1 << 20);
    assert_eq!(contents(&ordered), contents(&kept(text, apex)));
    ordered
}

/// All that is known of the owners and their records, lines included.
fn contents(ordered: &Ordered) -> Vec<String> {
    let spans: Vec<_> = ordered.owners().collect();
    let (loaded, mut owner, mut keys) = (ordered.load(&spans), OwnerRecords::new(), ordered.keys());
    let mut contents = Vec::new();
    for (index, span) in spans.iter().enumerate() {
        assert_eq!(keys.of(span.id()), sort_key(&Name::from_wire(loaded.name(index)).unwrap()));
        let mut records = 0;
        for class in [Class::IN, Class(3)] {
            owner.take(&loaded, index, class);
            assert_eq!(ordered.find(&owner.name), Some(*span));
            for record in owner.records() {
                records += 1;
                let place = ordered.line(record.position);
                contents.push(format!(
                    "{} {:?} {} {} {} {} {:?} {place:?}",
                    owner.name,
                    span.shape,
                    span.in_zone,
                    record.class,
                    record.ttl,
                    record.rtype,
                    record.rdata
                ));
            }
        }
        assert_eq!(span.records, records);
    }
    contents
}

fn load(ordered: &Ordered, owner: &str) -> Loaded {
    ordered.load(&ordered.find(&name(owner)))
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
    let spans: Vec<_> = ordered.owners().collect();
    let loaded = ordered.load(&spans);
    let mut records = OwnerRecords::new();
    let names: Vec<(String, bool)> = (0..)
        .zip(&spans)
        .map(|(index, owner)| {
            records.take(&loaded, index, Class::IN);
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
    let loaded = load(&ordered, "a.");
    let owner = OwnerRecords::first(&loaded, Class::IN);
    let rrset = owner.rrset(RType(65280)).unwrap();
    let rdata: Vec<&[u8]> = rrset.distinct().map(|record| record.rdata).collect();
    assert_eq!(rdata, [&b""[..], b"\x01", b"\x01\x00", b"\x02"]);
    let line = |record: &super::RrRef<'_>| ordered.line(record.position).1;
    assert_eq!(rrset.duplicates().map(line).collect::<Vec<_>>(), [6]);
    assert_eq!(rrset.ttls(), (5, 7));
    assert_eq!(line(rrset.first_in_input()), 1);
}

// RFC 4034 §6.2: records that differ in the case of a listed name are the same record.
#[test]
fn names_in_rdata_are_lower_cased_before_records_are_compared() {
    let ordered = ordered("a. 5 NS B.\na. 5 NS b.\na. 5 NSEC B. A\n", "a.");
    let loaded = load(&ordered, "a.");
    let owner = OwnerRecords::first(&loaded, Class::IN);
    assert_eq!(owner.rrset(RType::NS).unwrap().distinct().count(), 1);
    let nsec = owner.rrset(RType::NSEC).unwrap();
    assert!(nsec.first_in_input().rdata.starts_with(b"\x01B\0"));
}

#[test]
fn records_of_another_class_are_set_aside() {
    let ordered = ordered("a. 5 IN A 192.0.2.1\na. 5 CH TXT x\n", "a.");
    let loaded = load(&ordered, "a.");
    let owner = OwnerRecords::first(&loaded, Class::IN);
    assert_eq!((owner.records().len(), owner.other_class().len()), (1, 1));
}

// RFC 4034 §3.1.8.1 and RFC 4035 §5.3.2: original TTL, and the wildcard's name for the owner's.
#[test]
fn signed_data_is_the_prefix_and_the_records_in_canonical_form() {
    let rrsig = |labels: u8| format!("RRSIG A 13 {labels} 9 20260102000000 20260101000000 258 E.");
    let signed = |owner: &str, labels| {
        let text = format!("{owner} 5 A 192.0.2.2\n 5 A 192.0.2.1\n 5 {} AAAA\n", rrsig(labels));
        let ordered = ordered(&text, "e.");
        let loaded = load(&ordered, owner);
        let records = OwnerRecords::first(&loaded, Class::IN);
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
    let loaded = load(&ordered, "a.");
    let owner = OwnerRecords::first(&loaded, Class::IN);
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

// BIND writes a `$TTL` wherever TTLs change: at each delegation with a DS record.
#[test]
fn directives_among_the_records_of_an_owner_do_not_part_them() {
    let text = "$ORIGIN e.\n$TTL 9\na NS ns\n$TTL 5\n DS 1 8 2 00\n$ORIGIN a.e.\na.e. NS ns\n";
    let ordered = ordered(text, "e.");
    let runs: Vec<_> = ordered.runs.iter().map(|run| (run.is_kept(), run.records())).collect();
    assert_eq!(runs, [(false, 3)]);
}

// RFC 5155 §7.1: an NSEC3 record stands directly below the apex, which may be told behind it, or a part
// of the text later.
#[test]
fn nsec3_records_are_known_wherever_the_apex_is_told() {
    let hash = |digit: &str| digit.repeat(32);
    let nsec3 = |owner: &str| format!("{owner} 300 IN NSEC3 1 0 0 - {} A", hash("v"));
    let soa = "b. 300 IN SOA a.b. h.b. 1 2 3 4 5".to_owned();
    let text = |lines: &[&String]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let known = |lines: &[&String]| {
        let known = [1 << 20, 90].map(|octets| {
            let ordered = read_again(&text(lines), "b.", octets);
            ordered.hashed_owners().len()
        });
        assert_eq!(known[0], known[1]);
        known[0]
    };
    let [one, two] = ["1", "2"].map(|digit| nsec3(&format!("{}.b.", hash(digit))));
    assert_eq!([known(&[&soa, &one, &two]), known(&[&one, &soa, &two])], [2, 2]);
    assert_eq!([known(&[&two, &one, &soa]), known(&[&one, &two, &two, &soa])], [2, 0]);
    // Above or below the apex, or beside it, they are no chain of the zone.
    for elsewhere in ["", "c.", "a.b."] {
        let elsewhere = nsec3(&format!("{}.{elsewhere}", hash("3")));
        assert_eq!([known(&[&elsewhere, &soa]), known(&[&soa, &elsewhere])], [0, 0]);
        assert_eq!([known(&[&one, &elsewhere, &soa]), known(&[&elsewhere, &soa, &one])], [0, 0]);
    }
}

/// Entries of every kind: what they take over, over how many lines they go, and faults.
fn entry() -> impl Strategy<Value = String> {
    let owner = prop::sample::select(vec![
        "a.e. ",
        "b.a.e. ",
        "c ",
        "C ",
        "a",
        "@ ",
        "e. ",
        "zz. ",
        "\t",
        "\t",
        " ",
        "\\097.e. ",
        "\"a\" ",
    ]);
    let ttl = prop::sample::select(vec!["", "", "5 ", "7 ", "1h "]);
    let class = prop::sample::select(vec!["", "", "IN ", "CH "]);
    let data = prop::sample::select(vec![
        "A 192.0.2.1\n",
        "A 192.0.2.2 ; a comment (\n",
        "NS b\n",
        "NS B.a.e.\n",
        "TXT \"a; (\" b\n",
        "TXT ( a\n b\n c )\n",
        "TXT ( a\nb\n) ; x\n",
        "MX 1 Mail\n",
        "MX one\n",
        "A 192.0.2.300\n",
        "TXT \"a\n",
        "SOA a. b. 1 2 3 4 5\n",
        "DNAME d.e.\n",
        "NSEC3 1 0 0 - CO A\n",
        ")\n",
    ]);
    let record = (owner, ttl, class, data)
        .prop_map(|(owner, ttl, class, data)| format!("{owner}{ttl}{class}{data}"));
    let directive = prop::sample::select(vec![
        "$ORIGIN e.\n",
        "$ORIGIN a.e.\n",
        "$ORIGIN a\n",
        "$TTL 9\n",
        "$TTL x\n",
        "$GENERATE 1-3 $.e. 5 A 192.0.2.$\n",
        "$GENERATE 1-2 g 5 A 192.0.2.$\n",
        "\n",
        "; a comment\n",
        "  \t\r\n",
        "$UNKNOWN\n",
    ]);
    prop_oneof![6 => record, 1 => directive.prop_map(str::to_owned)]
}

proptest! {
    // What is read again, wherever the text was cut, is what would have been kept.
    #[test]
    fn records_read_again_are_those_that_were_read(
        entries in prop::collection::vec(entry(), 0..40),
        part_octets in 1usize..300,
    ) {
        let text = format!("$ORIGIN e.\n{}", entries.concat());
        prop_assert_eq!(contents(&read_again(&text, "e.", part_octets)), contents(&kept(&text, "e.")));
    }
}
