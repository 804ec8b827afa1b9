//! State files in Unbound's autotrust form: DNSKEY records whose state is in a comment behind them,
//! and lines of comment that say how the zone was asked.

use std::fmt;

use super::{KEYDATA, State, TrackedKey, TrustPoint, revoked};
use crate::audit::anchors::{AnchorError, AnchorErrorKind, Record, each_record, rdata};
use crate::crypto::PublicKey;
use crate::dns::rdata::{Dnskey, key_tag};
use crate::dns::{Name, RType};
use crate::zonefile::Words;
use crate::zonefile::field::number::scan_decimal;
use crate::zonefile::print::write_rdata;

/// The line that says that all keys of a trust point are revoked.
const REVOKED: &[u8] = b";;REVOKED";

/// Refuses a file that says that all its keys are revoked: a resolver takes nothing from it.
pub(in crate::audit) fn refuse_revoked(text: &[u8]) -> Result<(), AnchorError> {
    let found = lines(text).find(|(_, line)| line.starts_with(REVOKED));
    found.map_or(Ok(()), |(line, _)| Err(AnchorError { line, kind: AnchorErrorKind::PointRevoked }))
}

/// The lines of a text with their numbers.
fn lines(text: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    (1..).zip(text.split(|&octet| octet == b'\n'))
}

/// The word behind a name in a comment, up to a blank or semicolon.
pub(super) fn value_in<'c>(comment: &'c [u8], name: &[u8]) -> Option<&'c [u8]> {
    let place = comment.windows(name.len()).enumerate().find_map(|(place, window)| {
        let begins_word = place == 0 || !comment[place - 1].is_ascii_alphanumeric();
        (window == name && begins_word).then_some(place + name.len())
    })?;
    Some(first_word(&comment[place..]))
}

fn first_word(text: &[u8]) -> &[u8] {
    let is_end = |octet: &u8| octet.is_ascii_whitespace() || *octet == b';';
    &text[..text.iter().position(is_end).unwrap_or(text.len())]
}

/// A number of seconds, or of anything.
fn number(word: &[u8], expected: &'static str) -> Result<i64, AnchorErrorKind> {
    let number = scan_decimal(word, u32::MAX.into()).ok();
    number.and_then(|number| number.try_into().ok()).ok_or(AnchorErrorKind::Field(expected))
}

/// A number of times.
fn count(word: &[u8], expected: &'static str) -> Result<u32, AnchorErrorKind> {
    number(word, expected)?.try_into().map_err(|_| AnchorErrorKind::Field(expected))
}

impl TrustPoint {
    /// Reads a state file. DNSKEY records without a state are trusted, as Unbound does with the file
    /// that it is given to begin with.
    ///
    /// # Errors
    /// [`AnchorError`] at the first line that is wrong: all records must be DNSKEYs of one zone, each
    /// key once, and a revoked key in a state that says so.
    pub fn read(text: &[u8]) -> Result<Self, AnchorError> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        refuse_revoked(text)?;
        let mut point = Self {
            owner: Name::root(),
            keys: Vec::new(),
            last_queried: 0,
            last_success: 0,
            next_probe_time: 0,
            query_failed: 0,
            query_interval: 0,
            retry_time: 0,
        };
        let mut owner = None;
        for (line, text) in lines(text) {
            let at = |kind| AnchorError { line, kind };
            owner = owner.or(point.read_variable(text).map_err(at)?);
        }
        each_record(text, &mut |record, words| {
            let key = read_key(record, words)?;
            if *owner.get_or_insert(record.owner.unwrap_or(Name::root()))
                != record.owner.unwrap_or(Name::root())
            {
                return Err(AnchorErrorKind::Field(
                    "keys of one zone, that of the first or of ;;id:",
                ));
            }
            if point.keys.iter().any(|known| known.identity() == key.identity()) {
                return Err(AnchorErrorKind::Field("each key once"));
            }
            point.keys.push(key);
            Ok(())
        })?;
        match owner {
            Some(owner) if !point.keys.is_empty() => Ok(Self { owner, ..point }),
            _ => Err(AnchorError { line: 1, kind: AnchorErrorKind::Empty }),
        }
    }

    /// Reads a line such as `;;last_queried: 1473840000 ;;Wed Sep 14 08:00:00 2016`; the owner if it is
    /// that of `;;id:`. Others are comments.
    fn read_variable(&mut self, line: &[u8]) -> Result<Option<Name>, AnchorErrorKind> {
        let Some(line) = line.strip_prefix(b";;") else { return Ok(None) };
        let Some(colon) = line.iter().position(|&octet| octet == b':') else { return Ok(None) };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        let word = first_word(value);
        match name {
            b"id" => {
                if value[word.len()..].trim_ascii() != b"1" {
                    return Err(AnchorErrorKind::Field("a zone and its class, which is 1"));
                }
                let owner = Name::from_text(word, Some(&Name::root()));
                return owner.map(Some).map_err(AnchorErrorKind::Owner);
            }
            b"last_queried" => self.last_queried = number(word, "the time in Unix seconds")?,
            b"last_success" => self.last_success = number(word, "the time in Unix seconds")?,
            b"next_probe_time" => self.next_probe_time = number(word, "the time in Unix seconds")?,
            b"query_failed" => self.query_failed = count(word, "a number of queries")?,
            b"query_interval" => self.query_interval = number(word, "a number of seconds")?,
            b"retry_time" => self.retry_time = number(word, "a number of seconds")?,
            _ => {}
        }
        Ok(None)
    }
}

fn read_key(record: &Record<'_>, words: &mut Words<'_>) -> Result<TrackedKey, AnchorErrorKind> {
    match record.rtype {
        RType::DNSKEY => {}
        RType::DS => {
            let expected = "DNSKEY records: a DS has no state, and is for --anchor";
            return Err(AnchorErrorKind::Field(expected));
        }
        KEYDATA => {
            let expected = "DNSKEY records with states: the file of BIND is for --anchor";
            return Err(AnchorErrorKind::Field(expected));
        }
        _ => return Err(AnchorErrorKind::Field("a DNSKEY record")),
    }
    let rdata = rdata(RType::DNSKEY, words)?;
    let state = State::of_comment(record.comment)?.unwrap_or(State::Valid);
    let is_revoked = Dnskey::from_rdata(&rdata).is_some_and(|dnskey| dnskey.is_revoked());
    let says_revoked = matches!(state, State::Revoked | State::Removed);
    if is_revoked && !says_revoked {
        return Err(AnchorErrorKind::Field("state=4 or state=5 for a key with the REVOKE flag"));
    }
    let pending_count = value_in(record.comment, b"count=");
    let since = value_in(record.comment, b"lastchange=");
    Ok(TrackedKey {
        rdata: if says_revoked { revoked(&rdata) } else { rdata },
        ttl: record.ttl.unwrap_or(0),
        state,
        pending_count: pending_count
            .map_or(Ok(0), |word| count(word, "count= and a number of sets"))?,
        since: since
            .map_or(Ok(0), |word| number(word, "lastchange= and the time in Unix seconds"))?,
    })
}

impl fmt::Display for TrustPoint {
    /// The state file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "; autotrust trust anchor file")?;
        if self.is_revoked() {
            writeln!(f, "{}", String::from_utf8_lossy(REVOKED))?;
            writeln!(
                f,
                "; All trust anchors of this zone are revoked. To trust it again, replace this"
            )?;
            writeln!(f, "; file by one with a key that is valid.")?;
        }
        writeln!(f, ";;id: {} 1", self.owner)?;
        let times = [
            ("last_queried", self.last_queried),
            ("last_success", self.last_success),
            ("next_probe_time", self.next_probe_time),
        ];
        for (name, time) in times {
            writeln!(f, ";;{name}: {time} ;;{}", calendar(time))?;
        }
        writeln!(f, ";;query_failed: {}", self.query_failed)?;
        writeln!(f, ";;query_interval: {}", self.query_interval)?;
        writeln!(f, ";;retry_time: {}", self.retry_time)?;
        for key in self.keys.iter().filter(|key| key.state != State::Start) {
            write_key(f, &self.owner, key)?;
        }
        Ok(())
    }
}

fn write_key(f: &mut fmt::Formatter<'_>, owner: &Name, key: &TrackedKey) -> fmt::Result {
    let mut rdata = String::new();
    write_rdata(&mut rdata, RType::DNSKEY, &key.rdata);
    write!(f, "{owner}\t{}\tIN\tDNSKEY\t{rdata}", key.ttl)?;
    if let Some(dnskey) = Dnskey::from_rdata(&key.rdata) {
        let role = if dnskey.is_sep() { "ksk" } else { "zsk" };
        write!(f, " ;{{id = {} ({role})", key_tag(&key.rdata))?;
        if let Ok(public) = PublicKey::from_dnskey(dnskey.algorithm, dnskey.key) {
            write!(f, ", size = {}b", public.bits())?;
        }
        write!(f, "}}")?;
    }
    let number = key.state as u8;
    write!(f, " ;;state={number} [{:^9}] ;;count={}", key.state, key.pending_count)?;
    writeln!(f, " ;;lastchange={} ;;{}", key.since, calendar(key.since))
}

/// A time as people read it, in UTC.
fn calendar(seconds: i64) -> String {
    let time = jiff::Timestamp::from_second(seconds);
    let text = |time: jiff::Timestamp| time.strftime("%a %b %e %H:%M:%S %Y").to_string();
    time.map_or_else(|_| seconds.to_string(), text)
}
