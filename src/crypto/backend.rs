//! The one trait behind which every cryptographic library stands, with a batch in it.

use std::fmt;

use super::PublicKey;

/// One signature to check under a key that is already known.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// The octets that were signed (RFC 4034 §3.1.8.1), not yet hashed.
    pub message: &'a [u8],
    /// The signature as RRSIG carries it; its length fits the key
    /// ([`PublicKey::check_signature`]).
    pub signature: &'a [u8],
}

/// A library, or our own arithmetic, that can verify signatures.
pub trait Backend: Send + Sync + fmt::Debug {
    /// The name that users type and reports print.
    fn name(&self) -> &'static str;

    /// Prepares a key for many verifications.
    ///
    /// `signatures` is how many will follow at most, so that a backend which builds tables can
    /// size them.
    ///
    /// # Errors
    /// [`Refusal::Unsupported`] when this backend cannot verify under keys of this algorithm, size
    /// or exponent; [`Refusal::Malformed`] when no validator could use this key, for example
    /// because its point is not on the curve.
    fn prepare(&self, key: &PublicKey, signatures: usize) -> Result<Box<dyn PreparedKey>, Refusal>;
}

/// Why a backend does not take a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// Another backend may be able to use it.
    #[error("this backend cannot verify under keys of this kind")]
    Unsupported,
    /// The key is no valid public key of its algorithm.
    #[error("the octets are not a valid public key")]
    Malformed,
}

/// A key that a backend has prepared. Shared by all threads.
pub trait PreparedKey: Send + Sync + fmt::Debug {
    /// How many items a call wants at best: 1 when the backend verifies one by one anyway.
    fn batch_size(&self) -> usize {
        1
    }

    /// Verifies each item by itself; `holds[i]` is set to whether `items[i]` is a valid signature.
    ///
    /// The slices are equally long. One bad item never changes the outcome of another.
    fn verify_batch(&self, items: &[Item<'_>], holds: &mut [bool]);
}

/// Which backend the caller wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum BackendChoice {
    /// For each key the fastest that can.
    #[default]
    Auto,
    /// This one wherever it can; what it cannot do goes to the fastest that can.
    Named(&'static str),
}
