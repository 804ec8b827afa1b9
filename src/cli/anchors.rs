//! Trust anchors from files and from the command line.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use sigmill::audit::anchors;
use sigmill::audit::rfc5011::TrustPoint;
use sigmill::audit::zone::Anchor;

use super::exit::Failure;

/// The most octets of a file of anchors; IANA's is below 2 KiB.
const MAX_OCTETS: u64 = 4 << 20;

/// Reads a file of anchors (`--anchor`).
pub(crate) fn from_file(path: &Path) -> Result<Vec<Anchor>, Failure> {
    let name = path.display().to_string();
    let text = read(path)
        .with_context(|| format!("cannot read the trust anchors in {name}"))
        .map_err(Failure::input)?;
    anchors::read(&text, &name).with_context(|| name.clone()).map_err(|error| {
        let hint = "expected DS or DNSKEY records, as dig and dnssec-dsfromkey print them, IANA's \
                    root-anchors.xml, or the state file of a resolver";
        Failure::input(error).hint(hint)
    })
}

/// Reads the state of a trust point (`--rfc5011`), and says where it came from.
pub(crate) fn state_from_file(path: &Path) -> Result<(TrustPoint, String), Failure> {
    let name = path.display().to_string();
    let text = read(path)
        .with_context(|| format!("cannot read the trust anchors in {name}"))
        .map_err(Failure::input)?;
    let point = TrustPoint::read(&text).with_context(|| name.clone()).map_err(|error| {
        let hint = "expected DNSKEY records of one zone, as Unbound keeps them in its \
                    auto-trust-anchor-file";
        Failure::input(error).hint(hint)
    })?;
    Ok((point, name))
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut text = Vec::new();
    File::open(path)?.take(MAX_OCTETS + 1).read_to_end(&mut text)?;
    if text.len() as u64 > MAX_OCTETS {
        return Err(anyhow!("it is larger than {} MiB", MAX_OCTETS >> 20));
    }
    Ok(text)
}

/// Reads a DS from the command line (`--ds`).
pub(crate) fn from_word(word: &str) -> Result<Vec<Anchor>, Failure> {
    anchors::read(word.as_bytes(), "--ds").map_err(|error| {
        let error = anyhow!(error.kind).context(format!("--ds {word:?}"));
        Failure::usage(error)
            .hint("a DS reads like '20326 8 2 E06D44B8…' or '. IN DS 20326 8 2 E06D44B8…'")
    })
}
