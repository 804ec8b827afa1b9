//! What `sigmill ds` prints: records as zone-file lines, field by field, or as JSON, and the outcome
//! of a check.

use std::io::{self, Write};

use serde::Serialize;
use sigmill::audit::delegation::{Check, Delegation, Match, Standing, ZoneKey};
use sigmill::dns::rdata::Ds;
use sigmill::dns::{Class, Name, RType};
use sigmill::report::Palette;
use sigmill::zonefile::print::write_rdata;

use super::ds_args::DsFormat;

/// A record to be written.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) owner: Name,
    pub(crate) class: Class,
    pub(crate) ttl: Option<u32>,
    pub(crate) record: Record,
}

/// Its type and RDATA, and the key it is of.
#[derive(Debug)]
pub(crate) enum Record {
    /// DS or CDS.
    Ds {
        rtype: RType,
        rdata: Vec<u8>,
        key: ZoneKey,
    },
    Cdnskey {
        key: ZoneKey,
    },
    /// The CDS or CDNSKEY that asks for removal.
    Delete {
        rtype: RType,
        rdata: Vec<u8>,
    },
}

impl Record {
    fn parts(&self) -> (RType, &[u8], Option<&ZoneKey>) {
        match self {
            Self::Ds { rtype, rdata, key } => (*rtype, rdata, Some(key)),
            Self::Cdnskey { key } => (RType::CDNSKEY, key.rdata(), Some(key)),
            Self::Delete { rtype, rdata } => (*rtype, rdata, None),
        }
    }

    /// The fields of a DS or CDS that is of a key.
    fn ds(&self) -> Option<Ds<'_>> {
        let Self::Ds { rdata, .. } = self else { return None };
        Ds::from_rdata(rdata)
    }
}

impl Line {
    /// The record as a zone file has it.
    fn text(&self) -> String {
        let (rtype, rdata, _) = self.record.parts();
        let ttl = self.ttl.map(|ttl| format!("{ttl} ")).unwrap_or_default();
        let mut text = format!("{} {ttl}{} {rtype} ", self.owner, self.class);
        write_rdata(&mut text, rtype, rdata);
        text
    }
}

/// Writes the records that were made.
pub(crate) fn records(lines: &[Line], format: DsFormat, out: &mut dyn Write) -> io::Result<()> {
    match format {
        DsFormat::Line => lines.iter().try_for_each(|line| writeln!(out, "{}", line.text())),
        DsFormat::Table => {
            for (at, line) in lines.iter().enumerate() {
                if at > 0 {
                    writeln!(out)?;
                }
                table(line, out)?;
            }
            Ok(())
        }
        DsFormat::Json => {
            let records: Vec<_> = lines.iter().map(RecordEntry::from).collect();
            json(&Document { schema: RECORDS, sigmill: VERSION, body: Records { records } }, out)
        }
    }
}

/// One field a line, in the order in which registrars' forms ask.
fn table(line: &Line, out: &mut dyn Write) -> io::Result<()> {
    let (rtype, rdata, key) = line.record.parts();
    let mut field = |name: &str, value: String| writeln!(out, "{name:<12} {value}");
    field("zone", line.owner.to_string())?;
    field("record", rtype.to_string())?;
    let Some(key) = key else { return field("data", rdata_text(rtype, rdata)) };
    let dnskey = key.dnskey();
    field("key tag", key.tag().to_string())?;
    field("algorithm", numbered(dnskey.algorithm.0, &dnskey.algorithm.to_string()))?;
    if let Some(ds) = line.record.ds() {
        field("digest type", numbered(ds.digest_type.0, &ds.digest_type.to_string()))?;
        field("digest", hex(ds.digest))?;
    }
    field("flags", flags(key))?;
    field("protocol", dnskey.protocol.to_string())?;
    if let Some(bits) = key.bits() {
        field("bits", bits.to_string())?;
    }
    field("public key", public_key(key))
}

/// Writes what a check found.
pub(crate) fn delegation(
    zone: Name,
    delegation: &Delegation<'_>,
    keys: &[&ZoneKey],
    format: DsFormat,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    if format == DsFormat::Json {
        let ds = delegation.checks.iter().map(CheckEntry::from).collect();
        let keys = keys.iter().map(|key| KeyEntry::from(*key)).collect();
        let standing = standing_code(&delegation.standing);
        let body = CheckReport { zone, standing, ds, keys };
        return json(&Document { schema: CHECK, sigmill: VERSION, body }, out);
    }
    let style = match delegation.standing {
        Standing::Holds => palette.good,
        Standing::Incomplete(_) | Standing::Insecure => palette.violation,
        Standing::Breaks => palette.bogus,
    };
    writeln!(out, "{zone}: {style}{}{style:#}", standing_text(&delegation.standing))?;
    for check in &delegation.checks {
        let ds = check.given.ds();
        let (rtype, digest) = (check.given.rtype, hex(ds.digest));
        let digest: String = digest.chars().take(SHOWN_DIGITS).collect();
        let more = if ds.digest.len() * 2 > SHOWN_DIGITS { "…" } else { "" };
        let (tag, algorithm, digest_type) = (ds.key_tag, ds.algorithm.0, ds.digest_type.0);
        let strong = palette.strong;
        write!(
            out,
            "\n{strong}{rtype} {tag} {algorithm} {digest_type} {digest}{more}{strong:#}\n"
        )?;
        writeln!(out, "  {}", check_text(check))?;
    }
    let has_ds = |key: &ZoneKey| {
        let means = |check: &Check<'_>| matches!(check.means, Match::Key(one) if one == key);
        delegation.checks.iter().any(means)
    };
    let without = keys.iter().filter(|key| key.dnskey().is_sep() && !has_ds(key));
    let without: Vec<String> = without.map(|key| key_name(key)).collect();
    if !without.is_empty() {
        writeln!(out, "\nwithout DS: {}", without.join(", "))?;
    }
    Ok(())
}

/// How much of a digest tells it from others to the eye.
const SHOWN_DIGITS: usize = 16;

fn standing_text(standing: &Standing) -> String {
    match standing {
        Standing::Holds => "the delegation holds".to_owned(),
        Standing::Incomplete(algorithms) => {
            let names: Vec<String> = algorithms.iter().map(ToString::to_string).collect();
            format!(
                "the delegation is incomplete: no DS of {} means a key, which some validators insist \
                 on (RFC 4035 §2.2)",
                names.join(" or ")
            )
        }
        Standing::Breaks => {
            "the delegation would break: no DS that validators use means a key".to_owned()
        }
        Standing::Insecure => "the zone would be insecure: no DS is of an algorithm and a digest \
                               type that validators know (RFC 4035 §5.2)"
            .to_owned(),
    }
}

fn standing_code(standing: &Standing) -> &'static str {
    match standing {
        Standing::Holds => "holds",
        Standing::Incomplete(_) => "incomplete",
        Standing::Breaks => "breaks",
        Standing::Insecure => "insecure",
    }
}

fn check_text(check: &Check<'_>) -> String {
    let ds = check.given.ds();
    let text = match &check.means {
        Match::Key(key) => format!("means {}", key_name(key)),
        Match::Unfit(key, reason) => {
            format!("means {}, which no validator uses: {reason}", key_name(key))
        }
        Match::NoSuchKey(None) => {
            let algorithm = numbered(ds.algorithm.0, &ds.algorithm.to_string());
            format!("means no key: none has tag {} and algorithm {algorithm}", ds.key_tag)
        }
        Match::NoSuchKey(Some(key)) => {
            format!("means no key: tag or algorithm is wrong, the digest is of {}", key_name(key))
        }
        Match::OtherDigest(key) => {
            let right = key.ds_rdata(ds.digest_type).map(|rdata| rdata_text(RType::DS, &rdata));
            format!("means no key: the DS of {} is {}", key_name(key), right.unwrap_or_default())
        }
        Match::DigestLength { expected, found } => format!(
            "means no key: a {} digest has {expected} octets, this one has {found}",
            ds.digest_type
        ),
        Match::UnknownDigest => {
            format!("is passed over: validators do not know {}", ds.digest_type)
        }
    };
    if check.ignored {
        return text + "; is passed over beside SHA-2 (RFC 4509 §3)";
    }
    if !ds.algorithm.is_supported() && check.means != Match::UnknownDigest {
        return format!("{text}; is passed over: validators do not know {}", ds.algorithm);
    }
    text
}

fn check_code(means: &Match<'_>) -> &'static str {
    match means {
        Match::Key(_) => "matches",
        Match::Unfit(..) => "unfit",
        Match::NoSuchKey(_) => "no-such-key",
        Match::OtherDigest(_) => "digest-differs",
        Match::DigestLength { .. } => "digest-length",
        Match::UnknownDigest => "digest-unknown",
    }
}

/// A key as people name it: `55546/13 (257 SEP)`.
pub(crate) fn key_name(key: &ZoneKey) -> String {
    format!("key {}/{} ({})", key.tag(), key.dnskey().algorithm.0, flags(key))
}

fn flags(key: &ZoneKey) -> String {
    let dnskey = key.dnskey();
    let names = [
        (!dnskey.is_zone_key(), " no ZONE flag"),
        (dnskey.is_revoked(), " revoked"),
        (dnskey.is_sep(), " SEP"),
    ];
    let names: String = names.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect();
    format!("{}{names}", dnskey.flags)
}

fn numbered(number: u8, name: &str) -> String {
    // Without a mnemonic the name is but the number in words.
    if name.ends_with(|last: char| last.is_ascii_digit()) && name.contains(' ') {
        return number.to_string();
    }
    format!("{number} {name}")
}

fn rdata_text(rtype: RType, rdata: &[u8]) -> String {
    let mut text = String::new();
    write_rdata(&mut text, rtype, rdata);
    text
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02X}")).collect()
}

/// The key field in base64: the last word of the record.
fn public_key(key: &ZoneKey) -> String {
    let text = rdata_text(RType::DNSKEY, key.rdata());
    text.rsplit(' ').next().unwrap_or_default().to_owned()
}

const VERSION: &str = env!("CARGO_PKG_VERSION");
const RECORDS: Schema = Schema { name: "sigmill-ds-records", version: 1 };
const CHECK: Schema = Schema { name: "sigmill-ds-check", version: 1 };

fn json<T: Serialize>(document: &T, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    writeln!(out)
}

#[derive(Serialize)]
struct Document<B> {
    schema: Schema,
    sigmill: &'static str,
    #[serde(flatten)]
    body: B,
}

#[derive(Serialize)]
struct Schema {
    name: &'static str,
    version: u32,
}

#[derive(Serialize)]
struct Records {
    records: Vec<RecordEntry>,
}

#[derive(Serialize)]
struct RecordEntry {
    text: String,
    owner: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<u32>,
    #[serde(rename = "type")]
    rtype: String,
    #[serde(flatten)]
    ds: Option<DsEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<KeyEntry>,
}

impl From<&Line> for RecordEntry {
    fn from(line: &Line) -> Self {
        let (rtype, _, key) = line.record.parts();
        Self {
            text: line.text(),
            owner: line.owner,
            ttl: line.ttl,
            rtype: rtype.to_string(),
            ds: line.record.ds().map(DsEntry::from),
            key: key.map(KeyEntry::from),
        }
    }
}

#[derive(Serialize)]
struct DsEntry {
    key_tag: u16,
    algorithm: u8,
    algorithm_name: String,
    digest_type: u8,
    digest_type_name: String,
    digest: String,
}

impl From<Ds<'_>> for DsEntry {
    fn from(ds: Ds<'_>) -> Self {
        Self {
            key_tag: ds.key_tag,
            algorithm: ds.algorithm.0,
            algorithm_name: ds.algorithm.to_string(),
            digest_type: ds.digest_type.0,
            digest_type_name: ds.digest_type.to_string(),
            digest: hex(ds.digest),
        }
    }
}

#[derive(Serialize)]
struct KeyEntry {
    tag: u16,
    flags: u16,
    sep: bool,
    protocol: u8,
    algorithm: u8,
    algorithm_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    bits: Option<u32>,
    public_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    unfit: Option<String>,
    file: String,
    line: u64,
}

impl From<&ZoneKey> for KeyEntry {
    fn from(key: &ZoneKey) -> Self {
        let dnskey = key.dnskey();
        Self {
            tag: key.tag(),
            flags: dnskey.flags,
            sep: dnskey.is_sep(),
            protocol: dnskey.protocol,
            algorithm: dnskey.algorithm.0,
            algorithm_name: dnskey.algorithm.to_string(),
            bits: key.bits(),
            public_key: public_key(key),
            unfit: key.unfit().map(|reason| reason.to_string()),
            file: key.file.to_string(),
            line: key.line,
        }
    }
}

#[derive(Serialize)]
struct CheckReport {
    zone: Name,
    standing: &'static str,
    ds: Vec<CheckEntry>,
    keys: Vec<KeyEntry>,
}

#[derive(Serialize)]
struct CheckEntry {
    #[serde(rename = "type")]
    rtype: String,
    line: u64,
    #[serde(flatten)]
    ds: DsEntry,
    verdict: &'static str,
    ignored: bool,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<u16>,
}

impl From<&Check<'_>> for CheckEntry {
    fn from(check: &Check<'_>) -> Self {
        let key = match &check.means {
            Match::Key(key) | Match::Unfit(key, _) => Some(key.tag()),
            _ => None,
        };
        Self {
            rtype: check.given.rtype.to_string(),
            line: check.given.line,
            ds: check.given.ds().into(),
            verdict: check_code(&check.means),
            ignored: check.ignored,
            reason: check_text(check),
            key,
        }
    }
}
