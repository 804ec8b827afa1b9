//! RSA under one key, signatures by the batch: PKCS #1 v1.5 with SHA-1, SHA-256 and SHA-512
//! (RFC 3110, RFC 5702), moduli of 512 to 4096 bits, any exponent.
//!
//! - [`power`] is the algorithm, [`columns`] its products, generic over the [`digits`] of a kernel;
//!   [`scalar`] does the same word by word.
//! - [`encoding`] is what a signature must be a root of, [`numbers`] a key's numbers.
//! - [`kernels`] are the ways in.

#[cfg(target_arch = "x86_64")]
pub mod avx2;
mod columns;
mod digits;
mod encoding;
pub mod kernels;
mod numbers;
mod power;
mod scalar;

#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use crate::crypto::{Item, PreparedKey, Refusal, RsaHash, RsaKey};

#[cfg(target_arch = "x86_64")]
use super::ifma::avx512;
use super::kernels::Choice;
#[cfg(target_arch = "x86_64")]
use super::kernels::{Tried, chosen};
use kernels::{Kernel, Words};
use numbers::Numbers;
use power::{Constants, Question};

/// With fewer signatures the lanes stay empty, and what is computed for the key costs more than they
/// save.
const FEWEST_SIGNATURES: usize = 5;

/// Signatures that a call wants at best: enough to fill all lanes many times, few enough that their
/// hashes stay in cache.
const BATCH: usize = 256;

/// Prepares a key with the kernel that is chosen, if it is faster than the libraries.
pub fn prepare(key: &RsaKey, signatures: usize) -> Result<Box<dyn PreparedKey>, Refusal> {
    if signatures < FEWEST_SIGNATURES {
        return Err(Refusal::Unsupported);
    }
    #[cfg(target_arch = "x86_64")]
    let choice = chosen(Tried::Rsa);
    #[cfg(target_arch = "x86_64")]
    match (choice, avx512::Available::detect(), avx2::Available::detect()) {
        (Choice::Ifma, Some(available), _) => {
            return Ok(Box::new(Prepared::<kernels::EightLanes>::new(available, choice, key)));
        }
        (Choice::Avx2, _, Some(available)) => {
            return Ok(Box::new(Prepared::<kernels::FourLanes>::new(available, choice, key)));
        }
        _ => {}
    }
    // Word by word the libraries with assembly take half the time, but not every key.
    if key.modulus_bits() >= 1024 && key.exponent_bits() <= 33 {
        return Err(Refusal::Unsupported);
    }
    Ok(Box::new(Prepared::<Words>::new((), Choice::Portable, key)))
}

/// A key, and what its signatures share, which is computed when the first of them is verified.
struct Prepared<K: Kernel> {
    token: K::Token,
    choice: Choice,
    hash: RsaHash,
    modulus: Box<[u8]>,
    numbers: Numbers,
    constants: OnceLock<Constants>,
}

impl<K: Kernel> Prepared<K> {
    fn new(token: K::Token, choice: Choice, key: &RsaKey) -> Self {
        let (hash, modulus) = (key.hash(), key.modulus().into());
        let (numbers, constants) = (Numbers::new(key), OnceLock::new());
        Self { token, choice, hash, modulus, numbers, constants }
    }
}

impl<K: Kernel> PreparedKey for Prepared<K> {
    fn batch_size(&self) -> usize {
        BATCH
    }

    fn kernel(&self) -> Option<&'static str> {
        Some(self.choice.name())
    }

    fn verify_batch(&self, items: &[Item<'_>], holds: &mut [bool]) {
        debug_assert_eq!(items.len(), holds.len());
        let constants = self.constants.get_or_init(|| K::constants(self.token, &self.numbers));
        for (items, holds) in items.chunks(BATCH).zip(holds.chunks_mut(BATCH)) {
            holds.fill(false);
            // RFC 8017 §8.2.2 step 1 and §5.2.2 step 1: as long as the modulus, and below it. Equally
            // long octets are in the order of their numbers.
            let in_range = |item: &Item<'_>| {
                item.signature.len() == self.modulus.len() && *item.signature < *self.modulus
            };
            let places: Vec<_> = (0..items.len()).filter(|&i| in_range(&items[i])).collect();
            let messages: Vec<_> = places.iter().map(|&i| items[i].message).collect();
            let digests = encoding::digests(self.hash, &messages);
            let questions: Vec<_> = places
                .iter()
                .zip(&digests)
                .map(|(&i, hash)| Question { signature: items[i].signature, hash })
                .collect();
            let mut answers = vec![false; questions.len()];
            K::verify(self.token, constants, &questions, &mut answers);
            for (i, answer) in places.into_iter().zip(answers) {
                holds[i] = answer;
            }
        }
    }
}

impl<K: Kernel> std::fmt::Debug for Prepared<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RsaKey").field("bits", &self.numbers.bits()).finish_non_exhaustive()
    }
}
