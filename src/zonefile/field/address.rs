//! Addresses: IPv4, IPv6, ILNP locators, EUI-48 and EUI-64.

use super::bare;
use super::encoding::hex_digit;
use crate::zonefile::error::SyntaxError;
use crate::zonefile::words::Words;

pub(super) const EXPECT_IPV4: &str = "an IPv4 address such as 192.0.2.1";
pub(super) const EXPECT_IPV6: &str = "an IPv6 address such as 2001:db8::1";
const EXPECT_LOCATOR64: &str = "four groups of hexadecimal digits such as 2001:db8:0:1";
const EXPECT_EUI48: &str = "an EUI-48 such as 00-00-5e-00-53-2a";
const EXPECT_EUI64: &str = "an EUI-64 such as 00-00-5e-ef-10-00-00-2a";

pub(super) fn parse_ipv4(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
    parse_fixed(words, out, EXPECT_IPV4, scan_ipv4)
}

pub(super) fn parse_ipv6(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
    parse_fixed(words, out, EXPECT_IPV6, scan_ipv6)
}

pub(super) fn parse_locator64(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
    parse_fixed(words, out, EXPECT_LOCATOR64, scan_locator64)
}

pub(super) fn parse_eui48(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
    parse_fixed(words, out, EXPECT_EUI48, scan_eui::<6>)
}

pub(super) fn parse_eui64(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
    parse_fixed(words, out, EXPECT_EUI64, scan_eui::<8>)
}

fn parse_fixed<const N: usize>(
    words: &mut Words<'_>,
    out: &mut Vec<u8>,
    expected: &'static str,
    scan: impl Fn(&[u8]) -> Option<[u8; N]>,
) -> Result<(), SyntaxError> {
    let word = bare(words, expected)?;
    out.extend_from_slice(&scan(word.text).ok_or_else(|| word.unexpected(expected))?);
    Ok(())
}

/// Reads a dotted quad: four decimals up to 255, without leading zeros as in BIND.
#[must_use]
pub fn scan_ipv4(text: &[u8]) -> Option<[u8; 4]> {
    let mut octets = [0; 4];
    let (mut place, mut value, mut digits) = (0, 0u32, 0);
    for &octet in text {
        let digit = octet.wrapping_sub(b'0');
        if digit < 10 {
            // A second digit behind a zero, or a fourth, is one too many.
            if digits == 3 || (digits == 1 && value == 0) {
                return None;
            }
            value = value * 10 + u32::from(digit);
            digits += 1;
        } else {
            if octet != b'.' || digits == 0 || place == 3 {
                return None;
            }
            octets[place] = u8::try_from(value).ok()?;
            (place, value, digits) = (place + 1, 0, 0);
        }
    }
    octets[place] = u8::try_from(value).ok()?;
    (place == 3 && digits > 0).then_some(octets)
}

/// Reads an IPv6 address (RFC 4291 §2.2): groups, `::` for one or more groups of zeros, an IPv4
/// address for the last two.
#[must_use]
pub fn scan_ipv6(text: &[u8]) -> Option<[u8; 16]> {
    let mut groups = [0; 8];
    let (mut count, mut gap, mut rest) = (0, None, text);
    if let Some(tail) = text.strip_prefix(b"::") {
        (gap, rest) = (Some(0), tail);
    }
    // Behind `::` the text may end.
    while !(rest.is_empty() && gap == Some(count)) {
        let end = rest.iter().position(|&octet| octet == b':').unwrap_or(rest.len());
        let (group, tail) = rest.split_at(end);
        if tail.is_empty() && group.contains(&b'.') {
            let [a, b, c, d] = scan_ipv4(group)?;
            *groups.get_mut(count + 1)? = u16::from_be_bytes([c, d]);
            groups[count] = u16::from_be_bytes([a, b]);
            count += 2;
            break;
        }
        *groups.get_mut(count)? = scan_group(group)?;
        count += 1;
        match tail {
            [] => break,
            [b':', b':', tail @ ..] if gap.is_none() => (gap, rest) = (Some(count), tail),
            [_, tail @ ..] => rest = tail,
        }
    }
    match gap {
        None if count == 8 => {}
        Some(gap) if count < 8 => {
            groups.copy_within(gap..count, 8 - (count - gap));
            groups[gap..8 - (count - gap)].fill(0);
        }
        _ => return None,
    }
    let mut octets = [0; 16];
    for (pair, group) in octets.as_chunks_mut::<2>().0.iter_mut().zip(groups) {
        *pair = group.to_be_bytes();
    }
    Some(octets)
}

/// Reads four groups of hexadecimal digits, none left out (RFC 6742 §2.1.2).
#[must_use]
pub fn scan_locator64(text: &[u8]) -> Option<[u8; 8]> {
    let mut octets = [0; 8];
    let mut groups = text.split(|&octet| octet == b':');
    for pair in octets.as_chunks_mut::<2>().0 {
        *pair = scan_group(groups.next()?)?.to_be_bytes();
    }
    groups.next().is_none().then_some(octets)
}

/// Reads octets in hexadecimal with `-` between (RFC 7043 §3.2, §4.2); like BIND it takes one
/// digit for an octet below 16.
#[must_use]
pub fn scan_eui<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let mut octets = [0; N];
    let mut parts = text.split(|&octet| octet == b'-');
    for octet in &mut octets {
        let part = parts.next()?;
        *octet = scan_group(part).filter(|_| part.len() <= 2)?.try_into().ok()?;
    }
    parts.next().is_none().then_some(octets)
}

/// One to four hexadecimal digits.
fn scan_group(text: &[u8]) -> Option<u16> {
    if !(1..=4).contains(&text.len()) {
        return None;
    }
    text.iter().try_fold(0, |value, &octet| Some(value << 4 | u16::from(hex_digit(octet)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    fn check(text: &str) {
        let v4 = text.parse::<Ipv4Addr>().ok().map(|address| address.octets());
        let v6 = text.parse::<Ipv6Addr>().ok().map(|address| address.octets());
        assert_eq!(scan_ipv4(text.as_bytes()), v4, "{text}");
        assert_eq!(scan_ipv6(text.as_bytes()), v6, "{text}");
    }

    // RFC 4291 §2.2, and what BIND was seen to refuse.
    #[test]
    fn addresses_are_those_of_the_standard_library() {
        let texts = [
            "192.0.2.1",
            "192.0.2.01",
            "192.0.2",
            "192.0.2.256",
            "192.0.2.1.",
            ".1.2.3",
            "1.2.3.4.5",
            "::",
            "::1",
            "1::",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4::5:6:7:8",
            "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:1.2.3.4",
            "::1.2.3.4",
            "1:2:3:4:5:6:7:1.2.3.4",
            "1:2:3:4:5::1.2.3.4",
            "::1.2.3",
            "::1.2.3.04",
            "1::2::3",
            "1.2.3.4::",
            ":::",
            ":1",
            "1:",
            "",
            ":",
            "01234::",
            "2001:DB8::aBcD",
            "fe80::1%eth0",
            "::1:1.2.3.4:5",
        ];
        texts.into_iter().for_each(check);
    }

    proptest! {
        #[test]
        fn any_address_like_text_is_read_as_the_standard_library_reads_it(
            text in "([0-9a-f]{0,5}[:.]{0,2}){0,9}",
        ) {
            check(&text);
        }

        #[test]
        fn any_address_is_read(octets: [u8; 16], zeros: u16) {
            let groups: Vec<u16> = (0..8).map(|i| if zeros >> i & 1 == 1 { 0 } else { u16::from_be_bytes([octets[2 * i], octets[2 * i + 1]]) }).collect();
            check(&Ipv6Addr::from(<[u16; 8]>::try_from(groups).unwrap()).to_string());
            check(&Ipv4Addr::from(<[u8; 4]>::try_from(&octets[..4]).unwrap()).to_string());
        }
    }
}
