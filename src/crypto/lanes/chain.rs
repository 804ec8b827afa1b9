//! Affine additions by the thousand, with one inversion for all of them.
//!
//! `λ = (y2 - y1) / (x2 - x1)`, `x3 = λ² - x1 - x2`, `y3 = λ (x1 - x3) - y1`; the inverses of all
//! denominators come from one, for three products each (Montgomery's trick). So an addition takes
//! 5 products and 1 square, where mixed Jacobian coordinates take 8 and 3 (EFD, `madd-2007-bl` for
//! `a = -3`: 7 and 4).

use super::curve::Curve;
use super::field::{Mask, Points, Residues};

/// Additions of pairs of points, numbered from 0, each for all lanes.
///
/// The chain first asks for all differences, from the last to the first, then for all operands from
/// the first to the last, and stores each sum before it asks for the next operands.
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

/// Carries out the additions. `products` is working space.
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
    let total = multiply_up(work, products);
    if total.zeros() == 0 {
        add_with::<C, F, N, false>(work, products, total.invert());
    } else {
        let total = multiply_up_careful(work, products);
        add_with::<C, F, N, true>(work, products, total.invert());
    }
}

/// `products[i]` becomes the product of all differences behind the addition `i`; returns that of
/// all.
#[inline(always)]
fn multiply_up<C: Curve<N>, F: Residues<C::Base, N>, const N: usize>(
    work: &impl Additions<C, F, N>,
    products: &mut [F],
) -> F {
    let Some(last) = products.len().checked_sub(1) else { return F::one() };
    products[last] = F::one();
    for i in (1..=last).rev() {
        let (below, above) = products.split_at_mut(i);
        above[0].mul_to(&work.difference(i), &mut below[i - 1]);
    }
    products[0].mul(&work.difference(0))
}

/// Likewise, with one in the place of zero: one bad lane of one addition must not spoil all others.
#[cold]
#[inline(never)]
fn multiply_up_careful<C: Curve<N>, F: Residues<C::Base, N>, const N: usize>(
    work: &mut impl Additions<C, F, N>,
    products: &mut [F],
) -> F {
    let mut product = F::one();
    for (i, before) in products.iter_mut().enumerate().rev() {
        *before = product;
        let difference = work.difference(i);
        let zeros = difference.zeros();
        if zeros != 0 {
            work.exclude(i, zeros);
        }
        product = product.mul(&difference.one_where(zeros));
    }
    product
}

/// `CAREFUL` if a difference may be zero, and one in its place.
#[inline(always)]
fn add_with<C: Curve<N>, F: Residues<C::Base, N>, const N: usize, const CAREFUL: bool>(
    work: &mut impl Additions<C, F, N>,
    products: &[F],
    mut inverse: F,
) {
    let anything = Points { x: inverse, y: inverse };
    let mut room = [anything; 2];
    for (i, product) in products.iter().enumerate() {
        let [p, q] = work.operands(i, &mut room);
        let mut difference = q.x.sub(&p.x);
        if CAREFUL {
            difference = difference.one_where(difference.zeros());
        }
        let reciprocal = inverse.mul(product);
        inverse.mul_assign(&difference);
        let slope = q.y.sub(&p.y).mul(&reciprocal);
        let x = slope.sqr().sub_both(&p.x, &q.x);
        let y = slope.mul(&p.x.sub(&x)).sub_tight(&p.y);
        work.store(i, Points { x, y });
    }
}
