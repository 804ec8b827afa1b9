//! SHA-1, SHA-256, SHA-384 and SHA-512 over vectors (FIPS 180-4 §6): each written once for any
//! number of messages.
//!
//! Rounds are written out in a row, so that the places of the eight numbers, which move on by one in
//! each round, and those of the last sixteen words are known to the compiler.

use std::fmt::Debug;

use aws_lc_rs::digest::{self, Algorithm};

use super::roots::{CUBE_ROOTS, SQUARE_ROOTS, halves};
use super::vector::{Vector, Word};

/// A digest algorithm.
pub trait Hash: Debug + Send + Sync + 'static {
    /// What it computes with.
    type Word: Word;
    /// What comes out.
    type Digest: Copy + AsRef<[u8]> + AsMut<[u8]> + PartialEq + Debug + Send + Sync;
    /// A digest of zeros, to be written over.
    const ZEROS: Self::Digest;
    /// The state before the first block. SHA-1 has five words and ignores the others.
    const START: [Self::Word; 8];
    /// Its number in tables of such.
    const INDEX: usize;
    /// How many there are.
    const COUNT: usize = 4;

    /// The same algorithm in the library.
    fn library() -> &'static Algorithm;
    /// Takes in a block for each lane.
    fn compress<V: Vector<Word = Self::Word>>(state: &mut [V; 8], block: [V; 16]);
}

/// Writes out the body for each of the numbers, with its name as a constant.
macro_rules! in_a_row {
    ($name:ident in [$($value:literal)*] $body:block) => {
        $({
            const $name: usize = $value;
            $body
        })*
    };
}

/// SHA-1.
#[derive(Debug)]
pub struct Sha1;

impl Hash for Sha1 {
    type Word = u32;
    type Digest = [u8; 20];
    const ZEROS: Self::Digest = [0; 20];
    const START: [u32; 8] =
        [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0, 0, 0, 0];
    const INDEX: usize = 0;

    fn library() -> &'static Algorithm {
        &digest::SHA1_FOR_LEGACY_USE_ONLY
    }

    #[inline(always)]
    fn compress<V: Vector<Word = u32>>(state: &mut [V; 8], mut words: [V; 16]) {
        let mut s = *state;
        twenty_rounds::<0, V>(&mut s, &mut words, 0x5a82_7999);
        twenty_rounds::<20, V>(&mut s, &mut words, 0x6ed9_eba1);
        twenty_rounds::<40, V>(&mut s, &mut words, 0x8f1b_bcdc);
        twenty_rounds::<60, V>(&mut s, &mut words, 0xca62_c1d6);
        for (state, s) in state.iter_mut().zip(s).take(5) {
            *state = state.add(s);
        }
    }
}

/// The rounds of SHA-1 (FIPS 180-4 §6.1.2) that have one function and one constant.
#[inline(always)]
fn twenty_rounds<const FIRST: usize, V: Vector<Word = u32>>(
    s: &mut [V; 8],
    words: &mut [V; 16],
    constant: u32,
) {
    let constant = V::splat(constant);
    in_a_row!(ROUND in [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19] {
        let t = FIRST + ROUND;
        // Where the numbers a to e are, of which a comes to stand where e was.
        let [a, b, c, d, e] = [80 - t, 81 - t, 82 - t, 83 - t, 84 - t].map(|place| place % 5);
        let word = |back: usize| (t + 16 - back) % 16;
        if t >= 16 {
            let mixed = words[word(3)].xor(words[word(8)]).xor(words[word(14)]);
            words[word(16)] = mixed.xor(words[word(16)]).rotate_right(31);
        }
        let mixed = match FIRST {
            0 => s[b].choose(s[c], s[d]),
            40 => s[b].majority(s[c], s[d]),
            _ => s[b].parity(s[c], s[d]),
        };
        let added = s[e].add(constant).add(words[word(16)]).add(mixed);
        s[e] = added.add(s[a].rotate_right(27));
        s[b] = s[b].rotate_right(2);
    });
}

/// The distances of SHA-2's six functions of one number (FIPS 180-4 §4.1): the last of the lower-case
/// sigmas' is a shift.
struct Distances {
    big: [[u32; 3]; 2],
    small: [[u32; 3]; 2],
}

const DISTANCES_32: Distances =
    Distances { big: [[2, 13, 22], [6, 11, 25]], small: [[7, 18, 3], [17, 19, 10]] };
const DISTANCES_64: Distances =
    Distances { big: [[28, 34, 39], [14, 18, 41]], small: [[1, 8, 7], [19, 61, 6]] };

#[inline(always)]
fn big_sigma<V: Vector>(x: V, [a, b, c]: [u32; 3]) -> V {
    x.rotate_right(a).parity(x.rotate_right(b), x.rotate_right(c))
}

#[inline(always)]
fn small_sigma<V: Vector>(x: V, [a, b, c]: [u32; 3]) -> V {
    x.rotate_right(a).parity(x.rotate_right(b), x.shift_right(c))
}

/// The compression of SHA-256 and SHA-512 (FIPS 180-4 §6.2.2 and §6.4.2), with as many rounds as
/// there are constants.
#[inline(always)]
fn compress_sha2<V: Vector>(
    state: &mut [V; 8],
    mut words: [V; 16],
    distances: &Distances,
    constants: &[V::Word],
) {
    let mut s = *state;
    let (others, last) = constants.split_at(constants.len() - 16);
    for constants in others.chunks_exact(16) {
        sixteen_rounds::<true, V>(&mut s, &mut words, distances, constants);
    }
    sixteen_rounds::<false, V>(&mut s, &mut words, distances, last);
    for (state, s) in state.iter_mut().zip(s) {
        *state = state.add(s);
    }
}

/// As many rounds as there are words. Each word gives way at once to the one sixteen rounds later, if
/// there are `MORE` rounds: that work is then spread evenly and waits for nothing.
#[inline(always)]
fn sixteen_rounds<const MORE: bool, V: Vector>(
    s: &mut [V; 8],
    words: &mut [V; 16],
    distances: &Distances,
    constants: &[V::Word],
) {
    let ([big0, big1], [small0, small1]) = (distances.big, distances.small);
    in_a_row!(T in [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15] {
        let [a, b, c, d, e, f, g, h] = [
            16 - T, 17 - T, 18 - T, 19 - T, 20 - T, 21 - T, 22 - T, 23 - T,
        ].map(|place| place % 8);
        let added = s[h].add(V::splat(constants[T])).add(words[T]);
        let added = added.add(s[e].choose(s[f], s[g])).add(big_sigma(s[e], big1));
        s[d] = s[d].add(added);
        let mixed = s[a].majority(s[b], s[c]).add(big_sigma(s[a], big0));
        s[h] = added.add(mixed);
        if MORE {
            let word = |ahead: usize| words[(T + ahead) % 16];
            let mixed = small_sigma(word(14), small1).add(word(9));
            words[T] = words[T].add(mixed).add(small_sigma(word(1), small0));
        }
    });
}

/// SHA-256.
#[derive(Debug)]
pub struct Sha256;

impl Hash for Sha256 {
    type Word = u32;
    type Digest = [u8; 32];
    const ZEROS: Self::Digest = [0; 32];
    const START: [u32; 8] = {
        let (mut start, mut i) = ([0; 8], 0);
        while i < 8 {
            start[i] = (SQUARE_ROOTS[i] >> 32) as u32;
            i += 1;
        }
        start
    };
    const INDEX: usize = 1;

    fn library() -> &'static Algorithm {
        &digest::SHA256
    }

    #[inline(always)]
    fn compress<V: Vector<Word = u32>>(state: &mut [V; 8], block: [V; 16]) {
        static CONSTANTS: [u32; 64] = halves(&CUBE_ROOTS);
        compress_sha2(state, block, &DISTANCES_32, &CONSTANTS);
    }
}

/// SHA-512 with another start: SHA-384 takes the square roots of the ninth to the sixteenth prime.
macro_rules! sha512 {
    ($name:ident, $doc:literal, $octets:literal, $first:literal, $index:literal, $library:ident) => {
        #[doc = $doc]
        #[derive(Debug)]
        pub struct $name;

        impl Hash for $name {
            type Word = u64;
            type Digest = [u8; $octets];
            const ZEROS: Self::Digest = [0; $octets];
            const START: [u64; 8] = {
                let (mut start, mut i) = ([0; 8], 0);
                while i < 8 {
                    start[i] = SQUARE_ROOTS[$first + i];
                    i += 1;
                }
                start
            };
            const INDEX: usize = $index;

            fn library() -> &'static Algorithm {
                &digest::$library
            }

            #[inline(always)]
            fn compress<V: Vector<Word = u64>>(state: &mut [V; 8], block: [V; 16]) {
                static CONSTANTS: [u64; 80] = CUBE_ROOTS;
                compress_sha2(state, block, &DISTANCES_64, &CONSTANTS);
            }
        }
    };
}

sha512!(Sha384, "SHA-384.", 48, 8, 2, SHA384);
sha512!(Sha512, "SHA-512.", 64, 0, 3, SHA512);
