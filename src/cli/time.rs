//! Times and spans of time as people type them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use sigmill::audit::zone::JudgementTime;

/// A time of judgement as typed. What is relative is so to the moment the program began.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TimeArg {
    /// Unix seconds.
    Absolute(i64),
    /// Seconds from now, negative for the past.
    FromNow(i64),
    /// Times are not looked at.
    Ignored,
}

impl TimeArg {
    /// The time meant, when it is `now` (Unix seconds).
    pub(crate) fn resolve(self, now: i64) -> JudgementTime {
        match self {
            Self::Absolute(seconds) => JudgementTime::At(seconds),
            Self::FromNow(seconds) => JudgementTime::At(now.saturating_add(seconds)),
            Self::Ignored => JudgementTime::Ignored,
        }
    }
}

/// Why a word is no time or span of time.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum TimeError {
    #[error(
        "expected `now`, `none`, an offset such as +7d, RFC 3339 such as 2026-01-31T12:00:00Z, \
         YYYYMMDDHHMMSS, or seconds since 1970"
    )]
    NoTime,
    #[error("it has no time zone: add Z for UTC")]
    NoZone,
    #[error("there is no such date or time of day")]
    NoSuchDate,
    #[error("it lies beyond the year 9999")]
    OutOfRange,
    #[error("expected numbers with units y, w, d, h, m or s, such as 7d or 1d12h")]
    NoSpan,
    #[error("{0} has no unit: write {0}d, {0}h, {0}m or {0}s")]
    NoUnit(String),
    #[error("{0:?} is not a unit: use y, w, d, h, m or s")]
    BadUnit(char),
    #[error("expected a number with ms, s or m, such as 500ms or 2s")]
    NoMeasure,
    #[error("it is longer than an hour")]
    TooLong,
}

/// Reads a time of judgement.
pub(crate) fn parse_time(text: &str) -> Result<TimeArg, TimeError> {
    match text {
        "now" => return Ok(TimeArg::FromNow(0)),
        "none" => return Ok(TimeArg::Ignored),
        _ => {}
    }
    if let Some(offset) = text.strip_prefix('+') {
        return Ok(TimeArg::FromNow(span_seconds(offset)?));
    }
    if let Some(offset) = text.strip_prefix('-') {
        return Ok(TimeArg::FromNow(-span_seconds(offset)?));
    }
    if !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit()) {
        return if text.len() == 14 { calendar(text) } else { epoch(text) };
    }
    rfc_3339(text)
}

/// Reads a span of time: numbers with units, largest first by custom but not by force.
pub(crate) fn parse_span(text: &str) -> Result<Duration, TimeError> {
    span_seconds(text).map(|seconds| Duration::from_secs(seconds.unsigned_abs()))
}

/// Reads how long something is measured: a number with `ms`, `s` or `m`, such as 500ms or 2s, of at
/// most an hour.
pub(crate) fn parse_measure(text: &str) -> Result<Duration, TimeError> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let millis = match unit {
        _ if number.is_empty() => return Err(TimeError::NoMeasure),
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        _ => return Err(TimeError::NoMeasure),
    };
    let number: u64 = number.parse().map_err(|_| TimeError::TooLong)?;
    let measure = number.checked_mul(millis).map(Duration::from_millis);
    measure.filter(|measure| *measure <= MOST_MEASURE).ok_or(TimeError::TooLong)
}

/// The longest measurement.
const MOST_MEASURE: Duration = Duration::from_secs(3600);

fn span_seconds(text: &str) -> Result<i64, TimeError> {
    let (mut total, mut number) = (0i64, String::new());
    for c in text.chars() {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        let unit = match c {
            'y' | 'Y' => 365 * 86_400,
            'w' | 'W' => 7 * 86_400,
            'd' | 'D' => 86_400,
            'h' | 'H' => 3_600,
            'm' | 'M' => 60,
            's' | 'S' => 1,
            _ if number.is_empty() => return Err(TimeError::NoSpan),
            _ => return Err(TimeError::BadUnit(c)),
        };
        if number.is_empty() {
            return Err(TimeError::NoSpan);
        }
        let amount: i64 = number.parse().map_err(|_| TimeError::OutOfRange)?;
        total = amount
            .checked_mul(unit)
            .and_then(|seconds| total.checked_add(seconds))
            .filter(|&seconds| seconds <= Timestamp::MAX.as_second())
            .ok_or(TimeError::OutOfRange)?;
        number.clear();
    }
    match number.is_empty() {
        true if text.is_empty() => Err(TimeError::NoSpan),
        true => Ok(total),
        false => Err(TimeError::NoUnit(number)),
    }
}

fn epoch(digits: &str) -> Result<TimeArg, TimeError> {
    let seconds = digits.parse().map_err(|_| TimeError::OutOfRange)?;
    Timestamp::from_second(seconds).map_err(|_| TimeError::OutOfRange)?;
    Ok(TimeArg::Absolute(seconds))
}

/// `YYYYMMDDHHMMSS` as in RRSIG (RFC 4034 §3.2), always UTC.
fn calendar(digits: &str) -> Result<TimeArg, TimeError> {
    let time = DateTime::strptime("%Y%m%d%H%M%S", digits).map_err(|_| TimeError::NoSuchDate)?;
    in_utc(time)
}

fn rfc_3339(text: &str) -> Result<TimeArg, TimeError> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(TimeArg::Absolute(time.as_second()));
    }
    let looks_like_a_date = text.len() >= 10
        && text.bytes().zip(*b"0000-00-00").all(|(octet, shape)| match shape {
            b'-' => octet == b'-',
            _ => octet.is_ascii_digit(),
        });
    match (text.parse::<DateTime>(), text.parse::<Date>()) {
        _ if !looks_like_a_date => Err(TimeError::NoTime),
        // A day by itself begins at midnight UTC.
        (_, Ok(date)) if text.len() == 10 => in_utc(date.at(0, 0, 0, 0)),
        (Ok(_), _) => Err(TimeError::NoZone),
        _ => Err(TimeError::NoSuchDate),
    }
}

fn in_utc(time: DateTime) -> Result<TimeArg, TimeError> {
    let time = TimeZone::UTC.to_timestamp(time).map_err(|_| TimeError::OutOfRange)?;
    Ok(TimeArg::Absolute(time.as_second()))
}

/// Seconds since 1970; a clock before that counts as 1970.
pub(crate) fn now() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_have_a_unit_and_an_end() {
        let millis = |text| parse_measure(text).map(|measure| measure.as_millis());
        assert_eq!(millis("500ms"), Ok(500));
        assert_eq!(millis("2s"), Ok(2000));
        assert_eq!(millis("60m"), Ok(3_600_000));
        for text in ["", "s", "2", "2h", "1.5s", "-1s", "2 s"] {
            assert_eq!(millis(text), Err(TimeError::NoMeasure), "{text}");
        }
        for text in ["61m", "99999999999999999999s", "18446744073709551615m"] {
            assert_eq!(millis(text), Err(TimeError::TooLong), "{text}");
        }
    }

    #[test]
    fn times_are_read_in_each_form() {
        let at = TimeArg::Absolute;
        let cases = [
            ("now", TimeArg::FromNow(0)),
            ("none", TimeArg::Ignored),
            ("+7d", TimeArg::FromNow(7 * 86_400)),
            ("-12h", TimeArg::FromNow(-12 * 3_600)),
            ("+2w3d", TimeArg::FromNow(17 * 86_400)),
            ("-1D12H30M5S", TimeArg::FromNow(-(86_400 + 12 * 3_600 + 30 * 60 + 5))),
            ("0", at(0)),
            ("1603152000", at(1_603_152_000)),
            ("4294967296", at(4_294_967_296)),
            ("20201020000000", at(1_603_152_000)),
            ("21600101000000", at(5_995_814_400)),
            ("2020-10-20T00:00:00Z", at(1_603_152_000)),
            ("2020-10-20t02:00:00+02:00", at(1_603_152_000)),
            ("2020-10-20 00:00:00.9Z", at(1_603_152_000)),
            ("2020-10-20", at(1_603_152_000)),
        ];
        for (text, time) in cases {
            assert_eq!(parse_time(text), Ok(time), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_says_why() {
        let cases = [
            ("", TimeError::NoTime),
            ("tomorrow", TimeError::NoTime),
            ("20201320000000", TimeError::NoSuchDate),
            ("20200230000000", TimeError::NoSuchDate),
            ("2020-02-30T00:00:00Z", TimeError::NoSuchDate),
            ("2020-02-30", TimeError::NoSuchDate),
            ("2020-10-20T00:00:00", TimeError::NoZone),
            ("99999999999999999999", TimeError::OutOfRange),
            ("999999999999", TimeError::OutOfRange),
            ("+7", TimeError::NoUnit("7".into())),
            ("+1d7", TimeError::NoUnit("7".into())),
            ("-5", TimeError::NoUnit("5".into())),
            ("+7f", TimeError::BadUnit('f')),
            ("+d", TimeError::NoSpan),
            ("+", TimeError::NoSpan),
            ("--1d", TimeError::NoSpan),
            ("+99999999999999999999d", TimeError::OutOfRange),
            ("+9223372036854775807w", TimeError::OutOfRange),
        ];
        for (text, error) in cases {
            assert_eq!(parse_time(text), Err(error), "{text}");
        }
    }

    #[test]
    fn spans_need_units() {
        assert_eq!(parse_span("36h"), Ok(Duration::from_secs(36 * 3_600)));
        assert_eq!(parse_span("0s"), Ok(Duration::ZERO));
        assert_eq!(parse_span("1y"), parse_span("365d"));
        assert_eq!(parse_span(""), Err(TimeError::NoSpan));
        assert_eq!(parse_span("7"), Err(TimeError::NoUnit("7".into())));
        assert_eq!(parse_span("-7d"), Err(TimeError::NoSpan));
    }

    #[test]
    fn offsets_count_from_now() {
        assert_eq!(TimeArg::FromNow(-60).resolve(1_000), JudgementTime::At(940));
        assert_eq!(TimeArg::Absolute(5).resolve(1_000), JudgementTime::At(5));
        assert_eq!(TimeArg::Ignored.resolve(1_000), JudgementTime::Ignored);
    }
}
