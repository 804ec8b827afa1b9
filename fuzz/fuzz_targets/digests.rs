//! Messages of any lengths, cut into parts anywhere: every kernel's digests are the library's, and its
//! hashes of NSEC3 those of one name after the other.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sigmill::crypto::digest::batch::{
    InVectors, Kernel, Sha1, Sha256, Sha384, Sha512, digests, digests_by, nsec3_hashes_by,
};
use sigmill::crypto::{nsec3_hash, nsec3_hashes};

/// Messages in a batch: a few groups of the widest lanes.
const MOST: usize = 40;

fuzz_target!(|input: &[u8]| {
    let [which, shape, seed, input @ ..] = input else { return };
    let messages = messages(*shape, input);
    match which % 5 {
        0 => check::<Sha1>(&messages),
        1 => check::<Sha256>(&messages),
        2 => check::<Sha384>(&messages),
        3 => check::<Sha512>(&messages),
        _ => check_names(&messages, *seed),
    }
});

/// Cuts messages of three parts from the octets: each begins with the lengths of its parts. One of
/// these is multiplied, so that few octets make long messages.
fn messages(shape: u8, input: &[u8]) -> Vec<[Vec<u8>; 3]> {
    let (mut rest, mut messages) = (input, Vec::new());
    while let [a, b, c, tail @ ..] = rest {
        if messages.len() == MOST {
            break;
        }
        let stretched = if shape % 4 == 0 { usize::from(*c) * 16 } else { usize::from(*c) };
        let part = |len: usize, from: usize| -> Vec<u8> {
            let octet = |i: usize| tail.get((from + i) % tail.len().max(1)).copied();
            (0..len).map(|i| octet(i).unwrap_or(shape)).collect()
        };
        messages.push([part(usize::from(*a), 0), part(usize::from(*b), 7), part(stretched, 13)]);
        rest = tail.get(usize::from(*b % 16)..).unwrap_or_default();
    }
    messages
}

fn check<H: InVectors>(messages: &[[Vec<u8>; 3]]) {
    let parts: Vec<_> =
        messages.iter().map(|parts| parts.each_ref().map(|part| &part[..])).collect();
    let whole: Vec<_> = messages.iter().map(|parts| parts.concat()).collect();
    let expected: Vec<_> =
        whole.iter().map(|message| aws_lc_rs::digest::digest(H::library(), message)).collect();
    let whole: Vec<_> = whole.iter().map(|message| [&message[..]]).collect();
    let right = |digests: &[H::Digest]| {
        let mut pairs = digests.iter().zip(&expected);
        digests.len() == expected.len() && pairs.all(|(a, b)| a.as_ref() == b.as_ref())
    };
    for kernel in Kernel::all() {
        assert!(right(&digests_by::<H, 3>(kernel, &parts)), "{} in parts", kernel.name());
        assert!(right(&digests_by::<H, 1>(kernel, &whole)), "{}", kernel.name());
    }
    assert!(right(&digests::<H, 3>(&parts)), "what is chosen");
}

/// The first parts are names, and the last of the first message the salt.
fn check_names(messages: &[[Vec<u8>; 3]], iterations: u8) {
    let salt = messages.first().map_or(&[][..], |[_, _, salt]| &salt[..salt.len().min(255)]);
    let names: Vec<_> = messages.iter().map(|[name, ..]| &name[..]).collect();
    let iterations = u16::from(iterations % 40);
    let expected: Vec<_> = names.iter().map(|name| nsec3_hash(name, iterations, salt)).collect();
    for kernel in Kernel::all() {
        assert_eq!(
            nsec3_hashes_by(kernel, &names, iterations, salt),
            expected,
            "{}",
            kernel.name()
        );
    }
    assert_eq!(nsec3_hashes(&names, iterations, salt), expected);
}
