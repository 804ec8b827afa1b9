//! Parts in their order, or lines in random order, to where they go.

use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use rayon::prelude::*;

use super::part::{self, Part};
use super::shuffle::Shuffle;
use super::zone::Zone;

/// What was written.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    pub delegations: usize,
    pub secure: usize,
    pub records: u64,
    pub signatures: u64,
    /// Octets of text, before compression.
    pub octets: u64,
    pub took: Duration,
}

/// Parts that are on the way at once, for each thread.
const BATCH: usize = 4;

/// Makes all parts on all threads of the pool and writes them; `list` gets a line for each broken
/// signature.
pub fn write(zone: &Zone, output: &mut (dyn Write + Send), list: &mut dyn Write) -> Result<Totals> {
    let options = &zone.options;
    let compresses = options.compresses();
    let mut shuffle = match options.shuffle {
        true => Some(Shuffle::new(options.seed, part::count(zone))?),
        false => None,
    };
    let batch = BATCH * rayon::current_num_threads();
    let mut totals =
        Totals { delegations: zone.labels.len(), secure: zone.secure.len(), ..Totals::default() };
    let mut lines = 0;
    // While one batch is written, the next is made.
    let (sender, receiver) = mpsc::sync_channel::<Vec<Vec<u8>>>(1);
    thread::scope(|scope| -> Result<()> {
        let writer = scope.spawn(|| -> io::Result<()> {
            for texts in receiver {
                texts.iter().try_for_each(|text| output.write_all(text))?;
            }
            output.flush()
        });
        let send = |texts| sender.send(texts).is_ok();
        let mut made = || -> Result<()> {
            for first in (0..part::count(zone)).step_by(batch) {
                let numbers = first..part::count(zone).min(first + batch);
                let parts: Vec<(Part, Vec<u8>)> = numbers
                    .into_par_iter()
                    .map(|number| {
                        let mut part = part::make(zone, number)?;
                        let text = std::mem::take(&mut part.text).into_bytes();
                        Ok((part, text))
                    })
                    .collect::<Result<_>>()?;
                for (part, text) in &parts {
                    totals.add(part, text);
                    list_bad(part, text, &mut lines, options.shuffle, list)?;
                }
                let texts = parts.into_iter().map(|(_, text)| text);
                if let Some(shuffle) = &mut shuffle {
                    texts
                        .zip(first..)
                        .try_for_each(|(text, number)| shuffle.take(number, &text))?;
                } else if !send(finished(texts.collect(), compresses)?) {
                    return Ok(()); // the writer says why
                }
            }
            let Some(shuffle) = shuffle.take() else { return Ok(()) };
            shuffle.finish(batch, |texts| Ok(send(finished(texts, compresses)?)))
        };
        let made = made();
        drop(sender);
        let written = writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        written.context("cannot write the zone").and(made)
    })?;
    Ok(totals)
}

/// Texts as they are written. Each is a member of its own in a compressed file (RFC 1952 §2.2), so
/// that all processors can compress.
fn finished(texts: Vec<Vec<u8>>, compresses: bool) -> Result<Vec<Vec<u8>>> {
    if !compresses {
        return Ok(texts);
    }
    let compress = |text: Vec<u8>| -> io::Result<Vec<u8>> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&text)?;
        encoder.finish()
    };
    texts.into_par_iter().map(compress).collect::<io::Result<_>>().context("cannot compress")
}

fn list_bad(
    part: &Part,
    text: &[u8],
    lines: &mut u64,
    shuffled: bool,
    list: &mut dyn Write,
) -> Result<()> {
    let ends = |text: &[u8]| memchr::memchr_iter(b'\n', text).count() as u64;
    for bad in &part.bad {
        let line = *lines + ends(&text[..bad.place]) + 1;
        let line = if shuffled { "-".into() } else { line.to_string() };
        writeln!(list, "{line}\t{}", bad.name)
            .context("cannot write the list of bad signatures")?;
    }
    *lines += ends(text);
    Ok(())
}

/// Opens what is at a path when it is complete, writes it, and puts it there.
pub fn write_file<T>(
    path: &Path,
    write: impl FnOnce(&mut (dyn Write + Send)) -> Result<T>,
) -> Result<T> {
    if path == Path::new("-") {
        return write(&mut io::stdout());
    }
    let context = || format!("cannot write {}", path.display());
    // Devices and pipes are written to as they are.
    if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        let mut file = File::options().write(true).open(path).with_context(context)?;
        return write(&mut file).with_context(context);
    }
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".make-tld-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666)); // less the umask
    let mut file = builder.tempfile_in(directory).with_context(context)?;
    let mut buffer = BufWriter::with_capacity(1 << 20, file.as_file_mut());
    let done = write(&mut buffer).with_context(context)?;
    buffer.flush().with_context(context)?;
    drop(buffer);
    file.persist(path).with_context(context)?;
    Ok(done)
}

impl Totals {
    fn add(&mut self, part: &Part, text: &[u8]) {
        self.records += part.records;
        self.signatures += part.signatures;
        self.octets += text.len() as u64;
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { delegations, secure, records, signatures, octets, took } = self;
        write!(
            f,
            "{delegations} delegations, {secure} of them with DS; {records} records, {signatures} \
             of them RRSIG; {octets} octets in {:.1} s",
            took.as_secs_f64()
        )
    }
}
