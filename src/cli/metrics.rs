//! Metrics beside the report: the options, and the file behind them.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use clap::Args;
use clap::builder::{PathBufValueParser, TypedValueParser as _};
use sigmill::report::metrics::{Labels, Run};

use super::exit::{Failure, Outcome};
use super::output::FileOutput;

/// Metrics of an audit.
#[derive(Debug, Args)]
#[command(next_help_heading = "Metrics")]
pub(crate) struct MetricsArgs {
    /// Write metrics for Prometheus to this file, whose name ends in .prom
    ///
    /// For node_exporter's textfile collector: the file is replaced at once when the audit has ended,
    /// and stays as it was when it could not. MONITORING.md describes the metrics and has rules for alerts.
    #[arg(long, value_name = "FILE", value_parser = metrics_parser())]
    metrics: Option<PathBuf>,

    /// Give every metric this label; may be repeated
    ///
    /// To tell audits of one zone apart, or several captures: view=internal.
    #[arg(long, value_name = "NAME=VALUE", requires = "metrics")]
    metrics_label: Vec<String>,
}

fn metrics_parser() -> impl clap::builder::TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| match path.extension() {
        Some(ending) if ending == "prom" => Ok(path),
        _ => Err("node_exporter reads files whose names end in .prom"),
    })
}

/// An open file of metrics.
pub(crate) struct Metrics {
    file: FileOutput,
    labels: Labels,
    started: Instant,
}

impl MetricsArgs {
    /// The file that is asked for.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.metrics.as_deref()
    }

    /// Opens the file, when one is asked for, and starts the clock.
    pub(crate) fn open(&self) -> Result<Option<Metrics>, Failure> {
        let mut labels = Labels::default();
        for label in &self.metrics_label {
            labels.add(label).map_err(|error| {
                Failure::usage(anyhow::Error::new(error).context("--metrics-label"))
            })?;
        }
        let open =
            |path| Ok(Metrics { file: FileOutput::open(path)?, labels, started: Instant::now() });
        self.metrics.as_deref().map(open).transpose()
    }
}

impl Metrics {
    /// Writes the metrics of an audit that ended in this outcome, and puts them in their place.
    pub(crate) fn complete(
        mut self,
        outcome: Outcome,
        write: impl FnOnce(Run, &Labels, &mut FileOutput) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let run = Run {
            ended: now.as_secs().cast_signed(),
            seconds: self.started.elapsed().as_secs_f64(),
            is_good: outcome == Outcome::Good,
        };
        write(run, &self.labels, &mut self.file).and_then(|()| self.file.flush()).map_err(
            |error| Failure::input(anyhow::Error::new(error).context("cannot write metrics")),
        )?;
        self.file.complete()
    }
}
