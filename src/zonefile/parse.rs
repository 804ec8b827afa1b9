//! Words to records: owner, TTL, class and type of an entry, and what an omitted one means
//! (RFC 1035 §5.1, RFC 2308 §4).

use crate::dns::name::NameError;
use crate::dns::{Class, Name, RType};

use super::error::{SyntaxError, SyntaxErrorKind};
use super::field::hot::{self, LastRrsig};
use super::field::name::scan_name;
use super::field::number::{NumberError, scan_period};
use super::field::short::Short;
use super::field::{MAX_RDATA, parse_rdata};
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
    /// Line on which its entry begins, from 1.
    pub line: u64,
}

/// What entries leave to the entries after them.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// What relative names are relative to.
    pub origin: Option<Name>,
    /// `$TTL`, once given.
    pub default_ttl: Option<u32>,
    /// What holds where neither `$TTL` nor a record before has said anything.
    fallback_ttl: Option<u32>,
    /// The owner of the record before, if there is one.
    owner: Name,
    has_owner: bool,
    /// Room for its wire form while it is read.
    owner_wire: Vec<u8>,
    /// The text that owner was read from, while there is one and the origin is the same: runs of
    /// records repeat it.
    owner_text: Vec<u8>,
    last_rrsig: LastRrsig,
    /// The TTL of the last record that stated one.
    stated_ttl: Option<u32>,
    /// The class of the record before.
    class: Class,
}

/// The head of a record: all of it but the RDATA, which [`State::record`] leaves in a buffer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub rtype: RType,
    pub class: Class,
    pub ttl: u32,
}

impl State {
    pub fn new(origin: Option<Name>, fallback_ttl: Option<u32>) -> Self {
        Self {
            origin,
            default_ttl: None,
            fallback_ttl,
            owner: Name::root(),
            has_owner: false,
            owner_wire: Vec::new(),
            owner_text: Vec::new(),
            last_rrsig: LastRrsig::default(),
            stated_ttl: None,
            class: Class::IN,
        }
    }

    /// The owner of the record read last.
    pub fn owner(&self) -> Option<&Name> {
        self.has_owner.then_some(&self.owner)
    }

    /// Sets the origin; text of names no longer means what it meant.
    pub fn set_origin(&mut self, origin: Option<Name>) {
        self.origin = origin;
        self.owner_text.clear();
        self.last_rrsig.clear();
    }

    /// Sets the owner that records without one take over, as after an `$INCLUDE`.
    pub fn set_owner(&mut self, owner: Option<Name>) {
        self.has_owner = owner.is_some();
        self.owner = owner.unwrap_or_else(Name::root);
        self.owner_text.clear();
    }

    /// Reads a record; its RDATA replaces what is in `rdata`, its owner is [`State::owner`].
    #[inline]
    pub fn record(
        &mut self,
        words: Words<'_>,
        owner_omitted: bool,
        rdata: &mut Vec<u8>,
    ) -> Result<Head, SyntaxError> {
        match self.usual_record(words.clone(), owner_omitted, rdata) {
            Some(head) => Ok(head),
            None => self.any_record(words, owner_omitted, rdata),
        }
    }

    /// Reads a record of the usual form: what a signed zone is full of. `None`, as if nothing had
    /// been read, for all else, and for all that is wrong.
    #[inline]
    fn usual_record(
        &mut self,
        mut words: Words<'_>,
        owner_omitted: bool,
        rdata: &mut Vec<u8>,
    ) -> Option<Head> {
        rdata.clear();
        if !owner_omitted {
            let (text, tokens) = words.parts();
            let owner = text.get(tokens.first()?.bare_range())?;
            // The text is empty where there is no owner.
            if owner.is_empty() || *owner != *self.owner_text {
                self.set_owner_text(owner).ok()?;
            }
            words.skip(1);
        } else if !self.has_owner {
            return None;
        }
        let head = self.read_usual_head(&mut words)?;
        let origin = self.origin.as_ref();
        match head.rtype {
            RType::RRSIG => self.last_rrsig.parse(&words, origin, rdata)?,
            rtype => hot::parse(rtype, &words, origin, rdata)?,
        }
        if rdata.len() > MAX_RDATA {
            return None;
        }
        self.stated_ttl = Some(head.ttl);
        self.class = head.class;
        Some(head)
    }

    /// Reads a record of any form.
    #[inline(never)]
    fn any_record(
        &mut self,
        mut words: Words<'_>,
        owner_omitted: bool,
        rdata: &mut Vec<u8>,
    ) -> Result<Head, SyntaxError> {
        rdata.clear();
        if owner_omitted {
            if !self.has_owner {
                let word = words.next("a record")?;
                return Err(word.error(SyntaxErrorKind::NoOwner));
            }
        } else {
            let word = words.next("an owner")?;
            self.set_owner_text(word.text).map_err(|error| word.error(error.into()))?;
        }
        let (ttl, class, rtype) = self.read_ttl_class_type(&mut words)?;
        parse_rdata(rtype.1, &mut words, self.origin.as_ref(), rdata)?;
        let stated = ttl.or(self.default_ttl).or(self.stated_ttl);
        let ttl = match stated.or(self.fallback_ttl) {
            Some(ttl) => ttl,
            // RFC 1035 predates $TTL: BIND takes a leading SOA's own MINIMUM, and so do we.
            None if rtype.1 == RType::SOA => soa_minimum(rdata),
            None => return Err(rtype.0.error(SyntaxErrorKind::NoTtl)),
        };
        self.stated_ttl = Some(ttl);
        self.class = class;
        Ok(Head { rtype: rtype.1, class, ttl })
    }

    /// Reads an owner, which lasts until the next; after an error there is none.
    #[inline(never)]
    fn set_owner_text(&mut self, text: &[u8]) -> Result<(), NameError> {
        self.owner_text.clear();
        // Until the new owner is known, nothing may take over the one before it.
        self.has_owner = false;
        self.owner_wire.clear();
        scan_name(text, self.origin.as_ref(), &mut self.owner_wire)?;
        self.owner.set_wire(&self.owner_wire)?;
        self.has_owner = true;
        self.owner_text.extend_from_slice(text);
        Ok(())
    }

    /// Takes a TTL in seconds, the class IN and a type in upper case: in this order, the first two
    /// as far as they are there. `None`, with no word taken, for all else.
    #[inline]
    fn read_usual_head(&self, words: &mut Words<'_>) -> Option<Head> {
        const IN: u64 = u16::from_le_bytes(*b"IN") as u64;
        let (text, tokens) = words.parts();
        let mut taken = 1;
        let mut word = Short::new(text, *tokens.first()?)?;
        let mut ttl = word.decimal();
        if ttl.is_some() {
            word = Short::new(text, *tokens.get(1)?)?;
            taken += 1;
        } else {
            ttl = self.default_ttl.or(self.stated_ttl).or(self.fallback_ttl);
        }
        let mut class = self.class;
        if word.key() == IN {
            class = Class::IN;
            word = Short::new(text, *tokens.get(taken)?)?;
            taken += 1;
        }
        let rtype = RType::from_key(word.key()).filter(|rtype| !rtype.is_meta())?;
        let head = Head { rtype, class, ttl: ttl? };
        words.skip(taken);
        Some(head)
    }

    /// TTL and class may be left out or stand in either order; the type ends them.
    #[allow(clippy::type_complexity)]
    fn read_ttl_class_type<'w>(
        &self,
        words: &mut Words<'w>,
    ) -> Result<(Option<u32>, Class, (Word<'w>, RType)), SyntaxError> {
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
                return Ok((ttl, class.unwrap_or(self.class), (word, rtype)));
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

/// The last four octets of a SOA that has just been read.
fn soa_minimum(rdata: &[u8]) -> u32 {
    rdata.last_chunk().map_or(0, |octets| u32::from_be_bytes(*octets))
}
