//! `sigmill capture` and `sigmill records`: what is taken in, the audit, the report.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, anyhow};
use sigmill::audit::chain::{
    self, Config, Intake, Summary, read_capture, read_material, read_text,
};
use sigmill::audit::findings::Severity;
use sigmill::audit::zone::{JudgementTime, Limits, Progress, Sha1};
use sigmill::capture::ReadOptions;
use sigmill::report::chain::{ChainFormat, chain_reporter};
use sigmill::report::{Options, Verbosity};
use sigmill::source::{OpenOptions, Source, map};

use super::capture_args::{CaptureArgs, ChainArgs, ChainFailOn, ChainFormatArg, RecordsArgs};
use super::exit::{Failure, Outcome, note};
use super::size::Bound;
use super::zone_args::Sha1Arg;
use super::{anchors, kernel, output, progress};

/// Findings that a text report writes out.
const TEXT_FINDINGS: u64 = 20;
/// Octets of RRsets and responses that are held.
const HELD: usize = 2 << 30;
/// Octets of one file of text.
const TEXT: usize = 1 << 30;

/// Runs `sigmill capture`.
pub(crate) fn run(args: &CaptureArgs) -> Result<Outcome, Failure> {
    let files = expand(&args.files)?;
    let options = ReadOptions {
        ports: if args.port.is_empty() { vec![53] } else { args.port.clone() },
        ..ReadOptions::default()
    };
    judge(&args.chain, &files, &mut |intake, source, now, progress| {
        let mut told = |stored| progress.bytes_read.store(stored, Ordering::Relaxed);
        read_capture(intake, source, &options, now, &mut told).map_err(|error| anyhow!(error))
    })
}

/// Runs `sigmill records`.
pub(crate) fn run_records(args: &RecordsArgs) -> Result<Outcome, Failure> {
    judge(&args.chain, &args.files, &mut |intake, source, now, _| {
        read_text(intake, source, TEXT, now).map_err(|error| anyhow!(error))
    })
}

/// Takes in one file.
type TakeIn<'t> = dyn FnMut(&mut Intake, Source, i64, &Progress) -> Result<(), anyhow::Error> + 't;

fn judge(
    args: &ChainArgs,
    files: &[PathBuf],
    take_in: &mut TakeIn<'_>,
) -> Result<Outcome, Failure> {
    kernel::choose(args.kernel.as_deref())?;
    let now = now();
    let config = config(args, now)?;
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
    let state_output = state_path.map(output::open).transpose()?;
    let mut output = output::open(&args.output)?;
    let (format, options) = report_options(args, &output);
    let mut reporter = chain_reporter(format, options);

    let started = Instant::now();
    let mut intake = Intake::new(args.max_held.unwrap_or(HELD));
    let watched = std::sync::Arc::new(Progress::default());
    let watch = progress::watch(args.progress, &watched);
    let mut failures = 0;
    for path in files {
        let source = open(path, args)?;
        let total = source.stored_len().unwrap_or(0);
        watched.bytes_total.store(total, Ordering::Relaxed);
        // What was read before a fault has been taken in, and the other files are still there.
        if let Err(error) = take_in(&mut intake, source, now, &watched) {
            failures += 1;
            note(&format!("{error:#}"));
        }
    }
    for path in &args.keys {
        let source = open(path, args)?;
        read_material(&mut intake, source, TEXT, now)
            .with_context(|| path.display().to_string())
            .map_err(Failure::input)?;
    }
    drop(watch);
    let reading = started.elapsed();
    if failures == files.len() && intake.is_empty() {
        return Err(Failure::input(anyhow!("no input could be read")));
    }
    let mut written = Ok(());
    let mut on_event = |event: chain::Event| {
        if written.is_ok() {
            written = reporter.event(&event, &mut output);
        }
    };
    let mut worst = None;
    let mut watch_worst = |event: chain::Event| {
        if let chain::Event::Finding(finding) = &event {
            worst = worst.max(Some(finding.severity));
        }
        on_event(event);
    };
    let mut summary = chain::audit(intake, &config, &mut watch_worst)
        .map_err(|error| Failure::input(anyhow!(error)))?;
    summary.performance.reading_seconds = reading.as_secs_f64();
    if written.is_err() {
        return output::write_with(output, |_| written).map(|()| Outcome::Good);
    }
    output::write_with(output, |out| reporter.finish(&summary, out))?;
    if failures > 0 {
        return Err(Failure::input(anyhow!(
            "{failures} of {} inputs could not be read to the end",
            files.len()
        )));
    }
    if let (Some(output), Some(point)) = (state_output, &summary.trust_point) {
        output::write_with(output, |out| write!(out, "{point}"))?;
    }
    Ok(if fails(args.fail_on, &summary, worst) { Outcome::Findings } else { Outcome::Good })
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
        ChainFailOn::Indeterminate => {
            bogus || worst >= Some(Severity::Violation) || counts.indeterminate > 0
        }
        ChainFailOn::Insecure => {
            counts.secure < counts.total() || worst >= Some(Severity::Violation)
        }
    }
}

/// The files of directories in the order of their names; `-` and files as they are.
fn expand(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let failed = |error: std::io::Error| {
            Failure::input(anyhow!(error).context(format!("cannot read {}", path.display())))
        };
        let mut inside = Vec::new();
        for entry in fs::read_dir(path).map_err(failed)? {
            let entry = entry.map_err(failed)?.path();
            if entry.is_file() {
                inside.push(entry);
            }
        }
        inside.sort();
        if inside.is_empty() {
            return Err(Failure::input(anyhow!("{} holds no files", path.display())));
        }
        files.append(&mut inside);
    }
    Ok(files)
}

fn open(path: &Path, args: &ChainArgs) -> Result<Source, Failure> {
    let source = match path == Path::new("-") {
        true => Source::stdin(),
        false => Source::open(path, &OpenOptions { map: !args.no_mmap }),
    };
    source.map_err(|error| Failure::input(anyhow!(error)))
}

fn config(args: &ChainArgs, now: i64) -> Result<Config, Failure> {
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
    let default = Limits::default();
    Ok(Config {
        anchors: given,
        followed: args.rfc5011.as_deref().map(anchors::state_from_file).transpose()?,
        at,
        backend: args.backend.choice(),
        cross_check: args.cross_check,
        threads: args.threads.map_or(0, |threads| usize::from(threads.get())),
        sha1: match args.sha1.unwrap_or(Sha1Arg::Accept) {
            Sha1Arg::Accept => Sha1::Accept,
            Sha1Arg::Insecure => Sha1::Insecure,
            Sha1Arg::Fail => Sha1::Fail,
        },
        limits: Limits {
            nsec3_iterations: args.max_nsec3_iterations.unwrap_or(default.nsec3_iterations),
            ..default
        },
        explain: args.explain.clone(),
        ..Config::default()
    })
}

fn report_options(args: &ChainArgs, output: &output::Output) -> (ChainFormat, Options) {
    let format = match args.format {
        ChainFormatArg::Text => ChainFormat::Text,
        ChainFormatArg::Json => ChainFormat::Json,
        ChainFormatArg::Ndjson => ChainFormat::Ndjson,
        ChainFormatArg::Dot => ChainFormat::Dot,
    };
    let verbosity = match (args.quiet, args.verbose) {
        (0, true) => Verbosity::Detailed,
        (0, false) => Verbosity::Normal,
        (1, _) => Verbosity::Judgement,
        _ => Verbosity::Silent,
    };
    let max_findings = args.max_findings.unwrap_or(Bound::AtMost(TEXT_FINDINGS)).limit();
    (format, Options { max_findings, verbosity, palette: output.palette })
}

/// Seconds since 1970; a clock before that counts as 1970.
fn now() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX)
}
