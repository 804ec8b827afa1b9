//! Keys and batches of signatures, well made and crafted: the backend `lanes` says of each what the
//! library says. One kernel a run, which `SIGMILL_KERNEL` names.
#![no_main]

use std::sync::Once;

use libfuzzer_sys::fuzz_target;
use sigmill::crypto::{Item, PublicKey, backend};
use sigmill::dns::Algorithm;

/// What there is to fuzz. An algorithm joins by a line.
const SUBJECTS: [Subject; 2] = [
    Subject { algorithm: Algorithm::ECDSAP256SHA256, part: 32, case: ecdsa_p256::case },
    Subject { algorithm: Algorithm::ECDSAP384SHA384, part: 48, case: ecdsa_p384::case },
];

/// An algorithm of the backend `lanes`.
struct Subject {
    algorithm: Algorithm,
    /// Octets of each number that a signature consists of.
    part: usize,
    /// Makes a key of the input.
    case: fn(&mut Input<'_>) -> Option<Case>,
}

/// A key and what fits it.
struct Case {
    /// The public key as DNSKEY has it.
    key: Vec<u8>,
    /// Numbers at the bounds of what a signature may hold, of [`Subject::part`] octets each.
    edges: Vec<Vec<u8>>,
    /// A message with a signature that was made together with the key.
    crafted: Option<(Vec<u8>, Vec<u8>)>,
    /// Signs, with a number that a nonce can be made of; when the private key is known.
    sign: Option<Box<dyn Fn(&[u8], &[u8]) -> Option<Vec<u8>>>>,
}

/// Signatures in a batch: more than the lanes of any kernel, twice over.
const MOST: usize = 40;

fuzz_target!(|input: &[u8]| {
    static KERNEL: Once = Once::new();
    KERNEL.call_once(|| backend::check_kernel_variable().expect("SIGMILL_KERNEL"));
    let mut input = Input(input);
    let subject = &SUBJECTS[usize::from(input.octet()) % SUBJECTS.len()];
    // So many are said to come: it decides how large tables are.
    let announced = [5, 20, 100, 500][usize::from(input.octet()) % 4];
    let Some(case) = (subject.case)(&mut input) else { return };
    let Ok(key) = PublicKey::from_dnskey(subject.algorithm, &case.key) else { return };
    let prepare = |name: &str| backend::by_name(name).unwrap().prepare(&key, announced);
    let (lanes, library) = (prepare("lanes"), prepare("aws-lc"));
    assert_eq!(lanes.is_ok(), library.is_ok(), "what is a key: {:x?}", case.key);
    let (Ok(lanes), Ok(library)) = (lanes, library) else { return };

    let mut questions: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    while questions.len() < MOST && !input.0.is_empty() {
        if let Some(question) = question(subject, &case, &mut input) {
            questions.push(question);
        }
    }
    let items: Vec<_> = questions
        .iter()
        .map(|(message, signature)| Item { message, signature })
        .filter(|item| key.check_signature(item.signature).is_ok())
        .collect();
    let [mut found, mut expected] = [vec![false; items.len()], vec![true; items.len()]];
    lanes.verify_batch(&items, &mut found);
    library.verify_batch(&items, &mut expected);
    assert_eq!(found, expected, "key {:x?}, {items:x?}", case.key);
});

/// A message and a signature of it, good or not.
fn question(subject: &Subject, case: &Case, input: &mut Input<'_>) -> Option<(Vec<u8>, Vec<u8>)> {
    let kind = input.octet();
    let len = usize::from(input.octet());
    let message = input.octets(len % 8).repeat(1 + len / 8);
    let len = case.edges[0].len().max(subject.part);
    match kind % 8 {
        // Numbers at the bounds, or any.
        0 | 1 => {
            let mut half = || match input.octet() {
                any @ 0xe0.. => vec![any; len],
                i => case.edges[usize::from(i) % case.edges.len()].clone(),
            };
            let (first, second) = (half(), half());
            Some((message, [first, second].concat()))
        }
        2 => Some((message, input.octets(2 * subject.part))),
        3 => case.crafted.clone(),
        kind => {
            let nonce = input.octets(subject.part);
            let mut signature = (case.sign.as_ref()?)(&message, &nonce)?;
            // One octet changed, or one number replaced by one at the bounds.
            if kind == 4 {
                let at = usize::from(input.octet()) % signature.len();
                signature[at] ^= input.octet();
            } else if kind == 5 {
                let edge = &case.edges[usize::from(input.octet()) % case.edges.len()];
                let at = usize::from(input.octet() & 1) * subject.part;
                signature[at..at + subject.part].copy_from_slice(edge);
            }
            Some((message, signature))
        }
    }
}

/// What is left of the input. Past its end there are zeros.
struct Input<'i>(&'i [u8]);

impl Input<'_> {
    fn octet(&mut self) -> u8 {
        self.octets(1)[0]
    }

    fn octets(&mut self, len: usize) -> Vec<u8> {
        let (octets, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        let mut octets = octets.to_vec();
        octets.resize(len, 0);
        octets
    }
}

/// A number of the same length that is greater or less by so much.
fn shifted(number: &[u8], by: i64) -> Vec<u8> {
    let (mut shifted, mut carry) = (number.to_vec(), by);
    for octet in shifted.iter_mut().rev() {
        carry += i64::from(*octet);
        *octet = carry.rem_euclid(256) as u8;
        carry = carry.div_euclid(256);
    }
    shifted
}

macro_rules! ecdsa {
    ($module:ident, $curve:ident, $hash:ident, $len:literal, $order:literal) => {
        mod $module {
            use aws_lc_rs::digest;
            use $curve::elliptic_curve::ff::PrimeField;
            use $curve::elliptic_curve::ops::Reduce;
            use $curve::elliptic_curve::point::{AffineCoordinates, DecompressPoint};
            use $curve::{AffinePoint, FieldBytes, ProjectivePoint, Scalar};

            use super::{Case, Input, shifted};

            /// The order of the group.
            const ORDER: &str = $order;

            fn order() -> Vec<u8> {
                let octet = |i| u8::from_str_radix(&ORDER[i..i + 2], 16).unwrap();
                (0..ORDER.len()).step_by(2).map(octet).collect()
            }

            fn scalar(octets: &[u8]) -> Scalar {
                Scalar::reduce(&FieldBytes::try_from(octets).unwrap())
            }

            /// The digest as a number modulo the order.
            fn hashed(message: &[u8]) -> Scalar {
                scalar(digest::digest(&digest::$hash, message).as_ref())
            }

            fn octets_of(point: ProjectivePoint) -> Vec<u8> {
                let point = point.to_affine();
                [point.x(), point.y()].concat()
            }

            /// `r` of the point that a nonce stands for.
            fn first_half(nonce: &Scalar) -> Scalar {
                Scalar::reduce(&(ProjectivePoint::GENERATOR * nonce).to_affine().x())
            }

            /// FIPS 186-5 §6.4.1 with a nonce that is given.
            fn sign(d: &Scalar, message: &[u8], nonce: &[u8]) -> Option<Vec<u8>> {
                let k = scalar(nonce);
                let r = first_half(&k);
                let s = k.invert().into_option()? * (hashed(message) + r * d);
                Some([r.to_repr(), s.to_repr()].concat())
            }

            pub fn case(input: &mut Input<'_>) -> Option<Case> {
                let n = order();
                let [zero, ones] = [vec![0; $len], vec![0xff; $len]];
                let mut edges = vec![zero.clone(), shifted(&zero, 1), shifted(&zero, 2), ones];
                edges.extend((-2..=2).map(|by| shifted(&n, by)));
                let mut half = n.clone();
                half.iter_mut().fold(0, |carry, octet| {
                    let next = *octet & 1;
                    *octet = *octet >> 1 | carry << 7;
                    next
                });
                edges.push(half);
                let message = b"made with its key".to_vec();
                let (key, private, crafted) = match input.octet() % 8 {
                    // Any octets, of which hardly any are a point.
                    0 => (input.octets(2 * $len), None, None),
                    // u1 G = u2 Q, or u1 G = -u2 Q: the two meet when they are added last. With
                    // d = ±e / r both are ±e / s times G.
                    kind @ 1..=3 => {
                        let k = scalar(&input.octets($len));
                        let (e, r) = (hashed(&message), first_half(&k));
                        let d = e * r.invert().into_option()?;
                        let d = if kind == 1 { -d } else { d };
                        let s = if kind == 1 { k } else { sum(&k, &e, &r, &d)? };
                        let signature = [r.to_repr(), s.to_repr()].concat();
                        let point = ProjectivePoint::GENERATOR * d;
                        (octets_of(point), Some(d), Some((message, signature)))
                    }
                    // R has a first coordinate of at least the order, so that r + n is met; the key
                    // is the one for which that is so.
                    4 => {
                        let by = i64::from(u16::from_le_bytes([input.octet(), input.octet()]));
                        let x = FieldBytes::try_from(&shifted(&n, by)[..]).unwrap();
                        let point = AffinePoint::decompress(&x, (input.octet() & 1).into());
                        let point = ProjectivePoint::from(point.into_option()?);
                        let (r, s) = (Scalar::from(by as u64), scalar(&input.octets($len)));
                        let inverse = r.invert().into_option()?;
                        let e = ProjectivePoint::GENERATOR * hashed(&message);
                        let key = (point * s - e) * inverse;
                        let signature = [r.to_repr(), s.to_repr()].concat();
                        (octets_of(key), None, Some((message, signature)))
                    }
                    // A small multiple of the base point, or a large one: rows of both tables meet.
                    5 => {
                        let d = Scalar::from(u64::from(input.octet()));
                        let d = if input.octet() & 1 == 1 { -d } else { d };
                        (octets_of(ProjectivePoint::GENERATOR * d), Some(d), None)
                    }
                    _ => {
                        let d = scalar(&input.octets($len));
                        (octets_of(ProjectivePoint::GENERATOR * d), Some(d), None)
                    }
                };
                let sign = private.map(|d| -> Box<dyn Fn(&[u8], &[u8]) -> Option<Vec<u8>>> {
                    Box::new(move |message, nonce| sign(&d, message, nonce))
                });
                Some(Case { key, edges, crafted, sign })
            }

            fn sum(k: &Scalar, e: &Scalar, r: &Scalar, d: &Scalar) -> Option<Scalar> {
                Some(k.invert().into_option()? * (e + &(r * d)))
            }
        }
    };
}

ecdsa!(
    ecdsa_p256,
    p256,
    SHA256,
    32,
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
);
ecdsa!(
    ecdsa_p384,
    p384,
    SHA384,
    48,
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973"
);
