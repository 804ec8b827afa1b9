//! The `sigmill` command: a thin face over the library.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = cli::arguments();
    let result = cli::run(cli);
    cli::exit_code(result)
}
