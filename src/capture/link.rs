//! From a captured frame to the IP packet in it, by link type (LINKTYPE_…, tcpdump.org).

use super::totals::Cause;

/// What a frame carries.
pub(super) enum Network<'a> {
    /// An IP packet, of the version that its first octet says, and whatever pads it.
    Ip(&'a [u8]),
    /// ARP and the like.
    Other,
}

const NULL: u16 = 0;
const ETHERNET: u16 = 1;
/// The numbers of raw IP in files of systems that did not map theirs.
const RAW_BSD: u16 = 12;
const RAW_OPENBSD: u16 = 14;
const RAW: u16 = 101;
const LOOP: u16 = 108;
const SLL: u16 = 113;
const IPV4: u16 = 228;
const IPV6: u16 = 229;
const SLL2: u16 = 276;

/// Address families of IPv4 and, as operating systems differ, of IPv6.
const AF_INET: u32 = 2;
const AF_INET6: [u32; 4] = [10, 24, 28, 30];

/// EtherTypes.
const TYPE_IPV4: u16 = 0x0800;
const TYPE_IPV6: u16 = 0x86dd;
/// IEEE 802.1Q and 802.1ad, and the numbers that were used before the latter was standardized.
const TYPES_VLAN: [u16; 5] = [0x8100, 0x88a8, 0x9100, 0x9200, 0x9300];
/// Below this, the field is a length and an LLC header follows (IEEE 802.3).
const TYPES_FROM: u16 = 0x0600;
/// LLC and SNAP headers up to the EtherType (IEEE 802, RFC 1042).
const SNAP: [u8; 6] = [0xaa, 0xaa, 0x03, 0, 0, 0];

/// Whether only loopback interfaces have a link type, those of BSD and macOS. Linux gives its own the type
/// of Ethernet.
pub(super) fn is_loopback(link_type: u16) -> bool {
    matches!(link_type, NULL | LOOP)
}

/// Finds the network layer of a frame.
///
/// # Errors
/// [`Cause::LinkTypeUnknown`]; [`Cause::LinkHeader`] where the frame ends too early.
pub(super) fn network(link_type: u16, frame: &[u8]) -> Result<Network<'_>, Cause> {
    match link_type {
        ETHERNET => ether_type(frame.get(12..)),
        NULL => {
            let (family, packet) = split::<4>(frame)?;
            // In the byte order of the machine that captured, which may not be that of the file.
            Ok(by_family([u32::from_le_bytes(family), u32::from_be_bytes(family)], packet))
        }
        LOOP => {
            let (family, packet) = split::<4>(frame)?;
            Ok(by_family([u32::from_be_bytes(family); 2], packet))
        }
        RAW_BSD | RAW_OPENBSD | RAW | IPV4 | IPV6 => Ok(Network::Ip(frame)),
        // Packet type, ARPHRD, length of the address and 8 octets of it; the protocol.
        SLL => ether_type(frame.get(14..)),
        // The protocol; reserved, interface, ARPHRD, packet type, length and address.
        SLL2 => {
            let (protocol, rest) = split::<2>(frame)?;
            let packet = rest.get(18..).ok_or(Cause::LinkHeader)?;
            by_ether_type(u16::from_be_bytes(protocol), packet)
        }
        _ => Err(Cause::LinkTypeUnknown),
    }
}

fn by_family(families: [u32; 2], packet: &[u8]) -> Network<'_> {
    let is_ip = families.iter().any(|family| *family == AF_INET || AF_INET6.contains(family));
    if is_ip { Network::Ip(packet) } else { Network::Other }
}

fn ether_type(rest: Option<&[u8]>) -> Result<Network<'_>, Cause> {
    let (ether_type, payload) = split::<2>(rest.ok_or(Cause::LinkHeader)?)?;
    by_ether_type(u16::from_be_bytes(ether_type), payload)
}

fn by_ether_type(mut ether_type: u16, mut payload: &[u8]) -> Result<Network<'_>, Cause> {
    while TYPES_VLAN.contains(&ether_type) {
        let ([_, _, high, low], rest) = split::<4>(payload)?;
        (ether_type, payload) = (u16::from_be_bytes([high, low]), rest);
    }
    if ether_type < TYPES_FROM
        && let Some(snap) = payload.strip_prefix(&SNAP)
    {
        let (inner, rest) = split::<2>(snap)?;
        (ether_type, payload) = (u16::from_be_bytes(inner), rest);
    }
    Ok(match ether_type {
        TYPE_IPV4 | TYPE_IPV6 => Network::Ip(payload),
        _ => Network::Other,
    })
}

fn split<const N: usize>(octets: &[u8]) -> Result<([u8; N], &[u8]), Cause> {
    let (head, rest) = octets.split_first_chunk::<N>().ok_or(Cause::LinkHeader)?;
    Ok((*head, rest))
}
