//! The memory that tables of all keys share, alone in its process: while a test has taken all of it,
//! keys of others would go to libraries.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod signers;

use sigmill::crypto::{BackendChoice, backend};

// A zone may list keys by the thousand; tables for all of them would take all memory there is.
#[test]
fn keys_beyond_the_memory_for_tables_go_to_libraries() {
    let key = signers::p256().public_key();
    let prepare = |_| backend::prepare(BackendChoice::Auto, &key, 1_000_000).unwrap();
    let keys: Vec<_> = (0..20_000).map(prepare).collect();
    let ours = keys.iter().filter(|key| key.backend == "lanes").count();
    assert!((20..20_000).contains(&ours), "{ours}");
    assert_eq!(keys.last().unwrap().backend, "aws-lc");
    drop(keys);
    assert_eq!(prepare(0).backend, "lanes");
}
