//! RRsets of the zone in wire form, and their signatures.

use anyhow::Result;
use sigmill::dns::bitmap::TypeBitmapBuilder;
use sigmill::dns::{Class, Name, RType};

use super::bad::spoil;
use super::zone::Zone;

/// An RRset; `rdata` is in canonical form and order.
#[derive(Clone, Debug)]
pub struct Rrset {
    pub owner: Name,
    pub rtype: RType,
    pub ttl: u32,
    pub rdata: Vec<Vec<u8>>,
    /// Whether it is signed: what is not authoritative is not (RFC 4035 §2.2).
    pub signed: Signed,
}

/// Whether an RRset has a signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signed {
    No,
    Yes,
    /// One that does not hold.
    Badly,
}

impl Rrset {
    /// One that is signed; the RDATA may come in any order.
    pub fn new(owner: Name, rtype: RType, ttl: u32, mut rdata: Vec<Vec<u8>>) -> Self {
        rdata.sort_unstable();
        Self { owner, rtype, ttl, rdata, signed: Signed::Yes }
    }

    /// The same, not signed.
    pub fn unsigned(self) -> Self {
        Self { signed: Signed::No, ..self }
    }
}

/// The types at an owner as NSEC and NSEC3 carry them.
pub fn bitmap(types: impl IntoIterator<Item = RType>) -> Vec<u8> {
    let mut builder = TypeBitmapBuilder::default();
    types.into_iter().for_each(|rtype| builder.insert(rtype));
    let mut wire = Vec::new();
    builder.append_to(&mut wire);
    wire
}

/// The RDATA of the RRSIG of each RRset; nothing where it is not signed.
pub fn sign(rrsets: &[Rrset], zone: &Zone) -> Result<Vec<Option<Vec<u8>>>> {
    let is_signed = |rrset: &Rrset| rrset.signed != Signed::No;
    let prefix = |rrset| is_signed(rrset).then(|| prefix(rrset, zone));
    let mut rrsigs: Vec<Option<Vec<u8>>> = rrsets.iter().map(prefix).collect();
    // Apart, because a key signs by the batch.
    for is_of_keys in [false, true] {
        let of_key = |place: &usize| {
            rrsigs[*place].is_some() && (rrsets[*place].rtype == RType::DNSKEY) == is_of_keys
        };
        let places: Vec<usize> = (0..rrsets.len()).filter(of_key).collect();
        let message = |&place: &usize| {
            let prefix = rrsigs[place].as_deref().unwrap_or_default();
            signed_data(prefix, &rrsets[place])
        };
        let messages: Vec<Vec<u8>> = places.iter().map(message).collect();
        let Some(&first) = places.first() else { continue };
        let signatures = zone.keys.signing(rrsets[first].rtype).sign(&messages)?;
        for (place, mut signature) in places.into_iter().zip(signatures) {
            if rrsets[place].signed == Signed::Badly {
                spoil(&mut signature);
            }
            if let Some(rrsig) = &mut rrsigs[place] {
                rrsig.append(&mut signature);
            }
        }
    }
    Ok(rrsigs)
}

/// The RDATA of an RRSIG up to its signature (RFC 4034 §3.1).
fn prefix(rrset: &Rrset, zone: &Zone) -> Vec<u8> {
    let (key, options) = (zone.keys.signing(rrset.rtype), &zone.options);
    let mut prefix = rrset.rtype.0.to_be_bytes().to_vec();
    let algorithm = options.algorithm.algorithm();
    prefix.extend_from_slice(&[algorithm.0, rrset.owner.rrsig_labels()]);
    prefix.extend_from_slice(&rrset.ttl.to_be_bytes());
    prefix.extend_from_slice(&options.expiration.0.to_be_bytes());
    prefix.extend_from_slice(&options.inception.0.to_be_bytes());
    prefix.extend_from_slice(&key.tag.to_be_bytes());
    prefix.extend_from_slice(options.origin.as_wire());
    prefix
}

/// What is signed (RFC 4034 §3.1.8.1). Names are in lower case here, and none is a wildcard.
fn signed_data(prefix: &[u8], rrset: &Rrset) -> Vec<u8> {
    let mut data = prefix.to_vec();
    for rdata in &rrset.rdata {
        data.extend_from_slice(rrset.owner.as_wire());
        data.extend_from_slice(&rrset.rtype.0.to_be_bytes());
        data.extend_from_slice(&Class::IN.0.to_be_bytes());
        data.extend_from_slice(&rrset.ttl.to_be_bytes());
        // Nothing here comes near the 65,535 octets that the field can count.
        let len = u16::try_from(rdata.len()).unwrap_or(u16::MAX);
        data.extend_from_slice(&len.to_be_bytes());
        data.extend_from_slice(rdata);
    }
    data
}
