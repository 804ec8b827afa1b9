//! ECDSA under one key, signatures by the chunk: tables for both multiplications, a tree of affine
//! additions whose levels share one inversion each.
//!
//! For a signature `(r, s)` over a digest `e`: `u1 = e / s`, `u2 = r / s`, and it holds if the first
//! coordinate of `u1 G + u2 Q` is `r` modulo the order (FIPS 186-5 §6.4.2). With `g` windows for G
//! and `q` for Q that sum has `g + q` table rows as its summands. They are added in pairs, the sums
//! again in pairs, and so on, for all signatures of a chunk at once: `g + q - 2` affine additions of
//! 6 products, and a last one without inversion, of 4.

use super::chain::{self, Additions};
use super::curve::Curve;
use super::doubling::Doublings;
use super::field::{Mask, Points, Residues, in_lanes};
use super::modulus::Modulus;
use super::plain::Point;
use super::recode::{Digit, Windows};
use super::table::Table;
use super::words;

/// A signature over a digest.
#[derive(Clone, Copy, Debug)]
pub struct Signature<const N: usize> {
    /// The digest as a number: any.
    pub e: [u64; N],
    /// The first half of the signature.
    pub r: [u64; N],
    /// The second half of the signature.
    pub s: [u64; N],
}

impl<const N: usize> Signature<N> {
    /// Whether `r` and `s` are from 1 to the order less 1 (FIPS 186-5 §6.4.2 step 1).
    pub fn in_range<C: Curve<N>>(&self) -> bool {
        [self.r, self.s]
            .iter()
            .all(|number| !words::is_zero(number) && words::less(number, &C::Order::VALUE))
    }
}

/// What a chunk says of a signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It holds.
    Holds,
    /// It does not.
    Fails,
    /// Two points on the way were equal or opposite: the formulas do not say.
    Undecided,
}

/// Residues of a curve's two moduli, with equally many lanes, and the way in.
pub trait Kernel<C: Curve<N>, const N: usize>: Sized {
    /// Proof that the processor has what the kernel needs.
    type Token: Copy + Send + Sync;
    /// Modulo the field's prime.
    type Base: Residues<C::Base, N>;
    /// Modulo the order.
    type Order: Residues<C::Order, N>;
    /// How a table's point is doubled.
    type Doublings: Doublings<C, Self::Base, N>;
    /// Signatures in a chunk: enough to drown the inversions, few enough for the second-level cache and for
    /// every thread to have the space for one.
    const CHUNK: usize;

    /// [`Table::new`], compiled for the kernel's instructions.
    fn table(_: Self::Token, point: &Point<C, N>, windows: Windows) -> Table<N> {
        Table::new::<C, Self::Base, Self::Doublings>(point, windows)
    }

    /// [`verify`], compiled for the kernel's instructions.
    fn verify(
        _: Self::Token,
        tables: [&Table<N>; 2],
        signatures: &[Signature<N>],
        outcomes: &mut [Outcome],
        space: &mut Workspace<Self, C, N>,
    ) {
        verify::<Self, C, N>(tables, signatures, outcomes, space);
    }
}

/// Working space, to be reused: a call leaves nothing there that the next one looks at.
pub struct Workspace<K: Kernel<C, N>, C: Curve<N>, const N: usize> {
    scalars: Vec<K::Order>,
    digits: Vec<Digit>,
    points: Vec<Points<K::Base>>,
    products: Vec<K::Base>,
}

impl<K: Kernel<C, N>, C: Curve<N>, const N: usize> Default for Workspace<K, C, N> {
    /// Empty.
    fn default() -> Self {
        let (scalars, digits, points, products) = Default::default();
        Self { scalars, digits, points, products }
    }
}

/// Judges signatures whose halves are in range, with the tables of the base point and of the key:
/// `outcomes[i]` is set to that of `signatures[i]`.
#[inline(always)]
pub fn verify<K: Kernel<C, N>, C: Curve<N>, const N: usize>(
    [base, key]: [&Table<N>; 2],
    signatures: &[Signature<N>],
    outcomes: &mut [Outcome],
    space: &mut Workspace<K, C, N>,
) {
    for (signatures, outcomes) in signatures.chunks(K::CHUNK).zip(outcomes.chunks_mut(K::CHUNK)) {
        outcomes.fill(Outcome::Fails);
        recode_all::<K, C, N>(base, key, signatures, space);
        add_up::<K, C, N>(base, key, outcomes, space);
        compare::<K, C, N>(signatures, outcomes, &space.points);
    }
}

/// The signature in a lane of a group. Lanes past the last signature repeat it.
#[inline(always)]
fn at<T>(list: &[T], group: usize, lanes: usize, lane: usize) -> &T {
    &list[(group * lanes + lane).min(list.len() - 1)]
}

/// Computes all `u1` and `u2` with one inversion, 5 products each, and their digits: for each window
/// of G, then of Q, those of all signatures.
#[inline(always)]
fn recode_all<K: Kernel<C, N>, C: Curve<N>, const N: usize>(
    base: &Table<N>,
    key: &Table<N>,
    signatures: &[Signature<N>],
    space: &mut Workspace<K, C, N>,
) {
    let lanes = K::Order::LANES;
    let groups = signatures.len().div_ceil(lanes);
    let stride = groups * lanes;
    space.digits.clear();
    space.digits.resize((base.windows().len() + key.windows().len()) * stride, Digit::default());
    let (base_digits, key_digits) = space.digits.split_at_mut(base.windows().len() * stride);

    // products[g] is the product of all s behind the group g.
    let mut product = K::Order::one();
    space.scalars.clear();
    space.scalars.resize(groups, product);
    for group in (0..groups).rev() {
        space.scalars[group] = product;
        let s = in_lanes!(K::Order::LANES, lane => &at(signatures, group, lanes, lane).s);
        product = K::Order::gather(s).mul(&product);
    }
    // The numbers s are not in Montgomery form, so the inverse of their product carries a power of R
    // that grows with their count; the products with the s take it away one by one, and `reduce` the
    // one that is left over. See `modulus::invert_all`.
    let mut inverse = product.invert().reduce();
    let order = &C::Order::VALUE;
    for group in 0..groups {
        let signatures = in_lanes!(K::Order::LANES, lane => at(signatures, group, lanes, lane));
        let w = inverse.mul(&space.scalars[group]);
        inverse =
            K::Order::gather(in_lanes!(K::Order::LANES, lane => &signatures[lane].s)).mul(&inverse);
        let e = K::Order::gather(in_lanes!(K::Order::LANES, lane => &signatures[lane].e));
        let r = K::Order::gather(in_lanes!(K::Order::LANES, lane => &signatures[lane].r));
        let (u1, u2) = (e.mul(&w).to_columns(), r.mul(&w).to_columns());
        base.windows().recode(lanes, &u1, order, &mut base_digits[group * lanes..], stride);
        key.windows().recode(lanes, &u2, order, &mut key_digits[group * lanes..], stride);
    }
}

/// How many rows ahead they are asked for: their way here, from the third-level cache or from memory, is
/// over by then.
const ROWS_AHEAD: usize = 128;

/// Adds the rows of all digits up until two points are left for each signature.
#[inline(always)]
fn add_up<K: Kernel<C, N>, C: Curve<N>, const N: usize>(
    base: &Table<N>,
    key: &Table<N>,
    outcomes: &mut [Outcome],
    space: &mut Workspace<K, C, N>,
) {
    let lanes = K::Base::LANES;
    let groups = outcomes.len().div_ceil(lanes);
    let in_base = base.windows().len() * groups;
    let rows = Rows { base, key, in_base, digits: &space.digits };
    let mut count = base.windows().len() + key.windows().len();
    if space.points.len() < count * groups {
        space.points.resize(count * groups, Points { x: K::Base::one(), y: K::Base::one() });
    }
    // First brought together, and once: an addition looks at its points twice.
    for (i, points) in space.points[..count * groups].iter_mut().enumerate() {
        rows.prefetch(i + ROWS_AHEAD / lanes, lanes);
        *points = rows.points::<C, K::Base>(i);
    }
    // Of n points, point i is added to point i + n/2; of an odd number the last waits.
    while count > 2 {
        let half = count / 2 * groups;
        let points = &mut space.points;
        let mut level = Level { groups, half, points, outcomes: &mut *outcomes };
        chain::add_all::<C, K::Base, N>(&mut level, &mut space.products);
        space.points.copy_within(2 * half..count * groups, half);
        count = count.div_ceil(2);
    }
}

/// Adds the last two points and compares with r, without an inversion: `x3 = r` just when
/// `r (x2 - x1)² = (y2 - y1)² - (x1 + x2) (x2 - x1)²`.
#[inline(always)]
fn compare<K: Kernel<C, N>, C: Curve<N>, const N: usize>(
    signatures: &[Signature<N>],
    outcomes: &mut [Outcome],
    points: &[Points<K::Base>],
) {
    let lanes = K::Base::LANES;
    let groups = outcomes.len().div_ceil(lanes);
    let (p, n) = (C::Base::VALUE, C::Order::VALUE);
    let (p_less_n, _) = words::sub(&p, &n);
    for group in 0..groups {
        let [a, b] = [&points[group], &points[groups + group]];
        let difference = b.x.sub(&a.x);
        let square = difference.sqr();
        let known = b.y.sub_tight(&a.y).sqr().sub_tight(&a.x.add(&b.x).mul(&square));
        let r = |lane| at(signatures, group, lanes, lane).r;
        let mut first = K::Base::pack(r).expand();
        let mut holds = first.mul(&square).sub(&known).zeros();
        // x mod n = r also when x = r + n, which must then be below p. There are few such r.
        if (0..lanes).any(|lane| words::less(&r(lane), &p_less_n)) {
            first = K::Base::pack(|lane| {
                let r = r(lane);
                if words::less(&r, &p_less_n) { words::add(&r, &n).0 } else { r }
            })
            .expand();
            holds |= first.mul(&square).sub(&known).zeros();
        }
        let same = difference.zeros();
        for (lane, outcome) in outcomes.iter_mut().skip(group * lanes).take(lanes).enumerate() {
            let bit = |mask: Mask| (mask >> lane) & 1 == 1;
            if bit(same) {
                *outcome = Outcome::Undecided;
            } else if bit(holds) && *outcome == Outcome::Fails {
                *outcome = Outcome::Holds;
            }
        }
    }
}

/// Marks the signatures in these lanes of a group.
#[cold]
fn exclude(outcomes: &mut [Outcome], group: usize, lane_count: usize, lanes: Mask) {
    let outcomes = outcomes.iter_mut().skip(group * lane_count).take(lane_count);
    for (lane, outcome) in outcomes.enumerate() {
        if (lanes >> lane) & 1 == 1 {
            *outcome = Outcome::Undecided;
        }
    }
}

/// The table rows that the digits stand for.
#[derive(Clone, Copy)]
struct Rows<'t, const N: usize> {
    base: &'t Table<N>,
    key: &'t Table<N>,
    /// How many points come from the base point's table.
    in_base: usize,
    digits: &'t [Digit],
}

impl<const N: usize> Rows<'_, N> {
    #[inline(always)]
    fn table(&self, i: usize) -> &Table<N> {
        if i < self.in_base { self.base } else { self.key }
    }

    #[inline(always)]
    fn digits(&self, i: usize, lanes: usize) -> &[Digit] {
        &self.digits[i * lanes..(i + 1) * lanes]
    }

    #[inline(always)]
    fn points<C: Curve<N>, F: Residues<C::Base, N>>(&self, i: usize) -> Points<F> {
        self.table(i).points::<C, F>(self.digits(i, F::LANES))
    }

    /// Asks for the rows of a later point, if there is one.
    #[inline(always)]
    fn prefetch(&self, i: usize, lanes: usize) {
        if let Some(digits) = self.digits.get(i * lanes..(i + 1) * lanes) {
            self.table(i).prefetch(digits);
        }
    }
}

/// The additions of a level of the tree, in place.
struct Level<'w, F> {
    groups: usize,
    half: usize,
    points: &'w mut [Points<F>],
    outcomes: &'w mut [Outcome],
}

impl<C: Curve<N>, F: Residues<C::Base, N>, const N: usize> Additions<C, F, N> for Level<'_, F> {
    #[inline(always)]
    fn len(&self) -> usize {
        self.half
    }

    #[inline(always)]
    fn operands(&self, i: usize) -> [&Points<F>; 2] {
        [&self.points[i], &self.points[i + self.half]]
    }

    #[inline(always)]
    fn store(&mut self, i: usize, sum: Points<F>) {
        self.points[i] = sum;
    }

    fn exclude(&mut self, i: usize, lanes: Mask) {
        exclude(self.outcomes, i % self.groups, F::LANES, lanes);
    }
}
