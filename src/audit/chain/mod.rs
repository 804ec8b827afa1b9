//! Chain audit: RRsets and responses of many zones, as a capture or saved answers hold them. Which
//! were secure, insecure, bogus or indeterminate when they were seen, and why (RFC 4033 §5).
//!
//! [`Intake`] takes everything in; [`audit`] verifies each signature once, walks from the anchors down
//! by DS and DNSKEY, and judges each response at each time at which its status may be another.

mod absence;
mod bag;
mod court;
mod delegation;
mod early;
pub mod explain;
mod faults;
mod follow;
mod groups;
mod intake;
mod judge;
mod memory;
mod names;
mod packets;
mod proof;
mod queries;
mod response;
mod seen;
mod signatures;
pub mod status;
pub mod summary;
mod tally;
mod text;
mod transfers;
mod trust;
mod verify;
mod zones;

use std::sync::Arc;
use std::time::Instant;

use crate::audit::findings::Finding;
use crate::audit::policy::Policy;
use crate::audit::rfc5011::TrustPoint;
use crate::audit::zone::summary::LatencyFacts;
use crate::audit::zone::{Anchor, Limits, Sha1};
use crate::crypto::BackendChoice;
use crate::dns::{Name, RType};
use crate::engine::{Distribution, Journal, Preparation};

pub use intake::{Intake, Sighting};
pub use judge::Kind;
pub use packets::read_capture;
pub use status::{Judgement, Reason, Status};
pub use summary::{ResponseRow, RrsetRow, SignatureRow, Summary};
pub use text::{TextError, read_material, read_text};

use court::Court;
use summary::Performance;
use verify::{How, Verified};

/// How a bag is to be judged.
#[derive(Clone, Debug)]
pub struct Config {
    /// Trust anchors; one without an owner is the root's. Without any the root's own are used.
    pub anchors: Vec<Anchor>,
    /// A trust point whose keys are anchors too, and are followed through the input (RFC 5011), and
    /// where its state came from.
    pub followed: Option<(TrustPoint, String)>,
    /// The time to judge for instead of the times at which responses were seen.
    pub at: Option<i64>,
    /// Which backend verifies.
    pub backend: BackendChoice,
    /// Whether a second one verifies everything too.
    pub cross_check: bool,
    /// Where keys and signatures are written down as they are verified, so that they can be verified
    /// again; nowhere by default.
    pub journal: Option<Arc<Journal>>,
    /// Worker threads; 0 is one for each processor.
    pub threads: usize,
    /// What becomes of SHA-1.
    pub sha1: Sha1,
    /// Bounds on work.
    pub limits: Limits,
    /// How much each fact weighs.
    pub policy: Policy,
    /// Whether signatures are told one by one.
    pub tell_signatures: bool,
    /// Names, and types if only those are meant, whose chains are to be told.
    pub explain: Vec<(Name, Option<RType>)>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            anchors: Vec::new(),
            followed: None,
            at: None,
            backend: BackendChoice::Auto,
            cross_check: false,
            journal: None,
            threads: 0,
            sha1: Sha1::default(),
            limits: Limits::default(),
            policy: Policy::default(),
            tell_signatures: false,
            explain: Vec::new(),
        }
    }
}

/// What is told while a bag is judged, in an order that does not depend on threads.
#[derive(Debug)]
pub enum Event {
    /// A distinct response, once for each judgement it got.
    Response(ResponseRow),
    /// A distinct RRset.
    Rrset(RrsetRow),
    /// A distinct signature, if they are to be told.
    Signature(SignatureRow),
    /// A finding.
    Finding(Finding),
}

/// Judges all that was taken in.
///
/// # Errors
/// When the threads cannot be started.
pub fn audit(
    mut intake: Intake,
    config: &Config,
    on_event: &mut dyn FnMut(Event),
) -> Result<Summary, rayon::ThreadPoolBuildError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(config.threads).build()?;
    intake.close();
    let how = How {
        preparation: Preparation {
            backend: config.backend,
            cross_check: config.cross_check,
            journal: config.journal.clone(),
        },
        sha1: config.sha1,
        limits: config.limits,
    };
    let started = Instant::now();
    let bag = std::mem::take(&mut intake.bag);
    let verified = pool.install(|| Verified::new(bag, &how));
    let verifying = started.elapsed();
    let mut anchors = anchors(config);
    let span = intake.facts.seen.map_or((0, 0), |seen| (seen.first, seen.last));
    let followed = config.followed.as_ref().map(|(point, origin)| {
        let followed = follow::follow(&verified, point, span);
        anchors.extend(followed.anchors(origin));
        followed
    });
    let court = Court { verified: &verified, how: &how, anchors: &anchors, config, pool: &pool };
    let started = Instant::now();
    let mut summary = court.judge(&mut intake, on_event);
    if let Some(followed) = followed {
        summary.trust_changes = followed.changes;
        summary.trust_point = Some(followed.point);
    }
    summary.performance = Performance {
        reading_seconds: 0.0,
        verifying_seconds: verifying.as_secs_f64(),
        judging_seconds: started.elapsed().as_secs_f64(),
        latency: verified
            .latencies
            .rows()
            .map(|(algorithm, backend, histogram)| LatencyFacts {
                algorithm,
                backend,
                kernel: verified.kernel(algorithm, backend),
                nanoseconds: Distribution::of(histogram),
            })
            .collect(),
    };
    summary.input = intake.facts;
    Ok(summary)
}

/// The anchors, each with an owner.
fn anchors(config: &Config) -> Vec<Anchor> {
    if config.anchors.is_empty() && config.followed.is_none() {
        return Anchor::built_in_root().into();
    }
    let owned =
        |anchor: &Anchor| Anchor { owner: anchor.owner.or(Some(Name::root())), ..anchor.clone() };
    config.anchors.iter().map(owned).collect()
}
