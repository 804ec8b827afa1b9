//! `sigmill completions`: scripts that let a shell complete the command line.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::exit::{Failure, Outcome};
use super::{Cli, output};

/// Print a script that completes sigmill's command line
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  sigmill completions bash > ~/.local/share/bash-completion/completions/sigmill
  sigmill completions fish > ~/.config/fish/completions/sigmill.fish")]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs) -> Result<Outcome, Failure> {
    // The generator panics when its writer fails, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "sigmill", &mut script);
    output::write_with(output::stdout(), |out| out.write_all(&script))?;
    Ok(Outcome::Good)
}
