//! Typed views of the RDATA that denies: NSEC (RFC 4034 §4), NSEC3 and NSEC3PARAM (RFC 5155 §3, §4).

use super::{Name, TypeBitmap};

/// NSEC: what comes next, and which types are here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Nsec<'a> {
    /// The next owner of the zone that has an NSEC, or the apex; in the case it was written in.
    pub next: Name,
    /// The types at the owner.
    pub types: TypeBitmap<'a>,
}

impl<'a> Nsec<'a> {
    /// Splits wire-form RDATA; `None` when it does not fit.
    #[must_use]
    pub fn from_rdata(rdata: &'a [u8]) -> Option<Self> {
        let (next, len) = Name::from_wire_prefix(rdata).ok()?;
        Some(Self { next, types: TypeBitmap::new(&rdata[len..])? })
    }
}

/// How owners are hashed: the same fields open NSEC3 and NSEC3PARAM.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Nsec3Parameters<'a> {
    /// The hash algorithm: 1 is SHA-1, and there is no other.
    pub algorithm: u8,
    /// Additional iterations of the hash.
    pub iterations: u16,
    /// The salt, up to 255 octets.
    pub salt: &'a [u8],
}

impl<'a> Nsec3Parameters<'a> {
    /// SHA-1, the only hash algorithm of NSEC3 (IANA "DNSSEC NSEC3 Hash Algorithms").
    pub const SHA1: u8 = 1;

    /// Reads them from the front of RDATA: the parameters, the flags, and what follows.
    fn split(rdata: &'a [u8]) -> Option<(Self, u8, &'a [u8])> {
        let [algorithm, flags, high, low, salt_len, rest @ ..] = rdata else { return None };
        let (salt, rest) = rest.split_at_checked(usize::from(*salt_len))?;
        let iterations = u16::from_be_bytes([*high, *low]);
        Some((Self { algorithm: *algorithm, iterations, salt }, *flags, rest))
    }
}

/// NSEC3PARAM: announces that the zone has a whole chain with these parameters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Nsec3Param<'a> {
    /// How owners are hashed.
    pub parameters: Nsec3Parameters<'a>,
    /// Must be zero, or the record is ignored (RFC 5155 §4.1.2).
    pub flags: u8,
}

impl<'a> Nsec3Param<'a> {
    /// Splits wire-form RDATA; `None` when it does not fit.
    #[must_use]
    pub fn from_rdata(rdata: &'a [u8]) -> Option<Self> {
        let (parameters, flags, rest) = Nsec3Parameters::split(rdata)?;
        rest.is_empty().then_some(Self { parameters, flags })
    }
}

/// NSEC3: which hash comes next, and which types the owner of this one has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Nsec3<'a> {
    /// How owners are hashed.
    pub parameters: Nsec3Parameters<'a>,
    /// [`Nsec3::OPT_OUT`] and nothing else.
    pub flags: u8,
    /// The next hash in the order of hashes, or the first.
    pub next: &'a [u8],
    /// The types at the owner that was hashed.
    pub types: TypeBitmap<'a>,
}

impl<'a> Nsec3<'a> {
    /// Flag: insecure delegations may hide between this hash and the next (RFC 5155 §3.1.2.1).
    pub const OPT_OUT: u8 = 1;

    /// Splits wire-form RDATA; `None` when it does not fit.
    #[must_use]
    pub fn from_rdata(rdata: &'a [u8]) -> Option<Self> {
        let (parameters, flags, rest) = Nsec3Parameters::split(rdata)?;
        let (hash_len, rest) = rest.split_first()?;
        let (next, types) = rest.split_at_checked(usize::from(*hash_len))?;
        Some(Self { parameters, flags, next, types: TypeBitmap::new(types)? })
    }

    /// The parameters of NSEC3 RDATA, whatever follows them.
    #[must_use]
    pub fn parameters_of(rdata: &'a [u8]) -> Option<Nsec3Parameters<'a>> {
        Nsec3Parameters::split(rdata).map(|(parameters, ..)| parameters)
    }

    /// Whether insecure delegations may hide behind this record.
    #[must_use]
    pub fn is_opt_out(&self) -> bool {
        self.flags & Self::OPT_OUT != 0
    }
}

/// The octets of the hash that an NSEC3 owner's first label spells in base32hex (RFC 4648 §7), in
/// any case; `None` when it is no label of a SHA-1 hash.
#[must_use]
pub fn hash_of_label(label: &[u8]) -> Option<[u8; 20]> {
    let label: &[u8; 32] = label.try_into().ok()?;
    let (mut hash, mut all) = ([0; 20], 0);
    for (digits, octets) in label.chunks_exact(8).zip(hash.chunks_exact_mut(5)) {
        let mut bits: u64 = 0;
        for &digit in digits {
            let value = BASE32HEX[usize::from(digit)];
            all |= value;
            bits = bits << 5 | u64::from(value);
        }
        octets.copy_from_slice(&bits.to_be_bytes()[3..]);
    }
    (all < 32).then_some(hash)
}

/// The value of each octet as a digit of base32hex (RFC 4648 §7), in either case; 255 where it is
/// none.
static BASE32HEX: [u8; 256] = {
    let mut values = [u8::MAX; 256];
    let mut value = 0;
    while value < 32 {
        if value < 10 {
            values[(b'0' + value) as usize] = value;
        } else {
            values[(b'a' + value - 10) as usize] = value;
            values[(b'A' + value - 10) as usize] = value;
        }
        value += 1;
    }
    values
};

/// The lower-case base32hex label of a hash.
#[must_use]
pub fn label_of_hash(hash: &[u8; 20]) -> String {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
    let mut label = String::with_capacity(32);
    for octets in hash.chunks_exact(5) {
        let bits = octets.iter().fold(0u64, |bits, &octet| bits << 8 | u64::from(octet));
        for place in (0..8).rev() {
            let digit = (bits >> (5 * place)).to_le_bytes()[0] & 31;
            label.push(char::from(DIGITS[usize::from(digit)]));
        }
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::RType;

    // RFC 5155 Appendix A: the NSEC3 record at 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example.
    #[test]
    fn the_first_record_of_the_example_zone_of_rfc_5155_reads() {
        let next = hash_of_label(b"2t7b4g4vsa5smi47k61mv5bv1a22bojr").unwrap();
        let bitmap = [0, 7, 0x22, 0x01, 0, 0, 0, 0x02, 0x90];
        let rdata = [&[1, 1, 0, 12, 4, 0xaa, 0xbb, 0xcc, 0xdd, 20][..], &next, &bitmap].concat();
        let nsec3 = Nsec3::from_rdata(&rdata).unwrap();
        assert!(nsec3.is_opt_out() && nsec3.next == next);
        assert_eq!(nsec3.parameters.iterations, 12);
        assert_eq!(nsec3.parameters.salt, [0xaa, 0xbb, 0xcc, 0xdd]);
        assert!(nsec3.types.contains(RType::SOA) && nsec3.types.contains(RType::NSEC3PARAM));
    }

    #[test]
    fn hashes_and_their_labels_go_both_ways() {
        let label = "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom";
        let hash = hash_of_label(label.to_uppercase().as_bytes()).unwrap();
        assert_eq!(label_of_hash(&hash), label);
        assert_eq!(hash_of_label(b"0p9mhaveqvm6t7vbl5lop2u3t2rp3tow"), None); // w is no digit
        assert_eq!(hash_of_label(&label.as_bytes()[..31]), None);
    }

    #[test]
    fn rdata_that_is_cut_short_is_refused() {
        let whole = [&[1, 0, 0, 0, 0, 2, 7, 7][..], &[0, 1, 2]].concat();
        assert!(Nsec3::from_rdata(&whole).is_some());
        for len in [0, 4, 5, 6, 7, 9, 10] {
            assert_eq!(Nsec3::from_rdata(&whole[..len]), None, "{len} octets");
        }
        assert_eq!(Nsec3Param::from_rdata(&[1, 0, 0, 0, 1]), None);
        assert_eq!(Nsec3Param::from_rdata(&[1, 0, 0, 0, 0, 0]), None);
        assert_eq!(Nsec::from_rdata(&[1, b'a']), None);
    }
}
