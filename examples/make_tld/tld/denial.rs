//! The chain of NSEC3 records (RFC 5155 §7.1), 24 octets in memory for each.

use rayon::prelude::*;
use sigmill::crypto::nsec3_hashes;
use sigmill::dns::denial::{Nsec3, label_of_hash};
use sigmill::dns::{Name, RType};

use super::delegation::below;
use super::labels::REGISTRY;
use super::options::DenialKind;
use super::registry::nsec3_parameters;
use super::rrset::{Rrset, Signed};
use super::zone::{Zone, ttl};

/// The records in the order of their hashes.
#[derive(Debug, Default)]
pub struct Chain(Vec<Link>);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Link {
    hash: [u8; 20],
    /// The number of a delegation, or counted from above, a name of the registry.
    holder: u32,
}

/// Whose hash it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holder {
    Delegation(usize),
    Apex,
    EmptyNonTerminal,
    /// The registry's host with this number.
    Host(usize),
}

/// Names that are hashed together.
const CHUNK: usize = 4096;

impl Chain {
    /// The chain of a zone, whose names and secure delegations are there.
    pub fn new(zone: &Zone) -> Self {
        let origin = zone.options.origin;
        let hosts = zone.hosts.iter().map(|host| host.name);
        let own: Vec<Name> = [origin, below(REGISTRY, &origin)].into_iter().chain(hosts).collect();
        let hash = |names: &[Name]| {
            let wires: Vec<&[u8]> = names.iter().map(Name::as_wire).collect();
            nsec3_hashes(&wires, zone.options.iterations, &zone.options.salt.0)
        };
        let mut links: Vec<Link> = (0..=u32::MAX)
            .rev()
            .zip(hash(&own))
            .map(|(holder, hash)| Link { hash, holder })
            .collect();

        let hash_delegations = |numbers: &[u32]| -> Vec<Link> {
            let names: Vec<Name> =
                numbers.iter().map(|&number| zone.delegated(number as usize)).collect();
            let link = |(&holder, hash)| Link { hash, holder };
            numbers.iter().zip(hash(&names)).map(link).collect()
        };
        if zone.options.denial == DenialKind::OptOut {
            let chunks = zone.secure.par_chunks(CHUNK);
            links.par_extend(chunks.flat_map_iter(hash_delegations));
        } else {
            let count = zone.options.delegations;
            let chunks = (0..count).into_par_iter().step_by(CHUNK).flat_map_iter(|first| {
                let numbers: Vec<u32> = (first..count).take(CHUNK).collect();
                hash_delegations(&numbers)
            });
            links.par_extend(chunks);
        }
        links.par_sort_unstable();
        Self(links)
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The label of a record's owner.
    pub fn label(&self, number: usize) -> String {
        label_of_hash(&self.0[number].hash)
    }

    /// The record with this number.
    pub fn record(&self, number: usize, zone: &Zone) -> Rrset {
        let link = self.0[number];
        let next = self.0[(number + 1) % self.0.len()].hash;
        let opt_out = zone.options.denial == DenialKind::OptOut;
        let flags = if opt_out { Nsec3::OPT_OUT } else { 0 };
        let mut rdata = nsec3_parameters(&zone.options, flags);
        rdata.push(20); // octets of a SHA-1 hash
        rdata.extend_from_slice(&next);
        rdata.extend_from_slice(&zone.types_of(holder_of(link.holder)));
        let owner = below(label_of_hash(&link.hash).as_bytes(), &zone.options.origin);
        let mut rrset = Rrset::new(owner, RType::NSEC3, ttl::NEGATIVE, vec![rdata]);
        if zone.bad.is_denial(number) {
            rrset.signed = Signed::Badly;
        }
        rrset
    }
}

/// The options allow fewer delegations than there are numbers.
fn holder_of(number: u32) -> Holder {
    match (u32::MAX - number) as usize {
        0 => Holder::Apex,
        1 => Holder::EmptyNonTerminal,
        place if place < 1000 => Holder::Host(place - 2),
        _ => Holder::Delegation(number as usize),
    }
}
