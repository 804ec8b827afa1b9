//! Every kernel reads what an independent crate reads, and refuses what that refuses.

use data_encoding::{BASE32HEX_NOPAD, BASE64_NOPAD, Encoding, HEXUPPER_PERMISSIVE};
use proptest::prelude::*;

use super::{base32hex, base64, hexadecimal};
use crate::zonefile::scan::Kernel;

type Read = fn(Kernel, &[u8], &mut Vec<u8>) -> bool;

/// Each kind with its reader, digits of a group, and the crate's twin of text in upper case.
fn kinds() -> [(Read, usize, Encoding); 3] {
    [
        (base64, 4, BASE64_NOPAD),
        (base32hex, 8, BASE32HEX_NOPAD),
        (hexadecimal, 2, HEXUPPER_PERMISSIVE),
    ]
}

/// What the crate reads: base32hex has no case.
fn expected(group: usize, encoding: &Encoding, text: &[u8]) -> Option<Vec<u8>> {
    match group {
        4 => encoding.decode(text).ok(),
        _ => encoding.decode(&text.to_ascii_uppercase()).ok(),
    }
}

fn check(read: Read, group: usize, encoding: &Encoding, text: &[u8]) {
    let plain = expected(group, encoding, text);
    for kernel in Kernel::all() {
        let mut out = b"before".to_vec();
        // A vector that is full must not be written beyond its end.
        out.shrink_to_fit();
        if read(kernel, text, &mut out) {
            let octets = plain.as_deref().unwrap_or_else(|| panic!("{kernel:?} reads {text:?}"));
            assert_eq!(out, [b"before", octets].concat(), "{kernel:?} {text:?}");
        } else {
            assert_eq!(out, b"before");
            let long =
                text.len() >= 16 && text.len().is_multiple_of(group) && kernel != Kernel::Plain;
            assert!(!(long && plain.is_some()), "{kernel:?} refuses {text:?}");
        }
    }
}

// RFC 4648 §4, §7, §8: all 256 octets, in every place of runs that fill one vector, or more.
#[test]
fn digits_and_no_other_octets_are_read_in_every_place() {
    for (read, group, encoding) in kinds() {
        for len in [16, 24, 32, 40, 56, 64] {
            let mut text: Vec<u8> =
                b"0123456789abcdefABCDEFuvUV".iter().copied().cycle().take(len).collect();
            if group == 2 {
                text.iter_mut().for_each(|octet| *octet = octet.to_ascii_lowercase() & 0x67 | 0x20);
                text.iter_mut()
                    .filter(|octet| !octet.is_ascii_hexdigit())
                    .for_each(|octet| *octet = b'7');
            }
            check(read, group, &encoding, &text);
            for place in 0..len {
                let octet = text[place];
                for other in 0..=255 {
                    text[place] = other;
                    check(read, group, &encoding, &text);
                }
                text[place] = octet;
            }
        }
    }
}

#[test]
fn runs_of_every_length_are_read() {
    for (read, group, encoding) in kinds() {
        for len in 0..200 {
            let octets: Vec<u8> = (0..len).map(|at: u8| at.wrapping_mul(151)).collect();
            check(read, group, &encoding, encoding.encode(&octets).as_bytes());
        }
    }
}

proptest! {
    #[test]
    fn what_was_written_is_read(octets: Vec<u8>, wrong: Option<(usize, u8)>, lower: bool) {
        for (read, group, encoding) in kinds() {
            let mut text = encoding.encode(&octets).into_bytes();
            if lower && group != 4 {
                text.make_ascii_lowercase();
            }
            if let Some((place, octet)) = wrong && !text.is_empty() {
                let place = place % text.len();
                text[place] = octet;
            }
            check(read, group, &encoding, &text);
        }
    }
}
