//! What the NSEC and NSEC3 records of a response prove (RFC 4035 §5.4, RFC 5155 §8, RFC 6840 §4,
//! RFC 9824).

use std::collections::{HashMap, HashSet};

use crate::crypto::nsec3_hash;
use crate::dns::denial::{Nsec, Nsec3};
use crate::dns::{Name, RType, TypeBitmap};

/// A name with the iterations and the salt of its hash.
type Hashed = (Name, u16, Box<[u8]>);

/// Hashed names, each hashed once.
#[derive(Debug, Default)]
pub(super) struct Hashes {
    /// By name, iterations and salt.
    known: HashMap<Hashed, [u8; 20]>,
}

/// Hashes kept before they are forgotten.
const MOST_HASHES: usize = 1 << 16;

impl Hashes {
    pub fn of(&mut self, name: &Name, iterations: u16, salt: &[u8]) -> [u8; 20] {
        if self.known.len() >= MOST_HASHES {
            self.known.clear();
        }
        let key = (*name, iterations, salt.into());
        *self
            .known
            .entry(key)
            .or_insert_with(|| nsec3_hash(name.to_lowercase().as_wire(), iterations, salt))
    }
}

/// Whether an NSEC record denies a name: it lies strictly between owner and next, or behind the
/// owner of the last record, whose next is the apex (RFC 4034 §4.1.1), so that the name is below that.
pub(super) fn covers_name(owner: &Name, next: &Name, name: &Name) -> bool {
    match owner < next {
        true => owner < name && name < next,
        false => owner < name && name.is_at_or_below(next),
    }
}

/// Likewise for hashes (RFC 5155 §3.1.7).
pub(super) fn covers_hash(owner: &[u8; 20], next: &[u8], hash: &[u8; 20]) -> bool {
    let (owner, hash) = (&owner[..], &hash[..]);
    match owner < next {
        true => owner < hash && hash < next,
        // The only record of a chain covers everything but itself.
        false => hash != owner && (owner < hash || hash < next),
    }
}

/// The secure NSEC and NSEC3 records of a response, all of one zone.
#[derive(Debug, Default)]
pub(super) struct Evidence<'a> {
    pub nsec: Vec<(Name, Nsec<'a>)>,
    pub nsec3: Vec<([u8; 20], Nsec3<'a>)>,
}

/// What they prove.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Proof {
    /// It does not exist.
    Proven,
    /// Nothing that is signed exists there; an insecure delegation may (RFC 5155 §9.2).
    OptOut,
    /// They do not prove it. What is lacking, as a half-sentence.
    Lacking(String),
    /// Their hashes cost more than is allowed (RFC 9276 §3.2).
    TooManyIterations(u16),
}

/// How a name fails to be there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Absence {
    /// The name does not exist.
    Name,
    /// It has no records of the type.
    Type(RType),
}

/// Types that mean that a name does not exist (RFC 9824 §3.1).
const NXNAME: RType = RType(128);

/// The work that one proof may cost, in applications of the hash: a name of thirty labels with 150
/// iterations comes to some 5,000.
const MOST_WORK: usize = 5_000;

impl Evidence<'_> {
    pub fn is_empty(&self) -> bool {
        self.nsec.is_empty() && self.nsec3.is_empty()
    }

    /// Whether the name, or the type at it, is proven not to exist in the zone.
    pub fn denies(
        &self,
        name: &Name,
        absence: Absence,
        apex: &Name,
        bounds: &mut Bounds<'_>,
    ) -> Proof {
        if !self.nsec.is_empty() {
            let proof = self.nsec_denies(name, absence);
            if proof == Proof::Proven || self.nsec3.is_empty() {
                return proof;
            }
        }
        self.nsec3_denies(name, absence, apex, bounds)
    }

    /// Whether it is proven that an answer made from the wildcard below `encloser` is right: nothing
    /// closer to the name exists (RFC 4035 §5.3.4, RFC 5155 §8.8).
    pub fn admits_wildcard(&self, name: &Name, encloser: &Name, bounds: &mut Bounds<'_>) -> Proof {
        let next_closer = next_closer(name, encloser);
        if self.nsec.iter().any(|(owner, nsec)| {
            denies_name(owner, nsec, name) && closest_encloser(owner, nsec, name) == *encloser
        }) {
            return Proof::Proven;
        }
        match self.cover(&next_closer, bounds) {
            Cover::Yes { opt_out: false } => Proof::Proven,
            Cover::Yes { opt_out: true } => Proof::OptOut,
            Cover::No => Proof::Lacking(format!("nothing shows that {next_closer} does not exist")),
            Cover::TooManyIterations(iterations) => Proof::TooManyIterations(iterations),
        }
    }

    fn nsec_denies(&self, name: &Name, absence: Absence) -> Proof {
        let lacking = |what: String| Proof::Lacking(what);
        // A record at the name itself.
        if let Some((_, nsec)) = self.nsec.iter().find(|(owner, _)| owner == name) {
            return match absence {
                Absence::Name if nsec.types.contains(NXNAME) => Proof::Proven,
                Absence::Name => lacking(format!("an NSEC shows that {name} exists")),
                Absence::Type(rtype) => denies_type(name, nsec.types, rtype),
            };
        }
        let Some((owner, nsec)) =
            self.nsec.iter().find(|(owner, nsec)| denies_name(owner, nsec, name))
        else {
            return lacking(format!("no NSEC is at or covers {name}"));
        };
        // An empty non-terminal exists because something below it does (RFC 4592 §2.2.2).
        if nsec.next.is_at_or_below(name) {
            return match absence {
                Absence::Name => lacking(format!("an NSEC shows that {name} exists, empty")),
                Absence::Type(_) => Proof::Proven,
            };
        }
        let encloser = closest_encloser(owner, nsec, name);
        let Some(wildcard) = wildcard(&encloser) else { return Proof::Proven };
        if let Some((_, nsec)) = self.nsec.iter().find(|(owner, _)| *owner == wildcard) {
            return match absence {
                Absence::Name => lacking(format!("an NSEC shows that {wildcard} exists")),
                Absence::Type(rtype) => denies_type(&wildcard, nsec.types, rtype),
            };
        }
        let on_wildcard =
            self.nsec.iter().find(|(owner, nsec)| denies_name(owner, nsec, &wildcard));
        // A wildcard may be an empty non-terminal as well, from which nothing is made (RFC 4592 §2.2.3).
        let is_empty = on_wildcard.map(|(_, nsec)| nsec.next.is_at_or_below(&wildcard));
        match (absence, is_empty) {
            (Absence::Name, Some(false)) | (Absence::Type(_), Some(true)) => Proof::Proven,
            (Absence::Name, Some(true)) => {
                lacking(format!("an NSEC shows that {wildcard} exists, empty"))
            }
            (Absence::Name, None) => {
                lacking(format!("nothing shows that {wildcard} does not exist"))
            }
            (Absence::Type(_), _) => lacking(format!(
                "an NSEC shows that {name} does not exist, and none is at {wildcard}"
            )),
        }
    }

    fn nsec3_denies(
        &self,
        name: &Name,
        absence: Absence,
        apex: &Name,
        bounds: &mut Bounds<'_>,
    ) -> Proof {
        let Some(too_many) = self.parameters_fit(bounds) else {
            return Proof::Lacking("it has no NSEC or NSEC3 record that counts".into());
        };
        if let Some(iterations) = too_many {
            return Proof::TooManyIterations(iterations);
        }
        if let Absence::Type(rtype) = absence
            && let Some(types) = self.types_at(name, bounds)
        {
            return denies_type(name, types, rtype);
        }
        let Some((encloser, types)) = self.encloser(name, apex, bounds) else {
            return Proof::Lacking(format!("no NSEC3 is of {name} or of a name above it"));
        };
        if encloser == *name {
            return Proof::Lacking(format!("an NSEC3 shows that {name} exists"));
        }
        // RFC 5155 §8.3: an NSEC3 from above a delegation or DNAME denies nothing below it.
        let cut = types.contains(RType::NS) && !types.contains(RType::SOA);
        if cut || types.contains(RType::DNAME) {
            return Proof::Lacking(format!(
                "{name} lies below a delegation or DNAME at {encloser}"
            ));
        }
        let next_closer = next_closer(name, &encloser);
        let opt_out = match self.cover(&next_closer, bounds) {
            Cover::Yes { opt_out } => opt_out,
            Cover::No => {
                let what = format!("no NSEC3 covers {next_closer}, the next closer name");
                return Proof::Lacking(what);
            }
            Cover::TooManyIterations(iterations) => return Proof::TooManyIterations(iterations),
        };
        let Some(wildcard) = wildcard(&encloser) else { return Proof::Proven };
        match absence {
            // RFC 5155 §8.6: no DS, because the delegation is insecure and not in the chain.
            Absence::Type(RType::DS) if opt_out => Proof::OptOut,
            Absence::Type(rtype) => match self.types_at(&wildcard, bounds) {
                Some(types) => match denies_type(&wildcard, types, rtype) {
                    Proof::Proven if opt_out => Proof::OptOut,
                    proof => proof,
                },
                None if opt_out => Proof::OptOut,
                None => Proof::Lacking(format!("no NSEC3 is of {name} or of {wildcard}")),
            },
            Absence::Name => match self.cover(&wildcard, bounds) {
                Cover::Yes { .. } if opt_out => Proof::OptOut,
                Cover::Yes { .. } => Proof::Proven,
                Cover::No => Proof::Lacking(format!("no NSEC3 covers {wildcard}, the wildcard")),
                Cover::TooManyIterations(iterations) => Proof::TooManyIterations(iterations),
            },
        }
    }

    /// `None` without NSEC3 records; the iterations when they are too many.
    fn parameters_fit(&self, bounds: &Bounds<'_>) -> Option<Option<u16>> {
        let most = self.nsec3.iter().map(|(_, nsec3)| nsec3.parameters.iterations).max()?;
        Some((most > bounds.iterations).then_some(most))
    }

    /// The types of the NSEC3 that is of a name.
    fn types_at(&self, name: &Name, bounds: &mut Bounds<'_>) -> Option<TypeBitmap<'_>> {
        self.nsec3.iter().find_map(|(owner, nsec3)| {
            let hash = bounds.hash(name, nsec3)?;
            (hash == *owner).then_some(nsec3.types)
        })
    }

    /// The longest name at or above `name` of which there is an NSEC3, with its types.
    fn encloser(
        &self,
        name: &Name,
        apex: &Name,
        bounds: &mut Bounds<'_>,
    ) -> Option<(Name, TypeBitmap<'_>)> {
        let mut candidate = *name;
        loop {
            if let Some(types) = self.types_at(&candidate, bounds) {
                return Some((candidate, types));
            }
            if candidate == *apex {
                return None;
            }
            candidate = candidate.parent()?;
        }
    }

    fn cover(&self, name: &Name, bounds: &mut Bounds<'_>) -> Cover {
        if let Some(Some(iterations)) = self.parameters_fit(bounds) {
            return Cover::TooManyIterations(iterations);
        }
        let covering = self.nsec3.iter().find(|(owner, nsec3)| {
            bounds.hash(name, nsec3).is_some_and(|hash| covers_hash(owner, nsec3.next, &hash))
        });
        covering.map_or(Cover::No, |(_, nsec3)| Cover::Yes { opt_out: nsec3.is_opt_out() })
    }
}

enum Cover {
    Yes { opt_out: bool },
    No,
    TooManyIterations(u16),
}

/// How much hashing a proof may cost (CVE-2023-50868).
pub(super) struct Bounds<'h> {
    pub iterations: u16,
    pub hashes: &'h mut Hashes,
    /// The names that were hashed, all with the same parameters.
    done: HashSet<Name>,
    left: usize,
    reached: bool,
}

impl<'h> Bounds<'h> {
    pub fn new(iterations: u16, hashes: &'h mut Hashes) -> Self {
        Self { iterations, hashes, done: HashSet::new(), left: MOST_WORK, reached: false }
    }

    /// Whether a proof failed because it would have cost too much.
    pub fn are_reached(&self) -> bool {
        self.reached
    }

    fn hash(&mut self, name: &Name, nsec3: &Nsec3<'_>) -> Option<[u8; 20]> {
        // What another proof has hashed costs as much here: the verdict must not depend on it.
        if self.done.insert(*name) {
            let work = usize::from(nsec3.parameters.iterations) + 1;
            self.reached |= work > self.left;
            self.left = self.left.saturating_sub(work);
        }
        if self.reached {
            return None;
        }
        Some(self.hashes.of(name, nsec3.parameters.iterations, nsec3.parameters.salt))
    }
}

/// Whether an NSEC denies a name; one from above a delegation or DNAME denies nothing below it
/// (RFC 6840 §4.1).
fn denies_name(owner: &Name, nsec: &Nsec<'_>, name: &Name) -> bool {
    let cut = nsec.types.contains(RType::NS) && !nsec.types.contains(RType::SOA);
    let hides_below = cut || nsec.types.contains(RType::DNAME);
    covers_name(owner, &nsec.next, name) && !(hides_below && name.is_at_or_below(owner))
}

/// Whether a name that exists is shown to lack a type, and not to be an alias instead.
fn denies_type(name: &Name, types: TypeBitmap<'_>, rtype: RType) -> Proof {
    let has = |rtype| types.contains(rtype);
    if has(rtype) {
        return Proof::Lacking(format!("the type is shown to exist at {name}"));
    }
    if has(RType::CNAME) {
        return Proof::Lacking(format!("{name} is shown to be an alias"));
    }
    let is_apex = has(RType::SOA);
    // RFC 6840 §4.4 and RFC 4035 §5.2: DS is denied from above the cut, all else from below it.
    if rtype == RType::DS && is_apex && !name.is_root() {
        return Proof::Lacking(format!("the record at {name} is of the zone below the delegation"));
    }
    if rtype != RType::DS && has(RType::NS) && !is_apex {
        return Proof::Lacking(format!("the record at {name} is of the zone above the delegation"));
    }
    Proof::Proven
}

/// The longest name above `name` that the NSEC which denies it shows to exist.
fn closest_encloser(owner: &Name, nsec: &Nsec<'_>, name: &Name) -> Name {
    let mut candidate = *name;
    while let Some(above) = candidate.parent() {
        candidate = above;
        if owner.is_at_or_below(&candidate) || nsec.next.is_at_or_below(&candidate) {
            break;
        }
    }
    candidate
}

/// The name below the encloser on the way to `name`, which is below it.
pub(super) fn next_closer(name: &Name, encloser: &Name) -> Name {
    let mut candidate = *name;
    while let Some(above) = candidate.parent() {
        if above == *encloser {
            break;
        }
        candidate = above;
    }
    candidate
}

/// `*` below a name, if that is not too long.
pub(super) fn wildcard(encloser: &Name) -> Option<Name> {
    Name::from_wire(&[b"\x01*", encloser.as_wire()].concat()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::denial::Nsec3Parameters;

    fn name(text: &str) -> Name {
        Name::from_text(text.as_bytes(), Some(&Name::root())).unwrap()
    }

    #[test]
    fn the_last_nsec_covers_what_is_behind_it() {
        let covers = |owner, next, subject| covers_name(&name(owner), &name(next), &name(subject));
        assert!(covers("a.z.", "c.z.", "b.z."));
        assert!(!covers("a.z.", "c.z.", "a.z.") && !covers("a.z.", "c.z.", "c.z."));
        assert!(covers("y.z.", "z.", "zz.z.") && !covers("y.z.", "z.", "b.z."));
        assert!(covers("z.", "z.", "b.z.") && !covers("z.", "z.", "z."));
    }

    // CVE-2023-50868: a name of many labels under a chain of many iterations.
    #[test]
    fn a_proof_that_costs_too_much_is_given_up() {
        let parameters = Nsec3Parameters { algorithm: 1, iterations: 150, salt: &[] };
        let types = TypeBitmap::new(&[]).unwrap();
        let nsec3 = Nsec3 { parameters, flags: 0, next: &[9; 20], types };
        let evidence = Evidence { nsec: Vec::new(), nsec3: vec![([8; 20], nsec3)] };
        let reached = |labels: usize| {
            let subject = name(&format!("{}z.", "a.".repeat(labels)));
            let mut hashes = Hashes::default();
            let mut bounds = Bounds::new(150, &mut hashes);
            evidence.denies(&subject, Absence::Name, &name("z."), &mut bounds);
            bounds.are_reached()
        };
        assert!(!reached(20) && reached(40) && reached(120));
    }

    #[test]
    fn the_only_nsec3_covers_all_but_itself() {
        let (one, two, three) = ([1; 20], [2; 20], [3; 20]);
        assert!(covers_hash(&one, &three, &two) && !covers_hash(&one, &two, &three));
        assert!(covers_hash(&two, &one, &three) && !covers_hash(&two, &one, &two));
        assert!(covers_hash(&one, &one, &two) && !covers_hash(&one, &one, &one));
    }
}
