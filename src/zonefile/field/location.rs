//! LOC (RFC 1876 §2, §3).

use super::bare;
use super::number::{decimal, scan_decimal};
use crate::zonefile::error::{SyntaxError, SyntaxErrorKind};
use crate::zonefile::words::{Word, Words};

const EXPECT_DEGREES: &str = "whole degrees";
const EXPECT_MINUTES: &str = "whole minutes, or N, S, E or W";
const EXPECT_SECONDS: &str = "seconds such as 54.321, or N, S, E or W";
const EXPECT_NORTH: &str = "N or S";
const EXPECT_EAST: &str = "E or W";
const EXPECT_ALTITUDE: &str = "an altitude in metres such as -24.50m";
const EXPECT_SIZE: &str = "metres such as 10 or 0.25m";

/// Size, horizontal and vertical precision where they are left out: 1 m, 10 km, 10 m (§3).
const DEFAULT_SIZES: [u8; 3] = [0x12, 0x16, 0x13];

/// Thousandths of a second of arc in a degree.
const DEGREE: u32 = 3_600_000;

pub(super) fn parse_location(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
    let latitude = take_angle(words, 90, [b'N', b'S'], EXPECT_NORTH)?;
    let longitude = take_angle(words, 180, [b'E', b'W'], EXPECT_EAST)?;
    let altitude = take_altitude(words)?;
    let mut sizes = DEFAULT_SIZES;
    for size in &mut sizes {
        let Some(word) = words.peek() else { break };
        *size = scan_size(&word)?;
        words.take();
    }
    out.push(0);
    out.extend_from_slice(&sizes);
    for number in [latitude, longitude, altitude] {
        out.extend_from_slice(&number.to_be_bytes());
    }
    Ok(())
}

/// Takes degrees, maybe minutes and seconds, and a direction; 2³¹ is the equator or prime meridian.
fn take_angle(
    words: &mut Words<'_>,
    max_degrees: u32,
    [positive, negative]: [u8; 2],
    expected: &'static str,
) -> Result<u32, SyntaxError> {
    let first = bare(words, EXPECT_DEGREES)?;
    let degrees = decimal(&first, EXPECT_DEGREES, max_degrees)?;
    let (mut minutes, mut thousandths) = (0, 0);
    let mut word = bare(words, EXPECT_MINUTES)?;
    if word.text.first().is_some_and(u8::is_ascii_digit) {
        minutes = decimal(&word, EXPECT_MINUTES, 59)?;
        word = bare(words, EXPECT_SECONDS)?;
        if let Some(scanned) = scan_fixed(word.text, 3) {
            thousandths = u32::try_from(scanned)
                .ok()
                .filter(|&thousandths| thousandths < 60_000)
                .ok_or_else(|| too_large(&word, EXPECT_SECONDS, 59))?;
            word = bare(words, expected)?;
        }
    }
    let angle = degrees * DEGREE + minutes * 60_000 + thousandths;
    if angle > max_degrees * DEGREE {
        return Err(too_large(&first, EXPECT_DEGREES, max_degrees.into()));
    }
    match word.text {
        [letter] if letter.eq_ignore_ascii_case(&positive) => Ok((1 << 31) + angle),
        [letter] if letter.eq_ignore_ascii_case(&negative) => Ok((1 << 31) - angle),
        _ => Err(word.unexpected(expected)),
    }
}

/// Takes centimetres above 100 km below the ellipsoid.
fn take_altitude(words: &mut Words<'_>) -> Result<u32, SyntaxError> {
    let word = bare(words, EXPECT_ALTITUDE)?;
    let metres = word.text.strip_suffix(b"m").unwrap_or(word.text);
    let (below, metres) = match metres {
        [b'-', metres @ ..] => (true, metres),
        [b'+', metres @ ..] => (false, metres),
        metres => (false, metres),
    };
    let centimetres = scan_fixed(metres, 2).ok_or_else(|| word.unexpected(EXPECT_ALTITUDE))?;
    let base = 10_000_000;
    let altitude =
        if below { u64::checked_sub(base, centimetres) } else { base.checked_add(centimetres) };
    altitude
        .and_then(|altitude| u32::try_from(altitude).ok())
        .ok_or_else(|| too_large(&word, EXPECT_ALTITUDE, if below { 100_000 } else { 42_849_672 }))
}

/// Centimetres as one digit and a power of ten; further digits are dropped, as BIND does.
fn scan_size(word: &Word<'_>) -> Result<u8, SyntaxError> {
    let metres = word.text.strip_suffix(b"m").unwrap_or(word.text);
    let scanned = scan_fixed(metres, 2).filter(|_| !word.quoted);
    let centimetres = scanned.ok_or_else(|| word.unexpected(EXPECT_SIZE))?;
    let mut exponent = 0;
    let mut digit = centimetres;
    while digit > 9 {
        digit /= 10;
        exponent += 1;
    }
    u8::try_from(digit << 4 | exponent)
        .ok()
        .filter(|_| centimetres <= 9_000_000_099)
        .ok_or_else(|| too_large(word, EXPECT_SIZE, 90_000_000))
}

/// Reads digits with up to `places` of them behind a dot, as a whole number of the last place.
fn scan_fixed(text: &[u8], places: u32) -> Option<u64> {
    let dot = text.iter().position(|&octet| octet == b'.');
    let (whole, fraction) = match dot {
        Some(dot) => (&text[..dot], &text[dot + 1..]),
        None => (text, &b""[..]),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let digits = |text: &[u8]| match text {
        b"" => Some(0),
        _ => scan_decimal(text, u32::MAX.into()).ok(),
    };
    let missing = places.checked_sub(u32::try_from(fraction.len()).ok()?)?;
    Some(digits(whole)? * 10u64.pow(places) + digits(fraction)? * 10u64.pow(missing))
}

fn too_large(word: &Word<'_>, expected: &'static str, max: u64) -> SyntaxError {
    word.error(SyntaxErrorKind::TooLarge { expected, max })
}
