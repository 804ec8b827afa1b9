//! `sigmill merge`: reports of many audits as one.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::{ArgAction, Args, ValueEnum};
use sigmill::audit::findings::Severity;
use sigmill::report::Options;
use sigmill::report::merge::{Adder, Merged, read_report, write_merged_text};
use sigmill::source::{OpenOptions, Source};

use super::exit::{Failure, Outcome, note, on_one_line};
use super::size::{Bound, parse_bound};
use super::time::now;
use super::zone_args::FailOn;
use super::{capture, output};

/// Rows of a list of reports in text.
const TEXT_ROWS: u64 = 20;

/// Add up JSON reports of many zones and captures
///
/// Reads what `sigmill zone`, `sigmill capture` and `sigmill records` wrote with --format json or
/// ndjson, and says what is not good, what expires first, and what all of it holds together. Merged
/// reports can be merged again, in any order.
#[derive(Debug, Args)]
#[command(after_help = "`sigmill help merge` says more, with examples.", after_long_help = HELP)]
pub(crate) struct MergeArgs {
    /// Reports, or directories of them; `-` for standard input
    ///
    /// Plain or compressed. A report that is given twice, also as a copy or within a merged one, is an
    /// error, since it would count twice.
    #[arg(value_name = "REPORT", required = true)]
    reports: Vec<PathBuf>,

    /// Exit with 1 from this severity on
    #[arg(long, value_name = "SEVERITY", default_value = "violation")]
    fail_on: FailOn,

    /// The format of the merged report
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Report")]
    format: MergeFormat,

    /// Write the merged report to this file; `-` for standard output
    ///
    /// A file that exists is replaced when the report is complete.
    #[arg(short, long, value_name = "FILE", default_value = "-", hide_default_value = true)]
    #[arg(help_heading = "Report")]
    output: PathBuf,

    /// Reports that text lists as not good, or `all` [default: 20]
    #[arg(long, value_name = "N", value_parser = parse_bound, help_heading = "Report")]
    max_reports: Option<Bound>,

    /// Only the judgement; twice for no text at all
    #[arg(short, long, action = ArgAction::Count, help_heading = "Report")]
    quiet: u8,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum MergeFormat {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

const HELP: &str = "\
Examples:
  sigmill merge reports/
  for zone in *.zone; do sigmill zone $zone --format json -o reports/$zone.json; done
  sigmill merge monday/*.json.gz --format json -o monday.json
  sigmill merge monday.json tuesday.json
  sigmill merge reports/ --format json | jq -r '.reports[] | select(.status == \"bogus\") | .subject'

Exit status:
  0  no report has findings that weigh at least what --fail-on names
  1  one has
  2  the command line is wrong
  3  a report could not be read, or was given twice, which is told; the others were added up";

/// Runs `sigmill merge`.
pub(crate) fn run(args: &MergeArgs) -> Result<Outcome, Failure> {
    let files = capture::expand(&args.reports, "files", &mut |_, files| files);
    if args.reports.iter().filter(|path| *path == Path::new("-")).count() > 1 {
        return Err(Failure::usage(anyhow!("only one of the reports can be standard input")));
    }
    for file in files.iter().flatten() {
        output::refuse_to_overwrite(file, &args.output)?;
    }
    let output = output::open(&args.output)?;
    let (mut adder, named) = (Adder::default(), files.len());
    let mut errors = Vec::new();
    for file in files {
        let added = file.and_then(|path| {
            let name = path.to_string_lossy().into_owned();
            let merged = read(&path, &name).with_context(|| format!("cannot merge {name}"))?;
            adder.add(merged, &name).map_err(|error| anyhow!(error))
        });
        // The others are added up all the same.
        if let Err(error) = added {
            if named > 1 {
                note(&on_one_line(&error));
            }
            errors.push(error);
        }
    }
    let merged = adder.finish();
    let failed = errors.len();
    let failure = errors.pop().map(|error| match named {
        1 => Failure::input(error),
        _ => Failure::input(anyhow!("{failed} of {named} reports were left out")),
    });
    if let Some(failure) = failure {
        if !merged.reports.is_empty() {
            write(args, &merged, output)?;
        }
        return Err(failure);
    }
    write(args, &merged, output)?;
    let severity = match args.fail_on {
        FailOn::Never => return Ok(Outcome::Good),
        FailOn::Bogus => Severity::Bogus,
        FailOn::Violation => Severity::Violation,
        FailOn::Advice => Severity::Advice,
    };
    let weighty = merged.has_findings_at_least(severity);
    Ok(if weighty { Outcome::Findings } else { Outcome::Good })
}

fn read(path: &Path, name: &str) -> Result<Merged, anyhow::Error> {
    // A file that is read once gains nothing by being mapped.
    let options = OpenOptions { map: false };
    let source = match path == Path::new("-") {
        true => Source::stdin(&options),
        false => Source::open(path, &options),
    }?;
    Ok(read_report(name, source.into_blocks())?)
}

fn write(args: &MergeArgs, merged: &Merged, output: output::Output) -> Result<(), Failure> {
    let max_findings = args.max_reports.unwrap_or(Bound::AtMost(TEXT_ROWS)).limit();
    let verbosity = output::verbosity(args.quiet, false);
    let options = Options { max_findings, verbosity, palette: output.palette };
    output::write_with(output, |out| match args.format {
        MergeFormat::Text => write_merged_text(merged, now(), options, out),
        MergeFormat::Json => merged.write_json(out),
    })
}
