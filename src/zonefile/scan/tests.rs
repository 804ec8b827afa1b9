//! All kernels find what the plain scanner finds, in whatever text, wherever it ends.

#![allow(unsafe_code, reason = "text must end where the process may read no further")]

use std::ptr;

use proptest::prelude::*;

use super::blocks::{self, BLOCK, Classes, Classify};
use super::trial::{SAMPLE, agrees};
use super::{Kernel, MAX_ENTRY, Scan, labels, next_entry_with, octets, plain};
use crate::zonefile::words::Token;

/// The classes of a block, one octet after the other: it shows that [`blocks`] is right without
/// any processor's instructions.
#[derive(Clone, Copy)]
struct OneByOne;

impl Classify for OneByOne {
    fn classes(self, block: &[u8; BLOCK]) -> Classes {
        let mask = |set: &[u8]| {
            (0..)
                .zip(block)
                .fold(0, |mask, (bit, octet)| mask | u64::from(set.contains(octet)) << bit)
        };
        Classes { gap: mask(b" \t\r\n"), newline: mask(b"\n"), special: mask(b"\"();\\") }
    }
}

/// What a scanner makes of the first entry: the tokens mean something only where there is one.
fn found(scan: Scan, tokens: Vec<Token>) -> (Scan, Vec<Token>) {
    let words = if matches!(scan, Scan::Entry(_)) { tokens } else { Vec::new() };
    (scan, words)
}

/// Holds every kernel to the plain scanner on the first entry of a text, and returns its end.
fn check_first(text: &[u8], complete: bool, limit: usize) -> Option<usize> {
    // Tokens of another entry do no harm.
    let stale = || vec![Token::new(7, 9, true); 3];
    let mut tokens = stale();
    let scan = plain::next_entry(text, complete, limit, &mut tokens);
    let expected = found(scan, tokens);
    for kernel in Kernel::all() {
        let mut tokens = stale();
        let scan = next_entry_with(kernel, text, complete, limit, &mut tokens);
        assert_eq!(
            found(scan, tokens),
            expected,
            "{kernel:?} {:?}",
            text.escape_ascii().to_string()
        );
    }
    let mut tokens = stale();
    let go_on =
        |text, edges, at, classes| blocks::special_entry(OneByOne, text, edges, at, classes);
    let entry = blocks::closed_entry(OneByOne, text, limit.min(MAX_ENTRY), &mut tokens, go_on);
    if let Some(entry) = entry {
        assert_eq!(found(Scan::Entry(entry), tokens), expected, "one by one");
    }
    match expected.0 {
        Scan::Entry(entry) | Scan::Faulty(entry, _) | Scan::Endless(entry, _) => Some(entry.end),
        Scan::Incomplete { .. } | Scan::End { .. } => None,
    }
}

/// Holds every kernel to the plain scanner on all entries of a text.
fn check(text: &[u8], limit: usize) {
    for complete in [true, false] {
        let mut rest = text;
        while let Some(end) = check_first(rest, complete, limit) {
            rest = &rest[end..];
        }
    }
}

#[test]
fn every_octet_in_every_place_is_seen_alike_by_all() {
    let text = SAMPLE.as_bytes();
    check(text, MAX_ENTRY);
    for place in 0..text.len() {
        // The entries before the place are seen by the first rounds.
        let from = place.saturating_sub(150);
        let mut spoilt = text[from..text.len().min(place + 150)].to_vec();
        for octet in 0..=255 {
            spoilt[place - from] = octet;
            check_first(&spoilt, true, MAX_ENTRY);
        }
    }
}

#[test]
fn every_beginning_of_a_text_is_seen_alike_by_all() {
    let text = SAMPLE.as_bytes();
    for from in (0..text.len()).step_by(3) {
        for to in from..text.len().min(from + 3 * BLOCK) {
            check_first(&text[from..to], false, MAX_ENTRY);
            check_first(&text[from..to], true, 70);
        }
    }
}

/// Octets whose last is the last that the process may read.
struct AtPageEnd {
    map: *mut libc::c_void,
    page: usize,
}

impl AtPageEnd {
    fn new() -> Self {
        // SAFETY: a new mapping of two pages, of which the second may not be touched, hurts nobody.
        unsafe {
            let page = usize::try_from(libc::sysconf(libc::_SC_PAGESIZE)).unwrap();
            let (access, flags) =
                (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
            let map = libc::mmap(ptr::null_mut(), 2 * page, access, flags, -1, 0);
            assert_ne!(map, libc::MAP_FAILED);
            assert_eq!(libc::mprotect(map.byte_add(page), page, libc::PROT_NONE), 0);
            Self { map, page }
        }
    }

    fn put(&mut self, text: &[u8]) -> &[u8] {
        assert!(text.len() <= self.page);
        // SAFETY: the first page is ours to write, and the text fits.
        unsafe {
            let place = self.map.byte_add(self.page - text.len()).cast::<u8>();
            ptr::copy_nonoverlapping(text.as_ptr(), place, text.len());
            std::slice::from_raw_parts(place, text.len())
        }
    }
}

impl Drop for AtPageEnd {
    fn drop(&mut self) {
        // SAFETY: it was mapped so.
        unsafe { libc::munmap(self.map, 2 * self.page) };
    }
}

#[test]
fn every_kernel_of_this_machine_passes_its_trial() {
    assert!(Kernel::all().into_iter().all(agrees));
}

// A mapped file may end with its last page: simdzone asks for padding there, and we do not.
#[test]
fn nothing_behind_the_text_is_read() {
    let (text, mut page) = (SAMPLE.as_bytes(), AtPageEnd::new());
    for from in 0..text.len() {
        check_first(page.put(&text[from..]), true, MAX_ENTRY);
    }
    for to in 0..text.len().min(3 * BLOCK) {
        check_first(page.put(&text[..to]), false, MAX_ENTRY);
    }
}

// Vectors that are longer than a word are read and not touched behind it.
#[test]
fn nothing_behind_a_word_is_read() {
    let (text, mut page) = (SAMPLE.as_bytes(), AtPageEnd::new());
    for len in 0..=70 {
        let (word, other) = (page.put(&text[..len]), &text[..len]);
        for kernel in Kernel::all() {
            let (mut wire, mut plain) = (Vec::new(), Vec::new());
            let absolute = labels::append_wire(kernel, word, &mut wire);
            assert_eq!(absolute, labels::append_wire(kernel, other, &mut plain));
            assert_eq!(wire, plain);
            assert!(octets::equal(kernel, word, other) && octets::equal(kernel, other, word));
            wire.clear();
            octets::append(kernel, word, &mut wire);
            assert_eq!(wire, other);
        }
    }
}

proptest! {
    // Words, gaps and what is special in all mixtures, long enough for several blocks.
    #[test]
    fn all_kernels_find_the_same_entries(
        text in proptest::collection::vec(
            prop_oneof![
                8 => "[a-z0-9]{1,30}",
                8 => "[ \t\r]{1,3}",
                2 => "\n",
                1 => "[()]",
                1 => ";[ a-z()\"]{0,80}",
                1 => "\"[ a-z();]{0,20}\"",
                1 => "[\"\\\\;]",
            ],
            0..60,
        ),
        limit in prop_oneof![Just(MAX_ENTRY), 1usize..200],
    ) {
        check(text.concat().as_bytes(), limit);
    }

    #[test]
    fn all_kernels_find_the_same_in_any_octets(text: Vec<u8>, spread in 0u8..=255) {
        check(&text, MAX_ENTRY);
        let near: Vec<u8> = text.iter().map(|octet| b"a \n;(\")\\\tb"[usize::from(octet % (spread % 10 + 1))]).collect();
        check(&near, MAX_ENTRY);
    }
}
