//! The tables of a zone audit.

use std::io::{self, Write};
use std::sync::Arc;

use crate::audit::findings::Finding;
use crate::audit::zone::JudgementTime;
use crate::audit::zone::outcome::{
    LinePlace, Outcome, RrsetOutcome, SignatureOutcome, ZoneAtHand, unix,
};
use crate::dns::{Name, RType};

use super::TableFormat;
use super::column::{Flag, Text, Time, U8, U16, U32, U64, Word, columns};
use super::findings::FindingColumns;
use super::table::Table;

columns! {
    /// A row an RRset that must be signed and a time of judgement.
    RrsetColumns is "sigmill-zone-rrsets" version 1 {
        zone: Word = "zone";
        owner: Text = "owner";
        rtype: Word = "type";
        at: Time "?" = "judged_at";
        status: Word = "status";
        code: Word "?" = "code";
        secure_until: Time "?" = "secure_until";
        ttl: U32 = "ttl";
        records: U32 = "records";
        octets: U64 = "octets";
        signatures: U32 = "signatures";
        signatures_valid: U32 = "signatures_valid";
        file: Word = "file";
        line: U64 = "line";
    }
}

columns! {
    /// A row an RRSIG record and a time of judgement.
    SignatureColumns is "sigmill-zone-signatures" version 1 {
        zone: Word = "zone";
        owner: Text = "owner";
        rtype: Word "?" = "type";
        at: Time "?" = "judged_at";
        valid: Flag = "valid";
        holds: Flag = "holds";
        code: Word "?" = "code";
        status: Word "?" = "rrset_status";
        signer: Text "?" = "signer";
        key_tag: U16 "?" = "key_tag";
        algorithm: U8 "?" = "algorithm";
        algorithm_name: Word "?" = "algorithm_name";
        key_flags: U16 "?" = "key_flags";
        labels: U8 "?" = "labels";
        original_ttl: U32 "?" = "original_ttl";
        ttl: U32 = "ttl";
        inception: Time "?" = "inception";
        expiration: Time "?" = "expiration";
        backend: Word "?" = "backend";
        file: Word = "file";
        line: U64 = "line";
    }
}

/// The tables that are wanted of a zone audit. Each function gives the errors of what it writes to.
pub struct ZoneTables<W: Write + Send> {
    findings: Option<Table<FindingColumns, W>>,
    rrsets: Option<Table<RrsetColumns, W>>,
    signatures: Option<Table<SignatureColumns, W>>,
    zone: Option<Zone>,
}

/// What all rows have in common.
struct Zone {
    apex: Name,
    times: Vec<JudgementTime>,
    files: Vec<Arc<str>>,
}

impl<W: Write + Send> ZoneTables<W> {
    /// The tables of findings, RRsets and signatures, those that are wanted.
    ///
    /// # Errors
    /// Those of what is written to.
    pub fn new(
        findings: Option<(TableFormat, W)>,
        rrsets: Option<(TableFormat, W)>,
        signatures: Option<(TableFormat, W)>,
    ) -> io::Result<Self> {
        Ok(Self {
            findings: findings.map(|(format, out)| Table::new(format, out)).transpose()?,
            rrsets: rrsets.map(|(format, out)| Table::new(format, out)).transpose()?,
            signatures: signatures.map(|(format, out)| Table::new(format, out)).transpose()?,
            zone: None,
        })
    }

    /// Whether outcomes are wanted.
    #[must_use]
    pub fn want_outcomes(&self) -> bool {
        self.rrsets.is_some() || self.signatures.is_some()
    }

    /// Takes what all rows have in common.
    pub fn zone(&mut self, zone: &ZoneAtHand<'_>) {
        let (times, files) = (zone.times.to_vec(), zone.files.to_vec());
        self.zone = Some(Zone { apex: *zone.apex, times, files });
    }

    /// Takes a finding.
    ///
    /// # Errors
    /// Those of what is written to.
    pub fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        let apex = self.zone.as_ref().map(|zone| &zone.apex);
        self.findings.as_mut().map_or(Ok(()), |table| table.finding(finding, apex))
    }

    /// Takes an outcome.
    ///
    /// # Errors
    /// Those of what is written to.
    pub fn outcome(&mut self, outcome: &Outcome) -> io::Result<()> {
        let Some(zone) = &self.zone else { return Ok(()) };
        match outcome {
            Outcome::Rrset(rrset) => {
                let owner = rrset.owner();
                if let Some(table) = &mut self.rrsets {
                    table.rrset(zone, &owner, rrset)?;
                }
                let Some(table) = &mut self.signatures else { return Ok(()) };
                for signature in &rrset.signatures {
                    for (time, verdict) in zone.times.iter().zip(&rrset.verdicts) {
                        let covered = Some((rrset.rtype, Some(verdict.status.name())));
                        table.signature(zone, &owner, covered, signature, *time)?;
                    }
                }
            }
            Outcome::Stray(stray) => {
                let Some(table) = &mut self.signatures else { return Ok(()) };
                let covered = stray.covered.map(|rtype| (rtype, None));
                for &time in &zone.times {
                    table.signature(zone, &stray.owner(), covered, &stray.signature, time)?;
                }
            }
        }
        Ok(())
    }

    /// Ends all tables and gives back where they were written to: findings, RRsets, signatures.
    ///
    /// # Errors
    /// Those of what is written to.
    pub fn finish(self) -> io::Result<[Option<W>; 3]> {
        Ok([
            self.findings.map(Table::finish).transpose()?,
            self.rrsets.map(Table::finish).transpose()?,
            self.signatures.map(Table::finish).transpose()?,
        ])
    }
}

impl Zone {
    fn file(&self, place: LinePlace) -> &str {
        self.files.get(usize::from(place.file)).map_or("?", |file| file)
    }
}

fn seconds(time: JudgementTime) -> Option<i64> {
    match time {
        JudgementTime::At(at) => Some(at),
        JudgementTime::Ignored => None,
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl<W: Write + Send> Table<RrsetColumns, W> {
    fn rrset(&mut self, zone: &Zone, owner: &Name, rrset: &RrsetOutcome) -> io::Result<()> {
        for (&time, verdict) in zone.times.iter().zip(&rrset.verdicts) {
            self.row(|row| {
                let valid = |made: &&SignatureOutcome| made.verdict_at(time).0;
                row.zone.push(Some(&zone.apex));
                row.owner.push(Some(owner));
                row.rtype.push(Some(rrset.rtype));
                row.at.push(seconds(time));
                row.status.push(Some(verdict.status.name()));
                row.code.push(verdict.code);
                row.secure_until.push(verdict.secure_until);
                row.ttl.push(rrset.size.ttl);
                row.records.push(rrset.size.records);
                row.octets.push(rrset.size.octets);
                row.signatures.push(number(rrset.signatures.len()));
                row.signatures_valid.push(number(rrset.signatures.iter().filter(valid).count()));
                row.file.push(Some(zone.file(rrset.place)));
                row.line.push(rrset.place.line);
            })?;
        }
        Ok(())
    }
}

impl<W: Write + Send> Table<SignatureColumns, W> {
    /// Adds a signature at a time: with the type covered, unless it cannot be read, and the status of
    /// the RRset, if it must be signed.
    fn signature(
        &mut self,
        zone: &Zone,
        owner: &Name,
        covered: Option<(RType, Option<&str>)>,
        signature: &SignatureOutcome,
        time: JudgementTime,
    ) -> io::Result<()> {
        let (valid, code) = signature.verdict_at(time);
        let fields = signature.fields.as_ref();
        self.row(|row| {
            row.zone.push(Some(&zone.apex));
            row.owner.push(Some(owner));
            row.rtype.push(covered.map(|(rtype, _)| rtype));
            row.at.push(seconds(time));
            row.valid.push(valid);
            row.holds.push(signature.holds.is_some());
            row.code.push(code);
            row.status.push(covered.and_then(|(_, status)| status));
            row.signer.push(fields.map(|fields| fields.other_signer().unwrap_or(zone.apex)));
            row.key_tag.push(fields.map(|fields| fields.key.tag));
            row.algorithm.push(fields.map(|fields| fields.key.algorithm.0));
            row.algorithm_name.push(fields.map(|fields| fields.key.algorithm));
            row.key_flags.push(signature.holds.map(|key| key.flags));
            row.labels.push(fields.map(|fields| fields.labels));
            row.original_ttl.push(fields.map(|fields| fields.original_ttl));
            row.ttl.push(signature.ttl);
            row.inception.push(fields.map(|fields| unix(fields.inception, time)));
            row.expiration.push(fields.map(|fields| unix(fields.expiration, time)));
            row.backend.push(signature.backend);
            row.file.push(Some(zone.file(signature.place)));
            row.line.push(signature.place.line);
        })
    }
}
