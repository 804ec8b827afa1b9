//! Where a report goes: standard output or a file, opened before any work starts.
//!
//! A regular file is replaced only when the report is complete: it is written under another name in
//! the same directory, and renamed at the end. A run that fails leaves what was there before.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anstream::{AutoStream, ColorChoice};
use anyhow::{Context as _, anyhow};
use sigmill::report::{Palette, Verbosity};
use tempfile::TempPath;

use super::exit::Failure;

/// An open output and the palette that suits it.
pub(crate) struct Output {
    writer: Box<dyn Write>,
    /// The file that is written, and the one whose place it takes.
    replacement: Option<(TempPath, PathBuf)>,
    pub(crate) palette: Palette,
}

/// Standard output, coloured when it is a terminal that wants it.
pub(crate) fn stdout() -> Output {
    let choice = AutoStream::choice(&io::stdout());
    let stream = AutoStream::new(io::stdout(), choice).lock();
    let writer = Box::new(BufWriter::with_capacity(1 << 16, stream));
    Output { writer, replacement: None, palette: palette(choice) }
}

/// A file, replaced at the end if it exists; `-` and `/dev/stdout` are standard output, and what
/// is no regular file (a pipe, a device) is written to as it is. A file gets colours only when they
/// are forced with `--color always`.
pub(crate) fn open(path: &Path) -> Result<Output, Failure> {
    if path == Path::new("-") || path == Path::new("/dev/stdout") {
        return Ok(stdout());
    }
    let (file, replacement) = open_file(path)
        .with_context(|| format!("cannot write {}", path.display()))
        .map_err(Failure::input)?;
    let choice = match ColorChoice::global() {
        ColorChoice::Always | ColorChoice::AlwaysAnsi => ColorChoice::Always,
        _ => ColorChoice::Never,
    };
    Ok(Output { writer: Box::new(BufWriter::new(file)), replacement, palette: palette(choice) })
}

/// How much is told, by how often `--quiet` stands there, and `--verbose`.
pub(crate) fn verbosity(quiet: u8, verbose: bool) -> Verbosity {
    match (quiet, verbose) {
        (0, true) => Verbosity::Detailed,
        (0, false) => Verbosity::Normal,
        (1, _) => Verbosity::Judgement,
        _ => Verbosity::Silent,
    }
}

fn open_file(path: &Path) -> anyhow::Result<(File, Option<(TempPath, PathBuf)>)> {
    // The file that a symbolic link leads to is replaced, not the link.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let old = fs::metadata(&target).ok();
    let is_directly_written = match &old {
        Some(old) => !old.is_file(),
        None => path.is_symlink(), // one that leads nowhere yet
    };
    if is_directly_written {
        let mut options = OpenOptions::new();
        let file = options.write(true).create(old.is_none()).truncate(false).open(path)?;
        return Ok((file, None));
    }
    if old.is_some() {
        // Replacing a file takes no right to write to it: that must not go around its permissions.
        OpenOptions::new().write(true).open(&target)?;
    }
    let directory = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let (file, beside) = new_file(directory, old.map(|old| old.permissions()))
        .context("cannot create a file in its directory")?;
    Ok((file, Some((beside, target))))
}

/// A new file in the directory: with these permissions, or else those of any new file.
fn new_file(directory: &Path, permissions: Option<Permissions>) -> io::Result<(File, TempPath)> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".sigmill-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666)); // less the umask
    let (file, path) = builder.tempfile_in(directory)?.into_parts();
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    Ok((file, path))
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

/// A file that is written beside the report, and takes the place of an old one when it is complete.
pub(crate) struct FileOutput {
    writer: BufWriter<File>,
    replacement: Option<(TempPath, PathBuf)>,
    path: PathBuf,
}

impl FileOutput {
    /// Opens a file, or a pipe or device, which is written to as it is.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let (file, replacement) = open_file(path)
            .with_context(|| format!("cannot write {}", path.display()))
            .map_err(Failure::input)?;
        let writer = BufWriter::with_capacity(1 << 16, file);
        Ok(Self { writer, replacement, path: path.to_owned() })
    }

    /// Writes what is left and puts the file in its place.
    pub(crate) fn complete(mut self) -> Result<(), Failure> {
        self.writer
            .flush()
            .and_then(|()| match self.replacement.take() {
                Some((beside, target)) => beside.persist(target).map_err(|failed| failed.error),
                None => Ok(()),
            })
            .with_context(|| format!("cannot write {}", self.path.display()))
            .map_err(Failure::input)
    }
}

impl Write for FileOutput {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.writer.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Refuses to write two things to one file.
pub(crate) fn refuse_twice(outputs: &[&Path]) -> Result<(), Failure> {
    let place = |path: &Path| {
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let directory = directory.unwrap_or(Path::new(".")).canonicalize().ok()?;
        path.canonicalize().ok().or_else(|| Some(directory.join(path.file_name()?)))
    };
    // Pipes and devices are written to as they are, by as many as like to.
    let is_file = |path: &PathBuf| fs::metadata(path).map_or(true, |there| there.is_file());
    let named = outputs.iter().filter(|path| **path != Path::new("-"));
    let mut places: Vec<PathBuf> = named.filter_map(|path| place(path)).filter(is_file).collect();
    places.sort();
    match places.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Failure::usage(anyhow!("{} would be written twice", pair[0].display()))),
        None => Ok(()),
    }
}

/// Writes with `write`, completes the output, and tells a failure as one of the output.
pub(crate) fn write_with(
    mut output: Output,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    write(&mut output)
        .and_then(|()| output.flush())
        .and_then(|()| match output.replacement.take() {
            Some((beside, target)) => beside.persist(target).map_err(|failed| failed.error),
            None => Ok(()),
        })
        .context("cannot write the output")
        .map_err(Failure::input)
}

/// Refuses to write a report over its own input.
///
/// The output takes the place of what was there before, so it must not be the input.
pub(crate) fn refuse_to_overwrite(input: &Path, output: &Path) -> Result<(), Failure> {
    let same = match (input.canonicalize(), output.canonicalize()) {
        (Ok(input), Ok(output)) => input == output && output.is_file(),
        _ => false,
    };
    if same {
        return Err(Failure::usage(anyhow!("the report would overwrite {}", input.display())));
    }
    Ok(())
}
