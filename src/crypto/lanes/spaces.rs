//! Working space that a call leaves to the next one on its thread.
//!
//! It is a megabyte or two: to have that from the system again at each call costs as much as dozens of
//! signatures, and what was used last is still in the caches.

use std::any::Any;
use std::cell::RefCell;

thread_local! {
    /// One of each kind at most, unless calls were nested.
    static SPACES: RefCell<Vec<Box<dyn Any>>> = const { RefCell::new(Vec::new()) };
}

/// Works in the space of its kind that the thread has kept, in whatever state it was left, or in a new one.
pub fn work_in<S: Default + 'static, R>(work: impl FnOnce(&mut S) -> R) -> R {
    let mut space = kept().unwrap_or_default();
    let result = work(&mut space);
    SPACES.with_borrow_mut(|spaces| spaces.push(space));
    result
}

/// Takes a space of the kind away, if there is one.
fn kept<S: 'static>() -> Option<Box<S>> {
    SPACES.with_borrow_mut(|spaces| {
        let place = spaces.iter().position(|space| space.is::<S>())?;
        spaces.swap_remove(place).downcast().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_finds_each_kind_of_space_as_it_left_it() {
        work_in(|space: &mut Vec<u8>| space.push(1));
        work_in(|space: &mut Vec<u16>| space.push(2));
        assert_eq!(work_in(|space: &mut Vec<u8>| space.clone()), [1]);
        assert_eq!(work_in(|space: &mut Vec<u16>| space.clone()), [2]);
        let elsewhere = std::thread::spawn(|| work_in(|space: &mut Vec<u8>| space.clone()));
        assert!(elsewhere.join().unwrap().is_empty());
    }

    #[test]
    fn work_within_work_has_a_space_of_its_own() {
        work_in(|outer: &mut Vec<u8>| {
            outer.push(1);
            work_in(|inner: &mut Vec<u8>| assert!(inner.is_empty()));
            assert_eq!(*outer, [1]);
        });
    }
}
