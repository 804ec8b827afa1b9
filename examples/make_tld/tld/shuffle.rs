//! Lines in random order without holding them in memory: each goes to a random one of many files, and
//! each file is shuffled by itself. All orders are equally likely.

use std::fs::File;
use std::io::{BufWriter, Read as _, Seek as _, Write as _};

use anyhow::{Context as _, Result};
use rayon::prelude::*;

use super::random::{Purpose, Random};

/// The files, which have no names and so leave nothing behind.
#[derive(Debug)]
pub struct Shuffle {
    seed: u64,
    buckets: Vec<BufWriter<File>>,
}

/// Parts whose lines fit one file without harm to memory, at some 2 MB each.
const PARTS: usize = 16;
const MOST_BUCKETS: usize = 512;

impl Shuffle {
    /// For a zone of so many parts.
    pub fn new(seed: u64, parts: usize) -> Result<Self> {
        let count = parts.div_ceil(PARTS).clamp(1, MOST_BUCKETS);
        let bucket = |_| Ok(BufWriter::new(tempfile::tempfile()?));
        let buckets: std::io::Result<_> = (0..count).map(bucket).collect();
        Ok(Self { seed, buckets: buckets.context("cannot create temporary files")? })
    }

    /// Takes the lines of a part.
    pub fn take(&mut self, number: usize, text: &[u8]) -> Result<()> {
        let mut random = Random::new(self.seed, Purpose::Bucket, number as u64);
        let count = self.buckets.len();
        for line in text.split_inclusive(|&octet| octet == b'\n') {
            let bucket = &mut self.buckets[random.between(0, count - 1)];
            bucket.write_all(line).context("cannot write a temporary file")?;
        }
        Ok(())
    }

    /// Gives back the lines, `batch` files at a time, until nobody wants more.
    pub fn finish(
        self,
        batch: usize,
        mut give: impl FnMut(Vec<Vec<u8>>) -> Result<bool>,
    ) -> Result<()> {
        let seed = self.seed;
        let mut rest = self.buckets;
        let mut number = 0;
        while !rest.is_empty() {
            let behind = rest.split_off(batch.min(rest.len()));
            let first = number;
            number += rest.len();
            let texts = rest
                .into_par_iter()
                .zip_eq(first..number)
                .map(|(bucket, number)| shuffled(seed, number, bucket))
                .collect::<Result<_>>()
                .context("cannot read a temporary file back")?;
            if !give(texts)? {
                return Ok(());
            }
            rest = behind;
        }
        Ok(())
    }
}

/// The lines of a file in random order (R. Durstenfeld, "Algorithm 235", 1964).
fn shuffled(seed: u64, number: usize, bucket: BufWriter<File>) -> Result<Vec<u8>> {
    let mut file = bucket.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    file.rewind()?;
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    let mut lines: Vec<&[u8]> = text.split_inclusive(|&octet| octet == b'\n').collect();
    let mut random = Random::new(seed, Purpose::Shuffle, number as u64);
    for last in (1..lines.len()).rev() {
        lines.swap(last, random.between(0, last));
    }
    Ok(lines.concat())
}
