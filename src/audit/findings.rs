//! The catalogue: every fact that an audit can report, with its code, severity, source and advice.
//!
//! Codes are stable: scripts and policy files name them. A code is never given a new meaning; a
//! retired code is not used again.

use std::fmt;

use serde::Serialize;

use crate::dns::{Algorithm, Name, RType};

pub use crate::zonefile::Excerpt;

/// How much a finding matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Deprecated or unwise, but within the rules.
    Advice,
    /// A signer or zone broke a MUST, though a validator may still accept the data.
    Violation,
    /// A validator would reject this data.
    Bogus,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Advice => "advice",
            Self::Violation => "violation",
            Self::Bogus => "bogus",
        })
    }
}

/// One row of the catalogue.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CatalogueEntry {
    /// The stable code, as reports print it.
    pub code: &'static str,
    /// What it weighs by itself. Signature findings weigh less beside a signature that holds.
    pub severity: Severity,
    /// Where the rule is written.
    pub reference: &'static str,
    /// What was found, as one sentence.
    pub meaning: &'static str,
    /// What an operator can do about it, as one sentence.
    pub advice: &'static str,
}

macro_rules! catalogue {
    ($($(#[$doc:meta])* $code:ident = $text:literal, $severity:ident, $reference:literal, $meaning:literal, $advice:literal;)*) => {
        /// A catalogued fact about the input.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Code {
            $(#[doc = $meaning] $code,)*
        }

        impl Code {
            /// Every code, in the order of the catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$code),*];

            /// The catalogue's row for this code.
            #[must_use]
            pub const fn entry(self) -> &'static CatalogueEntry {
                match self {
                    $(Self::$code => &CatalogueEntry {
                        code: $text,
                        severity: Severity::$severity,
                        reference: $reference,
                        meaning: $meaning,
                        advice: $advice,
                    },)*
                }
            }
        }
    };
}

catalogue! {
    // --- One signature ---
    SignatureInvalid = "signature-invalid", Bogus, "RFC 4035 §5.3.3",
        "The signature does not verify under any key it can mean.",
        "Sign the RRset again; if many fail, look for a change of the data or of the key after signing.";
    SignatureExpired = "signature-expired", Bogus, "RFC 4035 §5.3.1",
        "The signature's expiration has passed.",
        "Sign the zone again, and find out why it was not re-signed in time.";
    SignatureNotYetValid = "signature-not-yet-valid", Bogus, "RFC 4035 §5.3.1",
        "The signature's inception lies in the future.",
        "Check the signer's clock, or publish only when the signatures have become valid.";
    SignatureInceptionAfterExpiration = "signature-inception-after-expiration", Bogus, "RFC 4034 §3.1.5",
        "The signature expires before it begins, so it is never valid.",
        "Correct the signer's validity times and sign again.";
    SignatureNoKey = "signature-no-key", Bogus, "RFC 4035 §5.3.1, RFC 6840 §5.12",
        "No DNSKEY at the apex has the signature's key tag and algorithm.",
        "Publish the key that signed, or sign again with a published key.";
    SignatureKeyNotZoneKey = "signature-key-not-zone-key", Bogus, "RFC 4034 §2.1.1",
        "The key that the signature names lacks the ZONE flag, so it must not verify RRsets.",
        "Publish the key with flags 256 or 257 and sign again.";
    SignatureKeyBadProtocol = "signature-key-bad-protocol", Bogus, "RFC 4034 §2.1.2",
        "The key that the signature names has a protocol other than 3, so it is invalid.",
        "Publish the key with protocol 3 and sign again.";
    SignatureKeyRevoked = "signature-key-revoked", Bogus, "RFC 5011 §2.1",
        "The key that the signature names is revoked; it proves nothing but its own revocation.",
        "Sign with a key that is not revoked.";
    SignatureKeyMalformed = "signature-key-malformed", Bogus, "RFC 3110 §2, RFC 6605 §4, RFC 8080 §3",
        "The key that the signature names is not a usable public key of its algorithm.",
        "Publish the key again from its private key file.";
    SignatureMalformed = "signature-malformed", Bogus, "RFC 4034 §3.1, RFC 6605 §4, RFC 8080 §4",
        "The signature's octets cannot be a signature of its algorithm.",
        "Sign the RRset again; check what carried the zone for truncation.";
    SignatureSignerNotApex = "signature-signer-not-apex", Bogus, "RFC 4035 §5.3.1",
        "The signer's name is not the zone's apex.",
        "Sign the RRset with the zone's own key and name.";
    SignatureLabelsTooMany = "signature-labels-too-many", Bogus, "RFC 4035 §5.3.1",
        "The signature claims more labels than its owner has.",
        "Sign the RRset again; this signature belongs to another owner.";
    SignatureLabelsTooFew = "signature-labels-too-few", Bogus, "RFC 4035 §2.2",
        "The signature is one of a wildcard, replayed on a name that exists in the zone.",
        "Sign the RRset under its own name.";
    SignatureOriginalTtl = "signature-original-ttl", Violation, "RFC 4035 §2.2",
        "The signature's original TTL is not the TTL of the RRset.",
        "Sign again after every change of a TTL.";
    SignatureTtl = "signature-ttl", Violation, "RFC 4035 §2.2",
        "The RRSIG record's TTL is not the TTL of the RRset it covers.",
        "Give the RRSIG the TTL of its RRset.";
    SignatureUnsupportedAlgorithm = "signature-unsupported-algorithm", Advice, "RFC 9904 §3, RFC 4035 §5.2",
        "The signature's algorithm is one that validators do not implement; it is ignored.",
        "Sign with a current algorithm such as 13 (ECDSAP256SHA256).";
    SignatureExpiresSoon = "signature-expires-soon", Violation, "RFC 6781 §4.4.2",
        "The signature expires within the margin that was asked for.",
        "Sign the zone again now.";
    SignatureNotAuthoritative = "signature-not-authoritative", Violation, "RFC 4035 §2.2",
        "A signature covers data that must not be signed: glue, a delegation's NS, or occluded data.",
        "Remove the signature; the signer takes non-authoritative data for the zone's own.";
    SignatureWithoutRrset = "signature-without-rrset", Violation, "RFC 4035 §2.2",
        "A signature covers a type that its owner does not have.",
        "Remove the orphaned signature, or restore the RRset it was made for.";
    SignatureOverSignature = "signature-over-signature", Violation, "RFC 4035 §2.2",
        "A signature covers RRSIG records, which must not be signed.",
        "Remove the signature.";

    // --- One RRset ---
    RrsetUnsigned = "rrset-unsigned", Bogus, "RFC 4035 §2.2",
        "An authoritative RRset of a signed zone has no signature.",
        "Sign the RRset.";
    RrsetNoSupportedSignature = "rrset-no-supported-signature", Bogus, "RFC 4035 §5.3.1, RFC 6840 §5.11",
        "An RRset is signed only by algorithms that validators ignore, in a zone with a key of a supported one.",
        "Sign the RRset with the zone's supported key as well.";
    RrsetTtlsDiffer = "rrset-ttls-differ", Violation, "RFC 2181 §5.2",
        "The records of an RRset have different TTLs.",
        "Give all records of the RRset one TTL.";
    RrsetTooManySignatures = "rrset-too-many-signatures", Violation, "CVE-2023-50387",
        "An RRset has more signatures, or its keys more tag collisions, than the limit; the rest was not tried.",
        "Remove surplus signatures and keys that share a tag, or raise the limit.";
    RecordDuplicate = "record-duplicate", Advice, "RFC 2181 §5",
        "The same record is there more than once; it counts once.",
        "Remove the copies.";

    // --- The zone ---
    ZoneUnsigned = "zone-unsigned", Violation, "RFC 4035 §2",
        "The zone has neither DNSKEY nor RRSIG records.",
        "Sign the zone, or do not ask for a verification of it.";
    DnskeyMissing = "dnskey-missing", Bogus, "RFC 4035 §2.1",
        "The zone has signatures but no DNSKEY at its apex.",
        "Publish the DNSKEY RRset at the apex.";
    DnskeyNotAnchored = "dnskey-not-anchored", Bogus, "RFC 4035 §5.2",
        "No key that signs the DNSKEY RRset matches a trust anchor or DS that was given.",
        "Compare the DS at the parent with the keys; publish a DS for a key that signs the DNSKEY RRset.";
    KeyMalformed = "key-malformed", Violation, "RFC 3110 §2, RFC 6605 §4, RFC 8080 §3",
        "A DNSKEY at the apex is not a usable public key of its algorithm.",
        "Remove the key, or publish it again from its private key file.";
    KeyUnsupportedAlgorithm = "key-unsupported-algorithm", Advice, "RFC 9904 §3",
        "A DNSKEY at the apex has an algorithm that validators do not implement.",
        "Roll to a current algorithm such as 13 (ECDSAP256SHA256).";
    KeySha1 = "key-sha1", Advice, "RFC 9905",
        "A DNSKEY at the apex signs with SHA-1, which is deprecated and which some validators treat as insecure.",
        "Roll to a current algorithm such as 13 (ECDSAP256SHA256).";
    KeyNotZoneKey = "key-not-zone-key", Advice, "RFC 4034 §2.1.1",
        "A DNSKEY at the apex lacks the ZONE flag and cannot verify anything.",
        "Remove the key, or publish it with flags 256 or 257.";
    KeyBadProtocol = "key-bad-protocol", Violation, "RFC 4034 §2.1.2",
        "A DNSKEY at the apex has a protocol other than 3.",
        "Publish the key with protocol 3.";
    SoaMissing = "soa-missing", Bogus, "RFC 1035 §5.2",
        "The zone has no SOA record at its apex.",
        "Restore the SOA record; without it the zone cannot be loaded.";
    SoaDiffer = "soa-differ", Violation, "RFC 1035 §5.2",
        "The apex has SOA records that differ.",
        "Leave exactly one SOA record.";
    SoaNotAtApex = "soa-not-at-apex", Violation, "RFC 1035 §5.2",
        "A name below the apex has a SOA record, as if another zone began there.",
        "Remove the SOA record, or keep the other zone in a file of its own.";
    RecordOutOfZone = "record-out-of-zone", Advice, "RFC 1035 §5.2, RFC 1034 §4.2.1",
        "A record's owner is not in the zone; it was left out of the audit.",
        "Remove the record, or check $ORIGIN and --origin.";
    RecordOtherClass = "record-other-class", Violation, "RFC 1035 §5.2",
        "A record's class is not the zone's; it was left out of the audit.",
        "Remove the record, or correct its class.";
    RecordUnreadable = "record-unreadable", Violation, "RFC 1035 §5.1",
        "An entry of the zone file could not be read; it was left out of the audit.",
        "Correct the entry at the place that is named.";

    // --- sigmill itself ---
    BackendsDisagree = "backends-disagree", Bogus, "sigmill --cross-check",
        "Two cryptographic backends judged the same signature differently.",
        "Report this with its detail, which has all octets: one of the two has a defect.";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.entry().code)
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.entry().code)
    }
}

/// Where in the input a finding lies.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct Place {
    /// The file as it was named, `-` for standard input.
    pub file: std::sync::Arc<str>,
    /// Line, counted from 1.
    pub line: u64,
    /// Column in octets, counted from 1, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        self.column.map_or(Ok(()), |column| write!(f, ":{column}"))
    }
}

/// One catalogued fact about the input.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// Which fact.
    pub code: Code,
    /// What it weighs here.
    pub severity: Severity,
    /// The owner it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Name>,
    /// The type of the RRset it concerns; for a signature the type it covers.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub rtype: Option<RType>,
    /// The key it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyRef>,
    /// The time of judgement for which it holds (Unix seconds), when it depends on time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<i64>,
    /// What is particular about this case: numbers, times, lengths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Where in the input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The line of text that could not be read, for [`Code::RecordUnreadable`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<Excerpt>,
}

impl Finding {
    /// A finding with the severity that its code has by itself, and nothing else said.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self {
            code,
            severity: code.entry().severity,
            owner: None,
            rtype: None,
            key: None,
            at: None,
            detail: None,
            place: None,
            excerpt: None,
        }
    }
}

/// A key as signatures refer to it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct KeyRef {
    /// Key tag.
    pub tag: u16,
    /// Algorithm number.
    pub algorithm: Algorithm,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_unique_kebab_case_words() {
        let texts: HashSet<_> = Code::ALL.iter().map(|code| code.entry().code).collect();
        assert_eq!(texts.len(), Code::ALL.len());
        assert!(
            texts.iter().all(|t| t
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b == b'-' || b.is_ascii_digit()))
        );
    }

    // The catalogue speaks to people: whole sentences, and a source for each rule.
    #[test]
    fn every_entry_is_whole_sentences_with_a_source() {
        for entry in Code::ALL.iter().map(|code| code.entry()) {
            assert!(entry.meaning.ends_with('.') && entry.advice.ends_with('.'), "{}", entry.code);
            assert!(!entry.reference.is_empty(), "{}", entry.code);
        }
    }
}
