//! The room `source` from outside: every way in gives the same octets, and damage is an error.
#![allow(clippy::unwrap_used, missing_docs)] // helpers of tests

use std::fs;
use std::io::{self, Cursor, Read, Write};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use proptest::prelude::*;
use sigmill::source::{Blocks, Format, OpenOptions, Source, SourceError, Transport};

const FORMATS: [Format; 4] = [Format::Gzip, Format::Zstd, Format::Xz, Format::Bzip2];

/// One member, frame or stream.
fn compress(format: Format, text: &[u8]) -> Vec<u8> {
    match format {
        Format::Gzip => {
            let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            to.write_all(text).unwrap();
            to.finish().unwrap()
        }
        Format::Zstd => {
            let mut to = zstd::Encoder::new(Vec::new(), 1).unwrap();
            to.include_checksum(true).unwrap();
            to.write_all(text).unwrap();
            to.finish().unwrap()
        }
        Format::Xz => {
            let mut to = liblzma::write::XzEncoder::new(Vec::new(), 0);
            to.write_all(text).unwrap();
            to.finish().unwrap()
        }
        Format::Bzip2 => {
            let mut to = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            to.write_all(text).unwrap();
            to.finish().unwrap()
        }
    }
}

/// All that comes out, and what stopped it.
fn drain(source: Source) -> (Vec<u8>, Result<(), SourceError>) {
    drain_blocks(source.into_blocks())
}

fn drain_blocks(mut blocks: Blocks) -> (Vec<u8>, Result<(), SourceError>) {
    let mut text = Vec::new();
    loop {
        text.extend_from_slice(blocks.window());
        blocks.consume(blocks.window().len());
        match blocks.more() {
            Ok(true) => {}
            Ok(false) => {
                assert!(blocks.is_complete());
                return (text, blocks.check());
            }
            Err(error) => {
                assert!(!blocks.is_complete());
                assert_eq!(blocks.more().unwrap_err().to_string(), error.to_string());
                return (text, Err(error));
            }
        }
    }
}

fn text_of(source: Source) -> Vec<u8> {
    let (text, end) = drain(source);
    end.unwrap();
    text
}

/// Text that does not compress to nothing, several blocks of it if so wished.
fn sample(len: usize) -> Vec<u8> {
    let mut state = 12345u32;
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            b"abcdefghijklmnop\n "[(state >> 24) as usize % 18]
        })
        .collect()
}

/// Gives as many octets at a time as its list says, over and over, and is interrupted in between.
struct Dribble {
    octets: Cursor<Vec<u8>>,
    steps: Vec<usize>,
    turn: usize,
}

impl Read for Dribble {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        self.turn += 1;
        if self.turn.is_multiple_of(3) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let step = self.steps[self.turn % self.steps.len()].min(space.len());
        self.octets.read(&mut space[..step])
    }
}

fn dribble(octets: Vec<u8>, steps: Vec<usize>) -> Source {
    Source::from_reader("dribble", Dribble { octets: Cursor::new(octets), steps, turn: 0 }).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_way_in_gives_the_same_octets(
        parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..3000), 1..4),
        steps in prop::collection::vec(1usize..700, 1..8),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("input");
        let text = parts.concat();
        for format in FORMATS {
            let stored: Vec<u8> = parts.iter().flat_map(|part| compress(format, part)).collect();
            fs::write(&path, &stored).unwrap();
            for source in [
                Source::open(&path, &OpenOptions { map: true }).unwrap(),
                Source::open(&path, &OpenOptions { map: false }).unwrap(),
                Source::from_bytes("bytes", stored.clone()),
                dribble(stored.clone(), steps.clone()),
                dribble(stored.clone(), vec![1]),
            ] {
                prop_assert_eq!(source.transport(), Transport::Compressed(format));
                prop_assert!(text_of(source) == text, "{}", format);
            }
        }
        // The same text, stored plainly: `z` in front, lest noise be a signature by chance.
        let plain = [b"z", &text[..]].concat();
        fs::write(&path, &plain).unwrap();
        for (source, transport) in [
            (Source::open(&path, &OpenOptions { map: true }).unwrap(), Transport::Mapped),
            (Source::open(&path, &OpenOptions { map: false }).unwrap(), Transport::Read),
            (Source::from_bytes("bytes", plain.clone()), Transport::Read),
            (dribble(plain.clone(), steps), Transport::Read),
            (dribble(plain.clone(), vec![1]), Transport::Read),
        ] {
            prop_assert_eq!(source.transport(), transport);
            prop_assert!(text_of(source) == plain);
        }
    }

    /// What was put into a file is what would have come bit by bit, and there as a whole.
    #[test]
    fn spooled_text_is_the_text(len in 0usize..3_000_000, which in 0usize..5) {
        let directory = tempfile::tempdir().unwrap();
        let text = sample(len);
        let stored = FORMATS.get(which).map_or_else(|| text.clone(), |&format| compress(format, &text));
        let stored_len = stored.len() as u64;
        let source = Source::from_reader("test", Cursor::new(stored)).unwrap();
        prop_assert!(source.is_stream());
        let mut seen = 0;
        let mut go_on = |stored| {
            assert!(seen <= stored, "{seen} {stored}");
            seen = stored;
            true
        };
        let spooled = source.spooled(directory.path(), &mut go_on).unwrap();
        prop_assert!(!spooled.is_stream());
        prop_assert_eq!(spooled.stored_len(), Some(len as u64));
        prop_assert_eq!(seen, if len == 0 { 0 } else { stored_len });
        // The file has no name, also while it is there.
        prop_assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
        prop_assert!(text_of(spooled) == text);
    }

    /// The window against a model: whatever is consumed and asked for, it is the next octets.
    #[test]
    fn the_window_never_loses_an_octet(
        turns in prop::collection::vec((0usize..2_000_000, 0usize..3), 1..40),
        kind in 0usize..3,
    ) {
        let text = sample(5 << 20);
        let mut blocks = match kind {
            0 => dribble(text.clone(), vec![300_000, 7]),
            1 => Source::from_bytes("zstd", compress(Format::Zstd, &text)),
            _ => Source::from_bytes("plain", text.clone()),
        }
        .into_blocks();
        let mut consumed = 0;
        for (n, grow) in turns {
            let before = blocks.window().len();
            blocks.consume(n);
            consumed += n.min(before);
            prop_assert_eq!(blocks.window().len(), before - n.min(before));
            for _ in 0..grow {
                let before = blocks.window().len();
                let grew = blocks.more().unwrap();
                prop_assert_eq!(grew, blocks.window().len() > before);
                prop_assert!(!grew || blocks.is_complete() || blocks.window().len() >= before + (1 << 20));
            }
            prop_assert_eq!(blocks.consumed(), consumed as u64);
            let window = blocks.window();
            prop_assert!(window == &text[consumed..consumed + window.len()]);
            prop_assert!(!blocks.is_complete() || consumed + window.len() == text.len());
        }
    }

    #[test]
    fn noise_behind_a_signature_is_an_error_and_never_a_panic(
        noise in prop::collection::vec(any::<u8>(), 0..400),
        which in 0usize..4,
        kept in 2usize..30,
    ) {
        let mut stored = compress(FORMATS[which], b"some text");
        stored.truncate(kept);
        stored.extend(&noise);
        let source = Source::from_bytes("noise", stored.clone());
        let (text, end) = drain(source);
        // Plain, if the signature itself was cut; otherwise nothing can come out whole.
        prop_assert!(end.is_err() || text == stored || text == b"some text");
    }
}

#[test]
fn what_is_there_as_a_whole_is_not_spooled() {
    let nowhere = Path::new("no such directory");
    let source = Source::from_bytes("test", b"text".to_vec());
    let spooled = source.spooled(nowhere, &mut |_| unreachable!()).unwrap();
    assert_eq!((spooled.transport(), spooled.stored_len()), (Transport::Read, Some(4)));
    let source = Source::from_reader("test", &b"text"[..]).unwrap();
    let error = source.spooled(nowhere, &mut |_| true).unwrap_err();
    assert!(matches!(error, SourceError::Spool { after_bytes: 0, .. }), "{error:?}");
    let expected =
        "test: its text cannot be put into a file in no such directory, after 0 octets of it";
    assert!(error.to_string().starts_with(expected), "{error}");
}

#[test]
fn spooling_ends_where_it_is_told_to_and_fails_with_its_input() {
    let directory = tempfile::tempdir().unwrap();
    let text = sample(5 << 20);
    let stored = compress(Format::Gzip, &text);
    let cut = Cursor::new(stored[..stored.len() / 2].to_vec());
    let source = Source::from_reader("test", cut).unwrap();
    let error = source.spooled(directory.path(), &mut |_| true).unwrap_err();
    assert!(matches!(error, SourceError::Truncated { .. }), "{error:?}");
    let source = Source::from_reader("test", Cursor::new(stored)).unwrap();
    let begun = text_of(source.spooled(directory.path(), &mut |_| false).unwrap());
    assert!(!begun.is_empty() && begun.len() < text.len() && text.starts_with(&begun));
}

#[test]
fn compressed_text_cut_anywhere_is_reported_as_truncated() {
    let text = sample(3000);
    for format in FORMATS {
        let stored = compress(format, &text);
        for len in 1..stored.len() {
            let source = Source::from_bytes("cut", stored[..len].to_vec());
            // Fewer octets than this could be the beginning of text: "(" and "BZh".
            let telling = match format {
                Format::Gzip | Format::Xz => 1,
                Format::Zstd => 2,
                Format::Bzip2 => 4,
            };
            if len < telling {
                assert_eq!(source.transport(), Transport::Read, "{format} cut at {len}");
                continue;
            }
            let (out, end) = drain(source);
            let error = end.unwrap_err();
            let SourceError::Truncated { name, format: named, after_bytes } = &error else {
                panic!("{format} cut at {len}: {error:?}");
            };
            assert_eq!((&**name, *named), ("cut", format));
            assert_eq!(*after_bytes, out.len() as u64, "{format} cut at {len}");
            assert!(text.starts_with(&out), "{format} cut at {len}");
        }
    }
}

#[test]
fn a_cut_between_members_cannot_be_told_and_any_other_is_an_error() {
    let (first, second) = (sample(500), sample(300));
    for format in FORMATS {
        let boundary = compress(format, &first).len();
        let stored = [compress(format, &first), compress(format, &second)].concat();
        for len in boundary - 1..stored.len() {
            let (out, end) = drain(Source::from_bytes("cut", stored[..len].to_vec()));
            match end {
                Ok(()) => assert_eq!((len, out.len()), (boundary, first.len()), "{format}"),
                Err(SourceError::Truncated { after_bytes, .. }) => {
                    assert_ne!(len, boundary, "{format}");
                    assert_eq!(after_bytes, out.len() as u64);
                }
                Err(other) => panic!("{format} cut at {len}: {other:?}"),
            }
        }
    }
}

#[test]
fn text_before_the_cut_is_delivered_block_by_block() {
    let text = sample(5 << 20);
    for format in FORMATS {
        let mut stored = compress(format, &text);
        stored.truncate(stored.len() / 10 * 9);
        let (out, end) = drain(Source::from_bytes("cut", stored));
        let error = end.unwrap_err();
        assert!(
            matches!(error, SourceError::Truncated { after_bytes, .. }
            if after_bytes == out.len() as u64 && after_bytes > 3 << 20),
            "{format}: {error}"
        );
        assert!(text.starts_with(&out), "{format}");
    }
}

#[test]
fn a_flipped_bit_of_the_checksum_is_damage() {
    let text = sample(3000);
    for format in FORMATS {
        let mut stored = compress(format, &text);
        // Where the check of the text lies: gzip's CRC before the length, zstd's at the very end,
        // bzip2's at the end but for the padding bits; xz's CRC64 before its index and footer.
        let at = match format {
            Format::Gzip => stored.len() - 8,
            Format::Zstd => stored.len() - 1,
            Format::Bzip2 => stored.len() - 3,
            Format::Xz => {
                let footer = stored.len() - 12;
                let backward =
                    u32::from_le_bytes(stored[footer + 4..footer + 8].try_into().unwrap());
                footer - (backward as usize + 1) * 4 - 1
            }
        };
        stored[at] ^= 4;
        let error = drain(Source::from_bytes("bad", stored)).1.unwrap_err();
        assert!(
            matches!(&error, SourceError::Corrupt { format: named, .. } if *named == format),
            "{error:?}"
        );
        assert!(error.to_string().starts_with(&format!("bad: the {format} data is damaged after")));
    }
}

#[test]
fn a_flipped_bit_anywhere_never_gives_other_text_unnoticed() {
    let text = sample(600);
    for format in FORMATS {
        let stored = compress(format, &text);
        for at in 0..stored.len() * 8 {
            let mut damaged = stored.clone();
            damaged[at / 8] ^= 1 << (at % 8);
            let source = Source::from_bytes("bad", damaged);
            if source.transport() == Transport::Read {
                continue; // the signature was hit
            }
            let (out, end) = drain(source);
            assert!(end.is_err() || out == text, "{format}, bit {at}");
        }
    }
}

#[test]
fn what_follows_the_last_member_must_be_another() {
    for format in FORMATS {
        let stored = [&compress(format, b"text")[..], b"and more"].concat();
        let (text, end) = drain(Source::from_bytes("tail", stored));
        assert_eq!(text, b"text", "{format}");
        let error = end.unwrap_err();
        assert!(
            matches!(error, SourceError::Corrupt { .. } | SourceError::Truncated { .. }),
            "{error:?}"
        );
    }
}

#[test]
fn skippable_frames_of_zstd_are_skipped() {
    // RFC 8878 §3.1.2; pzstd begins each file with one.
    let skippable = b"\x5a\x2a\x4d\x18\x03\0\0\0abc";
    let stored = [&skippable[..], &compress(Format::Zstd, b"text"), skippable].concat();
    let source = Source::from_bytes("frames", stored);
    assert_eq!(source.transport(), Transport::Compressed(Format::Zstd));
    assert_eq!(text_of(source), b"text");
}

#[test]
fn xz_stream_padding_is_allowed() {
    // The .xz file format §2.2: zeros, a multiple of four, between and after streams.
    let stream = compress(Format::Xz, b"text");
    let stored = [&stream[..], &[0; 8], &stream[..], &[0; 4]].concat();
    assert_eq!(text_of(Source::from_bytes("padded", stored)), b"texttext");
}

#[test]
fn a_header_that_asks_for_too_much_memory_is_refused() {
    // RFC 8878 §3.1.1.1.2: exponent 21 makes a window of 2³¹ octets, one above the limit 2³⁰.
    let zstd = |exponent: u8| vec![0x28, 0xb5, 0x2f, 0xfd, 0, exponent << 3, 1, 0, 0];
    let refused = drain(Source::from_bytes("zstd", zstd(21))).1.unwrap_err();
    assert!(
        matches!(refused, SourceError::NeedsMemory { format: Format::Zstd, limit, .. }
            if limit == 1 << 30),
        "{refused:?}"
    );
    assert_eq!(text_of(Source::from_bytes("zstd", zstd(20))), b"");

    // xz: a dictionary of 1.5 GiB.
    let mut options = liblzma::stream::LzmaOptions::new_preset(0).unwrap();
    let mut filters = liblzma::stream::Filters::new();
    filters.lzma2(options.dict_size(4096));
    let check = liblzma::stream::Check::Crc32;
    let stream = liblzma::stream::Stream::new_stream_encoder(&filters, check).unwrap();
    let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
    encoder.write_all(b"text").unwrap();
    let mut stored = encoder.finish().unwrap();
    // The block header follows the stream header's 12 octets: size, flags, filter id 0x21, length
    // of its properties 1, the dictionary's size as exponent and half; padding; CRC32.
    assert_eq!(stored[12..17], [2, 0, 0x21, 1, 0]);
    stored[16] = 39;
    let mut crc = flate2::Crc::new();
    crc.update(&stored[12..20]);
    stored[20..24].copy_from_slice(&crc.sum().to_le_bytes());
    let refused = drain(Source::from_bytes("xz", stored)).1.unwrap_err();
    assert!(matches!(refused, SourceError::NeedsMemory { format: Format::Xz, .. }), "{refused:?}");
}

#[test]
fn a_source_knows_its_name_path_and_length() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("zone.db");
    fs::write(&path, compress(Format::Gzip, b"text")).unwrap();
    let source = Source::open(&path, &OpenOptions::default()).unwrap();
    assert_eq!(source.name(), path.to_str().unwrap());
    assert_eq!(source.path(), Some(&*path));
    assert_eq!(source.transport().to_string(), "gzip");
    let stored_len = source.stored_len().unwrap();
    assert_eq!(stored_len, fs::metadata(&path).unwrap().len());
    let mut blocks = source.into_blocks();
    while blocks.more().unwrap() {}
    assert_eq!(blocks.stored_consumed(), stored_len);
    assert_eq!(blocks.consumed(), 0);

    let source = Source::from_bytes("memory", b"text".to_vec());
    assert_eq!((source.name(), source.path(), source.stored_len()), ("memory", None, Some(4)));
    let source = Source::from_reader("reader", &b"text"[..]).unwrap();
    assert_eq!((source.name(), source.path(), source.stored_len()), ("reader", None, None));
}

#[test]
fn an_empty_file_is_an_empty_window() {
    let file = tempfile::NamedTempFile::new().unwrap();
    for map in [true, false] {
        let source = Source::open(file.path(), &OpenOptions { map }).unwrap();
        assert_eq!(source.stored_len(), Some(0));
        assert_eq!(text_of(source), b"");
    }
    assert_eq!(text_of(Source::from_bytes("empty", Vec::new())), b"");
    assert_eq!(text_of(Source::from_reader("empty", io::empty()).unwrap()), b"");
}

#[test]
fn missing_files_and_directories_have_errors_of_their_own() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("no such");
    for map in [true, false] {
        let options = OpenOptions { map };
        let error = Source::open(directory.path(), &options).unwrap_err();
        assert!(matches!(error, SourceError::IsDirectory { .. }), "{error:?}");
        assert_eq!(error.name(), directory.path().to_str().unwrap());
        let error = Source::open(&missing, &options).unwrap_err();
        assert!(matches!(error, SourceError::NotFound { .. }), "{error:?}");
        assert_eq!(error.to_string(), format!("{}: no such file", missing.display()));
        let error = Source::open(Path::new("nul\0octet"), &options).unwrap_err();
        assert!(matches!(error, SourceError::Io { .. }), "{error:?}");
    }
}

#[test]
fn a_read_file_that_is_cut_short_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("zone");
    // Long enough that the thread cannot have read it all before it is cut.
    let text = sample(32 << 20);
    fs::write(&path, &text).unwrap();
    let mut blocks = Source::open(&path, &OpenOptions { map: false }).unwrap().into_blocks();
    assert!(blocks.more().unwrap());
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(100).unwrap();
    let (out, end) = drain_blocks(blocks);
    let error = end.unwrap_err();
    let SourceError::Shrunk { expected, found, .. } = error else { panic!("{error:?}") };
    assert_eq!((expected, found), (text.len() as u64, out.len() as u64));
    // A read that is under way while the file is cut may find zeros in the place of what is gone.
    assert!(out.iter().zip(&text).all(|(&read, &written)| read == written || read == 0));
}

/// Fails, or panics, or is told when it is dropped.
struct Endless {
    left: usize,
    end: Option<io::ErrorKind>,
    _dropped: mpsc::Sender<()>,
}

impl Read for Endless {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            match self.end {
                Some(kind) => return Err(kind.into()),
                None => panic!("this panic is part of the test"),
            }
        }
        let n = space.len().min(self.left);
        space[..n].fill(b'x');
        self.left -= n;
        Ok(n)
    }
}

#[test]
fn dropping_the_blocks_ends_the_thread() {
    let (sender, dropped) = mpsc::channel();
    let reader = Endless { left: usize::MAX, end: None, _dropped: sender };
    let mut blocks = Source::from_reader("endless", reader).unwrap().into_blocks();
    assert!(blocks.more().unwrap());
    assert_eq!(dropped.try_recv(), Err(mpsc::TryRecvError::Empty));
    drop(blocks);
    // The reader is dropped with the thread, and its sender with it.
    let end = dropped.recv_timeout(Duration::from_secs(10));
    assert_eq!(end, Err(mpsc::RecvTimeoutError::Disconnected));
}

#[test]
fn a_failing_reader_is_reported_behind_its_text_and_never_as_damage() {
    for kind in [io::ErrorKind::UnexpectedEof, io::ErrorKind::TimedOut] {
        let reader = Endless { left: 3 << 20, end: Some(kind), _dropped: mpsc::channel().0 };
        let (text, end) = drain(Source::from_reader("failing", reader).unwrap());
        assert_eq!(text.len(), 3 << 20);
        let error = end.unwrap_err();
        assert!(
            matches!(&error, SourceError::Io { after_bytes, source, .. }
            if *after_bytes == 3 << 20 && source.kind() == kind),
            "{error:?}"
        );

        for format in FORMATS {
            let stored = compress(format, &sample(2 << 20));
            let half = Cursor::new(stored[..stored.len() / 2].to_vec());
            let end = Endless { left: 0, end: Some(kind), _dropped: mpsc::channel().0 };
            let (text, end) = drain(Source::from_reader("failing", half.chain(end)).unwrap());
            let error = end.unwrap_err();
            assert!(
                matches!(&error, SourceError::Io { after_bytes, source, .. }
                if *after_bytes == text.len() as u64 && source.kind() == kind),
                "{error:?}"
            );
        }
    }
}

#[test]
fn a_panicking_reader_is_an_error_and_not_the_end() {
    let reader = Endless { left: 3 << 20, end: None, _dropped: mpsc::channel().0 };
    let (_, end) = drain(Source::from_reader("panicking", reader).unwrap());
    assert!(matches!(end, Err(SourceError::Stopped { .. })));
}

#[cfg(unix)]
mod unix {
    use std::process::{Command, Stdio};
    use std::{env, thread};

    use super::*;

    #[test]
    fn a_fifo_is_read_as_a_stream() {
        let directory = tempfile::tempdir().unwrap();
        for format in [None, Some(Format::Gzip), Some(Format::Zstd)] {
            let path = directory.path().join(format!("fifo-{format:?}"));
            assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
            let text = sample(300_000);
            let stored = format.map_or_else(|| text.clone(), |format| compress(format, &text));
            let writer = thread::spawn({
                let path = path.clone();
                move || fs::write(path, stored).unwrap()
            });
            let source = Source::open(&path, &OpenOptions::default()).unwrap();
            assert_eq!(source.stored_len(), None);
            assert_eq!(source.transport(), format.map_or(Transport::Read, Transport::Compressed));
            assert!(text_of(source) == text);
            writer.join().unwrap();
        }
    }

    #[test]
    fn files_that_claim_to_be_empty_are_read() {
        if !Path::new("/proc/self/status").exists() {
            return; // not Linux
        }
        let source = Source::open(Path::new("/proc/self/status"), &OpenOptions::default()).unwrap();
        assert_eq!(source.transport(), Transport::Read);
        assert!(text_of(source).starts_with(b"Name:"));
    }

    const CHILD: &str = "SIGMILL_TEST_STDIN_CHILD";

    #[test]
    #[ignore = "reads standard input: the next test runs it as a child"]
    fn stdin_child() {
        let Ok(way) = env::var(CHILD) else { return };
        let source = match way.as_str() {
            "stdin" => Source::stdin(&OpenOptions::default()).unwrap(),
            "unmapped" => Source::stdin(&OpenOptions { map: false }).unwrap(),
            path => Source::open(Path::new(path), &OpenOptions::default()).unwrap(),
        };
        assert_eq!(source.name(), if way == "/dev/stdin" { &way } else { "-" });
        let stored_len = source.stored_len();
        let transport = source.transport();
        let text = text_of(source);
        println!("\ngot {transport} {stored_len:?} {}", String::from_utf8_lossy(&text));
    }

    #[test]
    fn standard_input_is_read_from_a_pipe_and_from_a_file() {
        let stored = compress(Format::Xz, b"the text");
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), &stored).unwrap();
        let child = |way: &str, stdin: Stdio| {
            let mut command = Command::new(env::current_exe().unwrap());
            command.args(["--exact", "unix::stdin_child", "--ignored", "--nocapture"]);
            command.env(CHILD, way).stdin(stdin).stdout(Stdio::piped());
            command.spawn().unwrap()
        };
        for way in ["stdin", "/dev/stdin"] {
            let mut piped = child(way, Stdio::piped());
            piped.stdin.take().unwrap().write_all(&stored).unwrap();
            let output = piped.wait_with_output().unwrap();
            let output = String::from_utf8_lossy(&output.stdout);
            assert!(output.contains("got xz None the text"), "{way}: {output}");

            let redirected = child(way, fs::File::open(file.path()).unwrap().into());
            let output = redirected.wait_with_output().unwrap();
            let output = String::from_utf8_lossy(&output.stdout);
            let expected = format!("got xz Some({}) the text", stored.len());
            assert!(output.contains(&expected), "{way}: {output}");
        }
        // Plain text in a file is mapped, however it is given; but not what is left of it.
        fs::write(file.path(), b"the text").unwrap();
        for (way, read, expected) in [
            ("stdin", 0, "got mapped Some(8) the text"),
            ("/dev/stdin", 0, "got mapped Some(8) the text"),
            ("unmapped", 0, "got read Some(8) the text"),
            ("stdin", 4, "got read Some(4) text"),
        ] {
            let mut opened = fs::File::open(file.path()).unwrap();
            opened.read_exact(&mut [0; 8][..read]).unwrap();
            let shared = opened.try_clone().unwrap();
            let output = child(way, shared.into()).wait_with_output().unwrap();
            let output = String::from_utf8_lossy(&output.stdout);
            assert!(output.contains(expected), "{way}: {output}");
            // Nothing is left for those who read after it.
            let mut rest = Vec::new();
            opened.read_to_end(&mut rest).unwrap();
            assert!(rest.is_empty() || way == "/dev/stdin", "{way}");
        }
    }
}
