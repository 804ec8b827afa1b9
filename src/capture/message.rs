//! What a capture yields: a DNS message and the circumstances of its packet.

use std::fmt;
use std::net::SocketAddr;

use super::time::PacketTime;

/// A DNS message as it was captured.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// When its last packet was captured. `None` where the file does not say: simple packet blocks
    /// of pcapng have no time, and in dnstap it is optional.
    pub time: Option<PacketTime>,
    /// How it travelled.
    pub transport: Transport,
    /// Who sent it; only dnstap may leave this open.
    pub from: Option<SocketAddr>,
    /// To whom; only dnstap may leave this open.
    pub to: Option<SocketAddr>,
    /// The packet that completed it, from 1, counted over the file as Wireshark does. In a dnstap
    /// file, the data frame.
    pub packet: u64,
    /// Where that packet's record, block or frame begins in the (decompressed) file, in octets.
    pub offset: u64,
    /// The message from its header on, without the length that precedes it in a TCP stream; at
    /// least twelve octets.
    pub octets: &'a [u8],
    /// Whether these are all the octets that were sent. Not so where packets were captured only in
    /// part, or where some of a TCP stream's packets were not captured: then they are the
    /// beginning of the message.
    pub whole: bool,
}

/// How a message travelled.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Transport {
    /// A UDP datagram.
    Udp,
    /// A TCP stream.
    Tcp,
    /// Whatever it was, a server wrote it to a dnstap file.
    Dnstap {
        /// Where the server stood.
        kind: DnstapKind,
        /// What carried the message, where that is told.
        over: Option<DnstapTransport>,
    },
}

/// The type of a dnstap message: which conversation it was seen in, and in which direction.
///
/// The numbers are those of `dnstap.proto` (dnstap.info), `Message.Type`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DnstapKind(pub u32);

impl DnstapKind {
    /// Whether this is the answer's direction: in each pair of numbers, the even one.
    #[must_use]
    pub fn is_response(self) -> bool {
        self.0.is_multiple_of(2)
    }

    /// Whether the type was defined when this was written.
    #[must_use]
    pub fn is_known(self) -> bool {
        (1..=14).contains(&self.0)
    }
}

impl fmt::Display for DnstapKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const PARTIES: [&str; 7] =
            ["AUTH", "RESOLVER", "CLIENT", "FORWARDER", "STUB", "TOOL", "UPDATE"];
        let party = (self.0 as usize).checked_sub(1).and_then(|at| PARTIES.get(at / 2));
        match (party, self.is_response()) {
            (Some(party), false) => write!(f, "{party}_QUERY"),
            (Some(party), true) => write!(f, "{party}_RESPONSE"),
            (None, _) => write!(f, "TYPE{}", self.0),
        }
    }
}

/// What carried a dnstap message: `SocketProtocol` of `dnstap.proto`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DnstapTransport {
    /// UDP, RFC 1035 §4.2.1.
    Udp,
    /// TCP, RFC 1035 §4.2.2.
    Tcp,
    /// TLS, RFC 7858.
    Tls,
    /// HTTPS, RFC 8484.
    Https,
    /// DNSCrypt over UDP.
    DnsCryptUdp,
    /// DNSCrypt over TCP.
    DnsCryptTcp,
    /// QUIC, RFC 9250.
    Quic,
}

impl DnstapTransport {
    pub(super) fn from_number(number: i32) -> Option<Self> {
        Some(match number {
            1 => Self::Udp,
            2 => Self::Tcp,
            3 => Self::Tls,
            4 => Self::Https,
            5 => Self::DnsCryptUdp,
            6 => Self::DnsCryptTcp,
            7 => Self::Quic,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // dnstap.proto, Message.Type: the first and the last pair, and beyond.
    #[test]
    fn kinds_have_the_names_of_the_schema() {
        let names: Vec<String> =
            [0, 1, 2, 3, 6, 13, 14, 15].map(|kind| DnstapKind(kind).to_string()).into();
        assert_eq!(
            names,
            [
                "TYPE0",
                "AUTH_QUERY",
                "AUTH_RESPONSE",
                "RESOLVER_QUERY",
                "CLIENT_RESPONSE",
                "UPDATE_QUERY",
                "UPDATE_RESPONSE",
                "TYPE15"
            ]
        );
        assert!(!DnstapKind(0).is_known() && !DnstapKind(15).is_known());
    }
}
