//! The product modulo P-256's prime with BMI2's multiplier, which leaves the flags alone, and ADX's
//! two additions, each with a carry of its own, so that two sums go on side by side.
//!
//! The compiler writes one carry chain at a time; this takes about half the instructions.
#![allow(unsafe_code, reason = "the compiler does not use both carries")]

use std::arch::asm;

use super::super::modulus::{self, Modulus};
use super::super::p256;
use super::Products;

/// Proof that the processor has the instructions.
#[derive(Clone, Copy, Debug)]
pub struct Available(());

impl Available {
    /// Looks.
    pub fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("bmi2") && is_x86_feature_detected!("adx");
        has.then_some(Self(()))
    }
}

/// Products with these instructions, for those who hold an [`Available`].
#[derive(Clone, Copy, Debug)]
pub struct Adx;

impl Products for Adx {
    #[inline(always)]
    fn mul<M: Modulus<N>, const N: usize>(a: &[u64; N], b: &[u64; N]) -> [u64; N] {
        // SAFETY: the kernel that is made of these asks for `Available` wherever it is entered.
        unsafe { M::mul_adx(a, b) }
    }

    #[inline(always)]
    fn sqr<M: Modulus<N>, const N: usize>(a: &[u64; N]) -> [u64; N] {
        Self::mul::<M, N>(a, a)
    }
}

/// `a b / 2^256 mod p`, for any `a` and a `b` below p: word by word as in `p256.rs`, 20 products.
///
/// # Safety
/// The processor has BMI2 and ADX.
#[inline(always)]
pub unsafe fn p256_mul(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    /// Adds the word of `b` at an offset times a, then the multiple of p that clears the lowest
    /// word, which is left out from then on. The sum's words have the places named.
    macro_rules! step {
        ($offset:literal, $t0:literal, $t1:literal, $t2:literal, $t3:literal, $t4:literal, $t5:literal) => {
            concat!(
                "mov rdx, [{b} + ",
                $offset,
                "]\n",
                "xor {",
                $t5,
                ":e}, {",
                $t5,
                ":e}\n",
                "mulx {h}, {l}, [{a}]\n",
                "adcx {",
                $t0,
                "}, {l}\n",
                "adox {",
                $t1,
                "}, {h}\n",
                "mulx {h}, {l}, [{a} + 8]\n",
                "adcx {",
                $t1,
                "}, {l}\n",
                "adox {",
                $t2,
                "}, {h}\n",
                "mulx {h}, {l}, [{a} + 16]\n",
                "adcx {",
                $t2,
                "}, {l}\n",
                "adox {",
                $t3,
                "}, {h}\n",
                "mulx {h}, {l}, [{a} + 24]\n",
                "adcx {",
                $t3,
                "}, {l}\n",
                "adox {",
                $t4,
                "}, {h}\n",
                "adcx {",
                $t4,
                "}, {",
                $t5,
                "}\n",
                "adox {",
                $t5,
                "}, {",
                $t5,
                "}\n",
                // adox above doubled zero and took its own carry; adcx's carry is still to come.
                "adc {",
                $t5,
                "}, 0\n",
                "mov rdx, {",
                $t0,
                "}\n",
                "mulx {h}, {l}, {p3}\n",
                "shl {",
                $t0,
                "}, 32\n",
                "shr rdx, 32\n",
                "add {",
                $t1,
                "}, {",
                $t0,
                "}\n",
                "adc {",
                $t2,
                "}, rdx\n",
                "adc {",
                $t3,
                "}, {l}\n",
                "adc {",
                $t4,
                "}, {h}\n",
                "adc {",
                $t5,
                "}, 0\n",
            )
        };
    }
    let (mut r0, mut r1, mut r2, mut r3): (u64, u64, u64, u64);
    let mut top: u64;
    // SAFETY: the processor has the instructions, as the caller promises; only the eight words of a
    // and b are read, nothing is written but the registers named.
    unsafe {
        asm!(
            "xor {t0:e}, {t0:e}",
            "xor {t1:e}, {t1:e}",
            "xor {t2:e}, {t2:e}",
            "xor {t3:e}, {t3:e}",
            "xor {t4:e}, {t4:e}",
            step!("0", "t0", "t1", "t2", "t3", "t4", "t5"),
            step!("8", "t1", "t2", "t3", "t4", "t5", "t0"),
            step!("16", "t2", "t3", "t4", "t5", "t0", "t1"),
            step!("24", "t3", "t4", "t5", "t0", "t1", "t2"),
            a = in(reg) a.as_ptr(),
            b = in(reg) b.as_ptr(),
            p3 = in(reg) 0xffff_ffff_0000_0001_u64,
            t0 = out(reg) r2,
            t1 = out(reg) r3,
            t2 = out(reg) top,
            t3 = out(reg) _,
            t4 = out(reg) r0,
            t5 = out(reg) r1,
            h = out(reg) _,
            l = out(reg) _,
            out("rdx") _,
            options(pure, readonly, nostack),
        );
    }
    modulus::reduce_once(&[r0, r1, r2, r3], top, &<p256::P as Modulus<4>>::VALUE)
}
