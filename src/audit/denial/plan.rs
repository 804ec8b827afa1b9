//! Which chains a zone claims to have, and so must have whole.

use crate::audit::findings::{Code, Finding};
use crate::dns::denial::{Nsec3Param, Nsec3Parameters};
use crate::dns::{Name, RType};
use crate::rrset::{OwnerRecords, Rrset, Shape};

/// The chains of a zone that are judged.
#[derive(Clone, Debug, Default)]
pub(in crate::audit) struct Plan {
    /// Whether there is an NSEC chain.
    pub nsec: bool,
    /// The parameters of the NSEC3 chains.
    pub sets: Vec<ParameterSet>,
    /// The parameters of chains that are not judged, because a limit is reached.
    unjudged: Vec<ParameterSet>,
}

/// The parameters of an NSEC3 chain.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(in crate::audit) struct ParameterSet {
    pub iterations: u16,
    pub salt: Box<[u8]>,
}

impl ParameterSet {
    fn new(parameters: &Nsec3Parameters<'_>) -> Self {
        Self { iterations: parameters.iterations, salt: parameters.salt.into() }
    }

    pub(in crate::audit) fn is(&self, parameters: &Nsec3Parameters<'_>) -> bool {
        parameters.algorithm == Nsec3Parameters::SHA1
            && parameters.iterations == self.iterations
            && parameters.salt == &*self.salt
    }
}

/// Bounds on the work that NSEC3 parameters can cause.
#[derive(Clone, Copy, Debug)]
pub(in crate::audit) struct Bounds {
    /// Iterations above which the zone is told to be insecure to validators.
    pub iterations: u16,
    /// Chains that are judged.
    pub chains: usize,
}

/// Iterations above which owners are not hashed any more, whatever the user asks for: the most that
/// RFC 5155 §10.3 allowed for keys of any size.
const MOST_ITERATIONS: u16 = 2500;

impl Plan {
    /// What a signed zone claims: by the apex's NSEC and NSEC3PARAM, or by what it has when the apex
    /// claims nothing. `shape` is what the zone has anywhere, `made_with` the parameters of its
    /// NSEC3 records as RDATA cut behind the salt.
    pub(in crate::audit) fn new(
        apex: &Name,
        records: &OwnerRecords<'_>,
        shape: Shape,
        made_with: &[Box<[u8]>],
        bounds: Bounds,
    ) -> (Self, Vec<Finding>) {
        let mut findings = Vec::new();
        let mut report = |code, rtype, detail: Option<String>| {
            let finding = Finding { detail, ..Finding::new(code) };
            findings.push(Finding { owner: Some(*apex), rtype, ..finding });
        };
        let param = Some(RType::NSEC3PARAM);
        let mut sets = Vec::new();
        let params = records.rrset(RType::NSEC3PARAM);
        for record in params.into_iter().flat_map(Rrset::distinct) {
            let ignored = match Nsec3Param::from_rdata(record.rdata) {
                None => "malformed".to_owned(),
                Some(Nsec3Param { parameters, .. })
                    if parameters.algorithm != Nsec3Parameters::SHA1 =>
                {
                    format!("hash algorithm {}", parameters.algorithm)
                }
                Some(Nsec3Param { flags: flags @ 1.., .. }) => format!("flags {flags}"),
                Some(Nsec3Param { parameters, .. }) => {
                    sets.push(ParameterSet::new(&parameters));
                    continue;
                }
            };
            report(Code::Nsec3ParamIgnored, param, Some(ignored));
        }
        let apex_nsec = records.rrset(RType::NSEC).is_some();
        let nsec = apex_nsec || (sets.is_empty() && shape.has(Shape::NSEC));
        if !nsec && sets.is_empty() {
            // No server finds this chain, but a secondary that does is served by a whole one.
            sets.extend(made_with.iter().filter_map(|front| {
                let parameters = Nsec3Param::from_rdata(front)?.parameters;
                let known = parameters.algorithm == Nsec3Parameters::SHA1;
                known.then(|| ParameterSet::new(&parameters))
            }));
            let code = if sets.is_empty() { Code::DenialMissing } else { Code::Nsec3ParamMissing };
            let rtype = if sets.is_empty() { None } else { param };
            report(code, rtype, None);
        }
        sets.sort_unstable();
        sets.dedup();
        let mut unjudged = Vec::new();
        if sets.len() > bounds.chains {
            let detail = format!("{} chains, {} are judged", sets.len(), bounds.chains);
            report(Code::Nsec3TooManyChains, param, Some(detail));
            unjudged = sets.split_off(bounds.chains);
        }
        for set in &sets {
            let iterations = set.iterations;
            if iterations > 0 {
                let mut detail = format!("{iterations} iterations");
                let code = if iterations > bounds.iterations {
                    detail += &format!(", more than {}", bounds.iterations);
                    Code::Nsec3IterationsTooMany
                } else {
                    Code::Nsec3Iterations
                };
                if iterations > MOST_ITERATIONS {
                    detail += "; the chain is not judged";
                }
                report(code, param, Some(detail));
            }
            if !set.salt.is_empty() {
                let detail = format!("{} octets of salt", set.salt.len());
                report(Code::Nsec3Salt, param, Some(detail));
            }
        }
        unjudged.extend(sets.extract_if(.., |set| set.iterations > MOST_ITERATIONS));
        (Self { nsec, sets, unjudged }, findings)
    }

    /// Whether there is one NSEC3 chain to be judged, and `made_with` says that all NSEC3 records are
    /// made with its parameters.
    pub(in crate::audit) fn is_made_with(&self, made_with: &[Box<[u8]>]) -> bool {
        let ([set], [front]) = (self.sets.as_slice(), made_with) else { return false };
        Nsec3Param::from_rdata(front).is_some_and(|param| set.is(&param.parameters))
    }

    /// Whether the zone claims a chain with these parameters, judged or not.
    pub(in crate::audit) fn claims(&self, parameters: &Nsec3Parameters<'_>) -> bool {
        self.sets.iter().chain(&self.unjudged).any(|set| set.is(parameters))
    }
}
