//! Any octets, given as a file's content: no panic, no endless loop, no octet lost or made up.
//!
//! The input's first octet decides in what portions a reader hands out the rest. What comes out
//! must not depend on it, nor on whether the octets are given at once.
#![no_main]

use std::io::{self, Read};

use libfuzzer_sys::fuzz_target;
use sigmill::source::Source;

/// Octets of text after which an input is left alone: a few hundred octets can yield terabytes.
const ENOUGH: u64 = 4 << 20;

fuzz_target!(|input: &[u8]| {
    let Some((&portion, stored)) = input.split_first() else { return };
    let whole = Source::from_bytes("whole", stored.to_vec());
    let reader = Portions { stored: stored.to_vec(), at: 0, portion: usize::from(portion) + 1 };
    let portions = Source::from_reader("portions", reader).expect("this reader does not fail");
    assert_eq!(whole.transport(), portions.transport());
    assert_eq!(drain(whole), drain(portions));
});

struct Portions {
    stored: Vec<u8>,
    at: usize,
    portion: usize,
}

impl Read for Portions {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let left = &self.stored[self.at..];
        let n = left.len().min(space.len()).min(self.portion);
        space[..n].copy_from_slice(&left[..n]);
        self.at += n;
        Ok(n)
    }
}

/// What came out, up to a bound, and how it ended.
#[derive(PartialEq, Debug)]
struct Outcome {
    octets: u64,
    digest: u64,
    error: Option<String>,
}

fn drain(source: Source) -> Outcome {
    let name = source.name().to_owned();
    let mut blocks = source.into_blocks();
    let mut digest = 0xcbf2_9ce4_8422_2325;
    loop {
        let window = blocks.window();
        // FNV-1a: any difference is to be noticed, also of order.
        digest = window.iter().fold(digest, |hash: u64, octet| {
            (hash ^ u64::from(*octet)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        blocks.consume(window.len());
        let error = match blocks.more() {
            Ok(true) if blocks.consumed() < ENOUGH => continue,
            Ok(_) => None,
            Err(error) => Some(error.to_string().replace(&name, "")),
        };
        return Outcome { octets: blocks.consumed(), digest, error };
    }
}
