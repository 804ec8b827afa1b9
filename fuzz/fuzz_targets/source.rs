//! Any octets, given as a file's content: no panic, no endless loop, no octet lost or made up.
//!
//! The input's first octet decides in what portions a reader hands out the rest. What comes out
//! must not depend on it, nor on whether the octets are given at once.
#![no_main]

use std::io::{self, Read};

use libfuzzer_sys::fuzz_target;
use sigmill::source::Source;

/// Octets of text after which an input is left alone: a few hundred octets can yield terabytes.
const ENOUGH: usize = 4 << 20;

fuzz_target!(|input: &[u8]| {
    let Some((&portion, stored)) = input.split_first() else { return };
    let whole = Source::from_bytes("whole", stored.to_vec());
    let reader = Portions { stored: stored.to_vec(), at: 0, portion: usize::from(portion) + 1 };
    let portions = Source::from_reader("portions", reader).expect("this reader does not fail");
    assert_eq!(whole.transport(), portions.transport());
    let (whole, portions) = (drain(whole), drain(portions));
    let bounded = whole.text.len() < ENOUGH && portions.text.len() < ENOUGH;
    assert!(!bounded || whole.failed == portions.failed);
    // How much comes out before damage is noticed may depend on the portions, but not what.
    let sound = bounded && !whole.failed;
    let common = if sound { usize::MAX } else { whole.text.len().min(portions.text.len()) };
    assert!(whole.text.iter().take(common).eq(portions.text.iter().take(common)));
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
struct Outcome {
    text: Vec<u8>,
    failed: bool,
}

fn drain(source: Source) -> Outcome {
    let mut blocks = source.into_blocks();
    let mut text = Vec::new();
    loop {
        text.extend_from_slice(blocks.window());
        blocks.consume(blocks.window().len());
        match blocks.more() {
            Ok(true) if text.len() < ENOUGH => {}
            end => return Outcome { text, failed: end.is_err() },
        }
    }
}
