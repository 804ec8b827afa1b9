//! A fair selection of what an audit finds, for reports that tell the answer first and so hold it back.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::audit::findings::{Code, Finding, Severity};

/// At most so many items, shared out among groups as evenly as they come: a million of one kind do not
/// crowd out the single one of another. Within a group the first are kept.
#[derive(Debug)]
pub(crate) struct Selection<K, T> {
    max: Option<u64>,
    held: u64,
    groups: BTreeMap<K, Vec<(u64, T)>>,
}

/// Findings of one code may weigh differently: a bad signature beside a good one is only a
/// violation. Heavier groups come first, then the order of the catalogue.
pub(crate) type FindingGroup = (Reverse<Severity>, Code);

/// A selection of findings.
pub(crate) type Findings = Selection<FindingGroup, Finding>;

impl<K: Ord, T: Clone> Selection<K, T> {
    pub(crate) fn new(max: Option<u64>) -> Self {
        Self { max, held: 0, groups: BTreeMap::new() }
    }

    /// Takes an item, or leaves it; `place` is how many events of the audit came before it.
    pub(crate) fn offer(&mut self, key: K, item: &T, place: u64) {
        if self.max.is_some_and(|max| self.held >= max) {
            let own = self.groups.get(&key).map_or(0, Vec::len);
            // Of equally large groups the lightest gives way.
            let Some(largest) = self.groups.values_mut().rev().max_by_key(|group| group.len())
            else {
                return;
            };
            if largest.len() <= own + 1 {
                return;
            }
            largest.pop();
            self.held -= 1;
        }
        self.groups.entry(key).or_default().push((place, item.clone()));
        self.held += 1;
    }

    /// How many are held.
    pub(crate) fn held(&self) -> u64 {
        self.held
    }

    /// All that are held with their places, group by group.
    pub(crate) fn all(&self) -> impl Iterator<Item = &(u64, T)> {
        self.groups.values().flatten()
    }
}

impl Findings {
    /// Takes a finding, or leaves it.
    pub(crate) fn offer_finding(&mut self, finding: &Finding, place: u64) {
        self.offer((Reverse(finding.severity), finding.code), finding, place);
    }

    /// Those of a code and a severity, in their order.
    pub(crate) fn of(&self, severity: Severity, code: Code) -> Vec<&Finding> {
        let group = self.groups.get(&(Reverse(severity), code));
        group.into_iter().flatten().map(|(_, finding)| finding).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(code: Code, detail: usize) -> Finding {
        Finding { detail: Some(detail.to_string()), ..Finding::new(code) }
    }

    fn held(selection: &Findings, code: Code) -> Vec<&str> {
        let findings = selection.of(code.entry().severity, code);
        findings.into_iter().filter_map(|f| f.detail.as_deref()).collect()
    }

    // kzonecheck prints the first fault of thousands and hides the others behind it.
    #[test]
    fn a_flood_of_one_kind_does_not_hide_another() {
        let mut selection = Findings::new(Some(4));
        for n in 0..1000 {
            selection.offer_finding(&finding(Code::SignatureExpired, n), 0);
        }
        selection.offer_finding(&finding(Code::SoaMissing, 7), 0);
        selection.offer_finding(&finding(Code::RecordDuplicate, 8), 0);
        assert_eq!(held(&selection, Code::SignatureExpired), ["0", "1"]);
        assert_eq!(held(&selection, Code::SoaMissing), ["7"]);
        assert_eq!(held(&selection, Code::RecordDuplicate), ["8"]);
        assert_eq!(selection.held, 4);
    }

    #[test]
    fn no_more_is_held_than_asked_for() {
        for max in [0, 1, 5] {
            let mut selection = Findings::new(Some(max));
            for n in 0..200 {
                selection.offer_finding(&finding(Code::ALL[n % Code::ALL.len()], n), 0);
            }
            let held: usize = selection.groups.values().map(Vec::len).sum();
            assert_eq!(held as u64, max);
            assert_eq!(selection.held, max);
        }
    }
}
