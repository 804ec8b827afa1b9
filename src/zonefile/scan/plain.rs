//! The plain scanner: it looks at each octet once, in order. It knows every case, and each of the
//! faster kernels stands aside for it where text is not of the simplest form.

use super::{Entry, MAX_ENTRY, Scan};
use crate::zonefile::error::{SyntaxError, SyntaxErrorKind};
use crate::zonefile::words::Token;

/// How deep parentheses may nest. RFC 1035 §5.1 does not speak of nesting; nobody nests on purpose,
/// and the bound keeps a file full of `(` from being scanned again and again.
const MAX_NESTING: u32 = 16;

/// What an octet means outside quotes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ordinary,
    Blank,
    Newline,
    Semicolon,
    Quote,
    Open,
    Close,
    Backslash,
}

static KINDS: [Kind; 256] = {
    let mut kinds = [Kind::Ordinary; 256];
    kinds[b' ' as usize] = Kind::Blank;
    kinds[b'\t' as usize] = Kind::Blank;
    // CRLF line ends: the CR is a blank before the newline.
    kinds[b'\r' as usize] = Kind::Blank;
    kinds[b'\n' as usize] = Kind::Newline;
    kinds[b';' as usize] = Kind::Semicolon;
    kinds[b'"' as usize] = Kind::Quote;
    kinds[b'(' as usize] = Kind::Open;
    kinds[b')' as usize] = Kind::Close;
    kinds[b'\\' as usize] = Kind::Backslash;
    kinds
};

/// What [`next_entry`](super::next_entry) finds.
pub fn next_entry(text: &[u8], complete: bool, limit: usize, tokens: &mut Vec<Token>) -> Scan {
    let limit = limit.min(MAX_ENTRY);
    let (mut at, mut lines) = (0, 0);
    // Blank lines and comments first, so that an entry begins with the line of its first word.
    loop {
        let line = skip_blanks(text, at);
        let end_of_comment = match text.get(line) {
            Some(b'\n') => line,
            Some(b';') => line + line_len(&text[line..]),
            Some(_) => break,
            None => text.len(),
        };
        if end_of_comment == text.len() {
            return match complete {
                true => Scan::End { lines },
                false if text.len() - at > limit => too_long(text, complete, limit, (at, lines)),
                false => Scan::Incomplete { blank: at, lines },
            };
        }
        at = end_of_comment + 1;
        lines += 1;
    }
    let bounded = &text[at..text.len().min(at.saturating_add(limit))];
    match scan_words(bounded, tokens) {
        Words::Closed { end, newlines } => Scan::Entry(entry(text, at, at + end, lines, newlines)),
        Words::Faulty(error) => faulty(text, complete, limit, (at, lines), error),
        Words::Open { error } if bounded.len() == text.len() - at => match (complete, error) {
            (false, _) => Scan::Incomplete { blank: at, lines },
            (true, Some(error)) => faulty(text, complete, limit, (at, lines), error),
            (true, None) => {
                let newlines = count_newlines(bounded);
                Scan::Entry(entry(text, at, text.len(), lines, newlines))
            }
        },
        Words::Open { .. } => too_long(text, complete, limit, (at, lines)),
    }
}

fn entry(text: &[u8], start: usize, end: usize, lines_before: u64, lines: u64) -> Entry {
    let owner_omitted = KINDS[usize::from(text[start])] == Kind::Blank;
    Entry { start, end, lines_before, lines, owner_omitted }
}

/// An entry whose first line, or the lines up to its fault, is all that is given up: reading goes
/// on at the next line, so one unclosed parenthesis does not swallow the rest of a zone.
fn faulty(
    text: &[u8],
    complete: bool,
    limit: usize,
    (start, lines_before): (usize, u64),
    error: SyntaxError,
) -> Scan {
    let resume_from = match error.kind {
        SyntaxErrorKind::UnclosedParenthesis
        | SyntaxErrorKind::NestedTooDeep { .. }
        | SyntaxErrorKind::EntryTooLong { .. } => start,
        _ => start + (error.start as usize).min(text.len() - start),
    };
    let newline = resume_from + line_len(&text[resume_from..]);
    if newline == text.len() && !complete {
        return match newline - start > limit {
            true => Scan::Endless(entry(text, start, newline, lines_before, 0), error),
            false => Scan::Incomplete { blank: start, lines: lines_before },
        };
    }
    let end = (newline + 1).min(text.len());
    let lines = count_newlines(&text[start..end]);
    Scan::Faulty(entry(text, start, end, lines_before, lines), error)
}

fn too_long(text: &[u8], complete: bool, limit: usize, at: (usize, u64)) -> Scan {
    let error =
        SyntaxError { kind: SyntaxErrorKind::EntryTooLong { max: limit }, start: 0, end: 1 };
    faulty(text, complete, limit, at, error)
}

/// The first word of an entry that begins with a bare one, escapes and all.
pub fn first_word(text: &[u8]) -> Option<&[u8]> {
    let first = KINDS[usize::from(*text.first()?)];
    let bare = matches!(first, Kind::Ordinary | Kind::Backslash);
    bare.then(|| &text[..bare_end(text, 0)])
}

/// How scanning the words of an entry ended.
enum Words {
    /// With a newline outside parentheses, `end` being one past it.
    Closed { end: usize, newlines: u64 },
    /// With the end of the text; the error it means if the input ends there too.
    Open { error: Option<SyntaxError> },
    /// With an octet that cannot stand where it does.
    Faulty(SyntaxError),
}

#[allow(clippy::cast_possible_truncation)] // the caller bounds an entry far below 4 GiB
fn scan_words(text: &[u8], tokens: &mut Vec<Token>) -> Words {
    tokens.clear();
    let (mut at, mut newlines) = (0, 0);
    let (mut nesting, mut opened) = (0, 0);
    let octet_error = |kind, at: usize| SyntaxError { kind, start: at as u32, end: at as u32 + 1 };
    while let Some(&octet) = text.get(at) {
        match KINDS[usize::from(octet)] {
            // Columns are aligned with blanks, and continued lines begin with many.
            Kind::Blank => at = skip_blanks(text, at + 1),
            Kind::Ordinary | Kind::Backslash => {
                let end = bare_end(text, at);
                tokens.push(Token::new(at as u32, end as u32, false));
                at = end;
            }
            Kind::Newline => {
                at += 1;
                newlines += 1;
                if nesting == 0 {
                    return Words::Closed { end: at, newlines };
                }
            }
            Kind::Semicolon => at += line_len(&text[at..]),
            Kind::Quote => match quoted_end(text, at + 1) {
                Ok(end) => {
                    tokens.push(Token::new(at as u32 + 1, end as u32, true));
                    at = end + 1;
                }
                Err(Unclosed::Line) => {
                    return Words::Faulty(octet_error(SyntaxErrorKind::UnclosedQuote, at));
                }
                Err(Unclosed::Text) => {
                    let error = octet_error(SyntaxErrorKind::UnclosedQuote, at);
                    return Words::Open { error: Some(error) };
                }
            },
            Kind::Open => {
                if nesting == 0 {
                    opened = at;
                }
                nesting += 1;
                at += 1;
                if nesting > MAX_NESTING {
                    let kind = SyntaxErrorKind::NestedTooDeep { max: MAX_NESTING };
                    return Words::Faulty(octet_error(kind, opened));
                }
            }
            Kind::Close => {
                if nesting == 0 {
                    return Words::Faulty(octet_error(SyntaxErrorKind::UnopenedParenthesis, at));
                }
                nesting -= 1;
                at += 1;
            }
        }
    }
    let error = (nesting > 0).then(|| octet_error(SyntaxErrorKind::UnclosedParenthesis, opened));
    Words::Open { error }
}

/// One past the bare word that begins at `at`. An escape takes the octet behind it along, unless
/// that is a newline.
fn bare_end(text: &[u8], mut at: usize) -> usize {
    loop {
        at += plainly_ordinary(&text[at..]);
        match text.get(at).map(|&octet| KINDS[usize::from(octet)]) {
            Some(Kind::Ordinary) => at += 1,
            Some(Kind::Backslash) => {
                at += if text.get(at + 1).is_some_and(|&next| next != b'\n') { 2 } else { 1 };
            }
            _ => return at,
        }
    }
}

/// How many octets certainly are ordinary, eight looked at together: above every blank, quote and
/// parenthesis, and neither semicolon nor backslash. Fewer than eight at the end are not looked at.
fn plainly_ordinary(text: &[u8]) -> usize {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * EACH;
    /// The least octet above `)`.
    const LEAST: u64 = (b')' as u64 + 1) * EACH;
    // A bit may be set above a true hit, where a borrow went, but never below: the lowest is exact.
    let below_least = |eight: u64| eight.wrapping_sub(LEAST) & !eight & HIGH;
    let has = |eight: u64, octet: u8| {
        let zero_where_equal = eight ^ (u64::from(octet) * EACH);
        zero_where_equal.wrapping_sub(EACH) & !zero_where_equal & HIGH
    };
    let (eights, _) = text.as_chunks::<8>();
    for (index, octets) in eights.iter().enumerate() {
        let eight = u64::from_le_bytes(*octets);
        let special = below_least(eight) | has(eight, b';') | has(eight, b'\\');
        if special != 0 {
            return 8 * index + special.trailing_zeros() as usize / 8;
        }
    }
    8 * eights.len()
}

enum Unclosed {
    Line,
    Text,
}

/// The closing quote of the string whose content begins at `at`.
fn quoted_end(text: &[u8], mut at: usize) -> Result<usize, Unclosed> {
    loop {
        match text.get(at) {
            Some(b'"') => return Ok(at),
            Some(b'\n') => return Err(Unclosed::Line),
            Some(b'\\') if text.get(at + 1).is_some_and(|&next| next != b'\n') => at += 2,
            Some(_) => at += 1,
            None => return Err(Unclosed::Text),
        }
    }
}

fn skip_blanks(text: &[u8], mut at: usize) -> usize {
    while text.get(at).is_some_and(|&octet| KINDS[usize::from(octet)] == Kind::Blank) {
        at += 1;
    }
    at
}

/// Octets before the first newline, or all of them.
fn line_len(text: &[u8]) -> usize {
    memchr::memchr(b'\n', text).unwrap_or(text.len())
}

fn count_newlines(text: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', text).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMIT: usize = 1 << 16;

    /// All entries of a text as their words, quoted ones in quotes; faults as their message.
    fn entries(text: &str) -> Vec<Vec<String>> {
        let (mut rest, mut tokens, mut found) = (text.as_bytes(), Vec::new(), Vec::new());
        loop {
            let entry = match next_entry(rest, true, LIMIT, &mut tokens) {
                Scan::Entry(entry) => {
                    let words = tokens.iter().map(|token| {
                        let octets =
                            &rest[entry.start..][token.start() as usize..token.end() as usize];
                        let text = String::from_utf8_lossy(octets);
                        if token.quoted() { format!("\"{text}\"") } else { text.into_owned() }
                    });
                    found.push(words.collect());
                    entry
                }
                Scan::Faulty(entry, error) => {
                    found.push(vec![format!("fault at {}: {error}", error.start)]);
                    entry
                }
                Scan::End { .. } => return found,
                other => panic!("{other:?}"),
            };
            rest = &rest[entry.end..];
        }
    }

    // RFC 1035 §5.1: parentheses group data that crosses a line boundary; comments within.
    #[test]
    fn parentheses_join_lines_and_comments_end_with_their_line() {
        let text = "a SOA ( 1 ; serial )\n\t2 ) 3 ;x\nb A 1\n";
        assert_eq!(entries(text), [vec!["a", "SOA", "1", "2", "3"], vec!["b", "A", "1"]]);
    }

    #[test]
    fn quoted_words_keep_blanks_semicolons_and_parentheses() {
        let text = "a TXT \"b (c); \\\"d\" e\n";
        assert_eq!(entries(text), [["a", "TXT", "\"b (c); \\\"d\"", "e"]]);
        // A quote ends a bare word and begins a quoted one, as BIND reads it.
        assert_eq!(entries("a alpn=\"h2\"x\n"), [["a", "alpn=", "\"h2\"", "x"]]);
    }

    #[test]
    fn escapes_take_the_next_octet_into_the_word() {
        assert_eq!(entries("a\\ b\\;c\\(d A\n"), [["a\\ b\\;c\\(d", "A"]]);
        assert_eq!(entries("a\\\nb\n"), [["a\\"], ["b"]]);
    }

    #[test]
    fn last_line_needs_no_newline_and_crlf_is_a_newline() {
        assert_eq!(entries("a b\r\n\r\n; c\r\nd e"), [["a", "b"], ["d", "e"]]);
        assert_eq!(entries(""), Vec::<Vec<String>>::new());
        assert_eq!(entries("; only a comment"), Vec::<Vec<String>>::new());
    }

    #[test]
    fn a_fault_costs_its_line_and_nothing_else() {
        let text = "a \"b\nc d\n) e\nf ( g\nh i\n";
        assert_eq!(
            entries(text),
            [
                vec!["fault at 2: '\"' is never closed"],
                vec!["c", "d"],
                vec!["fault at 0: unexpected ')': no '(' is open"],
                vec!["fault at 2: '(' is never closed"],
                vec!["h", "i"],
            ]
        );
    }

    #[test]
    fn lines_are_counted_across_blank_lines_and_parentheses() {
        let mut tokens = Vec::new();
        let scan = next_entry(b"\n;x\n\n a (\n\n) b\nc\n", true, LIMIT, &mut tokens);
        let Scan::Entry(entry) = scan else { panic!("{scan:?}") };
        assert_eq!((entry.lines_before, entry.lines, entry.owner_omitted), (3, 3, true));
        assert_eq!(entry.end, 15);
    }

    #[test]
    fn entries_over_the_limit_are_faulty_and_reading_goes_on() {
        let mut tokens = Vec::new();
        let text = b"aaaaaaaaaaaaaaaaaaaa\nb\n";
        let scan = next_entry(text, true, 10, &mut tokens);
        let Scan::Faulty(entry, error) = scan else { panic!("{scan:?}") };
        assert_eq!((entry.end, error.kind), (21, SyntaxErrorKind::EntryTooLong { max: 10 }));
        let scan = next_entry(&text[..20], false, 10, &mut tokens);
        assert!(matches!(scan, Scan::Endless(..)), "{scan:?}");
        let scan = next_entry(b";                 ", false, 10, &mut tokens);
        assert!(matches!(scan, Scan::Endless(..)), "{scan:?}");
    }

    proptest! {
        // The fast look at eight octets and the plain table are twins.
        #[test]
        fn eight_octets_at_once_are_ordinary_only_if_each_is(text: Vec<u8>, plain in "[*-:<-Z]{0,30}") {
            for octets in [text.clone(), [plain.as_bytes(), &text].concat()] {
                let len = plainly_ordinary(&octets);
                let ordinary = |octet: &u8| KINDS[usize::from(*octet)] == Kind::Ordinary;
                prop_assert!(len <= octets.len() && octets[..len].iter().all(ordinary));
                let eights = octets.len() / 8 * 8;
                prop_assert!(len == eights || octets[len] <= b')' || b";\\".contains(&octets[len]));
            }
            prop_assert_eq!(plainly_ordinary(plain.as_bytes()), plain.len() / 8 * 8);
        }

        // However text is cut into windows, the entries are those of the whole.
        #[test]
        fn a_prefix_of_the_text_gives_the_same_first_entry_or_none(
            text in "[ab\\\\\"();\n \r]{0,40}", cut in 0usize..40,
        ) {
            let (mut whole, mut part) = (Vec::new(), Vec::new());
            let text = text.as_bytes();
            let cut = cut.min(text.len());
            let expected = next_entry(text, true, LIMIT, &mut whole);
            match next_entry(&text[..cut], false, LIMIT, &mut part) {
                Scan::Incomplete { blank, lines } => {
                    // Dropping what is blank changes nothing but where the entry begins.
                    prop_assert_eq!(lines, count_newlines(&text[..blank]));
                    let mut rest = Vec::new();
                    let after = next_entry(&text[blank..], true, LIMIT, &mut rest);
                    if let (Scan::Entry(a), Scan::Entry(b)) = (expected, after) {
                        prop_assert_eq!((a.start, a.end), (b.start + blank, b.end + blank));
                        prop_assert_eq!(whole, rest);
                    }
                }
                Scan::Entry(entry) => {
                    prop_assert_eq!(Scan::Entry(entry), expected);
                    prop_assert_eq!(part, whole);
                }
                Scan::Faulty(entry, error) => {
                    prop_assert_eq!(Scan::Faulty(entry, error), expected);
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }
}
