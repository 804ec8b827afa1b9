//! The block that a signature must be a root of: EMSA-PKCS1-v1_5 (RFC 8017 §9.2), as RFC 3110 §3 and
//! RFC 5702 §3 give its octets.

use aws_lc_rs::digest::{self, Digest};

use crate::crypto::RsaHash;

/// Object identifiers in DigestInfo, its NULL, and the lengths around them (RFC 8017 §9.2 note 1).
fn digest_info(hash: RsaHash) -> &'static [u8] {
    match hash {
        RsaHash::Sha1 => &[0x30, 33, 0x30, 9, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0, 4, 20],
        RsaHash::Sha256 => {
            &[0x30, 49, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 32]
        }
        RsaHash::Sha512 => {
            &[0x30, 81, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3, 5, 0, 4, 64]
        }
    }
}

/// Octets of a hash.
pub fn hash_len(hash: RsaHash) -> usize {
    match hash {
        RsaHash::Sha1 => 20,
        RsaHash::Sha256 => 32,
        RsaHash::Sha512 => 64,
    }
}

/// The encoded block of so many octets with zeros for the hash. As it begins with a zero octet, it
/// is below every modulus of that length. The shortest moduli that a key may have leave room for
/// eight octets of padding.
pub fn block_without_hash(hash: RsaHash, len: usize) -> Vec<u8> {
    let (info, zeros) = (digest_info(hash), vec![0; hash_len(hash)]);
    let padding = vec![0xff; len.saturating_sub(3 + info.len() + zeros.len())];
    [&[0, 1][..], &padding, &[0], info, &zeros].concat()
}

/// The hashes of messages.
pub fn digests<'m>(
    hash: RsaHash,
    messages: impl Iterator<Item = &'m [u8]>,
) -> impl Iterator<Item = Digest> {
    let algorithm = match hash {
        RsaHash::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        RsaHash::Sha256 => &digest::SHA256,
        RsaHash::Sha512 => &digest::SHA512,
    };
    messages.map(move |message| digest::digest(algorithm, message))
}
