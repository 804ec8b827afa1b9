//! `--policy`: a preset by its name, or a TOML file.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, anyhow};
use serde::Deserialize;
use sigmill::audit::findings::{Code, Severity};
use sigmill::audit::policy::Policy;
use sigmill::audit::zone::Limits;

use super::exit::Failure;
use super::time::parse_span;
use super::zone_args::{FailOn, Sha1Arg, ZonemdArg};

/// A policy as resolved. What is `None` is left to the command line and its defaults.
#[derive(Debug, Default)]
pub(crate) struct PolicyFile {
    pub(crate) policy: Policy,
    pub(crate) fail_on: Option<FailOn>,
    pub(crate) sha1: Option<Sha1Arg>,
    pub(crate) zonemd: Option<ZonemdArg>,
    pub(crate) expire_within: Option<Duration>,
    pub(crate) limits: Limits,
}

/// A policy file as written.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Written {
    preset: Option<Preset>,
    fail_on: Option<FailOn>,
    sha1: Option<Sha1Arg>,
    zonemd: Option<ZonemdArg>,
    expire_within: Option<String>,
    #[serde(default)]
    severity: BTreeMap<String, Weight>,
    #[serde(default)]
    limits: WrittenLimits,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Preset {
    Strict,
    Validator,
    Bind,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Weight {
    Bogus,
    Violation,
    Advice,
    Off,
}

/// The limits, named as the options without `--max-`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct WrittenLimits {
    entry: Option<usize>,
    include_depth: Option<usize>,
    generate: Option<u64>,
    signatures_per_rrset: Option<usize>,
    signed_octets: Option<usize>,
    keys_per_signature: Option<usize>,
    rsa_exponent_bits: Option<u32>,
    nsec3_chains: Option<usize>,
    nsec3_iterations: Option<u16>,
}

/// Reads what `--policy` was given; nothing given is the preset `strict`.
pub(crate) fn read(argument: Option<&str>) -> Result<PolicyFile, Failure> {
    let preset = |policy| Ok(PolicyFile { policy, ..PolicyFile::default() });
    match argument {
        None | Some("strict") => preset(Policy::strict()),
        Some("validator") => preset(Policy::validator()),
        Some("bind") => preset(Policy::bind()),
        Some(path) => read_file(path).map_err(Failure::usage),
    }
}

fn read_file(path: &str) -> anyhow::Result<PolicyFile> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the policy {path} is no preset and cannot be read as a file"))?;
    let written: anyhow::Result<Written> = toml::from_str(&text).map_err(|error| at(&text, &error));
    let policy = written.and_then(|written| resolve(&written));
    policy.with_context(|| format!("the policy file {path} is not right"))
}

/// What is wrong with the text, in one line: TOML's own account is a drawing of several.
fn at(text: &str, error: &toml::de::Error) -> anyhow::Error {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map(|before| format!("line {}: ", before.matches('\n').count() + 1));
    anyhow!("{}{}", line.unwrap_or_default(), error.message().replace('\n', ", "))
}

fn resolve(written: &Written) -> anyhow::Result<PolicyFile> {
    let mut policy = match written.preset {
        None | Some(Preset::Strict) => Policy::strict(),
        Some(Preset::Validator) => Policy::validator(),
        Some(Preset::Bind) => Policy::bind(),
    };
    for (name, weight) in &written.severity {
        let code = Code::ALL.iter().find(|code| code.entry().code == name);
        let code = code.ok_or_else(|| {
            anyhow!("severity.{name}: no such code; `sigmill codes` lists them all")
        })?;
        policy.set(
            *code,
            match weight {
                Weight::Bogus => Some(Severity::Bogus),
                Weight::Violation => Some(Severity::Violation),
                Weight::Advice => Some(Severity::Advice),
                Weight::Off => None,
            },
        );
    }
    let expire_within = written.expire_within.as_deref().map(parse_span).transpose();
    let expire_within = expire_within.map_err(|error| anyhow!("expire-within: {error}"))?;
    Ok(PolicyFile {
        policy,
        fail_on: written.fail_on,
        sha1: written.sha1,
        zonemd: written.zonemd,
        expire_within,
        limits: limits(&written.limits)?,
    })
}

fn limits(written: &WrittenLimits) -> anyhow::Result<Limits> {
    let default = Limits::default();
    let at_least_one = |name: &str, value: Option<usize>, default| match value {
        Some(0) => Err(anyhow!("limits.{name}: must be 1 or more")),
        value => Ok(value.unwrap_or(default)),
    };
    Ok(Limits {
        entry_octets: at_least_one("entry", written.entry, default.entry_octets)?.min(1 << 30),
        include_depth: at_least_one("include-depth", written.include_depth, default.include_depth)?
            .min(64),
        generate_records: written.generate.unwrap_or(default.generate_records),
        signatures_per_rrset: at_least_one(
            "signatures-per-rrset",
            written.signatures_per_rrset,
            default.signatures_per_rrset,
        )?,
        signed_octets_per_rrset: at_least_one(
            "signed-octets",
            written.signed_octets,
            default.signed_octets_per_rrset,
        )?,
        keys_per_signature: at_least_one(
            "keys-per-signature",
            written.keys_per_signature,
            default.keys_per_signature,
        )?,
        rsa_exponent_bits: written.rsa_exponent_bits.unwrap_or(default.rsa_exponent_bits),
        nsec3_chains: at_least_one("nsec3-chains", written.nsec3_chains, default.nsec3_chains)?
            .min(16),
        nsec3_iterations: written.nsec3_iterations.unwrap_or(default.nsec3_iterations),
        ..default
    })
}
