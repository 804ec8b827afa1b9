//! Digests of many short messages at once, side by side in the lanes of a vector.
//!
//! A zone's signed data and its names are short, one to five blocks each, and there are millions.
//! [`hash`] is the algorithms and [`vector`] what they compute with; [`groups`] pads messages and
//! puts those of like length beside each other, [`nsec3`] hashes names, and [`kernels`] chooses what
//! runs here: vectors only where they are faster than the library, whose code uses the processor's
//! instructions for digests.
#![cfg_attr(
    not(target_arch = "x86_64"),
    allow(dead_code, unused_imports, reason = "elsewhere the library hashes alone")
)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod groups;
mod hash;
mod kernels;
mod nsec3;
mod roots;
#[cfg(test)]
mod tests;
mod vector;

pub use hash::{Hash, Sha1, Sha256, Sha384, Sha512};
pub use kernels::{InVectors, Kernel};

use groups::{Message, sorted};
use nsec3::{Again, Salted};

use crate::crypto::nsec3_hash;

/// The digest of each message, each message being the concatenation of its parts: that of
/// `&[[r, a, m]]` is the digest of `r ‖ a ‖ m`.
pub fn digests<H: InVectors, const P: usize>(messages: &[Message<'_, P>]) -> Vec<H::Digest> {
    let kernel = kernels::chosen::<H>();
    hash_by::<H, P>(kernel, kernel.fewest::<H>(), messages)
}

/// The same by this kernel, whether that is faster or not: to be compared.
pub fn digests_by<H: InVectors, const P: usize>(
    kernel: Kernel,
    messages: &[Message<'_, P>],
) -> Vec<H::Digest> {
    hash_by::<H, P>(kernel, Some(1), messages)
}

/// The hashes of names in NSEC3; see [`nsec3_hashes`](crate::crypto::nsec3_hashes).
pub fn nsec3_hashes(names: &[&[u8]], iterations: u16, salt: &[u8]) -> Vec<[u8; 20]> {
    let kernel = kernels::chosen::<Sha1>();
    hash_names_by(kernel, kernel.fewest::<Sha1>(), names, iterations, salt)
}

/// The same by this kernel, whether that is faster or not: to be compared.
pub fn nsec3_hashes_by(
    kernel: Kernel,
    names: &[&[u8]],
    iterations: u16,
    salt: &[u8],
) -> Vec<[u8; 20]> {
    hash_names_by(kernel, Some(1), names, iterations, salt)
}

fn hash_by<H: InVectors, const P: usize>(
    kernel: Kernel,
    fewest: Option<usize>,
    messages: &[Message<'_, P>],
) -> Vec<H::Digest> {
    let Some(fewest) = fewest.filter(|&fewest| messages.len() >= fewest) else {
        return messages.iter().map(kernels::one::<H, P>).collect();
    };
    let mut digests = vec![H::ZEROS; messages.len()];
    let (places, long) = sorted::<H::Word, P>(&messages);
    let (places, rest) = split(&places, kernel.lanes::<H>(), fewest);
    kernel.hash::<H, P>(messages, places, &mut digests);
    for places in [rest, &long] {
        Kernel::OneByOne.hash::<H, P>(messages, places, &mut digests);
    }
    digests
}

fn hash_names_by(
    kernel: Kernel,
    fewest: Option<usize>,
    names: &[&[u8]],
    iterations: u16,
    salt: &[u8],
) -> Vec<[u8; 20]> {
    let Some(fewest) = fewest.filter(|&fewest| names.len() >= fewest) else {
        return names.iter().map(|name| nsec3_hash(name, iterations, salt)).collect();
    };
    let mut hashes = vec![[0; 20]; names.len()];
    let names = Salted { names, salt };
    let again = Again::new(iterations, salt);
    let (places, long) = sorted::<u32, 2>(&names);
    let (places, rest) = split(&places, kernel.lanes::<Sha1>(), fewest);
    kernel.hash_names(&names, places, &again, &mut hashes);
    for places in [rest, &long] {
        Kernel::OneByOne.hash_names(&names, places, &again, &mut hashes);
    }
    hashes
}

/// Whole groups with a last one that is full enough, and the rest.
fn split(places: &[u32], lanes: usize, fewest: usize) -> (&[u32], &[u32]) {
    let last = places.len() % lanes;
    places.split_at(if last < fewest { places.len() - last } else { places.len() })
}
