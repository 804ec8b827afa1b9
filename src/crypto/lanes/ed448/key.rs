//! Keys and signatures of Ed448 as octets.

use crate::crypto::digest::ed448_hash;
use crate::crypto::{Item, PreparedKey, Refusal};

#[cfg(target_arch = "x86_64")]
use super::super::avx2::word;
use super::super::base::BaseTables;
use super::super::edwards::key::{Key, Scheme};
use super::super::edwards::table::Table;
use super::super::kernels::Choice;
#[cfg(target_arch = "x86_64")]
use super::super::kernels::{self, Tried};
use super::super::modulus::{self, Modulus};
#[cfg(target_arch = "x86_64")]
use super::super::portable::adx;
use super::super::words;
use super::curve::{self, Affine, Encoded, Signature, Twisted448};
use super::field::{Order, P};
use super::kernels::Portable;
#[cfg(target_arch = "x86_64")]
use super::kernels::{Adx, Avx};

/// With fewer signatures the making of a table costs more than it saves.
const FEWEST_SIGNATURES: usize = 2;

/// Prepares a key with the kernel that is chosen.
///
/// # Errors
/// [`Refusal::Unsupported`] for a key with too few signatures, or none of the memory for tables left,
/// and for encodings that RFC 8032 §5.2.3 forbids or that are of a point with x = 0.
/// [`Refusal::Malformed`] for octets that are no point. Keys of mixed order and of order 4 are taken, as
/// by OpenSSL and by the library that has the last word.
pub fn prepare(octets: &[u8; 57], signatures: usize) -> Result<Box<dyn PreparedKey>, Refusal> {
    if signatures < FEWEST_SIGNATURES {
        return Err(Refusal::Unsupported);
    }
    #[cfg(target_arch = "x86_64")]
    match kernels::chosen(Tried::Ed448) {
        choice @ Choice::Avx2 => {
            if let Some(available) = word::Available::detect() {
                return Key::<Avx, _, 7>::prepare(available, choice, octets, signatures);
            }
        }
        choice @ Choice::Adx => {
            if let Some(available) = adx::Available::detect() {
                return Key::<Adx, _, 7>::prepare(available, choice, octets, signatures);
            }
        }
        Choice::Ifma | Choice::Portable => {}
    }
    Key::<Portable, Twisted448, 7>::prepare((), Choice::Portable, octets, signatures)
}

impl Scheme<7> for Twisted448 {
    type Octets = [u8; 57];

    fn base() -> Affine {
        curve::base()
    }

    fn opposite(key: &[u8; 57]) -> Result<Affine, Refusal> {
        let encoded = Encoded::read(key).ok_or(Refusal::Unsupported)?;
        let point = encoded.point()?;
        if words::is_zero(&point.x) {
            return Err(Refusal::Unsupported);
        }
        Ok(curve::to_twisted(&point).negated_modulo::<P>())
    }

    /// The right length, R without bits that no encoding has, and S below the order.
    fn read(signature: &[u8]) -> Option<Signature> {
        let (r, s) = signature.split_first_chunk::<57>()?;
        let (s, [0]) = s.split_first_chunk::<56>()? else { return None };
        let (r, s) = (Encoded::read(r)?, curve::words_from(s));
        words::less(&s, &Order::VALUE).then(|| Signature { r, s: quarter(&s), hash: [[0; 7]; 2] })
    }

    /// SHAKE256(dom4(0, "") ‖ R ‖ A ‖ M) as a number with its first octet the lowest.
    fn hash_all(
        key: &[u8; 57],
        items: &[Item<'_>],
        places: &[usize],
        signatures: &mut [Signature],
    ) {
        for (signature, &place) in signatures.iter_mut().zip(places) {
            let Item { message, signature: octets } = items[place];
            signature.hash = halves(&ed448_hash([&octets[..57], &key[..], message]));
        }
    }

    fn base_tables() -> &'static BaseTables<Table<7>> {
        static TABLES: BaseTables<Table<7>> = BaseTables::new();
        &TABLES
    }
}

/// A quarter of a number modulo the order, both below it. The order is 3 modulo 4, so as many times the
/// order as the last two bits say make four times a number.
pub(super) fn quarter(s: &[u64; 7]) -> [u64; 7] {
    const { assert!(Order::VALUE[0] & 3 == 3) }
    let mut sum = *s;
    for _ in 0..s[0] & 3 {
        // Below 4 L, which is below 2^448.
        sum = words::add(&sum, &Order::VALUE).0;
    }
    let mut quarter = [0; 7];
    for (i, word) in quarter.iter_mut().enumerate() {
        *word = sum[i] >> 2 | sum.get(i + 1).map_or(0, |next| next << 62);
    }
    quarter
}

/// A hash as a number of two halves that is equal to it modulo the order: its last two octets are folded.
pub(super) fn halves(hash: &[u8; 114]) -> [[u64; 7]; 2] {
    /// 2^896 modulo the order.
    const ABOVE: [u64; 7] = modulus::power_of_two(&Order::VALUE, 896);
    let mut number = [[0; 7]; 2];
    let (chunks, rest) = hash.as_chunks::<8>();
    for (word, octets) in number.as_flattened_mut().iter_mut().zip(chunks) {
        *word = u64::from_le_bytes(*octets);
    }
    let above = rest.iter().rev().fold(0, |above, &octet| above << 8 | u64::from(octet));
    let number_plus = |number: &mut [[u64; 7]; 2], times: u64| {
        let (mut carry, mut adding) = (0, 0);
        for (i, word) in number.as_flattened_mut().iter_mut().enumerate() {
            let term;
            (term, carry) = words::mul_add(0, ABOVE.get(i).copied().unwrap_or(0), times, carry);
            (*word, adding) = words::add_carry(*word, term, adding);
        }
        adding
    };
    // What is carried out of the upper half is folded again, into a number that is small then.
    let carry = number_plus(&mut number, above);
    let none = number_plus(&mut number, carry);
    debug_assert!(none == 0);
    number
}
