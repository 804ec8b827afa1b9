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

/// Parts that are made together, for each thread.
const BATCH: usize = 4;

/// Makes all parts on all threads of the pool and writes them; `list` gets a line for each broken
/// signature.
pub fn write(zone: &Zone, output: &mut (dyn Write + Send), list: &mut dyn Write) -> Result<Totals> {
    let (delegations, secure) = (zone.labels.len(), zone.secure.len());
    let totals = Totals { delegations, secure, ..Totals::default() };
    let mut work =
        Work { zone, batch: BATCH * rayon::current_num_threads(), totals, lines: 0, list };
    // While one batch is written, the next is made.
    let (sender, receiver) = mpsc::sync_channel::<Vec<Vec<u8>>>(1);
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            receiver.into_iter().flatten().try_for_each(|text| output.write_all(&text))?;
            output.flush()
        });
        // When nobody takes it any more, the writer says why.
        let made = work.make_all(&mut |texts| sender.send(texts).is_ok());
        drop(sender);
        let written = writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        written.context("cannot write the zone").and(made)
    })?;
    Ok(work.totals)
}

/// The making of parts, as far as it has come.
struct Work<'w> {
    zone: &'w Zone,
    batch: usize,
    totals: Totals,
    lines: u64,
    list: &'w mut dyn Write,
}

/// Takes texts; false when nobody wants more.
type Give<'g> = dyn FnMut(Vec<Vec<u8>>) -> bool + 'g;

impl Work<'_> {
    fn make_all(&mut self, give: &mut Give<'_>) -> Result<()> {
        let (options, count) = (&self.zone.options, part::count(self.zone));
        let compresses = options.compresses();
        let batches = (0..count).step_by(self.batch);
        if !options.shuffle {
            for first in batches {
                if !give(finished(self.make_batch(first)?, compresses)?) {
                    break;
                }
            }
            return Ok(());
        }
        let mut shuffle = Shuffle::new(options.seed, count)?;
        for first in batches {
            for (number, text) in (first..).zip(self.make_batch(first)?) {
                shuffle.take(number, &text)?;
            }
        }
        shuffle.finish(self.batch, |texts| Ok(give(finished(texts, compresses)?)))
    }

    /// The texts of the parts from this one on.
    fn make_batch(&mut self, first: usize) -> Result<Vec<Vec<u8>>> {
        let last = part::count(self.zone).min(first + self.batch);
        let make = |number| part::make(self.zone, number);
        let parts: Vec<Part> = (first..last).into_par_iter().map(make).collect::<Result<_>>()?;
        for part in &parts {
            self.list_bad(part).context("cannot write the list of bad signatures")?;
            self.totals.records += part.records;
            self.totals.signatures += part.signatures;
            self.totals.octets += part.text.len() as u64;
        }
        Ok(parts.into_iter().map(|part| part.text.into_bytes()).collect())
    }

    fn list_bad(&mut self, part: &Part) -> io::Result<()> {
        let ends = |text: &str| memchr::memchr_iter(b'\n', text.as_bytes()).count() as u64;
        for bad in &part.bad {
            if self.zone.options.shuffle {
                writeln!(self.list, "-\t{}", bad.name)?;
            } else {
                let line = self.lines + ends(&part.text[..bad.place]) + 1;
                writeln!(self.list, "{line}\t{}", bad.name)?;
            }
        }
        self.lines += ends(&part.text);
        Ok(())
    }
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
