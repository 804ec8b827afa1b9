//! An NSEC3 chain: the hashes of all names in order, each record naming the next hash, the last one
//! the first (RFC 5155 §7.1).

use std::sync::Arc;

use rayon::prelude::*;

use crate::dns::TypeBitmap;
use crate::rrset::Position;

use super::types::Difference;
use super::{ExpectedTypes, Named};

/// A SHA-1 hash of an owner.
pub(in crate::audit) type Hash = [u8; 20];

/// A name of the zone, hashed with the parameters of a chain.
#[derive(Clone, Debug)]
pub(in crate::audit) struct HashedName<Id> {
    pub hash: Hash,
    /// The name.
    pub id: Id,
    /// [`Named::Required`] or [`Named::InsecureDelegation`].
    pub named: Named,
    /// What its record's bitmap must show.
    pub types: ExpectedTypes,
}

/// An NSEC3 record of a chain.
#[derive(Clone, Debug)]
pub(in crate::audit) struct Nsec3Step {
    /// The hash that its owner spells.
    pub hash: Hash,
    /// The hash that it leads to; `None` when that has another length.
    pub next: Option<Hash>,
    pub opt_out: bool,
    /// The bitmap that it shows.
    pub types: Arc<[u8]>,
    /// Where it stands.
    pub place: Position,
}

/// What is wrong with a chain.
#[derive(Debug)]
pub(in crate::audit) enum Fault<'c, Id> {
    /// A name that must have a record has none. For one that may be left out under opt-out, the
    /// record that covers its hash, which has no opt-out.
    Missing(&'c HashedName<Id>, Option<&'c Nsec3Step>),
    /// A record is of no name.
    Surplus(&'c Nsec3Step),
    /// Two records have one hash: the second.
    Repeated(&'c Nsec3Step),
    /// A record's bitmap is not true of its name.
    Types(&'c Nsec3Step, &'c HashedName<Id>, Difference),
    /// A record's next hash is not the one that follows.
    Link(&'c Nsec3Step, &'c Nsec3Step),
}

/// Judges a chain: `names` are all names of the zone, empty non-terminals included; `steps` all
/// records with the chain's parameters. Both come in any order. Faults are told in the order of
/// hashes, then those of empty non-terminals that had seemed to be excused.
///
/// Names are ordered so that an empty non-terminal comes directly before all that is below it;
/// `is_below` says whether the first name is below the second, which is empty.
pub(in crate::audit) fn judge_chain<Id: Send + Sync + Ord + Copy>(
    names: &mut [HashedName<Id>],
    steps: &mut [Nsec3Step],
    is_below: impl Fn(Id, Id) -> bool,
    report: &mut dyn FnMut(Fault<'_, Id>),
) {
    names.par_sort_unstable_by(|a, b| a.hash.cmp(&b.hash).then(a.id.cmp(&b.id)));
    steps.par_sort_unstable_by(|a, b| a.hash.cmp(&b.hash).then(a.place.cmp(&b.place)));
    let mut walk = Walk { steps, pending: None, excused: false, end_excused: false };
    let (mut names, mut at) = (names.iter().peekable(), 0);
    let (mut shown, mut excused) = (Vec::new(), Vec::new());
    while at < walk.steps.len() || names.peek().is_some() {
        let step = walk.steps.get(at);
        let name = names.next_if(|name| step.is_none_or(|step| name.hash <= step.hash));
        match (name, step) {
            (Some(name), Some(step)) if name.hash == step.hash => {
                if let Some(difference) =
                    TypeBitmap::new(&step.types).and_then(|found| name.types.compare(found))
                {
                    report(Fault::Types(step, name, difference));
                }
                if name.named == Named::InsecureDelegation && !name.types.is_empty() {
                    shown.push(name.id);
                }
                // Two names with one hash would be a collision of SHA-1; both have the record.
                if names.peek().is_none_or(|next| next.hash != step.hash) {
                    at = walk.pass(at, report);
                }
            }
            (Some(name), _) => {
                let covering = walk.covering(at);
                let hidden = covering.is_some_and(|step| step.opt_out);
                if name.named == Named::Required {
                    walk.pass_missing(&name.hash);
                    report(Fault::Missing(name, None));
                } else if !hidden {
                    walk.pass_missing(&name.hash);
                    report(Fault::Missing(name, covering));
                } else if name.types.is_empty() {
                    excused.push(name);
                }
            }
            (None, Some(step)) => {
                report(Fault::Surplus(step));
                at = walk.pass(at, report);
            }
            (None, None) => break,
        }
    }
    walk.close(report);
    // RFC 5155 §7.1: an empty non-terminal may be left out only when every delegation that it comes
    // from is. The first delegation behind it that has a record is below it if any is.
    shown.sort_unstable();
    for empty in excused {
        let behind = shown.partition_point(|&id| id < empty.id);
        if shown.get(behind).is_some_and(|&delegation| is_below(delegation, empty.id)) {
            report(Fault::Missing(empty, None));
        }
    }
}

/// Follows the links along the sorted records.
struct Walk<'c> {
    steps: &'c [Nsec3Step],
    /// The record whose link is followed.
    pending: Option<&'c Nsec3Step>,
    /// Its link leads to the hash of a name without a record, which is told there.
    excused: bool,
    /// The same of the last record, when that hash sorts before the first record.
    end_excused: bool,
}

impl<'c> Walk<'c> {
    /// Passes the record at `at` and those that repeat its hash; returns where the next one is.
    fn pass<Id>(&mut self, at: usize, report: &mut dyn FnMut(Fault<'_, Id>)) -> usize {
        let steps = self.steps;
        let step = &steps[at];
        self.arrive(step, report);
        self.pending = Some(step);
        self.excused = false;
        let repeated = steps[at + 1..].iter().take_while(|other| other.hash == step.hash);
        let mut next = at + 1;
        for other in repeated {
            report(Fault::Repeated(other));
            next += 1;
        }
        next
    }

    fn arrive<Id>(&self, step: &'c Nsec3Step, report: &mut dyn FnMut(Fault<'_, Id>)) {
        if let Some(before) = self.pending
            && before.next != Some(step.hash)
            && !self.excused
        {
            report(Fault::Link(before, step));
        }
    }

    fn pass_missing(&mut self, hash: &Hash) {
        let leads_here = |before: &Nsec3Step| before.next.as_ref() == Some(hash);
        match self.pending {
            Some(before) => self.excused |= leads_here(before),
            None => self.end_excused |= self.steps.last().is_some_and(leads_here),
        }
    }

    /// The last link leads to the first record.
    fn close<Id>(mut self, report: &mut dyn FnMut(Fault<'_, Id>)) {
        self.excused |= self.end_excused;
        if let Some(first) = self.steps.first() {
            self.arrive(first, report);
        }
    }

    /// The record that covers a hash which sorts before the record at `at`.
    fn covering(&self, at: usize) -> Option<&'c Nsec3Step> {
        at.checked_sub(1).map_or(self.steps.last(), |before| self.steps.get(before))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Interner, Presence};
    use super::*;
    use crate::dns::RType;

    /// Judges a chain of names `12` (required), `12?` (may be left out) or `10e` (empty, may be left
    /// out with 11 to 19) and records `12>34`, or
    /// `12>34+` with opt-out. Hashes are numbers; every name has an A record, and the bitmap of a
    /// record `12>34!` shows none.
    fn faults(names: &[&str], records: &[&str]) -> Vec<String> {
        let hash = |text: &str| {
            let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
            let mut hash = [0; 20];
            hash[0] = digits.parse().unwrap();
            hash
        };
        let a =
            ExpectedTypes::new([RType::A].into_iter(), Presence::MustNot, &mut Interner::default());
        let named = |text: &str| match text.ends_with(['?', 'e']) {
            true => Named::InsecureDelegation,
            false => Named::Required,
        };
        let types = |text: &str| match text.ends_with('e') {
            true => ExpectedTypes::none(),
            false => a.clone(),
        };
        let mut names: Vec<_> = names
            .iter()
            .map(|text| HashedName {
                hash: hash(text),
                id: hash(text)[0],
                named: named(text),
                types: types(text),
            })
            .collect();
        let step = |text: &&str| {
            let (from, to) = text.split_once('>').unwrap();
            Nsec3Step {
                hash: hash(from),
                next: Some(hash(to)),
                opt_out: text.contains('+'),
                types: if text.contains('!') { Arc::default() } else { [0, 1, 0x40].into() },
                place: Position::default(),
            }
        };
        let mut steps: Vec<_> = records.iter().map(step).collect();
        let mut faults = Vec::new();
        let below = |name: u8, empty: u8| name / 10 == empty / 10;
        judge_chain(&mut names, &mut steps, below, &mut |fault: Fault<'_, u8>| {
            faults.push(match fault {
                Fault::Missing(name, None) => format!("missing {}", name.id),
                Fault::Missing(name, Some(step)) => {
                    format!("missing {} at {}", name.id, step.hash[0])
                }
                Fault::Surplus(step) => format!("surplus {}", step.hash[0]),
                Fault::Repeated(step) => format!("repeated {}", step.hash[0]),
                Fault::Types(step, ..) => format!("types {}", step.hash[0]),
                Fault::Link(from, to) => format!("link {} {}", from.hash[0], to.hash[0]),
            });
        });
        faults
    }

    #[test]
    fn a_whole_chain_has_no_faults_whatever_the_order_of_its_records() {
        assert!(faults(&["10", "30", "20"], &["30>10", "10>20", "20>30"]).is_empty());
        assert!(faults(&["10"], &["10>10"]).is_empty());
        assert!(faults(&["10", "15?", "20"], &["10>15", "15>20", "20>10"]).is_empty());
    }

    // BIND GL#6063: a missing record, first, in the middle, last, and all of them.
    #[test]
    fn a_missing_record_is_told_once_whether_or_not_links_lead_to_it() {
        let names = ["10", "20", "30"];
        assert_eq!(faults(&names, &["20>30", "30>10"]), ["missing 10"]);
        assert_eq!(faults(&names, &["20>30", "30>20"]), ["missing 10"]);
        assert_eq!(faults(&names, &["10>20", "30>10"]), ["missing 20"]);
        assert_eq!(faults(&names, &["10>30", "30>10"]), ["missing 20"]);
        assert_eq!(faults(&names, &["10>20", "20>30"]), ["missing 30"]);
        assert_eq!(faults(&names, &[]), ["missing 10", "missing 20", "missing 30"]);
    }

    // RFC 5155 §7.1: the covering record decides, not some flag elsewhere in the zone.
    #[test]
    fn an_insecure_delegation_may_hide_behind_the_record_that_covers_it() {
        let names = ["10", "15?", "20", "25?", "5?"];
        assert!(faults(&names, &["10>20+", "20>10+"]).is_empty());
        assert_eq!(faults(&names, &["10>20", "20>10+"]), ["missing 15 at 10"]);
        assert_eq!(faults(&names, &["10>20+", "20>10"]), ["missing 5 at 20", "missing 25 at 20"]);
        assert_eq!(faults(&["10", "15"], &["10>10+"]), ["missing 15"]);
    }

    // RFC 5155 §7.1: "only derived from an insecure delegation covered by an Opt-Out NSEC3 RR".
    #[test]
    fn an_empty_non_terminal_may_be_left_out_only_with_all_that_is_below_it() {
        assert!(faults(&["1", "10e", "15?", "17?", "20"], &["1>20+", "20>1+"]).is_empty());
        let missing = faults(&["1", "10e", "15?", "17?", "20"], &["1>17+", "17>20+", "20>1+"]);
        assert_eq!(missing, ["missing 10"]);
        assert!(
            faults(&["1", "10e", "15?", "20", "25?"], &["1>20+", "20>25+", "25>1+"]).is_empty()
        );
    }

    // dnsviz#160: records that overlap.
    #[test]
    fn a_link_must_lead_to_the_next_record() {
        let names = ["10", "20", "30"];
        assert_eq!(faults(&names, &["10>30", "20>30", "30>10"]), ["link 10 20"]);
        assert_eq!(faults(&names, &["10>20", "20>30", "30>20"]), ["link 30 10"]);
        assert_eq!(faults(&names, &["10>20", "20>25", "30>10"]), ["link 20 30"]);
    }

    #[test]
    fn records_of_no_name_repeated_ones_and_untrue_bitmaps_are_told() {
        assert_eq!(faults(&["10"], &["10>20", "20>10"]), ["surplus 20"]);
        assert_eq!(faults(&["10"], &["10>10", "10>10+"]), ["repeated 10"]);
        assert_eq!(faults(&["10", "20"], &["10>20!", "20>10"]), ["types 10"]);
    }
}
