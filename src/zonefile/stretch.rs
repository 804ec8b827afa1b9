//! Stretches of a text: entries between two directives, and what they take over that is the same for
//! all of them. Where TTLs vary there is one every few records, so that each takes eight octets: where
//! it begins in its part of the text, and which of the few rules that the part has is its own.

use crate::dns::{Class, Name};

/// Entries between two directives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Stretch {
    /// The octet of the text with which it begins.
    begin: u64,
    /// The octet with which the next one begins.
    end: u64,
    pub rule: Rule,
    /// Where it is in [`Stretches::starts`].
    at: usize,
    /// The part of the text that it is in.
    part: usize,
}

impl Stretch {
    /// Whether an octet of the text is in it.
    pub fn holds(&self, offset: u64) -> bool {
        (self.begin..self.end).contains(&offset)
    }
}

/// What the entries of a stretch take over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Rule {
    /// `$TTL`, once given.
    pub default_ttl: Option<u32>,
    /// What relative names are relative to, as a place in [`Stretches::origins`].
    origin: u32,
    /// The class of the last record before.
    pub class: Class,
}

/// Stretches in the order of the text, which comes in parts.
#[derive(Debug, Default)]
pub(super) struct Stretches {
    parts: Vec<Part>,
    starts: Vec<Start>,
    /// Of each part its own.
    rules: Vec<Rule>,
    /// What relative names are relative to, in wire form.
    origins: Vec<Option<Box<[u8]>>>,
    /// The one that was set last.
    origin: u32,
}

/// A part of the text: with which octet, stretch and rule it begins.
#[derive(Clone, Copy, Debug)]
struct Part {
    offset: u64,
    start: usize,
    rule: usize,
}

/// Where a stretch begins, from the beginning of its part on, and the number of its rule there.
#[derive(Clone, Copy, Debug)]
struct Start {
    behind: u32,
    rule: u16,
}

/// Rules and origins that are looked at for one that is the same: they come back soon or not at all.
const LOOKED_BACK: usize = 16;

impl Stretches {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Octets of memory that they take, but for what each origin takes by itself.
    pub fn octets(&self) -> usize {
        self.parts.capacity() * size_of::<Part>()
            + self.starts.capacity() * size_of::<Start>()
            + self.rules.capacity() * size_of::<Rule>()
            + self.origins.capacity() * size_of::<Option<Box<[u8]>>>()
    }

    /// The stretch that an octet of the text is in; `near` is one that is likely to be shortly before it.
    pub fn find(&self, offset: u64, near: Option<&Stretch>) -> Option<Stretch> {
        let next = near.and_then(|near| self.behind(near));
        if next.is_some_and(|next| next.holds(offset)) {
            return next; // in a sorted file
        }
        let part = self.parts.partition_point(|part| part.offset <= offset).checked_sub(1)?;
        let Part { offset: begin, start, .. } = self.parts[part];
        let end = self.parts.get(part + 1).map_or(self.starts.len(), |next| next.start);
        let starts = &self.starts[start..end];
        let at = starts.partition_point(|start| begin + u64::from(start.behind) <= offset);
        self.stretch(part, start + at.checked_sub(1)?)
    }

    fn behind(&self, stretch: &Stretch) -> Option<Stretch> {
        let at = stretch.at + 1;
        let opens_part = self.parts.get(stretch.part + 1).is_some_and(|next| next.start == at);
        self.stretch(stretch.part + usize::from(opens_part), at)
    }

    fn stretch(&self, part: usize, at: usize) -> Option<Stretch> {
        let (Part { offset, rule, .. }, start) = (self.parts.get(part)?, self.starts.get(at)?);
        let end = match self.parts.get(part + 1) {
            Some(next) if next.start == at + 1 => next.offset,
            _ => {
                let next = self.starts.get(at + 1);
                next.map_or(u64::MAX, |next| offset + u64::from(next.behind))
            }
        };
        let begin = offset + u64::from(start.behind);
        let rule = *self.rules.get(rule + usize::from(start.rule))?;
        Some(Stretch { begin, end, rule, at, part })
    }

    /// What relative names are relative to by a rule.
    pub fn origin(&self, rule: &Rule) -> Option<Name> {
        Name::from_wire(self.origin_wire(rule)?).ok()
    }

    /// Whether names are relative to the same by two rules.
    pub fn same_origin(&self, one: &Rule, other: &Rule) -> bool {
        one.origin == other.origin || self.origin_wire(one) == self.origin_wire(other)
    }

    fn origin_wire(&self, rule: &Rule) -> Option<&[u8]> {
        self.origins.get(rule.origin as usize)?.as_deref()
    }

    /// Sets what names are relative to in the stretches that begin from now on.
    pub fn set_origin(&mut self, origin: Option<&Name>) {
        let origin = origin.map(Name::as_wire);
        let known = find_near(&self.origins, |known| known.as_deref() == origin);
        let place = known.unwrap_or(self.origins.len());
        if known.is_none() {
            self.origins.push(origin.map(Box::from));
        }
        // Memory holds fewer by far.
        self.origin = u32::try_from(place).unwrap_or(u32::MAX);
    }

    /// Begins one, the origin having been set: the first begins the part. Whether there was room for it.
    #[must_use]
    pub fn begin(&mut self, offset: u64, default_ttl: Option<u32>, class: Class) -> bool {
        let first = Part { offset, start: self.starts.len(), rule: self.rules.len() };
        let part = self.parts.last().copied().unwrap_or(first);
        let rule = Rule { default_ttl, origin: self.origin, class };
        let own = &self.rules[part.rule..];
        let known = find_near(own, |known| *known == rule);
        let (behind, number) =
            (u32::try_from(offset - part.offset), u16::try_from(known.unwrap_or(own.len())));
        let (Ok(behind), Ok(number)) = (behind, number) else { return false };
        if self.parts.is_empty() {
            self.parts.push(part);
        }
        if known.is_none() {
            self.rules.push(rule);
        }
        self.starts.push(Start { behind, rule: number });
        true
    }

    /// Takes in those of the part of the text that follows.
    pub fn append(&mut self, part: Self) {
        // A part mostly goes on with the origin before.
        let goes_on = self.origins.last().is_some_and(|last| Some(last) == part.origins.first());
        let before = self.origins.len() - usize::from(goes_on);
        let before = u32::try_from(before).unwrap_or(u32::MAX);
        let (starts, rules) = (self.starts.len(), self.rules.len());
        let parts = part.parts.iter();
        self.parts.extend(parts.map(|&Part { offset, start, rule }| Part {
            offset,
            start: starts + start,
            rule: rules + rule,
        }));
        self.starts.extend(part.starts);
        let renumbered = |rule: Rule| Rule { origin: rule.origin.saturating_add(before), ..rule };
        self.rules.extend(part.rules.into_iter().map(renumbered));
        self.origins.extend(part.origins.into_iter().skip(usize::from(goes_on)));
    }
}

/// The place of something that is not far from the end.
fn find_near<T>(all: &[T], is_it: impl FnMut(&T) -> bool) -> Option<usize> {
    let start = all.len().saturating_sub(LOOKED_BACK);
    all[start..].iter().rposition(is_it).map(|at| start + at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_stretch_is_kept_in_eight_octets() {
        assert_eq!(size_of::<Start>(), 8);
    }

    // Records further behind than that cannot be read again, and are kept.
    #[test]
    fn a_part_has_room_for_stretches_of_its_first_four_gigabytes() {
        let mut part = Stretches::default();
        part.set_origin(None);
        assert!(part.begin(7, None, Class::IN));
        assert!(part.begin(7 + u64::from(u32::MAX), None, Class::IN));
        assert!(!part.begin(8 + u64::from(u32::MAX), None, Class::IN));
        assert_eq!(part.len(), 2);
        assert!(part.find(6, None).is_none() && part.find(1 << 40, None).is_some());
    }

    proptest! {
        // Whatever the parts, and from wherever it is looked for: an octet is in the last stretch that
        // begins before it, and that has what was said of it.
        #[test]
        fn each_octet_is_in_the_stretch_that_was_begun_before_it(
            parts in prop::collection::vec(
                prop::collection::vec((0u64..5, 0u32..40, 0u8..40, 0u16..3), 1..60),
                1..6,
            ),
        ) {
            let (mut all, mut expected, mut offset) = (Stretches::default(), Vec::new(), 3);
            for part in parts {
                let mut stretches = Stretches::default();
                for (step, ttl, origin, class) in part {
                    let name = Name::from_text(format!("o{origin}.").as_bytes(), None).unwrap();
                    let origin = (origin > 0).then_some(name);
                    let ttl = (ttl > 0).then_some(ttl);
                    stretches.set_origin(origin.as_ref());
                    prop_assert!(stretches.begin(offset, ttl, Class(class)));
                    expected.push((offset, ttl, origin, Class(class)));
                    offset += step;
                }
                all.append(stretches);
            }
            prop_assert_eq!(all.len(), expected.len());
            let mut near: Option<Stretch> = None;
            for octet in 0..offset + 3 {
                let place = expected.iter().rposition(|stretch| stretch.0 <= octet);
                let found = all.find(octet, None);
                prop_assert_eq!(found, all.find(octet, near.as_ref()));
                let said = found.map(|stretch| {
                    let Stretch { begin, rule, .. } = stretch;
                    (begin, rule.default_ttl, all.origin(&rule), rule.class)
                });
                prop_assert_eq!(said.as_ref(), place.map(|place| &expected[place]));
                if let Some(found) = found {
                    prop_assert!(found.holds(octet));
                    let next = place.and_then(|place| expected.get(place + 1));
                    prop_assert_eq!(found.end, next.map_or(u64::MAX, |next| next.0));
                }
                near = found.filter(|_| octet % 3 > 0);
            }
        }
    }
}
