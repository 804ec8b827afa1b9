//! Judges RRsets and responses at a time.

use std::rc::Rc;

use crate::audit::findings::Code;
use crate::audit::rrsig::Fault;
use crate::dns::{Class, Name, RType};

use super::bag::{Held, HeldId, RrsetId, SignatureId};
use super::faults::{Faults, Told, signed_for_another_time};
use super::proof::Absence;
use super::response::{Incomplete, Response};
use super::status::{Judgement, Reason, Status};
use super::trust::{Judge, Link, Trust};

/// What kind of response it is, by which it is judged (RFC 2308 §2, RFC 4035 §5).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Data was asked for and is there.
    Answer,
    /// The name has no such type.
    NoData,
    /// The name does not exist.
    NameError,
    /// Others are to be asked.
    Referral,
    /// An error, no question, or one of another class than IN: there is nothing to judge.
    NoAnswer,
}

impl Kind {
    /// Its name, as reports write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::NoData => "no-data",
            Self::NameError => "name-error",
            Self::Referral => "referral",
            Self::NoAnswer => "no-answer",
        }
    }
}

/// A response as it was judged at a time.
#[derive(Clone, Debug)]
pub struct JudgedResponse {
    /// What it is.
    pub kind: Kind,
    /// What is to be said of it; `None` when there is nothing to judge.
    pub judgement: Option<Judgement>,
    /// The zone whose keys decided.
    pub zone: Option<Name>,
}

/// An RRset as it was judged at a time.
#[derive(Clone, Debug)]
pub(super) struct JudgedRrset {
    pub judgement: Judgement,
    /// The zone it lies in, as far as is known.
    pub zone: Rc<Trust>,
    /// The signature that makes it secure.
    pub signature: Option<SignatureId>,
}

/// Aliases that are followed before a response is taken for a loop.
const MOST_ALIASES: usize = 32;

impl<'v> Judge<'v> {
    /// Judges an RRset with the signatures that came with it.
    pub fn rrset(&mut self, held: &Held, signatures_wanted: bool) -> JudgedRrset {
        let bag = &self.verified.bag;
        let stored = bag.rrset(held.rrset);
        let (owner, rtype) = (bag.name(stored.owner), stored.rtype);
        let mut faults = Faults::default();
        // One good path is enough (RFC 6840 §5.11, §5.12).
        for &signature in &held.signatures {
            let checked = self.verified.checked(signature);
            let signer = self.verified.bag.name(checked.signer);
            if !owner.is_at_or_below(&signer) {
                if faults.is_empty() {
                    let detail = Some(format!("signer {signer}"));
                    faults.push(signature, (Code::SignatureSignerNotApex, detail));
                }
                continue;
            }
            let position = self.position(&signer);
            if position.zone.apex != signer || position.zone.judgement.status != Status::Secure {
                continue;
            }
            match self.trusted(signature, &position.zone) {
                // RFC 4035 §5.3.1: the signer must be the zone that the RRset lies in.
                Ok(()) if self.is_delegated(&owner, rtype, &signer) => {
                    let detail = Some(format!("signer {signer}"));
                    faults.push(signature, (Code::SignatureSignerNotApex, detail));
                }
                Ok(()) => {
                    return JudgedRrset {
                        judgement: Judgement::SECURE,
                        zone: position.zone,
                        signature: Some(signature),
                    };
                }
                Err(fault) => faults.push(signature, fault),
            }
        }
        let told = self.weigh(&faults);
        self.not_secure(held, &owner, rtype, told, signatures_wanted)
    }

    /// Whether a zone with a DS begins between a signer and an RRset.
    fn is_delegated(&mut self, owner: &Name, rtype: RType, signer: &Name) -> bool {
        let zone = self.position_of(owner, rtype).zone;
        let below = zone.apex != *signer && zone.apex.is_at_or_below(signer);
        below && zone.links.iter().any(|link| matches!(link, Link::Ds { .. }))
    }

    /// What is to be said of an RRset that no signature makes secure.
    fn not_secure(
        &mut self,
        held: &Held,
        owner: &Name,
        rtype: RType,
        told: Option<Told>,
        signatures_wanted: bool,
    ) -> JudgedRrset {
        let mut position = self.position_of(owner, rtype);
        if rtype == RType::NSEC && held.signatures.is_empty() {
            // That of a delegation would be signed: it is of the zone below, if that is not signed.
            let below = self.position(owner);
            if below.zone.judgement.status == Status::Insecure {
                position = below;
            }
        }
        let mut unknown = position.unknown;
        if position.zone.judgement.status == Status::Secure {
            // The deepest signer knows best in which zone the RRset lies.
            let signers = held.signatures.iter().map(|&signature| {
                let checked = self.verified.checked(signature);
                self.verified.bag.name(checked.signer)
            });
            let deepest = signers
                .filter(|signer| owner.is_at_or_below(signer))
                .max_by_key(|signer| signer.labels().count());
            if let Some(signer) = deepest {
                let of_signer = self.position(&signer);
                let is_apex = of_signer.zone.apex == signer;
                unknown = of_signer.unknown.filter(|_| !is_apex);
                if is_apex && of_signer.zone.judgement.status != Status::Secure {
                    position = of_signer;
                }
            }
        }
        let zone = position.zone;
        let reason = |code, name| Reason::new(code, name, rtype);
        let judgement = match (zone.judgement.status, told) {
            (Status::Secure, told) => match (told, unknown) {
                (_, Some(unknown)) if !self.is_denied(&zone, owner) => Judgement::new(
                    Status::Indeterminate,
                    Reason::new(Code::ChainDsNeeded, unknown, RType::DS),
                ),
                (Some(Told::Unseen(fault)), _) => {
                    Judgement::new(Status::Indeterminate, unseen(fault, &zone, owner, rtype))
                }
                (Some(Told::Rejected((code, detail))), _) => {
                    let key = held.signatures.first().map(|&id| self.verified.checked(id).key);
                    Judgement::new(Status::Bogus, Reason { detail, key, ..reason(code, *owner) })
                }
                (None, _) if !held.signatures.is_empty() => {
                    let detail = Some(format!("the zone here is {}", zone.apex));
                    let reason = reason(Code::SignatureSignerNotApex, *owner);
                    Judgement::new(Status::Bogus, Reason { detail, ..reason })
                }
                (None, _) if !signatures_wanted => Judgement::new(
                    Status::Indeterminate,
                    reason(Code::ChainSignaturesNeeded, *owner),
                ),
                (None, _) => Judgement::new(Status::Bogus, reason(Code::RrsetUnsigned, *owner)),
            },
            _ => zone.judgement.clone(),
        };
        JudgedRrset { judgement, zone, signature: None }
    }

    /// Whether a zone has denied, or signed, everything down to a name, so that none begins there.
    fn is_denied(&mut self, zone: &Trust, name: &Name) -> bool {
        let position = self.position(name);
        position.unknown.is_none() && position.zone.apex == zone.apex
    }

    /// Judges a response.
    pub fn response(&mut self, response: &Response) -> JudgedResponse {
        let nothing = |kind| JudgedResponse { kind, judgement: None, zone: None };
        // Only the Internet's names have a chain of trust.
        let Some((name, qtype, Class::IN)) = response.question else {
            return nothing(Kind::NoAnswer);
        };
        let qname = self.verified.bag.name(name);
        let kind = self.kind(response, &qname, qtype);
        if kind == Kind::NoAnswer {
            return nothing(kind);
        }
        if let Some(incomplete) = response.incomplete {
            let detail = match incomplete {
                Incomplete::Truncated => "the server set TC",
                Incomplete::CutShort => "the capture has not all of it",
                Incomplete::Malformed => "a record of it cannot be read",
            };
            let reason = Reason {
                detail: Some(detail.into()),
                ..Reason::new(Code::ResponseIncomplete, qname, qtype)
            };
            let judgement = Some(Judgement::new(Status::Indeterminate, reason));
            return JudgedResponse { kind, judgement, zone: None };
        }
        let mut end = self.follow(response, &qname, qtype);
        self.judge_others(response, &mut end);
        let (mut judgement, mut zone) = (end.judgement, end.zone);
        // A server that is no resolver leaves an alias where it leads out of its zones.
        let is_left = end.has_alias
            && !response.flags.recursive
            && (response.authority.is_empty() || self.is_outside(response, &end.name));
        // Then the code is that of the end (RFC 6604 §3), of which nothing is proven.
        let kind = if is_left { Kind::Answer } else { kind };
        // Whatever else the answer has: with an SOA it says that the end of its aliases has nothing.
        let is_denied = end.has_alias && !end.answered && self.soa(response).is_some();
        let kind = if kind == Kind::Answer && is_denied && !is_left { Kind::NoData } else { kind };
        if kind == Kind::NameError && end.is_proven && judgement.status != Status::Bogus {
            // Whoever asked takes the code for the answer, and it is not signed.
            let reason = Reason {
                detail: Some("the name that does not exist has what was asked for".into()),
                ..Reason::new(Code::DenialUnproven, end.name, None)
            };
            judgement = Judgement::new(Status::Bogus, reason);
        }
        let denied = match kind {
            _ if end.answered || is_left => None,
            Kind::Answer if !end.has_alias => Some(Absence::Type(qtype)),
            Kind::NoData => Some(Absence::Type(qtype)),
            Kind::NameError => Some(Absence::Name),
            _ => None,
        };
        // What is denied counts behind an alias of an unsigned zone, too: it is as good as the worst of all.
        if let Some(absence) = denied
            && judgement.status != Status::Bogus
        {
            let (found, apex) = self.absence(response, &end.name, absence, qtype);
            if judgement.status == Status::Secure || found.status > judgement.status {
                zone = Some(apex);
            }
            judgement = judgement.and(found);
        }
        if kind == Kind::Referral {
            let (found, apex) = self.referral(response);
            judgement = judgement.and(found);
            zone = Some(apex);
        }
        JudgedResponse { kind, judgement: Some(judgement), zone }
    }

    fn kind(&self, response: &Response, qname: &Name, qtype: RType) -> Kind {
        let bag = &self.verified.bag;
        let has = |section: &[HeldId], rtype| {
            bag.held(section).any(|held| bag.rrset(held.rrset).rtype == rtype)
        };
        match response.rcode {
            0 if response.answer.is_empty() => {
                let delegates = has(&response.authority, RType::NS)
                    && !has(&response.authority, RType::SOA)
                    && !response.flags.authoritative
                    && !response.flags.recursive;
                if delegates { Kind::Referral } else { Kind::NoData }
            }
            0 => {
                // An alias whose end has nothing, with the SOA that says so.
                let aliases_only = bag
                    .held(&response.answer)
                    .all(|held| matches!(bag.rrset(held.rrset).rtype, RType::CNAME | RType::DNAME));
                let wanted = qtype == RType::CNAME || qtype == RType::ANY;
                let own = bag.held(&response.answer).any(|held| {
                    let stored = bag.rrset(held.rrset);
                    stored.rtype == qtype && bag.name(stored.owner) == *qname
                });
                if aliases_only && !wanted && !own && has(&response.authority, RType::SOA) {
                    Kind::NoData
                } else {
                    Kind::Answer
                }
            }
            3 => Kind::NameError,
            _ => Kind::NoAnswer,
        }
    }

    /// Whether the SOA of a response is of a zone that a name does not lie in, so that nothing is denied
    /// there (RFC 2308 §2).
    fn is_outside(&self, response: &Response, name: &Name) -> bool {
        self.soa(response).is_some_and(|soa| !name.is_at_or_below(&self.owner(soa)))
    }

    /// The SOA of what a response denies.
    pub fn soa<'r>(&self, response: &'r Response) -> Option<&'r Held>
    where
        'v: 'r,
    {
        let bag = &self.verified.bag;
        bag.held(&response.authority).find(|held| bag.rrset(held.rrset).rtype == RType::SOA)
    }

    /// Follows aliases from the name that was asked for, and judges each RRset on the way.
    fn follow(&mut self, response: &Response, qname: &Name, qtype: RType) -> End {
        let mut end = End {
            name: *qname,
            answered: false,
            is_proven: false,
            has_alias: false,
            judgement: Judgement::SECURE,
            zone: None,
            taken: Vec::new(),
        };
        for _ in 0..MOST_ALIASES {
            let dname = self.dname_above(&response.answer, &end.name);
            if dname.is_none() && matches!(qtype, RType::ANY | RType::RRSIG) {
                self.take_all(response, &mut end);
                return end;
            }
            let asked = self.find(&response.answer, &end.name, qtype);
            // A CNAME that follows from a DNAME is as good as that, also when it was asked for.
            if let Some(held) = asked.filter(|_| dname.is_none() || qtype != RType::CNAME) {
                end.is_proven = self.take(response, held, &mut end) == Status::Secure;
                end.answered = true;
                return end;
            }
            let cname = self.find(&response.answer, &end.name, RType::CNAME);
            let (target, status) = match (dname, cname) {
                (Some(dname), cname) => {
                    let status = self.take(response, dname, &mut end);
                    end.taken.extend(cname.map(|cname| cname.rrset));
                    let owner = self.owner(dname);
                    let to = self.target(dname.rrset);
                    let target = to.and_then(|to| substitute(&end.name, &owner, &to));
                    // The CNAME beside it is made by the server and needs no signature, but must
                    // be what a signed DNAME says (RFC 6672 §5.3.1).
                    let differs = cname.is_some_and(|cname| self.target(cname.rrset) != target);
                    if differs && status == Status::Secure {
                        let reason = Reason::new(Code::DnameMismatch, end.name, RType::CNAME);
                        end.judge(Judgement::new(Status::Bogus, reason));
                    }
                    (target, status)
                }
                (None, Some(cname)) => {
                    let status = self.take(response, cname, &mut end);
                    (self.target(cname.rrset), status)
                }
                (None, None) => return end,
            };
            end.answered = qtype == RType::CNAME && asked.is_some();
            end.is_proven = end.answered && status == Status::Secure;
            let Some(target) = target.filter(|_| !end.answered) else { return end };
            (end.name, end.has_alias) = (target, true);
        }
        end
    }

    /// Judges the RRsets of the answer that no alias led to. In that of a resolver all must be good
    /// (RFC 4035 §3.2.3); in others, resolvers leave out what they have not asked for, if anything else is
    /// there.
    fn judge_others(&mut self, response: &Response, end: &mut End) {
        let are_left_out = !response.flags.recursive && (end.answered || end.has_alias);
        if are_left_out || end.taken.len() == response.answer.len() {
            return;
        }
        for held in self.verified.bag.held(&response.answer) {
            if !end.taken.contains(&held.rrset) {
                let judged = self.rrset(held, response.signatures_wanted);
                end.judge(judged.judgement);
            }
        }
    }

    /// Judges all RRsets of the answer that are at the name that was asked for. Those of other names answer
    /// no question for all of this one.
    fn take_all(&mut self, response: &Response, end: &mut End) {
        for held in self.verified.bag.held(&response.answer) {
            if self.owner(held) == end.name {
                end.is_proven |= self.take(response, held, end) == Status::Secure;
                end.answered = true;
            }
        }
    }

    /// Judges an RRset of the answer; its own status.
    fn take(&mut self, response: &Response, held: &Held, end: &mut End) -> Status {
        end.taken.push(held.rrset);
        let judged = self.rrset(held, response.signatures_wanted);
        end.zone.get_or_insert(judged.zone.apex);
        let owner = self.owner(held);
        let judgement = match judged.signature {
            Some(signature) => self.expansion(response, &end.name, &owner, signature, &judged.zone),
            None => judged.judgement,
        };
        let status = judgement.status;
        end.judge(judgement);
        status
    }

    pub fn owner(&self, held: &Held) -> Name {
        let bag = &self.verified.bag;
        bag.name(bag.rrset(held.rrset).owner)
    }

    pub fn find<'r>(&self, section: &'r [HeldId], owner: &Name, rtype: RType) -> Option<&'r Held>
    where
        'v: 'r,
    {
        let bag = &self.verified.bag;
        bag.held(section).find(|held| {
            let stored = bag.rrset(held.rrset);
            stored.rtype == rtype && bag.name(stored.owner) == *owner
        })
    }

    fn dname_above<'r>(&self, section: &'r [HeldId], name: &Name) -> Option<&'r Held>
    where
        'v: 'r,
    {
        let bag = &self.verified.bag;
        bag.held(section).find(|held| {
            let stored = bag.rrset(held.rrset);
            let owner = bag.name(stored.owner);
            stored.rtype == RType::DNAME && name.is_at_or_below(&owner) && *name != owner
        })
    }

    fn target(&self, rrset: RrsetId) -> Option<Name> {
        let rdata = self.verified.bag.rrset(rrset).records().next()?;
        Name::from_wire(rdata).ok()
    }
}

/// Why it cannot be told of an RRset that is signed for another time how it was served at this.
fn unseen(fault: Fault, zone: &Trust, owner: &Name, rtype: RType) -> Reason {
    let (code, owner, rtype) = match (fault.0, rtype) {
        (Code::ChainDnskeyNeeded, _) => {
            let (code, detail) = fault;
            return Reason { detail, ..Reason::new(code, zone.apex, RType::DNSKEY) };
        }
        (_, RType::DNSKEY) => (Code::ChainDnskeyNeeded, *owner, rtype),
        (_, RType::DS) => (Code::ChainDsNeeded, *owner, rtype),
        (code, _) => (code, *owner, rtype),
    };
    Reason { detail: signed_for_another_time(fault), ..Reason::new(code, owner, rtype) }
}

/// Where aliases have led.
struct End {
    name: Name,
    /// The type that was asked for is there.
    answered: bool,
    /// And is secure, whatever the aliases are that lead to it.
    is_proven: bool,
    has_alias: bool,
    /// The worst of the RRsets on the way.
    judgement: Judgement,
    /// The zone of the first of them.
    zone: Option<Name>,
    /// Those RRsets, and CNAMEs that follow from a DNAME.
    taken: Vec<RrsetId>,
}

impl End {
    fn judge(&mut self, found: Judgement) {
        let before = std::mem::replace(&mut self.judgement, Judgement::SECURE);
        self.judgement = before.and(found);
    }
}

/// A name below a DNAME with the DNAME's target in its place (RFC 6672 §2.2).
fn substitute(name: &Name, owner: &Name, target: &Name) -> Option<Name> {
    let kept = name.as_wire().len() - owner.as_wire().len();
    Name::from_wire(&[&name.as_wire()[..kept], target.as_wire()].concat()).ok()
}
