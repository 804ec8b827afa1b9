//! Digests over DNSKEYs, as DS and CDS carry them, and over whole zones, as ZONEMD carries them.

use std::fmt;
use std::ops::Deref;

use aws_lc_rs::digest as hash;
use ed448_goldilocks::shake::Shake256;
use ed448_goldilocks::shake::digest::{ExtendableOutput, Update, XofReader};

use crate::dns::{DigestType, Name};

/// Digests of many short messages at once, and the kernels that can do it, to be compared.
pub mod batch {
    pub use crate::crypto::lanes::digest::{
        Hash, InVectors, Kernel, Sha1, Sha256, Sha384, Sha512, digests, digests_by, nsec3_hashes_by,
    };
}

/// The digest that a DS of this type carries for a DNSKEY; `None` for types that sigmill does not
/// compute.
///
/// Over the owner in lower case and the whole DNSKEY RDATA (RFC 4034 §5.1.4, RFC 4509 §2.1,
/// RFC 6605 §2).
#[must_use]
pub fn ds_digest(digest_type: DigestType, owner: &Name, dnskey_rdata: &[u8]) -> Option<Digest> {
    let algorithm = match digest_type {
        DigestType::SHA1 => &hash::SHA1_FOR_LEGACY_USE_ONLY,
        DigestType::SHA256 => &hash::SHA256,
        DigestType::SHA384 => &hash::SHA384,
        _ => return None,
    };
    let mut context = hash::Context::new(algorithm);
    context.update((*owner).to_lowercase().as_wire());
    context.update(dnskey_rdata);
    Digest::new(context.finish().as_ref())
}

/// SHA-256 of octets (FIPS 180-4).
#[must_use]
pub fn sha256(octets: &[u8]) -> [u8; 32] {
    let mut digest = [0; 32];
    digest.copy_from_slice(hash::digest(&hash::SHA256, octets).as_ref());
    digest
}

/// What Ed448 hashes, R, key and message, with dom4(0, "") before them: SHAKE256 of 114 octets, neither
/// prehashed nor with a context (RFC 8032 §§2, 5.2.7).
#[must_use]
pub(super) fn ed448_hash(parts: [&[u8]; 3]) -> [u8; 114] {
    let mut hash = Shake256::default();
    hash.update(b"SigEd448\0\0");
    parts.iter().for_each(|part| hash.update(part));
    let mut octets = [0; 114];
    hash.finalize_xof().read(&mut octets);
    octets
}

/// A hash algorithm of ZONEMD (RFC 8976 §5.3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ZonemdHash {
    /// Number 1, 48 octets.
    Sha384,
    /// Number 2, 64 octets.
    Sha512,
}

impl ZonemdHash {
    /// The hash algorithm with this number, if it is defined.
    #[must_use]
    pub fn of(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Sha384),
            2 => Some(Self::Sha512),
            _ => None,
        }
    }

    /// Octets of its digests.
    #[must_use]
    pub fn digest_len(self) -> usize {
        match self {
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }

    /// A digest that octets can be added to.
    #[must_use]
    pub fn start(self) -> ZoneDigest {
        ZoneDigest(hash::Context::new(match self {
            Self::Sha384 => &hash::SHA384,
            Self::Sha512 => &hash::SHA512,
        }))
    }
}

/// A digest over a zone, as far as it has come.
#[derive(Clone)]
pub struct ZoneDigest(hash::Context);

impl ZoneDigest {
    /// Adds octets.
    pub fn update(&mut self, octets: &[u8]) {
        self.0.update(octets);
    }

    /// The digest.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.0.finish().as_ref().to_vec()
    }
}

/// A digest of at most 48 octets, held in place. Compares and prints as its octets.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest {
    // Octets past `len` are zero, so that equality may look at all of them.
    octets: [u8; Self::MAX],
    len: u8,
}

impl Digest {
    const MAX: usize = 48;

    fn new(digest: &[u8]) -> Option<Self> {
        let mut octets = [0; Self::MAX];
        octets.get_mut(..digest.len())?.copy_from_slice(digest);
        Some(Self { octets, len: u8::try_from(digest.len()).ok()? })
    }
}

impl Deref for Digest {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.octets.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl AsRef<[u8]> for Digest {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

/// Lower-case hexadecimal.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Owner, flags, algorithm, key in base64, digest type, digest.
    type Example = (&'static str, u16, u8, &'static str, DigestType, &'static str);

    #[rustfmt::skip]
    const EXAMPLES: [Example; 9] = [
        // RFC 4034 §5.4 and RFC 4509 §2.3.
        ("dskey.example.com.", 256, 5, DSKEY, DigestType::SHA1, "2bb183af5f22588179a53b0a98631fad1a292118"),
        ("dskey.example.com.", 256, 5, DSKEY, DigestType::SHA256,
         "d4b7d520e7bb5f0f67674a0cceb1e3e0614b93c4f9e99b8383f6a1e4469da50a"),
        // RFC 6605 §6.1 and §6.2.
        ("example.net.", 257, 13,
         "GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==",
         DigestType::SHA256, "b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17"),
        ("example.net.", 257, 14,
         "xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/egsXvSADtNJhyem5RCOpgQ6K8X1DRSEkrbYQ+OB+v8\
          /uX45NBwY8rp65F6Glur8I/mlVNgF6W/qTI37m40",
         DigestType::SHA384,
         "72d7b62976ce06438e9c0bf319013cf801f09ecc84b8d7e9495f27e305c6a9b0563a9b5f4d288405c3008a946df983d6"),
        // RFC 8080 §6.1 and §6.2.
        ("example.com.", 257, 15, "l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=",
         DigestType::SHA256, "3aa5ab37efce57f737fc1627013fee07bdf241bd10f3b1964ab55c78e79a304b"),
        ("example.com.", 257, 16,
         "3kgROaDjrh0H2iuixWBrc8g2EpBBLCdGzHmn+G2MpTPhpj/OiBVHHSfPodx1FYYUcJKm1MDpJtIA",
         DigestType::SHA256, "6ccf18d5bc5d7fc2fceb1d59d17321402f2aa8d368048db93dd811f5cb2b19c7"),
        // The root's KSKs 20326 and 38696 (IANA root-anchors.xml).
        (".", 257, 8, KSK_20326, DigestType::SHA256,
         "e06d44b80b8f1d39a95c0b0d7c65d08458e880409bbc683457104237c7f8ec8d"),
        (".", 257, 8, KSK_38696, DigestType::SHA256,
         "683d2d0acb8c9b712a1948b27f741219298d0a450d612c483af444a4c0fb2b16"),
        // The owner's case does not matter (RFC 4034 §5.1.4).
        ("DSKEY.Example.COM.", 256, 5, DSKEY, DigestType::SHA1, "2bb183af5f22588179a53b0a98631fad1a292118"),
    ];

    const DSKEY: &str = "AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZ\
        DRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc\
        2w/rljwvFw==";
    const KSK_20326: &str = "AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7Hrx\
        RixHlFlExOLAJr5emLvN7SWXgnLh4+B5xQlNVz8Og8kvArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLr\
        jyBxWezF0jLHwVN8efS3rCj/EWgvIWgb9tarpVUDK/b58Da+sqqls3eNbuv7pr+eoZG+SrDK6nWeL3c6H5Apxz7LjVc1\
        uTIdsIXxuOLYA4/ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8subX2Nn6UwNR1AkUTV7\
        4bU=";
    const KSK_38696: &str = "AwEAAa96jeuknZlaeSrvyAJj6ZHv28hhOKkx3rLGXVaC6rXTsDc449/cidltpkyGwCJN\
        nOAlFNKF2jBosZBU5eeHspaQWOmOElZsjICMQMC3aeHbGiShvZsx4wMYSjH8e7Vrhbu6irwCzVBApESjbUdpWWmEnhat\
        hWu1jo+siFUiRAAxm9qyJNg/wOZqqzL/dL/q8PkcRU5oUKEpUge71M3ej2/7CPqpdVwuMoTvoB+ZOT4YeGyxMvHmbrxl\
        FzGOHOijtzN+u1TQNatX2XBuzZNQ1K+s2CXkPIZo7s6JgZyvaBevYtxPvYLw4z9mR7K2vaF18UYH9Z9GNUUeayffKC73\
        PYc=";

    #[test]
    fn the_published_examples_come_out() {
        for (owner, flags, algorithm, key, digest_type, digest) in EXAMPLES {
            let mut rdata = flags.to_be_bytes().to_vec();
            rdata.extend([3, algorithm]);
            rdata.extend(data_encoding::BASE64.decode(key.as_bytes()).unwrap());
            let owner = Name::from_text(owner.as_bytes(), None).unwrap();
            let found = ds_digest(digest_type, &owner, &rdata).unwrap();
            assert_eq!(found.to_string(), digest, "{owner} {algorithm}");
            assert_eq!(Some(found.len()), digest_type.digest_len());
        }
    }

    // Digest types that sigmill does not know leave a DS unknown, not wrong (RFC 4035 §5.2).
    #[test]
    fn exactly_the_types_with_a_length_are_computed() {
        for number in 0..=255 {
            let digest_type = DigestType(number);
            let computed = ds_digest(digest_type, &Name::root(), b"").map(|digest| digest.len());
            assert_eq!(computed, digest_type.digest_len());
        }
    }
}
