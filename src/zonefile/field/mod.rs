//! Fields of RDATA from text: one file per family of fields, one function per field.
//!
//! Two kinds of function live here. A `scan_…` reads text to a value or to wire octets and knows
//! nothing of words; a `parse_…` takes the words it needs from the cursor, appends wire octets to
//! `out`, and says which word is wrong. Nothing that a signed zone is full of allocates: names,
//! numbers, times, base64, base32hex, hexadecimal and type bitmaps.
//!
//! What is accepted is what BIND accepts, with these differences, all in what a zone that other
//! software loads may hold: the original TTL of an RRSIG may have units; an URI target may be bare
//! and a CAA tag quoted; lengths that an algorithm or digest fixes, the number of digits in X25,
//! and whether SVCB's parameters fit each other are not judged here, because such RDATA is signed
//! all the same; and IPSECKEY may leave out its key where the algorithm says that there is none
//! (RFC 4025 §2.4). The flags and protocol of KEY and DNSKEY are numbers only.

pub mod address;
mod bitmap;
pub mod encoding;
pub(super) mod hot;
mod location;
pub mod name;
pub mod number;
pub(super) mod short;
mod special;
mod svcb;
pub mod text;

use self::encoding::HexDecoder;
use super::error::{SyntaxError, SyntaxErrorKind};
use super::scan::Kernel;
use super::words::{Word, Words};
use crate::dns::schema::{Field, fields, walk};
use crate::dns::{Name, RType, rtype};

pub(super) use self::name::CERT_TYPES;
pub(super) use self::svcb::{KEYS as SVC_PARAM_KEYS, SvcParamKey};

/// Most octets of RDATA: RDLENGTH has 16 bits (RFC 1035 §3.2.1).
pub const MAX_RDATA: usize = u16::MAX as usize;

/// Reads the RDATA that the words are and appends its wire octets, names uncompressed.
///
/// The words are those behind the record's type: the type's own form, or `\#` and hexadecimal for
/// any type (RFC 3597 §5). Relative names get `origin` appended. After an error `out` is as it was.
///
/// # Errors
/// The first word that is wrong, missing or too many, with its place;
/// [`SyntaxErrorKind::NoPresentation`] for a type that has no form of its own;
/// [`SyntaxErrorKind::Wire`] when octets given by `\#` do not fit the type;
/// [`SyntaxErrorKind::TooLong`] above [`MAX_RDATA`].
///
/// # Examples
/// ```
/// use sigmill::dns::{Name, RType};
/// use sigmill::zonefile::{Token, Words, field::parse_rdata};
///
/// let text = b"10 mail";
/// let token = |start, end| Token::new(start, end, false);
/// let (tokens, origin) = ([token(0, 2), token(3, 7)], Name::from_text(b"example.", None)?);
/// let mut rdata = Vec::new();
/// parse_rdata(RType::MX, &mut Words::new(text, &tokens), Some(&origin), &mut rdata)?;
/// assert_eq!(rdata, b"\x00\x0a\x04mail\x07example\x00");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[inline]
pub fn parse_rdata(
    rtype: RType,
    words: &mut Words<'_>,
    origin: Option<&Name>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    let start = out.len();
    if hot::parse(Kernel::Plain, rtype, words, origin, out).is_some()
        && out.len() - start <= MAX_RDATA
    {
        words.skip(words.len());
        return Ok(());
    }
    out.truncate(start);
    parse_unusual_rdata(rtype, words, origin, out)
}

fn parse_unusual_rdata(
    rtype: RType,
    words: &mut Words<'_>,
    origin: Option<&Name>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    let (start, all) = (out.len(), words.clone());
    let mut parsed = parse_by_table(rtype, words, origin, out);
    if parsed.is_ok() && out.len() - start > MAX_RDATA {
        parsed = Err(spanning(all, SyntaxErrorKind::TooLong { what: "RDATA", max: MAX_RDATA }));
    }
    if parsed.is_err() {
        out.truncate(start);
    }
    parsed
}

/// Reads RDATA of any form; after an error, `out` is possibly longer.
fn parse_by_table(
    rtype: RType,
    words: &mut Words<'_>,
    origin: Option<&Name>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    let unknown_form = words.peek().is_some_and(|word| !word.quoted && word.text == br"\#");
    if unknown_form {
        parse_unknown_form(rtype, words, out)
    } else {
        parse_fields(rtype, words, origin, out)
    }
}

fn parse_fields(
    rtype: RType,
    words: &mut Words<'_>,
    origin: Option<&Name>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    let Some(fields) = fields(rtype) else {
        let word = words.next("\\#")?;
        return Err(word.error(SyntaxErrorKind::NoPresentation { rtype }));
    };
    for &field in fields {
        parse_field(field, words, origin, out)?;
    }
    match words.peek() {
        None => Ok(()),
        Some(word) => Err(word.error(SyntaxErrorKind::Trailing { rtype })),
    }
}

fn parse_field(
    field: Field,
    words: &mut Words<'_>,
    origin: Option<&Name>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    match field {
        Field::U8 => number::parse_u8(words, out),
        Field::U16 => number::parse_u16(words, out),
        Field::U32 => number::parse_u32(words, out),
        Field::U64 => number::parse_u64(words, out),
        Field::Period => number::parse_period(words, out),
        Field::Time => number::parse_time(words, out),
        Field::TypeCode => name::parse_type_code(words, out),
        Field::Algorithm => name::parse_algorithm(words, out),
        Field::DigestType => name::parse_digest_type(words, out),
        Field::CertType => name::parse_cert_type(words, out),
        Field::Scheme => name::parse_scheme(words, out),
        Field::LowerName | Field::Name => name::parse_name(words, origin, out),
        Field::Ipv4 => address::parse_ipv4(words, out),
        Field::Ipv6 => address::parse_ipv6(words, out),
        Field::Locator64 => address::parse_locator64(words, out),
        Field::Eui48 => address::parse_eui48(words, out),
        Field::Eui64 => address::parse_eui64(words, out),
        Field::CharString => text::parse_char_string(words, out),
        Field::OptionalCharString => text::parse_optional_char_string(words, out),
        Field::CharStrings => text::parse_char_strings(words, out),
        Field::Tag => text::parse_tag(words, out),
        Field::Text => text::parse_text(words, out),
        Field::Hex => encoding::parse_hex(words, out),
        Field::OptionalHex => encoding::parse_optional_hex(words, out),
        Field::HexLen8 => encoding::parse_hex_len8(words, out),
        Field::Base64 => encoding::parse_base64(words, out),
        Field::OptionalBase64 => encoding::parse_optional_base64(words, out),
        Field::Base64OrDash => encoding::parse_base64_or_dash(words, out),
        Field::Base32Len8 => encoding::parse_base32_len8(words, out),
        Field::TypeBitmap => bitmap::parse_type_bitmap(words, out),
        Field::NxtBitmap => bitmap::parse_nxt_bitmap(words, out),
        Field::SvcParams => svcb::parse_svc_params(words, out),
        Field::Location => location::parse_location(words, out),
        Field::AddressPrefixes => special::parse_address_prefixes(words, out),
        Field::WellKnownServices => special::parse_well_known_services(words, out),
        Field::Nsap => special::parse_nsap(words, out),
        Field::IpsecKey => special::parse_ipsec_key(words, origin, out),
        Field::AmtRelay => special::parse_amt_relay(words, origin, out),
        Field::HostIdentity => special::parse_host_identity(words, origin, out),
        Field::A6 => special::parse_a6(words, origin, out),
        Field::AtmAddress => special::parse_atm_address(words, out),
    }
}

/// RFC 3597 §5: `\#`, the number of octets, and the octets in words of hexadecimal, which BIND lets
/// end between the two digits of an octet.
fn parse_unknown_form(
    rtype: RType,
    words: &mut Words<'_>,
    out: &mut Vec<u8>,
) -> Result<(), SyntaxError> {
    let (start, all) = (out.len(), words.clone());
    words.take();
    let length = bare(words, number::EXPECT_U16)?;
    let stated = rtype::decimal_u16(length.text);
    let stated = stated.ok_or_else(|| length.unexpected(number::EXPECT_U16))?;
    let mut decoder = HexDecoder::default();
    while !words.is_empty() {
        let word = bare(words, encoding::EXPECT_HEX)?;
        decoder.scan(word.text, out).ok_or_else(|| word.unexpected(encoding::EXPECT_HEX))?;
        if !decoder.is_complete() && words.is_empty() {
            return Err(word.unexpected(encoding::EXPECT_HEX_PAIR));
        }
    }
    let found = out.len() - start;
    if found != usize::from(stated) {
        return Err(length.error(SyntaxErrorKind::UnknownLength { stated, found }));
    }
    walk(rtype, &out[start..], |_, _| {})
        .map_err(|error| spanning(all, SyntaxErrorKind::Wire { rtype, error }))
}

/// Takes a word that must not be quoted: quotes make a string of what else were a number or name.
#[inline]
fn bare<'a>(words: &mut Words<'a>, expected: &'static str) -> Result<Word<'a>, SyntaxError> {
    let word = words.next(expected)?;
    if word.quoted { Err(word.unexpected(expected)) } else { Ok(word) }
}

/// An error about all of these words.
fn spanning(mut words: Words<'_>, kind: SyntaxErrorKind) -> SyntaxError {
    let (start, mut end) = words.peek().map_or((0, 0), |word| (word.start, word.end()));
    while let Some(word) = words.take() {
        end = word.end();
    }
    SyntaxError { kind, start, end }
}

/// The number of a mnemonic in a table, in any case.
fn number_of<T: Copy>(table: &[(T, &str)], text: &[u8]) -> Option<T> {
    table.iter().find(|row| text.eq_ignore_ascii_case(row.1.as_bytes())).map(|row| row.0)
}
