//! The kernels for RSA, and trying them out.

use super::numbers::Numbers;
use super::power::{Constants, Question};
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
pub use x86::{Avx2By29, Ifma52};

/// Kernels of which all is compiled for instructions that not every processor has.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "the way into code compiled for other processors")]
mod x86 {
    use super::super::avx2::{self, Avx2};
    use super::super::digits::Eight;
    use super::super::numbers::Numbers;
    use super::super::power::{self, Constants, Question};
    use super::Kernel;
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
    pub struct Avx2By29;

    kernel!(Avx2By29, avx2::Available, constants_avx2, verify_avx2);

    /// Eight lanes of 52-bit digits.
    #[derive(Debug)]
    pub struct Ifma52;

    kernel!(Ifma52, avx512::Available, constants_ifma, verify_ifma);

    #[target_feature(enable = "avx2")]
    fn constants_avx2(numbers: &Numbers) -> Constants {
        power::constants::<Avx2, 4>(numbers)
    }

    #[target_feature(enable = "avx2")]
    fn verify_avx2(constants: &Constants, questions: &[Question<'_>], holds: &mut [bool]) {
        power::verify::<Avx2, 4>(constants, 2, questions, holds);
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    fn constants_ifma(numbers: &Numbers) -> Constants {
        power::constants::<Eight<Avx512>, 5>(numbers)
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    fn verify_ifma(constants: &Constants, questions: &[Question<'_>], holds: &mut [bool]) {
        power::verify::<Eight<Avx512>, 5>(constants, 2, questions, holds);
    }
}
