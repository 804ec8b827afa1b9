//! Trust anchors from text: records as `dig`, `dnssec-dsfromkey` and `unbound-anchor` write them,
//! the bare RDATA of a DS, IANA's `root-anchors.xml` (RFC 9718), and the files in which resolvers keep
//! the state of their anchors ([`rfc5011`]).
//!
//! ```
//! use sigmill::audit::anchors;
//!
//! let text = ". IN DS 20326 8 2 (
//!     E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D )";
//! let read = anchors::read(text.as_bytes(), "--ds").unwrap();
//! assert!(read[0].owner.is_some_and(|owner| owner.is_root()));
//! ```

use crate::audit::rfc5011::{self, KEYDATA, Keydata, State};
use crate::audit::zone::{Anchor, AnchorForm};
use crate::dns::name::NameError;
use crate::dns::rdata::Ds;
use crate::dns::{Class, DigestType, Name, RType};
use crate::zonefile::field::number::scan_period;
use crate::zonefile::field::parse_rdata;
use crate::zonefile::scan::{Scan, next_entry};
use crate::zonefile::{SyntaxErrorKind, Word, Words};

/// Why text holds no usable trust anchors.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}: {kind}")]
pub struct AnchorError {
    /// The line, counted from 1; of an entry over several lines the first.
    pub line: u64,
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
    /// A record that cannot be read.
    #[error("{0}")]
    Syntax(#[from] SyntaxErrorKind),
    /// An element or attribute of XML is missing, or is not what must stand there.
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
    /// A state file of RFC 5011 with keys, none of which is to be trusted.
    #[error("expected a key in the state VALID or MISSING, but there is none")]
    NoneValid,
    /// A state file of RFC 5011 whose keys are all revoked.
    #[error("expected a trust point with keys, but ;;REVOKED says that all of them are revoked")]
    PointRevoked,
}

/// Reads every anchor in `text`. `source` is where it came from, for reports.
///
/// XML is told from records by its first character. Records of other types than DS and DNSKEY are
/// passed over, so that the whole output of `dig +dnssec` will do. A relative owner is taken below
/// the last `$ORIGIN`, or the root; bare RDATA has no owner, which means the zone that is audited.
/// Of a resolver's state file only the keys count that the resolver itself trusts.
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
    rfc5011::refuse_revoked(text)?;
    let (mut anchors, mut left_out) = (Vec::new(), None);
    each_record(text, &mut |record, words| {
        let mut valid_from = None;
        let form = match record.rtype {
            RType::DS => AnchorForm::Ds(ds_rdata(words)?),
            RType::DNSKEY => {
                let rdata = rdata(RType::DNSKEY, words)?;
                if !State::of_comment(record.comment)?.is_none_or(State::is_trusted) {
                    left_out.get_or_insert(record.line);
                    return Ok(());
                }
                AnchorForm::Dnskey(rdata)
            }
            KEYDATA => {
                let keydata = Keydata::parse(words)?;
                let Some(since) = keydata.trusted_since() else {
                    left_out.get_or_insert(record.line);
                    return Ok(());
                };
                valid_from = Some(since);
                AnchorForm::Dnskey(keydata.dnskey)
            }
            _ => return Ok(()),
        };
        let owner = record.owner;
        let origin = source.to_owned();
        anchors.push(Anchor { owner, form, origin, valid_from, valid_until: None });
        Ok(())
    })?;
    match left_out {
        Some(line) if anchors.is_empty() => {
            Err(AnchorError { line, kind: AnchorErrorKind::NoneValid })
        }
        _ => Ok(anchors),
    }
}

/// A record but for its RDATA.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'t> {
    /// The line, counted from 1; of a record over several lines the first.
    pub line: u64,
    /// The owner, unless it is the bare RDATA of a DS.
    pub owner: Option<Name>,
    /// The TTL, if there is one.
    pub ttl: Option<u32>,
    /// The type.
    pub rtype: RType,
    /// The comment on the record's last line, behind its semicolon.
    pub comment: &'t [u8],
}

/// What is done with a record and the words of its RDATA.
pub(super) type OnRecord<'a> =
    dyn FnMut(&Record<'_>, &mut Words<'_>) -> Result<(), AnchorErrorKind> + 'a;

/// Hands on each record of text in which the class means nothing and relative owners lie below the
/// last `$ORIGIN`, or the root.
pub(super) fn each_record(text: &[u8], on_record: &mut OnRecord<'_>) -> Result<(), AnchorError> {
    let (mut rest, mut line, mut tokens) = (text, 1, Vec::new());
    let (mut origin, mut last_owner) = (Name::root(), None);
    loop {
        let entry = match next_entry(rest, true, MAX_ENTRY, &mut tokens) {
            Scan::Entry(entry) => entry,
            Scan::Faulty(entry, error) | Scan::Endless(entry, error) => {
                let line = line + entry.lines_before;
                return Err(AnchorError { line, kind: error.kind.into() });
            }
            Scan::End { .. } | Scan::Incomplete { .. } => return Ok(()),
        };
        let first_line = line + entry.lines_before;
        let at = |kind| AnchorError { line: first_line, kind };
        let entry_text = &rest[entry.start..entry.end];
        let mut words = Words::new(entry_text, &tokens);
        let behind = &entry_text[tokens.last().map_or(0, |token| token.end() as usize)..];
        line = first_line + entry.lines;
        rest = &rest[entry.end..];
        if words.peek().is_some_and(|word| word.text.starts_with(b"$")) {
            // $TTL means nothing here.
            if words.take().is_some_and(|word| word.text.eq_ignore_ascii_case(b"$ORIGIN"))
                && let Some(word) = words.take()
            {
                let name = Name::from_text(word.text, Some(&origin));
                origin = name.map_err(AnchorErrorKind::Owner).map_err(at)?;
            }
            continue;
        }
        let head = split(&mut words, entry.owner_omitted, &origin).map_err(at)?;
        let owner = head.owner.or(if head.bare { None } else { last_owner });
        last_owner = owner;
        let (ttl, rtype, comment) = (head.ttl, head.rtype, last_comment(behind));
        let record = Record { line: first_line, owner, ttl, rtype, comment };
        on_record(&record, &mut words).map_err(at)?;
    }
}

/// What stands behind the semicolon on the last line of what follows a record's last word.
fn last_comment(behind: &[u8]) -> &[u8] {
    let last = behind.trim_ascii_end().rsplit(|&octet| octet == b'\n').next().unwrap_or_default();
    let semicolon = last.iter().position(|&octet| octet == b';');
    semicolon.map_or(b"", |place| &last[place + 1..])
}

/// Octets in one record of a file of anchors: a DNSKEY has at most some 90,000 in base64.
const MAX_ENTRY: usize = 1 << 20;

/// What comes before the RDATA.
struct Head {
    owner: Option<Name>,
    ttl: Option<u32>,
    rtype: RType,
    bare: bool,
}

/// Takes owner, TTL, class and type, of which all but the type may be missing; nothing at all when
/// the words are the RDATA of a DS.
fn split(
    words: &mut Words<'_>,
    owner_omitted: bool,
    origin: &Name,
) -> Result<Head, AnchorErrorKind> {
    let mut ahead = words.clone();
    let mut is_number =
        || ahead.take().is_some_and(|word| word.text.iter().all(u8::is_ascii_digit));
    if words.len() >= 4 && is_number() && is_number() && is_number() {
        return Ok(Head { owner: None, ttl: None, rtype: RType::DS, bare: true });
    }
    let is_header = |word: &Word<'_>| {
        is_ttl(word.text) || Class::from_text(word.text).is_some_and(|class| class == Class::IN)
    };
    let is_type = |word: &Word<'_>| type_of(word).is_some();
    // `ns DS 1 13 2 …` and `DS 1 13 2 …`: the name of a type is an owner before another type.
    let comes_before_type = || {
        let mut ahead = words.clone();
        ahead.take();
        while ahead.peek().as_ref().is_some_and(is_header) {
            ahead.take();
        }
        ahead.peek().as_ref().is_some_and(is_type)
    };
    // Behind an $ORIGIN the text is of a zone file, where whatever comes first is an owner.
    let names_owner = |word: &Word<'_>| {
        !origin.is_root() || (!is_header(word) && (!is_type(word) || comes_before_type()))
    };
    let mut owner = None;
    let first = words.peek().filter(|word| !owner_omitted && names_owner(word));
    if let Some(word) = first {
        let name = Name::from_text(word.text, Some(origin));
        owner = Some(name.map_err(AnchorErrorKind::Owner)?);
        words.take();
    }
    let mut ttl = None;
    while let Some(word) = words.peek().filter(is_header) {
        words.take();
        ttl = ttl.or(scan_period(word.text).ok());
    }
    let rtype = words.take().as_ref().and_then(type_of);
    Ok(Head { owner, ttl, rtype: rtype.ok_or(AnchorErrorKind::NoRecord)?, bare: false })
}

/// The type that a word names, which may also be BIND's own.
fn type_of(word: &Word<'_>) -> Option<RType> {
    let keydata = || word.text.eq_ignore_ascii_case(b"KEYDATA").then_some(KEYDATA);
    RType::from_text(word.text).or_else(keydata)
}

fn is_ttl(word: &[u8]) -> bool {
    word.first().is_some_and(u8::is_ascii_digit) && scan_period(word).is_ok()
}

pub(super) fn rdata(rtype: RType, words: &mut Words<'_>) -> Result<Vec<u8>, AnchorErrorKind> {
    let mut rdata = Vec::new();
    parse_rdata(rtype, words, Some(&Name::root()), &mut rdata)
        .map_err(|error| AnchorErrorKind::Syntax(error.kind))?;
    Ok(rdata)
}

/// The RDATA of a DS, whose digest must be as long as its type says: a digest cut short would match
/// no key, and nobody would know why.
fn ds_rdata(words: &mut Words<'_>) -> Result<Vec<u8>, AnchorErrorKind> {
    let rdata = rdata(RType::DS, words)?;
    let ds = Ds::from_rdata(&rdata);
    match ds.map(|ds| (ds.digest_type, ds.digest_type.digest_len(), ds.digest.len())) {
        Some((digest_type, Some(expected), found)) if expected != found => {
            Err(AnchorErrorKind::DigestLength { digest_type, expected, found })
        }
        _ => Ok(rdata),
    }
}

/// RFC 9718 §2.1: one `Zone`, and a `KeyDigest` for each key with the times of its validity.
fn read_xml(text: &[u8], source: &str) -> Result<Vec<Anchor>, AnchorError> {
    let malformed = |line, text: String| AnchorError { line, kind: AnchorErrorKind::Xml(text) };
    let text = std::str::from_utf8(text).map_err(|_| malformed(1, "not UTF-8".to_owned()))?;
    let document = roxmltree::Document::parse(text)
        .map_err(|error| malformed(u64::from(error.pos().row), error.to_string()))?;
    let root = document.root_element();
    let zone = xml_text(root, "Zone").unwrap_or_default();
    let owner = Name::from_text(zone.as_bytes(), Some(&Name::root()))
        .map_err(|_| AnchorError { line: 1, kind: AnchorErrorKind::Field("a <Zone>") })?;
    let digests = root.children().filter(|node| node.has_tag_name("KeyDigest"));
    digests
        .map(|node| {
            let line = u64::from(document.text_pos_at(node.range().start).row);
            let at = |kind| AnchorError { line, kind };
            let field = |name| xml_text(node, name).unwrap_or_default().as_bytes();
            let names = ["KeyTag", "Algorithm", "DigestType", "Digest"];
            let (text, mut tokens) = (names.map(field).join(&b' '), Vec::new());
            next_entry(&text, true, MAX_ENTRY, &mut tokens);
            let rdata = ds_rdata(&mut Words::new(&text, &tokens)).map_err(at)?;
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
    fn a_relative_owner_lies_below_the_origin_or_root_and_an_omitted_one_is_the_last() {
        let text = format!("$TTL 1d\nse NS ns.se.\n\tDS 1 13 2 {DIGEST}\n DS 2 13 2 {DIGEST}\n");
        let anchors = read(text.as_bytes(), "test").unwrap();
        let owners: Vec<_> = anchors.iter().map(|a| a.owner.unwrap().to_string()).collect();
        assert_eq!(owners, ["se.", "se."]);
        let text = format!("$ORIGIN se.\n@ DS 1 13 2 {DIGEST}\n$ORIGIN b\na DS 1 13 2 {DIGEST}\n");
        let anchors = read(text.as_bytes(), "test").unwrap();
        let owners: Vec<_> = anchors.iter().map(|a| a.owner.unwrap().to_string()).collect();
        assert_eq!(owners, ["se.", "a.b.se."]);
    }

    // A zone may be called `ns` or `ds`, as a type is.
    #[test]
    fn an_owner_that_reads_like_a_type_is_an_owner() {
        for text in ["ns DS", "ds 3600 IN DS", "ns 1h DS", "mx IN DS"] {
            let owner = one(&format!("{text} 1 13 2 {DIGEST}")).owner.unwrap().to_string();
            assert_eq!(owner, format!("{}.", &text[..2]), "{text}");
        }
        assert_eq!(one(&format!("DS 1 13 2 {DIGEST}")).owner, None);
        let owner = one(&format!("$ORIGIN com.\n365 DS 1 13 2 {DIGEST}")).owner.unwrap();
        assert_eq!(owner.to_string(), "365.com.");
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
        assert!(
            matches!(error, AnchorError { line: 8, kind: AnchorErrorKind::Syntax(_) }),
            "{error}"
        );
    }

    #[test]
    fn an_anchor_that_is_wrong_is_never_left_out() {
        let cases = [
            ("", AnchorErrorKind::Empty),
            ("; nothing\n", AnchorErrorKind::Empty),
            (". IN A 192.0.2.1", AnchorErrorKind::Empty),
            ("hello", AnchorErrorKind::NoRecord),
            ("a..b. DS 1 8 9 AA", AnchorErrorKind::Owner(NameError::EmptyLabel)),
        ];
        for (text, error) in cases {
            assert_eq!(kind(text), error, "{text}");
        }
        let unreadable = [
            ". IN DS",
            ". IN DS 1 8 9 ABC",
            ". IN DS 1 8 9 ZZ",
            ". IN DS +1 8 9 AA",
            ". DNSKEY 257 3 8 AQ=",
            ". DNSKEY 257 3 8 AR==",
            ". DS ( 1 8 9 AA",
            ". IN DS 1 8 2 ;",
        ];
        for text in unreadable {
            assert!(matches!(kind(text), AnchorErrorKind::Syntax(_)), "{text}");
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
