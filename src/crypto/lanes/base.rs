//! The base points' tables: made when they are first needed, never given back, shared by all keys.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::kernels::Choice;
use super::key_tables::Octets;
use super::sizes::{Sizing, WIDTHS};

/// Octets of all base points' tables that were made.
static OCTETS: AtomicUsize = AtomicUsize::new(0);

/// Octets of all base points' tables that were made.
pub fn octets() -> usize {
    OCTETS.load(Ordering::Relaxed)
}

/// The tables of a curve's base point.
///
/// A key's table is made for its signatures alone; those of the base point serve the signatures of all
/// keys. So they are chosen for as many as keys have been prepared for so far: where keys are many and have
/// few signatures each, only half of the additions are with small tables. A key chooses when it verifies for
/// the first time, so that keys that are prepared together share one.
pub struct BaseTables<T> {
    /// For each [`Choice`] of a kernel, one for each of [`WIDTHS`].
    tables: [[OnceLock<T>; WIDTHS.len()]; Choice::COUNT],
    /// For each kernel the signatures that keys have been prepared for.
    signatures: [AtomicUsize; Choice::COUNT],
}

impl<T: Octets> BaseTables<T> {
    /// No tables yet.
    pub const fn new() -> Self {
        Self {
            tables: [const { [const { OnceLock::new() }; WIDTHS.len()] }; Choice::COUNT],
            signatures: [const { AtomicUsize::new(0) }; Choice::COUNT],
        }
    }

    /// Takes note of a key that is prepared for so many signatures.
    pub fn expect(&self, kernel: Choice, signatures: usize) {
        // Of more the largest table is the best anyhow, and keys by the million do not overflow.
        let signatures = signatures.min(1 << 30);
        self.signatures[kernel as usize].fetch_add(signatures, Ordering::Relaxed);
    }

    /// Which of [`WIDTHS`] is best for a key that is about to verify: by then most others are prepared.
    pub fn width(&self, sizing: &Sizing, kernel: Choice) -> usize {
        let signatures = self.signatures[kernel as usize].load(Ordering::Relaxed);
        let tables = &self.tables[kernel as usize];
        sizing.cheapest(signatures, |width| tables[width].get().is_some())
    }

    /// The table with this one of [`WIDTHS`], and how to make it.
    pub fn get(&self, kernel: Choice, width: usize, make: impl FnOnce() -> T) -> &T {
        self.tables[kernel as usize][width].get_or_init(|| {
            let table = make();
            OCTETS.fetch_add(table.octets(), Ordering::Relaxed);
            table
        })
    }
}
