//! RDATA as text and as octets, for every type that has a presentation form.
//!
//! The expected octets are BIND's (`table.rs`); where its `named-rrchecker` is installed, it is
//! asked again.

#![allow(clippy::unwrap_used)] // the helpers are test code too

mod generate;
mod table;

use std::io::Write as _;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use sigmill::dns::schema::{fields, walk};
use sigmill::dns::{Name, RType};
use sigmill::zonefile::field::parse_rdata;
use sigmill::zonefile::print::write_rdata;
use sigmill::zonefile::{SyntaxError, SyntaxErrorKind, Token, Words};

use crate::generate::Entropy;
use crate::table::{BEYOND_BIND, BIND, WRONG};

/// Splits text at blanks and quotes, as the scanner of zone files does for one entry on one line.
fn split(text: &[u8]) -> Vec<Token> {
    let (mut tokens, mut at) = (Vec::new(), 0);
    while at < text.len() {
        if text[at] == b' ' {
            at += 1;
            continue;
        }
        let quoted = text[at] == b'"';
        at += usize::from(quoted);
        let start = at;
        while at < text.len() && text[at] != b'"' && (quoted || text[at] != b' ') {
            at += if text[at] == b'\\' { 2 } else { 1 };
        }
        at = at.min(text.len());
        let offset = |at: usize| u32::try_from(at).unwrap();
        tokens.push(Token::new(offset(start), offset(at), quoted));
        at += usize::from(quoted);
    }
    tokens
}

fn parse(rtype: RType, text: &[u8]) -> Result<Vec<u8>, SyntaxError> {
    let origin = Name::from_text(b"example.", None).unwrap();
    let (tokens, mut out) = (split(text), b"before".to_vec());
    let parsed = parse_rdata(rtype, &mut Words::new(text, &tokens), Some(&origin), &mut out);
    let rdata = out.strip_prefix(b"before").unwrap();
    assert!(parsed.is_ok() || rdata.is_empty(), "octets are left behind an error");
    parsed.map(|()| rdata.to_vec())
}

fn print(rtype: RType, rdata: &[u8]) -> String {
    let mut text = "before ".to_owned();
    write_rdata(&mut text, rtype, rdata);
    text.strip_prefix("before ").unwrap().to_owned()
}

fn rtype(mnemonic: &str) -> RType {
    RType::from_text(mnemonic.as_bytes()).unwrap()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02X}")).collect()
}

/// What BIND makes of a record's RDATA: `-u` octets as `\#`, `-p` text. `None` when it is refused
/// or the program is not there.
fn rrchecker(option: &str, rtype: &str, rdata: &str) -> Option<String> {
    let mut child = Command::new("named-rrchecker")
        .args(["-o", "example.", option])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(format!("IN {rtype} {rdata}\n").as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    let line = String::from_utf8(output.stdout).ok()?;
    Some(line.trim_end().splitn(3, '\t').nth(2)?.to_owned())
}

fn is_rrchecker_here() -> bool {
    let here = rrchecker("-u", "A", "192.0.2.1").is_some();
    if !here {
        let required = std::env::var_os("SIGMILL_REQUIRE_PEERS").is_some();
        assert!(!required, "named-rrchecker is not installed, and SIGMILL_REQUIRE_PEERS is set");
        eprintln!("skipped: named-rrchecker is not installed");
    }
    here
}

/// The octets of `\# length hex`.
fn unknown_form_octets(text: &str) -> String {
    text.split(' ').skip(2).collect()
}

#[test]
fn every_type_with_a_form_has_an_example() {
    for rtype in RType::registered().filter(|&rtype| fields(rtype).is_some()) {
        let mnemonic = rtype.to_string();
        let mut rows = BIND.iter().chain(BEYOND_BIND);
        assert!(rows.any(|row| row.0 == mnemonic), "{mnemonic} has no example");
    }
}

#[test]
fn text_is_read_to_the_octets_that_bind_makes_of_it() {
    for (mnemonic, text, octets) in BIND.iter().chain(BEYOND_BIND) {
        let rtype = rtype(mnemonic);
        let parsed = parse(rtype, text.as_bytes()).map(|rdata| hex(&rdata));
        assert_eq!(parsed.as_deref(), Ok(*octets), "{mnemonic} {text}");
    }
}

#[test]
fn octets_are_printed_as_text_that_reads_back() {
    for (mnemonic, text, octets) in BIND.iter().chain(BEYOND_BIND) {
        let rtype = rtype(mnemonic);
        let rdata = parse(rtype, text.as_bytes()).unwrap();
        let printed = print(rtype, &rdata);
        let again = parse(rtype, printed.as_bytes()).map(|rdata| hex(&rdata));
        assert_eq!(again.as_deref(), Ok(*octets), "{mnemonic} {printed}");
        let own_form = fields(rtype).is_some() && !text.starts_with(r"\#") && !rdata.is_empty();
        assert!(!own_form || !printed.starts_with(r"\#"), "{mnemonic} {printed}");
    }
}

#[test]
fn bind_still_reads_the_examples_as_the_table_says() {
    if !is_rrchecker_here() {
        return;
    }
    for (mnemonic, text, octets) in BIND {
        let answer = rrchecker("-u", mnemonic, text).unwrap_or_default();
        assert_eq!(unknown_form_octets(&answer), *octets, "{mnemonic} {text}");
    }
}

#[test]
fn bind_reads_what_is_printed_as_the_same_octets() {
    if !is_rrchecker_here() {
        return;
    }
    // Newer than BIND 9.18: types CLA and IPN, and three service parameters.
    let unknown = ["CLA", "IPN", "dohpath=", "ohttp", "tls-supported-groups="];
    for (mnemonic, text, octets) in BIND.iter().chain(BEYOND_BIND) {
        let rdata = parse(rtype(mnemonic), text.as_bytes()).unwrap();
        let printed = print(rtype(mnemonic), &rdata);
        let refused = (*mnemonic == "NSEC" && *text == "b") // BIND wants one type at least
            || *text == "10 0 0 ."; // and always a key
        if refused || unknown.iter().any(|word| *mnemonic == *word || printed.contains(word)) {
            continue;
        }
        let answer = rrchecker("-u", mnemonic, &printed).unwrap_or_default();
        assert_eq!(unknown_form_octets(&answer), *octets, "{mnemonic} {printed}");
    }
}

#[test]
fn wrong_text_is_refused_with_the_place_of_the_fault() {
    for (mnemonic, marked) in WRONG {
        let parts: Vec<_> = marked.split('|').collect();
        let [before, fault, after] = parts[..] else { panic!("{marked}") };
        let text = format!("{before}{fault}{after}");
        let error = parse(rtype(mnemonic), text.as_bytes()).expect_err(&text);
        let (start, end) = (error.start as usize, error.end as usize);
        if fault.is_empty() {
            let end_of_text = text.trim_end().len();
            assert_eq!((start, end), (end_of_text, end_of_text + 1), "{mnemonic} {text}: {error}");
            assert!(matches!(error.kind, SyntaxErrorKind::Missing { .. }), "{text}: {error}");
        } else {
            let fault = fault.trim_matches('"');
            assert_eq!(&text[start..end], fault, "{mnemonic} {text}: {error}");
        }
    }
}

#[test]
fn bind_refuses_the_wrong_text_too() {
    if !is_rrchecker_here() {
        return;
    }
    for (mnemonic, marked) in WRONG {
        let text = marked.replace('|', "");
        assert_eq!(rrchecker("-u", mnemonic, &text), None, "{mnemonic} {text}");
    }
}

#[test]
fn errors_say_what_was_expected() {
    let message = |mnemonic, text: &str| {
        parse(rtype(mnemonic), text.as_bytes()).map_err(|error| error.to_string()).unwrap_err()
    };
    assert_eq!(message("A", "1.2.3"), "expected an IPv4 address such as 192.0.2.1");
    assert_eq!(
        message("MX", "65536 a"),
        "expected a decimal number from 0 to 65535, but the number is above 65535"
    );
    assert_eq!(message("MX", "1"), "expected a domain name, but the record ends here");
    assert_eq!(message("MX", "1 a..b"), "expected a domain name, but a label is empty");
    assert_eq!(message("MX", "1 a b"), "expected the end of the MX record");
    assert_eq!(message("TXT", &"a".repeat(256)), "the character-string is longer than 255 octets");
    assert_eq!(message("TXT", r"\# 3 0261"), r"the RDATA has 2 octets, but \# says 3");
    assert_eq!(
        message("TYPE65280", "1"),
        r"type TYPE65280 has no presentation format: expected \# and hexadecimal (RFC 3597)"
    );
}

// RFC 1035 §3.2.1: RDLENGTH has 16 bits.
#[test]
fn rdata_may_have_65535_octets_and_no_more() {
    let strings = |count: usize| vec!["a".repeat(255); count].join(" ");
    assert_eq!(parse(RType::TXT, strings(255).as_bytes()).unwrap().len(), 65_280);
    let fits = format!("{} {}", strings(255), "a".repeat(254));
    assert_eq!(parse(RType::TXT, fits.as_bytes()).unwrap().len(), 65_535);
    let error = parse(RType::TXT, strings(256).as_bytes()).unwrap_err();
    assert_eq!(error.kind, SyntaxErrorKind::TooLong { what: "RDATA", max: 65_535 });
    assert_eq!((error.start as usize, error.end as usize), (0, strings(256).len()));
}

/// Whether a record may end before its last word: what it lacks then are list members.
fn may_end_early(mnemonic: &str, words: usize) -> bool {
    match mnemonic {
        "TXT" | "SPF" | "NINFO" | "AVC" | "RESINFO" | "WALLET" | "CLA" => words > 1,
        "ISDN" | "NSEC" | "NXT" => words > 1,
        "WKS" | "SVCB" | "HTTPS" | "CSYNC" => words > 2,
        "SSHFP" => words > 2,
        "HIP" | "SINK" | "KEY" => words > 3,
        "NSEC3" => words > 5,
        "APL" => true,
        _ => false,
    }
}

#[test]
fn a_record_without_its_last_word_is_refused_unless_that_was_one_of_a_list() {
    for (mnemonic, text, _) in BIND.iter().chain(BEYOND_BIND) {
        let tokens = split(text.as_bytes());
        let Some((last, rest)) = tokens.split_last() else { continue };
        // LOC's sizes and base64 or hexadecimal in pieces may end early too: see the next test.
        let in_pieces = [
            "LOC",
            "CERT",
            "OPENPGPKEY",
            "SMIMEA",
            "TLSA",
            "DS",
            "ZONEMD",
            "EID",
            "SIG",
            "RRSIG",
            "DNSKEY",
        ];
        let begin = usize::try_from(last.start()).unwrap() - usize::from(last.quoted());
        let mut out = Vec::new();
        let origin = Name::from_text(b"example.", None).unwrap();
        let short = &text.as_bytes()[..begin];
        let parsed =
            parse_rdata(rtype(mnemonic), &mut Words::new(short, rest), Some(&origin), &mut out);
        match parsed {
            Ok(()) => assert!(
                may_end_early(mnemonic, tokens.len()) || in_pieces.contains(mnemonic),
                "{mnemonic} {text}"
            ),
            Err(_) => assert!(out.is_empty(), "{mnemonic} {text}"),
        }
    }
}

#[test]
fn a_record_cut_to_its_first_words_is_refused() {
    // The fewest words that make a record, where the rest is in pieces.
    let fewest = [
        ("LOC", 4),
        ("CERT", 3),
        ("OPENPGPKEY", 0),
        ("SMIMEA", 3),
        ("TLSA", 3),
        ("DS", 3),
        ("ZONEMD", 3),
        ("EID", 0),
        ("SIG", 8),
        ("RRSIG", 8),
        ("DNSKEY", 3),
    ];
    for (mnemonic, words) in fewest {
        for row in BIND.iter().filter(|row| row.0 == mnemonic) {
            let mut tokens = split(row.1.as_bytes());
            tokens.truncate(words);
            let end = tokens.last().map_or(0, |token| token.end() as usize);
            let short = &row.1[..end];
            let error = parse(rtype(mnemonic), short.as_bytes()).expect_err(short);
            assert!(matches!(error.kind, SyntaxErrorKind::Missing { .. }), "{mnemonic} {short}");
        }
    }
}

// RFC 3597 §5: the length "is the RDATA field length", and the octets are those of the type.
#[test]
fn octets_one_short_are_refused_or_fit_their_type_all_the_same() {
    for (mnemonic, text, octets) in BIND.iter().chain(BEYOND_BIND) {
        let rtype = rtype(mnemonic);
        let rdata = parse(rtype, text.as_bytes()).unwrap();
        let Some((_, short)) = rdata.split_last() else { continue };
        let stated = format!(r"\# {} {}", rdata.len(), hex(short));
        let error = parse(rtype, stated.as_bytes()).unwrap_err();
        let found = short.len();
        let stated = u16::try_from(rdata.len()).unwrap();
        assert_eq!(error.kind, SyntaxErrorKind::UnknownLength { stated, found });

        let honest = format!(r"\# {found} {}", hex(short));
        match walk(rtype, short, |_, _| {}) {
            Ok(()) => assert_eq!(parse(rtype, honest.as_bytes()).as_deref(), Ok(short)),
            Err(error) => {
                let kind = SyntaxErrorKind::Wire { rtype, error };
                let end = u32::try_from(honest.len()).unwrap();
                let expected = SyntaxError { kind, start: 0, end };
                assert_eq!(parse(rtype, honest.as_bytes()), Err(expected), "{octets}");
            }
        }
    }
}

/// A type with a form of its own.
fn any_type() -> impl Strategy<Value = RType> {
    let types: Vec<_> = RType::registered().filter(|&rtype| fields(rtype).is_some()).collect();
    proptest::sample::select(types)
}

fn any_word() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => "[0-9]{1,5}",
        1 => "[0-9A-Fa-f]{1,12}",
        1 => "[A-Za-z0-9+/]{1,9}={0,2}",
        1 => "(A|NS|TYPE[0-9]{1,6}|TCP|smtp|NOTIFY|PKIX|RSASHA1|-|\\.|@|N|E|S|W)",
        1 => "([0-9a-f]{0,4}[.:-]){1,7}[0-9a-f]{0,3}",
        1 => "!?[0-3]:([0-9]{1,3}\\.){3}[0-9]{1,3}/[0-9]{1,3}",
        1 => "(0x|\\+)?([0-9a-f]{1,4}\\.?){1,5}",
        1 => "-?[0-9]{0,9}\\.?[0-9]{0,4}m?",
        1 => "(alpn|mandatory|port|ech|key[0-9]{1,6}|ipv4hint|ipv6hint|ohttp|[a-z]{1,5})=?[0-9a-z,.:\\\\]{0,6}",
        1 => "\"[ -~]{0,9}\"",
        1 => "\\\\#",
        2 => "[!-~]{1,9}",
        1 => "\\PC{1,5}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_fitting_octets_print_as_text_that_reads_back(rtype in any_type(), entropy: Vec<u8>) {
        let rdata = generate::rdata(rtype, &mut Entropy::new(&entropy));
        prop_assert_eq!(walk(rtype, &rdata, |_, _| {}), Ok(()), "{} {}", rtype, hex(&rdata));
        let text = print(rtype, &rdata);
        prop_assert_eq!(parse(rtype, text.as_bytes()), Ok(rdata), "{} {}", rtype, text);
    }

    #[test]
    fn any_octets_print_and_read_back_if_they_fit(rtype in any_type(), rdata: Vec<u8>) {
        let text = print(rtype, &rdata);
        let fits = walk(rtype, &rdata, |_, _| {}).is_ok();
        prop_assert_eq!(parse(rtype, text.as_bytes()).ok(), fits.then_some(rdata), "{}", text);
    }

    // Whatever words are read give octets that fit, and no words make the reader panic.
    #[test]
    fn any_words_are_refused_or_read_to_octets_that_fit(
        rtype in any_type(),
        words in proptest::collection::vec(any_word(), 0..9),
    ) {
        let text = words.join(" ");
        match parse(rtype, text.as_bytes()) {
            Ok(rdata) => prop_assert_eq!(walk(rtype, &rdata, |_, _| {}), Ok(()), "{} {}", rtype, text),
            Err(error) => prop_assert!(error.start <= error.end && error.end as usize <= text.len() + 1),
        }
    }

    // A good record with one word replaced gets deeper into each type's reader.
    #[test]
    fn a_record_with_a_strange_word_is_refused_or_read_to_octets_that_fit(
        row in proptest::sample::select(BIND),
        place: usize,
        word in any_word(),
    ) {
        let tokens = split(row.1.as_bytes());
        let Some(token) = tokens.get(place % tokens.len().max(1)) else { return Ok(()) };
        let (start, end) = (token.start() as usize, token.end() as usize);
        let text = format!("{}{word}{}", &row.1[..start], &row.1[end..]);
        if let Ok(rdata) = parse(rtype(row.0), text.as_bytes()) {
            prop_assert_eq!(walk(rtype(row.0), &rdata, |_, _| {}), Ok(()), "{} {}", row.0, text);
            let printed = print(rtype(row.0), &rdata);
            prop_assert_eq!(parse(rtype(row.0), printed.as_bytes()), Ok(rdata), "{}", printed);
        }
    }
}
