//! The options, as typed.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::{Parser, ValueEnum};
use sigmill::dns::{Name, Timestamp};

use super::keys::Scheme;

/// Write a signed zone like a top-level domain's, of any size
///
/// An apex with the registry's hosts, and delegations to the name servers of hosters, a few of which
/// have most customers. The same options and seed give the same octets on any number of threads,
/// signatures included. The keys follow from the seed and are nobody's secret.
///
/// Memory is some 60 octets for each delegation, and a share of the text that does not grow with it.
#[derive(Clone, Debug, Parser)]
#[command(name = "make-tld")]
pub struct Options {
    /// The zone's name
    #[arg(long, value_name = "NAME", default_value = "tld.", value_parser = parse_origin)]
    pub origin: Name,

    /// How many names are delegated
    #[arg(short = 'n', long, value_name = "N", default_value_t = 100_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(..=4_000_000_000))]
    pub delegations: u32,

    /// The share of delegations that have DS records, one or two each
    #[arg(long, value_name = "SHARE", default_value_t = 0.3, value_parser = parse_share)]
    pub ds: f64,

    /// The share of delegations whose name servers lie below them, so that there is glue
    ///
    /// Without any, no hoster has name servers in the zone either.
    #[arg(long, value_name = "SHARE", default_value_t = 0.02, value_parser = parse_share)]
    pub glue: f64,

    /// How many hosters the other delegations share; the customers fall off as Zipf's law has it
    ///
    /// A quarter of them have a domain in the zone, with glue, as far as there are delegations.
    #[arg(long, value_name = "N", default_value_t = 2000)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub hosters: u32,

    /// How names that are not there are denied
    #[arg(long, value_name = "HOW", default_value = "opt-out")]
    pub denial: DenialKind,

    /// Iterations of NSEC3's hash beyond the first
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub iterations: u16,

    /// The salt of NSEC3's hash in hexadecimal, or `-` for none
    #[arg(long, value_name = "HEX", default_value = "-", value_parser = parse_salt)]
    pub salt: Salt,

    /// What signs
    #[arg(long, value_name = "NAME", default_value = "p256")]
    pub algorithm: Scheme,

    /// One key signs everything, instead of a KSK for the keys and a ZSK for the rest
    #[arg(long)]
    pub csk: bool,

    /// The SOA record's serial
    #[arg(long, value_name = "N", default_value_t = 2_026_010_100)]
    pub serial: u32,

    /// When signatures become valid: YYYYMMDDHHMMSS, or seconds since 1970
    #[arg(long, value_name = "TIME", default_value = "20260101000000", value_parser = parse_time)]
    pub inception: Timestamp,

    /// When signatures expire
    #[arg(long, value_name = "TIME", default_value = "20360101000000", value_parser = parse_time)]
    pub expiration: Timestamp,

    /// What everything random is drawn from
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// Break so many signatures, of DS and of denial records, a bit in each
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub bad: u32,

    /// Where to list the broken ones: line, owner and type of each [default: standard error]
    ///
    /// Lines are counted in the zone's text, and `-` where --shuffle moves them.
    #[arg(long, value_name = "FILE")]
    pub bad_list: Option<PathBuf>,

    /// How the text looks
    #[arg(long, value_name = "STYLE", default_value = "one-line")]
    pub layout: LayoutKind,

    /// Put the lines in random order
    ///
    /// Only for one record a line. Takes as much room for temporary files, in TMPDIR, as the zone is
    /// long.
    #[arg(long)]
    pub shuffle: bool,

    /// Compress with gzip; goes without saying for an output whose name ends in .gz
    #[arg(long)]
    pub gzip: bool,

    /// Write the DS record of the KSK to this file, as a trust anchor
    #[arg(long, value_name = "FILE")]
    pub anchor: Option<PathBuf>,

    /// The zone file; `-` for standard output
    ///
    /// A file is put in its place when it is complete.
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub output: PathBuf,

    /// Worker threads [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

/// A chain of denial.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum DenialKind {
    /// NSEC
    Nsec,
    /// NSEC3 with a record for every delegation
    Nsec3,
    /// NSEC3 without records for delegations that have no DS
    OptOut,
}

/// A style of master files.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum LayoutKind {
    /// One record a line, nothing left out
    OneLine,
    /// As BIND writes its own: over several lines, with comments, what repeats left out
    Bind,
}

/// A salt of at most 255 octets (RFC 5155 §3.1.4).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Salt(pub Vec<u8>);

impl Options {
    /// Checks what no option shows by itself.
    pub fn check(&self) -> Result<()> {
        ensure!(
            self.layout == LayoutKind::OneLine || !self.shuffle,
            "--shuffle needs --layout one-line: records over several lines cannot be torn apart"
        );
        ensure!(
            self.expiration.seconds_since(self.inception) > 0,
            "--expiration {} is not later than --inception {}",
            self.expiration,
            self.inception
        );
        Ok(())
    }

    /// Whether the output is to be compressed.
    pub fn compresses(&self) -> bool {
        self.gzip || self.output.extension().is_some_and(|extension| extension == "gz")
    }
}

/// The longest origin that leaves room for what stands before it: a host's label and a delegated one.
const LONGEST_ORIGIN: usize = 150;

fn parse_origin(text: &str) -> Result<Name, String> {
    let name = Name::from_text(text.as_bytes(), Some(&Name::root()));
    let name = name.map_err(|error| error.to_string())?.to_lowercase();
    if name.is_root() {
        return Err("the root is no top-level domain".into());
    }
    if name.is_wildcard() {
        return Err("a zone here cannot begin with an asterisk".into());
    }
    if name.as_wire().len() > LONGEST_ORIGIN {
        return Err(format!("the name has more than {LONGEST_ORIGIN} octets"));
    }
    Ok(name)
}

fn parse_share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("expected a number from 0 to 1".into()),
    }
}

fn parse_time(text: &str) -> Result<Timestamp, String> {
    Timestamp::from_text(text.as_bytes())
        .ok_or_else(|| "expected YYYYMMDDHHMMSS or seconds since 1970".into())
}

fn parse_salt(text: &str) -> Result<Salt, String> {
    if text == "-" {
        return Ok(Salt(Vec::new()));
    }
    match data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()) {
        Ok(salt) if (1..=255).contains(&salt.len()) => Ok(Salt(salt)),
        _ => Err("expected 1 to 255 octets in hexadecimal, or -".into()),
    }
}
