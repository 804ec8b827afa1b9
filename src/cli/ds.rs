//! `sigmill ds`: the arguments as resolved, the keys, the DS records made of them or checked.

use std::io::{self, Read as _};
use std::path::Path;

use anyhow::{Context as _, anyhow};
use sigmill::audit::anchors::AnchorErrorKind;
use sigmill::audit::delegation::{
    self, CDNSKEY_DELETE, CDS_DELETE, GivenDs, Keys, KeysError, Selection, Standing, ZoneKey,
};
use sigmill::dns::{Class, DigestType, Name, RType};
use sigmill::report::words::count;
use sigmill::source::{OpenOptions, Source, map};
use sigmill::zonefile::{ReadOptions, SyntaxErrorKind};

use super::ds_args::{DigestArg, DsArgs, DsFormat};
use super::ds_write::{self, Line, Record};
use super::exit::{Failure, Outcome, note};
use super::output;

pub(crate) fn run(args: &DsArgs) -> Result<Outcome, Failure> {
    refuse_two_readers(args)?;
    let keys = keys(args)?;
    if !args.check.is_empty() {
        return check(args, &keys);
    }
    let lines = if args.cds_delete { delete_lines(args, &keys)? } else { lines(args, &keys)? };
    let format = args.format.unwrap_or(DsFormat::Line);
    output::write_with(output::stdout(), |out| ds_write::records(&lines, format, out))?;
    Ok(Outcome::Good)
}

/// Standard input can be read once.
fn refuse_two_readers(args: &DsArgs) -> Result<(), Failure> {
    let files = args.files.iter().filter(|file| *file == Path::new("-")).count();
    let checks = args.check.iter().filter(|word| *word == "-").count();
    match files + checks {
        0 | 1 => Ok(()),
        _ => Err(Failure::usage(anyhow!("standard input, `-`, can be read only once"))),
    }
}

/// The keys of all files, of the zone that is meant.
fn keys(args: &DsArgs) -> Result<Keys, Failure> {
    map::report_truncation_and_exit().map_err(|error| Failure::input(anyhow!(error)))?;
    let options = ReadOptions {
        origin: args.origin,
        default_ttl: Some(0), // key files have none, and it is of no account here
        allow_include: args.allow_include,
        ..ReadOptions::default()
    };
    let mut keys = Keys::default();
    for file in &args.files {
        let source = if file == Path::new("-") {
            Source::stdin(&OpenOptions::default())
        } else {
            Source::open(file, &OpenOptions::default())
        };
        let source = source.map_err(|error| Failure::input(anyhow!(error)))?;
        delegation::read_keys(source, &options, &mut keys).map_err(unreadable)?;
    }
    if let Some(origin) = args.origin {
        let (here, other): (Vec<_>, Vec<_>) =
            keys.keys.into_iter().partition(|key| key.owner == origin);
        keys.keys = here;
        keys.elsewhere.extend(other);
    }
    if keys.keys.is_empty() && !args.cds_delete {
        return Err(no_keys(args, &keys));
    }
    if !keys.elsewhere.is_empty() {
        note(&format!("left out {} of other zones", count(keys.elsewhere.len() as u64, "DNSKEY")));
    }
    Ok(keys)
}

fn unreadable(error: KeysError) -> Failure {
    let hint = match &error {
        // It says what to do.
        KeysError::Fault(fault) if fault.error == SyntaxErrorKind::IncludeForbidden => None,
        KeysError::Fault(_) => Some(
            "every record needs its owner, which the output of dig +short lacks; --origin completes \
             relative ones",
        ),
        KeysError::Source(_) => None,
    };
    let failure = Failure::input(error);
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

fn no_keys(args: &DsArgs, keys: &Keys) -> Failure {
    let name = match args.files.as_slice() {
        [one] if one == Path::new("-") => "standard input".to_owned(),
        [one] => one.display().to_string(),
        _ => "what was read".to_owned(),
    };
    if let Some(key) = keys.elsewhere.first() {
        let owner = key.owner;
        let zone = args.origin.map_or_else(|| "its apex".to_owned(), |origin| origin.to_string());
        return Failure::input(anyhow!("{name} has no DNSKEY of {zone}, only of {owner}"));
    }
    let failure = Failure::input(anyhow!("{name} has no DNSKEY"));
    match keys.requests {
        0 => failure,
        _ => failure.hint("CDS and CDNSKEY are requests to the parent, and no keys of the zone"),
    }
}

/// The records of the keys that are meant.
fn lines(args: &DsArgs, keys: &Keys) -> Result<Vec<Line>, Failure> {
    let digests = digests(args);
    let mut lines = Vec::new();
    for key in selected(args, keys)? {
        let line = |record| Line { owner: key.owner, class: key.class, ttl: args.ttl, record };
        let rtype = if args.cds { RType::CDS } else { RType::DS };
        for &digest in &digests {
            if let Some(rdata) = key.ds_rdata(digest) {
                lines.push(line(Record::Ds { rtype, rdata, key: key.clone() }));
            }
        }
        if args.cds {
            lines.push(line(Record::Cdnskey { key: key.clone() }));
        }
    }
    Ok(lines)
}

/// What was asked for, each once.
fn digests(args: &DsArgs) -> Vec<DigestType> {
    let mut digests = Vec::new();
    for digest in args.digest.iter().map(|digest| digest.digest_type()) {
        if !digests.contains(&digest) {
            digests.push(digest);
        }
    }
    if args.digest.contains(&DigestArg::Sha1) {
        note("SHA-1 must not be used for new DS records (RFC 9905 §2)");
    }
    if digests.is_empty() {
        digests.push(DigestType::SHA256);
    }
    digests
}

/// The keys that are meant. What was left out, and what was taken in spite of a fault, is told.
fn selected<'k>(args: &DsArgs, keys: &'k Keys) -> Result<Vec<&'k ZoneKey>, Failure> {
    let selection = match (args.all_keys, args.tag.is_empty()) {
        (true, _) => Selection::All,
        (false, true) => Selection::SecureEntryPoints,
        (false, false) => Selection::Tags(args.tag.clone()),
    };
    if let Some(tag) = args.tag.iter().find(|&&tag| !keys.keys.iter().any(|key| key.tag() == tag)) {
        let tags: Vec<String> = keys.keys.iter().map(|key| key.tag().to_string()).collect();
        let error = anyhow!("no key has the tag {tag}");
        return Err(Failure::input(error).hint(format!("there are {}", tags.join(", "))));
    }
    let selected = delegation::select(&keys.keys, &selection);
    for key in &keys.keys {
        let Some(reason) = key.unfit() else { continue };
        let name = ds_write::key_name(key);
        if !args.tag.is_empty() && selected.contains(&key) {
            note(&format!("{name}: {reason}; no validator will use it"));
        } else if args.tag.is_empty() {
            note(&format!("left out {name}: {reason}"));
        }
    }
    let Some(first) = selected.first() else {
        return Err(Failure::input(anyhow!("no key is fit for a DS")).hint("--tag takes any key"));
    };
    if selection == Selection::SecureEntryPoints && !first.dnskey().is_sep() {
        note(&format!("no key of {} has the SEP flag, so all are taken", first.owner));
    }
    Ok(selected)
}

/// RFC 8078 §4.
fn delete_lines(args: &DsArgs, keys: &Keys) -> Result<Vec<Line>, Failure> {
    let owner = match args.origin {
        Some(origin) => origin,
        None => zone(keys)?,
    };
    let class = keys.keys.first().map_or(Class::IN, |key| key.class);
    let line = |record| Line { owner, class, ttl: args.ttl, record };
    let record = |rtype, rdata: &[u8]| line(Record::Delete { rtype, rdata: rdata.to_vec() });
    Ok(vec![record(RType::CDS, &CDS_DELETE), record(RType::CDNSKEY, &CDNSKEY_DELETE)])
}

/// The one zone that all keys are of.
fn zone(keys: &Keys) -> Result<Name, Failure> {
    let Some(first) = keys.keys.first() else {
        return Err(Failure::usage(anyhow!("which zone? Name it with --origin")));
    };
    match keys.keys.iter().find(|key| key.owner != first.owner) {
        None => Ok(first.owner),
        Some(other) => {
            let error = anyhow!("there are keys of {} and of {}", first.owner, other.owner);
            Err(Failure::usage(error).hint("name the zone with --origin"))
        }
    }
}

fn check(args: &DsArgs, keys: &Keys) -> Result<Outcome, Failure> {
    let format = args.format.unwrap_or(DsFormat::Table);
    if format == DsFormat::Line {
        let error =
            anyhow!("--format line is for records that are made: a check has table and json");
        return Err(Failure::usage(error));
    }
    let zone = zone(keys)?;
    let mut given = Vec::new();
    for word in &args.check {
        given.extend(read_given(word)?);
    }
    let all = given.len();
    given.retain(|ds| ds.owner.is_none_or(|owner| owner == zone));
    let others = (all - given.len()) as u64;
    if given.is_empty() {
        let error = anyhow!("there is no DS for {zone}, only {others} for other zones");
        return Err(Failure::input(error));
    }
    if others > 0 {
        note(&format!("left out {} of other zones", count(others, "DS record")));
    }
    let keys: Vec<&ZoneKey> = keys.keys.iter().collect();
    let delegation = delegation::check(&given, &keys);
    let output = output::stdout();
    let palette = output.palette;
    output::write_with(output, |out| {
        ds_write::delegation(zone, &delegation, &keys, format, &palette, out)
    })?;
    match delegation.standing {
        Standing::Holds => Ok(Outcome::Good),
        Standing::Incomplete(_) | Standing::Breaks | Standing::Insecure => Ok(Outcome::Findings),
    }
}

/// The most octets of given DS records; those of a zone's own delegation are below 1 KiB.
const MAX_OCTETS: u64 = 64 << 20;

/// Reads what `--check` names: standard input, a file, or the records themselves.
fn read_given(word: &str) -> Result<Vec<GivenDs>, Failure> {
    // No DS is without blanks, and few files have them in their name.
    let is_text = word.trim().contains(char::is_whitespace) && !Path::new(word).exists();
    let (name, text) = if is_text || word.trim().is_empty() {
        ("--check", word.as_bytes().to_vec())
    } else {
        let text = read_file(word)
            .with_context(|| format!("cannot read the DS records in {word}"))
            .map_err(Failure::input)?;
        (word, text)
    };
    delegation::read_ds(&text).map_err(|error| match error.kind {
        AnchorErrorKind::Empty => {
            let error = anyhow!("{name}: there is no DS record");
            Failure::input(error).hint("a zone without DS at its parent is insecure")
        }
        _ if is_text => Failure::usage(anyhow!(error).context(format!("{name} {word:?}")))
            .hint("a DS reads like '20326 8 2 E06D44B8…' or '. IN DS 20326 8 2 E06D44B8…'"),
        _ => Failure::input(anyhow!(error).context(name.to_owned())),
    })
}

fn read_file(name: &str) -> anyhow::Result<Vec<u8>> {
    let mut text = Vec::new();
    let reader: Box<dyn io::Read> = match name {
        "-" => Box::new(io::stdin()),
        _ => Box::new(std::fs::File::open(name)?),
    };
    reader.take(MAX_OCTETS + 1).read_to_end(&mut text)?;
    if text.len() as u64 > MAX_OCTETS {
        return Err(anyhow!("it is larger than {} MiB", MAX_OCTETS >> 20));
    }
    Ok(text)
}
