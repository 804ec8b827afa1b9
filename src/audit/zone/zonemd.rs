//! ZONEMD: the digest of the whole zone, scheme SIMPLE (RFC 8976).

use std::collections::BTreeMap;

use crate::audit::findings::{Code, Finding, Severity};
use crate::crypto::{ZoneDigest, ZonemdHash};
use crate::dns::rdata::Zonemd;
use crate::dns::{Class, Name, RType};
use crate::rrset::{Ordered, OwnerRecords, Position, RrRef, Rrset};

use super::config::ZonemdPolicy;
use super::summary::{ZonemdFacts, ZonemdRow, ZonemdStatus};

/// The scheme SIMPLE (RFC 8976 §5.2).
const SIMPLE: u8 = 1;

/// Owners whose records are loaded together.
const OWNERS_AT_ONCE: usize = 512;

/// The digests of the zone, by hash algorithm.
pub(super) type Digests = BTreeMap<ZonemdHash, Vec<u8>>;

/// The hash algorithms with which the zone has to be digested: those of records that could be right.
pub(super) fn hashes(
    policy: ZonemdPolicy,
    apex: &OwnerRecords<'_>,
    serial: Option<u32>,
) -> Vec<ZonemdHash> {
    if policy == ZonemdPolicy::Off {
        return Vec::new();
    }
    let records = apex.rrset(RType::ZONEMD);
    let record = |record: &RrRef<'_>| {
        let zonemd = Zonemd::from_rdata(record.rdata)?;
        let hash = ZonemdHash::of(zonemd.hash).filter(|_| zonemd.scheme == SIMPLE)?;
        let usable = Some(zonemd.serial) == serial && zonemd.digest.len() == hash.digest_len();
        usable.then_some(hash)
    };
    let mut hashes: Vec<_> =
        records.into_iter().flat_map(Rrset::distinct).filter_map(record).collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

/// Digests the zone (RFC 8976 §3.3): all records of the zone in canonical form and order, glue and
/// occluded data too, each once, but for the apex's ZONEMD RRset and the signatures over it.
pub(super) fn digest(
    ordered: &Ordered,
    class: Class,
    apex: &Name,
    hashes: &[ZonemdHash],
) -> Digests {
    let mut digests: Vec<(ZonemdHash, ZoneDigest)> =
        hashes.iter().map(|hash| (*hash, hash.start())).collect();
    if digests.is_empty() {
        return Digests::new();
    }
    let mut owners = ordered.owners().filter(|owner| owner.in_zone).peekable();
    let mut octets = Vec::new();
    while owners.peek().is_some() {
        let spans: Vec<_> = owners.by_ref().take(OWNERS_AT_ONCE).collect();
        let (loaded, mut owner) = (ordered.load(&spans), OwnerRecords::new());
        for index in 0..spans.len() {
            owner.take(&loaded, index, class);
            octets.clear();
            let at_apex = owner.name == *apex;
            let mut last: Option<&RrRef<'_>> = None;
            for record in owner.records() {
                let repeats = last
                    .is_some_and(|last| last.rtype == record.rtype && last.rdata == record.rdata);
                last = Some(record);
                let left_out = at_apex && is_of_the_digest(record);
                if !repeats && !left_out {
                    append_record(&owner.name, record, &mut octets);
                }
            }
            digests.iter_mut().for_each(|(_, digest)| digest.update(&octets));
        }
    }
    digests.into_iter().map(|(hash, digest)| (hash, digest.finish())).collect()
}

/// ZONEMD, or a signature over it (RFC 8976 §3.3.1.2).
fn is_of_the_digest(record: &RrRef<'_>) -> bool {
    record.rtype == RType::ZONEMD
        || (record.rtype == RType::RRSIG
            && record.rdata.starts_with(&RType::ZONEMD.0.to_be_bytes()))
}

fn append_record(owner: &Name, record: &RrRef<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(owner.as_wire());
    out.extend_from_slice(&record.rtype.0.to_be_bytes());
    out.extend_from_slice(&record.class.0.to_be_bytes());
    out.extend_from_slice(&record.ttl.to_be_bytes());
    // RDATA in the store has a length of 16 bits.
    let len = u16::try_from(record.rdata.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(record.rdata);
}

/// Judges the ZONEMD RRset (RFC 8976 §4): one record that holds is enough.
pub(super) fn judge(
    policy: ZonemdPolicy,
    apex: &OwnerRecords<'_>,
    serial: Option<u32>,
    digests: &Digests,
    report: &mut dyn FnMut(Finding, Option<Position>),
) -> Option<ZonemdFacts> {
    if policy == ZonemdPolicy::Off {
        return None;
    }
    let finding = |code, detail| Finding {
        owner: Some(apex.name),
        rtype: Some(RType::ZONEMD),
        detail,
        ..Finding::new(code)
    };
    let Some(rrset) = apex.rrset(RType::ZONEMD) else {
        if policy == ZonemdPolicy::Required {
            report(finding(Code::ZonemdMissing, None), None);
            return Some(ZonemdFacts { status: ZonemdStatus::Missing, records: Vec::new() });
        }
        return None;
    };
    let records: Vec<(&RrRef<'_>, Option<Zonemd<'_>>)> =
        rrset.distinct().map(|record| (record, Zonemd::from_rdata(record.rdata))).collect();
    let mut rows = Vec::new();
    let mut faults = Vec::new();
    for (record, zonemd) in &records {
        let same = |other: &Zonemd<'_>| {
            zonemd.is_some_and(|own| (own.scheme, own.hash) == (other.scheme, other.hash))
        };
        let repeated = records.iter().filter_map(|(_, other)| other.as_ref()).filter(|o| same(o));
        let fault = fault_of(zonemd.as_ref(), serial, repeated.count() > 1, digests);
        rows.push(ZonemdRow {
            scheme: zonemd.map_or(0, |zonemd| zonemd.scheme),
            hash: zonemd.map_or(0, |zonemd| zonemd.hash),
            holds: fault.is_none(),
        });
        faults.extend(fault.map(|(code, detail)| (code, detail, record.position)));
    }
    let holds = rows.iter().any(|row| row.holds);
    let ignored = faults.iter().all(|(code, ..)| *code == Code::ZonemdUnsupported);
    for (code, detail, place) in faults {
        let mut finding = finding(code, detail);
        if holds {
            finding.severity = Severity::Advice;
        }
        report(finding, Some(place));
    }
    let status = match (holds, ignored) {
        (true, _) => ZonemdStatus::Verified,
        (false, true) => ZonemdStatus::Unsupported,
        (false, false) => ZonemdStatus::Failed,
    };
    if status == ZonemdStatus::Unsupported && policy == ZonemdPolicy::Required {
        report(finding(Code::ZonemdMissing, Some("none that can be verified".into())), None);
    }
    Some(ZonemdFacts { status, records: rows })
}

/// What keeps a record from holding.
fn fault_of(
    zonemd: Option<&Zonemd<'_>>,
    serial: Option<u32>,
    repeated: bool,
    digests: &Digests,
) -> Option<(Code, Option<String>)> {
    let Some(zonemd) = zonemd else {
        return Some((Code::ZonemdMalformed, Some("the RDATA cannot be read".into())));
    };
    let hash = ZonemdHash::of(zonemd.hash).filter(|_| zonemd.scheme == SIMPLE);
    let Some(hash) = hash else {
        let detail = format!("scheme {}, hash algorithm {}", zonemd.scheme, zonemd.hash);
        return Some((Code::ZonemdUnsupported, Some(detail)));
    };
    if repeated {
        return Some((Code::ZonemdRepeated, Some(hash.name().into())));
    }
    if serial != Some(zonemd.serial) {
        let soa =
            serial.map_or("there is not one SOA".into(), |serial| format!("the SOA has {serial}"));
        return Some((Code::ZonemdSerial, Some(format!("serial {}, {soa}", zonemd.serial))));
    }
    let (octets, found) = (hash.digest_len(), zonemd.digest.len());
    if octets != found {
        let detail = format!("{} has {octets} octets, this digest {found}", hash.name());
        return Some((Code::ZonemdMalformed, Some(detail)));
    }
    let holds = digests.get(&hash).is_some_and(|digest| digest == zonemd.digest);
    (!holds).then(|| (Code::ZonemdDigest, Some(hash.name().into())))
}
