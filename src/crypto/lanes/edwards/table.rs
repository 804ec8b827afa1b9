//! Tables of multiples of a fixed point.
//!
//! A row holds what a mixed addition asks for, (y + x) / 2, (y - x) / 2 and d x y: the halves save
//! it a doubling, and the point with the sign changed has the first two exchanged and the third
//! negated. Windows have rows for the multiples from 0 on, so that every scalar is met as the integer
//! that it is: a key may have a part of small order, which scalars modulo L would change.

use super::super::field::{Residues, in_lanes};
use super::super::key_tables::Octets;
use super::super::modulus::Modulus;
use super::super::pages;
use super::super::recode::{self, Digit, Windows};
use super::super::words;
use super::super::{Cache, prefetch};
use super::Edwards;
use super::point::{Affine, Extended, Points};

/// One multiple.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(32))]
pub struct Row<const N: usize> {
    /// (y + x) / 2 and (y - x) / 2.
    halves: [[u64; N]; 2],
    /// d x y.
    product: [u64; N],
}

/// A multiple for each lane: what a row holds.
#[derive(Clone, Copy, Debug)]
pub struct Multiples<F> {
    /// (y + x) / 2.
    pub half_sum: F,
    /// (y - x) / 2.
    pub half_difference: F,
    /// d x y.
    pub product: F,
}

/// For each window of a scalar the multiples from 0 to half of what the window holds, times two to
/// the window's position.
#[derive(Debug)]
pub struct Table<const N: usize> {
    windows: Windows,
    rows: Vec<Row<N>>,
}

/// Pairs of rows, in groups of lanes, that share an inversion: enough to drown it, few enough for
/// their products to stay in cache.
const CHUNK: usize = 256;

impl<const N: usize> Octets for Table<N> {
    fn octets(&self) -> usize {
        size_of_val(&*self.rows)
    }
}

impl<const N: usize> Table<N> {
    /// Makes the table: 9.5 products a row, after a doubling and an addition for each bit.
    ///
    /// A window with the multiples up to 2^k gets those up to 2^(k+1) as `3 2^(k-1) ± j`: a sum and a
    /// difference have most of their products in common.
    #[inline(always)]
    pub fn new<C: Edwards<N>, F: Residues<C::Base, N>>(
        point: &Affine<N>,
        windows: Windows,
    ) -> Self {
        let starts = Starts::new::<C, F>(point, windows.bits());
        let mut neutral = [Row { halves: [[0; N]; 2], product: [0; N] }];
        Row::put::<C, F>([&F::pack(|_| [0; N]), &F::one()], &mut neutral, &mut [[0; N]]);
        let mut rows = pages::filled(neutral[0], windows.signed_rows());
        for (first, window) in windows.signed() {
            rows[first + 1] = starts.powers[window.position];
            if window.width > 1 {
                rows[first + 2] = starts.powers[window.position + 1];
            }
        }
        let most = windows.iter().map(|window| window.width).max().unwrap_or(0);
        let mut space = Vec::new();
        for level in 1..most.saturating_sub(1) {
            let middles: Vec<_> = windows
                .signed()
                .filter(|(_, window)| window.width > level + 1)
                .map(|(first, window)| (first, &starts.triples[window.position + level - 1]))
                .collect();
            for &(first, (middle, _)) in &middles {
                rows[first + 3 * (1 << (level - 1))] = *middle;
            }
            let pairs = middles.len() << (level - 1);
            for from in (0..pairs).step_by(CHUNK * F::LANES) {
                let end = pairs.min(from + CHUNK * F::LANES);
                Level { middles: &middles, level, from, end }.add::<C, F>(&mut rows, &mut space);
            }
        }
        Self { windows, rows }
    }

    /// What a row holds.
    #[cfg(test)]
    pub fn row(&self, row: usize) -> [[u64; N]; 3] {
        let Row { halves: [sum, difference], product } = self.rows[row];
        [sum, difference, product]
    }

    /// The windows that scalars must be recoded for.
    pub fn windows(&self) -> &Windows {
        &self.windows
    }

    /// The multiples that digits stand for, one in each lane.
    #[inline(always)]
    pub fn multiples<M: Modulus<N>, F: Residues<M, N>>(&self, digits: &[Digit]) -> Multiples<F> {
        let product = F::gather(in_lanes!(F::LANES, lane => &self.row_of(digits[lane]).product));
        Multiples {
            half_sum: F::gather(in_lanes!(F::LANES, lane => self.half_of(digits[lane], 0))),
            half_difference: F::gather(in_lanes!(F::LANES, lane => self.half_of(digits[lane], 1))),
            product: product.negate_where(recode::signs(digits)),
        }
    }

    #[inline(always)]
    fn row_of(&self, digit: Digit) -> &Row<N> {
        &self.rows[digit.row()]
    }

    /// Which half of a multiple: the sign of a digit exchanges them.
    #[inline(always)]
    fn half_of(&self, digit: Digit, which: u32) -> &[u64; N] {
        &self.row_of(digit).halves[(digit.sign() ^ which) as usize]
    }

    /// Asks the processor to bring the rows of digits near.
    #[inline(always)]
    pub fn prefetch(&self, digits: &[Digit]) {
        for digit in digits {
            prefetch(&self.rows[digit.row()], Cache::FirstLevel);
        }
    }
}

impl<const N: usize> Row<N> {
    /// The rows of points, one in each lane, with their x y, as far as there is room for them.
    #[inline(always)]
    fn put<C: Edwards<N>, F: Residues<C::Base, N>>(
        [x, y]: [&F; 2],
        rows: &mut [Self],
        products: &mut [[u64; N]],
    ) {
        let (half, d) = (F::pack(|_| C::HALF), F::pack(|_| C::D));
        let xy = x.mul(y);
        let sum = y.add(x).mul(&half).to_columns();
        let difference = y.sub(x).mul(&half).to_columns();
        let (product, xy) = (xy.mul(&d).to_columns(), xy.to_columns());
        for (lane, (row, place)) in rows.iter_mut().zip(products).take(F::LANES).enumerate() {
            for word in 0..N {
                row.halves[0][word] = sum[word][lane];
                row.halves[1][word] = difference[word][lane];
                row.product[word] = product[word][lane];
                place[word] = xy[word][lane];
            }
        }
    }
}

/// The point times powers of two, and times three times them, the latter each with its x y.
struct Starts<const N: usize> {
    powers: Vec<Row<N>>,
    triples: Vec<(Row<N>, [u64; N])>,
}

impl<const N: usize> Starts<N> {
    /// A doubling for each bit; all that follows in lanes: an addition, and 6 products for either of the
    /// two points.
    #[inline(always)]
    fn new<C: Edwards<N>, F: Residues<C::Base, N>>(point: &Affine<N>, bits: usize) -> Self {
        let doubled = |point: &Extended<C, N>| Some(point.doubled());
        let start = Some(Extended::from(*point));
        let powers: Vec<_> =
            std::iter::successors(start, doubled).take(bits).map(|point| point.words()).collect();
        let groups = bits.div_ceil(F::LANES);
        let mut points = Vec::with_capacity(2 * groups);
        for first in (0..bits).step_by(F::LANES) {
            points.push(Points::<C, F, N>::of(&powers[first..]));
        }
        for first in (0..bits).step_by(F::LANES) {
            let next = Points::of(&powers[(first + 1).min(bits - 1)..]);
            points.push(points[first / F::LANES].plus(&next));
        }
        let mut products = Vec::with_capacity(points.len());
        let mut product = F::one();
        for point in &points {
            products.push(product);
            product = product.mul(&point.z);
        }
        let mut inverse = product.invert();
        let blank = Row { halves: [[0; N]; 2], product: [0; N] };
        let mut rows = [vec![blank; bits], vec![blank; bits]];
        let mut xys = [vec![[0; N]; bits], vec![[0; N]; bits]];
        for (i, (point, product)) in points.iter().zip(&products).enumerate().rev() {
            let reciprocal = inverse.mul(product);
            inverse = inverse.mul(&point.z);
            let (which, first) = (i / groups, i % groups * F::LANES);
            let coordinates = [&point.x.mul(&reciprocal), &point.y.mul(&reciprocal)];
            Row::put::<C, F>(coordinates, &mut rows[which][first..], &mut xys[which][first..]);
        }
        let [powers, triples] = rows;
        let [_, xys] = xys;
        Self { powers, triples: triples.into_iter().zip(xys).collect() }
    }
}

/// Of one level, the pairs `from..end` of sums and differences: pair `i` makes the multiples
/// `3 2^(level-1) ± j` of the window `i >> (level-1)`, where `j - 1` is the rest of `i`.
struct Level<'t, const N: usize> {
    /// The first row of each window, and the point in the middle of the new ones with its x y.
    middles: &'t [(usize, &'t (Row<N>, [u64; N]))],
    level: usize,
    from: usize,
    end: usize,
}

impl<const N: usize> Level<'_, N> {
    /// The first row of the window, j, and the middle, in a lane. Lanes past the end repeat the last.
    #[inline(always)]
    fn pair(&self, pair: usize) -> (usize, usize, &(Row<N>, [u64; N])) {
        let pair = pair.min(self.end - 1);
        let (first, middle) = self.middles[pair >> (self.level - 1)];
        (first, 1 + (pair & ((1 << (self.level - 1)) - 1)), middle)
    }

    /// The row of j.
    #[inline(always)]
    fn row<'r>(&self, rows: &'r [Row<N>], pair: usize) -> &'r Row<N> {
        let (first, j, _) = self.pair(pair);
        &rows[first + j]
    }

    /// `x1 x2 y1 y2 d` for each lane of a group.
    #[inline(always)]
    fn divisor<M: Modulus<N>, F: Residues<M, N>>(&self, rows: &[Row<N>], start: usize) -> F {
        let product = F::gather(in_lanes!(F::LANES, lane => &self.row(rows, start + lane).product));
        product.mul(&F::gather(in_lanes!(F::LANES, lane => &self.pair(start + lane).2.1)))
    }

    /// With e = d x1 x2 y1 y2 the sum has the denominators 1 + e and 1 - e, and the difference the
    /// same two exchanged (D. J. Bernstein, P. Birkner, M. Joye, T. Lange and C. Peters, "Twisted
    /// Edwards curves", 2008, §6). They are never zero.
    #[inline(always)]
    fn add<C: Edwards<N>, F: Residues<C::Base, N>>(
        &self,
        rows: &mut [Row<N>],
        space: &mut Vec<[F; 2]>,
    ) {
        let (one, mut product) = (F::one(), F::one());
        let four_d = F::pack(|_| C::D).mul(&F::pack(|_| words::small(4)));
        space.clear();
        for start in (self.from..self.end).step_by(F::LANES) {
            let e = self.divisor::<C::Base, F>(rows, start);
            space.push([product, e]);
            product = product.mul(&one.add(&e).mul(&one.sub(&e)));
        }
        let mut inverse = product.invert();
        let starts = (self.from..self.end).step_by(F::LANES);
        for (start, [before, e]) in starts.zip(space.iter()).rev() {
            let (plus, minus) = (one.add(e), one.sub(e));
            let reciprocal = inverse.mul(before);
            inverse = inverse.mul(&plus.mul(&minus));
            let over_plus = reciprocal.mul(&minus);
            let over_minus = reciprocal.mul(&plus);
            let row = in_lanes!(F::LANES, lane => self.row(rows, start + lane));
            let middle = in_lanes!(F::LANES, lane => &self.pair(start + lane).2.0);
            let a1 = F::gather(in_lanes!(F::LANES, lane => &row[lane].halves[0]));
            let b1 = F::gather(in_lanes!(F::LANES, lane => &row[lane].halves[1]));
            let a2 = F::gather(in_lanes!(F::LANES, lane => &middle[lane].halves[0]));
            let b2 = F::gather(in_lanes!(F::LANES, lane => &middle[lane].halves[1]));
            let (aa, bb, ab, ba) = (a1.mul(&a2), b1.mul(&b2), a1.mul(&b2), b1.mul(&a2));
            // Halves of x and y of the sum and of the difference.
            let sum = (aa.sub(&bb).mul(&over_plus), aa.add(&bb).mul(&over_minus));
            let difference = (ba.sub(&ab).mul(&over_minus), ab.add(&ba).mul(&over_plus));
            for (upwards, (x, y)) in [(true, sum), (false, difference)] {
                let mut put = |number: F, place: fn(&mut Row<N>) -> &mut [u64; N]| {
                    number.unpack(|lane, number| {
                        let (first, j, _) = self.pair(start + lane);
                        let middle = 3 << (self.level - 1);
                        let multiple = if upwards { middle + j } else { middle - j };
                        *place(&mut rows[first + multiple]) = number;
                    });
                };
                put(y.add(&x), |row| &mut row.halves[0]);
                put(y.sub(&x), |row| &mut row.halves[1]);
                put(x.mul(&four_d).mul(&y), |row| &mut row.product);
            }
        }
    }
}
