//! RR types: numbers, mnemonics, and `TYPEnnn` for the rest (RFC 3597 §5, IANA registry).

use std::fmt;

/// An RR type: a 16-bit number, written as a mnemonic or as `TYPEnnn`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RType(pub u16);

/// Defines the constants and the two look-ups from one list, so that they cannot disagree.
macro_rules! types {
    ($($constant:ident $mnemonic:literal $number:literal)*) => {
        impl RType {
            $(
                #[doc = concat!("`", $mnemonic, "`, type ", stringify!($number), ".")]
                pub const $constant: Self = Self($number);
            )*

            /// The IANA mnemonic, when the number has one.
            #[must_use]
            pub fn mnemonic(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some($mnemonic),)*
                    _ => None,
                }
            }
        }

        /// Every registered mnemonic with its number.
        const REGISTERED: &[(&str, u16)] = &[$(($mnemonic, $number)),*];
    };
}

types! {
    A "A" 1
    NS "NS" 2
    MD "MD" 3
    MF "MF" 4
    CNAME "CNAME" 5
    SOA "SOA" 6
    MB "MB" 7
    MG "MG" 8
    MR "MR" 9
    NULL "NULL" 10
    WKS "WKS" 11
    PTR "PTR" 12
    HINFO "HINFO" 13
    MINFO "MINFO" 14
    MX "MX" 15
    TXT "TXT" 16
    RP "RP" 17
    AFSDB "AFSDB" 18
    X25 "X25" 19
    ISDN "ISDN" 20
    RT "RT" 21
    NSAP "NSAP" 22
    NSAP_PTR "NSAP-PTR" 23
    SIG "SIG" 24
    KEY "KEY" 25
    PX "PX" 26
    GPOS "GPOS" 27
    AAAA "AAAA" 28
    LOC "LOC" 29
    NXT "NXT" 30
    EID "EID" 31
    NIMLOC "NIMLOC" 32
    SRV "SRV" 33
    ATMA "ATMA" 34
    NAPTR "NAPTR" 35
    KX "KX" 36
    CERT "CERT" 37
    A6 "A6" 38
    DNAME "DNAME" 39
    SINK "SINK" 40
    OPT "OPT" 41
    APL "APL" 42
    DS "DS" 43
    SSHFP "SSHFP" 44
    IPSECKEY "IPSECKEY" 45
    RRSIG "RRSIG" 46
    NSEC "NSEC" 47
    DNSKEY "DNSKEY" 48
    DHCID "DHCID" 49
    NSEC3 "NSEC3" 50
    NSEC3PARAM "NSEC3PARAM" 51
    TLSA "TLSA" 52
    SMIMEA "SMIMEA" 53
    HIP "HIP" 55
    NINFO "NINFO" 56
    RKEY "RKEY" 57
    TALINK "TALINK" 58
    CDS "CDS" 59
    CDNSKEY "CDNSKEY" 60
    OPENPGPKEY "OPENPGPKEY" 61
    CSYNC "CSYNC" 62
    ZONEMD "ZONEMD" 63
    SVCB "SVCB" 64
    HTTPS "HTTPS" 65
    DSYNC "DSYNC" 66
    HHIT "HHIT" 67
    BRID "BRID" 68
    SPF "SPF" 99
    UINFO "UINFO" 100
    UID "UID" 101
    GID "GID" 102
    UNSPEC "UNSPEC" 103
    NID "NID" 104
    L32 "L32" 105
    L64 "L64" 106
    LP "LP" 107
    EUI48 "EUI48" 108
    EUI64 "EUI64" 109
    NXNAME "NXNAME" 128
    TKEY "TKEY" 249
    TSIG "TSIG" 250
    IXFR "IXFR" 251
    AXFR "AXFR" 252
    MAILB "MAILB" 253
    MAILA "MAILA" 254
    ANY "ANY" 255
    URI "URI" 256
    CAA "CAA" 257
    AVC "AVC" 258
    DOA "DOA" 259
    AMTRELAY "AMTRELAY" 260
    RESINFO "RESINFO" 261
    WALLET "WALLET" 262
    CLA "CLA" 263
    IPN "IPN" 264
    TA "TA" 32768
    DLV "DLV" 32769
}

impl RType {
    /// Reads a mnemonic or `TYPEnnn`, in any case. `None` when the text is no type.
    #[must_use]
    pub fn from_text(text: &[u8]) -> Option<Self> {
        if text.len() > 10 || !text.first()?.is_ascii_alphabetic() {
            return None;
        }
        // The types that make up nearly all of a signed zone come first.
        match text {
            b"A" => return Some(Self::A),
            b"NS" => return Some(Self::NS),
            b"DS" => return Some(Self::DS),
            b"AAAA" => return Some(Self::AAAA),
            b"NSEC" => return Some(Self::NSEC),
            b"RRSIG" => return Some(Self::RRSIG),
            b"NSEC3" => return Some(Self::NSEC3),
            _ => {}
        }
        if text.len() > 4 && text[..4].eq_ignore_ascii_case(b"TYPE") {
            return decimal_u16(&text[4..]).map(Self);
        }
        let row = REGISTERED.iter().find(|row| text.eq_ignore_ascii_case(row.0.as_bytes()));
        row.map(|row| Self(row.1))
    }

    /// Reads a mnemonic in upper case of at most eight octets, given as a number: its first octet in
    /// the lowest eight bits. `None` for all else.
    #[inline]
    #[must_use]
    pub fn from_key(key: u64) -> Option<Self> {
        let (known, rtype) = SHORT[slot(key)];
        (known == key && key != 0).then_some(rtype)
    }

    /// Every registered type, in the order of the registry.
    pub fn registered() -> impl Iterator<Item = Self> {
        REGISTERED.iter().map(|row| Self(row.1))
    }

    /// Types that only exist in messages and never in a zone: OPT, NXNAME, and the "Q-types and
    /// meta-types" 128 to 255 (RFC 6895 §3.1).
    #[inline]
    #[must_use]
    pub fn is_meta(self) -> bool {
        self == Self::OPT || (128..=255).contains(&self.0)
    }
}

/// Mnemonics of at most eight octets as [`RType::from_key`] takes them, each in a place of its own.
static SHORT: [(u64, RType); 512] = {
    let mut table = [(0, RType(0)); 512];
    let mut row = 0;
    while row < REGISTERED.len() {
        let (mnemonic, number) = REGISTERED[row];
        let (octets, mut key, mut at) = (mnemonic.as_bytes(), 0, 0);
        while at < octets.len() && at < 8 {
            key |= (octets[at] as u64) << (8 * at);
            at += 1;
        }
        if at == octets.len() {
            // A new mnemonic that meets another needs another multiplier.
            assert!(table[slot(key)].0 == 0, "two mnemonics have the same slot");
            table[slot(key)] = (key, RType(number));
        }
        row += 1;
    }
    table
};

/// The place of a mnemonic: multiplied by a number that was found by trying, no two are alike in
/// the nine highest bits.
#[inline]
const fn slot(key: u64) -> usize {
    (key.wrapping_mul(0x5c69_467e_c692_b163) >> 55) as usize
}

/// Reads a decimal number that fits 16 bits; nothing else may stand in the text.
pub(crate) fn decimal_u16(text: &[u8]) -> Option<u16> {
    if text.is_empty() || text.len() > 5 || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = text.iter().fold(0u32, |n, digit| n * 10 + u32::from(digit - b'0'));
    u16::try_from(value).ok()
}

impl fmt::Display for RType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mnemonic() {
            Some(mnemonic) => f.pad(mnemonic),
            None => f.pad(&format!("TYPE{}", self.0)),
        }
    }
}

impl serde::Serialize for RType {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 3597 §5: TYPE and the decimal number, also for types that have a mnemonic.
    #[test]
    fn every_registered_type_is_read_in_both_forms() {
        for rtype in RType::registered() {
            assert_eq!(RType::from_text(rtype.to_string().to_lowercase().as_bytes()), Some(rtype));
            assert_eq!(RType::from_text(format!("TYPE{}", rtype.0).as_bytes()), Some(rtype));
        }
        assert_eq!(RType(65280).to_string(), "TYPE65280");
        assert_eq!(RType::from_text(b"TYPE65536"), None);
        assert_eq!(RType::from_text(b"TYPE"), None);
        assert_eq!(RType::from_text(b"IN"), None);
        assert_eq!(RType::from_text(b"3600"), None);
    }

    #[test]
    fn short_mnemonics_are_read_as_numbers() {
        let key =
            |text: &str| text.bytes().rev().fold(0u64, |key, octet| key << 8 | u64::from(octet));
        for rtype in RType::registered() {
            let mnemonic = rtype.to_string();
            if mnemonic.len() <= 8 {
                assert_eq!(RType::from_key(key(&mnemonic)), Some(rtype));
                assert_eq!(RType::from_key(key(&mnemonic.to_lowercase())), None);
                assert_eq!(RType::from_key(key(&mnemonic) ^ 1 << 63), None);
            }
        }
        assert_eq!(RType::from_key(0), None);
    }
}
