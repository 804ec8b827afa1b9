//! Standard input, without the standard library's small buffer.

use std::sync::Arc;

use super::{OpenOptions, Source, SourceError};

/// See [`Source::stdin`].
#[cfg(unix)]
pub(super) fn open(options: &OpenOptions) -> Result<Source, SourceError> {
    use std::fs::File;
    use std::io::{Seek, SeekFrom};
    use std::os::fd::AsFd;

    let name: Arc<str> = Arc::from("-");
    let failed = |error| SourceError::from_io(&name, 0, Arc::new(error));
    let descriptor = std::io::stdin().as_fd().try_clone_to_owned().map_err(failed)?;
    let mut file = File::from(descriptor);
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Source::from_file(name, file, None, false);
    }
    let before = file.stream_position().map_err(failed)?;
    let left = metadata.len().saturating_sub(before);
    let rest = file.try_clone().map_err(failed)?;
    let source =
        Source::from_file(Arc::clone(&name), file, Some(left), options.map && before == 0)?;
    if !source.is_stream() {
        // Whoever reads from it next finds what they would if it had been read to its end.
        (&rest).seek(SeekFrom::End(0)).map_err(failed)?;
    }
    Ok(source)
}

/// See [`Source::stdin`].
#[cfg(not(unix))]
pub(super) fn open(_: &OpenOptions) -> Result<Source, SourceError> {
    let name: Arc<str> = Arc::from("-");
    let mut reader = std::io::stdin();
    let head = super::sniff(&mut reader);
    let (head, format) = head.map_err(|error| SourceError::from_io(&name, 0, Arc::new(error)))?;
    Ok(Source::stream(name, head, Box::new(reader), format, None))
}
