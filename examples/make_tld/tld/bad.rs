//! Which signatures are to be broken.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};

use super::options::DenialKind;
use super::random::{Purpose, Random};
use super::zone::Zone;

/// The broken signatures.
#[derive(Clone, Debug, Default)]
pub struct Bad {
    /// Those of DS, by the number of the delegation.
    ds: BTreeSet<usize>,
    /// Those of denial records: of NSEC by the number of the delegation, of NSEC3 by that in the
    /// chain.
    denial: BTreeSet<usize>,
}

impl Bad {
    /// As many as the options ask for, out of all that sign DS or deny something, each as likely as
    /// any other.
    pub fn new(zone: &Zone) -> Result<Self> {
        let denials = match zone.options.denial {
            DenialKind::Nsec => zone.labels.len(),
            DenialKind::Nsec3 | DenialKind::OptOut => zone.chain.len(),
        };
        let (all, wanted) = (zone.secure.len() + denials, zone.options.bad as usize);
        ensure!(wanted <= all, "--bad {wanted}: the zone has only {all} signatures to be broken");
        let mut random = Random::new(zone.options.seed, Purpose::Bad, 0);
        // R. Floyd's way of drawing without repetition (Bentley, "A sample of brilliance", 1987).
        let mut drawn = BTreeSet::new();
        for last in all - wanted..all {
            let one = random.between(0, last);
            if !drawn.insert(one) {
                drawn.insert(last);
            }
        }
        let mut bad = Self::default();
        for number in drawn {
            match zone.secure.get(number) {
                Some(&delegation) => bad.ds.insert(delegation as usize),
                None => bad.denial.insert(number - zone.secure.len()),
            };
        }
        Ok(bad)
    }

    /// Whether the signature of a delegation's DS records is broken.
    pub fn is_ds(&self, delegation: usize) -> bool {
        self.ds.contains(&delegation)
    }

    /// Whether the signature of a denial record is.
    pub fn is_denial(&self, number: usize) -> bool {
        self.denial.contains(&number)
    }
}

/// Breaks a signature: one bit of its latter half, so that the number that it is keeps its size.
pub fn spoil(signature: &mut [u8]) {
    let place = signature.len() * 3 / 4;
    if let Some(octet) = signature.get_mut(place) {
        *octet ^= 0x10;
    }
}
