//! The batch arithmetic behind the trait that all backends share.

use crate::crypto::{Backend, Item, PreparedKey, PublicKey, Refusal};

#[cfg(target_arch = "x86_64")]
use super::avx2::word;
use super::base::BaseTables;
use super::curve::Curve;
use super::digest::{self, InVectors, Sha256, Sha384};
use super::ecdsa::{Kernel, Outcome, Signature, Workspace};
#[cfg(target_arch = "x86_64")]
use super::ifma::avx512;
#[cfg(target_arch = "x86_64")]
use super::kernels::{self, FourLanes, Ifma52, ScalarAdx, Tried};
use super::kernels::{Choice, Scalar64};
use super::key_tables::KeyTables;
use super::p256::P256;
use super::p384::P384;
use super::plain::{self, Point};
#[cfg(target_arch = "x86_64")]
use super::portable::adx;
use super::rsa;
use super::sizes::Sizing;
use super::spaces::work_in;
use super::table::{Row, Table};
use super::words;
use super::{ed448, ed25519};

/// Our own arithmetic: P-256, P-384, Ed25519, Ed448 and RSA, for keys with some signatures.
///
/// Points and signatures are taken exactly as the libraries take them: coordinates below p, on the
/// curve; both halves of a signature from 1 to the order less 1; both candidates for the first
/// coordinate. For Ed25519, encodings of a key that libraries differ about are left to libraries; the
/// rest is as with all of them, without the cofactor, and for Ed448 with it, as the library does. RSA
/// signatures are taken as PKCS #1 v1.5 says, without any leniency: below the modulus, as long as it,
/// and a root of the one block that RFC 3110 and RFC 5702 allow.
#[derive(Debug)]
pub(crate) struct Lanes;

/// What a row of a table costs to make, in per cent of an addition: one, and its way to its place.
const ROW_COST: usize = 125;

/// With fewer signatures a table costs more than it saves.
const FEWEST_SIGNATURES: usize = 5;

/// Signatures that a call wants at best: whole chunks, and enough of them that a call's own cost
/// does not show.
pub(super) const BATCH: usize = 1024;

impl Backend for Lanes {
    fn name(&self) -> &'static str {
        "lanes"
    }

    fn prepare(&self, key: &PublicKey, signatures: usize) -> Result<Box<dyn PreparedKey>, Refusal> {
        match key {
            PublicKey::EcdsaP256(point) => ecdsa_key::<P256, 4>(point, signatures),
            PublicKey::EcdsaP384(point) => ecdsa_key::<P384, 6>(point, signatures),
            PublicKey::Ed25519(point) => ed25519::prepare(point, signatures),
            PublicKey::Ed448(point) => ed448::prepare(point, signatures),
            PublicKey::Rsa(key) => rsa::prepare(key, signatures),
        }
    }

    fn wants_confirmation(&self) -> bool {
        true
    }
}

/// What a curve needs to be a DNSSEC algorithm.
trait Algorithm<const N: usize>: Curve<N> {
    /// The curve, for the choice of its kernel.
    #[cfg(target_arch = "x86_64")]
    const TRIED: Tried;
    /// The digest that is signed, of as many octets as a coordinate.
    type Hash: InVectors;
    /// The kernel with digits for AVX2.
    #[cfg(target_arch = "x86_64")]
    type Avx2: Kernel<Self, N, Token = word::Available> + Send + Sync + 'static;
    /// The kernel with digits for AVX-512 IFMA.
    #[cfg(target_arch = "x86_64")]
    type Ifma: Kernel<Self, N, Token = avx512::Available> + Send + Sync + 'static;
    /// Where the base point's tables are kept, none being there at first.
    fn base_tables() -> &'static BaseTables<Table<N>>;
}

impl Algorithm<4> for P256 {
    #[cfg(target_arch = "x86_64")]
    const TRIED: Tried = Tried::P256;
    type Hash = Sha256;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = FourLanes<9>;
    #[cfg(target_arch = "x86_64")]
    type Ifma = Ifma52<5>;

    fn base_tables() -> &'static BaseTables<Table<4>> {
        static TABLES: BaseTables<Table<4>> = BaseTables::new();
        &TABLES
    }
}

impl Algorithm<6> for P384 {
    #[cfg(target_arch = "x86_64")]
    const TRIED: Tried = Tried::P384;
    type Hash = Sha384;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = FourLanes<14>;
    #[cfg(target_arch = "x86_64")]
    type Ifma = Ifma52<8>;

    fn base_tables() -> &'static BaseTables<Table<6>> {
        static TABLES: BaseTables<Table<6>> = BaseTables::new();
        &TABLES
    }
}

/// Prepares a key with the kernel that is chosen.
fn ecdsa_key<C: Algorithm<N>, const N: usize>(
    octets: &[u8],
    signatures: usize,
) -> Result<Box<dyn PreparedKey>, Refusal> {
    if signatures < FEWEST_SIGNATURES {
        return Err(Refusal::Unsupported);
    }
    #[cfg(target_arch = "x86_64")]
    match kernels::chosen(C::TRIED) {
        choice @ Choice::Ifma => {
            if let Some(available) = avx512::Available::detect() {
                return EcdsaKey::<C, C::Ifma, N>::prepare(available, choice, octets, signatures);
            }
        }
        choice @ Choice::Avx2 => {
            if let Some(available) = word::Available::detect() {
                return EcdsaKey::<C, C::Avx2, N>::prepare(available, choice, octets, signatures);
            }
        }
        choice @ Choice::Adx => {
            if let Some(available) = adx::Available::detect() {
                return EcdsaKey::<C, ScalarAdx, N>::prepare(available, choice, octets, signatures);
            }
        }
        Choice::Portable => {}
    }
    EcdsaKey::<C, Scalar64, N>::prepare((), Choice::Portable, octets, signatures)
}

/// A key of some signatures.
struct EcdsaKey<C: Curve<N>, K: Kernel<C, N>, const N: usize> {
    token: K::Token,
    point: Point<C, N>,
    tables: KeyTables<Table<N>>,
}

impl<C, K, const N: usize> EcdsaKey<C, K, N>
where
    C: Algorithm<N>,
    K: Kernel<C, N> + Send + Sync + 'static,
{
    const SIZING: Sizing = Sizing { bits: C::BITS, row: size_of::<Row<N>>(), row_cost: ROW_COST };

    fn prepare(
        token: K::Token,
        choice: Choice,
        octets: &[u8],
        signatures: usize,
    ) -> Result<Box<dyn PreparedKey>, Refusal> {
        let (x, y) = octets.split_at(octets.len() / 2);
        let coordinate = |octets| words::from_be_bytes(octets).ok_or(Refusal::Malformed);
        let point = Point::from_affine([coordinate(x)?, coordinate(y)?]);
        let point = point.ok_or(Refusal::Malformed)?;
        let tables = KeyTables::reserve(Self::SIZING, choice, C::base_tables(), signatures);
        Ok(Box::new(Self { token, point, tables: tables.ok_or(Refusal::Unsupported)? }))
    }

    /// The base point.
    fn base(&self) -> Point<C, N> {
        // Every curve's base point is on it; a test holds that.
        Point::from_affine(C::G).unwrap_or(self.point)
    }

    /// The halves of a signature, if they are in range; the digest is still to come.
    fn halves(item: &Item<'_>) -> Option<Signature<N>> {
        let (r, s) = item.signature.split_at_checked(8 * N)?;
        let (r, s) = (words::from_be_bytes(r)?, words::from_be_bytes(s)?);
        let signature = Signature { e: [0; N], r, s };
        signature.in_range::<C>().then_some(signature)
    }

    /// Fills in the digests of these items.
    fn hash(items: &[Item<'_>], places: &[usize], signatures: &mut [Signature<N>]) {
        const { assert!(size_of::<<C::Hash as digest::Hash>::Digest>() == 8 * N) }
        let messages: Vec<_> = places.iter().map(|&place| [items[place].message]).collect();
        let digests = digest::digests::<C::Hash, 1>(&messages);
        for (signature, digest) in signatures.iter_mut().zip(digests) {
            signature.e = words::from_be_bytes(digest.as_ref())
                .unwrap_or_else(|| unreachable!("a digest has the octets that are asserted above"));
        }
    }
}

impl<C, K, const N: usize> PreparedKey for EcdsaKey<C, K, N>
where
    C: Algorithm<N>,
    K: Kernel<C, N> + Send + Sync + 'static,
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
        let base = self.base();
        let points = [&base, &self.point];
        let tables = self.tables.get(points, |point, windows| K::table(self.token, point, windows));
        let mut outcomes = Vec::new();
        for (items, holds) in items.chunks(BATCH).zip(holds.chunks_mut(BATCH)) {
            holds.fill(false);
            // What is out of range never enters a chunk, so that it cannot disturb the others.
            let (places, mut signatures): (Vec<usize>, Vec<_>) = items
                .iter()
                .enumerate()
                .filter_map(|(place, item)| Some((place, Self::halves(item)?)))
                .unzip();
            Self::hash(items, &places, &mut signatures);
            outcomes.clear();
            outcomes.resize(signatures.len(), Outcome::Fails);
            work_in(|space: &mut Workspace<K, C, N>| {
                K::verify(self.token, tables, &signatures, &mut outcomes, space);
            });
            for ((place, signature), outcome) in places.into_iter().zip(&signatures).zip(&outcomes)
            {
                holds[place] = match outcome {
                    Outcome::Holds => true,
                    Outcome::Fails => false,
                    Outcome::Undecided => plain::verify(&self.point, &base, signature),
                };
            }
        }
    }
}

impl<C: Curve<N>, K: Kernel<C, N>, const N: usize> std::fmt::Debug for EcdsaKey<C, K, N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EcdsaKey").field("tables", &self.tables).finish_non_exhaustive()
    }
}
