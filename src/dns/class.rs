//! DNS classes (RFC 1035 §3.2.4, RFC 3597 §5).

use std::fmt;

/// A DNS class: a 16-bit number, written as a mnemonic or as `CLASSnnn`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Class(pub u16);

impl Class {
    /// The Internet.
    pub const IN: Self = Self(1);
    /// Chaosnet.
    pub const CH: Self = Self(3);
    /// Hesiod.
    pub const HS: Self = Self(4);

    /// Reads a mnemonic or `CLASSnnn`, in any case. `None` when the text is no class.
    #[must_use]
    pub fn from_text(text: &[u8]) -> Option<Self> {
        match text.len() {
            2 if text.eq_ignore_ascii_case(b"IN") => Some(Self::IN),
            2 if text.eq_ignore_ascii_case(b"CH") => Some(Self::CH),
            2 if text.eq_ignore_ascii_case(b"HS") => Some(Self::HS),
            6..=10 if text[..5].eq_ignore_ascii_case(b"CLASS") => {
                super::rtype::decimal_u16(&text[5..]).map(Self)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::IN => f.write_str("IN"),
            Self::CH => f.write_str("CH"),
            Self::HS => f.write_str("HS"),
            Self(other) => write!(f, "CLASS{other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 3597 §5: unknown classes are CLASS and the decimal number.
    #[test]
    fn classes_are_read_and_printed_in_both_forms() {
        assert_eq!(Class::from_text(b"in"), Some(Class::IN));
        assert_eq!(Class::from_text(b"class1"), Some(Class::IN));
        assert_eq!(Class::from_text(b"CLASS65280"), Some(Class(65280)));
        assert_eq!(Class::from_text(b"CLASS65536"), None);
        assert_eq!(Class::from_text(b"A"), None);
        assert_eq!(Class(65280).to_string(), "CLASS65280");
    }
}
