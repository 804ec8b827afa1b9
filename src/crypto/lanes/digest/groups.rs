//! Messages of any lengths side by side: padded block by block, sorted by how many blocks they have,
//! as many at a time as there are lanes.

use super::hash::Hash;
use super::vector::{MOST_LANES, Vector, Word};

/// A message as the parts that it is put together of.
pub type Message<'m, const P: usize> = [&'m [u8]; P];

/// Messages by their places.
pub trait Messages<const P: usize> {
    /// How many there are.
    fn len(&self) -> usize;
    /// The one at this place.
    fn at(&self, place: usize) -> Message<'_, P>;
}

impl<const P: usize> Messages<P> for &[Message<'_, P>] {
    #[inline(always)]
    fn len(&self) -> usize {
        <[_]>::len(self)
    }

    #[inline(always)]
    fn at(&self, place: usize) -> Message<'_, P> {
        self[place]
    }
}

/// Messages of more blocks are left to the library: among a few of them, of uneven lengths, most
/// lanes would wait for the longest.
pub const MOST_BLOCKS: usize = 24;

/// The octets of a message.
#[inline(always)]
pub fn len<const P: usize>(message: &Message<'_, P>) -> usize {
    let mut len = 0;
    for part in message {
        len += part.len();
    }
    len
}

/// The blocks that a message has with its padding.
#[inline(always)]
pub fn count<W: Word, const P: usize>(message: &Message<'_, P>) -> usize {
    blocks_of::<W>(len(message))
}

/// The blocks of so many octets, with at least one bit and the length (FIPS 180-4 §5.1).
#[inline(always)]
fn blocks_of<W: Word>(len: usize) -> usize {
    (len + 1 + W::LENGTH_OCTETS).div_ceil(size_of::<W::Block>())
}

/// Writes the block of that number of a message, padding included.
#[inline(always)]
pub fn write_block<W: Word, const P: usize>(
    message: &Message<'_, P>,
    number: usize,
    block: &mut W::Block,
) {
    let size = size_of::<W::Block>();
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

/// A block for each lane, of which there may be fewer.
pub type Blocks<W> = [<W as Word>::Block; MOST_LANES];

/// The block of that number of each message at these places, written.
#[inline(always)]
pub fn blocks<W: Word, const P: usize>(
    messages: &impl Messages<P>,
    places: &[u32],
    number: usize,
) -> Blocks<W> {
    let mut blocks = [W::ZEROS; MOST_LANES];
    for (&place, block) in places.iter().zip(&mut blocks) {
        write_block::<W, P>(&messages.at(place as usize), number, block);
    }
    blocks
}

/// The states after the last block of each of at most as many messages as there are lanes. Their
/// blocks do not get fewer from one to the next.
#[inline(always)]
pub fn states<H: Hash, V: Vector<Word = H::Word>, const P: usize>(
    messages: &impl Messages<P>,
    places: &[u32],
) -> [V; 8] {
    let mut states = [V::splat(H::START[0]); 8];
    for (states, word) in states.iter_mut().zip(H::START) {
        *states = V::splat(word);
    }
    let count = |&place: &u32| count::<H::Word, P>(&messages.at(place as usize));
    let (fewest, most) = (places.first().map_or(0, count), places.last().map_or(0, count));
    for number in 0..most {
        let before = states;
        H::compress(&mut states, V::read::<P>(messages, places, number));
        if number >= fewest {
            // Those that were done before have gone on with a block that means nothing.
            let mut done = [H::Word::default(); MOST_LANES];
            let ended = places.partition_point(|place| count(place) <= number);
            done[..ended].fill(H::Word::ONES);
            let done = V::from_words(&done[..V::LANES]);
            for (state, before) in states.iter_mut().zip(before) {
                *state = done.choose(before, *state);
            }
        }
    }
    states
}

/// Writes the digests of messages to their places.
#[inline(always)]
pub fn write_digests<H: Hash, V: Vector<Word = H::Word>>(
    states: [V; 8],
    places: &[u32],
    digests: &mut [H::Digest],
) {
    let mut lines = [H::Word::EMPTY; MOST_LANES];
    V::write_lines(states, &mut lines);
    for (&place, line) in places.iter().zip(&lines) {
        let octets = &line.as_ref()[..size_of::<H::Digest>()];
        digests[place as usize].as_mut().copy_from_slice(octets);
    }
}

/// Hashes the messages at these places, sorted by their blocks, as many at a time as there are lanes.
#[inline(always)]
pub fn hash_all<H: Hash, V: Vector<Word = H::Word>, const P: usize>(
    messages: &impl Messages<P>,
    places: &[u32],
    digests: &mut [H::Digest],
) {
    for places in places.chunks(V::LANES) {
        write_digests::<H, V>(states::<H, V, P>(messages, places), places, digests);
    }
}

/// The places of messages of at most [`MOST_BLOCKS`] blocks, those with fewer blocks first, and the
/// places of all others.
#[allow(clippy::cast_possible_truncation, reason = "a batch has not billions of messages")]
pub fn sorted<W: Word, const P: usize>(messages: &impl Messages<P>) -> (Vec<u32>, Vec<u32>) {
    let all = 0..messages.len();
    let (mut shortest, mut longest) = (usize::MAX, 0);
    for place in all.clone() {
        let len = len(&messages.at(place));
        (shortest, longest) = (shortest.min(len), longest.max(len));
    }
    let most = blocks_of::<W>(longest);
    if most <= MOST_BLOCKS && blocks_of::<W>(shortest.min(longest)) == most {
        return (all.map(|place| place as u32).collect(), Vec::new());
    }
    let size = |place| count::<W, P>(&messages.at(place)).min(MOST_BLOCKS + 1);
    let mut ends = [0_usize; MOST_BLOCKS + 2];
    for place in all.clone() {
        ends[size(place)] += 1;
    }
    let mut sum = 0;
    for end in &mut ends {
        (*end, sum) = (sum, sum + *end);
    }
    let mut places = vec![0; messages.len()];
    for place in all {
        let end = &mut ends[size(place)];
        places[*end] = place as u32;
        *end += 1;
    }
    let long = places.split_off(ends[MOST_BLOCKS]);
    (places, long)
}
