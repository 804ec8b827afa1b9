//! The hash of owners in NSEC3 (RFC 5155 §5).

use sha1::{Digest, Sha1};

/// SHA-1 over a lower-cased name in wire form and the salt, and `iterations` times more over the
/// hash and the salt.
///
/// The work grows with `iterations`: the caller bounds it (RFC 9276 §3).
#[must_use]
pub fn nsec3_hash(name: &[u8], iterations: u16, salt: &[u8]) -> [u8; 20] {
    let mut hash = Sha1::new().chain_update(name).chain_update(salt).finalize();
    for _ in 0..iterations {
        hash = Sha1::new().chain_update(hash).chain_update(salt).finalize();
    }
    hash.into()
}

/// [`nsec3_hash`] of each name, many at a time where the processor has vectors for that.
///
/// ```
/// use sigmill::crypto::{nsec3_hash, nsec3_hashes};
///
/// let names: [&[u8]; 2] = [b"\x07example\0", b"\x03ns1\x07example\0"];
/// let hashes = nsec3_hashes(&names, 12, &[0xaa, 0xbb, 0xcc, 0xdd]);
/// assert_eq!(hashes, names.map(|name| nsec3_hash(name, 12, &[0xaa, 0xbb, 0xcc, 0xdd])));
/// ```
#[must_use]
pub fn nsec3_hashes(names: &[&[u8]], iterations: u16, salt: &[u8]) -> Vec<[u8; 20]> {
    super::lanes::digest::nsec3_hashes(names, iterations, salt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::Name;
    use crate::dns::denial::label_of_hash;

    // RFC 5155 Appendix A: hashes of the example zone, 12 iterations, salt aabbccdd.
    #[test]
    fn hashes_are_those_of_the_example_of_rfc_5155() {
        let cases = [
            ("example.", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"),
            ("a.example.", "35mthgpgcu1qg68fab165klnsnk3dpvl"),
            ("ns1.example.", "2t7b4g4vsa5smi47k61mv5bv1a22bojr"),
            ("*.w.example.", "r53bq7cc2uvmubfu5ocmm6pers9tk9en"),
        ];
        for (name, label) in cases {
            let name = Name::from_text(name.as_bytes(), None).unwrap();
            let hash = nsec3_hash(name.as_wire(), 12, &[0xaa, 0xbb, 0xcc, 0xdd]);
            assert_eq!(label_of_hash(&hash), label);
        }
    }
}
