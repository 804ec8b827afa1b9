//! The two tables that a key's signatures are verified with: its own, and the base point's.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use super::base::BaseTables;
use super::kernels::Choice;
use super::recode::Windows;
use super::sizes::{Reservation, Sizing, WIDTHS};

/// A table, as far as its memory goes.
pub trait Octets {
    /// Octets that its rows take.
    fn octets(&self) -> usize;
}

/// A key's table, which is made when the first signature is verified: a zone may have keys by the
/// thousand that no signature means. And the one of the base point that goes with it.
pub struct KeyTables<T: 'static> {
    sizing: Sizing,
    kernel: Choice,
    bases: &'static BaseTables<T>,
    /// Which of [`WIDTHS`] the key's has.
    width: usize,
    /// Which of them the base point's has, chosen when the first signature is verified.
    base_width: OnceLock<usize>,
    table: OnceLock<T>,
    /// Whether somebody makes the base point's table, if that is not there yet.
    base_is_begun: AtomicBool,
    _memory: Reservation,
}

impl<T: Octets> KeyTables<T> {
    /// For a key that is prepared for so many signatures; `None` when too little is left of the memory that
    /// all keys share.
    pub fn reserve(
        sizing: Sizing,
        kernel: Choice,
        bases: &'static BaseTables<T>,
        signatures: usize,
    ) -> Option<Self> {
        let (width, memory) = sizing.reserve(signatures)?;
        bases.expect(kernel, signatures);
        let (base_width, table) = (OnceLock::new(), OnceLock::new());
        let base_is_begun = AtomicBool::new(false);
        Some(Self {
            sizing,
            kernel,
            bases,
            width,
            base_width,
            table,
            base_is_begun,
            _memory: memory,
        })
    }

    /// The kernel that they are for.
    pub fn kernel(&self) -> Choice {
        self.kernel
    }

    /// Octets of the key's own, as far as it is made.
    pub fn octets(&self) -> usize {
        self.table.get().map_or(0, T::octets)
    }

    /// The base point's and the key's own; those that are not there yet are made of the two points. Of
    /// threads that come while neither is there, the first begins with one and the others with the other.
    pub fn get<P>(&self, [base, key]: [&P; 2], make: impl Fn(&P, Windows) -> T) -> [&T; 2] {
        let choose = || self.bases.width(&self.sizing, self.kernel);
        let base_width = *self.base_width.get_or_init(choose);
        let table = |point, width| make(point, self.sizing.windows(width));
        let of_base = || self.bases.get(self.kernel, base_width, || table(base, base_width));
        let of_key = || self.table.get_or_init(|| table(key, self.width));
        if self.base_is_begun.swap(true, Ordering::Relaxed) {
            let key = of_key();
            [of_base(), key]
        } else {
            let base = of_base();
            [base, of_key()]
        }
    }
}

impl<T> std::fmt::Debug for KeyTables<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyTables")
            .field("kernel", &self.kernel)
            .field("width", &WIDTHS[self.width])
            .field("base_width", &self.base_width.get().map(|&width| WIDTHS[width]))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;

    struct Made(&'static str);

    impl Octets for Made {
        fn octets(&self) -> usize {
            0
        }
    }

    const SIZING: Sizing = Sizing { bits: 256, row: 64, row_cost: 100 };

    #[test]
    fn two_threads_that_come_at_once_make_a_table_each() {
        static BASES: BaseTables<Made> = BaseTables::new();
        let tables = KeyTables::reserve(SIZING, Choice::Portable, &BASES, 1000).unwrap();
        let (base_is_begun, begun) = mpsc::channel();
        let (other_is_made, made) = mpsc::channel();
        std::thread::scope(|scope| {
            let tables = &tables;
            scope.spawn(move || {
                tables.get([&"base", &"key"], |name, _| {
                    if *name == "base" {
                        base_is_begun.send(()).unwrap();
                        // What the other thread makes does not wait for this table.
                        made.recv_timeout(Duration::from_secs(60)).unwrap();
                    }
                    Made(name)
                });
            });
            begun.recv_timeout(Duration::from_secs(60)).unwrap();
            let names = tables.get([&"base", &"key"], |name, _| {
                assert_eq!(*name, "key");
                other_is_made.send(()).unwrap();
                Made(name)
            });
            assert_eq!(names.map(|table| table.0), ["base", "key"]);
        });
    }
}
