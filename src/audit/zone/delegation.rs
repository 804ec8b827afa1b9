//! Delegations: whether a DS can be used, and whether the servers below a cut have addresses.

use crate::audit::findings::Code;
use crate::dns::rdata::Ds;
use crate::dns::{DigestType, Name, RType};
use crate::rrset::{Keys, OwnerRecords, OwnerSpan, RrRef, Rrset};

use super::config::Sha1;

/// What is wrong with a record of a delegation, or with its RRset as a whole.
pub(super) type Fault<'o, 'a> = (Code, &'o RrRef<'a>, Option<String>);

/// Looks at the DS RRset of a delegation (RFC 4035 §5.2, RFC 9904 §4).
pub(super) fn check_ds<'o, 'a>(
    rrset: Rrset<'o, 'a>,
    sha1: Sha1,
    mut report: impl FnMut(Fault<'o, 'a>),
) {
    let (mut supported, mut sha2, mut reasons) = (false, false, Vec::new());
    for record in rrset.distinct() {
        let Some(ds) = Ds::from_rdata(record.rdata) else {
            report((Code::DsMalformed, record, Some("the RDATA cannot be read".into())));
            continue;
        };
        let Some(len) = ds.digest_type.digest_len() else {
            reasons.push(ds.digest_type.to_string());
            continue;
        };
        if ds.digest.len() != len {
            let found = ds.digest.len();
            let detail = format!("{} has {len} octets, this digest {found}", ds.digest_type);
            report((Code::DsMalformed, record, Some(detail)));
            continue;
        }
        if !sha1.supports(ds.algorithm) {
            reasons.push(ds.algorithm.to_string());
            continue;
        }
        if !sha1.supports_digest(ds.digest_type) {
            reasons.push(ds.digest_type.to_string());
            continue;
        }
        supported = true;
        sha2 |= ds.digest_type != DigestType::SHA1;
    }
    let first = rrset.first_in_input();
    if supported && !sha2 {
        report((Code::DsSha1, first, None));
    } else if !supported && !reasons.is_empty() {
        reasons.dedup();
        report((Code::DsUnsupported, first, Some(reasons.join(", "))));
    }
}

/// Looks for the addresses of servers below the cut (RFC 1034 §4.2.1).
pub(super) fn check_glue<'o, 'a>(
    owner: &'o OwnerRecords<'a>,
    span: &OwnerSpan,
    keys: &mut Keys<'_>,
    mut report: impl FnMut(Fault<'o, 'a>),
) {
    let Some(servers) = owner.rrset(RType::NS) else { return };
    for record in servers.distinct() {
        // In canonical form the octets of a name below end with those of the name above.
        if !record.rdata.ends_with(owner.name.as_wire()) {
            continue;
        }
        let Ok(server) = Name::from_wire(record.rdata) else { continue };
        if server.is_at_or_below(&owner.name) && !has_address(span, keys, &owner.name, server) {
            report((Code::GlueMissing, record, Some(server.to_string())));
        }
    }
}

/// Whether a server below a cut is there, by name or by a wildcard.
fn has_address(span: &OwnerSpan, keys: &mut Keys<'_>, cut: &Name, server: Name) -> bool {
    if keys.find_from(span, &server).is_some() {
        return true;
    }
    let ancestors = std::iter::successors(server.parent(), Name::parent);
    let below = ancestors.take_while(|ancestor| ancestor.is_at_or_below(cut));
    let mut wildcards =
        below.filter_map(|name| Name::from_wire(&[b"\x01*", name.as_wire()].concat()).ok());
    wildcards.any(|wildcard| keys.find_from(span, &wildcard).is_some())
}
