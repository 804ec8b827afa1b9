//! Reads a zone file to its end and says how many records there are: what `scripts/compare-readers`
//! measures. Nothing is done with a record but to count it.
//!
//!     read_zone FILE                     on one thread, as `sigmill zone --threads 1` reads it
//!     read_zone --threads 2 FILE         in parts, on so many
//!     read_zone --with domain FILE       with `zonefile::inplace` of the `domain` crate

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use domain::zonefile::inplace::{Entry, Zonefile};
use sigmill::source::{OpenOptions, Source};
use sigmill::zonefile::{PartEvent, ReadOptions, Record, Sink, read_parts};

#[derive(Parser)]
struct Options {
    /// The zone file
    file: PathBuf,
    /// The reader
    #[arg(long, value_enum, default_value_t = With::Sigmill)]
    with: With,
    /// Threads that read (sigmill only)
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

#[derive(Clone, Copy, ValueEnum)]
enum With {
    Sigmill,
    Domain,
}

/// Counts records.
#[derive(Default)]
struct Count(u64);

impl Sink for Count {
    fn record(&mut self, _: &Record<'_>) {
        self.0 += 1;
    }
}

fn main() -> Result<()> {
    let options = Options::parse();
    let records = match options.with {
        With::Sigmill => by_sigmill(&options.file, options.threads)?,
        With::Domain => by_domain(&options.file)?,
    };
    println!("{records}");
    Ok(())
}

fn by_sigmill(file: &Path, threads: usize) -> Result<u64> {
    let source = Source::open(file, &OpenOptions::default())?;
    let mut records = 0;
    read_parts(source, &ReadOptions::default(), threads, &Count::default, &mut |event| {
        if let PartEvent::Part { sink: part, .. } = event {
            records += part.0;
        }
    })?;
    Ok(records)
}

fn by_domain(file: &Path) -> Result<u64> {
    let mut open = File::open(file).with_context(|| format!("cannot open {}", file.display()))?;
    let mut zonefile = Zonefile::load(&mut open)?;
    let mut records = 0;
    while let Some(entry) = zonefile.next_entry()? {
        records += u64::from(matches!(entry, Entry::Record(_)));
    }
    Ok(records)
}
