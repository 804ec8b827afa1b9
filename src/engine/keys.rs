//! The key table: each key prepared once, however many signatures it made.

use std::collections::HashMap;
use std::sync::Arc;

use crate::crypto::backend::{self, Prepared};
use crate::crypto::{BackendChoice, KeyError, PublicKey, Refusal};
use crate::dns::Algorithm;
use crate::dns::rdata::{Dnskey, key_tag};

use super::journal::{Journal, TableNumber};

/// A key's place in its table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KeyIndex(pub u16);

/// The keys of one zone.
#[derive(Debug)]
pub struct KeyTable {
    keys: Vec<Key>,
    /// The keys with a tag and an algorithm, in canonical order.
    by_tag: HashMap<(Algorithm, u16), Vec<KeyIndex>>,
    /// Where what is verified under these keys is written down, and as which table's.
    journal: Option<(Arc<Journal>, TableNumber)>,
}

/// How keys are prepared.
#[derive(Clone, Debug, Default)]
pub struct Preparation {
    /// Which backend verifies.
    pub backend: BackendChoice,
    /// Whether a second backend verifies everything too; without, one is prepared only beside a first
    /// one that wants confirmation.
    pub cross_check: bool,
    /// Where keys and tasks are to be written down, if they are.
    pub journal: Option<Arc<Journal>>,
}

/// A DNSKEY, ready to verify if it can.
#[derive(Debug)]
pub struct Key {
    /// The record's RDATA.
    pub rdata: Vec<u8>,
    /// Its tag (RFC 4034 Appendix B).
    pub tag: u16,
    /// Its algorithm.
    pub algorithm: Algorithm,
    /// The public key, or why there is none.
    pub public: Result<PublicKey, KeyProblem>,
    prepared: Option<Prepared>,
    second: Option<Second>,
}

/// A second backend's form of a key, and what it is for.
#[derive(Debug)]
pub struct Second {
    /// The key.
    pub prepared: Prepared,
    /// Whether it verifies everything, or only what the first backend says does not hold.
    pub verifies_all: bool,
    /// Whether what it says holds, does, whatever the first backend says.
    pub decides: bool,
}

/// Why a key cannot verify.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyProblem {
    /// Its octets are not a public key of its algorithm, or the algorithm is not supported.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Every backend refuses it, for example because its point is not on the curve.
    #[error("no backend accepts the key: {0}")]
    Refused(#[from] Refusal),
}

impl KeyTable {
    /// Prepares the keys of a DNSKEY RRset, given as RDATA in canonical order; RDATA that is cut
    /// short is left out.
    ///
    /// `signatures` says how many will be verified under the keys with a tag, at most.
    #[must_use]
    pub fn new<'a>(
        dnskeys: impl Iterator<Item = &'a [u8]>,
        how: &Preparation,
        signatures: impl Fn(u16) -> usize,
    ) -> Self {
        let prepare = |rdata: &'a [u8]| {
            let dnskey = Dnskey::from_rdata(rdata)?;
            Some(Key::new(rdata, &dnskey, how.backend, how.cross_check, &signatures))
        };
        // More keys than an index can tell apart do not fit a DNS message: the rest is left out.
        let mut table =
            Self::of_keys(dnskeys.filter_map(prepare).take(usize::from(u16::MAX)).collect());
        table.journal = how.journal.as_ref().map(|journal| {
            let keys = table.keys.iter().map(|key| (&key.rdata[..], signatures(key.tag)));
            (Arc::clone(journal), journal.enter_table(keys))
        });
        table
    }

    fn of_keys(keys: Vec<Key>) -> Self {
        let mut by_tag: HashMap<_, Vec<KeyIndex>> = HashMap::new();
        for (index, key) in (0..).map(KeyIndex).zip(&keys) {
            by_tag.entry((key.algorithm, key.tag)).or_default().push(index);
        }
        Self { keys, by_tag, journal: None }
    }

    /// Where what is verified is written down.
    pub(super) fn journal(&self) -> Option<(&Journal, TableNumber)> {
        self.journal.as_ref().map(|(journal, number)| (&**journal, *number))
    }

    /// The keys with a tag and an algorithm, in canonical order: usually one, but tags collide
    /// (RFC 4034 §8).
    #[must_use]
    pub fn matching(&self, algorithm: Algorithm, tag: u16) -> &[KeyIndex] {
        self.by_tag.get(&(algorithm, tag)).map_or(&[], Vec::as_slice)
    }

    /// All keys with their places.
    pub fn iter(&self) -> impl Iterator<Item = (KeyIndex, &Key)> {
        (0..=u16::MAX).map(KeyIndex).zip(&self.keys)
    }

    /// A key by its place, which must come from this table.
    #[must_use]
    pub fn get(&self, index: KeyIndex) -> &Key {
        &self.keys[usize::from(index.0)]
    }

    /// Which of its kernels a backend verifies with under keys of an algorithm, when it has several.
    #[must_use]
    pub fn kernel(&self, algorithm: Algorithm, backend: &str) -> Option<&'static str> {
        let keys = self.keys.iter().filter(|key| key.algorithm == algorithm);
        keys.flat_map(Key::forms).find(|form| form.backend == backend)?.key.kernel()
    }

    /// Octets of the tables that backends have made for the keys so far.
    #[must_use]
    pub fn table_octets(&self) -> usize {
        self.keys.iter().flat_map(Key::forms).map(|form| form.key.table_octets()).sum()
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are no keys.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

#[cfg(test)]
impl KeyTable {
    /// A table of keys with tag 1 and algorithm 13, each with its backend and a second one.
    pub(super) fn of_backends(backends: Vec<(Prepared, Option<Second>)>) -> Self {
        let key = |(prepared, second)| Key {
            rdata: vec![1, 0, 3, 13],
            tag: 1,
            algorithm: Algorithm::ECDSAP256SHA256,
            public: Ok(PublicKey::EcdsaP256([0; 64])),
            prepared: Some(prepared),
            second,
        };
        Self::of_keys(backends.into_iter().map(key).collect())
    }
}

impl Key {
    fn new(
        rdata: &[u8],
        dnskey: &Dnskey<'_>,
        choice: BackendChoice,
        cross_check: bool,
        signatures: impl Fn(u16) -> usize,
    ) -> Self {
        let mut key = Self {
            rdata: rdata.to_vec(),
            tag: key_tag(rdata),
            algorithm: dnskey.algorithm,
            public: PublicKey::from_dnskey(dnskey.algorithm, dnskey.key).map_err(KeyProblem::from),
            prepared: None,
            second: None,
        };
        let Ok(public) = &key.public else { return key };
        let signatures = signatures(key.tag);
        match backend::prepare(choice, public, signatures) {
            Ok(prepared) => {
                let decides = backend::wants_confirmation(prepared.backend);
                if cross_check || decides {
                    let second = backend::prepare_second(prepared.backend, public, signatures);
                    let second_with =
                        |prepared| Second { prepared, verifies_all: cross_check, decides };
                    key.second = second.map(second_with);
                }
                key.prepared = Some(prepared);
            }
            Err(refusal) => key.public = Err(refusal.into()),
        }
        key
    }

    /// The view of the RDATA.
    #[must_use]
    pub fn dnskey(&self) -> Dnskey<'_> {
        // The table only holds RDATA of at least four octets.
        Dnskey::from_rdata(&self.rdata).unwrap_or(Dnskey {
            flags: 0,
            protocol: 0,
            algorithm: self.algorithm,
            key: &[],
        })
    }

    /// What backends have made of the key.
    fn forms(&self) -> impl Iterator<Item = &Prepared> {
        self.prepared.iter().chain(self.second.iter().map(|second| &second.prepared))
    }

    /// The backend's form of the key; `None` when no backend can use it.
    #[must_use]
    pub fn prepared(&self) -> Option<&Prepared> {
        self.prepared.as_ref()
    }

    /// A second backend's form of the key, if there is to be one and one can use it.
    #[must_use]
    pub fn second(&self) -> Option<&Second> {
        self.second.as_ref()
    }
}
