//! The one place where outcomes become exit codes and errors become words.

use std::fmt;
use std::io::{self, Write as _};
use std::process::ExitCode;

use sigmill::report::words::printable;

/// How a command that ran to its end went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// Nothing that weighs enough was found.
    Good,
    /// Something was found that weighs at least what `--fail-on` names.
    Findings,
}

/// Who is at fault when a command cannot run to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// The command line.
    Usage,
    /// What was to be read, or where the report was to go.
    Input,
}

/// Why a command could not run to its end.
#[derive(Debug)]
pub(crate) struct Failure {
    fault: Fault,
    error: anyhow::Error,
    hint: Option<String>,
}

impl Failure {
    pub(crate) fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self { fault: Fault::Usage, error: error.into(), hint: None }
    }

    pub(crate) fn input(error: impl Into<anyhow::Error>) -> Self {
        Self { fault: Fault::Input, error: error.into(), hint: None }
    }

    /// Adds what the user can do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Whether the reader of our output has gone, which is its good right.
    fn is_broken_pipe(&self) -> bool {
        self.error.chain().any(|cause| {
            cause
                .downcast_ref::<io::Error>()
                .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", printable(&on_one_line(&self.error)))
    }
}

/// An error with its causes behind it, as grep and editors like them. Some errors tell their cause
/// themselves: that is not said again.
pub(crate) fn on_one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if line.is_empty() {
            line = cause;
        } else if !line.ends_with(&cause) {
            line.push_str(": ");
            line.push_str(&cause);
        }
    }
    line
}

/// 0: all good. 1: findings. 2: usage. 3: input or output failed.
pub(crate) fn code(result: Result<Outcome, Failure>) -> ExitCode {
    match result {
        Ok(Outcome::Good) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            report(&failure);
            match failure.fault {
                Fault::Usage => ExitCode::from(2),
                Fault::Input => ExitCode::from(3),
            }
        }
    }
}

fn report(failure: &Failure) {
    let style = clap::builder::Styles::styled();
    let (red, green) = (style.get_error(), style.get_valid());
    let mut err = anstream::stderr().lock();
    // If standard error is gone too, nobody is left to be told.
    let _ = writeln!(err, "sigmill: {red}error:{red:#} {failure}");
    if let Some(hint) = &failure.hint {
        let _ = writeln!(err, "  {green}hint:{green:#} {hint}");
    }
}

/// Tells on standard error what a user should know of a command that goes on.
pub(crate) fn note(text: &str) {
    let style = clap::builder::Styles::styled();
    let blue = style.get_literal();
    // If standard error is gone, nobody is left to be told.
    let _ = writeln!(anstream::stderr(), "sigmill: {blue}note:{blue:#} {}", printable(text));
}

/// The same table for `--help`.
pub(crate) const EXIT_STATUS: &str = "\
Exit status:
  0  nothing was found that weighs at least what --fail-on names
  1  something was
  2  the command line is wrong
  3  the input could not be read, or the report not written";

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::{Context as _, anyhow};

    #[test]
    fn each_outcome_has_its_code() {
        let input = || Failure::input(anyhow!("gone"));
        let codes = [
            (code(Ok(Outcome::Good)), 0),
            (code(Ok(Outcome::Findings)), 1),
            (code(Err(Failure::usage(anyhow!("odd")))), 2),
            (code(Err(input())), 3),
        ];
        for (got, want) in codes {
            assert_eq!(got, ExitCode::from(want));
        }
    }

    // ripgrep and others: `| head` closing its end is no failure.
    #[test]
    fn a_broken_pipe_is_success_however_deep_it_lies() {
        let broken = io::Error::from(io::ErrorKind::BrokenPipe);
        let error = Err::<(), _>(broken).context("cannot write the report").unwrap_err();
        assert_eq!(code(Err(Failure::input(error))), ExitCode::SUCCESS);
    }

    #[test]
    fn causes_follow_their_error_on_one_line() {
        let error = anyhow!("no such file").context("cannot read a\x1b[2Jb");
        assert_eq!(Failure::input(error).to_string(), "cannot read a\\u{1b}[2Jb: no such file");
    }
}
