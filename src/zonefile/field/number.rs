//! Numbers: decimal, periods with units, times.

use super::bare;
use crate::dns::Timestamp;
use crate::zonefile::error::{SyntaxError, SyntaxErrorKind};
use crate::zonefile::words::{Word, Words};

pub(super) const EXPECT_U8: &str = "a decimal number from 0 to 255";
pub(super) const EXPECT_U16: &str = "a decimal number from 0 to 65535";
const EXPECT_U32: &str = "a decimal number from 0 to 4294967295";
const EXPECT_U64: &str = "a decimal number of 64 bits, or two of 32 bits with a dot between";
const EXPECT_PERIOD: &str = "a number of seconds or a period such as 1h30m";
const EXPECT_TIME: &str = "a time as YYYYMMDDHHMMSS or in seconds since 1970";

/// Why text is not the number that was wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NumberError {
    /// Not digits, or units in the wrong place.
    NoNumber,
    /// Above the largest value.
    TooLarge,
}

pub(super) fn parse_u8(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
    let (value, _) = take_u8(words)?;
    out.push(value);
    Ok(())
}

pub(super) fn parse_u16(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
    let word = bare(words, EXPECT_U16)?;
    let value: u16 = decimal(&word, EXPECT_U16, u16::MAX)?;
    out.extend_from_slice(&value.to_be_bytes());
    Ok(())
}

pub(super) fn parse_u32(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
    let word = bare(words, EXPECT_U32)?;
    let value: u32 = decimal(&word, EXPECT_U32, u32::MAX)?;
    out.extend_from_slice(&value.to_be_bytes());
    Ok(())
}

/// IPN's node number: one decimal, or allocator and node with a dot between
/// (draft-johnson-dns-ipn-cla §3.1).
pub(super) fn parse_u64(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
    let word = bare(words, EXPECT_U64)?;
    let value = match word.text.iter().position(|&octet| octet == b'.') {
        None => scan_decimal(word.text, u64::MAX),
        Some(dot) => scan_decimal(&word.text[..dot], u64::from(u32::MAX)).and_then(|high| {
            Ok(high << 32 | scan_decimal(&word.text[dot + 1..], u64::from(u32::MAX))?)
        }),
    };
    let value = value.map_err(|error| number_error(&word, error, EXPECT_U64, u64::MAX))?;
    out.extend_from_slice(&value.to_be_bytes());
    Ok(())
}

pub(super) fn parse_period(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
    let word = bare(words, EXPECT_PERIOD)?;
    let seconds = scan_period(word.text)
        .map_err(|error| number_error(&word, error, EXPECT_PERIOD, u32::MAX.into()))?;
    out.extend_from_slice(&seconds.to_be_bytes());
    Ok(())
}

pub(super) fn parse_time(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
    let word = bare(words, EXPECT_TIME)?;
    let time = scan_time(word.text).ok_or_else(|| word.unexpected(EXPECT_TIME))?;
    out.extend_from_slice(&time.0.to_be_bytes());
    Ok(())
}

/// Takes a number of one octet, and the word for errors about its meaning.
pub(super) fn take_u8<'a>(words: &mut Words<'a>) -> Result<(u8, Word<'a>), SyntaxError> {
    let word = bare(words, EXPECT_U8)?;
    Ok((decimal(&word, EXPECT_U8, u8::MAX)?, word))
}

/// Reads a word that is a decimal number up to `max`.
pub(super) fn decimal<T>(word: &Word<'_>, expected: &'static str, max: T) -> Result<T, SyntaxError>
where
    T: Copy + Into<u64> + TryFrom<u64>,
{
    scan_decimal(word.text, max.into())
        .and_then(|value| T::try_from(value).map_err(|_| NumberError::TooLarge))
        .map_err(|error| number_error(word, error, expected, max.into()))
}

#[cold]
fn number_error(
    word: &Word<'_>,
    error: NumberError,
    expected: &'static str,
    max: u64,
) -> SyntaxError {
    word.error(match error {
        NumberError::NoNumber => SyntaxErrorKind::Unexpected { expected },
        NumberError::TooLarge => SyntaxErrorKind::TooLarge { expected, max },
    })
}

/// Reads decimal digits and nothing else, up to `max`; leading zeros are allowed.
///
/// # Errors
/// [`NumberError`]: no digits or others than digits, or a value above `max`.
pub fn scan_decimal(text: &[u8], max: u64) -> Result<u64, NumberError> {
    let mut value = 0u64;
    let mut fits = !text.is_empty();
    if text.len() < 20 {
        // Nineteen digits cannot overflow 64 bits.
        for &octet in text {
            let digit = octet.wrapping_sub(b'0');
            fits &= digit < 10;
            value = value.wrapping_mul(10).wrapping_add(digit.into());
        }
    } else {
        fits = text.iter().all(u8::is_ascii_digit);
        value = text.iter().fold(0, |n: u64, octet| {
            n.saturating_mul(10).saturating_add(octet.wrapping_sub(b'0').into())
        });
    }
    match (fits, value <= max) {
        (false, _) => Err(NumberError::NoNumber),
        (true, false) => Err(NumberError::TooLarge),
        (true, true) => Ok(value),
    }
}

/// Reads a period in seconds: a decimal number, or numbers each with a unit of w, d, h, m or s in
/// any case and order, as BIND reads TTLs (`1h30m`).
///
/// # Errors
/// [`NumberError`]: a number without a unit beside one that has it, no number before a unit, or a
/// sum of 2³² seconds or more.
pub fn scan_period(text: &[u8]) -> Result<u32, NumberError> {
    let whole = scan_decimal(text, u32::MAX.into());
    if whole != Err(NumberError::NoNumber) {
        return whole.and_then(|seconds| seconds.try_into().map_err(|_| NumberError::TooLarge));
    }
    let (mut total, mut rest) = (0u64, text);
    while !rest.is_empty() {
        let digits = rest.iter().take_while(|octet| octet.is_ascii_digit()).count();
        let count = scan_decimal(&rest[..digits], u32::MAX.into())?;
        let seconds = match rest.get(digits).map(u8::to_ascii_lowercase) {
            Some(b'w') => 7 * 86_400,
            Some(b'd') => 86_400,
            Some(b'h') => 3600,
            Some(b'm') => 60,
            Some(b's') => 1,
            _ => return Err(NumberError::NoNumber),
        };
        total = total.saturating_add(count * seconds);
        rest = &rest[digits + 1..];
    }
    match u32::try_from(total) {
        _ if text.is_empty() => Err(NumberError::NoNumber),
        Ok(seconds) => Ok(seconds),
        Err(_) => Err(NumberError::TooLarge),
    }
}

/// Reads an RRSIG time (RFC 4034 §3.2): the fast twin of [`Timestamp::from_text`].
#[inline]
#[must_use]
pub fn scan_time(text: &[u8]) -> Option<Timestamp> {
    match scan_usual_time(text) {
        // Leap days, other centuries, seconds since 1970, and what is wrong.
        None => Timestamp::from_text(text),
        time => time,
    }
}

/// Reads fourteen digits, of a year from 1970 to 2099 and of any day but a leap day.
#[inline]
fn scan_usual_time(text: &[u8]) -> Option<Timestamp> {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let (Some(first), Some(last), 14) = (text.first_chunk(), text.last_chunk(), text.len()) else {
        return None;
    };
    // YYYYMMDD and DDHHMMSS overlap in the day. The first digit lies in the lowest octet.
    let date = u64::from_le_bytes(*first) ^ (EACH * 0x30);
    let time = u64::from_le_bytes(*last) ^ (EACH * 0x30);
    // An octet above 9 has its highest bit set, or has it when 118 is added. A carry comes only
    // from octets that fail the first test.
    let above = |digits: u64| digits | digits.wrapping_add(EACH * 0x76);
    if (above(date) | above(time)) & (EACH * 0x80) != 0 {
        return None;
    }
    // Neighbours are joined: to 2 digits, and of the date to 4.
    let pairs = |digits: u64| (digits * 10 + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let (date, time) = (pairs(date), pairs(time));
    let date = date * 100 + (date >> 16);
    let (year, month_and_day) = (date & 0xffff, date >> 32 & 0xffff);
    let (hour, minute, second) = (time >> 16 & 0xff, time >> 32 & 0xff, time >> 48);
    let day = u64::from(*DAYS.get(usize::try_from(month_and_day).ok()?)?);
    let year = year.wrapping_sub(1970);
    if year >= 130 || day == u64::from(NO_DAY) || hour >= 24 || minute >= 60 || second > 60 {
        return None;
    }
    // Up to 2099 every fourth year has a leap day: 1972 was the first.
    let leap_days = (year + 1) / 4 + u64::from(day >= 59 && year % 4 == 2);
    let days = year * 365 + leap_days + day;
    // The low 32 bits are the definition (RFC 4034 §3.1.5); up to 2106 they are all.
    u32::try_from(days * 86_400 + hour * 3600 + minute * 60 + second).ok().map(Timestamp)
}

/// What is no day of any year.
const NO_DAY: u16 = u16::MAX;

/// The day of a year without a leap day, from 0, by the number that month and day are, from 101 to
/// 1231.
static DAYS: [u16; 1232] = {
    let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut days = [NO_DAY; 1232];
    let (mut month, mut in_year) = (0, 0);
    while month < lengths.len() {
        let mut day = 0;
        while day < lengths[month] {
            days[(month + 1) * 100 + day + 1] = in_year;
            in_year += 1;
            day += 1;
        }
        month += 1;
    }
    days
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_are_digits_up_to_a_largest_value() {
        assert_eq!(scan_decimal(b"65535", 65535), Ok(65535));
        assert_eq!(scan_decimal(b"000000000000000000000065535", 65535), Ok(65535));
        assert_eq!(scan_decimal(b"65536", 65535), Err(NumberError::TooLarge));
        assert_eq!(scan_decimal(b"18446744073709551615", u64::MAX), Ok(u64::MAX));
        assert_eq!(scan_decimal(b"99999999999999999999999", 65535), Err(NumberError::TooLarge));
        for no_number in [&b""[..], b"-1", b"+1", b"0x1", b"1.", b"1 ", b"1111111111111111111111h"]
        {
            assert_eq!(scan_decimal(no_number, 65535), Err(NumberError::NoNumber));
        }
    }

    // What BIND's TTL reader was seen to do with each of these.
    #[test]
    fn periods_add_up_numbers_with_units_in_any_order() {
        assert_eq!(scan_period(b"1h30m"), Ok(5400));
        assert_eq!(scan_period(b"30M1H"), Ok(5400));
        assert_eq!(scan_period(b"1h1h"), Ok(7200));
        assert_eq!(scan_period(b"1w2d3h4m5s"), Ok(788_645));
        assert_eq!(scan_period(b"4294967295"), Ok(u32::MAX));
        assert_eq!(scan_period(b"7101w"), Ok(4_294_684_800));
        assert_eq!(scan_period(b"7102w"), Err(NumberError::TooLarge));
        assert_eq!(scan_period(b"4294967296"), Err(NumberError::TooLarge));
        for no_period in [&b""[..], b"h", b"1h30", b"1hh", b"1y", b"-1h", b"1h 1m"] {
            assert_eq!(scan_period(no_period), Err(NumberError::NoNumber));
        }
    }

    proptest! {
        #[test]
        fn fast_times_are_plain_times(text in "[0-9]{13,15}|[0-9]{0,11}|(19[67]|20|21)[0-9]{2}(0[0-9]|1[0-3])[0-3][0-9][0-2][0-9]([0-6][0-9]){2}|[0-9]{7}[:/.][0-9]{6}") {
            prop_assert_eq!(scan_time(text.as_bytes()), Timestamp::from_text(text.as_bytes()));
        }

        #[test]
        fn fast_times_are_plain_times_all_around_the_circle(seconds: u32) {
            let text = Timestamp(seconds).to_string();
            prop_assert_eq!(scan_time(text.as_bytes()), Some(Timestamp(seconds)));
        }

        #[test]
        fn a_wrong_octet_in_a_time_is_seen(seconds: u32, place in 0usize..14, octet: u8) {
            let mut text = Timestamp(seconds).to_string().into_bytes();
            text[place] = octet;
            prop_assert_eq!(scan_time(&text), Timestamp::from_text(&text));
        }
    }

    #[test]
    fn fast_times_are_plain_times_on_every_day() {
        for year in (1960..2120).chain([0, 99, 9999]) {
            for month_and_day in 0..=1300 {
                let text = format!("{year:04}{month_and_day:04}235959");
                assert_eq!(
                    scan_time(text.as_bytes()),
                    Timestamp::from_text(text.as_bytes()),
                    "{text}"
                );
            }
        }
    }
}
