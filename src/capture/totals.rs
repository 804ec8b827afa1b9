//! What was read, and what was wrong with it, by cause.

use std::collections::BTreeMap;
use std::fmt;

use super::time::PacketTime;

/// What was read.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Totals {
    /// What the file was.
    pub format: Option<FileFormat>,
    /// Packets; data frames of a dnstap file.
    pub packets: u64,
    /// Octets of them that were captured.
    pub octets: u64,
    /// Packets of which only a part was captured.
    pub packets_cut: u64,
    /// Sections of the file: 1, unless pcapng files or dnstap streams were written one behind the
    /// other.
    pub sections: u64,
    /// Interfaces that they describe: one in a pcap file.
    pub interfaces: u64,
    /// Packets by the number of their link type (LINKTYPE_…, tcpdump.org).
    pub link_types: BTreeMap<u16, u64>,
    /// The messages that were handed on.
    pub messages: MessageCounts,
    /// Packets that carry something other than IP.
    pub not_ip: u64,
    /// IP packets that carry something other than UDP, TCP and ICMP.
    pub other_transport: u64,
    /// UDP datagrams and TCP segments of other ports.
    pub other_port: u64,
    /// ICMP errors that quote a packet to or from a DNS port. What they quote is not handed on.
    pub icmp_quotes: u64,
    /// UDP checksums that the sender had not finished, or that do not fit where packets never leave the
    /// machine: network cards compute them later, or nobody does. No faults.
    pub checksums_unfinished: u64,
    /// Octets of TCP streams that belong to no message that could be found.
    pub tcp_octets_lost: u64,
    /// The time of the earliest packet.
    pub first: Option<PacketTime>,
    /// The time of the latest packet.
    pub last: Option<PacketTime>,
    /// What was wrong.
    pub faults: BTreeMap<Cause, Tally>,
}

/// Messages by the way they came.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct MessageCounts {
    /// In UDP datagrams.
    pub udp: u64,
    /// In TCP streams.
    pub tcp: u64,
    /// In dnstap files.
    pub dnstap: u64,
    /// Those of the above that are not whole.
    pub cut: u64,
    /// Octets of all of them.
    pub octets: u64,
}

impl MessageCounts {
    /// All of them.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.udp + self.tcp + self.dnstap
    }
}

/// The formats that are read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FileFormat {
    /// libpcap's format (draft-ietf-opsawg-pcap).
    Pcap,
    /// Its successor (draft-ietf-opsawg-pcapng).
    Pcapng,
    /// Frame streams of `protobuf:dnstap.Dnstap`.
    Dnstap,
}

impl fmt::Display for FileFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pcap => "pcap",
            Self::Pcapng => "pcapng",
            Self::Dnstap => "dnstap",
        })
    }
}

/// Where in a file something stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Place {
    /// The packet, from 1; 0 before the first one.
    pub packet: u64,
    /// Where its record, block or frame begins in the (decompressed) file, in octets.
    pub offset: u64,
}

/// Something that is wrong with a packet, or that was given up when it was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fault {
    /// What is wrong.
    pub cause: Cause,
    /// With which packet. A stream or datagram that was given up has the place of its last packet.
    pub place: Place,
}

/// Faults of one cause.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Tally {
    /// How many there are.
    pub count: u64,
    /// Where the first few are.
    pub first: Vec<Place>,
}

impl Totals {
    /// How many faults there are of a cause.
    #[must_use]
    pub fn count(&self, cause: Cause) -> u64 {
        self.faults.get(&cause).map_or(0, |tally| tally.count)
    }

    /// Takes up the time of a packet.
    pub(super) fn add_time(&mut self, time: Option<PacketTime>) {
        let Some(time) = time else { return };
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = Some(self.last.map_or(time, |last| last.max(time)));
    }

    pub(super) fn add_fault(&mut self, fault: Fault, places: usize) {
        let tally = self.faults.entry(fault.cause).or_default();
        tally.count += 1;
        if tally.first.len() < places {
            tally.first.push(fault.place);
        }
    }
}

macro_rules! causes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What can be wrong, or be given up.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Cause {
            $($(#[$doc])* #[doc = concat!("\n\n`", $text, "`")] $name,)*
        }

        impl Cause {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];
        }

        impl fmt::Display for Cause {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(match self { $(Self::$name => $text,)* })
            }
        }
    };
}

causes! {
    /// The file ends inside a record, block or frame, as it does when its writer was killed.
    FileCutShort = "the file ends inside a record",
    /// A block or frame is longer than [`Limits::block_octets`](super::Limits::block_octets), and
    /// was skipped.
    BlockTooLong = "a block exceeds the limit",
    /// A block whose length is sound and whose content is not; it was skipped.
    BlockMalformed = "a malformed block",
    /// A section describes more interfaces than
    /// [`Limits::interfaces`](super::Limits::interfaces).
    InterfacesLimit = "more interfaces than the limit",
    /// A packet of an interface that no block describes.
    InterfaceUnknown = "a packet of an undescribed interface",
    /// A packet of a link type that is not read.
    LinkTypeUnknown = "a link type that is not read",
    /// A frame that ends inside its link header.
    LinkHeader = "a malformed link header",
    /// An IP header that is too short, too long, or of no known version.
    IpHeader = "a malformed IP header",
    /// An IP packet that is, on the wire, shorter than it says.
    IpLength = "an IP length that the packet does not have",
    /// IPv6 extension headers that end too early, or more of them than make sense.
    ExtensionHeader = "malformed extension headers",
    /// A packet captured so short that its ports or its DNS header are missing.
    HeadersCut = "a packet captured without all of its headers",
    /// A fragment whose length or offset cannot be.
    FragmentMalformed = "a malformed fragment",
    /// Fragments that overlap: the datagram was dropped (RFC 5722 §3).
    FragmentOverlap = "overlapping fragments",
    /// A datagram of which fragments are missing.
    FragmentsMissing = "missing fragments",
    /// A datagram that gave way to others:
    /// [`Limits::fragmented_datagrams`](super::Limits::fragmented_datagrams),
    /// [`Limits::fragment_octets`](super::Limits::fragment_octets).
    FragmentsLimit = "fragments beyond the limit",
    /// A UDP header that is not whole though the packet is.
    UdpHeader = "a malformed UDP header",
    /// A UDP length that the datagram does not have; what there is was handed on.
    UdpLength = "a UDP length that the datagram does not have",
    /// A UDP checksum that does not fit; the message was handed on. Those in
    /// [`Totals::checksums_unfinished`] are not meant.
    UdpChecksum = "a wrong UDP checksum",
    /// A message of less than twelve octets.
    MessageShort = "a message without a whole DNS header",
    /// A TCP header that is not whole though the packet is, or states an impossible length.
    TcpHeader = "a malformed TCP header",
    /// Octets of a TCP stream that were not captured.
    TcpGap = "octets missing from a TCP stream",
    /// A TCP stream in which no message's beginning could be made out, since its beginning or
    /// a part was not captured.
    TcpUnsynchronised = "TCP octets without the beginning of a message",
    /// A TCP stream that ends inside a message.
    TcpUnfinished = "a TCP stream that ends inside a message",
    /// A TCP stream with a gap that exceeded
    /// [`Limits::tcp_stream_octets`](super::Limits::tcp_stream_octets).
    TcpStreamLimit = "more octets behind a TCP gap than the limit",
    /// A TCP stream with octets that gave way to others: [`Limits::tcp_streams`](super::Limits::tcp_streams),
    /// [`Limits::tcp_octets`](super::Limits::tcp_octets).
    TcpLimit = "TCP streams beyond the limit",
    /// A dnstap frame that is no protocol buffer of its schema.
    DnstapMalformed = "a malformed dnstap frame",
    /// A dnstap frame without a message, or of an unknown type.
    DnstapOther = "a dnstap frame of another kind",
    /// Something other than the beginning of a stream behind the end of one.
    DnstapTrailing = "octets behind the end of a frame stream",
}
