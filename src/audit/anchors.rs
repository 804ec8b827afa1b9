//! Trust anchors from text: records as `dig`, `dnssec-dsfromkey` and `unbound-anchor` write them,
//! the bare RDATA of a DS, and IANA's `root-anchors.xml` (RFC 9718).
//!
//! ```
//! use sigmill::audit::anchors;
//!
//! let text = ". IN DS 20326 8 2 (
//!     E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D )";
//! let read = anchors::read(text.as_bytes(), "--ds").unwrap();
//! assert!(read[0].owner.is_some_and(|owner| owner.is_root()));
//! ```

use crate::audit::zone::{Anchor, AnchorForm};
use crate::dns::name::NameError;
use crate::dns::rdata::Ds;
use crate::dns::{Algorithm, Class, DigestType, Name, RType};

/// Why text holds no usable trust anchors.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}: {kind}")]
pub struct AnchorError {
    /// The line, counted from 1; of an entry over several lines the first.
    pub line: usize,
    /// What is wrong there.
    pub kind: AnchorErrorKind,
}

/// The ways in which an anchor can be wrong.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AnchorErrorKind {
    /// The text has neither DS nor DNSKEY.
    #[error("expected a DS or DNSKEY record, but there is none")]
    Empty,
    /// The words are neither a record nor the RDATA of a DS.
    #[error("expected a DS or DNSKEY record, or key tag, algorithm, digest type and digest")]
    NoRecord,
    /// The owner is no domain name.
    #[error("expected an owner, but {0}")]
    Owner(NameError),
    /// A field is missing, or is not what must stand there.
    #[error("expected {0}")]
    Field(&'static str),
    /// The digest's length is not that of its type.
    #[error("a {digest_type} digest has {expected} octets, but {found} are here")]
    DigestLength {
        /// The type.
        digest_type: DigestType,
        /// Its length.
        expected: usize,
        /// The length found.
        found: usize,
    },
    /// Not well-formed XML.
    #[error("{0}")]
    Xml(String),
}

/// Reads every anchor in `text`. `source` is where it came from, for reports.
///
/// XML is told from records by its first character. Records of other types than DS and DNSKEY are
/// passed over, so that the whole output of `dig +dnssec` will do. A relative owner is taken below
/// the root; bare RDATA has no owner, which means the zone that is audited.
///
/// # Errors
/// [`AnchorError`] at the first entry that is wrong, or when there is no anchor at all: an anchor
/// that is silently left out would change what is trusted.
pub fn read(text: &[u8], source: &str) -> Result<Vec<Anchor>, AnchorError> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let anchors = if text.trim_ascii_start().starts_with(b"<") {
        read_xml(text, source)?
    } else {
        read_records(text, source)?
    };
    if anchors.is_empty() {
        return Err(AnchorError { line: 1, kind: AnchorErrorKind::Empty });
    }
    Ok(anchors)
}

fn read_records(text: &[u8], source: &str) -> Result<Vec<Anchor>, AnchorError> {
    let mut anchors = Vec::new();
    let mut last_owner = None;
    for entry in entries(text) {
        let at = |kind| AnchorError { line: entry.line, kind };
        if entry.words.first().is_some_and(|word| word.starts_with(b"$")) {
            continue; // $TTL means nothing here, and owners are taken below the root
        }
        let record = split(&entry).map_err(at)?;
        let owner = record.owner.or(if record.bare { None } else { last_owner });
        last_owner = owner;
        let form = match record.rtype {
            RType::DS => AnchorForm::Ds(ds_rdata(record.rdata).map_err(at)?),
            RType::DNSKEY => AnchorForm::Dnskey(dnskey_rdata(record.rdata).map_err(at)?),
            _ => continue,
        };
        anchors.push(Anchor {
            owner,
            form,
            origin: source.to_owned(),
            valid_from: None,
            valid_until: None,
        });
    }
    Ok(anchors)
}

/// The words of one record, without comments and parentheses.
struct Entry<'a> {
    line: usize,
    /// Whether it began with a blank, which stands for the owner before.
    owner_omitted: bool,
    words: Vec<&'a [u8]>,
}

fn entries(text: &[u8]) -> impl Iterator<Item = Entry<'_>> {
    let mut lines = text.split(|&octet| octet == b'\n').enumerate();
    std::iter::from_fn(move || {
        let (at, first) = lines.next()?;
        let owner_omitted = first.first().is_some_and(|octet| b" \t".contains(octet));
        let mut entry = Entry { line: at + 1, owner_omitted, words: Vec::new() };
        let mut open = take_words(first, &mut entry.words, false);
        while open && let Some((_, line)) = lines.next() {
            open = take_words(line, &mut entry.words, true);
        }
        Some(entry)
    })
    .filter(|entry| !entry.words.is_empty())
}

/// Takes the words of a line; returns whether a parenthesis is open at its end.
fn take_words<'a>(line: &'a [u8], words: &mut Vec<&'a [u8]>, mut open: bool) -> bool {
    let code = line.split(|&octet| octet == b';').next().unwrap_or_default();
    for octet in code {
        match octet {
            b'(' => open = true,
            b')' => open = false,
            _ => {}
        }
    }
    let blank = |octet: &u8| octet.is_ascii_whitespace() || b"()".contains(octet);
    words.extend(code.split(blank).filter(|word| !word.is_empty()));
    open
}

struct Record<'a> {
    owner: Option<Name>,
    rtype: RType,
    rdata: &'a [&'a [u8]],
    bare: bool,
}

/// Splits an entry into owner, type and RDATA.
fn split<'a>(entry: &'a Entry<'_>) -> Result<Record<'a>, AnchorErrorKind> {
    let words = &entry.words;
    let is_number = |word: &[u8]| word.iter().all(u8::is_ascii_digit);
    // Four or more words of which the first three are numbers: the RDATA of a DS.
    if words.len() >= 4 && words[..3].iter().all(|word| is_number(word)) {
        return Ok(Record { owner: None, rtype: RType::DS, rdata: words, bare: true });
    }
    let is_header = |word: &[u8]| {
        is_ttl(word) || Class::from_text(word).is_some_and(|class| class == Class::IN)
    };
    let is_type = |word: &[u8]| RType::from_text(word).is_some();
    let named = !entry.owner_omitted && words.first().is_some_and(|w| !is_header(w) && !is_type(w));
    let (owner, rest) = if named {
        let owner = Name::from_text(words[0], Some(&Name::root()));
        (Some(owner.map_err(AnchorErrorKind::Owner)?), &words[1..])
    } else {
        (None, &words[..])
    };
    let header = rest.iter().take_while(|word| is_header(word)).count();
    let [rtype, rdata @ ..] = &rest[header..] else { return Err(AnchorErrorKind::NoRecord) };
    let rtype = RType::from_text(rtype).ok_or(AnchorErrorKind::NoRecord)?;
    Ok(Record { owner, rtype, rdata, bare: false })
}

fn is_ttl(word: &[u8]) -> bool {
    word.first().is_some_and(u8::is_ascii_digit)
        && word.iter().all(|o| o.is_ascii_digit() || b"wdhms".contains(&o.to_ascii_lowercase()))
}

// The two functions below read the presentation form of RFC 4034 §5.3 and §2.2. They are the place
// to call the zone file's field parser from, once both rooms are on one branch.

fn ds_rdata(words: &[&[u8]]) -> Result<Vec<u8>, AnchorErrorKind> {
    let [tag, algorithm, digest_type, digest @ ..] = words else {
        return Err(AnchorErrorKind::Field("key tag, algorithm, digest type and digest"));
    };
    let tag = number::<u16>(tag, "a key tag")?;
    let algorithm =
        Algorithm::from_text(algorithm).ok_or(AnchorErrorKind::Field("an algorithm"))?;
    let digest_type = number::<u8>(digest_type, "a digest type")?;
    let mut rdata = [&tag.to_be_bytes()[..], &[algorithm.0, digest_type]].concat();
    decode(&digest.concat(), 4, hex_value, &mut rdata)
        .ok_or(AnchorErrorKind::Field("a digest in hexadecimal"))?;
    check_digest(&rdata)?;
    Ok(rdata)
}

fn check_digest(rdata: &[u8]) -> Result<(), AnchorErrorKind> {
    let Some(Ds { digest_type, digest, .. }) = Ds::from_rdata(rdata) else {
        return Err(AnchorErrorKind::Field("a digest"));
    };
    match digest_type.digest_len() {
        Some(expected) if expected != digest.len() => {
            Err(AnchorErrorKind::DigestLength { digest_type, expected, found: digest.len() })
        }
        _ if digest.is_empty() => Err(AnchorErrorKind::Field("a digest")),
        _ => Ok(()),
    }
}

fn dnskey_rdata(words: &[&[u8]]) -> Result<Vec<u8>, AnchorErrorKind> {
    let [flags, protocol, algorithm, key @ ..] = words else {
        return Err(AnchorErrorKind::Field("flags, protocol, algorithm and key"));
    };
    let flags = number::<u16>(flags, "the flags of a DNSKEY")?;
    let protocol = number::<u8>(protocol, "the protocol of a DNSKEY")?;
    let algorithm =
        Algorithm::from_text(algorithm).ok_or(AnchorErrorKind::Field("an algorithm"))?;
    let mut rdata = [&flags.to_be_bytes()[..], &[protocol, algorithm.0]].concat();
    let key = key.concat();
    // Padding says nothing that the number of digits does not say.
    let padding = key.iter().rev().take(2).take_while(|&&octet| octet == b'=').count();
    let digits = &key[..key.len() - padding];
    let whole = !digits.is_empty() && key.len().is_multiple_of(4);
    let decoded = decode(digits, 6, base64_value, &mut rdata).filter(|()| whole);
    decoded.ok_or(AnchorErrorKind::Field("a public key in base64"))?;
    Ok(rdata)
}

fn number<T: std::str::FromStr>(word: &[u8], expected: &'static str) -> Result<T, AnchorErrorKind> {
    let text = std::str::from_utf8(word).ok().filter(|text| !text.starts_with('+'));
    text.and_then(|text| text.parse().ok()).ok_or(AnchorErrorKind::Field(expected))
}

/// Appends the octets that digits of `bits` bits each stand for; bits short of an octet must be 0.
fn decode(
    digits: &[u8],
    bits: u32,
    value: impl Fn(u8) -> Option<u8>,
    out: &mut Vec<u8>,
) -> Option<()> {
    let (mut held, mut have) = (0u32, 0);
    for &digit in digits {
        held = held << bits | u32::from(value(digit)?);
        have += bits;
        if have >= 8 {
            have -= 8;
            out.push(u8::try_from(held >> have).ok()?);
            held &= (1 << have) - 1;
        }
    }
    (held == 0 && have < bits).then_some(())
}

fn hex_value(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

fn base64_value(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// RFC 9718 §2.1: one `Zone`, and a `KeyDigest` for each key with the times of its validity.
fn read_xml(text: &[u8], source: &str) -> Result<Vec<Anchor>, AnchorError> {
    let malformed = |line, text: String| AnchorError { line, kind: AnchorErrorKind::Xml(text) };
    let text = std::str::from_utf8(text).map_err(|_| malformed(1, "not UTF-8".to_owned()))?;
    let document = roxmltree::Document::parse(text)
        .map_err(|error| malformed(error.pos().row as usize, error.to_string()))?;
    let root = document.root_element();
    let zone = xml_text(root, "Zone").unwrap_or_default();
    let owner = Name::from_text(zone.as_bytes(), Some(&Name::root()))
        .map_err(|_| AnchorError { line: 1, kind: AnchorErrorKind::Field("a <Zone>") })?;
    let digests = root.children().filter(|node| node.has_tag_name("KeyDigest"));
    digests
        .map(|node| {
            let line = document.text_pos_at(node.range().start).row as usize;
            let at = |kind| AnchorError { line, kind };
            let field = |name| xml_text(node, name).unwrap_or_default().as_bytes();
            let names = ["KeyTag", "Algorithm", "DigestType", "Digest"];
            let rdata = ds_rdata(&names.map(field)).map_err(at)?;
            Ok(Anchor {
                owner: Some(owner),
                form: AnchorForm::Ds(rdata),
                origin: source.to_owned(),
                valid_from: xml_time(node, "validFrom").map_err(at)?,
                valid_until: xml_time(node, "validUntil").map_err(at)?,
            })
        })
        .collect()
}

fn xml_text<'a>(node: roxmltree::Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.children().find(|child| child.has_tag_name(name))?.text().map(str::trim)
}

fn xml_time(
    node: roxmltree::Node<'_, '_>,
    name: &'static str,
) -> Result<Option<i64>, AnchorErrorKind> {
    let Some(text) = node.attribute(name) else { return Ok(None) };
    let time = text.trim().parse::<jiff::Timestamp>();
    time.map(|time| Some(time.as_second())).map_err(|_| AnchorErrorKind::Field("an RFC 3339 time"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The DS of the root's KSK of 2017, as IANA publishes it.
    const DIGEST: &str = "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D";

    fn one(text: &str) -> Anchor {
        let mut anchors = read(text.as_bytes(), "test").unwrap();
        assert_eq!(anchors.len(), 1, "{text}");
        anchors.remove(0)
    }

    fn kind(text: &str) -> AnchorErrorKind {
        read(text.as_bytes(), "test").unwrap_err().kind
    }

    #[test]
    fn every_way_to_write_a_ds_means_the_same() {
        let rdata = one(&format!(". IN DS 20326 8 2 {DIGEST}")).form;
        let AnchorForm::Ds(wire) = &rdata else { panic!("a DS was read as a DNSKEY") };
        assert_eq!((wire.len(), &wire[..6]), (36, &[0x4f, 0x66, 8, 2, 0xe0, 0x6d][..]));
        let spaced = format!("{} {}", &DIGEST[..56], &DIGEST[56..]);
        let lower = DIGEST.to_lowercase();
        let texts = [
            format!(".\t172800\tIN\tDS\t20326 8 2 {spaced}\r\n"),
            format!(". IN 1d DS 20326 RSASHA256 2 {lower} ; from the parent"),
            format!(
                "; <<>> dig\n\n.  DS 20326 8 2 (\n {} ; half\n {} )\n",
                &DIGEST[..30],
                &DIGEST[30..]
            ),
            format!("\u{feff}. IN DS 20326 8 2 {DIGEST}"),
        ];
        for text in texts {
            let anchor = one(&text);
            assert_eq!(anchor.form, rdata, "{text}");
            assert_eq!(anchor.owner, Some(Name::root()), "{text}");
        }
        // Without an owner it is for whatever zone is audited.
        for text in [format!("20326 8 2 {DIGEST}"), format!("IN DS 20326 8 2 {spaced}")] {
            let anchor = one(&text);
            assert_eq!((anchor.form, anchor.owner), (rdata.clone(), None), "{text}");
        }
    }

    #[test]
    fn a_relative_owner_lies_below_the_root_and_an_omitted_one_is_the_last() {
        let text = format!("$TTL 1d\nse NS ns.se.\n\tDS 1 13 2 {DIGEST}\n DS 2 13 2 {DIGEST}\n");
        let anchors = read(text.as_bytes(), "test").unwrap();
        let owners: Vec<_> = anchors.iter().map(|a| a.owner.unwrap().to_string()).collect();
        assert_eq!(owners, ["se.", "se."]);
    }

    // RFC 8080 §6.1 prints this key; its tag is 3613.
    #[test]
    fn dnskeys_are_read_and_other_types_passed_over() {
        let text = "example.com. 3600 IN DNSKEY 257 3 15 (\n\
             l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4= )\n\
             example.com. 3600 IN RRSIG DNSKEY 15 2 3600 20150820 20150723 3613 example.com. AA==\n";
        let AnchorForm::Dnskey(rdata) = one(text).form else { panic!("not a DNSKEY") };
        assert_eq!(crate::dns::rdata::key_tag(&rdata), 3613);
    }

    // RFC 9718 §2.1.1: a key is trusted from validFrom and until validUntil.
    #[test]
    fn root_anchors_xml_has_validity_times() {
        let text = format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
<TrustAnchor id="A" source="http://data.iana.org/root-anchors/root-anchors.xml">
  <Zone>.</Zone>
  <KeyDigest id="K1" validFrom="2010-07-15T00:00:00+00:00" validUntil="2019-01-11T00:00:00+00:00">
    <KeyTag>19036</KeyTag><Algorithm>8</Algorithm><DigestType>2</DigestType>
    <Digest>{DIGEST}</Digest>
  </KeyDigest>
  <KeyDigest id="K2" validFrom="2017-02-02T00:00:00+00:00">
    <KeyTag>20326</KeyTag><Algorithm>8</Algorithm><DigestType>2</DigestType>
    <Digest>{DIGEST}</Digest><PublicKey>AAAA</PublicKey><Flags>257</Flags>
  </KeyDigest>
</TrustAnchor>"#
        );
        let anchors = read(text.as_bytes(), "test").unwrap();
        let times: Vec<_> = anchors.iter().map(|a| (a.valid_from, a.valid_until)).collect();
        assert_eq!(
            times,
            [(Some(1_279_152_000), Some(1_547_164_800)), (Some(1_485_993_600), None)]
        );
        assert_eq!(anchors[1].owner, Some(Name::root()));
        let wrong = text.replace("<KeyTag>20326", "<KeyTag>70000");
        let error = read(wrong.as_bytes(), "test").unwrap_err();
        assert_eq!(error, AnchorError { line: 8, kind: AnchorErrorKind::Field("a key tag") });
    }

    #[test]
    fn an_anchor_that_is_wrong_is_never_left_out() {
        let cases = [
            ("", AnchorErrorKind::Empty),
            ("; nothing\n", AnchorErrorKind::Empty),
            (". IN A 192.0.2.1", AnchorErrorKind::Empty),
            ("hello", AnchorErrorKind::NoRecord),
            (". IN DS", AnchorErrorKind::Field("key tag, algorithm, digest type and digest")),
            (". IN DS 1 8 2", AnchorErrorKind::Field("a digest")),
            (". IN DS 1 8 9 ABC", AnchorErrorKind::Field("a digest in hexadecimal")),
            (". IN DS 1 8 9 ZZ", AnchorErrorKind::Field("a digest in hexadecimal")),
            (". IN DS +1 8 9 AA", AnchorErrorKind::Field("a key tag")),
            (". DNSKEY 257 3 8 AQ=", AnchorErrorKind::Field("a public key in base64")),
            (". DNSKEY 257 3 8 AR==", AnchorErrorKind::Field("a public key in base64")),
            (". DNSKEY 257 3 8", AnchorErrorKind::Field("a public key in base64")),
            ("a..b. DS 1 8 9 AA", AnchorErrorKind::Owner(NameError::EmptyLabel)),
        ];
        for (text, error) in cases {
            assert_eq!(kind(text), error, "{text}");
        }
        let short = AnchorErrorKind::DigestLength {
            digest_type: DigestType::SHA256,
            expected: 32,
            found: 2,
        };
        assert_eq!(kind("1 8 2 ABCD"), short);
        assert_eq!(short.to_string(), "a SHA-256 digest has 32 octets, but 2 are here");
        assert!(matches!(kind("<TrustAnchor>"), AnchorErrorKind::Xml(_)));
        assert_eq!(kind("<TrustAnchor/>"), AnchorErrorKind::Field("a <Zone>"));
    }
}
