//! The arguments of `sigmill zone`, as typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, ValueEnum};
use serde::Deserialize;
use sigmill::audit::zone::Sha1;
use sigmill::crypto::BackendChoice;
use sigmill::dns::Name;

use super::When;
use super::exit::EXIT_STATUS;
use super::kernel::KernelParser;
use super::metrics::MetricsArgs;
use super::size::{Bound, parse_bound, parse_entry_size, parse_size};
use super::tables::TableArgs;
use super::time::{TimeArg, parse_span, parse_time};

/// Verify a zone: every signature, and what must be signed
///
/// Reads a zone file, verifies all signatures in it, and reports what a validator would make of it.
#[derive(Debug, Args)]
#[command(after_help = "`sigmill help zone` says more, with examples.", after_long_help = after_long_help())]
pub(crate) struct ZoneArgs {
    /// The zone file; `-` for standard input
    ///
    /// Master-file text (RFC 1035 §5), plain or compressed by gzip, zstd, xz or bzip2, told by its
    /// content. The output of `dig AXFR` will do; records may come in any order.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Compare with this version of the zone, the one that is published now
    ///
    /// Reports what those who hold it in their caches would trip over: a serial that does not grow,
    /// keys that came or went too soon, signatures kept over data that changed. What caches hold is
    /// seen from the first --at. The file is held in memory beside the zone, and its signatures are
    /// not verified. `-` for standard input.
    #[arg(long, value_name = "FILE", help_heading = "Judgement")]
    pub(crate) previous: Option<PathBuf>,

    /// The zone's apex, and the origin of relative names [default: the SOA's owner]
    #[arg(long, value_name = "NAME", value_parser = parse_name, help_heading = "Judgement")]
    pub(crate) origin: Option<Name>,

    /// Judge for this time; may be repeated [default: now]
    ///
    /// `now`, `none` to ignore times, an offset from now such as +7d, -12h or +2w3d,
    /// 2026-01-31T12:00:00Z (RFC 3339), 2026-01-31 (midnight UTC), 20260131120000 (as in RRSIG), or
    /// seconds since 1970.
    #[arg(long, value_name = "TIME", value_parser = parse_time, allow_hyphen_values = true)]
    #[arg(help_heading = "Judgement")]
    pub(crate) at: Vec<TimeArg>,

    /// Report signatures that expire within this time, such as 7d or 36h
    #[arg(long, value_name = "DURATION", value_parser = parse_span, help_heading = "Judgement")]
    pub(crate) expire_within: Option<Duration>,

    /// Exit with 1 from this severity on [default: violation]
    #[arg(long, value_name = "SEVERITY", help_heading = "Judgement")]
    pub(crate) fail_on: Option<FailOn>,

    /// How findings weigh, and what is required: `strict`, `validator`, `bind`, or a TOML file
    ///
    /// `strict` is the catalogue as it is, `validator` counts only what a resolver would reject,
    /// `bind` what dnssec-verify enforces. `sigmill help zone` shows what a file may say; options
    /// given beside it win.
    #[arg(long, value_name = "POLICY", help_heading = "Judgement")]
    pub(crate) policy: Option<String>,

    /// What becomes of SHA-1 in signatures and DS [default: accept]
    ///
    /// `accept` takes it and advises against it; `insecure` treats it as unknown, as RFC 9905 lets
    /// validators do; `fail` takes it and finds every such key bogus.
    #[arg(long, value_name = "HOW", help_heading = "Judgement")]
    pub(crate) sha1: Option<Sha1Arg>,

    /// What becomes of ZONEMD, the digest of the zone [default: if-present]
    #[arg(long, value_name = "HOW", help_heading = "Judgement")]
    pub(crate) zonemd: Option<ZonemdArg>,

    /// Trust the DS or DNSKEY records in this file; may be repeated
    ///
    /// Records as dig, dnssec-dsfromkey or unbound-anchor write them, IANA's root-anchors.xml, or the
    /// file in which Unbound or BIND keeps the state of its anchors.
    /// Anchors of other zones are ignored. Without an anchor the zone is judged as an island: by
    /// its own keys.
    #[arg(long, value_name = "FILE", help_heading = "Trust")]
    pub(crate) anchor: Vec<PathBuf>,

    /// Trust this DS, such as '20326 8 2 E06D…'; may be repeated
    ///
    /// The RDATA alone, for the zone that is verified, or a whole record with its owner.
    #[arg(long, value_name = "DS", help_heading = "Trust")]
    pub(crate) ds: Vec<String>,

    /// Do not trust the root's own keys without being told
    #[arg(long, help_heading = "Trust")]
    pub(crate) no_built_in_anchors: bool,

    /// The backend that verifies
    ///
    /// What a backend cannot verify goes to the fastest that can.
    #[arg(long, value_name = "NAME", default_value = "auto", help_heading = "Work")]
    pub(crate) backend: BackendArg,

    /// The kernel of sigmill's own arithmetic [default: SIGMILL_KERNEL, or the fastest]
    ///
    /// What has no kernel of this name takes its fastest below it. A name that this machine cannot do
    /// is an error here, and a note when the environment variable SIGMILL_KERNEL has it. `auto` is
    /// the fastest of each algorithm.
    #[arg(long, value_name = "NAME", value_parser = KernelParser, help_heading = "Work")]
    pub(crate) kernel: Option<String>,

    /// Verify everything with a second library too, and report disagreement
    #[arg(long, help_heading = "Work")]
    pub(crate) cross_check: bool,

    /// Worker threads [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    #[arg(help_heading = "Work")]
    pub(crate) threads: Option<u16>,

    /// Let $INCLUDE open files
    ///
    /// Off by default, because a zone file from elsewhere must not name files to be read here.
    #[arg(long, help_heading = "Work")]
    pub(crate) allow_include: bool,

    /// Read the file instead of mapping it into memory
    ///
    /// For files that are written to meanwhile, and file systems that cannot map.
    #[arg(long, help_heading = "Work")]
    pub(crate) no_mmap: bool,

    /// Put what is compressed or comes through a pipe into a file in this directory first
    ///
    /// Its records are kept in memory otherwise, nearly as many octets as the text has. With this it takes
    /// no more memory than a plain file, and the text's size on the disk of DIR until the program
    /// ends. The file has no name. Concerns --previous too.
    #[arg(long, value_name = "DIR", help_heading = "Work")]
    pub(crate) spool: Option<PathBuf>,

    /// Read the zone to its end before any of it is judged
    ///
    /// A zone whose owners come in order, as signers write it, is judged while it is read otherwise. The
    /// report is the same.
    #[arg(long, help_heading = "Work")]
    pub(crate) two_readings: bool,

    /// The format of the report
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Report")]
    pub(crate) format: FormatArg,

    /// Write the report to this file; `-` for standard output
    ///
    /// A file that exists is replaced when the report is complete: a run that fails leaves it as it
    /// was. Pipes and devices are written to directly.
    #[arg(short, long, value_name = "FILE", default_value = "-", hide_default_value = true)]
    #[arg(help_heading = "Report")]
    pub(crate) output: PathBuf,

    /// Write out so many findings, or `all` [default: 50 in text, 1000 in html, else all]
    ///
    /// All are counted in any case. Text and HTML give each code its fair share, and hold so many in
    /// memory; the others write the first ones.
    #[arg(long, value_name = "N", value_parser = parse_bound, help_heading = "Report")]
    pub(crate) max_findings: Option<Bound>,

    /// Only the judgement; twice for no text at all
    #[arg(short, long, action = ArgAction::Count, conflicts_with = "verbose")]
    #[arg(help_heading = "Report")]
    pub(crate) quiet: u8,

    /// Everything that was measured: sizes, types, stages, latencies
    #[arg(short, long, help_heading = "Report")]
    pub(crate) verbose: bool,

    /// When to show progress on standard error
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_default_value = true)]
    #[arg(help_heading = "Report")]
    pub(crate) progress: When,

    #[command(flatten)]
    pub(crate) tables: TableArgs,

    #[command(flatten)]
    pub(crate) metrics: MetricsArgs,

    /// The longest entry of a zone file, in octets, up to 1G [default: 4M]
    #[arg(long, value_name = "SIZE", value_parser = parse_entry_size, help_heading = "Limits")]
    pub(crate) max_entry: Option<usize>,

    /// The most signatures tried for one RRset [default: 64]
    ///
    /// Bounds the work that a hostile zone can cause (CVE-2023-50387). Reaching it is a finding.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    #[arg(help_heading = "Limits")]
    pub(crate) max_signatures_per_rrset: Option<u32>,

    /// The most octets of signed data written out for one RRset [default: 64M]
    ///
    /// An RRset that fits a DNS message never comes near it with 64 signatures. Reaching it is a
    /// finding; one signature is tried in any case.
    #[arg(long, value_name = "SIZE", value_parser = parse_size, help_heading = "Limits")]
    pub(crate) max_signed_octets: Option<usize>,

    /// The most bits in the exponent of an RSA key that is used [default: 64]
    ///
    /// The work for each signature grows with it; keys in use have 2, 17 or 33 bits. A key with more
    /// is a finding, and so is each signature by it: it is not verified, and what nothing else signs
    /// counts as bogus. Validators with OpenSSL refuse more than 64 bits for keys above 3072 bits,
    /// and take any for shorter ones.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=4096))]
    #[arg(help_heading = "Limits")]
    pub(crate) max_rsa_exponent_bits: Option<u32>,

    /// The most keys tried for one signature [default: 8]
    ///
    /// Keys may share tag and algorithm (CVE-2023-50387). Reaching the limit is a finding.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    #[arg(help_heading = "Limits")]
    pub(crate) max_keys_per_signature: Option<u32>,

    /// The most NSEC3 chains that are judged [default: 4]
    ///
    /// Each costs a hash of every name. Reaching the limit is a finding.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=16))]
    #[arg(help_heading = "Limits")]
    pub(crate) max_nsec3_chains: Option<u32>,

    /// The most NSEC3 iterations that are no violation [default: 150]
    ///
    /// Validators take zones above a limit of theirs for insecure or bogus (RFC 9276 §3.2): BIND and
    /// PowerDNS above 50, unbound above 150, others above 100 or 500.
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub(crate) max_nsec3_iterations: Option<u16>,

    /// The most records that one $GENERATE makes [default: 1048576]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub(crate) max_generate: Option<u64>,

    /// How deep $INCLUDE may go, in files [default: 16]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    #[arg(help_heading = "Limits")]
    pub(crate) max_include_depth: Option<u32>,
}

/// The severity from which on the exit code is 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FailOn {
    /// A validator would reject data
    Bogus,
    /// Also when a rule is broken
    Violation,
    /// On any finding
    Advice,
    /// The exit code is 0 whatever is found
    Never,
}

/// What becomes of SHA-1.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Sha1Arg {
    /// It counts, and is advised against
    Accept,
    /// It counts as unknown
    Insecure,
    /// It counts, and its keys are bogus
    Fail,
}

impl From<Sha1Arg> for Sha1 {
    fn from(argument: Sha1Arg) -> Self {
        match argument {
            Sha1Arg::Accept => Self::Accept,
            Sha1Arg::Insecure => Self::Insecure,
            Sha1Arg::Fail => Self::Fail,
        }
    }
}

/// What becomes of ZONEMD.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ZonemdArg {
    /// Verified if there is one
    IfPresent,
    /// There must be one that verifies
    Required,
    /// Not looked at
    Off,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum BackendArg {
    /// For each key the fastest that can
    Auto,
    /// sigmill's own: one key against thousands of signatures; a library checks what it rejects
    Lanes,
    /// The library ring
    Ring,
    /// The library aws-lc
    AwsLc,
    /// The libraries of RustCrypto and dalek
    #[value(name = "rustcrypto")]
    RustCrypto,
}

impl BackendArg {
    /// The choice that is meant.
    pub(crate) fn choice(self) -> BackendChoice {
        match self {
            Self::Auto => BackendChoice::Auto,
            Self::Lanes => BackendChoice::Named("lanes"),
            Self::Ring => BackendChoice::Named("ring"),
            Self::AwsLc => BackendChoice::Named("aws-lc"),
            Self::RustCrypto => BackendChoice::Named("rustcrypto"),
        }
    }

    /// The name that is meant.
    pub(crate) fn name(self) -> &'static str {
        match self.choice() {
            BackendChoice::Auto => "auto",
            BackendChoice::Named(name) => name,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum FormatArg {
    /// For people
    Text,
    /// One document
    Json,
    /// One object a line, findings as they come
    Ndjson,
    /// One page for a browser, without any other file
    Html,
}

/// A name without a final dot is taken below the root: nobody types the dot.
pub(crate) fn parse_name(text: &str) -> Result<Name, sigmill::dns::name::NameError> {
    Name::from_text(text.as_bytes(), Some(&Name::root()))
}

fn after_long_help() -> String {
    format!(
        "\
Judgement:
  secure     every RRset that must be signed has a signature that holds
  insecure   the zone is not signed, or only by what validators ignore
  bogus      a validator would reject some of it

Severities of findings:
  bogus      a validator would reject the data
  violation  a signer or zone broke a rule, though a validator may still accept the data
  advice     within the rules, but deprecated or unwise

A policy file, every line of which may be left out:
  preset = \"strict\"                   # or validator, bind: what the rest changes
  fail-on = \"violation\"
  sha1 = \"insecure\"
  zonemd = \"required\"
  expire-within = \"3d\"
  [severity]                          # of any code: bogus, violation, advice, off
  key-unused = \"off\"
  nsec3-salt = \"violation\"
  [limits]                            # of the options --max-...
  nsec3-iterations = 0
  signatures-per-rrset = 16

`sigmill codes` lists all findings, `sigmill codes CODE` explains one.

{EXIT_STATUS}

Examples:
  Verify a zone as a validator would now:
    sigmill zone example.com.zone --ds \"$(dig +short example.com DS)\"
  Before publishing, as a hook: the exit code decides, the zone comes on standard input:
    sigmill zone - -q --fail-on bogus
  Will it still hold in two weeks? Tell what expires within three days of each time:
    sigmill zone example.com.zone --at now --at +2w --expire-within 3d
  An old zone, as of its day, against the root's anchors of then:
    sigmill zone root.zone.gz --at 2020-10-20 --anchor root-anchors.xml
  A new version against the one that is served:
    dig @ns.example.com example.com AXFR | sigmill zone example.com.zone --previous -
  The owners that are bogus, for a script:
    sigmill zone example.com.zone --format ndjson |
      jq -r 'select(.kind == \"finding\" and .severity == \"bogus\") | .owner'"
    )
}
