//! Keys, RRsets and signatures made on the spot, as a zone has them: the DS RRsets of delegations.

use std::time::Duration;

use rayon::prelude::*;

use crate::crypto::{Item, KeyShape, PublicKey, Signer, SignerError};
use crate::dns::rdata::{Dnskey, Rrsig, key_tag};
use crate::dns::{Class, Name, RType};
use crate::rrset::signed::append_signed_records;

use super::Kind;

/// A key, and what it signed.
#[derive(Debug)]
pub(super) struct Material {
    pub kind: Kind,
    pub public: PublicKey,
    /// The RDATA of its DNSKEY.
    pub dnskey: Vec<u8>,
    pub questions: Vec<Question>,
}

/// An RRset of one DS record, and its RRSIG.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub owner: Name,
    /// The RDATA of the DS.
    pub ds: Vec<u8>,
    /// The RDATA of the RRSIG.
    pub rrsig: Vec<u8>,
    /// Where the signature begins in it.
    signature: usize,
    /// The octets that were signed.
    pub message: Vec<u8>,
}

impl Question {
    pub(super) fn item(&self) -> Item<'_> {
        Item { message: &self.message, signature: &self.rrsig[self.signature..] }
    }

    /// The same with one bit changed, of the signature or of what was signed by turns.
    pub(super) fn corrupted(&self, number: usize) -> Self {
        let mut corrupted = self.clone();
        let bit = 1 << (number % 8);
        if number.is_multiple_of(2) {
            let octets = corrupted.rrsig.len() - self.signature;
            corrupted.rrsig[self.signature + number / 2 * 7 % octets] ^= bit;
        } else {
            // The DS is what ends the signed data.
            let place = number / 2 * 5 % self.ds.len();
            corrupted.ds[place] ^= bit;
            let from_end = self.ds.len() - place;
            let place = corrupted.message.len() - from_end;
            corrupted.message[place] ^= bit;
        }
        corrupted
    }
}

/// Different signatures under a key: enough that no cache holds what belongs to each. RSA has no
/// tables that different signatures would read, and signs slowly.
fn different(kind: Kind) -> usize {
    match kind.shape {
        KeyShape::Curve => 4096,
        KeyShape::Rsa { bits: 0..=2048, .. } => 64,
        KeyShape::Rsa { .. } => 24,
    }
}

impl Material {
    /// Keys of these kinds and their signatures, on the threads of the current rayon pool.
    ///
    /// # Errors
    /// When primes are not found in time.
    pub(super) fn make(kinds: &[Kind], within: Duration) -> Result<Vec<Self>, SignerError> {
        kinds.into_par_iter().map(|&kind| Self::of(kind, within)).collect()
    }

    fn of(kind: Kind, within: Duration) -> Result<Self, SignerError> {
        let signer = Signer::generate(kind.algorithm, kind.shape, within)?;
        let flags_and_protocol = [1, 0, 3, kind.algorithm.0];
        let dnskey = [&flags_and_protocol[..], signer.dnskey()].concat();
        let tag = key_tag(&dnskey);
        let question = |number| question(&signer, tag, number);
        let questions = (0..different(kind)).into_par_iter().map(question).collect();
        Ok(Self { kind, public: signer.public_key()?, dnskey, questions })
    }

    /// The octets of the key, as DNSKEY carries them.
    pub(super) fn key_octets(&self) -> &[u8] {
        Dnskey::from_rdata(&self.dnskey).map_or(&[], |dnskey| dnskey.key)
    }
}

fn question(signer: &Signer, tag: u16, number: usize) -> Question {
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    let apex = Name::from_text(b"example.", None).unwrap_or_else(|_| Name::root());
    let label = format!("delegation-{number:06}");
    let owner = Name::from_text(label.as_bytes(), Some(&apex)).unwrap_or(apex);
    // Tag, algorithm 13, digest type 2, and 32 octets that differ (RFC 4034 §5.1).
    let mut ds = vec![0x12, 0x34, 13, 2];
    ds.extend((0..8_u32).flat_map(|word| (number.wrapping_mul(0x9e37_79b9) ^ word).to_be_bytes()));
    // Type covered, algorithm, labels, TTL, expiration, inception, tag, signer (RFC 4034 §3.1).
    let mut rrsig = RType::DS.0.to_be_bytes().to_vec();
    rrsig.extend([signer.algorithm().0, owner.rrsig_labels()]);
    for number in [3600_u32, 1_893_456_000, 1_767_225_600] {
        rrsig.extend(number.to_be_bytes());
    }
    rrsig.extend(tag.to_be_bytes());
    rrsig.extend(apex.as_wire());
    let signature = rrsig.len();
    let mut message = Vec::new();
    if let Some(view) = Rrsig::from_rdata(&rrsig) {
        let records = std::iter::once(&ds[..]);
        append_signed_records(&owner, Class::IN, RType::DS, records, &view, &mut message);
    }
    rrsig.extend(signer.sign(&message));
    Question { owner, ds, rrsig, signature, message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{BackendChoice, backend};

    #[test]
    fn what_is_made_holds_and_what_is_corrupted_does_not() {
        let kinds = [Kind::P256, Kind::ED448, Kind::rsa(1024, 3)];
        for material in Material::make(&kinds, Duration::from_secs(60)).unwrap() {
            let key = backend::prepare(BackendChoice::Auto, &material.public, 1).unwrap().key;
            let questions = &material.questions[..24];
            let corrupted: Vec<_> =
                questions.iter().enumerate().map(|(n, question)| question.corrupted(n)).collect();
            for (good, bad) in questions.iter().zip(&corrupted) {
                let mut holds = [false, true];
                key.verify_batch(&[good.item(), bad.item()], &mut holds);
                assert_eq!(holds, [true, false], "{}", material.kind);
                // RRset and signed data say the same.
                let rrsig = Rrsig::from_rdata(&bad.rrsig).unwrap();
                let mut message = Vec::new();
                let ds = std::iter::once(&bad.ds[..]);
                append_signed_records(&bad.owner, Class::IN, RType::DS, ds, &rrsig, &mut message);
                assert_eq!(message, bad.message);
                assert_eq!(rrsig.signature, bad.item().signature);
            }
            let mut messages: Vec<_> = material.questions.iter().map(|one| &one.message).collect();
            messages.sort_unstable();
            messages.dedup();
            assert_eq!(messages.len(), different(material.kind));
        }
    }
}
