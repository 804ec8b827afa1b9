//! The hash of NSEC3 in lanes: SHA-1 over a name and the salt, and then over the hash and the salt as
//! often as asked for (RFC 5155 §5).

use super::groups::{self, Blocks, Message, States, write_block};
use super::hash::{Hash, Sha1};
use super::vector::{Vector, Word};

/// Words of a hash.
const WORDS: usize = 5;

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

/// The hashes of the names and salts at these places, sorted by their blocks, so many at a time.
pub fn hash_all(
    lanes: usize,
    compress: impl Fn(&mut States<u32>, &Blocks<u32>),
    iterate: impl Fn(&mut States<u32>, &Again),
    messages: &[Message<'_, 2>],
    places: &[u32],
    again: &Again,
    hashes: &mut [[u8; 20]],
) {
    for places in places.chunks(lanes) {
        let mut states = groups::states::<Sha1, 2>(&compress, messages, places);
        if again.iterations > 0 {
            iterate(&mut states, again);
        }
        for (lane, &place) in places.iter().enumerate() {
            hashes[place as usize] = groups::digest::<Sha1>(&states, lane);
        }
    }
}

/// Hashes the hashes again, in vectors of this kind: they do not leave the registers.
#[inline(always)]
pub fn iterate<V: Vector<Word = u32>>(states: &mut States<u32>, again: &Again) {
    let mut hash = [V::splat(0); 8];
    for (hash, words) in hash.iter_mut().zip(&*states).take(WORDS) {
        *hash = V::from_words(&words[..V::LANES]);
    }
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
    for (words, hash) in states.iter_mut().zip(hash).take(WORDS) {
        hash.write(&mut words[..V::LANES]);
    }
}
