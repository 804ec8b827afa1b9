//! Parts of the zone, each made by itself on some thread: RRsets, signatures, text.
//!
//! Their bounds depend on the zone alone and never on the number of threads.

use anyhow::Result;
use sigmill::dns::RType;

use super::layout;
use super::options::LayoutKind;
use super::rrset::{Rrset, Signed, sign};
use super::zone::Zone;

/// The text of a part, and what is in it.
#[derive(Debug, Default)]
pub struct Part {
    pub text: String,
    pub records: u64,
    pub signatures: u64,
    /// Signatures that do not hold.
    pub bad: Vec<BadSignature>,
}

/// A signature that does not hold.
#[derive(Debug)]
pub struct BadSignature {
    /// Where its record begins in the text of the part, in octets.
    pub place: usize,
    /// Owner and covered type.
    pub name: String,
}

/// Nodes and NSEC3 records in a part.
const PLACES: usize = 2048;

/// How many parts the zone has.
pub fn count(zone: &Zone) -> usize {
    (zone.nodes() + zone.chain.len()).div_ceil(PLACES)
}

/// Makes the part with this number.
pub fn make(zone: &Zone, number: usize) -> Result<Part> {
    let rrsets = rrsets(zone, number);
    let rrsigs = sign(&rrsets, zone)?;
    let mut part = Part::default();
    let mut layout = layout::begin(zone);
    for (rrset, rrsig) in rrsets.iter().zip(&rrsigs) {
        let Rrset { owner, rtype, ttl, .. } = rrset;
        for rdata in &rrset.rdata {
            layout.record(&mut part.text, owner, *ttl, *rtype, rdata);
            part.records += 1;
        }
        if rrset.signed == Signed::Badly {
            let name = format!("{owner}\t{rtype}");
            part.bad.push(BadSignature { place: part.text.len(), name });
        }
        if let Some(rrsig) = rrsig {
            layout.record(&mut part.text, owner, *ttl, RType::RRSIG, rrsig);
            part.records += 1;
            part.signatures += 1;
        }
    }
    Ok(part)
}

/// The RRsets of a part. With one record a line, nodes and NSEC3 records stand in one canonical
/// order; BIND writes all NSEC3 records last.
fn rrsets(zone: &Zone, number: usize) -> Vec<Rrset> {
    let (mut node, mut link) = split(zone, number * PLACES);
    let (last_node, last_link) = split(zone, (number + 1) * PLACES);
    let mut rrsets = Vec::new();
    while node < last_node || link < last_link {
        let is_node = match (node < last_node, link < last_link) {
            (true, true) => is_bind(zone) || comes_before(zone, node, link),
            (is_node, _) => is_node,
        };
        if is_node {
            zone.append_node(node, &mut rrsets);
            node += 1;
        } else {
            rrsets.push(zone.chain.record(link, zone));
            link += 1;
        }
    }
    rrsets
}

/// How many nodes and how many NSEC3 records are among the first `places`.
fn split(zone: &Zone, places: usize) -> (usize, usize) {
    let (nodes, links) = (zone.nodes(), zone.chain.len());
    let places = places.min(nodes + links);
    if is_bind(zone) {
        return (places.min(nodes), places.saturating_sub(nodes));
    }
    // The fewest nodes that leave no NSEC3 record of the rest before a node of the rest.
    let (mut least, mut most) = (places.saturating_sub(links), places.min(nodes));
    while least < most {
        let middle = least.midpoint(most);
        if comes_before(zone, middle, places - middle - 1) {
            least = middle + 1;
        } else {
            most = middle;
        }
    }
    (least, places - least)
}

fn is_bind(zone: &Zone) -> bool {
    zone.options.layout == LayoutKind::Bind
}

/// Whether a node sorts before an NSEC3 record (RFC 4034 §6.1).
fn comes_before(zone: &Zone, node: usize, link: usize) -> bool {
    zone.label(node) < zone.chain.label(link).as_bytes()
}
