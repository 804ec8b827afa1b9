//! Zone text, whole and in pieces: the same records and faults, and what is printed reads back.
#![no_main]

use std::io::Read;

use libfuzzer_sys::fuzz_target;
use sigmill::source::Source;
use sigmill::zonefile::print::write_rdata;
use sigmill::zonefile::{Event, ReadOptions, read};

/// Gives out its octets so many at a time.
struct Pieces(Vec<u8>, usize);

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = self.1.min(self.0.len()).min(buffer.len());
        buffer[..len].copy_from_slice(&self.0[..len]);
        self.0.drain(..len);
        Ok(len)
    }
}

/// Records as one line each, and faults with their places.
fn events(source: Source) -> Option<(Vec<String>, Vec<String>)> {
    let options =
        ReadOptions { entry_octets: 4096, generate_records: 100, ..ReadOptions::default() };
    let (mut records, mut faults) = (Vec::new(), Vec::new());
    read(source, &options, &mut |event| match event {
        Event::Record(record) => {
            let mut line = format!("{} {} {} {} ", record.owner, record.ttl, record.class, record.rtype);
            write_rdata(&mut line, record.rtype, record.rdata);
            records.push(line + "\n");
        }
        Event::Fault(fault) => {
            faults.push(format!("{}:{} {}", fault.line, fault.column, fault.error));
        }
        Event::Progress { .. } => {}
    })
    .ok()?;
    Some((records, faults))
}

fuzz_target!(|input: &[u8]| {
    let Some((&portion, text)) = input.split_first() else { return };
    let whole = events(Source::from_bytes("whole", text.to_vec()));
    let pieces = Pieces(text.to_vec(), usize::from(portion) + 1);
    let source = Source::from_reader("pieces", pieces);
    let in_pieces = source.ok().and_then(events);
    // Text that looks compressed is taken for it only where it is read, not where it is given.
    let (Some(whole), Some(in_pieces)) = (whole, in_pieces) else { return };
    assert_eq!(whole, in_pieces);

    let printed = whole.0.concat();
    let again = events(Source::from_bytes("printed", printed.clone().into_bytes()));
    let Some((records, faults)) = again else { return };
    // Printed entries may exceed the limit on entries that the original kept, by their escapes.
    if faults.iter().all(|fault| !fault.contains("longer than")) {
        assert!(faults.is_empty(), "{faults:?}\n{printed}");
        assert_eq!(records, whole.0);
    }
});
