//! `sigmill zone`: the arguments as resolved, the audit, the report.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::anyhow;
use sigmill::audit::findings::{Finding, Severity};
use sigmill::audit::zone::outcome::{Listener, ZoneAtHand};
use sigmill::audit::zone::{
    self, Config, JudgementTime, Limits, PreviousInput, Sha1, Summary, ZonemdPolicy,
};
use sigmill::report::columns::ZoneTables;
use sigmill::report::{self, Format, Options, Reporter};
use sigmill::source::{OpenOptions, Source, map};

use super::exit::{Failure, Outcome};
use super::output::{self, FileOutput, Output};
use super::policy::PolicyFile;
use super::size::Bound;
use super::time::now;
use super::zone_args::{FailOn, FormatArg, ZoneArgs, ZonemdArg};
use super::{anchors, kernel, policy, progress, tables};

/// How many findings a text report writes out by itself.
const TEXT_FINDINGS: u64 = 50;
/// How many findings a page lists by itself: what a browser sorts at once.
pub(super) const HTML_FINDINGS: u64 = 1000;

pub(crate) fn run(args: &ZoneArgs) -> Result<Outcome, Failure> {
    kernel::choose(args.kernel.as_deref())?;
    if let Some(threads) = args.threads {
        // Those that sort. That there is a pool already cannot be: nothing has run.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build_global();
    }
    let policy = policy::read(args.policy.as_deref())?;
    let config = config(args, &policy)?;
    let fail_on = severity(args.fail_on.or(policy.fail_on).unwrap_or(FailOn::Violation));
    let inputs: Vec<&Path> =
        [Some(&args.file), args.previous.as_ref()].into_iter().flatten().map(|p| &**p).collect();
    let outputs = args.tables.paths().chain(args.metrics.path()).chain([&*args.output]);
    tables::refuse_collisions(&inputs, outputs)?;
    let output = output::open(&args.output)?;
    let tables = args.tables.open_for_zone()?;
    let metrics = args.metrics.open()?;
    let (format, options) = report_options(args, &output);
    let reporter = report::reporter(format, options);
    let has_more = args.tables.paths().next().is_some() || metrics.is_some();
    let mut writing = Writing {
        reporter,
        output,
        reported: Ok(()),
        tables,
        tabled: Ok(()),
        has_more,
        stop: &config.stop,
    };

    let watch = progress::watch(args.progress, &config.progress);
    let audited = audit(args, &config, &mut writing);
    drop(watch);
    let Writing { mut reporter, output, reported, tables, tabled, .. } = writing;
    tabled.map_err(tables::unwritten)?;
    if reported.is_err() && !has_more {
        return output::write_with(output, |_| reported).map(|()| Outcome::Good);
    }
    let summary = audited?;
    let weighty = fail_on.is_some_and(|severity| summary.findings_at_least(severity) > 0);
    let outcome = if weighty { Outcome::Findings } else { Outcome::Good };
    tables::complete(tables.finish())?;
    if let Some(metrics) = metrics {
        metrics.complete(outcome, |run, labels, out| {
            report::metrics::write_zone_metrics(&summary, run, labels, out)
        })?;
    }
    output::write_with(output, |out| reported.and_then(|()| reporter.finish(&summary, out)))?;
    Ok(outcome)
}

/// Everything that is written while the audit runs.
struct Writing<'w> {
    reporter: Box<dyn Reporter>,
    output: Output,
    reported: io::Result<()>,
    tables: ZoneTables<FileOutput>,
    tabled: io::Result<()>,
    /// There is more to write than the report.
    has_more: bool,
    stop: &'w AtomicBool,
}

impl Writing<'_> {
    fn table(&mut self, write: impl FnOnce(&mut ZoneTables<FileOutput>) -> io::Result<()>) {
        if self.tabled.is_ok() {
            self.tabled = write(&mut self.tables);
            self.stop.fetch_or(self.tabled.is_err(), Ordering::Relaxed);
        }
    }
}

impl Listener for Writing<'_> {
    fn finding(&mut self, finding: &Finding) {
        if self.reported.is_ok() {
            self.reported = self.reporter.finding(finding, &mut self.output);
            // When nobody listens any more, or the disk is full, there is nothing left to audit for.
            let is_over = self.reported.is_err() && !self.has_more;
            self.stop.fetch_or(is_over, Ordering::Relaxed);
        }
        self.table(|tables| tables.finding(finding));
    }

    fn wants_outcomes(&self) -> bool {
        self.tables.want_outcomes()
    }

    fn zone(&mut self, zone: &ZoneAtHand<'_>) {
        self.tables.zone(zone);
    }

    fn outcome(&mut self, outcome: &zone::outcome::Outcome) {
        self.table(|tables| tables.outcome(outcome));
    }
}

/// Opens the input and judges it.
fn audit(
    args: &ZoneArgs,
    config: &Config,
    listener: &mut dyn Listener,
) -> Result<Summary, Failure> {
    // Without the handler a file that shrinks while it is mapped would end us by a signal; standard
    // input may include files, too.
    map::report_truncation_and_exit().map_err(|error| Failure::input(anyhow!(error)))?;
    let options = OpenOptions { map: config.map };
    let source = if args.file == Path::new("-") {
        Source::stdin(&options)
    } else {
        Source::open(&args.file, &options)
    };
    let source = source.map_err(|error| Failure::input(anyhow!(error)))?;
    zone::audit_with(source, config, listener).map_err(|error| Failure::input(anyhow!(error)))
}

fn config(args: &ZoneArgs, policy: &PolicyFile) -> Result<Config, Failure> {
    let now = now();
    let mut anchors = Vec::new();
    for path in &args.anchor {
        anchors.extend(anchors::from_file(path)?);
    }
    for word in &args.ds {
        anchors.extend(anchors::from_word(word)?);
    }
    let stdin = Path::new("-");
    if args.file == stdin && args.previous.as_deref() == Some(stdin) {
        let error = anyhow!("only one of the zone and --previous can be standard input");
        return Err(Failure::usage(error));
    }
    let times: Vec<JudgementTime> = args.at.iter().map(|time| time.resolve(now)).collect();
    let no_time = !times.is_empty() && times.iter().all(|time| *time == JudgementTime::Ignored);
    let expire_within = args.expire_within.or(policy.expire_within);
    if no_time && args.expire_within.is_some() {
        let error = anyhow!("--expire-within has no time to count from with --at none");
        return Err(Failure::usage(error));
    }
    let default = Config::default();
    Ok(Config {
        origin: args.origin,
        times,
        previous: args.previous.as_ref().map(|path| match path {
            path if path == stdin => PreviousInput::StandardInput,
            path => PreviousInput::File(path.clone()),
        }),
        anchors,
        built_in_anchors: !args.no_built_in_anchors,
        expire_within,
        backend: args.backend.choice(),
        cross_check: args.cross_check,
        threads: args.threads.map_or(default.threads, usize::from),
        allow_include: args.allow_include,
        map: !args.no_mmap,
        spool: args.spool.clone(),
        in_passing: !args.two_readings,
        sha1: args.sha1.or(policy.sha1).map_or(Sha1::Accept, Sha1::from),
        zonemd: match args.zonemd.or(policy.zonemd).unwrap_or(ZonemdArg::IfPresent) {
            ZonemdArg::IfPresent => ZonemdPolicy::IfPresent,
            ZonemdArg::Required => ZonemdPolicy::Required,
            ZonemdArg::Off => ZonemdPolicy::Off,
        },
        policy: policy.policy.clone(),
        limits: limits(args, policy.limits),
        ..default
    })
}

fn limits(args: &ZoneArgs, default: Limits) -> Limits {
    let or = |value: Option<u32>, default| value.map_or(default, |value| value as usize);
    Limits {
        entry_octets: args.max_entry.unwrap_or(default.entry_octets),
        include_depth: or(args.max_include_depth, default.include_depth),
        generate_records: args.max_generate.unwrap_or(default.generate_records),
        signatures_per_rrset: or(args.max_signatures_per_rrset, default.signatures_per_rrset),
        signed_octets_per_rrset: args.max_signed_octets.unwrap_or(default.signed_octets_per_rrset),
        rsa_exponent_bits: args.max_rsa_exponent_bits.unwrap_or(default.rsa_exponent_bits),
        keys_per_signature: or(args.max_keys_per_signature, default.keys_per_signature),
        nsec3_chains: or(args.max_nsec3_chains, default.nsec3_chains),
        nsec3_iterations: args.max_nsec3_iterations.unwrap_or(default.nsec3_iterations),
        ..default
    }
}

fn severity(fail_on: FailOn) -> Option<Severity> {
    match fail_on {
        FailOn::Bogus => Some(Severity::Bogus),
        FailOn::Violation => Some(Severity::Violation),
        FailOn::Advice => Some(Severity::Advice),
        FailOn::Never => None,
    }
}

fn report_options(args: &ZoneArgs, output: &Output) -> (Format, Options) {
    let (format, max_findings) = match args.format {
        FormatArg::Text => (Format::Text, Bound::AtMost(TEXT_FINDINGS)),
        FormatArg::Json => (Format::Json, Bound::All),
        FormatArg::Ndjson => (Format::Ndjson, Bound::All),
        FormatArg::Html => (Format::Html, Bound::AtMost(HTML_FINDINGS)),
    };
    let verbosity = output::verbosity(args.quiet, args.verbose);
    let max_findings = args.max_findings.unwrap_or(max_findings).limit();
    (format, Options { max_findings, verbosity, palette: output.palette })
}
