//! Inverses modulo a prime, in variable time: the division steps of D. J. Bernstein and B.-Y. Yang,
//! "Fast constant-time gcd computation and modular inversion" (2019), 62 at a time, with the
//! shortcuts for public inputs that P. Wuille describes in "The safegcd implementation in
//! libsecp256k1 explained" (2021), §§3–6.
//!
//! Numbers are signed, in limbs of 62 bits of which only the last carries a sign, so that a limb
//! times a matrix entry leaves room in 128 bits.

const LIMB_BITS: usize = 62;
const LIMB_MASK: u64 = u64::MAX >> 2;

type Signed<const L: usize> = [i64; L];

/// What 62 division steps do to (f, g), multiplied by 2^62: rows (u, v) and (q, r).
#[derive(Clone, Copy)]
struct Matrix {
    u: i64,
    v: i64,
    q: i64,
    r: i64,
}

/// `1 / a mod m`; zero when there is no inverse.
///
/// `m` is odd and above 1, `a` is below it, and `L` limbs of 62 bits hold two bits more than `m`.
pub fn invert<const N: usize, const L: usize>(a: &[u64; N], m: &[u64; N]) -> [u64; N] {
    const { assert!(L * LIMB_BITS >= N * 64 + 2) }
    let modulus = to_limbs::<N, L>(m);
    // 1 / m mod 2^62.
    let inverse = super::modulus::minus_inverse(m[0]).wrapping_neg() & LIMB_MASK;
    let (mut f, mut g) = (modulus, to_limbs::<N, L>(a));
    // Invariants: d a = f and e a = g modulo m, up to the same power of two on both sides.
    let (mut d, mut e): (Signed<L>, Signed<L>) = ([0; L], [0; L]);
    e[0] = 1;
    let mut eta = -1;
    while g.iter().any(|&limb| limb != 0) {
        let matrix;
        (eta, matrix) = division_steps(eta, f[0].cast_unsigned(), g[0].cast_unsigned());
        update_de(&mut d, &mut e, matrix, &modulus, inverse);
        update_fg(&mut f, &mut g, matrix);
    }
    // f is now the greatest common divisor or its negative.
    let negative = f[L - 1] < 0;
    let magnitude = if negative { negate(&f) } else { f };
    if magnitude[0] != 1 || magnitude[1..].iter().any(|&limb| limb != 0) {
        return [0; N];
    }
    from_limbs(&normalize(d, negative, &modulus))
}

/// 62 division steps on the lowest limbs. Runs of even g are taken at once, and up to six steps
/// that only add multiples of f to g likewise.
fn division_steps(mut eta: i64, mut f: u64, mut g: u64) -> (i64, Matrix) {
    let (mut u, mut v, mut q, mut r) = (1_u64, 0_u64, 0_u64, 1_u64);
    let mut left: u32 = 62;
    loop {
        // A bit above the steps that are left stops the count.
        let zeros = (g | (u64::MAX << left)).trailing_zeros();
        g >>= zeros;
        u <<= zeros;
        v <<= zeros;
        eta -= i64::from(zeros);
        left -= zeros;
        if left == 0 {
            break;
        }
        let swap = eta < 0;
        if swap {
            eta = -eta;
            (f, g) = (g, f.wrapping_neg());
            (u, q) = (q, u.wrapping_neg());
            (v, r) = (r, v.wrapping_neg());
        }
        // The multiple w of f that clears as many low bits of g as eta and `left` allow: w = -g/f
        // modulo 64 by f (f² - 2) = -1/f, or modulo 16 by f + 8 ((f+1)/4 odd) = 1/f.
        let steps = (eta + 1).min(i64::from(left)).cast_unsigned();
        let (mask, w) = if swap {
            (63, f.wrapping_mul(g).wrapping_mul(f.wrapping_mul(f).wrapping_sub(2)))
        } else {
            let inverse = f.wrapping_add((f.wrapping_add(1) & 4) << 1);
            (15, inverse.wrapping_neg().wrapping_mul(g))
        };
        let w = w & mask & (u64::MAX >> (64 - steps.min(63)));
        g = g.wrapping_add(f.wrapping_mul(w));
        q = q.wrapping_add(u.wrapping_mul(w));
        r = r.wrapping_add(v.wrapping_mul(w));
    }
    let [u, v, q, r] = [u, v, q, r].map(u64::cast_signed);
    (eta, Matrix { u, v, q, r })
}

/// (f, g) becomes the matrix times (f, g) over 2^62, which is exact.
fn update_fg<const L: usize>(f: &mut Signed<L>, g: &mut Signed<L>, matrix: Matrix) {
    let Matrix { u, v, q, r } = matrix;
    let mut new_f = product(u, f[0]) + product(v, g[0]);
    let mut new_g = product(q, f[0]) + product(r, g[0]);
    debug_assert!(low(new_f) == 0 && low(new_g) == 0);
    new_f >>= LIMB_BITS;
    new_g >>= LIMB_BITS;
    for i in 1..L {
        new_f += product(u, f[i]) + product(v, g[i]);
        new_g += product(q, f[i]) + product(r, g[i]);
        (f[i - 1], g[i - 1]) = (low(new_f), low(new_g));
        new_f >>= LIMB_BITS;
        new_g >>= LIMB_BITS;
    }
    (f[L - 1], g[L - 1]) = (last(new_f), last(new_g));
}

/// (d, e) becomes the matrix times (d, e) over 2^62 modulo m. Both stay within (-2m, m).
fn update_de<const L: usize>(
    d: &mut Signed<L>,
    e: &mut Signed<L>,
    matrix: Matrix,
    modulus: &Signed<L>,
    inverse: u64,
) {
    let Matrix { u, v, q, r } = matrix;
    // Multiples of m that bring negative d and e back, then those that make the sums divisible.
    let (d_sign, e_sign) = (d[L - 1] >> 63, e[L - 1] >> 63);
    let mut m_d = (u & d_sign) + (v & e_sign);
    let mut m_e = (q & d_sign) + (r & e_sign);
    let mut new_d = product(u, d[0]) + product(v, e[0]);
    let mut new_e = product(q, d[0]) + product(r, e[0]);
    m_d -= clearing(new_d, m_d, inverse);
    m_e -= clearing(new_e, m_e, inverse);
    new_d += product(modulus[0], m_d);
    new_e += product(modulus[0], m_e);
    debug_assert!(low(new_d) == 0 && low(new_e) == 0);
    new_d >>= LIMB_BITS;
    new_e >>= LIMB_BITS;
    for i in 1..L {
        new_d += product(u, d[i]) + product(v, e[i]) + product(modulus[i], m_d);
        new_e += product(q, d[i]) + product(r, e[i]) + product(modulus[i], m_e);
        (d[i - 1], e[i - 1]) = (low(new_d), low(new_e));
        new_d >>= LIMB_BITS;
        new_e >>= LIMB_BITS;
    }
    (d[L - 1], e[L - 1]) = (last(new_d), last(new_e));
}

/// How much less than `multiple` times m makes `sum` divisible by 2^62.
fn clearing(sum: i128, multiple: i64, inverse: u64) -> i64 {
    let low = low(sum).cast_unsigned();
    (inverse.wrapping_mul(low).wrapping_add(multiple.cast_unsigned()) & LIMB_MASK).cast_signed()
}

/// A number in (-2m, m), negated if asked, as the one in [0, m) that is equal modulo m.
fn normalize<const L: usize>(
    mut number: Signed<L>,
    negated: bool,
    modulus: &Signed<L>,
) -> Signed<L> {
    if number[L - 1] < 0 {
        number = sum(&number, modulus);
    }
    if negated {
        number = negate(&number);
    }
    // Now in (-m, m).
    if number[L - 1] < 0 { sum(&number, modulus) } else { number }
}

fn sum<const L: usize>(a: &Signed<L>, b: &Signed<L>) -> Signed<L> {
    carried(std::array::from_fn(|i| a[i] + b[i]))
}

fn negate<const L: usize>(a: &Signed<L>) -> Signed<L> {
    carried(a.map(|limb| -limb))
}

/// Brings all limbs but the last into 62 bits.
fn carried<const L: usize>(mut limbs: Signed<L>) -> Signed<L> {
    for i in 1..L {
        limbs[i] += limbs[i - 1] >> LIMB_BITS;
        limbs[i - 1] &= LIMB_MASK.cast_signed();
    }
    limbs
}

#[inline(always)]
fn product(a: i64, b: i64) -> i128 {
    i128::from(a) * i128::from(b)
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "the low limb is what is wanted")]
fn low(sum: i128) -> i64 {
    (sum as u64 & LIMB_MASK).cast_signed()
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "what is left fits by the bounds on the sums")]
fn last(sum: i128) -> i64 {
    debug_assert!(i64::try_from(sum).is_ok());
    sum as i64
}

fn to_limbs<const N: usize, const L: usize>(number: &[u64; N]) -> Signed<L> {
    std::array::from_fn(|i| super::words::bits(number, i * LIMB_BITS, LIMB_BITS).cast_signed())
}

fn from_limbs<const N: usize, const L: usize>(limbs: &Signed<L>) -> [u64; N] {
    let limbs = limbs.map(i64::cast_unsigned);
    let mut number = [0; N];
    for (i, limb) in limbs.into_iter().enumerate() {
        let (word, shift) = (i * LIMB_BITS / 64, i * LIMB_BITS % 64);
        if word < N {
            number[word] |= limb << shift;
        }
        if shift > 2 && word + 1 < N {
            number[word + 1] |= limb >> (64 - shift);
        }
    }
    number
}
