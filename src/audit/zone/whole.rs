//! What is to be said of the zone as a whole, apart from its chains and its digest: before anything
//! is verified, and when all is.

use std::collections::BTreeSet;

use crate::audit::findings::{Code, Finding};
use crate::dns::{Algorithm, RType};
use crate::engine::KeyIndex;
use crate::rrset::OwnerRecords;

use super::cds;
use super::judge::Court;
use super::keys::{key_findings, role_findings};
use super::tally::Tally;
use super::trust::{Anchoring, ZoneKind};
use super::versions::Versions;

/// What is known from the apex alone. `plan_findings` are about the chains that the zone claims.
pub(super) fn known_before(
    court: &Court<'_>,
    apex: &OwnerRecords<'_>,
    plan_findings: Vec<Finding>,
) -> Vec<Finding> {
    let context = &court.context;
    let exponent_bits = context.keys.limits.rsa_exponent_bits;
    let mut findings = zone_findings(court, apex);
    findings.extend(key_findings(
        context.apex,
        context.keys.table,
        context.keys.sha1,
        exponent_bits,
    ));
    let of_denial = plan_findings.into_iter().chain(old_algorithm_findings(court));
    findings.extend(of_denial.map(|finding| court.weigh(finding)));
    findings
}

/// What follows from what each key signs.
pub(super) fn known_after(
    court: &Court<'_>,
    apex: &OwnerRecords<'_>,
    anchoring: &Anchoring,
    tally: &Tally,
) -> Vec<Finding> {
    let context = &court.context;
    let anchored = tally.dnskey_signers.iter().any(|&key| anchoring.anchors(key));
    let mut findings = role_findings(context.apex, context.keys.table, tally, anchored);
    findings.extend(anchor_findings(court, anchoring, tally));
    findings.extend(request_findings(court, apex, anchoring, tally));
    findings
}

/// SOA, NS, keys: whether they are there.
fn zone_findings(court: &Court<'_>, records: &OwnerRecords<'_>) -> Vec<Finding> {
    let apex = *court.context.apex;
    let at_apex =
        |code, rtype| Finding { owner: Some(apex), rtype: Some(rtype), ..Finding::new(code) };
    let mut findings = Vec::new();
    match records.rrset(RType::SOA) {
        None => findings.push(at_apex(Code::SoaMissing, RType::SOA)),
        Some(soas) if soas.distinct().count() > 1 => {
            let last = soas.distinct().max_by_key(|record| record.position);
            let place = last.map(|record| court.place(record.position));
            let detail = Some(format!("{} SOA records", soas.distinct().count()));
            findings.push(Finding { place, detail, ..at_apex(Code::SoaDiffer, RType::SOA) });
        }
        Some(_) => {}
    }
    if records.rrset(RType::NS).is_none() {
        findings.push(at_apex(Code::NsMissing, RType::NS));
    }
    if court.kind == ZoneKind::Unsigned {
        let was_signed = court.versions.is_some_and(Versions::was_signed);
        let detail = was_signed.then(|| "the previous version was signed".to_owned());
        let finding = Finding::new(Code::ZoneUnsigned);
        findings.push(Finding { owner: Some(apex), detail, ..finding });
    } else if court.context.keys.table.is_empty() {
        findings.push(at_apex(Code::DnskeyMissing, RType::DNSKEY));
    }
    findings
}

/// Algorithms that promise NSEC, in a zone that denies by NSEC3 (RFC 5155 §2).
fn old_algorithm_findings(court: &Court<'_>) -> Vec<Finding> {
    if court.plan.sets.is_empty() {
        return Vec::new();
    }
    // RSAMD5, DSA and RSASHA1: those that were there before NSEC3.
    let old = court.promised.iter().filter(|algorithm| matches!(algorithm.0, 1 | 3 | 5));
    old.map(|algorithm| Finding {
        owner: Some(*court.context.apex),
        rtype: Some(RType::DNSKEY),
        detail: Some(algorithm.to_string()),
        ..Finding::new(Code::Nsec3OldAlgorithm)
    })
    .collect()
}

/// DS whose algorithm no key signs with.
fn anchor_findings(court: &Court<'_>, anchoring: &Anchoring, tally: &Tally) -> Vec<Finding> {
    if court.kind != ZoneKind::Signed {
        return Vec::new();
    }
    let unkept = anchoring.unkept_algorithms(court.context.keys.table, &tally.dnskey_signers);
    let finding = |algorithm: Algorithm| Finding {
        owner: Some(*court.context.apex),
        rtype: Some(RType::DNSKEY),
        detail: Some(algorithm.to_string()),
        ..Finding::new(Code::AnchorAlgorithmMissing)
    };
    unkept.into_iter().map(finding).collect()
}

/// CDS and CDNSKEY at the apex.
fn request_findings(
    court: &Court<'_>,
    apex: &OwnerRecords<'_>,
    anchoring: &Anchoring,
    tally: &Tally,
) -> Vec<Finding> {
    let signers = tally.dnskey_signers.iter().copied();
    let mut represented: BTreeSet<KeyIndex> =
        signers.filter(|&key| anchoring.anchors(key)).collect();
    if represented.is_empty() {
        represented.clone_from(&tally.dnskey_signers);
    }
    let signers = |rtype| {
        let over = tally.request_signers.iter().filter(|(over, _)| *over == rtype);
        over.map(|&(_, key)| key).collect()
    };
    let mut findings = Vec::new();
    let table = court.context.keys.table;
    cds::check(court.context.apex, apex, table, &represented, signers, |finding, place| {
        let place = place.map(|place| court.place(place));
        findings.push(Finding { place, ..finding });
    });
    findings
}
