//! KEYDATA, the private type of BIND in whose records `managed-keys.bind` keeps trust anchors: three
//! times, then what a DNSKEY has.

use crate::audit::anchors::{AnchorErrorKind, rdata};
use crate::dns::rdata::Dnskey;
use crate::dns::{RType, Timestamp};
use crate::zonefile::Words;
use crate::zonefile::field::number::scan_time;

/// The type's number, of those for private use.
pub const KEYDATA: RType = RType(65533);

/// A record of BIND's managed keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Keydata {
    /// When BIND asks for the key again.
    pub refresh: Timestamp,
    /// When the hold-down time of a new key ends, or ended; zero for a key that was never confirmed.
    pub add_hold_down: Timestamp,
    /// When a revoked key is forgotten; zero for a key that is not revoked.
    pub remove_hold_down: Timestamp,
    /// Wire-form DNSKEY RDATA; without a key in a record that only keeps a place.
    pub dnskey: Vec<u8>,
}

impl Keydata {
    /// Reads the RDATA in presentation form or as unknown (RFC 3597 §5).
    pub(in crate::audit) fn parse(words: &mut Words<'_>) -> Result<Self, AnchorErrorKind> {
        if words.peek().is_some_and(|word| word.text == br"\#") {
            return Self::from_rdata(&rdata(KEYDATA, words)?);
        }
        let [refresh, add_hold_down, remove_hold_down] =
            [time(words, REFRESH)?, time(words, ADD)?, time(words, REMOVE)?];
        let dnskey = match words.len() {
            // BIND writes no key where it has none yet.
            3 => {
                while words.take().is_some() {}
                Vec::new()
            }
            _ => rdata(RType::DNSKEY, words)?,
        };
        Ok(Self { refresh, add_hold_down, remove_hold_down, dnskey })
    }

    fn from_rdata(rdata: &[u8]) -> Result<Self, AnchorErrorKind> {
        let (times, dnskey) = rdata
            .split_at_checked(12)
            .filter(|(_, dnskey)| dnskey.len() >= 4)
            .ok_or(AnchorErrorKind::Field("three times and a key of four octets or more"))?;
        let time = |at: usize| {
            let octets = times[at..at + 4].try_into().unwrap_or_default();
            Timestamp(u32::from_be_bytes(octets))
        };
        Ok(Self {
            refresh: time(0),
            add_hold_down: time(4),
            remove_hold_down: time(8),
            dnskey: dnskey.to_vec(),
        })
    }

    /// Unix seconds from which on BIND trusts the key: those at which its hold-down time ended. `None`
    /// for a key that is revoked, or was never confirmed.
    #[must_use]
    pub fn trusted_since(&self) -> Option<i64> {
        let dnskey = Dnskey::from_rdata(&self.dnskey)?;
        let is_trusted = self.add_hold_down != Timestamp(0)
            && self.remove_hold_down == Timestamp(0)
            && !dnskey.is_revoked()
            && !dnskey.key.is_empty();
        is_trusted.then_some(i64::from(self.add_hold_down.0))
    }
}

const REFRESH: &str = "the time of the next refresh, YYYYMMDDHHmmSS";
const ADD: &str = "the end of the hold-down time, YYYYMMDDHHmmSS";
const REMOVE: &str = "the time of removal, YYYYMMDDHHmmSS";

fn time(words: &mut Words<'_>, expected: &'static str) -> Result<Timestamp, AnchorErrorKind> {
    let word = words.next(expected).map_err(|error| error.kind)?;
    scan_time(word.text).ok_or(AnchorErrorKind::Field(expected))
}
