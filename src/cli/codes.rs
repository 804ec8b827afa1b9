//! `sigmill codes`: the catalogue of findings, listed and explained.

use std::io::{self, Write};

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use sigmill::audit::findings::{CatalogueEntry, Code, Severity};
use sigmill::report::Palette;
use sigmill::report::words::wrap;

use super::exit::{Failure, Outcome};
use super::output;

/// List or explain the codes of findings
#[derive(Debug, Args)]
#[command(after_long_help = "\
Codes are stable: scripts may name them. The severity shown is what a code weighs by itself; a
finding about a signature weighs less when another signature over the same RRset holds.

Severities:
  bogus      a validator would reject the data
  violation  a signer or zone broke a rule, though a validator may still accept the data
  advice     within the rules, but deprecated or unwise

Examples:
  sigmill codes
  sigmill codes signature-expired
  sigmill codes --format json | jq -r '.[] | select(.severity == \"bogus\") | .code'")]
pub(crate) struct CodesArgs {
    /// The code to explain; all of them are listed without it
    #[arg(hide_possible_values = true)]
    #[arg(value_parser = PossibleValuesParser::new(Code::ALL.iter().map(|c| c.entry().code)))]
    code: Option<String>,
    /// The format of the answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: CodesFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum CodesFormat {
    Text,
    Json,
}

pub(crate) fn run(args: &CodesArgs) -> Result<Outcome, Failure> {
    let all = Code::ALL.iter().map(|code| code.entry());
    let wanted: Vec<_> =
        all.filter(|entry| args.code.as_deref().is_none_or(|code| code == entry.code)).collect();
    let output = output::stdout();
    let palette = output.palette;
    output::write_with(output, |out| match (args.format, args.code.is_some()) {
        (CodesFormat::Json, _) => {
            serde_json::to_writer_pretty(&mut *out, &wanted)?;
            writeln!(out)
        }
        (CodesFormat::Text, true) => wanted.iter().try_for_each(|e| explain(e, &palette, out)),
        (CodesFormat::Text, false) => list(&wanted, &palette, out),
    })?;
    Ok(Outcome::Good)
}

/// The columns that text may fill.
const WIDTH: usize = 100;

fn explain(entry: &CatalogueEntry, palette: &Palette, out: &mut dyn Write) -> io::Result<()> {
    let (strong, severity) = (palette.strong, palette.of_severity(entry.severity));
    writeln!(
        out,
        "{strong}{}{strong:#} ({severity}{}{severity:#}, {})\n",
        entry.code, entry.severity, entry.reference
    )?;
    for text in [entry.meaning, entry.advice] {
        for line in wrap(text, 0, WIDTH - 2) {
            writeln!(out, "  {line}")?;
        }
    }
    Ok(())
}

fn list(entries: &[&CatalogueEntry], palette: &Palette, out: &mut dyn Write) -> io::Result<()> {
    let strong = palette.strong;
    for severity in [Severity::Bogus, Severity::Violation, Severity::Advice] {
        let style = palette.of_severity(severity);
        if severity != Severity::Bogus {
            writeln!(out)?;
        }
        writeln!(out, "{style}{severity}{style:#}")?;
        for entry in entries.iter().filter(|entry| entry.severity == severity) {
            writeln!(out, "  {strong}{}{strong:#}", entry.code)?;
            for line in wrap(entry.meaning, 0, WIDTH - 6) {
                writeln!(out, "      {line}")?;
            }
        }
    }
    Ok(())
}
