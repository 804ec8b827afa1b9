//! What a signature costs with our own batch arithmetic, as two tables in Markdown for the curves, two
//! for Ed448 and two for RSA: `cargo run --release --example lanes_cost`, or `scripts/measure-lanes`.
//!
//! One processor. By batch size under a table for 100,000 signatures, and by signatures under one
//! key in batches of 1024 with the table's making, or for RSA that of a key's constants, shared among
//! them; the base point's table, which all keys share, is there before. Beside each time how many times the fastest library takes, aws-lc or for Ed448 RustCrypto, with
//! its key parsed beforehand, in the same run. Arguments name the tables that are wanted: `curves`, `ed448`,
//! `rsa`.
#![allow(clippy::unwrap_used, reason = "all that is read here is fixed")]

#[path = "../tests/signers/mod.rs"]
mod signers;

use std::time::Instant;

use sigmill::crypto::{Item, PreparedKey, PublicKey, backend};
use sigmill::dns::Algorithm;
use signers::Signer;

const SIGNATURES: usize = 4096;

/// A message and its signature.
type Question = (Vec<u8>, Vec<u8>);

fn main() {
    println!("kernel for P-256: {}\n", backend::lanes_kernel());
    let wanted: Vec<_> = std::env::args().skip(1).collect();
    let wants = |name| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    if wants("curves") {
        println!("## Curves\n");
        tables(&[signers::p256(), signers::p384(), signers::ed25519()]);
    }
    if wants("ed448") {
        println!("\n## Ed448\n");
        tables(&[signers::ed448()]);
    }
    if wants("rsa") {
        println!("\n## RSA\n");
        let sizes = [1024, 1280, 2048, 4096];
        tables(&sizes.map(|bits| signers::rsa(Algorithm::RSASHA256, bits, 65537)));
    }
}

/// The tables of those of the signers whose keys our own arithmetic takes here.
fn tables(signers: &[Signer]) {
    let takes = |signer: &&Signer| {
        backend::by_name("lanes").unwrap().prepare(&signer.public_key(), SIGNATURES).is_ok()
    };
    let signers: Vec<_> = signers.iter().filter(takes).collect();
    let questions: Vec<Vec<_>> = signers.iter().map(|signer| questions(signer)).collect();
    let head = |first: &str| {
        let names = signers.iter().map(|signer| format!(" {} ns | x |", signer.name));
        println!("| {first} |{}", names.collect::<String>());
        println!("|--:|{}", "--:|--:|".repeat(signers.len()));
    };
    let row = |first: usize, cost: &dyn Fn(&Signer, &[Question]) -> f64| {
        let cells = signers.iter().zip(&questions).map(|(signer, questions)| {
            // The library beside each measurement, before and after: the machine may be busier at
            // one time than at another.
            let before = library(signer, questions);
            let cost = cost(signer, questions);
            let library = before.min(library(signer, questions));
            format!(" {cost:.0} | {:.1} |", library / cost)
        });
        println!("| {first} |{}", cells.collect::<String>());
    };
    for (signer, questions) in signers.iter().zip(&questions) {
        let (name, time) = (library_for(signer), library(signer, questions));
        println!("{}: {name} takes {time:.0} ns", signer.name);
    }

    println!("\nBy batch size, what is made for the key being there:\n");
    head("batch");
    for batch in [1, 8, 64, 512, 4096] {
        row(batch, &|signer, questions| {
            let key = prepare("lanes", &signer.public_key(), 100_000);
            verify(&*key, questions, batch, 64); // makes the tables
            // Short runs, one of which no other work interrupts.
            let signatures = batch.max(64);
            let rounds = 5 * SIGNATURES / signatures;
            best_of(rounds, || verify(&*key, questions, batch, signatures))
        });
    }

    println!("\nBy signatures under the key, what is made for it included:\n");
    head("signatures");
    let fewest = if signers[0].algorithm == Algorithm::ED448 { 2 } else { 12 };
    for signatures in [fewest, 100, 1000, 10_000, 100_000, 1_000_000] {
        // RSA has no tables that would make more of more signatures.
        if signatures > 10_000 && signers[0].name.starts_with("RSA") {
            break;
        }
        row(signatures, &|signer, questions| {
            let public = signer.public_key();
            // The base point's table serves all keys: it is there before, as large as a million signatures
            // of other keys make it.
            prepare("lanes", &public, 1_000_000);
            verify(&*prepare("lanes", &public, signatures), questions, 1, 1);
            let rounds = (10_000 / signatures).clamp(if signatures > 100_000 { 1 } else { 3 }, 50);
            best_of(rounds, || {
                let start = Instant::now();
                let key = prepare("lanes", &public, signatures);
                verify(&*key, questions, 1024, signatures);
                nanoseconds(start, signatures)
            })
        });
    }
}

/// The fastest library.
fn library_for(signer: &Signer) -> &'static str {
    if signer.algorithm == Algorithm::ED448 { "rustcrypto" } else { "aws-lc" }
}

/// Nanoseconds of that library for one signature.
fn library(signer: &Signer, questions: &[Question]) -> f64 {
    let key = prepare(library_for(signer), &signer.public_key(), SIGNATURES);
    best_of(10, || verify(&*key, &questions[..64], 1, 64))
}

/// Messages and signatures. RSA signs slowly, so that few of its own serve again and again.
fn questions(signer: &Signer) -> Vec<Question> {
    let different = if signer.name.starts_with("RSA") { 64 } else { SIGNATURES };
    let signed = (0..different as u64).map(|i| {
        let message = [&[7; 112][..], &i.to_be_bytes()].concat();
        let signature = signer.sign(&message);
        (message, signature)
    });
    signed.collect::<Vec<_>>().into_iter().cycle().take(SIGNATURES).collect()
}

fn prepare(name: &str, key: &PublicKey, signatures: usize) -> Box<dyn PreparedKey> {
    backend::by_name(name).unwrap().prepare(key, signatures).unwrap()
}

/// Verifies so many signatures, all of which must hold; nanoseconds for one.
fn verify(key: &dyn PreparedKey, questions: &[Question], batch: usize, signatures: usize) -> f64 {
    let items: Vec<_> =
        questions.iter().map(|(message, signature)| Item { message, signature }).collect();
    let mut holds = vec![false; batch];
    let start = Instant::now();
    let (mut left, mut place) = (signatures, 0);
    while left > 0 {
        let count = batch.min(left).min(items.len() - place);
        key.verify_batch(&items[place..place + count], &mut holds[..count]);
        assert!(holds[..count].iter().all(|&holds| holds));
        (left, place) = (left - count, (place + count) % items.len());
    }
    nanoseconds(start, signatures)
}

#[allow(clippy::cast_precision_loss, reason = "a measurement")]
fn nanoseconds(start: Instant, signatures: usize) -> f64 {
    start.elapsed().as_nanos() as f64 / signatures as f64
}

fn best_of(rounds: usize, mut measure: impl FnMut() -> f64) -> f64 {
    (0..rounds).map(|_| measure()).fold(f64::MAX, f64::min)
}
