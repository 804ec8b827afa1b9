//! `sigmill capture` and `sigmill records`: what is taken in, the audit, the report.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use sigmill::audit::chain::{
    self, Config, Intake, Summary, read_capture, read_material, read_text,
};
use sigmill::audit::findings::Severity;
use sigmill::audit::zone::{JudgementTime, Limits, Progress, Sha1};
use sigmill::capture::{ReadOptions, Recognised, Seems, recognise};
use sigmill::report::Options;
use sigmill::report::chain::{ChainFormat, chain_reporter};
use sigmill::report::metrics::write_chain_metrics;
use sigmill::source::{OpenOptions, Source, map};

use super::capture_args::{CaptureArgs, ChainArgs, ChainFailOn, ChainFormatArg, RecordsArgs};
use super::exit::{Failure, Outcome, note, on_one_line};
use super::policy::PolicyFile;
use super::size::Bound;
use super::time::now;
use super::zone::HTML_FINDINGS;
use super::zone_args::FailOn;
use super::{anchors, kernel, output, policy, progress, tables};

/// Findings that a text report writes out.
const TEXT_FINDINGS: u64 = 20;
/// Octets of RRsets and responses that are held.
const HELD: usize = 2 << 30;
/// Octets of one file of text.
const TEXT: usize = 1 << 30;

/// Runs `sigmill capture`.
pub(crate) fn run(args: &CaptureArgs) -> Result<Outcome, Failure> {
    let files = captures(&args.files);
    let options = ReadOptions {
        ports: if args.port.is_empty() { vec![53] } else { args.port.clone() },
        ..ReadOptions::default()
    };
    judge(&args.chain, files, &mut |intake, source, now, progress| {
        let mut told = |stored| progress.bytes_read.store(stored, Ordering::Relaxed);
        read_capture(intake, source, &options, now, &mut told).map_err(|error| anyhow!(error))
    })
}

/// Runs `sigmill records`.
pub(crate) fn run_records(args: &RecordsArgs) -> Result<Outcome, Failure> {
    let files = args.files.iter().cloned().map(Ok).collect();
    judge(&args.chain, files, &mut |intake, source, now, _| {
        read_text(intake, source, TEXT, now).map_err(|error| anyhow!(error))
    })
}

/// A file that is named or found in a directory, or why none was found there.
pub(crate) type Named = Result<PathBuf, anyhow::Error>;

/// Takes in one file.
type TakeIn<'t> = dyn FnMut(&mut Intake, Source, i64, &Progress) -> Result<(), anyhow::Error> + 't;

fn judge(
    args: &ChainArgs,
    files: Vec<Named>,
    take_in: &mut TakeIn<'_>,
) -> Result<Outcome, Failure> {
    kernel::choose(args.kernel.as_deref())?;
    let now = now();
    let policy = policy::read(args.policy.as_deref())?;
    let config = config(args, &policy, now)?;
    let fail_on = args.fail_on.or(policy.fail_on.map(ChainFailOn::from));
    if args.format == ChainFormatArg::Dot && args.explain.is_empty() {
        let error = anyhow!("--format dot draws the chains of --explain, and none is asked for");
        return Err(Failure::usage(error));
    }
    map::report_truncation_and_exit().map_err(|error| Failure::input(anyhow!(error)))?;
    let is_stdout = |path: &Path| path == Path::new("-") || path == Path::new("/dev/stdout");
    let state_path = args.rfc5011_output.as_deref();
    if is_stdout(&args.output) && state_path.is_some_and(is_stdout) {
        let error = anyhow!("the report and --rfc5011-output cannot both be standard output");
        return Err(Failure::usage(error));
    }
    let inputs = files.iter().flatten().chain(&args.keys).map(|path| &**path);
    let inputs: Vec<&Path> = inputs.collect();
    let tables = args.tables.paths();
    let beside = tables.chain(args.metrics.path()).chain(state_path);
    tables::refuse_collisions(&inputs, beside.chain([&*args.output]))?;
    let state_output = state_path.map(output::open).transpose()?;
    let mut output = output::open(&args.output)?;
    let mut tables = args.tables.open()?;
    let metrics = args.metrics.open()?;
    let (format, options) = report_options(args, &output);
    let mut reporter = chain_reporter(format, options);

    let started = Instant::now();
    let mut intake = Intake::new(args.max_held.unwrap_or(HELD));
    let watched = std::sync::Arc::new(Progress::default());
    let watch = progress::watch(args.progress, &watched);
    let keys = args.keys.iter().map(|path| Ok((path, open(path, args).map_err(Failure::input)?)));
    let keys: Vec<(&PathBuf, Source)> = keys.collect::<Result<_, Failure>>()?;
    let named = files.len();
    let mut errors = Vec::new();
    for file in files {
        let taken = file.and_then(|path| open(&path, args)).and_then(|source| {
            watched.bytes_total.store(source.stored_len().unwrap_or(0), Ordering::Relaxed);
            take_in(&mut intake, source, now, &watched)
        });
        // What was read before a fault has been taken in, and the other files are still there.
        if let Err(error) = taken {
            if named > 1 {
                note(&on_one_line(&error));
            }
            errors.push(error);
        }
    }
    for (path, source) in keys {
        read_material(&mut intake, source, TEXT, now)
            .with_context(|| path.display().to_string())
            .map_err(Failure::input)?;
    }
    drop(watch);
    let reading = started.elapsed();
    let failed = errors.len();
    // Of a single input its own error says all.
    let failure = errors.pop().map(|error| match (named, failed) {
        (1, _) => Failure::input(error),
        (_, failed) if failed == named && intake.is_empty() => {
            Failure::input(anyhow!("none of {named} inputs could be read"))
        }
        _ => Failure::input(anyhow!("{failed} of {named} inputs could not be read to the end")),
    });
    if failed == named && intake.is_empty() {
        return failure.map_or(Ok(Outcome::Good), Err);
    }
    let (mut written, mut tabled) = (Ok(()), Ok(()));
    let mut on_event = |event: chain::Event| {
        if written.is_ok() {
            written = reporter.event(&event, &mut output);
        }
        if tabled.is_ok() {
            tabled = tables.event(&event);
        }
    };
    let mut worst = None;
    let mut counts: BTreeMap<_, u64> = BTreeMap::new();
    let mut watch_worst = |event: chain::Event| {
        if let chain::Event::Finding(finding) = &event {
            worst = worst.max(Some(finding.severity));
            *counts.entry((finding.code, finding.severity)).or_default() += 1;
        }
        on_event(event);
    };
    let mut summary = chain::audit(intake, &config, &mut watch_worst)
        .map_err(|error| Failure::input(anyhow!(error)))?;
    summary.performance.reading_seconds = reading.as_secs_f64();
    tabled.map_err(tables::unwritten)?;
    tables::complete(tables.finish())?;
    let fail_on = fail_on.unwrap_or(ChainFailOn::Violation);
    let outcome = if fails(fail_on, &summary, worst) { Outcome::Findings } else { Outcome::Good };
    // Of what could not be read to its end metrics would tell too little: those of before stay.
    if let Some(metrics) = metrics.filter(|_| failure.is_none()) {
        let counts: Vec<_> =
            counts.into_iter().map(|((code, severity), n)| (code, severity, n)).collect();
        metrics.complete(outcome, |run, labels, out| {
            write_chain_metrics(&summary, &counts, run, labels, out)
        })?;
    }
    output::write_with(output, |out| written.and_then(|()| reporter.finish(&summary, out)))?;
    if let Some(failure) = failure {
        return Err(failure);
    }
    if let (Some(output), Some(point)) = (state_output, &summary.trust_point) {
        output::write_with(output, |out| write!(out, "{point}"))?;
    }
    Ok(outcome)
}

fn fails(fail_on: ChainFailOn, summary: &Summary, worst: Option<Severity>) -> bool {
    let counts = match summary.responses.total() {
        0 => &summary.rrsets,
        _ => &summary.responses,
    };
    let bogus = counts.bogus > 0 || worst == Some(Severity::Bogus);
    match fail_on {
        ChainFailOn::Never => false,
        ChainFailOn::Bogus => bogus,
        ChainFailOn::Violation => bogus || worst >= Some(Severity::Violation),
        ChainFailOn::Advice => bogus || worst.is_some(),
        ChainFailOn::Indeterminate => {
            bogus || worst >= Some(Severity::Violation) || counts.indeterminate > 0
        }
        ChainFailOn::Insecure => {
            counts.secure < counts.total() || worst >= Some(Severity::Violation)
        }
    }
}

impl From<FailOn> for ChainFailOn {
    fn from(fail_on: FailOn) -> Self {
        match fail_on {
            FailOn::Never => Self::Never,
            FailOn::Bogus => Self::Bogus,
            FailOn::Violation => Self::Violation,
            FailOn::Advice => Self::Advice,
        }
    }
}

/// The files that are named, and those of directories that may be captures. Notes and keys may lie beside
/// them: what is plainly something else is passed over there, and that is noted.
fn captures(paths: &[PathBuf]) -> Vec<Named> {
    expand(paths, "captures", &mut |directory, files| {
        let (captures, others): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|file| may_be_capture(file));
        let names = others.iter().filter_map(|file| file.file_name());
        let mut names: Vec<_> = names.take(4).map(|name| name.to_string_lossy()).collect();
        if others.len() > 3 {
            names.truncate(2);
            names.push(format!("{} others", others.len() - 2).into());
        }
        if !others.is_empty() {
            let directory = directory.display();
            note(&format!("{directory}: passed over what is no capture: {}", names.join(", ")));
        }
        captures
    })
}

/// Whether a file is a capture, or nothing that has another name. Why one cannot be read is told when it
/// is read.
fn may_be_capture(path: &Path) -> bool {
    let source = Source::open(path, &OpenOptions::default());
    let recognised = source.ok().and_then(|source| recognise(source).ok());
    !matches!(recognised, Some(Recognised::Other(Seems::Text | Seems::ZoneFile | Seems::Named(_))))
}

/// What is wanted of the files of a directory.
type Choose<'c> = dyn FnMut(&Path, Vec<PathBuf>) -> Vec<PathBuf> + 'c;

/// The files that are named, `-` too, and of the files of directories those that are chosen, in the order of
/// their names; `what` says what they are.
pub(crate) fn expand(paths: &[PathBuf], what: &str, choose: &mut Choose<'_>) -> Vec<Named> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(Ok(path.clone()));
            continue;
        }
        match inside(path).map(|files| choose(path, files)) {
            Ok(inside) if inside.is_empty() => {
                files.push(Err(anyhow!("{} holds no {what}", path.display())));
            }
            Ok(inside) => files.extend(inside.into_iter().map(Ok)),
            Err(error) => {
                let context = format!("cannot read {}", path.display());
                files.push(Err(anyhow!(error).context(context)));
            }
        }
    }
    files
}

fn inside(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?.path();
        if entry.is_file() {
            files.push(entry);
        }
    }
    files.sort();
    Ok(files)
}

fn open(path: &Path, args: &ChainArgs) -> Result<Source, anyhow::Error> {
    let options = OpenOptions { map: !args.no_mmap };
    Ok(match path == Path::new("-") {
        true => Source::stdin(&options),
        false => Source::open(path, &options),
    }?)
}

fn config(args: &ChainArgs, policy: &PolicyFile, now: i64) -> Result<Config, Failure> {
    let mut given = Vec::new();
    for path in &args.anchor {
        given.extend(anchors::from_file(path)?);
    }
    for word in &args.ds {
        given.extend(anchors::from_word(word)?);
    }
    let at = match args.at.map(|time| time.resolve(now)) {
        None => None,
        Some(JudgementTime::At(at)) => Some(at),
        Some(JudgementTime::Ignored) => {
            let error = anyhow!("--at none: a chain of trust holds at a time or not at all");
            return Err(Failure::usage(error));
        }
    };
    let default = policy.limits;
    Ok(Config {
        anchors: given,
        followed: args.rfc5011.as_deref().map(anchors::state_from_file).transpose()?,
        at,
        backend: args.backend.choice(),
        cross_check: args.cross_check,
        threads: args.threads.map_or(0, |threads| usize::from(threads.get())),
        sha1: args.sha1.or(policy.sha1).map_or(Sha1::Accept, Sha1::from),
        policy: policy.policy.clone(),
        limits: Limits {
            nsec3_iterations: args.max_nsec3_iterations.unwrap_or(default.nsec3_iterations),
            ..default
        },
        tell_signatures: args.tables.has_signatures(),
        explain: args.explain.clone(),
        journal: None,
    })
}

fn report_options(args: &ChainArgs, output: &output::Output) -> (ChainFormat, Options) {
    let format = match args.format {
        ChainFormatArg::Text => ChainFormat::Text,
        ChainFormatArg::Json => ChainFormat::Json,
        ChainFormatArg::Ndjson => ChainFormat::Ndjson,
        ChainFormatArg::Dot => ChainFormat::Dot,
        ChainFormatArg::Html => ChainFormat::Html,
    };
    let default = match format {
        ChainFormat::Html => HTML_FINDINGS,
        _ => TEXT_FINDINGS,
    };
    let verbosity = output::verbosity(args.quiet, args.verbose);
    let max_findings = args.max_findings.unwrap_or(Bound::AtMost(default)).limit();
    (format, Options { max_findings, verbosity, palette: output.palette })
}
