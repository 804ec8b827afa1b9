//! The product with BMI2's multiplier, which leaves the flags alone, and ADX's two additions, each with
//! a carry of its own, so that two sums go on side by side.
#![allow(unsafe_code, reason = "the compiler does not use both carries")]

use std::arch::asm;

use super::words64::Product;

/// Products with these instructions. Only the kernel that is made of them may use this, and it asks
/// for a proof that the processor has them wherever it is entered.
#[derive(Clone, Copy, Debug)]
pub struct WithAdx;

impl Product for WithAdx {
    #[inline(always)]
    fn mul(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
        // SAFETY: the kernel that is made of these asks for `Available` wherever it is entered.
        unsafe { mul(a, b) }
    }
}

/// `a b` modulo 2^255 - 19, tight, for any two numbers: 16 word products, 4 by 38 and one by 19.
///
/// # Safety
/// The processor has BMI2 and ADX.
#[inline(always)]
unsafe fn mul(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    /// Adds a times the word of `b` at an offset to the sum's words named; the last is new.
    macro_rules! row {
        ($offset:literal, $t0:literal, $t1:literal, $t2:literal, $t3:literal, $t4:literal) => {
            concat!(
                "mov rdx, [{b} + ",
                $offset,
                "]\n",
                "xor {",
                $t4,
                ":e}, {",
                $t4,
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
                "adc {",
                $t4,
                "}, 0\n",
            )
        };
    }
    let (mut r0, mut r1, mut r2, mut r3): (u64, u64, u64, u64);
    // SAFETY: the processor has the instructions, as the caller promises; only the four words of a
    // and of b are read, nothing is written but the registers named.
    unsafe {
        asm!(
            "mov rdx, [{b}]",
            "mulx {t1}, {t0}, [{a}]",
            "mulx {t2}, {l}, [{a} + 8]",
            "add {t1}, {l}",
            "mulx {t3}, {l}, [{a} + 16]",
            "adc {t2}, {l}",
            "mulx {t4}, {l}, [{a} + 24]",
            "adc {t3}, {l}",
            "adc {t4}, 0",
            row!("8", "t1", "t2", "t3", "t4", "t5"),
            row!("16", "t2", "t3", "t4", "t5", "t6"),
            row!("24", "t3", "t4", "t5", "t6", "t7"),
            // The upper four words times 38.
            "mov edx, 38",
            "xor {l:e}, {l:e}",
            "mulx {h}, {l}, {t4}",
            "mov {t4:e}, 0",
            "adcx {t0}, {l}",
            "adox {t1}, {h}",
            "mulx {h}, {l}, {t5}",
            "adcx {t1}, {l}",
            "adox {t2}, {h}",
            "mulx {h}, {l}, {t6}",
            "adcx {t2}, {l}",
            "adox {t3}, {h}",
            "mulx {h}, {l}, {t7}",
            "adcx {t3}, {l}",
            "adox {h}, {t4}",
            "adc {h}, 0",
            // What is above bit 255 times 19.
            "shld {h}, {t3}, 1",
            "btr {t3}, 63",
            "imul {h}, {h}, 19",
            "add {t0}, {h}",
            "adc {t1}, 0",
            "adc {t2}, 0",
            "adc {t3}, 0",
            a = in(reg) a.as_ptr(),
            b = in(reg) b.as_ptr(),
            t0 = out(reg) r0,
            t1 = out(reg) r1,
            t2 = out(reg) r2,
            t3 = out(reg) r3,
            t4 = out(reg) _,
            t5 = out(reg) _,
            t6 = out(reg) _,
            t7 = out(reg) _,
            h = out(reg) _,
            l = out(reg) _,
            out("rdx") _,
            options(pure, readonly, nostack),
        );
    }
    [r0, r1, r2, r3]
}
