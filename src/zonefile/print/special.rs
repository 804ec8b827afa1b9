//! The fields that are whole records or registries of their own.
//!
//! Each function says `None` for octets that no text in its type's form reads back as.

use super::{
    append, be_u16, be_u32, set_bits, some, write_base64, write_hex, write_ipv4, write_ipv6,
    write_name, write_quoted,
};
use crate::dns::RType;
use crate::dns::name::wire_len;
use crate::zonefile::field::{SVC_PARAM_KEYS, SvcParamKey};

/// RFC 9460 §2.1: known keys in their own form when the value has it, else `keyNNNNN`.
pub(super) fn write_svc_params(out: &mut String, mut params: &[u8]) -> Option<()> {
    let mut blank = "";
    while let [k0, k1, l0, l1, rest @ ..] = params {
        let key = u16::from_be_bytes([*k0, *k1]);
        let (value, rest) = rest.split_at_checked(u16::from_be_bytes([*l0, *l1]).into())?;
        out.push_str(blank);
        let start = out.len();
        let known = SVC_PARAM_KEYS.iter().find(|row| row.0 == key);
        let written = known.and_then(|&(_, name, form)| {
            out.push_str(name);
            write_known_value(out, form, value)
        });
        if written.is_none() {
            out.truncate(start);
            append(out, format_args!("key{key}"));
            if !value.is_empty() {
                out.push('=');
                write_quoted(out, value);
            }
        }
        blank = " ";
        params = rest;
    }
    Some(())
}

/// `=` and the value of a registered key; `None`, with `out` in disorder, for other octets.
fn write_known_value(out: &mut String, form: SvcParamKey, value: &[u8]) -> Option<()> {
    if form == SvcParamKey::Empty {
        return value.is_empty().then_some(());
    }
    out.push('=');
    some(value)?;
    match form {
        SvcParamKey::Mandatory => {
            let keys = value.as_chunks::<2>().0.iter().map(|&pair| u16::from_be_bytes(pair));
            let sound = keys.clone().is_sorted_by(|a, b| a < b) && keys.clone().all(|key| key != 0);
            if !sound || !value.len().is_multiple_of(2) {
                return None;
            }
            write_list(out, keys, |out, key| {
                match SVC_PARAM_KEYS.iter().find(|row| row.0 == key) {
                    Some(row) => out.push_str(row.1),
                    None => append(out, format_args!("key{key}")),
                }
                Some(())
            })
        }
        SvcParamKey::Alpn => write_alpn(out, value),
        SvcParamKey::Port => {
            append(out, format_args!("{}", be_u16(value)?));
            Some(())
        }
        SvcParamKey::Ipv4Hint => write_list(out, value.chunks(4), write_ipv4),
        SvcParamKey::Ipv6Hint => write_list(out, value.chunks(16), write_ipv6),
        SvcParamKey::Groups => write_list(out, value.chunks(2), |out, group| {
            append(out, format_args!("{}", be_u16(group)?));
            Some(())
        }),
        SvcParamKey::Ech => {
            write_base64(out, value);
            Some(())
        }
        SvcParamKey::DohPath => {
            write_quoted(out, value);
            Some(())
        }
        SvcParamKey::Empty => None,
    }
}

fn write_list<T>(
    out: &mut String,
    items: impl Iterator<Item = T>,
    write: impl Fn(&mut String, T) -> Option<()>,
) -> Option<()> {
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(out, item)?;
    }
    Some(())
}

/// RFC 9460 Appendix A.1: commas and backslashes in an item are escaped before the string is.
fn write_alpn(out: &mut String, mut value: &[u8]) -> Option<()> {
    let mut list = Vec::new();
    while let Some((&len, rest)) = value.split_first() {
        let (item, rest) = rest.split_at_checked(len.into())?;
        for &octet in some(item)? {
            if matches!(octet, b',' | b'\\') {
                list.push(b'\\');
            }
            list.push(octet);
        }
        if !rest.is_empty() {
            list.push(b',');
        }
        value = rest;
    }
    write_quoted(out, &list);
    Some(())
}

/// RFC 2535 §5.2: at most 128 bits, the first of them clear, no zero octet at the end.
pub(super) fn write_nxt_bitmap(out: &mut String, bits: &[u8]) -> Option<()> {
    if bits.first().is_some_and(|first| first & 0x80 != 0) || bits.last() == Some(&0) {
        return None;
    }
    for (index, number) in set_bits::<u16>(bits).enumerate() {
        append(out, format_args!("{}{}", if index == 0 { "" } else { " " }, RType(number)));
    }
    Some(())
}

/// RFC 1876 §3.
pub(super) fn write_location(out: &mut String, octets: &[u8]) -> Option<()> {
    let [0, sizes @ .., _, _, _, _, _, _, _, _, _, _, _, _] = octets else { return None };
    write_angle(out, be_u32(octets.get(4..8)?)?, 90, ['N', 'S'])?;
    write_angle(out, be_u32(octets.get(8..12)?)?, 180, ['E', 'W'])?;
    let altitude = i64::from(be_u32(octets.get(12..16)?)?) - 10_000_000;
    let sign = if altitude < 0 { "-" } else { "" };
    let (metres, centimetres) = (altitude.abs() / 100, altitude.abs() % 100);
    append(out, format_args!("{sign}{metres}.{centimetres:02}m"));
    for size in sizes {
        let (digit, exponent) = (u64::from(size >> 4), u32::from(size & 15));
        if digit > 9 || exponent > 9 || (digit == 0 && exponent > 0) {
            return None;
        }
        let centimetres = digit * 10u64.pow(exponent);
        append(out, format_args!(" {}.{:02}m", centimetres / 100, centimetres % 100));
    }
    Some(())
}

fn write_angle(
    out: &mut String,
    value: u32,
    max_degrees: u32,
    [positive, negative]: [char; 2],
) -> Option<()> {
    let angle = value.abs_diff(1 << 31);
    if angle > max_degrees * 3_600_000 {
        return None;
    }
    let direction = if value < 1 << 31 { negative } else { positive };
    let (degrees, minutes) = (angle / 3_600_000, angle / 60_000 % 60);
    let (seconds, thousandths) = (angle / 1000 % 60, angle % 1000);
    append(out, format_args!("{degrees} {minutes} {seconds}.{thousandths:03} {direction} "));
    Some(())
}

/// RFC 3123 §5; the address part must end before its trailing zeros (§4).
pub(super) fn write_address_prefixes(out: &mut String, mut rest: &[u8]) -> Option<()> {
    let mut blank = "";
    while let [f0, f1, prefix, len, tail @ ..] = rest {
        let (address, tail) = tail.split_at_checked(usize::from(len & 0x7f))?;
        if address.last() == Some(&0) {
            return None;
        }
        let mark = if len & 0x80 == 0 { "" } else { "!" };
        append(out, format_args!("{blank}{mark}{}:", u16::from_be_bytes([*f0, *f1])));
        let mut octets = [0; 16];
        octets.get_mut(..address.len())?.copy_from_slice(address);
        match (f0, f1) {
            (0, 1) if address.len() <= 4 && *prefix <= 32 => write_ipv4(out, &octets[..4])?,
            (0, 2) if *prefix <= 128 => write_ipv6(out, &octets)?,
            _ => return None,
        }
        append(out, format_args!("/{prefix}"));
        blank = " ";
        rest = tail;
    }
    Some(())
}

/// RFC 1035 §3.4.2: the bitmap ends with the last port.
pub(super) fn write_well_known_services(out: &mut String, octets: &[u8]) -> Option<()> {
    let (address, rest) = octets.split_at_checked(4)?;
    let (protocol, bits) = rest.split_first()?;
    if bits.last() == Some(&0) {
        return None;
    }
    write_ipv4(out, address)?;
    append(out, format_args!(" {protocol}"));
    for port in set_bits::<u16>(bits) {
        append(out, format_args!(" {port}"));
    }
    Some(())
}

/// RFC 4025 §3.1.
pub(super) fn write_ipsec_key(out: &mut String, octets: &[u8]) -> Option<()> {
    let [precedence, kind, algorithm, rest @ ..] = octets else { return None };
    append(out, format_args!("{precedence} {kind} {algorithm} "));
    let key = write_gateway(out, *kind, rest)?;
    if key.is_empty() {
        return (*algorithm == 0).then_some(());
    }
    out.push(' ');
    write_base64(out, key);
    Some(())
}

/// RFC 8777 §4.3.
pub(super) fn write_amt_relay(out: &mut String, octets: &[u8]) -> Option<()> {
    let [precedence, discovery_and_kind, relay @ ..] = octets else { return None };
    let (discovery, kind) = (discovery_and_kind >> 7, discovery_and_kind & 0x7f);
    append(out, format_args!("{precedence} {discovery} {kind} "));
    write_gateway(out, kind, relay).map(|_| ())
}

/// Writes the gateway that the octets begin with and gives the octets behind it.
fn write_gateway<'a>(out: &mut String, kind: u8, octets: &'a [u8]) -> Option<&'a [u8]> {
    let len = match kind {
        0 => 0,
        1 => 4,
        2 => 16,
        3 => wire_len(octets)?,
        _ => return None,
    };
    let (gateway, rest) = octets.split_at_checked(len)?;
    match kind {
        0 => out.push('.'),
        1 => write_ipv4(out, gateway)?,
        2 => write_ipv6(out, gateway)?,
        _ => write_name(out, gateway)?,
    }
    Some(rest)
}

/// RFC 8005 §6.
pub(super) fn write_host_identity(out: &mut String, octets: &[u8]) -> Option<()> {
    let [tag_len, algorithm, k0, k1, rest @ ..] = octets else { return None };
    let (tag, rest) = rest.split_at_checked((*tag_len).into())?;
    let (key, mut servers) = rest.split_at_checked(u16::from_be_bytes([*k0, *k1]).into())?;
    append(out, format_args!("{algorithm} "));
    write_hex(out, some(tag)?);
    out.push(' ');
    write_base64(out, some(key)?);
    while !servers.is_empty() {
        let (server, rest) = servers.split_at_checked(wire_len(servers)?)?;
        out.push(' ');
        write_name(out, server)?;
        servers = rest;
    }
    Some(())
}

/// RFC 2874 §3.2; bits of the suffix that belong to the prefix must be zero.
pub(super) fn write_a6(out: &mut String, octets: &[u8]) -> Option<()> {
    let (&prefix, rest) = octets.split_first()?;
    let len = usize::from(128u8.checked_sub(prefix)?).div_ceil(8);
    let (suffix, name) = rest.split_at_checked(len)?;
    append(out, format_args!("{prefix}"));
    if prefix < 128 {
        let mut address = [0; 16];
        address[16 - len..].copy_from_slice(suffix);
        let outside = !(u128::MAX >> prefix);
        if u128::from_be_bytes(address) & outside != 0 {
            return None;
        }
        out.push(' ');
        write_ipv6(out, &address)?;
    }
    if prefix > 0 {
        out.push(' ');
        write_name(out, name)?;
    }
    Some(())
}

/// ATM Forum af-saa-0069 §5.3.
pub(super) fn write_atm_address(out: &mut String, octets: &[u8]) -> Option<()> {
    match octets.split_first()? {
        (0, address) => write_hex(out, some(address)?),
        (1, digits) if some(digits)?.iter().all(u8::is_ascii_digit) => {
            out.push('+');
            out.push_str(str::from_utf8(digits).ok()?);
        }
        _ => return None,
    }
    Some(())
}
