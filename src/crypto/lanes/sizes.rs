//! How large tables are: what their making costs against what they save, and the memory for them.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::recode::Windows;

/// Bits that the longest windows of a table may have. Few choices, because the base point may have a table
/// for each.
pub const WIDTHS: [usize; 8] = [4, 6, 8, 9, 11, 13, 15, 16];

/// Octets of a table for each signature that it is made for, so that memory stays in proportion to the
/// input.
const OCTETS_PER_SIGNATURE: usize = 16;

/// Octets that any table may have: those of windows of 11 bits for P-384, or for its own curve where
/// these are more, as for Ed448.
const SMALL_TABLE: usize = 4608 << 10;
const SMALL_TABLE_BITS: usize = 11;

/// Octets that the tables of all keys together may take. Beyond that a key goes to a library.
const MOST_OCTETS: usize = 512 << 20;

/// What decides about a table's size.
#[derive(Clone, Copy, Debug)]
pub struct Sizing {
    /// Bits of a scalar.
    pub bits: usize,
    /// Octets of a row.
    pub row: usize,
    /// What a row costs to make, in per cent of an addition.
    pub row_cost: usize,
}

/// A table that may be made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Candidate {
    /// In hundredths of an addition, its making and all that are done with it.
    cost: u64,
    /// Which of [`WIDTHS`].
    width: usize,
    octets: usize,
}

impl Sizing {
    /// The windows of tables with this one of [`WIDTHS`].
    pub fn windows(&self, width: usize) -> Windows {
        Windows::new(self.bits, self.bits.div_ceil(WIDTHS[width]))
    }

    /// The tables that so many signatures may have, the cheapest first. Those that are there already cost
    /// nothing to make.
    ///
    /// A signature takes an addition for each window. Larger tables leave the second-level and then the
    /// third-level cache, which slows additions down by so many per cent (measured on Zen 4).
    fn candidates(&self, signatures: usize, is_made: impl Fn(usize) -> bool) -> Vec<Candidate> {
        let small = self.bits.div_ceil(SMALL_TABLE_BITS);
        let small = Windows::new(self.bits, small).signed_rows() * self.row;
        let most = signatures.saturating_mul(OCTETS_PER_SIGNATURE).max(SMALL_TABLE).max(small);
        // Of more the largest table is the cheapest anyhow.
        let signatures = signatures.min(1 << 30) as u64;
        let candidate = |width| {
            let windows = self.windows(width);
            let octets = windows.rows() * self.row;
            let per_cent = match octets {
                0..0x20_0000 => 100,
                0x20_0000..0x80_0000 => 102,
                _ => 108,
            };
            let making = if is_made(width) { 0 } else { windows.rows() * self.row_cost };
            let cost = signatures * (windows.len() * per_cent) as u64 + making as u64;
            Candidate { cost, width, octets }
        };
        let mut candidates: Vec<_> = (0..WIDTHS.len()).map(candidate).collect();
        candidates.retain(|candidate| candidate.octets <= most);
        candidates.sort_unstable();
        candidates
    }

    /// The table that makes so many verifications cheapest, as an index to [`WIDTHS`], some of them being
    /// there already.
    pub fn cheapest(&self, signatures: usize, is_made: impl Fn(usize) -> bool) -> usize {
        self.candidates(signatures, is_made).first().map_or(0, |candidate| candidate.width)
    }

    /// The same for a key's own table, with the memory for it set aside: when that is short, of the smaller
    /// ones the cheapest that it suffices for.
    pub fn reserve(&self, signatures: usize) -> Option<(usize, Reservation)> {
        let candidates = self.candidates(signatures, |_| false);
        let most = candidates.first()?.octets;
        candidates
            .into_iter()
            .filter(|candidate| candidate.octets <= most)
            .find_map(|Candidate { width, octets, .. }| Some((width, Reservation::new(octets)?)))
    }
}

/// Memory set aside for a key's table, of [`MOST_OCTETS`] for all. None takes more than a quarter of
/// what is left, so that the first keys leave something for those that follow.
pub struct Reservation(usize);

static RESERVED: AtomicUsize = AtomicUsize::new(0);

impl Reservation {
    fn new(octets: usize) -> Option<Self> {
        let more = |reserved: usize| {
            (octets <= MOST_OCTETS.saturating_sub(reserved) / 4).then_some(reserved + octets)
        };
        RESERVED.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Self(octets))
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        RESERVED.fetch_sub(self.0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const P256: Sizing = Sizing { bits: 256, row: 64, row_cost: 125 };

    // The cheapest of all: what it costs to make and to use, by the same reckoning.
    #[test]
    fn tables_grow_with_the_signatures_that_share_them() {
        let widths = [5, 100, 1000, 10_000, 100_000, 1_000_000, usize::MAX]
            .map(|signatures| WIDTHS[P256.cheapest(signatures, |_| false)]);
        assert!(widths.is_sorted(), "{widths:?}");
        assert_eq!((widths[0], widths[6]), (4, 16));
        for signatures in [1, 10, 100, 300] {
            let (width, octets) = P256.reserve(signatures).unwrap();
            assert_eq!(width, P256.cheapest(signatures, |_| false));
            assert_eq!(octets.0, P256.windows(width).rows() * 64);
        }
    }

    // What is there costs nothing more, unless it is larger than so few signatures may have.
    #[test]
    fn a_larger_table_that_is_there_is_taken_by_few_signatures() {
        let width_of = |bits| WIDTHS.iter().position(|&width| width == bits).unwrap();
        let made = [width_of(11), width_of(16)];
        assert_eq!(P256.cheapest(5, |width| made.contains(&width)), made[0]);
        assert_eq!(P256.cheapest(10_000_000, |width| made.contains(&width)), made[1]);
    }
}
