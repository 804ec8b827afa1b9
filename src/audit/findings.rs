//! The catalogue: every fact that an audit can report, with its code, severity, source and advice.
//!
//! Codes are stable: scripts and policy files name them. A code is never given a new meaning; a
//! retired code is not used again.

use std::fmt;

use serde::Serialize;

pub use super::finding::{Excerpt, Finding, KeyRef, Place};

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
    SignatureKeyExponentTooLong = "signature-key-exponent-too-long", Bogus, "sigmill --max-rsa-exponent-bits",
        "A key that the signature may be by has a longer RSA exponent than this audit allows, so the signature was not verified.",
        "Raise the limit to have it verified; sign with a key whose exponent is 65537.";
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
    RrsetAlgorithmMissing = "rrset-algorithm-missing", Violation, "RFC 4035 §2.2, RFC 6840 §5.11",
        "An RRset has no signature of an algorithm that the apex DNSKEY RRset has.",
        "Sign every RRset with a key of each published algorithm, or remove the key of the unused one.";
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
    KeyExponentTooLong = "key-exponent-too-long", Violation, "sigmill --max-rsa-exponent-bits",
        "A DNSKEY at the apex has a longer RSA exponent than this audit allows; nothing was verified with it.",
        "Roll to a key whose exponent is 65537, or raise the limit.";
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

    // --- The keys ---
    KeyLeadingZeros = "key-leading-zeros", Violation, "RFC 3110 §2",
        "The exponent or modulus of an RSA key at the apex begins with a zero octet, which is forbidden.",
        "Publish the key again with the shortest form of its numbers.";
    KeyReservedFlags = "key-reserved-flags", Violation, "RFC 4034 §2.1.1",
        "A DNSKEY at the apex has flags that are reserved and must be zero; validators ignore them.",
        "Publish the key with flags 256 or 257.";
    KeyRsaShort = "key-rsa-short", Advice, "RFC 8301 §3.2, NIST SP 800-131A",
        "An RSA key at the apex has fewer than 2048 bits.",
        "Roll to a longer key, or to algorithm 13 (ECDSAP256SHA256).";
    KeyAlgorithmNotRecommended = "key-algorithm-not-recommended", Advice, "RFC 9904 §3",
        "A DNSKEY at the apex has an algorithm that is no longer recommended for signing.",
        "Roll to a current algorithm such as 13 (ECDSAP256SHA256).";
    KeyTagCollision = "key-tag-collision", Advice, "RFC 4034 §8, CVE-2023-50387",
        "Two DNSKEYs at the apex share algorithm and key tag, so validators may have to try both.",
        "Replace one of the keys by a new one.";
    KeyWithoutSep = "key-without-sep", Advice, "RFC 4034 §2.1.1, RFC 6781 §3.2.3",
        "No key that signs the DNSKEY RRset has the SEP flag, by which tools find the key for the DS.",
        "Publish the key-signing key with flags 257.";
    DnskeyNotSignedBySep = "dnskey-not-signed-by-sep", Violation, "RFC 4035 §5.2, RFC 6781 §3.2.3",
        "There are keys with the SEP flag, none of them signs the DNSKEY RRset, and no anchor leads to a key that does.",
        "Sign the DNSKEY RRset with the key that the DS is made of.";
    KeyUnused = "key-unused", Advice, "RFC 6781 §4.1",
        "A DNSKEY at the apex signs nothing: it stands by, or was left behind.",
        "Remove the key when its rollover is over.";
    KeyRevoked = "key-revoked", Advice, "RFC 5011 §2.1",
        "A DNSKEY at the apex is revoked.",
        "Remove the key after the hold-down time; until then it must sign the DNSKEY RRset.";
    KeyRevocationUnsigned = "key-revocation-unsigned", Violation, "RFC 5011 §2.1",
        "A revoked DNSKEY does not sign the DNSKEY RRset, so its revocation has no effect.",
        "Sign the DNSKEY RRset with the revoked key as well.";
    AnchorAlgorithmMissing = "anchor-algorithm-missing", Violation, "RFC 4035 §2.2, RFC 6840 §5.11",
        "A DS that was given has an algorithm of which no key signs the DNSKEY RRset.",
        "Sign the DNSKEY RRset with a key of that algorithm, or remove the DS from the parent.";

    // --- Denial of existence ---
    DenialMissing = "denial-missing", Bogus, "RFC 4035 §2.3, RFC 5155 §7.1",
        "The signed zone has neither NSEC nor NSEC3 records, so it can deny nothing.",
        "Sign the zone with NSEC or NSEC3.";
    DenialTtl = "denial-ttl", Violation, "RFC 9077 §3",
        "The TTL of an NSEC or NSEC3 RRset is not the lesser of the SOA's TTL and its MINIMUM.",
        "Use a signer that follows RFC 9077, or set SOA TTL and MINIMUM to the same value.";
    NsecMissing = "nsec-missing", Bogus, "RFC 4035 §2.3",
        "An authoritative name or delegation has no NSEC record.",
        "Sign the zone again as a whole.";
    NsecSurplus = "nsec-surplus", Violation, "RFC 4035 §2.3",
        "An NSEC record stands where none must be: at glue, occluded data, nothing, out of the zone, or in one that denies by NSEC3.",
        "Sign the zone again as a whole.";
    NsecSeveral = "nsec-several", Violation, "RFC 4035 §2.3, RFC 4034 §4",
        "A name has more than one NSEC record.",
        "Sign the zone again as a whole.";
    NsecNextWrong = "nsec-next-wrong", Bogus, "RFC 4034 §4.1.1",
        "The next name of an NSEC record is not the name that follows in the zone.",
        "Sign the zone again as a whole; names were added or removed after signing.";
    NsecTypeMissing = "nsec-type-missing", Violation, "RFC 4034 §4.1.2, RFC 4035 §2.3",
        "An NSEC record denies a type that its owner has.",
        "Sign the zone again as a whole; types were added after signing.";
    NsecTypeSurplus = "nsec-type-surplus", Bogus, "RFC 4034 §4.1.2, RFC 4035 §2.3",
        "An NSEC record shows a type that its owner does not have, so its absence cannot be proven.",
        "Sign the zone again as a whole; types were removed after signing.";
    Nsec3Missing = "nsec3-missing", Bogus, "RFC 5155 §7.1",
        "A name, delegation or empty non-terminal has no NSEC3 record, and opt-out does not excuse it.",
        "Sign the zone again as a whole.";
    Nsec3Surplus = "nsec3-surplus", Violation, "RFC 5155 §7.1",
        "An NSEC3 record is of no name in the zone.",
        "Sign the zone again as a whole; names were removed after signing.";
    Nsec3Several = "nsec3-several", Violation, "RFC 5155 §7.1",
        "A hashed owner has more than one NSEC3 record with the same parameters.",
        "Sign the zone again as a whole.";
    Nsec3Malformed = "nsec3-malformed", Bogus, "RFC 5155 §3",
        "An NSEC3 record's owner or RDATA is not of the form that its hash demands.",
        "Sign the zone again as a whole.";
    Nsec3UnknownFlags = "nsec3-unknown-flags", Bogus, "RFC 5155 §8.2",
        "An NSEC3 record has flags other than opt-out, so validators ignore it.",
        "Clear all flags but opt-out and sign again.";
    Nsec3NextWrong = "nsec3-next-wrong", Bogus, "RFC 5155 §3.1.7",
        "The next hash of an NSEC3 record is not the one that follows in its chain.",
        "Sign the zone again as a whole; names were added or removed after signing.";
    Nsec3TypeMissing = "nsec3-type-missing", Violation, "RFC 5155 §3.1.8, §7.1",
        "An NSEC3 record denies a type that its name has.",
        "Sign the zone again as a whole; types were added after signing.";
    Nsec3TypeSurplus = "nsec3-type-surplus", Bogus, "RFC 5155 §3.1.8, §7.1",
        "An NSEC3 record shows a type that its name does not have, so its absence cannot be proven.",
        "Sign the zone again as a whole; types were removed after signing.";
    Nsec3Unannounced = "nsec3-unannounced", Advice, "RFC 5155 §4, §10.4",
        "There are NSEC3 records with parameters that no NSEC3PARAM at the apex announces.",
        "Finish the change of parameters, or remove the records.";
    Nsec3ParamMissing = "nsec3param-missing", Bogus, "RFC 5155 §4",
        "The zone denies by NSEC3, but its apex has no NSEC3PARAM that servers can use.",
        "Publish the NSEC3PARAM of the chain, with flags 0 and hash algorithm 1.";
    Nsec3ParamIgnored = "nsec3param-ignored", Advice, "RFC 5155 §4.1.2, §4.2",
        "An NSEC3PARAM record has flags or a hash algorithm that make servers ignore it.",
        "Remove the record, or publish it with flags 0 and hash algorithm 1.";
    Nsec3TooManyChains = "nsec3-too-many-chains", Violation, "sigmill --max-nsec3-chains",
        "The zone has more NSEC3 chains than the limit; the rest was not judged.",
        "Remove the chains that are not used, or raise the limit.";
    Nsec3Iterations = "nsec3-iterations", Advice, "RFC 9276 §3.1",
        "An NSEC3 chain hashes with additional iterations, which only cost.",
        "Sign again with 0 iterations.";
    Nsec3IterationsTooMany = "nsec3-iterations-too-many", Violation, "RFC 9276 §3.2",
        "An NSEC3 chain has so many iterations that validators take the zone for insecure, or for bogus.",
        "Sign again with 0 iterations.";
    Nsec3Salt = "nsec3-salt", Advice, "RFC 9276 §3.1",
        "An NSEC3 chain hashes with a salt, which protects nothing.",
        "Sign again with an empty salt.";
    Nsec3OldAlgorithm = "nsec3-old-algorithm", Violation, "RFC 5155 §2",
        "The zone denies by NSEC3 and has a key of an algorithm that promises NSEC.",
        "Roll to a current algorithm such as 13 (ECDSAP256SHA256).";

    // --- Delegations, and the parent's view ---
    DsMisplaced = "ds-misplaced", Violation, "RFC 4035 §2.4",
        "A DS RRset stands at the apex, or at a name that is no delegation.",
        "Publish the DS in the parent zone, at the delegation.";
    DsMalformed = "ds-malformed", Violation, "RFC 4034 §5.1, RFC 4509 §2.2, RFC 6605 §2",
        "The digest of a DS record has not the length of its digest type.",
        "Publish the DS again from the child's DNSKEY.";
    DsUnsupported = "ds-unsupported", Advice, "RFC 4035 §5.2, RFC 9904 §4",
        "Validators implement no algorithm or no digest type of a DS RRset, so the child is insecure.",
        "Ask the child for a DS of a current algorithm and digest type 2.";
    DsSha1 = "ds-sha1", Advice, "RFC 9905 §2, RFC 9904 §4",
        "A DS RRset has only SHA-1 digests, which some validators ignore.",
        "Publish a DS with digest type 2 (SHA-256).";
    GlueMissing = "glue-missing", Advice, "RFC 1034 §4.2.1",
        "A delegation names a server below itself for which the zone has no address.",
        "Add the server's A and AAAA records as glue.";
    CdsMisplaced = "cds-misplaced", Violation, "RFC 7344 §4.1, RFC 9615 §2",
        "A CDS or CDNSKEY RRset stands elsewhere than at the apex or at a signalling name.",
        "Publish CDS and CDNSKEY at the apex.";
    CdsMalformed = "cds-malformed", Violation, "RFC 7344 §3, RFC 8078 §4",
        "A CDS or CDNSKEY record is neither what a DS or DNSKEY may be nor the request to delete.",
        "Publish the record again from the DNSKEY.";
    CdsDeleteNotAlone = "cds-delete-not-alone", Violation, "RFC 8078 §4",
        "The request to delete the DS stands beside other CDS or CDNSKEY records.",
        "Publish either the request to delete or keys, not both.";
    CdsWithoutDnskey = "cds-without-dnskey", Violation, "RFC 7344 §4.1",
        "A CDS or CDNSKEY record means no key of the apex DNSKEY RRset.",
        "Publish CDS and CDNSKEY from the keys that sign the DNSKEY RRset.";
    CdsDiffer = "cds-differ", Violation, "RFC 7344 §4",
        "CDS and CDNSKEY do not mean the same keys.",
        "Publish both from the same keys, or only one of them.";
    CdsSigner = "cds-signer", Violation, "RFC 7344 §4.1",
        "No key that a DS represents, or could represent, signs a CDS or CDNSKEY RRset.",
        "Sign CDS and CDNSKEY with a key that signs the DNSKEY RRset.";

    // --- The zone's data ---
    NsMissing = "ns-missing", Violation, "RFC 1035 §5.2, RFC 1034 §4.2.1",
        "The apex has no NS record.",
        "Restore the zone's NS records.";
    DnskeyMisplaced = "dnskey-misplaced", Violation, "RFC 4035 §2.1",
        "A DNSKEY RRset stands elsewhere than at the apex, where it verifies nothing.",
        "Keep DNSKEY records at the apex of their zone.";
    Nsec3ParamMisplaced = "nsec3param-misplaced", Advice, "RFC 5155 §4",
        "An NSEC3PARAM record stands elsewhere than at the apex, where it means nothing.",
        "Remove the record.";
    ZonemdMisplaced = "zonemd-misplaced", Advice, "RFC 8976 §2",
        "A ZONEMD record stands elsewhere than at the apex, where it means nothing.",
        "Remove the record.";
    CnameAndOtherData = "cname-and-other-data", Violation, "RFC 1034 §3.6.2, RFC 2181 §10.1, RFC 4035 §2.5",
        "A name with a CNAME has other data as well.",
        "Keep either the CNAME or the other data.";
    CnameSeveral = "cname-several", Violation, "RFC 2181 §10.1",
        "A name has more than one CNAME record.",
        "Keep one of them.";
    DnameSeveral = "dname-several", Violation, "RFC 6672 §2.4",
        "A name has more than one DNAME record.",
        "Keep one of them.";
    DnameAtDelegation = "dname-at-delegation", Violation, "RFC 6672 §2.3",
        "A name below the apex has both NS and DNAME records.",
        "Keep either the delegation or the DNAME.";
    DataBelowDname = "data-below-dname", Advice, "RFC 6672 §2.4, §5.2",
        "A name below a DNAME has data, which the DNAME hides.",
        "Remove the data, or the DNAME above it.";
    DataOccluded = "data-occluded", Advice, "RFC 1034 §4.2.1, RFC 2136 §7.18",
        "Data other than glue stands at or below a delegation, where nobody can see it.",
        "Move the data to the delegated zone.";

    // --- The zone's digest ---
    ZonemdMissing = "zonemd-missing", Violation, "RFC 8976 §4",
        "The zone has no ZONEMD record, though one is required.",
        "Publish a ZONEMD record, or do not require one.";
    ZonemdDigest = "zonemd-digest", Violation, "RFC 8976 §4",
        "The digest of a ZONEMD record is not that of the zone.",
        "Make the ZONEMD record again; the zone was changed after it, or damaged on its way.";
    ZonemdSerial = "zonemd-serial", Violation, "RFC 8976 §2.2.1, §4",
        "The serial of a ZONEMD record is not that of the SOA.",
        "Make the ZONEMD record again with every new serial.";
    ZonemdMalformed = "zonemd-malformed", Violation, "RFC 8976 §2.2.4, §4",
        "The digest of a ZONEMD record has not the length of its hash algorithm.",
        "Make the ZONEMD record again.";
    ZonemdRepeated = "zonemd-repeated", Violation, "RFC 8976 §2.2, §4",
        "Two ZONEMD records have the same scheme and hash algorithm, so that neither counts.",
        "Keep the one that is right.";
    ZonemdUnsupported = "zonemd-unsupported", Advice, "RFC 8976 §2.2.2, §2.2.3",
        "A ZONEMD record has a scheme or hash algorithm that is not defined; it is ignored.",
        "Publish a ZONEMD record with scheme 1 and hash algorithm 1 (SHA-384).";

    // --- Two versions ---
    SerialUnchanged = "serial-unchanged", Violation, "RFC 1034 §4.3.5",
        "The zone changed since the previous version, and its serial did not.",
        "Raise the serial with every change; secondary servers do not fetch the zone otherwise.";
    SerialBackwards = "serial-backwards", Violation, "RFC 1982 §3.2, RFC 1034 §4.3.5",
        "The serial is not greater than that of the previous version, by serial arithmetic.",
        "Choose a serial that is greater by less than 2^31; RFC 1912 §3.1 says how to go back in two steps.";
    SignatureKept = "signature-kept", Violation, "RFC 4034 §3.1.8.1, RFC 4035 §2.2",
        "An RRset changed since the previous version, and a signature over it is still the one of then.",
        "Sign every RRset that changes; look for what edits the zone after it was signed.";
    SignatureOlder = "signature-older", Advice, "RFC 4034 §3.1.5, RFC 6781 §4.4.2",
        "A signature begins and ends before the one by the same key that it replaces: an older one came back.",
        "Find out whether the signer went back to an older state.";
    KeyUsedTooSoon = "key-used-too-soon", Violation, "RFC 6781 §4.1.1, RFC 7583 §3.2.1",
        "Only keys that the previous version did not publish secure some RRset, so validators that hold the previous DNSKEY RRset cannot verify it.",
        "Publish a key for the TTL of the DNSKEY RRset at least before it signs alone.";
    KeyRemovedTooSoon = "key-removed-too-soon", Violation, "RFC 6781 §4.1.1, RFC 7583 §3.2.1",
        "A key is gone that alone signs some RRset of the previous version, so validators that hold that RRset and fetch the keys now cannot verify it.",
        "Keep a key until its last signatures have left all caches.";
    KeySignersReplaced = "key-signers-replaced", Violation, "RFC 6781 §4.1.2, RFC 7583 §3.3",
        "No key that signs the DNSKEY RRset signed it in the previous version, so a DS that led to that leads to this no more.",
        "Keep the old key-signing key until the DS of the new one has replaced the old DS in all caches, or publish the new DS long before.";
    KeyRevocationUndone = "key-revocation-undone", Violation, "RFC 5011 §2.1",
        "A key that the previous version revoked is published as if it were not: revocation is for ever.",
        "Remove the key, and use a new one.";
    AlgorithmAddedAtOnce = "algorithm-added-at-once", Advice, "RFC 6781 §4.1.4, RFC 6840 §5.11",
        "The DNSKEY RRset has an algorithm that the previous one had not, and by which the previous version had RRsets unsigned; validators that insist on every algorithm may hold those.",
        "Publish the signatures of a new algorithm first, and its keys when the TTLs have passed.";
    AlgorithmRemovedAtOnce = "algorithm-removed-at-once", Advice, "RFC 6781 §4.1.4, RFC 6840 §5.11",
        "An algorithm of the previous DNSKEY RRset is gone, and its signatures with it; validators that insist on every algorithm may hold that DNSKEY RRset.",
        "Remove the keys of an old algorithm first, and its signatures when the TTL has passed.";
    PreviousUnreadable = "previous-unreadable", Advice, "sigmill --previous",
        "Entries of the previous version could not be read, so nothing was concluded from what it lacks.",
        "Correct the entry that is named, or compare with the zone as it was served.";

    // --- Answers, and the chain of trust ---
    ChainNoAnchor = "chain-no-anchor", Advice, "RFC 4033 §5",
        "No trust anchor is for the name or a name above it, so nothing can be said of it.",
        "Give an anchor with --anchor or --ds.";
    ChainDnskeyNeeded = "chain-dnskey-needed", Advice, "RFC 4033 §5, RFC 4035 §5",
        "The DNSKEY RRset of a zone on the chain of trust is not in the input, or only as it was signed for another time.",
        "Add it with --keys: `dig +dnssec DNSKEY` of the zone, as of the time of the capture.";
    ChainDsNeeded = "chain-ds-needed", Advice, "RFC 4033 §5, RFC 4035 §5",
        "The input holds neither the DS RRset of a name nor a proof that there is none, or only one that is signed for another time, so nobody can tell whether a signed zone begins there.",
        "Add it with --keys: `dig +dnssec DS` of the name, as of the time of the capture.";
    ChainSignaturesNeeded = "chain-signatures-needed", Advice, "RFC 4035 §3.2.1",
        "Whoever asked did not want signatures (DO), and without them nobody can tell whether the data is right.",
        "Capture traffic of a validating resolver, or ask again with +dnssec.";
    ResponseIncomplete = "response-incomplete", Advice, "RFC 2181 §9",
        "A response was truncated by the server or by the capture, so it was not judged.",
        "Capture whole packets (snap length 0) and TCP as well.";
    ResponseTooMuchHashing = "response-too-much-hashing", Violation, "CVE-2023-50868",
        "A proof of non-existence by NSEC3 costs more hashes than a validator would spend; it was not completed.",
        "Look for an attack; right proofs need a few hashes for each label.";
    DelegationInsecure = "delegation-insecure", Advice, "RFC 4035 §5.2",
        "It is proven that a delegation has no DS, so the zone below need not be signed.",
        "Ask the operator of the zone to sign it and to publish a DS.";
    DelegationOptOut = "delegation-opt-out", Advice, "RFC 5155 §6, §9.2",
        "An NSEC3 record with opt-out covers the name, so that an unsigned delegation may be there.",
        "Ask the operator of the zone to sign it and to publish a DS.";
    DenialUnproven = "denial-unproven", Bogus, "RFC 4035 §5.4, RFC 5155 §8",
        "A response says that a name or type does not exist, and does not prove it.",
        "Look at the server's NSEC or NSEC3 records, and whether it serves a complete zone.";
    WildcardUnproven = "wildcard-unproven", Bogus, "RFC 4035 §5.3.4, RFC 5155 §8.8",
        "An answer was made from a wildcard, and the response does not prove that nothing closer to the name exists.",
        "Look at the server's NSEC or NSEC3 records; a wildcard's data may have been replayed.";
    DnameMismatch = "dname-mismatch", Bogus, "RFC 6672 §5.3.1",
        "The CNAME beside a DNAME is not what the DNAME says.",
        "Find out what changed the response on its way.";
    TtlAboveOriginal = "ttl-above-original", Violation, "RFC 4035 §5.3.3",
        "The TTL of an RRset is greater than the one that was signed.",
        "Find out what changed the TTL; validators lower it to the signed one.";
    AdWithoutSecurity = "ad-without-security", Violation, "RFC 4035 §3.2.3",
        "A resolver calls an answer authenticated (AD) that is not secure here.",
        "Compare the anchors and the clock of the resolver with those of this audit.";
    AdMissing = "ad-missing", Advice, "RFC 4035 §3.2.3, RFC 6840 §5.7",
        "An answer is secure here, and a resolver that was asked for signatures does not call it authenticated (AD).",
        "Find out whether the resolver validates, and whether something clears the flag.";

    // --- sigmill itself ---
    BackendsDisagree = "backends-disagree", Bogus, "sigmill --cross-check",
        "Two cryptographic backends judged the same signature differently.",
        "Report this with its detail, which has all octets: one of the two has a defect.";
}

impl Code {
    /// Those that only a chain audit reports: of answers, not of zones.
    pub const OF_ANSWERS: &[Self] = &[
        Self::ChainNoAnchor,
        Self::ChainDnskeyNeeded,
        Self::ChainDsNeeded,
        Self::ChainSignaturesNeeded,
        Self::ResponseIncomplete,
        Self::ResponseTooMuchHashing,
        Self::DelegationInsecure,
        Self::DelegationOptOut,
        Self::DenialUnproven,
        Self::WildcardUnproven,
        Self::DnameMismatch,
        Self::TtlAboveOriginal,
        Self::AdWithoutSecurity,
        Self::AdMissing,
    ];
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
