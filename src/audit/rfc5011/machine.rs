//! The state machine of RFC 5011 §4, as a function of what was seen: no clock, no network.

use serde::Serialize;

use super::{State, TrackedKey, TrustPoint, revoked, unrevoked};
use crate::audit::findings::KeyRef;
use crate::dns::Algorithm;
use crate::dns::rdata::{Dnskey, key_tag};

/// Seconds of the add hold-down time, unless the original TTL is greater (RFC 5011 §2.4.1).
pub(super) const ADD_HOLD_DOWN: i64 = 30 * DAY;
/// Seconds for which a revoked key is missing before it is removed (RFC 5011 §2.4.2).
pub(super) const REMOVE_HOLD_DOWN: i64 = 30 * DAY;
const DAY: i64 = 86_400;
const HOUR: i64 = 3_600;
/// Where counting ends, so that the number stays one of three digits.
const MOST_PENDING: u32 = 250;

/// The DNSKEY RRset of a trust point as it was seen once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Observation {
    /// When, in Unix seconds.
    pub at: i64,
    /// Its keys.
    pub keys: Vec<SeenKey>,
    /// Its TTL as signed, in seconds.
    pub original_ttl: u32,
    /// Unix seconds at which the first of the signatures expires that are valid now.
    pub expires: i64,
}

/// A key in a DNSKEY RRset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeenKey {
    /// Wire-form RDATA.
    pub rdata: Vec<u8>,
    /// Whether a signature over the set holds under this key, and is valid when the set is seen.
    pub signs: bool,
    /// Whether the key is of use to a validator: a zone key of an algorithm that is known.
    pub usable: bool,
}

impl SeenKey {
    fn dnskey(&self) -> Option<Dnskey<'_>> {
        Dnskey::from_rdata(&self.rdata)
    }

    fn is_revoked(&self) -> bool {
        self.dnskey().is_some_and(|dnskey| dnskey.is_revoked())
    }

    fn is_sep(&self) -> bool {
        self.dnskey().is_some_and(|dnskey| dnskey.is_sep())
    }
}

/// A key that went from one state to another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Change {
    /// When, in Unix seconds.
    pub at: i64,
    /// The key, as it is without the REVOKE flag.
    #[serde(flatten)]
    pub key: KeyRef,
    /// The state it was in.
    pub from: State,
    /// The state it is in now.
    pub to: State,
    /// RDATA without the REVOKE flag.
    #[serde(skip)]
    pub rdata: Vec<u8>,
}

/// The time for which a key is a trust anchor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrustSpan {
    /// RDATA without the REVOKE flag.
    pub rdata: Vec<u8>,
    /// The first second, in Unix seconds; `None` when it was one from the beginning.
    pub from: Option<i64>,
    /// The first second at which it is none any more; `None` when it is one to the end.
    pub until: Option<i64>,
}

impl TrustPoint {
    /// Takes account of sets that were seen, in the order of their times, and of the time that passed
    /// until `end`. Tells what changed.
    ///
    /// What was seen no later than this state's last success is passed over: it is in the state
    /// already, so that the same input twice changes nothing the second time.
    pub fn advance<'o>(
        &mut self,
        observations: impl IntoIterator<Item = &'o Observation>,
        end: i64,
    ) -> Vec<Change> {
        let begun = self.last_success;
        let mut changes = Vec::new();
        for seen in observations.into_iter().filter(|seen| seen.at > begun) {
            self.observe(seen, &mut changes);
        }
        for key in &mut self.keys {
            key.forget(end, &mut changes);
        }
        changes
    }

    /// One set.
    fn observe(&mut self, seen: &Observation, changes: &mut Vec<Change>) {
        // A revocation needs no other signature than the key's own, and counts before anything else
        // that the set says (RFC 5011 §2.1).
        let revoked_now = |key: &&SeenKey| key.is_revoked() && key.signs;
        for key in seen.keys.iter().filter(revoked_now) {
            self.revoke(&unrevoked(&key.rdata), seen.at, changes);
        }
        for key in &mut self.keys {
            key.forget(seen.at, changes);
        }
        self.last_queried = seen.at;
        if !self.trusts(seen) {
            self.query_failed = self.query_failed.saturating_add(1);
            return;
        }
        self.last_success = seen.at;
        self.query_failed = 0;
        self.set_intervals(seen);
        for key in &mut self.keys {
            key.update(seen, changes);
        }
        // A pending key that was not there starts again from nothing.
        self.keys.retain(|key| key.state != State::Start);
        for key in &seen.keys {
            let is_new = || self.keys.iter().all(|known| known.identity() != key.rdata);
            if key.is_sep() && !key.is_revoked() && key.usable && is_new() {
                let mut new = TrackedKey {
                    rdata: key.rdata.clone(),
                    ttl: seen.original_ttl,
                    state: State::Start,
                    pending_count: 1,
                    since: 0,
                };
                new.enter(State::AddPend, seen.at, changes);
                self.keys.push(new);
            }
        }
    }

    /// Event RevBit. A key that is not trusted is not known by it, and never will be by this set.
    fn revoke(&mut self, identity: &[u8], at: i64, changes: &mut Vec<Change>) {
        let Some(key) = self.keys.iter_mut().find(|key| key.identity() == identity) else { return };
        match key.state {
            State::Valid | State::Missing => {
                key.enter(State::Revoked, at, changes);
                key.rdata = revoked(&key.rdata);
            }
            State::Revoked => key.since = key.since.max(at),
            State::Start | State::AddPend | State::Removed => {}
        }
    }

    /// Whether a key in the set that is a trust anchor signs the set (RFC 5011 §2.2).
    fn trusts(&self, seen: &Observation) -> bool {
        let is_anchor = |key: &SeenKey| self.trusted().any(|trusted| trusted.rdata == key.rdata);
        seen.keys.iter().any(|key| key.signs && key.usable && is_anchor(key))
    }

    /// When a resolver would ask again (RFC 5011 §2.3).
    fn set_intervals(&mut self, seen: &Observation) {
        let (ttl, expires) =
            (i64::from(seen.original_ttl), seen.expires.saturating_sub(seen.at).max(0));
        self.query_interval = (15 * DAY).min(ttl / 2).min(expires / 2).max(HOUR);
        self.retry_time = DAY.min(ttl / 10).min(expires / 10).max(HOUR);
        self.next_probe_time = seen.at.saturating_add(self.query_interval);
    }

    /// For which times keys are trust anchors, from this state on and through these changes.
    #[must_use]
    pub fn spans(&self, changes: &[Change]) -> Vec<TrustSpan> {
        let begun = |key: &TrackedKey| TrustSpan { rdata: key.identity(), from: None, until: None };
        let mut spans: Vec<TrustSpan> = self.trusted().map(begun).collect();
        for change in changes {
            match (change.from.is_trusted(), change.to.is_trusted()) {
                (false, true) => spans.push(TrustSpan {
                    rdata: change.rdata.clone(),
                    from: Some(change.at),
                    until: None,
                }),
                (true, false) => {
                    let is_meant =
                        |span: &&mut TrustSpan| span.rdata == change.rdata && span.until.is_none();
                    if let Some(span) = spans.iter_mut().find(is_meant) {
                        span.until = Some(change.at);
                    }
                }
                _ => {}
            }
        }
        spans
    }
}

impl TrackedKey {
    /// What stays the same when the key is revoked.
    pub(super) fn identity(&self) -> Vec<u8> {
        unrevoked(&self.rdata)
    }

    /// Seconds for which it must have been in every set before it is trusted (RFC 5011 §2.4.1).
    fn hold_down(&self) -> i64 {
        ADD_HOLD_DOWN.max(self.ttl.into())
    }

    fn enter(&mut self, state: State, at: i64, changes: &mut Vec<Change>) {
        let rdata = self.identity();
        let algorithm = Dnskey::from_rdata(&rdata).map_or(Algorithm(0), |key| key.algorithm);
        let key = KeyRef { tag: key_tag(&rdata), algorithm };
        changes.push(Change { at, key, from: self.state, to: state, rdata });
        self.state = state;
        self.since = at;
        if state != State::AddPend {
            self.pending_count = 0;
        }
    }

    /// Events KeyPres, KeyRem and AddTime, by a set that is to be trusted.
    fn update(&mut self, seen: &Observation, changes: &mut Vec<Change>) {
        let is_here = seen.keys.iter().any(|key| key.rdata == self.rdata);
        match self.state {
            State::AddPend if !is_here => self.enter(State::Start, seen.at, changes),
            State::AddPend => {
                self.pending_count = MOST_PENDING.min(self.pending_count + 1);
                if seen.at.saturating_sub(self.since) >= self.hold_down() {
                    self.enter(State::Valid, seen.at, changes);
                }
            }
            State::Valid if !is_here => self.enter(State::Missing, seen.at, changes),
            State::Missing if is_here => self.enter(State::Valid, seen.at, changes),
            // Given by hand, and seen for the first time.
            State::Valid if self.since == 0 => self.since = seen.at,
            State::Start | State::Valid | State::Missing | State::Revoked | State::Removed => {}
        }
    }

    /// Event RemTime.
    fn forget(&mut self, at: i64, changes: &mut Vec<Change>) {
        if self.state == State::Revoked && at.saturating_sub(self.since) >= REMOVE_HOLD_DOWN {
            self.enter(State::Removed, at, changes);
        }
    }
}
