//! The arguments of `sigmill bench`, as typed.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, ValueEnum};
use sigmill::bench::{InputForm, Kind, KindError};
use sigmill::dns::Name;

use super::When;
use super::kernel::KernelParser;
use super::size::parse_size;
use super::time::parse_measure;
use super::zone_args::{BackendArg, parse_name};

/// Compare what verifies: signatures a second by algorithm, backend and threads
///
/// Makes keys and signatures of each kind, or takes those of a real zone or capture, and measures how
/// fast each backend verifies them, how long single verifications take, and what more threads bring. A
/// backend that does not tell good signatures from corrupted ones fails.
#[derive(Debug, Args)]
#[command(after_help = "`sigmill help bench` says more, with examples.", after_long_help = BENCH_HELP)]
pub(crate) struct BenchArgs {
    /// Verify what an audit of this zone or capture verifies; may be repeated for captures
    ///
    /// The audit itself writes down its keys and signatures; each backend then does the same work, and
    /// the report says how long it takes with each. Zones, captures (pcap, pcapng, dnstap) and saved
    /// answers of dig are told by their content; `-` is standard input, a zone unless --form says
    /// otherwise.
    #[arg(long, value_name = "FILE", help_heading = "Work")]
    #[arg(conflicts_with_all = ["algorithm", "work", "keys", "signatures_per_key", "batch"])]
    pub(crate) from: Vec<PathBuf>,

    /// What the file of --from is, whatever it looks like
    #[arg(long, value_name = "FORM", requires = "from", help_heading = "Work")]
    pub(crate) form: Option<FormArg>,

    /// The apex of a zone without SOA record
    #[arg(long, value_name = "NAME", value_parser = parse_name, requires = "from")]
    #[arg(help_heading = "Work")]
    pub(crate) origin: Option<Name>,

    /// Octets of signatures and signed data of --from that are held in memory [default: 2G]
    ///
    /// What is beyond them is counted, and taken to be like the rest.
    #[arg(long, value_name = "SIZE", value_parser = parse_size, requires = "from")]
    #[arg(help_heading = "Work")]
    pub(crate) max_held: Option<usize>,

    /// Kinds of keys: p256, p384, ed25519, ed448, rsa2048, rsa1024-e3-sha1, … [default: usual]
    ///
    /// RSA takes any size from 512 to 4096 bits, `-e` with any odd exponent (65537 by default), and
    /// `-sha1` or `-sha512`. Lists: `usual` is what most zones have, `curves` and `rsa` are its parts,
    /// `all` adds RSA with the exponents 3 and 2^32+1.
    #[arg(long, value_name = "KIND,…", value_delimiter = ',', value_parser = parse_kinds)]
    #[arg(help_heading = "Work")]
    pub(crate) algorithm: Vec<Kinds>,

    /// What is done with each signature [default: verify]
    #[arg(long, value_name = "WORK,…", value_delimiter = ',', help_heading = "Work")]
    pub(crate) work: Vec<StageArg>,

    /// When keys are prepared [default: ready]
    #[arg(long, value_name = "WHEN,…", value_delimiter = ',', help_heading = "Work")]
    pub(crate) keys: Vec<KeysArg>,

    /// Signatures that a key is prepared for [default: 10000]
    ///
    /// sigmill's own arithmetic makes tables of a size that suits them, and leaves keys with fewer than
    /// five to libraries. With `--keys fresh` a new key comes after so many.
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = at_most::<100_000_000>)]
    #[arg(help_heading = "Work")]
    pub(crate) signatures_per_key: Vec<NonZeroUsize>,

    /// Signatures in a call [default: as many as each backend likes]
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = at_most::<65_536>)]
    #[arg(help_heading = "Work")]
    pub(crate) batch: Vec<NonZeroUsize>,

    /// Who is compared [default: all; with --from also auto]
    ///
    /// `auto` is what an audit takes by itself. With --from, what a backend cannot verify goes to the
    /// fastest that can.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', help_heading = "Measurement")]
    pub(crate) backend: Vec<BackendArg>,

    /// Whom ratios are to
    #[arg(long, value_name = "NAME", default_value = "aws-lc", help_heading = "Measurement")]
    pub(crate) baseline: BackendArg,

    /// Numbers of threads [default: 1 and one for each processor]
    #[arg(long, short = 'j', value_name = "N,…", value_delimiter = ',')]
    #[arg(value_parser = at_most::<1024>, help_heading = "Measurement")]
    pub(crate) threads: Vec<NonZeroUsize>,

    /// How long each measurement takes, such as 500ms or 2s [default: 1s]
    ///
    /// Each is cut into rounds in which all take turns, so that a machine that becomes slower is so for
    /// all.
    #[arg(long, value_name = "TIME", value_parser = parse_measure, help_heading = "Measurement")]
    pub(crate) time: Option<Duration>,

    /// The kernel of sigmill's own arithmetic [default: SIGMILL_KERNEL, or the fastest]
    ///
    /// As for `sigmill zone`.
    #[arg(long, value_name = "NAME", value_parser = KernelParser, help_heading = "Measurement")]
    pub(crate) kernel: Option<String>,

    /// The format of the report
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Report")]
    pub(crate) format: BenchFormatArg,

    /// Write the report to this file; `-` for standard output
    #[arg(short, long, value_name = "FILE", default_value = "-", hide_default_value = true)]
    #[arg(help_heading = "Report")]
    pub(crate) output: PathBuf,

    /// Also write it to this file, in the format of its ending; may be repeated
    ///
    /// .json, .csv, .md, .hlog, .html or .txt.
    #[arg(long, value_name = "FILE", value_parser = parse_export, help_heading = "Report")]
    pub(crate) export: Vec<Export>,

    /// Say more: features, all versions, and with --from each algorithm
    #[arg(long, short, help_heading = "Report")]
    pub(crate) verbose: bool,

    /// Only the answer; twice for no text at all
    #[arg(long, short, action = ArgAction::Count, conflicts_with = "verbose")]
    #[arg(help_heading = "Report")]
    pub(crate) quiet: u8,

    /// When to show progress on standard error
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_default_value = true)]
    #[arg(help_heading = "Report")]
    pub(crate) progress: When,
}

/// The kinds that one word stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Kinds(pub(crate) Vec<Kind>);

fn parse_kinds(word: &str) -> Result<Kinds, KindError> {
    Kind::named(word).map(Kinds)
}

/// A positive number with a limit.
fn at_most<const MOST: usize>(text: &str) -> Result<NonZeroUsize, String> {
    let number = text.parse().ok().filter(|number: &NonZeroUsize| number.get() <= MOST);
    number.ok_or_else(|| format!("expected a number from 1 to {MOST}"))
}

/// A file that the report also goes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Export {
    pub(crate) path: PathBuf,
    pub(crate) format: sigmill::report::bench::BenchFormat,
}

fn parse_export(text: &str) -> Result<Export, String> {
    let path = PathBuf::from(text);
    let endings = sigmill::report::bench::BenchFormat::ENDINGS;
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    match endings.iter().find(|(_, known)| ending.eq_ignore_ascii_case(known)) {
        Some(&(format, _)) => Ok(Export { path, format }),
        None => {
            let known: Vec<String> = endings.iter().map(|(_, known)| format!(".{known}")).collect();
            Err(format!("its ending says no format: expected one of {}", known.join(", ")))
        }
    }
}

/// What a file of --from is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum FormArg {
    /// Text of one zone
    Zone,
    /// pcap, pcapng or dnstap
    Capture,
    /// Saved answers, or records of many zones
    Records,
}

impl FormArg {
    pub(crate) fn form(self) -> InputForm {
        match self {
            Self::Zone => InputForm::Zone,
            Self::Capture => InputForm::Capture,
            Self::Records => InputForm::Records,
        }
    }
}

/// What is done with a signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum StageArg {
    /// Only the hash of what was signed
    Hash,
    /// Hash and arithmetic, over octets
    Verify,
    /// From RRset and RRSIG to a verdict: signed data, search for the key, verification
    Rrset,
}

/// When keys are prepared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum KeysArg {
    /// Once, before the clock runs
    Ready,
    /// Under the clock, anew for every --signatures-per-key signatures
    Fresh,
}

/// The format of the report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum BenchFormatArg {
    /// For people
    Text,
    /// One document, round by round
    Json,
    /// A line for each row
    Csv,
    /// Tables for a document
    Markdown,
    /// A histogram for each round, for HdrHistogram's tools
    Hlog,
    /// One page for a browser, without any other file
    Html,
}

const BENCH_HELP: &str = "\
Columns:
  sigs/s       signatures a second, of all threads together: the median of the rounds; what other
               programs took of the processors' time is left out
  ±            half the interval that holds the true median with a chance of 95 %
  ratio        how many times as fast as the baseline, round by round
  scaling      what the threads achieve of so many times one thread
  p50 … max    how long a signature takes; of a call with several, each has an equal part

Examples:
  Which backend for my zone, and how long will an audit verify?
    sigmill bench --from example.com.zone
  And for my resolver's traffic?
    sigmill bench --from monday.pcapng --from keys.txt
  All algorithms, for a document, with everything that was measured beside it:
    sigmill bench --algorithm all --time 2s --format markdown --export all.json
  What a validator pays that sees each key once:
    sigmill bench --keys fresh --signatures-per-key 1 --work verify,rrset
  How latencies were spread over time:
    sigmill bench --algorithm p256 --export p256.hlog

Exit status:
  0  all answers were right
  1  a backend gave wrong answers
  2  the command line is wrong
  3  the input could not be read, or the report not written";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_of_a_file_says_its_format() {
        use sigmill::report::bench::BenchFormat;
        let format = |name| parse_export(name).map(|export| export.format);
        assert_eq!(format("a/b.json"), Ok(BenchFormat::Json));
        assert_eq!(format("b.HLOG"), Ok(BenchFormat::Hlog));
        assert_eq!(format("b.md"), Ok(BenchFormat::Markdown));
        assert_eq!(format("b.html"), Ok(BenchFormat::Html));
        let error =
            "its ending says no format: expected one of .txt, .json, .csv, .md, .hlog, .html";
        for name in ["b", "b.pdf", ".json", "b.json.gz"] {
            assert_eq!(format(name), Err(error.into()), "{name}");
        }
    }
}
