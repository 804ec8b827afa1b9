//! Montgomery's product in four lanes, for primes that are sums of few powers of two.
//!
//! Row by row: a digit of `a` times all of `b` is added to a window of columns, which stay in
//! registers; then the multiple of p that clears the lowest column is added by shifts, and the window
//! moves up. p is -1 modulo the digits' radix, so that multiple is the column's own digit.
//!
//! The multiplier takes signed factors, so that differences need no care. But carries are made by
//! logical shifts, AVX2 having no others for words, and want columns that are not negative: every
//! column begins with 2^63, and gives the next one so much less. All of it together is `p R`, which
//! adds p to the result.
//!
//! In assembly, since the compiler takes the intrinsic for a product of 64 bits, moves what it can out
//! of it, and then needs several instructions for one; and so that one factor is read from memory,
//! which costs no register.
#![allow(unsafe_code, reason = "intrinsics for instructions that not every processor has")]

use std::arch::asm;

use super::super::modulus::Modulus;
use super::super::{p256, p384, words};
use super::word::Word;

/// A prime with `D` digits for four lanes.
pub trait Digits<const N: usize, const D: usize>: Modulus<N> {
    /// Bits of a digit.
    const BITS: usize;

    /// `a b / R`, with a term of p to spare: tight digits, for factors as [`super`] bounds them.
    ///
    /// # Safety
    /// The processor has AVX2.
    unsafe fn product(a: &[Word; D], b: &[Word; D]) -> [Word; D];
}

/// What the `columns` lowest columns begin with: together `p R`, each with 2^63 added that is taken
/// from the next as so much less.
const fn biases<const N: usize, const D: usize, const COLUMNS: usize>(
    p: &[u64; N],
    bits: usize,
) -> [u64; COLUMNS] {
    assert!(COLUMNS == 2 * D, "a column for each digit of a product");
    let (mut columns, mut i) = ([0_u64; COLUMNS], 0);
    while i < COLUMNS {
        if i >= D {
            columns[i] = words::bits(p, bits * (i - D), bits);
        }
        if i + 1 < COLUMNS {
            columns[i] = columns[i].wrapping_add(1 << 63);
        }
        if i > 0 {
            columns[i] = columns[i].wrapping_sub(1 << (63 - bits));
        }
        i += 1;
    }
    columns
}

/// Whether p + 1 is the sum of `2^(bits * place + shift)`, each added or subtracted.
const fn is_sum<const N: usize>(
    p: &[u64; N],
    bits: usize,
    terms: &[(usize, usize, bool)],
) -> bool {
    let (mut sum, mut i) = ([0; N], 0);
    // Modulo 2^(64 N): p + 1, so begin with -1.
    while i < N {
        sum[i] = u64::MAX;
        i += 1;
    }
    i = 0;
    while i < terms.len() {
        let (place, shift, add) = terms[i];
        let (mut power, bit) = ([0; N], bits * place + shift);
        if bit < 64 * N {
            power[bit / 64] = 1 << (bit % 64);
        }
        sum = if add { words::add(&sum, &power).0 } else { words::sub(&sum, &power).0 };
        i += 1;
    }
    words::is_zero(&words::sub(&sum, p).0)
}

/// The product of a prime.
macro_rules! montgomery {
    (
        $(#[$doc:meta])* $name:ident, $prime:ty, $words:literal, $digits:literal, $bits:literal,
        $places:tt, $terms:tt
    ) => {
        impl Digits<$words, $digits> for $prime {
            const BITS: usize = $bits;

            #[inline(always)]
            unsafe fn product(a: &[Word; $digits], b: &[Word; $digits]) -> [Word; $digits] {
                // SAFETY: the processor has the instructions, as the caller promises.
                unsafe { $name(a, b) }
            }
        }

        $(#[$doc])*
        #[inline(never)]
        #[target_feature(enable = "avx2")]
        fn $name(a: &[Word; $digits], b: &[Word; $digits]) -> [Word; $digits] {
            const P: [u64; $words] = <$prime as Modulus<$words>>::VALUE;
            const BIASES: [u64; 2 * $digits] = biases::<$words, $digits, { 2 * $digits }>(&P, $bits);
            const MASK: u64 = (1 << $bits) - 1;
            const { assert!(is_sum(&P, $bits, montgomery!(@list $terms)), "the terms are those of p") }
            let mut c = [Word::splat(0); $digits];
            montgomery!(@begin c BIASES $places);
            montgomery!(@rows a b c BIASES MASK $digits $bits $places $places $terms);
            // Two chains of carries at a time; then the place where the first ends.
            const HALF: usize = $digits / 2;
            montgomery!(@carries c MASK $digits $bits HALF $places);
            carry(&mut c, HALF, $bits, MASK);
            c
        }
    };
    (@list [$(($place:literal, $shift:literal, $add:literal))*]) => {
        &[$(($place, $shift, $add)),*]
    };
    (@begin $c:ident $biases:ident [$($k:literal)*]) => {
        $($c[$k] = Word::splat($biases[$k]);)*
    };
    (
        @rows $a:ident $b:ident $c:ident $biases:ident $mask:ident $digits:literal $bits:literal
        [] $places:tt $terms:tt
    ) => {};
    (
        @rows $a:ident $b:ident $c:ident $biases:ident $mask:ident $digits:literal $bits:literal
        [$i:literal $($later:literal)*] $places:tt $terms:tt
    ) => {
        montgomery!(@row $a $b $c $digits $i $places);
        montgomery!(@reduce $c $mask $digits $bits $i $terms);
        $c[$i] = Word::splat($biases[$digits + $i]);
        montgomery!(@rows $a $b $c $biases $mask $digits $bits [$($later)*] $places $terms);
    };
    (@row $a:ident $b:ident $c:ident $digits:literal $i:literal [$($k:literal)*]) => {
        // SAFETY: the processor has the instructions, as the caller promises; only the digits of b
        // are read, nothing is written but the registers named.
        unsafe {
            asm!(
                $(
                    concat!("vpmuldq {product}, {a}, ymmword ptr [{b} + 32 * ", $k, "]"),
                    concat!("vpaddq {", $k, "}, {", $k, "}, {product}"),
                )*
                $(inout(ymm_reg) $c[($i + $k) % $digits].0,)*
                product = out(ymm_reg) _,
                a = in(ymm_reg) $a[$i].0,
                b = in(reg) $b.as_ptr(),
                options(pure, readonly, nostack, preserves_flags),
            );
        }
    };
    (
        @reduce $c:ident $mask:ident $digits:literal $bits:literal $i:literal
        [$(($place:literal, $shift:literal, $add:literal))*]
    ) => {
        let multiple = $c[$i].and(Word::splat($mask));
        $c[($i + 1) % $digits] = $c[($i + 1) % $digits].plus($c[$i].shr($bits));
        $(
            let term = multiple.shl($shift);
            let column = $c[($i + $place) % $digits];
            $c[($i + $place) % $digits] = if $add { column.plus(term) } else { column.minus(term) };
        )*
    };
    (@carries $c:ident $mask:ident $digits:literal $bits:literal $half:ident [$($k:literal)*]) => {
        $(
            if $k < $half {
                carry(&mut $c, $k, $bits, $mask);
                if $half + $k + 1 < $digits {
                    carry(&mut $c, ($half + $k) % $digits, $bits, $mask);
                }
            }
        )*
    };
}

/// A digit gives the next what is above its bits.
#[inline(always)]
fn carry<const D: usize>(digits: &mut [Word; D], i: usize, bits: usize, mask: u64) {
    digits[i + 1] = digits[i + 1].plus(digits[i].shr(bits));
    digits[i] = digits[i].and(Word::splat(mask));
}

montgomery!(
    /// Modulo P-256's prime: 81 products, and 36 shifts for 9 multiples of p.
    p256_product, p256::P, 4, 9, 29,
    [0 1 2 3 4 5 6 7 8],
    [(3, 9, true) (6, 18, true) (7, 21, false) (8, 24, true)]
);

montgomery!(
    /// Modulo P-384's prime: 196 products, and 56 shifts for 14 multiples of p.
    p384_product, p384::P, 6, 14, 28,
    [0 1 2 3 4 5 6 7 8 9 10 11 12 13],
    [(1, 4, true) (3, 12, false) (4, 16, false) (13, 20, true)]
);
