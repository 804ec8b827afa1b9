//! Two versions of one zone: what a zone must not do to those who hold the previous version of it
//! (RFC 6781 §4.1, RFC 7583).
//!
//! The previous version is taken to be the one that is published when this one takes its place, so
//! that caches hold RRsets of it for as long as their TTLs. Nothing else is assumed: what two
//! versions cannot show, such as how long a key has been there or what the parent publishes, is not
//! claimed. Signatures of the previous version are not verified.

use std::collections::BTreeSet;

use crate::audit::findings::{Code, Finding, KeyRef, Severity};
use crate::dns::rdata::{Dnskey, Rrsig, Soa, key_tag};
use crate::dns::{Algorithm, Class, Name, RType};
use crate::engine::{Key, KeyIndex, KeyTable, Stopwatch};
use crate::rrset::{Ordered, OwnerRecords, SignatureCounts};
use crate::source::{OpenOptions, Source, SourceError};

use super::charter::{key_table, single_soa};
use super::compare::{Cases, VersionTally, in_use};
use super::config::{Config, JudgementTime, PreviousInput, Progress};
use super::keys::promised_algorithms;
use super::summary::{PreviousFacts, TrustKind};
use super::{Error, Unreadable, collect, find_apex};
use crate::audit::usability::Usability;

/// The previous version, read and in order.
pub(super) struct Previous {
    ordered: Ordered,
    class: Class,
    files: Vec<String>,
    soa: Option<Soa>,
    table: KeyTable,
    usability: Usability,
    /// The TTL of its DNSKEY RRset.
    dnskey_ttl: u32,
    has_signatures: bool,
    unreadable: Unreadable,
}

/// Opens the previous version, when there is one.
pub(super) fn open(config: &Config) -> Result<Option<Source>, SourceError> {
    let options = OpenOptions { map: config.map };
    let source = config.previous.as_ref().map(|previous| match previous {
        PreviousInput::StandardInput => Source::stdin(&options),
        PreviousInput::File(path) => Source::open(path, &options),
    });
    source.transpose()
}

impl Previous {
    /// Reads the previous version of the zone that has this apex and class in `file`.
    pub(super) fn read(
        source: Source,
        config: &Config,
        (file, apex, class): (&str, &Name, Class),
        watch: &mut Stopwatch,
    ) -> Result<Self, Error> {
        let name = source.name().to_owned();
        let mut unreadable = Unreadable::default();
        // What is shown of the progress is that of the zone itself.
        let progress = Progress::default();
        let mut on_finding = |finding: Finding| unreadable.count_in(&finding);
        let (collector, facts, text) = collect(source, config, &progress, watch, &mut on_finding)?;
        let named = find_apex(&collector, config, name.clone(), unreadable.clone())?;
        // An origin that is given says nothing of what the file holds.
        let soa_owners = collector.soa_owners();
        let (its_apex, its_class) = match soa_owners.first() {
            Some(&first) if !soa_owners.contains(&named) => first,
            _ => named,
        };
        if (its_apex, its_class) != (*apex, class) {
            return Err(Error::OtherZone {
                file: file.to_owned(),
                zone: format!("{apex} {class}"),
                previous: name,
                previous_zone: format!("{its_apex} {its_class}"),
            });
        }
        let has_signatures = collector.signatures() > 0;
        let ordered = watch.time(|| collector.order(apex, text));
        let (soa, table, dnskey_ttl) = {
            let at_apex = ordered.load(&ordered.find(apex));
            let records = OwnerRecords::first(&at_apex, class);
            let dnskey_ttl = records.rrset(RType::DNSKEY).map_or(0, |rrset| rrset.ttls().0);
            (
                single_soa(&records),
                key_table(&records, config, &SignatureCounts::default()),
                dnskey_ttl,
            )
        };
        Ok(Self {
            ordered,
            class,
            files: facts.files.iter().map(|file| file.to_string()).collect(),
            soa: soa.map(|(soa, _)| soa),
            usability: Usability::new(&table, config.sha1, config.limits.rsa_exponent_bits),
            table,
            dnskey_ttl,
            has_signatures,
            unreadable,
        })
    }
}

/// Both versions, and what their keys have to do with each other.
pub(super) struct Versions<'z> {
    previous: &'z Previous,
    /// The time for which it is asked what caches hold: the first time of judgement.
    pub time: JudgementTime,
    /// Every entry of the previous version could be read, so that what it lacks was not there.
    pub complete: bool,
    /// The keys that could verify data of the previous version.
    pub keys_before: BTreeSet<KeyRef>,
    /// Those of them that this version has no more.
    pub vanished: BTreeSet<KeyRef>,
    /// The keys of this version that the previous DNSKEY RRset lacks, when caches may hold that.
    pub new_keys: BTreeSet<KeyIndex>,
    /// The algorithms of this DNSKEY RRset that the previous one lacks.
    pub algorithms_added: Vec<Algorithm>,
    /// The algorithms that this DNSKEY RRset lacks, when caches may hold the previous one.
    pub algorithms_removed: Vec<Algorithm>,
    /// The keys that sign the previous DNSKEY RRset, by their RDATA.
    signers_before: BTreeSet<&'z [u8]>,
    keys_added: Vec<KeyRef>,
    keys_removed: Vec<KeyRef>,
}

impl<'z> Versions<'z> {
    /// `table` holds the keys of the version that is audited.
    pub(super) fn new(
        previous: &'z Previous,
        apex: &Name,
        table: &KeyTable,
        time: JudgementTime,
    ) -> Self {
        let before = &previous.table;
        let complete = previous.unreadable.count == 0;
        let usable = |(index, key)| previous.usability.secures(index).then_some(reference(key));
        let keys_before: BTreeSet<KeyRef> = before.iter().filter_map(usable).collect();
        let (rdatas, rdatas_before) = (rdatas(table), rdatas(before));
        let lacked = |rdatas: &BTreeSet<&[u8]>, table: &KeyTable| {
            let keys = table.iter().map(|(_, key)| key);
            let keys = keys.filter(|key| !rdatas.contains(key.rdata.as_slice()));
            let mut keys: Vec<KeyRef> = keys.map(reference).collect();
            keys.sort_unstable();
            keys
        };
        let at_apex = previous.ordered.load(&previous.ordered.find(apex));
        let records = OwnerRecords::first(&at_apex, previous.class);
        // Signatures and keys may be many, and the keys of one tag: each tag is looked at once.
        let (mut tags, mut cached) = (BTreeSet::new(), false);
        for record in records.rrsigs_covering(RType::DNSKEY) {
            let Some(rrsig) = Rrsig::from_rdata(record.rdata) else { continue };
            let key = KeyRef { tag: rrsig.key_tag, algorithm: rrsig.algorithm };
            if keys_before.contains(&key) {
                tags.insert(key);
                cached |= previous.dnskey_ttl > 0 && in_use(&rrsig, time);
            }
        }
        let signs = |(index, key): (KeyIndex, &'z Key)| {
            let signs = previous.usability.secures(index) && tags.contains(&reference(key));
            signs.then_some(key.rdata.as_slice())
        };
        let signers_before = before.iter().filter_map(signs).collect();
        // A zone that becomes signed, or ceases to be, is judged by its DS: that is not known here.
        let both_signed = !before.is_empty() && !table.is_empty();
        let cached = cached && both_signed;
        let (now, then) = (promised_algorithms(table), promised_algorithms(before));
        let without = |these: &[Algorithm], those: &[Algorithm], known: bool| {
            let these = these.iter().copied();
            these.filter(|algorithm| known && !those.contains(algorithm)).collect()
        };
        let gone = |key: &&KeyRef| both_signed && table.matching(key.algorithm, key.tag).is_empty();
        let added = |&(_, key): &(KeyIndex, &Key)| {
            complete && cached && !rdatas_before.contains(key.rdata.as_slice())
        };
        Self {
            previous,
            time,
            complete,
            vanished: keys_before.iter().filter(gone).copied().collect(),
            keys_before,
            new_keys: table.iter().filter(added).map(|(index, _)| index).collect(),
            algorithms_added: without(&now, &then, both_signed && complete),
            algorithms_removed: without(&then, &now, cached),
            signers_before,
            keys_added: lacked(&rdatas_before, table),
            keys_removed: lacked(&rdatas, before),
        }
    }

    /// The records of the previous version.
    pub(super) fn ordered(&self) -> &'z Ordered {
        &self.previous.ordered
    }

    /// The zone's class.
    pub(super) fn class(&self) -> Class {
        self.previous.class
    }

    /// Whether the previous version was signed.
    pub(super) fn was_signed(&self) -> bool {
        self.previous.has_signatures || !self.previous.table.is_empty()
    }

    /// For the summary.
    pub(super) fn facts(&self, tally: &VersionTally) -> PreviousFacts {
        PreviousFacts {
            files: self.previous.files.clone(),
            serial: self.previous.soa.map(|soa| soa.serial),
            unreadable: self.previous.unreadable.count,
            records: tally.records,
            rrsets: tally.rrsets,
            signatures: tally.signatures,
            keys_added: self.keys_added.clone(),
            keys_removed: self.keys_removed.clone(),
        }
    }

    /// What is to be said at the end, when all owners have been compared.
    pub(super) fn findings(&self, zone: &Now<'_>, tally: &VersionTally) -> Vec<Finding> {
        let mut findings = Vec::new();
        findings.extend(self.unreadable(zone));
        findings.extend(self.serial(zone, tally.any_change()));
        let on_key = |code, (&key, cases): (&KeyRef, &Cases)| Finding {
            key: Some(key),
            detail: Some(cases.to_string()),
            ..zone.at_apex(code, RType::DNSKEY)
        };
        let on_algorithm = |code, (algorithm, cases): (&Algorithm, &Cases)| Finding {
            detail: Some(format!("{algorithm}: {cases}")),
            ..zone.at_apex(code, RType::DNSKEY)
        };
        let of = |code| move |row| on_key(code, row);
        findings.extend(tally.used_too_soon.iter().map(of(Code::KeyUsedTooSoon)));
        findings.extend(tally.removed_too_soon.iter().map(of(Code::KeyRemovedTooSoon)));
        findings.extend(self.signers_replaced(zone));
        findings.extend(self.revocations_undone(zone));
        let of = |code| move |row| on_algorithm(code, row);
        findings.extend(tally.without_added.iter().map(of(Code::AlgorithmAddedAtOnce)));
        findings.extend(tally.without_removed.iter().map(of(Code::AlgorithmRemovedAtOnce)));
        findings
    }

    fn unreadable(&self, zone: &Now<'_>) -> Option<Finding> {
        let Unreadable { count, first } = &self.previous.unreadable;
        let first = first.as_deref().filter(|_| *count > 0)?;
        let detail = match count {
            1 => format!("one entry, {first}"),
            _ => format!("{count} entries, the first at {first}"),
        };
        let owner = Some(*zone.apex);
        Some(Finding { owner, detail: Some(detail), ..Finding::new(Code::PreviousUnreadable) })
    }

    /// RFC 1982 §3.2, RFC 1034 §4.3.5.
    fn serial(&self, zone: &Now<'_>, any_change: bool) -> Option<Finding> {
        let (now, before) = (zone.serial?, self.previous.soa?.serial);
        let (code, detail) = match now.wrapping_sub(before) {
            // What could not be read may be all that has changed.
            0 if any_change && self.complete => (Code::SerialUnchanged, format!("{now}")),
            0..=0x7fff_ffff => return None,
            0x8000_0000 => {
                let detail = format!("{now} after {before}: neither is the greater one");
                (Code::SerialBackwards, detail)
            }
            _ => (Code::SerialBackwards, format!("{now} after {before}")),
        };
        Some(Finding { detail: Some(detail), ..zone.at_apex(code, RType::SOA) })
    }

    /// Whether a DS that was right for the previous version can lead to the keys of this one.
    fn signers_replaced(&self, zone: &Now<'_>) -> Option<Finding> {
        let signers: BTreeSet<&[u8]> =
            zone.signers.iter().map(|&key| zone.table.get(key).rdata.as_slice()).collect();
        if signers.is_empty()
            || self.signers_before.is_empty()
            || !signers.is_disjoint(&self.signers_before)
        {
            return None;
        }
        let severity = match zone.trust {
            // The DS are given, and one of them stands for a key that signs now.
            TrustKind::Anchored => return None,
            TrustKind::NotAnchored => Severity::Violation,
            // The DS are not known: with Double-DS (RFC 7583 §3.3.2) it may be right.
            _ => Severity::Advice,
        };
        let tags = |rdatas: &BTreeSet<&[u8]>| {
            let tags = rdatas.iter().take(SHOWN).map(|rdata| key_tag(rdata).to_string());
            let more = if rdatas.len() > SHOWN { " …" } else { "" };
            tags.collect::<Vec<_>>().join(", ") + more
        };
        let detail = format!("{} in place of {}", tags(&signers), tags(&self.signers_before));
        let finding = zone.at_apex(Code::KeySignersReplaced, RType::DNSKEY);
        Some(Finding { severity, detail: Some(detail), ..finding })
    }

    /// Keys that were revoked and are not any more (RFC 5011 §2.1).
    fn revocations_undone(&self, zone: &Now<'_>) -> Vec<Finding> {
        let revoked = |key: &Dnskey<'_>| key.is_zone_key() && key.is_revoked();
        let material = |key: Dnskey<'z>| (key.algorithm, key.protocol, key.key);
        let before = self.previous.table.iter().map(|(_, key)| key.dnskey());
        let before: BTreeSet<_> = before.filter(revoked).map(material).collect();
        let undone = |key: &Key| {
            let key = key.dnskey();
            key.is_zone_key()
                && !key.is_revoked()
                && before.contains(&(key.algorithm, key.protocol, key.key))
        };
        let keys = zone.table.iter().map(|(_, key)| key).filter(|key| undone(key));
        let finding = |key| Finding {
            key: Some(reference(key)),
            ..zone.at_apex(Code::KeyRevocationUndone, RType::DNSKEY)
        };
        keys.map(finding).collect()
    }
}

/// What is known of the version that is audited, at the end of its audit.
pub(super) struct Now<'n> {
    pub apex: &'n Name,
    pub serial: Option<u32>,
    pub table: &'n KeyTable,
    /// The keys that sign the DNSKEY RRset.
    pub signers: &'n BTreeSet<KeyIndex>,
    pub trust: TrustKind,
}

impl Now<'_> {
    fn at_apex(&self, code: Code, rtype: RType) -> Finding {
        Finding { owner: Some(*self.apex), rtype: Some(rtype), ..Finding::new(code) }
    }
}

/// Keys that a detail lists at most: a zone has two signers of its keys, or three.
const SHOWN: usize = 8;

fn rdatas(table: &KeyTable) -> BTreeSet<&[u8]> {
    table.iter().map(|(_, key)| key.rdata.as_slice()).collect()
}

fn reference(key: &Key) -> KeyRef {
    KeyRef { tag: key.tag, algorithm: key.algorithm }
}
