//! RDATA to presentation form: the inverse of [`field`](super::field).
//!
//! Whatever is printed reads back as the same octets. RDATA that no text of its type's own form
//! would give, such as an address prefix with trailing zero octets, is printed as `\#` and
//! hexadecimal (RFC 3597 §5), as is RDATA of types without a form and RDATA that does not fit.

mod special;

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::field::{CERT_TYPES, text::is_tag};
use crate::dns::schema::{Field, fields, walk};
use crate::dns::{Name, RType, Timestamp};

/// Appends RDATA in presentation form, on one line and with absolute names.
///
/// # Examples
/// ```
/// use sigmill::{dns::RType, zonefile::print::write_rdata};
///
/// let mut text = String::new();
/// write_rdata(&mut text, RType::MX, b"\x00\x0a\x04mail\x00");
/// assert_eq!(text, "10 mail.");
/// text.clear();
/// write_rdata(&mut text, RType(65280), b"\x01\xff");
/// assert_eq!(text, r"\# 2 01FF");
/// ```
pub fn write_rdata(out: &mut String, rtype: RType, rdata: &[u8]) {
    let start = out.len();
    let mut printable = fields(rtype).is_some();
    let walked = walk(rtype, rdata, |field, octets| {
        if printable {
            let field_start = out.len();
            printable = write_field(out, field, octets).is_some();
            if out.len() > field_start {
                out.push(' ');
            }
        }
    });
    if walked.is_ok() && printable && out.len() > start {
        out.pop(); // the blank behind the last field
        return;
    }
    out.truncate(start);
    write_unknown_form(out, rdata);
}

/// Appends `\#`, the number of octets, and the octets in hexadecimal (RFC 3597 §5).
pub fn write_unknown_form(out: &mut String, rdata: &[u8]) {
    append(out, format_args!(r"\# {}", rdata.len()));
    if !rdata.is_empty() {
        out.push(' ');
        write_hex(out, rdata);
    }
}

/// Appends one field; `None` when these octets have no text in the field's form.
fn write_field(out: &mut String, field: Field, octets: &[u8]) -> Option<()> {
    match field {
        Field::U8 | Field::Algorithm | Field::DigestType | Field::Scheme => {
            append(out, format_args!("{}", octets.first()?));
        }
        Field::U16 => append(out, format_args!("{}", be_u16(octets)?)),
        Field::U32 | Field::Period => append(out, format_args!("{}", be_u32(octets)?)),
        Field::U64 => append(out, format_args!("{}", u64::from_be_bytes(octets.try_into().ok()?))),
        Field::Time => append(out, format_args!("{}", Timestamp(be_u32(octets)?))),
        Field::TypeCode => append(out, format_args!("{}", RType(be_u16(octets)?))),
        Field::CertType => {
            let number = be_u16(octets)?;
            match CERT_TYPES.iter().find(|row| row.0 == number) {
                Some(row) => out.push_str(row.1),
                None => append(out, format_args!("{number}")),
            }
        }
        Field::LowerName | Field::Name => write_name(out, octets)?,
        Field::Ipv4 => write_ipv4(out, octets)?,
        Field::Ipv6 => write_ipv6(out, octets)?,
        Field::Locator64 => write_groups(out, octets),
        Field::Eui48 | Field::Eui64 => write_eui(out, octets),
        Field::CharString | Field::OptionalCharString | Field::CharStrings => {
            write_char_strings(out, octets)?;
        }
        Field::Tag => out.push_str(str::from_utf8(octets.get(1..).filter(|t| is_tag(t))?).ok()?),
        Field::Text => write_quoted(out, octets),
        Field::Hex => write_hex(out, some(octets)?),
        Field::OptionalHex => write_hex(out, octets),
        Field::HexLen8 => match octets.get(1..)? {
            [] => out.push('-'),
            salt => write_hex(out, salt),
        },
        Field::Base64 => write_base64(out, some(octets)?),
        Field::OptionalBase64 => write_base64(out, octets),
        Field::Base64OrDash => match octets {
            [] => out.push('-'),
            octets => write_base64(out, octets),
        },
        Field::Base32Len8 => write_base32hex(out, some(octets.get(1..)?)?),
        Field::TypeBitmap => write_type_bitmap(out, octets)?,
        Field::NxtBitmap => special::write_nxt_bitmap(out, octets)?,
        Field::SvcParams => special::write_svc_params(out, octets)?,
        Field::Location => special::write_location(out, octets)?,
        Field::AddressPrefixes => special::write_address_prefixes(out, octets)?,
        Field::WellKnownServices => special::write_well_known_services(out, octets)?,
        Field::Nsap => {
            out.push_str("0x");
            write_hex(out, octets);
        }
        Field::IpsecKey => special::write_ipsec_key(out, octets)?,
        Field::AmtRelay => special::write_amt_relay(out, octets)?,
        Field::HostIdentity => special::write_host_identity(out, octets)?,
        Field::A6 => special::write_a6(out, octets)?,
        Field::AtmAddress => special::write_atm_address(out, octets)?,
    }
    Some(())
}

/// Octets, if there are any.
fn some(octets: &[u8]) -> Option<&[u8]> {
    (!octets.is_empty()).then_some(octets)
}

fn be_u16(octets: &[u8]) -> Option<u16> {
    octets.try_into().ok().map(u16::from_be_bytes)
}

fn be_u32(octets: &[u8]) -> Option<u32> {
    octets.try_into().ok().map(u32::from_be_bytes)
}

fn append(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text); // a String takes all it is given
}

fn write_name(out: &mut String, octets: &[u8]) -> Option<()> {
    append(out, format_args!("{}", Name::from_wire(octets).ok()?));
    Some(())
}

fn write_ipv4(out: &mut String, octets: &[u8]) -> Option<()> {
    append(out, format_args!("{}", Ipv4Addr::from(<[u8; 4]>::try_from(octets).ok()?)));
    Some(())
}

fn write_ipv6(out: &mut String, octets: &[u8]) -> Option<()> {
    append(out, format_args!("{}", Ipv6Addr::from(<[u8; 16]>::try_from(octets).ok()?)));
    Some(())
}

/// Pairs of octets in hexadecimal with colons between (RFC 6742 §2.1.2).
fn write_groups(out: &mut String, octets: &[u8]) {
    for (index, &pair) in octets.as_chunks::<2>().0.iter().enumerate() {
        let colon = if index == 0 { "" } else { ":" };
        append(out, format_args!("{colon}{:x}", u16::from_be_bytes(pair)));
    }
}

fn write_eui(out: &mut String, octets: &[u8]) {
    for (index, octet) in octets.iter().enumerate() {
        let dash = if index == 0 { "" } else { "-" };
        append(out, format_args!("{dash}{octet:02x}"));
    }
}

/// One or more character-strings, each in quotes; nothing for none.
fn write_char_strings(out: &mut String, mut octets: &[u8]) -> Option<()> {
    while let Some((&len, rest)) = octets.split_first() {
        let (string, rest) = rest.split_at_checked(len.into())?;
        write_quoted(out, string);
        if !rest.is_empty() {
            out.push(' ');
        }
        octets = rest;
    }
    Some(())
}

/// Octets as text in quotes: `"` and `\` escaped, and as `\DDD` what ASCII does not print.
fn write_quoted(out: &mut String, octets: &[u8]) {
    out.push('"');
    for &octet in octets {
        match octet {
            b'"' | b'\\' => {
                out.push('\\');
                out.push(char::from(octet));
            }
            b' '..=b'~' => out.push(char::from(octet)),
            _ => append(out, format_args!("\\{octet:03}")),
        }
    }
    out.push('"');
}

fn write_hex(out: &mut String, octets: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.reserve(octets.len() * 2);
    for &octet in octets {
        out.push(char::from(DIGITS[usize::from(octet >> 4)]));
        out.push(char::from(DIGITS[usize::from(octet & 15)]));
    }
}

fn write_base64(out: &mut String, octets: &[u8]) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    out.reserve(octets.len().div_ceil(3) * 4);
    for group in octets.chunks(3) {
        let mut bits = [0; 4];
        bits[1..=group.len()].copy_from_slice(group);
        let bits = u32::from_be_bytes(bits);
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place)) as usize & 63];
            out.push(if place <= group.len() { char::from(digit) } else { '=' });
        }
    }
}

/// RFC 4648 §7 without padding (RFC 5155 §3.3).
fn write_base32hex(out: &mut String, octets: &[u8]) {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHIJKLMNOPQRSTUV";
    for group in octets.chunks(5) {
        let mut bits = [0; 8];
        bits[3..3 + group.len()].copy_from_slice(group);
        let bits = u64::from_be_bytes(bits);
        for place in 0..(group.len() * 8).div_ceil(5) {
            out.push(char::from(
                DIGITS[usize::from((bits >> (35 - 5 * place)).to_le_bytes()[0] & 31)],
            ));
        }
    }
}

/// The types of a bitmap in ascending order; nothing for none (RFC 4034 §4.1.2).
fn write_type_bitmap(out: &mut String, mut windows: &[u8]) -> Option<()> {
    let mut blank = "";
    while let [window, len, rest @ ..] = windows {
        let (bits, rest) = rest.split_at_checked((*len).into())?;
        for low in set_bits(bits) {
            append(out, format_args!("{blank}{}", RType(u16::from_be_bytes([*window, low]))));
            blank = " ";
        }
        windows = rest;
    }
    Some(())
}

/// The places of the bits that are set, the highest bit of the first octet being place 0.
fn set_bits<T: TryFrom<usize>>(bits: &[u8]) -> impl Iterator<Item = T> {
    (0..bits.len() * 8)
        .filter(|place| bits[place / 8] & 0x80 >> (place % 8) != 0)
        .filter_map(|place| T::try_from(place).ok())
}
