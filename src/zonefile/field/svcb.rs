//! Service parameters of SVCB and HTTPS (RFC 9460 §2.1, §7, Appendix A).

use std::collections::BTreeMap;

use super::address::{scan_ipv4, scan_ipv6};
use super::encoding::scan_base64;
use super::number::scan_decimal;
use super::text::scan_text;
use crate::dns::rtype::decimal_u16;
use crate::zonefile::error::{SyntaxError, SyntaxErrorKind};
use crate::zonefile::words::{Word, Words};

const EXPECT_PARAM: &str = "a service parameter such as alpn=h2 or key65333=text";
const EXPECT_KEY: &str = "a service parameter's registered key in lower case, or keyNNNNN";
const EXPECT_ONCE: &str = "each service parameter once";
const EXPECT_ESCAPE: &str = "a service parameter whose escapes are \\DDD up to 255 or \\X";

/// A registered service parameter, by the form of its value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::zonefile) enum SvcParamKey {
    /// Keys that a client must know (RFC 9460 §8).
    Mandatory,
    /// Protocol identifiers, with commas and backslashes in them escaped (§7.1.1).
    Alpn,
    /// No value (§7.1.1; RFC 9540 §4).
    Empty,
    /// A port (§7.2).
    Port,
    /// IPv4 addresses (§7.3).
    Ipv4Hint,
    /// IPv6 addresses (§7.3).
    Ipv6Hint,
    /// An ECH configuration list in base64 (RFC 9848 §3).
    Ech,
    /// A URI template (RFC 9461 §5).
    DohPath,
    /// Numbers of named groups (draft-ietf-tls-key-share-prediction §3.1).
    Groups,
}

/// Registered keys: number, name, form (IANA "Service Parameter Keys").
pub(in crate::zonefile) const KEYS: &[(u16, &str, SvcParamKey)] = &[
    (0, "mandatory", SvcParamKey::Mandatory),
    (1, "alpn", SvcParamKey::Alpn),
    (2, "no-default-alpn", SvcParamKey::Empty),
    (3, "port", SvcParamKey::Port),
    (4, "ipv4hint", SvcParamKey::Ipv4Hint),
    (5, "ech", SvcParamKey::Ech),
    (6, "ipv6hint", SvcParamKey::Ipv6Hint),
    (7, "dohpath", SvcParamKey::DohPath),
    (8, "ohttp", SvcParamKey::Empty),
    (9, "tls-supported-groups", SvcParamKey::Groups),
];

/// Takes all words that are left: parameters in any order, written in ascending order of keys.
pub(super) fn parse_svc_params(
    words: &mut Words<'_>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    let mut params = BTreeMap::new();
    while let Some(param) = Param::take(words)? {
        let key = param.key().ok_or_else(|| param.unexpected(EXPECT_KEY))?;
        let value = param.encode()?;
        let too_long = SyntaxErrorKind::TooLong { what: "the value", max: usize::from(u16::MAX) };
        let len = u16::try_from(value.len()).map_err(|_| param.error(too_long))?;
        if params.insert(key, (len, value)).is_some() {
            return Err(param.unexpected(EXPECT_ONCE));
        }
    }
    for (key, (len, value)) in params {
        out.extend_from_slice(&key.to_be_bytes());
        out.extend_from_slice(&len.to_be_bytes());
        out.extend_from_slice(&value);
    }
    Ok(())
}

/// One parameter as it is written.
struct Param<'a> {
    name: &'a [u8],
    /// The value with escapes undone; empty when there is none.
    value: Vec<u8>,
    start: u32,
    end: u32,
}

impl<'a> Param<'a> {
    /// Takes the next parameter: `key`, `key=value`, or `key=` and the quoted word that touches it.
    fn take(words: &mut Words<'a>) -> Result<Option<Self>, SyntaxError> {
        let Some(word) = words.take() else { return Ok(None) };
        if word.quoted {
            return Err(word.unexpected(EXPECT_PARAM));
        }
        let equals = word.text.iter().position(|&octet| octet == b'=');
        let name = &word.text[..equals.unwrap_or(word.text.len())];
        let mut text = equals.map_or(&b""[..], |equals| &word.text[equals + 1..]);
        let mut end = word.end();
        let touching = |next: &Word<'_>| next.quoted && next.start == word.end() + 1;
        if word.text.last() == Some(&b'=')
            && equals == Some(word.text.len() - 1)
            && let Some(quoted) = words.peek().filter(touching)
        {
            words.take();
            text = quoted.text;
            end = quoted.end() + 1; // with its closing quote
        }
        let mut param = Self { name, value: Vec::new(), start: word.start, end };
        match scan_text(text, &mut param.value) {
            Some(()) => Ok(Some(param)),
            None => Err(param.unexpected(EXPECT_ESCAPE)),
        }
    }

    fn key(&self) -> Option<u16> {
        key_number(self.name)
    }

    fn error(&self, kind: SyntaxErrorKind) -> SyntaxError {
        SyntaxError { kind, start: self.start, end: self.end }
    }

    fn unexpected(&self, expected: &'static str) -> SyntaxError {
        self.error(SyntaxErrorKind::Unexpected { expected })
    }

    /// The value's wire form. Under `keyNNNNN` it is the octets themselves, registered or not.
    fn encode(&self) -> Result<Vec<u8>, SyntaxError> {
        let row = KEYS.iter().find(|row| row.1.as_bytes() == self.name);
        let Some(&(_, _, form)) = row else { return Ok(self.value.clone()) };
        let (expected, encoded) = match form {
            SvcParamKey::Mandatory => {
                ("mandatory= and other keys with commas between", encode_mandatory(&self.value))
            }
            SvcParamKey::Alpn => {
                ("alpn= and protocols with commas between", encode_alpn(&self.value))
            }
            SvcParamKey::Empty => {
                ("a service parameter without a value", self.value.is_empty().then(Vec::new))
            }
            SvcParamKey::Port => ("port= and a number from 0 to 65535", encode_u16(&self.value)),
            SvcParamKey::Ipv4Hint => (
                "ipv4hint= and IPv4 addresses with commas between",
                encode_list(&self.value, |item| scan_ipv4(item).map(Vec::from)),
            ),
            SvcParamKey::Ipv6Hint => (
                "ipv6hint= and IPv6 addresses with commas between",
                encode_list(&self.value, |item| scan_ipv6(item).map(Vec::from)),
            ),
            SvcParamKey::Ech => ("ech= and base64", encode_base64(&self.value)),
            SvcParamKey::DohPath => (
                "dohpath= and a URI template",
                (!self.value.is_empty()).then(|| self.value.clone()),
            ),
            SvcParamKey::Groups => (
                "tls-supported-groups= and numbers from 0 to 65535 with commas between",
                encode_list(&self.value, encode_u16),
            ),
        };
        encoded.ok_or_else(|| self.unexpected(expected))
    }
}

/// A registered key's number, or that of `keyNNNNN` without leading zeros (RFC 9460 §2.1).
fn key_number(name: &[u8]) -> Option<u16> {
    if let Some(row) = KEYS.iter().find(|row| row.1.as_bytes() == name) {
        return Some(row.0);
    }
    let digits = name.strip_prefix(b"key")?;
    decimal_u16(digits).filter(|_| digits.len() == 1 || digits[0] != b'0')
}

/// RFC 9460 §8: ascending, no key twice, not itself.
fn encode_mandatory(value: &[u8]) -> Option<Vec<u8>> {
    let mut keys = Vec::new();
    for name in value.split(|&octet| octet == b',') {
        keys.push(key_number(name).filter(|&key| key != 0)?);
    }
    keys.sort_unstable();
    let ascending = keys.is_sorted_by(|a, b| a < b);
    ascending.then(|| keys.iter().flat_map(|key| key.to_be_bytes()).collect())
}

/// RFC 9460 §7.1.1 and Appendix A.1: items of 1 to 255 octets; `\,` and `\\` stand for `,` and `\`.
fn encode_alpn(value: &[u8]) -> Option<Vec<u8>> {
    let mut encoded = vec![0];
    let (mut at, mut octets) = (0, value.iter());
    while let Some(&octet) = octets.next() {
        match octet {
            b',' => {
                encoded[at] = item_len(encoded.len() - at - 1)?;
                at = encoded.len();
                encoded.push(0);
            }
            b'\\' => encoded.push(*octets.next().filter(|next| matches!(next, b',' | b'\\'))?),
            _ => encoded.push(octet),
        }
    }
    encoded[at] = item_len(encoded.len() - at - 1)?;
    Some(encoded)
}

fn item_len(len: usize) -> Option<u8> {
    u8::try_from(len).ok().filter(|&len| len > 0)
}

fn encode_u16(value: &[u8]) -> Option<Vec<u8>> {
    let number = scan_decimal(value, u16::MAX.into()).ok()?;
    u16::try_from(number).ok().map(|number| number.to_be_bytes().to_vec())
}

/// Blanks may stand between the digits, which only a quoted value can have.
fn encode_base64(value: &[u8]) -> Option<Vec<u8>> {
    let digits: Vec<u8> = value.iter().copied().filter(|octet| *octet != b' ').collect();
    let mut encoded = Vec::new();
    scan_base64(&digits, &mut encoded).ok().map(|()| encoded)
}

fn encode_list(value: &[u8], encode: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    let items: Option<Vec<_>> = value.split(|&octet| octet == b',').map(encode).collect();
    items.map(|items| items.concat())
}
