//! The block that a signature must be a root of: EMSA-PKCS1-v1_5 (RFC 8017 §9.2), as RFC 3110 §3 and
//! RFC 5702 §3 give its octets.

use crate::crypto::RsaHash;

use super::super::digest::{self, InVectors, Sha1, Sha256, Sha512};

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

/// The hashes of messages, in vectors where that is faster.
pub fn digests(hash: RsaHash, messages: &[&[u8]]) -> Vec<Vec<u8>> {
    let messages: Vec<[&[u8]; 1]> = messages.iter().map(|message| [*message]).collect();
    match hash {
        RsaHash::Sha1 => of::<Sha1>(&messages),
        RsaHash::Sha256 => of::<Sha256>(&messages),
        RsaHash::Sha512 => of::<Sha512>(&messages),
    }
}

fn of<H: InVectors>(messages: &[[&[u8]; 1]]) -> Vec<Vec<u8>> {
    let digests = digest::digests::<H, 1>(messages).into_iter();
    digests.map(|digest| digest.as_ref().to_vec()).collect()
}
