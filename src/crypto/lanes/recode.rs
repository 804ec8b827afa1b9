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

use super::field::{MAX_LANES, Mask};

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

    /// Its bits of the numbers in the lanes, given word by word. Bits above all words are zero.
    #[inline(always)]
    fn bits_of<const N: usize>(self, lanes: usize, u: &[[u64; MAX_LANES]; N]) -> [u64; MAX_LANES] {
        let (word, shift) = (self.position / 64, self.position % 64);
        // Apart from what is in the next word, since a shift of both together is no vector's.
        let mut bits = [0; MAX_LANES];
        for lane in 0..lanes {
            bits[lane] = u[word][lane] >> shift;
        }
        if shift + self.width > 64 && word + 1 < N {
            for lane in 0..lanes {
                bits[lane] |= u[word + 1][lane] << (64 - shift);
            }
        }
        for bits in &mut bits {
            *bits &= (1 << self.width) - 1;
        }
        bits
    }
}

/// A table row, and whether the point in it is to be negated: `2 row + negated`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Digit(u32);

impl Digit {
    /// `negated` is 1 or 0.
    #[inline(always)]
    fn new(row: u64, negated: u64) -> Self {
        // Tables have fewer than 2^31 rows: see `Windows::new`.
        #[allow(clippy::cast_possible_truncation, reason = "bounded by Windows::new")]
        Self((row << 1 | negated) as u32)
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

    /// Writes the digits of the numbers `u`, one in each of so many lanes, given word by word. They are
    /// below the order, which is odd and has `bits` bits. The digits of a window are beside each other,
    /// those of the window `i` from the place `i stride` on.
    ///
    /// An even `u` is recoded as minus the odd `order - u`. Zero becomes `order`, whose multiple is
    /// infinity all the same.
    #[inline(always)]
    pub fn recode<const N: usize>(
        &self,
        lanes: usize,
        u: &[[u64; MAX_LANES]; N],
        order: &[u64; N],
        digits: &mut [Digit],
        stride: usize,
    ) {
        // Loops over lanes are inner ones and have no branches, so that they become vectors.
        let mut flip = [0; MAX_LANES];
        for lane in 0..lanes {
            flip[lane] = (u[0][lane] & 1) ^ 1;
        }
        let (mut odd, mut borrow) = (*u, [0; MAX_LANES]);
        for (odd, order) in odd.iter_mut().zip(order) {
            for lane in 0..lanes {
                let (difference, below) = order.overflowing_sub(odd[lane]);
                let (difference, still) = difference.overflowing_sub(borrow[lane]);
                borrow[lane] = u64::from(below | still);
                odd[lane] ^= (odd[lane] ^ difference) & flip[lane].wrapping_neg();
            }
        }
        // v: the bit that is shifted out is the one that makes u odd.
        let mut v = [[0; MAX_LANES]; N];
        for i in 0..N {
            let top = if (self.bits - 1) / 64 == i { 1 << ((self.bits - 1) % 64) } else { 0 };
            for lane in 0..lanes {
                let above = if i + 1 < N { odd[i + 1][lane] << 63 } else { 0 };
                v[i][lane] = (odd[i][lane] >> 1) | above | top;
            }
        }
        for (i, window) in self.windows.iter().enumerate() {
            let w = window.bits_of(lanes, &v);
            let (top, row) = (window.width - 1, window.row as u64);
            let mask = (1 << window.width) - 1;
            for (lane, digit) in digits[i * stride..][..lanes].iter_mut().enumerate() {
                let w = w[lane];
                // The upper half of w is the digits 1, 3, …; the lower half, backwards, -1, -3, ….
                let negative = (w >> top) ^ 1;
                let multiple = (w ^ negative.wrapping_neg()) & (mask >> 1);
                *digit = Digit::new(row + multiple, negative ^ flip[lane]);
            }
        }
    }

    /// Writes the signed digits of the numbers `u`, which have a bit less than the windows together, otherwise
    /// as [`Windows::recode`] does.
    #[inline(always)]
    pub fn recode_signed<const N: usize>(
        &self,
        lanes: usize,
        u: &[[u64; MAX_LANES]; N],
        digits: &mut [Digit],
        stride: usize,
    ) {
        let mut carry = [0; MAX_LANES];
        for (i, window) in self.windows.iter().enumerate() {
            let w = window.bits_of(lanes, u);
            let (modulus, first) = (1 << window.width, (window.row + i) as u64);
            for (lane, digit) in digits[i * stride..][..lanes].iter_mut().enumerate() {
                let w = w[lane] + carry[lane];
                let negative = u64::from(w > modulus / 2);
                carry[lane] = negative;
                // No branch: all bits inverted, w is -1 - w, and that much less than the modulus.
                let flip = negative.wrapping_neg();
                let multiple = (w ^ flip).wrapping_add((modulus + 1) & flip);
                *digit = Digit::new(first + multiple, negative);
            }
        }
        debug_assert!(carry == [0; MAX_LANES], "numbers have a bit less than the windows");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sums of the digits of eight numbers, each times two to the position of its window.
    fn sums(windows: &Windows, u: [u64; MAX_LANES], order: u64) -> [i128; MAX_LANES] {
        let stride = MAX_LANES + 3; // of others behind them, which stay as they are
        let mut digits = vec![Digit::default(); windows.len() * stride];
        windows.recode(MAX_LANES, &[u, [0; MAX_LANES]], &[order, 0], &mut digits, stride);
        let mut sums = [0; MAX_LANES];
        for (window, digits) in windows.iter().zip(digits.chunks(stride)) {
            for (sum, digit) in sums.iter_mut().zip(digits) {
                assert!((window.row..window.row + window.rows()).contains(&digit.row()));
                let value = i128::try_from(2 * (digit.row() - window.row) + 1).unwrap();
                let value = if digit.sign() == 1 { -value } else { value };
                *sum += value << window.position;
            }
            assert!(digits[MAX_LANES..].iter().all(|&digit| digit == Digit::default()));
        }
        sums
    }

    #[test]
    fn digits_add_up_to_the_scalar_modulo_the_order() {
        let order = 1009; // of ten bits
        for count in 1..=10 {
            let windows = Windows::new(10, count);
            assert_eq!(windows.iter().map(|window| window.width).sum::<usize>(), 10);
            assert_eq!(windows.len(), count);
            for first in 0..order {
                let u = std::array::from_fn(|lane| (first + 131 * lane as u64) % order);
                let expected = u.map(|u| i128::from(u) - if u % 2 == 1 { 0 } else { 1009 });
                assert_eq!(sums(&windows, u, order), expected, "{u:?} in {count} windows");
            }
        }
    }

    // Windows lie across words, too, and end at the last bit of the last.
    #[test]
    fn digits_of_whole_words_add_up_to_the_scalar() {
        let order = [u64::MAX - 58, u64::MAX];
        for count in [7, 11, 13, 128] {
            let windows = Windows::new(128, count);
            let u = std::array::from_fn(|lane| 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(lane as u64));
            let upper = u.map(|word| !word.rotate_left(17));
            let mut digits = vec![Digit::default(); windows.len() * MAX_LANES];
            windows.recode(MAX_LANES, &[u, upper], &order, &mut digits, MAX_LANES);
            for lane in 0..MAX_LANES {
                // Modulo 2^128, of which the order lacks 59.
                let list = windows.iter().zip(digits.iter().skip(lane).step_by(MAX_LANES));
                let sum = list.fold(0_u128, |sum, (window, digit)| {
                    let value = (2 * (digit.row() - window.row) + 1) as u128;
                    let value = if digit.sign() == 1 { value.wrapping_neg() } else { value };
                    sum.wrapping_add(value << window.position)
                });
                let number = u128::from(upper[lane]) << 64 | u128::from(u[lane]);
                let less = if number % 2 == 1 { 0 } else { 59_u128.wrapping_neg() };
                assert_eq!(sum, number.wrapping_sub(less), "lane {lane} in {count} windows");
            }
        }
    }

    // As integers, not modulo anything, and no row beyond half of a window.
    #[test]
    fn signed_digits_add_up_to_the_scalar_itself() {
        for count in 1..=10 {
            let windows = Windows::new(11, count);
            let list: Vec<_> = windows.signed().collect();
            for first in 0..1 << 10 {
                let u = std::array::from_fn(|lane| (first + 131 * lane as u64) % (1 << 10));
                let stride = MAX_LANES + 3; // of others behind them, which stay as they are
                let mut digits = vec![Digit::default(); list.len() * stride];
                windows.recode_signed(MAX_LANES, &[u, [0; MAX_LANES]], &mut digits, stride);
                let mut sums = [0; MAX_LANES];
                for (&(row, window), digits) in list.iter().zip(digits.chunks(stride)) {
                    for (sum, digit) in sums.iter_mut().zip(digits) {
                        let multiple = i64::try_from(digit.row() - row).unwrap();
                        assert!(multiple <= 1 << (window.width - 1));
                        assert!(digit.row() < windows.signed_rows());
                        let sign = if digit.sign() == 1 { -1 } else { 1 };
                        *sum += (sign * multiple) << window.position;
                    }
                    assert!(digits[MAX_LANES..].iter().all(|&digit| digit == Digit::default()));
                }
                assert_eq!(sums, u.map(|u| i64::try_from(u).unwrap()), "{u:?} in {count} windows");
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
