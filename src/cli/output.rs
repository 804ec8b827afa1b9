//! Where a report goes: standard output or a file, opened before any work starts.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anstream::{AutoStream, ColorChoice};
use anyhow::Context as _;
use sigmill::report::Palette;

use super::exit::Failure;

/// An open output and the palette that suits it.
pub(crate) struct Output {
    writer: Box<dyn Write>,
    pub(crate) palette: Palette,
}

/// Standard output, coloured when it is a terminal that wants it.
pub(crate) fn stdout() -> Output {
    let choice = AutoStream::choice(&io::stdout());
    let stream = AutoStream::new(io::stdout(), choice).lock();
    Output { writer: Box::new(BufWriter::with_capacity(1 << 16, stream)), palette: palette(choice) }
}

/// A file, replaced if it exists; `-` is standard output. A file gets colours only when they are
/// forced with `--color always`.
pub(crate) fn open(path: &Path) -> Result<Output, Failure> {
    if path == Path::new("-") {
        return Ok(stdout());
    }
    let file = File::create(path)
        .with_context(|| format!("cannot write {}", path.display()))
        .map_err(Failure::input)?;
    let choice = match ColorChoice::global() {
        ColorChoice::Always | ColorChoice::AlwaysAnsi => ColorChoice::Always,
        _ => ColorChoice::Never,
    };
    Ok(Output { writer: Box::new(BufWriter::new(file)), palette: palette(choice) })
}

fn palette(choice: ColorChoice) -> Palette {
    match choice {
        ColorChoice::Never => Palette::plain(),
        _ => Palette::coloured(),
    }
}

impl Write for Output {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.writer.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Writes with `write`, flushes, and tells a failure as one of the output.
pub(crate) fn write_with(
    output: &mut Output,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    write(output)
        .and_then(|()| output.flush())
        .context("cannot write the output")
        .map_err(Failure::input)
}
