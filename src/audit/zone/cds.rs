//! CDS and CDNSKEY: what the zone asks its parent to publish (RFC 7344, RFC 8078).

use std::collections::BTreeSet;

use crate::audit::findings::{Code, Finding};
use crate::crypto::ds_digest;
use crate::dns::rdata::{Dnskey, Ds};
use crate::dns::{Algorithm, Name, RType};
use crate::engine::{Key, KeyIndex, KeyTable};
use crate::rrset::{OwnerRecords, Position, RrRef};

/// What a CDS or CDNSKEY record asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Request {
    /// That the parent delete all DS (RFC 8078 §4).
    Delete,
    /// That a DS for this key of the zone be published.
    Key(KeyIndex),
    /// That a DS be published for a key that is not there, or whose digest cannot be computed.
    Stranger { can_tell: bool },
    /// Nothing that could be understood.
    Malformed,
}

/// Looks at the apex. `keys` are those that a DS represents or could represent: the keys that sign
/// the DNSKEY RRset, or of them those that are anchored; `signers` those under which a signature
/// over each of the two RRsets holds.
pub(super) fn check(
    apex: &Name,
    records: &OwnerRecords<'_>,
    table: &KeyTable,
    keys: &BTreeSet<KeyIndex>,
    signers: impl Fn(RType) -> BTreeSet<KeyIndex>,
    mut report: impl FnMut(Finding, Option<Position>),
) {
    let mut asked = Vec::new();
    for rtype in [RType::CDS, RType::CDNSKEY] {
        let Some(rrset) = records.rrset(rtype) else { continue };
        let finding = |code, detail| Finding {
            owner: Some(*apex),
            rtype: Some(rtype),
            detail,
            ..Finding::new(code)
        };
        let mut requests = Vec::new();
        for record in rrset.distinct() {
            let request = request(apex, rtype, record, table);
            let code = match request {
                Request::Malformed => Some(Code::CdsMalformed),
                Request::Stranger { can_tell: true } => Some(Code::CdsWithoutDnskey),
                Request::Delete | Request::Key(_) | Request::Stranger { can_tell: false } => None,
            };
            if let Some(code) = code {
                report(finding(code, describe(rtype, record)), Some(record.position));
            }
            requests.push(request);
        }
        let first = Some(rrset.first_in_input().position);
        if requests.contains(&Request::Delete) && requests.len() > 1 {
            report(finding(Code::CdsDeleteNotAlone, None), first);
        }
        if !keys.is_empty() && signers(rtype).is_disjoint(keys) {
            report(finding(Code::CdsSigner, None), first);
        }
        asked.push((rrset, requests));
    }
    let [(cds, by_digest), (_, by_key)] = asked.as_slice() else { return };
    let differ =
        Finding { owner: Some(*apex), rtype: Some(RType::CDS), ..Finding::new(Code::CdsDiffer) };
    let first = Some(cds.first_in_input().position);
    let deletes = |requests: &[Request]| requests.contains(&Request::Delete);
    if deletes(by_digest) != deletes(by_key) {
        let detail = Some("only one of them asks to delete".into());
        report(Finding { detail, ..differ }, first);
        return;
    }
    let named = |requests: &[Request]| -> BTreeSet<KeyIndex> {
        let key = |request: &Request| match request {
            Request::Key(key) => Some(*key),
            _ => None,
        };
        requests.iter().filter_map(key).collect()
    };
    let (named_by_digest, named_by_key) = (named(by_digest), named(by_key));
    // Digests that cannot be computed may mean any key.
    let can_tell = !by_digest.contains(&Request::Stranger { can_tell: false });
    if can_tell && named_by_digest != named_by_key {
        let tags: Vec<String> = named_by_digest
            .symmetric_difference(&named_by_key)
            .map(|&key| table.get(key).tag.to_string())
            .collect();
        let detail = Some(format!("key {} is in one of them only", tags.join(", ")));
        report(Finding { detail, ..differ }, first);
    }
}

fn request(apex: &Name, rtype: RType, record: &RrRef<'_>, table: &KeyTable) -> Request {
    if rtype == RType::CDS {
        by_digest(apex, record.rdata, table)
    } else {
        by_key(record.rdata, table)
    }
}

fn by_digest(apex: &Name, rdata: &[u8], table: &KeyTable) -> Request {
    let Some(ds) = Ds::from_rdata(rdata) else { return Request::Malformed };
    if ds.algorithm == Algorithm(0) {
        // RFC 8078 §4, erratum 5049: one octet of digest, since master files cannot write none.
        let delete = ds.key_tag == 0 && ds.digest_type.0 == 0 && matches!(ds.digest, [] | [0]);
        return if delete { Request::Delete } else { Request::Malformed };
    }
    let Some(len) = ds.digest_type.digest_len() else {
        return Request::Stranger { can_tell: false };
    };
    if ds.digest.len() != len {
        return Request::Malformed;
    }
    let means = |key: &Key| {
        key.tag == ds.key_tag
            && key.algorithm == ds.algorithm
            && ds_digest(ds.digest_type, apex, &key.rdata).is_some_and(|own| own[..] == *ds.digest)
    };
    find(table, means)
}

fn by_key(rdata: &[u8], table: &KeyTable) -> Request {
    let Some(dnskey) = Dnskey::from_rdata(rdata) else { return Request::Malformed };
    if dnskey.algorithm == Algorithm(0) {
        let delete = dnskey.flags == 0 && dnskey.protocol == 3 && matches!(dnskey.key, [] | [0]);
        return if delete { Request::Delete } else { Request::Malformed };
    }
    find(table, |key| key.rdata == rdata)
}

fn find(table: &KeyTable, means: impl Fn(&Key) -> bool) -> Request {
    let found = table.iter().find(|(_, key)| means(key));
    found.map_or(Request::Stranger { can_tell: true }, |(index, _)| Request::Key(index))
}

fn describe(rtype: RType, record: &RrRef<'_>) -> Option<String> {
    if rtype == RType::CDNSKEY {
        let tag = crate::dns::rdata::key_tag(record.rdata);
        let algorithm = Dnskey::from_rdata(record.rdata)?.algorithm;
        return Some(format!("key {tag}, {algorithm}"));
    }
    let ds = Ds::from_rdata(record.rdata)?;
    let octets = ds.digest.len();
    Some(format!("key {}, {}, {}, {octets} octets", ds.key_tag, ds.algorithm, ds.digest_type))
}
