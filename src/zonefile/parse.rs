//! Words to records: owner, TTL, class and type of an entry, and what an omitted one means
//! (RFC 1035 §5.1, RFC 2308 §4).

use crate::dns::name::NameError;
use crate::dns::{Class, Name, RType};

use super::error::{SyntaxError, SyntaxErrorKind};
use super::field::hot::{self, LastRrsig};
use super::field::name::scan_name_with;
use super::field::number::{NumberError, scan_period};
use super::field::short::Short;
use super::field::{MAX_RDATA, parse_rdata};
use super::heads::{Heads, WholeHead};
use super::scan::{Kernel, octets};
use super::stretch::{Rule, Stretches};
use super::words::{Word, Words};

/// One record as the file states it: names in RDATA absolute, their case kept.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The owner.
    pub owner: &'a Name,
    /// The type.
    pub rtype: RType,
    /// The class.
    pub class: Class,
    /// The TTL in seconds.
    pub ttl: u32,
    /// RDATA in wire form.
    pub rdata: &'a [u8],
    /// Index of the file it stands in, in the order of [`ReadFacts::files`].
    ///
    /// [`ReadFacts::files`]: super::ReadFacts::files
    pub file: u16,
    /// Line on which its entry begins, from 1; in a part of a text (see [`read_parts`]) from the
    /// beginning of the part.
    ///
    /// [`read_parts`]: super::read_parts
    pub line: u64,
    /// Where its entry begins in a text that is there as a whole.
    pub again: Option<Again>,
    /// Whether it is known, without a look at it, that the owner is that of the record before. The
    /// owner may be the same all the same when it is not.
    pub same_owner: bool,
}

/// Where a record can be read again: see [`ZoneText`](super::ZoneText).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Again {
    /// The octet of the text with which its entry begins.
    pub offset: u64,
    /// Whether the entry gives the same record when it is read for itself, but for the owner where
    /// the entry has none.
    pub plain: bool,
    /// Whether the entry states its owner.
    pub owner_stated: bool,
}

/// What entries take over from the text before them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Carried {
    /// What relative names are relative to.
    pub origin: Option<Name>,
    /// `$TTL`, once given.
    pub default_ttl: Option<u32>,
    /// The TTL of the last record.
    pub stated_ttl: Option<u32>,
    /// The class of the last record.
    pub class: Class,
    /// The owner of the last record.
    pub owner: Option<Name>,
}

/// Whether something that is carried over was assumed, and what became of it.
#[derive(Clone, Copy, Debug, Default)]
struct Lean {
    /// The text has given its own meanwhile.
    own: bool,
    /// A record used it before that, so that the assumption must be right.
    leaned: bool,
}

impl Lean {
    const KNOWN: Self = Self { own: true, leaned: false };

    fn lean(&mut self) {
        self.leaned |= !self.own;
    }
}

/// What a [`State`] that began in the middle of a text has used of what it assumed.
#[derive(Clone, Copy, Debug)]
struct Leans {
    origin: Lean,
    default_ttl: Lean,
    stated_ttl: Lean,
    class: Lean,
    owner: Lean,
}

/// What entries leave to the entries after them.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// What relative names are relative to.
    origin: Option<Name>,
    /// The same as it is assumed; nothing has needed it yet.
    assumed_origin: Option<Name>,
    /// Whether stretches have been told of either of them.
    origin_is_known: bool,
    /// `$TTL`, once given.
    default_ttl: Option<u32>,
    /// What holds where neither `$TTL` nor a record before has said anything.
    fallback_ttl: Option<u32>,
    /// The owner of the record before, if there is one.
    owner: Name,
    has_owner: bool,
    /// No record has been read since it was set.
    owner_is_new: bool,
    /// Room for its wire form while it is read.
    owner_wire: Vec<u8>,
    /// The text that owner was read from, while there is one and the origin is the same: runs of
    /// records repeat it.
    owner_text: Vec<u8>,
    last_rrsig: LastRrsig,
    heads: Heads,
    /// The TTL of the last record that stated one.
    stated_ttl: Option<u32>,
    /// The class of the record before.
    class: Class,
    /// What it was when the last directive had been read.
    class_of_stretch: Class,
    /// What of this is assumed.
    leans: Leans,
}

/// The head of a record: all of it but the RDATA, which [`State::record`] leaves in a buffer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub rtype: RType,
    pub class: Class,
    pub ttl: u32,
    /// Whether TTL and class do not depend on the records before.
    pub plain: bool,
    /// Whether the owner is known to be that of the record before.
    pub same_owner: bool,
}

impl State {
    pub fn new(origin: Option<Name>, fallback_ttl: Option<u32>) -> Self {
        Self {
            origin,
            assumed_origin: None,
            origin_is_known: false,
            default_ttl: None,
            fallback_ttl,
            owner: Name::root(),
            has_owner: false,
            owner_is_new: true,
            owner_wire: Vec::new(),
            owner_text: Vec::new(),
            last_rrsig: LastRrsig::default(),
            heads: Heads::default(),
            stated_ttl: None,
            class: Class::IN,
            class_of_stretch: Class::IN,
            leans: Leans {
                origin: Lean::KNOWN,
                default_ttl: Lean::KNOWN,
                stated_ttl: Lean::KNOWN,
                class: Lean::KNOWN,
                owner: Lean::KNOWN,
            },
        }
    }

    /// The state behind text that left this.
    pub fn after(carried: &Carried, fallback_ttl: Option<u32>) -> Self {
        let mut state = Self {
            default_ttl: carried.default_ttl,
            stated_ttl: carried.stated_ttl,
            class: carried.class,
            class_of_stretch: carried.class,
            ..Self::new(carried.origin, fallback_ttl)
        };
        state.set_owner(carried.owner);
        state
    }

    /// The state behind text that is assumed to leave this, but for the owner, which is taken to be
    /// stated anew. [`State::fits`] tells whether the difference mattered.
    pub fn assuming(carried: &Carried, fallback_ttl: Option<u32>) -> Self {
        let lean = Lean::default();
        Self {
            origin: None,
            assumed_origin: carried.origin,
            has_owner: false,
            leans: Leans {
                origin: lean,
                default_ttl: lean,
                stated_ttl: lean,
                class: lean,
                owner: lean,
            },
            ..Self::after(carried, fallback_ttl)
        }
    }

    /// Whether all has been read as it would have been behind text that left `actual` in place of
    /// `assumed`.
    pub fn fits(&self, assumed: &Carried, actual: &Carried) -> bool {
        let Leans { origin, default_ttl, stated_ttl, class, owner } = self.leans;
        !owner.leaned
            && (!origin.leaned || assumed.origin == actual.origin)
            && (!default_ttl.leaned || assumed.default_ttl == actual.default_ttl)
            && (!stated_ttl.leaned || assumed.stated_ttl == actual.stated_ttl)
            && (!class.leaned || assumed.class == actual.class)
    }

    /// What the text so far leaves to the text behind it, `before` being what it took over.
    pub fn leave(&self, before: &Carried) -> Carried {
        let Leans { origin, default_ttl, stated_ttl, class, owner } = self.leans;
        Carried {
            origin: if origin.own { self.origin } else { before.origin },
            default_ttl: if default_ttl.own { self.default_ttl } else { before.default_ttl },
            stated_ttl: if stated_ttl.own { self.stated_ttl } else { before.stated_ttl },
            class: if class.own { self.class } else { before.class },
            owner: if owner.own { self.owner().copied() } else { before.owner },
        }
    }

    /// Begins a stretch of records, behind a directive that begins at `offset`. Whether there was room for
    /// it.
    #[must_use]
    pub fn begin_stretch(&mut self, offset: u64, stretches: &mut Stretches) -> bool {
        self.class_of_stretch = self.class;
        if !self.origin_is_known {
            stretches.set_origin(self.origin.as_ref().or(self.assumed_origin.as_ref()));
            self.origin_is_known = true;
        }
        stretches.begin(offset, self.default_ttl, self.class)
    }

    /// Goes to some place in a stretch whose origin it has, as far as plain records need it.
    pub fn enter_stretch(&mut self, rule: &Rule) {
        self.default_ttl = rule.default_ttl;
        self.class = rule.class;
    }

    /// What a record would take over now.
    pub fn carried(&self) -> Carried {
        Carried {
            origin: self.origin,
            default_ttl: self.default_ttl,
            stated_ttl: self.stated_ttl,
            class: self.class,
            owner: self.owner().copied(),
        }
    }

    /// The owner of the record read last.
    pub fn owner(&self) -> Option<&Name> {
        self.has_owner.then_some(&self.owner)
    }

    /// What relative names are relative to, used.
    pub fn origin(&mut self) -> Option<&Name> {
        self.takes_assumed_origin();
        self.origin.as_ref()
    }

    /// Sets the origin; text of names no longer means what it meant.
    pub fn set_origin(&mut self, origin: Option<Name>) {
        self.origin = origin;
        self.assumed_origin = None;
        self.origin_is_known = false;
        self.leans.origin.own = true;
        self.owner_text.clear();
        self.last_rrsig.clear();
    }

    /// Sets the TTL of records that state none.
    pub fn set_default_ttl(&mut self, ttl: u32) {
        self.default_ttl = Some(ttl);
        self.leans.default_ttl.own = true;
    }

    /// Sets the owner that records without one take over, as after an `$INCLUDE`.
    pub fn set_owner(&mut self, owner: Option<Name>) {
        self.has_owner = owner.is_some();
        self.owner_is_new = true;
        self.owner = owner.unwrap_or_else(Name::root);
        self.owner_text.clear();
    }

    /// Reads a record and appends its RDATA to `out`; its owner is [`State::owner`]. After an error
    /// `out` is as it was.
    // Where it is called, so that the head of a usual record stays in registers.
    #[inline(always)]
    pub fn record(
        &mut self,
        kernel: Kernel,
        words: Words<'_>,
        owner_omitted: bool,
        out: &mut Vec<u8>,
    ) -> Result<Head, SyntaxError> {
        if owner_omitted {
            self.leans.owner.lean();
        }
        let start = out.len();
        if let Some(head) = self.usual_record(kernel, words.clone(), owner_omitted, out) {
            return Ok(head);
        }
        out.truncate(start);
        self.unusual_record(words, owner_omitted, out)
    }

    /// Reads what is no usual record.
    #[inline(never)]
    fn unusual_record(
        &mut self,
        words: Words<'_>,
        owner_omitted: bool,
        out: &mut Vec<u8>,
    ) -> Result<Head, SyntaxError> {
        let start = out.len();
        let mut record = self.any_record(words.clone(), owner_omitted, out);
        // Without an origin only that fails which needs one, or fails anyhow.
        if record.is_err() && self.takes_assumed_origin() {
            out.truncate(start);
            record = self.any_record(words, owner_omitted, out);
        }
        if record.is_err() {
            out.truncate(start);
        }
        record
    }

    /// Begins to use the origin that was assumed, if nothing has needed one before.
    fn takes_assumed_origin(&mut self) -> bool {
        let lean = &mut self.leans.origin;
        let takes = !lean.own && !lean.leaned;
        if takes {
            lean.leaned = true;
            self.origin = self.assumed_origin.take();
            self.owner_text.clear();
            self.last_rrsig.clear();
        }
        takes
    }

    /// Reads a record of the usual form: what a signed zone is full of. `None`, as if nothing had
    /// been read but for octets behind those of `out`, for all else, and for all that is wrong.
    #[inline(always)]
    fn usual_record(
        &mut self,
        kernel: Kernel,
        mut words: Words<'_>,
        owner_omitted: bool,
        out: &mut Vec<u8>,
    ) -> Option<Head> {
        let start = out.len();
        if !owner_omitted {
            let (text, tokens) = words.parts();
            let owner = text.get(tokens.first()?.bare_range())?;
            // The text is empty where there is no owner.
            if owner.is_empty() || !octets::equal(kernel, owner, &self.owner_text) {
                self.set_owner_text(kernel, owner).ok()?;
            }
            words.skip(1);
        } else if !self.has_owner {
            return None;
        }
        let head = self.read_usual_head(&mut words)?;
        let origin = self.origin.as_ref();
        match head.rtype {
            RType::RRSIG => self.last_rrsig.parse(kernel, &words, origin, out)?,
            rtype => hot::parse(kernel, rtype, &words, origin, out)?,
        }
        if out.len() - start > MAX_RDATA {
            return None;
        }
        self.pass(&head);
        Some(head)
    }

    /// Reads a record of any form. After an error `out` is possibly longer.
    fn any_record(
        &mut self,
        mut words: Words<'_>,
        owner_omitted: bool,
        out: &mut Vec<u8>,
    ) -> Result<Head, SyntaxError> {
        if owner_omitted {
            if !self.has_owner {
                let word = words.next("a record")?;
                return Err(word.error(SyntaxErrorKind::NoOwner));
            }
        } else {
            let word = words.next("an owner")?;
            self.set_owner_text(Kernel::Plain, word.text)
                .map_err(|error| word.error(error.into()))?;
        }
        let (ttl, class, rtype) = Self::read_ttl_class_type(&mut words)?;
        parse_rdata(rtype.1, &mut words, self.origin.as_ref(), out)?;
        let plain = self.lean(ttl.is_some(), class.is_some());
        let class = class.unwrap_or(self.class);
        let stated = ttl.or(self.default_ttl).or(self.stated_ttl);
        let ttl = match stated.or(self.fallback_ttl) {
            Some(ttl) => ttl,
            // RFC 1035 predates $TTL: BIND takes a leading SOA's own MINIMUM, and so do we.
            None if rtype.1 == RType::SOA => soa_minimum(out),
            None => return Err(rtype.0.error(SyntaxErrorKind::NoTtl)),
        };
        let head = Head { rtype: rtype.1, class, ttl, plain, same_owner: !self.owner_is_new };
        self.pass(&head);
        Ok(head)
    }

    /// Takes note of what a record takes over that does not state its TTL or class, and says whether
    /// that is the same for all records of the stretch.
    #[inline(always)]
    fn lean(&mut self, states_ttl: bool, states_class: bool) -> bool {
        if !states_ttl {
            self.leans.default_ttl.lean();
            if self.default_ttl.is_none() {
                self.leans.stated_ttl.lean();
            }
        }
        if !states_class {
            self.leans.class.lean();
        }
        (states_ttl || self.default_ttl.is_some())
            && (states_class || self.class == self.class_of_stretch)
    }

    /// Leaves a record's TTL and class to the records after it.
    #[inline]
    fn pass(&mut self, head: &Head) {
        self.owner_is_new = false;
        self.stated_ttl = Some(head.ttl);
        self.leans.stated_ttl.own = true;
        self.class = head.class;
        self.leans.class.own = true;
    }

    /// Reads an owner, which lasts until the next; after an error there is none.
    #[inline(always)]
    fn set_owner_text(&mut self, kernel: Kernel, text: &[u8]) -> Result<(), NameError> {
        self.owner_text.clear();
        // Until the new owner is known, nothing may take over the one before it.
        self.has_owner = false;
        self.owner_is_new = true;
        self.leans.owner.own = true;
        self.owner_wire.clear();
        scan_name_with(kernel, text, self.origin.as_ref(), &mut self.owner_wire)?;
        self.owner.set_known_wire(&self.owner_wire)?;
        self.has_owner = true;
        octets::append(kernel, text, &mut self.owner_text);
        Ok(())
    }

    /// Takes a TTL in seconds, the class IN and a type in upper case: in this order, the first two
    /// as far as they are there. `None`, with no word taken, for all else.
    #[inline(always)]
    fn read_usual_head(&mut self, words: &mut Words<'_>) -> Option<Head> {
        const IN: u64 = u16::from_le_bytes(*b"IN") as u64;
        let (text, tokens) = words.parts();
        let whole = WholeHead::new(text, tokens);
        if let Some((rtype, ttl)) = whole.and_then(|whole| self.heads.find(whole)) {
            words.skip(WholeHead::WORDS);
            let same_owner = !self.owner_is_new;
            return Some(Head { rtype, class: Class::IN, ttl, plain: true, same_owner });
        }
        let mut word = Short::new(text, *tokens.first()?)?;
        let (mut taken, mut stated_ttl, mut class) = (1, None, None);
        let mut rtype = RType::from_key(word.key());
        // BIND states neither TTL nor class.
        if rtype.is_none() {
            stated_ttl = word.decimal();
            if stated_ttl.is_some() {
                word = Short::new(text, *tokens.get(taken)?)?;
                taken += 1;
            }
            if word.key() == IN {
                class = Some(Class::IN);
                word = Short::new(text, *tokens.get(taken)?)?;
                taken += 1;
            }
            rtype = RType::from_key(word.key());
        }
        let rtype = rtype.filter(|rtype| !rtype.is_meta())?;
        let ttl = stated_ttl.or(self.default_ttl).or(self.stated_ttl).or(self.fallback_ttl)?;
        let (states_ttl, states_class) = (stated_ttl.is_some(), class.is_some());
        let class = class.unwrap_or(self.class);
        let plain = self.lean(states_ttl, states_class);
        if let Some(whole) = whole.filter(|_| states_ttl && states_class) {
            self.heads.remember(whole, rtype, ttl);
        }
        words.skip(taken);
        Some(Head { rtype, class, ttl, plain, same_owner: !self.owner_is_new })
    }

    /// TTL and class may be left out or stand in either order; the type ends them.
    #[allow(clippy::type_complexity)]
    fn read_ttl_class_type<'w>(
        words: &mut Words<'w>,
    ) -> Result<(Option<u32>, Option<Class>, (Word<'w>, RType)), SyntaxError> {
        const EXPECTED: &str = "a TTL, a class or a type";
        let (mut ttl, mut class) = (None, None);
        loop {
            let word = words.next(EXPECTED)?;
            if word.quoted {
                return Err(word.unexpected(EXPECTED));
            }
            if word.text.first().is_some_and(u8::is_ascii_digit) && ttl.is_none() {
                ttl = Some(read_ttl(&word)?);
            } else if class.is_none()
                && let Some(found) = Class::from_text(word.text)
            {
                // No mnemonic is both a class and a type, and nearly every record has its class.
                class = Some(found);
            } else if let Some(rtype) = RType::from_text(word.text) {
                if rtype.is_meta() {
                    return Err(word.error(SyntaxErrorKind::MetaType { rtype }));
                }
                return Ok((ttl, class, (word, rtype)));
            } else {
                return Err(word.unexpected(match (ttl, class) {
                    (None, None) => EXPECTED,
                    (Some(_), None) => "a class or a type",
                    (None, Some(_)) => "a TTL or a type",
                    (Some(_), Some(_)) => "a type",
                }));
            }
        }
    }
}

/// Reads a TTL: seconds, or numbers with units as in `1h30m`.
pub(super) fn read_ttl(word: &Word<'_>) -> Result<u32, SyntaxError> {
    const EXPECTED: &str = "a TTL such as 3600 or 1h";
    scan_period(word.text).map_err(|error| match error {
        NumberError::NoNumber => word.unexpected(EXPECTED),
        NumberError::TooLarge => {
            word.error(SyntaxErrorKind::TooLarge { expected: EXPECTED, max: u32::MAX.into() })
        }
    })
}

/// The last four octets of a SOA that has just been read to the end of `out`.
fn soa_minimum(out: &[u8]) -> u32 {
    out.last_chunk().map_or(0, |octets| u32::from_be_bytes(*octets))
}
