//! The one trait behind which every cryptographic library stands, with a batch in it, and the
//! register of those that are built in.

use std::fmt;

use super::PublicKey;
use super::aws_lc::AwsLc;
use super::lanes::Lanes;
use super::ring::Ring;
use super::rustcrypto::RustCrypto;

pub use super::lanes::KernelError;

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

    /// Whether a signature that it says does not hold is to be shown to another backend, which then
    /// has the last word.
    fn wants_confirmation(&self) -> bool {
        false
    }
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

    /// Which of its kernels the backend verifies with, when it has several.
    fn kernel(&self) -> Option<&'static str> {
        None
    }

    /// Octets of the tables that the backend has made for this key so far.
    fn table_octets(&self) -> usize {
        0
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

/// A key and the backend that prepared it.
#[derive(Debug)]
pub struct Prepared {
    /// The backend's [`Backend::name`].
    pub backend: &'static str,
    /// The key, ready for batches.
    pub key: Box<dyn PreparedKey>,
}

/// Every backend that is built in. Names are unique.
#[must_use]
pub fn all() -> &'static [&'static dyn Backend] {
    &[&Lanes, &Ring, &AwsLc, &RustCrypto]
}

/// The backend of this name: `lanes`, `ring`, `aws-lc` or `rustcrypto`.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static dyn Backend> {
    all().iter().copied().find(|backend| backend.name() == name)
}

/// Whether what the backend of this name says does not hold is to be shown to another backend, which
/// then has the last word.
#[must_use]
pub fn wants_confirmation(name: &str) -> bool {
    by_name(name).is_some_and(Backend::wants_confirmation)
}

/// Which of its kernels the backend `lanes` uses for P-256 on this processor. A key says by
/// [`PreparedKey::kernel`] which is its own.
#[must_use]
pub fn lanes_kernel() -> &'static str {
    super::lanes::kernel_name()
}

/// The kernels of our own arithmetic that this machine can run, the fastest first: `ifma` (AVX-512),
/// `avx2` (for digests), `adx` (64-bit words with BMI2 and ADX), `portable`.
#[must_use]
pub fn kernels() -> Vec<&'static str> {
    super::lanes::kernel_names()
}

/// Has our own arithmetic run on the kernel of this name, or for what has none of this name on the
/// fastest below it, whatever the environment says; `auto` is the fastest of all. To be called before
/// anything is verified.
///
/// # Errors
/// When there is no such kernel, the processor cannot run it, or another one is in use.
pub fn force_kernel(name: &str) -> Result<(), KernelError> {
    super::lanes::force(name)
}

/// Whether the kernel of this name can be had here, `auto` included.
///
/// # Errors
/// When there is no such kernel, or the processor cannot run it.
pub fn check_kernel(name: &str) -> Result<(), KernelError> {
    super::lanes::check(name)
}

/// Whether what runs only where the kernel of this name can may run: the processor has it, and none
/// below it is asked for. This settles the choice, so that it is too late for [`force_kernel`].
#[must_use]
pub fn may_run_kernel(name: &str) -> bool {
    super::lanes::may_run(name)
}

/// Whether the kernel that the environment variable `SIGMILL_KERNEL` names, if it is set, can be had.
///
/// # Errors
/// When it cannot; the fastest runs then.
pub fn check_kernel_variable() -> Result<(), KernelError> {
    super::lanes::from_environment()
}

/// Octets of the tables of base points that our own arithmetic has made so far in this process. All
/// keys share them.
#[must_use]
pub fn base_table_octets() -> usize {
    super::lanes::base_table_octets()
}

/// Prepares a key with the backend that the caller chose, or else with the fastest that takes it.
///
/// `signatures` is how many will be verified at most. A name that no backend has counts as
/// [`BackendChoice::Auto`].
///
/// # Errors
/// What the backends say when none takes the key. One backend's [`Refusal::Malformed`] is believed
/// only then: libraries differ in what they call a valid key, and a validator somewhere may use it.
pub fn prepare(
    choice: BackendChoice,
    key: &PublicKey,
    signatures: usize,
) -> Result<Prepared, Refusal> {
    let named = match choice {
        BackendChoice::Auto => None,
        BackendChoice::Named(name) => by_name(name),
    };
    let mut refusal = Refusal::Unsupported;
    for backend in named.into_iter().chain(fastest_first(key)) {
        match backend.prepare(key, signatures) {
            Ok(prepared) => return Ok(Prepared { backend: backend.name(), key: prepared }),
            Err(Refusal::Malformed) => refusal = Refusal::Malformed,
            Err(Refusal::Unsupported) => {}
        }
    }
    Err(refusal)
}

/// Prepares a key with a backend that shares as little code as possible with the `first` one, for
/// a second opinion; `None` when no other backend takes the key (Ed448, RSA below 1024 bits or
/// with an exponent above 33 bits).
///
/// ring and aws-lc descend from one library, BoringSSL, and still share code for RSA and P-256.
/// Hence neither vouches for the other as long as the slower rustcrypto can.
#[must_use]
pub fn prepare_second(first: &str, key: &PublicKey, signatures: usize) -> Option<Prepared> {
    let of_boringssl = |name: &str| name == Ring.name() || name == AwsLc.name();
    let mut candidates = fastest_first(key);
    if of_boringssl(first) {
        candidates.sort_by_key(|backend| of_boringssl(backend.name()));
    }
    // Libraries only: a second opinion must be able to stand alone.
    let libraries = candidates.into_iter().filter(|backend| !backend.wants_confirmation());
    libraries.filter(|backend| backend.name() != first).find_map(|backend| {
        let key = backend.prepare(key, signatures).ok()?;
        Some(Prepared { backend: backend.name(), key })
    })
}

/// The backends in the order in which they are asked for a key: the order of speed that
/// `cargo bench --bench verification` measured on Zen 5. There rustcrypto, whose curve25519 has
/// vector code, takes seven eighths of the time of aws-lc for Ed25519; everywhere else aws-lc is
/// the fastest library, before ring. Our own lanes take only keys that they verify faster with.
fn fastest_first(key: &PublicKey) -> [&'static dyn Backend; 4] {
    match key {
        PublicKey::Ed25519(_) => [&Lanes, &RustCrypto, &AwsLc, &Ring],
        _ => [&Lanes, &AwsLc, &Ring, &RustCrypto],
    }
}

/// One signature after the other: what libraries without a batch do.
pub(super) trait VerifyOne: Send + Sync + fmt::Debug {
    /// Whether the signature is one of the message; `false` as well for octets that are no
    /// signature at all.
    fn holds(&self, message: &[u8], signature: &[u8]) -> bool;
}

impl<V: VerifyOne> PreparedKey for V {
    fn verify_batch(&self, items: &[Item<'_>], holds: &mut [bool]) {
        debug_assert_eq!(items.len(), holds.len());
        for (item, holds) in items.iter().zip(holds) {
            *holds = self.holds(item.message, item.signature);
        }
    }
}
