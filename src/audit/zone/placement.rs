//! Where records may stand, and beside which others (RFC 1034 §3.6.2, RFC 2181 §10, RFC 4035 §2,
//! RFC 6672 §2).

use crate::audit::findings::Code;
use crate::dns::{Name, RType};
use crate::rrset::{OwnerRecords, Rrset, TypeMask};

use super::standing::Standing;

/// Types that may stand at any delegation.
const USUAL_AT_CUT: TypeMask = TypeMask::of(&[
    RType::NS,
    RType::DS,
    RType::NSEC,
    RType::NSEC3,
    RType::RRSIG,
    RType::A,
    RType::AAAA,
]);

/// Types that may not stand at any name that the zone speaks for, or not beside any other.
const PARTICULAR: TypeMask = TypeMask::of(&[
    RType::DS,
    RType::DNSKEY,
    RType::NSEC3PARAM,
    RType::ZONEMD,
    RType::CDS,
    RType::CDNSKEY,
    RType::CNAME,
    RType::DNAME,
]);

/// What is wrong with the place of an RRset, and what is particular about it.
pub(super) type Misplaced = (RType, Code, Option<String>);

/// Looks at one owner of the zone.
pub(super) fn misplaced(
    apex: &Name,
    owner: &OwnerRecords<'_>,
    standing: Standing,
    mut report: impl FnMut(Misplaced),
) {
    // What stands nearly everywhere is nowhere misplaced.
    let usual = match standing {
        Standing::Delegation => owner.types().is_within(USUAL_AT_CUT),
        Standing::Authoritative => !owner.types().has_any(PARTICULAR),
        _ => false,
    };
    if usual {
        return;
    }
    let has = |rtype| owner.rrset(rtype).is_some();
    match standing {
        Standing::Outside => return,
        Standing::BelowDname => {
            let types = types(owner, |rtype| !matches!(rtype, RType::NSEC | RType::NSEC3));
            if let Some(&first) = types.first() {
                report((first, Code::DataBelowDname, Some(list(&types))));
            }
            return;
        }
        Standing::BelowDelegation => {
            let glue = |rtype| matches!(rtype, RType::A | RType::AAAA);
            // The NSEC and NSEC3 rules tell of records of theirs.
            let types =
                types(owner, |rtype| !glue(rtype) && !matches!(rtype, RType::NSEC | RType::NSEC3));
            if let Some(&first) = types.first() {
                report((first, Code::DataOccluded, Some(list(&types))));
            }
            return;
        }
        Standing::Delegation => {
            let at_cut = |rtype| {
                matches!(
                    rtype,
                    RType::NS | RType::DS | RType::NSEC | RType::NSEC3 | RType::A | RType::AAAA
                )
            };
            // These are told by themselves, below.
            let told = |rtype| {
                matches!(
                    rtype,
                    RType::DNAME | RType::CNAME | RType::SOA | RType::CDS | RType::CDNSKEY
                )
            };
            let types = types(owner, |rtype| !at_cut(rtype) && !told(rtype));
            if let Some(&first) = types.first() {
                report((first, Code::DataOccluded, Some(list(&types))));
            }
            if has(RType::DNAME) {
                report((RType::DNAME, Code::DnameAtDelegation, None));
            }
        }
        Standing::Authoritative => {}
    }
    let at_apex = owner.name == *apex;
    if has(RType::DS) && standing != Standing::Delegation {
        let detail = if at_apex { "at the apex" } else { "at no delegation" };
        report((RType::DS, Code::DsMisplaced, Some(detail.into())));
    }
    if !at_apex {
        of_apex(owner, standing, &mut report);
    }
    alias(owner, &mut report);
}

/// Types that mean something at the apex only.
fn of_apex(owner: &OwnerRecords<'_>, standing: Standing, report: &mut impl FnMut(Misplaced)) {
    let codes = [
        (RType::DNSKEY, Code::DnskeyMisplaced),
        (RType::NSEC3PARAM, Code::Nsec3ParamMisplaced),
        (RType::ZONEMD, Code::ZonemdMisplaced),
    ];
    for (rtype, code) in codes {
        // At a delegation they are told as occluded.
        if owner.rrset(rtype).is_some() && standing == Standing::Authoritative {
            report((rtype, code, None));
        }
    }
    // RFC 9615 §2: the operator of a zone's servers publishes the zone's CDS below _signal.
    let labels = || owner.name.labels();
    let signalling = labels().next().is_some_and(|label| label.eq_ignore_ascii_case(b"_dsboot"))
        && labels().any(|label| label.eq_ignore_ascii_case(b"_signal"));
    for rtype in [RType::CDS, RType::CDNSKEY] {
        if owner.rrset(rtype).is_some() && !signalling {
            report((rtype, Code::CdsMisplaced, None));
        }
    }
}

/// CNAME and DNAME.
fn alias(owner: &OwnerRecords<'_>, report: &mut impl FnMut(Misplaced)) {
    let several = |rtype| owner.rrset(rtype).filter(|rrset| Rrset::distinct(*rrset).count() > 1);
    for (rtype, code) in [(RType::CNAME, Code::CnameSeveral), (RType::DNAME, Code::DnameSeveral)] {
        if let Some(rrset) = several(rtype) {
            let records = rrset.distinct().count();
            report((rtype, code, Some(format!("{records} records"))));
        }
    }
    if owner.rrset(RType::CNAME).is_some() {
        // RFC 4035 §2.5: what DNSSEC needs may stand beside a CNAME; KEY since RFC 3007 §3.1.1.
        let beside = types(owner, |rtype| {
            !matches!(
                rtype,
                RType::CNAME | RType::NSEC | RType::NSEC3 | RType::KEY | RType::SIG | RType::NXT
            )
        });
        if !beside.is_empty() {
            report((RType::CNAME, Code::CnameAndOtherData, Some(list(&beside))));
        }
    }
}

fn types(owner: &OwnerRecords<'_>, chosen: impl Fn(RType) -> bool) -> Vec<RType> {
    owner.rrsets().map(|rrset| rrset.rtype()).filter(|&rtype| chosen(rtype)).collect()
}

fn list(types: &[RType]) -> String {
    crate::audit::denial::Difference::list(types)
}
