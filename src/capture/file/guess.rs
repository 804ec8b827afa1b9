//! What a file is, by its first octets.

use crate::source::{Format, SourceError};

use super::super::error::Seems;
use super::super::totals::FileFormat;
use super::dnstap;
use super::input::Input;

pub(in crate::capture) enum Guess {
    Capture(FileFormat),
    Other(Seems),
}

/// The first four octets of pcap files: microseconds, nanoseconds, and the variant with longer
/// record headers that Linux kernels of 1999 were patched to write.
const PCAP: [[u8; 4]; 5] = [
    [0xd4, 0xc3, 0xb2, 0xa1],
    [0xa1, 0xb2, 0xc3, 0xd4],
    [0x4d, 0x3c, 0xb2, 0xa1],
    [0xa1, 0xb2, 0x3c, 0x4d],
    [0x34, 0xcd, 0xb2, 0xa1],
];

/// The type of a section header block, the same in both byte orders.
const PCAPNG: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// Octets that are looked at to say what a file is that is none of ours.
const LOOK: usize = 1024;

/// Takes no more octets than the formats need: a live capture may hold still after them.
pub(in crate::capture) fn guess(input: &mut Input) -> Result<Guess, SourceError> {
    if let Some(magic) = input.peek_array::<4>()? {
        if PCAP.contains(&magic) {
            return Ok(Guess::Capture(FileFormat::Pcap));
        }
        if magic == PCAPNG {
            return Ok(Guess::Capture(FileFormat::Pcapng));
        }
        if magic == dnstap::ESCAPE
            && input.peek_array::<12>()?.is_some_and(|head| dnstap::is_beginning(&head))
        {
            return Ok(Guess::Capture(FileFormat::Dnstap));
        }
    }
    input.have(LOOK)?;
    let window = input.window();
    Ok(Guess::Other(seems(window.get(..LOOK).unwrap_or(window))))
}

fn seems(head: &[u8]) -> Seems {
    const SIGNATURES: &[(&[u8], Seems)] = &[
        (b"\x1f\x8b", Seems::Compressed(Format::Gzip)),
        (b"\x28\xb5\x2f\xfd", Seems::Compressed(Format::Zstd)),
        (b"\xfd7zXZ\0", Seems::Compressed(Format::Xz)),
        (b"BZh", Seems::Compressed(Format::Bzip2)),
        (b"\x04\x22\x4d\x18", Seems::Named("lz4 data")),
        (b"PK\x03\x04", Seems::Named("a zip archive")),
        (b"snoop\0\0\0", Seems::Named("a snoop capture")),
        (b"GMBU", Seems::Named("a Network Monitor capture")),
        (b"RTSS", Seems::Named("a Network Monitor capture")),
        (b"\x83\x65C-DNS", Seems::Named("a C-DNS file (RFC 8618)")),
        (b"\xa1\xb2\xcd\x34", Seems::Named("a pcap file of a variant that is not read")),
        (b"\x7fELF", Seems::Named("a program")),
        (b"\0\0\0\0", Seems::Named("zeros, or a frame stream without a beginning")),
        (b"<", Seems::Named("XML or HTML")),
        (b"{", Seems::Named("JSON")),
        (b"[", Seems::Named("JSON")),
    ];
    if head.is_empty() {
        return Seems::Empty;
    }
    // An archive has its signature further in (POSIX.1-1988 ustar).
    if head.get(257..262) == Some(b"ustar") {
        return Seems::Named("a tar archive");
    }
    for (signature, seems) in SIGNATURES {
        if head.starts_with(signature) {
            return *seems;
        }
    }
    let is_text = |octet: &u8| matches!(octet, b'\t' | b'\n' | b'\r' | 0x0c | 0x20..=0x7e | 0x80..);
    match (head.iter().all(is_text), is_zone(head)) {
        (true, true) => Seems::ZoneFile,
        (true, false) => Seems::Text,
        (false, _) => Seems::Unknown,
    }
}

/// Whether some line has a directive of master files, or a class or type among its first words.
fn is_zone(text: &[u8]) -> bool {
    const WORDS: [&[u8]; 10] =
        [b"IN", b"SOA", b"NS", b"DS", b"RRSIG", b"DNSKEY", b"NSEC", b"NSEC3", b"AAAA", b"MX"];
    text.split(|octet| *octet == b'\n').any(|line| {
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).take(5);
        line.starts_with(b"$ORIGIN")
            || line.starts_with(b"$TTL")
            || words.any(|word| WORDS.contains(&word)) && !line.starts_with(b";")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_files_are_told_apart() {
        let tar = [&[b'x'; 257][..], b"ustar\0"].concat();
        let cases: [(&[u8], Seems); 9] = [
            (b"", Seems::Empty),
            (b"example. 3600 IN SOA ns. host. 1 2 3 4 5\n", Seems::ZoneFile),
            (b"; a comment\n$ORIGIN example.\n", Seems::ZoneFile),
            (b"what is in a name, is it not text\n", Seems::Text),
            (b"\x1f\x8b\x08", Seems::Compressed(Format::Gzip)),
            (b"\x83\x65C-DNS\xa4", Seems::Named("a C-DNS file (RFC 8618)")),
            (b"\x01\x02\x03\x04", Seems::Unknown),
            (b"{\"a\": 1}", Seems::Named("JSON")),
            (&tar, Seems::Named("a tar archive")),
        ];
        for (head, expected) in cases {
            assert_eq!(seems(head), expected, "{head:?}");
        }
    }
}
