//! Trust anchors for a zone: DS and DNSKEY, given or built in (RFC 4035 §5, RFC 9718).

use std::collections::BTreeSet;

use crate::audit::findings::KeyRef;
use crate::crypto::digest::ds_digest;
use crate::dns::rdata::{Dnskey, Ds, key_tag};
use crate::dns::{Algorithm, DigestType, Name};
use crate::engine::{Key, KeyIndex, KeyTable};

use super::config::{Config, JudgementTime, Sha1};
use super::summary::{AnchorFacts, TrustKind};
use crate::audit::usability::Usability;

/// A trust anchor: what the owner of a zone, or its parent, says its key is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Anchor {
    /// The zone it is for; `None` for the zone that is audited, whichever that is.
    pub owner: Option<Name>,
    /// The key it means.
    pub form: AnchorForm,
    /// Where it came from: `built in`, `--ds`, or a file's name.
    pub origin: String,
    /// Unix seconds before which it must not be used (RFC 9718 §2.1.1).
    pub valid_from: Option<i64>,
    /// Unix seconds from which on it must not be used.
    pub valid_until: Option<i64>,
}

/// How an anchor names its key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AnchorForm {
    /// By digest: wire-form DS RDATA, at least four octets.
    Ds(Vec<u8>),
    /// In full: wire-form DNSKEY RDATA, at least four octets.
    Dnskey(Vec<u8>),
}

impl Anchor {
    /// The root's key-signing keys as IANA publishes them in root-anchors.xml, with the dates
    /// between which they may be used: 20326 since 2017-02-02 and 38696 since 2024-07-18, and, for
    /// data of its time, the retired 19036 from 2010-07-15 until 2019-01-11.
    #[must_use]
    pub fn built_in_root() -> [Self; 3] {
        let ds = |key_tag: u16, digest: [u8; 32], valid_from, valid_until| Self {
            owner: Some(Name::root()),
            form: AnchorForm::Ds([&key_tag.to_be_bytes()[..], &[8, 2], &digest].concat()),
            origin: BUILT_IN.into(),
            valid_from: Some(valid_from),
            valid_until,
        };
        [
            ds(20326, KSK_2017, 1_485_993_600, None),
            ds(38696, KSK_2024, 1_721_260_800, None),
            ds(19036, KSK_2010, 1_279_152_000, Some(1_547_164_800)),
        ]
    }

    fn facts(&self) -> AnchorFacts {
        let (form, key, digest) = match &self.form {
            AnchorForm::Ds(rdata) => {
                let ds = Ds::from_rdata(rdata);
                let key = ds.map(|ds| KeyRef { tag: ds.key_tag, algorithm: ds.algorithm });
                ("DS", key, ds.map(|ds| ds.digest_type.to_string()))
            }
            AnchorForm::Dnskey(rdata) => {
                let dnskey = Dnskey::from_rdata(rdata);
                let key = dnskey
                    .map(|dnskey| KeyRef { tag: key_tag(rdata), algorithm: dnskey.algorithm });
                ("DNSKEY", key, None)
            }
        };
        let none = KeyRef { tag: 0, algorithm: Algorithm(0) };
        AnchorFacts {
            origin: self.origin.clone(),
            form,
            key: key.unwrap_or(none),
            digest,
            matches: false,
            signs: false,
            ignored: None,
        }
    }

    /// Whether the anchor means this key of the zone.
    fn means(&self, apex: &Name, key: &Key) -> bool {
        match &self.form {
            AnchorForm::Dnskey(rdata) => *rdata == key.rdata,
            AnchorForm::Ds(rdata) => Ds::from_rdata(rdata).is_some_and(|ds| {
                ds.key_tag == key.tag
                    && ds.algorithm == key.algorithm
                    && ds_digest(ds.digest_type, apex, &key.rdata)
                        .is_some_and(|digest| digest[..] == *ds.digest)
            }),
        }
    }
}

/// SHA-256 digest of KSK-2010, key tag 19036.
const KSK_2010: [u8; 32] = [
    0x49, 0xaa, 0xc1, 0x1d, 0x7b, 0x6f, 0x64, 0x46, 0x70, 0x2e, 0x54, 0xa1, 0x60, 0x73, 0x71, 0x60,
    0x7a, 0x1a, 0x41, 0x85, 0x52, 0x00, 0xfd, 0x2c, 0xe1, 0xcd, 0xde, 0x32, 0xf2, 0x4e, 0x8f, 0xb5,
];

/// SHA-256 digest of KSK-2017, key tag 20326.
const KSK_2017: [u8; 32] = [
    0xe0, 0x6d, 0x44, 0xb8, 0x0b, 0x8f, 0x1d, 0x39, 0xa9, 0x5c, 0x0b, 0x0d, 0x7c, 0x65, 0xd0, 0x84,
    0x58, 0xe8, 0x80, 0x40, 0x9b, 0xbc, 0x68, 0x34, 0x57, 0x10, 0x42, 0x37, 0xc7, 0xf8, 0xec, 0x8d,
];

/// SHA-256 digest of KSK-2024, key tag 38696.
const KSK_2024: [u8; 32] = [
    0x68, 0x3d, 0x2d, 0x0a, 0xcb, 0x8c, 0x9b, 0x71, 0x2a, 0x19, 0x48, 0xb2, 0x7f, 0x74, 0x12, 0x19,
    0x29, 0x8d, 0x0a, 0x45, 0x0d, 0x61, 0x2c, 0x48, 0x3a, 0xf4, 0x44, 0xa4, 0xc0, 0xfb, 0x2b, 0x16,
];

/// The anchors that speak of this zone, and the keys they mean.
#[derive(Debug)]
pub(super) struct Anchoring {
    rows: Vec<(AnchorFacts, Vec<KeyIndex>)>,
}

impl Anchoring {
    /// Matches anchors with the keys at the apex. Anchors of other zones are passed over.
    pub(super) fn new(
        config: &Config,
        times: &[JudgementTime],
        apex: &Name,
        table: &KeyTable,
        usability: &Usability,
    ) -> Self {
        let speaks_of_apex = |anchor: &&Anchor| anchor.owner.is_none_or(|owner| owner == *apex);
        let given = config.anchors.iter().filter(speaks_of_apex);
        let mut anchors: Vec<Anchor> = given.cloned().collect();
        if anchors.is_empty() && config.built_in_anchors && apex.is_root() {
            anchors.extend(Anchor::built_in_root());
        }
        let sha1 = config.sha1;
        let sha2_given = anchors.iter().any(|anchor| anchor.is_sha2());
        let row = |anchor: &Anchor| {
            let mut facts = anchor.facts();
            facts.ignored = anchor.ignored(times, sha2_given, sha1);
            let means = |(index, key): (KeyIndex, &Key)| {
                let usable = usability.secures(index) && facts.ignored.is_none();
                (usable && anchor.means(apex, key)).then_some(index)
            };
            let keys: Vec<KeyIndex> = table.iter().filter_map(means).collect();
            facts.matches = !keys.is_empty();
            (facts, keys)
        };
        Self { rows: anchors.iter().map(row).collect() }
    }

    /// Whether an anchor means this key.
    pub(super) fn anchors(&self, key: KeyIndex) -> bool {
        self.rows.iter().any(|(_, keys)| keys.contains(&key))
    }

    /// Algorithms of DS that count and of which no key signs the DNSKEY RRset: the parent promises
    /// them all (RFC 6840 §5.11).
    pub(super) fn unkept_algorithms(
        &self,
        table: &KeyTable,
        dnskey_signers: &BTreeSet<KeyIndex>,
    ) -> BTreeSet<Algorithm> {
        let promised = self.rows.iter().filter(|(facts, _)| {
            facts.form == "DS" && facts.ignored.is_none() && facts.origin != BUILT_IN
        });
        let signs = |algorithm: Algorithm| {
            dnskey_signers.iter().any(|&key| table.get(key).algorithm == algorithm)
        };
        promised
            .map(|(facts, _)| facts.key.algorithm)
            .filter(|&promised| !signs(promised))
            .collect()
    }

    /// Whether any anchor speaks of this zone.
    fn is_given(&self) -> bool {
        !self.rows.is_empty()
    }

    /// Judges, now that it is known which keys sign the DNSKEY RRset. Every key in the set is only
    /// as good as the anchored key that signs the set (RUSTSEC-2025-0006).
    pub(super) fn judge(
        self,
        zone: ZoneKind,
        dnskey_signers: &BTreeSet<KeyIndex>,
    ) -> (TrustKind, Vec<AnchorFacts>) {
        let given = self.is_given();
        let mut anchored = false;
        let mut every_one_unsupported = given;
        let mut facts = Vec::new();
        for (mut row, keys) in self.rows {
            row.signs = keys.iter().any(|key| dnskey_signers.contains(key));
            anchored |= row.signs;
            every_one_unsupported &= row.ignored.as_deref() == Some(UNSUPPORTED);
            facts.push(row);
        }
        let kind = match zone {
            ZoneKind::Unsigned if given && !every_one_unsupported => TrustKind::NotAnchored,
            ZoneKind::Unsigned => TrustKind::Unsigned,
            _ if anchored => TrustKind::Anchored,
            // RFC 4035 §5.2: a chain of only unknown algorithms or digests ends insecure.
            _ if every_one_unsupported => TrustKind::Unsupported,
            _ if given => TrustKind::NotAnchored,
            ZoneKind::Unsupported => TrustKind::Unsupported,
            ZoneKind::Signed => TrustKind::Island,
        };
        (kind, facts)
    }
}

/// What the apex keys and the signatures make of a zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ZoneKind {
    /// Signed by at least one key of a supported algorithm, or meant to be.
    Signed,
    /// Signed only by keys of algorithms that validators ignore.
    Unsupported,
    /// Neither keys nor signatures.
    Unsigned,
}

/// The origin of the root's own anchors.
const BUILT_IN: &str = "built in";

const UNSUPPORTED: &str = "algorithm or digest type not supported";

impl Anchor {
    fn is_sha2(&self) -> bool {
        let AnchorForm::Ds(rdata) = &self.form else { return false };
        Ds::from_rdata(rdata).is_some_and(|ds| {
            ds.algorithm.is_supported()
                && matches!(ds.digest_type, DigestType::SHA256 | DigestType::SHA384)
        })
    }

    /// Why this anchor is set aside, if it is.
    fn ignored(&self, times: &[JudgementTime], sha2_given: bool, sha1: Sha1) -> Option<String> {
        let supported = match &self.form {
            AnchorForm::Ds(rdata) => Ds::from_rdata(rdata).is_some_and(|ds| {
                sha1.supports(ds.algorithm) && sha1.supports_digest(ds.digest_type)
            }),
            AnchorForm::Dnskey(rdata) => {
                Dnskey::from_rdata(rdata).is_some_and(|dnskey| sha1.supports(dnskey.algorithm))
            }
        };
        if !supported {
            return Some(UNSUPPORTED.into());
        }
        if let AnchorForm::Ds(rdata) = &self.form
            && sha2_given
            && Ds::from_rdata(rdata).is_some_and(|ds| ds.digest_type == DigestType::SHA1)
        {
            return Some("SHA-1 beside a SHA-2 DS (RFC 4509 §3)".into());
        }
        let Some(&JudgementTime::At(at)) = times.first() else { return None };
        if self.valid_from.is_some_and(|from| at < from) {
            return Some("not yet valid".into());
        }
        if self.valid_until.is_some_and(|until| at >= until) {
            return Some("no longer valid".into());
        }
        None
    }
}
