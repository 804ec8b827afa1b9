//! The kernels, and which of them runs.

use std::sync::OnceLock;

use super::curve::Curve;
use super::ecdsa::Kernel;
#[cfg(target_arch = "x86_64")]
use super::ifma::avx512::Available;
use super::portable::Portable;

/// A kernel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    /// 64-bit words, everywhere.
    Portable,
    /// AVX-512 IFMA.
    Ifma,
}

/// The name of the kernel that runs: `portable` or `ifma`.
pub fn name() -> &'static str {
    match choice() {
        Choice::Portable => "portable",
        Choice::Ifma => "ifma",
    }
}

/// The fastest kernel that the processor has and that gives right answers here; the environment
/// variable `SIGMILL_KERNEL` can ask for another by its name. Decided once.
fn choice() -> Choice {
    static CHOICE: OnceLock<Choice> = OnceLock::new();
    *CHOICE.get_or_init(|| match std::env::var("SIGMILL_KERNEL") {
        Ok(name) if name == "portable" => Choice::Portable,
        _ => fastest(),
    })
}

#[cfg(not(target_arch = "x86_64"))]
fn fastest() -> Choice {
    Choice::Portable
}

#[cfg(target_arch = "x86_64")]
fn fastest() -> Choice {
    // A kernel whose instructions are rare is tried out before it is trusted.
    let right = |available| {
        check::agrees::<super::p256::P256, Ifma52<5>, 4>(available)
            && check::agrees::<super::p384::P384, Ifma52<8>, 6>(available)
    };
    if Available::detect().is_some_and(right) { Choice::Ifma } else { Choice::Portable }
}

/// The way into the IFMA kernel, if it is the one that runs.
#[cfg(target_arch = "x86_64")]
pub fn ifma() -> Option<Available> {
    if choice() == Choice::Ifma { Available::detect() } else { None }
}

/// The portable kernel for any curve.
#[derive(Debug)]
pub struct Scalar64;

impl<C: Curve<N>, const N: usize> Kernel<C, N> for Scalar64 {
    type Token = ();
    type Base = Portable<C::Base, N, 2>;
    type Order = Portable<C::Order, N, 2>;
    const CHUNK: usize = 128;
}

#[cfg(target_arch = "x86_64")]
pub use with_ifma::Ifma52;

#[cfg(target_arch = "x86_64")]
mod with_ifma {
    use super::super::curve::Curve;
    use super::super::ecdsa::{self, Kernel, Outcome, Signature, Workspace};
    use super::super::ifma::Ifma;
    use super::super::ifma::avx512::{Available, Avx512};
    use super::super::plain::Point;
    use super::super::recode::Windows;
    use super::super::table::Table;

    /// The IFMA kernel for any curve whose numbers have `L` digits of 52 bits.
    #[derive(Debug)]
    pub struct Ifma52<const L: usize>;

    impl<C: Curve<N>, const N: usize, const L: usize> Kernel<C, N> for Ifma52<L> {
        type Token = Available;
        type Base = Ifma<Avx512, C::Base, N, L>;
        type Order = Ifma<Avx512, C::Order, N, L>;
        const CHUNK: usize = 256;

        #[allow(unsafe_code, reason = "the way into code compiled for other processors")]
        fn table(_: Available, point: &Point<C, N>, windows: Windows) -> Table<N> {
            // SAFETY: `Available` proves that the processor has the features.
            unsafe { table::<C, N, L>(point, windows) }
        }

        #[allow(unsafe_code, reason = "the way into code compiled for other processors")]
        fn verify(
            _: Available,
            tables: [&Table<N>; 2],
            signatures: &[Signature<N>],
            outcomes: &mut [Outcome],
            space: &mut Workspace<Self, C, N>,
        ) {
            // SAFETY: `Available` proves that the processor has the features.
            unsafe { verify::<C, N, L>(tables, signatures, outcomes, space) }
        }
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    fn table<C: Curve<N>, const N: usize, const L: usize>(
        point: &Point<C, N>,
        windows: Windows,
    ) -> Table<N> {
        Table::new::<C, Ifma<Avx512, C::Base, N, L>>(point, windows)
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    fn verify<C: Curve<N>, const N: usize, const L: usize>(
        tables: [&Table<N>; 2],
        signatures: &[Signature<N>],
        outcomes: &mut [Outcome],
        space: &mut Workspace<Ifma52<L>, C, N>,
    ) {
        ecdsa::verify::<Ifma52<L>, C, N>(tables, signatures, outcomes, space);
    }
}

/// Trying out a kernel on signatures whose answers are known.
#[cfg(any(target_arch = "x86_64", test))]
pub mod check {
    use super::super::curve::Curve;
    use super::super::ecdsa::{Kernel, Outcome, Signature, Workspace};
    use super::super::modulus::{self, Modulus};
    use super::super::plain::{self, Point};
    use super::super::recode::Windows;

    /// Signatures tried: more than one group of lanes, and not whole groups.
    const COUNT: u64 = 19;

    /// Whether the kernel tells right signatures from wrong ones; a millisecond or two.
    pub fn agrees<C: Curve<N>, K: Kernel<C, N>, const N: usize>(token: K::Token) -> bool {
        // A key whose table has no point in common with the base point's, so that nothing meets.
        let logarithm = C::Order::R3;
        let Some(base) = Point::<C, N>::from_affine(C::G) else { return false };
        let key = base.multiple(&logarithm);
        let mut signatures = Vec::new();
        let mut u = C::Order::R2;
        for i in 0..COUNT {
            let [u1, u2] = [u, C::Order::mul(&u, &C::Order::R3)];
            u = C::Order::mul(&u2, &C::Order::R3);
            let Some(mut signature) = crafted::<C, N>(&logarithm, &u1, &u2) else { return false };
            signature.e[0] ^= u64::from(i % 3 == 1);
            signatures.push(signature);
        }
        let tables = [&base, &key]
            .map(|point| K::table(token, point, Windows::new(C::BITS, C::BITS.div_ceil(5))));
        let mut outcomes = vec![Outcome::Undecided; signatures.len()];
        let mut space = Workspace::<K, C, N>::new();
        K::verify(token, [&tables[0], &tables[1]], &signatures, &mut outcomes, &mut space);
        signatures.iter().zip(outcomes).all(|(signature, outcome)| {
            let holds = plain::verify(&key, &base, signature);
            outcome == if holds { Outcome::Holds } else { Outcome::Fails }
        })
    }

    /// A signature under the key `d` such that `u1` and `u2` are what is asked for, if there is one.
    pub fn crafted<C: Curve<N>, const N: usize>(
        d: &[u64; N],
        u1: &[u64; N],
        u2: &[u64; N],
    ) -> Option<Signature<N>> {
        let times = |a: &[u64; N], b: &[u64; N]| C::Order::mul(&C::Order::mul(a, b), &C::Order::R2);
        let k = C::Order::add(u1, &times(u2, d));
        let sum = Point::<C, N>::from_affine(C::G)?.multiple(&k);
        let [x, _] = sum.coordinates()?;
        let r = modulus::reduce_once(&x, 0, &C::Order::VALUE);
        let s = times(&r, &C::Order::invert(u2));
        let signature = Signature { e: times(u1, &s), r, s };
        signature.in_range::<C>().then_some(signature)
    }
}
