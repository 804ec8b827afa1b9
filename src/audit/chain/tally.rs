//! Sums up the rows of responses: by status, reason, zone, name and time, and what resolvers said.

use std::collections::{BTreeMap, HashMap};

use crate::audit::findings::{Code, Finding};
use crate::dns::{Name, RType};

use super::explain::ZoneLink;
use super::status::{Judgement, Status};
use super::summary::{
    AdFacts, BogusName, ReasonRow, ResponseRow, StatusCounts, Summary, TimelineRow, ZoneRow,
};
use super::verify::SignatureCounts;

/// Sums up responses.
pub(super) struct Tally {
    begin: i64,
    span: i64,
    timeline: BTreeMap<i64, StatusCounts>,
    reasons: BTreeMap<(Status, Code), (u64, String)>,
    bogus: HashMap<(Name, RType), u64>,
    zones: BTreeMap<Name, StatusCounts>,
}

/// Spans of the time line, and names in the list of bogus ones.
const TIMELINE_SPANS: i64 = 60;
const MOST_BOGUS_NAMES: usize = 20;

impl Tally {
    /// Nothing yet, of input that was seen between two times.
    pub fn new((first, last): (i64, i64)) -> Self {
        // A round number of seconds, so that the line has no more spans than fit.
        let least = (last - first) / TIMELINE_SPANS + 1;
        let steps = [1, 2, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400];
        let span = steps.into_iter().find(|&step| step >= least);
        let span = span.unwrap_or_else(|| (least + 86_399) / 86_400 * 86_400);
        Self {
            begin: first.div_euclid(span) * span,
            span,
            timeline: BTreeMap::new(),
            reasons: BTreeMap::new(),
            bogus: HashMap::new(),
            zones: BTreeMap::new(),
        }
    }

    /// Counts a row; `spans` are all times at which its response was seen, and how often.
    pub fn count(&mut self, row: &ResponseRow, spans: &[(i64, u64)], summary: &mut Summary) {
        for error in &row.errors {
            *summary.extended_errors.entry(error.code).or_default() += row.count;
        }
        let Some(judgement) = &row.judgement else {
            *summary.not_judged.entry(row.rcode).or_default() += row.count;
            return;
        };
        let status = judgement.status;
        summary.responses.add(status, row.count);
        summary.kinds.entry(row.kind).or_default().add(status, row.count);
        if let Some(zone) = row.zone {
            self.zones.entry(zone).or_default().add(status, row.count);
        }
        for &(at, count) in spans {
            if (row.seen.first..=row.seen.last).contains(&at) {
                let place = (at - self.begin).div_euclid(self.span);
                self.timeline.entry(place).or_default().add(status, count);
            }
        }
        if let Some(reason) = &judgement.reason {
            let first = || (0, format!("{reason} ({})", row.place));
            self.reasons.entry((status, reason.code)).or_insert_with(first).0 += row.count;
        }
        if status == Status::Bogus
            && let (Some(name), Some(rtype)) = (row.name, row.rtype)
        {
            *self.bogus.entry((name.to_lowercase(), rtype)).or_default() += row.count;
        }
        count_ad(&mut summary.ad, row, status);
    }

    /// Puts what was counted into the summary.
    pub fn close(self, summary: &mut Summary) {
        let timeline = self.timeline.into_iter();
        summary.timeline = timeline
            .map(|(place, responses)| TimelineRow {
                from: self.begin + place * self.span,
                responses,
            })
            .collect();
        summary.timeline_span_seconds = self.span;
        summary.reasons = self
            .reasons
            .into_iter()
            .map(|((status, code), (responses, first))| ReasonRow {
                status,
                code,
                responses,
                first,
            })
            .collect();
        summary.reasons.sort_by_key(|row| (row.status, std::cmp::Reverse(row.responses)));
        let mut bogus: Vec<_> = self
            .bogus
            .into_iter()
            .map(|((name, rtype), responses)| BogusName { name, rtype, responses })
            .collect();
        bogus.sort_by_key(|row| (std::cmp::Reverse(row.responses), row.name, row.rtype));
        bogus.truncate(MOST_BOGUS_NAMES);
        summary.bogus_names = bogus;
        // What each zone decided; the rest of its row follows.
        summary.zones = self
            .zones
            .into_iter()
            .map(|(zone, responses)| ZoneRow {
                link: ZoneLink::bare(zone, Judgement::SECURE),
                parent: None,
                island: false,
                signatures: SignatureCounts::default(),
                responses,
            })
            .collect();
    }
}

/// Compares what a resolver says (AD) with what is found here.
fn count_ad(ad: &mut AdFacts, row: &ResponseRow, status: Status) {
    if !row.recursive {
        return;
    }
    let counter = match (row.ad, status) {
        (true, Status::Secure) => &mut ad.agreed,
        (true, Status::Indeterminate) => &mut ad.unknown,
        (true, _) => &mut ad.without_security,
        (false, Status::Secure) if row.signatures_wanted && !row.cd => &mut ad.missing,
        (false, _) => return,
    };
    *counter += row.count;
}

/// What is to be told of that.
pub(super) fn ad_finding(row: &ResponseRow) -> Option<Finding> {
    let mut ad = AdFacts::default();
    count_ad(&mut ad, row, row.judgement.as_ref()?.status);
    let code = match ad {
        AdFacts { without_security: 1.., .. } => Code::AdWithoutSecurity,
        AdFacts { missing: 1.., .. } => Code::AdMissing,
        _ => return None,
    };
    Some(Finding {
        owner: row.name,
        rtype: row.rtype,
        at: Some(row.seen.first),
        detail: Some(format!("{} times, first {}", row.count, row.place)),
        ..Finding::new(code)
    })
}
