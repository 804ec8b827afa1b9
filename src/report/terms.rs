//! What reports for people call things: the same words in text and HTML.

use crate::audit::chain::Kind;
use crate::audit::chain::summary::ZoneRow;
use crate::audit::findings::Severity;
use crate::audit::zone::summary::{
    AnchorFacts, CodeCount, KeyFacts, LatencyFacts, LifetimeBucket, Role, TrustKind, ZonemdStatus,
};
use crate::dns::Algorithm;
use crate::dns::rdata::Dnskey;

use super::words::{count, grouped, printable, span};

/// A file as people know it: standard input has no name.
#[must_use]
pub fn file_name(files: &[String]) -> String {
    match files {
        [] => "standard input".to_owned(),
        [name, ..] if name == "-" => "standard input".to_owned(),
        [name, ..] => printable(name).into_owned(),
    }
}

/// The one file, or how many there are.
#[must_use]
pub fn file_names(files: &[String]) -> String {
    match files {
        [_, _, ..] => count(files.len() as u64, "file"),
        files => file_name(files),
    }
}

/// An algorithm by number and mnemonic: `13 ECDSAP256SHA256`.
#[must_use]
pub fn algorithm(algorithm: Algorithm) -> String {
    format!("{} {}", algorithm.0, algorithm.mnemonic().unwrap_or("?"))
}

/// A backend or a stage with the kernel that it ran: `lanes (avx2)`.
#[must_use]
pub fn with_kernel(name: &str, kernel: Option<&str>) -> String {
    kernel.map_or_else(|| name.to_owned(), |kernel| format!("{name} ({kernel})"))
}

/// The backend of a row of latencies, with its kernel.
#[must_use]
pub fn backend_of(row: &LatencyFacts) -> String {
    with_kernel(row.backend, row.kernel)
}

/// From where a zone's keys are trusted.
#[must_use]
pub fn trust(kind: TrustKind) -> &'static str {
    match kind {
        TrustKind::Anchored => "anchored",
        TrustKind::NotAnchored => "not anchored: no anchor leads to the keys",
        TrustKind::Island => "island: no trust anchor given, the keys vouch for themselves",
        TrustKind::Unsupported => "none: validators ignore the zone's algorithms",
        TrustKind::Unsigned => "none: the zone is not signed",
    }
}

/// An anchor, as in `DS 20326/8 SHA-256 (built in)`.
#[must_use]
pub fn anchor(anchor: &AnchorFacts) -> String {
    let digest = anchor.digest.as_ref().map_or_else(String::new, |name| format!(" {name}"));
    let (key, origin) = (anchor.key, printable(&anchor.origin));
    format!("{} {}/{}{} ({origin})", anchor.form, key.tag, key.algorithm.0, printable(&digest))
}

/// What became of an anchor.
#[must_use]
pub fn fate_of_anchor(anchor: &AnchorFacts) -> String {
    match anchor {
        AnchorFacts { ignored: Some(why), .. } => format!("set aside, {}", printable(why)),
        AnchorFacts { signs: true, .. } => "matches a key that signs the DNSKEY RRset".to_owned(),
        AnchorFacts { matches: true, .. } => {
            "matches a key that does not sign the DNSKEY RRset".to_owned()
        }
        _ => "matches no key".to_owned(),
    }
}

/// What a key signs.
#[must_use]
pub fn role(role: Role) -> &'static str {
    match role {
        Role::KeySigning => "KSK",
        Role::ZoneSigning => "ZSK",
        Role::CombinedSigning => "CSK",
        Role::Unused => "-",
    }
}

/// The size of a key, and for RSA an exponent that is not the usual one.
#[must_use]
pub fn bits(key: &KeyFacts) -> String {
    let bits = key.bits.map_or_else(|| "-".to_owned(), |bits| bits.to_string());
    match key.exponent.as_deref() {
        None | Some("65537") => bits,
        Some(exponent) => format!("{bits}, {}", self::exponent(exponent)),
    }
}

/// The exponent of an RSA key, as in `e=3`.
#[must_use]
pub fn exponent(exponent: &str) -> String {
    match exponent.strip_prefix("0x") {
        // Up to a thousand digits that nobody reads.
        Some(digits) => format!("e of {} bits", bits_of_hexadecimal(digits)),
        None => format!("e={exponent}"),
    }
}

/// Bits in a number without leading zeros.
fn bits_of_hexadecimal(digits: &str) -> usize {
    let first = digits.chars().next().and_then(|digit| digit.to_digit(16)).unwrap_or(0);
    let zeros = first.leading_zeros().saturating_sub(28) as usize;
    (digits.len() * 4).saturating_sub(zeros)
}

/// The flags of a key with those that matter by name: `257 SEP`.
#[must_use]
pub fn flags(flags: u16) -> String {
    let key = Dnskey { flags, protocol: 3, algorithm: Algorithm(0), key: &[] };
    let mut text = flags.to_string();
    let names =
        [(key.is_sep(), " SEP"), (key.is_revoked(), " REVOKE"), (!key.is_zone_key(), " no ZONE")];
    for (_, name) in names.iter().filter(|(set, _)| *set) {
        text += name;
    }
    text
}

/// What became of the zone's digest.
#[must_use]
pub fn zonemd(status: ZonemdStatus) -> &'static str {
    match status {
        ZonemdStatus::Verified => "is that of the zone",
        ZonemdStatus::Failed => "is not that of the zone",
        ZonemdStatus::Unsupported => "is of no kind that is defined",
        ZonemdStatus::Missing => "is required, and there is none",
    }
}

/// A row of the histogram of remaining lifetimes.
#[must_use]
pub fn lifetime(buckets: &[LifetimeBucket], at: usize) -> String {
    let bound = |at: usize| buckets.get(at).and_then(|bucket| bucket.up_to_seconds);
    match bound(at) {
        Some(0) => "expired".to_owned(),
        Some(bound) => format!("up to {}", span(bound)),
        None => {
            let before = at.checked_sub(1).and_then(bound);
            before.map_or_else(|| "any".to_owned(), |bound| format!("above {}", span(bound)))
        }
    }
}

/// How many findings there are of each severity: `22 bogus, 3 violations, 2 advice`.
#[must_use]
pub fn severities(rows: &[CodeCount]) -> String {
    let severities = [Severity::Bogus, Severity::Violation, Severity::Advice];
    let parts: Vec<String> = severities
        .into_iter()
        .filter_map(|severity| {
            let alike = rows.iter().filter(|row| row.severity == severity);
            let number: u64 = alike.map(|row| row.count).sum();
            match severity {
                _ if number == 0 => None,
                Severity::Violation => Some(count(number, "violation")),
                other => Some(format!("{} {other}", grouped(number))),
            }
        })
        .collect();
    parts.join(", ")
}

/// What kind of responses these are; `None` of those that say nothing to judge.
#[must_use]
pub fn outcome(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Answer => Some("answers"),
        Kind::NoData => Some("no data"),
        Kind::NameError => Some("no such name"),
        Kind::Referral => Some("referrals"),
        Kind::NoAnswer => None,
    }
}

/// The name of a response code (IANA "DNS RCODEs").
#[must_use]
pub fn rcode(code: u16) -> String {
    let name = match code {
        0 => "NOERROR",
        1 => "FORMERR",
        2 => "SERVFAIL",
        3 => "NXDOMAIN",
        4 => "NOTIMP",
        5 => "REFUSED",
        9 => "NOTAUTH",
        16 => "BADVERS",
        23 => "BADCOOKIE",
        _ => return format!("RCODE {code}"),
    };
    name.to_owned()
}

/// The purpose of an extended error (IANA "Extended DNS Error Codes", RFC 8914 §4).
#[must_use]
pub fn extended_error(code: u16) -> &'static str {
    match code {
        1 => "Unsupported DNSKEY Algorithm",
        2 => "Unsupported DS Digest Type",
        3 => "Stale Answer",
        4 => "Forged Answer",
        5 => "DNSSEC Indeterminate",
        6 => "DNSSEC Bogus",
        7 => "Signature Expired",
        8 => "Signature Not Yet Valid",
        9 => "DNSKEY Missing",
        10 => "RRSIGs Missing",
        11 => "No Zone Key Bit Set",
        12 => "NSEC Missing",
        13 => "Cached Error",
        14 => "Not Ready",
        15 => "Blocked",
        16 => "Censored",
        17 => "Filtered",
        18 => "Prohibited",
        19 => "Stale NXDOMAIN Answer",
        20 => "Not Authoritative",
        21 => "Not Supported",
        22 => "No Reachable Authority",
        23 => "Network Error",
        24 => "Invalid Data",
        25 => "Signature Expired before Valid",
        26 => "Too Early",
        27 => "Unsupported NSEC3 Iterations Value",
        28 => "Unable to conform to policy",
        29 => "Synthesized",
        30 => "Invalid Query Type",
        _ => "Other Error",
    }
}

/// What vouches for a zone's keys, in a word.
#[must_use]
pub fn vouched(row: &ZoneRow) -> String {
    let (word, keys): (_, Vec<_>) = match row.link.anchors.as_slice() {
        [] => {
            let records = row.link.ds.iter().flat_map(|ds| &ds.records);
            ("DS", records.map(|record| record.key.tag).collect())
        }
        anchors => ("anchor", anchors.iter().map(|anchor| anchor.key.tag).collect()),
    };
    let mut words = vec![word.to_owned()];
    for tag in keys {
        let tag = tag.to_string();
        if !words.contains(&tag) {
            words.push(tag);
        }
    }
    if words.len() == 1 { "-".to_owned() } else { words.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_of_long_exponents_are_counted_from_the_highest_one() {
        for (digits, bits) in [("1", 1), ("3", 2), ("f", 4), ("10001", 17), ("8000", 16), ("", 0)] {
            assert_eq!(bits_of_hexadecimal(digits), bits, "{digits}");
        }
    }
}
