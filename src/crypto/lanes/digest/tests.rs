//! Every kernel that runs here, and every number of lanes by emulation, held to the library: for
//! messages of all short lengths, cut into parts anywhere, in groups of all sizes.

use super::groups::{self, MOST_BLOCKS, Message, sorted};
use super::hash::{Hash, Sha1, Sha256, Sha384, Sha512};
use super::kernels::{self, InVectors, Kernel};
use super::nsec3::{self, Again, Salted};
use super::vector::{Emulated, Vector};
use super::{digests, digests_by, nsec3_hashes, nsec3_hashes_by};
use crate::crypto::nsec3_hash;
use crate::crypto::nsec3_hashes as public_hashes;

/// Octets without a pattern, from a number with which they begin.
fn octets(seed: usize, len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed as u64 + 1);
    let next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(len).collect()
}

/// Each message in two parts, cut where it hurts: anywhere, or one part without octets.
fn in_parts(messages: &[Vec<u8>]) -> Vec<Message<'_, 2>> {
    let cut = |(i, message): (usize, &Vec<u8>)| i * 37 % (message.len() + 1);
    messages.iter().enumerate().map(|at| at.1.split_at(cut(at)).into()).collect()
}

fn expected<H: Hash>(messages: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let digest = |message: &Vec<u8>| aws_lc_rs::digest::digest(H::library(), message);
    messages.iter().map(|message| digest(message).as_ref().to_vec()).collect()
}

fn emulated<H: Hash, V: Vector<Word = H::Word>>(messages: &[Vec<u8>]) {
    let parts = in_parts(messages);
    let (places, long) = sorted::<H::Word, 2>(&&parts[..]);
    assert!(long.is_empty());
    let mut digests = vec![H::ZEROS; messages.len()];
    groups::hash_all::<H, V, 2>(&&parts[..], &places, &mut digests);
    let expected = expected::<H>(messages);
    assert!(digests.iter().zip(&expected).all(|(digest, right)| digest.as_ref() == &right[..]));
}

/// Messages of each length from none to four blocks and more, the long ones first.
fn all_lengths() -> Vec<Vec<u8>> {
    (0..=530).rev().map(|len| octets(len, len)).collect()
}

// FIPS 180-4; the lanes of AVX2 and of AVX-512, and numbers of lanes that no processor has.
#[test]
fn emulated_lanes_give_the_librarys_digests_of_all_lengths() {
    let messages = all_lengths();
    emulated::<Sha1, Emulated<u32, 16>>(&messages);
    emulated::<Sha1, Emulated<u32, 8>>(&messages);
    emulated::<Sha256, Emulated<u32, 16>>(&messages);
    emulated::<Sha256, Emulated<u32, 5>>(&messages);
    emulated::<Sha384, Emulated<u64, 8>>(&messages);
    emulated::<Sha384, Emulated<u64, 4>>(&messages);
    emulated::<Sha512, Emulated<u64, 8>>(&messages);
    emulated::<Sha512, Emulated<u64, 1>>(&messages);
}

fn every_kernel<H: InVectors>() {
    let messages = all_lengths();
    let (parts, expected) = (in_parts(&messages), expected::<H>(&messages));
    for kernel in Kernel::all() {
        for (i, found) in digests_by::<H, 2>(kernel, &parts).iter().enumerate() {
            assert_eq!(found.as_ref(), expected[i], "{} {}", kernel.name(), messages[i].len());
        }
        // Groups of all sizes, from all places.
        for size in 0..40 {
            let start = size * 12;
            let found = digests_by::<H, 2>(kernel, &parts[start..start + size]);
            assert!(found.iter().zip(&expected[start..]).all(|(a, b)| a.as_ref() == &b[..]));
            assert_eq!(found.len(), size);
        }
    }
    for (found, right) in digests::<H, 2>(&parts).iter().zip(&expected) {
        assert_eq!(found.as_ref(), &right[..]);
    }
}

#[test]
fn every_kernel_gives_the_librarys_digests_in_groups_of_all_sizes() {
    every_kernel::<Sha1>();
    every_kernel::<Sha256>();
    every_kernel::<Sha384>();
    every_kernel::<Sha512>();
}

// The length is counted in bits and fills several octets; long messages are left to the library
// beside short ones.
#[test]
fn messages_around_the_longest_that_ride_in_lanes_come_out_right_beside_short_ones() {
    let bounds = [64 * MOST_BLOCKS, 128 * MOST_BLOCKS];
    let lens = bounds.iter().flat_map(|bound| bound - 20..bound + 5).chain([0, 55, 56, 70_000]);
    let messages: Vec<_> = lens.map(|len| octets(len, len)).collect();
    let parts = in_parts(&messages);
    for kernel in Kernel::all() {
        let found = digests_by::<Sha1, 2>(kernel, &parts);
        let expected = expected::<Sha1>(&messages);
        assert!(found.iter().zip(&expected).all(|(a, b)| a.as_ref() == &b[..]));
        let found = digests_by::<Sha512, 2>(kernel, &parts);
        let expected = self::expected::<Sha512>(&messages);
        assert!(found.iter().zip(&expected).all(|(a, b)| a.as_ref() == &b[..]));
    }
}

/// Messages of three parts, every one of a length up to the most of its own, at addresses of all
/// kinds amid octets that belong to none.
fn three_parts<H: InVectors>(most: [usize; 3]) {
    let octets = octets(7, 4096);
    let mut messages = Vec::new();
    for a in 0..=most[0] {
        for b in 0..=most[1] {
            for c in 0..=most[2] {
                let begin = (a * 131 + b * 17 + c) % 3000;
                messages.push([
                    &octets[begin..][..a],
                    &octets[begin / 2..][..b],
                    &octets[b..][..c],
                ]);
            }
        }
    }
    let expected: Vec<_> = messages.iter().map(kernels::one::<H, 3>).collect();
    for kernel in Kernel::all() {
        for (at, found) in digests_by::<H, 3>(kernel, &messages).iter().enumerate() {
            let lens = messages[at].map(<[u8]>::len);
            assert_eq!(*found, expected[at], "{} {lens:?}", kernel.name());
        }
    }
}

// Where parts, the bit behind them and the length fall in a block, and in which: SHA-1's blocks have
// 64 octets, SHA-512's 128.
#[test]
fn parts_that_meet_anywhere_in_a_block_give_the_digest_of_the_whole() {
    three_parts::<Sha1>([66, 3, 66]);
    three_parts::<Sha256>([3, 66, 66]);
    three_parts::<Sha384>([130, 1, 66]);
    three_parts::<Sha512>([2, 66, 130]);
}

// RFC 5155 Appendix A: the hashes of the example zone, 12 iterations, salt aabbccdd.
#[test]
fn all_names_of_the_example_of_rfc_5155_have_its_hashes_in_every_kernel() {
    const EXAMPLE: [(&str, &str); 12] = [
        ("example.", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"),
        ("a.example.", "35mthgpgcu1qg68fab165klnsnk3dpvl"),
        ("ai.example.", "gjeqe526plbf1g8mklp59enfd789njgi"),
        ("ns1.example.", "2t7b4g4vsa5smi47k61mv5bv1a22bojr"),
        ("ns2.example.", "q04jkcevqvmu85r014c7dkba38o0ji5r"),
        ("w.example.", "k8udemvp1j2f7eg6jebps17vp3n8i58h"),
        ("*.w.example.", "r53bq7cc2uvmubfu5ocmm6pers9tk9en"),
        ("x.w.example.", "b4um86eghhds6nea196smvmlo4ors995"),
        ("y.w.example.", "ji6neoaepv8b5o6k4ev33abha8ht9fgc"),
        ("x.y.w.example.", "2vptu5timamqttgl4luu9kg21e0aor3s"),
        ("xx.example.", "t644ebqk9bibcna874givr6joj62mlhv"),
        ("2t7b4g4vsa5smi47k61mv5bv1a22bojr.example.", "kohar7mbb8dc2ce8a9qvl8hon4k53uhi"),
    ];
    let wires = EXAMPLE.map(|(name, _)| {
        crate::dns::Name::from_text(name.as_bytes(), None).unwrap().as_wire().to_vec()
    });
    let names: Vec<_> = wires.iter().map(|wire| &wire[..]).collect();
    let salt = [0xaa, 0xbb, 0xcc, 0xdd];
    let kernels =
        Kernel::all().into_iter().map(|kernel| nsec3_hashes_by(kernel, &names, 12, &salt));
    for hashes in
        kernels.chain([public_hashes(&names, 12, &salt), emulated_names(&names, 12, &salt)])
    {
        for ((name, label), hash) in EXAMPLE.iter().zip(hashes) {
            assert_eq!(crate::dns::denial::label_of_hash(&hash), *label, "{name}");
        }
    }
}

fn emulated_names(names: &[&[u8]], iterations: u16, salt: &[u8]) -> Vec<[u8; 20]> {
    let names = Salted { names, salt };
    let (places, _) = sorted::<u32, 2>(&names);
    let mut hashes = vec![[0; 20]; places.len()];
    nsec3::hash_all::<Emulated<u32, 16>>(
        &names,
        &places,
        &Again::new(iterations, salt),
        &mut hashes,
    );
    hashes
}

// A name has 1 to 255 octets (RFC 1035 §2.3.4), a salt 0 to 255 (RFC 5155 §3.1.5).
#[test]
fn names_and_salts_of_all_lengths_are_hashed_as_one_by_one() {
    let names: Vec<_> = (1..=255).map(|len| octets(len, len)).collect();
    let names: Vec<_> = names.iter().map(|name| &name[..]).collect();
    for len in 0..=255 {
        let salt = octets(1000 + len, len);
        // All names with some salts, and with each some names.
        let names = if len % 51 == 0 { &names[..] } else { &names[len % 200..][..17 + len % 16] };
        for iterations in [0, 1, 2] {
            let expected: Vec<_> =
                names.iter().map(|name| nsec3_hash(name, iterations, &salt)).collect();
            for kernel in Kernel::all() {
                let found = nsec3_hashes_by(kernel, names, iterations, &salt);
                assert_eq!(found, expected, "{} salt {len} {iterations}", kernel.name());
            }
            assert_eq!(nsec3_hashes(names, iterations, &salt), expected);
            assert_eq!(emulated_names(names, iterations, &salt), expected);
        }
    }
}

#[test]
fn what_runs_for_each_digest_is_right_and_one_that_the_processor_has() {
    fn check<H: InVectors>() {
        let chosen = kernels::chosen::<H>();
        assert!(Kernel::all().iter().any(|kernel| kernel.name() == chosen.name()));
        assert!(chosen.name() == "library" || chosen.fewest::<H>().is_some());
    }
    check::<Sha1>();
    check::<Sha256>();
    check::<Sha384>();
    check::<Sha512>();
}
