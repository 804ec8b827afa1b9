//! Domain names in wire form, and their text (RFC 1035 §3.1, §5.1).

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// Longest name in wire form, the root's zero octet included (RFC 1035 §3.1).
pub const MAX_NAME: usize = 255;
/// Longest label (RFC 1035 §3.1).
pub const MAX_LABEL: usize = 63;

/// An absolute domain name in uncompressed wire form, its case kept.
///
/// Lives wholly on the stack: reading a name never allocates. Equality and hash ignore ASCII case
/// (RFC 4343); [`Ord`] is the canonical order of RFC 4034 §6.1.
#[derive(Clone, Copy)]
pub struct Name {
    len: u8,
    octets: [u8; MAX_NAME],
}

/// Why octets or text are not a domain name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NameError {
    /// More than 63 octets between two dots.
    #[error("a label is longer than 63 octets")]
    LabelTooLong,
    /// More than 255 octets in all.
    #[error("the name is longer than 255 octets")]
    NameTooLong,
    /// Two dots in a row, or a leading dot.
    #[error("a label is empty")]
    EmptyLabel,
    /// `\` at the end, or `\DDD` that is not three digits up to 255.
    #[error("a backslash escape is not \\DDD up to 255 or \\X")]
    BadEscape,
    /// A relative name where there is no origin.
    #[error("the name is relative and there is no origin")]
    NoOrigin,
    /// Wire octets end inside the name, or use a compression pointer or an unknown label type.
    #[error("the octets are not an uncompressed name")]
    BadWire,
}

impl Name {
    /// The root.
    #[must_use]
    pub const fn root() -> Self {
        Self { len: 1, octets: [0; MAX_NAME] }
    }

    /// Reads a name that the wire octets begin with; returns it and how many octets it took.
    ///
    /// # Errors
    /// [`NameError::BadWire`] for compression pointers, unknown label types and early ends.
    pub fn from_wire_prefix(wire: &[u8]) -> Result<(Self, usize), NameError> {
        let len = wire_len(wire).ok_or(NameError::BadWire)?;
        let mut name = Self::root();
        name.octets[..len].copy_from_slice(&wire[..len]);
        name.set_len(len);
        Ok((name, len))
    }

    /// Reads wire octets that are one name and nothing else.
    ///
    /// # Errors
    /// As [`Name::from_wire_prefix`], and [`NameError::BadWire`] when octets are left.
    pub fn from_wire(wire: &[u8]) -> Result<Self, NameError> {
        match Self::from_wire_prefix(wire)? {
            (name, len) if len == wire.len() => Ok(name),
            _ => Err(NameError::BadWire),
        }
    }

    /// Becomes the name that the wire octets are. After an error it is as it was.
    ///
    /// # Errors
    /// As [`Name::from_wire`].
    pub fn set_wire(&mut self, wire: &[u8]) -> Result<(), NameError> {
        if wire_len(wire) != Some(wire.len()) {
            return Err(NameError::BadWire);
        }
        self.octets[..wire.len()].copy_from_slice(wire);
        self.set_len(wire.len());
        Ok(())
    }

    /// Becomes the name that the wire octets are, which are known to be one name and nothing else.
    ///
    /// # Errors
    /// [`NameError::NameTooLong`] when they are too many for a name, which is then as it was.
    #[inline]
    pub(crate) fn set_known_wire(&mut self, wire: &[u8]) -> Result<(), NameError> {
        debug_assert_eq!(wire_len(wire), Some(wire.len()));
        let octets = self.octets.get_mut(..wire.len()).ok_or(NameError::NameTooLong)?;
        octets.copy_from_slice(wire);
        self.set_len(wire.len());
        Ok(())
    }

    /// Becomes the name that `write` writes, which must be one: `write` gives its length, and something to
    /// hand on. After an error it is the root.
    pub(super) fn write_with<T, E>(
        &mut self,
        write: impl FnOnce(&mut [u8; MAX_NAME]) -> Result<(usize, T), E>,
    ) -> Result<T, E> {
        match write(&mut self.octets) {
            Ok((len, handed_on)) => {
                self.set_len(len);
                debug_assert_eq!(wire_len(self.as_wire()), Some(len));
                Ok(handed_on)
            }
            Err(error) => {
                *self = Self::root();
                Err(error)
            }
        }
    }

    /// Reads presentation form (RFC 1035 §5.1): `\DDD` and `\X` escapes, `@` for the origin, and
    /// the origin appended to a name that does not end in a dot.
    ///
    /// # Errors
    /// Each way in which text fails to be a name; [`NameError::NoOrigin`] for a relative name
    /// without an origin.
    pub fn from_text(text: &[u8], origin: Option<&Self>) -> Result<Self, NameError> {
        match text {
            b"." => return Ok(Self::root()),
            b"@" => return origin.copied().ok_or(NameError::NoOrigin),
            b"" => return Err(NameError::EmptyLabel),
            _ => {}
        }
        let mut name = Self::root();
        let (mut at, mut label, mut end) = (0, 0, 1);
        while at < text.len() {
            let octet = match text[at] {
                b'.' => {
                    name.close_label(label, end)?;
                    label = end;
                    end = label + 1;
                    at += 1;
                    continue;
                }
                b'\\' => {
                    let (octet, took) = unescape(&text[at..]).ok_or(NameError::BadEscape)?;
                    at += took;
                    octet
                }
                octet => {
                    at += 1;
                    octet
                }
            };
            // Behind a dot that itself just fits, `end` is already past the limit.
            if end >= MAX_NAME {
                return Err(NameError::NameTooLong);
            }
            name.octets[end] = octet;
            end += 1;
        }
        if end == label + 1 {
            // The text ended in a dot, so it was absolute: close it with the root's label.
            if label >= MAX_NAME {
                return Err(NameError::NameTooLong);
            }
            name.octets[label] = 0;
            name.set_len(label + 1);
            return Ok(name);
        }
        name.close_label(label, end)?;
        let origin = origin.ok_or(NameError::NoOrigin)?.as_wire();
        let len = end + origin.len();
        if len > MAX_NAME {
            return Err(NameError::NameTooLong);
        }
        name.octets[end..len].copy_from_slice(origin);
        name.set_len(len);
        Ok(name)
    }

    /// Writes the length octet of the label that lies in `label + 1..end`.
    fn close_label(&mut self, label: usize, end: usize) -> Result<(), NameError> {
        let len = end - label - 1;
        match u8::try_from(len) {
            Ok(0) => Err(NameError::EmptyLabel),
            Ok(octet) if len <= MAX_LABEL => {
                self.octets[label] = octet;
                Ok(())
            }
            _ => Err(NameError::LabelTooLong),
        }
    }

    #[allow(clippy::cast_possible_truncation)] // callers have checked against MAX_NAME
    fn set_len(&mut self, len: usize) {
        debug_assert!((1..=MAX_NAME).contains(&len));
        self.len = len as u8;
    }

    /// The name in wire form.
    #[inline]
    #[must_use]
    pub fn as_wire(&self) -> &[u8] {
        &self.octets[..usize::from(self.len)]
    }

    /// Whether this is the root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.len == 1
    }

    /// The labels from the left, the root's empty label left out.
    #[must_use]
    pub fn labels(&self) -> Labels<'_> {
        Labels(self.as_wire())
    }

    /// How many labels as RRSIG's Labels field counts them: neither the root nor a leading `*`
    /// (RFC 4034 §3.1.3).
    #[must_use]
    pub fn rrsig_labels(&self) -> u8 {
        let labels = self.labels().count() - usize::from(self.is_wildcard());
        u8::try_from(labels).unwrap_or(u8::MAX) // at most 127 labels fit a name
    }

    /// Whether the leftmost label is `*` (RFC 4592).
    #[must_use]
    pub fn is_wildcard(&self) -> bool {
        self.as_wire().starts_with(b"\x01*")
    }

    /// The name without its leftmost label; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let first = usize::from(self.octets[0]);
        (first != 0).then(|| {
            let rest = &self.as_wire()[first + 1..];
            let mut parent = Self::root();
            parent.octets[..rest.len()].copy_from_slice(rest);
            parent.set_len(rest.len());
            parent
        })
    }

    /// Whether the name is `ancestor` or lies below it.
    #[must_use]
    pub fn is_at_or_below(&self, ancestor: &Self) -> bool {
        let (mine, theirs) = (self.as_wire(), ancestor.as_wire());
        let mut rest = mine;
        while rest.len() > theirs.len() {
            rest = &rest[usize::from(rest[0]) + 1..];
        }
        rest.eq_ignore_ascii_case(theirs)
    }

    /// The name in lower case: canonical form by RFC 4034 §6.2.
    #[must_use]
    pub fn to_lowercase(mut self) -> Self {
        // Length octets are at most 63 and 'A' is 65, so the whole wire can be treated alike.
        self.octets[..usize::from(self.len)].make_ascii_lowercase();
        self
    }
}

/// The labels of a name, from the left.
#[derive(Clone, Debug)]
pub struct Labels<'a>(&'a [u8]);

impl<'a> Iterator for Labels<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (&len, rest) = self.0.split_first()?;
        if len == 0 {
            return None;
        }
        let (label, rest) = rest.split_at(usize::from(len));
        self.0 = rest;
        Some(label)
    }
}

/// Octets of the uncompressed name that `wire` begins with.
#[must_use]
pub fn wire_len(wire: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let len = usize::from(*wire.get(at)?);
        if len == 0 {
            return (at < MAX_NAME).then_some(at + 1);
        }
        if len > MAX_LABEL {
            return None;
        }
        at += len + 1;
    }
}

/// Reads the escape that `text` begins with: its octet and how much text it took.
#[must_use]
pub fn unescape(text: &[u8]) -> Option<(u8, usize)> {
    match *text {
        [b'\\', a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', ..] => {
            let value = u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0');
            u8::try_from(value).ok().map(|octet| (octet, 4))
        }
        [b'\\', b'0'..=b'9', ..] => None,
        [b'\\', octet, ..] => Some((octet, 2)),
        _ => None,
    }
}

/// Presentation form with a final dot; what is special in a zone file or not printable is escaped.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        if self.is_root() {
            return f.pad(".");
        }
        let mut text = String::with_capacity(usize::from(self.len));
        for label in self.labels() {
            for &octet in label {
                match octet {
                    b'.' | b'\\' | b'"' | b'(' | b')' | b';' | b'@' | b'$' => {
                        text.push('\\');
                        text.push(char::from(octet));
                    }
                    0x21..=0x7e => text.push(char::from(octet)),
                    _ => write!(text, "\\{octet:03}")?,
                }
            }
            text.push('.');
        }
        f.pad(&text)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.as_wire().eq_ignore_ascii_case(other.as_wire())
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.to_lowercase().as_wire());
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// RFC 4034 §6.1: label by label from the right, each as lower-cased unsigned octets, an absent
/// label first.
impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        let mine: Vec<&[u8]> = self.labels().collect();
        let theirs: Vec<&[u8]> = other.labels().collect();
        let lower = |label: &[u8]| label.to_ascii_lowercase();
        mine.iter().rev().map(|l| lower(l)).cmp(theirs.iter().rev().map(|l| lower(l)))
    }
}

impl serde::Serialize for Name {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::from_text(text.as_bytes(), Some(&Name::root())).unwrap()
    }

    #[test]
    fn text_and_wire_agree() {
        assert_eq!(name("www.Example").as_wire(), b"\x03www\x07Example\0");
        assert_eq!(name("www.Example.").to_string(), "www.Example.");
        assert_eq!(name(".").as_wire(), b"\0");
        assert_eq!(name(r"a\.b\032\\.c.").to_string(), r"a\.b\032\\.c.");
        assert_eq!(name(r"a\.b.").labels().next().unwrap(), b"a.b");
        let origin = name("example.");
        assert_eq!(Name::from_text(b"@", Some(&origin)).unwrap(), origin);
        assert_eq!(Name::from_text(b"a", Some(&origin)).unwrap(), name("a.example."));
    }

    #[test]
    fn what_is_no_name_is_refused_by_reason() {
        let read = |text: &str| Name::from_text(text.as_bytes(), Some(&Name::root()));
        assert_eq!(read("a..b"), Err(NameError::EmptyLabel));
        assert_eq!(read(".a"), Err(NameError::EmptyLabel));
        assert_eq!(read(""), Err(NameError::EmptyLabel));
        assert_eq!(read(&"a".repeat(64)), Err(NameError::LabelTooLong));
        assert_eq!(read(r"a\25"), Err(NameError::BadEscape));
        assert_eq!(read(r"a\256"), Err(NameError::BadEscape));
        assert_eq!(read(r"a\"), Err(NameError::BadEscape));
        assert_eq!(Name::from_text(b"a", None), Err(NameError::NoOrigin));
    }

    // RFC 1035 §3.1: 255 octets in all, so 127 labels of one octet just fit.
    #[test]
    fn names_of_255_octets_fit_and_of_256_do_not() {
        let fits = "a.".repeat(127);
        assert_eq!(name(&fits).as_wire().len(), 255);
        assert_eq!(
            Name::from_text(fits.trim_end_matches('.').as_bytes(), Some(&Name::root())).unwrap(),
            name(&fits)
        );
        let read = |text: &str| Name::from_text(text.as_bytes(), Some(&Name::root()));
        assert_eq!(read(&format!("{fits}a.")), Err(NameError::NameTooLong));
        assert_eq!(read(&format!("aa.{}", "a.".repeat(126))), Err(NameError::NameTooLong));
        // A label that begins behind a dot in the very last place.
        assert_eq!(read(&format!("{}aa.a", "a.".repeat(126))), Err(NameError::NameTooLong));
        let mut wire = [1u8; 257];
        wire[256] = 0;
        assert_eq!(wire_len(&wire), None);
    }

    // The example list of RFC 4034 §6.1.
    #[test]
    fn canonical_order_is_that_of_rfc_4034() {
        let listed = [
            "example.",
            "a.example.",
            "yljkjljk.a.example.",
            "Z.a.example.",
            "zABC.a.EXAMPLE.",
            "z.example.",
            r"\001.z.example.",
            "*.z.example.",
            r"\200.z.example.",
        ];
        for pair in listed.windows(2) {
            assert!(name(pair[0]) < name(pair[1]), "{} < {}", pair[0], pair[1]);
        }
    }

    // RFC 4034 §3.1.3: neither the root nor a leading `*` counts.
    #[test]
    fn rrsig_labels_leave_out_root_and_wildcard() {
        assert_eq!(name(".").rrsig_labels(), 0);
        assert_eq!(name("*.").rrsig_labels(), 0);
        assert_eq!(name("*.example.").rrsig_labels(), 1);
        assert_eq!(name("a.*.example.").rrsig_labels(), 3);
    }

    #[test]
    fn ancestry_is_by_label_and_ignores_case() {
        assert!(name("a.Example.").is_at_or_below(&name("example.")));
        assert!(name("example.").is_at_or_below(&name("example.")));
        assert!(!name("badexample.").is_at_or_below(&name("example.")));
        assert!(name("a.").is_at_or_below(&Name::root()));
    }
}
