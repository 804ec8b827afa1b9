//! Words side by side, one for each message, and the few operations on them that digests need.
//!
//! The digests are written once over [`Vector`]. [`Emulated`] carries it out word by word, so that
//! every number of lanes is tested on every machine; `avx2.rs` and `avx512.rs` do it with an
//! instruction or a few each.

use super::groups::Messages;
#[cfg(test)]
use super::groups::blocks;

/// A word of a digest: 32 bits for SHA-1 and SHA-256, 64 for SHA-384 and SHA-512.
pub trait Word: Copy + Default + 'static {
    /// All bits.
    const ONES: Self;
    /// Sixteen of them as octets, which is what a digest takes in at a time.
    type Block: Copy + AsRef<[u8]> + AsMut<[u8]>;
    /// A block of zeros.
    const ZEROS: Self::Block;
    /// Eight of them as octets, of which a digest is the first.
    type Line: Copy + AsRef<[u8]> + AsMut<[u8]>;
    /// A line of zeros, to be written over.
    const EMPTY: Self::Line;
    /// Octets of the number of bits that ends a padded message (FIPS 180-4 §5.1).
    const LENGTH_OCTETS: usize;

    /// The word, most significant octet first, into as many octets.
    fn write(self, octets: &mut [u8]);
    /// The word whose octets these are, most significant first.
    fn read(octets: &[u8]) -> Self;
}

macro_rules! word {
    ($word:ty) => {
        impl Word for $word {
            const ONES: Self = Self::MAX;
            type Block = [u8; 16 * size_of::<$word>()];
            const ZEROS: Self::Block = [0; 16 * size_of::<$word>()];
            type Line = [u8; 8 * size_of::<$word>()];
            const EMPTY: Self::Line = [0; 8 * size_of::<$word>()];
            const LENGTH_OCTETS: usize = 2 * size_of::<$word>();

            #[inline(always)]
            fn write(self, octets: &mut [u8]) {
                octets.copy_from_slice(&self.to_be_bytes());
            }

            #[inline(always)]
            fn read(octets: &[u8]) -> Self {
                octets.iter().fold(0, |word, &octet| word << 8 | Self::from(octet))
            }
        }
    };
}

word!(u32);
word!(u64);

/// The most lanes that a vector has.
pub const MOST_LANES: usize = 16;

/// A word in each lane.
pub trait Vector: Copy {
    /// What is in a lane.
    type Word: Word;
    /// How many there are, [`MOST_LANES`] at most.
    const LANES: usize;

    /// The same word in all lanes.
    fn splat(word: Self::Word) -> Self;
    /// A word for each lane, from [`Self::LANES`] of them.
    fn from_words(words: &[Self::Word]) -> Self;
    /// The word of each lane, into [`Self::LANES`] of them.
    fn write(self, words: &mut [Self::Word]);
    /// The block of that number of each message at these places, [`Self::LANES`] of them at most:
    /// result `i` has the word `i` of each.
    fn read<const P: usize>(
        messages: &impl Messages<P>,
        places: &[u32],
        number: usize,
    ) -> [Self; 16];
    /// Writes the eight words of each lane into a line, most significant octets first.
    #[inline(always)]
    fn write_lines(words: [Self; 8], lines: &mut [<Self::Word as Word>::Line; MOST_LANES]) {
        let mut all = [[Self::Word::default(); MOST_LANES]; 8];
        for (all, words) in all.iter_mut().zip(words) {
            words.write(&mut all[..Self::LANES]);
        }
        for (lane, line) in lines.iter_mut().enumerate().take(Self::LANES) {
            for (octets, words) in line.as_mut().chunks_exact_mut(size_of::<Self::Word>()).zip(&all)
            {
                words[lane].write(octets);
            }
        }
    }
    /// `self + other`, wrapping.
    fn add(self, other: Self) -> Self;
    /// Bits that exactly one has.
    fn xor(self, other: Self) -> Self;
    /// Turned to the right by less than a word.
    fn rotate_right(self, bits: u32) -> Self;
    /// Shifted to the right by less than a word.
    fn shift_right(self, bits: u32) -> Self;
    /// Where `self` has a bit that of `a`, elsewhere that of `b`: FIPS 180-4's `Ch`.
    fn choose(self, a: Self, b: Self) -> Self;
    /// Bits that two or three have: FIPS 180-4's `Maj`.
    fn majority(self, a: Self, b: Self) -> Self;
    /// Bits that one or three have: FIPS 180-4's `Parity`.
    #[inline(always)]
    fn parity(self, a: Self, b: Self) -> Self {
        self.xor(a).xor(b)
    }
}

/// Word by word, with any number of lanes. Operations stay calls, or else there would be minutes of
/// compiling.
#[cfg(test)]
#[derive(Clone, Copy, Debug)]
pub struct Emulated<W, const LANES: usize>([W; LANES]);

#[cfg(test)]
macro_rules! emulated {
    ($word:ty) => {
        impl<const LANES: usize> Vector for Emulated<$word, LANES> {
            type Word = $word;
            const LANES: usize = LANES;

            #[inline(never)]
            fn splat(word: $word) -> Self {
                Self([word; LANES])
            }

            fn from_words(words: &[$word]) -> Self {
                Self(std::array::from_fn(|lane| words[lane]))
            }

            fn write(self, words: &mut [$word]) {
                words.copy_from_slice(&self.0);
            }

            fn read<const P: usize>(
                messages: &impl Messages<P>,
                places: &[u32],
                number: usize,
            ) -> [Self; 16] {
                let blocks = blocks::<$word, P>(messages, places, number);
                let len = size_of::<$word>();
                let word = |i: usize, lane: usize| {
                    let octets = &blocks[lane][i * len..][..len];
                    <$word>::from_be_bytes(octets.try_into().unwrap())
                };
                std::array::from_fn(|i| Self(std::array::from_fn(|lane| word(i, lane))))
            }

            #[inline(never)]
            fn add(self, other: Self) -> Self {
                Self(std::array::from_fn(|lane| self.0[lane].wrapping_add(other.0[lane])))
            }

            #[inline(never)]
            fn xor(self, other: Self) -> Self {
                Self(std::array::from_fn(|lane| self.0[lane] ^ other.0[lane]))
            }

            #[inline(never)]
            fn rotate_right(self, bits: u32) -> Self {
                Self(self.0.map(|word| word.rotate_right(bits)))
            }

            #[inline(never)]
            fn shift_right(self, bits: u32) -> Self {
                Self(self.0.map(|word| word >> bits))
            }

            #[inline(never)]
            fn choose(self, a: Self, b: Self) -> Self {
                let word = |x: $word, a: $word, b: $word| (x & a) | (!x & b);
                Self(std::array::from_fn(|lane| word(self.0[lane], a.0[lane], b.0[lane])))
            }

            #[inline(never)]
            fn majority(self, a: Self, b: Self) -> Self {
                let word = |x: $word, a: $word, b: $word| (x & a) | (x & b) | (a & b);
                Self(std::array::from_fn(|lane| word(self.0[lane], a.0[lane], b.0[lane])))
            }
        }
    };
}

#[cfg(test)]
emulated!(u32);
#[cfg(test)]
emulated!(u64);
