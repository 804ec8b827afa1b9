//! Backends that say what a test wants, for the tests of this room.

use crate::crypto::backend::Prepared;
use crate::crypto::{Item, PreparedKey};

/// Takes a message for signed when it equals its signature and begins with one of its letters.
#[derive(Debug)]
pub(super) struct Letters {
    pub letters: &'static [u8],
    pub batch: usize,
}

impl Letters {
    pub(super) fn prepared(
        backend: &'static str,
        letters: &'static [u8],
        batch: usize,
    ) -> Prepared {
        Prepared { backend, key: Box::new(Self { letters, batch }) }
    }
}

impl PreparedKey for Letters {
    fn batch_size(&self) -> usize {
        self.batch
    }

    fn verify_batch(&self, items: &[Item<'_>], holds: &mut [bool]) {
        assert!(items.len() == holds.len() && (1..=self.batch).contains(&items.len()));
        for (item, holds) in items.iter().zip(holds) {
            let known = item.message.first().is_some_and(|letter| self.letters.contains(letter));
            *holds = known && item.message == item.signature;
        }
    }
}
