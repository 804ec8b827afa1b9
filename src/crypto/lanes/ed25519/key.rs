//! Keys and signatures of Ed25519 as octets.

use crate::crypto::{Item, PreparedKey, Refusal};

#[cfg(target_arch = "x86_64")]
use super::super::avx2::word;
use super::super::base::BaseTables;
use super::super::digest;
use super::super::edwards::key::{Key, Scheme};
use super::super::edwards::table::Table;
#[cfg(target_arch = "x86_64")]
use super::super::ifma::avx512;
use super::super::kernels::Choice;
#[cfg(target_arch = "x86_64")]
use super::super::kernels::{self, Tried};
use super::super::modulus::Modulus;
#[cfg(target_arch = "x86_64")]
use super::super::portable::adx;
use super::super::words;
use super::field::{Edwards25519, Order, Signature};
use super::kernels::Portable;
#[cfg(target_arch = "x86_64")]
use super::kernels::{Adx, Avx, Ifma};
use super::point::{self, Affine};

/// With fewer signatures the making of a table, some 500 additions before its first row, costs more
/// than it saves.
const FEWEST_SIGNATURES: usize = 12;

/// Prepares a key with the kernel that is chosen.
///
/// # Errors
/// [`Refusal::Unsupported`] for a key with too few signatures, or none of the memory for tables left,
/// and for encodings that RFC 8032 §5.1.3 forbids and some libraries read. [`Refusal::Malformed`] for
/// octets that are no point. A key of small or mixed order is taken, as by every library.
pub fn prepare(octets: &[u8; 32], signatures: usize) -> Result<Box<dyn PreparedKey>, Refusal> {
    if signatures < FEWEST_SIGNATURES {
        return Err(Refusal::Unsupported);
    }
    #[cfg(target_arch = "x86_64")]
    match kernels::chosen(Tried::Ed25519) {
        choice @ Choice::Ifma => {
            if let Some(available) = avx512::Available::detect() {
                return Key::<Ifma, _, 4>::prepare(available, choice, octets, signatures);
            }
        }
        choice @ Choice::Avx2 => {
            if let Some(available) = word::Available::detect() {
                return Key::<Avx, _, 4>::prepare(available, choice, octets, signatures);
            }
        }
        choice @ Choice::Adx => {
            if let Some(available) = adx::Available::detect() {
                return Key::<Adx, _, 4>::prepare(available, choice, octets, signatures);
            }
        }
        Choice::Portable => {}
    }
    Key::<Portable, Edwards25519, 4>::prepare((), Choice::Portable, octets, signatures)
}

impl Scheme<4> for Edwards25519 {
    type Octets = [u8; 32];

    fn base() -> Affine {
        Affine::BASE
    }

    fn opposite(key: &[u8; 32]) -> Result<Affine, Refusal> {
        Ok(Affine::decode(key)?.negated())
    }

    /// The right length, and S below the order.
    fn read(signature: &[u8]) -> Option<Signature> {
        let (r, s) = signature.split_first_chunk::<32>()?;
        let (r, s) = (point::words_from(r), point::words_from(s.try_into().ok()?));
        words::less(&s, &Order::VALUE).then_some(Signature { r, s, hash: [[0; 4]; 2] })
    }

    /// SHA-512(R ‖ A ‖ M) as a number with its first octet the lowest.
    fn hash_all(
        key: &[u8; 32],
        items: &[Item<'_>],
        places: &[usize],
        signatures: &mut [Signature],
    ) {
        let messages: Vec<[&[u8]; 3]> = places
            .iter()
            .map(|&place| {
                let Item { message, signature } = items[place];
                [&signature[..32], &key[..], message]
            })
            .collect();
        let hashes = digest::digests::<digest::Sha512, 3>(&messages);
        for (signature, hash) in signatures.iter_mut().zip(hashes) {
            let words = signature.hash.as_flattened_mut().iter_mut();
            for (word, octets) in words.zip(hash.as_chunks::<8>().0) {
                *word = u64::from_le_bytes(*octets);
            }
        }
    }

    fn base_tables() -> &'static BaseTables<Table<4>> {
        static TABLES: BaseTables<Table<4>> = BaseTables::new();
        &TABLES
    }
}
