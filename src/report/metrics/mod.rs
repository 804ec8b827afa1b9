//! Metrics for Prometheus: what one audit found, as a file that node_exporter's textfile collector reads
//! (`MONITORING.md`).
//!
//! Written by hand: the text format is a dozen lines, and the crates for it serve metrics that live as
//! long as their process, each registered before it is written once. `prometheus-client` keeps label
//! sets in hash maps, so that lines would change places from run to run, and writes OpenMetrics, which
//! is not what the textfile collector parses. What comes out is read back by two parsers of others in the tests.

mod chain;
mod family;
mod zone;

use std::io::{self, Write};

use crate::audit::findings::{Code, Severity};

pub use chain::write_chain_metrics;
pub use family::{LabelError, Labels};
pub use zone::write_zone_metrics;

use family::Families;

/// What is to be told of a run besides what it found.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// When it ended, in Unix seconds.
    pub ended: i64,
    /// How long it took.
    pub seconds: f64,
    /// Whether nothing was found that weighs enough: the exit status is 0.
    pub is_good: bool,
}

impl Run {
    fn write<W: Write>(self, families: &mut Families<'_, W>) -> io::Result<()> {
        families.gauge("good", "Whether nothing was found that weighs what --fail-on names.")?;
        families.row(&[], u8::from(self.is_good))?;
        families.gauge("last_run_timestamp_seconds", "When the last audit ended.")?;
        families.row(&[], self.ended)?;
        families.gauge("duration_seconds", "How long the last audit took.")?;
        families.row(&[], self.seconds)?;
        families.gauge("info", "The version of sigmill that made the last audit.")?;
        families.row(&[("version", env!("CARGO_PKG_VERSION"))], 1)
    }
}

/// Findings by severity, all three of them, and by code.
fn write_findings<W: Write>(
    counts: &[(Code, Severity, u64)],
    families: &mut Families<'_, W>,
) -> io::Result<()> {
    families.gauge("findings", "Findings by severity.")?;
    for severity in [Severity::Bogus, Severity::Violation, Severity::Advice] {
        let of_it = counts.iter().filter(|row| row.1 == severity);
        let count: u64 = of_it.map(|row| row.2).sum();
        families.row(&[("severity", &severity.to_string())], count)?;
    }
    families.gauge("code_findings", "Findings by code; sigmill codes explains them.")?;
    for (code, severity, count) in counts {
        let labels = [("code", code.entry().code), ("severity", &severity.to_string())];
        families.row(&labels, count)?;
    }
    Ok(())
}
