//! What every audit asks of an RRSIG, whether of a zone file or from the wire: by which keys it may
//! be, and whether its time has come (RFC 4035 §5.3.1, RFC 4034 §3.1.5).

use std::cmp::Ordering;

use crate::dns::rdata::Rrsig;
use crate::dns::{Algorithm, RType, Timestamp};
use crate::engine::{KeyIndex, KeyTable};

use super::findings::Code;
use super::usability::Usability;
use super::zone::{Limits, Sha1};

/// What is wrong with a signature, and what is particular about it.
pub(super) type Fault = (Code, Option<String>);

/// The keys of a zone, and what they may do.
#[derive(Clone, Copy)]
pub(super) struct Keys<'z> {
    pub table: &'z KeyTable,
    pub usability: &'z Usability,
    pub limits: Limits,
    pub sha1: Sha1,
}

/// The keys that a signature may be by.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    /// Those to be tried, in canonical order.
    pub keys: Vec<KeyIndex>,
    /// Why there are none, when there are none.
    pub fault: Option<Fault>,
    /// A key has the signature's algorithm and tag.
    pub has_key: bool,
    /// One of them is left alone because of its exponent, so that the signature may be right even
    /// though it holds under no other key.
    pub left_out: bool,
    /// They were more than the limit; so many there are.
    pub surplus: Option<usize>,
}

impl Candidates {
    /// Finds the keys that may have made this signature over a type, and whether it can be a
    /// signature under them.
    pub(super) fn find(keys: &Keys<'_>, covered: RType, rrsig: &Rrsig<'_>) -> Self {
        let named = keys.table.matching(rrsig.algorithm, rrsig.key_tag);
        let mut found = Self { has_key: !named.is_empty(), ..Self::default() };
        if !keys.sha1.supports(rrsig.algorithm) {
            let detail = Some(rrsig.algorithm.to_string());
            return found.none(Code::SignatureUnsupportedAlgorithm, detail);
        }
        let Some(&first) = named.first() else { return found.none(Code::SignatureNoKey, None) };
        let problem = |&key: &KeyIndex| keys.usability.problem(key);
        found.left_out =
            named.iter().any(|key| problem(key) == Some(Code::SignatureKeyExponentTooLong));
        let usable = |key: &KeyIndex| keys.usability.may_verify(*key, covered);
        found.keys = named.iter().copied().filter(usable).collect();
        if found.keys.is_empty() {
            let code = match found.left_out {
                true => Code::SignatureKeyExponentTooLong,
                false => problem(&first).unwrap_or(Code::SignatureNoKey),
            };
            return found.none(code, None);
        }
        let limit = keys.limits.keys_per_signature;
        if found.keys.len() > limit {
            found.surplus = Some(found.keys.len());
            found.keys.truncate(limit);
        }
        // Keys that share a tag may differ in size: the ones that cannot have made it drop out.
        let mut misfit = None;
        found.keys.retain(|&key| {
            let public = keys.table.get(key).public.as_ref();
            let fits = public.map(|public| public.check_signature(rrsig.signature));
            match fits {
                Ok(Ok(())) => true,
                Ok(Err(error)) => {
                    misfit = Some(error.to_string());
                    false
                }
                Err(_) => false,
            }
        });
        if !found.keys.is_empty() {
            return found;
        }
        match found.left_out {
            true => found.none(Code::SignatureKeyExponentTooLong, None),
            false => found.none(Code::SignatureMalformed, misfit),
        }
    }

    fn none(self, code: Code, detail: Option<String>) -> Self {
        Self { fault: Some((code, detail)), ..self }
    }

    /// Why a signature that holds under none of the keys that were tried does not.
    pub(super) fn failure(left_out: bool, surplus: Option<usize>) -> Fault {
        let code = match left_out {
            true => Code::SignatureKeyExponentTooLong,
            false => Code::SignatureInvalid,
        };
        let untried = |keys| format!("not all of the {keys} keys with its tag were tried");
        (code, surplus.map(untried))
    }
}

/// The keys that the last signature may be by. Nearly all signatures of a zone are by one key, and
/// what is found for them is the same.
#[derive(Debug, Default)]
pub(super) struct LastCandidates {
    asked: Option<Asked>,
    found: Candidates,
}

/// All that [`Candidates::find`] looks at: algorithm and tag, whether the keys themselves are
/// covered, and octets of signature.
type Asked = (Algorithm, u16, bool, usize);

impl LastCandidates {
    /// What [`Candidates::find`] finds. All questions are about the same keys.
    pub(super) fn find(
        &mut self,
        keys: &Keys<'_>,
        covered: RType,
        rrsig: &Rrsig<'_>,
    ) -> &Candidates {
        let over_keys = covered == RType::DNSKEY;
        let asked = (rrsig.algorithm, rrsig.key_tag, over_keys, rrsig.signature.len());
        if self.asked != Some(asked) {
            self.found = Candidates::find(keys, covered, rrsig);
            self.asked = Some(asked);
        }
        &self.found
    }
}

/// Whether a signature is never valid, because it ends before it begins.
pub(super) fn is_never_valid(inception: Timestamp, expiration: Timestamp) -> bool {
    inception.serial_cmp(expiration) == Ordering::Greater
}

/// What is wrong with a signature at a time, in Unix seconds.
pub(super) fn fault_at(inception: Timestamp, expiration: Timestamp, at: i64) -> Option<Fault> {
    let now = Timestamp::from_unix(at);
    if now.serial_cmp(expiration) == Ordering::Greater {
        let detail = format!("expiration {expiration}");
        return Some((Code::SignatureExpired, Some(detail)));
    }
    if now.serial_cmp(inception) == Ordering::Less {
        let detail = format!("inception {inception}");
        return Some((Code::SignatureNotYetValid, Some(detail)));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Preparation;

    // What is remembered of one signature must not change what is found for the next.
    #[test]
    fn candidates_in_a_row_are_those_of_each_signature() {
        // The key of RFC 8080 §6.1, the same revoked (RFC 5011 §3), and one that is no key.
        let key = [
            0x97, 0x4d, 0x96, 0xa2, 0x2d, 0x22, 0x4b, 0xc0, 0x1a, 0xdb, 0x91, 0x50, 0x91, 0x47,
            0x7d, 0x44, 0xcc, 0xd9, 0x1c, 0x9a, 0x41, 0xa1, 0x14, 0x30, 0x01, 0x01, 0x17, 0xd5,
            0x2c, 0x59, 0x24, 0x0e,
        ];
        let keys: Vec<Vec<u8>> = [[1, 1], [1, 0x81]]
            .map(|flags| [&flags[..], &[3, 15], &key].concat())
            .into_iter()
            .chain([vec![1, 1, 3, 15, 9]])
            .collect();
        let table = KeyTable::new(keys.iter().map(Vec::as_slice), &Preparation::default(), |_| 10);
        let (sha1, limits) = (Sha1::default(), Limits::default());
        let usability = Usability::new(&table, sha1, limits.rsa_exponent_bits);
        let keys = Keys { table: &table, usability: &usability, limits, sha1 };
        let tags: Vec<u16> = table.iter().map(|(_, key)| key.tag).chain([0]).collect();
        let mut rdatas = Vec::new();
        for tag in tags {
            for (algorithm, signature_len) in [(15, 64), (15, 63), (13, 64), (5, 9)] {
                let mut rdata = vec![0, 6, algorithm, 0];
                rdata.extend([0; 12]);
                rdata.extend(tag.to_be_bytes());
                rdata.push(0);
                rdata.extend(vec![1; signature_len]);
                rdatas.push(rdata);
            }
        }
        let (mut last, mut found_keys) = (LastCandidates::default(), 0);
        for round in 0..1000 {
            let rrsig = Rrsig::from_rdata(&rdatas[round * round / 3 % rdatas.len()]).unwrap();
            let covered = [RType::DNSKEY, RType::SOA, RType::SOA][round % 3];
            let (found, plain) =
                (last.find(&keys, covered, &rrsig), Candidates::find(&keys, covered, &rrsig));
            assert_eq!(format!("{found:?}"), format!("{plain:?}"));
            found_keys += found.keys.len();
        }
        assert!(found_keys > 0);
    }
}
