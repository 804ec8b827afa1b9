//! Odd moduli and numbers modulo them in Montgomery form, one at a time.
//!
//! Montgomery form of `a` is `a R mod m` with `R = 2^(64 N)`; a product of two such numbers divided
//! by `R` is again one (P. L. Montgomery, "Modular multiplication without trial division", 1985).
//! All numbers here are kept below the modulus.

use super::words;

/// An odd modulus of `N` words, with what arithmetic modulo it needs.
pub trait Modulus<const N: usize>: Copy + Send + Sync + 'static {
    /// The modulus.
    const VALUE: [u64; N];
    /// `-1 / VALUE mod 2^64`.
    const MINUS_INVERSE: u64 = minus_inverse(Self::VALUE[0]);
    /// `2^(64 N) mod VALUE`: one in Montgomery form.
    const R: [u64; N] = power_of_two(&Self::VALUE, 64 * N);
    /// `2^(128 N) mod VALUE`: a product with it is in Montgomery form.
    const R2: [u64; N] = power_of_two(&Self::VALUE, 128 * N);
    /// `2^(192 N) mod VALUE`.
    const R3: [u64; N] = power_of_two(&Self::VALUE, 192 * N);

    /// `2^(64 N) - VALUE` as a sum of few powers of two: exponents, and whether to subtract. Empty
    /// where it is not so simple.
    const COMPLEMENT: &'static [(usize, bool)] = &[];

    /// `a b / R mod VALUE`, for any `a` and a `b` below the modulus.
    #[inline(always)]
    fn mul(a: &[u64; N], b: &[u64; N]) -> [u64; N] {
        mul(a, b, &Self::VALUE, Self::MINUS_INVERSE)
    }

    /// [`Modulus::mul`] on processors with BMI2 and ADX.
    ///
    /// # Safety
    /// The processor has both.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    #[allow(unsafe_code, reason = "some moduli have assembly for it")]
    unsafe fn mul_adx(a: &[u64; N], b: &[u64; N]) -> [u64; N] {
        Self::mul(a, b)
    }

    /// `a a / R mod VALUE`.
    #[inline(always)]
    fn sqr(a: &[u64; N]) -> [u64; N] {
        Self::mul(a, a)
    }

    /// `1 / a mod VALUE` for a number that is not in Montgomery form; the modulus is prime and `a`
    /// is not zero.
    fn invert(a: &[u64; N]) -> [u64; N];

    /// `a + b mod VALUE`.
    #[inline(always)]
    fn add(a: &[u64; N], b: &[u64; N]) -> [u64; N] {
        let (mut sum, mut carry) = ([0; N], 0);
        for i in 0..N {
            (sum[i], carry) = words::add_carry(a[i], b[i], carry);
        }
        reduce_once(&sum, carry, &Self::VALUE)
    }

    /// `a - b mod VALUE`.
    #[inline(always)]
    fn sub(a: &[u64; N], b: &[u64; N]) -> [u64; N] {
        let (mut difference, mut borrow) = ([0; N], 0);
        for i in 0..N {
            (difference[i], borrow) = words::sub_borrow(a[i], b[i], borrow);
        }
        let (mask, mut carry) = (borrow.wrapping_neg(), 0);
        for (word, modulus) in difference.iter_mut().zip(Self::VALUE) {
            (*word, carry) = words::add_carry(*word, modulus & mask, carry);
        }
        difference
    }
}

/// `a b / 2^(64 N) mod m` for `a b < 2^(64 N) m`, word by word: `2 N^2 + N` word products (Koç,
/// Acar and Kaliski, "Analyzing and comparing Montgomery multiplication algorithms", 1996, CIOS).
#[inline(always)]
fn mul<const N: usize>(a: &[u64; N], b: &[u64; N], m: &[u64; N], minus_inverse: u64) -> [u64; N] {
    let (mut t, mut top) = ([0; N], 0);
    for &b in b {
        let mut carry = 0;
        for j in 0..N {
            (t[j], carry) = words::mul_add(t[j], a[j], b, carry);
        }
        let (high, over) = words::add_carry(top, carry, 0);
        // The multiple of m that makes the lowest word zero.
        let multiple = t[0].wrapping_mul(minus_inverse);
        (_, carry) = words::mul_add(t[0], multiple, m[0], 0);
        for j in 1..N {
            (t[j - 1], carry) = words::mul_add(t[j], multiple, m[j], carry);
        }
        (t[N - 1], carry) = words::add_carry(high, carry, 0);
        top = over + carry;
    }
    reduce_once(&t, top, m)
}

/// A number below `2 m`, given with its carry, reduced below `m`.
#[inline(always)]
pub fn reduce_once<const N: usize>(a: &[u64; N], carry: u64, m: &[u64; N]) -> [u64; N] {
    let (mut reduced, mut borrow) = ([0; N], 0);
    for i in 0..N {
        (reduced[i], borrow) = words::sub_borrow(a[i], m[i], borrow);
    }
    // Below m exactly if the subtraction borrows more than the carry can give.
    let keep = (carry ^ 1) & borrow;
    debug_assert!(carry & (borrow ^ 1) == 0, "a number below 2 m was promised");
    let mask = keep.wrapping_neg();
    for i in 0..N {
        reduced[i] ^= (reduced[i] ^ a[i]) & mask;
    }
    reduced
}

/// `-1 / m mod 2^64` for odd `m`: each step doubles the bits that are right, beginning with three
/// (Dussé and Kaliski, 1990).
pub const fn minus_inverse(m: u64) -> u64 {
    let (mut inverse, mut step) = (m, 0);
    while step < 5 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(m.wrapping_mul(inverse)));
        step += 1;
    }
    inverse.wrapping_neg()
}

/// `2^exponent mod m`, by doubling; meant for constants.
pub const fn power_of_two<const N: usize>(m: &[u64; N], exponent: usize) -> [u64; N] {
    let (mut power, mut i) = ([0; N], 0);
    power[0] = 1;
    while i < exponent {
        let (double, carry) = words::add(&power, &power);
        let (reduced, below) = words::sub(&double, m);
        power = if carry || !below { reduced } else { double };
        i += 1;
    }
    power
}

/// Replaces each number `a` by `factor / (a R)` with one inversion, where none is zero; 3 products
/// each (Montgomery's trick; P. L. Montgomery, "Speeding the Pollard and elliptic curve methods of
/// factorization", 1987, §10.3.1).
pub fn invert_all<M: Modulus<N>, const N: usize>(numbers: &mut [[u64; N]], factor: &[u64; N]) {
    let mut products = Vec::with_capacity(numbers.len());
    let mut product = M::R;
    for number in numbers.iter() {
        products.push(product);
        product = M::mul(&product, number);
    }
    // With k numbers, `product` is a_1 … a_k / R^(k-1): its inverse carries the powers of R that the
    // products on the way back take away again.
    let mut inverse = M::mul(&M::invert(&product), factor);
    for (number, product) in numbers.iter_mut().zip(products).rev() {
        (*number, inverse) = (M::mul(&inverse, &product), M::mul(&inverse, number));
    }
}
