//! The kernels for Ed448: fields put together with the ways in.

use super::super::edwards::verify::Kernel;
use super::super::portable;
use super::curve::Twisted448;
use super::field::Order;
use super::words56::Words56;

/// 64-bit words, everywhere.
#[derive(Debug)]
pub struct Portable;

/// Lanes of kernels in 64-bit words: one, whose columns are work enough side by side.
const WORD_LANES: usize = 1;

impl Kernel<Twisted448, 7> for Portable {
    type Token = ();
    type Base = Words56<WORD_LANES>;
    type Order = portable::Portable<Order, 7, WORD_LANES>;
    const CHUNK: usize = 128;
}

#[cfg(target_arch = "x86_64")]
pub use x86::{Adx, Avx};

/// Kernels of which all is compiled for instructions that not every processor has.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "the way into code compiled for other processors")]
mod x86 {
    use super::super::super::avx2::word;
    use super::super::super::edwards::table::Table;
    use super::super::super::edwards::verify::{self, Kernel, Workspace};
    use super::super::super::portable::{self, adx};
    use super::super::super::recode::Windows;
    use super::super::avx2;
    use super::super::curve::{Affine, Signature, Twisted448};
    use super::super::field::Order;
    use super::super::words56::Words56;
    use super::WORD_LANES;

    /// A kernel's ways in, through functions with its features.
    macro_rules! kernel {
        ($kernel:ident, $features:literal, $available:ty, $base:ty, $lanes:expr) => {
            impl Kernel<Twisted448, 7> for $kernel {
                type Token = $available;
                type Base = $base;
                type Order = portable::Portable<Order, 7, { $lanes }>;
                const CHUNK: usize = 128;

                fn table(_: $available, point: &Affine, windows: Windows) -> Table<7> {
                    #[target_feature(enable = $features)]
                    fn table(point: &Affine, windows: Windows) -> Table<7> {
                        Table::new::<Twisted448, $base>(point, windows)
                    }
                    // SAFETY: `Available` proves that the processor has the features.
                    unsafe { table(point, windows) }
                }

                fn verify(
                    _: $available,
                    tables: [&Table<7>; 2],
                    signatures: &[Signature],
                    holds: &mut [bool],
                    space: &mut Workspace<Self, Twisted448, 7>,
                ) {
                    #[target_feature(enable = $features)]
                    fn verify(
                        tables: [&Table<7>; 2],
                        signatures: &[Signature],
                        holds: &mut [bool],
                        space: &mut Workspace<$kernel, Twisted448, 7>,
                    ) {
                        verify::verify::<$kernel, Twisted448, 7>(tables, signatures, holds, space);
                    }
                    // SAFETY: `Available` proves that the processor has the features.
                    unsafe { verify(tables, signatures, holds, space) }
                }
            }
        };
    }

    /// 64-bit words, with BMI2 and ADX, of which the compiler takes what it wants.
    #[derive(Debug)]
    pub struct Adx;

    kernel!(Adx, "bmi2,adx", adx::Available, Words56<WORD_LANES>, WORD_LANES);

    /// AVX2.
    #[derive(Debug)]
    pub struct Avx;

    kernel!(Avx, "avx2,bmi2", word::Available, avx2::Avx2, word::LANES);
}

/// Trying out a kernel on signatures whose answers are known.
#[cfg(any(target_arch = "x86_64", test))]
pub mod check {
    use super::super::super::edwards::Edwards;
    use super::super::super::edwards::point::Extended;
    use super::super::super::edwards::verify::{Kernel, Sum, Workspace};
    use super::super::super::field::Residues;
    use super::super::super::modulus::Modulus;
    use super::super::super::recode::Windows;
    use super::super::curve::{self, Affine, Encoded, Signature, Twisted448};
    use super::super::field::{Order, P, QUARTER};
    use super::super::words56::Words56;

    /// Signatures tried: more than one group of lanes, and not whole groups.
    const COUNT: u64 = 11;

    const SCALAR_BITS: usize = Twisted448::SCALAR_BITS;

    /// Whether the kernel tells right signatures from wrong ones. The answers are known from how the
    /// signatures are made.
    pub fn agrees<K: Kernel<Twisted448, 7>>(token: K::Token) -> bool {
        let logarithm = Order::R3;
        let mut number = Order::R2;
        let mut next = || {
            number = Order::mul(&number, &Order::R3);
            number
        };
        let numbers: Vec<_> = (0..COUNT).map(|_| [next(), next()]).collect();
        let signatures: Vec<_> = (0..)
            .zip(&numbers)
            .map(|(i, [secret, k])| {
                let mut signature = signed(&logarithm, secret, k, &multiple(secret));
                signature.r.y[1] ^= u64::from(is_spoilt(i));
                signature
            })
            .collect();
        let base = Extended::<Twisted448, 7>::from(curve::base());
        let points = Extended::to_affine(&[base, base.multiple(&logarithm)]);
        let opposite = points[1].negated_modulo::<P>();
        let tables = [points[0], opposite].map(|point| {
            K::table(token, &point, Windows::new(SCALAR_BITS, SCALAR_BITS.div_ceil(5)))
        });
        let mut holds = vec![false; signatures.len()];
        let mut space = Workspace::<K, Twisted448, 7>::default();
        K::verify(token, [&tables[0], &tables[1]], &signatures, &mut holds, &mut space);
        (0..).zip(holds).all(|(i, holds)| holds != is_spoilt(i))
    }

    fn is_spoilt(i: u64) -> bool {
        i % 3 == 1
    }

    /// `k B` on edwards448: φ̂ of a quarter of k times φ(B).
    pub fn multiple(k: &[u64; 7]) -> Affine {
        let base = Extended::<Twisted448, 7>::from(curve::base());
        let point = base.multiple(&times(k, &QUARTER));
        let Affine { x, y } = Extended::to_affine(&[point])[0];
        let number = |number: [u64; 7]| Words56::<1>::pack(|_| number);
        let Sum { x, y, z } =
            Twisted448::finish(Sum { x: number(x), y: number(y), z: Words56::one() });
        let inverse = z.invert();
        let words = |number: Words56<1>| {
            let mut words = [0; 7];
            number.mul(&inverse).unpack(|_, number| words = number);
            words
        };
        Affine { x: words(x), y: words(y) }
    }

    /// `a b` modulo the order.
    pub fn times(a: &[u64; 7], b: &[u64; 7]) -> [u64; 7] {
        Order::mul(&Order::mul(a, b), &Order::R2)
    }

    /// The signature with `R` and the hash `k` under the key with this logarithm, where R's own is
    /// `secret`: `S = secret + k logarithm`.
    pub fn signed(logarithm: &[u64; 7], secret: &[u64; 7], k: &[u64; 7], r: &Affine) -> Signature {
        let s = Order::add(secret, &times(k, logarithm));
        Signature { r: Encoded::of(r), s: times(&s, &QUARTER), hash: [*k, [0; 7]] }
    }
}
