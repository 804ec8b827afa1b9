//! Ed25519 held to plain definitions: points to a library's, tables to multiples one at a time, batches
//! to signatures made with a key whose logarithm is known.
#![allow(clippy::cast_possible_truncation, reason = "the numbers here are known to fit")]

use super::super::field::Residues;
use super::super::ifma::Ifma;
use super::super::ifma::vector::Emulated;
use super::field::Order;
use super::ifma::Ifma51;
use super::kernels::{Portable, check};
use super::verify::Kernel;

/// The IFMA kernel on emulated vectors.
struct EmulatedIfma;

impl Kernel for EmulatedIfma {
    type Token = ();
    type Base = Ifma51<Emulated>;
    type Order = Ifma<Emulated, Order, 4, 5>;
    const CHUNK: usize = 24;
}

#[test]
fn every_kernel_passes_the_trial_before_it_is_trusted() {
    assert!(check::agrees::<Portable>(()));
    assert!(check::agrees::<EmulatedIfma>(()));
    #[cfg(target_arch = "x86_64")]
    if let Some(available) = super::super::portable::adx::Available::detect() {
        assert!(check::agrees::<super::Adx>(available));
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(available) = super::super::ifma::avx512::Available::detect() {
        assert!(check::agrees::<super::Ifma>(available));
    }
}
