//! Loops that the compiler must unroll.
//!
//! It unrolls a loop of some length only in part, or moves what the loop shifts along by copying memory,
//! and then keeps in memory what belongs in registers.

/// `unrolled!(i < count, { … })` does something for each `i` from 0, where the count is a constant of at
/// most sixteen. What is past it is dropped before the compiler has much work with it.
macro_rules! unrolled {
    ($i:ident < $count:expr, $body:block) => {
        const { assert!($count <= 16, "there are sixteen places") }
        $crate::crypto::lanes::unrolled::unrolled!(
            $i < $count, $body, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
        );
    };
    ($i:ident < $count:expr, $body:block, $($place:literal)*) => {
        $(if const { $count > $place } {
            let $i: usize = $place;
            $body
        })*
    };
}

pub(super) use unrolled;
