//! The chain of trust of a zone or an RRset, as data that reports draw.

use serde::Serialize;

use crate::audit::findings::{Code, KeyRef};
use crate::dns::rdata::{Dnskey, Ds, key_tag};
use crate::dns::{DigestType, Name, RType};

use super::bag::{Held, RrsetId, SignatureId};
use super::status::{Judgement, Status};
use super::trust::{Judge, Link, Trust};

/// A zone on the chain of trust.
#[derive(Clone, Debug, Serialize)]
pub struct ZoneLink {
    /// Its apex, or where trust ends.
    pub zone: Name,
    /// Whether its keys can be trusted.
    #[serde(flatten)]
    pub judgement: Judgement,
    /// The anchors that vouch for it.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub anchors: Vec<AnchorLink>,
    /// The DS RRsets that vouch for it.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub ds: Vec<DsLink>,
    /// The DNSKEY RRsets that are trusted; where none is, the first that was seen.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub dnskeys: Vec<DnskeyLink>,
}

impl ZoneLink {
    /// A zone of which no more is known.
    pub(super) fn bare(zone: Name, judgement: Judgement) -> Self {
        Self { zone, judgement, anchors: Vec::new(), ds: Vec::new(), dnskeys: Vec::new() }
    }
}

/// An anchor that vouches for a zone.
#[derive(Clone, Debug, Serialize)]
pub struct AnchorLink {
    /// Where it came from.
    pub origin: String,
    /// The key it means.
    pub key: KeyRef,
}

/// A DS RRset that vouches for a zone.
#[derive(Clone, Debug, Serialize)]
pub struct DsLink {
    /// Its records.
    pub records: Vec<DsFacts>,
    /// The signature over it.
    pub signature: SignatureFacts,
}

/// A DS record.
#[derive(Clone, Debug, Serialize)]
pub struct DsFacts {
    /// The key it means.
    #[serde(flatten)]
    pub key: KeyRef,
    /// The name of its digest type, or its number.
    pub digest: String,
}

/// A DNSKEY RRset.
#[derive(Clone, Debug, Serialize)]
pub struct DnskeyLink {
    /// Its keys.
    pub keys: Vec<KeyFacts>,
    /// The signature by which it is trusted, or is not.
    pub signature: SignatureFacts,
}

/// A key of a DNSKEY RRset.
#[derive(Clone, Debug, Serialize)]
pub struct KeyFacts {
    /// Tag and algorithm.
    #[serde(flatten)]
    pub key: KeyRef,
    /// Flags.
    pub flags: u16,
    /// `KSK` with the SEP flag, else `ZSK` (RFC 4034 §2.1.1: a hint only).
    pub role: &'static str,
    /// Whether an anchor or DS leads to it.
    pub entry: bool,
    /// Whether it is revoked.
    pub revoked: bool,
}

/// A signature.
#[derive(Clone, Debug, Serialize)]
pub struct SignatureFacts {
    /// The zone that signed.
    pub signer: Name,
    /// The key.
    #[serde(flatten)]
    pub key: KeyRef,
    /// The first second of validity, as RRSIG writes it.
    pub inception: String,
    /// The last second of validity.
    pub expiration: String,
    /// Why it does not count; `None` when it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<FaultFacts>,
}

/// Why a signature does not count.
#[derive(Clone, Debug, Serialize)]
pub struct FaultFacts {
    /// The fact.
    pub code: Code,
    /// What is particular about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// An RRset at the end of its chain.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// The owner.
    pub owner: Name,
    /// The type.
    #[serde(rename = "type")]
    pub rtype: RType,
    /// The time, in Unix seconds.
    pub at: i64,
    /// The status.
    #[serde(flatten)]
    pub judgement: Judgement,
    /// The wildcard that it was made from, by the signature that makes it secure. Whether it may stand
    /// at its owner only a response can prove (RFC 4035 §5.3.4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wildcard: Option<Name>,
    /// Records in the RRset.
    pub records: usize,
    /// Its signatures.
    pub signatures: Vec<SignatureFacts>,
    /// The zones from the anchor down.
    pub chain: Vec<ZoneLink>,
}

impl Judge<'_> {
    /// The chain from the anchor down to a zone.
    pub(super) fn chain(&self, zone: &Trust) -> Vec<ZoneLink> {
        let mut links = Vec::new();
        let mut next = Some(zone);
        while let Some(trust) = next {
            links.push(self.zone_link(trust));
            next = trust.parent.as_deref();
        }
        links.reverse();
        links
    }

    fn zone_link(&self, trust: &Trust) -> ZoneLink {
        let mut link = ZoneLink::bare(trust.apex, trust.judgement.clone());
        let mut entries: Vec<KeyRef> = Vec::new();
        for above in &trust.links {
            match above {
                Link::Anchor { origin, key } => {
                    entries.push(*key);
                    link.anchors.push(AnchorLink { origin: origin.clone(), key: *key });
                }
                Link::Ds { rrset, signature } => {
                    let records = self.ds_records(*rrset);
                    entries.extend(records.iter().map(|record| record.key));
                    let signature = self.signature_facts(*signature);
                    link.ds.push(DsLink { records, signature });
                }
            }
        }
        for &(rrset, signature) in &trust.dnskeys {
            let keys = self.verified.bag.rrset(rrset).records().filter_map(|rdata| {
                let dnskey = Dnskey::from_rdata(rdata)?;
                let key = KeyRef { tag: key_tag(rdata), algorithm: dnskey.algorithm };
                Some(KeyFacts {
                    key,
                    flags: dnskey.flags,
                    role: if dnskey.is_sep() { "KSK" } else { "ZSK" },
                    entry: entries.contains(&key),
                    revoked: dnskey.is_revoked(),
                })
            });
            link.dnskeys.push(DnskeyLink {
                keys: keys.collect(),
                signature: self.signature_facts(signature),
            });
        }
        link
    }

    fn ds_records(&self, rrset: RrsetId) -> Vec<DsFacts> {
        let records = self.verified.bag.rrset(rrset).records().filter_map(Ds::from_rdata);
        let row = |ds: Ds<'_>| {
            let DigestType(number) = ds.digest_type;
            let digest = match ds.digest_type.digest_len() {
                Some(_) => ds.digest_type.to_string(),
                None => number.to_string(),
            };
            DsFacts { key: KeyRef { tag: ds.key_tag, algorithm: ds.algorithm }, digest }
        };
        records.map(row).collect()
    }

    pub(super) fn signature_facts(&self, id: SignatureId) -> SignatureFacts {
        let checked = self.verified.checked(id);
        SignatureFacts {
            signer: self.verified.bag.name(checked.signer),
            key: checked.key,
            inception: checked.inception.to_string(),
            expiration: checked.expiration.to_string(),
            fault: checked.at(self.at).err().map(|(code, detail)| FaultFacts { code, detail }),
        }
    }

    /// Everything about one RRset.
    pub(super) fn explain(&mut self, held: &Held) -> Explanation {
        let judged = self.rrset(held, true);
        let stored = self.verified.bag.rrset(held.rrset);
        let signatures = held.signatures.iter().map(|&id| self.signature_facts(id)).collect();
        Explanation {
            owner: self.verified.bag.name(stored.owner),
            rtype: stored.rtype,
            at: self.at,
            wildcard: judged.signature.and_then(|id| self.verified.wildcard(id)),
            records: stored.records().count(),
            signatures,
            chain: self.chain(&judged.zone),
            judgement: judged.judgement,
        }
    }
}

impl Explanation {
    /// Whether the RRset is secure.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.judgement.status == Status::Secure
    }
}
