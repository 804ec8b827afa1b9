//! The work of a real input: what an audit of a zone, of captures or of saved answers verifies, written
//! down by the audit itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::audit::chain::{self, Intake, TextError, read_capture, read_text};
use crate::audit::zone::{self, JudgementTime};
use crate::capture::{self, CaptureError, ReadOptions, Recognised};
use crate::crypto::PublicKey;
use crate::dns::rdata::Dnskey;
use crate::dns::{Algorithm, Name};
use crate::engine::histogram::new_histogram;
use crate::engine::{Distribution, Journal, KeyIndex, Recording, Verdict};
use crate::source::{OpenOptions, Source, SourceError};

use super::result::{Input, InputKind};

/// What an input is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InputForm {
    /// Text of one zone.
    Zone,
    /// A packet capture, or dnstap.
    Capture,
    /// Saved answers: the output of dig and its like, or records of many zones.
    Records,
}

/// Where the work comes from.
#[derive(Clone, Debug)]
pub struct InputConfig {
    /// Files; `-` is standard input. One zone, or captures and saved answers that belong together.
    pub files: Vec<PathBuf>,
    /// What they are; `None` to tell each by its content.
    pub form: Option<InputForm>,
    /// The apex of a zone without SOA.
    pub origin: Option<Name>,
    /// Octets of signatures and signed data that are held; what is beyond them is counted.
    pub octets: usize,
}

/// Why an input gives no work.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// It cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The zone cannot be audited.
    #[error(transparent)]
    Zone(#[from] zone::Error),
    /// The capture cannot be read.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// The saved answers cannot be read.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The audit's threads could not be started.
    #[error("cannot start the worker threads")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// The content says that it is something else.
    #[error("{name} is no zone, capture or saved answers: this seems to be {seems}")]
    Neither {
        /// The file, as it was named.
        name: String,
        /// What it seems to be.
        seems: capture::Seems,
    },
    /// A zone beside something else.
    #[error("{name} is a zone, whose work stands alone: name no other file beside it")]
    ZoneAmongOthers {
        /// The file, as it was named.
        name: String,
    },
    /// Standard input can be read once only, and cannot be looked at first.
    #[error("standard input must be named once only")]
    StandardInputTwice,
    /// Nothing in it is verified.
    #[error("nothing in {name} is verified: it has no signatures under keys that it holds")]
    Nothing {
        /// The files, as they were named.
        name: String,
    },
}

/// Octets of saved answers.
const TEXT: usize = 1 << 30;
/// Octets of a capture's RRsets and responses.
const HELD: usize = 2 << 30;
/// Octets of text in which a header of dig is looked for.
const LOOK: usize = 1 << 16;

/// Has the input audited, on all processors, and writes down what is verified.
///
/// # Errors
/// When it cannot be read, or nothing in it is verified.
pub(super) fn record(config: &InputConfig) -> Result<(Recording, Input), InputError> {
    let names: Vec<String> =
        config.files.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    if names.iter().filter(|name| *name == "-").count() > 1 {
        return Err(InputError::StandardInputTwice);
    }
    let forms = config.files.iter().map(|path| form(path, config.form));
    let forms = forms.collect::<Result<Vec<InputForm>, InputError>>()?;
    let journal = Arc::new(Journal::new(config.octets));
    let mut input = Input { files: names, ..Input::default() };
    match forms.iter().position(|form| *form == InputForm::Zone) {
        Some(_) if forms.len() == 1 => {
            input.form = "zone";
            input.apex = Some(record_zone(config, &journal)?);
        }
        Some(place) => {
            return Err(InputError::ZoneAmongOthers { name: input.files[place].clone() });
        }
        None => {
            let all = |form| forms.iter().all(|other| *other == form);
            input.form = match (all(InputForm::Capture), all(InputForm::Records)) {
                (true, _) => "capture",
                (_, true) => "records",
                _ => "capture and records",
            };
            record_chain(config, &forms, &journal)?;
        }
    }
    let recording = journal.take();
    if recording.tasks() + recording.left_out == 0 {
        return Err(InputError::Nothing { name: input.files.join(", ") });
    }
    describe(&recording, &mut input);
    Ok((recording, input))
}

fn record_zone(config: &InputConfig, journal: &Arc<Journal>) -> Result<String, InputError> {
    let source = open(&config.files[0])?;
    let config = zone::Config {
        origin: config.origin,
        times: vec![JudgementTime::Ignored],
        journal: Some(Arc::clone(journal)),
        ..zone::Config::default()
    };
    let summary = zone::audit(source, &config, &mut |_| {})?;
    Ok(summary.input.apex.to_string())
}

fn record_chain(
    config: &InputConfig,
    forms: &[InputForm],
    journal: &Arc<Journal>,
) -> Result<(), InputError> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let mut intake = Intake::new(HELD);
    for (path, form) in config.files.iter().zip(forms) {
        let source = open(path)?;
        match form {
            InputForm::Capture => {
                read_capture(&mut intake, source, &ReadOptions::default(), now, &mut |_| {})?;
            }
            _ => read_text(&mut intake, source, TEXT, now)?,
        }
    }
    let config = chain::Config { journal: Some(Arc::clone(journal)), ..chain::Config::default() };
    chain::audit(intake, &config, &mut |_| {})?;
    Ok(())
}

fn open(path: &Path) -> Result<Source, SourceError> {
    match path.as_os_str() == "-" {
        true => Source::stdin(&OpenOptions::default()),
        false => Source::open(path, &OpenOptions::default()),
    }
}

/// What a file is by its content; standard input, which cannot be read twice, is a zone unless told
/// otherwise.
fn form(path: &Path, told: Option<InputForm>) -> Result<InputForm, InputError> {
    if let Some(form) = told {
        return Ok(form);
    }
    if path.as_os_str() == "-" {
        return Ok(InputForm::Zone);
    }
    let name = path.to_string_lossy().into_owned();
    match capture::recognise(open(path)?)? {
        Recognised::Capture(_) => Ok(InputForm::Capture),
        Recognised::Other(capture::Seems::Text | capture::Seems::ZoneFile) => {
            text_form(open(path)?)
        }
        Recognised::Other(seems) => Err(InputError::Neither { name, seems }),
    }
}

/// The output of dig and its like has a header for each answer.
fn text_form(source: Source) -> Result<InputForm, InputError> {
    let mut blocks = source.into_blocks();
    while blocks.window().len() < LOOK && blocks.more()? {}
    let window = blocks.window();
    let window = &window[..window.len().min(LOOK)];
    let is_header = memchr::memmem::find(window, b";; ->>HEADER<<-").is_some();
    Ok(if is_header { InputForm::Records } else { InputForm::Zone })
}

/// Counts what is in a recording.
fn describe(recording: &Recording, input: &mut Input) {
    /// Algorithm, bits and exponent.
    type Kind = (Algorithm, u32, Option<String>);
    /// Keys by table and place, and the signatures under them.
    type Count = (BTreeSet<(usize, KeyIndex)>, u64);
    let kind_of = |rdata: &[u8]| -> Option<Kind> {
        let dnskey = Dnskey::from_rdata(rdata)?;
        let key = PublicKey::from_dnskey(dnskey.algorithm, dnskey.key).ok()?;
        Some((dnskey.algorithm, key.bits(), key.exponent()))
    };
    let tables = recording.tables.iter();
    let kinds: Vec<Vec<Option<Kind>>> =
        tables.map(|table| table.keys.iter().map(|(rdata, _)| kind_of(rdata)).collect()).collect();
    let mut counts: BTreeMap<&Kind, Count> = BTreeMap::new();
    let mut octets = new_histogram();
    for lot in &recording.lots {
        for (task, verdict) in lot.verdicts.iter().enumerate() {
            // The histogram grows as needed, so recording cannot fail.
            let _ = octets.record(lot.tasks.question(task).message.len() as u64);
            let key = match verdict {
                Verdict::Holds(key) => Some(*key),
                Verdict::Fails => {
                    input.failing += 1;
                    lot.tasks.candidates(task).first().copied()
                }
            };
            let kind =
                key.and_then(|key| kinds.get(lot.table.0)?.get(usize::from(key.0))?.as_ref());
            if let (Some(key), Some(kind)) = (key, kind) {
                let (keys, signatures) = counts.entry(kind).or_default();
                keys.insert((lot.table.0, key));
                *signatures += 1;
            }
        }
    }
    input.kinds = counts
        .into_iter()
        .map(|((algorithm, bits, exponent), (keys, signatures))| InputKind {
            algorithm: *algorithm,
            bits: *bits,
            exponent: exponent.clone(),
            keys: keys.len() as u64,
            signatures,
        })
        .collect();
    input.signatures = recording.tasks() + recording.left_out;
    input.left_out = recording.left_out;
    input.zones = recording.tables.len() as u64;
    input.signed_octets = Distribution::of(&octets);
}
