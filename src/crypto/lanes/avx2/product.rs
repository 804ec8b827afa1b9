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
//! of it, and then needs several instructions for one; and since the 14 columns of P-384 and what
//! is done with them take all 16 registers, which it fills otherwise. One factor is read from memory.
//! The functions are naked, so that they are never inlined: all that an addition does stays in the
//! nearest cache then.
#![allow(unsafe_code, reason = "intrinsics for instructions that not every processor has")]

use std::arch::naked_asm;

use super::super::modulus::Modulus;
use super::super::p256::P as Prime256;
use super::super::p384::P as Prime384;
use super::super::words;
use super::word::Word;

/// A prime with `D` digits for four lanes.
pub trait Digits<const N: usize, const D: usize>: Modulus<N> {
    /// Bits of a digit.
    const BITS: usize;

    /// `a b / R`, with a term of p to spare: tight digits, for factors as [`super`] bounds them. All of
    /// the product is written, after the factors are read: it may be in the place of one.
    ///
    /// # Safety
    /// The processor has AVX2; the factors may be read, the product written.
    unsafe fn product(product: *mut [Word; D], a: *const [Word; D], b: *const [Word; D]);

    /// `a a / R`, likewise; doubled digits have room in 32 bits unless they are those of a sum.
    ///
    /// # Safety
    /// The processor has AVX2; the factor may be read, the square written.
    unsafe fn square(square: *mut [Word; D], a: *const [Word; D]);
}

/// What the assembly reads beside its factors: four times the bits of a digit, and what each column
/// begins with.
#[repr(C, align(32))]
struct Constants<const COLUMNS: usize> {
    mask: [u64; 4],
    biases: [u64; COLUMNS],
}

impl<const COLUMNS: usize> Constants<COLUMNS> {
    const fn new<const N: usize>(p: &[u64; N], bits: usize) -> Self {
        let (mut biases, mut i) = ([0; COLUMNS], 0);
        while i < COLUMNS {
            biases[i] = bias(p, bits, i, COLUMNS);
            i += 1;
        }
        Self { mask: [(1 << bits) - 1; 4], biases }
    }
}

/// What column `i` begins with: together they are `p R`, each with 2^63 added that is taken from the
/// next as so much less.
const fn bias<const N: usize>(p: &[u64; N], bits: usize, i: usize, columns: usize) -> u64 {
    let digits = columns / 2;
    let own = if i >= digits { words::bits(p, bits * (i - digits), bits) } else { 0 };
    let lent = if i + 1 < columns { 1 << 63 } else { 0 };
    let owed = if i > 0 { 1 << (63 - bits) } else { 0 };
    own.wrapping_add(lent).wrapping_sub(owed)
}

/// The product and the square of a prime, of so many words and digits of so many bits. `$column` are
/// the registers of the window, each beside its place; `$clear` clears the lowest of them; `$carry` are
/// the carries of the result, each from one register to the next.
macro_rules! montgomery {
    (
        $prime:ident, $words:literal, $digits:literal, $bits:literal,
        $(#[$product_doc:meta])* $product:ident, $(#[$square_doc:meta])* $square:ident,
        $constants:ident, [$(($place:tt $column:tt))*], $clear:ident,
        [$(($carry:tt $next:tt))*]
    ) => {
        static $constants: Constants<{ 2 * $digits }> =
            Constants::new(&<$prime as Modulus<$words>>::VALUE, $bits);

        impl Digits<$words, $digits> for $prime {
            const BITS: usize = $bits;

            #[inline(always)]
            unsafe fn product(
                product: *mut [Word; $digits],
                a: *const [Word; $digits],
                b: *const [Word; $digits],
            ) {
                // SAFETY: as the caller promises.
                unsafe { $product(product, a, b) }
            }

            #[inline(always)]
            unsafe fn square(square: *mut [Word; $digits], a: *const [Word; $digits]) {
                // SAFETY: as the caller promises.
                unsafe { $square(square, a) }
            }
        }

        $(#[$product_doc])*
        ///
        /// # Safety
        /// The processor has AVX2; the factors may be read, the product written.
        #[unsafe(naked)]
        unsafe extern "sysv64" fn $product(
            product: *mut [Word; $digits],
            a: *const [Word; $digits],
            b: *const [Word; $digits],
        ) {
            naked_asm!(
                "lea rax, [rip + {constants}]",
                $(begin!($column, $place),)*
                rows!($digits, $clear, [$($place)*], [$($place)*], [$($column)*]),
                "vmovdqa ymm15, ymmword ptr [rax]",
                $(carry!($bits, $carry, $next),)*
                $(concat!("vmovdqa ymmword ptr [rdi + 32 * ", $place, "], ", $column),)*
                "ret",
                constants = sym $constants,
            )
        }

        $(#[$square_doc])*
        ///
        /// # Safety
        /// The processor has AVX2; the factor may be read, the square written.
        #[unsafe(naked)]
        unsafe extern "sysv64" fn $square(square: *mut [Word; $digits], a: *const [Word; $digits]) {
            naked_asm!(
                "lea rax, [rip + {constants}]",
                $(begin!($column, $place),)*
                corners!($digits, $clear, [$($place)*], [$($column)*], [$($column)*]),
                "vmovdqa ymm15, ymmword ptr [rax]",
                $(carry!($bits, $carry, $next),)*
                $(concat!("vmovdqa ymmword ptr [rdi + 32 * ", $place, "], ", $column),)*
                "ret",
                constants = sym $constants,
            )
        }
    };
}

// The registers: rdi, rsi and rdx have the result's place and the factors', as they are given, and rax
// the constants'; ymm15 has a digit of a, and ymm14 what is on its way to a column.

/// A column's bias into its register.
macro_rules! begin {
    ($column:tt, $place:tt) => {
        concat!("vpbroadcastq ", $column, ", qword ptr [rax + 32 + 8 * ", $place, "]")
    };
}

/// The lowest column's register begins anew, above the others.
macro_rules! move_up {
    ($c:tt, $digits:literal, $i:tt) => {
        concat!("vpbroadcastq ", $c, ", qword ptr [rax + 32 + 8 * ", $digits, " + 8 * ", $i, "]\n")
    };
}

/// For each digit of a: its products, and the lowest column cleared. The window's registers are in
/// order, the lowest first.
macro_rules! rows {
    ($digits:literal, $clear:ident, [], $places:tt, $columns:tt) => { "" };
    (
        $digits:literal, $clear:ident, [$i:tt $($later:tt)*], [$($place:tt)*],
        [$c:tt $($above:tt)*]
    ) => {
        concat!(
            "vmovdqa ymm15, ymmword ptr [rsi + 32 * ", $i, "]\n",
            add_products!("rdx", [$($place)*], [$c $($above)*]),
            $clear!($c $($above)*),
            move_up!($c, $digits, $i),
            rows!($digits, $clear, [$($later)*], [$($place)*], [$($above)* $c])
        )
    };
}

/// For each digit of a: its square, twice its products with those after it, and the lowest column
/// cleared. The columns of these products are listed first: they begin two places higher each time.
macro_rules! corners {
    ($digits:literal, $clear:ident, [], $products:tt, $columns:tt) => { "" };
    (
        $digits:literal, $clear:ident, [$i:tt $($later:tt)*], [$square:tt $($product:tt)*],
        [$c:tt $($above:tt)*]
    ) => {
        concat!(
            "vmovdqa ymm15, ymmword ptr [rsi + 32 * ", $i, "]\n",
            "vpmuldq ymm14, ymm15, ymm15\n",
            "vpaddq ", $square, ", ", $square, ", ymm14\n",
            "vpaddq ymm15, ymm15, ymm15\n",
            add_products!("rsi", [$($later)*], [$($product)*]),
            $clear!($c $($above)*),
            move_up!($c, $digits, $i),
            corners!(@next $digits, $clear, [$($later)*], [$($product)*], [$($above)* $c], $c)
        )
    };
    (
        @next $digits:literal, $clear:ident, $later:tt, [$square:tt $($product:tt)*],
        $columns:tt, $c:tt
    ) => {
        corners!($digits, $clear, $later, [$($product)* $c], $columns)
    };
    (@next $digits:literal, $clear:ident, [], [], $columns:tt, $c:tt) => { "" };
}

/// The digit times digits of a factor, each added to a column.
macro_rules! add_products {
    ($factor:literal, [$($place:tt)*], [$($c:tt)*]) => {
        concat!(
            $(
                "vpmuldq ymm14, ymm15, ymmword ptr [", $factor, " + 32 * ", $place, "]\n",
                "vpaddq ", $c, ", ", $c, ", ymm14\n",
            )*
        )
    };
}

/// The bits of the lowest column that are to be cleared into ymm14, and what is above them into the
/// next column; the lowest column's register is free from then on.
macro_rules! carry_up {
    ($c:tt, $next:tt, $bits:literal) => {
        concat!(
            "vpand ymm14, ",
            $c,
            ", ymmword ptr [rax]\n",
            "vpsrlq ",
            $c,
            ", ",
            $c,
            ", ",
            $bits,
            "\n",
            "vpaddq ",
            $next,
            ", ",
            $next,
            ", ",
            $c,
            "\n"
        )
    };
}

/// A power of two times ymm14 added to a column, or subtracted.
macro_rules! add_multiple {
    ($free:tt, $operation:literal, $column:tt, $shift:literal) => {
        concat!(
            "vpsllq ",
            $free,
            ", ymm14, ",
            $shift,
            "\n",
            $operation,
            " ",
            $column,
            ", ",
            $column,
            ", ",
            $free,
            "\n"
        )
    };
}

/// Adds the multiple of p + 1 = 2^256 - 2^224 + 2^192 + 2^96; -1 is what the lowest column loses.
macro_rules! clear_p256 {
    ($c0:tt $c1:tt $c2:tt $c3:tt $c4:tt $c5:tt $c6:tt $c7:tt $c8:tt) => {
        concat!(
            carry_up!($c0, $c1, 29),
            add_multiple!($c0, "vpaddq", $c3, 9),
            add_multiple!($c0, "vpaddq", $c6, 18),
            add_multiple!($c0, "vpsubq", $c7, 21),
            add_multiple!($c0, "vpaddq", $c8, 24)
        )
    };
}

/// Adds the multiple of p + 1 = 2^384 - 2^128 - 2^96 + 2^32.
macro_rules! clear_p384 {
    (
        $c0:tt $c1:tt $c2:tt $c3:tt $c4:tt $c5:tt $c6:tt $c7:tt $c8:tt $c9:tt $c10:tt $c11:tt
        $c12:tt $c13:tt
    ) => {
        concat!(
            carry_up!($c0, $c1, 28),
            add_multiple!($c0, "vpaddq", $c1, 4),
            add_multiple!($c0, "vpsubq", $c3, 12),
            add_multiple!($c0, "vpsubq", $c4, 16),
            add_multiple!($c0, "vpaddq", $c13, 20)
        )
    };
}

/// A digit gives the next what is above its bits.
macro_rules! carry {
    ($bits:literal, $digit:tt, $next:tt) => {
        concat!(
            "vpsrlq ymm14, ",
            $digit,
            ", ",
            $bits,
            "\n",
            "vpand ",
            $digit,
            ", ",
            $digit,
            ", ymm15\n",
            "vpaddq ",
            $next,
            ", ",
            $next,
            ", ymm14"
        )
    };
}

montgomery!(
    Prime256, 4, 9, 29,
    /// Modulo P-256's prime: 81 products, and 36 shifts for 9 multiples of p.
    p256_product,
    /// Likewise with 45 products.
    p256_square,
    P256,
    [
        (0 "ymm0") (1 "ymm1") (2 "ymm2") (3 "ymm3") (4 "ymm4") (5 "ymm5") (6 "ymm6") (7 "ymm7")
        (8 "ymm8")
    ],
    clear_p256,
    // Two chains at a time, then the place where the first ends.
    [
        ("ymm0" "ymm1") ("ymm4" "ymm5") ("ymm1" "ymm2") ("ymm5" "ymm6") ("ymm2" "ymm3")
        ("ymm6" "ymm7") ("ymm3" "ymm4") ("ymm7" "ymm8") ("ymm4" "ymm5")
    ]
);

montgomery!(
    Prime384, 6, 14, 28,
    /// Modulo P-384's prime: 196 products, and 56 shifts for 14 multiples of p.
    p384_product,
    /// Likewise with 105 products.
    p384_square,
    P384,
    [
        (0 "ymm0") (1 "ymm1") (2 "ymm2") (3 "ymm3") (4 "ymm4") (5 "ymm5") (6 "ymm6") (7 "ymm7")
        (8 "ymm8") (9 "ymm9") (10 "ymm10") (11 "ymm11") (12 "ymm12") (13 "ymm13")
    ],
    clear_p384,
    [
        ("ymm0" "ymm1") ("ymm7" "ymm8") ("ymm1" "ymm2") ("ymm8" "ymm9") ("ymm2" "ymm3")
        ("ymm9" "ymm10") ("ymm3" "ymm4") ("ymm10" "ymm11") ("ymm4" "ymm5") ("ymm11" "ymm12")
        ("ymm5" "ymm6") ("ymm12" "ymm13") ("ymm6" "ymm7") ("ymm7" "ymm8")
    ]
);
