//! Writes a signed zone like a top-level domain's, of any size, the same for the same options:
//! `cargo run --release --example make_tld -- --help`, or `scripts/make-tld`.

mod tld;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    match tld::run(&tld::Options::parse()) {
        Ok(totals) => {
            eprintln!("{totals}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("make-tld: {error:#}");
            ExitCode::FAILURE
        }
    }
}
