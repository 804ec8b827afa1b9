//! The last pass over a lot: what follows from the verdicts, RRset by RRset.

use crate::audit::findings::{Code, Finding, KeyRef, Severity};
use crate::dns::{Algorithm, RType};
use crate::engine::KeyIndex;
use crate::rrset::Loaded;

use super::config::JudgementTime;
use super::judge::{Bench, Case, Court, Judged, Step, Steps};
use super::outcome::Outcome;
use super::signature::Signature;
use super::tally::Tally;
use super::trust::ZoneKind;

impl Court<'_> {
    /// Last pass: what follows from the verdicts. Returns how many findings there are.
    pub(super) fn conclude(
        &self,
        steps: &mut Steps,
        loaded: &Loaded,
        bench: &Bench,
        judged: &mut Judged,
    ) -> usize {
        let Judged { tally, outcomes, .. } = judged;
        let Steps { steps, signatures } = steps;
        let (mut findings, mut found) = (Vec::new(), Found::default());
        for step in steps.drain(..) {
            match step {
                Step::Finding(finding) => findings.push(*finding),
                Step::Rrset(rrset) => {
                    let owner = loaded.name(rrset.owner);
                    let signatures = &mut signatures[rrset.signatures.clone()];
                    found.of(self, owner, rrset.rtype, signatures, bench, tally);
                    let case = Case { owner, rrset: &rrset, signatures };
                    outcomes.extend(self.conclude_rrset(
                        &case,
                        &found,
                        bench,
                        tally,
                        &mut findings,
                    ));
                }
                Step::Stray(stray) => outcomes.push(Outcome::Stray(*stray)),
            }
        }
        signatures.clear();
        findings.retain_mut(|finding| self.policy.weigh(finding));
        for finding in &findings {
            tally.count_finding(finding);
        }
        let count = findings.len();
        judged.findings.append(&mut findings);
        count
    }

    fn conclude_rrset(
        &self,
        case: &Case<'_>,
        found: &Found,
        bench: &Bench,
        tally: &mut Tally,
        findings: &mut Vec<Finding>,
    ) -> Option<Outcome> {
        let Found { holding, secured } = found;
        let supported = self.kind == ZoneKind::Signed;
        for (tally, &secured) in tally.times.iter_mut().zip(secured) {
            match (secured, supported) {
                (true, _) => tally.rrsets.secure += 1,
                (false, false) => tally.rrsets.insecure += 1,
                (false, true) => tally.rrsets.bogus += 1,
            }
        }
        let start = findings.len();
        let about = Findings { case, holding, secured, court: self };
        about.rrset(findings);
        for (signature, &key) in case.signatures.iter().zip(holding) {
            about.signature(signature, key, bench, tally, findings);
        }
        if let Some(versions) = self.versions {
            versions.note(case, holding, self.context.keys.usability, &mut tally.versions);
        }
        debug_assert!(findings[start..].iter().all(|finding| finding.owner.is_some()));
        self.wants_outcomes.then(|| Outcome::Rrset(self.rrset_outcome(case, holding, secured)))
    }

    /// Counts a signature that holds, times aside, and the times at which it secures its RRset.
    fn count_holding(
        &self,
        owner: &[u8],
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
        let secures = self.context.keys.usability.secures(key);
        match rtype {
            RType::DNSKEY => {
                tally.over_dnskey.insert(key);
                if secures {
                    tally.dnskey_signers.insert(key);
                }
            }
            RType::CDS | RType::CDNSKEY if secures && owner == self.context.apex.as_wire() => {
                tally.request_signers.insert((rtype, key));
            }
            _ => {}
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

/// What the engine found of an RRset. Reused from one to the next.
#[derive(Default)]
struct Found {
    /// For each signature the key under which it holds, times aside.
    holding: Vec<Option<KeyIndex>>,
    /// For each time, whether a signature makes the RRset secure.
    secured: Vec<bool>,
}

impl Found {
    /// Takes in what was found of an RRset, and counts it.
    fn of(
        &mut self,
        court: &Court<'_>,
        owner: &[u8],
        rtype: RType,
        signatures: &mut [Signature],
        bench: &Bench,
        tally: &mut Tally,
    ) {
        self.holding.clear();
        self.secured.clear();
        self.secured.resize(court.times.len(), false);
        for signature in signatures {
            let key = signature.conclude(&bench.verdicts);
            self.holding.push(key);
            if let Some(key) = key {
                court.count_holding(owner, rtype, signature, key, &mut self.secured, tally);
            } else {
                let KeyRef { tag, algorithm } = signature.key;
                tally.failing.extend(court.context.keys.table.matching(algorithm, tag));
            }
        }
    }
}

/// Writes the findings of one RRset.
struct Findings<'c> {
    case: &'c Case<'c>,
    /// For each signature the key under which it holds, times aside.
    holding: &'c [Option<KeyIndex>],
    /// For each time, whether a signature makes the RRset secure.
    secured: &'c [bool],
    court: &'c Court<'c>,
}

impl Findings<'_> {
    /// What concerns the RRset as a whole.
    fn rrset(&self, findings: &mut Vec<Finding>) {
        let on_rrset = |code| Finding {
            owner: Some(self.case.owner()),
            rtype: Some(self.case.rrset.rtype),
            place: Some(self.court.place(self.case.rrset.place)),
            ..Finding::new(code)
        };
        let signatures = self.case.signatures;
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
        self.algorithms(|| on_rrset(Code::RrsetAlgorithmMissing), findings);
        let surplus_keys = signatures.iter().filter_map(|signature| signature.surplus_keys).max();
        let detail = match (self.case.rrset.untried, surplus_keys) {
            (0, None) => return,
            (0, Some(keys)) => format!("{keys} keys share a tag"),
            (untried, _) => format!("{} signatures", signatures.len() + untried),
        };
        let finding = on_rrset(Code::RrsetTooManySignatures);
        findings.push(Finding { detail: Some(detail), ..finding });
    }

    /// Whether every algorithm of the DNSKEY RRset signs (RFC 4035 §2.2). Where the RRset is bogus,
    /// a signature that does not hold will do: why it does not is told already.
    fn algorithms(&self, finding: impl Fn() -> Finding, findings: &mut Vec<Finding>) {
        let Court { kind, promised, context, times, .. } = self.court;
        let signatures = self.case.signatures;
        // Where no signature is by a published key that counts, that is all there is to say.
        let counts =
            |made: &Signature| made.has_key && context.keys.sha1.supports(made.key.algorithm);
        if !signatures.iter().any(counts)
            || self.case.rrset.untried > 0
            || *kind != ZoneKind::Signed
        {
            return;
        }
        let secured = self.is_always_secured();
        let does = |made: &Signature, holds: Option<KeyIndex>| match holds {
            _ if !secured || !counts(made) => made.has_key,
            None => false,
            Some(key) => {
                context.keys.usability.secures(key)
                    && times.iter().all(|&time| made.fault_at(time).is_none())
            }
        };
        let signs = |algorithm| {
            let mut made = signatures.iter().zip(self.holding);
            made.any(|(made, &holds)| made.key.algorithm == algorithm && does(made, holds))
        };
        let missing = promised.iter().copied().filter(|&algorithm| !signs(algorithm));
        let missing: Vec<Algorithm> = missing.collect();
        if missing.is_empty() {
            return;
        }
        let finding = finding();
        // What validators ignore is not missed by them.
        let missed = missing.iter().any(|&missing| context.keys.sha1.supports(missing));
        let severity = if missed { finding.severity } else { Severity::Advice };
        let names: Vec<String> = missing.iter().map(ToString::to_string).collect();
        findings.push(Finding { severity, detail: Some(names.join(", ")), ..finding });
    }

    fn is_always_secured(&self) -> bool {
        self.secured.iter().all(|&secured| secured)
    }

    /// What concerns one signature.
    fn signature(
        &self,
        signature: &Signature,
        holds: Option<KeyIndex>,
        bench: &Bench,
        tally: &mut Tally,
        findings: &mut Vec<Finding>,
    ) {
        let on_signature = |code: Code, severity, detail: Option<String>| Finding {
            severity,
            owner: Some(self.case.owner()),
            rtype: Some(self.case.rrset.rtype),
            key: Some(signature.key),
            detail,
            place: Some(self.court.place(signature.place)),
            ..Finding::new(code)
        };
        let secured_always = self.is_always_secured();
        for (index, (code, detail)) in signature.faults.iter().enumerate() {
            let severity = self.severity(*code, secured_always);
            if index == 0 {
                *tally.reasons.entry((*code, severity)).or_default() += 1;
            }
            findings.push(on_signature(*code, severity, detail.clone()));
        }
        if let Some((code, detail)) = signature.past.finding(signature) {
            findings.push(on_signature(code, code.entry().severity, detail));
        }
        // A revoked key's signature over the DNSKEY RRset may hold, and still secures nothing.
        if let Some(problem) = holds.and_then(|key| self.court.context.keys.usability.problem(key))
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

    /// A bad signature weighs what the catalogue says only when no good one is beside it; else it is
    /// worth a note (RFC 6840 §5.11, §5.12). Where validators take the zone for unsigned, nothing is
    /// bogus.
    fn severity(&self, code: Code, secured: bool) -> Severity {
        let severity = code.entry().severity;
        match (self.court.kind, secured) {
            (ZoneKind::Signed, false) => severity,
            (ZoneKind::Signed, true) => Severity::Advice,
            (ZoneKind::Unsigned | ZoneKind::Unsupported, _) => severity.min(Severity::Violation),
        }
    }
}
