//! A kernel is tried out before it is trusted.

use super::{Kernel, MAX_ENTRY, Scan, labels, next_entry_with, octets};
use crate::dns::Name;

/// Entries of all layouts: one line, several, tabs, comments, quotes, escapes, and as many words as
/// fit in.
pub const SAMPLE: &str = "\
a.example.\t3600 IN NS ns1.example.\r\n\
; a comment of more than sixty-four octets, so that it goes beyond the block it begins in\n\
\n\
example.  3600\tIN\tSOA ns. host. ( 2026010100 ; serial \"x\n\
\t\t\t7200 3600 ;\n\t1209600 3600 )\n\
b 3600 IN RRSIG NSEC 13 2 3600 20360101000000 20260101000000 12345 example. \
VGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5 IGRvZyBhbmQgdGhlbg== ; resign=1\n\
c TXT \"quoted ; (text)\" \\\"bare\\032text\n\
c TXT a b c d e f g h i j k l m n o p q r s t u v w x y z 1 2 3 4 5 6 7 8 9 0 a b c d e f g\n\
 A 192.0.2.1 ;(\n";

/// Whether a kernel does with a sample what plain code does.
pub fn agrees(kernel: Kernel) -> bool {
    finds_entries(kernel) && reads_names(kernel) && compares_and_copies(kernel)
}

/// Whether it reads each word as a name, or leaves it to others.
fn reads_names(kernel: Kernel) -> bool {
    SAMPLE.as_bytes().split(u8::is_ascii_whitespace).all(|word| {
        let mut wire = b"before".to_vec();
        let Some(absolute) = labels::append_wire(kernel, word, &mut wire) else {
            return wire == b"before";
        };
        // What is relative is so to the root.
        let (dot, root) = if absolute { (&b""[..], &b""[..]) } else { (&b"."[..], &[0][..]) };
        let plain = Name::from_text(&[word, dot].concat(), None);
        plain.is_ok_and(|plain| [b"before", plain.as_wire()].concat() == [&wire, root].concat())
    })
}

/// Whether it compares and copies words of all lengths.
fn compares_and_copies(kernel: Kernel) -> bool {
    (0..80).all(|len| {
        let (word, next) = (&SAMPLE.as_bytes()[..len], &SAMPLE.as_bytes()[1..=len]);
        let mut copy = b"before".to_vec();
        octets::append(kernel, word, &mut copy);
        copy == [b"before", word].concat()
            && octets::equal(kernel, word, &copy[6..])
            && octets::equal(kernel, word, next) == (word == next)
    })
}

/// Whether it finds in a sample, begun at many places, what the plain scanner finds.
fn finds_entries(kernel: Kernel) -> bool {
    (0..SAMPLE.len()).step_by(7).all(|from| {
        let mut rest = &SAMPLE.as_bytes()[from..];
        let (mut tokens, mut plain_tokens) = (Vec::new(), Vec::new());
        loop {
            let found = next_entry_with(kernel, rest, true, MAX_ENTRY, &mut tokens);
            let plain = next_entry_with(Kernel::Plain, rest, true, MAX_ENTRY, &mut plain_tokens);
            if found != plain {
                return false;
            }
            let Scan::Entry(entry) = plain else { return true };
            if tokens != plain_tokens {
                return false;
            }
            rest = &rest[entry.end..];
        }
    })
}
