//! What the batch algorithms ask of a kernel: residues modulo a prime, several side by side.
//!
//! A kernel implements [`Residues`] for each modulus; everything above it (`chain`, `table`,
//! `ecdsa`) is written once, over this trait. Its own [`portable`](super::portable) kernel is the
//! twin that the others are held equal to.

use super::modulus::Modulus;

/// One bit for each lane, the lowest for lane 0.
pub type Mask = u32;

/// Lanes of the kernel that has most.
pub const MAX_LANES: usize = 8;

/// `in_lanes!(count, lane => value)`: an expression of the lane's number for each of so many lanes; past
/// them the first again. A macro, since the compiler does not always inline a closure, and outside of the
/// kernel's functions it has none of their instructions.
macro_rules! in_lanes {
    ($count:expr, $lane:ident => $value:expr) => {{
        let $lane: usize = 0;
        let mut values = [$value; $crate::crypto::lanes::field::MAX_LANES];
        $crate::crypto::lanes::unrolled::unrolled!(lane < $count, {
            if let Some(place) = values.get_mut(lane) {
                let $lane: usize = lane;
                *place = $value;
            }
        });
        values
    }};
}

pub(super) use in_lanes;

/// `LANES` residues modulo `M::VALUE`, each in Montgomery form with the kernel's own radix `R`.
///
/// A kernel may leave sums and differences *loose*, that is, larger than the modulus. They serve as
/// factors, and in everything that gives no residue; only *tight* ones may be added, subtracted or
/// negated: products, packed numbers, and what is said to be tight. Of two factors one at most is a
/// sum, none of a square; the difference of a negated number counts as a sum. What [`Residues::mul_less`]
/// and [`Residues::negate_where`] give is tight but no factor, since a kernel may leave its digits uncarried.
///
/// *Packed* means the residue in that form as a plain number of `N` words below the modulus.
pub trait Residues<M: Modulus<N>, const N: usize>: Copy + Send + Sync {
    /// Residues in a value of this type; at most [`MAX_LANES`].
    const LANES: usize;

    /// A packed number in each lane, given by the number of the lane. Numbers that only get
    /// multiplied may be anything in `N` words.
    fn pack(number: impl FnMut(usize) -> [u64; N]) -> Self;
    /// Likewise, from where the numbers lie; see [`in_lanes`].
    #[inline(always)]
    fn gather(numbers: [&[u64; N]; MAX_LANES]) -> Self {
        Self::pack(|lane| *numbers[lane])
    }
    /// Both coordinates of a point in each lane, from where they lie.
    #[inline(always)]
    fn gather_points(rows: &impl Rows<N>) -> Points<Self> {
        Points {
            x: Self::gather(in_lanes!(Self::LANES, lane => &rows.row(lane)[0])),
            y: Self::gather(in_lanes!(Self::LANES, lane => &rows.row(lane)[1])),
        }
    }
    /// The packed number of each lane.
    fn unpack(&self, number: impl FnMut(usize, [u64; N]));
    /// Likewise, word by word: those of all lanes beside each other.
    #[inline(always)]
    fn to_columns(&self) -> [[u64; MAX_LANES]; N] {
        let mut columns = [[0; MAX_LANES]; N];
        self.unpack(|lane, number| {
            for (column, word) in columns.iter_mut().zip(number) {
                column[lane] = word;
            }
        });
        columns
    }
    /// The residue one in each lane.
    fn one() -> Self;
    /// `a + b`.
    fn add(&self, other: &Self) -> Self;
    /// `a - b`.
    fn sub(&self, other: &Self) -> Self;
    /// `a - b`, tight.
    fn sub_tight(&self, other: &Self) -> Self {
        self.sub(other)
    }
    /// `a - b - c`, tight.
    fn sub_both(&self, other: &Self, third: &Self) -> Self {
        self.sub(other).sub(third)
    }
    /// `a b`.
    fn mul(&self, other: &Self) -> Self;
    /// `a b` in the place of `a`.
    #[inline(always)]
    fn mul_assign(&mut self, other: &Self) {
        *self = self.mul(other);
    }
    /// `a b` in a place of its own.
    #[inline(always)]
    fn mul_to(&self, other: &Self, product: &mut Self) {
        *product = self.mul(other);
    }
    /// `a b + c d` and `a b - c d`, both of them loose.
    #[inline(always)]
    fn mul_both([a, b]: [&Self; 2], [c, d]: [&Self; 2]) -> [Self; 2] {
        let (first, second) = (a.mul(b), c.mul(d));
        [first.add(&second), first.sub(&second)]
    }
    /// `a b - c`, no factor.
    #[inline(always)]
    fn mul_less(&self, other: &Self, third: &Self) -> Self {
        self.mul(other).sub_tight(third)
    }
    /// `a a`.
    fn sqr(&self) -> Self {
        self.mul(self)
    }
    /// `a a - b - c`, tight.
    #[inline(always)]
    fn sqr_less_both(&self, other: &Self, third: &Self) -> Self {
        self.sqr().sub_both(other, third)
    }
    /// `a / R`: out of Montgomery form, if the packed number was in it.
    fn reduce(&self) -> Self;
    /// `a R`: into Montgomery form, if the packed number was not in it.
    fn expand(&self) -> Self;
    /// `-a` in the lanes of the mask, `a` in the others; no factor.
    fn negate_where(&self, mask: Mask) -> Self;
    /// `1` in the lanes of the mask, `a` in the others.
    fn one_where(&self, mask: Mask) -> Self;
    /// The lanes that are zero.
    fn zeros(&self) -> Mask;
    /// `1 / a` in each lane; none is zero.
    fn invert(&self) -> Self;
}

/// Residues that can change their lanes, for what has its products side by side.
pub trait Crosswise<M: Modulus<N>, const N: usize>: Residues<M, N> {
    /// `a + a`.
    fn twice(&self) -> Self;
    /// In each lane the residue of the lane that is named for it.
    fn permuted(&self, lanes: [usize; MAX_LANES]) -> Self;
    /// `other` in the lanes of the mask, `self` in the others.
    fn replace_where(&self, mask: Mask, other: &Self) -> Self;
}

/// Where the coordinates of points lie, for [`Residues::gather_points`]. A trait and no closure, so that
/// it can be told to be inlined.
pub trait Rows<const N: usize> {
    /// Those of the point in a lane, packed.
    fn row(&self, lane: usize) -> &[[u64; N]; 2];
}

/// Points that are not infinity, one in each lane.
#[derive(Clone, Copy, Debug)]
pub struct Points<F> {
    /// Their first coordinates.
    pub x: F,
    /// Their second coordinates.
    pub y: F,
}
