//! The products of one doubling side by side in the lanes of a vector: three products of vectors one after the
//! other, where there would be eight of numbers.

use super::super::curve::Curve;
use super::super::field::{Crosswise, MAX_LANES, Mask};
use super::super::modulus::Modulus;
use super::super::plain::Point;
use super::super::words;
use super::{Doublings, Jacobian};

/// In lanes, for kernels with at least four.
#[derive(Debug)]
pub struct SideBySide;

impl<C: Curve<N>, F: Crosswise<C::Base, N>, const N: usize> Doublings<C, F, N> for SideBySide {
    #[inline(always)]
    fn powers_of_two(point: &Point<C, N>, count: usize) -> (Vec<Jacobian<F>>, F) {
        let (add, sqr) = (C::Base::add, C::Base::sqr);
        let [x, y, z] = point.jacobian();
        let fourth = sqr(&sqr(&z));
        let coordinates = [x, y, z, add(&add(&fourth, &fourth), &fourth)]
            .map(|coordinate| C::Base::mul(&coordinate, &words::small(1)));
        let all = F::pack(|lane| coordinates[lane % 4]).expand();
        let mut power = Modified {
            x: all.permuted([0; MAX_LANES]),
            y: all.permuted([1; MAX_LANES]),
            z: all.permuted([2; MAX_LANES]),
            w: all.permuted([3; MAX_LANES]),
        };
        let mut groups = Vec::with_capacity(count.div_ceil(F::LANES));
        for _ in (0..count).step_by(F::LANES) {
            let mut group = [power.x, power.y, power.z];
            for lane in 0..F::LANES {
                group[0] = group[0].replace_where(1 << lane, &power.x);
                group[1] = group[1].replace_where(1 << lane, &power.y);
                group[2] = group[2].replace_where(1 << lane, &power.z);
                power = power.doubled();
            }
            groups.push(group);
        }
        (groups, F::one())
    }
}

/// A point in modified Jacobian coordinates, each of them tight and in all lanes (H. Cohen, A. Miyaji and
/// T. Ono, "Efficient elliptic curve exponentiation using mixed coordinates", 1998, §3).
#[derive(Clone, Copy)]
struct Modified<F> {
    x: F,
    y: F,
    z: F,
    /// 3 Z⁴, which is -a Z⁴.
    w: F,
}

impl<F> Modified<F> {
    /// Twice the point. With `M = 3 X² + a Z⁴`, `S = 4 X Y²` and `U = 8 Y⁴`:
    ///
    /// `X' = M² - 2 S`, `Y' = M (S - X') - U`, `Z' = 2 Y Z`, `a Z'⁴ = 2 U (a Z⁴)`.
    ///
    /// Here -M is what is computed. In each of three products the lanes of a factor have one number or
    /// another, of which one at most is a sum.
    #[inline(always)]
    fn doubled<M: Modulus<N>, const N: usize>(&self) -> Self
    where
        F: Crosswise<M, N>,
    {
        let Self { x, y, z, w } = self;
        // 2 X², X², 2 Y² and Z'.
        let left = y.twice().replace_where(LANE_0, &x.twice()).replace_where(LANE_1, x);
        let right = x.replace_where(LANE_2, y).replace_where(LANE_3, z);
        let products = left.mul(&right);
        let square = products.permuted([1; MAX_LANES]);
        let two_yy = products.permuted([2; MAX_LANES]);
        let z = products.permuted([3; MAX_LANES]);
        // M², S and U.
        let minus_m = w.sub_both(&products, &square);
        let left = two_yy.twice().replace_where(LANE_0, &minus_m).replace_where(LANE_1, &x.twice());
        let products = left.mul(&two_yy.replace_where(LANE_0, &minus_m));
        let square = products.permuted([0; MAX_LANES]);
        let s = products.permuted([1; MAX_LANES]);
        let u = products.permuted([2; MAX_LANES]);
        let x = square.sub_both(&s, &s);
        // -M (X' - S) and -a Z'⁴.
        let left = u.twice().replace_where(LANE_0, &x.sub(&s));
        let products = left.mul(&w.replace_where(LANE_0, &minus_m));
        let y = products.permuted([0; MAX_LANES]).sub_tight(&u);
        Self { x, y, z, w: products.permuted([1; MAX_LANES]) }
    }
}

const LANE_0: Mask = 1 << 0;
const LANE_1: Mask = 1 << 1;
const LANE_2: Mask = 1 << 2;
const LANE_3: Mask = 1 << 3;
