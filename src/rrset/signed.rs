//! The octets that a signature is made over (RFC 4034 §3.1.8.1).

use crate::dns::rdata::Rrsig;
use crate::dns::{Class, Name, RType};

use super::owner::Rrset;

/// Appends what `rrsig` signed, if it signed `rrset` of `owner`; see [`append_signed_records`].
pub fn append_signed_data(
    owner: &Name,
    rrset: &Rrset<'_, '_>,
    rrsig: &Rrsig<'_>,
    out: &mut Vec<u8>,
) {
    let class = rrset.first_in_input().class;
    let rdata = rrset.distinct().map(|record| record.rdata);
    append_signed_records(owner, class, rrset.rtype(), rdata, rrsig, out);
}

/// Appends what `rrsig` signed, if it signed an RRset: its own RDATA without the signature, then each
/// record with the original TTL.
///
/// `owner` is in lower case, as is the signer in the RRSIG's RDATA; `rdata` comes in canonical form
/// and order, each once. A signature with fewer labels than the owner is of a wildcard, whose name is
/// put in the owner's place (RFC 4035 §5.3.2).
pub fn append_signed_records<'r>(
    owner: &Name,
    class: Class,
    rtype: RType,
    rdata: impl Iterator<Item = &'r [u8]>,
    rrsig: &Rrsig<'_>,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(rrsig.signed_prefix);
    let mut name = owner.as_wire();
    let expanded = owner.rrsig_labels() > rrsig.labels;
    if expanded {
        let surplus = owner.labels().count() - usize::from(rrsig.labels);
        for _ in 0..surplus {
            name = &name[usize::from(name[0]) + 1..];
        }
    }
    let asterisk: &[u8] = if expanded { b"\x01*" } else { b"" };
    let mut fixed = [0; 10];
    fixed[..2].copy_from_slice(&rtype.0.to_be_bytes());
    fixed[2..4].copy_from_slice(&class.0.to_be_bytes());
    fixed[4..8].copy_from_slice(&rrsig.original_ttl.to_be_bytes());
    for rdata in rdata {
        // RDATA has at most 65,535 octets, in files as on the wire.
        let len = u16::try_from(rdata.len()).unwrap_or(u16::MAX);
        fixed[8..].copy_from_slice(&len.to_be_bytes());
        out.reserve(asterisk.len() + name.len() + fixed.len() + rdata.len());
        out.extend_from_slice(asterisk);
        out.extend_from_slice(name);
        out.extend_from_slice(&fixed);
        out.extend_from_slice(rdata);
    }
}
