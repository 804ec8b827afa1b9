//! The styles of a text report, named for what they mean.

use std::fmt;

use anstyle::{AnsiColor, Style};

use crate::audit::findings::Severity;

use super::Status;

/// The styles of a text report. A plain palette writes no escape sequences at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Palette {
    /// The label of a section.
    pub label: Style,
    /// What only helps to read the rest: column heads, references, line numbers.
    pub faint: Style,
    /// What one looks for: a code, a key.
    pub strong: Style,
    /// All is well.
    pub good: Style,
    /// A validator rejects this.
    pub bogus: Style,
    /// A rule is broken.
    pub violation: Style,
    /// A hint.
    pub advice: Style,
}

impl Palette {
    /// Without any style, for files, pipes and `NO_COLOR`.
    #[must_use]
    pub fn plain() -> Self {
        Self::default()
    }

    /// With the sixteen colours that every terminal lets its user choose.
    #[must_use]
    pub fn coloured() -> Self {
        let bold = Style::new().bold();
        Self {
            label: bold,
            faint: Style::new().dimmed(),
            strong: bold,
            good: AnsiColor::Green.on_default().bold(),
            bogus: AnsiColor::Red.on_default().bold(),
            violation: AnsiColor::Yellow.on_default().bold(),
            advice: AnsiColor::Cyan.on_default().bold(),
        }
    }

    /// The style of a severity.
    #[must_use]
    pub fn of_severity(&self, severity: Severity) -> Style {
        match severity {
            Severity::Bogus => self.bogus,
            Severity::Violation => self.violation,
            Severity::Advice => self.advice,
        }
    }

    /// The style of a judgement.
    #[must_use]
    pub fn of_status(&self, status: Status) -> Style {
        match status {
            Status::Secure => self.good,
            Status::Insecure => self.violation,
            Status::Bogus => self.bogus,
        }
    }
}

/// Text in a style.
pub(crate) struct Painted<T>(pub(crate) Style, pub(crate) T);

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(style, text) = self;
        write!(f, "{style}{text}{style:#}")
    }
}
