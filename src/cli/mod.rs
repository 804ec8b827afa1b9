//! The command line: one file per command, arguments as typed, arguments as resolved, exit codes in
//! one place.

mod anchors;
mod bench;
mod bench_args;
mod capture;
mod capture_args;
mod codes;
mod completions;
mod ds;
mod ds_args;
mod ds_write;
mod exit;
mod kernel;
mod man;
mod merge;
mod metrics;
mod output;
mod policy;
mod progress;
mod size;
mod tables;
mod time;
mod zone;
mod zone_args;

use anstream::ColorChoice;
use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use exit::code as exit_code;
use exit::{Failure, Outcome};

/// Verify DNSSEC signatures in bulk
///
/// sigmill reads a whole zone, verifies every signature in it, and says what a validator would
/// make of it: which RRsets are secure, which are bogus and why, by which keys, and how long the
/// signatures last.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, after_long_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: Global,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// When to use colours
    ///
    /// `auto` colours what goes to a terminal, unless NO_COLOR is set in the environment.
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true
    )]
    color: When,
}

#[derive(Debug, Subcommand)]
enum Command {
    Zone(Box<zone_args::ZoneArgs>),
    Capture(Box<capture_args::CaptureArgs>),
    Records(Box<capture_args::RecordsArgs>),
    Ds(Box<ds_args::DsArgs>),
    Merge(merge::MergeArgs),
    Bench(Box<bench_args::BenchArgs>),
    Codes(codes::CodesArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// Whether to do what suits a terminal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum When {
    /// On a terminal.
    Auto,
    Always,
    Never,
}

const AFTER_HELP: &str = "\
Examples:
  sigmill zone example.com.zone
  dig @ns.example.com example.com AXFR | sigmill zone - --origin example.com
  sigmill ds example.com.zone
  sigmill bench --from example.com.zone
  sigmill codes signature-expired

`sigmill help zone` explains the options of a command.";

/// The arguments as typed. Wrong ones, `--help` and `--version` end the program here.
pub(crate) fn arguments() -> Cli {
    Cli::parse()
}

/// Runs the command that was asked for.
pub(crate) fn run(cli: Cli) -> Result<Outcome, Failure> {
    let choice = match cli.global.color {
        When::Auto => ColorChoice::Auto,
        When::Always => ColorChoice::Always,
        When::Never => ColorChoice::Never,
    };
    choice.write_global();
    match cli.command {
        Command::Zone(args) => zone::run(&args),
        Command::Capture(args) => capture::run(&args),
        Command::Records(args) => capture::run_records(&args),
        Command::Ds(args) => ds::run(&args),
        Command::Merge(args) => merge::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Codes(args) => codes::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    }
}
