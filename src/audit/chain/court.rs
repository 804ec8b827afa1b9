//! Judges every response and RRset at each time at which its status may be another, and tells of them in
//! an order that does not depend on threads.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use crate::audit::findings::{Code, Finding};
use crate::audit::policy::Policy;
use crate::audit::zone::Anchor;
use crate::dns::{Class, Name};

use super::bag::{Held, RrsetId, StoredRrset};
use super::intake::Intake;
use super::judge::JudgedResponse;
use super::response::SeenResponse;
use super::summary::{ExtendedError, ResponseRow, RrsetRow, Summary, Times};
use super::tally::{Tally, ad_finding};
use super::trust::Judge;
use super::verify::{Checked, How, Verified};
use super::{Config, Event};

/// All that judging needs.
pub(super) struct Court<'c> {
    pub verified: &'c Verified,
    pub how: &'c How,
    pub anchors: &'c [Anchor],
    pub config: &'c Config,
    pub pool: &'c rayon::ThreadPool,
}

/// Judgements that one worker makes before it forgets what it has found.
const LOT: usize = 4096;

/// A response to be judged for a time.
struct Case<'c> {
    seen: &'c SeenResponse,
    number: usize,
    /// Its place among the cases.
    order: usize,
    /// The time to judge for.
    at: i64,
    count: u64,
    /// When it was seen first and last, as far as this case goes.
    times: (i64, i64),
}

impl Court<'_> {
    /// Tells everything to `on_event` and sums it up.
    pub fn judge(&self, intake: &mut Intake, on_event: &mut dyn FnMut(Event)) -> Summary {
        let mut summary = Summary::default();
        let mut out = Telling { policy: &self.config.policy, counts: BTreeMap::new(), on_event };
        let findings = std::mem::take(&mut intake.findings);
        findings.into_iter().for_each(|finding| out.finding(finding));
        let intake = &*intake;
        let span = intake.facts.seen.map_or((0, 0), |seen| (seen.first, seen.last));
        let epochs = self.epochs(span);
        self.judge_responses(intake, &epochs, span, &mut summary, &mut out);
        self.judge_rrsets(&epochs, &mut summary, &mut out);
        if self.config.tell_signatures {
            self.tell_signatures(span.0, &mut out);
        }
        summary.next_expiry = self.next_expiry();
        self.list_zones(span.1, &mut summary);
        self.explain(&mut summary);
        for (signature, detail) in &self.verified.disagreements {
            let rrset = self.verified.bag.rrset(self.verified.bag.signature(*signature).rrset);
            out.finding(Finding {
                owner: Some(self.verified.bag.name(rrset.owner)),
                rtype: Some(rrset.rtype),
                detail: Some(detail.clone()),
                ..Finding::new(Code::BackendsDisagree)
            });
        }
        summary.findings = out.counts;
        for (algorithm, counts) in self.verified.counts() {
            summary.signatures.insert(algorithm.0, counts);
        }
        summary
    }

    pub fn judge_at(&self, at: i64) -> Judge<'_> {
        let mut judge = Judge::new(self.verified, self.how, self.anchors, at);
        judge.is_fixed = self.config.at.is_some();
        judge
    }

    /// The times between which no status changes: where a signature or an anchor begins or ends.
    fn epochs(&self, (first, last): (i64, i64)) -> Vec<i64> {
        let mut epochs: Vec<i64> = Vec::new();
        for (id, _) in self.verified.bag.signatures() {
            let checked = self.verified.checked(id);
            epochs.push(checked.inception.to_unix_near(first));
            epochs.push(checked.expiration.to_unix_near(first) + 1);
        }
        for anchor in self.anchors {
            epochs.extend(anchor.valid_from);
            epochs.extend(anchor.valid_until);
        }
        epochs.retain(|&epoch| first < epoch && epoch <= last);
        epochs.sort_unstable();
        epochs.dedup();
        epochs
    }

    fn judge_responses(
        &self,
        intake: &Intake,
        epochs: &[i64],
        span: (i64, i64),
        summary: &mut Summary,
        out: &mut Telling<'_>,
    ) {
        let epoch = |at: i64| epochs.partition_point(|&epoch| epoch <= at);
        let mut cases: Vec<Case<'_>> = Vec::new();
        for (number, seen) in intake.responses.list().iter().enumerate() {
            for &(at, count) in seen.seen.spans() {
                let shown = self.config.at.unwrap_or(at);
                match cases.last_mut() {
                    Some(case)
                        if case.number == number
                            && (self.config.at.is_some() || epoch(case.at) == epoch(at)) =>
                    {
                        case.count += count;
                        case.times.1 = at;
                    }
                    _ => {
                        let order = cases.len();
                        let times = (at, at);
                        cases.push(Case { seen, number, order, at: shown, count, times });
                    }
                }
            }
        }
        let judge_lot = |lot: &[&Case<'_>]| -> Vec<_> {
            let mut judges: HashMap<usize, Judge<'_>> = HashMap::new();
            let judged = lot.iter().map(|case| {
                let judge = judges.entry(epoch(case.at)).or_insert_with(|| self.judge_at(case.at));
                (case.order, judge.response(&case.seen.response))
            });
            judged.collect()
        };
        summary.distinct_responses = intake.responses.list().len() as u64;
        let mut tally = Tally::new(span);
        for cases in cases.chunks(self.window()) {
            // Together by epoch, so that what was found of a zone serves all that follows.
            let mut by_epoch: Vec<&Case<'_>> = cases.iter().collect();
            by_epoch.sort_by_key(|case| epoch(case.at));
            let judged: Vec<Vec<(usize, JudgedResponse)>> =
                self.pool.install(|| by_epoch.par_chunks(LOT).map(judge_lot).collect());
            let mut judged: Vec<_> = judged.into_iter().flatten().collect();
            judged.sort_unstable_by_key(|&(order, _)| order);
            for ((_, judged), case) in judged.into_iter().zip(cases) {
                let row = self.row(intake, case, judged);
                tally.count(&row, case.seen.seen.spans(), summary);
                let finding = ad_finding(&row);
                (out.on_event)(Event::Response(row));
                finding.into_iter().for_each(|finding| out.finding(finding));
            }
        }
        tally.close(summary);
    }

    /// What is judged before it is told: enough for all threads, and no more, so that memory does not
    /// grow with the input.
    fn window(&self) -> usize {
        LOT * self.pool.current_num_threads()
    }

    fn row(&self, intake: &Intake, case: &Case<'_>, judged: JudgedResponse) -> ResponseRow {
        let response = &case.seen.response;
        let bag = &self.verified.bag;
        let errors = response.errors.iter().cloned();
        ResponseRow {
            name: response.question.map(|(name, ..)| bag.name(name)),
            rtype: response.question.map(|(_, rtype, _)| rtype),
            rcode: response.rcode,
            kind: judged.kind,
            judgement: judged.judgement,
            zone: judged.zone,
            recursive: response.flags.recursive && !response.flags.authoritative,
            ad: response.flags.authenticated,
            cd: response.flags.checking_disabled,
            signatures_wanted: response.signatures_wanted,
            errors: errors.map(|(code, text)| ExtendedError { code, text }).collect(),
            count: case.count,
            seen: Times { first: case.times.0, last: case.times.1 },
            place: intake.place(case.seen.place),
        }
    }

    fn judge_rrsets(&self, epochs: &[i64], summary: &mut Summary, out: &mut Telling<'_>) {
        let whole = self.verified.bag.rrsets().filter(|(_, stored)| {
            // Only the Internet's names have a chain of trust.
            stored.whole && stored.class == Class::IN
        });
        let ids: Vec<_> = whole.map(|(id, _)| id).collect();
        let judge_lot = |ids: &[RrsetId]| -> Vec<_> {
            let mut judges: HashMap<usize, Judge<'_>> = HashMap::new();
            let rows = ids.iter().map(|&id| {
                let stored = self.verified.bag.rrset(id);
                let at = self.config.at.unwrap_or(stored.times.0);
                let epoch = epochs.partition_point(|&epoch| epoch <= at);
                let judge = judges.entry(epoch).or_insert_with(|| self.judge_at(at));
                let signatures = stored.signatures.clone().into();
                let judged = judge.rrset(&Held { rrset: id, signatures }, stored.seen_bare);
                let owner = self.verified.bag.name(stored.owner);
                let row = RrsetRow {
                    owner,
                    rtype: stored.rtype,
                    wildcard: judged
                        .signature
                        .and_then(|id| self.verified.wildcard(id))
                        .map(Box::new),
                    judgement: judged.judgement,
                    zone: judged.zone.apex,
                    signatures: stored.signatures.len() as u64,
                    count: stored.seen,
                    seen: Times { first: stored.times.0, last: stored.times.1 },
                };
                (row, self.rrset_findings(stored, owner))
            });
            rows.collect()
        };
        for ids in ids.chunks(self.window()) {
            let rows: Vec<Vec<(RrsetRow, Vec<Finding>)>> =
                self.pool.install(|| ids.par_chunks(LOT).map(judge_lot).collect());
            for (row, findings) in rows.into_iter().flatten() {
                summary.rrsets.add(row.judgement.status, 1);
                (out.on_event)(Event::Rrset(row));
                findings.into_iter().for_each(|finding| out.finding(finding));
            }
        }
    }

    /// What is to be said of an RRset whatever its status.
    fn rrset_findings(&self, stored: &StoredRrset, owner: Name) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut report = |code, detail| {
            let (owner, rtype) = (Some(owner), Some(stored.rtype));
            findings.push(Finding { owner, rtype, detail: Some(detail), ..Finding::new(code) });
        };
        let checked = || stored.signatures.iter().map(|&id| self.verified.checked(id));
        // RFC 4035 §5.3.3: caches lower a TTL, nobody may raise it.
        let good = checked().filter(|checked| checked.outcome.is_ok());
        let signed = good.map(|checked| checked.original_ttl).max();
        if let Some(signed) = signed.filter(|&signed| stored.greatest_ttl > signed) {
            let detail = format!("TTL {}, signed {signed}", stored.greatest_ttl);
            report(Code::TtlAboveOriginal, detail);
        }
        let untried =
            |checked: &&Checked| matches!(checked.outcome, Err((Code::RrsetTooManySignatures, _)));
        let untried = checked().filter(untried).count();
        if untried > 0 {
            let detail = format!("{untried} of {} were not tried", stored.signatures.len());
            report(Code::RrsetTooManySignatures, detail);
        }
        findings
    }

    /// Tells chains as they were when the RRset at their end was seen last.
    fn explain(&self, summary: &mut Summary) {
        for (name, rtype) in &self.config.explain {
            let Some(owner) = self.verified.bag.find(name) else { continue };
            for (id, stored) in self.verified.bag.rrsets() {
                if stored.owner == owner && rtype.is_none_or(|rtype| rtype == stored.rtype) {
                    let signatures = stored.signatures.clone().into();
                    let mut judge = self.judge_at(self.config.at.unwrap_or(stored.times.1));
                    summary.explanations.push(judge.explain(&Held { rrset: id, signatures }));
                }
            }
        }
    }
}

/// Where findings and rows go to.
pub(super) struct Telling<'t> {
    policy: &'t Policy,
    /// Findings by code.
    counts: BTreeMap<String, u64>,
    pub on_event: &'t mut dyn FnMut(Event),
}

impl Telling<'_> {
    fn finding(&mut self, mut finding: Finding) {
        if self.policy.weigh(&mut finding) {
            *self.counts.entry(finding.code.entry().code.to_owned()).or_default() += 1;
            (self.on_event)(Event::Finding(finding));
        }
    }
}
