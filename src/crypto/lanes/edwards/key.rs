//! A key and its signatures, between the backend's trait and the arithmetic.

use std::sync::OnceLock;

use crate::crypto::{Item, PreparedKey, Refusal};

use super::super::backend::BATCH;
use super::super::base::BaseTables;
use super::super::kernels::Choice;
use super::super::sizes::{Reservation, Sizing, WIDTHS};
use super::Edwards;
use super::point::Affine;
use super::table::{Row, Table};
use super::verify::{Kernel, Signature, Workspace};

/// What a row costs to make, in per cent of an addition: 9.5 products to 7.
const ROW_COST: usize = 136;

/// What a curve needs to be a signature scheme.
pub trait Scheme<const N: usize>: Edwards<N> {
    /// The octets of a key.
    type Octets: Copy + Send + Sync + 'static;

    /// The base point.
    fn base() -> Affine<N>;

    /// -A.
    ///
    /// # Errors
    /// [`Refusal::Unsupported`] for encodings that RFC 8032 forbids and some libraries read;
    /// [`Refusal::Malformed`] for octets that are no point.
    fn opposite(key: &Self::Octets) -> Result<Affine<N>, Refusal>;

    /// The signature, but for its hash; `None` when it cannot hold whatever the hash.
    fn read(signature: &[u8]) -> Option<Signature<Self, N>>;

    /// Sets the hash of each signature; `places[i]` is the item of `signatures[i]`.
    fn hash_all(
        key: &Self::Octets,
        items: &[Item<'_>],
        places: &[usize],
        signatures: &mut [Signature<Self, N>],
    );

    /// Where the base point's tables are kept, none being there at first.
    fn base_tables() -> &'static BaseTables<Table<N>>;
}

/// A key, and its table, which is made when the first of its signatures is verified.
pub struct Key<K: Kernel<C, N>, C: Scheme<N>, const N: usize> {
    token: K::Token,
    choice: Choice,
    octets: C::Octets,
    /// -A.
    opposite: Affine<N>,
    /// Which of [`WIDTHS`] its table has.
    width: usize,
    /// Which of them the base point's has, chosen when the first signature is verified.
    base_width: OnceLock<usize>,
    table: OnceLock<Table<N>>,
    _memory: Reservation,
}

impl<K, C, const N: usize> Key<K, C, N>
where
    K: Kernel<C, N> + Send + Sync + 'static,
    C: Scheme<N>,
{
    const SIZING: Sizing =
        Sizing { bits: C::SCALAR_BITS, row: size_of::<Row<N>>(), row_cost: ROW_COST };

    /// Prepares a key for so many signatures with a kernel of this name.
    ///
    /// # Errors
    /// Those of [`Scheme::opposite`], and [`Refusal::Unsupported`] when none of the memory for tables
    /// is left.
    pub fn prepare(
        token: K::Token,
        choice: Choice,
        octets: &C::Octets,
        signatures: usize,
    ) -> Result<Box<dyn PreparedKey>, Refusal> {
        let opposite = C::opposite(octets)?;
        let (width, memory) = Self::SIZING.reserve(signatures).ok_or(Refusal::Unsupported)?;
        C::base_tables().expect(choice, signatures);
        let (base_width, table) = (OnceLock::new(), OnceLock::new());
        Ok(Box::new(Self {
            token,
            choice,
            octets: *octets,
            opposite,
            width,
            base_width,
            table,
            _memory: memory,
        }))
    }

    fn table_of(&self, point: &Affine<N>, width: usize) -> Table<N> {
        K::table(self.token, point, Self::SIZING.windows(width))
    }

    /// The signatures that may hold, with their places; what cannot is not hashed.
    fn signatures(&self, items: &[Item<'_>]) -> (Vec<usize>, Vec<Signature<C, N>>) {
        let read = |(place, item): (usize, &Item<'_>)| Some((place, C::read(item.signature)?));
        let (places, mut signatures): (Vec<_>, Vec<_>) =
            items.iter().enumerate().filter_map(read).unzip();
        C::hash_all(&self.octets, items, &places, &mut signatures);
        (places, signatures)
    }
}

impl<K, C, const N: usize> PreparedKey for Key<K, C, N>
where
    K: Kernel<C, N> + Send + Sync + 'static,
    C: Scheme<N>,
{
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
        let tables = C::base_tables();
        let base_width = *self.base_width.get_or_init(|| tables.width(&Self::SIZING, self.choice));
        let base = tables.get(self.choice, base_width, || {
            let table = self.table_of(&C::base(), base_width);
            let octets = table.octets();
            (table, octets)
        });
        let key = self.table.get_or_init(|| self.table_of(&self.opposite, self.width));
        let mut space = Workspace::<K, C, N>::new();
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

impl<K: Kernel<C, N>, C: Scheme<N>, const N: usize> std::fmt::Debug for Key<K, C, N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("edwards::Key")
            .field("kernel", &self.choice)
            .field("width", &WIDTHS[self.width])
            .field("base_width", &self.base_width.get().map(|&width| WIDTHS[width]))
            .finish_non_exhaustive()
    }
}
