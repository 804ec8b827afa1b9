//! Stretches of a text: entries between two directives, and what they take over that is the same for
//! all of them. Where TTLs vary there is one every few records, so that each is kept small.

use crate::dns::{Class, Name};

/// Entries between two directives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Stretch {
    /// The octet of the text with which it begins.
    pub offset: u64,
    /// `$TTL`, once given.
    pub default_ttl: Option<u32>,
    /// What relative names are relative to, as a place in [`Stretches`]: neighbours mostly have the
    /// same.
    origin: u32,
    /// The class of the last record before.
    pub class: Class,
}

/// Stretches in the order of the text.
#[derive(Debug, Default)]
pub(super) struct Stretches {
    all: Vec<Stretch>,
    /// What relative names are relative to, in wire form.
    origins: Vec<Option<Box<[u8]>>>,
}

impl Stretches {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Octets of memory that they take, but for what each origin takes by itself.
    pub fn octets(&self) -> usize {
        self.all.capacity() * size_of::<Stretch>()
            + self.origins.capacity() * size_of::<Option<Box<[u8]>>>()
    }

    /// The stretch in this place.
    pub fn get(&self, at: usize) -> Option<&Stretch> {
        self.all.get(at)
    }

    /// The place of the stretch that an octet of the text is in.
    pub fn place(&self, offset: u64) -> Option<usize> {
        self.all.partition_point(|stretch| stretch.offset <= offset).checked_sub(1)
    }

    /// What relative names are relative to in a stretch.
    pub fn origin(&self, stretch: &Stretch) -> Option<Name> {
        Name::from_wire(self.origin_wire(stretch)?).ok()
    }

    /// Whether names are relative to the same in two stretches.
    pub fn same_origin(&self, one: &Stretch, other: &Stretch) -> bool {
        one.origin == other.origin || self.origin_wire(one) == self.origin_wire(other)
    }

    fn origin_wire(&self, stretch: &Stretch) -> Option<&[u8]> {
        self.origins.get(stretch.origin as usize)?.as_deref()
    }

    /// Sets what names are relative to in the stretches that begin from now on.
    pub fn set_origin(&mut self, origin: Option<&Name>) {
        self.origins.push(origin.map(|origin| origin.as_wire().into()));
    }

    /// Begins one, the origin having been set.
    pub fn begin(&mut self, offset: u64, default_ttl: Option<u32>, class: Class) {
        // Memory holds fewer by far.
        let origin = u32::try_from(self.origins.len().saturating_sub(1)).unwrap_or(u32::MAX);
        self.all.push(Stretch { offset, default_ttl, origin, class });
    }

    /// Takes in those of the part of the text that follows.
    pub fn append(&mut self, part: Self) {
        // A part mostly goes on with the origin before.
        let goes_on = self.origins.last().is_some_and(|last| Some(last) == part.origins.first());
        let before = self.origins.len() - usize::from(goes_on);
        let before = u32::try_from(before).unwrap_or(u32::MAX);
        self.origins.extend(part.origins.into_iter().skip(usize::from(goes_on)));
        self.all.extend(
            part.all.iter().map(|&stretch| Stretch {
                origin: stretch.origin.saturating_add(before),
                ..stretch
            }),
        );
    }
}
