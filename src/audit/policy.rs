//! How much each fact weighs for the user: the catalogue's severities, changed by code.

use std::collections::BTreeMap;

use super::findings::{Code, Finding, Severity};

/// What a user makes of the catalogue's severities. The default changes nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Policy {
    /// What each code weighs, where not what the catalogue says; `None` is not reported at all.
    severities: BTreeMap<Code, Option<Severity>>,
    /// Whether all that is not bogus is advice.
    bogus_only: bool,
}

/// What dnssec-verify of BIND 9.18 does not look at, or lets pass: `datasets/MATRIX.md` shows it.
const NOT_FOR_BIND: &[Code] = &[
    Code::SignatureKeyNotZoneKey,
    Code::SignatureKeyBadProtocol,
    Code::SignatureLabelsTooFew,
    Code::SignatureTtl,
    Code::SignatureNotAuthoritative,
    Code::SignatureWithoutRrset,
    Code::SignatureOverSignature,
    Code::RrsetTtlsDiffer,
    Code::RrsetTooManySignatures,
    Code::KeyBadProtocol,
    Code::KeyLeadingZeros,
    Code::KeyReservedFlags,
    Code::DnskeyNotSignedBySep,
    Code::KeyRevocationUnsigned,
    Code::AnchorAlgorithmMissing,
    Code::DenialTtl,
    Code::Nsec3UnknownFlags,
    Code::Nsec3TooManyChains,
    Code::Nsec3OldAlgorithm,
    Code::CdsMisplaced,
    Code::CdsMalformed,
    Code::CdsDeleteNotAlone,
    Code::CdsWithoutDnskey,
    Code::CdsDiffer,
    Code::CdsSigner,
    Code::NsMissing,
    Code::DnameAtDelegation,
    Code::ZonemdMissing,
    Code::ZonemdDigest,
    Code::ZonemdSerial,
    Code::ZonemdRepeated,
];

impl Policy {
    /// The catalogue as it is.
    #[must_use]
    pub fn strict() -> Self {
        Self::default()
    }

    /// Only what a validator would reject counts; all else is advice.
    #[must_use]
    pub fn validator() -> Self {
        Self { bogus_only: true, ..Self::default() }
    }

    /// What BIND's dnssec-verify does not enforce is advice.
    #[must_use]
    pub fn bind() -> Self {
        let advice = |&code| (code, Some(Severity::Advice));
        Self { severities: NOT_FOR_BIND.iter().map(advice).collect(), bogus_only: false }
    }

    /// Gives a code another weight; `None` keeps it from being reported.
    pub fn set(&mut self, code: Code, severity: Option<Severity>) {
        self.severities.insert(code, severity);
    }

    /// Weighs a finding; `false` when it is not to be reported.
    ///
    /// A finding that weighs less than its code does by itself, because a good signature is beside
    /// it, never gains weight.
    #[must_use]
    pub fn weigh(&self, finding: &mut Finding) -> bool {
        match self.severities.get(&finding.code) {
            Some(None) => return false,
            Some(&Some(severity)) => {
                let lowered = finding.severity < finding.code.entry().severity;
                finding.severity = if lowered { finding.severity.min(severity) } else { severity };
            }
            None if self.bogus_only && finding.severity < Severity::Bogus => {
                finding.severity = Severity::Advice;
            }
            None => {}
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weighed(policy: &Policy, code: Code, severity: Severity) -> Option<Severity> {
        let mut finding = Finding { severity, ..Finding::new(code) };
        policy.weigh(&mut finding).then_some(finding.severity)
    }

    // dnsviz#91: severity must be tunable.
    #[test]
    fn a_code_weighs_what_the_user_says() {
        use Severity::{Advice, Bogus, Violation};
        let mut policy = Policy::strict();
        policy.set(Code::KeySha1, Some(Bogus));
        policy.set(Code::SignatureExpired, Some(Violation));
        policy.set(Code::NsecSurplus, None);
        assert_eq!(weighed(&policy, Code::KeySha1, Advice), Some(Bogus));
        assert_eq!(weighed(&policy, Code::SignatureExpired, Bogus), Some(Violation));
        assert_eq!(weighed(&policy, Code::NsecSurplus, Violation), None);
        assert_eq!(weighed(&policy, Code::NsecMissing, Bogus), Some(Bogus));
    }

    // RFC 6840 §5.12: beside a good signature a bad one is no reason to reject.
    #[test]
    fn a_finding_beside_a_good_signature_gains_no_weight() {
        let mut policy = Policy::strict();
        policy.set(Code::SignatureInvalid, Some(Severity::Bogus));
        let weighed = weighed(&policy, Code::SignatureInvalid, Severity::Violation);
        assert_eq!(weighed, Some(Severity::Violation));
    }

    #[test]
    fn for_a_validator_all_but_bogus_is_advice() {
        use Severity::{Advice, Bogus, Violation};
        let policy = Policy::validator();
        assert_eq!(weighed(&policy, Code::RrsetAlgorithmMissing, Violation), Some(Advice));
        assert_eq!(weighed(&policy, Code::SignatureInvalid, Violation), Some(Advice));
        assert_eq!(weighed(&policy, Code::SignatureInvalid, Bogus), Some(Bogus));
    }
}
