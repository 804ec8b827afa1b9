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
/// The chain first asks for all differences, in each half from the last to the first, then for all
/// operands, in each half from the first to the last. It stores sums `i` and `half + i` before it asks for
/// the operands of the next two.
pub trait Additions<C, F, const N: usize>
where
    C: Curve<N>,
    F: Residues<C::Base, N>,
{
    /// How many there are.
    fn len(&self) -> usize;
    /// `x2 - x1` of the addition `i`.
    fn difference(&self, i: usize) -> F;
    /// Both points of the addition `i`.
    fn operands(&self, i: usize) -> [&Points<F>; 2];
    /// Takes the sum. In lanes that were given to [`Additions::exclude`] it means nothing.
    fn store(&mut self, i: usize, sum: Points<F>);
    /// Is told the lanes in which the points of addition `i` have the same x: equal or opposite.
    fn exclude(&mut self, i: usize, lanes: Mask);
}

/// Something of each of the two halves, by an expression of its number. A macro and no closure, which the
/// compiler does not always inline.
macro_rules! both {
    ($half:ident => $value:expr) => {
        [
            {
                let $half = 0;
                $value
            },
            {
                let $half = 1;
                $value
            },
        ]
    };
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
    let inverses = both!(half => inverse.mul(&products[1 - half][0]));
    add_with(work, &products, inverses, careful);
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
        multiply_below(second, middle, &work.difference(2 * middle));
    }
    for i in (0..middle).rev() {
        multiply_below(first, i, &work.difference(i));
        multiply_below(second, i, &work.difference(middle + i));
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
        let difference = work.difference(i);
        let zeros = difference.zeros();
        if zeros != 0 {
            work.exclude(i, zeros);
        }
        let (products, i) = if i < middle { (&mut *first, i) } else { (&mut *second, i - middle) };
        products[i] = products[i + 1].mul(&difference.one_where(zeros));
    }
}

/// The sums, from the inverses of both halves' products. `careful` if a difference may be zero, and one
/// in its place.
#[inline(always)]
fn add_with<C: Curve<N>, F: Residues<C::Base, N>, const N: usize>(
    work: &mut impl Additions<C, F, N>,
    products: &[&mut [F]; 2],
    mut inverses: [F; 2],
    careful: bool,
) {
    let middle = products[0].len() - 1;
    for i in 0..middle {
        let points = [work.operands(i), work.operands(middle + i)];
        let mut differences = both!(half => points[half][1].x.sub(&points[half][0].x));
        if careful {
            differences = both!(half => differences[half].one_where(differences[half].zeros()));
        }
        let reciprocals = both!(half => inverses[half].mul(&products[half][i + 1]));
        both!(half => inverses[half].mul_assign(&differences[half]));
        let rises = both!(half => points[half][1].y.sub(&points[half][0].y));
        let slopes = both!(half => rises[half].mul(&reciprocals[half]));
        let squares = both!(half => slopes[half].sqr());
        let xs = both!(half => squares[half].sub_both(&points[half][0].x, &points[half][1].x));
        let falls = both!(half => points[half][0].x.sub(&xs[half]));
        let ys = both!(half => slopes[half].mul(&falls[half]).sub_tight(&points[half][0].y));
        work.store(i, Points { x: xs[0], y: ys[0] });
        work.store(middle + i, Points { x: xs[1], y: ys[1] });
    }
    // The last of an odd number has none behind it: what is left is its own inverse.
    if work.len() > 2 * middle {
        let [p, q] = work.operands(2 * middle);
        let slope = q.y.sub(&p.y).mul(&inverses[1]);
        let x = slope.sqr().sub_both(&p.x, &q.x);
        let y = slope.mul(&p.x.sub(&x)).sub_tight(&p.y);
        work.store(2 * middle, Points { x, y });
    }
}
