//! Adding reports to reports.

use std::collections::HashSet;

use super::{
    AlgorithmRow, CaptureContents, Counts, Earliest, FindingRow, Map, Merged, MergedSummary,
    RemainingRow, ZoneContents,
};

/// Why reports cannot be added.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MergeError {
    /// A report is in both.
    #[error("{again} is the same report as {file}, which is counted already")]
    Twice {
        /// As it was named when it was added.
        file: String,
        /// As it is named now.
        again: String,
    },
    /// The reports count lifetimes by other bounds.
    #[error("{file} counts remaining lifetimes by other bounds than the reports before it")]
    OtherBounds {
        /// The report.
        file: String,
    },
}

/// Adds up reports, and knows those that were added.
#[derive(Debug, Default)]
pub struct Adder {
    merged: Merged,
    known: HashSet<String>,
}

impl Adder {
    /// Adds reports, all of them or none.
    ///
    /// # Errors
    /// When one of them was added before.
    pub fn add(&mut self, next: Merged, file: &str) -> Result<(), MergeError> {
        for row in &next.reports {
            if self.known.contains(&row.sha256) {
                let same = |known: &&super::ReportRow| known.sha256 == row.sha256;
                let before = self.merged.reports.iter().find(same);
                let before = before.map_or_else(String::new, |row| row.file.clone());
                let again = row.file.clone();
                return Err(MergeError::Twice { file: before, again });
            }
        }
        let bounds = |merged: &Merged| -> Vec<Option<i64>> {
            merged.summary.remaining.iter().map(|row| row.up_to_seconds).collect()
        };
        let (mine, theirs) = (bounds(&self.merged), bounds(&next));
        if !mine.is_empty() && !theirs.is_empty() && mine != theirs {
            return Err(MergeError::OtherBounds { file: file.to_owned() });
        }
        self.known.extend(next.reports.iter().map(|row| row.sha256.clone()));
        self.merged.summary.add(next.summary);
        self.merged.reports.extend(next.reports);
        Ok(())
    }

    /// What was added, its rows in order.
    #[must_use]
    pub fn finish(mut self) -> Merged {
        let key = |row: &super::ReportRow| (row.file.clone(), row.sha256.clone());
        self.merged.reports.sort_by_cached_key(key);
        self.merged
    }
}

impl MergedSummary {
    fn add(&mut self, next: Self) {
        self.reports = self.reports.saturating_add(next.reports);
        self.zones.add(next.zones);
        self.zone_rrsets.add(next.zone_rrsets);
        self.captures.add(next.captures);
        self.responses.add(next.responses);
        self.capture_rrsets.add(next.capture_rrsets);
        self.zone_contents.add(next.zone_contents);
        self.capture_contents.add(next.capture_contents);
        add_algorithms(&mut self.algorithms, next.algorithms);
        add_findings(&mut self.findings, next.findings);
        add_remaining(&mut self.remaining, next.remaining);
        let key = |earliest: &Earliest| (earliest.expiry.clone(), earliest.file.clone());
        self.earliest = self.earliest.take().into_iter().chain(next.earliest).min_by_key(key);
    }
}

impl Counts {
    fn add(&mut self, next: Self) {
        self.secure = self.secure.saturating_add(next.secure);
        self.insecure = self.insecure.saturating_add(next.insecure);
        self.indeterminate = self.indeterminate.saturating_add(next.indeterminate);
        self.bogus = self.bogus.saturating_add(next.bogus);
    }
}

impl ZoneContents {
    fn add(&mut self, next: Self) {
        self.records = self.records.saturating_add(next.records);
        self.rrsets = self.rrsets.saturating_add(next.rrsets);
        self.delegations = self.delegations.saturating_add(next.delegations);
        self.signatures = self.signatures.saturating_add(next.signatures);
    }
}

impl CaptureContents {
    fn add(&mut self, next: Self) {
        self.packets = self.packets.saturating_add(next.packets);
        self.messages = self.messages.saturating_add(next.messages);
        self.not_kept = self.not_kept.saturating_add(next.not_kept);
        self.first_seen = self.first_seen.into_iter().chain(next.first_seen).min();
        self.last_seen = self.last_seen.into_iter().chain(next.last_seen).max();
    }
}

fn add_algorithms(mine: &mut Vec<AlgorithmRow>, theirs: Vec<AlgorithmRow>) {
    let mut rows: Map<u8, AlgorithmRow> = Map::new();
    for next in std::mem::take(mine).into_iter().chain(theirs) {
        match rows.get_mut(&next.algorithm) {
            Some(row) => {
                row.signatures = row.signatures.saturating_add(next.signatures);
                row.holding = row.holding.saturating_add(next.holding);
                row.reports = row.reports.saturating_add(next.reports);
            }
            None => drop(rows.insert(next.algorithm, next)),
        }
    }
    *mine = rows.into_values().collect();
}

fn add_findings(mine: &mut Vec<FindingRow>, theirs: Vec<FindingRow>) {
    let mut rows: Map<(String, String), FindingRow> = Map::new();
    for next in std::mem::take(mine).into_iter().chain(theirs) {
        match rows.get_mut(&(next.code.clone(), next.severity.clone())) {
            Some(row) => {
                row.count = row.count.saturating_add(next.count);
                row.reports = row.reports.saturating_add(next.reports);
            }
            None => drop(rows.insert((next.code.clone(), next.severity.clone()), next)),
        }
    }
    *mine = rows.into_values().collect();
}

/// Both have the same bounds, or one has none.
fn add_remaining(mine: &mut Vec<RemainingRow>, theirs: Vec<RemainingRow>) {
    if mine.is_empty() {
        *mine = theirs;
        return;
    }
    for (mine, next) in mine.iter_mut().zip(theirs) {
        mine.signatures = mine.signatures.saturating_add(next.signatures);
    }
}
