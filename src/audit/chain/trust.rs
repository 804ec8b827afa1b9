//! The chain of trust: from an anchor down by DS and DNSKEY to the zone that a name lies in, at a
//! time (RFC 4035 §5).

use std::collections::HashMap;
use std::rc::Rc;

use crate::audit::findings::{Code, KeyRef};
use crate::audit::rrsig::Fault;
use crate::audit::zone::{Anchor, AnchorForm};
use crate::crypto::ds_digest;
use crate::dns::rdata::{Dnskey, Ds, key_tag};
use crate::dns::{DigestType, Name, RType};
use crate::engine::KeyIndex;

use super::bag::{NameId, RrsetId, SignatureId};
use super::delegation::Delegation;
use super::faults::{Faults, Told, signed_for_another_time};
use super::status::{Judgement, Reason, Status};
use super::verify::{How, Verified};

/// What vouches for a zone's keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Link {
    /// A trust anchor.
    Anchor {
        /// Where it came from.
        origin: String,
        /// The key it means.
        key: KeyRef,
    },
    /// A DS RRset of the parent.
    Ds {
        /// The RRset.
        rrset: RrsetId,
        /// A signature over it that counts.
        signature: SignatureId,
    },
}

/// A zone as far as trust has come at a time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trust {
    /// The zone's apex, or where trust ends.
    pub apex: Name,
    /// The zone above, on the way from the anchor.
    pub parent: Option<Rc<Trust>>,
    /// Whether its keys can be trusted, and if not why.
    pub judgement: Judgement,
    /// What vouches for its keys: the anchors that lead to one, or every DS RRset that is secure at
    /// the time. While a parent changes its DS there are two.
    pub links: Vec<Link>,
    /// The DNSKEY RRsets, each with the signature over it, that the links lead to; where they lead to
    /// none, the first that was seen.
    pub dnskeys: Vec<(RrsetId, SignatureId)>,
    /// The keys of the zone's table that can be trusted.
    pub keys: Vec<KeyIndex>,
    /// Those of DNSKEY RRsets that an anchor or DS leads to, that are signed for another time, and were
    /// not seen at this.
    pub lapsed: Vec<KeyIndex>,
}

impl Trust {
    /// A zone, or where trust ends, of which no key is known yet.
    fn new(apex: &Name, parent: Option<Rc<Trust>>, judgement: Judgement) -> Self {
        Self {
            apex: *apex,
            parent,
            judgement,
            links: Vec::new(),
            dnskeys: Vec::new(),
            keys: Vec::new(),
            lapsed: Vec::new(),
        }
    }
}

/// Where a name lies at a time.
#[derive(Clone, Debug)]
pub(super) struct Position {
    /// The zone, as far as is known.
    pub zone: Rc<Trust>,
    /// The highest name between the zone's apex and here at which another zone may begin, for all that
    /// the input holds.
    pub unknown: Option<Name>,
}

/// Judges at one time. Keeps what it has found.
pub(super) struct Judge<'v> {
    pub verified: &'v Verified,
    pub how: &'v How,
    pub anchors: &'v [Anchor],
    pub at: i64,
    /// The time is the user's and not one at which something was seen.
    pub is_fixed: bool,
    positions: HashMap<Name, Position>,
    pub(super) hashes: super::proof::Hashes,
}

impl<'v> Judge<'v> {
    pub fn new(verified: &'v Verified, how: &'v How, anchors: &'v [Anchor], at: i64) -> Self {
        Self {
            verified,
            how,
            anchors,
            at,
            is_fixed: false,
            positions: HashMap::new(),
            hashes: super::proof::Hashes::default(),
        }
    }

    /// Where a name lies. A zone cut at the name itself counts: the apex of a zone lies in it.
    pub fn position(&mut self, name: &Name) -> Position {
        if let Some(position) = self.positions.get(name) {
            return position.clone();
        }
        let position = self.find_position(name);
        self.positions.insert(*name, position.clone());
        position
    }

    /// Where an RRset lies: a DS, and the NSEC of a delegation, belong to the zone above their owner
    /// (RFC 4035 §2.4, §2.3). So does every NSEC3, even where a zone begins at that name: its first
    /// label is a hash, and the rest is the apex (RFC 5155 §7.1).
    pub fn position_of(&mut self, owner: &Name, rtype: RType) -> Position {
        let position = self.position(owner);
        let is_apex = position.zone.apex == *owner;
        match owner.parent() {
            Some(parent) if matches!(rtype, RType::DS | RType::NSEC3) => self.position(&parent),
            Some(parent) if rtype == RType::NSEC && is_apex => self.position(&parent),
            _ => position,
        }
    }

    fn find_position(&mut self, name: &Name) -> Position {
        let anchors: Vec<&Anchor> =
            self.anchors.iter().filter(|anchor| anchor.owner == Some(*name)).collect();
        let parent = name.parent().map(|parent| self.position(&parent));
        if !anchors.is_empty() {
            let above = parent.map(|position| position.zone);
            let above = above.filter(|zone| zone.judgement.status == Status::Secure);
            return at_apex(self.enter_by_anchors(name, &anchors, above));
        }
        let Some(parent) = parent else {
            let reason = Reason::new(Code::ChainNoAnchor, *name, None);
            let judgement = Judgement::new(Status::Indeterminate, reason);
            return at_apex(Trust::new(name, None, judgement));
        };
        if parent.zone.judgement.status != Status::Secure {
            return parent;
        }
        self.step(name, parent)
    }

    /// From the position of a name's parent, which lies in a secure zone, to the name's own.
    fn step(&mut self, name: &Name, above: Position) -> Position {
        match self.delegation(name, &above.zone) {
            Delegation::Signed(ds) => at_apex(self.enter_by_ds(name, &ds, above.zone)),
            Delegation::Ended(judgement) => at_apex(Trust::new(name, Some(above.zone), *judgement)),
            Delegation::None => Position { zone: above.zone, unknown: None },
            Delegation::NotHere => above,
            Delegation::Unknown => {
                let unknown = above.unknown.or(Some(*name));
                Position { zone: above.zone, unknown }
            }
        }
    }

    fn enter_by_anchors(
        &self,
        apex: &Name,
        anchors: &[&Anchor],
        parent: Option<Rc<Trust>>,
    ) -> Trust {
        let valid = |anchor: &&&Anchor| {
            anchor.valid_from.is_none_or(|from| from <= self.at)
                && anchor.valid_until.is_none_or(|until| self.at < until)
        };
        let valid: Vec<&Anchor> = anchors.iter().filter(valid).copied().collect();
        let mut trust = Trust::new(apex, parent, Judgement::SECURE);
        if valid.is_empty() {
            let reason = Reason {
                detail: Some("no anchor is valid at this time".into()),
                ..Reason::new(Code::ChainNoAnchor, *apex, None)
            };
            trust.judgement = Judgement::new(Status::Indeterminate, reason);
            return trust;
        }
        let links = valid.iter().map(|anchor| {
            let (key, origin) = (anchor_key(anchor), anchor.origin.clone());
            let form = match &anchor.form {
                AnchorForm::Ds(rdata) => Meaning::Ds(rdata),
                AnchorForm::Dnskey(rdata) => Meaning::Dnskey(rdata),
            };
            (form, Link::Anchor { origin, key })
        });
        let links = self.usable(links.collect());
        self.enter(&mut trust, &links, links.is_empty());
        trust
    }

    /// Enters by DS RRsets. Each of them is taken by itself first, as a validator that holds no other
    /// would take it.
    fn enter_by_ds(&self, apex: &Name, ds: &[(RrsetId, SignatureId)], parent: Rc<Trust>) -> Trust {
        let link = |&(rrset, signature): &_| Link::Ds { rrset, signature };
        let mut trust = Trust::new(apex, Some(parent), Judgement::SECURE);
        trust.links.extend(ds.iter().map(link));
        let (mut links, mut unsupported) = (Vec::new(), false);
        for (id, link) in ds.iter().zip(&trust.links) {
            let records = self.verified.bag.rrset(id.0).records();
            let usable =
                self.usable(records.map(|rdata| (Meaning::Ds(rdata), link.clone())).collect());
            unsupported |= usable.is_empty();
            links.extend(usable);
        }
        self.enter(&mut trust, &links, unsupported);
        trust
    }

    /// Finds the DNSKEY RRsets that anchors or DS records lead to, and whether there are any.
    /// `unsupported`: some anchors or DS have no algorithm or digest that is known, and leave the zone as
    /// if unsigned where no others lead into it (RFC 4035 §5.2).
    fn enter(&self, trust: &mut Trust, usable: &[(Meaning<'_>, Link)], unsupported: bool) {
        let (apex, bag) = (trust.apex, &self.verified.bag);
        let fail = |trust: &mut Trust, status, reason| {
            trust.judgement = match unsupported {
                true => {
                    let reason = Reason::new(Code::DsUnsupported, apex, RType::DS);
                    Judgement::new(Status::Insecure, reason)
                }
                false => Judgement::new(status, reason),
            };
        };
        if usable.is_empty() {
            return fail(
                trust,
                Status::Insecure,
                Reason::new(Code::DsUnsupported, apex, RType::DS),
            );
        }
        let zone = bag.find(&apex).and_then(|id| self.verified.zones.get(&id));
        let Some(zone) = zone.filter(|zone| !zone.dnskeys.is_empty()) else {
            // Whoever asked for the keys was told that there are none.
            let (status, code) = match bag.is_denied(&apex, RType::DNSKEY) {
                true => (Status::Bogus, Code::DnskeyMissing),
                false => (Status::Indeterminate, Code::ChainDnskeyNeeded),
            };
            return fail(trust, status, Reason::new(code, apex, RType::DNSKEY));
        };
        let (mut faults, mut signed, mut bare) = (Faults::default(), None, false);
        for &rrset in &zone.dnskeys {
            let stored = bag.rrset(rrset);
            bare |= stored.seen_bare;
            let secure_keys = || {
                let keys = stored.records().filter_map(|rdata| zone.key_of(rdata));
                keys.filter(|&key| zone.usability.secures(key))
            };
            for &signature in &stored.signatures {
                let checked = self.verified.checked(signature);
                if bag.find(&apex) != Some(checked.signer) {
                    continue;
                }
                signed.get_or_insert((rrset, signature));
                let led_to = checked.outcome.clone().and_then(|key| {
                    // The key that signs must itself be in the set (RFC 4035 §5.2).
                    let rdata = &zone.table.get(key).rdata;
                    let inside = stored.records().any(|record| record == rdata.as_slice());
                    let link = usable.iter().find(|(form, _)| form.means(&apex, rdata));
                    link.filter(|_| inside).ok_or_else(|| {
                        let tag = zone.table.get(key).tag;
                        (Code::DnskeyNotAnchored, Some(format!("signed by key {tag}")))
                    })
                });
                match (led_to, checked.fault_of_time(self.at)) {
                    (Ok((_, link)), None) => {
                        if !trust.links.contains(link) {
                            trust.links.push(link.clone());
                        }
                        trust.dnskeys.push((rrset, signature));
                        trust.keys.extend(secure_keys());
                        break;
                    }
                    (Ok(_), Some(fault)) => {
                        if self.is_unseen(signature, &fault) {
                            trust.lapsed.extend(secure_keys());
                        }
                        faults.push(signature, fault);
                    }
                    (Err(fault), _) => faults.push(signature, fault),
                }
            }
        }
        trust.keys.sort_unstable();
        trust.keys.dedup();
        if !trust.dnskeys.is_empty() {
            return;
        }
        trust.dnskeys.extend(signed);
        let reason = |code, detail| Reason { detail, ..Reason::new(code, apex, RType::DNSKEY) };
        let (status, reason) = match self.weigh(&faults) {
            Some(Told::Rejected((code, detail))) => (Status::Bogus, reason(code, detail)),
            Some(Told::Unseen(fault)) => {
                let detail = signed_for_another_time(fault);
                (Status::Indeterminate, reason(Code::ChainDnskeyNeeded, detail))
            }
            None if signed.is_some() || bare => (Status::Bogus, reason(Code::RrsetUnsigned, None)),
            None => (Status::Indeterminate, reason(Code::ChainSignaturesNeeded, None)),
        };
        fail(trust, status, reason);
    }

    /// The DS records and anchors that count: of known algorithms and digests, and not SHA-1 beside
    /// SHA-2 (RFC 4509 §3).
    fn usable<'f>(&self, links: Vec<(Meaning<'f>, Link)>) -> Vec<(Meaning<'f>, Link)> {
        let sha1 = self.how.sha1;
        let mut usable: Vec<_> = links
            .into_iter()
            .filter(|(form, _)| match form {
                Meaning::Ds(rdata) => Ds::from_rdata(rdata).is_some_and(|ds| {
                    sha1.supports(ds.algorithm) && sha1.supports_digest(ds.digest_type)
                }),
                Meaning::Dnskey(rdata) => {
                    Dnskey::from_rdata(rdata).is_some_and(|key| sha1.supports(key.algorithm))
                }
            })
            .collect();
        let digest = |form: &Meaning<'_>| match form {
            Meaning::Ds(rdata) => Ds::from_rdata(rdata).map(|ds| ds.digest_type),
            Meaning::Dnskey(_) => None,
        };
        let has_sha2 = usable.iter().any(|(form, _)| {
            digest(form).is_some_and(|digest_type| digest_type != DigestType::SHA1)
        });
        usable.retain(|(form, _)| !has_sha2 || digest(form) != Some(DigestType::SHA1));
        usable
    }

    /// The signature by a trusted key of this zone that secures an RRset. What is wrong with those of
    /// the zone that do not is added to `faults`.
    pub fn secured_by(
        &self,
        rrset: RrsetId,
        apex: NameId,
        zone: &Trust,
        faults: &mut Faults,
    ) -> Option<SignatureId> {
        for &signature in &self.verified.bag.rrset(rrset).signatures {
            if self.verified.checked(signature).signer != apex {
                continue;
            }
            match self.trusted(signature, zone) {
                Ok(()) => return Some(signature),
                Err(fault) => faults.push(signature, fault),
            }
        }
        None
    }

    /// Whether a signature holds now under a trusted key of a zone. [`Code::ChainDnskeyNeeded`] when
    /// that depends on a DNSKEY RRset that was not seen as of now.
    pub fn trusted(&self, signature: SignatureId, zone: &Trust) -> Result<(), Fault> {
        let key = self.verified.checked(signature).at(self.at)?;
        if zone.keys.contains(&key) {
            return Ok(());
        }
        if zone.lapsed.contains(&key) {
            let detail = "the one that has the key is signed for another time";
            return Err((Code::ChainDnskeyNeeded, Some(detail.into())));
        }
        // It holds under a key that was seen, in a DNSKEY RRset that nothing vouches for.
        let detail = "its key is in no DNSKEY RRset that can be trusted";
        Err((Code::SignatureNoKey, Some(detail.into())))
    }
}

/// Something that means a key.
#[derive(Clone, Copy)]
enum Meaning<'f> {
    Ds(&'f [u8]),
    Dnskey(&'f [u8]),
}

impl Meaning<'_> {
    fn means(&self, apex: &Name, dnskey: &[u8]) -> bool {
        match self {
            Self::Dnskey(rdata) => *rdata == dnskey,
            Self::Ds(rdata) => Ds::from_rdata(rdata).is_some_and(|ds| {
                let algorithm = Dnskey::from_rdata(dnskey).map(|key| key.algorithm);
                ds.key_tag == key_tag(dnskey)
                    && Some(ds.algorithm) == algorithm
                    && ds_digest(ds.digest_type, apex, dnskey)
                        .is_some_and(|digest| digest[..] == *ds.digest)
            }),
        }
    }
}

fn anchor_key(anchor: &Anchor) -> KeyRef {
    let none = KeyRef { tag: 0, algorithm: crate::dns::Algorithm(0) };
    match &anchor.form {
        AnchorForm::Ds(rdata) => Ds::from_rdata(rdata)
            .map_or(none, |ds| KeyRef { tag: ds.key_tag, algorithm: ds.algorithm }),
        AnchorForm::Dnskey(rdata) => Dnskey::from_rdata(rdata)
            .map_or(none, |key| KeyRef { tag: key_tag(rdata), algorithm: key.algorithm }),
    }
}

fn at_apex(trust: Trust) -> Position {
    Position { zone: Rc::new(trust), unknown: None }
}
