//! Hand-tuned readers of the records that signed zones are full of, in their usual form.
//!
//! Each reads what the schema table says of its type, and only that: a mnemonic in lower case, a
//! TTL with units, an escape or any fault sends the record to the table's interpreter, which reads
//! or refuses it. A property test holds the two together.

use super::bitmap::parse_low_types;
use super::encoding::{Base64Decoder, HexDecoder, scan_base32hex};
use super::name::scan_name_with;
use super::number::scan_time;
use super::short::Short;
use super::{address, encoding};
use crate::dns::{Name, RType};
use crate::zonefile::scan::{Kernel, octets};
use crate::zonefile::words::{Token, Words};

/// Reads RDATA and appends its wire octets; `None`, with `out` possibly longer, if it is not of a
/// form that is known here.
#[inline(always)]
pub(in crate::zonefile) fn parse(
    kernel: Kernel,
    rtype: RType,
    words: &Words<'_>,
    origin: Option<&Name>,
    out: &mut Vec<u8>,
) -> Option<()> {
    let (text, tokens) = words.parts();
    match (rtype, tokens) {
        (RType::NS | RType::CNAME | RType::PTR, &[name]) => {
            parse_name(kernel, text, name, origin, out)
        }
        (RType::A, &[address]) => {
            out.extend_from_slice(&address::scan_ipv4(bare(text, address)?)?);
            Some(())
        }
        (RType::AAAA, &[address]) => {
            out.extend_from_slice(&address::scan_ipv6(bare(text, address)?)?);
            Some(())
        }
        (RType::RRSIG, _) => parse_rrsig(kernel, text, tokens, origin, out),
        (RType::NSEC, &[next, ref types @ ..]) => {
            parse_name(kernel, text, next, origin, out)?;
            parse_low_types(text, types, out)
        }
        (RType::DS, _) => parse_ds(text, tokens, out),
        (RType::NSEC3, _) => parse_nsec3(text, tokens, out),
        _ => None,
    }
}

/// RFC 4034 §3.2.
fn parse_rrsig(
    kernel: Kernel,
    text: &[u8],
    tokens: &[Token],
    origin: Option<&Name>,
    out: &mut Vec<u8>,
) -> Option<()> {
    let (&set, tokens) = tokens.split_first_chunk()?;
    let (&signing, signature) = tokens.split_first_chunk()?;
    out.extend_from_slice(&signed_set(text, set)?);
    parse_signing(kernel, text, signing, origin, out)?;
    parse_base64(text, signature, out)
}

/// What an RRSIG says of the RRset: type covered, algorithm, labels, original TTL.
#[inline]
fn signed_set(text: &[u8], [covered, algorithm, labels, ttl]: [Token; 4]) -> Option<[u8; 8]> {
    let mut fixed = [0; 8];
    let covered = RType::from_key(Short::new(text, covered)?.key())?;
    fixed[..2].copy_from_slice(&covered.0.to_be_bytes());
    fixed[2] = decimal(text, algorithm)?;
    fixed[3] = decimal(text, labels)?;
    fixed[4..].copy_from_slice(&decimal::<u32>(text, ttl)?.to_be_bytes());
    Some(fixed)
}

/// What an RRSIG says of its making: expiration, inception, key tag, signer's name.
#[inline]
fn parse_signing(
    kernel: Kernel,
    text: &[u8],
    [expiration, inception, tag, signer]: [Token; 4],
    origin: Option<&Name>,
    out: &mut Vec<u8>,
) -> Option<()> {
    let mut fixed = [0; 10];
    fixed[..4].copy_from_slice(&scan_time(bare(text, expiration)?)?.0.to_be_bytes());
    fixed[4..8].copy_from_slice(&scan_time(bare(text, inception)?)?.0.to_be_bytes());
    fixed[8..].copy_from_slice(&decimal::<u16>(text, tag)?.to_be_bytes());
    out.extend_from_slice(&fixed);
    parse_name(kernel, text, signer, origin, out)
}

/// The words that are left: one or more octets.
#[inline]
fn parse_base64(text: &[u8], pieces: &[Token], out: &mut Vec<u8>) -> Option<()> {
    if pieces.is_empty() {
        return None;
    }
    let mut decoder = Base64Decoder::default();
    for &piece in pieces {
        decoder.scan(bare(text, piece)?, out).ok()?;
    }
    decoder.finish().ok()
}

/// What signatures repeat: a signer makes many at once, and what they say of that is the same.
#[derive(Clone, Debug, Default)]
pub(in crate::zonefile) struct LastRrsig {
    /// The text from the expiration to the signer's name, and what it stands for.
    text: Vec<u8>,
    wire: Vec<u8>,
}

impl LastRrsig {
    /// Forgets it, as when the origin changes.
    pub(in crate::zonefile) fn clear(&mut self) {
        self.text.clear();
    }

    /// Reads an RRSIG's RDATA as [`parse`] does.
    #[inline(always)]
    pub(in crate::zonefile) fn parse(
        &mut self,
        kernel: Kernel,
        words: &Words<'_>,
        origin: Option<&Name>,
        out: &mut Vec<u8>,
    ) -> Option<()> {
        let (text, tokens) = words.parts();
        let (&set, tokens) = tokens.split_first_chunk()?;
        let (&signing, signature) = tokens.split_first_chunk()?;
        out.extend_from_slice(&signed_set(text, set)?);
        // Between two bare words the same text has the same words in between: were one of them
        // quoted, the text that was read before would have the quotes.
        let [first, _, _, last] = signing.map(Token::bare_range);
        text.get(first.clone())?;
        let repeated = text.get(first.start..last.end)?;
        if octets::equal(kernel, repeated, &self.text) {
            octets::append(kernel, &self.wire, out);
        } else {
            let start = out.len();
            parse_signing(kernel, text, signing, origin, out)?;
            self.text.clear();
            self.text.extend_from_slice(repeated);
            self.wire.clear();
            self.wire.extend_from_slice(&out[start..]);
        }
        parse_base64(text, signature, out)
    }
}

/// RFC 4034 §5.3.
fn parse_ds(text: &[u8], tokens: &[Token], out: &mut Vec<u8>) -> Option<()> {
    let &[tag, algorithm, digest_type, ref digest @ ..] = tokens else { return None };
    let [high, low] = decimal::<u16>(text, tag)?.to_be_bytes();
    out.extend_from_slice(&[high, low, decimal(text, algorithm)?, decimal(text, digest_type)?]);
    if digest.is_empty() {
        return None;
    }
    let mut decoder = HexDecoder::default();
    for &piece in digest {
        decoder.scan(bare(text, piece)?, out)?;
    }
    decoder.is_complete().then_some(())
}

/// RFC 5155 §3.3.
fn parse_nsec3(text: &[u8], tokens: &[Token], out: &mut Vec<u8>) -> Option<()> {
    let &[hash, flags, iterations, salt, next, ref types @ ..] = tokens else { return None };
    let [high, low] = decimal::<u16>(text, iterations)?.to_be_bytes();
    out.extend_from_slice(&[decimal(text, hash)?, decimal(text, flags)?, high, low]);
    encoding::scan_salt(bare(text, salt)?, out)?;
    let at = out.len();
    out.push(0);
    scan_base32hex(bare(text, next)?, out)?;
    out[at] = u8::try_from(out.len() - at - 1).ok()?;
    parse_low_types(text, types, out)
}

/// A name that does not begin with an escape: that may be the `\#` of RFC 3597 §5.
#[inline(always)]
fn parse_name(
    kernel: Kernel,
    text: &[u8],
    token: Token,
    origin: Option<&Name>,
    out: &mut Vec<u8>,
) -> Option<()> {
    let name = bare(text, token).filter(|name| name.first() != Some(&b'\\'))?;
    scan_name_with(kernel, name, origin, out).ok()
}

/// The octets of a bare word.
#[inline(always)]
fn bare(text: &[u8], token: Token) -> Option<&[u8]> {
    text.get(token.bare_range())
}

/// The value of a decimal number of at most eight digits, if the field can hold it.
#[inline(always)]
fn decimal<T: TryFrom<u32>>(text: &[u8], token: Token) -> Option<T> {
    Short::new(text, token)?.decimal()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zonefile::field::parse_by_table;
    use crate::zonefile::scan::{Scan, next_entry_with};
    use proptest::prelude::*;

    const TYPES: [RType; 8] = [
        RType::A,
        RType::AAAA,
        RType::NS,
        RType::CNAME,
        RType::DS,
        RType::RRSIG,
        RType::NSEC,
        RType::NSEC3,
    ];

    /// Records in their usual form, one of each type at least.
    const USUAL: &str = "\
        a.example. 3600 IN A 192.0.2.255\n\
        a.example. 3600 IN AAAA 2001:db8::1\n\
        a.example. 3600 IN NS ns1.name-server.example.\n\
        a.example. 3600 IN CNAME relative\n\
        a.example. 3600 IN DS 12345 13 2 5B3B1D4D2E1C8F6F2A9C5C0A1D6B7E8F9A0B1C2D3E4F5A6B7C8D9E0F 1A2B3C4D\n\
        a.example. 3600 IN RRSIG NSEC 13 2 3600 20360131235960 20260101000000 12345 example. \
            VGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5IGRv ZyBhbmQgdGhlbiBzb21lIG1vcmU9PQ==\n\
        a.example. 900 IN NSEC b.example. NS DS RRSIG NSEC\n\
        a.example. 900 IN NSEC x\\000.a.example. A\n\
        a.example. 900 IN NSEC3 1 1 0 - 2vptu5timamqttgl4luu9kg21e0aor3s A RRSIG\n\
        a.example. 900 IN NSEC3 1 0 12 aabbccdd 2VPTU5TIMAMQTTGL4LUU9KG21E0AOR3S\n\
        a.example. 900 IN TYPE1 \\# 4 c0000201\n";

    /// Reads the RDATA of the first entry in all ways, as each type; whether any has read it hot.
    fn check(text: &[u8]) -> bool {
        let origin = Name::from_text(b"Example.", None).unwrap();
        let mut tokens = Vec::new();
        if !matches!(next_entry_with(Kernel::Plain, text, true, 9999, &mut tokens), Scan::Entry(_))
        {
            return false;
        }
        let mut words = Words::new(text, &tokens);
        words.skip(4);
        let mut was_hot = false;
        for (rtype, origin) in
            TYPES.into_iter().flat_map(|rtype| [(rtype, None), (rtype, Some(&origin))])
        {
            let read_hot = |kernel| {
                let mut hot = b"before".to_vec();
                parse(kernel, rtype, &words, origin, &mut hot).map(|()| hot)
            };
            let hot = read_hot(Kernel::Plain);
            for kernel in Kernel::all() {
                assert_eq!(read_hot(kernel), hot, "{kernel:?} {rtype} {}", text.escape_ascii());
            }
            if let Some(hot) = hot {
                let mut plain = b"before".to_vec();
                let read = parse_by_table(rtype, &mut words.clone(), origin, &mut plain);
                assert_eq!(read, Ok(()), "{rtype} {}", text.escape_ascii());
                assert_eq!(hot, plain, "{rtype} {}", text.escape_ascii());
                was_hot = true;
            }
        }
        was_hot
    }

    fn usual() -> impl Iterator<Item = Vec<u8>> {
        USUAL.lines().map(|line| format!("{line}\n").into_bytes())
    }

    #[test]
    fn usual_forms_are_read_as_the_table_reads_them() {
        for (index, line) in usual().enumerate() {
            assert_eq!(check(&line), index != 10, "{}", line.escape_ascii());
        }
    }

    // What is wrong or unusual must be left to the table, or be read as it reads it.
    #[test]
    fn every_octet_in_every_place_is_read_as_the_table_reads_it() {
        for line in usual() {
            for place in 0..line.len() {
                let mut spoilt = line.clone();
                for octet in 0..=255 {
                    spoilt[place] = octet;
                    check(&spoilt);
                }
            }
        }
    }

    const SIGNATURES: &[&str] = &[
        "20360131235960 20260101000000 12345 example.",
        "20360131235960 20260101000000 12345 relative",
        "20360131235960  20260101000000 12345 example.",
        "20360131235960 20260101000000 12345 \"example.\"",
        "\"20360131235960\" 20260101000000 12345 example.",
        "20360131235960 20260101000000 12345",
        "20360131235960 20260101000000 65536 example.",
        "20360131235960 20260101000000 54321 example.",
    ];

    proptest! {
        // What is remembered of one signature must not change how the next is read.
        #[test]
        fn signatures_in_a_row_are_read_as_the_table_reads_each(
            rows in proptest::collection::vec((0..SIGNATURES.len(), 0usize..4, "[A-Za-z0-9+/]{20}", 0u8..9), 0..12),
        ) {
            let origins = ["Example.", "other."].map(|text| Name::from_text(text.as_bytes(), None).unwrap());
            let (mut last, mut origin) = (LastRrsig::default(), 0);
            for (signing, set, signature, turn) in rows {
                if turn == 0 {
                    origin = 1 - origin;
                    last.clear();
                }
                let set = ["NSEC 13 2 3600", "DS 13 2 900", "NSEC \"13\" 2 3600", "NSEC 13 2"][set];
                let text = format!("a.example. 3600 IN RRSIG {set} {} {signature}\n", SIGNATURES[signing]);
                let mut tokens = Vec::new();
                next_entry_with(Kernel::Plain, text.as_bytes(), true, 9999, &mut tokens);
                let mut words = Words::new(text.as_bytes(), &tokens);
                words.skip(4);
                let (mut hot, mut plain) = (Vec::new(), Vec::new());
                let hot_read = last.parse(Kernel::chosen(), &words, Some(&origins[origin]), &mut hot).is_some();
                let read = parse_by_table(RType::RRSIG, &mut words, Some(&origins[origin]), &mut plain);
                prop_assert_eq!(hot_read, read.is_ok(), "{}", text);
                prop_assert!(!hot_read || hot == plain, "{}", text);
            }
        }

        #[test]
        fn words_put_together_anyhow_are_read_as_the_table_reads_them(
            words in proptest::collection::vec(
                prop_oneof![
                    "[0-9]{1,11}",
                    "(A|NS|nsec|RRSIG|CAA|TYPE300|DNSKEY)",
                    "(20|19)[0-9]{2}(0[0-9]|1[0-3])[0-3][0-9][0-2][0-9]([0-6][0-9]){2}",
                    "[A-Za-z0-9+/]{0,80}={0,3}",
                    "[0-9a-fA-F]{0,70}",
                    "[0-9a-vA-V]{0,40}",
                    "([a-z]{0,20}\\.){0,6}",
                    "-|@|\"1\"|\"a\"|[0-9a-f:.]{1,20}",
                ],
                0..16,
            ),
        ) {
            check(format!("a.example. 3600 IN TYPE {}\n", words.join(" ")).as_bytes());
        }

        #[test]
        fn lines_of_which_words_were_lost_are_read_as_the_table_reads_them(line in 0usize..11, keep: u32) {
            let line = USUAL.lines().nth(line).unwrap();
            let words: Vec<&str> = line.split(' ').collect();
            let kept = words.iter().enumerate().filter(|(at, _)| *at < 4 || keep >> at & 1 == 1);
            let kept: Vec<&str> = kept.map(|(_, word)| *word).collect();
            check(format!("{}\n", kept.join(" ")).as_bytes());
        }
    }
}
