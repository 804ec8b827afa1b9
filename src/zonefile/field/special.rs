//! Types whose fields depend on each other: APL, WKS, NSAP, IPSECKEY, AMTRELAY, HIP, A6, ATMA.

use super::address::{EXPECT_IPV6, parse_ipv4, parse_ipv6, scan_ipv4, scan_ipv6};
use super::encoding::{
    EXPECT_HEX, EXPECT_HEX_PAIR, HexDecoder, hex_digit, parse_base64, parse_base64_word,
    parse_optional_base64,
};
use super::name::parse_name;
use super::number::{scan_decimal, take_u8};
use super::{bare, number_of};
use crate::dns::Name;
use crate::zonefile::error::{SyntaxError, SyntaxErrorKind};
use crate::zonefile::words::{Word, Words};

const EXPECT_PREFIX: &str = "an address prefix such as 1:192.0.2.0/24 or !2:2001:db8::/32";
const EXPECT_PROTOCOL: &str = "a protocol such as 6, TCP or UDP";
const EXPECT_SERVICE: &str = "a port from 0 to 65535 or a service such as smtp";
const EXPECT_NSAP: &str = "0x and hexadecimal with dots between";
const EXPECT_GATEWAY_TYPE: &str = "0 for none, 1 for IPv4, 2 for IPv6 or 3 for a name";
const EXPECT_NO_GATEWAY: &str = "a dot, for there is no gateway";
const EXPECT_DISCOVERY: &str = "0 or 1";
const EXPECT_PREFIX_LEN: &str = "a prefix length from 0 to 128";
const EXPECT_ATM: &str = "+ and digits, or hexadecimal, with single dots between";

/// APL: any number of prefixes, none included (RFC 3123 §5).
pub(super) fn parse_address_prefixes(
    words: &mut Words<'_>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    while !words.is_empty() {
        let word = bare(words, EXPECT_PREFIX)?;
        scan_address_prefix(word.text, out).ok_or_else(|| word.unexpected(EXPECT_PREFIX))?;
    }
    Ok(())
}

/// `[!]family:address/prefix`; the address part ends before its trailing zero octets (§4).
fn scan_address_prefix(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (negated, text) = match text {
        [b'!', text @ ..] => (0x80, text),
        text => (0, text),
    };
    let colon = text.iter().position(|&octet| octet == b':')?;
    let slash = text.iter().position(|&octet| octet == b'/')?;
    let address = text.get(colon + 1..slash)?;
    let (mut octets, mut len) = ([0; 16], 4);
    let family = scan_decimal(&text[..colon], 2).ok()?;
    match family {
        1 => octets[..4].copy_from_slice(&scan_ipv4(address)?),
        2 => (octets, len) = (scan_ipv6(address)?, 16),
        _ => return None,
    }
    let max = if len == 4 { 32 } else { 128 };
    let prefix = scan_decimal(&text[slash + 1..], max).ok()?;
    while len > 0 && octets[len - 1] == 0 {
        len -= 1;
    }
    out.extend_from_slice(&[0, u8::try_from(family).ok()?, u8::try_from(prefix).ok()?]);
    out.push(negated | u8::try_from(len).ok()?);
    out.extend_from_slice(&octets[..len]);
    Some(())
}

/// Protocols that WKS records are written with (RFC 1700, "Protocol Numbers").
const PROTOCOLS: &[(u8, &str)] = &[
    (1, "icmp"),
    (2, "igmp"),
    (3, "ggp"),
    (6, "tcp"),
    (8, "egp"),
    (17, "udp"),
    (22, "xns-idp"),
    (27, "rdp"),
];

/// Services that WKS records are written with (RFC 1700, "Port Numbers", and the common later ones).
const SERVICES: &[(u16, &str)] = &[
    (1, "tcpmux"),
    (5, "rje"),
    (7, "echo"),
    (9, "discard"),
    (11, "systat"),
    (13, "daytime"),
    (15, "netstat"),
    (17, "qotd"),
    (19, "chargen"),
    (20, "ftp-data"),
    (21, "ftp"),
    (22, "ssh"),
    (23, "telnet"),
    (25, "smtp"),
    (37, "time"),
    (39, "rlp"),
    (42, "nameserver"),
    (43, "nicname"),
    (43, "whois"),
    (49, "tacacs"),
    (53, "domain"),
    (67, "bootps"),
    (68, "bootpc"),
    (69, "tftp"),
    (70, "gopher"),
    (77, "priv-rje"),
    (79, "finger"),
    (80, "http"),
    (95, "supdup"),
    (101, "hostname"),
    (101, "hostnames"),
    (102, "iso-tsap"),
    (103, "x400"),
    (104, "x400-snd"),
    (105, "csnet-ns"),
    (109, "pop2"),
    (110, "pop3"),
    (111, "sunrpc"),
    (113, "auth"),
    (115, "sftp"),
    (117, "uucp-path"),
    (119, "nntp"),
    (123, "ntp"),
    (137, "netbios-ns"),
    (138, "netbios-dgm"),
    (139, "netbios-ssn"),
    (143, "imap2"),
    (161, "snmp"),
    (162, "snmp-trap"),
    (179, "bgp"),
    (194, "irc"),
    (389, "ldap"),
    (443, "https"),
    (993, "imaps"),
    (995, "pop3s"),
];

/// WKS: an address, a protocol, and ports as a bitmap (RFC 1035 §3.4.2).
pub(super) fn parse_well_known_services(
    words: &mut Words<'_>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    parse_ipv4(words, out)?;
    let word = bare(words, EXPECT_PROTOCOL)?;
    let number = scan_decimal(word.text, u8::MAX.into()).ok().and_then(|n| u8::try_from(n).ok());
    let protocol = number.or_else(|| number_of(PROTOCOLS, word.text));
    out.push(protocol.ok_or_else(|| word.unexpected(EXPECT_PROTOCOL))?);
    let start = out.len();
    while !words.is_empty() {
        let word = bare(words, EXPECT_SERVICE)?;
        let number = scan_decimal(word.text, u16::MAX.into());
        let port = number.ok().and_then(|n| u16::try_from(n).ok());
        let port = port.or_else(|| number_of(SERVICES, word.text));
        let port = port.ok_or_else(|| word.unexpected(EXPECT_SERVICE))?;
        let at = start + usize::from(port / 8);
        if out.len() <= at {
            out.resize(at + 1, 0);
        }
        out[at] |= 0x80 >> (port % 8);
    }
    Ok(())
}

/// NSAP: dots anywhere between the digits mean nothing (RFC 1706 §7).
pub(super) fn parse_nsap(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
    let word = bare(words, EXPECT_NSAP)?;
    let [b'0', b'x' | b'X', digits @ ..] = word.text else {
        return Err(word.unexpected(EXPECT_NSAP));
    };
    let start = out.len();
    let mut decoder = HexDecoder::default();
    for part in digits.split(|&octet| octet == b'.') {
        decoder.scan(part, out).ok_or_else(|| word.unexpected(EXPECT_NSAP))?;
    }
    if !decoder.is_complete() {
        return Err(word.unexpected(EXPECT_HEX_PAIR));
    }
    if out.len() == start { Err(word.unexpected(EXPECT_NSAP)) } else { Ok(()) }
}

/// IPSECKEY: precedence, gateway type, algorithm, gateway, key (RFC 4025 §3.1).
pub(super) fn parse_ipsec_key(
    words: &mut Words<'_>,
    origin: Option<&Name>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    let (precedence, _) = take_u8(words)?;
    let (kind, word) = take_u8(words)?;
    check_gateway_type(kind, &word)?;
    let (algorithm, _) = take_u8(words)?;
    out.extend_from_slice(&[precedence, kind, algorithm]);
    parse_gateway(kind, words, origin, out)?;
    // §2.4: algorithm 0 says that there is no key.
    if algorithm == 0 { parse_optional_base64(words, out) } else { parse_base64(words, out) }
}

/// AMTRELAY: precedence, discovery bit, relay type, relay (RFC 8777 §4.3).
pub(super) fn parse_amt_relay(
    words: &mut Words<'_>,
    origin: Option<&Name>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    let (precedence, _) = take_u8(words)?;
    let discovery = match bare(words, EXPECT_DISCOVERY)? {
        Word { text: b"0", .. } => 0,
        Word { text: b"1", .. } => 0x80,
        word => return Err(word.unexpected(EXPECT_DISCOVERY)),
    };
    let (kind, word) = take_u8(words)?;
    check_gateway_type(kind, &word)?;
    out.extend_from_slice(&[precedence, discovery | kind]);
    parse_gateway(kind, words, origin, out)
}

fn check_gateway_type(kind: u8, word: &Word<'_>) -> Result<(), SyntaxError> {
    if kind <= 3 { Ok(()) } else { Err(word.unexpected(EXPECT_GATEWAY_TYPE)) }
}

fn parse_gateway(
    kind: u8,
    words: &mut Words<'_>,
    origin: Option<&Name>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    match kind {
        1 => parse_ipv4(words, out),
        2 => parse_ipv6(words, out),
        3 => parse_name(words, origin, out),
        _ => match bare(words, EXPECT_NO_GATEWAY)? {
            Word { text: b".", .. } => Ok(()),
            word => Err(word.unexpected(EXPECT_NO_GATEWAY)),
        },
    }
}

/// HIP: algorithm, identity tag, key, rendezvous servers (RFC 8005 §6). The lengths of tag and key
/// stand in front on the wire (§5).
pub(super) fn parse_host_identity(
    words: &mut Words<'_>,
    origin: Option<&Name>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    let (algorithm, _) = take_u8(words)?;
    let start = out.len();
    out.extend_from_slice(&[0, algorithm, 0, 0]);
    let word = bare(words, EXPECT_HEX)?;
    let mut decoder = HexDecoder::default();
    decoder.scan(word.text, out).ok_or_else(|| word.unexpected(EXPECT_HEX))?;
    if !decoder.is_complete() {
        return Err(word.unexpected(EXPECT_HEX_PAIR));
    }
    let key = out.len();
    let too_long = SyntaxErrorKind::TooLong { what: "the host identity tag", max: 255 };
    out[start] = u8::try_from(key - start - 4).map_err(|_| word.error(too_long))?;
    let Some(word) = words.peek() else { return parse_base64_word(words, out) };
    parse_base64_word(words, out)?;
    let too_long = SyntaxErrorKind::TooLong { what: "the key", max: usize::from(u16::MAX) };
    let len = u16::try_from(out.len() - key).map_err(|_| word.error(too_long))?;
    out[start + 2..start + 4].copy_from_slice(&len.to_be_bytes());
    while !words.is_empty() {
        parse_name(words, origin, out)?;
    }
    Ok(())
}

/// A6: prefix length, address suffix unless it is 128, prefix name unless it is 0 (RFC 2874 §3.2).
/// Bits of the address that belong to the prefix are cleared, as BIND does.
pub(super) fn parse_a6(
    words: &mut Words<'_>,
    origin: Option<&Name>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    let (prefix, word) = take_u8(words)?;
    if prefix > 128 {
        let kind = SyntaxErrorKind::TooLarge { expected: EXPECT_PREFIX_LEN, max: 128 };
        return Err(word.error(kind));
    }
    out.push(prefix);
    if prefix < 128 {
        let word = bare(words, EXPECT_IPV6)?;
        let address = scan_ipv6(word.text).ok_or_else(|| word.unexpected(EXPECT_IPV6))?;
        let suffix = u128::from_be_bytes(address) & (u128::MAX >> prefix);
        out.extend_from_slice(&suffix.to_be_bytes()[usize::from(prefix / 8)..]);
    }
    if prefix > 0 { parse_name(words, origin, out) } else { Ok(()) }
}

/// ATMA: `+` and an E.164 number, or an ATM end system address in hexadecimal
/// (af-saa-0069 §5.2, §5.3). Single dots may stand between digits.
pub(super) fn parse_atm_address(
    words: &mut Words<'_>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    let word = bare(words, EXPECT_ATM)?;
    let (is_number, text) = match word.text {
        [b'+', text @ ..] => (true, text),
        text => (false, text),
    };
    out.push(u8::from(is_number));
    let mut decoder = HexDecoder::default();
    for part in text.split(|&octet| octet == b'.') {
        let is_digit = |octet: &u8| match is_number {
            true => octet.is_ascii_digit(),
            false => hex_digit(*octet).is_some(),
        };
        if part.is_empty() || !part.iter().all(is_digit) {
            return Err(word.unexpected(EXPECT_ATM));
        }
        if is_number {
            out.extend_from_slice(part);
        } else {
            decoder.scan(part, out).ok_or_else(|| word.unexpected(EXPECT_ATM))?;
        }
    }
    if decoder.is_complete() { Ok(()) } else { Err(word.unexpected(EXPECT_HEX_PAIR)) }
}
