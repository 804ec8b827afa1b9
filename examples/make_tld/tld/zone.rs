//! The zone as a whole: what is known before a line of it is written, and the RRsets of any part of
//! it in any order of asking.
//!
//! A *node* is a label right below the apex with everything at and below it, or the apex itself.
//! Nodes are numbered in canonical order (RFC 4034 §6.1): the apex, then the delegations with the
//! registry's own node among them.

use std::collections::BTreeMap;

use anyhow::Result;
use rayon::prelude::*;
use sigmill::dns::{Name, RType};

use super::bad::Bad;
use super::delegation::{Delegation, below, has_ds};
use super::denial::{Chain, Holder};
use super::hosters::Hosters;
use super::keys::Keys;
use super::labels::{Labels, REGISTRY};
use super::options::{DenialKind, Options};
use super::random::{Purpose, Random};
use super::registry::{self, Authoritative};
use super::rrset::{Rrset, Signed, bitmap};

/// Times to live, in seconds, as large top-level domains have them.
pub mod ttl {
    pub const SOA: u32 = 900;
    pub const APEX: u32 = 86_400;
    pub const NSEC3PARAM: u32 = 0;
    pub const DELEGATION: u32 = 172_800;
    pub const DS: u32 = 86_400;
    /// The lesser of the SOA record's TTL and its MINIMUM field (RFC 9077 §3).
    pub const NEGATIVE: u32 = 900;
}

/// A zone to be written.
pub struct Zone {
    pub options: Options,
    pub keys: Keys,
    pub hosters: Hosters,
    /// The apex, and the registry's hosts in canonical order.
    pub apex: Authoritative,
    pub hosts: Vec<Authoritative>,
    pub labels: Labels,
    /// The numbers of the delegations that have DS records, ascending.
    pub secure: Vec<u32>,
    /// NSEC3 records in the order of their hashes; none with NSEC.
    pub chain: Chain,
    pub bad: Bad,
    hoster_domains: BTreeMap<usize, Vec<Name>>,
    /// The delegations that sort before the registry's node.
    before_registry: usize,
}

/// A node by what it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Node {
    Apex,
    /// The delegation with this number.
    Delegation(usize),
    /// The registry's hosts, below an empty non-terminal.
    Registry,
}

impl Zone {
    /// Draws names, keys and the chain of denial.
    pub fn new(options: &Options) -> Result<Self> {
        let keys = Keys::new(options.seed, options.algorithm, options.csk)?;
        let hosters = Hosters::new(options);
        let labels = Labels::new(options.seed, options.delegations as usize, &hosters.labels());
        let mut zone = Self {
            apex: registry::apex(options, &keys),
            hosts: registry::hosts(options),
            before_registry: labels.rank(REGISTRY),
            hoster_domains: hosters.by_delegation(&labels),
            secure: Vec::new(),
            chain: Chain::default(),
            bad: Bad::default(),
            options: options.clone(),
            keys,
            hosters,
            labels,
        };
        let is_secure = |&number: &u32| has_ds(&mut zone.stream(number as usize), &zone);
        zone.secure = (0..options.delegations).into_par_iter().filter(is_secure).collect();
        if options.denial != DenialKind::Nsec {
            zone.chain = Chain::new(&zone);
        }
        zone.bad = Bad::new(&zone)?;
        Ok(zone)
    }

    /// How many nodes there are.
    pub fn nodes(&self) -> usize {
        self.labels.len() + 2
    }

    /// The node with this number.
    pub fn node(&self, number: usize) -> Node {
        match number.checked_sub(1) {
            None => Node::Apex,
            Some(number) if number < self.before_registry => Node::Delegation(number),
            Some(number) if number == self.before_registry => Node::Registry,
            Some(number) => Node::Delegation(number - 1),
        }
    }

    /// The label of a node; empty for the apex, which sorts before all.
    pub fn label(&self, node: usize) -> &[u8] {
        match self.node(node) {
            Node::Apex => b"",
            Node::Delegation(number) => self.labels.get(number),
            Node::Registry => REGISTRY,
        }
    }

    /// The stream that says everything about a delegation.
    fn stream(&self, delegation: usize) -> Random {
        Random::new(self.options.seed, Purpose::Delegation, delegation as u64)
    }

    /// The name of a delegation.
    pub fn delegated(&self, delegation: usize) -> Name {
        below(self.labels.get(delegation), &self.options.origin)
    }

    /// Appends the RRsets of a node in canonical order of their owners, NSEC included.
    pub fn append_node(&self, node: usize, rrsets: &mut Vec<Rrset>) {
        match self.node(node) {
            Node::Apex => self.append_authoritative(&self.apex, self.first_owner(node + 1), rrsets),
            Node::Delegation(number) => self.append_delegation(number, node, rrsets),
            Node::Registry => {
                for (place, host) in self.hosts.iter().enumerate() {
                    let next = match self.hosts.get(place + 1) {
                        Some(next) => next.name,
                        None => self.first_owner(node + 1),
                    };
                    self.append_authoritative(host, next, rrsets);
                }
            }
        }
    }

    fn append_delegation(&self, number: usize, node: usize, rrsets: &mut Vec<Rrset>) {
        let name = self.delegated(number);
        let servers = self.hoster_domains.get(&number).map(Vec::as_slice);
        let mut delegation = Delegation::new(self, &name, self.stream(number), servers);
        for rrset in &mut delegation.cut {
            if rrset.rtype == RType::DS && self.bad.is_ds(number) {
                rrset.signed = Signed::Badly;
            }
        }
        let types: Vec<RType> = delegation.cut.iter().map(|rrset| rrset.rtype).collect();
        rrsets.append(&mut delegation.cut);
        if self.options.denial == DenialKind::Nsec {
            let mut nsec = self.nsec(name, types, self.first_owner(node + 1));
            if self.bad.is_denial(number) {
                nsec.signed = Signed::Badly;
            }
            rrsets.push(nsec);
        }
        rrsets.append(&mut delegation.glue);
    }

    fn append_authoritative(&self, owner: &Authoritative, next: Name, rrsets: &mut Vec<Rrset>) {
        rrsets.extend_from_slice(&owner.rrsets);
        if self.options.denial == DenialKind::Nsec {
            let types = owner.rrsets.iter().map(|rrset| rrset.rtype);
            rrsets.push(self.nsec(owner.name, types, next));
        }
    }

    /// The NSEC record of an owner (RFC 4034 §4.1).
    fn nsec(&self, owner: Name, types: impl IntoIterator<Item = RType>, next: Name) -> Rrset {
        let types = bitmap(types.into_iter().chain([RType::RRSIG, RType::NSEC]));
        let rdata = [next.as_wire(), &types].concat();
        Rrset::new(owner, RType::NSEC, ttl::NEGATIVE, vec![rdata])
    }

    /// The first owner of a node that has an NSEC record; the apex for the node past the last.
    fn first_owner(&self, node: usize) -> Name {
        if node >= self.nodes() {
            return self.apex.name;
        }
        match self.node(node) {
            Node::Apex => self.apex.name,
            Node::Delegation(number) => self.delegated(number),
            Node::Registry => self.hosts.first().unwrap_or(&self.apex).name,
        }
    }

    /// The types that an NSEC3 record of this holder names (RFC 5155 §7.1): RRSIG where something is
    /// signed, which at a delegation only DS is, and nothing at all for an empty non-terminal.
    pub fn types_of(&self, holder: Holder) -> Vec<u8> {
        let authoritative = |owner: &Authoritative| {
            bitmap(owner.rrsets.iter().map(|rrset| rrset.rtype).chain([RType::RRSIG]))
        };
        match holder {
            Holder::Delegation(number) if has_ds(&mut self.stream(number), self) => {
                bitmap([RType::NS, RType::DS, RType::RRSIG])
            }
            Holder::Delegation(_) => bitmap([RType::NS]),
            Holder::Apex => authoritative(&self.apex),
            Holder::EmptyNonTerminal => Vec::new(),
            Holder::Host(number) => self.hosts.get(number).map(authoritative).unwrap_or_default(),
        }
    }
}
