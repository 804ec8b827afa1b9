//! Compressed input: recognised by its first octets, never by its name, and read to its real end.
//!
//! Members (gzip, RFC 1952 §2.2), frames (Zstandard, RFC 8878 §3.1), and streams (xz, bzip2) that
//! follow one another are all read, as `cat a.gz b.gz` makes them and as parallel compressors write
//! them. Anything else behind the last one is an error, padding with zeros included, except for
//! xz, whose format provides for it.

use std::fmt;
use std::io::{self, BufRead, Read};
use std::sync::Arc;

use super::error::SourceError;

/// A compression format that is read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Format {
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
    /// The .xz file format, version 1.2.
    Xz,
    /// bzip2 1.0.
    Bzip2,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Xz => "xz",
            Self::Bzip2 => "bzip2",
        })
    }
}

/// Octets of memory that the header of an input may make a decompressor take: 1 GiB.
///
/// The strongest presets of today's compressors need 65 MiB (`xz -9`) and 128 MiB
/// (`zstd --ultra -22`, `zstd --long`); the formats could ask for 4 GiB and for exbibytes.
pub const MEMORY_LIMIT: u64 = 1 << ZSTD_WINDOW_LOG;

const ZSTD_WINDOW_LOG: u32 = 30;

/// A reader of the decompressed text of `input`, which starts with the format's signature.
pub(super) fn decoder(
    format: Format,
    input: impl BufRead + Send + 'static,
) -> io::Result<Box<dyn Read + Send>> {
    Ok(match format {
        Format::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(input)),
        Format::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(input)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG)?;
            Box::new(decoder)
        }
        Format::Xz => {
            let stream = liblzma::stream::Stream::new_stream_decoder(
                MEMORY_LIMIT,
                liblzma::stream::CONCATENATED,
            )?;
            Box::new(liblzma::bufread::XzDecoder::new_stream(input, stream))
        }
        Format::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(input)),
    })
}

/// What an error means that a decompressor, and not the reader below it, has raised.
pub(super) fn fault(
    name: &Arc<str>,
    format: Format,
    after_bytes: u64,
    error: Arc<io::Error>,
) -> SourceError {
    let name = Arc::clone(name);
    if error.kind() == io::ErrorKind::UnexpectedEof {
        SourceError::Truncated { name, format, after_bytes }
    } else if is_memory_limit(&error) {
        SourceError::NeedsMemory { name, format, limit: MEMORY_LIMIT }
    } else {
        SourceError::Corrupt { name, format, after_bytes, source: error }
    }
}

/// Whether a decompressor refuses to take as much memory as the header asks for.
///
/// The zstd library tells it by a sentence only; if that is ever reworded the input is called
/// damaged, with the new sentence as the reason, and a test fails.
fn is_memory_limit(error: &io::Error) -> bool {
    let Some(inner) = error.get_ref() else { return false };
    match inner.downcast_ref::<liblzma::stream::Error>() {
        Some(error) => matches!(error, liblzma::stream::Error::MemLimit),
        None => inner.to_string() == "Frame requires too much memory for decoding",
    }
}

/// What the first octets of an input say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Guess {
    Plain,
    Compressed(Format),
    /// More octets are needed: these are the beginning of a signature.
    Undecided,
}

/// Octets after which [`guess`] is never undecided.
pub(super) const LONGEST_SIGNATURE: usize = 10;

/// Recognises the format from the first octets, `at_end` when there are no more.
///
/// An input that ends inside a signature is called compressed where so much of the signature is
/// there that it cannot be text, so that it is reported as truncated and not as a strange zone.
pub(super) fn guess(head: &[u8], at_end: bool) -> Guess {
    let mut guess = Guess::Plain;
    for signature in SIGNATURES {
        let matches =
            signature.octets.iter().zip(head).all(|((low, high), o)| (low..=high).contains(&o));
        if !matches {
            continue;
        }
        if head.len() >= signature.octets.len() || at_end && head.len() >= signature.telling {
            return Guess::Compressed(signature.format);
        }
        if !at_end {
            guess = Guess::Undecided;
        }
    }
    guess
}

struct Signature {
    format: Format,
    /// The lowest and the highest value of each octet.
    octets: &'static [(u8, u8)],
    /// How many of them text cannot begin with.
    telling: usize,
}

const fn one(octet: u8) -> (u8, u8) {
    (octet, octet)
}

const BZIP2_LEVEL: (u8, u8) = (b'1', b'9');

const SIGNATURES: &[Signature] = &[
    Signature { format: Format::Gzip, octets: &[one(0x1f), one(0x8b)], telling: 1 },
    Signature {
        format: Format::Zstd,
        octets: &[one(0x28), one(0xb5), one(0x2f), one(0xfd)],
        telling: 2,
    },
    // A skippable frame (RFC 8878 §3.1.2), with which seekable and parallel compressors begin.
    Signature {
        format: Format::Zstd,
        octets: &[(0x50, 0x5f), one(0x2a), one(0x4d), one(0x18)],
        telling: 4,
    },
    Signature {
        format: Format::Xz,
        octets: &[one(0xfd), one(b'7'), one(b'z'), one(b'X'), one(b'Z'), one(0)],
        telling: 1,
    },
    // The header, and the first block: π in binary-coded decimal.
    Signature {
        format: Format::Bzip2,
        octets: &[
            one(b'B'),
            one(b'Z'),
            one(b'h'),
            BZIP2_LEVEL,
            one(0x31),
            one(0x41),
            one(0x59),
            one(0x26),
            one(0x53),
            one(0x59),
        ],
        telling: 4,
    },
    // The header, and at once the end of a stream without blocks: √π.
    Signature {
        format: Format::Bzip2,
        octets: &[
            one(b'B'),
            one(b'Z'),
            one(b'h'),
            BZIP2_LEVEL,
            one(0x17),
            one(0x72),
            one(0x45),
            one(0x38),
            one(0x50),
            one(0x90),
        ],
        telling: 4,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_recognised_and_their_beginnings_undecided() {
        let samples: [(&[u8], Format); 6] = [
            (b"\x1f\x8b", Format::Gzip),
            (b"\x28\xb5\x2f\xfd", Format::Zstd),
            (b"\x53\x2a\x4d\x18", Format::Zstd),
            (b"\xfd7zXZ\0", Format::Xz),
            (b"BZh91AY&SY", Format::Bzip2),
            (b"BZh1\x17\x72\x45\x38\x50\x90", Format::Bzip2),
        ];
        for (signature, format) in samples {
            assert!(signature.len() <= LONGEST_SIGNATURE);
            for known in 0..signature.len() {
                assert_eq!(guess(&signature[..known], false), Guess::Undecided, "{format} {known}");
            }
            for tail in [&b""[..], b"zzz"] {
                let head = [signature, tail].concat();
                assert_eq!(guess(&head, false), Guess::Compressed(format), "{format}");
                assert_eq!(guess(&head, true), Guess::Compressed(format), "{format}");
            }
        }
    }

    #[test]
    fn text_that_begins_like_a_signature_is_text() {
        for text in [
            &b""[..],
            b"(",                      // zstd's first octet opens a parenthesis
            b"P*M",                    // three octets of a skippable frame
            b"BZh",                    // an owner
            b"BZh9 3600 IN A 1.2.3.4", // an owner with bzip2's header
            b"BZh01AY&SY",             // no such level
            b"example. 3600 IN SOA",
            b"\x1f\x1f",
        ] {
            assert_eq!(guess(text, true), Guess::Plain, "{text:?}");
        }
    }

    #[test]
    fn an_input_that_ends_inside_a_signature_is_called_compressed() {
        assert_eq!(guess(b"\x1f", true), Guess::Compressed(Format::Gzip));
        assert_eq!(guess(b"\x28\xb5", true), Guess::Compressed(Format::Zstd));
        assert_eq!(guess(b"\xfd7", true), Guess::Compressed(Format::Xz));
        assert_eq!(guess(b"BZh9", true), Guess::Compressed(Format::Bzip2));
    }
}
