//! The kernels for Ed25519: fields put together with the ways in.

use super::super::edwards::verify::Kernel;
use super::super::portable;
use super::field::{Edwards25519, Order};
use super::words64::{Compiled, Words64};

/// 64-bit words, everywhere.
#[derive(Debug)]
pub struct Portable;

/// Lanes of kernels in 64-bit words: two, so that the processor has a second product to work on while
/// the first waits for its carries.
pub const WORD_LANES: usize = 2;

impl Kernel<Edwards25519, 4> for Portable {
    type Token = ();
    type Base = Words64<Compiled, WORD_LANES>;
    type Order = portable::Portable<Order, 4, WORD_LANES>;
    const CHUNK: usize = 128;
}

#[cfg(target_arch = "x86_64")]
pub use x86::{Adx, Avx, Ifma};

/// Kernels of which all is compiled for instructions that not every processor has.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "the way into code compiled for other processors")]
mod x86 {
    use super::super::super::avx2::word;
    use super::super::super::edwards::table::Table;
    use super::super::super::edwards::verify::{self, Kernel, Workspace};
    use super::super::super::ifma::avx512::{self, Avx512};
    use super::super::super::portable::{self, adx};
    use super::super::super::recode::Windows;
    use super::super::adx::WithAdx;
    use super::super::avx2;
    use super::super::field::{Edwards25519, Order, Signature};
    use super::super::ifma::Ifma51;
    use super::super::point::Affine;
    use super::super::words64::Words64;
    use super::WORD_LANES;

    /// A kernel's ways in, through functions with its features.
    macro_rules! kernel {
        ($kernel:ident, $features:literal, $available:ty, $base:ty, $order:ty, $chunk:literal) => {
            impl Kernel<Edwards25519, 4> for $kernel {
                type Token = $available;
                type Base = $base;
                type Order = $order;
                const CHUNK: usize = $chunk;

                fn table(_: $available, point: &Affine, windows: Windows) -> Table<4> {
                    #[target_feature(enable = $features)]
                    fn table(point: &Affine, windows: Windows) -> Table<4> {
                        Table::new::<Edwards25519, $base>(point, windows)
                    }
                    // SAFETY: `Available` proves that the processor has the features.
                    unsafe { table(point, windows) }
                }

                fn verify(
                    _: $available,
                    tables: [&Table<4>; 2],
                    signatures: &[Signature],
                    holds: &mut [bool],
                    space: &mut Workspace<Self, Edwards25519, 4>,
                ) {
                    #[target_feature(enable = $features)]
                    fn verify(
                        tables: [&Table<4>; 2],
                        signatures: &[Signature],
                        holds: &mut [bool],
                        space: &mut Workspace<$kernel, Edwards25519, 4>,
                    ) {
                        verify::verify::<$kernel, Edwards25519, 4>(
                            tables, signatures, holds, space,
                        );
                    }
                    // SAFETY: `Available` proves that the processor has the features.
                    unsafe { verify(tables, signatures, holds, space) }
                }
            }
        };
    }

    /// 64-bit words, with BMI2 and ADX.
    #[derive(Debug)]
    pub struct Adx;

    kernel!(
        Adx,
        "bmi2,adx",
        adx::Available,
        Words64<WithAdx, WORD_LANES>,
        portable::Portable<Order, 4, WORD_LANES, adx::Adx>,
        128
    );

    /// AVX2.
    #[derive(Debug)]
    pub struct Avx;

    kernel!(
        Avx,
        "avx2,bmi2",
        word::Available,
        avx2::Avx2,
        portable::Portable<Order, 4, 4>,
        128
    );

    /// AVX-512 IFMA.
    #[derive(Debug)]
    pub struct Ifma;

    kernel!(
        Ifma,
        "avx512f,avx512dq,avx512ifma",
        avx512::Available,
        Ifma51<Avx512>,
        super::super::super::ifma::Ifma<Avx512, Order, 4, 5>,
        256
    );
}

/// Trying out a kernel on signatures whose answers are known.
#[cfg(any(target_arch = "x86_64", test))]
pub mod check {
    use std::iter::successors;

    use super::super::super::edwards::Edwards;
    use super::super::super::edwards::verify::{Kernel, Workspace};
    use super::super::super::modulus::Modulus;
    use super::super::super::recode::Windows;
    use super::super::super::words;
    use super::super::field::{Edwards25519, Order, Signature};
    use super::super::point::{Affine, Extended};

    const SCALAR_BITS: usize = Edwards25519::SCALAR_BITS;

    /// Signatures tried: more than one group of lanes, and not whole groups.
    const COUNT: usize = 11;

    /// Whether the kernel tells right signatures from wrong ones. The answers are known from how the
    /// signatures are made.
    pub fn agrees<K: Kernel<Edwards25519, 4>>(token: K::Token) -> bool {
        let logarithm = Order::R3;
        let key = multiples(&[logarithm])[0];
        // Each R is twice the one before, which takes less than a multiple of its own.
        let secrets = successors(Some(words::small(1)), |number| Some(Order::add(number, number)));
        let points = successors(Some(Extended::from(Affine::BASE)), |point| Some(point.doubled()));
        let points = Extended::to_affine(&points.take(COUNT).collect::<Vec<_>>());
        let hashes = successors(Some(Order::R2), |hash| Some(Order::mul(hash, &Order::R3)));
        let signatures: Vec<_> = (0..)
            .zip(secrets.zip(hashes).zip(points))
            .map(|(i, ((secret, hash), r))| {
                let mut signature = signed(&logarithm, &secret, &hash, &r);
                signature.r[1] ^= u64::from(is_spoilt(i));
                signature
            })
            .collect();
        let tables = [Affine::BASE, key.negated()].map(|point| {
            K::table(token, &point, Windows::new(SCALAR_BITS, SCALAR_BITS.div_ceil(5)))
        });
        let mut holds = vec![false; signatures.len()];
        let mut space = Workspace::<K, Edwards25519, 4>::default();
        K::verify(token, [&tables[0], &tables[1]], &signatures, &mut holds, &mut space);
        (0..).zip(holds).all(|(i, holds)| holds != is_spoilt(i))
    }

    fn is_spoilt(i: u64) -> bool {
        i % 3 == 1
    }

    /// The base point times each number.
    pub fn multiples(numbers: &[[u64; 4]]) -> Vec<Affine> {
        let base = Extended::from(Affine::BASE);
        let points: Vec<_> = numbers.iter().map(|number| base.multiple(number)).collect();
        Extended::to_affine(&points)
    }

    /// The signature with `R` and the hash `k` under the key with this logarithm, where R's own is
    /// `secret`: `S = secret + k logarithm`.
    pub fn signed(logarithm: &[u64; 4], secret: &[u64; 4], k: &[u64; 4], r: &Affine) -> Signature {
        let product = Order::mul(&Order::mul(k, logarithm), &Order::R2);
        Signature { r: r.encoded(), s: Order::add(secret, &product), hash: [*k, [0; 4]] }
    }
}
