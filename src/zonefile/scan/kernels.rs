//! Which kernel scans, and which reads digits.
#![allow(unsafe_code, reason = "what was detected once is not detected again for every entry")]

use std::sync::atomic::{AtomicU8, Ordering};

#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512, trial};
#[cfg(target_arch = "x86_64")]
use crate::crypto::backend;

/// A way to read text fast. All find the same in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kernel {
    /// Octet by octet, everywhere.
    Plain,
    /// 32 octets at once.
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Available),
    /// 64 octets at once.
    #[cfg(target_arch = "x86_64")]
    Avx512(avx512::Available),
}

/// Work in which text is read with one kernel from its beginning to its end.
pub trait Work {
    /// What comes of it.
    type Outcome;

    /// Does it; to be inlined, so that it is compiled for the kernel's instructions and nothing in
    /// it asks which kernel there is.
    fn run(self, kernel: Kernel) -> Self::Outcome;
}

/// The kernel in use, as one of the numbers below.
static CHOSEN: AtomicU8 = AtomicU8::new(UNDECIDED);

const UNDECIDED: u8 = 0;
const PLAIN: u8 = 1;
#[cfg(target_arch = "x86_64")]
const AVX2: u8 = 2;
#[cfg(target_arch = "x86_64")]
const AVX512: u8 = 3;

impl Kernel {
    /// Those that the processor has, the fastest first.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let all = [Self::Plain];
        #[cfg(target_arch = "x86_64")]
        let all = [
            avx512::Available::detect().map(Self::Avx512),
            avx2::Available::detect().map(Self::Avx2),
        ]
        .into_iter()
        .flatten()
        .chain(all);
        Vec::from_iter(all)
    }

    /// Its name, as it is asked for.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "portable",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => "avx512",
        }
    }

    /// Does some work, all that is inlined in it with the instructions of this kernel.
    #[inline]
    pub fn run<W: Work>(self, work: W) -> W::Outcome {
        match self {
            Self::Plain => work.run(Self::Plain),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(available) => avx2::run(available, work),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(available) => avx512::run(available, work),
        }
    }

    /// The kernel in use: the fastest that the processor has and that is not above what the user
    /// wants our own arithmetic to run on ([`backend::force_kernel`]).
    #[inline]
    #[must_use]
    pub fn chosen() -> Self {
        match CHOSEN.load(Ordering::Relaxed) {
            PLAIN => Self::Plain,
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `AVX2` is only stored by somebody who holds an `Available`.
            AVX2 => Self::Avx2(unsafe { avx2::Available::detected_before() }),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: likewise.
            AVX512 => Self::Avx512(unsafe { avx512::Available::detected_before() }),
            _ => Self::choose(),
        }
    }

    #[cold]
    fn choose() -> Self {
        let mut allowed = Self::all().into_iter().filter(|kernel| match kernel {
            Self::Plain => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => backend::may_run_kernel("avx2"),
            // A kernel for rare instructions is tried out before it is trusted.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => backend::may_run_kernel("ifma") && trial::agrees(*kernel),
        });
        let kernel = allowed.next().unwrap_or(Self::Plain);
        kernel.put_in_use();
        kernel
    }

    /// Has this kernel read from now on, on all threads: for tests and measurements.
    #[doc(hidden)]
    pub fn put_in_use(self) {
        let number = match self {
            Self::Plain => PLAIN,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => AVX2,
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => AVX512,
        };
        CHOSEN.store(number, Ordering::Relaxed);
    }
}
