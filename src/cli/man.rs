//! `sigmill man`: manual pages, made from the same text as `--help`.

use anyhow::anyhow;
use clap::{Args, CommandFactory as _};
use clap_mangen::Man;

use super::exit::{Failure, Outcome};
use super::{Cli, output};

/// Print a manual page, in roff
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  sigmill man | man -l -
  sigmill man zone > /usr/local/share/man/man1/sigmill-zone.1")]
pub(crate) struct ManArgs {
    /// The command to print the page of; without one, that of sigmill itself
    command: Option<String>,
}

pub(crate) fn run(args: &ManArgs) -> Result<Outcome, Failure> {
    let mut sigmill = Cli::command();
    sigmill.build();
    let command = match &args.command {
        None => &sigmill,
        Some(name) => sigmill.find_subcommand(name).ok_or_else(|| {
            let error = anyhow!("there is no command {name:?}");
            Failure::usage(error).hint("`sigmill --help` lists them")
        })?,
    };
    let source = concat!("sigmill ", env!("CARGO_PKG_VERSION"));
    let page = Man::new(command.clone()).manual("sigmill").source(source);
    output::write_with(output::stdout(), |out| page.render(out))?;
    Ok(Outcome::Good)
}
