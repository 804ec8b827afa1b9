//! BIND's `$GENERATE`: one template, many records.
//!
//! `$GENERATE start-stop[/step] lhs [ttl] [class] type rhs`: in `lhs` and `rhs`, `$` is the value
//! of the iteration, `${offset[,width[,base]]}` the value plus `offset`, padded with zeros to
//! `width`, in base `d`, `o`, `x`, `X`, or as reversed nibbles `n`, `N`; `\$` and `$$` are a dollar
//! sign.

use crate::dns::RType;

use super::error::{SyntaxError, SyntaxErrorKind};
use super::words::{Word, Words};

/// The values that a `$GENERATE` goes through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Range {
    start: u64,
    stop: u64,
    step: u64,
}

impl Range {
    /// Reads `start-stop` or `start-stop/step`; at most `limit` values.
    pub fn parse(word: &Word<'_>, limit: u64) -> Result<Self, SyntaxError> {
        const EXPECTED: &str = "a range such as 1-20 or 0-100/5";
        let read = || {
            let text = std::str::from_utf8(word.text).ok()?;
            let (start, rest) = text.split_once('-')?;
            let (stop, step) = rest.split_once('/').unwrap_or((rest, "1"));
            let number = |text: &str| text.parse::<u32>().ok().map(u64::from);
            Some(Self { start: number(start)?, stop: number(stop)?, step: number(step)? })
        };
        let range = read().filter(|range| range.start <= range.stop && range.step > 0);
        let range = range.ok_or_else(|| word.unexpected(EXPECTED))?;
        if range.values().size_hint().0 as u64 > limit {
            return Err(word.error(SyntaxErrorKind::GenerateTooMany { max: limit }));
        }
        Ok(range)
    }

    /// The values in order.
    pub fn values(self) -> impl Iterator<Item = u64> {
        let count = (self.stop - self.start) / self.step;
        (0..=count).map(move |index| self.start + index * self.step)
    }
}

/// The words of the template, each as it stood.
pub(super) struct Template<'a> {
    words: Vec<Word<'a>>,
}

impl<'a> Template<'a> {
    /// Takes all words that are left, at least an owner, a type and RDATA.
    pub fn parse(words: &mut Words<'a>) -> Result<Self, SyntaxError> {
        let owner = words.next("a template for the owner")?;
        let mut template = vec![owner, words.next("a type")?, words.next("a template for RDATA")?];
        while let Some(word) = words.take() {
            template.push(word);
        }
        // BIND takes RDATA as one word: quotes around all of it hold it together and then go.
        if let [.., rtype, rdata] = template.as_mut_slice()
            && RType::from_text(rtype.text).is_some()
        {
            rdata.quoted = false;
        }
        Ok(Self { words: template })
    }

    /// Writes the text of the record for one value.
    pub fn expand(&self, value: u64, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
        out.clear();
        for word in &self.words {
            if word.quoted {
                out.push(b'"');
            }
            expand_word(word, value, out)?;
            if word.quoted {
                out.push(b'"');
            }
            out.push(b' ');
        }
        out.push(b'\n');
        Ok(())
    }
}

fn expand_word(word: &Word<'_>, value: u64, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
    let mut rest = word.text;
    while let Some((&octet, tail)) = rest.split_first() {
        rest = match (octet, tail.first()) {
            (b'\\', Some(b'$')) | (b'$', Some(b'$')) => {
                out.push(b'$');
                &tail[1..]
            }
            (b'\\', Some(&escaped)) => {
                out.extend_from_slice(&[b'\\', escaped]);
                &tail[1..]
            }
            (b'$', Some(b'{')) => {
                let end = tail.iter().position(|&octet| octet == b'}');
                let modifier = end.and_then(|end| Modifier::parse(&tail[1..end]));
                let modifier =
                    modifier.ok_or_else(|| word.error(SyntaxErrorKind::GenerateModifier))?;
                modifier.write(value, out);
                &tail[end.map_or(0, |end| end + 1)..]
            }
            (b'$', _) => {
                Modifier::PLAIN.write(value, out);
                tail
            }
            _ => {
                out.push(octet);
                tail
            }
        };
    }
    Ok(())
}

/// `{offset[,width[,base]]}`.
struct Modifier {
    offset: i64,
    width: usize,
    base: u8,
}

impl Modifier {
    const PLAIN: Self = Self { offset: 0, width: 0, base: b'd' };

    fn parse(text: &[u8]) -> Option<Self> {
        let mut parts = std::str::from_utf8(text).ok()?.split(',');
        let offset = parts.next()?.parse::<i32>().ok()?;
        let width = parts.next().map_or(Some(0), |part| part.parse().ok())?;
        let base = parts.next().unwrap_or("d");
        let [base @ (b'd' | b'o' | b'x' | b'X' | b'n' | b'N')] = *base.as_bytes() else {
            return None;
        };
        // A label has at most 63 octets, a nibble name two octets a nibble.
        (parts.next().is_none() && width <= 127).then_some(Self {
            offset: i64::from(offset),
            width,
            base,
        })
    }

    fn write(&self, value: u64, out: &mut Vec<u8>) {
        // Ranges and offsets are 32 bits, so the sum fits. Below zero the record gets a minus sign,
        // which hardly any field takes, and is a fault: nobody means such a value.
        let value = value.cast_signed().saturating_add(self.offset);
        let width = self.width;
        let text = match self.base {
            b'o' => format!("{value:0width$o}"),
            b'x' => format!("{value:0width$x}"),
            b'X' => format!("{value:0width$X}"),
            b'n' | b'N' => self.nibbles(value.cast_unsigned()),
            _ => format!("{value:0width$}"),
        };
        out.extend_from_slice(text.as_bytes());
    }

    /// The value's hexadecimal digits, least first, with dots between. The width counts digits and
    /// dots alike, as BIND counts them, so that an even one ends in a dot.
    fn nibbles(&self, mut value: u64) -> String {
        let (mut text, mut width) = (String::new(), self.width);
        loop {
            let digit = char::from_digit((value & 15) as u32, 16).unwrap_or('0');
            text.push(if self.base == b'N' { digit.to_ascii_uppercase() } else { digit });
            value >>= 4;
            width = width.saturating_sub(1);
            if width == 0 && value == 0 {
                return text;
            }
            text.push('.');
            width = width.saturating_sub(1);
            if width == 0 && value == 0 {
                return text;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zonefile::scan::next_entry;

    fn expand(text: &str, value: u64) -> Result<String, SyntaxErrorKind> {
        let mut tokens = Vec::new();
        next_entry(text.as_bytes(), true, 1000, &mut tokens);
        let template = Template::parse(&mut Words::new(text.as_bytes(), &tokens)).unwrap();
        let mut out = Vec::new();
        template.expand(value, &mut out).map_err(|error| error.kind)?;
        Ok(String::from_utf8(out).unwrap())
    }

    // The examples of the BIND 9 Administrator Reference Manual's section on $GENERATE.
    #[test]
    fn dollar_is_the_value_and_braces_modify_it() {
        assert_eq!(expand("$ CNAME $.0", 7).unwrap(), "7 CNAME 7.0 \n");
        assert_eq!(expand("h-${0,3,d} A 1.2.3.$", 7).unwrap(), "h-007 A 1.2.3.7 \n");
        assert_eq!(expand("h${-5} A ${1,4,x}", 30).unwrap(), "h25 A 001f \n");
        assert_eq!(expand("${0,7,n} PTR h", 0x1a2).unwrap(), "2.a.1.0 PTR h \n");
        assert_eq!(expand(r"a$$b\$c T \065$", 1).unwrap(), "a$b$c T \\0651 \n");
        assert_eq!(expand("a TXT \"x $ y\" z", 1).unwrap(), "a TXT \"x 1 y\" z \n");
        assert_eq!(expand("a MX \"0 x$\"", 1).unwrap(), "a MX 0 x1 \n");
        assert_eq!(expand("${0,4,n}x A b", 1).unwrap(), "1.0.x A b \n");
        assert_eq!(expand("a A 1.2.3.${-5}", 1).unwrap(), "a A 1.2.3.-4 \n");
    }

    #[test]
    fn wrong_modifiers_are_refused() {
        for text in ["${ A b", "${1,2,z} A b", "${x} A b", "${1,2,d,4} A b", "${0,99999} A b"] {
            assert_eq!(expand(text, 1), Err(SyntaxErrorKind::GenerateModifier), "{text}");
        }
    }

    #[test]
    fn ranges_are_inclusive_and_bounded() {
        let read = |text: &str| {
            Range::parse(&Word { text: text.as_bytes(), quoted: false, start: 0 }, 100)
        };
        let values = |text: &str| read(text).unwrap().values().collect::<Vec<_>>();
        assert_eq!(values("1-3"), [1, 2, 3]);
        assert_eq!(values("0-10/5"), [0, 5, 10]);
        assert_eq!(values("4-4"), [4]);
        assert!(read("0-99").is_ok());
        assert!(matches!(
            read("0-100").unwrap_err().kind,
            SyntaxErrorKind::GenerateTooMany { max: 100 }
        ));
        for text in ["3-1", "1-", "1", "1-3/0", "-1-3", "1-99999999999"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
