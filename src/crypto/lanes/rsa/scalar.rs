//! Numbers of 64-bit words, one signature at a time: for every processor, and for what is left over
//! when the lanes are full.

use std::marker::PhantomData;

use super::numbers::{self, Numbers};
use super::power::{self, Constants, Question, Step};
use crate::crypto::lanes::words;

/// How a row of word products is added.
pub trait Rows {
    /// `sum + a * b`: the carry. Both slices are equally long.
    fn add_row(sum: &mut [u64], a: &[u64], b: u64) -> u64;
}

/// As the compiler makes it.
#[derive(Clone, Copy, Debug)]
pub struct Compiled;

impl Rows for Compiled {
    #[inline(always)]
    fn add_row(sum: &mut [u64], a: &[u64], b: u64) -> u64 {
        let mut carry = 0;
        for (sum, &a) in sum.iter_mut().zip(a) {
            (*sum, carry) = words::mul_add(*sum, a, b, carry);
        }
        carry
    }
}

/// Bits of a word.
pub const WORD_BITS: usize = 64;

/// An odd modulus of `N` words, with `R = 2^(64 N)`. The numbers are any below R; a product may be
/// larger than the modulus, but not than R.
pub struct Scalar<'n, R> {
    modulus: &'n [u64],
    minus_inverse: u64,
    rows: PhantomData<R>,
}

impl<'n, R: Rows> Scalar<'n, R> {
    /// Arithmetic with this modulus.
    #[inline(always)]
    pub fn new(modulus: &'n [u64]) -> Self {
        let minus_inverse = numbers::minus_inverse(modulus, WORD_BITS);
        Self { modulus, minus_inverse, rows: PhantomData }
    }

    /// Replaces `a` by a number that is `a a / R` modulo the modulus.
    #[inline(always)]
    pub fn square(&self, a: &mut [u64], space: &mut Vec<u64>) {
        let len = a.len();
        let wide = cleared(space, 2 * len + 1);
        for i in 0..len {
            wide[i + len] = R::add_row(&mut wide[2 * i + 1..i + len], &a[i + 1..], a[i]);
        }
        // Twice that, and the squares of the words.
        let (mut shifted, mut carry) = (0, 0);
        for (pair, &a) in wide.as_chunks_mut::<2>().0.iter_mut().zip(a.iter()) {
            let doubled = [pair[0] << 1 | shifted, pair[1] << 1 | pair[0] >> 63];
            shifted = pair[1] >> 63;
            let high;
            (pair[0], high) = words::mul_add(doubled[0], a, a, carry);
            (pair[1], carry) = words::add_carry(doubled[1], high, 0);
        }
        self.reduce(a, wide);
    }

    /// Replaces `a` by a number that is `a b / R` modulo the modulus.
    pub fn multiply(&self, a: &mut [u64], b: &[u64]) {
        self.multiply_add(a, b, [&[]; 3], &mut Vec::new());
    }

    /// Replaces `a` by a number that is `(a b + short factor + term) / R` modulo the modulus. That sum
    /// must be below `2 R²`.
    #[inline(always)]
    fn multiply_add(
        &self,
        a: &mut [u64],
        b: &[u64],
        [short, factor, term]: [&[u64]; 3],
        space: &mut Vec<u64>,
    ) {
        let len = a.len();
        let wide = cleared(space, 2 * len + 1);
        for (i, &a) in a.iter().enumerate() {
            wide[i + len] = R::add_row(&mut wide[i..i + len], b, a);
        }
        for (i, &word) in short.iter().enumerate() {
            let carry = R::add_row(&mut wide[i..i + len], factor, word);
            add_at(wide, i + len, carry);
        }
        let carry = R::add_row(&mut wide[..term.len()], term, 1);
        add_at(wide, term.len(), carry);
        self.reduce(a, wide);
    }

    /// Sets `a` to a number that is `wide / R` modulo the modulus, and below `wide / R + modulus`.
    #[inline(always)]
    fn reduce(&self, a: &mut [u64], wide: &mut [u64]) {
        let len = self.modulus.len();
        let mut over = 0;
        for i in 0..len {
            let multiple = wide[i].wrapping_mul(self.minus_inverse);
            let carry = R::add_row(&mut wide[i..i + len], self.modulus, multiple);
            (wide[i + len], over) = words::add_carry(wide[i + len], carry, over);
        }
        over += wide[2 * len];
        a.copy_from_slice(&wide[len..2 * len]);
        while over != 0 {
            over -= numbers::subtract(a, self.modulus);
        }
    }

    /// Whether a number of few times the modulus is a multiple of it.
    #[inline(always)]
    fn is_multiple(&self, a: &mut [u64]) -> bool {
        numbers::reduce(a, self.modulus);
        a.iter().all(|&word| word == 0)
    }
}

/// Adds a word at a place.
#[inline(always)]
fn add_at(number: &mut [u64], place: usize, mut carry: u64) {
    for word in &mut number[place..] {
        if carry == 0 {
            break;
        }
        (*word, carry) = words::add_carry(*word, carry, 0);
    }
}

#[inline(always)]
fn cleared(space: &mut Vec<u64>, len: usize) -> &mut [u64] {
    space.clear();
    space.resize(len, 0);
    space
}

/// All steps but the last product.
#[inline(always)]
fn raise<R: Rows>(
    montgomery: &Scalar<'_, R>,
    steps: &[Step],
    base: &[u64],
    space: &mut Vec<u64>,
) -> Vec<u64> {
    let mut value = base.to_vec();
    for step in steps {
        match step {
            Step::Square => montgomery.square(&mut value, space),
            Step::TimesBase => montgomery.multiply_add(&mut value, base, [&[]; 3], space),
        }
    }
    value
}

/// The key in words.
#[inline(always)]
pub fn constants<R: Rows>(numbers: &Numbers) -> Constants {
    let montgomery = Scalar::<R>::new(&numbers.modulus);
    let mut one = vec![0; numbers.modulus.len()];
    one[0] = 1;
    let mut c = raise(&montgomery, &power::steps(&numbers.exponent), &one, &mut Vec::new());
    numbers::reduce(&mut c, &numbers.modulus);
    Constants::new(numbers, c, numbers.modulus.len(), WORD_BITS)
}

/// Judges signatures one by one.
#[inline(always)]
pub fn verify<R: Rows>(constants: &Constants, questions: &[Question<'_>], holds: &mut [bool]) {
    let modulus = &constants.modulus[..];
    let montgomery = Scalar::<R>::new(modulus);
    let mut space = Vec::new();
    for (question, holds) in questions.iter().zip(holds) {
        let base = numbers::from_octets(question.signature);
        let hash = numbers::from_octets(question.hash);
        let mut value = raise(&montgomery, &constants.steps, &base, &mut space);
        let last = [&hash[..], &constants.factor, &constants.term];
        montgomery.multiply_add(&mut value, &base, last, &mut space);
        *holds = montgomery.is_multiple(&mut value);
    }
}
