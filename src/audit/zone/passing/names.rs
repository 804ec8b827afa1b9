//! What is to be known of each name until the chains are: of NSEC its link, of NSEC3 its hash and the types
//! that its record must show.

use rayon::prelude::*;

use crate::audit::denial::{EmptyNonTerminals, ExpectedTypes, Hash, HashedName, Named, NsecStep};
use crate::dns::Name;
use crate::dns::canonical::{append_sort_key, name_from_sort_key, sort_key};
use crate::dns::name::MAX_NAME;
use crate::rrset::{HashedOwners, OwnerId, OwnerSpan};

use super::super::chains::{Checked, salt_text};
use super::super::charter::Charter;
use super::super::denial::{LotDenial, Wires, named};
use super::super::judge::Court;
use super::super::standing::Standing;
use super::super::summary::DenialFacts;
use super::links::Links;

/// What some names and records are to the chains of their zone.
#[derive(Default)]
pub(super) struct Chains {
    nsec: Links<Box<[u8]>>,
    nsec_records: u64,
    nsec3: Links<Hash>,
    nsec3_records: u64,
    opt_out: u64,
    names: Vec<Hashes>,
    /// Empty non-terminals, which are looked at behind all other names.
    empty: Vec<(Hash, Named)>,
    /// Something is not as it should be.
    irregular: bool,
}

/// The hashes of some names, each with the number of its kind.
#[derive(Default)]
struct Hashes {
    names: Vec<(Hash, u8)>,
    /// What differs from name to name is little.
    kinds: Vec<Kind>,
}

#[derive(Clone, PartialEq, Eq)]
struct Kind {
    named: Named,
    types: ExpectedTypes,
}

impl Hashes {
    /// Adds a name, if there is room for its kind.
    fn push(&mut self, hash: Hash, kind: Kind) -> bool {
        let known = self.kinds.iter().position(|known| *known == kind);
        let number = known.unwrap_or(self.kinds.len());
        let Ok(short) = u8::try_from(number) else { return false };
        if known.is_none() {
            self.kinds.push(kind);
        }
        self.names.push((hash, short));
        true
    }

    fn check(&self, owners: &HashedOwners) -> Checked {
        let mut checked = Checked::default();
        for names in self.names.chunks(HashedOwners::FETCHED_AT_ONCE) {
            owners.fetch(names.iter().map(|(hash, _)| hash));
            for (hash, kind) in names {
                let Kind { named, types } = &self.kinds[usize::from(*kind)];
                checked.name(hash, *named, types, owners);
            }
        }
        checked
    }
}

impl Chains {
    /// What a lot left of its owners, which are there with all that is below them.
    pub fn of(court: &Court<'_>, owners: &[(OwnerSpan, Standing)], mut denial: LotDenial) -> Self {
        let mut chains = Self { irregular: !denial.strays.is_empty(), ..Self::default() };
        let (keys, ends) = &denial.nsec_keys;
        let starts = std::iter::once(&0).chain(ends);
        for ((_, step), (&start, &end)) in denial.nsec.iter().zip(starts.zip(ends)) {
            match step {
                NsecStep::Link(link) => {
                    let mut next = Vec::new();
                    append_sort_key(link.next.as_wire(), &mut next);
                    chains.nsec.push(keys[start..end].into(), next.into());
                    chains.nsec_records += 1;
                }
                NsecStep::Missing | NsecStep::Surplus(_) => chains.irregular = true,
            }
        }
        for step in denial.records.first().into_iter().flatten() {
            chains.nsec3_records += 1;
            chains.opt_out += u64::from(step.opt_out);
            match step.next {
                Some(next) => chains.nsec3.push(step.hash, next),
                None => chains.irregular = true,
            }
        }
        if let Some(names) = denial.names.first_mut() {
            let mut hashes = Hashes::default();
            hashes.names.reserve_exact(names.len());
            for HashedName { hash, named, types, .. } in names.drain(..) {
                chains.irregular |= !hashes.push(hash, Kind { named, types });
            }
            chains.names.push(hashes);
        }
        chains.find_empty(court, owners);
        chains
    }

    fn find_empty(&mut self, court: &Court<'_>, owners: &[(OwnerSpan, Standing)]) {
        let Some(set) = court.plan.sets.first() else { return };
        let mut empty: EmptyNonTerminals<OwnerId> =
            EmptyNonTerminals::new(court.ordered.apex_key());
        let mut keys = court.ordered.keys();
        for (owner, standing) in owners {
            let named = named(*standing, owner.shape);
            if owner.below_apex {
                empty.pass_below_apex(owner.id(), named);
            } else {
                let append_key = |id, out: &mut Vec<u8>| out.extend_from_slice(keys.of(id));
                empty.pass(owner.id(), named, append_key);
            }
        }
        let empty = empty.finish();
        let mut wires = Wires::default();
        for empty in &empty {
            let key = keys.of(empty.descendant);
            let key = &key[..key.len().min(empty.key_len)];
            // A sort key is only ever made from a name, so it gives one back.
            let name = Name::from_wire(name_from_sort_key(key, &mut [0; MAX_NAME]));
            wires.push(&name.unwrap_or(Name::root()));
        }
        self.empty.extend(wires.hashes(set).into_iter().zip(empty.iter().map(|empty| empty.named)));
    }

    pub fn append(&mut self, other: Self) {
        self.nsec.append(other.nsec);
        self.nsec_records += other.nsec_records;
        self.nsec3.append(other.nsec3);
        self.nsec3_records += other.nsec3_records;
        self.opt_out += other.opt_out;
        self.names.extend(other.names);
        self.empty.extend(other.empty);
        self.irregular |= other.irregular;
    }

    /// What there is to be told of the chains, if they are whole; `hashed` are all NSEC3 records.
    pub fn judge(self, charter: &Charter, mut hashed: HashedOwners) -> Option<Vec<DenialFacts>> {
        if self.irregular {
            return None;
        }
        let mut facts = Vec::new();
        if charter.plan.nsec {
            self.nsec.ring().filter(|first| **first == *sort_key(&charter.apex))?;
            facts.push(DenialFacts::Nsec { records: self.nsec_records });
        }
        let Some(set) = charter.plan.sets.first() else { return Some(facts) };
        hashed.sort(&sort_key(&charter.apex));
        if hashed.class() != Some(charter.class) {
            return None;
        }
        self.nsec3.ring()?;
        let names = self.names.par_iter().map(|names| names.check(&hashed));
        let mut checked = names.reduce(Checked::default, |mut all, some| {
            all.add(&some);
            all
        });
        for (hash, named) in &self.empty {
            checked.name(hash, *named, &ExpectedTypes::none(), &hashed);
        }
        checked.count_records(self.nsec3_records, self.opt_out);
        checked.is_whole(&hashed).then_some(())?;
        facts.push(DenialFacts::Nsec3 {
            records: self.nsec3_records,
            opt_out: self.opt_out,
            empty_non_terminals: self.empty.len() as u64,
            iterations: set.iterations,
            salt: salt_text(&set.salt),
        });
        Some(facts)
    }
}
