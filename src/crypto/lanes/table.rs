//! Tables of multiples of a fixed point, so that multiplying it takes additions only.

use super::chain::{self, Additions};
use super::curve::Curve;
use super::field::{Mask, Points, Residues, Rows, in_lanes};
use super::pages;
use super::plain;
use super::recode::{self, Digit, Windows};

/// The coordinates of one multiple, packed in the form of the kernel that made the table. A row is
/// one cache line for P-256.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub struct Row<const N: usize>([[u64; N]; 2]);

/// For each window of a scalar the positive odd multiples of the point, times two to the window's
/// position.
#[derive(Debug)]
pub struct Table<const N: usize> {
    windows: Windows,
    rows: Vec<Row<N>>,
}

/// Additions that share an inversion while a table is made: enough to drown it, few enough for
/// their products to stay in cache.
const CHUNK: usize = 2048;

impl<const N: usize> Table<N> {
    /// Makes the table: one affine addition a row, after as many doublings as the order has bits.
    ///
    /// Level by level: `2 (j + 2^k) + 1 = (2 j + 1) + 2^(k+1)`, so each row of level `k` is an
    /// earlier row plus a power of two times the point. Both are multiples of the point by
    /// different numbers whose sum is below the order, so they are never equal or opposite.
    #[inline(always)]
    pub fn new<C: Curve<N>, F: Residues<C::Base, N>>(
        point: &plain::Point<C, N>,
        windows: Windows,
    ) -> Self {
        let powers = powers_of_two::<C, F, N>(point);
        let mut rows = pages::filled(Row([[0; N]; 2]), windows.rows());
        for window in windows.iter() {
            rows[window.row] = powers[window.position];
        }
        let most = windows.iter().map(|window| window.width).max().unwrap_or(0);
        let mut products = Vec::new();
        for level in 0..most.saturating_sub(1) {
            // Longer windows come first, so those that reach this level do.
            let starts: Vec<_> = windows
                .iter()
                .filter(|window| window.width > level + 1)
                .map(|window| (window.row, powers[window.position + level + 1]))
                .collect();
            let sums = starts.len() << level;
            for first in (0..sums).step_by(CHUNK) {
                let end = sums.min(first + CHUNK);
                let mut work =
                    Level { starts: &starts, level, first, end, rows: &mut rows, lanes: F::LANES };
                chain::add_all::<C, F, N>(&mut work, &mut products);
            }
        }
        Self { windows, rows }
    }

    /// Octets that its rows take.
    pub fn octets(&self) -> usize {
        size_of_val(&*self.rows)
    }

    /// The windows that scalars must be recoded for.
    pub fn windows(&self) -> &Windows {
        &self.windows
    }

    /// The points of digits, one for each lane.
    #[inline(always)]
    pub fn points<C: Curve<N>, F: Residues<C::Base, N>>(&self, digits: &[Digit]) -> Points<F> {
        let Points { x, y } = F::gather_points(&Multiples { rows: &self.rows, digits });
        Points { x, y: y.negate_where(recode::signs(digits)) }
    }

    /// Asks the processor to bring the rows of digits near.
    #[inline(always)]
    pub fn prefetch(&self, digits: &[Digit]) {
        for digit in digits {
            super::prefetch(&self.rows[digit.row()]);
        }
    }
}

/// The rows that the digits of some lanes stand for, signs aside.
struct Multiples<'t, const N: usize> {
    rows: &'t [Row<N>],
    digits: &'t [Digit],
}

impl<const N: usize> Rows<N> for Multiples<'_, N> {
    #[inline(always)]
    fn row(&self, lane: usize) -> &[[u64; N]; 2] {
        &self.rows[self.digits[lane].row()].0
    }
}

/// The additions `first..end` of one level: addition `i` makes the row `j + 2^level` of the window
/// `i >> level`, where `j` is the rest of `i`.
struct Level<'t, const N: usize> {
    /// The first row of each window, and what is to be added.
    starts: &'t [(usize, Row<N>)],
    level: usize,
    first: usize,
    end: usize,
    rows: &'t mut [Row<N>],
    lanes: usize,
}

impl<const N: usize> Level<'_, N> {
    /// The row to begin with and the row to add, in a lane. Lanes past the end repeat the last.
    #[inline(always)]
    fn summands(&self, i: usize, lane: usize) -> (usize, &Row<N>) {
        let addition = (self.first + i * self.lanes + lane).min(self.end - 1);
        let (start, power) = &self.starts[addition >> self.level];
        (start + (addition & ((1 << self.level) - 1)), power)
    }
}

/// The first or the second points of the addition `i` of a level.
struct Summands<'l, 't, const N: usize, const WHICH: usize> {
    level: &'l Level<'t, N>,
    i: usize,
}

impl<const N: usize, const WHICH: usize> Rows<N> for Summands<'_, '_, N, WHICH> {
    #[inline(always)]
    fn row(&self, lane: usize) -> &[[u64; N]; 2] {
        let (row, power) = self.level.summands(self.i, lane);
        if WHICH == 0 { &self.level.rows[row].0 } else { &power.0 }
    }
}

impl<C: Curve<N>, F: Residues<C::Base, N>, const N: usize> Additions<C, F, N> for Level<'_, N> {
    fn len(&self) -> usize {
        (self.end - self.first).div_ceil(self.lanes)
    }

    #[inline(always)]
    fn difference(&self, i: usize) -> F {
        let p = F::gather(in_lanes!(F::LANES, lane => &self.rows[self.summands(i, lane).0].0[0]));
        let q = F::gather(in_lanes!(F::LANES, lane => &self.summands(i, lane).1.0[0]));
        q.sub(&p)
    }

    #[inline(always)]
    fn operands<'p>(&'p self, i: usize, room: &'p mut [Points<F>; 2]) -> [&'p Points<F>; 2] {
        let [p, q] = room;
        *p = F::gather_points(&Summands::<N, 0> { level: self, i });
        *q = F::gather_points(&Summands::<N, 1> { level: self, i });
        [p, q]
    }

    #[inline(always)]
    fn store(&mut self, i: usize, sum: Points<F>) {
        let targets = in_lanes!(F::LANES, lane => self.summands(i, lane).0 + (1 << self.level));
        sum.x.unpack(|lane, x| self.rows[targets[lane]].0[0] = x);
        sum.y.unpack(|lane, y| self.rows[targets[lane]].0[1] = y);
    }

    fn exclude(&mut self, _: usize, _: Mask) {
        debug_assert!(false, "the summands of a table are never equal or opposite");
    }
}

/// The point times `2^m` for each bit `m` of the order.
#[inline(always)]
fn powers_of_two<C: Curve<N>, F: Residues<C::Base, N>, const N: usize>(
    point: &plain::Point<C, N>,
) -> Vec<Row<N>> {
    let doubled = |point: &plain::Point<C, N>| Some(point.double());
    let powers: Vec<_> = std::iter::successors(Some(*point), doubled).take(C::BITS).collect();
    let affine = plain::Point::to_affine(&powers);
    let mut rows = vec![Row([[0; N]; 2]); affine.len()];
    for (points, rows) in affine.chunks(F::LANES).zip(rows.chunks_mut(F::LANES)) {
        let point = |lane: usize| points[lane.min(points.len() - 1)];
        let x = F::pack(|lane| point(lane)[0]).expand();
        x.unpack(|lane, x| rows.get_mut(lane).into_iter().for_each(|row| row.0[0] = x));
        let y = F::pack(|lane| point(lane)[1]).expand();
        y.unpack(|lane, y| rows.get_mut(lane).into_iter().for_each(|row| row.0[1] = y));
    }
    rows
}
