//! Montgomery's product of numbers in digits, column by column.
//!
//! The digits come in blocks of `B`. A column of a product collects all products of digits whose
//! places add up to the same; here `B` columns are collected at a time, from `B` by `B` products of
//! blocks, whose sums stay in registers and which read each digit once for `B` products. Such a
//! column takes in all of it (Koç, Acar and Kaliski, "Analyzing and comparing Montgomery
//! multiplication algorithms", 1996, FIPS): the products of the factors, the products of earlier
//! multiples with the modulus, and, in the lower half, the multiple of the modulus that clears it.
//!
//! With `D` digits a square takes `D (D + 1) / 2` products and its reduction `D² + D`.

use super::super::unrolled::unrolled;
use super::digits::Digits;

/// A block of digits, the lowest first.
pub type Block<V, const B: usize> = [V; B];

/// Sums of products in the columns of one block and of the next.
#[derive(Clone, Copy)]
struct Columns<V, const B: usize> {
    /// Of products, or of their low digits.
    sums: [Block<V, B>; 2],
    /// Of high digits, where products come in two parts: by themselves, so that an addition seldom
    /// waits for the one before.
    highs: [Block<V, B>; 2],
    /// Block products that the sums have taken in since they were carried.
    taken: usize,
}

impl<V: Digits, const B: usize> Columns<V, B> {
    /// Block products that fit. One adds `i + 1` products to column `i` of its block and `B - 1 - i`
    /// to that column of the next: together, with those of the block before, `B` at most for each
    /// one taken in.
    const ROOM: usize = V::ROOM / B;

    #[inline(always)]
    fn new(carried: Block<V, B>) -> Self {
        let zero = [V::splat(0); B];
        Self { sums: [carried, zero], highs: [zero; 2], taken: 0 }
    }

    #[inline(always)]
    fn add_product(&mut self, column: usize, a: V, b: V) {
        let sum = &mut self.sums[column / B][column % B];
        *sum = sum.add_product(a, b);
        if V::IN_PARTS {
            let high = &mut self.highs[(column + 1) / B][(column + 1) % B];
            *high = high.add_high(a, b);
        }
    }

    /// Adds `a[0] b[last] + a[1] b[last - 1] + …`, each a product of blocks, which counts `weight`
    /// times.
    #[inline(always)]
    fn add_blocks(&mut self, weight: usize, mut a: &[Block<V, B>], mut b: &[Block<V, B>]) {
        debug_assert_eq!(a.len(), b.len());
        while !a.is_empty() {
            let fitting = Self::ROOM.saturating_sub(self.taken) / weight;
            if fitting == 0 {
                self.relieve();
                continue;
            }
            let count = fitting.min(a.len());
            let (a_now, a_later) = a.split_at(count);
            let (b_later, b_now) = b.split_at(b.len() - count);
            let mut columns = *self;
            for (a, b) in a_now.iter().zip(b_now.iter().rev()) {
                unrolled!(j < B, {
                    unrolled!(i < B, {
                        columns.add_product(i + j, a[i], b[j]);
                    });
                });
            }
            *self = columns;
            self.taken += weight * count;
            (a, b) = (a_later, b_later);
        }
    }

    /// Adds the products of different digits of one block, once each.
    #[inline(always)]
    fn add_mixed(&mut self, a: &Block<V, B>, b: &Block<V, B>) {
        unrolled!(i < B, {
            unrolled!(j < B, {
                if j > i {
                    self.add_product(i + j, a[i], b[j]);
                }
            });
        });
    }

    /// Adds twice the other sums.
    #[inline(always)]
    fn add_twice(&mut self, other: &Self) {
        debug_assert!(self.taken + 2 * other.taken < Self::ROOM, "used with much room only");
        self.taken += 2 * other.taken;
        unrolled!(i < 2 * B, {
            let (half, i) = (i / B, i % B);
            let (sum, high) = (other.sums[half][i], other.highs[half][i]);
            self.sums[half][i] = self.sums[half][i].add(sum.add(sum));
            self.highs[half][i] = self.highs[half][i].add(high.add(high));
        });
    }

    /// Makes room for one more block product.
    #[inline(always)]
    fn make_room(&mut self) {
        if self.taken >= Self::ROOM {
            self.relieve();
        }
        self.taken += 1;
    }

    /// Carries every sum into the next one, but keeps the carry of the last, which is small.
    #[inline(always)]
    fn relieve(&mut self) {
        (self.sums, self.highs) = (self.merged(), [[V::splat(0); B]; 2]);
        let mut carry = V::splat(0);
        unrolled!(i < 2 * B - 1, {
            let sum = self.sums[i / B][i % B];
            self.sums[i / B][i % B] = sum.digit().add(carry);
            carry = sum.carry();
        });
        self.sums[1][B - 1] = self.sums[1][B - 1].add(carry);
        self.taken = 0;
    }

    /// The columns as one sum each.
    #[inline(always)]
    fn merged(self) -> [Block<V, B>; 2] {
        let mut sums = self.sums;
        if V::IN_PARTS {
            unrolled!(i < 2 * B, {
                sums[i / B][i % B] = sums[i / B][i % B].add(self.highs[i / B][i % B]);
            });
        }
        sums
    }
}

/// A modulus in all lanes.
pub struct Modulus<V, const B: usize> {
    /// Its digits; `2^(V::BITS B len)`, which is R, is at least four times as large.
    pub blocks: Vec<Block<V, B>>,
    /// `-1 / modulus`, its lowest digit.
    pub minus_inverse: V,
}

impl<V: Digits, const B: usize> Modulus<V, B> {
    /// The multiple of the modulus that clears the lower block of columns: adds it, carries, and
    /// gives its digits and the columns that are left.
    #[inline(always)]
    fn clear(&self, columns: Columns<V, B>) -> (Block<V, B>, Block<V, B>) {
        let mut sums = columns.merged();
        let modulus = &self.blocks[0];
        let mut multiple = [V::splat(0); B];
        unrolled!(i < B, {
            let digit = sums[0][i].low_product(self.minus_inverse);
            multiple[i] = digit;
            unrolled!(j < B, {
                let (at, next) = (i + j, i + j + 1);
                sums[at / B][at % B] = sums[at / B][at % B].add_product(digit, modulus[j]);
                if V::IN_PARTS {
                    sums[next / B][next % B] = sums[next / B][next % B].add_high(digit, modulus[j]);
                }
            });
            carry(&mut sums, i);
        });
        (multiple, sums[1])
    }
}

/// Carries from a column of the lower block into the next.
#[inline(always)]
fn carry<V: Digits, const B: usize>(sums: &mut [Block<V, B>; 2], i: usize) {
    let carry = sums[0][i].carry();
    let next = &mut sums[(i + 1) / B][(i + 1) % B];
    *next = next.add(carry);
}

/// Numbers on their way to a power, one for each lane: below twice the modulus, in digits without
/// carries.
pub struct Group<V, const B: usize> {
    /// What is squared.
    pub value: Vec<Block<V, B>>,
    /// Twice its digits, where that can be a factor.
    doubled: Vec<Block<V, B>>,
    /// What the value is a power of.
    pub base: Vec<Block<V, B>>,
    /// The multiples of the modulus in the product under way.
    multiples: Vec<Block<V, B>>,
    carried: Block<V, B>,
}

impl<V: Digits, const B: usize> Group<V, B> {
    /// Numbers of so many blocks.
    pub fn new(blocks: usize) -> Self {
        let zero = [V::splat(0); B];
        let numbers = || vec![zero; blocks];
        Self {
            value: numbers(),
            doubled: if V::DOUBLES { numbers() } else { Vec::new() },
            base: numbers(),
            multiples: numbers(),
            carried: zero,
        }
    }

    /// Makes the base the value.
    #[inline(always)]
    pub fn begin(&mut self) {
        for place in 0..self.base.len() {
            self.store(place, self.base[place]);
        }
    }

    #[inline(always)]
    fn store(&mut self, place: usize, digits: Block<V, B>) {
        self.value[place] = digits;
        if V::DOUBLES {
            let doubled = &mut self.doubled[place];
            unrolled!(i < B, {
                doubled[i] = digits[i].add(digits[i]);
            });
        }
    }

    /// Blocks of a factor that meet those of another in the block column `k`: `first..end`.
    #[inline(always)]
    fn meeting(&self, k: usize) -> (usize, usize) {
        let blocks = self.value.len();
        ((k + 1).saturating_sub(blocks), blocks.min(k + 1))
    }

    /// Adds the products of the value with itself.
    #[inline(always)]
    fn add_square(&self, columns: &mut Columns<V, B>, k: usize) {
        let (first, _) = self.meeting(k);
        let value = &self.value[..];
        // Pairs of different blocks, each of which stands for two.
        let half = k.div_ceil(2).max(first);
        let others = &value[k + 1 - half..k + 1 - first];
        let middle = k.is_multiple_of(2).then_some(k / 2).filter(|&middle| middle < value.len());
        if V::DOUBLES {
            columns.add_blocks(2, &self.doubled[first..half], others);
            if let Some(middle) = middle {
                columns.make_room();
                columns.add_mixed(&self.doubled[middle], &value[middle]);
            }
        } else {
            let mut mixed = Columns::new([V::splat(0); B]);
            mixed.add_blocks(1, &value[first..half], others);
            if let Some(middle) = middle {
                mixed.add_mixed(&value[middle], &value[middle]);
            }
            columns.add_twice(&mixed);
        }
        if let Some(middle) = middle {
            let digits = &value[middle];
            unrolled!(i < B, {
                columns.add_product(2 * i, digits[i], digits[i]);
            });
        }
    }

    /// Adds the products of the value with the base.
    #[inline(always)]
    fn add_times_base(&self, columns: &mut Columns<V, B>, k: usize) {
        let (first, end) = self.meeting(k);
        columns.add_blocks(1, &self.value[first..end], &self.base[k + 1 - end..k + 1 - first]);
    }

    /// One block column of a product that is being divided by R, what the factors give being there.
    #[inline(always)]
    fn reduce(&mut self, mut columns: Columns<V, B>, modulus: &Modulus<V, B>, k: usize) {
        let blocks = modulus.blocks.len();
        let (first, _) = self.meeting(k);
        let end = blocks.min(k);
        let factors = &modulus.blocks[k + 1 - end..k + 1 - first];
        columns.add_blocks(1, &self.multiples[first..end], factors);
        columns.make_room();
        if k < blocks {
            (self.multiples[k], self.carried) = modulus.clear(columns);
            return;
        }
        let mut sums = columns.merged();
        unrolled!(i < B, {
            carry(&mut sums, i);
        });
        let mut digits = sums[0];
        unrolled!(i < B, {
            digits[i] = digits[i].digit();
        });
        // Those that are yet to come do without this place of the value.
        self.store(k - blocks, digits);
        self.carried = sums[1];
    }
}

/// What is multiplied before a reduction.
#[derive(Clone, Copy)]
pub enum Product<'a, V, const B: usize> {
    /// The value by itself.
    Square,
    /// The value by the base.
    TimesBase,
    /// The value by the base, plus `factor` by `short`, plus `term`.
    Last {
        /// For each group its own: few blocks.
        short: &'a [Vec<Block<V, B>>],
        /// Of the modulus's length.
        factor: &'a [Block<V, B>],
        /// Of the modulus's length.
        term: &'a [Block<V, B>],
    },
}

/// Replaces the value of each group by a product divided by R: a number that is congruent to it, and
/// below twice the modulus if the factors are, or even below `(a b + …) / R + modulus`.
///
/// Groups take turns, so that one has something to do while the other waits for its carries.
#[inline(always)]
pub fn multiply<V: Digits, const B: usize>(
    groups: &mut [Group<V, B>],
    modulus: &Modulus<V, B>,
    product: Product<'_, V, B>,
) {
    let blocks = modulus.blocks.len();
    for group in groups.iter_mut() {
        group.carried = [V::splat(0); B];
    }
    for k in 0..2 * blocks {
        for (i, group) in groups.iter_mut().enumerate() {
            let mut columns = Columns::new(group.carried);
            match product {
                Product::Square => group.add_square(&mut columns, k),
                Product::TimesBase => group.add_times_base(&mut columns, k),
                Product::Last { short, factor, term } => {
                    group.add_times_base(&mut columns, k);
                    let short = &short[i];
                    let (first, end) = ((k + 1).saturating_sub(blocks), short.len().min(k + 1));
                    if first < end {
                        let factors = &factor[k + 1 - end..k + 1 - first];
                        columns.add_blocks(1, &short[first..end], factors);
                    }
                    if let Some(term) = term.get(k) {
                        columns.make_room();
                        for (sum, &term) in columns.sums[0].iter_mut().zip(term) {
                            *sum = sum.add(term);
                        }
                    }
                }
            }
            group.reduce(columns, modulus, k);
        }
    }
}
