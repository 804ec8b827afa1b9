//! Typed views of the RDATA that verification reads: DNSKEY, RRSIG, DS, SOA, ZONEMD. Those of NSEC
//! and NSEC3 are in [`denial`](super::denial).

use super::name::wire_len;
use super::{Algorithm, DigestType, Name, RType, Timestamp};

/// DNSKEY (RFC 4034 §2), and with the same shape CDNSKEY (RFC 7344 §3.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dnskey<'a> {
    /// ZONE is bit 7, REVOKE bit 8, SEP bit 15, counted from the left.
    pub flags: u16,
    /// Must be 3 (RFC 4034 §2.1.2).
    pub protocol: u8,
    /// The algorithm, which also says how to read the key.
    pub algorithm: Algorithm,
    /// The public key in the algorithm's own form.
    pub key: &'a [u8],
}

impl<'a> Dnskey<'a> {
    /// Flag: the key may verify RRsets of the zone (RFC 4034 §2.1.1).
    pub const ZONE: u16 = 0x0100;
    /// Flag: the key is revoked (RFC 5011 §3).
    pub const REVOKE: u16 = 0x0080;
    /// Flag: secure entry point, a hint only (RFC 4034 §2.1.1).
    pub const SEP: u16 = 0x0001;

    /// Splits wire-form RDATA; `None` when it is shorter than the four fixed octets.
    #[must_use]
    pub fn from_rdata(rdata: &'a [u8]) -> Option<Self> {
        let [f0, f1, protocol, algorithm, key @ ..] = rdata else { return None };
        let flags = u16::from_be_bytes([*f0, *f1]);
        Some(Self { flags, protocol: *protocol, algorithm: Algorithm(*algorithm), key })
    }

    /// Whether the ZONE flag is set.
    #[must_use]
    pub fn is_zone_key(&self) -> bool {
        self.flags & Self::ZONE != 0
    }

    /// Whether the REVOKE flag is set.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        self.flags & Self::REVOKE != 0
    }

    /// Whether the SEP flag is set.
    #[must_use]
    pub fn is_sep(&self) -> bool {
        self.flags & Self::SEP != 0
    }
}

/// The key tag of a DNSKEY's whole RDATA (RFC 4034 Appendix B; B.1 for algorithm 1).
#[must_use]
pub fn key_tag(dnskey_rdata: &[u8]) -> u16 {
    if let [.., _, high, low, _] = dnskey_rdata
        && dnskey_rdata.get(3) == Some(&1)
        && dnskey_rdata.len() > 7
    {
        // RSA/MD5: the most significant 16 of the least significant 24 bits of the modulus.
        return u16::from_be_bytes([*high, *low]);
    }
    let sum: u32 = dnskey_rdata
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |&low| u32::from(low)))
        .fold(0, u32::wrapping_add);
    #[allow(clippy::cast_possible_truncation)] // modulo 2¹⁶ is the definition
    {
        (sum + (sum >> 16)) as u16
    }
}

/// RRSIG (RFC 4034 §3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rrsig<'a> {
    /// The type of the RRset that is signed.
    pub type_covered: RType,
    /// The algorithm of key and signature.
    pub algorithm: Algorithm,
    /// Labels of the owner as signed, without root and leading `*`.
    pub labels: u8,
    /// The TTL as signed.
    pub original_ttl: u32,
    /// The last second of validity.
    pub expiration: Timestamp,
    /// The first second of validity.
    pub inception: Timestamp,
    /// A hint at the key.
    pub key_tag: u16,
    /// The zone whose key signed: a name in wire form, its case kept.
    pub signer_wire: &'a [u8],
    /// The RDATA up to the signature: the first part of what was signed (§3.1.8.1).
    pub signed_prefix: &'a [u8],
    /// The signature.
    pub signature: &'a [u8],
}

impl<'a> Rrsig<'a> {
    /// Splits wire-form RDATA; `None` when a field is cut short.
    #[must_use]
    pub fn from_rdata(rdata: &'a [u8]) -> Option<Self> {
        let fixed: &[u8; 18] = rdata.first_chunk()?;
        let signer_len = wire_len(&rdata[18..])?;
        let u32_at = |at: usize| {
            u32::from_be_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]])
        };
        let (signed_prefix, signature) = rdata.split_at(18 + signer_len);
        Some(Self {
            type_covered: RType(u16::from_be_bytes([fixed[0], fixed[1]])),
            algorithm: Algorithm(fixed[2]),
            labels: fixed[3],
            original_ttl: u32_at(4),
            expiration: Timestamp(u32_at(8)),
            inception: Timestamp(u32_at(12)),
            key_tag: u16::from_be_bytes([fixed[16], fixed[17]]),
            signer_wire: &signed_prefix[18..],
            signed_prefix,
            signature,
        })
    }

    /// The zone whose key signed.
    #[must_use]
    pub fn signer(&self) -> Name {
        // Only a name is ever taken for one.
        Name::from_wire(self.signer_wire).unwrap_or(Name::root())
    }

    /// Whether a key of this zone signed.
    #[must_use]
    pub fn is_by(&self, zone: &Name) -> bool {
        self.signer_wire.eq_ignore_ascii_case(zone.as_wire())
    }
}

/// DS (RFC 4034 §5), and with the same shape CDS (RFC 7344 §3.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ds<'a> {
    /// The tag of the key that is meant.
    pub key_tag: u16,
    /// That key's algorithm.
    pub algorithm: Algorithm,
    /// How the digest was made.
    pub digest_type: DigestType,
    /// The digest of owner and DNSKEY RDATA.
    pub digest: &'a [u8],
}

impl<'a> Ds<'a> {
    /// Splits wire-form RDATA; `None` when it is shorter than the four fixed octets.
    #[must_use]
    pub fn from_rdata(rdata: &'a [u8]) -> Option<Self> {
        let [t0, t1, algorithm, digest_type, digest @ ..] = rdata else { return None };
        Some(Self {
            key_tag: u16::from_be_bytes([*t0, *t1]),
            algorithm: Algorithm(*algorithm),
            digest_type: DigestType(*digest_type),
            digest,
        })
    }
}

/// SOA (RFC 1035 §3.3.13).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Soa {
    /// The primary server.
    pub mname: Name,
    /// The mailbox of the person responsible.
    pub rname: Name,
    /// The version of the zone.
    pub serial: u32,
    /// Seconds between a secondary's checks.
    pub refresh: u32,
    /// Seconds between retries.
    pub retry: u32,
    /// Seconds after which a secondary stops answering.
    pub expire: u32,
    /// TTL of negative answers (RFC 2308 §4).
    pub minimum: u32,
}

impl Soa {
    /// Splits wire-form RDATA; `None` when it does not fit.
    #[must_use]
    pub fn from_rdata(rdata: &[u8]) -> Option<Self> {
        let (mname, mname_len) = Name::from_wire_prefix(rdata).ok()?;
        let (rname, rname_len) = Name::from_wire_prefix(&rdata[mname_len..]).ok()?;
        let numbers: &[u8; 20] = rdata[mname_len + rname_len..].try_into().ok()?;
        let u32_at = |at: usize| {
            u32::from_be_bytes([numbers[at], numbers[at + 1], numbers[at + 2], numbers[at + 3]])
        };
        Some(Self {
            mname,
            rname,
            serial: u32_at(0),
            refresh: u32_at(4),
            retry: u32_at(8),
            expire: u32_at(12),
            minimum: u32_at(16),
        })
    }
}

/// ZONEMD (RFC 8976 §2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Zonemd<'a> {
    /// The SOA serial of the version of the zone that was digested.
    pub serial: u32,
    /// How the zone was laid out for the digest: 1 is SIMPLE.
    pub scheme: u8,
    /// How it was digested: 1 is SHA-384, 2 is SHA-512.
    pub hash: u8,
    /// The digest.
    pub digest: &'a [u8],
}

impl<'a> Zonemd<'a> {
    /// Splits wire-form RDATA; `None` when it is shorter than the six fixed octets.
    #[must_use]
    pub fn from_rdata(rdata: &'a [u8]) -> Option<Self> {
        let [s0, s1, s2, s3, scheme, hash, digest @ ..] = rdata else { return None };
        let serial = u32::from_be_bytes([*s0, *s1, *s2, *s3]);
        Some(Self { serial, scheme: *scheme, hash: *hash, digest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 5702 §6.1 gives this DNSKEY with "key id = 9033"; its octets are public vector data.
    #[test]
    fn key_tags_are_the_ones_that_rfcs_print() {
        // RFC 8080 §6.1: the Ed25519 example key, tag 3613.
        let key = [
            0x97, 0x4d, 0x96, 0xa2, 0x2d, 0x22, 0x4b, 0xc0, 0x1a, 0xdb, 0x91, 0x50, 0x91, 0x47,
            0x7d, 0x44, 0xcc, 0xd9, 0x1c, 0x9a, 0x41, 0xa1, 0x14, 0x30, 0x01, 0x01, 0x17, 0xd5,
            0x2c, 0x59, 0x24, 0x0e,
        ];
        let rdata = [&[1, 1, 3, 15][..], &key].concat();
        assert_eq!(key_tag(&rdata), 3613);
        let dnskey = Dnskey::from_rdata(&rdata).unwrap();
        assert!(dnskey.is_zone_key() && dnskey.is_sep() && !dnskey.is_revoked());
    }

    // RFC 5011 §3: setting REVOKE changes the tag, by 128 unless the sum carries.
    #[test]
    fn revoking_a_key_changes_its_tag_by_128() {
        let rdata = [1, 1, 3, 8, 3, 1, 0, 1, 0xaa, 0xbb];
        let mut revoked = rdata;
        revoked[1] |= 0x80;
        assert_eq!(key_tag(&revoked), key_tag(&rdata) + 128);
    }

    // RFC 4034 Appendix B.1.
    #[test]
    fn rsamd5_key_tags_are_taken_from_the_modulus() {
        assert_eq!(key_tag(&[1, 0, 3, 1, 3, 1, 0, 1, 0xaa, 0xbb, 0xcc]), 0xaabb);
        assert_eq!(key_tag(&[1, 0, 3, 1]), 0x0100 + 0x0301);
    }

    #[test]
    fn short_rdata_is_refused() {
        assert_eq!(Dnskey::from_rdata(&[1, 1, 3]), None);
        assert_eq!(Ds::from_rdata(&[0, 1, 8]), None);
        assert!(Rrsig::from_rdata(&[0; 18]).is_none());
        assert_eq!(Rrsig::from_rdata(&[0; 19]).unwrap().signature, b"");
        assert_eq!(Soa::from_rdata(&[0; 21]), None);
        assert!(Soa::from_rdata(&[0; 22]).is_some());
    }
}
