//! The table of findings, of zones and of captures.

use std::fmt::Display;
use std::io::{self, Write};

use crate::audit::findings::Finding;

use super::column::{Text, Time, U8, U16, U32, U64, Word, columns};
use super::table::Table;

columns! {
    /// A row a finding.
    FindingColumns is "sigmill-findings" version 1 {
        zone: Word "?" = "zone";
        code: Word = "code";
        severity: Word = "severity";
        owner: Text "?" = "owner";
        rtype: Word "?" = "type";
        key_tag: U16 "?" = "key_tag";
        algorithm: U8 "?" = "algorithm";
        algorithm_name: Word "?" = "algorithm_name";
        at: Time "?" = "judged_at";
        detail: Text "?" = "detail";
        file: Word "?" = "file";
        line: U64 "?" = "line";
        column: U32 "?" = "line_column";
        excerpt: Text "?" = "excerpt";
    }
}

impl<W: Write + Send> Table<FindingColumns, W> {
    /// Adds a finding, and the zone it is of where that is known.
    pub(super) fn finding(
        &mut self,
        finding: &Finding,
        zone: Option<&impl Display>,
    ) -> io::Result<()> {
        self.row(|row| {
            let key = finding.key;
            let place = finding.place.as_ref();
            row.zone.push(zone);
            row.code.push(Some(finding.code));
            row.severity.push(Some(finding.severity));
            row.owner.push(finding.owner);
            row.rtype.push(finding.rtype);
            row.key_tag.push(key.map(|key| key.tag));
            row.algorithm.push(key.map(|key| key.algorithm.0));
            row.algorithm_name.push(key.map(|key| key.algorithm));
            row.at.push(finding.at);
            row.detail.push(finding.detail.as_ref());
            row.file.push(place.map(|place| &place.file));
            row.line.push(place.map(|place| place.line));
            row.column.push(place.and_then(|place| place.column));
            row.excerpt.push(finding.excerpt.as_ref().map(|excerpt| &excerpt.line));
        })
    }
}
