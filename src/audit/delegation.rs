//! Both ends of a delegation: the DS records that stand for a zone's keys, and whether those that a
//! parent publishes still mean them.
//!
//! Nothing here verifies a signature: that the keys sign the zone is for [`zone`](super::zone).
//!
//! ```
//! use sigmill::audit::delegation::{self, Keys, Standing};
//! use sigmill::dns::DigestType;
//! use sigmill::source::Source;
//! use sigmill::zonefile::ReadOptions;
//!
//! // RFC 8080 §6.1.
//! let text = "example.com. 3600 IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=\n";
//! let mut keys = Keys::default();
//! let source = Source::from_bytes("example", text.into());
//! delegation::read_keys(source, &ReadOptions::default(), &mut keys)?;
//! let ds = keys.keys[0].ds_rdata(DigestType::SHA256).unwrap();
//! assert_eq!(ds[..6], [0x0e, 0x1d, 15, 2, 0x3a, 0xa5]);
//!
//! let given = delegation::read_ds(b"3613 15 2 3aa5ab37efce57f737fc1627013fee07bdf241bd10f3b1964ab5\
//!     5c78e79a304b")?;
//! let checked = delegation::check(&given, &keys.keys.iter().collect::<Vec<_>>());
//! assert_eq!(checked.standing, Standing::Holds);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::sync::Arc;

use crate::crypto::{KeyError, PublicKey, ds_digest};
use crate::dns::rdata::{Dnskey, Ds, key_tag};
use crate::dns::{Algorithm, Class, DigestType, Name, RType};
use crate::source::{Source, SourceError};
use crate::zonefile::{Event, Fault, ReadOptions, read};

use super::anchors::{AnchorError, AnchorErrorKind, each_record, rdata};

/// A DNSKEY of a zone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ZoneKey {
    /// The zone.
    pub owner: Name,
    /// Its class.
    pub class: Class,
    /// The file it stands in, as it was named.
    pub file: Arc<str>,
    /// The line there, from 1.
    pub line: u64,
    /// At least the four octets before the key: [`ZoneKey::new`] sees to it.
    rdata: Vec<u8>,
}

/// Why no DS should be made of a DNSKEY: no validator would use it (RFC 4035 §5.3.1).
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unfit {
    /// RFC 4034 §2.1.1.
    #[error("its ZONE flag is not set")]
    NotZoneKey,
    /// RFC 4034 §2.1.2.
    #[error("its protocol is {0}, it must be 3")]
    Protocol(u8),
    /// RFC 5011 §2.1.
    #[error("it is revoked")]
    Revoked,
    /// The octets are no key of its algorithm.
    #[error("{0}")]
    Malformed(KeyError),
}

impl ZoneKey {
    /// A key from the RDATA of a DNSKEY; `None` when that is shorter than its four fixed octets.
    #[must_use]
    pub fn new(owner: Name, class: Class, rdata: &[u8], file: Arc<str>, line: u64) -> Option<Self> {
        Dnskey::from_rdata(rdata)?;
        Some(Self { owner, class, file, line, rdata: rdata.to_vec() })
    }

    /// The RDATA in wire form.
    #[must_use]
    pub fn rdata(&self) -> &[u8] {
        &self.rdata
    }

    /// The fields of the RDATA.
    #[must_use]
    pub fn dnskey(&self) -> Dnskey<'_> {
        let none = Dnskey { flags: 0, protocol: 0, algorithm: Algorithm(0), key: &[] };
        Dnskey::from_rdata(&self.rdata).unwrap_or(none)
    }

    /// The key tag (RFC 4034 Appendix B).
    #[must_use]
    pub fn tag(&self) -> u16 {
        key_tag(&self.rdata)
    }

    /// The size that tools print; `None` for algorithms that sigmill does not know, and for what is
    /// no key of its algorithm.
    #[must_use]
    pub fn bits(&self) -> Option<u32> {
        let dnskey = self.dnskey();
        PublicKey::from_dnskey(dnskey.algorithm, dnskey.key).ok().map(|key| key.bits())
    }

    /// Why no DS should be made of it. An algorithm that sigmill does not know is no reason.
    #[must_use]
    pub fn unfit(&self) -> Option<Unfit> {
        let dnskey = self.dnskey();
        if !dnskey.is_zone_key() {
            return Some(Unfit::NotZoneKey);
        }
        if dnskey.protocol != 3 {
            return Some(Unfit::Protocol(dnskey.protocol));
        }
        if dnskey.is_revoked() {
            return Some(Unfit::Revoked);
        }
        match PublicKey::from_dnskey(dnskey.algorithm, dnskey.key) {
            Ok(_) | Err(KeyError::Unsupported { .. }) => None,
            Err(error) => Some(Unfit::Malformed(error)),
        }
    }

    /// The RDATA of a DS, or CDS, that means this key (RFC 4034 §5.1); `None` for digest types that
    /// sigmill does not compute.
    #[must_use]
    pub fn ds_rdata(&self, digest_type: DigestType) -> Option<Vec<u8>> {
        let digest = ds_digest(digest_type, &self.owner, &self.rdata)?;
        let [high, low] = self.tag().to_be_bytes();
        let fixed = [high, low, self.dnskey().algorithm.0, digest_type.0];
        Some([&fixed[..], &digest].concat())
    }
}

/// What one or more files say about keys.
#[derive(Clone, Default, Debug)]
pub struct Keys {
    /// The DNSKEYs, each once, in the order of the files.
    pub keys: Vec<ZoneKey>,
    /// DNSKEYs that lie elsewhere than at the apex of their file, which its SOA tells: they are not
    /// the zone's.
    pub elsewhere: Vec<ZoneKey>,
    /// CDS and CDNSKEY records: what a zone asks of its parent, but none of its keys.
    pub requests: u64,
}

/// Why keys cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The input ended before its end.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// An entry that cannot be read: it might have been a key.
    #[error("{}:{}:{}: {}", .0.file, .0.line, .0.column, .0.error)]
    Fault(Box<Fault>),
}

/// Reads the DNSKEYs of a zone file, a file of keys, or the output of `dig`, and adds them to
/// `keys`.
///
/// # Errors
/// [`KeysError`] when the file cannot be read, and when an entry in it cannot: a key that is
/// silently left out would be missed at the parent.
pub fn read_keys(source: Source, options: &ReadOptions, keys: &mut Keys) -> Result<(), KeysError> {
    let name: Arc<str> = source.name().into();
    let (mut found, mut fault, mut apex) = (Vec::new(), None, None);
    read(source, options, &mut |event| match event {
        Event::Record(record) => match record.rtype {
            RType::DNSKEY => {
                let (owner, name) = (*record.owner, Arc::clone(&name));
                found.extend(ZoneKey::new(owner, record.class, record.rdata, name, record.line));
            }
            RType::SOA => apex = apex.or(Some(*record.owner)),
            RType::CDS | RType::CDNSKEY => keys.requests += 1,
            _ => {}
        },
        Event::Fault(one) => fault = fault.take().or(Some(Box::new(one))),
        Event::Progress { .. } => {}
    })?;
    if let Some(fault) = fault {
        return Err(KeysError::Fault(fault));
    }
    for key in found {
        let at_apex = apex.is_none_or(|apex| apex == key.owner);
        let list = if at_apex { &mut keys.keys } else { &mut keys.elsewhere };
        if !list.iter().any(|other| (other.owner, &other.rdata) == (key.owner, &key.rdata)) {
            list.push(key);
        }
    }
    Ok(())
}

/// Which keys a parent is to have DS records of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Selection {
    /// Of each zone the keys with the SEP flag, or all of them if none has it.
    SecureEntryPoints,
    /// All keys.
    All,
    /// The keys with these tags, also those that are [`Unfit`].
    Tags(Vec<u16>),
}

/// The keys that a selection means, in their order. Those that are [`Unfit`] are left out unless
/// their tag is named.
#[must_use]
pub fn select<'k>(keys: &'k [ZoneKey], selection: &Selection) -> Vec<&'k ZoneKey> {
    let fit = || keys.iter().filter(|key| key.unfit().is_none());
    let has_sep = |owner: &Name| fit().any(|key| key.owner == *owner && key.dnskey().is_sep());
    match selection {
        Selection::Tags(tags) => keys.iter().filter(|key| tags.contains(&key.tag())).collect(),
        Selection::All => fit().collect(),
        Selection::SecureEntryPoints => {
            fit().filter(|key| key.dnskey().is_sep() || !has_sep(&key.owner)).collect()
        }
    }
}

/// The RDATA of a CDS that asks the parent to remove all DS records (RFC 8078 §4): `0 0 0 00`.
pub const CDS_DELETE: [u8; 5] = [0; 5];

/// The RDATA of a CDNSKEY that asks for the same (RFC 8078 §4): `0 3 0 AA==`.
pub const CDNSKEY_DELETE: [u8; 5] = [0, 0, 3, 0, 0];

/// A DS that a parent publishes or is to publish, or a CDS, which has the same form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GivenDs {
    /// The zone it is for; `None` for RDATA without an owner.
    pub owner: Option<Name>,
    /// DS or CDS.
    pub rtype: RType,
    /// The line of the text, from 1.
    pub line: u64,
    rdata: Vec<u8>,
}

impl GivenDs {
    /// The RDATA in wire form.
    #[must_use]
    pub fn rdata(&self) -> &[u8] {
        &self.rdata
    }

    /// The fields of the RDATA.
    #[must_use]
    pub fn ds(&self) -> Ds<'_> {
        let (algorithm, digest_type) = (Algorithm(0), DigestType(0));
        let none = Ds { key_tag: 0, algorithm, digest_type, digest: &[] };
        Ds::from_rdata(&self.rdata).unwrap_or(none)
    }

    /// Whether a validator can follow it at all: algorithm and digest type are known.
    fn is_known(&self) -> bool {
        let ds = self.ds();
        ds.algorithm.is_supported() && ds.digest_type.digest_len().is_some()
    }

    /// Whether this is the request to remove all DS records (RFC 8078 §4).
    fn is_delete(&self) -> bool {
        self.rtype == RType::CDS && self.ds().algorithm == Algorithm(0)
    }
}

/// Reads DS and CDS records from the output of `dig`, a zone file, or RDATA alone. A digest whose
/// length is not that of its type is for [`check`] to tell. Records of other types are passed over,
/// and so is the CDS that asks for removal (RFC 8078 §4).
///
/// # Errors
/// [`AnchorError`] at the first entry that is wrong, or when there is neither DS nor CDS.
pub fn read_ds(text: &[u8]) -> Result<Vec<GivenDs>, AnchorError> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut given = Vec::new();
    each_record(text, &mut |record, words| {
        let (line, owner, rtype) = (record.line, record.owner, record.rtype);
        if rtype == RType::DS || rtype == RType::CDS {
            let rdata = rdata(rtype, words)?;
            Ds::from_rdata(&rdata)
                .ok_or(AnchorErrorKind::Field("four octets before the digest"))?;
            given.push(GivenDs { owner, rtype, line, rdata });
        }
        Ok(())
    })?;
    given.retain(|ds| !ds.is_delete());
    if given.is_empty() {
        return Err(AnchorError { line: 1, kind: AnchorErrorKind::Empty });
    }
    Ok(given)
}

/// What a DS means among a zone's keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Match<'k> {
    /// This key, by tag, algorithm and digest.
    Key(&'k ZoneKey),
    /// A key that no validator uses.
    Unfit(&'k ZoneKey, Unfit),
    /// No key: none has this tag and algorithm. The key with this digest, if there is one, shows
    /// that only tag or algorithm are wrong.
    NoSuchKey(Option<&'k ZoneKey>),
    /// No key: the digest of the key with this tag and algorithm is another.
    OtherDigest(&'k ZoneKey),
    /// No key: digests of this type have so many octets.
    DigestLength {
        /// Octets of a digest of this type.
        expected: usize,
        /// Octets found.
        found: usize,
    },
    /// Nobody can tell: the digest type is none that sigmill computes.
    UnknownDigest,
}

/// One DS and what was found about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Check<'k> {
    /// The DS.
    pub given: &'k GivenDs,
    /// What it means.
    pub means: Match<'k>,
    /// Whether validators pass over it: SHA-1 beside SHA-2 (RFC 4509 §3).
    pub ignored: bool,
}

impl Check<'_> {
    /// Whether a validator gets from this DS to a key of the zone.
    #[must_use]
    pub fn leads_to_key(&self) -> bool {
        !self.ignored && self.given.is_known() && matches!(self.means, Match::Key(_))
    }
}

/// What a validator would make of a delegation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing {
    /// For each algorithm among the DS records at least one of them means a key.
    Holds,
    /// One DS means a key, but none of these algorithms' does. A validator may be content with one
    /// (RFC 6840 §5.11), yet the zone owes a key of each (RFC 4035 §2.2), and some insist.
    Incomplete(Vec<Algorithm>),
    /// No DS that a validator would use means a key: the zone would be bogus.
    Breaks,
    /// No DS is of an algorithm and a digest type that are known: the zone would be taken for
    /// unsigned (RFC 4035 §5.2).
    Insecure,
}

/// The DS records of a delegation against the keys of the zone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delegation<'k> {
    /// One for each DS, in their order.
    pub checks: Vec<Check<'k>>,
    /// What follows from all of them.
    pub standing: Standing,
}

/// Checks the DS records of one zone against its keys, of which all should be given.
#[must_use]
pub fn check<'k>(given: &'k [GivenDs], keys: &[&'k ZoneKey]) -> Delegation<'k> {
    let is_sha1 = |ds: &GivenDs| ds.ds().digest_type == DigestType::SHA1;
    let sha2_given = given.iter().any(|ds| ds.is_known() && !is_sha1(ds));
    let checks: Vec<_> = given
        .iter()
        .map(|ds| Check { given: ds, means: meaning(ds, keys), ignored: sha2_given && is_sha1(ds) })
        .collect();
    let standing = standing(&checks);
    Delegation { checks, standing }
}

fn meaning<'k>(given: &GivenDs, keys: &[&'k ZoneKey]) -> Match<'k> {
    let ds = given.ds();
    match ds.digest_type.digest_len() {
        None => return Match::UnknownDigest,
        Some(expected) if expected != ds.digest.len() => {
            return Match::DigestLength { expected, found: ds.digest.len() };
        }
        Some(_) => {}
    }
    let is_named =
        |key: &ZoneKey| (key.tag(), key.dnskey().algorithm) == (ds.key_tag, ds.algorithm);
    let has_digest = |key: &ZoneKey| {
        ds_digest(ds.digest_type, &key.owner, &key.rdata).is_some_and(|found| *found == *ds.digest)
    };
    // Tags may collide: the digest decides which key is meant.
    let with_digest = keys.iter().copied().find(|key| has_digest(key));
    match (with_digest, keys.iter().copied().find(|key| is_named(key))) {
        (Some(key), _) if is_named(key) => match key.unfit() {
            None => Match::Key(key),
            Some(reason) => Match::Unfit(key, reason),
        },
        (None, Some(named)) => Match::OtherDigest(named),
        (with_digest, _) => Match::NoSuchKey(with_digest),
    }
}

fn standing(checks: &[Check<'_>]) -> Standing {
    let used = || checks.iter().filter(|check| !check.ignored && check.given.is_known());
    if used().next().is_none() {
        return Standing::Insecure;
    }
    let leads = |algorithm: Algorithm| {
        used().any(|check| check.leads_to_key() && check.given.ds().algorithm == algorithm)
    };
    let mut missing: Vec<Algorithm> = used().map(|check| check.given.ds().algorithm).collect();
    missing.sort_unstable();
    missing.dedup();
    missing.retain(|&algorithm| !leads(algorithm));
    match missing.is_empty() {
        true => Standing::Holds,
        false if checks.iter().any(Check::leads_to_key) => Standing::Incomplete(missing),
        false => Standing::Breaks,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(rdata: &[u8]) -> ZoneKey {
        let owner = Name::from_text(b"example", Some(&Name::root())).unwrap();
        ZoneKey::new(owner, Class::IN, rdata, "test".into(), 1).unwrap()
    }

    fn given(rdata: Vec<u8>) -> GivenDs {
        GivenDs { owner: None, rtype: RType::DS, line: 1, rdata }
    }

    /// Another key of the same tag: the tag is a sum, which does not see the order (RFC 4034
    /// Appendix B).
    fn with_same_tag(rdata: &[u8]) -> Vec<u8> {
        let (fixed, words) = rdata.split_at(4);
        let swapped = [&words[2..4], &words[..2], &words[4..]].concat();
        [fixed, &swapped].concat()
    }

    // dnspython#26 and others: two keys with one tag, of which the second is meant.
    #[test]
    fn of_keys_that_share_a_tag_the_digest_tells_which_is_meant() {
        let first: Vec<u8> = [1, 1, 3, 15].into_iter().chain(0..32).collect();
        let second = with_same_tag(&first);
        let keys = [key(&first), key(&second)];
        assert_eq!(keys[0].tag(), keys[1].tag());
        for meant in &keys {
            let ds = [given(meant.ds_rdata(DigestType::SHA256).unwrap())];
            let found = check(&ds, &keys.each_ref());
            assert_eq!(found.checks[0].means, Match::Key(meant));
            assert_eq!(found.standing, Standing::Holds);
        }
    }

    // RFC 4035 §5.2: algorithms that nobody knows leave a zone insecure, whatever its DS means.
    #[test]
    fn a_ds_of_an_unknown_algorithm_counts_for_nothing() {
        let unknown = key(&[1, 1, 3, 99, 1, 2, 3]);
        assert_eq!((unknown.unfit(), unknown.bits()), (None, None));
        let ds = [given(unknown.ds_rdata(DigestType::SHA256).unwrap())];
        let found = check(&ds, &[&unknown]);
        assert_eq!(found.checks[0].means, Match::Key(&unknown));
        assert_eq!((found.checks[0].leads_to_key(), found.standing), (false, Standing::Insecure));
    }

    #[test]
    fn the_delete_forms_are_those_of_rfc_8078() {
        let mut text = String::new();
        crate::zonefile::print::write_rdata(&mut text, RType::CDS, &CDS_DELETE);
        text.push('\n');
        crate::zonefile::print::write_rdata(&mut text, RType::CDNSKEY, &CDNSKEY_DELETE);
        assert_eq!(text, "0 0 0 00\n0 3 0 AA==");
        assert!(read_ds(b"example. CDS 0 0 0 00").is_err(), "a request to remove is no DS");
    }

    proptest! {
        #[test]
        fn any_octets_are_read_or_refused(text: Vec<u8>) {
            let _ = read_ds(&text);
        }

        #[test]
        fn near_records_are_read_or_refused(text in "[a-z]{0,3}( |\n|IN|DS|CDS|[0-9]{1,5}|[0-9A-F]{2,70}|\\(|\\)|\\$ORIGIN){0,12}") {
            for ds in read_ds(text.as_bytes()).unwrap_or_default() {
                let _ = check(std::slice::from_ref(&ds), &[]);
            }
        }

        /// Whatever the key: the DS made of it means it, and nothing panics on the way.
        #[test]
        fn a_ds_means_the_key_it_was_made_of(rdata in proptest::collection::vec(any::<u8>(), 4..80)) {
            let key = key(&rdata);
            for digest_type in [DigestType::SHA1, DigestType::SHA256, DigestType::SHA384] {
                let ds = [given(key.ds_rdata(digest_type).unwrap())];
                let expected = match key.unfit() {
                    None => Match::Key(&key),
                    Some(reason) => Match::Unfit(&key, reason),
                };
                prop_assert_eq!(&check(&ds, &[&key]).checks[0].means, &expected);
            }
        }
    }
}
