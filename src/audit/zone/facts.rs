//! From counts to the rows of the summary.

use crate::audit::findings::{Code, KeyRef};
use crate::dns::{Class, Name};
use crate::engine::KeyTable;
use crate::zonefile::ReadFacts;

use super::summary::{AlgorithmFacts, InputFacts, KeyFacts, Role, TypeCount};
use super::tally::{self, KeyTally, Tally};
use crate::audit::usability::{Usability, Use};

pub(super) fn input_facts(
    facts: &ReadFacts,
    transport: String,
    apex: Name,
    class: Class,
    serial: Option<u32>,
    tally: &Tally,
) -> InputFacts {
    let type_count = |(rtype, records)| TypeCount { rtype, records };
    InputFacts {
        files: facts.files.iter().map(|file| file.to_string()).collect(),
        transport,
        bytes: facts.bytes,
        lines: facts.lines,
        apex,
        class,
        serial,
        records: tally.records,
        rrsets: tally.rrsets,
        owners: tally.owners,
        delegations: tally.delegations,
        signatures: tally.signatures,
        types: tally.types.iter().map(type_count).collect(),
    }
}

pub(super) fn key_facts(
    table: &KeyTable,
    usability: &Usability,
    anchored: &[bool],
    tally: &Tally,
) -> Vec<KeyFacts> {
    let mut rows: Vec<KeyFacts> = table
        .iter()
        .zip(anchored)
        .map(|((index, key), &anchored)| {
            let made = tally.keys.get(&index).copied().unwrap_or_default();
            let public = key.public.as_ref().ok();
            KeyFacts {
                key: KeyRef { tag: key.tag, algorithm: key.algorithm },
                flags: key.dnskey().flags,
                bits: public.map(|public| public.bits()),
                exponent: public.and_then(|public| public.exponent()),
                role: role(made),
                anchored,
                unusable: match usability.of(index) {
                    Use::Any => None,
                    Use::Revoked => Some(Code::SignatureKeyRevoked),
                    Use::Nothing(code) => Some(code),
                },
                backend: key.prepared().map(|prepared| prepared.backend),
                valid: made.over_keys + made.over_data,
            }
        })
        .collect();
    // The table is in canonical order of RDATA, so keys that share tag and algorithm stay so.
    rows.sort_by_key(|row| row.key);
    rows
}

fn role(made: KeyTally) -> Role {
    match (made.over_keys, made.over_data) {
        (0, 0) => Role::Unused,
        (_, 0) => Role::KeySigning,
        (0, _) => Role::ZoneSigning,
        (_, _) => Role::CombinedSigning,
    }
}

pub(super) fn algorithm_facts(tally: &Tally) -> Vec<AlgorithmFacts> {
    let row =
        |(&algorithm, tally): (&crate::dns::Algorithm, &tally::AlgorithmTally)| AlgorithmFacts {
            algorithm,
            mnemonic: algorithm.to_string(),
            signatures: tally.signatures,
            valid: tally.valid,
        };
    tally.algorithms.iter().map(row).collect()
}
