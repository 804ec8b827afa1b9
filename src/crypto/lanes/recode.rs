//! Scalars as odd signed digits, one for each window of bits.
//!
//! For odd `u < 2^L` let `v = (u + 2^L - 1) / 2`. Then `u = Σ (2 v_j - 1) 2^j`: each bit of `v`
//! stands for plus or minus one (M. Joye and M. Tunstall, "Exponent recoding and regular
//! exponentiation algorithms", 2009). So `b` neighbouring bits with the value `w` stand for the odd
//! digit `2 w - (2^b - 1)`: never zero, and of either sign, so that a table of the `2^(b-1)`
//! positive odd multiples serves for all.
//!
//! That changes even scalars modulo the order. Where a point may have another order, scalars are
//! recoded as the integers that they are, to signed digits with zero among them: those above half of
//! what a window holds are made negative and carry one to the next.

use super::field::Mask;
use super::words;

/// The windows that `bits` bits are cut into, as evenly as can be; longer ones first.
#[derive(Clone, Debug)]
pub struct Windows {
    windows: Box<[Window]>,
    bits: usize,
}

/// Neighbouring bits of a scalar, and the place of their multiples in a table.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// The lowest bit.
    pub position: usize,
    /// How many bits; at most 20.
    pub width: usize,
    /// The table row of the multiple by 1; that by `2 j + 1` is `j` rows further.
    pub row: usize,
}

impl Window {
    /// Table rows of this window.
    pub fn rows(self) -> usize {
        1 << (self.width - 1)
    }
}

/// A table row, and whether the point in it is to be negated: `2 row + negated`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Digit(u32);

impl Digit {
    #[inline(always)]
    fn new(row: usize, negated: bool) -> Self {
        // Tables have fewer than 2^31 rows: see `Windows::new`.
        #[allow(clippy::cast_possible_truncation, reason = "bounded by Windows::new")]
        Self((row as u32) << 1 | u32::from(negated))
    }

    /// The row.
    #[inline(always)]
    pub fn row(self) -> usize {
        (self.0 >> 1) as usize
    }

    /// 1 if the point is to be negated, else 0.
    #[inline(always)]
    pub fn sign(self) -> u32 {
        self.0 & 1
    }
}

/// The signs of digits, one for each lane.
#[inline(always)]
pub fn signs(digits: &[Digit]) -> Mask {
    let mut signs = 0;
    for (lane, digit) in digits.iter().enumerate() {
        signs |= digit.sign() << lane;
    }
    signs
}

impl Windows {
    /// Cuts `bits` bits into `count` windows, of 1 to 20 bits each.
    pub fn new(bits: usize, count: usize) -> Self {
        assert!(count > 0 && count <= bits && bits.div_ceil(count) <= 20);
        let (least, longer) = (bits / count, bits % count);
        let (mut position, mut row) = (0, 0);
        let windows = (0..count).map(|i| {
            let width = least + usize::from(i < longer);
            let window = Window { position, width, row };
            position += width;
            row += window.rows();
            window
        });
        Self { windows: windows.collect(), bits }
    }

    /// The windows, from the lowest bit up.
    pub fn iter(&self) -> impl Iterator<Item = Window> + '_ {
        self.windows.iter().copied()
    }

    /// How many windows there are.
    pub fn len(&self) -> usize {
        self.windows.len()
    }

    /// Rows of a table for these windows.
    pub fn rows(&self) -> usize {
        self.windows.last().map_or(0, |window| window.row + window.rows())
    }

    /// The bits of all windows together.
    pub fn bits(&self) -> usize {
        self.bits
    }

    /// The windows with their first rows in a table for [`Windows::recode_signed`]: the multiple by
    /// `j` is `j` rows further.
    pub fn signed(&self) -> impl Iterator<Item = (usize, Window)> + '_ {
        self.iter().enumerate().map(|(i, window)| (window.row + i, window))
    }

    /// Rows of that table: each window has the multiples from 0 to half of what it holds.
    pub fn signed_rows(&self) -> usize {
        self.rows() + self.len()
    }

    /// Writes the signed digits of `u`, which has a bit less than the windows together.
    #[inline(always)]
    pub fn recode_signed<const N: usize>(&self, u: &[u64; N], mut digit: impl FnMut(usize, Digit)) {
        let mut carry = 0;
        for (i, window) in self.windows.iter().enumerate() {
            #[allow(clippy::cast_possible_truncation, reason = "at most 20 bits")]
            let w = words::bits(u, window.position, window.width) as usize + carry;
            let negative = w > 1 << (window.width - 1);
            let multiple = if negative { (1 << window.width) - w } else { w };
            carry = usize::from(negative);
            digit(i, Digit::new(window.row + i + multiple, negative));
        }
        debug_assert!(carry == 0, "the number has a bit less than the windows");
    }

    /// Writes the digits of `u`, a number below the order, which is odd and has `bits` bits.
    ///
    /// An even `u` is recoded as minus the odd `order - u`. Zero becomes `order`, whose multiple is
    /// infinity all the same.
    #[inline(always)]
    pub fn recode<const N: usize>(
        &self,
        u: &[u64; N],
        order: &[u64; N],
        mut digit: impl FnMut(usize, Digit),
    ) {
        let flip = u[0] & 1 == 0;
        let odd = if flip { words::sub(order, u).0 } else { *u };
        // v: the bit that is shifted out is the one that makes u odd.
        let mut v = [0; N];
        for i in 0..N {
            v[i] = (odd[i] >> 1) | if i + 1 < N { odd[i + 1] << 63 } else { 0 };
        }
        v[(self.bits - 1) / 64] |= 1 << ((self.bits - 1) % 64);
        for (i, window) in self.windows.iter().enumerate() {
            #[allow(clippy::cast_possible_truncation, reason = "at most 20 bits")]
            let w = words::bits(&v, window.position, window.width) as usize;
            let half = 1 << (window.width - 1);
            // The upper half of w is the digits 1, 3, …; the lower half, backwards, -1, -3, ….
            let negative = w < half;
            let row = window.row + if negative { half - 1 - w } else { w - half };
            digit(i, Digit::new(row, negative != flip));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum of the digits, each times two to the position of its window.
    fn sum(windows: &Windows, u: u64, order: u64) -> i128 {
        let mut sum = 0;
        let list: Vec<Window> = windows.iter().collect();
        windows.recode(&[u, 0], &[order, 0], |i, digit| {
            let window = list[i];
            assert!((window.row..window.row + window.rows()).contains(&digit.row()));
            let value = i128::try_from(2 * (digit.row() - window.row) + 1).unwrap();
            let value = if digit.sign() == 1 { -value } else { value };
            sum += value << window.position;
        });
        sum
    }

    #[test]
    fn digits_add_up_to_the_scalar_modulo_the_order() {
        let order = 1009; // of ten bits
        for count in 1..=10 {
            let windows = Windows::new(10, count);
            assert_eq!(windows.iter().map(|window| window.width).sum::<usize>(), 10);
            assert_eq!(windows.len(), count);
            for u in 0..order {
                let expected = if u % 2 == 1 { i128::from(u) } else { i128::from(u) - 1009 };
                assert_eq!(sum(&windows, u, order), expected, "{u} in {count} windows");
            }
        }
    }

    // As integers, not modulo anything, and no row beyond half of a window.
    #[test]
    fn signed_digits_add_up_to_the_scalar_itself() {
        for count in 1..=10 {
            let windows = Windows::new(11, count);
            let list: Vec<_> = windows.signed().collect();
            for u in 0..1 << 10 {
                let mut sum = 0;
                windows.recode_signed(&[u, 0], |i, digit| {
                    let (first, window) = list[i];
                    let multiple = i64::try_from(digit.row() - first).unwrap();
                    assert!(multiple <= 1 << (window.width - 1));
                    assert!(digit.row() < windows.signed_rows());
                    let sign = if digit.sign() == 1 { -1 } else { 1 };
                    sum += (sign * multiple) << window.position;
                });
                assert_eq!(sum, i64::try_from(u).unwrap(), "{u} in {count} windows");
            }
        }
    }

    #[test]
    fn windows_of_all_widths_cover_the_bits_and_their_rows() {
        for count in [13, 16, 24, 43, 64] {
            let windows = Windows::new(256, count);
            let widths: Vec<usize> = windows.iter().map(|window| window.width).collect();
            assert_eq!(widths.iter().sum::<usize>(), 256);
            assert!(widths[0] - widths[count - 1] <= 1);
            let rows: usize = widths.iter().map(|width| 1 << (width - 1)).sum();
            assert_eq!(windows.rows(), rows);
        }
    }
}
