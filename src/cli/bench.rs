//! `sigmill bench`: the arguments as resolved, the comparison, the reports.

use std::io::{self, IsTerminal as _};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use anyhow::anyhow;
use indicatif::ProgressBar;
use sigmill::bench::{
    self, Config, Contender, InputConfig, KeyUse, Matrix, Phase, Progress, Stage, WorkConfig,
};
use sigmill::report::Verbosity;
use sigmill::report::bench::{BenchFormat, BenchOptions, bench_exporter};
use sigmill::report::words::took;
use sigmill::source::map;

use super::bench_args::{BenchArgs, BenchFormatArg, FormArg, KeysArg, StageArg};
use super::exit::{Failure, Outcome};
use super::output::Output;
use super::{kernel, output, progress};

/// Octets of signatures and signed data of an input that are held.
const HELD: usize = 2 << 30;
/// Columns of a report that goes to no terminal.
const WIDTH: usize = 100;

/// Runs `sigmill bench`.
pub(crate) fn run(args: &BenchArgs) -> Result<Outcome, Failure> {
    kernel::choose(args.kernel.as_deref())?;
    let config = config(args);
    for file in &args.from {
        let reports = args.export.iter().map(|export| &export.path).chain([&args.output]);
        for report in reports {
            output::refuse_to_overwrite(file, report)?;
        }
    }
    let output = output::open(&args.output)?;
    let exports = args.export.iter().map(|export| Ok((export.format, output::open(&export.path)?)));
    let exports = exports.collect::<Result<Vec<(BenchFormat, Output)>, Failure>>()?;
    if !args.from.is_empty() {
        map::report_truncation_and_exit().map_err(|error| Failure::input(anyhow!(error)))?;
    }

    let watched = Arc::clone(&config.progress);
    let watch = progress::watch_with(args.progress, move |bar| show(bar, &watched));
    let compared = bench::compare(&config);
    drop(watch);
    let comparison = compared.map_err(|error| match error {
        bench::Error::TooMany { .. } => Failure::usage(error),
        error => Failure::input(error),
    })?;
    let options = BenchOptions {
        width: width(&args.output),
        verbosity: match (args.quiet, args.verbose) {
            (0, true) => Verbosity::Detailed,
            (0, false) => Verbosity::Normal,
            (1, _) => Verbosity::Judgement,
            _ => Verbosity::Silent,
        },
        palette: output.palette,
    };
    for (format, output) in exports {
        let options = BenchOptions { width: WIDTH, palette: output.palette, ..options };
        let exporter = bench_exporter(format, options);
        output::write_with(output, |out| exporter.write(&comparison, out))?;
    }
    let exporter = bench_exporter(format(args.format), options);
    output::write_with(output, |out| exporter.write(&comparison, out))?;
    Ok(if comparison.failures.is_empty() { Outcome::Good } else { Outcome::Findings })
}

fn config(args: &BenchArgs) -> Config {
    let work = if args.from.is_empty() {
        WorkConfig::Generated(matrix(args))
    } else {
        WorkConfig::Input(InputConfig {
            files: args.from.clone(),
            form: args.form.map(FormArg::form),
            origin: args.origin,
            octets: args.max_held.unwrap_or(HELD),
        })
    };
    let default = Config::new(work);
    let contenders = match args.backend.as_slice() {
        [] if args.from.is_empty() => default.contenders,
        [] => [vec![Contender::Auto], default.contenders].concat(),
        // Every name that the arguments take is a contender's.
        named => unique(named.iter().filter_map(|backend| Contender::by_name(backend.name()))),
    };
    let threads = match args.threads.as_slice() {
        [] => default.threads,
        threads => threads.iter().copied().map(NonZeroUsize::get).collect(),
    };
    Config {
        contenders,
        threads,
        baseline: args.baseline.name(),
        time: args.time.unwrap_or(default.time),
        ..default
    }
}

/// Each contender once, where it was named first.
fn unique(contenders: impl Iterator<Item = Contender>) -> Vec<Contender> {
    let mut unique: Vec<Contender> = Vec::new();
    for contender in contenders {
        if unique.iter().all(|other| other.name() != contender.name()) {
            unique.push(contender);
        }
    }
    unique
}

fn matrix(args: &BenchArgs) -> Matrix {
    let default = Matrix::default();
    let or = |list: Vec<usize>, default| if list.is_empty() { default } else { list };
    let numbers =
        |list: &[NonZeroUsize]| -> Vec<usize> { once(list.iter().copied().map(NonZeroUsize::get)) };
    let kinds = once(args.algorithm.iter().flat_map(|kinds| kinds.0.iter().copied()));
    let stages = once(args.work.iter().map(|stage| match stage {
        StageArg::Hash => Stage::Hash,
        StageArg::Verify => Stage::Verify,
        StageArg::Rrset => Stage::Rrset,
    }));
    let keys = once(args.keys.iter().map(|keys| match keys {
        KeysArg::Ready => KeyUse::Ready,
        KeysArg::Fresh => KeyUse::Fresh,
    }));
    let batches: Vec<Option<usize>> = numbers(&args.batch).into_iter().map(Some).collect();
    Matrix {
        kinds: if kinds.is_empty() { default.kinds } else { kinds },
        stages: if stages.is_empty() { default.stages } else { stages },
        keys: if keys.is_empty() { default.keys } else { keys },
        signatures_per_key: or(numbers(&args.signatures_per_key), default.signatures_per_key),
        batches: if batches.is_empty() { default.batches } else { batches },
        key_search: default.key_search,
    }
}

/// Each item once, where it comes first.
fn once<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut all = Vec::new();
    for item in items {
        if !all.contains(&item) {
            all.push(item);
        }
    }
    all
}

fn format(format: BenchFormatArg) -> BenchFormat {
    match format {
        BenchFormatArg::Text => BenchFormat::Text,
        BenchFormatArg::Json => BenchFormat::Json,
        BenchFormatArg::Csv => BenchFormat::Csv,
        BenchFormatArg::Markdown => BenchFormat::Markdown,
        BenchFormatArg::Hlog => BenchFormat::Hlog,
        BenchFormatArg::Html => BenchFormat::Html,
    }
}

/// Columns of the terminal, when the report goes to one.
fn width(output: &Path) -> usize {
    if output != Path::new("-") || !io::stdout().is_terminal() {
        return WIDTH;
    }
    terminal_size::terminal_size().map_or(WIDTH, |(width, _)| usize::from(width.0))
}

fn show(bar: &ProgressBar, progress: &Progress) {
    let millis = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let (total, done) = (millis(progress.expected()), millis(progress.done()));
    let message = match progress.phase() {
        Phase::Reading => "reading the input".to_owned(),
        Phase::Making => "making keys and signatures".to_owned(),
        Phase::Checking => "checking answers".to_owned(),
        Phase::Measuring => {
            let left = progress.expected().saturating_sub(progress.done());
            format!("measuring: about {} left", took(left.as_secs_f64().ceil()))
        }
    };
    progress::draw(bar, total, done, message);
}
