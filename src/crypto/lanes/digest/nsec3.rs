//! The hash of NSEC3 in lanes: SHA-1 over a name and the salt, and then over the hash and the salt as
//! often as asked for (RFC 5155 §5).

use super::groups::{self, Message, Messages, write_block};
use super::hash::{Hash, Sha1};
use super::vector::{Vector, Word};

/// Words of a hash.
const WORDS: usize = 5;

/// Names, each of which is hashed with the same salt behind it.
pub struct Salted<'n> {
    /// The names, in wire form.
    pub names: &'n [&'n [u8]],
    /// The salt.
    pub salt: &'n [u8],
}

impl Messages<2> for Salted<'_> {
    #[inline(always)]
    fn len(&self) -> usize {
        self.names.len()
    }

    #[inline(always)]
    fn at(&self, place: usize) -> Message<'_, 2> {
        [self.names[place], self.salt]
    }
}

/// What is hashed after the first time: the hash, which is filled in, the salt, and the padding, as
/// the words of its blocks. They are the same in all lanes.
pub struct Again {
    blocks: Vec<[u32; 16]>,
    iterations: u16,
}

impl Again {
    /// So many times, with this salt.
    pub fn new(iterations: u16, salt: &[u8]) -> Self {
        let message = [&[0; 4 * WORDS][..], salt];
        let words = |number| {
            let mut block = u32::ZEROS;
            write_block::<u32, 2>(&message, number, &mut block);
            let mut words = [0; 16];
            for (word, octets) in words.iter_mut().zip(block.chunks_exact(4)) {
                *word = u32::read(octets);
            }
            words
        };
        Self { blocks: (0..groups::count::<u32, 2>(&message)).map(words).collect(), iterations }
    }

    /// How often it is hashed again.
    pub fn iterations(&self) -> u16 {
        self.iterations
    }
}

/// The hashes of the names at these places, sorted by their blocks, as many at a time as there are
/// lanes.
#[inline(always)]
pub fn hash_all<V: Vector<Word = u32>>(
    names: &Salted<'_>,
    places: &[u32],
    again: &Again,
    hashes: &mut [[u8; 20]],
) {
    for places in places.chunks(V::LANES) {
        let hash = iterate(groups::states::<Sha1, V, 2>(names, places), again);
        groups::write_digests::<Sha1, V>(hash, places, hashes);
    }
}

/// Hashes the hashes again: they do not leave the registers.
#[inline(always)]
fn iterate<V: Vector<Word = u32>>(mut hash: [V; 8], again: &Again) -> [V; 8] {
    for _ in 0..again.iterations {
        let mut state = [V::splat(0); 8];
        for (vector, word) in state.iter_mut().zip(Sha1::START) {
            *vector = V::splat(word);
        }
        for (number, words) in again.blocks.iter().enumerate() {
            let mut block = [V::splat(0); 16];
            for (vector, &word) in block.iter_mut().zip(words) {
                *vector = V::splat(word);
            }
            if number == 0 {
                block[..WORDS].copy_from_slice(&hash[..WORDS]);
            }
            Sha1::compress(&mut state, block);
        }
        hash = state;
    }
    hash
}
