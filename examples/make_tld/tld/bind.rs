//! The style in which BIND keeps zones on disk (`masterfile-style relative`): `$ORIGIN` and `$TTL`,
//! relative names, owners left out that repeat, long records over several lines, comments.

use sigmill::dns::rdata::key_tag;
use sigmill::dns::{Algorithm, Name, RType};
use sigmill::zonefile::print::write_rdata;

use super::layout::{Layout, append};
use super::zone::Zone;

/// The style at some place in the text.
pub struct Bind<'z> {
    zone: &'z Zone,
    /// What the text says is in force: `$ORIGIN`, `$TTL`, and the last owner.
    origin: Option<Name>,
    ttl: Option<u32>,
    owner: Option<Name>,
    /// The text of the record's data on one line.
    line: String,
}

/// The column in which types stand.
const TYPE_COLUMN: usize = 24;
/// What the further lines of a record begin with.
const INDENT: &str = "\n\t\t\t\t";
/// Characters of base64 or hexadecimal on a line.
const WIDTH: usize = 44;

impl Layout for Bind<'_> {
    fn record(&mut self, out: &mut String, owner: &Name, ttl: u32, rtype: RType, rdata: &[u8]) {
        let repeats = self.owner == Some(*owner);
        if !repeats {
            // The root has no parent, and is no owner here.
            let origin = owner.parent().unwrap_or(*owner);
            if self.origin != Some(origin) {
                append(out, format_args!("$ORIGIN {origin}\n"));
                self.origin = Some(origin);
            }
        }
        if self.ttl != Some(ttl) {
            append(out, format_args!("$TTL {ttl}\t; {}\n", duration(ttl)));
            self.ttl = Some(ttl);
        }
        let start = out.len();
        if !repeats {
            self.append_owner(out, owner, rtype);
            self.owner = Some(*owner);
        }
        pad(out, start);
        if rtype == RType::SOA {
            out.push_str("IN ");
        }
        append(out, format_args!("{rtype}"));
        out.push(if rtype == RType::NSEC3 || rtype == RType::NSEC3PARAM { ' ' } else { '\t' });
        self.append_rdata(out, rtype, rdata);
        out.push('\n');
    }
}

impl<'z> Bind<'z> {
    pub fn new(zone: &'z Zone) -> Self {
        Self { zone, origin: None, ttl: None, owner: None, line: String::new() }
    }

    /// The first label of an owner; those of NSEC3 in upper case.
    fn append_owner(&self, out: &mut String, owner: &Name, rtype: RType) {
        let text = owner.to_string();
        let rest = owner.parent().map_or(0, |parent| match parent.is_root() {
            true => 1,
            false => parent.to_string().len() + 1,
        });
        let label = &text[..text.len().saturating_sub(rest)];
        if rtype == RType::NSEC3 {
            out.push_str(&label.to_ascii_uppercase());
        } else {
            out.push_str(label);
        }
    }

    fn append_rdata(&mut self, out: &mut String, rtype: RType, rdata: &[u8]) {
        let mut line = std::mem::take(&mut self.line);
        line.clear();
        write_rdata(&mut line, rtype, rdata);
        match rtype {
            RType::NS => out.push_str(self.relative(&line)),
            RType::SOA => append_soa(out, &line),
            RType::DS => append_wrapped(out, &line, 3, " )"),
            RType::DNSKEY => {
                append_wrapped(out, &line, 3, "");
                append(out, format_args!("{INDENT}) ; {}", about_key(rdata)));
            }
            RType::RRSIG => {
                let [type_fields, rest] = split_behind(&line, 4);
                append(out, format_args!("{type_fields} ({INDENT}"));
                let [times_and_signer, signature] = split_behind(rest, 4);
                out.push_str(times_and_signer);
                append_chunks(out, signature);
                out.push_str(" )");
            }
            RType::NSEC3 => {
                let [parameters, rest] = split_behind(&line, 4);
                append(out, format_args!("{parameters} ("));
                for part in rest.splitn(2, ' ') {
                    append(out, format_args!("{INDENT}{part}"));
                }
                out.push_str(" )");
            }
            _ => out.push_str(&line),
        }
        self.line = line;
    }

    /// The name relative to the origin in force, if it lies below that.
    fn relative<'n>(&self, name: &'n str) -> &'n str {
        let origin = match self.origin {
            Some(origin) if origin == self.zone.options.origin => origin.to_string(),
            _ => return name,
        };
        name.strip_suffix(&origin).and_then(|name| name.strip_suffix('.')).unwrap_or(name)
    }
}

/// Tabs up to the column of types, or one blank where the owner reaches beyond it.
fn pad(out: &mut String, start: usize) {
    let mut column = out.len() - start;
    if column >= TYPE_COLUMN {
        out.push(' ');
    }
    while column < TYPE_COLUMN {
        out.push('\t');
        column = column / 8 * 8 + 8;
    }
}

/// The first `count` fields, and the rest.
fn split_behind(line: &str, count: usize) -> [&str; 2] {
    match line.match_indices(' ').nth(count - 1) {
        Some((place, _)) => [&line[..place], &line[place + 1..]],
        None => [line, ""],
    }
}

/// The first `count` fields, and the rest in parentheses, cut into lines.
fn append_wrapped(out: &mut String, line: &str, count: usize, end: &str) {
    let [fields, rest] = split_behind(line, count);
    append(out, format_args!("{fields} ("));
    append_chunks(out, rest);
    out.push_str(end);
}

fn append_chunks(out: &mut String, text: &str) {
    let mut rest = text;
    while !rest.is_empty() {
        let (line, behind) = rest.split_at_checked(WIDTH).unwrap_or((rest, ""));
        append(out, format_args!("{INDENT}{line}"));
        rest = behind;
    }
}

fn append_soa(out: &mut String, line: &str) {
    let [names, numbers] = split_behind(line, 2);
    append(out, format_args!("{names} ("));
    let meanings = ["serial", "refresh", "retry", "expire", "minimum"];
    for (number, meaning) in numbers.split(' ').zip(meanings) {
        append(out, format_args!("{INDENT}{number:<10} ; {meaning}"));
        if let (Ok(seconds), true) = (number.parse(), meaning != "serial") {
            append(out, format_args!(" ({})", duration(seconds)));
        }
    }
    append(out, format_args!("{INDENT})"));
}

fn about_key(dnskey: &[u8]) -> String {
    let role = if dnskey.get(1).is_some_and(|flags| flags & 1 == 1) { "KSK" } else { "ZSK" };
    let algorithm = Algorithm(dnskey.get(3).copied().unwrap_or_default());
    let mnemonic = algorithm.mnemonic().unwrap_or("?");
    format!("{role}; alg = {mnemonic} ; key id = {}", key_tag(dnskey))
}

/// Seconds in words: `1 day 12 hours`.
fn duration(seconds: u32) -> String {
    let units = [(604_800, "week"), (86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let (mut rest, mut words) = (seconds, Vec::new());
    for (unit, name) in units {
        let count = rest / unit;
        rest %= unit;
        if count > 0 {
            words.push(format!("{count} {name}{}", if count == 1 { "" } else { "s" }));
        }
    }
    if words.is_empty() { "0 seconds".into() } else { words.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_in_the_largest_units_that_fit() {
        let cases = [
            (0, "0 seconds"),
            (60, "1 minute"),
            (129_600, "1 day 12 hours"),
            (604_801, "1 week 1 second"),
        ];
        for (seconds, words) in cases {
            assert_eq!(duration(seconds), words);
        }
    }

    #[test]
    fn types_stand_in_their_column_and_behind_longer_owners() {
        for (owner, padded) in
            [("", "\t\t\t"), ("ab", "ab\t\t\t"), ("twelveletter", "twelveletter\t\t")]
        {
            let mut out = owner.to_owned();
            pad(&mut out, 0);
            assert_eq!(out, padded);
        }
        let mut out = "x".repeat(24);
        pad(&mut out, 0);
        assert_eq!(out.trim_start_matches('x'), " ");
    }
}
