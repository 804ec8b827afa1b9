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
    /// Both points of the addition `i`, from where they lie or in the room that is given.
    fn operands<'p>(&'p self, i: usize, room: &'p mut [Points<F>; 2]) -> [&'p Points<F>; 2];
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
/// Each half of them has a chain of products by itself, for four products more: so the processor has
/// something to work on while it waits for a product.
#[inline(always)]
pub fn add_all<C: Curve<N>, F: Residues<C::Base, N>, const N: usize>(
    work: &mut impl Additions<C, F, N>,
    products: &mut Vec<F>,
) {
    // Never made shorter: what is there would be written anew when it grows again.
    if products.len() < work.len() {
        products.resize(work.len(), F::one());
    }
    let products = &mut products[..work.len()];
    let totals = multiply_up(work, products);
    let total = totals[0].mul(&totals[1]);
    if total.zeros() == 0 {
        let inverse = total.invert();
        let inverses = both!(half => inverse.mul(&totals[1 - half]));
        add_with::<C, F, N, false>(work, products, inverses);
    } else {
        let totals = multiply_up_careful(work, products);
        let inverse = totals[0].mul(&totals[1]).invert();
        let inverses = both!(half => inverse.mul(&totals[1 - half]));
        add_with::<C, F, N, true>(work, products, inverses);
    }
}

/// `products[i]` becomes the product of all differences behind the addition `i` in its half; returns
/// those of all in each half. Of an odd number the second half has one more.
#[inline(always)]
fn multiply_up<C: Curve<N>, F: Residues<C::Base, N>, const N: usize>(
    work: &impl Additions<C, F, N>,
    products: &mut [F],
) -> [F; 2] {
    let middle = products.len() / 2;
    let (first, second) = products.split_at_mut(middle);
    for last in [first.last_mut(), second.last_mut()].into_iter().flatten() {
        *last = F::one();
    }
    if middle > 0 && second.len() > middle {
        multiply_below(second, middle, &work.difference(2 * middle));
    }
    for i in (1..middle).rev() {
        multiply_below(first, i, &work.difference(i));
        multiply_below(second, i, &work.difference(middle + i));
    }
    let mut totals = [F::one(); 2];
    if let Some(product) = first.first() {
        totals[0] = product.mul(&work.difference(0));
    }
    if let Some(product) = second.first() {
        totals[1] = product.mul(&work.difference(middle));
    }
    totals
}

/// The product before that at the place `i`.
#[inline(always)]
fn multiply_below<M: Modulus<N>, F: Residues<M, N>, const N: usize>(
    products: &mut [F],
    i: usize,
    difference: &F,
) {
    let (below, above) = products.split_at_mut(i);
    above[0].mul_to(difference, &mut below[i - 1]);
}

/// Likewise, with one in the place of zero: one bad lane of one addition must not spoil all others.
#[cold]
#[inline(never)]
fn multiply_up_careful<C: Curve<N>, F: Residues<C::Base, N>, const N: usize>(
    work: &mut impl Additions<C, F, N>,
    products: &mut [F],
) -> [F; 2] {
    let middle = products.len() / 2;
    let mut totals = [F::one(); 2];
    for (i, before) in products.iter_mut().enumerate().rev() {
        let total = &mut totals[usize::from(i >= middle)];
        *before = *total;
        let difference = work.difference(i);
        let zeros = difference.zeros();
        if zeros != 0 {
            work.exclude(i, zeros);
        }
        *total = total.mul(&difference.one_where(zeros));
    }
    totals
}

/// `CAREFUL` if a difference may be zero, and one in its place.
#[inline(always)]
fn add_with<C: Curve<N>, F: Residues<C::Base, N>, const N: usize, const CAREFUL: bool>(
    work: &mut impl Additions<C, F, N>,
    products: &[F],
    mut inverses: [F; 2],
) {
    let middle = products.len() / 2;
    let anything = Points { x: inverses[0], y: inverses[0] };
    let mut rooms = [[anything; 2]; 2];
    for i in 0..middle {
        let places = [i, middle + i];
        let [room, other] = &mut rooms;
        let points = [work.operands(places[0], room), work.operands(places[1], other)];
        let mut differences = both!(half => points[half][1].x.sub(&points[half][0].x));
        if CAREFUL {
            differences = both!(half => differences[half].one_where(differences[half].zeros()));
        }
        let reciprocals = both!(half => inverses[half].mul(&products[places[half]]));
        both!(half => inverses[half].mul_assign(&differences[half]));
        let sums = sums(points, reciprocals);
        both!(half => work.store(places[half], sums[half]));
    }
    // The last of an odd number has none behind it.
    if products.len() > 2 * middle {
        let i = 2 * middle;
        let [p, q] = work.operands(i, &mut rooms[0]);
        let [sum, _] = sums([[p, q], [p, q]], [inverses[1]; 2]);
        work.store(i, sum);
    }
}

/// The sums of two pairs of points, given `1 / (x2 - x1)` of each.
#[inline(always)]
fn sums<M: Modulus<N>, F: Residues<M, N>, const N: usize>(
    points: [[&Points<F>; 2]; 2],
    reciprocals: [F; 2],
) -> [Points<F>; 2] {
    let rises = both!(half => points[half][1].y.sub(&points[half][0].y));
    let slopes = both!(half => rises[half].mul(&reciprocals[half]));
    let squares = both!(half => slopes[half].sqr());
    let xs = both!(half => squares[half].sub_both(&points[half][0].x, &points[half][1].x));
    let falls = both!(half => points[half][0].x.sub(&xs[half]));
    let products = both!(half => slopes[half].mul(&falls[half]));
    both!(half => Points { x: xs[half], y: products[half].sub_tight(&points[half][0].y) })
}
