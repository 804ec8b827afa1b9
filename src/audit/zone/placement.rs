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
    report: impl FnMut(Misplaced),
) {
    // What stands nearly everywhere is nowhere misplaced.
    let usual = match standing {
        Standing::Delegation => owner.types().is_within(USUAL_AT_CUT),
        Standing::Authoritative => !owner.types().has_any(PARTICULAR),
        _ => false,
    };
    if !usual {
        misplaced_unusual(apex, owner, standing, report);
    }
}

/// Looks at each type. For all that is usual it gives nothing.
fn misplaced_unusual(
    apex: &Name,
    owner: &OwnerRecords<'_>,
    standing: Standing,
    mut report: impl FnMut(Misplaced),
) {
    let has = |rtype| owner.rrset(rtype).is_some();
    match standing {
        Standing::Outside => return,
        Standing::BelowDname => {
            let types = types(owner, |rtype| !matches!(rtype, RType::NSEC | RType::NSEC3));
            if let Some(&first) = types.first() {
                report((first, Code::DataBelowDname, Some(list(&types))));
            }
            alias(owner, &mut report);
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
            alias(owner, &mut report);
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

/// CNAME and DNAME: also where they are hidden, since servers refuse a zone for what they are beside.
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dns::Class;
    use crate::rrset::Collector;
    use crate::source::Source;
    use crate::zonefile::{Event, ReadOptions, read};

    /// Records of all types that have a rule, and of some that have none.
    const RECORDS: [&str; 21] = [
        "A 192.0.2.1",
        "NS ns.example.",
        "CNAME b.example.",
        "SOA a. b. 1 2 3 4 5",
        "MX 0 a.",
        "TXT x",
        "AAAA 2001:db8::1",
        "SIG A 8 2 5 20300101000000 20200101000000 1 example. AAAA",
        "KEY 256 3 8 AAAA",
        "NXT b.example. A",
        "DNAME b.example.",
        "DS 1 8 2 0000000000000000000000000000000000000000000000000000000000000000",
        "RRSIG A 8 2 5 20300101000000 20200101000000 1 example. AAAA",
        "NSEC b.example. A",
        "DNSKEY 256 3 8 AAAA",
        "NSEC3 1 0 0 - 00000000000000000000000000000000 A",
        "NSEC3PARAM 1 0 0 -",
        "CDS 0 0 0 00",
        "CDNSKEY 0 3 0 AA==",
        "ZONEMD 1 1 1 000000000000000000000000000000000000000000000000000000000000\
         000000000000000000000000000000000000",
        "TYPE65280 \\# 0",
    ];

    const STANDINGS: [Standing; 5] = [
        Standing::Authoritative,
        Standing::Delegation,
        Standing::BelowDelegation,
        Standing::BelowDname,
        Standing::Outside,
    ];

    proptest! {
        /// The short cut for what is usual holds nothing back that a look at each type would tell.
        #[test]
        fn what_is_usual_is_not_misplaced(
            types in prop::collection::vec(0..RECORDS.len(), 1..5),
            standing in 0..STANDINGS.len(),
            owner in prop::sample::select(vec!["example.", "a.example.", "_dsboot.a._signal.example."]),
        ) {
            let text: String =
                types.iter().map(|&i| format!("{owner} 5 IN {}\n", RECORDS[i])).collect();
            let mut collector = Collector::new();
            let source = Source::from_bytes("test", text.into());
            read(source, &ReadOptions::default(), &mut |event| match event {
                Event::Record(record) => collector.push(&record),
                Event::Fault(fault) => panic!("{fault:?}"),
                Event::Progress { .. } => {}
            })
            .unwrap();
            let apex = Name::from_text(b"example.", None).unwrap();
            let ordered = collector.order(&apex, None);
            let spans: Vec<_> = ordered.owners().collect();
            let loaded = ordered.load(&spans);
            let owner = OwnerRecords::first(&loaded, Class::IN);
            let (mut shortly, mut at_length) = (Vec::new(), Vec::new());
            misplaced(&apex, &owner, STANDINGS[standing], |found| shortly.push(found));
            misplaced_unusual(&apex, &owner, STANDINGS[standing], |found| at_length.push(found));
            prop_assert_eq!(shortly, at_length);
        }
    }
}
