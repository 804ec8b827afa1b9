//! The kernels, and which of them runs.

use std::sync::OnceLock;

#[cfg(target_arch = "x86_64")]
use super::avx2::word;
use super::curve::Curve;
use super::doubling::InWords;
use super::ecdsa::Kernel;
#[cfg(target_arch = "x86_64")]
use super::ifma::avx512;
#[cfg(target_arch = "x86_64")]
use super::p256::P256;
#[cfg(target_arch = "x86_64")]
use super::p384::P384;
use super::portable::Portable;
#[cfg(target_arch = "x86_64")]
use super::portable::adx;
#[cfg(target_arch = "x86_64")]
use super::rsa;
use super::wanted;
#[cfg(target_arch = "x86_64")]
use super::{ed448, ed25519};

/// A kernel. One that is slower, where there are both, comes before one that is faster.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Choice {
    /// 64-bit words, everywhere.
    Portable,
    /// 64-bit words, with BMI2 and ADX.
    Adx,
    /// AVX2.
    Avx2,
    /// AVX-512 IFMA.
    Ifma,
}

impl Choice {
    /// How many there are.
    pub const COUNT: usize = 4;

    /// All of them, the fastest first.
    pub const ALL: [Self; Self::COUNT] = [Self::Ifma, Self::Avx2, Self::Adx, Self::Portable];

    /// The name that users type and reports print.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Adx => "adx",
            Self::Avx2 => "avx2",
            Self::Ifma => "ifma",
        }
    }

    /// Whether the processor has what it needs.
    pub fn is_here(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Self::Adx => adx::Available::detect().is_some(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2"),
            #[cfg(target_arch = "x86_64")]
            Self::Ifma => avx512::Available::detect().is_some(),
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }

    /// Whether the processor has what it needs, and it gives right answers here for this curve: a
    /// kernel for rare instructions is tried out before it is trusted.
    #[cfg_attr(
        not(target_arch = "x86_64"),
        allow(unused_variables, reason = "what is portable is not tried out")
    )]
    fn is_usable(self, curve: Tried) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Self::Adx => adx::Available::detect().is_some_and(|available| match curve {
                Tried::P256 => check::agrees::<P256, ScalarAdx, 4>(available),
                Tried::P384 => check::agrees::<P384, ScalarAdx, 6>(available),
                Tried::Ed25519 => ed25519::check::agrees::<ed25519::Adx>(available),
                Tried::Ed448 => ed448::check::agrees::<ed448::Adx>(available),
                // The libraries have as good assembly for it.
                Tried::Rsa => false,
            }),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => word::Available::detect().is_some_and(|available| match curve {
                Tried::P256 => check::agrees::<P256, FourLanes<9>, 4>(available),
                Tried::P384 => check::agrees::<P384, FourLanes<14>, 6>(available),
                Tried::Ed25519 => ed25519::check::agrees::<ed25519::Avx>(available),
                Tried::Ed448 => ed448::check::agrees::<ed448::Avx>(available),
                Tried::Rsa => rsa::avx2::Available::detect()
                    .is_some_and(rsa::kernels::agrees::<rsa::kernels::FourLanes>),
            }),
            #[cfg(target_arch = "x86_64")]
            Self::Ifma => avx512::Available::detect().is_some_and(|available| match curve {
                Tried::P256 => check::agrees::<P256, Ifma52<5>, 4>(available),
                Tried::P384 => check::agrees::<P384, Ifma52<8>, 6>(available),
                Tried::Ed25519 => ed25519::check::agrees::<ed25519::Ifma>(available),
                Tried::Ed448 => false,
                Tried::Rsa => rsa::kernels::agrees::<rsa::kernels::EightLanes>(available),
            }),
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }
}

/// What kernels are tried out for: each by itself, since a zone seldom has more than one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tried {
    /// P-256.
    P256,
    /// P-384.
    P384,
    /// Ed25519.
    Ed25519,
    /// Ed448.
    Ed448,
    /// RSA with any modulus.
    Rsa,
}

impl Tried {
    /// How many there are.
    const COUNT: usize = 5;
}

/// The name of the kernel that runs for P-256.
pub fn name() -> &'static str {
    chosen(Tried::P256).name()
}

/// The fastest usable kernel that is not above the one that was asked for ([`wanted`]). Decided once
/// for each curve.
pub fn chosen(curve: Tried) -> Choice {
    static CHOSEN: [OnceLock<Choice>; Tried::COUNT] = [const { OnceLock::new() }; Tried::COUNT];
    *CHOSEN[curve as usize].get_or_init(|| {
        let mut choices = Choice::ALL.into_iter().filter(|&choice| wanted::may_run(choice));
        choices.find(|choice| choice.is_usable(curve)).unwrap_or(Choice::Portable)
    })
}

/// The portable kernel for any curve.
#[derive(Debug)]
pub struct Scalar64;

impl<C: Curve<N>, const N: usize> Kernel<C, N> for Scalar64 {
    type Token = ();
    // One: the two chains of additions are enough for the processor to choose from.
    type Base = Portable<C::Base, N, 1>;
    type Order = Portable<C::Order, N, 1>;
    type Doublings = InWords;
    const CHUNK: usize = 128;
}

#[cfg(target_arch = "x86_64")]
pub use x86::{FourLanes, Ifma52, ScalarAdx};

/// Kernels of which all is compiled for instructions that not every processor has.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "the way into code compiled for other processors")]
mod x86 {
    use super::super::avx2::word;
    use super::super::avx2::{Avx2, Digits};
    use super::super::curve::Curve;
    use super::super::doubling::{InWords, SideBySide};
    use super::super::ecdsa::{self, Kernel, Outcome, Signature, Workspace};
    use super::super::ifma::Ifma;
    use super::super::ifma::avx512::{self, Avx512};
    use super::super::plain::Point;
    use super::super::portable::Portable;
    use super::super::portable::adx::{self, Adx};
    use super::super::recode::Windows;
    use super::super::table::Table;

    /// The two ways into a kernel, through functions with its features.
    macro_rules! ways_in {
        ($available:ty, $table:ident, $verify:ident, $($digits:ident)?) => {
            fn table(_: $available, point: &Point<C, N>, windows: Windows) -> Table<N> {
                // SAFETY: `Available` proves that the processor has the features.
                unsafe { $table::<C, N $(, $digits)?>(point, windows) }
            }

            fn verify(
                _: $available,
                tables: [&Table<N>; 2],
                signatures: &[Signature<N>],
                outcomes: &mut [Outcome],
                space: &mut Workspace<Self, C, N>,
            ) {
                // SAFETY: `Available` proves that the processor has the features.
                unsafe { $verify::<C, N $(, $digits)?>(tables, signatures, outcomes, space) }
            }
        };
    }

    /// The portable kernel with BMI2 and ADX, for any curve.
    #[derive(Debug)]
    pub struct ScalarAdx;

    impl<C: Curve<N>, const N: usize> Kernel<C, N> for ScalarAdx {
        type Token = adx::Available;
        type Base = Portable<C::Base, N, 1, Adx>;
        type Order = Portable<C::Order, N, 1, Adx>;
        type Doublings = InWords;
        const CHUNK: usize = 128;
        ways_in!(adx::Available, table_adx, verify_adx,);
    }

    /// The AVX2 kernel for a curve whose numbers have `D` digits. Numbers modulo the order, of which a
    /// signature takes few products, are in words.
    #[derive(Debug)]
    pub struct FourLanes<const D: usize>;

    impl<C: Curve<N>, const N: usize, const D: usize> Kernel<C, N> for FourLanes<D>
    where
        C::Base: Digits<N, D>,
    {
        type Token = word::Available;
        type Base = Avx2<C::Base, N, D>;
        type Order = Portable<C::Order, N, 4>;
        type Doublings = InWords;
        const CHUNK: usize = 128;

        fn table(_: word::Available, point: &Point<C, N>, windows: Windows) -> Table<N> {
            // SAFETY: `Available` proves that the processor has the features.
            unsafe { table_avx2::<C, N, D>(point, windows) }
        }

        fn verify(
            _: word::Available,
            tables: [&Table<N>; 2],
            signatures: &[Signature<N>],
            outcomes: &mut [Outcome],
            space: &mut Workspace<Self, C, N>,
        ) {
            // SAFETY: `Available` proves that the processor has the features.
            unsafe { verify_avx2::<C, N, D>(tables, signatures, outcomes, space) }
        }
    }

    /// The IFMA kernel for any curve whose numbers have `L` digits of 52 bits.
    #[derive(Debug)]
    pub struct Ifma52<const L: usize>;

    impl<C: Curve<N>, const N: usize, const L: usize> Kernel<C, N> for Ifma52<L> {
        type Token = avx512::Available;
        type Base = Ifma<Avx512, C::Base, N, L>;
        type Order = Ifma<Avx512, C::Order, N, L>;
        type Doublings = SideBySide;
        const CHUNK: usize = 256;
        ways_in!(avx512::Available, table_ifma, verify_ifma, L);
    }

    #[target_feature(enable = "bmi2,adx")]
    fn table_adx<C: Curve<N>, const N: usize>(point: &Point<C, N>, windows: Windows) -> Table<N> {
        Table::new::<C, Portable<C::Base, N, 1, Adx>, InWords>(point, windows)
    }

    #[target_feature(enable = "bmi2,adx")]
    fn verify_adx<C: Curve<N>, const N: usize>(
        tables: [&Table<N>; 2],
        signatures: &[Signature<N>],
        outcomes: &mut [Outcome],
        space: &mut Workspace<ScalarAdx, C, N>,
    ) {
        ecdsa::verify::<ScalarAdx, C, N>(tables, signatures, outcomes, space);
    }

    #[target_feature(enable = "avx2,bmi2")]
    fn table_avx2<C: Curve<N>, const N: usize, const D: usize>(
        point: &Point<C, N>,
        windows: Windows,
    ) -> Table<N>
    where
        C::Base: Digits<N, D>,
    {
        Table::new::<C, Avx2<C::Base, N, D>, InWords>(point, windows)
    }

    #[target_feature(enable = "avx2,bmi2")]
    fn verify_avx2<C: Curve<N>, const N: usize, const D: usize>(
        tables: [&Table<N>; 2],
        signatures: &[Signature<N>],
        outcomes: &mut [Outcome],
        space: &mut Workspace<FourLanes<D>, C, N>,
    ) where
        C::Base: Digits<N, D>,
    {
        ecdsa::verify::<FourLanes<D>, C, N>(tables, signatures, outcomes, space);
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    fn table_ifma<C: Curve<N>, const N: usize, const L: usize>(
        point: &Point<C, N>,
        windows: Windows,
    ) -> Table<N> {
        Table::new::<C, Ifma<Avx512, C::Base, N, L>, SideBySide>(point, windows)
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    fn verify_ifma<C: Curve<N>, const N: usize, const L: usize>(
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
    use super::super::plain::Point;
    use super::super::recode::Windows;
    use super::super::words;

    /// Signatures tried: more than one group of lanes, and not whole groups.
    const COUNT: u64 = 11;

    /// Whether the kernel tells right signatures from wrong ones. It takes a part of a millisecond before
    /// the first signature, so the answers are known from how the signatures are made, and one sum is
    /// twice the one before.
    pub fn agrees<C: Curve<N>, K: Kernel<C, N>, const N: usize>(token: K::Token) -> bool {
        // A key whose table has no point in common with the base point's, so that nothing meets.
        let logarithm = C::Order::R3;
        let Some(base) = Point::<C, N>::from_affine(C::G) else { return false };
        let key = base.multiple(&logarithm);
        let mut signatures = Vec::new();
        let (mut sum, mut multiple, mut u2) = (base, words::small(1), C::Order::R2);
        for i in 0..COUNT {
            let u1 = C::Order::sub(&multiple, &times::<C, N>(&u2, &logarithm));
            let Some(mut signature) = with_sum::<C, N>(&sum, &u1, &u2) else { return false };
            signature.e[0] ^= u64::from(is_spoilt(i));
            signatures.push(signature);
            (sum, multiple) = (sum.double(), C::Order::add(&multiple, &multiple));
            u2 = C::Order::mul(&u2, &C::Order::R3);
        }
        let tables = [&base, &key]
            .map(|point| K::table(token, point, Windows::new(C::BITS, C::BITS.div_ceil(5))));
        let mut outcomes = vec![Outcome::Undecided; signatures.len()];
        let mut space = Workspace::<K, C, N>::default();
        K::verify(token, [&tables[0], &tables[1]], &signatures, &mut outcomes, &mut space);
        (0..).zip(outcomes).all(|(i, outcome)| {
            outcome == if is_spoilt(i) { Outcome::Fails } else { Outcome::Holds }
        })
    }

    fn is_spoilt(i: u64) -> bool {
        i % 3 == 1
    }

    /// The signature with this `u1` and `u2`, whose sum is known.
    pub fn with_sum<C: Curve<N>, const N: usize>(
        sum: &Point<C, N>,
        u1: &[u64; N],
        u2: &[u64; N],
    ) -> Option<Signature<N>> {
        let [x, _] = sum.coordinates()?;
        let r = modulus::reduce_once(&x, 0, &C::Order::VALUE);
        let s = times::<C, N>(&r, &C::Order::invert(u2));
        let signature = Signature { e: times::<C, N>(u1, &s), r, s };
        signature.in_range::<C>().then_some(signature)
    }

    /// A product modulo the order.
    pub fn times<C: Curve<N>, const N: usize>(a: &[u64; N], b: &[u64; N]) -> [u64; N] {
        C::Order::mul(&C::Order::mul(a, b), &C::Order::R2)
    }
}
