//! Repeatable randomness: a stream of its own for each thing that is made, whichever thread makes it.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

/// What a stream is for. Streams for different purposes have nothing in common.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    Key = 1,
    Label,
    Hoster,
    Delegation,
    Bad,
    Bucket,
    Shuffle,
}

/// A stream of random numbers. The drawing is done here and not by a library, whose next version
/// might draw otherwise: the same seed must mean the same zone.
#[derive(Clone, Debug)]
pub struct Random(pub ChaCha8Rng);

impl Random {
    /// The stream `number` for a purpose.
    pub fn new(seed: u64, purpose: Purpose, number: u64) -> Self {
        let mut octets = [0; 32];
        octets[..8].copy_from_slice(&seed.to_le_bytes());
        octets[8] = purpose as u8;
        let mut stream = ChaCha8Rng::from_seed(octets);
        stream.set_stream(number);
        Self(stream)
    }

    /// A number below `bound`, which is not zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.0.next_u64()) * u128::from(bound);
        #[allow(clippy::cast_possible_truncation, reason = "below the bound")]
        {
            (wide >> 64) as u64
        }
    }

    /// A number from `least` to `most`, both included.
    pub fn between(&mut self, least: usize, most: usize) -> usize {
        #[allow(clippy::cast_possible_truncation, reason = "at most `most`")]
        {
            least + self.below((most - least) as u64 + 1) as usize
        }
    }

    /// A number from 0 up to 1.
    #[allow(clippy::cast_precision_loss, reason = "53 bits are what an f64 holds")]
    pub fn fraction(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True with this probability.
    pub fn chance(&mut self, share: f64) -> bool {
        self.fraction() < share
    }

    /// One of several, of which there is at least one.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.between(0, list.len() - 1)]
    }

    /// Random octets.
    pub fn octets<const N: usize>(&mut self) -> [u8; N] {
        let mut octets = [0; N];
        self.0.fill_bytes(&mut octets);
        octets
    }
}
