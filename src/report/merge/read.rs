//! Reading reports: zone and chain reports as JSON or NDJSON, and merged ones. What is not needed is
//! passed over as it is read, so that findings and rows cost no memory.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use aws_lc_rs::digest::{Context, SHA256};
use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use crate::dns::Algorithm;

use super::{
    AlgorithmRow, CaptureContents, Counts, Earliest, FindingRow, Map, Merged, MergedExpiry,
    MergedSummary, RemainingRow, ReportKind, ReportRow, SCHEMA, ZoneContents,
};

/// Why something is no report that can be merged.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It could not be read.
    #[error(transparent)]
    Io(io::Error),
    /// It is something else.
    #[error("it is no JSON report of sigmill: {0}")]
    NoReport(String),
    /// The text ends too early.
    #[error("it is cut short{0}: the audit that wrote it did not come to its end")]
    CutShort(&'static str),
    /// It is of another kind.
    #[error("it is a {0}: only reports of zones and captures, and merged ones, can be merged")]
    OtherSchema(String),
    /// It is of another version.
    #[error("it is version {version} of {schema}; this sigmill knows version {known}")]
    OtherVersion {
        /// The schema's name.
        schema: String,
        /// Its version.
        version: u64,
        /// The version that is known.
        known: u64,
    },
}

/// Reads one report, to be added to others.
///
/// # Errors
/// When it is none, or cannot be read to its end.
pub fn read_report(file: &str, input: impl Read) -> Result<Merged, ReadError> {
    let mut input = BufReader::with_capacity(1 << 16, Hashing::new(input));
    let mut gathered = Gathered::default();
    loop {
        // Between documents, and behind the last one, there is nothing but white space.
        let rest = input.fill_buf().map_err(ReadError::Io)?;
        if rest.is_empty() {
            break;
        }
        let blanks = rest.iter().take_while(|octet| octet.is_ascii_whitespace()).count();
        if blanks > 0 {
            input.consume(blanks);
            continue;
        }
        let mut deserializer = serde_json::Deserializer::from_reader(&mut input);
        let read = Object { gathered: &mut gathered, is_row: false }.deserialize(&mut deserializer);
        if let Err(error) = read {
            let at_end = input.fill_buf().is_ok_and(<[u8]>::is_empty);
            return Err(of_json(error, at_end));
        }
    }
    let sha256 = input.into_inner().finish();
    gathered.finish(file, sha256)
}

fn of_json(error: serde_json::Error, at_end: bool) -> ReadError {
    let has_begun = (error.line(), error.column()) > (1, 1);
    match error.classify() {
        serde_json::error::Category::Io => ReadError::Io(error.into()),
        serde_json::error::Category::Eof => ReadError::CutShort(""),
        // A number that is cut behind its point is none.
        serde_json::error::Category::Syntax if at_end && has_begun => ReadError::CutShort(""),
        _ => ReadError::NoReport(error.to_string()),
    }
}

/// Hashes what is read.
struct Hashing<R> {
    inner: R,
    hash: Context,
}

impl<R: Read> Hashing<R> {
    fn new(inner: R) -> Self {
        Self { inner, hash: Context::new(&SHA256) }
    }

    fn finish(self) -> String {
        self.hash.finish().as_ref().iter().map(|octet| format!("{octet:02x}")).collect()
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let len = self.inner.read(out)?;
        self.hash.update(&out[..len]);
        Ok(len)
    }
}

/// What is taken out of a report.
#[derive(Default)]
struct Gathered {
    any: bool,
    schema: Option<SchemaIn>,
    status: Option<String>,
    zone: Option<ZoneSummary>,
    merged: Option<MergedSummary>,
    reports: Option<Vec<ReportRow>>,
    chain: ChainSummary,
    /// Findings that stand among the rows of a chain report.
    findings: Map<(String, String), u64>,
}

#[derive(Deserialize)]
struct SchemaIn {
    name: String,
    version: u64,
}

#[derive(Deserialize)]
struct JudgementIn {
    status: String,
}

#[derive(Deserialize)]
struct ZoneSummary {
    input: ZoneInput,
    times: Vec<TimeIn>,
    algorithms: Vec<AlgorithmIn>,
    findings: Vec<FindingIn>,
    lifetime: LifetimeIn,
}

#[derive(Deserialize)]
struct ZoneInput {
    apex: String,
    serial: Option<u32>,
    #[serde(flatten)]
    contents: ZoneContents,
}

#[derive(Deserialize)]
struct TimeIn {
    at: Option<i64>,
    rrsets: Counts,
}

#[derive(Deserialize)]
struct AlgorithmIn {
    algorithm: u8,
    mnemonic: String,
    signatures: u64,
    valid: u64,
}

#[derive(Deserialize)]
struct FindingIn {
    code: String,
    severity: String,
    count: u64,
}

#[derive(Deserialize)]
struct LifetimeIn {
    earliest: Option<MergedExpiry>,
    remaining: Vec<RemainingRow>,
}

/// The members of a chain report's last row.
#[derive(Default)]
struct ChainSummary {
    input: Option<ChainInput>,
    responses: Option<Counts>,
    rrsets: Option<Counts>,
    signatures: Option<Map<String, SignaturesIn>>,
    next_expiry: Option<MergedExpiry>,
}

#[derive(Deserialize)]
struct ChainInput {
    files: Vec<String>,
    #[serde(flatten)]
    contents: CaptureContents,
    seen: Option<SeenIn>,
}

#[derive(Deserialize)]
struct SeenIn {
    first: i64,
    last: i64,
}

#[derive(Deserialize)]
struct SignaturesIn {
    hold: u64,
    fail: u64,
    without_key: u64,
    untried: u64,
}

/// `signatures` is a number in the row of an RRset.
#[derive(Deserialize)]
#[serde(untagged)]
enum SignaturesOrNumber {
    Number(#[allow(dead_code)] u64),
    Counts(Map<String, SignaturesIn>),
}

/// An object of a report: a document, a line, or a row.
struct Object<'g> {
    gathered: &'g mut Gathered,
    is_row: bool,
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { gathered, is_row } = self;
        gathered.any = true;
        let (mut code, mut severity) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            // A document says what it is before anything else; of lines and rows only the last does.
            // Of a version that is not known, no member is.
            let schema = gathered.schema.as_ref().map(|schema| match schema.version {
                KNOWN => schema.name.as_str(),
                _ => "",
            });
            let of_chain = matches!(schema, None | Some(CHAIN));
            let many = gathered.zone.is_some() || gathered.merged.is_some();
            match (&*key, schema) {
                ("summary", Some(ZONE | MERGED)) if many => return Err(A::Error::custom(SEVERAL)),
                ("input", _) if of_chain && gathered.chain.input.is_some() => {
                    return Err(A::Error::custom(SEVERAL));
                }
                ("schema", _) => gathered.schema = Some(map.next_value()?),
                ("rows", _) if !is_row => map.next_value_seed(Rows(gathered))?,
                ("judgement", Some(ZONE)) => {
                    gathered.status = Some(map.next_value::<JudgementIn>()?.status);
                }
                ("summary", Some(ZONE)) => gathered.zone = Some(map.next_value()?),
                ("summary", Some(MERGED)) => gathered.merged = Some(map.next_value()?),
                ("reports", Some(MERGED)) => gathered.reports = Some(map.next_value()?),
                ("code", _) if of_chain => code = Some(map.next_value::<String>()?),
                ("severity", _) if of_chain => severity = Some(map.next_value::<String>()?),
                ("input", _) if of_chain => gathered.chain.input = Some(map.next_value()?),
                ("responses", _) if of_chain => gathered.chain.responses = Some(map.next_value()?),
                ("rrsets", _) if of_chain => gathered.chain.rrsets = Some(map.next_value()?),
                ("next_expiry", _) if of_chain => gathered.chain.next_expiry = map.next_value()?,
                ("signatures", _) if of_chain => {
                    if let SignaturesOrNumber::Counts(counts) = map.next_value()? {
                        gathered.chain.signatures = Some(counts);
                    }
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        if let (Some(code), Some(severity)) = (code, severity) {
            *gathered.findings.entry((code, severity)).or_default() += 1;
        }
        Ok(())
    }
}

/// The rows of a chain report.
struct Rows<'g>(&'g mut Gathered);

impl<'de> DeserializeSeed<'de> for Rows<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Rows<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        while rows.next_element_seed(Object { gathered: self.0, is_row: true })?.is_some() {}
        Ok(())
    }
}

const SEVERAL: &str = "it holds several reports; merge takes each from a file of its own";
const ZONE: &str = "sigmill-zone-report";
const CHAIN: &str = "sigmill-chain-report";
const MERGED: &str = SCHEMA.name;
/// The version of each of them that is known.
const KNOWN: u64 = 1;

impl Gathered {
    fn finish(self, file: &str, sha256: String) -> Result<Merged, ReadError> {
        if !self.any {
            return Err(ReadError::NoReport("it is empty".into()));
        }
        let Some(schema) = &self.schema else {
            // The lines of a chain report say what they are with the last one.
            let is_stream = !self.findings.is_empty() || self.chain.input.is_some();
            return Err(match is_stream {
                true => ReadError::CutShort(" before its summary"),
                false => ReadError::NoReport("it names no schema".into()),
            });
        };
        if ![ZONE, CHAIN, MERGED].contains(&schema.name.as_str()) {
            return Err(ReadError::OtherSchema(schema.name.clone()));
        }
        if schema.version != KNOWN {
            let (schema, version) = (schema.name.clone(), schema.version);
            return Err(ReadError::OtherVersion { schema, version, known: KNOWN });
        }
        let row = Identity { file: file.to_owned(), sha256 };
        match schema.name.as_str() {
            ZONE => self.zone(row),
            CHAIN => self.capture(row),
            _ => match (self.merged, self.reports) {
                (Some(summary), Some(reports)) => Ok(Merged { summary, reports }),
                _ => Err(ReadError::CutShort(" before its reports")),
            },
        }
    }

    fn zone(self, identity: Identity) -> Result<Merged, ReadError> {
        let (Some(status), Some(zone)) = (self.status, self.zone) else {
            return Err(ReadError::CutShort(" before its summary"));
        };
        let algorithms = zone.algorithms.into_iter().map(|row| AlgorithmRow {
            algorithm: row.algorithm,
            mnemonic: row.mnemonic,
            signatures: row.signatures,
            holding: row.valid,
            reports: 1,
        });
        let findings = zone.findings.into_iter().map(|row| ((row.code, row.severity), row.count));
        let mut summary = MergedSummary {
            zone_contents: zone.input.contents,
            zone_rrsets: zone.times.first().map(|time| time.rrsets).unwrap_or_default(),
            algorithms: algorithms.collect(),
            remaining: zone.lifetime.remaining,
            ..MergedSummary::default()
        };
        match summary.zones.of_mut(&status) {
            Some(count) => *count += 1,
            None => return Err(ReadError::NoReport(format!("{status:?} is no status"))),
        }
        let facts = Facts {
            kind: ReportKind::Zone,
            subject: zone.input.apex,
            status,
            serial: zone.input.serial,
            bogus_data: summary.zone_rrsets.bogus,
            at: zone.times.first().and_then(|time| time.at),
            earliest: zone.lifetime.earliest,
        };
        Ok(identity.report(facts, summary, findings.collect()))
    }

    fn capture(self, identity: Identity) -> Result<Merged, ReadError> {
        let ChainSummary { input, responses, rrsets, signatures, next_expiry } = self.chain;
        let (Some(input), Some(responses), Some(rrsets)) = (input, responses, rrsets) else {
            return Err(ReadError::CutShort(" before its summary"));
        };
        let row = |(number, counts): (String, SignaturesIn)| {
            let algorithm = number.parse().ok()?;
            let others = counts.fail.saturating_add(counts.without_key);
            let others = others.saturating_add(counts.untried);
            Some(AlgorithmRow {
                algorithm,
                mnemonic: Algorithm(algorithm).to_string(),
                signatures: counts.hold.saturating_add(others),
                holding: counts.hold,
                reports: 1,
            })
        };
        // In the order of their numbers, and not of the digits.
        let mut algorithms: Vec<AlgorithmRow> =
            signatures.unwrap_or_default().into_iter().filter_map(row).collect();
        algorithms.sort_by_key(|row| row.algorithm);
        let first_seen = input.seen.as_ref().map(|seen| seen.first);
        let last_seen = input.seen.as_ref().map(|seen| seen.last);
        let mut summary = MergedSummary {
            capture_contents: CaptureContents { first_seen, last_seen, ..input.contents },
            capture_rrsets: rrsets,
            responses,
            algorithms,
            ..MergedSummary::default()
        };
        let judged = if responses.total() > 0 { responses } else { rrsets };
        let status = judged.worst();
        if let Some(count) = summary.captures.of_mut(status) {
            *count += 1;
        }
        let facts = Facts {
            kind: ReportKind::Capture,
            subject: input.files.into_iter().next().unwrap_or_default(),
            status: status.to_owned(),
            serial: None,
            bogus_data: judged.bogus,
            at: first_seen,
            earliest: next_expiry,
        };
        Ok(identity.report(facts, summary, self.findings))
    }
}

/// What tells a report from others.
struct Identity {
    file: String,
    sha256: String,
}

/// What its row says besides.
struct Facts {
    kind: ReportKind,
    subject: String,
    status: String,
    serial: Option<u32>,
    bogus_data: u64,
    at: Option<i64>,
    earliest: Option<MergedExpiry>,
}

impl Identity {
    fn report(
        self,
        facts: Facts,
        mut summary: MergedSummary,
        findings: Map<(String, String), u64>,
    ) -> Merged {
        let Self { file, sha256 } = self;
        let Facts { kind, subject, status, serial, bogus_data, at, earliest } = facts;
        let of_severity = |wanted: &str| {
            let of_it = findings.iter().filter(|((_, severity), _)| severity == wanted);
            of_it.fold(0, |sum: u64, (_, &count)| sum.saturating_add(count))
        };
        let sum = |of: fn(&AlgorithmRow) -> u64| {
            summary.algorithms.iter().map(of).fold(0, u64::saturating_add)
        };
        let row = ReportRow {
            signatures: sum(|row| row.signatures),
            holding: sum(|row| row.holding),
            bogus: of_severity("bogus"),
            violations: of_severity("violation"),
            advice: of_severity("advice"),
            earliest: earliest.clone(),
            file: file.clone(),
            subject: subject.clone(),
            sha256,
            kind,
            status,
            serial,
            bogus_data,
            at,
        };
        summary.reports = 1;
        summary.earliest = earliest.map(|expiry| Earliest { file, subject, expiry });
        summary.findings = findings
            .into_iter()
            .map(|((code, severity), count)| FindingRow { code, severity, count, reports: 1 })
            .collect();
        Merged { summary, reports: vec![row] }
    }
}
