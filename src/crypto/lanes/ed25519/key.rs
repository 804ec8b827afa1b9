//! A key and its signatures, between the backend's trait and the arithmetic.

use std::sync::OnceLock;

use crate::crypto::{Item, PreparedKey, Refusal};

#[cfg(target_arch = "x86_64")]
use super::super::avx2::word;
use super::super::backend::{BATCH, Reservation, WIDTHS, count_base_table, reserve_table};
use super::super::digest;
#[cfg(target_arch = "x86_64")]
use super::super::ifma::avx512;
use super::super::kernels::{self, Choice, Tried};
use super::super::modulus::Modulus;
#[cfg(target_arch = "x86_64")]
use super::super::portable::adx;
use super::super::recode::Windows;
use super::super::words;
use super::field::Order;
use super::kernels::Portable;
#[cfg(target_arch = "x86_64")]
use super::kernels::{Adx, Avx, Ifma};
use super::point::{self, Affine};
use super::table::{Row, Table};
use super::verify::{Kernel, SCALAR_BITS, Signature, Workspace};

/// What a row costs to make, in per cent of an addition: 9.5 products to 7.
const ROW_COST: usize = 136;

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
    let choice = kernels::chosen(Tried::Ed25519);
    #[cfg(target_arch = "x86_64")]
    match choice {
        Choice::Ifma => {
            if let Some(available) = avx512::Available::detect() {
                return Key::<Ifma>::prepare(available, choice, octets, signatures);
            }
        }
        Choice::Avx2 => {
            if let Some(available) = word::Available::detect() {
                return Key::<Avx>::prepare(available, choice, octets, signatures);
            }
        }
        Choice::Adx => {
            if let Some(available) = adx::Available::detect() {
                return Key::<Adx>::prepare(available, choice, octets, signatures);
            }
        }
        Choice::Portable => {}
    }
    Key::<Portable>::prepare((), Choice::Portable, octets, signatures)
}

/// The base point's tables, one for each of [`WIDTHS`] and each [`Choice`] of a kernel.
static BASE_TABLES: [[OnceLock<Table>; WIDTHS.len()]; Choice::COUNT] =
    [const { [const { OnceLock::new() }; WIDTHS.len()] }; Choice::COUNT];

/// A key, and its table, which is made when the first of its signatures is verified.
struct Key<K: Kernel> {
    token: K::Token,
    choice: Choice,
    octets: [u8; 32],
    /// -A.
    opposite: Affine,
    /// Which of [`WIDTHS`].
    width: usize,
    table: OnceLock<Table>,
    _memory: Reservation,
}

impl<K: Kernel + Send + Sync + 'static> Key<K> {
    fn prepare(
        token: K::Token,
        choice: Choice,
        octets: &[u8; 32],
        signatures: usize,
    ) -> Result<Box<dyn PreparedKey>, Refusal> {
        let opposite = Affine::decode(octets)?.negated();
        let (width, memory) = reserve_table(SCALAR_BITS, size_of::<Row>(), ROW_COST, signatures)?;
        let table = OnceLock::new();
        Ok(Box::new(Self {
            token,
            choice,
            octets: *octets,
            opposite,
            width,
            table,
            _memory: memory,
        }))
    }

    fn table_of(&self, point: &Affine) -> Table {
        let count = SCALAR_BITS.div_ceil(WIDTHS[self.width]);
        K::table(self.token, point, Windows::new(SCALAR_BITS, count))
    }

    /// The signatures that have the right length and an S below the order, with their places; what
    /// cannot hold is not hashed.
    fn signatures(&self, items: &[Item<'_>]) -> (Vec<usize>, Vec<Signature>) {
        let mut places = Vec::with_capacity(items.len());
        let mut signatures = Vec::with_capacity(items.len());
        for (place, item) in items.iter().enumerate() {
            let Ok(octets) = <&[u8; 64]>::try_from(item.signature) else { continue };
            let [r, s] = halves(octets);
            if words::less(&s, &Order::VALUE) {
                places.push(place);
                signatures.push(Signature { r, s, hash: [0; 8] });
            }
        }
        hash_all(&self.octets, items, &places, &mut signatures);
        (places, signatures)
    }
}

fn halves(octets: &[u8; 64]) -> [[u64; 4]; 2] {
    let (halves, _) = octets.as_chunks::<32>();
    [0, 1].map(|half| halves.get(half).map_or([0; 4], point::words_from))
}

/// Sets the hash of each signature, SHA-512(R ‖ A ‖ M) as a number with its first octet the lowest;
/// `places[i]` is the item of `signatures[i]`.
fn hash_all(key: &[u8; 32], items: &[Item<'_>], places: &[usize], signatures: &mut [Signature]) {
    let messages: Vec<[&[u8]; 3]> = places
        .iter()
        .map(|&place| {
            let Item { message, signature } = items[place];
            [&signature[..32], &key[..], message]
        })
        .collect();
    let hashes = digest::digests::<digest::Sha512, 3>(&messages);
    for (signature, hash) in signatures.iter_mut().zip(hashes) {
        for (word, octets) in signature.hash.iter_mut().zip(hash.as_chunks::<8>().0) {
            *word = u64::from_le_bytes(*octets);
        }
    }
}

impl<K: Kernel + Send + Sync + 'static> PreparedKey for Key<K> {
    fn batch_size(&self) -> usize {
        BATCH
    }

    fn kernel(&self) -> Option<&'static str> {
        Some(self.choice.name())
    }

    fn table_octets(&self) -> usize {
        self.table.get().map_or(0, Table::octets)
    }

    fn verify_batch(&self, items: &[Item<'_>], holds: &mut [bool]) {
        debug_assert_eq!(items.len(), holds.len());
        let base = BASE_TABLES[self.choice as usize][self.width].get_or_init(|| {
            let table = self.table_of(&Affine::BASE);
            count_base_table(table.octets());
            table
        });
        let key = self.table.get_or_init(|| self.table_of(&self.opposite));
        let mut space = Workspace::<K>::new();
        let mut verdicts = Vec::new();
        for (items, holds) in items.chunks(BATCH).zip(holds.chunks_mut(BATCH)) {
            holds.fill(false);
            let (places, signatures) = self.signatures(items);
            verdicts.clear();
            verdicts.resize(signatures.len(), false);
            K::verify(self.token, [base, key], &signatures, &mut verdicts, &mut space);
            for (place, verdict) in places.into_iter().zip(&verdicts) {
                holds[place] = *verdict;
            }
        }
    }
}

impl<K: Kernel> std::fmt::Debug for Key<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kernel, width) = (self.choice, WIDTHS[self.width]);
        f.debug_struct("ed25519::Key")
            .field("kernel", &kernel)
            .field("width", &width)
            .finish_non_exhaustive()
    }
}
