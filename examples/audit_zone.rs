//! Audits a zone file in a dozen lines: `cargo run --example audit_zone -- FILE`.

use std::path::PathBuf;

use sigmill::audit::zone::{Config, audit};
use sigmill::source::{OpenOptions, Source};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args_os().nth(1).unwrap_or("datasets/zones/example.zone".into());
    let source = Source::open(&PathBuf::from(file), &OpenOptions::default())?;
    let summary = audit(source, &Config::default(), &mut |finding| {
        let owner = finding.owner.map_or_else(String::new, |owner| owner.to_string());
        println!("{} {} {owner}: {}", finding.severity, finding.code, finding.code.entry().advice);
    })?;
    let holding: u64 = summary.algorithms.iter().map(|row| row.valid).sum();
    println!("{}: {holding} of {} signatures hold", summary.input.apex, summary.input.signatures);
    Ok(())
}
