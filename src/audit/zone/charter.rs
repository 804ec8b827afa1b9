//! What the apex lays down for the whole zone: its keys, its chains, and whether it is signed at all.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::audit::denial::{Bounds, Plan};
use crate::audit::findings::Finding;
use crate::audit::rrsig::Keys;
use crate::audit::usability::Usability;
use crate::dns::rdata::Soa;
use crate::dns::{Algorithm, Class, Name, RType};
use crate::engine::{KeyTable, Preparation};
use crate::rrset::{Ordered, OwnerRecords, Rrset, Shape, SignatureCounts};

use super::config::{Config, JudgementTime, Sha1};
use super::denial::DenialTtl;
use super::judge::Court;
use super::keys::promised_algorithms;
use super::signature::Context;
use super::trust::ZoneKind;
use super::versions::Versions;

/// What all RRsets of a zone are judged by. It is known once the apex is.
pub(super) struct Charter {
    pub apex: Name,
    pub class: Class,
    pub kind: ZoneKind,
    pub table: KeyTable,
    pub usability: Usability,
    /// The chains that are judged.
    pub plan: Plan,
    /// What there is to be said of the chains that the zone claims.
    pub plan_findings: Vec<Finding>,
    /// The serial, when there is one SOA.
    pub serial: Option<u32>,
    denial_ttl: Option<DenialTtl>,
    promised: Vec<Algorithm>,
    /// Whether all NSEC3 records are made with the parameters of the only chain that is judged.
    one_chain: bool,
}

/// What is known of the records of a zone all together, or as far as they were read.
pub(super) struct Census<'c> {
    /// RRSIG records.
    pub signatures: usize,
    /// The same by the tag of the key that they name.
    pub signatures_by_tag: &'c SignatureCounts,
    /// See [`Collector::shape`](crate::rrset::Collector::shape).
    pub shape: Shape,
    /// See [`Collector::nsec3_parameters`](crate::rrset::Collector::nsec3_parameters).
    pub made_with: &'c [Box<[u8]>],
}

/// What the caller of an audit lays down.
#[derive(Clone, Copy)]
pub(super) struct Setting<'z> {
    pub config: &'z Config,
    pub times: &'z [JudgementTime],
    /// The previous version, when there is one.
    pub versions: Option<&'z Versions<'z>>,
    pub files: &'z [Arc<str>],
    /// Whether the outcome of each RRset and signature is wanted.
    pub wants_outcomes: bool,
    /// When set, whatever a lot holds is of no use any more.
    pub stop: &'z AtomicBool,
}

impl Charter {
    /// That of a zone whose apex has these records.
    pub(super) fn new(
        apex: Name,
        class: Class,
        records: &OwnerRecords<'_>,
        census: &Census<'_>,
        config: &Config,
    ) -> Self {
        let table = key_table(records, config, census.signatures_by_tag);
        let kind = zone_kind(&table, census.signatures, config.sha1);
        let soa = single_soa(records);
        let limits = &config.limits;
        let bounds = Bounds { iterations: limits.nsec3_iterations, chains: limits.nsec3_chains };
        let (plan, plan_findings) = match kind {
            ZoneKind::Unsigned => (Plan::default(), Vec::new()),
            _ => Plan::new(&apex, records, census.shape, census.made_with, bounds),
        };
        Self {
            kind,
            usability: Usability::new(&table, config.sha1, limits.rsa_exponent_bits),
            promised: promised_algorithms(&table),
            one_chain: plan.is_made_with(census.made_with),
            serial: soa.map(|(soa, _)| soa.serial),
            denial_ttl: soa.map(|(soa, ttl)| DenialTtl { soa: ttl, minimum: soa.minimum }),
            apex,
            class,
            table,
            plan,
            plan_findings,
        }
    }

    /// Whatever is the same for all lots of these owners.
    pub(super) fn court<'z>(&'z self, ordered: &'z Ordered, setting: &Setting<'z>) -> Court<'z> {
        let &Setting { config, times, versions, files, wants_outcomes, stop } = setting;
        Court {
            ordered,
            class: self.class,
            kind: self.kind,
            context: Context {
                apex: &self.apex,
                keys: Keys {
                    table: &self.table,
                    usability: &self.usability,
                    limits: config.limits,
                    sha1: config.sha1,
                },
            },
            plan: &self.plan,
            one_chain: self.one_chain,
            denial_ttl: self.denial_ttl,
            promised: &self.promised,
            times,
            versions,
            expire_within: config.expire_within.map(|margin| margin.as_secs().cast_signed()),
            files,
            policy: &config.policy,
            wants_outcomes,
            progress: &config.progress,
            stop,
        }
    }
}

pub(super) fn key_table(
    apex: &OwnerRecords<'_>,
    config: &Config,
    signatures: &SignatureCounts,
) -> KeyTable {
    let dnskeys = apex.rrset(RType::DNSKEY);
    let rdata = dnskeys.iter().flat_map(|rrset| Rrset::distinct(*rrset)).map(|record| record.rdata);
    let how = Preparation {
        backend: config.backend,
        cross_check: config.cross_check,
        journal: config.journal.clone(),
    };
    KeyTable::new(rdata, &how, |tag| signatures.of(tag))
}

fn zone_kind(table: &KeyTable, signatures: usize, sha1: Sha1) -> ZoneKind {
    if table.is_empty() && signatures == 0 {
        ZoneKind::Unsigned
    } else if table.is_empty() || table.iter().any(|(_, key)| sha1.supports(key.algorithm)) {
        ZoneKind::Signed
    } else {
        ZoneKind::Unsupported
    }
}

/// The SOA and its TTL, when there is one SOA.
pub(super) fn single_soa(apex: &OwnerRecords<'_>) -> Option<(Soa, u32)> {
    let soas = apex.rrset(RType::SOA)?;
    let mut distinct = soas.distinct();
    let soa = Soa::from_rdata(distinct.next()?.rdata)?;
    distinct.next().is_none().then_some((soa, soas.ttls().0))
}
