//! Times as RRSIG carries them: 32-bit seconds since 1970, compared by serial number arithmetic
//! (RFC 4034 §3.1.5, RFC 1982), written as `YYYYMMDDHHMMSS` or as a number (RFC 4034 §3.2).

use std::cmp::Ordering;
use std::fmt;

/// Seconds since 1970-01-01T00:00:00Z modulo 2³², as in RRSIG's inception and expiration.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Timestamp(pub u32);

impl Timestamp {
    /// Compares by RFC 1982: `self` is later when it is less than 2³¹ seconds ahead of `other`.
    ///
    /// At a distance of exactly 2³¹ the RFC leaves the order undefined; we say "earlier", so that
    /// such a signature is treated as not valid rather than as valid.
    #[must_use]
    pub fn serial_cmp(self, other: Self) -> Ordering {
        match self.0.wrapping_sub(other.0) {
            0 => Ordering::Equal,
            1..=0x7fff_ffff => Ordering::Greater,
            _ => Ordering::Less,
        }
    }

    /// Signed distance in seconds from `other` to `self`, on the nearer side of the circle.
    #[must_use]
    pub fn seconds_since(self, other: Self) -> i64 {
        i64::from(self.0.wrapping_sub(other.0).cast_signed())
    }

    /// The full 64-bit Unix time that this 32-bit time means when it is read near `near`.
    #[must_use]
    pub fn to_unix_near(self, near: i64) -> i64 {
        near + self.seconds_since(Self::from_unix(near))
    }

    /// The low 32 bits of a Unix time.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // modulo 2³² is the definition
    pub fn from_unix(seconds: i64) -> Self {
        Self(seconds as u32)
    }

    /// Reads RRSIG's presentation form: fourteen digits `YYYYMMDDHHMMSS`, or up to ten digits of
    /// seconds since 1970 (RFC 4034 §3.2).
    #[must_use]
    pub fn from_text(text: &[u8]) -> Option<Self> {
        if !text.iter().all(u8::is_ascii_digit) {
            return None;
        }
        if text.len() == 14 {
            return from_calendar(text);
        }
        if text.is_empty() || text.len() > 10 {
            return None;
        }
        let seconds = text.iter().fold(0u64, |n, digit| n * 10 + u64::from(digit - b'0'));
        u32::try_from(seconds).ok().map(Self)
    }
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    // March-based years put the leap day last; an era is 400 years.
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn from_calendar(digits: &[u8]) -> Option<Timestamp> {
    let number = |range: std::ops::Range<usize>| {
        digits[range].iter().fold(0i64, |n, digit| n * 10 + i64::from(digit - b'0'))
    };
    let (year, month, day) = (number(0..4), number(4..6), number(6..8));
    let (hour, minute, second) = (number(8..10), number(10..12), number(12..14));
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let days_in_month = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    let in_range = year >= 1970
        && (1..=days_in_month).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    in_range.then(|| {
        let seconds = days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60;
        Timestamp::from_unix(seconds + second)
    })
}

/// Writes `YYYYMMDDHHMMSS`, reading the 32 bits as a time from 1970 to 2106.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = i64::from(self.0);
        let (days, rest) = (seconds / 86_400, seconds % 86_400);
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
        write!(f, "{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 4034 §3.3 prints an RRSIG with these two times.
    #[test]
    fn calendar_times_are_seconds_since_1970() {
        assert_eq!(Timestamp::from_text(b"20030322173103"), Some(Timestamp(1_048_354_263)));
        assert_eq!(Timestamp::from_text(b"1048354263"), Some(Timestamp(1_048_354_263)));
        assert_eq!(Timestamp(1_048_354_263).to_string(), "20030322173103");
        assert_eq!(Timestamp::from_text(b"20240229000000"), Some(Timestamp(1_709_164_800)));
        assert_eq!(Timestamp::from_text(b"20230229000000"), None);
        assert_eq!(Timestamp::from_text(b"20231301000000"), None);
        assert_eq!(Timestamp::from_text(b"4294967296"), None);
        assert_eq!(Timestamp::from_text(b""), None);
    }

    #[test]
    fn every_day_of_the_circle_prints_as_it_reads() {
        for day in (0..u64::from(u32::MAX)).step_by(86_400 * 7 + 3671) {
            let time = Timestamp(u32::try_from(day).unwrap());
            assert_eq!(Timestamp::from_text(time.to_string().as_bytes()), Some(time));
        }
    }

    // RFC 4034 §3.1.5: comparison "MUST use Serial number arithmetic", across 2106 too.
    #[test]
    fn comparison_goes_around_the_circle() {
        let before_wrap = Timestamp(u32::MAX - 10);
        let after_wrap = Timestamp(10);
        assert_eq!(after_wrap.serial_cmp(before_wrap), Ordering::Greater);
        assert_eq!(before_wrap.serial_cmp(after_wrap), Ordering::Less);
        assert_eq!(after_wrap.seconds_since(before_wrap), 21);
        let year_2107 = 4_323_000_000;
        assert_eq!(Timestamp::from_unix(year_2107).to_unix_near(year_2107 - 5), year_2107);
    }
}
