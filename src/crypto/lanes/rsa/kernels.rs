//! The kernels for RSA, and trying them out.

#[cfg(any(target_arch = "x86_64", test))]
use super::numbers;
use super::numbers::Numbers;
use super::power::{Constants, Question};
#[cfg(any(target_arch = "x86_64", test))]
use super::scalar::Rows;
use super::scalar::{self, Compiled};

/// A way to verify, compiled for some processors.
pub trait Kernel: Send + Sync + 'static {
    /// Proof that the processor has what the kernel needs.
    type Token: Copy + Send + Sync;

    /// What signatures under a key share: costs about as much as a few of them.
    fn constants(_: Self::Token, numbers: &Numbers) -> Constants;

    /// Sets for each question whether its signature holds.
    fn verify(
        _: Self::Token,
        constants: &Constants,
        questions: &[Question<'_>],
        holds: &mut [bool],
    );
}

/// Groups of lanes that take turns: one has something to do while the other waits for its carries.
#[cfg(any(target_arch = "x86_64", test))]
pub const GROUPS: usize = 2;

/// 64-bit words, on every processor.
#[derive(Debug)]
pub struct Words;

impl Kernel for Words {
    type Token = ();

    fn constants((): (), numbers: &Numbers) -> Constants {
        scalar::constants::<Compiled>(numbers)
    }

    fn verify((): (), constants: &Constants, questions: &[Question<'_>], holds: &mut [bool]) {
        scalar::verify::<Compiled>(constants, questions, holds);
    }
}

#[cfg(target_arch = "x86_64")]
pub use x86::{EightLanes, FourLanes};

/// Kernels of which all is compiled for instructions that not every processor has.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "the way into code compiled for other processors")]
mod x86 {
    use super::super::avx2::{self, Avx2};
    use super::super::digits::Eight;
    use super::super::numbers::Numbers;
    use super::super::power::{self, Constants, Question};
    use super::{GROUPS, Kernel};
    use crate::crypto::lanes::ifma::avx512::{self, Avx512};

    /// The two ways into a kernel, through functions with its features.
    macro_rules! kernel {
        ($kernel:ty, $available:ty, $constants:ident, $verify:ident) => {
            impl Kernel for $kernel {
                type Token = $available;

                fn constants(_: $available, numbers: &Numbers) -> Constants {
                    // SAFETY: `Available` proves that the processor has the features.
                    unsafe { $constants(numbers) }
                }

                fn verify(
                    _: $available,
                    constants: &Constants,
                    questions: &[Question<'_>],
                    holds: &mut [bool],
                ) {
                    // SAFETY: `Available` proves that the processor has the features.
                    unsafe { $verify(constants, questions, holds) }
                }
            }
        };
    }

    /// Four lanes of 29-bit digits.
    #[derive(Debug)]
    pub struct FourLanes;

    kernel!(FourLanes, avx2::Available, constants_avx2, verify_avx2);

    /// Eight lanes of 52-bit digits.
    #[derive(Debug)]
    pub struct EightLanes;

    kernel!(EightLanes, avx512::Available, constants_ifma, verify_ifma);

    #[target_feature(enable = "avx2")]
    fn constants_avx2(numbers: &Numbers) -> Constants {
        power::constants::<Avx2, 4>(numbers)
    }

    #[target_feature(enable = "avx2")]
    fn verify_avx2(constants: &Constants, questions: &[Question<'_>], holds: &mut [bool]) {
        power::verify::<Avx2, 4>(constants, GROUPS, questions, holds);
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    fn constants_ifma(numbers: &Numbers) -> Constants {
        power::constants::<Eight<Avx512>, 5>(numbers)
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    fn verify_ifma(constants: &Constants, questions: &[Question<'_>], holds: &mut [bool]) {
        power::verify::<Eight<Avx512>, 5>(constants, GROUPS, questions, holds);
    }
}

/// Whether a kernel tells right signatures from wrong ones: seventh powers of small numbers, which are
/// what they are modulo anything, so that the answers are known beforehand. Divided by powers of R on
/// the way, they fill all digits.
#[cfg(any(target_arch = "x86_64", test))]
pub fn agrees<K: Kernel>(token: K::Token) -> bool {
    /// More than one round of all lanes, and not whole groups.
    const COUNT: u64 = 19;
    const LEN: usize = 136;
    let is_spoilt = |i: u64| i % 3 == 1;
    let octets: Vec<_> = (1..=LEN).map(|i| u8::try_from(i * i % 251).unwrap_or(0) | 1).collect();
    let modulus = numbers::from_octets(&octets);
    let block = vec![0; modulus.len()].into();
    let numbers = Numbers { modulus: modulus.into(), exponent: [7].into(), block };
    let cases: Vec<_> = (0..COUNT)
        .map(|i| {
            let root = (i + 1) * 0xb1d4_b90c;
            let mut power = [1, 0, 0, 0];
            for _ in 0..7 {
                let mut product = [0; 4];
                Compiled::add_row(&mut product, &power, root);
                power = product;
            }
            power[3] ^= u64::from(is_spoilt(i));
            let mut signature = [0; LEN];
            signature[LEN - 8..].copy_from_slice(&root.to_be_bytes());
            power.reverse();
            (signature, power.map(u64::to_be_bytes))
        })
        .collect();
    let questions: Vec<_> = cases
        .iter()
        .map(|(signature, hash)| Question { signature, hash: hash.as_flattened() })
        .collect();
    let mut holds = vec![false; cases.len()];
    K::verify(token, &K::constants(token, &numbers), &questions, &mut holds);
    (0..).zip(holds).all(|(i, holds)| holds != is_spoilt(i))
}
