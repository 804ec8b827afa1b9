//! Domain names, and numbers that go by a mnemonic.

use super::{bare, number, number_of};
use crate::dns::name::{MAX_LABEL, MAX_NAME, NameError};
use crate::dns::{Algorithm, Name, RType, rtype};
use crate::zonefile::error::{SyntaxError, SyntaxErrorKind};
use crate::zonefile::scan::{Kernel, labels, octets};
use crate::zonefile::words::Words;

pub(super) const EXPECT_NAME: &str = "a domain name";
const EXPECT_TYPE: &str = "an RR type such as AAAA or TYPE28";
const EXPECT_ALGORITHM: &str = "a DNSSEC algorithm such as 13 or ECDSAP256SHA256";
const EXPECT_DIGEST_TYPE: &str = "a DS digest type such as 2 or SHA-256";
const EXPECT_CERT_TYPE: &str = "a certificate type such as 1 or PKIX";
const EXPECT_SCHEME: &str = "a DSYNC scheme such as 1 or NOTIFY";

/// Certificate types (RFC 4398 §2.1, IANA registry).
pub(in crate::zonefile) const CERT_TYPES: &[(u16, &str)] = &[
    (1, "PKIX"),
    (2, "SPKI"),
    (3, "PGP"),
    (4, "IPKIX"),
    (5, "ISPKI"),
    (6, "IPGP"),
    (7, "ACPKIX"),
    (8, "IACPKIX"),
    (253, "URI"),
    (254, "OID"),
];

/// Algorithm mnemonics that BIND writes and the IANA registry does not have.
const ALGORITHM_ALIASES: &[(u8, &str)] =
    &[(6, "NSEC3DSA"), (7, "NSEC3RSASHA1"), (12, "ECCGOST"), (252, "INDIRECT")];

/// DS digest types as the registry and as BIND write them.
const DIGEST_TYPES: &[(u8, &str)] = &[
    (1, "SHA-1"),
    (1, "SHA1"),
    (2, "SHA-256"),
    (2, "SHA256"),
    (3, "GOST"),
    (4, "SHA-384"),
    (4, "SHA384"),
];

/// DSYNC schemes (RFC 9859 §6.2).
const SCHEMES: &[(u8, &str)] = &[(1, "NOTIFY")];

pub(super) fn parse_name(
    words: &mut Words<'_>,
    origin: Option<&Name>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    let word = bare(words, EXPECT_NAME)?;
    scan_name(word.text, origin, out).map_err(|error| word.error(SyntaxErrorKind::Name(error)))
}

/// Reads a name as [`Name::from_text`] does and appends its wire octets. After an error `out` is
/// as it was.
///
/// A name's wire form is its text moved on by one octet, with a length in place of each dot: so
/// the text is copied whole, and the lengths are written where the dots are.
///
/// # Errors
/// Those of [`Name::from_text`].
pub fn scan_name(text: &[u8], origin: Option<&Name>, out: &mut Vec<u8>) -> Result<(), NameError> {
    let start = out.len();
    // Of one octet are the short forms `.` and `@`.
    if text.len() < 2 || scan_plain_name(text, origin, out).is_none() {
        // Escapes, the short forms, and names that are none: the plain reader knows them all.
        out.truncate(start);
        out.extend_from_slice(Name::from_text(text, origin)?.as_wire());
    }
    Ok(())
}

/// [`scan_name`] with a kernel: all read the same.
///
/// # Errors
/// Those of [`Name::from_text`].
#[inline(always)]
pub fn scan_name_with(
    kernel: Kernel,
    text: &[u8],
    origin: Option<&Name>,
    out: &mut Vec<u8>,
) -> Result<(), NameError> {
    let start = out.len();
    let origin_wire = origin.map(Name::as_wire);
    match labels::append_wire(kernel, text, out) {
        Some(true) => return Ok(()),
        Some(false) if text != b"@" => {
            if let Some(origin) = origin_wire {
                octets::append(kernel, origin, out);
                if out.len() - start <= MAX_NAME {
                    return Ok(());
                }
            }
        }
        _ => {}
    }
    out.truncate(start);
    scan_name(text, origin, out)
}

/// The common case: labels without escapes. `None`, with `out` in disorder, when it is not that.
fn scan_plain_name(text: &[u8], origin: Option<&Name>, out: &mut Vec<u8>) -> Option<()> {
    // More than 64 octets are rare, and so are dots side by side or in front.
    let start = out.len();
    let mut dots = labels::append(text, out).filter(|dots| dots & (dots << 1 | 1) == 0)?;
    let wire = &mut out[start..];
    let mut label = 0;
    while dots != 0 {
        let at = dots.trailing_zeros() as usize;
        dots &= dots - 1;
        // No label is empty, and none in front of a dot has more than 63 octets of 64.
        #[allow(clippy::cast_possible_truncation)]
        {
            wire[label] = (at - label) as u8;
        }
        label = at + 1;
    }
    if label == text.len() {
        wire[label] = 0; // the last dot is the root's label
        return Some(());
    }
    wire[label] = label_len(text.len() - label)?;
    let origin = origin?.as_wire();
    out.extend_from_slice(origin);
    (text.len() + 1 + origin.len() <= MAX_NAME).then_some(())
}

fn label_len(len: usize) -> Option<u8> {
    u8::try_from(len).ok().filter(|&octet| (1..=MAX_LABEL).contains(&octet.into()))
}

/// A type by mnemonic, as `TYPEnnn`, or, as BIND allows where one type stands, by number.
pub(super) fn parse_type_code(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
    let word = bare(words, EXPECT_TYPE)?;
    let rtype = RType::from_text(word.text).or_else(|| rtype::decimal_u16(word.text).map(RType));
    let rtype = rtype.ok_or_else(|| word.unexpected(EXPECT_TYPE))?;
    out.extend_from_slice(&rtype.0.to_be_bytes());
    Ok(())
}

pub(super) fn parse_algorithm(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
    let word = bare(words, EXPECT_ALGORITHM)?;
    if is_number(word.text) {
        out.push(number::decimal(&word, EXPECT_ALGORITHM, u8::MAX)?);
        return Ok(());
    }
    let algorithm = Algorithm::from_text(word.text).map(|algorithm| algorithm.0);
    let algorithm = algorithm.or_else(|| number_of(ALGORITHM_ALIASES, word.text));
    out.push(algorithm.ok_or_else(|| word.unexpected(EXPECT_ALGORITHM))?);
    Ok(())
}

pub(super) fn parse_digest_type(
    words: &mut Words<'_>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    out.push(number_or_mnemonic(words, DIGEST_TYPES, EXPECT_DIGEST_TYPE, u8::MAX)?);
    Ok(())
}

pub(super) fn parse_cert_type(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
    let cert_type = number_or_mnemonic(words, CERT_TYPES, EXPECT_CERT_TYPE, u16::MAX)?;
    out.extend_from_slice(&cert_type.to_be_bytes());
    Ok(())
}

pub(super) fn parse_scheme(words: &mut Words<'_>, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
    out.push(number_or_mnemonic(words, SCHEMES, EXPECT_SCHEME, u8::MAX)?);
    Ok(())
}

fn number_or_mnemonic<T>(
    words: &mut Words<'_>,
    table: &[(T, &str)],
    expected: &'static str,
    max: T,
) -> Result<T, SyntaxError>
where
    T: Copy + Into<u64> + TryFrom<u64>,
{
    let word = bare(words, expected)?;
    if is_number(word.text) {
        return number::decimal(&word, expected, max);
    }
    number_of(table, word.text).ok_or_else(|| word.unexpected(expected))
}

fn is_number(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &[u8], origin: Option<&Name>) {
        let mut out = b"before".to_vec();
        let scanned = scan_name(text, origin, &mut out);
        let plain = Name::from_text(text, origin);
        assert_eq!(scanned, plain.map(|_| ()));
        let wire = plain.as_ref().map_or(&b""[..], Name::as_wire);
        assert_eq!(out, [b"before", wire].concat());
        for kernel in Kernel::all() {
            let mut out = b"before".to_vec();
            out.shrink_to_fit();
            assert_eq!(scan_name_with(kernel, text, origin, &mut out), scanned);
            assert_eq!(out, [b"before", wire].concat(), "{kernel:?}");
        }
    }

    // RFC 1035 §3.1: 63 octets a label, 255 octets a name, on both sides of each limit.
    #[test]
    fn limits_of_names_are_those_of_the_plain_reader() {
        let origin = Name::from_text(b"example.", None).unwrap();
        for len in 60..66 {
            check("a".repeat(len).as_bytes(), Some(&origin));
        }
        for len in 240..260 {
            for label in [1, 2, 3, 62, 63] {
                let text: String =
                    (1..=len).map(|at| if at % (label + 1) == 0 { '.' } else { 'a' }).collect();
                check(text.as_bytes(), Some(&origin));
                check(text.as_bytes(), None);
            }
        }
    }

    proptest! {
        #[test]
        fn fast_names_are_plain_names(text in r"[a-cA-C.@\\0-9]{0,20}|[a-c.]{0,80}|([a-z]{0,64}\.){0,5}", rooted: bool) {
            let origin = Name::from_text(b"Example.ORG.", None).unwrap();
            check(text.as_bytes(), rooted.then_some(&origin));
        }
    }
}
