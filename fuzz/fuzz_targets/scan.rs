//! Zone text read with every kernel: the same words, records and faults.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sigmill::source::Source;
use sigmill::zonefile::scan::{Kernel, Scan, next_entry_with};
use sigmill::zonefile::{Event, ReadOptions, read};

/// Everything that scanning finds, entry by entry, in text that is complete or not.
fn scanned(kernel: Kernel, text: &[u8], complete: bool, limit: usize) -> Vec<String> {
    let (mut rest, mut tokens, mut found) = (text, Vec::new(), Vec::new());
    loop {
        let scan = next_entry_with(kernel, rest, complete, limit, &mut tokens);
        let end = match &scan {
            Scan::Entry(entry) => {
                found.push(format!("{tokens:?}"));
                entry.end
            }
            Scan::Faulty(entry, _) | Scan::Endless(entry, _) => entry.end,
            Scan::Incomplete { .. } | Scan::End { .. } => 0,
        };
        found.push(format!("{scan:?}"));
        if end == 0 {
            return found;
        }
        rest = &rest[end..];
    }
}

/// Everything that reading finds.
fn events(kernel: Kernel, text: &[u8], limit: usize) -> Vec<String> {
    kernel.put_in_use();
    let options =
        ReadOptions { entry_octets: limit, generate_records: 100, ..ReadOptions::default() };
    let mut events = Vec::new();
    let facts = read(Source::from_bytes("text", text.to_vec()), &options, &mut |event| {
        events.push(match event {
            Event::Record(record) => format!("{record:?}"),
            Event::Fault(fault) => format!("{fault:?}"),
            Event::Progress { stored, records } => format!("{stored} {records}"),
        });
    });
    events.push(format!("{facts:?}"));
    events
}

fuzz_target!(|input: &[u8]| {
    let Some((&first, text)) = input.split_first() else { return };
    let (complete, limit) = (first & 1 == 0, if first & 2 == 0 { 1 << 20 } else { 16 * usize::from(first) });
    let kernels = Kernel::all();
    let Some((plain, fast)) = kernels.split_last() else { return };
    let expected = (scanned(*plain, text, complete, limit), events(*plain, text, limit));
    for &kernel in fast {
        assert_eq!(scanned(kernel, text, complete, limit), expected.0);
        assert_eq!(events(kernel, text, limit), expected.1);
    }
});
