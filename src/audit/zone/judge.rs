//! Judges a lot: neighbouring owners, from their records to findings and counts.
//!
//! A lot goes through three passes. The first groups each owner's records, checks all that needs no
//! arithmetic, and fills the engine's task list. The engine then verifies the whole lot, batched by
//! key. The last pass walks the same RRsets in the same order and says what follows. Where the
//! signed data of a lot is more than [`Limits::signed_octets_at_once`](super::Limits), it goes
//! through them in portions.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::audit::denial::{Interner, Plan};
use crate::audit::findings::{Code, Finding, KeyRef, Place, Severity};
use crate::audit::policy::Policy;
use crate::audit::rrsig::LastCandidates;
use crate::crypto::Item;
use crate::dns::rdata::Rrsig;
use crate::dns::{Algorithm, Class, Name, RType};
use crate::engine::{Disagreement, Latencies, Stopwatch, TaskList, Verdict};
use crate::rrset::{
    HashedOwners, Keys, Loaded, Ordered, OwnerRecords, OwnerSpan, Position, RrRef, Rrset,
};

use super::config::{JudgementTime, Progress};
use super::delegation::{check_ds, check_glue};
use super::denial::{DenialTtl, LotDenial};
use super::lots::Lot;
use super::outcome::{Outcome, RrsetSize, SignatureOutcome, StraySignature};
use super::placement::misplaced;
use super::signature::{Context, Signature};
use super::standing::Standing;
use super::tally::Tally;
use super::trust::ZoneKind;
use super::versions::Versions;

/// What became of a lot.
pub(super) struct Judged {
    /// In canonical order of owners and types.
    pub findings: Vec<Finding>,
    /// What became of RRsets and signatures, in the same order, if that is wanted.
    pub outcomes: Vec<Outcome>,
    pub tally: Tally,
    /// For the walk along the chains.
    pub denial: LotDenial,
}

/// Everything that is the same for all lots of a zone.
#[derive(Clone, Copy)]
pub(super) struct Court<'z> {
    pub ordered: &'z Ordered,
    pub class: Class,
    pub kind: ZoneKind,
    pub context: Context<'z>,
    /// The chains that are judged.
    pub plan: &'z Plan,
    /// Whether all NSEC3 records are made with the parameters of the only chain that is judged.
    pub one_chain: bool,
    /// What the TTL of NSEC and NSEC3 must be, when there is one SOA.
    pub denial_ttl: Option<DenialTtl>,
    /// The algorithms that must sign every RRset.
    pub promised: &'z [Algorithm],
    pub times: &'z [JudgementTime],
    /// The previous version, when there is one.
    pub versions: Option<&'z Versions<'z>>,
    pub expire_within: Option<i64>,
    pub files: &'z [Arc<str>],
    pub policy: &'z Policy,
    /// Whether the outcome of each RRset and signature is wanted.
    pub wants_outcomes: bool,
    pub progress: &'z Progress,
    /// When set, whatever a lot holds is of no use any more.
    pub stop: &'z AtomicBool,
}

/// Octets of signed data that a dispute between backends writes out: those of any RRset that fits a
/// DNS message.
const DISPUTED_OCTETS: usize = 1 << 17;

/// A worker's buffers and measurements, kept from lot to lot.
#[derive(Default)]
pub(super) struct Bench {
    pub tasks: TaskList,
    pub verdicts: Vec<Verdict>,
    pub disagreements: Vec<Disagreement>,
    interner: Interner,
    candidates: LastCandidates,
    steps: Steps,
    /// The records of the lot, in both versions.
    loaded: Loaded,
    loaded_before: Loaded,
    pub latencies: Latencies,
    pub order: Stopwatch,
    pub load: Stopwatch,
    pub canonicalize: Stopwatch,
    pub verify: Stopwatch,
    pub judge: Stopwatch,
    /// Time that portions took out of the first pass.
    interrupted: Duration,
}

/// What the first pass leaves to the last, in the order of reporting.
#[derive(Default)]
pub(super) struct Steps {
    pub steps: Vec<Step>,
    /// The signatures over all RRsets, one behind the other.
    pub signatures: Vec<Signature>,
}

impl Steps {
    fn find(&mut self, finding: Finding) {
        self.steps.push(Step::Finding(Box::new(finding)));
    }

    fn clear(&mut self) {
        self.steps.clear();
        self.signatures.clear();
    }
}

/// One of [`Steps`].
pub(super) enum Step {
    /// A finding that stands already.
    Finding(Box<Finding>),
    /// An RRset whose signatures are with the engine.
    Rrset(RrsetCase),
    /// A signature over nothing that is to be signed, if outcomes are wanted.
    Stray(Box<StraySignature>),
}

/// An RRset that must be signed.
pub(super) struct RrsetCase {
    /// The owner's number among those that are loaded.
    pub owner: usize,
    pub rtype: RType,
    pub place: Position,
    pub size: RrsetSize,
    /// Where its signatures are in [`Steps::signatures`].
    pub signatures: Range<usize>,
    /// Signatures beyond the limit, not tried.
    pub untried: usize,
    /// The same one by one, if outcomes are wanted.
    pub untried_outcomes: Vec<SignatureOutcome>,
}

/// An RRset and its signatures, as the last pass looks at them.
pub(super) struct Case<'c> {
    /// The owner in lower case, in wire form.
    pub owner: &'c [u8],
    pub rrset: &'c RrsetCase,
    pub signatures: &'c [Signature],
}

impl Case<'_> {
    pub(super) fn owner(&self) -> Name {
        // Owners are only ever names.
        Name::from_wire(self.owner).unwrap_or(Name::root())
    }
}

/// An owner of a lot.
#[derive(Clone, Copy)]
struct Member<'o, 'a> {
    /// Its number among those that are loaded.
    number: usize,
    span: &'o OwnerSpan,
    standing: Standing,
    records: &'o OwnerRecords<'a>,
    /// Its records in the previous version.
    before: Option<&'o OwnerRecords<'a>>,
}

impl<'z> Court<'z> {
    /// Judges a lot.
    pub(super) fn judge(&self, lot: &Lot, bench: &mut Bench) -> Judged {
        let mut judged = Judged {
            findings: Vec::new(),
            outcomes: Vec::new(),
            tally: Tally::new(self.times.len()),
            denial: LotDenial::default(),
        };
        let mut steps = std::mem::take(&mut bench.steps);
        let mut loaded = std::mem::take(&mut bench.loaded);
        let mut loaded_before = std::mem::take(&mut bench.loaded_before);
        let current = || lot.iter().filter_map(|entry| entry.current.as_ref());
        let previous = || lot.iter().filter_map(|entry| entry.previous.as_ref());
        bench.load.time(|| {
            self.ordered.load_into(current().map(|(span, _)| span), &mut loaded);
            if let Some(versions) = self.versions {
                versions.ordered().load_into(previous(), &mut loaded_before);
            }
        });
        bench.load.items += current().map(|(span, _)| span.records as u64).sum::<u64>();
        let (mut owner, mut owners) = (OwnerRecords::new(), 0..);
        let (mut before, mut owners_before) = (OwnerRecords::new(), 0..);
        let mut watch = std::mem::take(&mut bench.canonicalize);
        let mut keys = self.ordered.keys();
        bench.tasks.clear();
        watch.time(|| {
            for entry in lot {
                if self.stop.load(Ordering::Relaxed) {
                    return;
                }
                let mut before_is_there = false;
                if let (Some(versions), Some(_)) = (self.versions, &entry.previous)
                    && let Some(index) = owners_before.next()
                {
                    before.take(&loaded_before, index, versions.class());
                    before_is_there = true;
                }
                let before = before_is_there.then_some(&before);
                let number = entry.current.as_ref().and_then(|_| owners.next());
                if let Some(number) = number {
                    owner.take(&loaded, number, self.class);
                }
                if let Some(versions) = self.versions {
                    let in_zone = entry.current.is_some_and(|(span, _)| span.in_zone);
                    let now = in_zone.then_some(&owner);
                    versions.compare(now, before, &mut judged.tally.versions);
                }
                if let (Some((span, standing)), Some(number)) = (&entry.current, number) {
                    let standing = *standing;
                    let member = Member { number, span, standing, records: &owner, before };
                    let bench = &mut *bench;
                    self.prepare(member, &loaded, &mut keys, bench, &mut judged, &mut steps);
                }
            }
            judged.denial.hash(self.plan, self.only_chain());
        });
        watch.busy = watch.busy.saturating_sub(std::mem::take(&mut bench.interrupted));
        watch.items += judged.tally.rrsets;
        self.settle(&mut steps, &loaded, bench, &mut judged);
        watch.bytes += std::mem::take(&mut bench.canonicalize).bytes;
        bench.canonicalize = watch;
        bench.judge.items += judged.tally.rrsets;
        self.ordered.release(current().map(|(span, _)| span));
        drop((owner, before));
        (bench.steps, bench.loaded, bench.loaded_before) = (steps, loaded, loaded_before);
        judged
    }

    /// What is known of the zone's NSEC3 chain, when it has one and nothing else of the kind.
    pub(super) fn only_chain(&self) -> Option<&HashedOwners> {
        let owners = self.ordered.hashed_owners();
        (self.one_chain && owners.class() == Some(self.class)).then_some(owners)
    }

    /// The second pass and the last, over what the first has prepared so far.
    fn settle(&self, steps: &mut Steps, loaded: &Loaded, bench: &mut Bench, judged: &mut Judged) {
        let Bench { tasks, verdicts, disagreements, latencies, .. } = bench;
        disagreements.clear();
        if self.stop.load(Ordering::Relaxed) {
            tasks.clear();
            steps.clear();
            return;
        }
        bench.canonicalize.bytes += tasks.message_octets() as u64;
        bench.verify.items += tasks.len() as u64;
        bench.verify.bytes += tasks.message_octets() as u64;
        bench.verify.time(|| {
            tasks.verify(self.context.keys.table, verdicts, disagreements, latencies);
        });
        Progress::add(&self.progress.signatures, tasks.len() as u64);

        let mut watch = std::mem::take(&mut bench.judge);
        let findings = watch.time(|| self.conclude(steps, loaded, bench, judged));
        bench.judge = watch;
        bench.tasks.clear();
        Progress::add(&self.progress.findings, findings as u64);
    }

    /// Who said what of which octets: all that is needed to see it again without the zone.
    pub(super) fn disagreement(&self, disagreement: &Disagreement, tasks: &TaskList) -> String {
        let Disagreement { task, key, holds, fails } = *disagreement;
        let Item { message, signature } = tasks.question(task);
        let shown = &message[..message.len().min(DISPUTED_OCTETS)];
        let more = match message.len() - shown.len() {
            0 => String::new(),
            more => format!("… and {more} octets"),
        };
        format!(
            "{holds} says that it holds, {fails} that it does not; DNSKEY {}, signature {}, \
             signed data {}{more}",
            hex(&self.context.keys.table.get(key).rdata),
            hex(signature),
            hex(shown),
        )
    }

    /// First pass over one owner.
    fn prepare(
        &self,
        member: Member<'_, '_>,
        loaded: &Loaded,
        keys: &mut Keys<'_>,
        bench: &mut Bench,
        judged: &mut Judged,
        steps: &mut Steps,
    ) {
        let Member { span, standing, records: owner, .. } = member;
        let name = &owner.name;
        let on_owner = |code, rtype, record: &RrRef<'_>| Finding {
            owner: Some(*name),
            rtype,
            place: Some(self.place(record.position)),
            ..Finding::new(code)
        };
        if standing == Standing::Outside {
            let all = || owner.records().iter().chain(owner.other_class());
            if let Some(first) = all().min_by_key(|record| record.position) {
                let detail = match all().count() {
                    1 => None,
                    records => Some(format!("{records} records")),
                };
                let finding = on_owner(Code::RecordOutOfZone, None, first);
                steps.find(Finding { detail, ..finding });
            }
            // Whoever made a chain that leads out of the zone takes what is there for the zone's own.
            for (rtype, code) in
                [(RType::NSEC, Code::NsecSurplus), (RType::NSEC3, Code::Nsec3Surplus)]
            {
                if let Some(rrset) = owner.rrset(rtype) {
                    let finding = on_owner(code, Some(rtype), rrset.first_in_input());
                    steps.find(self.weigh(finding));
                }
            }
            return;
        }
        for record in owner.other_class() {
            let finding = on_owner(Code::RecordOtherClass, Some(record.rtype), record);
            let detail = Some(format!("class {}, the zone's is {}", record.class, self.class));
            steps.find(Finding { detail, ..finding });
        }
        if owner.records().is_empty() {
            return;
        }
        judged.tally.owners += 1;
        judged.tally.delegations += u64::from(standing == Standing::Delegation);
        for rrset in owner.rrsets() {
            let rtype = rrset.rtype();
            if rtype == RType::SOA && name != self.context.apex && !standing.is_occluded() {
                let record = rrset.first_in_input();
                steps.find(on_owner(Code::SoaNotAtApex, Some(rtype), record));
            }
            self.count_records(&rrset, &mut judged.tally);
            judged.tally.rrsets += 1;
            for finding in self.rrset_findings(&rrset) {
                steps.find(Finding { owner: Some(*name), ..finding });
            }
            if standing.is_signed(rtype) {
                self.signed_case(member, &rrset, bench, &mut judged.tally, steps);
                if bench.tasks.message_octets() >= self.context.keys.limits.signed_octets_at_once {
                    let begun = Instant::now();
                    self.settle(steps, loaded, bench, judged);
                    bench.interrupted += begun.elapsed();
                }
            }
        }
        if let Some(rrsigs) = owner.rrsigs() {
            self.count_records(&rrsigs, &mut judged.tally);
            for duplicate in rrsigs.duplicates() {
                steps.find(on_owner(Code::RecordDuplicate, Some(RType::RRSIG), duplicate));
            }
            self.misplaced_signatures(owner, &rrsigs, standing, &mut judged.tally, steps);
        }
        self.placement(member, keys, steps);
        if self.kind != ZoneKind::Unsigned {
            self.deny(
                span,
                standing,
                owner,
                &mut bench.interner,
                &mut judged.denial,
                &mut |finding| steps.find(self.weigh(finding)),
            );
        }
    }

    /// Whether what stands at an owner may stand there, and serves its purpose.
    fn placement(&self, member: Member<'_, '_>, keys: &mut Keys<'_>, steps: &mut Steps) {
        let Member { span, standing, records: owner, .. } = member;
        let mut report = |rtype, code, record: Option<&RrRef<'_>>, detail| {
            steps.find(Finding {
                owner: Some(owner.name),
                rtype: Some(rtype),
                detail,
                place: record.map(|record| self.place(record.position)),
                ..Finding::new(code)
            });
        };
        misplaced(self.context.apex, owner, standing, |(rtype, code, detail)| {
            let first = owner.rrset(rtype).map(|rrset| rrset.first_in_input());
            report(rtype, code, first, detail);
        });
        if standing == Standing::Delegation {
            if let Some(ds) = owner.rrset(RType::DS) {
                check_ds(ds, self.context.keys.sha1, |(code, record, detail)| {
                    report(RType::DS, code, Some(record), detail);
                });
            }
            check_glue(owner, span, keys, |(code, record, detail)| {
                report(RType::NS, code, Some(record), detail);
            });
        }
    }

    fn count_records(&self, rrset: &Rrset<'_, '_>, tally: &mut Tally) {
        let records = rrset.distinct().count() as u64;
        tally.records += records;
        tally.types.add(rrset.rtype(), records);
    }

    /// What is to be said of an RRset, signed or not.
    fn rrset_findings(&self, rrset: &Rrset<'_, '_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let rtype = Some(rrset.rtype());
        let (least, greatest) = rrset.ttls();
        let denies = matches!(rrset.rtype(), RType::NSEC | RType::NSEC3);
        if least == greatest && !denies && !rrset.may_repeat() {
            return findings; // as nearly always
        }
        if least != greatest {
            findings.push(Finding {
                rtype,
                detail: Some(format!("from {least} to {greatest}")),
                place: Some(self.place(rrset.first_in_input().position)),
                ..Finding::new(Code::RrsetTtlsDiffer)
            });
        }
        if denies && least == greatest {
            findings.extend(self.denial_ttl.and_then(|due| due.judge(least)).map(
                |(severity, detail)| Finding {
                    severity,
                    rtype,
                    detail: Some(detail),
                    place: Some(self.place(rrset.first_in_input().position)),
                    ..Finding::new(Code::DenialTtl)
                },
            ));
        }
        // A zone transfer ends with the SOA it began with, and so do dumps of one.
        if rrset.rtype() != RType::SOA {
            findings.extend(rrset.duplicates().map(|duplicate| Finding {
                rtype,
                place: Some(self.place(duplicate.position)),
                ..Finding::new(Code::RecordDuplicate)
            }));
        }
        findings
    }

    /// Checks the signatures of an RRset that must be signed, and gives the engine its tasks.
    fn signed_case(
        &self,
        member: Member<'_, '_>,
        rrset: &Rrset<'_, '_>,
        bench: &mut Bench,
        tally: &mut Tally,
        steps: &mut Steps,
    ) {
        let Member { number, records: owner, before, .. } = member;
        let first = steps.signatures.len();
        let (mut untried, mut untried_outcomes) = (0, Vec::new());
        let (mut records, mut octets) = (0, 0);
        for record in rrset.distinct() {
            records += 1;
            octets += owner.name.as_wire().len() + 10 + record.rdata.len();
        }
        let limits = &self.context.keys.limits;
        let copies = (limits.signed_octets_per_rrset / octets.max(1)).max(1);
        let limit = limits.signatures_per_rrset.min(copies);
        // The histogram grows as needed, so recording cannot fail.
        let _ = tally.rrset_octets.record(octets as u64);
        for record in owner.rrsigs_covering(rrset.rtype()) {
            // Covering a type means that the RDATA could be read.
            let Some(rrsig) = Rrsig::from_rdata(record.rdata) else { continue };
            tally.signatures += 1;
            tally.algorithms.entry(rrsig.algorithm).or_default().signatures += 1;
            if steps.signatures.len() - first == limit {
                untried += 1;
                if self.wants_outcomes {
                    let code = Code::RrsetTooManySignatures;
                    let outcome = self.not_tried(record.position, record.ttl, Some(&rrsig), code);
                    untried_outcomes.push(outcome);
                }
                continue;
            }
            let Bench { candidates, tasks, .. } = &mut *bench;
            let (context, name) = (&self.context, &owner.name);
            let mut signature =
                Signature::check(context, name, rrset, record, &rrsig, candidates, tasks);
            if let (Some(versions), Some(before)) = (self.versions, before) {
                signature.past = versions.past(rrset, record, &rrsig, before);
            }
            steps.signatures.push(signature);
        }
        steps.steps.push(Step::Rrset(RrsetCase {
            owner: number,
            rtype: rrset.rtype(),
            place: rrset.first_in_input().position,
            size: RrsetSize { ttl: rrset.ttls().0, records, octets: octets as u64 },
            signatures: first..steps.signatures.len(),
            untried,
            untried_outcomes,
        }));
    }

    /// RRSIG records that cover nothing that is to be signed here.
    fn misplaced_signatures(
        &self,
        owner: &OwnerRecords<'_>,
        rrsigs: &Rrset<'_, '_>,
        standing: Standing,
        tally: &mut Tally,
        steps: &mut Steps,
    ) {
        for record in rrsigs.distinct() {
            let rrsig = Rrsig::from_rdata(record.rdata);
            let covered = rrsig.as_ref().map(|rrsig| rrsig.type_covered);
            let present = covered.is_some_and(|covered| owner.rrset(covered).is_some());
            let code = match covered {
                None => Code::SignatureMalformed,
                Some(RType::RRSIG) => Code::SignatureOverSignature,
                Some(_) if standing.is_occluded() => Code::SignatureNotAuthoritative,
                Some(_) if !present => Code::SignatureWithoutRrset,
                Some(covered) if !standing.is_signed(covered) => Code::SignatureNotAuthoritative,
                Some(_) => continue,
            };
            tally.signatures += 1;
            let key = rrsig
                .as_ref()
                .map(|rrsig| KeyRef { tag: rrsig.key_tag, algorithm: rrsig.algorithm });
            if let Some(key) = key {
                tally.algorithms.entry(key.algorithm).or_default().signatures += 1;
            }
            if self.wants_outcomes {
                let outcome = self.not_tried(record.position, record.ttl, rrsig.as_ref(), code);
                let stray = Self::stray(&owner.name, covered, outcome);
                steps.steps.push(Step::Stray(Box::new(stray)));
            }
            // None of these makes data bogus: what they cover needs no signature of theirs.
            let severity = code.entry().severity.min(Severity::Violation);
            *tally.reasons.entry((code, severity)).or_default() += 1;
            steps.find(Finding {
                severity,
                owner: Some(owner.name),
                rtype: covered,
                key,
                place: Some(self.place(record.position)),
                ..Finding::new(code)
            });
        }
    }

    /// Lowers what would be bogus where validators take the zone for unsigned.
    pub(super) fn weigh(&self, mut finding: Finding) -> Finding {
        if self.kind != ZoneKind::Signed {
            finding.severity = finding.severity.min(Severity::Violation);
        }
        finding
    }

    pub(super) fn place(&self, position: Position) -> Place {
        let (file, line) = self.ordered.line(position);
        let file = self.files.get(usize::from(file)).cloned();
        Place { file: file.unwrap_or_else(|| "?".into()), line, column: None }
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
