//! IPv4 (RFC 791) and IPv6 (RFC 8200) headers, and the headers between them and what is carried.

use std::net::IpAddr;

use etherparse::ip_number::{
    AUTH, HIP, IPV6_DEST_OPTIONS, IPV6_FRAG, IPV6_HOP_BY_HOP, IPV6_ROUTE, MOBILITY, SHIM6,
};
use etherparse::{
    IpAuthHeaderSlice, IpNumber, Ipv4HeaderSlice, Ipv6FragmentHeaderSlice, Ipv6HeaderSlice,
    Ipv6RawExtHeaderSlice,
};

use super::totals::Cause;

/// An IP packet taken apart.
pub(super) struct IpPacket<'a> {
    pub(super) from: IpAddr,
    pub(super) to: IpAddr,
    /// What the payload is; of a fragment, what its datagram is said to be.
    pub(super) protocol: IpNumber,
    pub(super) payload: &'a [u8],
    /// Octets of the payload that the header promises and the packet does not have.
    pub(super) missing: usize,
    /// The header's length field cannot be, and was not used.
    pub(super) odd_length: bool,
    pub(super) fragment: Option<Fragment>,
}

/// Which part of a datagram a fragment is.
#[derive(Clone, Copy)]
pub(super) struct Fragment {
    pub(super) id: u32,
    /// Where in the datagram it belongs, in octets.
    pub(super) offset: usize,
    /// Whether others follow.
    pub(super) more: bool,
}

/// What stands behind extension headers.
pub(super) struct Upper<'a> {
    pub(super) protocol: IpNumber,
    pub(super) payload: &'a [u8],
    pub(super) fragment: Option<Fragment>,
}

/// Takes a packet apart that may be followed by padding, or be cut short.
///
/// # Errors
/// [`Cause::IpHeader`], [`Cause::ExtensionHeader`].
pub(super) fn parse(octets: &[u8]) -> Result<IpPacket<'_>, Cause> {
    match octets.first().map(|first| first >> 4) {
        Some(4) => parse_v4(octets),
        Some(6) => parse_v6(octets),
        _ => Err(Cause::IpHeader),
    }
}

fn parse_v4(octets: &[u8]) -> Result<IpPacket<'_>, Cause> {
    let header = Ipv4HeaderSlice::from_slice(octets).map_err(|_| Cause::IpHeader)?;
    let body = octets.get(header.slice().len()..).unwrap_or_default();
    // A network card that splits segments gets them with a length of zero, and so does the capture.
    let stated = usize::from(header.total_len()).checked_sub(header.slice().len());
    let (payload, missing) = part(body, stated.unwrap_or(body.len()));
    let fragment = header.is_fragmenting_payload().then(|| Fragment {
        id: header.identification().into(),
        offset: header.fragments_offset().byte_offset().into(),
        more: header.more_fragments(),
    });
    let from = header.source_addr().into();
    let upper = match fragment {
        None => extensions(from, header.protocol(), payload)?,
        Some(_) => Upper { protocol: header.protocol(), payload, fragment },
    };
    Ok(IpPacket {
        from,
        to: header.destination_addr().into(),
        protocol: upper.protocol,
        payload: upper.payload,
        missing,
        odd_length: stated.is_none() && header.total_len() != 0,
        fragment,
    })
}

fn parse_v6(octets: &[u8]) -> Result<IpPacket<'_>, Cause> {
    let header = Ipv6HeaderSlice::from_slice(octets).map_err(|_| Cause::IpHeader)?;
    let body = octets.get(header.slice().len()..).unwrap_or_default();
    // Zero is the length of segments as above, and of jumbograms (RFC 2675), which carry no DNS.
    let stated = match usize::from(header.payload_length()) {
        0 => body.len(),
        stated => stated,
    };
    let (payload, missing) = part(body, stated);
    let from = header.source_addr().into();
    let upper = extensions(from, header.next_header(), payload)?;
    Ok(IpPacket {
        from,
        to: header.destination_addr().into(),
        protocol: upper.protocol,
        payload: upper.payload,
        missing,
        odd_length: false,
        fragment: upper.fragment,
    })
}

/// The first `len` octets, and how many of these there are not.
fn part(body: &[u8], len: usize) -> (&[u8], usize) {
    (body.get(..len).unwrap_or(body), len.saturating_sub(body.len()))
}

/// Passes the headers between IP and what it carries, up to a fragment header; one that does not
/// fragment anything (RFC 6946) is passed, too. IPv4 has the authentication header only.
///
/// # Errors
/// [`Cause::ExtensionHeader`] where one is not whole.
pub(super) fn extensions(
    from: IpAddr,
    mut protocol: IpNumber,
    mut payload: &[u8],
) -> Result<Upper<'_>, Cause> {
    // Each header has eight octets or more, so that this ends.
    loop {
        let (next, len) = match protocol {
            AUTH => {
                let header = IpAuthHeaderSlice::from_slice(payload).map_err(|_| MALFORMED)?;
                (header.next_header(), header.slice().len())
            }
            _ if from.is_ipv4() => break,
            IPV6_FRAG => {
                let header = Ipv6FragmentHeaderSlice::from_slice(payload).map_err(|_| MALFORMED)?;
                let (next, len) = (header.next_header(), header.slice().len());
                if header.is_fragmenting_payload() {
                    let fragment = Some(Fragment {
                        id: header.identification(),
                        offset: header.fragment_offset().byte_offset().into(),
                        more: header.more_fragments(),
                    });
                    let payload = payload.get(len..).unwrap_or_default();
                    return Ok(Upper { protocol: next, payload, fragment });
                }
                (next, len)
            }
            IPV6_HOP_BY_HOP | IPV6_ROUTE | IPV6_DEST_OPTIONS | MOBILITY | HIP | SHIM6 => {
                let header = Ipv6RawExtHeaderSlice::from_slice(payload).map_err(|_| MALFORMED)?;
                (header.next_header(), header.slice().len())
            }
            _ => break,
        };
        (protocol, payload) = (next, payload.get(len..).unwrap_or_default());
    }
    Ok(Upper { protocol, payload, fragment: None })
}

const MALFORMED: Cause = Cause::ExtensionHeader;
