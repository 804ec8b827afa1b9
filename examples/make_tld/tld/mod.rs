//! Makes signed zones like those of top-level domains.
//!
//! What a name is delegated to, and every other thing, is drawn from a random stream of its own, and
//! the zone is written part by part, so that the octets do not depend on the threads. `options` says
//! what can be asked for.

mod bad;
mod bind;
mod delegation;
mod denial;
pub mod ecdsa;
mod hosters;
mod keys;
mod labels;
mod layout;
mod options;
mod part;
mod random;
mod registry;
mod rrset;
mod shuffle;
mod write;
mod zone;

use std::io::{self, Write};
use std::time::Instant;

use anyhow::{Context as _, Result};
use sigmill::crypto::ds_digest;
use sigmill::dns::DigestType;

pub use options::Options;
pub use write::Totals;
use write::write_file;
use zone::Zone;

/// Does what the options say.
pub fn run(options: &Options) -> Result<Totals> {
    options.check()?;
    let start = Instant::now();
    let threads = options.threads.map_or(0, usize::from); // 0: as many as processors
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let mut totals = pool.context("cannot start threads")?.install(|| {
        let zone = Zone::new(options)?;
        if let Some(path) = &options.anchor {
            write_file(path, |out| Ok(writeln!(out, "{}", anchor(&zone)?)?))?;
        }
        let write = |list: &mut dyn Write| {
            write_file(&options.output, |output| write::write(&zone, output, list))
        };
        match &options.bad_list {
            Some(path) => write_file(path, |list| write(list)),
            None => write(&mut io::stderr().lock()),
        }
    })?;
    totals.took = start.elapsed();
    Ok(totals)
}

/// The DS record of the key that signs the keys (RFC 4509).
fn anchor(zone: &Zone) -> Result<String> {
    let key = &zone.keys.ksk;
    let origin = &zone.options.origin;
    let digest = ds_digest(DigestType::SHA256, origin, &key.dnskey).context("no SHA-256")?;
    let algorithm = zone.options.algorithm.algorithm().0;
    Ok(format!("{origin}\tIN\tDS\t{} {algorithm} 2 {digest}", key.tag))
}
