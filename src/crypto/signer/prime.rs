//! Primes for RSA keys, found in bounded time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use num_bigint_dig::BigUint;
use num_bigint_dig::prime::probably_prime;
use num_traits::ToPrimitive;

use super::SignerError;

/// Odd numbers that are looked at from one starting point: about ten primes are among them.
const WINDOW: usize = 1 << 12;

/// Two different primes whose product has so many bits, none of which is one more than a multiple of
/// a factor of the exponent.
///
/// Each begins with two one bits, so that no product comes out a bit short (FIPS 186-5 §A.1.3 asks
/// for a little less).
pub(super) fn pair(
    bits: u32,
    exponent: u64,
    within: Duration,
) -> Result<[BigUint; 2], SignerError> {
    let (start, failed) = (Instant::now(), AtomicBool::new(false));
    let goes_on = || !failed.load(Ordering::Relaxed) && start.elapsed() < within;
    let search = |bits| {
        let found = search(bits, exponent, &goes_on);
        failed.fetch_or(!matches!(found, Ok(Some(_))), Ordering::Relaxed);
        found
    };
    loop {
        let (p, q) = rayon::join(|| search(bits.div_ceil(2)), || search(bits / 2));
        match (p?, q?) {
            (Some(p), Some(q)) if p != q => return Ok([p, q]),
            (Some(_), Some(_)) => {}
            _ => return Err(SignerError::TooSlow { bits, within }),
        }
    }
}

/// A prime of exactly so many bits, at least 16; `None` when it may not go on.
fn search(
    bits: u32,
    exponent: u64,
    goes_on: &impl Fn() -> bool,
) -> Result<Option<BigUint>, SignerError> {
    let small = small_primes();
    while goes_on() {
        let start = starting_point(bits)?;
        let mut is_composite = [false; WINDOW];
        for &prime in &small {
            let residue = (&start % prime).to_usize().unwrap_or(0);
            let prime = prime as usize;
            // start + 2 k is a multiple where k is -residue / 2, and 1/2 is (prime + 1) / 2.
            let first = (prime - residue) * prime.div_ceil(2) % prime;
            is_composite.iter_mut().skip(first).step_by(prime).for_each(|mark| *mark = true);
        }
        for place in (0..WINDOW).filter(|&place| !is_composite[place]) {
            if !goes_on() {
                return Ok(None);
            }
            let candidate = &start + 2 * place;
            let fits = candidate.bits() == bits as usize && inverts(&candidate, exponent);
            // Against numbers that nobody chose, one round and Lucas's test leave no doubt to speak of.
            if fits && probably_prime(&candidate, 1) {
                return Ok(Some(candidate));
            }
        }
    }
    Ok(None)
}

/// A random odd number of so many bits, the first two of which are set.
fn starting_point(bits: u32) -> Result<BigUint, SignerError> {
    let mut octets = vec![0; bits.div_ceil(8) as usize];
    aws_lc_rs::rand::fill(&mut octets).map_err(|_| SignerError::Random)?;
    let random = BigUint::from_bytes_be(&octets) >> (octets.len() * 8 - bits as usize + 2);
    Ok((((BigUint::from(3_u32) << (bits as usize - 2)) + random) >> 1 << 1) + 1_u32)
}

/// Whether the exponent has an inverse modulo p - 1.
fn inverts(prime: &BigUint, exponent: u64) -> bool {
    let residue = ((prime - 1_u32) % exponent).to_u64().unwrap_or(0);
    let (mut a, mut b) = (exponent, residue);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a == 1
}

/// The odd primes below 2^13.
fn small_primes() -> Vec<u32> {
    let mut primes: Vec<u32> = Vec::new();
    for number in (3..1 << 13).step_by(2) {
        let mut divisors = primes.iter().take_while(|&&prime| prime * prime <= number);
        if divisors.all(|prime| number % prime != 0) {
            primes.push(number);
        }
    }
    primes
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 8017 §3.1: the exponent must have an inverse modulo both primes less one; .lv had 2^32+1.
    #[test]
    fn products_of_primes_have_the_size_that_was_asked_for() {
        let within = Duration::from_secs(60);
        for (bits, exponent) in [(512, 3), (513, 65537), (640, (1 << 32) + 1), (1024, 15)] {
            let [p, q] = pair(bits, exponent, within).unwrap();
            assert_eq!((&p * &q).bits(), bits as usize);
            for prime in [p, q] {
                assert!(probably_prime(&prime, 20));
                assert!(inverts(&prime, exponent));
            }
        }
    }

    #[test]
    fn a_search_ends_when_its_time_is_over() {
        let within = Duration::ZERO;
        let error = pair(4096, 3, within).unwrap_err();
        assert_eq!(error, SignerError::TooSlow { bits: 4096, within });
    }

    #[test]
    fn small_primes_are_the_primes() {
        let primes = small_primes();
        assert_eq!(primes.len(), 1027); // π(8192) - 1
        assert_eq!(primes[..5], [3, 5, 7, 11, 13]);
        assert_eq!(primes.last(), Some(&8191));
    }
}
