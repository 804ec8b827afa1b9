//! The RDATA schema table: one row per type that has a presentation format.
//!
//! Reading text, printing, checking wire form and canonicalizing are interpreters of this table.
//! Sources: the RFC that defines each type, as the IANA registry lists them; for types without an
//! RFC, the expert-review template there.

use super::RType;
use super::name::wire_len;

/// One field of RDATA: its wire shape, and with it its presentation form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// One octet, decimal.
    U8,
    /// Two octets, decimal.
    U16,
    /// Four octets, decimal.
    U32,
    /// Eight octets, decimal, or two halves with a dot between (IPN: draft-johnson-dns-ipn-cla §3.1).
    U64,
    /// Four octets, decimal or with units as in `1h30m` (SOA's timers).
    Period,
    /// Four octets, `YYYYMMDDHHMMSS` or decimal (RFC 4034 §3.2).
    Time,
    /// Four octets, dotted quad.
    Ipv4,
    /// Sixteen octets (RFC 4291 §2.2).
    Ipv6,
    /// Eight octets as four groups of hex digits (RFC 6742 §2.1.2).
    Locator64,
    /// Six octets as `xx-xx-xx-xx-xx-xx` (RFC 7043 §3.2).
    Eui48,
    /// Eight octets as `xx-…-xx` (RFC 7043 §4.2).
    Eui64,
    /// Two octets, a type mnemonic or `TYPEnnn`.
    TypeCode,
    /// One octet, a DNSSEC algorithm by number or mnemonic.
    Algorithm,
    /// One octet, a DS digest type by number or mnemonic (RFC 4034 §5.3, IANA registry).
    DigestType,
    /// Two octets, a certificate type by number or mnemonic (RFC 4398 §2.1).
    CertType,
    /// One octet, a DSYNC scheme by number or mnemonic (RFC 9859 §2.1).
    Scheme,
    /// A name that canonical form lower-cases (RFC 4034 §6.2, RFC 6840 §5.1).
    LowerName,
    /// A name whose case canonical form keeps.
    Name,
    /// One character-string (RFC 1035 §3.3): a length octet and up to 255 octets.
    CharString,
    /// A character-string that may be left out at the end of the record (ISDN).
    OptionalCharString,
    /// One or more character-strings to the end of the record.
    CharStrings,
    /// A property tag: a length octet and letters and digits, at least one (RFC 8659 §4.1).
    Tag,
    /// The rest of the record from one quoted or bare text, without a length (CAA, URI).
    Text,
    /// The rest of the record in hexadecimal; blanks may stand between digits.
    Hex,
    /// Hexadecimal to the end of the record, or nothing (SSHFP, as BIND reads it).
    OptionalHex,
    /// A length octet and that many octets in hexadecimal without blanks; `-` when empty.
    HexLen8,
    /// The rest of the record in base64; blanks may stand between digits.
    Base64,
    /// Base64 to the end of the record, or nothing (KEY without a key: RFC 2535 §3.1.2; SINK).
    OptionalBase64,
    /// Base64 to the end of the record, or `-` for no octets (DOA: draft-durand-doa-over-dns §3.2).
    Base64OrDash,
    /// A length octet and that many octets in base32hex without padding (NSEC3).
    Base32Len8,
    /// The rest of the record: windows of type bits (RFC 4034 §4.1.2).
    TypeBitmap,
    /// The rest of the record: service parameters (RFC 9460 §2.1).
    SvcParams,
    /// The rest of the record: address prefixes (RFC 3123 §5).
    AddressPrefixes,
    /// The whole record: LOC version 0 (RFC 1876 §3).
    Location,
    /// The whole record: address, protocol, bit map of ports (RFC 1035 §3.4.2).
    WellKnownServices,
    /// The whole record: `0x` and hexadecimal with dots (RFC 1706 §5).
    Nsap,
    /// The whole record: IPSECKEY, whose gateway depends on its type (RFC 4025 §3).
    IpsecKey,
    /// The whole record: AMTRELAY, whose relay depends on its type (RFC 8777 §4).
    AmtRelay,
    /// The whole record: HIP (RFC 8005 §5).
    HostIdentity,
    /// The rest of the record: the fixed bitmap of NXT (RFC 2535 §5.2).
    NxtBitmap,
    /// The whole record: prefix length, address suffix, prefix name (RFC 2874 §3.1).
    A6,
    /// The whole record: ATM address (ATM Forum af-saa-0069 §5.2).
    AtmAddress,
}

use Field::{
    A6, AddressPrefixes, Algorithm, AmtRelay, AtmAddress, Base32Len8, Base64, Base64OrDash,
    CertType, CharString, CharStrings, DigestType, Eui48, Eui64, Hex, HexLen8, HostIdentity,
    IpsecKey, Ipv4, Ipv6, Location, Locator64, LowerName, Name, Nsap, NxtBitmap, OptionalBase64,
    OptionalCharString, OptionalHex, Period, Scheme, SvcParams, Tag, Text, Time, TypeBitmap,
    TypeCode, U8, U16, U32, U64, WellKnownServices,
};

/// The fields of a type's RDATA; `None` for types that are only written as `\# …` (RFC 3597).
#[must_use]
pub fn fields(rtype: RType) -> Option<&'static [Field]> {
    Some(match rtype {
        RType::A => &[Ipv4],
        RType::NS
        | RType::MD
        | RType::MF
        | RType::CNAME
        | RType::MB
        | RType::MG
        | RType::MR
        | RType::PTR
        | RType::DNAME => &[LowerName],
        RType::SOA => &[LowerName, LowerName, U32, Period, Period, Period, Period],
        RType::WKS => &[WellKnownServices],
        RType::HINFO => &[CharString, CharString],
        RType::MINFO | RType::RP => &[LowerName, LowerName],
        RType::MX | RType::AFSDB | RType::RT | RType::KX => &[U16, LowerName],
        RType::TXT
        | RType::SPF
        | RType::NINFO
        | RType::AVC
        | RType::RESINFO
        | RType::WALLET
        | RType::CLA => &[CharStrings],
        RType::X25 => &[CharString],
        RType::ISDN => &[CharString, OptionalCharString],
        RType::NSAP => &[Nsap],
        // RFC 1706 §6: "the same as PTR", but it is not in RFC 4034's list of lower-cased types.
        RType::NSAP_PTR => &[Name],
        RType::SIG | RType::RRSIG => {
            &[TypeCode, Algorithm, U8, Period, Time, Time, U16, LowerName, Base64]
        }
        RType::DNSKEY | RType::CDNSKEY | RType::RKEY => &[U16, U8, Algorithm, Base64],
        RType::KEY => &[U16, U8, Algorithm, OptionalBase64],
        RType::PX => &[U16, LowerName, LowerName],
        RType::GPOS => &[CharString, CharString, CharString],
        RType::AAAA => &[Ipv6],
        RType::LOC => &[Location],
        RType::NXT => &[LowerName, NxtBitmap],
        RType::EID | RType::NIMLOC => &[Hex],
        RType::SRV => &[U16, U16, U16, LowerName],
        RType::ATMA => &[AtmAddress],
        RType::NAPTR => &[U16, U16, CharString, CharString, CharString, LowerName],
        RType::CERT => &[CertType, U16, Algorithm, Base64],
        RType::A6 => &[A6],
        RType::SINK => &[U8, U8, U8, OptionalBase64],
        RType::APL => &[AddressPrefixes],
        RType::DS | RType::CDS | RType::TA | RType::DLV => &[U16, Algorithm, DigestType, Hex],
        RType::SSHFP => &[U8, U8, OptionalHex],
        RType::IPSECKEY => &[IpsecKey],
        RType::NSEC => &[Name, TypeBitmap],
        RType::DHCID | RType::OPENPGPKEY | RType::HHIT | RType::BRID => &[Base64],
        RType::NSEC3 => &[U8, U8, U16, HexLen8, Base32Len8, TypeBitmap],
        RType::NSEC3PARAM => &[U8, U8, U16, HexLen8],
        RType::TLSA | RType::SMIMEA => &[U8, U8, U8, Hex],
        RType::HIP => &[HostIdentity],
        RType::TALINK => &[Name, Name],
        RType::CSYNC => &[U32, U16, TypeBitmap],
        RType::ZONEMD => &[U32, U8, U8, Hex],
        RType::SVCB | RType::HTTPS => &[U16, Name, SvcParams],
        RType::DSYNC => &[TypeCode, Scheme, U16, Name],
        RType::NID | RType::L64 => &[U16, Locator64],
        RType::L32 => &[U16, Ipv4],
        RType::LP => &[U16, Name],
        RType::EUI48 => &[Eui48],
        RType::EUI64 => &[Eui64],
        RType::URI => &[U16, U16, Text],
        RType::CAA => &[U8, Tag, Text],
        RType::DOA => &[U32, U32, U8, CharString, Base64OrDash],
        RType::AMTRELAY => &[AmtRelay],
        RType::IPN => &[U64],
        _ => return None,
    })
}

/// RDATA whose octets do not fit the schema of its type.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("RDATA does not fit its type: field {} begins at octet {at} and is cut short or wrong", index + 1)]
pub struct WireError {
    /// Which field, counted from 0.
    pub index: usize,
    /// Where in the RDATA the field begins.
    pub at: usize,
}

/// Walks wire-form RDATA field by field, names uncompressed, and checks that it fits exactly.
///
/// `visit` gets each field with the octets it occupies. Types without a schema are not visited.
///
/// # Errors
/// The first field that is cut short or malformed, or the end when octets are left over.
pub fn walk<'a>(
    rtype: RType,
    rdata: &'a [u8],
    mut visit: impl FnMut(Field, &'a [u8]),
) -> Result<(), WireError> {
    let Some(fields) = fields(rtype) else { return Ok(()) };
    let mut at = 0;
    for (index, &field) in fields.iter().enumerate() {
        let rest = &rdata[at..];
        let len = field_len(field, rest).filter(|&len| len <= rest.len());
        let len = len.ok_or(WireError { index, at })?;
        visit(field, &rest[..len]);
        at += len;
    }
    if at == rdata.len() { Ok(()) } else { Err(WireError { index: fields.len(), at }) }
}

/// Octets that a field takes at the start of `rest`; may exceed `rest`. `None` when malformed.
pub(super) fn field_len(field: Field, rest: &[u8]) -> Option<usize> {
    let fits = |ok: bool| ok.then_some(rest.len());
    match field {
        U8 | Algorithm | DigestType | Scheme => Some(1),
        U16 | TypeCode | CertType => Some(2),
        U32 | Period | Time | Ipv4 => Some(4),
        Eui48 => Some(6),
        U64 | Locator64 | Eui64 => Some(8),
        Ipv6 => Some(16),
        LowerName | Name => wire_len(rest),
        CharString | Tag | HexLen8 | Base32Len8 => Some(1 + usize::from(*rest.first()?)),
        OptionalCharString => Some(rest.first().map_or(0, |&len| 1 + usize::from(len))),
        CharStrings => fits(are_char_strings(rest)),
        Text | Hex | OptionalHex | Base64 | OptionalBase64 | Base64OrDash => Some(rest.len()),
        TypeBitmap => fits(is_type_bitmap(rest)),
        SvcParams => fits(are_svc_params(rest)),
        AddressPrefixes => fits(are_address_prefixes(rest)),
        // Only version 0 has a defined shape (RFC 1876 §2).
        Location => fits(rest.first().is_some_and(|&version| version != 0 || rest.len() == 16)),
        WellKnownServices => fits((5..=5 + 8192).contains(&rest.len())),
        Nsap => fits(!rest.is_empty()),
        IpsecKey => {
            let gateway = gateway_len(*rest.get(1)?, rest.get(3..)?)?;
            fits(rest.len() >= 3 + gateway)
        }
        AmtRelay => {
            let (kind, relay) = (*rest.get(1)? & 0x7f, rest.get(2..)?);
            // RFC 8777 §4.2.4: the relay's length is only known for these types.
            fits(kind > 3 || gateway_len(kind, relay) == Some(relay.len()))
        }
        HostIdentity => fits(is_host_identity(rest).is_some()),
        NxtBitmap => fits(rest.len() <= 16),
        A6 => a6_len(rest),
        AtmAddress => fits(rest.len() >= 2),
    }
}

fn are_char_strings(mut rest: &[u8]) -> bool {
    let mut count = 0;
    while let Some((&len, tail)) = rest.split_first() {
        let Some(tail) = tail.get(usize::from(len)..) else { return false };
        rest = tail;
        count += 1;
    }
    count > 0
}

/// RFC 4034 §4.1.2: windows ascending, each of 1 to 32 octets, no trailing zero octet.
fn is_type_bitmap(mut rest: &[u8]) -> bool {
    let mut previous = None;
    while let [window, len, tail @ ..] = rest {
        let len = usize::from(*len);
        let Some(bits) = tail.get(..len) else { return false };
        let ascending = previous.is_none_or(|before| before < *window);
        if !ascending || !(1..=32).contains(&len) || bits[len - 1] == 0 {
            return false;
        }
        previous = Some(*window);
        rest = &tail[len..];
    }
    rest.is_empty()
}

/// RFC 9460 §2.2: keys strictly ascending, each with a 16-bit length.
fn are_svc_params(mut rest: &[u8]) -> bool {
    let mut previous = None;
    while let [k0, k1, l0, l1, tail @ ..] = rest {
        let key = u16::from_be_bytes([*k0, *k1]);
        let Some(tail) = tail.get(usize::from(u16::from_be_bytes([*l0, *l1]))..) else {
            return false;
        };
        if previous.is_some_and(|before| before >= key) {
            return false;
        }
        previous = Some(key);
        rest = tail;
    }
    rest.is_empty()
}

/// RFC 3123 §4: family, prefix, N and length, address part.
fn are_address_prefixes(mut rest: &[u8]) -> bool {
    while let [_, _, _, len, tail @ ..] = rest {
        let Some(tail) = tail.get(usize::from(len & 0x7f)..) else { return false };
        rest = tail;
    }
    rest.is_empty()
}

/// Octets of an IPSECKEY gateway or AMT relay of a type: none, IPv4, IPv6, name.
fn gateway_len(kind: u8, rest: &[u8]) -> Option<usize> {
    match kind {
        0 => Some(0),
        1 => Some(4),
        2 => Some(16),
        3 => wire_len(rest),
        _ => None,
    }
}

/// RFC 8005 §5: HIT length, algorithm, key length, HIT, key, rendezvous servers.
fn is_host_identity(rest: &[u8]) -> Option<()> {
    let [hit_len, _, k0, k1, tail @ ..] = rest else { return None };
    let fixed = usize::from(*hit_len) + usize::from(u16::from_be_bytes([*k0, *k1]));
    let mut servers = tail.get(fixed..)?;
    while !servers.is_empty() {
        servers = servers.get(wire_len(servers)?..)?;
    }
    Some(())
}

/// RFC 2874 §3.1: a prefix length up to 128, the octets of the suffix, and a name unless it is 0.
fn a6_len(rest: &[u8]) -> Option<usize> {
    let prefix = usize::from(*rest.first()?);
    let suffix = (128usize.checked_sub(prefix)?).div_ceil(8);
    let name = if prefix == 0 { 0 } else { wire_len(rest.get(1 + suffix..)?)? };
    Some(1 + suffix + name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walking_visits_each_field_with_its_octets() {
        let mut seen = Vec::new();
        walk(RType::MX, b"\0\x0a\x04mail\0", |field, octets| seen.push((field, octets))).unwrap();
        assert_eq!(seen, [(U16, &b"\0\x0a"[..]), (LowerName, b"\x04mail\0")]);
    }

    #[test]
    fn octets_missing_or_left_over_are_errors_with_a_place() {
        let check = |rtype, rdata| walk(rtype, rdata, |_, _| {});
        assert_eq!(check(RType::A, b"\x01\x02\x03"), Err(WireError { index: 0, at: 0 }));
        assert_eq!(check(RType::A, b"\x01\x02\x03\x04\x05"), Err(WireError { index: 1, at: 4 }));
        assert_eq!(check(RType::MX, b"\0\x0a\x04mai"), Err(WireError { index: 1, at: 2 }));
        assert_eq!(check(RType::TXT, b""), Err(WireError { index: 0, at: 0 }));
        assert_eq!(check(RType(65280), b"anything"), Ok(()));
    }

    // RFC 4034 §4.1.2: no trailing zero octets, windows in increasing order.
    #[test]
    fn type_bitmaps_must_be_minimal_and_ascending() {
        let check = |bitmap: &[u8]| walk(RType::NSEC, &[b"\0", bitmap].concat(), |_, _| {});
        assert!(check(b"\x00\x01\x40").is_ok());
        assert!(check(b"").is_ok());
        assert!(check(b"\x00\x02\x40\x00").is_err());
        assert!(check(b"\x00\x00").is_err());
        assert!(check(b"\x01\x01\x40\x00\x01\x40").is_err());
        assert!(check(b"\x00\x21\x40").is_err());
    }
}
