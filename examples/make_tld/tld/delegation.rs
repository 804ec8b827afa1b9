//! What stands at and below a delegated name.

use sigmill::dns::{Algorithm, DigestType, Name, RType};

use super::random::Random;
use super::rrset::Rrset;
use super::zone::{Zone, ttl};

/// The records of one delegation.
#[derive(Debug)]
pub struct Delegation {
    /// At the name itself: NS, and DS where there is one.
    pub cut: Vec<Rrset>,
    /// Addresses of name servers below it, in canonical order.
    pub glue: Vec<Rrset>,
}

/// Algorithms of the children's keys: most have ECDSA P-256. The few that have others are left out,
/// because validns takes no DS record with a number that it does not know.
const CHILD_ALGORITHMS: [Algorithm; 3] =
    [Algorithm::ECDSAP256SHA256, Algorithm::ECDSAP256SHA256, Algorithm::RSASHA256];

/// Whether a delegation has DS records: the first that its stream says.
pub fn has_ds(random: &mut Random, zone: &Zone) -> bool {
    random.chance(zone.options.ds)
}

impl Delegation {
    /// What the stream of the delegation says; `servers` are those of a hoster whose domain it is.
    pub fn new(zone: &Zone, name: &Name, mut random: Random, servers: Option<&[Name]>) -> Self {
        let random = &mut random;
        let secure = has_ds(random, zone);
        let own: Vec<Name>;
        let (servers, has_glue) = match servers {
            Some(servers) => (servers, true),
            None if random.chance(zone.options.glue) => {
                own = [&b"ns1"[..], b"ns2"].iter().map(|host| below(host, name)).collect();
                (own.as_slice(), true)
            }
            None => (zone.hosters.draw(random), false),
        };
        let ns = servers.iter().map(|server| server.as_wire().to_vec()).collect();
        let mut cut = vec![Rrset::new(*name, RType::NS, ttl::DELEGATION, ns).unsigned()];
        if secure {
            let count = 1 + usize::from(random.chance(0.2));
            let ds = (0..count).map(|_| draw_ds(random)).collect();
            cut.push(Rrset::new(*name, RType::DS, ttl::DS, ds));
        }
        let hosts = if has_glue { servers } else { &[] };
        Self { cut, glue: hosts.iter().flat_map(|host| addresses(random, host)).collect() }
    }
}

/// A DS record that points to no real key: nobody can tell from here.
fn draw_ds(random: &mut Random) -> Vec<u8> {
    let tag: [u8; 2] = random.octets();
    let algorithm = random.pick(&CHILD_ALGORITHMS).0;
    let (digest_type, digest) = if random.chance(0.9) {
        (DigestType::SHA256, random.octets::<32>().to_vec())
    } else {
        (DigestType::SHA384, random.octets::<48>().to_vec())
    };
    [&tag[..], &[algorithm, digest_type.0], &digest].concat()
}

/// Glue of one host: an address of those for benchmarks (RFC 2544), and for some hosts one of those
/// for documentation (RFC 3849).
fn addresses(random: &mut Random, host: &Name) -> Vec<Rrset> {
    let [a, b, c]: [u8; 3] = random.octets();
    let v4 = vec![198, 18 | (a & 1), b, c];
    let mut glue = vec![Rrset::new(*host, RType::A, ttl::DELEGATION, vec![v4]).unsigned()];
    if random.chance(0.4) {
        let [a, b, c, d]: [u8; 4] = random.octets();
        let v6 = vec![0x20, 0x01, 0x0d, 0xb8, a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0x53];
        glue.push(Rrset::new(*host, RType::AAAA, ttl::DELEGATION, vec![v6]).unsigned());
    }
    glue
}

/// The name with one label more. The options leave room for the labels that are put before origins.
pub fn below(label: &[u8], parent: &Name) -> Name {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "labels here are far shorter than 63 octets"
    )]
    let wire = [&[label.len() as u8][..], label, parent.as_wire()].concat();
    Name::from_wire(&wire).unwrap_or_else(|_| unreachable!("the options leave room"))
}
