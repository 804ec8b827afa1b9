//! Judges a lot: neighbouring owners, from their records to findings and counts.
//!
//! A lot goes through three passes. The first groups each owner's records, checks all that needs no
//! arithmetic, and fills the engine's task list. The engine then verifies the whole lot, batched by
//! key. The last pass walks the same RRsets in the same order and says what follows.

use std::sync::Arc;

use crate::audit::findings::{Code, Finding, KeyRef, Place, Severity};
use crate::crypto::Item;
use crate::dns::rdata::Rrsig;
use crate::dns::{Class, Name, RType};
use crate::engine::{Disagreement, KeyIndex, Latencies, Stopwatch, TaskList, Verdict};
use crate::rrset::{Ordered, OwnerRecords, OwnerSpan, RrRef, Rrset};

use super::config::{JudgementTime, Progress};
use super::signature::{Context, Signature};
use super::standing::Standing;
use super::tally::Tally;
use super::trust::ZoneKind;

/// Neighbouring owners that travel together.
pub(super) type Lot = Vec<(OwnerSpan, Standing)>;

/// What became of a lot.
pub(super) struct Judged {
    /// In canonical order of owners and types.
    pub findings: Vec<Finding>,
    pub tally: Tally,
}

/// Everything that is the same for all lots of a zone.
#[derive(Clone, Copy)]
pub(super) struct Court<'z> {
    pub ordered: &'z Ordered,
    pub class: Class,
    pub kind: ZoneKind,
    pub context: Context<'z>,
    pub times: &'z [JudgementTime],
    pub expire_within: Option<i64>,
    pub files: &'z [Arc<str>],
    pub progress: &'z Progress,
}

/// Octets of signed data that a dispute between backends writes out: those of any RRset that fits a
/// DNS message.
const DISPUTED_OCTETS: usize = 1 << 17;

/// A worker's buffers and measurements, kept from lot to lot.
#[derive(Default)]
pub(super) struct Bench<'z> {
    owner: OwnerRecords<'z>,
    tasks: TaskList<'z>,
    verdicts: Vec<Verdict>,
    disagreements: Vec<Disagreement>,
    pub latencies: Latencies,
    pub canonicalize: Stopwatch,
    pub verify: Stopwatch,
    pub judge: Stopwatch,
}

/// What the first pass leaves to the last, in the order of reporting.
enum Step {
    /// A finding that stands already.
    Finding(Box<Finding>),
    /// An RRset whose signatures are with the engine.
    Rrset(RrsetCase),
}

impl Step {
    fn finding(finding: Finding) -> Self {
        Self::Finding(Box::new(finding))
    }
}

/// An RRset and its signatures.
struct RrsetCase {
    owner: Box<Name>,
    rtype: RType,
    place: Place,
    signatures: Vec<Signature>,
    /// Signatures beyond the limit, not tried.
    untried: usize,
}

impl<'z> Court<'z> {
    /// Judges a lot.
    pub(super) fn judge(&self, lot: &Lot, bench: &mut Bench<'z>) -> Judged {
        let mut tally = Tally::new(self.times.len());
        let mut steps = Vec::new();
        let mut watch = std::mem::take(&mut bench.canonicalize);
        bench.tasks.clear();
        watch.time(|| {
            for (owner, standing) in lot {
                self.prepare(owner, *standing, bench, &mut tally, &mut steps);
            }
        });
        watch.items += tally.rrsets;
        watch.bytes += bench.tasks.message_octets() as u64;
        bench.canonicalize = watch;

        let Bench { tasks, verdicts, disagreements, latencies, .. } = bench;
        disagreements.clear();
        bench.verify.items += tasks.len() as u64;
        bench.verify.bytes += tasks.message_octets() as u64;
        bench.verify.time(|| {
            tasks.verify(self.context.table, verdicts, disagreements, latencies);
        });
        Progress::add(&self.progress.signatures, bench.tasks.len() as u64);

        let mut watch = std::mem::take(&mut bench.judge);
        let findings = watch.time(|| self.conclude(steps, bench, &mut tally));
        watch.items += tally.rrsets;
        bench.judge = watch;
        Progress::add(&self.progress.findings, findings.len() as u64);
        Judged { findings, tally }
    }

    /// Who said what of which octets: all that is needed to see it again without the zone.
    fn disagreement(&self, disagreement: &Disagreement, tasks: &TaskList<'_>) -> String {
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
            hex(&self.context.table.get(key).rdata),
            hex(signature),
            hex(shown),
        )
    }

    /// First pass over one owner.
    fn prepare(
        &self,
        span: &OwnerSpan,
        standing: Standing,
        bench: &mut Bench<'z>,
        tally: &mut Tally,
        steps: &mut Vec<Step>,
    ) {
        let Bench { owner, tasks, .. } = bench;
        owner.load(self.ordered, span, self.class);
        let name = owner.name;
        let on_owner = |code, rtype, record: &RrRef<'_>| Finding {
            owner: Some(name),
            rtype,
            place: Some(self.place(record.place())),
            ..Finding::new(code)
        };
        if standing == Standing::Outside {
            let all = || owner.records().iter().chain(owner.other_class());
            if let Some(first) = all().min_by_key(|record| record.place()) {
                let detail = match all().count() {
                    1 => None,
                    records => Some(format!("{records} records")),
                };
                let finding = on_owner(Code::RecordOutOfZone, None, first);
                steps.push(Step::finding(Finding { detail, ..finding }));
            }
            return;
        }
        for record in owner.other_class() {
            let finding = on_owner(Code::RecordOtherClass, Some(record.rtype), record);
            let detail = Some(format!("class {}, the zone's is {}", record.class, self.class));
            steps.push(Step::finding(Finding { detail, ..finding }));
        }
        if owner.records().is_empty() {
            return;
        }
        tally.owners += 1;
        tally.delegations += u64::from(standing == Standing::Delegation);
        for rrset in owner.rrsets() {
            let rtype = rrset.rtype();
            if rtype == RType::SOA && name != *self.context.apex && standing != Standing::Occluded {
                let record = rrset.first_in_input();
                steps.push(Step::finding(on_owner(Code::SoaNotAtApex, Some(rtype), record)));
            }
            self.count_records(&rrset, tally);
            tally.rrsets += 1;
            for finding in self.rrset_findings(&rrset) {
                steps.push(Step::finding(Finding { owner: Some(name), ..finding }));
            }
            if standing.is_signed(rtype) {
                let case = self.signed_case(owner, &rrset, tasks, tally);
                steps.push(Step::Rrset(case));
            }
        }
        if let Some(rrsigs) = owner.rrsigs() {
            self.count_records(&rrsigs, tally);
            for duplicate in rrsigs.duplicates() {
                let finding = on_owner(Code::RecordDuplicate, Some(RType::RRSIG), duplicate);
                steps.push(Step::finding(finding));
            }
            self.misplaced_signatures(owner, &rrsigs, standing, tally, steps);
        }
    }

    fn count_records(&self, rrset: &Rrset<'_, '_>, tally: &mut Tally) {
        let records = rrset.distinct().count() as u64;
        tally.records += records;
        *tally.types.entry(rrset.rtype()).or_default() += records;
    }

    /// What is to be said of an RRset, signed or not.
    fn rrset_findings(&self, rrset: &Rrset<'_, '_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let rtype = Some(rrset.rtype());
        let (least, greatest) = rrset.ttls();
        if least != greatest {
            findings.push(Finding {
                rtype,
                detail: Some(format!("from {least} to {greatest}")),
                place: Some(self.place(rrset.first_in_input().place())),
                ..Finding::new(Code::RrsetTtlsDiffer)
            });
        }
        // A zone transfer ends with the SOA it began with, and so do dumps of one.
        if rrset.rtype() != RType::SOA {
            findings.extend(rrset.duplicates().map(|duplicate| Finding {
                rtype,
                place: Some(self.place(duplicate.place())),
                ..Finding::new(Code::RecordDuplicate)
            }));
        }
        findings
    }

    /// Checks the signatures of an RRset that must be signed, and gives the engine its tasks.
    fn signed_case(
        &self,
        owner: &OwnerRecords<'z>,
        rrset: &Rrset<'_, 'z>,
        tasks: &mut TaskList<'z>,
        tally: &mut Tally,
    ) -> RrsetCase {
        let (mut signatures, mut untried) = (Vec::new(), 0);
        let octets: usize = rrset
            .distinct()
            .map(|record| owner.name.as_wire().len() + 10 + record.rdata.len())
            .sum();
        let limits = &self.context.limits;
        let copies = (limits.signed_octets_per_rrset / octets.max(1)).max(1);
        let limit = limits.signatures_per_rrset.min(copies);
        // The histogram grows as needed, so recording cannot fail.
        let _ = tally.rrset_octets.record(octets as u64);
        for record in owner.rrsigs_covering(rrset.rtype()) {
            // Covering a type means that the RDATA could be read.
            let Some(rrsig) = Rrsig::from_rdata(record.rdata) else { continue };
            tally.signatures += 1;
            tally.algorithms.entry(rrsig.algorithm).or_default().signatures += 1;
            if signatures.len() == limit {
                untried += 1;
                continue;
            }
            signatures.push(Signature::check(
                &self.context,
                &owner.name,
                rrset,
                record,
                &rrsig,
                tasks,
            ));
        }
        RrsetCase {
            owner: Box::new(owner.name),
            rtype: rrset.rtype(),
            place: self.place(rrset.first_in_input().place()),
            signatures,
            untried,
        }
    }

    /// RRSIG records that cover nothing that is to be signed here.
    fn misplaced_signatures(
        &self,
        owner: &OwnerRecords<'_>,
        rrsigs: &Rrset<'_, '_>,
        standing: Standing,
        tally: &mut Tally,
        steps: &mut Vec<Step>,
    ) {
        for record in rrsigs.distinct() {
            let rrsig = Rrsig::from_rdata(record.rdata);
            let covered = rrsig.map(|rrsig| rrsig.type_covered);
            let present = covered.is_some_and(|covered| owner.rrset(covered).is_some());
            let code = match covered {
                None => Code::SignatureMalformed,
                Some(RType::RRSIG) => Code::SignatureOverSignature,
                Some(_) if standing == Standing::Occluded => Code::SignatureNotAuthoritative,
                Some(_) if !present => Code::SignatureWithoutRrset,
                Some(covered) if !standing.is_signed(covered) => Code::SignatureNotAuthoritative,
                Some(_) => continue,
            };
            tally.signatures += 1;
            let key = rrsig.map(|rrsig| KeyRef { tag: rrsig.key_tag, algorithm: rrsig.algorithm });
            if let Some(key) = key {
                tally.algorithms.entry(key.algorithm).or_default().signatures += 1;
            }
            // None of these makes data bogus: what they cover needs no signature of theirs.
            let severity = code.entry().severity.min(Severity::Violation);
            *tally.reasons.entry((code, severity)).or_default() += 1;
            steps.push(Step::finding(Finding {
                severity,
                owner: Some(owner.name),
                rtype: covered,
                key,
                place: Some(self.place(record.place())),
                ..Finding::new(code)
            }));
        }
    }

    fn place(&self, (file, line): (u16, u32)) -> Place {
        let file = self.files.get(usize::from(file)).cloned();
        Place { file: file.unwrap_or_else(|| "?".into()), line: u64::from(line), column: None }
    }

    /// Last pass: what follows from the verdicts.
    fn conclude(&self, steps: Vec<Step>, bench: &Bench<'_>, tally: &mut Tally) -> Vec<Finding> {
        let mut findings = Vec::new();
        for step in steps {
            match step {
                Step::Finding(finding) => findings.push(*finding),
                Step::Rrset(case) => self.conclude_rrset(case, bench, tally, &mut findings),
            }
        }
        for finding in &findings {
            tally.count_finding(finding);
        }
        findings
    }

    fn conclude_rrset(
        &self,
        mut case: RrsetCase,
        bench: &Bench<'_>,
        tally: &mut Tally,
        findings: &mut Vec<Finding>,
    ) {
        let mut secured = vec![false; self.times.len()];
        let mut holding = Vec::with_capacity(case.signatures.len());
        for signature in &mut case.signatures {
            let key = signature.conclude(&bench.verdicts);
            holding.push(key);
            if let Some(key) = key {
                self.count_holding(&case.owner, case.rtype, signature, key, &mut secured, tally);
            }
        }
        let supported = self.kind == ZoneKind::Signed;
        for (tally, &secured) in tally.times.iter_mut().zip(&secured) {
            match (secured, supported) {
                (true, _) => tally.rrsets.secure += 1,
                (false, false) => tally.rrsets.insecure += 1,
                (false, true) => tally.rrsets.bogus += 1,
            }
        }
        let start = findings.len();
        let about = Findings { case: &case, secured: &secured, court: self };
        about.rrset(findings);
        for (signature, key) in case.signatures.iter().zip(holding) {
            about.signature(signature, key, bench, tally, findings);
        }
        debug_assert!(findings[start..].iter().all(|finding| finding.owner.is_some()));
    }

    /// Counts a signature that holds, times aside, and the times at which it secures its RRset.
    fn count_holding(
        &self,
        owner: &Name,
        rtype: RType,
        signature: &Signature,
        key: KeyIndex,
        secured: &mut [bool],
        tally: &mut Tally,
    ) {
        tally.algorithms.entry(signature.key.algorithm).or_default().valid += 1;
        let over = tally.keys.entry(key).or_default();
        match rtype {
            RType::DNSKEY | RType::CDS | RType::CDNSKEY => over.over_keys += 1,
            _ => over.over_data += 1,
        }
        let secures = self.context.usability.secures(key);
        if rtype == RType::DNSKEY && secures {
            tally.dnskey_signers.insert(key);
        }
        if let Some(&JudgementTime::At(now)) = self.times.first() {
            tally.lifetime.count(now, signature, owner, rtype);
        }
        for ((&time, secured), tally) in self.times.iter().zip(secured).zip(&mut tally.times) {
            match signature.fault_at(time) {
                None => {
                    tally.valid += 1;
                    *secured |= secures;
                }
                Some((Code::SignatureExpired, _)) => tally.expired += 1,
                Some(_) => tally.not_yet_valid += 1,
            }
        }
    }
}

/// Writes the findings of one RRset.
struct Findings<'c> {
    case: &'c RrsetCase,
    /// For each time, whether a signature makes the RRset secure.
    secured: &'c [bool],
    court: &'c Court<'c>,
}

impl Findings<'_> {
    /// What concerns the RRset as a whole.
    fn rrset(&self, findings: &mut Vec<Finding>) {
        let on_rrset = |code| Finding {
            owner: Some(*self.case.owner),
            rtype: Some(self.case.rtype),
            place: Some(self.case.place.clone()),
            ..Finding::new(code)
        };
        let signatures = &self.case.signatures;
        if signatures.is_empty() && self.court.kind != ZoneKind::Unsigned {
            let mut finding = on_rrset(Code::RrsetUnsigned);
            if self.court.kind == ZoneKind::Unsupported {
                // Validators treat the whole zone as insecure, so nothing in it is bogus.
                finding.severity = Severity::Violation;
            }
            findings.push(finding);
        }
        let ignored = |signature: &Signature| {
            signature.faults.iter().any(|(code, _)| *code == Code::SignatureUnsupportedAlgorithm)
        };
        if !signatures.is_empty()
            && self.court.kind == ZoneKind::Signed
            && signatures.iter().all(ignored)
        {
            findings.push(on_rrset(Code::RrsetNoSupportedSignature));
        }
        let surplus_keys = signatures.iter().filter_map(|signature| signature.surplus_keys).max();
        let detail = match (self.case.untried, surplus_keys) {
            (0, None) => return,
            (0, Some(keys)) => format!("{keys} keys share a tag"),
            (untried, _) => format!("{} signatures", signatures.len() + untried),
        };
        let finding = on_rrset(Code::RrsetTooManySignatures);
        findings.push(Finding { detail: Some(detail), ..finding });
    }

    /// What concerns one signature.
    fn signature(
        &self,
        signature: &Signature,
        holds: Option<KeyIndex>,
        bench: &Bench<'_>,
        tally: &mut Tally,
        findings: &mut Vec<Finding>,
    ) {
        let on_signature = |code: Code, severity, detail: Option<String>| Finding {
            severity,
            owner: Some(*self.case.owner),
            rtype: Some(self.case.rtype),
            key: Some(signature.key),
            detail,
            place: Some(self.court.place(signature.place)),
            ..Finding::new(code)
        };
        let secured_always = self.secured.iter().all(|&secured| secured);
        for (index, (code, detail)) in signature.faults.iter().enumerate() {
            let severity = self.severity(*code, secured_always);
            if index == 0 {
                *tally.reasons.entry((*code, severity)).or_default() += 1;
            }
            findings.push(on_signature(*code, severity, detail.clone()));
        }
        // A revoked key's signature over the DNSKEY RRset may hold, and still secures nothing.
        if let Some(problem) = holds.and_then(|key| self.court.context.usability.problem(key))
            && !secured_always
        {
            findings.push(on_signature(problem, self.severity(problem, false), None));
        }
        for (code, detail) in &signature.blemishes {
            findings.push(on_signature(*code, code.entry().severity, detail.clone()));
        }
        for (&time, &secured) in self.court.times.iter().zip(self.secured) {
            let JudgementTime::At(at) = time else { continue };
            let mut report = |code, severity, detail| {
                let finding = on_signature(code, severity, detail);
                findings.push(Finding { at: Some(at), ..finding });
            };
            if let Some((code, detail)) = signature.fault_at(time) {
                report(code, self.severity(code, secured), detail);
            } else if let (Some(margin), Some(_)) = (self.court.expire_within, holds) {
                let left = signature.expiration.to_unix_near(at) - at;
                if left <= margin {
                    let detail = format!("expiration {}", signature.expiration);
                    let code = Code::SignatureExpiresSoon;
                    report(code, code.entry().severity, Some(detail));
                }
            }
        }
        for disagreement in &bench.disagreements {
            if Some(disagreement.task) == signature.task {
                let detail = self.court.disagreement(disagreement, &bench.tasks);
                let code = Code::BackendsDisagree;
                findings.push(on_signature(code, code.entry().severity, Some(detail)));
            }
        }
    }

    /// A bad signature weighs what the catalogue says only when no good one is beside it
    /// (RFC 6840 §5.11, §5.12).
    fn severity(&self, code: Code, secured: bool) -> Severity {
        let severity = code.entry().severity;
        let counts = self.court.kind == ZoneKind::Signed && !secured;
        match code {
            _ if counts => severity,
            Code::SignatureNoKey => severity.min(Severity::Advice),
            _ => severity.min(Severity::Violation),
        }
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
