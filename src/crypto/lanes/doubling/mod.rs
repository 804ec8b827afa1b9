//! A point times powers of two, with which its table begins: as many doublings as the order has bits, each
//! of which waits for the one before.

mod side_by_side;

use super::curve::Curve;
use super::field::{Residues, in_lanes};
use super::modulus::Modulus;
use super::plain::Point;
#[cfg(any(target_arch = "x86_64", test))]
pub use side_by_side::SideBySide;

/// The Jacobian coordinates X, Y and Z of points, one in each lane.
pub type Jacobian<F> = [F; 3];

/// A way to double a point again and again.
pub trait Doublings<C: Curve<N>, F: Residues<C::Base, N>, const N: usize> {
    /// The point times `2^i` for `i` below `count`, by the lanes of groups one after the other; there may be
    /// others behind the last. And the factor that all coordinates have too much.
    fn powers_of_two(point: &Point<C, N>, count: usize) -> (Vec<Jacobian<F>>, F);
}

/// In words, product by product: for kernels with few lanes, or slow ones.
#[derive(Debug)]
pub struct InWords;

impl<C: Curve<N>, F: Residues<C::Base, N>, const N: usize> Doublings<C, F, N> for InWords {
    #[inline(always)]
    fn powers_of_two(point: &Point<C, N>, count: usize) -> (Vec<Jacobian<F>>, F) {
        let mut powers = Vec::with_capacity(count);
        let mut power = *point;
        for _ in 0..count {
            powers.push(power.jacobian());
            power = power.double();
        }
        let mut groups = Vec::with_capacity(count.div_ceil(F::LANES));
        for group in powers.chunks(F::LANES) {
            let last = group.len() - 1;
            let [mut x, mut y, mut z] = [F::one(); 3];
            for (which, coordinate) in [&mut x, &mut y, &mut z].into_iter().enumerate() {
                *coordinate = F::gather(in_lanes!(F::LANES, lane => &group[lane.min(last)][which]));
            }
            groups.push([x, y, z]);
        }
        // The coordinates are in the Montgomery form of whole words. Read in the kernel's own they all have
        // one radix too much, divided by the other.
        (groups, F::pack(|_| C::Base::R))
    }
}
