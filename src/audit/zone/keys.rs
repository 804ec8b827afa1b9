//! What is to be said of the keys at the apex: before anything is verified, and when it is known
//! what each of them signs.

use std::collections::BTreeSet;

use crate::audit::findings::{Code, Finding, KeyRef, Severity};
use crate::crypto::{KeyError, PublicKey};
use crate::dns::algorithm::SigningStatus;
use crate::dns::rdata::Dnskey;
use crate::dns::{Algorithm, Name, RType};
use crate::engine::keys::KeyProblem;
use crate::engine::{Key, KeyTable};

use super::config::Sha1;
use super::tally::Tally;
use crate::audit::usability::exponent_above;

fn on_key(apex: &Name, key: &Key, code: Code, detail: Option<String>) -> Finding {
    Finding {
        owner: Some(*apex),
        rtype: Some(RType::DNSKEY),
        key: Some(KeyRef { tag: key.tag, algorithm: key.algorithm }),
        detail,
        ..Finding::new(code)
    }
}

/// What the keys say of themselves, whether or not anything is signed with them.
///
/// `exponent_bits` is the most that the exponent of an RSA key may have.
pub(super) fn key_findings(
    apex: &Name,
    table: &KeyTable,
    sha1: Sha1,
    exponent_bits: u32,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, key) in table.iter() {
        let mut report =
            |code: Code, detail: Option<String>| findings.push(on_key(apex, key, code, detail));
        let dnskey = key.dnskey();
        if !dnskey.is_zone_key() {
            report(Code::KeyNotZoneKey, Some(format!("flags {}", dnskey.flags)));
        }
        if dnskey.flags & !(Dnskey::ZONE | Dnskey::REVOKE | Dnskey::SEP) != 0 {
            report(Code::KeyReservedFlags, Some(format!("flags {}", dnskey.flags)));
        }
        if dnskey.protocol != 3 {
            report(Code::KeyBadProtocol, Some(format!("protocol {}", dnskey.protocol)));
        }
        if dnskey.is_revoked() {
            report(Code::KeyRevoked, None);
        }
        if let Some(bits) = exponent_above(key, exponent_bits) {
            let detail = format!("{bits} bits, the limit is {exponent_bits}");
            report(Code::KeyExponentTooLong, Some(detail));
        }
        match &key.public {
            Err(KeyProblem::Key(KeyError::Unsupported { .. })) => {
                report(Code::KeyUnsupportedAlgorithm, Some(key.algorithm.to_string()));
            }
            // Told when it is known whether anything is signed with it.
            Err(_) => {}
            Ok(public) => {
                if public.has_leading_zeros() {
                    report(Code::KeyLeadingZeros, None);
                }
                if let PublicKey::Rsa(rsa) = public
                    && rsa.modulus_bits() < RSA_BITS
                {
                    report(Code::KeyRsaShort, Some(format!("{} bits", rsa.modulus_bits())));
                }
                let algorithm = key.algorithm;
                if algorithm.uses_sha1() {
                    report(Code::KeySha1, Some(algorithm.to_string()));
                } else if algorithm.signing_status() == SigningStatus::NotRecommended {
                    report(Code::KeyAlgorithmNotRecommended, Some(algorithm.to_string()));
                }
            }
        }
        let first = table.matching(key.algorithm, key.tag).first();
        if first.is_some_and(|&first| first != index) {
            report(Code::KeyTagCollision, None);
        }
    }
    if sha1 == Sha1::Fail {
        let sha1 = findings.iter_mut().filter(|finding| finding.code == Code::KeySha1);
        sha1.for_each(|finding| finding.severity = Severity::Bogus);
    }
    findings
}

/// Bits below which an RSA modulus is advised against.
const RSA_BITS: u32 = 2048;

/// What follows from what each key signs. `anchored` says that an anchor leads to the keys, so that
/// nobody has to guess by which one.
pub(super) fn role_findings(
    apex: &Name,
    table: &KeyTable,
    tally: &Tally,
    anchored: bool,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (mut with_sep, mut sep) = (false, false);
    for (index, key) in table.iter() {
        let made = tally.keys.get(&index).copied().unwrap_or_default();
        let signs_keys = tally.over_dnskey.contains(&index);
        let dnskey = key.dnskey();
        with_sep |= signs_keys && dnskey.is_sep();
        match &key.public {
            Ok(_) => {}
            Err(KeyProblem::Key(KeyError::Unsupported { .. })) => continue,
            Err(problem) => {
                // dnspython#634: validators pass over a key that they cannot read.
                let finding = on_key(apex, key, Code::KeyMalformed, Some(problem.to_string()));
                let severity = match tally.failing.contains(&index) {
                    true => finding.severity,
                    false => Severity::Advice,
                };
                findings.push(Finding { severity, ..finding });
                continue;
            }
        }
        let signs = made.over_keys + made.over_data > 0 || tally.failing.contains(&index);
        let may_sign = dnskey.is_zone_key() && dnskey.protocol == 3;
        sep |= may_sign && dnskey.is_sep() && !dnskey.is_revoked();
        if dnskey.is_revoked() {
            if !signs_keys {
                findings.push(on_key(apex, key, Code::KeyRevocationUnsigned, None));
            }
        } else if may_sign && !signs {
            findings.push(on_key(apex, key, Code::KeyUnused, None));
        }
    }
    if !tally.dnskey_signers.is_empty() && !with_sep && !anchored {
        // With the flag on a key that does not sign, the DS will be of that key, and lead nowhere.
        let code = if sep { Code::DnskeyNotSignedBySep } else { Code::KeyWithoutSep };
        let signers = tally.dnskey_signers.iter().map(|&key| table.get(key).tag.to_string());
        let signers: Vec<String> = signers.collect();
        findings.push(Finding {
            owner: Some(*apex),
            rtype: Some(RType::DNSKEY),
            detail: Some(format!("signed by {}", signers.join(", "))),
            ..Finding::new(code)
        });
    }
    findings
}

/// The algorithms that must sign every RRset of the zone: those of its DNSKEY RRset (RFC 4035 §2.2).
///
/// Keys that no signer may use promise nothing: without ZONE flag, with another protocol, revoked,
/// malformed. Algorithms that validators ignore promise as well as others (RFC 6840 §5.11).
pub(super) fn promised_algorithms(table: &KeyTable) -> Vec<Algorithm> {
    let promises = |key: &Key| {
        let dnskey = key.dnskey();
        let malformed = match &key.public {
            Ok(_) | Err(KeyProblem::Key(KeyError::Unsupported { .. })) => false,
            Err(_) => true,
        };
        dnskey.is_zone_key() && dnskey.protocol == 3 && !dnskey.is_revoked() && !malformed
    };
    let keys = table.iter().map(|(_, key)| key);
    let algorithms: BTreeSet<Algorithm> =
        keys.filter(|key| promises(key)).map(|key| key.algorithm).collect();
    algorithms.into_iter().collect()
}
