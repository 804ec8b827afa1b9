//! A key and its signatures, between the backend's trait and the arithmetic.

use crate::crypto::{Item, PreparedKey, Refusal};

use super::super::backend::BATCH;
use super::super::base::BaseTables;
use super::super::kernels::Choice;
use super::super::key_tables::KeyTables;
use super::super::sizes::Sizing;
use super::super::spaces::work_in;
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

/// A key of some signatures.
pub struct Key<K: Kernel<C, N>, C: Scheme<N>, const N: usize> {
    token: K::Token,
    octets: C::Octets,
    /// -A.
    opposite: Affine<N>,
    tables: KeyTables<Table<N>>,
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
        let tables = KeyTables::reserve(Self::SIZING, choice, C::base_tables(), signatures);
        let tables = tables.ok_or(Refusal::Unsupported)?;
        Ok(Box::new(Self { token, octets: *octets, opposite, tables }))
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
        Some(self.tables.kernel().name())
    }

    fn table_octets(&self) -> usize {
        self.tables.octets()
    }

    fn verify_batch(&self, items: &[Item<'_>], holds: &mut [bool]) {
        debug_assert_eq!(items.len(), holds.len());
        let points = [&C::base(), &self.opposite];
        let tables = self.tables.get(points, |point, windows| K::table(self.token, point, windows));
        let mut verdicts = Vec::new();
        for (items, holds) in items.chunks(BATCH).zip(holds.chunks_mut(BATCH)) {
            holds.fill(false);
            let (places, signatures) = self.signatures(items);
            verdicts.clear();
            verdicts.resize(signatures.len(), false);
            work_in(|space: &mut Workspace<K, C, N>| {
                K::verify(self.token, tables, &signatures, &mut verdicts, space);
            });
            for (place, verdict) in places.into_iter().zip(&verdicts) {
                holds[place] = *verdict;
            }
        }
    }
}

impl<K: Kernel<C, N>, C: Scheme<N>, const N: usize> std::fmt::Debug for Key<K, C, N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("edwards::Key").field("tables", &self.tables).finish_non_exhaustive()
    }
}
