//! Affine additions by the thousand, with one inversion for all of them.
//!
//! `λ = (y2 - y1) / (x2 - x1)`, `x3 = λ² - x1 - x2`, `y3 = λ (x1 - x3) - y1`; the inverses of all
//! denominators come from one, for three products each (Montgomery's trick). So an addition takes
//! 5 products and 1 square, where mixed Jacobian coordinates take 8 and 3 (EFD, `madd-2007-bl` for
//! `a = -3`: 7 and 4).

use super::curve::Curve;
use super::field::{Mask, Points, Residues};
use super::modulus::Modulus;

/// Additions of pairs of points, numbered from 0, each for all lanes.
///
/// The chain first asks for the points of all, in each half from the last to the first, then again from the
/// first to the last. It stores the sum `i` when it has asked for the last time for those of all additions up
/// to `i`.
pub trait Additions<C, F, const N: usize>
where
    C: Curve<N>,
    F: Residues<C::Base, N>,
{
    /// How many there are.
    fn len(&self) -> usize;
    /// Both points of the addition `i`.
    fn operands(&self, i: usize) -> [&Points<F>; 2];
    /// Takes the sum. In lanes that were given to [`Additions::exclude`] it means nothing.
    fn store(&mut self, i: usize, sum: Points<F>);
    /// Is told the lanes in which the points of addition `i` have the same x: equal or opposite.
    fn exclude(&mut self, i: usize, lanes: Mask);
}

/// `x2 - x1` of an addition.
#[inline(always)]
fn difference<C: Curve<N>, F: Residues<C::Base, N>, const N: usize>(
    work: &impl Additions<C, F, N>,
    i: usize,
) -> F {
    let [p, q] = work.operands(i);
    q.x.sub(&p.x)
}

/// Carries out the additions. `products` is working space.
///
/// Each half of them has a chain of products by itself, for three products more: so the processor has
/// something to work on while it waits for a product.
#[inline(always)]
pub fn add_all<C: Curve<N>, F: Residues<C::Base, N>, const N: usize>(
    work: &mut impl Additions<C, F, N>,
    products: &mut Vec<F>,
) {
    // Never made shorter: what is there would be written anew when it grows again.
    if products.len() < work.len() + 2 {
        products.resize(work.len() + 2, F::one());
    }
    // Those of either half begin with the product of all. Of an odd number the second half has one more.
    let middle = work.len() / 2;
    let (first, second) = products[..work.len() + 2].split_at_mut(middle + 1);
    let mut products = [first, second];
    multiply_up(work, &mut products);
    let mut total = products[0][0].mul(&products[1][0]);
    let careful = total.zeros() != 0;
    if careful {
        multiply_up_careful(work, &mut products);
        total = products[0][0].mul(&products[1][0]);
    }
    let inverse = total.invert();
    for (half, first) in [0, middle].into_iter().enumerate() {
        let inverse = inverse.mul(&products[1 - half][0]);
        add_with(work, first, products[half], inverse, careful);
    }
}

/// In each half, the product of the differences of addition `i` and of all behind it takes place `i`.
#[inline(always)]
fn multiply_up<C: Curve<N>, F: Residues<C::Base, N>, const N: usize>(
    work: &impl Additions<C, F, N>,
    [first, second]: &mut [&mut [F]; 2],
) {
    let middle = first.len() - 1;
    first[middle] = F::one();
    second[work.len() - middle] = F::one();
    if work.len() > 2 * middle {
        multiply_below(second, middle, &difference(work, 2 * middle));
    }
    if middle == 0 {
        return;
    }
    // Differences are there a product before they are needed.
    let mut differences = [difference(work, middle - 1), difference(work, 2 * middle - 1)];
    for i in (0..middle).rev() {
        let below = i.saturating_sub(1);
        let following = [difference(work, below), difference(work, middle + below)];
        multiply_below(first, i, &differences[0]);
        multiply_below(second, i, &differences[1]);
        differences = following;
    }
}

/// Place `i` from the one behind it.
#[inline(always)]
fn multiply_below<M: Modulus<N>, F: Residues<M, N>, const N: usize>(
    products: &mut [F],
    i: usize,
    difference: &F,
) {
    let (below, above) = products.split_at_mut(i + 1);
    above[0].mul_to(difference, &mut below[i]);
}

/// Likewise, with one in the place of zero: one bad lane of one addition must not spoil all others.
#[cold]
#[inline(never)]
fn multiply_up_careful<C: Curve<N>, F: Residues<C::Base, N>, const N: usize>(
    work: &mut impl Additions<C, F, N>,
    [first, second]: &mut [&mut [F]; 2],
) {
    let middle = first.len() - 1;
    for i in (0..work.len()).rev() {
        let difference = difference(&*work, i);
        let zeros = difference.zeros();
        if zeros != 0 {
            work.exclude(i, zeros);
        }
        let (products, i) = if i < middle { (&mut *first, i) } else { (&mut *second, i - middle) };
        products[i] = products[i + 1].mul(&difference.one_where(zeros));
    }
}

/// The difference of an addition, or, if it is `careful`, one in the place of zero.
#[inline(always)]
fn denominator<C: Curve<N>, F: Residues<C::Base, N>, const N: usize>(
    work: &impl Additions<C, F, N>,
    i: usize,
    careful: bool,
) -> F {
    let difference = difference(work, i);
    if careful { difference.one_where(difference.zeros()) } else { difference }
}

/// The sums of a half, the addition `first` and those behind it, from the inverse of the product of all
/// their differences. `careful` if a difference may be zero, and one in its place.
///
/// Each step of an addition waits for the one before. So between them stand the two products that the next
/// addition needs of the chain, which wait for none of that.
#[inline(always)]
fn add_with<C: Curve<N>, F: Residues<C::Base, N>, const N: usize>(
    work: &mut impl Additions<C, F, N>,
    first: usize,
    products: &[F],
    mut inverse: F,
    careful: bool,
) {
    // Behind the last addition stands a one.
    let count = products.len() - 1;
    if count == 0 {
        return;
    }
    let mut reciprocal = inverse.mul(&products[1]);
    inverse.mul_assign(&denominator(&*work, first, careful));
    for i in 0..count {
        let next = i + 1;
        let [p, q] = work.operands(first + i);
        let slope = q.y.sub(&p.y).mul(&reciprocal);
        if next < count {
            reciprocal = inverse.mul(&products[next + 1]);
        }
        let x = slope.sqr_less_both(&p.x, &q.x);
        if next < count {
            inverse.mul_assign(&denominator(&*work, first + next, careful));
        }
        let y = slope.mul_less(&p.x.sub(&x), &p.y);
        work.store(first + i, Points { x, y });
    }
}
