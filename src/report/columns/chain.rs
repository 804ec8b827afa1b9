//! The tables of a chain audit.

use std::io::{self, Write};

use crate::audit::chain::{Event, Reason, ResponseRow, RrsetRow, SignatureRow};
use crate::dns::Name;

use super::TableFormat;
use super::column::{Errors, Flag, Text, Time, U8, U16, U32, U64, Word, columns};
use super::findings::FindingColumns;
use super::table::Table;

columns! {
    /// A row a distinct response and judgement.
    ResponseColumns is "sigmill-chain-responses" version 1 {
        name: Text "?" = "name";
        rtype: Word "?" = "type";
        rcode: U16 = "rcode";
        outcome: Word = "outcome";
        status: Word "?" = "status";
        code: Word "?" = "code";
        reason_owner: Text "?" = "reason_owner";
        reason_type: Word "?" = "reason_type";
        reason_key_tag: U16 "?" = "reason_key_tag";
        reason_algorithm: U8 "?" = "reason_algorithm";
        reason_detail: Text "?" = "reason_detail";
        zone: Text "?" = "zone";
        recursive: Flag = "recursive";
        ad: Flag = "ad";
        cd: Flag = "cd";
        wanted: Flag = "dnssec_ok";
        errors: Errors = "errors";
        count: U64 = "count";
        first_seen: Time = "first_seen";
        last_seen: Time = "last_seen";
        place: Text = "place";
    }
}

columns! {
    /// A row a distinct RRset.
    RrsetColumns is "sigmill-chain-rrsets" version 1 {
        owner: Text = "owner";
        rtype: Word = "type";
        wildcard: Text "?" = "wildcard";
        status: Word = "status";
        code: Word "?" = "code";
        reason_owner: Text "?" = "reason_owner";
        reason_type: Word "?" = "reason_type";
        reason_key_tag: U16 "?" = "reason_key_tag";
        reason_algorithm: U8 "?" = "reason_algorithm";
        reason_detail: Text "?" = "reason_detail";
        zone: Text = "zone";
        signatures: U64 = "signatures";
        count: U64 = "count";
        first_seen: Time = "first_seen";
        last_seen: Time = "last_seen";
    }
}

columns! {
    /// A row a distinct signature over a distinct RRset.
    SignatureColumns is "sigmill-chain-signatures" version 1 {
        owner: Text = "owner";
        rtype: Word = "type";
        at: Time "?" = "judged_at";
        valid: Flag = "valid";
        holds: Flag = "holds";
        code: Word "?" = "code";
        signer: Text = "signer";
        key_tag: U16 = "key_tag";
        algorithm: U8 = "algorithm";
        algorithm_name: Word = "algorithm_name";
        key_flags: U16 "?" = "key_flags";
        labels: U8 = "labels";
        original_ttl: U32 = "original_ttl";
        inception: Time = "inception";
        expiration: Time = "expiration";
        backend: Word "?" = "backend";
        count: U64 = "count";
        first_seen: Time "?" = "first_seen";
        last_seen: Time "?" = "last_seen";
    }
}

/// The tables that are wanted of a chain audit.
pub struct ChainTables<W: Write + Send> {
    findings: Option<Table<FindingColumns, W>>,
    rrsets: Option<Table<RrsetColumns, W>>,
    signatures: Option<Table<SignatureColumns, W>>,
    responses: Option<Table<ResponseColumns, W>>,
}

impl<W: Write + Send> ChainTables<W> {
    /// The tables of findings, RRsets, signatures and responses, those that are wanted.
    ///
    /// # Errors
    /// Those of what is written to.
    pub fn new(
        findings: Option<(TableFormat, W)>,
        rrsets: Option<(TableFormat, W)>,
        signatures: Option<(TableFormat, W)>,
        responses: Option<(TableFormat, W)>,
    ) -> io::Result<Self> {
        Ok(Self {
            findings: findings.map(|(format, out)| Table::new(format, out)).transpose()?,
            rrsets: rrsets.map(|(format, out)| Table::new(format, out)).transpose()?,
            signatures: signatures.map(|(format, out)| Table::new(format, out)).transpose()?,
            responses: responses.map(|(format, out)| Table::new(format, out)).transpose()?,
        })
    }

    /// Takes the next event.
    ///
    /// # Errors
    /// Those of what is written to.
    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Finding(finding) => {
                let table = self.findings.as_mut();
                table.map_or(Ok(()), |table| table.finding(finding, None::<&Name>))
            }
            Event::Rrset(row) => self.rrsets.as_mut().map_or(Ok(()), |table| table.rrset(row)),
            Event::Signature(row) => {
                self.signatures.as_mut().map_or(Ok(()), |table| table.signature(row))
            }
            Event::Response(row) => {
                self.responses.as_mut().map_or(Ok(()), |table| table.response(row))
            }
        }
    }

    /// Ends all tables and gives back where they were written to: findings, RRsets, signatures,
    /// responses.
    ///
    /// # Errors
    /// Those of what is written to.
    pub fn finish(self) -> io::Result<[Option<W>; 4]> {
        Ok([
            self.findings.map(Table::finish).transpose()?,
            self.rrsets.map(Table::finish).transpose()?,
            self.signatures.map(Table::finish).transpose()?,
            self.responses.map(Table::finish).transpose()?,
        ])
    }
}

/// Fills the columns that tell a reason.
macro_rules! push_reason {
    ($row:ident, $reason:expr) => {
        let reason: Option<&Reason> = $reason;
        let key = reason.and_then(|reason| reason.key);
        $row.code.push(reason.map(|reason| reason.code));
        $row.reason_owner.push(reason.map(|reason| &reason.owner));
        $row.reason_type.push(reason.and_then(|reason| reason.rtype));
        $row.reason_key_tag.push(key.map(|key| key.tag));
        $row.reason_algorithm.push(key.map(|key| key.algorithm.0));
        $row.reason_detail.push(reason.and_then(|reason| reason.detail.as_ref()));
    };
}

impl<W: Write + Send> Table<ResponseColumns, W> {
    fn response(&mut self, response: &ResponseRow) -> io::Result<()> {
        self.row(|row| {
            let judgement = response.judgement.as_ref();
            row.name.push(response.name.as_ref());
            row.rtype.push(response.rtype);
            row.rcode.push(response.rcode);
            row.outcome.push(Some(response.kind.name()));
            row.status.push(judgement.map(|judgement| judgement.status));
            push_reason!(row, judgement.and_then(|judgement| judgement.reason.as_ref()));
            row.zone.push(response.zone.as_ref());
            row.recursive.push(response.recursive);
            row.ad.push(response.ad);
            row.cd.push(response.cd);
            row.wanted.push(response.signatures_wanted);
            row.errors.push(&response.errors);
            row.count.push(response.count);
            row.first_seen.push(response.seen.first);
            row.last_seen.push(response.seen.last);
            row.place.push(Some(&response.place));
        })
    }
}

impl<W: Write + Send> Table<RrsetColumns, W> {
    fn rrset(&mut self, rrset: &RrsetRow) -> io::Result<()> {
        self.row(|row| {
            row.owner.push(Some(&rrset.owner));
            row.rtype.push(Some(rrset.rtype));
            row.wildcard.push(rrset.wildcard.as_ref());
            row.status.push(Some(rrset.judgement.status));
            push_reason!(row, rrset.judgement.reason.as_ref());
            row.zone.push(Some(&rrset.zone));
            row.signatures.push(rrset.signatures);
            row.count.push(rrset.count);
            row.first_seen.push(rrset.seen.first);
            row.last_seen.push(rrset.seen.last);
        })
    }
}

impl<W: Write + Send> Table<SignatureColumns, W> {
    fn signature(&mut self, signature: &SignatureRow) -> io::Result<()> {
        self.row(|row| {
            row.owner.push(Some(&signature.owner));
            row.rtype.push(Some(signature.rtype));
            row.at.push(signature.at);
            row.valid.push(signature.valid);
            row.holds.push(signature.holds.is_some());
            row.code.push(signature.code);
            row.signer.push(Some(&signature.signer));
            row.key_tag.push(signature.key.tag);
            row.algorithm.push(signature.key.algorithm.0);
            row.algorithm_name.push(Some(signature.key.algorithm));
            row.key_flags.push(signature.holds);
            row.labels.push(signature.labels);
            row.original_ttl.push(signature.original_ttl);
            row.inception.push(signature.inception);
            row.expiration.push(signature.expiration);
            row.backend.push(signature.backend);
            row.count.push(signature.count);
            row.first_seen.push(signature.seen.map(|seen| seen.first));
            row.last_seen.push(signature.seen.map(|seen| seen.last));
        })
    }
}
