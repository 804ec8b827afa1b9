//! Trust anchors that follow a zone's keys: the states of RFC 5011, the files in which resolvers keep
//! them, and what the DNSKEY sets that were seen make of them.
//!
//! A [`TrustPoint`] is read from a file in Unbound's autotrust form, [advances](TrustPoint::advance)
//! over [`Observation`]s, which are plain data, and is printed in the same form. BIND's
//! `managed-keys.bind` is only read, record by record ([`Keydata`]).
//!
//! ```
//! use sigmill::audit::rfc5011::{State, TrustPoint};
//!
//! let text = "; autotrust trust anchor file
//! ;;id: example. 1
//! example. 3600 IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4= ;;state=2 [  VALID  ]";
//! let point = TrustPoint::read(text.as_bytes()).unwrap();
//! assert_eq!(point.keys[0].state, State::Valid);
//! ```

mod file;
mod keydata;
mod machine;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::Serialize;

use super::anchors::AnchorErrorKind;
use crate::dns::Name;
use crate::dns::rdata::Dnskey;

pub(super) use file::refuse_revoked;
pub use keydata::{KEYDATA, Keydata};
pub use machine::{Change, Observation, SeenKey, TrustSpan};

/// The states of a key (RFC 5011 §4.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    /// Not known as a trust anchor, or no longer.
    Start,
    /// Seen in a set that is to be trusted, and waiting for the hold-down time to pass.
    AddPend,
    /// A trust anchor, and in the last set.
    Valid,
    /// A trust anchor that the last set lacks.
    Missing,
    /// Revoked by its own signature, and perhaps still in the set.
    Revoked,
    /// Revoked long ago. The zone never gets it back.
    Removed,
}

impl State {
    /// All of them, each at the place that is its number in state files.
    pub const ALL: [Self; 6] =
        [Self::Start, Self::AddPend, Self::Valid, Self::Missing, Self::Revoked, Self::Removed];

    /// Whether a key in this state is a trust anchor (RFC 5011 §4.2).
    #[must_use]
    pub fn is_trusted(self) -> bool {
        matches!(self, Self::Valid | Self::Missing)
    }

    /// The name in RFC 5011 and in state files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "START",
            Self::AddPend => "ADDPEND",
            Self::Valid => "VALID",
            Self::Missing => "MISSING",
            Self::Revoked => "REVOKED",
            Self::Removed => "REMOVED",
        }
    }

    /// Reads the state from the comment behind a DNSKEY record; `None` when the comment states none,
    /// as in a file that nobody but its author has written.
    pub(super) fn of_comment(comment: &[u8]) -> Result<Option<Self>, AnchorErrorKind> {
        let Some(value) = file::value_in(comment, b"state=") else { return Ok(None) };
        let state = match value {
            [digit @ b'0'..=b'5'] => Self::ALL.get(usize::from(digit - b'0')).copied(),
            _ => None,
        };
        state.map(Some).ok_or(AnchorErrorKind::Field("state= and a number from 0 to 5"))
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A key of a trust point.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrackedKey {
    /// Wire-form DNSKEY RDATA; with the REVOKE flag from [`State::Revoked`] on.
    pub rdata: Vec<u8>,
    /// Original TTL of the first set that had it: the hold-down time is not shorter
    /// (RFC 5011 §2.4.1).
    pub ttl: u32,
    /// Its state.
    pub state: State,
    /// How many sets had it while it was [`State::AddPend`].
    pub pending_count: u32,
    /// Unix seconds of the last change, from which hold-down times count; of a revoked key when it was
    /// seen last. 0 when nobody knows.
    pub since: i64,
}

/// A zone whose keys are followed, and what is known of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrustPoint {
    /// The zone.
    pub owner: Name,
    /// Its keys, no two of which differ in the REVOKE flag alone.
    pub keys: Vec<TrackedKey>,
    /// Unix seconds at which a set was seen last; 0 for never.
    pub last_queried: i64,
    /// Unix seconds at which a set was seen last that was to be trusted; 0 for never.
    pub last_success: i64,
    /// Unix seconds at which a resolver would ask again; 0 for at once.
    pub next_probe_time: i64,
    /// Sets in a row that were not to be trusted.
    pub query_failed: u32,
    /// Seconds until a resolver asks again (RFC 5011 §2.3).
    pub query_interval: i64,
    /// Seconds until it asks again after a failure (RFC 5011 §2.3).
    pub retry_time: i64,
}

impl TrustPoint {
    /// The keys that are trust anchors.
    pub fn trusted(&self) -> impl Iterator<Item = &TrackedKey> {
        self.keys.iter().filter(|key| key.state.is_trusted())
    }

    /// Whether all trust anchors of the zone are revoked, so that it is as if none had ever been
    /// configured (RFC 5011 §5).
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        let is_revoked = |key: &TrackedKey| matches!(key.state, State::Revoked | State::Removed);
        self.trusted().next().is_none() && self.keys.iter().any(is_revoked)
    }
}

/// RDATA of a DNSKEY without its REVOKE flag: what stays of a key when it is revoked
/// (RFC 5011 §2.1).
#[must_use]
pub fn unrevoked(rdata: &[u8]) -> Vec<u8> {
    let mut rdata = rdata.to_vec();
    if let [high, low, ..] = &mut rdata[..] {
        let flags = u16::from_be_bytes([*high, *low]) & !Dnskey::REVOKE;
        [*high, *low] = flags.to_be_bytes();
    }
    rdata
}

/// RDATA of a DNSKEY with the REVOKE flag.
fn revoked(rdata: &[u8]) -> Vec<u8> {
    let mut rdata = rdata.to_vec();
    if let [high, low, ..] = &mut rdata[..] {
        let flags = u16::from_be_bytes([*high, *low]) | Dnskey::REVOKE;
        [*high, *low] = flags.to_be_bytes();
    }
    rdata
}
