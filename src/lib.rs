//! `sigmill` verifies DNSSEC signatures in bulk: all those of a zone file, on all processors, batched
//! by key, with a verdict and its reason for each.
//!
//! # The road a signature travels
//!
//! | floor | room | takes | gives |
//! |--:|---|---|---|
//! | 1 | [`source`] | a file, standard input, octets | text, mapped or decompressed |
//! | 2 | [`zonefile`] | text | records, and faults with their places |
//! | 2 | [`capture`] | packet captures, dnstap files | DNS messages with the times of their packets |
//! | 3 | [`rrset`] | records in any order | RRsets in canonical order, and what was signed |
//! | 4 | [`engine`] | signed data, signatures, keys | verdicts, and how long they took |
//! | 5 | [`audit`] | RRsets and verdicts | findings from one catalogue, and a summary |
//! | 6 | [`report`] | findings and a summary | text, JSON, NDJSON |
//!
//! On the ground floor, [`dns`] knows names, types and canonical form, and [`crypto`] knows keys,
//! digests and the libraries that verify. A room uses rooms below it, never above.
//!
//! # In a dozen lines
//!
//! [`audit::zone::audit`] is the whole road in one function:
//!
//! ```
//! use sigmill::audit::zone::{Config, JudgementTime, audit};
//! use sigmill::source::{OpenOptions, Source};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let file = concat!(env!("CARGO_MANIFEST_DIR"), "/datasets/zones/example.zone");
//! let source = Source::open(file.as_ref(), &OpenOptions::default())?;
//! let june_2026 = JudgementTime::At(1_780_272_000);
//! let config = Config { times: vec![june_2026], ..Config::default() };
//! let summary = audit(source, &config, &mut |finding| {
//!     println!("{} {:?}", finding.code, finding.owner);
//! })?;
//! assert_eq!(summary.times[0].rrsets.secure, 32);
//! assert!(summary.findings.is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! # What to know
//!
//! All inputs are public, so nothing here runs in constant time. A bad signature is a verdict and not
//! an error: errors are for input that cannot be read. The library prints nothing, ends no process,
//! and installs no signal handler unless [`source::map::report_truncation_and_exit`] is called.

pub mod audit;
pub mod bench;
pub mod capture;
pub mod crypto;
pub mod dns;
pub mod engine;
pub mod pipeline;
pub mod report;
pub mod rrset;
pub mod source;
pub mod zonefile;
