//! The constants of SHA-2, computed: they are bits of the roots of the first primes (FIPS 180-4 §4.2
//! and §5.3).
#![allow(clippy::cast_possible_truncation, reason = "words of longer numbers are what is wanted")]

/// The first `N` primes.
const fn primes<const N: usize>() -> [u64; N] {
    let (mut primes, mut count, mut candidate) = ([0; N], 0, 2);
    while count < N {
        let mut i = 0;
        while i < count && candidate % primes[i] != 0 {
            i += 1;
        }
        if i == count {
            primes[count] = candidate;
            count += 1;
        }
        candidate += 1;
    }
    primes
}

/// `x²` as words, least significant first, for the number `x` of the two words `[fraction, whole]`.
const fn square(fraction: u64, whole: u64) -> [u64; 3] {
    let low = fraction as u128 * fraction as u128;
    let middle = (low >> 64) + 2 * whole as u128 * fraction as u128;
    let high = (middle >> 64) + whole as u128 * whole as u128;
    [low as u64, middle as u64, high as u64]
}

/// The whole part of `x³`, where `x` is `whole` and `fraction` of 2^64 parts.
const fn cube(fraction: u64, whole: u64) -> u64 {
    let [a, b, c] = square(fraction, whole);
    let (fraction, whole) = (fraction as u128, whole as u128);
    let first = a as u128 * fraction;
    let second = (first >> 64) + b as u128 * fraction;
    // What the second word takes in from the other product may not fit beside the first.
    let other = a as u128 * whole + (second as u64 as u128);
    let third = (second >> 64) + (other >> 64) + c as u128 * fraction + b as u128 * whole;
    ((third >> 64) + c as u128 * whole) as u64
}

/// The first 64 bits of the fraction of a prime's square root, or of its cube root.
const fn fraction(prime: u64, cubic: bool) -> u64 {
    let (mut whole, mut fraction, mut bit) = (0, 0, 64);
    while if cubic { cube(0, whole + 1) } else { square(0, whole + 1)[2] } < prime {
        whole += 1;
    }
    // No root of a prime is a fraction of 2^64, so what is not above it is below it.
    while bit > 0 {
        bit -= 1;
        let more = fraction | 1 << bit;
        if (if cubic { cube(more, whole) } else { square(more, whole)[2] }) < prime {
            fraction = more;
        }
    }
    fraction
}

/// For the first 80 primes 64 bits of the fractions of their cube roots.
pub const CUBE_ROOTS: [u64; 80] = fractions(true);

/// For the first 16 primes 64 bits of the fractions of their square roots.
pub const SQUARE_ROOTS: [u64; 16] = fractions(false);

const fn fractions<const N: usize>(cubic: bool) -> [u64; N] {
    let (mut fractions, mut i) = (primes::<N>(), 0);
    while i < N {
        fractions[i] = fraction(fractions[i], cubic);
        i += 1;
    }
    fractions
}

/// The first half of each.
pub const fn halves<const N: usize>(words: &[u64; 80]) -> [u32; N] {
    let (mut halves, mut i) = ([0; N], 0);
    while i < N {
        halves[i] = (words[i] >> 32) as u32;
        i += 1;
    }
    halves
}

#[cfg(test)]
mod tests {
    use super::*;

    // FIPS 180-4 §4.2.2, §4.2.3 and §5.3.3 to §5.3.5: the first and the last of each table.
    #[test]
    fn the_roots_begin_and_end_as_the_standard_prints_them() {
        assert_eq!(CUBE_ROOTS[0], 0x428a_2f98_d728_ae22);
        assert_eq!(CUBE_ROOTS[79], 0x6c44_198c_4a47_5817);
        assert_eq!(halves::<64>(&CUBE_ROOTS)[63], 0xc671_78f2);
        assert_eq!(SQUARE_ROOTS[0], 0x6a09_e667_f3bc_c908);
        assert_eq!(SQUARE_ROOTS[8], 0xcbbb_9d5d_c105_9ed8);
        assert_eq!(SQUARE_ROOTS[15], 0x47b5_481d_befa_4fa4);
    }
}
