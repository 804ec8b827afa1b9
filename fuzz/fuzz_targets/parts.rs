//! Zone text read in parts, by two threads, against the same text read in sequence: the same records
//! and faults; and records that are read again are those that were kept.
#![no_main]

use std::sync::Mutex;

use libfuzzer_sys::fuzz_target;
use sigmill::dns::{Class, Name};
use sigmill::rrset::{Collector, Ordered, OwnerRecords};
use sigmill::source::Source;
use sigmill::zonefile::{Event, Fault, PartEvent, ReadOptions, read, read_parts};

fn told(fault: &Fault) -> String {
    format!("{}:{} {}", fault.line, fault.column, fault.error)
}

fn in_sequence(text: &[u8], options: &ReadOptions, apex: &Name) -> (Ordered, Vec<String>) {
    let (mut collector, mut faults) = (Collector::new(), Vec::new());
    let source = Source::from_bytes("text", text.to_vec());
    let _ = read(source, options, &mut |event| match event {
        Event::Record(record) => collector.push(&record),
        Event::Fault(fault) => faults.push(told(&fault)),
        Event::Progress { .. } => {}
    });
    (collector.order(apex, None), faults)
}

fn in_parts(text: &[u8], options: &ReadOptions, apex: &Name) -> Option<(Ordered, Vec<String>)> {
    let (collected, mut faults) = (Mutex::new(Collector::new()), Vec::new());
    let new_part = || collected.lock().unwrap().behind();
    let source = Source::from_bytes("text", text.to_vec());
    let mut on_event = |event| match event {
        PartEvent::Part { sink: part, .. } => collected.lock().unwrap().append(part),
        PartEvent::Fault(fault) => faults.push(told(&fault)),
        PartEvent::Progress { .. } => {}
    };
    let (_, text) = read_parts(source, options, 2, &new_part, &mut on_event).ok()?;
    // Text that is compressed is not there as a whole: nothing is compared.
    text.as_ref()?;
    Some((collected.into_inner().unwrap().order(apex, text), faults))
}

/// All records, owners in canonical order, with their lines.
fn records(ordered: &Ordered) -> Vec<String> {
    let spans: Vec<_> = ordered.owners().collect();
    let (loaded, mut owner, mut lines) = (ordered.load(&spans), OwnerRecords::new(), Vec::new());
    for index in 0..spans.len() {
        owner.take(&loaded, index, Class::IN);
        for record in owner.records().iter().chain(owner.other_class()) {
            let line = ordered.line(record.position).1;
            let (ttl, class, rtype) = (record.ttl, record.class, record.rtype);
            lines.push(format!("{} {ttl} {class} {rtype} {:?} {line}", owner.name, record.rdata));
        }
    }
    lines
}

fuzz_target!(|input: &[u8]| {
    let Some((&part_octets, text)) = input.split_first() else { return };
    let options = ReadOptions {
        part_octets: usize::from(part_octets) + 1,
        entry_octets: 4096,
        generate_records: 100,
        ..ReadOptions::default()
    };
    let apex = Name::from_text(b"e.", None).unwrap();
    let Some((parts, faults)) = in_parts(text, &options, &apex) else { return };
    let (sequence, expected) = in_sequence(text, &options, &apex);
    assert_eq!(faults, expected);
    assert_eq!(records(&parts), records(&sequence));
});
