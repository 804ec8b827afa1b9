//! The arguments of `sigmill ds`, as typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use sigmill::dns::{DigestType, Name};
use sigmill::zonefile::field::number::scan_period;

use super::zone_args::parse_name;

/// Make the DS records of a zone's keys, or check those that the parent has
///
/// Reads DNSKEY records and prints the DS records that a registrar or parent zone needs; with
/// `--check` tells whether given DS records mean keys of the zone.
#[derive(Debug, Args)]
#[command(after_help = "`sigmill help ds` says more, with examples.", after_long_help = AFTER_LONG_HELP)]
pub(crate) struct DsArgs {
    /// Files with DNSKEY records; `-` for standard input
    ///
    /// A zone file, key files (K*.key), or what dig, delv and drill print; plain or compressed, told
    /// by content. Where a file has a SOA, only keys at its owner are taken. CDS and CDNSKEY records
    /// are what a zone asks of its parent and none of its keys: they are passed over.
    #[arg(value_name = "FILE", required_unless_present = "cds_delete")]
    pub(crate) files: Vec<PathBuf>,

    /// The zone: the origin of relative names, and only its keys are taken
    #[arg(long, value_name = "NAME", value_parser = parse_name, help_heading = "Keys")]
    pub(crate) origin: Option<Name>,

    /// All keys, not only those with the SEP flag
    ///
    /// By default the keys with the SEP flag are taken (KSK and CSK), or all if none has it.
    #[arg(long, help_heading = "Keys")]
    pub(crate) all_keys: bool,

    /// The key with this tag; may be repeated
    ///
    /// Revoked keys, keys without the ZONE flag or of another protocol than 3, and malformed keys are
    /// left out unless they are asked for by their tag.
    #[arg(long, value_name = "N", conflicts_with = "all_keys", help_heading = "Keys")]
    pub(crate) tag: Vec<u16>,

    /// Follow $INCLUDE
    ///
    /// Otherwise it is an error: a zone file from elsewhere could name any file.
    #[arg(long, help_heading = "Keys")]
    pub(crate) allow_include: bool,

    /// The digest; may be repeated [default: sha256]
    #[arg(long, value_name = "TYPE", help_heading = "Records")]
    pub(crate) digest: Vec<DigestArg>,

    /// Write CDS and CDNSKEY records, for the zone itself to publish (RFC 7344)
    #[arg(long, help_heading = "Records")]
    pub(crate) cds: bool,

    /// Write the CDS and CDNSKEY that ask the parent to remove all DS records (RFC 8078 §4)
    ///
    /// For the zone that --origin or the keys name. Once the parent has followed, the zone is insecure.
    #[arg(long, conflicts_with_all = ["cds", "digest", "tag", "all_keys"])]
    #[arg(help_heading = "Records")]
    pub(crate) cds_delete: bool,

    /// Give the records this TTL: seconds, or as in 1h30m [default: none]
    #[arg(long, value_name = "TTL", value_parser = parse_ttl, help_heading = "Records")]
    pub(crate) ttl: Option<u32>,

    /// Check these DS or CDS records against the keys; may be repeated
    ///
    /// Records as text, such as '20326 8 2 E06D…', the name of a file that has them, or `-` for
    /// standard input. The output of dig will do, with or without +short.
    #[arg(long, value_name = "DS|FILE", help_heading = "Check")]
    #[arg(conflicts_with_all = ["cds", "cds_delete", "digest", "tag", "all_keys", "ttl"])]
    pub(crate) check: Vec<String>,

    /// The format of the answer [default: line, or table with --check]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<DsFormat>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum DigestArg {
    /// Not for new records (RFC 9905)
    #[value(alias = "sha-1", alias = "1")]
    Sha1,
    /// What every validator knows
    #[value(alias = "sha-256", alias = "2")]
    Sha256,
    #[value(alias = "sha-384", alias = "4")]
    Sha384,
}

impl DigestArg {
    pub(crate) fn digest_type(self) -> DigestType {
        match self {
            Self::Sha1 => DigestType::SHA1,
            Self::Sha256 => DigestType::SHA256,
            Self::Sha384 => DigestType::SHA384,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum DsFormat {
    /// One zone-file line a record
    Line,
    /// What registrars' forms ask for, field by field
    Table,
    Json,
}

fn parse_ttl(text: &str) -> Result<u32, String> {
    scan_period(text.as_bytes()).map_err(|_| "expected a TTL such as 3600 or 1h30m".to_owned())
}

const AFTER_LONG_HELP: &str = "\
A check says for every DS which key it means, or why none. It succeeds when for each algorithm among
the DS records at least one means a usable key; further DS records may then mean none, as those of a
standby key do. DS records of algorithms or digest types that no validator knows do not count, nor
does SHA-1 beside SHA-2 (RFC 4509 §3). Whether the keys sign the zone is for `sigmill zone --ds`.

Exit status:
  0  the records were written; with --check: the delegation holds
  1  with --check: it does not. It would break, or break where validators insist on all algorithms,
     or leave the zone insecure
  2  the command line is wrong
  3  the input could not be read, or has no keys or no DS records for the zone

Examples:
  For a registrar's form, from the zone or from its keys:
    sigmill ds example.com.zone --format table
    dig @ns.example.com example.com DNSKEY | sigmill ds -
    sigmill ds Kexample.com.+013+*.key --digest sha256 --digest sha384
  What the zone itself publishes for its parent:
    sigmill ds example.com.zone --cds --ttl 1h
    sigmill ds --cds-delete --origin example.com
  Does the parent have the right ones?
    sigmill ds example.com.zone --check \"$(dig +short example.com DS)\"
    dig example.com DS | sigmill ds example.com.zone --check -
  The digest alone, for a script:
    sigmill ds example.com.zone --format json | jq -r '.records[].digest'";
