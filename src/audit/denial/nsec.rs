//! The NSEC chain: each record names the next name of the zone, the last one the apex
//! (RFC 4034 §4.1.1).

use crate::dns::Name;
use crate::dns::canonical::append_sort_key;
use crate::rrset::Position;

/// What the walk along the chain has to know of an owner.
#[derive(Clone, Copy, Debug)]
pub(in crate::audit) enum NsecStep {
    /// It has an NSEC record, as it must.
    Link(Link),
    /// It must have one and has none.
    Missing,
    /// It has one and must not.
    Surplus(Link),
}

/// An NSEC record as a link.
#[derive(Clone, Copy, Debug)]
pub(in crate::audit) struct Link {
    /// The next name.
    pub next: Name,
    /// Where the record stands.
    pub place: Position,
}

/// A walk along the chain, from the apex on, in canonical order.
///
/// One fault is told once: a link that leads to a name without its record, or to a record that must
/// not be there, is right as far as the chain goes.
#[derive(Debug)]
pub(in crate::audit) struct NsecWalk<Id> {
    /// The last link, while it is not known whether it leads where it should.
    pending: Option<Pending<Id>>,
    key: Vec<u8>,
}

#[derive(Debug)]
struct Pending<Id> {
    owner: Id,
    link: Link,
    /// It leads to a name without its record, which is told there.
    excused: bool,
}

/// A link that leads elsewhere than to the next name.
#[derive(Clone, Copy, Debug)]
pub(in crate::audit) struct Broken<Id> {
    /// Where the link begins.
    pub owner: Id,
    /// The link.
    pub link: Link,
    /// The owner that follows; `None` for the end of the zone, where the link must lead to the apex.
    pub follows: Option<Id>,
}

impl<Id: Copy> NsecWalk<Id> {
    pub(in crate::audit) fn new() -> Self {
        Self { pending: None, key: Vec::new() }
    }

    /// The next owner, by its sort key. Returns the link before it when that is broken.
    pub(in crate::audit) fn pass(
        &mut self,
        key: &[u8],
        owner: Id,
        step: &NsecStep,
    ) -> Option<Broken<Id>> {
        let leads_here = self.leads_to(key);
        match step {
            NsecStep::Missing => {
                if let Some(pending) = &mut self.pending {
                    pending.excused |= leads_here;
                }
                None
            }
            NsecStep::Surplus(_) if !leads_here => None,
            NsecStep::Link(link) | NsecStep::Surplus(link) => {
                let next = Pending { owner, link: *link, excused: false };
                let before = self.pending.replace(next)?;
                (!leads_here && !before.excused).then_some(Broken {
                    owner: before.owner,
                    link: before.link,
                    follows: Some(owner),
                })
            }
        }
    }

    /// The end of the zone. Returns the last link when it does not lead to the apex.
    pub(in crate::audit) fn finish(mut self, apex_key: &[u8]) -> Option<Broken<Id>> {
        let closed = self.leads_to(apex_key);
        let last = self.pending.take()?;
        let broken = !closed && !last.excused;
        broken.then_some(Broken { owner: last.owner, link: last.link, follows: None })
    }

    fn leads_to(&mut self, key: &[u8]) -> bool {
        let Some(pending) = &self.pending else { return false };
        self.key.clear();
        append_sort_key(pending.link.next.as_wire(), &mut self.key);
        self.key == key
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::canonical::sort_key;

    /// Walks a zone given as `owner next`, with `-` for a missing record and a `!` behind owners
    /// that must not have theirs. Returns where links are broken, and what follows there.
    fn broken(zone: &[&'static str]) -> Vec<(&'static str, Option<&'static str>)> {
        let name = |text: &str| Name::from_text(text.as_bytes(), Some(&Name::root())).unwrap();
        let (mut walk, mut broken) = (NsecWalk::new(), Vec::new());
        for line in zone {
            let (owner, next) = line.split_once(' ').unwrap();
            let link = || Link { next: name(next), place: Position::default() };
            let step = match (next, owner.ends_with('!')) {
                ("-", _) => NsecStep::Missing,
                (_, false) => NsecStep::Link(link()),
                (_, true) => NsecStep::Surplus(link()),
            };
            let owner = owner.trim_end_matches('!');
            let found = walk.pass(&sort_key(&name(owner)), owner, &step);
            broken.extend(found.map(|broken| (broken.owner, broken.follows)));
        }
        let last = walk.finish(&sort_key(&name("z")));
        broken.extend(last.map(|broken| (broken.owner, broken.follows)));
        broken
    }

    // RFC 4034 §4.1.1, §6.1: the case of the next name does not matter for where it leads.
    #[test]
    fn a_closed_chain_is_not_broken() {
        assert!(broken(&["z A.z", "a.z b.a.z", "b.a.z c.z", "c.z Z"]).is_empty());
        assert!(broken(&["z z"]).is_empty());
        assert!(broken(&[]).is_empty());
    }

    #[test]
    fn a_link_that_skips_a_name_or_leads_nowhere_or_back_is_broken() {
        assert_eq!(broken(&["z b.z", "a.z b.z", "b.z z"]), [("z", Some("a.z"))]);
        assert_eq!(broken(&["z aa.z", "b.z z"]), [("z", Some("b.z"))]);
        assert_eq!(broken(&["z a.z", "a.z z", "b.z z"]), [("a.z", Some("b.z"))]);
        assert_eq!(broken(&["z a.z", "a.z b.z"]), [("a.z", None)]);
    }

    // BIND GL#6063: the fault is at the name without a record, not in the link that leads to it.
    #[test]
    fn a_missing_record_does_not_break_the_link_that_leads_to_it() {
        assert!(broken(&["z a.z", "a.z -", "b.z z"]).is_empty());
        assert!(broken(&["z b.z", "a.z -", "b.z z"]).is_empty());
        assert!(broken(&["z a.z", "a.z -"]).is_empty());
        assert_eq!(broken(&["z c.z", "a.z -", "b.z z"]), [("z", Some("b.z"))]);
    }

    #[test]
    fn a_surplus_record_may_be_part_of_the_chain_or_not() {
        assert!(broken(&["z a.z", "a.z g.a.z", "g.a.z! b.z", "b.z z"]).is_empty());
        assert!(broken(&["z a.z", "a.z b.z", "g.a.z! b.z", "b.z z"]).is_empty());
        assert_eq!(
            broken(&["z a.z", "a.z g.a.z", "g.a.z! c.z", "b.z z"]),
            [("g.a.z", Some("b.z"))]
        );
    }
}
