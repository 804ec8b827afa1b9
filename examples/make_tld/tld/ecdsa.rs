//! ECDSA signatures by the batch: those of RFC 6979, to the octet, in a small part of a library's
//! time.
//!
//! The curve's arithmetic is RustCrypto's, not sigmill's own, so that what sigmill verifies was not
//! made by the same code. What no library does for one signature alone is done here: multiples of the
//! base point are sums from a table, and one inversion serves all points of a batch, and one all its
//! nonces. Nothing is in constant time; the keys are nobody's secret.

use std::sync::Arc;

use ecdsa::elliptic_curve::ff::{BatchInverter, PrimeField as _};
use ecdsa::elliptic_curve::group::{Curve as _, CurveAffine as _, Group as _};
use ecdsa::elliptic_curve::ops::Reduce as _;
use ecdsa::elliptic_curve::point::AffineCoordinates as _;
use ecdsa::elliptic_curve::{
    AffinePoint, CurveArithmetic, FieldBytes, NonZeroScalar, ProjectivePoint, Scalar,
};
use ecdsa::{DigestAlgorithm, EcdsaCurve};
use rfc6979::KGenerator;
use rfc6979::hmac::digest::Digest as _;

/// A private key with the base point's table, ready to sign.
pub struct Signer<C: CurveArithmetic> {
    secret: NonZeroScalar<C>,
    table: Arc<Table<C>>,
}

/// Multiples of the base point: for each digit of a scalar, from the least significant, those by 1 to
/// [`MULTIPLES`] times that digit's weight.
pub struct Table<C: CurveArithmetic>(Vec<AffinePoint<C>>);

/// Bits of a digit. With more there are fewer additions for a signature and more for the table, which
/// at 12 are as many as for 4000 signatures.
const WIDTH: usize = 12;
const MULTIPLES: usize = (1 << WIDTH) - 1;

impl<C: EcdsaCurve + CurveArithmetic> Table<C> {
    /// Makes the table.
    pub fn new() -> Arc<Self> {
        let mut rows = Vec::new();
        let mut weight = ProjectivePoint::<C>::generator();
        for _ in 0..(8 * FieldBytes::<C>::default().len()).div_ceil(WIDTH) {
            let mut multiples = Vec::with_capacity(MULTIPLES);
            let mut multiple = weight;
            for _ in 0..MULTIPLES {
                multiples.push(multiple);
                multiple += weight;
            }
            weight = multiple;
            let start = rows.len();
            rows.resize(start + MULTIPLES, AffinePoint::<C>::identity());
            ProjectivePoint::<C>::batch_normalize(&multiples, &mut rows[start..]);
        }
        Arc::new(Self(rows))
    }

    /// A multiple of the base point, given by a number with the most significant octet first.
    fn multiple(&self, number: &[u8]) -> ProjectivePoint<C> {
        let mut sum = ProjectivePoint::<C>::identity();
        let (mut bits, mut held, mut octets) = (0, 0, number.iter().rev());
        for multiples in self.0.chunks(MULTIPLES) {
            while held < WIDTH {
                bits |= octets.next().map_or(0, |&octet| usize::from(octet)) << held;
                held += 8;
            }
            let digit = bits & MULTIPLES;
            (bits, held) = (bits >> WIDTH, held - WIDTH);
            if let Some(row) = digit.checked_sub(1) {
                sum += multiples[row];
            }
        }
        sum
    }
}

impl<C: EcdsaCurve + CurveArithmetic + DigestAlgorithm> Signer<C> {
    /// Takes a private key.
    pub fn new(secret: NonZeroScalar<C>, table: Arc<Table<C>>) -> Self {
        Self { secret, table }
    }

    /// The signatures over messages as RRSIG carries them: r and s (RFC 6605 §4).
    pub fn sign(&self, messages: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let digests: Vec<_> = messages.iter().map(C::Digest::digest).collect();
        let nonces: Vec<Scalar<C>> = digests.iter().map(|digest| self.nonce(digest)).collect();
        let points: Vec<_> =
            nonces.iter().map(|nonce| self.table.multiple(&nonce.to_repr())).collect();
        let mut affine = vec![AffinePoint::<C>::identity(); points.len()];
        ProjectivePoint::<C>::batch_normalize(&points, &mut affine);
        let mut inverses = nonces;
        let mut scratch = inverses.clone();
        BatchInverter::invert_with_external_scratch(&mut inverses, &mut scratch);

        let signatures = digests.iter().zip(affine).zip(inverses);
        signatures
            .map(|((digest, point), inverse)| {
                // SHA-256 fits P-256 and SHA-384 fits P-384, so a digest is a number as it is. That r
                // or s is zero, for which RFC 6979 §3.2 has a rule, is as likely as guessing the key.
                let mut number = FieldBytes::<C>::default();
                number.copy_from_slice(digest);
                let e = Scalar::<C>::reduce(&number);
                let r = Scalar::<C>::reduce(&point.x());
                let s = inverse * (e + r * *self.secret);
                [r.to_repr(), s.to_repr()].concat()
            })
            .collect()
    }

    /// The nonce for a digest (RFC 6979 §3.2).
    fn nonce(&self, digest: &[u8]) -> Scalar<C> {
        let secret = self.secret.to_repr();
        let order = C::ORDER;
        let mut generator = KGenerator::<C::Digest, C::Uint>::new(&secret, digest, &[], &order);
        let mut octets = FieldBytes::<C>::default();
        generator.fill_next_k(&mut octets);
        Scalar::<C>::reduce(&octets)
    }
}
