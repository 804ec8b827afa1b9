//! The arguments of `sigmill capture` and `sigmill records`, as typed.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};
use sigmill::dns::{Name, RType};

use super::When;
use super::kernel::KernelParser;
use super::metrics::MetricsArgs;
use super::size::{Bound, parse_bound, parse_size};
use super::tables::ChainTableArgs;
use super::time::{TimeArg, parse_time};
use super::zone_args::{BackendArg, Sha1Arg};

/// Judge the DNS responses in packet captures: secure, insecure, bogus or indeterminate
///
/// Reads pcap, pcapng and dnstap files, gathers the RRsets, keys and DS of all of them, verifies every
/// distinct signature once, and says of each response what a validator would have made of it when it
/// was seen, and why. Nothing is asked of the network: what the capture does not tell is
/// indeterminate, and the report names the RRset that is missing.
#[derive(Debug, Args)]
#[command(after_help = "`sigmill help capture` says more, with examples.", after_long_help = CAPTURE_HELP)]
pub(crate) struct CaptureArgs {
    /// Captures, or directories of them; `-` for standard input
    ///
    /// pcap, pcapng or dnstap, plain or compressed by gzip, zstd, xz or bzip2, told by their content.
    /// A pipe is read to its end, such as that of `tcpdump -w -`. Of a directory its own files are
    /// read, in the order of their names; what is plainly no capture is passed over there, with a note.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,

    /// Take traffic of this port for DNS; may be repeated [default: 53]
    #[arg(long, value_name = "PORT", help_heading = "Input")]
    pub(crate) port: Vec<u16>,

    #[command(flatten)]
    pub(crate) chain: ChainArgs,
}

/// Judge saved answers: the output of dig, kdig or drill, or records of many zones
///
/// Reads what these tools print, with +dnssec, and judges each answer as `sigmill capture` does. Text
/// without their comments is a bag of RRsets, which are judged one by one.
#[derive(Debug, Args)]
#[command(after_help = "`sigmill help records` says more, with examples.", after_long_help = RECORDS_HELP)]
pub(crate) struct RecordsArgs {
    /// Files of records; `-` for standard input
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) chain: ChainArgs,
}

/// What both take.
#[derive(Debug, Args)]
pub(crate) struct ChainArgs {
    /// Also use the records in this file, most of all DNSKEY and DS; may be repeated
    ///
    /// Zone text or the output of dig. They are not trusted by themselves: an anchor or DS must lead
    /// to them.
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(crate) keys: Vec<PathBuf>,

    /// Judge for this time instead of the time at which each response was seen
    ///
    /// As for `sigmill zone`. Text that states no time is judged for now otherwise.
    #[arg(long, value_name = "TIME", value_parser = parse_time, allow_hyphen_values = true)]
    #[arg(help_heading = "Judgement")]
    pub(crate) at: Option<TimeArg>,

    /// Exit with 1 from this on [default: violation]
    #[arg(long, value_name = "WHAT", help_heading = "Judgement")]
    pub(crate) fail_on: Option<ChainFailOn>,

    /// How findings weigh: `strict`, `validator`, `bind`, or a TOML file
    ///
    /// As for `sigmill zone`; what a file says of whole zones is left aside. It does not change whether
    /// data is secure, but for `sha1` and the limits. Options given beside it win.
    #[arg(long, value_name = "POLICY", help_heading = "Judgement")]
    pub(crate) policy: Option<String>,

    /// What becomes of SHA-1 in signatures and DS [default: accept]
    #[arg(long, value_name = "HOW", help_heading = "Judgement")]
    pub(crate) sha1: Option<Sha1Arg>,

    /// NSEC3 iterations above which a zone is insecure [default: 150]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub(crate) max_nsec3_iterations: Option<u16>,

    /// Octets that may be held in memory of what is distinct in the input [default: 2GiB]
    ///
    /// What does not fit is not judged, and counted.
    #[arg(long, value_name = "SIZE", value_parser = parse_size, help_heading = "Limits")]
    pub(crate) max_held: Option<usize>,

    /// Trust the DS or DNSKEY records in this file; may be repeated [default: the root's keys]
    ///
    /// Also IANA's root-anchors.xml, and the state files of resolvers: of Unbound's
    /// auto-trust-anchor-file the keys that are VALID or MISSING, of BIND's managed-keys.bind those
    /// whose hold-down time is over.
    #[arg(long, value_name = "FILE", help_heading = "Trust")]
    pub(crate) anchor: Vec<PathBuf>,

    /// Trust this DS, such as 'example. DS 20326 8 2 E06D…'; may be repeated
    ///
    /// Without an owner it is the root's.
    #[arg(long, value_name = "DS", help_heading = "Trust")]
    pub(crate) ds: Vec<String>,

    /// Trust the keys in this state file, and follow their rollover (RFC 5011)
    ///
    /// The file is in the form of Unbound's auto-trust-anchor-file. The DNSKEY sets of its zone in the
    /// input, at the times at which they were seen, decide which keys are trusted from when and until
    /// when.
    #[arg(long, value_name = "FILE", help_heading = "Trust")]
    pub(crate) rfc5011: Option<PathBuf>,

    /// Write the state of these keys after the input to this file
    ///
    /// It may be the same file. Nothing is written when an input cannot be read to its end.
    #[arg(long, value_name = "FILE", requires = "rfc5011", help_heading = "Trust")]
    pub(crate) rfc5011_output: Option<PathBuf>,

    /// Show the chain of trust of this name, or of one type at it; may be repeated
    ///
    /// Such as www.example.com or example.com/MX.
    #[arg(long, value_name = "NAME[/TYPE]", value_parser = parse_subject, help_heading = "Report")]
    pub(crate) explain: Vec<(Name, Option<RType>)>,

    /// The form of the report
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Report")]
    pub(crate) format: ChainFormatArg,

    /// Write the report to this file; `-` for standard output
    #[arg(long, short, value_name = "FILE", default_value = "-", hide_default_value = true)]
    #[arg(help_heading = "Report")]
    pub(crate) output: PathBuf,

    /// Findings that text and HTML write out [default: 20 in text, 1000 in html]
    ///
    /// HTML also lists as many responses that are not secure. All are counted in any case.
    #[arg(long, value_name = "N|all", value_parser = parse_bound, help_heading = "Report")]
    pub(crate) max_findings: Option<Bound>,

    /// Say more: every zone, and how long verifications took
    #[arg(long, short, help_heading = "Report")]
    pub(crate) verbose: bool,

    /// Say less: once for the judgement alone, twice for nothing
    #[arg(long, short, action = ArgAction::Count, conflicts_with = "verbose")]
    #[arg(help_heading = "Report")]
    pub(crate) quiet: u8,

    /// Show a progress bar
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = "Report")]
    pub(crate) progress: When,

    #[command(flatten)]
    pub(crate) tables: ChainTableArgs,

    #[command(flatten)]
    pub(crate) metrics: MetricsArgs,

    /// What verifies signatures
    #[arg(long, value_name = "NAME", default_value = "auto", help_heading = "Work")]
    pub(crate) backend: BackendArg,

    /// The kernel of sigmill's own arithmetic [default: SIGMILL_KERNEL, or the fastest]
    ///
    /// As for `sigmill zone`.
    #[arg(long, value_name = "NAME", value_parser = KernelParser, help_heading = "Work")]
    pub(crate) kernel: Option<String>,

    /// Verify everything with a second library too, and report disagreement
    #[arg(long, help_heading = "Work")]
    pub(crate) cross_check: bool,

    /// Worker threads [default: one for each processor]
    #[arg(long, short = 'j', value_name = "N", help_heading = "Work")]
    pub(crate) threads: Option<std::num::NonZeroU16>,

    /// Read files instead of mapping them into memory
    #[arg(long, help_heading = "Work")]
    pub(crate) no_mmap: bool,
}

/// What makes a run fail.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, ValueEnum)]
pub(crate) enum ChainFailOn {
    /// Nothing does.
    Never,
    /// Bogus data.
    Bogus,
    /// Bogus data, and findings that are violations.
    Violation,
    /// Bogus data, and any finding.
    Advice,
    /// Also what is indeterminate.
    Indeterminate,
    /// All that is not secure.
    Insecure,
}

/// The form of a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum ChainFormatArg {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// The chains of --explain, for Graphviz.
    Dot,
    /// One page for a browser, without any other file.
    Html,
}

/// Reads a name and perhaps a type behind a slash.
fn parse_subject(text: &str) -> Result<(Name, Option<RType>), String> {
    let (name, rtype) = match text.rsplit_once('/') {
        // A slash may also belong to the name, as in 0/25.2.0.192.in-addr.arpa.
        Some((name, rtype)) => match RType::from_text(rtype.as_bytes()) {
            Some(rtype) => (name, Some(rtype)),
            None => (text, None),
        },
        None => (text, None),
    };
    let name = Name::from_text(name.as_bytes(), Some(&Name::root()));
    name.map(|name| (name, rtype)).map_err(|error| error.to_string())
}

const CAPTURE_HELP: &str = "\
Examples:
  sigmill capture dns.pcapng
  sigmill capture monday/ --format ndjson --output monday.ndjson
  tcpdump -i eth0 -w - port 53 | sigmill capture -
  sigmill capture dns.pcapng --explain www.example.com/A
  sigmill capture dns.pcapng --explain www.example.com --format dot | dot -Tsvg > chain.svg
  dig +dnssec example.com DNSKEY > keys; sigmill capture dns.pcapng --keys keys
  sigmill capture dns.pcapng --rfc5011 root.key --rfc5011-output root.key

Exit status:
  0  nothing was found that --fail-on names
  1  something was
  2  the command line is wrong
  3  an input could not be read, which is told, or the report not written; the others were judged";

const RECORDS_HELP: &str = "\
Examples:
  dig +dnssec ietf.org A | sigmill records -
  for t in DNSKEY DS SOA; do dig +dnssec ietf.org $t; done > answers
  sigmill records answers --explain ietf.org/SOA

Exit status:
  0  nothing was found that --fail-on names
  1  something was
  2  the command line is wrong
  3  an input could not be read, which is told, or the report not written; the others were judged";

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 2317: names with slashes are real.
    #[test]
    fn a_slash_ends_the_name_only_before_a_type() {
        let read = |text: &str| {
            parse_subject(text).map(|(name, rtype)| (name.to_string(), rtype)).unwrap()
        };
        assert_eq!(read("a.example/mx"), ("a.example.".into(), Some(RType::MX)));
        assert_eq!(read("0/25.2.0.192.in-addr.arpa"), ("0/25.2.0.192.in-addr.arpa.".into(), None));
        assert_eq!(read("0/25.arpa/ns"), ("0/25.arpa.".into(), Some(RType::NS)));
        assert!(parse_subject("a..b").is_err());
    }
}
