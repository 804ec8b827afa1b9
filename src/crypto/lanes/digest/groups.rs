//! Messages of any lengths side by side: padded block by block, sorted by how many blocks they have,
//! as many at a time as there are lanes.

use super::hash::Hash;
use super::vector::{MOST_LANES, Vector, Word};

/// A message as the parts that it is put together of.
pub type Message<'m, const P: usize> = [&'m [u8]; P];

/// Messages of more blocks are left to the library: among a few of them, of uneven lengths, most
/// lanes would wait for the longest.
pub const MOST_BLOCKS: usize = 24;

/// The octets of a message.
fn len<const P: usize>(message: &Message<'_, P>) -> usize {
    message.iter().map(|part| part.len()).sum()
}

/// The blocks that a message has with its padding: at least one bit and the length (FIPS 180-4 §5.1).
pub fn count<W: Word, const P: usize>(message: &Message<'_, P>) -> usize {
    (len(message) + 1 + W::LENGTH_OCTETS).div_ceil(W::ZEROS.as_ref().len())
}

/// Writes the block of that number of a message, padding included.
pub fn write_block<W: Word, const P: usize>(
    message: &Message<'_, P>,
    number: usize,
    block: &mut W::Block,
) {
    let size = W::ZEROS.as_ref().len();
    let (len, start) = (len(message), number * size);
    let end = start + size;
    if len < end {
        *block = W::ZEROS;
    }
    let block = block.as_mut();
    let mut begin = 0;
    for part in message {
        let (from, to) = (start.max(begin), end.min(begin + part.len()));
        if from < to {
            block[from - start..to - start].copy_from_slice(&part[from - begin..to - begin]);
        }
        begin += part.len();
    }
    if (start..end).contains(&len) {
        block[len - start] = 0x80;
    }
    if len + 1 + W::LENGTH_OCTETS <= end {
        block[size - 8..].copy_from_slice(&(8 * len as u64).to_be_bytes());
    }
}

/// The words of a group's states, those of a lane one below the other.
pub type States<W> = [[W; MOST_LANES]; 8];

/// A block for each lane. Those past the last lane of a kernel are not looked at.
pub type Blocks<W> = [<W as Word>::Block; MOST_LANES];

/// The states before the first block.
pub fn start<H: Hash>() -> States<H::Word> {
    H::START.map(|word| [word; MOST_LANES])
}

/// Takes in a block for each lane, in vectors of this kind.
#[inline(always)]
pub fn compress<H: Hash, V: Vector<Word = H::Word>>(
    states: &mut States<H::Word>,
    blocks: &Blocks<H::Word>,
) {
    let mut state = [V::splat(H::START[0]); 8];
    for (vector, words) in state.iter_mut().zip(&*states) {
        *vector = V::from_words(&words[..V::LANES]);
    }
    H::compress(&mut state, V::load(&blocks[..V::LANES]));
    for (words, vector) in states.iter_mut().zip(state) {
        vector.write(&mut words[..V::LANES]);
    }
}

/// The states after the last block of each of at most as many messages as there are lanes. Their
/// blocks do not get fewer from one to the next.
pub fn states<H: Hash, const P: usize>(
    compress: &impl Fn(&mut States<H::Word>, &Blocks<H::Word>),
    messages: &[Message<'_, P>],
    places: &[u32],
) -> States<H::Word> {
    let mut states = start::<H>();
    let mut blocks = [H::Word::ZEROS; MOST_LANES];
    let mut last = states;
    let (mut number, mut done) = (0, 0);
    while done < places.len() {
        for (&place, block) in places.iter().zip(&mut blocks).skip(done) {
            write_block::<H::Word, P>(&messages[place as usize], number, block);
        }
        compress(&mut states, &blocks);
        number += 1;
        let before = done;
        let is_done = |place: u32| count::<H::Word, P>(&messages[place as usize]) == number;
        while places.get(done).is_some_and(|&place| is_done(place)) {
            done += 1;
        }
        if done > before {
            // Those that were done earlier have gone on with blocks that mean nothing.
            for (last, words) in last.iter_mut().zip(&states) {
                last[before..done].copy_from_slice(&words[before..done]);
            }
        }
    }
    last
}

/// The digest in a lane.
pub fn digest<H: Hash>(states: &States<H::Word>, lane: usize) -> H::Digest {
    let mut digest = H::ZEROS;
    for (octets, words) in digest.as_mut().chunks_exact_mut(size_of::<H::Word>()).zip(states) {
        words[lane].write(octets);
    }
    digest
}

/// Hashes the messages at these places, sorted by their blocks, so many at a time.
pub fn hash_all<H: Hash, const P: usize>(
    lanes: usize,
    compress: impl Fn(&mut States<H::Word>, &Blocks<H::Word>),
    messages: &[Message<'_, P>],
    places: &[u32],
    digests: &mut [H::Digest],
) {
    for places in places.chunks(lanes) {
        let states = states::<H, P>(&compress, messages, places);
        for (lane, &place) in places.iter().enumerate() {
            digests[place as usize] = digest::<H>(&states, lane);
        }
    }
}

/// The places of messages of at most [`MOST_BLOCKS`] blocks, those with fewer blocks first, and the
/// places of all others.
#[allow(clippy::cast_possible_truncation, reason = "a batch has not billions of messages")]
pub fn sorted<W: Word, const P: usize>(messages: &[Message<'_, P>]) -> (Vec<u32>, Vec<u32>) {
    let size = |message| count::<W, P>(message).min(MOST_BLOCKS + 1);
    let mut ends = [0_usize; MOST_BLOCKS + 2];
    for message in messages {
        ends[size(message)] += 1;
    }
    let mut sum = 0;
    for end in &mut ends {
        (*end, sum) = (sum, sum + *end);
    }
    let mut places = vec![0; messages.len()];
    for (place, message) in messages.iter().enumerate() {
        let end = &mut ends[size(message)];
        places[*end] = place as u32;
        *end += 1;
    }
    let long = places.split_off(ends[MOST_BLOCKS]);
    (places, long)
}
