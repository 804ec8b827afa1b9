//! Tables of multiples of a fixed point, so that multiplying it takes additions only.

use super::chain::{self, Additions};
use super::curve::Curve;
use super::doubling::Doublings;
use super::field::{Mask, Points, Residues, Rows};
use super::key_tables::Octets;
use super::pages;
use super::plain;
use super::recode::{self, Digit, Window, Windows};
use super::{Cache, prefetch};

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

impl<const N: usize> Octets for Table<N> {
    fn octets(&self) -> usize {
        size_of_val(&*self.rows)
    }
}

impl<const N: usize> Table<N> {
    /// Makes the table: one affine addition a row, after as many doublings as the order has bits.
    ///
    /// Level by level: `2 (j + 2^k) + 1 = (2 j + 1) + 2^(k+1)`, so each row of level `k` is an
    /// earlier row plus a power of two times the point. Both are multiples of the point by
    /// different numbers whose sum is below the order, so they are never equal or opposite.
    #[inline(always)]
    pub fn new<C, F, D>(point: &plain::Point<C, N>, windows: Windows) -> Self
    where
        C: Curve<N>,
        F: Residues<C::Base, N>,
        D: Doublings<C, F, N>,
    {
        let powers = powers_of_two::<C, F, D, N>(point);
        let mut rows = pages::filled(Row([[0; N]; 2]), windows.rows());
        let list: Vec<_> = windows.iter().collect();
        let mut rest = list.as_slice();
        let mut products = Vec::new();
        while let Some(longest) = rest.first() {
            // Longer windows come first.
            let groups =
                (Batch::<F, N>::OCTETS / Batch::<F, N>::octets_of_group(longest.width)).max(1);
            let (windows, others) = rest.split_at((groups * F::LANES).min(rest.len()));
            Batch::<F, N>::new::<C>(windows, &powers, &mut rows).fill::<C>(&mut products);
            rest = others;
        }
        Self { windows, rows }
    }

    /// The coordinates in a row, packed.
    #[cfg(test)]
    pub fn row(&self, row: usize) -> [[u64; N]; 2] {
        self.rows[row].0
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
            prefetch(&self.rows[digit.row()], Cache::SecondLevel);
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

/// Windows whose rows are made together, one window in each lane.
struct Batch<'t, F, const N: usize> {
    windows: &'t [Window],
    /// For each group of windows, and each bit of the longest, two to the bit times the first row.
    powers: Vec<Points<F>>,
    /// For each group the rows that others are made from: the first half of those of the longest window.
    points: Vec<Points<F>>,
    /// The table.
    rows: &'t mut [Row<N>],
}

impl<'t, F: Copy, const N: usize> Batch<'t, F, N> {
    /// Octets that a batch may take for [`Batch::points`], unless it is a single group of windows.
    const OCTETS: usize = 128 << 10;

    /// Additions that share an inversion: enough to drown it, few enough for their products to stay in
    /// cache.
    const TOGETHER: usize = 256;

    /// How many rows of windows of that width have others made from them.
    const fn kept(width: usize) -> usize {
        if width < 2 { 1 } else { 1 << (width - 2) }
    }

    const fn octets_of_group(width: usize) -> usize {
        Self::kept(width) * size_of::<Points<F>>()
    }

    /// The windows with their first rows.
    #[inline(always)]
    fn new<C: Curve<N>>(windows: &'t [Window], powers: &[Row<N>], rows: &'t mut [Row<N>]) -> Self
    where
        F: Residues<C::Base, N>,
    {
        for window in windows {
            rows[window.row] = powers[window.position];
        }
        let groups = windows.len().div_ceil(F::LANES);
        let width = windows[0].width;
        let mut lanes = Vec::with_capacity(groups * width);
        for group in 0..groups {
            for bit in 0..width {
                let windows = &windows[group * F::LANES..];
                lanes.push(F::gather_points(&Powers { powers, windows, bit }));
            }
        }
        let kept = Self::kept(width);
        let mut points = vec![lanes[0]; groups * kept];
        for (points, powers) in points.chunks_mut(kept).zip(lanes.chunks(width)) {
            points[0] = powers[0];
        }
        Self { windows, powers: lanes, points, rows }
    }

    /// Makes all other rows.
    #[inline(always)]
    fn fill<C: Curve<N>>(mut self, products: &mut Vec<F>)
    where
        F: Residues<C::Base, N>,
    {
        for level in 0..self.windows[0].width.saturating_sub(1) {
            let groups = self.windows.chunks(F::LANES);
            let reaching = groups.take_while(|windows| windows[0].width > level + 1).count();
            let count = reaching << level;
            for first in (0..count).step_by(Self::TOGETHER) {
                let count = Self::TOGETHER.min(count - first);
                let mut additions = Level { batch: &mut self, level, first, count };
                chain::add_all::<C, F, N>(&mut additions, products);
            }
        }
    }
}

/// For each lane two to a bit of its window, times the point.
struct Powers<'p, const N: usize> {
    powers: &'p [Row<N>],
    /// Those of the group, and maybe others.
    windows: &'p [Window],
    bit: usize,
}

impl<const N: usize> Rows<N> for Powers<'_, N> {
    /// Lanes past the last window repeat it. The uppermost may lack a bit that a longer one has, which gets
    /// it a row that nobody needs.
    #[inline(always)]
    fn row(&self, lane: usize) -> &[[u64; N]; 2] {
        let window = &self.windows[lane.min(self.windows.len() - 1)];
        &self.powers[(window.position + self.bit).min(self.powers.len() - 1)].0
    }
}

/// Some additions of one level: `first + i` makes the row `j + 2^level` of a group of windows, with `j`
/// from 0 to `2^level` for one group after the other.
struct Level<'b, 't, F, const N: usize> {
    batch: &'b mut Batch<'t, F, N>,
    level: usize,
    first: usize,
    count: usize,
}

impl<F: Copy, const N: usize> Level<'_, '_, F, N> {
    /// The group of windows and j.
    #[inline(always)]
    fn place(&self, i: usize) -> (usize, usize) {
        let addition = self.first + i;
        (addition >> self.level, addition & ((1 << self.level) - 1))
    }

    #[inline(always)]
    fn summands(&self, i: usize) -> [&Points<F>; 2] {
        let (group, j) = self.place(i);
        let width = self.batch.windows[0].width;
        let kept = Batch::<F, N>::kept(width);
        [&self.batch.points[group * kept + j], &self.batch.powers[group * width + self.level + 1]]
    }
}

impl<C, F, const N: usize> Additions<C, F, N> for Level<'_, '_, F, N>
where
    C: Curve<N>,
    F: Residues<C::Base, N>,
{
    #[inline(always)]
    fn len(&self) -> usize {
        self.count
    }

    #[inline(always)]
    fn operands(&self, i: usize) -> [&Points<F>; 2] {
        self.summands(i)
    }

    #[inline(always)]
    fn store(&mut self, i: usize, sum: Points<F>) {
        let (group, j) = self.place(i);
        let row = j + (1 << self.level);
        let Batch { windows, points, rows, .. } = &mut *self.batch;
        let kept = Batch::<F, N>::kept(windows[0].width);
        if row < kept {
            points[group * kept + row] = sum;
        }
        let columns = [sum.x.to_columns(), sum.y.to_columns()];
        for (lane, window) in windows.iter().skip(group * F::LANES).take(F::LANES).enumerate() {
            if row < window.rows() {
                let place = &mut rows[window.row + row].0;
                for (number, columns) in place.iter_mut().zip(&columns) {
                    for (word, column) in number.iter_mut().zip(columns) {
                        *word = column[lane];
                    }
                }
            }
        }
    }

    fn exclude(&mut self, i: usize, lanes: Mask) {
        let (group, j) = self.place(i);
        let row = j + (1 << self.level);
        let windows = self.batch.windows.iter().skip(group * F::LANES).take(F::LANES);
        for (lane, window) in windows.enumerate() {
            debug_assert!(
                (lanes >> lane) & 1 == 0 || row >= window.rows(),
                "the summands of a table are never equal or opposite"
            );
        }
    }
}

/// The point times `2^m` for each bit `m` of the order, with one inversion and 7 products each.
#[inline(always)]
fn powers_of_two<C, F, D, const N: usize>(point: &plain::Point<C, N>) -> Vec<Row<N>>
where
    C: Curve<N>,
    F: Residues<C::Base, N>,
    D: Doublings<C, F, N>,
{
    let (groups, factor) = D::powers_of_two(point, C::BITS);
    // products[i] is the product of all Z of the groups before i.
    let mut products = Vec::with_capacity(groups.len());
    let mut product = F::one();
    for [_, _, z] in &groups {
        products.push(product);
        product = product.mul(z);
    }
    let mut inverse = product.invert();
    let mut rows = vec![Row([[0; N]; 2]); C::BITS];
    let rows_of_groups = rows.chunks_mut(F::LANES);
    for (([x, y, z], rows), product) in groups.iter().zip(rows_of_groups).zip(&products).rev() {
        let reciprocal = inverse.mul(product);
        inverse = inverse.mul(z);
        // With coordinates that are f X, f Y and f Z, x is f (f X) / (f Z)² and y is f² (f Y) / (f Z)³.
        let scaled = reciprocal.mul(&factor);
        let square = scaled.mul(&reciprocal);
        let x = x.mul(&square);
        let y = y.mul(&square.mul(&scaled));
        x.unpack(|lane, x| rows.get_mut(lane).into_iter().for_each(|row| row.0[0] = x));
        y.unpack(|lane, y| rows.get_mut(lane).into_iter().for_each(|row| row.0[1] = y));
    }
    rows
}
