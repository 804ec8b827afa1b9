//! Numbers, times and foreign text as people read them.

use std::borrow::Cow;
use std::fmt::Write as _;

/// A number with a comma between thousands: `1,234,567`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `1 record`, `2,884 records`. The plural is the noun with an `s`.
#[must_use]
pub fn count(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// Unix seconds as RFC 3339 in UTC; beyond the years -9999 to 9999 the number itself.
#[must_use]
pub fn utc(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |t| t.to_string())
}

/// A span of time in its two largest units: `12 d 4 h`, `3 min 20 s`, `45 s`. The sign is dropped.
#[must_use]
pub fn span(seconds: i64) -> String {
    const UNITS: [(u64, &str); 5] =
        [(365 * 86_400, "y"), (86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let seconds = seconds.unsigned_abs();
    let first = UNITS.iter().position(|&(unit, _)| seconds >= unit).unwrap_or(UNITS.len() - 1);
    let (unit, name) = UNITS[first];
    let mut text = format!("{} {name}", seconds / unit);
    if let Some(&(lesser, name)) = UNITS.get(first + 1)
        && seconds % unit >= lesser
    {
        let _ = write!(text, " {} {name}", seconds % unit / lesser);
    }
    text
}

/// Octets in decimal units with three digits: `999 B`, `1.46 MB`, `25.0 GB`.
#[must_use]
pub fn octets(number: f64) -> String {
    scaled(number, 1000.0, &["B", "kB", "MB", "GB", "TB", "PB"])
}

/// Seconds that something took, with three digits: `812 µs`, `31.0 ms`, `12.4 s`; minutes from 120 s.
#[must_use]
#[allow(clippy::cast_possible_truncation)] // saturates, and whole seconds are meant
pub fn took(seconds: f64) -> String {
    if seconds >= 120.0 {
        return span(seconds.round() as i64);
    }
    scaled(seconds * 1e9, 1000.0, &["ns", "µs", "ms", "s"])
}

/// A number of things a second to three digits: `9,300/s`. Nothing sensible can be said of no time:
/// `-`.
#[must_use]
pub fn rate(things: u64, seconds: f64) -> String {
    rate_of(things, "", seconds)
}

/// As [`rate`], with the plural of what is counted: `9,300 records/s`.
#[must_use]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
pub fn rate_of(things: u64, noun: &str, seconds: f64) -> String {
    if seconds <= 0.0 {
        return "-".to_owned();
    }
    let rate = (things as f64 / seconds).round() as u64;
    let rounding = 10u64.pow(rate.checked_ilog10().unwrap_or(0).saturating_sub(2));
    let blank = if noun.is_empty() { "" } else { " " };
    let rate = (rate / rounding).saturating_mul(rounding);
    format!("{}{blank}{noun}/s", grouped(rate))
}

/// A number to three digits, with a comma between thousands: `85,000`, `12.3`, `0.42`.
#[must_use]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
pub fn three_digits(number: f64) -> String {
    match number.abs() {
        n if n < 9.995 => format!("{number:.2}"),
        n if n < 99.95 => format!("{number:.1}"),
        n => {
            let whole = n.round() as u64;
            let unit = 10u64.pow(whole.checked_ilog10().unwrap_or(0).saturating_sub(2));
            grouped((n / unit as f64).round() as u64 * unit)
        }
    }
}

fn scaled(mut number: f64, step: f64, units: &[&str]) -> String {
    let mut unit = 0;
    // 999.5 would print as 1000.
    while number >= step - 0.5 && unit + 1 < units.len() {
        number /= step;
        unit += 1;
    }
    let decimals = match number {
        _ if unit == 0 => 0,
        n if n < 9.995 => 2,
        n if n < 99.95 => 1,
        _ => 0,
    };
    format!("{number:.decimals$} {}", units[unit])
}

/// Text from outside without the control characters that would steer a terminal: each becomes
/// `\u{…}`, as do the marks that reverse the direction of writing.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if steers(c) {
            clean.extend(c.escape_unicode());
        } else {
            clean.push(c);
        }
    }
    Cow::Owned(clean)
}

/// A blank at which [`wrap`] does not break.
pub const TIE: char = '\u{a0}';

/// Ties the words of a text together, so that [`wrap`] keeps them on one line.
#[must_use]
pub fn tied(text: &str) -> String {
    text.replace(' ', "\u{a0}")
}

/// Breaks text at blanks into lines of at most `width` characters, of which the first line has
/// `taken` less; a longer word stays whole.
#[must_use]
pub fn wrap(text: &str, taken: usize, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = taken;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let long = word.chars().count();
        let blank = usize::from(!line.is_empty());
        if used > 0 && used + blank + long > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if !line.is_empty() {
            line.push(' ');
            used += 1;
        }
        line.extend(word.chars().map(|c| if c == TIE { ' ' } else { c }));
        used += long;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        let cases = [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")];
        for (number, text) in cases {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(grouped(u64::MAX), "18,446,744,073,709,551,615");
        assert_eq!(count(1, "record"), "1 record");
        assert_eq!(count(0, "record"), "0 records");
    }

    #[test]
    fn spans_show_two_adjacent_units() {
        let cases = [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3_599, "59 min 59 s"),
            (86_400 + 59, "1 d"),
            (12 * 86_400 + 4 * 3_600 + 1_800, "12 d 4 h"),
            (-3 * 3_600, "3 h"),
            (366 * 86_400, "1 y 1 d"),
        ];
        for (seconds, text) in cases {
            assert_eq!(span(seconds), text, "{seconds}");
        }
        assert_eq!(span(i64::MIN), "292471208677 y 195 d");
    }

    #[test]
    fn measures_keep_three_digits() {
        let cases = [
            (0.0, "0 B"),
            (999.0, "999 B"),
            (999.7, "1.00 kB"),
            (1_456_000.0, "1.46 MB"),
            (14_560_000.0, "14.6 MB"),
            (25e9, "25.0 GB"),
        ];
        for (number, text) in cases {
            assert_eq!(octets(number), text);
        }
        assert_eq!(took(0.000_812), "812 µs");
        assert_eq!(took(0.031), "31.0 ms");
        assert_eq!(took(12.44), "12.4 s");
        assert_eq!(took(121.0), "2 min 1 s");
        assert_eq!(rate(2_884, 0.31), "9,300/s");
        assert_eq!(rate_of(7, "records", 1.0), "7 records/s");
        assert_eq!(rate_of(u64::MAX, "records", 1e-9), "18,400,000,000,000,000,000 records/s");
        assert_eq!(rate(2_884, 0.0), "-");
    }

    #[test]
    fn numbers_of_any_size_keep_three_digits() {
        let cases = [
            (0.004, "0.00"),
            (5.123, "5.12"),
            (9.996, "10.0"),
            (99.96, "100"),
            (15_349.0, "15,300"),
            (15_350.0, "15,400"),
            (999_600.0, "1,000,000"),
        ];
        for (number, text) in cases {
            assert_eq!(three_digits(number), text);
        }
    }

    #[test]
    fn times_beyond_the_calendar_stay_numbers() {
        assert_eq!(utc(0), "1970-01-01T00:00:00Z");
        assert_eq!(utc(4_294_967_296), "2106-02-07T06:28:16Z");
        assert_eq!(utc(i64::MAX), i64::MAX.to_string());
    }

    // A file name or a detail must not be able to steer the terminal that shows it.
    #[test]
    fn escape_sequences_are_shown_not_sent() {
        assert_eq!(printable("root.zone"), "root.zone");
        assert_eq!(printable("a\x1b[2J\u{202e}b"), "a\\u{1b}[2J\\u{202e}b");
        assert_eq!(printable("a\u{61c}b"), "a\\u{61c}b");
        assert_eq!(printable("zürich.zone"), "zürich.zone");
    }

    #[test]
    fn long_words_stay_whole_when_text_is_wrapped() {
        assert_eq!(wrap("one two three", 0, 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij kl", 0, 4), ["abcdefghij", "kl"]);
        assert_eq!(wrap("one two three", 5, 7), ["", "one two", "three"]);
        assert_eq!(wrap("", 0, 4), [""]);
        assert_eq!(wrap(&format!("a {} d", tied("b c")), 0, 4), ["a", "b c", "d"]);
    }
}
