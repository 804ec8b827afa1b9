//! Sizes and bounds as people type them.

/// Why a word is no size or bound.
use sigmill::zonefile::scan::MAX_ENTRY;

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum SizeError {
    #[error("expected a number of octets, with K, M or G for powers of 1024, such as 4M")]
    NoSize,
    #[error("expected a number, or `all`")]
    NoBound,
    #[error("the number is too large")]
    TooLarge,
}

/// Reads a number of octets: `65536`, `64K`, `4M`, `4MiB`.
pub(crate) fn parse_size(text: &str) -> Result<usize, SizeError> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let shift = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kib" => 10,
        "m" | "mib" => 20,
        "g" | "gib" => 30,
        _ => return Err(SizeError::NoSize),
    };
    if number.is_empty() {
        return Err(SizeError::NoSize);
    }
    let number: usize = number.parse().map_err(|_| SizeError::TooLarge)?;
    number.checked_mul(1 << shift).ok_or(SizeError::TooLarge)
}

/// Reads the length of an entry of a zone file, which has a bound of its own.
pub(crate) fn parse_entry_size(text: &str) -> Result<usize, SizeError> {
    parse_size(text).and_then(|size| match size {
        0..=MAX_ENTRY => Ok(size),
        _ => Err(SizeError::TooLarge),
    })
}

/// A bound that may be lifted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Bound {
    /// At most so many.
    AtMost(u64),
    /// Without a bound.
    All,
}

impl Bound {
    pub(crate) fn limit(self) -> Option<u64> {
        match self {
            Self::AtMost(number) => Some(number),
            Self::All => None,
        }
    }
}

/// Reads a number or `all`.
pub(crate) fn parse_bound(text: &str) -> Result<Bound, SizeError> {
    match text {
        "all" => Ok(Bound::All),
        "" => Err(SizeError::NoBound),
        _ if !text.bytes().all(|octet| octet.is_ascii_digit()) => Err(SizeError::NoBound),
        _ => text.parse().map(Bound::AtMost).map_err(|_| SizeError::TooLarge),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_take_binary_units() {
        let cases = [
            ("0", Ok(0)),
            ("65536", Ok(65_536)),
            ("64k", Ok(65_536)),
            ("4M", Ok(4 << 20)),
            ("4MiB", Ok(4 << 20)),
            ("1G", Ok(1 << 30)),
            ("", Err(SizeError::NoSize)),
            ("M", Err(SizeError::NoSize)),
            ("-1", Err(SizeError::NoSize)),
            ("4MB", Err(SizeError::NoSize)), // neither clearly 10⁶ nor 2²⁰
            ("99999999999999999999", Err(SizeError::TooLarge)),
            ("18446744073709551615K", Err(SizeError::TooLarge)),
        ];
        for (text, size) in cases {
            assert_eq!(parse_size(text), size, "{text}");
        }
    }

    #[test]
    fn bounds_can_be_lifted() {
        assert_eq!(parse_bound("0"), Ok(Bound::AtMost(0)));
        assert_eq!(parse_bound("all"), Ok(Bound::All));
        assert_eq!(parse_bound("+5"), Err(SizeError::NoBound));
        assert_eq!(parse_bound("many"), Err(SizeError::NoBound));
        assert_eq!(parse_bound("99999999999999999999"), Err(SizeError::TooLarge));
    }
}
