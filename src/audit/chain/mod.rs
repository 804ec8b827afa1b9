//! Chain audit: RRsets and responses of many zones, as a capture or saved answers hold them. Which
//! were secure, insecure, bogus or indeterminate when they were seen, and why (RFC 4033 §5).
//!
//! [`Intake`] takes everything in; [`audit`] verifies each signature once, walks from the anchors down
//! by DS and DNSKEY, and judges each response at each time at which its status may be another.

mod bag;
mod denial;
pub mod explain;
mod follow;
mod intake;
mod judge;
mod packets;
mod response;
mod seen;
pub mod status;
pub mod summary;
mod text;
mod trust;
mod verify;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;

use rayon::prelude::*;

use crate::audit::findings::{Code, Finding};
use crate::audit::policy::Policy;
use crate::audit::rfc5011::TrustPoint;
use crate::audit::zone::summary::LatencyFacts;
use crate::audit::zone::{Anchor, Limits, Sha1};
use crate::crypto::BackendChoice;
use crate::dns::{Class, Name, RType};
use crate::engine::{Distribution, Journal, Preparation};

pub use intake::{Intake, Sighting};
pub use judge::Kind;
pub use packets::read_capture;
pub use status::{Judgement, Reason, Status};
pub use summary::{ResponseRow, RrsetRow, Summary};
pub use text::{TextError, read_material, read_text};

use bag::Held;
use response::SeenResponse;
use summary::{
    AdFacts, BogusName, ExtendedError, Performance, ReasonRow, StatusCounts, TimelineRow, Times,
    ZoneRow,
};
use trust::Judge;
use verify::{How, SignatureCounts, Verified};

/// How a bag is to be judged.
#[derive(Clone, Debug)]
pub struct Config {
    /// Trust anchors; one without an owner is the root's. Without any the root's own are used.
    pub anchors: Vec<Anchor>,
    /// A trust point whose keys are anchors too, and are followed through the input (RFC 5011), and
    /// where its state came from.
    pub followed: Option<(TrustPoint, String)>,
    /// The time to judge for instead of the times at which responses were seen.
    pub at: Option<i64>,
    /// Which backend verifies.
    pub backend: BackendChoice,
    /// Whether a second one verifies everything too.
    pub cross_check: bool,
    /// Where keys and signatures are written down as they are verified, so that they can be verified
    /// again; nowhere by default.
    pub journal: Option<Arc<Journal>>,
    /// Worker threads; 0 is one for each processor.
    pub threads: usize,
    /// What becomes of SHA-1.
    pub sha1: Sha1,
    /// Bounds on work.
    pub limits: Limits,
    /// How much each fact weighs.
    pub policy: Policy,
    /// Names, and types if only those are meant, whose chains are to be told.
    pub explain: Vec<(Name, Option<RType>)>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            anchors: Vec::new(),
            followed: None,
            at: None,
            backend: BackendChoice::Auto,
            cross_check: false,
            journal: None,
            threads: 0,
            sha1: Sha1::default(),
            limits: Limits::default(),
            policy: Policy::default(),
            explain: Vec::new(),
        }
    }
}

/// What is told while a bag is judged, in an order that does not depend on threads.
#[derive(Debug)]
pub enum Event {
    /// A distinct response, once for each judgement it got.
    Response(ResponseRow),
    /// A distinct RRset.
    Rrset(RrsetRow),
    /// A finding.
    Finding(Finding),
}

/// Judges all that was taken in.
///
/// # Errors
/// When the threads cannot be started.
pub fn audit(
    mut intake: Intake,
    config: &Config,
    on_event: &mut dyn FnMut(Event),
) -> Result<Summary, rayon::ThreadPoolBuildError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(config.threads).build()?;
    intake.close();
    let how = How {
        preparation: Preparation {
            backend: config.backend,
            cross_check: config.cross_check,
            journal: config.journal.clone(),
        },
        sha1: config.sha1,
        limits: config.limits,
    };
    let started = Instant::now();
    let bag = std::mem::take(&mut intake.bag);
    let verified = pool.install(|| Verified::new(bag, &how));
    let verifying = started.elapsed();
    let mut anchors = anchors(config);
    let span = intake.facts.seen.map_or((0, 0), |seen| (seen.first, seen.last));
    let followed = config.followed.as_ref().map(|(point, origin)| {
        let followed = follow::follow(&verified, point, span);
        anchors.extend(followed.anchors(origin));
        followed
    });
    let court = Court { verified: &verified, how: &how, anchors: &anchors, config, pool: &pool };
    let started = Instant::now();
    let mut summary = court.judge(&intake, on_event);
    if let Some(followed) = followed {
        summary.trust_changes = followed.changes;
        summary.trust_point = Some(followed.point);
    }
    summary.performance = Performance {
        reading_seconds: 0.0,
        verifying_seconds: verifying.as_secs_f64(),
        judging_seconds: started.elapsed().as_secs_f64(),
        latency: verified
            .latencies
            .rows()
            .map(|(algorithm, backend, histogram)| LatencyFacts {
                algorithm,
                backend,
                kernel: verified.kernel(algorithm, backend),
                nanoseconds: Distribution::of(histogram),
            })
            .collect(),
    };
    summary.input = intake.facts;
    Ok(summary)
}

/// The anchors, each with an owner.
fn anchors(config: &Config) -> Vec<Anchor> {
    if config.anchors.is_empty() && config.followed.is_none() {
        return Anchor::built_in_root().into();
    }
    let owned =
        |anchor: &Anchor| Anchor { owner: anchor.owner.or(Some(Name::root())), ..anchor.clone() };
    config.anchors.iter().map(owned).collect()
}

/// All that judging needs.
struct Court<'c> {
    verified: &'c Verified,
    how: &'c How,
    anchors: &'c [Anchor],
    config: &'c Config,
    pool: &'c rayon::ThreadPool,
}

/// Judgements that one worker makes before it forgets what it has found.
const LOT: usize = 4096;

/// A response to be judged for a time.
struct Case<'c> {
    seen: &'c SeenResponse,
    number: usize,
    /// The time to judge for.
    at: i64,
    count: u64,
    /// When it was seen first and last, as far as this case goes.
    times: (i64, i64),
}

impl Court<'_> {
    /// Tells everything to `on_event` and sums it up.
    fn judge(&self, intake: &Intake, on_event: &mut dyn FnMut(Event)) -> Summary {
        let mut summary = Summary::default();
        let mut findings = intake.findings.clone();
        let span = intake.facts.seen.map_or((0, 0), |seen| (seen.first, seen.last));
        let epochs = self.epochs(span);
        self.judge_responses(intake, &epochs, span, &mut summary, &mut findings, on_event);
        self.judge_rrsets(&epochs, &mut summary, &mut findings, on_event);
        self.list_zones(span.1, &mut summary);
        self.explain(span.1, &mut summary);
        for (signature, detail) in &self.verified.disagreements {
            let rrset = self.verified.bag.rrset(self.verified.bag.signature(*signature).rrset);
            findings.push(Finding {
                owner: Some(self.verified.bag.name(rrset.owner)),
                rtype: Some(rrset.rtype),
                detail: Some(detail.clone()),
                ..Finding::new(Code::BackendsDisagree)
            });
        }
        for mut finding in findings {
            if !self.config.policy.weigh(&mut finding) {
                continue;
            }
            *summary.findings.entry(finding.code.entry().code.to_owned()).or_default() += 1;
            on_event(Event::Finding(finding));
        }
        for (algorithm, counts) in self.verified.counts() {
            summary.signatures.insert(algorithm.0, counts);
        }
        summary
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
        findings: &mut Vec<Finding>,
        on_event: &mut dyn FnMut(Event),
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
                    _ => cases.push(Case { seen, number, at: shown, count, times: (at, at) }),
                }
            }
        }
        // Together by epoch, so that what was found of a zone serves all that follows.
        let mut order: Vec<usize> = (0..cases.len()).collect();
        order.sort_by_key(|&place| (epoch(cases[place].at), place));
        let judge_lot = |lot: &[usize]| -> Vec<_> {
            let mut judges: HashMap<usize, Judge<'_>> = HashMap::new();
            let judged = lot.iter().map(|&place| {
                let case = &cases[place];
                let judge = judges
                    .entry(epoch(case.at))
                    .or_insert_with(|| Judge::new(self.verified, self.how, self.anchors, case.at));
                (place, judge.response(&case.seen.response))
            });
            judged.collect()
        };
        let judged: Vec<Vec<(usize, judge::JudgedResponse)>> =
            self.pool.install(|| order.par_chunks(LOT).map(judge_lot).collect());
        let mut judged: Vec<_> = judged.into_iter().flatten().collect();
        judged.sort_unstable_by_key(|&(place, _)| place);
        summary.distinct_responses = intake.responses.list().len() as u64;
        let mut tally = Tally::new(span);
        for ((_, judged), case) in judged.into_iter().zip(&cases) {
            let row = self.row(intake, case, judged);
            tally.count(&row, case, summary);
            findings.extend(ad_finding(&row));
            on_event(Event::Response(row));
        }
        tally.close(summary);
    }

    fn row(&self, intake: &Intake, case: &Case<'_>, judged: judge::JudgedResponse) -> ResponseRow {
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

    fn judge_rrsets(
        &self,
        epochs: &[i64],
        summary: &mut Summary,
        findings: &mut Vec<Finding>,
        on_event: &mut dyn FnMut(Event),
    ) {
        let whole = self.verified.bag.rrsets().filter(|(_, stored)| {
            // Only the Internet's names have a chain of trust.
            stored.whole && stored.class == Class::IN
        });
        let ids: Vec<_> = whole.map(|(id, _)| id).collect();
        let judge_lot = |ids: &[bag::RrsetId]| -> Vec<_> {
            let mut judges: HashMap<usize, Judge<'_>> = HashMap::new();
            let rows = ids.iter().map(|&id| {
                let stored = self.verified.bag.rrset(id);
                let at = self.config.at.unwrap_or(stored.times.0);
                let epoch = epochs.partition_point(|&epoch| epoch <= at);
                let judge = judges
                    .entry(epoch)
                    .or_insert_with(|| Judge::new(self.verified, self.how, self.anchors, at));
                let signatures = stored.signatures.clone().into();
                let judged = judge.rrset(&Held { rrset: id, signatures }, stored.seen_bare);
                let owner = self.verified.bag.name(stored.owner);
                let row = RrsetRow {
                    owner,
                    rtype: stored.rtype,
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
        let rows: Vec<Vec<(RrsetRow, Vec<Finding>)>> =
            self.pool.install(|| ids.par_chunks(LOT).map(judge_lot).collect());
        for (row, finding) in rows.into_iter().flatten() {
            summary.rrsets.add(row.judgement.status, 1);
            findings.extend(finding);
            on_event(Event::Rrset(row));
        }
    }

    /// What is to be said of an RRset whatever its status.
    fn rrset_findings(&self, stored: &bag::StoredRrset, owner: Name) -> Vec<Finding> {
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
        let untried = |checked: &&verify::Checked| {
            matches!(checked.outcome, Err((Code::RrsetTooManySignatures, _)))
        };
        let untried = checked().filter(untried).count();
        if untried > 0 {
            let detail = format!("{untried} of {} were not tried", stored.signatures.len());
            report(Code::RrsetTooManySignatures, detail);
        }
        findings
    }

    fn list_zones(&self, at: i64, summary: &mut Summary) {
        let mut judge =
            Judge::new(self.verified, self.how, self.anchors, self.config.at.unwrap_or(at));
        let mut signatures: HashMap<Name, SignatureCounts> = HashMap::new();
        for (id, signature) in self.verified.bag.signatures() {
            let checked = self.verified.checked(id);
            if self.verified.counts_for_nothing(signature.rrset, checked) {
                continue;
            }
            let signer = self.verified.bag.name(checked.signer);
            signatures.entry(signer).or_default().count(&checked.outcome);
        }
        let mut decided: BTreeMap<Name, StatusCounts> = std::mem::take(&mut summary.zones)
            .into_iter()
            .map(|row| (row.link.zone, row.responses))
            .collect();
        for &name in self.verified.zones.keys() {
            decided.entry(self.verified.bag.name(name)).or_default();
        }
        for (apex, responses) in decided {
            let position = judge.position(&apex);
            let chain = judge.chain(&position.zone);
            let Some(mut link) = chain.last().cloned() else { continue };
            let signatures = signatures.get(&apex).copied().unwrap_or_default();
            let is_here = link.zone == apex;
            let parent = match is_here {
                true => chain.iter().rev().nth(1).map(|above| above.zone),
                false => Some(link.zone),
            };
            if !is_here {
                // Trust ends above; what is missing is said of the zone itself.
                let judgement = match (position.unknown, link.judgement.status) {
                    (Some(unknown), Status::Secure) => Judgement::new(
                        Status::Indeterminate,
                        Reason::new(Code::ChainDsNeeded, unknown, RType::DS),
                    ),
                    _ => link.judgement.clone(),
                };
                link = explain::ZoneLink {
                    zone: apex,
                    judgement,
                    anchor: None,
                    ds: None,
                    dnskey: None,
                };
            }
            let self_signed =
                self.verified.bag.find(&apex).is_some_and(|id| self.is_self_signed(id));
            let island = self_signed && link.judgement.status != Status::Secure;
            summary.zones.push(ZoneRow { link, parent, island, signatures, responses });
        }
    }

    /// Whether a DNSKEY RRset of a zone is signed by one of its own keys.
    fn is_self_signed(&self, apex: bag::NameId) -> bool {
        let zone = self.verified.zones.get(&apex);
        zone.is_some_and(|zone| {
            zone.dnskeys.iter().any(|&rrset| {
                let stored = self.verified.bag.rrset(rrset);
                stored.signatures.iter().any(|&id| {
                    let checked = self.verified.checked(id);
                    checked.signer == apex && checked.outcome.is_ok()
                })
            })
        })
    }

    fn explain(&self, at: i64, summary: &mut Summary) {
        let mut judge =
            Judge::new(self.verified, self.how, self.anchors, self.config.at.unwrap_or(at));
        for (name, rtype) in &self.config.explain {
            let Some(owner) = self.verified.bag.find(name) else { continue };
            for (id, stored) in self.verified.bag.rrsets() {
                if stored.owner == owner && rtype.is_none_or(|rtype| rtype == stored.rtype) {
                    let signatures = stored.signatures.clone().into();
                    summary.explanations.push(judge.explain(&Held { rrset: id, signatures }));
                }
            }
        }
    }
}

/// Sums up responses.
struct Tally {
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
    fn new((first, last): (i64, i64)) -> Self {
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

    fn count(&mut self, row: &ResponseRow, case: &Case<'_>, summary: &mut Summary) {
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
        for &(at, count) in case.seen.seen.spans() {
            if (case.times.0..=case.times.1).contains(&at) {
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

    fn close(self, summary: &mut Summary) {
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
                link: explain::ZoneLink {
                    zone,
                    judgement: Judgement::SECURE,
                    anchor: None,
                    ds: None,
                    dnskey: None,
                },
                parent: None,
                island: false,
                signatures: SignatureCounts::default(),
                responses,
            })
            .collect();
    }
}

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

fn ad_finding(row: &ResponseRow) -> Option<Finding> {
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
