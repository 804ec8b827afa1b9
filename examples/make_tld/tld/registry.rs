//! What belongs to the registry itself: the apex, and its hosts below `nic`, which is an empty
//! non-terminal. All of it is authoritative, and signed.

use sigmill::dns::{Name, RType};

use super::delegation::below;
use super::keys::Keys;
use super::labels::REGISTRY;
use super::options::{DenialKind, Options};
use super::rrset::Rrset;
use super::zone::ttl;

/// An authoritative name and its RRsets.
#[derive(Clone, Debug)]
pub struct Authoritative {
    pub name: Name,
    pub rrsets: Vec<Rrset>,
}

/// Hosts of the registry; the first three serve the zone.
const HOSTS: [(&[u8], u8); 5] = [(b"a", 1), (b"b", 2), (b"c", 3), (b"whois", 43), (b"www", 80)];
const SERVERS: usize = 3;

/// The apex.
pub fn apex(options: &Options, keys: &Keys) -> Authoritative {
    let name = options.origin;
    let nic = below(REGISTRY, &name);
    let server = |&(host, _): &(&[u8], u8)| below(host, &nic).as_wire().to_vec();
    let servers: Vec<Vec<u8>> = HOSTS[..SERVERS].iter().map(server).collect();
    let dnskeys = std::iter::once(&keys.ksk).chain(&keys.zsk).map(|key| key.dnskey.clone());
    let about = format!("{name} made by sigmill's make-tld, seed {}", options.seed);
    let mut rrsets = vec![
        Rrset::new(name, RType::SOA, ttl::SOA, vec![soa(options, &nic)]),
        Rrset::new(name, RType::NS, ttl::APEX, servers),
        Rrset::new(name, RType::TXT, ttl::APEX, vec![character_string(&about)]),
        Rrset::new(name, RType::DNSKEY, ttl::APEX, dnskeys.collect()),
    ];
    if options.denial != DenialKind::Nsec {
        let parameters = nsec3_parameters(options, 0);
        rrsets.push(Rrset::new(name, RType::NSEC3PARAM, ttl::NSEC3PARAM, vec![parameters]));
    }
    Authoritative { name, rrsets }
}

/// The hosts, in canonical order.
pub fn hosts(options: &Options) -> Vec<Authoritative> {
    let nic = below(REGISTRY, &options.origin);
    let host = |(label, number): (&[u8], u8)| {
        let name = below(label, &nic);
        let v4 = vec![192, 0, 2, number];
        let v6 = vec![0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, number];
        let rrsets = vec![
            Rrset::new(name, RType::A, ttl::APEX, vec![v4]),
            Rrset::new(name, RType::AAAA, ttl::APEX, vec![v6]),
        ];
        Authoritative { name, rrsets }
    };
    HOSTS.into_iter().map(host).collect()
}

/// The RDATA of NSEC3PARAM, with which that of NSEC3 begins, too (RFC 5155 §3.2, §4.2).
pub fn nsec3_parameters(options: &Options, flags: u8) -> Vec<u8> {
    let mut rdata = vec![1, flags];
    rdata.extend_from_slice(&options.iterations.to_be_bytes());
    let salt = &options.salt.0;
    // The option allows at most 255 octets.
    rdata.push(u8::try_from(salt.len()).unwrap_or(u8::MAX));
    rdata.extend_from_slice(salt);
    rdata
}

fn soa(options: &Options, nic: &Name) -> Vec<u8> {
    let (server, mailbox) = (below(HOSTS[0].0, nic), below(b"hostmaster", nic));
    let numbers = [options.serial, 1800, 900, 604_800, ttl::NEGATIVE];
    let mut rdata = [server.as_wire(), mailbox.as_wire()].concat();
    numbers.iter().for_each(|number| rdata.extend_from_slice(&number.to_be_bytes()));
    rdata
}

/// A character-string (RFC 1035 §3.3) of as much as fits of the text.
fn character_string(text: &str) -> Vec<u8> {
    let octets = &text.as_bytes()[..text.len().min(255)];
    let len = u8::try_from(octets.len()).unwrap_or(u8::MAX);
    [&[len][..], octets].concat()
}
